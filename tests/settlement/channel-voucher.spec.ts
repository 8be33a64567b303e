/** Vouchers, agreements and receipts: made, signed, checked, written down and read back, always the same bytes. */
import { Address, beginCell, Cell } from '@ton/core';
import { keyPairFromSeed, sign, signVerify } from '@ton/crypto';
import fc from 'fast-check';

import {
    agreementBytes,
    agreementHash,
    channelVoucher,
    checkTerms,
    ChannelTerms,
    keyFromInt,
    keyToInt,
    MAIN_NETWORK,
    PaymentChannel,
    receiptFromBoc,
    receiptFromJson,
    receiptHash,
    receiptToBoc,
    receiptToJson,
    signAgreement,
    signerFromSeed,
    signReceipt,
    signVoucher,
    TEST_NETWORK,
    usageReceipt,
    verifyAgreement,
    verifyReceipt,
    verifySignature,
    verifyVoucher,
    voucherBytes,
    voucherFromBoc,
    voucherFromCell,
    voucherFromJson,
    voucherHash,
    voucherToBoc,
    voucherToCell,
    voucherToJson,
} from '../../wrappers/settlement/channel';
import { modelKey, Usage, usageHash } from '../../wrappers/token/usageRecords';
import { START_TIME } from '../support/chain';
import { fcOptions } from '../support/random';
import { DAY, KEYS } from '../support/settlement/channel-unit';

const CHANNEL = new Address(0, Buffer.alloc(32, 0xab));
const voucher = channelVoucher({ networkId: MAIN_NETWORK, channel: CHANNEL, amount: 5, tokens: 7, model: 'claude' });
const signed = signVoucher(voucher, KEYS.consumer);

describe('keys', () => {
    it('are the same ones as everywhere on TON', () => {
        const seed = Buffer.alloc(32, 9);
        const signer = signerFromSeed(seed);
        const pair = keyPairFromSeed(seed);
        expect(signer.publicKey).toEqual(pair.publicKey);
        const hash = voucherHash(voucher);
        expect(signer.sign(hash)).toEqual(sign(hash, pair.secretKey));
        expect(signVerify(hash, signer.sign(hash), signer.publicKey)).toBe(true);
        expect(verifySignature(hash, sign(hash, pair.secretKey), signer.publicKey)).toBe(true);
        expect(keyFromInt(keyToInt(signer.publicKey))).toEqual(signer.publicKey);
    });

    it('of other lengths are refused', () => {
        expect(() => signerFromSeed(Buffer.alloc(31))).toThrow('32 bytes');
        expect(() => keyToInt(Buffer.alloc(33))).toThrow('32 bytes');
        expect(verifySignature(voucherHash(voucher), signed.signature.subarray(1), KEYS.consumer.publicKey)).toBe(
            false,
        );
        expect(verifySignature(voucherHash(voucher), signed.signature, Buffer.alloc(31))).toBe(false);
    });
});

