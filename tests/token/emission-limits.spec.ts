/** Every bound of usage minting and of the administration, at the limit and one beyond. */
import { beginCell, Cell } from '@ton/core';
import '@ton/test-utils';

import {
    EmissionController,
    EmissionExit,
    emissionEvents,
    modelKey,
    rateBounds,
    splitUsage,
    unpackResults,
    Usage,
    usageRow,
} from '../../wrappers/token';
import { storeRecordUsage } from '../../build/EmissionController/EmissionController_EmissionController';
import { accountIdOf, addressOfAccount } from '../../wrappers/pool';
import { START_TIME } from '../support/chain';
import { cellOf, expectRefused, exitCode, txAt } from '../support/pool/transactions';
import { account } from '../support/token/emission-gas';
import { DAY, EmissionWorld, WEEK, WorldOptions, YEAR } from '../support/token/emission-world';

const E = EmissionExit;
const HOUR = 3600;

/** A model that mints one unit a token. */
async function simple(options: WorldOptions = {}): Promise<EmissionWorld> {
    const world = await EmissionWorld.create(options);
    await world.rate('model', 1000n);
    return world;
}

const results = (transactions: Parameters<typeof emissionEvents>[0]) => {
    const [{ results: packed, count }] = emissionEvents(transactions, 'UsageBatch');
    return unpackResults(packed, count);
};
const checks = (transactions: Parameters<typeof emissionEvents>[0]) =>
    emissionEvents(transactions, 'UsageChecked').map(({ accepted }) => accepted);

describe('rates', () => {
    let world: EmissionWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await EmissionWorld.create();
        await world.rate('model', 1000n);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const set = (rate: bigint, name = 'model') => EmissionController.setModelRateBody({ name, rate });

    it.each([800n, 801n, 1000n, 1199n, 1200n])('go from 1000 to %i', async (rate) => {
        world.advance(WEEK);
        const { transactions } = await world.rate('model', rate);
        expect(emissionEvents(transactions, 'ModelRateChanged')).toMatchObject([
            { key: modelKey('model'), before: 1000n, rate },
        ]);
        expect(await world.controller.getRate('model')).toMatchObject({ rate, since: BigInt(world.now) });
    });

    it.each([0n, 1n, 799n, 1201n, 2000n])('do not go from 1000 to %i', async (rate) => {
        world.advance(WEEK);
        await world.refused(E.ERROR_RATE_STEP, 'keeper', set(rate));
    });

    it('round the step down: 1004 goes to 804 and 1204, 4 goes nowhere', async () => {
        await world.rate('odd', 1004n);
        await world.rate('tiny', 4n);
        expect(rateBounds(1004n)).toEqual({ low: 804n, high: 1204n });
        expect(await world.controller.getRate('odd')).toMatchObject({ low: 804n, high: 1204n });
        world.advance(WEEK);
        await world.refused(E.ERROR_RATE_STEP, 'keeper', set(803n, 'odd'));
        await world.refused(E.ERROR_RATE_STEP, 'keeper', set(1205n, 'odd'));
        await world.rate('odd', 804n);
        await world.refused(E.ERROR_RATE_STEP, 'keeper', set(3n, 'tiny'));
        await world.refused(E.ERROR_RATE_STEP, 'keeper', set(5n, 'tiny'));
    });

    it('change once in 7 days', async () => {
        world.advance(WEEK - 1);
        await world.refused(E.ERROR_RATE_TOO_SOON, 'keeper', set(1100n));
        world.advance(1);
        expect((await world.controller.getRate('model')).nextAt).toBe(BigInt(world.now));
        await world.rate('model', 1100n);
        await world.refused(E.ERROR_RATE_TOO_SOON, 'keeper', set(1100n));
    });

    it('refuse five updates in a row, even inside the bounds', async () => {
        world.advance(WEEK);
        const codes: (number | undefined)[] = [];
        for (let i = 0; i < 5; i++) {
            const { rate } = await world.controller.getRate('model');
            codes.push(exitCode(txAt(await world.rate('model', (rate * 12n) / 10n), world.address)));
        }
        expect(codes).toEqual([0, ...Array.from({ length: 4 }, () => E.ERROR_RATE_TOO_SOON)]);
        expect((await world.controller.getRate('model')).rate).toBe(1200n);
    });

    it('are any at all for a new model, 256 models at most', async () => {
        await world.rate('dear', (1n << 96n) - 1n);
        for (let i = 2; i < 256; i++) await world.rate(`model ${i}`, 1n);
        expect((await world.controller.getUsageData()).models).toBe(256n);
        expect((await world.controller.getRates()).size).toBe(256);
        await world.refused(E.ERROR_TOO_MANY_MODELS, 'keeper', set(1n, 'one too many'));
        // a known one can still change
        world.advance(WEEK);
        await world.rate('model', 1200n);
        expect((await world.controller.getRate('model')).rate).toBe(1200n);
    });

    it('belong to names of 1 to 120 bytes in one cell', async () => {
        await world.rate('x'.repeat(120), 5n);
        expect((await world.controller.getRate('x'.repeat(120))).rate).toBe(5n);
        expect(() => set(1n, '')).toThrow('1 to 120');
        expect(() => set(1n, 'x'.repeat(121))).toThrow('1 to 120');
        const body = (name: Cell) =>
            beginCell()
                .storeUint(EmissionController.opcodes.SetModelRate, 32)
                .storeUint(0, 64)
                .storeUint(1, 96)
                .storeRef(name);
        const bad = [
            beginCell(),
            beginCell().storeBuffer(Buffer.alloc(121, 65)),
            beginCell().storeUint(1, 7),
            beginCell().storeUint(65, 8).storeRef(Cell.EMPTY),
        ];
        for (const name of bad) await world.refused(E.ERROR_MODEL_NAME, 'keeper', body(name.endCell()).endCell());
    });
});

