/** The books of a settlement as they would be after thousands of messages: written into its storage. */
import { beginCell } from '@ton/core';
import { sha256_sync as sha256Sync } from '@ton/crypto';

import * as built from '../../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { cellOf, install } from '../pool/transactions';
import { SettlementWorld, UNIT } from './world';

/** Changes the till in the settlement's storage. */
export async function editTill(world: SettlementWorld, edit: (till: built.Till) => void): Promise<void> {
    const { blockchain, settlement } = world;
    const { accountState, balance } = await blockchain.getContract(settlement.address);
    if (accountState?.type !== 'active') throw new Error('there is no settlement');
    // On the chain the second cell has the code of the accounts, the till and the desk.
    const root = accountState.state.data!;
    const [terms, { refs: rest }] = root.refs;
    const [accountCode, old, desk] = rest;
    const till = built.loadTill(old.beginParse());
    edit(till);
    const tail = beginCell()
        .storeRef(accountCode)
        .storeRef(cellOf(built.storeTill(till)))
        .storeRef(desk);
    const cell = beginCell().storeBits(root.bits).storeRef(terms).storeRef(tail).endCell();
    await install(blockchain, settlement.address, accountState.state.code!, cell, balance);
}

/** So many transfers of that kind, the newest now, `seconds` apart. */
export async function payouts(world: SettlementWorld, n: number, kind: bigint, seconds = 0): Promise<void> {
    await editTill(world, (till) => {
        for (let i = n - 1; i >= 0; i--) {
            const at = BigInt(world.now - i * seconds);
            const payout = { $$type: 'Payout' as const, seq: till.seq, kind, amount: UNIT, who: till.seq + 1n, at };
            till.payouts.set(Number(till.seq % built.MAX_PAYOUTS), payout);
            till.seq += 1n;
        }
    });
}

/** Credits that accounts did not take, and jettons of senders: as many as there is room for, beside `spare`. */
export async function fillKept(world: SettlementWorld, spare = 0): Promise<void> {
    await editTill(world, (till) => {
        const n = Number(built.MAX_KEPT) - spare;
        for (let i = 0; i < n; i++) {
            // Spread like hashes.
            const key = (kind: string) => BigInt(`0x${sha256Sync(`${kind} ${i}`).toString('hex')}`);
            till.accounts.set(key('account'), UNIT);
            till.senders.set(key('sender'), UNIT);
        }
        [till.heldCount, till.keptCount] = [BigInt(n), BigInt(n)];
        till.held += UNIT * BigInt(n);
        till.kept += UNIT * BigInt(n);
    });
}
