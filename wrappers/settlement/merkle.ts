/**
 * Merkle-sum trees over usages: one root stands for up to 65,536 receipts with their sums of tokens and amount, and one path
 * shows on the chain that a receipt is in it, or that the tree lies. docs/channel.md has the layout.
 *
 * A leaf's hash is the ordinary hash of a usage. A node's is sha256 of 112 bytes, big endian: hash (256 bits), tokens (64)
 * and amount (128) of the left child, then of the right one. Its sums are theirs. Places behind the last leaf are empty:
 * hash and sums 0, and so is a subtree of nothing else.
 */
import { createHash } from 'node:crypto';
import { Address, beginCell, Cell, Slice } from '@ton/core';

import { USAGE_TAG } from '../../build/UsageGuard/UsageGuard_UsageGuard';
import { accountIdOf } from '../pool/metrics';
import { Usage, usageRow } from '../token/usageRecords';

/** Leaves of a tree at most. */
export const MAX_LEAVES = 1 << 16;

const NODE_BYTES = 112;
const HALF = NODE_BYTES / 2;
const MAX_TOKENS = (1n << 64n) - 1n;
const MAX_AMOUNT = (1n << 128n) - 1n;

/** A subtree as its parent names it. */
export type Subtree = { hash: bigint; tokens: bigint; amount: bigint };

/** What a tree is built from. `record`: the cell whose hash is the leaf's, needed for openings only. */
export type MerkleLeaf = Subtree & { record?: Cell | (() => Cell) };

const EMPTY: Subtree = { hash: 0n, tokens: 0n, amount: 0n };

function hex(value: bigint, bytes: number): string {
    return value.toString(16).padStart(2 * bytes, '0');
}

/** The 112 bytes that a node's hash is made of. */
export function nodeBytes(left: Subtree, right: Subtree): Buffer {
    const half = ({ hash, tokens, amount }: Subtree) => hex(hash, 32) + hex(tokens, 8) + hex(amount, 16);
    return Buffer.from(half(left) + half(right), 'hex');
}

function isEmpty({ hash, tokens, amount }: Subtree): boolean {
    return hash === 0n && tokens === 0n && amount === 0n;
}

function join(left: Subtree, right: Subtree): Subtree {
    if (isEmpty(left) && isEmpty(right)) {
        return EMPTY;
    }
    const tokens = left.tokens + right.tokens;
    const amount = left.amount + right.amount;
    if (tokens > MAX_TOKENS || amount > MAX_AMOUNT) {
        throw new Error('the sums of the tree do not fit');
    }
    const digest = createHash('sha256').update(nodeBytes(left, right)).digest('hex');
    return { hash: BigInt(`0x${digest}`), tokens, amount };
}

