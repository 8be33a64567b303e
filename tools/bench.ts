/**
 * Measures gas and fees: `npm run bench [-- [--floor] [--check] [--up-to 100] [name ...]]`
 *
 * Runs every module tests/bench/<name>.bench.ts (or only the named ones) and writes docs/gas.json and docs/gas.md. With
 * --check it writes nothing: it measures the sizes up to 100 users and fails if a figure differs from docs/gas.json, so
 * that no change of gas goes unnoticed.
 *
 * With --floor it says instead what the gas was spent on and what could not be saved (tools/bench/floor.ts): it writes
 * docs/gas-floor.json and the generated part of docs/gas-floor.md, of every operation at the smallest size it is measured
 * at. --floor --check writes nothing and fails if either is not what it would write.
 */
import * as fs from 'fs';
import * as path from 'path';
import { buildAll } from './build';
import { compareFloor, createFloorRecorder, formatFloor, readFloor } from './bench/floor';
import type { FloorRow } from './bench/floor';
import { floorSection, replaceSection } from './bench/floor-report';
import { checkTargets, markdownReport } from './bench/report';
import type { Peers } from './bench/report';
import { compareRows, createRecorder, formatRows, LARGEST_CHECKED, readRows, sortRows } from './bench/rows';
import type { GasRow, Recorder } from './bench/rows';
import { listFiles, REPOSITORY_ROOT } from './tact/project';

const GAS_JSON = path.join(REPOSITORY_ROOT, 'docs', 'gas.json');
const GAS_MARKDOWN = path.join(REPOSITORY_ROOT, 'docs', 'gas.md');
const FLOOR_JSON = path.join(REPOSITORY_ROOT, 'docs', 'gas-floor.json');
const FLOOR_MARKDOWN = path.join(REPOSITORY_ROOT, 'docs', 'gas-floor.md');
const PEERS = path.join(__dirname, 'bench', 'peers.json');
const SUFFIX = '.bench.ts';

/** Runs the modules; `count` says how many figures there are by now. */
async function runModules(names: string[], record: Recorder, count: () => number): Promise<void> {
    const all = listFiles(REPOSITORY_ROOT, path.join('tests', 'bench'), SUFFIX);
    const nameOf = (file: string): string => path.basename(file, SUFFIX);
    const unknown = names.filter((name) => !all.some((file) => nameOf(file) === name));
    if (unknown.length > 0) throw new Error(`no tests/bench/${unknown[0]}${SUFFIX}`);
    const selected = all.filter((file) => names.length === 0 || names.includes(nameOf(file)));
    if (selected.length === 0) throw new Error(`no modules tests/bench/*${SUFFIX}`);

    for (const file of selected) {
        const start = Date.now();
        const before = count();
        const module = (await import(path.join(REPOSITORY_ROOT, file))) as {
            run?: (record: Recorder) => Promise<void>;
        };
        if (!module.run) throw new Error(`${file} does not export a function run`);
        await module.run(record);
        if (count() === before) throw new Error(`${file} has recorded nothing`);
        console.log(`${file}: ${count() - before} figures in ${((Date.now() - start) / 1000).toFixed(1)} s`);
    }
}

function check(measured: GasRow[], partial: boolean): void {
    const families = new Set(measured.map((r) => r.family));
    const committed = readRows(GAS_JSON).filter(
        (r) => r.users <= LARGEST_CHECKED && (!partial || families.has(r.family)),
    );
    const differences = compareRows(committed, measured);
    if (differences.length === 0) {
        console.log(`${measured.length} figures are equal to docs/gas.json`);
        return;
    }
    console.table(differences);
    throw new Error(`${differences.length} figures differ from docs/gas.json; npm run bench writes it anew`);
}

function write(measured: GasRow[], partial: boolean, largest: number): void {
    // A partial run replaces the families and sizes it has measured and leaves the others.
    const families = new Set(measured.map((r) => r.family));
    const others = (r: GasRow): boolean => r.users > largest || (partial && !families.has(r.family));
    const kept = readRows(GAS_JSON).filter(others);
    const rows = sortRows([...kept, ...measured]);
    const peers = readPeers();
    fs.mkdirSync(path.dirname(GAS_JSON), { recursive: true });
    fs.writeFileSync(GAS_JSON, formatRows(rows));
    fs.writeFileSync(GAS_MARKDOWN, markdownReport(rows, peers));
    for (const target of checkTargets(rows, peers.targets)) {
        if (target.state !== 'ok')
            console.warn(`${target.family} / ${target.operation}: ${target.state} (limit ${target.gas})`);
    }
    console.log(`${rows.length} figures in docs/gas.json and docs/gas.md`);
}

function readPeers(): Peers {
    return JSON.parse(fs.readFileSync(PEERS, 'utf8')) as Peers;
}

function checkFloor(measured: FloorRow[], partial: boolean): void {
    const committed = readFloor(FLOOR_JSON);
    const families = new Set(measured.map((r) => r.family));
    const differences = compareFloor(
        committed.filter((r) => !partial || families.has(r.family)),
        measured,
    );
    const document = fs.readFileSync(FLOOR_MARKDOWN, 'utf8');
    const stale = document !== replaceSection(document, floorSection(committed, readPeers().targets));
    for (const d of differences) console.error(`${d.row}\n    committed ${d.committed}\n    measured  ${d.measured}`);
    if (differences.length > 0 || stale) {
        throw new Error(
            `${differences.length} entries differ from docs/gas-floor.json, docs/gas-floor.md ` +
                `${stale ? 'does not match' : 'matches'} it; npm run bench -- --floor writes both anew`,
        );
    }
    console.log(`${measured.length} operations are equal to docs/gas-floor.json, and docs/gas-floor.md shows them`);
}

function writeFloor(measured: FloorRow[], partial: boolean): void {
    const families = new Set(measured.map((r) => r.family));
    const kept = partial ? readFloor(FLOOR_JSON).filter((r) => !families.has(r.family)) : [];
    const rows = sortRows([...kept, ...measured]);
    const document = fs.readFileSync(FLOOR_MARKDOWN, 'utf8');
    const written = replaceSection(document, floorSection(rows, readPeers().targets));
    fs.writeFileSync(FLOOR_JSON, formatFloor(rows));
    fs.writeFileSync(FLOOR_MARKDOWN, written);
    console.log(`${rows.length} operations in docs/gas-floor.json and docs/gas-floor.md`);
}

async function main(): Promise<void> {
    const args = process.argv.slice(2);
    const checking = args.includes('--check');
    const upTo = args.indexOf('--up-to');
    const largest = checking ? LARGEST_CHECKED : upTo < 0 ? Infinity : Number(args[upTo + 1]);
    if (!(largest >= 1)) throw new Error('--up-to takes a number of users');
    const names = args.filter((a, i) => !a.startsWith('--') && (upTo < 0 || i !== upTo + 1));
    const unknown = args.find((a) => a.startsWith('--') && !['--check', '--floor', '--up-to'].includes(a));
    if (unknown) throw new Error(`unknown option ${unknown}`);
    await buildAll({ only: process.env.TACT_ONLY?.split(',') });
    const partial = names.length > 0;
    if (args.includes('--floor')) {
        const { record, rows } = createFloorRecorder(LARGEST_CHECKED);
        await runModules(names, record, () => rows().length);
        if (checking) checkFloor(rows(), partial);
        else writeFloor(rows(), partial);
        return;
    }
    const { record, rows: measured } = createRecorder(largest);
    await runModules(names, record, () => measured.length);
    if (checking) check(measured, partial);
    else write(measured, partial, largest);
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
});
