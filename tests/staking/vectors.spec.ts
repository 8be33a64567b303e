/** Every published vector that the port must reproduce, run on the contracts. */
import { beginCell, toNano } from '@ton/core';
import { createShardAccount, internal } from '@ton/sandbox';
import '@ton/test-utils';

import { loadPayRewards, loadRewardsAddedEvent } from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { ProverRewards, rewardPayload, StakingErrorName, StakingExit } from '../../wrappers/staking';
import published from './vectors/staking-vectors.json';
import { jettonNotification, outs, txsAt } from '../support/pool/transactions';
import { rewrite } from '../support/staking/state';
import { ERRORS, Vector, VectorRun } from '../support/staking/vectors';
import { StakingPerson, World } from '../support/staking/world';

const vectors = published.vectors as unknown as Vector[];

/** Rows that show a defect of the original; PORT-01 to PORT-05 stand in for them. */
const DEFECT = /BUG|HAZARD|DO-NOT-PORT/i;

/**
 * Expectations that the port changes, with the reason. Everything else is equal, to the last unit.
 *
 * steps: index -> fields of that step; final: fields of the final state by path.
 */
type Change = {
    why: string;
    steps?: Record<number, Record<string, unknown>>;
    final?: Record<string, string | undefined>;
};
const CHANGES: Record<string, Change> = {
    'V1-17': {
        why: 'a slash is at least 1 %',
        steps: {
            4: { ok: false, error: 'SlashTooHigh' },
            5: { totalSlashed: '1000001250000000000000', newScale: '100000125000000000' },
        },
        final: {
            'provers.prover1.scale': '100000125000000000',
            'provers.prover1.stakers.prover1.effective': '1000001250000000000000',
            'provers.prover1.totalEffective': '1000001250000000000000',
            stakingTreasury: '8999998750000000000000',
        },
    },
    'V1-18': { why: 'a slash is at least 1 %', steps: { 5: { ok: false, error: 'SlashTooHigh' } } },
    'V1-20': {
        why: 'the treasury part leaves whole, to the treasury address, sent by anyone, after the appeal window; insurance first',
        steps: { 5: { error: 'NoRewards' }, 6: { error: 'NoRewards' } },
        final: {
            stakingTreasury: '27500000000000000000',
            stakingTokenBalance: '2777500000000000000000',
            'stakingTokenDelta.treasury': '8222500000000000000000',
        },
    },
    'V1-23': {
        why: 'F4: all means all shares, no dust',
        steps: { 5: { burnedRawShares: '1111111111111111111111' } },
        final: {
            'provers.prover1.stakers.bob.rawShares': '0',
            'provers.prover1.stakersCount': '2',
            'provers.prover1.totalEffective': '11899999999999999999999',
            'provers.prover1.totalRawShares': '13222222222222222222222',
        },
    },
    'V1-44': {
        why: 'a raise has notice',
        steps: {
            4: { commission: '10000000000000000000', toStakers: '90000000000000000000', deltaAcc: '8181818181818181' },
            8: { paid: '183636363636363620000' },
            9: { paid: '16363636363636362000' },
        },
        final: {
            'provers.prover1.commissionBps': '1000',
            'provers.prover1.accRewardPerRawShare': '16363636363636362',
            'rewards.A.tokenBalance': '18000',
            'rewardTokenDelta.prover1': '183636363636363620000',
            'rewardTokenDelta.alice': '16363636363636362000',
        },
    },
    'V1-60': {
        why: 'the delay is frozen per request and has bounds',
        steps: {
            5: { ok: true, paid: '5000000000000000000', completed: '1' },
            6: { ok: false, error: 'ERROR_BAD_PARAMETER' },
            7: { ok: false, error: 'NoReadyUnstakes' },
        },
    },
    'V1-61': {
        why: 'every parameter has bounds, and so has a slash',
        steps: {
            1: { ok: false, error: 'ERROR_BAD_PARAMETER' },
            2: { error: 'SlashTooHigh' },
            3: { error: 'SlashTooHigh' },
            4: { ok: false, error: 'SlashTooHigh' },
            5: { ok: false, error: 'SlashTooHigh' },
        },
        final: {
            stakingTreasury: '0',
            'provers.prover1.state': 'Active',
            'provers.prover1.scale': '1000000000000000000',
            'provers.prover1.totalEffective': '10000000000000000000000',
            'provers.prover1.stakers.prover1.effective': '10000000000000000000000',
        },
    },
    'V1-73': {
        why: 'a pause stops no exit',
        steps: { 7: { ok: true, paid: '10000000000000000000', completed: '1' } },
        final: {
            'provers.prover1.stakers.alice.pendingUnstakes.1.effective': undefined,
            'provers.prover1.stakers.alice.pendingUnstakes.1.rawShares': undefined,
            stakingTokenBalance: '10090000000000000000000',
            'stakingTokenDelta.alice': '-90000000000000000000',
        },
    },
    'V1-74': { why: 'who never staked has no position to ask', steps: { 1: { error: 'ProverNotRegistered' } } },
};

