import { Address, Cell, Slice, Transaction } from '@ton/core';

import * as built from '../../build/EmissionController/EmissionController_EmissionController';

// Events are external-out messages. Their loaders come from the contracts; this file only finds the right one.

const LOADERS = {
    EpochEmitted: built.loadEpochEmitted,
    EpochsForfeited: built.loadEpochsForfeited,
    MintSent: built.loadMintSent,
    MintOwed: built.loadMintOwed,
    UsageBatch: built.loadUsageBatch,
    UsageChecked: built.loadUsageChecked,
    UsageVoided: built.loadUsageVoided,
    ModelRateChanged: built.loadModelRateChanged,
    EmissionEvent: built.loadEmissionEvent,
    EmissionUpgrade: built.loadEmissionUpgrade,
} as const;

type Loaders = typeof LOADERS;

export type EmissionEventName = keyof Loaders;

/** An event: `event` names it, the rest are the fields of that message in contracts/token/emission-messages.tact. */
export type EmissionEventOf<N extends EmissionEventName = EmissionEventName> = {
    [K in N]: { event: K } & Omit<ReturnType<Loaders[K]>, '$$type'>;
}[N];

/** An event with where and when it happened. */
export type EmittedEmissionEvent<N extends EmissionEventName = EmissionEventName> = EmissionEventOf<N> & {
    from: Address;
    lt: bigint;
    now: number;
};

const NAMES: ReadonlyMap<number, EmissionEventName> = new Map(
    (Object.keys(LOADERS) as EmissionEventName[]).map((name) => [built.EmissionController.opcodes[name], name]),
);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodeEmissionEvent(body: Cell): EmissionEventOf | null {
    const slice = body.beginParse();
    const name = slice.remainingBits >= 32 ? NAMES.get(slice.preloadUint(32)) : undefined;
    if (name === undefined) {
        return null;
    }
    const load = LOADERS[name] as (slice: Slice) => { $$type: string };
    const { $$type: _type, ...fields } = load(slice);
    return { event: name, ...fields } as unknown as EmissionEventOf;
}

/** All events that transactions emitted, in order; with a name, only those. */
export function emissionEvents(transactions: readonly Transaction[]): EmittedEmissionEvent[];
export function emissionEvents<N extends EmissionEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedEmissionEvent<N>[];
export function emissionEvents(transactions: readonly Transaction[], name?: EmissionEventName): EmittedEmissionEvent[] {
    const events: EmittedEmissionEvent[] = [];
    for (const tx of transactions) {
        for (const message of tx.outMessages.values()) {
            if (message.info.type !== 'external-out') {
                continue;
            }
            const event = decodeEmissionEvent(message.body);
            if (event !== null && (name === undefined || event.event === name)) {
                events.push({ ...event, from: message.info.src, lt: tx.lt, now: tx.now });
            }
        }
    }
    return events;
}

/** What the controller did with a row. */
export const USAGE_RESULTS = [
    'sent',
    'unknown model',
    'mints less than one unit',
    "before the recorder's time, or in the future",
    "above the year's budget",
    'above the lifetime cap',
    'breaker',
    'no provider or consumer',
] as const;

/** Results of the rows of a UsageBatch, in their order: numbers into USAGE_RESULTS. */
export function unpackResults(results: bigint, count: bigint): number[] {
    return Array.from({ length: Number(count) }, (_, i) => Number((results >> (4n * (count - 1n - BigInt(i)))) & 15n));
}
