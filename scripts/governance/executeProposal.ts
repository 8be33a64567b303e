/** Executes a queued proposal at the Timelock, or a succeeded emergency one at the Governor. */
import type { NetworkProvider } from '@ton/blueprint';

import { Proposal, Timelock, TimelockOperation } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { time } from '../lib/format';
import { GOVERNANCE_FLAGS, openGovernor, openProposal, requireGovernanceRule } from '../lib/governance';
import { runScript, Session, Step } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'executeProposal',
    about: 'Sends the actions of a proposal whose time has come; you pay their values.',
    positionals: { id: 'number of the proposal' },
    flags: GOVERNANCE_FLAGS,
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const { id, proposal } = await openProposal(session, desk);
    const info = await proposal.getProposal();
    if (info.state === 'executed') {
        session.say(`Proposal ${id} is executed already.`);
        return;
    }
    const common = {
        title: `Execute proposal ${id} (${info.kind}, ${info.count} actions)`,
        done: async () => (await proposal.getProposal()).state === 'executed',
        awaited: 'the actions are sent',
    };
    let step: Step;
    if (info.kind === 'emergency') {
        requireGovernanceRule(info.state === 'succeeded', 'ERROR_PROPOSAL_STATE', `It is ${info.state}.`);
        const body = Proposal.executeBody({ queryId: session.queryId() });
        const value = await proposal.getCost(body);
        step = { ...common, to: proposal.address, toName: 'the proposal', value, body };
    } else {
        requireGovernanceRule(
            info.state === 'queued' && info.readyAt > 0,
            'ERROR_PROPOSAL_STATE',
            `It is ${info.state}.`,
        );
        const now = await session.now(proposal.address);
        requireGovernanceRule(now >= info.readyAt, 'ERROR_TOO_EARLY', `Ready at ${time(info.readyAt)}.`);
        const timelock = session.open(Timelock.createFromAddress(desk.info.timelock));
        const operation = session.open(
            TimelockOperation.createFromAddress(await timelock.getOperationAddress(info.operation)),
        );
        const body = TimelockOperation.executeBody({ queryId: session.queryId() });
        const value = await operation.getCost(body);
        step = { ...common, to: operation.address, toName: 'its operation', value, body };
    }
    await session.execute([step]);
    session.report({ proposal: id, state: (await proposal.getProposal()).state });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
