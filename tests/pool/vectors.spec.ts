/** Every published case of pool-economics.md, on the contracts, to the nano. */
import * as fs from 'fs';
import * as path from 'path';
import { beginCell, toNano } from '@ton/core';
import { Blockchain } from '@ton/sandbox';
import '@ton/test-utils';

import {
    bucketOf,
    fixRound,
    FixedRound,
    payout as modelPayout,
    poolEvents,
    PoolOperator,
    scoreOf,
} from '../../wrappers/pool';
import { storeIncome } from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import { messagesWith, PoolEnvironment, ROLES, TestRow } from '../support/pool/environment';
import { checkpoint, createBlockchain } from '../support/chain';

// A hundred participants are a thousand transactions: seconds alone, a minute on a busy machine.
jest.setTimeout(300_000);

interface Vector {
    name: string;
    epochSeconds: number;
    reward: string;
    donations: string;
    reserveBefore: string;
    commissionBps: number;
    participants: {
        runSeconds: number;
        gpuScore: number;
        uptimeBps: number;
        outages: number;
        score: string;
        bucket: number;
        payout: string;
    }[];
    totals: string[];
    expected: {
        pot: string;
        commission: string;
        penalties: string;
        bonusWanted: string;
        bonusFunded: string;
        bonusFactor: string;
        shares: string[];
        allocated: string;
        reserve: string;
        carriedReward: string;
        carriedDonations: string;
    };
    paid: string;
}

const FILE = path.join(__dirname, 'vectors', 'pool-vectors.json');
const { vectors } = JSON.parse(fs.readFileSync(FILE, 'utf8')) as { vectors: Vector[] };

function modelOf(vector: Vector): FixedRound {
    return fixRound({
        rewards: BigInt(vector.reward),
        donations: BigInt(vector.donations),
        reserve: BigInt(vector.reserveBefore),
        commissionBps: vector.commissionBps,
        totals: vector.totals.map(BigInt),
    });
}

describe('the model in the wrappers', () => {
    it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
        const round = modelOf(vector);
        expect({
            pot: round.pot,
            commission: round.commission,
            penalties: round.penalties,
            bonusWanted: round.bonusWanted,
            bonusFunded: round.bonusFunded,
            bonusFactor: round.factor,
            shares: round.shares,
            allocated: round.allocated,
            reserve: round.reserve,
            carriedReward: round.carriedRewards,
            carriedDonations: round.carriedDonations,
        }).toEqual({
            pot: BigInt(vector.expected.pot),
            commission: BigInt(vector.expected.commission),
            penalties: BigInt(vector.expected.penalties),
            bonusWanted: BigInt(vector.expected.bonusWanted),
            bonusFunded: BigInt(vector.expected.bonusFunded),
            bonusFactor: BigInt(vector.expected.bonusFactor),
            shares: vector.expected.shares.map(BigInt),
            allocated: BigInt(vector.expected.allocated),
            reserve: BigInt(vector.expected.reserve),
            carriedReward: BigInt(vector.expected.carriedReward),
            carriedDonations: BigInt(vector.expected.carriedDonations),
        });
        for (const p of vector.participants) {
            const row = { seconds: p.runSeconds, gpu: p.gpuScore, uptimeBps: p.uptimeBps, outages: p.outages };
            expect(scoreOf(row)).toBe(BigInt(p.score));
            expect(bucketOf(row, vector.epochSeconds)).toBe(p.bucket);
            expect(modelPayout(scoreOf(row), p.bucket, round)).toBe(BigInt(p.payout));
        }
    });
});

/** Exactly `amount` as a reward or a donation: the distribution books what arrives less a fee that is measured first. */
async function bookIncome(env: PoolEnvironment, trusted: boolean, amount: bigint): Promise<void> {
    if (amount === 0n) {
        return;
    }
    const send = (value: bigint) =>
        env.impersonate(
            env.operator.address,
            env.distribution.address,
            value,
            beginCell()
                .store(storeIncome({ $$type: 'Income', queryId: 0n, trusted, participant: null, proxy: null }))
                .endCell(),
        );
    const booked = async () => {
        const data = await env.distributionData();
        return trusted ? data.rewards : data.donations;
    };
    const before = await booked();
    const restore = env.checkpoint();
    const probe = toNano('1');
    await send(probe);
    const fee = probe - ((await booked()) - before);
    await restore();
    await send(amount + fee);
    expect((await booked()) - before).toBe(amount);
}

/** More than any step costs: this file is about amounts, tests/pool/fees.spec.ts about gas. The rest comes back. */
const PLENTY = toNano('1');
/** Participants of a case of whom getters are compared, too; what everybody was paid is compared in any case. */
const SAMPLE = 5;
const PARTICIPANTS = Math.max(...vectors.map((vector) => vector.participants.length));
const nameOf = (index: number) => `participant ${index}`;

