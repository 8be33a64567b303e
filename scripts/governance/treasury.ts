/** The Treasury: what it has, its budgets, requests of signers, grants, the freeze. */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, Cell, OpenedContract } from '@ton/core';

import { ProposalKind, Treasury, TREASURY_ERRORS, TreasuryErrorName, TreasuryExit } from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { ScriptSpec } from '../lib/args';
import { RefusedError, UsageError } from '../lib/errors';
import { duration, parseSeconds, parseTime, parseTon, time, ton } from '../lib/format';
import { GOVERNANCE_FLAGS, governanceAddress, showAccount, writeActions } from '../lib/governance';
import { runScript, Session, Step } from '../lib/session';

const SUBJECTS = ['info', 'budget', 'spend', 'grant', 'freeze', 'unfreeze'] as const;

const SPEC: ScriptSpec = {
    name: 'treasury',
    about:
        'Shows the Treasury and sends what signers, the guardian and anyone may send. What only governance may do is ' +
        'written to a file for `propose`.',
    positionals: {
        subject: SUBJECTS.join(' | '),
        task: 'budget: show | set; spend: request | approve | propose; grant: show | claim | create | cancel',
    },
    flags: {
        'governance-manifest': GOVERNANCE_FLAGS['governance-manifest'],
        treasury: { value: 'address', about: 'the Treasury', env: 'TREASURY_ADDRESS' },
        category: { value: 'number', about: 'category of a budget, 0 to 15' },
        asset: { value: 'number', about: '0 is TON, 1 to 8 the registered jettons (0)' },
        amount: { value: 'amount', about: 'TON, or the smallest unit of a jetton' },
        period: { value: 'duration', about: 'of a budget' },
        to: { value: 'address', about: 'who is paid' },
        memo: { value: 'number', about: 'for the signers (0)' },
        index: { value: 'number', about: 'signer whose request is approved' },
        grant: { value: 'number', about: 'number of a grant' },
        start: { value: 'time', about: 'of a stream' },
        cliff: { value: 'time', about: 'nothing can be claimed before (start)' },
        end: { value: 'time', about: 'of a stream' },
        out: { value: 'file', about: 'where the action for `propose` is written' },
    },
};

type Desk = OpenedContract<Treasury>;

function requireTreasuryRule(condition: boolean, rule: TreasuryErrorName, why?: string): void {
    if (!condition) {
        const text = TREASURY_ERRORS.get(TreasuryExit[rule])?.text ?? rule;
        throw new RefusedError(`${why === undefined ? '' : `${why} `}${text} (${rule})`);
    }
}

const amountText = (asset: bigint | number, amount: bigint) => (Number(asset) === 0 ? ton(amount) : `${amount} units`);

async function assetOf(session: Session): Promise<number> {
    return (await session.optionalInteger('asset', 0, 8)) ?? 0;
}

async function amountOf(session: Session, asset: number): Promise<bigint> {
    const text = await session.text('amount');
    if (asset === 0) {
        return parseTon(text);
    }
    if (!/^\d{1,36}$/.test(text)) {
        throw new UsageError(`amount "${text}" is not a whole number of units`);
    }
    return BigInt(text);
}

async function step(
    session: Session,
    treasury: Desk,
    title: string,
    body: Cell,
    done: Step['done'],
    awaited: string,
): Promise<void> {
    const value = await treasury.getCost(body);
    await session.execute([{ title, to: treasury.address, toName: 'the Treasury', value, body, done, awaited }]);
}

/** What only the owner, the Timelock, may send. The fees may rise until it is executed: what is left comes back. */
async function forProposal(
    session: Session,
    treasury: Desk,
    body: Cell,
    cost?: bigint,
    kind: ProposalKind = 'treasury',
) {
    const value = ((cost ?? (await treasury.getCost(body))) * 3n) / 2n;
    writeActions(session, await session.text('out'), kind, [{ destination: treasury.address, value, body }]);
}

