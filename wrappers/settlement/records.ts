/** Records as recorders send them and settlers name them: rows, batches, their chains, their hashes, days. */
import { Address, beginCell, Cell } from '@ton/core';

import {
    BATCH_TAG,
    loadBatchRow,
    MAX_ROWS,
    storeBatchRow,
} from '../../build/UsageRegistry/UsageRegistry_UsageRegistry';
import { MAX_SETTLED } from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { Integer, pack } from '../common/messages';
import { accountIdOf, addressOfAccount } from '../pool/metrics';
import { Usage, usageHash, usageRow } from '../token/usageRecords';

/** Usages of an AddUsages message. */
export const MAX_RECORDED_ROWS = Number(MAX_ROWS);
/** Records of a SettleUsages message. */
export const MAX_SETTLED_ROWS = Number(MAX_SETTLED);

/** Many usages of one recorder, consumer and provider, as one record. */
export type Batch = {
    consumer: Address;
    provider: Address;
    /** Nonce of the first receipt: the one after the last that the ledger knows. */
    nonce: Integer;
    /** Unix seconds, not before that of any receipt. */
    time: Integer;
    count: Integer;
    tokens: Integer;
    amount: Integer;
    /** Root of the Merkle-sum tree. */
    root: bigint;
};

/** A record: one usage, or one batch. */
export type UsageOrBatch = { usage: Usage; batch?: undefined } | { batch: Batch; usage?: undefined };

/** The cell of a batch without its consumer. */
export function batchRow(batch: Batch): Cell {
    return pack(
        storeBatchRow({
            $$type: 'BatchRow',
            nonce: BigInt(batch.nonce),
            time: BigInt(batch.time),
            count: BigInt(batch.count),
            tokens: BigInt(batch.tokens),
            root: batch.root,
            provider: accountIdOf(batch.provider),
            amount: BigInt(batch.amount),
        }),
    );
}

/** A batch read back. */
export function parseBatchRow(consumer: Address, row: Cell): Batch & { nonce: bigint; count: bigint; amount: bigint } {
    const { $$type: _type, provider, ...fields } = loadBatchRow(row.beginParse());
    return { consumer, provider: addressOfAccount(provider), ...fields };
}

/** Hash of a batch: binds every field, the network, the registry and the consumer. */
export function batchHash(batch: Batch, registry: Address, networkId: number): bigint {
    const record = beginCell()
        .storeUint(BATCH_TAG, 32)
        .storeInt(networkId, 32)
        .storeUint(accountIdOf(registry), 256)
        .storeUint(accountIdOf(batch.consumer), 256)
        .storeRef(batchRow(batch))
        .endCell();
    return BigInt(`0x${record.hash().toString('hex')}`);
}

/** Consumer, kind and cell of a record. */
export function recordOf(record: UsageOrBatch): { consumer: Address; batch: boolean; row: Cell } {
    return record.batch === undefined
        ? { consumer: record.usage.consumer, batch: false, row: usageRow(record.usage) }
        : { consumer: record.batch.consumer, batch: true, row: batchRow(record.batch) };
}

/** Hash of a record of either kind, as its ledger keeps it. */
export function recordHash(record: UsageOrBatch, registry: Address, networkId: number): bigint {
    return record.batch === undefined
        ? usageHash(record.usage, registry, networkId)
        : batchHash(record.batch, registry, networkId);
}

/** A usage for AddUsages. `deploy`: its consumer has no ledger yet. */
export type RecordedUsage = Usage & { deploy?: boolean };

function chain<T>(items: readonly T[], link: (item: T) => ReturnType<typeof beginCell>): Cell {
    let next: Cell | undefined;
    for (const item of [...items].reverse()) {
        const builder = link(item);
        next = (next === undefined ? builder : builder.storeRef(next)).endCell();
    }
    return next ?? Cell.EMPTY;
}

/** Rows of AddUsages: a chain of cells. */
export function recordChain(usages: readonly RecordedUsage[]): Cell {
    return chain(usages, (usage) =>
        beginCell()
            .storeUint(accountIdOf(usage.consumer), 256)
            .storeBit(usage.deploy ?? false)
            .storeRef(usageRow(usage)),
    );
}

/** A record that a settler names: its id is in the UsageRecorded event. */
export type RecordToSettle = UsageOrBatch & { id: Integer };

/** Rows of SettleUsages: a chain of cells. */
export function settleChain(records: readonly RecordToSettle[]): Cell {
    return chain(records, (record) => {
        const { consumer, batch, row } = recordOf(record);
        return beginCell()
            .storeUint(accountIdOf(consumer), 256)
            .storeUint(BigInt(record.id), 48)
            .storeBit(batch)
            .storeRef(row);
    });
}

/** Number of the day (UTC) that a unix second belongs to. */
export function dayOf(unixSeconds: Integer): number {
    return Math.floor(Number(unixSeconds) / 86_400);
}
