/**
 * Deposit, charges, disputes and payouts as their events tell it, field by field, in TON and in jettons; and the query of
 * every message whose rest comes back.
 */
import { toNano } from '@ton/core';
import type { Address, Cell } from '@ton/core';
import '@ton/test-utils';

import { accountIdOf } from '../../wrappers/pool';
import { PaymentSettlement, SettlementAccount, settlementEvents } from '../../wrappers/settlement';
import { usageRow } from '../../wrappers/token';
import { excessQueries } from '../support/pool/transactions';
import { DAY, RESOLVE, SettlementPerson, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

const queryId = 77n;
const U = (amount: number) => (BigInt(Math.round(amount * 1000)) * UNIT) / 1000n;

describe.each([
    ['TON', false],
    ['jettons', true],
])('in %s', (_, jetton) => {
    let world: SettlementWorld;

    beforeEach(async () => {
        world = await SettlementWorld.create({ jetton });
        await world.deposit('alice', U(100));
    });

    const id = (who: SettlementPerson) => accountIdOf(world.of(who));
    const booked = (kind: number, amount: number, deposit: number, earned: number, query = queryId) => ({
        ...{ event: 'AccountBooked', queryId: query, kind: BigInt(kind) },
        ...{ amount: U(amount), deposit: U(deposit), earned: U(earned) },
    });
    // 80 % provider, 7.5 % network, 5 % treasury, 7.5 % burn, which in TON is the treasury's.
    const confirmed = (provider: SettlementPerson, count: number, amount: number) => ({
        ...{ event: 'SettlementsConfirmed', provider: id(provider), count: BigInt(count), amount: U(amount) },
        ...{ network: U(amount * 0.075), discount: 0n },
        ...{ treasury: U(amount * (jetton ? 0.05 : 0.125)), burn: jetton ? U(amount * 0.075) : 0n },
    });
    const resolved = (settlement: bigint, verdict: number, amount: number) => ({
        ...{ event: 'SettlementResolved', id: settlement, verdict: BigInt(verdict), amount: U(amount) },
        ...{ deposit: U(1), provider: id('bob') },
    });

    /** Sends a message whose rest comes back with its query; what happened then. */
    async function told(who: SettlementPerson, to: Address, body: Cell) {
        const result = await world.send(who, to, body, toNano('3'));
        expect(excessQueries(result, world.of(who))).toContain(queryId);
        return settlementEvents(result.transactions);
    }

    async function charged() {
        const records = [
            await world.recorded({ amount: U(10) }),
            await world.recorded({ amount: U(20) }),
            await world.recorded({ amount: U(6) }),
            await world.recorded({ amount: U(7), provider: world.of('carol') }),
        ];
        const alice = (await world.account('alice')).address;
        const bob = (await world.account('bob')).address;
        return { records, ids: records.map((record) => BigInt(record.id)), alice, bob };
    }

    it('a deposit for oneself, and for somebody else', async () => {
        const more = await world.deposit('alice', U(5));
        expect(settlementEvents(more.transactions)).toMatchObject([booked(0, 5, 105, 0, 0n)]);
        const gift = await world.deposit('carol', U(6), { user: world.of('dave') });
        expect(settlementEvents(gift.transactions)).toMatchObject([booked(0, 6, 6, 0, 0n)]);
    });

    it('charges: opened once, with the hash of the record', async () => {
        const { records, ids } = await charged();
        const settle = PaymentSettlement.settleUsagesBody({ records, queryId });
        const events = await told('settler', world.settlement.address, settle);
        const due = BigInt(world.now + WINDOW);
        const opened = records.map(({ usage, id: settlement }) => ({
            ...{ event: 'SettlementOpened', queryId, id: settlement, amount: usage.amount, due },
            ...{
                provider: accountIdOf(usage.provider),
                rowHash: BigInt(`0x${usageRow(usage).hash().toString('hex')}`),
            },
        }));
        const result = (settlement: bigint, code: bigint) => ({
            ...{ event: 'SettleResult', queryId, id: settlement, result: code, settler: id('settler') },
        });
        expect(events).toMatchObject([...opened, ...ids.map((settlement) => result(settlement, 0n))]);
        const one = PaymentSettlement.settleUsageBody({ record: records[0], queryId });
        expect(await told('settler', world.settlement.address, one)).toMatchObject([result(ids[0], 1n)]);
    });

    it('disputes: a confirmed one, a refunded one, one of the provider that nobody decides', async () => {
        const { records, ids, alice, bob } = await charged();
        await world.settle(records);
        const provider = world.of('bob');
        const deadline = BigInt(world.now + RESOLVE);
        const disputed = (settlement: bigint, amount: number, byProvider: boolean) => ({
            ...{ event: 'SettlementDisputed', id: settlement, byProvider, amount: U(amount) },
            ...{ deposit: U(1), deadline, provider: id('bob') },
        });
        const dispute = (settlement: bigint) =>
            told('alice', alice, SettlementAccount.disputeChargeBody({ provider, id: settlement, queryId }));
        expect(await dispute(ids[1])).toMatchObject([disputed(ids[1], 20, false)]);
        expect(await dispute(ids[2])).toMatchObject([disputed(ids[2], 6, false)]);
        const resolve = (settlement: bigint, confirm: boolean) =>
            told(
                'resolver',
                world.settlement.address,
                PaymentSettlement.resolveDisputeBody({ consumer: world.of('alice'), id: settlement, confirm, queryId }),
            );
        expect(await resolve(ids[1], true)).toMatchObject([
            resolved(ids[1], 1, 20),
            confirmed('bob', 1, 20),
            booked(5, 17, 0, 17, 0n),
        ]);
        expect(await resolve(ids[2], false)).toMatchObject([resolved(ids[2], 2, 6)]);
        expect((await world.accountData('alice')).deposit).toBe(U(100 - 43 - 2 + 6 + 1));
        const raise = SettlementAccount.disputeEarningBody({
            ...{ consumer: world.of('alice'), id: ids[0], deposit: U(1), queryId },
        });
        expect(await told('bob', bob, raise)).toMatchObject([booked(7, 1, 0, 16), disputed(ids[0], 10, true)]);
        world.advance(RESOLVE + 1);
        const expire = SettlementAccount.expireDisputeBody({ id: ids[0], queryId });
        expect(await told('stranger', alice, expire)).toMatchObject([resolved(ids[0], 3, 10), booked(5, 1, 0, 17, 0n)]);
        expect((await world.accountData('alice')).deposit).toBe(U(62 + 10));
        await world.expectBalanced();
    });

    it('confirmations and payouts', async () => {
        const { records, alice, bob } = await charged();
        await world.settle(records);
        world.advance(WINDOW);
        const confirm = SettlementAccount.confirmBody({ deploy: true, queryId });
        expect(await told('stranger', alice, confirm)).toMatchObject([
            confirmed('bob', 3, 36),
            confirmed('carol', 1, 7),
            booked(5, 28.8, 0, 28.8, 0n),
            booked(5, 5.6, 0, 5.6, 0n),
        ]);
        let seq = 0n;
        const paid = (kind: number, amount: number, to: bigint) => ({
            ...{ event: 'Paid', seq: jetton ? seq++ : 0n, kind: BigInt(kind), amount: U(amount), to },
        });
        const thaw = SettlementAccount.requestWithdrawBody({ amount: U(3), queryId });
        expect(await told('alice', alice, thaw)).toMatchObject([booked(6, 3, 57, 0)]);
        world.advance(7 * DAY);
        const withdrawn = await world.send('stranger', alice, SettlementAccount.completeWithdrawBody({ queryId }));
        expect(settlementEvents(withdrawn.transactions)).toMatchObject([booked(3, 3, 54, 0), paid(1, 3, id('alice'))]);
        const earnings = SettlementAccount.withdrawEarningsBody({ amount: U(2), to: world.of('dave'), queryId });
        const sent = await world.send('bob', bob, earnings);
        expect(settlementEvents(sent.transactions)).toMatchObject([booked(4, 2, 0, 26.8), paid(2, 2, id('dave'))]);
        const fees = PaymentSettlement.payFeesBody({ queryId });
        expect(await told('stranger', world.settlement.address, fees)).toMatchObject([
            paid(3, 43 * 0.07, id('operations')),
            paid(3, 43 * 0.005, id('validators')),
            paid(4, 43 * (jetton ? 0.05 : 0.125), id('treasury')),
            ...(jetton ? [paid(5, 43 * 0.075, 0n)] : []),
        ]);
        await world.expectBalanced();
    });
});
