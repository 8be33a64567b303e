/** Tokens in: what is no reward goes back, waits, or is booked; what comes from another wallet is never kept. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { ProverRewards } from '../../wrappers/staking/ProverRewards';
import { onchainMetadata, ShareMinter, tokenCodes } from '../../wrappers/token';
import {
    bounceOf,
    jettonNotification,
    outs,
    refuse,
    sameAddress,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { rewardEvents } from '../support/staking/rewards-events';
import { RewardsUnit } from '../support/staking/rewards-unit';

const E18 = 10n ** 18n;
const TRANSFER = 0x0f8a7ea5;

describe('tokens that are no reward', () => {
    let unit: RewardsUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RewardsUnit.create({ minReward: 1000n });
        await unit.delta('prover', 10n * E18);
        await unit.add(5000n);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const garbage: [string, Cell | null][] = [
        ['no payload', null],
        ['an empty cell', Cell.EMPTY],
        ['another payload', beginCell().storeUint(0x720f0001, 32).endCell()],
        ['a short one', beginCell().storeUint(0x720f, 16).endCell()],
        ['the payload of a proof', beginCell().storeUint(0x720f0004, 32).endCell()],
        ['an exotic cell', beginCell().storeUint(2, 8).storeUint(5, 256).endCell({ exotic: true })],
    ];

    it.each(garbage)('%s: go back to the sender', async (_name, payload) => {
        const before = await unit.balance('stranger');
        const { pot, due, income } = await unit.data();
        const result = await unit.add(7000n, { from: 'stranger', payload });
        expect(await unit.balance('stranger')).toBe(before);
        expect(await unit.data()).toMatchObject({ pot, due, income: income + 7000n });
        expect(rewardEvents(result)).toEqual([
            { event: 'PaidOutEvent', kind: 5n, to: accountIdOf(unit.id('stranger')), amount: 7000n },
        ]);
        await unit.expectSound();
    });

    it('below the minimum go back, at it they are a reward', async () => {
        const before = await unit.balance('payer');
        await unit.add(999n);
        expect(await unit.balance('payer')).toBe(before);
        await unit.add(1000n);
        expect(await unit.balance('payer')).toBe(before - 1000n);
        await unit.expectSound();
    });

    it('an inline payload is as good as a cell', async () => {
        const { income } = await unit.data();
        await unit.add(2000n, { payload: ProverRewards.rewardPayload().beginParse() });
        expect(await unit.data()).toMatchObject({ income: income + 2000n });
        expect(
            rewardEvents(await unit.add(2000n, { payload: ProverRewards.rewardPayload().beginParse() })),
        ).toHaveLength(1);
    });

    it('with too little TON wait for ReleaseParked', async () => {
        const before = await unit.balance('stranger');
        const cost = await unit.rewards.getCost(ProverRewards.opcodes.ReleaseParked);
        const result = await unit.add(7000n, { from: 'stranger', payload: null, forward: cost - 1n });
        expect(rewardEvents(result)).toEqual([
            { event: 'BookedEvent', kind: 1n, from: accountIdOf(unit.id('stranger')), amount: 7000n },
        ]);
        await unit.add(1500n, { from: 'stranger', payload: null, forward: cost - 1n });
        expect(await unit.rewards.getParked(unit.id('stranger'))).toBe(8500n);
        expect(await unit.rewards.getDesk()).toMatchObject({ parkedCount: 1n, parkedTotal: 8500n, surplus: 0n });
        await unit.expectSound();
        const released = await unit.rewards.sendReleaseParked(unit.sender('keeper'), { sender: unit.id('stranger') });
        expect(rewardEvents(released)).toEqual([
            { event: 'PaidOutEvent', kind: 6n, to: accountIdOf(unit.id('stranger')), amount: 8500n },
        ]);
        expect(await unit.balance('stranger')).toBe(before);
        expect(await unit.rewards.getDesk()).toMatchObject({ parkedCount: 0n, parkedTotal: 0n });
        await unit.refused(
            built.ERROR_NOTHING_DUE,
            'keeper',
            ProverRewards.releaseParkedBody({ sender: unit.id('stranger') }),
        );
        await unit.expectSound();
    });

    it('of less than the minimum, with too little TON, are surplus', async () => {
        const result = await unit.add(999n, { from: 'stranger', forward: toNano('0.01') });
        expect(rewardEvents(result)).toEqual([
            { event: 'BookedEvent', kind: 2n, from: accountIdOf(unit.id('stranger')), amount: 999n },
        ]);
        expect((await unit.rewards.getDesk()).surplus).toBe(999n);
        await unit.expectSound();
    });

    it('more for somebody who has tokens here already are added to them, however few', async () => {
        await unit.add(1000n, { from: 'stranger', payload: null, forward: toNano('0.01') });
        await unit.add(3n, { from: 'stranger', payload: null, forward: toNano('0.01') });
        expect(await unit.rewards.getParked(unit.id('stranger'))).toBe(1003n);
        await unit.expectSound();
    });

    it('of a 129th sender are surplus', async () => {
        const wallet = unit.wallet.address;
        const notify = (n: bigint) =>
            unit.impersonate(
                wallet,
                unit.address,
                jettonNotification({
                    queryId: n,
                    amount: 1000n,
                    from: new Address(0, Buffer.from(n.toString(16).padStart(64, '0'), 'hex')),
                }),
                toNano('0.02'),
            );
        for (let n = 1n; n <= 128n; n++) {
            await notify(n);
        }
        expect(await unit.rewards.getDesk()).toMatchObject({ parkedCount: 128n, parkedTotal: 128_000n, surplus: 0n });
        const result = await notify(129n);
        expect(succeeded(txAt(result, unit.address))).toBe(true);
        expect(await unit.rewards.getDesk()).toMatchObject({
            parkedCount: 128n,
            parkedTotal: 128_000n,
            surplus: 1000n,
        });
        // One who is there already still finds room.
        await notify(128n);
        expect(await unit.rewards.getDesk()).toMatchObject({ parkedCount: 128n, parkedTotal: 129_000n });
    });

    it('of nobody in the basechain are surplus', async () => {
        for (const sender of [null, new Address(-1, Buffer.alloc(32, 7))]) {
            const { surplus } = await unit.rewards.getDesk();
            await unit.impersonate(
                unit.wallet.address,
                unit.address,
                beginCell().storeUint(0x7362d09c, 32).storeUint(1, 64).storeCoins(5000n).storeAddress(sender).endCell(),
            );
            expect((await unit.rewards.getDesk()).surplus).toBe(surplus + 5000n);
        }
    });

    it('never make the notification of the own wallet throw', async () => {
        for (const [, payload] of garbage) {
            for (const forward of [toNano('0.01'), toNano('0.05'), toNano('1')]) {
                for (const amount of [1n, 999n, 1000n]) {
                    const result = await unit.add(amount, { from: 'stranger', payload, forward });
                    expect(txsAt(result, unit.address).every(succeeded)).toBe(true);
                }
            }
        }
        await unit.expectSound();
    });
});

describe('another jetton', () => {
    it('goes back, whatever its payload says', async () => {
        const unit = await RewardsUnit.create();
        const { walletCode } = await tokenCodes();
        const other = unit.blockchain.openContract(
            await ShareMinter.createFromConfig({
                admin: unit.id('minter'),
                content: onchainMetadata({ name: 'Other', symbol: 'OTH', decimals: '9' }),
                minters: [unit.id('minter')],
                walletCode,
            }),
        );
        await other.sendDeploy(unit.sender('minter'), { value: toNano('10') });
        await other.sendMint(unit.sender('minter'), { receiver: unit.id('stranger'), amount: 500n });
        const before = await unit.data();
        const wallet = unit.walletOf(unit.id('stranger'), other.address);
        await wallet.sendTransfer(unit.sender('stranger'), {
            value: toNano('0.5'),
            amount: 500n,
            destination: unit.address,
            response: unit.id('stranger'),
            forwardTonAmount: toNano('0.2'),
            forwardPayload: ProverRewards.rewardPayload(),
        });
        expect(await wallet.getBalance()).toBe(500n);
        expect(await unit.walletOf(unit.address, other.address).getBalance()).toBe(0n);
        expect(await unit.data()).toEqual(before);
    });

    it('is answered only out of its own value', async () => {
        const unit = await RewardsUnit.create();
        const before = await unit.ton(unit.address);
        for (const value of ['0.005', '0.01', '0.2']) {
            const body = (from: Address | null) =>
                jettonNotification({ queryId: 4n, amount: 5n, from, payload: ProverRewards.rewardPayload() });
            const result = await unit.send('stranger', body(unit.id('carol')), toNano(value));
            const [out] = outs(txAt(result, unit.address));
            expect(out).toMatchObject({ op: TRANSFER, to: sameAddress(unit.id('stranger')), queryId: 4n });
            // Its bounce is nothing to us.
            await unit.blockchain.sendMessage(bounceOf(out));
            const ignored = await unit.send('stranger', body(null), toNano(value));
            expect(outs(txAt(ignored, unit.address))).toEqual([]);
        }
        expect(await unit.ton(unit.address)).toBeGreaterThanOrEqual(before);
        expect(await unit.data()).toMatchObject({ income: 0n, due: 0n, pot: 0n });
    });

    it('goes back before the set-up, too', async () => {
        const unit = await RewardsUnit.create({ bare: true });
        await unit.people.stranger.send({
            to: unit.address,
            value: toNano('1'),
            init: unit.rewards.init,
            bounce: false,
        });
        const result = await unit.send(
            'stranger',
            jettonNotification({ queryId: 4n, amount: 5n, from: unit.id('carol') }),
        );
        expect(outs(txAt(result, unit.address))).toMatchObject([
            { op: TRANSFER, to: sameAddress(unit.id('stranger')) },
        ]);
        // And an account that somebody has deployed can still be set up.
        await unit.setup();
        expect((await unit.data()).wallet).toBe(accountIdOf(unit.wallet.address));
    });
});

describe('the search for the own wallet', () => {
    it('can be repeated by anybody when the minter did not answer', async () => {
        const unit = await RewardsUnit.create({ bare: true });
        const back = await refuse(unit.blockchain, unit.token.address);
        await unit.setup();
        expect((await unit.data()).wallet).toBe(0n);
        await back();
        // Tokens that come before it is known go back as those of a foreign wallet.
        await unit.mint('payer', 100n);
        await unit.add(50n);
        expect(await unit.balance('payer')).toBe(100n);
        await unit.rewards.sendDiscover(unit.sender('stranger'));
        expect((await unit.data()).wallet).toBe(accountIdOf(unit.wallet.address));
        await unit.add(50n);
        expect(await unit.data()).toMatchObject({ income: 50n, due: 50n });
    });

    it('believes only the minter, and only once', async () => {
        const unit = await RewardsUnit.create();
        const body = (wallet: Address | null) =>
            beginCell().storeUint(0xd1735400, 32).storeUint(0, 64).storeAddress(wallet).storeBit(false).endCell();
        const { wallet } = await unit.data();
        await unit.send('stranger', body(unit.id('stranger')));
        await unit.impersonate(unit.token.address, unit.address, body(unit.id('stranger')));
        expect((await unit.data()).wallet).toBe(wallet);
        const fresh = await RewardsUnit.create({ bare: true });
        const back = await refuse(fresh.blockchain, fresh.token.address);
        await fresh.setup();
        await back();
        await fresh.send('stranger', body(fresh.id('stranger')));
        await fresh.impersonate(fresh.token.address, fresh.address, body(null));
        expect((await fresh.data()).wallet).toBe(0n);
        await fresh.impersonate(fresh.token.address, fresh.address, body(fresh.id('carol')));
        expect((await fresh.data()).wallet).toBe(accountIdOf(fresh.id('carol')));
    });
});
