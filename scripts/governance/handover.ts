/** Hands every contract that the manifests name over to the Timelock, and says who can still do what. */
import * as fs from 'node:fs';
import type { NetworkProvider } from '@ton/blueprint';
import { Address, Cell } from '@ton/core';

import { GovernanceAction, Governor, MAX_RULES, Timelock, Treasury } from '../../wrappers/governance';
import { ParticipantRegistry, PoolOperator, RewardDistribution } from '../../wrappers/pool';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { PaymentSettlement, UsageRegistry } from '../../wrappers/settlement';
import { StakingMaster } from '../../wrappers/staking';
import { EmissionController, ShareMinter } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { PartialError, UsageError } from '../lib/errors';
import { emissionManifestFile, readEmissionManifest } from '../lib/emission';
import { table, time } from '../lib/format';
import {
    GOVERNANCE_FLAGS,
    governanceAddress,
    governanceManifestFile,
    readGovernanceManifest,
    requireGovernanceRule,
    showAccount,
    writeActions,
} from '../lib/governance';
import { readManifest } from '../lib/manifest';
import { runScript, Session, Step } from '../lib/session';
import { readSettlementManifest, settlementManifestFile } from '../lib/settlement';
import { readStakingManifest, stakingManifestFile } from '../lib/staking';
import { readTokenManifest, tokenManifestFile } from '../lib/token';

const SPEC: ScriptSpec = {
    name: 'handover',
    about:
        'Nominates the Timelock as owner of everything, writes the acceptances as actions of a technical proposal, and ' +
        'lists every role, who is nominated for one, and announced code. Ends with 5 until the Timelock owns all, the ' +
        'deployer has no role and no code is announced. With --guardians: what makes the Governor guardian of all of it.',
    flags: {
        ...GOVERNANCE_FLAGS,
        guardians: {
            value: 'file',
            about:
                'write the actions that make the Governor guardian of what the Timelock owns, and <file>-rules.json ' +
                'those that let emergency proposals stop it',
        },
        timelock: { value: 'address', about: 'the Timelock', env: 'TIMELOCK_ADDRESS' },
        deployer: { value: 'address', about: 'whose roles must be gone (you)' },
        out: { value: 'file', about: 'where the acceptances are written (handover.json)' },
        'token-manifest': { value: 'file', about: 'manifest of the token', env: 'TOKEN_MANIFEST' },
        'emission-manifest': { value: 'file', about: 'manifest of the emission', env: 'EMISSION_MANIFEST' },
        'staking-manifest': { value: 'file', about: 'manifest of the master', env: 'STAKING_MANIFEST' },
        'settlement-manifest': { value: 'file', about: 'manifest of the settlement', env: 'SETTLEMENT_MANIFEST' },
    },
};

type Account = bigint | Address | null;
type Role = { role: string; holder: Account; worst: string };
/** Code that can replace the present one without the owner of that day. */
type Announced = { part: string; codeHash: bigint; readyAt: bigint };

/** What can be stopped, by its guardian. */
type Guard = {
    holder: Account;
    /** Who will be guardian: nominated, or after a notice. */
    next: Account;
    /** Names somebody guardian. */
    name: (guardian: Address) => Cell;
    /** What the one who is named has to send; without it he has nothing to do. */
    accept?: Cell;
    /** Opcode of the stop. */
    stop: number;
};

/** Roles that are given by nomination and acceptance. */
type Nominating = {
    nominateRoleBody(args: { role: 'guardian'; holder: Address }): Cell;
    acceptRoleBody(args: { role: 'guardian' }): Cell;
};

const accepting = (
    contract: Nominating,
    { guardian, nextGuardian }: { guardian: Account; nextGuardian: Account },
    stop: number,
): Guard => ({
    holder: guardian,
    next: nextGuardian,
    name: (holder) => contract.nominateRoleBody({ role: 'guardian', holder }),
    accept: contract.acceptRoleBody({ role: 'guardian' }),
    stop,
});

