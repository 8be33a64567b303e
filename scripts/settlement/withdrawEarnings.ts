/** Pays a provider's confirmed earnings; with a consumer, what is due from him is confirmed first. */
import type { NetworkProvider } from '@ton/blueprint';

import { SettlementAccount } from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { RefusedError } from '../lib/errors';
import { runScript, Session } from '../lib/session';
import {
    accountOf,
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
    const mine = await accountOf(session, settlement, session.me);
    const earned = mine === undefined ? 0n : (await mine.getAccountData()).earned;
    let open = 0n;
    let due = 0n;
    if (mine === undefined && consumer === undefined) {
        throw new RefusedError('You have no account at this settlement yet: name a --consumer who owes you something.');
    }
    if (consumer !== undefined) {
        const theirs = await requireAccount(session, settlement, consumer);
        open = (await theirs.getAccountData()).openCount;
        const now = BigInt(await session.now(theirs.address));
        due = (await theirs.getOpen())
            .filter((one) => one.provider.equals(session.me) && one.due <= now)
            .reduce((sum, one) => sum + one.amount, 0n);
        if (mine === undefined && due > 0n) {
            // Nobody was ever paid here: the first confirmation makes the account.
            const done = async () => (await accountOf(session, settlement, session.me)) !== undefined;
            const body = SettlementAccount.confirmBody({
                provider: session.me,
                deploy: true,
                queryId: session.queryId(),
            });
            const what = { title: 'Confirm what is due and open your account', body, n: 1n, done };
            if (!(await session.execute([await accountStep(theirs, { ...what, awaited: 'your account is there' })]))) {
                return;
            }
        }
        session.say(`Due from ${session.show(consumer)}, before fees: ${tokens(due, decimals)}`);
    }
    session.say(`Earned: ${tokens(earned, decimals)}`);
    requireSettlementRule(earned + due > 0n, 'ERROR_NOTHING_DUE');
    const account = mine ?? (await requireAccount(session, settlement, session.me));
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
