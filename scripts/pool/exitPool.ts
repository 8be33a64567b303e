/** The way out of a pool with the stake. */
import type { NetworkProvider } from '@ton/blueprint';
import { Address } from '@ton/core';

import {
    ParticipantVault,
    SLASH_EXECUTE,
    SLASH_VETO,
    VAULT_ACTIVE,
    VAULT_EXITING,
    VAULT_PENDING,
} from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { requireRule } from '../lib/errors';
import { time, ton } from '../lib/format';
import { Participant, requireVault, stateName } from '../lib/participants';
import { Pool, runScript, Session } from '../lib/session';
import { vaultStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'exitPool',
    about: 'Starts, takes back or completes an exit; pending registrations are withdrawn at once.',
    positionals: { action: 'status, request, cancel or complete' },
    flags: { participant: { value: 'address', about: 'whose exit (you)' } },
};

async function status(session: Session, pool: Pool, who: Address): Promise<void> {
    const { vault } = await requireVault(session, pool, who);
    session.say(`${session.show(who)}: ${stateName(vault)}, stake ${ton(vault.stake)}`);
    if (vault.status === VAULT_EXITING) {
        session.say(`The stake is paid out from ${time(vault.exitAt)} on: exitPool complete, from anyone.`);
    }
    if (vault.slashAmount > 0n) {
        session.say(
            `A slash of ${ton(vault.slashAmount)} was announced at ${time(vault.slashedAt)}: the stake is frozen.`,
        );
    }
    session.report({ participant: who, state: stateName(vault), stake: vault.stake, exitAt: vault.exitAt });
}

async function request(session: Session, pool: Pool, { address, vault, vaultAddress }: Participant): Promise<void> {
    const mine = session.me.equals(address);
    const recovery = vault.hasRecovery ? await pool.vault(address).getRecovery() : null;
    requireRule(mine || recovery?.equals(session.me) === true, 'ERROR_NOT_PARTICIPANT_OR_RECOVERY');
    const queryId = session.queryId();
    const pending = vault.status === VAULT_PENDING;
    if (vault.status === VAULT_EXITING) {
        session.say('The exit is requested already.');
        return;
    }
    requireRule(pending || vault.status === VAULT_ACTIVE, 'ERROR_VAULT_STATE', `You are ${stateName(vault)}.`);
    requireRule(!pending || mine, 'ERROR_NOT_PARTICIPANT');
    await session.execute([
        await vaultStep(
            pool,
            { address, vault, vaultAddress },
            {
                title: pending
                    ? `Withdraw the registration: ${ton(vault.stake)} come back`
                    : 'Request the exit: 7 days, reported and paid as before until then',
                body: pending
                    ? ParticipantVault.cancelRegistrationBody({ queryId })
                    : ParticipantVault.requestExitBody({ queryId }),
                done: async () => (await pool.vault(address).getVaultData()).status !== vault.status,
                awaited: 'the vault is exiting',
            },
        ),
    ]);
}

async function cancel(session: Session, pool: Pool, participant: Participant): Promise<void> {
    requireRule(session.me.equals(participant.address), 'ERROR_NOT_PARTICIPANT');
    requireRule(
        participant.vault.status === VAULT_EXITING,
        'ERROR_VAULT_STATE',
        `You are ${stateName(participant.vault)}.`,
    );
    await session.execute([
        await vaultStep(pool, participant, {
            title: 'Stay after all',
            body: ParticipantVault.cancelExitBody({ queryId: session.queryId() }),
            done: async () => (await pool.vault(participant.address).getVaultData()).status === VAULT_ACTIVE,
            awaited: 'the vault is active',
        }),
    ]);
}

async function complete(session: Session, pool: Pool, participant: Participant): Promise<void> {
    const { vault, address } = participant;
    requireRule(
        vault.status === VAULT_EXITING,
        'ERROR_VAULT_STATE',
        `He is ${stateName(vault)}; exitPool request first.`,
    );
    const now = BigInt(await session.now(pool.address));
    const { unmanaged } = await pool.registry.getRegistryData();
    requireRule(unmanaged || now >= vault.exitAt, 'ERROR_EXIT_DELAY', `From ${time(vault.exitAt)} on.`);
    const slashOpen = vault.slashAmount > 0n && now < vault.slashedAt + SLASH_VETO + SLASH_EXECUTE;
    requireRule(!slashOpen || now >= vault.exitAt + SLASH_VETO, 'ERROR_STAKE_FROZEN');
    await session.execute([
        await vaultStep(pool, participant, {
            title: `Pay the stake of ${ton(vault.stake)} out`,
            body: ParticipantVault.completeExitBody({ queryId: session.queryId() }),
            done: async () => (await pool.vault(address).getVaultData()).status !== VAULT_EXITING,
            awaited: 'the stake is returned',
        }),
    ]);
}

async function main(session: Session): Promise<void> {
    const action =
        session.args.get('action') === undefined
            ? 'status'
            : await session.choice('action', ['status', 'request', 'cancel', 'complete'] as const);
    const pool = await session.pool();
    const who = (await session.optionalAddress('participant')) ?? session.me;
    const participant = await requireVault(session, pool, who);
    const does = {
        status: async () => {},
        request: () => request(session, pool, participant),
        cancel: () => cancel(session, pool, participant),
        complete: () => complete(session, pool, participant),
    };
    await does[action]();
    await status(session, pool, who);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
