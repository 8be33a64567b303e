/**
 * The embedded chain: one @ton/sandbox blockchain whose accounts, config, time, logical time and transactions live in
 * a folder. Everything that changes the chain goes through this class, one operation at a time, and is on disk when
 * the returned promise resolves.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import {
    Address,
    beginCell,
    Cell,
    Contract,
    loadTransaction,
    Message,
    OpenedContract,
    openContract,
    StateInit,
    storeShardAccount,
    TupleItem,
} from '@ton/core';
import {
    BlockchainTransaction,
    EmulationError,
    Executor,
    GetMethodResult,
    IExecutor,
    SendMessageResult,
    SmartContract,
} from '@ton/sandbox';
import { LazyAccounts } from './accounts';
import { ChainSandbox, CONFIG_ADDRESS, configAccount, configBoc, ConfigSource } from './sandbox';
import { Clock, wallClock } from './clock';
import { LocalContractProvider } from './contract-provider';
import { FeeEstimate, readFees } from './fees';
import { ChainExecutor } from './executor';
import { LocalnetError, MessageRejectedError } from './errors';
import { Batch, ChainMeta, Store } from './store';
import { NO_POSITION, StoredTx, TxRecord } from './txlog';
import { LocalWallet, Wallets, WalletVersion } from './wallets';

export type OpenOptions = {
    /** 'slim' (default), 'default' or a config cell; on an existing chain it replaces the stored config */
    config?: ConfigSource;
    /** share one executor between chains to save start-up time */
    executor?: IExecutor;
    /** creates the chain with a manual clock that starts at this time; see clock.ts */
    now?: number;
    /** false: no fsync; for throw-away chains */
    durable?: boolean;
    /** wallet version of new named wallets, v4r2 by default */
    walletVersion?: WalletVersion;
    /** replaces the wall clock, for tests of the clock itself */
    wall?: () => number;
};

export type ChainCounts = {
    seqno: number;
    lt: bigint;
    now: number;
    accounts: number;
    transactions: number;
    journalBytes: number;
    droppedBytes: number;
};

/** The faucet is not a contract: its messages come from an address nobody owns. */
export const FAUCET_ADDRESS = new Address(0, Buffer.from('faucet'.padStart(32, '\0')));

export class LocalChain {
    private queue: Promise<unknown> = Promise.resolve();
    private readonly wallets: Wallets;
    private temporary = false;

    private constructor(
        private readonly store: Store,
        private readonly sandbox: ChainSandbox,
        private readonly accounts: LazyAccounts,
        private readonly executor: ChainExecutor,
        private clock: Clock,
        private readonly wall: () => number,
        walletVersion: WalletVersion,
    ) {
        this.wallets = new Wallets(this, store.dir, walletVersion);
    }

    static async open(dir: string, options: OpenOptions = {}): Promise<LocalChain> {
        const wall = options.wall ?? wallClock;
        const store = Store.open(dir, options.durable ?? true);
        try {
            if (!store.current) createGenesis(store, options, wall);
            const meta = store.current!;
            if (options.now !== undefined && meta.clock.mode !== 'manual') {
                throw new LocalnetError(
                    'This chain follows the wall clock; "now" can only be given when it is created',
                );
            }
            const accounts = new LazyAccounts((a) => store.accounts.get(a)?.boc);
            const executor = new ChainExecutor(options.executor ?? (await Executor.create()), wall);
            const sandbox = new ChainSandbox(executor, accounts, meta);
            const clock = new Clock(meta.clock, meta.time, wall);
            const version = options.walletVersion ?? 'v4r2';
            const chain = new LocalChain(store, sandbox, accounts, executor, clock, wall, version);
            if (options.config !== undefined && configBoc(options.config) !== meta.config) {
                await chain.setConfig(options.config);
            }
            return chain;
        } catch (e) {
            store.close();
            throw e;
        }
    }

