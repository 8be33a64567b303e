import { Address, beginCell, Cell, Contract, contractAddress, ContractProvider, Sender, SendMode } from '@ton/core';

import {
    ANSWER_SECONDS,
    storeDelegate,
    storePropose,
    storeProveTokens,
    storeRevokeDelegation,
    storeTopUp,
    storeUnlock,
    storeVote,
    VOTER_LOCK_MAX,
    VoterAccount as Built,
} from '../../build/VoterAccount/VoterAccount_VoterAccount';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';
import { accountOrNull } from '../staking/common';
import { GovernanceAction, packActions } from './actions';
import { Choice, choiceNumber, CHOICES, DELEGATION_STATES, kindNumber, ProposalKind, uriCell } from './common';

export type ProposeArgs = {
    kind: ProposalKind | Integer;
    actions: Cell | readonly GovernanceAction[];
    /** sha256 of the description. */
    description: bigint;
    /** Where the description is, at most 127 bytes. */
    uri?: string;
};

export type VoteArgs = {
    proposal: Integer;
    choice: Choice | Integer;
    /** Latest end of the proposal, exactly (`Governor.getLatestEnd`, `Proposal.getProposal`). */
    lockUntil: Integer;
};

/** Locks the network tokens of one voter and votes with them. */
export class VoterAccount implements Contract {
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): VoterAccount {
        return new VoterAccount(address);
    }

    /** The account of a voter. `terms`: `Governor.voterTerms`. */
    static async createFromConfig(config: { governor: Address; voter: Address; terms: Cell }): Promise<VoterAccount> {
        const init = await initialState(Built, 'VoterAccount', {
            governor: accountIdOf(config.governor),
            voter: accountIdOf(config.voter),
            rest: beginCell().storeRef(config.terms).endCell().beginParse(),
        });
        return new VoterAccount(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static voteBody(args: Query & VoteArgs): Cell {
        return pack(
            storeVote({
                $$type: 'Vote',
                queryId: queryIdOf(args),
                proposal: BigInt(args.proposal),
                choice: choiceNumber(args.choice),
                lockUntil: BigInt(args.lockUntil),
            }),
        );
    }

    static unlockBody(args: Query & { amount: bigint }): Cell {
        return pack(storeUnlock({ $$type: 'Unlock', queryId: queryIdOf(args), amount: args.amount }));
    }

    static delegateBody(args: Query & { to: Address }): Cell {
        return pack(storeDelegate({ $$type: 'Delegate', queryId: queryIdOf(args), to: args.to }));
    }

    static revokeDelegationBody(args: Query = {}): Cell {
        return pack(storeRevokeDelegation({ $$type: 'RevokeDelegation', queryId: queryIdOf(args) }));
    }

    static proposeBody(args: Query & ProposeArgs): Cell {
        return pack(
            storePropose({
                $$type: 'Propose',
                queryId: queryIdOf(args),
                kind: kindNumber(args.kind),
                description: args.description,
                actions: args.actions instanceof Cell ? args.actions : packActions(args.actions),
                uri: uriCell(args.uri ?? ''),
            }),
        );
    }

    static proveTokensBody(args: Query & { amount: bigint }): Cell {
        return pack(storeProveTokens({ $$type: 'ProveTokens', queryId: queryIdOf(args), amount: args.amount }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** Deploys the account. From anyone; tokens can be sent to it from then on. */
    async sendDeploy(provider: ContractProvider, via: Sender, args: { value: bigint }) {
        await provider.internal(via, {
            value: args.value,
            body: VoterAccount.topUpBody(),
            sendMode: SendMode.PAY_GAS_SEPARATELY,
        });
    }

    /**
     * Votes with everything the account may vote with, and locks it until the latest end of the proposal. From the voter.
     * Throws ERROR_NOT_VOTER, ERROR_NO_POWER, ERROR_VOTED_OTHERWISE, ERROR_TOO_MANY_BALLOTS, ERROR_CHOICE, ERROR_WRONG_END;
     * at the proposal ERROR_NOT_ACTIVE, ERROR_WRONG_END: nothing is locked then.
     */
    async sendVote(provider: ContractProvider, via: Sender, args: SendOptions & VoteArgs) {
        await sendBody(provider, via, VoterAccount.voteBody(args), args);
    }

    /** Tokens back to the voter. From him. Throws ERROR_TOKENS_LOCKED, ERROR_NOT_FREE, ERROR_PROOF_RUNS. */
    async sendUnlock(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, VoterAccount.unlockBody(args), args);
    }

    /** From the voter. Throws ERROR_TOKENS_LOCKED, ERROR_DELEGATED, ERROR_BAD_DELEGATE, ERROR_NO_POWER. */
    async sendDelegate(provider: ContractProvider, via: Sender, args: SendOptions & { to: Address }) {
        await sendBody(provider, via, VoterAccount.delegateBody(args), args);
    }

    /** From the voter. Throws ERROR_NOT_DELEGATED. */
    async sendRevokeDelegation(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, VoterAccount.revokeDelegationBody(args), args);
    }

    /**
     * Makes a proposal; everything is locked until its latest end. From the voter. Without `value` it costs a question for
     * the price of these actions. Throws ERROR_OPEN_PROPOSAL; at the Governor ERROR_BELOW_THRESHOLD, ERROR_ACTION_KIND,
     * ERROR_URI, and what the Timelock says of actions: nothing is locked then.
     */
    async sendPropose(provider: ContractProvider, via: Sender, args: SendOptions & ProposeArgs) {
        await sendBody(provider, via, VoterAccount.proposeBody(args), args);
    }

    /** Books tokens that came without a notification; `amount`: all that the wallet holds. From the voter. */
    async sendProveTokens(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, VoterAccount.proveTokensBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Tokens, power, lock, proposal and delegation. `proposeFrom`: when the voter can propose (again). */
    async getVoter(provider: ContractProvider) {
        const { $$type: _type, ...info } = await Built.fromAddress(this.address).getGetVoter(provider);
        // One that was never answered can be followed by another after an hour.
        const unanswered = info.proposal === 0n && info.proposalUntil !== 0n;
        const proposeFrom = unanswered ? info.proposalUntil - VOTER_LOCK_MAX + ANSWER_SECONDS : info.proposalUntil;
        return {
            ...info,
            governor: accountOrNull(info.governor)!,
            voter: accountOrNull(info.voter)!,
            lockedUntil: Number(info.lockedUntil),
            ballotCount: Number(info.ballotCount),
            proposal: Number(info.proposal),
            proposalUntil: Number(info.proposalUntil),
            proposeFrom: Number(proposeFrom),
            delegation: DELEGATION_STATES[Number(info.delegation)],
            delegate: accountOrNull(info.delegate),
            freeAt: Number(info.freeAt),
        };
    }

    /** What the account has cast on a proposal; null if nothing. */
    async getBallot(provider: ContractProvider, proposal: Integer) {
        const info = await Built.fromAddress(this.address).getGetBallot(provider, BigInt(proposal));
        return info.cast === 0n
            ? null
            : { choice: CHOICES[Number(info.choice)], lockUntil: Number(info.lockUntil), cast: info.cast };
    }

    /** The jetton wallet of this account. */
    async getWallet(provider: ContractProvider): Promise<Address> {
        return Built.fromAddress(this.address).getGetWallet(provider);
    }

    /** TON that a transfer of tokens to this account should forward. */
    async getLockForward(provider: ContractProvider): Promise<bigint> {
        return costOf(provider, Built.opcodes.JettonNotification);
    }

    /** Nanoton to attach for a message at the current prices. `n`: cells of the action's body, for a proposal of one action. */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }
}
