/** Recording: one usage, many, a batch of ten thousand as one; totals by day; the hash over all records. */
import { createHash } from 'crypto';
import '@ton/test-utils';

import * as built from '../../build/UsageRegistry/UsageRegistry_UsageRegistry';
import { batchHash, dayOf, LEDGER_REASONS, recordHash, settlementEvents, unpackRows } from '../../wrappers/settlement';
import { usageHash } from '../../wrappers/token';
import { addressOfAccount } from '../../wrappers/pool';
import { excessQueries, expectNoLoss, kept, outs, succeeded, txAt } from '../support/pool/transactions';
import { rentOf } from '../support/pool/fees';
import { DAY, NETWORK_ID, SettlementWorld, UNIT } from '../support/settlement/world';

describe('recording', () => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    it('one usage makes the ledger, is hashed with registry and network, and is counted', async () => {
        const usage = world.usage({ amount: 5n * UNIT });
        const result = await world.add({ usage }, { queryId: 7n });
        for (const tx of result.transactions) expect(succeeded(tx)).toBe(true);
        const [event] = settlementEvents(result.transactions, 'UsageRecorded');
        const hash = usageHash(usage, world.registry.address, NETWORK_ID);
        // The first record of the ledger: second 2^16 + 1.
        const id = (BigInt(world.now) << 16n) + 1n;
        expect(event).toMatchObject({ queryId: 7n, batch: false, hash, id });
        expect(excessQueries(result, world.of('recorder'))).toContain(7n);
        expect(await world.registry.getRecordHash({ usage })).toBe(hash);
        const ledger = await world.ledger(usage.consumer);
        expect(ledger.address).toEqualAddress(await world.registry.getLedgerAddress(usage.consumer));
        expect(await ledger.getRecord(event.id)).toEqual({ status: 'open', hash });
        const today = dayOf(world.now);
        for (const totals of [await ledger.getTotals(today, today), await world.registry.getTotals(0, today)]) {
            expect(totals).toMatchObject({ tokens: 1000n, amount: 5n * UNIT, records: 1n });
        }
        const data = await ledger.getLedgerData();
        expect(addressOfAccount(data.settlement)).toEqualAddress(world.settlement.address);
        expect(data).toMatchObject({ records: 1n, openRecords: 1n, slots: 1n, blocks: 0n });
        expect(data.solvency).toBeGreaterThan(0n);
    });

    it('a replay is refused with its reason and changes nothing, network totals included', async () => {
        const usage = world.usage();
        await world.add({ usage });
        const ledger = await world.ledger(usage.consumer);
        const before = await ledger.getLedgerData();
        for (const nonce of [usage.nonce, 0x7n]) {
            if (nonce === 7n) await world.add({ usage: world.usage({ nonce: 8n }) });
            const { records } = await ledger.getLedgerData();
            const again = await world.add({ usage: { ...usage, nonce, amount: 3n } });
            expectNoLoss(txAt(again, ledger.address));
            const [rejected] = settlementEvents(again.transactions, 'UsageRejected');
            expect(LEDGER_REASONS[Number(rejected.reason)]).toBe('replay');
            expect(rejected).toMatchObject({ nonce: BigInt(nonce), last: nonce === 7n ? 8n : 1n });
            expect((await ledger.getLedgerData()).records).toBe(records);
            const today = dayOf(world.now);
            expect((await world.registry.getTotals(0, today)).records).toBe(records);
        }
        expect((await ledger.getLedgerData()).records).toBe(before.records + 1n);
    });

    it('what a ledger refuses is taken out of the very day it was counted in, be that odd or even', async () => {
        const usage = world.usage();
        await world.add({ usage });
        for (let day = 0; day < 3; day++) {
            world.advance(DAY);
            await world.add({ usage: world.usage({ time: world.now }) });
            await world.add({ usage });
            const today = dayOf(world.now);
            for (const when of [today - 1, today]) {
                expect((await world.registry.getTotals(when, when)).records).toBe(1n);
            }
        }
    });

    it('sixty in one message, each judged alone', async () => {
        const usages = Array.from({ length: 60 }, (_, i) =>
            world.usage({ consumer: world.of(i % 2 ? 'alice' : 'carol') }),
        ).map((usage, i) => ({ ...usage, deploy: i < 2 }));
        usages[10] = { ...usages[10], time: world.now + 1 };
        usages[11] = { ...usages[11], promptTokens: 0, completionTokens: 0 };
        usages[12] = { ...usages[12], nonce: 1n };
        const result = await world.addAll(usages);
        const [rows] = settlementEvents(result.transactions, 'UsageRows');
        const expected = Array.from({ length: 60 }, (_, i) => (i === 10 ? 2 : i === 11 ? 1 : 0));
        expect(unpackRows(rows.results, rows.count)).toEqual(expected);
        // A new ledger's rent goes along, to others only what a record costs.
        const values = outs(txAt(result, world.registry.address)).map(({ value }) => value);
        expect(values[0]).toBeGreaterThan(2n * values[2]);
        const recorded = settlementEvents(result.transactions, 'UsageRecorded');
        expect(recorded.map(({ batch }) => batch)).toEqual(Array.from({ length: 57 }, () => false));
        expect(settlementEvents(result.transactions, 'UsageRejected')).toHaveLength(1);
        const { records, tokens } = await world.registry.getTotals(0, dayOf(world.now));
        expect({ records, tokens }).toEqual({ records: 57n, tokens: 57_000n });
    });

    it('a batch is one record that uses up its nonces; the next one begins after them', async () => {
        await world.add({ usage: world.usage() });
        const batch = world.batch({ count: 10_000 });
        expect(batch.nonce).toBe(2n);
        const result = await world.add({ batch });
        const [event] = settlementEvents(result.transactions, 'UsageRecorded');
        expect(event).toMatchObject({ batch: true, hash: batchHash(batch, world.registry.address, NETWORK_ID) });
        const ledger = await world.ledger(batch.consumer);
        const [recorder] = await world.registry.getRecorders();
        expect(await ledger.getLastNonce(recorder)).toBe(10_001n);
        const totals = await world.registry.getTotals(0, dayOf(world.now));
        expect(totals).toMatchObject({ tokens: 10_001_000n, amount: 11n * UNIT, records: 2n });
        for (const [nonce, reason] of [
            [10_001n, 1n],
            [10_003n, 2n],
        ]) {
            const wrong = await world.add({ batch: { ...batch, nonce } });
            expect(settlementEvents(wrong.transactions, 'UsageRejected')).toMatchObject([{ reason, last: 10_001n }]);
        }
        const next = await world.add({ batch: { ...batch, nonce: 10_002n, count: 1 } });
        expect(settlementEvents(next.transactions, 'UsageRecorded')).toHaveLength(1);
        expect(await ledger.getLastNonce(recorder)).toBe(10_002n);
        // Of whoever has the slot next, or another slot, there is none.
        expect(await ledger.getLastNonce({ ...recorder, term: recorder.term + 1n })).toBe(0n);
        expect(await ledger.getLastNonce({ ...recorder, slot: recorder.slot + 1n })).toBe(0n);
    });

    it('the chain of hashes proves that a list of records is complete', async () => {
        const records = [{ usage: world.usage() }, { batch: world.batch({ count: 5 }) }, { usage: world.usage() }];
        let chain: Buffer = Buffer.alloc(32);
        for (const record of records) {
            await world.add(record);
            const hash = recordHash(record, world.registry.address, NETWORK_ID);
            const next = Buffer.from(hash.toString(16).padStart(64, '0'), 'hex');
            chain = createHash('sha256')
                .update(Buffer.concat([chain, next]))
                .digest();
        }
        const { chain: stored } = await (await world.ledger(world.of('alice'))).getLedgerData();
        expect(stored).toBe(BigInt(`0x${chain.toString('hex')}`));
    });

    it('any range of whole days is the difference of two running sums', async () => {
        const first = dayOf(world.now);
        const days: bigint[] = [];
        for (let day = 0; day < 12; day++) {
            const active = day % 3 !== 1 && day !== 8;
            days.push(active ? BigInt(day + 1) : 0n);
            if (active) await world.add({ usage: world.usage({ amount: BigInt(day + 1), time: world.now }) });
            world.advance(DAY);
        }
        const ledger = await world.ledger(world.of('alice'));
        for (let from = -2; from < 14; from++)
            for (let to = from; to < 14; to++) {
                const amount = days.filter((_, day) => day >= from && day <= to).reduce((a, b) => a + b, 0n);
                const mine = await ledger.getTotals(first + from, first + to);
                const all = await world.registry.getTotals(first + from, first + to);
                expect([from, to, mine.amount, all.amount]).toEqual([from, to, amount, amount]);
            }
        expect((await ledger.getTotals(first + 5, first + 4)).records).toBe(0n);
    });

    it('the first records of a day bring the rent of the block of the day before', async () => {
        const amounts: bigint[] = [];
        const blocks: bigint[] = [];
        for (const one of [true, false, false, true]) {
            // Blocks are of four days: a new one every time.
            world.advance(4 * DAY);
            for (let i = 0; i < 2; i++) {
                const usage = world.usage({ time: world.now });
                const result = one ? await world.add({ usage }) : await world.addAll([{ ...usage, deploy: true }]);
                amounts.push(kept(txAt(result, world.registry.address)));
            }
            blocks.push((await world.registry.getRegistryData()).blocks);
        }
        expect(blocks).toEqual([0n, 1n, 2n, 3n]);
        const rent = amounts[2];
        expect(rent).toBeGreaterThan(0n);
        // Nothing before there is a day to close, and nothing by the second message of a day.
        expect(amounts).toEqual([0n, 0n, rent, 0n, rent, 0n, rent, 0n]);
        const cells = built.REGISTRY_CELLS + 3n * built.BLOCK_CELLS;
        const bits = built.REGISTRY_BITS + 3n * built.BLOCK_BITS;
        const { balance } = await world.blockchain.getContract(world.registry.address);
        const { solvency } = await world.registry.getRegistryData();
        expect(solvency).toBe(balance - rentOf(cells, bits, built.FLOOR_SECONDS));
    });

    it('records of a registry without a settlement can never be settled', async () => {
        const alone = await SettlementWorld.create({ unlinked: true });
        const result = await alone.add({ usage: alone.usage() });
        expect(settlementEvents(result.transactions, 'UsageRecorded')).toMatchObject([{ id: 0n }]);
        const ledger = await alone.ledger(alone.of('alice'));
        expect((await ledger.getOpenRecords()).size).toBe(0);
        await alone.registry.sendLinkSettlement(alone.via('owner'), { settlement: alone.settlement.address });
        await alone.add({ usage: alone.usage() });
        expect((await ledger.getOpenRecords()).size).toBe(1);
    });
});
