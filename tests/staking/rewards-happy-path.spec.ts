/** Rewards of one prover: set-up, share changes, rewards, claims, commission, restake. */
import { beginCell, toNano } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { accountIdOf, addressOfAccount } from '../../wrappers/pool/metrics';
import { underCoverage } from '../support/coverage';
import {
    EXCESSES,
    expectNoLoss,
    gasOf,
    JETTON_NOTIFICATION,
    kept,
    outs,
    sameAddress,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { rewardEvents } from '../support/staking/rewards-events';
import { RewardsUnit, UNSTAKE_DELAY } from '../support/staking/rewards-unit';

const E18 = 10n ** 18n;

describe('the set-up', () => {
    it('finds the own wallet, keeps the rent and gives the prover the rest', async () => {
        const unit = await RewardsUnit.create({ bare: true });
        const before = await unit.ton('prover');
        const result = await unit.setup();
        expect(result.transactions.every(succeeded)).toBe(true);
        expect(await unit.data()).toMatchObject({
            master: accountIdOf(unit.id('master')),
            prover: accountIdOf(unit.id('prover')),
            salt: 5n,
            staking: accountIdOf(unit.id('staking')),
            minter: accountIdOf(unit.token.address),
            wallet: accountIdOf(unit.wallet.address),
            total: 0n,
            acc: 0n,
            pot: 0n,
            due: 0n,
            commission: 1000n,
            minReward: 1n,
            unstakeDelay: UNSTAKE_DELAY,
            version: 1n,
        });
        expect(await unit.ton('prover')).toBeGreaterThan(before + toNano(underCoverage ? '2.9' : '3'));
        expect((await unit.rewards.getSolvency()).nano).toBeGreaterThan(0n);
        expect(rewardEvents(result, 'CommissionEvent')).toEqual([
            { event: 'CommissionEvent', commission: 1000n, at: 0n },
        ]);
    });

    it('happens once', async () => {
        const unit = await RewardsUnit.create();
        const before = await unit.data();
        const result = await unit.send('master', unit.setupBody(9999n));
        expect(await unit.data()).toEqual(before);
        expect(outs(txAt(result, unit.address))).toMatchObject([{ to: sameAddress(unit.id('prover')), op: EXCESSES }]);
    });

    it('asks for the wallet again while it is not known', async () => {
        const unit = await RewardsUnit.create({ bare: true });
        await unit.setup(toNano('5'));
        await unit.refused(built.ERROR_WALLET_KNOWN, 'stranger', unit.discoverBody());
    });
});

describe('rewards', () => {
    let unit: RewardsUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RewardsUnit.create();
        await unit.delta('prover', 10_000n * E18);
        await unit.delta('alice', 8_000n * E18);
        await unit.delta('bob', 2_000n * E18);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());
    afterEach(() => unit.expectSound());

    it('go to the shares in proportion, after the commission', async () => {
        const result = await unit.add(1000n * E18, { queryId: 77n });
        expect(await unit.data()).toMatchObject({
            total: 20_000n * E18,
            acc: 45n * 10n ** 15n,
            pot: 900n * E18,
            due: 100n * E18,
            income: 1000n * E18,
        });
        expect(rewardEvents(result)).toEqual([
            {
                event: 'RewardsAddedEvent',
                from: accountIdOf(unit.id('payer')),
                amount: 1000n * E18,
                commission: 100n * E18,
                rounding: 0n,
                acc: 45n * 10n ** 15n,
            },
        ]);
        expect(await unit.claimable('alice')).toBe(360n * E18);
        expect(await unit.claimable('bob')).toBe(90n * E18);
        expect(await unit.claimable('prover')).toBe(450n * E18);
        expect(await unit.claimable('carol')).toBe(0n);
        const tx = txAt(result, unit.address);
        expectNoLoss(tx);
        const [excess] = outs(tx);
        expect(excess).toMatchObject({ to: sameAddress(unit.id('payer')), op: EXCESSES, queryId: 77n, bounce: false });
    });

    it('are paid once', async () => {
        await unit.add(1000n * E18);
        const result = await unit.claim('alice');
        expect(await unit.balance('alice')).toBe(360n * E18);
        expect(rewardEvents(result)).toEqual([
            {
                event: 'RewardsPaidEvent',
                staker: accountIdOf(unit.id('alice')),
                to: accountIdOf(unit.id('alice')),
                amount: 360n * E18,
                restake: false,
            },
        ]);
        for (const tx of [...txsAt(result, unit.address), ...txsAt(result, unit.mirror('alice').address)]) {
            expectNoLoss(tx);
            expect(kept(tx)).toBeLessThan(toNano('0.02'));
        }
        // Her wallet tells her nothing: she would pay for it.
        const notified = result.transactions.flatMap(outs).filter(({ op }) => op === JETTON_NOTIFICATION);
        expect(notified).toEqual([]);
        const again = await unit.claim('alice');
        expect(await unit.balance('alice')).toBe(360n * E18);
        expect(rewardEvents(again)).toEqual([]);
        // The value came back to her, and nothing but the value.
        expectNoLoss(txAt(again, unit.mirror('alice').address));
        const back = outs(txAt(again, unit.mirror('alice').address));
        expect(back).toMatchObject([{ to: sameAddress(unit.id('alice')), op: EXCESSES }]);
    });

    it('go to the staker when somebody else claims for him, the rest of the value to the sender', async () => {
        await unit.add(1000n * E18);
        const before = await unit.ton('keeper');
        const result = await unit.claim('alice', { by: 'keeper' });
        expect(await unit.balance('alice')).toBe(360n * E18);
        expect(await unit.balance('keeper')).toBe(0n);
        expect(before - (await unit.ton('keeper'))).toBeLessThan(toNano(underCoverage ? '0.2' : '0.1'));
        expect(rewardEvents(result)).toMatchObject([{ to: accountIdOf(unit.id('alice')) }]);
        // With nothing to pay the value is the sender's, too.
        const again = await unit.claim('alice', { by: 'keeper' });
        expect(outs(txAt(again, unit.mirror('alice').address))).toMatchObject([
            { to: sameAddress(unit.id('keeper')), op: EXCESSES },
        ]);
    });

    it('go to another address when the staker says so', async () => {
        await unit.add(1000n * E18);
        const before = await unit.ton('alice');
        const result = await unit.claim('alice', { to: unit.id('carol') });
        expect(await unit.balance('carol')).toBe(360n * E18);
        expect(await unit.balance('alice')).toBe(0n);
        expect(rewardEvents(result)).toMatchObject([
            { staker: accountIdOf(unit.id('alice')), to: accountIdOf(unit.id('carol')) },
        ]);
        expectNoLoss(txAt(result, unit.mirror('alice').address));
        // The rest of the value is the staker's.
        expect(before - (await unit.ton('alice'))).toBeLessThan(toNano(underCoverage ? '0.2' : '0.1'));
    });

    it('are the prover’s alone when nobody holds a share', async () => {
        for (const [who, raw] of [
            ['prover', 10_000n],
            ['alice', 8_000n],
            ['bob', 2_000n],
        ] as const) {
            await unit.delta(who, -raw * E18);
        }
        const { acc } = await unit.data();
        const result = await unit.add(5n * E18);
        expect(await unit.data()).toMatchObject({ total: 0n, acc, pot: 0n, due: 5n * E18 });
        expect(rewardEvents(result)).toMatchObject([{ commission: 5n * E18, rounding: 0n, acc }]);
    });

    it('follow the shares: what came before a change is shared by the shares before it', async () => {
        await unit.add(1000n * E18);
        await unit.delta('alice', -8_000n * E18);
        await unit.add(1000n * E18);
        // 900 over 12,000 shares now.
        expect(await unit.claimable('alice')).toBe(360n * E18);
        expect(await unit.claimable('bob')).toBe(90n * E18 + 150n * E18);
        await unit.delta('carol', 12_000n * E18);
        expect(await unit.claimable('carol')).toBe(0n);
        await unit.add(1000n * E18);
        expect(await unit.claimable('carol')).toBe(450n * E18);
    });

    it('of any number of stakers cost the same to add', async () => {
        const gas = async () => gasOf(txAt(await unit.add(1000n * E18), unit.address));
        await gas();
        const few = await gas();
        await unit.delta('carol', 3n * E18);
        expect(await gas()).toBe(few);
    });

    it('leave what lies below a step in the pot', async () => {
        await unit.delta('carol', 1n);
        const result = await unit.add(7n);
        const { acc, total, pot } = await unit.data();
        expect({ acc, pot, rounding: rewardEvents(result, 'RewardsAddedEvent')[0].rounding }).toEqual({
            acc: (7n * E18) / total,
            pot: 7n,
            rounding: ((7n * E18) % total) / E18,
        });
    });

    describe('commission', () => {
        it('is paid to the prover by anybody', async () => {
            await unit.add(1000n * E18);
            const result = await unit.claimCommission('keeper');
            expect(await unit.balance('prover')).toBe(100n * E18);
            expect(rewardEvents(result)).toEqual([
                { event: 'CommissionPaidEvent', to: accountIdOf(unit.id('prover')), amount: 100n * E18 },
            ]);
            expect((await unit.data()).due).toBe(0n);
            expect(result.transactions.flatMap(outs).map(({ op }) => op)).not.toContain(JETTON_NOTIFICATION);
        });

        it('is paid to another address by the prover', async () => {
            await unit.add(1000n * E18);
            await unit.claimCommission('prover', unit.id('carol'));
            expect(await unit.balance('carol')).toBe(100n * E18);
        });

        it('falls at once', async () => {
            const result = await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 0 });
            expect(rewardEvents(result)).toEqual([{ event: 'CommissionEvent', commission: 0n, at: 0n }]);
            await unit.add(1000n * E18);
            expect(await unit.data()).toMatchObject({ commission: 0n, due: 0n, pot: 1000n * E18 });
        });

        it('rises by itself when the unstake delay is over', async () => {
            const result = await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 10_000 });
            const at = unit.now + UNSTAKE_DELAY;
            expect(rewardEvents(result)).toEqual([{ event: 'CommissionEvent', commission: 10_000n, at }]);
            expect(await unit.data()).toMatchObject({ commission: 1000n, raise: 10_000n, raiseAt: at });
            unit.advance(UNSTAKE_DELAY - 1n);
            await unit.add(1000n * E18);
            expect((await unit.data()).due).toBe(100n * E18);
            unit.advance(1n);
            expect(await unit.data()).toMatchObject({ commission: 10_000n, raise: 0n, raiseAt: 0n });
            await unit.add(1000n * E18);
            expect(await unit.data()).toMatchObject({ due: 1100n * E18, commission: 10_000n, raiseAt: 0n });
            unit.advance(UNSTAKE_DELAY);
            await unit.add(1000n * E18);
            expect((await unit.data()).due).toBe(2100n * E18);
        });

        it('drops an announced raise when it is set again', async () => {
            await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 5000 });
            await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 1000 });
            unit.advance(UNSTAKE_DELAY);
            expect(await unit.data()).toMatchObject({ commission: 1000n, raise: 0n, raiseAt: 0n });
            // A second raise replaces the first, with its own notice.
            await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 5000 });
            unit.advance(10n);
            await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 3000 });
            unit.advance(UNSTAKE_DELAY - 1n);
            expect((await unit.data()).commission).toBe(1000n);
            unit.advance(1n);
            expect((await unit.data()).commission).toBe(3000n);
            // A raise in force counts when the next one is compared with it.
            await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 2000 });
            expect(await unit.data()).toMatchObject({ commission: 2000n, raiseAt: 0n });
        });
    });
});

