import * as built from '../../build/PaymentChannel/PaymentChannel_PaymentChannel';
import { COMMON_TEXTS, ExitError, exitError, exitTable } from '../common/errors';

/** Names of the exit codes that a channel can end with. */
export type ChannelErrorName =
    | Extract<keyof typeof built, `ERROR_CHANNEL_${string}`>
    | 'ERROR_VALUE_TOO_LOW'
    | 'ERROR_BAD_PARAMETER'
    | 'ERROR_UNKNOWN_OP';

// The type makes `tsc` fail when the contract gets an error that has no text here.
const TEXTS: Record<ChannelErrorName, string> = {
    ERROR_VALUE_TOO_LOW: COMMON_TEXTS.ERROR_VALUE_TOO_LOW,
    ERROR_BAD_PARAMETER: COMMON_TEXTS.ERROR_BAD_PARAMETER,
    ERROR_UNKNOWN_OP: COMMON_TEXTS.ERROR_UNKNOWN_OP,
    ERROR_CHANNEL_CLOSED: 'The channel is closed, or its challenge window is over and only finishing is left.',
    ERROR_CHANNEL_OLD_VOUCHER: 'The voucher is worth no more than what was claimed already.',
    ERROR_CHANNEL_SIGNATURE: 'The signature is not of that key, or not for these words, this channel or this network.',
    ERROR_CHANNEL_NOT_PARTY: 'Only the consumer, or the provider, may send this.',
    ERROR_CHANNEL_CLOSING: 'The challenge window is running already.',
    ERROR_CHANNEL_NOT_DUE: 'There is no challenge window, or it has not ended.',
    ERROR_CHANNEL_TOO_LATE: 'The time in which both had agreed to close is over.',
    ERROR_CHANNEL_AMOUNT: 'A cooperative close for less than was claimed or for more than was deposited.',
    ERROR_CHANNEL_HOT_KEY: 'A hot key may not be set while another one counts; or there is none to revoke.',
    ERROR_CHANNEL_ASSET: 'A message for a channel of the other kind of asset.',
    ERROR_CHANNEL_WALLET: 'The jetton wallet is known already, or not yet.',
    ERROR_CHANNEL_NOTHING_DUE: 'Nothing is due to that party.',
    ERROR_CHANNEL_SYNC_WAIT: 'One balance proof an hour.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const ChannelExit = table.codes;

/** Exit codes of a channel. */
export const CHANNEL_ERRORS = table.errors;

/** What an exit code means: one of the channel's, of the virtual machine's, or of the Tact runtime's. */
export function channelError(code: number): ExitError | undefined {
    return exitError(code, CHANNEL_ERRORS, built.PaymentChannel_errors);
}
