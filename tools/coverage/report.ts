/** From counted markers to lines: the table and the lcov file. */
import * as fs from 'fs';
import * as path from 'path';
import type { MarkerMap } from './instrument';

export interface FileCoverage {
    file: string;
    /** Line -> how often the most executed statement of the line ran. */
    lines: Map<number, number>;
    /** For every `if` without `else`: its line, and how often its condition was false. */
    elses: { line: number; hits: number }[];
}

/** Marker -> how often it was executed. */
type Hits = Record<string, number>;

/** What one spec file executed. */
export interface SpecHits {
    spec: string;
    /** Outside of its tests: in `beforeAll` and `afterAll`. */
    hooks: Hits;
    /** Full name of a test that ran -> what it executed. */
    tests: Record<string, Hits>;
}

export function readHits(directory: string): SpecHits[] {
    if (!fs.existsSync(directory)) return [];
    return fs
        .readdirSync(directory)
        .map((file) => JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8')) as SpecHits);
}

export function sumHits(specs: SpecHits[]): Hits {
    const total: Hits = {};
    for (const hits of specs.flatMap(({ hooks, tests }) => [hooks, ...Object.values(tests)])) {
        for (const [marker, n] of Object.entries(hits)) total[marker] = (total[marker] ?? 0) + n;
    }
    return total;
}

export function coverageByFile(markers: MarkerMap, hits: Hits): FileCoverage[] {
    const files = new Map<string, FileCoverage>();
    for (const [id, { file, line, kind }] of Object.entries(markers)) {
        const coverage: FileCoverage = files.get(file) ?? { file, lines: new Map(), elses: [] };
        files.set(file, coverage);
        const n = hits[id] ?? 0;
        if (kind === 'else') coverage.elses.push({ line, hits: n });
        else coverage.lines.set(line, Math.max(coverage.lines.get(line) ?? 0, n));
    }
    return [...files.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
}

export function missedLines({ lines }: FileCoverage): number[] {
    return [...lines]
        .filter(([, n]) => n === 0)
        .map(([line]) => line)
        .sort((a, b) => a - b);
}

export function lcov(files: FileCoverage[]): string {
    return files
        .map((coverage) => {
            const lines = [...coverage.lines].sort(([a], [b]) => a - b);
            return [
                'TN:',
                `SF:${coverage.file}`,
                ...coverage.elses.map(({ line, hits }, i) => `BRDA:${line},${i},0,${hits || '-'}`),
                `BRF:${coverage.elses.length}`,
                `BRH:${coverage.elses.filter(({ hits }) => hits > 0).length}`,
                ...lines.map(([line, n]) => `DA:${line},${n}`),
                `LF:${lines.length}`,
                `LH:${lines.filter(([, n]) => n > 0).length}`,
                'end_of_record\n',
            ].join('\n');
        })
        .join('');
}

export interface Totals {
    hit: number;
    lines: number;
    percent: number;
}

export function totals(files: FileCoverage[]): Totals {
    const lines = files.reduce((sum, f) => sum + f.lines.size, 0);
    const hit = lines - files.reduce((sum, f) => sum + missedLines(f).length, 0);
    return { hit, lines, percent: lines === 0 ? 0 : (100 * hit) / lines };
}

/** `3-5, 9`: consecutive statement lines, even with blank lines or comments between them, become one range. */
function ranges(missed: number[], all: number[]): string {
    const groups: number[][] = [];
    for (const line of missed) {
        const group = groups.at(-1);
        const last = group?.at(-1);
        if (group && last !== undefined && !all.some((other) => other > last && other < line)) group.push(line);
        else groups.push([line]);
    }
    return groups.map((g) => (g.length === 1 ? `${g[0]}` : `${g[0]}-${g[g.length - 1]}`)).join(', ');
}

/** Rounded down: 99.96 % is not 100 %. */
export function formatPercent(percent: number): string {
    return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
}

export function table(files: FileCoverage[]): string {
    const width = Math.max(5, ...files.map((f) => f.file.length));
    const row = (name: string, t: Totals, elses: string, missed: string): string =>
        `${name.padEnd(width)}  ${`${t.hit}/${t.lines}`.padStart(11)}  ${formatPercent(t.percent).padStart(8)}  ` +
        `${elses.padStart(13)}  ${missed}`.trimEnd();
    const elses = (list: FileCoverage[]): string => {
        const all = list.flatMap((f) => f.elses);
        return `${all.filter((e) => e.hits > 0).length}/${all.length}`;
    };
    return [
        `${'file'.padEnd(width)}  ${'lines'.padStart(11)}  ${''.padStart(8)}  ${'false branches'.padStart(13)}  missed lines`,
        ...files.map((f) => row(f.file, totals([f]), elses([f]), ranges(missedLines(f), [...f.lines.keys()]))),
        row('total', totals(files), elses(files), ''),
    ].join('\n');
}
