/** Fees of one transaction, split the way toncenter's estimateFee reports them. */
import { Transaction } from '@ton/core';

export type FeeEstimate = { inFwdFee: bigint; storageFee: bigint; gasFee: bigint; fwdFee: bigint };

export function readFees(tx: Transaction): FeeEstimate {
    const d = tx.description;
    if (d.type !== 'generic') return { inFwdFee: 0n, storageFee: 0n, gasFee: 0n, fwdFee: 0n };
    const storageFee = d.storagePhase?.storageFeesCollected ?? 0n;
    const gasFee = d.computePhase.type === 'vm' ? d.computePhase.gasFees : 0n;
    // totalFees counts what this transaction's validators keep; the rest of the forward fee travels with the message
    const actionFees = d.actionPhase?.totalActionFees ?? 0n;
    const inFwdFee = tx.totalFees.coins - storageFee - gasFee - actionFees;
    return { inFwdFee, storageFee, gasFee, fwdFee: d.actionPhase?.totalFwdFees ?? 0n };
}
