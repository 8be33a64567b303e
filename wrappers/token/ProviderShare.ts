import { Address, Cell, contractAddress, Contract, ContractProvider, Sender } from '@ton/core';

import { ProviderShare as Built, storeClaimShare } from '../../build/ProviderShare/ProviderShare_ProviderShare';
import { costOf, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';

export type { ShareData } from '../../build/ProviderShare/ProviderShare_ProviderShare';

/** A provider's part of usage minting, until it is minted to him. */
export class ProviderShare implements Contract {
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): ProviderShare {
        return new ProviderShare(address);
    }

    /** The share of a provider at a controller; with the code of this build unless another is given. */
    static async createFromConfig(config: {
        controller: Address;
        provider: Address;
        code?: Cell;
    }): Promise<ProviderShare> {
        const { controller, provider } = config;
        const built = await initialState(Built, 'ProviderShare', { controller, provider });
        const init = { code: config.code ?? built.code, data: built.data };
        return new ProviderShare(contractAddress(0, init), init);
    }

    static claimShareBody(args: Query = {}): Cell {
        return pack(storeClaimShare({ $$type: 'ClaimShare', queryId: queryIdOf(args) }));
    }

    /**
     * Mints everything due to the provider. From anyone, who pays the gas and gets the rest back. Throws
     * ERROR_NOTHING_TO_MINT, ERROR_VALUE_TOO_LOW; a refusal of the controller (ERROR_MINTS_FULL) makes it due again.
     */
    async sendClaimShare(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, ProviderShare.claimShareBody(args), args);
    }

    /** Due and claimed, in the smallest unit. */
    async getShareData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetShareData(provider);
    }

    /** Nanoton to attach for a message at the current prices. */
    async getCost(provider: ContractProvider, op: Cell | number): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0));
    }
}
