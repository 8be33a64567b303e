/**
 * What to attach: `get_cost` is enough for the whole chain; the least that the contracts accept does everything that the
 * message asks for, one nanoton less is refused before anything changes. At the prices of today, of 2026, and with gas,
 * forwarding and storage made dearer. The gas constants behind it cover what the most expensive path needs, and not more
 * than a tenth beyond.
 */
import { Address, Cell, toNano } from '@ton/core';
import { SendMessageResult } from '@ton/sandbox';

import {
    MINTER_BITS,
    MINTER_CELLS,
    WALLET_BITS,
    WALLET_CELLS,
    WALLET_LEVELS,
} from '../../build/ShareMinter/ShareMinter_ShareMinter';
import {
    commentPayload,
    ForwardPayload,
    onchainMetadata,
    payloadCells,
    ShareMinter,
    ShareWallet,
    TokenExit,
} from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import { exitCode, kept, outs, refuse, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { bundledConfig, priceScenarios } from '../support/prices';
import { constantOf, forwardPrices, LONG_PAYLOAD, measureToken, TokenConstant } from '../support/token/gas';
import { TokenUnit } from '../support/token/token-unit';

jest.setTimeout(240_000);
// Markers of a coverage run cost gas: at the very edge nothing holds there.
const edge = underCoverage ? describe.skip : describe;

const LIBRARY = 'prices of 2025, wallet code as a library cell';

edge.each([...Object.entries(priceScenarios()), [LIBRARY, undefined] as const])('at %s', (name, config) => {
    let unit: TokenUnit;
    let restore: () => Promise<void>;
    const op = ShareMinter.opcodes;

    beforeAll(async () => {
        unit = await TokenUnit.create({ config, library: name === LIBRARY });
        await unit.mint('alice', unit.tokens(1000), { value: toNano('3') });
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    /** `value` is accepted, and one nanoton less is refused and changes nothing. The state is as before afterwards. */
    async function expectLeast(at: Address, send: (value: bigint) => Promise<SendMessageResult>, value: bigint) {
        expect(succeeded(txAt(await send(value), at))).toBe(true);
        await restore();
        expect(exitCode(txAt(await send(value - 1n), at))).toBe(TokenExit.ERROR_VALUE_TOO_LOW);
        await unit.expectBalanced();
        await restore();
    }

    /**
     * The getter cannot know what a message will cost to forward; the contracts read it from the message that comes. So the
     * least value is the getter's, with the one in the place of the other.
     */
    async function leastOf(
        at: Address,
        send: (value: bigint) => Promise<SendMessageResult>,
        cost: bigint,
        cells: number,
    ): Promise<bigint> {
        const { info } = txAt(await send(cost), at).inMessage!;
        await restore();
        if (info.type !== 'internal') throw new Error('an internal message was expected');
        const prices = forwardPrices(config ?? bundledConfig);
        const value = cost - 2n * prices.fee(cells, 1023 * cells) + 2n * prices.original(info.forwardFee);
        expect(value).toBeLessThanOrEqual(cost);
        await expectLeast(at, send, value);
        return value;
    }

    it.each<[string, ForwardPayload, bigint]>([
        ['nothing', null, 0n],
        ['an empty payload', null, toNano('0.05')],
        ['a long payload inside the message', LONG_PAYLOAD, toNano('0.05')],
        ['a payload of five cells', commentPayload('x'.repeat(600)), 1n],
    ])('transfer with %s', async (_, forwardPayload, forwardTonAmount) => {
        const wallet = unit.wallet('alice');
        const send = (value: bigint) =>
            unit.transfer('alice', 'bob', 5n, { value, forwardTonAmount, forwardPayload, response: null });
        const cost = await wallet.getTransferCost({ forwardTonAmount, forwardPayload });
        const value = await leastOf(wallet.address, send, cost, 1 + payloadCells(forwardPayload));
        const result = await send(value);
        const receiver = unit.tx(result, 'bob');
        expect(succeeded(receiver)).toBe(true);
        expect(outs(receiver).map((out) => out.value)).toEqual(forwardTonAmount > 0n ? [forwardTonAmount] : []);
        expect(kept(unit.tx(result, 'alice'))).toBe(0n);
        // The new wallet can pay its rent for five years. (It gets all that is left: there is nobody to send it to.)
        const { balance } = await unit.blockchain.getContract(unit.wallet('bob').address);
        unit.blockchain.now! += 5 * 365 * 86400;
        const later = await unit.send('carol', unit.wallet('bob').address, Cell.EMPTY, toNano('0.0001'));
        const { storagePhase } = unit.tx(later, 'bob').description as {
            storagePhase?: { storageFeesCollected: bigint };
        };
        expect(balance).toBeGreaterThan(storagePhase!.storageFeesCollected);
    });

    it('transfer that is refused at the other end', async () => {
        const wallet = unit.wallet('alice');
        const send = (value: bigint) => unit.transfer('alice', 'bob', 5n, { value });
        const value = await leastOf(wallet.address, send, await wallet.getTransferCost(), 1);
        await refuse(unit.blockchain, unit.wallet('bob').address);
        await send(value);
        expect(await unit.balance('alice')).toBe(unit.tokens(1000));
    });

    it('burn', async () => {
        const wallet = unit.wallet('alice');
        const send = (value: bigint) => unit.burn('alice', 5n, { value });
        const cost = await wallet.getBurnCost();
        await expectLeast(wallet.address, send, cost);
        const result = await send(cost);
        expect(succeeded(unit.tx(result, 'mint'))).toBe(true);
        expect(outs(unit.tx(result, 'mint'))).toHaveLength(1);
        expect(kept(unit.tx(result, 'mint'))).toBe(0n);
        await unit.expectBalanced();
        await restore();
        await refuse(unit.blockchain, unit.minter.address);
        await send(cost);
        expect(await unit.balance('alice')).toBe(unit.tokens(1000));
    });

    it.each<[string, ForwardPayload]>([
        ['nothing', null],
        ['a long payload', LONG_PAYLOAD],
        ['a payload of five cells', commentPayload('x'.repeat(600))],
    ])('mint with %s', async (_, forwardPayload) => {
        const args = { forwardTonAmount: toNano('0.05'), forwardPayload };
        const send = (value: bigint) => unit.mint('bob', 5n, { ...args, value, from: unit.address('minter') });
        const cost = await unit.minter.getMintCost(args);
        const value = await leastOf(unit.minter.address, send, cost, 2 + payloadCells(forwardPayload));
        const result = await send(value);
        expect(succeeded(unit.tx(result, 'bob'))).toBe(true);
        expect(outs(unit.tx(result, 'bob'))[0].value).toBe(args.forwardTonAmount);
        expect(kept(unit.tx(result, 'mint'))).toBe(0n);
        await restore();
        const { minted } = await unit.minter.getSupply();
        await refuse(unit.blockchain, unit.wallet('bob').address);
        const bounced = await send(value);
        expect((await unit.minter.getSupply()).minted).toBe(minted);
        expect(outs(txsAt(bounced, unit.minter.address)[1]).map((out) => out.op)).toEqual([op.MintBounced]);
        expect(kept(txsAt(bounced, unit.minter.address)[1])).toBeGreaterThanOrEqual(0n);
    });

    it('mint: tonAmount, if it is more than what is forwarded', async () => {
        const args = { tonAmount: toNano('0.4'), forwardTonAmount: 1n };
        const send = (value: bigint) => unit.mint('bob', 5n, { ...args, value });
        const cost = await unit.minter.getMintCost(args);
        const value = await leastOf(unit.minter.address, send, cost, 2);
        const result = await send(value);
        expect(outs(unit.tx(result, 'mint'))[0].value).toBeGreaterThanOrEqual(args.tonAmount);
    });

    it.each([true, false])('discovery, owner included: %s', async (includeAddress) => {
        const owner = unit.address('alice');
        const send = (value: bigint) =>
            unit.minter.sendProvideWalletAddress(unit.sender('bob'), { owner, includeAddress, value });
        const cost = await unit.minter.getCost(op.ProvideWalletAddress);
        await expectLeast(unit.minter.address, send, cost);
        const tx = unit.tx(await send(cost), 'mint');
        expect([succeeded(tx), outs(tx).length, kept(tx)]).toEqual([true, 1, 0n]);
    });

    it('supply', async () => {
        const send = (value: bigint) => unit.minter.sendProvideSupply(unit.sender('bob'), { nonce: 1n, value });
        const cost = await unit.minter.getCost(op.ProvideSupply);
        await expectLeast(unit.minter.address, send, cost);
        const tx = unit.tx(await send(cost), 'mint');
        expect([succeeded(tx), outs(tx).length, kept(tx)]).toEqual([true, 1, 0n]);
    });

    it.each([0, 1, 16])('genesis of %i recipients', async (n) => {
        const recipients = Array.from({ length: n }, (_, i): [Address, bigint] => [
            new Address(0, Buffer.alloc(32, i + 1)),
            unit.tokens(1000),
        ]);
        const send = (value: bigint) => unit.minter.sendGenesis(unit.sender('admin'), { recipients, value });
        const cost = await unit.minter.getCost(op.Genesis, n);
        await expectLeast(unit.minter.address, send, cost);
        const result = await send(cost);
        expect(kept(unit.tx(result, 'mint'))).toBeGreaterThanOrEqual(0n);
        for (const [owner, amount] of recipients) expect(await unit.balance(owner)).toBe(amount);
        expect(outs(unit.tx(result, 'mint'))).toHaveLength(n + 1);
    });

    it('everything else at the minter', async () => {
        const content = Cell.EMPTY;
        const send = (value: bigint) => unit.minter.sendChangeMetadata(unit.sender('admin'), { content, value });
        const cost = await unit.minter.getCost(op.ChangeMetadata);
        await expectLeast(unit.minter.address, send, cost);
        const tx = unit.tx(await send(cost), 'mint');
        expect(kept(tx)).toBeGreaterThanOrEqual(0n);
        for (const other of ['TopUp', 'Excesses'] as const) {
            expect(await unit.minter.getCost(op[other])).toBe(0n);
        }
        expect(await unit.minter.getCost(Cell.EMPTY)).toBe(0n);
        expect(await unit.minter.getCost(ShareWallet.opcodes.JettonBurn)).toBeLessThan(cost);
    });
});

edge('gas constants', () => {
    let most: Record<TokenConstant, bigint>;
    beforeAll(async () => {
        most = await measureToken();
    });

    it.each<TokenConstant>([
        'GAS_TRANSFER_CHAIN',
        'GAS_BURN_CHAIN',
        'GAS_MINT_CHAIN',
        'GAS_DISCOVERY',
        'GAS_WALLET_BOUNCE',
        'GAS_MINTER_BOUNCE',
        'GAS_GENESIS_BASE',
        'GAS_GENESIS_ROW',
        'GAS_GENESIS_WALLET',
        'GAS_MINTER_SMALL',
    ])('%s covers what was measured and at most a tenth more', (name) => {
        const constant = constantOf(name);
        expect(constant).toBeGreaterThanOrEqual(most[name]);
        expect(constant * 10n).toBeLessThanOrEqual(most[name] * 11n);
    });
});

describe('sizes', () => {
    const used = async (unit: TokenUnit, address: Address) => {
        const { account } = await unit.blockchain.getContract(address);
        return account.account!.storageStats.used;
    };

    edge.each([false, true])('of a wallet are those that rent is computed from (library: %s)', (library) => {
        it('with the largest balance', async () => {
            const unit = await TokenUnit.create({ library, decimals: 18 });
            await unit.mint('alice', unit.tokens(1_000_000_000));
            const { cells, bits } = await used(unit, unit.wallet('alice').address);
            const levels = BigInt(unit.walletCode.depth() + 1);
            expect(cells * WALLET_LEVELS).toBeLessThanOrEqual(WALLET_CELLS * levels);
            expect(bits * WALLET_LEVELS).toBeLessThanOrEqual(WALLET_BITS * levels);
            if (!library) expect({ levels, cells }).toEqual({ levels: WALLET_LEVELS, cells: WALLET_CELLS });
        });
    });

    edge('of the minter', () => {
        it('are covered with eight minters and 1,800 bytes of metadata, twice', async () => {
            const minters = ['minter', 'admin', 'second', 'alice', 'bob', 'carol', 'dave', 'stranger'] as const;
            const unit = await TokenUnit.create({ minters, decimals: 18 });
            const { minter } = unit;
            const admin = unit.sender('admin');
            const content = (mark: string) =>
                onchainMetadata({ name: mark.repeat(60), description: mark.repeat(1740) });
            await minter.sendChangeMetadata(admin, { content: content('a') });
            await minter.sendGenesis(admin, { recipients: [] });
            await minter.sendAddMinter(admin, { minter: new Address(0, Buffer.alloc(32, 7)) });
            await minter.sendChangeMetadata(admin, { content: content('b') });
            await minter.sendAnnounceUpgrade(admin, { codeHash: 5n });
            await minter.sendChangeAdmin(admin, { newAdmin: unit.address('dave') });
            const { cells, bits } = await used(unit, minter.address);
            expect(cells).toBeLessThanOrEqual(MINTER_CELLS);
            expect(bits).toBeLessThanOrEqual(MINTER_BITS);
            expect(cells * 10n).toBeGreaterThan(MINTER_CELLS * 8n);
        });
    });
});
