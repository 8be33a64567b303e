import { Address, beginCell, Cell, Contract, contractAddress, ContractProvider, Sender } from '@ton/core';

import { RewardPosition as Built, storeTopUp } from '../../build/RewardPosition/RewardPosition_RewardPosition';
import { pack, Query, queryIdOf, sendBody } from '../common/messages';
import type { PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';

export type { RewardPositionData } from '../../build/RewardPosition/RewardPosition_RewardPosition';

/** Zero bits behind the two ids in the first data of a RewardPosition: raw, acc, seq, pending. */
const ZERO_BITS = 126 + 222 + 32 + 4;

let code: Promise<Cell> | undefined;

/** Code of this build. */
export function rewardPositionCode(): Promise<Cell> {
    code ??= Built.init(0n, 0n, 0n, 0n, 0n, 0n).then((init) => init.code);
    return code;
}

/** StateInit of the RewardPosition of a staker. `code` as the prover's contracts were set up with. */
export function rewardPositionInit(rewards: Address, staker: Address, code: Cell): PoolInit {
    const data = beginCell().storeUint(accountIdOf(rewards), 256).storeUint(accountIdOf(staker), 256);
    for (let left = ZERO_BITS; left > 0; left -= 256) {
        data.storeUint(0, Math.min(left, 256));
    }
    return { code, data: data.endCell() };
}

/** Address of the RewardPosition of a staker at a ProverRewards. */
export function rewardPositionAddress(rewards: Address, staker: Address, code: Cell): Address {
    return contractAddress(0, rewardPositionInit(rewards, staker, code));
}

/**
 * What one staker earns at one prover. People do not write to it: claims go to ProverRewards (`sendClaimRewards`), which
 * this contract answers.
 */
export class RewardPosition implements Contract {
    /** Operation codes of the messages by their names, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): RewardPosition {
        return new RewardPosition(address);
    }

    /** The position of a staker; it is ProverRewards that deploys it, with the staker's first stake. */
    static createFromConfig(config: { rewards: Address; staker: Address; code: Cell }): RewardPosition {
        const init = rewardPositionInit(config.rewards, config.staker, config.code);
        return new RewardPosition(contractAddress(0, init), init);
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    /** TON for the rent. From anyone. */
    async sendTopUp(provider: ContractProvider, via: Sender, args: Query & { value: bigint }) {
        await sendBody(provider, via, RewardPosition.topUpBody(args), args);
    }

    /** Whether the staker has ever had a share change here. */
    async isDeployed(provider: ContractProvider): Promise<boolean> {
        return (await provider.getState()).state.type === 'active';
    }

    /** Mirrored shares, accumulator at the last touch, settled rewards. Fails before the first share change. */
    async getRewardPosition(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetRewardPosition(provider);
    }

    /**
     * What a claim pays while the accumulator of ProverRewards is `acc` (its `getRewardsData`), in the smallest unit; 0 if
     * there is no position yet.
     */
    async getClaimable(provider: ContractProvider, acc: bigint): Promise<bigint> {
        return (await this.isDeployed(provider)) ? Built.fromAddress(this.address).getGetClaimable(provider, acc) : 0n;
    }
}