describe('a usage', () => {
    let world: EmissionWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await simple();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    it('mints once: the same nonce, and any below, is refused and changes nothing', async () => {
        const first = world.usage({ nonce: 7n });
        await world.record([first]);
        const books = await world.controller.getUsageData();
        for (const again of [
            first,
            { ...first, nonce: 7n, model: 'model', promptTokens: 1 },
            { ...first, nonce: 6n },
        ]) {
            const { transactions } = await world.record([again]);
            expect(emissionEvents(transactions, 'UsageChecked')).toMatchObject([{ accepted: false, last: 7n }]);
            expect(await world.controller.getUsageData()).toEqual(books);
        }
        expect(checks((await world.record([{ ...first, nonce: 8n }])).transactions)).toEqual([true]);
        const [{ slot, term }] = await world.controller.getRecorders();
        expect(await (await world.guard(first.consumer)).getLastNonce({ slot, term })).toBe(8n);
        expect(await (await world.guard(first.consumer)).getLastNonce({ slot, term: term + 1n })).toBe(0n);
    });

    it('of nonce 0 never mints', async () => {
        expect(checks((await world.record([world.usage({ nonce: 0n })])).transactions)).toEqual([false]);
    });

    it('twice in one batch mints once, the other usages go through', async () => {
        const [one, two] = [world.usage({ nonce: 1n }), world.usage({ nonce: 2n })];
        const { transactions } = await world.record([one, one, two, one]);
        expect(results(transactions)).toEqual([0, 0, 0, 0]);
        expect(checks(transactions)).toEqual([true, false, true, false]);
        expect((await world.controller.getUsageData()).total).toBe(20_000n);
    });

    it('has nonces of its own per consumer and per recorder', async () => {
        await world.controller.sendNominateRole(world.via('owner'), { role: 'recorder', holder: world.of('second') });
        await world.controller.sendAcceptRole(world.via('second'), { role: 'recorder' });
        const usage = world.usage({ nonce: 5n });
        for (const [as, consumer] of [
            ['recorder', 'alice'],
            ['recorder', 'carol'],
            ['second', 'alice'],
        ] as const) {
            const { transactions } = await world.record([{ ...usage, consumer: world.of(consumer) }], { as });
            expect(checks(transactions)).toEqual([true]);
        }
    });

    it('is refused row by row: unknown model, nothing to mint, wrong time, nobody', async () => {
        await world.rate('cheap', 1n);
        const nobody = addressOfAccount(0n);
        const rows: Usage[] = [
            world.usage({ model: 'unheard of' }),
            world.usage({ model: 'cheap', promptTokens: 999, completionTokens: 0 }),
            world.usage({ model: 'cheap', promptTokens: 1000, completionTokens: 0 }),
            world.usage({ time: world.now + 1 }),
            world.usage({ time: world.now }),
            world.usage({ time: START_TIME - 1 }),
            world.usage({ time: START_TIME }),
            world.usage({ provider: nobody }),
            world.usage({ consumer: nobody }),
        ];
        const { transactions } = await world.record(rows);
        expect(results(transactions)).toEqual([1, 2, 0, 3, 0, 3, 0, 7, 7]);
        expect(checks(transactions)).toEqual([true, true, true]);
        expect((await world.controller.getUsageData()).total).toBe(20_001n);
    });

    it('of one unit is claimed like any other', async () => {
        await world.record([world.usage({ promptTokens: 1, completionTokens: 0 })]);
        expect(await world.due(world.of('bob'))).toBe(1n);
        await world.claim(world.of('bob'));
        expect(await world.minted(world.of('bob'))).toBe(1n);
        // Nothing else has a price.
        expect(await (await world.share(world.of('bob'))).getCost(EmissionController.topUpBody())).toBe(0n);
    });

    it('of one token and the largest counts alike is exact', async () => {
        const big = await simple({ yearlyBudget: 1n << 90n, lifetimeCap: 1n << 90n, breakerBps: 10_000 });
        const max = 2 ** 32 - 1;
        await big.record([
            big.usage({ promptTokens: 1, completionTokens: 0 }),
            big.usage({ promptTokens: max, completionTokens: max, amount: (1n << 120n) - 1n }),
        ]);
        expect((await big.controller.getUsageData()).total).toBe(1n + 2n * BigInt(max));
        expect(await big.controller.getUsageAmount('model', 12_345)).toBe(12_345n);
        expect(await big.controller.getUsageAmount('unheard of', 12_345)).toBe(0n);
    });

    it.each([1n, 2n, 9n, 10n, 19n, 20n, 21n, 99n, 10_001n])('of %i units is split without a rest', async (amount) => {
        await world.record([world.usage({ promptTokens: amount, completionTokens: 0 })]);
        const { treasuryDue, liquidityDue } = await world.controller.getUsageData();
        const provider = await world.due(world.of('bob'));
        expect([treasuryDue, liquidityDue]).toEqual([amount / 10n, amount / 20n]);
        expect(provider + treasuryDue + liquidityDue).toBe(amount);
        expect({ provider, treasury: treasuryDue, liquidity: liquidityDue }).toEqual(splitUsage(amount));
    });
});

