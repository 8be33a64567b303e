/** RewardDistribution: 65 to 72 rounds are kept; what nobody claimed by then goes into the reserve. */
import { Cell, toNano, Transaction } from '@ton/core';
import '@ton/test-utils';

import { fixRound, FixedRound, INCOME_EXPIRED, payout, poolEvents, RewardDistribution } from '../../wrappers/pool';
import { DistributionUnit, Entry } from '../support/pool/distribution-unit';
import { plain } from '../support/pool/plain';
import { gasOf, kept, outCount, outs } from '../support/pool/units';

const op = RewardDistribution.opcodes;
const ROUNDS = 90;
const KEPT_BLOCKS = 8;

let unit: DistributionUnit;
const models: FixedRound[] = [];
const entries: Entry[] = [];
const transactions: Transaction[] = [];
/** Brings back the state in which that many rounds were fixed. */
const after = new Map<number, () => Promise<void>>();

/** Sum of what is unpaid in a block as long as nobody claims. */
const block = (number: number) =>
    models.slice(number * 8, number * 8 + 8).reduce((sum, model) => sum + model.allocated, 0n);

beforeAll(async () => {
    unit = await DistributionUnit.open();
    await unit.done('operator', RewardDistribution.topUpReserveBody({ amount: 1n }), toNano('1'));
    for (let i = 0; i < ROUNDS; i++) {
        if ([7, 8, 9, 64, 65, 71, 72, 73, 79, 80].includes(i)) {
            after.set(i, unit.checkpoint());
        }
        // Every tenth round has no scores.
        const score = i % 10 === 5 ? 0n : 1000n + BigInt(i);
        const totals = [score, score, 0n, 0n, 0n, score === 0n ? 0n : 500n];
        await unit.income(true, toNano('1') + BigInt(i));
        const data = await unit.data();
        const expired = i % 8 === 0 && i >= 72 ? block(i / 8 - 9) : 0n;
        models.push(
            fixRound({
                rewards: data.rewards,
                donations: data.donations,
                reserve: data.reserve + expired,
                commissionBps: 1000,
                totals,
            }),
        );
        entries.push({ epoch: i, bucket: 0, score });
        transactions.push(await unit.round({ epoch: i, totals }));
        unit.advance(3600n);
    }
    after.set(ROUNDS, unit.checkpoint());
}, 300_000);

/** Cells the contract stores, the code left out. */
async function storedCells(): Promise<number> {
    const { accountState } = await unit.blockchain.getContract(unit.address);
    if (accountState?.type !== 'active') throw new Error('not active');
    const seen = new Set<string>();
    const visit = (cell: Cell): void => {
        const hash = cell.hash().toString('hex');
        if (seen.has(hash)) return;
        seen.add(hash);
        cell.refs.forEach(visit);
    };
    visit(accountState.state.data!);
    return seen.size;
}

const at = async (rounds: number) => after.get(rounds)!();
const own = (round: number) => payout(entries[round].score, 0, models[round]);
const claim = (first: number, mask: bigint, who: 'alice' | 'bob' = 'alice') =>
    unit.claim(who, { first, mask, entries });
const paidBy = (tx: Transaction) => outs(tx).find((out) => out.op === op.RewardPaid)?.value ?? 0n;

describe.each([7, 8, 9, 64, 65, 71, 72, 73, 79, 80, ROUNDS])('after %i rounds', (rounds) => {
    it('the last 65 to 72 are there, older ones are gone, and the sums fit', async () => {
        await at(rounds);
        const newest = Math.floor((rounds - 1) / 8);
        const oldest = Math.max(0, (newest - KEPT_BLOCKS) * 8);
        const data = await unit.data();
        expect(data.nextRound).toBe(BigInt(rounds));
        if (rounds > 72) {
            expect(rounds - oldest).toBeGreaterThanOrEqual(65);
            expect(rounds - oldest).toBeLessThanOrEqual(72);
        }
        let unpaid = 0n;
        for (let i = 0; i < rounds; i++) {
            const round = await unit.roundData(i);
            if (i < oldest) {
                expect(round).toMatchObject({ known: false, pot: 0n, allocated: 0n, unpaid: 0n, fixedAt: 0n });
            } else {
                expect(round).toMatchObject({
                    known: models[i].total > 0n,
                    pot: models[i].pot,
                    allocated: models[i].allocated,
                    unpaid: models[i].allocated,
                });
                unpaid += models[i].allocated;
            }
        }
        let expired = 0n;
        for (let i = 0; i < oldest; i++) {
            expired += models[i].allocated;
        }
        const sum = (f: (m: FixedRound) => bigint) => models.slice(0, rounds).reduce((all, m) => all + f(m), 0n);
        expect(plain({ ...data, solvency: 0n, operator: 0n, registry: 0n, payout: 0n })).toMatchObject({
            unpaid,
            expiredTotal: expired,
            paidTotal: 0n,
            allocatedTotal: sum((m) => m.allocated),
            commissionTotal: sum((m) => m.commission),
            rewardsTotal: sum((m) => (m.total > 0n ? m.rewards : 0n)),
            reserve: models[rounds - 1].reserve,
        });
        expect(await unit.distribution.getSolvency()).toBeGreaterThan(0n);
    });
});

