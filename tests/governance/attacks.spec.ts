/** What an attacker would try: the same tokens twice, tokens for a moment, games with the quorum, actions under a false name. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import { storeBallot, storeProposeAsk, storeStakedVote } from '../../build/Governor/Governor_Governor';
import {
    GovernanceExit,
    Governor,
    operationId,
    packActions,
    Proposal,
    Timelock,
    VoterAccount,
} from '../../wrappers/governance';
import { pack } from '../../wrappers/common/messages';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { StakingExit, StakingMaster } from '../../wrappers/staking';
import { editTimelock } from '../support/governance/timelock-state';
import { DAY, GovernanceWorld } from '../support/governance/world';
import { expectRefused } from '../support/pool/transactions';
import { voteRefusals } from '../support/staking/world';

describe('attacks', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.withVoters(100_000);
        await world.staking.open('prover2', world.unit(1000));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const open = async (kind: 'technical' | 'economic' = 'technical') => {
        const made = await world.propose('alice', kind, [world.nothing(kind === 'economic' ? 'bob' : 'alice')]);
        await world.toStart(made.proposal);
        return made;
    };

    describe('another proposer of the Timelock', () => {
        it('schedules the operation of a proposal first, late and to cancel it: the proposal does not notice', async () => {
            const rival = world.sender('dave');
            await editTimelock(world, ({ proposers, proposerCount }) => ({
                proposers: proposers.set(accountIdOf(world.address('dave')), true),
                proposerCount: proposerCount + 1n,
            }));
            await world.lock('stranger', world.unit(5_000_000), { from: 'bob' });
            const { id, proposal } = await open();
            await world.vote('stranger', id, 'for');
            await world.toEnd(proposal);
            const key = {
                actions: packActions(await proposal.getActions()),
                salt: accountIdOf(proposal.address),
                proposer: world.address('dave'),
            };
            const schedule = (delay: number) =>
                world.timelock.sendSchedule(rival, { ...key, delay, responseTo: proposal.address, value: toNano('3') });
            const cancel = (operation: bigint) => world.timelock.sendCancel(rival, { id: operation });
            expect(world.codes(await schedule(30 * DAY))).toEqual([]);
            expect((await proposal.getProposal()).state).toBe('succeeded');
            await cancel(operationId(key));

            expect(world.codes(await proposal.sendQueue(world.sender('alice')))).toEqual([]);
            const queued = await proposal.getProposal();
            expect(queued).toMatchObject({ state: 'queued', readyAt: world.now + 2 * DAY });
            const operation = await world.operation(proposal);
            expect(queued.operation).toBe((await operation.getOperation()).id);
            // Again while it waits: neither its time nor its state moves.
            await schedule(29 * DAY);
            await cancel(operationId(key));
            await cancel(queued.operation);
            expect(await proposal.getProposal()).toMatchObject({ state: 'queued', readyAt: queued.readyAt });
            expect((await operation.getOperation()).phaseName).toBe('waiting');

            world.at(queued.readyAt);
            expect(world.codes(await operation.sendExecute(world.sender('alice')))).toEqual([]);
            expect((await proposal.getProposal()).state).toBe('executed');
        });
    });

    describe('the same tokens twice', () => {
        it('moved to another account: they cannot leave before the end', async () => {
            const { id, proposal } = await open();
            await world.vote('bob', id, 'for');
            const bob = await world.account('bob');
            expect(world.codes(await world.unlock('bob', 1n))).toEqual([GovernanceExit.ERROR_TOKENS_LOCKED]);
            const delegate = await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
            expect(world.codes(delegate)).toEqual([GovernanceExit.ERROR_TOKENS_LOCKED]);
            // An hour of proofs does not move them either.
            const proof = await bob.sendProveTokens(world.sender('bob'), { amount: world.unit(200_000) });
            expect(world.failures(proof)).toHaveLength(1);
            expect((await bob.getVoter()).own).toBe(world.unit(100_000));
            expect((await proposal.getProposal()).votesFor).toBe(world.unit(100_000));
        });

        it('cast again, the other way or with another end: refused; with more tokens: only these', async () => {
            const { id, proposal } = await open();
            await world.vote('bob', id, 'for');
            expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_NO_POWER]);
            expect(world.codes(await world.vote('bob', id, 'against'))).toEqual([GovernanceExit.ERROR_VOTED_OTHERWISE]);
            const { latestEnd } = await proposal.getProposal();
            const bob = await world.account('bob');
            const sooner = { proposal: id, choice: 'for', lockUntil: world.now + 1 } as const;
            expect(world.codes(await bob.sendVote(world.sender('bob'), sooner))).toEqual([
                GovernanceExit.ERROR_VOTED_OTHERWISE,
            ]);
            await world.lock('bob', world.unit(7));
            expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([]);
            expect((await proposal.getProposal()).votesFor).toBe(world.unit(100_007));
            expect(await bob.getBallot(id)).toEqual({
                choice: 'for',
                lockUntil: latestEnd,
                cast: world.unit(100_007),
            });
        });

        it('with a false end: the proposal refuses, and the real lock of another vote stays', async () => {
            const { id, proposal } = await open();
            const bob = await world.account('bob');
            const { latestEnd } = await proposal.getProposal();
            for (const lockUntil of [latestEnd - 1, latestEnd + 1, world.now + 1]) {
                const vote = await bob.sendVote(world.sender('bob'), { proposal: id, choice: 'for', lockUntil });
                expect(world.codes(vote)).toEqual([GovernanceExit.ERROR_WRONG_END]);
                expect(await bob.getVoter()).toMatchObject({ lockedUntil: 0, ballotCount: 0 });
            }
            await world.vote('bob', id, 'for');
            // A vote on a proposal that does not exist comes back.
            const nowhere = { proposal: 99, choice: 'for', lockUntil: world.now + 60 * DAY } as const;
            await bob.sendVote(world.sender('bob'), nowhere);
            expect(await bob.getVoter()).toMatchObject({ lockedUntil: latestEnd, ballotCount: 1 });
        });

        it('revoked from a delegate who has voted, and cast by the owner or another delegate', async () => {
            const [bob, dave] = [await world.account('bob'), await world.deploy('dave')];
            await world.deploy('stranger');
            await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
            const { id, proposal } = await open();
            await world.vote('dave', id, 'for');
            await bob.sendRevokeDelegation(world.sender('bob'));
            expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_NO_POWER]);
            const again = await bob.sendDelegate(world.sender('bob'), { to: world.address('stranger') });
            expect(world.codes(again)).toEqual([GovernanceExit.ERROR_DELEGATED]);
            expect(world.codes(await world.unlock('bob', 1n))).toEqual([GovernanceExit.ERROR_NOT_FREE]);
            // What comes to the delegate in its place votes only as far as it is more.
            await world.lock('carol', world.unit(100_001));
            const carol = await world.account('carol');
            await carol.sendDelegate(world.sender('carol'), { to: world.address('dave') });
            await world.vote('dave', id, 'for');
            expect((await proposal.getProposal()).votesFor).toBe(world.unit(100_001));
            expect((await dave.getVoter()).power).toBe(world.unit(100_001));
            world.at((await proposal.getProposal()).latestEnd);
            expect(world.codes(await world.unlock('bob', world.unit(100_000)))).toEqual([]);
        });

        it('delegated on: what was received stays with the delegate', async () => {
            const [bob, dave] = [await world.account('bob'), await world.deploy('dave')];
            await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
            const on = await dave.sendDelegate(world.sender('dave'), { to: world.address('stranger') });
            expect(world.codes(on)).toEqual([GovernanceExit.ERROR_NO_POWER]);
            expect(world.codes(await world.unlock('dave', 1n))).toEqual([GovernanceExit.ERROR_NOT_FREE]);
            const self = await dave.sendDelegate(world.sender('dave'), { to: world.address('dave') });
            expect(world.codes(self)).toEqual([GovernanceExit.ERROR_BAD_DELEGATE]);
        });

        it('staked: redelegated, unstaked and staked again, slashed and filled up', async () => {
            const { id, proposal } = await open();
            await world.voteStaked('carol', 'prover1', id, 'for');
            const cast = world.unit(15_000);
            expect((await proposal.getProposal()).votesFor).toBe(cast);
            const target = world.staking.prover('prover2').staking.address;
            await world.staking.request('carol', 'prover1', { amount: world.unit(4_000), target });
            // Pending shares have no vote; new ones in their place are no more than before.
            expect(voteRefusals(await world.voteStaked('carol', 'prover1', id, 'for'))).toEqual([
                StakingExit.ERROR_NOT_ENOUGH,
            ]);
            await world.staking.stake('carol', 'prover1', world.unit(4_000));
            expect(voteRefusals(await world.voteStaked('carol', 'prover1', id, 'for'))).toEqual([
                StakingExit.ERROR_NOT_ENOUGH,
            ]);
            // Enough of his own that the prover stays in service.
            await world.staking.stake('prover1', 'prover1', world.unit(5_000));
            await world.staking.slash('prover1', 500_000);
            await world.staking.stake('carol', 'prover1', world.unit(5_000));
            expect(voteRefusals(await world.voteStaked('carol', 'prover1', id, 'for'))).toEqual([
                StakingExit.ERROR_NOT_ENOUGH,
            ]);
            expect((await proposal.getProposal()).votesFor).toBe(cast);
            // One token more than was cast counts.
            world.at((await proposal.getProposal()).end - 1);
            await world.staking.stake('carol', 'prover1', world.unit(1));
            expect(voteRefusals(await world.voteStaked('carol', 'prover1', id, 'for'))).toEqual([]);
            expect((await proposal.getProposal()).votesFor).toBe(cast + (world.unit(1) * 3n) / 2n);
            // The redelegation is due after 7 days, and waits for the vote.
            world.advance(1);
            expect(world.failures(await world.staking.complete('carol', 'prover1'))).toEqual([
                StakingExit.ERROR_LOCKED,
            ]);
            expect(await world.staking.exists((await world.staking.position('prover2', 'carol')).address)).toBe(false);
        });

        it('staked: a lower end in a second vote does not shorten the lock', async () => {
            const { id, proposal } = await open();
            await world.voteStaked('carol', 'prover1', id, 'for');
            const { latestEnd } = await proposal.getProposal();
            await world.staking.stake('carol', 'prover1', world.unit(10));
            const { staking } = world.staking.prover('prover1');
            const vote = (to: Address, lockUntil: number) =>
                staking.sendCastVote(world.sender('carol'), { proposal: to, choice: 1, lockUntil });
            expect(voteRefusals(await vote(proposal.address, world.now + 1))).toEqual([StakingExit.ERROR_OTHER_CHOICE]);
            await vote(await world.governor.getProposalAddress(99), world.now + 1);
            const position = await world.staking.position('prover1', 'carol');
            expect((await position.getPosition()).lockedUntil).toBe(BigInt(latestEnd));
        });
    });

    it('tokens for a moment: what votes stays until the latest end', async () => {
        const { id } = await open();
        await world.lock('dave', world.unit(1_000_000));
        await world.vote('dave', id, 'for');
        expect(world.codes(await world.unlock('dave', world.unit(1_000_000)))).toEqual([
            GovernanceExit.ERROR_TOKENS_LOCKED,
        ]);
    });

    it('the quorum is that of the supply at creation, whatever is burned or minted then', async () => {
        const { id, proposal } = await world.propose('alice');
        const { needed, supply } = await proposal.getProposal();
        const { staking } = world;
        await staking.enrich('dave');
        await staking.walletOf(world.address('bob')).sendBurn(world.sender('bob'), {
            amount: world.unit(1_000_000),
            response: world.address('bob'),
            value: toNano('1'),
        });
        await world.governor.sendAskSupply(world.sender('bob'), { proposal: id });
        expect(await proposal.getProposal()).toMatchObject({ needed, supply });
        // Only the minter says it.
        const lie = beginCell().storeUint(0x71010081, 32).storeUint(0, 64).storeUint(2, 64);
        const body = lie.storeCoins(1).storeCoins(1).storeCoins(0).endCell();
        await expectRefused(world.blockchain, world.governor.address, GovernanceExit.ERROR_NOT_TOKEN_MINTER, () =>
            world.send('dave', world.governor.address, body),
        );
    });

    it('spam: a proposal needs free tokens of its own, one at a time', async () => {
        await world.lock('dave', world.unit(9_999));
        expect(world.codes(await world.sendPropose('dave', 'technical', [world.nothing()]))).toEqual([
            GovernanceExit.ERROR_BELOW_THRESHOLD,
        ]);
        const dave = await world.account('dave');
        expect(await dave.getVoter()).toMatchObject({ lockedUntil: 0, proposalUntil: 0 });
        // Delegated tokens are nobody's stake.
        const bob = await world.account('bob');
        await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
        for (const who of ['dave', 'bob'] as const) {
            expect(world.codes(await world.sendPropose(who, 'technical', [world.nothing()]))).toEqual([
                GovernanceExit.ERROR_BELOW_THRESHOLD,
            ]);
        }
        await world.lock('dave', world.unit(1));
        await world.propose('dave');
        expect(world.codes(await world.sendPropose('dave', 'technical', [world.nothing()]))).toEqual([
            GovernanceExit.ERROR_OPEN_PROPOSAL,
        ]);
        expect(world.codes(await world.unlock('dave', 1n))).toEqual([GovernanceExit.ERROR_TOKENS_LOCKED]);
    });

    describe('actions', () => {
        const tried = async (kind: 'technical' | 'economic' | 'treasury' | 'emergency', body: Cell, to: Address) =>
            world.codes(
                await world.sendPropose('alice', kind, [{ destination: to, value: toNano('0.1'), body }], toNano('5')),
            );

        it('outside the table a proposal must be technical', async () => {
            const { body } = world.nothing();
            for (const kind of ['economic', 'treasury', 'emergency'] as const) {
                expect(await tried(kind, body, world.address('stranger'))).toEqual([GovernanceExit.ERROR_ACTION_KIND]);
            }
            // In it: that opcode to that address, and that type.
            expect(await tried('treasury', body, world.address('bob'))).toEqual([GovernanceExit.ERROR_ACTION_KIND]);
            const other = beginCell().storeUint(1, 32).storeUint(0, 64).endCell();
            expect(await tried('economic', other, world.address('bob'))).toEqual([GovernanceExit.ERROR_ACTION_KIND]);
            expect(await tried('economic', body, world.address('bob'))).toEqual([]);
        });

        it('to the Governor itself or its children: only technical, and only the Timelock is heard', async () => {
            const settings = Governor.changeSettingsBody({ settings: await world.governor.getSettings() });
            for (const kind of ['economic', 'treasury', 'emergency'] as const) {
                expect(await tried(kind, settings, world.governor.address)).toEqual([GovernanceExit.ERROR_ACTION_KIND]);
            }
            const rule = Governor.changeRuleBody({ destination: world.governor.address, op: 5, kind: 'economic' });
            const { id, proposal } = await world.propose('alice', 'technical', [
                { destination: world.governor.address, value: toNano('0.2'), body: rule },
            ]);
            await world.lock('dave', world.unit(5_000_000));
            await world.toStart(proposal);
            await world.vote('dave', id, 'for');
            await world.toEnd(proposal);
            const result = await world.carryOut(proposal);
            expect(world.failures(result)).toEqual([GovernanceExit.ERROR_BAD_PARAMETER]);
            expect(await world.governor.getRule(world.governor.address, 5)).toBeNull();
        });

        it('an emergency stops and does nothing else', async () => {
            const { master } = world.staking;
            const { timelock } = world;
            expect(await tried('emergency', StakingMaster.unpauseBody(), master.address)).toEqual([
                GovernanceExit.ERROR_ACTION_KIND,
            ]);
            const schedule = Timelock.scheduleBody({
                delay: 2 * DAY,
                actions: [world.nothing()],
                responseTo: world.address('alice'),
            });
            expect(await tried('emergency', schedule, timelock.address)).toEqual([GovernanceExit.ERROR_ACTION_KIND]);
            expect(await tried('emergency', Timelock.cancelBody({ id: 1n }), timelock.address)).toEqual([]);
        });

        it('self-calls of the Timelock other than its administration, short bodies, long lists, no value', async () => {
            const { timelock } = world;
            const nothing = world.nothing();
            expect(await tried('technical', nothing.body, timelock.address)).toEqual([
                GovernanceExit.ERROR_FORBIDDEN_SELF,
            ]);
            const short = beginCell().storeUint(1, 95).endCell();
            expect(await tried('technical', short, world.address('bob'))).toEqual([GovernanceExit.ERROR_BAD_ACTION]);
            const many = (count: number) => Array.from({ length: count }, () => nothing);
            expect(world.codes(await world.sendPropose('alice', 'technical', many(11), toNano('9')))).toEqual([
                GovernanceExit.ERROR_ACTION_COUNT,
            ]);
            const free = { ...nothing, value: toNano('0.02') - 1n };
            expect(world.codes(await world.sendPropose('alice', 'technical', [free], toNano('9')))).toEqual([
                GovernanceExit.ERROR_ACTION_VALUE,
            ]);
            expect(world.codes(await world.sendPropose('alice', 'technical', many(10), toNano('9')))).toEqual([]);
        });
    });

    describe('a false name', () => {
        it('a vote of a stranger, of the account of another Governor, of another StakingMaster', async () => {
            const { id, proposal } = await open();
            const { latestEnd } = await proposal.getProposal();
            const ballot = pack(
                storeBallot({
                    $$type: 'Ballot',
                    queryId: 0n,
                    proposal: BigInt(id),
                    base: world.unit(1),
                    choice: 1n,
                    lockUntil: BigInt(latestEnd),
                    voter: accountIdOf(world.address('bob')),
                }),
            );
            const foreign = await VoterAccount.createFromConfig({
                governor: world.address('dave'),
                voter: world.address('bob'),
                terms: world.terms,
            });
            const from = (address: Address, body: Cell) => () =>
                world.blockchain.sendMessage(
                    internal({ from: address, to: proposal.address, value: toNano('1'), body, bounce: true }),
                );
            const carol = await world.account('carol');
            for (const address of [world.address('bob'), foreign.address, carol.address]) {
                await expectRefused(
                    world.blockchain,
                    proposal.address,
                    GovernanceExit.ERROR_NOT_VOTER_ACCOUNT,
                    from(address, ballot),
                );
            }
            const staked = (prover: Address, staker: Address) =>
                pack(
                    storeStakedVote({
                        $$type: 'StakedVote',
                        queryId: 0n,
                        base: world.unit(1),
                        choice: 1n,
                        lockUntil: BigInt(latestEnd),
                        since: 0n,
                        origin: beginCell()
                            .storeUint(accountIdOf(staker), 256)
                            .storeUint(accountIdOf(prover), 256)
                            .storeUint(0, 64)
                            .endCell(),
                    }),
                );
            const position = await world.staking.position('prover1', 'carol');
            for (const [address, body] of [
                [world.address('carol'), staked(world.address('prover1'), world.address('carol'))],
                [position.address, staked(world.address('prover2'), world.address('carol'))],
                [position.address, staked(world.address('prover1'), world.address('bob'))],
            ] as const) {
                await expectRefused(
                    world.blockchain,
                    proposal.address,
                    GovernanceExit.ERROR_NOT_STAKED,
                    from(address, body),
                );
            }
        });

        it('a proposal for somebody else', async () => {
            const body = pack(
                storeProposeAsk({
                    $$type: 'ProposeAsk',
                    queryId: 0n,
                    voter: accountIdOf(world.address('bob')),
                    tokens: world.unit(1_000_000),
                    kind: 0n,
                    description: 0n,
                    actions: Cell.EMPTY,
                    uri: Cell.EMPTY,
                }),
            );
            for (const from of ['bob', 'alice'] as const) {
                await expectRefused(
                    world.blockchain,
                    world.governor.address,
                    GovernanceExit.ERROR_NOT_VOTER_ACCOUNT,
                    () => world.send(from, world.governor.address, body),
                );
            }
        });

        it('an executed proposal does not run again', async () => {
            const { id, proposal } = await open('economic');
            await world.lock('dave', world.unit(5_000_000));
            await world.vote('dave', id, 'for');
            await world.toEnd(proposal);
            await world.carryOut(proposal);
            const operation = await world.operation(proposal);
            expect(world.codes(await operation.sendExecute(world.sender('dave'), { value: toNano('2') }))).toEqual([
                GovernanceExit.ERROR_OPERATION_STATE,
            ]);
            for (const body of [Proposal.queueBody(), Proposal.executeBody()]) {
                const again = await world.send('dave', proposal.address, body);
                expect(world.codes(again)).toHaveLength(1);
            }
            expect((await proposal.getProposal()).state).toBe('executed');
        });
    });
});
