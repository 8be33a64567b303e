import type { Cell, Transaction } from '@ton/core';

import * as built from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { Emitted, EventOf, eventReader } from '../common/events';

const LOADERS = {
    UsageRecorded: built.loadUsageRecorded,
    UsageRejected: built.loadUsageRejected,
    UsageRows: built.loadUsageRows,
    SettleResult: built.loadSettleResult,
    SettlementOpened: built.loadSettlementOpened,
    SettlementsConfirmed: built.loadSettlementsConfirmed,
    SettlementDisputed: built.loadSettlementDisputed,
    SettlementResolved: built.loadSettlementResolved,
    AccountBooked: built.loadAccountBooked,
    Paid: built.loadPaid,
    PaymentReturned: built.loadPaymentReturned,
    SettlementAdmin: built.loadSettlementAdmin,
    SettlementUpgrade: built.loadSettlementUpgrade,
} as const;

type Loaders = typeof LOADERS;

export type SettlementEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in contracts/settlement/messages.tact. */
export type SettlementEventOf<N extends SettlementEventName = SettlementEventName> = EventOf<Loaders, N>;

/** An event with where and when it happened. */
export type EmittedSettlementEvent<N extends SettlementEventName = SettlementEventName> = Emitted<SettlementEventOf<N>>;

const reader = eventReader(LOADERS, built.PaymentSettlement.opcodes);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodeSettlementEvent(body: Cell): SettlementEventOf | null {
    return reader.decode(body);
}

/** All events of registry, settlement and their children that transactions emitted, in order; with a name, only those. */
export function settlementEvents(transactions: readonly Transaction[]): EmittedSettlementEvent[];
export function settlementEvents<N extends SettlementEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedSettlementEvent<N>[];
export function settlementEvents(
    transactions: readonly Transaction[],
    name?: SettlementEventName,
): EmittedSettlementEvent[] {
    return reader.collect(transactions, name);
}

/** What the registry did with a row of AddUsages. */
export const ROW_RESULTS = ['sent', 'malformed or too large', "before the recorder's time, or in the future"] as const;

/** Why a ledger refused a record (UsageRejected.reason). */
export const LEDGER_REASONS = ['', 'replay', "not the ledger's next nonce", '256 records are not settled'] as const;

/** What became of a record to be settled (SettleResult.result). */
export const SETTLE_RESULTS = [
    'opened',
    'not recorded, or settled already',
    'being settled',
    'the row is not the recorded one',
    'the consumer has no account',
    'more than the deposit',
    "above the consumer's limit of a day",
    "above the consumer's limit for 1,000 tokens",
    "not one of the consumer's providers",
    '256 settlements are open',
    'settlements of 24 providers are open',
] as const;

/** Verdicts of SettlementResolved. */
export const VERDICTS = ['too late', 'confirmed', 'refunded', 'expired', 'fraud proven'] as const;

/** Results of the rows of a UsageRows event, in their order: numbers into ROW_RESULTS. */
export function unpackRows(results: bigint, count: bigint): number[] {
    return Array.from({ length: Number(count) }, (_, i) => Number((results >> (4n * (count - 1n - BigInt(i)))) & 15n));
}
