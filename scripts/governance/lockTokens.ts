/** Locks network tokens for votes; makes the VoterAccount first if there is none. */
import type { NetworkProvider } from '@ton/blueprint';
import { toNano } from '@ton/core';

import { VoterAccount } from '../../wrappers/governance';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { RefusedError } from '../lib/errors';
import { GOVERNANCE_FLAGS, openAccount, openGovernor, parseTokens, tokens } from '../lib/governance';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'lockTokens',
    about: 'Sends tokens to your VoterAccount. They come back with unlockTokens when no vote holds them.',
    positionals: { amount: 'tokens' },
    flags: GOVERNANCE_FLAGS,
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const amount = parseTokens(await session.text('amount'), desk.decimals);
    const minter = session.open(ShareMinter.createFromAddress(desk.info.minter));
    const wallet = session.open(ShareWallet.createFromAddress(await minter.getWalletAddress(session.me)));
    const balance = (await session.isDeployed(wallet.address)) ? await wallet.getBalance() : 0n;
    if (balance < amount) {
        throw new RefusedError(`Your wallet holds ${tokens(balance, desk.decimals)} tokens`);
    }
    const { account, deployed } = await openAccount(session, desk);
    if (!deployed) {
        const made = await session.execute([
            {
                title: 'Make your VoterAccount',
                to: account.address,
                toName: 'your VoterAccount',
                value: toNano('0.3'),
                body: VoterAccount.topUpBody(),
                init: account.init,
                done: () => session.isDeployed(account.address),
                awaited: 'the account exists',
            },
        ]);
        if (!made) {
            return;
        }
    }
    const before = (await account.getVoter()).own;
    const forwardTonAmount = await account.getLockForward();
    await session.execute([
        {
            title: `Lock ${tokens(amount, desk.decimals)} tokens`,
            to: wallet.address,
            toName: 'your wallet of the network token',
            value: await wallet.getTransferCost({ forwardTonAmount }),
            body: ShareWallet.transferBody({
                amount,
                destination: account.address,
                response: session.me,
                forwardTonAmount,
                queryId: session.queryId(),
            }),
            done: async () => (await account.getVoter()).own >= before + amount,
            awaited: 'the tokens are locked',
        },
    ]);
    const { own, power } = await account.getVoter();
    session.report({ account: account.address, own, power });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