/**
 * F1 of staking-spec 8, for every vector: a slash also takes from what waits in the queues, and books it. What the original
 * lists for active shares alone, with the queues; `more` is by how much the slashes of the whole vector are more.
 */
function withQueues(v: Vector): { steps: Vector['expectedSteps']; more: bigint } {
    const SCALE = 10n ** 18n;
    const total = new Map<string, bigint>();
    const scale = new Map<string, bigint>();
    const queues = new Map<string, bigint[]>();
    const add = (name: string, raw: bigint) => total.set(name, (total.get(name) ?? 0n) + raw);
    let more = 0n;
    const steps = v.steps.map((step, i) => {
        const expected = v.expectedSteps[i];
        const name = String(step.prover ?? step.from);
        if (!expected.ok) return expected;
        const queue = `${name} ${String(step.from)}`;
        if (step.op === 'init') add(name, BigInt(step.minSelfStake ?? v.globalMinSelfStake ?? 0));
        if (expected.mintedRawShares !== undefined) add(name, BigInt(expected.mintedRawShares));
        if (expected.burnedRawShares !== undefined) {
            const raw = BigInt(expected.burnedRawShares);
            add(name, -raw);
            queues.set(queue, [...(queues.get(queue) ?? []), raw]);
        }
        if (expected.completed !== undefined) {
            queues.set(queue, (queues.get(queue) ?? []).slice(Number(expected.completed)));
        }
        if (expected.newScale === undefined) return expected;
        const old = scale.get(name) ?? SCALE;
        const lower = BigInt(expected.newScale);
        scale.set(name, lower);
        const waiting = [...queues].filter(([key]) => key.startsWith(`${name} `)).flatMap(([, raws]) => raws);
        const all = waiting.reduce((sum, raw) => sum + raw, total.get(name) ?? 0n);
        const totalSlashed = (all * old) / SCALE - (all * lower) / SCALE;
        more += totalSlashed - BigInt(expected.totalSlashed);
        return { ...expected, totalSlashed: String(totalSlashed) };
    });
    return { steps, more };
}

/** Leaves by path; rewardDebt is replaced by the accumulator at the last touch (spec F3). */
function flat(value: unknown, path = '', into: Record<string, unknown> = {}): Record<string, unknown> {
    if (value !== null && typeof value === 'object') {
        for (const [key, inner] of Object.entries(value)) {
            if (key !== 'rewardDebt') flat(inner, path === '' ? key : `${path}.${key}`, into);
        }
    } else {
        into[path] = value;
    }
    return into;
}

/** Rows of other versions of the original that say what the port does; `PORT-` rows are at the end of this file. */
const LATER = ['V1-27', 'V1-57', 'V1-73', 'V1-74'];

/** Below 1 % a slash is refused: what it would have done is still computed, and published. */
const QUOTED = ['V1-17', 'V1-18'];

const sequences = vectors.filter(
    ({ id, target, title }) =>
        /^V1-/.test(id) && (target === 'v1@70b13e7' || LATER.includes(id)) && !DEFECT.test(title),
);

