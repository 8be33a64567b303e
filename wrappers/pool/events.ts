import type { Cell, Transaction } from '@ton/core';

import {
    loadClaimPaid,
    loadCommissionScheduled,
    loadEpochClosed,
    loadEpochMarked,
    loadIncomeBooked,
    loadMetricsRefused,
    loadMetricsReported,
    loadOperatorEvent,
    loadRoundFixed,
    loadSlashEvent,
    loadUpgradeEvent,
    loadVaultChanged,
    PoolOperator,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { Emitted, EventOf, eventReader } from '../common/events';

const LOADERS = {
    MetricsReported: loadMetricsReported,
    MetricsRefused: loadMetricsRefused,
    EpochMarked: loadEpochMarked,
    EpochClosed: loadEpochClosed,
    VaultChanged: loadVaultChanged,
    IncomeBooked: loadIncomeBooked,
    RoundFixed: loadRoundFixed,
    ClaimPaid: loadClaimPaid,
    CommissionScheduled: loadCommissionScheduled,
    OperatorEvent: loadOperatorEvent,
    UpgradeEvent: loadUpgradeEvent,
    SlashEvent: loadSlashEvent,
} as const;

type Loaders = typeof LOADERS;

export type PoolEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in contracts/pool/messages.tact. */
export type PoolEvent<N extends PoolEventName = PoolEventName> = EventOf<Loaders, N>;

/** An event with where and when it happened. */
export type EmittedEvent<N extends PoolEventName = PoolEventName> = Emitted<PoolEvent<N>>;

const reader = eventReader(LOADERS, PoolOperator.opcodes);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodePoolEvent(body: Cell): PoolEvent | null {
    return reader.decode(body);
}

/** All pool events that transactions emitted, in order; with a name, only those. */
export function poolEvents(transactions: readonly Transaction[]): EmittedEvent[];
export function poolEvents<N extends PoolEventName>(transactions: readonly Transaction[], name: N): EmittedEvent<N>[];
export function poolEvents(transactions: readonly Transaction[], name?: PoolEventName): EmittedEvent[] {
    return reader.collect(transactions, name);
}

/** Scores by bucket from the two words of EpochClosed (or RoundTotals): 80 bits a bucket. */
export function unpackTotals(totals: bigint, totalsFrequent: bigint): bigint[] {
    const mask = (1n << 80n) - 1n;
    return [totals, totalsFrequent].flatMap((word) => [word & mask, (word >> 80n) & mask, (word >> 160n) & mask]);
}
