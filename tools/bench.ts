/**
 * Measures gas and fees: `npm run bench [-- --check] [name ...]`
 *
 * Runs every module tests/bench/<name>.bench.ts (or only the named ones) and writes docs/gas.json and docs/gas.md. With
 * --check it writes nothing: it measures the sizes up to 100 users and fails if a figure differs from docs/gas.json, so
 * that no change of gas goes unnoticed.
 */
import * as fs from 'fs';
import * as path from 'path';
import { buildAll } from './build';
import { checkTargets, markdownReport } from './bench/report';
import type { Peers } from './bench/report';
import { compareRows, createRecorder, formatRows, LARGEST_CHECKED, readRows, sortRows } from './bench/rows';
import type { GasRow, Recorder } from './bench/rows';
import { listFiles, REPOSITORY_ROOT } from './tact/project';

const GAS_JSON = path.join(REPOSITORY_ROOT, 'docs', 'gas.json');
const GAS_MARKDOWN = path.join(REPOSITORY_ROOT, 'docs', 'gas.md');
const PEERS = path.join(__dirname, 'bench', 'peers.json');
const SUFFIX = '.bench.ts';

async function runModules(names: string[], largest: number): Promise<GasRow[]> {
    const all = listFiles(REPOSITORY_ROOT, path.join('tests', 'bench'), SUFFIX);
    const nameOf = (file: string): string => path.basename(file, SUFFIX);
    const unknown = names.filter((name) => !all.some((file) => nameOf(file) === name));
    if (unknown.length > 0) throw new Error(`no tests/bench/${unknown[0]}${SUFFIX}`);
    const selected = all.filter((file) => names.length === 0 || names.includes(nameOf(file)));
    if (selected.length === 0) throw new Error(`no modules tests/bench/*${SUFFIX}`);

    const { record, rows } = createRecorder(largest);
    for (const file of selected) {
        const start = Date.now();
        const before = rows.length;
        const module = (await import(path.join(REPOSITORY_ROOT, file))) as {
            run?: (record: Recorder) => Promise<void>;
        };
        if (!module.run) throw new Error(`${file} does not export a function run`);
        await module.run(record);
        if (rows.length === before) throw new Error(`${file} has recorded nothing`);
        console.log(`${file}: ${rows.length - before} figures in ${((Date.now() - start) / 1000).toFixed(1)} s`);
    }
    return rows;
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

function write(measured: GasRow[], partial: boolean): void {
    // A partial run replaces the families it has measured and leaves the others.
    const families = new Set(measured.map((r) => r.family));
    const kept = partial ? readRows(GAS_JSON).filter((r) => !families.has(r.family)) : [];
    const rows = sortRows([...kept, ...measured]);
    const peers = JSON.parse(fs.readFileSync(PEERS, 'utf8')) as Peers;
    fs.mkdirSync(path.dirname(GAS_JSON), { recursive: true });
    fs.writeFileSync(GAS_JSON, formatRows(rows));
    fs.writeFileSync(GAS_MARKDOWN, markdownReport(rows, peers));
    for (const target of checkTargets(rows, peers.targets)) {
        if (target.state !== 'ok')
            console.warn(`${target.family} / ${target.operation}: ${target.state} (limit ${target.gas})`);
    }
    console.log(`${rows.length} figures in docs/gas.json and docs/gas.md`);
}

async function main(): Promise<void> {
    const args = process.argv.slice(2);
    const checking = args.includes('--check');
    const names = args.filter((a) => a !== '--check');
    await buildAll({ only: process.env.TACT_ONLY?.split(',') });
    const measured = await runModules(names, checking ? LARGEST_CHECKED : Infinity);
    if (checking) check(measured, names.length > 0);
    else write(measured, names.length > 0);
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exit(1);
});
