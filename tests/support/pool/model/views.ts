/** What every getter must say, computed from the model's state. `balance` is the account's own. */
import type { DistributionModel } from './distribution';
import { Fees } from './fees';
import type { OperatorModel } from './operator';
import type { RegistryModel } from './registry';
import { STATUS, VaultModel, maskOf } from './vault';

type View = Record<string, unknown>;

const NOT_COMPLETED = 0xffffffff;

export function poolData(o: OperatorModel, balance: bigint, fees: Fees): View {
    const {
        proxies: _proxies,
        nextArbiter: _a,
        nextRecovery: _r,
        version: _version,
        activeBefore: _b,
        ...fields
    } = o.s;
    return {
        ...fields,
        registry: o.registry,
        distribution: o.distribution,
        linked: true,
        solvency: operatorSolvency(o, balance, fees),
        version: 0,
    };
}

export const operatorSolvency = (o: OperatorModel, balance: bigint, fees: Fees) =>
    balance - o.ledger - fees.operatorFloor;

export function registryData(r: RegistryModel, balance: bigint, fees: Fees, now: number): View {
    const { active, pending, exiting, stakeTotal, pausedUntil, poolActive, unmanaged, missedInRow, config } = r.s;
    const { epochSeconds, minStake, open, openCeiling, nextSeconds, nextEpoch, nextMinEarned, nextMinEarnedAt } =
        config;
    return {
        operator: r.operator,
        distribution: r.distribution,
        active,
        pending,
        exiting,
        stakeTotal,
        pausedUntil,
        poolActive,
        unmanaged,
        missedInRow,
        epochSeconds,
        window: r.window,
        minStake,
        minEarned: r.minEarned(now),
        open,
        openCeiling,
        nextSeconds,
        nextEpoch,
        nextMinEarned,
        nextMinEarnedAt,
        solvency: registrySolvency(balance, fees),
        version: 0,
    };
}

export const registrySolvency = (balance: bigint, fees: Fees) => balance - fees.registryFloor;

export function epochData(r: RegistryModel, now: number): View {
    const { epoch, attempt, sealed, appointed, accepted, activeAtEnd } = r.s.epoch;
    return {
        epoch,
        start: r.start,
        end: r.end,
        attempt,
        sealed,
        appointed,
        accepted,
        activeAtEnd: activeAtEnd ?? r.s.active,
        reportUntil: r.reportUntil,
        dueAt: r.dueAt,
        due: r.isDue(now),
        undelivered: r.s.last?.undelivered ?? false,
        lastClosed: r.s.last?.epoch ?? -1,
    };
}

export function distributionData(d: DistributionModel, balance: bigint, fees: Fees, now: number): View {
    const { raise: _raise, changes: _changes, rounds: _rounds, ...fields } = d.s;
    const { allocatedTotal, unpaid, expiredTotal } = d.s;
    return {
        ...fields,
        operator: d.operator,
        registry: d.registry,
        paidTotal: allocatedTotal - unpaid - expiredTotal,
        commissionBps: d.rate(now),
        solvency: distributionSolvency(d, balance, fees),
        version: 0,
    };
}

export const distributionSolvency = (d: DistributionModel, balance: bigint, fees: Fees) =>
    balance - d.ledger - fees.distributionFloor;

export function roundData(d: DistributionModel, number: number): View {
    const round = d.s.rounds[number] as DistributionModel['s']['rounds'][number] | undefined;
    const { attempt = false, rewards = 0n, pot = 0n, bps = 0, factor = 0n } = round ?? {};
    const { total = 0n, allocated = 0n, left = 0n, fixedAt = 0 } = round ?? {};
    return {
        known: total > 0n,
        attempt,
        rewards,
        pot,
        commissionBps: bps,
        commission: (rewards * BigInt(bps)) / 10_000n,
        factor,
        total,
        allocated,
        unpaid: left,
        fixedAt,
    };
}

export function vaultData(v: VaultModel, balance: bigint, fees: Fees): View {
    const { stake, pending, earned, first, due, activatedAt, completedAt, ceiling, status, account } = v.s;
    return {
        registry: v.registry,
        participant: v.participant,
        status: STATUS.indexOf(status),
        stake,
        minStake: account?.minStake ?? 0n,
        pending,
        earned,
        firstEpoch: first,
        due: maskOf(due, first),
        activatedAt,
        completedAt: completedAt === NOT_COMPLETED ? 0 : completedAt,
        exitAt: account?.exitAt ?? 0,
        gpuCeiling: ceiling,
        nextCeiling: account?.nextCeiling ?? 0,
        nextCeilingAt: account?.nextCeilingAt ?? 0,
        payout: v.payoutAddress,
        nextPayoutAt: account?.changes?.payoutAt ?? 0,
        minPayout: account?.minPayout ?? 0n,
        hasRecovery: (account?.recovery ?? null) !== null,
        nextRecoveryAt: account?.changes?.recoveryAt ?? 0,
        slashAmount: account?.slashAmount ?? 0n,
        slashedAt: account?.slashedAt ?? 0,
        metaHash: account?.metaHash ?? 0n,
        owed: (account?.owed ?? null) !== null,
        solvency: vaultSolvency(v, balance, fees),
        version: 1,
    };
}

export const vaultSolvency = (v: VaultModel, balance: bigint, fees: Fees) => balance - v.ledger - fees.vaultFloor;

export function vaultEpoch(v: VaultModel, epoch: number): View {
    const entry = v.entry(epoch);
    return {
        present: entry !== null,
        attempt: entry?.attempt ?? false,
        bucket: entry?.bucket ?? 0,
        score: entry?.score ?? 0n,
        due: v.s.due.includes(epoch),
    };
}
