/** What the scripts of governance share: the Governor, one's VoterAccount, proposals, rules. */
import type { OpenedContract } from '@ton/core';

import * as governorBuild from '../../build/Governor/Governor_Governor';
import {
    GOVERNANCE_ERRORS,
    GovernanceExit,
    Governor,
    Proposal,
    VoterAccount,
    voterTerms,
} from '../../wrappers/governance';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, RefusedError } from './errors';
import type { Session } from './session';

export { parseTokens, tokens } from './token';

addMessages(governorBuild, governorBuild.Governor.opcodes);
// 256 to 299 belong to every family and are known
addErrors(new Map([...GOVERNANCE_ERRORS].filter(([code]) => code >= 1536)));

/** Flags of every script of governance. */
export const GOVERNANCE_FLAGS: Record<string, FlagSpec> = {
    governor: { value: 'address', about: 'the Governor', env: 'GOVERNOR_ADDRESS' },
};

export type Desk = {
    governor: OpenedContract<Governor>;
    info: Awaited<ReturnType<Governor['getGovernor']>>;
    decimals: number;
};

export async function openGovernor(session: Session): Promise<Desk> {
    const governor = session.open(Governor.createFromAddress(await session.address('governor')));
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
