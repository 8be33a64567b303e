/**
 * A pool on a test chain, with people called by name:
 *
 *     const env = await PoolEnvironment.create({ epochSeconds: 86400 });
 *     await env.register('alice', { stake: toNano('20') });
 *     await env.payVault('alice', toNano('5'));
 *     await env.endEpoch();
 *     await env.report(0, [{ who: 'alice', gpu: 100 }]);
 *     await env.seal();
 *     env.advanceTo((await env.epoch()).dueAt);
 *     await env.closeEpoch();
 *     const result = await env.poke('alice');
 *
 * Every send returns what the sandbox returns for it. Without a value, sends carry exactly what `get_cost` asks for, so
 * that a cost that is too low shows up everywhere.
 */
import { Address, beginCell, Cell, toNano, Transaction } from '@ton/core';
import { Blockchain, internal, SandboxContract, SendMessageResult, TreasuryContract } from '@ton/sandbox';

import { CocoonOp } from '../../../wrappers/cocoon';
import {
    batches,
    MetricsRow,
    ParticipantRegistry,
    ParticipantVault,
    PoolConfig,
    PoolOperator,
    RegistryParams,
    RewardDistribution,
    Integer,
    SendOptions,
} from '../../../wrappers/pool';
import { checkpoint, ChainOptions, createBlockchain, START_TIME } from '../chain';

export type Treasury = SandboxContract<TreasuryContract>;

/** Somebody: a name, or an address. */
export type Who = string | Address;

/** Names of those who have a part in every pool. `proxy` is trusted, `stranger` has no role. */
export const ROLES = [
    'owner',
    'reporter',
    'guardian',
    'arbiter',
    'recovery',
    'payout',
    'keeper',
    'proxy',
    'stranger',
] as const;
export type Role = (typeof ROLES)[number];

export type PoolOptions = ChainOptions &
    RegistryParams &
    Pick<PoolConfig, 'commissionBps' | 'codes'> & {
        /** An existing chain, for several pools on one. */
        blockchain?: Blockchain;
        /** How far the set-up goes: the bare account, linked contracts, or (by default) an active pool. */
        until?: 'created' | 'deployed' | 'active';
        /** Stake of the operator, 100 TON by default. */
        operatorStake?: bigint;
    };

/** A row by name. What is left out: the whole epoch, GPU score 1000, 100 % uptime, no outage. */
export type TestRow = { who: Who } & Partial<Omit<MetricsRow, 'participant'>>;

export type RegisterOptions = SendOptions & {
    stake?: bigint;
    payout?: Who;
    recovery?: Who;
    minPayout?: bigint;
    metaHash?: bigint;
    metaUri?: Cell;
};

type Results = { result: void } & SendMessageResult;

export class PoolEnvironment {
    private people = new Map<string, Treasury>();

    private constructor(
        readonly blockchain: Blockchain,
        readonly options: PoolOptions,
        readonly roles: Record<Role, Treasury>,
        readonly operator: SandboxContract<PoolOperator>,
    ) {}

    registry!: SandboxContract<ParticipantRegistry>;
    distribution!: SandboxContract<RewardDistribution>;

    static async create(options: PoolOptions = {}): Promise<PoolEnvironment> {
        const blockchain = options.blockchain ?? (await createBlockchain(options));
        const roles = {} as Record<Role, Treasury>;
        for (const role of ROLES) {
            roles[role] = await blockchain.treasury(`pool ${role}`);
        }
        const operator = blockchain.openContract(
            await PoolOperator.createFromConfig({
                openCeiling: 1_000_000,
                ...options,
                owner: roles.owner.address,
                reporter: roles.reporter.address,
                guardian: roles.guardian.address,
                arbiter: roles.arbiter.address,
                recovery: roles.recovery.address,
                payout: roles.payout.address,
            }),
        );
        const env = new PoolEnvironment(blockchain, options, roles, operator);
        const until = options.until ?? 'active';
        if (until !== 'created') {
            await env.deploy();
        }
        if (until === 'active') {
            await env.topUpStake(options.operatorStake ?? toNano('100'));
            await env.operator.sendAddProxy(roles.owner.getSender(), { proxy: roles.proxy.address });
            await env.operator.sendSetActive(roles.owner.getSender(), { active: true });
            if (!(await env.pool()).active) {
                throw new Error('the pool did not become active');
            }
        }
        return env;
    }

    /** DeployPool from the owner; afterwards `registry` and `distribution` are open. */
    async deploy(): Promise<Results> {
        // At ten times the storage price five years of rent are more than the wrapper attaches without asking.
        const result = await this.operator.sendDeployPool(this.roles.owner.getSender(), { value: toNano('50') });
        const data = await this.operator.getPoolData();
        this.registry = this.blockchain.openContract(ParticipantRegistry.createFromAddress(data.registry));
        this.distribution = this.blockchain.openContract(RewardDistribution.createFromAddress(data.distribution));
        return result;
    }

