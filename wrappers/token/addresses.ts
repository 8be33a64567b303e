import { Address, beginCell, Cell, contractAddress, Dictionary } from '@ton/core';

import {
    GENESIS_TOKENS,
    MAX_MINTERS,
    MINTER_PREFIX_BITS,
    ShareMinter as BuiltMinter,
    storeMinterDesk,
    storeMinterNotices,
} from '../../build/ShareMinter/ShareMinter_ShareMinter';
import { ShareWallet as BuiltWallet } from '../../build/ShareWallet/ShareWallet_ShareWallet';
import { Integer, pack } from '../common/messages';

/** Code and data of a contract to be, from which its address follows. */
export type TokenInit = { code: Cell; data: Cell };

/** Whole tokens that can ever be minted. */
export const CAP_TOKENS = 1_000_000_000n;
/** Decimals of a token that names none, and the most it may have. */
export const DEFAULT_DECIMALS = 9;
export const MAX_DECIMALS = 18;

/** What a token is deployed with. */
export type TokenConfig = {
    /** Sets up the token and announces changes; null: nobody ever does. */
    admin: Address | null;
    /** TEP-64 metadata: `onchainMetadata` or `offchainMetadata`. */
    content: Cell;
    /** 9 by default, at most 18. Fixed for good; `content` should say the same. */
    decimals?: number;
    /** Who may mint, at most 8. The first one's mints are the cheapest. */
    minters?: readonly Address[];
    /** Code of the wallets: the build's by default, or `libraryCell` of it. */
    walletCode?: Cell;
    /** In the smallest unit; 1,000,000,000 tokens by default and at most. */
    cap?: bigint;
};

let codes: Promise<{ minterCode: Cell; walletCode: Cell }> | undefined;

/** Codes of this build. */
export function tokenCodes(): Promise<{ minterCode: Cell; walletCode: Cell }> {
    const empty = beginCell().endCell().beginParse();
    codes ??= Promise.all([BuiltMinter.init(0n, 0n, empty), BuiltWallet.init(0n, empty)]).then(([minter, wallet]) => ({
        minterCode: minter.code,
        walletCode: wallet.code,
    }));
    return codes;
}

/**
 * The cell that stands for code published as a library in the masterchain: 8 bits of tag and the hash. Wallets with it
 * are 19 times smaller, so a transfer costs 0.003 TON less at 400 nanoton a gas; they stop if the library's rent is not
 * paid any more.
 */
export function libraryCell(code: Cell): Cell {
    return beginCell().storeUint(2, 8).storeBuffer(code.hash()).endCell({ exotic: true });
}

/** Account id of an address of the basechain. */
function idOf(address: Address): bigint {
    if (address.workChain !== 0) {
        throw new Error(`${address.toString()} is not in the basechain`);
    }
    return BigInt(`0x${address.hash.toString('hex')}`);
}

/** Initial data of a minter. Throws on what the contract would refuse later. */
export async function minterInit(config: TokenConfig, minterCode?: Cell): Promise<TokenInit> {
    const decimals = config.decimals ?? DEFAULT_DECIMALS;
    if (!Number.isInteger(decimals) || decimals < 0 || decimals > MAX_DECIMALS) {
        throw new Error(`decimals must be 0..${MAX_DECIMALS}, not ${decimals}`);
    }
    const largest = CAP_TOKENS * 10n ** BigInt(decimals);
    const cap = config.cap ?? largest;
    if (cap < 0n || cap > largest) {
        throw new Error(`the cap is at most ${largest}`);
    }
    const minters = config.minters ?? [];
    const prefixes = new Set(minters.map((minter) => idOf(minter) >> (256n - MINTER_PREFIX_BITS)));
    if (minters.length > Number(MAX_MINTERS) || prefixes.size !== minters.length) {
        throw new Error(`at most ${MAX_MINTERS} minters, whose account ids differ in their first 16 bits`);
    }
    const others = Dictionary.empty<bigint, boolean>();
    minters.slice(1).forEach((minter) => others.set(idOf(minter), true));

    const built = await tokenCodes();
    const notices = pack(
        storeMinterNotices({
            $$type: 'MinterNotices',
            minter: 0n,
            minterAt: 0n,
            content: null,
            contentAt: 0n,
            upgrade: { $$type: 'UpgradeSlot', version: 0n, codeHash: 0n, readyAt: 0n, gap: null },
        }),
    );
    const desk = pack(
        storeMinterDesk({
            $$type: 'MinterDesk',
            admin: config.admin,
            nextAdmin: null,
            decimals: BigInt(decimals),
            open: true,
            minters: others,
            content: config.content,
            notices,
        }),
    );
    const data = beginCell()
        .storeCoins(0)
        .storeCoins(0)
        .storeAddress(minters[0] ?? null)
        .storeCoins(cap)
        .storeRef(config.walletCode ?? built.walletCode)
        .storeRef(desk)
        .endCell();
    return { code: minterCode ?? built.minterCode, data };
}

/** Most that the genesis list may hold, in the smallest unit. */
export function genesisLimit(decimals: Integer): bigint {
    return GENESIS_TOKENS * 10n ** BigInt(decimals);
}

/** Initial state of the wallet of an owner: a balance of zero, owner, minter. */
export function walletInit(minter: Address, owner: Address, walletCode: Cell): TokenInit {
    return {
        code: walletCode,
        data: beginCell().storeCoins(0).storeAddress(owner).storeAddress(minter).endCell(),
    };
}

/** Address of the wallet of an owner. `walletCode` is the one that the minter was deployed with. */
export function walletAddress(minter: Address, owner: Address, walletCode: Cell): Address {
    return contractAddress(0, walletInit(minter, owner, walletCode));
}