describe('a restake', () => {
    it('stakes the rewards for the staker when both tokens are the same', async () => {
        const unit = await RewardsUnit.create({ sameToken: true, commission: 0n });
        await unit.delta('alice', 5n * E18);
        await unit.add(100n * E18);
        const result = await unit.claim('alice', { restake: true });
        expect(await unit.balance('staking')).toBe(100n * E18);
        expect(rewardEvents(result)).toMatchObject([{ restake: true, to: accountIdOf(unit.id('staking')) }]);
        const staker = accountIdOf(unit.id('alice'));
        const notification = txsAt(result, unit.id('staking'))
            .map((tx) => tx.inMessage!.body.beginParse())
            .find((body) => body.preloadUint(32) === JETTON_NOTIFICATION)!;
        expect(notification.skip(96).loadCoins()).toBe(100n * E18);
        expect(notification.loadAddress().equals(unit.address)).toBe(true);
        const payload = notification.loadBit() ? notification.loadRef() : notification.asCell();
        expect(payload).toEqualCell(
            beginCell()
                .storeUint(0x720f0001, 32)
                .storeUint(0, 126)
                .storeUint(staker, 256)
                .storeUint(staker, 256)
                .endCell(),
        );
        await unit.expectSound();
        expect(addressOfAccount(staker).equals(unit.id('alice'))).toBe(true);
    });
});
