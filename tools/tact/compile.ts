/** One call of the Tact compiler, with its error turned into a readable exception. */
import { build, Logger, LogLevel } from '@tact-lang/compiler';
import type { Project } from '@tact-lang/compiler';
import * as errors from '@tact-lang/compiler/dist/error/errors';
import { createNodeFileSystem } from '@tact-lang/compiler/dist/vfs/createNodeFileSystem';
import { version } from '@tact-lang/compiler/package.json';
import { drawn } from './faster';

export const COMPILER_VERSION = version;

/** A crash of the WebAssembly part drags its whole minified source into the message; nobody reads beyond this. */
const LONGEST_MESSAGE = 4000;

export class TactCompileError extends Error {
    constructor(
        readonly project: string,
        readonly details: string,
    ) {
        super(`Tact: ${project} does not compile\n\n${details}`);
        this.name = 'TactCompileError';
    }
}

function messageOf(error: unknown): string {
    if (error instanceof errors.TactConstEvalError) return drawn(error);
    return error instanceof Error ? error.message : String(error);
}

let listenerLimitLifted = false;

/** Compiles a project of the given root; the output goes where the project says. Throws TactCompileError. */
export async function compileProject(root: string, project: Project): Promise<void> {
    if (!listenerLimitLifted) {
        // Every compilation starts FunC and Fift anew and each of them adds an `uncaughtException` listener.
        process.setMaxListeners(0);
        listenerLimitLifted = true;
    }
    let reported: readonly unknown[];
    try {
        const result = await build({
            config: project,
            project: createNodeFileSystem(root, false),
            stdlib: '@stdlib',
            logger: new Logger(LogLevel.NONE),
        });
        if (result.ok) return;
        reported = result.error;
    } catch (error) {
        reported = [error];
    }
    const details = reported.map((e) => messageOf(e).trim().slice(0, LONGEST_MESSAGE));
    throw new TactCompileError(project.name, details.join('\n\n') || 'the compiler gave no reason');
}
