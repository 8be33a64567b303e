/** Which tests judge a contract, and one run of them. */
import { fork } from 'child_process';
import type { ChildProcess } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';
import type { Selection } from '../coverage/reach';
import { listFiles, REPOSITORY_ROOT } from '../tact/project';
import type { FileResult, TestAnswer, TestRequest } from './test-worker';

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

/** A run without a mutant. */
export type Baseline = Pick<SpecRun, 'milliseconds' | 'durations'>;

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

const RUNS_PER_PROCESS = 25;

/**
 * Runs tests against one build directory, in a process that stays: to start Jest and to load the emulator takes longer than
 * most runs. Each run leaves something behind in its process, so there is a new one now and then.
 */
export class TestProcess {
    private child: ChildProcess | undefined;
    private runs = 0;

    constructor(private readonly buildDirectory: string) {}

    /** In this order of files, up to the first failure; with a seed, the tests of each file in an order of its own. */
    async run(
        selection: ReadonlyMap<string, readonly string[] | 'all'>,
        timeout: number,
        seed?: number,
    ): Promise<SpecRun> {
        if (++this.runs % RUNS_PER_PROCESS === 0) this.close();
        const inFull = (file: string): string => path.join(REPOSITORY_ROOT, file);
        const specs = [...selection.keys()].map(inFull);
        const parts = [...selection].flatMap(([spec, tests]) => (tests === 'all' ? [] : [[inFull(spec), tests]]));
        fs.writeFileSync(this.selectionFile, JSON.stringify(Object.fromEntries(parts)));
        const start = Date.now();
        const answer = await this.ask({ specs, seed }, timeout);
        const milliseconds = Date.now() - start;
        const durations: SpecRun['durations'] = new Map();
        if (answer === 'timeout') return { outcome: 'timeout', milliseconds, durations };
        for (const { name, milliseconds: whole, tests: all } of answer.files) {
            const ran = all.filter(({ status }) => status === 'passed');
            const tests = new Map(ran.map((test) => [test.fullName, test.milliseconds]));
            const inTests = [...tests.values()].reduce((sum, ms) => sum + ms, 0);
            durations.set(relativeTo(name), { setUp: Math.max(1, whole - inTests), tests });
        }
        if (answer.success) return { outcome: 'passed', milliseconds, durations };
        return { outcome: 'failed', ...firstFailure(answer.files), milliseconds, durations };
    }

    close(): void {
        this.child?.kill('SIGKILL');
        this.child = undefined;
    }

    private get selectionFile(): string {
        return path.join(path.dirname(this.buildDirectory), 'selection.json');
    }

    private async ask(request: TestRequest, timeout: number): Promise<TestAnswer | 'timeout'> {
        const child = (this.child ??= this.start());
        const answer = await new Promise<TestAnswer | 'timeout'>((resolve, reject) => {
            const timer = setTimeout(() => settle('timeout'), timeout);
            const settle = (value: TestAnswer | 'timeout'): void => {
                clearTimeout(timer);
                child.removeAllListeners();
                resolve(value);
            };
            child.once('message', settle);
            child.once('error', reject);
            child.once('exit', (code, signal) => {
                this.child = undefined;
                const message = `the tests ended their process (${signal ?? `exit ${code}`})`;
                settle({ success: false, files: [{ name: request.specs[0], message, milliseconds: 0, tests: [] }] });
            });
            child.send(request);
        });
        if (answer === 'timeout') this.close();
        return answer;
    }

    private start(): ChildProcess {
        return fork(path.join(__dirname, 'test-worker.ts'), {
            cwd: REPOSITORY_ROOT,
            execArgv: ['--require', 'ts-node/register/transpile-only'],
            env: {
                ...process.env,
                TACT_BUILD_DIR: this.buildDirectory,
                FAIL_FAST: '1',
                TEST_SELECTION: this.selectionFile,
            },
            stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        });
    }
}

const relativeTo = (file: string): string => path.relative(REPOSITORY_ROOT, file);

function firstFailure(files: FileResult[]): Pick<SpecRun, 'failedTest' | 'failedFile'> {
    for (const file of files) {
        const failed = file.tests.find((test) => test.status === 'failed');
        if (failed) return { failedTest: failed.fullName, failedFile: relativeTo(file.name) };
    }
    const broken = files.find((file) => file.message !== '');
    if (!broken) return {};
    const failedFile = relativeTo(broken.name);
    return { failedTest: `${failedFile}: ${broken.message.split('\n')[0]}`, failedFile };
}
