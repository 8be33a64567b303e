/**
 * Builds the contracts: `npm run build [-- --force | --check | --only NameA,NameB]`. Jest runs the same before the tests.
 *
 *   (nothing)  compile every project that is not up to date
 *   --force    compile every project
 *   --check    compile nothing; fail if a project is not up to date
 *   --only     look at the named projects only, leave the others as they are
 *
 * Guarantees, each with a test in tests/tools/build.spec.ts:
 *   - a project counts as up to date only if its inputs AND its outputs are unchanged (see tact/manifest.ts);
 *   - `build/<Name>.compiled.json` holds the code of <Name>. Blueprint takes the first compiled contract of the unit,
 *     which is a dependency whenever a contract imports another one;
 *   - a contract has one code hash in all compilation units, otherwise addresses computed by different contracts differ;
 *   - outputs of a project that was removed from tact.config.json disappear, so that no wrapper can go on using them;
 *   - a project that does not compile keeps its old outputs but never counts as up to date; the others are still built.
 */
import * as fs from 'fs';
import { availableParallelism } from 'os';
import * as path from 'path';
import { Cell } from '@ton/core';
import type { ContractABI } from '@ton/core';
import type { Project } from '@tact-lang/compiler';
import { compileProject, TactCompileError } from './tact/compile';
import { Compiler } from './tact/compiler';
import { withLock } from './tact/lock';
import { artifactPath, hashInputs, hashOutputs, isFresh, readManifest, writeManifest } from './tact/manifest';
import type { Manifest } from './tact/manifest';
import { loadProjects, REPOSITORY_ROOT } from './tact/project';

export interface BuildOptions {
    /** Directory that holds tact.config.json; the repository by default. */
    root?: string;
    force?: boolean;
    check?: boolean;
    /** Names of the projects to look at; all of them by default. */
    only?: string[];
    log?: (line: string) => void;
}

export interface BuildResult {
    /** Names of the projects compiled by this call. */
    built: string[];
    /** Hash of the code of every contract of the projects that are up to date, by contract name. */
    codes: Record<string, string>;
}

/** Contract names by code hash and their messages: lets the sandbox's gas report print names instead of numbers. */
const NAME_DATABASE = 'contract.abi.json';

/** Fewer projects are compiled in this process: starting another one takes longer than they do. */
const LEAST_FOR_PROCESSES = 4;
/** Each takes some 300 MB. */
const MOST_PROCESSES = 4;

type Compile = (root: string, project: Project) => Promise<void>;

export async function buildAll(options: BuildOptions = {}): Promise<BuildResult> {
    const root = path.resolve(options.root ?? REPOSITORY_ROOT);
    const log = options.log ?? console.log;
    const projects = loadProjects(root);
    const selected = select(projects, options.only);

    const before = readManifest(root);
    const stale = selected.filter((p) => options.force || !isFresh(root, p, before[p.name]));
    const removed = Object.keys(before).filter((name) => !projects.some((p) => p.name === name));
    if (options.check) {
        const reasons = [
            ...stale.map((p) => `${p.name} is not up to date`),
            ...removed.map((name) => `build/${name} is left over from a removed project`),
        ];
        if (reasons.length > 0) throw new Error(`build --check failed:\n  ${reasons.join('\n  ')}`);
    }

    const built: string[] = [];
    const failures: TactCompileError[] = [];
    if (stale.length > 0 || removed.length > 0) {
        await withLock(path.join(root, 'build', '.lock'), async () => {
            const manifest = readManifest(root);
            for (const name of removed) removeOutputs(root, name, manifest);
            writeManifest(root, manifest);
            const queue = [...stale];
            const work = async (compile: Compile): Promise<void> => {
                for (let project = queue.shift(); project; project = queue.shift()) {
                    // Another process may have built it while this one was waiting for the lock.
                    if (!options.force && isFresh(root, project, manifest[project.name])) continue;
                    const start = Date.now();
                    try {
                        manifest[project.name] = await buildProject(root, project, compile);
                    } catch (error) {
                        if (!(error instanceof TactCompileError)) throw error;
                        failures.push(error);
                        continue;
                    }
                    // Written after each project: an interrupted build does not lose what it has done.
                    writeManifest(root, manifest);
                    built.push(project.name);
                    log(`tact: built ${project.name} in ${Date.now() - start} ms`);
                }
            };
            if (stale.length < LEAST_FOR_PROCESSES) {
                await work(compileProject);
                return;
            }
            const compilers = Array.from(
                { length: Math.min(availableParallelism(), MOST_PROCESSES) },
                () => new Compiler(),
            );
            try {
                await Promise.all(compilers.map((compiler) => work((r, p) => compiler.compile(r, p))));
            } finally {
                compilers.forEach((compiler) => compiler.close());
            }
        });
    }
    const place = (name: string): number => projects.findIndex((p) => p.name === name);
    built.sort((a, b) => place(a) - place(b));
    if (failures.length > 0) throw new Error(failures.map((f) => f.message).join('\n\n'));

    const manifest = readManifest(root);
    const fresh = projects.filter((p) => selected.includes(p) || isFresh(root, p, manifest[p.name]));
    const codes = oneCodePerContract(root, fresh, manifest);
    writeNameDatabase(root, fresh, codes);
    return { built, codes };
}

