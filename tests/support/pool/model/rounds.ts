/** One reward round, written from pool-economics.md, sentence by sentence, and from nothing else. Amounts in nanoton. */

const FULL = 10_000n;
const ONE = 10n ** 18n;

/** The table of the document: bucket, bonus bps, penalty bps. */
const TABLE: readonly { bonus: bigint; penalty: bigint }[] = [
    { bonus: 1000n, penalty: 0n },
    { bonus: 0n, penalty: 500n },
    { bonus: 0n, penalty: 2000n },
    { bonus: 1000n, penalty: 1000n },
    { bonus: 0n, penalty: 1500n },
    { bonus: 0n, penalty: 3000n },
];

export type Terms = {
    pot: bigint;
    commission: bigint;
    factor: bigint;
    shares: bigint[];
    allocated: bigint;
    reserve: bigint;
};

export const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
const least = (a: bigint, b: bigint) => (a < b ? a : b);
const most = (a: bigint, b: bigint) => (a > b ? a : b);
/** floor and ceil of non-negative fractions. */
const floor = (a: bigint, b: bigint) => a / b;
const ceil = (a: bigint, b: bigint) => (a % b === 0n ? a / b : a / b + 1n);

/** R, D, V, c and S_0 .. S_5 of the document, T > 0. */
export function settle(R: bigint, D: bigint, V: bigint, c: bigint, S: readonly bigint[]): Terms {
    const T = sum(S);
    const cap = floor(R * 1000n, FULL);
    const surplus = least(R, most(0n, V - cap));
    const P = R + D + surplus;
    const K = V - surplus;
    const C = floor(R * c, FULL);
    const penalties = sum(S.map((s, b) => floor(P * s * TABLE[b].penalty, FULL * T)));
    const wanted = sum(S.map((s, b) => ceil(P * s * TABLE[b].bonus, FULL * T)));
    const funded = least(wanted, penalties + K);
    const f = wanted === 0n ? ONE : floor(funded * ONE, wanted);
    const shares = TABLE.map(({ bonus, penalty }) => floor((P * (FULL - penalty) - R * c) * ONE + P * bonus * f, FULL));
    const allocated = sum(S.map((s, b) => floor(s * shares[b], T * ONE)));
    const reserve = K + P - C - allocated;
    // "always >= 0", and R + D + V = C + allocated + reserve after.
    if (reserve < 0n || R + D + V !== C + allocated + reserve) {
        throw new Error('the arithmetic of pool-economics.md does not balance');
    }
    return { pot: P, commission: C, factor: f, shares, allocated, reserve };
}

/** Payout of a participant. */
export function payout(score: bigint, share: bigint, total: bigint): bigint {
    return floor(score * share, total * ONE);
}

export type Row = { participant: string; seconds: number; gpu: number; uptime: number; outages: number };

/** score = floor(seconds * gpu * uptime / 10000). */
export function score(row: Row): bigint {
    return floor(BigInt(row.seconds) * BigInt(row.gpu) * BigInt(row.uptime), FULL);
}

/** uptime > 9500 stable, 8000..9500 minor, below major; +3 when outages * 604800 > 3 * epochSeconds. */
export function bucket(row: Row, epochSeconds: number): number {
    const band = row.uptime > 9500 ? 0 : row.uptime >= 8000 ? 1 : 2;
    return row.outages * 604_800 > 3 * epochSeconds ? band + 3 : band;
}
