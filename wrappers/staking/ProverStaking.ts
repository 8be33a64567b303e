import { Address, Cell, Contract, ContractProvider, Sender } from '@ton/core';

import {
    ProverStaking as Built,
    storeApplyMinSelfStake,
    storeCastVote,
    storeDiscover,
    storeFinaliseSlash,
    storePayTreasury,
    storeProveSurplus,
    storeReleaseParked,
    storeReleaseSurplus,
    storeRetire,
    storeSetMinSelfStake,
    storeTopUp,
    storeUnretire,
    type SlashInfo,
} from '../../build/ProverStaking/ProverStaking_ProverStaking';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { accountOrNull, appealPayload, PROVER_STATES, SLASH_VERDICTS, stakePayload, TIERS } from './common';

export type { Eligibility, StakingMoney, SlashQuote } from '../../build/ProverStaking/ProverStaking_ProverStaking';

function slashOf(info: SlashInfo) {
    const { $$type: _type, ...fields } = info;
    return {
        ...fields,
        verdict: SLASH_VERDICTS[Number(info.verdict)],
        appellant: accountOrNull(info.appellant),
    };
}

/** All stake of one prover. Stakes and deposits of appeals arrive by jetton transfer with a payload. */
export class ProverStaking implements Contract {
    static readonly opcodes = Built.opcodes;

    constructor(readonly address: Address) {}

    static createFromAddress(address: Address): ProverStaking {
        return new ProverStaking(address);
    }

    /** Forward payload of a jetton transfer that stakes here; forward at least `getStakeCost`. */
    static readonly stakePayload = stakePayload;

    /** Forward payload of a jetton transfer that is the deposit of an appeal; forward at least `getAppealCost`. */
    static readonly appealPayload = appealPayload;

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static discoverBody(args: Query = {}): Cell {
        return pack(storeDiscover({ $$type: 'Discover', queryId: queryIdOf(args) }));
    }

    static setMinSelfStakeBody(args: Query & { minSelfStake: bigint }): Cell {
        return pack(
            storeSetMinSelfStake({
                $$type: 'SetMinSelfStake',
                queryId: queryIdOf(args),
                minSelfStake: args.minSelfStake,
            }),
        );
    }

    static applyMinSelfStakeBody(args: Query = {}): Cell {
        return pack(storeApplyMinSelfStake({ $$type: 'ApplyMinSelfStake', queryId: queryIdOf(args) }));
    }

    static retireBody(args: Query = {}): Cell {
        return pack(storeRetire({ $$type: 'Retire', queryId: queryIdOf(args) }));
    }

    static unretireBody(args: Query = {}): Cell {
        return pack(storeUnretire({ $$type: 'Unretire', queryId: queryIdOf(args) }));
    }

    static finaliseSlashBody(args: Query & { seq: Integer }): Cell {
        return pack(storeFinaliseSlash({ $$type: 'FinaliseSlash', queryId: queryIdOf(args), seq: BigInt(args.seq) }));
    }

