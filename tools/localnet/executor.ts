/**
 * The transaction executor of the chain: the sandbox's, plus two things.
 *
 * 1. It keeps the exact bytes of the last transaction and account, which are what gets stored.
 *
 * 2. Wallets after the clock was moved. A message to a standard wallet that is still valid by the wall clock but
 *    expired by the chain's clock is executed one second before its expiry. Only that one transaction sees the
 *    earlier time; the messages it sends are executed at chain time like everything else. A message that is expired
 *    by the wall clock as well is left to the wallet, which refuses it, so expiry keeps protecting against late
 *    replays. Storage fees: the account's "last paid" is lowered for the run and put back afterwards, so that no
 *    period is charged twice; a period not charged in this run is charged by the account's next transaction.
 *    Consequence to know: `utime` of such a wallet transaction is earlier than that of its neighbours; lt is not.
 */
import { beginCell, Cell, loadMessage, loadShardAccount, ShardAccount, storeShardAccount } from '@ton/core';
import {
    ExecutorEmulationResult,
    ExecutorGetMethodArgs,
    ExecutorGetMethodResult,
    ExecutorRunTickTockArgs,
    ExecutorRunTransactionArgs,
    IExecutor,
} from '@ton/sandbox';
import { walletValidUntil } from './wallet-messages';

export type ExecutedBytes = { transaction: Buffer; account: Buffer };

const EXTERNAL_IN_TAG = 2; // ext_in_msg_info$10

function decodeAccount(base64: string): ShardAccount {
    return loadShardAccount(Cell.fromBase64(base64).beginParse());
}

function encodeAccount(account: ShardAccount): string {
    return beginCell().store(storeShardAccount(account)).endCell().toBoc().toString('base64');
}

export class ChainExecutor implements IExecutor {
    private executed?: ExecutedBytes;

    constructor(
        private readonly inner: IExecutor,
        private readonly wall: () => number,
    ) {}

    /** The bytes of the transaction executed last; each can be taken once. */
    take(): ExecutedBytes {
        const bytes = this.executed;
        if (!bytes) throw new Error('No transaction was executed');
        this.executed = undefined;
        return bytes;
    }

    runGetMethod(args: ExecutorGetMethodArgs): Promise<ExecutorGetMethodResult> {
        return this.inner.runGetMethod(args);
    }

    async runTickTock(args: ExecutorRunTickTockArgs): Promise<ExecutorEmulationResult> {
        return this.remember(await this.inner.runTickTock(args));
    }

    async runTransaction(args: ExecutorRunTransactionArgs): Promise<ExecutorEmulationResult> {
        return this.remember(await this.runAtAcceptableTime(args));
    }

    private remember(res: ExecutorEmulationResult): ExecutorEmulationResult {
        this.executed = res.result.success
            ? {
                  transaction: Buffer.from(res.result.transaction, 'base64'),
                  account: Buffer.from(res.result.shardAccount, 'base64'),
              }
            : undefined;
        return res;
    }

    private async runAtAcceptableTime(args: ExecutorRunTransactionArgs): Promise<ExecutorEmulationResult> {
        if (args.message.beginParse().loadUint(2) !== EXTERNAL_IN_TAG) return this.inner.runTransaction(args);
        const shard = decodeAccount(args.shardAccount);
        const state = shard.account?.storage.state;
        const code = state?.type === 'active' ? state.state.code : undefined;
        const validUntil = walletValidUntil(code, loadMessage(args.message.beginParse()));
        if (validUntil === undefined || validUntil > args.now || validUntil <= this.wall()) {
            return this.inner.runTransaction(args);
        }
        const now = validUntil - 1;
        const paid = shard.account?.storageStats.lastPaid ?? 0;
        if (!shard.account || paid <= now) return this.inner.runTransaction({ ...args, now });
        shard.account.storageStats.lastPaid = now;
        const res = await this.inner.runTransaction({ ...args, now, shardAccount: encodeAccount(shard) });
        if (!res.result.success) return res;
        const after = decodeAccount(res.result.shardAccount);
        if (!after.account) return res;
        after.account.storageStats.lastPaid = paid;
        return { ...res, result: { ...res.result, shardAccount: encodeAccount(after) } };
    }
}
