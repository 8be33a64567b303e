/** A process of its own for compiling mutants: two of them use two cores, and their memory goes when they go. */
import type { Project } from '@tact-lang/compiler';
import { compileProject } from '../tact/compile';

export interface CompileRequest {
    root: string;
    project: Project;
}

export interface CompileAnswer {
    ok: boolean;
}

process.on('message', ({ root, project }: CompileRequest) => {
    const answer = (ok: boolean): void => void process.send?.({ ok } satisfies CompileAnswer);
    compileProject(root, project).then(
        () => answer(true),
        () => answer(false),
    );
});
process.on('disconnect', () => process.exit());
