/** Gas by contract and operation of a chain of transactions. */
import { Address } from '@ton/core';
import type { Blockchain, SendMessageResult } from '@ton/sandbox';

import { ProverRewards } from '../../../wrappers/staking/ProverRewards';
import { proverRewardsCode } from '../../../wrappers/staking/ProverRewards';
import { RewardPosition, rewardPositionCode } from '../../../wrappers/staking/RewardPosition';

export type GasRow = { contract: 'ProverRewards' | 'RewardPosition' | 'other'; op: string; gas: bigint; exit: number };

const names = new Map<number, string>(Object.entries(ProverRewards.opcodes).map(([name, op]) => [op, name]));

/** One row a transaction, in order. */
export async function gasRows(
    blockchain: Blockchain,
    result: Pick<SendMessageResult, 'transactions'>,
): Promise<GasRow[]> {
    const rewards = (await proverRewardsCode()).hash().toString('hex');
    const mirror = (await rewardPositionCode()).hash().toString('hex');
    const rows: GasRow[] = [];
    for (const tx of result.transactions) {
        const { description, inMessage } = tx;
        if (description.type !== 'generic' || description.computePhase.type !== 'vm' || inMessage == null) continue;
        const address = new Address(0, Buffer.from(tx.address.toString(16).padStart(64, '0'), 'hex'));
        const { accountState } = await blockchain.getContract(address);
        const code = accountState?.type === 'active' ? accountState.state.code?.hash().toString('hex') : undefined;
        const slice = inMessage.body.beginParse();
        const bounced = inMessage.info.type === 'internal' && inMessage.info.bounced;
        if (bounced) slice.skip(32);
        const op = slice.remainingBits >= 32 ? slice.loadUint(32) : 0;
        rows.push({
            contract: code === rewards ? 'ProverRewards' : code === mirror ? 'RewardPosition' : 'other',
            op: (bounced ? 'bounced ' : '') + (names.get(op) ?? `0x${op.toString(16)}`),
            gas: description.computePhase.gasUsed,
            exit: description.computePhase.exitCode,
        });
    }
    return rows;
}

/** The same as text, for people. */
export async function computeGas(
    blockchain: Blockchain,
    result: Pick<SendMessageResult, 'transactions'>,
): Promise<string> {
    return (await gasRows(blockchain, result))
        .map((r) => `${r.contract}.${r.op} ${r.gas}${r.exit ? ` exit ${r.exit}` : ''}`)
        .join('; ');
}

void RewardPosition;
