/**
 * The folder of a chain.
 *
 *   snapshot          state of all accounts as of some block, replaced by rename
 *   journal.<n>       one framed record per committed message since snapshot number n
 *   transactions.log  see txlog.ts
 *   blocks.index      see txlog.ts
 *   lock              see lock.ts
 *
 * A message is committed once its journal record is on disk (fsync). Its cost depends on the accounts the message
 * changed, not on how many there are. When the journal has grown as large as the snapshot the two are merged into a
 * new snapshot (written apart, synced, renamed, directory synced), which costs O(accounts) but at most once per
 * O(accounts) bytes written. A crash at any point leaves either the old pair (snapshot, journal) or the new one.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ByteReader, ByteWriter, FRAME_BYTES, frame, syncDirectory, unframe, writeFully } from './codec';
import { CorruptChainError, LocalnetError } from './errors';
import { FolderLock } from './lock';
import { LOG_FILES, NO_POSITION, readAddress, readTx, TransactionLog, TxRecord, writeAddress, writeTx } from './txlog';

const FORMAT = 1;
const SNAPSHOT_FILE = 'snapshot';
const JOURNAL_PREFIX = 'journal.';
/** kept next to the chain by other modules */
const EXTRA_FILES = ['wallets.json'];
const MIN_COMPACTION_BYTES = 4 * 1024 * 1024;

/** Everything about the chain that is not an account. */
export type ChainMeta = {
    seqno: number;
    lt: string;
    /** time of the last block */
    time: number;
    clock: { mode: 'wall'; shift: number } | { mode: 'manual' };
    /** base64 BOC */
    config: string;
    /** base64 BOC of the public libraries, if any */
    libs: string | null;
    transactions: number;
};

export type StoredAccount = { boc: Buffer; lastTx: number };

export type Batch = {
    meta: ChainMeta;
    accounts: { address: string; boc: Buffer }[];
    /** transactions of one new block; absent if the batch makes no block (clock, config) */
    block?: { time: number; txs: TxRecord[] };
};

type SnapshotHead = { format: number; generation: number; logBytes: number; blocks: number; meta: ChainMeta };

/** Journal records repeat the small part of the metadata; the config and libraries only when they change. */
type RecordHead = Omit<ChainMeta, 'config' | 'libs'> & { config?: string; libs?: string | null };

export class Store {
    readonly accounts = new Map<string, StoredAccount>();
    private meta?: ChainMeta;
    private txlog!: TransactionLog;
    private journal = -1;
    private journalBytes = 0;
    private snapshotBytes = 0;
    private generation = 0;
    private broken?: Error;
    private closed = false;
    /** bytes of an incomplete last record that were dropped when the folder was opened */
    droppedBytes = 0;

    private constructor(
        readonly dir: string,
        private readonly lock: FolderLock,
        private readonly durable: boolean,
    ) {}

    /** @param durable false skips fsync: for throw-away chains */
    static open(dir: string, durable = true): Store {
        fs.mkdirSync(dir, { recursive: true });
        const store = new Store(dir, FolderLock.acquire(dir), durable);
        try {
            store.load();
        } catch (e) {
            store.release();
            throw e;
        }
        return store;
    }

    /** Deletes the chain in a folder, and nothing else that may be there. */
    static remove(dir: string) {
        if (!fs.existsSync(dir)) return;
        const lock = FolderLock.acquire(dir);
        try {
            // the snapshot first: without it the rest is no chain any more
            fs.rmSync(path.join(dir, SNAPSHOT_FILE), { force: true });
            const others = [`${SNAPSHOT_FILE}.tmp`, ...LOG_FILES, ...EXTRA_FILES];
            for (const name of others) fs.rmSync(path.join(dir, name), { force: true });
            for (const name of fs.readdirSync(dir)) {
                if (name.startsWith(JOURNAL_PREFIX)) fs.rmSync(path.join(dir, name), { force: true });
            }
        } finally {
            lock.release();
        }
        if (fs.readdirSync(dir).length === 0) fs.rmdirSync(dir);
    }

    get current(): ChainMeta | undefined {
        return this.meta;
    }

    get log(): TransactionLog {
        return this.txlog;
    }

    get journalSize(): number {
        return this.journalBytes;
    }

