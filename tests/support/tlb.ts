/**
 * A reader for the part of TL-B that docs/schema.tlb uses, so that tests can take real cells apart by the document
 * alone, without the generated parsers that came from the same compiler as the contracts.
 */
import { Address, Cell, Dictionary, Slice, Transaction } from '@ton/core';

export type TlbField = { name: string; type: string } | { cell: TlbField[] };
export type TlbType = { name: string; opcode: number | null; fields: TlbField[] };
export type TlbValue = bigint | boolean | Address | Cell | Slice | null | TlbRecord | Dictionary<bigint, TlbValue>;
export type TlbRecord = { [field: string]: TlbValue };

export class TlbSchema {
    private readonly byName = new Map<string, TlbType>();
    private readonly byOpcode = new Map<number, TlbType>();

    constructor(text: string) {
        for (const line of text.split('\n')) {
            const m = line.replace(/\/\/.*$/, '').match(/^(_|\w+#([0-9a-f]+))\s+(.*?)\s*=\s*(\w+);\s*$/);
            if (!m) continue;
            const type = { name: m[4], opcode: m[2] ? parseInt(m[2], 16) : null, fields: fieldsOf(m[3]) };
            this.byName.set(type.name, type);
            if (type.opcode !== null) {
                if (this.byOpcode.has(type.opcode)) throw new Error(`opcode of ${type.name} is taken`);
                this.byOpcode.set(type.opcode, type);
            }
        }
    }

    /** Names of everything declared. */
    names(): string[] {
        return [...this.byName.keys()];
    }

    /** Declared messages by opcode. */
    opcodes(): ReadonlyMap<number, TlbType> {
        return this.byOpcode;
    }

    /** Reads a message or event body by its opcode, to the last bit and reference. */
    readBody(body: Cell): { name: string; fields: TlbRecord } {
        const s = body.beginParse();
        const opcode = s.loadUint(32);
        const type = this.byOpcode.get(opcode);
        if (!type) throw new Error(`opcode 0x${opcode.toString(16)} is not in the schema`);
        return { name: type.name, fields: this.readAll(type.fields, s, type.name) };
    }

    /** Reads a cell as a declared structure, to the last bit and reference. */
    read(name: string, cell: Cell): TlbRecord {
        const type = this.byName.get(name);
        if (!type) throw new Error(`${name} is not in the schema`);
        return this.readAll(type.fields, cell.beginParse(), name);
    }

    private readAll(fields: TlbField[], s: Slice, where: string): TlbRecord {
        const record = this.readFields(fields, s);
        if (s.remainingBits > 0 || s.remainingRefs > 0)
            throw new Error(
                `${where}: ${s.remainingBits} bits and ${s.remainingRefs} references are not in the schema`,
            );
        return record;
    }

    private readFields(fields: TlbField[], s: Slice): TlbRecord {
        const record: TlbRecord = {};
        for (const field of fields) {
            if ('cell' in field) Object.assign(record, this.readAll(field.cell, s.loadRef().beginParse(), '^[ ]'));
            else record[field.name] = this.readValue(field.type, s);
        }
        return record;
    }

    private readValue(type: string, s: Slice): TlbValue {
        const number = type.match(/^(u?)int(\d+)$/);
        if (number) return number[1] ? s.loadUintBig(Number(number[2])) : s.loadIntBig(Number(number[2]));
        const maybe = type.match(/^\(Maybe (uint\d+)\)$/);
        if (maybe) return s.loadBit() ? this.readValue(maybe[1], s) : null;
        const map = type.match(/^\(HashmapE (\d+) (\^?\w+)\)$/);
        if (map) {
            return s.loadDict(Dictionary.Keys.BigUint(Number(map[1])), {
                serialize: () => {
                    throw new Error('a schema only reads');
                },
                parse: (item: Slice) => {
                    const read = this.readValue(map[2], item);
                    if (item.remainingBits > 0 || item.remainingRefs > 0) throw new Error(`${type}: more than a value`);
                    return read;
                },
            });
        }
        switch (type) {
            case 'Any': {
                const rest = s.clone();
                s.skip(s.remainingBits);
                while (s.remainingRefs > 0) s.loadRef();
                return rest;
            }
            case 'Coins':
                return s.loadCoins();
            case 'bits512':
                return s.loadUintBig(512);
            case 'Bool':
                return s.loadBit();
            case 'MsgAddress':
                return s.loadMaybeAddress();
            case '^Cell':
                return s.loadRef();
            case '(Maybe ^Cell)':
                return s.loadMaybeRef();
        }
        if (type.startsWith('^')) return this.read(type.slice(1), s.loadRef());
        const nested = this.byName.get(type);
        if (!nested) throw new Error(`unknown type ${type}`);
        return this.readFields(nested.fields, s);
    }
}

/** Splits the fields of a declaration; types may contain spaces within brackets. */
function fieldsOf(text: string): TlbField[] {
    const fields: TlbField[] = [];
    let rest = text.trim();
    while (rest.length > 0) {
        if (rest.startsWith('^[')) {
            const end = closing(rest, 1, '[', ']');
            fields.push({ cell: fieldsOf(rest.slice(2, end)) });
            rest = rest.slice(end + 1).trim();
            continue;
        }
        const m = rest.match(/^(\w+):/);
        if (!m) throw new Error(`cannot read "${rest}"`);
        rest = rest.slice(m[0].length);
        const end = rest.startsWith('(')
            ? closing(rest, 0, '(', ')') + 1
            : (rest.indexOf(' ') + 1 || rest.length + 1) - 1;
        fields.push({ name: m[1], type: rest.slice(0, end) });
        rest = rest.slice(end).trim();
    }
    return fields;
}

function closing(text: string, from: number, open: string, close: string): number {
    let depth = 0;
    for (let i = from; i < text.length; i++) {
        if (text[i] === open) depth++;
        if (text[i] === close && --depth === 0) return i;
    }
    throw new Error(`unbalanced "${text}"`);
}

/** Bodies of everything that left a contract in these transactions, events included. Texts have no opcode of ours. */
export function bodies(transactions: readonly Transaction[]): Cell[] {
    return transactions
        .flatMap((tx) => [tx.inMessage!, ...tx.outMessages.values()])
        .filter((m) => m.info.type !== 'external-in' && !(m.info.type === 'internal' && m.info.bounced))
        .map((m) => m.body)
        .filter((body) => body.bits.length >= 32 && body.beginParse().preloadUint(32) !== 0);
}
