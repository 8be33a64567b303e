/** Every path of ProverRewards and RewardPosition at its dearest; gives the most gas of each handler. */
import { Address, Cell, toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { ProverRewards } from '../../../wrappers/staking/ProverRewards';
import { bounceOf, jettonNotification, outs, refuse, txAt } from '../pool/transactions';
import { gasRows } from './rewards-gas';
import { RewardsUnit, UNSTAKE_DELAY } from './rewards-unit';

const E18 = 10n ** 18n;
const TRANSFER = 0x0f8a7ea5;

/** `contract.operation` -> most gas; positive and other ApplyDelta apart. */
export type GasMaxima = Map<string, bigint>;

export async function rewardsTour(): Promise<GasMaxima> {
    const maxima: GasMaxima = new Map();
    const unit = await RewardsUnit.create({ sameToken: true, commission: 500n });
    const see = async (
        result: SendMessageResult | Promise<SendMessageResult>,
        label = '',
    ): Promise<SendMessageResult> => {
        const done = await result;
        for (const row of await gasRows(unit.blockchain, done)) {
            if (row.contract === 'other') continue;
            const key = `${row.contract}.${row.op}${row.op === 'ApplyDelta' ? label : ''}`;
            if (row.gas > (maxima.get(key) ?? 0n)) maxima.set(key, row.gas);
            if (label === 'add' && row.op === 'JettonNotification' && row.gas > (maxima.get('add') ?? 0n)) {
                maxima.set('add', row.gas);
            }
        }
        return done;
    };
    const big = 10n ** 25n;
    for (const who of ['prover', 'alice', 'bob'] as const) await see(unit.delta(who, big), '+');
    await see(unit.rewards.sendSetCommission(unit.sender('prover'), { commission: 9999 }));
    await see(unit.add(big, { from: 'stranger', forward: toNano('0.5') }), 'add');
    unit.advance(UNSTAKE_DELAY);
    await see(unit.add(big - 7n, { forward: toNano('0.5') }), 'add');
    await see(unit.delta('alice', big - 1n), '+');
    await see(unit.delta('alice', -big), '-');
    await see(unit.delta('alice', -big * 2n), '-');
    await see(unit.delta('alice', 5n, { seq: 1n }), '-');
    await see(unit.claim('alice', { by: 'keeper' }));
    await see(unit.claim('alice', { by: 'keeper' }));
    await see(unit.claim('bob', { to: unit.id('carol') }));
    await see(unit.claim('prover', { restake: true }));

    // Refused and parked tokens.
    await see(unit.add(E18, { from: 'stranger', payload: null }));
    const filler = (n: bigint, value: string) =>
        unit.impersonate(
            unit.wallet.address,
            unit.address,
            jettonNotification({
                queryId: n,
                amount: big,
                from: new Address(0, Buffer.from((n << 248n).toString(16).padStart(64, '0'), 'hex')),
            }),
            toNano(value),
        );
    for (let n = 1n; n <= 128n; n += 9n) await filler(n, '0.03');
    await see(filler(128n, '0.03'));
    await see(unit.add(big / 2n, { from: 'stranger', payload: null, forward: toNano('0.03') }));
    await see(unit.rewards.sendReleaseParked(unit.sender('keeper'), { sender: unit.id('stranger') }));

    // Stuck changes.
    for (const who of ['alice', 'bob'] as const) {
        const back = await refuse(unit.blockchain, unit.mirror(who).address);
        await see(unit.delta(who, 77n));
        await see(unit.delta(who, -78n));
        await back();
    }
    await see(unit.rewards.sendResend(unit.sender('keeper'), { staker: unit.id('bob') }));

    // Surplus.
    await unit.add(E18, { forward: 0n, value: toNano('0.3') });
    await see(unit.rewards.sendProveSurplus(unit.sender('keeper'), { amount: E18 }));
    await see(unit.send('master', unit.surplusBody(E18, unit.id('payer'))));
    unit.advance(2n * 86_400n);
    await see(unit.rewards.sendReleaseSurplus(unit.sender('keeper')));
    await see(unit.send('master', unit.paramsBody({ version: 2n })));

    // Both generations of the ring full: commission at the turn, and the dearest look-up.
    await see(unit.add(big / 4n, { forward: toNano('0.5') }));
    let first: ReturnType<typeof outs>[number] | undefined;
    for (let i = 0n; ; i++) {
        const { payouts } = await unit.data();
        if (payouts === 127n) break;
        const result = await see(unit.pay('prover', i === 0n ? 12_345n : 1n));
        if (payouts === 64n) first = outs(txAt(result, unit.address)).find((o) => o.op === TRANSFER);
    }
    unit.advance(3600n);
    await see(unit.add(E18, { from: 'stranger', payload: null }));
    await see(unit.blockchain.sendMessage(bounceOf(first!)));
    await see(unit.claimCommission());
    await see(unit.claimCommission('keeper').catch(() => unit.claim('bob')));
    await see(unit.send('staking', unit.retireBody()));
    return maxima;
}

/** Bodies that every fee check is tried with: who sends it, and what. */
export async function feeBodies(unit: RewardsUnit): Promise<[string, 'alice' | 'prover' | 'keeper', Cell, number][]> {
    const alice = unit.id('alice');
    return [
        ['ClaimRewards', 'alice', ProverRewards.claimRewardsBody({ staker: alice }), 0],
        ['ClaimRewards', 'keeper', ProverRewards.claimRewardsBody({ staker: alice }), 0],
        ['ClaimRewards', 'alice', ProverRewards.claimRewardsBody({ staker: alice, restake: true }), 1],
        ['ClaimCommission', 'prover', ProverRewards.claimCommissionBody(), 0],
        ['SetCommission', 'prover', ProverRewards.setCommissionBody({ commission: 7000 }), 0],
        ['ReleaseParked', 'keeper', ProverRewards.releaseParkedBody({ sender: unit.id('stranger') }), 0],
        ['ProveSurplus', 'keeper', ProverRewards.proveSurplusBody({ amount: 500n }), 0],
        ['ReleaseSurplus', 'keeper', ProverRewards.releaseSurplusBody(), 0],
        ['Resend', 'keeper', ProverRewards.resendBody({ staker: unit.id('bob') }), 0],
    ];
}
