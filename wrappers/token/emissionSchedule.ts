/**
 * The arithmetic of the emission in TypeScript: what contracts/token/emission-schedule.tact, usage-rates.tact and
 * receipt.tact compute, to the unit. Scripts show amounts with it before anything is sent; tests run it beside the
 * contracts.
 */
import {
    EMISSION_CARRY as CARRY,
    EMISSION_EPOCH as EPOCH,
    EMISSION_NOTICE as NOTICE,
    GROWTH_MAX as MAX,
    GROWTH_MIN as MIN,
    HALVING_YEARS,
    LIQUIDITY_BPS,
    RATE_STEP_BPS,
    RATE_TOKENS,
    SHARE_BPS,
    TABLE_YEARS,
    TREASURY_BPS,
    YEAR_SECONDS as YEAR,
} from '../../build/EmissionController/EmissionController_EmissionController';

/** Seconds. */
export const EMISSION_EPOCH = EPOCH;
export const EMISSION_CARRY = CARRY;
export const EMISSION_NOTICE = NOTICE;
export const YEAR_SECONDS = YEAR;
/** Bounds of the growth factor, bps. */
export const GROWTH_MIN = MIN;
export const GROWTH_MAX = MAX;

/** Whole tokens of the first ten years: 318.5 million. */
export const YEAR_TABLE: readonly bigint[] = [
    70_000_000n,
    52_500_000n,
    35_000_000n,
    35_000_000n,
    21_000_000n,
    21_000_000n,
    21_000_000n,
    21_000_000n,
    21_000_000n,
    21_000_000n,
];

/** Division of non-negative integers downwards is what BigInt does; negative ones are never divided here. */
const min = (a: bigint, b: bigint) => (a < b ? a : b);
const max = (a: bigint, b: bigint) => (a > b ? a : b);

/** Amount of year `year` (0 = the first) at a growth of 1. `table`: ten amounts in the smallest unit. */
export function yearBase(table: readonly bigint[], year: bigint): bigint {
    return year < TABLE_YEARS
        ? table[Number(year)]
        : table[Number(TABLE_YEARS) - 1] >> (1n + (year - TABLE_YEARS) / HALVING_YEARS);
}

/** Sum of what the schedule gives in the first `seconds`, at a growth of 1. */
export function baseUntil(table: readonly bigint[], seconds: bigint): bigint {
    const year = seconds / YEAR;
    let sum = 0n;
    for (let y = 0n; y < year; y++) {
        sum += yearBase(table, y);
    }
    return sum + (yearBase(table, year) * (seconds % YEAR)) / YEAR;
}

/** What epochs [first, end) give together at `growth` bps. */
export function budgetOf(table: readonly bigint[], first: bigint, end: bigint, growth: bigint): bigint {
    return ((baseUntil(table, end * EPOCH) - baseUntil(table, first * EPOCH)) * growth) / SHARE_BPS;
}

/** First epoch that is not forfeited `time` seconds after the start. */
export function firstLiveEpoch(time: bigint): bigint {
    const late = time - CARRY;
    return late <= 0n ? 0n : max(0n, (late + EPOCH - 1n) / EPOCH - 1n);
}

/** First epoch that begins `time` seconds after the start or later; epoch 0 takes no changes. */
export function epochFrom(time: bigint): bigint {
    return time <= 0n ? 1n : max(1n, (time + EPOCH - 1n) / EPOCH);
}

/** A growth factor as the contract takes it. */
export function clampGrowth(bps: bigint): bigint {
    return max(MIN, min(MAX, bps));
}

/** Shares of an epoch's recipients: each rounded down, the first one with the rest. */
export function splitEpoch(amount: bigint, bps: readonly bigint[]): bigint[] {
    const others = bps.slice(1).map((share) => (amount * share) / SHARE_BPS);
    return [amount - others.reduce((sum, one) => sum + one, 0n), ...others];
}

/** A year of the emission as the whole schedule gives it, the cap applied. Amounts in the smallest unit. */
export type YearRow = { year: number; base: bigint; minted: bigint; total: bigint };

/** The schedule at one growth factor, never above the cap. */
export function scheduleTable(table: readonly bigint[], cap: bigint, years = 20, growth = SHARE_BPS): YearRow[] {
    let total = 0n;
    return Array.from({ length: years }, (_, i) => {
        const base = yearBase(table, BigInt(i));
        const minted = min((base * growth) / SHARE_BPS, cap - total);
        total += minted;
        return { year: i + 1, base, minted, total };
    });
}

/** What `tokens` of a model mint, before the split. */
export function usageAmount(tokens: bigint, rate: bigint): bigint {
    return (tokens * rate) / RATE_TOKENS;
}

/** Parts of what a usage mints; they sum to it. */
export type UsageSplit = { provider: bigint; treasury: bigint; liquidity: bigint };

export function splitUsage(amount: bigint): UsageSplit {
    const treasury = (amount * TREASURY_BPS) / SHARE_BPS;
    const liquidity = (amount * LIQUIDITY_BPS) / SHARE_BPS;
    return { provider: amount - treasury - liquidity, treasury, liquidity };
}

/** Lowest and highest rate that may follow. */
export function rateBounds(rate: bigint): { low: bigint; high: bigint } {
    const step = (rate * RATE_STEP_BPS) / SHARE_BPS;
    return { low: rate - step, high: rate + step };
}
