/** What `get_cost` says is enough for the whole chain, one nanoton less is refused, at five sets of prices. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { ProverRewards } from '../../wrappers/staking/ProverRewards';
import { underCoverage } from '../support/coverage';
import { bounceOf, expectNoLoss, kept, outs, refuse, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { priceScenarios } from '../support/prices';
import { RewardsUnit } from '../support/staking/rewards-unit';
import { feeBodies, rewardsTour } from '../support/staking/rewards-tour';

const E18 = 10n ** 18n;
const gasTest = underCoverage ? it.skip : it;

describe.each(Object.entries(priceScenarios()))('at the %s', (_name, config) => {
    let unit: RewardsUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RewardsUnit.create({ config, sameToken: true });
        await unit.delta('prover', 10n * E18, { value: toNano('20') });
        await unit.delta('alice', 30n * E18, { value: toNano('20') });
        const rich = { value: toNano('20'), forward: toNano('5') };
        await unit.add(1000n * E18, rich);
        const parked = (await unit.rewards.getCost(ProverRewards.opcodes.ReleaseParked)) - 1n;
        await unit.add(50n, { from: 'stranger', payload: null, forward: parked, value: toNano('20') });
        await unit.add(900n, { forward: 0n, value: toNano('20') });
        await unit.rewards.sendProveSurplus(unit.sender('keeper'), { amount: 400n });
        await unit.send('master', unit.surplusBody(400n, unit.id('payer')), toNano('20'));
        const back = await refuse(unit.blockchain, unit.mirror('alice').address);
        await unit.delta('alice', 5n, { value: toNano('20') });
        await back();
        await unit.delta('bob', 7n, { seq: 2n, value: toNano('20') });
        unit.advance(2n * 86_400n);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    it('every operation works with its cost and is refused with one nanoton less', async () => {
        for (const [name, who, body, n] of await feeBodies(unit)) {
            const cost = await unit.rewards.getCost(
                ProverRewards.opcodes[name as keyof typeof ProverRewards.opcodes],
                n,
            );
            await unit.refused(built.ERROR_VALUE_TOO_LOW, who, body, cost - 1n);
            const result = await unit.send(who, body, cost);
            const own = txsAt(result, unit.address);
            expect({ name, failed: own.filter((tx) => !succeeded(tx)).length }).toEqual({ name, failed: 0 });
            if (!underCoverage) {
                expect({ name, lost: own.map(kept).filter((nano) => nano < 0n) }).toEqual({ name, lost: [] });
            }
            // Every message arrived: nothing came back.
            const bounced = result.transactions.filter(
                (tx) => tx.inMessage?.info.type === 'internal' && tx.inMessage.info.bounced,
            );
            expect({ name, bounced: bounced.length }).toEqual({ name, bounced: 0 });
            await restore();
        }
    });

    it('a share change of the least value passes, one nanoton less bounces', async () => {
        const cost = await unit.rewards.getCost(ProverRewards.opcodes.ShareDelta);
        // The first of a staker is the dearest; what it does not need comes back.
        const first = await unit.delta('carol', 5n, { value: cost });
        expect(txsAt(first, unit.address).every(succeeded)).toBe(true);
        txsAt(first, unit.address).forEach(expectNoLoss);
        expect(txsAt(first, unit.mirror('carol').address).every(succeeded)).toBe(true);
        for (const delta of [5n, -5n]) {
            const passes = async (value: bigint) => {
                const result = await unit.delta('prover', delta, { value });
                const ok = succeeded(txAt(result, unit.address));
                if (ok) {
                    const own = [...txsAt(result, unit.address), ...txsAt(result, unit.mirror('prover').address)];
                    expect(own.map(succeeded)).toEqual(own.map(() => true));
                    own.forEach(expectNoLoss);
                }
                await restore();
                return ok;
            };
            let [low, high] = [0n, cost];
            while (high - low > 1n) {
                const middle = (low + high) / 2n;
                if (await passes(middle)) high = middle;
                else low = middle;
            }
            const exact = high;
            expect(await passes(exact)).toBe(true);
            expect(await passes(exact - 1n)).toBe(false);
            expect(exact).toBeLessThanOrEqual(cost);
        }
    });

    it('a reward with the least TON is booked without a loss', async () => {
        const forward = await unit.rewards.getAddRewardsCost();
        const { income } = await unit.data();
        const result = await unit.add(5000n, { forward, value: toNano('20') });
        expect((await unit.data()).income).toBe(income + 5000n);
        txsAt(result, unit.address).forEach(expectNoLoss);
    });

    it('a refused payout finds its way back to the position', async () => {
        const cost = await unit.rewards.getCost(ProverRewards.opcodes.ClaimRewards);
        const back = await refuse(unit.blockchain, unit.wallet.address);
        const result = await unit.send('alice', ProverRewards.claimRewardsBody({ staker: unit.id('alice') }), cost);
        await back();
        expect(txsAt(result, unit.mirror('alice').address)).toHaveLength(2);
        expect((await unit.mirror('alice').getRewardPosition()).pending).toBeGreaterThan(0n);
        expect(outs(txsAt(result, unit.address)[0])).toHaveLength(1);
        expect(bounceOf).toBeDefined();
    });
});

describe('gas constants', () => {
    gasTest(
        'are at most a tenth above the dearest path, and never below it',
        async () => {
            const maxima = await rewardsTour();
            const most = (...names: string[]) => names.reduce((m, n) => (maxima.get(n)! > m ? maxima.get(n)! : m), 0n);
            const hot = new Set(['JettonNotification', 'ClaimRewards', 'PayRewards', 'ShareDelta', 'DeltaResult']);
            const small = [...maxima.keys()].filter((k) => k.startsWith('ProverRewards.') && !hot.has(k.split('.')[1]));
            const rows: Record<string, [bigint, bigint]> = {
                GAS_REWARDS_ADD: [built.GAS_REWARDS_ADD, maxima.get('add')!],
                GAS_REWARDS_CLAIM: [built.GAS_REWARDS_CLAIM, most('ProverRewards.ClaimRewards')],
                GAS_REWARD_POSITION_SETTLE: [built.GAS_REWARD_POSITION_SETTLE, most('RewardPosition.SettleRewards')],
                GAS_REWARDS_PAY: [built.GAS_REWARDS_PAY, most('ProverRewards.PayRewards')],
                GAS_REWARDS_DELTA: [built.GAS_REWARDS_DELTA, most('ProverRewards.ShareDelta')],
                GAS_REWARD_POSITION_ADD: [built.GAS_REWARD_POSITION_ADD, most('RewardPosition.ApplyDelta+')],
                GAS_REWARD_POSITION_TAKE: [built.GAS_REWARD_POSITION_TAKE, most('RewardPosition.ApplyDelta-')],
                GAS_REWARDS_RESULT: [built.GAS_REWARDS_RESULT, most('ProverRewards.DeltaResult')],
                GAS_REWARD_POSITION_RETURNED: [
                    built.GAS_REWARD_POSITION_RETURNED,
                    most('RewardPosition.RewardsReturned'),
                ],
                GAS_REWARDS_SMALL: [built.GAS_REWARDS_SMALL, most(...small, 'ProverRewards.JettonNotification')],
            };
            const report = Object.entries(rows).map(([name, [constant, measured]]) => ({
                name,
                constant,
                measured,
                good: constant >= measured && constant <= (measured * 11n) / 10n,
            }));
            expect(report.filter((row) => !row.good)).toEqual([]);
        },
        300_000,
    );
});
