import { Address, Cell, contractAddress, Contract, ContractProvider, Dictionary, Sender } from '@ton/core';

import {
    PaymentSettlement as Built,
    dictValueParserPayout,
    storeApplyFeePayees,
    storeApplySurplus,
    storeAssignSurplus,
    storeCancelFeePayees,
    storeDeposit,
    storeDiscover,
    storePayFees,
    storeProveSurplus,
    storeRelease,
    storeResolveDispute,
    storeSetFeePayees,
    storeSettleUsage,
    storeSettleUsages,
    storeTopUp,
    storeDepositFor,
    storeFeePayees,
    storeSettlementDesk,
    storeSettlementRare,
    storeTill,
    type SettlementDesk,
    type SettlementRare,
    type Till,
} from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialFields, initialState, PoolInit } from '../common/initial';
import { accountIdOf, addressOfAccount } from '../pool/metrics';
import { governed } from './governed';
import { recordOf, RecordToSettle, settleChain } from './records';
import { accountCode } from './SettlementAccount';
import { termsCell, TermsConfig } from './terms';

export type {
    SettlementData,
    SettlementRoles,
} from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';

/** Roles of the settlement by name. */
export const SETTLEMENT_ROLES = { owner: 0n, settler: 1n, guardian: 2n, resolver: 4n } as const;
export type SettlementRole = keyof typeof SETTLEMENT_ROLES;

/** Receivers of the fees: the network's part is 14 parts operations and one part validators. */
export type Payees = { operations: Address; validators: Address; treasury: Address };

/** A settlement to be. */
export type SettlementConfig = {
    owner: Address;
    settler: Address;
    guardian: Address;
    resolver: Address;
    payees: Payees;
    /** Minter of the jetton; without one the asset is TON. */
    minter?: Address;
    terms: TermsConfig;
    /** Code of the accounts; that of this build by default. */
    accountCode?: Cell;
};

/** The cell of the receivers of the fees. */
export function payeesCell(payees: Payees): Cell {
    return pack(
        storeFeePayees({
            $$type: 'FeePayees',
            operations: accountIdOf(payees.operations),
            validators: accountIdOf(payees.validators),
            treasury: accountIdOf(payees.treasury),
        }),
    );
}

async function settlementInit(config: SettlementConfig): Promise<PoolInit> {
    if (config.minter === undefined && config.terms.burns) {
        throw new Error('TON cannot be burned');
    }
    const till = pack(
        storeTill(
            initialFields(Built, 'Till', {
                payouts: Dictionary.empty(Dictionary.Keys.Uint(16), dictValueParserPayout()),
                senders: Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.BigVarUint(4)),
                accounts: Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.BigVarUint(4)),
            }) as Till,
        ),
    );
    const rare = pack(
        storeSettlementRare(
            initialFields(Built, 'SettlementRare', {
                upgrade: { $$type: 'UpgradeSlot', version: 0n, codeHash: 0n, readyAt: 0n, gap: null },
                minter: config.minter === undefined ? 0n : accountIdOf(config.minter),
            }) as SettlementRare,
        ),
    );
    const desk = pack(
        storeSettlementDesk(
            initialFields(Built, 'SettlementDesk', {
                owner: accountIdOf(config.owner),
                guardian: accountIdOf(config.guardian),
                resolver: accountIdOf(config.resolver),
                pause: { $$type: 'PauseState', endsAt: 0n, allowedAt: 0n },
                nominees: Dictionary.empty(Dictionary.Keys.Uint(8), Dictionary.Values.BigUint(256)),
                payees: payeesCell(config.payees),
                rare,
            }) as SettlementDesk,
        ),
    );
    return initialState(Built, 'PaymentSettlement', {
        ton: config.minter === undefined,
        settler: accountIdOf(config.settler),
        terms: termsCell(config.terms),
        accountCode: config.accountCode ?? (await accountCode()),
        till,
        desk,
    });
}

/** Forward payload of a jetton deposit; the transfer forwards `get_cost` of DepositFor. */
export function depositPayload(args: Query & { user: Address; deploy?: boolean }): Cell {
    return pack(
        storeDepositFor({
            $$type: 'DepositFor',
            queryId: queryIdOf(args),
            user: accountIdOf(args.user),
            deploy: args.deploy ?? false,
        }),
    );
}

/**
 * Payments for recorded usages, in TON or one jetton. Every message pays `get_cost`; what is left of the value comes back.
 */
