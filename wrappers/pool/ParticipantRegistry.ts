import { Address, Cell, Contract, contractAddress, ContractProvider, OpenedContract, Sender } from '@ton/core';

import {
    ParticipantRegistry as Built,
    storeAnnounceSlash,
    storeApplyUpgrade,
    storeAppointReporter,
    storeApprove,
    storeCloseEpoch,
    storeRegister,
    storeReject,
    storeReportMetrics,
    storeSeal,
    storeSetGpuCeiling,
    storeVetoSlash,
    storeVoidEpoch,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { PoolInit, registryInit } from './addresses';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { metricsEntries, MetricsRow } from './metrics';
import { ParticipantVault } from './ParticipantVault';

export type {
    EpochData,
    RegistryData,
    RoleSet,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';

/** Admission, epochs and metrics of a pool. Opened from its operator contract with `getRegistry`. */
export class ParticipantRegistry implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): ParticipantRegistry {
        return new ParticipantRegistry(address);
    }

    /** The registry of an operator contract; it is the operator contract that deploys it. */
    static async createFromConfig(config: { operator: Address; code?: Cell }): Promise<ParticipantRegistry> {
        const init = await registryInit(config.operator, config.code);
        return new ParticipantRegistry(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static reportMetricsBody(args: Query & { epoch: Integer; rows: readonly MetricsRow[] }): Cell {
        return pack(
            storeReportMetrics({
                $$type: 'ReportMetrics',
                queryId: queryIdOf(args),
                epoch: BigInt(args.epoch),
                count: BigInt(args.rows.length),
                entries: metricsEntries(args.rows),
            }),
        );
    }

    static sealBody(args: Query & { epoch: Integer }): Cell {
        return pack(storeSeal({ $$type: 'Seal', queryId: queryIdOf(args), epoch: BigInt(args.epoch) }));
    }

    static closeEpochBody(args: Query & { responseTo?: Address | null } = {}): Cell {
        return pack(
            storeCloseEpoch({ $$type: 'CloseEpoch', queryId: queryIdOf(args), responseTo: args.responseTo ?? null }),
        );
    }

    static voidEpochBody(args: Query & { epoch: Integer }): Cell {
        return pack(storeVoidEpoch({ $$type: 'VoidEpoch', queryId: queryIdOf(args), epoch: BigInt(args.epoch) }));
    }

    static registerBody(
        args: Query & {
            stake: bigint;
            payout?: Address | null;
            recovery?: Address | null;
            minPayout?: bigint;
            metaHash?: bigint;
            metaUri?: Cell | null;
        },
    ): Cell {
        return pack(
            storeRegister({
                $$type: 'Register',
                queryId: queryIdOf(args),
                stake: args.stake,
                payout: args.payout ?? null,
                recovery: args.recovery ?? null,
                minPayout: args.minPayout ?? 0n,
                metaHash: args.metaHash ?? 0n,
                metaUri: args.metaUri ?? null,
            }),
        );
    }

    static approveBody(args: Query & { participant: Address; gpuCeiling: Integer }): Cell {
        return pack(
            storeApprove({
                $$type: 'Approve',
                queryId: queryIdOf(args),
                participant: args.participant,
                gpuCeiling: BigInt(args.gpuCeiling),
            }),
        );
    }

    static rejectBody(args: Query & { participant: Address }): Cell {
        return pack(storeReject({ $$type: 'Reject', queryId: queryIdOf(args), participant: args.participant }));
    }

    static setGpuCeilingBody(args: Query & { participant: Address; gpuCeiling: Integer }): Cell {
        return pack(
            storeSetGpuCeiling({
                $$type: 'SetGpuCeiling',
                queryId: queryIdOf(args),
                participant: args.participant,
                gpuCeiling: BigInt(args.gpuCeiling),
            }),
        );
    }

    static announceSlashBody(args: Query & { participant: Address; amount: bigint; reasonHash: bigint }): Cell {
        return pack(
            storeAnnounceSlash({
                $$type: 'AnnounceSlash',
                queryId: queryIdOf(args),
                participant: args.participant,
                amount: args.amount,
                reasonHash: args.reasonHash,
            }),
        );
    }

    static vetoSlashBody(args: Query & { participant: Address }): Cell {
        return pack(storeVetoSlash({ $$type: 'VetoSlash', queryId: queryIdOf(args), participant: args.participant }));
    }

    static appointReporterBody(args: Query & { reporter: Address }): Cell {
        return pack(
            storeAppointReporter({ $$type: 'AppointReporter', queryId: queryIdOf(args), reporter: args.reporter }),
        );
    }

    static applyUpgradeBody(args: Query & { code: Cell }): Cell {
        return pack(storeApplyUpgrade({ $$type: 'ApplyUpgrade', queryId: queryIdOf(args), code: args.code }));
    }

    // ---------------------------------------------------------------- messages

    /**
     * Metrics of up to 80 participants for one epoch. `entries`: chain of cells, two rows a cell; a row is
     * participant:uint256 (account id) seconds:uint32 gpu:uint24 uptimeBps:uint16 outages:uint16. From the reporter.
     * Throws ERROR_NOT_ROLE, ERROR_WRONG_EPOCH, ERROR_EPOCH_RUNS, ERROR_REPORT_WINDOW, ERROR_SEALED, ERROR_BATCH,
     * ERROR_METRICS_BOUNDS, ERROR_VALUE_TOO_LOW.
     */
    async sendReportMetrics(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { epoch: Integer; rows: readonly MetricsRow[] },
    ) {
        await sendBody(provider, via, ParticipantRegistry.reportMetricsBody(args), args, { n: args.rows.length });
    }

    /**
     * Every active vault is reported: the epoch may close before the report window ends. From the reporter. Throws
     * ERROR_NOT_ROLE, ERROR_WRONG_EPOCH, ERROR_SEALED, ERROR_REPORT_WINDOW, ERROR_NOT_COMPLETE.
     */
    async sendSeal(provider: ContractProvider, via: Sender, args: SendOptions & { epoch: Integer }) {
        await sendBody(provider, via, ParticipantRegistry.sealBody(args), args);
    }

    /**
     * Closes the oldest open epoch if it is due, or sends the totals of the last closed one again. From anyone. Throws
     * ERROR_VALUE_TOO_LOW, ERROR_NOT_DUE.
     */
    async sendCloseEpoch(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { responseTo?: Address | null } = {},
    ) {
        await sendBody(provider, via, ParticipantRegistry.closeEpochBody(args), args);
    }

    /**
     * Throws the reported metrics away, once an epoch; it is reported again as attempt 1. From the owner or the
     * arbiter. Throws ERROR_NOT_ROLE, ERROR_WRONG_EPOCH, ERROR_CANNOT_VOID.
     */
    async sendVoidEpoch(provider: ContractProvider, via: Sender, args: SendOptions & { epoch: Integer }) {
        await sendBody(provider, via, ParticipantRegistry.voidEpochBody(args), args);
    }

    /**
     * Joins the pool with `stake` (nanoton, >= the minimum). The value must cover stake + `get_cost`. From the
     * participant. Throws ERROR_PAUSED, ERROR_NOT_ACTIVE, ERROR_STAKE_TOO_LOW, ERROR_BAD_ADDRESS, ERROR_VALUE_TOO_LOW
     * (stake + `get_cost`).
     */
    async sendRegister(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & {
            stake: bigint;
            payout?: Address | null;
            recovery?: Address | null;
            minPayout?: bigint;
            metaHash?: bigint;
            metaUri?: Cell | null;
        },
    ) {
        await sendBody(provider, via, ParticipantRegistry.registerBody(args), args, { amount: args.stake });
    }

    /** Admits a pending participant. From the owner. Throws ERROR_NOT_ROLE, ERROR_PAUSED. */
    async sendApprove(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { participant: Address; gpuCeiling: Integer },
    ) {
        await sendBody(provider, via, ParticipantRegistry.approveBody(args), args);
    }

    /** Turns a pending participant down; his stake goes back. From the owner. */
    async sendReject(provider: ContractProvider, via: Sender, args: SendOptions & { participant: Address }) {
        await sendBody(provider, via, ParticipantRegistry.rejectBody(args), args);
    }

    /**
     * Lowers a GPU ceiling at once or raises it in 7 days. From the owner. Throws ERROR_NOT_ROLE, ERROR_BAD_PARAMETER.
     */
    async sendSetGpuCeiling(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { participant: Address; gpuCeiling: Integer },
    ) {
        await sendBody(provider, via, ParticipantRegistry.setGpuCeilingBody(args), args);
    }

    /** Announces a slash of `amount` (<= half of the stake). From the owner. Throws ERROR_NOT_ROLE, ERROR_PAUSED. */
    async sendAnnounceSlash(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { participant: Address; amount: bigint; reasonHash: bigint },
    ) {
        await sendBody(provider, via, ParticipantRegistry.announceSlashBody(args), args);
    }

    /** Strikes an announced slash out. From the arbiter, within 48 h. Throws ERROR_NOT_ROLE. */
    async sendVetoSlash(provider: ContractProvider, via: Sender, args: SendOptions & { participant: Address }) {
        await sendBody(provider, via, ParticipantRegistry.vetoSlashBody(args), args);
    }

    /**
     * In an unmanaged pool: who reports until the owner is back. From the arbiter. Throws ERROR_NOT_ROLE,
     * ERROR_MANAGED.
     */
    async sendAppointReporter(provider: ContractProvider, via: Sender, args: SendOptions & { reporter: Address }) {
        await sendBody(provider, via, ParticipantRegistry.appointReporterBody(args), args);
    }

    /** Installs announced code, whose hash is checked. Sent to the contract that is upgraded. From anyone. */
    async sendApplyUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { code: Cell }) {
        await sendBody(provider, via, ParticipantRegistry.applyUpgradeBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Everything a page needs. Amounts in nanoton, times in unix seconds. */
    async getRegistryData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetRegistryData(provider);
    }

    /** The oldest epoch that is not closed; lastClosed = -1 before the first close. */
    async getEpochData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetEpochData(provider);
    }

    /** Total score of a bucket (0 to 5) in the open epoch. */
    async getBucketTotal(provider: ContractProvider, bucket: Integer) {
        return Built.fromAddress(this.address).getGetBucketTotal(provider, BigInt(bucket));
    }

    /** First second of an epoch, the open one or later. */
    async getEpochStart(provider: ContractProvider, epoch: Integer) {
        return Built.fromAddress(this.address).getGetEpochStart(provider, BigInt(epoch));
    }

    /** First epoch that begins at `time` (unix seconds) or later. */
    async getFirstEpoch(provider: ContractProvider, time: Integer) {
        return Built.fromAddress(this.address).getGetFirstEpoch(provider, BigInt(time));
    }

    /** Address of the vault of a participant. */
    async getVaultAddress(provider: ContractProvider, participant: Address) {
        return Built.fromAddress(this.address).getGetVaultAddress(provider, participant);
    }

    /** Owner, reporter and arbiter as this contract knows them. */
    async getRoles(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetRoles(provider);
    }

    /** Announced code of this contract (false), or of the vaults (true). */
    async getUpgrade(provider: ContractProvider, vault: boolean) {
        return Built.fromAddress(this.address).getGetUpgrade(provider, vault);
    }

    /** Balance beyond the rent, in nanoton: this contract owes nobody anything. */
    async getSolvency(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSolvency(provider);
    }

    /**
     * Nanoton to attach for a message at the current prices, by its body or its operation code. `n` as in the getter;
     * amounts that the message moves come on top.
     */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }

    /**
     * Nanoton below which a report of `n` rows is refused: without the claims that it triggers, which `getCost` includes.
     * A report that closes the epoch before needs that on top.
     */
    async getReportMinimum(provider: ContractProvider, n: Integer): Promise<bigint> {
        const { stack } = await provider.get('get_report_minimum', [{ type: 'int', value: BigInt(n) }]);
        return stack.readBigNumber();
    }

    /** The vault of a participant, opened. */
    async getVault(provider: ContractProvider, participant: Address): Promise<OpenedContract<ParticipantVault>> {
        return provider.open(ParticipantVault.createFromAddress(await this.getVaultAddress(provider, participant)));
    }
}
