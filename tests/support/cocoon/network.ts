import { Address, ContractProvider, SenderArguments, toNano } from '@ton/core';
import { KeyPair } from '@ton/crypto';
import type { Blockchain, SandboxContract, SendMessageResult, TreasuryContract } from '@ton/sandbox';

import {
    CocoonInit,
    CocoonProxyAccount,
    CocoonProxyInfo,
    CocoonRootAccount,
    CocoonRootInfo,
    CocoonWorkerAccount,
    CocoonWorkerInfo,
    registerBody,
    walletCommandBody,
    WalletCommand,
} from '../../../wrappers/cocoon';
import { CocoonSystem, CocoonSystemOptions, cocoonKeyPair } from './system';

/** Settings of a network in a sandbox. */
export type CocoonNetworkOptions = CocoonSystemOptions & {
    /** What the proxy is funded with; default 10,000 TON. */
    proxyBalance?: bigint;
};

/** A contract of the network: where it is and how to deploy it. */
export type CocoonHandle = { address: Address; init: CocoonInit };

/** A node's hot wallet together with the node's keys. */
export type CocoonWalletHandle = CocoonHandle & { keys: KeyPair };

/** How a payout is submitted. */
export type PayOptions = {
    queryId?: bigint;
    /** TON attached by the submitter; default 0.5. */
    attached?: bigint;
    /** Who gets what is left of it; default the submitter. */
    sendExcessesTo?: Address;
    /** Who submits; default the node. */
    from?: SandboxContract<TreasuryContract>;
};

/** What happened: the transactions and the signed query id. */
export type PayResult = SendMessageResult & { queryId: bigint };

/**
 * The double of a Cocoon network inside a sandbox blockchain.
 *
 * @example
 * const net = await CocoonNetwork.create(blockchain);
 * const worker = await net.worker(owner);
 * await net.pay(owner, toNano('19')); // the owner receives exactly 19 TON from net.proxy
 */
export class CocoonNetwork {
    private constructor(
        readonly blockchain: Blockchain,
        readonly system: CocoonSystem,
        readonly rootOwner: SandboxContract<TreasuryContract>,
        readonly proxyOwner: SandboxContract<TreasuryContract>,
        /** Submits payouts and gets the excesses, as node wallets do. */
        readonly node: SandboxContract<TreasuryContract>,
    ) {}

    /** Deploys root and proxy. Several networks with different seeds live side by side. */
    static async create(blockchain: Blockchain, options: CocoonNetworkOptions = {}): Promise<CocoonNetwork> {
        const rootOwner = await blockchain.treasury('cocoon root owner');
        const proxyOwner = await blockchain.treasury('cocoon proxy owner');
        const node = await blockchain.treasury('cocoon node');
        const system = await CocoonSystem.create({
            rootOwner: rootOwner.address,
            proxyOwner: proxyOwner.address,
            ...options,
        });
        if (options.root === undefined) {
            await rootOwner.send(system.deployRoot());
        }
        await proxyOwner.send(system.deployProxy(options.proxyBalance ?? toNano('10000')));
        return new CocoonNetwork(blockchain, system, rootOwner, proxyOwner, node);
    }

    /**
     * Changes the price, as the root's owner can at any time: a new version of the params, hence a new proxy and new
     * workers for everybody. The old proxy goes on paying until it is closed.
     *
     * @returns the network as seen from the new proxy
     */
    async changePrice(price: bigint, workerFee: bigint, options: CocoonNetworkOptions = {}): Promise<CocoonNetwork> {
        await this.send(this.rootOwner, this.system.changePrice(price, workerFee));
        return CocoonNetwork.create(this.blockchain, {
            ...options,
            root: this.root,
            price,
            workerFee,
            params: { ...this.system.params, paramsVersion: this.system.params.paramsVersion + 1 },
        });
    }

    get root(): Address {
        return this.system.root;
    }

    get proxy(): Address {
        return this.system.proxy;
    }

    /** Deploys the worker of an owner, unless it exists already. */
    async worker(owner: Address, value: bigint = toNano('0.3')): Promise<CocoonHandle> {
        const handle = { address: this.system.worker(owner), init: this.system.workerInit(owner) };
        if (!(await this.isActive(handle.address))) {
            await this.node.send(this.system.deployWorker(owner, value));
        }
        return handle;
    }

