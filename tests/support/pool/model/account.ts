/**
 * Balance, code and data of an account straight from the sandbox's serialised form. The sandbox itself parses and hashes
 * every cell of an account after each transaction, and serialises code and data anew for each getter: most of the time
 * of a test that asks for everything after every step.
 */
import { BitReader, BitString } from '@ton/core';

type RawCell = { d1: number; d2: number; data: Buffer; refs: number[] };

function readUint(buffer: Buffer, offset: number, bytes: number): number {
    return bytes === 0 ? 0 : buffer.readUIntBE(offset, bytes);
}

/** Cells of a bag in their order, the root first; no hashes are computed. */
function parseBag(bag: Buffer): RawCell[] {
    if (bag.readUInt32BE(0) !== 0xb5ee9c72) {
        throw new Error('not a bag of cells');
    }
    const flags = bag[4];
    const size = flags & 7;
    const offBytes = bag[5];
    const count = readUint(bag, 6, size);
    const roots = readUint(bag, 6 + size, size);
    let at = 6 + 3 * size + offBytes + roots * size;
    if ((flags & 0x80) !== 0) {
        at += count * offBytes;
    }
    const cells: RawCell[] = [];
    for (let i = 0; i < count; i++) {
        const [d1, d2] = [bag[at], bag[at + 1]];
        at += 2;
        const bytes = (d2 + 1) >> 1;
        const data = bag.subarray(at, at + bytes);
        at += bytes;
        const refs: number[] = [];
        for (let r = 0; r < (d1 & 7); r++) {
            refs.push(readUint(bag, at, size));
            at += size;
        }
        cells.push({ d1, d2, data, refs });
    }
    return cells;
}

/** The part of a bag below one of its cells, as a bag of its own. */
function subBag(cells: readonly RawCell[], root: number): string {
    const reachable = new Set<number>([root]);
    // References only point forward, so one pass in order finds everything.
    for (let i = root; i < cells.length; i++) {
        if (reachable.has(i)) {
            cells[i].refs.forEach((ref) => reachable.add(ref));
        }
    }
    const order = [...reachable].sort((a, b) => a - b);
    const position = new Map(order.map((cell, i) => [cell, i]));
    const parts: Buffer[] = [];
    for (const index of order) {
        const { d1, d2, data, refs } = cells[index];
        const pointers = Buffer.alloc(refs.length * 2);
        refs.forEach((ref, i) => pointers.writeUInt16BE(position.get(ref)!, i * 2));
        parts.push(Buffer.from([d1, d2]), data, pointers);
    }
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(6 + 3 * 2 + 4 + 2);
    head.writeUInt32BE(0xb5ee9c72, 0);
    head[4] = 2;
    head[5] = 4;
    head.writeUInt16BE(order.length, 6);
    head.writeUInt16BE(1, 8);
    head.writeUInt16BE(0, 10);
    head.writeUInt32BE(body.length, 12);
    head.writeUInt16BE(0, 16);
    return Buffer.concat([head, body]).toString('base64');
}

/** Bits of a cell: d2 is odd when the last byte ends with a completion tag. */
function bitsOf(cell: RawCell): BitReader {
    let length = cell.data.length * 8;
    if ((cell.d2 & 1) === 1) {
        const last = cell.data[cell.data.length - 1];
        length -= 32 - Math.clz32(last & -last);
    }
    return new BitReader(new BitString(cell.data, 0, length));
}

function skipAddress(bits: BitReader): void {
    bits.skip(2 + 1 + 8 + 256);
}

export type RawAccount = {
    balance: bigint;
    /** Code and data as bags of cells in base64; undefined unless the account is active. */
    code?: () => string;
    data?: () => string;
};

/** shard_account: ^Account, hash, lt. Account: addr, StorageInfo, AccountStorage. */
export function parseShardAccount(serialised: string): RawAccount {
    const cells = parseBag(Buffer.from(serialised, 'base64'));
    const account = cells[cells[0].refs[0]];
    const bits = bitsOf(account);
    if (!bits.loadBit()) {
        return { balance: 0n };
    }
    skipAddress(bits);
    for (let i = 0; i < 2; i++) {
        bits.skip(bits.loadUint(3) * 8);
    }
    const extra = bits.loadUint(3);
    bits.skip(extra === 0 ? 0 : 256);
    bits.skip(32);
    if (bits.loadBit()) {
        bits.skip(bits.loadUint(4) * 8);
    }
    bits.skip(64);
    const balance = bits.loadUintBig(bits.loadUint(4) * 8);
    let next = bits.loadBit() ? 1 : 0;
    if (!bits.loadBit()) {
        return { balance };
    }
    if (bits.loadBit()) {
        bits.skip(5);
    }
    if (bits.loadBit()) {
        bits.skip(2);
    }
    const code = bits.loadBit() ? account.refs[next++] : undefined;
    const data = bits.loadBit() ? account.refs[next++] : undefined;
    return {
        balance,
        code: code === undefined ? undefined : () => subBag(cells, code),
        data: data === undefined ? undefined : () => subBag(cells, data),
    };
}
