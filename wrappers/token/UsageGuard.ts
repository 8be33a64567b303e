import { Address, Cell, contractAddress, Contract, ContractProvider } from '@ton/core';

import { UsageGuard as Built } from '../../build/UsageGuard/UsageGuard_UsageGuard';
import { Integer } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';

export type { GuardData } from '../../build/UsageGuard/UsageGuard_UsageGuard';

/** Last nonces of one consumer's usages, by recorder: what makes every usage mint once. */
export class UsageGuard implements Contract {
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): UsageGuard {
        return new UsageGuard(address);
    }

    /** The guard of a consumer at a controller; with the code of this build unless another is given. */
    static async createFromConfig(config: {
        controller: Address;
        consumer: Address;
        code?: Cell;
    }): Promise<UsageGuard> {
        const { controller, consumer } = config;
        const built = await initialState(Built, 'UsageGuard', { controller, consumer });
        const init = { code: config.code ?? built.code, data: built.data };
        return new UsageGuard(contractAddress(0, init), init);
    }

    /** What this consumer's usages minted, and their number. */
    async getGuardData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetGuardData(provider);
    }

    /** Last nonce of a recorder, by slot and term as the controller's getRecorders says; 0 = none. */
    async getLastNonce(provider: ContractProvider, recorder: { slot: Integer; term: Integer }): Promise<bigint> {
        return Built.fromAddress(this.address).getGetLastNonce(provider, BigInt(recorder.slot), BigInt(recorder.term));
    }

    /** Hash of a row of this consumer, as the chain computes it. */
    async getUsageHash(provider: ContractProvider, registry: bigint, row: Cell): Promise<bigint> {
        return Built.fromAddress(this.address).getGetUsageHash(provider, registry, row);
    }
}
