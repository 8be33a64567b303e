/**
 * Gas of the executing half of governance, whole chains, wallets aside. Nothing grows with the number of operations or of
 * grants that are over; `size` is the number of actions of an operation, or of open grants.
 *
 *   timelock-execute  TimelockOperation -> Timelock -> actions (to wallets)
 *   grant-claim       ClaimGrant of a stream in TON
 */
import { toNano } from '@ton/core';

import { measure, WalletPredicate } from '../../tools/bench/measure';
import type { Recorder } from '../../tools/bench/rows';
import { MIN_DELAY, TimelockWorld } from '../support/governance/timelock-world';
import { DAY, TreasuryWorld } from '../support/governance/treasury-world';

export async function run(record: Recorder): Promise<void> {
    const world = await TimelockWorld.create();
    record.watch(world.blockchain);
    const people: WalletPredicate = (address) => Object.values(world.people).some((p) => p.address.equals(address));
    for (const size of record.sizes([1, 10])) {
        const { id } = await world.schedule(world.actions(size));
        world.advance(MIN_DELAY);
        const result = await world.execute(id);
        record('governance', 'timelock-execute', size, await measure(world.blockchain, result, people));
    }
    const funds = await TreasuryWorld.create();
    record.watch(funds.blockchain);
    const owners: WalletPredicate = (address) => Object.values(funds.people).some((p) => p.address.equals(address));
    let grants = 0;
    for (const size of record.sizes([1, 64])) {
        for (; grants < size; grants++) {
            await funds.treasury.sendCreateStream(funds.sender('owner'), {
                asset: 0,
                amount: toNano('1'),
                grantee: funds.address('grantee'),
                start: funds.now,
                end: funds.now + 100 * DAY,
            });
        }
        funds.advance(DAY);
        const result = await funds.treasury.sendClaimGrant(funds.sender('stranger'), { grant: 0 });
        record('governance', 'grant-claim', size, await measure(funds.blockchain, result, owners));
    }
}
