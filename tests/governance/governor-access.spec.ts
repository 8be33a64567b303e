/** Governor, Proposal and VoterAccount: every message from everybody who may not send it, and what is wrong in it. */
import { Address, beginCell, Builder, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import * as governorBuilt from '../../build/Governor/Governor_Governor';
import * as proposalBuilt from '../../build/Proposal/Proposal_Proposal';
import * as voterBuilt from '../../build/VoterAccount/VoterAccount_VoterAccount';
import { GovernanceExit, packActions, VoterAccount } from '../../wrappers/governance';
import { pack } from '../../wrappers/common/messages';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { GovernanceWorld } from '../support/governance/world';
import { dataOf, exitCode, expectRefused, outs, plain, txAt } from '../support/pool/transactions';

const {
    ERROR_CHOICE,
    ERROR_KIND,
    ERROR_NOT_DELEGATED,
    ERROR_NOT_GOVERNOR,
    ERROR_NOT_PROPOSAL,
    ERROR_NOT_TIMELOCK,
    ERROR_NOT_VOTER,
    ERROR_NOT_VOTER_ACCOUNT,
    ERROR_PROPOSAL_STATE,
    ERROR_UNKNOWN_OP,
    ERROR_URI,
} = GovernanceExit;

describe('Governor, Proposal, VoterAccount: access', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;
    let [alice, bob, dave]: Address[] = [];
    let [first, second]: Address[] = [];

    beforeAll(async () => {
        world = await GovernanceWorld.create();
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(20_000));
        await world.deploy('dave');
        first = (await world.propose('alice')).proposal.address;
        second = (await world.propose('bob')).proposal.address;
        [alice, bob, dave] = [
            (await world.account('alice')).address,
            (await world.account('bob')).address,
            (await world.account('dave')).address,
        ];
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const message = (from: Address, to: Address, body: Cell, value = toNano('2')) =>
        world.blockchain.sendMessage(internal({ from, to, value, body, bounce: true }));
    /** Nobody of these is heard. */
    async function refused(to: Address, code: number, body: Cell, by: readonly Address[]): Promise<void> {
        for (const from of by) await expectRefused(world.blockchain, to, code, () => message(from, to, body));
    }
    const people = () => (['owner', 'alice', 'bob', 'stranger'] as const).map((who) => world.address(who));
    const id = (address: Address) => accountIdOf(address);

    it('an account obeys its voter alone', async () => {
        const others = [...people().filter((a) => !a.equals(world.address('bob'))), world.governor.address, alice, bob];
        for (const body of [
            VoterAccount.voteBody({ proposal: 1, choice: 'for', lockUntil: world.now + 1 }),
            VoterAccount.unlockBody({ amount: 1n }),
            VoterAccount.delegateBody({ to: world.address('dave') }),
            VoterAccount.revokeDelegationBody(),
            VoterAccount.proposeBody({ kind: 'technical', actions: [world.nothing()], description: 1n }),
            VoterAccount.proveTokensBody({ amount: world.unit(30_000) }),
        ]) {
            await refused(bob, ERROR_NOT_VOTER, body, others);
        }
    });

    it('an account believes its Governor about votes by text and proposals', async () => {
        const others = [...people(), alice, bob, first, world.timelock.address];
        const vote = { queryId: 0n, proposal: 1n, choice: 1n, lockUntil: BigInt(world.now) } as const;
        const opened = { queryId: 0n, proposal: 9n, lockUntil: BigInt(world.now) } as const;
        for (const body of [
            pack(voterBuilt.storeVoteByText({ $$type: 'VoteByText', ...vote })),
            pack(voterBuilt.storeProposalOpened({ $$type: 'ProposalOpened', ...opened })),
        ]) {
            await refused(bob, ERROR_NOT_GOVERNOR, body, others);
        }
    });

    it('an account believes a proposal about itself alone', async () => {
        const released = (proposal: bigint) =>
            pack(
                voterBuilt.storeProposalReleased({ $$type: 'ProposalReleased', queryId: 0n, proposal, lockUntil: 0n }),
            );
        await refused(bob, ERROR_NOT_PROPOSAL, released(2n), [...people(), world.governor.address, alice, first]);
        // The proposal of somebody else is heard and frees nobody.
        const before = await (await world.account('bob')).getVoter();
        expect(exitCode(txAt(await message(first, bob, released(1n)), bob))).toBe(0);
        expect(plain(await (await world.account('bob')).getVoter())).toEqual(plain(before));
    });

    it('an account believes another one about its own voter, and gives back no more than it got', async () => {
        const from = id(world.address('dave'));
        const amount = 5n;
        const returned = { queryId: 0n, amount, lockedUntil: 0n, from } as const;
        const given = pack(voterBuilt.storeDelegationGiven({ $$type: 'DelegationGiven', queryId: 0n, amount, from }));
        const revoke = (n: bigint) =>
            pack(voterBuilt.storeDelegationRevoked({ $$type: 'DelegationRevoked', queryId: 0n, amount: n, from }));
        const others = [...people(), world.address('dave'), world.governor.address, alice, first];
        for (const body of [
            given,
            revoke(amount),
            pack(voterBuilt.storeDelegationReturned({ $$type: 'DelegationReturned', ...returned })),
        ]) {
            await refused(bob, ERROR_NOT_VOTER_ACCOUNT, body, others);
        }
        expect(exitCode(txAt(await message(dave, bob, given), bob))).toBe(0);
        expect((await (await world.account('bob')).getVoter()).received).toBe(amount);
        await refused(bob, ERROR_NOT_DELEGATED, revoke(amount + 1n), [dave]);
        expect(exitCode(txAt(await message(dave, bob, revoke(amount)), bob))).toBe(0);
        expect((await (await world.account('bob')).getVoter()).received).toBe(0n);
    });

    it('a proposal believes the Governor about its beginning, the supply and a refused queue', async () => {
        const others = [...people(), alice, second, world.timelock.address];
        const { family, desk } = proposalBuilt.loadProposal$Data((await dataOf(world.blockchain, first)).beginParse());
        const setup = pack(
            proposalBuilt.storeSetupProposal({
                $$type: 'SetupProposal',
                queryId: 0n,
                phase: 1n << 96n,
                family: family!,
                desk: desk!,
            }),
        );
        for (const body of [
            setup,
            pack(proposalBuilt.storeSupplyIs({ $$type: 'SupplyIs', queryId: 0n, supply: 1n })),
            pack(proposalBuilt.storeQueueFailed({ $$type: 'QueueFailed', queryId: 0n })),
        ]) {
            await refused(first, ERROR_NOT_GOVERNOR, body, others);
        }
        // Once.
        await refused(first, ERROR_PROPOSAL_STATE, setup, [world.governor.address]);
    });

    it('a proposal believes the Timelock about its operation', async () => {
        const others = [...people(), alice, second, world.governor.address];
        const scheduled = { queryId: 0n, id: 1n, readyAt: 1n } as const;
        for (const body of [
            pack(proposalBuilt.storeOperationScheduled({ $$type: 'OperationScheduled', ...scheduled })),
            pack(proposalBuilt.storeOperationExecuted({ $$type: 'OperationExecuted', queryId: 0n, id: 1n })),
        ]) {
            await refused(first, ERROR_NOT_TIMELOCK, body, others);
        }
        // Nothing of it is queued: what was executed is not this one.
        const done = pack(proposalBuilt.storeOperationExecuted({ $$type: 'OperationExecuted', queryId: 0n, id: 0n }));
        expect(exitCode(txAt(await message(world.timelock.address, first, done), first))).toBe(0);
        expect((await (await world.proposal(1)).getProposal()).state).toBe('pending');
    });

    it('the Governor queues and executes for the proposal that asks', async () => {
        const actions = packActions([world.nothing()]);
        const ask = { queryId: 0n, proposal: 1n, actions } as const;
        const execute = { responseTo: id(world.address('alice')), total: 0n, count: 1n } as const;
        const others = [...people(), alice, second, world.timelock.address];
        for (const body of [
            pack(governorBuilt.storeQueueAsk({ $$type: 'QueueAsk', ...ask })),
            pack(governorBuilt.storeExecuteAsk({ $$type: 'ExecuteAsk', ...ask, ...execute })),
        ]) {
            await refused(world.governor.address, ERROR_NOT_PROPOSAL, body, others);
        }
    });

    it('a type that does not exist, a description that is not bytes', async () => {
        const account = await world.account('dave');
        await world.lock('dave', world.unit(20_000));
        const propose = async (kind: bigint, uri: Cell) => {
            const body = pack(
                voterBuilt.storePropose({
                    $$type: 'Propose',
                    queryId: 0n,
                    kind,
                    description: 1n,
                    actions: packActions([world.nothing()]),
                    uri,
                }),
            );
            const result = await message(world.address('dave'), account.address, body, toNano('9'));
            const { lockedUntil, proposalUntil } = await account.getVoter();
            return { codes: world.codes(result), free: lockedUntil === 0 && proposalUntil === 0 };
        };
        const bytes = beginCell().storeUint(0, 8);
        expect(await propose(4n, bytes.endCell())).toEqual({ codes: [ERROR_KIND], free: true });
        for (const uri of [beginCell().storeUint(0, 9), beginCell().storeUint(0, 8).storeRef(Cell.EMPTY)]) {
            expect(await propose(0n, uri.endCell())).toEqual({ codes: [ERROR_URI], free: true });
        }
        expect(await propose(0n, bytes.endCell())).toEqual({ codes: [], free: false });
    });

    it('a choice that does not exist comes back and leaves no vote', async () => {
        await world.lock('dave', world.unit(5));
        const proposal = await world.proposal(1);
        await world.toStart(proposal);
        const { latestEnd } = await proposal.getProposal();
        const account = await world.account('dave');
        for (const choice of [3n, 255n]) {
            const vote = { queryId: 0n, proposal: 1n, choice, lockUntil: BigInt(latestEnd) } as const;
            const body = pack(voterBuilt.storeVote({ $$type: 'Vote', ...vote }));
            expect(world.codes(await message(world.address('dave'), dave, body))).toEqual([ERROR_CHOICE]);
            expect(await account.getVoter()).toMatchObject({ lockedUntil: 0, ballotCount: 0 });
        }
        expect(await proposal.getProposal()).toMatchObject({ turnout: 0n, votesAbstain: 0n });
    });

    it.each(['Governor', 'Proposal', 'VoterAccount'])(
        '%s keeps texts and top-ups, and knows its messages',
        async (at) => {
            const to = { Governor: world.governor.address, Proposal: first, VoterAccount: bob }[at]!;
            const build = (more: (b: Builder) => Builder) => more(beginCell()).endCell();
            await refused(
                to,
                ERROR_UNKNOWN_OP,
                build((b) => b.storeUint(0x7400ffff, 32).storeUint(0, 64)),
                people(),
            );
            for (const body of [
                Cell.EMPTY,
                build((b) => b.storeUint(0, 32)),
                build((b) => b.storeUint(0, 32).storeStringTail('for the rent')),
                VoterAccount.topUpBody(),
                build((b) => b.storeUint(0xd53276db, 32).storeUint(0, 64)),
            ]) {
                const { balance } = await world.blockchain.getContract(to);
                const result = await message(world.address('stranger'), to, body, toNano('1'));
                expect([exitCode(txAt(result, to)), outs(txAt(result, to))]).toEqual([0, []]);
                expect((await world.blockchain.getContract(to)).balance - balance).toBeGreaterThan(toNano('0.99'));
            }
        },
    );
});
