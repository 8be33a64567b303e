/** Found by a later review: votes that come back after their account has forgotten them, and whose money bounced value is. */
import { Address, beginCell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import { VoterAccount } from '../../wrappers/governance';
import { TimelockOperation, Treasury, TreasuryExit } from '../../wrappers/governance/execution';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { pack } from '../../wrappers/common/messages';
import { storeOperationScheduled } from '../../build/Timelock/Timelock_Timelock';
import { ProverStaking } from '../../wrappers/staking';
import { GRACE, HOUR, MIN_DELAY, TimelockWorld } from '../support/governance/timelock-world';
import { editTimelock } from '../support/governance/timelock-state';
import { GovernanceWorld } from '../support/governance/world';
import { TreasuryWorld } from '../support/governance/treasury-world';
import { deliverAll, exitCode, outs, refuse, txAt } from '../support/pool/transactions';

const MAX_BALLOTS = 24;
const MAX_STAKED_BALLOTS = 16;

describe('a vote that comes back late', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.withVoters(100_000);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const open = async () => {
        const made = await world.propose('alice', 'technical', [world.nothing('alice')]);
        await world.toStart(made.proposal);
        return { ...made, latestEnd: (await made.proposal.getProposal()).latestEnd };
    };

    it('takes back nothing of the vote that was cast after it was dropped', async () => {
        const { id, proposal, latestEnd } = await open();
        const bob = await world.account('bob');
        const vote = (to: number, lockUntil: number) =>
            internal({
                from: world.address('bob'),
                to: bob.address,
                value: toNano('0.2'),
                body: VoterAccount.voteBody({ proposal: to, choice: 'for', lockUntil }),
            });
        // All in one block: 24 votes with an end that is over, one that drops them, and the real one.
        const { blockchain } = world.staking;
        const votes = [vote(id, 0)];
        for (let i = 1; i <= MAX_BALLOTS; i++) votes.push(vote(1000 + i, 0));
        votes.push(vote(id, Number(latestEnd)));
        await deliverAll(blockchain, ...votes);
        expect((await proposal.getProposal()).votesFor).toBe(world.unit(100_000));
        expect(await bob.getVoter()).toMatchObject({ lockedUntil: latestEnd, ballotCount: 1 });
        await world.vote('bob', id, 'for');
        expect((await proposal.getProposal()).votesFor).toBe(world.unit(100_000));
        await world.unlock('bob', 1n);
        expect((await bob.getVoter()).own).toBe(world.unit(100_000));
    });

    it('nor at a position', async () => {
        const { id, proposal, latestEnd } = await open();
        const { blockchain } = world.staking;
        const staking = world.staking.prover('prover1').staking;
        const target = await world.governor.getProposalAddress(id);
        const push = (to: Address, lockUntil: number) =>
            blockchain.sendMessageIter(
                internal({
                    from: world.address('carol'),
                    to: staking.address,
                    value: toNano('0.5'),
                    body: ProverStaking.castVoteBody({ proposal: to, choice: 1, lockUntil }),
                }),
            );
        // The orders leave in one second and arrive in the next.
        let steps = await push(target, world.now + 1);
        for (let i = 1; i <= MAX_STAKED_BALLOTS; i++) {
            steps = await push(new Address(0, Buffer.alloc(32, i)), world.now + 1);
        }
        for (let i = 0; i <= MAX_STAKED_BALLOTS; i++) await steps.next();
        world.at(world.now + 1);
        steps = await push(target, Number(latestEnd));
        for await (const _ of steps) continue;
        expect((await proposal.getProposal()).votesFor).toBe(world.unit(15_000));
        const position = await world.staking.position('prover1', 'carol');
        expect(await position.getPosition()).toMatchObject({ lockedUntil: BigInt(latestEnd), ballotCount: 1n });
        await world.voteStaked('carol', 'prover1', id, 'for');
        expect((await proposal.getProposal()).votesFor).toBe(world.unit(15_000));
    });
});

describe('what another proposer of the Timelock has said', () => {
    it('about an operation of his own does not end the voting', async () => {
        const world = await GovernanceWorld.create();
        await world.lock('alice', world.unit(20_000));
        const { proposal } = await world.propose('alice', 'technical', [world.nothing('alice')]);
        await world.toStart(proposal);
        const said = { $$type: 'OperationScheduled', queryId: 1n, id: 5n, readyAt: BigInt(world.now) } as const;
        await world.staking.blockchain.sendMessage(
            internal({
                from: world.timelock.address,
                to: proposal.address,
                value: toNano('0.1'),
                bounce: false,
                body: pack(storeOperationScheduled(said)),
            }),
        );
        expect(await proposal.getProposal()).toMatchObject({ state: 'active', operation: 0n });
    });
});

