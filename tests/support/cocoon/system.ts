import { Address, beginCell, Cell, contractAddress, SenderArguments, toNano } from '@ton/core';
import { KeyPair, keyPairFromSeed, sha256_sync, sign } from '@ton/crypto';

import {
    buildParams,
    clientInit,
    clientTopUpBody,
    CocoonInit,
    CocoonOp,
    CocoonParams,
    CocoonProxyIdentity,
    proxyFeePayoutBody,
    proxyInit,
    proxyParams,
    registerBody,
    signedEnvelope,
    SignedOp,
    signedPayload,
    walletExternalBody,
    walletExternalPayload,
    walletInit,
    workerInit,
} from '../../../wrappers/cocoon';
import { CocoonCodes, cocoonCodes } from './codes';

/** The root owner's operations that the double knows. No pool ever sends them. */
export const CocoonRootOp = {
    registerProxy: 0x927c7cb5,
    updateProxy: 0x9c7924ba,
    unregisterProxy: 0x6d49eaf2,
    changePrice: 0xc52ed8d4,
    changeParams: 0x022fa189,
    changeCodes: 0xa2370f61,
    changeOwner: 0xc4a1ae54,
} as const;

/** Settings of a double of the network. Everything has a default. */
export type CocoonSystemOptions = {
    /** Who owns the root; nobody by default. */
    rootOwner?: Address;
    /** Who owns the proxy and gets its fees; nobody by default. */
    proxyOwner?: Address;
    /** A root that exists already, for a further proxy or for changed parameters. */
    root?: Address;
    /** Seed of the proxy's key. Two systems that differ only in the seed share the root, nothing else. */
    seed?: string;
    /** Price per token in nanoTON. Default 1: with `workerFee` 1, any amount can be paid out, and no proxy fee is due. */
    price?: bigint;
    /** What the worker's owner gets per token, in nanoTON. Default 1. */
    workerFee?: bigint;
    /** Further parameters of the network; price and fee above take precedence. */
    params?: Partial<CocoonParams>;
};

/** A signed payout to be submitted. */
export type PayoutOptions = {
    owner: Address;
    /** New value of the worker's token counter, not the difference. */
    tokens: bigint;
    queryId?: bigint;
    sendExcessesTo: Address;
    /** TON to attach; default 0.5, as the node does. */
    value?: bigint;
    /** Closes the worker. */
    last?: boolean;
};

/** Key pair that follows from a text, for tests and local networks only. */
export function cocoonKeyPair(seed: string): KeyPair {
    return keyPairFromSeed(sha256_sync(seed));
}

/** A public key as contracts store it. */
export function publicKeyInt(keys: KeyPair): bigint {
    return BigInt('0x' + keys.publicKey.toString('hex'));
}

/** Signs a payload cell and wraps it into an envelope. Each part can be falsified through the arguments. */
export function signEnvelope(
    keys: KeyPair,
    op: SignedOp,
    args: { queryId: bigint; tokens?: bigint; expectedAddress: Address; sendExcessesTo: Address },
): Cell {
    const payload = signedPayload(op, args);
    return signedEnvelope(op, { ...args, payload, signature: sign(payload.hash(), keys.secretKey) });
}

/** Data of a new root. Its lists are empty. */
export function rootData(owner: Address, params: CocoonParams): Cell {
    const lists = beginCell()
        .storeBit(false) // proxy hashes
        .storeBit(false) // registered proxies
        .storeUint(0, 32) // last proxy seqno
        .storeBit(false) // worker hashes
        .storeBit(false) // model hashes
        .endCell();
    return beginCell().storeAddress(owner).storeUint(0, 32).storeRef(lists).storeRef(buildParams(params)).endCell();
}

/**
 * The double of a Cocoon network as pure data: addresses, state inits, signatures and messages ready to be sent by
 * whatever sends messages - a sandbox treasury, a wallet on a local chain, a Blueprint sender. Reads no chain.
 */
export class CocoonSystem {
    readonly rootInit: CocoonInit;
    readonly root: Address;
    readonly proxyInit: CocoonInit;
    readonly proxy: Address;
    readonly identity: CocoonProxyIdentity;
    private lastQueryId = 0n;

