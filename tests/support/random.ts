/**
 * How much randomness a test gets, and from which seed.
 *
 *   npm test                 a tenth of the random operations, enough for every change
 *   npm run test:long        all of them
 *   SEED=12345 npm test ...  another sequence; without it every test has its own fixed seed
 */
import { createHash } from 'crypto';

const LONG = process.env.LONG === '1';

/** The number of runs (or operations) out of `n` for a long run: `n` itself, or a tenth of it in an ordinary run. */
export function runs(n: number): number {
    return LONG ? n : Math.ceil(n / 10);
}

/** The same number for the same name on every machine, unless the environment variable SEED names another one. */
export function seed(name: string): number {
    if (process.env.SEED !== undefined) {
        const chosen = Number(process.env.SEED);
        if (!Number.isInteger(chosen)) throw new Error(`SEED must be an integer, not "${process.env.SEED}"`);
        return chosen;
    }
    // fast-check takes signed 32-bit seeds.
    return createHash('sha256').update(name).digest().readInt32BE(0);
}

/** Parameters for `fc.assert`: fast-check itself prints seed and counterexample when a property fails. */
export function fcOptions(name: string, n: number): { numRuns: number; seed: number; endOnFailure: boolean } {
    // Only a person reading the report profits from the smallest counterexample; a mutation run (FAIL_FAST) does not.
    return { numRuns: runs(n), seed: seed(name), endOnFailure: process.env.FAIL_FAST === '1' };
}

/** A small reproducible generator (mulberry32) for tests that drive a system step by step. */
export class Random {
    private state: number;

    constructor(readonly seed: number) {
        this.state = seed >>> 0;
    }

    /** A real number in [0, 1). */
    next(): number {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let t = this.state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    }

    /** An integer between the bounds, both included. */
    int(min: number, max: number): number {
        return min + Math.floor(this.next() * (max - min + 1));
    }

    /** A bigint between the bounds, both included. */
    bigint(min: bigint, max: bigint): bigint {
        const range = max - min + 1n;
        let bits = 0n;
        // 64 bits more than the range needs make the bias of the remainder negligible.
        for (let limit = 1n; limit < range << 64n; limit <<= 32n)
            bits = (bits << 32n) | BigInt(this.int(0, 0xffffffff));
        return min + (bits % range);
    }

    bool(probability = 0.5): boolean {
        return this.next() < probability;
    }

    pick<T>(items: readonly T[]): T {
        if (items.length === 0) throw new Error('cannot pick from an empty list');
        return items[this.int(0, items.length - 1)];
    }

    shuffle<T>(items: readonly T[]): T[] {
        const result = [...items];
        for (let i = result.length - 1; i > 0; i--) {
            const j = this.int(0, i);
            [result[i], result[j]] = [result[j], result[i]];
        }
        return result;
    }
}

/** Runs a test body with the generator of that name; a failure tells how to repeat it. */
export async function seeded(name: string, body: (random: Random) => Promise<void> | void): Promise<void> {
    const random = new Random(seed(name));
    try {
        await body(random);
    } catch (error) {
        const hint = `random sequence "${name}": repeat with SEED=${random.seed}${LONG ? ' LONG=1' : ''}`;
        if (error instanceof Error) {
            error.message += `\n\n${hint}`;
            // Jest prints the stack, and the stack carries the message as it was when the error was made.
            error.stack = `${error.stack ?? ''}\n\n${hint}`;
            throw error;
        }
        throw new Error(`${String(error)}\n\n${hint}`);
    }
}
