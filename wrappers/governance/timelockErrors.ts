import * as built from '../../build/Timelock/Timelock_Timelock';
import { COMMON_TEXTS, ExitError, exitError, exitTable } from '../common/errors';

/** Names of the exit codes of Timelock and TimelockOperation. */
export type TimelockErrorName = Extract<keyof typeof built, `ERROR_${string}`>;

// The type makes `tsc` fail when the contracts get an error that has no text here.
const TEXTS: Record<TimelockErrorName, string> = {
    ...COMMON_TEXTS,
    ERROR_TOO_EARLY: 'The time of this has not come yet.',
    ERROR_BAD_ACTION:
        'An action is a basechain address, coins, a body of at least 96 bits, the next, and nothing else.',
    ERROR_ACTION_COUNT: 'An operation has 1 to 10 actions.',
    ERROR_FORBIDDEN_OP: 'The opcode belongs to the talk between the Timelock and its children.',
    ERROR_FORBIDDEN_SELF: 'An action to the Timelock itself may only be one of its self-administration.',
    ERROR_DELAY: 'The delay is below the minimum or above 30 days.',
    ERROR_NOT_OPERATION: 'The sender is not the child of the operation it names.',
    ERROR_NOT_TIMELOCK: 'The sender is not the Timelock.',
    ERROR_OPERATION_STATE: 'The operation is not in the state this needs.',
    ERROR_GRACE_OVER: 'The grace period is over.',
    ERROR_PREDECESSOR: 'The predecessor is not known to be done: send NotifySuccessor to it.',
    ERROR_NOT_SELF: 'Only an operation of the Timelock itself may send this.',
    ERROR_LAST_PROPOSER: 'The last proposer cannot be removed.',
    ERROR_PROPOSERS_FULL: '16 proposers are there already.',
    ERROR_SETUP: 'The contract is set up already, or not yet.',
    ERROR_ACTION_VALUE: 'Every action carries at least 0.02 TON.',
    ERROR_NOTHING_KEPT: 'Nothing came back, or nothing is kept.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const TimelockExit = table.codes;

/** Exit codes of Timelock and TimelockOperation. */
export const TIMELOCK_ERRORS = table.errors;

/** What an exit code means: one of the Timelock's, of the virtual machine's, or of the Tact runtime's. */
export function timelockError(code: number): ExitError | undefined {
    return exitError(code, TIMELOCK_ERRORS, built.Timelock_errors);
}
