/** Roles of a pool: who holds them, changes with their notice, ownership in two steps. */
import type { NetworkProvider } from '@ton/blueprint';

import { PoolOperator, PoolRole, SlowRole } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { requireRule } from '../lib/errors';
import { time } from '../lib/format';
import { Pool, runScript, Session } from '../lib/session';
import { operatorStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'manageRoles',
    about: 'Lists and changes roles. reporter, guardian and payout change at once, arbiter and recovery after 7 days.',
    positionals: {
        action: 'list, set, apply, cancel, nominate or accept',
        role: 'reporter, guardian, arbiter, recovery or payout; for nominate the new owner',
        holder: 'address',
    },
};

const ACTIONS = ['list', 'set', 'apply', 'cancel', 'nominate', 'accept'] as const;
const ROLES = ['reporter', 'guardian', 'arbiter', 'recovery', 'payout'] as const;
const SLOW = ['arbiter', 'recovery'] as const;

async function list(session: Session, pool: Pool): Promise<void> {
    const data = await pool.operator.getPoolData();
    const notices = await pool.operator.getNotices();
    const { payout } = await pool.distribution.getDistributionData();
    const { owner, reporter, guardian, arbiter, recovery, pendingOwner } = data;
    for (const [role, holder] of Object.entries({ owner, reporter, guardian, arbiter, recovery, payout })) {
        session.say(`${role.padEnd(10)} ${session.show(holder)}`);
    }
    if (pendingOwner !== null) {
        session.say(`nominated  ${session.show(pendingOwner)} as the owner: manageRoles accept, from there`);
    }
    const next = {
        ...(notices.nextArbiterAt !== 0n && { arbiter: { holder: notices.nextArbiter, at: notices.nextArbiterAt } }),
        ...(notices.nextRecoveryAt !== 0n && {
            recovery: { holder: notices.nextRecovery, at: notices.nextRecoveryAt },
        }),
    };
    for (const [role, { holder, at }] of Object.entries(next)) {
        session.say(
            `announced  ${holder && session.show(holder)} as ${role} from ${time(at)}: manageRoles apply ${role}`,
        );
    }
    session.report({ roles: { owner, reporter, guardian, arbiter, recovery, payout }, pendingOwner, announced: next });
}

async function set(session: Session, pool: Pool): Promise<void> {
    const role = await session.choice('role', ROLES);
    const holder = await session.address('holder');
    session.requireOwner(pool);
    if (role === 'payout') {
        const payout = async () => (await pool.distribution.getDistributionData()).payout;
        if ((await payout()).equals(holder)) {
            session.say('It is so already.');
            return;
        }
        await session.execute([
            await operatorStep(pool, {
                title: `Commissions go to ${session.show(holder)} from now on`,
                body: PoolOperator.setPayoutAddressBody({ payout: holder, queryId: session.queryId() }),
                done: async () => (await payout()).equals(holder),
                awaited: 'the payout address is changed',
            }),
        ]);
        return;
    }
    const data = pool.data;
    const { nextArbiterAt, nextRecoveryAt } = data;
    if (data[role].equals(holder)) {
        session.say('It is so already.');
        return;
    }
    if (role === 'reporter' || role === 'guardian') {
        requireRule(!holder.equals(data.arbiter), 'ERROR_ARBITER_NOT_APART', `The arbiter would be the ${role}.`);
    }
    if (role === 'arbiter') {
        const others = [data.owner, data.reporter, data.guardian];
        requireRule(!others.some((other) => other.equals(holder)), 'ERROR_ARBITER_NOT_APART');
        requireRule(nextArbiterAt === 0n, 'ERROR_CHANGE_PENDING', 'manageRoles cancel arbiter takes it back.');
    }
    if (role === 'recovery') {
        requireRule(nextRecoveryAt === 0n, 'ERROR_CHANGE_PENDING', 'manageRoles cancel recovery takes it back.');
    }
    const slow = role === 'arbiter' || role === 'recovery';
    await session.execute([
        await operatorStep(pool, {
            title: slow
                ? `Announce ${session.show(holder)} as ${role}, in 7 days`
                : `Make ${session.show(holder)} the ${role} at once`,
            body: PoolOperator.setRoleBody({ role, holder, queryId: session.queryId() }),
            done: async () => {
                const now = await pool.operator.getPoolData();
                return slow
                    ? (role === 'arbiter' ? now.nextArbiterAt : now.nextRecoveryAt) !== 0n
                    : now[role].equals(holder);
            },
            awaited: slow ? 'the change is announced' : 'the role is changed',
        }),
    ]);
    session.report({ role, holder });
}

