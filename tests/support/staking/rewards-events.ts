/** Events of ProverRewards, read by the loaders that the compiler made. */
import type { SendMessageResult } from '@ton/sandbox';

import {
    loadBookedEvent,
    loadCommissionEvent,
    loadCommissionPaidEvent,
    loadPaidOutEvent,
    loadParamsEvent,
    loadRewardsAddedEvent,
    loadRewardsPaidEvent,
    ProverRewards,
} from '../../../build/ProverRewards/ProverRewards_ProverRewards';

const LOADERS = {
    RewardsAddedEvent: loadRewardsAddedEvent,
    RewardsPaidEvent: loadRewardsPaidEvent,
    CommissionPaidEvent: loadCommissionPaidEvent,
    CommissionEvent: loadCommissionEvent,
    BookedEvent: loadBookedEvent,
    PaidOutEvent: loadPaidOutEvent,
    ParamsEvent: loadParamsEvent,
} as const;
type Name = keyof typeof LOADERS;
type Event<N extends Name = Name> = {
    [K in N]: { event: K } & Omit<ReturnType<(typeof LOADERS)[K]>, '$$type'>;
}[N];

/** All events of these transactions, in order; with a name, only those. An unknown one is an error. */
export function rewardEvents<N extends Name = Name>(
    result: Pick<SendMessageResult, 'transactions'>,
    only?: N,
): Event<N>[] {
    const events: Event[] = [];
    for (const tx of result.transactions) {
        for (const message of tx.outMessages.values()) {
            if (message.info.type !== 'external-out') continue;
            const slice = message.body.beginParse();
            const op = slice.preloadUint(32);
            const name = (Object.keys(LOADERS) as Name[]).find((n) => ProverRewards.opcodes[n] === op);
            if (name === undefined) throw new Error(`unknown event 0x${op.toString(16)}`);
            const { $$type: _type, ...fields } = LOADERS[name](slice);
            if (slice.remainingBits > 0 || slice.remainingRefs > 0) throw new Error(`${name} has a rest`);
            events.push({ event: name, ...fields } as Event);
        }
    }
    return events.filter((e) => only === undefined || e.event === only) as unknown as Event<N>[];
}
