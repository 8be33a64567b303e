import { Address, Cell, contractAddress, Contract, ContractProvider, Dictionary, Sender } from '@ton/core';

import {
    UsageRegistry as Built,
    storeAddUsage,
    storeAddUsages,
    storeLinkSettlement,
    storeTopUp,
    storeRegistryDesk,
    storeUpgradeSlot,
    type RegistryDesk,
} from '../../build/UsageRegistry/UsageRegistry_UsageRegistry';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialFields, initialState, PoolInit } from '../common/initial';
import { accountIdOf, addressOfAccount } from '../pool/metrics';
import { governed } from './governed';
import { Batch, RecordedUsage, recordChain, recordOf, UsageOrBatch } from './records';
import { ledgerCode } from './UsageLedger';

export type { DayTotals, RegistryData } from '../../build/UsageRegistry/UsageRegistry_UsageRegistry';

/** Roles of the registry by name. */
export const REGISTRY_ROLES = { owner: 0n, guardian: 2n, recorder: 3n } as const;
export type RegistryRole = keyof typeof REGISTRY_ROLES;

/** A registry to be. */
export type RegistryConfig = {
    owner: Address;
    guardian: Address;
    /** At most 16. */
    recorders?: readonly Address[];
    /** Unix second from which the first recorders can record. */
    start: Integer;
    /** Code of the ledgers; that of this build by default. */
    ledgerCode?: Cell;
};

async function registryInit(config: RegistryConfig): Promise<PoolInit> {
    const recorders = config.recorders ?? [];
    if (recorders.length > 16 || new Set(recorders.map(String)).size !== recorders.length) {
        throw new Error('at most 16 recorders, each once');
    }
    const map = Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.BigUint(72));
    recorders.forEach((address, i) =>
        map.set(accountIdOf(address), (BigInt(i) << 64n) | (BigInt(i + 1) << 32n) | BigInt(config.start)),
    );
    const desk = pack(
        storeRegistryDesk(
            initialFields(Built, 'RegistryDesk', {
                owner: accountIdOf(config.owner),
                guardian: accountIdOf(config.guardian),
                slots: (1n << BigInt(recorders.length)) - 1n,
                terms: BigInt(recorders.length),
                pause: { $$type: 'PauseState', endsAt: 0n, allowedAt: 0n },
                nominees: Dictionary.empty(Dictionary.Keys.Uint(8), Dictionary.Values.BigUint(256)),
                upgrade: pack(
                    storeUpgradeSlot({ $$type: 'UpgradeSlot', version: 0n, codeHash: 0n, readyAt: 0n, gap: null }),
                ),
            }) as RegistryDesk,
        ),
    );
    return initialState(Built, 'UsageRegistry', {
        recorders: map,
        ledgerCode: config.ledgerCode ?? (await ledgerCode()),
        desk,
    });
}

/**
 * Where usages are recorded. Every message pays `get_cost`; what is left of the value comes back.
 */