    private constructor(
        readonly codes: CocoonCodes,
        /** With all three codes, as the root holds them. */
        readonly params: CocoonParams,
        /** The proxy's keys. */
        readonly keys: KeyPair,
        readonly rootOwner: Address,
        readonly proxyOwner: Address,
        root?: Address,
    ) {
        const publicKey = publicKeyInt(keys);
        this.rootInit = { code: codes.root, data: rootData(rootOwner, params) };
        this.root = root ?? contractAddress(0, this.rootInit);
        this.proxyInit = proxyInit({ owner: proxyOwner, publicKey, root: this.root, params });
        this.proxy = contractAddress(0, this.proxyInit);
        this.identity = { proxy: this.proxy, proxyPublicKey: publicKey, params: proxyParams(params) };
    }

    /** Puts a network together. */
    static async create(options: CocoonSystemOptions = {}): Promise<CocoonSystem> {
        const codes = await cocoonCodes();
        const nobody = new Address(0, Buffer.alloc(32));
        const params: CocoonParams = {
            paramsVersion: 1,
            uniqueId: 1,
            isTest: true,
            promptMultiplier: 10_000,
            cachedMultiplier: 10_000,
            completionMultiplier: 10_000,
            reasoningMultiplier: 10_000,
            proxyDelayBeforeClose: 86_400,
            clientDelayBeforeClose: 3_600,
            minProxyStake: toNano('1'),
            minClientStake: toNano('1'),
            proxyCode: codes.proxy,
            workerCode: codes.worker,
            clientCode: codes.client,
            ...options.params,
            pricePerToken: options.price ?? options.params?.pricePerToken ?? 1n,
            workerFeePerToken: options.workerFee ?? options.params?.workerFeePerToken ?? 1n,
        };
        return new CocoonSystem(
            codes,
            params,
            cocoonKeyPair(options.seed ?? 'cocoon proxy'),
            options.rootOwner ?? nobody,
            options.proxyOwner ?? nobody,
            options.root,
        );
    }

    /** A query id that this system has not used yet. The real ones are random. */
    nextQueryId(): bigint {
        this.lastQueryId += 1n;
        return BigInt('0x' + sha256_sync(`query ${this.lastQueryId}`).subarray(0, 8).toString('hex'));
    }

    /** How many tokens are worth `value`; the fee per token must divide it. */
    tokensFor(value: bigint): bigint {
        const fee = this.params.workerFeePerToken;
        if (value % fee !== 0n) {
            throw new Error(`${value} nanoTON is no multiple of the worker fee of ${fee} per token`);
        }
        return value / fee;
    }

    workerInit(owner: Address): CocoonInit {
        return workerInit(owner, this.identity);
    }

    worker(owner: Address): Address {
        return contractAddress(0, this.workerInit(owner));
    }

    clientInit(owner: Address): CocoonInit {
        return clientInit(owner, this.identity);
    }

    client(owner: Address): Address {
        return contractAddress(0, this.clientInit(owner));
    }

    walletInit(owner: Address, nodeKeys: KeyPair): CocoonInit {
        return walletInit({ code: this.codes.wallet, owner, publicKey: publicKeyInt(nodeKeys) });
    }

    wallet(owner: Address, nodeKeys: KeyPair): Address {
        return contractAddress(0, this.walletInit(owner, nodeKeys));
    }

    private static deployment(init: CocoonInit, value: bigint): SenderArguments {
        return { to: contractAddress(0, init), value, init, bounce: false };
    }

    deployRoot(value: bigint = toNano('1')): SenderArguments {
        return CocoonSystem.deployment(this.rootInit, value);
    }

    /** Deploys the proxy with the money it pays workers from. Sent again, it adds to that money. */
    deployProxy(value: bigint): SenderArguments {
        return CocoonSystem.deployment(this.proxyInit, value);
    }

    deployWorker(owner: Address, value: bigint = toNano('0.3')): SenderArguments {
        return CocoonSystem.deployment(this.workerInit(owner), value);
    }

