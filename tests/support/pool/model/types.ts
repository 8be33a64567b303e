/** Words that the parts of the shadow model share. Addresses are raw strings, so that states can be copied and printed. */
import { Address, beginCell, Builder, Cell, Slice } from '@ton/core';

import * as built from '../../../../build/PoolOperator/PoolOperator_PoolOperator';
import { PoolErrorName, PoolExit, unpackEntry } from '../../../../wrappers/pool';
import { Fees } from './fees';

/** A message as its fields. What begins with an underscore is the model's own and not compared with the chain. */
export type Message = { op: string; [field: string]: unknown };

/** An outgoing message that the model expects. */
export type Out = {
    to: string;
    message: Message;
    bounce: boolean;
    /** Exact value; undefined where it depends on the gas used. */
    value?: bigint;
    /** Value before its forward fee is taken off. */
    gross?: bigint;
    /** Sent with "ignore errors": may be missing when nothing is left to send. */
    optional?: boolean;
};

/** What a contract knows while it handles a message. */
export type Context = {
    now: number;
    me: string;
    sender: string;
    value: bigint;
    /** Balance as the contract sees it, the value included. */
    balance: bigint;
    fees: Fees;
};

/** What a handler did, beside changing the state. */
export type Effect = {
    out: Out[];
    events: Message[];
    /** Balance after the transaction, where the handler decides it. */
    keep?: bigint;
    /** The least that the balance must be, where the handler counts on its gas figure instead. */
    atLeast?: bigint;
    /** Value below which the handler may run out of gas; then nothing happens. */
    gas?: bigint;
};

/** A handler that throws. */
export class Refused extends Error {
    constructor(
        readonly code: number,
        readonly why: string,
    ) {
        super(`${code} ${why}`);
    }
}

export function require(condition: boolean, name: PoolErrorName): asserts condition {
    if (!condition) {
        throw new Refused(PoolExit[name], name);
    }
}

export const max = (a: bigint, b: bigint) => (a > b ? a : b);
export const min = (a: bigint, b: bigint) => (a < b ? a : b);
export const seconds = (value: bigint) => Number(value);

export const raw = (address: Address) => address.toRawString();
export const parse = (address: string) => Address.parseRaw(address);

/** Three addresses in a cell. */
export function addresses(...list: string[]): Cell {
    const builder: Builder = beginCell();
    for (const address of list) {
        builder.storeAddress(parse(address));
    }
    return builder.endCell();
}

/** Values as the model writes them: addresses as raw strings, whole numbers as bigint. */
export function plain(value: unknown): unknown {
    if (typeof value === 'number') {
        return BigInt(value);
    }
    if (value instanceof Address) {
        return raw(value);
    }
    if (value instanceof Cell) {
        return value.hash().toString('hex');
    }
    return value ?? null;
}

type Loader = (slice: Slice) => Record<string, unknown>;

const LOADERS: ReadonlyMap<number, [string, Loader]> = new Map(
    Object.entries(built.PoolOperator.opcodes).map(([name, opcode]) => [
        opcode,
        [name, (built as unknown as Record<string, Loader>)[`load${name}`]],
    ]),
);

/** Fields of a body by the loader that Tact generated; op 'plain' for an empty one, 'text' for op 0, else 'unknown'. */
export function decode(body: Cell): Message {
    const slice = body.beginParse();
    if (slice.remainingBits < 32) {
        return { op: 'plain' };
    }
    const opcode = slice.preloadUint(32);
    const found = LOADERS.get(opcode);
    if (found === undefined) {
        return { op: opcode === 0 ? 'text' : 'unknown', opcode };
    }
    const [name, load] = found;
    const message: Message = { op: name };
    for (const [field, value] of Object.entries(load(slice))) {
        if (field !== '$$type') {
            message[field] = value instanceof Address ? raw(value) : value;
        }
    }
    if (name === 'MetricsEntry') {
        Object.assign(message, unpackEntry(message.entry as bigint));
        delete message.entry;
    }
    return message;
}