    /** Deploys the hot wallet of a node whose owner is `owner`. One owner may have several, told apart by `seed`. */
    async wallet(owner: Address, value: bigint = toNano('5'), seed = 'cocoon node'): Promise<CocoonWalletHandle> {
        const keys = cocoonKeyPair(seed);
        await this.node.send(this.system.deployWallet(owner, keys, value));
        return { address: this.system.wallet(owner, keys), init: this.system.walletInit(owner, keys), keys };
    }

    /** Deploys the client of an owner, unless it exists already. */
    async client(owner: Address, value: bigint = toNano('0.8')): Promise<CocoonHandle> {
        const handle = { address: this.system.client(owner), init: this.system.clientInit(owner) };
        if (!(await this.isActive(handle.address))) {
            await this.node.send(this.system.deployClient(owner, value));
        }
        return handle;
    }

    /** Pays the worker's owner for `tokens` more tokens: the proxy signs, the node submits. */
    async payout(owner: Address, tokens: bigint, options: PayOptions = {}): Promise<PayResult> {
        return this.submit(owner, tokens, false, options);
    }

    /** Pays the worker's owner exactly `value`. The fee per token must divide it; 1 nanoTON, the default, always does. */
    async pay(owner: Address, value: bigint, options: PayOptions = {}): Promise<PayResult> {
        return this.submit(owner, this.system.tokensFor(value), false, options);
    }

    /** Closes the worker, paying for `tokens` more tokens (possibly none). */
    async lastPayout(owner: Address, tokens: bigint = 0n, options: PayOptions = {}): Promise<PayResult> {
        return this.submit(owner, tokens, true, { attached: toNano('1'), ...options });
    }

    private async submit(owner: Address, tokens: bigint, last: boolean, options: PayOptions): Promise<PayResult> {
        const worker = await this.worker(owner);
        const counter = (await this.workerInfo(worker.address)).tokens;
        const from = options.from ?? this.node;
        const queryId = options.queryId ?? this.system.nextQueryId();
        const result = await this.send(
            from,
            this.system.payout({
                owner,
                tokens: counter + tokens,
                queryId,
                sendExcessesTo: options.sendExcessesTo ?? from.address,
                value: options.attached,
                last,
            }),
        );
        return Object.assign(result, { queryId });
    }

    /** Starts closing the proxy under its key's signature. */
    async close(): Promise<SendMessageResult> {
        return this.send(this.node, this.system.close({ sendExcessesTo: this.node.address }));
    }

    /** Ends the proxy; only `proxyDelayBeforeClose` seconds after the start of closing. */
    async complete(): Promise<SendMessageResult> {
        return this.send(this.node, this.system.complete({ sendExcessesTo: this.node.address }));
    }

    /** Makes the genuine but closing proxy send `owner` a payout that no worker has earned. Anybody can do this. */
    async payThroughClient(owner: Address, amount: bigint, queryId = 0n): Promise<SendMessageResult> {
        await this.client(owner);
        const options = { queryId, sendExcessesTo: this.node.address };
        return this.send(this.node, this.system.topUpClient(owner, amount, options));
    }

    /** Sends anybody's message. */
    async send(from: SandboxContract<TreasuryContract>, message: SenderArguments): Promise<SendMessageResult> {
        return from.send(message);
    }

    /** Body of a worker's registration; to be sent by the worker's owner with at least 0.2 TON. */
    registerBody(sendExcessesTo: Address, queryId = 0n) {
        return registerBody({ queryId, sendExcessesTo });
    }

    /** Body of a command to a node wallet; to be sent by its owner with at least 0.05 TON. */
    walletCommandBody(command: WalletCommand) {
        return walletCommandBody(command);
    }

    /** The root's get-methods. */
    rootInfo(): Promise<CocoonRootInfo> {
        return this.blockchain.openContract(new CocoonRootAccount(this.root)).getInfo();
    }

    /** The proxy's get-method. */
    proxyInfo(): Promise<CocoonProxyInfo> {
        return this.blockchain.openContract(new CocoonProxyAccount(this.proxy)).getInfo();
    }

    /** A worker's get-method. */
    workerInfo(worker: Address): Promise<CocoonWorkerInfo> {
        return this.blockchain.openContract(new CocoonWorkerAccount(worker)).getInfo();
    }

    /** Balance of any account in nanoTON. */
    async balance(address: Address): Promise<bigint> {
        return (await this.blockchain.getContract(address)).balance;
    }

    /** The chain as the product's own readers want it. */
    chain(): ContractProvider {
        return this.blockchain.provider(this.proxy);
    }

    private async isActive(address: Address): Promise<boolean> {
        return (await this.blockchain.getContract(address)).accountState?.type === 'active';
    }
}
