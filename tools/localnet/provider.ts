/**
 * The in-process door: blueprint's NetworkProvider over the engine.
 *
 * Reading goes through a TonClient whose transport is the same toncenter layer that the HTTP door serves. A script
 * therefore meets exactly the encodings it meets under `blueprint run` (for instance, getters that return nested or
 * optional structs cannot be read through toncenter): what works here works there. The sender, too, has blueprint's
 * limits. Code that wants the engine itself uses LocalChain.open() and LocalWallet.sender().
 */
import {
    Address,
    Cell,
    comment,
    Contract,
    ContractProvider,
    ContractState,
    Dictionary,
    internal,
    loadMessage,
    OpenedContract,
    openContract,
    Sender,
    SenderArguments,
    SendMode,
    Slice,
    toNano,
} from '@ton/core';
import type { NetworkProvider, SenderWithSendResult, UIProvider } from '@ton/blueprint';
import { parseFullConfig, TonClient } from '@ton/ton';
import type { LocalChain } from './engine';
import { LocalnetError } from './errors';
import { normalizedHash } from './messages';
import { CONFIG_ADDRESS } from './sandbox';
import { dispatchJsonRpc } from './toncenter/dispatch';
import { toncenterMethods } from './toncenter/methods';
import { TerminalUI } from './ui';
import type { LocalWallet, WalletSendResult } from './wallets';

type Network = ReturnType<NetworkProvider['network']>;
type Explorer = ReturnType<NetworkProvider['explorer']>;
type Init = { code?: Cell | null; data?: Cell | null } | null;

export type LocalProviderOptions = {
    ui?: UIProvider;
    /** what network() says; 'testnet' as under `--custom-type testnet` */
    network?: Network;
};

/** A TonClient that calls the API in this process instead of over HTTP. */
export function inProcessClient(chain: LocalChain): TonClient {
    const methods = toncenterMethods(chain);
    return new TonClient({
        endpoint: 'http://127.0.0.1/api/v2/jsonRPC', // never contacted
        httpAdapter: async (config) => {
            const { status, body } = await dispatchJsonRpc(methods, String(config.data));
            // over HTTP the client only sees the status; here the reason can be kept
            if (status !== 200) throw new LocalnetError(String(body.error));
            return { data: JSON.stringify(body), status, statusText: 'OK', headers: {}, config };
        },
    });
}

/** Sends like blueprint's mnemonic sender: always bounceable, fees always paid separately. */
class ProviderSender implements SenderWithSendResult {
    lastSendResult?: WalletSendResult;

    constructor(
        private readonly wallet: LocalWallet,
        private readonly ui: UIProvider,
    ) {}

    get address(): Address {
        return this.wallet.address;
    }

    async send(args: SenderArguments): Promise<void> {
        if (args.bounce !== undefined) {
            this.ui.write("Warning: blueprint's Sender does not support the `bounce` flag; it is ignored");
        }
        if (!(args.sendMode === undefined || args.sendMode === SendMode.PAY_GAS_SEPARATELY)) {
            throw new LocalnetError('Deployer sender does not support `sendMode` other than `PAY_GAS_SEPARATELY`');
        }
        const message = internal({
            to: args.to,
            value: args.value,
            bounce: true,
            init: args.init,
            body: args.body ?? undefined,
        });
        this.lastSendResult = await this.wallet.transfer([message]);
        this.ui.write('Sent transaction');
    }
}

