/** What the parties of a channel sign: vouchers and cooperative closes. Create, sign, verify, serialise. */
import { createHash } from 'node:crypto';
import { Address, beginCell, Cell } from '@ton/core';

import { COOP_TAG, VOUCHER_TAG } from '../../build/PaymentChannel/PaymentChannel_PaymentChannel';
import { Integer } from '../common/messages';
import { ChannelSigner, verifySignature } from './channelKeys';

/** Global ids of the networks. */
export const MAIN_NETWORK = -239;
export const TEST_NETWORK = -3;

/** Everything the consumer owes the provider so far. Later vouchers replace earlier ones. */
export type ChannelVoucher = {
    /** Global id of the network. */
    networkId: number;
    channel: Address;
    /** Cumulative, in the smallest unit of the asset. Below 2^96. */
    amount: bigint;
    /** Cumulative tokens. Below 2^48. */
    tokens: bigint;
    /** Key of the model: sha256 of its name. */
    model: bigint;
};

/** What both agree on to close at once: `amount` is all that the provider gets, what he has claimed included. */
export type ChannelAgreement = {
    networkId: number;
    channel: Address;
    amount: bigint;
    /** Last unix second in which it counts. */
    validUntil: number;
};

export type Signed<T> = T & { signature: Buffer };

export type SignedVoucher = Signed<ChannelVoucher>;

