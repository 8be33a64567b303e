/** The storage of a VoterAccount by hand: many votes. */
import { beginCell, Dictionary } from '@ton/core';

import { install } from '../pool/transactions';
import type { Who } from '../staking/world';
import type { GovernanceWorld } from './world';

/** Number of vote `i` of those that fillBallots casts. */
export const filledBallot = (i: number): number => 900_000 + i * 7_919;

/** As many votes as there can be, on proposals that nobody made, until a second each; in place of those that were there. */
export async function fillBallots(
    world: GovernanceWorld,
    who: Who,
    until: number | readonly number[],
    count = 24,
): Promise<void> {
    const ends = typeof until === 'number' ? Array.from({ length: count }, () => until) : until;
    const { address } = await world.account(who);
    const { accountState, balance } = await world.blockchain.getContract(address);
    if (accountState?.type !== 'active') throw new Error('no account');
    const data = accountState.state.data!.beginParse();
    const ids = data.loadBits(512);
    const power = data.loadUintBig(126);
    const own = data.loadUintBig(120);
    data.loadUintBig(40);
    data.loadMaybeRef();
    const desk = data.loadMaybeRef();
    const all = Dictionary.empty(Dictionary.Keys.Uint(32), {
        serialize: (end: number, builder) =>
            void builder
                .storeUint(1, 8)
                .storeUint(end, 32)
                .storeCoins(10n ** 20n),
        parse: () => 0,
    });
    for (const [i, end] of ends.entries()) all.set(filledBallot(i), end);
    const filled = beginCell()
        .storeBits(ids)
        .storeUint(power, 126)
        .storeUint(own, 120)
        .storeUint(Math.max(...ends), 32)
        .storeUint(ends.length, 8)
        .storeMaybeRef(beginCell().storeDictDirect(all).endCell())
        .storeMaybeRef(desk)
        .storeSlice(data)
        .endCell();
    await install(world.blockchain, address, accountState.state.code!, filled, balance);
}
