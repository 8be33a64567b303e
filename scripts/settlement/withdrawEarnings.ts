/** Pays a provider's confirmed earnings; with a consumer, what is due from him is confirmed first. */
import type { NetworkProvider } from '@ton/blueprint';

import { SettlementAccount } from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { runScript, Session } from '../lib/session';
import {
    accountStep,
    assetDecimals,
    openSettlement,
    requireAccount,
    requireSettlementRule,
    SETTLEMENT_FLAGS,
} from '../lib/settlement';
import { tokens } from '../lib/token';

const SPEC: ScriptSpec = {
    name: 'withdrawEarnings',
    about: 'Pays everything that you have earned.',
    flags: {
        ...SETTLEMENT_FLAGS,
        to: { value: 'address', about: 'where to (you)' },
        consumer: { value: 'address', about: 'confirm what is due from this consumer first' },
    },
};

async function main(session: Session): Promise<void> {
    const settlement = await openSettlement(session);
    const decimals = await assetDecimals(session);
    const to = await session.optionalAddress('to');
    const consumer = await session.optionalAddress('consumer');
    const account = await requireAccount(session, settlement, session.me);
    const { earned } = await account.getAccountData();
    let open = 0n;
    let due = 0n;
    if (consumer !== undefined) {
        const theirs = await requireAccount(session, settlement, consumer);
        open = (await theirs.getAccountData()).openCount;
        const now = BigInt(await session.now(theirs.address));
        due = (await theirs.getOpen())
            .filter((one) => one.provider.equals(session.me) && one.due <= now)
            .reduce((sum, one) => sum + one.amount, 0n);
        session.say(`Due from ${session.show(consumer)}, before fees: ${tokens(due, decimals)}`);
    }
    session.say(`Earned: ${tokens(earned, decimals)}`);
    requireSettlementRule(earned + due > 0n, 'ERROR_NOTHING_DUE');
    const went = await session.execute([
        await accountStep(account, {
            title: 'Withdraw earnings',
            body: SettlementAccount.withdrawEarningsBody({ to, consumer, queryId: session.queryId() }),
            n: consumer === undefined ? 0 : 1n + open,
            done: async () => (await account.getAccountData()).earned === 0n,
            awaited: 'the account has paid everything out',
        }),
    ]);
    session.report({ earned, due, paid: went });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
