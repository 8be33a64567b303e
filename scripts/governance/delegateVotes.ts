/** Lets another account vote with your locked tokens, or takes that back. */
import type { NetworkProvider } from '@ton/blueprint';

import { VoterAccount } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { time } from '../lib/format';
import {
    GOVERNANCE_FLAGS,
    ownAccount,
    openGovernor,
    requireGovernanceRule,
    showAccount,
    tokens,
} from '../lib/governance';
import { runScript, Session, Step } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'delegateVotes',
    about:
        'Lets another voter vote with all your locked tokens, or takes that back. They are yours again when no vote of his ' +
        'holds them; asked again meanwhile, he says whether that is sooner now.',
    positionals: { to: 'address of the voter, or: back' },
    flags: GOVERNANCE_FLAGS,
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const account = await ownAccount(session, desk);
    const before = await account.getVoter();
    const now = await session.now(account.address);
    const text = await session.text('to');
    const queryId = session.queryId();
    const common = { to: account.address, toName: 'your VoterAccount' };
    let step: Step;
    if (text === 'back') {
        if (before.delegation === 'none') {
            session.say('Nobody votes with your tokens.');
            session.report({ delegation: 'none', unchanged: true });
            return;
        }
        const asked = before.delegation !== 'revoked' || now >= before.freeAt;
        requireGovernanceRule(asked, 'ERROR_NOT_DELEGATED', `Asked already; again from ${time(before.freeAt)} on.`);
        const body = VoterAccount.revokeDelegationBody({ queryId });
        const value = await account.getCost(body);
        const amount = `${tokens(before.delegated, desk.decimals)} tokens`;
        const done = async () => {
            const { delegation, freeAt } = await account.getVoter();
            return delegation !== 'active' && (delegation !== 'revoked' || freeAt > before.freeAt);
        };
        step = { ...common, title: `Take ${amount} back`, value, body, done, awaited: 'the delegate has been asked' };
    } else {
        const to = await session.toAddress(text, 'to');
        requireGovernanceRule(before.lockedUntil <= now, 'ERROR_TOKENS_LOCKED', `Until ${time(before.lockedUntil)}.`);
        requireGovernanceRule(!to.equals(session.me), 'ERROR_BAD_DELEGATE');
        const same = before.delegation === 'active' && to.equals(before.delegate!);
        const free = before.delegation === 'none' || same;
        requireGovernanceRule(free, 'ERROR_DELEGATED', `To ${showAccount(session, before.delegate)}.`);
        const amount = before.own - before.delegated;
        requireGovernanceRule(amount > 0n, 'ERROR_NO_POWER');
        const body = VoterAccount.delegateBody({ to, queryId });
        step = {
            ...common,
            title: `Let ${session.show(to)} vote with ${tokens(amount, desk.decimals)} tokens`,
            value: await account.getCost(body),
            body,
            done: async () => (await account.getVoter()).delegated >= before.delegated + amount,
            awaited: 'the tokens are delegated',
        };
    }
    await session.execute([step]);
    const { delegation, delegate, delegated, freeAt } = await account.getVoter();
    if (delegation === 'cooling') {
        session.say(`A vote of ${showAccount(session, delegate)} holds them until ${time(freeAt)}.`);
    }
    session.report({ delegation, delegate: showAccount(session, delegate), delegated, freeAt });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
