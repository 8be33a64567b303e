import type { Address, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

/** One message and what its receiver made of it. */
export type Step = {
    from: Address;
    to: Address;
    value: bigint;
    bounce: boolean;
    bounced: boolean;
    /** First 32 bits of the body, if there are that many. */
    op: number | undefined;
    /** The 64 bits that follow, if there are that many. */
    queryId: bigint | undefined;
    /** Undefined if the code did not run at all. */
    exitCode: number | undefined;
    actionCode: number | undefined;
    gas: bigint;
    aborted: boolean;
};

function step(tx: Transaction): Step | undefined {
    const message = tx.inMessage;
    if (message?.info.type !== 'internal' || tx.description.type !== 'generic') {
        return undefined;
    }
    const body = message.body.beginParse();
    const { computePhase, actionPhase, aborted } = tx.description;
    return {
        from: message.info.src,
        to: message.info.dest,
        value: message.info.value.coins,
        bounce: message.info.bounce,
        bounced: message.info.bounced,
        op: body.remainingBits >= 32 ? body.loadUint(32) : undefined,
        queryId: body.remainingBits >= 64 ? body.loadUintBig(64) : undefined,
        exitCode: computePhase.type === 'vm' ? computePhase.exitCode : undefined,
        actionCode: actionPhase?.resultCode,
        gas: computePhase.type === 'vm' ? computePhase.gasUsed : 0n,
        aborted,
    };
}

/** The internal messages of a chain of transactions, in the order in which they were handled. */
export function steps(result: SendMessageResult): Step[] {
    return result.transactions.map(step).filter((s): s is Step => s !== undefined);
}

/** The messages that reached `to`, in order. */
export function stepsTo(result: SendMessageResult, to: Address): Step[] {
    return steps(result).filter((s) => s.to.equals(to));
}

/** Gas that `accounts` used along a chain of transactions. */
export function gasOf(result: SendMessageResult, ...accounts: Address[]): bigint {
    return steps(result)
        .filter((s) => accounts.some((account) => account.equals(s.to)))
        .reduce((sum, s) => sum + s.gas, 0n);
}