describe('a batch', () => {
    let world: EmissionWorld;

    beforeAll(async () => {
        world = await simple();
    });

    const body = (count: number, usages: readonly Usage[]) => {
        let next: Cell | undefined;
        for (const usage of [...usages].reverse()) {
            const link = beginCell().storeUint(accountIdOf(usage.consumer), 256).storeRef(usageRow(usage));
            next = (next === undefined ? link : link.storeRef(next)).endCell();
        }
        const rows = next ?? Cell.EMPTY;
        return cellOf(storeRecordUsage({ $$type: 'RecordUsage', queryId: 0n, count: BigInt(count), rows }));
    };
    const many = (n: number) => Array.from({ length: n }, () => world.usage());

    it('has 1 to 50 usages', async () => {
        const value = await world.controller.getCost(EmissionController.opcodes.RecordUsage, 60);
        await world.refused(E.ERROR_USAGE_BATCH, 'recorder', body(0, []), value);
        await world.refused(E.ERROR_USAGE_BATCH, 'recorder', body(51, many(51)), value);
        expect(results((await world.record(many(50))).transactions)).toHaveLength(50);
    });

    it('has as many rows as it says', async () => {
        const value = await world.controller.getCost(EmissionController.opcodes.RecordUsage, 60);
        await world.refused(E.ERROR_USAGE_BATCH, 'recorder', body(2, many(3)), value);
        await world.refused(E.ERROR_USAGE_BATCH, 'recorder', body(4, many(3)), value);
        // a broken row takes the whole batch with it
        const broken = beginCell().storeUint(1, 256).storeRef(Cell.EMPTY).endCell();
        await world.refused(
            9,
            'recorder',
            cellOf(storeRecordUsage({ $$type: 'RecordUsage', queryId: 0n, count: 1n, rows: broken })),
            value,
        );
    });
});

