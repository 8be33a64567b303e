/** The Tact compiler in a process of its own: several of them use several cores, and a crash takes only its own along. */
import { fork } from 'child_process';
import type { ChildProcess } from 'child_process';
import * as path from 'path';
import type { Project } from '@tact-lang/compiler';
import { TactCompileError } from './compile';
import type { CompileAnswer, CompileRequest } from './compile-worker';
import { REPOSITORY_ROOT } from './project';

/** Each compilation leaves some 10 MB behind in its process; a new one now and then keeps the memory bounded. */
const COMPILATIONS_PER_PROCESS = 60;

/** Compiles one project at a time. */
export class Compiler {
    private child: ChildProcess | undefined;
    private compilations = 0;

    /** Throws TactCompileError, also when the compiler crashes. */
    async compile(root: string, project: Project): Promise<void> {
        if (++this.compilations % COMPILATIONS_PER_PROCESS === 0) this.close();
        const child = (this.child ??= fork(path.join(__dirname, 'compile-worker.ts'), {
            cwd: REPOSITORY_ROOT,
            execArgv: ['--require', 'ts-node/register/transpile-only'],
            // A crash of the compiler prints its whole minified source.
            stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        }));
        const details = await new Promise<string | undefined>((resolve) => {
            const settle = (text?: string): void => {
                child.removeAllListeners();
                resolve(text);
            };
            child.once('message', (answer: CompileAnswer) => settle(answer.details));
            child.once('exit', (code, signal) => {
                this.child = undefined;
                settle(`the compiler crashed (${signal ?? `exit ${code}`})`);
            });
            child.send({ root, project } satisfies CompileRequest);
        });
        if (details !== undefined) throw new TactCompileError(project.name, details);
    }

    close(): void {
        this.child?.kill();
        this.child = undefined;
    }
}
