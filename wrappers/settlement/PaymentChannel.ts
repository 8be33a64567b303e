import { Address, beginCell, Cell, Contract, contractAddress, ContractProvider, Sender, toNano } from '@ton/core';

import {
    CHANNEL_CLOSED,
    CHANNEL_OPEN,
    loadChannelJetton,
    loadChannelAsset,
    loadChannelTerms,
    PaymentChannel as Built,
    storeChannelAskWallet,
    storeChannelClaim,
    storeChannelCoopClose,
    storeChannelDeposit,
    storeChannelFinish,
    storeChannelJetton,
    storeChannelProviderClose,
    storeChannelRelease,
    storeChannelAsset,
    storeChannelRevokeHotKey,
    storeChannelSetHotKey,
    storeChannelStartClose,
    storeChannelSync,
    storeChannelTail,
    storeChannelTerms,
    storeTopUp,
} from '../../build/PaymentChannel/PaymentChannel_PaymentChannel';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { PoolInit } from '../common/initial';
import { addressOfAccount } from '../pool/metrics';
import { keyFromInt, keyToInt } from './channelKeys';
import { ChannelAgreement, SignedVoucher } from './channelVoucher';

/** Challenge window in seconds, unless another one is agreed on. */
export const DEFAULT_WINDOW = 86_400;
/** Shortest and longest window that `checkTerms` accepts. */
export const WINDOW_LIMITS = { least: 3600, most: 30 * 86_400 } as const;
/** How long a channel lasts when nobody says: the scripts' default. */
export const DEFAULT_LIFETIME = 30 * 86_400;
/** TON with every transfer of jettons. What the wallets do not use comes back. */
export const DEFAULT_TRANSFER_VALUE = toNano('0.1');
/** Least and most of it that `checkTerms` accepts. */
export const TRANSFER_LIMITS = { least: toNano('0.05'), most: toNano('2') } as const;
/** What the first deposit carries beside the amount: rent of five years and fees; the rest comes back. */
export const DEPLOY_VALUE = toNano('0.6');

/** What both parties agree on. All of it is in the address. */
export type ChannelTerms = {
    consumer: Address;
    provider: Address;
    /** Ed25519 keys, 32 bytes. */
    consumerKey: Buffer;
    providerKey: Buffer;
    /** Challenge window in seconds; 24 h by default. */
    window?: number;
    /** Unix second from which on anyone may start the close; 0: never. */
    expiresAt: number;
    /** Tells channels of the same two apart. */
    salt?: Integer;
    /** A key that may sign vouchers from the beginning. */
    hotKey?: Buffer | null;
    /** null: TON. */
    jetton?: { minter: Address; transferValue?: bigint } | null;
};

export type ChannelState = 'open' | 'closing' | 'closed';

/** Everything a channel knows about itself. */
export type ChannelData = {
    state: ChannelState;
    /** End of the challenge window; 0 while it is open and when it is closed. */
    closeAt: number;
    deposit: bigint;
    claimed: bigint;
    tokens: bigint;
    hotKey: Buffer | null;
    /** Second in which the hot key ends; 0: no end. */
    hotUntil: number;
    consumer: Address;
    provider: Address;
    consumerKey: Buffer;
    providerKey: Buffer;
    window: number;
    expiresAt: number;
    salt: bigint;
    /** null: TON. `wallet` is null until the minter has answered. */
    jetton: {
        minter: Address;
        transferValue: bigint;
        wallet: Address | null;
        dueProvider: bigint;
        dueConsumer: bigint;
        /** Second of the last balance proof, and whether it is still on its way. */
        syncAt: number;
        syncPending: boolean;
    } | null;
};

/** Initial state of a channel; its address follows from it. */
export async function channelInit(terms: ChannelTerms): Promise<PoolInit> {
    const { jetton } = terms;
    for (const party of [terms.consumer, terms.provider]) {
        if (party.workChain !== 0) {
            throw new Error(`${party.toString()} is not in the basechain`);
        }
    }
    const asset =
        jetton &&
        pack(
            storeChannelAsset({
                $$type: 'ChannelAsset',
                minter: jetton.minter,
                transferValue: jetton.transferValue ?? DEFAULT_TRANSFER_VALUE,
            }),
        );
    const head = pack(
        storeChannelTerms({
            $$type: 'ChannelTerms',
            provider: terms.provider,
            consumerKey: keyToInt(terms.consumerKey),
            consumer: terms.consumer,
            window: BigInt(terms.window ?? DEFAULT_WINDOW),
            expiresAt: BigInt(terms.expiresAt),
            salt: BigInt(terms.salt ?? 0),
            asset: asset ?? null,
        }),
    );
    const state = pack(
        storeChannelJetton({
            $$type: 'ChannelJetton',
            wallet: 0n,
            dueProvider: 0n,
            dueConsumer: 0n,
            pending: false,
            syncAt: 0n,
            syncOut: 0n,
        }),
    );
    const tail = pack(
        storeChannelTail({
            $$type: 'ChannelTail',
            terms: head,
            jetton: jetton ? state : null,
            providerKey: keyToInt(terms.providerKey),
            hotKey: terms.hotKey ? keyToInt(terms.hotKey) : 0n,
            hotUntil: 0n,
        }),
    );
    return Built.init(CHANNEL_OPEN, 0n, 0n, 0n, tail.beginParse());
}

