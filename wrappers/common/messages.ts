import { Builder, beginCell, Cell, ContractProvider, Sender, SendMode } from '@ton/core';

/** A number that fits into 53 bits may be given as such; everything comes back as bigint. */
export type Integer = number | bigint;

/** What every send method takes beside the fields of its message. */
export type SendOptions = {
    /**
     * Nanoton to attach. Without it: what the contract's `get_cost` asks for at the current prices, and the amounts that
     * the message moves. What is not used comes back as excesses.
     */
    value?: bigint;
    queryId?: Integer;
};

/** Fields of a message without those that the body builder fills in. */
export type Query = { queryId?: Integer };

/** Cell of a message by the serialiser that Tact generated for it. */
export function pack(store: (builder: Builder) => void): Cell {
    return beginCell().store(store).endCell();
}

export function queryIdOf(query: Query | undefined): bigint {
    return BigInt(query?.queryId ?? 0);
}

/** Operation code of a body; undefined for an empty body. */
export function opcodeOf(body: Cell): number | undefined {
    const slice = body.beginParse();
    return slice.remainingBits >= 32 ? slice.loadUint(32) : undefined;
}

/** `get_cost` of a contract: nanoton to attach to operation `op` at the current prices. */
export async function costOf(provider: ContractProvider, op: number, n: Integer = 0): Promise<bigint> {
    const { stack } = await provider.get('get_cost', [
        { type: 'int', value: BigInt(op) },
        { type: 'int', value: BigInt(n) },
    ]);
    return stack.readBigNumber();
}

/** Sends a body with the given value, or with its cost and the `amount` that it moves. `n` as `get_cost` wants it. */
export async function sendBody(
    provider: ContractProvider,
    via: Sender,
    body: Cell,
    options: SendOptions | undefined,
    extra: { amount?: bigint; n?: Integer } = {},
): Promise<void> {
    const value = options?.value ?? (await costOf(provider, opcodeOf(body) ?? 0, extra.n)) + (extra.amount ?? 0n);
    await provider.internal(via, { value, body, sendMode: SendMode.PAY_GAS_SEPARATELY });
}

/** `upTo` of a claim that leaves no due round out. */
export const ALL_ROUNDS = 0xffffffff;
