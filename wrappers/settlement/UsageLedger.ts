import { Address, Cell, contractAddress, Contract, ContractProvider } from '@ton/core';

import { UsageLedger as Built, storeTopUp } from '../../build/UsageLedger/UsageLedger_UsageLedger';
import { Integer, pack, Query, queryIdOf } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';

export type { LedgerData } from '../../build/UsageLedger/UsageLedger_UsageLedger';

let code: Promise<Cell> | undefined;

/** Code of the ledgers as this build has it. */
export function ledgerCode(): Promise<Cell> {
    code ??= initialState(Built, 'UsageLedger', {}).then((init) => init.code);
    return code;
}

/** What a ledger knows of a record. */
export type RecordStatus = 'unknown, settled or lapsed' | 'open' | 'being settled';
const STATUS: readonly RecordStatus[] = ['unknown, settled or lapsed', 'open', 'being settled'];

/**
 * Usages of one consumer: last nonces, totals by day, a hash over all records, what is not settled.
 */
export class UsageLedger implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): UsageLedger {
        return new UsageLedger(address);
    }

    /** The ledger of a consumer at a registry; with the code of this build unless another is given. */
    static async createFromConfig(config: { registry: Address; consumer: Address; code?: Cell }): Promise<UsageLedger> {
        const built = await initialState(Built, 'UsageLedger', {
            registry: accountIdOf(config.registry),
            consumer: accountIdOf(config.consumer),
        });
        const init = { code: config.code ?? built.code, data: built.data };
        return new UsageLedger(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    // ---------------------------------------------------------------- getters

    /** Links, sizes, and the hash over all records; accounts as ids. */
    async getLedgerData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetLedgerData(provider);
    }

    /** Totals of the consumer over whole days (`dayOf`), both included; at most the last 400. */
    async getTotals(provider: ContractProvider, from: Integer, to: Integer) {
        return Built.fromAddress(this.address).getGetTotals(provider, BigInt(from), BigInt(to));
    }

    /** Last nonce of a recorder, by slot and term as the registry's getRecorders says; 0 = none. */
    async getLastNonce(provider: ContractProvider, recorder: { slot: Integer; term: Integer }): Promise<bigint> {
        return Built.fromAddress(this.address).getGetLastNonce(provider, BigInt(recorder.slot), BigInt(recorder.term));
    }

    /** A record by its id. */
    async getRecord(provider: ContractProvider, id: Integer): Promise<{ status: RecordStatus; hash: bigint }> {
        const { state, hash } = await Built.fromAddress(this.address).getGetRecord(provider, BigInt(id));
        return { status: STATUS[Number(state)], hash };
    }

    /** Records that are not settled: hash by id. */
    async getOpenRecords(provider: ContractProvider): Promise<Map<bigint, bigint>> {
        const open = await Built.fromAddress(this.address).getGetOpenRecords(provider);
        return new Map(
            open.keys().map((id) => {
                const hash = open.get(id)!;
                return [BigInt(id), hash < 0n ? -1n - hash : hash];
            }),
        );
    }
}