async function info(session: Session, treasury: Desk): Promise<void> {
    const data = await treasury.getTreasury();
    session.say(`Treasury ${session.show(treasury.address)}, version ${data.version}`);
    session.say(`owner ${showAccount(session, data.owner)}, can freeze: ${showAccount(session, data.guardian)}`);
    session.say(
        `frozen until ${time(data.frozenUntil)}; signers: ${data.threshold} of ${data.signers.size}; grants: ${data.grants}`,
    );
    const assets = [];
    for (let asset = 0; asset <= 8; asset++) {
        if (asset > 0 && (await treasury.getJetton(asset)) === null) {
            continue;
        }
        const { balance, reserved, free } = await treasury.getSolvency(asset);
        session.say(
            `asset ${asset}: ${amountText(asset, balance)}, of grants ${amountText(asset, reserved)}, free ${amountText(asset, free)}`,
        );
        assets.push({ asset, balance, reserved, free });
    }
    session.report({
        treasury: treasury.address,
        owner: showAccount(session, data.owner),
        guardian: showAccount(session, data.guardian),
        frozenUntil: data.frozenUntil,
        threshold: data.threshold,
        signers: [...data.signers].map(([who, index]) => ({ index, who: showAccount(session, who) })),
        grants: data.grants,
        nextGrant: data.nextGrant,
        assets,
    });
}

async function budget(session: Session, treasury: Desk): Promise<void> {
    const task = session.args.get('task') ?? 'show';
    if (task === 'set') {
        const asset = await assetOf(session);
        const body = Treasury.setBudgetBody({
            category: await session.integer('category', 0, 15),
            asset,
            limit: await amountOf(session, asset),
            period: parseSeconds(await session.text('period'), 'period'),
        });
        return forProposal(session, treasury, body);
    }
    if (task !== 'show') {
        throw new UsageError('budget show | set');
    }
    const budgets = [];
    for (let category = 0; category < 16; category++) {
        const found = await treasury.getBudget(category);
        if (found !== null) {
            const left = await treasury.getBudgetLeft(category);
            const { asset, limit, period } = found;
            session.say(
                `category ${category}: ${amountText(asset, limit)} in ${duration(period)}, left ${amountText(asset, left)}`,
            );
            budgets.push({ category, asset, limit, period, left });
        }
    }
    if (budgets.length === 0) {
        session.say('There are no budgets.');
    }
    session.report({ budgets });
}

async function spend(session: Session, treasury: Desk): Promise<void> {
    const task = await session.choice('task', ['request', 'approve', 'propose']);
    if (task === 'propose') {
        const asset = await assetOf(session);
        const amount = await amountOf(session, asset);
        const body = Treasury.ownerSpendBody({ asset, amount, to: await session.address('to') });
        return forProposal(session, treasury, body, await treasury.getSpendCost({}));
    }
    const data = await treasury.getTreasury();
    const mine = data.signers.get(accountIdOf(session.me));
    requireTreasuryRule(mine !== undefined, 'ERROR_NOT_SIGNER');
    const now = await session.now(treasury.address);
    requireTreasuryRule(now >= Number(data.frozenUntil), 'ERROR_FROZEN', `Until ${time(data.frozenUntil)}.`);
    const queryId = session.queryId();
    if (task === 'request') {
        const category = await session.integer('category', 0, 255);
        const found = await treasury.getBudget(category);
        requireTreasuryRule(found !== null, 'ERROR_NO_BUDGET');
        const amount = await amountOf(session, Number(found!.asset));
        const left = await treasury.getBudgetLeft(category);
        requireTreasuryRule(amount <= left, 'ERROR_OVER_LIMIT', `${amountText(found!.asset, left)} are left.`);
        const to = await session.address('to');
        const memo = (await session.optionalInteger('memo', 0, 2 ** 32 - 1)) ?? 0;
        const before = (await treasury.getRequest(mine!))?.nonce ?? 0n;
        await step(
            session,
            treasury,
            `Request ${amountText(found!.asset, amount)} of category ${category} for ${session.show(to)}`,
            Treasury.requestSpendBody({ queryId, category, amount, to, memo }),
            async () => ((await treasury.getRequest(mine!))?.nonce ?? 0n) > before,
            'the request is open',
        );
        session.report({ index: mine, request: await treasury.getRequest(mine!) });
        return;
    }
    const index = await session.integer('index', 0, 14);
    const request = await treasury.getRequest(index);
    requireTreasuryRule(request !== null && now < Number(request.expiresAt), 'ERROR_NO_REQUEST');
    const { nonce, category, amount, to, approvals } = request!;
    requireTreasuryRule((approvals & (1n << BigInt(mine!))) === 0n, 'ERROR_APPROVED');
    await step(
        session,
        treasury,
        `Approve ${amount} of category ${category} for ${showAccount(session, to)}`,
        Treasury.approveSpendBody({ queryId, index, nonce }),
        async () => {
            const next = await treasury.getRequest(index);
            return next === null || next.nonce !== nonce || next.approvals !== approvals;
        },
        'the approval is counted',
    );
    const after = await treasury.getRequest(index);
    session.report({ index, nonce, paid: !session.dryRun && after === null });
}