/**
 * Reasons not to deal on these terms; none: fine. `now` in unix seconds. Derive the address from the terms as well
 * (`createFromTerms`): it names code and terms, whatever a stranger's contract may answer.
 */
export function checkTerms(terms: ChannelTerms, now: number): string[] {
    const reasons: string[] = [];
    const window = terms.window ?? DEFAULT_WINDOW;
    const zero = (key: Buffer) => key.length !== 32 || key.every((byte) => byte === 0);
    if (window < WINDOW_LIMITS.least || window > WINDOW_LIMITS.most) {
        reasons.push(`the challenge window is ${window} s, not ${WINDOW_LIMITS.least} to ${WINDOW_LIMITS.most} s`);
    }
    if (terms.expiresAt !== 0 && terms.expiresAt < now + window) {
        reasons.push('the channel expires within a challenge window');
    }
    if (zero(terms.consumerKey) || zero(terms.providerKey) || (terms.hotKey && zero(terms.hotKey))) {
        reasons.push('a key is missing');
    }
    if (terms.consumer.equals(terms.provider) || terms.consumerKey.equals(terms.providerKey)) {
        reasons.push('consumer and provider are the same');
    }
    const transfer = terms.jetton?.transferValue ?? DEFAULT_TRANSFER_VALUE;
    if (transfer < TRANSFER_LIMITS.least) {
        reasons.push('less than 0.05 TON for a transfer of jettons: it might not arrive');
    }
    if (transfer > TRANSFER_LIMITS.most) {
        reasons.push('more than 2 TON for a transfer of jettons: nobody could afford a claim');
    }
    return reasons;
}

