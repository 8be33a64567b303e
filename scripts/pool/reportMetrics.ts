/**
 * Reports the metrics of the open epoch from a file. Every row is checked first, against its bounds and against the
 * chain; one bad row and nothing is sent. Run again, it leaves out whom the chain has already.
 */
import type { NetworkProvider } from '@ton/blueprint';

import {
    batches,
    bucketOf,
    MAX_BATCH,
    ParticipantRegistry,
    poolEvents,
    scoreOf,
    VAULT_NEW,
    VAULT_PENDING,
} from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { transactions } from '../lib/chain';
import { CsvError, CsvProblem, MetricsCsvRow, parseMetricsCsv } from '../lib/csv';
import { RefusedError, requireRule, UsageError } from '../lib/errors';
import { duration, table, time } from '../lib/format';
import { listParticipants, readText, readVaults, stateName } from '../lib/participants';
import { EpochData, Pool, runScript, Session, VaultData } from '../lib/session';
import { registryStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'reportMetrics',
    about: 'Reports the metrics of the open epoch from a csv: participant,seconds,gpu,uptime_bps,outages. Reporter.',
    positionals: { csv: 'the file' },
    flags: {
        epoch: { value: 'number', about: 'refuse unless this epoch is open' },
        'batch-size': { value: 'rows', about: `rows of a message, 1 to ${MAX_BATCH} (${MAX_BATCH})` },
        'no-seal': { about: 'do not seal when everybody is reported' },
    },
};

async function readRows(session: Session, file: string, epochSeconds: bigint): Promise<MetricsCsvRow[]> {
    try {
        return await parseMetricsCsv(readText(file), session.resolveName, { epochSeconds, file });
    } catch (e) {
        if (e instanceof CsvError) {
            throw new UsageError(`Nothing was sent. ${e.problems.length} problem(s):\n${e.message}`);
        }
        throw e;
    }
}

async function checkEpoch(session: Session, pool: Pool): Promise<EpochData> {
    const epoch = await pool.registry.getEpochData();
    const wanted = await session.optionalInteger('epoch', 0, 0xffffffff);
    requireRule(
        wanted === undefined || BigInt(wanted) === epoch.epoch,
        'ERROR_WRONG_EPOCH',
        `Epoch ${epoch.epoch} is open.`,
    );
    const now = BigInt(await session.now(pool.address));
    requireRule(now >= epoch.end, 'ERROR_EPOCH_RUNS', `Epoch ${epoch.epoch} ends at ${time(epoch.end)}.`);
    requireRule(
        epoch.sealed || now < epoch.reportUntil,
        'ERROR_REPORT_WINDOW',
        `It ended at ${time(epoch.reportUntil)}.`,
    );
    const { unmanaged } = await pool.registry.getRegistryData();
    const { reporter } = await pool.registry.getRoles();
    // in an unmanaged pool the arbiter may have appointed another one, whom no getter names
    requireRule(unmanaged || session.me.equals(reporter), 'ERROR_NOT_ROLE', session.wrongSender('reporter', reporter));
    return epoch;
}

/** Why the vault would refuse the row, as MetricsEntry does. */
function objection(
    row: MetricsCsvRow,
    vault: VaultData | undefined,
    epoch: EpochData,
    now: number,
): string | undefined {
    if (vault === undefined || vault.status === VAULT_NEW) {
        return 'never registered at this pool';
    }
    if (vault.status === VAULT_PENDING) {
        return 'is not approved yet';
    }
    const left = vault.completedAt === 0n ? epoch.end : vault.completedAt;
    const until = left < epoch.end ? left : epoch.end;
    const from = vault.activatedAt > epoch.start ? vault.activatedAt : epoch.start;
    const most = until - from;
    if (BigInt(row.seconds) > most) {
        return most < 0n
            ? `was not in the pool during epoch ${epoch.epoch} (${stateName(vault)})`
            : `seconds ${row.seconds} > ${most}, the time it was in the pool (ERROR_SECONDS)`;
    }
    const raised = vault.nextCeilingAt !== 0n && vault.nextCeilingAt <= BigInt(now) ? vault.nextCeiling : 0n;
    const ceiling = raised > vault.gpuCeiling ? raised : vault.gpuCeiling;
    return BigInt(row.gpu) > ceiling ? `gpu ${row.gpu} > its ceiling ${ceiling} (ERROR_GPU_CEILING)` : undefined;
}

/** Participants for whom Cocoon money arrived since the epoch began: income of zero beside seconds is worth a look. */
async function withIncome(session: Session, pool: Pool, since: bigint): Promise<Set<string>> {
    const paid = new Set<string>();
    const old = (tx: { now: number }) => BigInt(tx.now) < since;
    for await (const tx of transactions(session.provider, pool.distribution.address, old)) {
        if (!old(tx)) {
            poolEvents([tx], 'IncomeBooked').forEach((e) => e.participant && paid.add(e.participant.toRawString()));
        }
    }
    return paid;
}

