/** Makes a proposal from a JSON file of actions or from a template. */
import * as fs from 'node:fs';
import { createHash } from 'node:crypto';
import type { NetworkProvider } from '@ton/blueprint';

import { PROPOSAL_KINDS, VoterAccount } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { UsageError } from '../lib/errors';
import { GOVERNANCE_FLAGS, ownAccount, openGovernor, readActions, requireGovernanceRule } from '../lib/governance';
import { TEMPLATE_FLAGS, TEMPLATE_KIND, templateAction, TEMPLATES } from '../lib/proposals';
import { time } from '../lib/format';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'propose',
    about: 'Makes a proposal. The file: [{"destination": address, "value": nanoton, "body": BoC in base64}, ...].',
    positionals: {
        kind: PROPOSAL_KINDS.join(' | '),
        actions: `JSON file of 1 to 10 actions, or a template: ${TEMPLATES.join(' | ')}`,
    },
    flags: {
        ...GOVERNANCE_FLAGS,
        ...TEMPLATE_FLAGS,
        description: { value: 'file', about: 'text of the description; its sha256 goes on chain' },
        uri: { value: 'text', about: 'where the description is, at most 127 bytes' },
    },
};

async function main(session: Session): Promise<void> {
    const kind = await session.choice('kind', PROPOSAL_KINDS);
    const source = await session.text('actions');
    const template = TEMPLATES.find((name) => name === source);
    if (template !== undefined && kind !== 'technical' && kind !== TEMPLATE_KIND[template]) {
        throw new UsageError(`${template} is for ${TEMPLATE_KIND[template]} proposals, or technical ones`);
    }
    const actions = template === undefined ? readActions(source) : [await templateAction(session, template)];
    const desk = await openGovernor(session);
    const account = await ownAccount(session, desk);
    const voter = await account.getVoter();
    const settings = await desk.governor.getSettings();
    requireGovernanceRule(voter.own - voter.delegated >= settings.threshold, 'ERROR_BELOW_THRESHOLD');
    const now = await session.now(account.address);
    requireGovernanceRule(voter.proposeFrom <= now, 'ERROR_OPEN_PROPOSAL', `Until ${time(voter.proposeFrom)}.`);
    for (const { destination, body } of kind === 'technical' ? [] : actions) {
        const rule = await desk.governor.getRule(destination, body.beginParse().loadUint(32));
        requireGovernanceRule(rule === kind, 'ERROR_ACTION_KIND', session.show(destination));
    }
    const file = session.args.get('description');
    const text = file === undefined ? Buffer.alloc(0) : fs.readFileSync(file);
    const description = BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
    const body = VoterAccount.proposeBody({
        kind,
        actions,
        description,
        uri: session.args.get('uri'),
        queryId: session.queryId(),
    });
    const id = desk.info.nextId;
    await session.execute([
        {
            title: `Make proposal ${id} (${kind}, ${actions.length} actions)`,
            to: account.address,
            toName: 'your VoterAccount',
            value: await desk.governor.getProposeCost(actions),
            body,
            done: async () => (await account.getVoter()).proposal >= id,
            awaited: 'the proposal exists',
        },
    ]);
    const { proposal } = await account.getVoter();
    session.report({ proposal, address: await desk.governor.getProposalAddress(proposal) });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
