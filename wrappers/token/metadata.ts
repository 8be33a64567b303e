import { beginCell, Builder, Cell, Dictionary, Slice } from '@ton/core';
import { sha256_sync } from '@ton/crypto';

// TEP-64 token data. On-chain: a dictionary from sha256 of the attribute's name to its value, each value a cell in snake
// or chunked format. Off-chain: a URI in snake format.

/** Attributes of a jetton that TEP-64 names. */
export const METADATA_KEYS = [
    'uri',
    'name',
    'description',
    'image',
    'image_data',
    'symbol',
    'decimals',
    'amount_style',
    'render_type',
] as const;

export type MetadataKey = (typeof METADATA_KEYS)[number];

/** Attributes as text; `image_data` as bytes. Attributes of other names are kept, too. */
export type Metadata = { [key in Exclude<MetadataKey, 'image_data'>]?: string } & { image_data?: Buffer };

export type MetadataFormat = 'snake' | 'chunked';

export type ParsedMetadata = {
    /** `semichain`: on-chain attributes with a `uri` for the others. */
    kind: 'onchain' | 'offchain' | 'semichain';
    uri?: string;
    /** On-chain attributes by name; those of unknown names by the hash of the name in hex. */
    attributes: { [name: string]: Buffer };
};

const ONCHAIN = 0;
const OFFCHAIN = 1;
const SNAKE = 0;
const CHUNKED = 1;
/** Bytes in a cell of 1023 bits. */
const CELL_BYTES = 127;
/** More than any picture on a chain, less than what hangs a program. */
const MAX_CELLS = 10_000;

/** sha256 of an attribute's name. */
export function metadataKey(name: string): Buffer {
    return sha256_sync(name);
}

/** Bytes over a chain of cells: `room` of them in the first one. */
function storeSnake(builder: Builder, bytes: Buffer, room: number): void {
    // From the end: recursion would be as deep as the text is long.
    const parts = [bytes.subarray(0, room)];
    for (let at = room; at < bytes.length; at += CELL_BYTES) {
        parts.push(bytes.subarray(at, at + CELL_BYTES));
    }
    let next: Cell | undefined;
    for (const part of parts.slice(1).reverse()) {
        const cell = beginCell().storeBuffer(part);
        next = (next ? cell.storeRef(next) : cell).endCell();
    }
    builder.storeBuffer(parts[0]);
    if (next) {
        builder.storeRef(next);
    }
}

function loadSnake(slice: Slice): Buffer {
    const parts: Buffer[] = [];
    for (let cells = 0; ; cells++) {
        if (cells > MAX_CELLS || slice.remainingBits % 8 !== 0 || slice.remainingRefs > 1) {
            throw new Error('metadata: not in snake format');
        }
        parts.push(slice.loadBuffer(slice.remainingBits / 8));
        if (slice.remainingRefs === 0) {
            return Buffer.concat(parts);
        }
        slice = slice.loadRef().beginParse();
    }
}

const chunkValue = {
    serialize: (chunk: Buffer, builder: Builder) => {
        const cell = beginCell();
        storeSnake(cell, chunk, CELL_BYTES);
        builder.storeRef(cell.endCell());
    },
    parse: (slice: Slice): Buffer => loadSnake(slice.loadRef().beginParse()),
};

function valueCell(bytes: Buffer, format: MetadataFormat): Cell {
    const builder = beginCell();
    if (format === 'snake') {
        builder.storeUint(SNAKE, 8);
        storeSnake(builder, bytes, CELL_BYTES - 1);
    } else {
        const chunks = Dictionary.empty(Dictionary.Keys.Uint(32), chunkValue);
        for (let i = 0; i * CELL_BYTES < Math.max(bytes.length, 1); i++) {
            chunks.set(i, bytes.subarray(i * CELL_BYTES, (i + 1) * CELL_BYTES));
        }
        builder.storeUint(CHUNKED, 8).storeDict(chunks);
    }
    return builder.endCell();
}

function loadValue(slice: Slice): Buffer {
    const tag = slice.loadUint(8);
    if (tag === SNAKE) {
        return loadSnake(slice);
    }
    if (tag !== CHUNKED) {
        throw new Error(`metadata: value with tag ${tag}`);
    }
    const chunks = slice.loadDict(Dictionary.Keys.Uint(32), chunkValue);
    return Buffer.concat([...chunks.keys()].sort((a, b) => a - b).map((key) => chunks.get(key)!));
}

const contentValue = {
    serialize: (value: Cell, builder: Builder) => {
        builder.storeRef(value);
    },
    // Some tokens keep the value in the dictionary itself.
    parse: (slice: Slice): Slice =>
        slice.remainingRefs > 0 && slice.remainingBits === 0 ? slice.loadRef().beginParse() : slice,
};

/** On-chain metadata. With `uri` among the attributes it is semi-chain: the document there completes it. */
export function onchainMetadata(
    attributes: Metadata & { [name: string]: string | Buffer | undefined },
    format: MetadataFormat = 'snake',
): Cell {
    const content = Dictionary.empty(Dictionary.Keys.Buffer(32), {
        serialize: contentValue.serialize,
        parse: (): Cell => {
            throw new Error('only written here');
        },
    });
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== undefined) {
            content.set(metadataKey(name), valueCell(Buffer.from(value as string), format));
        }
    }
    return beginCell().storeUint(ONCHAIN, 8).storeDict(content).endCell();
}

/** Off-chain metadata: the URI of a JSON document. */
export function offchainMetadata(uri: string): Cell {
    const builder = beginCell().storeUint(OFFCHAIN, 8);
    storeSnake(builder, Buffer.from(uri, 'utf8'), CELL_BYTES - 1);
    return builder.endCell();
}

/** Reads metadata of any jetton. Throws on what is not TEP-64. */
export function parseMetadata(content: Cell): ParsedMetadata {
    const slice = content.beginParse();
    const tag = slice.remainingBits >= 8 ? slice.loadUint(8) : -1;
    if (tag === OFFCHAIN) {
        return { kind: 'offchain', uri: loadSnake(slice).toString('utf8'), attributes: {} };
    }
    if (tag !== ONCHAIN) {
        throw new Error(`metadata: neither on-chain nor off-chain (tag ${tag})`);
    }
    const names = new Map(METADATA_KEYS.map((name) => [metadataKey(name).toString('hex'), name as string]));
    const attributes: { [name: string]: Buffer } = {};
    const stored = slice.loadDict(Dictionary.Keys.Buffer(32), {
        serialize: (): void => {
            throw new Error('only read here');
        },
        parse: contentValue.parse,
    });
    for (const [key, value] of stored) {
        const hex = key.toString('hex');
        attributes[names.get(hex) ?? hex] = loadValue(value);
    }
    const uri = attributes.uri?.toString('utf8');
    return { kind: uri === undefined ? 'onchain' : 'semichain', ...(uri !== undefined && { uri }), attributes };
}

/** Decimals that metadata name; TEP-64's default is 9. */
export function metadataDecimals(parsed: ParsedMetadata): number {
    const text = parsed.attributes.decimals?.toString('utf8');
    return text === undefined ? 9 : Number(text);
}
