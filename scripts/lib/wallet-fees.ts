/** What the sender's own wallet pays for a message, over the message's value. */
import { beginCell, storeMessageRelaxed, internal } from '@ton/core';
import type { Cell, StateInit } from '@ton/core';

/** Mainnet's prices of 2025 in the basechain (config parameters 21 and 25), in nanoton; those of 2026 are six times lower. */
const GAS_PRICE = 400n;
const MESSAGE_PRICE = 400_000n;
const BIT_PRICE = 26_214_400n;
const CELL_PRICE = 2_621_440_000n;

/** A transfer by a wallet v4 or v5 takes about 5,000. */
const WALLET_GAS = 6_000n;
/** Signature, counters and the address of the external message that brings the transfer. */
const ENVELOPE_BITS = 1_400n;

/** Every cell once, without the root. */
function sizeOf(root: Cell): { cells: bigint; bits: bigint } {
    const found = new Map<string, Cell>();
    const collect = (cell: Cell): void => {
        const hash = cell.hash().toString('hex');
        if (found.has(hash)) return;
        found.set(hash, cell);
        cell.refs.forEach(collect);
    };
    root.refs.forEach(collect);
    const bits = [...found.values()].reduce((sum, cell) => sum + cell.bits.length, 0);
    return { cells: BigInt(found.size), bits: BigInt(bits) };
}

/** An upper bound: the transfer is imported and forwarded, state init included. */
export function walletFees(message: { body: Cell; init?: StateInit }): bigint {
    const { body, init } = message;
    const sent = beginCell()
        .store(storeMessageRelaxed(internal({ to: `0:${'00'.repeat(32)}`, value: 0n, body, init })))
        .endCell();
    const { cells, bits } = sizeOf(beginCell().storeRef(sent).endCell());
    const carried = (BIT_PRICE * (bits + ENVELOPE_BITS) + CELL_PRICE * (cells + 1n)) >> 16n;
    return WALLET_GAS * GAS_PRICE + 2n * (MESSAGE_PRICE + carried);
}
