/** Jest's own runner of a test file, which leaves the file alone after a failure in an earlier one. */
import type { JestEnvironment } from '@jest/environment';
import { createEmptyTestResult } from '@jest/test-result';
import type { TestEvents, TestResult } from '@jest/test-result';
import type { Config } from '@jest/types';
import type Runtime from 'jest-runtime';

import { run } from './fail-fast';

type SendToJest = <Name extends keyof TestEvents>(name: Name, args: TestEvents[Name]) => Promise<void>;

type Runner = (
    globalConfig: Config.GlobalConfig,
    config: Config.ProjectConfig,
    environment: JestEnvironment,
    runtime: Runtime,
    testPath: string,
    sendMessageToJest?: SendToJest,
) => Promise<TestResult>;

// eslint-disable-next-line @typescript-eslint/no-require-imports -- it has no types
const { default: runCircus } = require('jest-circus/runner') as { default: Runner };

const failFastRunner: Runner = async (globalConfig, config, environment, runtime, testPath, send) => {
    if (run.failed) return { ...createEmptyTestResult(), testFilePath: testPath };
    // A file that cannot be loaded throws.
    let passed = false;
    try {
        const result = await runCircus(globalConfig, config, environment, runtime, testPath, send);
        passed = result.numFailingTests === 0 && !result.testExecError;
        return result;
    } finally {
        if (!passed) run.failed = true;
    }
};

export default failFastRunner;
