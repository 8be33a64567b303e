/** Every message that follows a change of state, refused once by its receiver: nothing is lost, and it works the next time. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import * as built from '../../build/VoterAccount/VoterAccount_VoterAccount';
import { GovernanceExit, VoterAccount } from '../../wrappers/governance';
import { GovernanceWorld } from '../support/governance/world';
import { accept, excessQueries, jettonNotification, plain, REFUSAL, refuse } from '../support/pool/transactions';

describe('what a receiver refuses', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.create();
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(5_000_000));
        await world.deploy('dave');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const voter = async (who: 'alice' | 'bob' | 'dave') => (await world.account(who)).getVoter();

    it('Ballot: neither cast nor locked; a top-up leaves what was cast', async () => {
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        const before = await voter('bob');
        const back = await refuse(world.blockchain, proposal.address);
        const refused = await world.vote('bob', id, 'for');
        expect(world.codes(refused)).toEqual([REFUSAL]);
        expect(excessQueries(refused, world.address('bob'))).toHaveLength(1);
        expect(plain(await voter('bob'))).toEqual(plain(before));
        await back();
        await world.vote('bob', id, 'for');
        await world.lock('bob', 5n);
        const again = await refuse(world.blockchain, proposal.address);
        await world.voteText('bob', id, 'for');
        await again();
        expect(await (await world.account('bob')).getBallot(id)).toMatchObject({ cast: world.unit(5_000_000) });
        // The proposer's own lock outlives his refused vote.
        const third = await refuse(world.blockchain, proposal.address);
        await world.vote('alice', id, 'for');
        await third();
        expect((await voter('alice')).lockedUntil).toBe((await proposal.getProposal()).latestEnd);
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([]);
        expect((await proposal.getProposal()).votesFor).toBe(world.unit(5_000_000) + 5n);
    });

    it('the transfer of Unlock and of ProveTokens', async () => {
        const account = await world.account('bob');
        const wallet = world.staking.walletOf(account.address).address;
        const back = await refuse(world.blockchain, wallet);
        const result = await world.unlock('bob', world.unit(7));
        expect(world.events(result)).toMatchObject([
            { event: 'TokensUnlocked', amount: world.unit(7) },
            { event: 'TokensLocked', amount: world.unit(7), own: world.unit(5_000_000) },
        ]);
        await account.sendProveTokens(world.sender('bob'), { amount: world.unit(6_000_000) });
        await back();
        expect(await voter('bob')).toMatchObject({ own: world.unit(5_000_000), proofAt: 0n });
        expect(world.codes(await world.unlock('bob', world.unit(7)))).toEqual([]);
        // A proof of more than there is, refused by the wallet itself.
        await account.sendProveTokens(world.sender('bob'), { amount: world.unit(6_000_000) });
        expect(await voter('bob')).toMatchObject({ own: world.unit(4_999_993), proofAt: 0n });
    });

    it('DelegationGiven, DelegationRevoked, DelegationReturned', async () => {
        const [bob, dave] = [await world.account('bob'), await world.account('dave')];
        const before = await voter('bob');
        const back = await refuse(world.blockchain, dave.address);
        await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
        await back();
        expect(await voter('bob')).toMatchObject({ power: before.power, delegated: 0n, delegation: 'none' });
        await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
        const given = await voter('bob');
        expect(given).toMatchObject({ power: 0n, delegation: 'active' });
        const second = await refuse(world.blockchain, dave.address);
        await bob.sendRevokeDelegation(world.sender('bob'));
        await second();
        expect((await voter('bob')).delegation).toBe('active');
        expect((await voter('dave')).power).toBe(world.unit(5_000_000));
        // The answer is lost: the delegate has them again, and after an hour they can be asked for again.
        await bob.sendRevokeDelegation(world.sender('bob'));
        expect(await voter('bob')).toMatchObject({ power: world.unit(5_000_000), delegation: 'none' });
        await restore();
        await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
        const iterator = await world.blockchain.sendMessageIter(
            internal({
                from: world.address('bob'),
                to: bob.address,
                value: toNano('2'),
                body: VoterAccount.revokeDelegationBody(),
                bounce: true,
            }),
        );
        await iterator.next();
        await iterator.next();
        const third = await refuse(world.blockchain, bob.address);
        await iterator.next();
        await third();
        while (!(await iterator.next()).done);
        expect(await voter('bob')).toMatchObject({ power: 0n, delegation: 'revoked' });
        expect((await voter('dave')).power).toBe(world.unit(5_000_000));
        world.advance(3_599);
        expect(world.codes(await bob.sendRevokeDelegation(world.sender('bob')))).toEqual([
            GovernanceExit.ERROR_NOT_DELEGATED,
        ]);
        world.advance(1);
        expect(world.codes(await bob.sendRevokeDelegation(world.sender('bob')))).toEqual([]);
        expect(await voter('bob')).toMatchObject({ power: world.unit(5_000_000), delegation: 'none' });
        expect((await voter('dave')).power).toBe(0n);
    });

    it('a second delegation to the same account: the first one stays', async () => {
        const [bob, dave] = [await world.account('bob'), await world.account('dave')];
        await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
        await world.lock('bob', 9n);
        const back = await refuse(world.blockchain, dave.address);
        await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
        await back();
        expect(await voter('bob')).toMatchObject({
            power: 9n,
            delegated: world.unit(5_000_000),
            delegation: 'active',
        });
        expect((await voter('dave')).power).toBe(world.unit(5_000_000));
        await bob.sendDelegate(world.sender('bob'), { to: world.address('dave') });
        expect(await voter('bob')).toMatchObject({ power: 0n, delegated: world.unit(5_000_000) + 9n });
    });

    describe('with so little TON that an event could spoil it', () => {
        const atWallet = async (body: Cell, bounced = false) => {
            const { address } = await world.account('bob');
            // Its gas, and nothing for the event.
            const value = built.GAS_VOTER_BOOK * 400n;
            const from = world.staking.walletOf(address).address;
            return world.blockchain.sendMessage(internal({ from, to: address, value, body, bounce: false, bounced }));
        };
        const notification = (amount: bigint, sender: Address) => jettonNotification({ amount, from: sender });

        it('a lock is booked', async () => {
            const result = await atWallet(notification(7n, world.address('bob')));
            expect([world.codes(result), world.events(result)]).toEqual([[], []]);
            expect(result.transactions).toHaveLength(1);
            expect(await voter('bob')).toMatchObject({
                own: world.unit(5_000_000) + 7n,
                power: world.unit(5_000_000) + 7n,
            });
        });

        it('a transfer that comes back is booked', async () => {
            const body = beginCell()
                .storeUint(0xffffffff, 32)
                .storeUint(0x0f8a7ea5, 32)
                .storeUint(1, 64)
                .storeCoins(7n)
                .endCell();
            const result = await atWallet(body, true);
            expect([world.codes(result), world.events(result)]).toEqual([[], []]);
            expect((await voter('bob')).own).toBe(world.unit(5_000_000) + 7n);
        });

        it('a proof that nobody waits for counts nothing', async () => {
            const bob = await world.account('bob');
            const own = () => atWallet(notification(world.unit(9_000_000), bob.address));
            const before = await voter('bob');
            // Without anything in the desk, and with a proof that has come to nothing.
            expect(world.codes(await own())).toEqual([]);
            expect(plain(await voter('bob'))).toEqual(plain(before));
            await bob.sendProveTokens(world.sender('bob'), { amount: world.unit(6_000_000) });
            expect(world.codes(await own())).toEqual([]);
            expect(plain(await voter('bob'))).toEqual(plain(before));
        });
    });

    it('ProposeAsk: the proposer is free', async () => {
        const before = await voter('alice');
        const back = await refuse(world.blockchain, world.governor.address);
        await world.sendPropose('alice', 'technical', [world.nothing()], toNano('3'));
        await back();
        expect(plain(await voter('alice'))).toEqual(plain(before));
        await world.propose('alice');
    });

    it('QueueAsk and ScheduleOperation: the proposal has succeeded again', async () => {
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        await world.vote('bob', id, 'for');
        await world.toEnd(proposal);
        for (const at of [world.governor.address, world.timelock.address]) {
            const back = await refuse(world.blockchain, at);
            const result = await proposal.sendQueue(world.sender('dave'), { queryId: 77n });
            await back();
            expect(world.codes(result)).toEqual([REFUSAL]);
            expect((await proposal.getProposal()).state).toBe('succeeded');
            // What was left of the value is with him who sent it. The Timelock is asked with the number of the proposal.
            const query = at === world.governor.address ? 77n : BigInt(id);
            expect(excessQueries(result, world.address('dave'))).toEqual([query]);
        }
        expect(world.codes(await proposal.sendQueue(world.sender('dave')))).toEqual([]);
        expect((await proposal.getProposal()).state).toBe('queued');
    });

    it('ExecuteAsk: succeeded again; an action of an emergency that comes back is said', async () => {
        const pause = { ...world.nothing(world.staking.master.address), body: world.pauseBody() };
        const { id, proposal } = await world.propose('alice', 'emergency', [pause]);
        await world.vote('bob', id, 'for');
        await world.toEnd(proposal);
        const back = await refuse(world.blockchain, world.governor.address);
        await proposal.sendExecute(world.sender('dave'));
        await back();
        expect((await proposal.getProposal()).state).toBe('succeeded');
        // The Governor is not the guardian here: the master refuses.
        const result = await proposal.sendExecute(world.sender('dave'));
        expect(world.events(result).map(({ event }) => event)).toEqual([
            'ProposalMoved',
            'EmergencySent',
            'ActionReturned',
        ]);
        expect((await proposal.getProposal()).state).toBe('executed');
    });

    it('tokens of before the account, and without a notification, are proven', async () => {
        const carol = await world.account('carol');
        await world.staking.transfer('carol', carol.address, world.unit(5), null, toNano('0.1'));
        await world.staking.transfer('bob', (await world.account('bob')).address, world.unit(3), null, 0n);
        await world.deploy('carol');
        expect((await (await world.account('carol')).getVoter()).own).toBe(0n);
        await carol.sendProveTokens(world.sender('carol'), { amount: world.unit(5) });
        expect(await carol.getVoter()).toMatchObject({ own: world.unit(5), power: world.unit(5), proofAt: 0n });
        const bob = await world.account('bob');
        await bob.sendProveTokens(world.sender('bob'), { amount: world.unit(5_000_003) });
        expect((await voter('bob')).own).toBe(world.unit(5_000_003));
        expect(world.codes(await world.unlock('bob', world.unit(5_000_003)))).toEqual([]);
    });

    it('a proof without an end: nothing leaves for an hour, and then it counts no more', async () => {
        const bob = await world.account('bob');
        const wallet = world.staking.walletOf(bob.address).address;
        const back = await accept(world.blockchain, wallet);
        await bob.sendProveTokens(world.sender('bob'), { amount: world.unit(5_000_001) });
        await back();
        world.advance(3_599);
        expect(world.codes(await world.unlock('bob', 1n))).toEqual([GovernanceExit.ERROR_PROOF_RUNS]);
        const twice = await bob.sendProveTokens(world.sender('bob'), { amount: world.unit(5_000_001) });
        expect(world.codes(twice)).toEqual([GovernanceExit.ERROR_PROOF_RUNS]);
        world.advance(1);
        expect(world.codes(await world.unlock('bob', 1n))).toEqual([]);
    });

    it('another token goes back', async () => {
        const bob = await world.account('bob');
        const body = jettonNotification({ queryId: 1n, amount: 77n, from: world.address('dave') });
        const rich = await world.send('stranger', bob.address, body, toNano('1'));
        expect(
            rich.transactions.some(({ inMessage }) => inMessage?.body.beginParse().preloadUint(32) === 0x0f8a7ea5),
        ).toBe(true);
        const poor = await world.send('stranger', bob.address, body, toNano('0.01'));
        expect(world.codes(poor)).toEqual([]);
        expect((await voter('bob')).own).toBe(world.unit(5_000_000));
    });
});
