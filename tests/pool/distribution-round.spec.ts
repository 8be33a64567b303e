/** RewardDistribution: fixing a round - the arithmetic on chain against the model, and what it sends and stores. */
import { toNano, Transaction } from '@ton/core';
import '@ton/test-utils';

import { explain, fixRound, FixedRound, payout, poolEvents, RewardDistribution } from '../../wrappers/pool';
import { DistributionUnit, RoundOptions } from '../support/pool/distribution-unit';
import { expectExcesses } from '../support/pool/operator-unit';
import { plain } from '../support/pool/plain';
import { kept, outCount, outs } from '../support/pool/units';
import { Random, runs, seed } from '../support/random';

const op = RewardDistribution.opcodes;
const MAX_SCORE = 28n * 86_400n * 1_000_000n;

let unit: DistributionUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await DistributionUnit.open();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

type Pots = { rewards?: bigint; donations?: bigint; reserve?: bigint };

/** Fixes a round and compares event, messages, round and books with the model. */
async function fixAndCompare(pots: Pots, totals: readonly bigint[], options: RoundOptions = {}) {
    await unit.fill(pots);
    const before = await unit.data();
    const model: FixedRound = fixRound({
        rewards: before.rewards,
        donations: before.donations,
        reserve: before.reserve,
        commissionBps: options.free ? 0n : before.commissionBps,
        totals: [0, 1, 2, 3, 4, 5].map((b) => totals[b] ?? 0n),
    });
    const tx = await unit.round({ ...options, totals });
    const number = before.nextRound;
    const none = model.total === 0n;
    const [{ event: _, emitter: _emitter, lt: _lt, now: _now, ...fixed }] = poolEvents([tx], 'RoundFixed');
    expect(fixed).toEqual({
        round: number,
        attempt: options.attempt ?? false,
        commissionBps: model.commissionBps,
        factor: model.factor,
        rewards: before.rewards,
        donations: before.donations,
        pot: model.pot,
        commission: model.commission,
        allocated: model.allocated,
        reserve: model.reserve,
    });
    expect(plain(await unit.roundData(number))).toEqual({
        known: !none,
        attempt: options.attempt ?? false,
        rewards: before.rewards,
        pot: model.pot,
        commissionBps: model.commissionBps,
        commission: model.commission,
        factor: model.factor,
        total: model.total,
        allocated: model.allocated,
        unpaid: model.allocated,
        fixedAt: unit.now,
    });
    const after = await unit.data();
    expect(after).toMatchObject({
        nextRound: number + 1n,
        rewards: model.carriedRewards,
        donations: model.carriedDonations,
        reserve: model.reserve,
        unpaid: before.unpaid + model.allocated,
        paidTotal: before.paidTotal,
        rewardsTotal: before.rewardsTotal + (none ? 0n : before.rewards),
        donationsTotal: before.donationsTotal,
        commissionTotal: before.commissionTotal + model.commission,
        allocatedTotal: before.allocatedTotal + model.allocated,
        expiredTotal: before.expiredTotal,
    });
    // To the nano: nothing appears, nothing disappears.
    expect(before.rewards + before.donations + before.reserve).toBe(
        model.carriedRewards + model.carriedDonations + model.commission + model.allocated + model.reserve,
    );
    expect(kept(tx)).toBe(-model.commission);
    expect(outs(tx).map((out) => out.op)).toEqual(
        model.commission > 0n ? [op.CommissionPaid, op.Excesses] : [op.Excesses],
    );
    for (let bucket = 0; bucket < 6; bucket++) {
        const score = totals[bucket] ?? 0n;
        const { share, known, ...parts } = await unit.distribution.getExplain(number, score, bucket);
        expect(known).toBe(!none);
        expect(share).toBe(model.shares[bucket]);
        expect(plain(parts)).toEqual(plain(explain(score, bucket, model)));
    }
    return { tx, model, number };
}

