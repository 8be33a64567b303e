/** Admission by approval, and GPU ceilings. */
import type { NetworkProvider } from '@ton/blueprint';

import { MAX_GPU, ParticipantRegistry, VAULT_PENDING } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { requireRule } from '../lib/errors';
import { time, ton } from '../lib/format';
import { listParticipants, readVaults, requireVault, stateName } from '../lib/participants';
import { runScript, Session } from '../lib/session';
import { registryStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'approveParticipant',
    about: 'Lists who waits for approval; approves or rejects him; changes a GPU ceiling.',
    positionals: {
        action: 'list, approve, reject or ceiling',
        participant: 'address',
        'gpu-ceiling': 'GPU score, 1 to 1000000',
    },
};

async function main(session: Session): Promise<void> {
    const action =
        session.args.get('action') === undefined
            ? 'list'
            : await session.choice('action', ['list', 'approve', 'reject', 'ceiling'] as const);
    const pool = await session.pool();
    if (action === 'list') {
        const all = await readVaults(session, pool, await listParticipants(session, pool));
        const waiting = all.filter(({ vault }) => vault.status === VAULT_PENDING);
        waiting.forEach(({ address, vault }) => session.say(`${session.show(address)}  ${ton(vault.stake)}`));
        session.say(`${waiting.length} waiting for approval.`);
        session.report({
            pending: waiting.map(({ address, vault }) => ({ participant: address, stake: vault.stake })),
        });
        return;
    }
    const who = await session.address('participant');
    session.requireOwner(pool);
    const participant = await requireVault(session, pool, who);
    const read = () => pool.vault(who).getVaultData();
    const queryId = session.queryId();
    if (action === 'reject') {
        requireRule(
            participant.vault.status === VAULT_PENDING,
            'ERROR_VAULT_STATE',
            `He is ${stateName(participant.vault)}.`,
        );
        await session.execute([
            await registryStep(pool, {
                title: `Reject ${session.show(who)}: his ${ton(participant.vault.stake)} go back`,
                body: ParticipantRegistry.rejectBody({ participant: who, queryId }),
                done: async () => (await read()).status !== VAULT_PENDING,
                awaited: 'the stake is returned',
            }),
        ]);
        session.report({ participant: who, state: 'rejected' });
        return;
    }
    const gpuCeiling = await session.integer('gpu-ceiling', 1, Number(MAX_GPU));
    if (action === 'approve') {
        await session.requireUnpaused(pool);
        requireRule(
            participant.vault.status === VAULT_PENDING,
            'ERROR_VAULT_STATE',
            `He is ${stateName(participant.vault)}.`,
        );
        await session.execute([
            await registryStep(pool, {
                title: `Admit ${session.show(who)} with a GPU ceiling of ${gpuCeiling}`,
                body: ParticipantRegistry.approveBody({ participant: who, gpuCeiling, queryId }),
                done: async () => (await read()).status !== VAULT_PENDING,
                awaited: 'the vault is active',
            }),
        ]);
        session.report({ participant: who, state: stateName(await read()), gpuCeiling });
        return;
    }
    const lower = BigInt(gpuCeiling) <= participant.vault.gpuCeiling;
    await session.execute([
        await registryStep(pool, {
            title: `GPU ceiling of ${session.show(who)}: ${gpuCeiling}, ${lower ? 'at once' : 'in 7 days'}`,
            body: ParticipantRegistry.setGpuCeilingBody({ participant: who, gpuCeiling, queryId }),
            done: async () => {
                const vault = await read();
                return Number(lower ? vault.gpuCeiling : vault.nextCeiling) === gpuCeiling;
            },
            awaited: lower ? 'the ceiling is lowered' : 'the raise is announced',
        }),
    ]);
    const after = await read();
    if (after.nextCeilingAt !== 0n) {
        session.say(`It applies from ${time(after.nextCeilingAt)} on, by itself.`);
    }
    session.report({ participant: who, gpuCeiling: after.gpuCeiling, nextCeiling: after.nextCeiling });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
