/**
 * Records usages from a file at a registry: up to 60 in a message, or as Merkle batches, one record each. Every row is
 * checked first; one bad row and nothing is sent. Run again, it leaves out what the consumers' ledgers know already.
 */
import * as fs from 'node:fs';
import { Address, Cell } from '@ton/core';
import type { NetworkProvider } from '@ton/blueprint';

import { batches } from '../../wrappers/pool';
import { MAX_RECORDED_ROWS, recordHash, recordOf, UsageOrBatch, UsageRegistry } from '../../wrappers/settlement';
import { MAX_LEAVES, UsageBatch } from '../../wrappers/settlement/channel';
import { modelKey } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { CsvError, CsvProblem } from '../lib/csv';
import { RefusedError } from '../lib/errors';
import { table } from '../lib/format';
import { runScript, Session, Step } from '../lib/session';
import {
    assetDecimals,
    ledgerOf,
    networkIdOf,
    openRegistry,
    Registry,
    REGISTRY_FLAGS,
    requireSettlementRule,
} from '../lib/settlement';
import { tokens } from '../lib/token';
import { readUsages, USAGE_COLUMNS, UsageRow } from '../lib/usages';
import { BATCH_COLUMNS, RECORD_COLUMNS } from './settleUsage';

/** Receipts of a batch, unless --batch-size says otherwise. */
const BATCH_SIZE = 10_000;
/** Largest amount of a record: 2^96 - 1. */
const AMOUNT_BITS = 96n;

const SPEC: ScriptSpec = {
    name: 'recordUsage',
    about: `Records usages from a csv at a registry: ${USAGE_COLUMNS.join(',')}. From a recorder.`,
    positionals: { csv: 'the file' },
    flags: {
        merkle: { about: 'rows of one consumer and provider with consecutive nonces become one record' },
        'batch-size': {
            value: 'rows',
            about: `usages of a message, 1 to ${MAX_RECORDED_ROWS} (${MAX_RECORDED_ROWS}); of a Merkle batch, 1 to ${MAX_LEAVES} (${BATCH_SIZE})`,
        },
        out: { value: 'file', about: 'csv for settleUsage of everything in the file that is not settled yet' },
        ...REGISTRY_FLAGS,
    },
};

/** What one record stands for. */
type Item = { record: UsageOrBatch; first: bigint; last: bigint; tokens: bigint; amount: bigint; line: number };

type Place = { slot: bigint; term: bigint };

/** Rows with the same parties and nonces without a gap, up to `size`: the same file gives the same batches. */
function runs(rows: readonly UsageRow[], size: number): UsageRow[][] {
    const found: UsageRow[][] = [];
    for (const row of rows) {
        const run = found[found.length - 1];
        const before = run?.[run.length - 1];
        if (
            before !== undefined &&
            run.length < size &&
            before.consumer.equals(row.consumer) &&
            before.provider.equals(row.provider) &&
            BigInt(row.nonce) === BigInt(before.nonce) + 1n
        ) {
            run.push(row);
        } else {
            found.push([row]);
        }
    }
    return found;
}

function batchOf(rows: readonly UsageRow[], registry: Address, networkId: number): Item {
    const { consumer, provider, nonce, line } = rows[0];
    const firstNonce = BigInt(nonce);
    const items = rows.map(({ model, promptTokens, completionTokens, amount, time }) => ({
        ...{ model: modelKey(model), promptTokens, completionTokens, amount, time },
    }));
    const {
        root,
        count,
        tokens: used,
        amount,
    } = UsageBatch.of({ networkId, registry, consumer, provider, firstNonce }, items).commitment;
    const time = rows.reduce((latest, row) => Math.max(latest, Number(row.time)), 0);
    const batch = { consumer, provider, nonce: firstNonce, time, count, tokens: used, amount, root };
    return { record: { batch }, first: firstNonce, last: firstNonce + BigInt(count) - 1n, tokens: used, amount, line };
}

function usageOf(row: UsageRow): Item {
    const { line, ...usage } = row;
    const nonce = BigInt(usage.nonce);
    const used = BigInt(usage.promptTokens) + BigInt(usage.completionTokens);
    return { record: { usage }, first: nonce, last: nonce, tokens: used, amount: BigInt(usage.amount), line };
}

/** Last nonce of the sender at a consumer's ledger; undefined while there is none. */
async function lastNonce(session: Session, registry: Registry, consumer: Address, place: Place) {
    return (await ledgerOf(session, registry, consumer))?.getLastNonce(place);
}

/** What settleUsage needs of everything in the file that waits for its settlement. */
async function writeOut(session: Session, registry: Registry, items: readonly Item[], networkId: number, file: string) {
    const open = new Map<string, Map<bigint, bigint>>();
    const lines: string[] = [];
    for (const { record } of items) {
        const { consumer } = recordOf(record);
        const key = consumer.toRawString();
        if (!open.has(key)) {
            const ids = await (await ledgerOf(session, registry, consumer))?.getOpenRecords();
            open.set(key, new Map([...(ids ?? [])].map(([id, hash]) => [hash, id])));
        }
        const id = open.get(key)!.get(recordHash(record, registry.address, networkId));
        if (id === undefined) {
            continue; // settled already
        }
        const { batch: b, usage: u } = record;
        const parties = [id, consumer, (b ?? u).provider];
        lines.push(
            (b !== undefined
                ? [...parties, b.count, b.tokens, b.root.toString(16), b.amount, b.time, b.nonce]
                : [...parties, u.model, u.promptTokens, u.completionTokens, u.amount, u.time, u.nonce]
            ).join(','),
        );
    }
    const header = items[0]?.record.batch === undefined ? RECORD_COLUMNS : BATCH_COLUMNS;
    fs.writeFileSync(file, `${[header.join(','), ...lines].join('\n')}\n`);
    session.say(`${lines.length} record(s) to settle: ${file}`);
    session.report({ toSettle: lines.length });
}

