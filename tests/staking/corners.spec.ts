/** Corners that the flows of the other specs do not reach. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import { storeDeltaResult, storeDeltaReturned } from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { accountIdOf } from '../../wrappers/pool/metrics';
import {
    decodeStakingEvent,
    ProverRewards,
    StakePosition,
    stakingError,
    stakingEvents,
    StakingExit,
} from '../../wrappers/staking';
import { cellOf, jettonNotification, refuse, succeeded, txAt } from '../support/pool/transactions';
import { editStaking } from '../support/staking/state';
import { World } from '../support/staking/world';

const DAY = 86_400;

describe('corners', () => {
    let world: World;
    let restore: () => Promise<void>;
    let position: Awaited<ReturnType<World['position']>>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('prover1', 'prover1', world.unit(100));
        await world.stake('alice', 'prover1', world.unit(500));
        position = await world.position('prover1', 'alice');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const prover = () => world.prover('prover1');
    const wallet = () => world.walletOf(prover().staking.address).address;
    const impersonate = (from: Address, to: Address, body: Cell, bounced = false, value = toNano('1')) =>
        world.blockchain.sendMessage(internal({ from, to, value, body, bounce: !bounced, bounced }));
    const bounce = (op: number, rest: Cell) =>
        beginCell().storeUint(0xffffffff, 32).storeUint(op, 32).storeSlice(rest.asSlice()).endCell();

    it('the prover takes a request of his own back', async () => {
        const { ownRaw } = await prover().staking.getProver();
        await world.request('prover1', 'prover1', { amount: world.unit(100) });
        const own = await world.position('prover1', 'prover1');
        const [{ id }] = await own.getRequests();
        const result = await own.sendCancelUnstake(world.sender('prover1'), { id });
        expect(stakingEvents(result.transactions, 'UnstakeCancelledEvent')).toHaveLength(1);
        expect((await prover().staking.getProver()).ownRaw).toBe(ownRaw);
    });

    it('an answer to the prover that comes back gives him his own shares again', async () => {
        const before = await prover().staking.getProver();
        const own = await world.position('prover1', 'prover1');
        await world.request('prover1', 'prover1', { amount: world.unit(100) });
        expect((await prover().staking.getProver()).ownRaw).toBe(before.ownRaw - world.unit(100));
        const rest = beginCell()
            .storeUint(1, 64)
            .storeUint(world.unit(100), 126)
            .storeBit(true)
            .storeUint(0, 8)
            .endCell();
        const body = bounce(StakePosition.opcodes.UnstakeQueued, rest);
        await impersonate(own.address, prover().staking.address, body, true);
        const { ownRaw, totalRaw, pendingRaw } = await prover().staking.getProver();
        expect([ownRaw, totalRaw, pendingRaw]).toEqual([before.ownRaw, before.totalRaw, 0n]);
    });

    it('a request that is worth nothing any more completes without a payment', async () => {
        await world.request('alice', 'prover1', { shares: 1n });
        await world.slash('prover1', 100_000);
        world.advance(7 * DAY);
        const before = await world.balance('alice');
        const result = await world.complete('alice', 'prover1');
        const [event] = stakingEvents(result.transactions, 'UnstakeCompletedEvent');
        expect([event.amount, event.raw]).toEqual([0n, 1n]);
        expect(await world.balance('alice')).toBe(before);
        expect((await position.getPosition()).count).toBe(0n);
    });

    it('tokens that the own wallet does not take back are surplus, which a proof does not find twice', async () => {
        const back = await refuse(world.blockchain, wallet());
        const notification = jettonNotification({ queryId: 1n, amount: world.unit(7), from: world.address('bob') });
        await impersonate(wallet(), prover().staking.address, notification);
        await back();
        expect((await prover().staking.getSolvency()).surplus).toBe(world.unit(7));
    });

    it('a bounce of a payout that nobody remembers changes nothing', async () => {
        await world.request('alice', 'prover1', { amount: world.unit(5) });
        world.advance(7 * DAY);
        await world.complete('alice', 'prover1');
        const before = await prover().staking.getSolvency();
        // Another number in the same slot, and a slot that was never used.
        for (const queryId of [128n, 5n]) {
            const rest = beginCell().storeUint(queryId, 64).storeCoins(world.unit(5)).endCell();
            await impersonate(wallet(), prover().staking.address, bounce(0x0f8a7ea5, rest), true);
            // Nor does one of somebody else's wallet.
            await impersonate(world.address('stranger'), prover().staking.address, bounce(0x0f8a7ea5, rest), true);
        }
        expect(await prover().staking.getSolvency()).toEqual(before);
    });

    it('a proof that finds nothing can be repeated after an hour', async () => {
        await prover().staking.sendProveSurplus(world.sender('stranger'), { amount: 1n });
        expect((await prover().staking.getSolvency()).surplus).toBe(0n);
        world.advance(3600);
        const again = await prover().staking.sendProveSurplus(world.sender('stranger'), { amount: 1n });
        expect(world.failures(again)).not.toContain(StakingExit.ERROR_TOO_EARLY);
    });

    it('raw shares and their worth at the scale of now', async () => {
        await world.slash('prover1', 100_000);
        expect(await prover().staking.getRaw(9n)).toBe(10n);
        expect(await prover().staking.getEffective(10n)).toBe(9n);
    });

    it('a change that comes back from the reward side is owed, whatever way it took', async () => {
        const { rewards } = prover();
        const returned = cellOf(
            storeDeltaReturned({ $$type: 'DeltaReturned', queryId: 1n, delta: 5n, responseTo: 0n }),
        );
        await impersonate(rewards.address, position.address, returned);
        expect((await position.getPosition()).owed).toBe(5n);
        const mirror = await world.rewardPosition('prover1', 'alice');
        const { total } = await rewards.getRewardsData();
        const result = (delta: bigint) =>
            cellOf(
                storeDeltaResult({
                    $$type: 'DeltaResult',
                    queryId: 1n,
                    delta,
                    applied: false,
                    staker: accountIdOf(world.address('alice')),
                }),
            );
        await impersonate(mirror.address, rewards.address, result(world.unit(3)));
        expect((await rewards.getRewardsData()).total).toBe(total - world.unit(3));
        expect((await position.getPosition()).owed).toBe(world.unit(3) + 5n);
        await impersonate(mirror.address, rewards.address, result(-world.unit(2)));
        expect((await rewards.getRewardsData()).total).toBe(total - world.unit(3));
        expect((await position.getPosition()).owed).toBe(world.unit(1) + 5n);
        await impersonate(mirror.address, rewards.address, result(1n));
        expect((await rewards.getRewardsData()).total).toBe(total - world.unit(3) - 1n);
        await impersonate(mirror.address, rewards.address, result(-1n));
        // What the position itself does not take waits for Resend.
        const { stuckCount } = await rewards.getDesk();
        const rest = beginCell().storeUint(1, 64).storeInt(world.unit(1), 128).endCell();
        await impersonate(position.address, rewards.address, bounce(StakePosition.opcodes.DeltaReturned, rest), true);
        expect((await rewards.getDesk()).stuckCount).toBe(stuckCount + 1n);
        await rewards.sendResend(world.sender('stranger'), { staker: world.address('alice') });
        expect((await rewards.getDesk()).stuckCount).toBeLessThanOrEqual(stuckCount);
        expect((await position.getPosition()).owed).toBe(world.unit(2) + 5n);
    });

    it('a single share is owed', async () => {
        const returned = cellOf(
            storeDeltaReturned({ $$type: 'DeltaReturned', queryId: 1n, delta: 1n, responseTo: 0n }),
        );
        await impersonate(prover().rewards.address, position.address, returned);
        expect((await position.getPosition()).owed).toBe(1n);
        await position.sendPushShares(world.sender('stranger'));
        expect((await position.getPosition()).owed).toBe(0n);
    });

    it('a single unit is a credit', async () => {
        await world.request('alice', 'prover1', { amount: 1n });
        world.advance(7 * DAY);
        const back = await refuse(world.blockchain, wallet());
        await world.complete('alice', 'prover1');
        await back();
        expect((await position.getPosition()).credit).toBe(1n);
        const before = await world.balance('alice');
        await position.sendClaimCredit(world.sender('stranger'));
        expect((await position.getPosition()).credit).toBe(0n);
        expect(await world.balance('alice')).toBe(before + 1n);
    });

    it('numbers its share changes', async () => {
        const { sharesSeq } = await position.getPosition();
        await world.stake('alice', 'prover1', world.unit(1));
        await world.request('alice', 'prover1', { amount: world.unit(1) });
        expect([sharesSeq, (await position.getPosition()).sharesSeq]).toEqual([1n, 3n]);
    });

    it('every cost is there to be asked for', async () => {
        const { rewards } = prover();
        for (const op of [ProverRewards.opcodes.RewardPayload, ProverRewards.opcodes.ShareDelta]) {
            expect(await rewards.getCost(op)).toBeGreaterThan(0n);
        }
        expect(await position.getCost(StakePosition.opcodes.RequestUnstake)).toBeGreaterThan(0n);
        expect((await world.master.getParams()).minStake).toBe(world.unit(1));
        await world.master.sendSetRole(world.sender('owner'), { role: 'guardian', holder: world.address('dave') });
        world.advance(2 * DAY);
        await world.master.sendApplyRole(world.sender('stranger'));
        expect(world.failures(await world.master.sendPause(world.sender('dave')))).toEqual([]);
    });

    it('a slash before the first stake takes nothing; a restitution of nothing is never due', async () => {
        await world.initProver('prover2', world.unit(1000));
        expect(world.failures(await world.slash('prover2', 100_000))).toEqual([]);
        expect((await world.prover('prover2').staking.getSlash(1)).amount).toBe(0n);
        await world.stake('prover2', 'prover2', world.unit(1000));
        expect((await world.prover('prover2').staking.getProver()).ownStake).toBeGreaterThan(world.unit(1000) - 2n);
    });

    it('a whole supply of 2^120 - 1 units fits at the lowest scale', async () => {
        await editStaking(world.blockchain, prover().staking.address, (fields) => {
            fields.scale = 10n ** 17n + 1n;
            fields.own = 1n << 124n;
            fields.received = 0n;
            fields.total = fields.own;
        });
        const notification = jettonNotification({
            queryId: 1n,
            amount: (1n << 120n) - 1n,
            from: world.address('prover1'),
            payload: beginCell().storeUint(0x720f0001, 32).endCell(),
        });
        const result = await impersonate(wallet(), prover().staking.address, notification);
        expect(succeeded(txAt(result, prover().staking.address))).toBe(true);
        expect(world.failures(result)).toEqual([]);
    });

    it('exit codes have names and texts, events are read', () => {
        expect(stakingError(StakingExit.ERROR_CAP)?.name).toBe('ERROR_CAP');
        expect(stakingError(9)?.text).toMatch(/Cell underflow/);
        expect(stakingError(1)).toBeUndefined();
        expect(decodeStakingEvent(Cell.EMPTY)).toBeNull();
    });
});
