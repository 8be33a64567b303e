/** Everything that is known before the first message: the fleet and its metrics, refused by line number. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, toNano } from '@ton/core';
import { sha256_sync } from '@ton/crypto';

import { EXIT_DELAY, MAX_GPU, PARTICIPANT_MIN_STAKE } from '../../wrappers/pool';
import { CsvError, CsvProblem, parseFleetCsv, parseMetricsCsv, tryAddress } from '../lib/csv';
import { InputError, MainOptions } from './options';

/** works: reported every epoch. silent: never reported. leaves: asks for his exit in the middle of epoch 1. */
export type Behaviour = 'works' | 'silent' | 'leaves';
const BEHAVIOURS: readonly string[] = ['works', 'silent', 'leaves'] satisfies Behaviour[];

export type Member = {
    /** Name of his wallet on the chain. */
    name: string;
    stake: bigint;
    /** Ceiling that the operator approves him for. */
    gpuScore: number;
    behaviour: Behaviour;
    /** What Cocoon pays his vault in each epoch, nanoton. */
    cocoon: bigint[];
};

/** One line of a metrics file. */
export type MemberMetrics = { name: string; seconds: number; gpu: number; uptimeBps: number; outages: number };

export type EpochInput = { file: string; rows: MemberMetrics[] };

export type JobInput = {
    fleet: Member[];
    /** Epochs 1, 2, ... of the pool. */
    epochs: EpochInput[];
    commissionBps: number;
    epochSeconds: number;
};

/** Part of an epoch after which announcements and exit requests are made. */
export const MIDDLE = 0.5;

/** Wallets of a chain are funded with 100,000 TON; gas and the stake have to fit. */
const MAX_STAKE = toNano('90000');
const MAX_COCOON = toNano('1000000');
/** Prefixes of the wallets that are not participants. */
const RESERVED = /^(pool|cocoon)-/i;
const NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/i;
const AMOUNT = /^\d{1,10}(\.\d{1,9})?$/;

/** Seconds of epoch `epoch` during which somebody who asked for his exit in the middle of epoch 1 is still there. */
export function secondsBeforeExit(epoch: number, epochSeconds: number): number {
    const exitAt = epochSeconds * (1 + MIDDLE) + Number(EXIT_DELAY);
    return Math.max(0, Math.min(epochSeconds, Math.floor(exitAt - epoch * epochSeconds)));
}

function readText(file: string): string {
    try {
        return fs.readFileSync(file, 'utf8');
    } catch (e) {
        throw new InputError(`${file}: cannot be read (${(e as NodeJS.ErrnoException).code ?? (e as Error).message})`);
    }
}

function readFleet(file: string, epochs: number): Member[] {
    const rows = parseFleetCsv(readText(file), file);
    const problems: CsvProblem[] = [];
    const columns = Array.from({ length: epochs }, (_, i) => `cocoon_ton_epoch_${i + 1}`);
    const missing = ['behaviour', ...columns].filter((name) => rows.length > 0 && !(name in rows[0].fields));
    if (missing.length > 0) {
        throw new CsvError([{ line: 1, message: `column ${missing.join(', ')} is missing in the header` }], file);
    }
    if (rows.length === 0) {
        throw new CsvError([{ line: 1, message: 'there is no participant' }], file);
    }
    const seen = new Map<string, number>();
    const fleet = rows.map(({ line, name, stakeTon, gpus, gpuScore, fields }): Member => {
        const refuse = (message: string) => problems.push({ line, message });
        // Wallets and statement files are named after them, and not every file system tells cases apart.
        const key = name.toLowerCase();
        const first = seen.get(key);
        if (!NAME.test(name) || RESERVED.test(name)) {
            refuse(
                `"${name}" is not a name: letters, digits, ". _ -", 32 at most, not beginning with pool- or cocoon-`,
            );
        } else if (first !== undefined) {
            refuse(`${name} is in line ${first} already`);
        }
        seen.set(key, first ?? line);
        const amount = (column: string, low: bigint, high: bigint): bigint => {
            const text = fields[column];
            const value = AMOUNT.test(text) ? toNano(text) : undefined;
            if (value === undefined || value < low || value > high) {
                refuse(`${column} "${text}" is not an amount from ${low / 10n ** 9n} to ${high / 10n ** 9n} TON`);
            }
            return value ?? 0n;
        };
        if (!AMOUNT.test(stakeTon)) {
            refuse(`stake_ton "${stakeTon}" is too long for an amount of TON`);
        }
        if (gpus < 1) {
            refuse('gpus: at least one');
        }
        if (gpuScore < 1 || BigInt(gpuScore) > MAX_GPU) {
            refuse(`gpu_score ${gpuScore} is not between 1 and ${MAX_GPU}`);
        }
        if (!BEHAVIOURS.includes(fields.behaviour)) {
            refuse(`behaviour "${fields.behaviour}" is none of ${BEHAVIOURS.join(', ')}`);
        }
        return {
            name,
            stake: amount('stake_ton', PARTICIPANT_MIN_STAKE, MAX_STAKE),
            gpuScore,
            behaviour: fields.behaviour as Behaviour,
            cocoon: columns.map((column) => amount(column, 0n, MAX_COCOON)),
        };
    });
    if (problems.length > 0) {
        throw new CsvError(problems, file);
    }
    return fleet;
}