describe('a voucher', () => {
    it('is 90 bytes in this order', () => {
        expect(voucherBytes(voucher).toString('hex')).toBe(
            '43484e56' +
                'ffffff11' +
                'ab'.repeat(32) +
                '000000000000000000000005' +
                '000000000007' +
                modelKey('claude').toString(16).padStart(64, '0'),
        );
    });

    it('is good for one of the keys only', () => {
        expect(verifyVoucher(signed, [KEYS.hot.publicKey, KEYS.consumer.publicKey])).toBe(true);
        expect(verifyVoucher(signed, [KEYS.hot.publicKey])).toBe(false);
        expect(verifyVoucher(signed, [])).toBe(false);
    });

    it('is bound to every word of it', () => {
        for (const other of [
            { networkId: TEST_NETWORK },
            { channel: new Address(0, Buffer.alloc(32, 0xac)) },
            { amount: 6n },
            { tokens: 8n },
            { model: 1n },
        ]) {
            expect(verifyVoucher({ ...signed, ...other }, [KEYS.consumer.publicKey])).toBe(false);
        }
    });

    it('refuses what does not fit', () => {
        const make = (given: object) => () => channelVoucher({ ...voucher, ...given });
        expect(make({ amount: 1n << 96n })).toThrow('96 bits');
        expect(make({ amount: -1n })).toThrow('96 bits');
        expect(make({ tokens: 1n << 48n })).toThrow('48 bits');
        expect(make({ model: 1n << 256n })).toThrow('256 bits');
        expect(make({ channel: new Address(-1, Buffer.alloc(32)) })).toThrow('basechain');
        expect(make({ amount: (1n << 96n) - 1n, tokens: (1n << 48n) - 1n })).not.toThrow();
    });

    it('comes back from cell, bag and JSON as it was, and always as the same bytes', () => {
        fc.assert(
            fc.property(
                fc.bigInt(0n, (1n << 96n) - 1n),
                fc.bigInt(0n, (1n << 48n) - 1n),
                fc.bigInt(0n, (1n << 256n) - 1n),
                fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
                (amount, tokens, model, networkId) => {
                    const v = signVoucher({ networkId, channel: CHANNEL, amount, tokens, model }, KEYS.hot);
                    expect(voucherToJson(voucherFromJson(voucherToJson(v)))).toBe(voucherToJson(v));
                    expect(voucherToBoc(voucherFromBoc(voucherToBoc(v)))).toEqual(voucherToBoc(v));
                    const back = voucherFromCell(voucherToCell(v));
                    expect({ ...back, channel: 0 }).toEqual({ ...v, channel: 0 });
                    expect(back.channel.equals(v.channel)).toBe(true);
                },
            ),
            fcOptions('voucher', 200),
        );
    });

    it('is not read from anything else', () => {
        const json = JSON.parse(voucherToJson(signed)) as Record<string, unknown>;
        for (const bad of [
            { ...json, format: 'channel-voucher-2' },
            { ...json, network: '-239' },
            { ...json, channel: `-1:${'0'.repeat(64)}` },
            { ...json, amount: 5 },
            { ...json, amount: '-5' },
            { ...json, amount: (1n << 97n).toString() },
            { ...json, tokens: '1.5' },
            { ...json, model: 'claude' },
            { ...json, signature: 'ab' },
        ]) {
            expect(() => voucherFromJson(JSON.stringify(bad))).toThrow();
        }
        const agreement = beginCell().storeBuffer(agreementBytes(coop)).storeRef(Cell.EMPTY).endCell();
        for (const cell of [
            Cell.EMPTY,
            agreement,
            beginCell().storeBuffer(voucherBytes(voucher)).endCell(),
            beginCell().storeBuffer(voucherBytes(voucher)).storeRef(Cell.EMPTY).endCell(),
            beginCell().storeUint(0, 720).storeRef(Cell.EMPTY).endCell(),
        ]) {
            expect(() => voucherFromCell(cell)).toThrow('no voucher');
        }
        expect(() => voucherFromBoc(Buffer.alloc(5))).toThrow();
    });
});

const coop = { networkId: MAIN_NETWORK, channel: CHANNEL, amount: 5n, validUntil: 1_800_000_600 };

describe('an agreement to close', () => {
    it('is 56 bytes in this order, and both sign the same', () => {
        expect(agreementBytes(coop).toString('hex')).toBe(
            `43484e43ffffff11${'ab'.repeat(32)}0000000000000000000000056b49d458`,
        );
        const a = signAgreement(coop, KEYS.consumer);
        expect(verifyAgreement(a, KEYS.consumer.publicKey)).toBe(true);
        expect(verifyAgreement(a, KEYS.provider.publicKey)).toBe(false);
        expect(verifyAgreement({ ...a, amount: 6n }, KEYS.consumer.publicKey)).toBe(false);
        expect(verifyAgreement({ ...a, validUntil: 5 }, KEYS.consumer.publicKey)).toBe(false);
        expect(agreementHash(coop)).not.toEqual(voucherHash(voucher));
    });
});