describe('the contracts', () => {
    let blockchain: Blockchain;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        blockchain = await createBlockchain();
        for (const role of ROLES) {
            await blockchain.treasury(`pool ${role}`);
        }
        for (let i = 0; i < PARTICIPANTS; i++) {
            await blockchain.treasury(nameOf(i));
        }
        restore = checkpoint(blockchain);
    });

    beforeEach(() => restore());

    it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', async (_, vector) => {
        const model = modelOf(vector);
        const env = await PoolEnvironment.create({
            blockchain,
            epochSeconds: vector.epochSeconds,
            commissionBps: vector.commissionBps,
        });
        const { rewards, donations, reserve } = model;
        if (BigInt(vector.reserveBefore) > 0n) {
            await env.distribution.sendTopUpReserve(env.roles.stranger.getSender(), {
                amount: BigInt(vector.reserveBefore),
            });
        }
        await bookIncome(env, true, rewards);
        await bookIncome(env, false, donations);
        expect(await env.distributionData()).toMatchObject({
            rewards,
            donations,
            reserve: BigInt(vector.reserveBefore),
            unpaid: 0n,
        });

        // Registered in the second in which epoch 0 begins: everybody can have run for all of it.
        const rows: TestRow[] = vector.participants.map((p, i) => ({
            who: nameOf(i),
            seconds: p.runSeconds,
            gpu: p.gpuScore,
            uptimeBps: p.uptimeBps,
            outages: p.outages,
        }));
        for (const row of rows) {
            await env.register(row.who as string, { value: toNano('10') + PLENTY });
        }
        expect((await env.epoch()).activeAtEnd).toBe(BigInt(rows.length));

        await env.endEpoch();
        const reported = await env.report(0, rows, { value: PLENTY * BigInt(rows.length) });
        expect(poolEvents(reported.transactions, 'MetricsRefused')).toEqual([]);
        for (const [bucket, total] of vector.totals.entries()) {
            expect(await env.registry.getBucketTotal(bucket)).toBe(BigInt(total));
        }
        await env.seal();
        await env.untilDue();
        const closed = await env.closeEpoch({ value: PLENTY });

        const [fixed] = poolEvents(closed.transactions, 'RoundFixed');
        const none = model.total === 0n;
        expect(fixed).toMatchObject({
            round: 0n,
            attempt: false,
            commissionBps: none ? 0n : BigInt(vector.commissionBps),
            factor: BigInt(vector.expected.bonusFactor),
            pot: BigInt(vector.expected.pot),
            commission: BigInt(vector.expected.commission),
            allocated: BigInt(vector.expected.allocated),
            reserve: BigInt(vector.expected.reserve),
        });
        const commissions = messagesWith(closed.transactions, PoolOperator.opcodes.CommissionPaid);
        expect(commissions.map((m) => m.value)).toEqual(
            vector.expected.commission === '0' ? [] : [BigInt(vector.expected.commission)],
        );
        for (const message of commissions) {
            expect(message.to).toEqualAddress(env.roles.payout.address);
        }
        expect(await env.round(0)).toMatchObject({
            known: !none,
            pot: BigInt(vector.expected.pot),
            factor: BigInt(vector.expected.bonusFactor),
            total: model.total,
            allocated: BigInt(vector.expected.allocated),
            unpaid: BigInt(vector.expected.allocated),
        });
        for (const [bucket, share] of vector.expected.shares.entries()) {
            expect((await env.distribution.getExplain(0, 1n, bucket)).share).toBe(BigInt(share));
        }
        expect(await env.distributionData()).toMatchObject({
            rewards: BigInt(vector.expected.carriedReward),
            donations: BigInt(vector.expected.carriedDonations),
            reserve: BigInt(vector.expected.reserve),
            unpaid: BigInt(vector.expected.allocated),
        });
        // R + D + V = C + allocated + reserve, to the nano.
        expect(rewards + donations + BigInt(vector.reserveBefore)).toBe(
            model.carriedRewards + model.carriedDonations + model.commission + model.allocated + reserve,
        );

        let paid = 0n;
        const pokes = await env.pokeMany(
            rows.map((row) => row.who),
            { value: PLENTY * BigInt(rows.length) },
        );
        const payments = messagesWith(pokes.transactions, PoolOperator.opcodes.RewardPaid);
        for (const [i, p] of vector.participants.entries()) {
            const participant = await env.address(rows[i].who);
            const received = payments.filter((m) => m.to.equals(participant)).map((m) => m.value);
            expect(received).toEqual(p.payout === '0' ? [] : [BigInt(p.payout)]);
            paid += received.reduce((sum, value) => sum + value, 0n);
            if (i < SAMPLE) {
                expect((await env.vaultData(rows[i].who)).due).toBe(0n);
                const explained = await env.distribution.getExplain(0, BigInt(p.score), p.bucket);
                expect(explained.amount).toBe(BigInt(p.payout));
            }
        }
        expect(paid).toBe(BigInt(vector.paid));
        const after = await env.distributionData();
        expect(after.unpaid).toBe(BigInt(vector.expected.allocated) - paid);
        expect(after.paidTotal).toBe(paid);
        // The pot is there: rent is a week's at most, and the floor of five years is above the books.
        expect(await env.balance(env.distribution.address)).toBeGreaterThan(
            after.rewards + after.donations + after.reserve + after.unpaid,
        );
    });
});
