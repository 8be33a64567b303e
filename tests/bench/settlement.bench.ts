/**
 * Gas of recording and settling, beside 1 to 10,000 other consumers (nothing here depends on their number: they are
 * children that no message of another one meets).
 *
 *   record-1              one usage of a consumer who has a ledger
 *   record-batch-60       sixty in a message, of sixty consumers; the figure is for one
 *   record-merkle-10000   a Merkle batch of 10,000 receipts; the figure is for the batch
 *   settle-1              one usage, to the answer of the consumer's account
 *   settle-batch-50       fifty in a message, of fifty consumers; the figure is for one
 *   confirm-1             everything that is due of one consumer: one usage, and the credit of its provider
 *   deposit, withdraw-earnings
 */
import { Address } from '@ton/core';

import { isWatched } from '../../tools/bench/floor';
import { measure, walletPredicate } from '../../tools/bench/measure';
import type { Measurement } from '../../tools/bench/measure';
import type { Recorder } from '../../tools/bench/rows';
import { addressOfAccount } from '../../wrappers/pool';
import { SettlementWorld, SETTLEMENT_PEOPLE, UNIT, WINDOW } from '../support/settlement/world';

/** A part of a chain. */
function share(all: Measurement, n: number): Measurement {
    return { ...all, gas: Math.round(all.gas / n), fees: all.fees / BigInt(n), hops: Math.round(all.hops / n) };
}

export async function run(record: Recorder): Promise<void> {
    const world = await SettlementWorld.create();
    record.watch(world.blockchain);
    const isWallet = walletPredicate(...SETTLEMENT_PEOPLE.map((name) => world.people[name]));
    const cost = (result: Parameters<typeof measure>[1]) => measure(world.blockchain, result, isWallet);
    const consumers: Address[] = Array.from({ length: 60 }, (_, i) => addressOfAccount(BigInt(1000 + i)));
    await world.deposit('alice', 1000n * UNIT);
    await world.deposit('bob', UNIT);
    for (const user of consumers) await world.deposit('alice', 2n * UNIT, { user, deploy: true });
    const usages = () => consumers.map((consumer) => world.usage({ consumer, time: world.now }));
    await world.addAll(usages().map((usage) => ({ ...usage, deploy: true })));
    await world.recorded();

    let others = 60;
    for (const users of record.sizes([1, 10, 100, 1000, 10_000])) {
        // Other consumers: only the registry's totals meet them.
        while (others < users) {
            const more = Array.from({ length: 50 }, (_, i) =>
                world.usage({ consumer: addressOfAccount(BigInt(100_000 + others + i)), time: world.now }),
            );
            await world.addAll(more.map((usage) => ({ ...usage, deploy: true })));
            others += 50;
        }
        // What is measured leaves open records behind; the next size begins without them.
        const restore = world.checkpoint();
        // The first record of a day writes the day before down: not part of what is measured.
        await world.add({ usage: world.usage({ time: world.now }) });
        await world.addAll(usages());
        const usage = world.usage({ time: world.now });
        const added = await world.add({ usage });
        record('settlement', 'record-1', users, await cost(added));
        const settled = await world.settlement.sendSettleUsage(world.via('settler'), {
            record: { usage, id: world.ids(added)[0] },
        });
        record('settlement', 'settle-1', users, await cost(settled));
        const sixty = usages();
        const many = await world.addAll(sixty);
        const ids = world.ids(many);
        const fifty = sixty.slice(0, 50).map((one, i) => ({ usage: { ...one, amount: UNIT }, id: ids[i] }));
        const fiftySettled = await world.settle(fifty);
        // The log of so long a transaction is cut by the sandbox: the floor is that of one, above.
        if (!isWatched(world.blockchain)) {
            record('settlement', 'record-batch-60', users, share(await cost(many), 60));
            record('settlement', 'settle-batch-50', users, share(await cost(fiftySettled), 50));
        }
        const batch = world.batch({ time: world.now });
        record('settlement', 'record-merkle-10000', users, await cost(await world.add({ batch })));
        world.advance(WINDOW);
        record('settlement', 'confirm-1', users, await cost(await world.confirm('alice', undefined, false)));
        const paid = await (await world.account('bob')).sendWithdrawEarnings(world.via('bob'));
        record('settlement', 'withdraw-earnings', users, await cost(paid));
        record('settlement', 'deposit', users, await cost(await world.deposit('alice', 200n * UNIT)));
        await restore();
    }
}