/** A contract that has an owner. */
type Owned = {
    /** Asked for only when somebody wants to change it. */
    guard?: () => Promise<Guard>;
    name: string;
    address: Address;
    owner: Account;
    nominee: Account;
    nominate: (owner: Address, queryId: bigint) => Cell;
    accept: Cell;
    cost: (body: Cell) => Promise<bigint>;
    /** Owner and nominee as they are now. */
    look: () => Promise<{ owner: Account; nominee: Account }>;
    roles: Role[];
    announced: Announced[];
};

const idOf = (account: Account) =>
    account === null ? 0n : typeof account === 'bigint' ? account : accountIdOf(account);

const GETS = 'gets its part until the owner names another one';
/** Accounts that get money without a message of theirs; those announced are named by anyone when their time has come. */
const paid = (prefix: '' | 'next ', holders: Record<string, Account>): Role[] =>
    Object.entries(holders)
        .filter(([, holder]) => idOf(holder) !== 0n)
        .map(([name, holder]) => ({ role: `${prefix}${name}`, holder, worst: GETS }));

const CAN_ACCEPT = 'accepts the role, whoever owns the contract then';
/** Who is nominated, or will be set: a nomination outlives the owner who made it. */
const waitsFor = (role: string, holder: Account): Role[] =>
    idOf(holder) === 0n ? [] : [{ role: `next ${role}`, holder, worst: CAN_ACCEPT }];

const OWNER = 'parameters, roles and, after the notice, the code; everything the contract holds';

