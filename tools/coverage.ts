/**
 * Which lines of the contracts do the tests execute? `npm run coverage [-- --min 100] [--include contracts/pool] [jest arguments]`
 *
 *   --min      fail below this percentage of executed lines (100 by default)
 *   --include  judge and report only the sources under this path
 *
 * Without arguments for jest all tests are run but those of the tools.
 *
 * The sandbox itself only measures instructions of the virtual machine. This run builds a copy of the contracts with a
 * marker before every statement (coverage/instrument.ts), lets the tests use it, and reads the markers back from the logs
 * of the emulator. Result: a table, and coverage/tact.lcov. Gas differs in such a build: see tests/support/coverage.ts.
 */
import * as fs from 'fs';
import * as path from 'path';
import { buildAll } from './build';
import { coverageByFile, formatPercent, lcov, readHits, sumHits, table, totals } from './coverage/report';
import { Reach } from './coverage/reach';
import { prepareWorkspace } from './coverage/workspace';
import { runJest } from './jest/run-jest';
import { REPOSITORY_ROOT } from './tact/project';

const WORKSPACE = path.join(REPOSITORY_ROOT, '.cov');
const HITS = path.join(WORKSPACE, 'hits');
const LCOV = path.join(REPOSITORY_ROOT, 'coverage', 'tact.lcov');

interface Arguments {
    min: number;
    include: string;
    jest: string[];
}

function parseArguments(args: string[]): Arguments {
    const result: Arguments = { min: 100, include: '', jest: [] };
    for (let i = 0; i < args.length; i++) {
        if (args[i] === '--min') result.min = Number(args[++i]);
        else if (args[i] === '--include') result.include = path.normalize(args[++i] ?? '');
        else result.jest.push(args[i]);
    }
    if (!(result.min >= 0 && result.min <= 100)) throw new Error('--min takes a percentage');
    return result;
}

async function main(): Promise<void> {
    const args = parseArguments(process.argv.slice(2));
    const { markers, ignored } = prepareWorkspace(REPOSITORY_ROOT, WORKSPACE);
    await buildAll({ root: WORKSPACE, only: process.env.TACT_ONLY?.split(',') });

    fs.rmSync(HITS, { recursive: true, force: true });
    // Tests of the tools measure time or start such runs themselves; the contracts have theirs.
    const tests = args.jest.length > 0 ? args.jest : ['--testPathIgnorePatterns', '/node_modules/', '/tests/tools/'];
    const jestExit = await runJest(tests, {
        TACT_BUILD_DIR: path.join(WORKSPACE, 'build'),
        TACT_COVERAGE: '1',
        TACT_COVERAGE_HITS: HITS,
    });

    const hits = readHits(HITS);
    Reach.from(markers, hits).write();
    const files = coverageByFile(markers, sumHits(hits)).filter((f) => f.file.startsWith(args.include));
    if (files.length === 0) throw new Error(`no statements under "${args.include}"`);
    fs.mkdirSync(path.dirname(LCOV), { recursive: true });
    fs.writeFileSync(LCOV, lcov(files));
    const { percent } = totals(files);
    console.log(`\n${table(files)}`);
    if (ignored > 0) console.log(`${ignored} function(s) or statement(s) marked cov-ignore`);
    if (jestExit !== 0) console.error('\nsome tests failed');
    if (percent < args.min) console.error(`\nline coverage ${formatPercent(percent)} is below ${args.min} %`);
    if (jestExit !== 0 || percent < args.min) process.exit(1);
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
});
