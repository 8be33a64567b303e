/** PoolOperator: every message it sends comes back once, and nothing is lost. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { GAS_OPERATOR_PAYOUT } from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { PoolExit, PoolOperator } from '../../wrappers/pool';
import { messagesWith, PoolEnvironment } from '../support/pool/environment';
import { cocoonPayoutBody, epochMissedBody, OperatorUnit, vaultPayoutBody } from '../support/pool/operator-unit';
import { header, plain } from '../support/pool/plain';
import { afterFees, computeFee, kept, Out, outCount, outs, refuse, txsAt } from '../support/pool/units';

const op = PoolOperator.opcodes;
const handling = computeFee(GAS_OPERATOR_PAYOUT);

let unit: OperatorUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await OperatorUnit.create();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

describe('a forward that the distribution refuses', () => {
    const forward = async (proxy: Address | null): Promise<Out> => {
        const alice = unit.addressOf('alice');
        return outs(await unit.done(unit.vaultOf(alice), vaultPayoutBody(alice, proxy), toNano('3')))[0];
    };

    type Waiting = 'pendingRewards' | 'pendingDonations';
    it.each<[string, () => Address | null, Waiting, Waiting]>([
        ['reward', () => unit.addressOf('proxy'), 'pendingRewards', 'pendingDonations'],
        ['donation', () => null, 'pendingDonations', 'pendingRewards'],
    ])('waits as a %s, less what handling it costs', async (_, proxyOf, waiting, other) => {
        const out = await forward(proxyOf());
        const before = await unit.operator.getSolvency();
        const tx = await unit.bounce(out);
        expect(outCount(tx)).toBe(0);
        expect(await unit.data()).toMatchObject({ [waiting]: out.value - handling, [other]: 0n });
        expect(await unit.operator.getSolvency()).toBe(before + kept(tx) - (out.value - handling));
        // A second one adds to it.
        await unit.bounce(await forward(proxyOf()));
        expect((await unit.data())[waiting]).toBe(2n * (out.value - handling));
    });

    it.each([
        [handling - 1n, 0n],
        [handling, 0n],
        [handling + 1n, 1n],
    ])('with %s nanoton left is worth %s', async (value, worth) => {
        await unit.bounce(await forward(unit.addressOf('proxy')), value);
        expect((await unit.data()).pendingRewards).toBe(worth);
    });

    it('goes out again with the next payout, and in the end all of it arrives', async () => {
        const restoreDistribution = await refuse(unit.blockchain, unit.distribution);
        const alice = unit.addressOf('alice');
        const vault = unit.vaultOf(alice);
        await unit.send(vault, vaultPayoutBody(alice, unit.addressOf('proxy')), toNano('3'));
        const { pendingRewards } = await unit.data();
        expect(pendingRewards).toBeGreaterThan(toNano('2.9'));
        await restoreDistribution();
        const tx = await unit.done('proxy', cocoonPayoutBody(), toNano('1'));
        expect(outs(tx)[0].value).toBe(afterFees(tx, pendingRewards + toNano('1')));
        expect((await unit.data()).pendingRewards).toBe(0n);
    });

    it('of a Sync, rewards and donations apart', async () => {
        await unit.done('proxy', cocoonPayoutBody(), toNano('0.05'));
        const { pendingRewards } = await unit.data();
        await unit.done('stranger', Cell.EMPTY, toNano('5'));
        const [rewards, donations] = outs(await unit.done('keeper', PoolOperator.syncBody()));
        expect(rewards.value).toBe(pendingRewards);
        expect(await unit.data()).toMatchObject({ pendingRewards: 0n, pendingDonations: 0n });
        await unit.bounce(rewards);
        await unit.bounce(donations);
        expect(await unit.data()).toMatchObject({
            pendingRewards: rewards.value - handling,
            pendingDonations: donations.value - handling,
        });
    });
});

describe('any other message that comes back', () => {
    const worker = new Address(0, Buffer.alloc(32, 0x61));
    const envelope = beginCell().storeUint(0xa040ad28, 32).storeUint(1, 64).endCell();

    /** The value goes to the owner, and the books stay. */
    async function toOwner(out: Out): Promise<void> {
        const before = plain({ ...(await unit.data()), solvency: 0n });
        const tx = await unit.bounce(out, toNano('0.5'));
        expect(outCount(tx)).toBe(1);
        expect(header(outs(tx)[0])).toEqual({
            to: unit.addressOf('owner').toString(),
            value: afterFees(tx, toNano('0.5')),
            bounce: false,
            op: op.OwnMoney,
            init: false,
        });
        expect(outs(tx)[0].queryId).toBe(0n);
        expect(kept(tx)).toBe(0n);
        expect(plain({ ...(await unit.data()), solvency: 0n })).toEqual(before);
    }

    it.each<[string, Cell]>([
        ['CommissionChange', PoolOperator.setCommissionBody({ bps: 600 })],
        ['CommissionChange (cancel)', PoolOperator.cancelCommissionBody()],
        ['PayoutAddressChange', PoolOperator.setPayoutAddressBody({ payout: worker })],
        ['ConfigChange', PoolOperator.announceEpochLengthBody({ seconds: 86_400 })],
        ['UpgradeNotice to the registry', PoolOperator.announceUpgradeBody({ target: 'registry', codeHash: 9n })],
        ['UpgradeNotice to the distribution', PoolOperator.cancelUpgradeBody({ target: 'distribution' })],
        ['RolesUpdate', PoolOperator.setActiveBody({ active: false })],
        ['owner_worker_register', PoolOperator.registerOwnWorkerBody({ worker })],
        ['a wallet command', PoolOperator.ownWalletCommandBody({ wallet: worker, command: 'b' })],
        ['an envelope', PoolOperator.forwardEnvelopeBody({ worker, envelope })],
    ])('%s: its value is the owner’s', async (_, body) => {
        const [out] = outs(await unit.done('owner', body));
        expect(out.bounce).toBe(true);
        await toOwner(out);
    });

    it('the question about the stake: the stake stays, the value is the owner’s', async () => {
        await unit.finished('owner', PoolOperator.setActiveBody({ active: false }));
        unit.advance(604_800n);
        const [ask] = outs(await unit.done('owner', PoolOperator.withdrawOperatorStakeBody({ amount: toNano('100') })));
        await toOwner(ask);
        expect((await unit.data()).stake).toBe(toNano('100'));
        const [alarm] = outs(await unit.done('stranger', PoolOperator.emergencyWithdrawBody()));
        await toOwner(alarm);
        expect((await unit.data()).stake).toBe(toNano('100'));
    });

    it('the set-up of a child that is broken', async () => {
        const fresh = await OperatorUnit.create({ until: 'created' });
        const sent = outs(await fresh.done('owner', PoolOperator.deployPoolBody(), toNano('5')));
        for (const out of sent.slice(0, 3)) {
            const tx = await fresh.bounce(out, toNano('0.5'));
            expect(outs(tx).map((back) => back.op)).toEqual([op.OwnMoney]);
        }
        expect((await fresh.data()).linked).toBe(true);
    });

    it('an unknown one, and one without a body', async () => {
        await toOwner({
            ...outs(await unit.done('owner', PoolOperator.cancelCommissionBody()))[0],
            body: beginCell().storeUint(0x11223344, 32).storeUint(0, 64).endCell(),
        });
        await toOwner({
            ...outs(await unit.done('owner', PoolOperator.cancelCommissionBody()))[0],
            body: Cell.EMPTY,
        });
    });

    it('with less than the gas of its handling harms nobody', async () => {
        const [out] = outs(await unit.done('owner', PoolOperator.cancelCommissionBody()));
        const before = await unit.operator.getSolvency();
        const { stake } = await unit.data();
        const result = await unit.blockchain.sendMessage({
            info: {
                type: 'internal',
                ihrDisabled: true,
                bounce: false,
                bounced: true,
                src: out.to,
                dest: unit.address,
                value: { coins: 1000n },
                ihrFee: 0n,
                forwardFee: 0n,
                createdLt: 0n,
                createdAt: 0,
            },
            body: beginCell().storeUint(0xffffffff, 32).endCell(),
        });
        expect(txsAt(result, unit.address)).toHaveLength(1);
        expect((await unit.data()).stake).toBe(stake);
        expect(await unit.operator.getSolvency()).toBeGreaterThanOrEqual(before);
    });
});

describe('a fine that comes back', () => {
    it('is in the stake again, to the nano', async () => {
        const { activeSince, stake } = await unit.data();
        const [fine] = outs(await unit.done('registry', epochMissedBody(0, activeSince)));
        expect((await unit.data()).stake).toBe(stake - toNano('5'));
        await unit.bounce(fine);
        expect((await unit.data()).stake).toBe(stake);
    });
});

describe('in a real pool', () => {
    it('a second raise is refused by the distribution, and the value comes back to the owner', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        const owner = env.roles.owner.getSender();
        await env.operator.sendSetCommission(owner, { bps: 1200 });
        const { pendingAt } = await env.distribution.getSchedule();
        env.advance(5);
        const result = await env.operator.sendSetCommission(owner, { bps: 1300 });
        expect(result.transactions).toHaveTransaction({
            on: env.distribution.address,
            exitCode: PoolExit.ERROR_CHANGE_PENDING,
        });
        expect(messagesWith(result.transactions, op.OwnMoney)).toHaveLength(1);
        expect(await env.distribution.getSchedule()).toMatchObject({ pendingAt, pendingBps: 1200n });
    });
});
