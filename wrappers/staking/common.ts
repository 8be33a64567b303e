import { Address, beginCell, Cell } from '@ton/core';

import { StakePayload, AppealPayload } from '../../build/ProverStaking/ProverStaking_ProverStaking';
import { accountIdOf, addressOfAccount } from '../pool/metrics';
import type { Integer } from '../common/messages';

/** Fixed point of scale and accumulator. */
export const SCALE = 10n ** 18n;

/** States of a prover, verdicts of a slash, tiers, by their numbers on chain. */
export const PROVER_STATES = ['null', 'active', 'deactivated', 'retired'] as const;
export type ProverState = (typeof PROVER_STATES)[number];
export const SLASH_VERDICTS = ['open', 'appealed', 'upheld', 'overturned'] as const;
export type SlashVerdict = (typeof SLASH_VERDICTS)[number];
export const TIERS = ['none', 'Basic', 'Verified', 'Premium', 'Enterprise'] as const;

/** Account id as an address; null for 0. */
export function accountOrNull(id: bigint): Address | null {
    return id === 0n ? null : addressOfAccount(id);
}

/** Id of an address of the basechain; 0 for null. */
export function idOrZero(address: Address | null | undefined): bigint {
    return address ? accountIdOf(address) : 0n;
}

const opcodes = { stake: 0x720f0001, appeal: 0x720f0002, reward: 0x720f0003 } as const;

export type StakeArgs = {
    /** Fewer raw shares than this and the tokens come back. */
    minRaw?: Integer;
    /** Whose stake it is; the sender of the tokens by default. */
    beneficiary?: Address;
    /** Who gets refused tokens; the sender by default. */
    returnTo?: Address;
};

/** Forward payload of a jetton transfer that stakes. */
export function stakePayload(args: StakeArgs = {}): Cell {
    const op = beginCell().storeUint(opcodes.stake, 32);
    if (args.minRaw === undefined && args.beneficiary === undefined && args.returnTo === undefined) {
        return op.endCell();
    }
    const fields: Omit<StakePayload, '$$type'> = {
        minRaw: BigInt(args.minRaw ?? 0),
        beneficiary: idOrZero(args.beneficiary),
        returnTo: idOrZero(args.returnTo),
    };
    return op
        .storeUint(fields.minRaw, 126)
        .storeUint(fields.beneficiary, 256)
        .storeUint(fields.returnTo, 256)
        .endCell();
}

/** Forward payload of a jetton transfer that is the deposit of an appeal. */
export function appealPayload(seq: Integer): Cell {
    const fields: Omit<AppealPayload, '$$type'> = { seq: BigInt(seq) };
    return beginCell().storeUint(opcodes.appeal, 32).storeUint(fields.seq, 8).endCell();
}

/** Forward payload of a jetton transfer that is a reward, to ProverRewards. */
export function rewardPayload(): Cell {
    return beginCell().storeUint(opcodes.reward, 32).endCell();
}
