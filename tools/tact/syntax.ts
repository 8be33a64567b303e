/** Thin layer over the compiler's own parser, for the tools that change sources (coverage markers, mutants). */
import * as path from 'path';
import { getParser } from '@tact-lang/compiler/dist/grammar';
import { getAstFactory } from '@tact-lang/compiler/dist/ast/ast-helpers';
import type * as Ast from '@tact-lang/compiler/dist/ast/ast';
import type { SrcInfo } from '@tact-lang/compiler/dist/grammar';

export type { Ast };

/** Where a node stands in the source; the parser leaves blanks and comments around the node out. */
export interface Span {
    start: number;
    end: number;
}

export function parseTact(code: string, file: string): Ast.Module {
    return getParser(getAstFactory()).parse({ code, path: file, origin: 'user' });
}

export function span(node: { loc: SrcInfo }): Span {
    const { startIdx, endIdx } = node.loc.interval;
    return { start: startIdx, end: endIdx };
}

export function lineOf(code: string, position: number): number {
    let line = 1;
    for (let i = code.indexOf('\n'); i >= 0 && i < position; i = code.indexOf('\n', i + 1)) line++;
    return line;
}

/** The second `if` of `else if`: both end together, there is no closing bracket between. */
export function elseIf(condition: Ast.StatementCondition): Ast.Statement | undefined {
    const { falseStatements } = condition;
    if (falseStatements?.length !== 1) return undefined;
    const [only] = falseStatements;
    return span(only).end === span(condition).end ? only : undefined;
}

export interface Declaration {
    /** `Contract.receiver(Message)`, `Trait.function`, `function`: stable when lines move. */
    name: string;
    node: { loc: SrcInfo };
    statements: readonly Ast.Statement[];
}

/** Everything in a file that has statements: functions, getters, receivers and init, also of contracts and traits. */
export function declarations(module: Ast.Module): Declaration[] {
    return module.items.flatMap((item) => {
        if (item.kind === 'contract' || item.kind === 'trait') {
            return item.declarations.flatMap((d) => declaration(d, `${item.name.text}.`));
        }
        return declaration(item, '');
    });
}

function declaration(
    node: Ast.ModuleItem | Ast.ContractDeclaration | Ast.TraitDeclaration,
    prefix: string,
): Declaration[] {
    switch (node.kind) {
        case 'function_def':
            return [{ name: prefix + node.name.text, node, statements: node.statements }];
        case 'contract_init':
            return [{ name: `${prefix}init`, node, statements: node.statements }];
        case 'receiver':
            return [{ name: prefix + receiverName(node.selector), node, statements: node.statements }];
        default:
            return []; // types, constants, fields; abstract, native and asm functions: nothing of Tact's to execute
    }
}

function receiverName(selector: Ast.Receiver['selector']): string {
    if (selector.kind === 'bounce') return `bounced(${typeName(selector.param.type)})`;
    const kind = selector.kind === 'internal' ? 'receive' : 'external';
    const sub = selector.subKind;
    if (sub.kind === 'simple') return `${kind}(${typeName(sub.param.type)})`;
    return sub.kind === 'comment' ? `${kind}(${JSON.stringify(sub.comment.value)})` : `${kind}()`;
}

function typeName(type: Ast.Type): string {
    if (type.kind === 'type_id') return type.text;
    if (type.kind === 'bounced_message_type') return typeName(type.messageType);
    return type.kind;
}

/** The path to write into an `import` of one file to get another one. */
export function importPath(fromFile: string, toFile: string): string {
    const relative = path.relative(path.dirname(fromFile), toFile);
    return relative.startsWith('.') ? relative : `./${relative}`;
}
