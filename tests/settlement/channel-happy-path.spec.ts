/** A channel from the first deposit to after its end, in TON and in a jetton: who gets what, and what is told. */
import { beginCell, Cell, toNano } from '@ton/core';

import { channelEvents, PaymentChannel } from '../../wrappers/settlement/channel';
import { kept, outs, sameAddress, succeeded, txAt } from '../support/pool/transactions';
import { ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';
import { START_TIME } from '../support/chain';

const op = PaymentChannel.opcodes;
const TON = toNano('1');

describe('a channel for TON', () => {
    let unit: ChannelUnit;
    let restore: () => Promise<void>;
    beforeAll(async () => {
        unit = await ChannelUnit.create();
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    it('knows its terms', async () => {
        expect(await unit.data()).toEqual({
            state: 'open',
            closeAt: 0,
            deposit: 100n * TON,
            claimed: 0n,
            tokens: 0n,
            hotKey: null,
            hotUntil: 0,
            consumer: sameAddress(unit.of('consumer')),
            provider: sameAddress(unit.of('provider')),
            consumerKey: KEYS.consumer.publicKey,
            providerKey: KEYS.provider.publicKey,
            window: DAY,
            expiresAt: START_TIME + 30 * DAY,
            salt: 0n,
            jetton: null,
        });
        expect(await unit.channel.getSolvency()).toBeGreaterThan(0n);
    });

    it('adds deposits of anybody and returns the rest of the value', async () => {
        const result = await unit.channel.sendDeposit(unit.via('stranger'), {
            amount: 5n * TON,
            value: 6n * TON,
            queryId: 3,
        });
        const tx = unit.tx(result);
        expect(kept(tx)).toBe(5n * TON);
        expect(outs(tx).map((o) => [o.op, o.queryId, o.to.equals(unit.of('stranger'))])).toEqual([
            [op.Excesses, 3n, true],
        ]);
        expect(channelEvents(result.transactions)).toMatchObject([
            { event: 'ChannelDeposited', queryId: 3n, deposit: 105n * TON },
        ]);
        expect((await unit.data()).deposit).toBe(105n * TON);
    });

    it('pays a voucher to the provider who sends it, in one message', async () => {
        const result = await unit.claim(3n * TON);
        const tx = unit.tx(result);
        expect(succeeded(tx)).toBe(true);
        expect(kept(tx)).toBe(-3n * TON);
        const [paid, ...more] = outs(tx);
        expect(more).toHaveLength(0);
        expect([paid.op, paid.queryId, paid.bounce]).toEqual([op.ChannelPaid, 7n, false]);
        expect(paid.to).toEqualAddress(unit.of('provider'));
        expect(paid.body.beginParse().skip(96).loadCoins()).toBe(3n * TON);
        expect(paid.value).toBeGreaterThan(3n * TON + toNano('0.99'));
        expect(channelEvents(result.transactions)).toMatchObject([
            { event: 'ChannelClaimed', queryId: 7n, claimed: 3n * TON, tokens: (3n * TON) / 1000n },
        ]);
        expect(await unit.data()).toMatchObject({ state: 'open', claimed: 3n * TON, tokens: (3n * TON) / 1000n });
    });

    it('pays to the provider whoever sends it, to the nano, and returns the rest to the sender', async () => {
        await unit.claim(1n * TON);
        const tx = unit.tx(await unit.claim(3n * TON, 'stranger'));
        expect(kept(tx)).toBe(-2n * TON);
        const [paid, rest] = outs(tx);
        expect(paid.to).toEqualAddress(unit.of('provider'));
        expect([paid.op, paid.value]).toEqual([op.ChannelPaid, 2n * TON]);
        expect(rest.to).toEqualAddress(unit.of('stranger'));
        expect([rest.op, rest.queryId]).toEqual([op.Excesses, 7n]);
    });

    it('pays a voucher above the deposit up to the deposit, and more after a top-up', async () => {
        const voucher = unit.voucher(120n * TON);
        expect(kept(unit.tx(await unit.claim(voucher)))).toBe(-100n * TON);
        expect((await unit.data()).claimed).toBe(100n * TON);
        await unit.deposit(50n * TON);
        expect(kept(unit.tx(await unit.claim(voucher)))).toBe(-20n * TON);
        expect(await unit.data()).toMatchObject({ claimed: 120n * TON, deposit: 150n * TON });
    });

    it.each([
        ['provider', 2],
        ['consumer', 2],
        ['stranger', 3],
    ] as const)('closes as both have signed, sent by the %s', async (by, messages) => {
        await unit.claim(10n * TON);
        const before = await unit.balance();
        const result = await unit.coopClose(40n * TON, by);
        const tx = unit.tx(result);
        expect(outs(tx)).toHaveLength(messages);
        expect(kept(tx)).toBe(-90n * TON);
        const to = (who: 'provider' | 'consumer') => outs(tx).find((o) => o.to.equals(unit.of(who)))!;
        expect(to('provider').body.beginParse().skip(96).loadCoins()).toBe(30n * TON);
        expect(to('consumer').body.beginParse().skip(96).loadCoins()).toBe(60n * TON);
        if (by !== 'provider') expect(to('provider').value).toBe(30n * TON);
        if (by !== 'consumer') expect(to('consumer').value).toBe(60n * TON);
        if (by === 'stranger') expect(outs(tx)[2]).toMatchObject({ op: op.Excesses, queryId: 9n });
        expect(await unit.balance()).toBe(before - 90n * TON);
        expect(await unit.data()).toMatchObject({ state: 'closed', claimed: 40n * TON, deposit: 100n * TON });
        expect(channelEvents(result.transactions)).toMatchObject([
            { event: 'ChannelClosed', queryId: 9n, deposit: 100n * TON, claimed: 40n * TON },
        ]);
    });

    it.each([0n, 100n * TON])('closes as both have signed with everything on one side (%s)', async (amount) => {
        for (const by of ['provider', 'consumer', 'stranger'] as const) {
            await restore();
            const tx = unit.tx(await unit.coopClose(amount, by));
            expect(kept(tx)).toBe(-100n * TON);
            const winner = amount === 0n ? 'consumer' : 'provider';
            const paid = outs(tx).filter((o) => o.to.equals(unit.of(winner)));
            expect(paid).toHaveLength(1);
            expect(paid[0].value).toBeGreaterThanOrEqual(100n * TON);
            // Whoever gets nothing gets no message, unless he sent this one.
            expect(outs(tx)).toHaveLength(by === winner ? 1 : 2);
        }
    });

    it('closes with the last word of the provider', async () => {
        const result = await unit.providerClose(30n * TON);
        const tx = unit.tx(result);
        expect(kept(tx)).toBe(-100n * TON);
        const [rest, own] = outs(tx);
        expect([rest.value, rest.to.equals(unit.of('consumer'))]).toEqual([70n * TON, true]);
        expect(own.body.beginParse().skip(96).loadCoins()).toBe(30n * TON);
        expect(await unit.data()).toMatchObject({ state: 'closed', claimed: 30n * TON, tokens: (30n * TON) / 1000n });
        expect(channelEvents(result.transactions)).toMatchObject([
            { event: 'ChannelClosed', claimed: 30n * TON, tokens: (30n * TON) / 1000n },
        ]);
    });

    it('closes with a voucher for one unit more', async () => {
        await unit.claim(999n);
        await unit.providerClose(1000n);
        expect(await unit.data()).toMatchObject({ claimed: 1000n, tokens: 1n });
    });

    it('closes with a voucher that was claimed before: nothing more, and final', async () => {
        await unit.claim(30n * TON);
        for (const amount of [20n, 30n]) {
            const undo = unit.checkpoint();
            expect(kept(unit.tx(await unit.providerClose(amount * TON)))).toBe(-70n * TON);
            expect(await unit.data()).toMatchObject({
                state: 'closed',
                claimed: 30n * TON,
                tokens: (30n * TON) / 1000n,
            });
            await undo();
        }
    });

    it.each(['consumer', 'provider'] as const)('closes after the window that the %s has started', async (by) => {
        const started = await unit.startClose(by);
        expect(channelEvents(started.transactions)).toMatchObject([
            { event: 'ChannelClosing', queryId: 10n, closeAt: BigInt(unit.now + DAY) },
        ]);
        expect(await unit.data()).toMatchObject({ state: 'closing', closeAt: unit.now + DAY });
        expect(kept(unit.tx(started))).toBe(0n);
        unit.advance(DAY - 1);
        await unit.claim(25n * TON);
        unit.advance(1);
        const tx = unit.tx(await unit.finish());
        expect(kept(tx)).toBe(-75n * TON);
        expect(outs(tx)[0]).toMatchObject({ op: op.ChannelPaid, value: 75n * TON });
        expect(outs(tx)[0].to).toEqualAddress(unit.of('consumer'));
        expect(await unit.data()).toMatchObject({ state: 'closed', claimed: 25n * TON });
    });

    it('passes what still arrives on to the consumer', async () => {
        await unit.coopClose(0n);
        const rent = await unit.balance();
        for (const body of [Cell.EMPTY, PaymentChannel.depositBody({ amount: TON }), excesses(), unknown()]) {
            const tx = unit.tx(await unit.send('stranger', body, 2n * TON, false));
            expect(outs(tx)).toHaveLength(1);
            expect(outs(tx)[0].to).toEqualAddress(unit.of('consumer'));
            expect(outs(tx)[0].value).toBeGreaterThan(toNano('1.99'));
        }
        expect(await unit.balance()).toBe(rent);
        // Rent is rent.
        await unit.channel.sendTopUp(unit.via('stranger'), { value: TON });
        expect(await unit.balance()).toBeGreaterThan(rent + toNano('0.99'));
        // More than five years of it is nobody's rent: the next message takes it along.
        const tx = unit.tx(await unit.send('stranger', Cell.EMPTY, TON));
        expect(outs(tx)[0].value).toBeGreaterThan(toNano('1.95'));
    });

    it('keeps stray TON while it is open, for the consumer', async () => {
        const before = await unit.balance();
        await unit.send('stranger', Cell.EMPTY, 2n * TON);
        await unit.send('stranger', excesses(), 2n * TON);
        expect(await unit.balance()).toBeGreaterThan(before + toNano('3.99'));
        expect((await unit.data()).deposit).toBe(100n * TON);
        await unit.coopClose(50n * TON);
        const tx = unit.tx(await unit.send('stranger', Cell.EMPTY, toNano('0.01')));
        expect(outs(tx)[0].to).toEqualAddress(unit.of('consumer'));
        expect(outs(tx)[0].value).toBeGreaterThan(toNano('3.9'));
    });

    it('lets a hot key sign, and revokes it with the window', async () => {
        const set = await unit.channel.sendSetHotKey(unit.via('consumer'), { key: KEYS.hot.publicKey, value: TON });
        expect(kept(unit.tx(set))).toBe(0n);
        expect(channelEvents(set.transactions)).toMatchObject([{ event: 'ChannelHotKey', endsAt: 0n }]);
        await unit.claim(unit.voucher(5n * TON, { signer: KEYS.hot }));
        await unit.claim(unit.voucher(6n * TON)); // the consumer's own key still counts
        expect(await unit.data()).toMatchObject({ claimed: 6n * TON, hotKey: KEYS.hot.publicKey, hotUntil: 0 });
        await unit.channel.sendRevokeHotKey(unit.via('consumer'), { value: TON });
        expect((await unit.data()).hotUntil).toBe(unit.now + DAY);
        unit.advance(DAY - 1);
        await unit.claim(unit.voucher(7n * TON, { signer: KEYS.hot }));
        expect((await unit.data()).claimed).toBe(7n * TON);
    });

    it('can have a hot key from the beginning: part of the address', async () => {
        const hot = await ChannelUnit.create({ terms: { hotKey: KEYS.hot.publicKey } });
        expect(hot.address.equals(unit.address)).toBe(false);
        await hot.claim(hot.voucher(5n * TON, { signer: KEYS.hot }));
        await hot.providerClose(hot.voucher(6n * TON, { signer: KEYS.hot }));
        expect((await hot.data()).claimed).toBe(6n * TON);
    });

    it('is the same channel for the same terms only', async () => {
        const address = async (more: object) =>
            (await PaymentChannel.createFromTerms({ ...unit.terms, ...more })).address;
        const same = await address({});
        expect(same).toEqualAddress(unit.address);
        const others = [
            { consumer: unit.of('stranger') },
            { provider: unit.of('stranger') },
            { consumerKey: KEYS.stranger.publicKey },
            { providerKey: KEYS.stranger.publicKey },
            { window: DAY + 1 },
            { expiresAt: 0 },
            { salt: 1n },
            { jetton: { minter: unit.of('issuer') } },
            { jetton: { minter: unit.of('issuer'), transferValue: 1n } },
        ];
        const all = new Set([same.toString()]);
        for (const other of others) all.add((await address(other)).toString());
        expect(all.size).toBe(others.length + 1);
    });
});

function excesses(): Cell {
    return beginCell().storeUint(op.Excesses, 32).storeUint(1, 64).endCell();
}

function unknown(): Cell {
    return beginCell().storeUint(0x12345678, 32).endCell();
}

describe('a channel for a jetton', () => {
    let unit: ChannelUnit;
    let restore: () => Promise<void>;
    beforeAll(async () => {
        unit = await ChannelUnit.create({ jetton: true });
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    it('finds its wallet and books deposits of anybody', async () => {
        const { jetton, deposit } = await unit.data();
        expect(jetton).toMatchObject({
            dueProvider: 0n,
            dueConsumer: 0n,
            syncPending: false,
            transferValue: toNano('0.2'),
        });
        expect(jetton!.wallet).toEqualAddress(unit.wallet(unit.address).address);
        expect(deposit).toBe(100n * TON);
        const result = await unit.deposit(5n * TON, 'stranger');
        expect(channelEvents(result.transactions)).toMatchObject([{ event: 'ChannelDeposited', deposit: 105n * TON }]);
        const [rest] = outs(unit.tx(result));
        expect([rest.op, rest.to.equals(unit.of('stranger'))]).toEqual([op.Excesses, true]);
        expect(await unit.jettons('channel')).toBe(105n * TON);
        expect(kept(unit.tx(result))).toBe(0n);
        // The jettons that it owes are not TON.
        expect(await unit.channel.getSolvency()).toBeGreaterThan(0n);
    });

    it.each(['provider', 'stranger', 'consumer'] as const)('pays vouchers that the %s sends', async (by) => {
        const result = await unit.claim(3n * TON, by);
        expect(kept(unit.tx(result))).toBe(0n);
        expect(await unit.jettons('provider')).toBe(3n * TON);
        expect(await unit.jettons('channel')).toBe(97n * TON);
        // What the wallets did not use came back to the sender.
        const back = outs(txAt(result, unit.wallet(unit.of('provider')).address));
        expect(back.map((o) => [o.op, o.queryId, o.to.equals(unit.of(by))])).toEqual([[op.Excesses, 7n, true]]);
    });

    it.each(['provider', 'stranger', 'consumer'] as const)('pays both when the %s closes', async (by) => {
        const before = await unit.jettons('consumer');
        const result = await unit.coopClose(40n * TON, by);
        expect(kept(unit.tx(result))).toBe(0n);
        expect([await unit.jettons('provider'), await unit.jettons('consumer')]).toEqual([
            40n * TON,
            before + 60n * TON,
        ]);
        expect(await unit.jettons('channel')).toBe(0n);
        expect(outs(unit.tx(result)).map((o) => o.op)).toEqual([op.JettonTransfer, op.JettonTransfer, op.Excesses]);
    });

    it.each([
        [0n, 'consumer'],
        [100n * TON, 'provider'],
    ] as const)('sends nothing of nothing (%s)', async (amount, winner) => {
        const before = await unit.jettons(winner);
        const result = await unit.coopClose(amount);
        expect(outs(unit.tx(result)).map((o) => o.op)).toEqual([op.JettonTransfer, op.Excesses]);
        expect(await unit.jettons(winner)).toBe(before + 100n * TON);
    });

    it("closes with the provider's last word, and after the window", async () => {
        const before = await unit.jettons('consumer');
        const undo = unit.checkpoint();
        await unit.providerClose(30n * TON);
        expect([await unit.jettons('provider'), await unit.jettons('consumer')]).toEqual([
            30n * TON,
            before + 70n * TON,
        ]);
        await undo();
        await unit.startClose();
        await unit.claim(25n * TON);
        unit.advance(DAY);
        await unit.finish();
        expect([await unit.jettons('provider'), await unit.jettons('consumer')]).toEqual([
            25n * TON,
            before + 75n * TON,
        ]);
        expect((await unit.data()).state).toBe('closed');
    });

    it('sends jettons that come after the close to the consumer', async () => {
        await unit.coopClose(0n);
        const before = await unit.jettons('consumer');
        const result = await unit.transfer('stranger', 9n * TON, toNano('0.4'));
        expect(await unit.jettons('consumer')).toBe(before + 9n * TON);
        expect(channelEvents(result.transactions)).toMatchObject([{ event: 'ChannelDue', toConsumer: true, kind: 3n }]);
        expect(await unit.jettons('channel')).toBe(0n);
    });
});
