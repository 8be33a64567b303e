/**
 * What every script has in common: arguments, output for people or as JSON, the pool it works on, and the one way to
 * send anything: show what will be signed and what it costs, ask, send, and look at the chain until it shows the result.
 */
import * as path from 'node:path';
import {
    Address,
    Cell,
    Contract,
    ContractProvider,
    OpenedContract,
    openContract,
    TupleItem,
    TupleReader,
} from '@ton/core';
import type { NetworkProvider } from '@ton/blueprint';
import { TonClient } from '@ton/ton';

import {
    ParticipantRegistry,
    ParticipantVault,
    poolCodes,
    PoolInit,
    PoolOperator,
    RewardDistribution,
    vaultAddress,
} from '../../wrappers/pool';
import { LocalNetworkProvider } from '../../tools/localnet/provider';
import { Args, helpText, parseArgs, ScriptSpec } from './args';
import { chainTime, outcome, retry, sleep } from './chain';
import { ResolveName } from './csv';
import { decodeMessage, fieldLines, messageName } from './decode';
import { walletFees } from './wallet-fees';
import {
    ChainError,
    describeFailure,
    messageOf,
    PartialError,
    RefusedError,
    requireRule,
    ScriptError,
    UsageError,
} from './errors';
import { parseAddress, parseSeconds, parseTon, toJson, ton } from './format';
import { cellFromText, Manifest, readManifest } from './manifest';
import { Progress } from './progress';

export type PoolData = Awaited<ReturnType<OpenedContract<PoolOperator>['getPoolData']>>;
export type RegistryData = Awaited<ReturnType<OpenedContract<ParticipantRegistry>['getRegistryData']>>;
export type EpochData = Awaited<ReturnType<OpenedContract<ParticipantRegistry>['getEpochData']>>;
export type VaultData = Awaited<ReturnType<OpenedContract<ParticipantVault>['getVaultData']>>;

/** A pool with its contracts open. */
export type Pool = {
    address: Address;
    operator: OpenedContract<PoolOperator>;
    registry: OpenedContract<ParticipantRegistry>;
    distribution: OpenedContract<RewardDistribution>;
    data: PoolData;
    vaultCode: Cell;
    /** Computed here: no request. */
    vaultAddress(participant: Address): Address;
    vault(participant: Address): OpenedContract<ParticipantVault>;
};

/** A message that a script sends. */
export type Step = {
    /** What it does, for people. */
    title: string;
    to: Address;
    /** Which contract that is. */
    toName: string;
    value: bigint;
    /** Part of the value that is an amount (a stake) and not there for fees. */
    moved?: bigint;
    body: Cell;
    init?: PoolInit;
    /** True once the chain shows the result. */
    done: () => Promise<boolean>;
    /** What is waited for, in the message of a failure. */
    awaited: string;
    /** Messages that this one causes may fail one by one (a batch); `done` judges. */
    tolerant?: boolean;
};

export type ExecuteOptions = {
    /** More than one message belongs to one piece of work: a bar instead of a line each. */
    label?: string;
};

export class Session {
    readonly json: boolean;
    readonly dryRun: boolean;
    readonly yes: boolean;
    /** local, or as the provider says: mainnet, testnet, ... */
    readonly network: string;
    private readonly sent: { title: string; to: string; value: bigint; message: string; done: boolean }[] = [];
    private readonly result: Record<string, unknown> = {};
    private queries = 0n;

    constructor(
        readonly spec: ScriptSpec,
        readonly provider: NetworkProvider,
        readonly args: Args,
    ) {
        this.json = args.has('json');
        this.dryRun = args.has('dry-run');
        this.yes = args.has('yes');
        this.network = networkName(provider);
    }

    // ------------------------------------------------------------------ output

    /** A line for people. */
    say(line = ''): void {
        if (!this.json) {
            this.provider.ui().write(line);
        }
    }

    /** Facts for the result in JSON. */
    report(facts: Record<string, unknown>): void {
        Object.assign(this.result, facts);
    }

    progress(label: string, total: number): Progress {
        return new Progress(label, total, this.json ? {} : { write: (l) => this.say(l), terminal: process.stderr });
    }

    /** User-friendly, bounceable: the form for contracts. */
    show(address: Address): string {
        return address.toString({ testOnly: this.network !== 'mainnet' });
    }

