/** Joins a pool with a stake and says which address the machines get as their owner. */
import type { NetworkProvider } from '@ton/blueprint';

import { ParticipantRegistry, VAULT_LEFT, VAULT_NEW } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { RefusedError, requireRule } from '../lib/errors';
import { ton } from '../lib/format';
import { stateName } from '../lib/participants';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'registerParticipant',
    about: 'Registers your wallet at a pool and prints the vault address: owner_address of worker.conf.',
    flags: {
        stake: { value: 'TON', about: "stake (the pool's minimum)" },
        payout: { value: 'address', about: 'where rewards go (your wallet)' },
        recovery: { value: 'address', about: 'may start an exit when your key is lost' },
        'min-payout': { value: 'TON', about: 'claims below this wait (0)' },
    },
};

async function main(session: Session): Promise<void> {
    const pool = await session.pool();
    const registry = await pool.registry.getRegistryData();
    const vaultAddress = pool.vaultAddress(session.me);
    const owner = session.show(vaultAddress);
    const tell = () => {
        session.say(`Your vault: ${owner}`);
        session.say('In worker.conf of every machine:');
        session.say(`    owner_address = ${owner}`);
        session.report({ participant: session.me, vault: vaultAddress, ownerAddress: vaultAddress });
    };
    const status = async () =>
        (await session.isDeployed(vaultAddress)) ? (await pool.vault(session.me).getVaultData()).status : VAULT_NEW;
    const before = await status();
    if (before !== VAULT_NEW && before !== VAULT_LEFT) {
        session.say(`Already registered: ${stateName({ status: before })}.`);
        tell();
        return;
    }
    await session.requireUnpaused(pool);
    requireRule(registry.poolActive, 'ERROR_NOT_ACTIVE');
    const stake = session.optionalTon('stake') ?? registry.minStake;
    requireRule(stake >= registry.minStake, 'ERROR_STAKE_TOO_LOW', `${ton(stake)} < ${ton(registry.minStake)}.`);
    if (session.me.workChain !== 0) {
        throw new RefusedError('Participants must be in the basechain (ERROR_BAD_ADDRESS)');
    }
    const body = ParticipantRegistry.registerBody({
        stake,
        payout: await session.optionalAddress('payout'),
        recovery: await session.optionalAddress('recovery'),
        minPayout: session.optionalTon('min-payout'),
        queryId: session.queryId(),
    });
    const cost = await pool.registry.getCost(body);
    const sent = await session.execute([
        {
            title: `Register with a stake of ${ton(stake)}`,
            to: pool.registry.address,
            toName: 'ParticipantRegistry',
            value: stake + cost,
            moved: stake,
            body,
            done: async () => (await status()) !== before,
            awaited: 'the vault is open',
        },
    ]);
    if (sent) {
        const now = stateName({ status: await status() });
        session.say(
            now === 'pending' ? 'Registered; the owner has to approve it (approveParticipant).' : 'Registered.',
        );
        session.report({ state: now, stake });
    }
    tell();
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