    static payTreasuryBody(args: Query = {}): Cell {
        return pack(storePayTreasury({ $$type: 'PayTreasury', queryId: queryIdOf(args) }));
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

    static castVoteBody(args: Query & { proposal: Address; choice: Integer; lockUntil: Integer }): Cell {
        return pack(
            storeCastVote({
                $$type: 'CastVote',
                queryId: queryIdOf(args),
                proposal: args.proposal,
                choice: BigInt(args.choice),
                lockUntil: BigInt(args.lockUntil),
            }),
        );
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** From anyone while the jetton wallet is not known. Throws ERROR_WALLET_KNOWN. */
    async sendDiscover(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverStaking.discoverBody(args), args);
    }

    /** A raise at once, a decrease after 7 days. From the prover. Throws ERROR_NOT_PROVER, ERROR_GLOBAL_MIN. */
    async sendSetMinSelfStake(provider: ContractProvider, via: Sender, args: SendOptions & { minSelfStake: bigint }) {
        await sendBody(provider, via, ProverStaking.setMinSelfStakeBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_GLOBAL_MIN. */
    async sendApplyMinSelfStake(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverStaking.applyMinSelfStakeBody(args), args);
    }

    /** From anyone. Throws ERROR_PROVER_STATE, ERROR_ACTIVE_STAKE; at ProverRewards ERROR_COMMISSION_REMAINS. */
    async sendRetire(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverStaking.retireBody(args), args);
    }

    /** From the prover. Throws ERROR_PROVER_STATE, ERROR_SCALE_TOO_LOW, ERROR_MIN_SELF_STAKE, ERROR_GLOBAL_MIN. */
    async sendUnretire(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverStaking.unretireBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_SLASH, ERROR_TOO_EARLY. */
    async sendFinaliseSlash(provider: ContractProvider, via: Sender, args: SendOptions & { seq: Integer }) {
        await sendBody(provider, via, ProverStaking.finaliseSlashBody(args), args);
    }

    /** From anyone, to the treasury address. Throws ERROR_NOTHING_DUE, ERROR_RING_FULL. */
    async sendPayTreasury(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverStaking.payTreasuryBody(args), args);
    }

    /** From anyone, to the sender of the refused tokens. Throws ERROR_NOTHING_DUE, ERROR_RING_FULL. */
    async sendReleaseParked(provider: ContractProvider, via: Sender, args: SendOptions & { sender: Address }) {
        await sendBody(provider, via, ProverStaking.releaseParkedBody(args), args);
    }

    /** From anyone, once an hour. Throws ERROR_TOO_EARLY, ERROR_BAD_PARAMETER, ERROR_NOT_READY. */
    async sendProveSurplus(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, ProverStaking.proveSurplusBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_RING_FULL. */
    async sendReleaseSurplus(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProverStaking.releaseSurplusBody(args), args);
    }

    /**
     * Votes with the active shares of the sender's position. `lockUntil`: latest end of the proposal, exactly; the position
     * is locked until then. From a staker. Throws ERROR_BAD_PARAMETER; what his position refuses comes back as VoteRefused.
     */
    async sendCastVote(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { proposal: Address; choice: Integer; lockUntil: Integer },
    ) {
        await sendBody(provider, via, ProverStaking.castVoteBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Everything a page needs of one prover. Raw shares, and amounts at the scale of now. */
    async getProver(provider: ContractProvider) {
        const { $$type: _type, ...info } = await Built.fromAddress(this.address).getGetProver(provider);
        return {
            ...info,
            master: accountOrNull(info.master),
            prover: accountOrNull(info.prover),
            rewards: accountOrNull(info.rewards),
            minter: accountOrNull(info.minter),
            wallet: accountOrNull(info.wallet),
            state: PROVER_STATES[Number(info.state)],
            tier: TIERS[Number(info.tier)],
        };
    }

    /** Where every token is; `solvency` is what is held beyond what is owed, and never negative. */
    async getSolvency(provider: ContractProvider) {
        const { $$type: _type, ...money } = await Built.fromAddress(this.address).getGetSolvency(provider);
        return money;
    }

    /** Slash `seq`, counted from 1. Throws ERROR_NO_SLASH. */
    async getSlash(provider: ContractProvider, seq: Integer) {
        return slashOf(await Built.fromAddress(this.address).getGetSlash(provider, BigInt(seq)));
    }

    /** The last 8 slashes by number. */
    async getLastSlashes(provider: ContractProvider) {
        const all = await Built.fromAddress(this.address).getGetLastSlashes(provider);
        return new Map(all.keys().map((seq) => [seq, slashOf(all.get(seq)!)]));
    }

    /** What a slash by `ppm` would do now. */
    async getSlashQuote(provider: ContractProvider, ppm: Integer) {
        return Built.fromAddress(this.address).getGetSlashQuote(provider, BigInt(ppm));
    }

    /** Raw shares of an amount at the scale of now. */
    async getRaw(provider: ContractProvider, amount: bigint): Promise<bigint> {
        return Built.fromAddress(this.address).getGetRaw(provider, amount);
    }

    /** Amount that raw shares are worth at the scale of now. */
    async getEffective(provider: ContractProvider, raw: bigint): Promise<bigint> {
        return Built.fromAddress(this.address).getGetEffective(provider, raw);
    }

    /** Fit for work worth `minTotal`, and the prover's stake. */
    async getEligible(provider: ContractProvider, minTotal: bigint) {
        return Built.fromAddress(this.address).getGetEligible(provider, minTotal);
    }

    /** Bps; formula in docs/staking.md. */
    async getReputation(provider: ContractProvider): Promise<bigint> {
        return Built.fromAddress(this.address).getGetReputation(provider);
    }

    /** Tokens parked for a sender whose transfer was refused. */
    async getParked(provider: ContractProvider, sender: Address): Promise<bigint> {
        return Built.fromAddress(this.address).getGetParked(provider, sender);
    }

    /** Parameters in force here. */
    async getParams(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetParams(provider);
    }

    async getPositionAddress(provider: ContractProvider, staker: Address): Promise<Address> {
        return Built.fromAddress(this.address).getGetPositionAddress(provider, staker);
    }

    /** TON that a jetton transfer with `stakePayload` must forward. */
    async getStakeCost(provider: ContractProvider): Promise<bigint> {
        return costOf(provider, opcodeOf(stakePayload())!);
    }

    /** TON that a jetton transfer with `appealPayload` must forward. */
    async getAppealCost(provider: ContractProvider): Promise<bigint> {
        return costOf(provider, opcodeOf(appealPayload(1))!);
    }

    /** Nanoton to attach for a message at the current prices. */
    async getCost(provider: ContractProvider, op: Cell | number): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0));
    }
}
