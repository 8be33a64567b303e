import {
    Address,
    beginCell,
    Cell,
    Contract,
    contractAddress,
    ContractProvider,
    Dictionary,
    Sender,
    SendMode,
} from '@ton/core';

import {
    loadMintBounced,
    loadTakeSupply,
    loadTakeWalletAddress,
    ShareMinter as Built,
    storeAddMinter,
    storeAnnounceUpgrade,
    storeApplyMetadata,
    storeApplyMinter,
    storeApplyUpgrade,
    storeCancelMetadata,
    storeCancelMinter,
    storeCancelUpgrade,
    storeChangeAdmin,
    storeChangeMetadata,
    storeClaimAdmin,
    storeDropAdmin,
    storeGenesis,
    storeJettonInternalTransfer,
    storeMint,
    storeProvideSupply,
    storeProvideWalletAddress,
    storeRemoveMinter,
    storeTopUp,
} from '../../build/ShareMinter/ShareMinter_ShareMinter';
import { upgradable } from '../common/administration';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { minterInit, TokenConfig, TokenInit } from './addresses';
import { ForwardPayload, forwardPayloadSlice, payloadCells } from './payload';

export type { MinterData, SupplyData } from '../../build/ShareMinter/ShareMinter_ShareMinter';

/** What a mint brings to its receiver. */
export type MintArgs = {
    /** Whose wallet gets it. */
    receiver: Address;
    /** In the smallest unit. */
    amount: bigint;
    /**
     * Who the receiver sees as sender: null, the minter, or the minter role holder who sends this. In the last case he gets
     * `MintBounced` if the mint cannot be credited.
     */
    from?: Address | null;
    /** Who gets what is left of the value, with the query id: the sign that the mint arrived. null: it stays. */
    response?: Address | null;
    /** TON for a notification to the receiver; 0: none. */
    forwardTonAmount?: bigint;
    forwardPayload?: ForwardPayload;
    /** The least that must reach the receiver's wallet. */
    tonAmount?: bigint;
};

/** What TEP-74 says about a jetton. */
export type JettonData = {
    totalSupply: bigint;
    mintable: boolean;
    /** null: nobody. */
    adminAddress: Address | null;
    content: Cell;
    walletCode: Cell;
};

/**
 * The jetton master. Deploy it with `sendDeploy`, add the minters, then `sendGenesis`: it mints the first list, ends the
 * admin's own minter role and puts every later change of roles and metadata under 48 h of notice.
 */
