/** What the scripts of governance share: the Governor, one's VoterAccount, proposals, rules. */
import * as fs from 'node:fs';
import { Address, Cell, OpenedContract } from '@ton/core';

import * as governorBuild from '../../build/Governor/Governor_Governor';
import * as timelockBuild from '../../build/Timelock/Timelock_Timelock';
import * as treasuryBuild from '../../build/Treasury/Treasury_Treasury';
import {
    GOVERNANCE_ERRORS,
    GovernanceAction,
    GovernanceExit,
    Governor,
    Proposal,
    ProposalKind,
    TREASURY_ERRORS,
    VoterAccount,
    voterTerms,
} from '../../wrappers/governance';
import { accountOrNull } from '../../wrappers/staking/common';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, messageOf, RefusedError, UsageError } from './errors';
import { familyManifest, ManifestContract, writeWhole } from './manifest';
import type { Session } from './session';

export { parseTokens, tokens } from './token';

addMessages(governorBuild, governorBuild.Governor.opcodes);
addMessages(timelockBuild, timelockBuild.Timelock.opcodes);
addMessages(treasuryBuild, treasuryBuild.Treasury.opcodes);
// 256 to 299 belong to every family and are known
addErrors(new Map([...GOVERNANCE_ERRORS].filter(([code]) => code >= 1536)));
addErrors(new Map([...TREASURY_ERRORS].filter(([code]) => code >= 1536)));

/** Flags of every script of governance. */
export const GOVERNANCE_FLAGS: Record<string, FlagSpec> = {
    governor: { value: 'address', about: 'the Governor', env: 'GOVERNOR_ADDRESS' },
    'governance-manifest': {
        value: 'file',
        about: 'manifest of governance (deployments/<network>/governance.json)',
        env: 'GOVERNANCE_MANIFEST',
    },
};

export type GovernanceManifest = {
    format: 1;
    network: string;
    /** False until the Timelock is set up. */
    complete: boolean;
    createdAt: string;
    compiler: string;
    decimals: number;
    governor: ManifestContract;
    timelock: ManifestContract;
    treasury: ManifestContract | null;
    /** What the Timelock is set up with. */
    parameters: { minDelay: number; guardian: string; guardianUntil: number };
};

export const {
    file: governanceManifestFile,
    read: readGovernanceManifest,
    write: writeGovernanceManifest,
} = familyManifest<GovernanceManifest>('governance', (m) => [m.governor, m.timelock]);

/** Address of a contract of governance: by its flag, its environment variable, or the manifest. */
export async function governanceAddress(session: Session, name: 'governor' | 'timelock' | 'treasury') {
    if (session.args.get(name) !== undefined) {
        return session.address(name);
    }
    const file = governanceManifestFile(session);
    const entry = readGovernanceManifest(file)?.[name];
    if (entry === undefined || entry === null) {
        throw new UsageError(`Which ${name}? Give --${name}; there is none in a manifest ${file}`);
    }
    return Address.parse(entry.raw);
}

export type Desk = {
    governor: OpenedContract<Governor>;
    info: Awaited<ReturnType<Governor['getGovernor']>>;
    decimals: number;
};

export async function openGovernor(session: Session): Promise<Desk> {
    const governor = session.open(Governor.createFromAddress(await governanceAddress(session, 'governor')));
    const info = await governor.getGovernor();
    return { governor, info, decimals: String(info.unit).length - 1 };
}

/** The caller's account; with its StateInit, deployed or not. */
export async function openAccount(
    session: Session,
    { governor, info }: Desk,
): Promise<{ account: OpenedContract<VoterAccount>; deployed: boolean }> {
    const terms = await voterTerms({ minter: info.minter });
    const contract = await VoterAccount.createFromConfig({ governor: governor.address, voter: session.me, terms });
    if (!contract.address.equals(await governor.getVoterAddress(session.me))) {
        throw new RefusedError(
            'This build makes other VoterAccounts than the Governor: take the one it was deployed with',
        );
    }
    return { account: session.open(contract), deployed: await session.isDeployed(contract.address) };
}

/** The caller's account, which is there. */
export async function ownAccount(session: Session, desk: Desk): Promise<OpenedContract<VoterAccount>> {
    const { account, deployed } = await openAccount(session, desk);
    if (!deployed) {
        throw new RefusedError('You have no VoterAccount: lockTokens makes it');
    }
    return account;
}

/** The proposal of the positional argument `id`. */
export async function openProposal(
    session: Session,
    { governor, info }: Desk,
): Promise<{ id: number; proposal: OpenedContract<Proposal> }> {
    const id = await session.integer('id', 1, 2 ** 32 - 1);
    if (id >= info.nextId) {
        throw new RefusedError(`There is no proposal ${id}: the last one is ${info.nextId - 1}`);
    }
    return { id, proposal: session.open(Proposal.createFromAddress(await governor.getProposalAddress(id))) };
}

/** Refuses in the words of the contract's own error unless `condition` holds. Nothing was sent. */
export function requireGovernanceRule(condition: boolean, rule: keyof typeof GovernanceExit, why?: string): void {
    if (!condition) {
        const text = GOVERNANCE_ERRORS.get(GovernanceExit[rule])?.text ?? rule;
        throw new RefusedError(`${why === undefined ? '' : `${why} `}${text} (${rule})`);
    }
}

/** Actions of a proposal in a file: [{"destination", "value", "body"}]. Throws UsageError for anything else. */
export function readActions(file: string): GovernanceAction[] {
    let rows: unknown;
    try {
        rows = JSON.parse(fs.readFileSync(file, 'utf8'));
    } catch (error) {
        throw new UsageError(`${file}: ${messageOf(error)}`);
    }
    if (!Array.isArray(rows) || rows.length < 1 || rows.length > 10) {
        throw new UsageError(`${file}: a list of 1 to 10 actions was expected`);
    }
    return rows.map((row: Record<string, unknown>, i) => {
        try {
            return {
                destination: Address.parse(String(row.destination)),
                value: BigInt(String(row.value)),
                body: Cell.fromBase64(String(row.body)),
            };
        } catch (error) {
            throw new UsageError(`${file}: action ${i + 1}: ${messageOf(error)}`);
        }
    });
}

/** Writes actions for `propose`, and says so. */
export function writeActions(session: Session, file: string, kind: ProposalKind, actions: GovernanceAction[]): void {
    const rows = actions.map(({ destination, value, body }) => ({
        destination: destination.toRawString(),
        value: value.toString(),
        body: body.toBoc().toString('base64'),
    }));
    writeWhole(file, `${JSON.stringify(rows, null, 4)}\n`);
    session.say(`${actions.length} action(s) are in ${file}: propose ${kind} ${file}`);
    session.report({ actions: actions.length, file, kind });
}

/** Accounts are ids on chain, 0 is nobody. */
export function showAccount(session: Session, account: bigint | Address | null): string {
    const address = typeof account === 'bigint' ? accountOrNull(account) : account;
    return address === null ? 'nobody' : session.show(address);
}
