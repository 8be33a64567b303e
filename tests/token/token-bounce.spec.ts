/**
 * Every message of minter and wallets that changed state first, bounced: what it took is back. And hops that really fail:
 * no TON for the notification, no gas left.
 */
import { Address, beginCell, toNano, Transaction } from '@ton/core';
import { SendMessageResult } from '@ton/sandbox';

import { ShareMinter, TokenExit, tokenEvents } from '../../wrappers/token';
import { bounceOf, exitCode, Out, outs, refuse, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { TokenPerson, TokenUnit } from '../support/token/token-unit';

const INTERNAL_TRANSFER = 0x178d4519;

describe.each([0, 9, 18])('a token of %i decimals', (decimals) => {
    let unit: TokenUnit;
    let restore: () => Promise<void>;
    let amount: bigint;

    beforeAll(async () => {
        unit = await TokenUnit.create({ decimals, minters: ['minter', 'second', 'dave'] });
        amount = unit.tokens(1000);
        await unit.mint('alice', amount);
        await unit.mint('bob', amount);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const op = ShareMinter.opcodes;
    const outOf = (tx: Transaction, opcode: number): Out => {
        const found = outs(tx).find((out) => out.op === opcode);
        if (!found) throw new Error('that message was not sent');
        return found;
    };
    /** MintBounced messages of a chain. */
    const told = (result: SendMessageResult) =>
        txsAt(result, unit.minter.address)
            .flatMap((tx) => outs(tx))
            .filter((out) => out.op === op.MintBounced);
    /** Makes the wallet of somebody refuse everything while something is sent to it. */
    const whileRefusing = async (who: TokenPerson, send: () => Promise<SendMessageResult>) => {
        const undo = await refuse(unit.blockchain, unit.wallet(who).address);
        const result = await send();
        await undo();
        return result;
    };

    it('transfer: the amount is back, the rest of the TON goes to the owner', async () => {
        const result = await whileRefusing('bob', () =>
            unit.transfer('alice', 'bob', 7n, { queryId: 42n, value: toNano('0.5'), response: unit.address('carol') }),
        );
        const [, bounced] = txsAt(result, unit.wallet('alice').address);
        expect(bounced.inMessage?.info.type === 'internal' && bounced.inMessage.info.bounced).toBe(true);
        expect(succeeded(bounced)).toBe(true);
        const [rest, ...others] = outs(bounced);
        expect(others).toHaveLength(0);
        expect(rest.to).toEqualAddress(unit.address('alice'));
        expect([rest.op, rest.queryId, rest.bounce]).toEqual([op.Excesses, 42n, false]);
        expect(rest.value).toBeGreaterThan(toNano('0.47'));
        await unit.expectBalanced();
        expect(await unit.balance('alice')).toBe(amount);
    });

    it('transfer of everything: the largest amount fits into the bounce', async () => {
        const supply = await unit.minter.getSupply();
        await unit.mint('carol', supply.cap - supply.minted);
        const all = await unit.balance('carol');
        await whileRefusing('bob', () => unit.transfer('carol', 'bob', all));
        expect(await unit.balance('carol')).toBe(all);
        await unit.expectBalanced();
    });

    it('burn: the amount is back and the minter counts nothing', async () => {
        const undo = await refuse(unit.blockchain, unit.minter.address);
        const result = await unit.burn('alice', 7n, { queryId: 43n, value: toNano('0.5') });
        await undo();
        const [, bounced] = txsAt(result, unit.wallet('alice').address);
        const [rest] = outs(bounced);
        expect(rest.to).toEqualAddress(unit.address('alice'));
        expect([rest.op, rest.queryId]).toEqual([op.Excesses, 43n]);
        await unit.expectBalanced();
        expect((await unit.minter.getSupply()).burned).toBe(0n);
    });

    it('mint: not counted, and an event', async () => {
        const before = await unit.minter.getSupply();
        const result = await whileRefusing('alice', () => unit.mint('alice', 9n, { queryId: 5n }));
        expect(await unit.minter.getSupply()).toEqual(before);
        expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MintReturned', queryId: 5n, amount: 9n }]);
        expect(told(result)).toHaveLength(0); // the mint named nobody
        await unit.expectBalanced();
    });

    it.each<TokenPerson>(['minter', 'second', 'dave'])('mint of %s: he hears of it if he named himself', async (by) => {
        const result = await whileRefusing('alice', () =>
            unit.mint('alice', amount, { by, from: unit.address(by), queryId: 6n, value: toNano('0.5') }),
        );
        const [out, ...others] = told(result);
        expect(others).toHaveLength(0);
        expect(out.to).toEqualAddress(unit.address(by));
        expect(out.bounce).toBe(false);
        expect(ShareMinter.parseMintBounced(out.body)).toEqual({ queryId: 6n, amount });
        expect(out.value).toBeGreaterThan(toNano('0.46'));
        await unit.expectBalanced();
    });

    it('mint up to the cap: amount and minter fit into the bounce', async () => {
        const supply = await unit.minter.getSupply();
        const all = supply.cap - supply.minted;
        const result = await whileRefusing('alice', () =>
            unit.mint('alice', all, { by: 'dave', from: unit.address('dave'), queryId: 7n }),
        );
        expect(told(result)[0].to).toEqualAddress(unit.address('dave'));
        expect(await unit.minter.getSupply()).toEqual(supply);
        // and the room under the cap is there again
        await unit.mint('alice', all);
        expect((await unit.minter.getSupply()).minted).toBe(supply.cap);
    });

    it('mint in the name of the token: nobody hears of it', async () => {
        const result = await whileRefusing('alice', () => unit.mint('alice', 9n, { from: unit.minter.address }));
        expect(told(result)).toHaveLength(0);
        await unit.expectBalanced();
    });

    it('mint of a minter who has lost his role: the supply is right, nobody hears of it', async () => {
        const undo = await refuse(unit.blockchain, unit.wallet('alice').address);
        await unit.minter.sendRemoveMinter(unit.sender('admin'), { minter: unit.address('second') });
        await undo();
        const body = ShareMinter.mintMessage({
            receiver: unit.address('alice'),
            amount: 9n,
            from: unit.address('second'),
            queryId: 8n,
        });
        const message = { from: unit.minter.address, to: unit.wallet('alice').address, value: toNano('0.1'), body };
        await unit.mint('alice', 9n);
        const before = await unit.minter.getSupply();
        const result = await unit.blockchain.sendMessage(bounceOf(message));
        expect((await unit.minter.getSupply()).minted).toBe(before.minted - 9n);
        expect(told(result)).toHaveLength(0);
    });

    it('a bounce pays for itself: the minter keeps its rent', async () => {
        const before = (await unit.blockchain.getContract(unit.minter.address)).balance;
        await whileRefusing('alice', () => unit.mint('alice', 9n, { by: 'second', from: unit.address('second') }));
        const after = (await unit.blockchain.getContract(unit.minter.address)).balance;
        expect(after).toBeGreaterThanOrEqual(before);
    });

    // ------------------------------------------------------------ hops that really fail

    it('a notification that cannot be paid makes the whole transfer bounce', async () => {
        // A message straight from alice's wallet, with less TON than it forwards.
        const good = await unit.transfer('alice', 'bob', 7n, { forwardTonAmount: toNano('0.3') });
        const sent = outOf(unit.tx(good, 'alice'), INTERNAL_TRANSFER);
        await restore();
        const result = await unit.blockchain.sendMessage({
            ...bounceOf(sent, toNano('0.1')),
            info: { ...internalInfo(sent.from, sent.to, toNano('0.1')) },
            body: sent.body,
        });
        const tx = txAt(result, unit.wallet('bob').address);
        expect(exitCode(tx)).toBe(0);
        expect(tx.description.type === 'generic' && tx.description.aborted).toBe(true);
        expect(await unit.balance('bob')).toBe(amount);
        // The forged message took nothing from alice, so its bounce gives her 7 too much: only the credit is proven here.
        expect(await unit.balance('alice')).toBe(amount + 7n);
    });

    it('a mint whose wallet runs out of gas comes back', async () => {
        const body = ShareMinter.mintMessage({ receiver: unit.address('alice'), amount: 9n, forwardTonAmount: 1n });
        const { minter } = unit;
        const result = await unit.blockchain.sendMessage({
            ...bounceOf({ from: minter.address, to: minter.address, value: 1n, body }),
            info: internalInfo(minter.address, unit.wallet('alice').address, toNano('0.0005')),
            body,
        });
        const tx = txAt(result, unit.wallet('alice').address);
        expect(exitCode(tx)).not.toBe(0);
        expect(await unit.balance('alice')).toBe(amount);
    });

    it('an event of a bounce names what came back, and refused mints leave no trace', async () => {
        const supply = await unit.minter.getSupply();
        const result = await unit.mint('alice', supply.cap, { value: toNano('1') });
        expect(exitCode(unit.tx(result, 'mint'))).toBe(TokenExit.ERROR_CAP);
        expect(tokenEvents(result.transactions)).toHaveLength(0);
        // An ordinary bounce: opcode and query id of the Mint can be relied on.
        const [back] = outs(unit.tx(result, 'mint'));
        expect(back.to).toEqualAddress(unit.address('minter'));
        expect(back.body.beginParse().skip(32).loadUint(32)).toBe(op.Mint);
    });
});

function internalInfo(src: Address, dest: Address, coins: bigint) {
    return {
        type: 'internal' as const,
        ihrDisabled: true,
        bounce: true,
        bounced: false,
        src,
        dest,
        value: { coins },
        ihrFee: 0n,
        forwardFee: 0n,
        createdAt: 0,
        createdLt: 0n,
    };
}

describe('bodies that no contract of ours sends', () => {
    it('a bounce without amount changes nothing', async () => {
        const unit = await TokenUnit.create();
        await unit.mint('alice', 5n);
        const body = beginCell().storeUint(0x178d4519, 32).storeUint(1, 64).endCell();
        const from = unit.wallet('bob').address;
        const message = { from: unit.wallet('alice').address, to: from, value: toNano('0.1'), body };
        const result = await unit.blockchain.sendMessage(bounceOf(message));
        expect(exitCode(txAt(result, unit.wallet('alice').address))).toBe(9);
        await unit.expectBalanced();
    });
});
