/** The recorded figures: how they are collected, stored and compared. */
import * as fs from 'fs';
import type { Blockchain } from '@ton/sandbox';
import type { Step } from './measure';

/** One line of docs/gas.json. */
export interface GasRow {
    family: string;
    operation: string;
    /** Size of the system (participants, voters, workers ...) the operation was measured at. */
    users: number;
    gas: number;
    /** In nanoton, decimal: a bigint does not fit into JSON. */
    fees: string;
    hops: number;
}

export interface Cost {
    gas: number;
    fees: bigint;
    hops: number;
    /** The transactions, and how many operations they are together: what the floor is made from. */
    steps?: Step[];
    per?: number;
}

/** What a module under tests/bench gets: `export async function run(record: Recorder): Promise<void>`. */
export interface Recorder {
    (family: string, operation: string, users: number, cost: Cost): void;
    /** The sizes to measure in this run: all of them, or only the small ones when comparing. */
    sizes(all: readonly number[]): number[];
    /** To be called with a new chain, before anything is measured on it: --floor makes it write instruction logs. */
    watch(blockchain: Blockchain): void;
}

/** `npm run bench -- --check` measures up to this size; the large ones take minutes. */
export const LARGEST_CHECKED = 100;

export function createRecorder(largest: number): { record: Recorder; rows: GasRow[] } {
    const rows: GasRow[] = [];
    const add = (family: string, operation: string, users: number, { gas, fees, hops }: Cost): void => {
        if (users > largest) return;
        const row = { family, operation, users, gas, fees: fees.toString(), hops };
        if (rows.some((r) => key(r) === key(row))) throw new Error(`${key(row)} is recorded twice`);
        rows.push(row);
    };
    const sizes = (all: readonly number[]): number[] => all.filter((n) => n <= largest);
    return { record: Object.assign(add, { sizes, watch: () => {} }), rows };
}

export function key({ family, operation, users }: GasRow): string {
    return `${family} / ${operation} / ${users}`;
}

export function sortRows<T extends Pick<GasRow, 'family' | 'operation' | 'users'>>(rows: T[]): T[] {
    const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    return [...rows].sort((a, b) => order(a.family, b.family) || order(a.operation, b.operation) || a.users - b.users);
}

export function readRows(file: string): GasRow[] {
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as GasRow[]) : [];
}

/** One row per line, so that a change of one figure is a change of one line. */
export function formatRows(rows: GasRow[]): string {
    return `[\n${rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n')}\n]\n`;
}

export interface Difference {
    row: string;
    committed: string;
    measured: string;
}

export function compareRows(committed: GasRow[], measured: GasRow[]): Difference[] {
    const figures = (row: GasRow | undefined): string =>
        row ? `gas ${row.gas}, fees ${row.fees}, hops ${row.hops}` : 'absent';
    const keys = new Set(sortRows([...committed, ...measured]).map(key));
    return [...keys]
        .map((k) => ({
            row: k,
            committed: figures(committed.find((r) => key(r) === k)),
            measured: figures(measured.find((r) => key(r) === k)),
        }))
        .filter((d) => d.committed !== d.measured);
}
