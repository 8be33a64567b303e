/** RewardDistribution: claims - what they pay, and what they never pay. */
import { Address, toNano, Transaction } from '@ton/core';
import '@ton/test-utils';

import { loadRewardPaid } from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import {
    Bucket,
    FixedRound,
    fixRound,
    MIN_PAYOUT_ROUNDS,
    payout,
    PoolExit,
    poolEvents,
    RewardDistribution,
} from '../../wrappers/pool';
import { ClaimOptions, DistributionUnit, Entry } from '../support/pool/distribution-unit';
import { expectExcesses } from '../support/pool/operator-unit';
import { header, plain } from '../support/pool/plain';
import { kept, outCount, outs } from '../support/pool/units';
import { Random, seed } from '../support/random';

const op = RewardDistribution.opcodes;

let unit: DistributionUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await DistributionUnit.open();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

/** Fixes a round with these rewards and totals; its model. */
async function fix(rewards: bigint, totals: bigint[], attempt = false): Promise<FixedRound> {
    await unit.fill({ rewards });
    const data = await unit.data();
    await unit.round({ totals, attempt });
    return fixRound({
        rewards: data.rewards,
        donations: data.donations,
        reserve: data.reserve,
        commissionBps: data.commissionBps,
        totals: [0, 1, 2, 3, 4, 5].map((b) => totals[b] ?? 0n),
    });
}

const entry = (epoch: number, score: bigint, bucket: Bucket = 0, attempt = false): Entry => ({
    epoch,
    score,
    bucket,
    attempt,
});

/** What a claim paid: the one RewardPaid message, or nothing. */
function paid(tx: Transaction): bigint {
    const rewards = outs(tx).filter((out) => out.op === op.RewardPaid);
    expect(rewards.length).toBeLessThanOrEqual(1);
    const amount = rewards[0]?.value ?? 0n;
    expect(poolEvents([tx], 'ClaimPaid')).toMatchObject([{ amount }]);
    expect(kept(tx)).toBe(-amount);
    return amount;
}

async function claim(who: 'alice' | 'bob', options: ClaimOptions): Promise<bigint> {
    const before = await unit.data();
    const amount = paid(await unit.claim(who, options));
    expect(await unit.data()).toMatchObject({
        unpaid: before.unpaid - amount,
        paidTotal: before.paidTotal + amount,
        reserve: before.reserve,
    });
    return amount;
}

