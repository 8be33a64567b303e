/** New code for a contract of the pool, with its notice of nine days; vaults move by themselves, one by one. */
import * as fs from 'node:fs';
import type { NetworkProvider } from '@ton/blueprint';
import { Cell } from '@ton/core';

import {
    ParticipantRegistry,
    ParticipantVault,
    poolCodes,
    PoolOperator,
    POOL_UPGRADE_DELAY,
    RewardDistribution,
    UpgradeTarget,
} from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { RefusedError, requireRule, UsageError } from '../lib/errors';
import { duration, time } from '../lib/format';
import { requireVault } from '../lib/participants';
import { Pool, runScript, Session, Step } from '../lib/session';
import { distributionStep, operatorStep, registryStep, vaultStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'upgradePool',
    about: 'Announces, takes back or installs new code. `vault` announces code; each participant applies it to his own.',
    positionals: { action: 'status, announce, apply or cancel', target: 'operator, registry, distribution or vault' },
    flags: { code: { value: 'file', about: 'code as a BOC (raw or base64); the code of this build otherwise' } },
};

const TARGETS = ['operator', 'registry', 'distribution', 'vault'] as const;

const slotOf = (pool: Pool, target: UpgradeTarget) =>
    target === 'operator'
        ? pool.operator.getUpgrade()
        : target === 'distribution'
          ? pool.distribution.getUpgrade()
          : pool.registry.getUpgrade(target === 'vault');

const hex = (hash: bigint) => hash.toString(16).padStart(64, '0');

async function readCode(session: Session, target: UpgradeTarget): Promise<Cell> {
    const file = session.args.get('code');
    if (file === undefined) {
        const codes = await poolCodes();
        if (target === 'operator') {
            const me = session.me; // the code does not depend on the configuration
            const config = { owner: me, reporter: me, guardian: me, arbiter: me, recovery: me, payout: me };
            const { init } = await PoolOperator.createFromConfig(config);
            if (init === undefined) {
                throw new Error('the operator wrapper gave no state init');
            }
            return init.code;
        }
        return { registry: codes.registryCode, distribution: codes.distributionCode, vault: codes.vaultCode }[target];
    }
    let bytes: Buffer;
    try {
        bytes = fs.readFileSync(file);
    } catch {
        throw new UsageError(`${file} cannot be read`);
    }
    for (const read of [() => Cell.fromBoc(bytes)[0], () => Cell.fromBase64(bytes.toString('utf8').trim())]) {
        try {
            return read();
        } catch {
            continue;
        }
    }
    throw new UsageError(`${file} is not a BOC`);
}

/** Code that a contract runs now, as a hash. */
async function runningHash(session: Session, pool: Pool, target: UpgradeTarget): Promise<bigint | undefined> {
    const address = {
        operator: pool.address,
        registry: pool.registry.address,
        distribution: pool.distribution.address,
        vault: pool.vaultAddress(session.me),
    }[target];
    const { state } = await session.provider.provider(address).getState();
    return state.type === 'active' && state.code
        ? BigInt(`0x${Cell.fromBoc(state.code)[0].hash().toString('hex')}`)
        : undefined;
}

async function status(session: Session, pool: Pool): Promise<void> {
    const now = BigInt(await session.now(pool.address));
    const facts: Record<string, unknown> = {};
    for (const target of TARGETS) {
        const { codeHash, readyAt, version } = await slotOf(pool, target);
        const when = now >= readyAt ? 'can be applied' : `from ${time(readyAt)}`;
        session.say(
            `${target.padEnd(13)} version ${version}, ${codeHash === 0n ? 'nothing announced' : `${hex(codeHash)} ${when}`}`,
        );
        facts[target] = { version, codeHash: codeHash === 0n ? null : hex(codeHash), readyAt };
    }
    session.report({ upgrades: facts });
}