async function grant(session: Session, treasury: Desk): Promise<void> {
    const task = await session.choice('task', ['show', 'claim', 'create', 'cancel']);
    if (task === 'create') {
        const asset = await assetOf(session);
        const amount = await amountOf(session, asset);
        const start = parseTime(await session.text('start'), 'start');
        const cliff = session.args.get('cliff');
        const end = parseTime(await session.text('end'), 'end');
        const body = Treasury.createStreamBody({
            asset,
            amount,
            grantee: await session.address('to'),
            start,
            cliff: cliff === undefined ? start : parseTime(cliff, 'cliff'),
            end,
        });
        return forProposal(session, treasury, body);
    }
    const id = await session.integer('grant', 0, 2 ** 32 - 1);
    const found = await treasury.getGrant(id);
    requireTreasuryRule(found !== null, 'ERROR_NO_GRANT');
    if (task === 'cancel') {
        return forProposal(session, treasury, Treasury.cancelGrantBody({ grant: id }));
    }
    const { asset, grantee, claimable } = found!;
    if (task === 'claim') {
        requireTreasuryRule(claimable > 0n, 'ERROR_NOTHING_DUE');
        await step(
            session,
            treasury,
            `Claim ${amountText(asset, claimable)} or more for ${showAccount(session, grantee)}`,
            Treasury.claimGrantBody({ queryId: session.queryId(), grant: id }),
            async () => ((await treasury.getGrant(id))?.claimed ?? found!.amount) > found!.claimed,
            'it is paid',
        );
    }
    const now = await treasury.getGrant(id);
    session.say(
        `grant ${id} of ${showAccount(session, grantee)}: ${amountText(asset, now?.amount ?? 0n)}, claimed ` +
            `${amountText(asset, now?.claimed ?? 0n)}, can be claimed ${amountText(asset, now?.claimable ?? 0n)}`,
    );
    session.report({ grant: id, ...now, grantee: showAccount(session, grantee) });
}

async function freeze(session: Session, treasury: Desk): Promise<void> {
    const data = await treasury.getTreasury();
    const now = await session.now(treasury.address);
    if (Number(data.frozenUntil) > now) {
        session.say(`It is frozen until ${time(data.frozenUntil)}.`);
        session.report({ frozenUntil: data.frozenUntil });
        return;
    }
    const body = Treasury.freezeBody({ queryId: session.queryId() });
    if (session.args.get('out') !== undefined) {
        return forProposal(session, treasury, body, undefined, 'emergency');
    }
    requireTreasuryRule(
        data.guardian !== 0n && data.guardian === accountIdOf(session.me),
        'ERROR_NOT_ROLE',
        `You are not ${showAccount(session, data.guardian)}; with --out the freeze is written for an emergency proposal.`,
    );
    requireTreasuryRule(
        now >= Number(data.freezeAllowedAt),
        'ERROR_FREEZE_COOLDOWN',
        `From ${time(data.freezeAllowedAt)} on.`,
    );
    await step(
        session,
        treasury,
        'Freeze spending and new grants for 7 days',
        body,
        async () => (await treasury.getTreasury()).frozenUntil > data.frozenUntil,
        'it is frozen',
    );
    session.report({ frozenUntil: (await treasury.getTreasury()).frozenUntil });
}

async function main(session: Session): Promise<void> {
    const subject = await session.choice('subject', SUBJECTS);
    const address: Address = await governanceAddress(session, 'treasury');
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no Treasury at ${session.show(address)} on ${session.network}`);
    }
    const treasury = session.open(Treasury.createFromAddress(address));
    const unfreeze = () => forProposal(session, treasury, Treasury.unfreezeBody(), undefined, 'technical');
    const run = { info, budget, spend, grant, freeze, unfreeze }[subject];
    await run(session, treasury);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
