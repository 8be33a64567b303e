/** RewardDistribution: the commission schedule. A cut applies at once, a raise to epochs that begin 7 days later. */
import { Address, beginCell, Builder, toNano, Transaction } from '@ton/core';
import '@ton/test-utils';

import { loadCommissionPaid } from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import {
    COMMISSION_MAX,
    COMMISSION_MIN,
    EXIT_DELAY,
    parseChanges,
    PoolExit,
    poolEvents,
    PoolOperator,
    RewardDistribution,
} from '../../wrappers/pool';
import { PoolEnvironment } from '../support/pool/environment';
import { commissionBody, DistributionUnit, payoutAddressBody } from '../support/pool/distribution-unit';
import { header, plain } from '../support/pool/plain';
import { kept, outCount, outs } from '../support/pool/units';

const op = RewardDistribution.opcodes;

let unit: DistributionUnit;
let start: bigint;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await DistributionUnit.open(1000n);
    start = unit.now;
    restore = unit.checkpoint();
});
beforeEach(() => restore());

const set = (bps: bigint) => unit.done('operator', commissionBody(bps));
const cancel = commissionBody(0, 1);

/** The rate that a round takes whose epoch began then. */
async function rateOf(epochStart: bigint, options: { free?: boolean } = {}): Promise<bigint> {
    await unit.fill({ rewards: toNano('1') });
    const tx = await unit.round({ epochStart, totals: [5n], ...options });
    const [fixed] = poolEvents([tx], 'RoundFixed');
    const round = await unit.roundData(fixed.round);
    expect(round.commissionBps).toBe(fixed.commissionBps);
    expect(round.commission).toBe((toNano('1') * fixed.commissionBps) / 10_000n);
    expect(fixed.commission).toBe(round.commission);
    return fixed.commissionBps;
}

function scheduled(tx: Transaction) {
    expect(outCount(tx)).toBe(1);
    const [{ bps, at }] = poolEvents([tx], 'CommissionScheduled');
    return { bps, at };
}

const changes = async () => parseChanges((await unit.distribution.getSchedule()).changes);
const step = (at: bigint, bps: bigint) => ({ at: Number(at), bps: Number(bps) });

describe('a cut', () => {
    it('applies at once, also to an epoch that is running', async () => {
        unit.advance(100n);
        expect(scheduled(await set(700n))).toEqual({ bps: 700n, at: unit.now });
        expect((await unit.data()).commissionBps).toBe(700n);
        expect(await changes()).toEqual([step(unit.now, 700n), step(start, 1000n)]);
        for (const epochStart of [start, unit.now - 1n, unit.now, unit.now + 1n]) {
            expect(await rateOf(epochStart)).toBe(700n);
        }
    });

    it('to the rate that applies already counts as one', async () => {
        unit.advance(100n);
        expect(scheduled(await set(1000n))).toEqual({ bps: 1000n, at: unit.now });
        expect(await changes()).toEqual([step(unit.now, 1000n), step(start, 1000n)]);
        expect(await unit.distribution.getSchedule()).toMatchObject({ pendingAt: 0n });
    });

    it('leaves an announced raise as it is', async () => {
        await set(1200n);
        const at = unit.now + EXIT_DELAY;
        unit.advance(100n);
        await set(600n);
        expect(await unit.distribution.getSchedule()).toMatchObject({ pendingAt: at, pendingBps: 1200n });
        expect((await unit.data()).commissionBps).toBe(600n);
        unit.at(at);
        expect((await unit.data()).commissionBps).toBe(1200n);
        expect(await changes()).toEqual([step(at, 1200n), step(start + 100n, 600n), step(start, 1000n)]);
        expect(await rateOf(at - 1n)).toBe(600n);
        expect(await rateOf(at)).toBe(1200n);
    });

    it.each([COMMISSION_MIN - 1n, COMMISSION_MAX + 1n, 0n, 65_535n])('or raise out of bounds: %s', async (bps) => {
        await unit.refused(PoolExit.ERROR_COMMISSION_BOUNDS, 'operator', commissionBody(bps));
    });

    it.each([COMMISSION_MIN, COMMISSION_MAX])('or raise to a bound: %s', async (bps) => {
        await set(bps);
    });
});

