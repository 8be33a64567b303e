import { Address, beginCell, Cell } from '@ton/core';

/** Operation codes of the Cocoon network. */
export const CocoonOp = {
    text: 0,
    doNotProcess: 0x9a1247c0,
    payout: 0xc59a7cd3,
    excesses: 0x2565934c,
    ownerWorkerRegister: 0x26ed7f65,
    workerPayout: 0xa040ad28,
    workerLastPayout: 0xf5f26a36,
    workerRequest: 0x4d725d2c,
    workerPayoutPayload: 0x08e7d036,
    clientRequest: 0x65448ff4,
    clientTopUpPayload: 0x5cfc6b87,
    clientRefundPayload: 0xc68ebc7b,
    clientTopUp: 0xf172e6c2,
    clientWithdraw: 0xda068e78,
    proxyFeePayout: 0x7610e6eb,
    proxyIncreaseStake: 0x9713f187,
    ownerProxyClose: 0xb51d5a01,
    proxySignedClose: 0x636a4391,
    proxySignedComplete: 0xe511abc7,
    walletSend: 0x9c69f376,
} as const;

/** Exit codes of the Cocoon contracts. */
export const CocoonExit = {
    oldMessage: 1000,
    lowBalance: 1001,
    lowValue: 1003,
    format: 1004,
    envelopeMismatch: 1005,
    closed: 1006,
    badSignature: 1007,
    badParams: 1008,
    expectedOwner: 1009,
    notOwner: 1010,
    locked: 1011,
    unknownOp: 1012,
    unknownText: 1013,
    notDerived: 1014,
    otherAddress: 1015,
    walletExpired: 1030,
    walletBlocked: 1031,
    walletSeqno: 1032,
    walletSubwallet: 1033,
    walletSignature: 1034,
    walletBalance: 1035,
    walletNotOwner: 1040,
    walletUnknownCommand: 1041,
    unknownProxySeqno: 2000,
} as const;

/** State of a worker, proxy or client; closing does not occur in workers. */
export enum CocoonState {
    Normal = 0,
    Closing = 1,
    Closed = 2,
}

/** A node wallet's commands: withdraw everything, block the node's key, unblock it. */
export type WalletCommand = 'w' | 'b' | 'u';

/** A proxy's text commands: start closing, withdraw the fees. */
export type ProxyCommand = 'c' | 'w';

/** Operations that only the proxy's key can authorise. */
export type SignedOp =
    | typeof CocoonOp.workerPayout
    | typeof CocoonOp.workerLastPayout
    | typeof CocoonOp.proxySignedClose
    | typeof CocoonOp.proxySignedComplete;

/** Query id and receiver of what is left of the attached TON: the fields of every plain request. */
export type CocoonRequest = { queryId?: bigint; sendExcessesTo: Address };

function requestBody(op: number, request: CocoonRequest): Cell {
    return beginCell()
        .storeUint(op, 32)
        .storeUint(request.queryId ?? 0n, 64)
        .storeAddress(request.sendExcessesTo)
        .endCell();
}

function amountBody(op: number, amount: bigint, request: CocoonRequest): Cell {
    return beginCell()
        .storeUint(op, 32)
        .storeUint(request.queryId ?? 0n, 64)
        .storeCoins(amount)
        .storeAddress(request.sendExcessesTo)
        .endCell();
}

function textBody(text: string): Cell {
    return beginCell().storeUint(CocoonOp.text, 32).storeStringTail(text).endCell();
}

/**
 * Owner to worker: vouch for it towards the proxy. Attach at least 0.2 TON. A notification only: nothing is stored
 * and no answer says "registered".
 */
export function registerBody(request: CocoonRequest): Cell {
    return requestBody(CocoonOp.ownerWorkerRegister, request);
}

/** Owner to node wallet. Exactly one letter; attach at least 0.05 TON. */
export function walletCommandBody(command: WalletCommand): Cell {
    return textBody(command);
}

