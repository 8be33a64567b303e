/** The Treasury: what it has, its budgets, requests of signers, grants, the freeze. */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, Cell, OpenedContract } from '@ton/core';

import {
    GrantInfo,
    MAX_GRANTS,
    MAX_JETTONS,
    MAX_MILESTONES,
    MAX_SIGNERS,
    milestonesOf,
    ProposalKind,
    SYNC_WAIT,
    Treasury,
    TREASURY_ERRORS,
    TreasuryErrorName,
    TreasuryExit,
} from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { accountOrNull } from '../../wrappers/staking/common';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { RefusedError, UsageError } from '../lib/errors';
import { duration, parseSeconds, parseTime, parseTon, time, ton } from '../lib/format';
import { GOVERNANCE_FLAGS, governanceAddress, showAccount, writeActions } from '../lib/governance';
import { runScript, Session, Step } from '../lib/session';

const SUBJECTS = ['info', 'budget', 'signers', 'spend', 'grant', 'jetton', 'freezer', 'freeze', 'unfreeze'] as const;

const SPEC: ScriptSpec = {
    name: 'treasury',
    about:
        'Shows the Treasury and sends what signers, the guardian and anyone may send. What only governance may do is ' +
        'written to a file for `propose`.',
    positionals: {
        subject: SUBJECTS.join(' | '),
        task:
            'budget: show | set; signers: show | set; spend: request | approve | propose; ' +
            'grant: show | claim | create | milestones | release | cancel | clear; jetton: show | add | discover | sync',
    },
    flags: {
        'governance-manifest': GOVERNANCE_FLAGS['governance-manifest'],
        treasury: { value: 'address', about: 'the Treasury', env: 'TREASURY_ADDRESS' },
        category: { value: 'number', about: 'category of a budget, 0 to 15' },
        asset: {
            value: 'number',
            about: '0 is TON, 1 to 8 the registered jettons (0; jetton add: the first free number)',
        },
        amount: { value: 'amount', about: 'TON, or the smallest unit of a jetton' },
        amounts: { value: 'amount,...', about: 'of milestones, 1 to 8, in their order' },
        period: { value: 'duration', about: 'of a budget' },
        signers: { value: 'address,...', about: 'all who spend from now on, 2 to 15, or none' },
        threshold: { value: 'number', about: 'how many of them a payment needs, 2 or more' },
        minter: { value: 'address', about: 'of a jetton' },
        milestone: { value: 'number', about: 'the one that is reached, from 0' },
        to: { value: 'address', about: 'who is paid; freezer: who can freeze, or none (the Governor)' },
        memo: { value: 'number', about: 'what it is for: a number, or a sha256 in hex (0)' },
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

function parseAmount(text: string, asset: number): bigint {
    if (asset === 0) {
        return parseTon(text);
    }
    if (!/^\d{1,36}$/.test(text)) {
        throw new UsageError(`amount "${text}" is not a whole number of units`);
    }
    return BigInt(text);
}

/** What a request is for: a number of the signers' own, or the sha256 of a text. */
function parseMemo(text: string): bigint {
    if (/^\d{1,20}$/.test(text)) {
        return BigInt(text);
    }
    const hex = /^(?:0x)?([0-9a-f]{64})$/i.exec(text);
    if (hex === null) {
        throw new UsageError(`memo "${text}" is neither a number nor a sha256 in hex`);
    }
    return BigInt(`0x${hex[1]}`);
}

async function amountOf(session: Session, asset: number): Promise<bigint> {
    return parseAmount(await session.text('amount'), asset);
}

/** What nobody owns yet must be there, in a wallet that is known. */
async function requireFree(treasury: Desk, asset: number, amount: bigint): Promise<void> {
    if (asset > 0) {
        requireTreasuryRule(((await treasury.getJetton(asset))?.wallet ?? 0n) !== 0n, 'ERROR_NO_ASSET');
    }
    const { free } = await treasury.getSolvency(asset);
    requireTreasuryRule(amount <= free, 'ERROR_NOT_FREE', `${amountText(asset, free)} are free.`);
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
    { cost, kind = 'treasury' }: { cost?: bigint; kind?: ProposalKind } = {},
) {
    const value = ((cost ?? (await treasury.getCost(body))) * 3n) / 2n;
    if (session.dryRun) {
        session.say(`Dry run: one action for a ${kind} proposal, with ${ton(value)}; nothing was written.`);
        session.report({ actions: 1, kind });
        return;
    }
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

async function signers(session: Session, treasury: Desk): Promise<void> {
    const task = session.args.get('task') ?? 'show';
    const data = await treasury.getTreasury();
    const order = [...data.signers].sort(([, a], [, b]) => a - b);
    if (task === 'show') {
        for (const [who, index] of order) {
            session.say(`signer ${index}: ${showAccount(session, who)}`);
        }
        session.say(order.length === 0 ? 'There are no signers.' : `${data.threshold} of ${order.length} spend.`);
        session.report({
            threshold: data.threshold,
            signers: order.map(([who, index]) => ({ index, who: showAccount(session, who) })),
        });
        return;
    }
    if (task !== 'set') {
        throw new UsageError('signers show | set');
    }
    const text = await session.text('signers');
    const names = text.trim() === 'none' ? [] : text.split(',').map((name) => name.trim());
    const list = await Promise.all(names.map((name) => session.toAddress(name, 'signers')));
    const ids = new Set(list.map(accountIdOf));
    const threshold = list.length === 0 ? 0 : await session.integer('threshold', 0, 255);
    if (ids.size < list.length) {
        throw new UsageError('signers: the same one is listed twice');
    }
    requireTreasuryRule(
        list.length === 0 || (list.length <= MAX_SIGNERS && threshold >= 2 && threshold <= list.length),
        'ERROR_BAD_PARAMETER',
        `${list.length} signers, ${threshold} of them: 2 to ${MAX_SIGNERS}, and at least 2 of them.`,
    );
    if (
        Number(data.threshold) === threshold &&
        data.signers.size === ids.size &&
        order.every(([who]) => ids.has(who))
    ) {
        session.say('These are the signers already.');
        session.report({ unchanged: true });
        return;
    }
    return forProposal(session, treasury, Treasury.setSignersBody({ signers: list, threshold }), { kind: 'technical' });
}

async function spend(session: Session, treasury: Desk): Promise<void> {
    const task = await session.choice('task', ['request', 'approve', 'propose']);
    if (task === 'propose') {
        const asset = await assetOf(session);
        const amount = await amountOf(session, asset);
        await requireFree(treasury, asset, amount);
        const body = Treasury.ownerSpendBody({ asset, amount, to: await session.address('to') });
        return forProposal(session, treasury, body, { cost: await treasury.getSpendCost({}) });
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
        const memo = parseMemo(session.args.get('memo') ?? '0');
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

/** A grant that governance makes. */
async function newGrant(session: Session, treasury: Desk, task: 'create' | 'milestones'): Promise<void> {
    const asset = await assetOf(session);
    let body: Cell;
    let amount: bigint;
    if (task === 'create') {
        amount = await amountOf(session, asset);
        const start = parseTime(await session.text('start'), 'start');
        const cliffText = session.args.get('cliff');
        const cliff = cliffText === undefined ? start : parseTime(cliffText, 'cliff');
        const end = parseTime(await session.text('end'), 'end');
        const ordered = amount > 0n && start > 0 && start <= cliff && cliff <= end && start < end;
        requireTreasuryRule(ordered, 'ERROR_BAD_PARAMETER', 'An amount, and start <= cliff <= end.');
        body = Treasury.createStreamBody({ asset, amount, grantee: await session.address('to'), start, cliff, end });
    } else {
        const amounts = (await session.text('amounts')).split(',').map((text) => parseAmount(text.trim(), asset));
        requireTreasuryRule(
            amounts.length <= MAX_MILESTONES && amounts.every((each) => each > 0n),
            'ERROR_BAD_PARAMETER',
            `1 to ${MAX_MILESTONES} milestones, none of them 0.`,
        );
        amount = amounts.reduce((sum, each) => sum + each, 0n);
        body = Treasury.createMilestonesBody({ asset, grantee: await session.address('to'), amounts });
    }
    await requireFree(treasury, asset, amount);
    requireTreasuryRule(Number((await treasury.getTreasury()).grants) < Number(MAX_GRANTS), 'ERROR_GRANTS_FULL');
    return forProposal(session, treasury, body);
}

function sayGrant(session: Session, id: number, found: GrantInfo): void {
    const { asset, grantee, amount, claimed, claimable } = found;
    session.say(
        `grant ${id} of ${showAccount(session, grantee)}: ${amountText(asset, amount)}, claimed ` +
            `${amountText(asset, claimed)}, can be claimed ${amountText(asset, claimable)}`,
    );
    const milestones = milestonesOf(found);
    for (const [index, milestone] of (milestones ?? []).entries()) {
        session.say(
            `  milestone ${index}: ${amountText(asset, milestone.amount)}${milestone.released ? ', reached' : ''}`,
        );
    }
    session.report({ grant: id, ...found, grantee: showAccount(session, grantee), milestones });
}

async function grant(session: Session, treasury: Desk): Promise<void> {
    const tasks = ['show', 'claim', 'create', 'milestones', 'release', 'cancel', 'clear'] as const;
    const task = await session.choice('task', tasks);
    if (task === 'create' || task === 'milestones') {
        return newGrant(session, treasury, task);
    }
    const id = await session.integer('grant', 0, 2 ** 32 - 1);
    const found = await treasury.getGrant(id);
    requireTreasuryRule(found !== null, 'ERROR_NO_GRANT');
    const { asset, grantee, claimable, claimed, amount, stopped } = found!;
    switch (task) {
        case 'cancel':
            return forProposal(session, treasury, Treasury.cancelGrantBody({ grant: id }));
        case 'release': {
            const milestones = milestonesOf(found!);
            requireTreasuryRule(milestones !== null && !stopped, 'ERROR_MILESTONE');
            const index = await session.integer('milestone', 0, 255);
            requireTreasuryRule(milestones![index]?.released === false, 'ERROR_MILESTONE');
            return forProposal(session, treasury, Treasury.releaseMilestoneBody({ grant: id, index }));
        }
        case 'clear':
            requireTreasuryRule(claimed === amount, 'ERROR_GRANT_OPEN');
            return step(
                session,
                treasury,
                `Forget grant ${id}, which is paid`,
                Treasury.clearGrantBody({ queryId: session.queryId(), grant: id }),
                async () => (await treasury.getGrant(id)) === null,
                'it is gone',
            );
        case 'claim':
            requireTreasuryRule(claimable > 0n, 'ERROR_NOTHING_DUE');
            await step(
                session,
                treasury,
                `Claim ${amountText(asset, claimable)} or more for ${showAccount(session, grantee)}`,
                Treasury.claimGrantBody({ queryId: session.queryId(), grant: id }),
                async () => ((await treasury.getGrant(id))?.claimed ?? amount) > claimed,
                'it is paid',
            );
            break;
        case 'show':
            break;
    }
    sayGrant(session, id, (await treasury.getGrant(id)) ?? found!);
}

/** Whether somebody there says which wallet an owner has. */
async function isMinter(session: Session, at: Address, owner: Address): Promise<boolean> {
    if (!(await session.isDeployed(at))) {
        return false;
    }
    try {
        await session.open(ShareMinter.createFromAddress(at)).getWalletAddress(owner);
        return true;
    } catch {
        return false;
    }
}

async function jetton(session: Session, treasury: Desk): Promise<void> {
    const task = await session.choice('task', ['show', 'add', 'discover', 'sync']);
    const known = await treasury.getJettons();
    if (task === 'show') {
        for (const { asset, minter, wallet, balance, reserved } of known) {
            session.say(
                `jetton ${asset} of ${session.show(minter)}, wallet ${showAccount(session, wallet)}: ` +
                    `${amountText(asset, balance)}, of grants ${amountText(asset, reserved)}`,
            );
        }
        if (known.length === 0) {
            session.say('There are no jettons.');
        }
        session.report({
            jettons: known.map((j) => ({
                ...j,
                minter: session.show(j.minter),
                wallet: showAccount(session, j.wallet),
            })),
        });
        return;
    }
    if (task === 'add') {
        const minter = await session.address('minter');
        if (!(await isMinter(session, minter, treasury.address))) {
            throw new UsageError(`There is no jetton minter at ${session.show(minter)} on ${session.network}`);
        }
        const same = known.find((j) => j.minter.equals(minter));
        if (same !== undefined) {
            session.say(`It is jetton ${same.asset} already.`);
            session.report({ asset: same.asset, unchanged: true });
            return;
        }
        const taken = known.map((j) => j.asset);
        const numbers = Array.from({ length: Number(MAX_JETTONS) }, (_, i) => i + 1);
        const first = numbers.find((number) => !taken.includes(number));
        requireTreasuryRule(first !== undefined, 'ERROR_BAD_PARAMETER', 'All numbers are taken.');
        const asset = (await session.optionalInteger('asset', 1, Number(MAX_JETTONS))) ?? first!;
        requireTreasuryRule(!taken.includes(asset), 'ERROR_BAD_PARAMETER', `Number ${asset} is another jetton's.`);
        session.report({ asset });
        return forProposal(session, treasury, Treasury.addJettonBody({ asset, minter }), { kind: 'technical' });
    }
    const asset = await session.integer('asset', 1, Number(MAX_JETTONS));
    const found = known.find((j) => j.asset === asset);
    requireTreasuryRule(found !== undefined, 'ERROR_NO_ASSET');
    const queryId = session.queryId();
    if (task === 'discover') {
        requireTreasuryRule(found!.wallet === 0n, 'ERROR_WALLET_KNOWN');
        return step(
            session,
            treasury,
            `Ask the minter of jetton ${asset} for the wallet`,
            Treasury.discoverBody({ queryId, asset }),
            async () => (await treasury.getJetton(asset))?.wallet !== 0n,
            'the wallet is known',
        );
    }
    requireTreasuryRule(found!.wallet !== 0n, 'ERROR_NO_ASSET');
    const wallet = session.open(ShareWallet.createFromAddress(accountOrNull(found!.wallet)!));
    const holds = (await session.isDeployed(wallet.address)) ? await wallet.getBalance() : 0n;
    const extra = holds - found!.balance;
    if (extra <= 0n) {
        session.say('Nothing is in the wallet that is not in the books.');
        session.report({ asset, extra: 0n });
        return;
    }
    const open = Number(found!.syncAt) + Number(SYNC_WAIT);
    requireTreasuryRule((await session.now(treasury.address)) >= open, 'ERROR_SYNC_WAIT', `From ${time(open)} on.`);
    await step(
        session,
        treasury,
        `Book ${amountText(asset, extra)} that came without a notification`,
        Treasury.syncBody({ queryId, asset, extra }),
        async () => ((await treasury.getJetton(asset))?.balance ?? 0n) >= holds,
        'the books have it',
    );
    session.report({ asset, extra });
}

async function freezer(session: Session, treasury: Desk): Promise<void> {
    const { guardian: before } = await treasury.getTreasury();
    const text = session.args.get('to');
    let guardian: Address | null;
    if (text === 'none') {
        guardian = null;
    } else {
        guardian =
            text === undefined ? await governanceAddress(session, 'governor') : await session.toAddress(text, 'to');
    }
    if (before === (guardian === null ? 0n : accountIdOf(guardian))) {
        session.say(`It is ${showAccount(session, before)} already.`);
        session.report({ unchanged: true });
        return;
    }
    return forProposal(session, treasury, Treasury.setFreezerBody({ guardian }), { kind: 'technical' });
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
        return forProposal(session, treasury, body, { kind: 'emergency' });
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
    const unfreeze = () => forProposal(session, treasury, Treasury.unfreezeBody(), { kind: 'technical' });
    const run = { info, budget, signers, spend, grant, jetton, freezer, freeze, unfreeze }[subject];
    await run(session, treasury);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
