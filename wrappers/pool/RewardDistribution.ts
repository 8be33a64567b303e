import { Address, Cell, Contract, contractAddress, ContractProvider, Sender } from '@ton/core';

import {
    RewardDistribution as Built,
    storeApplyUpgrade,
    storePokeMany,
    storeStartRound,
    storeSync,
    storeTopUpReserve,
} from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import { distributionInit, PoolInit } from './addresses';
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
import { participantsChain } from './metrics';

export type {
    CommissionSchedule,
    DistributionData,
    PayoutExplained,
    RoundData,
} from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';

/** A change of the commission: from `at` (unix seconds) on it is `bps`. */
export type CommissionStep = { at: number; bps: number };

/** The changes of a commission schedule, newest first. */
export function parseChanges(changes: Cell): CommissionStep[] {
    const slice = changes.beginParse();
    const steps: CommissionStep[] = [];
    while (slice.remainingBits > 0) {
        steps.push({ at: slice.loadUint(32), bps: slice.loadUint(16) });
    }
    return steps;
}

/**
 * The reward pot of a pool: fixes one round an epoch and pays what vaults claim. Opened from its operator contract with
 * `getDistribution`.
 */
export class RewardDistribution implements Contract {
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): RewardDistribution {
        return new RewardDistribution(address);
    }

    /** The distribution of an operator contract; it is the operator contract that deploys it. */
    static async createFromConfig(config: { operator: Address; code?: Cell }): Promise<RewardDistribution> {
        const init = await distributionInit(config.operator, config.code);
        return new RewardDistribution(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static startRoundBody(args: Query = {}): Cell {
        return pack(storeStartRound({ $$type: 'StartRound', queryId: queryIdOf(args) }));
    }

    static pokeManyBody(args: Query & { upTo?: Integer; participants: readonly Address[] }): Cell {
        return pack(
            storePokeMany({
                $$type: 'PokeMany',
                queryId: queryIdOf(args),
                upTo: BigInt(args.upTo ?? ALL_ROUNDS),
                count: BigInt(args.participants.length),
                participants: participantsChain(args.participants),
            }),
        );
    }

    static topUpReserveBody(args: Query & { amount: bigint }): Cell {
        return pack(storeTopUpReserve({ $$type: 'TopUpReserve', queryId: queryIdOf(args), amount: args.amount }));
    }

    static syncBody(args: Query = {}): Cell {
        return pack(storeSync({ $$type: 'Sync', queryId: queryIdOf(args) }));
    }

    static applyUpgradeBody(args: Query & { code: Cell }): Cell {
        return pack(storeApplyUpgrade({ $$type: 'ApplyUpgrade', queryId: queryIdOf(args), code: args.code }));
    }

    // ---------------------------------------------------------------- messages

    /** Closes the epoch at the registry if it is due. From anyone. Throws ERROR_VALUE_TOO_LOW. */
    async sendStartRound(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, RewardDistribution.startRoundBody(args), args);
    }

    /**
     * Pokes the vaults of many participants: chain of cells, three account ids (uint256) a cell. From anyone. Throws
     * ERROR_BATCH, ERROR_VALUE_TOO_LOW.
     */
    async sendPokeMany(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { upTo?: Integer; participants: readonly Address[] },
    ) {
        await sendBody(provider, via, RewardDistribution.pokeManyBody(args), args, { n: args.participants.length });
    }

    /** Adds `amount` to the reserve. From anyone. Throws ERROR_VALUE_TOO_LOW, ERROR_NOT_LINKED. */
    async sendTopUpReserve(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, RewardDistribution.topUpReserveBody(args), args, { amount: args.amount });
    }

    /**
     * Books what the balance holds beyond the ledger as a donation and forwards everything due. From anyone. Throws
     * ERROR_VALUE_TOO_LOW when there is nothing.
     */
    async sendSync(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, RewardDistribution.syncBody(args), args);
    }

    /** Installs announced code, whose hash is checked. Sent to the contract that is upgraded. From anyone. */
    async sendApplyUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { code: Cell }) {
        await sendBody(provider, via, RewardDistribution.applyUpgradeBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Everything a page needs. Amounts in nanoton. */
    async getDistributionData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetDistributionData(provider);
    }

    /** One fixed round; known = false: not fixed, without scores, or expired. */
    async getRound(provider: ContractProvider, round: Integer) {
        return Built.fromAddress(this.address).getGetRound(provider, BigInt(round));
    }

    /** What a score in a bucket earns in a round, part by part. */
    async getExplain(provider: ContractProvider, round: Integer, score: bigint, bucket: Integer) {
        return Built.fromAddress(this.address).getGetExplain(provider, BigInt(round), score, BigInt(bucket));
    }

    /** The announced raise of the commission and the last 16 changes; parse them with `parseChanges`. */
    async getSchedule(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSchedule(provider);
    }

    /** Balance beyond everything owed and the rent, in nanoton. Never negative but for rent. */
    async getSolvency(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSolvency(provider);
    }

    /** Announced code of this contract; codeHash = 0 means none. */
    async getUpgrade(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetUpgrade(provider);
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
}