describe('a claim of one round', () => {
    it('pays the payout address in full, and the rest of the value goes to whom the vault names', async () => {
        const model = await fix(toNano('10'), [30n, 50n, 20n]);
        const body = unit.claimBody('alice', {
            first: 0,
            mask: 1n,
            entries: [entry(0, 30n)],
            payout: unit.addressOf('bob'),
            responseTo: unit.addressOf('keeper'),
            queryId: 91n,
        });
        const before = await unit.data();
        const tx = await unit.done(unit.vaultOf('alice'), body, toNano('0.5'));
        const amount = payout(30n, 0, model);
        expect(outCount(tx)).toBe(3);
        const [reward, rest] = outs(tx);
        expect(header(reward)).toEqual({
            to: unit.addressOf('bob').toString(),
            value: amount,
            bounce: false,
            op: op.RewardPaid,
            init: false,
        });
        expect(plain(loadRewardPaid(reward.body.beginParse()))).toEqual({ queryId: 91n, firstRound: 0n, mask: 1n });
        expectExcesses(rest, unit.addressOf('keeper'), body);
        expect(kept(tx)).toBe(-amount);
        const [{ event: _, emitter: _f, lt: _l, now: _n, ...event }] = poolEvents([tx], 'ClaimPaid');
        expect(plain(event)).toEqual(plain({ participant: unit.addressOf('alice'), firstRound: 0n, mask: 1n, amount }));
        expect((await unit.roundData(0)).unpaid).toBe(model.allocated - amount);
        expect(await unit.data()).toMatchObject({ unpaid: before.unpaid - amount, paidTotal: amount });
    });

    it.each([0, 1, 2, 3, 4, 5] as const)('pays bucket %i what the model says', async (bucket) => {
        const totals = [31n, 29n, 23n, 19n, 17n, 13n];
        const model = await fix(toNano('10'), totals);
        const entries = [entry(0, totals[bucket], bucket)];
        expect(await claim('alice', { first: 0, mask: 1n, entries })).toBe(payout(totals[bucket], bucket, model));
    });

    it.each([0, 1, 2, 3, 4, 5, 6, 7])('in slot %i of a block leaves the other rounds alone', async (slot) => {
        const models: FixedRound[] = [];
        for (let i = 0; i < 8; i++) {
            models.push(await fix(toNano('1') + BigInt(i), [10n, BigInt(i)]));
        }
        const entries = models.map((_, i) => entry(i, 10n));
        expect(await claim('alice', { first: slot, mask: 1n, entries })).toBe(payout(10n, 0, models[slot]));
        for (let i = 0; i < 8; i++) {
            const left = models[i].allocated - (i === slot ? payout(10n, 0, models[i]) : 0n);
            expect((await unit.roundData(i)).unpaid).toBe(left);
        }
    });

    it('pays nothing without an entry, for a score of zero, or for the other attempt', async () => {
        await fix(toNano('10'), [30n]);
        await fix(toNano('10'), [30n], true);
        const { unpaid } = await unit.data();
        const cases: [number, Entry[]][] = [
            [0, []],
            [0, [entry(0, 0n)]],
            [0, [entry(1, 30n)]],
            [0, [entry(0, 30n, 0, true)]],
            [1, [entry(1, 30n)]],
            // In a block that is not there.
            [0, [entry(8, 30n)]],
        ];
        for (const [first, entries] of cases) {
            expect(await claim('alice', { first, mask: 1n, entries })).toBe(0n);
        }
        expect((await unit.data()).unpaid).toBe(unpaid);
        expect(await claim('alice', { first: 1, mask: 1n, entries: [entry(1, 30n, 0, true)] })).toBeGreaterThan(0n);
    });

    it('of a round without scores pays nothing, whatever the entry says', async () => {
        await unit.fill({ rewards: toNano('5') });
        await unit.round();
        await unit.round({ attempt: true });
        for (const attempt of [false, true]) {
            const entries = [entry(0, 30n, 0, attempt), entry(1, 30n, 0, attempt)];
            expect(await claim('alice', { first: 0, mask: 3n, entries })).toBe(0n);
        }
        expect((await unit.data()).rewards).toBe(toNano('5'));
    });

    it('sends no empty payment', async () => {
        await fix(toNano('10'), [30n]);
        const tx = await unit.claim('alice', { first: 0, mask: 1n, entries: [] });
        expect(outs(tx).map((out) => out.op)).toEqual([op.Excesses]);
        expect(outCount(tx)).toBe(2);
    });
});

describe('what is left unpaid', () => {
    it('is the limit of every claim: nobody is paid twice, nobody out of other rounds', async () => {
        const model = await fix(toNano('10'), [100n]);
        await fix(toNano('10'), [100n]);
        const sixty = payout(60n, 0, model);
        const whole = { first: 0, mask: 1n, entries: [entry(0, 100n)] };
        expect(await claim('alice', { first: 0, mask: 1n, entries: [entry(0, 60n)] })).toBe(sixty);
        // He claims all of it and gets what is left.
        expect(await claim('bob', whole)).toBe(model.allocated - sixty);
        expect((await unit.roundData(0)).unpaid).toBe(0n);
        expect(await claim('bob', whole)).toBe(0n);
        expect(await claim('alice', whole)).toBe(0n);
        expect((await unit.roundData(1)).unpaid).toBeGreaterThan(0n);
    });

    it('is the limit of an absurd score, too', async () => {
        const model = await fix(toNano('10'), [100n]);
        const entries = [entry(0, 2n ** 64n - 1n)];
        expect(await claim('alice', { first: 0, mask: 1n, entries })).toBe(model.allocated);
    });
});

