import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { COMMON_TEXTS, ExitError, exitTable, exitText } from '../common/errors';

/** Names of the exit codes of the emission contracts. */
export type EmissionErrorName = Extract<keyof typeof built, `ERROR_${string}`>;

export type EmissionError = ExitError;

// The type makes `tsc` fail when the contracts get an error that has no text here.
const TEXTS: Record<EmissionErrorName, string> = {
    ...COMMON_TEXTS,
    ERROR_CHANGE_PENDING: 'One change is already waiting; cancel it first, or emit the epochs before it.',
    ERROR_NOT_GUARD: 'The sender is not the guard of the consumer it names.',
    ERROR_NOT_SHARE: 'The sender is not the share of the provider it names.',
    ERROR_NOT_CONTROLLER: 'The sender is not the emission controller.',
    ERROR_NOT_TOKEN_MINTER: 'The sender is not the minter.',
    ERROR_EPOCH_NOT_DUE: 'The epoch has not ended yet.',
    ERROR_SCHEDULE_SPENT: 'Nothing is left of the schedule.',
    ERROR_RECIPIENTS: 'At most 8 recipients whose shares sum to 100 %.',
    ERROR_CHANGE_APPLIES: 'The change has begun to apply: it cannot be taken back.',
    ERROR_MINTS_FULL: '128 mints are on their way already, or 128 that came back wait for a flush.',
    ERROR_NOTHING_TO_MINT: 'There is nothing to mint.',
    ERROR_USAGE_STOPPED: 'Usage minting is stopped until the guardian resumes it.',
    ERROR_USAGE_BATCH: 'The batch is empty, longer than 50, or its count is wrong.',
    ERROR_RATE_STEP: 'A rate is above zero, and changes by a fifth at most.',
    ERROR_RATE_TOO_SOON: 'A rate changes once in 7 days.',
    ERROR_TOO_MANY_MODELS: '256 models is the limit.',
    ERROR_MODEL_NAME: "A model's name has 1 to 120 bytes.",
    ERROR_TOO_MANY_RECORDERS: '16 recorders is the limit.',
    ERROR_RECORDER_LIST: 'The address is a recorder already, or is none.',
    ERROR_NOT_NOMINATED: 'Nobody, or somebody else, is nominated for that role.',
};

const table = exitTable(TEXTS, built);

/** Exit codes by name, as numbers. */
export const EmissionExit = table.codes;

/** Exit codes of the emission contracts. */
export const EMISSION_ERRORS = table.errors;

/** For people: `910 ERROR_EPOCH_NOT_DUE: The epoch has not ended yet.` */
export function describeEmissionExit(code: number): string {
    return exitText(code, EMISSION_ERRORS.get(code));
}
