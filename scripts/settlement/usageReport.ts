/** Totals by day: of a consumer, or of the whole network. */
import type { NetworkProvider } from '@ton/blueprint';

import { dayOf } from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { UsageError } from '../lib/errors';
import { parseTime, table, time } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { assetDecimals, ledgerOf, openRegistry, REGISTRY_FLAGS } from '../lib/settlement';
import { tokens } from '../lib/token';

const SPEC: ScriptSpec = {
    name: 'usageReport',
    about: 'What was recorded in a range of whole days (UTC), at most the last 400.',
    flags: {
        ...REGISTRY_FLAGS,
        from: { value: 'time', about: 'a time in the first day (6 days ago)' },
        to: { value: 'time', about: 'a time in the last day (today)' },
        consumer: { value: 'address', about: 'only this consumer (the whole network)' },
    },
};

async function main(session: Session): Promise<void> {
    const registry = await openRegistry(session);
    const decimals = await assetDecimals(session);
    const today = dayOf(await session.now(registry.address));
    const dayAt = (flag: string, otherwise: number) => {
        const text = session.args.get(flag);
        return text === undefined ? otherwise : dayOf(parseTime(text, flag));
    };
    const to = dayAt('to', today);
    const from = dayAt('from', to - 6);
    if (from > to || from < today - 399) {
        throw new UsageError('--from is not after --to, and not more than 399 days ago');
    }
    const consumer = await session.optionalAddress('consumer');
    const source = consumer === undefined ? registry : await ledgerOf(session, registry, consumer);
    if (source === undefined) {
        session.say(`Nothing was ever recorded of ${session.show(consumer!)}.`);
        session.report({ from, to, records: 0n, tokens: 0n, amount: 0n });
        return;
    }
    const rows = [['day', 'records', 'tokens', 'amount']];
    for (let day = from; day <= to; day++) {
        const { records, tokens: used, amount } = await source.getTotals(day, day);
        if (records > 0n) {
            rows.push([time(day * 86_400), String(records), String(used), tokens(amount, decimals)]);
        }
    }
    const sum = await source.getTotals(from, to);
    rows.push(['sum', String(sum.records), String(sum.tokens), tokens(sum.amount, decimals)]);
    session.say(table(rows));
    session.report({ from, to, records: sum.records, tokens: sum.tokens, amount: sum.amount });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
