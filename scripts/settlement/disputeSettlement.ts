/** Disputes an open settlement, as its consumer or as its provider. */
import type { NetworkProvider } from '@ton/blueprint';

import { SettlementAccount } from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { RefusedError } from '../lib/errors';
import { time } from '../lib/format';
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
    name: 'disputeSettlement',
    about: 'Disputes an open settlement within its 72 hours. You stake 1 %, at least one whole token.',
    positionals: { id: 'the settlement' },
    flags: { ...SETTLEMENT_FLAGS, consumer: { value: 'address', about: 'whose settlement (yours)' } },
};

async function main(session: Session): Promise<void> {
    const settlement = await openSettlement(session);
    const decimals = await assetDecimals(session);
    const id = BigInt(await session.text('id'));
    const consumer = (await session.optionalAddress('consumer')) ?? session.me;
    const account = await requireAccount(session, settlement, consumer);
    const one = (await account.getOpen()).find((open) => open.id === id);
    requireSettlementRule(one !== undefined, 'ERROR_NO_SETTLEMENT');
    requireSettlementRule(BigInt(await session.now(account.address)) < one!.due, 'ERROR_NO_SETTLEMENT');
    const { disputeCount, deposit: free } = await account.getAccountData();
    requireSettlementRule(disputeCount < 8n, 'ERROR_DISPUTES_FULL');
    const deposit = await account.getDisputeDeposit(one!.amount);
    session.say(`${tokens(one!.amount, decimals)} of ${session.show(one!.provider)}, due ${time(one!.due)}`);
    session.say(`At stake: ${tokens(deposit, decimals)}`);
    const done = async () => (await account.getDisputes()).some((dispute) => dispute.id === id);
    const what = { title: `Dispute settlement ${id}`, done, awaited: 'the settlement is disputed' };
    const queryId = session.queryId();
    if (consumer.equals(session.me)) {
        requireSettlementRule(free >= deposit, 'ERROR_FUNDS');
        const body = SettlementAccount.disputeChargeBody({ provider: one!.provider, id, queryId });
        await session.execute([await accountStep(account, { ...what, body })]);
    } else if (one!.provider.equals(session.me)) {
        const mine = await requireAccount(session, settlement, session.me);
        requireSettlementRule((await mine.getAccountData()).earned >= deposit, 'ERROR_FUNDS');
        const body = SettlementAccount.disputeEarningBody({ consumer, id, deposit, queryId });
        await session.execute([await accountStep(mine, { ...what, body })]);
    } else {
        throw new RefusedError('Only the consumer and the provider can dispute it.');
    }
    session.report({ id, consumer, provider: one!.provider, amount: one!.amount, deposit });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
