/** Runs a published sequence of operations on the contracts and reads back what the vector lists. */
import { Address, toNano } from '@ton/core';
import { SendMessageResult } from '@ton/sandbox';

import { Prover, StakingPerson, World } from './world';
import { StakingExit, StakingErrorName } from '../../../wrappers/staking';

export type Fields = Record<string, string | number | boolean>;
export type Step = Fields & { op: string };

export type Vector = {
    id: string;
    title: string;
    target: string;
    globalMinSelfStake?: string;
    kind?: string;
    inputs?: Record<string, string>;
    expected?: Record<string, string | boolean>;
    steps: Step[];
    expectedSteps: (Fields & { ok: boolean; error?: string })[];
    expectedFinal: {
        provers: Record<string, ExpectedProver>;
        stakingTreasury: string;
        stakingTokenBalance: string;
        rewards: Record<string, { dustPool: string; tokenBalance: string }>;
        stakingTokenDelta: Record<string, string>;
        rewardTokenDelta: Record<string, string>;
    };
};

export type ExpectedProver = {
    state: string;
    scale: string;
    totalRawShares: string;
    totalEffective: string;
    stakersCount: string;
    minSelfStake: string;
    commissionBps: string;
    pendingCommission: string;
    accRewardPerRawShare: string;
    stakers: Record<
        string,
        {
            rawShares: string;
            effective: string;
            pendingUnstakes: { rawShares: string; effective: string }[];
            pendingRewards: string;
        }
    >;
};

/** Which of our refusals an error of the original is. `returned`: the tokens came back, nothing throws. */
export const ERRORS: Record<string, StakingErrorName | 'returned' | 'nobody'> = {
    NoReadyUnstakes: 'ERROR_NOTHING_DUE',
    ScaleTooLow: 'ERROR_SCALE_TOO_LOW',
    SlashTooHigh: 'ERROR_SLASH_BOUNDS',
    'unauthorized role': 'ERROR_NOT_ROLE',
    'Ownable: caller is not the owner': 'ERROR_NOT_OWNER',
    NoRewards: 'ERROR_NOTHING_DUE',
    ActiveStakesRemain: 'ERROR_ACTIVE_STAKE',
    CommissionRemain: 'ERROR_COMMISSION_REMAINS',
    MinStakeDelay: 'ERROR_TOO_EARLY',
    NoPendingMinStakeUpdate: 'ERROR_NO_CHANGE',
    MinSelfStakeNotMet: 'ERROR_MIN_SELF_STAKE',
    InvalidProverState: 'ERROR_PROVER_STATE',
    InvalidScale: 'ERROR_SCALE_TOO_LOW',
    RewardsInvalidCommission: 'ERROR_COMMISSION',
    RewardsProverNotRegistered: 'ERROR_NOT_PROVER',
    EnforcedPause: 'ERROR_PAUSED',
    ProverNotRegistered: 'nobody',
};

export type Outcome = { ok: boolean; error?: string; values: Record<string, string> };

const PROVERS = ['prover1', 'prover2', 'prover3'] as const;

/** One chain for all vectors with the same minimum, taken back to its start for each. */
const worlds = new Map<string, { world: World; restore: () => Promise<void> }>();

export class VectorRun {
    private constructor(
        readonly world: World,
        readonly start: Map<string, bigint>,
    ) {}

    static async create(vector: { globalMinSelfStake?: string }, decimals = 18): Promise<VectorRun> {
        // The original has no cap, no least stake and no least reward.
        const params = {
            minSelfStake: BigInt(vector.globalMinSelfStake ?? 0),
            delegationCap: 65_535n,
            minStake: 1n,
            minReward: 1n,
            minDeposit: 1n,
        };
        const key = `${params.minSelfStake} ${decimals}`;
        let start = worlds.get(key);
        if (start === undefined) {
            const world = await World.create({ decimals, params });
            for (const who of ['prover1', 'prover2', 'prover3', 'alice', 'bob', 'carol'] as const) {
                await world.enrich(who);
            }
            await world.enrich('payer', 'reward');
            start = { world, restore: world.checkpoint() };
            worlds.set(key, start);
        }
        await start.restore();
        start.world.provers.clear();
        Object.assign(start.world.params, params, { unstakeDelay: 7n * 86_400n, maxSlash: 500_000n });
        return new VectorRun(start.world, new Map());
    }

    private who(name: unknown): StakingPerson {
        const names: Record<string, StakingPerson> = { admin: 'owner', pauser: 'guardian', mallory: 'stranger' };
        return names[String(name)] ?? (name as StakingPerson);
    }

    private async paid(
        who: StakingPerson,
        token: 'staking' | 'reward',
        act: () => Promise<SendMessageResult[]>,
    ): Promise<{ results: SendMessageResult[]; paid: bigint }> {
        const before = await this.world.balance(who, token);
        const results = await act();
        return { results, paid: (await this.world.balance(who, token)) - before };
    }

