/** Merkle-sum trees: every receipt can be shown, every lie of a tree too, and ten thousand leaves take no time. */
import { createHash } from 'node:crypto';
import { Address, beginCell, Cell } from '@ton/core';

import {
    BatchHeader,
    BatchItem,
    checkUsage,
    fastUsageHash,
    MAX_LEAVES,
    MerkleLeaf,
    MerkleSumTree,
    nodeBytes,
    Subtree,
    treeDepth,
    UsageBatch,
    verifyOpening,
} from '../../wrappers/settlement/channel';
import { usageHash } from '../../wrappers/token/usageRecords';
import '@ton/test-utils';
import { Random, runs, seed } from '../support/random';

const account = (n: number) => new Address(0, Buffer.alloc(32, n));
const header: BatchHeader = {
    networkId: -239,
    registry: account(1),
    consumer: account(2),
    provider: account(3),
    firstNonce: 1000n,
};

function items(count: number, random: Random): BatchItem[] {
    return Array.from({ length: count }, () => ({
        model: random.pick(['claude', 'llama', 12345n]),
        promptTokens: random.int(0, 5000),
        completionTokens: random.int(0, 5000),
        amount: random.pick([0n, 1n, 255n, 256n, random.bigint(0n, 1n << 90n)]),
        time: 1_800_000_000 + random.int(0, 1000),
    }));
}

const sha = (bytes: Buffer) => BigInt(`0x${createHash('sha256').update(bytes).digest('hex')}`);
const leaf = (i: number): MerkleLeaf => {
    const record = beginCell().storeUint(i, 32).endCell();
    return { hash: BigInt(`0x${record.hash().toString('hex')}`), tokens: BigInt(i), amount: 10n * BigInt(i), record };
};

it('a tree of three by hand', () => {
    const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
    const empty: Subtree = { hash: 0n, tokens: 0n, amount: 0n };
    const ab = { hash: sha(nodeBytes(a, b)), tokens: 3n, amount: 30n };
    const c0 = { hash: sha(nodeBytes(c, empty)), tokens: 3n, amount: 30n };
    const tree = MerkleSumTree.build([a, b, c]);
    expect(tree.root).toEqual({ hash: sha(nodeBytes(ab, c0)), tokens: 6n, amount: 60n });
    expect(nodeBytes(a, b)).toHaveLength(112);
    const opening = tree.opening(2);
    expect(opening.beginParse().loadBuffer(112)).toEqual(nodeBytes(ab, c0));
    expect(opening.refs[0].beginParse().loadBuffer(112)).toEqual(nodeBytes(c, empty));
    expect(opening.refs[0].refs[0]).toEqualCell(c.record as Cell);
});

it('depths', () => {
    expect([1, 2, 3, 4, 5, 1024, 1025, 10_000, MAX_LEAVES].map(treeDepth)).toEqual([0, 1, 2, 2, 3, 10, 11, 14, 16]);
    expect(() => MerkleSumTree.build([])).toThrow('1 to');
    expect(() => MerkleSumTree.build(new Array<MerkleLeaf>(MAX_LEAVES + 1).fill(leaf(1)))).toThrow('1 to');
});

it.each([1, 2, 3, 4, 5, 7, 8, 9, 31, 100])('every place of a tree of %i can be opened', (count) => {
    const leaves = Array.from({ length: count }, (_, i) => leaf(i + 1));
    const tree = MerkleSumTree.build(leaves);
    const batch = { root: tree.root, count };
    for (let i = 0; i < 2 ** tree.depth; i++) {
        const opened = verifyOpening(batch, i, tree.opening(i));
        if (i < count) expect(opened).toMatchObject({ result: 'included', record: leaves[i].record });
        else expect(opened).toEqual({ result: 'empty' });
    }
    expect(() => tree.opening(2 ** tree.depth)).toThrow('no place');
    expect(() => tree.opening(-1)).toThrow('no place');
    expect(() => verifyOpening(batch, 2 ** tree.depth, tree.opening(0))).toThrow('no place');
});

it('an opening is of one tree and one place only', () => {
    const tree = MerkleSumTree.build([leaf(1), leaf(2), leaf(3), leaf(4)]);
    const batch = { root: tree.root, count: 4 };
    expect(() => verifyOpening(batch, 1, tree.opening(2))).toThrow('not of this tree');
    expect(() => verifyOpening({ ...batch, root: { ...tree.root, hash: 1n } }, 1, tree.opening(1))).toThrow();
    expect(() => verifyOpening(batch, 1, Cell.EMPTY)).toThrow('no node');
    expect(() => MerkleSumTree.build([{ hash: 1n, tokens: 0n, amount: 0n }]).opening(0)).toThrow('not known');
    expect(() =>
        MerkleSumTree.build([
            { hash: 1n, tokens: (1n << 64n) - 1n, amount: 0n },
            { hash: 1n, tokens: 1n, amount: 0n },
        ]),
    ).toThrow('do not fit');
});