describe('published vectors', () => {
    it.each(sequences.map((vector) => [vector.id, vector.title, vector] as const))('%s %s', async (id, _title, v) => {
        const change = CHANGES[id] ?? { why: '' };
        const run = await VectorRun.create(v);
        const queues = withQueues(v);
        const differences: unknown[] = [];
        for (const [i, step] of v.steps.entries()) {
            const expected = { ...queues.steps[i], ...change.steps?.[i] } as Record<string, unknown>;
            if (step.op === 'slash' && QUOTED.includes(id) && change.steps?.[i]?.error === 'SlashTooHigh') {
                const { scale, amount } = await run.world.prover('prover1').staking.getSlashQuote(BigInt(step.ppm));
                const { newScale, totalSlashed } = queues.steps[i];
                expect([String(scale), String(amount)]).toEqual([newScale, totalSlashed]);
            }
            const outcome = await run.step(step);
            // What rounding leaves below a step of the accumulator stays as surplus (PORT-02, PORT-03): no dust is booked.
            if ('dust' in expected) expected.dust = '0';
            const { ok, error, ...fields } = expected;
            const seen: Record<string, unknown> = { ok: outcome.ok };
            const wanted: Record<string, unknown> = { ok };
            if (!ok && outcome.ok) wanted.error = error;
            if (!ok && !outcome.ok) {
                // A refused stake does not throw: the tokens come back.
                wanted.error = step.op === 'stake' ? 'returned' : (ERRORS[String(error)] ?? error);
                seen.error = outcome.error;
            }
            for (const [key, value] of ok ? Object.entries(fields) : []) {
                wanted[key] = String(value);
                seen[key] = outcome.values[key];
            }
            if (JSON.stringify(wanted) !== JSON.stringify(seen)) differences.push({ i, step, wanted, seen });
        }
        const final = { ...v.expectedFinal, ...(await run.final(v.expectedFinal)) };
        const leaves = flat(final);
        // Its rows list no minimum of a prover.
        if (v.target === 'v1@legacy') delete leaves['provers.prover1.minSelfStake'];
        expect({ differences, final: leaves }).toEqual({
            differences: [],
            final: {
                ...flat(v.expectedFinal),
                ...('A' in (v.expectedFinal.rewards ?? {}) ? { 'rewards.A.dustPool': '0' } : {}),
                stakingTreasury: String(BigInt(v.expectedFinal.stakingTreasury) + queues.more),
                ...change.final,
            },
        });
    });
});

