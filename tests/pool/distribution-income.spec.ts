/** RewardDistribution: what comes into the pots. */
import { Address, Cell, toNano, Transaction } from '@ton/core';
import '@ton/test-utils';

import {
    DISTRIBUTION_BITS,
    DISTRIBUTION_CELLS,
    FLOOR_SECONDS,
    GAS_DISTRIBUTION_INCOME,
    RENT_SECONDS,
} from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import {
    INCOME_DONATION,
    INCOME_FINE,
    INCOME_REWARD,
    INCOME_SLASH,
    INCOME_TOP_UP,
    PoolExit,
    poolEvents,
    RewardDistribution,
} from '../../wrappers/pool';
import { DistributionUnit, finePaidBody, incomeBody, slashPaidBody } from '../support/pool/distribution-unit';
import { expectExcesses } from '../support/pool/operator-unit';
import { plain } from '../support/pool/plain';
import { computeFee, kept, outCount, outs, rentOf, smallForward } from '../support/pool/units';

const floor = rentOf(DISTRIBUTION_CELLS, DISTRIBUTION_BITS, FLOOR_SECONDS);
const fullRent = rentOf(DISTRIBUTION_CELLS, DISTRIBUTION_BITS, RENT_SECONDS);
const handling = computeFee(GAS_DISTRIBUTION_INCOME) + smallForward();

let unit: DistributionUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await DistributionUnit.open();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

/** The one event of a transaction. */
function booked(tx: Transaction) {
    const events = poolEvents([tx], 'IncomeBooked');
    expect(events).toHaveLength(1);
    const { kind, amount, participant, proxy } = events[0];
    return plain({ kind, amount, participant, proxy });
}

describe('income', () => {
    const participant = new Address(0, Buffer.alloc(32, 0x71));
    const proxy = new Address(-1, Buffer.alloc(32, 0x72));

    it.each<[string, Address | null, Address | null]>([
        ['of a vault', participant, proxy],
        ['of a sweep', participant, null],
        ['of a stranger', null, proxy],
        ['of a Sync', null, null],
    ])('%s is booked less its handling, and the event says what the operator contract said', async (_, who, from) => {
        for (const trusted of [true, false]) {
            const before = await unit.data();
            const tx = await unit.done('operator', incomeBody(trusted, who, from, 5n), toNano('3'));
            const amount = toNano('3') - handling;
            expect(outCount(tx)).toBe(1);
            expect(booked(tx)).toEqual(
                plain({ kind: trusted ? INCOME_REWARD : INCOME_DONATION, amount, participant: who, proxy: from }),
            );
            const zero = { rewards: 0n, donations: 0n, donationsTotal: 0n };
            const change = trusted
                ? { ...zero, rewards: amount }
                : { ...zero, donations: amount, donationsTotal: amount };
            expect(await unit.data()).toMatchObject({
                rewards: before.rewards + change.rewards,
                donations: before.donations + change.donations,
                donationsTotal: before.donationsTotal + change.donationsTotal,
                reserve: 0n,
                unpaid: 0n,
            });
            expect(kept(tx)).toBeGreaterThanOrEqual(amount);
        }
    });

    it.each([
        [handling + 1n, 1n],
        [handling, 0n],
        [handling - 1n, 0n],
    ])('of %s nanoton is worth %s', async (value, worth) => {
        for (const trusted of [true, false]) {
            const tx = await unit.done('operator', incomeBody(trusted), value);
            expect(booked(tx)).toMatchObject({ amount: worth });
        }
        expect(await unit.data()).toMatchObject({ rewards: worth, donations: worth, donationsTotal: worth });
    });

    it('adds up over many payouts, donations and rewards apart', async () => {
        for (let i = 1n; i <= 5n; i++) {
            await unit.income(true, i * 100n);
            await unit.income(false, i);
        }
        expect(await unit.data()).toMatchObject({ rewards: 1500n, donations: 15n, donationsTotal: 15n });
    });
});

describe('the reserve', () => {
    it('takes a top-up of anyone and returns the rest', async () => {
        const body = RewardDistribution.topUpReserveBody({ amount: toNano('2'), queryId: 61 });
        const tx = await unit.done('stranger', body, toNano('5'));
        expect(kept(tx)).toBe(toNano('2'));
        expect(outCount(tx)).toBe(2);
        expectExcesses(outs(tx)[0], unit.addressOf('stranger'), body);
        expect(booked(tx)).toEqual({ kind: INCOME_TOP_UP, amount: toNano('2'), participant: null, proxy: null });
        expect(await unit.data()).toMatchObject({ reserve: toNano('2'), donations: 0n, rewards: 0n });
    });

    it('takes a fine and a slash, and what is left of their value stays as surplus', async () => {
        const before = await unit.distribution.getSolvency();
        const fine = await unit.done('operator', finePaidBody(toNano('2'), 3), toNano('2.5'));
        const slashed = slashPaidBody(toNano('3'), unit.addressOf('alice'));
        const slash = await unit.done(unit.vaultOf('alice'), slashed, toNano('3.5'));
        expect(booked(fine)).toEqual({ kind: INCOME_FINE, amount: toNano('2'), participant: null, proxy: null });
        expect(booked(slash)).toEqual({ kind: INCOME_SLASH, amount: toNano('3'), participant: null, proxy: null });
        expect([outCount(fine), outCount(slash)]).toEqual([1, 1]);
        expect((await unit.data()).reserve).toBe(toNano('5'));
        expect(await unit.distribution.getSolvency()).toBe(before + kept(fine) + kept(slash) - toNano('5'));
    });
});

describe('Sync', () => {
    const body = RewardDistribution.syncBody({ queryId: 62 });

    it('books what is above the ledger and the rent of five years as a donation, and returns the rest', async () => {
        await unit.income(true, toNano('1'));
        await unit.reserve(toNano('2'));
        await unit.done('stranger', Cell.EMPTY, toNano('4'));
        const surplus = (await unit.distribution.getSolvency()) + floor - fullRent;
        const tx = await unit.done('keeper', body);
        expect(kept(tx)).toBe(0n);
        expect(outCount(tx)).toBe(2);
        expectExcesses(outs(tx)[0], unit.addressOf('keeper'), body);
        expect(booked(tx)).toEqual({ kind: INCOME_DONATION, amount: surplus, participant: null, proxy: null });
        expect(await unit.data()).toMatchObject({
            donations: surplus,
            donationsTotal: surplus,
            rewards: toNano('1'),
            reserve: toNano('2'),
            solvency: fullRent - floor,
        });
    });

    it('is refused when there is nothing, and takes a single nano', async () => {
        (await unit.blockchain.getContract(unit.address)).balance = fullRent;
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'keeper', body);
        (await unit.blockchain.getContract(unit.address)).balance = fullRent + 1n;
        await unit.done('keeper', body);
        expect((await unit.data()).donations).toBe(1n);
    });

    it('counts what is unpaid as owed', async () => {
        await unit.fill({ rewards: toNano('10') });
        await unit.round({ totals: [100n] });
        const { unpaid } = await unit.data();
        expect(unpaid).toBe(toNano('9'));
        const surplus = (await unit.distribution.getSolvency()) + floor - fullRent;
        await unit.done('keeper', body);
        expect((await unit.data()).donations).toBe(surplus);
        expect((await unit.balance()) - unpaid - surplus - (await unit.data()).reserve).toBe(fullRent);
    });

    it('does not touch rent between one and five years', async () => {
        (await unit.blockchain.getContract(unit.address)).balance = floor;
        expect(await unit.distribution.getSolvency()).toBe(0n);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'keeper', body);
    });
});
