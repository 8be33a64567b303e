/**
 * Faster inner loops for @ton/core, with the same results (tests/tools/fast-core.spec.ts compares them with the originals).
 * And a stopwatch for the sandbox's emulator that costs nothing.
 *
 * The sandbox parses, hashes and serialises the code of a contract anew for every transaction. @ton/core copies bits one
 * by one, computes the checksum of a bag of cells bit by bit, and hashes in JavaScript: together more than half of the time
 * of a test. The package reads these functions from their modules at every call, so they can be replaced from outside.
 */
import { createHash } from 'crypto';
import { BitBuilder, BitReader, BitString } from '@ton/core';
import * as crc32 from '@ton/core/dist/utils/crc32c';
import * as padded from '@ton/core/dist/boc/utils/paddedBits';
import * as sha256 from '@ton/crypto/dist/primitives/sha256';

/** The fields of @ton/core's classes that are needed here. */
type Bits = { _data: Buffer; _offset: number; _length: number };
type Builder = { _buffer: Buffer; _length: number };
type Preload = (this: BitReader, bits: number, offset: number) => bigint;
type ToNumber = (src: bigint, alternative: string) => number;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    return crc;
});

export function crc32c(source: Buffer): Buffer {
    let crc = -1;
    for (let i = 0; i < source.length; i++) crc = TABLE[(crc ^ source[i]) & 255] ^ (crc >>> 8);
    const result = Buffer.alloc(4);
    result.writeInt32LE(crc ^ -1);
    return result;
}

/** Bytes of bits that begin at a border of bytes, the last one cleared behind the bits; null for other bits. */
function bytesOf(bits: BitString): Buffer | null {
    const { _data, _offset, _length } = bits as unknown as Bits;
    if (_offset % 8 !== 0) return null;
    const bytes = Buffer.from(_data.subarray(_offset / 8, (_offset + _length + 7) >> 3));
    if (_length % 8 !== 0) bytes[bytes.length - 1] &= 0xff00 >> (_length % 8);
    return bytes;
}

const originalPadding = padded.bitsToPaddedBuffer;

/** The bits, then a one and zeros up to the end of the byte unless they end there. */
export function bitsToPaddedBuffer(bits: BitString): Buffer {
    const bytes = bytesOf(bits);
    if (bytes === null) return originalPadding(bits);
    if (bits.length % 8 !== 0) bytes[bytes.length - 1] |= 0x80 >> (bits.length % 8);
    return bytes;
}

// Only ever called with a builder as `this`.
// eslint-disable-next-line @typescript-eslint/unbound-method
const originalWriteBits = BitBuilder.prototype.writeBits;

export function writeBits(this: BitBuilder, bits: BitString): void {
    const builder = this as unknown as Builder;
    const bytes = builder._length % 8 === 0 ? bytesOf(bits) : null;
    if (bytes === null || builder._length + bits.length > builder._buffer.length * 8) {
        originalWriteBits.call(this, bits);
        return;
    }
    bytes.copy(builder._buffer, builder._length / 8);
    builder._length += bits.length;
}

// eslint-disable-next-line @typescript-eslint/unbound-method
const originalWriteBuffer = BitBuilder.prototype.writeBuffer;

/** Anywhere: each byte goes to two bytes of the buffer, whose bits behind the end are zero. */
export function writeBuffer(this: BitBuilder, source: Buffer): void {
    const builder = this as unknown as Builder;
    const shift = builder._length % 8;
    if (shift === 0 || builder._length + source.length * 8 > builder._buffer.length * 8) {
        originalWriteBuffer.call(this, source);
        return;
    }
    const first = builder._length >> 3;
    for (let i = 0; i < source.length; i++) {
        builder._buffer[first + i] |= source[i] >> shift;
        builder._buffer[first + i + 1] = (source[i] << (8 - shift)) & 255;
    }
    builder._length += source.length * 8;
}

// eslint-disable-next-line @typescript-eslint/unbound-method
const originalWriteUint = BitBuilder.prototype.writeUint;

/** Whole bytes; everything else as before. */
export function writeUint(this: BitBuilder, value: bigint | number, bits: number): void {
    const builder = this as unknown as Builder;
    const room = builder._length + bits <= builder._buffer.length * 8;
    if (!room || !(bits > 0) || bits % 8 !== 0) {
        originalWriteUint.call(this, value, bits);
        return;
    }
    if (typeof value === 'number' && bits <= 32) {
        if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
            originalWriteUint.call(this, value, bits);
        } else if (builder._length % 8 === 0) {
            builder._buffer.writeUIntBE(value, builder._length / 8, bits / 8);
            builder._length += bits;
        } else {
            const bytes = Buffer.allocUnsafe(bits / 8);
            bytes.writeUIntBE(value, 0, bits / 8);
            writeBuffer.call(this, bytes);
        }
        return;
    }
    const digits = BigInt(value).toString(16);
    if (digits.startsWith('-') || digits.length > bits / 4) originalWriteUint.call(this, value, bits);
    else writeBuffer.call(this, Buffer.from(digits.padStart(bits / 4, '0'), 'hex'));
}