describe('a receipt', () => {
    const account = (n: number) => new Address(0, Buffer.alloc(32, n));
    const usage: Usage = {
        consumer: account(1),
        provider: account(2),
        model: 'claude',
        promptTokens: 100,
        completionTokens: 23,
        amount: 4_000_000n,
        time: START_TIME,
        nonce: 9,
    };
    const where = { registry: account(3), networkId: MAIN_NETWORK };
    const receipt = signReceipt(usageReceipt(usage, where), KEYS.provider);

    it('has the hash that the usage has on the chain', () => {
        const hash = usageHash(usage, where.registry, where.networkId);
        expect(receiptHash(receipt).toString('hex')).toBe(hash.toString(16).padStart(64, '0'));
    });

    it('is bound to every field, registry and network', () => {
        expect(verifyReceipt(receipt, KEYS.provider.publicKey)).toBe(true);
        expect(verifyReceipt(receipt, KEYS.consumer.publicKey)).toBe(false);
        const one = { promptTokens: 1n, completionTokens: 1n, amount: 1n, time: 1n, nonce: 1n, model: 1n };
        for (const [name, value] of Object.entries(one)) {
            expect(verifyReceipt({ ...receipt, [name]: value }, KEYS.provider.publicKey)).toBe(false);
        }
        for (const name of ['consumer', 'provider', 'registry'] as const) {
            expect(verifyReceipt({ ...receipt, [name]: account(9) }, KEYS.provider.publicKey)).toBe(false);
        }
        expect(verifyReceipt({ ...receipt, networkId: TEST_NETWORK }, KEYS.provider.publicKey)).toBe(false);
    });

    it('comes back from bag and JSON as the same bytes', () => {
        expect(receiptToBoc(receiptFromBoc(receiptToBoc(receipt)))).toEqual(receiptToBoc(receipt));
        expect(receiptToJson(receiptFromJson(receiptToJson(receipt)))).toBe(receiptToJson(receipt));
        expect(receiptToBoc(receiptFromJson(receiptToJson(receipt)))).toEqual(receiptToBoc(receipt));
    });

    it('is not read from anything else', () => {
        const json = JSON.parse(receiptToJson(receipt)) as Record<string, unknown>;
        for (const bad of [
            { ...json, format: 'x' },
            { ...json, network: 'main' },
            { ...json, consumer: 'me' },
            { ...json, amount: '1e3' },
            { ...json, promptTokens: (1n << 33n).toString() },
            { ...json, signature: '' },
        ]) {
            expect(() => receiptFromJson(JSON.stringify(bad))).toThrow();
        }
        const cell = Cell.fromBoc(receiptToBoc(receipt))[0];
        const record = cell.refs[0].beginParse();
        const other = beginCell().storeUint(1, 32).storeSlice(record.skip(32)).endCell();
        for (const bad of [
            Cell.EMPTY,
            beginCell().storeSlice(cell.beginParse()).storeRef(Cell.EMPTY).endCell(),
            beginCell().storeBits(cell.bits).storeRef(Cell.EMPTY).endCell(),
            beginCell().storeBits(cell.bits).storeRef(other).endCell(),
        ]) {
            expect(() => receiptFromBoc(bad.toBoc())).toThrow('no receipt');
        }
    });
});

describe('terms', () => {
    const account = (n: number) => new Address(0, Buffer.alloc(32, n));
    const terms: ChannelTerms = {
        consumer: account(1),
        provider: account(2),
        consumerKey: KEYS.consumer.publicKey,
        providerKey: KEYS.provider.publicKey,
        expiresAt: START_TIME + 30 * DAY,
    };
    it('that nobody should deal on are named', () => {
        expect(checkTerms(terms, START_TIME)).toEqual([]);
        expect(checkTerms({ ...terms, expiresAt: 0 }, START_TIME)).toEqual([]);
        for (const bad of [
            { window: 3599 },
            { window: 31 * DAY, expiresAt: 0 },
            { expiresAt: START_TIME + DAY - 1 },
            { consumerKey: Buffer.alloc(32) },
            { hotKey: Buffer.alloc(32) },
            { provider: terms.consumer },
            { providerKey: terms.consumerKey },
            { jetton: { minter: account(3), transferValue: 1n } },
            { jetton: { minter: account(3), transferValue: 2_000_000_001n } },
        ]) {
            expect(checkTerms({ ...terms, ...bad }, START_TIME)).toHaveLength(1);
        }
    });

    it('of parties outside the basechain have no channel', async () => {
        await expect(
            PaymentChannel.createFromTerms({ ...terms, consumer: new Address(-1, Buffer.alloc(32)) }),
        ).rejects.toThrow('basechain');
    });
});
