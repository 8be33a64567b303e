/** Helpers for messages. */
import { beginCell, Message, storeMessage } from '@ton/core';

/** TEP-467: the hash by which everybody knows an external message, whatever its source, fee and init are. */
export function normalizedHash(m: Message): Buffer {
    const info = { ...m.info, src: undefined, importFee: 0n } as Message['info'];
    return beginCell()
        .store(storeMessage({ info, init: null, body: m.body }, { forceRef: true }))
        .endCell()
        .hash();
}

export function messageBoc(m: Message): Buffer {
    return beginCell().store(storeMessage(m)).endCell().toBoc();
}