describe('the arithmetic on chain', () => {
    it.each<[string, Pots, bigint[]]>([
        ['one bucket each: stable', { rewards: toNano('10') }, [7n]],
        ['minor', { rewards: toNano('10') }, [0n, 7n]],
        ['major', { rewards: toNano('10') }, [0n, 0n, 7n]],
        ['stable with frequent outages', { rewards: toNano('10') }, [0n, 0n, 0n, 7n]],
        ['minor with frequent outages', { rewards: toNano('10') }, [0n, 0n, 0n, 0n, 7n]],
        ['major with frequent outages', { rewards: toNano('10') }, [0n, 0n, 0n, 0n, 0n, 7n]],
        ['all buckets', { rewards: toNano('10'), donations: 12_345n, reserve: 777n }, [11n, 7n, 5n, 3n, 2n, 1n]],
        ['bonuses that the reserve funds in full', { rewards: toNano('10'), reserve: toNano('5') }, [7n, 1n]],
        ['bonuses that penalties and reserve fund in part', { rewards: toNano('10'), reserve: 1000n }, [900n, 1n]],
        ['bonuses funded to the nano', { rewards: toNano('10'), reserve: toNano('1') }, [7n]],
        ['and one nano less', { rewards: toNano('10'), reserve: toNano('1') - 1n }, [7n]],
        ['a reserve at its cap', { rewards: toNano('10'), reserve: toNano('1') }, [0n, 7n]],
        ['one nano above its cap', { rewards: toNano('10'), reserve: toNano('1') + 1n }, [0n, 7n]],
        ['a reserve above its cap by all rewards', { rewards: toNano('10'), reserve: toNano('11') }, [0n, 7n, 7n]],
        ['and by one nano more', { rewards: toNano('10'), reserve: toNano('11') + 1n }, [0n, 7n, 7n]],
        ['nothing but a reserve', { reserve: toNano('50') }, [5n]],
        ['donations alone', { donations: toNano('3') }, [5n, 5n, 5n]],
        ['no pot at all', {}, [5n, 4n, 3n, 2n, 1n, 1n]],
        ['one nano of rewards', { rewards: 1n }, [5n, 5n]],
        ['one nano each', { rewards: 1n, donations: 1n, reserve: 1n }, [5n, 5n, 1n, 1n, 1n, 1n]],
        ['rewards just below the unit of the cap', { rewards: 9n, reserve: 5n }, [3n, 1n]],
        ['rewards of ten nano', { rewards: 10n, reserve: 5n }, [3n, 1n]],
        ['scores as large as can be', { rewards: toNano('1000') }, new Array<bigint>(6).fill(100_000n * MAX_SCORE)],
        ['one score of one among huge ones', { rewards: toNano('1000') }, [1n, 100_000n * MAX_SCORE]],
    ])('%s', async (_, pots, totals) => {
        await fixAndCompare(pots, totals);
    });

    it('holds for millions of TON', async () => {
        (await unit.blockchain.getContract(unit.address)).balance += toNano('9000000000');
        const pots = { rewards: toNano('3000000000'), donations: toNano('2000000000'), reserve: toNano('2000000000') };
        await fixAndCompare(pots, new Array<bigint>(6).fill(100_000n * MAX_SCORE));
    });

    it('holds for random rounds in a row, with everything carried from one to the next', async () => {
        const random = new Random(seed('rounds in a row'));
        for (let i = 0; i < runs(200); i++) {
            const totals = Array.from({ length: 6 }, () =>
                random.bool(0.6) ? random.bigint(0n, 10n ** BigInt(random.int(1, 16))) : 0n,
            );
            const data = await unit.data();
            const more = (now: bigint) => (random.bool(0.7) ? now + random.bigint(0n, toNano('100')) : now);
            await fixAndCompare(
                { rewards: more(data.rewards), donations: more(data.donations), reserve: more(data.reserve) },
                totals,
                { free: random.bool(0.2), attempt: random.bool(0.3), epochStart: unit.now },
            );
            unit.advance(86_400n);
        }
    });

    it('pays the participants of a round no more than what is allocated', async () => {
        const random = new Random(seed('participants of a round'));
        await unit.fill({ rewards: toNano('7') + 1n, reserve: 3n });
        const people = Array.from({ length: 12 }, () => ({ bucket: random.int(0, 5), score: random.bigint(1n, 9n) }));
        const totals = [0n, 0n, 0n, 0n, 0n, 0n];
        for (const { bucket, score } of people) {
            totals[bucket] += score;
        }
        const { model } = await fixAndCompare({}, totals);
        const sum = people.reduce((all, p) => all + payout(p.score, p.bucket, model), 0n);
        expect(sum).toBeLessThanOrEqual(model.allocated);
        expect(model.allocated - sum).toBeLessThan(12n);
    });
});

describe('a round without scores', () => {
    it('takes a number and carries everything into the next one', async () => {
        const pots = { rewards: toNano('3'), donations: toNano('2'), reserve: toNano('1') };
        const { tx } = await fixAndCompare(pots, []);
        expect(outCount(tx)).toBe(2);
        expect(await unit.data()).toMatchObject({ ...pots, nextRound: 1n, unpaid: 0n });
        await fixAndCompare({}, [], { attempt: true, free: true });
        // The next one with scores pays all of it.
        const { model } = await fixAndCompare({}, [5n]);
        expect(model.rewards).toBe(pots.rewards);
        expect((await unit.roundData(0)).known).toBe(false);
        expect((await unit.roundData(1)).known).toBe(false);
        expect((await unit.roundData(2)).known).toBe(true);
    });
});