    /** Writes the first snapshot of a new chain. */
    create(meta: ChainMeta, accounts: { address: string; boc: Buffer }[]) {
        if (this.meta) throw new LocalnetError('The chain exists already');
        for (const a of accounts) this.accounts.set(a.address, { boc: a.boc, lastTx: NO_POSITION });
        this.meta = meta;
        this.txlog = TransactionLog.open(this.dir, 0, 0);
        this.compact();
    }

    /** Makes a batch durable, then visible. Throws without any effect if it could not be written. */
    commit(batch: Batch) {
        this.assertUsable();
        const before = this.meta!;
        const { config, libs, ...small } = batch.meta;
        const head: RecordHead = small;
        if (config !== before.config) head.config = config;
        if (libs !== before.libs) head.libs = libs;
        const w = new ByteWriter().json(head).u32(batch.accounts.length);
        for (const a of batch.accounts) writeAddress(w, a.address).block(a.boc);
        w.u32(batch.block ? 1 : 0);
        if (batch.block) {
            w.u32(batch.block.time).u32(batch.block.txs.length);
            for (const tx of batch.block.txs) writeTx(w, tx);
        }
        const record = frame(w.finish());
        try {
            writeFully(this.journal, record, this.journalBytes);
            if (this.durable) fs.fsyncSync(this.journal);
        } catch (e) {
            this.dropUnfinished(e as Error);
            throw e;
        }
        this.journalBytes += record.length;
        try {
            this.apply(batch);
        } catch (e) {
            // durable but not visible: memory is behind the disk, only opening the folder again puts that right
            this.broken = e as Error;
            throw e;
        }
        if (this.journalBytes > Math.max(MIN_COMPACTION_BYTES, this.snapshotBytes)) this.compactQuietly();
    }

    /** The message that made the journal too long is safe already, so a failure here must not look like its failure. */
    private compactQuietly() {
        try {
            this.compact();
        } catch (e) {
            process.emitWarning(`The chain folder could not be compacted, will try again: ${(e as Error).message}`);
        }
    }

    /** Merges the journal into a new snapshot. */
    compact() {
        this.assertUsable();
        const generation = this.generation + 1;
        if (this.durable) this.txlog.sync();
        const journal = this.createJournal(generation);
        const tmp = path.join(this.dir, `${SNAPSHOT_FILE}.tmp`);
        try {
            this.snapshotBytes = this.writeSnapshot(tmp, generation);
            fs.renameSync(tmp, path.join(this.dir, SNAPSHOT_FILE));
        } catch (e) {
            fs.closeSync(journal);
            fs.rmSync(tmp, { force: true });
            throw e;
        }
        // From here on the folder belongs to the new journal, whatever happens to the lines below.
        if (this.journal >= 0) fs.closeSync(this.journal);
        this.journal = journal;
        this.journalBytes = 0;
        this.generation = generation;
        if (this.durable) syncDirectory(this.dir);
        this.removeOtherJournals();
    }

    close() {
        if (this.closed) return;
        try {
            if (this.durable && this.journal >= 0) fs.fsyncSync(this.journal);
        } finally {
            this.release();
        }
    }

    private release() {
        this.closed = true;
        if (this.journal >= 0) fs.closeSync(this.journal);
        this.journal = -1;
        this.txlog?.close();
        this.lock.release();
    }

    private assertUsable() {
        if (this.closed) throw new LocalnetError('The chain is closed');
        if (this.broken) throw new LocalnetError(`The chain folder cannot be written any more: ${this.broken.message}`);
    }

    private dropUnfinished(cause: Error) {
        try {
            fs.ftruncateSync(this.journal, this.journalBytes);
            if (this.durable) fs.fsyncSync(this.journal);
        } catch {
            this.broken = cause;
        }
    }

    private apply(batch: Batch) {
        for (const a of batch.accounts) {
            this.accounts.set(a.address, { boc: a.boc, lastTx: this.accounts.get(a.address)?.lastTx ?? NO_POSITION });
        }
        if (batch.block) {
            this.txlog.append(batch.meta.seqno, batch.block.time, batch.block.txs, {
                get: (a) => this.accounts.get(a)?.lastTx ?? NO_POSITION,
                set: (a, position) => (this.accounts.get(a)!.lastTx = position),
            });
        }
        this.meta = batch.meta;
    }

