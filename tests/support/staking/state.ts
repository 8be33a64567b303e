/** ProverStaking and StakePosition with their books as full as they can be, which no test would live to see. */
import { Address, beginCell, Builder, Cell, Dictionary, DictionaryValue, Slice, toNano } from '@ton/core';
import { Blockchain, createShardAccount } from '@ton/sandbox';

import {
    loadStakingBooks,
    loadStakingFunds,
    StakingBooks,
    StakingFunds,
    storeStakingBooks,
    storeStakingFunds,
} from '../../../build/ProverStaking/ProverStaking_ProverStaking';
import { PositionBooks, storePositionBooks } from '../../../build/StakePosition/StakePosition_StakePosition';

/** The life of a prover has no more slashes: 0.99 ^ 229 < 0.1. */
export const MAX_SLASHES = 229;
export const RING_SIZE = 128;
export const MAX_PARKED = 128;

const inline: DictionaryValue<Cell> = {
    serialize: (value, builder) => builder.storeSlice(value.asSlice()),
    parse: (slice: Slice) => slice.asCell(),
};

type Fill = (builder: Builder, key: number) => Builder;

function filled8(from: number, to: number, fill: Fill): Cell | null {
    const all = Dictionary.empty(Dictionary.Keys.Uint(8), inline);
    for (let key = from; key <= to; key++) all.set(key, fill(beginCell(), key).endCell());
    return all.size === 0 ? null : beginCell().storeDictDirect(all).endCell();
}

/** Replaces the data of an account. */
export async function rewrite(blockchain: Blockchain, address: Address, change: (data: Slice) => Cell): Promise<void> {
    const { accountState, balance } = await blockchain.getContract(address);
    if (accountState?.type !== 'active') throw new Error('there is no contract at that address');
    const { code, data } = accountState.state;
    await blockchain.setShardAccount(
        address,
        createShardAccount({
            address,
            code: code!,
            data: change(data!.beginParse()),
            balance: balance > toNano('5') ? balance : toNano('5'),
            workchain: 0,
        }),
    );
}

export type StakingFields = {
    total: bigint;
    pending: bigint;
    own: bigint;
    scale: bigint;
    state: number;
    slashSeq: number;
    pausedUntil: number;
    received: bigint;
    books: StakingBooks;
    funds: StakingFunds;
};

/** Takes the data of a ProverStaking apart, lets `change` edit it, and puts it together again. */
export async function editStaking(
    blockchain: Blockchain,
    address: Address,
    change: (fields: StakingFields) => void,
): Promise<void> {
    await rewrite(blockchain, address, (data) => {
        const total = data.loadUintBig(126);
        const pending = data.loadUintBig(126);
        const own = data.loadUintBig(126);
        const scale = data.loadUintBig(60);
        const state = data.loadUint(2);
        const slashSeq = data.loadUint(8);
        const pausedUntil = data.loadUint(32);
        const received = data.loadCoins();
        const books = loadStakingBooks(data.loadMaybeRef()!.beginParse());
        const funds = loadStakingFunds(books.funds.beginParse());
        const fields = { total, pending, own, scale, state, slashSeq, pausedUntil, received, books, funds };
        change(fields);
        fields.books.funds = beginCell().store(storeStakingFunds(fields.funds)).endCell();
        return beginCell()
            .storeUint(fields.total, 126)
            .storeUint(fields.pending, 126)
            .storeUint(fields.own, 126)
            .storeUint(fields.scale, 60)
            .storeUint(fields.state, 2)
            .storeUint(fields.slashSeq, 8)
            .storeUint(fields.pausedUntil, 32)
            .storeCoins(fields.received)
            .storeMaybeRef(beginCell().store(storeStakingBooks(fields.books)).endCell())
            .storeSlice(data)
            .endCell();
    });
}

export type FullBooks = { slashes: number; ring?: number; parked?: number; now: number; appellant?: bigint };

