/**
 * The schedule on the contracts: published numbers, year boundaries, halvings, growth in the middle of a year, 180 days,
 * the cap reached exactly. Amounts are whole numbers written down here, or sums of what the contract minted.
 */
import '@ton/test-utils';

import {
    budgetOf,
    EmissionExit,
    emissionEvents,
    EmissionController,
    scheduleTable,
    YEAR_TABLE,
    yearBase,
} from '../../wrappers/token';
import { START_TIME } from '../support/chain';
import { DAY, EmissionWorld, UNIT, WEEK, WorldOptions, YEAR } from '../support/token/emission-world';

const TABLE = YEAR_TABLE.map((amount) => amount * UNIT);
const MILLION = 1_000_000n * UNIT;

/** What an epoch minted, as its event says. */
async function emitted(world: EmissionWorld): Promise<bigint> {
    const [event] = emissionEvents((await world.emit()).transactions, 'EpochEmitted');
    return event.amount;
}

/** A controller whose schedule began so long ago that `epoch` is the next one that can be emitted. */
async function worldAt(epoch: number, options: WorldOptions = {}): Promise<EmissionWorld> {
    return EmissionWorld.create({ start: START_TIME - (epoch + 1) * WEEK, cap: 1_000n * MILLION, ...options });
}

describe('the schedule', () => {
    it('is the published one, halved every four years after the tenth', async () => {
        const world = await EmissionWorld.create();
        const years = await world.controller.getSchedule();
        const published = [70, 52.5, 35, 35, 21, 21, 21, 21, 21, 21, 10.5, 10.5, 10.5, 10.5, 5.25, 5.25, 5.25, 5.25];
        expect(years).toHaveLength(20);
        expect(years.slice(0, 18)).toEqual(published.map((m) => BigInt(m * 1_000_000) * UNIT));
        expect(years.slice(18)).toEqual([2_625_000n * UNIT, 2_625_000n * UNIT]);
        const tenth = await world.controller.getYear(9);
        expect(tenth).toMatchObject({ base: 21n * MILLION, sum: (637n * MILLION) / 2n });
        expect(tenth.begins).toBe(BigInt(START_TIME + 9 * YEAR));
        // Years 11 to 13 give exactly what the cap leaves.
        expect((await world.controller.getYear(12)).sum).toBe(350n * MILLION);
        for (const year of [0, 10, 13, 14, 50, 400])
            expect((await world.controller.getYear(year)).base).toBe(yearBase(TABLE, BigInt(year)));
        expect((await world.controller.getYear(400)).base).toBe(0n);
    });

    it('stops after thirteen years at a growth of 1, later or sooner otherwise', () => {
        const cap = 350n * MILLION;
        const rows = scheduleTable(TABLE, cap);
        expect(rows.map((row) => row.total / MILLION)).toEqual(
            [70, 122, 157, 192, 213, 234, 255, 276, 297, 318, 329, 339, 350, 350, 350, 350, 350, 350, 350, 350].map(
                BigInt,
            ),
        );
        expect(rows[12].total).toBe(cap);
        expect(rows[13].minted).toBe(0n);
        expect(scheduleTable(TABLE, cap, 20, 20_000n)[4].total).toBe(cap);
        // Half of 318.5 million and of the sum of all halvings, 84 million; what rounding leaves is less than a unit a year.
        const slow = 201_250_000n * UNIT - scheduleTable(TABLE, cap, 400, 5000n)[399].total;
        expect(slow >= 0n && slow < 400n).toBe(true);
    });

    it('gives the epochs of a whole year exactly the amount of that year', async () => {
        // 52 epochs and one day: the last epoch of the first year has six days of the second one.
        const world = await EmissionWorld.create();
        let sum = 0n;
        for (let epoch = 0; epoch < 52; epoch++) sum += (await world.controller.getEpoch(epoch)).budget;
        expect(sum).toBe((70n * MILLION * 364n) / 365n);
        const across = await world.controller.getEpoch(52);
        expect(across.budget).toBe(
            70n * MILLION - (70n * MILLION * 364n) / 365n + (((105n * MILLION) / 2n) * 6n) / 365n,
        );
    });

    it("tells the budget of every epoch as the arithmetic says, at the years' ends and beyond", async () => {
        const world = await EmissionWorld.create();
        for (const epoch of [0, 51, 52, 53, 103, 104, 156, 208, 521, 522, 573, 729, 730, 731, 938, 5000]) {
            const { budget } = await world.controller.getEpoch(epoch);
            expect([epoch, budget]).toEqual([epoch, budgetOf(TABLE, BigInt(epoch), BigInt(epoch + 1), 10_000n)]);
        }
    });

    it.each([52, 521, 730])('mints epoch %i, across two years', async (epoch) => {
        const world = await worldAt(epoch);
        const info = await world.controller.getEpoch(epoch);
        const budget = budgetOf(TABLE, BigInt(epoch), BigInt(epoch + 1), 10_000n);
        expect(info).toMatchObject({ budget, status: 2n, growth: 10_000n, ends: BigInt(world.now) });
        // Emit what is not forfeited, until this epoch.
        let last = emissionEvents((await world.emit()).transactions, 'EpochEmitted')[0];
        while (last.epoch < BigInt(epoch)) {
            [last] = emissionEvents((await world.emit()).transactions, 'EpochEmitted');
        }
        expect([last.epoch, last.amount]).toEqual([BigInt(epoch), budget]);
    });

    it('waits for the end of an epoch', async () => {
        const world = await EmissionWorld.create();
        world.at(world.endOf(0) - 1);
        expect((await world.controller.getEpoch(0)).status).toBe(1n);
        expect((await world.controller.getEpoch(1)).status).toBe(0n);
        await world.refused(EmissionExit.ERROR_EPOCH_NOT_DUE, 'stranger', EmissionController.emitBody());
        world.at(world.endOf(0));
        expect(await emitted(world)).toBe(budgetOf(TABLE, 0n, 1n, 10_000n));
        // one epoch a message
        await world.refused(EmissionExit.ERROR_EPOCH_NOT_DUE, 'stranger', EmissionController.emitBody());
        expect((await world.controller.getEpoch(0)).status).toBe(3n);
    });

    describe('180 days', () => {
        it('are the last second at which an epoch can be emitted', async () => {
            const world = await EmissionWorld.create();
            world.at(world.endOf(0) + 180 * DAY);
            expect((await world.controller.getEpoch(0)).status).toBe(2n);
            const { transactions } = await world.emit();
            expect(emissionEvents(transactions, 'EpochsForfeited')).toHaveLength(0);
            expect(emissionEvents(transactions, 'EpochEmitted')).toMatchObject([{ epoch: 0n }]);
        });

        it('and a second: the epoch is forfeited, its amount gone from the cap, the next one emitted', async () => {
            const world = await EmissionWorld.create();
            world.at(world.endOf(0) + 180 * DAY + 1);
            expect((await world.controller.getEpoch(0)).status).toBe(4n);
            const { transactions } = await world.emit();
            const lost = budgetOf(TABLE, 0n, 1n, 10_000n);
            expect(emissionEvents(transactions, 'EpochsForfeited')).toMatchObject([
                { first: 0n, count: 1n, amount: lost },
            ]);
            const [{ epoch, amount }] = emissionEvents(transactions, 'EpochEmitted');
            expect([epoch, amount]).toEqual([1n, budgetOf(TABLE, 1n, 2n, 10_000n)]);
            expect(await world.controller.getEmissionData()).toMatchObject({
                forfeited: lost,
                forfeitedEpochs: 1n,
                allocated: amount,
                remaining: 350n * MILLION - lost - amount,
            });
        });

        it('leave 26 epochs due, whatever came before', async () => {
            const world = await EmissionWorld.create();
            world.at(START_TIME + 3 * YEAR);
            const { transactions } = await world.emit();
            const [{ first, count, amount }] = emissionEvents(transactions, 'EpochsForfeited');
            expect(first).toBe(0n);
            expect(amount).toBe(budgetOf(TABLE, 0n, count, 10_000n));
            const due = async () => {
                const { nextEpoch } = await world.controller.getEmissionData();
                return (await world.controller.getEpoch(nextEpoch)).status === 2n;
            };
            let epochs = 1;
            for (; await due(); epochs++) await world.emit();
            expect(epochs).toBe(26);
        });
    });

    describe('growth', () => {
        const keeper = 'keeper' as const;

        it('applies to epochs that begin after the notice, in the middle of a year', async () => {
            const world = await EmissionWorld.create();
            world.at(START_TIME + 20 * WEEK + 3 * DAY);
            await world.controller.sendSetGrowth(world.via(keeper), { bps: 15_000 });
            // 7 days later is inside epoch 21: the first epoch to begin after is 22.
            expect(await world.controller.getEmissionData()).toMatchObject({
                nextGrowth: 15_000n,
                nextGrowthFrom: 22n,
            });
            world.at(world.endOf(24));
            const amounts: bigint[] = [];
            for (let epoch = 0; epoch <= 24; epoch++) amounts.push(await emitted(world));
            amounts.forEach((amount, epoch) =>
                expect([epoch, amount]).toEqual([
                    epoch,
                    budgetOf(TABLE, BigInt(epoch), BigInt(epoch + 1), epoch < 22 ? 10_000n : 15_000n),
                ]),
            );
            expect(await world.controller.getEmissionData()).toMatchObject({ growth: 15_000n, nextGrowthFrom: 0n });
        });

        it('begins with the epoch that begins exactly when the notice ends', async () => {
            const world = await EmissionWorld.create();
            world.at(START_TIME + 20 * WEEK);
            await world.controller.sendSetGrowth(world.via(keeper), { bps: 15_000 });
            expect((await world.controller.getEmissionData()).nextGrowthFrom).toBe(21n);
        });

        it.each([
            [0, 5000n],
            [4999, 5000n],
            [5000, 5000n],
            [12_345, 12_345n],
            [20_000, 20_000n],
            [20_001, 20_000n],
            [4_000_000_000, 20_000n],
        ])('of %i bps is taken as %i', async (bps, taken) => {
            const world = await EmissionWorld.create();
            await world.controller.sendSetGrowth(world.via(keeper), { bps });
            expect((await world.controller.getEmissionData()).nextGrowth).toBe(taken);
        });

        it('is announced once at a time, and again only when the epochs before it are emitted', async () => {
            const world = await EmissionWorld.create();
            const body = EmissionController.setGrowthBody({ bps: 8000 });
            await world.controller.sendSetGrowth(world.via(keeper), { bps: 15_000 });
            await world.refused(EmissionExit.ERROR_CHANGE_PENDING, keeper, body);
            world.at(world.endOf(3));
            await world.refused(EmissionExit.ERROR_CHANGE_PENDING, keeper, body);
            // epoch 0 is the only one before the change
            await world.emit();
            await world.send(keeper, body);
            expect(await world.controller.getEmissionData()).toMatchObject({ growth: 15_000n, nextGrowth: 8000n });
        });

        it('can be taken back until its first epoch begins', async () => {
            const world = await EmissionWorld.create();
            await world.refused(EmissionExit.ERROR_NO_CHANGE, keeper, EmissionController.cancelGrowthBody());
            await world.controller.sendSetGrowth(world.via(keeper), { bps: 15_000 });
            world.at(START_TIME + WEEK - 1);
            const restore = world.checkpoint();
            await world.controller.sendCancelGrowth(world.via('owner'), {});
            expect((await world.controller.getEmissionData()).nextGrowthFrom).toBe(0n);
            await restore();
            world.at(START_TIME + WEEK);
            await world.refused(EmissionExit.ERROR_CHANGE_APPLIES, keeper, EmissionController.cancelGrowthBody());
        });

        it('is that of each epoch also when epochs are forfeited on both sides of a change', async () => {
            const world = await EmissionWorld.create();
            await world.controller.sendSetGrowth(world.via(keeper), { bps: 5000 });
            world.at(START_TIME + YEAR);
            const { transactions } = await world.emit();
            const [{ count, amount }] = emissionEvents(transactions, 'EpochsForfeited');
            expect(amount).toBe(budgetOf(TABLE, 0n, 1n, 10_000n) + budgetOf(TABLE, 1n, count, 5000n));
            expect(emissionEvents(transactions, 'EpochEmitted')[0].growth).toBe(5000n);
        });
    });

    describe('the cap', () => {
        const third = budgetOf(TABLE, 0n, 3n, 10_000n);

        it('is reached exactly, and then nothing is left', async () => {
            const world = await EmissionWorld.create({ cap: third });
            world.at(world.endOf(5));
            for (let epoch = 0; epoch < 3; epoch++) await world.emit();
            expect(await world.controller.getEmissionData()).toMatchObject({ allocated: third, remaining: 0n });
            expect(await world.minter.getTotal()).toBe(third);
            await world.refused(EmissionExit.ERROR_SCHEDULE_SPENT, 'stranger', EmissionController.emitBody());
        });

        it.each([-1n, 1n])('cuts the epoch that would pass it (%i)', async (more) => {
            const world = await EmissionWorld.create({ cap: third + more });
            world.at(world.endOf(5));
            for (let epoch = 0; epoch < 2; epoch++) await world.emit();
            const whole = budgetOf(TABLE, 2n, 3n, 10_000n);
            expect(await emitted(world)).toBe(more < 0n ? whole - 1n : whole);
            if (more > 0n) {
                // One unit is left: it goes to the first recipient, the others get nothing.
                const { mints } = await world.controller.getEmissionData();
                expect(await emitted(world)).toBe(1n);
                expect((await world.controller.getEmissionData()).mints).toBe(mints + 1n);
            }
            expect(await world.minter.getTotal()).toBe(third + more);
            await world.refused(EmissionExit.ERROR_SCHEDULE_SPENT, 'stranger', EmissionController.emitBody());
        });

        it('takes forfeited epochs, too', async () => {
            const world = await EmissionWorld.create({ cap: third });
            world.at(START_TIME + YEAR);
            // more than three epochs are lost: the whole cap is
            await world.refused(EmissionExit.ERROR_SCHEDULE_SPENT, 'stranger', EmissionController.emitBody());
            const info = await world.controller.getEpoch(0);
            expect(info.status).toBe(4n);
        });
    });
});
