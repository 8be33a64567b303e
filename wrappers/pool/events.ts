import { Address, Cell, Slice, Transaction } from '@ton/core';

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

// Events of the pool are external-out messages. Their loaders come from the contracts; this file only finds the right one.

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
export type PoolEvent<N extends PoolEventName = PoolEventName> = {
    [K in N]: { event: K } & Omit<ReturnType<Loaders[K]>, '$$type'>;
}[N];

/** An event with where and when it happened. */
export type EmittedEvent<N extends PoolEventName = PoolEventName> = PoolEvent<N> & {
    /** The contract that emitted it. */
    from: Address;
    /** Logical time of the transaction. */
    lt: bigint;
    /** Unix seconds of the transaction. */
    now: number;
};

const NAMES: ReadonlyMap<number, PoolEventName> = new Map(
    (Object.keys(LOADERS) as PoolEventName[]).map((name) => [PoolOperator.opcodes[name], name]),
);

/** The event in the body of an external-out message; null if it is none of the pool's. */
export function decodePoolEvent(body: Cell): PoolEvent | null {
    const slice = body.beginParse();
    const name = slice.remainingBits >= 32 ? NAMES.get(slice.preloadUint(32)) : undefined;
    if (name === undefined) {
        return null;
    }
    const load = LOADERS[name] as (slice: Slice) => { $$type: string };
    const { $$type: _type, ...fields } = load(slice);
    return { event: name, ...fields } as unknown as PoolEvent;
}

/** All pool events that transactions emitted, in order; with a name, only those. */
export function poolEvents(transactions: readonly Transaction[]): EmittedEvent[];
export function poolEvents<N extends PoolEventName>(transactions: readonly Transaction[], name: N): EmittedEvent<N>[];
export function poolEvents(transactions: readonly Transaction[], name?: PoolEventName): EmittedEvent[] {
    const events: EmittedEvent[] = [];
    for (const tx of transactions) {
        for (const message of tx.outMessages.values()) {
            if (message.info.type !== 'external-out') {
                continue;
            }
            const event = decodePoolEvent(message.body);
            if (event !== null && (name === undefined || event.event === name)) {
                events.push({ ...event, from: message.info.src, lt: tx.lt, now: tx.now });
            }
        }
    }
    return events;
}

/** Scores by bucket from the two words of EpochClosed (or RoundTotals): 80 bits a bucket. */
export function unpackTotals(totals: bigint, totalsFrequent: bigint): bigint[] {
    const mask = (1n << 80n) - 1n;
    return [totals, totalsFrequent].flatMap((word) => [word & mask, (word >> 80n) & mask, (word >> 160n) & mask]);
}
