/**
 * Values as Jest can compare and print them: a difference between two cells of code would be printed as trees of
 * megabytes. Addresses become text, cells their hash.
 */
import { Address, Cell } from '@ton/core';

import type { Out } from './units';

export type Plain = string | number | bigint | boolean | null | undefined | Plain[] | { [key: string]: Plain };

export function plain(value: unknown): Plain {
    if (value instanceof Address) {
        return value.toString();
    }
    if (value instanceof Cell) {
        return `cell ${value.hash().toString('hex')}`;
    }
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    if (typeof value === 'object' && value !== null) {
        return Object.fromEntries(
            Object.entries(value)
                .filter(([key]) => key !== '$$type')
                .map(([key, field]) => [key, plain(field)]),
        );
    }
    return value as Plain;
}

/** What a message looks like from outside. */
export function header(out: Out) {
    return { to: out.to.toString(), value: out.value, bounce: out.bounce, op: out.op, init: out.hasInit };
}