async function readMetrics(file: string, epoch: number, fleet: Member[], epochSeconds: number): Promise<EpochInput> {
    // Addresses follow from the names only on a chain, and none is open yet: the hash of a name stands for him.
    const members = new Map(fleet.map((m) => [m.name, m]));
    const standIn = (name: string) => new Address(0, sha256_sync(name));
    const rows = await parseMetricsCsv(readText(file), standIn, { epochSeconds, file });
    const problems: CsvProblem[] = [];
    for (const row of rows) {
        const refuse = (message: string) => problems.push({ line: row.line, message });
        const member = members.get(row.label);
        if (member === undefined) {
            refuse(
                tryAddress(row.label) === undefined
                    ? `participant "${row.label}" is not in the fleet`
                    : 'participants are named as in the fleet; addresses are made when the chain is',
            );
            continue;
        }
        if (row.gpu > member.gpuScore) {
            refuse(`gpu ${row.gpu} is above the gpu_score ${member.gpuScore} that ${row.label} is approved for`);
        }
        if (member.behaviour === 'silent') {
            refuse(`${row.label} is silent in the fleet: he is never reported`);
        }
        if (member.behaviour === 'leaves') {
            const limit = secondsBeforeExit(epoch, epochSeconds);
            if (limit === 0) {
                refuse(`${row.label} has left before epoch ${epoch}`);
            } else if (row.seconds > limit) {
                refuse(`${row.label} leaves after ${limit} seconds of epoch ${epoch}: seconds ${row.seconds} is more`);
            }
        }
    }
    const expected = fleet.filter((m) => m.behaviour !== 'leaves' || secondsBeforeExit(epoch, epochSeconds) > 0);
    if (problems.length === 0 && rows.length * 2 < expected.length) {
        const message = `${rows.length} of ${expected.length} participants: with fewer than half of them reported the epoch counts as missed and the operator is fined`;
        problems.push({ line: 1, message });
    }
    if (problems.length > 0) {
        throw new CsvError(problems, file);
    }
    return {
        file: path.basename(file),
        rows: rows.map(({ label, seconds, gpu, uptimeBps, outages }) => ({
            name: label,
            seconds,
            gpu,
            uptimeBps,
            outages,
        })),
    };
}

/** Reads and checks all files; refuses all mistakes at once, by file and line. */
export async function readInput(options: MainOptions): Promise<JobInput> {
    const epochSeconds = options.epochDays * 86_400;
    const refused: string[] = [];
    const attempt = async <T>(read: () => T | Promise<T>): Promise<T | undefined> => {
        try {
            return await read();
        } catch (e) {
            if (!(e instanceof CsvError || e instanceof InputError)) {
                throw e;
            }
            refused.push(e.message);
            return undefined;
        }
    };
    const fleet = await attempt(() => readFleet(options.fleet, options.metrics.length));
    const epochs: EpochInput[] = [];
    for (const [i, file] of options.metrics.entries()) {
        // Without a fleet nobody in the metrics would be known.
        const epoch = fleet && (await attempt(() => readMetrics(file, i + 1, fleet, epochSeconds)));
        if (epoch !== undefined) {
            epochs.push(epoch);
        }
    }
    if (fleet === undefined || refused.length > 0) {
        throw new InputError(refused.join('\n'));
    }
    return { fleet, epochs, commissionBps: options.commissionBps, epochSeconds };
}