describe('budgets', () => {
    const options = { yearlyBudget: 100_000n, lifetimeCap: 250_000n, breakerBps: 10_000 };
    const tokens = (world: EmissionWorld, n: number) =>
        world.usage({ promptTokens: n, completionTokens: 0, time: world.now });

    it('of a year are used to the last unit, and new in the next year', async () => {
        const world = await simple(options);
        expect(results((await world.record([tokens(world, 100_001), tokens(world, 99_999)])).transactions)).toEqual([
            4, 0,
        ]);
        expect(
            results((await world.record([tokens(world, 2), tokens(world, 1), tokens(world, 1)])).transactions),
        ).toEqual([4, 0, 4]);
        expect(await world.controller.getUsageData()).toMatchObject({ yearUsed: 100_000n, year: 0n });
        world.at(START_TIME + YEAR - 1);
        expect(results((await world.record([tokens(world, 1)])).transactions)).toEqual([4]);
        world.at(START_TIME + YEAR);
        expect(await world.controller.getUsageData()).toMatchObject({ yearUsed: 0n, year: 1n, total: 100_000n });
        expect(results((await world.record([tokens(world, 100_000)])).transactions)).toEqual([0]);
        // What a year leaves is gone: no more than the lifetime cap, and no more than its own budget.
        world.at(START_TIME + 3 * YEAR);
        const { transactions } = await world.record([tokens(world, 50_001), tokens(world, 50_000), tokens(world, 1)]);
        expect(results(transactions)).toEqual([5, 0, 5]);
        expect(await world.controller.getUsageData()).toMatchObject({ total: 250_000n, yearUsed: 50_000n, year: 3n });
    });

    it('do not count what a guard refused, also when the year has changed since', async () => {
        const world = await simple(options);
        const usage = tokens(world, 40_000);
        await world.record([usage, usage]);
        expect(await world.controller.getUsageData()).toMatchObject({
            total: 40_000n,
            yearUsed: 40_000n,
            windowSum: 40_000n,
        });
    });
});

describe('the breaker', () => {
    const options = { yearlyBudget: 1_000_000n, lifetimeCap: 10_000_000n };
    const tokens = (world: EmissionWorld, n: number) =>
        world.usage({ promptTokens: n, completionTokens: 0, time: world.now });
    const resume = (world: EmissionWorld, stop = false) =>
        world.controller.sendSetBreaker(world.via('guardian'), { stop });

    it('trips above 2 % of the yearly budget, and stays so until the guardian resumes', async () => {
        const world = await simple(options);
        expect((await world.controller.getUsageData()).breakerLimit).toBe(20_000n);
        expect(results((await world.record([tokens(world, 20_000)])).transactions)).toEqual([0]);
        const { transactions } = await world.record([tokens(world, 1), tokens(world, 1)]);
        expect(results(transactions)).toEqual([6, 6]);
        expect(emissionEvents(transactions, 'UsageBatch')).toMatchObject([{ tripped: true, amount: 0n }]);
        expect((await world.controller.getUsageData()).tripped).toBe(true);
        world.advance(30 * DAY);
        const body = EmissionController.recordUsageBody({ usages: [tokens(world, 1)] });
        await world.refused(E.ERROR_USAGE_STOPPED, 'recorder', body);
        // Claims, flushes and the schedule go on.
        await world.claim(world.of('bob'));
        await world.flush();
        await world.emit();
        expect(await world.minted(world.of('bob'))).toBe(17_000n);
        await resume(world);
        expect(results((await world.record([tokens(world, 20_000)])).transactions)).toEqual([0]);
    });

    it('lets the rows before the one that trips it through', async () => {
        const world = await simple(options);
        const rows = [tokens(world, 12_000), tokens(world, 8000), tokens(world, 1), tokens(world, 1)];
        expect(results((await world.record(rows)).transactions)).toEqual([0, 0, 6, 6]);
        expect(await world.controller.getUsageData()).toMatchObject({ total: 20_000n, tripped: true });
    });

    it('looks at 24 hours and the running one', async () => {
        const world = await simple(options);
        const hour = Math.ceil(START_TIME / HOUR) * HOUR;
        world.at(hour);
        await world.record([tokens(world, 15_000)]);
        world.at(hour + 5 * HOUR);
        await world.record([tokens(world, 4000)]);
        expect((await world.controller.getUsageData()).windowSum).toBe(19_000n);
        // 24 hours later the first hour still counts: at no moment do 24 hours mint more than the limit.
        world.at(hour + 25 * HOUR - 1);
        expect((await world.controller.getUsageData()).windowSum).toBe(19_000n);
        const restore = world.checkpoint();
        expect(results((await world.record([tokens(world, 1001)])).transactions)).toEqual([6]);
        await restore();
        world.at(hour + 25 * HOUR);
        expect((await world.controller.getUsageData()).windowSum).toBe(4000n);
        expect(results((await world.record([tokens(world, 16_000)])).transactions)).toEqual([0]);
        world.at(hour + 30 * HOUR);
        expect((await world.controller.getUsageData()).windowSum).toBe(16_000n);
        world.at(hour + 90 * DAY);
        expect((await world.controller.getUsageData()).windowSum).toBe(0n);
        expect(results((await world.record([tokens(world, 20_000)])).transactions)).toEqual([0]);
    });

    it('is sent by the guardian at any time, too; resuming forgets the window', async () => {
        const world = await simple(options);
        await world.record([tokens(world, 20_000)]);
        await resume(world, true);
        expect((await world.controller.getUsageData()).tripped).toBe(true);
        expect((await world.controller.getUsageData()).windowSum).toBe(20_000n);
        await resume(world);
        expect((await world.controller.getUsageData()).windowSum).toBe(0n);
        expect(results((await world.record([tokens(world, 20_000)])).transactions)).toEqual([0]);
    });
});

