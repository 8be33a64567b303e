import { beginCell, Cell } from '@ton/core';

import type { Integer } from '../common/messages';

/** Types of a proposal, by their numbers on chain. */
export const PROPOSAL_KINDS = ['technical', 'economic', 'treasury', 'emergency'] as const;
export type ProposalKind = (typeof PROPOSAL_KINDS)[number];

/** Choices of a vote, by their numbers on chain. */
export const CHOICES = ['against', 'for', 'abstain'] as const;
export type Choice = (typeof CHOICES)[number];

/** States of a proposal, by their numbers on chain. */
export const PROPOSAL_STATES = [
    'pending',
    'active',
    'succeeded',
    'defeated',
    'queued',
    'executed',
    'cancelled',
    'expired',
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** States of a delegation, by their numbers on chain. */
export const DELEGATION_STATES = ['none', 'active', 'revoked', 'cooling'] as const;
export type DelegationState = (typeof DELEGATION_STATES)[number];

/** Number of a choice; numbers pass. */
export function choiceNumber(choice: Choice | Integer): bigint {
    return typeof choice === 'string' ? BigInt(CHOICES.indexOf(choice)) : BigInt(choice);
}

/** Number of a type; numbers pass. */
export function kindNumber(kind: ProposalKind | Integer): bigint {
    return typeof kind === 'string' ? BigInt(PROPOSAL_KINDS.indexOf(kind)) : BigInt(kind);
}

/** Text of a vote by comment, for any wallet: `y 12`. */
export function voteText(proposal: Integer, choice: Choice): string {
    return `${{ for: 'y', against: 'n', abstain: 'a' }[choice]} ${proposal}`;
}

/** Body of a message with a text comment. */
export function commentBody(text: string): Cell {
    return beginCell().storeUint(0, 32).storeStringTail(text).endCell();
}

/** The place of a description as a cell; at most 127 bytes. */
export function uriCell(uri: string): Cell {
    const bytes = Buffer.from(uri, 'utf8');
    if (bytes.length > 127) throw new Error('the place of a description has 127 bytes at most');
    return beginCell().storeBuffer(bytes).endCell();
}
