/** Usage records as recorders send them: rows, their chain, their hash. */
import { createHash } from 'crypto';
import { Address, beginCell, Cell } from '@ton/core';

import { loadUsageRow, storeUsageRow, USAGE_TAG } from '../../build/UsageGuard/UsageGuard_UsageGuard';
import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { Integer, pack } from '../common/messages';
import { accountIdOf, addressOfAccount } from '../pool/metrics';

/** Usages of a message. */
export const MAX_USAGES = Number(built.MAX_USAGES);

/** One usage. */
export type Usage = {
    consumer: Address;
    provider: Address;
    /** Name of the model, or its key. */
    model: string | bigint;
    promptTokens: Integer;
    completionTokens: Integer;
    /** What the consumer pays, in units of the payment asset; part of the hash only. */
    amount: Integer;
    /** Unix seconds. */
    time: Integer;
    /** Above the last one of this recorder and consumer; from 1. */
    nonce: Integer;
};

/** Key of a model: sha256 of its name in UTF-8. Throws for a name of no or of more than 120 bytes. */
export function modelKey(model: string | bigint): bigint {
    if (typeof model === 'bigint') {
        return model;
    }
    const bytes = Buffer.from(model, 'utf8');
    if (bytes.length === 0 || bytes.length > Number(built.MAX_NAME)) {
        throw new Error(`the name of a model has 1 to ${built.MAX_NAME} bytes`);
    }
    return BigInt(`0x${createHash('sha256').update(bytes).digest('hex')}`);
}

/** The cell of a usage without its consumer. */
export function usageRow(usage: Usage): Cell {
    return pack(
        storeUsageRow({
            $$type: 'UsageRow',
            nonce: BigInt(usage.nonce),
            time: BigInt(usage.time),
            promptTokens: BigInt(usage.promptTokens),
            completionTokens: BigInt(usage.completionTokens),
            model: modelKey(usage.model),
            provider: accountIdOf(usage.provider),
            amount: BigInt(usage.amount),
        }),
    );
}

/** A row read back; the model is its key. */
export function parseUsageRow(consumer: Address, row: Cell): Usage & { model: bigint } {
    const { $$type: _type, provider, ...fields } = loadUsageRow(row.beginParse());
    return { consumer, provider: addressOfAccount(provider), ...fields };
}

/** Rows of a message as the contract reads them: a chain of cells. */
export function usageChain(usages: readonly Usage[]): Cell {
    let next: Cell | undefined;
    for (const usage of [...usages].reverse()) {
        const link = beginCell().storeUint(accountIdOf(usage.consumer), 256).storeRef(usageRow(usage));
        next = (next === undefined ? link : link.storeRef(next)).endCell();
    }
    return next ?? Cell.EMPTY;
}

/**
 * Hash of a usage: binds every field of the record, the network and the registry. The guard of the consumer computes the
 * same on chain. `networkId`: global id, -239 on the main network, -3 on the test network.
 */
export function usageHash(usage: Usage, registry: Address, networkId: number): bigint {
    const record = beginCell()
        .storeUint(USAGE_TAG, 32)
        .storeInt(networkId, 32)
        .storeUint(accountIdOf(registry), 256)
        .storeUint(accountIdOf(usage.consumer), 256)
        .storeRef(usageRow(usage))
        .endCell();
    return BigInt(`0x${record.hash().toString('hex')}`);
}