describe('recorders', () => {
    const accept = async (world: EmissionWorld, name: 'second' | 'recorder') => {
        await world.controller.sendNominateRole(world.via('owner'), { role: 'recorder', holder: world.of(name) });
        return world.controller.sendAcceptRole(world.via(name), { role: 'recorder' });
    };

    it('are sixteen at most, with slots of their own', async () => {
        const world = await EmissionWorld.create({
            recorders: Array.from({ length: 16 }, (_, i) => account(i)),
        });
        const places = await world.controller.getRecorders();
        expect(places.map(({ slot }) => slot).sort((a, b) => Number(a - b))).toEqual(
            Array.from({ length: 16 }, (_, i) => BigInt(i)),
        );
        expect((await world.controller.getRoles()).recorders).toBe(16n);
        await world.controller.sendNominateRole(world.via('owner'), { role: 'recorder', holder: world.of('second') });
        await world.refused(
            E.ERROR_TOO_MANY_RECORDERS,
            'second',
            EmissionController.acceptRoleBody({ role: 'recorder' }),
        );
        const holder = account(5);
        await world.controller.sendRevokeRole(world.via('owner'), { role: 'recorder', holder });
        await world.controller.sendAcceptRole(world.via('second'), { role: 'recorder' });
        const second = (await world.controller.getRecorders()).find((r) => r.address.equals(world.of('second')))!;
        expect(second).toMatchObject({ slot: 5n, term: 17n, since: BigInt(world.now) });
    });

    it('who come back start a new count, and nothing of their earlier time mints again', async () => {
        const world = await simple();
        world.advance(DAY);
        const usage = world.usage({ nonce: 9n });
        await world.record([usage]);
        await world.controller.sendRevokeRole(world.via('owner'), { role: 'recorder', holder: world.of('recorder') });
        const body = EmissionController.recordUsageBody({ usages: [usage] });
        await world.refused(E.ERROR_NOT_ROLE, 'recorder', body);
        world.advance(1);
        await accept(world, 'recorder');
        expect(results((await world.record([usage])).transactions)).toEqual([3]);
        const fresh = await world.record([{ ...usage, time: world.now, nonce: 1n }]);
        expect(checks(fresh.transactions)).toEqual([true]);
        expect((await world.controller.getRecorders())[0]).toMatchObject({ slot: 0n, term: 2n });
    });

    it('of an earlier term are refused by the guard, whatever their nonce', async () => {
        const world = await simple();
        await world.record([world.usage()]);
        await world.controller.sendRevokeRole(world.via('owner'), { role: 'recorder', holder: world.of('recorder') });
        await accept(world, 'second');
        await world.record([world.usage({ nonce: 1n })], { as: 'second' });
        const guard = await world.guard(world.of('alice'));
        const late = await world.sendAs(
            world.address,
            checkUsage({ term: 1n, row: world.row({ nonce: 1000n }), recorder: accountIdOf(world.of('recorder')) }),
            2n * 10n ** 9n,
            guard.address,
        );
        expect(emissionEvents(late.transactions, 'UsageChecked')).toMatchObject([{ accepted: false, last: 0n }]);
    });
});

