/**
 * One contract of the pool alone, with wallets in the place of its neighbours: a message in, and what comes out of it
 * to the nano. Whole chains of messages are tested with ./environment.
 */
import { Address, beginCell, Builder, Cell, Message, toNano, Transaction } from '@ton/core';
import { configParse18, configParseGasLimitsPrices, configParseMsgPrices, loadConfigParamById } from '@ton/ton';
import {
    Blockchain,
    createShardAccount,
    internal,
    SandboxContract,
    SendMessageResult,
    TreasuryContract,
} from '@ton/sandbox';

import '@ton/test-utils';

import './native-hash';

import { storeMetricsEntry, storeOpenVault } from '../../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import {
    GAS_OPERATOR_COUNT,
    GAS_REGISTRY_UPDATE,
    GAS_VAULT_METRICS,
    loadRegistryConfig,
    CLAIM_BITS,
    CLAIM_CELLS,
    FLOOR_SECONDS,
    GAS_DISTRIBUTION_CLAIM_BASE,
    GAS_DISTRIBUTION_CLAIM_ROUND,
    PAYOUT_MESSAGE_BITS,
    RegistryConfig,
    RENT_SECONDS,
    storeRegistryConfig,
    storeRolesUpdate,
    storeRoleSet,
    storeSetUpRegistry,
    VAULT_BITS,
    VAULT_CELLS,
} from '../../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { MetricsEntry, OpenVault } from '../../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import {
    Integer,
    MetricsRow,
    ParticipantRegistry,
    ParticipantVault,
    poolCodes,
    registryConfigCell,
    RegistryParams,
} from '../../../wrappers/pool';
import { checkpoint, createBlockchain } from '../chain';
import { bundledConfig } from '../prices';

export type Treasury = SandboxContract<TreasuryContract>;

// ---------------------------------------------------------------- transactions

/** An internal message that a transaction sent. */
export type Out = {
    from: Address;
    to: Address;
    value: bigint;
    bounce: boolean;
    op: number | undefined;
    queryId: bigint | undefined;
    body: Cell;
    hasInit: boolean;
};

function outOf(message: Message): Out | undefined {
    const { info, body, init } = message;
    if (info.type !== 'internal') {
        return undefined;
    }
    const slice = body.beginParse();
    return {
        from: info.src,
        to: info.dest,
        value: info.value.coins,
        bounce: info.bounce,
        op: slice.remainingBits >= 32 ? slice.loadUint(32) : undefined,
        queryId: slice.remainingBits >= 64 ? slice.loadUintBig(64) : undefined,
        body,
        hasInit: init != null,
    };
}

/** Internal messages that a transaction sent, in order. */
export function outs(tx: Transaction): Out[] {
    return [...tx.outMessages.values()].map(outOf).filter((out): out is Out => out !== undefined);
}

/** Number of all messages that a transaction sent, events included. */
export function outCount(tx: Transaction): number {
    return tx.outMessages.size;
}

/** Transactions of an account. */
export function txsAt(result: Pick<SendMessageResult, 'transactions'>, address: Address): Transaction[] {
    const id = BigInt(`0x${address.hash.toString('hex')}`);
    return result.transactions.filter((tx) => tx.address === id);
}

/** The first transaction of an account. */
export function txAt(result: Pick<SendMessageResult, 'transactions'>, address: Address): Transaction {
    const [tx] = txsAt(result, address);
    if (tx === undefined) {
        throw new Error('there is no transaction of that account');
    }
    return tx;
}

export function exitCode(tx: Transaction): number | undefined {
    const { description } = tx;
    return description.type === 'generic' && description.computePhase.type === 'vm'
        ? description.computePhase.exitCode
        : undefined;
}

/** Compute and action phase went well. */
export function succeeded(tx: Transaction): boolean {
    return tx.description.type === 'generic' && !tx.description.aborted && exitCode(tx) === 0;
}

/** What a contract has more (or less) after a transaction, the rent of the time before it aside. */
export function kept(tx: Transaction): bigint {
    const { description, inMessage } = tx;
    if (description.type !== 'generic' || description.computePhase.type !== 'vm') {
        throw new Error('an ordinary transaction was expected');
    }
    const value = inMessage?.info.type === 'internal' ? inMessage.info.value.coins : 0n;
    const sent = outs(tx).reduce((sum, out) => sum + out.value, 0n);
    return value - description.computePhase.gasFees - (description.actionPhase?.totalFwdFees ?? 0n) - sent;
}

