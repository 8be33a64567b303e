/** Who may do what at the settlement and its accounts; roles, payees, pause, upgrade. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import * as builtAccount from '../../build/SettlementAccount/SettlementAccount_SettlementAccount';
import * as builtSettlement from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import {
    PaymentSettlement,
    payeesCell,
    settleChain,
    SETTLEMENT_ROLES,
    SettlementAccount,
    SettlementErrorName,
    settlementEvents,
    SettlementExit,
} from '../../wrappers/settlement';
import { accountIdOf, addressOfAccount } from '../../wrappers/pool';
import { cellOf, succeeded, txAt } from '../support/pool/transactions';
import { DAY, SettlementPerson, SettlementWorld, UNIT } from '../support/settlement/world';

const P = PaymentSettlement;
const A = SettlementAccount;
const E = SettlementExit;

describe('the settlement', () => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create();
        await world.deposit('alice', 100n * UNIT);
        await world.deposit('bob', 100n * UNIT);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const refused = (error: SettlementErrorName, from: SettlementPerson, body: Cell, value?: bigint) =>
        world.refused(E[error], from, world.settlement.address, body, value);
    const refusedAt = async (who: SettlementPerson, error: SettlementErrorName, from: SettlementPerson, body: Cell) =>
        world.refused(E[error], from, (await world.account(who)).address, body, toNano('3'));
    const payees = () => ({ operations: world.of('carol'), validators: world.of('dave'), treasury: world.of('bob') });

    it.each([
        ['SettleUsage', 'ERROR_NOT_ROLE', () => P.settleUsageBody({ record: { usage: world.usage(), id: 1n } })],
        ['SettleUsages', 'ERROR_NOT_ROLE', () => P.settleUsagesBody({ records: [{ usage: world.usage(), id: 1n }] })],
        [
            'ResolveDispute',
            'ERROR_NOT_ROLE',
            () => P.resolveDisputeBody({ consumer: world.of('bob'), id: 1, confirm: true }),
        ],
        ['SetPause', 'ERROR_NOT_ROLE', () => P.setPauseBody({ stop: true })],
        ['NominateRole', 'ERROR_NOT_OWNER', () => P.nominateRoleBody({ role: 'settler', holder: null })],
        ['AcceptRole', 'ERROR_NO_NOMINEE', () => P.acceptRoleBody({ role: 'settler' })],
        ['RevokeRole', 'ERROR_NOT_OWNER', () => P.revokeRoleBody({ role: 'settler', holder: world.of('settler') })],
        ['AssignSurplus', 'ERROR_NOT_OWNER', () => P.assignSurplusBody({ amount: 1, user: world.of('bob') })],
        ['ApplySurplus', 'ERROR_NO_CHANGE', () => P.applySurplusBody()],
        ['SetFeePayees', 'ERROR_NOT_OWNER', () => P.setFeePayeesBody({ payees: payees() })],
        ['ApplyFeePayees', 'ERROR_NO_CHANGE', () => P.applyFeePayeesBody()],
        ['CancelFeePayees', 'ERROR_NOT_OWNER', () => P.cancelFeePayeesBody()],
        ['AnnounceUpgrade', 'ERROR_NOT_OWNER', () => P.announceUpgradeBody({ codeHash: 1n })],
        ['CancelUpgrade', 'ERROR_NOT_OWNER', () => P.cancelUpgradeBody()],
        ['ApplyUpgrade', 'ERROR_NO_CHANGE', () => P.applyUpgradeBody({ code: Cell.EMPTY })],
        ['PayFees', 'ERROR_NOTHING_DUE', () => P.payFeesBody()],
        ['Discover', 'ERROR_ASSET', () => P.discoverBody()],
        ['Release of jettons', 'ERROR_NOTHING_KEPT', () => P.releaseBody({ to: world.of('bob') })],
        ['Release of a credit', 'ERROR_NOTHING_KEPT', () => P.releaseBody({ to: world.of('bob'), account: true })],
    ] as const)('%s is refused from a stranger', async (_name, error, body) => {
        await refused(error, 'stranger', body(), toNano('2'));
        if (error === 'ERROR_NOT_OWNER')
            for (const who of ['settler', 'resolver'] as const) await refused(error, who, body());
    });

    it('only accounts pay out and bring fees; only the wallet of the minter is taken', async () => {
        const bob = accountIdOf(world.of('bob'));
        const pay = builtSettlement.storePayOut({
            $$type: 'PayOut',
            queryId: 0n,
            kind: 2n,
            amount: 1n,
            user: bob,
            to: bob,
        });
        await refused('ERROR_NOT_ACCOUNT', 'bob', cellOf(pay));
        const fees = builtSettlement.storeFeesDue({
            $$type: 'FeesDue',
            queryId: 0n,
            total: 1n,
            network: 0n,
            burn: 0n,
            user: bob,
            response: bob,
        });
        await refused('ERROR_NOT_ACCOUNT', 'bob', cellOf(fees));
        const wallet = builtSettlement.storeTakeWalletAddress({
            $$type: 'TakeWalletAddress',
            queryId: 0n,
            walletAddress: world.of('bob'),
            ownerAddress: null,
        });
        await refused('ERROR_ASSET', 'bob', cellOf(wallet));
    });

    it('accounts hear only their user, their ledger, the settlement and other accounts', async () => {
        const bob = world.of('bob');
        const id = accountIdOf(bob);
        for (const [name, body] of [
            ['RequestWithdraw', A.requestWithdrawBody({ amount: 1 })],
            ['WithdrawEarnings', A.withdrawEarningsBody()],
            ['SetLimits', A.setLimitsBody({})],
            ['DisputeCharge', A.disputeChargeBody({ provider: bob, id: 1 })],
            ['DisputeEarning', A.disputeEarningBody({ consumer: bob, id: 1, deposit: 1 })],
        ] as const) {
            expect(name).toBeTruthy();
            await refusedAt('alice', 'ERROR_NOT_USER', 'bob', body);
        }
        const row = Cell.EMPTY;
        const charge = { $$type: 'Charge' as const, queryId: 0n, id: 1n, batch: false, settler: 1n, row };
        await refusedAt('alice', 'ERROR_NOT_LEDGER', 'settler', cellOf(builtAccount.storeCharge(charge)));
        const credit = { $$type: 'AccountCredit' as const, queryId: 0n, kind: 0n, amount: 5n, response: 0n };
        await refusedAt('alice', 'ERROR_NOT_SETTLEMENT', 'alice', cellOf(builtAccount.storeAccountCredit(credit)));
        const resolve = { $$type: 'Resolve' as const, queryId: 0n, id: 1n, confirm: true, response: 0n };
        await refusedAt('alice', 'ERROR_NOT_SETTLEMENT', 'resolver', cellOf(builtAccount.storeResolve(resolve)));
        const earned = { $$type: 'EarningsCredit' as const, queryId: 0n, amount: 5n, user: id, to: 0n, response: 0n };
        await refusedAt('alice', 'ERROR_NOT_ACCOUNT', 'bob', cellOf(builtAccount.storeEarningsCredit(earned)));
        const raise = { $$type: 'RaiseDispute' as const, queryId: 0n, deposit: 5n, id: 1n, user: id };
        await refusedAt('alice', 'ERROR_NOT_ACCOUNT', 'bob', cellOf(builtAccount.storeRaiseDispute(raise)));
        const confirm = { $$type: 'ConfirmFor' as const, queryId: 0n, user: id, to: id };
        await refusedAt('alice', 'ERROR_NOT_ACCOUNT', 'bob', cellOf(builtAccount.storeConfirmFor(confirm)));
        // an account of another user of the same settlement cannot speak for bob
        const carol = (await world.account('carol')).address;
        await world.deposit('carol', UNIT);
        const forged = await world.sendAs(
            carol,
            (await world.account('alice')).address,
            cellOf(builtAccount.storeEarningsCredit(earned)),
        );
        expect(succeeded(txAt(forged, (await world.account('alice')).address))).toBe(false);
    });

    it('what an account cannot do, it refuses', async () => {
        await refusedAt('alice', 'ERROR_FUNDS', 'alice', A.requestWithdrawBody({ amount: 101n * UNIT }));
        await refusedAt('alice', 'ERROR_THAW', 'stranger', A.completeWithdrawBody());
        await refusedAt('alice', 'ERROR_NOTHING_DUE', 'alice', A.withdrawEarningsBody());
        await refusedAt('alice', 'ERROR_FUNDS', 'alice', A.withdrawEarningsBody({ amount: 1 }));
        await refusedAt('alice', 'ERROR_NOTHING_DUE', 'stranger', A.confirmBody());
        await refusedAt('alice', 'ERROR_NOTHING_DUE', 'stranger', A.confirmBody({ provider: world.of('bob') }));
        await refusedAt(
            'alice',
            'ERROR_NO_SETTLEMENT',
            'alice',
            A.disputeChargeBody({ provider: world.of('bob'), id: 1 }),
        );
        await refusedAt(
            'alice',
            'ERROR_FUNDS',
            'alice',
            A.disputeEarningBody({ consumer: world.of('bob'), id: 1, deposit: 1 }),
        );
        await refusedAt('alice', 'ERROR_NO_DISPUTE', 'stranger', A.expireDisputeBody({ id: 1 }));
        await refusedAt('alice', 'ERROR_NOTHING_KEPT', 'stranger', A.resendBody({ provider: world.of('bob') }));
        const many = Array.from({ length: 33 }, (_, i) => addressOfAccount(BigInt(i + 1)));
        await refusedAt('alice', 'ERROR_PROVIDERS', 'alice', A.setLimitsBody({ providers: many }));
        const alice = await world.account('alice');
        await alice.sendRequestWithdraw(world.via('alice'), { amount: UNIT });
        world.advance(DAY);
        await refusedAt('alice', 'ERROR_NOT_USER', 'stranger', A.completeWithdrawBody({ to: world.of('stranger') }));
        await alice.sendCompleteWithdraw(world.via('alice'), { to: world.of('carol') });
        expect((await world.accountData('alice')).deposit).toBe(99n * UNIT);
        await world.expectBalanced();
    });

    it('deposits and settling stop in a pause, nothing else', async () => {
        const records = [await world.recorded({ amount: 2n * UNIT }), await world.recorded({ amount: UNIT })];
        await world.settle([records[0]]);
        await world.settlement.sendSetPause(world.via('guardian'), { stop: true });
        const alice = await world.account('alice');
        await refused('ERROR_PAUSED', 'settler', P.settleUsageBody({ record: records[1] }));
        await refused('ERROR_PAUSED', 'settler', P.settleUsagesBody({ records: [records[1]] }));
        await refused('ERROR_PAUSED', 'carol', P.depositBody({ amount: UNIT }), 3n * UNIT);
        await alice.sendRequestWithdraw(world.via('alice'), { amount: UNIT });
        world.advance(72 * 3600 - 1);
        await refused('ERROR_PAUSE_COOLDOWN', 'guardian', P.setPauseBody({ stop: true }));
        await alice.sendCompleteWithdraw(world.via('alice'));
        expect((await world.accountData('alice')).deposit).toBe(97n * UNIT);
        world.advance(1);
        // The second in which it ends is free again.
        await world.settlement.sendDeposit(world.via('carol'), { amount: UNIT, user: world.of('carol'), deploy: true });
        expect((await world.accountData('carol')).deposit).toBe(UNIT);
        await world.settle([records[1]]);
        await world.confirm('alice');
        expect((await world.accountData('bob')).earned).toBe((2n * UNIT * 8n) / 10n);
        await refused('ERROR_NOT_PAUSED', 'guardian', P.setPauseBody({ stop: false }));
    });

    it('roles are given in two steps and ended at once; the settler is one', async () => {
        const owner = world.via('owner');
        for (const role of ['settler', 'guardian', 'resolver', 'owner'] as const) {
            await world.settlement.sendNominateRole(owner, { role, holder: world.of('dave') });
            await refused('ERROR_NO_NOMINEE', 'carol', P.acceptRoleBody({ role }));
            await world.settlement.sendAcceptRole(world.via('dave'), { role });
            await refused('ERROR_NO_NOMINEE', 'dave', P.acceptRoleBody({ role }));
        }
        const dave = accountIdOf(world.of('dave'));
        expect(await world.settlement.getRoles()).toMatchObject({
            owner: dave,
            settler: dave,
            guardian: dave,
            resolver: dave,
        });
        for (const role of ['settler', 'guardian', 'resolver'] as const) {
            await world.settlement.sendRevokeRole(world.via('dave'), { role, holder: world.of('dave') });
        }
        expect(await world.settlement.getRoles()).toMatchObject({
            owner: dave,
            settler: 0n,
            guardian: 0n,
            resolver: 0n,
        });
        await refused(
            'ERROR_BAD_PARAMETER',
            'dave',
            P.revokeRoleBody({ role: 'owner' as 'settler', holder: world.of('dave') }),
        );
        Object.assign(SETTLEMENT_ROLES, { recorder: 3n });
        const wrong = P.nominateRoleBody({ role: 'recorder' as 'owner', holder: world.of('bob') });
        await refused('ERROR_BAD_PARAMETER', 'dave', wrong);
        await world.settlement.sendNominateRole(world.via('dave'), { role: 'owner', holder: world.of('bob') });
        await world.settlement.sendNominateRole(world.via('dave'), { role: 'owner', holder: null });
        await refused('ERROR_NO_NOMINEE', 'bob', P.acceptRoleBody({ role: 'owner' }));
    });

    it('new payees wait for 7 days, new code for 12', async () => {
        const owner = world.via('owner');
        const nobody = addressOfAccount(0n);
        for (const key of ['operations', 'validators', 'treasury'] as const) {
            const bad = cellOf(
                builtSettlement.storeSetFeePayees({
                    $$type: 'SetFeePayees',
                    queryId: 0n,
                    payees: payeesCell({ ...payees(), [key]: nobody }),
                }),
            );
            await refused('ERROR_BAD_ADDRESS', 'owner', bad);
        }
        await world.settlement.sendSetFeePayees(owner, { payees: payees() });
        await refused('ERROR_CHANGE_PENDING', 'owner', P.setFeePayeesBody({ payees: payees() }));
        const next = Object.values(payees()).map(accountIdOf);
        const announced = async () => {
            const { operations, validators, treasury, at } = await world.settlement.getNextPayees();
            return [operations, validators, treasury, at];
        };
        expect(await announced()).toEqual([...next, BigInt(world.now + 7 * DAY)]);
        await world.settlement.sendCancelFeePayees(owner);
        expect(await announced()).toEqual([0n, 0n, 0n, 0n]);
        await refused('ERROR_NO_CHANGE', 'owner', P.cancelFeePayeesBody());
        await world.settlement.sendSetFeePayees(owner, { payees: payees() });
        world.advance(7 * DAY - 1);
        await refused('ERROR_TOO_EARLY', 'stranger', P.applyFeePayeesBody());
        world.advance(1);
        await world.settlement.sendApplyFeePayees(world.via('stranger'));
        expect((await world.settlement.getPayees()).treasury).toEqualAddress(world.of('bob'));

        const code = beginCell().storeUint(1, 8).endCell();
        const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
        await world.settlement.sendAnnounceUpgrade(owner, { codeHash });
        await refused('ERROR_CHANGE_PENDING', 'owner', P.announceUpgradeBody({ codeHash }));
        await world.settlement.sendCancelUpgrade(owner);
        await world.settlement.sendAnnounceUpgrade(owner, { codeHash });
        expect((await world.settlement.getUpgrade()).codeHash).toBe(codeHash);
        world.advance(12 * DAY - 1);
        await refused('ERROR_TOO_EARLY', 'stranger', P.applyUpgradeBody({ code }));
        world.advance(1);
        await refused('ERROR_WRONG_CODE', 'stranger', P.applyUpgradeBody({ code: Cell.EMPTY }));
        const result = await world.settlement.sendApplyUpgrade(world.via('stranger'), { code });
        expect(settlementEvents(result.transactions, 'SettlementUpgrade')).toMatchObject([{ version: 1n }]);
    });

    it('lists of the wrong length are refused as a whole', async () => {
        const list = (n: number, count: number) =>
            cellOf(
                builtSettlement.storeSettleUsages({
                    $$type: 'SettleUsages',
                    queryId: 0n,
                    count: BigInt(count),
                    rows: settleChain(Array.from({ length: n }, (_, i) => ({ usage: world.usage(), id: i }))),
                }),
            );
        for (const [n, count] of [
            [1, 0],
            [3, 2],
            [2, 3],
            [51, 51],
        ])
            await refused('ERROR_BATCH_COUNT', 'settler', list(n, count), toNano('20'));
    });

    it('TON, texts and excesses are welcome everywhere; unknown operations are not', async () => {
        for (const to of [world.settlement.address, (await world.account('alice')).address]) {
            const text = beginCell().storeUint(0, 32).storeStringTail('hello').endCell();
            const excesses = beginCell().storeUint(0xd53276db, 32).storeUint(0, 64).endCell();
            for (const body of [Cell.EMPTY, text, excesses, A.topUpBody()]) {
                expect(succeeded(txAt(await world.send('stranger', to, body), to))).toBe(true);
            }
            await world.refused(E.ERROR_UNKNOWN_OP, 'stranger', to, beginCell().storeUint(0x12345678, 32).endCell());
        }
    });
});
