/**
 * Accounts for the sandbox, parsed when first used.
 *
 * The store holds every account as bytes. The sandbox wants SmartContract objects, which are two orders of magnitude
 * larger, so only the most recently used ones are kept.
 */
import { Address, Cell, loadShardAccount, ShardAccount } from '@ton/core';
import { Blockchain, BlockchainStorage, SmartContract } from '@ton/sandbox';

const CACHE_LIMIT = 2_000;

export function parseAccount(boc: Buffer): ShardAccount {
    return loadShardAccount(Cell.fromBoc(boc)[0].beginParse());
}

export class LazyAccounts implements BlockchainStorage {
    private readonly cache = new Map<string, SmartContract>();

    constructor(private readonly stored: (address: string) => Buffer | undefined) {}

    async getContract(blockchain: Blockchain, address: Address): Promise<SmartContract> {
        const key = address.toRawString();
        const known = this.cache.get(key);
        if (known) {
            // a Map iterates in insertion order: the first entry is the least recently used one
            this.cache.delete(key);
            this.cache.set(key, known);
            return known;
        }
        const contract = this.materialize(blockchain, address, this.stored(key));
        this.cache.set(key, contract);
        return contract;
    }

    private materialize(blockchain: Blockchain, address: Address, boc: Buffer | undefined): SmartContract {
        const contract = SmartContract.empty(blockchain, address);
        // through the setter: the constructor cannot take an account that was deleted
        if (boc) contract.account = parseAccount(boc);
        return contract;
    }

    /** An object of its own, for runs whose result is thrown away. */
    copy(blockchain: Blockchain, address: Address): SmartContract {
        return this.materialize(blockchain, address, this.stored(address.toRawString()));
    }

    /** Between messages only: a contract that is being executed must stay the same object. */
    shrink() {
        for (const key of this.cache.keys()) {
            if (this.cache.size <= CACHE_LIMIT) break;
            this.cache.delete(key);
        }
    }

    knownContracts(): SmartContract[] {
        return [...this.cache.values()];
    }

    clearKnownContracts() {
        this.cache.clear();
    }
}