describe('published formulas, on a ProverStaking whose storage is set directly', () => {
    const SLASHED = 10_000n;
    let world: World;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000));
    });

    /** Writes T and scale where the contract keeps them. */
    async function set(raw: bigint, scale: bigint): Promise<void> {
        const { staking } = world.prover('prover1');
        const { account } = (await world.blockchain.getContract(staking.address)).account;
        const state = account!.storage.state;
        if (state.type !== 'active') throw new Error('not deployed');
        const data = state.state.data!.beginParse();
        data.skip(252);
        const meta = data.loadUintBig(228);
        const rest = data;
        const free = meta & ((1n << 42n) - 1n);
        const next = beginCell()
            .storeUint(raw << 126n, 252)
            .storeUint((scale << 42n) | free, 228)
            .storeSlice(rest)
            .endCell();
        await world.blockchain.setShardAccount(
            staking.address,
            createShardAccount({
                address: staking.address,
                code: state.state.code!,
                data: next,
                balance: toNano('10'),
                workchain: 0,
            }),
        );
    }

    const pure = (kind: string) => vectors.filter((v) => v.kind === kind).map((v) => [v.id, v] as const);

    it.each(pure('stakeToRaw'))('%s raw shares and back', async (_id, v) => {
        await set(0n, BigInt(v.inputs!.scale));
        const { staking } = world.prover('prover1');
        const raw = await staking.getRaw(BigInt(v.inputs!.amount));
        expect({
            rawShares: String(raw),
            effectiveBack: String(await staking.getEffective(raw)),
        }).toEqual({ rawShares: v.expected!.rawShares, effectiveBack: v.expected!.effectiveBack });
    });

    it.each(pure('slash'))('%s slash', async (_id, v) => {
        const raw = BigInt(v.inputs!.totalRawShares);
        const scale = BigInt(v.inputs!.scale);
        const ppm = BigInt(v.inputs!.ppm);
        await set(raw, scale);
        const { staking } = world.prover('prover1');
        const quote = await staking.getSlashQuote(ppm);
        if ('error' in v.expected!) {
            expect(quote.refused).toBe(true);
            expect(world.failures(await world.slash('prover1', ppm))).toContain(
                StakingExit[ERRORS[String(v.expected.error)] as StakingErrorName],
            );
            return;
        }
        const expected = {
            newScale: v.expected!.newScale,
            totalSlashed: v.expected!.totalSlashed,
            deactivated: v.expected!.deactivated,
        };
        expect({
            newScale: String(quote.scale),
            totalSlashed: String(quote.amount),
            deactivated: quote.deactivates,
        }).toEqual(expected);
        // Below 1 % the contract refuses what it computes.
        expect(quote.refused).toBe(ppm < SLASHED);
        const before = (await staking.getSolvency()).escrow;
        const result = await world.slash('prover1', ppm);
        if (ppm < SLASHED) {
            expect(world.failures(result)).toEqual([StakingExit.ERROR_SLASH_BOUNDS]);
        } else {
            expect(world.failures(result)).toEqual([]);
            expect(String((await staking.getSolvency()).escrow - before)).toBe(expected.totalSlashed);
            expect(String((await staking.getProver()).scale)).toBe(expected.newScale);
        }
    });
});

