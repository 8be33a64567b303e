/**
 * Everything that came and went between a participant and the pool, as CSV. Rewards are split into the parts of their
 * rounds; what they add up to is compared with what the chain says was paid.
 */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, fromNano, Transaction } from '@ton/core';

import {
    ParticipantRegistry,
    ParticipantVault,
    poolEvents,
    REASON_CANCELLED,
    REASON_EXITED,
    REASON_PENDING,
    REASON_REFUSED,
    REASON_REGISTERED,
    REASON_REJECTED,
    REASON_SLASHED,
    REASON_STAKE_ADDED,
    REASON_STAKE_WITHDRAWN,
} from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { transactions } from '../lib/chain';
import { csvLine } from '../lib/csv';
import { messageName, opcode } from '../lib/decode';
import { UsageError } from '../lib/errors';
import { parseTime, time } from '../lib/format';
import { writeWhole } from '../lib/manifest';
import { requireVault } from '../lib/participants';
import { Pool, runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'statement',
    about: 'CSV of rewards, fees and stake of a participant.',
    positionals: { participant: 'address' },
    flags: {
        from: { value: 'date', about: 'first moment, UTC (the beginning)' },
        to: { value: 'date', about: 'first moment that is not in it, UTC (now)' },
        out: { value: 'file', about: 'write it there instead of to the screen' },
    },
};

const HEADER = [
    ...['time_utc', 'round', 'kind', 'asset', 'amount', 'gross', 'weight', 'total_weight'],
    ...['tx_hash', 'lt', 'counterparty', 'note'],
];

type Kind = 'reward' | 'bonus' | 'penalty' | 'commission' | 'fee' | 'stake' | 'unstake' | 'slash';
type Row = {
    tx: Transaction;
    kind: Kind;
    /** Nanoton; positive comes to the participant. */
    amount: bigint;
    round?: bigint;
    gross?: bigint;
    weight?: bigint;
    totalWeight?: bigint;
    counterparty: Address;
    note: string;
};

type Period = { from: number; to: number };

async function* inPeriod(session: Session, account: Address, { from, to }: Period): AsyncGenerator<Transaction> {
    for await (const tx of transactions(session.provider, account, (t) => t.now < from)) {
        if (tx.now >= from && tx.now < to) {
            yield tx;
        }
    }
}

/** Claims, part by part. */
async function rewards(session: Session, pool: Pool, who: Address, period: Period): Promise<Row[]> {
    const rows: Row[] = [];
    const vault = pool.vault(who);
    const counterparty = pool.distribution.address;
    for await (const tx of inPeriod(session, counterparty, period)) {
        for (const claim of poolEvents([tx], 'ClaimPaid').filter((event) => event.participant.equals(who))) {
            const rounds: bigint[] = [];
            for (let i = 0n; claim.mask >> i !== 0n; i++) {
                if (((claim.mask >> i) & 1n) === 1n) {
                    rounds.push(claim.firstRound + i);
                }
            }
            const parts: Row[] = [];
            for (const round of rounds) {
                const entry = await vault.getEpoch(round);
                const terms = await pool.distribution.getRound(round);
                if (!entry.present || !terms.known || terms.attempt !== entry.attempt) {
                    continue;
                }
                const { base, bonus, penalty, commission, amount } = await pool.distribution.getExplain(
                    round,
                    entry.score,
                    entry.bucket,
                );
                const common = { tx, round, counterparty, weight: entry.score, totalWeight: terms.total };
                // the contract rounds once, at the end: the base takes the difference of a few nanoton
                const net = amount - bonus + penalty + commission;
                parts.push({ ...common, kind: 'reward', amount: net, gross: base, note: `bucket ${entry.bucket}` });
                if (bonus > 0n) {
                    parts.push({ ...common, kind: 'bonus', amount: bonus, note: '' });
                }
                if (penalty > 0n) {
                    parts.push({ ...common, kind: 'penalty', amount: -penalty, note: '' });
                }
                if (commission > 0n) {
                    parts.push({
                        ...common,
                        kind: 'commission',
                        amount: -commission,
                        note: `${terms.commissionBps} bps`,
                    });
                }
            }
            const explained = parts.reduce((sum, row) => sum + row.amount, 0n);
            if (explained === claim.amount) {
                rows.push(...parts);
            } else {
                const note = `rounds ${rounds.join(' ')}; details are no longer on the chain`;
                rows.push({ tx, kind: 'reward', amount: claim.amount, gross: claim.amount, counterparty, note });
            }
        }
    }
    return rows;
}