export class ShareMinter
    extends upgradable({ announce: storeAnnounceUpgrade, cancel: storeCancelUpgrade, apply: storeApplyUpgrade })
    implements Contract
{
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: TokenInit,
    ) {
        super();
    }

    static createFromAddress(address: Address): ShareMinter {
        return new ShareMinter(address);
    }

    /** The minter of a token that is to be deployed. Throws if the contract would refuse the configuration. */
    static async createFromConfig(config: TokenConfig, minterCode?: Cell): Promise<ShareMinter> {
        const init = await minterInit(config, minterCode);
        return new ShareMinter(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    /** `internal_transfer` as the receiver's wallet gets it. */
    static mintMessage(args: Query & MintArgs): Cell {
        return pack(
            storeJettonInternalTransfer({
                $$type: 'JettonInternalTransfer',
                queryId: queryIdOf(args),
                amount: args.amount,
                from: args.from ?? null,
                responseAddress: args.response ?? null,
                forwardTonAmount: args.forwardTonAmount ?? 0n,
                forwardPayload: forwardPayloadSlice(args.forwardPayload),
            }),
        );
    }

    static mintBody(args: Query & MintArgs): Cell {
        return pack(
            storeMint({
                $$type: 'Mint',
                queryId: queryIdOf(args),
                receiver: args.receiver,
                tonAmount: args.tonAmount ?? 0n,
                mintMessage: ShareMinter.mintMessage(args),
            }),
        );
    }

    static provideWalletAddressBody(args: Query & { owner: Address; includeAddress?: boolean }): Cell {
        return pack(
            storeProvideWalletAddress({
                $$type: 'ProvideWalletAddress',
                queryId: queryIdOf(args),
                ownerAddress: args.owner,
                includeAddress: args.includeAddress ?? false,
            }),
        );
    }

    static provideSupplyBody(args: Query & { nonce: Integer }): Cell {
        return pack(
            storeProvideSupply({ $$type: 'ProvideSupply', queryId: queryIdOf(args), nonce: BigInt(args.nonce) }),
        );
    }

    static genesisBody(
        args: Query & { recipients: ReadonlyMap<Address, bigint> | readonly [Address, bigint][] },
    ): Cell {
        const recipients = Dictionary.empty<Address, bigint>();
        for (const [recipient, amount] of args.recipients) {
            recipients.set(recipient, amount);
        }
        return pack(storeGenesis({ $$type: 'Genesis', queryId: queryIdOf(args), recipients }));
    }

    static addMinterBody(args: Query & { minter: Address }): Cell {
        return pack(storeAddMinter({ $$type: 'AddMinter', queryId: queryIdOf(args), minter: args.minter }));
    }

    static applyMinterBody(args: Query = {}): Cell {
        return pack(storeApplyMinter({ $$type: 'ApplyMinter', queryId: queryIdOf(args) }));
    }

    static cancelMinterBody(args: Query = {}): Cell {
        return pack(storeCancelMinter({ $$type: 'CancelMinter', queryId: queryIdOf(args) }));
    }

    static removeMinterBody(args: Query & { minter: Address }): Cell {
        return pack(storeRemoveMinter({ $$type: 'RemoveMinter', queryId: queryIdOf(args), minter: args.minter }));
    }

    static changeMetadataBody(args: Query & { content: Cell }): Cell {
        return pack(storeChangeMetadata({ $$type: 'ChangeMetadata', queryId: queryIdOf(args), content: args.content }));
    }

    static applyMetadataBody(args: Query = {}): Cell {
        return pack(storeApplyMetadata({ $$type: 'ApplyMetadata', queryId: queryIdOf(args) }));
    }

    static cancelMetadataBody(args: Query = {}): Cell {
        return pack(storeCancelMetadata({ $$type: 'CancelMetadata', queryId: queryIdOf(args) }));
    }

    static changeAdminBody(args: Query & { newAdmin: Address | null }): Cell {
        return pack(storeChangeAdmin({ $$type: 'ChangeAdmin', queryId: queryIdOf(args), newAdmin: args.newAdmin }));
    }

    static claimAdminBody(args: Query = {}): Cell {
        return pack(storeClaimAdmin({ $$type: 'ClaimAdmin', queryId: queryIdOf(args) }));
    }

    static dropAdminBody(args: Query = {}): Cell {
        return pack(storeDropAdmin({ $$type: 'DropAdmin', queryId: queryIdOf(args) }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- answers

    /** TEP-89 `take_wallet_address`: the wallet (null: there can be none) and the owner, if he was asked for. */
    static parseWalletAddress(body: Cell): { queryId: bigint; wallet: Address | null; owner: Address | null } {
        const { queryId, walletAddress, ownerAddress } = loadTakeWalletAddress(body.beginParse());
        return {
            queryId,
            wallet: walletAddress,
            owner: ownerAddress && ownerAddress.beginParse().loadMaybeAddress(),
        };
    }

    /** Answer to `sendProvideSupply`. */
    static parseSupply(body: Cell) {
        const { $$type: _type, ...supply } = loadTakeSupply(body.beginParse());
        return supply;
    }

    /** What a minter role holder gets when his mint could not be credited. */
    static parseMintBounced(body: Cell): { queryId: bigint; amount: bigint } {
        const { queryId, amount } = loadMintBounced(body.beginParse());
        return { queryId, amount };
    }

    // ---------------------------------------------------------------- messages

    /** Deploys the minter; the value (0.5 TON by default) is its rent for years. From anyone. */
    async sendDeploy(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await provider.internal(via, {
            value: args.value ?? 500_000_000n,
            body: ShareMinter.topUpBody(args),
            sendMode: SendMode.PAY_GAS_SEPARATELY,
        });
    }

    /**
     * Mints to the wallet of a receiver. From a minter. At least `getMintCost`, all of which goes on to the wallet and from
     * there, less the rent, to `response`. Throws ERROR_NOT_MINTER, ERROR_BAD_ADDRESS, ERROR_MINT_MESSAGE, ERROR_CAP,
     * ERROR_VALUE_TOO_LOW.
     */
    async sendMint(provider: ContractProvider, via: Sender, args: SendOptions & MintArgs) {
        const value = args.value ?? (await this.getMintCost(provider, args));
        await sendBody(provider, via, ShareMinter.mintBody(args), { ...args, value });
    }

    /** Asks for the wallet of an owner; the answer goes to the sender. From anyone. Throws ERROR_VALUE_TOO_LOW. */
    async sendProvideWalletAddress(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { owner: Address; includeAddress?: boolean },
    ) {
        await sendBody(provider, via, ShareMinter.provideWalletAddressBody(args), args);
    }

    /** Asks for the supply; the answer, with the nonce, goes to the sender. From anyone. Throws ERROR_VALUE_TOO_LOW. */
    async sendProvideSupply(provider: ContractProvider, via: Sender, args: SendOptions & { nonce: Integer }) {
        await sendBody(provider, via, ShareMinter.provideSupplyBody(args), args);
    }

    /**
     * Mints the genesis list (at most 16 recipients, 450,000,000 tokens) and closes the set-up. From the admin, once. Throws
     * ERROR_NOT_ADMIN, ERROR_GENESIS_OVER, ERROR_GENESIS_LIMITS, ERROR_BAD_ADDRESS, ERROR_CAP, ERROR_VALUE_TOO_LOW.
     */
    async sendGenesis(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { recipients: readonly [Address, bigint][] },
    ) {
        await sendBody(provider, via, ShareMinter.genesisBody(args), args, { n: args.recipients.length });
    }

    /**
     * Gives the minter role: at once before the genesis, else announced for 48 h. From the admin. Throws ERROR_NOT_ADMIN,
     * ERROR_BAD_ADDRESS, ERROR_MINTER_LIST, ERROR_TOO_MANY_MINTERS, ERROR_CHANGE_PENDING, ERROR_VALUE_TOO_LOW.
     */
    async sendAddMinter(provider: ContractProvider, via: Sender, args: SendOptions & { minter: Address }) {
        await sendBody(provider, via, ShareMinter.addMinterBody(args), args);
    }

    /**
     * Applies an announced minter. From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_MINTER_LIST,
     * ERROR_TOO_MANY_MINTERS, ERROR_VALUE_TOO_LOW.
     */
    async sendApplyMinter(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ShareMinter.applyMinterBody(args), args);
    }

    /** Takes an announced minter back. From the admin. Throws ERROR_NOT_ADMIN, ERROR_NO_CHANGE, ERROR_VALUE_TOO_LOW. */
    async sendCancelMinter(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ShareMinter.cancelMinterBody(args), args);
    }

    /** Ends a minter role at once. From the admin. Throws ERROR_NOT_ADMIN, ERROR_MINTER_LIST, ERROR_VALUE_TOO_LOW. */
    async sendRemoveMinter(provider: ContractProvider, via: Sender, args: SendOptions & { minter: Address }) {
        await sendBody(provider, via, ShareMinter.removeMinterBody(args), args);
    }

    /**
     * New metadata: at once before the genesis, else announced for 48 h. From the admin. Throws ERROR_NOT_ADMIN,
     * ERROR_CHANGE_PENDING, ERROR_VALUE_TOO_LOW.
     */
    async sendChangeMetadata(provider: ContractProvider, via: Sender, args: SendOptions & { content: Cell }) {
        await sendBody(provider, via, ShareMinter.changeMetadataBody(args), args);
    }

    /** Applies announced metadata. From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_VALUE_TOO_LOW. */
    async sendApplyMetadata(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ShareMinter.applyMetadataBody(args), args);
    }

    /** Takes announced metadata back. From the admin. Throws ERROR_NOT_ADMIN, ERROR_NO_CHANGE, ERROR_VALUE_TOO_LOW. */
    async sendCancelMetadata(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ShareMinter.cancelMetadataBody(args), args);
    }

    /**
     * Nominates a new admin, who must claim; null takes a nomination back. From the admin. Throws ERROR_NOT_ADMIN,
     * ERROR_BAD_ADDRESS, ERROR_VALUE_TOO_LOW.
     */
    async sendChangeAdmin(provider: ContractProvider, via: Sender, args: SendOptions & { newAdmin: Address | null }) {
        await sendBody(provider, via, ShareMinter.changeAdminBody(args), args);
    }

    /** The nominated admin takes over. From him. Throws ERROR_NOT_NEXT_ADMIN, ERROR_VALUE_TOO_LOW. */
    async sendClaimAdmin(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ShareMinter.claimAdminBody(args), args);
    }

    /**
     * Gives the administration up for good, with everything announced, the set-up and his own minter role. From the admin.
     * Throws ERROR_NOT_ADMIN, ERROR_VALUE_TOO_LOW.
     */
    async sendDropAdmin(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ShareMinter.dropAdminBody(args), args);
    }

    /** TON for the rent. From anyone. */
    async sendTopUp(provider: ContractProvider, via: Sender, args: Query & { value: bigint }) {
        await sendBody(provider, via, ShareMinter.topUpBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** TEP-74 `get_jetton_data`. */
    async getJettonData(provider: ContractProvider): Promise<JettonData> {
        const { stack } = await provider.get('get_jetton_data', []);
        return {
            totalSupply: stack.readBigNumber(),
            mintable: stack.readBoolean(),
            adminAddress: stack.readAddressOpt(),
            content: stack.readCell(),
            walletCode: stack.readCell(),
        };
    }

    /** TEP-74 `get_wallet_address`. Throws ERROR_BAD_ADDRESS for an owner outside the basechain. */
    async getWalletAddress(provider: ContractProvider, owner: Address): Promise<Address> {
        const { stack } = await provider.get('get_wallet_address', [
            { type: 'slice', cell: beginCell().storeAddress(owner).endCell() },
        ]);
        return stack.readAddress();
    }

    /** The nominated admin; null if there is none. */
    async getNextAdmin(provider: ContractProvider): Promise<Address | null> {
        const { stack } = await provider.get('get_next_admin_address', []);
        return stack.readAddressOpt();
    }

    /** Supply (minted less burned), minted, burned and cap, in the smallest unit. */
    async getSupply(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetSupply(provider);
    }

    /** Roles, totals and everything announced. */
    async getMinterData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetMinterData(provider);
    }

    /** Whether an address holds the minter role. */
    async getIsMinter(provider: ContractProvider, who: Address) {
        return Built.fromAddress(this.address).getGetIsMinter(provider, who);
    }

    /**
     * Nanoton to attach for an operation of the minter or of a wallet at the current prices, by its body or its operation
     * code. `n`: cells of the payload (transfer, mint) or recipients (genesis). TON to forward comes on top.
     */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }

    /** Nanoton to attach to a mint, what it forwards included. */
    async getMintCost(
        provider: ContractProvider,
        args: Pick<MintArgs, 'forwardTonAmount' | 'forwardPayload' | 'tonAmount'>,
    ): Promise<bigint> {
        const cost = await this.getCost(provider, ShareMinter.opcodes.Mint, payloadCells(args.forwardPayload));
        const [forward, least] = [args.forwardTonAmount ?? 0n, args.tonAmount ?? 0n];
        return cost + (forward > least ? forward : least);
    }
}