export class UsageRegistry extends governed(REGISTRY_ROLES) implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {
        super();
    }

    static createFromAddress(address: Address): UsageRegistry {
        return new UsageRegistry(address);
    }

    /** A registry to be deployed with `sendDeploy`. Its address commits to everything in the configuration. */
    static async createFromConfig(config: RegistryConfig): Promise<UsageRegistry> {
        const init = await registryInit(config);
        return new UsageRegistry(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static addUsageBody(args: Query & { record: UsageOrBatch; deploy?: boolean }): Cell {
        return pack(
            storeAddUsage({
                $$type: 'AddUsage',
                queryId: queryIdOf(args),
                consumer: accountIdOf(recordOf(args.record).consumer),
                batch: recordOf(args.record).batch,
                deploy: args.deploy ?? false,
                row: recordOf(args.record).row,
            }),
        );
    }

    static addUsagesBody(args: Query & { usages: readonly RecordedUsage[] }): Cell {
        return pack(
            storeAddUsages({
                $$type: 'AddUsages',
                queryId: queryIdOf(args),
                count: BigInt(args.usages.length),
                rows: recordChain(args.usages),
            }),
        );
    }

    static linkSettlementBody(args: Query & { settlement: Address }): Cell {
        return pack(
            storeLinkSettlement({ $$type: 'LinkSettlement', queryId: queryIdOf(args), settlement: args.settlement }),
        );
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** Deploys with `value` nanoton for the rent (get_rent; less can be topped up later). */
    async sendDeploy(provider: ContractProvider, via: Sender, value: bigint) {
        await provider.internal(via, { value, body: UsageRegistry.topUpBody() });
    }

    /** One usage, or one batch as one record; `deploy`: the consumer has no ledger yet. The result is a UsageRecorded or a UsageRejected event. From a recorder. Throws ERROR_NOT_ROLE, ERROR_PAUSED, ERROR_USAGE_ROW, ERROR_USAGE_WHEN, ERROR_VALUE_TOO_LOW. */
    async sendAddUsage(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { record: UsageOrBatch; deploy?: boolean },
    ) {
        await sendBody(provider, via, UsageRegistry.addUsageBody(args), args, { n: args.deploy ? 1 : 0 });
    }

    /** 1 to 60 usages; results are a UsageRows event, and UsageRecorded and UsageRejected of the ledgers. From a recorder. Throws ERROR_NOT_ROLE, ERROR_PAUSED, ERROR_BATCH_COUNT, ERROR_VALUE_TOO_LOW. */
    async sendAddUsages(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { usages: readonly RecordedUsage[] },
    ) {
        await sendBody(provider, via, UsageRegistry.addUsagesBody(args), args, { n: args.usages.length });
    }

    /** Once. From the owner. Throws ERROR_NOT_OWNER, ERROR_LINKED, ERROR_BAD_ADDRESS. */
    async sendLinkSettlement(provider: ContractProvider, via: Sender, args: SendOptions & { settlement: Address }) {
        await sendBody(provider, via, UsageRegistry.linkSettlementBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Roles, link, pause, size; accounts as ids, 0 = nobody. */
    async getRegistryData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetRegistryData(provider);
    }

    /** Recorders with their places: ledgers know them by slot and term. */
    async getRecorders(provider: ContractProvider) {
        const recorders = await Built.fromAddress(this.address).getGetRecorders(provider);
        return recorders.keys().map((account) => {
            const packed = recorders.get(account)!;
            return {
                address: addressOfAccount(account),
                slot: packed >> 64n,
                term: (packed >> 32n) & 0xffffffffn,
                since: packed & 0xffffffffn,
            };
        });
    }

    /** Totals of the network over whole days (`dayOf`), both included; at most the last 400. */
    async getTotals(provider: ContractProvider, from: Integer, to: Integer) {
        return Built.fromAddress(this.address).getGetTotals(provider, BigInt(from), BigInt(to));
    }

    async getLedgerAddress(provider: ContractProvider, consumer: Address): Promise<Address> {
        return Built.fromAddress(this.address).getGetLedgerAddress(provider, consumer);
    }

    /** Hash of a record as the chain computes it. */
    async getRecordHash(provider: ContractProvider, record: UsageOrBatch): Promise<bigint> {
        const { consumer, batch, row } = recordOf(record);
        return Built.fromAddress(this.address).getGetRecordHash(provider, consumer, batch, row);
    }

    /**
     * Whether the opening of receipt `index` (UsageBatch.opening) shows that a batch is wrong; false: the receipt is in it.
     * Throws (ERROR_OPENING) for an opening that is not of this batch.
     */
    async getShowsFraud(provider: ContractProvider, batch: Batch, index: Integer, opening: Cell): Promise<boolean> {
        const { consumer, row } = recordOf({ batch });
        return Built.fromAddress(this.address).getGetShowsFraud(provider, consumer, row, BigInt(index), opening);
    }

    /** Announced code; codeHash 0 = none. */
    async getUpgrade(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetUpgrade(provider);
    }

    /** Nanoton for five years of rent without history. */
    async getRent(provider: ContractProvider): Promise<bigint> {
        return Built.fromAddress(this.address).getGetRent(provider);
    }

    /** Nanoton to attach at the current prices; `n`: rows of AddUsages, 1 for an AddUsage that deploys. */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }
}
