import { Address, beginCell, Cell, Contract, contractAddress, ContractProvider, Sender } from '@ton/core';

import {
    BOOKS_ZERO_BITS,
    ACC_BITS,
    ProverRewards as Built,
    storeClaimCommission,
    storeClaimRewards,
    storeDiscover,
    storeProveSurplus,
    storeReleaseParked,
    storeReleaseSurplus,
    storeResend,
    storeRewardPayload,
    storeSetCommission,
    storeTopUp,
} from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { costOf, Integer, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import type { PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';
import { ShareWallet } from '../token/ShareWallet';
import { RewardPosition } from './RewardPosition';

export type { RewardsData, RewardsDeskData, RewardsMoney } from '../../build/ProverRewards/ProverRewards_ProverRewards';

/** How a claim is paid: `kind` of ClaimRewards. */
const CLAIM_TO = 0n;
const CLAIM_RESTAKE = 1n;

/** What both contracts of a prover are derived from. */
export type ProverKeys = { master: Address; prover: Address; salt?: Integer };

let code: Promise<Cell> | undefined;

/** Code of this build. */
export function proverRewardsCode(): Promise<Cell> {
    code ??= Built.init(0n, 0n, Cell.EMPTY.beginParse()).then((init) => init.code);
    return code;
}

/** StateInit of the ProverRewards of a prover. `code` as the master was deployed with. */
export function proverRewardsInit(keys: ProverKeys, code: Cell): PoolInit {
    const data = beginCell().storeUint(0, 128).storeUint(0, Number(ACC_BITS)).storeUint(0, Number(BOOKS_ZERO_BITS));
    const ref = beginCell()
        .storeUint(accountIdOf(keys.master), 256)
        .storeUint(accountIdOf(keys.prover), 256)
        .storeUint(keys.salt ?? 0, 64);
    return { code, data: data.storeRef(ref.endCell()).endCell() };
}

/** Address of the ProverRewards of a prover. */
export function proverRewardsAddress(keys: ProverKeys, code: Cell): Address {
    return contractAddress(0, proverRewardsInit(keys, code));
}

/** Where the rewards of a claim go: the staker (default), another address, or back into his stake. */
export type ClaimTarget = { to?: Address | null; restake?: boolean };

/**
 * The rewards of one prover. Amounts are in the smallest unit of the reward token. Every message pays `get_cost`; what is
 * left of the value comes back. Rewards arrive as a jetton transfer: `sendAddRewards`, or `rewardPayload` and
 * `getAddRewardsCost` for an own one.
 */
export class ProverRewards implements Contract {
    /** Operation codes of the messages by their names, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): ProverRewards {
        return new ProverRewards(address);
    }

    /** The rewards of a prover; it is the master that deploys them. */
    static createFromConfig(config: ProverKeys & { code: Cell }): ProverRewards {
        const init = proverRewardsInit(config, config.code);
        return new ProverRewards(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    /** `forward_payload` of a jetton transfer that is a reward. */
    static rewardPayload(): Cell {
        return pack(storeRewardPayload({ $$type: 'RewardPayload' }));
    }

    static claimRewardsBody(args: Query & { staker: Address } & ClaimTarget): Cell {
        return pack(
            storeClaimRewards({
                $$type: 'ClaimRewards',
                queryId: queryIdOf(args),
                staker: args.staker,
                kind: args.restake ? CLAIM_RESTAKE : CLAIM_TO,
                to: args.to ?? null,
            }),
        );
    }

    static claimCommissionBody(args: Query & { to?: Address | null } = {}): Cell {
        return pack(storeClaimCommission({ $$type: 'ClaimCommission', queryId: queryIdOf(args), to: args.to ?? null }));
    }

    static setCommissionBody(args: Query & { commission: Integer }): Cell {
        return pack(
            storeSetCommission({
                $$type: 'SetCommission',
                queryId: queryIdOf(args),
                commission: BigInt(args.commission),
            }),
        );
    }

    static resendBody(args: Query & { staker: Address }): Cell {
        return pack(storeResend({ $$type: 'Resend', queryId: queryIdOf(args), staker: args.staker }));
    }

    static releaseParkedBody(args: Query & { sender: Address }): Cell {
        return pack(storeReleaseParked({ $$type: 'ReleaseParked', queryId: queryIdOf(args), sender: args.sender }));
    }

    static proveSurplusBody(args: Query & { amount: bigint }): Cell {
        return pack(storeProveSurplus({ $$type: 'ProveSurplus', queryId: queryIdOf(args), amount: args.amount }));
    }

    static releaseSurplusBody(args: Query = {}): Cell {
        return pack(storeReleaseSurplus({ $$type: 'ReleaseSurplus', queryId: queryIdOf(args) }));
    }

    static discoverBody(args: Query = {}): Cell {
        return pack(storeDiscover({ $$type: 'Discover', queryId: queryIdOf(args) }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /**
     * Sends `amount` as a reward, from the jetton wallet `wallet` of the sender. At least `minReward` of `getRewardsData`; less
     * goes back. `value`: for the transfer, what it forwards included.
     */
    async sendAddRewards(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { wallet: Address; amount: bigint },
    ) {
        if (via.address === undefined) {
            throw new Error('the sender must know its address: excesses go there');
        }
        const wallet = provider.open(ShareWallet.createFromAddress(args.wallet));
        await wallet.sendTransfer(via, {
            queryId: args.queryId,
            value: args.value,
            amount: args.amount,
            destination: this.address,
            response: via.address,
            forwardTonAmount: await this.getAddRewardsCost(provider),
            forwardPayload: ProverRewards.rewardPayload(),
        });
    }

    /**
     * Pays what a staker has earned: to him, from anyone; `to` somebody else, or as new stake (`restake`, only if both tokens
     * are the same), from himself. With nothing to pay the value comes back. Throws ERROR_NOT_STAKER, ERROR_NOT_SAME_TOKEN,
     * ERROR_BAD_PARAMETER, ERROR_BAD_ADDRESS, ERROR_VALUE_TOO_LOW; with ERROR_RING_FULL (128 payouts in an hour) the rewards
     * stay claimable.
     */
    async sendClaimRewards(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { staker: Address } & ClaimTarget,
    ) {
        await sendBody(provider, via, ProverRewards.claimRewardsBody(args), args, { n: args.restake ? 1 : 0 });
    }

    /**
     * Pays the commission: to the prover, from anyone; `to` somebody else, from the prover. Throws ERROR_NOT_PROVER,
     * ERROR_BAD_ADDRESS, ERROR_NOTHING_DUE, ERROR_RING_FULL, ERROR_VALUE_TOO_LOW.
     */
    async sendClaimCommission(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { to?: Address | null } = {},
    ) {
        await sendBody(provider, via, ProverRewards.claimCommissionBody(args), args);
    }

    /**
     * New commission in bps, 0 to 10,000: a cut at once, a raise after the unstake delay, by itself. Either replaces an
     * announced raise. From the prover. Throws ERROR_NOT_PROVER, ERROR_COMMISSION, ERROR_VALUE_TOO_LOW.
     */
    async sendSetCommission(provider: ContractProvider, via: Sender, args: SendOptions & { commission: Integer }) {
        await sendBody(provider, via, ProverRewards.setCommissionBody(args), args);
    }

    /**
     * Gives a staker's positions what bounced off them: share changes are owed at his StakePosition again, rewards are claimable
     * again. From anyone. Throws ERROR_NOTHING_DUE, ERROR_VALUE_TOO_LOW.
     */
    async sendResend(provider: ContractProvider, via: Sender, args: SendOptions & { staker: Address }) {
        await sendBody(provider, via, ProverRewards.resendBody(args), args);
    }

    /** Returns parked tokens to who sent them. From anyone. Throws ERROR_NOTHING_DUE, ERROR_RING_FULL, ERROR_VALUE_TOO_LOW. */
    async sendReleaseParked(provider: ContractProvider, via: Sender, args: SendOptions & { sender: Address }) {
        await sendBody(provider, via, ProverRewards.releaseParkedBody(args), args);
    }

    /**
     * Proves that the wallet holds `amount` more than the books say. From anyone, once an hour. Throws ERROR_TOO_EARLY,
     * ERROR_BAD_PARAMETER, ERROR_NOT_READY, ERROR_VALUE_TOO_LOW.
     */
    async sendProveSurplus(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, ProverRewards.proveSurplusBody(args), args);
    }

    /**
     * Pays the return of surplus that the master announced. From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY,
     * ERROR_RING_FULL, ERROR_VALUE_TOO_LOW.
     */
    async sendReleaseSurplus(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverRewards.releaseSurplusBody(args), args);
    }

    /** Asks the minter for the wallet again. From anyone. Throws ERROR_WALLET_KNOWN, ERROR_VALUE_TOO_LOW. */
    async sendDiscover(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverRewards.discoverBody(args), args);
    }

    /** TON for the rent. From anyone. */
    async sendTopUp(provider: ContractProvider, via: Sender, args: Query & { value: bigint }) {
        await sendBody(provider, via, ProverRewards.topUpBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    private built() {
        return Built.fromAddress(this.address);
    }

    /** Links, totals, commission. */
    async getRewardsData(provider: ContractProvider) {
        return this.built().getGetRewardsData(provider);
    }

    /** What waits outside the ordinary flow: parked, stuck, surplus, announced return, proof. */
    async getDesk(provider: ContractProvider) {
        return this.built().getGetDesk(provider);
    }

    /** Refused tokens of a sender that wait for `sendReleaseParked`. */
    async getParked(provider: ContractProvider, sender: Address): Promise<bigint> {
        return this.built().getGetParked(provider, sender);
    }

    /** What the wallet must hold, by creditor; `nano`: balance above the last year's rent. */
    async getSolvency(provider: ContractProvider) {
        return this.built().getGetSolvency(provider);
    }

    /** RewardPosition of a staker. */
    async getRewardPositionAddress(provider: ContractProvider, staker: Address): Promise<Address> {
        return this.built().getGetRewardPositionAddress(provider, staker);
    }

    /** The contract at that address. */
    async getOpenedRewardPosition(provider: ContractProvider, staker: Address) {
        return provider.open(RewardPosition.createFromAddress(await this.getRewardPositionAddress(provider, staker)));
    }

    /** What a claim of this staker would pay now. */
    async getClaimable(provider: ContractProvider, staker: Address): Promise<bigint> {
        const { acc } = await this.getRewardsData(provider);
        return (await this.getOpenedRewardPosition(provider, staker)).getClaimable(acc);
    }

    /** TON that the transfer of a reward must forward. */
    async getAddRewardsCost(provider: ContractProvider): Promise<bigint> {
        return this.getCost(provider, ProverRewards.opcodes.RewardPayload);
    }

    /** Nanoton to attach to operation `op` at the current prices; n = 1: a claim that restakes. */
    async getCost(provider: ContractProvider, op: number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, op, n);
    }
}
