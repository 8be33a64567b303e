/** Binary encoding shared by the snapshot, the journal and the transaction log. */
import * as fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { CorruptChainError } from './errors';

export class ByteWriter {
    private readonly parts: Buffer[] = [];
    length = 0;

    bytes(value: Uint8Array): this {
        this.parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
        this.length += value.byteLength;
        return this;
    }

    u32(value: number): this {
        const b = Buffer.allocUnsafe(4);
        b.writeUInt32LE(value);
        return this.bytes(b);
    }

    i32(value: number): this {
        const b = Buffer.allocUnsafe(4);
        b.writeInt32LE(value);
        return this.bytes(b);
    }

    u64(value: bigint): this {
        const b = Buffer.allocUnsafe(8);
        b.writeBigUInt64LE(value);
        return this.bytes(b);
    }

    u128(value: bigint): this {
        return this.u64(value & 0xffffffffffffffffn).u64(value >> 64n);
    }

    /** File positions: -1 stands for "none". */
    position(value: number): this {
        const b = Buffer.allocUnsafe(8);
        b.writeBigInt64LE(BigInt(value));
        return this.bytes(b);
    }

    block(value: Uint8Array): this {
        return this.u32(value.byteLength).bytes(value);
    }

    json(value: unknown): this {
        return this.block(Buffer.from(JSON.stringify(value)));
    }

    finish(): Buffer {
        return Buffer.concat(this.parts, this.length);
    }
}

export class ByteReader {
    constructor(
        private readonly data: Buffer,
        private offset = 0,
    ) {}

    private take(n: number): number {
        const at = this.offset;
        if (at + n > this.data.length) throw new CorruptChainError('Unexpected end of a stored record');
        this.offset = at + n;
        return at;
    }

    /** A view, not a copy. */
    bytes(n: number): Buffer {
        const at = this.take(n);
        return this.data.subarray(at, at + n);
    }

    u32(): number {
        return this.data.readUInt32LE(this.take(4));
    }

    i32(): number {
        return this.data.readInt32LE(this.take(4));
    }

    u64(): bigint {
        return this.data.readBigUInt64LE(this.take(8));
    }

    u128(): bigint {
        const low = this.u64();
        return low | (this.u64() << 64n);
    }

    position(): number {
        return Number(this.data.readBigInt64LE(this.take(8)));
    }

    block(): Buffer {
        return this.bytes(this.u32());
    }

    json<T>(): T {
        return JSON.parse(this.block().toString('utf8')) as T;
    }

    rest(): Buffer {
        return this.bytes(this.data.length - this.offset);
    }
}

/** Length of the frame in front of a payload: u32 length, u32 CRC-32. */
export const FRAME_BYTES = 8;

export function frame(payload: Buffer): Buffer {
    return new ByteWriter().u32(payload.length).u32(crc32(payload)).bytes(payload).finish();
}

/** The payload framed at an offset, or undefined if the bytes there are not a whole, intact frame. */
export function unframe(data: Buffer, offset: number): Buffer | undefined {
    if (offset + FRAME_BYTES > data.length) return undefined;
    const length = data.readUInt32LE(offset);
    const start = offset + FRAME_BYTES;
    if (length === 0 || start + length > data.length) return undefined;
    const payload = data.subarray(start, start + length);
    return crc32(payload) === data.readUInt32LE(offset + 4) ? payload : undefined;
}

/** Writes all bytes; fs.writeSync alone may write fewer. */
export function writeFully(fd: number, data: Buffer, position: number) {
    for (let done = 0; done < data.length;) {
        done += fs.writeSync(fd, data, done, data.length - done, position + done);
    }
}

export function readFully(fd: number, length: number, position: number): Buffer {
    const data = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
        const n = fs.readSync(fd, data, done, length - done, position + done);
        if (n === 0) throw new CorruptChainError(`Read past the end of a file at ${position + done}`);
        done += n;
    }
    return data;
}

/** Makes a created or renamed directory entry durable. Some systems refuse to fsync a directory: not an error. */
export function syncDirectory(dir: string) {
    let fd: number;
    try {
        fd = fs.openSync(dir, 'r');
    } catch {
        return;
    }
    try {
        fs.fsyncSync(fd);
    } catch (e) {
        if (!['EINVAL', 'EPERM', 'EISDIR', 'EBADF'].includes((e as NodeJS.ErrnoException).code ?? '')) throw e;
    } finally {
        fs.closeSync(fd);
    }
}