describe('published formulas, on a ProverRewards and a RewardPosition whose storage is set directly', () => {
    let world: World;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        // No least reward, and nobody but the prover.
        world = await World.create({ params: { minSelfStake: 0n, minStake: 1n, minReward: 1n } });
        await world.open('prover1', 1n, 0);
        await world.reward('payer', 'prover1', 1n);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const pure = (kind: string) => vectors.filter((v) => v.kind === kind).map((v) => [v.id, v] as const);

    /** Writes total, accumulator, pot and commission where ProverRewards keeps them. */
    async function set(total: bigint, acc: bigint, pot: bigint, commission: bigint): Promise<void> {
        await rewrite(world.blockchain, world.prover('prover1').rewards.address, (data) => {
            data.skip(128 + 222);
            data.loadCoins();
            const numbers = data.loadUintBig(64);
            const links = data.loadRef();
            const ring = data.loadMaybeRef();
            data.loadCoins();
            data.loadCoins();
            data.skip(64);
            return beginCell()
                .storeUint(total, 128)
                .storeUint(acc, 222)
                .storeRef(links)
                .storeCoins(pot)
                .storeUint(numbers, 64)
                .storeMaybeRef(ring)
                .storeCoins(0)
                .storeCoins(pot)
                .storeUint(commission, 16)
                .storeUint(0, 48)
                .storeSlice(data)
                .endCell();
        });
    }

    it.each(pure('addRewards'))('%s reward', async (_id, v) => {
        const { rewards } = world.prover('prover1');
        const amount = BigInt(v.inputs!.amount);
        await set(BigInt(v.inputs!.totalRawShares), 0n, 0n, BigInt(v.inputs!.commissionBps));
        // Whatever the amount: the wallet says that it has arrived.
        const notification = jettonNotification({
            queryId: 1n,
            amount,
            from: world.address('payer'),
            payload: rewardPayload(),
        });
        const from = world.walletOf(rewards.address, 'reward').address;
        const result = await world.blockchain.sendMessage(
            internal({ from, to: rewards.address, value: toNano('1'), body: notification, bounce: false }),
        );
        expect(world.failures(result)).toEqual([]);
        const { acc, due, pot } = await rewards.getRewardsData();
        const expected = v.expected as Record<string, string>;
        // F2: the pot keeps what lies below a step; nothing of it is booked as dust.
        expect({
            commission: String(due),
            toStakers: String(pot),
            deltaAcc: String(acc),
            pot: String(pot + due),
        }).toEqual({
            commission: expected.commission,
            toStakers: expected.toStakers,
            deltaAcc: expected.deltaAcc,
            pot: v.inputs!.amount,
        });
        expect(String(due)).toBe(expected.pendingCommissionDelta);
        const [event] = txsAt(result, rewards.address).flatMap((tx) =>
            [...tx.outMessages.values()].filter(({ info }) => info.type === 'external-out'),
        );
        const { rounding } = loadRewardsAddedEvent(event.body.beginParse());
        const total = BigInt(v.inputs!.totalRawShares);
        const scaled = BigInt(expected.remainderScaled ?? 0);
        expect(rounding).toBe(scaled / 10n ** 18n);
        if (total > 0n && expected.distributed !== undefined) {
            expect(String((acc * total) / 10n ** 18n)).toBe(expected.distributed);
        }
    });

    it.each(pure('settle'))('%s settlement', async (_id, v) => {
        const SCALE = 10n ** 18n;
        const { rewards } = world.prover('prover1');
        const mirror = await world.rewardPosition('prover1', 'prover1');
        const raw = BigInt(v.inputs!.rawShares);
        const acc = BigInt(v.inputs!.accRewardPerRawShare);
        const debt = BigInt(v.inputs!.rewardDebt);
        const pending = BigInt(v.inputs!.pendingRewards);
        // F3: instead of a debt, the accumulator at the last touch.
        const touched = raw === 0n ? acc : (debt * SCALE + raw - 1n) / raw;
        await set(raw, acc, 2n ** 119n, 0n);
        await rewrite(world.blockchain, mirror.address, (data) =>
            beginCell()
                .storeBits(data.loadBits(512))
                .storeUint(raw, 126)
                .storeUint(touched < acc ? touched : acc, 222)
                .storeUint(1, 32)
                .storeCoins(pending)
                .endCell(),
        );
        const expected = v.expected!;
        expect(String(await rewards.getClaimable(world.address('prover1')))).toBe(expected.newPending);
        const result = await world.claim('prover1', 'prover1');
        const pay = txsAt(result, mirror.address)
            .flatMap(outs)
            .find(({ op }) => op === ProverRewards.opcodes.PayRewards);
        const paid = pay === undefined ? 0n : loadPayRewards(pay.body.beginParse()).amount;
        expect(String(paid)).toBe(expected.newPending);
        expect((await mirror.getRewardPosition()).acc).toBe(acc);
    });
});