async function main(session: Session): Promise<void> {
    const file = await session.text('csv');
    const size = (await session.optionalInteger('batch-size', 1, Number(MAX_BATCH))) ?? Number(MAX_BATCH);
    const pool = await session.pool();
    const epoch = await checkEpoch(session, pool);
    const seconds = epoch.end - epoch.start;
    session.say(
        `Epoch ${epoch.epoch}${epoch.attempt ? ' (second attempt)' : ''}: ${time(epoch.start)} to ${time(epoch.end)}`,
    );
    if (epoch.sealed) {
        session.say(`It is sealed already; it can be closed from ${time(epoch.dueAt)} on (runPayouts).`);
        session.report({ epoch: epoch.epoch, sealed: true, reported: 0 });
        return;
    }
    const rows = await readRows(session, file, seconds);
    const vaults = await readVaults(
        session,
        pool,
        rows.map((row) => row.participant),
    );
    const byAddress = new Map(vaults.map((found) => [found.address.toRawString(), found.vault]));
    const now = await session.now(pool.address);
    const problems: CsvProblem[] = [];
    for (const row of rows) {
        const why = objection(row, byAddress.get(row.participant.toRawString()), epoch, now);
        if (why !== undefined) {
            problems.push({ line: row.line, message: `${row.label} ${why}` });
        }
    }
    if (problems.length > 0) {
        throw new RefusedError(
            `Nothing was sent. ${problems.length} problem(s):\n${new CsvError(problems, file).message}`,
        );
    }

    const hasEntry = async (row: MetricsCsvRow) => {
        const entry = await pool.vault(row.participant).getEpoch(epoch.epoch);
        return entry.present && entry.attempt === epoch.attempt;
    };
    const open: MetricsCsvRow[] = [];
    for (const row of rows) {
        if (!(await hasEntry(row))) {
            open.push(row);
        }
    }
    session.say(
        table([
            ['participant', 'seconds', 'gpu', 'uptime', 'outages', 'bucket', 'score', ''],
            ...rows.map((row) => [
                row.label,
                duration(row.seconds),
                String(row.gpu),
                `${row.uptimeBps / 100} %`,
                String(row.outages),
                String(bucketOf(row, seconds)),
                scoreOf(row).toString(),
                open.includes(row) ? '' : 'reported already',
            ]),
        ]),
    );
    const paid = await withIncome(session, pool, epoch.start);
    const silent = rows.filter((row) => row.seconds > 0 && !paid.has(row.participant.toRawString()));
    if (silent.length > 0) {
        session.say(
            `Seconds, but no Cocoon income since the epoch began: ${silent.map((row) => row.label).join(', ')}`,
        );
    }
    const inFile = new Set(rows.map((row) => row.participant.toRawString()));
    const missing: string[] = [];
    for (const { address, vault } of await readVaults(
        session,
        pool,
        (await listParticipants(session, pool)).filter((a) => !inFile.has(a.toRawString())),
    )) {
        const counts = vault.activatedAt !== 0n && vault.activatedAt < epoch.end && stateName(vault) !== 'left';
        if (counts && !(await pool.vault(address).getEpoch(epoch.epoch)).present) {
            missing.push(session.show(address));
        }
    }
    if (missing.length > 0) {
        session.say(`Active, but not in the file: ${missing.join(', ')}`);
    }
    session.report({
        epoch: epoch.epoch,
        rows: rows.length,
        skipped: rows.length - open.length,
        withoutIncome: silent.map((row) => row.participant),
        missing,
    });

    const steps = await Promise.all(
        batches(open, size).map(async (batch, i) => {
            let waiting = batch;
            return registryStep(pool, {
                title: `Report ${batch.length} participants of epoch ${epoch.epoch} (batch ${i + 1})`,
                body: ParticipantRegistry.reportMetricsBody({
                    epoch: epoch.epoch,
                    rows: batch,
                    queryId: session.queryId(),
                }),
                n: batch.length,
                done: async () => {
                    const still: MetricsCsvRow[] = [];
                    for (const row of waiting) {
                        if (!(await hasEntry(row))) {
                            still.push(row);
                        }
                    }
                    waiting = still;
                    return still.length === 0;
                },
                awaited: 'every vault of the batch has its entry',
            });
        }),
    );
    const went = await session.execute(steps, steps.length > 1 ? { label: 'Reporting' } : {});
    if (!went) {
        session.report({ reported: 0 });
        return;
    }
    session.report({ reported: open.length });
    const after = await pool.registry.getEpochData();
    session.say(`Reported: ${after.accepted} of ${after.activeAtEnd} vaults that were active at the end of the epoch.`);
    const complete = after.accepted >= after.activeAtEnd;
    if (complete && !session.args.has('no-seal')) {
        await session.execute([
            await registryStep(pool, {
                title: `Seal epoch ${epoch.epoch}: the time for objections begins`,
                body: ParticipantRegistry.sealBody({ epoch: epoch.epoch, queryId: session.queryId() }),
                done: async () => (await pool.registry.getEpochData()).sealed,
                awaited: 'the epoch is sealed',
            }),
        ]);
    } else if (!complete) {
        session.say('Not sealed: some are not reported. Report them, or let the window run out.');
    }
    const end = await pool.registry.getEpochData();
    session.say(`It can be closed from ${time(end.dueAt)} on (runPayouts).`);
    session.report({ accepted: end.accepted, activeAtEnd: end.activeAtEnd, sealed: end.sealed, dueAt: end.dueAt });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