    private outcome(results: SendMessageResult[], values: Record<string, unknown> = {}): Outcome {
        const codes = results.flatMap((result) => this.world.failures(result));
        const names = Object.entries(StakingExit).filter(([, code]) => codes.includes(code));
        return {
            ok: codes.length === 0,
            error: names[0]?.[0] ?? (codes.length > 0 ? String(codes[0]) : undefined),
            values: Object.fromEntries(Object.entries(values).map(([k, v]) => [k, String(v)])),
        };
    }

    private async raw(prover: StakingPerson, who: StakingPerson): Promise<bigint> {
        const position = await this.world.position(prover, who);
        return (await this.world.exists(position.address)) ? (await position.getPosition()).active : 0n;
    }

    /** One step; what it yields, as the vector names it. */
    async step(step: Step): Promise<Outcome> {
        const { world } = this;
        const from = this.who(step.from);
        const name = (step.prover ?? step.from) as StakingPerson;
        const known = world.provers.has(name);
        const amount = BigInt(step.amount ?? 0);
        switch (step.op) {
            case 'warp':
                world.advance(Number(step.seconds));
                return { ok: true, values: {} };
            case 'init': {
                const min = BigInt(step.minSelfStake ?? world.params.minSelfStake);
                const init = await world.initProver(from, min, BigInt(step.commissionBps));
                if (world.failures(init).length > 0) {
                    world.provers.delete(from);
                    return this.outcome([init]);
                }
                return this.outcome([init, await world.stake(from, from, min)]);
            }
            case 'stake': {
                const before = await this.raw(name, from);
                const { results, paid } = await this.paid(from, 'staking', async () => [
                    await world.stake(from, name, amount),
                ]);
                const minted = (await this.raw(name, from)) - before;
                if (paid === 0n) {
                    return { ok: false, error: 'returned', values: {} };
                }
                return this.outcome(results, { mintedRawShares: minted });
            }
            case 'requestUnstake':
            case 'requestUnstakeAll': {
                const before = await this.raw(name, from);
                if (!(await world.exists((await world.position(name, from)).address))) {
                    return { ok: false, error: 'nobody', values: {} };
                }
                const result = await world.request(
                    from,
                    name,
                    step.op === 'requestUnstake' ? { amount } : { all: true },
                );
                return this.outcome([result], { burnedRawShares: before - (await this.raw(name, from)) });
            }
            case 'completeUnstake': {
                const position = await world.position(name, from);
                const before = (await position.getRequests()).length;
                const { results, paid } = await this.paid(from, 'staking', async () => [
                    await world.complete(from, name),
                ]);
                return this.outcome(results, { paid, completed: before - (await position.getRequests()).length });
            }
            case 'slash': {
                if (!known) return { ok: false, error: 'nobody', values: {} };
                const { staking } = world.prover(name);
                const before = (await staking.getSolvency()).escrow;
                const result = await world.slash(name, BigInt(step.ppm), from);
                return this.outcome([result], {
                    totalSlashed: (await staking.getSolvency()).escrow - before,
                    newScale: (await staking.getProver()).scale,
                });
            }
            case 'addRewards': {
                const { rewards } = world.prover(name);
                const before = await rewards.getRewardsData();
                const result = await world.reward('payer', name, amount);
                const after = await rewards.getRewardsData();
                const commission = after.due - before.due;
                return this.outcome([result], {
                    commission,
                    toStakers: amount - commission,
                    deltaAcc: after.acc - before.acc,
                    dust: 0,
                });
            }
            case 'withdrawRewards': {
                const { rewards } = world.prover(name);
                const { results, paid } = await this.paid(from, 'reward', async () => {
                    const done = [await world.claim(from, name)];
                    if (from === name) {
                        done.push(await rewards.sendClaimCommission(world.sender(from), { value: toNano('2') }));
                    }
                    return done;
                });
                return paid > 0n
                    ? { ok: true, values: { paid: String(paid) } }
                    : { ...this.outcome(results), ok: false, error: 'ERROR_NOTHING_DUE' };
            }
            case 'setCommission':
                return this.outcome([
                    await world.prover('prover1').rewards.sendSetCommission(world.sender(from), {
                        commission: BigInt(step.bps),
                        value: toNano('1'),
                    }),
                ]);
            case 'retire':
                return this.outcome([
                    await world.prover(name).staking.sendRetire(world.sender(from), { value: toNano('1') }),
                ]);
            case 'unretire':
                return this.outcome([
                    await world.prover(name).staking.sendUnretire(world.sender(from), { value: toNano('1') }),
                ]);
            case 'deactivate':
            case 'reactivate':
                return this.outcome([
                    await world.master.sendSetActive(world.sender(from), {
                        staking: world.prover(name).staking.address,
                        active: step.op === 'reactivate',
                    }),
                ]);
            case 'eligible': {
                if (!known) return { ok: true, values: { eligible: 'false', totalStake: '0' } };
                const { eligible, stake } = await world.prover(name).staking.getEligible(BigInt(step.minStake));
                return { ok: true, values: { eligible: String(eligible), totalStake: String(stake) } };
            }
            case 'updateMinSelfStake': {
                const { staking } = world.prover(name);
                const result = await staking.sendSetMinSelfStake(world.sender(from), {
                    minSelfStake: BigInt(step.value),
                });
                return this.outcome([result], { pending: (await staking.getProver()).nextMinSelfAt > 0n });
            }
            case 'completeMinSelfStakeUpdate':
                return this.outcome([await world.prover(name).staking.sendApplyMinSelfStake(world.sender(from), {})]);
            case 'setParam':
                return this.setParam(from, String(step.param), BigInt(step.value));
            case 'withdrawTreasury': {
                // Whole, to the treasury address, by anyone, once the appeal windows are over.
                const { staking } = world.prover('prover1');
                world.advance(7 * 86_400);
                for (const [seq, slash] of await staking.getLastSlashes()) {
                    if (slash.verdict === 'open') await staking.sendFinaliseSlash(world.sender('stranger'), { seq });
                }
                return this.outcome([await staking.sendPayTreasury(world.sender(from), {})]);
            }
            case 'pause': {
                const result = await world.master.sendPause(world.sender(from), {});
                for (const prover of world.provers.values()) await this.push(prover);
                return this.outcome([result]);
            }
            default:
                throw new Error(`no operation ${step.op}`);
        }
    }

