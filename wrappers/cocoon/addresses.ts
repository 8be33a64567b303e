import { Address, beginCell, Cell, Contract, contractAddress, ContractProvider, OpenedContract } from '@ton/core';

import { CocoonState } from './messages';
import { buildParams, CocoonParams, parseParams, proxyParams, workerParams } from './params';

/** Code and data of a contract to be, from which its address follows. */
export type CocoonInit = { code: Cell; data: Cell };

/** Everything about a proxy that goes into the addresses of its workers and clients. */
export type CocoonProxyIdentity = {
    proxy: Address;
    proxyPublicKey: bigint;
    /** With worker and client code, as the proxy itself holds them. */
    params: CocoonParams;
};

/** Hashes of the code cells that are known to be in use (the FunC build). */
export const COCOON_CODE_HASHES = {
    root: '5b07c6bd0c34735874dfa3548cd9a01c78be1e0fdf20d0c5ebe37776396c5400',
    proxy: '00b2c57d43c1dbc3e12cfa240494a168c78feca90a9b99ebe796b139ed713890',
    worker: '1aaa0512c489a0382b163f7d706e2b4182f1a38fcc46208be5fa22d7faed5aa7',
    client: '974d24538e6003b1a393f8708525b81324cf8a78aee88b4585d51b6f64555147',
    wallet: '7a48f05ceef40f06cabbaa39c1c5a67b24e8bb59d8cf8a74e49988a5f44cf66a',
} as const;

function required(code: Cell | null, what: string): Cell {
    if (code === null) {
        throw new Error(`Cocoon params hold no ${what} code`);
    }
    return code;
}

/** A worker's data at creation. `params` is the cell that goes in as it is; a genuine worker's holds no code. */
export function workerData(args: { owner: Address; proxy: Address; proxyPublicKey: bigint; params: Cell }): Cell {
    return beginCell()
        .storeAddress(args.owner)
        .storeAddress(args.proxy)
        .storeUint(args.proxyPublicKey, 256)
        .storeUint(CocoonState.Normal, 2)
        .storeUint(0, 64) // tokens
        .storeRef(args.params)
        .endCell();
}

/** State init of the worker of `owner` at a proxy. One owner has one worker per proxy, however many machines. */
export function workerInit(owner: Address, at: CocoonProxyIdentity): CocoonInit {
    return {
        code: required(at.params.workerCode, 'worker'),
        data: workerData({ ...at, owner, params: buildParams(workerParams(at.params)) }),
    };
}

/** Address of the worker of `owner` at a proxy. */
export function workerAddress(owner: Address, at: CocoonProxyIdentity): Address {
    return contractAddress(0, workerInit(owner, at));
}

/** State init of the client of `owner` at a proxy. */
export function clientInit(owner: Address, at: CocoonProxyIdentity): CocoonInit {
    const identity = beginCell().storeAddress(owner).storeAddress(at.proxy).storeUint(at.proxyPublicKey, 256).endCell();
    return {
        code: required(at.params.clientCode, 'client'),
        data: beginCell()
            .storeUint(CocoonState.Normal, 2)
            .storeCoins(0) // balance
            .storeCoins(at.params.minClientStake)
            .storeUint(0, 64) // tokens used
            .storeUint(0, 32) // unlock time
            .storeUint(0, 256) // secret hash
            .storeRef(identity)
            .storeRef(buildParams(workerParams(at.params)))
            .endCell(),
    };
}

/** Address of the client of `owner` at a proxy. */
export function clientAddress(owner: Address, at: CocoonProxyIdentity): Address {
    return contractAddress(0, clientInit(owner, at));
}

/** State init of a proxy. `params` must hold all three codes. */
export function proxyInit(args: {
    owner: Address;
    publicKey: bigint;
    root: Address;
    params: CocoonParams;
}): CocoonInit {
    return {
        code: required(args.params.proxyCode, 'proxy'),
        data: beginCell()
            .storeAddress(args.owner)
            .storeUint(args.publicKey, 256)
            .storeAddress(args.root)
            .storeUint(CocoonState.Normal, 2)
            .storeCoins(0) // balance
            .storeCoins(0) // stake
            .storeUint(0, 32) // unlock time
            .storeRef(buildParams(proxyParams(args.params)))
            .endCell(),
    };
}

/** Address of a proxy. */
export function proxyAddress(args: {
    owner: Address;
    publicKey: bigint;
    root: Address;
    params: CocoonParams;
}): Address {
    return contractAddress(0, proxyInit(args));
}

/** State init of a node's hot wallet. Its owner is the owner of the node's worker. */
export function walletInit(args: { code: Cell; owner: Address; publicKey: bigint }): CocoonInit {
    return {
        code: args.code,
        data: beginCell()
            .storeUint(0, 32) // seqno
            .storeUint(0, 32) // subwallet
            .storeUint(args.publicKey, 256)
            .storeUint(0, 32) // status
            .storeAddress(args.owner)
            .endCell(),
    };
}

/** Address of a node's hot wallet. */
export function walletAddress(args: { code: Cell; owner: Address; publicKey: bigint }): Address {
    return contractAddress(0, walletInit(args));
}

/** What the root tells about the network: `get_cocoon_data` and `get_cur_params` together. */
export type CocoonRootInfo = {
    version: number;
    lastProxySeqno: number;
    owner: Address;
    paramsVersion: number;
    uniqueId: number;
    isTest: boolean;
    pricePerToken: bigint;
    workerFeePerToken: bigint;
    cachedMultiplier: number;
    reasoningMultiplier: number;
    proxyDelayBeforeClose: number;
    clientDelayBeforeClose: number;
    minProxyStake: bigint;
    minClientStake: bigint;
    /** Hashes of the code cells, as unsigned integers. */
    proxyCodeHash: bigint;
    workerCodeHash: bigint;
    clientCodeHash: bigint;
};