/** Instead of reserving, some handlers take off what they may cost at most: a little stays with the contract, never a loss. */
export function expectSmallRest(tx: Transaction): void {
    expect(kept(tx)).toBeGreaterThanOrEqual(0n);
    expect(kept(tx)).toBeLessThan(toNano('0.02'));
}

/** What an amount is worth after the gas and the forward fees of a transaction that passes it on. */
export function afterFees(tx: Transaction, value: bigint): bigint {
    const { description } = tx;
    if (description.type !== 'generic' || description.computePhase.type !== 'vm') {
        throw new Error('an ordinary transaction was expected');
    }
    return value - description.computePhase.gasFees - (description.actionPhase?.totalFwdFees ?? 0n);
}

/** Hash of code and data of an account. */
export async function stateHash(blockchain: Blockchain, address: Address): Promise<string> {
    const { accountState } = await blockchain.getContract(address);
    if (accountState?.type !== 'active') {
        return accountState?.type ?? 'none';
    }
    const { code, data } = accountState.state;
    return `${code?.hash().toString('hex')}${data?.hash().toString('hex')}`;
}

/** The contract refuses with that exit code, changes nothing and sends the value back. */
export async function expectRefused(
    blockchain: Blockchain,
    contract: Address,
    code: number,
    send: () => Promise<SendMessageResult>,
): Promise<SendMessageResult> {
    const before = await stateHash(blockchain, contract);
    const result = await send();
    const tx = txsAt(result, contract).find((t) => exitCode(t) !== 0) ?? txAt(result, contract);
    expect(exitCode(tx)).toBe(code);
    expect(await stateHash(blockchain, contract)).toBe(before);
    if (tx.inMessage?.info.type === 'internal' && tx.inMessage.info.bounce) {
        expect(outs(tx)).toHaveLength(1);
        expect(outs(tx)[0].to.equals(tx.inMessage.info.src)).toBe(true);
    }
    return result;
}

/** The bounce of a message, as the network makes it: 256 bits of its body after 0xffffffff. */
export function bounceOf(out: Pick<Out, 'from' | 'to' | 'value' | 'body'>, value = out.value): Message {
    const slice = out.body.beginParse();
    const body = beginCell()
        .storeUint(0xffffffff, 32)
        .storeBits(slice.loadBits(Math.min(256, slice.remainingBits)))
        .endCell();
    return internal({ from: out.to, to: out.from, value, bounce: false, bounced: true, body });
}

/** THROW 63: code that refuses every message. */
export const REFUSING_CODE: Cell = beginCell().storeUint(0xf23f, 16).endCell();
export const REFUSAL = 0x3f;

/** Makes an account refuse everything; the returned function gives it its code, its state and its balance back. */
export async function refuse(blockchain: Blockchain, address: Address): Promise<() => Promise<void>> {
    const { account, balance } = await blockchain.getContract(address);
    const refusing = { address, code: REFUSING_CODE, data: Cell.EMPTY, balance: balance + toNano('1'), workchain: 0 };
    await blockchain.setShardAccount(address, createShardAccount(refusing));
    return async () => blockchain.setShardAccount(address, account);
}

/** An account by hand; without a rent to pay for the time before. */
export async function install(
    blockchain: Blockchain,
    address: Address,
    code: Cell,
    data: Cell,
    balance: bigint,
): Promise<void> {
    await blockchain.setShardAccount(address, createShardAccount({ address, code, data, balance, workchain: 0 }));
}

/** Sets the balance of a contract, as if rent had eaten the difference. */
export async function setBalance(blockchain: Blockchain, address: Address, balance: bigint): Promise<void> {
    const { accountState } = await blockchain.getContract(address);
    if (accountState?.type !== 'active') {
        throw new Error('there is no contract at that address');
    }
    await install(blockchain, address, accountState.state.code!, accountState.state.data!, balance);
}

/** An address inside an expected object. */
export function sameAddress(address: Address): unknown {
    return (expect as unknown as { toEqualAddress(address: Address): unknown }).toEqualAddress(address);
}

/** Fields as text: for comparing what a getter says before and after. */
export function plain(data: object, leaveOut: readonly string[] = []): Record<string, string> {
    const fields = Object.entries(data).filter(([name]) => !leaveOut.includes(name));
    return Object.fromEntries(fields.map(([name, value]) => [name, String(value)]));
}

