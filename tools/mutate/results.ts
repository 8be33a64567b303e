/** Outcomes while they come in (.mut/<Contract>.ndjson, for --resume) and the report that is committed. */
import * as fs from 'fs';
import * as path from 'path';
import { REPOSITORY_ROOT } from '../tact/project';
import type { Mutant } from './operators';
import type { Baseline } from './specs';

export type Outcome = 'killed' | 'timeout' | 'survived' | 'does not compile' | 'same code';

export interface Judged {
    id: string;
    outcome: Outcome;
    killedBy?: string;
}

/** Counts for the score; the other outcomes say nothing about the tests. */
export function isValid(outcome: Outcome): boolean {
    return outcome === 'killed' || outcome === 'timeout' || outcome === 'survived';
}

/** What an outcome depends on, as hashes. */
export interface Basis {
    /** The contracts. */
    sources: string;
    /** The specs and the code they share. */
    tests: string;
}

/** Which outcomes of earlier runs count: those of the same tests, or also what fewer tests have noticed already. */
export type Kept = 'nothing' | 'same tests' | 'kills';

type Entry = Judged & Basis;

/** The outcomes of earlier runs over the same sources. */
export class Journal {
    constructor(
        private readonly file: string,
        private readonly basis: Basis,
    ) {}

    /** The outcomes that still hold; all others are forgotten. */
    keep(kept: Kept): Map<string, Judged> {
        const held = kept === 'nothing' ? [] : this.entries().filter((entry) => this.holds(entry, kept));
        fs.rmSync(this.file, { force: true });
        for (const { id, outcome, killedBy } of held) this.append({ id, outcome, killedBy });
        return new Map(held.map((entry) => [entry.id, entry]));
    }

    append(judged: Judged): void {
        fs.mkdirSync(path.dirname(this.file), { recursive: true });
        fs.appendFileSync(this.file, `${JSON.stringify({ ...this.basis, ...judged })}\n`);
    }

    private holds({ sources, tests, outcome }: Entry, kept: Kept): boolean {
        if (sources !== this.basis.sources) return false;
        return tests === this.basis.tests || (kept === 'kills' && outcome !== 'survived');
    }

    private entries(): Entry[] {
        if (!fs.existsSync(this.file)) return [];
        return fs
            .readFileSync(this.file, 'utf8')
            .split('\n')
            .flatMap((line) => {
                try {
                    return [JSON.parse(line) as Entry];
                } catch {
                    return []; // the last line of a killed run may be cut off
                }
            });
    }
}

type Stored = { milliseconds: number; specs: [string, { setUp: number; tests: [string, number][] }][] };

export function writeBaseline(file: string, { milliseconds, durations }: Baseline): void {
    const specs: Stored['specs'] = [...durations].map(([spec, { setUp, tests }]) => [
        spec,
        { setUp, tests: [...tests] },
    ]);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify({ milliseconds, specs } satisfies Stored));
}

export function readBaseline(file: string): Baseline {
    const { milliseconds, specs } = JSON.parse(fs.readFileSync(file, 'utf8')) as Stored;
    const durations = specs.map(([spec, { setUp, tests }]) => [spec, { setUp, tests: new Map(tests) }] as const);
    return { milliseconds, durations: new Map(durations) };
}

export interface Survivor {
    id: string;
    file: string;
    line: number;
    place: string;
    operator: string;
    change: string;
    /** Why no test can or need notice it; null: nobody has said so yet. */
    reason: string | null;
}

export interface MutationReport {
    contract: string;
    files: string[];
    seed: number;
    /** Mutants the operators find in these files; the sample is taken from them. */
    possible: number;
    judged: number;
    killed: number;
    timeouts: number;
    survived: number;
    doNotCompile: number;
    sameCode: number;
    /** Percentage of the judged mutants that were noticed, rounded down to a tenth. */
    score: number;
    survivors: Survivor[];
}

export type Reasons = Record<string, string>;

const REPORTS = path.join(REPOSITORY_ROOT, 'docs', 'mutation');

/** `docs/mutation/reasons.json`: id of a survivor -> why it may survive. Written by hand. */
export function readReasons(): Reasons {
    const file = path.join(REPORTS, 'reasons.json');
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Reasons) : {};
}

export function makeReport(
    contract: string,
    files: string[],
    seed: number,
    possible: Mutant[],
    results: Judged[],
    reasons: Reasons,
): MutationReport {
    const count = (outcome: Outcome): number => results.filter((r) => r.outcome === outcome).length;
    const judged = results.filter((r) => isValid(r.outcome)).length;
    const survivors = results
        .filter((r) => r.outcome === 'survived')
        .map(({ id }): Survivor => {
            const mutant = possible.find((m) => m.id === id);
            if (!mutant) throw new Error(`no mutant ${id}`);
            const { file, line, place, operator, change } = mutant;
            return { id, file, line, place, operator, change, reason: reasons[id] ?? null };
        })
        .sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
    return {
        contract,
        files,
        seed,
        possible: possible.length,
        judged,
        killed: count('killed'),
        timeouts: count('timeout'),
        survived: survivors.length,
        doNotCompile: count('does not compile'),
        sameCode: count('same code'),
        score: judged === 0 ? 0 : Math.floor((1000 * (judged - survivors.length)) / judged) / 10,
        survivors,
    };
}

export function writeReport(report: MutationReport): string {
    const file = path.join(REPORTS, `${report.contract}.json`);
    fs.mkdirSync(REPORTS, { recursive: true });
    fs.writeFileSync(file, `${JSON.stringify(report, null, 4)}\n`);
    return path.relative(REPOSITORY_ROOT, file);
}

export function printReport(report: MutationReport): void {
    for (const s of report.survivors) {
        console.log(`  ${s.id}  ${s.file}:${s.line}  ${s.place}  ${s.operator}: ${s.change}`);
        console.log(`                ${s.reason ?? 'NO REASON in docs/mutation/reasons.json'}`);
    }
    const unexplained = report.survivors.filter((s) => s.reason === null).length;
    console.log(
        `${report.contract}: ${report.killed + report.timeouts} of ${report.judged} mutants killed ` +
            `(${report.timeouts} by timeout), score ${report.score} %; ${report.survived} survived, ` +
            `${unexplained} of them without a reason; ${report.doNotCompile} did not compile, ` +
            `${report.sameCode} compiled to the same code`,
    );
}
