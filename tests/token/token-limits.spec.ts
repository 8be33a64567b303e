/** Every bound of minter and wallets at the limit and one beyond. */
import { Address, beginCell, Cell, toNano } from '@ton/core';

import { genesisLimit, ShareMinter, TokenErrorName, TokenExit } from '../../wrappers/token';
import { exitCode, expectRefused, outs, succeeded } from '../support/pool/transactions';
import { TokenUnit } from '../support/token/token-unit';

const account = (byte: number) => new Address(0, Buffer.alloc(32, byte));

describe.each([0, 9, 18])('a token of %i decimals', (decimals) => {
    let unit: TokenUnit;
    let restore: () => Promise<void>;
    let cap: bigint;

    beforeAll(async () => {
        unit = await TokenUnit.create({ decimals });
        cap = unit.tokens(1_000_000_000);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const mintRefused = (amount: bigint, error: TokenErrorName) =>
        expectRefused(unit.blockchain, unit.minter.address, TokenExit[error], () => unit.mint('alice', amount));

    it('cap: reached exactly, one more is refused', async () => {
        await mintRefused(cap + 1n, 'ERROR_CAP');
        await unit.mint('alice', cap - 1n);
        await mintRefused(2n, 'ERROR_CAP');
        await unit.mint('bob', 1n);
        await mintRefused(1n, 'ERROR_CAP');
        await unit.mint('bob', 0n);
        await unit.expectBalanced();
        expect((await unit.minter.getJettonData()).mintable).toBe(false);
        // The largest amount there is moves like any other.
        await unit.transfer('alice', 'bob', cap - 1n, { forwardTonAmount: 1n });
        expect(await unit.balance('bob')).toBe(cap);
        await unit.burn('bob', cap);
        await unit.expectBalanced();
    });

    it('cap: what was burned is not minted again', async () => {
        await unit.mint('alice', cap);
        await unit.burn('alice', cap);
        await mintRefused(1n, 'ERROR_CAP');
        expect(await unit.minter.getSupply()).toMatchObject({ supply: 0n, minted: cap, burned: cap });
    });

    it('burn: nobody to take the excess keeps nothing from being burned', async () => {
        await unit.mint('alice', 5n);
        const response = new Address(5, Buffer.alloc(32, 7)); // there is no workchain 5
        const result = await unit.burn('alice', 3n, { response, value: toNano('0.5') });
        expect(outs(unit.tx(result, 'mint'))).toEqual([]);
        expect(await unit.minter.getSupply()).toMatchObject({ supply: 2n, burned: 3n });
        await unit.expectBalanced();
    });

    const genesis = (recipients: [Address, bigint][]) =>
        unit.send('admin', unit.minter.address, ShareMinter.genesisBody({ recipients }), toNano('3'));
    const genesisRefused = (recipients: [Address, bigint][], error: TokenErrorName) =>
        expectRefused(unit.blockchain, unit.minter.address, TokenExit[error], () => genesis(recipients));

    it('genesis: 450,000,000 tokens, not one unit more', async () => {
        const limit = genesisLimit(decimals);
        expect(limit).toBe(unit.tokens(450_000_000));
        await genesisRefused(
            [
                [account(1), limit],
                [account(2), 1n],
            ],
            'ERROR_GENESIS_LIMITS',
        );
        expect(succeeded(unit.tx(await genesis([[account(1), limit]]), 'mint'))).toBe(true);
        expect(await unit.balance(account(1))).toBe(limit);
    });

    it('genesis: not beyond the cap either', async () => {
        await unit.mint('alice', unit.tokens(600_000_000));
        await genesisRefused([[account(1), unit.tokens(400_000_001)]], 'ERROR_CAP');
        await genesis([[account(1), unit.tokens(400_000_000)]]);
        expect((await unit.minter.getSupply()).minted).toBe(cap);
    });
});

describe('genesis', () => {
    it('has 16 recipients at most, all in the basechain', async () => {
        const unit = await TokenUnit.create();
        const list = (n: number): [Address, bigint][] => Array.from({ length: n }, (_, i) => [account(i + 1), 7n]);
        const send = (recipients: [Address, bigint][]) =>
            unit.send('admin', unit.minter.address, ShareMinter.genesisBody({ recipients }), toNano('3'));
        await expectRefused(unit.blockchain, unit.minter.address, TokenExit.ERROR_GENESIS_LIMITS, () => send(list(17)));
        await expectRefused(unit.blockchain, unit.minter.address, TokenExit.ERROR_BAD_ADDRESS, () =>
            send([[new Address(-1, Buffer.alloc(32, 3)), 1n]]),
        );
        const result = await send(list(16));
        expect(succeeded(unit.tx(result, 'mint'))).toBe(true);
        for (const [owner, amount] of list(16)) expect(await unit.balance(owner)).toBe(amount);
    });
});

describe('mint messages', () => {
    let unit: TokenUnit;
    beforeAll(async () => {
        unit = await TokenUnit.create();
    });

    /** A Mint with any inner message. */
    const mint = (receiver: Address | null, inner: Cell) =>
        unit.send(
            'minter',
            unit.minter.address,
            beginCell()
                .storeUint(ShareMinter.opcodes.Mint, 32)
                .storeUint(0, 64)
                .storeAddress(receiver)
                .storeCoins(0)
                .storeRef(inner)
                .endCell(),
        );
    const code = async (receiver: Address | null, inner: Cell) =>
        exitCode(unit.tx(await mint(receiver, inner), 'mint'));
    const good = () => ShareMinter.mintMessage({ receiver: unit.address('alice'), amount: 1n });

    it('must carry an internal_transfer', async () => {
        const alice = unit.address('alice');
        const other = beginCell().storeUint(0x178d451a, 32).storeSlice(good().beginParse().skip(32)).endCell();
        expect(await code(alice, other)).toBe(TokenExit.ERROR_MINT_MESSAGE);
        expect(await code(alice, Cell.EMPTY)).toBe(TokenExit.ERROR_MINT_MESSAGE);
        expect(await code(alice, beginCell().storeUint(0x178d4519, 32).endCell())).toBe(9);
        expect(await code(alice, good())).toBe(0);
    });

    it('must name a receiver in the basechain', async () => {
        expect(await code(null, good())).toBe(TokenExit.ERROR_BAD_ADDRESS);
        expect(await code(new Address(-1, Buffer.alloc(32, 1)), good())).toBe(TokenExit.ERROR_BAD_ADDRESS);
    });
});

describe('a smaller cap', () => {
    it('holds like the large one', async () => {
        const unit = await TokenUnit.create({ cap: 10n });
        await unit.mint('alice', 10n);
        await expectRefused(unit.blockchain, unit.minter.address, TokenExit.ERROR_CAP, () => unit.mint('alice', 1n));
    });

    it('may be zero: nothing is ever minted', async () => {
        const unit = await TokenUnit.create({ cap: 0n });
        await expectRefused(unit.blockchain, unit.minter.address, TokenExit.ERROR_CAP, () => unit.mint('alice', 1n));
        expect((await unit.minter.getJettonData()).mintable).toBe(false);
    });
});
