/** The Timelock's storage by hand: full books, a slot that is taken. */
import { beginCell } from '@ton/core';
import type { Blockchain } from '@ton/sandbox';

import {
    loadTimelock$Data,
    RingEntry,
    storeTimelock$Data,
    Timelock$Data,
} from '../../../build/Timelock/Timelock_Timelock';
import { install } from '../pool/transactions';
import type { TimelockWorld } from './timelock-world';

/** Bits of the first cell; ring and code are in a reference, which the generated loader does not know. */
const HEAD_BITS = 705;

/** Changes fields of the stored data. */
export async function editTimelock(
    world: { blockchain: Blockchain; timelock: TimelockWorld['timelock'] },
    change: (data: Timelock$Data) => Partial<Timelock$Data>,
): Promise<void> {
    const { address } = world.timelock;
    const { accountState, balance } = await world.blockchain.getContract(address);
    if (accountState?.type !== 'active') throw new Error('there is no Timelock');
    const root = accountState.state.data!.beginParse();
    const flat = beginCell().storeBits(root.loadBits(HEAD_BITS));
    while (root.remainingRefs > 1) flat.storeRef(root.loadRef());
    flat.storeSlice(root.loadRef().beginParse());
    const old = loadTimelock$Data(flat.endCell().beginParse());
    const whole = beginCell()
        .store(storeTimelock$Data({ ...old, ...change(old) }))
        .endCell()
        .beginParse();
    const head = beginCell().storeBits(whole.loadBits(HEAD_BITS));
    if (whole.remainingRefs > whole.preloadUint(1) + 1) head.storeRef(whole.loadRef());
    const data = head.storeRef(whole.asCell()).endCell();
    await install(world.blockchain, address, accountState.state.code!, data, balance);
}

/** 16 proposers, and every slot of the ring taken at `at`. */
export async function fillTimelock(world: TimelockWorld, at: number): Promise<void> {
    await editTimelock(world, (data) => {
        const { proposers, ring } = data;
        for (let i = proposers.size; i < 16; i++) proposers.set((BigInt(i) << 248n) | 1n, true);
        for (let i = 0; i < 128; i++) {
            const entry: RingEntry = {
                $$type: 'RingEntry',
                number: 1000n + BigInt(i),
                at: BigInt(at),
                operation: (BigInt(i) << 240n) | 7n,
            };
            ring.set(i, entry);
        }
        return { proposers, proposerCount: 16n, ring };
    });
}
