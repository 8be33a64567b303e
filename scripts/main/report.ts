/** What the main job shows and what it leaves in files. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { csvLine } from '../lib/csv';
import { percent, table, time, toJson } from '../lib/format';
import { amount, ruledTable } from './figures';
import { JobReport, ParticipantReport, RoundReport } from './result';
import { STATEMENT_COLUMNS, StatementRow } from './statement';

export const BUCKETS = [
    '0 stable',
    '1 minor',
    '2 major',
    '3 stable, outages',
    '4 minor, outages',
    '5 major, outages',
] as const;

const bucketName = (bucket: number | null) => (bucket === null ? '-' : BUCKETS[bucket]);

const ROUND_COLUMNS = [
    'participant',
    'earned_ton',
    'booked_ton',
    'score',
    'bucket',
    'base_ton',
    'bonus_ton',
    'penalty_ton',
    'commission_ton',
    'paid_ton',
];

function roundTable(round: RoundReport): string[] {
    const { sums } = round;
    return ruledTable(
        ['participant', 'earned (Cocoon)', 'score', 'bucket', 'base', 'bonus', 'penalty', 'commission', 'paid'],
        round.rows.map((row) =>
            row.reported
                ? [
                      row.name,
                      amount(row.earned),
                      row.score.toString(),
                      bucketName(row.bucket),
                      amount(row.base),
                      amount(row.bonus),
                      amount(row.penalty),
                      amount(row.commission),
                      amount(row.paid),
                  ]
                : [row.name, amount(row.earned), '-', 'not reported', '-', '-', '-', '-', amount(row.paid)],
        ),
        [
            'sum',
            amount(sums.earned),
            sums.score.toString(),
            '',
            amount(sums.base),
            amount(sums.bonus),
            amount(sums.penalty),
            amount(sums.commission),
            amount(sums.paid),
        ],
    );
}

function roundLines(round: RoundReport): string[] {
    const { before, sums, solvency } = round;
    const inside = before.rewards + before.donations + before.reserve;
    const outside = round.commission + round.allocated + round.reserveAfter;
    const funded = Number(round.factor / 10n ** 14n) / 100;
    const title =
        `Round ${round.round}: ${time(round.epochStart)} to ${time(round.epochEnd)}, fixed ${time(round.fixedAt)}, ` +
        `commission ${percent(round.commissionBps)}` +
        (round.demonstration ? ` (metrics and payouts of ${round.source} once more)` : ` (${round.source})`);
    return [
        title,
        '',
        ...roundTable(round),
        '',
        `reported         ${round.accepted} participants, ${round.activeAtEnd} vaults active at the end; ` +
            (round.sealed
                ? 'nobody missing: sealed early'
                : `missing ${round.missing.join(', ')}: no early seal, closed after the report window`),
        `way to the pool  earned ${amount(sums.earned)} - booked ${amount(sums.booked)} = ${amount(sums.earned - sums.booked)} (gas of forwarding, dust and what is not the pool's)`,
        `in               rewards ${amount(before.rewards)} + donations ${amount(before.donations)} + reserve ${amount(before.reserve)} = ${amount(inside)}`,
        `out              commission ${amount(round.commission)} + allocated ${amount(round.allocated)} + reserve ${amount(round.reserveAfter)} = ${amount(outside)}` +
            (inside === outside ? '  equal' : '  DIFFERENT'),
        `allocated        paid ${amount(sums.paid)} + rounding ${amount(round.unpaid)} = ${amount(sums.paid + round.unpaid)}` +
            (sums.paid + round.unpaid === round.allocated ? '  equal' : '  DIFFERENT'),
        `bonuses          ${funded} % funded by penalties and reserve`,
        `solvency         operator ${amount(solvency.operator)}, registry ${amount(solvency.registry)}, ` +
            `distribution ${amount(solvency.distribution)}, lowest vault ${amount(solvency.lowestVault)}`,
        '',
    ];
}

function raiseLines({ raise, rounds }: JobReport): string[] {
    if (raise === null) {
        return ['Commission raise: none, the rate is at its limit', ''];
    }
    const rates = rounds.map((r) => `round ${r.round} ${percent(r.commissionBps)}`).join(', ');
    return [
        `Commission raise: ${percent(raise.fromBps)} -> ${percent(raise.toBps)}, announced ${time(raise.announcedAt)}, in force ${time(raise.appliesAt)}`,
        `  bites first in round ${raise.firstEpoch} (begins ${time(raise.firstEpochStart)}): epochs that had begun before keep the old rate`,
        `  rates applied: ${rates}`,
        '',
    ];
}

function exitLines({ exits }: JobReport): string[] {
    return exits.flatMap((exit) => [
        `Exit of ${exit.name}: asked ${time(exit.requestedAt)}, left ${time(exit.completedAt)}`,
        `  stake ${amount(exit.stake)}, came back ${amount(exit.returned)} (with what was left of the message)` +
            (exit.paidAfterwards.length > 0 ? `; paid afterwards: round ${exit.paidAfterwards.join(', ')}` : ''),
        '',
    ]);
}

function feeLines({ fees, feesTotal }: JobReport): string[] {
    const sum = (key: 'messages' | 'transactions') => fees.reduce((total, f) => total + f[key], 0).toString();
    return [
        'Fees of all transactions, whoever paid them (TON)',
        '',
        ...ruledTable(
            ['phase', 'messages', 'transactions', 'fees'],
            fees.map((f) => [f.phase, f.messages.toString(), f.transactions.toString(), amount(f.fees)]),
            ['sum', sum('messages'), sum('transactions'), amount(feesTotal)],
        ),
        '',
    ];
}

function verdict({ checks, differences }: JobReport): string[] {
    if (differences.length === 0) {
        return [`${checks} checks of the chain against an independent computation: all equal, to the nano`];
    }
    return [
        `${differences.length} of ${checks} checks differ:`,
        ...table([['check', 'chain', 'expected'], ...differences.map((d) => [d.what, d.chain, d.expected])]).split(
            '\n',
        ),
    ];
}

export function renderReport(report: JobReport): string {
    return [
        '',
        ...report.rounds.flatMap(roundLines),
        ...raiseLines(report),
        ...exitLines(report),
        ...feeLines(report),
        ...verdict(report),
    ].join('\n');
}

function csv(rows: readonly (readonly (string | number | bigint)[])[]): string {
    return rows.map((row) => `${csvLine(row)}\n`).join('');
}

function roundCsv(round: RoundReport): string {
    const { sums } = round;
    return csv([
        ROUND_COLUMNS,
        ...round.rows.map((row) => [
            row.name,
            amount(row.earned),
            amount(row.booked),
            row.score,
            row.bucket ?? '',
            amount(row.base),
            amount(row.bonus),
            amount(row.penalty),
            amount(row.commission),
            amount(row.paid),
        ]),
        [
            'sum',
            amount(sums.earned),
            amount(sums.booked),
            sums.score,
            '',
            amount(sums.base),
            amount(sums.bonus),
            amount(sums.penalty),
            amount(sums.commission),
            amount(sums.paid),
        ],
    ]);
}

function statementCells(row: StatementRow): (string | number | bigint)[] {
    return [
        time(row.time),
        row.round ?? '',
        row.kind,
        row.asset,
        amount(row.amount),
        row.gross === null ? '' : amount(row.gross),
        row.weight ?? '',
        row.totalWeight ?? '',
        row.txHash,
        row.lt,
        row.counterparty,
        row.note,
    ];
}

function pretty(value: unknown): string {
    return `${JSON.stringify(JSON.parse(toJson(value)), null, 2)}\n`;
}

/** The report without the lines of the statements, which have files of their own. */
export function summaryOf(report: JobReport): object {
    return {
        ...report,
        unit: 'nanoton',
        participants: report.participants.map(({ statement, ...rest }: ParticipantReport) => ({
            ...rest,
            statementLines: statement.length,
        })),
    };
}

export function summaryJson(report: JobReport): string {
    return pretty(summaryOf(report));
}

/** Writes tables, statements and summary. Amounts: in CSV TON with nine decimals, in JSON nanoton, both exact. */
export function writeFiles(report: JobReport, out: string): void {
    const statements = path.join(out, 'statements');
    fs.mkdirSync(statements, { recursive: true });
    // A round of an earlier run with more epochs must not be taken for one of this run.
    for (const name of fs.readdirSync(out)) {
        if (/^round-\d+\.(csv|json)$/.test(name)) {
            fs.rmSync(path.join(out, name));
        }
    }
    for (const round of report.rounds) {
        fs.writeFileSync(path.join(out, `round-${round.round}.csv`), roundCsv(round));
        fs.writeFileSync(path.join(out, `round-${round.round}.json`), pretty(round));
    }
    for (const participant of report.participants) {
        const file = path.join(statements, participant.name);
        fs.writeFileSync(`${file}.csv`, csv([STATEMENT_COLUMNS, ...participant.statement.map(statementCells)]));
        fs.writeFileSync(`${file}.json`, pretty(participant));
    }
    fs.writeFileSync(path.join(out, 'summary.json'), summaryJson(report));
}
