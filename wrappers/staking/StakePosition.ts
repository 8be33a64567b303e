import { Address, Cell, contractAddress, Contract, ContractProvider, Sender } from '@ton/core';

import {
    StakePosition as Built,
    storeCancelUnstake,
    storeClaimCredit,
    storeClaimRestitution,
    storeCompleteUnstake,
    storePushShares,
    storeRequestUnstake,
    storeSyncPosition,
    storeTopUp,
} from '../../build/StakePosition/StakePosition_StakePosition';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';
import { accountOrNull } from './common';

/** What to unstake: an amount, raw shares, or everything; `target`: ProverStaking of another prover (redelegation). */
export type UnstakeArgs = ({ amount: bigint } | { shares: bigint } | { all: true }) & { target?: Address };

/** One unstake request. */
export type UnstakeRequestInfo = { id: number; raw: bigint; readyAt: number; target: Address | null };

/** One staker's stake at one prover: active raw shares and up to 10 unstake requests. */
export class StakePosition implements Contract {
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): StakePosition {
        return new StakePosition(address);
    }

    /** The position of a staker at a prover; with the code of this build unless another is given. */
    static async createFromConfig(config: {
        staking: Address;
        rewards: Address;
        staker: Address;
        code?: Cell;
    }): Promise<StakePosition> {
        const built = await initialState(Built, 'StakePosition', {
            staking: accountIdOf(config.staking),
            rewards: accountIdOf(config.rewards),
            staker: accountIdOf(config.staker),
        });
        const init = { code: config.code ?? built.code, data: built.data };
        return new StakePosition(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static requestUnstakeBody(args: Query & UnstakeArgs): Cell {
        const [kind, value] =
            'amount' in args ? [0n, args.amount] : 'shares' in args ? [1n, args.shares] : ([2n, 0n] as const);
        return pack(
            storeRequestUnstake({
                $$type: 'RequestUnstake',
                queryId: queryIdOf(args),
                kind,
                value,
                target: args.target ?? null,
            }),
        );
    }

    static completeUnstakeBody(args: Query = {}): Cell {
        return pack(storeCompleteUnstake({ $$type: 'CompleteUnstake', queryId: queryIdOf(args) }));
    }

    static cancelUnstakeBody(args: Query & { id: Integer }): Cell {
        return pack(storeCancelUnstake({ $$type: 'CancelUnstake', queryId: queryIdOf(args), id: BigInt(args.id) }));
    }

    static claimRestitutionBody(args: Query & { seq: Integer }): Cell {
        return pack(
            storeClaimRestitution({ $$type: 'ClaimRestitution', queryId: queryIdOf(args), seq: BigInt(args.seq) }),
        );
    }

    static claimCreditBody(args: Query = {}): Cell {
        return pack(storeClaimCredit({ $$type: 'ClaimCredit', queryId: queryIdOf(args) }));
    }

    static syncPositionBody(args: Query = {}): Cell {
        return pack(storeSyncPosition({ $$type: 'SyncPosition', queryId: queryIdOf(args) }));
    }

    static pushSharesBody(args: Query = {}): Cell {
        return pack(storePushShares({ $$type: 'PushShares', queryId: queryIdOf(args) }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /**
     * From the staker. Throws ERROR_NOT_STAKER, ERROR_BUSY, ERROR_QUEUE_FULL; at ProverStaking ERROR_ZERO_AMOUNT,
     * ERROR_NOT_ENOUGH, ERROR_MIN_SELF_STAKE.
     */
    async sendRequestUnstake(provider: ContractProvider, via: Sender, args: SendOptions & UnstakeArgs) {
        await sendBody(provider, via, StakePosition.requestUnstakeBody(args), args);
    }

    /**
     * Pays the matured head of the queue to the staker, or to the target of a redelegation (then `redelegation: true`,
     * which costs more). From anyone. Throws ERROR_BUSY, ERROR_LOCKED, ERROR_NOTHING_DUE.
     */
    async sendCompleteUnstake(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { redelegation?: boolean } = {},
    ) {
        await sendBody(provider, via, StakePosition.completeUnstakeBody(args), args, { n: args.redelegation ? 1 : 0 });
    }

    /** From the staker. Throws ERROR_NOT_STAKER, ERROR_BUSY, ERROR_NO_REQUEST; at ProverStaking the rules of a stake. */
    async sendCancelUnstake(provider: ContractProvider, via: Sender, args: SendOptions & { id: Integer }) {
        await sendBody(provider, via, StakePosition.cancelUnstakeBody(args), args);
    }

    /** From anyone, to the staker. Throws ERROR_NOT_SEEN (send SyncPosition first), ERROR_NOTHING_DUE, ERROR_LOCKED. */
    async sendClaimRestitution(provider: ContractProvider, via: Sender, args: SendOptions & { seq: Integer }) {
        await sendBody(provider, via, StakePosition.claimRestitutionBody(args), args);
    }

    /** From anyone, to the staker. Throws ERROR_NOTHING_DUE, ERROR_LOCKED, ERROR_BUSY. */
    async sendClaimCredit(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakePosition.claimCreditBody(args), args);
    }

    /** From anyone. */
    async sendSyncPosition(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakePosition.syncPositionBody(args), args);
    }

    /** From anyone. Throws ERROR_NOTHING_DUE. */
    async sendPushShares(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakePosition.pushSharesBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Shares, numbers, credit, lock. `owed`: what ProverRewards has not taken yet. */
    async getPosition(provider: ContractProvider) {
        const { $$type: _type, ...info } = await Built.fromAddress(this.address).getGetPosition(provider);
        return {
            ...info,
            staking: accountOrNull(info.staking)!,
            rewards: accountOrNull(info.rewards)!,
            staker: accountOrNull(info.staker)!,
        };
    }

    /** Unstake requests, oldest first. */
    async getRequests(provider: ContractProvider): Promise<UnstakeRequestInfo[]> {
        const all = await Built.fromAddress(this.address).getGetRequests(provider);
        return all
            .keys()
            .sort((a, b) => a - b)
            .map((id) => {
                const { raw, readyAt, target } = all.get(id)!;
                return { id, raw, readyAt: Number(readyAt), target: accountOrNull(target) };
            });
    }

    /** What the position has cast on a proposal, in tokens; `cast` 0 if nothing. */
    async getBallot(provider: ContractProvider, proposal: Address) {
        const { choice, lockUntil, cast } = await Built.fromAddress(this.address).getGetBallot(provider, proposal);
        return { choice: Number(choice), lockUntil: Number(lockUntil), cast };
    }

    /** Raw shares held when slash `seq` struck, as far as recorded. */
    async getRawAt(provider: ContractProvider, seq: Integer): Promise<bigint> {
        return Built.fromAddress(this.address).getGetRawAt(provider, BigInt(seq));
    }

    /** Nanoton to attach for a message at the current prices. `n` = 1: completion of a redelegation. */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }
}