/** What a proxy tells about itself through `get_cocoon_proxy_data`. */
export type CocoonProxyInfo = {
    owner: Address;
    publicKey: bigint;
    root: Address;
    state: CocoonState;
    balance: bigint;
    stake: bigint;
    unlockTs: number;
    pricePerToken: bigint;
    workerFeePerToken: bigint;
    minProxyStake: bigint;
    minClientStake: bigint;
    paramsVersion: number;
};

/** What a worker tells about itself through `get_cocoon_worker_data`. */
export type CocoonWorkerInfo = {
    owner: Address;
    proxy: Address;
    proxyPublicKey: bigint;
    state: CocoonState;
    tokens: bigint;
};

async function accountData(provider: ContractProvider, what: string): Promise<Cell> {
    const { state } = await provider.getState();
    if (state.type !== 'active' || !state.data) {
        throw new Error(`Cocoon ${what} is not deployed`);
    }
    return Cell.fromBoc(state.data)[0];
}

/** The network's root contract on chain. */
export class CocoonRootAccount implements Contract {
    constructor(readonly address: Address) {}

    async getInfo(provider: ContractProvider): Promise<CocoonRootInfo> {
        const data = (await provider.get('get_cocoon_data', [])).stack;
        const version = data.readNumber();
        const lastProxySeqno = data.readNumber();
        data.skip(7); // version of the params, id, test flag, prices, stakes: all of them are in get_cur_params, too
        const owner = data.readAddress();
        const params = (await provider.get('get_cur_params', [])).stack;
        return {
            version,
            lastProxySeqno,
            owner,
            paramsVersion: params.readNumber(),
            uniqueId: params.readNumber(),
            isTest: params.readBoolean(),
            pricePerToken: params.readBigNumber(),
            workerFeePerToken: params.readBigNumber(),
            cachedMultiplier: params.readNumber(),
            reasoningMultiplier: params.readNumber(),
            proxyDelayBeforeClose: params.readNumber(),
            clientDelayBeforeClose: params.readNumber(),
            minProxyStake: params.readBigNumber(),
            minClientStake: params.readBigNumber(),
            proxyCodeHash: params.readBigNumber(),
            workerCodeHash: params.readBigNumber(),
            clientCodeHash: params.readBigNumber(),
        };
    }

    /**
     * The complete params with all codes, from the account's data: `get_cur_params` lacks two multipliers, without
     * which no address can be derived.
     */
    async getParams(provider: ContractProvider): Promise<CocoonParams> {
        const data = (await accountData(provider, 'root')).beginParse();
        data.loadAddress(); // owner
        data.skip(32); // version
        data.loadRef(); // lists
        return parseParams(data.loadRef());
    }
}

/** A proxy contract on chain. */
export class CocoonProxyAccount implements Contract {
    constructor(readonly address: Address) {}

    async getInfo(provider: ContractProvider): Promise<CocoonProxyInfo> {
        const { stack } = await provider.get('get_cocoon_proxy_data', []);
        return {
            owner: stack.readAddress(),
            publicKey: stack.readBigNumber(),
            root: stack.readAddress(),
            state: stack.readNumber(),
            balance: stack.readBigNumber(),
            stake: stack.readBigNumber(),
            unlockTs: stack.readNumber(),
            pricePerToken: stack.readBigNumber(),
            workerFeePerToken: stack.readBigNumber(),
            minProxyStake: stack.readBigNumber(),
            minClientStake: stack.readBigNumber(),
            paramsVersion: stack.readNumber(),
        };
    }

    /**
     * What the addresses of this proxy's workers are derived from, out of the account's data (the get-method returns
     * neither the codes nor the multipliers).
     */
    async getIdentity(provider: ContractProvider): Promise<CocoonProxyIdentity> {
        const data = (await accountData(provider, 'proxy')).beginParse();
        data.loadAddress(); // owner
        const proxyPublicKey = data.loadUintBig(256);
        return { proxy: this.address, proxyPublicKey, params: parseParams(data.loadRef()) };
    }
}

/** A worker contract on chain. */
export class CocoonWorkerAccount implements Contract {
    constructor(readonly address: Address) {}

    async getInfo(provider: ContractProvider): Promise<CocoonWorkerInfo> {
        const { stack } = await provider.get('get_cocoon_worker_data', []);
        return {
            owner: stack.readAddress(),
            proxy: stack.readAddress(),
            proxyPublicKey: stack.readBigNumber(),
            state: stack.readNumber(),
            tokens: stack.readBigNumber(),
        };
    }
}

/** Anything that opens contracts: a ContractProvider, a TonClient, a Blueprint NetworkProvider. */
export type ContractOpener = { open<T extends Contract>(contract: T): OpenedContract<T> };

/** Reads a network's root through its get-methods. */
export function readRoot(chain: ContractOpener, root: Address): Promise<CocoonRootInfo> {
    return chain.open(new CocoonRootAccount(root)).getInfo();
}

/**
 * Derives the address of the worker of `owner` at a proxy from chain data alone.
 * @throws if the proxy is not deployed, or if its data and its get-method contradict each other
 */
export async function workerAddressFromChain(chain: ContractOpener, proxy: Address, owner: Address): Promise<Address> {
    const account = chain.open(new CocoonProxyAccount(proxy));
    const identity = await account.getIdentity();
    const info = await account.getInfo();
    if (info.publicKey !== identity.proxyPublicKey || info.paramsVersion !== identity.params.paramsVersion) {
        throw new Error(`Cocoon proxy ${proxy.toString()}: its data and its get-method contradict each other`);
    }
    return workerAddress(owner, identity);
}