    finish(error?: unknown): void {
        if (!this.json) {
            return;
        }
        const failure = error !== undefined && {
            error: messageOf(error),
            exitCode: error instanceof ScriptError ? error.exitCode : 1,
        };
        const line = toJson({
            ok: error === undefined,
            script: this.spec.name,
            network: this.network,
            dryRun: this.dryRun,
            ...failure,
            messages: this.sent,
            ...jsonValue(this.result, (a) => this.show(a)),
        });
        if (this.provider instanceof LocalNetworkProvider) {
            this.provider.ui().write(line);
        } else {
            // Blueprint's interface puts escape sequences in front of every line
            process.stdout.write(`\n${line}\n`);
        }
    }

    // ------------------------------------------------------------------ arguments

    get interactive(): boolean {
        return process.stdin.isTTY === true && !this.json;
    }

    /** A value that must be there: given, from the environment, or asked for where somebody can answer. */
    async text(name: string): Promise<string> {
        const value = this.args.get(name);
        if (value !== undefined) {
            return value;
        }
        const about = this.spec.flags?.[name]?.about ?? this.spec.positionals?.[name] ?? name;
        if (!this.interactive) {
            throw new UsageError(`${this.spec.name} needs --${name}: ${about}`);
        }
        return (await this.provider.ui().input(`${name} (${about})`)).trim();
    }

    /** An address; on the local chain also the name of a wallet. */
    async address(name: string): Promise<Address> {
        return this.toAddress(await this.text(name), name);
    }

    async optionalAddress(name: string): Promise<Address | undefined> {
        const value = this.args.get(name);
        return value === undefined ? undefined : this.toAddress(value, name);
    }

    async toAddress(text: string, what: string): Promise<Address> {
        return (await this.resolveName?.(text)) ?? parseAddress(text, what);
    }

    async ton(name: string): Promise<bigint> {
        return parseTon(await this.text(name), name);
    }

    optionalTon(name: string): bigint | undefined {
        const value = this.args.get(name);
        return value === undefined ? undefined : parseTon(value, name);
    }

    async integer(name: string, low: number, high: number): Promise<number> {
        const value = await this.text(name);
        if (!/^\d{1,10}$/.test(value) || Number(value) < low || Number(value) > high) {
            throw new UsageError(`${name} "${value}" is not a whole number from ${low} to ${high}`);
        }
        return Number(value);
    }

    optionalInteger(name: string, low: number, high: number): Promise<number> | undefined {
        return this.args.get(name) === undefined ? undefined : this.integer(name, low, high);
    }

    /** One of a few words. */
    async choice<T extends string>(name: string, choices: readonly T[]): Promise<T> {
        const value = (await this.text(name)).toLowerCase();
        const found = choices.find((choice) => choice.toLowerCase() === value);
        if (found === undefined) {
            throw new UsageError(`${name} "${value}" is not one of ${choices.join(', ')}`);
        }
        return found;
    }

    /** Wallet names, where they exist: on a local chain in this process, those it has used. */
    get resolveName(): ResolveName | undefined {
        const { provider } = this;
        if (!(provider instanceof LocalNetworkProvider)) {
            return undefined;
        }
        return async (name) =>
            provider.chain.walletNames().includes(name) ? (await provider.chain.wallet(name)).address : undefined;
    }

    // ------------------------------------------------------------------ the chain

    /** Opens a contract whose reads are repeated while the endpoint is busy. */
    open<T extends Contract>(contract: T): OpenedContract<T> {
        return openContract(contract, ({ address, init }) =>
            patient(
                this.provider.provider(
                    address,
                    init ? { code: init.code ?? undefined, data: init.data ?? undefined } : undefined,
                ),
            ),
        );
    }

    isDeployed(address: Address): Promise<boolean> {
        return retry(() => this.provider.isContractDeployed(address));
    }

    async balance(address: Address): Promise<bigint> {
        return (await retry(() => this.provider.provider(address).getState())).balance;
    }

    now(near: Address): Promise<number> {
        return chainTime(this.provider, near);
    }

    /** Who signs. */
    get me(): Address {
        const { address } = this.provider.sender();
        if (address === undefined) {
            throw new UsageError('The wallet does not say its address; use --mnemonic or --tonconnect');
        }
        return address;
    }