export function cellOf(store: (builder: Builder) => void): Cell {
    return beginCell().store(store).endCell();
}

// ---------------------------------------------------------------- prices of the bundled configuration

const param = (id: number) => loadConfigParamById(bundledConfig.toBoc().toString('base64'), id).beginParse();
const gasPrices = configParseGasLimitsPrices(param(21));
const forwardPrices = configParseMsgPrices(param(25));
const storagePrices = configParse18(param(18)).at(-1)!;
const ceil16 = (value: bigint) => (value + 0xffffn) >> 16n;

/** computeFee of contracts/common/fees.tact. */
export function computeFee(gas: bigint): bigint {
    return gasPrices.flatGasPrice + ceil16((gas - gasPrices.flatLimit) * gasPrices.other.gasPrice);
}

/** forwardFee of contracts/common/fees.tact. */
export function forwardFee(cells: bigint, bits: bigint): bigint {
    return forwardPrices.lumpPrice + ceil16(forwardPrices.bitPrice * bits + forwardPrices.cellPrice * cells);
}

/** Rent of cells and bits for some seconds. */
export function rentOf(cells: bigint, bits: bigint, seconds: bigint): bigint {
    return ceil16((bits * storagePrices.bit_price_ps + cells * storagePrices.cell_price_ps) * seconds);
}

/** claimCost of contracts/pool/vault-metrics.tact, for so many rounds from the lowest to the highest. */
export const claimCost = (gas: bigint, rounds: bigint): bigint =>
    computeFee(gas + GAS_DISTRIBUTION_CLAIM_BASE + GAS_DISTRIBUTION_CLAIM_ROUND * rounds) +
    forwardFee(CLAIM_CELLS, CLAIM_BITS) +
    3n * smallForward();
/** Rent of a vault for five years, and the last year's, which nothing is paid out of. */
export const vaultRent = (): bigint => rentOf(VAULT_CELLS, VAULT_BITS, RENT_SECONDS);
export const vaultFloor = (): bigint => rentOf(VAULT_CELLS, VAULT_BITS, FLOOR_SECONDS);
export const smallForward = (): bigint => forwardFee(0n, PAYOUT_MESSAGE_BITS);
export const updateCost = (): bigint => computeFee(GAS_REGISTRY_UPDATE + GAS_OPERATOR_COUNT) + 3n * smallForward();

// ---------------------------------------------------------------- a vault alone

const VAULT_PEOPLE = [
    'registry',
    'operator',
    'distribution',
    'participant',
    'payout',
    'recovery',
    'reporter',
    'keeper',
    'stranger',
] as const;
export type VaultPerson = (typeof VAULT_PEOPLE)[number];

export type OpenOptions = Partial<Omit<OpenVault, '$$type' | 'wishes' | 'operator' | 'distribution'>> & {
    value?: bigint;
    payout?: Address | null;
    recovery?: Address | null;
    minPayout?: bigint;
    metaHash?: bigint;
    metaUri?: Cell | null;
};

export type EntryOptions = Partial<{ [K in keyof Omit<MetricsEntry, '$$type'>]: MetricsEntry[K] }> & {
    value?: bigint;
};

const maybeAddress = (address: Address | null | undefined) => (builder: Builder) => builder.storeAddress(address);

