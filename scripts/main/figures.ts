import { table } from '../lib/format';

/** TON with 9 decimals, always: columns of amounts line up, and no nano is hidden. */
export function amount(nano: bigint): string {
    const digits = (nano < 0n ? -nano : nano).toString().padStart(10, '0');
    return `${nano < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** A table with a rule below its header and above its sums. */
export function ruledTable(header: string[], rows: string[][], sums: string[]): string[] {
    const [head, ...body] = table([header, ...rows, sums]).split('\n');
    const rule = '-'.repeat(Math.max(head.length, ...body.map((line) => line.length)));
    return [head, rule, ...body.slice(0, -1), rule, body[body.length - 1]];
}
