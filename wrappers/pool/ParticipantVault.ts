import { Address, Cell, Contract, contractAddress, ContractProvider, Sender } from '@ton/core';

import {
    ParticipantVault as Built,
    storeAddStake,
    storeApplyAddressChange,
    storeCancelAddressChange,
    storeCancelExit,
    storeCancelRegistration,
    storeCompleteExit,
    storeExecuteSlash,
    storePoke,
    storeRegisterWorker,
    storeRequestExit,
    storeResync,
    storeSetMetadata,
    storeSetMinPayout,
    storeSetPayout,
    storeSetRecovery,
    storeSweep,
    storeUpgradeVault,
    storeWalletCommand,
    storeWithdrawStake,
} from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { PoolInit, vaultInit } from './addresses';
import {
    ALL_ROUNDS,
    costOf,
    Integer,
    opcodeOf,
    pack,
    Query,
    queryIdOf,
    sendBody,
    SendOptions,
} from '../common/messages';

export type { VaultData, VaultEpoch } from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';

/** A node wallet's commands: withdraw everything to its owner, block the node's key, unblock it. */
export type WalletLetter = 'w' | 'b' | 'u';

/** The letter as the message carries it. */
export function commandCode(letter: WalletLetter): bigint {
    return BigInt(letter.charCodeAt(0));
}

/** Epochs whose bit is set in `due`. */
export function dueEpochs(vault: { firstEpoch: bigint; due: bigint }): bigint[] {
    const epochs: bigint[] = [];
    for (let i = 0n; vault.due >> i !== 0n; i++) {
        if (((vault.due >> i) & 1n) === 1n) {
            epochs.push(vault.firstEpoch + i);
        }
    }
    return epochs;
}

/**
 * One participant's account at a pool, and the `owner_address` of his machines: stake, metrics, claims. Every message
 * pays `get_cost`; what is left of the value comes back.
 */
