/** What vaults are owed: due rounds of each, what they pay, and what a round that is not fixed yet would pay. */
import { dueEpochs, FixedRound, fixRound, MIN_PAYOUT_ROUNDS, parseChanges, payout } from '../../wrappers/pool';
import { Participant } from './participants';
import { EpochData, Pool } from './session';

export type DueRound = {
    round: bigint;
    score: bigint;
    bucket: number;
    amount: bigint;
    /** False: the round is not fixed; the amount is what it would be now. */
    fixed: boolean;
};

export type DuePayout = Participant & {
    rounds: DueRound[];
    /** Of the fixed rounds. */
    amount: bigint;
    /** Below the participant's minimum payout: the claim would bounce. */
    deferred: boolean;
};

/** Terms of the open epoch if it were closed now. */
export async function projectedRound(pool: Pool, epoch: EpochData): Promise<FixedRound> {
    const data = await pool.distribution.getDistributionData();
    const totals: bigint[] = [];
    for (let bucket = 0; bucket < 6; bucket++) {
        totals.push(await pool.registry.getBucketTotal(bucket));
    }
    // the lower of the rate when the epoch began and the rate now
    const changes = parseChanges((await pool.distribution.getSchedule()).changes);
    const past = changes.find((change) => BigInt(change.at) <= epoch.start) ?? changes[changes.length - 1];
    const rate = past === undefined || BigInt(past.bps) > data.commissionBps ? data.commissionBps : BigInt(past.bps);
    return fixRound({
        rewards: data.rewards,
        donations: data.donations,
        reserve: data.reserve,
        commissionBps: epoch.appointed ? 0n : rate,
        totals,
    });
}

/** Due rounds of a vault. `open` adds the open epoch, as it would be fixed now. */
export async function duePayout(
    pool: Pool,
    participant: Participant,
    nextRound: bigint,
    open?: { epoch: EpochData; round: FixedRound },
): Promise<DuePayout> {
    const vault = pool.vault(participant.address);
    const rounds: DueRound[] = [];
    for (const round of dueEpochs(participant.vault)) {
        const entry = await vault.getEpoch(round);
        const bucket = Number(entry.bucket);
        if (round < nextRound) {
            const terms = await pool.distribution.getRound(round);
            const explained = await pool.distribution.getExplain(round, entry.score, bucket);
            const counts = terms.known && terms.attempt === entry.attempt;
            const owed = explained.amount < terms.unpaid ? explained.amount : terms.unpaid;
            rounds.push({ round, score: entry.score, bucket, amount: counts ? owed : 0n, fixed: true });
        } else if (open !== undefined && round === open.epoch.epoch && entry.attempt === open.epoch.attempt) {
            rounds.push({
                round,
                score: entry.score,
                bucket,
                amount: payout(entry.score, bucket, open.round),
                fixed: false,
            });
        }
    }
    const fixed = rounds.filter((r) => r.fixed);
    const amount = fixed.reduce((sum, r) => sum + r.amount, 0n);
    const oldest = fixed[0]?.round ?? nextRound;
    return {
        ...participant,
        rounds,
        amount,
        deferred: fixed.length > 0 && amount < participant.vault.minPayout && oldest + MIN_PAYOUT_ROUNDS >= nextRound,
    };
}

/** Rounds from the first to the last that a claim takes: what its cost depends on. */
export function span(due: DuePayout): number {
    const fixed = due.rounds.filter((r) => r.fixed);
    return fixed.length === 0 ? 0 : Number(fixed[fixed.length - 1].round - fixed[0].round) + 1;
}
