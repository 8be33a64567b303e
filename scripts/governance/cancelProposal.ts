/** Cancels your pending proposal, or ends one whose supply was not known in time, and frees its proposer. */
import type { NetworkProvider } from '@ton/blueprint';

import { Proposal } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { time } from '../lib/format';
import { GOVERNANCE_FLAGS, openGovernor, openProposal, requireGovernanceRule } from '../lib/governance';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'cancelProposal',
    about: 'Cancels your pending proposal, or ends one whose supply was not known in time, and frees its proposer.',
    positionals: { id: 'number of the proposal' },
    flags: GOVERNANCE_FLAGS,
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const { id, proposal } = await openProposal(session, desk);
    const { state, kind } = await proposal.getProposal();
    requireGovernanceRule(state === 'pending' || state === 'cancelled', 'ERROR_PROPOSAL_STATE', `It is ${state}.`);
    const body = Proposal.cancelBody({ queryId: session.queryId() });
    await session.execute([
        {
            title: `Cancel proposal ${id} (${kind})`,
            to: proposal.address,
            toName: 'the proposal',
            value: await proposal.getCost(body),
            body,
            done: async () => (await proposal.getProposal()).state === 'cancelled',
            awaited: 'the proposal is cancelled',
        },
    ]);
    const now = await proposal.getProposal();
    if (now.state === 'cancelled' && now.readyAt > 0) {
        session.say(`The proposer's tokens are free at ${time(now.readyAt)}, and he can propose again then.`);
    }
    session.report({ proposal: id, state: now.state, readyAt: now.readyAt });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
