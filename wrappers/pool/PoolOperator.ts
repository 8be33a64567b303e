import { Address, Cell, Contract, contractAddress, ContractProvider, OpenedContract, Sender, toNano } from '@ton/core';

import {
    PoolOperator as Built,
    type OperatorDesk,
    storeOperatorAdmin,
    storeOperatorDesk,
    storeOperatorNotices,
    storePoolSetUp,
    storeUpgradeSlot,
    storeAcceptOwnership,
    storeAddProxy,
    storeAnnounceEpochLength,
    storeAnnounceMinEarned,
    storeAnnounceUpgrade,
    storeApplyRole,
    storeApplyUpgrade,
    storeCancelCommission,
    storeCancelRole,
    storeCancelUpgrade,
    storeDeployPool,
    storeEmergencyWithdraw,
    storeForwardEnvelope,
    storeNominateOwner,
    storeOwnWalletCommand,
    storePause,
    storeRegisterOwnWorker,
    storeRemoveProxy,
    storeSetActive,
    storeSetAdmission,
    storeSetCommission,
    storeSetPayoutAddress,
    storeSetRole,
    storeSync,
    storeSyncRoles,
    storeTopUpStake,
    storeUnpause,
    storeWithdrawOperatorStake,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { storeRegistryConfig } from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { poolCodes, PoolCodes, PoolInit } from './addresses';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { ParticipantRegistry } from './ParticipantRegistry';
import { commandCode, ParticipantVault, WalletLetter } from './ParticipantVault';
import { initialFields, initialState } from '../common/initial';
import { addressOfAccount } from './metrics';
import { RewardDistribution } from './RewardDistribution';

export type {
    OperatorNotices,
    PoolData,
    PoolSetUp,
    UpgradeSlot,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';

/** Parameters of the registry that the address of the pool commits to. */
export type RegistryParams = {
    /** Seconds, 1 h to 28 days. */
    epochSeconds?: Integer;
    /** Nanoton; the lowest stake of a participant, 10 TON at least. */
    minStake?: bigint;
    /** Nanoton an epoch; 0 = off. */
    minEarned?: bigint;
    /** Whoever registers is admitted at once. */
    open?: boolean;
    /** GPU score up to which an open admission goes, 1 to 1,000,000. */
    openCeiling?: Integer;
};

/** A pool to be. */
export type PoolConfig = RegistryParams & {
    owner: Address;
    reporter: Address;
    guardian: Address;
    /** Neither owner, reporter nor guardian. */
    arbiter: Address;
    /** Where the stake goes in an emergency. */
    recovery: Address;
    /** Where commissions go. */
    payout: Address;
    /** 500 to 1500. */
    commissionBps?: Integer;
    /** Codes of registry, distribution and vaults; those of this build by default. */
    codes?: PoolCodes;
};

export const POOL_DEFAULTS = {
    commissionBps: 1000n,
    epochSeconds: 604800n,
    minStake: toNano('10'),
    minEarned: 0n,
    open: true,
    openCeiling: 100_000n,
} as const;

/** What DeployPool takes along while there is no getter to ask: rent of three contracts for five years. The rest returns. */
export const DEPLOY_VALUE = toNano('5');

const ROLE_NUMBERS = { reporter: 0n, guardian: 1n, arbiter: 2n, recovery: 3n } as const;
export type PoolRole = keyof typeof ROLE_NUMBERS;
/** Roles whose change takes 7 days. */
export type SlowRole = 'arbiter' | 'recovery';

const TARGET_NUMBERS = { operator: 0n, registry: 1n, distribution: 2n, vault: 3n } as const;
export type UpgradeTarget = keyof typeof TARGET_NUMBERS;

/** The registry's first parameters as a cell. */
export function registryConfigCell(params: RegistryParams = {}): Cell {
    return pack(
        storeRegistryConfig({
            $$type: 'RegistryConfig',
            epochSeconds: BigInt(params.epochSeconds ?? POOL_DEFAULTS.epochSeconds),
            anchorEpoch: 0n,
            anchorTime: 0n,
            nextSeconds: 0n,
            nextEpoch: 0n,
            minStake: params.minStake ?? POOL_DEFAULTS.minStake,
            minEarned: params.minEarned ?? POOL_DEFAULTS.minEarned,
            nextMinEarned: 0n,
            nextMinEarnedAt: 0n,
            open: params.open ?? POOL_DEFAULTS.open,
            openCeiling: BigInt(params.openCeiling ?? POOL_DEFAULTS.openCeiling),
        }),
    );
}

/**
 * The pool's face: deploys registry and distribution, holds the operator's stake and the roles, takes in what Cocoon
 * pays. Every message of the owner pays `get_cost`; what is left of the value comes back.
 */
export class PoolOperator implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): PoolOperator {
        return new PoolOperator(address);
    }

    /** A pool to be deployed with `sendDeployPool`. Its address commits to everything in the configuration. */
    static async createFromConfig(config: PoolConfig): Promise<PoolOperator> {
        const codes = config.codes ?? (await poolCodes());
        const setUp = pack(
            storePoolSetUp({
                $$type: 'PoolSetUp',
                commissionBps: BigInt(config.commissionBps ?? POOL_DEFAULTS.commissionBps),
                payout: config.payout,
                ...codes,
                config: registryConfigCell(config),
            }),
        );
        const notices = pack(
            storeOperatorNotices({
                $$type: 'OperatorNotices',
                recovery: config.recovery,
                nextArbiter: null,
                nextArbiterAt: 0n,
                nextRecovery: null,
                nextRecoveryAt: 0n,
                setUp,
            }),
        );
        const admin = pack(
            storeOperatorAdmin({
                $$type: 'OperatorAdmin',
                owner: config.owner,
                pendingOwner: null,
                pause: { $$type: 'PauseState', endsAt: 0n, allowedAt: 0n },
                upgrade: pack(
                    storeUpgradeSlot({ $$type: 'UpgradeSlot', version: 0n, codeHash: 0n, readyAt: 0n, gap: null }),
                ),
            }),
        );
        const desk = pack(
            storeOperatorDesk(
                initialFields(Built, 'OperatorDesk', {
                    reporter: config.reporter,
                    guardian: config.guardian,
                    arbiter: config.arbiter,
                    admin,
                    more: notices,
                }) as OperatorDesk,
            ),
        );
        const init = await initialState(Built, 'PoolOperator', { desk });
        return new PoolOperator(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static deployPoolBody(args: Query = {}): Cell {
        return pack(storeDeployPool({ $$type: 'DeployPool', queryId: queryIdOf(args) }));
    }

    static topUpStakeBody(args: Query & { amount: bigint }): Cell {
        return pack(storeTopUpStake({ $$type: 'TopUpStake', queryId: queryIdOf(args), amount: args.amount }));
    }

    static withdrawOperatorStakeBody(args: Query & { amount: bigint }): Cell {
        return pack(
            storeWithdrawOperatorStake({
                $$type: 'WithdrawOperatorStake',
                queryId: queryIdOf(args),
                amount: args.amount,
            }),
        );
    }

    static emergencyWithdrawBody(args: Query = {}): Cell {
        return pack(storeEmergencyWithdraw({ $$type: 'EmergencyWithdraw', queryId: queryIdOf(args) }));
    }

    static setActiveBody(args: Query & { active: boolean }): Cell {
        return pack(storeSetActive({ $$type: 'SetActive', queryId: queryIdOf(args), active: args.active }));
    }

    static setCommissionBody(args: Query & { bps: Integer }): Cell {
        return pack(storeSetCommission({ $$type: 'SetCommission', queryId: queryIdOf(args), bps: BigInt(args.bps) }));
    }

    static cancelCommissionBody(args: Query = {}): Cell {
        return pack(storeCancelCommission({ $$type: 'CancelCommission', queryId: queryIdOf(args) }));
    }

    static setPayoutAddressBody(args: Query & { payout: Address }): Cell {
        return pack(
            storeSetPayoutAddress({ $$type: 'SetPayoutAddress', queryId: queryIdOf(args), payout: args.payout }),
        );
    }

    static setRoleBody(args: Query & { role: PoolRole; holder: Address }): Cell {
        return pack(
            storeSetRole({
                $$type: 'SetRole',
                queryId: queryIdOf(args),
                role: ROLE_NUMBERS[args.role],
                holder: args.holder,
            }),
        );
    }

    static applyRoleBody(args: Query & { role: PoolRole }): Cell {
        return pack(storeApplyRole({ $$type: 'ApplyRole', queryId: queryIdOf(args), role: ROLE_NUMBERS[args.role] }));
    }

    static cancelRoleBody(args: Query & { role: PoolRole }): Cell {
        return pack(storeCancelRole({ $$type: 'CancelRole', queryId: queryIdOf(args), role: ROLE_NUMBERS[args.role] }));
    }

    static nominateOwnerBody(args: Query & { owner?: Address | null } = {}): Cell {
        return pack(
            storeNominateOwner({ $$type: 'NominateOwner', queryId: queryIdOf(args), owner: args.owner ?? null }),
        );
    }

    static acceptOwnershipBody(args: Query = {}): Cell {
        return pack(storeAcceptOwnership({ $$type: 'AcceptOwnership', queryId: queryIdOf(args) }));
    }

    static syncRolesBody(args: Query = {}): Cell {
        return pack(storeSyncRoles({ $$type: 'SyncRoles', queryId: queryIdOf(args) }));
    }

    static addProxyBody(args: Query & { proxy: Address }): Cell {
        return pack(storeAddProxy({ $$type: 'AddProxy', queryId: queryIdOf(args), proxy: args.proxy }));
    }

    static removeProxyBody(args: Query & { proxy: Address }): Cell {
        return pack(storeRemoveProxy({ $$type: 'RemoveProxy', queryId: queryIdOf(args), proxy: args.proxy }));
    }

    static pauseBody(args: Query = {}): Cell {
        return pack(storePause({ $$type: 'Pause', queryId: queryIdOf(args) }));
    }

    static unpauseBody(args: Query = {}): Cell {
        return pack(storeUnpause({ $$type: 'Unpause', queryId: queryIdOf(args) }));
    }

    static syncBody(args: Query = {}): Cell {
        return pack(storeSync({ $$type: 'Sync', queryId: queryIdOf(args) }));
    }

    static announceUpgradeBody(args: Query & { target: UpgradeTarget; codeHash: bigint }): Cell {
        return pack(
            storeAnnounceUpgrade({
                $$type: 'AnnounceUpgrade',
                queryId: queryIdOf(args),
                target: TARGET_NUMBERS[args.target],
                codeHash: args.codeHash,
            }),
        );
    }

    static cancelUpgradeBody(args: Query & { target: UpgradeTarget }): Cell {
        return pack(
            storeCancelUpgrade({
                $$type: 'CancelUpgrade',
                queryId: queryIdOf(args),
                target: TARGET_NUMBERS[args.target],
            }),
        );
    }

    static applyUpgradeBody(args: Query & { code: Cell }): Cell {
        return pack(storeApplyUpgrade({ $$type: 'ApplyUpgrade', queryId: queryIdOf(args), code: args.code }));
    }

    static registerOwnWorkerBody(args: Query & { worker: Address; init?: Cell | null }): Cell {
        return pack(
            storeRegisterOwnWorker({
                $$type: 'RegisterOwnWorker',
                queryId: queryIdOf(args),
                worker: args.worker,
                init: args.init ?? null,
            }),
        );
    }

    static ownWalletCommandBody(args: Query & { wallet: Address; command: WalletLetter }): Cell {
        return pack(
            storeOwnWalletCommand({
                $$type: 'OwnWalletCommand',
                queryId: queryIdOf(args),
                wallet: args.wallet,
                command: commandCode(args.command),
            }),
        );
    }

    static forwardEnvelopeBody(args: Query & { worker: Address; envelope: Cell }): Cell {
        return pack(
            storeForwardEnvelope({
                $$type: 'ForwardEnvelope',
                queryId: queryIdOf(args),
                worker: args.worker,
                envelope: args.envelope,
            }),
        );
    }

    static announceEpochLengthBody(args: Query & { seconds: Integer }): Cell {
        return pack(
            storeAnnounceEpochLength({
                $$type: 'AnnounceEpochLength',
                queryId: queryIdOf(args),
                seconds: BigInt(args.seconds),
            }),
        );
    }

    static announceMinEarnedBody(args: Query & { amount: bigint }): Cell {
        return pack(
            storeAnnounceMinEarned({ $$type: 'AnnounceMinEarned', queryId: queryIdOf(args), amount: args.amount }),
        );
    }

    static setAdmissionBody(args: Query & { open: boolean; gpuCeiling: Integer }): Cell {
        return pack(
            storeSetAdmission({
                $$type: 'SetAdmission',
                queryId: queryIdOf(args),
                open: args.open,
                gpuCeiling: BigInt(args.gpuCeiling),
            }),
        );
    }

    // ---------------------------------------------------------------- messages

    /**
     * Deploys and links registry and distribution; sent again, it repeats the set-up. From the owner. Throws
     * ERROR_NOT_OWNER, ERROR_ARBITER_NOT_APART, ERROR_COMMISSION_BOUNDS, ERROR_VALUE_TOO_LOW.
     */
    async sendDeployPool(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        const { state } = await provider.getState();
        const value = args.value ?? (state.type === 'active' ? undefined : DEPLOY_VALUE);
        await sendBody(provider, via, PoolOperator.deployPoolBody(args), { ...args, value });
    }

    /** Adds `amount` to the operator's stake. From anyone. */
    async sendTopUpStake(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, PoolOperator.topUpStakeBody(args), args, { amount: args.amount });
    }

    /**
     * Takes `amount` out of the stake, once the pool has been inactive for 7 days. From the owner. Throws
     * ERROR_NOT_OWNER, ERROR_STILL_BOUND (active, or less than 7 days inactive), ERROR_TOO_MUCH; the registry refuses
     * (and everything bounces) while epochs begun before are open.
     */
    async sendWithdrawOperatorStake(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, PoolOperator.withdrawOperatorStakeBody(args), args);
    }

    /** The whole stake to the recovery address, under the same conditions. From anyone. */
    async sendEmergencyWithdraw(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PoolOperator.emergencyWithdrawBody(args), args);
    }

    /**
     * Active pools take registrations and can be fined. From the owner. Throws ERROR_NOT_OWNER, ERROR_NOT_LINKED,
     * ERROR_STAKE_TOO_LOW, ERROR_PAUSED.
     */
    async sendSetActive(provider: ContractProvider, via: Sender, args: SendOptions & { active: boolean }) {
        await sendBody(provider, via, PoolOperator.setActiveBody(args), args);
    }

    /**
     * A cut applies at once, a raise to rounds of epochs that begin 7 days later. Bps. From the owner. Throws
     * ERROR_NOT_OWNER, ERROR_PAUSED, ERROR_COMMISSION_BOUNDS; RewardDistribution refuses a second raise while one is
     * announced (the message bounces to this contract and nothing changes).
     */
    async sendSetCommission(provider: ContractProvider, via: Sender, args: SendOptions & { bps: Integer }) {
        await sendBody(provider, via, PoolOperator.setCommissionBody(args), args);
    }

    /** Takes an announced raise back. From the owner. Throws ERROR_NOT_OWNER. */
    async sendCancelCommission(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PoolOperator.cancelCommissionBody(args), args);
    }

    /** Where commissions go from now on. From the owner. Throws ERROR_NOT_OWNER. */
    async sendSetPayoutAddress(provider: ContractProvider, via: Sender, args: SendOptions & { payout: Address }) {
        await sendBody(provider, via, PoolOperator.setPayoutAddressBody(args), args);
    }

    /**
     * Reporter (0) and guardian (1) change at once, arbiter (2) and recovery address (3) after 7 days. From the owner.
     * Throws ERROR_NOT_OWNER, ERROR_ARBITER_NOT_APART, ERROR_CHANGE_PENDING.
     */
    async sendSetRole(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { role: PoolRole; holder: Address },
    ) {
        await sendBody(provider, via, PoolOperator.setRoleBody(args), args);
    }

    /**
     * Applies an announced arbiter or recovery address whose notice has run out. From anyone. Throws ERROR_NO_CHANGE,
     * ERROR_TOO_EARLY, ERROR_ARBITER_NOT_APART.
     */
    async sendApplyRole(provider: ContractProvider, via: Sender, args: SendOptions & { role: PoolRole }) {
        await sendBody(provider, via, PoolOperator.applyRoleBody(args), args);
    }

    /** Takes an announced arbiter or recovery address back. From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_CHANGE. */
    async sendCancelRole(provider: ContractProvider, via: Sender, args: SendOptions & { role: PoolRole }) {
        await sendBody(provider, via, PoolOperator.cancelRoleBody(args), args);
    }

    /** Nominates a new owner; null takes a nomination back. From the owner. Throws ERROR_NOT_OWNER. */
    async sendNominateOwner(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { owner?: Address | null } = {},
    ) {
        await sendBody(provider, via, PoolOperator.nominateOwnerBody(args), args);
    }

    /** The nominated owner takes over. From him. Throws ERROR_NOT_PENDING_OWNER, ERROR_ARBITER_NOT_APART. */
    async sendAcceptOwnership(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PoolOperator.acceptOwnershipBody(args), args);
    }

    /** Sends roles, status and pause to the registry again. From anyone. Throws ERROR_NOT_LINKED. */
    async sendSyncRoles(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PoolOperator.syncRolesBody(args), args);
    }

    /**
     * Payouts from `proxy` count as rewards from now on. At most 64. From the owner. Throws ERROR_NOT_OWNER,
     * ERROR_PAUSED, ERROR_TOO_MANY_PROXIES, ERROR_PROXY_LIST, ERROR_BAD_ADDRESS.
     */
    async sendAddProxy(provider: ContractProvider, via: Sender, args: SendOptions & { proxy: Address }) {
        await sendBody(provider, via, PoolOperator.addProxyBody(args), args);
    }

    /**
     * Payouts from `proxy` count as donations from now on. From the owner. Throws ERROR_NOT_OWNER, ERROR_PAUSED,
     * ERROR_PROXY_LIST.
     */
    async sendRemoveProxy(provider: ContractProvider, via: Sender, args: SendOptions & { proxy: Address }) {
        await sendBody(provider, via, PoolOperator.removeProxyBody(args), args);
    }

    /** Stops entries for 72 h. From the guardian. Throws ERROR_NOT_ROLE, ERROR_PAUSE_COOLDOWN. */
    async sendPause(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PoolOperator.pauseBody(args), args);
    }

    /** Ends the pause. From the owner. Throws ERROR_NOT_OWNER, ERROR_NOT_PAUSED. */
    async sendUnpause(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PoolOperator.unpauseBody(args), args);
    }

    /**
     * Books what the balance holds beyond the ledger as a donation and forwards everything due. From anyone. Throws
     * ERROR_VALUE_TOO_LOW, ERROR_NOT_LINKED.
     */
    async sendSync(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PoolOperator.syncBody(args), args);
    }

    /**
     * Announces new code. target 0 PoolOperator, 1 registry, 2 distribution, 3 code that participants may move their
     * vaults to. Applies 9 days later (exit delay + 48 h). From the owner. Throws ERROR_NOT_OWNER, ERROR_PAUSED,
     * ERROR_CHANGE_PENDING, ERROR_BAD_PARAMETER.
     */
    async sendAnnounceUpgrade(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { target: UpgradeTarget; codeHash: bigint },
    ) {
        await sendBody(provider, via, PoolOperator.announceUpgradeBody(args), args);
    }

    /** Takes an announced upgrade back. From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_CHANGE. */
    async sendCancelUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { target: UpgradeTarget }) {
        await sendBody(provider, via, PoolOperator.cancelUpgradeBody(args), args);
    }

    /**
     * Installs announced code, whose hash is checked. Sent to the contract that is upgraded. From anyone. Throws
     * ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_WRONG_CODE.
     */
    async sendApplyUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { code: Cell }) {
        await sendBody(provider, via, PoolOperator.applyUpgradeBody(args), args);
    }

    /**
     * owner_worker_register for a worker of the operator himself. `init` deploys it. From the owner. Throws
     * ERROR_NOT_OWNER. Cocoon wants more than 0.1 TON and returns the rest to the owner.
     */
    async sendRegisterOwnWorker(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { worker: Address; init?: Cell | null },
    ) {
        await sendBody(provider, via, PoolOperator.registerOwnWorkerBody(args), args);
    }

    /**
     * Text `w`, `b` or `u` to a node wallet of the operator himself. From the owner. Throws ERROR_NOT_OWNER,
     * ERROR_COMMAND.
     */
    async sendOwnWalletCommand(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { wallet: Address; command: WalletLetter },
    ) {
        await sendBody(provider, via, PoolOperator.ownWalletCommandBody(args), args);
    }

    /**
     * Forwards a payout envelope signed by a proxy, as it is, to `worker`. From the owner. Throws ERROR_NOT_OWNER. Who
     * holds a signed payout may submit it; the envelope names who gets the excesses.
     */
    async sendForwardEnvelope(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { worker: Address; envelope: Cell },
    ) {
        await sendBody(provider, via, PoolOperator.forwardEnvelopeBody(args), args);
    }

    /**
     * Announces another epoch length (seconds, 1 h..28 days), from the first epoch that begins 7 days later. From the
     * owner. Throws ERROR_NOT_OWNER, ERROR_PAUSED.
     */
    async sendAnnounceEpochLength(provider: ContractProvider, via: Sender, args: SendOptions & { seconds: Integer }) {
        await sendBody(provider, via, PoolOperator.announceEpochLengthBody(args), args);
    }

    /**
     * Announces another `minEarned` (nanoton an epoch, 0 = off). A raise waits 7 days. From the owner. Throws
     * ERROR_NOT_OWNER, ERROR_PAUSED.
     */
    async sendAnnounceMinEarned(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, PoolOperator.announceMinEarnedBody(args), args);
    }

    /**
     * Open admission or by approval, and the GPU ceiling of who is admitted openly. From the owner. Throws
     * ERROR_NOT_OWNER, ERROR_PAUSED.
     */
    async sendSetAdmission(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { open: boolean; gpuCeiling: Integer },
    ) {
        await sendBody(provider, via, PoolOperator.setAdmissionBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /**
     * Everything a page needs. Amounts in nanoton, times in unix seconds. One flat tuple, so that toncenter v2 can
     * serve it.
     */
    async getPoolData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetPoolData(provider);
    }

    /** Trusted proxies, by account id. */
    async getProxies(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetProxies(provider);
    }

    /** Announced arbiter and recovery address; at = 0 means none. */
    async getNotices(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetNotices(provider);
    }

    /** Codes and first parameters that the address of the pool commits to. */
    async getSetUp(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSetUp(provider);
    }

    /** Announced code of this contract; codeHash = 0 means none. */
    async getUpgrade(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetUpgrade(provider);
    }

    /** Balance beyond stake, waiting income and rent, in nanoton. Never negative but for rent. */
    async getSolvency(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSolvency(provider);
    }

    /** Address of the vault of a participant. */
    async getVaultAddress(provider: ContractProvider, participant: Address) {
        return Built.fromAddress(this.address).getGetVaultAddress(provider, participant);
    }

    /**
     * Nanoton to attach for a message at the current prices, by its body or its operation code. `n` as in the getter;
     * amounts that the message moves come on top.
     */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }

    // ---------------------------------------------------------------- neighbours

    /** The trusted proxies as addresses. */
    async getProxyAddresses(provider: ContractProvider): Promise<Address[]> {
        return (await this.getProxies(provider)).keys().map(addressOfAccount);
    }

    /** The pool's registry, opened. */
    async getRegistry(provider: ContractProvider): Promise<OpenedContract<ParticipantRegistry>> {
        const { registry } = await this.getPoolData(provider);
        return provider.open(ParticipantRegistry.createFromAddress(registry));
    }

    /** The pool's distribution, opened. */
    async getDistribution(provider: ContractProvider): Promise<OpenedContract<RewardDistribution>> {
        const { distribution } = await this.getPoolData(provider);
        return provider.open(RewardDistribution.createFromAddress(distribution));
    }

    /** The vault of a participant, opened. */
    async getVault(provider: ContractProvider, participant: Address): Promise<OpenedContract<ParticipantVault>> {
        return provider.open(ParticipantVault.createFromAddress(await this.getVaultAddress(provider, participant)));
    }
}
