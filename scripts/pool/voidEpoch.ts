/** Throws the reported metrics of the open epoch away, once, so that they are reported again. */
import type { NetworkProvider } from '@ton/blueprint';

import { ParticipantRegistry } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { requireRule } from '../lib/errors';
import { time } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { registryStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'voidEpoch',
    about: 'Throws the metrics of the open epoch away, once; they are reported again as attempt 1. Owner or arbiter.',
    positionals: { epoch: 'number of the open epoch' },
};

async function main(session: Session): Promise<void> {
    const epoch = await session.integer('epoch', 0, 0xffffffff);
    const pool = await session.pool();
    const roles = await pool.registry.getRoles();
    requireRule(
        session.me.equals(roles.owner) || session.me.equals(roles.arbiter),
        'ERROR_NOT_ROLE',
        'Owner or arbiter void an epoch.',
    );
    const data = await pool.registry.getEpochData();
    requireRule(data.epoch === BigInt(epoch), 'ERROR_WRONG_EPOCH', `Epoch ${data.epoch} is open.`);
    requireRule(!data.attempt && data.dueAt !== 0n && !data.due, 'ERROR_CANNOT_VOID');
    requireRule(data.accepted > 0n || data.sealed, 'ERROR_CANNOT_VOID');
    await session.execute([
        await registryStep(pool, {
            title: `Void the metrics of epoch ${epoch} (${data.accepted} rows)`,
            body: ParticipantRegistry.voidEpochBody({ epoch, queryId: session.queryId() }),
            done: async () => (await pool.registry.getEpochData()).attempt,
            awaited: 'attempt 1 is open',
        }),
    ]);
    const after = await pool.registry.getEpochData();
    session.say(`Report again before ${time(after.reportUntil)} (reportMetrics).`);
    session.report({ epoch, attempt: after.attempt, reportUntil: after.reportUntil });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
