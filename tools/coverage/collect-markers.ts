/**
 * Runs in every test file of a coverage run (setupFilesAfterEnv): has the emulator log what it executes, and counts the
 * markers in the logs. It works on the emulator's class, so it sees every chain a test makes, in whatever way.
 */
import { randomUUID } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import { Executor } from '@ton/sandbox';
import type { ExecutorVerbosity } from '@ton/sandbox';
import { MARKER_IN_LOG } from './instrument';
import type { SpecHits } from './report';

const directory = process.env.TACT_COVERAGE_HITS;
if (!directory) throw new Error('TACT_COVERAGE_HITS is not set: start the coverage run with npm run coverage');

const hooks: Record<string, number> = {};
const tests: SpecHits['tests'] = {};
let current = hooks;

function count(log: string | undefined): void {
    for (const [, marker] of log?.matchAll(MARKER_IN_LOG) ?? []) current[marker] = (current[marker] ?? 0) + 1;
}

// These are the first hooks of every file: what runs in its own `beforeEach` belongs to the test.
beforeEach(() => {
    current = tests[expect.getState().currentTestName ?? ''] ??= {};
});
afterEach(() => {
    current = hooks;
});

/** The least verbose level that logs the executed instructions. */
function withLog<T extends { verbosity: ExecutorVerbosity }>(args: T): T {
    return args.verbosity === 'short' ? { ...args, verbosity: 'full' } : args;
}

/* eslint-disable @typescript-eslint/unbound-method -- called with the executor as `this` below */
const { runTransaction, runTickTock, runGetMethod } = Executor.prototype;
/* eslint-enable @typescript-eslint/unbound-method */

Executor.prototype.runTransaction = async function (args) {
    const answer = await runTransaction.call(this, withLog(args));
    count(answer.result.success ? answer.result.vmLog : answer.result.vmResults?.vmLog);
    return answer;
};

Executor.prototype.runTickTock = async function (args) {
    const answer = await runTickTock.call(this, withLog(args));
    count(answer.result.success ? answer.result.vmLog : answer.result.vmResults?.vmLog);
    return answer;
};

Executor.prototype.runGetMethod = async function (args) {
    const answer = await runGetMethod.call(this, withLog(args));
    count(answer.output.success ? answer.output.vm_log : undefined);
    return answer;
};

afterAll(() => {
    fs.mkdirSync(directory, { recursive: true });
    const spec = path.relative(process.cwd(), expect.getState().testPath ?? '');
    fs.writeFileSync(
        path.join(directory, `${randomUUID()}.json`),
        JSON.stringify({ spec, hooks, tests } satisfies SpecHits),
    );
});
