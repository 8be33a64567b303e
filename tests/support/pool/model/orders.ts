/** Two or more flows of messages in every order in which a chain may deliver them. */
import type { Driver } from './driver';
import type { Send, Simulation } from './simulation';

/**
 * Starts all `sends` and delivers what follows in every possible order: messages from one account to another keep their
 * order, everything else may come first or last. After each order all getters are compared with the model, `outcome`
 * describes how it ended, and everything is brought back. Wallets take what they get at once: nothing depends on when.
 * Returns how often each outcome occurred.
 */
export async function inEveryOrder(
    sim: Simulation,
    driver: Driver,
    sends: readonly Send[],
    outcome: () => string,
): Promise<Map<string, number>> {
    const restore = sim.checkpoint();
    const outcomes = new Map<string, number>();
    let path: number[] = [];
    for (;;) {
        const options = await follow(sim, sends, path);
        await driver.check(false);
        const ended = outcome();
        outcomes.set(ended, (outcomes.get(ended) ?? 0) + 1);
        await restore();
        // The next path: the last choice that still has another way to go.
        path = options.map((_, i) => path[i] ?? 0);
        while (path.length > 0 && path[path.length - 1] + 1 >= options[path.length - 1]) {
            path.pop();
        }
        if (path.length === 0) {
            return outcomes;
        }
        path[path.length - 1] += 1;
    }
}

/** Delivers along a path of choices, the first possibility where it ends; how many there were at each choice. */
async function follow(sim: Simulation, sends: readonly Send[], path: readonly number[]): Promise<number[]> {
    const options: number[] = [];
    sends.forEach((send) => sim.send(send));
    while (sim.flights.length > 0) {
        const heads = sim.deliverable();
        const bystander = heads.find((i) => sim.people.has(sim.flights[i].to));
        if (bystander !== undefined) {
            await sim.deliver(bystander);
        } else {
            await sim.deliver(heads[path[options.length] ?? 0]);
            options.push(heads.length);
        }
    }
    return options;
}
