/** Meaning of an exit code. */
export type ExitError = { code: number; name: string; text: string };

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
