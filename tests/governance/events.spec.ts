/** Proposals, votes, locks and delegations as their events tell them, and the query of the messages whose rest comes back. */
import type { Address, Cell } from '@ton/core';
import '@ton/test-utils';

import { governanceEvents, operationId, packActions, Proposal, VoterAccount } from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool';
import { DAY, GovernanceWorld, TIMELOCK_DELAY } from '../support/governance/world';
import { excessQueries } from '../support/pool/transactions';

const queryId = 77n;
type Person = 'alice' | 'bob' | 'carol' | 'dave' | 'stranger';

let world: GovernanceWorld;
let restore: () => Promise<void>;

beforeAll(async () => {
    world = await GovernanceWorld.withVoters(5_000_000);
    await world.staking.enrich('dave');
    restore = world.checkpoint();
});
beforeEach(() => restore());

const id = (who: Person) => accountIdOf(world.address(who));
const U = (tokens: number) => world.unit(tokens);

/** Sends a message whose rest comes back with its query, or the one that the Governor gives; what happened then. */
async function told(who: Person, to: Address, body: Cell, query = queryId) {
    const result = await world.send(who, to, body);
    expect(world.failures(result)).toEqual([]);
    expect(excessQueries(result, world.address(who))).toContain(query);
    return governanceEvents(result.transactions);
}

it('tokens: locked, unlocked, delegated, taken back', async () => {
    const locked = await world.lock('dave', U(7));
    expect(world.events(locked)).toMatchObject([{ event: 'TokensLocked', amount: U(7), own: U(7) }]);
    const more = await world.lock('dave', U(3));
    expect(world.events(more)).toMatchObject([{ event: 'TokensLocked', amount: U(3), own: U(10) }]);
    const account = (await world.account('dave')).address;
    expect(await told('dave', account, VoterAccount.delegateBody({ to: world.address('bob'), queryId }))).toMatchObject(
        [{ event: 'DelegationChanged', amount: U(10), freeAt: 0n, delegate: id('bob') }],
    );
    expect((await (await world.account('bob')).getVoter()).power).toBe(U(5_000_010));
    expect(await told('dave', account, VoterAccount.revokeDelegationBody({ queryId }))).toMatchObject([
        { event: 'DelegationChanged', amount: 0n, freeAt: BigInt(world.now), delegate: id('bob') },
    ]);
    const unlocked = await world.send('dave', account, VoterAccount.unlockBody({ amount: U(4), queryId }));
    expect(world.events(unlocked)).toMatchObject([{ event: 'TokensUnlocked', amount: U(4), own: U(6) }]);
});

it('a proposal: created, voted on by tokens, text and stake, queued, executed', async () => {
    const account = (await world.account('alice')).address;
    const actions = [world.nothing('stranger')];
    const body = VoterAccount.proposeBody({ kind: 'technical', actions, description: 5n, uri: 'x', queryId });
    const start = BigInt(world.now + DAY);
    const end = start + BigInt(7 * DAY);
    const { totalSupply: supply } = await world.staking.stakingToken.getJettonData();
    const created = await told('alice', account, body);
    expect(created).toMatchObject([
        {
            ...{ event: 'ProposalCreated', proposal: 1n, kind: 0n, start, end, latestEnd: end + BigInt(2 * DAY) },
            ...{ proposer: id('alice'), description: 5n },
        },
        { event: 'QuorumSet', supply, needed: (supply * 4n + 99n) / 100n },
    ]);
    expect((created[0] as unknown as { actions: Cell }).actions).toEqualCell(packActions(actions));
    const proposal = await world.proposal(1);
    await world.toStart(proposal);

    const ballot = (kind: bigint, choice: bigint, base: bigint, weight: bigint, voter: Person, of: Address) => [
        { event: 'BallotCast', kind, choice, base, weight, voter: id(voter), account: accountIdOf(of) },
    ];
    const [bob, dave] = [(await world.account('bob')).address, (await world.account('dave')).address];
    const lockUntil = await world.governor.getLatestEnd(1);
    const vote = VoterAccount.voteBody({ proposal: 1, choice: 'for', lockUntil, queryId });
    expect(await told('bob', bob, vote)).toMatchObject(ballot(0n, 1n, U(5_000_000), U(5_000_000), 'bob', bob));
    await world.lock('dave', U(7));
    const text = await world.voteText('dave', 1, 'against');
    expect(world.events(text)).toMatchObject(ballot(0n, 0n, U(7), U(7), 'dave', dave));
    const position = await world.staking.position('prover1', 'carol');
    const staked = await world.voteStaked('carol', 'prover1', 1, 'abstain');
    expect(world.events(staked)).toMatchObject(ballot(1n, 2n, U(10_000), U(15_000), 'carol', position.address));

    await world.toEnd(proposal);
    const salt = accountIdOf(proposal.address);
    const operation = operationId({ actions: packActions(actions), salt, proposer: world.governor.address });
    const at = BigInt(world.now + TIMELOCK_DELAY);
    // The Timelock answers with the number of the proposal.
    expect(await told('stranger', proposal.address, Proposal.queueBody({ queryId }), 1n)).toMatchObject([
        { event: 'ProposalMoved', status: 3n, at: 0n, operation: 0n },
        { event: 'ProposalMoved', status: 3n, at, operation },
    ]);
    world.at(Number(at));
    const executed = await (await world.operation(proposal)).sendExecute(world.sender('stranger'));
    expect(world.events(executed)).toMatchObject([{ event: 'ProposalMoved', status: 4n, operation }]);
});

it('a proposal that its proposer cancels', async () => {
    const { proposal } = await world.propose('alice');
    const at = BigInt((await proposal.getProposal()).start);
    expect(await told('alice', proposal.address, Proposal.cancelBody({ queryId }))).toMatchObject([
        { event: 'ProposalMoved', status: 2n, at, operation: 0n },
    ]);
});

it('a quorum that comes late', async () => {
    const { proposal } = await world.propose('alice');
    await world.toEnd(proposal);
    world.advance(-3600);
    const late = await world.vote('bob', 1, 'for');
    const { end } = await proposal.getProposal();
    expect(world.events(late)).toMatchObject([
        { event: 'VotingExtended', end: BigInt(end) },
        { event: 'BallotCast', voter: id('bob') },
    ]);
    expect(end).toBe(world.now + 3600 + 2 * DAY);
});

it('a quorum of an emergency extends nothing, however late', async () => {
    const pause = { ...world.nothing(world.staking.master.address), body: world.pauseBody() };
    const { proposal } = await world.propose('alice', 'emergency', [pause]);
    await world.toEnd(proposal);
    world.advance(-1);
    const { end } = await proposal.getProposal();
    const late = await world.vote('bob', 1, 'for');
    expect(world.events(late).map(({ event }) => event)).toEqual(['BallotCast']);
    expect((await proposal.getProposal()).end).toBe(end);
});
