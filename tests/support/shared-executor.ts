/** Starting the WebAssembly emulator takes longer than most tests: all chains share one. */
import './fast-boc';
import './fast-core';
import { Executor } from '@ton/sandbox';

let executor: Promise<Executor> | undefined;

export function sharedExecutor(): Promise<Executor> {
    executor ??= Executor.create();
    return executor;
}
