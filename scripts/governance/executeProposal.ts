/** Executes a queued proposal at the Timelock, or a succeeded emergency one at the Governor; sends again what came back. */
import type { NetworkProvider } from '@ton/blueprint';
import { OpenedContract } from '@ton/core';

import { Proposal, Timelock, TimelockOperation } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { time, ton } from '../lib/format';
import { GOVERNANCE_FLAGS, openGovernor, openProposal, requireGovernanceRule } from '../lib/governance';
import { runScript, Session, Step } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'executeProposal',
    about:
        'Sends the actions of a proposal whose time has come; you pay their values. Of an executed one: sends again what came ' +
        'back, or, when that is over, sends the value back to who paid it.',
    positionals: { id: 'number of the proposal' },
    flags: GOVERNANCE_FLAGS,
};

type Operation = OpenedContract<TimelockOperation>;
type OperationState = Awaited<ReturnType<Operation['getOperation']>>;

/** Numbers of the actions that came back, from 1. */
const returned = ({ bounced, count }: OperationState): number[] =>
    Array.from({ length: Number(count) }, (_, i) => i + 1).filter((i) => (Number(bounced) & (1 << (i - 1))) !== 0);

/** What can still be done for an operation that ran. */
async function again(session: Session, operation: Operation): Promise<Step | undefined> {
    const before = await operation.getOperation();
    const queryId = session.queryId();
    const common = { to: operation.address, toName: 'its operation' };
    const now = await session.now(operation.address);
    if (before.phaseName === 'bounced' && now < Number(before.expiresAt)) {
        const body = TimelockOperation.retryBody({ queryId });
        return {
            ...common,
            title: `Send again what came back: action ${returned(before).join(', ')}, with ${ton(before.kept)} of before`,
            value: await operation.getCost(body),
            body,
            done: async () => (await operation.getOperation()).sentAt > before.sentAt,
            awaited: 'it is sent',
        };
    }
    if (before.kept > 0n && (before.phaseName === 'stopped' || now >= Number(before.expiresAt))) {
        const body = TimelockOperation.releaseKeptBody({ queryId });
        return {
            ...common,
            title: `Send ${ton(before.kept)} that came back to who paid it`,
            value: await operation.getCost(body),
            body,
            done: async () => (await operation.getOperation()).kept === 0n,
            awaited: 'it is sent',
        };
    }
    return undefined;
}

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const { id, proposal } = await openProposal(session, desk);
    const info = await proposal.getProposal();
    const timelock = session.open(Timelock.createFromAddress(desk.info.timelock));
    const operation =
        info.kind === 'emergency' || info.operation === 0n
            ? undefined
            : session.open(TimelockOperation.createFromAddress(await timelock.getOperationAddress(info.operation)));
    const common = {
        title: `Execute proposal ${id} (${info.kind}, ${info.count} actions)`,
        done: async () => (await proposal.getProposal()).state === 'executed',
        awaited: 'the actions are sent',
    };
    let step: Step | undefined;
    if (info.state === 'executed') {
        step = operation && (await again(session, operation));
        if (step === undefined) {
            session.say(`Proposal ${id} is executed already.`);
        }
    } else if (info.kind === 'emergency') {
        requireGovernanceRule(info.state === 'succeeded', 'ERROR_PROPOSAL_STATE', `It is ${info.state}.`);
        const body = Proposal.executeBody({ queryId: session.queryId() });
        const value = await proposal.getCost(body);
        step = { ...common, to: proposal.address, toName: 'the proposal', value, body };
    } else {
        const queued = info.state === 'queued' && operation !== undefined;
        requireGovernanceRule(queued, 'ERROR_PROPOSAL_STATE', `It is ${info.state}.`);
        const now = await session.now(proposal.address);
        requireGovernanceRule(now >= info.readyAt, 'ERROR_TOO_EARLY', `Ready at ${time(info.readyAt)}.`);
        const body = TimelockOperation.executeBody({ queryId: session.queryId() });
        const value = await operation!.getCost(body);
        step = { ...common, to: operation!.address, toName: 'its operation', value, body };
    }
    if (step !== undefined) {
        await session.execute([step]);
    }
    session.report({ proposal: id, state: (await proposal.getProposal()).state });
    if (operation !== undefined) {
        const after = await operation.getOperation();
        for (const action of returned(after)) {
            session.say(`Action ${action} came back; the same command sends it again, until ${time(after.expiresAt)}.`);
        }
        session.report({ operation: after.phaseName, returned: returned(after), kept: after.kept });
    }
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
