/** Every message that follows a change of state, refused once by its receiver: nothing is lost, and it works the next time. */
import { Address, Cell, toNano } from '@ton/core';

import { AGAIN_QUERY } from '../../build/ProverStaking/ProverStaking_ProverStaking';
import {
    ProverRewards,
    ProverStaking,
    stakePayload,
    appealPayload,
    StakePosition,
    StakingExit,
    StakingMaster,
} from '../../wrappers/staking';
import { ShareWallet } from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import {
    accept,
    bounceOf,
    excessQueries,
    Out,
    outs,
    refuse,
    sameAddress,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { expectSound } from '../support/staking/check';
import { Net, Start } from '../support/staking/net';
import { StakingPerson, voteRefusals, World } from '../support/staking/world';

// The markers of a coverage run cost gas that a share change does not bring along.
const tight = underCoverage ? it.skip : it;

const DAY = 86_400;
const SHARE_DELTA = ProverRewards.opcodes.ShareDelta;
const WHO = ['prover1', 'alice', 'bob'] as const;

describe('what a receiver refuses', () => {
    let world: World;
    let restore: () => Promise<void>;
    let position: Awaited<ReturnType<World['position']>>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000));
        await world.stake('alice', 'prover1', world.unit(500));
        await world.request('alice', 'prover1', { amount: world.unit(50) });
        await world.request('alice', 'prover1', { amount: world.unit(30) });
        position = await world.position('prover1', 'alice');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const staking = () => world.prover('prover1').staking;
    const atPosition = (body: Cell): Start => ({ from: 'alice', to: position.address, body });
    const tokens = async (payload: Cell, forward: bigint, amount: bigint, from: StakingPerson): Promise<Start> => ({
        from,
        to: world.walletOf(world.address(from)).address,
        body: ShareWallet.transferBody({
            destination: staking().address,
            amount,
            response: world.address(from),
            forwardTonAmount: forward,
            forwardPayload: payload,
        }),
    });
    const stake = async (amount = world.unit(10)) =>
        tokens(stakePayload(), await staking().getStakeCost(), amount, 'alice');
    const sound = () => expectSound(world, 'prover1', WHO);

    /** Runs a flow in which the receiver of the message `op` refuses it once. */
    async function refused(start: Start, op: number): Promise<Net> {
        const net = new Net(world);
        await net.start(start);
        await net.deliverRefused(await net.until(op));
        await net.settle();
        return net;
    }

    const now = async () => {
        const { active, pending, count, credit, owed } = await position.getPosition();
        return { active, pending, count, credit, owed };
    };

    const { opcodes } = StakePosition;
    const asks = ProverStaking.opcodes;

    it.each([
        ['the question of a request', asks.UnstakeAsk, () => StakePosition.requestUnstakeBody({ amount: 5n })],
        ['the answer to a request', opcodes.UnstakeQueued, () => StakePosition.requestUnstakeBody({ amount: 5n })],
        ['the question of a cancel', asks.CancelAsk, () => StakePosition.cancelUnstakeBody({ id: 0 })],
        ['the answer to a cancel', opcodes.UnstakeCancelled, () => StakePosition.cancelUnstakeBody({ id: 0 })],
        ['the question of a completion', asks.CompleteAsk, () => StakePosition.completeUnstakeBody()],
        ['the question for the last slash', asks.SyncAsk, () => StakePosition.syncPositionBody()],
        ['the answer with the last slash', opcodes.Synced, () => StakePosition.syncPositionBody()],
    ] as const)('%s: nothing has happened, and the position is free', async (_name, op, body) => {
        world.advance(7 * DAY);
        const before = await now();
        const money = await staking().getSolvency();
        const net = new Net(world);
        await net.start(atPosition(body()));
        await net.deliverRefused(await net.until(op));
        await net.settle();
        expect(await now()).toEqual(before);
        expect(await staking().getSolvency()).toEqual(money);
        await sound();
        // And now it works.
        await world.send('alice', position.address, body(), toNano('3'));
        await sound();
    });

    it('a vote that a proposal refuses: neither cast nor locked, and what was cast before stays', async () => {
        const proposal = Address.parseRaw(`0:${'ab'.repeat(32)}`);
        const other = Address.parseRaw(`0:${'cd'.repeat(32)}`);
        const vote = (to: Address, lockUntil: number): Start => ({
            from: 'alice',
            to: staking().address,
            body: ProverStaking.castVoteBody({ proposal: to, choice: 1, lockUntil }),
        });
        const accepted = async (start: Start) => {
            const net = new Net(world);
            net.know(proposal, other);
            const back = await accept(world.blockchain, proposal);
            await net.start(start);
            await net.settle();
            await back();
        };
        const end = world.now + 5 * DAY;
        await refused(vote(other, end + DAY), opcodes.StakedVote);
        expect(await position.getBallot(other)).toMatchObject({ cast: 0n });
        expect(await position.getPosition()).toMatchObject({ lockedUntil: 0n, ballotCount: 0n });
        await accepted(vote(proposal, end));
        expect(await position.getBallot(proposal)).toEqual({ choice: 1, lockUntil: end, cast: world.unit(420) });
        // More shares, refused: only these are taken back.
        await world.stake('alice', 'prover1', world.unit(10));
        await refused(vote(proposal, end), opcodes.StakedVote);
        expect(await position.getBallot(proposal)).toEqual({ choice: 1, lockUntil: end, cast: world.unit(420) });
        await refused(vote(other, end + DAY), opcodes.StakedVote);
        expect(await position.getPosition()).toMatchObject({ lockedUntil: BigInt(end), ballotCount: 1n });
        // Another choice or end, and nothing new: the value comes back with the reason.
        const reason = async (start: Start) => voteRefusals(await world.send(start.from, start.to, start.body));
        expect(await reason(vote(proposal, end - 1))).toEqual([StakingExit.ERROR_OTHER_CHOICE]);
        await accepted(vote(proposal, end));
        expect(await position.getBallot(proposal)).toMatchObject({ cast: world.unit(430) });
        expect(await reason(vote(proposal, end))).toEqual([StakingExit.ERROR_NOT_ENOUGH]);
        await sound();
    });

    it('16 open votes; those that are over make room', async () => {
        const to = (i: number) => Address.parseRaw(`0:${i.toString(16).padStart(64, '0')}`);
        const vote = (i: number, end: number) =>
            world.send(
                'alice',
                staking().address,
                ProverStaking.castVoteBody({ proposal: to(i), choice: 0, lockUntil: end }),
            );
        const end = world.now + DAY;
        for (let i = 1; i <= 16; i++) {
            const back = await accept(world.blockchain, to(i));
            await vote(i, end + (i > 1 ? 1 : 0));
            await back();
        }
        expect((await position.getPosition()).ballotCount).toBe(16n);
        const back = await accept(world.blockchain, to(17));
        world.advance(DAY - 1);
        expect(voteRefusals(await vote(17, world.now + DAY))).toEqual([StakingExit.ERROR_BALLOTS_FULL]);
        world.advance(1);
        await vote(17, world.now + DAY);
        await back();
        expect((await position.getPosition()).ballotCount).toBe(16n);
        expect(await position.getBallot(to(1))).toMatchObject({ cast: 0n });
        expect(await position.getBallot(to(17))).toMatchObject({ cast: world.unit(420) });
    });

    it('a vote that comes back when its ballot was dropped takes nothing of the one cast since', async () => {
        const to = (i: number) => Address.parseRaw(`0:${i.toString(16).padStart(64, '0')}`);
        const vote = async (i: number, lockUntil: number) => {
            const body = ProverStaking.castVoteBody({ proposal: to(i), choice: 1, lockUntil });
            const back = await accept(world.blockchain, to(i));
            const result = await world.send('alice', staking().address, body);
            await back();
            return outs(txAt(result, position.address)).filter(({ op }) => op === opcodes.StakedVote);
        };
        const comesBack = async (out: Out) => {
            const { ballotCount, lockedUntil } = await position.getPosition();
            const ballots = await Promise.all([1, 2, 17].map((i) => position.getBallot(to(i))));
            const result = await world.blockchain.sendMessage(bounceOf(out, toNano('0.5')));
            expect(outs(txAt(result, position.address))).toMatchObject([{ to: sameAddress(world.address('alice')) }]);
            expect(await position.getPosition()).toMatchObject({ ballotCount, lockedUntil });
            expect(await Promise.all([1, 2, 17].map((i) => position.getBallot(to(i))))).toEqual(ballots);
            return ballots.map(({ cast }) => cast);
        };
        const end = world.now + DAY;
        const [first] = await vote(1, end);
        for (let i = 2; i <= 16; i++) await vote(i, end + 2 * DAY);
        world.advance(DAY);
        await vote(17, end + 2 * DAY);
        const all = world.unit(420);
        // Dropped, and the place taken by another one.
        expect(await comesBack(first)).toEqual([0n, all, all]);
        world.advance(2 * DAY);
        const [again] = await vote(1, world.now + DAY);
        expect(await comesBack(first)).toEqual([all, 0n, 0n]);
        expect(await position.getPosition()).toMatchObject({ ballotCount: 1n, lockedUntil: BigInt(world.now + DAY) });
        // The one that stands there is another vote; only its own return takes it back.
        await world.blockchain.sendMessage(bounceOf(again, toNano('0.5')));
        expect(await position.getBallot(to(1))).toMatchObject({ cast: 0n });
        expect(await position.getPosition()).toMatchObject({ ballotCount: 0n, lockedUntil: 0n });
        await sound();
    });

    it('an order for a position that is not there: its value waits at its address', async () => {
        const end = world.now + DAY;
        const body = ProverStaking.castVoteBody({ proposal: world.address('bob'), choice: 1, lockUntil: end });
        const bob = await world.position('prover1', 'bob');
        await world.send('bob', staking().address, body);
        expect((await world.blockchain.getContract(bob.address)).balance).toBeGreaterThan(toNano('1'));
    });

    it('a stake: its worth waits for the staker', async () => {
        const before = await now();
        const balance = await world.balance('alice');
        await refused(await stake(), opcodes.SharesAdded);
        expect(await now()).toEqual(before);
        expect(await staking().getParked(world.address('alice'))).toBe(world.unit(10));
        await sound();
        await staking().sendReleaseParked(world.sender('stranger'), { sender: world.address('alice') });
        expect(await world.balance('alice')).toBe(balance);
        expect((await staking().getSolvency()).parked).toBe(0n);
        await sound();
    });

    it("the prover's own stake leaves his own shares as they were", async () => {
        const { ownRaw } = await staking().getProver();
        const cost = await staking().getStakeCost();
        await refused(await tokens(stakePayload(), cost, world.unit(10), 'prover1'), opcodes.SharesAdded);
        expect((await staking().getProver()).ownRaw).toBe(ownRaw);
        await sound();
    });

    tight("the prover's own request leaves his own shares as they were", async () => {
        await world.stake('prover1', 'prover1', world.unit(100));
        const { ownRaw } = await staking().getProver();
        const own = await world.position('prover1', 'prover1');
        const body = StakePosition.requestUnstakeBody({ amount: world.unit(100) });
        await refused({ from: 'prover1', to: own.address, body }, opcodes.UnstakeQueued);
        expect((await staking().getProver()).ownRaw).toBe(ownRaw);
        await sound();
        await world.request('prover1', 'prover1', { amount: world.unit(100) });
        const [{ id }] = await own.getRequests();
        await refused(
            { from: 'prover1', to: own.address, body: StakePosition.cancelUnstakeBody({ id }) },
            opcodes.UnstakeCancelled,
        );
        expect((await staking().getProver()).ownRaw).toBe(ownRaw - world.unit(100));
        await sound();
    });

    it('a share change stays owed and goes along with the next one', async () => {
        await refused(await stake(), SHARE_DELTA);
        expect((await now()).owed).toBe(world.unit(10));
        await sound();
        await world.stake('alice', 'prover1', world.unit(1));
        expect((await now()).owed).toBe(0n);
        await sound();
        await refused(atPosition(StakePosition.requestUnstakeBody({ amount: world.unit(20) })), SHARE_DELTA);
        expect((await now()).owed).toBe(-world.unit(20));
        await position.sendPushShares(world.sender('stranger'));
        expect((await now()).owed).toBe(0n);
        await sound();
    });

    it('the answer to a completion is said once more: paid once', async () => {
        world.advance(7 * DAY);
        const balance = await world.balance('alice');
        const net = await refused(atPosition(StakePosition.completeUnstakeBody()), opcodes.UnstakePaid);
        expect(await world.balance('alice')).toBe(balance + world.unit(80));
        expect((await now()).count).toBe(0n);
        // The second answer names nobody: what is left of the value is the staker's.
        expect(excessQueries(net, world.address('alice'))).toContain(AGAIN_QUERY);
        await sound();
        expect(world.failures(await world.complete('alice', 'prover1'))).toHaveLength(1);
        expect(await world.balance('alice')).toBe(balance + world.unit(80));
    });

    it('and not for ever: a receiver that goes on refusing stays as it is', async () => {
        world.advance(7 * DAY);
        const net = new Net(world);
        await net.start(atPosition(StakePosition.completeUnstakeBody()));
        await net.deliverRefused(await net.until(opcodes.UnstakePaid));
        await net.deliverRefused(await net.until(opcodes.UnstakePaid));
        await net.settle();
        expect((await position.getPosition()).busy).toBe(true);
        const again = await world.complete('alice', 'prover1');
        expect(world.failures(again)).toHaveLength(1);
        expect((await staking().getSolvency()).solvency).toBe(0n);
    });

    describe('a payout that the wallet refuses', () => {
        const address = () => world.walletOf(staking().address).address;

        async function whileRefusing(act: () => Promise<unknown>): Promise<void> {
            const back = await refuse(world.blockchain, address());
            await act();
            await back();
        }

        it('is a credit, which comes back as a credit, and is paid once', async () => {
            world.advance(7 * DAY);
            await whileRefusing(() => world.complete('alice', 'prover1'));
            expect((await now()).credit).toBe(world.unit(80));
            await sound();
            await whileRefusing(() => position.sendClaimCredit(world.sender('stranger')));
            expect((await now()).credit).toBe(world.unit(80));
            await sound();
            const balance = await world.balance('alice');
            await refused(atPosition(StakePosition.claimCreditBody()), asks.CreditAsk);
            await refused(atPosition(StakePosition.claimCreditBody()), opcodes.CreditPaid);
            expect(await world.balance('alice')).toBe(balance + world.unit(80));
            expect((await now()).credit).toBe(0n);
            await sound();
        });

        it('waits here if the position refuses the credit, too', async () => {
            world.advance(7 * DAY);
            const back = await refuse(world.blockchain, address());
            await refused(atPosition(StakePosition.completeUnstakeBody()), opcodes.PayoutReturned);
            await back();
            expect(await staking().getParked(world.address('alice'))).toBe(world.unit(80));
            await sound();
            const balance = await world.balance('alice');
            await whileRefusing(() =>
                staking().sendReleaseParked(world.sender('stranger'), { sender: world.address('alice') }),
            );
            expect(await staking().getParked(world.address('alice'))).toBe(world.unit(80));
            await staking().sendReleaseParked(world.sender('stranger'), { sender: world.address('alice') });
            expect(await world.balance('alice')).toBe(balance + world.unit(80));
            await sound();
        });

        it('goes back to treasury, insurance, restitution and deposit', async () => {
            await world.slash('prover1', 100_000);
            await world.slash('prover1', 100_000);
            await world.slash('prover1', 100_000);
            await world.appeal('alice', 'prover1', 2, world.unit(3));
            world.advance(7 * DAY);
            for (const seq of [1, 3]) await staking().sendFinaliseSlash(world.sender('stranger'), { seq });
            const money = await staking().getSolvency();
            await whileRefusing(async () => {
                await staking().sendPayTreasury(world.sender('stranger'));
                await world.master.sendDrawInsurance(world.sender('owner'), {
                    staking: staking().address,
                    amount: money.insurance,
                });
            });
            expect(await staking().getSolvency()).toEqual(money);
            await whileRefusing(() =>
                world.master.sendVerdict(world.sender('resolver'), {
                    staking: staking().address,
                    seq: 2,
                    overturn: true,
                }),
            );
            // The deposit waits for the appellant.
            expect(await staking().getParked(world.address('alice'))).toBe(world.unit(3));
            await position.sendSyncPosition(world.sender('alice'));
            await whileRefusing(() => position.sendClaimRestitution(world.sender('alice'), { seq: 2 }));
            const { credit } = await now();
            expect(credit).toBeGreaterThan(0n);
            await sound();
            const balance = await world.balance('alice');
            await position.sendClaimCredit(world.sender('alice'));
            await staking().sendReleaseParked(world.sender('alice'), { sender: world.address('alice') });
            expect(await world.balance('alice')).toBe(balance + credit + world.unit(3));
            // Once only.
            expect(world.failures(await position.sendClaimRestitution(world.sender('alice'), { seq: 2 }))).toHaveLength(
                1,
            );
            await sound();
        });
    });

    it('the deposit of an appeal whose question is refused waits for its payer', async () => {
        await world.slash('prover1', 100_000);
        const cost = await staking().getAppealCost();
        await refused(await tokens(appealPayload(1), cost, world.unit(3), 'alice'), opcodes.AppealQuestion);
        expect(await staking().getParked(world.address('alice'))).toBe(world.unit(3));
        expect((await staking().getSolvency()).deposits).toBe(0n);
        expect((await staking().getSlash(1)).verdict).toBe('open');
        await sound();
    });

    it('a restitution whose question or answer is refused is paid once', async () => {
        await world.slash('prover1', 100_000);
        await world.appeal('alice', 'prover1', 1, world.unit(3));
        await world.master.sendVerdict(world.sender('resolver'), {
            staking: staking().address,
            seq: 1,
            overturn: true,
        });
        await position.sendSyncPosition(world.sender('alice'));
        const balance = await world.balance('alice');
        const claim = atPosition(StakePosition.claimRestitutionBody({ seq: 1 }));
        await refused(claim, asks.RestitutionAsk);
        expect(await world.balance('alice')).toBe(balance);
        await refused(claim, opcodes.RestitutionPaid);
        expect(await world.balance('alice')).toBe(balance + world.unit(50));
        expect(world.failures(await world.send('alice', position.address, claim.body))).toHaveLength(1);
        await sound();
    });

    it('an order of the master that a prover refuses returns its value to the role', async () => {
        const before = await world.blockchain.getContract(world.master.address).then(({ balance }) => balance);
        const orders: [StakingPerson, Cell][] = [
            ['slasher', StakingMaster.slashBody({ staking: staking().address, ppm: 1 })],
            ['resolver', StakingMaster.verdictBody({ staking: staking().address, seq: 9, overturn: true })],
            ['owner', StakingMaster.setActiveBody({ staking: staking().address, active: true })],
        ];
        for (const [who, body] of orders) {
            const result = await world.send(who, world.master.address, body, toNano('1'));
            const [, back] = txsAt(result, world.master.address);
            const [out] = [...back.outMessages.values()];
            expect(out.info.type === 'internal' && out.info.dest.equals(world.address(who))).toBe(true);
            expect(out.info.type === 'internal' && out.info.value.coins).toBeGreaterThan(toNano('0.9'));
        }
        const after = await world.blockchain.getContract(world.master.address).then(({ balance }) => balance);
        expect(after).toBeGreaterThanOrEqual(before - toNano('0.001'));
        // Refused parameters stay as rent.
        const push = StakingMaster.pushParamsBody({ staking: world.stakingToken.address });
        await world.send('stranger', world.master.address, push, toNano('1'));
        await sound();
    });

    it('a prover with unclaimed commission does not retire', async () => {
        await world.request('alice', 'prover1', { all: true });
        await world.request('prover1', 'prover1', { all: true });
        await world.reward('payer', 'prover1', world.unit(5));
        await staking().sendRetire(world.sender('stranger'));
        expect((await staking().getProver()).state).toBe('deactivated');
        await world.prover('prover1').rewards.sendClaimCommission(world.sender('stranger'), { value: toNano('1') });
        await staking().sendRetire(world.sender('stranger'));
        expect((await staking().getProver()).state).toBe('retired');
    });
});
