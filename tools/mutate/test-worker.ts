/** A process of its own for running tests, one run after the other (see TestProcess in specs.ts). */
import type { Config } from '@jest/types';
import { runCLI } from 'jest';

import { run } from '../jest/fail-fast';
import { REPOSITORY_ROOT } from '../tact/project';

export interface TestRequest {
    /** Absolute paths, in the order in which they run. */
    specs: string[];
    seed?: number;
}

export interface FileResult {
    name: string;
    /** What failed, or kept the file from running. */
    message: string;
    milliseconds: number;
    tests: { status: string; fullName: string; milliseconds: number }[];
}

export interface TestAnswer {
    success: boolean;
    files: FileResult[];
}

const OPTIONS: Partial<Config.Argv> = {
    $0: 'jest',
    runInBand: true,
    silent: true,
    reporters: [],
    env: '<rootDir>/tools/jest/fail-fast-environment.ts',
    testRunner: '<rootDir>/tools/jest/fail-fast-runner.ts',
    testSequencer: '<rootDir>/tools/jest/ordered-sequencer.cjs',
    runTestsByPath: true,
};

async function answer({ specs, seed }: TestRequest): Promise<TestAnswer> {
    run.failed = false;
    process.env.SPEC_ORDER = JSON.stringify(specs);
    const shuffled = seed === undefined ? {} : { randomize: true, seed };
    const { results } = await runCLI({ ...OPTIONS, ...shuffled, _: specs } as Config.Argv, [REPOSITORY_ROOT]);
    const files = results.testResults.map((file): FileResult => ({
        name: file.testFilePath,
        message: file.failureMessage ?? '',
        milliseconds: file.perfStats.runtime,
        tests: file.testResults.map(({ status, fullName, duration }) => ({
            status,
            fullName,
            milliseconds: duration ?? 0,
        })),
    }));
    return { success: results.success, files };
}

process.on('message', (request: TestRequest) => {
    void answer(request)
        .catch((error: unknown): TestAnswer => {
            const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
            return { success: false, files: [{ name: request.specs[0], message, milliseconds: 0, tests: [] }] };
        })
        .then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
