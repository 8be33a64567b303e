/** Who may send what, and every bound at the limit and one beyond. */
import { Address, beginCell, toNano } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { ProverRewards, proverRewardsAddress, proverRewardsCode } from '../../wrappers/staking/ProverRewards';
import { RewardPosition, rewardPositionAddress } from '../../wrappers/staking/RewardPosition';
import { underCoverage } from '../support/coverage';
import { expectNoLoss, expectRefused, outs, sameAddress, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { rewardEvents } from '../support/staking/rewards-events';
import { DAY, RewardsUnit } from '../support/staking/rewards-unit';

// The markers of a coverage run cost gas that a share change does not bring along.
const tight = underCoverage ? it.skip : it;

const E18 = 10n ** 18n;
const TRANSFER = 0x0f8a7ea5;

describe('rewards', () => {
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

    describe('senders', () => {
        it('only the master sets up, orders and pushes parameters', async () => {
            for (const body of [
                unit.setupBody(),
                unit.paramsBody({ version: 2n }),
                unit.surplusBody(1n, unit.id('carol')),
            ]) {
                await unit.refused(built.ERROR_NOT_MASTER, 'stranger', body);
            }
            const bare = await RewardsUnit.create({ bare: true });
            await bare.people.stranger.send({
                to: bare.address,
                value: toNano('1'),
                init: bare.rewards.init,
                bounce: false,
            });
            await bare.refused(built.ERROR_NOT_MASTER, 'stranger', bare.setupBody());
        });

        it('only positions change shares, report results, or ask for payments', async () => {
            await unit.refused(built.ERROR_NOT_POSITION, 'alice', unit.deltaBody(unit.id('alice'), 5n, 9n));
            await unit.refused(
                built.ERROR_NOT_POSITION,
                'alice',
                unit.payBody({ amount: 5n, staker: unit.id('alice') }),
            );
            const result = (applied: boolean) =>
                beginCell()
                    .store(
                        built.storeDeltaResult({
                            $$type: 'DeltaResult',
                            queryId: 1n,
                            delta: -5n,
                            applied,
                            staker: accountIdOf(unit.id('alice')),
                        }),
                    )
                    .endCell();
            await unit.refused(built.ERROR_NOT_POSITION, 'alice', result(true));
            await unit.refused(built.ERROR_NOT_POSITION, 'alice', result(false));
            // One position cannot speak for another staker.
            await expectRefused(unit.blockchain, unit.address, Number(built.ERROR_NOT_POSITION), () =>
                unit.impersonate(
                    unit.positionAddress(unit.id('bob')),
                    unit.address,
                    unit.deltaBody(unit.id('alice'), 5n, 9n),
                ),
            );
            await expectRefused(unit.blockchain, unit.address, Number(built.ERROR_NOT_POSITION), () =>
                unit.impersonate(
                    unit.mirror('bob').address,
                    unit.address,
                    unit.payBody({ amount: 5n, staker: unit.id('alice') }),
                ),
            );
            // Nor can an account with the same id in another workchain.
            const { hash } = unit.positionAddress(unit.id('alice'));
            await expectRefused(unit.blockchain, unit.address, Number(built.ERROR_NOT_POSITION), () =>
                unit.impersonate(new Address(-1, hash), unit.address, unit.deltaBody(unit.id('alice'), 5n, 9n)),
            );
        });

        it('only ProverRewards speaks to a RewardPosition', async () => {
            const mirror = unit.mirror('alice').address;
            for (const body of [
                unit.applyBody({ seq: 9n, delta: 5n, acc: E18 }),
                unit.settleBody({ acc: E18 }),
                beginCell()
                    .storeUint(RewardPosition.opcodes.RewardsReturned, 32)
                    .storeUint(0, 64)
                    .storeCoins(5)
                    .endCell(),
            ]) {
                await expectRefused(unit.blockchain, mirror, Number(built.ERROR_NOT_REWARDS), () =>
                    unit.people.alice.send({ to: mirror, value: toNano('1'), body, bounce: true }),
                );
            }
        });

        it('only the staker sends his rewards elsewhere or restakes them', async () => {
            const staker = unit.id('alice');
            for (const target of [{ to: unit.id('bob') }, { restake: true }]) {
                await unit.refused(
                    built.ERROR_NOT_STAKER,
                    'bob',
                    ProverRewards.claimRewardsBody({ staker, ...target }),
                );
            }
            await unit.refused(
                built.ERROR_NOT_SAME_TOKEN,
                'alice',
                ProverRewards.claimRewardsBody({ staker, restake: true }),
            );
        });

        it('only the prover changes or redirects his commission', async () => {
            await unit.refused(built.ERROR_NOT_PROVER, 'alice', ProverRewards.setCommissionBody({ commission: 0 }));
            await unit.refused(
                built.ERROR_NOT_PROVER,
                'alice',
                ProverRewards.claimCommissionBody({ to: unit.id('alice') }),
            );
        });

        it('only ProverStaking asks whether the prover can retire', async () => {
            await unit.refused(built.ERROR_NOT_STAKING, 'prover', unit.retireBody());
            await unit.refused(built.ERROR_COMMISSION_REMAINS, 'staking', unit.retireBody());
            await unit.claimCommission();
            const result = await unit.send('staking', unit.retireBody());
            const [out] = outs(txAt(result, unit.address));
            expect(out).toMatchObject({ to: sameAddress(unit.id('staking')), op: ProverRewards.opcodes.RetireAnswer });
            expect(out.body.beginParse().skip(96).loadUintBig(256)).toBe(accountIdOf(unit.id('keeper')));
        });
    });

    describe('claims', () => {
        it('of unknown kinds, or to no place of the basechain, are refused', async () => {
            const body = (kind: number, to: Address | null) =>
                beginCell()
                    .storeUint(ProverRewards.opcodes.ClaimRewards, 32)
                    .storeUint(0, 64)
                    .storeAddress(unit.id('alice'))
                    .storeUint(kind, 2)
                    .storeAddress(to)
                    .endCell();
            for (const kind of [2, 3]) {
                await unit.refused(built.ERROR_BAD_PARAMETER, 'alice', body(kind, null));
            }
            await unit.refused(built.ERROR_BAD_PARAMETER, 'alice', body(1, unit.id('alice')));
            const masterchain = new Address(-1, Buffer.alloc(32, 1));
            await unit.refused(built.ERROR_BAD_ADDRESS, 'alice', body(0, masterchain));
            await unit.refused(
                built.ERROR_BAD_ADDRESS,
                'prover',
                ProverRewards.claimCommissionBody({ to: masterchain }),
            );
            await unit.refused(
                built.ERROR_BAD_ADDRESS,
                'alice',
                ProverRewards.claimRewardsBody({ staker: masterchain }),
            );
            await expectRefused(unit.blockchain, unit.address, Number(built.ERROR_BAD_ADDRESS), () =>
                unit.impersonate(
                    masterchain,
                    unit.address,
                    ProverRewards.claimRewardsBody({ staker: unit.id('alice') }),
                ),
            );
        });

        it('of somebody who has never staked pay nothing and change nothing', async () => {
            const before = await unit.data();
            await unit.claim('carol');
            expect(await unit.data()).toEqual(before);
            expect(await unit.mirror('carol').isDeployed()).toBe(false);
        });

        it('of more than the pot holds are refused', async () => {
            const { pot } = await unit.data();
            const pay = (amount: bigint) => unit.pay('alice', amount);
            await expectRefused(unit.blockchain, unit.address, Number(built.ERROR_TOO_MUCH), () => pay(pot + 1n));
            await pay(pot);
            expect((await unit.data()).pot).toBe(0n);
        });

        it('the 129th in an hour finds the ring full, and stays pending', async () => {
            await unit.add(500n, { forward: 0n, value: toNano('0.3') });
            await unit.rewards.sendProveSurplus(unit.sender('keeper'), { amount: 500n });
            await unit.send('master', unit.surplusBody(500n, unit.id('payer')));
            unit.advance(2n * DAY);
            for (let i = 0; i < 64; i++) await unit.pay('prover', 1n);
            const since = unit.now;
            unit.advance(60n);
            for (let i = 0; i < 64; i++) await unit.pay('prover', 1n);
            unit.advance(3599n);
            const claimed = await unit.claim('alice');
            expect((await unit.mirror('alice').getRewardPosition()).pending).toBe(675n * E18);
            expect(txsAt(claimed, unit.mirror('alice').address)).toHaveLength(2);
            await unit.refused(built.ERROR_RING_FULL, 'prover', ProverRewards.claimCommissionBody());
            await unit.refused(built.ERROR_RING_FULL, 'keeper', ProverRewards.releaseSurplusBody());
            // Refused tokens wait when they cannot be returned.
            await unit.add(9n, { from: 'stranger', payload: null });
            expect(await unit.rewards.getParked(unit.id('stranger'))).toBe(9n);
            await unit.refused(
                built.ERROR_RING_FULL,
                'keeper',
                ProverRewards.releaseParkedBody({ sender: unit.id('stranger') }),
            );
            expect(unit.now).toBe(since + 3659n);
            unit.advance(1n);
            await unit.claim('alice');
            expect(await unit.balance('alice')).toBe(675n * E18);
            await unit.claimCommission();
            expect(await unit.balance(unit.address)).toBe((await unit.rewards.getSolvency()).tokens);
        });
    });

    describe('share changes', () => {
        tight('that would leave less than nothing, or are not new, go back to the StakePosition', async () => {
            for (const [delta, seq, total] of [
                [-30n * E18 - 1n, undefined, 40n * E18],
                [7n, 1n, 40n * E18],
                [-7n, 1n, 40n * E18],
            ] as const) {
                const before = await unit.mirror('alice').getRewardPosition();
                const result = await unit.delta('alice', delta, seq ? { seq } : {});
                expect(await unit.mirror('alice').getRewardPosition()).toEqual(before);
                expect((await unit.data()).total).toBe(total);
                const [back] = txsAt(result, unit.positionAddress(unit.id('alice')));
                const body = back.inMessage!.body.beginParse();
                expect({ op: body.loadUint(32), delta: (body.skip(64), body.loadIntBig(128)) }).toEqual({
                    op: ProverRewards.opcodes.DeltaReturned,
                    delta,
                });
                await unit.expectSound();
                await restore();
            }
            await unit.delta('alice', -30n * E18);
            expect((await unit.mirror('alice').getRewardPosition()).raw).toBe(0n);
            await unit.expectSound();
        });

        it('a negative one counts in the total when it is confirmed', async () => {
            const result = await unit.delta('alice', -E18);
            expect(txsAt(result, unit.address)).toHaveLength(2);
            expect((await unit.data()).total).toBe(39n * E18);
            expectNoLoss(txAt(result, unit.mirror('alice').address));
        });

        it('the rest of the value goes to whom the sender names', async () => {
            const before = await unit.ton('keeper');
            await unit.delta('alice', 5n, { responseTo: unit.id('keeper'), value: toNano('3') });
            expect(await unit.ton('keeper')).toBeGreaterThan(before + toNano('2.9'));
        });
    });

    describe('commission', () => {
        it('is 10,000 bps at most', async () => {
            await unit.refused(
                built.ERROR_COMMISSION,
                'prover',
                ProverRewards.setCommissionBody({ commission: 10_001 }),
            );
            await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 10_000 });
            await unit.refused(
                built.ERROR_NOTHING_DUE,
                'keeper',
                (await unit.claimCommission(), ProverRewards.claimCommissionBody()),
            );
        });
    });

    describe('parameters', () => {
        it('of a newer version apply, older ones change nothing', async () => {
            const result = await unit.send(
                'master',
                unit.paramsBody({ version: 3n, minReward: 50n, unstakeDelay: 8n * DAY }),
            );
            expect(rewardEvents(result)).toEqual([{ event: 'ParamsEvent', version: 3n, at: 0n }]);
            expect(outs(txAt(result, unit.address))).toMatchObject([
                { to: sameAddress(unit.id('keeper')), op: 0xd53276db },
            ]);
            expect(await unit.data()).toMatchObject({ version: 3n, minReward: 50n, unstakeDelay: 8n * DAY });
            for (const version of [2n, 3n]) {
                const ignored = await unit.send('master', unit.paramsBody({ version, minReward: 9n }));
                expect(rewardEvents(ignored)).toEqual([]);
            }
            expect(await unit.data()).toMatchObject({ version: 3n, minReward: 50n });
            await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 2000 });
            expect((await unit.data()).raiseAt).toBe(unit.now + 8n * DAY);
        });
    });

    describe('surplus', () => {
        /** Tokens that arrive without a notification. */
        const silent = async (amount: bigint) => unit.add(amount, { forward: 0n, value: toNano('0.3') });
        const prove = (amount: bigint) => unit.rewards.sendProveSurplus(unit.sender('keeper'), { amount });

        it('is proven by a transfer to oneself, returned by the master after 48 h', async () => {
            await silent(500n);
            await unit.expectSound(500n);
            const result = await prove(500n);
            expect(rewardEvents(result)).toEqual([{ event: 'BookedEvent', kind: 3n, from: 0n, amount: 500n }]);
            expect(await unit.rewards.getDesk()).toMatchObject({ surplus: 500n, proving: false });
            await unit.expectSound();

            await unit.refused(built.ERROR_TOO_MUCH, 'master', unit.surplusBody(501n, unit.id('payer')));
            await unit.refused(built.ERROR_BAD_ADDRESS, 'master', unit.surplusBody(500n, null));
            await unit.refused(built.ERROR_NO_CHANGE, 'master', unit.surplusBody(0n, null));
            await unit.refused(built.ERROR_NO_CHANGE, 'keeper', ProverRewards.releaseSurplusBody());
            const ordered = await unit.send('master', unit.surplusBody(400n, unit.id('payer')));
            expectNoLoss(txAt(ordered, unit.address));
            expect(await unit.rewards.getDesk()).toMatchObject({
                orderAmount: 400n,
                orderPayee: accountIdOf(unit.id('payer')),
                orderAt: unit.now + 2n * DAY,
            });
            await unit.refused(built.ERROR_CHANGE_PENDING, 'master', unit.surplusBody(1n, unit.id('payer')));
            await unit.send('master', unit.surplusBody(0n, null));
            expect((await unit.rewards.getDesk()).orderAt).toBe(0n);
            await unit.send('master', unit.surplusBody(500n, unit.id('payer')));
            unit.advance(2n * DAY - 1n);
            await unit.refused(built.ERROR_TOO_EARLY, 'keeper', ProverRewards.releaseSurplusBody());
            unit.advance(1n);
            const before = await unit.balance('payer');
            const paid = await unit.rewards.sendReleaseSurplus(unit.sender('keeper'));
            expect(rewardEvents(paid)).toEqual([
                { event: 'PaidOutEvent', kind: 3n, to: accountIdOf(unit.id('payer')), amount: 500n },
            ]);
            expect(await unit.balance('payer')).toBe(before + 500n);
            expect(await unit.rewards.getDesk()).toMatchObject({
                surplus: 0n,
                orderAmount: 0n,
                orderPayee: 0n,
                orderAt: 0n,
            });
            await unit.expectSound();
        });

        it('that is not there is not proven', async () => {
            await silent(500n);
            const result = await prove(501n);
            expect(rewardEvents(result)).toEqual([]);
            expect(await unit.rewards.getDesk()).toMatchObject({ surplus: 0n, proving: false });
            await unit.refused(built.ERROR_TOO_EARLY, 'keeper', ProverRewards.proveSurplusBody({ amount: 500n }));
            unit.advance(3599n);
            await unit.refused(built.ERROR_TOO_EARLY, 'keeper', ProverRewards.proveSurplusBody({ amount: 500n }));
            unit.advance(1n);
            await unit.refused(built.ERROR_BAD_PARAMETER, 'keeper', ProverRewards.proveSurplusBody({ amount: 0n }));
            await prove(400n);
            expect((await unit.rewards.getDesk()).surplus).toBe(400n);
            await unit.expectSound(100n);
        });

        it('counts nothing twice that is booked while the proof is on its way', async () => {
            await silent(500n);
            // The proof leaves; before it comes back, a reward is booked that was in the wallet already.
            const proof = await prove(500n);
            const back = txsAt(proof, unit.address).at(-1)!.inMessage!;
            await restore();
            await unit.send('keeper', ProverRewards.proveSurplusBody({ amount: 500n }), toNano('0.001'));
            const body = back.body.beginParse();
            const queryId = body.skip(32).loadUintBig(64);
            const amount = body.loadCoins();
            expect(queryId >> 63n).toBe(1n);
            // Without a pending proof such a notification is nothing.
            await unit.impersonate(unit.wallet.address, unit.address, back.body);
            expect(await unit.rewards.getDesk()).toMatchObject({ surplus: 0n, proving: false });
            expect(amount).toBe(1500n + 1000n * E18 - 1000n);
        });

        it('waits for the wallet to be known', async () => {
            const bare = await RewardsUnit.create({ bare: true });
            await bare.people.stranger.send({
                to: bare.address,
                value: toNano('1'),
                init: bare.rewards.init,
                bounce: false,
            });
            await bare.refused(built.ERROR_NOT_READY, 'keeper', ProverRewards.proveSurplusBody({ amount: 5n }));
        });
    });

    it('takes TON from anybody and refuses what it does not know', async () => {
        for (const address of [unit.address, unit.mirror('alice').address]) {
            for (const body of [
                beginCell().endCell(),
                beginCell().storeUint(0, 32).storeStringTail('hello').endCell(),
                ProverRewards.topUpBody(),
                beginCell().storeUint(0xd53276db, 32).storeUint(0, 64).endCell(),
            ]) {
                const before = await unit.ton(address);
                const result = await unit.people.stranger.send({ to: address, value: toNano('1'), body, bounce: true });
                expect(succeeded(txAt(result, address))).toBe(true);
                expect(await unit.ton(address)).toBeGreaterThan(before + toNano('0.99'));
            }
            await expectRefused(unit.blockchain, address, Number(built.ERROR_UNKNOWN_OP), () =>
                unit.people.stranger.send({
                    to: address,
                    value: toNano('1'),
                    body: beginCell().storeUint(0x12345678, 32).storeUint(0, 64).endCell(),
                    bounce: true,
                }),
            );
        }
        await unit.rewards.sendTopUp(unit.sender('stranger'), { value: toNano('1') });
        await unit.mirror('alice').sendTopUp(unit.sender('stranger'), { value: toNano('1') });
    });

    it('lives where the wrappers say', async () => {
        expect(
            proverRewardsAddress(
                { master: unit.id('master'), prover: unit.id('prover'), salt: 5 },
                await proverRewardsCode(),
            ).equals(unit.address),
        ).toBe(true);
        const address = rewardPositionAddress(unit.address, unit.id('alice'), unit.mirrorCode);
        expect((await unit.rewards.getRewardPositionAddress(unit.id('alice'))).equals(address)).toBe(true);
        expect(await (await unit.rewards.getOpenedRewardPosition(unit.id('alice'))).getRewardPosition()).toMatchObject({
            rewards: accountIdOf(unit.address),
            staker: accountIdOf(unit.id('alice')),
            raw: 30n * E18,
            seq: 1n,
        });
        expect(TRANSFER).toBe(ProverRewards.opcodes.JettonTransfer);
    });
});
