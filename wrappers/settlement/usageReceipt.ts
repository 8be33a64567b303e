/** A receipt: one usage, signed by the provider (and by the consumer, if he wants to). */
import { Address, beginCell, Cell } from '@ton/core';

import { Integer } from '../common/messages';
import { addressOfAccount } from '../pool/metrics';
import { modelKey, parseUsageRow, Usage } from '../token/usageRecords';
import { ChannelSigner, verifySignature } from './channelKeys';
import { usageRecord } from './merkle';

/** A usage in a registry of a network. */
export type UsageReceipt = {
    networkId: number;
    registry: Address;
    consumer: Address;
    provider: Address;
    /** Key of the model. */
    model: bigint;
    promptTokens: bigint;
    completionTokens: bigint;
    amount: bigint;
    /** Unix seconds. */
    time: bigint;
    nonce: bigint;
};

export type SignedReceipt = UsageReceipt & { signature: Buffer };

/** A receipt from numbers; `model` is a name or its key. */
export function usageReceipt(usage: Usage, where: { registry: Address; networkId: number }): UsageReceipt {
    const big = (n: Integer) => BigInt(n);
    return {
        networkId: where.networkId,
        registry: where.registry,
        consumer: usage.consumer,
        provider: usage.provider,
        model: modelKey(usage.model),
        promptTokens: big(usage.promptTokens),
        completionTokens: big(usage.completionTokens),
        amount: big(usage.amount),
        time: big(usage.time),
        nonce: big(usage.nonce),
    };
}

/** The record of the usage: its hash is the usage's, on the chain and in Merkle batches. */
export function receiptRecord(receipt: UsageReceipt): Cell {
    return usageRecord(receipt, receipt.registry, receipt.networkId);
}

/** What is signed: the usage's hash, which binds every field, the registry and the network. */
export function receiptHash(receipt: UsageReceipt): Buffer {
    return receiptRecord(receipt).hash();
}

export function signReceipt(receipt: UsageReceipt, signer: ChannelSigner): SignedReceipt {
    return { ...receipt, signature: signer.sign(receiptHash(receipt)) };
}

export function verifyReceipt(receipt: SignedReceipt, publicKey: Buffer): boolean {
    return verifySignature(receiptHash(receipt), receipt.signature, publicKey);
}

/** One cell with the signature, and the record in a reference. */
export function receiptToCell(receipt: SignedReceipt): Cell {
    return beginCell().storeBuffer(receipt.signature, 64).storeRef(receiptRecord(receipt)).endCell();
}

/** The same receipt gives the same bytes. */
export function receiptToBoc(receipt: SignedReceipt): Buffer {
    return receiptToCell(receipt).toBoc({ idx: false, crc32: true });
}

/** Throws for anything that is not exactly a receipt. */
export function receiptFromBoc(boc: Buffer): SignedReceipt {
    const [cell, ...more] = Cell.fromBoc(boc);
    const slice = cell.beginParse();
    if (more.length > 0 || slice.remainingBits !== 512 || slice.remainingRefs !== 1) {
        throw new Error('that is no receipt');
    }
    const signature = slice.loadBuffer(64);
    const record = slice.loadRef().beginParse();
    if (record.remainingBits !== 576 || record.remainingRefs !== 1) {
        throw new Error('that is no receipt: the record');
    }
    record.skip(32);
    const networkId = record.loadInt(32);
    const registry = addressOfAccount(record.loadUintBig(256));
    const consumer = addressOfAccount(record.loadUintBig(256));
    const usage = parseUsageRow(consumer, record.loadRef());
    const receipt = { ...usageReceipt(usage, { registry, networkId }), signature };
    // The tag, and that nothing is left over: the same fields give the same cell.
    if (!receiptToCell(receipt).equals(cell)) {
        throw new Error('that is no receipt: something is left over');
    }
    return receipt;
}

const RECEIPT_FORMAT = 'usage-receipt-1';

/** One line of JSON, always with the same fields in the same order. */
export function receiptToJson(r: SignedReceipt): string {
    return JSON.stringify({
        format: RECEIPT_FORMAT,
        network: r.networkId,
        registry: r.registry.toRawString(),
        consumer: r.consumer.toRawString(),
        provider: r.provider.toRawString(),
        model: r.model.toString(16).padStart(64, '0'),
        promptTokens: r.promptTokens.toString(),
        completionTokens: r.completionTokens.toString(),
        amount: r.amount.toString(),
        time: r.time.toString(),
        nonce: r.nonce.toString(),
        signature: r.signature.toString('hex'),
    });
}

/** Throws for anything that is not exactly a receipt. */
export function receiptFromJson(text: string): SignedReceipt {
    const fields = JSON.parse(text) as Record<string, unknown>;
    const match = (name: string, form: RegExp): string => {
        const value = fields[name];
        if (typeof value !== 'string' || !form.test(value)) {
            throw new Error(`that is no receipt: ${name}`);
        }
        return value;
    };
    match('format', new RegExp(`^${RECEIPT_FORMAT}$`));
    if (!Number.isInteger(fields.network)) {
        throw new Error('that is no receipt: network');
    }
    const address = (name: string) => Address.parseRaw(match(name, /^0:[0-9a-f]{64}$/));
    const number = (name: string) => BigInt(match(name, /^\d{1,37}$/));
    const receipt = {
        networkId: fields.network as number,
        registry: address('registry'),
        consumer: address('consumer'),
        provider: address('provider'),
        model: BigInt(`0x${match('model', /^[0-9a-f]{64}$/)}`),
        promptTokens: number('promptTokens'),
        completionTokens: number('completionTokens'),
        amount: number('amount'),
        time: number('time'),
        nonce: number('nonce'),
        signature: Buffer.from(match('signature', /^[0-9a-f]{128}$/), 'hex'),
    };
    receiptRecord(receipt); // throws for numbers that do not fit
    return receipt;
}
