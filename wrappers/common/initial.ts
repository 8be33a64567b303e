import { ABIType, ABITypeRef, Address, Cell, Dictionary } from '@ton/core';

/** Code and data of a contract to be, from which its address follows. */
export type PoolInit = { code: Cell; data: Cell };

/** The account that stands for "not linked yet". */
export const NO_ADDRESS = new Address(0, Buffer.alloc(32));

/** What Tact generates for a contract with parameters. */
type Built = {
    // The positional parameters of the generated function are the fields of the contract in their order.
    init: (...args: never[]) => Promise<PoolInit>;
    fromAddress: (address: Address) => { abi: { types?: ABIType[] | null } };
};

function zeroOf(type: ABITypeRef): unknown {
    if (type.kind === 'dict') {
        return Dictionary.empty();
    }
    if (type.optional) {
        return null;
    }
    switch (type.type) {
        case 'int':
        case 'uint':
            return 0n;
        case 'bool':
            return false;
        case 'address':
            return NO_ADDRESS;
        default:
            throw new Error(`a field of type ${type.type} needs a value`);
    }
}

/**
 * Fields of a struct in their order: the given values, and zero, false, null or an empty map in everything else. The
 * contracts begin like this (the addresses computed on chain rest on it), and so the books that a contract
 * keeps can change without touching whoever deploys it.
 */
export function initialFields(
    built: Built,
    struct: string,
    values: Record<string, unknown>,
): Record<string, unknown> & { $$type: string } {
    const fields = built.fromAddress(NO_ADDRESS).abi.types?.find((type) => type.name === struct)?.fields;
    if (fields === undefined) {
        throw new Error(`the build does not know ${struct}`);
    }
    for (const given of Object.keys(values)) {
        if (!fields.some((field) => field.name === given)) {
            throw new Error(`${struct} has no field ${given}`);
        }
    }
    const entries = fields.map(({ name, type }) => [name, name in values ? values[name] : zeroOf(type)] as const);
    return { $$type: struct, ...Object.fromEntries(entries) };
}

/** StateInit of a contract from the few fields that are not zero. */
export async function initialState(built: Built, name: string, values: Record<string, unknown>): Promise<PoolInit> {
    const { $$type: _type, ...fields } = initialFields(built, `${name}$Data`, values);
    return (built.init as (...args: unknown[]) => Promise<PoolInit>)(...Object.values(fields));
}
