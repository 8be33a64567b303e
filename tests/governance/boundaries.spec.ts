/** The states of a proposal at every second at which one ends and another begins, and what can be done in each. */
import { SandboxContract } from '@ton/sandbox';

import { GovernanceExit, Proposal, ProposalState } from '../../wrappers/governance';
import { DAY, GovernanceWorld, GRACE, HOUR, TIMELOCK_DELAY } from '../support/governance/world';
import { accept, plain, refuse } from '../support/pool/transactions';
import { fillBallots, filledBallot } from '../support/governance/voter-state';

describe('every second belongs to one state', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.create();
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(5_000_000));
        await world.lock('carol', world.unit(5_000_000));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const state = async (proposal: SandboxContract<Proposal>) => (await proposal.getProposal()).state;

    async function expectStates(
        proposal: SandboxContract<Proposal>,
        rows: readonly (readonly [number, ProposalState])[],
    ): Promise<void> {
        const before = world.now;
        const seen: [number, ProposalState][] = [];
        for (const [second] of rows) {
            world.at(second);
            seen.push([second, await state(proposal)]);
        }
        expect(seen).toEqual(rows);
        world.at(before);
    }

    it('pending, active, succeeded, expired; a vote counts from the first to the last second', async () => {
        const { id, proposal } = await world.propose('alice');
        const { start, end } = await proposal.getProposal();
        world.at(start - 1);
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_NOT_ACTIVE]);
        expect((await (await world.account('bob')).getVoter()).lockedUntil).toBe(0);
        world.at(start);
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([]);
        world.at(end - 1);
        expect(world.codes(await world.vote('carol', id, 'for'))).toEqual([]);
        const queue = async () => world.codes(await proposal.sendQueue(world.sender('dave')));
        expect(await queue()).toEqual([GovernanceExit.ERROR_PROPOSAL_STATE]);
        world.at(end);
        expect(world.codes(await world.vote('alice', id, 'for'))).toEqual([GovernanceExit.ERROR_NOT_ACTIVE]);
        await expectStates(proposal, [
            [start - 1, 'pending'],
            [start, 'active'],
            [end - 1, 'active'],
            [end, 'succeeded'],
            [end + GRACE - 1, 'succeeded'],
            [end + GRACE, 'expired'],
        ]);
        const succeeded = world.checkpoint();
        world.at(end + GRACE);
        expect(await queue()).toEqual([GovernanceExit.ERROR_PROPOSAL_STATE]);
        await succeeded();
        world.at(end + GRACE - 1);
        expect(await queue()).toEqual([]);
        const { readyAt } = await proposal.getProposal();
        expect(readyAt).toBe(end + GRACE - 1 + TIMELOCK_DELAY);
        await expectStates(proposal, [
            [readyAt, 'queued'],
            [readyAt + GRACE - 1, 'queued'],
            [readyAt + GRACE, 'expired'],
        ]);
        expect(await queue()).toEqual([GovernanceExit.ERROR_PROPOSAL_STATE]);
        const operation = await world.operation(proposal);
        const execute = async () => world.codes(await operation.sendExecute(world.sender('dave')));
        world.at(readyAt - 1);
        expect(await execute()).toEqual([GovernanceExit.ERROR_TOO_EARLY]);
        const waiting = world.checkpoint();
        world.at(readyAt + GRACE);
        expect(await execute()).toEqual([GovernanceExit.ERROR_GRACE_OVER]);
        await waiting();
        world.at(readyAt + GRACE - 1);
        expect(await execute()).toEqual([]);
        world.advance(GRACE);
        expect(await state(proposal)).toBe('executed');
    });

    it('quorum and majority to the token', async () => {
        const supply = (await world.staking.stakingToken.getJettonData()).totalSupply;
        const needed = (supply * 400n + 9_999n) / 10_000n;
        // Beside alice's 20,000: as many as make the quorum, or one less.
        for (const [tokens, expected] of [
            [needed, 'succeeded'],
            [needed - 1n, 'defeated'],
        ] as const) {
            await world.lock('dave', tokens);
            const { id, proposal } = await world.propose('alice');
            // What dave got at first is in the supply now.
            const { needed: now } = await proposal.getProposal();
            await world.unlock('dave', tokens);
            await world.lock('dave', expected === 'succeeded' ? now : now - 1n);
            await world.toStart(proposal);
            await world.vote('dave', id, 'for');
            await world.toEnd(proposal);
            expect([expected, (await proposal.getProposal()).turnout - now]).toEqual([
                expected,
                expected === 'succeeded' ? 0n : -1n,
            ]);
            expect(await state(proposal)).toBe(expected);
            await restore();
        }
        // Technical: 60 %. 3 to 2 is enough, a token more against is not; abstaining counts for the quorum only.
        for (const [against, expected] of [
            [world.unit(2_000_000), 'succeeded'],
            [world.unit(2_000_000) + 1n, 'defeated'],
        ] as const) {
            await world.unlock('bob', world.unit(2_000_000));
            await world.unlock('carol', world.unit(5_000_000) - against);
            const { id, proposal } = await world.propose('alice');
            await world.toStart(proposal);
            await world.vote('bob', id, 'for');
            await world.vote('carol', id, 'against');
            await world.vote('alice', id, 'abstain');
            await world.toEnd(proposal);
            expect(await state(proposal)).toBe(expected);
            await restore();
        }
        // Treasury: 50 %, but a tie is no majority.
        const { id, proposal } = await world.propose('alice', 'treasury', [world.nothing('carol')]);
        await world.toStart(proposal);
        await world.vote('bob', id, 'for');
        await world.vote('carol', id, 'against');
        await world.toEnd(proposal);
        expect(await state(proposal)).toBe('defeated');
    });

    it('abstentions make a quorum and no majority', async () => {
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        await world.vote('bob', id, 'abstain');
        await world.toEnd(proposal);
        expect(await proposal.getProposal()).toMatchObject({ state: 'defeated', turnout: world.unit(5_000_000) });
        expect(world.codes(await proposal.sendQueue(world.sender('dave')))).toEqual([
            GovernanceExit.ERROR_PROPOSAL_STATE,
        ]);
    });

    it('a late quorum moves the end by two days, once', async () => {
        const { id, proposal } = await world.propose('alice');
        const { end, latestEnd } = await proposal.getProposal();
        expect(latestEnd).toBe(end + 2 * DAY);
        world.at(end - 2 * DAY);
        const mark = world.checkpoint();
        await world.vote('bob', id, 'for');
        expect((await proposal.getProposal()).end).toBe(end);
        await mark();
        // Against does not make a quorum.
        world.at(end - 2 * DAY + 1);
        await world.vote('carol', id, 'against');
        expect((await proposal.getProposal()).end).toBe(end);
        const result = await world.vote('bob', id, 'for');
        expect(world.events(result)).toMatchObject([
            { event: 'VotingExtended', end: BigInt(latestEnd) },
            { event: 'BallotCast' },
        ]);
        expect((await proposal.getProposal()).end).toBe(latestEnd);
        world.at(latestEnd - 1);
        await world.vote('alice', id, 'for');
        expect((await proposal.getProposal()).end).toBe(latestEnd);
        await expectStates(proposal, [
            [end, 'active'],
            [latestEnd - 1, 'active'],
            [latestEnd, 'defeated'],
        ]);
    });

    it('an emergency: no delay, no extension, and an hour for the supply', async () => {
        const actions = [{ ...world.nothing(world.staking.master.address), body: world.pauseBody() }];
        const minter = world.staking.stakingToken.address;
        const back = await accept(world.blockchain, minter);
        const { id, proposal } = await world.propose('alice', 'emergency', actions);
        await back();
        const { start, end, latestEnd } = await proposal.getProposal();
        expect([start, end, latestEnd]).toEqual([world.now, world.now + DAY, world.now + DAY]);
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_NOT_ACTIVE]);
        await expectStates(proposal, [
            [start, 'pending'],
            [start + HOUR - 1, 'pending'],
            [start + HOUR, 'cancelled'],
        ]);
        const mark = world.checkpoint();
        world.at(start + HOUR);
        await world.governor.sendAskSupply(world.sender('dave'), { proposal: id });
        expect(await state(proposal)).toBe('cancelled');
        await mark();
        world.at(start + HOUR - 1);
        await world.governor.sendAskSupply(world.sender('dave'), { proposal: id });
        expect(await state(proposal)).toBe('active');
        world.at(end - 1);
        await world.vote('bob', id, 'for');
        await expectStates(proposal, [
            [end - 1, 'active'],
            [end, 'succeeded'],
            [end + GRACE - 1, 'succeeded'],
            [end + GRACE, 'expired'],
        ]);
        expect(world.codes(await proposal.sendQueue(world.sender('dave')))).toEqual([GovernanceExit.ERROR_KIND]);
    });

    it('without a supply at the start it is cancelled, and its proposer free', async () => {
        const back = await accept(world.blockchain, world.staking.stakingToken.address);
        const { id, proposal } = await world.propose('alice');
        await back();
        const { start } = await proposal.getProposal();
        await expectStates(proposal, [
            [start - 1, 'pending'],
            [start, 'cancelled'],
        ]);
        world.at(start);
        await world.governor.sendAskSupply(world.sender('dave'), { proposal: id });
        expect(await proposal.getProposal()).toMatchObject({ state: 'cancelled', needed: 0n });
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_NOT_ACTIVE]);
        expect(world.codes(await world.unlock('alice', 1n))).toEqual([GovernanceExit.ERROR_TOKENS_LOCKED]);
        // From anyone; the account refuses once, and is told again.
        const alice = await world.account('alice');
        const open = await refuse(world.blockchain, alice.address);
        await proposal.sendCancel(world.sender('dave'));
        await open();
        expect((await alice.getVoter()).lockedUntil).toBeGreaterThan(world.now);
        expect(world.codes(await proposal.sendCancel(world.sender('dave')))).toEqual([]);
        expect((await alice.getVoter()).lockedUntil).toBe(0);
        expect(world.codes(await world.unlock('alice', world.unit(20_000)))).toEqual([]);
    });

    it('the proposer cancels until the voting starts', async () => {
        const { id, proposal } = await world.propose('alice');
        expect(world.codes(await proposal.sendCancel(world.sender('bob')))).toEqual([GovernanceExit.ERROR_NOT_VOTER]);
        expect(world.codes(await world.sendPropose('alice', 'technical', [world.nothing()]))).toEqual([
            GovernanceExit.ERROR_OPEN_PROPOSAL,
        ]);
        await world.toStart(proposal);
        const mark = world.checkpoint();
        expect(world.codes(await proposal.sendCancel(world.sender('alice')))).toEqual([
            GovernanceExit.ERROR_PROPOSAL_STATE,
        ]);
        await mark();
        world.advance(-1);
        expect(world.codes(await proposal.sendCancel(world.sender('alice')))).toEqual([]);
        expect(await state(proposal)).toBe('cancelled');
        // Not before the voting would have begun: the same tokens could fill the Governor's list in an hour.
        expect(world.codes(await world.unlock('alice', 1n))).toEqual([GovernanceExit.ERROR_TOKENS_LOCKED]);
        expect(world.codes(await world.sendPropose('alice', 'technical', [world.nothing()]))).toEqual([
            GovernanceExit.ERROR_OPEN_PROPOSAL,
        ]);
        // Not even when somebody says it again.
        expect(world.codes(await proposal.sendCancel(world.sender('dave')))).toEqual([]);
        const { start } = await proposal.getProposal();
        const alice = await world.account('alice');
        expect(await alice.getVoter()).toMatchObject({ proposalUntil: start, lockedUntil: start });
        world.advance(1);
        const free = world.checkpoint();
        expect(world.codes(await world.unlock('alice', 1n))).toEqual([]);
        await free();
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_NOT_ACTIVE]);
        // Free for the next one, which an old release does not end.
        const next = await world.propose('alice');
        expect(world.codes(await proposal.sendCancel(world.sender('alice')))).toEqual([]);
        const { latestEnd } = await next.proposal.getProposal();
        expect((await (await world.account('alice')).getVoter()).proposalUntil).toBe(latestEnd);
        world.at(latestEnd - 1);
        expect(world.codes(await world.sendPropose('alice', 'technical', [world.nothing()]))).toEqual([
            GovernanceExit.ERROR_OPEN_PROPOSAL,
        ]);
        world.at(latestEnd);
        await world.propose('alice');
    });

    it('the proposer of an emergency cancels while its supply is not known, and waits until it would have ended', async () => {
        const pause = { ...world.nothing(world.staking.master.address), body: world.pauseBody() };
        const back = await accept(world.blockchain, world.staking.stakingToken.address);
        const { proposal } = await world.propose('alice', 'emergency', [pause]);
        await back();
        const { end } = await proposal.getProposal();
        const early = world.checkpoint();
        expect(world.codes(await proposal.sendCancel(world.sender('alice')))).toEqual([]);
        const alice = await world.account('alice');
        expect(await alice.getVoter()).toMatchObject({ proposalUntil: end, lockedUntil: end });
        world.at(end - 1);
        expect(world.codes(await world.unlock('alice', 1n))).toEqual([GovernanceExit.ERROR_TOKENS_LOCKED]);
        world.at(end);
        expect(world.codes(await world.unlock('alice', 1n))).toEqual([]);
        // Nobody's fault: an hour later, without a supply, he is free at once.
        await early();
        world.advance(HOUR);
        expect(world.codes(await proposal.sendCancel(world.sender('dave')))).toEqual([]);
        expect(await alice.getVoter()).toMatchObject({ proposalUntil: 0, lockedUntil: 0 });
    });

    it('a lock ends at the latest end of the last vote, to the second', async () => {
        const { id, proposal } = await world.propose('alice');
        const { latestEnd } = await proposal.getProposal();
        await world.toStart(proposal);
        await world.vote('bob', id, 'for');
        const bob = await world.account('bob');
        world.at(latestEnd - 1);
        for (const result of [
            await world.unlock('bob', 1n),
            await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') }),
        ]) {
            expect(world.codes(result)).toEqual([GovernanceExit.ERROR_TOKENS_LOCKED]);
        }
        world.at(latestEnd);
        expect(world.codes(await world.unlock('bob', world.unit(5_000_000)))).toEqual([]);
    });

    it('24 votes that are not over leave no room; those that are over make it, to the second', async () => {
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        const { latestEnd } = await proposal.getProposal();
        const bob = await world.account('bob');
        const soon = world.now + HOUR;
        const late = latestEnd + DAY;
        const ends = (over: number) => Array.from({ length: 24 }, (_, i) => (i < over ? soon : late));
        await fillBallots(world, 'bob', ends(3));
        const full = world.checkpoint();
        world.at(soon - 1);
        const before = await bob.getVoter();
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_TOO_MANY_BALLOTS]);
        expect(plain(await bob.getVoter())).toEqual(plain(before));
        expect((await proposal.getProposal()).votesFor).toBe(0n);
        await full();
        world.at(soon);
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([]);
        expect(await bob.getVoter()).toMatchObject({ ballotCount: 22, lockedUntil: late });
        expect((await proposal.getProposal()).votesFor).toBe(world.unit(5_000_000));
        const kept = await Promise.all(ends(3).map((_, i) => bob.getBallot(filledBallot(i))));
        expect(kept.map((ballot) => ballot?.lockUntil ?? 0)).toEqual(ends(3).map((end) => (end === late ? end : 0)));
        expect((await bob.getBallot(id))!.cast).toBe(world.unit(5_000_000));
        // With 23 there is room, and what is over stays until the room is needed.
        await full();
        await fillBallots(world, 'bob', ends(3).slice(0, 23));
        world.at(soon);
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([]);
        expect((await bob.getVoter()).ballotCount).toBe(24);
        // The vote that makes the 24th is no new one when it grows.
        await world.lock('bob', 5n);
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([]);
        expect(await bob.getVoter()).toMatchObject({ ballotCount: 24, lockedUntil: late });
    });
});