    /** A number that occurs in no other message of this wallet, so that the message can be found again. */
    queryId(): bigint {
        return BigInt(Date.now()) * 1000n + (this.queries++ % 1000n);
    }

    // ------------------------------------------------------------------ the pool

    get manifestFile(): string {
        return (
            this.args.get('manifest') ??
            path.join(process.env.POOL_DEPLOYMENTS ?? 'deployments', this.network, 'pool.json')
        );
    }

    /** Address of the pool: --pool, POOL_ADDRESS, or the manifest. */
    async poolAddress(): Promise<Address> {
        const given = this.args.get('pool');
        if (given !== undefined) {
            return this.toAddress(given, 'pool');
        }
        const manifest: Manifest | undefined = readManifest(this.manifestFile);
        if (manifest === undefined) {
            throw new UsageError(`Which pool? Give --pool or POOL_ADDRESS; there is no manifest ${this.manifestFile}`);
        }
        return Address.parse(manifest.operator.raw);
    }

    async pool(): Promise<Pool> {
        const address = await this.poolAddress();
        if (!(await this.isDeployed(address))) {
            throw new UsageError(`There is no contract at ${this.show(address)} on ${this.network}`);
        }
        const operator = this.open(PoolOperator.createFromAddress(address));
        const data = await operator.getPoolData();
        requireRule(data.linked, 'ERROR_NOT_LINKED', 'deployPool finishes the deployment.');
        const registry = this.open(ParticipantRegistry.createFromAddress(data.registry));
        const vaultCode = await this.vaultCode(registry);
        this.report({ pool: address });
        const addressOf = (participant: Address) => vaultAddress(data.registry, participant, vaultCode);
        return {
            address,
            operator,
            registry,
            distribution: this.open(RewardDistribution.createFromAddress(data.distribution)),
            data,
            vaultCode,
            vaultAddress: addressOf,
            vault: (participant) => this.open(ParticipantVault.createFromAddress(addressOf(participant))),
        };
    }

    /**
     * The code that vault addresses are derived from. An active pool has dropped it, so it comes from the manifest or
     * from this build; the registry, which knows its hash, says whether it is the right one.
     */
    private async vaultCode(registry: OpenedContract<ParticipantRegistry>): Promise<Cell> {
        const manifest = readManifest(this.manifestFile);
        const probe = registry.address;
        const expected = await registry.getVaultAddress(probe);
        const candidates = manifest === undefined ? [] : [cellFromText(manifest.vault.code)];
        for (const code of [...candidates, (await poolCodes()).vaultCode]) {
            if (vaultAddress(registry.address, probe, code).equals(expected)) {
                return code;
            }
        }
        throw new UsageError('The vaults of this pool have other code than this build: give its --manifest');
    }

    requireOwner(pool: Pool): void {
        requireRule(this.me.equals(pool.data.owner), 'ERROR_NOT_OWNER', this.wrongSender('owner', pool.data.owner));
    }

    wrongSender(role: string, holder: Address): string {
        return `You are ${this.show(this.me)}, the ${role} is ${this.show(holder)}.`;
    }

    /** Entries are open. */
    async requireUnpaused(pool: Pool): Promise<void> {
        const until = Number(pool.data.pausedUntil);
        requireRule(
            (await this.now(pool.address)) >= until,
            'ERROR_PAUSED',
            `Paused until ${new Date(until * 1000).toISOString()}.`,
        );
    }

    // ------------------------------------------------------------------ sending

