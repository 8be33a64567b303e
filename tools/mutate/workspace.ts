/**
 * Copies of the sources and of the build, one per parallel job: a mutant is written into a copy, only the projects that
 * import the mutated file are compiled there, and the tests are pointed to the copy's build directory.
 */
import { fork } from 'child_process';
import type { ChildProcess } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';
import type { Project } from '@tact-lang/compiler';
import { readManifest } from '../tact/manifest';
import { CONFIG_FILE, importClosure, REPOSITORY_ROOT } from '../tact/project';
import type { CompileAnswer, CompileRequest } from './compile-worker';
import { applyMutant } from './operators';
import type { Mutant } from './operators';

/** Each compilation leaves some 10 MB behind in its process; a new one now and then keeps the memory bounded. */
const COMPILATIONS_PER_WORKER = 60;

export type Compiled = 'changed' | 'same code' | 'does not compile';

export class Workspace {
    private worker: ChildProcess | undefined;
    private compilations = 0;

    constructor(
        readonly root: string,
        private readonly projects: Project[],
    ) {
        fs.rmSync(root, { recursive: true, force: true });
        const sources = new Set(projects.flatMap((p) => importClosure(REPOSITORY_ROOT, p.path)));
        for (const file of [CONFIG_FILE, ...sources]) this.copy(file);
        for (const project of projects) this.copy(project.output);
    }

    get buildDirectory(): string {
        return path.join(this.root, 'build');
    }

    /** Compiles the mutant; the workspace stays mutated until `restore`. */
    async compile(mutant: Mutant): Promise<Compiled> {
        const code = fs.readFileSync(path.join(REPOSITORY_ROOT, mutant.file), 'utf8');
        fs.writeFileSync(path.join(this.root, mutant.file), applyMutant(code, mutant));
        for (const project of this.affected(mutant)) {
            fs.rmSync(path.join(this.root, project.output), { recursive: true, force: true });
            if (!(await this.compileInWorker(project))) return 'does not compile';
        }
        // The compiler's optimizer can make two sources one: such a mutant cannot be told from the original by any test.
        return this.affected(mutant).some((p) => this.codeDiffers(p)) ? 'changed' : 'same code';
    }

    restore(mutant: Mutant): void {
        this.copy(mutant.file);
        for (const project of this.affected(mutant)) {
            fs.rmSync(path.join(this.root, project.output), { recursive: true, force: true });
            this.copy(project.output);
        }
    }

    close(): void {
        this.worker?.kill();
        this.worker = undefined;
    }

    private copy(relative: string): void {
        const target = path.join(this.root, relative);
        fs.mkdirSync(path.dirname(target), { recursive: true });
        fs.cpSync(path.join(REPOSITORY_ROOT, relative), target, { recursive: true });
    }

    private affected(mutant: Mutant): Project[] {
        return this.projects.filter((p) => importClosure(REPOSITORY_ROOT, p.path).includes(mutant.file));
    }

    private codeDiffers({ name, output }: Project): boolean {
        return Object.keys(readManifest(REPOSITORY_ROOT)[name].outputs)
            .filter((file) => file.endsWith('.code.boc'))
            .some((file) => {
                const original = fs.readFileSync(path.join(REPOSITORY_ROOT, file));
                const mutated = path.join(this.root, output, path.basename(file));
                return !fs.existsSync(mutated) || !original.equals(fs.readFileSync(mutated));
            });
    }

    private compileInWorker(project: Project): Promise<boolean> {
        if (++this.compilations % COMPILATIONS_PER_WORKER === 0) this.close();
        const worker = (this.worker ??= fork(path.join(__dirname, 'compile-worker.ts'), {
            cwd: REPOSITORY_ROOT,
            execArgv: ['--require', 'ts-node/register'],
            // A crash of the compiler prints its whole minified source.
            stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        }));
        return new Promise((resolve) => {
            const settle = (ok: boolean): void => {
                worker.removeAllListeners();
                resolve(ok);
            };
            worker.once('message', (answer: CompileAnswer) => settle(answer.ok));
            // A mutant that crashes the compiler is as invalid as one that it rejects.
            worker.once('exit', () => {
                this.worker = undefined;
                settle(false);
            });
            const request: CompileRequest = { root: this.root, project };
            worker.send(request);
        });
    }
}
