import type { Behaviour } from './input';
import type { Difference } from './checks';
import type { Phase, PhaseFees } from './desk';
import type { StatementRow } from './statement';

/** One line of a round's table; amounts in nanoton. */
export type RoundRow = {
    name: string;
    behaviour: Behaviour;
    /** What Cocoon paid his vault since the round before. */
    earned: bigint;
    /** What of it reached the pool as rewards: less the gas of the way, nothing once he has left. */
    booked: bigint;
    reported: boolean;
    score: bigint;
    /** Null: not reported. */
    bucket: number | null;
    base: bigint;
    bonus: bigint;
    penalty: bigint;
    commission: bigint;
    /** What arrived in his wallet. */
    paid: bigint;
};

export type Pots = { rewards: bigint; donations: bigint; reserve: bigint };

export type RoundReport = {
    round: number;
    /** Metrics file it was reported from. */
    source: string;
    demonstration: boolean;
    epochStart: number;
    epochEnd: number;
    fixedAt: number;
    /** Rows that the vaults took. */
    accepted: number;
    activeAtEnd: number;
    /** Vaults that were there and not reported: then it is not sealed, and closes only after the report window. */
    missing: string[];
    sealed: boolean;
    commissionBps: number;
    /** Part of the bonuses that was funded, x 1e18. */
    factor: bigint;
    totalScore: bigint;
    rows: RoundRow[];
    sums: Pick<RoundRow, 'earned' | 'booked' | 'score' | 'base' | 'bonus' | 'penalty' | 'commission' | 'paid'>;
    /** Right before the round was fixed. */
    before: Pots;
    pot: bigint;
    commission: bigint;
    allocated: bigint;
    reserveAfter: bigint;
    /** Allocated and not claimed: what rounding down has left over. */
    unpaid: bigint;
    paidTotal: bigint;
    solvency: { operator: bigint; registry: bigint; distribution: bigint; lowestVault: bigint };
};

export type RaiseReport = {
    fromBps: number;
    toBps: number;
    announcedAt: number;
    /** When the rate itself changes. */
    appliesAt: number;
    firstEpoch: number;
    firstEpochStart: number;
};

export type ExitReport = {
    name: string;
    requestedAt: number;
    completedAt: number;
    stake: bigint;
    /** The stake and what was left of the value of the message. */
    returned: bigint;
    /** Rounds paid after he had left. */
    paidAfterwards: number[];
};

export type ParticipantReport = {
    name: string;
    behaviour: Behaviour;
    wallet: string;
    vault: string;
    status: number;
    earned: bigint;
    paid: bigint;
    balanceBefore: bigint;
    balanceAfter: bigint;
    statement: StatementRow[];
};

export type JobReport = {
    pool: { operator: string; registry: string; distribution: string };
    epochSeconds: number;
    rounds: RoundReport[];
    /** Null: the commission is at its limit already. */
    raise: RaiseReport | null;
    exits: ExitReport[];
    participants: ParticipantReport[];
    fees: ({ phase: Phase } & PhaseFees)[];
    feesTotal: bigint;
    checks: number;
    differences: Difference[];
};
