/** Which tests judge a contract, and one run of them. */
import * as fs from 'fs';
import * as path from 'path';
import type { Selection } from '../coverage/reach';
import { startJest } from '../jest/run-jest';
import { listFiles, REPOSITORY_ROOT } from '../tact/project';

const CONFIG = path.join('tools', 'mutate.config.json');

/** The spec files of a contract. */
export function specsOf(contract: string): string[] {
    const config = JSON.parse(fs.readFileSync(path.join(REPOSITORY_ROOT, CONFIG), 'utf8')) as Record<string, string[]>;
    if (!(contract in config)) throw new Error(`${CONFIG} does not say which specs test ${contract}`);
    const all = listFiles(REPOSITORY_ROOT, 'tests', '.spec.ts');
    const specs = config[contract].flatMap((pattern) => {
        const matching = all.filter((file) => globToRegExp(pattern).test(file));
        if (matching.length === 0) throw new Error(`${CONFIG}: no spec matches ${pattern}`);
        return matching;
    });
    return [...new Set(specs)];
}

/** `**` stands for any directories, `*` for anything within a name. */
function globToRegExp(glob: string): RegExp {
    const parts = glob.split(/(\*\*\/|\*\*|\*)/).map((part) => {
        if (part === '**/') return '(?:.*/)?';
        if (part === '**') return '.*';
        if (part === '*') return '[^/]*';
        return part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    });
    return new RegExp(`^${parts.join('')}$`);
}

export interface SpecRun {
    outcome: 'passed' | 'failed' | 'timeout';
    /** Full name of the first test that failed, or what kept a whole file from running. */
    failedTest?: string;
    /** The spec file it is in. */
    failedFile?: string;
    milliseconds: number;
    /** Of every spec file: its tests that were run, and how long each took. */
    durations: Map<string, SpecDuration>;
}

interface SpecDuration {
    /** What the file takes beside its tests: to load it, and its set-up. */
    setUp: number;
    tests: Map<string, number>;
}

/** Which tests to ask first: those that noticed most faults so far in the least time. */
export class Order {
    private readonly kills = new Map<string, number>();

    constructor(private readonly durations: SpecRun['durations']) {}

    /** All tests that there are. */
    tests(): Selection {
        return new Map([...this.durations].map(([spec, { tests }]) => [spec, [...tests.keys()]]));
    }

    private expected(spec: string, chosen: readonly string[]): number {
        const { setUp, tests } = this.durations.get(spec)!;
        return chosen.reduce((sum, test) => sum + tests.get(test)!, setUp);
    }

    private noticed(by: string): number {
        return 1 + (this.kills.get(by) ?? 0);
    }

    /** `selection`: some of the tests that there are. */
    sorted(selection: Selection): Selection {
        const worth = ([spec, tests]: readonly [string, readonly string[]]): number =>
            this.noticed(spec) / this.expected(spec, tests);
        return new Map([...selection].sort((a, b) => worth(b) - worth(a)));
    }

    /**
     * As many of the best tests as take this long together, and the others. Most faults are noticed by the former, before a
     * single long test of the same file has ended.
     */
    split(selection: Selection, milliseconds: number): { first: Selection; others: Selection } {
        const all = [...selection].flatMap(([spec, tests]) =>
            tests.map((test) => ({ spec, test, takes: this.durations.get(spec)!.tests.get(test)! })),
        );
        const worth = ({ test, takes }: { test: string; takes: number }): number => this.noticed(test) / (takes + 1);
        const first = new Map<string, string[]>();
        let left = milliseconds;
        for (const { spec, test, takes } of all.sort((a, b) => worth(b) - worth(a))) {
            const chosen = first.get(spec);
            const cost = takes + (chosen ? 0 : this.expected(spec, []));
            if (cost > left) continue;
            left -= cost;
            first.set(spec, [...(chosen ?? []), test]);
        }
        const others = [...selection].flatMap(([spec, tests]) => {
            const remaining = tests.filter((test) => !first.get(spec)?.includes(test));
            return remaining.length > 0 ? [[spec, remaining] as const] : [];
        });
        return { first, others: new Map(others) };
    }