describe('a raise', () => {
    let at: bigint;
    beforeEach(async () => {
        unit.advance(50n);
        at = unit.now + EXIT_DELAY;
        expect(scheduled(await set(1500n))).toEqual({ bps: 1500n, at });
    });

    it('is announced for 7 days later, and nothing changes until then', async () => {
        expect(await unit.distribution.getSchedule()).toMatchObject({ pendingBps: 1500n, pendingAt: at });
        expect(await changes()).toEqual([step(start, 1000n)]);
        unit.at(at - 1n);
        expect((await unit.data()).commissionBps).toBe(1000n);
        expect(await rateOf(unit.now)).toBe(1000n);
        // Even an epoch "beginning" later than now would get the rate of now.
        expect(await rateOf(at + 1n)).toBe(1000n);
    });

    it('takes effect by itself in that second, for epochs that begin from then on', async () => {
        unit.at(at);
        expect((await unit.data()).commissionBps).toBe(1500n);
        expect(await unit.distribution.getSchedule()).toMatchObject({ pendingBps: 0n, pendingAt: 0n });
        expect(await changes()).toEqual([step(at, 1500n), step(start, 1000n)]);
        expect(await rateOf(at - 1n)).toBe(1000n);
        expect(await rateOf(start)).toBe(1000n);
        expect(await rateOf(at)).toBe(1500n);
        unit.advance(EXIT_DELAY);
        expect(await rateOf(at - 1n)).toBe(1000n);
        expect(await rateOf(at + 1n)).toBe(1500n);
    });

    it('takes effect late, too, when nobody did anything for a month', async () => {
        unit.at(at + 30n * 86_400n);
        expect(await rateOf(at - 1n)).toBe(1000n);
        expect(await changes()).toEqual([step(at, 1500n), step(start, 1000n)]);
        expect(await rateOf(at)).toBe(1500n);
    });

    it('has one slot', async () => {
        await unit.refused(PoolExit.ERROR_CHANGE_PENDING, 'operator', commissionBody(1100));
        unit.at(at - 1n);
        await unit.refused(PoolExit.ERROR_CHANGE_PENDING, 'operator', commissionBody(1400));
        unit.at(at);
        // From the second on in which it applies, the slot is free; 1400 is a cut then.
        expect(scheduled(await set(1400n))).toEqual({ bps: 1400n, at: unit.now });
        expect(await changes()).toEqual([step(at, 1400n), step(at, 1500n), step(start, 1000n)]);
    });

    it('is cancelled', async () => {
        unit.at(at - 1n);
        const tx = await unit.done('operator', cancel);
        expect(scheduled(tx)).toEqual({ bps: 1500n, at: 0n });
        expect(await unit.distribution.getSchedule()).toMatchObject({ pendingAt: 0n });
        unit.advance(100n);
        expect((await unit.data()).commissionBps).toBe(1000n);
        expect(await rateOf(unit.now)).toBe(1000n);
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'operator', cancel);
        expect(scheduled(await set(1100n))).toEqual({ bps: 1100n, at: unit.now + EXIT_DELAY });
    });

    it('that applies already cannot be cancelled', async () => {
        unit.at(at);
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'operator', cancel);
    });
});

describe('the rate of a round', () => {
    it('is the lower one of then and now', async () => {
        unit.advance(10n);
        await set(600n); // start + 10
        unit.advance(10n);
        await set(1200n);
        const raised = unit.now + EXIT_DELAY;
        unit.at(raised);
        // 1000 until start + 10, 600 until `raised`, 1200 from then on.
        expect(await rateOf(start + 9n)).toBe(1000n);
        expect(await rateOf(start + 10n)).toBe(600n);
        expect(await rateOf(raised - 1n)).toBe(600n);
        expect(await rateOf(raised)).toBe(1200n);
        unit.advance(5n);
        await set(800n);
        expect(await rateOf(start + 9n)).toBe(800n);
        expect(await rateOf(raised - 1n)).toBe(600n);
        expect(await rateOf(raised)).toBe(800n);
    });

    it('before the first entry is that of the set-up, or the one now if it is lower', async () => {
        unit.advance(10n);
        await set(600n);
        unit.at(start + 11n);
        await set(1200n);
        expect(await rateOf(start - 1n)).toBe(600n);
        unit.advance(EXIT_DELAY);
        expect(await rateOf(start - 1n)).toBe(1000n);
    });

    it('of an epoch before sixteen changes is the lowest there can be; the seventeenth falls out', async () => {
        // 1000, then 990, 980, ... : 15 cuts fill the list.
        const steps = [step(start, 1000n)];
        for (let i = 1n; i <= 15n; i++) {
            unit.advance(10n);
            await set(1000n - 10n * i);
            steps.unshift(step(unit.now, 1000n - 10n * i));
        }
        expect(await changes()).toEqual(steps);
        expect(steps).toHaveLength(16);
        unit.advance(10n);
        await set(700n);
        expect(await changes()).toEqual([step(unit.now, 700n), ...steps.slice(0, 15)]);
        // The entry of the start is gone, and nobody can say what the rate was.
        expect(await rateOf(start)).toBe(COMMISSION_MIN);
        await set(1500n);
        unit.advance(EXIT_DELAY);
        expect((await changes())[0]).toEqual(step(unit.now, 1500n));
        expect(await changes()).toHaveLength(16);
        expect(await rateOf(start)).toBe(COMMISSION_MIN);
        // An epoch under a known entry keeps that entry's rate: 970 was the rate from start + 30 to start + 40.
        expect(await rateOf(start + 35n)).toBe(970n);
        expect(await rateOf(unit.now)).toBe(1500n);
    });

    it('of a free epoch is zero, also when the commission changed', async () => {
        expect(await rateOf(unit.now, { free: true })).toBe(0n);
        unit.advance(5n);
        await set(600n);
        expect(await rateOf(start, { free: true })).toBe(0n);
        await unit.fill({ rewards: toNano('1') });
        const tx = await unit.round({ totals: [5n], free: true });
        expect(outs(tx).map((out) => out.op)).toEqual([op.Excesses]);
        expect((await unit.data()).unpaid % toNano('1')).not.toBe(1n);
    });

    it('of a round without scores is none', async () => {
        await unit.fill({ rewards: toNano('1') });
        const tx = await unit.round({ totals: [] });
        expect(poolEvents([tx], 'RoundFixed')[0]).toMatchObject({ commissionBps: 0n, commission: 0n });
    });
});