/** Money of one consumer for one provider. */
export class PaymentChannel implements Contract {
    /** Operation codes of the messages by their names, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): PaymentChannel {
        return new PaymentChannel(address);
    }

    /** The channel of these terms, deployed or not. */
    static async createFromTerms(terms: ChannelTerms): Promise<PaymentChannel> {
        const init = await channelInit(terms);
        return new PaymentChannel(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static claimBody(args: Query & { voucher: SignedVoucher }): Cell {
        const { amount, tokens, model, signature } = args.voucher;
        return pack(
            storeChannelClaim({ $$type: 'ChannelClaim', queryId: queryIdOf(args), amount, tokens, model, signature }),
        );
    }

    static depositBody(args: Query & { amount: bigint }): Cell {
        return pack(storeChannelDeposit({ $$type: 'ChannelDeposit', queryId: queryIdOf(args), amount: args.amount }));
    }

    static providerCloseBody(args: Query & { voucher: SignedVoucher }): Cell {
        const { amount, tokens, model, signature } = args.voucher;
        const queryId = queryIdOf(args);
        return pack(
            storeChannelProviderClose({ $$type: 'ChannelProviderClose', queryId, amount, tokens, model, signature }),
        );
    }

    static coopCloseBody(
        args: Query & {
            agreement: Pick<ChannelAgreement, 'amount' | 'validUntil'>;
            consumerSignature: Buffer;
            providerSignature: Buffer;
        },
    ): Cell {
        return pack(
            storeChannelCoopClose({
                $$type: 'ChannelCoopClose',
                queryId: queryIdOf(args),
                amount: args.agreement.amount,
                validUntil: BigInt(args.agreement.validUntil),
                consumerSignature: args.consumerSignature,
                providerSignature: beginCell().storeBuffer(args.providerSignature).endCell(),
            }),
        );
    }

    static startCloseBody(args: Query = {}): Cell {
        return pack(storeChannelStartClose({ $$type: 'ChannelStartClose', queryId: queryIdOf(args) }));
    }

    static finishBody(args: Query = {}): Cell {
        return pack(storeChannelFinish({ $$type: 'ChannelFinish', queryId: queryIdOf(args) }));
    }

    static setHotKeyBody(args: Query & { key: Buffer }): Cell {
        return pack(
            storeChannelSetHotKey({ $$type: 'ChannelSetHotKey', queryId: queryIdOf(args), key: keyToInt(args.key) }),
        );
    }

    static revokeHotKeyBody(args: Query = {}): Cell {
        return pack(storeChannelRevokeHotKey({ $$type: 'ChannelRevokeHotKey', queryId: queryIdOf(args) }));
    }

    static askWalletBody(args: Query = {}): Cell {
        return pack(storeChannelAskWallet({ $$type: 'ChannelAskWallet', queryId: queryIdOf(args) }));
    }

    static releaseBody(args: Query & { to: 'consumer' | 'provider' }): Cell {
        const toConsumer = args.to === 'consumer';
        return pack(storeChannelRelease({ $$type: 'ChannelRelease', queryId: queryIdOf(args), toConsumer }));
    }

    static syncBody(args: Query & { amount: bigint }): Cell {
        return pack(storeChannelSync({ $$type: 'ChannelSync', queryId: queryIdOf(args), amount: args.amount }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /**
     * Pays the provider what the voucher is worth beyond what he has. From anyone. Throws ERROR_CHANNEL_CLOSED,
     * ERROR_CHANNEL_SIGNATURE, ERROR_CHANNEL_OLD_VOUCHER, ERROR_VALUE_TOO_LOW.
     */
    async sendClaim(provider: ContractProvider, via: Sender, args: SendOptions & { voucher: SignedVoucher }) {
        await sendBody(provider, via, PaymentChannel.claimBody(args), args);
    }

    /**
     * Deposits `amount` nanoton; the first deposit deploys the channel. From anyone; the money is the consumer's. Throws
     * ERROR_CHANNEL_ASSET, ERROR_VALUE_TOO_LOW.
     */
    async sendDeposit(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        const value = args.value ?? args.amount + (await this.entryCost(provider, Built.opcodes.ChannelDeposit));
        await sendBody(provider, via, PaymentChannel.depositBody(args), { ...args, value });
    }

    /**
     * Closes at once with a voucher. From the provider. Throws ERROR_CHANNEL_CLOSED, ERROR_CHANNEL_NOT_PARTY,
     * ERROR_CHANNEL_SIGNATURE, ERROR_VALUE_TOO_LOW.
     */
    async sendProviderClose(provider: ContractProvider, via: Sender, args: SendOptions & { voucher: SignedVoucher }) {
        await sendBody(provider, via, PaymentChannel.providerCloseBody(args), args);
    }

    /**
     * Closes at once as both have signed. From anyone. Throws ERROR_CHANNEL_CLOSED, ERROR_CHANNEL_TOO_LATE,
     * ERROR_CHANNEL_SIGNATURE, ERROR_CHANNEL_AMOUNT, ERROR_VALUE_TOO_LOW.
     */
    async sendCoopClose(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & Parameters<typeof PaymentChannel.coopCloseBody>[0],
    ) {
        await sendBody(provider, via, PaymentChannel.coopCloseBody(args), args);
    }

    /**
     * Starts the challenge window. From consumer or provider, after the expiry from anyone. Throws ERROR_CHANNEL_CLOSED,
     * ERROR_CHANNEL_CLOSING, ERROR_CHANNEL_NOT_PARTY, ERROR_VALUE_TOO_LOW.
     */
    async sendStartClose(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentChannel.startCloseBody(args), args);
    }

    /** After the window: the rest goes to the consumer. From anyone. Throws ERROR_CHANNEL_NOT_DUE, ERROR_VALUE_TOO_LOW. */
    async sendFinish(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentChannel.finishBody(args), args);
    }

    /**
     * Lets another key sign vouchers. From the consumer. Throws ERROR_CHANNEL_CLOSED, ERROR_CHANNEL_NOT_PARTY,
     * ERROR_CHANNEL_HOT_KEY, ERROR_BAD_PARAMETER, ERROR_VALUE_TOO_LOW.
     */
    async sendSetHotKey(provider: ContractProvider, via: Sender, args: SendOptions & { key: Buffer }) {
        await sendBody(provider, via, PaymentChannel.setHotKeyBody(args), args);
    }

    /**
     * Ends the hot key in one challenge window. From the consumer. Throws ERROR_CHANNEL_CLOSED, ERROR_CHANNEL_NOT_PARTY,
     * ERROR_CHANNEL_HOT_KEY, ERROR_VALUE_TOO_LOW.
     */
    async sendRevokeHotKey(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, PaymentChannel.revokeHotKeyBody(args), args);
    }

    /**
     * Deploys a jetton channel and asks the minter for its wallet. From anyone. Jettons must not be sent before the wallet
     * is known. Throws ERROR_CHANNEL_ASSET, ERROR_CHANNEL_WALLET, ERROR_VALUE_TOO_LOW.
     */
    async sendAskWallet(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        const value = args.value ?? (await this.entryCost(provider, Built.opcodes.ChannelAskWallet));
        await sendBody(provider, via, PaymentChannel.askWalletBody(args), { ...args, value });
    }

    /**
     * Sends jettons again whose payout came back. From anyone. Throws ERROR_CHANNEL_ASSET, ERROR_CHANNEL_NOTHING_DUE,
     * ERROR_VALUE_TOO_LOW.
     */
    async sendRelease(provider: ContractProvider, via: Sender, args: SendOptions & { to: 'consumer' | 'provider' }) {
        await sendBody(provider, via, PaymentChannel.releaseBody(args), args);
    }

    /**
     * Proves `amount` jettons beyond the books. From anyone, once an hour. Throws ERROR_CHANNEL_ASSET, ERROR_BAD_PARAMETER,
     * ERROR_CHANNEL_WALLET, ERROR_CHANNEL_SYNC_WAIT, ERROR_VALUE_TOO_LOW.
     */
    async sendSync(provider: ContractProvider, via: Sender, args: SendOptions & { amount: bigint }) {
        await sendBody(provider, via, PaymentChannel.syncBody(args), args);
    }

    /** TON for the rent. From anyone; stays there. */
    async sendTopUp(provider: ContractProvider, via: Sender, args: Query & { value: bigint }) {
        await sendBody(provider, via, PaymentChannel.topUpBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    async getChannelData(provider: ContractProvider): Promise<ChannelData> {
        const data = await Built.fromAddress(this.address).getGetChannelData(provider);
        const terms = loadChannelTerms(data.terms.beginParse());
        const asset = terms.asset && loadChannelAsset(terms.asset.beginParse());
        const jetton = data.jetton.bits.length === 0 ? null : loadChannelJetton(data.jetton.beginParse());
        const open = data.closeAt === CHANNEL_OPEN;
        const closed = data.closeAt === CHANNEL_CLOSED;
        return {
            state: open ? 'open' : closed ? 'closed' : 'closing',
            closeAt: open ? 0 : Number(data.closeAt),
            deposit: data.deposit,
            claimed: data.claimed,
            tokens: data.tokens,
            hotKey: data.hotKey === 0n ? null : keyFromInt(data.hotKey),
            hotUntil: Number(data.hotUntil),
            consumer: terms.consumer,
            provider: terms.provider,
            consumerKey: keyFromInt(terms.consumerKey),
            providerKey: keyFromInt(data.providerKey),
            window: Number(terms.window),
            expiresAt: Number(terms.expiresAt),
            salt: terms.salt,
            jetton: jetton &&
                asset && {
                    minter: asset.minter,
                    transferValue: asset.transferValue,
                    wallet: jetton.wallet === 0n ? null : addressOfAccount(jetton.wallet),
                    dueProvider: jetton.dueProvider,
                    dueConsumer: jetton.dueConsumer,
                    syncAt: Number(jetton.syncAt),
                    syncPending: jetton.pending,
                },
        };
    }

    /** What a voucher's signature is for, as the contract computes it. */
    async getVoucherHash(
        provider: ContractProvider,
        voucher: { amount: bigint; tokens: bigint; model: bigint },
    ): Promise<Buffer> {
        const { amount, tokens, model } = voucher;
        return keyFromInt(await Built.fromAddress(this.address).getGetVoucherHash(provider, amount, tokens, model));
    }

    /** What both sign to close, as the contract computes it. */
    async getCloseHash(provider: ContractProvider, agreement: { amount: bigint; validUntil: number }): Promise<Buffer> {
        const { amount, validUntil } = agreement;
        return keyFromInt(await Built.fromAddress(this.address).getGetCloseHash(provider, amount, BigInt(validUntil)));
    }

    /** Nanoton that the channel has beyond what it owes and the rent of a year. */
    async getSolvency(provider: ContractProvider): Promise<bigint> {
        return Built.fromAddress(this.address).getGetSolvency(provider);
    }

    /** Nanoton to attach for a message at the current prices, beside what a deposit moves. */
    async getCost(provider: ContractProvider, op: Cell | number): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0));
    }

    /** TON to forward with a deposit of jettons, so that it is answered; the rest comes back to the sender. */
    async getNotifyCost(provider: ContractProvider): Promise<bigint> {
        return costOf(provider, Built.opcodes.JettonNotification);
    }

    /** Of messages that may deploy: before there is a contract to ask, more than enough. */
    private async entryCost(provider: ContractProvider, op: number): Promise<bigint> {
        const { state } = await provider.getState();
        return state.type === 'active' ? costOf(provider, op) : DEPLOY_VALUE;
    }
}
