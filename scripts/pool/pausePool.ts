/** The pause: entries stop for 72 h, exits and payouts never do. */
import type { NetworkProvider } from '@ton/blueprint';

import { PoolOperator } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { requireRule } from '../lib/errors';
import { time } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { operatorStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'pausePool',
    about: 'Shows, starts (guardian) or ends (owner) the pause of entries.',
    positionals: { action: 'status, pause or unpause' },
};

async function main(session: Session): Promise<void> {
    const action =
        session.args.get('action') === undefined
            ? 'status'
            : await session.choice('action', ['status', 'pause', 'unpause'] as const);
    const pool = await session.pool();
    const now = BigInt(await session.now(pool.address));
    const { guardian, pausedUntil, pauseAllowedAt } = pool.data;
    const queryId = session.queryId();
    if (action === 'pause') {
        requireRule(session.me.equals(guardian), 'ERROR_NOT_ROLE', session.wrongSender('guardian', guardian));
        requireRule(now >= pauseAllowedAt, 'ERROR_PAUSE_COOLDOWN', `From ${time(pauseAllowedAt)} on.`);
        await session.execute([
            await operatorStep(pool, {
                title: 'Stop registrations, more stake and parameter changes for 72 h',
                body: PoolOperator.pauseBody({ queryId }),
                done: async () => (await pool.operator.getPoolData()).pausedUntil > now,
                awaited: 'the pause runs',
            }),
        ]);
    }
    if (action === 'unpause') {
        session.requireOwner(pool);
        requireRule(now < pausedUntil, 'ERROR_NOT_PAUSED');
        await session.execute([
            await operatorStep(pool, {
                title: 'End the pause',
                body: PoolOperator.unpauseBody({ queryId }),
                done: async () => (await pool.operator.getPoolData()).pausedUntil < pausedUntil,
                awaited: 'the pause is over',
            }),
        ]);
    }
    const after = await pool.operator.getPoolData();
    const paused = after.pausedUntil > BigInt(await session.now(pool.address));
    session.say(paused ? `Entries are paused until ${time(after.pausedUntil)}.` : 'Entries are open.');
    session.say(`A new pause is possible from ${time(after.pauseAllowedAt)} on.`);
    session.report({ paused, pausedUntil: after.pausedUntil, pauseAllowedAt: after.pauseAllowedAt });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
