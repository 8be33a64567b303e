/**
 * Copies of the sources and of the build, one per parallel job: a mutant is written into a copy, only the projects that
 * import the mutated file are compiled there, and the tests are pointed to the copy's build directory.
 */
import * as fs from 'fs';
import * as path from 'path';
import type { Project } from '@tact-lang/compiler';
import { TactCompileError } from '../tact/compile';
import { Compiler } from '../tact/compiler';
import { readManifest } from '../tact/manifest';
import { CONFIG_FILE, importClosure, REPOSITORY_ROOT } from '../tact/project';
import { applyMutant } from './operators';
import type { Mutant } from './operators';

export type Compiled = 'changed' | 'same code' | 'does not compile';

export class Workspace {
    private readonly compiler = new Compiler();

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
            try {
                await this.compiler.compile(this.root, project);
            } catch (error) {
                // A mutant that crashes the compiler is as invalid as one that it rejects.
                if (!(error instanceof TactCompileError)) throw error;
                return 'does not compile';
            }
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
        this.compiler.close();
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
}
