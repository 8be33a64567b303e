import '@ton/test-utils';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawnSync } from 'node:child_process';
import { beginCell, Cell, toNano } from '@ton/core';
import { CorruptChainError, FolderInUseError, MessageRejectedError } from '../../tools/localnet/errors';
import { FolderLock } from '../../tools/localnet/lock';
import { ChainMeta, Store } from '../../tools/localnet/store';
import {
    accountBoc,
    address,
    crashCopy,
    fingerprint,
    newFolder,
    openChain,
    removeFolders,
    START,
    txRecord,
} from './localnet-support';

const CODE = beginCell().storeUint(0xf220, 16).endCell();

function meta(seqno: number): ChainMeta {
    return {
        seqno,
        lt: String(seqno * 10),
        time: START + seqno,
        clock: { mode: 'manual' },
        config: Cell.EMPTY.toBoc().toString('base64'),
        libs: null,
        transactions: seqno,
    };
}

/** A store with `blocks` committed messages, each changing two accounts with one transaction each. */
function fill(dir: string, blocks: number, pad = 0): Store {
    const store = Store.open(dir, false);
    if (!store.current) store.create(meta(0), []);
    for (let n = store.current!.seqno + 1; n <= blocks; n++) {
        const pair = [address(1), address(100 + n)];
        store.commit({
            meta: meta(n),
            accounts: pair.map((a, i) => ({ address: a.toRawString(), boc: accountBoc(n * 2 + i, CODE) })),
            block: {
                time: START + n,
                txs: pair.map((a, i) => txRecord(a.toRawString(), BigInt(n * 10 + i), Buffer.alloc(10 + pad, n))),
            },
        });
    }
    return store;
}

function contents(store: Store) {
    return {
        meta: store.current,
        accounts: [...store.accounts].map(([a, v]) => [
            a,
            v.boc.toString('hex'),
            [...store.log.backwards(v.lastTx)].map((t) => t.lt),
        ]),
        blocks: Array.from({ length: store.log.blocks }, (_, i) =>
            store.log.blockTransactions(i + 1).map((t) => [t.account, t.lt, t.seqno]),
        ),
    };
}

function journalOf(dir: string): string {
    const names = fs.readdirSync(dir).filter((n) => n.startsWith('journal.'));
    expect(names).toHaveLength(1);
    return path.join(dir, names[0]);
}

function reopened(dir: string) {
    const store = Store.open(dir, false);
    try {
        return { ...contents(store), dropped: store.droppedBytes };
    } finally {
        store.close();
    }
}

afterAll(removeFolders);