/** A voucher from numbers; `model` is a name or its key. Throws on what no contract would take. */
export function channelVoucher(given: {
    networkId: number;
    channel: Address;
    amount: Integer;
    tokens: Integer;
    model: string | bigint;
}): ChannelVoucher {
    const model =
        typeof given.model === 'bigint'
            ? given.model
            : BigInt(`0x${sha256(Buffer.from(given.model, 'utf8')).toString('hex')}`);
    const voucher = { ...given, amount: BigInt(given.amount), tokens: BigInt(given.tokens), model };
    voucherBytes(voucher);
    return voucher;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

/** Big-endian, `bits` of them; throws for what does not fit. */
function uint(value: bigint, bits: number, what: string): Buffer {
    if (value < 0n || value >> BigInt(bits) !== 0n) {
        throw new Error(`${what} ${value} does not fit into ${bits} bits`);
    }
    return Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex');
}

function head(tag: bigint, networkId: number, channel: Address): Buffer {
    if (channel.workChain !== 0) {
        throw new Error(`${channel.toString()} is not in the basechain`);
    }
    const bytes = Buffer.alloc(40);
    bytes.writeUInt32BE(Number(tag), 0);
    bytes.writeInt32BE(networkId, 4);
    channel.hash.copy(bytes, 8);
    return bytes;
}

/** The 90 bytes whose sha256 is signed: "CHNV", network (int32), channel (account id), amount (96 bits), tokens (48), model (256). */
export function voucherBytes(v: ChannelVoucher): Buffer {
    return Buffer.concat([
        head(VOUCHER_TAG, v.networkId, v.channel),
        uint(v.amount, 96, 'amount'),
        uint(v.tokens, 48, 'tokens'),
        uint(v.model, 256, 'model'),
    ]);
}

export function voucherHash(voucher: ChannelVoucher): Buffer {
    return sha256(voucherBytes(voucher));
}

export function signVoucher(voucher: ChannelVoucher, signer: ChannelSigner): SignedVoucher {
    const { networkId, channel, amount, tokens, model } = voucher;
    return { networkId, channel, amount, tokens, model, signature: signer.sign(voucherHash(voucher)) };
}

/** Whether one of these keys (the consumer's, the hot key) has signed it. */
export function verifyVoucher(voucher: SignedVoucher, publicKeys: readonly Buffer[]): boolean {
    const hash = voucherHash(voucher);
    return publicKeys.some((key) => verifySignature(hash, voucher.signature, key));
}

/** The 56 bytes whose sha256 both sign: "CHNC", network, channel, amount (96 bits), last second (32). */
export function agreementBytes(a: ChannelAgreement): Buffer {
    return Buffer.concat([
        head(COOP_TAG, a.networkId, a.channel),
        uint(a.amount, 96, 'amount'),
        uint(BigInt(a.validUntil), 32, 'validUntil'),
    ]);
}

export function agreementHash(agreement: ChannelAgreement): Buffer {
    return sha256(agreementBytes(agreement));
}

export function signAgreement(agreement: ChannelAgreement, signer: ChannelSigner): Signed<ChannelAgreement> {
    const { networkId, channel, amount, validUntil } = agreement;
    return { networkId, channel, amount, validUntil, signature: signer.sign(agreementHash(agreement)) };
}

export function verifyAgreement(agreement: Signed<ChannelAgreement>, publicKey: Buffer): boolean {
    return verifySignature(agreementHash(agreement), agreement.signature, publicKey);
}

// ---------------------------------------------------------------- serialisation

/** One cell with the signed bytes, and the signature in a reference. */
export function voucherToCell(voucher: SignedVoucher): Cell {
    return beginCell()
        .storeBuffer(voucherBytes(voucher))
        .storeRef(beginCell().storeBuffer(voucher.signature, 64).endCell())
        .endCell();
}

/** The same voucher gives the same bytes. */
export function voucherToBoc(voucher: SignedVoucher): Buffer {
    return voucherToCell(voucher).toBoc({ idx: false, crc32: true });
}

/** Throws for anything that is not exactly a voucher. */
export function voucherFromCell(cell: Cell): SignedVoucher {
    const slice = cell.beginParse();
    if (slice.remainingBits !== 720 || slice.remainingRefs !== 1 || slice.loadUintBig(32) !== VOUCHER_TAG) {
        throw new Error('that cell is no voucher');
    }
    const networkId = slice.loadInt(32);
    const channel = new Address(0, slice.loadBuffer(32));
    const amount = slice.loadUintBig(96);
    const tokens = slice.loadUintBig(48);
    const model = slice.loadUintBig(256);
    const signature = slice.loadRef().beginParse();
    if (signature.remainingBits !== 512 || signature.remainingRefs !== 0) {
        throw new Error('that cell is no voucher: the signature has 64 bytes');
    }
    return { networkId, channel, amount, tokens, model, signature: signature.loadBuffer(64) };
}

export function voucherFromBoc(boc: Buffer): SignedVoucher {
    const cells = Cell.fromBoc(boc);
    if (cells.length !== 1) {
        throw new Error('one voucher in a bag of cells');
    }
    return voucherFromCell(cells[0]);
}

const VOUCHER_FORMAT = 'channel-voucher-1';

/** One line of JSON, always with the same fields in the same order: the same voucher gives the same text. */
export function voucherToJson(v: SignedVoucher): string {
    return JSON.stringify({
        format: VOUCHER_FORMAT,
        network: v.networkId,
        channel: v.channel.toRawString(),
        amount: v.amount.toString(),
        tokens: v.tokens.toString(),
        model: v.model.toString(16).padStart(64, '0'),
        signature: v.signature.toString('hex'),
    });
}

/** Throws for anything that is not exactly a voucher: every field, as text of the right form. */
export function voucherFromJson(text: string): SignedVoucher {
    const fields = JSON.parse(text) as Record<string, unknown>;
    const match = (name: string, form: RegExp): string => {
        const value = fields[name];
        if (typeof value !== 'string' || !form.test(value)) {
            throw new Error(`that is no voucher: ${name}`);
        }
        return value;
    };
    match('format', new RegExp(`^${VOUCHER_FORMAT}$`));
    if (!Number.isInteger(fields.network)) {
        throw new Error('that is no voucher: network');
    }
    const voucher = {
        networkId: fields.network as number,
        channel: Address.parseRaw(match('channel', /^0:[0-9a-f]{64}$/)),
        amount: BigInt(match('amount', /^\d{1,30}$/)),
        tokens: BigInt(match('tokens', /^\d{1,15}$/)),
        model: BigInt(`0x${match('model', /^[0-9a-f]{64}$/)}`),
        signature: Buffer.from(match('signature', /^[0-9a-f]{128}$/), 'hex'),
    };
    voucherBytes(voucher);
    return voucher;
}