/** Owner to node wallet: send `message` (a complete message cell) with send mode `mode`. */
export function walletSendBody(args: { queryId?: bigint; mode: number; message: Cell }): Cell {
    return beginCell()
        .storeUint(CocoonOp.walletSend, 32)
        .storeUint(args.queryId ?? 0n, 64)
        .storeUint(args.mode, 8)
        .storeRef(args.message)
        .endCell();
}

/** Part of a node wallet's external message that the node's key signs. */
export function walletExternalPayload(args: {
    subwallet?: number;
    validUntil: number;
    seqno: number;
    messages: { mode: number; message: Cell }[];
}): Cell {
    const body = beginCell()
        .storeUint(args.subwallet ?? 0, 32)
        .storeUint(args.validUntil, 32)
        .storeUint(args.seqno, 32);
    for (const { mode, message } of args.messages) {
        body.storeUint(mode, 8).storeRef(message);
    }
    return body.endCell();
}

/** A node wallet's external message: signature, then the signed part inline. */
export function walletExternalBody(signature: Buffer, payload: Cell): Cell {
    return beginCell().storeBuffer(signature, 64).storeSlice(payload.beginParse()).endCell();
}

/** Proxy owner to proxy, as text. */
export function proxyCommandBody(command: ProxyCommand): Cell {
    return textBody(command);
}

/** Anybody to proxy: pay the collected fees to the proxy's owner. */
export function proxyFeePayoutBody(request: CocoonRequest): Cell {
    return requestBody(CocoonOp.proxyFeePayout, request);
}

/** Anybody to proxy: add `amount` to its stake; attach 0.1 TON more than that. */
export function proxyIncreaseStakeBody(amount: bigint, request: CocoonRequest): Cell {
    return amountBody(CocoonOp.proxyIncreaseStake, amount, request);
}

/** Proxy owner to proxy: start closing. */
export function ownerProxyCloseBody(request: CocoonRequest): Cell {
    return requestBody(CocoonOp.ownerProxyClose, request);
}

/** Anybody to client: deposit `amount`; attach 0.1 TON more than that. */
export function clientTopUpBody(amount: bigint, request: CocoonRequest): Cell {
    return amountBody(CocoonOp.clientTopUp, amount, request);
}

/** Client owner to client: take back what exceeds the stake. */
export function clientWithdrawBody(request: CocoonRequest): Cell {
    return requestBody(CocoonOp.clientWithdraw, request);
}

/** What the proxy's key signs: the hash of this cell. Payouts carry the new value of the worker's token counter. */
export function signedPayload(
    op: SignedOp,
    args: { queryId: bigint; tokens?: bigint; expectedAddress: Address },
): Cell {
    const payload = beginCell().storeUint(op, 32).storeUint(args.queryId, 64);
    if (args.tokens !== undefined) {
        payload.storeUint(args.tokens, 64);
    }
    return payload.storeAddress(args.expectedAddress).endCell();
}

/** A signed message as anybody may submit it. Neither the sender nor the receiver of the excesses is signed. */
export function signedEnvelope(
    op: SignedOp,
    args: { queryId: bigint; sendExcessesTo: Address; signature: Buffer; payload: Cell },
): Cell {
    return beginCell()
        .storeUint(op, 32)
        .storeUint(args.queryId, 64)
        .storeAddress(args.sendExcessesTo)
        .storeBuffer(args.signature, 64)
        .storeRef(args.payload)
        .endCell();
}

/** Contents of a signed payout, read without checking the signature. */
export type PayoutEnvelope = {
    last: boolean;
    queryId: bigint;
    sendExcessesTo: Address;
    signature: Buffer;
    payload: Cell;
    tokens: bigint;
    worker: Address;
};

