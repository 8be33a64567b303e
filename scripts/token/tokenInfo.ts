/** Shows a token: metadata, supply, roles, what is announced; with an owner, his wallet. */
import type { NetworkProvider } from '@ton/blueprint';

import { ScriptSpec } from '../lib/args';
import { time, ton } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { decimalsDiffer, openToken, TOKEN_FLAGS, tokens } from '../lib/token';

const SPEC: ScriptSpec = {
    name: 'tokenInfo',
    about: 'Shows metadata, supply, roles and announcements of a token, or the wallet of an owner.',
    positionals: { owner: 'whose wallet to show (nobody)' },
    flags: TOKEN_FLAGS,
};

async function main(session: Session): Promise<void> {
    const token = await openToken(session);
    const say = (label: string, text: string) => session.say(`${label.padEnd(12)}${text}`);
    const amount = (n: bigint) => `${tokens(n, token.decimals)} ${token.symbol}`;
    const data = await token.minter.getMinterData();
    const jetton = await token.minter.getJettonData();
    const { supply, minted, burned, cap } = await token.minter.getSupply();
    const library = token.walletCode.isExotic;

    say('Token', session.show(token.address));
    for (const [name, value] of Object.entries(token.metadata?.attributes ?? {})) {
        say(`  ${name}`.slice(0, 12), value.length > 100 ? `${value.length} bytes` : value.toString('utf8'));
    }
    if (token.metadata?.uri !== undefined) {
        say('  uri', token.metadata.uri);
    }
    if (decimalsDiffer(token)) {
        session.say(`The metadata name other decimals than the contract has (${token.decimals}).`);
    }
    say('Supply', amount(supply));
    say('Minted', `${amount(minted)} of ${amount(cap)}; burned ${amount(burned)}`);
    say('Wallets', library ? 'library cell: somebody pays the rent of the library' : 'code');
    say('Admin', data.admin === null ? 'none' : session.show(data.admin));
    if (data.nextAdmin !== null) {
        say('  next', session.show(data.nextAdmin));
    }
    const minters = [
        ...(data.firstMinter === null ? [] : [data.firstMinter.toRawString()]),
        ...data.minters.keys().map((id) => `0:${id.toString(16).padStart(64, '0')}`),
    ];
    say('Minters', minters.length === 0 ? 'none' : minters.join(', '));
    say('Set-up', data.open ? 'open: minters and metadata change at once' : 'closed: 48 h of notice');
    if (data.nextMinterAt !== 0n) {
        say('Announced', `minter ${session.show(data.nextMinter!)} from ${time(data.nextMinterAt)}`);
    }
    if (data.nextContentAt !== 0n) {
        say('Announced', `metadata from ${time(data.nextContentAt)}`);
    }
    if (data.codeHash !== 0n) {
        say('Announced', `code ${data.codeHash.toString(16).padStart(64, '0')} from ${time(data.codeReadyAt)}`);
    }
    session.report({
        ...data,
        minters,
        supply,
        decimals: token.decimals,
        mintable: jetton.mintable,
        library,
        metadata: Object.fromEntries(
            Object.entries(token.metadata?.attributes ?? {}).map(([name, value]) => [name, value.toString('utf8')]),
        ),
    });

    const owner = await session.optionalAddress('owner');
    if (owner === undefined) {
        return;
    }
    const wallet = await token.wallet(owner);
    const balance = await wallet.getBalance();
    const deployed = await session.isDeployed(wallet.address);
    session.say();
    say('Wallet', `${session.show(wallet.address)}${deployed ? '' : ' (not there yet)'}`);
    say('Balance', amount(balance));
    if (deployed) {
        say('Transfer', `attach ${ton(await wallet.getTransferCost())}, what is left comes back`);
        say('Burn', `attach ${ton(await wallet.getBurnCost())}`);
    }
    session.report({ owner, wallet: wallet.address, balance, deployed });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
