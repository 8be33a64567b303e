import { Address, Cell, Contract, ContractProvider, Sender } from '@ton/core';

import {
    Proposal as Built,
    storeCancelProposal,
    storeExecuteProposal,
    storeQueueProposal,
    storeTopUp,
} from '../../build/Proposal/Proposal_Proposal';
import { costOf, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { accountOrNull } from '../staking/common';
import { GovernanceAction, unpackActions } from './actions';
import { PROPOSAL_KINDS, PROPOSAL_STATES } from './common';

export { EMERGENCY_SUPPLY, LATE_QUORUM, OLD_STAKE, PROPOSAL_GRACE } from '../../build/Proposal/Proposal_Proposal';

/** One proposal: counts votes and knows what became of it. */
export class Proposal implements Contract {
    static readonly opcodes = Built.opcodes;

    constructor(readonly address: Address) {}

    static createFromAddress(address: Address): Proposal {
        return new Proposal(address);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static queueBody(args: Query = {}): Cell {
        return pack(storeQueueProposal({ $$type: 'QueueProposal', queryId: queryIdOf(args) }));
    }

    static executeBody(args: Query = {}): Cell {
        return pack(storeExecuteProposal({ $$type: 'ExecuteProposal', queryId: queryIdOf(args) }));
    }

    static cancelBody(args: Query = {}): Cell {
        return pack(storeCancelProposal({ $$type: 'CancelProposal', queryId: queryIdOf(args) }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** Schedules the actions at the Timelock. From anyone. Throws ERROR_KIND (emergency), ERROR_PROPOSAL_STATE. */
    async sendQueue(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, Proposal.queueBody(args), args);
    }

    /**
     * Sends the actions of an emergency proposal; its cost has their values in it. From anyone. Throws ERROR_KIND (others),
     * ERROR_PROPOSAL_STATE.
     */
    async sendExecute(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, Proposal.executeBody(args), args);
    }

    /**
     * Cancels a pending proposal, from its proposer; from anyone if the supply was not known in time. Throws ERROR_NOT_VOTER,
     * ERROR_PROPOSAL_STATE.
     */
    async sendCancel(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, Proposal.cancelBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Everything about the proposal at this second. Weights and tokens in the smallest unit; `needed` 0: not known yet. */
    async getProposal(provider: ContractProvider) {
        const { $$type: _type, ...info } = await Built.fromAddress(this.address).getGetProposal(provider);
        return {
            ...info,
            governor: accountOrNull(info.governor)!,
            id: Number(info.id),
            state: PROPOSAL_STATES[Number(info.state)],
            kind: PROPOSAL_KINDS[Number(info.kind)],
            start: Number(info.start),
            end: Number(info.end),
            latestEnd: Number(info.latestEnd),
            majority: Number(info.majority),
            proposer: accountOrNull(info.proposer)!,
            count: Number(info.count),
            readyAt: Number(info.readyAt),
        };
    }

    /** What it would send. */
    async getActions(provider: ContractProvider): Promise<GovernanceAction[]> {
        return unpackActions(await Built.fromAddress(this.address).getGetActions(provider));
    }

    /** Where its description is. */
    async getUri(provider: ContractProvider): Promise<string> {
        const slice = (await Built.fromAddress(this.address).getGetUri(provider)).beginParse();
        return slice.loadBuffer(slice.remainingBits / 8).toString('utf8');
    }

    /** Nanoton to attach for a message at the current prices. */
    async getCost(provider: ContractProvider, op: Cell | number): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0));
    }
}
