/**
 * Which gas constant of contracts/settlement/gas.tact covers which handler, and a tour that drives the handlers on a chain
 * that somebody pays for through their most expensive paths: maps full, histories long.
 */
import { Cell, toNano, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import * as built from '../../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import * as ledger from '../../../build/UsageLedger/UsageLedger_UsageLedger';
import { SettlementAccount, PaymentSettlement, UsageRegistry } from '../../../wrappers/settlement';
import { addressOfAccount } from '../../../wrappers/pool';
import { refuse } from '../pool/transactions';
import { fillKept, payouts } from './till';
import { DAY, RESOLVE, SettlementPerson, SettlementWorld, SETTLEMENT_PEOPLE, UNIT, WINDOW } from './world';

/** `rows` of a list, open settlements before a confirmation, openings; `providers` of a confirmation. */
export type Measured = { message: string; gas: bigint; rows: bigint; providers: bigint };

/** Constants that must cover a handler. */
export const GAS_BUDGETS: Record<string, (m: Measured) => bigint> = {
    AddUsage: () => built.GAS_ADD,
    AddUsages: (m) => built.GAS_ADD_BASE + m.rows * built.GAS_ADD_ROW,
    TakeUsage: () => built.GAS_LEDGER_TAKE,
    RefuseUsage: () => built.GAS_REGISTRY_REFUSE,
    SettleUsage: () => built.GAS_SETTLE,
    SettleUsages: (m) => built.GAS_SETTLE_BASE + m.rows * built.GAS_SETTLE_ROW,
    SettleRecord: () => built.GAS_LEDGER_SETTLE,
    Charge: () => built.GAS_ACCOUNT_CHARGE,
    ChargeAnswer: () => built.GAS_LEDGER_ANSWER,
    Confirm: (m) => built.GAS_CONFIRM_BASE + m.providers * built.GAS_CONFIRM_PROVIDER + m.rows * built.GAS_CONFIRM_ITEM,
    ConfirmFor: (m) => built.GAS_CONFIRM_BASE + built.GAS_CONFIRM_PROVIDER + m.rows * built.GAS_CONFIRM_ITEM,
    EarningsCredit: () => built.GAS_ACCOUNT_CREDIT,
    AccountCredit: () => built.GAS_ACCOUNT_CREDIT,
    FeesDue: () => built.GAS_SETTLEMENT_FEES,
    DisputeCharge: () => built.GAS_DISPUTE + 256n * built.GAS_DISPUTE_ITEM,
    RaiseDispute: () => built.GAS_DISPUTE + 256n * built.GAS_DISPUTE_ITEM,
    DisputeEarning: () => built.GAS_RAISE,
    Resolve: () => built.GAS_CONCLUDE,
    ExpireDispute: () => built.GAS_CONCLUDE,
    Resend: () => built.GAS_CONCLUDE,
    ResolveDispute: () => built.GAS_RESOLVE,
    Deposit: () => built.GAS_DEPOSIT,
    JettonNotification: () => built.GAS_DEPOSIT,
    CompleteWithdraw: () => built.GAS_ACCOUNT_WITHDRAW,
    WithdrawEarnings: () => built.GAS_ACCOUNT_WITHDRAW,
    PayOut: () => built.GAS_SETTLEMENT_PAY,
    PayFees: () => built.GAS_PAY_FEES,
    Release: () => built.GAS_RELEASE,
    ProveSurplus: () => built.GAS_SURPLUS,
    ApplySurplus: () => built.GAS_DEPOSIT,
    RequestWithdraw: () => built.GAS_ACCOUNT_USER,
    SetLimits: () => built.GAS_ACCOUNT_LIMITS,
    '*': () => built.GAS_SETTLEMENT_ADMIN,
};

/** Upgrades carry code of any size; top-ups and other people's contracts are nobody's cost. */
const UNBUDGETED = new Set(['ApplyUpgrade', 'TopUp', 'Excesses', 'TakeWalletAddress', 'ProvideWalletAddress']);
const FOREIGN = new Set(['JettonTransfer', 'JettonInternalTransfer', 'JettonBurn', 'JettonBurnNotification', 'Mint']);

const NAMES = new Map(
    [
        ...Object.entries(PaymentSettlement.opcodes),
        ...Object.entries(UsageRegistry.opcodes),
        ...Object.entries(SettlementAccount.opcodes),
    ].map(([n, op]) => [op, n]),
);

export function measured(
    transactions: readonly Transaction[],
    open: { rows: bigint; providers: bigint } = { rows: 0n, providers: 0n },
): Measured[] {
    const found: Measured[] = [];
    for (const tx of transactions) {
        const { inMessage: message, description } = tx;
        if (description.type !== 'generic' || description.computePhase.type !== 'vm') continue;
        if (!description.computePhase.success || message?.info.type !== 'internal' || message.info.bounced) continue;
        if (message.body.bits.length < 32) continue;
        const name = NAMES.get(message.body.beginParse().preloadUint(32));
        if (name === undefined || UNBUDGETED.has(name) || FOREIGN.has(name)) continue;
        const list = name === 'AddUsages' || name === 'SettleUsages';
        found.push({
            message: name,
            gas: description.computePhase.gasUsed,
            rows: list ? BigInt(message.body.beginParse().skip(96).loadUint(8)) : open.rows,
            providers: open.providers,
        });
    }
    return found;
}

type Watch = (transactions: Transaction[], open?: { rows: bigint; providers: bigint }) => void;

/** Records, full ledgers, long histories. */
export async function registryTour(watch: Watch): Promise<SettlementWorld> {
    const recorders = [...SETTLEMENT_PEOPLE.filter((n) => n !== 'alice' && n !== 'bob' && n !== 'carol')];
    const world = await SettlementWorld.create({ recorders });
    const see = async (result: Promise<SendMessageResult>) => watch((await result).transactions);
    const value = toNano('2');
    // A block of four days each time, with all slots in use and open records piling up.
    for (let i = 0; i < 106; i++) {
        const as: SettlementPerson = recorders[i % recorders.length];
        await see(world.add({ usage: world.usage({ time: world.now }, as) }, { as, value }));
        await see(
            world.add({ usage: world.usage({ consumer: world.of('carol'), time: world.now }, as) }, { as, value }),
        );
        if (i % 4 === 3) {
            const usage = world.usage({ nonce: 1n, time: world.now }, as);
            await see(world.add({ usage }, { as, value }));
        }
        world.advance(4 * DAY);
    }
    for (let i = 0; i < 3; i++) {
        const usages = Array.from({ length: 60 }, () => world.usage({ time: world.now }));
        await see(world.addAll(usages));
        world.advance(1);
    }
    await see(world.add({ batch: world.batch({ time: world.now }) }, { value }));
    // full: the oldest lapses
    world.advance(DAY);
    await see(world.add({ batch: world.batch({ time: world.now }) }, { value }));
    await see(world.addAll(Array.from({ length: 2 }, () => world.usage({ time: world.now }))));
    await see(
        world.addAll(
            [1, 2].map((i) => ({
                ...world.usage({ consumer: addressOfAccount(BigInt(i)), time: world.now }),
                deploy: true,
            })),
        ),
    );
    return world;
}

/** Everything that moves money, in a jetton: the books of the settlement are full. */
export async function settlementTour(watch: Watch): Promise<SettlementWorld> {
    const world = await SettlementWorld.create({
        jetton: true,
        terms: {
            tiers: Array.from({ length: 8 }, (_, i) => ({ threshold: BigInt(i) * UNIT, bps: 100 * i })),
        },
    });
    const { settlement } = world;
    const see = async (result: Promise<SendMessageResult>, open?: { rows: bigint; providers: bigint }) => {
        const done = await result;
        watch(done.transactions, open);
        return done;
    };
    const account = (who: SettlementPerson) => world.account(who);
    await see(world.deposit('alice', 100_000n * UNIT));
    await see(world.deposit('dave', 100_000n * UNIT));
    await see(world.deposit('alice', 100n * UNIT));
    const alice = await account('alice');
    const listed = [world.of('bob'), ...Array.from({ length: 31 }, (_, i) => addressOfAccount(BigInt(i + 1)))];
    const limits = { perDay: 1n << 90n, perThousand: 1n << 90n, providers: listed };
    await see(alice.sendSetLimits(world.via('alice'), limits));
    world.advance(DAY);
    await see(alice.sendSetLimits(world.via('alice'), { ...limits, perDay: 1n << 91n }));
    let first = true;
    const fill = async (n: number, providers: number) => {
        for (let k = 0; k < n; k += 50) {
            const usages = Array.from({ length: Math.min(50, n - k) }, (_, i) =>
                world.usage({ amount: 3n * UNIT, provider: listed[(k + i) % providers], time: world.now }),
            );
            const added = await see(world.addAll(usages.map((u, i) => ({ ...u, deploy: first && i === 0 }))));
            first = false;
            const ids = world.ids(added);
            await see(world.settle(usages.map((usage, i) => ({ usage, id: ids[i] }))));
        }
    };
    // 256 of 24 providers, all due; then half of them due
    await fill(256, 24);
    await see(world.settlement.sendSettleUsage(world.via('settler'), { record: { usage: world.usage(), id: 1n } }));
    world.advance(WINDOW);
    await see(world.confirm('alice'), { rows: 256n, providers: 24n });
    await fill(128, 24);
    world.advance(10);
    await fill(128, 24);
    world.advance(WINDOW - 10);
    await see(world.confirm('alice'), { rows: 256n, providers: 24n });
    world.advance(10);
    await see(world.confirm('alice'), { rows: 128n, providers: 24n });
    // one provider with 256: disputes of the oldest
    await fill(256, 1);
    const open = await alice.getOpen();
    const oldest = open[open.length - 1];
    const value = toNano('3');
    for (let i = 0; i < 8; i++) {
        const { id } = open[open.length - 1 - i];
        const { provider } = oldest;
        if (i % 2) await see(alice.sendDisputeCharge(world.via('alice'), { provider, id }));
        else
            await see(
                (await account('bob')).sendDisputeEarning(world.via('bob'), {
                    consumer: world.of('alice'),
                    id,
                    deposit: UNIT,
                }),
            );
    }
    for (const [i, confirm] of [true, false, true].entries()) {
        const { id } = open[open.length - 1 - i];
        await see(settlement.sendResolveDispute(world.via('resolver'), { consumer: world.of('alice'), id, confirm }));
    }
    world.advance(RESOLVE + 1);
    for (let i = 3; i < 5; i++) {
        const { id } = open[open.length - 1 - i];
        await see(alice.sendExpireDispute(world.via('stranger'), { id }));
    }
    await see((await account('bob')).sendWithdrawEarnings(world.via('bob'), { consumer: world.of('alice') }), {
        rows: 248n,
        providers: 1n,
    });
    // a provider's account that refuses: stuck, and sent again
    await world.settle([await world.recorded({ amount: 3n * UNIT, time: world.now })]);
    world.advance(WINDOW);
    const mend = await refuse(world.blockchain, (await account('bob')).address);
    await see(world.confirm('alice', 'bob'), { rows: 1n, providers: 1n });
    await mend();
    await see(alice.sendResend(world.via('stranger'), { provider: world.of('bob') }));
    // jettons that wait: small transfers without a payload from many
    await see(alice.sendRequestWithdraw(world.via('alice'), { amount: 90_000n * UNIT }));
    world.advance(DAY);
    await see(alice.sendCompleteWithdraw(world.via('alice'), {}));
    // the lists of the settlement full, as after thousands of messages
    await payouts(world, Number(built.MAX_PAYOUTS), 1n);
    await fillKept(world, 2);
    world.advance(DAY);
    const dave = await account('dave');
    await dave.sendRequestWithdraw(world.via('dave'), { amount: UNIT });
    world.advance(DAY);
    await see(dave.sendCompleteWithdraw(world.via('dave'), {}));
    const missing = addressOfAccount(77n);
    await see(world.deposit('dave', 2n * UNIT, { user: missing, deploy: false }));
    await see(settlement.sendRelease(world.via('stranger'), { to: missing, account: true }));
    await see(settlement.sendPayFees(world.via('stranger')));
    await world.walletOf(world.of('alice')).sendTransfer(world.via('alice'), {
        destination: settlement.address,
        amount: 7n * UNIT,
        response: world.of('alice'),
        forwardTonAmount: toNano('0.02'),
        value,
    });
    await see(settlement.sendRelease(world.via('stranger'), { to: world.of('alice') }));
    await world.minter!.sendMint(world.via('owner'), { receiver: settlement.address, amount: 5n * UNIT });
    await see(settlement.sendProveSurplus(world.via('stranger'), { amount: 5n * UNIT }));
    const owner = world.via('owner');
    await see(settlement.sendAssignSurplus(owner, { amount: 5n * UNIT, user: world.of('alice') }));
    world.advance(2 * DAY);
    await see(settlement.sendApplySurplus(world.via('stranger')));
    await see(settlement.sendSetPause(world.via('guardian'), { stop: true }));
    await see(settlement.sendSetPause(world.via('guardian'), { stop: false }));
    const payees = { operations: world.of('bob'), validators: world.of('bob'), treasury: world.of('bob') };
    await see(settlement.sendSetFeePayees(owner, { payees }));
    await see(settlement.sendCancelFeePayees(owner));
    await see(settlement.sendSetFeePayees(owner, { payees }));
    for (const role of ['settler', 'guardian', 'resolver', 'owner'] as const) {
        await see(settlement.sendNominateRole(owner, { role, holder: world.of('owner') }));
    }
    await see(settlement.sendAcceptRole(owner, { role: 'guardian' }));
    await see(settlement.sendRevokeRole(owner, { role: 'guardian', holder: world.of('owner') }));
    await see(settlement.sendAnnounceUpgrade(owner, { codeHash: 1n }));
    await see(settlement.sendCancelUpgrade(owner));
    expectPublic(ledger.MAX_OPEN_RECORDS);
    return world;
}

/** The constant is part of the build: a tour that fills a ledger rests on it. */
function expectPublic(limit: bigint): void {
    if (limit !== 256n) throw new Error('the tour fills ledgers with 256 records');
}

/** A cell that no contract of ours knows. */
export const NOTHING = Cell.EMPTY;
