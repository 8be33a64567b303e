import type { Cell, Transaction } from '@ton/core';

import {
    loadAppealedEvent,
    loadBookedEvent,
    loadCommissionEvent,
    loadCommissionPaidEvent,
    loadMasterPausedEvent,
    loadMasterRoleEvent,
    loadMasterUpgradeEvent,
    loadMinSelfStakeEvent,
    loadPaidOutEvent,
    loadParamsEvent,
    loadProverCreatedEvent,
    loadProverStateEvent,
    loadRestitutionEvent,
    loadRewardsAddedEvent,
    loadRewardsPaidEvent,
    loadSlashedEvent,
    loadSlashEndedEvent,
    loadStakedEvent,
    loadUnstakeCancelledEvent,
    loadUnstakeCompletedEvent,
    loadUnstakeRequestedEvent,
    ProverStaking,
} from '../../build/ProverStaking/ProverStaking_ProverStaking';
import { Emitted, EventOf, eventReader } from '../common/events';

// Events of master, ProverStaking and ProverRewards are external-out messages. Positions have none: every change of them is
// an event of one of these.

const LOADERS = {
    ProverCreatedEvent: loadProverCreatedEvent,
    ProverStateEvent: loadProverStateEvent,
    StakedEvent: loadStakedEvent,
    UnstakeRequestedEvent: loadUnstakeRequestedEvent,
    UnstakeCompletedEvent: loadUnstakeCompletedEvent,
    UnstakeCancelledEvent: loadUnstakeCancelledEvent,
    SlashedEvent: loadSlashedEvent,
    AppealedEvent: loadAppealedEvent,
    SlashEndedEvent: loadSlashEndedEvent,
    RestitutionEvent: loadRestitutionEvent,
    PaidOutEvent: loadPaidOutEvent,
    BookedEvent: loadBookedEvent,
    MinSelfStakeEvent: loadMinSelfStakeEvent,
    ParamsEvent: loadParamsEvent,
    MasterRoleEvent: loadMasterRoleEvent,
    MasterPausedEvent: loadMasterPausedEvent,
    MasterUpgradeEvent: loadMasterUpgradeEvent,
    RewardsAddedEvent: loadRewardsAddedEvent,
    RewardsPaidEvent: loadRewardsPaidEvent,
    CommissionPaidEvent: loadCommissionPaidEvent,
    CommissionEvent: loadCommissionEvent,
} as const;

type Loaders = typeof LOADERS;

export type StakingEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in contracts/staking/messages.tact. */
export type StakingEvent<N extends StakingEventName = StakingEventName> = EventOf<Loaders, N>;

/** An event with where and when it happened. */
export type EmittedStakingEvent<N extends StakingEventName = StakingEventName> = Emitted<StakingEvent<N>>;

const reader = eventReader(LOADERS, ProverStaking.opcodes);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodeStakingEvent(body: Cell): StakingEvent | null {
    return reader.decode(body);
}

/** All events of the family in these transactions, in order; with a name, only those. */
export function stakingEvents(transactions: readonly Transaction[]): EmittedStakingEvent[];
export function stakingEvents<N extends StakingEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedStakingEvent<N>[];
export function stakingEvents(transactions: readonly Transaction[], name?: StakingEventName): EmittedStakingEvent[] {
    return reader.collect(transactions, name);
}
