/**
 * Random operations against an independent model, one after the other and with messages delivered in any order that the chain
 * allows. After each: the contract's books are the model's, the wallet holds what they say, the mirrors sum to the total, the
 * accumulator never falls, and all claims together fit into the pot.
 */
import { Message, toNano } from '@ton/core';
import '@ton/test-utils';

import { runs, Random, seeded } from '../support/random';
import { deliverOne, refuse } from '../support/pool/transactions';
import { RewardsModel } from '../support/staking/rewards-model';
import { RewardPerson, RewardsUnit, UNSTAKE_DELAY } from '../support/staking/rewards-unit';

const STAKERS = ['prover', 'alice', 'bob', 'carol'] as const;

async function expectModel(unit: RewardsUnit, model: RewardsModel, parked: bigint): Promise<void> {
    const { total, acc, pot, due, income } = await unit.data();
    expect({ total, acc, pot, due, income }).toEqual({
        total: model.total,
        acc: model.acc,
        pot: model.pot,
        due: model.due,
        income: model.income,
    });
    let [raw, claims] = [0n, 0n];
    for (const who of STAKERS) {
        const mirror = unit.mirror(who);
        const known = model.mirrors.get(who);
        if (!(await mirror.isDeployed())) {
            expect(known?.raw ?? 0n).toBe(0n);
            continue;
        }
        const position = await mirror.getRewardPosition();
        expect({ who, raw: position.raw, claimable: await mirror.getClaimable(acc) }).toEqual({
            who,
            raw: known!.raw,
            claimable: model.claimable(who),
        });
        raw += position.raw;
        claims += model.claimable(who);
    }
    expect(raw).toBe(total);
    expect(claims).toBeLessThanOrEqual(pot);
    expect(await unit.balance(unit.address)).toBe(pot + due + parked);
}

/** Amounts from dust to more than all of them together. */
const amountOf = (random: Random) => random.bigint(1n, 10n ** BigInt(random.int(1, 24)));

describe('random operations', () => {
    it('one after the other', async () => {
        await seeded('rewards one by one', async (random) => {
            const minReward = 1000n;
            const unit = await RewardsUnit.create({ minReward, commission: 700n });
            const model = new RewardsModel(700n, minReward, UNSTAKE_DELAY);
            let parked = 0n;
            let previous = 0n;
            for (let i = 0; i < runs(1000); i++) {
                const who = random.pick(STAKERS);
                const refused = random.bool(0.1);
                const action = random.int(0, 9);
                const back = refused && action >= 6 ? await refuse(unit.blockchain, unit.wallet.address) : null;
                if (action <= 1) {
                    const raw = amountOf(random);
                    model.change(who, raw);
                    await unit.delta(who, raw);
                } else if (action === 2) {
                    const held = model.mirrors.get(who)?.raw ?? 0n;
                    const raw = random.bool(0.2)
                        ? held + amountOf(random)
                        : random.bool(0.3)
                          ? held
                          : random.bigint(0n, held);
                    if (raw > 0n && held > 0n) {
                        model.change(who, -raw);
                        await unit.delta(who, -raw);
                    }
                } else if (action <= 4) {
                    const amount = amountOf(random);
                    model.add(amount, unit.now);
                    await unit.add(amount);
                } else if (action === 5) {
                    if (random.bool(0.3)) {
                        const bps = random.bigint(0n, 10_000n);
                        model.setCommission(bps, unit.now);
                        await unit.rewards.sendSetCommission(unit.sender('prover'), { commission: bps });
                    } else if (random.bool()) {
                        const amount = random.bigint(1000n, 5000n);
                        model.income += amount;
                        parked += amount;
                        await unit.add(amount, { from: 'stranger', payload: null, forward: toNano('0.03') });
                    } else {
                        unit.advance(random.bigint(1n, UNSTAKE_DELAY));
                    }
                } else if (action <= 8) {
                    model.claim(who, back === null);
                    await unit.claim(who, { by: random.pick<RewardPerson>([who, 'keeper']) });
                } else if (model.due > 0n) {
                    model.claimCommission(back === null);
                    await unit.claimCommission('keeper');
                }
                await back?.();
                // Ring of payouts: an hour between bursts.
                if (i % 50 === 49) unit.advance(3600n);
                await expectModel(unit, model, parked);
                expect(model.acc).toBeGreaterThanOrEqual(previous);
                previous = model.acc;
            }
            for (const who of STAKERS) {
                expect(await unit.balance(who)).toBe(model.paid.get(who) ?? 0n);
            }
        });
    }, 600_000);

    it('with messages in any order', async () => {
        await seeded('rewards in any order', async (random) => {
            const unit = await RewardsUnit.create({ commission: 500n });
            let added = 0n;
            let lastAcc = 0n;
            /** Runs one message; what it sends is not delivered yet. */
            const deliver = async (message: Message): Promise<Message[]> => {
                const tx = await deliverOne(unit.blockchain, message);
                return [...(tx?.outMessages.values() ?? [])].filter((out) => out.info.type === 'internal');
            };
            const pair = ({ info }: Message) =>
                info.type === 'internal' ? `${info.src.toRawString()} ${info.dest.toRawString()}` : '';
            for (let round = 0; round < runs(150); round++) {
                // A handful of operations start together. Only messages of the same two accounts keep their order.
                const waiting: Message[] = [];
                for (let k = random.int(2, 7); k > 0; k--) {
                    const who = random.pick(STAKERS);
                    const kind = random.int(0, 4);
                    if (kind <= 1) {
                        const amount = amountOf(random);
                        added += amount;
                        waiting.push(unit.addMessage(amount));
                    } else if (kind === 2) {
                        waiting.push(unit.claimMessage(who));
                    } else {
                        const held = (await unit.mirror(who).isDeployed())
                            ? (await unit.mirror(who).getRewardPosition()).raw
                            : 0n;
                        const raw =
                            kind === 3 || held === 0n ? amountOf(random) : -random.bigint(1n, (held * 5n) / 4n + 1n);
                        waiting.push(unit.deltaMessage(who, raw));
                    }
                }
                const refusing = random.bool(0.15) ? await refuse(unit.blockchain, unit.wallet.address) : null;
                while (waiting.length > 0) {
                    const chosen = pair(random.pick(waiting));
                    const [message] = waiting.splice(
                        waiting.findIndex((m) => pair(m) === chosen),
                        1,
                    );
                    // Notifications of rewards that were on their way to a refusing wallet go back to the payer.
                    waiting.push(...(await deliver(message)));
                    const { acc, total } = await unit.data();
                    expect(acc).toBeGreaterThanOrEqual(lastAcc);
                    lastAcc = acc;
                    let raw = 0n;
                    for (const who of STAKERS) {
                        const mirror = unit.mirror(who);
                        if (await mirror.isDeployed()) raw += (await mirror.getRewardPosition()).raw;
                    }
                    expect(raw).toBeLessThanOrEqual(total);
                }
                await refusing?.();
                unit.advance(1800n);
                await unit.expectSound();
                let held = await unit.balance(unit.address);
                for (const who of STAKERS) held += await unit.balance(who);
                expect(held + (await unit.balance('payer'))).toBe(10n ** 26n);
            }
            expect(added).toBeGreaterThan(0n);
        });
    }, 600_000);
});