/** Levels of nodes above `count` leaves. */
export function treeDepth(count: number): number {
    return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** A tree with all its levels. */
export class MerkleSumTree {
    private constructor(
        private readonly leaves: readonly MerkleLeaf[],
        /** From the leaves up; places that are empty are left out. */
        private readonly levels: readonly (readonly Subtree[])[],
    ) {}

    static build(leaves: readonly MerkleLeaf[]): MerkleSumTree {
        if (leaves.length === 0 || leaves.length > MAX_LEAVES) {
            throw new Error(`a tree has 1 to ${MAX_LEAVES} leaves`);
        }
        const levels: Subtree[][] = [leaves.map(({ hash, tokens, amount }) => ({ hash, tokens, amount }))];
        for (let level = 0; level < treeDepth(leaves.length); level++) {
            const below = levels[level];
            const nodes: Subtree[] = [];
            for (let i = 0; i < below.length; i += 2) {
                nodes.push(join(below[i], below[i + 1] ?? EMPTY));
            }
            levels.push(nodes);
        }
        return new MerkleSumTree(leaves, levels);
    }

    get count(): number {
        return this.leaves.length;
    }

    get depth(): number {
        return this.levels.length - 1;
    }

    /** Hash and totals: what a batch commits to, together with its count. */
    get root(): Subtree {
        return this.levels[this.depth][0];
    }

    /**
     * The opening of a leaf, top down: each cell has the 896 bits of a node and in its reference the opening of the child on
     * the path; the last is the record of the leaf. For a place behind the last leaf: down to where the tree is empty.
     */
    opening(index: number): Cell {
        if (!Number.isInteger(index) || index < 0 || index >= 2 ** this.depth) {
            throw new Error(`there is no place ${index}`);
        }
        let below: Cell | undefined;
        if (index < this.count) {
            const { record } = this.leaves[index];
            below = typeof record === 'function' ? record() : record;
            if (below === undefined) {
                throw new Error(`the record of leaf ${index} is not known`);
            }
        }
        for (let level = 1; level <= this.depth; level++) {
            const node = index >> level;
            if (this.levels[level][node] === undefined) {
                continue; // wholly empty: opened further up
            }
            const left = this.levels[level - 1][2 * node];
            const right = this.levels[level - 1][2 * node + 1] ?? EMPTY;
            const cell = beginCell().storeBuffer(nodeBytes(left, right), NODE_BYTES);
            below = (below === undefined ? cell : cell.storeRef(below)).endCell();
        }
        return below!;
    }
}

/** What an opening shows. `fraud`: 'sum', 'beyond the count', or what `check` says is wrong with the leaf. */
export type Opened = { result: 'included'; record: Cell } | { result: 'empty' } | { result: 'fraud'; reason: string };

function readHalf(slice: Slice): Subtree {
    const bytes = slice.loadBuffer(HALF).toString('hex');
    return {
        hash: BigInt(`0x${bytes.slice(0, 64)}`),
        tokens: BigInt(`0x${bytes.slice(64, 80)}`),
        amount: BigInt(`0x${bytes.slice(80)}`),
    };
}

const cellHash = (cell: Cell) => BigInt(`0x${cell.hash().toString('hex')}`);

/**
 * Walks an opening as the contract does. `check` looks at the record of the leaf and its claimed sums and says what is wrong
 * with it. Throws for an opening that is not of this tree.
 */
export function verifyOpening(
    batch: { root: Subtree; count: number },
    index: number,
    opening: Cell,
    check: (record: Cell, claimed: Subtree) => string | undefined = () => undefined,
): Opened {
    const depth = treeDepth(batch.count);
    if (index < 0 || index >= 2 ** depth) {
        throw new Error(`there is no place ${index}`);
    }
    let claimed = batch.root;
    let cell = opening;
    for (let level = depth; level > 0; level--) {
        const slice = cell.beginParse();
        if (slice.remainingBits !== NODE_BYTES * 8) {
            throw new Error('the opening has no node here');
        }
        const bytes = slice.clone().loadBuffer(NODE_BYTES);
        if (BigInt(`0x${createHash('sha256').update(bytes).digest('hex')}`) !== claimed.hash) {
            throw new Error('the opening is not of this tree');
        }
        const children = [readHalf(slice), readHalf(slice)];
        for (const sum of ['tokens', 'amount'] as const) {
            if (children[0][sum] + children[1][sum] !== claimed[sum]) {
                return { result: 'fraud', reason: 'sum' };
            }
        }
        claimed = children[(index >> (level - 1)) & 1];
        const first = (index >> (level - 1)) << (level - 1);
        if (first >= batch.count) {
            return isEmpty(claimed) ? { result: 'empty' } : { result: 'fraud', reason: 'beyond the count' };
        }
        cell = slice.loadRef();
    }
    if (cellHash(cell) !== claimed.hash) {
        throw new Error('the opening is not of this tree');
    }
    const reason = check(cell, claimed);
    return reason === undefined ? { result: 'included', record: cell } : { result: 'fraud', reason };
}

// ---------------------------------------------------------------- batches of usages

/** What all receipts of a batch share. */
export type BatchHeader = {
    networkId: number;
    registry: Address;
    consumer: Address;
    provider: Address;
    /** Leaf i has the nonce `firstNonce + i`. */
    firstNonce: bigint;
};

/** A usage of a batch: the header says the rest. */
export type BatchItem = Omit<Usage, 'consumer' | 'provider' | 'nonce'>;

/** The record of a usage: the cell whose hash is `usageHash`. */
export function usageRecord(usage: Usage, registry: Address, networkId: number): Cell {
    return beginCell()
        .storeUint(USAGE_TAG, 32)
        .storeInt(networkId, 32)
        .storeUint(accountIdOf(registry), 256)
        .storeUint(accountIdOf(usage.consumer), 256)
        .storeRef(usageRow(usage))
        .endCell();
}

/** A batch of receipts of one (recorder, consumer, provider), ready to be recorded and to be proved from. */
export class UsageBatch {
    private constructor(
        readonly header: BatchHeader,
        readonly items: readonly BatchItem[],
        readonly tree: MerkleSumTree,
    ) {}

    static of(header: BatchHeader, items: readonly BatchItem[]): UsageBatch {
        const hash = fastUsageHash(header);
        const leaves = items.map((item, i): MerkleLeaf => {
            const usage = usageAt(header, item, i);
            return {
                hash: hash(usage),
                tokens: BigInt(usage.promptTokens) + BigInt(usage.completionTokens),
                amount: BigInt(usage.amount),
                record: () => usageRecord(usage, header.registry, header.networkId),
            };
        });
        return new UsageBatch(header, items, MerkleSumTree.build(leaves));
    }

    /** The usage of a leaf. */
    usage(index: number): Usage {
        return usageAt(this.header, this.items[index], index);
    }

    /** Hash, count and totals: what the recorder sends. */
    get commitment(): { root: bigint; count: number; tokens: bigint; amount: bigint } {
        const { hash, tokens, amount } = this.tree.root;
        return { root: hash, count: this.tree.count, tokens, amount };
    }

    opening(index: number): Cell {
        return this.tree.opening(index);
    }
}

function usageAt(header: BatchHeader, item: BatchItem, index: number): Usage {
    const { consumer, provider, firstNonce } = header;
    return { ...item, consumer, provider, nonce: firstNonce + BigInt(index) };
}

/** What is wrong with the record of leaf `index`, as the contract sees it; undefined: nothing. */
export function checkUsage(header: BatchHeader, index: number): (record: Cell, claimed: Subtree) => string | undefined {
    return (record, claimed) => {
        const slice = record.beginParse();
        const head = beginCell()
            .storeUint(USAGE_TAG, 32)
            .storeInt(header.networkId, 32)
            .storeUint(accountIdOf(header.registry), 256)
            .storeUint(accountIdOf(header.consumer), 256)
            .endCell();
        if (!slice.loadBits(Math.min(576, slice.remainingBits)).equals(head.bits)) {
            return 'consumer';
        }
        const row = slice.loadRef().beginParse();
        const nonce = row.loadUintBig(64);
        row.skip(32);
        const tokens = row.loadUintBig(32) + row.loadUintBig(32);
        row.skip(256);
        const provider = row.loadUintBig(256);
        const amount = row.loadCoins();
        if (provider !== accountIdOf(header.provider)) {
            return 'provider';
        }
        if (nonce !== header.firstNonce + BigInt(index)) {
            return 'nonce';
        }
        return tokens === claimed.tokens && amount === claimed.amount ? undefined : 'leaf sum';
    };
}

/**
 * `usageHash` for many usages of one header: the bytes of both cells' representations by hand, without making cells. Ten
 * times as fast; tests compare it with the cells.
 */
export function fastUsageHash(header: BatchHeader): (usage: Usage) => bigint {
    // Record: one reference, 576 bits; then depth and hash of the row.
    const record = Buffer.alloc(2 + 72 + 2 + 32);
    record.writeUInt16BE(0x0190, 0);
    record.writeUInt32BE(Number(USAGE_TAG), 2);
    record.writeInt32BE(header.networkId, 6);
    header.registry.hash.copy(record, 10);
    header.consumer.hash.copy(record, 42);
    const provider = header.provider.hash.toString('hex');
    const models = new Map<string | bigint, string>();
    const uint32 = (value: number | bigint, what: string) => {
        if (value < 0 || value > 0xffffffff) {
            throw new Error(`${what} does not fit into 32 bits`);
        }
        return value.toString(16).padStart(8, '0');
    };
    return (usage) => {
        let model = models.get(usage.model);
        if (model === undefined) {
            model = modelHex(usage);
            models.set(usage.model, model);
        }
        const amount = BigInt(usage.amount);
        const digits = amount === 0n ? '' : amount.toString(16);
        const bytes = (digits.length + 1) >> 1;
        if (amount < 0n || bytes > 15) {
            throw new Error('amount does not fit');
        }
        // Coins: 4 bits of length, then the bytes; the tag 1000 completes the half byte.
        const data =
            BigInt(usage.nonce).toString(16).padStart(16, '0') +
            uint32(usage.time, 'time') +
            uint32(usage.promptTokens, 'promptTokens') +
            uint32(usage.completionTokens, 'completionTokens') +
            model +
            provider +
            bytes.toString(16) +
            digits.padStart(2 * bytes, '0') +
            '8';
        const descriptor = (data.length / 2) * 2 - 1;
        const row = createHash('sha256').update(
            Buffer.from(`00${descriptor.toString(16).padStart(2, '0')}${data}`, 'hex'),
        );
        row.digest().copy(record, 76);
        return BigInt(`0x${createHash('sha256').update(record).digest('hex')}`);
    };
}

function modelHex(usage: Usage): string {
    const row = usageRow(usage).beginParse();
    row.skip(64 + 96);
    return row.loadBuffer(32).toString('hex');
}
