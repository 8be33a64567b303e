/**
 * Records usages from a file, up to 50 in a message. Every row is checked first, against its bounds and against the chain;
 * one bad row and nothing is sent. Run again, it leaves out what the consumers' guards know already.
 */
import { Address } from '@ton/core';
import type { NetworkProvider } from '@ton/blueprint';

import { EmissionController, MAX_USAGES, splitUsage, usageAmount, UsageGuard } from '../../wrappers/token';
import { batches } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { CsvError, CsvProblem } from '../lib/csv';
import {
    decimalsOf,
    Emission,
    EMISSION_FLAGS,
    emissionStep,
    openEmission,
    requireEmissionRule,
    tokens,
} from '../lib/emission';
import { RefusedError } from '../lib/errors';
import { table } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { readUsages, USAGE_COLUMNS, UsageRow } from '../lib/usages';

const SPEC: ScriptSpec = {
    name: 'recordUsage',
    about: `Records usages from a csv: ${USAGE_COLUMNS.join(',')}. From a recorder.`,
    positionals: { csv: 'the file' },
    flags: {
        ...EMISSION_FLAGS,
        'batch-size': { value: 'rows', about: `usages of a message, 1 to ${MAX_USAGES} (${MAX_USAGES})` },
    },
};

/** Last nonce of the sender at a consumer's guard; 0 while the guard does not exist. */
async function lastNonce(
    session: Session,
    controller: Emission,
    consumer: Address,
    place: { slot: bigint; term: bigint },
): Promise<bigint> {
    const address = await controller.getGuardAddress(consumer);
    if (!(await session.isDeployed(address))) {
        return 0n;
    }
    return session.open(UsageGuard.createFromAddress(address)).getLastNonce(place);
}

async function main(session: Session): Promise<void> {
    const file = await session.text('csv');
    const size = (await session.optionalInteger('batch-size', 1, MAX_USAGES)) ?? MAX_USAGES;
    const controller = await openEmission(session);
    const decimals = await decimalsOf(session);
    const place = (await controller.getRecorders()).find(({ address }) => address.equals(session.me));
    requireEmissionRule(place !== undefined, 'ERROR_NOT_ROLE', `${session.show(session.me)} is not a recorder.`);
    const rows = await readUsages(session, file);
    const books = await controller.getUsageData();
    requireEmissionRule(!books.tripped, 'ERROR_USAGE_STOPPED');

    const now = BigInt(await session.now(controller.address));
    const last = new Map<string, bigint>();
    const known = new Map<string, bigint>();
    for (const { consumer } of rows) {
        const key = consumer.toRawString();
        if (!known.has(key)) {
            known.set(key, await lastNonce(session, controller, consumer, place!));
        }
    }
    const problems: CsvProblem[] = [];
    const open: { row: UsageRow; mints: bigint }[] = [];
    let mints = 0n;
    for (const row of rows) {
        const key = row.consumer.toRawString();
        const nonce = BigInt(row.nonce);
        if (nonce <= known.get(key)!) {
            continue;
        }
        const problem = (message: string) => problems.push({ line: row.line, message });
        if (nonce <= (last.get(key) ?? 0n)) {
            problem(`nonce ${nonce} is not above ${last.get(key)} of an earlier line`);
        }
        last.set(key, nonce);
        if (BigInt(row.time) < place!.since || BigInt(row.time) > now) {
            problem('time is before the recorder took his role, or in the future');
        }
        const { rate } = await controller.getRate(row.model);
        const amount = usageAmount(BigInt(row.promptTokens) + BigInt(row.completionTokens), rate);
        if (amount === 0n) {
            problem(rate === 0n ? `model ${row.model} has no rate` : 'mints less than one unit');
        }
        mints += amount;
        open.push({ row, mints: amount });
    }
    if (problems.length > 0) {
        throw new RefusedError(
            `Nothing was sent. ${problems.length} problem(s):\n${new CsvError(problems, file).message}`,
        );
    }
    session.say(`${rows.length} usage(s) in the file, ${rows.length - open.length} recorded already.`);
    session.report({ rows: rows.length, skipped: rows.length - open.length, mints });
    if (open.length === 0) {
        session.report({ recorded: 0 });
        return;
    }
    const limits = [
        ['the lifetime cap', books.lifetimeCap - books.total],
        ['the budget of this year', books.yearlyBudget - books.yearUsed],
        ['the breaker', books.breakerLimit - books.windowSum],
    ] as const;
    for (const [what, left] of limits) {
        if (mints > left) {
            throw new RefusedError(
                `Nothing was sent. The file mints ${tokens(mints, decimals)}, ${what} leaves ${tokens(left, decimals)}.`,
            );
        }
    }
    const byModel = new Map<string, { usages: number; count: bigint; mints: bigint }>();
    for (const { row, mints: amount } of open) {
        const sum = byModel.get(row.model) ?? { usages: 0, count: 0n, mints: 0n };
        const count = BigInt(row.promptTokens) + BigInt(row.completionTokens);
        byModel.set(row.model, { usages: sum.usages + 1, count: sum.count + count, mints: sum.mints + amount });
    }
    session.say(
        table([
            ['model', 'usages', 'tokens', 'mints'],
            ...[...byModel].map(([model, sum]) => [
                model,
                String(sum.usages),
                String(sum.count),
                tokens(sum.mints, decimals),
            ]),
        ]),
    );
    const total = open.reduce(
        (sum, { mints: amount }) => {
            const part = splitUsage(amount);
            return {
                provider: sum.provider + part.provider,
                treasury: sum.treasury + part.treasury,
                liquidity: sum.liquidity + part.liquidity,
            };
        },
        { provider: 0n, treasury: 0n, liquidity: 0n },
    );
    session.say(
        `Providers ${tokens(total.provider, decimals)}, treasury ${tokens(total.treasury, decimals)}, ` +
            `liquidity ${tokens(total.liquidity, decimals)}; minted when claimed or flushed.`,
    );
    const steps = await Promise.all(
        batches(open, size).map((batch, i) =>
            emissionStep(controller, {
                title: `Record ${batch.length} usage(s) (batch ${i + 1})`,
                body: EmissionController.recordUsageBody({
                    usages: batch.map(({ row }) => row),
                    queryId: session.queryId(),
                }),
                n: batch.length,
                done: async () => {
                    const newest = new Map(batch.map(({ row }) => [row.consumer.toRawString(), row]));
                    for (const row of newest.values()) {
                        if ((await lastNonce(session, controller, row.consumer, place!)) < BigInt(row.nonce)) {
                            return false;
                        }
                    }
                    return true;
                },
                awaited: "every consumer's guard has the nonces of the batch",
            }),
        ),
    );
    const went = await session.execute(steps, steps.length > 1 ? { label: 'Recording' } : {});
    session.report({ recorded: went ? open.length : 0, ...total });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
