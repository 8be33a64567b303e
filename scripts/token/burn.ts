/** Burns some of your own tokens. They are gone: what was burned is never minted again. */
import type { NetworkProvider } from '@ton/blueprint';

import { ShareWallet } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { UsageError } from '../lib/errors';
import { runScript, Session } from '../lib/session';
import { openToken, parseTokens, requireTokenRule, TOKEN_FLAGS, tokens } from '../lib/token';

const SPEC: ScriptSpec = {
    name: 'burn',
    about: 'Burns tokens of your wallet for good.',
    positionals: { amount: 'in whole tokens, such as 12.5' },
    flags: TOKEN_FLAGS,
};

async function main(session: Session): Promise<void> {
    const text = await session.text('amount');
    const token = await openToken(session);
    const amount = parseTokens(text, token.decimals);
    if (amount === 0n) {
        throw new UsageError('An amount of zero burns nothing');
    }
    const wallet = await token.wallet(session.me);
    const before = await wallet.getBalance();
    requireTokenRule(before >= amount, 'ERROR_BALANCE', `You have ${tokens(before, token.decimals)} ${token.symbol}.`);
    const { burned } = await token.minter.getSupply();
    await session.execute([
        {
            title: `Burn ${tokens(amount, token.decimals)} ${token.symbol}`,
            to: wallet.address,
            toName: 'ShareWallet',
            value: await wallet.getBurnCost(),
            body: ShareWallet.burnBody({ amount, response: session.me, queryId: session.queryId() }),
            done: async () => (await token.minter.getSupply()).burned >= burned + amount,
            awaited: 'the minter has counted it',
        },
    ]);
    const { supply } = await token.minter.getSupply();
    session.report({ amount, balance: await wallet.getBalance(), supply });
    session.say(`Supply: ${tokens(supply, token.decimals)} ${token.symbol}`);
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
