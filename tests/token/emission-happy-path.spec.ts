/** The emission from end to end: an epoch, usages, claims, flushes; every amount against the arithmetic in TypeScript. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import {
    budgetOf,
    EmissionController,
    emissionEvents,
    splitEpoch,
    splitUsage,
    unpackResults,
    usageHash,
    usageRow,
    YEAR_TABLE,
} from '../../wrappers/token';
import { EmissionWorld, UNIT } from '../support/token/emission-world';
import { outs, succeeded, txsAt } from '../support/pool/transactions';

const TABLE = YEAR_TABLE.map((amount) => amount * UNIT);

describe('emission', () => {
    let world: EmissionWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await EmissionWorld.create();
        await world.rate('model', 1_000_000n);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    it('mints an epoch to the recipients once it is over', async () => {
        world.at(world.endOf(0));
        const before = await world.controller.getEmissionData();
        expect(before).toMatchObject({ allocated: 0n, cap: 350_000_000n * UNIT, nextEpoch: 0n });
        const result = await world.emit();
        const budget = budgetOf(TABLE, 0n, 1n, 10_000n);
        expect(emissionEvents(result.transactions, 'EpochEmitted')).toMatchObject([
            { epoch: 0n, growth: 10_000n, amount: budget, allocated: budget },
        ]);
        const [rewards, stakers, treasury] = splitEpoch(budget, [7000n, 2000n, 1000n]);
        expect(await world.minted(world.of('rewards'))).toBe(rewards);
        expect(await world.minted(world.of('stakers'))).toBe(stakers);
        expect(await world.minted(world.of('treasury'))).toBe(treasury);
        expect(await world.minter.getTotal()).toBe(budget);
        expect(await world.controller.getEmissionData()).toMatchObject({
            allocated: budget,
            remaining: 350_000_000n * UNIT - budget,
            nextEpoch: 1n,
            mints: 3n,
        });
    });

    it('takes a usage to the provider, the treasury and the liquidity', async () => {
        const usage = world.usage();
        const result = await world.record([usage], { queryId: 9n });
        const [batch] = emissionEvents(result.transactions, 'UsageBatch');
        expect(unpackResults(batch.results, batch.count)).toEqual([0]);
        expect(batch).toMatchObject({ queryId: 9n, amount: 10_000_000n, tripped: false });
        const usageData = await world.controller.getUsageData();
        const [checked] = emissionEvents(result.transactions, 'UsageChecked');
        expect(checked).toMatchObject({ queryId: 9n, accepted: true, nonce: 1n, last: 0n, amount: 10_000_000n });
        expect(checked.hash).toBe(usageHash(usage, world.address, -239));
        expect(checked.row.hash()).toEqual(usageRow(usage).hash());
        const guard = await world.guard(usage.consumer);
        expect(checked.emitter).toEqualAddress(guard.address);
        expect(await guard.getUsageHash(usageData.registry, usageRow(usage))).toBe(checked.hash);
        expect(await guard.getGuardData()).toMatchObject({ minted: 10_000_000n, count: 1n });
        const split = splitUsage(10_000_000n);
        expect(split).toEqual({ provider: 8_500_000n, treasury: 1_000_000n, liquidity: 500_000n });
        expect(usageData).toMatchObject({
            treasuryDue: split.treasury,
            liquidityDue: split.liquidity,
            total: 10_000_000n,
        });
        expect(await world.due(usage.provider)).toBe(split.provider);

        await world.claim(usage.provider);
        await world.flush();
        expect(await world.minted(usage.provider)).toBe(split.provider);
        expect(await world.minted(world.of('treasury'))).toBe(split.treasury);
        expect(await world.minted(world.of('liquidity'))).toBe(split.liquidity);
        expect(await world.due(usage.provider)).toBe(0n);
    });

    it('records 50 usages in one entry transaction', async () => {
        const consumers = ['alice', 'carol', 'dave', 'stranger', 'owner'] as const;
        const usages = Array.from({ length: 50 }, (_, i) =>
            world.usage({ consumer: world.of(consumers[i % 5]), provider: world.of(i % 2 ? 'bob' : 'second') }),
        );
        const result = await world.record(usages);
        const [entry] = txsAt(result, world.address);
        expect(succeeded(entry)).toBe(true);
        expect(outs(entry).filter((out) => out.op === EmissionController.opcodes.CheckUsage)).toHaveLength(50);
        expect(emissionEvents(result.transactions, 'UsageChecked').filter((e) => e.accepted)).toHaveLength(50);
        expect((await world.controller.getUsageData()).total).toBe(500_000_000n);
        expect(await world.due(world.of('bob'))).toBe(25n * 8_500_000n);
        expect(await world.due(world.of('second'))).toBe(25n * 8_500_000n);
        if (process.env.SHOW) {
            for (const tx of result.transactions) {
                const d = tx.description;
                if (d.type === 'generic' && d.computePhase.type === 'vm')
                    console.log(tx.inMessage?.body.beginParse().preloadUint(32).toString(16), d.computePhase.gasUsed);
            }
        }
    });

    it('gives back what a recorder attached too much', async () => {
        const before = await world.people.recorder.getBalance();
        await world.record([world.usage()], { value: toNano('50') });
        await world.record([world.usage()], { value: toNano('50') });
        expect(before - (await world.people.recorder.getBalance())).toBeLessThan(toNano('0.5'));
    });
});