describe('recipients', () => {
    const set = (world: EmissionWorld, bps: readonly number[]) =>
        EmissionController.setRecipientsBody({ recipients: bps.map((b, i) => ({ address: account(i), bps: b })) });

    it('are one to eight, with shares above zero that sum to 100 %', async () => {
        const world = await EmissionWorld.create();
        for (const bad of [[], [9999], [10_001], [10_000, 0], [5000, 4999], [...Array<number>(8).fill(1250), 1]])
            if (bad.length < 9) await world.refused(E.ERROR_RECIPIENTS, 'owner', set(world, bad));
        await world.send('owner', set(world, Array<number>(8).fill(1250)));
        const next = await world.controller.getNextRecipients();
        expect(next.map(({ bps }) => bps)).toEqual(Array<bigint>(8).fill(1250n));
        await world.refused(E.ERROR_CHANGE_PENDING, 'owner', set(world, [10_000]));
    });

    it('beyond the eighth are dropped', async () => {
        const world = await EmissionWorld.create();
        await world.send('owner', set(world, [...Array<number>(8).fill(1250), 7]));
        expect(await world.controller.getNextRecipients()).toHaveLength(8);
    });

    it('apply to epochs that begin after the notice; until then they can be taken back', async () => {
        const world = await EmissionWorld.create();
        await world.refused(E.ERROR_NO_CHANGE, 'owner', EmissionController.cancelRecipientsBody());
        await world.send('owner', set(world, [10_000]));
        const restore = world.checkpoint();
        await world.controller.sendCancelRecipients(world.via('owner'), {});
        expect(await world.controller.getNextRecipients()).toEqual([]);
        await restore();
        world.at(START_TIME + WEEK);
        await world.refused(E.ERROR_CHANGE_APPLIES, 'owner', EmissionController.cancelRecipientsBody());
        world.at(world.endOf(1));
        await world.emit();
        expect(await world.minted(account(0))).toBe(0n);
        await world.emit();
        const { budget } = await world.controller.getEpoch(1);
        expect(await world.minted(account(0))).toBe(budget);
        expect(await world.controller.getRecipients()).toHaveLength(1);
    });
});

describe('payees', () => {
    it('change after 7 days, to the second', async () => {
        const world = await simple();
        await world.record([world.usage()]);
        const apply = EmissionController.applyPayeesBody();
        const set = EmissionController.setPayeesBody({ treasury: account(1), liquidity: account(2) });
        await world.refused(E.ERROR_NO_CHANGE, 'stranger', apply);
        await world.refused(E.ERROR_NO_CHANGE, 'owner', EmissionController.cancelPayeesBody());
        await world.send('owner', set);
        await world.refused(E.ERROR_CHANGE_PENDING, 'owner', set);
        await world.controller.sendCancelPayees(world.via('owner'), {});
        await world.send('owner', set);
        expect(await world.controller.getUsageData()).toMatchObject({
            nextTreasury: accountIdOf(account(1)),
            nextLiquidity: accountIdOf(account(2)),
            payeesReadyAt: BigInt(world.now + WEEK),
        });
        world.advance(WEEK - 1);
        await world.refused(E.ERROR_TOO_EARLY, 'stranger', apply);
        world.advance(1);
        await world.send('stranger', apply);
        await world.flush();
        expect(await world.minted(account(1))).toBe(1000n);
        expect(await world.minted(account(2))).toBe(500n);
        expect(await world.minted(world.of('treasury'))).toBe(0n);
    });
});

describe('mints on their way', () => {
    it('are 128 in an hour: the next one waits, and what waits is not lost', async () => {
        const world = await simple({
            recipients: Array.from({ length: 8 }, (_, i) => ({ address: account(i), bps: 1250 })),
        });
        await world.record([world.usage()]);
        world.at(world.endOf(20));
        for (let i = 0; i < 16; i++) await world.emit();
        await world.refused(E.ERROR_MINTS_FULL, 'stranger', EmissionController.emitBody());
        const share = await world.share(world.of('bob'));
        await expectRefused(world.blockchain, world.address, E.ERROR_MINTS_FULL, () => world.claim(world.of('bob')));
        expect(await share.getShareData()).toMatchObject({ due: 8500n, claimed: 0n });
        world.advance(HOUR - 1);
        await world.refused(E.ERROR_MINTS_FULL, 'stranger', EmissionController.flushBody());
        world.advance(1);
        await world.claim(world.of('bob'));
        await world.flush();
        expect(await share.getShareData()).toMatchObject({ due: 0n, claimed: 8500n });
    });
});

function checkUsage(given: { term: bigint; row: Cell; recorder: bigint }): Cell {
    return beginCell()
        .storeUint(EmissionController.opcodes.CheckUsage, 32)
        .storeUint(0, 64)
        .storeUint(0, 8)
        .storeUint(0, 32)
        .storeUint(0, 96)
        .storeUint(0, 8)
        .storeUint(given.term, 32)
        .storeUint(given.recorder, 256)
        .storeUint(0, 256)
        .storeRef(given.row)
        .endCell();
}