describe('a claim of many rounds', () => {
    /** 20 rounds of different pots and buckets: three blocks. */
    async function twenty(): Promise<{ models: FixedRound[]; entries: Entry[] }> {
        const random = new Random(seed('twenty rounds'));
        const models: FixedRound[] = [];
        const entries: Entry[] = [];
        for (let i = 0; i < 20; i++) {
            const bucket = random.int(0, 5) as Bucket;
            const score = random.bigint(1n, 1000n);
            const totals = [0, 1, 2, 3, 4, 5].map(() => random.bigint(0n, 1000n));
            totals[bucket] += score;
            const attempt = random.bool(0.3);
            models.push(await fix(random.bigint(1n, toNano('5')), totals, attempt));
            entries.push(entry(i, score, bucket, attempt));
        }
        return { models, entries };
    }
    const expected = (models: FixedRound[], entries: Entry[], rounds: number[]) =>
        rounds.reduce((sum, r) => sum + payout(entries[r].score, entries[r].bucket, models[r]), 0n);

    it('pays any set of rounds over the borders of blocks, and then the rest', async () => {
        const { models, entries } = await twenty();
        const before = unit.checkpoint();
        const sets = [
            [0, 1, 2, 3, 4, 5, 6, 7],
            [7, 8],
            [8, 9, 10, 11, 12, 13, 14, 15],
            [15, 16],
            [0, 19],
            [3, 11, 19],
            [6, 7, 8, 9, 14, 15, 16, 17],
            [12],
            [18, 19],
            Array.from({ length: 20 }, (_, i) => i),
        ];
        for (const rounds of sets) {
            await before();
            const first = rounds[0];
            const mask = rounds.reduce((m, r) => m | (1n << BigInt(r - first)), 0n);
            expect(await claim('alice', { first, mask, entries })).toBe(expected(models, entries, rounds));
            for (let r = 0; r < 20; r++) {
                const own = rounds.includes(r) ? expected(models, entries, [r]) : 0n;
                expect((await unit.roundData(r)).unpaid).toBe(models[r].allocated - own);
            }
        }
    });

    it('counts the mask from its first round, even when its lowest bits are empty', async () => {
        const { models, entries } = await twenty();
        expect(await claim('alice', { first: 0, mask: 0b1010n << 8n, entries })).toBe(
            expected(models, entries, [9, 11]),
        );
    });

    it('pays nothing for blocks whose metrics stayed at home', async () => {
        const { models, entries } = await twenty();
        const options = { first: 0, mask: (1n << 20n) - 1n, entries, withoutHistory: true };
        expect(await claim('alice', options)).toBe(expected(models, entries, [16, 17, 18, 19]));
    });

    it('is refused as a whole while one of its rounds is open', async () => {
        const { entries } = await twenty();
        const more = [...entries, entry(20, 5n)];
        for (const [first, mask] of [
            [19, 0b10n],
            [19, 0b11n],
            [20, 1n],
            [0, 1n << 63n],
            [0, (1n << 21n) - 1n],
        ] as const) {
            await unit.claimRefused(PoolExit.ERROR_ROUND_OPEN, 'alice', { first, mask, entries: more });
        }
        // 20 bits of a longer mask are fine.
        await unit.claim('alice', { first: 0, mask: (1n << 20n) - 1n, entries: more });
    });
});

describe('the minimum payout', () => {
    it('holds a smaller sum back, and lets the exact one go', async () => {
        const model = await fix(toNano('10'), [30n]);
        const amount = payout(30n, 0, model);
        const options = { first: 0, mask: 1n, entries: [entry(0, 30n)] };
        await unit.claimRefused(PoolExit.ERROR_BELOW_MIN_PAYOUT, 'alice', { ...options, minPayout: amount + 1n });
        expect((await unit.roundData(0)).unpaid).toBe(amount);
        expect(await claim('alice', { ...options, minPayout: amount })).toBe(amount);
    });

    it('holds it back for 48 rounds at most, counted from the oldest one', async () => {
        const model = await fix(toNano('10'), [30n]);
        const limit = Number(MIN_PAYOUT_ROUNDS);
        const options = { first: 0, mask: 1n, entries: [entry(0, 30n)], minPayout: toNano('100') };
        await unit.skipTo(limit);
        await unit.claimRefused(PoolExit.ERROR_BELOW_MIN_PAYOUT, 'alice', options);
        await unit.round();
        expect((await unit.data()).nextRound).toBe(MIN_PAYOUT_ROUNDS + 1n);
        // The lowest bit counts, not the first round of the mask's frame.
        const shifted = { ...options, mask: 0b10n };
        await unit.claimRefused(PoolExit.ERROR_BELOW_MIN_PAYOUT, 'alice', shifted);
        const both = { ...options, mask: 0b11n };
        const reached = unit.checkpoint();
        expect(await claim('alice', both)).toBe(payout(30n, 0, model));
        await reached();
        expect(await claim('alice', options)).toBe(payout(30n, 0, model));
    });
});

describe('whoever gets it', () => {
    it('may be an account that does not exist: payments never bounce', async () => {
        await fix(toNano('10'), [30n]);
        const nobody = new Address(0, Buffer.alloc(32, 0x99));
        const tx = await unit.claim('alice', { first: 0, mask: 1n, entries: [entry(0, 30n)], payout: nobody });
        expect((await unit.blockchain.getContract(nobody)).balance).toBe(paid(tx));
    });

    it('may be in the masterchain', async () => {
        await fix(toNano('10'), [30n]);
        const far = new Address(-1, Buffer.alloc(32, 0x99));
        const tx = await unit.claim('alice', { first: 0, mask: 1n, entries: [entry(0, 30n)], payout: far });
        expect(outs(tx)[0].to).toEqualAddress(far);
        expect(paid(tx)).toBeGreaterThan(0n);
    });
});
