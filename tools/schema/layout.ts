/**
 * Wire layouts of Tact messages and structs, read out of the serializers that Tact generates (`storeX` in
 * build/<Name>/<Name>_<Name>.ts). They show what the ABI does not: where Tact opens a further cell.
 */

/** One field as it stands on the wire. `cell` fields are a further cell with fields of its own (`^[ ... ]`). */
export type Field =
    | { kind: 'value'; name: string; type: string }
    | { kind: 'struct'; name: string; type: string }
    | { kind: 'cell'; fields: Field[] };

/** A message (with its opcode) or a struct (opcode null). */
export type Layout = { name: string; opcode: number | null; fields: Field[] };

const snake = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** TL-B type of one generated statement, or null if the statement is not a field. */
function fieldOf(statement: string): { builder: number; field: Field } | null {
    const patterns: [RegExp, (m: RegExpMatchArray) => Field][] = [
        [/^b_(\d+)\.storeUint\(src\.(\w+), (\d+)\);$/, (m) => value(m[2], `uint${m[3]}`)],
        [/^b_(\d+)\.storeInt\(src\.(\w+), (\d+)\);$/, (m) => value(m[2], `int${m[3]}`)],
        [/^b_(\d+)\.storeCoins\(src\.(\w+)\);$/, (m) => value(m[2], 'Coins')],
        [/^b_(\d+)\.storeBit\(src\.(\w+)\);$/, (m) => value(m[2], 'Bool')],
        [/^b_(\d+)\.storeAddress\(src\.(\w+)\);$/, (m) => value(m[2], 'MsgAddress')],
        [/^b_(\d+)\.storeRef\(src\.(\w+)\);$/, (m) => value(m[2], '^Cell')],
        // A signature: the only slice of a fixed length that messages have.
        [/^b_(\d+)\.storeBuffer\(src\.(\w+)\);$/, (m) => value(m[2], 'bits512')],
        // A slice that takes the rest of the message.
        [/^b_(\d+)\.storeBuilder\(src\.(\w+)\.asBuilder\(\)\);$/, (m) => value(m[2], 'Any')],
        [
            /^b_(\d+)\.storeDict\(src\.(\w+), Dictionary\.Keys\.(\w+)\((\d*)\), ([\w.]+)\((\d*)\)\);$/,
            (m) => value(m[2], `(HashmapE ${m[3] === 'Address' ? 267 : m[4]} ${valueType(m[5], m[6])})`),
        ],
        [
            /^if \(src\.(\w+) !== null && src\.\w+ !== undefined\) \{ b_(\d+)\.storeBit\(true\)\.storeRef\(/,
            (m) => value(m[1], '(Maybe ^Cell)'),
        ],
        [
            /^if \(src\.(\w+) !== null && src\.\w+ !== undefined\) \{ b_(\d+)\.storeBit\(true\)\.storeUint\(src\.\w+, (\d+)\)/,
            (m) => value(m[1], `(Maybe uint${m[3]})`),
        ],
        [/^b_(\d+)\.store\(store(\w+)\(src\.(\w+)\)\);$/, (m) => ({ kind: 'struct', name: snake(m[3]), type: m[2] })],
    ];
    for (const [pattern, make] of patterns) {
        const m = statement.match(pattern);
        if (m) return { builder: Number(pattern.source.startsWith('^if') ? m[2] : m[1]), field: make(m) };
    }
    return null;
}

/** Type of the values of a dictionary, from the parser that Tact generates for them. */
function valueType(parser: string, size: string): string {
    const name = parser.replace(/^Dictionary\.Values\.|^dictValueParser/, '');
    const basic: Record<string, string> = {
        Bool: 'Bool',
        BigUint: `uint${size}`,
        Uint: `uint${size}`,
        BigVarUint: 'Coins',
        BigInt: `int${size}`,
    };
    // Tact puts a struct into a cell of its own.
    return basic[name] ?? `^${name}`;
}

function value(name: string, type: string): Field {
    return { kind: 'value', name: snake(name), type };
}

/**
 * Every layout in a generated file. Throws on a statement it does not understand: a layout must not be shown with a
 * field missing.
 */
export function layoutsOf(source: string): Layout[] {
    const layouts: Layout[] = [];
    for (const m of source.matchAll(
        /(?:export function store([\w$]+)|function init(\w+)_init_args)\(src: [\w$]+\) \{\n {4}return \(builder: Builder\) => \{\n([\s\S]*?)\n {4}\};/g,
    )) {
        const cells: Field[][] = [];
        let opcode: number | null = null;
        const statements = m[3].split('\n').map((s) => s.trim());
        for (const statement of statements) {
            const open = statement.match(/^const b_(\d+) = (builder|new Builder\(\));$/);
            if (open) {
                cells[Number(open[1])] = [];
                continue;
            }
            const close = statement.match(/^b_(\d+)\.storeRef\(b_(\d+)\.endCell\(\)\);$/);
            if (close) {
                cells[Number(close[1])].push({ kind: 'cell', fields: cells[Number(close[2])] });
                continue;
            }
            const code = statement.match(/^b_0\.storeUint\((\d+), 32\);$/);
            if (code) {
                opcode = Number(code[1]);
                continue;
            }
            const field = fieldOf(statement);
            if (!field) {
                cells.length = 0; // a type of the standard library that no message of ours uses
                break;
            }
            cells[field.builder].push(field.field);
        }
        if (cells.length === 0) continue;
        const name = m[2] ?? m[1].replace('$Data', '');
        // Storage that takes more than one cell is divided as the initial state is; `X$Data` divides it differently.
        const stored = m[2] === undefined ? undefined : layouts.find((one) => one.name === name);
        if (stored !== undefined) stored.fields = cells[0];
        else layouts.push({ name, opcode, fields: cells[0] });
    }
    return layouts;
}

/** The layout as one TL-B declaration. */
export function declaration(layout: Layout): string {
    const text = (f: Field): string =>
        f.kind === 'cell' ? `^[ ${f.fields.map(text).join(' ')} ]` : `${f.name}:${f.type}`;
    const tag = layout.opcode === null ? '_' : `${snake(layout.name)}#${layout.opcode.toString(16).padStart(8, '0')}`;
    return `${[tag, ...layout.fields.map(text)].join(' ')} = ${layout.name};`;
}
