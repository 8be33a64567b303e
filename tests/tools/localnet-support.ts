/** Shared by the localnet specs. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Address, beginCell, Cell, storeShardAccount } from '@ton/core';
import { createShardAccount } from '@ton/sandbox';
import { sharedExecutor } from '../support/shared-executor';
import { LocalChain, OpenOptions } from '../../tools/localnet/engine';
import { TxRecord } from '../../tools/localnet/txlog';

export const START = 1_800_000_000;
export const DAY = 86_400;

const folders: string[] = [];

export function newFolder(): string {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'localnet-spec-'));
    folders.push(dir);
    return dir;
}

export function removeFolders() {
    for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
}

/** Opens a chain with a manual clock and without fsync (the specs kill no machine). */
export async function openChain(dir: string, options: OpenOptions = {}): Promise<LocalChain> {
    return LocalChain.open(dir, { executor: await sharedExecutor(), durable: false, now: START, ...options });
}

/** What a process that is killed now would leave behind: the files as they are, without the lock. */
export function crashCopy(dir: string): string {
    const copy = newFolder();
    for (const name of fs.readdirSync(dir)) {
        if (name !== 'lock') fs.copyFileSync(path.join(dir, name), path.join(copy, name));
    }
    return copy;
}

export function address(n: number): Address {
    const hash = Buffer.alloc(32, 7);
    hash.writeUInt32BE(n);
    return new Address(0, hash);
}

export function accountBoc(n: number, code: Cell): Buffer {
    const data = beginCell().storeUint(n, 64).storeUint(0, 512).endCell();
    const account = createShardAccount({ address: address(n), code, data, balance: BigInt(n) });
    return beginCell().store(storeShardAccount(account)).endCell().toBoc();
}

export function txRecord(account: string, lt: bigint, boc: Buffer = Buffer.from('boc')): TxRecord {
    return { account, lt, hash: Buffer.alloc(32, Number(lt % 251n)), utime: START, endBalance: 5n, boc };
}

/** Everything observable about a chain, to compare before and after. */
export async function fingerprint(chain: LocalChain) {
    const { journalBytes: _, droppedBytes: __, ...counts } = chain.counts();
    const accounts: Record<string, unknown> = {};
    for (const raw of chain.addresses()) {
        const c = await chain.account(Address.parseRaw(raw));
        const history = [...chain.history(c.address)].map((t) => `${t.seqno} ${t.lt} ${t.hash.toString('hex')}`);
        const state = beginCell().store(storeShardAccount(c.account)).endCell().hash().toString('hex');
        accounts[raw] = { state, history };
    }
    return { counts, accounts };
}
