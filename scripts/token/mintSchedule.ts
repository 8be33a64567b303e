/** The schedule of the emission: twenty years, what of them was minted, and what is due. Sends nothing. */
import type { NetworkProvider } from '@ton/blueprint';

import { EMISSION_EPOCH, emissionEvents, scheduleTable, YEAR_SECONDS } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { transactions } from '../lib/chain';
import { decimalsOf, EMISSION_FLAGS, openEmission, tokens } from '../lib/emission';
import { percent, table, time } from '../lib/format';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'mintSchedule',
    about: 'Prints the schedule of the emission by year, with what was minted, and the epochs that are due.',
    flags: {
        ...EMISSION_FLAGS,
        years: { value: 'number', about: 'how many years, 1 to 60 (20)' },
        'no-history': { about: 'do not read what every year minted (a long history takes long)' },
    },
};

const STATUS = ['not begun', 'running', 'due', 'emitted', 'forfeited'] as const;

/** What each year minted and forfeited, by the beginning of its epochs, from the controller's events. */
async function history(session: Session, address: Parameters<typeof transactions>[1]) {
    const minted = new Map<number, bigint>();
    const forfeited: { first: bigint; count: bigint; amount: bigint }[] = [];
    for await (const tx of transactions(session.provider, address)) {
        for (const event of emissionEvents([tx])) {
            if (event.event === 'EpochEmitted') {
                const year = Number((event.epoch * EMISSION_EPOCH) / YEAR_SECONDS);
                minted.set(year, (minted.get(year) ?? 0n) + event.amount);
            } else if (event.event === 'EpochsForfeited') {
                forfeited.push({ first: event.first, count: event.count, amount: event.amount });
            }
        }
    }
    return { minted, forfeited };
}

async function main(session: Session): Promise<void> {
    const controller = await openEmission(session);
    const decimals = await decimalsOf(session);
    const years = (await session.optionalInteger('years', 1, 60)) ?? 20;
    const data = await controller.getEmissionData();
    const bases = await Promise.all(
        Array.from({ length: 10 }, async (_, year) => (await controller.getYear(year)).base),
    );
    const rows = scheduleTable(bases, data.cap, years);
    const past = session.args.has('no-history') ? undefined : await history(session, controller.address);
    session.say(
        table([
            ['year', 'begins', 'amount', 'under the cap', 'sum', ...(past === undefined ? [] : ['minted'])],
            ...rows.map((row) => [
                String(row.year),
                time(data.start + BigInt(row.year - 1) * YEAR_SECONDS).slice(0, 10),
                tokens(row.base, decimals),
                tokens(row.minted, decimals),
                tokens(row.total, decimals),
                ...(past === undefined ? [] : [tokens(past.minted.get(row.year - 1) ?? 0n, decimals)]),
            ]),
        ]),
    );
    session.say('Amounts at a growth of 1; an epoch counts for the year in which it begins.');
    for (const { first, count, amount } of past?.forfeited ?? []) {
        session.say(`Forfeited: ${count} epoch(s) from ${first}, ${tokens(amount, decimals)}`);
    }
    session.say(
        `Cap ${tokens(data.cap, decimals)}: emitted ${tokens(data.allocated, decimals)}, forfeited ` +
            `${tokens(data.forfeited, decimals)}, left ${tokens(data.remaining, decimals)}`,
    );
    const epoch = await controller.getEpoch(data.nextEpoch);
    session.say(
        `Next: epoch ${epoch.epoch} (${STATUS[Number(epoch.status)]}), ends ${time(epoch.ends)}, can be emitted until ` +
            `${time(epoch.liveUntil)}: ${tokens(epoch.budget, decimals)} at a growth of ${percent(epoch.growth)}`,
    );
    if (data.nextGrowthFrom !== 0n) {
        session.say(`Announced: a growth of ${percent(data.nextGrowth)} from epoch ${data.nextGrowthFrom} on`);
    }
    session.report({
        years: rows.map((row) => ({ ...row, emitted: past?.minted.get(row.year - 1) ?? (past && 0n) })),
        cap: data.cap,
        allocated: data.allocated,
        forfeited: data.forfeited,
        remaining: data.remaining,
        next: { ...epoch, status: STATUS[Number(epoch.status)] },
    });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