export class VaultUnit {
    /** Length of an epoch in `entry`; epoch n ends at `start + (n + 1) * epochSeconds`. */
    readonly epochSeconds = 86_400n;

    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<VaultPerson, Treasury>,
        readonly vault: SandboxContract<ParticipantVault>,
        readonly start: bigint,
    ) {}

    /** A vault that somebody has deployed and nobody has registered. */
    static async create(): Promise<VaultUnit> {
        const blockchain = await createBlockchain();
        const people = {} as Record<VaultPerson, Treasury>;
        for (const name of VAULT_PEOPLE) {
            people[name] = await blockchain.treasury(`vault unit ${name}`);
        }
        const { vaultCode } = await poolCodes();
        const vault = ParticipantVault.createFromConfig({
            registry: people.registry.address,
            participant: people.participant.address,
            vaultCode,
        });
        await people.stranger.send({ to: vault.address, value: toNano('0.01'), init: vault.init, bounce: false });
        return new VaultUnit(blockchain, people, blockchain.openContract(vault), BigInt(blockchain.now!));
    }

    /** The same with a registered participant, active unless told otherwise. */
    static async open(options: OpenOptions = {}): Promise<VaultUnit> {
        const unit = await VaultUnit.create();
        await unit.open(options);
        return unit;
    }

    get address(): Address {
        return this.vault.address;
    }

    addressOf(name: VaultPerson): Address {
        return this.people[name].address;
    }

    get now(): bigint {
        return BigInt(this.blockchain.now!);
    }

    at(time: bigint): void {
        this.blockchain.now = Number(time);
    }

    advance(seconds: bigint): void {
        this.at(this.now + seconds);
    }

    checkpoint(): () => Promise<void> {
        return checkpoint(this.blockchain);
    }

    async send(from: VaultPerson, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.people[from].send({ to: this.address, value, body, bounce: true });
    }

    async bounce(out: Out, value?: bigint): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(bounceOf(out, value));
    }

    async refused(code: number, from: VaultPerson, body: Cell, value?: bigint): Promise<SendMessageResult> {
        return expectRefused(this.blockchain, this.address, code, () => this.send(from, body, value));
    }

    openBody(options: OpenOptions = {}): Cell {
        const { payout, recovery, minPayout, metaHash, metaUri, value: _, ...rest } = options;
        return cellOf(
            storeOpenVault({
                $$type: 'OpenVault',
                queryId: 7n,
                stake: toNano('20'),
                minStake: toNano('10'),
                active: true,
                gpuCeiling: 5000n,
                ...rest,
                operator: this.addressOf('operator'),
                distribution: this.addressOf('distribution'),
                wishes: beginCell()
                    .store(maybeAddress(payout))
                    .store(maybeAddress(recovery))
                    .storeCoins(minPayout ?? 0n)
                    .storeUint(metaHash ?? 0n, 256)
                    .storeMaybeRef(metaUri)
                    .endCell(),
            }),
        );
    }

    async open(options: OpenOptions = {}): Promise<SendMessageResult> {
        return this.send(
            'registry',
            this.openBody(options),
            options.value ?? (options.stake ?? toNano('20')) + toNano('2'),
        );
    }

    entryBody(options: EntryOptions = {}): Cell {
        const { value: _, ...rest } = options;
        const epoch = options.epoch ?? 0n;
        const epochSeconds = options.epochSeconds ?? this.epochSeconds;
        return cellOf(
            storeMetricsEntry({
                $$type: 'MetricsEntry',
                queryId: 9n,
                epoch,
                attempt: false,
                bucket: 0n,
                score: 1000n + epoch,
                seconds: 100n,
                gpu: 5000n,
                epochEnd: this.start + (epoch + 1n) * epochSeconds,
                epochSeconds,
                responseTo: this.addressOf('reporter'),
                minEarned: 0n,
                ...rest,
            }),
        );
    }

    /** One epoch's metrics from the registry. Without a value: enough for the entry, not for a claim. */
    async entry(options: EntryOptions = {}): Promise<SendMessageResult> {
        return this.send('registry', this.entryBody(options), options.value ?? computeFee(2n * GAS_VAULT_METRICS));
    }

    async data() {
        return this.vault.getVaultData();
    }

    async epoch(epoch: Integer) {
        return this.vault.getEpoch(epoch);
    }

    async balance(): Promise<bigint> {
        return (await this.blockchain.getContract(this.address)).balance;
    }
}

// ---------------------------------------------------------------- a registry alone

const REGISTRY_PEOPLE = [
    'operator',
    'distribution',
    'owner',
    'reporter',
    'arbiter',
    'keeper',
    'alice',
    'bob',
    'stranger',
] as const;
export type RegistryPerson = (typeof REGISTRY_PEOPLE)[number];

export type RolesOptions = {
    version?: bigint;
    active?: boolean;
    stakeOk?: boolean;
    pausedUntil?: bigint;
    owner?: Address;
    reporter?: Address;
    arbiter?: Address;
};

