/**
 * The transaction log: every transaction ever executed, on disk only.
 *
 * Each entry points to the previous entry of the same account (as transactions do in TON), so listing an account's
 * history needs one number per account in memory and nothing per transaction. A second file of fixed-size entries
 * tells where the transactions of each block start; every committed message makes one block.
 *
 * Neither file is synced per message: the journal is what makes a message durable, and opening the chain truncates
 * both files to the length known to the last snapshot and writes the rest again from the journal.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ByteReader, ByteWriter, readFully, writeFully } from './codec';
import { CorruptChainError } from './errors';

export const NO_POSITION = -1;
const LOG_FILE = 'transactions.log';
const INDEX_FILE = 'blocks.index';
export const LOG_FILES = [LOG_FILE, INDEX_FILE];
const INDEX_ENTRY = 16;

/** What the engine knows about one executed transaction. */
export type TxRecord = {
    /** raw address, e.g. 0:ab12... */
    account: string;
    lt: bigint;
    hash: Buffer;
    utime: number;
    /** balance of the account after the transaction */
    endBalance: bigint;
    boc: Buffer;
};

export type StoredTx = TxRecord & { seqno: number; previous: number };

export type BlockEntry = { first: number; count: number; time: number };

export function writeAddress(w: ByteWriter, raw: string): ByteWriter {
    const colon = raw.indexOf(':');
    return w.i32(Number(raw.slice(0, colon))).bytes(Buffer.from(raw.slice(colon + 1), 'hex'));
}

export function readAddress(r: ByteReader): string {
    return `${r.i32()}:${r.bytes(32).toString('hex')}`;
}

export function writeTx(w: ByteWriter, tx: TxRecord): ByteWriter {
    return writeAddress(w, tx.account).u64(tx.lt).bytes(tx.hash).u32(tx.utime).u128(tx.endBalance).block(tx.boc);
}

export function readTx(r: ByteReader): TxRecord {
    return {
        account: readAddress(r),
        lt: r.u64(),
        hash: r.bytes(32),
        utime: r.u32(),
        endBalance: r.u128(),
        boc: r.block(),
    };
}

export class TransactionLog {
    private constructor(
        private readonly log: number,
        private readonly index: number,
        private logBytes: number,
        private blockCount: number,
    ) {}

    /** Opens the files and forgets whatever lies behind the given lengths. */
    static open(dir: string, logBytes: number, blockCount: number): TransactionLog {
        const open = (name: string, length: number) => {
            const fd = fs.openSync(path.join(dir, name), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
            if (fs.fstatSync(fd).size < length) {
                fs.closeSync(fd);
                throw new CorruptChainError(`${name} is shorter than the snapshot says`);
            }
            fs.ftruncateSync(fd, length);
            return fd;
        };
        const log = open(LOG_FILE, logBytes);
        try {
            return new TransactionLog(log, open(INDEX_FILE, blockCount * INDEX_ENTRY), logBytes, blockCount);
        } catch (e) {
            fs.closeSync(log);
            throw e;
        }
    }

    get bytes(): number {
        return this.logBytes;
    }

    get blocks(): number {
        return this.blockCount;
    }

    /**
     * Appends the transactions of one block. `lastOf` gives and takes the position of an account's newest entry.
     */
    append(
        seqno: number,
        time: number,
        txs: TxRecord[],
        lastOf: { get(a: string): number; set(a: string, p: number): void },
    ) {
        const w = new ByteWriter();
        const first = this.logBytes;
        for (const tx of txs) {
            const body = writeTx(new ByteWriter().u32(seqno).position(lastOf.get(tx.account)), tx).finish();
            lastOf.set(tx.account, first + w.length);
            w.block(body);
        }
        writeFully(this.log, w.finish(), first);
        const entry = new ByteWriter().position(first).u32(txs.length).u32(time).finish();
        writeFully(this.index, entry, this.blockCount * INDEX_ENTRY);
        this.logBytes += w.length;
        this.blockCount++;
    }

    read(position: number): StoredTx & { next: number } {
        const length = readFully(this.log, 4, position).readUInt32LE(0);
        const r = new ByteReader(readFully(this.log, length, position + 4));
        const seqno = r.u32();
        const previous = r.position();
        return { seqno, previous, ...readTx(r), next: position + 4 + length };
    }

    /** The account's entries from a position back to the oldest. */
    *backwards(position: number): Generator<StoredTx> {
        while (position !== NO_POSITION) {
            const tx = this.read(position);
            yield tx;
            position = tx.previous;
        }
    }

    /** Blocks are numbered from 1. */
    block(seqno: number): BlockEntry | undefined {
        if (!Number.isInteger(seqno) || seqno < 1 || seqno > this.blockCount) return undefined;
        const r = new ByteReader(readFully(this.index, INDEX_ENTRY, (seqno - 1) * INDEX_ENTRY));
        return { first: r.position(), count: r.u32(), time: r.u32() };
    }

    blockTransactions(seqno: number): StoredTx[] {
        const block = this.block(seqno);
        const out: StoredTx[] = [];
        let position = block?.first ?? NO_POSITION;
        for (let i = 0; i < (block?.count ?? 0); i++) {
            const tx = this.read(position);
            out.push(tx);
            position = tx.next;
        }
        return out;
    }

    sync() {
        fs.fsyncSync(this.log);
        fs.fsyncSync(this.index);
    }

    close() {
        fs.closeSync(this.log);
        fs.closeSync(this.index);
    }
}