    // ------------------------------------------------------------------ people

    /** The wallet of a role or of anybody else, by name. */
    async person(name: string): Promise<Treasury> {
        if (name in this.roles) {
            return this.roles[name as Role];
        }
        let treasury = this.people.get(name);
        if (treasury === undefined) {
            treasury = await this.blockchain.treasury(name);
            this.people.set(name, treasury);
        }
        return treasury;
    }

    async address(who: Who): Promise<Address> {
        return typeof who === 'string' ? (await this.person(who)).address : who;
    }

    private async sender(who: string) {
        return (await this.person(who)).getSender();
    }

    /** The vault of a participant. */
    async vault(who: Who): Promise<SandboxContract<ParticipantVault>> {
        const address = await this.registry.getVaultAddress(await this.address(who));
        return this.blockchain.openContract(ParticipantVault.createFromAddress(address));
    }

    // ------------------------------------------------------------------ time

    get now(): number {
        return this.blockchain.now ?? START_TIME;
    }

    advance(seconds: Integer): void {
        this.blockchain.now = this.now + Number(seconds);
    }

    advanceTo(time: Integer): void {
        if (Number(time) < this.now) {
            throw new Error(`${time} is in the past of ${this.now}`);
        }
        this.blockchain.now = Number(time);
    }

    /** To the first second after the open epoch. */
    async endEpoch(): Promise<void> {
        this.advanceTo((await this.epoch()).end);
    }

    /** To the first second at which the open epoch can be closed. */
    async untilDue(): Promise<void> {
        const { dueAt } = await this.epoch();
        if (Number(dueAt) > this.now) {
            this.advanceTo(dueAt);
        }
    }

    /** Remembers everything; the returned function brings it back as often as wanted. */
    checkpoint(): () => Promise<void> {
        const people = new Map(this.people);
        const restore = checkpoint(this.blockchain);
        return async () => {
            this.people = new Map(people);
            await restore();
        };
    }

    // ------------------------------------------------------------------ the operator's side

    async topUpStake(amount: bigint, from = 'owner'): Promise<Results> {
        return this.operator.sendTopUpStake(await this.sender(from), { amount });
    }

    async approve(who: Who, gpuCeiling: Integer = 1_000_000): Promise<Results> {
        const participant = await this.address(who);
        return this.registry.sendApprove(this.roles.owner.getSender(), { participant, gpuCeiling });
    }

    async reject(who: Who): Promise<Results> {
        return this.registry.sendReject(this.roles.owner.getSender(), { participant: await this.address(who) });
    }

    async announceSlash(who: Who, amount: bigint, reasonHash = 1n): Promise<Results> {
        const participant = await this.address(who);
        return this.registry.sendAnnounceSlash(this.roles.owner.getSender(), { participant, amount, reasonHash });
    }

    async vetoSlash(who: Who): Promise<Results> {
        return this.registry.sendVetoSlash(this.roles.arbiter.getSender(), { participant: await this.address(who) });
    }

    /** A complete row of ReportMetrics. */
    async row(row: TestRow): Promise<MetricsRow> {
        const { who, ...metrics } = row;
        return {
            seconds: Number(this.options.epochSeconds ?? (await this.registry.getRegistryData()).epochSeconds),
            gpu: 1000,
            uptimeBps: 10_000,
            outages: 0,
            ...metrics,
            participant: await this.address(who),
        };
    }

    /** Reports rows, in as many messages as they need; the result holds the transactions of all of them. */
    async report(
        epoch: Integer,
        rows: readonly TestRow[],
        options: SendOptions & { from?: string } = {},
    ): Promise<SendMessageResult> {
        const { from = 'reporter', ...send } = options;
        const all: SendMessageResult = { transactions: [], events: [], externals: [] };
        for (const batch of batches(await Promise.all(rows.map((row) => this.row(row))))) {
            const result = await this.registry.sendReportMetrics(await this.sender(from), {
                ...send,
                epoch,
                rows: batch,
            });
            all.transactions.push(...result.transactions);
            all.events.push(...result.events);
            all.externals.push(...result.externals);
        }
        return all;
    }

    /** Seals the open epoch, or the given one. */
    async seal(epoch?: Integer, from = 'reporter'): Promise<Results> {
        return this.registry.sendSeal(await this.sender(from), { epoch: epoch ?? (await this.epoch()).epoch });
    }

    async voidEpoch(epoch?: Integer, from = 'arbiter'): Promise<Results> {
        return this.registry.sendVoidEpoch(await this.sender(from), { epoch: epoch ?? (await this.epoch()).epoch });
    }

    // ------------------------------------------------------------------ anybody