/** Every contract with an owner in the manifests of this network. */
async function ownedContracts(session: Session): Promise<Owned[]> {
    const found: Owned[] = [];
    const add = async (
        name: string,
        address: Address,
        contract: Pick<Owned, 'nominate' | 'accept' | 'cost' | 'look'>,
        roles: () => Promise<Role[]>,
        codes: () => Promise<Announced[]>,
        guard?: () => Promise<Guard>,
    ) => {
        if (!(await session.isDeployed(address))) {
            throw new UsageError(`A manifest names ${name} ${session.show(address)}, but it is not deployed`);
        }
        const announced = (await codes()).filter(({ codeHash }) => codeHash !== 0n);
        const owners = await contract.look();
        found.push({ name, address, ...contract, ...owners, roles: await roles(), announced, guard });
    };
    const slot = (part: string, { codeHash, readyAt }: { codeHash: bigint; readyAt: bigint }): Announced => ({
        part,
        codeHash,
        readyAt,
    });
    const at = (part: { raw: string }) => Address.parse(part.raw);

    const pool = readManifest(session.manifestFile);
    if (pool !== undefined) {
        const c = session.open(PoolOperator.createFromAddress(at(pool.operator)));
        await add(
            'PoolOperator',
            c.address,
            {
                nominate: (owner, queryId) => PoolOperator.nominateOwnerBody({ owner, queryId }),
                accept: PoolOperator.acceptOwnershipBody(),
                cost: (body) => c.getCost(body),
                look: async () => {
                    const { owner, pendingOwner } = await c.getPoolData();
                    return { owner, nominee: pendingOwner };
                },
            },
            async () => {
                const { reporter, guardian, arbiter, recovery, distribution } = await c.getPoolData();
                const { nextArbiter, nextRecovery } = await c.getNotices();
                const { payout } = await session
                    .open(RewardDistribution.createFromAddress(distribution))
                    .getDistributionData();
                return [
                    {
                        role: 'reporter',
                        holder: reporter,
                        worst: 'false metrics of an epoch; owner or arbiter void them once',
                    },
                    {
                        role: 'guardian',
                        holder: guardian,
                        worst: 'entries paused, with a pause of its own between pauses',
                    },
                    { role: 'arbiter', holder: arbiter, worst: 'epochs voided, slashes vetoed: payouts late' },
                    {
                        role: 'recovery',
                        holder: recovery,
                        worst: "gets the operator's stake when anyone withdraws it in an emergency",
                    },
                    { role: 'payout', holder: payout, worst: 'gets the commission until the owner names another one' },
                    ...waitsFor('arbiter', nextArbiter),
                    ...waitsFor('recovery', nextRecovery),
                ];
            },
            async () => {
                const { registry, distribution } = await c.getPoolData();
                const r = session.open(ParticipantRegistry.createFromAddress(registry));
                const d = session.open(RewardDistribution.createFromAddress(distribution));
                return [
                    slot('PoolOperator', await c.getUpgrade()),
                    slot('ParticipantRegistry', await r.getUpgrade(false)),
                    slot('ParticipantVault', await r.getUpgrade(true)),
                    slot('RewardDistribution', await d.getUpgrade()),
                ];
            },
            async () => ({
                holder: (await c.getPoolData()).guardian,
                next: null,
                name: (holder) => PoolOperator.setRoleBody({ role: 'guardian', holder }),
                stop: PoolOperator.opcodes.Pause,
            }),
        );
    }
    const token = readTokenManifest(tokenManifestFile(session));
    if (token !== undefined) {
        const c = session.open(ShareMinter.createFromAddress(at(token.minter)));
        await add(
            'ShareMinter',
            c.address,
            {
                nominate: (newAdmin, queryId) => ShareMinter.changeAdminBody({ newAdmin, queryId }),
                accept: ShareMinter.claimAdminBody(),
                cost: (body) => c.getCost(body),
                look: async () => {
                    const { admin, nextAdmin } = await c.getMinterData();
                    return { owner: admin, nominee: nextAdmin };
                },
            },
            async () => {
                const { firstMinter, minters, nextMinter } = await c.getMinterData();
                const all = new Set([...minters.keys(), ...(firstMinter === null ? [] : [accountIdOf(firstMinter)])]);
                const minter = (holder: bigint) => ({
                    role: 'minter',
                    holder,
                    worst: 'mints up to the cap of the token',
                });
                return [...[...all].map(minter), ...waitsFor('minter', nextMinter)];
            },
            async () => {
                const { codeHash, codeReadyAt } = await c.getMinterData();
                return [{ part: 'ShareMinter', codeHash, readyAt: codeReadyAt }];
            },
        );
    }
    const emission = readEmissionManifest(emissionManifestFile(session));
    if (emission !== undefined) {
        const c = session.open(EmissionController.createFromAddress(at(emission.controller)));
        await add(
            'EmissionController',
            c.address,
            {
                nominate: (holder, queryId) => EmissionController.nominateRoleBody({ role: 'owner', holder, queryId }),
                accept: EmissionController.acceptRoleBody({ role: 'owner' }),
                cost: (body) => c.getCost(body),
                look: async () => {
                    const { owner, nextOwner } = await c.getRoles();
                    return { owner, nominee: nextOwner };
                },
            },
            async () => {
                const roles = await c.getRoles();
                const { rateKeeper, guardian } = roles;
                const recorders = await c.getRecorders();
                const numbered = (list: { address: Address }[]) =>
                    Object.fromEntries(list.map(({ address }, i) => [`recipient ${i + 1}`, address]));
                const usage = await c.getUsageData();
                return [
                    ...paid('', numbered(await c.getRecipients())),
                    ...paid('next ', numbered(await c.getNextRecipients())),
                    ...paid('', { treasury: usage.treasury, liquidity: usage.liquidity }),
                    ...paid('next ', { treasury: usage.nextTreasury, liquidity: usage.nextLiquidity }),
                    {
                        role: 'rate keeper',
                        holder: rateKeeper,
                        worst: 'rates moved by a fifth a week, growth after 7 days',
                    },
                    { role: 'guardian', holder: guardian, worst: 'usage minting stopped until the owner replaces him' },
                    ...recorders.map((r) => ({
                        role: 'recorder',
                        holder: r.address,
                        worst: 'invents usages: 400,000 tokens until the breaker trips',
                    })),
                    ...waitsFor('rate keeper', roles.nextRateKeeper),
                    ...waitsFor('guardian', roles.nextGuardian),
                    ...waitsFor('recorder', roles.nextRecorder),
                ];
            },
            async () => [slot('EmissionController', await c.getUpgrade())],
            async () => accepting(EmissionController, await c.getRoles(), EmissionController.opcodes.SetBreaker),
        );
    }
    const staking = readStakingManifest(stakingManifestFile(session));
    if (staking !== undefined) {
        const c = session.open(StakingMaster.createFromAddress(at(staking.master)));
        await add(
            'StakingMaster',
            c.address,
            {
                nominate: (owner, queryId) => StakingMaster.nominateOwnerBody({ owner, queryId }),
                accept: StakingMaster.acceptOwnerBody(),
                cost: (body) => c.getCost(body),
                look: async () => {
                    const { owner, nextOwner } = await c.getMaster();
                    return { owner, nominee: nextOwner };
                },
            },
            async () => {
                const { slasher, resolver, guardian, roleHolder } = await c.getMaster();
                const params = await c.getParams();
                const next = await c.getNextParams();
                return [
                    ...paid('', { treasury: params.treasury, insurance: params.insurance }),
                    ...paid('next ', { treasury: next?.treasury ?? 0n, insurance: next?.insurance ?? 0n }),
                    {
                        role: 'slasher',
                        holder: slasher,
                        worst: 'up to 50 % of stakes a slash into escrow; appeals bring it back',
                    },
                    {
                        role: 'resolver',
                        holder: resolver,
                        worst: 'wrong verdicts; slashes go to treasury and insurance only',
                    },
                    { role: 'guardian', holder: guardian, worst: 'entries paused for 72 h' },
                    ...waitsFor('role', roleHolder),
                ];
            },
            async () => {
                const { codeHash, codeReadyAt } = await c.getMaster();
                return [{ part: 'StakingMaster', codeHash, readyAt: BigInt(codeReadyAt) }];
            },
            async () => {
                const { guardian, roleHolder } = await c.getMaster();
                return {
                    holder: guardian,
                    next: roleHolder,
                    name: (holder) => StakingMaster.setRoleBody({ role: 'guardian', holder }),
                    stop: StakingMaster.opcodes.Pause,
                };
            },
        );
    }
    const settlement = readSettlementManifest(settlementManifestFile(session));
    if (settlement !== undefined) {
        const r = session.open(UsageRegistry.createFromAddress(at(settlement.registry)));
        await add(
            'UsageRegistry',
            r.address,
            {
                nominate: (holder, queryId) => UsageRegistry.nominateRoleBody({ role: 'owner', holder, queryId }),
                accept: UsageRegistry.acceptRoleBody({ role: 'owner' }),
                cost: (body) => r.getCost(body),
                look: async () => {
                    const { owner, nextOwner } = await r.getRegistryData();
                    return { owner, nominee: nextOwner };
                },
            },
            async () => {
                const { guardian, nextGuardian, nextRecorder } = await r.getRegistryData();
                return [
                    { role: 'guardian', holder: guardian, worst: 'recording paused' },
                    ...(await r.getRecorders()).map((recorder) => ({
                        role: 'recorder',
                        holder: recorder.address,
                        worst: 'invents usages; nothing is paid unless the settler settles them',
                    })),
                    ...waitsFor('guardian', nextGuardian),
                    ...waitsFor('recorder', nextRecorder),
                ];
            },
            async () => [slot('UsageRegistry', await r.getUpgrade())],
            async () => accepting(UsageRegistry, await r.getRegistryData(), UsageRegistry.opcodes.SetPause),
        );
        const s = session.open(PaymentSettlement.createFromAddress(at(settlement.settlement)));
        await add(
            'PaymentSettlement',
            s.address,
            {
                nominate: (holder, queryId) => PaymentSettlement.nominateRoleBody({ role: 'owner', holder, queryId }),
                accept: PaymentSettlement.acceptRoleBody({ role: 'owner' }),
                cost: (body) => s.getCost(body),
                look: async () => {
                    const { owner, nextOwner } = await s.getRoles();
                    return { owner, nominee: nextOwner };
                },
            },
            async () => {
                const roles = await s.getRoles();
                const { settler, guardian, resolver } = roles;
                const { operations, validators, treasury } = await s.getNextPayees();
                const { assignUser } = await s.getSettlementData();
                return [
                    ...paid('', await s.getPayees()),
                    ...paid('next ', { operations, validators, treasury }),
                    ...paid('next ', { 'owner of the surplus': assignUser }),
                    { role: 'settler', holder: settler, worst: 'settles early, late or not at all' },
                    { role: 'guardian', holder: guardian, worst: 'settling paused' },
                    {
                        role: 'resolver',
                        holder: resolver,
                        worst: 'decides disputes wrongly, between their two parties',
                    },
                    ...waitsFor('settler', roles.nextSettler),
                    ...waitsFor('guardian', roles.nextGuardian),
                    ...waitsFor('resolver', roles.nextResolver),
                ];
            },
            async () => [slot('PaymentSettlement', await s.getUpgrade())],
            async () => accepting(PaymentSettlement, await s.getRoles(), PaymentSettlement.opcodes.SetPause),
        );
    }
    const governance = readGovernanceManifest(governanceManifestFile(session));
    if (governance?.treasury) {
        const c = session.open(Treasury.createFromAddress(at(governance.treasury)));
        await add(
            'Treasury',
            c.address,
            {
                nominate: (owner, queryId) => Treasury.nominateOwnerBody({ owner, queryId }),
                accept: Treasury.acceptOwnerBody(),
                cost: (body) => c.getCost(body),
                look: async () => {
                    const { owner, nextOwner } = await c.getTreasury();
                    return { owner, nominee: nextOwner };
                },
            },
            async () => {
                const { guardian, signers, threshold } = await c.getTreasury();
                return [
                    { role: 'freezer', holder: guardian, worst: 'spending stopped for 7 days, then not for 30' },
                    ...[...signers.keys()].map((holder) => ({
                        role: 'signer',
                        holder,
                        worst:
                            threshold === 1n ? 'spends the budgets' : `nothing alone; ${threshold} of them the budgets`,
                    })),
                ];
            },
            async () => {
                const { codeHash, codeReadyAt } = await c.getTreasury();
                return [{ part: 'Treasury', codeHash, readyAt: codeReadyAt }];
            },
            async () => ({
                holder: (await c.getTreasury()).guardian,
                next: null,
                name: (guardian) => Treasury.setFreezerBody({ guardian }),
                stop: Treasury.opcodes.Freeze,
            }),
        );
    }
    return found;
}

