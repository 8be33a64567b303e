import * as built from '../../build/ShareMinter/ShareMinter_ShareMinter';
import { COMMON_TEXTS, ExitError, exitError, exitTable } from '../common/errors';

/** Names of the exit codes of minter and wallets. */
export type TokenErrorName = Extract<keyof typeof built, `ERROR_${string}`>;

export type TokenError = ExitError;

// The type makes `tsc` fail when the contracts get an error that has no text here.
const TEXTS: Record<TokenErrorName, string> = {
    ...COMMON_TEXTS,
    ERROR_NOT_WALLET_OWNER: 'The sender is not the owner of the wallet.',
    ERROR_NOT_WALLET: 'The sender is neither the minter nor the wallet of the owner it names.',
    ERROR_BALANCE: 'More than the wallet holds.',
    ERROR_NOT_MINTER: 'The sender does not hold the minter role.',
    ERROR_CAP: 'The mint would exceed the cap.',
    ERROR_MINT_MESSAGE: 'The mint carries no internal_transfer, or one in the name of somebody else.',
    ERROR_TOO_MANY_MINTERS: '8 minters is the limit.',
    ERROR_MINTER_LIST: 'The address is (not) a minter already, or a bounce could not tell it from another one.',
    ERROR_GENESIS_OVER: 'The genesis is over.',
    ERROR_GENESIS_LIMITS: 'More than 16 recipients or more than 450,000,000 tokens.',
    ERROR_NOT_ADMIN: 'The sender is not the admin.',
    ERROR_NOT_NEXT_ADMIN: 'The sender is not the nominated admin.',
    ERROR_BAD_PAYLOAD: 'The forward payload is marked as a cell and is not one.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const TokenExit = table.codes;

/** Exit codes of minter and wallets. */
export const TOKEN_ERRORS = table.errors;

/** What an exit code means: one of the token's, of the virtual machine's, or of the Tact runtime's. */
export function tokenError(code: number): TokenError | undefined {
    return exitError(code, TOKEN_ERRORS, built.ShareMinter_errors);
}
