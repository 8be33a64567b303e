import { Address, fromNano } from '@ton/core';

import { UsageError } from './errors';
import { tryAddress } from './csv';

/** Nanoton of an amount in TON, exactly. Commas, signs, exponents and a tenth decimal place are mistakes, not amounts. */
export function parseTon(text: string, what = 'amount'): bigint {
    const match = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text.trim());
    if (match === null) {
        throw new UsageError(`${what} "${text}" is not an amount of TON (digits, at most nine after the point)`);
    }
    return BigInt(match[1]) * 1_000_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/** Nanoton as TON, every digit of it. */
export function ton(nano: bigint): string {
    return `${fromNano(nano)} TON`;
}

/** Basis points of a percentage such as 12, 12.5 or 12.5%. */
export function parsePercent(text: string, what = 'percentage'): number {
    const match = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(text.trim());
    if (match === null) {
        throw new UsageError(`${what} "${text}" is not a percentage (at most two digits after the point)`);
    }
    return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

export function percent(bps: bigint | number): string {
    return `${Number(bps) / 100} %`;
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of 604800, 7d, 1d12h. */
export function parseSeconds(text: string, what = 'duration'): number {
    const value = text.trim().toLowerCase();
    if (/^\d{1,10}$/.test(value)) {
        return Number(value);
    }
    if (!/^(\d{1,6}[smhdw])+$/.test(value)) {
        throw new UsageError(`${what} "${text}" is not a duration (such as 7d, 12h, 1d12h or seconds)`);
    }
    return [...value.matchAll(/(\d+)([smhdw])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * UNITS[unit], 0);
}

export function duration(seconds: bigint | number): string {
    let rest = Number(seconds);
    const parts: string[] = [];
    for (const [unit, size] of [
        ['d', 86_400],
        ['h', 3600],
        ['m', 60],
        ['s', 1],
    ] as const) {
        const n = Math.floor(rest / size);
        rest -= n * size;
        if (n > 0) {
            parts.push(`${n}${unit}`);
        }
    }
    return parts.slice(0, 2).join(' ') || '0s';
}

/** Unix seconds as UTC. */
export function time(unix: bigint | number): string {
    return Number(unix) === 0 ? '-' : new Date(Number(unix) * 1000).toISOString().replace('.000Z', 'Z');
}

/** Unix seconds of a date (2026-01-31, the first second of the day in UTC), a UTC time or unix seconds. */
export function parseTime(text: string, what: string): number {
    if (/^\d{9,10}$/.test(text)) {
        return Number(text);
    }
    const iso = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
    const value = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(iso) ? Date.parse(iso) : NaN;
    if (Number.isNaN(value)) {
        throw new UsageError(
            `${what} "${text}" is not a date (2026-01-31), a UTC time (2026-01-31T12:00Z) or unix seconds`,
        );
    }
    return value / 1000;
}

/** An address in any form; raw, bounceable or not. */
export function parseAddress(text: string, what = 'address'): Address {
    const address = tryAddress(text.trim());
    if (address === undefined) {
        throw new UsageError(`${what} "${text}" is not a valid address`);
    }
    return address;
}

/** Columns padded to the widest cell; the first row is the header. Columns of numbers are right-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
    const width = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
    const right = rows[0].map(
        (_, i) => rows.length > 1 && rows.slice(1).every((row) => /^[-\d.]*( TON| %)?$/.test(row[i])),
    );
    return rows
        .map((row) =>
            row
                .map((cell, i) => (right[i] ? cell.padStart(width[i]) : cell.padEnd(width[i])))
                .join('  ')
                .trimEnd(),
        )
        .join('\n');
}

/** Values that JSON lacks, as strings: amounts keep every digit. */
export function toJson(value: unknown): string {
    return JSON.stringify(value, (_key, v: unknown): unknown =>
        typeof v === 'bigint' ? v.toString() : v instanceof Map ? (Object.fromEntries(v) as unknown) : v,
    );
}