/** Reads a signed payout; null if `body` is anything else. */
export function parsePayoutEnvelope(body: Cell): PayoutEnvelope | null {
    const envelope = body.beginParse();
    if (envelope.remainingBits !== 875 || envelope.remainingRefs !== 1) {
        return null;
    }
    const op = envelope.loadUint(32);
    if (op !== CocoonOp.workerPayout && op !== CocoonOp.workerLastPayout) {
        return null;
    }
    const queryId = envelope.loadUintBig(64);
    const sendExcessesTo = envelope.loadAddress();
    const signature = envelope.loadBuffer(64);
    const payload = envelope.loadRef();
    const signed = payload.beginParse();
    if (signed.remainingBits !== 427 || signed.loadUint(32) !== op || signed.loadUintBig(64) !== queryId) {
        return null;
    }
    return {
        last: op === CocoonOp.workerLastPayout,
        queryId,
        sendExcessesTo,
        signature,
        payload,
        tokens: signed.loadUintBig(64),
        worker: signed.loadAddress(),
    };
}

/** Worker to proxy. Without a payload it is a notification that anybody can send. */
export function workerRequestBody(args: {
    queryId: bigint;
    owner: Address;
    state?: CocoonState;
    tokens?: bigint;
    payload?: Cell | null;
}): Cell {
    return beginCell()
        .storeUint(CocoonOp.workerRequest, 32)
        .storeUint(args.queryId, 64)
        .storeAddress(args.owner)
        .storeUint(args.state ?? CocoonState.Normal, 2)
        .storeUint(args.tokens ?? 0n, 64)
        .storeMaybeRef(args.payload)
        .endCell();
}

/** Payload of a worker's demand to be paid. */
export function workerPayoutPayload(args: { workerPart: bigint; proxyPart: bigint; sendExcessesTo: Address }): Cell {
    return beginCell()
        .storeUint(CocoonOp.workerPayoutPayload, 32)
        .storeCoins(args.workerPart)
        .storeCoins(args.proxyPart)
        .storeAddress(args.sendExcessesTo)
        .endCell();
}

/** Proxy to owner: money earned by workers, or by the proxy itself. Carries nothing but a random query id. */
export function payoutBody(queryId: bigint): Cell {
    return beginCell().storeUint(CocoonOp.payout, 32).storeUint(queryId, 64).endCell();
}

/** What is left of a request's TON, sent to the address that the request named. */
export function excessesBody(queryId: bigint): Cell {
    return beginCell().storeUint(CocoonOp.excesses, 32).storeUint(queryId, 64).endCell();
}

/** What the Cocoon network sends to an owner of workers. */
export type OwnerMessage =
    | { kind: 'payout'; queryId: bigint }
    | { kind: 'excesses'; queryId: bigint }
    | { kind: 'walletBalance' }
    | { kind: 'empty' }
    | { kind: 'other'; op: number | null };

/**
 * Classifies a message body that arrived at an owner. `walletBalance` is a node wallet's answer to "w"; its body is
 * the same text as the command. The body proves nothing: only the sender's address does.
 */
export function parseOwnerMessage(body: Cell): OwnerMessage {
    const slice = body.beginParse();
    if (slice.remainingBits === 0 && slice.remainingRefs === 0) {
        return { kind: 'empty' };
    }
    if (slice.remainingBits < 32) {
        return { kind: 'other', op: null };
    }
    const op = slice.loadUint(32);
    if ((op === CocoonOp.payout || op === CocoonOp.excesses) && slice.remainingBits >= 64) {
        return { kind: op === CocoonOp.payout ? 'payout' : 'excesses', queryId: slice.loadUintBig(64) };
    }
    if (op === CocoonOp.text && slice.remainingBits === 8 && slice.loadUint(8) === 'w'.charCodeAt(0)) {
        return { kind: 'walletBalance' };
    }
    return { kind: 'other', op };
}

/** Query id of a payout; null if `body` is no payout. */
export function parsePayout(body: Cell): { queryId: bigint } | null {
    const message = parseOwnerMessage(body);
    return message.kind === 'payout' ? { queryId: message.queryId } : null;
}

/** Query id of excesses; null if `body` is none. */
export function parseExcesses(body: Cell): { queryId: bigint } | null {
    const message = parseOwnerMessage(body);
    return message.kind === 'excesses' ? { queryId: message.queryId } : null;
}
