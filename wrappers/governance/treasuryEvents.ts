import type { Cell, Transaction } from '@ton/core';

import {
    loadGrantEvent,
    loadSpendRequestEvent,
    loadTreasuryAdminEvent,
    loadTreasuryReceivedEvent,
    loadTreasuryReturnedEvent,
    loadTreasurySpentEvent,
    Treasury,
} from '../../build/Treasury/Treasury_Treasury';
import { Emitted, EventOf, eventReader } from '../common/events';

const LOADERS = {
    TreasurySpentEvent: loadTreasurySpentEvent,
    TreasuryReceivedEvent: loadTreasuryReceivedEvent,
    TreasuryReturnedEvent: loadTreasuryReturnedEvent,
    GrantEvent: loadGrantEvent,
    SpendRequestEvent: loadSpendRequestEvent,
    TreasuryAdminEvent: loadTreasuryAdminEvent,
} as const;

type Loaders = typeof LOADERS;

export type TreasuryEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in treasury-messages.tact. */
export type TreasuryEvent = EventOf<Loaders, TreasuryEventName>;

const reader = eventReader(LOADERS, Treasury.opcodes);

/** Reads an event of the Treasury; null if the body is none. */
export function decodeTreasuryEvent(body: Cell): TreasuryEvent | null {
    return reader.decode(body);
}

/** Events of the Treasury in these transactions, in order. */
export function treasuryEvents(transactions: readonly Transaction[]): Emitted<TreasuryEvent>[];
export function treasuryEvents<N extends TreasuryEventName>(
    transactions: readonly Transaction[],
    name: N,
): Emitted<EventOf<Loaders, N>>[];
export function treasuryEvents(transactions: readonly Transaction[], name?: TreasuryEventName) {
    return reader.collect(transactions, name);
}
