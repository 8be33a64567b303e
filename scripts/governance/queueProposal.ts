/** Hands a succeeded proposal to the Timelock. */
import type { NetworkProvider } from '@ton/blueprint';

import { Proposal } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { GOVERNANCE_FLAGS, openGovernor, openProposal, requireGovernanceRule } from '../lib/governance';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'queueProposal',
    about: 'Hands a succeeded proposal to the Timelock.',
    positionals: { id: 'number of the proposal' },
    flags: GOVERNANCE_FLAGS,
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const { id, proposal } = await openProposal(session, desk);
    const { state, kind } = await proposal.getProposal();
    if (state === 'queued') {
        session.say(`Proposal ${id} is queued already.`);
        return;
    }
    requireGovernanceRule(state === 'succeeded', 'ERROR_PROPOSAL_STATE', `Proposal ${id} is ${state}.`);
    requireGovernanceRule(kind !== 'emergency', 'ERROR_KIND', 'Emergencies are executed at once.');
    const body = Proposal.queueBody({ queryId: session.queryId() });
    await session.execute([
        {
            title: `Queue proposal ${id} (${kind})`,
            to: proposal.address,
            toName: 'the proposal',
            value: await proposal.getCost(body),
            body,
            done: async () => (await proposal.getProposal()).readyAt > 0,
            awaited: 'the operation waits at the Timelock',
        },
    ]);
    const now = await proposal.getProposal();
    session.report({ proposal: id, state: now.state, readyAt: now.readyAt });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