    killedBy({ failedFile, failedTest }: Pick<SpecRun, 'failedFile' | 'failedTest'>): void {
        for (const by of [failedFile, failedTest]) {
            if (by !== undefined) this.kills.set(by, (this.kills.get(by) ?? 0) + 1);
        }
    }
}

const active = new Set<number>();

/** The children run in process groups of their own, so an interrupted run has to end them itself. */
export function killActiveRuns(): void {
    for (const pid of active) killGroup(pid);
}

function killGroup(pid: number): void {
    try {
        process.kill(-pid, 'SIGKILL');
    } catch {
        // it has just ended
    }
}

/** Runs tests in this order of files, up to the first failure; with a seed, the tests of each file in an order of its own. */
export async function runSpecs(
    selection: ReadonlyMap<string, readonly string[] | 'all'>,
    buildDirectory: string,
    timeout: number,
    seed?: number,
): Promise<SpecRun> {
    const specs = [...selection.keys()];
    const inFull = (file: string): string => path.join(REPOSITORY_ROOT, file);
    const chosen = path.join(path.dirname(buildDirectory), 'selection.json');
    const parts = [...selection].flatMap(([spec, tests]) => (tests === 'all' ? [] : [[inFull(spec), tests]]));
    fs.writeFileSync(chosen, JSON.stringify(Object.fromEntries(parts)));
    const report = path.join(path.dirname(buildDirectory), 'jest.json');
    fs.rmSync(report, { force: true });
    const child = startJest(
        [
            '--runInBand',
            '--bail=1',
            '--silent',
            ...(seed === undefined ? [] : ['--randomize', `--seed=${seed}`]),
            '--env=<rootDir>/tools/jest/fail-fast-environment.ts',
            '--testSequencer=<rootDir>/tools/jest/ordered-sequencer.cjs',
            '--json',
            `--outputFile=${report}`,
            '--runTestsByPath',
            ...specs,
        ],
        {
            TACT_BUILD_DIR: buildDirectory,
            FAIL_FAST: '1',
            SPEC_ORDER: JSON.stringify(specs.map(inFull)),
            TEST_SELECTION: chosen,
        },
        'ignore',
        true,
    );
    const { pid } = child;
    if (pid === undefined) throw new Error('cannot start jest');
    active.add(pid);
    const start = Date.now();
    let expired = false;
    const timer = setTimeout(() => {
        expired = true;
        killGroup(pid);
    }, timeout);
    const code = await new Promise<number | null>((resolve, reject) => {
        child.on('error', reject);
        child.on('close', resolve);
    });
    clearTimeout(timer);
    active.delete(pid);
    const milliseconds = Date.now() - start;
    const durations: SpecRun['durations'] = new Map();
    if (expired) return { outcome: 'timeout', milliseconds, durations };
    const files = readReport(report);
    for (const { name, startTime, endTime, assertionResults } of files) {
        const ran = assertionResults.filter(({ status }) => status === 'passed');
        const tests = new Map(ran.map((test) => [test.fullName, test.duration ?? 0]));
        const inTests = [...tests.values()].reduce((sum, ms) => sum + ms, 0);
        durations.set(relativeTo(name), { setUp: Math.max(1, endTime - startTime - inTests), tests });
    }
    if (code === 0) return { outcome: 'passed', milliseconds, durations };
    return { outcome: 'failed', ...firstFailure(files), milliseconds, durations };
}

interface FileReport {
    name: string;
    message: string;
    startTime: number;
    endTime: number;
    assertionResults: { status: string; fullName: string; duration?: number | null }[];
}

const relativeTo = (file: string): string => path.relative(REPOSITORY_ROOT, file);

function readReport(report: string): FileReport[] {
    if (!fs.existsSync(report)) return [];
    return (JSON.parse(fs.readFileSync(report, 'utf8')) as { testResults: FileReport[] }).testResults;
}

function firstFailure(files: FileReport[]): Pick<SpecRun, 'failedTest' | 'failedFile'> {
    for (const file of files) {
        const failed = file.assertionResults.find((a) => a.status === 'failed');
        if (failed) return { failedTest: failed.fullName, failedFile: relativeTo(file.name) };
    }
    const broken = files.find((file) => file.message !== '');
    if (!broken) return {};
    const failedFile = relativeTo(broken.name);
    return { failedTest: `${failedFile}: ${broken.message.split('\n')[0]}`, failedFile };
}