/** Slashes 1 to n, all open and of long ago but the last; a full ring of `ring` seconds ago; `parked` senders. */
export async function fillStaking(blockchain: Blockchain, address: Address, full: FullBooks): Promise<void> {
    await editStaking(blockchain, address, (fields) => {
        const { books, funds } = fields;
        const amount = 10n ** 9n;
        books.slashes = filled8(1, full.slashes, (builder) => {
            builder
                .storeUint(0, 2)
                .storeUint(full.now, 32)
                .storeUint(fields.total + fields.pending, 126)
                .storeCoins(amount)
                .storeUint(10_000, 20)
                .storeUint(1n << 255n, 256);
            // Every record as long as it gets.
            return full.appellant === undefined ? builder : builder.storeUint(full.appellant, 256).storeCoins(amount);
        });
        if (full.appellant !== undefined) {
            funds.deposits += amount * BigInt(full.slashes);
            fields.received += amount * BigInt(full.slashes);
        }
        books.escrow += amount * BigInt(full.slashes);
        books.slashedPpm += BigInt(full.slashes * 10_000);
        fields.received += amount * BigInt(full.slashes);
        fields.slashSeq = full.slashes;
        if (full.ring !== undefined) {
            const at = full.ring;
            books.ringNext = BigInt(RING_SIZE);
            books.ring = filled8(0, RING_SIZE - 1, (builder, key) =>
                builder
                    .storeUint(at, 32)
                    .storeUint(key, 64)
                    .storeUint(0, 8)
                    .storeUint((1n << 256n) - 1n - BigInt(key), 256)
                    .storeCoins(10n ** 20n),
            );
        }
        const parked = Dictionary.empty(Dictionary.Keys.BigUint(256), inline);
        for (let i = 0n; i < BigInt(full.parked ?? 0); i++) {
            parked.set((i << 249n) | 12_345n, beginCell().storeCoins(amount).endCell());
        }
        if (parked.size > 0) {
            books.parked = beginCell().storeDictDirect(parked).endCell();
            books.parkedCount = BigInt(parked.size);
            funds.parked += amount * BigInt(parked.size);
            fields.received += amount * BigInt(parked.size);
        }
    });
}

/** 16 votes that were over long ago. */
export function oldBallots(): Pick<PositionBooks, 'ballots' | 'ballotCount'> {
    const all = Dictionary.empty(Dictionary.Keys.BigUint(256), inline);
    for (let i = 0n; i < 16n; i++) {
        all.set(
            (i << 250n) | 99n,
            beginCell()
                .storeUint(1, 8)
                .storeUint(1000, 32)
                .storeCoins(10n ** 20n)
                .endCell(),
        );
    }
    return { ballots: beginCell().storeDictDirect(all).endCell(), ballotCount: 16n };
}

/** A position that has seen n slashes and recorded every one, with something of everything. */
export async function fillPosition(
    blockchain: Blockchain,
    address: Address,
    full: { seen: number; raw: bigint; books?: Partial<PositionBooks> },
): Promise<void> {
    await rewrite(blockchain, address, (data) => {
        const ids = data.loadBits(768);
        const numbers = data.loadUintBig(206);
        const since = data.loadUint(32);
        const queue = data.loadMaybeRef();
        data.loadMaybeRef();
        const books: PositionBooks = {
            $$type: 'PositionBooks',
            owed: 0n,
            lockedUntil: 0n,
            credit: 0n,
            claimed: 0n,
            records: filled8(1, full.seen, (builder, key) => builder.storeUint(key - 1, 8).storeUint(full.raw, 126)),
            ballotCount: 0n,
            ballots: null,
            ...full.books,
        };
        const seen = ((1n << 8n) - 1n) << 72n;
        return beginCell()
            .storeBits(ids)
            .storeUint((numbers & ~seen) | (BigInt(full.seen) << 72n), 206)
            .storeUint(since, 32)
            .storeMaybeRef(queue)
            .storeMaybeRef(beginCell().store(storePositionBooks(books)).endCell())
            .endCell();
    });
}
