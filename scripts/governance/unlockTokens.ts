/** Takes locked tokens back. */
import type { NetworkProvider } from '@ton/blueprint';

import { VoterAccount } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { time } from '../lib/format';
import {
    GOVERNANCE_FLAGS,
    ownAccount,
    openGovernor,
    parseTokens,
    requireGovernanceRule,
    tokens,
} from '../lib/governance';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'unlockTokens',
    about: 'Sends tokens of your VoterAccount back to you.',
    positionals: { amount: 'tokens' },
    flags: GOVERNANCE_FLAGS,
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const amount = parseTokens(await session.text('amount'), desk.decimals);
    const account = await ownAccount(session, desk);
    const before = await account.getVoter();
    const now = await session.now(account.address);
    requireGovernanceRule(before.lockedUntil <= now, 'ERROR_TOKENS_LOCKED', `Until ${time(before.lockedUntil)}.`);
    requireGovernanceRule(amount > 0n && amount <= before.own - before.delegated, 'ERROR_NOT_FREE');
    const body = VoterAccount.unlockBody({ amount, queryId: session.queryId() });
    await session.execute([
        {
            title: `Unlock ${tokens(amount, desk.decimals)} tokens`,
            to: account.address,
            toName: 'your VoterAccount',
            value: await account.getCost(body),
            body,
            done: async () => (await account.getVoter()).own <= before.own - amount,
            awaited: 'the tokens are on their way',
        },
    ]);
    session.report({ own: (await account.getVoter()).own });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
