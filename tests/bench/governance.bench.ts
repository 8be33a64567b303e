/**
 * Gas of governance, whole chains without plain wallets, at 1, 100 and 10,000 voters of one proposal: nothing may depend on
 * how many there are. Every voter has an account of his own with tokens that have voted.
 *
 *   lock         notification -> VoterAccount; -with-jetton with both wallets
 *   vote         VoterAccount -> Proposal
 *   vote-text    Governor -> VoterAccount -> Proposal
 *   vote-staked  ProverStaking -> StakePosition -> Proposal
 *   propose      VoterAccount -> Governor -> Proposal, minter -> Governor -> Proposal, VoterAccount; one action
 *   queue        Proposal -> Governor -> Timelock -> its operation, Proposal
 *   execute      TimelockOperation -> Timelock -> Proposal; one action
 */
import type { SendMessageResult } from '@ton/sandbox';

import { measure, WalletPredicate } from '../../tools/bench/measure';
import type { Recorder } from '../../tools/bench/rows';
import { GovernanceWorld } from '../support/governance/world';
import { STAKING_PEOPLE } from '../support/staking/world';

const SIZES = [1, 100, 10_000];

export async function run(record: Recorder): Promise<void> {
    const world = await GovernanceWorld.create();
    const { staking } = world;
    record.watch(world.blockchain);
    await staking.open('prover1', world.unit(1000));
    await staking.stake('carol', 'prover1', world.unit(10_000));
    await world.lock('alice', world.unit(20_000));
    await world.lock('bob', world.unit(5_000_000));
    await world.lock('dave', world.unit(20_000));
    const { id, proposal } = await world.propose('alice');
    await world.toStart(proposal);
    const people: WalletPredicate = (address) =>
        STAKING_PEOPLE.some((name) => world.address(name).equals(address)) ||
        extras.some((extra) => extra.equals(address));
    const extras = [] as ReturnType<typeof world.address>[];
    let voters = 1;
    for (const size of record.sizes(SIZES)) {
        for (; voters < size; voters++) {
            extras.push((await staking.staker(voters)).address);
            await world.lock(voters, world.unit(1), { from: 'payer' });
            await world.vote(voters, id, 'for');
            if (voters % 250 === 0) await world.checkpoint()();
        }
        const restore = world.checkpoint();
        const bob = (await world.account('bob')).address;
        const jettons = [world.address('bob'), bob].map((owner) => staking.walletOf(owner).address.toRawString());
        const without: WalletPredicate = (address) => people(address) || jettons.includes(address.toRawString());
        const add = async (operation: string, result: SendMessageResult, leaveOut = people) =>
            record('governance', operation, size, await measure(world.blockchain, result, leaveOut));
        const lock = await world.lock('bob', world.unit(1));
        await add('lock', lock, without);
        await add('lock-with-jetton', lock);
        const mark = world.checkpoint();
        await add('vote', await world.vote('bob', id, 'for'));
        await mark();
        await add('vote-text', await world.voteText('bob', id, 'for'));
        await add('vote-staked', await world.voteStaked('carol', 'prover1', id, 'for'));
        await add('propose', (await world.propose('dave')).result);
        await world.toEnd(proposal);
        await add('queue', await proposal.sendQueue(world.sender('stranger')));
        world.at((await proposal.getProposal()).readyAt);
        await add('execute', await (await world.operation(proposal)).sendExecute(world.sender('stranger')));
        await restore();
    }
}