describe('a block that expires', () => {
    it('is booked into the reserve before its successor is fixed, with an event', async () => {
        for (let i = 0; i < ROUNDS; i++) {
            const events = poolEvents([transactions[i]], 'IncomeBooked');
            if (i === 72 || i === 80 || i === 88) {
                const amount = block(i / 8 - 9);
                expect(amount).toBeGreaterThan(0n);
                expect(events).toMatchObject([{ kind: INCOME_EXPIRED, amount, participant: null, proxy: null }]);
                expect(outCount(transactions[i])).toBe(4);
            } else {
                expect(events).toEqual([]);
            }
            expect(kept(transactions[i])).toBe(-models[i].commission);
        }
    });

    it('holds only what nobody has claimed', async () => {
        await at(72);
        const claimed = paidBy(await claim(0, 0b111n)) + paidBy(await claim(1, 0b1111n, 'bob'));
        const before = await unit.data();
        const tx = await unit.round({ totals: [] });
        const [{ amount }] = poolEvents([tx], 'IncomeBooked');
        expect(amount).toBe(block(0) - claimed);
        expect(await unit.data()).toMatchObject({
            reserve: before.reserve + amount,
            expiredTotal: amount,
            unpaid: before.unpaid - amount,
            paidTotal: claimed,
        });
    });

    it('that is paid in full leaves no event', async () => {
        await at(72);
        for (let i = 0; i < 8; i++) {
            // Whatever is left of the round, by a vault that claims far too much.
            await unit.claim('bob', { first: i, mask: 1n, entries: [{ epoch: i, bucket: 0, score: 2n ** 63n }] });
        }
        const { reserve } = await unit.data();
        const tx = await unit.round({ totals: [] });
        expect(poolEvents([tx], 'IncomeBooked')).toEqual([]);
        expect(await unit.data()).toMatchObject({ reserve, expiredTotal: 0n });
    });
});

describe('a claim', () => {
    it('of expired rounds pays nothing, even when their place is taken by a newer block', async () => {
        await at(ROUNDS);
        // Blocks 0 to 2 are gone; their places hold blocks 8 to 10.
        const { unpaid } = await unit.data();
        for (const [first, mask] of [
            [0, 0xffn],
            [16, 0xffn],
            [0, (1n << 24n) - 1n],
        ] as const) {
            const tx = await claim(first, mask);
            expect(paidBy(tx)).toBe(0n);
            expect(poolEvents([tx], 'ClaimPaid')).toMatchObject([{ amount: 0n, mask }]);
        }
        expect((await unit.data()).unpaid).toBe(unpaid);
    });

    it('of expired and living rounds together pays the living ones', async () => {
        await at(ROUNDS);
        const tx = await claim(20, 0xffn);
        expect(paidBy(tx)).toBe([24, 25, 26, 27].reduce((sum, i) => sum + own(i), 0n));
        expect((await unit.roundData(24)).unpaid).toBe(models[24].allocated - own(24));
    });

    it('of 64 rounds over nine blocks pays all of them at once, and once', async () => {
        await at(ROUNDS);
        const rounds = Array.from({ length: 64 }, (_, i) => 26 + i).filter((i) => i >= 24);
        const tx = await claim(26, (1n << 64n) - 1n);
        expect(paidBy(tx)).toBe(rounds.reduce((sum, i) => sum + own(i), 0n));
        for (const i of rounds) {
            expect((await unit.roundData(i)).unpaid).toBe(models[i].allocated - own(i));
        }
        expect((await unit.roundData(25)).unpaid).toBe(models[25].allocated);
    });

    it('may be older than any block: it is worth nothing and does not fail', async () => {
        await at(ROUNDS);
        const tx = await unit.claim('alice', { first: 0, mask: (1n << 63n) | 1n, entries });
        expect(paidBy(tx)).toBe(own(63));
        await unit.skipTo(90 + 24);
        expect(paidBy(await claim(0, 1n))).toBe(0n);
        expect(paidBy(await claim(0, (1n << 40n) - 1n))).toBe(0n);
    });
});

describe('what is stored', () => {
    it('stops growing after 72 rounds', async () => {
        await at(73);
        const full = await storedCells();
        await at(ROUNDS);
        expect(await storedCells()).toBe(full);
    });

    it('is turned over when a block is full, and not for the first round, before which there is none', () => {
        const [first, second, ninth] = [0, 1, 8].map((round) => gasOf(transactions[round]));
        const turn = 3000n;
        expect(ninth - second).toBeGreaterThan(turn);
        expect(ninth - first).toBeGreaterThan(turn);
    });
});