describe("the port's own vectors: what stands for the defects", () => {
    const E18 = 10n ** 18n;

    async function run(id: string, decimals = 18): Promise<World> {
        const { world } = await VectorRun.create({ globalMinSelfStake: '0' }, decimals);
        expect(vectors.some((v) => v.id === id)).toBe(true);
        return world;
    }

    const steps = (id: string) =>
        vectors.find((v) => v.id === id)!.steps as unknown as { call: string; result: never }[];
    const final = (id: string) => vectors.find((v) => v.id === id)!.expectedFinal as unknown as Record<string, string>;

    async function all(world: World, who: StakingPerson): Promise<string> {
        const position = await world.position('prover1', who);
        const before = (await position.getPosition()).active;
        await world.request(who, 'prover1', { all: true });
        return String(before - (await position.getPosition()).active);
    }

    async function paid(world: World, who: StakingPerson): Promise<string> {
        const before = await world.balance(who);
        world.advance(7 * 86_400);
        await world.complete(who, 'prover1');
        return String((await world.balance(who)) - before);
    }

    async function pots(world: World) {
        const { staking } = world.prover('prover1');
        const money = await staking.getSolvency();
        return {
            treasury: String(money.escrow + money.treasury + money.insurance),
            stakingTokenBalance: String(await world.balance(staking.address)),
        };
    }

    it('PORT-01', async () => {
        const world = await run('PORT-01');
        const expected = steps('PORT-01').map(({ result }) => result);
        await world.open('prover1', 10_000n * E18);
        await world.stake('alice', 'prover1', 400n * E18);
        const shares = await Promise.all(
            (['prover1', 'alice'] as const).map(async (who) =>
                String((await (await world.position('prover1', who)).getPosition()).active),
            ),
        );
        const gone = await all(world, 'alice');
        await world.slash('prover1', 500_000);
        const { treasury } = await pots(world);
        const alice = await paid(world, 'alice');
        const own = await all(world, 'prover1');
        const prover = await paid(world, 'prover1');
        expect([...shares, gone, treasury, alice, own, prover]).toEqual(expected);
        expect(await pots(world)).toEqual(final('PORT-01'));
    });

    it('PORT-02', async () => {
        const world = await run('PORT-02');
        await world.open('prover1', 7n, 0);
        const { rewards } = world.prover('prover1');
        const seen: unknown[] = [String((await (await world.position('prover1', 'prover1')).getPosition()).active)];
        for (let i = 0; i < 2; i++) {
            const before = (await rewards.getRewardsData()).acc;
            await world.reward('payer', 'prover1', 8n);
            seen.push([String((await rewards.getRewardsData()).acc - before), '0']);
        }
        const before = await world.balance('prover1', 'reward');
        await world.claim('prover1', 'prover1');
        seen.push(String((await world.balance('prover1', 'reward')) - before));
        expect(seen).toEqual(steps('PORT-02').map(({ result }) => result));
        expect(String(await world.balance(rewards.address, 'reward'))).toBe(final('PORT-02').rewardTokenBalance);
    });

    it('PORT-03', async () => {
        const world = await run('PORT-03', 9);
        await world.open('prover1', 1000n * 10n ** 9n, 1000);
        await world.stake('alice', 'prover1', 777n * 10n ** 9n);
        const { rewards } = world.prover('prover1');
        const seen: unknown[] = ['1000000000000', '777000000000'];
        for (let i = 0; i < 10; i++) {
            const before = (await rewards.getRewardsData()).acc;
            await world.reward('payer', 'prover1', 1_000_000n);
            seen.push([String((await rewards.getRewardsData()).acc - before), '0']);
        }
        for (const who of ['alice', 'prover1'] as const) {
            const before = await world.balance(who, 'reward');
            await world.claim(who, 'prover1');
            seen.push(String((await world.balance(who, 'reward')) - before));
        }
        expect(seen).toEqual(steps('PORT-03').map(({ result }) => result));
        expect(String((await rewards.getRewardsData()).due)).toBe(final('PORT-03').pendingCommission);
        expect(String(await world.balance(rewards.address, 'reward'))).toBe(final('PORT-03').rewardTokenBalance);
    });

    it('PORT-04', async () => {
        const world = await run('PORT-04');
        await world.open('prover1', 10_000n * E18);
        const gone = await all(world, 'prover1');
        await world.slash('prover1', 500_000);
        const { treasury } = await pots(world);
        expect(['10000000000000000000000', gone, treasury, await paid(world, 'prover1')]).toEqual(
            steps('PORT-04').map(({ result }) => result),
        );
        expect(await pots(world)).toEqual(final('PORT-04'));
    });

    it('PORT-05', async () => {
        const world = await run('PORT-05');
        await world.open('prover1', 10_000n * E18);
        await world.slash('prover1', 100_000);
        const { treasury } = await pots(world);
        const position = await world.position('prover1', 'prover1');
        const before = (await position.getPosition()).active;
        await world.stake('prover1', 'prover1', 1000n * E18);
        const minted = String((await position.getPosition()).active - before);
        expect([String(before), treasury, minted, await all(world, 'prover1')]).toEqual(
            steps('PORT-05').map(({ result }) => result),
        );
        const { totalRaw, pendingRaw } = await world.prover('prover1').staking.getProver();
        expect({ totalRawShares: String(totalRaw), pendingRaw: String(pendingRaw) }).toEqual(final('PORT-05'));
    });
});
