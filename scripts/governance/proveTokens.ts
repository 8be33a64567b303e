/** Books tokens that came to your VoterAccount without being counted. */
import type { NetworkProvider } from '@ton/blueprint';

import { VoterAccount } from '../../wrappers/governance';
import { ShareWallet } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { GOVERNANCE_FLAGS, ownAccount, openGovernor, tokens } from '../lib/governance';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'proveTokens',
    about:
        'Counts tokens that are in the wallet of your VoterAccount and not in its books: sent without a notification, with too ' +
        'little TON, or before the account was there.',
    flags: GOVERNANCE_FLAGS,
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const account = await ownAccount(session, desk);
    const { own } = await account.getVoter();
    const wallet = session.open(ShareWallet.createFromAddress(await account.getWallet()));
    const amount = (await session.isDeployed(wallet.address)) ? await wallet.getBalance() : 0n;
    if (amount <= own) {
        session.say('Everything in its wallet is in the books.');
        session.report({ own, extra: 0n });
        return;
    }
    const body = VoterAccount.proveTokensBody({ amount, queryId: session.queryId() });
    await session.execute([
        {
            title: `Count ${tokens(amount - own, desk.decimals)} more tokens`,
            to: account.address,
            toName: 'your VoterAccount',
            value: await account.getCost(body),
            body,
            done: async () => (await account.getVoter()).own >= amount,
            awaited: 'the books have them',
        },
    ]);
    session.report({ own: (await account.getVoter()).own, extra: amount - own });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
