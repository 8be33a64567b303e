/**
 * Deploys a pool step by step. Every step looks at the chain first, so a run that was interrupted is simply repeated.
 * The manifest is written before the first message: it holds the state init, without which a half-deployed pool could
 * not be found again.
 */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, contractAddress } from '@ton/core';

import {
    COMMISSION_MAX,
    COMMISSION_MIN,
    DEPLOY_VALUE,
    distributionInit,
    EPOCH_MAX,
    EPOCH_MIN,
    MAX_GPU,
    MAX_PROXIES,
    OPERATOR_MIN_STAKE,
    PARTICIPANT_MIN_STAKE,
    poolCodes,
    PoolInit,
    POOL_DEFAULTS,
    PoolOperator,
    registryInit,
} from '../../wrappers/pool';
import { version as compiler } from '@tact-lang/compiler/package.json';
import { ScriptSpec } from '../lib/args';
import { RefusedError, refuse, requireRule, UsageError } from '../lib/errors';
import { duration, parsePercent, parseSeconds, parseTon, percent, ton } from '../lib/format';
import { cellFromText, cellToText, Manifest, ManifestContract, readManifest, writeManifest } from '../lib/manifest';
import { runScript, Session } from '../lib/session';

const DAY = 86_400;

const SPEC: ScriptSpec = {
    name: 'deployPool',
    about: 'Deploys a pool, stakes, lists proxies and activates it; run again, it goes on where it stopped.',
    flags: {
        reporter: { value: 'address', about: 'sends metrics', env: 'POOL_REPORTER' },
        guardian: { value: 'address', about: 'may pause', env: 'POOL_GUARDIAN' },
        arbiter: {
            value: 'address',
            about: 'vetoes slashes; apart from owner, reporter, guardian',
            env: 'POOL_ARBITER',
        },
        recovery: { value: 'address', about: 'gets the stake in an emergency', env: 'POOL_RECOVERY' },
        payout: { value: 'address', about: 'gets commissions (you)', env: 'POOL_PAYOUT' },
        commission: { value: 'percent', about: '5 to 15 (10)' },
        epoch: { value: 'duration', about: 'length of an epoch, 1d to 28d (7d)' },
        'min-stake': { value: 'TON', about: 'lowest stake of a participant (10)' },
        'min-earned': { value: 'TON', about: 'Cocoon income an epoch asks for (0 = off)' },
        admission: { value: 'open|approval', about: 'who is admitted (open)' },
        'gpu-ceiling': { value: 'score', about: 'GPU score of open admissions, 1 to 1000000 (100000)' },
        stake: { value: 'TON', about: "operator's stake (100)" },
        proxy: { value: 'address,...', about: 'trusted Cocoon proxies' },
        'no-activate': { about: 'leave the pool inactive' },
        rehearsal: { about: 'allow epochs from 1 h: not for real money' },
    },
};

type Plan = Manifest['parameters'];

function describe(session: Session, init: PoolInit): ManifestContract {
    const address = contractAddress(0, init);
    return {
        address: session.show(address),
        raw: address.toRawString(),
        codeHash: init.code.hash().toString('hex'),
        code: cellToText(init.code),
        data: cellToText(init.data),
    };
}

