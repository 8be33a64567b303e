import { Address, Cell, contractAddress, Contract, ContractProvider, Dictionary, Sender } from '@ton/core';

import {
    SettlementAccount as Built,
    loadDisputed,
    loadOpenSettlement,
    storeCompleteWithdraw,
    storeConfirm,
    storeDisputeCharge,
    storeDisputeEarning,
    storeExpireDispute,
    storeProveFraud,
    storeRequestWithdraw,
    storeResend,
    storeSetLimits,
    storeTopUp,
    storeWithdrawEarnings,
} from '../../build/SettlementAccount/SettlementAccount_SettlementAccount';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';
import { accountIdOf, addressOfAccount } from '../pool/metrics';
import { Batch, batchRow } from './records';
import { termsCell, TermsConfig } from './terms';

export type { AccountData, LimitsData } from '../../build/SettlementAccount/SettlementAccount_SettlementAccount';

let code: Promise<Cell> | undefined;

/** Code of the accounts as this build has it. */
export function accountCode(): Promise<Cell> {
    code ??= initialState(Built, 'SettlementAccount', { terms: Cell.EMPTY }).then((init) => init.code);
    return code;
}

/** An open settlement of a consumer. */
export type OpenItem = {
    provider: Address;
    id: bigint;
    due: bigint;
    batch: boolean;
    amount: bigint;
    rowHash: bigint;
};

/** A dispute of a consumer. */
export type DisputeItem = Omit<OpenItem, 'due'> & { byProvider: boolean; deposit: bigint; deadline: bigint };

function providerMap(providers: readonly Address[]): Dictionary<bigint, boolean> {
    const map = Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.Bool());
    providers.forEach((address) => map.set(accountIdOf(address), true));
    return map;
}

/**
 * Deposit, earnings, open settlements and disputes of one user. Every message pays `get_cost`; what is left comes back.
 */
