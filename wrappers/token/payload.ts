import { beginCell, Builder, Cell, Slice } from '@ton/core';

/** What the receiver of a transfer finds behind the amount: nothing, a cell, or a slice inside the message. */
export type ForwardPayload = Cell | Slice | null;

/** `forward_payload:(Either Cell ^Cell)`. */
export function storeForwardPayload(payload: ForwardPayload | undefined) {
    return (builder: Builder): void => {
        if (payload instanceof Cell) {
            builder.storeBit(true).storeRef(payload);
        } else {
            builder.storeBit(false);
            if (payload) {
                builder.storeSlice(payload.clone());
            }
        }
    };
}

/** The same as the remaining slice of a message. */
export function forwardPayloadSlice(payload: ForwardPayload | undefined): Slice {
    return beginCell().store(storeForwardPayload(payload)).endCell().beginParse();
}

/** Reads `forward_payload` at the end of a message: the cell, the rest of the slice, or null if there is nothing. */
export function loadForwardPayload(slice: Slice): ForwardPayload {
    if (slice.remainingBits > 0 && slice.loadBit()) {
        return slice.loadRef();
    }
    return slice.remainingBits > 0 || slice.remainingRefs > 0 ? slice : null;
}

/** A text comment as a payload. */
export function commentPayload(text: string): Cell {
    return beginCell().storeUint(0, 32).storeStringTail(text).endCell();
}

/** Cells of a payload beside the message's own cell, each counted once: what `get_cost` wants as `n`. */
export function payloadCells(payload: ForwardPayload | undefined): number {
    const seen = new Set<string>();
    const visit = (cell: Cell): void => {
        const hash = cell.hash().toString('hex');
        if (!seen.has(hash)) {
            seen.add(hash);
            cell.refs.forEach(visit);
        }
    };
    if (payload) {
        forwardPayloadSlice(payload).asCell().refs.forEach(visit);
    }
    return seen.size;
}
