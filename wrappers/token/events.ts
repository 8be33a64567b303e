import { Address, Cell, Slice, Transaction } from '@ton/core';

import {
    loadAdminEvent,
    loadGenesisEvent,
    loadMetadataEvent,
    loadMinterEvent,
    loadMintReturned,
    loadTokenUpgradeEvent,
    ShareMinter,
} from '../../build/ShareMinter/ShareMinter_ShareMinter';

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
export type TokenEvent<N extends TokenEventName = TokenEventName> = {
    [K in N]: { event: K } & Omit<ReturnType<Loaders[K]>, '$$type'>;
}[N];

/** An event with where and when it happened. */
export type EmittedTokenEvent<N extends TokenEventName = TokenEventName> = TokenEvent<N> & {
    /** The minter that emitted it. */
    from: Address;
    /** Logical time of the transaction. */
    lt: bigint;
    /** Unix seconds of the transaction. */
    now: number;
};

const NAMES: ReadonlyMap<number, TokenEventName> = new Map(
    (Object.keys(LOADERS) as TokenEventName[]).map((name) => [ShareMinter.opcodes[name], name]),
);

/** The event in the body of an external-out message; null if it is none of the minter's. */
export function decodeTokenEvent(body: Cell): TokenEvent | null {
    const slice = body.beginParse();
    const name = slice.remainingBits >= 32 ? NAMES.get(slice.preloadUint(32)) : undefined;
    if (name === undefined) {
        return null;
    }
    const load = LOADERS[name] as (slice: Slice) => { $$type: string };
    const { $$type: _type, ...fields } = load(slice);
    return { event: name, ...fields } as unknown as TokenEvent;
}

/** All events of minters in these transactions, in order; with a name, only those. */
export function tokenEvents(transactions: readonly Transaction[]): EmittedTokenEvent[];
export function tokenEvents<N extends TokenEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedTokenEvent<N>[];
export function tokenEvents(transactions: readonly Transaction[], name?: TokenEventName): EmittedTokenEvent[] {
    const events: EmittedTokenEvent[] = [];
    for (const tx of transactions) {
        for (const message of tx.outMessages.values()) {
            if (message.info.type !== 'external-out') {
                continue;
            }
            const event = decodeTokenEvent(message.body);
            if (event !== null && (name === undefined || event.event === name)) {
                events.push({ ...event, from: message.info.src, lt: tx.lt, now: tx.now });
            }
        }
    }
    return events;
}
