/** What a Cocoon proxy does when it pays: for rehearsals on a local chain, where there is no Cocoon. */
import type { NetworkProvider } from '@ton/blueprint';

import { payoutBody } from '../../wrappers/cocoon';
import { ScriptSpec } from '../lib/args';
import { RefusedError } from '../lib/errors';
import { ton } from '../lib/format';
import { requireVault } from '../lib/participants';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'rehearsePayout',
    about: 'Pays a vault as a Cocoon proxy does, from your wallet. Local chains only.',
    positionals: { participant: 'address', amount: 'TON' },
};

async function main(session: Session): Promise<void> {
    if (session.network !== 'local') {
        throw new RefusedError('Only on a local chain: elsewhere this would give your TON away');
    }
    const pool = await session.pool();
    const who = await session.address('participant');
    const amount = await session.ton('amount');
    const { vault } = await requireVault(session, pool, who);
    await session.execute([
        {
            title: `Pay ${ton(amount)} to the vault of ${session.show(who)}`,
            to: pool.vaultAddress(who),
            toName: 'ParticipantVault',
            value: amount,
            moved: amount,
            body: payoutBody(session.queryId()),
            done: async () => (await pool.vault(who).getVaultData()).earned > vault.earned,
            awaited: 'the vault has booked it',
        },
    ]);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
