/**
 * Do the tests notice faults? `npm run mutate -- <Contract> [--sample 100] [--seed 1] [--min 90] [--jobs 2] [--resume | --survivors] [--budget 30] [--file path]...`
 *
 * Puts small faults (mutate/operators.ts) into the source of a contract, one at a time, and runs the specs that
 * tools/mutate.config.json names for it. A fault that no spec notices is a survivor: it is listed in
 * docs/mutation/<Contract>.json, together with the reason docs/mutation/reasons.json gives for it, if any. After a coverage
 * run over the same sources only the tests that execute the changed line are asked, before those whose set-up does.
 *
 *   --sample  number of mutants to judge, drawn in an order the seed decides; mutants that do not compile, or compile to
 *             the same code, do not count and are replaced
 *   --min     fail below this percentage of noticed mutants
 *   --jobs    mutants judged at the same time
 *   --resume  keep the outcomes of an interrupted run over the same sources and tests
 *   --survivors  keep also what was noticed before the tests were added to; the sources are the same. What survived
 *             is judged again, by all tests, unless there is a reason for it
 *   --budget  seconds of tests that a mutant is asked of at most: a quick first look, in which some survive that other tests
 *             would have noticed; judge those again with --survivors
 *   --file    also mutate this file, which the contract imports
 */
import * as fs from 'fs';
import * as path from 'path';
import { buildAll } from './build';
import { Reach } from './coverage/reach';
import { mutantsOf, shuffled } from './mutate/operators';
import type { Mutant } from './mutate/operators';
import {
    isValid,
    Journal,
    makeReport,
    printReport,
    readBaseline,
    readReasons,
    writeBaseline,
    writeReport,
} from './mutate/results';
import type { Basis, Judged, Kept } from './mutate/results';
import { Order, specsOf, TestProcess } from './mutate/specs';
import type { Baseline } from './mutate/specs';
import { Workspace } from './mutate/workspace';
import { findProject, importClosure, listFiles, loadProjects, REPOSITORY_ROOT, sha256 } from './tact/project';

const DIRECTORY = path.join(REPOSITORY_ROOT, '.mut');

/** A mutant may make the tests slower, and two jobs share the machine; beyond this it hangs. */
const TIMEOUT_FACTOR = 4;
const LEAST_TIMEOUT_MS = 60_000;
/** The best tests are asked by themselves for this long; then all others. */
const FIRST_ROUND_MS = 4_000;
const BASELINE_TIMEOUT_MS = 1_800_000;

interface Arguments {
    contract: string;
    sample: number;
    seed: number;
    min: number;
    jobs: number;
    /** 0: no limit. */
    budget: number;
    kept: Kept;
    files: string[];
}

const NUMBERS = ['sample', 'seed', 'min', 'jobs', 'budget'] as const;

function parseArguments(args: string[]): Arguments {
    const result: Arguments = {
        contract: '',
        sample: 100,
        seed: 1,
        min: 90,
        jobs: 2,
        budget: 0,
        kept: 'nothing',
        files: [],
    };
    const integer = (name: string, text: string | undefined): number => {
        const value = Number(text);
        if (!Number.isInteger(value) || value < 0) throw new Error(`${name} takes a number`);
        return value;
    };
    for (let i = 0; i < args.length; i++) {
        const arg = args[i];
        const number = NUMBERS.find((name) => arg === `--${name}`);
        if (number) {
            result[number] = integer(arg, args[++i]);
        } else if (arg === '--resume') result.kept = 'same tests';
        else if (arg === '--survivors') result.kept = 'kills';
        else if (arg === '--file') result.files.push(path.normalize(args[++i] ?? ''));
        else if (arg.startsWith('--') || result.contract) throw new Error(`unknown argument ${arg}`);
        else result.contract = arg;
    }
    if (!result.contract) throw new Error('usage: npm run mutate -- <Contract> [--sample N] [--seed N] [--min N] ...');
    return result;
}

function hashOf(files: string[]): string {
    const sorted = [...new Set(files)].sort();
    return sha256(JSON.stringify(sorted.map((f) => [f, sha256(fs.readFileSync(path.join(REPOSITORY_ROOT, f)))])));
}

function basisOf(sources: string[], specs: string[]): Basis {
    const shared = [
        ...listFiles(REPOSITORY_ROOT, 'tests/support', '.ts'),
        ...listFiles(REPOSITORY_ROOT, 'wrappers', '.ts'),
    ];
    return { sources: hashOf(sources), tests: hashOf([...specs, ...shared]) };
}

/** How long every test takes without a mutant. The contracts of a family share sources and tests: it is measured once for all. */
async function baselineOf(specs: string[], basis: Basis, seed: number, tests: TestProcess): Promise<Baseline> {
    const key = sha256(JSON.stringify([specs, basis, seed])).slice(0, 16);
    const file = path.join(DIRECTORY, `baseline-${key}.json`);
    if (fs.existsSync(file)) return readBaseline(file);
    const whole = new Map(specs.map((spec) => [spec, 'all' as const]));
    // A test that needs those before it would fail, and seem to notice a mutant, when it is chosen without them.
    const run = await tests.run(whole, BASELINE_TIMEOUT_MS, seed);
    if (run.outcome !== 'passed') {
        throw new Error(`the specs fail without any mutant: ${run.failedTest ?? run.outcome}`);
    }
    writeBaseline(file, run);
    return run;
}

/** What runs beside others: a place to compile in, and a process for the tests of what is compiled there. */
interface Job {
    workspace: Workspace;
    tests: TestProcess;
}

