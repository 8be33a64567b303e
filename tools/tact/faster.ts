/**
 * The Tact compiler in half its time, with the same code as a result: what it computes again and again is kept. Import this
 * before the compiler is used. The tests compare the codes with those of a compiler left alone (tests/tools/compile.spec.ts).
 */
import * as astHelpers from '@tact-lang/compiler/dist/ast/ast-helpers';
import * as context from '@tact-lang/compiler/dist/context/context';
import * as errors from '@tact-lang/compiler/dist/error/errors';
import * as grammar from '@tact-lang/compiler/dist/grammar';
import type { Source } from '@tact-lang/compiler/dist/imports/source';

/**
 * The compiler tries to evaluate every expression, and each one that is no constant is an error whose message draws its place
 * in the source, for messages that nobody reads. Here only those that are read get it (`drawn`).
 */
function drawErrorsLate(): void {
    const undrawn: typeof errors.throwConstEvalError = (message, fatal, source) => {
        throw new errors.TactConstEvalError(message, fatal, source);
    };
    Object.assign(errors, { throwConstEvalError: undrawn });
}

export function drawn(error: errors.TactConstEvalError): string {
    const { loc, message } = error;
    return loc ? `${errors.locationStr(loc)}${message}\n${loc.interval.getLineAndColumnMessage()}` : message;
}

/**
 * Every file is parsed twice for every contract that imports it. Here once, for as long as its text stays the same. The nodes
 * of all compilations are numbered by one factory, because the compiler tells them apart by number.
 */
function parseOnce(): void {
    const factory = astHelpers.getAstFactory();
    const parser = grammar.getParser(factory);
    const kept = <T>(parse: (source: Source) => T): ((source: Source) => T) => {
        const results = new Map<string, { code: string; result: T }>();
        return (source) => {
            const key = `${source.origin} ${source.path}`;
            const known = results.get(key);
            if (known?.code === source.code) return known.result;
            const result = parse(source);
            results.set(key, { code: source.code, result });
            return result;
        };
    };
    const once: typeof parser = { ...parser, parse: kept(parser.parse), parseImports: kept(parser.parseImports) };
    Object.assign(astHelpers, { getAstFactory: () => factory });
    Object.assign(grammar, { getParser: () => once });
}

/** A context is copied, with all that it holds, for every entry that is added; but nobody asks the one before again. */
function addInPlace(): void {
    class Context implements context.CompilerContext {
        readonly stores: context.CompilerContext['stores'];

        constructor(args: Pick<context.CompilerContext, 'stores'> = { stores: new Map() }) {
            this.stores = args.stores;
        }

        updateStore = <T>(store: symbol, key: string | number, value: T): this => {
            const entries = this.stores.get(store);
            if (entries) entries.set(key, value);
            else this.stores.set(store, new Map([[key, value]]));
            return this;
        };
    }
    Object.assign(context, { CompilerContext: Context });
}

drawErrorsLate();
parseOnce();
addInPlace();