describe('chain folder', () => {
    it('gives back after a kill what was committed, from the journal alone', () => {
        const dir = newFolder();
        const store = fill(dir, 7);
        const expected = contents(store);
        expect(expected.accounts).toHaveLength(8);
        expect(expected.accounts[0][2]).toEqual([70n, 60n, 50n, 40n, 30n, 20n, 10n]);
        expect(reopened(crashCopy(dir))).toEqual({ ...expected, dropped: 0 });
        store.close();
        expect(reopened(dir)).toEqual({ ...expected, dropped: 0 });
    });

    it('loses only the last record, wherever it was cut', () => {
        const dir = newFolder();
        let store = fill(dir, 4);
        const expected = contents(store);
        const before = fs.statSync(journalOf(dir)).size;
        store.close();
        store = fill(dir, 5);
        const complete = contents(store);
        store.close();
        const journal = fs.readFileSync(journalOf(dir));
        for (let cut = before; cut <= journal.length; cut += cut < before + 24 || cut > journal.length - 24 ? 1 : 7) {
            const copy = crashCopy(dir);
            fs.truncateSync(journalOf(copy), cut);
            const got = reopened(copy);
            expect(got).toEqual(
                cut === journal.length ? { ...complete, dropped: 0 } : { ...expected, dropped: cut - before },
            );
            // the torn bytes are gone for good and the next message takes their place
            fill(copy, 5).close();
            expect(reopened(copy)).toEqual({ ...complete, dropped: 0 });
            fs.rmSync(copy, { recursive: true });
        }
    });

    it('drops a last record whose bytes did not all reach the disk', () => {
        const dir = newFolder();
        fill(dir, 4).close();
        const expected = reopened(dir);
        const before = fs.statSync(journalOf(dir)).size;
        fill(dir, 5).close();
        for (const from of [0, 4, 8, 40]) {
            const copy = crashCopy(dir);
            const file = journalOf(copy);
            const journal = fs.readFileSync(file);
            journal.fill(0, before + from);
            fs.writeFileSync(file, journal);
            expect(reopened(copy)).toEqual({ ...expected, dropped: journal.length - before });
        }
    });

    it('refuses a journal damaged in front of good records, and a damaged snapshot', () => {
        const dir = newFolder();
        fill(dir, 6).close();
        const damage = (file: string, at: number) => {
            const data = fs.readFileSync(file);
            data[at] ^= 0xff;
            fs.writeFileSync(file, data);
        };
        const bad = crashCopy(dir);
        damage(journalOf(bad), 20);
        expect(() => Store.open(bad)).toThrow(CorruptChainError);
        // the lock is not left behind by a failed open
        expect(() => Store.open(bad)).toThrow(CorruptChainError);
        const worse = crashCopy(dir);
        damage(path.join(worse, 'snapshot'), 30);
        expect(() => Store.open(worse)).toThrow(/checksum/);
    });

    it('survives a crash at every step of a compaction', () => {
        const dir = newFolder();
        const store = fill(dir, 5);
        const expected = { ...contents(store), dropped: 0 };
        const old = crashCopy(dir);
        store.compact();
        store.close();
        expect(reopened(dir)).toEqual(expected);
        const nextJournal = path.basename(journalOf(dir));

        // the new journal exists, the snapshot is half written under its temporary name
        const early = crashCopy(old);
        fs.writeFileSync(path.join(early, nextJournal), '');
        fs.writeFileSync(
            path.join(early, 'snapshot.tmp'),
            fs.readFileSync(path.join(dir, 'snapshot')).subarray(0, 100),
        );
        expect(reopened(early)).toEqual(expected);
        expect(fs.readdirSync(early).sort()).toEqual(fs.readdirSync(old).sort());

        // the snapshot is in place, the old journal not yet removed
        const late = crashCopy(dir);
        fs.copyFileSync(journalOf(old), path.join(late, path.basename(journalOf(old))));
        expect(reopened(late)).toEqual(expected);
        expect(path.basename(journalOf(late))).toBe(nextJournal);
    });

    it('rewrites from the journal what the transaction log lost or gained in a crash', () => {
        const dir = newFolder();
        fill(dir, 3).close();
        const store = Store.open(dir, false);
        store.compact();
        store.close();
        fill(dir, 6).close();
        const expected = reopened(dir);
        const snapshotLength = crashCopy(dir);
        for (const name of ['transactions.log', 'blocks.index']) {
            const file = path.join(snapshotLength, name);
            const half = Math.ceil(fs.statSync(file).size / 2);
            fs.truncateSync(file, half);
            fs.appendFileSync(file, Buffer.alloc(500, 0xee));
        }
        expect(reopened(snapshotLength)).toEqual(expected);
    });

    it('compacts by itself when the journal outgrows the snapshot, not per message', () => {
        const dir = newFolder();
        const store = fill(dir, 200, 30_000);
        expect(store.journalSize).toBeLessThan(4.2 * 1024 * 1024);
        const generation = Number(path.basename(journalOf(dir)).split('.')[1]);
        expect(generation).toBeGreaterThan(1);
        expect(generation).toBeLessThan(6);
        const expected = contents(store);
        store.close();
        expect(reopened(dir)).toEqual({ ...expected, dropped: 0 });
    });

    it('removes its own files only', () => {
        const dir = newFolder();
        fill(dir, 2).close();
        fs.writeFileSync(path.join(dir, 'notes.txt'), 'mine');
        Store.remove(dir);
        expect(fs.readdirSync(dir)).toEqual(['notes.txt']);
        Store.remove(path.join(dir, 'nowhere'));
    });
});

describe('folder lock', () => {
    const lockFile = (dir: string) => path.join(dir, 'lock');

    it('keeps a second writer out while the first is open', () => {
        const dir = newFolder();
        const first = fill(dir, 1);
        expect(() => Store.open(dir)).toThrow(FolderInUseError);
        expect(() => Store.remove(dir)).toThrow(FolderInUseError);
        const script = `
            require('ts-node').register({ transpileOnly: true });
            const { Store } = require(${JSON.stringify(path.resolve('tools/localnet/store'))});
            try { Store.open(${JSON.stringify(dir)}); console.log('opened'); } catch (e) { console.log(e.name, e.pid); }`;
        const other = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
        expect(other.stdout.trim()).toBe(`FolderInUseError ${process.pid}`);
        first.close();
        fill(dir, 2).close();
        expect(fs.existsSync(lockFile(dir))).toBe(false);
    });

    it('takes over the lock of a process that is gone', () => {
        const dir = newFolder();
        const gone = spawnSync(process.execPath, ['-e', '']).pid;
        fs.writeFileSync(lockFile(dir), JSON.stringify({ pid: gone, started: '1', token: 'x' }));
        fill(dir, 1).close();
    });

    it('takes over a lock whose process id now belongs to another process', () => {
        const dir = newFolder();
        fs.writeFileSync(lockFile(dir), JSON.stringify({ pid: process.pid, started: '1', token: 'x' }));
        if (process.platform === 'linux') fill(dir, 1).close();
        else expect(() => Store.open(dir)).toThrow(FolderInUseError);
    });

    it('takes over an unreadable lock and never removes a lock of others', () => {
        const dir = newFolder();
        fs.writeFileSync(lockFile(dir), 'garbage');
        const lock = FolderLock.acquire(dir);
        fs.writeFileSync(lockFile(dir), 'somebody else');
        lock.release();
        expect(fs.readFileSync(lockFile(dir), 'utf8')).toBe('somebody else');
    });
});

