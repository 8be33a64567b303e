/** A fast sandbox chain: one emulator, a small configuration, a fixed clock. */
import { Blockchain } from '@ton/sandbox';
import type { Cell } from '@ton/core';
import { sharedExecutor } from './shared-executor';
import { bundledConfig } from './prices';

/** The clock of every test chain starts here, so that no result depends on the day the tests run. */
export const START_TIME = 1_800_000_000;

export interface ChainOptions {
    /** A configuration of ./prices; the bundled one by default. */
    config?: Cell;
    now?: number;
}

export async function createBlockchain(options: ChainOptions = {}): Promise<Blockchain> {
    const blockchain = await Blockchain.create({
        executor: await sharedExecutor(),
        config: options.config ?? bundledConfig,
    });
    blockchain.now = options.now ?? START_TIME;
    return blockchain;
}

/**
 * Remembers the state of the chain; the returned function brings it back, as often as wanted:
 *
 *     beforeAll(async () => { ...deploy...; restore = checkpoint(blockchain); });
 *     beforeEach(() => restore());
 */
export function checkpoint(blockchain: Blockchain): () => Promise<void> {
    // The chain keeps every transaction with its cells for ever (about 30 KB each). A test looks at the result of its own
    // sends; forgetting the history here keeps a long series of restores at constant memory.
    const snapshot = { ...blockchain.snapshot(), transactions: [] };
    return () => blockchain.loadFrom(snapshot);
}

/** Moves the clock of the chain forward. */
export function advance(blockchain: Blockchain, seconds: number): void {
    blockchain.now = (blockchain.now ?? START_TIME) + seconds;
}