    /** A chain in a new temporary folder that close() removes. */
    static async temporary(options: OpenOptions = {}): Promise<LocalChain> {
        const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'localnet-'));
        const chain = await LocalChain.open(dir, { durable: false, ...options });
        chain.temporary = true;
        return chain;
    }

    /** Waits for the operation in progress, then closes the folder. */
    async close(): Promise<void> {
        await this.exclusive(async () => {
            this.store.close();
            if (this.temporary) fs.rmSync(this.store.dir, { recursive: true, force: true });
        });
    }

    get dir(): string {
        return this.store.dir;
    }

    /** Chain time: what now() gives in a contract. */
    get now(): number {
        return this.clock.now;
    }

    get wallNow(): number {
        return this.wall();
    }

    get lt(): bigint {
        return this.sandbox.lt;
    }

    /** Number of the last block; every committed message makes one. */
    get seqno(): number {
        return this.store.current!.seqno;
    }

    get config(): Cell {
        return this.sandbox.config;
    }

    counts(): ChainCounts {
        return {
            seqno: this.seqno,
            lt: this.lt,
            now: this.now,
            accounts: this.store.accounts.size,
            transactions: this.store.current!.transactions,
            journalBytes: this.store.journalSize,
            droppedBytes: this.store.droppedBytes,
        };
    }

    // ---------------------------------------------------------------- messages

    /**
     * Executes a message and everything that follows from it, and makes it durable.
     * @throws MessageRejectedError if the destination did not accept an external message
     */
    async send(message: Message | Cell): Promise<SendMessageResult> {
        return this.exclusive(() => this.execute(message));
    }

    /** Executes messages one after another; nothing else gets in between. Those in front of a failing one stay. */
    async sendMessages(messages: (Message | Cell)[]): Promise<SendMessageResult[]> {
        return this.exclusive(async () => {
            const results: SendMessageResult[] = [];
            for (const m of messages) results.push(await this.execute(m));
            return results;
        });
    }

    /** Gives coins out of nothing; with an init it deploys the account too. */
    async faucet(to: Address, value: bigint, init?: StateInit): Promise<SendMessageResult> {
        if (value <= 0n) throw new LocalnetError('The faucet gives a positive amount only');
        return this.send({
            info: {
                type: 'internal',
                ihrDisabled: true,
                bounce: false,
                bounced: false,
                src: FAUCET_ADDRESS,
                dest: to,
                value: { coins: value },
                ihrFee: 0n,
                forwardFee: 0n,
                createdLt: this.lt,
                createdAt: this.now,
            },
            init,
            body: Cell.EMPTY,
        });
    }

    /** Runs one external message without keeping the result and reports the fees of its first transaction. */
    async estimate(message: Message, options: { ignoreSignature?: boolean } = {}): Promise<FeeEstimate> {
        const dest = message.info.dest;
        if (!Address.isAddress(dest)) throw new LocalnetError('The message has no destination');
        return this.exclusive(async () => {
            this.sandbox.now = this.clock.tick().now;
            try {
                const contract = this.accounts.copy(this.sandbox, dest);
                const tx = await contract.receiveMessage(message, { ignoreChksig: options.ignoreSignature ?? false });
                return readFees(tx);
            } catch (e) {
                throw asRejection(e);
            }
        });
    }

    private async execute(message: Message | Cell): Promise<SendMessageResult> {
        const clock = this.clock.tick();
        const ltBefore = this.sandbox.lt;
        const libsBefore = this.sandbox.libs;
        this.sandbox.now = clock.last;
        const transactions: BlockchainTransaction[] = [];
        const records: TxRecord[] = [];
        const changed = new Map<string, Buffer>();
        try {
            // its own queue: what a failing message leaves in the queue must not run with the next one
            for await (const tx of await this.sandbox.sendMessageIter(message, { allowParallel: true })) {
                const dest = tx.inMessage!.info.dest as Address;
                const account = dest.toRawString();
                const bytes = this.executor.take();
                const contract = await this.sandbox.getContract(dest);
                changed.set(account, bytes.account);
                records.push({
                    account,
                    lt: tx.lt,
                    hash: tx.hash(),
                    utime: tx.now,
                    endBalance: contract.balance,
                    boc: bytes.transaction,
                });
                transactions.push(tx);
            }
            this.commit({ changed, records, clock });
        } catch (e) {
            // whatever was executed lives only in the sandbox's objects: drop them and read the stored bytes again
            this.accounts.clearKnownContracts();
            this.sandbox.rewind(ltBefore, libsBefore);
            throw transactions.length === 0 ? asRejection(e) : e;
        } finally {
            this.sandbox.forgetTransactions();
            this.accounts.shrink();
        }
        return {
            transactions,
            events: transactions.flatMap((tx) => tx.events),
            externals: transactions.flatMap((tx) => tx.externals),
        };
    }

    private commit(change: { changed?: Map<string, Buffer>; records?: TxRecord[]; clock: Clock; config?: string }) {
        const before = this.store.current!;
        const records = change.records;
        const meta: ChainMeta = {
            seqno: before.seqno + (records ? 1 : 0),
            lt: this.sandbox.lt.toString(),
            time: change.clock.last,
            clock: change.clock.state,
            config: change.config ?? before.config,
            libs: this.sandbox.libs?.toBoc().toString('base64') ?? null,
            transactions: before.transactions + (records?.length ?? 0),
        };
        const batch: Batch = {
            meta,
            accounts: [...(change.changed ?? [])].map(([address, boc]) => ({ address, boc })),
        };
        if (records) batch.block = { time: change.clock.last, txs: records };
        this.store.commit(batch);
        this.clock = change.clock;
    }

    // ---------------------------------------------------------------- reading

    /** The account as the sandbox sees it. Read only: changes made to it are not kept. */
    async account(address: Address): Promise<SmartContract> {
        return this.exclusive(() => this.sandbox.getContract(address));
    }

    /** True if the chain has ever seen this account. */
    isKnown(address: Address): boolean {
        return this.store.accounts.has(address.toRawString());
    }

    /** Raw addresses of all accounts. */
    addresses(): IterableIterator<string> {
        return this.store.accounts.keys();
    }

    async runGetMethod(address: Address, method: string | number, args: TupleItem[] = []): Promise<GetMethodResult> {
        return this.exclusive(() => this.sandbox.runGetMethod(address, method, args, { now: this.clock.now }));
    }

    /** Log entries of an account, newest first, read from disk as the iteration goes on. */
    history(address: Address): Generator<StoredTx> {
        const position = this.store.accounts.get(address.toRawString())?.lastTx ?? NO_POSITION;
        return this.store.log.backwards(position);
    }

    /** The newest transactions of an account, newest first. */
    transactions(address: Address, limit = 100) {
        const out = [];
        for (const entry of this.history(address)) {
            if (out.length >= limit) break;
            out.push(loadTransaction(Cell.fromBoc(entry.boc)[0].beginParse()));
        }
        return out;
    }

    block(seqno: number): { time: number; transactions: StoredTx[] } | undefined {
        const block = this.store.log.block(seqno);
        return block && { time: block.time, transactions: this.store.log.blockTransactions(seqno) };
    }

    // ---------------------------------------------------------------- clock, config

    /** Moves chain time forward; storage fees, vesting and deadlines follow. Returns the new time. */
    async advance(seconds: number): Promise<number> {
        return this.exclusive(async () => {
            this.commit({ clock: this.clock.advance(seconds) });
            return this.now;
        });
    }

    async setConfig(source: ConfigSource): Promise<void> {
        const config = configBoc(source);
        await this.exclusive(async () => {
            const account = beginCell()
                .store(storeShardAccount(configAccount(config)))
                .endCell()
                .toBoc();
            this.commit({ clock: this.clock, config, changed: new Map([[CONFIG_ADDRESS.toRawString(), account]]) });
            this.sandbox.setConfig(Cell.fromBase64(config));
            this.accounts.clearKnownContracts();
        });
    }

    /** Merges the journal into the snapshot now; happens by itself as the journal grows. */
    async compact(): Promise<void> {
        await this.exclusive(async () => this.store.compact());
    }

    // ---------------------------------------------------------------- contracts, wallets

    provider(address: Address, init?: StateInit | null): LocalContractProvider {
        return new LocalContractProvider(this, address, init ?? null);
    }

    /** Opens a wrapper directly on the engine (all getter types work, unlike through the HTTP API). */
    open<T extends Contract>(contract: T): OpenedContract<T> {
        return openContract(contract, (args) => this.provider(args.address, args.init));
    }

    /** A wallet that belongs to a name, the same on every chain; funded when first used on this one. */
    wallet(name: string, version?: WalletVersion): Promise<LocalWallet> {
        return this.wallets.get(name, version);
    }

    /** Names of the wallets used on this chain so far. */
    walletNames(): string[] {
        return this.wallets.names();
    }

    /** Operations must not interleave: each depends on the state the previous one left. */
    private exclusive<T>(action: () => Promise<T>): Promise<T> {
        const run = this.queue.then(action);
        this.queue = run.catch(() => undefined);
        return run;
    }
}

function createGenesis(store: Store, options: OpenOptions, wall: () => number) {
    const config = configBoc(options.config ?? 'slim');
    const meta: ChainMeta = {
        seqno: 0,
        lt: '0',
        time: options.now ?? wall(),
        clock: options.now === undefined ? { mode: 'wall', shift: 0 } : { mode: 'manual' },
        config,
        libs: null,
        transactions: 0,
    };
    const boc = beginCell()
        .store(storeShardAccount(configAccount(config)))
        .endCell()
        .toBoc();
    store.create(meta, [{ address: CONFIG_ADDRESS.toRawString(), boc }]);
}

function asRejection(e: unknown): unknown {
    return e instanceof EmulationError ? new MessageRejectedError(e.error, e.exitCode, e.vmLogs) : e;
}
