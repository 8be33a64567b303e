import type { Cell, Transaction } from '@ton/core';

import {
    loadChannelClaimed,
    loadChannelClosed,
    loadChannelClosing,
    loadChannelDeposited,
    loadChannelDue,
    loadChannelHotKey,
    loadChannelWallet,
    PaymentChannel,
} from '../../build/PaymentChannel/PaymentChannel_PaymentChannel';
import { Emitted, EventOf, eventReader } from '../common/events';

const LOADERS = {
    ChannelDeposited: loadChannelDeposited,
    ChannelClaimed: loadChannelClaimed,
    ChannelClosing: loadChannelClosing,
    ChannelClosed: loadChannelClosed,
    ChannelHotKey: loadChannelHotKey,
    ChannelWallet: loadChannelWallet,
    ChannelDue: loadChannelDue,
} as const;

type Loaders = typeof LOADERS;

export type ChannelEventName = keyof Loaders;

/** An event: `event` names it, the other fields are those of the message of that name in channel-messages.tact. */
export type ChannelEvent<N extends ChannelEventName = ChannelEventName> = EventOf<Loaders, N>;

/** An event with where and when it happened. */
export type EmittedChannelEvent<N extends ChannelEventName = ChannelEventName> = Emitted<ChannelEvent<N>>;

const reader = eventReader(LOADERS, PaymentChannel.opcodes);

/** The event in the body of an external-out message; null if it is none of these. */
export function decodeChannelEvent(body: Cell): ChannelEvent | null {
    return reader.decode(body);
}

/** All events of channels in these transactions, in order; with a name, only those. */
export function channelEvents(transactions: readonly Transaction[]): EmittedChannelEvent[];
export function channelEvents<N extends ChannelEventName>(
    transactions: readonly Transaction[],
    name: N,
): EmittedChannelEvent<N>[];
export function channelEvents(transactions: readonly Transaction[], name?: ChannelEventName): EmittedChannelEvent[] {
    return reader.collect(transactions, name);
}

/** `kind` of ChannelDue. */
export const DUE_KINDS = ['bounced', 'late', 'proven', 'sent'] as const;
