/** Deposits the settlement's asset, TON or a jetton, for the usage of oneself or of somebody else. */
import type { NetworkProvider } from '@ton/blueprint';

import { addressOfAccount } from '../../wrappers/pool';
import { depositPayload, PaymentSettlement } from '../../wrappers/settlement';
import { ShareWallet } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { assetUnit, jettonWallet } from '../lib/channel';
import { runScript, Session, Step } from '../lib/session';
import { accountOf, openSettlement, requireSettlementRule, SETTLEMENT_FLAGS, settlementStep } from '../lib/settlement';

const SPEC: ScriptSpec = {
    name: 'depositSettlement',
    about: 'Deposits TON or tokens; settlements of usages are charged to it.',
    positionals: { amount: 'in TON, or in tokens' },
    flags: { ...SETTLEMENT_FLAGS, user: { value: 'address', about: 'for whom (you)' } },
};

async function main(session: Session): Promise<void> {
    const settlement = await openSettlement(session);
    const data = await settlement.getSettlementData();
    const minter = data.ton ? null : addressOfAccount(data.minter);
    const unit = await assetUnit(session, minter);
    const amount = unit.parse(await session.text('amount'));
    const user = (await session.optionalAddress('user')) ?? session.me;
    const { minDeposit } = await settlement.getTerms();
    requireSettlementRule(amount >= minDeposit, 'ERROR_AMOUNT', `At least ${unit.amount(minDeposit)}.`);
    requireSettlementRule(BigInt(await session.now(settlement.address)) >= data.pausedUntil, 'ERROR_PAUSED');
    requireSettlementRule(data.ton || data.wallet !== 0n, 'ERROR_ASSET', 'The settlement does not know its wallet.');
    const known = await accountOf(session, settlement, user);
    const before = known === undefined ? 0n : (await known.getAccountData()).deposit;
    const deploy = known === undefined;
    const queryId = session.queryId();
    const what = {
        title: `Deposit ${unit.amount(amount)} for ${session.show(user)}`,
        done: async () => {
            const account = await accountOf(session, settlement, user);
            return account !== undefined && (await account.getAccountData()).deposit >= before + amount;
        },
        awaited: 'the account has the deposit',
    };
    let step: Step;
    if (minter === null) {
        const body = PaymentSettlement.depositBody({ amount, user, deploy, queryId });
        step = await settlementStep(settlement, { ...what, body, n: deploy ? 1 : 0, moved: amount });
    } else {
        const wallet = await jettonWallet(session, minter, session.me);
        const transfer = {
            destination: settlement.address,
            amount,
            response: session.me,
            forwardTonAmount: await settlement.getCost(PaymentSettlement.opcodes.DepositFor, deploy ? 1 : 0),
            forwardPayload: depositPayload({ user, deploy, queryId }),
            queryId,
        };
        const value = await wallet.getTransferCost(transfer);
        const body = ShareWallet.transferBody(transfer);
        step = { ...what, to: wallet.address, toName: 'ShareWallet', value, body };
    }
    const went = await session.execute([step]);
    session.report({ user, amount, deposit: before + (went ? amount : 0n) });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
