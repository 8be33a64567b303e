import type { Cell, Transaction } from '@ton/core';

import {
    loadActionBouncedEvent,
    loadActionsSentEvent,
    loadOperationCancelledEvent,
    loadOperationScheduledEvent,
    loadTimelockAdminEvent,
    Timelock,
} from '../../build/Timelock/Timelock_Timelock';
import { Emitted, EventOf, eventReader } from '../common/events';

const LOADERS = {
    OperationScheduledEvent: loadOperationScheduledEvent,
    ActionsSentEvent: loadActionsSentEvent,
    ActionBouncedEvent: loadActionBouncedEvent,
    OperationCancelledEvent: loadOperationCancelledEvent,
    TimelockAdminEvent: loadTimelockAdminEvent,
} as const;

type Loaders = typeof LOADERS;

export type TimelockEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in timelock-messages.tact. */
export type TimelockEvent = EventOf<Loaders, TimelockEventName>;

const reader = eventReader(LOADERS, Timelock.opcodes);

/** Reads an event of Timelock or TimelockOperation; null if the body is none. */
export function decodeTimelockEvent(body: Cell): TimelockEvent | null {
    return reader.decode(body);
}

/** Events of Timelock and operations in these transactions, in order. */
export function timelockEvents(transactions: readonly Transaction[]): Emitted<TimelockEvent>[];
export function timelockEvents<N extends TimelockEventName>(
    transactions: readonly Transaction[],
    name: N,
): Emitted<EventOf<Loaders, N>>[];
export function timelockEvents(transactions: readonly Transaction[], name?: TimelockEventName) {
    return reader.collect(transactions, name);
}
