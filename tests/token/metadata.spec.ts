/** TEP-64 metadata: what the builder writes, what the parser reads, and metadata of others. */
import { beginCell, Cell, Dictionary } from '@ton/core';
import fc from 'fast-check';

import {
    METADATA_KEYS,
    metadataDecimals,
    metadataKey,
    MetadataFormat,
    offchainMetadata,
    onchainMetadata,
    parseMetadata,
} from '../../wrappers/token';
import { fcOptions } from '../support/random';

const text = (attributes: { [name: string]: Buffer }) =>
    Object.fromEntries(Object.entries(attributes).map(([name, bytes]) => [name, bytes.toString('utf8')]));

const FORMATS: MetadataFormat[] = ['snake', 'chunked'];

describe('metadata', () => {
    it('uses sha256 of the names as keys', () => {
        expect(metadataKey('name').toString('hex')).toBe(
            '82a3537ff0dbce7eec35d69edc3a189ee6f17d82f353a553f9aa96cb0be3ce89',
        );
        expect(new Set(METADATA_KEYS.map((key) => metadataKey(key).toString('hex'))).size).toBe(METADATA_KEYS.length);
    });

    it('writes the layout of TEP-64: tag 0, dictionary, values in cells with their own tag', () => {
        const content = onchainMetadata({ name: 'Share' });
        const slice = content.beginParse();
        expect(slice.loadUint(8)).toBe(0);
        const dict = slice.loadDict(Dictionary.Keys.Buffer(32), Dictionary.Values.Cell());
        slice.endParse();
        const value = dict.get(metadataKey('name'))!.beginParse();
        expect(value.loadUint(8)).toBe(0);
        expect(value.loadStringTail()).toBe('Share');
    });

    it('writes off-chain content: tag 1 and the URI', () => {
        const uri = `https://example.org/${'a'.repeat(300)}.json`;
        const content = offchainMetadata(uri);
        expect(content.beginParse().loadUint(8)).toBe(1);
        expect(parseMetadata(content)).toEqual({ kind: 'offchain', uri, attributes: {} });
    });

    it.each(FORMATS)('reads what it writes: every attribute of TEP-64 and unknown ones (%s)', (format) => {
        const attributes = {
            name: 'Share',
            symbol: 'SHARE',
            decimals: '18',
            description: 'ü'.repeat(500),
            image: 'https://example.org/i.png',
            amount_style: 'n-of-total',
            render_type: 'currency',
        };
        const parsed = parseMetadata(
            onchainMetadata({ ...attributes, image_data: Buffer.from([0, 255, 1]), colour: 'red' }, format),
        );
        expect(parsed.kind).toBe('onchain');
        const { image_data, [metadataKey('colour').toString('hex')]: colour, ...rest } = parsed.attributes;
        expect(text(rest)).toEqual(attributes);
        expect(image_data).toEqual(Buffer.from([0, 255, 1]));
        expect(colour.toString()).toBe('red');
        expect(metadataDecimals(parsed)).toBe(18);
    });

    it('is semi-chain with a uri', () => {
        const parsed = parseMetadata(onchainMetadata({ uri: 'https://example.org/x', symbol: 'S' }));
        expect([parsed.kind, parsed.uri]).toEqual(['semichain', 'https://example.org/x']);
    });

    it('takes nine decimals where none are named', () => {
        expect(metadataDecimals(parseMetadata(onchainMetadata({ name: 'x' })))).toBe(9);
        expect(metadataDecimals(parseMetadata(offchainMetadata('x')))).toBe(9);
    });

    it('leaves out what is undefined', () => {
        expect(Object.keys(parseMetadata(onchainMetadata({ name: 'x', symbol: undefined })).attributes)).toEqual([
            'name',
        ]);
    });

    it.each(FORMATS)('carries texts of any length (%s)', (format) => {
        fc.assert(
            fc.property(fc.uint8Array({ minLength: 0, maxLength: 700 }), (bytes) => {
                const image_data = Buffer.from(bytes);
                const parsed = parseMetadata(onchainMetadata({ image_data }, format));
                expect(parsed.attributes.image_data).toEqual(image_data);
            }),
            fcOptions(`metadata ${format}`, 300),
        );
    });

    it.each([125, 126, 127, 128, 252, 253, 254, 255])('fills cells to the last byte (%i bytes)', (length) => {
        const uri = 'x'.repeat(length);
        expect(parseMetadata(offchainMetadata(uri)).uri).toBe(uri);
        for (const format of FORMATS) {
            expect(parseMetadata(onchainMetadata({ uri }, format)).uri).toBe(uri);
        }
    });

    it('reads values that stand in the dictionary itself', () => {
        const dict = Dictionary.empty(Dictionary.Keys.Buffer(32), {
            serialize: (value: string, builder) => builder.storeUint(0, 8).storeStringTail(value),
            parse: () => '',
        });
        dict.set(metadataKey('symbol'), 'ABC');
        const content = beginCell().storeUint(0, 8).storeDict(dict).endCell();
        expect(text(parseMetadata(content).attributes)).toEqual({ symbol: 'ABC' });
    });

    it('refuses what is not TEP-64', () => {
        const value = (cell: Cell) => {
            const dict = Dictionary.empty(Dictionary.Keys.Buffer(32), Dictionary.Values.Cell());
            dict.set(metadataKey('name'), cell);
            return beginCell().storeUint(0, 8).storeDict(dict).endCell();
        };
        expect(() => parseMetadata(Cell.EMPTY)).toThrow('tag -1');
        expect(() => parseMetadata(beginCell().storeUint(2, 8).endCell())).toThrow('tag 2');
        expect(() => parseMetadata(value(beginCell().storeUint(7, 8).endCell()))).toThrow('tag 7');
        expect(() => parseMetadata(value(beginCell().storeUint(0, 8).storeUint(1, 3).endCell()))).toThrow('snake');
        const forked = beginCell().storeUint(1, 8).storeRef(Cell.EMPTY).storeRef(Cell.EMPTY).endCell();
        expect(() => parseMetadata(forked)).toThrow('snake');
    });
});