    private async push(prover: Prover): Promise<void> {
        await this.world.master.sendPushParams(this.world.sender('stranger'), {
            staking: prover.staking.address,
            rewards: prover.rewards.address,
        });
    }

    /** Announces, waits, applies and pushes: what was one call. */
    private async setParam(from: StakingPerson, param: string, value: bigint): Promise<Outcome> {
        const { world } = this;
        const field = {
            UnstakeDelay: 'unstakeDelay',
            MaxSlash: 'maxSlash',
            GlobalMinSelfStake: 'minSelfStake',
        }[param];
        if (!field) throw new Error(`no parameter ${param}`);
        // The largest value that the field holds stands for everything above it.
        const next = { ...world.params, [field]: field === 'maxSlash' && value > 0xfffffn ? 0xfffffn : value };
        const result = await world.master.sendAnnounceParams(world.sender(from), { params: next });
        if (world.failures(result).length > 0) return this.outcome([result]);
        world.advance(Number(world.params.unstakeDelay));
        Object.assign(world.params, next);
        await world.master.sendApplyParams(world.sender('stranger'), {});
        for (const prover of world.provers.values()) await this.push(prover);
        return this.outcome([result]);
    }

    /** The state of everything, in the words of the vector. */
    async final(expected: Vector['expectedFinal']) {
        const { world } = this;
        const provers: Record<string, ExpectedProver> = {};
        let treasury = 0n;
        let staked = 0n;
        let rewarded = 0n;
        for (const name of PROVERS) {
            if (!(name in expected.provers)) continue;
            const { staking, rewards } = world.prover(name);
            const info = await staking.getProver();
            const money = await staking.getSolvency();
            const books = await rewards.getRewardsData();
            treasury += money.escrow + money.treasury + money.insurance;
            staked += await world.balance(staking.address);
            rewarded += await world.balance(rewards.address, 'reward');
            const stakers: ExpectedProver['stakers'] = {};
            let count = 0;
            for (const who of Object.keys(expected.provers[name].stakers)) {
                const position = await world.position(name, who as StakingPerson);
                const { active } = await position.getPosition();
                count += active > 0n ? 1 : 0;
                stakers[who] = {
                    rawShares: String(active),
                    effective: String(await staking.getEffective(active)),
                    pendingUnstakes: await Promise.all(
                        (await position.getRequests()).map(async ({ raw }) => ({
                            rawShares: String(raw),
                            effective: String(await staking.getEffective(raw)),
                        })),
                    ),
                    pendingRewards: String(await rewards.getClaimable(world.address(who as StakingPerson))),
                };
            }
            provers[name] = {
                state: info.state[0].toUpperCase() + info.state.slice(1),
                scale: String(info.scale),
                totalRawShares: String(info.totalRaw),
                totalEffective: String(info.stake),
                stakersCount: String(count),
                minSelfStake: String(info.minSelfStake),
                commissionBps: String(books.commission),
                pendingCommission: String(books.due),
                accRewardPerRawShare: String(books.acc),
                stakers,
            };
        }
        const delta = async (owner: string, token: 'staking' | 'reward') => {
            const who = this.who(owner);
            const before = world.isRich(who, token) ? world.wealth : 0n;
            return String((await world.balance(who, token)) - before);
        };
        return {
            provers,
            stakingTreasury: String(treasury),
            stakingTokenBalance: String(staked),
            rewards: { A: { dustPool: '0', tokenBalance: String(rewarded) } },
            stakingTokenDelta: await mapKeys(expected.stakingTokenDelta, (who) => delta(who, 'staking')),
            rewardTokenDelta: await mapKeys(expected.rewardTokenDelta, (who) => delta(who, 'reward')),
        };
    }
}

async function mapKeys(
    record: Record<string, string>,
    value: (key: string) => Promise<string>,
): Promise<Record<string, string>> {
    const result: Record<string, string> = {};
    for (const key of Object.keys(record)) result[key] = await value(key);
    return result;
}

export type { Address };
