import { describeExit, POOL_ERRORS, PoolErrorName, PoolExit } from '../../wrappers/pool';

/** What a script's end means to the shell. */
export const Exit = { ok: 0, usage: 2, refused: 3, rejected: 4, partial: 5 } as const;

/** An end that a script foresees. The message is all a person has to read; there is nothing to debug in a stack. */
export class ScriptError extends Error {
    declare readonly exitCode: number;

    constructor(name: string, exitCode: number, message: string) {
        super(message);
        this.name = name;
        // Blueprint prints the error object itself: without a stack and with a hidden code, that is the message alone.
        this.stack = `${name}: ${message}`;
        Object.defineProperty(this, 'exitCode', { value: exitCode, enumerable: false });
        Object.defineProperty(this, 'name', { value: name, enumerable: false });
    }
}

/** The message of whatever was thrown. */
export function messageOf(e: unknown): string {
    return e instanceof Error ? e.message : String(e);
}

/** Exit 2: an argument is missing or makes no sense. Nothing was sent. */
export class UsageError extends ScriptError {
    constructor(message: string) {
        super('UsageError', Exit.usage, message);
    }
}

/** Exit 3: a rule of the contracts would refuse it. Nothing was sent. */
export class RefusedError extends ScriptError {
    constructor(message: string) {
        super('RefusedError', Exit.refused, message);
    }
}

/** Exit 4: it was sent, and the chain did not do it. */
export class ChainError extends ScriptError {
    constructor(message: string) {
        super('ChainError', Exit.rejected, message);
    }
}

/** Exit 5: a part of it is done; running the script again goes on from there. */
export class PartialError extends ScriptError {
    constructor(message: string) {
        super('PartialError', Exit.partial, message);
    }
}

/** What exit codes of other families mean; their scripts add them. */
const OTHERS: ReadonlyMap<number, { name: string; text: string }>[] = [];

export function addErrors(errors: ReadonlyMap<number, { name: string; text: string }>): void {
    OTHERS.push(errors);
}

/** Like `describeExit`, with the errors of every family whose scripts are loaded. */
export function describeFailure(code: number): string {
    const other = OTHERS.map((errors) => errors.get(code)).find((error) => error !== undefined);
    return other === undefined ? describeExit(code) : `${code} ${other.name}: ${other.text}`;
}

/** Refuses before anything is sent, in the words of the contract's own error. */
export function refuse(rule: PoolErrorName, why?: string): never {
    const text = POOL_ERRORS.get(PoolExit[rule])?.text ?? describeExit(PoolExit[rule]);
    throw new RefusedError(`${why === undefined ? '' : `${why} `}${text} (${rule})`);
}

/** Refuses unless `condition` holds. */
export function requireRule(condition: boolean, rule: PoolErrorName, why?: string): void {
    if (!condition) {
        refuse(rule, why);
    }
}