async function announce(session: Session, pool: Pool, target: UpgradeTarget): Promise<void> {
    session.requireOwner(pool);
    await session.requireUnpaused(pool);
    const slot = await slotOf(pool, target);
    const code = await readCode(session, target);
    const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
    if (slot.codeHash === codeHash) {
        session.say('It is announced already.');
        return;
    }
    requireRule(slot.codeHash === 0n, 'ERROR_CHANGE_PENDING', 'upgradePool cancel takes it back.');
    if ((await runningHash(session, pool, target)) === codeHash) {
        throw new RefusedError(`The ${target} runs this code already`);
    }
    await session.execute([
        await operatorStep(pool, {
            title: `Announce code ${hex(codeHash)} for ${target}, in ${duration(POOL_UPGRADE_DELAY)}`,
            body: PoolOperator.announceUpgradeBody({ target, codeHash, queryId: session.queryId() }),
            done: async () => (await slotOf(pool, target)).codeHash === codeHash,
            awaited: 'the code is announced',
        }),
    ]);
}

async function cancel(session: Session, pool: Pool, target: UpgradeTarget): Promise<void> {
    session.requireOwner(pool);
    requireRule((await slotOf(pool, target)).codeHash !== 0n, 'ERROR_NO_CHANGE');
    await session.execute([
        await operatorStep(pool, {
            title: `Take the announced code of ${target} back`,
            body: PoolOperator.cancelUpgradeBody({ target, queryId: session.queryId() }),
            done: async () => (await slotOf(pool, target)).codeHash === 0n,
            awaited: 'nothing is announced any more',
        }),
    ]);
}

async function applyStep(session: Session, pool: Pool, target: UpgradeTarget, code: Cell): Promise<Step> {
    const queryId = session.queryId();
    const wanted = BigInt(`0x${code.hash().toString('hex')}`);
    const what = {
        title: `Install code ${hex(wanted)} in the ${target}`,
        done: async () => (await runningHash(session, pool, target)) === wanted,
        awaited: 'the contract runs the new code',
    };
    switch (target) {
        case 'operator':
            return operatorStep(pool, { ...what, body: PoolOperator.applyUpgradeBody({ code, queryId }) });
        case 'registry':
            return registryStep(pool, { ...what, body: ParticipantRegistry.applyUpgradeBody({ code, queryId }) });
        case 'distribution':
            return distributionStep(pool, { ...what, body: RewardDistribution.applyUpgradeBody({ code, queryId }) });
        case 'vault': {
            const me = await requireVault(session, pool, session.me);
            return vaultStep(pool, me, { ...what, body: ParticipantVault.upgradeVaultBody({ code, queryId }) });
        }
    }
}

async function apply(session: Session, pool: Pool, target: UpgradeTarget): Promise<void> {
    const slot = await slotOf(pool, target);
    requireRule(slot.codeHash !== 0n, target === 'vault' ? 'ERROR_NOT_PUBLISHED' : 'ERROR_NO_CHANGE');
    const now = BigInt(await session.now(pool.address));
    requireRule(now >= slot.readyAt, 'ERROR_TOO_EARLY', `From ${time(slot.readyAt)} on.`);
    const code = await readCode(session, target);
    const hash = BigInt(`0x${code.hash().toString('hex')}`);
    requireRule(
        hash === slot.codeHash,
        'ERROR_WRONG_CODE',
        `${hex(slot.codeHash)} is announced, this is ${hex(hash)}.`,
    );
    await session.execute([await applyStep(session, pool, target, code)]);
}

async function main(session: Session): Promise<void> {
    const action =
        session.args.get('action') === undefined
            ? 'status'
            : await session.choice('action', ['status', 'announce', 'apply', 'cancel'] as const);
    const target = action === 'status' ? undefined : await session.choice('target', TARGETS);
    const pool = await session.pool();
    if (target !== undefined && action !== 'status') {
        await { announce, apply, cancel }[action](session, pool, target);
    }
    await status(session, pool);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
