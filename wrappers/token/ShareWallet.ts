import { Address, Cell, Contract, contractAddress, ContractProvider, Sender } from '@ton/core';

import {
    loadJettonInternalTransfer,
    loadJettonNotification,
    ShareWallet as Built,
    storeJettonBurn,
    storeJettonTransfer,
    storeTopUp,
} from '../../build/ShareWallet/ShareWallet_ShareWallet';
import { pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { TokenInit, walletInit } from './addresses';
import { ForwardPayload, forwardPayloadSlice, loadForwardPayload, payloadCells } from './payload';
import { ShareMinter } from './ShareMinter';

/** A transfer. */
export type TransferArgs = {
    /** The new owner, not his wallet. */
    destination: Address;
    /** In the smallest unit. */
    amount: bigint;
    /** Who gets what is left of the value. null: it stays in the new owner's wallet. */
    response?: Address | null;
    /** TON for a notification to the new owner; 0: none. */
    forwardTonAmount?: bigint;
    forwardPayload?: ForwardPayload;
    /** Not used by these wallets. */
    customPayload?: Cell | null;
};

/** What TEP-74 says about a wallet. */
export type JettonWalletData = { balance: bigint; owner: Address; minter: Address; walletCode: Cell };

/** The jetton wallet of one owner. Opened with the address that the minter's `getWalletAddress` gives. */
export class ShareWallet implements Contract {
    /** Operation codes of the messages by their names, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: TokenInit,
    ) {}

    static createFromAddress(address: Address): ShareWallet {
        return new ShareWallet(address);
    }

    /** The wallet of an owner. `walletCode` is the one that the minter was deployed with. */
    static createFromConfig(config: { minter: Address; owner: Address; walletCode: Cell }): ShareWallet {
        const init = walletInit(config.minter, config.owner, config.walletCode);
        return new ShareWallet(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static transferBody(args: Query & TransferArgs): Cell {
        return pack(
            storeJettonTransfer({
                $$type: 'JettonTransfer',
                queryId: queryIdOf(args),
                amount: args.amount,
                destination: args.destination,
                responseDestination: args.response ?? null,
                customPayload: args.customPayload ?? null,
                forwardTonAmount: args.forwardTonAmount ?? 0n,
                forwardPayload: forwardPayloadSlice(args.forwardPayload),
            }),
        );
    }

    static burnBody(args: Query & { amount: bigint; response?: Address | null; customPayload?: Cell | null }): Cell {
        return pack(
            storeJettonBurn({
                $$type: 'JettonBurn',
                queryId: queryIdOf(args),
                amount: args.amount,
                responseDestination: args.response ?? null,
                customPayload: args.customPayload ?? null,
            }),
        );
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- what others receive

    /** `transfer_notification`, as the new owner gets it. */
    static parseNotification(body: Cell): {
        queryId: bigint;
        amount: bigint;
        sender: Address | null;
        forwardPayload: ForwardPayload;
    } {
        const { queryId, amount, sender, forwardPayload } = loadJettonNotification(body.beginParse());
        return { queryId, amount, sender, forwardPayload: loadForwardPayload(forwardPayload) };
    }

    /** `internal_transfer`, as wallets send it to each other. */
    static parseInternalTransfer(body: Cell) {
        const { $$type: _type, forwardPayload, ...rest } = loadJettonInternalTransfer(body.beginParse());
        return { ...rest, forwardPayload: loadForwardPayload(forwardPayload) };
    }

    // ---------------------------------------------------------------- messages

    /**
     * Transfers to another owner. From the owner. At least `getTransferCost`. Throws ERROR_NOT_WALLET_OWNER, ERROR_BALANCE,
     * ERROR_BAD_ADDRESS, ERROR_VALUE_TOO_LOW, ERROR_BAD_PAYLOAD.
     */
    async sendTransfer(provider: ContractProvider, via: Sender, args: SendOptions & TransferArgs) {
        const value = args.value ?? (await this.getTransferCost(provider, args));
        await sendBody(provider, via, ShareWallet.transferBody(args), { ...args, value });
    }

    /**
     * Burns. From the owner. At least `getBurnCost`; what is left goes to `response`. Throws ERROR_NOT_WALLET_OWNER,
     * ERROR_BALANCE, ERROR_VALUE_TOO_LOW.
     */
    async sendBurn(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { amount: bigint; response?: Address | null; customPayload?: Cell | null },
    ) {
        const value = args.value ?? (await this.getBurnCost(provider));
        await sendBody(provider, via, ShareWallet.burnBody(args), { ...args, value });
    }

    /** TON for the rent. From anyone. */
    async sendTopUp(provider: ContractProvider, via: Sender, args: Query & { value: bigint }) {
        await sendBody(provider, via, ShareWallet.topUpBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** TEP-74 `get_wallet_data`. Fails on an address without a wallet. */
    async getWalletData(provider: ContractProvider): Promise<JettonWalletData> {
        const { stack } = await provider.get('get_wallet_data', []);
        return {
            balance: stack.readBigNumber(),
            owner: stack.readAddress(),
            minter: stack.readAddress(),
            walletCode: stack.readCell(),
        };
    }

    /** Balance in the smallest unit; 0 if there is no wallet yet. */
    async getBalance(provider: ContractProvider): Promise<bigint> {
        const { state } = await provider.getState();
        return state.type === 'active' ? (await this.getWalletData(provider)).balance : 0n;
    }

    /**
     * Nanoton to attach to a transfer at the current prices, what it forwards included. Most of it is the rent of a new
     * wallet and comes back if the receiver has one. Asks the minter: every transfer carries the wallet's code, so the wallet
     * itself has no getter for it.
     */
    async getTransferCost(
        provider: ContractProvider,
        args: Pick<TransferArgs, 'forwardTonAmount' | 'forwardPayload' | 'customPayload'> = {},
    ): Promise<bigint> {
        const cells = payloadCells(args.forwardPayload) + payloadCells(args.customPayload);
        const minter = await this.openMinter(provider);
        return (await minter.getCost(ShareWallet.opcodes.JettonTransfer, cells)) + (args.forwardTonAmount ?? 0n);
    }

    /** Nanoton to attach to a burn at the current prices. */
    async getBurnCost(provider: ContractProvider): Promise<bigint> {
        return (await this.openMinter(provider)).getCost(ShareWallet.opcodes.JettonBurn);
    }

    private async openMinter(provider: ContractProvider) {
        const { minter } = await this.getWalletData(provider);
        return provider.open(ShareMinter.createFromAddress(minter));
    }
}
