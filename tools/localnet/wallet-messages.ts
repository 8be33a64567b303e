/**
 * Expiry of wallet messages.
 *
 * Wallets refuse an external message when now() has reached the `valid_until` its signer wrote into it, and every
 * signer takes that time from the wall clock (usually now + 60 s). On a chain whose clock was moved ahead each such
 * message would be born expired. This module finds `valid_until` in messages to the standard wallets; executor.ts
 * uses it.
 */
import { Cell, Message, Slice } from '@ton/core';
import {
    WalletContractV2R1,
    WalletContractV2R2,
    WalletContractV3R1,
    WalletContractV3R2,
    WalletContractV4,
    WalletContractV5R1,
} from '@ton/ton';

const SIGNATURE_BITS = 512;
const V5_SIGNED_EXTERNAL = 0x7369676e;
/** @ton/ton has no class for this version; blueprint carries its code */
const V4R1_CODE_HASH = '64dd54805522c5be8a9db59cea0105ccf0d08786ca79beb8cb79e880a8d7322d';

type Layout = 'v2' | 'v3' | 'v5';

function buildTable(): Map<string, Layout> {
    const args = { workchain: 0, publicKey: Buffer.alloc(32) };
    const hash = (w: { init: { code: Cell } }) => w.init.code.hash().toString('hex');
    return new Map<string, Layout>([
        [hash(WalletContractV2R1.create(args)), 'v2'],
        [hash(WalletContractV2R2.create(args)), 'v2'],
        [hash(WalletContractV3R1.create(args)), 'v3'],
        [hash(WalletContractV3R2.create(args)), 'v3'],
        [V4R1_CODE_HASH, 'v3'],
        [hash(WalletContractV4.create(args)), 'v3'],
        [hash(WalletContractV5R1.create({ publicKey: args.publicKey })), 'v5'],
    ]);
}

let table: Map<string, Layout> | undefined;

export function walletLayout(code: Cell): Layout | undefined {
    table ??= buildTable();
    return table.get(code.hash().toString('hex'));
}

function readValidUntil(layout: Layout, body: Slice): number | undefined {
    if (layout === 'v5') {
        // the signature is at the end; other requests of this wallet are not signed externals
        if (body.remainingBits < 96 + SIGNATURE_BITS || body.loadUint(32) !== V5_SIGNED_EXTERNAL) return undefined;
        return body.skip(32).loadUint(32);
    }
    if (body.remainingBits < SIGNATURE_BITS + 64) return undefined;
    // both versions have one 32-bit field (seqno or wallet id) between the signature and the expiry
    return body.skip(SIGNATURE_BITS + 32).loadUint(32);
}

/** `valid_until` of an external message to a standard wallet with this code, undefined for anything else. */
export function walletValidUntil(code: Cell | null | undefined, message: Message): number | undefined {
    if (message.info.type !== 'external-in') return undefined;
    const walletCode = code ?? message.init?.code;
    const layout = walletCode && walletLayout(walletCode);
    return layout ? readValidUntil(layout, message.body.beginParse()) : undefined;
}
