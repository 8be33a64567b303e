/**
 * How many cells a transaction had to make: the cells of its new data and of its messages that it did not get from
 * anywhere, that is from its old data, its code or the message it was sent. Any other cell it made was a detour.
 */
import { beginCell, Cell, storeMessageRelaxed, storeStateInit } from '@ton/core';
import type { MessageRelaxed } from '@ton/core';

const BITS = 1023;
const REFS = 4;

export class KnownCells {
    private readonly hashes = new Set<string>();

    has(cell: Cell): boolean {
        return this.hashes.has(cell.hash().toString('hex'));
    }

    /** Adds a tree and says how many of its cells are new. */
    add(root: Cell | null | undefined): number {
        if (!root) return 0;
        let added = 0;
        const pending = [root];
        for (let cell = pending.pop(); cell; cell = pending.pop()) {
            const hash = cell.hash().toString('hex');
            if (this.hashes.has(hash)) continue;
            this.hashes.add(hash);
            added++;
            pending.push(...cell.refs);
        }
        return added;
    }
}

export function neededCells(known: KnownCells, newData: Cell | null | undefined, sent: MessageRelaxed[]): number {
    return known.add(newData) + sent.reduce((n, message) => n + messageCells(known, message), 0);
}

/** A message laid out with as few new cells as the format allows: its state and body go into its own cell if they fit. */
function messageCells(known: KnownCells, message: MessageRelaxed): number {
    // Wallets send messages they were handed as a whole.
    for (const forceRef of [false, true]) {
        const whole = beginCell().store(storeMessageRelaxed(message, { forceRef })).endCell();
        if (known.has(whole)) return 0;
    }
    // The two bits that say where state and body are belong to the frame.
    const frame = beginCell()
        .store(storeMessageRelaxed({ ...message, init: undefined, body: Cell.EMPTY }))
        .endCell();
    const init = message.init ? beginCell().store(storeStateInit(message.init)).endCell() : undefined;
    let below = 0;
    // Whatever hangs below has to be there in either layout.
    for (const part of [...(init?.refs ?? []), ...message.body.refs]) below += known.add(part);
    const parts = [...(init ? [init] : []), message.body];
    let best = { cells: Infinity, apart: [] as Cell[] };
    for (let choice = 0; choice < 1 << parts.length; choice++) {
        // A state brings a bit of its own that says where it is.
        let bits = frame.bits.length + (init ? 1 : 0);
        let refs = frame.refs.length;
        const apart = parts.filter((_, i) => choice & (1 << i));
        for (const part of parts) {
            const inside = !apart.includes(part);
            bits += inside ? part.bits.length : 0;
            refs += inside ? part.refs.length : 1;
        }
        const cells = 1 + apart.filter((part) => !known.has(part)).length;
        if (bits <= BITS && refs <= REFS && cells < best.cells) best = { cells, apart };
    }
    for (const part of best.apart) known.add(part);
    return best.cells + below;
}