/** Prices may rise until a proposal is executed; what is left of the value comes back. */
const valueOf = (cost: bigint): bigint => cost * 2n + 50_000_000n;

/** Actions that make the Governor guardian of what the Timelock owns, and those that let emergency proposals stop it. */
async function guardianActions(
    session: Session,
    contracts: Owned[],
): Promise<[GovernanceAction[], GovernanceAction[]]> {
    const governor = session.open(Governor.createFromAddress(await governanceAddress(session, 'governor')));
    const id = accountIdOf(governor.address);
    const roles: GovernanceAction[] = [];
    const rules: GovernanceAction[] = [];
    for (const { name, address, cost, guard: ask } of contracts) {
        const guard = await ask?.();
        if (guard === undefined) {
            continue;
        }
        if (idOf(guard.holder) !== id) {
            if (idOf(guard.next) !== id) {
                const body = guard.name(governor.address);
                roles.push({ destination: address, value: valueOf(await cost(body)), body });
            } else if (guard.accept === undefined) {
                session.say(`${name}: the Governor becomes guardian when its notice is over.`);
            }
            if (guard.accept !== undefined) {
                const body = Governor.acceptGuardianBody({ destination: address });
                const value = valueOf((await governor.getCost(body)) + (await cost(guard.accept)));
                roles.push({ destination: governor.address, value, body });
            }
        }
        if ((await governor.getRule(address, guard.stop)) !== 'emergency') {
            const body = Governor.changeRuleBody({ destination: address, op: guard.stop, kind: 'emergency' });
            rules.push({ destination: governor.address, value: valueOf(await governor.getCost(body)), body });
        }
    }
    const room = (await governor.getGovernor()).ruleCount + rules.length <= Number(MAX_RULES);
    requireGovernanceRule(room, 'ERROR_TOO_MANY_RULES');
    return [roles, rules];
}

