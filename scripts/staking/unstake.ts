/** Unstakes: request, complete, cancel, status. */
import type { NetworkProvider } from '@ton/blueprint';
import { OpenedContract } from '@ton/core';

import { StakePosition, UnstakeArgs } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { RefusedError, UsageError } from '../lib/errors';
import { table, time } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { openPosition, openProver, parseTokens, Prover, requireStakingRule, tokens } from '../lib/staking';

const SPEC: ScriptSpec = {
    name: 'unstake',
    about: 'Requests an unstake, pays what is due, takes a request back, or shows what waits.',
    positionals: { action: 'request | complete | cancel | status', prover: 'ProverStaking of the prover' },
    flags: {
        amount: { value: 'tokens', about: 'request: an amount at the scale of now' },
        shares: { value: 'number', about: 'request: raw shares' },
        all: { about: 'request: everything' },
        to: { value: 'address', about: 'request: ProverStaking to which the tokens go at maturity, as stake' },
        id: { value: 'number', about: 'cancel: number of the request' },
        staker: { value: 'address', about: 'complete, status: whose position (yours)' },
    },
};

type Position = OpenedContract<StakePosition>;

async function wanted(session: Session, decimals: number): Promise<UnstakeArgs> {
    const given = ['amount', 'shares', 'all'].filter((name) => session.args.has(name) || session.args.get(name));
    if (given.length !== 1) {
        throw new UsageError('request needs one of --amount, --shares and --all');
    }
    const target = await session.optionalAddress('to');
    switch (given[0]) {
        case 'amount':
            return { amount: parseTokens(session.args.get('amount')!, decimals), target };
        case 'shares':
            return { shares: BigInt(session.args.get('shares')!), target };
        default:
            return { all: true, target };
    }
}

async function request(session: Session, prover: Prover, position: Position): Promise<void> {
    const args = await wanted(session, prover.decimals);
    const { active, busy, count } = await position.getPosition();
    requireStakingRule(!busy, 'ERROR_BUSY');
    requireStakingRule(count < 10n, 'ERROR_QUEUE_FULL');
    const raw = 'amount' in args ? await prover.staking.getRaw(args.amount) : 'shares' in args ? args.shares : active;
    requireStakingRule(raw > 0n, 'ERROR_ZERO_AMOUNT');
    requireStakingRule(raw <= active, 'ERROR_NOT_ENOUGH');
    if (session.me.equals(prover.info.prover!)) {
        const left = await prover.staking.getEffective(prover.info.ownRaw - raw);
        requireStakingRule(left === 0n || left >= prover.info.minSelfStake, 'ERROR_MIN_SELF_STAKE');
    }
    const body = StakePosition.requestUnstakeBody({ ...args, queryId: session.queryId() });
    await session.execute([
        {
            title: `Request ${tokens(await prover.staking.getEffective(raw), prover.decimals)} tokens (${raw} raw shares)`,
            to: position.address,
            toName: 'your StakePosition',
            value: await position.getCost(body),
            body,
            done: async () => (await position.getPosition()).count > count,
            awaited: 'the request waits',
        },
    ]);
}

async function complete(session: Session, position: Position): Promise<void> {
    const now = await session.now(position.address);
    const requests = await position.getRequests();
    const { lockedUntil, busy, count } = await position.getPosition();
    requireStakingRule(!busy, 'ERROR_BUSY');
    requireStakingRule(lockedUntil <= BigInt(now), 'ERROR_LOCKED', `Until ${time(lockedUntil)}.`);
    const [first] = requests;
    if (first === undefined || first.readyAt > now) {
        throw new RefusedError(
            first === undefined ? 'No request waits.' : `The first request is due at ${time(first.readyAt)}.`,
        );
    }
    const redelegation = first.target !== null;
    const body = StakePosition.completeUnstakeBody({ queryId: session.queryId() });
    await session.execute([
        {
            title: redelegation ? 'Move what is due to the other prover' : 'Pay what is due to the staker',
            to: position.address,
            toName: 'the StakePosition',
            value: await position.getCost(body, redelegation ? 1 : 0),
            body,
            done: async () => (await position.getPosition()).count < count,
            awaited: 'the requests are paid',
        },
    ]);
}

async function cancel(session: Session, position: Position): Promise<void> {
    const id = await session.integer('id', 0, 2 ** 31);
    const requests = await position.getRequests();
    requireStakingRule(
        requests.some((r) => r.id === id),
        'ERROR_NO_REQUEST',
    );
    const body = StakePosition.cancelUnstakeBody({ id, queryId: session.queryId() });
    await session.execute([
        {
            title: `Take request ${id} back`,
            to: position.address,
            toName: 'your StakePosition',
            value: await position.getCost(body),
            body,
            done: async () => (await position.getRequests()).every((r) => r.id !== id),
            awaited: 'the shares are active again',
        },
    ]);
}

async function status(session: Session, prover: Prover, position: Position): Promise<void> {
    const { active, pending, credit, owed } = await position.getPosition();
    const requests = await position.getRequests();
    const worth = async (raw: bigint) => tokens(await prover.staking.getEffective(raw), prover.decimals);
    session.say(`Active: ${await worth(active)} tokens (${active} raw shares)`);
    const rows = await Promise.all(
        requests.map(async ({ id, raw, readyAt, target }) => [
            String(id),
            await worth(raw),
            time(readyAt),
            target === null ? '' : session.show(target),
        ]),
    );
    session.say(rows.length === 0 ? 'No request waits.' : table([['id', 'worth now', 'due', 'goes to'], ...rows]));
    if (credit > 0n) session.say(`${tokens(credit, prover.decimals)} tokens of a payout that came back wait.`);
    session.report({ active, pending, credit, owed, requests });
}

async function main(session: Session): Promise<void> {
    const action = await session.text('action');
    const prover = await openProver(session);
    const mine = action === 'request' || action === 'cancel';
    const staker = (mine ? undefined : await session.optionalAddress('staker')) ?? session.me;
    const position = await openPosition(session, prover, staker);
    if (!(await session.isDeployed(position.address))) {
        throw new RefusedError(`${session.show(staker)} has never staked at this prover`);
    }
    switch (action) {
        case 'request':
            await request(session, prover, position);
            break;
        case 'complete':
            await complete(session, position);
            break;
        case 'cancel':
            await cancel(session, position);
            break;
        case 'status':
            break;
        default:
            throw new UsageError(`unstake does not know "${action}": request, complete, cancel or status`);
    }
    await status(session, prover, position);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