    deployClient(owner: Address, value: bigint = toNano('0.8')): SenderArguments {
        return CocoonSystem.deployment(this.clientInit(owner), value);
    }

    deployWallet(owner: Address, nodeKeys: KeyPair, value: bigint = toNano('5')): SenderArguments {
        return CocoonSystem.deployment(this.walletInit(owner, nodeKeys), value);
    }

    /** To be sent by the root's owner. */
    changePrice(price: bigint, workerFee: bigint): SenderArguments {
        const body = beginCell()
            .storeUint(CocoonRootOp.changePrice, 32)
            .storeUint(this.nextQueryId(), 64)
            .storeCoins(price)
            .storeCoins(workerFee)
            .endCell();
        return { to: this.root, value: toNano('0.2'), bounce: true, body };
    }

    /** To be sent by the owner of the worker. */
    register(
        owner: Address,
        options: { queryId?: bigint; sendExcessesTo?: Address; value?: bigint } = {},
    ): SenderArguments {
        return {
            to: this.worker(owner),
            value: options.value ?? toNano('0.2'),
            bounce: true,
            body: registerBody({ queryId: options.queryId, sendExcessesTo: options.sendExcessesTo ?? owner }),
        };
    }

    /** To be sent by anybody: a payout, signed by the proxy. */
    payout(options: PayoutOptions): SenderArguments {
        const op = options.last ? CocoonOp.workerLastPayout : CocoonOp.workerPayout;
        const worker = this.worker(options.owner);
        return {
            to: worker,
            value: options.value ?? toNano('0.5'),
            bounce: true,
            body: signEnvelope(this.keys, op, {
                queryId: options.queryId ?? this.nextQueryId(),
                tokens: options.tokens,
                expectedAddress: worker,
                sendExcessesTo: options.sendExcessesTo,
            }),
        };
    }

    private signedByProxy(op: SignedOp, options: { sendExcessesTo: Address; queryId?: bigint; value?: bigint }) {
        return {
            to: this.proxy,
            value: options.value ?? toNano('1'),
            bounce: true,
            body: signEnvelope(this.keys, op, {
                queryId: options.queryId ?? this.nextQueryId(),
                expectedAddress: this.proxy,
                sendExcessesTo: options.sendExcessesTo,
            }),
        };
    }

    /** To be sent by anybody: starts the closing of the proxy. */
    close(options: { sendExcessesTo: Address; queryId?: bigint; value?: bigint }): SenderArguments {
        return this.signedByProxy(CocoonOp.proxySignedClose, options);
    }

    /** To be sent by anybody after the delay: ends the proxy. */
    complete(options: { sendExcessesTo: Address; queryId?: bigint; value?: bigint }): SenderArguments {
        return this.signedByProxy(CocoonOp.proxySignedComplete, options);
    }

    /** To be sent by anybody: pays the collected fees to the proxy's owner. */
    feePayout(options: { sendExcessesTo: Address; queryId?: bigint; value?: bigint }): SenderArguments {
        return {
            to: this.proxy,
            value: options.value ?? toNano('0.2'),
            bounce: true,
            body: proxyFeePayoutBody(options),
        };
    }

    /** To be sent by anybody: a deposit for the client of `owner`, which a closing proxy sends on to `owner`. */
    topUpClient(
        owner: Address,
        amount: bigint,
        options: { sendExcessesTo: Address; queryId?: bigint; value?: bigint },
    ): SenderArguments {
        return {
            to: this.client(owner),
            value: options.value ?? amount + toNano('0.2'),
            bounce: true,
            body: clientTopUpBody(amount, options),
        };
    }
}

/** Body of an external message to a node wallet, signed by the node's key. */
export function signWalletExternal(
    nodeKeys: KeyPair,
    args: { subwallet?: number; validUntil: number; seqno: number; messages: { mode: number; message: Cell }[] },
): Cell {
    const payload = walletExternalPayload(args);
    return walletExternalBody(sign(payload.hash(), nodeKeys.secretKey), payload);
}
