import { Address, beginCell, Cell } from '@ton/core';

import {
    BPS,
    MAX_BATCH,
    MAX_GPU,
    OUTAGES_PER_WEEK,
    UPTIME_MINOR,
    UPTIME_STABLE,
    WEEK,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { ROW_BITS } from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';

/** What the reporter says of one participant and epoch. */
export type MetricsRow = {
    participant: Address;
    /** Running seconds, 0 to the length of the epoch. */
    seconds: number;
    /** GPU score, 1 to 1,000,000. */
    gpu: number;
    /** Uptime, 0 to 10,000. */
    uptimeBps: number;
    /** Outages in the epoch. */
    outages: number;
};

/** 0 stable, 1 minor, 2 major; +3 with frequent outages. */
export type Bucket = 0 | 1 | 2 | 3 | 4 | 5;

/** Account id of a basechain address: how metrics name participants. */
export function accountIdOf(address: Address): bigint {
    if (address.workChain !== 0) {
        throw new Error(`${address.toString()} is not in the basechain`);
    }
    return BigInt(`0x${address.hash.toString('hex')}`);
}

/** Basechain address of an account id. */
export function addressOfAccount(id: bigint): Address {
    return new Address(0, Buffer.from(id.toString(16).padStart(64, '0'), 'hex'));
}

/** floor(seconds * gpu * uptime / 10000), pool-economics.md. */
export function scoreOf(row: Pick<MetricsRow, 'seconds' | 'gpu' | 'uptimeBps'>): bigint {
    return (BigInt(row.seconds) * BigInt(row.gpu) * BigInt(row.uptimeBps)) / BPS;
}

export function bucketOf(row: Pick<MetricsRow, 'uptimeBps' | 'outages'>, epochSeconds: number | bigint): Bucket {
    const uptime = BigInt(row.uptimeBps);
    const band = uptime > UPTIME_STABLE ? 0 : uptime >= UPTIME_MINOR ? 1 : 2;
    const frequent = BigInt(row.outages) * WEEK > OUTAGES_PER_WEEK * BigInt(epochSeconds);
    return (frequent ? band + 3 : band) as Bucket;
}

/** `entry` of a MetricsEntry: attempt 1, bucket 3, score 64 bits. */
export type EntryFields = { attempt: boolean; bucket: bigint; score: bigint };

export function packEntry({ attempt, bucket, score }: EntryFields): bigint {
    return ((attempt ? 1n : 0n) << 67n) | (bucket << 64n) | score;
}

export function unpackEntry(entry: bigint): EntryFields {
    return { attempt: entry >> 67n === 1n, bucket: (entry >> 64n) & 7n, score: entry & 0xffff_ffff_ffff_ffffn };
}

/** Sums of the scores by bucket: all that a round depends on. */
export function totalsOf(rows: readonly MetricsRow[], epochSeconds: number | bigint): bigint[] {
    const totals = [0n, 0n, 0n, 0n, 0n, 0n];
    for (const row of rows) {
        totals[bucketOf(row, epochSeconds)] += scoreOf(row);
    }
    return totals;
}

/** Throws what the registry would refuse the whole batch for. */
export function checkRows(rows: readonly MetricsRow[], epochSeconds: number | bigint): void {
    const seen = new Set<string>();
    for (const row of rows) {
        const who = row.participant.toString();
        const within = (name: string, value: number, low: number, high: bigint) => {
            if (!Number.isInteger(value) || value < low || BigInt(value) > high) {
                throw new Error(`${who}: ${name} ${value} is not between ${low} and ${high}`);
            }
        };
        within('seconds', row.seconds, 0, BigInt(epochSeconds));
        within('gpu', row.gpu, 1, MAX_GPU);
        within('uptimeBps', row.uptimeBps, 0, BPS);
        within('outages', row.outages, 0, 0xffffn);
        if (seen.has(who)) {
            throw new Error(`${who} is in the rows twice`);
        }
        seen.add(who);
    }
}

/** Groups of at most `size` (what one message takes). */
export function batches<T>(items: readonly T[], size: number = Number(MAX_BATCH)): T[][] {
    const result: T[][] = [];
    for (let i = 0; i < items.length; i += size) {
        result.push(items.slice(i, i + size));
    }
    return result;
}

/** A chain of cells with `perCell` fixed-size items each, the rest in the reference. Built from the end. */
function chain<T>(
    items: readonly T[],
    perCell: number,
    store: (item: T, builder: ReturnType<typeof beginCell>) => void,
): Cell {
    let next: Cell | undefined;
    for (const group of batches(items, perCell).reverse()) {
        const builder = beginCell();
        for (const item of group) {
            store(item, builder);
        }
        if (next !== undefined) {
            builder.storeRef(next);
        }
        next = builder.endCell();
    }
    return next ?? Cell.EMPTY;
}

/** `entries` of ReportMetrics: two rows a cell. */
export function metricsEntries(rows: readonly MetricsRow[]): Cell {
    return chain(rows, 2, (row, builder) => {
        builder
            .storeUint(accountIdOf(row.participant), 256)
            .storeUint(row.seconds, 32)
            .storeUint(row.gpu, 24)
            .storeUint(row.uptimeBps, 16)
            .storeUint(row.outages, 16);
    });
}

/** Rows of an `entries` cell (of a message or of the event MetricsReported). */
export function parseEntries(entries: Cell): MetricsRow[] {
    const rows: MetricsRow[] = [];
    let slice = entries.beginParse();
    for (;;) {
        while (slice.remainingBits >= Number(ROW_BITS)) {
            rows.push({
                participant: addressOfAccount(slice.loadUintBig(256)),
                seconds: slice.loadUint(32),
                gpu: slice.loadUint(24),
                uptimeBps: slice.loadUint(16),
                outages: slice.loadUint(16),
            });
        }
        if (slice.remainingRefs === 0) {
            return rows;
        }
        slice = slice.loadRef().beginParse();
    }
}

/** `participants` of PokeMany: three account ids a cell. */
export function participantsChain(participants: readonly Address[]): Cell {
    return chain(participants, 3, (participant, builder) => {
        builder.storeUint(accountIdOf(participant), 256);
    });
}

/** One machine of a participant, for combining several into his one row. */
export type MachineMetrics = Omit<MetricsRow, 'participant'>;

/** A participant's row when he runs several machines: GPU scores add up, seconds and uptime are means weighted by GPU. */
export function combineMachines(participant: Address, machines: readonly MachineMetrics[]): MetricsRow {
    if (machines.length === 0) {
        throw new Error('no machine');
    }
    const gpu = machines.reduce((sum, m) => sum + m.gpu, 0);
    const mean = (value: (m: MachineMetrics) => number) =>
        Math.floor(machines.reduce((sum, m) => sum + value(m) * m.gpu, 0) / gpu);
    return {
        participant,
        seconds: mean((m) => m.seconds),
        gpu,
        uptimeBps: mean((m) => m.uptimeBps),
        outages: Math.max(...machines.map((m) => m.outages)),
    };
}
