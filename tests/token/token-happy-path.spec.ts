/** Everyday life of a token: answers, rent, receipts of every kind, wrappers that need no numbers. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import {
    commentPayload,
    decodeTokenEvent,
    loadForwardPayload,
    payloadCells,
    ShareMinter,
    ShareWallet,
    tokenError,
    TokenExit,
    TOKEN_ERRORS,
} from '../../wrappers/token';
import { exitCode, kept, outs, setBalance, succeeded, txAt } from '../support/pool/transactions';
import { underCoverage } from '../support/coverage';
import { TokenUnit } from '../support/token/token-unit';

let unit: TokenUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await TokenUnit.create();
    await unit.mint('alice', unit.tokens(1000));
    restore = unit.checkpoint();
});
beforeEach(() => restore());

const op = ShareMinter.opcodes;
const balanceOf = async (address: Address) => (await unit.blockchain.getContract(address)).balance;

describe('supply', () => {
    it('is told to contracts that ask, with their nonce', async () => {
        await unit.burn('alice', unit.tokens(1));
        const result = await unit.minter.sendProvideSupply(unit.sender('bob'), {
            nonce: 77n,
            queryId: 5n,
            value: toNano('0.1'),
        });
        const [answer] = outs(txAt(result, unit.minter.address));
        expect(answer.to).toEqualAddress(unit.address('bob'));
        expect(answer.bounce).toBe(false);
        expect(ShareMinter.parseSupply(answer.body)).toEqual({
            queryId: 5n,
            nonce: 77n,
            supply: unit.tokens(999),
            minted: unit.tokens(1000),
            burned: unit.tokens(1),
        });
        expect(await unit.minter.getSupply()).toMatchObject({
            supply: unit.tokens(999),
            minted: unit.tokens(1000),
            burned: unit.tokens(1),
            cap: unit.tokens(1_000_000_000),
        });
    });
});

describe('minting', () => {
    it('brings payload, notification and excesses: the receipt of a mint that arrived', async () => {
        const result = await unit.mint('bob', 5n, {
            queryId: 8n,
            from: unit.address('minter'),
            response: unit.address('minter'),
            forwardTonAmount: toNano('0.01'),
            forwardPayload: commentPayload('salary'),
        });
        const [notification, excess] = outs(unit.tx(result, 'bob'));
        expect(notification.value).toBe(toNano('0.01'));
        const parsed = ShareWallet.parseNotification(notification.body);
        expect(parsed).toMatchObject({ queryId: 8n, amount: 5n });
        expect(parsed.sender).toEqualAddress(unit.address('minter'));
        expect(parsed.forwardPayload).toEqualCell(commentPayload('salary'));
        expect([excess.op, excess.queryId]).toEqual([op.Excesses, 8n]);
        expect(excess.to).toEqualAddress(unit.address('minter'));
    });

    it('leaves at least tonAmount for the wallet', async () => {
        const tonAmount = toNano('0.7');
        const result = await unit.mint('bob', 5n, { tonAmount });
        expect(outs(unit.tx(result, 'mint'))[0].value).toBeGreaterThanOrEqual(tonAmount);
        expect(await balanceOf(unit.wallet('bob').address)).toBeGreaterThan(toNano('0.69'));
    });
});

describe('rent of the minter', () => {
    it('is refilled by whoever administers it, and not touched otherwise', async () => {
        const change = () =>
            unit.minter.sendChangeMetadata(unit.sender('admin'), { content: Cell.EMPTY, value: toNano('1') });
        const { address } = unit.minter;
        await setBalance(unit.blockchain, address, toNano('0.001'));
        await change();
        const rent = await balanceOf(address);
        expect(rent).toBeGreaterThan(toNano('0.4'));
        // (Code with markers reckons with twice as much.)
        expect(rent).toBeLessThan(toNano(underCoverage ? '1' : '0.5'));
        await setBalance(unit.blockchain, address, toNano('2'));
        const result = await change();
        if (!underCoverage) {
            expect(kept(unit.tx(result, 'mint'))).toBe(0n);
            expect(await balanceOf(address)).toBe(toNano('2'));
        }
    });
});

describe('wallets', () => {
    it('keep five years of rent from the first transfer, and only that', async () => {
        await unit.transfer('alice', 'bob', 5n, { value: toNano('2') });
        const rent = await balanceOf(unit.wallet('bob').address);
        expect(rent).toBeGreaterThan(toNano('0.03'));
        // (Code with markers is deeper, and rent follows the depth.)
        if (!underCoverage) expect(rent).toBeLessThan(toNano('0.04'));
        await unit.transfer('alice', 'bob', 5n, { value: toNano('2'), forwardTonAmount: 1n });
        expect(await balanceOf(unit.wallet('bob').address)).toBe(rent);
    });

    it('refill the rent from a transfer when years have eaten it', async () => {
        await unit.transfer('alice', 'bob', 5n);
        const rent = await balanceOf(unit.wallet('bob').address);
        for (const forwardTonAmount of [0n, 1n]) {
            await setBalance(unit.blockchain, unit.wallet('bob').address, toNano('0.001'));
            await unit.transfer('alice', 'bob', 5n, { value: toNano('1'), forwardTonAmount });
            expect(await balanceOf(unit.wallet('bob').address)).toBe(rent);
        }
    });

    it('are credited when prices have risen on the way and leave less than the rent', async () => {
        await unit.transfer('alice', 'bob', 5n);
        const { address } = unit.wallet('bob');
        await setBalance(unit.blockchain, address, 0n);
        const body = ShareMinter.mintMessage({
            receiver: unit.address('bob'),
            amount: 7n,
            response: unit.address('carol'),
        });
        const value = toNano('0.01');
        const result = await unit.blockchain.sendMessage(
            internal({ from: unit.minter.address, to: address, value, body }),
        );
        const tx = unit.tx(result, 'bob');
        expect([succeeded(tx), outs(tx), await unit.balance('bob')]).toEqual([true, [], 12n]);
        expect(await balanceOf(address)).toBe(value - tx.totalFees.coins);
    });

    it('never pay out what was there before a transfer', async () => {
        await unit.transfer('alice', 'bob', 5n);
        await unit.wallet('bob').sendTopUp(unit.sender('carol'), { value: toNano('1') });
        const before = await balanceOf(unit.wallet('bob').address);
        for (const forwardTonAmount of [0n, 1n]) {
            await unit.transfer('alice', 'bob', 5n, { forwardTonAmount });
            expect(await balanceOf(unit.wallet('bob').address)).toBeGreaterThanOrEqual(before);
        }
        const result = await unit.transfer('bob', 'alice', 5n);
        if (!underCoverage) expect(kept(unit.tx(result, 'bob'))).toBe(0n);
    });

    it('transfer to themselves', async () => {
        await unit.transfer('alice', 'alice', 5n, { forwardTonAmount: 1n });
        expect(await unit.balance('alice')).toBe(unit.tokens(1000));
        await unit.expectBalanced();
    });

    it('credit a transfer whose excess nobody can take', async () => {
        const response = new Address(5, Buffer.alloc(32, 7)); // there is no workchain 5
        // The first one brings the wallet's rent, the last one finds it there.
        for (const forwardTonAmount of [0n, 1n, 0n]) {
            const given = { response, forwardTonAmount, value: toNano('0.5') };
            const result = await unit.transfer('alice', 'bob', 3n, given);
            expect(outs(unit.tx(result, 'bob'))).toHaveLength(Number(forwardTonAmount));
        }
        expect(await unit.balance('bob')).toBe(9n);
        await unit.expectBalanced();
    });

    it('transfer nothing', async () => {
        const result = await unit.transfer('alice', 'bob', 0n);
        expect(succeeded(unit.tx(result, 'bob'))).toBe(true);
        await unit.expectBalanced();
    });

    it('have no balance before the first transfer', async () => {
        expect(await unit.wallet('dave').getBalance()).toBe(0n);
    });

    it('tell what a transfer and a burn cost, payload included', async () => {
        const wallet = unit.wallet('alice');
        const plain = await wallet.getTransferCost();
        expect(await wallet.getTransferCost({ forwardTonAmount: 5n })).toBe(plain + 5n);
        const long = commentPayload('x'.repeat(400));
        expect(payloadCells(long)).toBe(4);
        expect(await wallet.getTransferCost({ forwardPayload: long })).toBeGreaterThan(plain);
        expect(await wallet.getTransferCost({ customPayload: long })).toBeGreaterThan(plain);
        expect(await wallet.getBurnCost()).toBeLessThan(plain);
        const forwardPayload = long;
        const result = await unit.transfer('alice', 'bob', 5n, { forwardTonAmount: 1n, forwardPayload });
        expect(ShareWallet.parseNotification(outs(unit.tx(result, 'bob'))[0].body).forwardPayload).toEqualCell(long);
    });

    it('parse what they send to each other', async () => {
        const forwardPayload = beginCell().storeUint(5, 9).endCell().beginParse();
        const result = await unit.transfer('alice', 'bob', 5n, { forwardTonAmount: 1n, forwardPayload });
        const parsed = ShareWallet.parseInternalTransfer(outs(unit.tx(result, 'alice'))[0].body);
        expect(parsed.amount).toBe(5n);
        expect(parsed.forwardPayload).not.toBeInstanceOf(Cell);
        expect(loadForwardPayload(beginCell().storeBit(false).endCell().beginParse())).toBeNull();
    });
});

describe('top-ups and excesses are accepted everywhere', () => {
    it.each<[string, Cell]>([
        ['nothing', Cell.EMPTY],
        ['top_up', ShareMinter.topUpBody({ queryId: 3n })],
        ['excesses', beginCell().storeUint(0xd53276db, 32).storeUint(3, 64).endCell()],
    ])('%s', async (_, body) => {
        for (const address of [unit.minter.address, unit.wallet('alice').address]) {
            const before = await balanceOf(address);
            const result = await unit.send('bob', address, body, toNano('1'));
            expect(succeeded(txAt(result, address))).toBe(true);
            expect(outs(txAt(result, address))).toHaveLength(0);
            expect(await balanceOf(address)).toBeGreaterThan(before + toNano('0.99'));
        }
        await unit.expectBalanced();
    });

    it('a text goes to a wallet as rent', async () => {
        const result = await unit.send('bob', unit.wallet('alice').address, commentPayload('hello'));
        expect(succeeded(unit.tx(result, 'alice'))).toBe(true);
    });

    it('anything else goes back', async () => {
        const unknown = beginCell().storeUint(0xdeadbeef, 32).storeUint(0, 64).endCell();
        const atWallet = await unit.send('bob', unit.wallet('alice').address, unknown);
        expect(exitCode(unit.tx(atWallet, 'alice'))).toBe(TokenExit.ERROR_UNKNOWN_OP);
        const atMinter = await unit.send('bob', unit.minter.address, unknown);
        expect(exitCode(unit.tx(atMinter, 'mint'))).toBe(130);
    });
});

describe('wrappers', () => {
    it('know the text of every error', () => {
        for (const [code, error] of TOKEN_ERRORS) expect(tokenError(code)).toBe(error);
        expect(tokenError(130)?.text).toContain('Invalid');
        expect(tokenError(60_000)).toBeUndefined();
    });

    it('name a cost for every operation, more for more recipients and larger payloads', async () => {
        const cost = (name: keyof typeof op, n = 0) => unit.minter.getCost(op[name], n);
        for (const name of ['Genesis', 'Mint', 'JettonTransfer'] as const) {
            expect(await cost(name, 3)).toBeGreaterThan(await cost(name, 2));
        }
        for (const name of [
            'JettonBurn',
            'ProvideWalletAddress',
            'ProvideSupply',
            'AddMinter',
            'ApplyUpgrade',
        ] as const) {
            expect(await cost(name)).toBeGreaterThan(toNano('0.002'));
        }
        expect(await cost('TopUp')).toBe(0n);
    });

    it('leave events of others alone', () => {
        expect(decodeTokenEvent(Cell.EMPTY)).toBeNull();
        expect(decodeTokenEvent(beginCell().storeUint(1, 32).endCell())).toBeNull();
    });

    it('read the answers of TEP-89', async () => {
        const ask = { owner: unit.address('alice'), includeAddress: true, queryId: 4n, value: toNano('0.1') };
        const result = await unit.minter.sendProvideWalletAddress(unit.sender('bob'), ask);
        const answer = ShareMinter.parseWalletAddress(outs(unit.tx(result, 'mint'))[0].body);
        expect(answer.queryId).toBe(4n);
        expect(answer.wallet).toEqualAddress(unit.wallet('alice').address);
        expect(answer.owner).toEqualAddress(unit.address('alice'));
    });

    it('deploy a token that works from its own address alone', async () => {
        const again = unit.blockchain.openContract(ShareMinter.createFromAddress(unit.minter.address));
        const wallet = ShareWallet.createFromAddress(await again.getWalletAddress(unit.address('alice')));
        expect(await unit.blockchain.openContract(wallet).getBalance()).toBe(unit.tokens(1000));
    });
});
