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
    GrantInfo,
    loadJettonTerms,
    storeAcceptOwner,
    storeAddJetton,
    storeAnnounceUpgrade,
    storeApplyUpgrade,
    storeApproveSpend,
    storeCancelGrant,
    storeCancelUpgrade,
    storeClaimGrant,
    storeClearGrant,
    storeCreateMilestones,
    storeCreateStream,
    storeDiscover,
    storeFreeze,
    storeNominateOwner,
    storeOwnerSpend,
    storeReleaseMilestone,
    storeRequestSpend,
    storeSetBudget,
    storeSetFreezer,
    storeSetSigners,
    storeSync,
    storeUnfreeze,
    storeTopUp,
    MAX_JETTONS,
    Treasury as Built,
} from '../../build/Treasury/Treasury_Treasury';
import { owned } from '../common/administration';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';
import { accountOrNull } from '../staking/common';

export type {
    Budget,
    GrantInfo,
    JettonBooks,
    SpendRequest,
    TreasuryInfo,
    TreasurySolvency,
} from '../../build/Treasury/Treasury_Treasury';
export {
    BUDGET_MAX_PERIOD,
    BUDGET_MIN_PERIOD,
    FREEZE_COOLDOWN,
    FREEZE_SECONDS,
    MAX_CATEGORIES,
    MAX_GRANTS,
    MAX_JETTONS,
    MAX_MILESTONES,
    MAX_SIGNERS,
    PAYOUT_RING,
    PAYOUT_SECONDS,
    REQUEST_SECONDS,
    SYNC_WAIT,
    TREASURY_UPGRADE_DELAY,
} from '../../build/Treasury/Treasury_Treasury';

/** Number of TON among the assets. */
export const ASSET_TON = 0;

function signerSet(signers: readonly Address[]): Dictionary<bigint, boolean> {
    const set = Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.Bool());
    for (const signer of signers) set.set(accountIdOf(signer), true);
    return set;
}

function amountList(amounts: readonly Integer[]): Cell {
    return amounts
        .reduce<ReturnType<typeof beginCell>>((b, amount) => b.storeUint(BigInt(amount), 120), beginCell())
        .endCell();
}

/** Milestones of a grant in their order; null: it is a stream. */
export function milestonesOf({ milestones }: Pick<GrantInfo, 'milestones'>) {
    if (milestones === null) {
        return null;
    }
    const slice = milestones.beginParse();
    const mask = slice.loadUint(8);
    return Array.from({ length: slice.loadUint(8) }, (_, index) => ({
        amount: slice.loadUintBig(120),
        released: (mask & (1 << index)) !== 0,
    }));
}