    /**
     * Shows the messages, asks, sends them one after the other and waits for each result. Returns false after a dry run.
     * A failure after something was done already is PartialError: the script can be run again.
     */
    async execute(steps: readonly Step[], options: ExecuteOptions = {}): Promise<boolean> {
        if (steps.length === 0) {
            return true;
        }
        const total = steps.reduce((sum, step) => sum + step.value, 0n);
        const moved = steps.reduce((sum, step) => sum + (step.moved ?? 0n), 0n);
        const own = steps.reduce((sum, step) => sum + walletFees(step), 0n);
        this.preview(steps, total, moved, own);
        if (this.dryRun) {
            this.sent.push(...steps.map((step) => ({ ...this.summary(step), done: false })));
            this.say('Dry run: nothing was sent.');
            return false;
        }
        const before = await this.balance(this.me);
        if (before < total + own) {
            throw new RefusedError(
                `${this.show(this.me)} holds ${ton(before)}; ${ton(total)} and fees of the wallet, ${ton(own)} at most, are needed.`,
            );
        }
        await this.ask();
        const bar = options.label === undefined ? undefined : this.progress(options.label, steps.length);
        for (const step of steps) {
            await this.send(step);
            bar?.step();
            if (bar === undefined) {
                this.say(`Done: ${step.title}`);
            }
        }
        const spent = before - (await this.balance(this.me)) - moved;
        this.report({ netFees: spent });
        this.say(`Fees so far: ${ton(spent)} (what is left of the attached value comes back by itself).`);
        return true;
    }

    private summary(step: Step) {
        return { title: step.title, to: this.show(step.to), value: step.value, message: messageName(step.body) };
    }

    private preview(steps: readonly Step[], total: bigint, moved: bigint, own: bigint): void {
        const who = this.provider.sender().address;
        this.say(`Network ${this.network}, signed by ${who === undefined ? 'your wallet' : this.show(who)}:`);
        for (const [i, step] of steps.entries()) {
            // many messages of one kind differ in their rows only
            if (i >= 4 && i < steps.length - 1) {
                continue;
            }
            const decoded = decodeMessage(step.body);
            this.say(`${i + 1}. ${step.title}`);
            this.say(`   to     ${step.toName} ${this.show(step.to)}${step.init === undefined ? '' : ' (deploys it)'}`);
            this.say(`   value  ${ton(step.value)}`);
            this.say(`   body   ${messageName(step.body)}`);
            for (const line of fieldLines(decoded?.fields ?? {}, (a) => this.show(a))) {
                this.say(`          ${line}`);
            }
        }
        if (steps.length > 5) {
            this.say(`   (${steps.length - 5} more like these)`);
        }
        const fees = total - moved;
        this.say(
            `Together ${ton(total)}: ${moved > 0n ? `${ton(moved)} moved, ` : ''}at most ${ton(fees)} for fees and rent, the rest returns.`,
        );
        this.say(`Your wallet's own fees, at most ${ton(own)}, come on top.`);
    }

    private async ask(): Promise<void> {
        if (this.yes) {
            return;
        }
        if (!this.interactive) {
            throw new UsageError('Nothing was sent: add --yes to send without a question, or --dry-run to look only');
        }
        if (!(await this.provider.ui().prompt('Send?'))) {
            throw new UsageError('Nothing was sent.');
        }
    }

    private async send(step: Step): Promise<void> {
        const entry = { ...this.summary(step), done: false };
        try {
            await retry(
                () =>
                    this.provider.sender().send({
                        to: step.to,
                        value: step.value,
                        body: step.body,
                        init: step.init && { code: step.init.code, data: step.init.data },
                    }),
                1,
            );
            this.sent.push(entry);
            await this.await(step);
            entry.done = true;
        } catch (e) {
            const text = messageOf(e);
            const done = this.sent.filter((s) => s.done).length;
            if (done > 0) {
                throw new PartialError(
                    `${text}\n${done} message(s) before it went through; run the script again to go on.`,
                );
            }
            throw e instanceof ScriptError ? e : new ChainError(`${step.title}: ${text}`);
        }
    }

    /** Looks at the chain until it shows the result, or shows why there will be none. */
    private async await(step: Step): Promise<void> {
        const seconds = parseSeconds(this.args.get('wait') ?? '120', 'wait');
        const local = this.network === 'local';
        const deadline = Date.now() + seconds * 1000;
        for (let look = 0; ; look++) {
            if (await step.done()) {
                return;
            }
            const found = await outcome(this.provider, step.to, step.body.hash(), step.tolerant === true ? 0 : 4);
            const failure = found?.failures.find((f) => step.tolerant !== true || f.address.equals(step.to));
            // a refusal is final, but the getter that showed no result may be older than the trace
            if (failure !== undefined) {
                await sleep(local ? 20 : 3000);
                if (await step.done()) {
                    return;
                }
                throw new ChainError(
                    `${step.title}: ${messageName(failure.body)} failed at ${this.show(failure.address)} with ` +
                        `${describeFailure(failure.code)}`,
                );
            }
            if (Date.now() >= deadline || (local && look >= 5)) {
                throw new ChainError(
                    `${step.title}: no sign of it (${step.awaited}) within ${seconds} s` +
                        (found === undefined
                            ? '; the message has not arrived'
                            : `; ${found.transactions} transactions went through`),
                );
            }
            await sleep(local ? 30 : Math.min(1500 + look * 500, 5000));
        }
    }
}

