/** Meaning of an exit code. */
export type ExitError = { code: number; name: string; text: string };

/** What the exit codes of contracts/common/errors.tact mean: part of the table of every family. */
export const COMMON_TEXTS = {
    ERROR_NOT_OWNER: 'The sender is not the owner.',
    ERROR_NOT_PENDING_OWNER: 'The sender is not the nominated owner.',
    ERROR_NOT_ROLE: 'The sender lacks the role this message needs.',
    ERROR_VALUE_TOO_LOW: 'The attached value does not cover the whole chain; get_cost says how much is needed.',
    ERROR_PAUSED: 'Entries are paused.',
    ERROR_PAUSE_COOLDOWN: 'A new pause is possible only 72 h after the end of the last one.',
    ERROR_NOT_PAUSED: 'There is no pause to lift.',
    ERROR_CHANGE_PENDING: 'One change is already waiting; cancel it first.',
    ERROR_NO_CHANGE: 'There is no announced change.',
    ERROR_TOO_EARLY: 'The notice of an announced change has not run out.',
    ERROR_WRONG_CODE: 'The code is not the one that was announced.',
    ERROR_BAD_ADDRESS: 'An address outside the basechain, or otherwise unusable here.',
    ERROR_BAD_PARAMETER: 'A parameter outside the bounds that the code sets.',
    ERROR_UNKNOWN_OP: 'The message has an opcode this contract does not know.',
} as const;

/** Exit codes of a family: by name, and what each means. `built`: a generated module with all of its constants. */
export function exitTable<N extends string>(
    texts: Readonly<Record<N, string>>,
    built: Readonly<Record<NoInfer<N>, bigint>>,
): { codes: Record<N, number>; errors: ReadonlyMap<number, ExitError> } {
    const all = (Object.keys(texts) as N[]).map((name) => ({ code: Number(built[name]), name, text: texts[name] }));
    const codes = Object.fromEntries(all.map(({ name, code }) => [name, code])) as Record<N, number>;
    return { codes, errors: new Map(all.map((error) => [error.code, error])) };
}

/** What an exit code means: one of the family's, of the virtual machine's, or of the Tact runtime's. */
export function exitError(
    code: number,
    errors: ReadonlyMap<number, ExitError>,
    standard: Readonly<Record<number, { message: string } | undefined>>,
): ExitError | undefined {
    const own = errors.get(code);
    if (own !== undefined) {
        return own;
    }
    const known = standard[code];
    return known && { code, name: `EXIT_${code}`, text: known.message };
}

/** For people: `535 ERROR_NOT_DUE: The epoch cannot be closed yet.` */
export function exitText(code: number, error: ExitError | undefined): string {
    return error === undefined ? `${code}: unknown exit code` : `${code} ${error.name}: ${error.text}`;
}
