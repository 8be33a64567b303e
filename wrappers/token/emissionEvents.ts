import type { Cell, Transaction } from '@ton/core';

import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { Emitted, EventOf, eventReader } from '../common/events';

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

/** An event: `event` names it, the other fields are those of the message of that name in contracts/token/emission-messages.tact. */
export type EmissionEventOf<N extends EmissionEventName = EmissionEventName> = EventOf<Loaders, N>;

/** An event with where and when it happened. */
export type EmittedEmissionEvent<N extends EmissionEventName = EmissionEventName> = Emitted<EmissionEventOf<N>>;

const reader = eventReader(LOADERS, built.EmissionController.opcodes);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodeEmissionEvent(body: Cell): EmissionEventOf | null {
    return reader.decode(body);
}

/** All events of the emission that transactions emitted, in order; with a name, only those. */
export function emissionEvents(transactions: readonly Transaction[]): EmittedEmissionEvent[];
export function emissionEvents<N extends EmissionEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedEmissionEvent<N>[];
export function emissionEvents(transactions: readonly Transaction[], name?: EmissionEventName): EmittedEmissionEvent[] {
    return reader.collect(transactions, name);
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
