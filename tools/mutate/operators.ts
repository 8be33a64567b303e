/** Which small faults are put into a contract. A mutant that no test notices shows something the tests do not check. */
import { declarations, elseIf, lineOf, parseTact, span } from '../tact/syntax';
import type { Ast } from '../tact/syntax';
import { sha256 } from '../tact/project';

export interface Mutant {
    /** The same as long as the statement itself stays the same, wherever it moves in the file. */
    id: string;
    file: string;
    line: number;
    /** First line of the statement it is in, of the whole chain if that is an `else if`; 0 outside of statements. */
    statement: number;
    /** Receiver or function the mutant is in. */
    place: string;
    operator: string;
    /** What is written instead of what, for people. */
    change: string;
    /** Replacement in the source: characters start..end become text. */
    start: number;
    end: number;
    text: string;
}

const BINARY: Record<string, string[]> = {
    '==': ['!='],
    '!=': ['=='],
    '<': ['<=', '>'],
    '<=': ['<', '>='],
    '>': ['>=', '<'],
    '>=': ['>', '<='],
    '+': ['-'],
    '-': ['+'],
    '*': ['/'],
    '/': ['*'],
    '%': ['*'],
    '&&': ['||'],
    '||': ['&&'],
    '<<': ['>>'],
    '>>': ['<<'],
    '&': ['|'],
    '|': ['&'],
};

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);

const ASSIGNMENT: Record<string, string> = {
    '+=': '-=',
    '-=': '+=',
    '*=': '/=',
    '/=': '*=',
    '&&=': '||=',
    '||=': '&&=',
    '|=': '&=',
    '&=': '|=',
    '<<=': '>>=',
    '>>=': '<<=',
};

/** Constants of the standard library that make a message carry another amount or fail in another way. */
const MODES: Record<string, string> = {
    SendRemainingValue: 'SendRemainingBalance',
    SendRemainingBalance: 'SendRemainingValue',
    SendIgnoreErrors: 'SendDefaultMode',
    SendPayGasSeparately: 'SendDefaultMode',
    SendDestroyIfZero: 'SendDefaultMode',
    SendBounceIfActionFail: 'SendDefaultMode',
    SendPayFwdFeesSeparately: 'SendDefaultMode',
    SendDefaultMode: 'SendPayGasSeparately',
    ReserveExact: 'ReserveAtMost',
    ReserveAtMost: 'ReserveExact',
    ReserveAddOriginalBalance: 'ReserveExact',
};

/** The parts of the syntax tree this module looks at; the nodes are read generically, every kind passes through here. */
interface Node {
    kind?: string;
    loc?: { interval: { startIdx: number; endIdx: number } };
    [field: string]: unknown;
}

type Located = Required<Pick<Node, 'loc'>>;

function shorten(text: string): string {
    const line = text.replace(/\s+/g, ' ').trim();
    return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}