describe('rounds that are not there', () => {
    it('are all zeros', async () => {
        await fixAndCompare({ rewards: toNano('1') }, [5n]);
        for (const number of [1, 7, 8, 9, 64, 2 ** 32 - 1, -1, -8]) {
            expect(plain(await unit.roundData(number))).toEqual({
                known: false,
                attempt: false,
                rewards: 0n,
                pot: 0n,
                commissionBps: 0n,
                commission: 0n,
                factor: 0n,
                total: 0n,
                allocated: 0n,
                unpaid: 0n,
                fixedAt: 0n,
            });
            expect(plain(await unit.distribution.getExplain(number, 5n, 0))).toEqual({
                known: false,
                base: 0n,
                bonus: 0n,
                penalty: 0n,
                commission: 0n,
                amount: 0n,
                share: 0n,
            });
        }
    });
});

describe('the order of rounds', () => {
    it.each([1, 2, 7, 8, 9, 17])('has no gaps: before round %i those that were lost pay nothing', async (epoch) => {
        await unit.fill({ rewards: toNano('5'), donations: toNano('3'), reserve: toNano('1') });
        const tx = await unit.done('registry', await unit.roundBody({ epoch, totals: [5n] }), toNano('5'));
        const fixed = poolEvents([tx], 'RoundFixed');
        expect(fixed.map(({ round }) => round)).toEqual([...Array(epoch + 1).keys()].map(BigInt));
        for (const event of fixed.slice(0, -1)) {
            expect(event).toMatchObject({ pot: 0n, commission: 0n, allocated: 0n, rewards: toNano('5') });
        }
        expect(fixed[epoch]).toMatchObject({ rewards: toNano('5'), donations: toNano('3') });
        expect(await unit.data()).toMatchObject({ nextRound: BigInt(epoch + 1), rewards: 0n, donations: 0n });
        expect((await unit.roundData(epoch - 1)).known).toBe(false);
        expect((await unit.roundData(epoch)).known).toBe(true);
        // What was lost and comes after all is too late.
        const late = await unit.done('registry', await unit.roundBody({ epoch: epoch - 1, totals: [9n] }), toNano('5'));
        expect(poolEvents([late], 'RoundFixed')).toEqual([]);
    });

    it('has no repetitions: a fixed one is ignored, and the value goes back to whom the registry names', async () => {
        await fixAndCompare({ rewards: toNano('5'), reserve: toNano('1') }, [5n]);
        await fixAndCompare({ rewards: toNano('5') }, [4n]);
        await unit.fill({ rewards: toNano('3'), donations: toNano('3') });
        const before = plain({ ...(await unit.data()), rounds: [await unit.roundData(0), await unit.roundData(1)] });
        for (const epoch of [1, 0]) {
            for (const totals of [[4n], [0n], [10n ** 20n, 5n]]) {
                const body = await unit.roundBody({ epoch, totals, responseTo: unit.addressOf('bob'), queryId: 81n });
                const tx: Transaction = await unit.done('registry', body, toNano('50'));
                expect(outCount(tx)).toBe(1);
                expectExcesses(outs(tx)[0], unit.addressOf('bob'), body);
                // Nothing but its own value.
                expect(kept(tx)).toBe(0n);
            }
        }
        expect(plain({ ...(await unit.data()), rounds: [await unit.roundData(0), await unit.roundData(1)] })).toEqual(
            before,
        );
    });

    it('keeps the rest of the value as surplus when nobody is named', async () => {
        await unit.fill({ rewards: toNano('5') });
        const before = await unit.data();
        const tx = await unit.round({ totals: [5n], responseTo: null, value: toNano('2') });
        expect(outs(tx).map((out) => out.op)).toEqual([op.CommissionPaid]);
        const after = await unit.data();
        expect(after.solvency).toBe(
            before.solvency + kept(tx) + before.rewards - after.unpaid - after.reserve + before.reserve,
        );
        expect(kept(tx)).toBeGreaterThan(toNano('1.4'));
        const again = await unit.done('registry', await unit.roundBody({ epoch: 0, responseTo: null }));
        expect(outCount(again)).toBe(0);
        expect(kept(again)).toBeGreaterThan(toNano('0.9'));
    });
});

describe('the stability reserve', () => {
    it('cannot be drained by small rounds', async () => {
        await unit.reserve(toNano('100'));
        // Twenty rounds of one nanoton of rewards each: no more than a nano a round leaves the reserve.
        for (let i = 0; i < 20; i++) {
            await unit.fill({ rewards: 1n });
            await unit.round({ totals: [5n] });
        }
        const { reserve, unpaid } = await unit.data();
        expect(reserve + unpaid).toBe(toNano('100') + 20n);
        expect(unpaid).toBeLessThanOrEqual(60n);
        // And a round without any rewards takes nothing at all, beside bonuses of nothing.
        await unit.round({ totals: [5n] });
        expect((await unit.data()).reserve).toBe(reserve);
    });

    it('gives back what is above a tenth of the rewards, no more than the rewards', async () => {
        await unit.reserve(toNano('100'));
        const { model } = await fixAndCompare({ rewards: toNano('10') }, [0n, 5n]);
        expect(model.surplus).toBe(toNano('10'));
        expect(model.pot).toBe(toNano('20'));
        // The surplus bears no commission.
        expect(model.commission).toBe(toNano('1'));
    });
});
