import * as built from '../../build/ProverStaking/ProverStaking_ProverStaking';
import { COMMON_TEXTS, ExitError, exitError, exitTable } from '../common/errors';

/** Names of the exit codes of the staking family. */
export type StakingErrorName = Extract<keyof typeof built, `ERROR_${string}`>;

export type StakingError = ExitError;

// The type makes `tsc` fail when the contracts get an error that has no text here.
const TEXTS: Record<StakingErrorName, string> = {
    ...COMMON_TEXTS,
    ERROR_TOO_EARLY: 'The time of this has not come yet.',
    ERROR_NOT_MASTER: 'The sender is not the StakingMaster.',
    ERROR_NOT_PROVER: 'The sender is not the prover.',
    ERROR_NOT_STAKER: 'The sender is not the staker of this position.',
    ERROR_NOT_POSITION: 'The sender is not the position of the staker it names.',
    ERROR_NOT_STAKING: 'The sender is not the ProverStaking of this position.',
    ERROR_NOT_REWARDS: 'The sender is not the ProverRewards of this prover.',
    ERROR_PROVER_STATE: 'The prover is not in the state this needs.',
    ERROR_COMMISSION: 'The commission is 10,000 basis points at most.',
    ERROR_GLOBAL_MIN: 'Below the least self-stake that the master asks of every prover.',
    ERROR_MIN_SELF_STAKE: "The prover's self-stake is, or would be, below his own minimum.",
    ERROR_ZERO_AMOUNT: 'Zero is no amount.',
    ERROR_NOT_ENOUGH: 'More shares than the position has.',
    ERROR_QUEUE_FULL: '10 unstake requests wait already.',
    ERROR_BUSY: 'Another operation of this position is still on its way.',
    ERROR_LOCKED: 'A vote keeps everything in the position until its proposal is over.',
    ERROR_NOTHING_DUE: 'There is nothing to pay, to send again or to release.',
    ERROR_NO_REQUEST: 'There is no request with this number.',
    ERROR_CAP: 'Delegations would exceed the allowed multiple of the self-stake.',
    ERROR_SLASH_BOUNDS: 'A slash is at least 1 % and at most what the parameters allow.',
    ERROR_SCALE_TOO_LOW: 'The scale is, or would be, too low.',
    ERROR_NO_SLASH: 'There is no slash with this number, or it is not in the state this needs.',
    ERROR_NO_APPEAL: 'The slash is not under appeal.',
    ERROR_NOT_SEEN: 'The position has not heard of this slash yet: send SyncPosition first.',
    ERROR_RING_FULL: '128 payouts of the last hour can still come back: try again later.',
    ERROR_ACTIVE_STAKE: 'Active shares remain.',
    ERROR_COMMISSION_REMAINS: 'Commission is not claimed yet.',
    ERROR_TOO_MUCH: 'More than is there.',
    ERROR_WALLET_KNOWN: 'The jetton wallet is known already.',
    ERROR_ROLES_NOT_APART: 'Owner, slasher and resolver must be three.',
    ERROR_NOT_SAME_TOKEN: 'Staking and reward token differ.',
    ERROR_BALLOTS_FULL: 'The position has 16 votes on proposals that are not over.',
    ERROR_OTHER_CHOICE: 'The shares have voted on this proposal already, with another choice or another end.',
    ERROR_NOT_READY: 'The contract is not set up yet, or its wallet is not known.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const StakingExit = table.codes;

/** Exit codes of the family. */
export const STAKING_ERRORS = table.errors;

/** What an exit code means: one of the family's, of the virtual machine's, or of the Tact runtime's. */
export function stakingError(code: number): StakingError | undefined {
    return exitError(code, STAKING_ERRORS, built.ProverStaking_errors);
}
