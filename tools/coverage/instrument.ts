/**
 * Puts a marker in front of every statement of a Tact source.
 *
 * A marker is a call of an asm function, `__cov(770000123)`, that compiles to `PUSHINT 770000123; DROP` wherever the
 * statement ends up: in a trait, an inline function, a loop. The instruction shows in the log of the virtual machine
 * whenever the statement runs. Nothing else about the source changes, line numbers included.
 *
 * A function or statement below a line `// cov-ignore: reason` gets no marker: functions evaluated by the compiler (it
 * cannot interpret asm), or a statement only written because the compiler asks for it.
 */
import { declarations, elseIf, importPath, lineOf, parseTact, span } from '../tact/syntax';
import type { Ast } from '../tact/syntax';

/** Unlike any number in the contracts, so that a marker in the log cannot be something else. */
const FIRST_MARKER = 770_000_000;
/** Each file has its own range: a new statement in one file does not change the others, which then need no new build. */
const MARKERS_PER_FILE = 10_000;
export const MARKER_IN_LOG = /execute PUSHINT (77\d{7})\b/g;

export const MARKER_SOURCE = 'asm fun __cov(marker: Int) { DROP }\n';

export interface Marker {
    file: string;
    line: number;
    /** `else`: the branch of an `if` without `else` that does nothing. */
    kind: 'statement' | 'else';
}

export type MarkerMap = Record<string, Marker>;

export interface Instrumented {
    code: string;
    markers: MarkerMap;
    ignored: number;
}

/**
 * @param file path of the source relative to the root
 * @param markerFile path of the file with MARKER_SOURCE, relative to the root
 * @param fileIndex a number no other file has
 */
export function instrument(code: string, file: string, markerFile: string, fileIndex: number): Instrumented {
    const markers: MarkerMap = {};
    const insertions: { position: number; text: string }[] = [];
    let ignored = 0;
    let next = FIRST_MARKER + fileIndex * MARKERS_PER_FILE;

    const newMarker = (position: number, kind: Marker['kind']): string => {
        if (next >= FIRST_MARKER + (fileIndex + 1) * MARKERS_PER_FILE)
            throw new Error(`${file} has too many statements`);
        markers[next] = { file, line: lineOf(code, position), kind };
        return `__cov(${next++});`;
    };
    const isIgnored = (start: number): boolean => /\/\/ *cov-ignore\b[^\n]*\n\s*$/.test(code.slice(0, start));

    const visitAll = (statements: readonly Ast.Statement[]): void => statements.forEach((s) => visit(s));
    const visit = (statement: Ast.Statement, chained = false): void => {
        const { start, end } = span(statement);
        if (isIgnored(start)) {
            ignored++;
            return;
        }
        // The second `if` of `else if` has no place for a marker in front of it; its branches have their own.
        if (!chained) insertions.push({ position: start, text: `${newMarker(start, 'statement')} ` });
        switch (statement.kind) {
            case 'statement_condition': {
                visitAll(statement.trueStatements);
                const otherwise = statement.falseStatements;
                const following = elseIf(statement);
                if (!otherwise) {
                    insertions.push({ position: end, text: ` else { ${newMarker(start, 'else')} }` });
                } else if (following) {
                    visit(following, true);
                } else {
                    visitAll(otherwise);
                }
                break;
            }
            case 'statement_try':
                visitAll(statement.statements);
                visitAll(statement.catchBlock?.catchStatements ?? []);
                break;
            case 'statement_while':
            case 'statement_until':
            case 'statement_repeat':
            case 'statement_foreach':
            case 'statement_block':
                visitAll(statement.statements);
                break;
            default:
                break; // no statements inside
        }
    };

    for (const { node, statements } of declarations(parseTact(code, file))) {
        if (isIgnored(span(node).start)) ignored++;
        else visitAll(statements);
    }

    let result = code;
    // From the end to the start, so that positions stay valid; of two at one position, the one found later comes first.
    for (const { position, text } of insertions.reverse().sort((a, b) => b.position - a.position)) {
        result = result.slice(0, position) + text + result.slice(position);
    }
    // On the first line, to keep the line numbers of the compiler's messages.
    return { code: `import "${importPath(file, markerFile)}"; ${result}`, markers, ignored };
}