export class RegistryUnit {
    private version = 0n;

    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<RegistryPerson, Treasury>,
        readonly registry: SandboxContract<ParticipantRegistry>,
        readonly vaultCode: Cell,
    ) {}

    /** A registry that its operator has deployed and not linked yet. */
    static async create(): Promise<RegistryUnit> {
        const blockchain = await createBlockchain();
        const people = {} as Record<RegistryPerson, Treasury>;
        for (const name of REGISTRY_PEOPLE) {
            people[name] = await blockchain.treasury(`registry unit ${name}`);
        }
        const { vaultCode } = await poolCodes();
        const registry = await ParticipantRegistry.createFromConfig({ operator: people.operator.address });
        await people.operator.send({ to: registry.address, value: toNano('2'), init: registry.init, bounce: false });
        return new RegistryUnit(blockchain, people, blockchain.openContract(registry), vaultCode);
    }

    /** A linked registry of an active pool. */
    static async open(params: RegistryParams = {}): Promise<RegistryUnit> {
        const unit = await RegistryUnit.create();
        await unit.setUp({ epochSeconds: 86_400, openCeiling: 5000, ...params });
        await unit.roles();
        return unit;
    }

    get address(): Address {
        return this.registry.address;
    }

    addressOf(name: RegistryPerson): Address {
        return this.people[name].address;
    }

    get now(): bigint {
        return BigInt(this.blockchain.now!);
    }

    at(time: bigint): void {
        this.blockchain.now = Number(time);
    }

    advance(seconds: bigint): void {
        this.at(this.now + seconds);
    }

    checkpoint(): () => Promise<void> {
        const restore = checkpoint(this.blockchain);
        const { version } = this;
        return async () => {
            this.version = version;
            await restore();
        };
    }

    async send(from: RegistryPerson, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.people[from].send({ to: this.address, value, body, bounce: true });
    }

    /** A message that only a contract can send. */
    async sendAs(from: Address, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(internal({ from, to: this.address, value, body, bounce: true }));
    }

    async bounce(out: Out, value?: bigint): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(bounceOf(out, value));
    }

    async refused(code: number, from: RegistryPerson, body: Cell, value?: bigint): Promise<SendMessageResult> {
        return expectRefused(this.blockchain, this.address, code, () => this.send(from, body, value));
    }

    setUpBody(config: Cell): Cell {
        return cellOf(
            storeSetUpRegistry({
                $$type: 'SetUpRegistry',
                queryId: 3n,
                distribution: this.addressOf('distribution'),
                vaultCode: this.vaultCode,
                config,
            }),
        );
    }

    async setUp(params: RegistryParams = {}): Promise<SendMessageResult> {
        return this.send('operator', this.setUpBody(registryConfigCell(params)));
    }

    rolesBody(options: RolesOptions = {}): Cell {
        const { version = ++this.version, active = true, stakeOk = false, pausedUntil = 0n } = options;
        return cellOf(
            storeRolesUpdate({
                $$type: 'RolesUpdate',
                queryId: 4n,
                version,
                active,
                stakeOk,
                pausedUntil,
                roles: cellOf(
                    storeRoleSet({
                        $$type: 'RoleSet',
                        owner: options.owner ?? this.addressOf('owner'),
                        reporter: options.reporter ?? this.addressOf('reporter'),
                        arbiter: options.arbiter ?? this.addressOf('arbiter'),
                    }),
                ),
            }),
        );
    }

    /** RolesUpdate of the next version; the usual roles of an active pool unless told otherwise. */
    async roles(options: RolesOptions = {}): Promise<SendMessageResult> {
        return this.send('operator', this.rolesBody(options));
    }

    async vaultOf(who: Address): Promise<SandboxContract<ParticipantVault>> {
        const address = await this.registry.getVaultAddress(who);
        return this.blockchain.openContract(ParticipantVault.createFromAddress(address));
    }

    async register(who: 'alice' | 'bob', stake = toNano('10')): Promise<SendMessageResult> {
        return this.registry.sendRegister(this.people[who].getSender(), { stake, queryId: 5 });
    }

    async report(
        epoch: Integer,
        rows: readonly (Partial<MetricsRow> & { participant: Address })[],
        options: { from?: RegistryPerson; value?: bigint; queryId?: bigint } = {},
    ): Promise<SendMessageResult> {
        const { from = 'reporter', ...rest } = options;
        const full = rows.map((row) => ({ seconds: 100, gpu: 50, uptimeBps: 10_000, outages: 0, ...row }));
        return this.registry.sendReportMetrics(this.people[from].getSender(), { ...rest, epoch, rows: full });
    }

    async data() {
        return this.registry.getRegistryData();
    }

    async epoch() {
        return this.registry.getEpochData();
    }

    async balance(): Promise<bigint> {
        return (await this.blockchain.getContract(this.address)).balance;
    }
}

/** A registry configuration, field by field. */
export function configWith(changes: Partial<Omit<RegistryConfig, '$$type'>>): Cell {
    return cellOf(storeRegistryConfig({ ...loadRegistryConfig(registryConfigCell().beginParse()), ...changes }));
}
