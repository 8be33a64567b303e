/** The replaced inner loops of @ton/core give what the originals give. */
import { BitBuilder, BitReader, BitString } from '@ton/core';

import {
    bitsToPaddedBuffer,
    crc32c,
    ORIGINALS,
    preloadUint,
    sha256Sync,
    toSafeInteger,
    writeBits,
    writeUint,
} from '../support/fast-core';
import { seeded } from '../support/random';

describe('fast @ton/core', () => {
    it('computes the same checksums, hashes, paddings and copies', async () => {
        await seeded('fast core', (random) => {
            for (let i = 0; i < 2000; i++) {
                const data = Buffer.from(Array.from({ length: random.int(0, 140) }, () => random.int(0, 255)));
                expect(crc32c(data)).toEqual(ORIGINALS.crc32c(data));
                expect(sha256Sync(data)).toEqual(ORIGINALS.sha256Sync(data));

                const offset = random.bool(0.5) ? 8 * random.int(0, 3) : random.int(0, 20);
                const length = Math.max(0, Math.min(data.length * 8 - offset, random.int(0, 990)));
                const bits = new BitString(data, Math.min(offset, data.length * 8 - length), length);
                expect(bitsToPaddedBuffer(bits)).toEqual(ORIGINALS.bitsToPaddedBuffer(bits));

                const before = new BitString(Buffer.alloc(4, 0xa5), 0, random.bool(0.5) ? 16 : random.int(0, 31));
                const build = (write: typeof writeBits): string => {
                    const builder = new BitBuilder();
                    ORIGINALS.writeBits.call(builder, before);
                    write.call(builder, bits);
                    ORIGINALS.writeBits.call(builder, new BitString(Buffer.alloc(1, 0x5a), 0, 1));
                    return `${builder.length} ${builder.build().toString()}`;
                };
                expect(build(writeBits)).toBe(build(ORIGINALS.writeBits));

                const size = random.bool(0.5) ? 8 * random.int(1, 5) : random.int(0, 40);
                const number = (write: typeof writeUint): string => {
                    const builder = new BitBuilder();
                    ORIGINALS.writeBits.call(builder, before);
                    write.call(builder, length % 2 ** Math.min(size, 9), size);
                    return `${builder.length} ${builder.build().toString()}`;
                };
                expect(number(writeUint)).toBe(number(ORIGINALS.writeUint));

                const reader = new BitReader(bits);
                const at = random.int(0, length);
                const count = Math.min(length - at, random.bool(0.5) ? 256 : 40, random.int(0, 300));
                const read = ORIGINALS.preloadUint.call(reader, count, at);
                expect(preloadUint.call(reader, count, at)).toBe(read);
                if (count <= 52) expect(toSafeInteger(read, '')).toBe(ORIGINALS.toSafeInteger(read, ''));
            }
        });
    });

    it('refuses what does not fit as the original does', () => {
        const bits = new BitString(Buffer.alloc(200), 0, 1600);
        expect(() => new BitBuilder().writeBits(bits)).toThrow('BitBuilder overflow');
        expect(() => new BitBuilder(8).writeUint(1, 16)).toThrow('BitBuilder overflow');
        expect(() => new BitBuilder().writeUint(256, 8)).toThrow('bitLength is too small');
        expect(() => new BitBuilder().writeUint(-1, 8)).toThrow('bitLength is too small');
        expect(() => preloadUint.call(new BitReader(new BitString(Buffer.alloc(1), 0, 8)), 9, 0)).toThrow();
        expect(() => toSafeInteger(1n << 60n, 'loadUintBig')).toThrow('out of safe integer range');
    });

    it('leaves the bits alone that it copies', () => {
        const data = Buffer.from([0xff, 0xff]);
        bitsToPaddedBuffer(new BitString(data, 0, 9));
        expect(data).toEqual(Buffer.from([0xff, 0xff]));
    });
});
