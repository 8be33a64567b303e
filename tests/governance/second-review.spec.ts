/** Found by a second review: what can be stuck, and what can be made to come back. */
import { Address, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';
import '@ton/test-utils';

import * as built from '../../build/Treasury/Treasury_Treasury';
import { GovernanceExit, Governor, sizeOf, VoterAccount } from '../../wrappers/governance';
import {
    operationId,
    packActions,
    SYNC_WAIT,
    Timelock,
    TimelockExit,
    TimelockOperation,
    Treasury,
    TreasuryExit,
} from '../../wrappers/governance/execution';
import { Steward } from '../support/governance/steward';
import { MIN_DELAY, TimelockWorld, wideBody } from '../support/governance/timelock-world';
import { TreasuryWorld } from '../support/governance/treasury-world';
import { DAY, GovernanceWorld, HOUR } from '../support/governance/world';
import { computeFee, forwardFee } from '../support/pool/fees';
import {
    accept,
    bounceOf,
    deliverAll,
    deliverOne,
    exitCode,
    expectRefused,
    outs,
    plain,
    refuse,
    succeeded,
    txAt,
} from '../support/pool/transactions';

describe('a proof of surplus beside a payout of the same jetton', () => {
    let world: TreasuryWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await TreasuryWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const sync = () =>
        internal({
            from: world.address('stranger'),
            to: world.treasury.address,
            value: toNano('0.5'),
            body: Treasury.syncBody({ asset: 1, extra: 0n }),
            bounce: true,
        });
    const payee = () => world.tokens(world.address('payee'));

    it('the last approval is refused meanwhile, and pays afterwards', async () => {
        const { treasury } = world;
        const value = toNano('5');
        const to = world.address('payee');
        const args = { category: 1, amount: toNano('100'), to, memo: 9, value };
        await treasury.sendRequestSpend(world.sender('signer1'), args);
        const index = await world.signer('signer1');
        const { nonce } = (await treasury.getRequest(index))!;
        const body = Treasury.approveSpendBody({ index, nonce });
        const from = world.address('signer2');
        const approval = internal({ from, to: treasury.address, value, body, bounce: true });
        await deliverAll(world.blockchain, sync(), approval);
        expect([await payee(), await treasury.getBudgetLeft(1)]).toEqual([0n, toNano('100')]);
        expect((await treasury.getSolvency(1)).balance).toBe(toNano('1000'));
        await treasury.sendApproveSpend(world.sender('signer2'), { index, nonce, value });
        expect([await payee(), await treasury.getBudgetLeft(1)]).toEqual([toNano('100'), 0n]);
    });

    it('a spending of governance comes back, and is retried', async () => {
        const steward = await Steward.create(world.blockchain);
        const { treasury } = world;
        await treasury.sendNominateOwner(world.sender('owner'), { owner: steward.address, value: toNano('1') });
        await steward.carryOut(steward.action(treasury.address, Treasury.acceptOwnerBody()));
        const spend = Treasury.ownerSpendBody({ asset: 1, amount: toNano('500'), to: world.address('payee') });
        const actions = packActions([steward.action(treasury.address, spend)]);
        const proposer = steward.proposer.address;
        const via = steward.proposer.getSender();
        await steward.timelock.sendSchedule(via, { delay: MIN_DELAY, actions, salt: 99n, responseTo: proposer });
        world.advance(MIN_DELAY);
        const id = operationId({ actions, salt: 99n, proposer });
        const operation = world.blockchain.openContract(
            TimelockOperation.createFromAddress(await steward.timelock.getOperationAddress(id)),
        );
        const execute = internal({
            from: world.address('stranger'),
            to: operation.address,
            value: toNano('3'),
            body: TimelockOperation.executeBody(),
            bounce: true,
        });
        // The action is on its way when the proof begins.
        const { outMessages } = (await deliverOne(world.blockchain, execute))!;
        const { outMessages: sent } = (await deliverOne(world.blockchain, outMessages.get(0)!))!;
        const action = [...sent.values()].find(({ info }) => treasury.address.equals(info.dest as Address))!;
        await deliverAll(world.blockchain, sync(), action);
        expect([await payee(), (await operation.getOperation()).phaseName]).toEqual([0n, 'bounced']);
        await operation.sendRetry(world.sender('stranger'), { value: toNano('3') });
        expect([await payee(), (await operation.getOperation()).phaseName]).toEqual([toNano('500'), 'sent']);
    });

    it('a proof that never comes back holds payouts up for ten minutes, and TON never', async () => {
        const { treasury } = world;
        const wallet = world.walletOf(treasury.address).address;
        const owner = world.sender('owner');
        const spend = (asset: number, value = toNano('5')) =>
            treasury.sendOwnerSpend(owner, { asset, amount: 7n, to: world.address('payee'), value });
        // What it sends is lost.
        await deliverOne(world.blockchain, sync());
        expect(exitCode(txAt(await spend(1), treasury.address))).toBe(TreasuryExit.ERROR_SYNC_WAIT);
        expect(exitCode(txAt(await spend(0), treasury.address))).toBe(0);
        world.advance(599);
        expect(exitCode(txAt(await spend(1), treasury.address))).toBe(TreasuryExit.ERROR_SYNC_WAIT);
        world.advance(1);
        expect(exitCode(txAt(await spend(1), treasury.address))).toBe(0);
        expect(await payee()).toBe(7n);
        // A refused proof holds nothing up.
        world.advance(Number(SYNC_WAIT));
        const back = await refuse(world.blockchain, wallet);
        await treasury.sendSync(world.sender('stranger'), { asset: 1, extra: 0n, value: toNano('1') });
        await back();
        expect(exitCode(txAt(await spend(1), treasury.address))).toBe(0);
    });
});

describe('Treasury', () => {
    it('a request is for the asset its category had then', async () => {
        const world = await TreasuryWorld.create();
        const { treasury } = world;
        const value = toNano('5');
        const args = { category: 0, amount: toNano('90'), to: world.address('payee'), memo: 9, value };
        await treasury.sendRequestSpend(world.sender('signer1'), args);
        const index = await world.signer('signer1');
        const { nonce } = (await treasury.getRequest(index))!;
        const budget = { category: 0, asset: 1, limit: toNano('500'), period: 7 * DAY, value };
        await treasury.sendSetBudget(world.sender('owner'), budget);
        await expectRefused(world.blockchain, treasury.address, TreasuryExit.ERROR_NO_REQUEST, () =>
            treasury.sendApproveSpend(world.sender('signer2'), { index, nonce, value }),
        );
        expect(await world.tokens(world.address('payee'))).toBe(0n);
        // With the asset of before it is what it was.
        await treasury.sendSetBudget(world.sender('owner'), { ...budget, asset: 0 });
        const paid = await treasury.sendApproveSpend(world.sender('signer2'), { index, nonce, value });
        expect(outs(txAt(paid, treasury.address)).some((out) => out.value === toNano('90'))).toBe(true);
    });

    it.each([1, 65, 800])(
        'jettons with a body of %d cells arrive with what is asked for, and not a nanoton less',
        async (cells) => {
            const world = await TreasuryWorld.create();
            const to = world.address('payee');
            const body = wideBody(cells, 5, 990);
            const args = { asset: 1, amount: toNano('10'), to, forward: toNano('0.05'), body };
            const size = sizeOf([{ destination: to, value: 0n, body }]);
            const bare = await world.treasury.getSpendCost({ forward: args.forward });
            const counting = computeFee(BigInt(size.cells) * built.GAS_TREASURY_CELL);
            // What getSpendCost says is for full cells; the Treasury asks for what there is.
            const value = bare + 3n * forwardFee(BigInt(size.cells), BigInt(size.bits)) + counting;
            expect(await world.treasury.getSpendCost(args)).toBeGreaterThanOrEqual(value);
            await expectRefused(world.blockchain, world.treasury.address, TreasuryExit.ERROR_VALUE_TOO_LOW, () =>
                world.treasury.sendOwnerSpend(world.sender('owner'), { ...args, value: value - 1n }),
            );
            const result = await world.treasury.sendOwnerSpend(world.sender('owner'), { ...args, value });
            expect(await world.tokens(to)).toBe(toNano('10'));
            // The notification with it, too.
            expect(result.transactions.some((tx) => txBody(tx) === 0x7362d09c && succeeded(tx))).toBe(true);
        },
    );
    const txBody = ({ inMessage }: Parameters<typeof succeeded>[0]) => {
        const slice = inMessage!.body.beginParse();
        return slice.remainingBits < 32 ? 0 : slice.preloadUint(32);
    };
});

describe('what ends in a dead end', () => {
    it("a least delay above the Governor's: it waits longer, and can be told to", async () => {
        const world = await GovernanceWorld.withVoters(5_000_000);
        const pass = async (destination: Address, body: Cell) => {
            const action = { destination, value: toNano('0.2'), body };
            const { id, proposal } = await world.propose('alice', 'technical', [action]);
            await world.toStart(proposal);
            await world.vote('bob', id, 'for');
            await world.toEnd(proposal);
            await world.carryOut(proposal);
            world.at((await proposal.getProposal()).latestEnd);
            return proposal;
        };
        await pass(world.timelock.address, Timelock.setMinDelayBody({ delay: 3 * DAY }));
        const settings = await world.governor.getSettings();
        const mend = Governor.changeSettingsBody({ settings: { ...settings, timelockDelay: 3 * DAY } });
        const mended = await pass(world.governor.address, mend);
        const { end, readyAt, state } = await mended.getProposal();
        expect([readyAt - end, state]).toEqual([3 * DAY, 'executed']);
        expect((await world.governor.getSettings()).timelockDelay).toBe(3 * DAY);
    });

    it('a proposal that dies on its way: an hour later another one sets the account free', async () => {
        const world = await GovernanceWorld.withVoters(5_000_000);
        const alice = await world.account('alice');
        // As with too little value for a long list: the question is gone, and nothing was left to send it back.
        const back = await accept(world.blockchain, world.governor.address);
        await world.sendPropose('alice', 'technical', [world.nothing()], toNano('1'));
        await back();
        const voter = () => alice.getVoter();
        const { proposal, proposeFrom } = await voter();
        expect([proposal, proposeFrom]).toEqual([0, world.now + HOUR]);
        world.advance(HOUR - 1);
        const early = await world.sendPropose('alice', 'technical', [world.nothing()]);
        expect(world.codes(early)).toEqual([GovernanceExit.ERROR_OPEN_PROPOSAL]);
        world.advance(1);
        const mark = world.checkpoint();
        // A refused one frees at once.
        await world.sendPropose('alice', 'economic', [world.nothing('stranger')]);
        expect(await voter()).toMatchObject({ lockedUntil: 0, proposalUntil: 0 });
        expect(world.codes(await world.unlock('alice', world.unit(20_000)))).toEqual([]);
        await mark();
        const { proposal: next } = await world.propose('alice');
        const { latestEnd } = await next.getProposal();
        expect(await voter()).toMatchObject({ proposal: 1, lockedUntil: latestEnd, proposalUntil: latestEnd });
        // One that was answered stays the only one.
        world.advance(HOUR);
        const second = await world.sendPropose('alice', 'technical', [world.nothing()]);
        expect(world.codes(second)).toEqual([GovernanceExit.ERROR_OPEN_PROPOSAL]);
    });
});

describe('a delegate that holds on', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.withVoters(5_000_000);
        await world.deploy('dave');
        await world.deploy('carol');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const bob = () => world.account('bob');
    const voter = async () => (await bob()).getVoter();
    const push = (from: 'bob' | 'dave', to: Address, body: Cell) =>
        internal({ from: world.address(from), to, value: toNano('1'), body, bounce: true });
    const delegate = async (to: 'dave' | 'carol') =>
        (await bob()).sendDelegate(world.sender('bob'), { to: world.address(to) });
    const revoke = async () => (await bob()).sendRevokeDelegation(world.sender('bob'));
    const codes = async (sent: ReturnType<typeof revoke>) => world.codes(await sent);

    /** A vote with a false end, on its way while the revocation arrives: 62 days for nothing. */
    async function heldOn(): Promise<void> {
        await delegate('dave');
        const dave = await world.account('dave');
        const lockUntil = world.now + 62 * DAY;
        const vote = VoterAccount.voteBody({ proposal: 4_000_000_000, choice: 'for', lockUntil });
        await deliverAll(
            world.blockchain,
            push('bob', (await bob()).address, VoterAccount.revokeDelegationBody()),
            push('dave', dave.address, vote),
        );
        expect(await voter()).toMatchObject({ delegation: 'cooling', freeAt: lockUntil });
        expect((await dave.getVoter()).lockedUntil).toBe(0);
    }

    it('with a vote that was none is asked again', async () => {
        await heldOn();
        const asked = await revoke();
        expect(world.failures(asked)).toEqual([]);
        const freeAt = BigInt(world.now);
        expect(world.events(asked)).toMatchObject([{ event: 'DelegationChanged', amount: 0n, freeAt }]);
        expect(await voter()).toMatchObject({ delegation: 'none', delegated: 0n, power: world.unit(5_000_000) });
        expect(await codes(revoke())).toEqual([GovernanceExit.ERROR_NOT_DELEGATED]);
        expect((await (await world.account('dave')).getVoter()).received).toBe(0n);
    });

    it('with a vote keeps them until that is over, however often it is asked', async () => {
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        await delegate('dave');
        await world.vote('dave', id, 'for');
        await revoke();
        const { latestEnd } = await proposal.getProposal();
        for (let i = 0; i < 2; i++) {
            const asked = await revoke();
            expect([world.failures(asked), world.events(asked)]).toEqual([[], []]);
            expect(await voter()).toMatchObject({ delegation: 'cooling', freeAt: latestEnd, power: 0n });
        }
        expect(world.codes(await world.vote('bob', id, 'for'))).toEqual([GovernanceExit.ERROR_NO_POWER]);
        world.at(latestEnd - 1);
        expect((await voter()).power).toBe(0n);
        world.at(latestEnd);
        expect(await codes(revoke())).toEqual([GovernanceExit.ERROR_NOT_DELEGATED]);
        expect((await voter()).power).toBe(world.unit(5_000_000));
        expect((await proposal.getProposal()).votesFor).toBe(world.unit(5_000_000));
    });

    it('a later lock of his own does not hold them longer', async () => {
        await heldOn();
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        await world.lock('dave', 7n, { from: 'alice' });
        await world.vote('dave', id, 'for');
        const { latestEnd } = await proposal.getProposal();
        await revoke();
        expect((await voter()).freeAt).toBe(latestEnd);
        await world.toEnd(proposal);
        const next = await world.propose('bob').catch(() => null);
        expect(next).toBeNull();
        await world.lock('carol', world.unit(20_000));
        const later = await world.propose('carol');
        await world.toStart(later.proposal);
        await world.vote('dave', later.id, 'for');
        await revoke();
        expect((await voter()).freeAt).toBe(latestEnd);
    });

    it('an old answer frees nothing of a later delegation', async () => {
        await heldOn();
        const { blockchain } = world;
        const account = await bob();
        const dave = await world.account('dave');
        // Asked again; the answer of dave waits while bob's time comes, and he delegates to carol.
        const question = push('bob', account.address, VoterAccount.revokeDelegationBody());
        const { outMessages } = (await deliverOne(blockchain, question))!;
        const answered = (await deliverOne(blockchain, outMessages.get(0)!))!;
        const answer = answered.outMessages.get(0)!;
        expect(answer.info.src).toEqualAddress(dave.address);
        world.at((await voter()).freeAt);
        await delegate('carol');
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        await world.vote('carol', id, 'for');
        await revoke();
        const { latestEnd } = await proposal.getProposal();
        expect(await voter()).toMatchObject({ delegation: 'cooling', freeAt: latestEnd });
        expect(exitCode((await deliverOne(blockchain, answer))!)).toBe(0);
        expect(await voter()).toMatchObject({ delegation: 'cooling', freeAt: latestEnd, power: 0n });
    });

    it('a question of before that comes back late does not undo a later revocation', async () => {
        await heldOn();
        const { blockchain } = world;
        const account = await bob();
        const question = push('bob', account.address, VoterAccount.revokeDelegationBody());
        const { outMessages } = (await deliverOne(blockchain, question))!;
        const asked = outMessages.get(0)!;
        if (asked.info.type !== 'internal') throw new Error('nothing was asked');
        world.at((await voter()).freeAt);
        await delegate('carol');
        const again = push('bob', account.address, VoterAccount.revokeDelegationBody());
        const revoked = (await deliverOne(blockchain, again))!;
        const { dest: from, src: to, value } = asked.info;
        const back = bounceOf({ from: to, to: from, value: value.coins, body: asked.body });
        expect(exitCode((await deliverOne(blockchain, back))!)).toBe(0);
        expect(await voter()).toMatchObject({ delegation: 'revoked' });
        await deliverAll(blockchain, revoked.outMessages.get(0)!);
        expect(await voter()).toMatchObject({ delegation: 'none', power: world.unit(5_000_000) });
        expect((await (await world.account('carol')).getVoter()).received).toBe(0n);
    });

    it('a question that comes back changes nothing', async () => {
        await heldOn();
        const before = await voter();
        const back = await refuse(world.blockchain, (await world.account('dave')).address);
        await revoke();
        await back();
        expect(plain(await voter())).toEqual(plain(before));
    });
});

