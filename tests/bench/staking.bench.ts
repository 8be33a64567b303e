/**
 * Gas of the staking family, whole chains, at 1, 10, 1,000 and 10,000 stakers of one prover: nothing may depend on how many
 * there are. Every staker has a position of his own, made by a real stake; what is measured is the chain of one more.
 *
 *   stake             notification -> ProverStaking -> StakePosition -> ProverRewards -> RewardPosition
 *   stake-with-jetton the same with the transfer of the tokens
 *   unstake-request   StakePosition -> ProverStaking -> StakePosition -> ProverRewards -> RewardPosition -> ProverRewards
 *   unstake-complete  StakePosition -> ProverStaking -> StakePosition; the tokens' transfer on top in -with-jetton
 *   claim             ProverRewards -> RewardPosition -> ProverRewards
 *   add-rewards       notification at ProverRewards
 *   slash             StakingMaster -> ProverStaking
 */
import { Address } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { measure, WalletPredicate } from '../../tools/bench/measure';
import type { Recorder } from '../../tools/bench/rows';
import { STAKING_PEOPLE, World } from '../support/staking/world';

const SIZES = [1, 10, 1000, 10_000];
const WEEK = 7 * 86_400;

/** Beyond this many, stakers are gifts to generated accounts: the same chain, without a wallet of their own. */
async function populate(world: World, from: number, to: number): Promise<void> {
    const { staking } = world.prover('prover1');
    const forward = await staking.getStakeCost();
    for (let i = from; i < to; i++) {
        const beneficiary = addressOf(i);
        await world.stake('payer', 'prover1', world.unit(), { beneficiary, returnTo: beneficiary, forward });
        // The chain keeps every transaction: 5 GB of them at 8,000 stakers.
        if (i % 250 === 0) await world.checkpoint()();
    }
}

function addressOf(index: number): Address {
    return new Address(0, Buffer.from(index.toString(16).padStart(64, 'a'), 'hex'));
}

export async function run(record: Recorder): Promise<void> {
    const world = await World.create({ params: { delegationCap: 65_535n } });
    record.watch(world.blockchain);
    await world.open('prover1', world.unit(1000));
    // Far above his minimum, so that a slash does not close the prover for others.
    await world.stake('prover1', 'prover1', world.unit(9000));
    // A staker who has done everything before: wallets, positions and rings exist.
    await world.stake('alice', 'prover1', world.unit(500));
    await world.reward('payer', 'prover1', world.unit(1000));
    await world.claim('alice', 'prover1');
    await world.request('alice', 'prover1', { amount: world.unit(5) });
    world.advance(WEEK);
    await world.complete('alice', 'prover1');
    const people: WalletPredicate = (address) => STAKING_PEOPLE.some((name) => world.address(name).equals(address));
    const { staking, rewards } = world.prover('prover1');
    const jettons = [staking.address, rewards.address, ...STAKING_PEOPLE.map((name) => world.address(name))]
        .flatMap((owner) => [world.walletOf(owner).address, world.walletOf(owner, 'reward').address])
        .map((address) => address.toRawString());
    const without: WalletPredicate = (address) => people(address) || jettons.includes(address.toRawString());
    let stakers = 1;
    for (const size of record.sizes(SIZES)) {
        await populate(world, stakers, size);
        stakers = size;
        // What is measured leaves slashes and payouts behind; the next size begins without them.
        const restore = world.checkpoint();
        const add = async (operation: string, result: SendMessageResult, jetton = false) => {
            record('staking', operation, size, await measure(world.blockchain, result, without));
            if (jetton) {
                record('staking', `${operation}-with-jetton`, size, await measure(world.blockchain, result, people));
            }
        };
        await add('stake', await world.stake('alice', 'prover1', world.unit(10)), true);
        await add('add-rewards', await world.reward('payer', 'prover1', world.unit(1000)));
        await add('claim', await world.claim('alice', 'prover1'));
        await add('unstake-request', await world.request('alice', 'prover1', { amount: world.unit(5) }));
        world.advance(WEEK);
        await add('unstake-complete', await world.complete('alice', 'prover1'), true);
        await add('slash', await world.slash('prover1', 10_000));
        await restore();
    }
}
