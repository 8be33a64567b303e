/**
 * What the operations of the bench would cost at least: `npm run bench -- --floor [--check]`.
 *
 * Two marks for every transaction, from the log of its instructions (floor-log) sorted by purpose (floor-classes):
 *
 *   hard floor       the new cells of its data and messages (floor-cells), made once; the cells it loads, loaded once; its
 *                    messages and reserves; its arithmetic and checked comparisons; its reads of fees, time and balance.
 *                    No field is parsed, nothing is dispatched, called or moved on the stack.
 *   practical floor  that, and the reading and writing of fields as the contract does it now.
 */
import * as fs from 'fs';
import type { Blockchain, BlockchainTransaction } from '@ton/sandbox';
import type { Cell } from '@ton/core';
import { AROUND, CLASS_NAMES, CREATE, LOAD, profile } from './floor-classes';
import type { ClassGas, Profile } from './floor-classes';
import { KnownCells, neededCells } from './floor-cells';
import { parseLog } from './floor-log';
import type { Cost, Recorder } from './rows';

/** What one transaction has done; sums of several have the same form. */
export interface Work {
    gas: number;
    hard: number;
    practical: number;
    classes: ClassGas;
    /** Cells made, how many of them its data and messages needed, loads of cells, and of cells loaded before. */
    made: number;
    needed: number;
    loaded: number;
    reloaded: number;
    messages: number;
    reserves: number;
}

/** Transactions of one contract and message, added up. */
export interface FloorStep extends Work {
    contract: string;
    message: string;
    count: number;
}

/** One entry of docs/gas-floor.json. */
export interface FloorRow {
    family: string;
    operation: string;
    users: number;
    /** Figures are sums over a batch of this many; what is compared with the target is one of them. */
    per: number;
    total: Work;
    steps: FloorStep[];
}

const FIGURES = ['gas', 'hard', 'practical', 'made', 'needed', 'loaded', 'reloaded', 'messages', 'reserves'] as const;

export function noWork(): Work {
    const classes = Object.fromEntries(CLASS_NAMES.map((name) => [name, 0])) as ClassGas;
    const figures = Object.fromEntries(FIGURES.map((name) => [name, 0])) as Omit<Work, 'classes'>;
    return { ...figures, classes };
}

export function addWork(sum: Work, work: Work): void {
    for (const figure of FIGURES) sum[figure] += work[figure];
    for (const name of CLASS_NAMES) sum.classes[name] += work.classes[name];
}

/** The marks of one transaction whose data and messages needed so many new cells. */
export function workOf(p: Profile, needed: number): Work {
    const gas = CLASS_NAMES.reduce((n, name) => n + p.classes[name], 0);
    const made = p.ended + p.updated;
    if (needed > made) throw new Error(`${needed} cells of its data and messages are new, but it made ${made}`);
    // A new cell is NEWC and ENDC, or comes with a change of a dictionary.
    const cells = needed * CREATE + 2 * AROUND * Math.max(0, needed - p.updated) + p.hashing;
    // The log does not say which cell was loaded. A cell made as a detour was made to be loaded: those do not count.
    const loaded = p.opened + p.visited;
    const unavoidable = Math.max(0, loaded - (made - needed));
    const loads = unavoidable * LOAD + AROUND * Math.max(0, unavoidable - p.visited);
    const hard = cells + loads + p.classes.messages + p.classes.arithmetic + p.classes.context;
    return {
        gas,
        hard,
        practical: hard + p.classes.fields,
        classes: p.classes,
        made,
        needed,
        loaded,
        reloaded: p.reloaded,
        messages: p.sent,
        reserves: p.reserved,
    };
}

/** The work of a transaction on a watched chain; undefined if no contract ran. */
export function workOfTransaction(tx: BlockchainTransaction, code: Cell | null | undefined): Work | undefined {
    const compute =
        tx.description.type === 'generic' || tx.description.type === 'tick-tock'
            ? tx.description.computePhase
            : undefined;
    if (compute?.type !== 'vm') return undefined;
    const limit = Number(compute.gasLimit) + Number(compute.gasCredit ?? 0);
    const p = profile(parseLog(tx.vmLogs, limit, Number(compute.gasUsed)));
    if (p.unknown.length > 0) throw new Error(`no class for ${[...new Set(p.unknown)].join(', ')}`);

    const actions = tx.outActions ?? [];
    const sent = actions.filter((a) => a.type === 'sendMsg').map((a) => a.outMsg);
    const reserves = actions.filter((a) => a.type === 'reserve').length;
    if (compute.success && (sent.length !== p.sent || reserves !== p.reserved)) {
        throw new Error(`the log has ${p.sent} + ${p.reserved} actions, the transaction ${sent.length} + ${reserves}`);
    }
    const known = new KnownCells();
    const init = tx.inMessage?.init;
    for (const cell of [tx.oldStorage, code, tx.inMessage?.body, init?.code, init?.data]) known.add(cell);
    return workOf(p, neededCells(known, compute.success ? tx.newStorage : undefined, sent));
}