describe('chain in a folder', () => {
    it('continues in another process life exactly where it stopped', async () => {
        const dir = newFolder();
        let chain = await openChain(dir);
        const alice = await chain.wallet('alice');
        const bob = await chain.wallet('bob');
        for (let i = 1; i <= 3; i++) await alice.sender().send({ to: bob.address, value: toNano(i) });
        await chain.advance(1_000);
        const killed = crashCopy(dir);
        const expected = await fingerprint(chain);
        expect(expected.counts).toMatchObject({ seqno: 5, transactions: 8, now: START + 1_005, accounts: 3 });
        await chain.close();

        for (const folder of [dir, killed]) {
            chain = await openChain(folder);
            expect(await fingerprint(chain)).toEqual(expected);
            const wallet = await chain.wallet('alice');
            expect(wallet.address).toEqualAddress(alice.address);
            expect(await wallet.getSeqno()).toBe(3);
            await wallet.sender().send({ to: bob.address, value: toNano(4) });
            expect(await wallet.getSeqno()).toBe(4);
            expect(chain.transactions(bob.address)).toHaveLength(5);
            await chain.close();
        }
    });

    it('keeps a changed config', async () => {
        const dir = newFolder();
        const first = await openChain(dir, { config: 'slim' });
        const slim = first.config.hash();
        await first.close();
        const second = await openChain(dir, { config: 'default' });
        const full = second.config.hash();
        expect(full.equals(slim)).toBe(false);
        await second.compact();
        await second.close();
        const third = await openChain(dir);
        expect(third.config.hash().equals(full)).toBe(true);
        await third.close();
    });

    it('changes nothing when a message is refused', async () => {
        const dir = newFolder();
        const chain = await openChain(dir);
        const alice = await chain.wallet('alice');
        await alice.sender().send({ to: alice.address, value: 1n });
        const expected = await fingerprint(chain);
        const size = chain.counts().journalBytes;
        const bad = beginCell().storeUint(0, 700).endCell();
        await expect(chain.open(alice.contract).send(bad)).rejects.toThrow(MessageRejectedError);
        await expect(chain.faucet(alice.address, 0n)).rejects.toThrow('positive');
        expect(await fingerprint(chain)).toEqual(expected);
        expect(chain.counts().journalBytes).toBe(size);
        await alice.sender().send({ to: alice.address, value: 1n });
        expect(await alice.getSeqno()).toBe(2);
        await chain.close();
        await expect(chain.faucet(alice.address, 1n)).rejects.toThrow('closed');
    });

    it('changes nothing when the disk refuses', async () => {
        const dir = newFolder();
        const chain = await openChain(dir);
        const alice = await chain.wallet('alice');
        await alice.sender().send({ to: alice.address, value: 1n });
        const expected = await fingerprint(chain);
        const store = (chain as unknown as { store: { journal: number } }).store;
        const journal = store.journal;
        store.journal = fs.openSync(journalOf(dir), 'r'); // writing to it fails
        await expect(alice.sender().send({ to: alice.address, value: 1n })).rejects.toThrow(/EBADF/);
        expect(await fingerprint(chain)).toEqual(expected);
        fs.closeSync(store.journal);
        store.journal = journal;
        await chain.close();
        const again = await openChain(dir);
        expect(await fingerprint(again)).toEqual(expected);
        await again.close();
    });

    it('keeps no transaction in memory and parses accounts only when they are used', async () => {
        const dir = newFolder();
        const chain = await openChain(dir);
        const alice = await chain.wallet('alice');
        for (let i = 0; i < 10; i++) await alice.sender().send({ to: address(i), value: 1_000_000n, bounce: false });
        const inner = chain as unknown as {
            sandbox: { transactions: unknown[] };
            accounts: { knownContracts(): unknown[] };
        };
        expect(inner.sandbox.transactions).toHaveLength(0);
        await chain.close();
        const again = await openChain(dir);
        const known = (again as unknown as typeof inner).accounts;
        expect(again.counts().accounts).toBe(12);
        expect(known.knownContracts()).toHaveLength(0);
        await again.account(address(3));
        expect(known.knownContracts()).toHaveLength(1);
        await again.close();
    });

    it('runs operations one after another, whatever the caller does', async () => {
        const chain = await openChain(newFolder());
        const alice = await chain.wallet('alice');
        await Promise.all(Array.from({ length: 10 }, (_, i) => chain.faucet(address(i % 3), 10n)));
        const results = await chain.sendMessages(
            [0, 1].map((i) => ({
                info: {
                    type: 'internal' as const,
                    ihrDisabled: true,
                    bounce: false,
                    bounced: false,
                    src: alice.address,
                    dest: address(i),
                    value: { coins: 5n },
                    ihrFee: 0n,
                    forwardFee: 0n,
                    createdLt: 0n,
                    createdAt: 0,
                },
                body: Cell.EMPTY,
            })),
        );
        expect(results.map((r) => r.transactions.length)).toEqual([1, 1]);
        expect(chain.counts()).toMatchObject({ seqno: 13, transactions: 13 });
        expect(chain.block(13)?.transactions[0].account).toBe(address(1).toRawString());
        await chain.close();
    });
});
