import * as path from 'path';
import type { Config } from 'jest';

// Set by the coverage and mutation runs: the wrappers then take the contracts from another build directory.
const buildDirectory = process.env.TACT_BUILD_DIR ? path.resolve(process.env.TACT_BUILD_DIR) : undefined;

// `blueprint snapshot` and `blueprint test --gas-report` measure through the sandbox's own environment and reporter.
const gasReport = process.env.BENCH_NEW !== undefined || process.env.BENCH_DIFF === 'true';

const config: Config = {
    testEnvironment: gasReport ? '@ton/sandbox/jest-environment' : 'node',
    reporters: gasReport
        ? ['default', ['@ton/sandbox/jest-reporter', { contractDatabase: 'contract.abi.json', removeRawResult: true }]]
        : ['default'],
    testMatch: ['<rootDir>/tests/**/*.spec.ts'],
    transform: {
        '^.+\\.tsx?$': [
            '@swc/jest',
            {
                jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
                module: { type: 'commonjs' },
                sourceMaps: 'inline',
            },
        ],
    },
    // The same results in less time: every suite runs on the sandbox.
    setupFiles: ['<rootDir>/tests/support/fast-core.ts', '<rootDir>/tests/support/fast-boc.ts'],
    setupFilesAfterEnv: process.env.TACT_COVERAGE === '1' ? ['<rootDir>/tools/coverage/collect-markers.ts'] : [],
    globalSetup: '<rootDir>/tools/jest/build-before-tests.ts',
    moduleNameMapper: buildDirectory ? { '^(?:\\.\\./)+build/(.*)$': `${buildDirectory}/$1` } : {},
    testTimeout: 60_000,
    maxWorkers: 2,
};

export default config;
