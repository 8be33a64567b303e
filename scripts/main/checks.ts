/** Comparisons of what is on the chain with what it should be. All are made; the first difference does not hide others. */
import { amount } from './figures';

export type Difference = { what: string; chain: string; expected: string };

export class Checks {
    private made = 0;
    readonly differences: Difference[] = [];

    get count(): number {
        return this.made;
    }

    equal(what: string, chain: bigint | number, expected: bigint | number): void {
        this.made += 1;
        if (BigInt(chain) !== BigInt(expected)) {
            this.differences.push({ what, chain: chain.toString(), expected: expected.toString() });
        }
    }

    yes(what: string, holds: boolean): void {
        this.made += 1;
        if (!holds) {
            this.differences.push({ what, chain: 'no', expected: 'yes' });
        }
    }

    notNegative(what: string, value: bigint): void {
        this.made += 1;
        if (value < 0n) {
            this.differences.push({ what, chain: amount(value), expected: '0 or more' });
        }
    }
}
