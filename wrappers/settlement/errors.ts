import * as built from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { COMMON_TEXTS, ExitError, exitTable, exitText } from '../common/errors';

/** Names of the exit codes of registry, settlement and their children. */
export type SettlementErrorName = Extract<keyof typeof built, `ERROR_${string}`>;

export type SettlementError = ExitError;

// The type makes `tsc` fail when the contracts get an error that has no text here.
const TEXTS: Record<SettlementErrorName, string> = {
    ...COMMON_TEXTS,
    ERROR_NOT_REGISTRY: 'The sender is not the registry.',
    ERROR_NOT_LEDGER: 'The sender is not the ledger of the consumer it names.',
    ERROR_NOT_SETTLEMENT: 'The sender is not the payment settlement.',
    ERROR_NOT_ACCOUNT: 'The sender is not the account of the user it names.',
    ERROR_NOT_USER: 'The sender is not the user of the account.',
    ERROR_USAGE_ROW: 'The usage is malformed, names nobody, has no tokens, or is larger than a ledger counts.',
    ERROR_USAGE_WHEN: 'Used before the recorder took his role, or in the future.',
    ERROR_BATCH_COUNT: 'The batch is empty, too long, or its count is wrong.',
    ERROR_RECORDERS_FULL: '16 recorders is the limit.',
    ERROR_RECORDER_KNOWN: 'The address is (not) a recorder already.',
    ERROR_NO_NOMINEE: 'Nobody, or somebody else, is nominated for that role.',
    ERROR_LINKED: 'The registry is linked to a settlement already.',
    ERROR_AMOUNT: 'Less than the smallest deposit, or nothing.',
    ERROR_FUNDS: 'More than what is free.',
    ERROR_THAW: 'No withdrawal was requested, or it still thaws.',
    ERROR_NO_SETTLEMENT: 'There is no such settlement open, or its window is over.',
    ERROR_NOTHING_DUE: 'Nothing is due.',
    ERROR_DISPUTES_FULL: '8 disputes is the limit of an account; from the fifth on only the consumer can raise one.',
    ERROR_NO_DISPUTE: 'There is no such dispute.',
    ERROR_DISPUTE_RUNS: 'The resolver still has time.',
    ERROR_KEPT_FULL: '256 credits wait for Release: a deposit must say that it makes the account (deploy).',
    ERROR_DISPUTE_DEPOSIT: 'The deposit for the dispute is not what it takes.',
    ERROR_OPENING: 'The opening does not belong to the batch.',
    ERROR_NO_FRAUD: 'The opening shows nothing wrong.',
    ERROR_PAYOUTS_FULL: '1,024 payouts of the last hour may still come back; of returns to senders, 512.',
    ERROR_NOTHING_KEPT: 'Nothing is kept for that account.',
    ERROR_ASSET: "The settlement's asset is another one, or its jetton wallet is not known (yet).",
    ERROR_PROOF_TOO_SOON: 'Not more than once an hour.',
    ERROR_PROVIDERS: 'At most 32 providers.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const SettlementExit = table.codes;

/** Exit codes of registry, settlement and their children. */
export const SETTLEMENT_ERRORS = table.errors;

/** For people: `1301 ERROR_FUNDS: More than what is free.` */
export function describeSettlementExit(code: number): string {
    return exitText(code, SETTLEMENT_ERRORS.get(code));
}