/** Addresses as people read them, everything else as it is. */
function jsonValue(value: unknown, show: (a: Address) => string): Record<string, unknown> {
    const convert = (v: unknown): unknown => {
        if (Address.isAddress(v)) {
            return show(v);
        }
        if (v instanceof Cell) {
            return v.toBoc().toString('base64');
        }
        if (Array.isArray(v)) {
            return v.map(convert);
        }
        if (v !== null && typeof v === 'object' && !(v instanceof Map)) {
            return Object.fromEntries(
                Object.entries(v)
                    .filter(([name]) => name !== '$$type')
                    .map(([name, item]) => [name, convert(item)]),
            );
        }
        return v;
    };
    return convert(value) as Record<string, unknown>;
}

/** A local chain calls itself testnet, as its wallets do; its manifests must not be mixed up with the real testnet's. */
export function networkName(provider: NetworkProvider): string {
    if (provider instanceof LocalNetworkProvider) {
        return 'local';
    }
    const api = provider.api();
    const host = api instanceof TonClient ? new URL(api.parameters.endpoint).hostname : '';
    return ['127.0.0.1', 'localhost', '[::1]'].includes(host) ? 'local' : provider.network();
}

/** Reads are repeated while the endpoint is busy; sends are not, for a message that seems lost may have arrived. */
function patient(inner: ContractProvider): ContractProvider {
    return {
        getState: () => retry(() => inner.getState()),
        get: async (name: string, args) => {
            const result = await retry(() => inner.get(name, args));
            return { ...result, stack: wholeStack(result.stack) };
        },
        external: (message) => inner.external(message),
        internal: (via, args) => inner.internal(via, args),
        open: (contract) => inner.open(contract),
        getTransactions: (a, lt, hash, limit) => retry(() => inner.getTransactions(a, lt, hash, limit)),
    };
}

/**
 * @ton/ton leaves what is inside of tuples as plain values, which no reader of structs takes: makes items of them. An empty
 * list is how the API writes null.
 */
function wholeStack(stack: TupleReader): TupleReader {
    const item = (value: unknown): TupleItem => {
        if (typeof value === 'bigint') {
            return { type: 'int', value };
        }
        if (value instanceof Cell) {
            return { type: 'cell', cell: value };
        }
        if (Array.isArray(value)) {
            return value.length === 0 ? { type: 'null' } : { type: 'tuple', items: value.map(item) };
        }
        const known = value as TupleItem;
        return known.type === 'tuple' ? { type: 'tuple', items: known.items.map(item) } : known;
    };
    const items: TupleItem[] = [];
    while (stack.remaining > 0) {
        items.push(item(stack.pop()));
    }
    return new TupleReader(items);
}

/** True when a script runs as a command of its own: only then does it decide how the process ends. */
function ownsProcess(): boolean {
    return (
        process.env.JEST_WORKER_ID === undefined &&
        /^(blueprint|cli)(\.[jt]s)?$/.test(path.basename(process.argv[1] ?? ''))
    );
}

/** Runs a script. Throws ScriptError for every end it foresees; as a command of its own it also sets the exit code. */
export async function runScript(
    spec: ScriptSpec,
    provider: NetworkProvider,
    argv: readonly string[],
    main: (session: Session) => Promise<void>,
): Promise<void> {
    let session: Session | undefined;
    try {
        const args = parseArgs(spec, argv);
        if (args.has('help')) {
            provider.ui().write(helpText(spec));
            return;
        }
        session = new Session(spec, provider, args);
        await main(session);
        session.finish();
    } catch (e) {
        session?.finish(e);
        if (e instanceof ScriptError && ownsProcess()) {
            // Blueprint ends with 1 whatever it caught; the last listener has the last word.
            process.once('exit', () => {
                process.exitCode = e.exitCode;
            });
        }
        throw e;
    }
}
