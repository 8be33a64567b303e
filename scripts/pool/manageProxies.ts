/** The list of proxies whose payouts count as rewards. */
import type { NetworkProvider } from '@ton/blueprint';

import { MAX_PROXIES, PoolOperator } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { requireRule } from '../lib/errors';
import { runScript, Session } from '../lib/session';
import { operatorStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'manageProxies',
    about: 'Lists, adds or removes trusted Cocoon proxies.',
    positionals: { action: 'list, add or remove', proxy: 'address' },
};

const WARNING =
    "Anybody can deploy a contract with the genuine proxy's code: a code hash proves nothing. Compare the address with " +
    'one you have from Cocoon itself. Remove an old proxy only when it is closed: its last payouts come late.';

async function main(session: Session): Promise<void> {
    const action =
        session.args.get('action') === undefined
            ? 'list'
            : await session.choice('action', ['list', 'add', 'remove'] as const);
    const pool = await session.pool();
    const proxies = async () => pool.operator.getProxyAddresses();
    const now = await proxies();
    if (action === 'list') {
        now.forEach((proxy) => session.say(session.show(proxy)));
        session.say(`${now.length} of ${MAX_PROXIES}. ${WARNING}`);
        session.report({ proxies: now });
        return;
    }
    const proxy = await session.address('proxy');
    session.requireOwner(pool);
    await session.requireUnpaused(pool);
    requireRule(proxy.workChain === 0, 'ERROR_BAD_ADDRESS');
    const listed = now.some((a) => a.equals(proxy));
    if (listed === (action === 'add')) {
        session.say(listed ? 'It is in the list already.' : 'It is not in the list.');
        session.report({ proxies: now });
        return;
    }
    requireRule(action === 'remove' || BigInt(now.length) < MAX_PROXIES, 'ERROR_TOO_MANY_PROXIES');
    session.say(WARNING);
    const args = { proxy, queryId: session.queryId() };
    await session.execute([
        await operatorStep(pool, {
            title:
                action === 'add'
                    ? `Payouts from ${session.show(proxy)} count as rewards from now on`
                    : `Payouts from ${session.show(proxy)} count as donations from now on`,
            body: action === 'add' ? PoolOperator.addProxyBody(args) : PoolOperator.removeProxyBody(args),
            done: async () => (await proxies()).some((a) => a.equals(proxy)) === (action === 'add'),
            awaited: 'the list is changed',
        }),
    ]);
    session.report({ proxies: await proxies() });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
