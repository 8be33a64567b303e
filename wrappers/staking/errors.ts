import * as staking from '../../build/ProverStaking/ProverStaking_ProverStaking';
import * as master from '../../build/StakingMaster/StakingMaster_StakingMaster';

/** Names of the family's exit codes: every `ERROR_...` constant that its contracts import. */
export type StakingErrorName = Extract<keyof typeof staking | keyof typeof master, `ERROR_${string}`>;

const built = { ...master, ...staking } as unknown as Record<string, unknown>;

/** Exit codes by name, as numbers. */
export const StakingExit = Object.fromEntries(
    Object.keys(built)
        .filter((name) => name.startsWith('ERROR_'))
        .map((name) => [name, Number(built[name])]),
) as Record<StakingErrorName, number>;

/** Name of an exit code of the family. */
export function stakingErrorName(code: number): StakingErrorName | undefined {
    return (Object.keys(StakingExit) as StakingErrorName[]).find((name) => StakingExit[name] === code);
}
