import * as path from 'path';
import type { Config } from 'jest';

// Set by the coverage and mutation runs: the wrappers then take the contracts from another build directory.
const buildDirectory = process.env.TACT_BUILD_DIR ? path.resolve(process.env.TACT_BUILD_DIR) : undefined;

// `blueprint snapshot` and `blueprint test --gas-report` measure through the sandbox's own environment and reporter.
const gasReport = process.env.BENCH_NEW !== undefined || process.env.BENCH_DIFF === 'true';

// A coverage run changes the emulator's class in every test file, and so does the gas report: each file has its own then.
const shared = !gasReport && process.env.TACT_COVERAGE !== '1';

const config: Config = {
    testEnvironment: gasReport
        ? '@ton/sandbox/jest-environment'
        : shared
          ? '<rootDir>/tools/jest/shared-environment.ts'
          : 'node',
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
    // The same results in less time: every suite runs on the sandbox. The shared environment has them already.
    setupFiles: shared ? [] : ['<rootDir>/tests/support/fast-core.ts', '<rootDir>/tests/support/fast-boc.ts'],
    setupFilesAfterEnv: process.env.TACT_COVERAGE === '1' ? ['<rootDir>/tools/coverage/collect-markers.ts'] : [],
    globalSetup: '<rootDir>/tools/jest/build-before-tests.ts',
    moduleNameMapper: {
        ...(buildDirectory ? { '^(?:\\.\\./)+build/(.*)$': `${buildDirectory}/$1` } : {}),
        ...(shared
            ? {
                  '^@ton/(core|crypto|sandbox)$': '<rootDir>/tools/jest/shared/$1.cjs',
                  '^fast-check$': '<rootDir>/tools/jest/shared/fast-check.cjs',
                  '^\\.{1,2}/(?:.*/)?(fast-boc|fast-core|shared-executor)$': '<rootDir>/tools/jest/shared/$1.cjs',
              }
            : {}),
    },
    testTimeout: 60_000,
    maxWorkers: 2,
};

export default config;
