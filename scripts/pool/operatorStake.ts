/** The operator's stake: what it is bound by, more of it, and the ways out. */
import type { NetworkProvider } from '@ton/blueprint';

import { EXIT_DELAY, OPERATOR_MIN_STAKE, PoolOperator } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { RefusedError, requireRule } from '../lib/errors';
import { parseTon, time, ton } from '../lib/format';
import { Pool, runScript, Session } from '../lib/session';
import { operatorStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'operatorStake',
    about: 'Shows, tops up or withdraws the stake of the operator; activates and deactivates the pool.',
    positionals: {
        action: 'status, top-up, withdraw, emergency, activate or deactivate',
        amount: 'TON',
    },
};

const ACTIONS = ['status', 'top-up', 'withdraw', 'emergency', 'activate', 'deactivate'] as const;

/** When the stake may leave; the epochs begun before the pool became inactive must be closed, too. */
async function freeFrom(pool: Pool): Promise<{ at: number; epochsClosed: boolean }> {
    const { inactiveSince } = pool.data;
    const epoch = await pool.registry.getEpochData();
    return { at: Number(inactiveSince) + Number(EXIT_DELAY), epochsClosed: epoch.start >= inactiveSince };
}

async function status(session: Session, pool: Pool): Promise<void> {
    const { stake, active } = pool.data;
    const { at, epochsClosed } = await freeFrom(pool);
    const now = await session.now(pool.address);
    session.say(
        `Stake ${ton(stake)} (an active pool needs ${ton(OPERATOR_MIN_STAKE)}), pool ${active ? 'active' : 'inactive'}`,
    );
    if (active) {
        session.say('It can leave 7 days after operatorStake deactivate.');
    } else if (now < at) {
        session.say(`It can leave from ${time(at)} on.`);
    } else {
        session.say(
            epochsClosed ? 'It can leave now.' : 'It can leave once the epochs begun before are closed (runPayouts).',
        );
    }
    session.report({ stake, active, withdrawableAt: active ? null : at, epochsClosed });
}

async function takeOut(session: Session, pool: Pool, emergency: boolean): Promise<void> {
    const { stake, active, recovery } = pool.data;
    const amount = emergency ? stake : parseTon(await session.text('amount'), 'amount');
    if (!emergency) {
        session.requireOwner(pool);
    }
    requireRule(amount > 0n && amount <= stake, 'ERROR_TOO_MUCH', `The stake is ${ton(stake)}.`);
    const { at, epochsClosed } = await freeFrom(pool);
    requireRule(!active, 'ERROR_STILL_BOUND', 'The pool is active (operatorStake deactivate).');
    requireRule((await session.now(pool.address)) >= at, 'ERROR_STILL_BOUND', `From ${time(at)} on.`);
    requireRule(epochsClosed, 'ERROR_EPOCHS_OPEN', 'runPayouts closes what is due.');
    const queryId = session.queryId();
    await session.execute([
        await operatorStep(pool, {
            title: emergency
                ? `The whole stake of ${ton(stake)} to the recovery address ${session.show(recovery)}`
                : `Take ${ton(amount)} of the stake out`,
            body: emergency
                ? PoolOperator.emergencyWithdrawBody({ queryId })
                : PoolOperator.withdrawOperatorStakeBody({ amount, queryId }),
            done: async () => (await pool.operator.getPoolData()).stake === stake - amount,
            awaited: 'the stake is paid out',
        }),
    ]);
}

async function activate(session: Session, pool: Pool, active: boolean): Promise<void> {
    session.requireOwner(pool);
    if (pool.data.active === active) {
        session.say(`The pool is ${active ? 'active' : 'inactive'} already.`);
        return;
    }
    if (active) {
        await session.requireUnpaused(pool);
        requireRule(
            pool.data.stake >= OPERATOR_MIN_STAKE,
            'ERROR_STAKE_TOO_LOW',
            `The stake is ${ton(pool.data.stake)}.`,
        );
    }
    await session.execute([
        await operatorStep(pool, {
            title: active
                ? 'Activate the pool'
                : 'Deactivate the pool: no registrations; the stake is free 7 days later',
            body: PoolOperator.setActiveBody({ active, queryId: session.queryId() }),
            done: async () => (await pool.operator.getPoolData()).active === active,
            awaited: 'the status is changed',
        }),
    ]);
}

async function topUp(session: Session, pool: Pool): Promise<void> {
    const amount = parseTon(await session.text('amount'), 'amount');
    if (amount === 0n) {
        throw new RefusedError('Nothing to add');
    }
    const before = pool.data.stake;
    await session.execute([
        await operatorStep(pool, {
            title: `Add ${ton(amount)} to the stake`,
            body: PoolOperator.topUpStakeBody({ amount, queryId: session.queryId() }),
            moved: amount,
            done: async () => (await pool.operator.getPoolData()).stake >= before + amount,
            awaited: 'the stake is booked',
        }),
    ]);
}

async function main(session: Session): Promise<void> {
    const action = session.args.get('action') === undefined ? 'status' : await session.choice('action', ACTIONS);
    const pool = await session.pool();
    const does = {
        status: async () => {},
        'top-up': () => topUp(session, pool),
        withdraw: () => takeOut(session, pool, false),
        emergency: () => takeOut(session, pool, true),
        activate: () => activate(session, pool, true),
        deactivate: () => activate(session, pool, false),
    };
    await does[action]();
    await status(session, { ...pool, data: await pool.operator.getPoolData() });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
