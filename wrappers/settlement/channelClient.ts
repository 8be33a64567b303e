/**
 * The off-chain half of a channel: the consumer pays as he receives, the provider serves as he is paid. Neither has to trust
 * the other for more than one increment, nor his own disk for more than one: the newest voucher is on it before it counts.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address } from '@ton/core';

import type { ChannelData } from './PaymentChannel';
import { ChannelSigner } from './channelKeys';
import {
    channelVoucher,
    SignedVoucher,
    signVoucher,
    verifyVoucher,
    voucherFromJson,
    voucherToJson,
} from './channelVoucher';

/** A price: `amount` of the asset's smallest unit for `tokens`. */
export type ChannelPrice = { amount: bigint; tokens: bigint };

/** What a voucher must be worth, in fees of its claim, before it is claimed without need. */
export const CLAIM_RATIO = 500n;

/** How a file is written; tests cut the power in the middle. */
export type StoreSteps = {
    write(file: string, text: string): void;
    sync(file: string): void;
    rename(from: string, to: string): void;
};

const DISK: StoreSteps = {
    write: (file, text) => fs.writeFileSync(file, text, { mode: 0o600 }),
    sync: (file) => {
        const handle = fs.openSync(file, 'r');
        try {
            fs.fsyncSync(handle);
        } finally {
            fs.closeSync(handle);
        }
    },
    rename: (from, to) => fs.renameSync(from, to),
};

/** The newest voucher of a channel in a file: written, synced, renamed, and the directory synced. A file is whole or old. */
export class VoucherStore {
    constructor(
        readonly file: string,
        private readonly disk: StoreSteps = DISK,
    ) {}

    save(voucher: SignedVoucher): void {
        const next = `${this.file}.next`;
        this.disk.write(next, `${voucherToJson(voucher)}\n`);
        this.disk.sync(next);
        this.disk.rename(next, this.file);
        this.disk.sync(path.dirname(path.resolve(this.file)));
    }

    /** The newest voucher, or undefined if there is none yet. Throws for a file that is damaged: guessing would cost money. */
    load(): SignedVoucher | undefined {
        return fs.existsSync(this.file) ? voucherFromJson(fs.readFileSync(this.file, 'utf8')) : undefined;
    }
}

/** What both sides know of their channel. */
export type ClientOptions = {
    networkId: number;
    channel: Address;
    /** As the getter says. `update` brings a newer one. */
    data: ChannelData;
    price: ChannelPrice;
    store: VoucherStore;
};

/** What both sides have in common. */
export abstract class ChannelClient {
    protected data: ChannelData;
    protected newest: SignedVoucher | undefined;
    private price: ChannelPrice;
    /** Where the present price began. */
    private base: { amount: bigint; tokens: bigint };

    protected constructor(protected readonly options: ClientOptions) {
        this.data = options.data;
        this.newest = options.store.load();
        const { channel, networkId } = options;
        if (this.newest && (!this.newest.channel.equals(channel) || this.newest.networkId !== networkId)) {
            throw new Error(`${options.store.file} has a voucher of another channel`);
        }
        const { claimed, tokens } = options.data;
        // A store that was lost: what is claimed was signed.
        this.base =
            this.newest && this.newest.amount >= claimed
                ? { amount: this.newest.amount, tokens: this.newest.tokens }
                : { amount: claimed, tokens };
        this.price = checked(options.price);
    }

    /** The newest voucher. */
    get voucher(): SignedVoucher | undefined {
        return this.newest;
    }

    /** What is signed for so far. */
    get paid(): { amount: bigint; tokens: bigint } {
        return this.newest && this.newest.amount >= this.data.claimed
            ? { amount: this.newest.amount, tokens: this.newest.tokens }
            : { amount: this.data.claimed, tokens: this.data.tokens };
    }

    /** What the channel says now. */
    update(data: ChannelData): void {
        this.data = data;
    }

    /** Another model, another price: what was before stays at the old one. `tokens`: cumulative, served or received by now. */
    protected changePrice(price: ChannelPrice, tokens: bigint): void {
        this.base = { amount: this.amountFor(tokens), tokens };
        this.price = checked(price);
    }

    /** Cumulative amount for cumulative tokens; rounded down, against the provider. */
    amountFor(tokens: bigint): bigint {
        const more = tokens > this.base.tokens ? tokens - this.base.tokens : 0n;
        return this.base.amount + (more * this.price.amount) / this.price.tokens;
    }
}

function checked(price: ChannelPrice): ChannelPrice {
    if (price.amount < 0n || price.tokens <= 0n) {
        throw new Error('a price is an amount for a number of tokens');
    }
    return price;
}

/** Thrown when the deposit does not cover the next voucher. */
export class DepositSpent extends Error {
    constructor(readonly missing: bigint) {
        super(`the deposit lacks ${missing}`);
    }
}

/** The consumer's side: signs a voucher for every `every` tokens received. */
export class ConsumerChannel extends ChannelClient {
    private received: bigint;

    constructor(
        options: ClientOptions,
        private readonly signer: ChannelSigner,
        /** Tokens of an increment. */
        private readonly every: bigint,
        private model: string | bigint,
    ) {
        super(options);
        if (every <= 0n) {
            throw new Error('an increment has tokens');
        }
        this.received = this.paid.tokens;
    }

    /** Tokens received in all. */
    get tokens(): bigint {
        return this.received;
    }

