import type { Cell, Transaction } from '@ton/core';

import {
    loadAdminEvent,
    loadGenesisEvent,
    loadMetadataEvent,
    loadMinterEvent,
    loadMintReturned,
    loadTokenUpgradeEvent,
    ShareMinter,
} from '../../build/ShareMinter/ShareMinter_ShareMinter';
import { Emitted, EventOf, eventReader } from '../common/events';

// Events of the minter are external-out messages. Wallets have none: their messages say everything.

const LOADERS = {
    MinterEvent: loadMinterEvent,
    MetadataEvent: loadMetadataEvent,
    AdminEvent: loadAdminEvent,
    GenesisEvent: loadGenesisEvent,
    MintReturned: loadMintReturned,
    TokenUpgradeEvent: loadTokenUpgradeEvent,
} as const;

type Loaders = typeof LOADERS;

export type TokenEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in contracts/token/messages.tact. */
export type TokenEvent<N extends TokenEventName = TokenEventName> = EventOf<Loaders, N>;

/** An event with where and when it happened. */
export type EmittedTokenEvent<N extends TokenEventName = TokenEventName> = Emitted<TokenEvent<N>>;

const reader = eventReader(LOADERS, ShareMinter.opcodes);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodeTokenEvent(body: Cell): TokenEvent | null {
    return reader.decode(body);
}

/** All events of minters in these transactions, in order; with a name, only those. */
export function tokenEvents(transactions: readonly Transaction[]): EmittedTokenEvent[];
export function tokenEvents<N extends TokenEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedTokenEvent<N>[];
export function tokenEvents(transactions: readonly Transaction[], name?: TokenEventName): EmittedTokenEvent[] {
    return reader.collect(transactions, name);
}