/** Makes a chain write the logs and keep the data the marks are taken from. */
export function watch(blockchain: Blockchain): void {
    blockchain.verbosity = { print: false, blockchainLogs: false, vmLogs: 'vm_logs_gas', debugLogs: false };
    blockchain.recordStorage = true;
}

/** (A chain nobody watches writes the last lines of its logs nevertheless.) */
export function isWatched(blockchain: Blockchain): boolean {
    return blockchain.recordStorage;
}

/** Keeps, of every operation, the smallest size it was recorded at. */
export function createFloorRecorder(largest: number): { record: Recorder; rows: () => FloorRow[] } {
    const rows = new Map<string, FloorRow>();
    const add = (family: string, operation: string, users: number, cost: Cost): void => {
        const key = `${family} / ${operation}`;
        const kept = rows.get(key);
        if (users > largest || (kept && kept.users < users)) return;
        if (!cost.steps) throw new Error(`${key} is recorded without its transactions`);
        const row = floorRow(family, operation, users, cost.per ?? 1, cost.steps);
        if (Math.round(row.total.gas / row.per) !== cost.gas) {
            throw new Error(`${key}: recorded ${cost.gas}, its transactions have ${row.total.gas} / ${row.per}`);
        }
        rows.set(key, row);
    };
    const sizes = (all: readonly number[]): number[] => all.filter((n) => n <= largest);
    const sorted = (): FloorRow[] =>
        [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
    return { record: Object.assign(add, { sizes, watch }), rows: sorted };
}

function floorRow(
    family: string,
    operation: string,
    users: number,
    per: number,
    transactions: { contract: string; message: string; gas: number; work?: Work }[],
): FloorRow {
    const steps: FloorStep[] = [];
    const total = noWork();
    for (const { contract, message, gas, work } of transactions) {
        if (!work) {
            if (gas === 0) continue;
            throw new Error(`${family} / ${operation}: no log of ${contract} ${message}; see record.watch`);
        }
        let step = steps.find((s) => s.contract === contract && s.message === message);
        if (!step) steps.push((step = { contract, message, count: 0, ...noWork() }));
        step.count++;
        addWork(step, work);
        addWork(total, work);
    }
    return { family, operation, users, per, total, steps };
}

/** One transaction a line. */
export function formatFloor(rows: FloorRow[]): string {
    const list = (items: unknown[], indent: string): string =>
        items.map((item) => `${indent}${JSON.stringify(item)}`).join(',\n');
    const entries = rows.map(({ steps, total, ...row }) => {
        const head = JSON.stringify({ ...row, total }).slice(0, -1);
        return `    ${head},"steps":[\n${list(steps, '        ')}\n    ]}`;
    });
    return `[\n${entries.join(',\n')}\n]\n`;
}

export function readFloor(file: string): FloorRow[] {
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as FloorRow[]) : [];
}

export interface FloorDifference {
    row: string;
    committed: string;
    measured: string;
}

/** Compares transaction by transaction: a gain in one must not hide a loss in another. */
export function compareFloor(committed: FloorRow[], measured: FloorRow[]): FloorDifference[] {
    const lines = (rows: FloorRow[]): Map<string, string> =>
        new Map(
            rows.flatMap(({ family, operation, users, per, total, steps }) =>
                [{ contract: 'all', message: '', count: per, ...total }, ...steps].map((step): [string, string] => [
                    `${family} / ${operation} / ${users} / ${step.contract} ${step.message}`.trim(),
                    JSON.stringify({ per, ...step }),
                ]),
            ),
        );
    const [before, after] = [lines(committed), lines(measured)];
    return [...new Set([...before.keys(), ...after.keys()])]
        .sort()
        .map((row) => ({ row, committed: before.get(row) ?? 'absent', measured: after.get(row) ?? 'absent' }))
        .filter((d) => d.committed !== d.measured);
}