    /** So many tokens have come. Returns a voucher when an increment is full, and persists it before. Throws DepositSpent. */
    receive(tokens: bigint): SignedVoucher | undefined {
        this.received += tokens;
        return this.received - this.paid.tokens >= this.every ? this.sign() : undefined;
    }

    /** A voucher for all that was received, however little: at the end of a stream, or when the provider asks. */
    settle(): SignedVoucher | undefined {
        return this.received > this.paid.tokens ? this.sign() : this.voucher;
    }

    /** From the next token on. */
    use(model: string | bigint, price: ChannelPrice): void {
        this.changePrice(price, this.received);
        this.model = model;
    }

    private sign(): SignedVoucher {
        const { networkId, channel, store } = this.options;
        const amount = this.amountFor(this.received);
        if (this.data.state === 'closed') {
            throw new Error('the channel is closed');
        }
        if (amount > this.data.deposit) {
            throw new DepositSpent(amount - this.data.deposit);
        }
        const words = channelVoucher({ networkId, channel, amount, tokens: this.received, model: this.model });
        const voucher = signVoucher(words, this.signer);
        // First on the disk: after a crash it must not be signed for less.
        store.save(voucher);
        this.newest = voucher;
        return voucher;
    }
}

/** Why a voucher is not taken. */
export type Refusal =
    | 'other network'
    | 'other channel'
    | 'signature'
    | 'hot key ends'
    | 'not newer'
    | 'too little'
    | 'above the deposit'
    | 'channel is ending';

/** Why a voucher should be claimed now. */
export type ClaimReason = 'worth it' | 'window' | 'hot key ends' | 'expired';

/** The provider's side: serves while not too much is unpaid, keeps the newest voucher, says when to claim it. */
export class ProviderChannel extends ChannelClient {
    private served: bigint;

    constructor(
        options: ClientOptions,
        /** Tokens that may be served beyond what is paid. */
        private readonly unpaidLimit: bigint,
        /** The provider's clock, in unix seconds. */
        private readonly now: () => number,
    ) {
        super(options);
        this.served = this.paid.tokens;
    }

    /** Tokens served in all. */
    get tokens(): bigint {
        return this.served;
    }

    /** Tokens served and not paid for. */
    get unpaid(): bigint {
        return this.served > this.paid.tokens ? this.served - this.paid.tokens : 0n;
    }

    /** Whether `tokens` more may be served: within the limit, covered by the deposit, and a claim is still possible. */
    mayServe(tokens: bigint): boolean {
        return (
            !this.ending() &&
            this.served + tokens - this.paid.tokens <= this.unpaidLimit &&
            this.amountFor(this.served + tokens) <= this.data.deposit
        );
    }

    /** Counts tokens that were served. Throws when they may not be. */
    serve(tokens: bigint): void {
        if (!this.mayServe(tokens)) {
            throw new Error('too much would be unpaid');
        }
        this.served += tokens;
    }

    /** From the next token on. */
    use(price: ChannelPrice): void {
        this.changePrice(price, this.served);
    }

    /** Takes a voucher and persists it, or says why not. A voucher must pay for the tokens it names. */
    accept(voucher: SignedVoucher): Refusal | undefined {
        const { networkId, channel, store } = this.options;
        if (voucher.networkId !== networkId) {
            return 'other network';
        }
        if (!voucher.channel.equals(channel)) {
            return 'other channel';
        }
        if (this.data.state === 'closed') {
            return 'channel is ending';
        }
        const { hotKey, hotUntil, consumerKey } = this.data;
        if (!verifyVoucher(voucher, [consumerKey])) {
            if (hotKey === null || !verifyVoucher(voucher, [hotKey])) {
                return 'signature';
            }
            // A revoked key is good for claims, not for new business.
            if (hotUntil !== 0) {
                return 'hot key ends';
            }
        }
        if (voucher.amount <= this.paid.amount && this.newest !== undefined) {
            return 'not newer';
        }
        if (voucher.tokens < this.paid.tokens || voucher.amount < this.amountFor(voucher.tokens)) {
            return 'too little';
        }
        if (voucher.amount > this.data.deposit) {
            return 'above the deposit';
        }
        store.save(voucher);
        this.newest = voucher;
        return undefined;
    }

    /** What a claim would bring. */
    get gain(): bigint {
        if (this.newest === undefined || this.data.state === 'closed') {
            return 0n;
        }
        const { deposit, claimed } = this.data;
        const worth = this.newest.amount < deposit ? this.newest.amount : deposit;
        return worth > claimed ? worth - claimed : 0n;
    }

    /**
     * Whether to claim now. `fee`: of a claim, in units of the asset. In time: when it is worth `ratio` fees. In need, when it
     * is worth more than the fee: the window runs, the hot key that signed ends, or anyone may start the window.
     */
    claimReason(fee: bigint, ratio: bigint = CLAIM_RATIO): ClaimReason | undefined {
        const { gain } = this;
        if (gain <= fee) {
            return undefined;
        }
        const { state, hotUntil, consumerKey, expiresAt, window } = this.data;
        if (state === 'closing') {
            return 'window';
        }
        if (hotUntil !== 0 && !verifyVoucher(this.newest!, [consumerKey])) {
            return 'hot key ends';
        }
        if (expiresAt !== 0 && this.now() + window >= expiresAt) {
            return 'expired';
        }
        return gain >= fee * ratio ? 'worth it' : undefined;
    }

    private ending(): boolean {
        const { state, expiresAt, window } = this.data;
        return state !== 'open' || (expiresAt !== 0 && this.now() + window >= expiresAt);
    }
}
