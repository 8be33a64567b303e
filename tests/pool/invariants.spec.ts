/**
 * Random operations on a whole pool beside a model of it: exit codes, messages, events, balances and every getter must be
 * what the model says, no nanoton may appear or vanish, and every contract stays solvent.
 */
import { underCoverage } from '../support/coverage';
import { Driver } from '../support/pool/model/driver';
import { Operations } from '../support/pool/model/operations';
import { Simulation } from '../support/pool/model/simulation';
import { raw } from '../support/pool/model/types';
import { PoolEnvironment, PoolOptions } from '../support/pool/environment';
import { cheapConfig } from '../support/prices';
import { runs, seeded } from '../support/random';

const CROWD = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay', 'gus', 'hal'];

/** Name, pool, and how much happens besides reports, rounds and claims. */
const SCENARIOS: [string, PoolOptions, number][] = [
    ['days, open to everybody', { epochSeconds: 86_400 }, 1],
    ['weeks, by approval', { epochSeconds: 604_800, open: false, commissionBps: 1500 }, 1],
    ['one epoch after the other, until rounds expire', { epochSeconds: 604_800, commissionBps: 500 }, 0.07],
    ['hours, prices of 2026', { epochSeconds: 3_600, config: cheapConfig() }, 1],
    ['four weeks, gate against diverted machines', { epochSeconds: 28 * 86_400, minEarned: 500_000_000n }, 1],
];

(underCoverage ? describe.skip : describe)('a pool and its model', () => {
    it.each(SCENARIOS)(
        '%s: nothing differs, every nanoton is accounted for',
        async (name, options, bustle) => {
            await seeded(`pool invariants, ${name}`, async (random) => {
                const env = await PoolEnvironment.create(options);
                const sim = await Simulation.create(env, CROWD);
                const crowd = await Promise.all(CROWD.map(async (who) => raw(await env.address(who))));
                const driver = new Driver(sim, random, new Operations(sim, random, crowd, bustle));
                const count = runs(2000 / SCENARIOS.length);
                await driver.check(true);
                await driver.run(count);
                expect(driver.operations).toBeGreaterThanOrEqual(count);
                expect(sim.flights).toEqual([]);
            });
        },
        600_000,
    );
});
