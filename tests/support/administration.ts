/** Messages of whoever administers a contract: what they leave of their value. */
import { Address, Cell, toNano, Transaction } from '@ton/core';
import type { Blockchain } from '@ton/sandbox';

import { loadExcesses } from '../../build/EmissionController/EmissionController_EmissionController';
import { outs, rentPaid, succeeded, Treasury, txAt } from './pool/transactions';

/**
 * Sends a message with a TON that must succeed: the rest comes back with its query id, and the contract has what it had, less
 * its rent and what it pays. All transactions.
 */
export async function administered(
    blockchain: Blockchain,
    at: Address,
    from: Treasury,
    body: Cell,
    paid = 0n,
): Promise<Transaction[]> {
    const queryId = body.beginParse().skip(32).loadUintBig(64);
    const { balance } = await blockchain.getContract(at);
    const sent = await from.send({ to: at, value: toNano('1'), body, bounce: true });
    const tx = txAt(sent, at);
    expect(succeeded(tx)).toBe(true);
    const returned = outs(tx).filter(({ to }) => to.equals(from.address));
    expect(returned).toHaveLength(1);
    expect(loadExcesses(returned[0].body.beginParse()).queryId).toBe(queryId);
    expect(returned[0].value).toBeGreaterThan(toNano('0.95'));
    expect((await blockchain.getContract(at)).balance).toBe(balance - rentPaid(tx) - paid);
    return sent.transactions;
}