describe('a stream of jettons', () => {
    it('claimed every few seconds holds no more places than it has thousandths', async () => {
        const world = await TreasuryWorld.create();
        const { treasury } = world;
        const start = world.now;
        const amount = toNano('100');
        const grantee = world.address('grantee');
        await treasury.sendCreateStream(world.sender('owner'), {
            asset: 1,
            amount,
            grantee,
            start,
            end: start + 1_000_000,
        });
        const claim = async () => {
            const result = await treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
            return exitCode(txAt(result, treasury.address));
        };
        world.advance(999);
        expect(await claim()).toBe(TreasuryExit.ERROR_NOTHING_DUE);
        world.advance(1);
        expect(await claim()).toBe(0);
        world.advance(998_999);
        expect(await claim()).toBe(0);
        // The end is paid, however little it is.
        world.advance(1);
        expect(await claim()).toBe(0);
        expect(await world.tokens(grantee)).toBe(amount);
    });
});

describe('a payout that comes back while a surplus is proved', () => {
    it('is booked once', async () => {
        const world = await TreasuryWorld.create();
        const { blockchain, treasury } = world;
        const amount = toNano('9');
        const had = await world.tokens(treasury.address);
        await treasury.sendOwnerSpend(world.sender('owner'), { asset: 1, amount, to: world.address('payee') });
        // As if the wallet had refused it: the tokens are there, the bounce is on its way.
        await world.deposit(amount, { notify: false });
        const sync = await blockchain.sendMessageIter(
            internal({
                from: world.address('stranger'),
                to: treasury.address,
                value: toNano('1'),
                body: Treasury.syncBody({ asset: 1, extra: amount }),
            }),
        );
        await sync.next();
        const bounce = await blockchain.sendMessageIter(
            internal({
                from: world.walletOf(treasury.address).address,
                to: treasury.address,
                value: toNano('0.1'),
                bounce: false,
                bounced: true,
                body: beginCell()
                    .storeUint(0xffffffff, 32)
                    .storeUint(0x0f8a7ea5, 32)
                    .storeUint((1n << 8n) | 1n, 64)
                    .endCell(),
            }),
        );
        for await (const _ of bounce) continue;
        expect(await world.tokens(treasury.address)).toBe(had);
        expect((await treasury.getSolvency(1)).balance).toBe(had);
    });
});

describe('what came back of an operation', () => {
    let world: TimelockWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await TimelockWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const bounced = async () => {
        const scheduled = await world.schedule(world.actions(1, { value: toNano('50') }));
        await editTimelock(world, () => ({ number: 128n }));
        const rival = await world.schedule(world.actions(1, { to: world.address('alice') }));
        world.advance(MIN_DELAY);
        await refuse(world.blockchain, world.address('target'));
        await world.execute(scheduled.id, { by: 'other' });
        expect((await scheduled.operation.getOperation()).kept).toBeGreaterThan(toNano('49.9'));
        return { ...scheduled, rival };
    };

    it("stays its payer's when somebody else retries with a fee", async () => {
        const { operation } = await bounced();
        world.advance(GRACE - 1);
        await operation.sendRetry(world.sender('stranger'));
        expect((await operation.getOperation()).bounced).toBe(1n);
        world.advance(1);
        const released = await operation.sendReleaseKept(world.sender('stranger'));
        const [back] = outs(txAt(released, operation.address));
        expect(back.to).toEqualAddress(world.address('other'));
        expect(back.value).toBeGreaterThan(toNano('49.8'));
    });

    it('becomes the money of him who paid more than half of a retry', async () => {
        const { id, operation } = await world.schedule(world.actions(1, { value: toNano('0.03') }));
        world.advance(MIN_DELAY);
        await refuse(world.blockchain, world.address('target'));
        await world.execute(id, { by: 'other' });
        const first = await operation.getOperation();
        const other = accountIdOf(world.address('other'));
        expect(first).toMatchObject({ bounced: 1n, payer: other });
        expect(await operation.getCost(TimelockOperation.retryBody())).toBeGreaterThan(first.kept);
        await operation.sendRetry(world.sender('stranger'));
        const second = await operation.getOperation();
        expect(second).toMatchObject({ bounced: 1n, payer: accountIdOf(world.address('stranger')) });
        world.advance(GRACE);
        const released = await operation.sendReleaseKept(world.sender('alice'));
        const [back] = outs(txAt(released, operation.address));
        expect(back.to).toEqualAddress(world.address('stranger'));
        expect(back.value).toBeGreaterThan(second.kept);
    });

    it('stays there when the Timelock refuses the retry', async () => {
        const { operation, rival } = await bounced();
        world.advance(HOUR);
        await world.execute(rival.id);
        const before = await operation.getOperation();
        const had = await world.balanceOf(world.address('stranger'));
        await operation.sendRetry(world.sender('stranger'));
        expect(await world.balanceOf(world.address('stranger'))).toBeLessThan(had);
        const after = await operation.getOperation();
        expect(after).toMatchObject({ bounced: 1n, phaseName: 'bounced', payer: before.payer });
        expect(after.kept).toBe(before.kept);
        expect(await world.balanceOf(operation.address)).toBeGreaterThan(after.kept);
    });
});