describe('the commission', () => {
    it('is paid when the round is fixed, to the address of that time', async () => {
        await unit.fill({ rewards: toNano('10'), donations: toNano('5') });
        const tx = await unit.round({ totals: [7n], queryId: 71n });
        const [paid, rest] = outs(tx);
        expect(outCount(tx)).toBe(3);
        expect(header(paid)).toEqual({
            to: unit.addressOf('payout').toString(),
            value: toNano('1'),
            bounce: false,
            op: op.CommissionPaid,
            init: false,
        });
        expect(plain(loadCommissionPaid(paid.body.beginParse()))).toEqual({ queryId: 71n, round: 0n });
        expect(rest.op).toBe(op.Excesses);
        expect(kept(tx)).toBe(-toNano('1'));
        expect(await unit.data()).toMatchObject({ commissionTotal: toNano('1'), rewardsTotal: toNano('10') });

        const tx2 = await unit.done('operator', payoutAddressBody(unit.addressOf('bob')));
        expect(outCount(tx2)).toBe(0);
        expect((await unit.data()).payout).toEqualAddress(unit.addressOf('bob'));
        await unit.fill({ rewards: toNano('2') });
        const [second] = outs(await unit.round({ totals: [7n] }));
        expect(header(second)).toMatchObject({ to: unit.addressOf('bob').toString(), value: toNano('0.2') });
        expect((await unit.data()).commissionTotal).toBe(toNano('1.2'));
    });

    it('of less than a nano is none', async () => {
        await unit.fill({ rewards: 9n });
        expect(outs(await unit.round({ totals: [7n] })).map((out) => out.op)).toEqual([op.Excesses]);
        await unit.fill({ rewards: 10n });
        expect(outs(await unit.round({ totals: [7n] }))[0]).toMatchObject({ op: op.CommissionPaid, value: 1n });
    });

    it.each<[string, Builder]>([
        ['in a workchain that does not exist', beginCell().storeAddress(new Address(5, Buffer.alloc(32, 7)))],
        ['that is none', beginCell().storeUint(0, 2)],
        [
            'of variable length',
            beginCell().storeUint(0b11, 2).storeBit(false).storeUint(256, 9).storeInt(0, 32).storeUint(7, 256),
        ],
        ['that is external', beginCell().storeUint(0b01, 2).storeUint(8, 9).storeUint(7, 8)],
    ])('is not a lever against the participants: rounds go on with a payout address %s', async (_, payout) => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('alice');
        await env.payVault('alice', toNano('10'));
        const body = beginCell().storeUint(PoolOperator.opcodes.SetPayoutAddress, 32).storeUint(0, 64);
        const owner = env.roles.owner.address;
        await env.impersonate(owner, env.operator.address, toNano('1'), body.storeBuilder(payout).endCell());
        const closed = await env.runEpoch([{ who: 'alice' }]);
        const [fixed] = poolEvents(closed.transactions, 'RoundFixed');
        expect(fixed).toMatchObject({ round: 0n });
        expect(fixed.allocated).toBeGreaterThan(toNano('8.9'));
    });
});
