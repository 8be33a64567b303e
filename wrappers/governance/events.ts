import type { Cell, Transaction } from '@ton/core';

import {
    Governor,
    loadActionReturned,
    loadBallotCast,
    loadDelegationChanged,
    loadEmergencySent,
    loadProposalCreated,
    loadProposalMoved,
    loadQuorumSet,
    loadRuleChanged,
    loadSettingsChanged,
    loadTokensLocked,
    loadTokensUnlocked,
    loadVotingExtended,
} from '../../build/Governor/Governor_Governor';
import { Emitted, EventOf, eventReader } from '../common/events';

const LOADERS = {
    ProposalCreated: loadProposalCreated,
    SettingsChanged: loadSettingsChanged,
    RuleChanged: loadRuleChanged,
    EmergencySent: loadEmergencySent,
    ActionReturned: loadActionReturned,
    BallotCast: loadBallotCast,
    QuorumSet: loadQuorumSet,
    VotingExtended: loadVotingExtended,
    ProposalMoved: loadProposalMoved,
    TokensLocked: loadTokensLocked,
    TokensUnlocked: loadTokensUnlocked,
    DelegationChanged: loadDelegationChanged,
} as const;

type Loaders = typeof LOADERS;

export type GovernanceEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in contracts/governance/messages.tact. */
export type GovernanceEvent<N extends GovernanceEventName = GovernanceEventName> = EventOf<Loaders, N>;

/** An event with where and when it happened. */
export type EmittedGovernanceEvent<N extends GovernanceEventName = GovernanceEventName> = Emitted<GovernanceEvent<N>>;

const reader = eventReader(LOADERS, Governor.opcodes);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodeGovernanceEvent(body: Cell): GovernanceEvent | null {
    return reader.decode(body);
}

/** Events of Governor, Proposal and VoterAccount in these transactions, in order; with a name, only those. */
export function governanceEvents(transactions: readonly Transaction[]): EmittedGovernanceEvent[];
export function governanceEvents<N extends GovernanceEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedGovernanceEvent<N>[];
export function governanceEvents(
    transactions: readonly Transaction[],
    name?: GovernanceEventName,
): EmittedGovernanceEvent[] {
    return reader.collect(transactions, name);
}

/** What the ballots of a proposal add up to. */
export type Tally = {
    votesFor: bigint;
    votesAgainst: bigint;
    votesAbstain: bigint;
    /** Unweighted tokens for and abstaining. */
    turnout: bigint;
    ballots: number;
};

/** Counts a proposal again from its BallotCast events. */
export function recount(events: readonly GovernanceEvent[]): Tally {
    const tally: Tally = { votesFor: 0n, votesAgainst: 0n, votesAbstain: 0n, turnout: 0n, ballots: 0 };
    for (const event of events) {
        if (event.event !== 'BallotCast') continue;
        tally.ballots += 1;
        if (event.choice === 0n) tally.votesAgainst += event.weight;
        if (event.choice === 1n) tally.votesFor += event.weight;
        if (event.choice === 2n) tally.votesAbstain += event.weight;
        if (event.choice !== 0n) tally.turnout += event.base;
    }
    return tally;
}