describe('senders of another chain', () => {
    const outside = new Address(-1, Buffer.alloc(32, 5));

    it('do not execute, retry or notify: there is no way back to them', async () => {
        const world = await TimelockWorld.create();
        const { operation } = await world.schedule(world.actions(1, { value: toNano('0.03') }));
        world.advance(MIN_DELAY);
        const send = (body: Cell) =>
            world.blockchain.sendMessage(
                internal({ from: outside, to: operation.address, value: toNano('5'), body, bounce: true }),
            );
        const { ERROR_BAD_ADDRESS } = TimelockExit;
        const refused = (body: Cell) =>
            expectRefused(world.blockchain, operation.address, ERROR_BAD_ADDRESS, () => send(body));
        await refused(TimelockOperation.executeBody());
        const back = await refuse(world.blockchain, world.address('target'));
        await operation.sendExecute(world.sender('stranger'), { value: toNano('5') });
        await back();
        await refused(TimelockOperation.retryBody());
        await operation.sendRetry(world.sender('stranger'), { value: toNano('5') });
        world.advance(HOUR);
        await refused(TimelockOperation.notifySuccessorBody({ successor: 1n }));
    });

    it('nobody of them, and no account 0, becomes a proposer', async () => {
        const world = await TimelockWorld.create();
        const zero = new Address(0, Buffer.alloc(32));
        for (const account of [outside, zero, world.timelock.address]) {
            const body = Timelock.setProposerBody({ account, allowed: true });
            const from = world.timelock.address;
            const result = await world.blockchain.sendMessage(
                internal({ from, to: from, value: toNano('1'), body, bounce: true }),
            );
            expect(exitCode(txAt(result, from))).toBe(TimelockExit.ERROR_BAD_ADDRESS);
        }
    });
});