describe('a tree that lies', () => {
    const good = [leaf(1), leaf(2), leaf(3), leaf(4)];
    const node = (left: Subtree, right: Subtree, given: Partial<Subtree> = {}): Subtree => ({
        hash: sha(nodeBytes(left, right)),
        tokens: left.tokens + right.tokens,
        amount: left.amount + right.amount,
        ...given,
    });
    const open = (left: Subtree, right: Subtree, below?: Cell) => {
        const cell = beginCell().storeBuffer(nodeBytes(left, right));
        return (below ? cell.storeRef(below) : cell).endCell();
    };

    it.each(['tokens', 'amount'] as const)('about %s of the root or of a node', (sum) => {
        const tree = MerkleSumTree.build(good);
        const root = { ...tree.root, [sum]: tree.root[sum] + 1n };
        expect(verifyOpening({ root, count: 4 }, 0, tree.opening(0))).toEqual({ result: 'fraud', reason: 'sum' });
        const ab = node(good[0], good[1], { [sum]: 999n });
        const cd = node(good[2], good[3]);
        const top = node(ab, cd);
        const opening = open(ab, cd, open(good[0], good[1], good[0].record as Cell));
        expect(verifyOpening({ root: top, count: 4 }, 0, opening)).toEqual({ result: 'fraud', reason: 'sum' });
        // The other half is honest.
        const other = open(ab, cd, open(good[2], good[3], good[2].record as Cell));
        expect(verifyOpening({ root: top, count: 4 }, 2, other)).toMatchObject({ result: 'included' });
    });

    it('about what is behind the last leaf', () => {
        const hidden = node(good[2], good[3]);
        const ab = node(good[0], good[1]);
        const root = node(ab, hidden);
        const found = verifyOpening({ root, count: 3 }, 3, open(ab, hidden, open(good[2], good[3])));
        expect(found).toEqual({ result: 'fraud', reason: 'beyond the count' });
    });
});

describe('a batch of usages', () => {
    const random = new Random(seed('merkle batch'));
    const batch = UsageBatch.of(header, items(37, random));
    const show = (index: number, given: Partial<BatchHeader> = {}) =>
        verifyOpening(
            { root: batch.tree.root, count: batch.tree.count },
            index,
            batch.opening(index),
            checkUsage({ ...header, ...given }, index),
        );

    it('commits to hashes that the chain knows, and to sums', () => {
        const { tokens, amount, count } = batch.commitment;
        let [t, a] = [0n, 0n];
        const hash = fastUsageHash(header);
        for (let i = 0; i < count; i++) {
            const usage = batch.usage(i);
            expect(usage.nonce).toBe(1000n + BigInt(i));
            expect(hash(usage)).toBe(usageHash(usage, header.registry, header.networkId));
            t += BigInt(usage.promptTokens) + BigInt(usage.completionTokens);
            a += BigInt(usage.amount);
        }
        expect([tokens, amount]).toEqual([t, a]);
    });

    it('shows every receipt, and every wrong nonce, party and sum', () => {
        for (const index of [0, 1, 17, 36]) {
            expect(show(index)).toMatchObject({ result: 'included' });
            expect(show(index, { provider: account(9) })).toEqual({ result: 'fraud', reason: 'provider' });
            expect(show(index, { consumer: account(9) })).toEqual({ result: 'fraud', reason: 'consumer' });
            expect(show(index, { registry: account(9) })).toEqual({ result: 'fraud', reason: 'consumer' });
            expect(show(index, { networkId: -3 })).toEqual({ result: 'fraud', reason: 'consumer' });
            expect(show(index, { firstNonce: 999n })).toEqual({ result: 'fraud', reason: 'nonce' });
        }
        const usage = batch.usage(0);
        const record = batch.opening(0);
        let cell = record;
        for (let i = 0; i < batch.tree.depth; i++) cell = cell.refs[0];
        const claimed = { hash: 0n, tokens: BigInt(usage.promptTokens) + BigInt(usage.completionTokens) };
        expect(checkUsage(header, 0)(cell, { ...claimed, amount: BigInt(usage.amount) + 1n })).toBe('leaf sum');
        expect(checkUsage(header, 0)(cell, { ...claimed, amount: BigInt(usage.amount) })).toBeUndefined();
    });

    it('refuses numbers that do not fit', () => {
        const [item] = items(1, random);
        for (const bad of [{ promptTokens: 2 ** 32 }, { time: -1 }, { amount: 1n << 120n }, { amount: -1n }]) {
            expect(() => UsageBatch.of(header, [{ ...item, ...bad }])).toThrow();
        }
    });

    it('of ten thousand is quickly made', () => {
        const count = runs(10_000);
        const many = items(count, random);
        const start = process.cpuUsage();
        const large = UsageBatch.of(header, many);
        const { user, system } = process.cpuUsage(start);
        // 0.2 s where this was written; far off would be a cell for every leaf.
        expect((user + system) / 1e6).toBeLessThan(count / 5000);
        const index = count - 1;
        expect(
            verifyOpening({ root: large.tree.root, count }, index, large.opening(index), checkUsage(header, index)),
        ).toMatchObject({ result: 'included' });
    });
});
