/** Deploys Governor, Timelock and Treasury; the Timelock owns the Treasury from its first second. */
import * as fs from 'node:fs';
import type { NetworkProvider } from '@ton/blueprint';
import { Address, toNano } from '@ton/core';

import { version as compiler } from '@tact-lang/compiler/package.json';
import {
    Governor,
    GovernorConfig,
    MAX_GUARDIAN_TERM,
    PROPOSAL_KINDS,
    Rule,
    Timelock,
    timelockOperationCode,
    Treasury,
} from '../../wrappers/governance';
import { PoolInit } from '../../wrappers/common/initial';
import { StakingMaster } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { messageOf, RefusedError, UsageError } from '../lib/errors';
import { parseSeconds, time } from '../lib/format';
import {
    GOVERNANCE_FLAGS,
    GovernanceManifest,
    governanceManifestFile,
    readGovernanceManifest,
    writeGovernanceManifest,
} from '../lib/governance';
import { cellFromText, cellToText, ManifestContract } from '../lib/manifest';
import { runScript, Session, Step } from '../lib/session';
import { tokenDecimals } from '../lib/token';

const SPEC: ScriptSpec = {
    name: 'deployGovernance',
    about: 'Deploys Governor, Timelock and Treasury. Writes the manifest first; run again it goes on.',
    flags: {
        'governance-manifest': GOVERNANCE_FLAGS['governance-manifest'],
        token: { value: 'address', about: 'minter of the network token' },
        master: {
            value: 'address',
            about: 'the StakingMaster whose stakes vote; its staking token is the network token',
        },
        guardian: { value: 'address', about: 'who can cancel operations of the Timelock (the Governor)' },
        'guardian-term': { value: 'duration', about: 'for how long there is a guardian, at most 730d (365d)' },
        'timelock-delay': { value: 'duration', about: 'least delay of operations, 2d to 30d (2d)' },
        decimals: { value: 'number', about: 'decimals of the network token (as its metadata say)' },
        rules: { value: 'file', about: 'JSON: [{"destination": address, "op": opcode, "kind": type}, ...]' },
        'no-treasury': { about: 'without a Treasury' },
        salt: { value: 'number', about: 'tells several Timelocks of one deployer apart (0)' },
    },
};

/** TON that stays for the rent of years. */
const RENT = { governor: toNano('5'), timelock: toNano('3'), treasury: toNano('2') };

function readRules(file: string): Rule[] {
    try {
        const rows = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>[];
        return rows.map((row) => {
            const kind = PROPOSAL_KINDS.find((name) => name === row.kind);
            const op = Number(row.op);
            if (kind === undefined || kind === 'technical' || !Number.isInteger(op) || op < 1 || op > 0xffffffff) {
                throw new Error(`not a rule: ${JSON.stringify(row)}`);
            }
            return { destination: Address.parse(String(row.destination)), op, kind };
        });
    } catch (e) {
        throw new UsageError(`${file}: ${messageOf(e)}`);
    }
}

/** What treasury and emergency proposals may do with this Timelock and Treasury from the beginning. */
function firstRules(timelock: Address, treasury: Address | undefined): Rule[] {
    const { opcodes } = Treasury;
    const cancel: Rule = { destination: timelock, op: Timelock.opcodes.CancelOperation, kind: 'emergency' };
    if (treasury === undefined) {
        return [cancel];
    }
    const spending = ['OwnerSpend', 'CreateStream', 'CreateMilestones', 'ReleaseMilestone', 'CancelGrant', 'SetBudget'];
    return [
        cancel,
        { destination: treasury, op: opcodes.Freeze, kind: 'emergency' },
        ...spending.map((name): Rule => ({
            destination: treasury,
            op: opcodes[name as keyof typeof opcodes],
            kind: 'treasury',
        })),
    ];
}

function seconds(session: Session, name: string, otherwise: string, low: number, high: number): number {
    const value = parseSeconds(session.args.get(name) ?? otherwise, name);
    if (value < low || value > high) {
        throw new UsageError(`${name} is ${low / 86_400} to ${high / 86_400} days`);
    }
    return value;
}

function entry(session: Session, contract: { address: Address; init?: PoolInit }): ManifestContract {
    const { code, data } = contract.init!;
    return {
        address: session.show(contract.address),
        raw: contract.address.toRawString(),
        codeHash: code.hash().toString('hex'),
        code: cellToText(code),
        data: cellToText(data),
    };
}