export class ParticipantVault implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): ParticipantVault {
        return new ParticipantVault(address);
    }

    /** The vault of a participant; it is the registry that deploys it. `vaultCode` as the pool was deployed with. */
    static createFromConfig(config: { registry: Address; participant: Address; vaultCode: Cell }): ParticipantVault {
        const init = vaultInit(config.registry, config.participant, config.vaultCode);
        return new ParticipantVault(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static pokeBody(args: Query & { upTo?: Integer; responseTo?: Address | null } = {}): Cell {
        return pack(
            storePoke({
                $$type: 'Poke',
                queryId: queryIdOf(args),
                upTo: BigInt(args.upTo ?? ALL_ROUNDS),
                responseTo: args.responseTo ?? null,
            }),
        );
    }

    static requestExitBody(args: Query = {}): Cell {
        return pack(storeRequestExit({ $$type: 'RequestExit', queryId: queryIdOf(args) }));
    }

    static cancelExitBody(args: Query = {}): Cell {
        return pack(storeCancelExit({ $$type: 'CancelExit', queryId: queryIdOf(args) }));
    }

    static completeExitBody(args: Query = {}): Cell {
        return pack(storeCompleteExit({ $$type: 'CompleteExit', queryId: queryIdOf(args) }));
    }

    static cancelRegistrationBody(args: Query = {}): Cell {
        return pack(storeCancelRegistration({ $$type: 'CancelRegistration', queryId: queryIdOf(args) }));
    }

    static addStakeBody(args: Query & { amount: bigint }): Cell {
        return pack(storeAddStake({ $$type: 'AddStake', queryId: queryIdOf(args), amount: args.amount }));
    }

    static withdrawStakeBody(args: Query & { amount: bigint }): Cell {
        return pack(storeWithdrawStake({ $$type: 'WithdrawStake', queryId: queryIdOf(args), amount: args.amount }));
    }

    static setPayoutBody(args: Query & { payout: Address }): Cell {
        return pack(storeSetPayout({ $$type: 'SetPayout', queryId: queryIdOf(args), payout: args.payout }));
    }

    static setRecoveryBody(args: Query & { recovery?: Address | null } = {}): Cell {
        return pack(
            storeSetRecovery({ $$type: 'SetRecovery', queryId: queryIdOf(args), recovery: args.recovery ?? null }),
        );
    }

    static cancelAddressChangeBody(args: Query = {}): Cell {
        return pack(storeCancelAddressChange({ $$type: 'CancelAddressChange', queryId: queryIdOf(args) }));
    }

    static applyAddressChangeBody(args: Query = {}): Cell {
        return pack(storeApplyAddressChange({ $$type: 'ApplyAddressChange', queryId: queryIdOf(args) }));
    }

    static setMinPayoutBody(args: Query & { amount: bigint }): Cell {
        return pack(storeSetMinPayout({ $$type: 'SetMinPayout', queryId: queryIdOf(args), amount: args.amount }));
    }

    static setMetadataBody(args: Query & { metaHash: bigint; metaUri?: Cell | null }): Cell {
        return pack(
            storeSetMetadata({
                $$type: 'SetMetadata',
                queryId: queryIdOf(args),
                metaHash: args.metaHash,
                metaUri: args.metaUri ?? null,
            }),
        );
    }

    static registerWorkerBody(args: Query & { worker: Address; init?: Cell | null }): Cell {
        return pack(
            storeRegisterWorker({
                $$type: 'RegisterWorker',
                queryId: queryIdOf(args),
                worker: args.worker,
                init: args.init ?? null,
            }),
        );
    }

    static walletCommandBody(args: Query & { wallet: Address; command: WalletLetter }): Cell {
        return pack(
            storeWalletCommand({
                $$type: 'WalletCommand',
                queryId: queryIdOf(args),
                wallet: args.wallet,
                command: commandCode(args.command),
            }),
        );
    }

    static executeSlashBody(args: Query = {}): Cell {
        return pack(storeExecuteSlash({ $$type: 'ExecuteSlash', queryId: queryIdOf(args) }));
    }

    static sweepBody(args: Query = {}): Cell {
        return pack(storeSweep({ $$type: 'Sweep', queryId: queryIdOf(args) }));
    }

    static resyncBody(args: Query = {}): Cell {
        return pack(storeResync({ $$type: 'Resync', queryId: queryIdOf(args) }));
    }

    static upgradeVaultBody(args: Query & { code: Cell }): Cell {
        return pack(storeUpgradeVault({ $$type: 'UpgradeVault', queryId: queryIdOf(args), code: args.code }));
    }

    // ---------------------------------------------------------------- messages

    /**
     * Claims every due round up to `upTo`. The rest of the value goes to `responseTo`. From anyone. Throws
     * ERROR_NOTHING_DUE, ERROR_VALUE_TOO_LOW.
     */
    async sendPoke(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { upTo?: Integer; responseTo?: Address | null } = {},
    ) {
        // Without a value: enough for every due round, whatever `upTo` leaves out of them.
        const n = args.value === undefined ? dueEpochs(await this.getVaultData(provider)).length : 0;
        await sendBody(provider, via, ParticipantVault.pokeBody(args), args, { n });
    }

    /**
     * Starts the exit: 7 days, reported and paid as before until it completes. From the participant or his recovery
     * address.
     */
    async sendRequestExit(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.requestExitBody(args), args);
    }

    /** Takes an exit request back. From the participant. */
    async sendCancelExit(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.cancelExitBody(args), args);
    }

    /** Pays the stake out once the exit delay is over. From anyone. */
    async sendCompleteExit(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.completeExitBody(args), args);
    }

    /** Withdraws a registration that is still pending. From the participant. */
    async sendCancelRegistration(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.cancelRegistrationBody(args), args);
    }

    /** Adds `amount` to the stake; the value must cover it. From the participant. */
    async sendAddStake(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, ParticipantVault.addStakeBody(args), args, { amount: args.amount });
    }

    /** Takes `amount` out, down to the minimum. From the participant. */
    async sendWithdrawStake(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, ParticipantVault.withdrawStakeBody(args), args);
    }

    /** New payout address in 7 days; either side cancels. From the participant or the recovery address. */
    async sendSetPayout(provider: ContractProvider, via: Sender, args: SendOptions & { payout: Address }) {
        await sendBody(provider, via, ParticipantVault.setPayoutBody(args), args);
    }

    /** New recovery address in 7 days. From the participant. */
    async sendSetRecovery(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { recovery?: Address | null } = {},
    ) {
        await sendBody(provider, via, ParticipantVault.setRecoveryBody(args), args);
    }

    /** Takes both announced addresses back. From the participant or the recovery address. */
    async sendCancelAddressChange(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.cancelAddressChangeBody(args), args);
    }

    /** Applies announced addresses whose notice has run out. From anyone. */
    async sendApplyAddressChange(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.applyAddressChangeBody(args), args);
    }

    /** Claims below this wait, but for 48 rounds at most. Nanoton. From the participant. */
    async sendSetMinPayout(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, ParticipantVault.setMinPayoutBody(args), args);
    }

    /** From the participant. */
    async sendSetMetadata(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { metaHash: bigint; metaUri?: Cell | null },
    ) {
        await sendBody(provider, via, ParticipantVault.setMetadataBody(args), args);
    }

    /** owner_worker_register to the participant's worker. `init` deploys it. From the participant. */
    async sendRegisterWorker(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { worker: Address; init?: Cell | null },
    ) {
        await sendBody(provider, via, ParticipantVault.registerWorkerBody(args), args);
    }

    /** Text `w`, `b` or `u` to the participant's node wallet. From the participant. */
    async sendWalletCommand(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { wallet: Address; command: WalletLetter },
    ) {
        await sendBody(provider, via, ParticipantVault.walletCommandBody(args), args);
    }

    /** Executes a slash after its veto time. From anyone. */
    async sendExecuteSlash(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.executeSlashBody(args), args);
    }

    /** Forwards everything above stake and rent: to the pool, after an exit to the participant. From anyone. */
    async sendSweep(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.sweepBody(args), args);
    }

    /** Tells the registry again what an earlier bounce kept back. From anyone. */
    async sendResync(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ParticipantVault.resyncBody(args), args);
    }

    /** Moves the vault to published code. From the participant. */
    async sendUpgradeVault(provider: ContractProvider, via: Sender, args: SendOptions & { code: Cell }) {
        await sendBody(provider, via, ParticipantVault.upgradeVaultBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /**
     * Everything a page needs of one participant. Amounts in nanoton, times in unix seconds; bit i of `due` stands for
     * epoch firstEpoch + i.
     */
    async getVaultData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetVaultData(provider);
    }

    /** Entry of one epoch; present = false: not reported here, or more than 64 epochs ago. */
    async getEpoch(provider: ContractProvider, epoch: Integer) {
        return Built.fromAddress(this.address).getGetEpoch(provider, BigInt(epoch));
    }

    /** Recovery address, null if there is none. */
    async getRecovery(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetRecovery(provider);
    }

    /** The payout address that applies from nextPayoutAt on, null if none is announced. */
    async getNextPayout(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetNextPayout(provider);
    }

    /** Short URI of the participant as he gave it, null if there is none. */
    async getMetaUri(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetMetaUri(provider);
    }

    /** Balance beyond stake, dust and rent, in nanoton. Never negative but for rent. */
    async getSolvency(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSolvency(provider);
    }

    /** Nanoton from which a payout is forwarded at once. */
    async getForwardThreshold(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetForwardThreshold(provider);
    }

    /**
     * Nanoton to attach for a message at the current prices, by its body or its operation code. `n` as in the getter;
     * amounts that the message moves come on top.
     */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }
}
