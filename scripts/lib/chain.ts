/** Reading the chain: transactions page by page, what became of a message, chain time. */
import { Address, Cell, Message, Transaction } from '@ton/core';
import type { NetworkProvider } from '@ton/blueprint';
import { TonClient } from '@ton/ton';

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** An endpoint that is busy or restarting is asked again; an answer, also a bad one, is final. */
export async function retry<T>(read: () => Promise<T>, attempts = 5): Promise<T> {
    for (let i = 1; ; i++) {
        try {
            return await read();
        } catch (e) {
            const text = String(e instanceof Error ? e.message : e);
            // exit codes of getters are three digits as well, and final
            const busy =
                !text.includes('exit_code') &&
                /\b(429|502|503|504)\b|ECONNRESET|ETIMEDOUT|ECONNREFUSED|socket hang up|timeout/i.test(text);
            if (!busy || i >= attempts) {
                throw e;
            }
            await sleep(400 * 2 ** (i - 1));
        }
    }
}

/** Up to `limit` transactions of an account, newest first, from `from` (inclusive) or from the latest. */
export async function transactionsPage(
    provider: NetworkProvider,
    address: Address,
    from?: { lt: bigint; hash: Buffer },
    limit = 50,
): Promise<Transaction[]> {
    const api = provider.api();
    if (api instanceof TonClient) {
        return retry(() =>
            api.getTransactions(address, {
                limit,
                archival: true,
                ...(from && { lt: from.lt.toString(), hash: from.hash.toString('base64'), inclusive: true }),
            }),
        );
    }
    const contract = provider.provider(address);
    const start = from ?? (await retry(() => contract.getState())).last;
    return start ? retry(() => contract.getTransactions(address, start.lt, Buffer.from(start.hash), limit)) : [];
}

/** All transactions of an account, newest first; stops behind the first one for which `until` is true. */
export async function* transactions(
    provider: NetworkProvider,
    address: Address,
    until: (tx: Transaction) => boolean = () => false,
): AsyncGenerator<Transaction> {
    let from: { lt: bigint; hash: Buffer } | undefined;
    for (;;) {
        const page = await transactionsPage(provider, address, from);
        for (const tx of page) {
            yield tx;
            if (until(tx)) {
                return;
            }
        }
        const last = page[page.length - 1];
        if (last === undefined || last.prevTransactionLt === 0n) {
            return;
        }
        from = {
            lt: last.prevTransactionLt,
            hash: Buffer.from(last.prevTransactionHash.toString(16).padStart(64, '0'), 'hex'),
        };
    }
}

/** Chain time in unix seconds: of the newest block the endpoint knows. On a local chain it may be far from the wall clock. */
export async function chainTime(provider: NetworkProvider, address: Address): Promise<number> {
    const api = provider.api();
    if (api instanceof TonClient) {
        return (await retry(() => api.getContractState(address))).timestampt;
    }
    return Math.floor(Date.now() / 1000);
}

/** How a transaction ended: 0, the exit code of the computation, or the code of the action phase. */
export function exitCode(tx: Transaction): number {
    if (tx.description.type !== 'generic') {
        return 0;
    }
    const { computePhase, actionPhase } = tx.description;
    if (computePhase.type === 'vm' && !computePhase.success) {
        return computePhase.exitCode;
    }
    // -14 is out of gas: a message too poor for any gas is skipped, which says the same
    if (computePhase.type === 'skipped' && computePhase.reason === 'no-gas') {
        return -14;
    }
    return actionPhase && !actionPhase.success ? actionPhase.resultCode : 0;
}

export type Outcome = {
    /** Transactions that failed, in order. */
    failures: { address: Address; body: Cell; code: number }[];
    transactions: number;
};

function internalOut(tx: Transaction): Message[] {
    return [...tx.outMessages.values()].filter((m) => m.info.type === 'internal');
}

async function receiver(provider: NetworkProvider, message: Message): Promise<Transaction | undefined> {
    const { info } = message;
    if (info.type !== 'internal') {
        return undefined;
    }
    const page = await transactionsPage(provider, info.dest, undefined, 20);
    return page.find(
        (tx) =>
            tx.inMessage?.info.type === 'internal' &&
            tx.inMessage.info.src.equals(info.src) &&
            tx.inMessage.info.createdLt === info.createdLt,
    );
}

/**
 * What became of a message with this body: its transaction and those that followed, as deep as the pool's chains go.
 * Undefined while it has not arrived. Payments to wallets cannot fail and are not followed.
 */
export async function outcome(
    provider: NetworkProvider,
    to: Address,
    bodyHash: Buffer,
    depth = 4,
): Promise<Outcome | undefined> {
    const page = await transactionsPage(provider, to, undefined, 20);
    const first = page.find((tx) => tx.inMessage?.body.hash().equals(bodyHash));
    if (first === undefined) {
        return undefined;
    }
    const result: Outcome = { failures: [], transactions: 0 };
    let level = [{ address: to, tx: first }];
    for (let i = 0; i <= depth && level.length > 0; i++) {
        const next: typeof level = [];
        for (const { address, tx } of level) {
            result.transactions++;
            const code = exitCode(tx);
            if (code !== 0 && tx.inMessage) {
                result.failures.push({ address, body: tx.inMessage.body, code });
            }
            for (const message of internalOut(tx).slice(0, 8)) {
                const child = await receiver(provider, message);
                if (child !== undefined && message.info.type === 'internal') {
                    next.push({ address: message.info.dest, tx: child });
                }
            }
        }
        level = next;
    }
    return result;
}