async function plan(session: Session): Promise<GovernanceManifest> {
    const minter = await session.address('token');
    const masterAddress = await session.address('master');
    for (const [address, what] of [
        [minter, 'token'],
        [masterAddress, 'master'],
    ] as const) {
        if (!(await session.isDeployed(address))) {
            throw new UsageError(`There is no ${what} at ${session.show(address)} on ${session.network}`);
        }
    }
    const { stakingMinter } = await session.open(StakingMaster.createFromAddress(masterAddress)).getMaster();
    if (stakingMinter === null || !stakingMinter.equals(minter)) {
        throw new RefusedError('The staking token of this master is not the network token: its stakes could not vote');
    }
    const decimals = await tokenDecimals(session, minter);
    const salt = (await session.optionalInteger('salt', 0, 2 ** 32 - 1)) ?? 0;
    const day = 86_400;
    const minDelay = seconds(session, 'timelock-delay', '2d', 2 * day, 30 * day);
    const term = seconds(session, 'guardian-term', '365d', day, Number(MAX_GUARDIAN_TERM));
    const timelock = await Timelock.createFromConfig({ deployer: session.me, salt });
    const treasury = session.args.has('no-treasury')
        ? undefined
        : await Treasury.createFromConfig({ owner: timelock.address });
    const rules = session.args.get('rules');
    const config: GovernorConfig = {
        timelock: timelock.address,
        minter,
        master: masterAddress,
        decimals,
        settings: { timelockDelay: minDelay },
        rules: [...firstRules(timelock.address, treasury?.address), ...(rules === undefined ? [] : readRules(rules))],
    };
    const governor = await Governor.createFromConfig(config);
    const guardian = (await session.optionalAddress('guardian')) ?? governor.address;
    return {
        format: 1,
        network: session.network,
        complete: false,
        createdAt: new Date().toISOString(),
        compiler,
        decimals,
        governor: entry(session, governor),
        timelock: entry(session, timelock),
        treasury: treasury ? entry(session, treasury) : null,
        parameters: {
            minDelay,
            guardian: guardian.toRawString(),
            // an hour less: the set-up comes later than this
            guardianUntil: (await session.now(minter)) + term - 3600,
        },
    };
}

async function main(session: Session): Promise<void> {
    const file = governanceManifestFile(session);
    const found = readGovernanceManifest(file);
    const manifest = found ?? (await plan(session));
    if (found === undefined && !session.dryRun) {
        writeGovernanceManifest(file, manifest);
    }
    const at = ({ raw }: ManifestContract) => Address.parse(raw);
    const init = ({ code, data }: ManifestContract) => ({ code: cellFromText(code), data: cellFromText(data) });
    const steps: Step[] = [];
    const deploy = async (what: 'Governor' | 'Treasury', part: ManifestContract, value: bigint, body: Step['body']) => {
        if (!(await session.isDeployed(at(part)))) {
            steps.push({
                title: `Deploy the ${what}`,
                to: at(part),
                toName: what,
                value,
                body,
                init: init(part),
                done: () => session.isDeployed(at(part)),
                awaited: `the ${what} is there`,
            });
        }
    };
    await deploy('Governor', manifest.governor, RENT.governor, Governor.topUpBody({ queryId: session.queryId() }));
    if (manifest.treasury !== null) {
        await deploy('Treasury', manifest.treasury, RENT.treasury, Treasury.topUpBody({ queryId: session.queryId() }));
    }
    const timelock = session.open(Timelock.createFromAddress(at(manifest.timelock)));
    const isSetUp = async () =>
        (await session.isDeployed(timelock.address)) && (await timelock.getTimelock()).deployer === 0n;
    if (!(await isSetUp())) {
        const { minDelay, guardian, guardianUntil } = manifest.parameters;
        session.say(`The guardian can cancel operations until ${time(guardianUntil)}.`);
        steps.push({
            title: 'Deploy and set up the Timelock',
            to: timelock.address,
            toName: 'Timelock',
            value: RENT.timelock,
            init: init(manifest.timelock),
            body: Timelock.setupBody({
                queryId: session.queryId(),
                minDelay,
                proposer: at(manifest.governor),
                guardian: Address.parse(guardian),
                guardianUntil,
                code: await timelockOperationCode(),
            }),
            done: isSetUp,
            awaited: 'the Timelock is set up',
        });
    }
    if (steps.length === 0) {
        session.say('Everything is deployed.');
    }
    if (await session.execute(steps)) {
        writeGovernanceManifest(file, { ...manifest, complete: true });
    }
    if (manifest.treasury !== null && (await session.isDeployed(at(manifest.treasury)))) {
        const { guardian } = await session.open(Treasury.createFromAddress(at(manifest.treasury))).getTreasury();
        if (guardian === 0n) {
            session.say(
                'Nobody can freeze the Treasury yet: `treasury freezer` writes what a technical proposal needs.',
            );
        }
    }
    const parts = { governor: manifest.governor, timelock: manifest.timelock, treasury: manifest.treasury };
    for (const [name, part] of Object.entries(parts)) {
        if (part !== null) {
            session.say(`${name}: ${session.show(at(part))}`);
            session.report({ [name]: at(part) });
        }
    }
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
