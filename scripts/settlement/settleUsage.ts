/** Settles recorded usages from a file, up to 50 in a message. Run again, it leaves out what is settled already. */
import type { NetworkProvider } from '@ton/blueprint';

import { batches } from '../../wrappers/pool';
import { MAX_SETTLED_ROWS, PaymentSettlement, recordHash, RecordToSettle } from '../../wrappers/settlement';
import { Usage } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { CsvError, CsvProblem, parseCsv } from '../lib/csv';
import { RefusedError } from '../lib/errors';
import { parseTime } from '../lib/format';
import { readText } from '../lib/participants';
import { runScript, Session } from '../lib/session';
import { ledgerOf, openSettlement, registryOf, SETTLEMENT_FLAGS, settlementStep } from '../lib/settlement';

const COLUMNS = [
    'id',
    'consumer',
    'provider',
    'model',
    'prompt_tokens',
    'completion_tokens',
    'amount',
    'time',
    'nonce',
];

const SPEC: ScriptSpec = {
    name: 'settleUsage',
    about: `Settles usages from a csv: ${COLUMNS.join(',')} (id: as UsageRecorded says). From the settler.`,
    positionals: { csv: 'the file' },
    flags: {
        ...SETTLEMENT_FLAGS,
        'network-id': { value: 'number', about: 'global id of the network: -239 main (default), -3 test' },
    },
};

async function main(session: Session): Promise<void> {
    const settlement = await openSettlement(session);
    const registry = await registryOf(session, settlement);
    const networkId = Number(session.args.get('network-id') ?? -239);
    const file = await session.text('csv');
    const problems: CsvProblem[] = [];
    const open: RecordToSettle[] = [];
    let settled = 0;
    for (const { line, fields } of parseCsv(readText(file), COLUMNS, file)) {
        try {
            const usage: Usage = {
                consumer: await session.toAddress(fields.consumer, 'consumer'),
                provider: await session.toAddress(fields.provider, 'provider'),
                model: fields.model,
                promptTokens: BigInt(fields.prompt_tokens),
                completionTokens: BigInt(fields.completion_tokens),
                amount: BigInt(fields.amount),
                time: parseTime(fields.time, 'time'),
                nonce: BigInt(fields.nonce),
            };
            const id = BigInt(fields.id);
            const ledger = await ledgerOf(session, registry, usage.consumer);
            const known = await ledger?.getRecord(id);
            if (known === undefined || known.status !== 'open') {
                settled++;
            } else if (known.hash !== recordHash({ usage }, registry.address, networkId)) {
                problems.push({ line, message: 'this is not what was recorded under that id' });
            } else {
                open.push({ usage, id });
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
                title: `Settle ${records.length} usage(s) (batch ${i + 1})`,
                body: PaymentSettlement.settleUsagesBody({ records, queryId: session.queryId() }),
                n: records.length,
                // one that the account refuses is open again: what is under way no longer counts
                done: async () => {
                    for (const { usage, id } of records) {
                        const ledger = await ledgerOf(session, registry, usage!.consumer);
                        if ((await ledger?.getRecord(id))?.status === 'being settled') return false;
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
    for (const { usage, id } of open) {
        const ledger = await ledgerOf(session, registry, usage!.consumer);
        if ((await ledger?.getRecord(id))?.status === 'open') refused++;
    }
    if (refused > 0) {
        session.say(`${refused} are still open: the SettleResult events of their ledgers say why.`);
    }
    session.report({ settled: open.length - refused, refused, skipped: settled });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
