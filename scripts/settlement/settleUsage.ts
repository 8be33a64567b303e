/** Settles recorded usages from a file, up to 50 in a message. Run again, it leaves out what is settled already. */
import type { NetworkProvider } from '@ton/blueprint';

import { batches } from '../../wrappers/pool';
import {
    MAX_SETTLED_ROWS,
    PaymentSettlement,
    recordHash,
    recordOf,
    RecordToSettle,
    UsageOrBatch,
} from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { CsvError, CsvProblem, parseCsv } from '../lib/csv';
import { RefusedError } from '../lib/errors';
import { parseTime } from '../lib/format';
import { readText } from '../lib/participants';
import { runScript, Session } from '../lib/session';
import { ledgerOf, networkIdOf, openSettlement, registryOf, SETTLEMENT_FLAGS, settlementStep } from '../lib/settlement';
import { USAGE_COLUMNS } from '../lib/usages';

/** Columns of single usages, and of Merkle batches. `id`: as UsageRecorded says, or recordUsage --out. */
export const RECORD_COLUMNS = ['id', ...USAGE_COLUMNS];
export const BATCH_COLUMNS = ['id', 'consumer', 'provider', 'count', 'tokens', 'root', 'amount', 'time', 'nonce'];

const SPEC: ScriptSpec = {
    name: 'settleUsage',
    about: `Settles usages from a csv: ${RECORD_COLUMNS.join(',')}; or batches: ${BATCH_COLUMNS.join(',')}. From the settler.`,
    positionals: { csv: 'the file' },
    flags: SETTLEMENT_FLAGS,
};

/** A line of the file. Throws for what is no record. */
async function recordAt(session: Session, fields: Record<string, string>): Promise<UsageOrBatch> {
    const consumer = await session.toAddress(fields.consumer, 'consumer');
    const provider = await session.toAddress(fields.provider, 'provider');
    const integer = (name: string) => {
        if (!/^\d{1,40}$/.test(fields[name])) {
            throw new Error(`${name} "${fields[name]}" is not a whole number`);
        }
        return BigInt(fields[name]);
    };
    const common = { consumer, provider, amount: integer('amount'), nonce: integer('nonce') };
    const time = parseTime(fields.time, 'time');
    if (fields.root === undefined) {
        const promptTokens = integer('prompt_tokens');
        const completionTokens = integer('completion_tokens');
        return { usage: { ...common, time, model: fields.model, promptTokens, completionTokens } };
    }
    if (!/^[0-9a-f]{1,64}$/i.test(fields.root)) {
        throw new Error(`root "${fields.root}" is not a hash in hex`);
    }
    const root = BigInt(`0x${fields.root}`);
    return { batch: { ...common, time, root, count: integer('count'), tokens: integer('tokens') } };
}

async function main(session: Session): Promise<void> {
    const settlement = await openSettlement(session);
    const registry = await registryOf(session, settlement);
    const networkId = await networkIdOf(registry);
    const file = await session.text('csv');
    const text = readText(file);
    const columns = /^\s*([a-z_]+\s*,\s*)*root\b/im.test(text) ? BATCH_COLUMNS : RECORD_COLUMNS;
    const problems: CsvProblem[] = [];
    const open: RecordToSettle[] = [];
    let settled = 0;
    for (const { line, fields } of parseCsv(text, columns, file)) {
        try {
            const record = await recordAt(session, fields);
            if (!/^\d{1,15}$/.test(fields.id)) {
                throw new Error(`id "${fields.id}" is not a whole number`);
            }
            const id = BigInt(fields.id);
            const ledger = await ledgerOf(session, registry, recordOf(record).consumer);
            const known = await ledger?.getRecord(id);
            if (known === undefined || known.status !== 'open') {
                settled++;
            } else if (known.hash !== recordHash(record, registry.address, networkId)) {
                problems.push({ line, message: 'this is not what was recorded under that id' });
            } else {
                open.push({ ...record, id });
            }
        } catch (e) {
            problems.push({ line, message: e instanceof Error ? e.message : String(e) });
        }
    }
    if (problems.length > 0) {
        throw new RefusedError(
            `Nothing was sent. ${problems.length} problem(s):\n${new CsvError(problems, file).message}`,
        );
    }
    session.say(`${open.length} to settle, ${settled} settled already or never recorded.`);
    const steps = await Promise.all(
        batches(open, MAX_SETTLED_ROWS).map((records, i) =>
            settlementStep(settlement, {
                title: `Settle ${records.length} record(s) (batch ${i + 1})`,
                body: PaymentSettlement.settleUsagesBody({ records, queryId: session.queryId() }),
                n: records.length,
                // one that the account refuses is open again: what is under way no longer counts
                done: async () => {
                    for (const record of records) {
                        const ledger = await ledgerOf(session, registry, recordOf(record).consumer);
                        if ((await ledger?.getRecord(record.id))?.status === 'being settled') return false;
                    }
                    return true;
                },
                awaited: 'no record of the batch is being settled any more',
                tolerant: true,
            }),
        ),
    );
    await session.execute(steps, steps.length > 1 ? { label: 'Settling' } : {});
    let refused = 0;
    for (const record of open) {
        const ledger = await ledgerOf(session, registry, recordOf(record).consumer);
        if ((await ledger?.getRecord(record.id))?.status === 'open') refused++;
    }
    if (refused > 0) {
        session.say(`${refused} are still open: the SettleResult events of their ledgers say why.`);
    }
    session.report({ settled: open.length - refused, refused, skipped: settled });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
