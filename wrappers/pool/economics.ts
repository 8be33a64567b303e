import { BPS, FIXED } from '../../build/PoolOperator/PoolOperator_PoolOperator';

// The arithmetic of pool-economics.md in bigint, written from that document and not from the contracts: scripts use it
// to say beforehand what a round will pay, tests use it as the model. Amounts in nanoton.

/** Bonus of each bucket in bps. */
export const BONUS_BPS: readonly bigint[] = [1000n, 0n, 0n, 1000n, 0n, 0n];
/** Penalty of each bucket in bps. */
export const PENALTY_BPS: readonly bigint[] = [0n, 500n, 2000n, 1000n, 1500n, 3000n];
/** The reserve keeps this share of the rewards of a round; what is above it rejoins the pot. */
export const RESERVE_CAP_BPS = 1000n;

export type RoundInput = {
    /** R: everything that has arrived from trusted proxies. */
    rewards: bigint;
    /** D: everything else that has arrived. */
    donations: bigint;
    /** V: the stability reserve before the round. */
    reserve: bigint;
    commissionBps: bigint | number;
    /** Scores by bucket. */
    totals: readonly bigint[];
};

export type FixedRound = {
    rewards: bigint;
    donations: bigint;
    /** Sum of all scores; 0 = nothing is paid, everything is carried. */
    total: bigint;
    commissionBps: bigint;
    pot: bigint;
    /** What came out of the reserve into the pot. */
    surplus: bigint;
    commission: bigint;
    penalties: bigint;
    bonusWanted: bigint;
    bonusFunded: bigint;
    /** Part of the bonuses that is funded, x 1e18. */
    factor: bigint;
    /** What all scores together would earn in each bucket, nanoton x 1e18. */
    shares: bigint[];
    allocated: bigint;
    reserve: bigint;
    carriedRewards: bigint;
    carriedDonations: bigint;
};

const min = (a: bigint, b: bigint) => (a < b ? a : b);
const max = (a: bigint, b: bigint) => (a > b ? a : b);
const ceilDiv = (a: bigint, b: bigint) => (a + b - 1n) / b;

/** Terms of a round. */
export function fixRound(input: RoundInput): FixedRound {
    const { rewards, donations, reserve, totals } = input;
    const commissionBps = BigInt(input.commissionBps);
    if (totals.length !== BONUS_BPS.length) {
        throw new Error('a round has six totals');
    }
    const total = totals.reduce((sum, s) => sum + s, 0n);
    if (total === 0n) {
        return {
            rewards,
            donations,
            total,
            commissionBps: 0n,
            pot: 0n,
            surplus: 0n,
            commission: 0n,
            penalties: 0n,
            bonusWanted: 0n,
            bonusFunded: 0n,
            factor: 0n,
            shares: totals.map(() => 0n),
            allocated: 0n,
            reserve,
            carriedRewards: rewards,
            carriedDonations: donations,
        };
    }
    const cap = (rewards * RESERVE_CAP_BPS) / BPS;
    const surplus = min(rewards, max(0n, reserve - cap));
    const pot = rewards + donations + surplus;
    const kept = reserve - surplus;
    const commission = (rewards * commissionBps) / BPS;
    let penalties = 0n;
    let bonusWanted = 0n;
    totals.forEach((score, b) => {
        penalties += (pot * score * PENALTY_BPS[b]) / (BPS * total);
        bonusWanted += ceilDiv(pot * score * BONUS_BPS[b], BPS * total);
    });
    const bonusFunded = min(bonusWanted, penalties + kept);
    const factor = bonusWanted === 0n ? FIXED : (bonusFunded * FIXED) / bonusWanted;
    const shares = totals.map(
        (_, b) =>
            ((pot * (BPS - PENALTY_BPS[b]) - rewards * commissionBps) * FIXED + pot * BONUS_BPS[b] * factor) / BPS,
    );
    const allocated = totals.reduce((sum, score, b) => sum + (score * shares[b]) / (total * FIXED), 0n);
    return {
        rewards,
        donations,
        total,
        commissionBps,
        pot,
        surplus,
        commission,
        penalties,
        bonusWanted,
        bonusFunded,
        factor,
        shares,
        allocated,
        reserve: kept + pot - commission - allocated,
        carriedRewards: 0n,
        carriedDonations: 0n,
    };
}

/** What a score earns in a round. */
export function payout(score: bigint, bucket: number, round: Pick<FixedRound, 'total' | 'shares'>): bigint {
    return round.total === 0n ? 0n : (score * round.shares[bucket]) / (round.total * FIXED);
}

export type ExplainedPayout = {
    base: bigint;
    bonus: bigint;
    penalty: bigint;
    commission: bigint;
    /** base + bonus - penalty - commission, to a few nano of rounding. */
    amount: bigint;
};

/** How a payout comes about, part by part, as `get_explain` shows it. */
export function explain(score: bigint, bucket: number, round: FixedRound): ExplainedPayout {
    const { pot, total, factor, rewards, commissionBps } = round;
    if (total === 0n) {
        return { base: 0n, bonus: 0n, penalty: 0n, commission: 0n, amount: 0n };
    }
    return {
        base: (score * pot) / total,
        bonus: (score * pot * BONUS_BPS[bucket] * factor) / (total * FIXED * BPS),
        penalty: (score * pot * PENALTY_BPS[bucket]) / (total * BPS),
        commission: (score * rewards * commissionBps) / (total * BPS),
        amount: payout(score, bucket, round),
    };
}
