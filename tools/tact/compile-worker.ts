/** A process of its own for compiling: two of them use two cores, and their memory goes when they go (see compiler.ts). */
import type { Project } from '@tact-lang/compiler';
import { compileProject, TactCompileError } from './compile';

export interface CompileRequest {
    root: string;
    project: Project;
}

/** What is wrong with the source, if anything. */
export interface CompileAnswer {
    details?: string;
}

process.on('message', ({ root, project }: CompileRequest) => {
    const answer = (details?: string): void => void process.send?.({ details } satisfies CompileAnswer);
    compileProject(root, project).then(
        () => answer(),
        (error: unknown) => answer(error instanceof TactCompileError ? error.details : String(error)),
    );
});
process.on('disconnect', () => process.exit());