/** As blueprint's: resolves the init itself and leaves `bounce` alone unless the contract sets it. */
function wrapProvider(client: TonClient, address: Address, init: Init): ContractProvider {
    const factory = (a: Address, i: Init) => wrapProvider(client, a, i);
    const inner = client.provider(address, init && { code: init.code ?? undefined, data: init.data ?? undefined });
    return {
        getState: () => inner.getState(),
        get: (name, args) => inner.get(name, args),
        external: (message) => inner.external(message),
        async internal(via: Sender, args) {
            const needed = init && (await inner.getState()).state.type !== 'active';
            await via.send({
                to: address,
                value: typeof args.value === 'string' ? toNano(args.value) : args.value,
                sendMode: args.sendMode,
                bounce: args.bounce,
                init: needed ? init : undefined,
                body: typeof args.body === 'string' ? comment(args.body) : args.body,
            });
        },
        open: (contract) => openContract(contract, (p) => factory(p.address, p.init)),
        getTransactions: (a, lt, hash, limit) => inner.getTransactions(a, lt, hash, limit),
    };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class LocalNetworkProvider implements NetworkProvider {
    private readonly client: TonClient;
    private readonly providerSender: ProviderSender;

    constructor(
        readonly chain: LocalChain,
        readonly wallet: LocalWallet,
        private readonly userInterface: UIProvider,
        private readonly networkName: Network,
    ) {
        this.client = inProcessClient(chain);
        this.providerSender = new ProviderSender(wallet, userInterface);
    }

    network(): Network {
        return this.networkName;
    }

    explorer(): Explorer {
        return 'tonscan';
    }

    sender(): SenderWithSendResult {
        return this.providerSender;
    }

    api(): TonClient {
        return this.client;
    }

    ui(): UIProvider {
        return this.userInterface;
    }

    provider(address: Address, init?: Init): ContractProvider {
        return wrapProvider(this.client, address, init ?? null);
    }

    open<T extends Contract>(contract: T): OpenedContract<T> {
        return openContract(contract, (p) => this.provider(p.address, p.init));
    }

    async getContractState(address: Address): Promise<ContractState> {
        return this.provider(address).getState();
    }

    async isContractDeployed(address: Address): Promise<boolean> {
        return (await this.getContractState(address)).state.type === 'active';
    }

    async getConfig(address: Address = CONFIG_ADDRESS): ReturnType<NetworkProvider['getConfig']> {
        const { state } = await this.getContractState(address);
        if (state.type !== 'active' || !state.data) throw new LocalnetError('Configuration contract not active');
        const dict = Cell.fromBoc(state.data)[0]
            .beginParse()
            .loadRef()
            .beginParse()
            .loadDictDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell());
        return parseFullConfig(new Map<number, Slice>([...dict].map(([k, v]) => [k, v.beginParse()])));
    }

    /** Nothing is pending on this chain: one look tells; more only if something else sends at the same time. */
    async waitForDeploy(address: Address, attempts = 20, sleepDuration = 2000): Promise<void> {
        if (attempts <= 0) throw new LocalnetError('Attempt number must be positive');
        if (!(await this.isContractDeployed(address))) {
            await sleep(Math.min(sleepDuration, 50));
            if (!(await this.isContractDeployed(address))) {
                throw new LocalnetError("Contract was not deployed. Check your wallet's transactions");
            }
        }
        const text = address.toString({ testOnly: this.networkName === 'testnet' });
        this.userInterface.write(`Contract deployed at address ${text}`);
    }

    async waitForLastTransaction(attempts = 20): Promise<void> {
        if (attempts <= 0) throw new LocalnetError('Attempt number must be positive');
        const sent = this.providerSender.lastSendResult;
        if (!sent) throw new LocalnetError('Nothing was sent yet');
        const hash = normalizedHash(loadMessage(Cell.fromBase64(sent.boc).beginParse()));
        for (const tx of this.chain.transactions(this.wallet.address, 1_000)) {
            if (tx.inMessage?.info.type !== 'external-in') continue;
            if (normalizedHash(tx.inMessage).equals(hash)) {
                this.userInterface.write(`Transaction ${hash.toString('hex')} successfully applied!`);
                return;
            }
        }
        throw new LocalnetError("Transaction was not applied. Check your wallet's transactions");
    }

    /** @deprecated as in blueprint: use the contract's own deploy method together with waitForDeploy() */
    async deploy(contract: Contract, value: bigint, body?: Cell, waitAttempts = 10): Promise<void> {
        if (await this.isContractDeployed(contract.address)) throw new LocalnetError('Contract is already deployed!');
        if (!contract.init) throw new LocalnetError('Contract has no init!');
        await this.providerSender.send({ to: contract.address, value, body, init: contract.init });
        if (waitAttempts > 0) await this.waitForDeploy(contract.address, waitAttempts);
    }
}

/** A NetworkProvider for scripts and tests that run in this process. */
export async function createLocalProvider(
    chain: LocalChain,
    walletName = 'operator',
    options: LocalProviderOptions = {},
): Promise<LocalNetworkProvider> {
    const wallet = await chain.wallet(walletName);
    return new LocalNetworkProvider(chain, wallet, options.ui ?? new TerminalUI(), options.network ?? 'testnet');
}