const noticeAt = (pool: Pool, role: SlowRole) => async () => {
    const data = await pool.operator.getPoolData();
    return role === 'arbiter' ? data.nextArbiterAt : data.nextRecoveryAt;
};

async function applyOrCancel(session: Session, pool: Pool, action: 'apply' | 'cancel'): Promise<void> {
    const role: PoolRole & SlowRole = await session.choice('role', SLOW);
    const at = await noticeAt(pool, role)();
    requireRule(at !== 0n, 'ERROR_NO_CHANGE');
    if (action === 'cancel') {
        session.requireOwner(pool);
    } else {
        requireRule((await session.now(pool.address)) >= Number(at), 'ERROR_TOO_EARLY', `From ${time(at)} on.`);
        const next = (await pool.operator.getNotices()).nextArbiter;
        const { owner, reporter, guardian } = pool.data;
        requireRule(
            role !== 'arbiter' || next === null || ![owner, reporter, guardian].some((a) => a.equals(next)),
            'ERROR_ARBITER_NOT_APART',
        );
    }
    const args = { role, queryId: session.queryId() };
    await session.execute([
        await operatorStep(pool, {
            title: action === 'apply' ? `Apply the announced ${role}` : `Take the announced ${role} back`,
            body: action === 'apply' ? PoolOperator.applyRoleBody(args) : PoolOperator.cancelRoleBody(args),
            done: async () => (await noticeAt(pool, role)()) === 0n,
            awaited: 'nothing is announced any more',
        }),
    ]);
    session.report({ role, action });
}

async function nominate(session: Session, pool: Pool): Promise<void> {
    session.requireOwner(pool);
    const owner = (await session.text('role')) === 'none' ? null : await session.address('role');
    requireRule(owner === null || !owner.equals(pool.data.arbiter), 'ERROR_ARBITER_NOT_APART');
    await session.execute([
        await operatorStep(pool, {
            title: owner === null ? 'Take the nomination back' : `Nominate ${session.show(owner)} as the owner`,
            body: PoolOperator.nominateOwnerBody({ owner, queryId: session.queryId() }),
            done: async () => {
                const { pendingOwner } = await pool.operator.getPoolData();
                return owner === null ? pendingOwner === null : pendingOwner !== null && pendingOwner.equals(owner);
            },
            awaited: 'the nomination is changed',
        }),
    ]);
    session.report({ nominated: owner });
}

async function accept(session: Session, pool: Pool): Promise<void> {
    const { pendingOwner, arbiter } = pool.data;
    requireRule(pendingOwner !== null && pendingOwner.equals(session.me), 'ERROR_NOT_PENDING_OWNER');
    requireRule(!session.me.equals(arbiter), 'ERROR_ARBITER_NOT_APART');
    await session.execute([
        await operatorStep(pool, {
            title: 'Become the owner of the pool',
            body: PoolOperator.acceptOwnershipBody({ queryId: session.queryId() }),
            done: async () => (await pool.operator.getPoolData()).owner.equals(session.me),
            awaited: 'you are the owner',
        }),
    ]);
    session.report({ owner: session.me });
}

async function main(session: Session): Promise<void> {
    const action = session.args.get('action') === undefined ? 'list' : await session.choice('action', ACTIONS);
    const pool = await session.pool();
    const does = {
        list: () => list(session, pool),
        set: () => set(session, pool),
        apply: () => applyOrCancel(session, pool, 'apply'),
        cancel: () => applyOrCancel(session, pool, 'cancel'),
        nominate: () => nominate(session, pool),
        accept: () => accept(session, pool),
    };
    await does[action]();
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