const reader = BitReader.prototype as unknown as { _preloadUint: Preload; _toSafeInteger: ToNumber };
const originalPreloadUint = reader._preloadUint;
const originalToSafeInteger = reader._toSafeInteger;

export function preloadUint(this: BitReader, bits: number, offset: number): bigint {
    const { _data, _offset, _length } = (this as unknown as { _bits: Bits })._bits;
    if (!(bits > 0) || offset < 0 || offset + bits > _length) return originalPreloadUint.call(this, bits, offset);
    const from = _offset + offset;
    const first = from >> 3;
    const end = (from + bits + 7) >> 3;
    const behind = end * 8 - from - bits;
    if (bits <= 32) {
        const value = _data.readUIntBE(first, end - first);
        return BigInt(Math.floor(value / 2 ** behind) % 2 ** bits);
    }
    return BigInt.asUintN(bits, BigInt(`0x${_data.toString('hex', first, end)}`) >> BigInt(behind));
}

export function toSafeInteger(src: bigint, alternative: string): number {
    const value = Number(src);
    return Number.isSafeInteger(value) ? value : originalToSafeInteger(src, alternative);
}

export const sha256Sync = (source: Buffer | string): Buffer => createHash('sha256').update(source).digest();

export const ORIGINALS = {
    crc32c: crc32.crc32c,
    bitsToPaddedBuffer: originalPadding,
    writeBits: originalWriteBits,
    writeBuffer: originalWriteBuffer,
    writeUint: originalWriteUint,
    preloadUint: originalPreloadUint,
    toSafeInteger: originalToSafeInteger,
    sha256Sync: sha256.sha256_sync,
};

Object.assign(crc32, { crc32c });
Object.assign(padded, { bitsToPaddedBuffer });
Object.assign(sha256, { sha256_sync: sha256Sync });
BitBuilder.prototype.writeBits = writeBits;
BitBuilder.prototype.writeBuffer = writeBuffer;
BitBuilder.prototype.writeUint = writeUint;
reader._preloadUint = preloadUint;
reader._toSafeInteger = toSafeInteger;

/** What the emulator imports, sorted into modules. */
type Imports = Record<string, Record<string, (clock: number, precision: bigint, pointer: number) => number>>;
type Instantiate = (binary: Uint8Array, imports: Imports) => Promise<{ instance?: { exports: object } }>;
type Memory = { buffer: ArrayBuffer };
declare const WebAssembly: { instantiate: Instantiate };

const CLOCK = '_clock_time_get';
const REAL_TIME = 0;
const TICK_NS = 1000n;

/**
 * The emulator asks for the time around every small step of its own to log how long it took: 15 % of a test. Nobody reads
 * that, so its stopwatch advances by a microsecond each time it is read. The time of day stays what it is.
 */
export function fakeStopwatch(original: Imports[string][string], memory: () => ArrayBuffer): typeof original {
    let elapsed = 0n;
    let words = new BigInt64Array(0);
    return (clock, precision, pointer) => {
        if (clock === REAL_TIME) return original(clock, precision, pointer);
        // Memory that has grown has a new buffer; the old one is empty by then.
        if (words.length === 0) words = new BigInt64Array(memory());
        elapsed += TICK_NS;
        words[pointer >> 3] = elapsed;
        return 0;
    };
}

const originalInstantiate = WebAssembly.instantiate;

WebAssembly.instantiate = async (binary, imports) => {
    const changed: Imports = {};
    const emulator: { memory?: Memory } = {};
    for (const [name, functions] of Object.entries(imports ?? {})) {
        changed[name] = { ...functions };
        for (const [key, value] of Object.entries(functions)) {
            if (value.name === CLOCK) changed[name][key] = fakeStopwatch(value, () => emulator.memory!.buffer);
        }
    }
    const result = await originalInstantiate(binary, changed);
    // Of a compiled module it is the instance itself; that is not how the emulator is started.
    if (result.instance === undefined) return result;
    emulator.memory = Object.values(result.instance.exports).find((value: object) => 'buffer' in value) as Memory;
    return result;
};