async function main(session: Session): Promise<void> {
    const file = await session.text('csv');
    const merkle = session.args.has('merkle');
    const most = merkle ? MAX_LEAVES : MAX_RECORDED_ROWS;
    const size = (await session.optionalInteger('batch-size', 1, most)) ?? Math.min(most, BATCH_SIZE);
    const registry = await openRegistry(session);
    const decimals = await assetDecimals(session);
    const networkId = await networkIdOf(registry);
    const place = (await registry.getRecorders()).find(({ address }) => address.equals(session.me));
    requireSettlementRule(place !== undefined, 'ERROR_NOT_ROLE', `${session.show(session.me)} is not a recorder.`);
    const now = BigInt(await session.now(registry.address));
    const { pausedUntil, settlement } = await registry.getRegistryData();
    requireSettlementRule(now >= pausedUntil, 'ERROR_PAUSED');
    const rows = await readUsages(session, file, AMOUNT_BITS);
    const items = merkle ? runs(rows, size).map((run) => batchOf(run, registry.address, networkId)) : rows.map(usageOf);

    const known = new Map<string, bigint | undefined>();
    const next = new Map<string, bigint>();
    const problems: CsvProblem[] = [];
    for (const row of rows) {
        const problem = (message: string) => problems.push({ line: row.line, message });
        if (BigInt(row.time) < place!.since || BigInt(row.time) > now) {
            problem('time is before the recorder took his role, or in the future');
        }
        if (BigInt(row.promptTokens) + BigInt(row.completionTokens) === 0n) {
            problem('a usage has tokens');
        }
    }
    const todo: (Item & { deploy: boolean })[] = [];
    for (const item of items) {
        const { consumer } = recordOf(item.record);
        const key = consumer.toRawString();
        if (!known.has(key)) {
            known.set(key, await lastNonce(session, registry, consumer, place!));
        }
        const last = known.get(key) ?? 0n;
        if (item.last <= last) {
            continue;
        }
        const before = next.get(key) ?? last;
        if (merkle ? item.first !== before + 1n : item.first <= before) {
            const rule = merkle ? `a batch begins with nonce ${before + 1n}` : `it must be above ${before}`;
            problems.push({ line: item.line, message: `nonce ${item.first}: ${rule}` });
        }
        todo.push({ ...item, deploy: known.get(key) === undefined && !next.has(key) });
        next.set(key, item.last);
    }
    if (problems.length > 0) {
        throw new RefusedError(
            `Nothing was sent. ${problems.length} problem(s):\n${new CsvError(problems, file).message}`,
        );
    }
    const total = (of: 'tokens' | 'amount') => todo.reduce((sum, item) => sum + item[of], 0n);
    const receipts = todo.reduce((sum, { first, last, record }) => sum + (record.batch ? last - first + 1n : 1n), 0n);
    session.say(
        table([
            ['records', 'receipts', 'tokens', 'amount', 'recorded already'],
            [
                ...[todo.length, receipts, total('tokens'), tokens(total('amount'), decimals)].map(String),
                String(items.length - todo.length),
            ],
        ]),
    );
    if (settlement === 0n) {
        session.say('The registry is not linked: what is recorded now can never be settled.');
    }
    session.report({ rows: rows.length, skipped: items.length - todo.length, receipts });
    const steps: Step[] = [];
    for (const part of merkle ? todo.map((item) => [item]) : batches(todo, size)) {
        const newest = new Map(part.map((item) => [recordOf(item.record).consumer.toRawString(), item]));
        const queryId = session.queryId();
        const [{ record, deploy }] = part;
        const body: Cell = merkle
            ? UsageRegistry.addUsageBody({ record, deploy, queryId })
            : UsageRegistry.addUsagesBody({
                  usages: part.map((item) => ({ ...item.record.usage!, deploy: item.deploy })),
                  queryId,
              });
        steps.push({
            title: merkle
                ? `Record a batch of ${part[0].last - part[0].first + 1n} usages`
                : `Record ${part.length} usage(s)`,
            to: registry.address,
            toName: 'UsageRegistry',
            value: await registry.getCost(body, merkle ? (deploy ? 1 : 0) : part.length),
            body,
            done: async () => {
                for (const item of newest.values()) {
                    const { consumer } = recordOf(item.record);
                    if (((await lastNonce(session, registry, consumer, place!)) ?? 0n) < item.last) {
                        return false;
                    }
                }
                return true;
            },
            awaited: "every consumer's ledger has the nonces; if not, its UsageRejected events say why",
        });
    }
    const went = await session.execute(steps, steps.length > 1 ? { label: 'Recording' } : {});
    session.report({ recorded: went ? todo.length : 0, tokens: total('tokens'), amount: total('amount') });
    const out = session.args.get('out');
    if (out !== undefined && went) {
        await writeOut(session, registry, items, networkId, out);
    }
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
