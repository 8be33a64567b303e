/** Limits that consumers set, limits of the contracts, discounts, and proofs that a batch is wrong. */
import { createHash } from 'crypto';
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    Batch,
    SettlementAccount,
    settlementEvents,
    SettlementExit,
    tiersCell,
    termsCell,
} from '../../wrappers/settlement';
import { USAGE_TAG } from '../../build/UsageGuard/UsageGuard_UsageGuard';
import { Usage, usageRow } from '../../wrappers/token';
import { accountIdOf, addressOfAccount } from '../../wrappers/pool';
import { excessQueries, expectNoLoss, refuse, succeeded, txAt } from '../support/pool/transactions';
import { DAY, NETWORK_ID, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

const A = SettlementAccount;
const E = SettlementExit;
jest.setTimeout(120_000);

describe('limits', () => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create({
            terms: {
                tiers: [
                    { threshold: 100n * UNIT, bps: 1000 },
                    { threshold: 1000n * UNIT, bps: 2500 },
                ],
            },
        });
        await world.deposit('alice', 10_000n * UNIT);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());
    afterEach(() => world.expectBalanced());

    const charge = async (given: Partial<Usage>) => [
        ...world.results(await world.settle([await world.recorded(given)])).values(),
    ];

    it('of a day, of a price, of providers: an item above them is refused', async () => {
        const alice = await world.account('alice');
        const via = world.via('alice');
        await alice.sendSetLimits(via, {
            perDay: 5n * UNIT,
            perThousand: 2n * UNIT,
            providers: [world.of('bob'), world.of('carol')],
        });
        // tighter limits wait until a withdrawal would have thawed
        expect(await charge({ amount: 9n * UNIT })).toEqual([0]);
        expect((await alice.getLimits()).nextAt).toBe(BigInt(world.now + DAY));
        world.advance(DAY);
        expect(await charge({ provider: world.of('dave') })).toEqual([8]);
        expect(await charge({ provider: world.of('dave'), amount: 1n })).toEqual([8]);
        expect(await charge({ amount: 2n * UNIT + 1n })).toEqual([7]);
        expect(await charge({ amount: 2n * UNIT })).toEqual([0]);
        expect(await charge({ amount: 2n * UNIT, provider: world.of('carol') })).toEqual([0]);
        expect(await charge({ amount: UNIT + 1n })).toEqual([6]);
        expect(await charge({ amount: UNIT })).toEqual([0]);
        expect(await alice.getLimits()).toMatchObject({ spent: 5n * UNIT, perDay: 5n * UNIT, any: false });
        expect(await alice.getListed()).toHaveLength(2);
        expect(await charge({ amount: 1n })).toEqual([6]);
        world.advance(DAY);
        expect(await charge({ amount: 1n })).toEqual([0]);
        // looser limits apply at once; a different list is not looser
        await alice.sendSetLimits(via, { perDay: 6n * UNIT, perThousand: 2n * UNIT, providers: [world.of('dave')] });
        expect((await alice.getLimits()).nextAt).toBe(BigInt(world.now + DAY));
        await alice.sendSetLimits(via, { perDay: 6n * UNIT, perThousand: 3n * UNIT, providers: null });
        expect(await alice.getLimits()).toMatchObject({ nextAt: 0n, perDay: 6n * UNIT, any: true });
        expect(await charge({ amount: 3n * UNIT, provider: world.of('dave') })).toEqual([0]);
        await alice.sendSetLimits(via, { perDay: 0, perThousand: 4n * UNIT });
        expect(await alice.getLimits()).toMatchObject({ nextAt: 0n, perDay: 0n });
        await alice.sendSetLimits(via, { perDay: 0, perThousand: 1 });
        world.advance(DAY);
        expect(await charge({ amount: 2n })).toEqual([7]);
        expect(await charge({ amount: 1n })).toEqual([0]);
        const queryId = 5n;
        const set = await alice.sendSetLimits(via, { perDay: 0, perThousand: 4n * UNIT, queryId });
        expectNoLoss(txAt(set, alice.address));
        expect(excessQueries(set, world.of('alice'))).toEqual([queryId]);
        await alice.sendSetLimits(via, { perDay: 1, perThousand: 4n * UNIT });
        expect(await alice.getLimits()).toMatchObject({ nextAt: BigInt(world.now + DAY), nextPerDay: 1n });
    });

    it('a credit that has been resent makes room for the next one, 24 times', async () => {
        const alice = await world.account('alice');
        for (let i = 0; i < 24; i++) {
            expect(await charge({ amount: UNIT, time: world.now })).toEqual([0]);
            world.advance(WINDOW);
            const mend = await refuse(world.blockchain, (await world.account('bob')).address);
            await world.confirm('alice');
            await mend();
            expect((await world.accountData('alice')).stuck).toBeGreaterThan(0n);
            await alice.sendResend(world.via('stranger'), { provider: world.of('bob') });
        }
        expect(await charge({ amount: UNIT, time: world.now })).toEqual([0]);
    });

    it('256 settlements may be open; one message confirms all of them', async () => {
        const alice = await world.account('alice');
        for (let round = 0; round < 6; round++) {
            const n = round < 5 ? 50 : 7;
            const usages = Array.from({ length: n }, (_, i) =>
                world.usage({ amount: 1000n, provider: addressOfAccount(BigInt(1 + ((round * 50 + i) % 16))) }),
            );
            const ids = world.ids(await world.addAll(usages.map((u, i) => ({ ...u, deploy: round + i === 0 }))));
            const results = world.results(await world.settle(usages.map((usage, i) => ({ usage, id: ids[i] }))));
            const expected = ids.map((_, i) => (round === 5 && i === 6 ? 9 : 0));
            expect([...results.values()]).toEqual(expected);
        }
        expect(await world.accountData('alice')).toMatchObject({ openCount: 256n, providerCount: 16n });
        world.advance(WINDOW);
        const result = await world.confirm('alice');
        const tx = txAt(result, alice.address);
        expect(succeeded(tx)).toBe(true);
        expect(settlementEvents(result.transactions, 'SettlementsConfirmed')).toHaveLength(16);
        expect(await world.accountData('alice')).toMatchObject({ openCount: 0n, providerCount: 0n, held: 0n });
        const { owed, networkDue, treasuryDue } = await world.settlement.getSettlementData();
        // 16 usages of 1,000 for each of 16 providers
        expect([networkDue, treasuryDue]).toEqual([16n * 1200n, 16n * 2000n]);
        expect(owed).toBe(10_000n * UNIT - 16n * 3200n);
        // the earnings are in accounts that the world does not look at
        await restore();
    });

    it('settlements of 24 providers may be open', async () => {
        for (let round = 0; round < 2; round++) {
            const usages = Array.from({ length: round === 0 ? 20 : 5 }, (_, i) =>
                world.usage({ provider: addressOfAccount(BigInt(1 + round * 20 + i)) }),
            );
            const ids = world.ids(await world.addAll(usages.map((u) => ({ ...u, deploy: true }))));
            const results = world.results(await world.settle(usages.map((usage, i) => ({ usage, id: ids[i] }))));
            expect([...results.values()]).toEqual(ids.map((_, i) => (round === 1 && i === 4 ? 10 : 0)));
        }
    });

    it('eight disputes may be open; the ninth is refused', async () => {
        const alice = await world.account('alice');
        const records = [];
        for (let i = 0; i < 9; i++) records.push(await world.recorded());
        await world.settle(records);
        for (const [i, { id }] of records.entries()) {
            const body = A.disputeChargeBody({ provider: world.of('bob'), id });
            // from the middle, the newest, the oldest
            if (i < 8)
                expect(succeeded(txAt(await world.send('alice', alice.address, body), alice.address))).toBe(true);
            else await world.refused(E.ERROR_DISPUTES_FULL, 'alice', alice.address, body);
        }
        expect((await alice.getDisputes()).map((d) => d.id)).toEqual(records.slice(0, 8).map((r) => BigInt(r.id)));
        expect(await alice.getOpen()).toMatchObject([{ id: BigInt(records[8].id) }]);
    });

    it('256 records wait for their settlement; the oldest lapses after 30 days and makes room', async () => {
        const records: bigint[] = [];
        for (let round = 0; round < 5; round++) {
            const usages = Array.from({ length: round < 4 ? 60 : 17 }, () => world.usage());
            const result = await world.addAll(usages.map((u, i) => ({ ...u, deploy: round + i === 0 })));
            records.push(...world.ids(result));
            const rejected = settlementEvents(result.transactions, 'UsageRejected');
            expect(rejected.map((r) => r.reason)).toEqual(round < 4 ? [] : [3n]);
        }
        const ledger = await world.ledger(world.of('alice'));
        expect((await ledger.getLedgerData()).openRecords).toBe(256n);
        world.advance(30 * DAY - 1);
        const full = await world.add({ usage: world.usage({ time: world.now }) });
        expect(settlementEvents(full.transactions, 'UsageRejected')).toHaveLength(1);
        world.advance(1);
        await world.add({ usage: world.usage({ time: world.now }) });
        expect((await ledger.getLedgerData()).openRecords).toBe(256n);
        expect(await ledger.getRecord(records[0])).toMatchObject({ status: 'unknown, settled or lapsed' });
        expect(await ledger.getRecord(records[1])).toMatchObject({ status: 'open' });
    });

    it('discounts follow the volume of 30 days and come out of the network part only', async () => {
        const run = async (amount: bigint) => {
            await world.settle([await world.recorded({ amount })]);
            world.advance(WINDOW);
            const result = await world.confirm('alice');
            return settlementEvents(result.transactions, 'SettlementsConfirmed')[0];
        };
        const network = (amount: bigint) => (amount * 750n) / 10_000n;
        expect(await run(100n * UNIT)).toMatchObject({ discount: 0n });
        expect(await run(1000n * UNIT)).toMatchObject({
            discount: network(1000n * UNIT) / 10n,
            network: (network(1000n * UNIT) * 9n) / 10n,
        });
        expect(await run(10n * UNIT)).toMatchObject({ discount: network(10n * UNIT) / 4n });
        expect(await world.accountData('alice')).toMatchObject({ volume: 1110n * UNIT, discount: 2500n });
        // 27 days later the first bucket is out, after 30 all are
        world.advance(24 * DAY);
        expect((await world.accountData('alice')).volume).toBeLessThanOrEqual(1110n * UNIT);
        world.advance(9 * DAY);
        expect(await world.accountData('alice')).toMatchObject({ volume: 0n, discount: 0n });
        expect(await run(10n * UNIT)).toMatchObject({ discount: 0n });
    });

    it('terms outside the bounds are refused', () => {
        const good = world.terms;
        expect(() => termsCell({ ...good, thaw: 8 * DAY })).toThrow('7 days');
        expect(() => termsCell({ ...good, network: 9000, burn: 600 })).toThrow('100 %');
        expect(() => termsCell({ ...good, unit: 0 })).toThrow('nothing');
        expect(() =>
            tiersCell([
                { threshold: 5, bps: 1 },
                { threshold: 5, bps: 2 },
            ]),
        ).toThrow('rise');
        expect(() => tiersCell([{ threshold: 5, bps: 10_001 }])).toThrow('rise');
        expect(() => tiersCell(Array.from({ length: 9 }, (_, i) => ({ threshold: i, bps: 1 })))).toThrow('8');
    });

    describe('a batch that is wrong', () => {
        type Node = { hash: bigint; tokens: bigint; amount: bigint; cell: Cell | null };
        const EMPTY: Node = { hash: 0n, tokens: 0n, amount: 0n, cell: null };

        /** The record cell of a receipt. */
        const record = (usage: Usage) =>
            beginCell()
                .storeUint(USAGE_TAG, 32)
                .storeInt(NETWORK_ID, 32)
                .storeUint(accountIdOf(world.registry.address), 256)
                .storeUint(accountIdOf(usage.consumer), 256)
                .storeRef(usageRow(usage))
                .endCell();

        const leaf = (usage: Usage): Node => ({
            hash: BigInt(`0x${record(usage).hash().toString('hex')}`),
            tokens: BigInt(usage.promptTokens) + BigInt(usage.completionTokens),
            amount: BigInt(usage.amount),
            cell: record(usage),
        });

        const bits = (left: Node, right: Node) => {
            const b = beginCell();
            for (const n of [left, right]) b.storeUint(n.hash, 256).storeUint(n.tokens, 64).storeUint(n.amount, 128);
            return b;
        };

        const parent = (left: Node, right: Node): Node => {
            if (left.hash === 0n && right.hash === 0n) return EMPTY;
            const data = bits(left, right).endCell().beginParse().loadBuffer(112);
            return {
                hash: BigInt(`0x${createHash('sha256').update(data).digest('hex')}`),
                tokens: left.tokens + right.tokens,
                amount: left.amount + right.amount,
                cell: null,
            };
        };

        /** All levels from the leaves up, and the opening of one leaf. */
        function tree(leaves: Node[]) {
            let size = 1;
            while (size < leaves.length) size *= 2;
            const levels = [[...leaves, ...Array.from({ length: size - leaves.length }, () => EMPTY)]];
            while (levels[0].length > 1) {
                const below = levels[0];
                levels.unshift(
                    Array.from({ length: below.length / 2 }, (_, i) => parent(below[2 * i], below[2 * i + 1])),
                );
            }
            const opening = (index: number): Cell => {
                const depth = levels.length - 1;
                let cell = levels[depth][index].cell ?? Cell.EMPTY;
                for (let d = depth - 1; d >= 0; d--) {
                    const at = index >> (depth - d);
                    cell = bits(levels[d + 1][2 * at], levels[d + 1][2 * at + 1])
                        .storeRef(cell)
                        .endCell();
                }
                return cell;
            };
            return { root: levels[0][0], opening };
        }

        /** A batch of `count` receipts; `change` spoils some. */
        async function opened(count: number, change: (leaves: Usage[]) => void, spoil?: (nodes: Node[]) => void) {
            const usages = Array.from({ length: count }, (_, i) =>
                world.usage({ nonce: BigInt(i + 1), amount: BigInt(i + 1) * UNIT, promptTokens: 10 + i }),
            );
            change(usages);
            const nodes = usages.map(leaf);
            spoil?.(nodes);
            const { root, opening } = tree(nodes);
            const batch: Partial<Batch> = {
                nonce: 1n,
                count,
                tokens: root.tokens,
                amount: root.amount,
                root: root.hash,
            };
            const settled = await world.recordedBatch(batch);
            expect([...world.results(await world.settle([settled])).values()]).toEqual([0]);
            return { ...settled, opening };
        }

        const prove = (one: { batch: Batch; id: unknown }, index: number, opening: Cell) =>
            A.proveFraudBody({
                provider: world.of('bob'),
                id: one.id as bigint,
                index,
                batch: one.batch,
                opening,
            });

        it.each([
            ['nonce', (u: Usage[]) => (u[3] = { ...u[3], nonce: 9n })],
            ['consumer', (u: Usage[]) => (u[3] = { ...u[3], consumer: world.of('carol') })],
            ['provider', (u: Usage[]) => (u[3] = { ...u[3], provider: world.of('carol') })],
        ] as const)('a receipt with a wrong %s refunds it, open or disputed', async (_name, change) => {
            const alice = await world.account('alice');
            for (const disputed of [false, true]) {
                await restore();
                const one = await opened(5, change);
                if (disputed)
                    await alice.sendDisputeCharge(world.via('alice'), { provider: world.of('bob'), id: one.id });
                for (const i of [0, 1, 2, 4]) {
                    await world.refused(
                        E.ERROR_NO_FRAUD,
                        'stranger',
                        alice.address,
                        prove(one, i, one.opening(i)),
                        toNano('3'),
                    );
                }
                const result = await world.send('stranger', alice.address, prove(one, 3, one.opening(3)), toNano('3'));
                expect(settlementEvents(result.transactions, 'SettlementResolved')).toMatchObject([{ verdict: 4n }]);
                expect(await world.accountData('alice')).toMatchObject({
                    deposit: 10_000n * UNIT,
                    held: 0n,
                    openCount: 0n,
                    disputeCount: 0n,
                });
            }
        });

        it('so does a sum that is none, and a receipt behind the last one', async () => {
            const alice = await world.account('alice');
            const amounts = await opened(
                4,
                () => {},
                (nodes) => (nodes[2].amount += 1n),
            );
            const tokens = amounts;
            await world.refused(
                E.ERROR_NO_FRAUD,
                'stranger',
                alice.address,
                prove(tokens, 1, tokens.opening(1)),
                toNano('3'),
            );
            await world.send('stranger', alice.address, prove(amounts, 2, amounts.opening(2)), toNano('3'));
            expect((await world.accountData('alice')).held).toBe(0n);
            await restore();
            // a fourth receipt in a batch of three
            const hidden = await opened(4, () => {});
            expect(hidden.batch.count).toBe(4);
            await restore();
            const usages = Array.from({ length: 4 }, (_, i) => world.usage({ nonce: BigInt(i + 1) }));
            const { root, opening } = tree(usages.map(leaf));
            const three = await world.recordedBatch({
                nonce: 1n,
                count: 3,
                tokens: root.tokens,
                amount: root.amount,
                root: root.hash,
            });
            await world.settle([three]);
            await world.refused(E.ERROR_NO_FRAUD, 'stranger', alice.address, prove(three, 2, opening(2)), toNano('3'));
            await world.send('stranger', alice.address, prove(three, 3, opening(3)), toNano('3'));
            expect((await world.accountData('alice')).held).toBe(0n);
            // totals that are not those of the root
            await restore();
            const low = tree(usages.map(leaf));
            const lie = await world.recordedBatch({
                nonce: 1n,
                count: 4,
                tokens: low.root.tokens,
                amount: low.root.amount + 1n,
                root: low.root.hash,
            });
            await world.settle([lie]);
            await world.send('stranger', alice.address, prove(lie, 0, low.opening(0)), toNano('3'));
            expect((await world.accountData('alice')).held).toBe(0n);
        });

        it.each([
            ['a bit too many', (usage: Usage) => record(usage).asBuilder().storeBit(0)],
            ['no row', (usage: Usage) => beginCell().storeBits(record(usage).bits)],
            ['a second reference', (usage: Usage) => record(usage).asBuilder().storeRef(Cell.EMPTY)],
        ] as const)('a receipt whose cell is no record, with %s, is fraud, too', async (_name, shape) => {
            const alice = await world.account('alice');
            const one = await opened(
                5,
                () => {},
                (nodes) => {
                    const cell = shape(world.usage({ nonce: 4n })).endCell();
                    nodes[3] = { ...nodes[3], hash: BigInt(`0x${cell.hash().toString('hex')}`), cell };
                },
            );
            expect(await world.accountData('alice')).toMatchObject({ held: 15n * UNIT, openCount: 1n });
            const good = prove(one, 2, one.opening(2));
            await world.refused(E.ERROR_NO_FRAUD, 'stranger', alice.address, good, toNano('3'));
            expect(await world.registry.getShowsFraud(one.batch, 3, one.opening(3))).toBe(true);
            const result = await world.send('stranger', alice.address, prove(one, 3, one.opening(3)), toNano('3'));
            expect(settlementEvents(result.transactions, 'SettlementResolved')).toMatchObject([
                { id: one.id, verdict: 4n, amount: 15n * UNIT },
            ]);
            expect(await world.accountData('alice')).toMatchObject({
                deposit: 10_000n * UNIT,
                held: 0n,
                openCount: 0n,
            });
        });

        it('an opening of something else, or of a usage, proves nothing', async () => {
            const alice = await world.account('alice');
            const one = await opened(5, (u) => (u[3] = { ...u[3], nonce: 9n }));
            const opening = one.opening(3);
            const refuse = (error: number, body: Cell) =>
                world.refused(error, 'stranger', alice.address, body, toNano('3'));
            await refuse(E.ERROR_OPENING, prove(one, 8, opening));
            await refuse(E.ERROR_OPENING, prove(one, 3, tree([leaf(world.usage()), leaf(world.usage())]).opening(0)));
            await refuse(E.ERROR_OPENING, prove(one, 3, Cell.EMPTY));
            await refuse(E.ERROR_OPENING, prove({ ...one, batch: { ...one.batch, root: 5n } }, 3, opening));
            await refuse(E.ERROR_NO_SETTLEMENT, prove({ ...one, id: 5n }, 3, opening));
            // an empty place behind the last receipt shows nothing
            await refuse(E.ERROR_NO_FRAUD, prove(one, 7, one.opening(7)));
            const usage = await world.recorded({ nonce: 6n });
            await world.settle([usage]);
            await refuse(E.ERROR_NO_SETTLEMENT, prove({ ...one, id: usage.id }, 3, opening));
            await alice.sendDisputeCharge(world.via('alice'), { provider: world.of('bob'), id: usage.id });
            await refuse(E.ERROR_NO_SETTLEMENT, prove({ ...one, id: usage.id }, 3, opening));
        });
    });
});