export class PaymentSettlement extends governed(SETTLEMENT_ROLES) implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {
        super();
    }

    static createFromAddress(address: Address): PaymentSettlement {
        return new PaymentSettlement(address);
    }

    /** A settlement to be deployed with `sendDeploy`. Its address commits to everything in the configuration. */
    static async createFromConfig(config: SettlementConfig): Promise<PaymentSettlement> {
        const init = await settlementInit(config);
        return new PaymentSettlement(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static depositBody(args: Query & { amount: Integer; user?: Address | null; deploy?: boolean }): Cell {
        return pack(
            storeDeposit({
                $$type: 'Deposit',
                queryId: queryIdOf(args),
                amount: BigInt(args.amount),
                user: args.user ?? null,
                deploy: args.deploy ?? false,
            }),
        );
    }

    static settleUsageBody(args: Query & { record: RecordToSettle }): Cell {
        return pack(
            storeSettleUsage({
                $$type: 'SettleUsage',
                queryId: queryIdOf(args),
                consumer: accountIdOf(recordOf(args.record).consumer),
                id: BigInt(args.record.id),
                batch: recordOf(args.record).batch,
                row: recordOf(args.record).row,
            }),
        );
    }

    static settleUsagesBody(args: Query & { records: readonly RecordToSettle[] }): Cell {
        return pack(
            storeSettleUsages({
                $$type: 'SettleUsages',
                queryId: queryIdOf(args),
                count: BigInt(args.records.length),
                rows: settleChain(args.records),
            }),
        );
    }

    static resolveDisputeBody(args: Query & { consumer: Address; id: Integer; confirm: boolean }): Cell {
        return pack(
            storeResolveDispute({
                $$type: 'ResolveDispute',
                queryId: queryIdOf(args),
                consumer: accountIdOf(args.consumer),
                id: BigInt(args.id),
                confirm: args.confirm,
            }),
        );
    }

    static payFeesBody(args: Query = {}): Cell {
        return pack(storePayFees({ $$type: 'PayFees', queryId: queryIdOf(args) }));
    }

    static discoverBody(args: Query = {}): Cell {
        return pack(storeDiscover({ $$type: 'Discover', queryId: queryIdOf(args) }));
    }

    static releaseBody(args: Query & { to: Address; account?: boolean }): Cell {
        return pack(
            storeRelease({ $$type: 'Release', queryId: queryIdOf(args), to: args.to, account: args.account ?? false }),
        );
    }

    static proveSurplusBody(args: Query & { amount?: Integer } = {}): Cell {
        return pack(
            storeProveSurplus({ $$type: 'ProveSurplus', queryId: queryIdOf(args), amount: BigInt(args.amount ?? 0) }),
        );
    }

    static assignSurplusBody(args: Query & { amount: Integer; user: Address | null }): Cell {
        return pack(
            storeAssignSurplus({
                $$type: 'AssignSurplus',
                queryId: queryIdOf(args),
                amount: BigInt(args.amount),
                user: args.user,
            }),
        );
    }

    static applySurplusBody(args: Query = {}): Cell {
        return pack(storeApplySurplus({ $$type: 'ApplySurplus', queryId: queryIdOf(args) }));
    }

    static setFeePayeesBody(args: Query & { payees: Payees }): Cell {
        return pack(
            storeSetFeePayees({ $$type: 'SetFeePayees', queryId: queryIdOf(args), payees: payeesCell(args.payees) }),
        );
    }

    static applyFeePayeesBody(args: Query = {}): Cell {
        return pack(storeApplyFeePayees({ $$type: 'ApplyFeePayees', queryId: queryIdOf(args) }));
    }

    static cancelFeePayeesBody(args: Query = {}): Cell {
        return pack(storeCancelFeePayees({ $$type: 'CancelFeePayees', queryId: queryIdOf(args) }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** Deploys with `value` nanoton for the rent (get_rent; less can be topped up later). */
    async sendDeploy(provider: ContractProvider, via: Sender, value: bigint) {
        await provider.internal(via, { value, body: PaymentSettlement.topUpBody() });
    }

    /** TON for a user (the sender by default); `deploy`: he has no account yet. From anyone. Throws ERROR_ASSET, ERROR_PAUSED, ERROR_AMOUNT, ERROR_VALUE_TOO_LOW, ERROR_KEPT_FULL. */
    async sendDeposit(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { amount: Integer; user?: Address | null; deploy?: boolean },
    ) {
        await sendBody(provider, via, PaymentSettlement.depositBody(args), args, {
            amount: BigInt(args.amount),
            n: args.deploy ? 1 : 0,
        });
    }

    /** Settles one record; the result is a SettleResult event of the ledger. From the settler. Throws ERROR_NOT_ROLE, ERROR_PAUSED, ERROR_VALUE_TOO_LOW. */
    async sendSettleUsage(provider: ContractProvider, via: Sender, args: SendOptions & { record: RecordToSettle }) {
        await sendBody(provider, via, PaymentSettlement.settleUsageBody(args), args);
    }

    /** 1 to 50 records, each with its own SettleResult event. From the settler. Throws ERROR_NOT_ROLE, ERROR_PAUSED, ERROR_BATCH_COUNT, ERROR_VALUE_TOO_LOW. */
    async sendSettleUsages(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { records: readonly RecordToSettle[] },
    ) {
        await sendBody(provider, via, PaymentSettlement.settleUsagesBody(args), args, { n: args.records.length });
    }

    /** From the resolver; SettlementResolved says what became of it. Throws ERROR_NOT_ROLE, ERROR_VALUE_TOO_LOW. */
    async sendResolveDispute(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { consumer: Address; id: Integer; confirm: boolean },
    ) {
        await sendBody(provider, via, PaymentSettlement.resolveDisputeBody(args), args);
    }

    /** Pays the accrued fees. From anyone. Throws ERROR_NOTHING_DUE, ERROR_PAYOUTS_FULL, ERROR_VALUE_TOO_LOW. */
    async sendPayFees(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentSettlement.payFeesBody(args), args);
    }

    /** Finds the own jetton wallet. From anyone. Throws ERROR_ASSET, ERROR_VALUE_TOO_LOW. */
    async sendDiscover(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentSettlement.discoverBody(args), args);
    }

    /** Jettons that are kept for a sender, or (account) a credit that a user's account did not take. From anyone. Throws ERROR_NOTHING_KEPT, ERROR_PAYOUTS_FULL, ERROR_VALUE_TOO_LOW. */
    async sendRelease(provider: ContractProvider, via: Sender, args: SendOptions & { to: Address; account?: boolean }) {
        await sendBody(provider, via, PaymentSettlement.releaseBody(args), args);
    }

    /** Books what the settlement has and does not owe; of a jetton `amount` above the books, once an hour. From anyone. Throws ERROR_NOTHING_DUE, ERROR_PROOF_TOO_SOON, ERROR_ASSET, ERROR_VALUE_TOO_LOW. */
    async sendProveSurplus(provider: ContractProvider, via: Sender, args: SendOptions & { amount?: Integer } = {}) {
        await sendBody(provider, via, PaymentSettlement.proveSurplusBody(args), args);
    }

    /** Announces that booked surplus becomes the deposit of a user, 48 h later; amount 0 takes it back. From the owner. Throws ERROR_NOT_OWNER, ERROR_CHANGE_PENDING, ERROR_FUNDS, ERROR_BAD_ADDRESS, ERROR_NO_CHANGE. */
    async sendAssignSurplus(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { amount: Integer; user: Address | null },
    ) {
        await sendBody(provider, via, PaymentSettlement.assignSurplusBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_VALUE_TOO_LOW. */
    async sendApplySurplus(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentSettlement.applySurplusBody(args), args);
    }

    /** Announces new receivers of the fees, 7 days later. From the owner. Throws ERROR_NOT_OWNER, ERROR_CHANGE_PENDING, ERROR_BAD_ADDRESS. */
    async sendSetFeePayees(provider: ContractProvider, via: Sender, args: SendOptions & { payees: Payees }) {
        await sendBody(provider, via, PaymentSettlement.setFeePayeesBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY. */
    async sendApplyFeePayees(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentSettlement.applyFeePayeesBody(args), args);
    }

    /** From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_CHANGE. */
    async sendCancelFeePayees(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentSettlement.cancelFeePayeesBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Books, asset, pause; accounts as ids. */
    async getSettlementData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSettlementData(provider);
    }

    /** Holders and nominees as account ids, 0 = nobody. */
    async getRoles(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetRoles(provider);
    }

    /** Constants of this settlement. */
    async getTerms(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetTerms(provider);
    }

    /** Whom the fees are paid to. */
    async getPayees(provider: ContractProvider): Promise<Payees> {
        const payees = await Built.fromAddress(this.address).getGetPayees(provider);
        return {
            operations: addressOfAccount(payees.operations),
            validators: addressOfAccount(payees.validators),
            treasury: addressOfAccount(payees.treasury),
        };
    }

    /** Whom anyone can name from `at` on, as account ids; `at` 0: nobody is announced. */
    async getNextPayees(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetNextPayees(provider);
    }

    async getAccountAddress(provider: ContractProvider, user: Address): Promise<Address> {
        return Built.fromAddress(this.address).getGetAccountAddress(provider, user);
    }

    /** What Release would send: jettons kept for a sender, or (account) the credit of a user. */
    async getKept(provider: ContractProvider, to: Address, account = false): Promise<bigint> {
        return Built.fromAddress(this.address).getGetKept(provider, to, account);
    }

    /** Announced code; codeHash 0 = none. */
    async getUpgrade(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetUpgrade(provider);
    }

    /** Nanoton for five years of rent at full size. */
    async getRent(provider: ContractProvider): Promise<bigint> {
        return Built.fromAddress(this.address).getGetRent(provider);
    }

    /** Nanoton to attach at the current prices; `n`: records of SettleUsages, 1 for a deposit that makes an account. */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }

    /**
     * Nanoton that a jetton deposit forwards: enough to credit it, and to send it back if it is refused. What a deposit below
     * the least one lacks for its way back is not lost, but it is surplus, which the owner assigns.
     */
    async getJettonDepositCost(provider: ContractProvider, deploy = false): Promise<bigint> {
        const credited = await costOf(provider, Built.opcodes.DepositFor, deploy ? 1 : 0);
        const returned = await costOf(provider, Built.opcodes.Release);
        return credited > returned ? credited : returned;
    }
}
