/** Changes the commission: a cut applies at once, a raise to rounds of epochs that begin 7 days later. */
import type { NetworkProvider } from '@ton/blueprint';

import { COMMISSION_MAX, COMMISSION_MIN, EXIT_DELAY, PoolOperator } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { requireRule, UsageError } from '../lib/errors';
import { parsePercent, percent, time } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { operatorStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'setCommission',
    about: 'Cuts the commission at once or announces a raise; --cancel takes an announced raise back.',
    positionals: { percent: '5 to 15' },
    flags: { cancel: { about: 'take the announced raise back' } },
};

async function main(session: Session): Promise<void> {
    const cancel = session.args.has('cancel');
    if (cancel && session.args.get('percent') !== undefined) {
        throw new UsageError('Either a percentage or --cancel');
    }
    const bps = cancel ? 0 : parsePercent(await session.text('percent'), 'commission');
    const pool = await session.pool();
    session.requireOwner(pool);
    const schedule = await pool.distribution.getSchedule();
    const current = Number((await pool.distribution.getDistributionData()).commissionBps);
    if (cancel) {
        requireRule(schedule.pendingAt !== 0n, 'ERROR_NO_CHANGE');
        await session.execute([
            await operatorStep(pool, {
                title: `Take the raise to ${percent(schedule.pendingBps)} back; it stays at ${percent(current)}`,
                body: PoolOperator.cancelCommissionBody({ queryId: session.queryId() }),
                done: async () => (await pool.distribution.getSchedule()).pendingAt === 0n,
                awaited: 'no raise is announced',
            }),
        ]);
        session.report({ commissionBps: current });
        return;
    }
    requireRule(BigInt(bps) >= COMMISSION_MIN && BigInt(bps) <= COMMISSION_MAX, 'ERROR_COMMISSION_BOUNDS');
    await session.requireUnpaused(pool);
    if (bps === current) {
        session.say(`The commission is ${percent(current)} already.`);
        session.report({ commissionBps: current });
        return;
    }
    const raise = bps > current;
    if (raise && schedule.pendingAt !== 0n && Number(schedule.pendingBps) === bps) {
        session.say(`The raise to ${percent(bps)} is announced already, for ${time(schedule.pendingAt)}.`);
        return;
    }
    requireRule(
        !raise || schedule.pendingAt === 0n,
        'ERROR_CHANGE_PENDING',
        `A raise to ${percent(schedule.pendingBps)} is announced for ${time(schedule.pendingAt)}; --cancel takes it back.`,
    );
    const went = await session.execute([
        await operatorStep(pool, {
            title: `${raise ? 'Announce a raise' : 'Cut'} from ${percent(current)} to ${percent(bps)}`,
            body: PoolOperator.setCommissionBody({ bps, queryId: session.queryId() }),
            done: async () =>
                raise
                    ? Number((await pool.distribution.getSchedule()).pendingBps) === bps
                    : Number((await pool.distribution.getDistributionData()).commissionBps) === bps,
            awaited: raise ? 'the raise is announced' : 'the new rate applies',
        }),
    ]);
    const at = raise
        ? went
            ? Number((await pool.distribution.getSchedule()).pendingAt)
            : (await session.now(pool.address)) + Number(EXIT_DELAY)
        : await session.now(pool.address);
    const firstEpoch = await pool.registry.getFirstEpoch(at);
    if (raise) {
        session.say(
            `It applies from ${time(at)}, to rounds from epoch ${firstEpoch} on. Participants can leave before.`,
        );
    }
    session.report({ commissionBps: bps, raise, appliesAt: at, ...(raise && { firstEpoch }) });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
