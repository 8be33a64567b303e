/** Messages of whoever administers a contract: what they leave of their value. */
import { Address, Cell, toNano, Transaction } from '@ton/core';

import { expectExcesses } from './pool/operator-unit';
import { kept, outs, succeeded, Treasury, txAt } from './pool/transactions';

/**
 * Sends a message with a TON that must succeed: the rest comes back with its query id, and the contract has what it had, less
 * its rent and what it pays. All transactions.
 */
export async function administered(at: Address, from: Treasury, body: Cell, paid = 0n): Promise<Transaction[]> {
    const sent = await from.send({ to: at, value: toNano('1'), body, bounce: true });
    const tx = txAt(sent, at);
    expect(succeeded(tx)).toBe(true);
    const returned = outs(tx).filter(({ to }) => to.equals(from.address));
    expect(returned).toHaveLength(1);
    expectExcesses(returned[0], from.address, body);
    expect(returned[0].value).toBeGreaterThan(toNano('0.95'));
    expect(kept(tx)).toBe(-paid);
    return sent.transactions;
}
