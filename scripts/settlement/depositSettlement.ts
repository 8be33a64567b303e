/** Deposits TON for the usage of oneself or of somebody else. */
import type { NetworkProvider } from '@ton/blueprint';

import { PaymentSettlement } from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { RefusedError } from '../lib/errors';
import { ton } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { accountOf, openSettlement, requireSettlementRule, SETTLEMENT_FLAGS, settlementStep } from '../lib/settlement';

const SPEC: ScriptSpec = {
    name: 'depositSettlement',
    about: 'Deposits TON; settlements of usages are charged to it.',
    positionals: { amount: 'TON' },
    flags: { ...SETTLEMENT_FLAGS, user: { value: 'address', about: 'for whom (you)' } },
};

async function main(session: Session): Promise<void> {
    const settlement = await openSettlement(session);
    const amount = await session.ton('amount');
    const user = (await session.optionalAddress('user')) ?? session.me;
    const data = await settlement.getSettlementData();
    if (!data.ton) {
        throw new RefusedError('The asset is a jetton: send it to the settlement with depositPayload of the wrappers.');
    }
    const { minDeposit } = await settlement.getTerms();
    requireSettlementRule(amount >= minDeposit, 'ERROR_AMOUNT', `At least ${ton(minDeposit)}.`);
    requireSettlementRule(BigInt(await session.now(settlement.address)) >= data.pausedUntil, 'ERROR_PAUSED');
    const known = await accountOf(session, settlement, user);
    const before = known === undefined ? 0n : (await known.getAccountData()).deposit;
    const deploy = known === undefined;
    const went = await session.execute([
        await settlementStep(settlement, {
            title: `Deposit ${ton(amount)} for ${session.show(user)}`,
            body: PaymentSettlement.depositBody({ amount, user, deploy, queryId: session.queryId() }),
            n: deploy ? 1 : 0,
            moved: amount,
            done: async () => {
                const account = await accountOf(session, settlement, user);
                return account !== undefined && (await account.getAccountData()).deposit >= before + amount;
            },
            awaited: 'the account has the deposit',
        }),
    ]);
    session.report({ user, amount, deposit: before + (went ? amount : 0n) });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