/** Parameters from the command line, checked against the rules of the contracts. */
async function planFromArguments(session: Session): Promise<Plan> {
    const { args } = session;
    const owner = session.me;
    const roles = {
        reporter: await session.address('reporter'),
        guardian: await session.address('guardian'),
        arbiter: await session.address('arbiter'),
        recovery: await session.address('recovery'),
    };
    for (const role of ['reporter', 'guardian'] as const) {
        requireRule(!roles.arbiter.equals(roles[role]), 'ERROR_ARBITER_NOT_APART', `The arbiter is the ${role}, too.`);
    }
    requireRule(!roles.arbiter.equals(owner), 'ERROR_ARBITER_NOT_APART', 'The arbiter is the owner, too.');
    const payout = (await session.optionalAddress('payout')) ?? owner;
    const bps = parsePercent(args.get('commission') ?? '10', 'commission');
    requireRule(BigInt(bps) >= COMMISSION_MIN && BigInt(bps) <= COMMISSION_MAX, 'ERROR_COMMISSION_BOUNDS');
    const epochSeconds = parseSeconds(args.get('epoch') ?? '7d', 'epoch');
    requireRule(
        BigInt(epochSeconds) >= EPOCH_MIN && BigInt(epochSeconds) <= EPOCH_MAX,
        'ERROR_BAD_PARAMETER',
        `An epoch of ${duration(epochSeconds)}; 1 h to 28 d.`,
    );
    if (epochSeconds < DAY && !args.has('rehearsal')) {
        throw new RefusedError(
            `An epoch of ${duration(epochSeconds)} leaves people less than 6 h to object; at least a day, or --rehearsal`,
        );
    }
    const minStake = parseTon(args.get('min-stake') ?? '10', 'min-stake');
    requireRule(minStake >= PARTICIPANT_MIN_STAKE, 'ERROR_BAD_PARAMETER', `A minimum stake of ${ton(minStake)}.`);
    const stake = parseTon(args.get('stake') ?? '100', 'stake');
    if (!args.has('no-activate')) {
        requireRule(stake >= OPERATOR_MIN_STAKE, 'ERROR_STAKE_TOO_LOW', `A stake of ${ton(stake)}.`);
    }
    const admission = args.get('admission') ?? 'open';
    if (!['open', 'approval'].includes(admission)) {
        throw new UsageError(`admission "${admission}" is not open or approval`);
    }
    const proxies: string[] = [];
    for (const text of (args.get('proxy') ?? '').split(',').filter((t) => t.trim() !== '')) {
        const proxy = await session.toAddress(text.trim(), 'proxy');
        requireRule(proxy.workChain === 0, 'ERROR_BAD_ADDRESS', `Proxy ${text}.`);
        proxies.push(proxy.toRawString());
    }
    requireRule(new Set(proxies).size === proxies.length, 'ERROR_PROXY_LIST');
    requireRule(BigInt(proxies.length) <= MAX_PROXIES, 'ERROR_TOO_MANY_PROXIES');
    return {
        owner: owner.toRawString(),
        reporter: roles.reporter.toRawString(),
        guardian: roles.guardian.toRawString(),
        arbiter: roles.arbiter.toRawString(),
        recovery: roles.recovery.toRawString(),
        payout: payout.toRawString(),
        commissionBps: bps,
        epochSeconds,
        minStake: minStake.toString(),
        minEarned: parseTon(args.get('min-earned') ?? '0', 'min-earned').toString(),
        open: admission === 'open',
        openCeiling:
            (await session.optionalInteger('gpu-ceiling', 1, Number(MAX_GPU))) ?? Number(POOL_DEFAULTS.openCeiling),
        stake: stake.toString(),
        proxies,
    };
}

async function newManifest(session: Session): Promise<Manifest> {
    const parameters = await planFromArguments(session);
    const codes = await poolCodes();
    const operator = await PoolOperator.createFromConfig({
        owner: Address.parse(parameters.owner),
        reporter: Address.parse(parameters.reporter),
        guardian: Address.parse(parameters.guardian),
        arbiter: Address.parse(parameters.arbiter),
        recovery: Address.parse(parameters.recovery),
        payout: Address.parse(parameters.payout),
        commissionBps: parameters.commissionBps,
        epochSeconds: parameters.epochSeconds,
        minStake: BigInt(parameters.minStake),
        minEarned: BigInt(parameters.minEarned),
        open: parameters.open,
        openCeiling: parameters.openCeiling,
        codes,
    });
    if (operator.init === undefined) {
        throw new Error('the operator wrapper gave no state init');
    }
    return {
        format: 1,
        network: session.network,
        complete: false,
        createdAt: new Date().toISOString(),
        versions: { compiler, operator: 0, registry: 0, distribution: 0 },
        operator: describe(session, operator.init),
        registry: describe(session, await registryInit(operator.address, codes.registryCode)),
        distribution: describe(session, await distributionInit(operator.address, codes.distributionCode)),
        vault: { codeHash: codes.vaultCode.hash().toString('hex'), code: cellToText(codes.vaultCode) },
        parameters,
    };
}

/** A manifest that is there is continued; its address commits to its parameters, so other ones would be another pool. */
async function continuedManifest(session: Session, found: Manifest): Promise<Manifest> {
    if (found.network !== session.network) {
        throw new UsageError(`${session.manifestFile} is of ${found.network}, this is ${session.network}`);
    }
    const given = ['reporter', 'guardian', 'arbiter', 'recovery', 'commission', 'epoch', 'min-stake', 'min-earned'];
    if (!given.some((name) => session.args.get(name) !== undefined)) {
        return found;
    }
    const again = await newManifest(session);
    if (again.operator.raw === found.operator.raw) {
        return { ...found, parameters: again.parameters };
    }
    if (await session.isDeployed(Address.parse(found.operator.raw))) {
        throw new UsageError(
            `${session.manifestFile} describes ${found.operator.address}, which these parameters would not give. ` +
                'Leave them out to go on with it, or give --manifest for another pool.',
        );
    }
    return again; // nothing was deployed yet: the plan may still change
}

