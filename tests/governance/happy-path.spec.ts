/** The life of each type of proposal, from the lock to its execution, with votes of every kind. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import { governanceEvents, recount } from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { StakingMaster } from '../../wrappers/staking';
import { DAY, GovernanceWorld, NOTHING, TIMELOCK_DELAY, YEAR } from '../support/governance/world';
import { txsAt } from '../support/pool/transactions';

describe('the life of a proposal', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.withVoters(5_000_000);
        await world.staking.enrich('dave');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    it('locks, unlocks, and says so', async () => {
        const account = await world.account('alice');
        expect(await account.getVoter()).toMatchObject({
            own: world.unit(20_000),
            power: world.unit(20_000),
            lockedUntil: 0,
            delegation: 'none',
        });
        const before = await world.staking.balance('alice');
        const result = await world.unlock('alice', world.unit(15_000));
        expect(world.failures(result)).toEqual([]);
        expect(await world.staking.balance('alice')).toBe(before + world.unit(15_000));
        expect(world.events(result)).toMatchObject([
            { event: 'TokensUnlocked', amount: world.unit(15_000), own: world.unit(5_000) },
        ]);
        expect(await world.staking.balance(account.address)).toBe(world.unit(5_000));
        expect(await account.getWallet()).toEqualAddress(world.staking.walletOf(account.address).address);
    });

    it('technical: delay, votes by message, by text and by stake, quorum, queue, Timelock', async () => {
        const { id, proposal, result } = await world.propose('alice', 'technical', [
            world.nothing('stranger', toNano('0.3')),
        ]);
        expect(id).toBe(1);
        expect(world.events(result).map(({ event }) => event)).toEqual(['ProposalCreated', 'QuorumSet']);
        const supply = (await world.staking.stakingToken.getJettonData()).totalSupply;
        expect(await proposal.getUri()).toBe('tonstorage://1');
        const info = await proposal.getProposal();
        expect(info).toMatchObject({
            state: 'pending',
            kind: 'technical',
            start: world.now + DAY,
            end: world.now + 8 * DAY,
            latestEnd: world.now + 10 * DAY,
            supply,
            needed: (supply * 4n + 99n) / 100n,
            count: 1,
            total: toNano('0.3'),
        });
        expect((await (await world.account('alice')).getVoter()).lockedUntil).toBe(info.latestEnd);

        await world.toStart(proposal);
        const typed = await world.vote('bob', id, 'for');
        const text = await world.voteText('alice', id, 'against');
        const staked = await world.voteStaked('carol', 'prover1', id, 'abstain');
        for (const vote of [typed, text, staked]) expect(world.failures(vote)).toEqual([]);
        expect(await proposal.getProposal()).toMatchObject({
            state: 'active',
            votesFor: world.unit(5_000_000),
            votesAgainst: world.unit(20_000),
            votesAbstain: world.unit(15_000),
            turnout: world.unit(5_010_000),
        });
        const events = governanceEvents([...typed.transactions, ...text.transactions, ...staked.transactions]);
        expect(recount(events)).toEqual({
            votesFor: world.unit(5_000_000),
            votesAgainst: world.unit(20_000),
            votesAbstain: world.unit(15_000),
            turnout: world.unit(5_010_000),
            ballots: 3,
        });

        await world.toEnd(proposal);
        expect((await proposal.getProposal()).state).toBe('succeeded');
        const queued = await proposal.sendQueue(world.sender('stranger'));
        expect(world.failures(queued)).toEqual([]);
        const ready = await proposal.getProposal();
        expect(ready).toMatchObject({ state: 'queued', readyAt: world.now + TIMELOCK_DELAY });
        world.at(ready.readyAt);
        const operation = await world.operation(proposal);
        const executed = await operation.sendExecute(world.sender('dave'));
        expect(world.failures(executed)).toEqual([]);
        expect((await proposal.getProposal()).state).toBe('executed');
        const [action] = txsAt(executed, world.address('stranger'));
        expect(action.inMessage!.body.beginParse().loadUint(32)).toBe(NOTHING);
    });

    it('economic and treasury: what the table allows', async () => {
        for (const [kind, to] of [
            ['economic', 'bob'],
            ['treasury', 'carol'],
        ] as const) {
            const { id, proposal } = await world.propose('alice', kind, [world.nothing(to)]);
            await world.toStart(proposal);
            await world.vote('bob', id, 'for');
            await world.toEnd(proposal);
            const executed = await world.carryOut(proposal);
            expect(world.failures(executed)).toEqual([]);
            expect((await proposal.getProposal()).state).toBe('executed');
            expect(txsAt(executed, world.address(to))).toHaveLength(1);
            world.at((await proposal.getProposal()).latestEnd);
        }
    });

    it('emergency: one day, and the Governor pauses as guardian', async () => {
        const { master } = world.staking;
        await master.sendSetRole(world.sender('owner'), { role: 'guardian', holder: world.governor.address });
        world.advance(2 * DAY);
        await master.sendApplyRole(world.sender('owner'));
        const { id, proposal } = await world.propose('alice', 'emergency', [
            { destination: master.address, value: toNano('0.1'), body: StakingMaster.pauseBody() },
        ]);
        expect(await proposal.getProposal()).toMatchObject({
            state: 'active',
            start: world.now,
            end: world.now + DAY,
            latestEnd: world.now + DAY,
        });
        await world.vote('bob', id, 'for');
        await world.toEnd(proposal);
        const result = await proposal.sendExecute(world.sender('stranger'));
        expect(world.failures(result)).toEqual([]);
        expect((await proposal.getProposal()).state).toBe('executed');
        expect((await master.getMaster()).pausedUntil).toBe(BigInt(world.now + 3 * DAY));
    });

    it('a stake of more than a year weighs twice', async () => {
        world.advance(YEAR - 2 * DAY);
        const first = await world.propose('alice');
        await world.toStart(first.proposal);
        // One day before its year.
        await world.voteStaked('carol', 'prover1', first.id, 'for');
        expect((await first.proposal.getProposal()).votesFor).toBe(world.unit(15_000));
        world.at((await first.proposal.getProposal()).latestEnd);
        const second = await world.propose('alice');
        await world.toStart(second.proposal);
        await world.voteStaked('carol', 'prover1', second.id, 'for');
        expect((await second.proposal.getProposal()).votesFor).toBe(world.unit(20_000));
        // As much again makes it half as old: what is new weighs 1.5.
        await world.staking.stake('carol', 'prover1', world.unit(5_000));
        await world.voteStaked('carol', 'prover1', second.id, 'for');
        expect((await second.proposal.getProposal()).votesFor).toBe(world.unit(27_500));
    });

    it('delegation: the delegate votes; taken back, the tokens wait for his votes to end', async () => {
        const [alice, bob] = [await world.account('alice'), await world.account('bob')];
        await world.deploy('dave');
        const dave = await world.account('dave');
        expect(world.failures(await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') }))).toEqual([]);
        expect((await bob.getVoter()).power).toBe(0n);
        expect(await dave.getVoter()).toMatchObject({ own: 0n, power: world.unit(5_000_000) });
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        await world.vote('dave', id, 'for');
        const { votesFor, latestEnd } = await proposal.getProposal();
        expect(votesFor).toBe(world.unit(5_000_000));
        expect(world.failures(await bob.sendRevokeDelegation(world.sender('bob')))).toEqual([]);
        expect(await bob.getVoter()).toMatchObject({ delegation: 'cooling', freeAt: latestEnd, power: 0n });
        expect((await dave.getVoter()).power).toBe(0n);
        world.at(latestEnd);
        expect(await bob.getVoter()).toMatchObject({ power: world.unit(5_000_000), delegation: 'none' });
        expect(world.failures(await world.unlock('bob', world.unit(5_000_000)))).toEqual([]);
        expect((await alice.getVoter()).own).toBe(world.unit(20_000));
        expect(accountIdOf(alice.address)).not.toBe(0n);
    });
});
