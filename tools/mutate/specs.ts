/** Which tests judge a contract, and one run of them. */
import * as fs from 'fs';
import * as path from 'path';
import { startJest } from '../jest/run-jest';
import { listFiles, REPOSITORY_ROOT } from '../tact/project';

const CONFIG = path.join('tools', 'mutate.config.json');

/**
 * The spec files of a contract, in the order of the configuration: the random operations first, which notice most faults
 * within seconds, then the cheap ones.
 */
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
    milliseconds: number;
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

export async function runSpecs(specs: string[], buildDirectory: string, timeout: number): Promise<SpecRun> {
    const report = path.join(path.dirname(buildDirectory), 'jest.json');
    fs.rmSync(report, { force: true });
    const child = startJest(
        [
            '--runInBand',
            '--bail=1',
            '--silent',
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
            SPEC_ORDER: JSON.stringify(specs.map((file) => path.join(REPOSITORY_ROOT, file))),
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
    if (expired) return { outcome: 'timeout', milliseconds };
    if (code === 0) return { outcome: 'passed', milliseconds };
    return { outcome: 'failed', failedTest: firstFailure(report), milliseconds };
}

function firstFailure(report: string): string | undefined {
    if (!fs.existsSync(report)) return undefined;
    const { testResults } = JSON.parse(fs.readFileSync(report, 'utf8')) as {
        testResults: { name: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
    };
    for (const file of testResults) {
        const failed = file.assertionResults.find((a) => a.status === 'failed');
        if (failed) return failed.fullName;
    }
    const broken = testResults.find((file) => file.message !== '');
    return broken && `${path.relative(REPOSITORY_ROOT, broken.name)}: ${broken.message.split('\n')[0]}`;
}
