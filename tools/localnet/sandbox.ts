/** The sandbox blockchain of the chain: opens what the library keeps protected, and makes the config readable. */
import { Address, beginCell, Cell, ShardAccount } from '@ton/core';
import { Blockchain, BlockchainStorage, createShardAccount, defaultConfig, IExecutor } from '@ton/sandbox';
import { slimConfig } from '@ton/sandbox/dist/config/slimConfig';
import { ChainMeta } from './store';

export type ConfigSource = 'default' | 'slim' | Cell;

export const CONFIG_ADDRESS = Address.parseRaw(`-1:${'5'.repeat(64)}`);

export function configBoc(source: ConfigSource): string {
    if (source === 'default') return defaultConfig;
    if (source === 'slim') return slimConfig;
    return source.toBoc({ idx: false }).toString('base64');
}

/**
 * The config contract, as far as anybody reads it: clients find the parameters in the first reference of its data.
 * Its code refuses every message: the config of this chain changes through LocalChain.setConfig() only.
 */
export function configAccount(config: string): ShardAccount {
    const throwAlways = beginCell().storeUint(0xf220, 16).endCell(); // 32 THROW
    const data = beginCell().storeRef(Cell.fromBase64(config)).endCell();
    return createShardAccount({ address: CONFIG_ADDRESS, code: throwAlways, data, balance: 0n, workchain: -1 });
}

export class ChainSandbox extends Blockchain {
    constructor(executor: IExecutor, storage: BlockchainStorage, meta: ChainMeta) {
        super({ executor, storage, config: Cell.fromBase64(meta.config) });
        this.networkConfig = meta.config;
        this.currentLt = BigInt(meta.lt);
        if (meta.libs !== null) this.libs = Cell.fromBase64(meta.libs);
        this.autoDeployLibraries = true;
        this.verbosity = { ...this.verbosity, print: false };
    }

    /** Takes back what a message that was not committed has changed outside of accounts. */
    rewind(lt: bigint, libs: Cell | undefined) {
        this.currentLt = lt;
        this.libs = libs;
    }

    /** The library keeps every transaction in memory for its own listing; ours are on disk. */
    forgetTransactions() {
        this.transactions.length = 0;
    }
}