    async closeEpoch(options: SendOptions & { from?: string } = {}): Promise<Results> {
        const { from = 'keeper', ...send } = options;
        return this.registry.sendCloseEpoch(await this.sender(from), send);
    }

    async startRound(options: SendOptions & { from?: string } = {}): Promise<Results> {
        const { from = 'keeper', ...send } = options;
        return this.distribution.sendStartRound(await this.sender(from), send);
    }

    async poke(who: Who, options: SendOptions & { from?: string; upTo?: Integer } = {}): Promise<Results> {
        const { from = 'keeper', ...send } = options;
        return (await this.vault(who)).sendPoke(await this.sender(from), send);
    }

    /** PokeMany, in as many messages as it needs. */
    async pokeMany(
        who: readonly Who[],
        options: SendOptions & { from?: string; upTo?: Integer } = {},
    ): Promise<SendMessageResult> {
        const { from = 'keeper', ...send } = options;
        const all: SendMessageResult = { transactions: [], events: [], externals: [] };
        for (const batch of batches(await Promise.all(who.map((w) => this.address(w))))) {
            const result = await this.distribution.sendPokeMany(await this.sender(from), {
                ...send,
                participants: batch,
            });
            all.transactions.push(...result.transactions);
            all.events.push(...result.events);
            all.externals.push(...result.externals);
        }
        return all;
    }

    /** The whole of an epoch at once: to its end, report, seal, wait, close. Everybody named is in the rows. */
    async runEpoch(rows: readonly TestRow[]): Promise<Results> {
        const { epoch } = await this.epoch();
        await this.endEpoch();
        if (rows.length > 0) {
            await this.report(epoch, rows);
            await this.seal(epoch);
        }
        await this.untilDue();
        return this.closeEpoch();
    }

    // ------------------------------------------------------------------ participants

    async register(name: string, options: RegisterOptions = {}): Promise<Results> {
        const { payout, recovery, ...rest } = options;
        return this.registry.sendRegister(await this.sender(name), {
            stake: this.options.minStake ?? toNano('10'),
            ...rest,
            payout: payout === undefined ? null : await this.address(payout),
            recovery: recovery === undefined ? null : await this.address(recovery),
        });
    }

    /** A Cocoon payout to a vault; from the trusted proxy unless another name is given. */
    async payVault(who: Who, value: bigint, from = 'proxy', queryId = 0n): Promise<SendMessageResult> {
        return this.pay((await this.vault(who)).address, value, from, queryId);
    }

    /** A Cocoon payout to the operator contract itself. */
    async payOperator(value: bigint, from = 'proxy', queryId = 0n): Promise<SendMessageResult> {
        return this.pay(this.operator.address, value, from, queryId);
    }

    private async pay(to: Address, value: bigint, from: string, queryId: bigint): Promise<SendMessageResult> {
        const body = beginCell().storeUint(CocoonOp.payout, 32).storeUint(queryId, 64).endCell();
        return (await this.person(from)).send({ to, value, body, bounce: true });
    }

    /** A message that claims to come from `from`: the only way to send what only a contract can send. */
    async impersonate(from: Address, to: Address, value: bigint, body: Cell): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(internal({ from, to, value, body, bounce: true }));
    }

    // ------------------------------------------------------------------ getters

    async pool() {
        return this.operator.getPoolData();
    }

    async registryData() {
        return this.registry.getRegistryData();
    }

    async epoch() {
        return this.registry.getEpochData();
    }

    async distributionData() {
        return this.distribution.getDistributionData();
    }

    async round(round: Integer) {
        return this.distribution.getRound(round);
    }

    async vaultData(who: Who) {
        return (await this.vault(who)).getVaultData();
    }

    async balance(who: Who): Promise<bigint> {
        return (await this.blockchain.getContract(await this.address(who))).balance;
    }

    /** What every contract of the pool holds beyond its ledger and its rent. */
    async solvency(participants: readonly Who[] = []): Promise<Record<string, bigint>> {
        const result: Record<string, bigint> = {
            operator: await this.operator.getSolvency(),
            registry: await this.registry.getSolvency(),
            distribution: await this.distribution.getSolvency(),
        };
        for (const who of participants) {
            result[who.toString()] = await (await this.vault(who)).getSolvency();
        }
        return result;
    }
}

/** Internal messages with an operation code that transactions sent, in order. */
export function messagesWith(
    transactions: readonly Transaction[],
    opcode: number,
): { from: Address; to: Address; value: bigint; body: Cell }[] {
    const found: { from: Address; to: Address; value: bigint; body: Cell }[] = [];
    for (const tx of transactions) {
        for (const { info, body } of tx.outMessages.values()) {
            const slice = body.beginParse();
            if (info.type === 'internal' && slice.remainingBits >= 32 && slice.preloadUint(32) === opcode) {
                found.push({ from: info.src, to: info.dest, value: info.value.coins, body });
            }
        }
    }
    return found;
}