async function main(session: Session): Promise<void> {
    const file = session.manifestFile;
    const found = readManifest(file);
    const manifest = found === undefined ? await newManifest(session) : await continuedManifest(session, found);
    const plan = manifest.parameters;
    const init = { code: cellFromText(manifest.operator.code), data: cellFromText(manifest.operator.data) };
    const address = contractAddress(0, init);
    const operator = session.open(new PoolOperator(address, init));
    session.report({
        pool: address,
        manifest: file,
        registry: manifest.registry.address,
        distribution: manifest.distribution.address,
    });
    session.say(`Pool          ${manifest.operator.address}`);
    session.say(`Registry      ${manifest.registry.address}`);
    session.say(`Distribution  ${manifest.distribution.address}`);
    session.say(
        `Commission ${percent(plan.commissionBps)}, epochs of ${duration(plan.epochSeconds)}, stakes from ${ton(BigInt(plan.minStake))}`,
    );
    if (!session.dryRun) {
        writeManifest(file, manifest);
    }
    const children = [Address.parse(manifest.registry.raw), Address.parse(manifest.distribution.raw)];
    const linked = async () => {
        for (const contract of [address, ...children]) {
            if (!(await session.isDeployed(contract))) {
                return false;
            }
        }
        return (await operator.getPoolData()).linked;
    };

    if (!(await linked())) {
        if (!session.me.equals(Address.parse(plan.owner))) {
            refuse('ERROR_NOT_OWNER', session.wrongSender('owner', Address.parse(plan.owner)));
        }
        const active = await session.isDeployed(address);
        const body = PoolOperator.deployPoolBody({ queryId: session.queryId() });
        const value = active ? await operator.getCost(body) : DEPLOY_VALUE;
        const went = await session.execute([
            {
                title: 'Deploy the three contracts of the pool (rent for five years stays in them)',
                to: address,
                toName: 'PoolOperator',
                value,
                body,
                init: active ? undefined : init,
                done: linked,
                awaited: 'registry and distribution are deployed and linked',
            },
        ]);
        if (!went) {
            session.say(`Then: stake ${ton(BigInt(plan.stake))}, ${plan.proxies.length} proxies, activate.`);
            return;
        }
    } else {
        session.say('Deployed and linked already.');
    }

    const data = await operator.getPoolData();
    const missing = BigInt(plan.stake) - data.stake;
    const topUp = async (amount: bigint) => {
        const body = PoolOperator.topUpStakeBody({ amount, queryId: session.queryId() });
        return session.execute([
            {
                title: `Top the stake up to ${ton(BigInt(plan.stake))}`,
                to: address,
                toName: 'PoolOperator',
                value: amount + (await operator.getCost(body)),
                moved: amount,
                body,
                done: async () => (await operator.getPoolData()).stake >= BigInt(plan.stake),
                awaited: 'the stake is booked',
            },
        ]);
    };
    if (!manifest.complete && missing > 0n && !data.active) {
        await topUp(missing);
    } else {
        session.say(`Stake ${ton(data.stake)}: enough.`);
    }

    const listed = new Set((await operator.getProxyAddresses()).map((a) => a.toRawString()));
    for (const raw of plan.proxies.filter((proxy) => !listed.has(proxy))) {
        const proxy = Address.parse(raw);
        const body = PoolOperator.addProxyBody({ proxy, queryId: session.queryId() });
        await session.execute([
            {
                title: `Trust proxy ${session.show(proxy)}`,
                to: address,
                toName: 'PoolOperator',
                value: await operator.getCost(body),
                body,
                done: async () => (await operator.getProxyAddresses()).some((a) => a.equals(proxy)),
                awaited: 'the proxy is in the list',
            },
        ]);
    }
    if (plan.proxies.length === 0 && listed.size === 0) {
        session.say('No proxy is trusted yet: every payout would count as a donation (manageProxies add).');
    }

    if (!data.active && !manifest.complete && !session.args.has('no-activate')) {
        const body = PoolOperator.setActiveBody({ active: true, queryId: session.queryId() });
        await session.execute([
            {
                title: 'Activate the pool: it takes registrations and can be fined from now on',
                to: address,
                toName: 'PoolOperator',
                value: await operator.getCost(body),
                body,
                done: async () => (await operator.getPoolData()).active,
                awaited: 'the pool is active',
            },
        ]);
    }
    if (session.dryRun) {
        return;
    }
    const now = await operator.getPoolData();
    writeManifest(file, { ...manifest, complete: true });
    session.report({ complete: true, active: now.active, stake: now.stake });
    session.say(`The pool is ${now.active ? 'active' : 'deployed, not active'}. Manifest: ${file}`);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