function select(projects: Project[], only: string[] | undefined): Project[] {
    if (!only) return projects;
    const unknown = only.filter((name) => !projects.some((p) => p.name === name));
    if (unknown.length > 0) throw new Error(`tact.config.json has no project named ${unknown.join(', ')}`);
    return projects.filter((p) => only.includes(p.name));
}

/** Compiles into a directory of its own and swaps it in: readers never see half-written output. */
async function buildProject(root: string, project: Project, compile: Compile): Promise<Manifest[string]> {
    // Hashed before compiling: if a source is saved meanwhile, the project must count as stale afterwards.
    const inputs = hashInputs(root, project);
    const scratch = path.join('build', `.${project.name}.new`);
    fs.rmSync(path.join(root, scratch), { recursive: true, force: true });
    try {
        await compile(root, { ...project, output: scratch });
        const codeFile = path.join(root, scratch, `${project.name}_${project.name}.code.boc`);
        if (!fs.existsSync(codeFile)) {
            throw new TactCompileError(project.name, `${project.path} has no contract named ${project.name}`);
        }
        const output = path.join(root, project.output);
        fs.rmSync(output, { recursive: true, force: true });
        fs.renameSync(path.join(root, scratch), output);
    } finally {
        fs.rmSync(path.join(root, scratch), { recursive: true, force: true });
    }
    const code = readCode(root, path.join(project.output, `${project.name}_${project.name}.code.boc`));
    const artifact = {
        hash: code.hash().toString('hex'),
        hashBase64: code.hash().toString('base64'),
        hex: code.toBoc().toString('hex'),
    };
    fs.writeFileSync(path.join(root, artifactPath(project.name)), JSON.stringify(artifact));
    return { inputs, outputs: hashOutputs(root, project) };
}

function removeOutputs(root: string, name: string, manifest: Manifest): void {
    fs.rmSync(path.join(root, 'build', name), { recursive: true, force: true });
    fs.rmSync(path.join(root, artifactPath(name)), { force: true });
    delete manifest[name];
}

function readCode(root: string, file: string): Cell {
    return Cell.fromBoc(fs.readFileSync(path.join(root, file)))[0];
}

/** Tact gives a contract another code when its unit has an import cycle; then its address depends on who computes it. */
function oneCodePerContract(root: string, projects: Project[], manifest: Manifest): Record<string, string> {
    const codes: Record<string, string> = {};
    const origin: Record<string, string> = {};
    for (const project of projects) {
        for (const file of Object.keys(manifest[project.name].outputs)) {
            const match = /^(.+)\.code\.boc$/.exec(path.basename(file));
            if (!match) continue;
            const contract = match[1].slice(project.name.length + 1);
            const hash = readCode(root, file).hash().toString('hex');
            if (contract in codes && codes[contract] !== hash) {
                throw new Error(
                    `contract ${contract} has different code in the projects ${origin[contract]} and ${project.name}: ` +
                        'two contracts share the name, the projects have different options, or the contracts of one ' +
                        'project need each other in a cycle',
                );
            }
            codes[contract] = hash;
            origin[contract] ??= project.name;
        }
    }
    return codes;
}

function writeNameDatabase(root: string, projects: Project[], codes: Record<string, string>): void {
    const database: Record<string, unknown> = {};
    for (const { name, output } of projects) {
        const abi = JSON.parse(fs.readFileSync(path.join(root, output, `${name}_${name}.abi`), 'utf8')) as ContractABI;
        const messages = (abi.types ?? []).filter((type) => type.header !== null);
        database[`0x${codes[name]}`] = name;
        database[name] = {
            name,
            types: messages.map(({ name, header }) => ({ name, header })),
            receivers: abi.receivers,
        };
    }
    const file = path.join(root, NAME_DATABASE);
    const text = `${JSON.stringify(database, null, 2)}\n`;
    if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text);
}

function parseArguments(args: string[]): BuildOptions {
    const options: BuildOptions = {};
    for (let i = 0; i < args.length; i++) {
        if (args[i] === '--force') options.force = true;
        else if (args[i] === '--check') options.check = true;
        else if (args[i] === '--only' && args[i + 1]) options.only = args[++i].split(',');
        else
            throw new Error(
                `unknown argument ${args[i]}\nusage: npm run build [-- --force|--check|--only NameA,NameB]`,
            );
    }
    return options;
}

async function main(): Promise<void> {
    const { built } = await buildAll(parseArguments(process.argv.slice(2)));
    console.log(built.length > 0 ? `built: ${built.join(', ')}` : 'up to date');
}

if (require.main === module) {
    main().catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exit(1);
    });
}
