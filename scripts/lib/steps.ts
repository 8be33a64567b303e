/** Steps of the common kinds: a message to one of the pool's contracts at the cost that the contract itself names. */
import { Cell } from '@ton/core';

import { Participant } from './participants';
import { Pool, Step } from './session';

type What = Pick<Step, 'title' | 'body' | 'done' | 'awaited'> & {
    moved?: bigint;
    /** `n` of get_cost. */
    n?: number;
};

async function step(
    contract: { address: Step['to']; getCost(op: Cell, n?: number): Promise<bigint> },
    toName: string,
    { n, ...what }: What,
): Promise<Step> {
    const value = (await contract.getCost(what.body, n)) + (what.moved ?? 0n);
    return { ...what, to: contract.address, toName, value };
}

export const operatorStep = (pool: Pool, what: What) => step(pool.operator, 'PoolOperator', what);
export const registryStep = (pool: Pool, what: What) => step(pool.registry, 'ParticipantRegistry', what);
export const distributionStep = (pool: Pool, what: What) => step(pool.distribution, 'RewardDistribution', what);
export const vaultStep = (pool: Pool, participant: Participant, what: What) =>
    step(pool.vault(participant.address), 'ParticipantVault', what);
