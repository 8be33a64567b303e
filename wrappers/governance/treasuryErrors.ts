import * as built from '../../build/Treasury/Treasury_Treasury';
import { COMMON_TEXTS, ExitError, exitError, exitTable } from '../common/errors';

/** Names of the exit codes of the Treasury. */
export type TreasuryErrorName = Extract<keyof typeof built, `ERROR_${string}`>;

// The type makes `tsc` fail when the contract gets an error that has no text here.
const TEXTS: Record<TreasuryErrorName, string> = {
    ...COMMON_TEXTS,
    ERROR_FROZEN: 'The treasury is frozen; accrued claims go on.',
    ERROR_FREEZE_COOLDOWN: 'The guardian can freeze again only 30 days after the end of his last freeze.',
    ERROR_NO_ASSET: 'There is no asset with this number, or its wallet is not known.',
    ERROR_NOT_FREE: 'More than is free: what grants reserve and the rent floor stay.',
    ERROR_NO_BUDGET: 'There is no such category.',
    ERROR_OVER_LIMIT: 'The limit of the category for its period would be exceeded.',
    ERROR_NOT_SIGNER: 'The sender is not a signer.',
    ERROR_NO_REQUEST: 'There is no such request, or it has expired.',
    ERROR_APPROVED: 'This signer approved already.',
    ERROR_GRANTS_FULL: '64 grants are open already.',
    ERROR_NO_GRANT: 'There is no grant with this number.',
    ERROR_NOTHING_DUE: 'Nothing is due.',
    ERROR_RING_FULL: '128 payouts of the last hour can still come back: try again later.',
    ERROR_GRANT_OPEN: 'The grant is not over yet, or was paid less than an hour ago.',
    ERROR_MILESTONE: 'The milestone does not exist or is released already, or the grant is of the other kind.',
    ERROR_WALLET_KNOWN: 'The wallet is known already.',
    ERROR_SYNC_WAIT: 'At most one proof of surplus an hour.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const TreasuryExit = table.codes;

/** Exit codes of the Treasury. */
export const TREASURY_ERRORS = table.errors;

/** What an exit code means: one of the Treasury's, of the virtual machine's, or of the Tact runtime's. */
export function treasuryError(code: number): ExitError | undefined {
    return exitError(code, TREASURY_ERRORS, built.Treasury_errors);
}