export class SettlementAccount implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): SettlementAccount {
        return new SettlementAccount(address);
    }

    /** The account of a user at a settlement; with the code of this build unless another is given. */
    static async createFromConfig(config: {
        settlement: Address;
        user: Address;
        terms: TermsConfig;
        code?: Cell;
    }): Promise<SettlementAccount> {
        const built = await initialState(Built, 'SettlementAccount', {
            settlement: accountIdOf(config.settlement),
            user: accountIdOf(config.user),
            terms: termsCell(config.terms),
        });
        const init = { code: config.code ?? built.code, data: built.data };
        return new SettlementAccount(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static requestWithdrawBody(args: Query & { amount: Integer }): Cell {
        return pack(
            storeRequestWithdraw({ $$type: 'RequestWithdraw', queryId: queryIdOf(args), amount: BigInt(args.amount) }),
        );
    }

    static completeWithdrawBody(args: Query & { to?: Address | null } = {}): Cell {
        return pack(
            storeCompleteWithdraw({ $$type: 'CompleteWithdraw', queryId: queryIdOf(args), to: args.to ?? null }),
        );
    }

    static withdrawEarningsBody(
        args: Query & { amount?: Integer; to?: Address | null; consumer?: Address | null; open?: Integer } = {},
    ): Cell {
        return pack(
            storeWithdrawEarnings({
                $$type: 'WithdrawEarnings',
                queryId: queryIdOf(args),
                amount: BigInt(args.amount ?? 0),
                to: args.to ?? null,
                consumer: args.consumer ?? null,
            }),
        );
    }

    static setLimitsBody(
        args: Query & { perDay?: Integer; perThousand?: Integer; providers?: readonly Address[] | null },
    ): Cell {
        return pack(
            storeSetLimits({
                $$type: 'SetLimits',
                queryId: queryIdOf(args),
                perDay: BigInt(args.perDay ?? 0),
                perThousand: BigInt(args.perThousand ?? 0),
                any: args.providers == null,
                providers: providerMap(args.providers ?? []),
            }),
        );
    }

    static confirmBody(args: Query & { provider?: Address | null; deploy?: boolean } = {}): Cell {
        return pack(
            storeConfirm({
                $$type: 'Confirm',
                queryId: queryIdOf(args),
                provider: args.provider ?? null,
                deploy: args.deploy ?? false,
            }),
        );
    }

    static disputeChargeBody(args: Query & { provider: Address; id: Integer }): Cell {
        return pack(
            storeDisputeCharge({
                $$type: 'DisputeCharge',
                queryId: queryIdOf(args),
                provider: args.provider,
                id: BigInt(args.id),
            }),
        );
    }

    static disputeEarningBody(args: Query & { consumer: Address; id: Integer; deposit: Integer }): Cell {
        return pack(
            storeDisputeEarning({
                $$type: 'DisputeEarning',
                queryId: queryIdOf(args),
                consumer: args.consumer,
                id: BigInt(args.id),
                deposit: BigInt(args.deposit),
            }),
        );
    }

    static proveFraudBody(
        args: Query & { provider: Address; id: Integer; index: Integer; batch: Batch; opening: Cell },
    ): Cell {
        return pack(
            storeProveFraud({
                $$type: 'ProveFraud',
                queryId: queryIdOf(args),
                provider: args.provider,
                id: BigInt(args.id),
                index: BigInt(args.index),
                row: batchRow(args.batch),
                opening: args.opening,
            }),
        );
    }

    static expireDisputeBody(args: Query & { id: Integer }): Cell {
        return pack(storeExpireDispute({ $$type: 'ExpireDispute', queryId: queryIdOf(args), id: BigInt(args.id) }));
    }

    static resendBody(args: Query & { provider: Address }): Cell {
        return pack(storeResend({ $$type: 'Resend', queryId: queryIdOf(args), provider: args.provider }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** The amount thaws; 0 takes the request back. From the user. Throws ERROR_NOT_USER, ERROR_FUNDS, ERROR_VALUE_TOO_LOW. */
    async sendRequestWithdraw(provider: ContractProvider, via: Sender, args: SendOptions & { amount: Integer }) {
        await sendBody(provider, via, SettlementAccount.requestWithdrawBody(args), args);
    }

    /** Pays what has thawed. From anyone; only the user says where to. Throws ERROR_THAW, ERROR_NOTHING_DUE, ERROR_NOT_USER, ERROR_BAD_ADDRESS, ERROR_VALUE_TOO_LOW. */
    async sendCompleteWithdraw(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { to?: Address | null } = {},
    ) {
        await sendBody(provider, via, SettlementAccount.completeWithdrawBody(args), args);
    }

    /** Pays earnings, all of them by default; a part is at least the smallest deposit. With a consumer, what is due from him is confirmed first and everything is paid; `open`: his open settlements, 256 by default. From the user. Throws ERROR_NOT_USER, ERROR_FUNDS, ERROR_NOTHING_DUE, ERROR_AMOUNT, ERROR_BAD_ADDRESS, ERROR_VALUE_TOO_LOW. */
    async sendWithdrawEarnings(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { amount?: Integer; to?: Address | null; consumer?: Address | null; open?: Integer } = {},
    ) {
        await sendBody(provider, via, SettlementAccount.withdrawEarningsBody(args), args, {
            n: args.consumer ? 1n + BigInt(args.open ?? 256) : 0,
        });
    }

    /** Most that a day and 1,000 tokens may cost (0: no limit) and at most 32 providers (null: all). Looser ones apply at once, others when the thawing time is over. From the user. Throws ERROR_NOT_USER, ERROR_PROVIDERS, ERROR_VALUE_TOO_LOW. */
    async sendSetLimits(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { perDay?: Integer; perThousand?: Integer; providers?: readonly Address[] | null },
    ) {
        await sendBody(provider, via, SettlementAccount.setLimitsBody(args), args);
    }

    /** Confirms everything that is due, or one provider's; `deploy`: a provider has no account yet. From anyone. Throws ERROR_NOTHING_DUE, ERROR_VALUE_TOO_LOW. */
    async sendConfirm(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { provider?: Address | null; deploy?: boolean } = {},
    ) {
        await sendBody(provider, via, SettlementAccount.confirmBody(args), args, { n: args.deploy ? 1 : 0 });
    }

    /** The consumer disputes; the deposit (getDisputeDeposit) is taken from his. From the user. Throws ERROR_NOT_USER, ERROR_NO_SETTLEMENT, ERROR_DISPUTES_FULL, ERROR_FUNDS, ERROR_VALUE_TOO_LOW. */
    async sendDisputeCharge(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { provider: Address; id: Integer },
    ) {
        await sendBody(provider, via, SettlementAccount.disputeChargeBody(args), args);
    }

    /** The provider disputes a settlement with a consumer; the deposit is what the consumer's getDisputeDeposit says. From the user. Throws ERROR_NOT_USER, ERROR_FUNDS, ERROR_BAD_ADDRESS, ERROR_VALUE_TOO_LOW. */
    async sendDisputeEarning(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { consumer: Address; id: Integer; deposit: Integer },
    ) {
        await sendBody(provider, via, SettlementAccount.disputeEarningBody(args), args);
    }

    /** Refunds a batch that an opening shows to be wrong. From anyone. Throws ERROR_NO_SETTLEMENT, ERROR_OPENING, ERROR_NO_FRAUD, ERROR_VALUE_TOO_LOW. */
    async sendProveFraud(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { provider: Address; id: Integer; index: Integer; batch: Batch; opening: Cell },
    ) {
        await sendBody(provider, via, SettlementAccount.proveFraudBody(args), args);
    }

    /** Ends a dispute that the resolver left alone. From anyone. Throws ERROR_NO_DISPUTE, ERROR_DISPUTE_RUNS, ERROR_VALUE_TOO_LOW. */
    async sendExpireDispute(provider: ContractProvider, via: Sender, args: SendOptions & { id: Integer }) {
        await sendBody(provider, via, SettlementAccount.expireDisputeBody(args), args);
    }

    /** Sends a credit again. From anyone. Throws ERROR_NOTHING_KEPT, ERROR_VALUE_TOO_LOW. */
    async sendResend(provider: ContractProvider, via: Sender, args: SendOptions & { provider: Address }) {
        await sendBody(provider, via, SettlementAccount.resendBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Everything that the account owes and holds, in the asset's smallest unit; accounts as ids. */
    async getAccountData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetAccountData(provider);
    }

    /** The consumer's limits as they are now, and announced ones (from nextAt on; 0 = none). */
    async getLimits(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetLimits(provider);
    }

    /** Providers that may charge, if not all may. */
    async getListed(provider: ContractProvider): Promise<Address[]> {
        return (await Built.fromAddress(this.address).getGetListed(provider)).keys().map(addressOfAccount);
    }

    /** Open settlements, the newest first, provider by provider. */
    async getOpen(provider: ContractProvider): Promise<OpenItem[]> {
        const open = await Built.fromAddress(this.address).getGetOpen(provider);
        const list: OpenItem[] = [];
        for (const account of open.keys()) {
            for (let cell: Cell | null = open.get(account)!; cell !== null;) {
                const { $$type: _type, next, ...fields } = loadOpenSettlement(cell.beginParse());
                list.push({ provider: addressOfAccount(account), ...fields });
                cell = next;
            }
        }
        return list;
    }

    /** Disputes of this consumer. */
    async getDisputes(provider: ContractProvider): Promise<DisputeItem[]> {
        const disputes = await Built.fromAddress(this.address).getGetDisputes(provider);
        return disputes.keys().map((id) => {
            const { $$type: _type, provider: account, ...fields } = loadDisputed(disputes.get(id)!.beginParse());
            return { id: BigInt(id), provider: addressOfAccount(account), ...fields };
        });
    }

    /** Deposit that a dispute about an amount needs: 1 %, at least one whole token. */
    async getDisputeDeposit(provider: ContractProvider, amount: Integer): Promise<bigint> {
        return Built.fromAddress(this.address).getGetDisputeDeposit(provider, BigInt(amount));
    }

    /** Nanoton to attach at the current prices; `n`: 1 for a Confirm that deploys; for WithdrawEarnings from a consumer 1 + his open settlements. */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }
}
