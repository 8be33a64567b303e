/**
 * Bags of cells read and written with what is known already (tests/tools/fast-boc.spec.ts compares with the originals).
 *
 * After every transaction the sandbox reads the whole account anew, code and all, and hashes each of its cells; before
 * every get-method it writes the code again. That was half of the time of a test. Cells cannot change, so equal cells may
 * be one object: a cell read before is looked up by its bytes and the numbers of its children, and what a cell was
 * serialised to is kept as long as the cell.
 */
import { BitString, Cell } from '@ton/core';
import { SmartContract } from '@ton/sandbox';
import * as serialization from '@ton/core/dist/boc/cell/serialization';

type Known = { cell: Cell; id: number };
type Options = { idx: boolean; crc32: boolean };

/** Cells known at most, twice: those read since the last change of generation, and those of the generation before. */
const GENERATION = 20_000;
/** Smaller bags are written faster than looked up. */
const LEAST_CELLS = 16;

const { deserializeBoc: originalDeserialize, serializeBoc: originalSerialize, parseBoc } = serialization;

let young = new Map<string, Known>();
let old = new Map<string, Known>();
let lastId = 0;

function lookUp(key: string): Known | undefined {
    const known = young.get(key) ?? old.get(key);
    if (known !== undefined) remember(key, known);
    return known;
}

function remember(key: string, known: Known): void {
    if (young.size >= GENERATION) {
        old = young;
        young = new Map();
    }
    young.set(key, known);
}

/** The bits of a cell from its bytes: if the length is no whole number of bytes, a one and zeros follow the last bit. */
function bitsOf(bytes: Buffer, padded: boolean): BitString {
    let length = bytes.length * 8;
    if (padded) {
        const last = bytes[bytes.length - 1];
        length -= last === 0 ? NaN : Math.log2(last & -last) + 1;
    }
    if (Number.isNaN(length)) throw new Error('A cell ends without its completion bit');
    return new BitString(Buffer.from(bytes), 0, length);
}

/** As the original; bags with an index, several roots or stored hashes are left to it. */
export function deserializeBoc(src: Buffer): Cell[] {
    const boc = parseBoc(src) as ReturnType<typeof parseBoc> & { cellData: Buffer; root: number[] };
    const { cellData, cells: count, size } = boc;
    const starts = new Int32Array(count + 1);
    for (let i = 0, at = 0; i < count; i++) {
        starts[i] = at;
        const descriptor = cellData[at];
        if ((descriptor & 16) !== 0) return originalDeserialize(src);
        at += 2 + ((cellData[at + 1] + 1) >> 1) + (descriptor & 7) * size;
        starts[i + 1] = at;
    }
    if (starts[count] !== cellData.length) return originalDeserialize(src);

    const read = new Array<Known>(count);
    for (let i = count - 1; i >= 0; i--) {
        const start = starts[i];
        const refsCount = cellData[start] & 7;
        const end = starts[i + 1] - refsCount * size;
        let key = cellData.toString('latin1', start, end);
        const children: Cell[] = [];
        for (let r = 0; r < refsCount; r++) {
            const index = cellData.readUIntBE(end + r * size, size);
            if (index <= i || index >= count) throw new Error('Invalid BOC file');
            children.push(read[index].cell);
            key += String.fromCharCode(read[index].id & 0xffff, read[index].id >>> 16);
        }
        let known = lookUp(key);
        if (known === undefined) {
            const bits = bitsOf(cellData.subarray(start + 2, end), (cellData[start + 1] & 1) !== 0);
            known = { cell: new Cell({ bits, refs: children, exotic: (cellData[start] & 8) !== 0 }), id: ++lastId };
            remember(key, known);
        }
        read[i] = known;
    }
    return boc.root.map((index) => read[index].cell);
}

const written = new WeakMap<Cell, Buffer>();

function hasAtLeast(cell: Cell, count: number): boolean {
    let seen = 0;
    const pending = [cell];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        if (++seen >= count) return true;
        pending.push(...next.refs);
    }
    return false;
}

/** As the original. The result is the caller's own. */
export function serializeBoc(root: Cell, options: Options): Buffer {
    if (options.idx || !options.crc32 || !hasAtLeast(root, LEAST_CELLS)) return originalSerialize(root, options);
    let result = written.get(root);
    if (result === undefined) {
        result = originalSerialize(root, options);
        written.set(root, result);
    }
    return Buffer.from(result);
}

export const ORIGINAL_BOC = { deserializeBoc: originalDeserialize, serializeBoc: originalSerialize };

Object.assign(serialization, { deserializeBoc, serializeBoc });

/** A snapshot with the account as the emulator wrote it. */
type Snapshot = ReturnType<SmartContract['snapshot']> & { boc?: string };
/** The fields of the sandbox's class that are needed here. */
type Account = { _account: string; parsedAccount?: object };

// eslint-disable-next-line @typescript-eslint/unbound-method
const { snapshot: originalSnapshot, loadFrom: originalLoad } = SmartContract.prototype;

/** As the original, and remembers the bag that the account was read from: going back to it need not write it again. */
export function snapshot(this: SmartContract): Snapshot {
    return { ...originalSnapshot.call(this), boc: (this as unknown as Account)._account };
}

export function loadFrom(this: SmartContract, from: Snapshot): void {
    if (from.boc === undefined || !from.address.equals(this.address)) {
        originalLoad.call(this, from);
        return;
    }
    const { boc, ...rest } = from;
    const account = this as unknown as Account & { lastTxTime: number; _verbosity?: object };
    account._account = boc;
    account.parsedAccount = undefined;
    account.lastTxTime = rest.lastTxTime;
    account._verbosity = rest.verbosity === undefined ? undefined : { ...rest.verbosity };
}

SmartContract.prototype.snapshot = snapshot;
SmartContract.prototype.loadFrom = loadFrom;