export function mutantsOf(code: string, file: string): Mutant[] {
    const found: Omit<Mutant, 'id'>[] = [];
    const snippets: string[] = [];

    const visitDeclaration = (root: unknown, place: string): void => {
        let statement = '';
        let marked = 0;
        const add = (start: number, end: number, text: string, operator: string, change: string): void => {
            found.push({
                file,
                line: lineOf(code, start),
                statement: marked,
                place,
                operator,
                change,
                start,
                end,
                text,
            });
            snippets.push(statement);
        };
        const replace = ({ loc }: Located, text: string, operator: string): void => {
            const { startIdx, endIdx } = loc.interval;
            const original = code.slice(startIdx, endIdx);
            add(startIdx, endIdx, text, operator, `${shorten(original)} -> ${shorten(text)}`);
        };

        const chained = new Set<unknown>();
        const visit = (value: unknown): void => {
            if (Array.isArray(value)) return value.forEach(visit);
            if (typeof value !== 'object' || value === null) return;
            const node = value as Node;
            const enclosing = { statement, marked };
            if (node.loc && node.kind?.startsWith('statement_')) {
                statement = headOf(code, node as Node & Located);
                if (!chained.has(node)) marked = lineOf(code, node.loc.interval.startIdx);
                if (node.kind === 'statement_condition') {
                    chained.add(elseIf(node as unknown as Ast.StatementCondition));
                }
            }
            if (node.loc) mutate(node as Node & Located);
            for (const [field, child] of Object.entries(node)) {
                if (field !== 'loc' && field !== 'attributes') visit(child);
            }
            ({ statement, marked } = enclosing);
        };

        const mutate = (node: Node & Located): void => {
            const { start, end } = span(node as unknown as Parameters<typeof span>[0]);
            const source = code.slice(start, end);
            switch (node.kind) {
                case 'op_binary': {
                    const op = node.op as string;
                    const from = (node.left as Located).loc.interval.endIdx;
                    const at = code.indexOf(op, from);
                    for (const other of BINARY[op] ?? []) {
                        const changed = code.slice(start, at) + other + code.slice(at + op.length, end);
                        const operator = COMPARISONS.has(op) ? 'comparison' : 'arithmetic';
                        add(at, at + op.length, other, operator, `${shorten(source)} -> ${shorten(changed)}`);
                    }
                    break;
                }
                case 'statement_augmentedassign': {
                    const op = node.op as string;
                    const at = code.indexOf(op, (node.path as Located).loc.interval.endIdx);
                    if (ASSIGNMENT[op]) {
                        add(
                            at,
                            at + op.length,
                            ASSIGNMENT[op],
                            'assignment',
                            `${shorten(source)}: ${op} -> ${ASSIGNMENT[op]}`,
                        );
                    }
                    replace(node, '', 'delete statement');
                    break;
                }
                case 'statement_expression':
                case 'statement_assign':
                    replace(node, '', 'delete statement');
                    break;
                case 'statement_condition':
                case 'conditional':
                case 'statement_while':
                    negate(node.condition as Node & Located);
                    break;
                case 'static_call': {
                    // Checks are calls: their condition is the second or first argument.
                    const name = (node.function as { text: string }).text;
                    const args = node.args as (Node & Located)[];
                    if (name === 'require') negate(args[0]);
                    if (name === 'throwIf' || name === 'throwUnless') negate(args[1]);
                    break;
                }
                case 'number': {
                    const number = node.value as bigint;
                    replace(node, String(number + 1n), 'constant');
                    if (number > 0n) replace(node, String(number - 1n), 'constant');
                    break;
                }
                case 'boolean':
                    replace(node, String(!node.value), 'constant');
                    break;
                case 'id': {
                    const name = node.text as string;
                    if (MODES[name] && source === name) replace(node, MODES[name], 'send mode');
                    break;
                }
                default:
                    break;
            }
        };

        const negate = (condition: Node & Located): void => {
            // The comparison itself already has the opposite one as a mutant.
            if (condition.kind === 'op_binary' && (condition.op === '==' || condition.op === '!=')) return;
            const { startIdx, endIdx } = condition.loc.interval;
            replace(condition, `!(${code.slice(startIdx, endIdx)})`, 'negate condition');
        };

        visit(root);
    };

    const module = parseTact(code, file);
    for (const { name, statements } of declarations(module)) visitDeclaration(statements, name);
    for (const item of module.items) {
        if (item.kind === 'constant_def') visitDeclaration([item.initializer], item.name.text);
        if (item.kind !== 'contract' && item.kind !== 'trait') continue;
        for (const declaration of item.declarations) {
            if (declaration.kind === 'constant_def') {
                visitDeclaration([declaration.initializer], `${item.name.text}.${declaration.name.text}`);
            }
        }
    }

    // Equal mutants of equal statements (two identical sends in one function) are told apart by their order.
    const counts = new Map<string, number>();
    return found.map((mutant, i) => {
        const key = [mutant.file, mutant.place, snippets[i], mutant.operator, mutant.change].join('\n');
        const ordinal = counts.get(key) ?? 0;
        counts.set(key, ordinal + 1);
        return { id: sha256(`${key}\n${ordinal}`).slice(0, 12), ...mutant };
    });
}

/** A statement up to its first block: a change inside the body must not rename the mutants of the condition. */
function headOf(code: string, node: Located): string {
    const { startIdx, endIdx } = node.loc.interval;
    const source = code.slice(startIdx, endIdx);
    return (/^(if|while|repeat|foreach|do|try)\b/.test(source) ? source.split('{')[0] : source)
        .replace(/\s+/g, ' ')
        .trim();
}

export function applyMutant(code: string, mutant: Mutant): string {
    return code.slice(0, mutant.start) + mutant.text + code.slice(mutant.end);
}

/** A reproducible order: the seed decides which mutants come first, and adding code elsewhere does not reshuffle them. */
export function shuffled(mutants: Mutant[], seed: number): Mutant[] {
    const rank = (m: Mutant): string => sha256(`${seed}:${m.id}`);
    return mutants
        .map((mutant) => ({ mutant, rank: rank(mutant) }))
        .sort((a, b) => (a.rank < b.rank ? -1 : 1))
        .map(({ mutant }) => mutant);
}
