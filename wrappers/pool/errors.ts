import * as built from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { COMMON_TEXTS, ExitError, exitError, exitTable, exitText } from '../common/errors';

/** Names of the pool's own exit codes: every `ERROR_...` constant that the contracts import. */
export type PoolErrorName = Extract<keyof typeof built, `ERROR_${string}`>;

export type PoolError = ExitError;

// The type makes `tsc` fail when the contracts get an error that has no text here.
const TEXTS: Record<PoolErrorName, string> = {
    ...COMMON_TEXTS,
    ERROR_NOT_REGISTRY: "The sender is not the pool's registry.",
    ERROR_NOT_OPERATOR: "The sender is not the pool's operator contract.",
    ERROR_NOT_VAULT: 'The sender is not the vault of the participant it names.',
    ERROR_NOT_PARTICIPANT: 'The sender is not the participant of this vault.',
    ERROR_NOT_PARTICIPANT_OR_RECOVERY: 'The sender is neither the participant nor his recovery address.',
    ERROR_NOT_LINKED: 'The pool is not deployed and linked yet.',
    ERROR_NOT_ACTIVE: 'The pool is not active.',
    ERROR_STILL_BOUND: 'The pool must be inactive for 7 days first.',
    ERROR_TOO_MUCH: 'More than is there.',
    ERROR_STAKE_TOO_LOW: 'Below the minimum stake.',
    ERROR_COMMISSION_BOUNDS: 'The commission must be 5 % to 15 %.',
    ERROR_TOO_MANY_PROXIES: '64 proxies is the limit.',
    ERROR_PROXY_LIST: 'The proxy is in the list already, or is not in it.',
    ERROR_ARBITER_NOT_APART: 'The arbiter must differ from owner, reporter and guardian.',
    ERROR_COMMAND: 'Only the texts w, b and u exist.',
    ERROR_SET_UP_DROPPED: 'The pool has been active: its set-up is done, and its codes are dropped.',
    ERROR_WRONG_EPOCH: 'Not the epoch that is open for reports.',
    ERROR_EPOCH_RUNS: 'The epoch has not ended yet.',
    ERROR_REPORT_WINDOW: 'The time for reports is over.',
    ERROR_SEALED: 'The epoch is sealed.',
    ERROR_NOT_COMPLETE: 'Not every active vault is reported.',
    ERROR_NOT_DUE: 'The epoch cannot be closed yet.',
    ERROR_CANNOT_VOID: 'The epoch was voided once already, or has nothing to void.',
    ERROR_METRICS_BOUNDS: 'A row of the batch is out of bounds.',
    ERROR_BATCH: 'The batch is empty, too long, or its count is wrong.',
    ERROR_MANAGED: 'The pool is not unmanaged.',
    ERROR_EPOCHS_OPEN: 'Epochs begun while the pool was active are still open.',
    ERROR_NOT_PUBLISHED: 'The code is not the one published for vaults.',
    ERROR_DUPLICATE_METRICS: 'The vault has this epoch already.',
    ERROR_SECONDS: 'More seconds than the participant was in the pool during that epoch.',
    ERROR_GPU_CEILING: "GPU score above the participant's ceiling.",
    ERROR_MIN_EARNED: 'Less forwarded since the last entry than the pool asks for.',
    ERROR_NOTHING_DUE: 'No round is due.',
    ERROR_VAULT_STATE: 'The vault is not in the state this needs.',
    ERROR_EXIT_DELAY: 'The exit delay has not run out.',
    ERROR_STAKE_FROZEN: 'A slash is open: the stake is frozen.',
    ERROR_NO_SLASH_NOW: 'No slash may be announced (again) now.',
    ERROR_SLASH_TIME: 'No slash is open, or this is not its time.',
    ERROR_ROUND_OPEN: 'A claimed round is not fixed yet.',
    ERROR_BELOW_MIN_PAYOUT: "The claim is below the participant's minimum payout.",
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const PoolExit = table.codes;

/** Exit codes of the pool's contracts. */
export const POOL_ERRORS = table.errors;

/** What an exit code means: one of the pool's, of the virtual machine's, or of the Tact runtime's. */
export function poolError(code: number): PoolError | undefined {
    return exitError(code, POOL_ERRORS, built.PoolOperator_errors);
}

/** For people: `535 ERROR_NOT_DUE: The epoch cannot be closed yet.` */
export function describeExit(code: number): string {
    return exitText(code, poolError(code));
}
