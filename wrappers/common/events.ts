import { Address, Cell, Slice, Transaction } from '@ton/core';

// Events are external-out messages. Their loaders come from the contracts; this file only finds the right one.

/** Generated loaders of a family's events, by name. */
export type EventLoaders = Record<string, (slice: Slice) => { $$type: string }>;

/** An event: `event` names it, the other fields are those of the message of that name in the contracts. */
export type EventOf<L extends EventLoaders, N extends keyof L> = {
    [K in N]: { event: K } & Omit<ReturnType<L[K]>, '$$type'>;
}[N];

/** An event with where and when it happened. */
export type Emitted<E> = E & {
    /** The contract that emitted it. */
    emitter: Address;
    /** Logical time of the transaction. */
    lt: bigint;
    /** Unix seconds of the transaction. */
    now: number;
};

/** Reads the events of a family. `opcodes` are those of a contract that knows all of them. */
export function eventReader<L extends EventLoaders>(loaders: L, opcodes: Readonly<Record<keyof L, number>>) {
    type Name = keyof L & string;
    const names: ReadonlyMap<number, Name> = new Map((Object.keys(loaders) as Name[]).map((n) => [opcodes[n], n]));

    const decode = (body: Cell): EventOf<L, Name> | null => {
        const slice = body.beginParse();
        const name = slice.remainingBits >= 32 ? names.get(slice.preloadUint(32)) : undefined;
        if (name === undefined) {
            return null;
        }
        const { $$type: _type, ...fields } = loaders[name](slice);
        return { event: name, ...fields } as unknown as EventOf<L, Name>;
    };

    const collect = (transactions: readonly Transaction[], name?: Name): Emitted<EventOf<L, Name>>[] => {
        const events: Emitted<EventOf<L, Name>>[] = [];
        for (const tx of transactions) {
            for (const message of tx.outMessages.values()) {
                if (message.info.type !== 'external-out') {
                    continue;
                }
                const event = decode(message.body);
                if (event !== null && (name === undefined || event.event === name)) {
                    events.push({ ...event, emitter: message.info.src, lt: tx.lt, now: tx.now });
                }
            }
        }
        return events;
    };

    return { decode, collect };
}
