/** Everything about a pool on one screen, and what is waiting for whom. Changes nothing. */
import type { NetworkProvider } from '@ton/blueprint';

import {
    EXIT_DELAY,
    MAX_PROXIES,
    OPERATOR_MIN_STAKE,
    SLASH_EXECUTE,
    SLASH_VETO,
    VAULT_EXITING,
} from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { duration, percent, time, ton } from '../lib/format';
import { listParticipants, readVaults, stateName } from '../lib/participants';
import { Pool, runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'poolStatus',
    about: 'Roles, stake, commission, epochs, money, solvency, and what is due and who does it.',
    flags: { 'no-participants': { about: 'do not read the vaults (quick)' } },
};

type Due = { what: string; by: string };

async function upgrades(pool: Pool) {
    return {
        operator: await pool.operator.getUpgrade(),
        registry: await pool.registry.getUpgrade(false),
        distribution: await pool.distribution.getUpgrade(),
        vault: await pool.registry.getUpgrade(true),
    };
}

async function main(session: Session): Promise<void> {
    const pool = await session.pool();
    const { data } = pool;
    const now = BigInt(await session.now(pool.address));
    const registry = await pool.registry.getRegistryData();
    const epoch = await pool.registry.getEpochData();
    const money = await pool.distribution.getDistributionData();
    const schedule = await pool.distribution.getSchedule();
    const proxies = await pool.operator.getProxyAddresses();
    const due: Due[] = [];
    const say = (label: string, text: string) => session.say(`${label.padEnd(16)}${text}`);

    say('Pool', `${session.show(pool.address)} (${session.network}, chain time ${time(now)})`);
    say('Registry', session.show(pool.registry.address));
    say('Distribution', session.show(pool.distribution.address));
    say('Versions', `operator ${data.version}, registry ${registry.version}, distribution ${money.version}`);
    const { owner, reporter, guardian, arbiter, recovery } = data;
    for (const [role, holder] of Object.entries({
        owner,
        reporter,
        guardian,
        arbiter,
        recovery,
        payout: money.payout,
    })) {
        say(`  ${role}`, session.show(holder));
    }
    if (data.pendingOwner !== null) {
        due.push({ what: `${session.show(data.pendingOwner)} is nominated as the owner`, by: 'manageRoles accept' });
    }
    for (const [role, at] of [
        ['arbiter', data.nextArbiterAt],
        ['recovery', data.nextRecoveryAt],
    ] as const) {
        if (at !== 0n) {
            say('', `another ${role} is announced for ${time(at)}`);
            if (now >= at) {
                due.push({ what: `the announced ${role} can be applied`, by: `manageRoles apply ${role}` });
            }
        }
    }

    const state = registry.unmanaged ? 'UNMANAGED (three epochs missed)' : data.active ? 'active' : 'inactive';
    say('State', `${state}${data.pausedUntil > now ? `, entries paused until ${time(data.pausedUntil)}` : ''}`);
    if (data.active !== registry.poolActive) {
        due.push({
            what: 'the registry does not know the status of the pool',
            by: 'operatorStake top-up (sends it again)',
        });
    }
    say('Stake', `${ton(data.stake)}${data.active ? '' : `, free from ${time(data.inactiveSince + EXIT_DELAY)} on`}`);
    if (data.stake < OPERATOR_MIN_STAKE) {
        due.push({ what: `the stake is below ${ton(OPERATOR_MIN_STAKE)}`, by: 'operatorStake top-up' });
    }
    say('Commission', `${percent(money.commissionBps)}`);
    let raise: Record<string, unknown> | undefined;
    if (schedule.pendingAt !== 0n) {
        const firstEpoch = await pool.registry.getFirstEpoch(schedule.pendingAt);
        raise = { bps: schedule.pendingBps, at: schedule.pendingAt, firstEpoch };
        say(
            '',
            `RAISE to ${percent(schedule.pendingBps)} from ${time(schedule.pendingAt)}, first in epoch ${firstEpoch}`,
        );
    }
    say(
        'Admission',
        `${registry.open ? `open, GPU ceiling ${registry.openCeiling}` : 'by approval'}, stake from ${ton(registry.minStake)}`,
    );
    say('Proxies', `${proxies.length} of ${MAX_PROXIES} trusted`);
    if (proxies.length === 0) {
        due.push({ what: 'no proxy is trusted: every payout counts as a donation', by: 'manageProxies add' });
    }

    say(
        'Epoch',
        `${epoch.epoch}${epoch.attempt ? ' (second attempt)' : ''}, ${duration(registry.epochSeconds)}: ${time(epoch.start)} to ${time(epoch.end)}`,
    );
    say(
        '',
        `reported ${epoch.accepted} of ${epoch.activeAtEnd}${epoch.sealed ? ', sealed' : ''}; reports until ${time(epoch.reportUntil)}; missed in a row: ${registry.missedInRow}`,
    );
    if (registry.nextSeconds !== 0n) {
        say('', `epochs of ${duration(registry.nextSeconds)} from epoch ${registry.nextEpoch} on`);
    }
    if (registry.minEarned > 0n || registry.nextMinEarnedAt !== 0n) {
        say(
            '',
            `minEarned ${ton(registry.minEarned)}${registry.nextMinEarnedAt === 0n ? '' : `, ${ton(registry.nextMinEarned)} from ${time(registry.nextMinEarnedAt)}`}`,
        );
    }
    if (epoch.due || epoch.undelivered) {
        due.push({ what: `epoch ${epoch.epoch} can be closed`, by: 'runPayouts' });
    } else if (now >= epoch.end && !epoch.sealed && now < epoch.reportUntil) {
        due.push({ what: `metrics of epoch ${epoch.epoch}, until ${time(epoch.reportUntil)}`, by: 'reportMetrics' });
    }

    say(
        'Money',
        `waiting for the next round: rewards ${ton(money.rewards)}, donations ${ton(money.donations)}; reserve ${ton(money.reserve)}`,
    );
    say(
        '',
        `owed to participants ${ton(money.unpaid)}; paid so far ${ton(money.paidTotal)}; commissions ${ton(money.commissionTotal)}`,
    );
    if (data.pendingRewards + data.pendingDonations > 0n) {
        say(
            '',
            `small sums at the operator: ${ton(data.pendingRewards + data.pendingDonations)} (go on with the next payout)`,
        );
    }

    for (const [target, slot] of Object.entries(await upgrades(pool))) {
        if (slot.codeHash !== 0n) {
            say(
                'Upgrade',
                `${target}: code ${slot.codeHash.toString(16).padStart(64, '0')} from ${time(slot.readyAt)}`,
            );
            if (now >= slot.readyAt) {
                due.push({ what: `announced code of ${target} can be installed`, by: `upgradePool apply ${target}` });
            }
        }
    }

    const solvency: Record<string, bigint> = {
        operator: data.solvency,
        registry: registry.solvency,
        distribution: money.solvency,
    };
    say('Solvency', 'balance beyond everything owed and the rent of five years; below zero only by rent');
    for (const [name, surplus] of Object.entries(solvency)) {
        say(`  ${name}`, `${ton(surplus)}${surplus < 0n ? '  RENT IS LOW: send a little TON there' : ''}`);
    }

    let people: Record<string, unknown>[] = [];
    if (!session.args.has('no-participants')) {
        const vaults = await readVaults(session, pool, await listParticipants(session, pool));
        people = vaults.map(({ address, vaultAddress, vault }) => ({
            participant: address,
            vault: vaultAddress,
            state: stateName(vault),
            stake: vault.stake,
            earned: vault.earned,
            due: vault.due !== 0n,
            solvency: vault.solvency,
        }));
        const low = vaults.filter(({ vault }) => vault.solvency < 0n);
        solvency.vaults = vaults.reduce((least, { vault }) => (vault.solvency < least ? vault.solvency : least), 0n);
        say(
            '  vaults',
            low.length === 0
                ? 'all in order'
                : `${low.length} below zero: ${low.map((v) => session.show(v.vaultAddress)).join(', ')}`,
        );
        session.say();
        for (const { address, vault } of vaults) {
            const owed = vault.due === 0n ? '' : ', rounds due';
            session.say(
                `${session.show(address)}  ${stateName(vault)}, stake ${ton(vault.stake)}, brought in ${ton(vault.earned)}${owed}`,
            );
            if (vault.status === VAULT_EXITING && now >= vault.exitAt) {
                due.push({ what: `the exit of ${session.show(address)}`, by: 'exitPool complete --participant ...' });
            }
            if (vault.slashAmount > 0n && now < vault.slashedAt + SLASH_VETO + SLASH_EXECUTE) {
                due.push({ what: `a slash of ${session.show(address)} is open`, by: 'the arbiter may veto it' });
            }
            if (vault.owed) {
                due.push({
                    what: `the registry missed an update of ${session.show(address)}`,
                    by: 'Resync of the vault',
                });
            }
            if ([vault.nextPayoutAt, vault.nextRecoveryAt].some((at) => at !== 0n && at <= now)) {
                due.push({ what: `address change of ${session.show(address)}`, by: 'ApplyAddressChange of the vault' });
            }
        }
        const nextRound = money.nextRound;
        const waiting = vaults.filter(({ vault }) => vault.due !== 0n && vault.firstEpoch < nextRound).length;
        if (waiting > 0) {
            due.push({ what: `${waiting} participants have rounds to be paid`, by: 'runPayouts' });
        }
    }
    say(
        'Participants',
        `${registry.active} active (${registry.exiting} exiting), ${registry.pending} pending, stakes ${ton(registry.stakeTotal)}`,
    );
    session.say();
    session.say(due.length === 0 ? 'Nothing is due.' : 'Due:');
    due.forEach(({ what, by }) => session.say(`  ${what}: ${by}`));
    session.report({
        now,
        operator: data,
        registry,
        epoch,
        distribution: money,
        commission: { bps: money.commissionBps, raise },
        proxies,
        solvency,
        participants: people,
        due,
    });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