async function main(session: Session): Promise<void> {
    const address = await governanceAddress(session, 'timelock');
    const timelock = session.open(Timelock.createFromAddress(address));
    const id = accountIdOf(address);
    const deployer = accountIdOf((await session.optionalAddress('deployer')) ?? session.me);
    const contracts = await ownedContracts(session);
    const me = accountIdOf(session.me);

    const steps: Step[] = [];
    for (const c of contracts) {
        if (idOf(c.owner) === me && idOf(c.nominee) !== id) {
            const body = c.nominate(address, session.queryId());
            steps.push({
                title: `Nominate the Timelock as owner of ${c.name}`,
                to: c.address,
                toName: c.name,
                value: await c.cost(body),
                body,
                done: async () => idOf((await c.look()).nominee) === id,
                awaited: 'the nomination shows',
            });
        }
    }
    await session.execute(steps);
    for (const c of contracts) {
        Object.assign(c, await c.look());
    }

    const waiting = contracts.filter((c) => idOf(c.owner) !== id && idOf(c.nominee) === id);
    const out = session.args.get('out') ?? 'handover.json';
    if (waiting.length > 0 && !session.dryRun) {
        const actions: GovernanceAction[] = [];
        for (const c of waiting) {
            actions.push({ destination: c.address, value: valueOf(await c.cost(c.accept)), body: c.accept });
        }
        writeActions(session, out, 'technical', actions);
    } else if (waiting.length === 0 && fs.existsSync(out)) {
        session.say(`${out} is from an earlier run: nothing waits for it.`);
    }

    const guardians = session.args.get('guardians');
    if (guardians !== undefined) {
        const mine = contracts.filter((c) => idOf(c.owner) === id);
        const files = [guardians, `${guardians.replace(/\.json$/, '')}-rules.json`];
        for (const [i, list] of (await guardianActions(session, mine)).entries()) {
            session.report({ [i === 0 ? 'guardianActions' : 'ruleActions']: list.length });
            if (list.length > 0 && !session.dryRun) {
                writeActions(session, files[i], 'technical', list);
            }
        }
    }

    const { guardian, guardianUntil, proposers, deployer: setter } = await timelock.getTimelock();
    const rows: (Role & { contract: string })[] = [
        ...(setter === 0n
            ? []
            : [{ contract: 'Timelock', role: 'deployer', holder: setter, worst: 'sets it up as he likes' }]),
        {
            contract: 'Timelock',
            role: 'guardian',
            holder: guardian,
            worst: `operations cancelled, until ${time(guardianUntil)}`,
        },
        ...[...proposers.keys()].map((holder) => ({
            contract: 'Timelock',
            role: 'proposer',
            holder,
            worst: 'anything, announced two days before; the Governor has no key',
        })),
        ...contracts.flatMap((c) => [
            { contract: c.name, role: 'owner', holder: c.owner, worst: OWNER },
            ...(idOf(c.nominee) === id
                ? []
                : waitsFor('owner', c.nominee).map((role) => ({ contract: c.name, ...role }))),
            ...c.roles.map((role) => ({ contract: c.name, ...role })),
        ]),
    ];
    session.say(
        table([
            ['contract', 'role', 'holder', 'a stolen key can, at worst'],
            ...rows.map((row) => [row.contract, row.role, showAccount(session, row.holder), row.worst]),
        ]),
    );
    const kept = rows.filter((row) => idOf(row.holder) === deployer && deployer !== 0n);
    const foreign = contracts.filter((c) => idOf(c.owner) !== id);
    const announced = contracts.flatMap((c) => c.announced);
    for (const { part, codeHash, readyAt } of announced) {
        session.say(`${part}: anyone can apply the code ${codeHash.toString(16)} from ${time(readyAt)} on.`);
    }
    session.report({
        announced: announced.map((code) => ({ ...code, codeHash: code.codeHash.toString(16) })),
        roles: rows.map((row) => ({ ...row, holder: showAccount(session, row.holder) })),
        waiting: waiting.map((c) => c.name),
        notOwned: foreign.map((c) => c.name),
        deployerKeeps: kept.map((row) => `${row.contract} ${row.role}`),
    });
    const problems = [
        ...foreign.map((c) => `the Timelock does not own ${c.name}${waiting.includes(c) ? ' yet (nominated)' : ''}`),
        ...kept.map((row) => `the deployer is ${row.role} of ${row.contract}`),
        ...announced.map(({ part }) => `code is announced for ${part}`),
    ];
    if (problems.length > 0) {
        throw new PartialError(`Not handed over: ${problems.join('; ')}`);
    }
    session.say('The Timelock owns everything, the deployer has no role, and no code is announced.');
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