    private writeSnapshot(file: string, generation: number): number {
        const head: SnapshotHead = {
            format: FORMAT,
            generation,
            logBytes: this.txlog.bytes,
            blocks: this.txlog.blocks,
            meta: this.meta!,
        };
        const w = new ByteWriter().json(head).u32(this.accounts.size);
        for (const [address, a] of this.accounts) writeAddress(w, address).position(a.lastTx).block(a.boc);
        const data = frame(w.finish());
        const fd = fs.openSync(file, 'w', 0o644);
        try {
            writeFully(fd, data, 0);
            if (this.durable) fs.fsyncSync(fd);
        } finally {
            fs.closeSync(fd);
        }
        return data.length;
    }

    private journalFile(generation: number): string {
        return path.join(this.dir, `${JOURNAL_PREFIX}${generation}`);
    }

    private createJournal(generation: number): number {
        const fd = fs.openSync(this.journalFile(generation), 'w+', 0o644);
        if (this.durable) {
            fs.fsyncSync(fd);
            // the directory must know the journal before the snapshot names it
            syncDirectory(this.dir);
        }
        return fd;
    }

    private removeOtherJournals() {
        for (const name of fs.readdirSync(this.dir)) {
            if (name.startsWith(JOURNAL_PREFIX) && name !== `${JOURNAL_PREFIX}${this.generation}`) {
                fs.rmSync(path.join(this.dir, name), { force: true });
            }
        }
    }

    private load() {
        const file = path.join(this.dir, SNAPSHOT_FILE);
        fs.rmSync(`${file}.tmp`, { force: true });
        if (!fs.existsSync(file)) return; // a new chain: see create()
        const data = fs.readFileSync(file);
        const payload = unframe(data, 0);
        if (!payload) throw new CorruptChainError(`${file} is damaged (its checksum does not match)`);
        const r = new ByteReader(payload);
        const head = r.json<SnapshotHead>();
        if (head.format !== FORMAT)
            throw new CorruptChainError(`${file} has format ${head.format}, expected ${FORMAT}`);
        this.meta = head.meta;
        this.generation = head.generation;
        this.snapshotBytes = data.length;
        for (let n = r.u32(); n > 0; n--) {
            // views into the file's buffer, parsed when the account is first used
            this.accounts.set(readAddress(r), { lastTx: r.position(), boc: r.block() });
        }
        this.txlog = TransactionLog.open(this.dir, head.logBytes, head.blocks);
        this.replay();
        this.removeOtherJournals();
    }

    private replay() {
        const file = this.journalFile(this.generation);
        // the journal is created and synced before the snapshot that names it, hence always there
        if (!fs.existsSync(file)) throw new CorruptChainError(`${file} is missing`);
        this.journal = fs.openSync(file, 'r+');
        const data = fs.readFileSync(file);
        let offset = 0;
        for (;;) {
            const payload = unframe(data, offset);
            if (!payload) break;
            this.apply(this.readBatch(payload));
            offset += FRAME_BYTES + payload.length;
        }
        if (offset < data.length) {
            this.assertTorn(data, offset, file);
            this.droppedBytes = data.length - offset;
            fs.ftruncateSync(this.journal, offset);
            if (this.durable) fs.fsyncSync(this.journal);
        }
        this.journalBytes = offset;
    }

    /** A record cut short by a crash is the last one; a bad record in front of a good one is damage. */
    private assertTorn(data: Buffer, offset: number, file: string) {
        if (offset + FRAME_BYTES > data.length) return;
        const next = offset + FRAME_BYTES + data.readUInt32LE(offset);
        if (unframe(data, next)) throw new CorruptChainError(`${file} is damaged at byte ${offset}`);
    }

    private readBatch(payload: Buffer): Batch {
        const r = new ByteReader(payload);
        const head = r.json<RecordHead>();
        const meta: ChainMeta = {
            ...head,
            config: head.config ?? this.meta!.config,
            libs: head.libs === undefined ? this.meta!.libs : head.libs,
        };
        const accounts: Batch['accounts'] = [];
        for (let n = r.u32(); n > 0; n--) accounts.push({ address: readAddress(r), boc: r.block() });
        const batch: Batch = { meta, accounts };
        if (r.u32() === 1) {
            const time = r.u32();
            const txs: TxRecord[] = [];
            for (let n = r.u32(); n > 0; n--) txs.push(readTx(r));
            batch.block = { time, txs };
        }
        return batch;
    }
}
