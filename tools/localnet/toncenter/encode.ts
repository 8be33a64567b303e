/** Chain objects in toncenter v2 notation. */
import { createHash } from 'node:crypto';
import {
    Address,
    beginCell,
    Cell,
    ExternalAddress,
    loadTransaction,
    Message,
    storeStateInit,
    TupleItem,
} from '@ton/core';
import { StoredTx } from '../txlog';
import { ApiError, decodeCell, INVALID_REQUEST } from './params';

export const SHARD = '-9223372036854775808';
export const NO_HASH = Buffer.alloc(32).toString('base64');

export function boc64(cell: Cell): string {
    return cell.toBoc().toString('base64');
}

/** Blocks of this chain have no cells of their own; their hashes are derived from the number. */
export function blockId(seqno: number, workchain = -1) {
    const hash = (kind: string) => createHash('sha256').update(`${kind}:${workchain}:${seqno}`).digest('base64');
    return {
        '@type': 'ton.blockIdExt',
        workchain,
        shard: SHARD,
        seqno,
        root_hash: hash('root'),
        file_hash: hash('file'),
    };
}

export function transactionId(lt: bigint, hash: Buffer | undefined) {
    return { '@type': 'internal.transactionId', lt: lt.toString(), hash: hash ? hash.toString('base64') : NO_HASH };
}

function addressText(a: Address | ExternalAddress | null | undefined): string {
    return a ? a.toString() : '';
}

/** The text of a comment, undefined if the body is something else. */
function commentOf(body: Cell): string | undefined {
    const s = body.beginParse();
    if (s.remainingBits < 32 || s.loadUint(32) !== 0) return undefined;
    try {
        return s.loadStringTail();
    } catch {
        return undefined;
    }
}

export function encodeMessage(m: Message) {
    const i = m.info;
    const internal = i.type === 'internal' ? i : undefined;
    return {
        '@type': 'raw.message',
        source: addressText(i.src),
        destination: addressText(i.dest),
        value: (internal?.value.coins ?? 0n).toString(),
        fwd_fee: (internal?.forwardFee ?? 0n).toString(),
        ihr_fee: (internal?.ihrFee ?? 0n).toString(),
        created_lt: (i.type === 'external-in' ? 0n : i.createdLt).toString(),
        body_hash: m.body.hash().toString('base64'),
        msg_data: {
            '@type': 'msg.dataRaw',
            body: boc64(m.body),
            init_state: m.init ? boc64(beginCell().store(storeStateInit(m.init)).endCell()) : '',
        },
        message: commentOf(m.body) ?? '',
    };
}

export function encodeTransaction(stored: StoredTx) {
    const t = loadTransaction(Cell.fromBoc(stored.boc)[0].beginParse());
    const d = t.description;
    const storage = ('storagePhase' in d ? d.storagePhase?.storageFeesCollected : undefined) ?? 0n;
    return {
        '@type': 'raw.transaction',
        address: { '@type': 'accountAddress', account_address: Address.parseRaw(stored.account).toString() },
        utime: t.now,
        data: stored.boc.toString('base64'),
        transaction_id: transactionId(t.lt, stored.hash),
        fee: t.totalFees.coins.toString(),
        storage_fee: storage.toString(),
        other_fee: (t.totalFees.coins - storage).toString(),
        in_msg: t.inMessage ? encodeMessage(t.inMessage) : undefined,
        out_msgs: [...t.outMessages.values()].map(encodeMessage),
    };
}

// -------------------------------------------------------------------- stack

const EMPTY_LIST = { '@type': 'tvm.list', elements: [] };

function hexNumber(value: bigint): string {
    return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** Element of a tuple. */
function encodeEntry(item: TupleItem): unknown {
    switch (item.type) {
        case 'int':
            return {
                '@type': 'tvm.stackEntryNumber',
                number: { '@type': 'tvm.numberDecimal', number: item.value.toString() },
            };
        case 'null':
            return { '@type': 'tvm.stackEntryList', list: EMPTY_LIST };
        case 'tuple':
            return {
                '@type': 'tvm.stackEntryTuple',
                tuple: { '@type': 'tvm.tuple', elements: item.items.map(encodeEntry) },
            };
        case 'cell':
            return { '@type': 'tvm.stackEntryCell', cell: { '@type': 'tvm.cell', bytes: boc64(item.cell) } };
        case 'slice':
        case 'builder':
            return { '@type': 'tvm.stackEntrySlice', slice: { '@type': 'tvm.slice', bytes: boc64(item.cell) } };
        case 'nan':
            return { '@type': 'tvm.stackEntryUnsupported' };
    }
}

export function encodeStack(stack: TupleItem[]): unknown[] {
    return stack.map((item) => {
        switch (item.type) {
            case 'int':
                return ['num', hexNumber(item.value)];
            case 'null':
                return ['list', EMPTY_LIST];
            case 'tuple':
                return ['tuple', { '@type': 'tvm.tuple', elements: item.items.map(encodeEntry) }];
            case 'nan':
                return ['num', 'NaN'];
            default:
                return [item.type, { bytes: boc64(item.cell) }];
        }
    });
}

const CELL_KINDS: Record<string, 'cell' | 'slice' | 'builder'> = {
    'tvm.cell': 'cell',
    'tvm.slice': 'slice',
    'tvm.builder': 'builder',
    cell: 'cell',
    slice: 'slice',
    builder: 'builder',
};

function decodeNumber(value: unknown): bigint {
    const text = String(value).trim();
    const m = /^(-?)(0x[0-9a-f]{1,64}|\d{1,78})$/i.exec(text);
    if (!m) throw new ApiError(INVALID_REQUEST, `"${text.slice(0, 100)}" is not a number`);
    return m[1] ? -BigInt(m[2]) : BigInt(m[2]);
}

function decodeItem(entry: unknown): TupleItem {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') {
        throw new ApiError(INVALID_REQUEST, 'Stack entries must be pairs [type, value]');
    }
    const type = entry[0].toLowerCase();
    const value: unknown = entry[1];
    if (type === 'num' || type === 'int' || type === 'number') return { type: 'int', value: decodeNumber(value) };
    if (type === 'null') return { type: 'null' };
    if (type === 'tuple' || type === 'list') {
        const elements = Array.isArray(value) ? value : ((value as { elements?: unknown[] } | null)?.elements ?? []);
        return elements.length === 0 && type === 'list'
            ? { type: 'null' }
            : { type: 'tuple', items: elements.map(decodeItem) };
    }
    const kind = CELL_KINDS[type];
    if (!kind) throw new ApiError(INVALID_REQUEST, `Unknown stack entry type "${entry[0].slice(0, 50)}"`);
    const bytes = typeof value === 'string' ? value : (value as { bytes?: string } | null)?.bytes;
    if (typeof bytes !== 'string') throw new ApiError(INVALID_REQUEST, `A ${kind} on the stack must be base64`);
    return { type: kind, cell: decodeCell(bytes, `A ${kind} on the stack`) };
}

export function decodeStack(value: unknown): TupleItem[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new ApiError(INVALID_REQUEST, 'Parameter "stack" must be a list');
    return value.map(decodeItem);
}