/** Stake in and out, by the registry's events. */
async function stakes(session: Session, pool: Pool, who: Address, period: Period): Promise<Row[]> {
    const rows: Row[] = [];
    const kinds = new Map<bigint, [Kind, string]>([
        [REASON_REGISTERED, ['stake', 'registration']],
        [REASON_PENDING, ['stake', 'registration, waits for approval']],
        [REASON_STAKE_ADDED, ['stake', 'added']],
        [REASON_REFUSED, ['unstake', 'second registration refused']],
        [REASON_REJECTED, ['unstake', 'rejected']],
        [REASON_CANCELLED, ['unstake', 'registration withdrawn']],
        [REASON_EXITED, ['unstake', 'exit']],
        [REASON_STAKE_WITHDRAWN, ['unstake', 'withdrawn']],
        [REASON_SLASHED, ['slash', 'out of the stake, into the reserve']],
    ]);
    for await (const tx of inPeriod(session, pool.registry.address, period)) {
        for (const event of poolEvents([tx], 'VaultChanged').filter((e) => e.participant.equals(who))) {
            const [kind, note] = kinds.get(event.reason) ?? [undefined, ''];
            if (kind !== undefined && event.stake !== 0n) {
                const amount = kind === 'slash' ? event.stake : -event.stake;
                rows.push({ tx, kind, amount, counterparty: pool.registry.address, note });
            }
        }
    }
    return rows;
}

/** What messages to the pool cost: attached, less the stake in them, less what came back. */
async function fees(session: Session, pool: Pool, who: Address, period: Period): Promise<Row[]> {
    const rows: Row[] = [];
    const contracts = [pool.registry.address, pool.vaultAddress(who), pool.operator.address, pool.distribution.address];
    const ours = (address: Address | null | undefined) => contracts.find((c) => address?.equals(c) === true);
    const excesses = 0xd53276db;
    for await (const tx of inPeriod(session, who, period)) {
        const { inMessage } = tx;
        if (inMessage?.info.type === 'internal') {
            const from = ours(inMessage.info.src);
            const returned = opcode(inMessage.body) === excesses || inMessage.info.bounced;
            if (from !== undefined && returned) {
                const note = inMessage.info.bounced ? 'bounced' : 'rest of the attached value';
                rows.push({ tx, kind: 'fee', amount: inMessage.info.value.coins, counterparty: from, note });
            }
        }
        for (const { info, body } of tx.outMessages.values()) {
            const to = info.type === 'internal' ? ours(info.dest) : undefined;
            if (info.type === 'internal' && to !== undefined) {
                const moved = stakeIn(body);
                const amount = -(info.value.coins + info.forwardFee - moved);
                rows.push({ tx, kind: 'fee', amount, counterparty: to, note: `attached to ${messageName(body)}` });
            }
        }
    }
    return rows;
}

/** Stake that a message carries. */
function stakeIn(body: Parameters<typeof opcode>[0]): bigint {
    const op = opcode(body);
    const carries = op === ParticipantRegistry.opcodes.Register || op === ParticipantVault.opcodes.AddStake;
    return carries ? body.beginParse().skip(96).loadCoins() : 0n;
}

function line(session: Session, row: Row): string {
    return csvLine([
        time(row.tx.now),
        row.round?.toString() ?? '',
        row.kind,
        'TON',
        fromNano(row.amount),
        row.gross === undefined ? '' : fromNano(row.gross),
        row.weight?.toString() ?? '',
        row.totalWeight?.toString() ?? '',
        row.tx.hash().toString('hex'),
        row.tx.lt.toString(),
        session.show(row.counterparty),
        row.note,
    ]);
}

async function main(session: Session): Promise<void> {
    const who = await session.address('participant');
    const limit = (name: string, fallback: number) => {
        const text = session.args.get(name);
        return text === undefined ? fallback : parseTime(text, name);
    };
    const period = { from: limit('from', 0), to: limit('to', 0xffffffff) };
    if (period.from >= period.to) {
        throw new UsageError('--from must be before --to');
    }
    const pool = await session.pool();
    await requireVault(session, pool, who);
    const earned = await rewards(session, pool, who, period);
    const rows = [
        ...earned,
        ...(await stakes(session, pool, who, period)),
        ...(await fees(session, pool, who, period)),
    ];
    rows.sort((a, b) => (a.tx.lt === b.tx.lt ? 0 : a.tx.lt < b.tx.lt ? -1 : 1));
    const sum = (...kinds: Kind[]) =>
        rows.filter((row) => kinds.includes(row.kind)).reduce((total, row) => total + row.amount, 0n);
    const totals = {
        rewards: sum('reward', 'bonus', 'penalty', 'commission'),
        fees: sum('fee'),
        staked: -sum('stake'),
        unstaked: sum('unstake'),
        slashed: -sum('slash'),
    };
    // principal moves are not income: they are in the note
    const income = totals.rewards + totals.fees - totals.slashed;
    const note = `rewards ${fromNano(totals.rewards)}; fees ${fromNano(totals.fees)}; stake in ${fromNano(totals.staked)}, out ${fromNano(totals.unstaked)}; slashed ${fromNano(totals.slashed)}`;
    const text = [
        csvLine(HEADER),
        ...rows.map((row) => line(session, row)),
        csvLine(['', '', 'total', 'TON', fromNano(income), '', '', '', '', '', session.show(pool.address), note]),
    ];
    const out = session.args.get('out');
    if (out !== undefined) {
        writeWhole(out, `${text.join('\n')}\n`);
        session.say(`${rows.length} rows in ${out}`);
    } else {
        text.forEach((l) => session.say(l));
    }
    session.report({
        participant: who,
        rows: rows.length,
        totals,
        income,
        ...(out === undefined ? { csv: text } : { out }),
    });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