/** TON and jettons of the network: budgets, grants, a freeze that expires. */
export class Treasury
    extends owned({
        owner: { nominate: storeNominateOwner, accept: storeAcceptOwner },
        upgrade: { announce: storeAnnounceUpgrade, cancel: storeCancelUpgrade, apply: storeApplyUpgrade },
    })
    implements Contract
{
    /** Operation codes of the messages by their names, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {
        super();
    }

    static createFromAddress(address: Address): Treasury {
        return new Treasury(address);
    }

    /** The treasury whose first owner is `owner`; `salt` tells several apart. `code`: that of this build unless given. */
    static async createFromConfig(config: { owner: Address; salt?: Integer; code?: Cell }): Promise<Treasury> {
        const init = await initialState(Built, 'Treasury', {
            owner: accountIdOf(config.owner),
            salt: BigInt(config.salt ?? 0),
            desk: null,
        });
        const state = { code: config.code ?? init.code, data: init.data };
        return new Treasury(contractAddress(0, state), state);
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    static setFreezerBody(args: Query & { guardian: Address | null }): Cell {
        return pack(storeSetFreezer({ $$type: 'SetFreezer', queryId: queryIdOf(args), guardian: args.guardian }));
    }

    static addJettonBody(args: Query & { asset: Integer; minter: Address }): Cell {
        return pack(
            storeAddJetton({
                $$type: 'AddJetton',
                queryId: queryIdOf(args),
                asset: BigInt(args.asset),
                minter: args.minter,
            }),
        );
    }

    static setBudgetBody(args: Query & { category: Integer; asset: Integer; limit: Integer; period: Integer }): Cell {
        return pack(
            storeSetBudget({
                $$type: 'SetBudget',
                queryId: queryIdOf(args),
                category: BigInt(args.category),
                asset: BigInt(args.asset),
                limit: BigInt(args.limit),
                period: BigInt(args.period),
            }),
        );
    }

    static setSignersBody(args: Query & { signers: readonly Address[]; threshold: Integer }): Cell {
        return pack(
            storeSetSigners({
                $$type: 'SetSigners',
                queryId: queryIdOf(args),
                signers: signerSet(args.signers),
                threshold: BigInt(args.threshold),
            }),
        );
    }

    static ownerSpendBody(
        args: Query & { asset: Integer; amount: Integer; to: Address; forward?: Integer; body?: Cell | null },
    ): Cell {
        return pack(
            storeOwnerSpend({
                $$type: 'OwnerSpend',
                queryId: queryIdOf(args),
                asset: BigInt(args.asset),
                amount: BigInt(args.amount),
                to: args.to,
                forward: BigInt(args.forward ?? 0),
                body: args.body ?? null,
            }),
        );
    }

    static createStreamBody(
        args: Query & {
            asset: Integer;
            amount: Integer;
            grantee: Address;
            start: Integer;
            cliff?: Integer;
            end: Integer;
        },
    ): Cell {
        return pack(
            storeCreateStream({
                $$type: 'CreateStream',
                queryId: queryIdOf(args),
                asset: BigInt(args.asset),
                amount: BigInt(args.amount),
                grantee: args.grantee,
                start: BigInt(args.start),
                cliff: BigInt(args.cliff ?? args.start),
                end: BigInt(args.end),
            }),
        );
    }

    static createMilestonesBody(args: Query & { asset: Integer; grantee: Address; amounts: readonly Integer[] }): Cell {
        return pack(
            storeCreateMilestones({
                $$type: 'CreateMilestones',
                queryId: queryIdOf(args),
                asset: BigInt(args.asset),
                grantee: args.grantee,
                count: BigInt(args.amounts.length),
                amounts: amountList(args.amounts),
            }),
        );
    }

    static releaseMilestoneBody(args: Query & { grant: Integer; index: Integer }): Cell {
        return pack(
            storeReleaseMilestone({
                $$type: 'ReleaseMilestone',
                queryId: queryIdOf(args),
                grant: BigInt(args.grant),
                index: BigInt(args.index),
            }),
        );
    }

    static cancelGrantBody(args: Query & { grant: Integer }): Cell {
        return pack(storeCancelGrant({ $$type: 'CancelGrant', queryId: queryIdOf(args), grant: BigInt(args.grant) }));
    }

    static unfreezeBody(args: Query = {}): Cell {
        return pack(storeUnfreeze({ $$type: 'Unfreeze', queryId: queryIdOf(args) }));
    }

    static freezeBody(args: Query = {}): Cell {
        return pack(storeFreeze({ $$type: 'Freeze', queryId: queryIdOf(args) }));
    }

    static requestSpendBody(args: Query & { category: Integer; amount: Integer; to: Address; memo?: Integer }): Cell {
        return pack(
            storeRequestSpend({
                $$type: 'RequestSpend',
                queryId: queryIdOf(args),
                category: BigInt(args.category),
                amount: BigInt(args.amount),
                to: args.to,
                memo: BigInt(args.memo ?? 0),
            }),
        );
    }

    static approveSpendBody(args: Query & { index: Integer; nonce: Integer }): Cell {
        return pack(
            storeApproveSpend({
                $$type: 'ApproveSpend',
                queryId: queryIdOf(args),
                index: BigInt(args.index),
                nonce: BigInt(args.nonce),
            }),
        );
    }

    static claimGrantBody(args: Query & { grant: Integer }): Cell {
        return pack(storeClaimGrant({ $$type: 'ClaimGrant', queryId: queryIdOf(args), grant: BigInt(args.grant) }));
    }

    static clearGrantBody(args: Query & { grant: Integer }): Cell {
        return pack(storeClearGrant({ $$type: 'ClearGrant', queryId: queryIdOf(args), grant: BigInt(args.grant) }));
    }

    static syncBody(args: Query & { asset: Integer; extra: Integer }): Cell {
        return pack(
            storeSync({
                $$type: 'Sync',
                queryId: queryIdOf(args),
                asset: BigInt(args.asset),
                extra: BigInt(args.extra),
            }),
        );
    }

    static discoverBody(args: Query & { asset: Integer }): Cell {
        return pack(storeDiscover({ $$type: 'Discover', queryId: queryIdOf(args), asset: BigInt(args.asset) }));
    }

    /** Deploys, and later: TON for the treasury. From anyone. */
    async sendDeploy(provider: ContractProvider, via: Sender, args: Query & { value: bigint }) {
        await provider.internal(via, {
            value: args.value,
            body: Treasury.topUpBody(args),
            sendMode: SendMode.PAY_GAS_SEPARATELY,
        });
    }

    /** Who may freeze; null: nobody. From the owner. Throws ERROR_NOT_OWNER, ERROR_BAD_ADDRESS. */
    async sendSetFreezer(provider: ContractProvider, via: Sender, args: SendOptions & { guardian: Address | null }) {
        await sendBody(provider, via, Treasury.setFreezerBody(args), args);
    }

    /** Registers a jetton under a free number, 1 to 8. From the owner. Throws ERROR_NOT_OWNER, ERROR_BAD_PARAMETER. */
    async sendAddJetton(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { asset: Integer; minter: Address },
    ) {
        await sendBody(provider, via, Treasury.addJettonBody(args), args);
    }

    /** In any `period` seconds signers spend at most `limit` of `asset`; 0 removes the category. From the owner. Throws ERROR_NOT_OWNER, ERROR_BAD_PARAMETER. */
    async sendSetBudget(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { category: Integer; asset: Integer; limit: Integer; period: Integer },
    ) {
        await sendBody(provider, via, Treasury.setBudgetBody(args), args);
    }

    /** 2 to 15 signers, at least 2 of them spend; none ends it. Voids open requests. From the owner. Throws ERROR_NOT_OWNER, ERROR_BAD_PARAMETER. */
    async sendSetSigners(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { signers: readonly Address[]; threshold: Integer },
    ) {
        await sendBody(provider, via, Treasury.setSignersBody(args), args);
    }

    /** Sends what is free. From the owner. Throws ERROR_NOT_OWNER, ERROR_FROZEN, ERROR_NO_ASSET, ERROR_NOT_FREE, ERROR_BAD_ADDRESS, ERROR_RING_FULL. */
    async sendOwnerSpend(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { asset: Integer; amount: Integer; to: Address; forward?: Integer; body?: Cell | null },
    ) {
        const value = args.value ?? (await this.getSpendCost(provider, args));
        await sendBody(provider, via, Treasury.ownerSpendBody(args), { ...args, value });
    }

    /** A grant that accrues linearly, nothing before the cliff; reserves everything. From the owner. Throws ERROR_NOT_OWNER, ERROR_FROZEN, ERROR_BAD_PARAMETER, ERROR_NOT_FREE, ERROR_GRANTS_FULL. */
    async sendCreateStream(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & {
            asset: Integer;
            amount: Integer;
            grantee: Address;
            start: Integer;
            cliff?: Integer;
            end: Integer;
        },
    ) {
        await sendBody(provider, via, Treasury.createStreamBody(args), args);
    }

    /** A grant of 1 to 8 milestones; reserves everything. From the owner. Throws as createStream. */
    async sendCreateMilestones(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { asset: Integer; grantee: Address; amounts: readonly Integer[] },
    ) {
        await sendBody(provider, via, Treasury.createMilestonesBody(args), args);
    }

    /** A milestone is reached. From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_GRANT, ERROR_MILESTONE. */
    async sendReleaseMilestone(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { grant: Integer; index: Integer },
    ) {
        await sendBody(provider, via, Treasury.releaseMilestoneBody(args), args);
    }

    /** Ends a grant; what has accrued stays the grantee's. From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_GRANT. */
    async sendCancelGrant(provider: ContractProvider, via: Sender, args: SendOptions & { grant: Integer }) {
        await sendBody(provider, via, Treasury.cancelGrantBody(args), args);
    }

    /** Ends a freeze. From the owner. Throws ERROR_NOT_OWNER. */
    async sendUnfreeze(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, Treasury.unfreezeBody(args), args);
    }

    /** Stops spending and new grants for 7 days. From guardian or owner. Throws ERROR_NOT_ROLE, ERROR_FREEZE_COOLDOWN. */
    async sendFreeze(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, Treasury.freezeBody(args), args);
    }

    /** Opens a request of a signer, in place of his last. Throws ERROR_NOT_SIGNER, ERROR_FROZEN, ERROR_NO_BUDGET. */
    async sendRequestSpend(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { category: Integer; amount: Integer; to: Address; memo?: Integer },
    ) {
        await sendBody(provider, via, Treasury.requestSpendBody(args), args);
    }

    /** Approves the request of signer `index`; the last approval pays. From a signer. Throws ERROR_NOT_SIGNER, ERROR_NO_REQUEST, ERROR_APPROVED, ERROR_FROZEN, ERROR_OVER_LIMIT, ERROR_NOT_FREE. */
    async sendApproveSpend(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { index: Integer; nonce: Integer },
    ) {
        await sendBody(provider, via, Treasury.approveSpendBody(args), args);
    }

    /** Pays what has accrued to the grantee. From anyone. Throws ERROR_NO_GRANT, ERROR_NOTHING_DUE, ERROR_RING_FULL. */
    async sendClaimGrant(provider: ContractProvider, via: Sender, args: SendOptions & { grant: Integer }) {
        await sendBody(provider, via, Treasury.claimGrantBody(args), args);
    }

    /** Forgets a grant that is paid out. From anyone. Throws ERROR_NO_GRANT, ERROR_GRANT_OPEN. */
    async sendClearGrant(provider: ContractProvider, via: Sender, args: SendOptions & { grant: Integer }) {
        await sendBody(provider, via, Treasury.clearGrantBody(args), args);
    }

    /** Books a surplus of the wallet, if there is one. From anyone. Throws ERROR_NO_ASSET, ERROR_SYNC_WAIT. */
    async sendSync(provider: ContractProvider, via: Sender, args: SendOptions & { asset: Integer; extra: Integer }) {
        await sendBody(provider, via, Treasury.syncBody(args), args);
    }

    /** Asks the minter for the wallet again. From anyone. Throws ERROR_NO_ASSET, ERROR_WALLET_KNOWN. */
    async sendDiscover(provider: ContractProvider, via: Sender, args: SendOptions & { asset: Integer }) {
        await sendBody(provider, via, Treasury.discoverBody(args), args);
    }

    /** Roles, freeze, signers, announced code. */
    async getTreasury(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetTreasury(provider);
    }

    /** Balance, what grants own, rent floor and what is free, of an asset. */
    async getSolvency(provider: ContractProvider, asset: Integer = ASSET_TON) {
        return Built.fromAddress(this.address).getGetSolvency(provider, BigInt(asset));
    }

    /** Books of a jetton; null if it is not registered. */
    async getJetton(provider: ContractProvider, asset: Integer) {
        return Built.fromAddress(this.address).getGetJetton(provider, BigInt(asset));
    }

    /** Number, minter and books of every registered jetton. */
    async getJettons(provider: ContractProvider) {
        const all = [];
        for (let asset = 1; asset <= Number(MAX_JETTONS); asset++) {
            const books = await this.getJetton(provider, asset);
            if (books !== null) {
                const { minter } = loadJettonTerms(books.terms.beginParse());
                const { wallet, balance, reserved, syncAt } = books;
                all.push({ asset, minter: accountOrNull(minter)!, wallet, balance, reserved, syncAt });
            }
        }
        return all;
    }

    /** A category; null if it has no budget. */
    async getBudget(provider: ContractProvider, category: Integer) {
        return Built.fromAddress(this.address).getGetBudget(provider, BigInt(category));
    }

    /** What signers can still spend of a category at this second. */
    async getBudgetLeft(provider: ContractProvider, category: Integer) {
        return Built.fromAddress(this.address).getGetBudgetLeft(provider, BigInt(category));
    }

    /** The open request of a signer, by his index; null if there is none. */
    async getRequest(provider: ContractProvider, index: Integer) {
        return Built.fromAddress(this.address).getGetRequest(provider, BigInt(index));
    }

    /** A grant and what it can claim at this second; null when it is not there. */
    async getGrant(provider: ContractProvider, grant: Integer) {
        return Built.fromAddress(this.address).getGetGrant(provider, BigInt(grant));
    }

    /** Nanoton to attach to OwnerSpend: fees, `forward`, and the forwarding of a body. */
    async getSpendCost(provider: ContractProvider, args: { forward?: Integer; body?: Cell | null }): Promise<bigint> {
        const cells = args.body ? new Set(allHashes(args.body)).size : 0;
        return (await costOf(provider, Built.opcodes.OwnerSpend, cells)) + BigInt(args.forward ?? 0);
    }

    /** Nanoton to attach to another body at the current prices. */
    async getCost(provider: ContractProvider, body: Cell): Promise<bigint> {
        return costOf(provider, opcodeOf(body) ?? 0);
    }
}

function allHashes(cell: Cell): string[] {
    return [cell.hash().toString('hex'), ...cell.refs.flatMap(allHashes)];
}
