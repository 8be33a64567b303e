/**
 * Every message that ProverRewards and RewardPosition send, bounced once:
 *
 *   ApplyDelta       a positive change leaves the total; waits for Resend, which makes it owed at the StakePosition
 *   SettleRewards    nothing was changed
 *   PayRewards       the rewards are pending again
 *   transfer         rewards are pending again, commission is due again, a return waits for its sender, surplus is surplus
 *   RewardsReturned  waits for Resend, which brings the RewardPosition into being if need be
 *   DeltaReturned    waits for Resend
 *   DeltaResult, RetireAnswer, ProvideWalletAddress, excesses: nothing to restore
 */
import { Address, beginCell, toNano } from '@ton/core';
import { SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import * as built from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { ProverRewards } from '../../wrappers/staking/ProverRewards';
import { RewardPosition } from '../../wrappers/staking/RewardPosition';
import { underCoverage } from '../support/coverage';
import {
    bounceOf,
    EXCESSES,
    exitCode,
    jettonNotification,
    outs,
    REFUSAL,
    refuse,
    sameAddress,
    setBalance,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { rewardEvents } from '../support/staking/rewards-events';
import { RewardPerson, RewardsUnit, UNSTAKE_DELAY } from '../support/staking/rewards-unit';

// The markers of a coverage run cost gas that a share change does not bring along.
const tight = underCoverage ? it.skip : it;

const E18 = 10n ** 18n;
const { ApplyDelta, DeltaReturned, PayRewards, RewardsReturned } = ProverRewards.opcodes;
const TRANSFER = 0x0f8a7ea5;

describe('bounces', () => {
    let unit: RewardsUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RewardsUnit.create();
        await unit.delta('prover', 10n * E18);
        await unit.delta('alice', 30n * E18);
        await unit.add(1000n * E18);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const owedBy = (result: SendMessageResult, who: RewardPerson) =>
        txsAt(result, unit.positionAddress(unit.id(who))).map((tx) => {
            const body = tx.inMessage!.body.beginParse();
            return { op: body.loadUint(32), delta: (body.skip(64), body.loadIntBig(128)) };
        });
    const resend = (who: RewardPerson) => unit.rewards.sendResend(unit.sender('keeper'), { staker: unit.id(who) });

    describe('ApplyDelta', () => {
        it.each([
            [5n * E18, 40n * E18],
            [-5n * E18, 40n * E18],
        ])('a change of %d waits for Resend and is owed again', async (delta, total) => {
            const back = await refuse(unit.blockchain, unit.mirror('alice').address);
            const result = await unit.delta('alice', delta);
            expect(exitCode(txAt(result, unit.mirror('alice').address))).toBe(REFUSAL);
            expect((await unit.data()).total).toBe(total);
            expect((await unit.rewards.getDesk()).stuckCount).toBe(1n);
            await back();
            await unit.expectSound();
            const sent = await resend('alice');
            expect(owedBy(sent, 'alice')).toEqual([{ op: DeltaReturned, delta }]);
            expect((await unit.rewards.getDesk()).stuckCount).toBe(0n);
            await unit.refused(
                built.ERROR_NOTHING_DUE,
                'keeper',
                ProverRewards.resendBody({ staker: unit.id('alice') }),
            );
            // Sent again it is applied.
            await unit.delta('alice', delta);
            expect((await unit.data()).total).toBe(total + delta);
            await unit.expectSound();
        });

        it('several add up', async () => {
            const back = await refuse(unit.blockchain, unit.mirror('alice').address);
            await unit.delta('alice', 5n);
            await unit.delta('alice', -7n);
            await unit.delta('alice', 1n);
            expect((await unit.data()).total).toBe(40n * E18);
            await back();
            expect(owedBy(await resend('alice'), 'alice')).toEqual([{ op: DeltaReturned, delta: -1n }]);
        });

        it('changes that cancel out leave nothing to owe; the rest of the value comes back', async () => {
            const back = await refuse(unit.blockchain, unit.mirror('alice').address);
            await unit.delta('alice', 5n);
            await unit.delta('alice', -5n);
            await back();
            const result = await resend('alice');
            expect(owedBy(result, 'alice')).toEqual([]);
            expect(outs(txAt(result, unit.address)).at(-1)).toMatchObject({
                to: sameAddress(unit.id('keeper')),
                op: 0xd53276db,
            });
            expect((await unit.rewards.getDesk()).stuckCount).toBe(0n);
        });

        it('to a position that does not exist yet: Resend brings it into being', async () => {
            await unit.delta('carol', 9n, { seq: 2n });
            expect(await unit.mirror('carol').isDeployed()).toBe(false);
            expect((await unit.data()).total).toBe(40n * E18);
            expect(owedBy(await resend('carol'), 'carol')).toEqual([{ op: DeltaReturned, delta: 9n }]);
            expect(await unit.mirror('carol').isDeployed()).toBe(true);
            await unit.delta('carol', 9n);
            expect((await unit.mirror('carol').getRewardPosition()).raw).toBe(9n);
            await unit.expectSound();
        });
    });

    describe('PayRewards', () => {
        it('leaves the rewards pending, the rest of the value is the staker’s', async () => {
            const result = await unit.claim('alice', { by: 'keeper' });
            const [pay] = outs(txAt(result, unit.mirror('alice').address));
            expect(pay.op).toBe(PayRewards);
            await restore();
            const refusing = await refuse(unit.blockchain, unit.address);
            const bounced = await unit.impersonate(
                unit.address,
                unit.mirror('alice').address,
                unit.settleBody({ acc: 22n * E18 + E18 / 2n }),
            );
            await refusing();
            expect(txsAt(bounced, unit.mirror('alice').address)).toHaveLength(2);
            expect((await unit.mirror('alice').getRewardPosition()).pending).toBe(675n * E18);
            expect(outs(txsAt(bounced, unit.mirror('alice').address)[1])).toMatchObject([
                { to: sameAddress(unit.id('alice')), op: EXCESSES, bounce: false },
            ]);
            await unit.expectSound();
            await unit.claim('alice');
            expect(await unit.balance('alice')).toBe(675n * E18);
        });
    });

    describe('transfer', () => {
        /** The own wallet refuses everything. */
        const broken = async (action: () => Promise<SendMessageResult>) => {
            const back = await refuse(unit.blockchain, unit.wallet.address);
            const result = await action();
            await back();
            return result;
        };

        it('of rewards: they are pending again, with what is left of the value for the staker', async () => {
            const before = await unit.data();
            const result = await broken(() => unit.claim('alice'));
            expect(await unit.data()).toMatchObject({ pot: before.pot, payouts: 1n });
            expect(rewardEvents(result, 'BookedEvent')).toEqual([
                { event: 'BookedEvent', kind: 4n, from: accountIdOf(unit.id('alice')), amount: 675n * E18 },
            ]);
            expect((await unit.mirror('alice').getRewardPosition()).pending).toBe(675n * E18);
            await unit.expectSound();
            await unit.claim('alice');
            expect(await unit.balance('alice')).toBe(675n * E18);
            await unit.expectSound();
        });

        it('of commission: it is due again', async () => {
            await broken(() => unit.claimCommission());
            expect((await unit.data()).due).toBe(100n * E18);
            await unit.expectSound();
            await unit.claimCommission();
            expect(await unit.balance('prover')).toBe(100n * E18);
        });

        it('of a return: the tokens wait for their sender', async () => {
            const back = async () =>
                unit.impersonate(
                    unit.wallet.address,
                    unit.address,
                    jettonNotification({ queryId: 1n, amount: 5n, from: unit.id('stranger') }),
                );
            const result = await broken(back);
            expect(rewardEvents(result).map((e) => ('kind' in e ? e.kind : 0n))).toEqual([5n, 4n, 1n]);
            expect(await unit.rewards.getParked(unit.id('stranger'))).toBe(5n);
        });

        it('of parked tokens: they wait again', async () => {
            await unit.add(50n, { from: 'stranger', payload: null, forward: toNano('0.01') });
            await broken(() => unit.rewards.sendReleaseParked(unit.sender('keeper'), { sender: unit.id('stranger') }));
            expect(await unit.rewards.getParked(unit.id('stranger'))).toBe(50n);
            expect(await unit.rewards.getDesk()).toMatchObject({ parkedCount: 1n, parkedTotal: 50n });
            await unit.expectSound();
        });

        it('of surplus: it is surplus again', async () => {
            await unit.impersonate(
                unit.wallet.address,
                unit.address,
                beginCell().storeUint(0x7362d09c, 32).storeUint(1, 64).storeCoins(9n).storeUint(0, 3).endCell(),
            );
            await unit.send('master', unit.surplusBody(9n, unit.id('carol')));
            unit.advance(2n * 86_400n);
            await broken(() => unit.rewards.sendReleaseSurplus(unit.sender('keeper')));
            expect(await unit.rewards.getDesk()).toMatchObject({ surplus: 9n, orderAt: 0n, orderAmount: 0n });
        });

        it('finds a payout among the 128 of the last hour, in either generation', async () => {
            const sent: { amount: bigint; out: ReturnType<typeof outs>[number] }[] = [];
            for (let i = 0; i < 100; i++) {
                const amount = 1000n + BigInt(i);
                const out = outs(txAt(await unit.pay('prover', amount), unit.address)).find((o) => o.op === TRANSFER)!;
                sent.push({ amount, out });
                expect(out.queryId).toBe(BigInt(i));
            }
            for (const i of [0, 1, 36, 37, 63, 64, 65, 98, 99]) {
                const { pot } = await unit.data();
                // Not even gas is left of the value.
                const result = await unit.blockchain.sendMessage(bounceOf(sent[i].out, toNano('0.012')));
                expect((await unit.data()).pot).toBe(pot + sent[i].amount);
                expect(rewardEvents(result, 'BookedEvent')).toMatchObject([{ kind: 4n, amount: sent[i].amount }]);
            }
            // Nobody else can say so, and numbers that do not exist are nothing.
            const { pot } = await unit.data();
            await unit.blockchain.sendMessage(bounceOf({ ...sent[5].out, to: unit.id('stranger') }));
            for (const queryId of [100n, 5000n, (1n << 64n) - 1n]) {
                const body = beginCell().storeUint(TRANSFER, 32).storeUint(queryId, 64).storeCoins(5n).endCell();
                const result = await unit.blockchain.sendMessage(bounceOf({ ...sent[5].out, body }));
                expect(succeeded(txAt(result, unit.address))).toBe(true);
            }
            expect((await unit.data()).pot).toBe(pot);
        });

        it('older than two generations is given up: a proof of surplus finds the tokens', async () => {
            const out = outs(txAt(await unit.pay('prover', 7n), unit.address)).find((o) => o.op === TRANSFER)!;
            for (let i = 0; i < 128; i++) {
                if (i % 60 === 0) unit.advance(3600n);
                await unit.pay('prover', 1n);
            }
            expect((await unit.data()).payouts).toBe(129n);
            const before = await unit.data();
            const result = await unit.blockchain.sendMessage(bounceOf(out));
            expect(rewardEvents(result)).toEqual([]);
            expect(await unit.data()).toEqual(before);
        });
    });

    it('RewardsReturned waits for Resend', async () => {
        await unit.claim('alice');
        await unit.add(1000n * E18);
        const claimed = await unit.claim('alice');
        const out = outs(txsAt(claimed, unit.address)[1]).find((o) => o.op === TRANSFER)!;
        const back = await refuse(unit.blockchain, unit.mirror('alice').address);
        await unit.bounce(out);
        await unit.bounce(out);
        await back();
        expect(await unit.rewards.getDesk()).toMatchObject({ stuckCount: 1n });
        const result = await resend('alice');
        expect(txsAt(result, unit.mirror('alice').address)).toHaveLength(1);
        expect((await unit.mirror('alice').getRewardPosition()).pending).toBe(2n * 675n * E18);
    });

    describe('rewards that come back to a position: it keeps its rent, the rest of the value is the staker’s', () => {
        const at = () => unit.mirror('alice').address;
        const message = (op: number) => beginCell().storeUint(op, 32).storeUint(5, 64).storeCoins(7n).endCell();
        it.each([
            [
                'from ProverRewards',
                (value: bigint) => unit.impersonate(unit.address, at(), message(RewardsReturned), value),
            ],
            [
                'on the way there',
                (value: bigint) => {
                    const sent = { from: at(), to: unit.address, value, body: message(PayRewards) };
                    return unit.blockchain.sendMessage(bounceOf(sent));
                },
            ],
        ])('%s', async (_, arrive) => {
            const left = async (balance: bigint) => {
                await setBalance(unit.blockchain, at(), balance);
                const tx = txAt(await arrive(toNano('1')), at());
                expect(outs(tx)).toMatchObject([{ to: sameAddress(unit.id('alice')), op: EXCESSES, queryId: 5n }]);
                return (await unit.blockchain.getContract(at())).balance;
            };
            const rent = await left(0n);
            expect(rent).toBeGreaterThan(toNano('0.001'));
            expect(await left(rent / 2n)).toBe(rent);
            expect(await left(toNano('2'))).toBe(toNano('2'));
            // Where all of the value is rent there is nothing to give back.
            await setBalance(unit.blockchain, at(), 0n);
            expect(outs(txAt(await arrive(toNano('0.004')), at()))).toEqual([]);
            expect((await unit.mirror('alice').getRewardPosition()).pending).toBe(4n * 7n);
        });
    });

    it('a change of nothing is applied and not answered', async () => {
        const to = unit.mirror('alice').address;
        const { raw, seq } = await unit.mirror('alice').getRewardPosition();
        const body = beginCell()
            .storeUint(ApplyDelta, 32)
            .storeUint(1, 64)
            .storeUint(seq + 1n, 32)
            .storeInt(0, 128)
            .storeUint((await unit.data()).acc, Number(built.ACC_BITS))
            .endCell();
        expect(outs(txAt(await unit.impersonate(unit.address, to, body), to))).toEqual([]);
        expect(await unit.mirror('alice').getRewardPosition()).toMatchObject({ raw, seq: seq + 1n });
    });

    it.each([
        ['RewardsReturned', RewardsReturned, beginCell().storeCoins(7n)],
        ['DeltaReturned', DeltaReturned, beginCell().storeInt(7n, 128)],
    ])('%s with hardly any value waits for Resend, too', async (_, op, rest) => {
        const body = beginCell().storeUint(op, 32).storeUint(1, 64).storeBuilder(rest).endCell();
        const to = unit.mirror('alice').address;
        await unit.blockchain.sendMessage(bounceOf({ from: unit.address, to, value: toNano('0.001'), body }));
        expect(await unit.rewards.getDesk()).toMatchObject({ stuckCount: 1n });
    });

    tight('DeltaReturned waits for Resend', async () => {
        const position = unit.positionAddress(unit.id('alice'));
        const back = await refuse(unit.blockchain, position);
        await unit.delta('alice', -31n * E18);
        await back();
        expect((await unit.rewards.getDesk()).stuckCount).toBe(1n);
        expect(owedBy(await resend('alice'), 'alice')).toEqual([{ op: DeltaReturned, delta: -31n * E18 }]);
        expect((await unit.rewards.getDesk()).stuckCount).toBe(0n);
        await unit.expectSound();
    });

    it('a 129th position that refuses is given up, and nothing is owed too much', async () => {
        const stranger = (n: number) => new Address(0, Buffer.from(n.toString(16).padStart(64, '0'), 'hex'));
        const body = beginCell()
            .storeUint(ApplyDelta, 32)
            .storeUint(0, 64)
            .storeUint(1, 32)
            .storeInt(-1, 128)
            .endCell();
        for (let n = 1; n <= 129; n++) {
            await unit.blockchain.sendMessage(
                bounceOf({ from: unit.address, to: stranger(n), value: toNano('0.1'), body }),
            );
        }
        expect((await unit.rewards.getDesk()).stuckCount).toBe(128n);
        await unit.blockchain.sendMessage(
            bounceOf({ from: unit.address, to: stranger(128), value: toNano('0.1'), body }),
        );
        expect((await unit.rewards.getDesk()).stuckCount).toBe(128n);
        await unit.expectSound();
    });

    it('other messages: nothing to restore', async () => {
        const before = await unit.data();
        const desk = await unit.rewards.getDesk();
        for (const op of [
            ProverRewards.opcodes.SettleRewards,
            ProverRewards.opcodes.RetireAnswer,
            0x2c76b973,
            0xd53276db,
        ]) {
            const body = beginCell().storeUint(op, 32).storeUint(1, 64).storeUint(7, 128).endCell();
            const result = await unit.blockchain.sendMessage(
                bounceOf({ from: unit.address, to: unit.id('stranger'), value: toNano('0.1'), body }),
            );
            expect(succeeded(txAt(result, unit.address))).toBe(true);
        }
        expect(await unit.data()).toEqual(before);
        expect(await unit.rewards.getDesk()).toEqual(desk);
        const mirror = unit.mirror('alice');
        const position = await mirror.getRewardPosition();
        for (const op of [RewardPosition.opcodes.DeltaResult, 0xd53276db]) {
            const body = beginCell().storeUint(op, 32).storeUint(1, 64).storeCoins(7).endCell();
            await unit.blockchain.sendMessage(
                bounceOf({ from: mirror.address, to: unit.address, value: toNano('0.1'), body }),
            );
        }
        expect(await mirror.getRewardPosition()).toEqual(position);
        expect(UNSTAKE_DELAY).toBe(604_800n);
    });

    it('a transfer before the set-up', async () => {
        const bare = await RewardsUnit.create({ bare: true });
        await bare.people.stranger.send({
            to: bare.address,
            value: toNano('1'),
            init: bare.rewards.init,
            bounce: false,
        });
        const body = beginCell().storeUint(TRANSFER, 32).storeUint(1, 64).storeCoins(7).endCell();
        const result = await bare.blockchain.sendMessage(
            bounceOf({ from: bare.address, to: bare.id('stranger'), value: toNano('0.1'), body }),
        );
        expect(succeeded(txAt(result, bare.address))).toBe(true);
    });
});
