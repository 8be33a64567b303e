/** Ends a dispute: the resolver decides, or after 7 days anyone lets it expire. */
import type { NetworkProvider } from '@ton/blueprint';

import { accountIdOf } from '../../wrappers/pool';
import { PaymentSettlement, SettlementAccount } from '../../wrappers/settlement';
import { ScriptSpec } from '../lib/args';
import { UsageError } from '../lib/errors';
import { runScript, Session } from '../lib/session';
import {
    accountStep,
    openSettlement,
    requireAccount,
    requireSettlementRule,
    SETTLEMENT_FLAGS,
    settlementStep,
} from '../lib/settlement';

const SPEC: ScriptSpec = {
    name: 'resolveDispute',
    about: 'Confirms or refunds a disputed settlement (resolver), or lets it expire after 7 days (anyone).',
    positionals: { consumer: 'whose settlement', id: 'the settlement', verdict: 'confirm, refund or expire' },
    flags: SETTLEMENT_FLAGS,
};

async function main(session: Session): Promise<void> {
    const settlement = await openSettlement(session);
    const consumer = await session.address('consumer');
    const id = BigInt(await session.text('id'));
    const verdict = await session.text('verdict');
    if (!['confirm', 'refund', 'expire'].includes(verdict)) {
        throw new UsageError('The verdict is confirm, refund or expire');
    }
    const account = await requireAccount(session, settlement, consumer);
    const one = (await account.getDisputes()).find((dispute) => dispute.id === id);
    requireSettlementRule(one !== undefined, 'ERROR_NO_DISPUTE');
    const over = BigInt(await session.now(account.address)) > one!.deadline;
    const done = async () => !(await account.getDisputes()).some((dispute) => dispute.id === id);
    const what = { title: `${verdict} settlement ${id}`, done, awaited: 'the dispute is over' };
    const queryId = session.queryId();
    if (verdict === 'expire') {
        requireSettlementRule(over, 'ERROR_DISPUTE_RUNS');
        const body = SettlementAccount.expireDisputeBody({ id, queryId });
        await session.execute([await accountStep(account, { ...what, body })]);
    } else {
        const { resolver } = await settlement.getRoles();
        requireSettlementRule(resolver === accountIdOf(session.me), 'ERROR_NOT_ROLE');
        if (over) {
            throw new UsageError('The 7 days are over: let it expire');
        }
        const confirm = verdict === 'confirm';
        const body = PaymentSettlement.resolveDisputeBody({ consumer, id, confirm, queryId });
        await session.execute([await settlementStep(settlement, { ...what, body })]);
    }
    session.report({ id, consumer, verdict, amount: one!.amount, deposit: one!.deposit });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
