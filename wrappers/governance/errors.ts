import * as built from '../../build/Governor/Governor_Governor';
import { ExitError, exitError, exitTable } from '../common/errors';
import { TIMELOCK_ERRORS, TimelockErrorName, TimelockExit } from './timelockErrors';

/** Names of the exit codes of Governor, Proposal and VoterAccount, beside those that they share with the Timelock. */
export type GovernorErrorName = Exclude<Extract<keyof typeof built, `ERROR_${string}`>, TimelockErrorName>;

// The type makes `tsc` fail when the contracts get an error that has no text here.
const TEXTS: Record<GovernorErrorName, string> = {
    ERROR_NOT_VOTER: 'The sender is not the voter of this account.',
    ERROR_NOT_GOVERNOR: 'The sender is not the Governor.',
    ERROR_NOT_VOTER_ACCOUNT: 'The sender is not the VoterAccount of the voter it names.',
    ERROR_NOT_PROPOSAL: 'The sender is not the proposal it names.',
    ERROR_NOT_TOKEN_MINTER: 'The sender is not the minter of the network token.',
    ERROR_NOT_STAKED: 'The sender is not a position of a prover under the StakingMaster.',
    ERROR_TOKENS_LOCKED: 'A vote or a proposal keeps everything in the account until it is over.',
    ERROR_NO_POWER: 'There are no tokens, or none that have not voted on this proposal.',
    ERROR_VOTED_OTHERWISE: 'The tokens have voted on this proposal already, with another choice or another end.',
    ERROR_TOO_MANY_BALLOTS: 'The account has 24 votes on proposals that are not over.',
    ERROR_CHOICE: 'The choice is against, for or abstain.',
    ERROR_WRONG_END: 'The end given with a vote is not the latest end of the proposal.',
    ERROR_NOT_ACTIVE: 'The proposal does not take votes now.',
    ERROR_NOT_FREE: 'More than is free in the account.',
    ERROR_DELEGATED: 'The tokens are delegated to somebody else, or on their way back.',
    ERROR_NOT_DELEGATED: 'Nothing is delegated.',
    ERROR_PROOF_RUNS: 'A proof of tokens is on its way: try again in an hour at most.',
    ERROR_OPEN_PROPOSAL: 'The voter has an open proposal.',
    ERROR_BELOW_THRESHOLD: 'Fewer tokens than a proposal needs.',
    ERROR_KIND: 'The type of the proposal is not one that this works for.',
    ERROR_ACTION_KIND: 'The table of rules does not allow this action in a proposal of this type.',
    ERROR_PROPOSAL_STATE: 'The proposal is not in the state this needs.',
    ERROR_TOO_MANY_RULES: '128 rules are in the table.',
    ERROR_NO_SUCH_PROPOSAL: 'A vote by text names one of the last 64 proposals by its number.',
    ERROR_URI: 'The place of the description is one cell of bytes.',
    ERROR_BAD_DELEGATE: 'An account delegates to another one in the basechain, not to itself.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers; with those of the Timelock. */
export const GovernanceExit = { ...TimelockExit, ...table.codes };

/** Exit codes of Governor, Proposal, VoterAccount and Timelock. */
export const GOVERNANCE_ERRORS: ReadonlyMap<number, ExitError> = new Map([...TIMELOCK_ERRORS, ...table.errors]);

/** What an exit code means: one of the family's, of the virtual machine's, or of the Tact runtime's. */
export function governanceError(code: number): ExitError | undefined {
    return exitError(code, GOVERNANCE_ERRORS, built.Governor_errors);
}