async function judge(
    mutant: Mutant,
    { workspace, tests }: Job,
    order: Order,
    reach: Reach,
    { kept, budget }: Pick<Arguments, 'kept' | 'budget'>,
    timeout: number,
): Promise<Judged> {
    try {
        const compiled = await workspace.compile(mutant);
        if (compiled !== 'changed') return { id: mutant.id, outcome: compiled };
        const { direct, afterwards, rest } = reach.among(order.tests(), mutant.file, mutant.statement);
        // Tests that were changed after the coverage run may reach more.
        const { first, others } = order.split(direct, FIRST_ROUND_MS);
        const rounds = budget
            ? [first, order.split(others, budget * 1000 - FIRST_ROUND_MS).first]
            : [first, others, afterwards, ...(kept === 'kills' ? [rest] : [])];
        for (const selection of rounds) {
            if (selection.size === 0) continue;
            const run = await tests.run(order.sorted(selection), timeout);
            if (run.outcome === 'passed') continue;
            if (run.outcome === 'timeout') return { id: mutant.id, outcome: 'timeout' };
            order.killedBy(run);
            return { id: mutant.id, outcome: 'killed', killedBy: run.failedTest };
        }
        return { id: mutant.id, outcome: 'survived' };
    } finally {
        workspace.restore(mutant);
    }
}

async function main(): Promise<void> {
    const args = parseArguments(process.argv.slice(2));
    const project = findProject(REPOSITORY_ROOT, args.contract);
    const closure = importClosure(REPOSITORY_ROOT, project.path);
    const files = [path.normalize(project.path), ...args.files];
    for (const file of args.files) {
        if (!closure.includes(file)) throw new Error(`${args.contract} does not import ${file}`);
    }
    const specs = specsOf(args.contract);
    const only = process.env.TACT_ONLY?.split(',');
    await buildAll({ only });
    const projects = loadProjects(REPOSITORY_ROOT).filter((p) => !only || only.includes(p.name));

    const possible = files.flatMap((file) =>
        mutantsOf(fs.readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8'), file),
    );
    const queue = shuffled(possible, args.seed);
    // The contracts of its family: its specs run it together with them, not with others.
    const family = projects.filter((p) => path.dirname(p.path) === path.dirname(project.path));
    const sources = [...closure, ...family.flatMap((p) => importClosure(REPOSITORY_ROOT, p.path))];
    const basis = basisOf(sources, specs);
    // What some tests have not noticed others may.
    const judgedBy = args.budget ? { ...basis, tests: `${basis.tests} for ${args.budget} s` } : basis;
    const journal = new Journal(path.join(DIRECTORY, `${args.contract}.ndjson`), judgedBy);
    const known = journal.keep(args.kept);
    if (args.kept !== 'nothing') console.log(`${known.size} outcomes of an earlier run still hold`);

    const jobs = Array.from({ length: args.jobs }, (_, i): Job => {
        const workspace = new Workspace(path.join(DIRECTORY, `job-${i}`), projects);
        return { workspace, tests: new TestProcess(workspace.buildDirectory) };
    });
    const stop = (): void => {
        for (const { workspace, tests } of jobs) {
            workspace.close();
            tests.close();
        }
    };
    process.on('exit', stop);
    process.on('SIGINT', () => process.exit(130));
    process.on('SIGTERM', () => process.exit(143));

    const baseline = await baselineOf(specs, basis, args.seed, jobs[0].tests);
    const order = new Order(baseline.durations);
    const reach = Reach.read();
    const timeout = Math.max(LEAST_TIMEOUT_MS, TIMEOUT_FACTOR * baseline.milliseconds);
    console.log(
        `${possible.length} mutants possible in ${files.join(', ')}; ${specs.length} spec files take ` +
            `${(baseline.milliseconds / 1000).toFixed(1)} s without one`,
    );

    const reasons = readReasons();
    const results: Judged[] = [];
    let next = 0;
    let running = 0;
    const valid = (): number => results.filter((r) => isValid(r.outcome)).length;
    const work = async (job: Job): Promise<void> => {
        for (;;) {
            // Counting those under way as valid makes the result independent of the number of jobs; a job that finds
            // nothing to do waits, because one under way may turn out not to count.
            if (next >= queue.length || valid() >= args.sample) return;
            if (valid() + running >= args.sample) {
                await new Promise((resolve) => setTimeout(resolve, 200));
                continue;
            }
            const mutant = queue[next++];
            running++;
            const excused = args.kept === 'kills' && mutant.id in reasons;
            const earlier: Judged | undefined =
                known.get(mutant.id) ?? (excused ? { id: mutant.id, outcome: 'survived' } : undefined);
            const judged = earlier ?? (await judge(mutant, job, order, reach, args, timeout));
            running--;
            if (!known.has(mutant.id)) journal.append(judged);
            results.push(judged);
            const by = judged.killedBy ? ` by "${judged.killedBy}"` : '';
            console.log(
                `[${valid()}/${args.sample}] ${judged.outcome}${by}: ${mutant.file}:${mutant.line} ` +
                    `${mutant.operator}: ${mutant.change}`,
            );
        }
    };
    await Promise.all(jobs.map(work));
    stop();

    const report = makeReport(args.contract, files, args.seed, possible, results, reasons);
    printReport(report);
    console.log(`written to ${writeReport(report)}`);
    if (report.score < args.min) {
        console.error(`score ${report.score} % is below ${args.min} %`);
        process.exit(1);
    }
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
});
