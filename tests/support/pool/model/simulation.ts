/**
 * A pool on the sandbox beside its shadow. Every message is delivered here, one by one and in an order that the caller
 * chooses; after each transaction the shadow handles the same message, and exit code, outgoing messages, events and
 * balance must be what it says. Nothing enters or leaves: the sum of all accounts, of what is under way and of what was
 * burned as fees never changes by a nanoton.
 */
import { Cell, external, Message as ChainMessage, Transaction } from '@ton/core';

import { decodePoolEvent, poolCodes, vaultAddress } from '../../../../wrappers/pool';
import type { PoolEnvironment, Treasury } from '../environment';
import { parseShardAccount, RawAccount } from './account';
import { DistributionModel } from './distribution';
import { Fees } from './fees';
import { OperatorModel } from './operator';
import { freshEpoch, RegistryModel } from './registry';
import { Context, decode, Effect, Message, Out, parse, plain, raw, Refused } from './types';
import { VaultModel } from './vault';
import * as views from './views';

/** A message that a wallet shall send. */
export type Send = { from: string; to: string; value: bigint; body: Cell; bounce: boolean };

/** A message under way. */
export type Flight = { from: string; to: string; message: ChainMessage; shadow: Message; bounced: boolean };

type Actor = OperatorModel | RegistryModel | DistributionModel | VaultModel;

const EXTERNAL = 'outside';
/** Fields that hold packed books: their effect is checked, not their layout. */
const OPAQUE = new Set(['terms', 'recent', 'history', 'wishes', 'participants']);
const OUT_OF_GAS = -14;

export class Simulation {
    readonly fees: Fees;
    readonly flights: Flight[] = [];
    readonly vaults = new Map<string, VaultModel>();
    readonly touched = new Set<string>();
    /** How often what happened: messages with their exit codes, `bounced` before those that came back, and events. */
    readonly handled = new Map<string, number>();
    private readonly accounts = new Map<string, RawAccount>();
    private readonly vaultAddresses = new Map<string, string>();
    private readonly participants = new Map<string, string>();
    private readonly rentDebt = new Map<string, bigint>();
    private burned = 0n;
    private supply = 0n;

    private constructor(
        readonly env: PoolEnvironment,
        readonly people: ReadonlyMap<string, Treasury>,
        readonly operator: OperatorModel,
        readonly registry: RegistryModel,
        readonly distribution: DistributionModel,
        private readonly vaultCode: Cell,
    ) {
        this.fees = new Fees(env.blockchain.config);
    }

    /** Takes over a pool that has just become active, with one trusted proxy and nobody in it. */
    static async create(env: PoolEnvironment, names: readonly string[]): Promise<Simulation> {
        const people = new Map<string, Treasury>();
        for (const name of [...Object.keys(env.roles), ...names]) {
            const person = await env.person(name);
            people.set(raw(person.address), person);
        }
        const role = (name: keyof typeof env.roles) => raw(env.roles[name].address);
        const [operator, registry, distribution] = [env.operator, env.registry, env.distribution].map((c) =>
            raw(c.address),
        );
        const { options, now } = env;
        const roles = { owner: role('owner'), reporter: role('reporter'), arbiter: role('arbiter') };
        const minStake = options.minStake ?? 10n ** 10n;
        const { vaultCode } = await poolCodes();
        // eslint-disable-next-line prefer-const
        let simulation: Simulation;
        const vaultOf = (participant: string) => simulation.vaultOf(participant);
        simulation = new Simulation(
            env,
            people,
            new OperatorModel(registry, distribution, vaultOf, {
                ...roles,
                pendingOwner: null,
                guardian: role('guardian'),
                recovery: role('recovery'),
                nextArbiter: null,
                nextArbiterAt: 0,
                nextRecovery: null,
                nextRecoveryAt: 0,
                active: true,
                stake: options.operatorStake ?? 100n * 10n ** 9n,
                pendingRewards: 0n,
                pendingDonations: 0n,
                participants: 0,
                proxies: [role('proxy')],
                activeSince: now,
                inactiveSince: 0,
                activeBefore: 0,
                finedTo: 0,
                version: 1,
                pausedUntil: 0,
                pauseAllowedAt: 0,
            }),
            new RegistryModel(operator, distribution, vaultOf, {
                ...roles,
                appointed: null,
                active: 0,
                pending: 0,
                exiting: 0,
                stakeTotal: 0n,
                pausedUntil: 0,
                poolActive: true,
                stakeOk: true,
                unmanaged: false,
                missedInRow: 0,
                rolesVersion: 1,
                epoch: freshEpoch(0),
                last: null,
                config: {
                    epochSeconds: Number(options.epochSeconds),
                    anchorEpoch: 0,
                    anchorTime: now,
                    nextSeconds: 0,
                    nextEpoch: 0,
                    minStake,
                    minEarned: options.minEarned ?? 0n,
                    nextMinEarned: 0n,
                    nextMinEarnedAt: 0,
                    open: options.open ?? true,
                    openCeiling: Number(options.openCeiling ?? 1_000_000),
                },
            }),
            new DistributionModel(operator, registry, vaultOf, {
                nextRound: 0,
                rewards: 0n,
                donations: 0n,
                reserve: 0n,
                unpaid: 0n,
                rewardsTotal: 0n,
                donationsTotal: 0n,
                commissionTotal: 0n,
                allocatedTotal: 0n,
                expiredTotal: 0n,
                payout: role('payout'),
                raise: null,
                changes: [{ at: now, bps: Number(options.commissionBps ?? 1000) }],
                rounds: {},
            }),
            vaultCode,
        );
        simulation.supply = simulation.sumOfAccounts();
        return simulation;
    }

    get now(): number {
        return this.env.now;
    }

    vaultOf(participant: string): string {
        let vault = this.vaultAddresses.get(participant);
        if (vault === undefined) {
            vault = raw(vaultAddress(parse(this.operator.registry), parse(participant), this.vaultCode));
            this.vaultAddresses.set(participant, vault);
            this.participants.set(vault, participant);
        }
        return vault;
    }

    /** The shadow of somebody's vault; undefined before his first registration. */
    vault(participant: string): VaultModel | undefined {
        return this.vaults.get(this.vaultOf(participant));
    }

    // ------------------------------------------------------------------ sending and delivering

    /** An external message to the sender's wallet. */
    send({ from, to, value, body, bounce }: Send): void {
        const wallet = this.people.get(from);
        if (wallet === undefined) {
            throw new Error(`${from} has no wallet`);
        }
        const inner = {
            info: {
                type: 'internal',
                ihrDisabled: true,
                bounce,
                bounced: false,
                dest: parse(to),
                value: { coins: value },
                ihrFee: 0n,
                forwardFee: 0n,
                createdAt: 0,
                createdLt: 0n,
            },
            body,
        } as const;
        const transfer = wallet.createTransfer({ messages: [inner] });
        const message = external({ to: wallet.address, body: transfer });
        const shadow = { op: 'transfer', _to: to, _body: body, _value: value };
        this.flights.push({ from: EXTERNAL, to: from, message, shadow, bounced: false });
    }

    /** Positions of the messages that may come next: messages from one account to another keep their order. */
    deliverable(): number[] {
        const seen = new Set<string>();
        const heads: number[] = [];
        this.flights.forEach(({ from, to }, i) => {
            const pair = `${from}>${to}`;
            if (!seen.has(pair)) {
                seen.add(pair);
                heads.push(i);
            }
        });
        return heads;
    }

    /** Delivers one message; the shadow follows. */
    async deliver(index: number): Promise<Transaction> {
        const [flight] = this.flights.splice(index, 1);
        const before = this.account(flight.to);
        const iterator = await this.env.blockchain.sendMessageIter(flight.message, { allowParallel: true });
        const { value: result } = (await iterator.next()) as { value: Transaction };
        const tx = result;
        this.accounts.delete(flight.to);
        const after = this.account(flight.to);
        this.touched.add(flight.to);
        this.checkMoney(flight, tx, before.balance, after.balance);
        this.follow(flight, tx, before, after);
        return tx;
    }

    /** balance before + what came = balance after + what left + fees, and what came is what had left. */
    private checkMoney(flight: Flight, tx: Transaction, before: bigint, after: bigint): void {
        const { info } = flight.message;
        const came = info.type === 'internal' ? info.value.coins : 0n;
        const description = tx.description;
        if (description.type !== 'generic') {
            throw new Error('not an ordinary transaction');
        }
        same('value that arrived', description.creditPhase?.credit.coins ?? 0n, came);
        let left = 0n;
        for (const { info: out } of tx.outMessages.values()) {
            left += out.type === 'internal' ? out.value.coins + out.forwardFee + out.ihrFee : 0n;
        }
        same(`balance of ${flight.to}`, after, before + came - left - tx.totalFees.coins);
        this.burned += tx.totalFees.coins + (info.type === 'internal' ? info.forwardFee + info.ihrFee : 0n);
    }

    // ------------------------------------------------------------------ the shadow

    private actor(flight: Flight): Actor | undefined {
        const { to, message } = flight;
        switch (to) {
            case this.operator.registry:
                return this.registry;
            case this.registry.operator:
                return this.operator;
            case this.operator.distribution:
                return this.distribution;
        }
        const participant = this.participants.get(to);
        if (participant !== undefined && !this.vaults.has(to) && message.init != null) {
            const { operator, distribution } = this.registry;
            this.vaults.set(to, new VaultModel(this.operator.registry, operator, distribution, participant));
        }
        return this.vaults.get(to);
    }

    private follow(flight: Flight, tx: Transaction, before: RawAccount, after: RawAccount): void {
        const actor = this.actor(flight);
        const internals = [...tx.outMessages.values()].filter(({ info }) => info.type === 'internal');
        if (flight.from === EXTERNAL) {
            const [sent] = internals;
            same('messages of a wallet', internals.length, 1);
            same('value of a wallet', sent.info.type === 'internal' && sent.info.value.coins, flight.shadow._value);
            this.flights.push(flightOf(sent, decode(sent.body)));
            return;
        }
        if (actor === undefined) {
            this.bystander(flight, tx, internals);
            return;
        }
        const { description } = tx;
        const { info } = flight.message;
        if (description.type !== 'generic' || info.type !== 'internal') {
            throw new Error('not an ordinary transaction');
        }
        const storage = description.storagePhase?.storageFeesCollected ?? 0n;
        const value = info.value.coins;
        const balance = before.balance - storage + value;
        const context: Context = {
            now: this.now,
            me: flight.to,
            sender: flight.from,
            value,
            balance,
            fees: this.fees,
        };
        const solvencyBefore = this.solvency(actor, before.balance - storage);
        const saved = structuredClone(actor.s);
        let effect: Effect = { out: [], events: [] };
        let exit = 0;
        try {
            effect = flight.bounced ? actor.bounced(flight.shadow, context) : actor.handle(flight.shadow, context);
        } catch (error) {
            if (!(error instanceof Refused)) {
                throw error;
            }
            exit = error.code;
        }
        const { computePhase } = description;
        const found = computePhase.type === 'vm' ? computePhase.exitCode : OUT_OF_GAS;
        const poor = effect.gas !== undefined && value < this.fees.compute(effect.gas);
        if (poor && found === OUT_OF_GAS) {
            exit = OUT_OF_GAS;
        }
        same(`exit code of ${flight.shadow.op}`, found, exit);
        this.count(`${flight.bounced ? 'bounced ' : ''}${flight.shadow.op} ${exit}`);
        if (exit !== 0) {
            actor.s = saved;
            this.refused(flight, tx, internals);
        } else {
            same(`action phase of ${flight.shadow.op}`, description.actionPhase?.resultCode ?? 0, 0);
            this.compareEvents(flight, tx, effect.events);
            const complete = this.compareOut(flight, internals, effect.out);
            if (effect.keep !== undefined && complete) {
                same(`balance that ${flight.shadow.op} leaves`, after.balance, effect.keep);
            }
            if (
                effect.atLeast !== undefined &&
                after.balance < effect.atLeast &&
                flight.shadow.op !== 'ReportMetrics'
            ) {
                const missing = effect.atLeast - after.balance;
                throw new Mismatch(`${flight.shadow.op} costs ${flight.to} ${missing} more than its figure`);
            }
        }
        this.checkSolvency(flight, actor, storage, solvencyBefore, after.balance);
    }

    /** Wallets take everything; where there is no contract, a bounceable message bounces. */
    private bystander(flight: Flight, tx: Transaction, internals: ChainMessage[]): void {
        const { info } = flight.message;
        const wallet = this.people.has(flight.to);
        if (wallet || info.type !== 'internal' || !info.bounce) {
            same('messages of a bystander', internals.length, 0);
            return;
        }
        this.refused(flight, tx, internals);
    }

    private refused(flight: Flight, tx: Transaction, internals: ChainMessage[]): void {
        const { info, body } = flight.message;
        if (info.type !== 'internal' || tx.description.type !== 'generic') {
            throw new Error('not an ordinary transaction');
        }
        const bounced = info.bounce && tx.description.bouncePhase?.type === 'ok';
        same(`bounces of ${flight.shadow.op}`, internals.length, bounced ? 1 : 0);
        // Only a message that cannot pay for its bounce may stay; who runs out of gas has used all of the value for it.
        const { computePhase } = tx.description;
        const burnt = computePhase.type === 'vm' && computePhase.exitCode === OUT_OF_GAS;
        if (info.bounce && !bounced && !burnt && info.value.coins > this.fees.compute(2_000n) + this.fees.small) {
            throw new Error(`${flight.shadow.op} with ${info.value.coins} did not bounce`);
        }
        if (bounced) {
            const [back] = internals;
            const slice = back.body.beginParse();
            same('prefix of a bounce', slice.loadUint(32), 0xffffffff);
            const original = body.beginParse();
            const bits = Math.min(256, original.remainingBits);
            same('bits of a bounce', slice.loadBits(bits).toString(), original.loadBits(bits).toString());
            this.flights.push({ ...flightOf(back, flight.shadow), bounced: true });
        }
    }

    private compareEvents(flight: Flight, tx: Transaction, expected: readonly Message[]): void {
        const found = [...tx.outMessages.values()].filter(({ info }) => info.type === 'external-out');
        same(`number of events of ${flight.shadow.op}`, found.length, expected.length);
        expected.forEach((message, i) => {
            const event = decodePoolEvent(found[i].body);
            if (event === null) {
                throw new Error(`${flight.shadow.op} emitted something unknown`);
            }
            const { event: op, ...fields } = event;
            const kind = 'kind' in fields ? ` ${fields.kind}` : '';
            this.count(`event ${op}${kind}`);
            compareFields(`event ${i} of ${flight.shadow.op}`, { op, ...fields }, message);
        });
    }

    /** True if every message that the shadow expects was sent, also those that may be missing. */
    private compareOut(flight: Flight, found: readonly ChainMessage[], expected: readonly Out[]): boolean {
        let next = 0;
        let complete = true;
        for (const out of expected) {
            const message = found[next] as ChainMessage | undefined;
            const decoded = message === undefined ? undefined : decode(message.body);
            if (message === undefined || decoded === undefined || decoded.op !== out.message.op) {
                if (out.optional !== true) {
                    throw new Error(
                        `${flight.shadow.op} did not send ${out.message.op} but ${decoded?.op ?? 'nothing'}`,
                    );
                }
                complete = false;
                continue;
            }
            const what = `${out.message.op} of ${flight.shadow.op}`;
            const { info } = message;
            if (info.type !== 'internal') {
                throw new Error(`${what} is not internal`);
            }
            same(`receiver of ${what}`, raw(info.dest), out.to);
            same(`bounce flag of ${what}`, info.bounce, out.bounce);
            if (out.value !== undefined) {
                same(`value of ${what}`, info.value.coins, out.value);
            }
            if (out.gross !== undefined) {
                const off = info.value.coins + totalForward(info.forwardFee) - out.gross;
                same(`value of ${what} before its fee, to two nanotons`, off >= -2n && off <= 2n, true);
            }
            compareFields(what, decoded, out.message);
            this.flights.push(flightOf(message, { ...out.message, ...decoded }));
            next += 1;
        }
        same(`number of messages of ${flight.shadow.op}`, found.length, next);
        return complete;
    }

    private count(what: string): void {
        this.handled.set(what, (this.handled.get(what) ?? 0) + 1);
    }

    // ------------------------------------------------------------------ solvency

    private solvency(actor: Actor, balance: bigint): bigint {
        if (actor instanceof VaultModel) {
            return views.vaultSolvency(actor, balance, this.fees);
        }
        if (actor instanceof OperatorModel) {
            return views.operatorSolvency(actor, balance, this.fees);
        }
        return actor instanceof DistributionModel
            ? views.distributionSolvency(actor, balance, this.fees)
            : views.registrySolvency(balance, this.fees);
    }

    /** No transaction makes a contract owe more than it has; only rent does, and what it took is counted. */
    private checkSolvency(flight: Flight, actor: Actor, storage: bigint, before: bigint, balance: bigint): void {
        const after = this.solvency(actor, balance);
        if (after < 0n && after < before) {
            throw new Error(`${flight.shadow.op} took the solvency of ${flight.to} from ${before} to ${after}`);
        }
        this.rentDebt.set(flight.to, after >= 0n ? 0n : this.debt(flight.to) + storage);
    }

    /** Rent that was taken from an account since its solvency was last not negative. */
    debt(address: string): bigint {
        return this.rentDebt.get(address) ?? 0n;
    }

    // ------------------------------------------------------------------ accounts

    account(address: string): RawAccount {
        let account = this.accounts.get(address);
        if (account === undefined) {
            const contract = this.contracts().get(parse(address).toString());
            account = contract === undefined ? { balance: 0n } : parseShardAccount(serialised(contract));
            this.accounts.set(address, account);
        }
        return account;
    }

    private contracts(): Map<string, object> {
        const storage = Reflect.get(this.env.blockchain, 'storage') as object;
        return Reflect.get(storage, 'contracts') as Map<string, object>;
    }

    private sumOfAccounts(): bigint {
        let total = 0n;
        for (const contract of this.contracts().values()) {
            total += parseShardAccount(serialised(contract)).balance;
        }
        return total;
    }

    /** Every nanoton is on an account, under way, or burned. */
    checkSupply(): void {
        let underWay = 0n;
        for (const { message } of this.flights) {
            const { info } = message;
            underWay += info.type === 'internal' ? info.value.coins + info.forwardFee + info.ihrFee : 0n;
        }
        same('all nanotons', this.sumOfAccounts() + underWay + this.burned, this.supply);
    }

    /** Remembers chain and shadow while nothing is under way; the returned function brings both back. */
    checkpoint(): () => Promise<void> {
        const restore = this.env.checkpoint();
        const states = structuredClone([this.operator.s, this.registry.s, this.distribution.s] as const);
        const vaults = [...this.vaults].map(([address, v]) => [address, v.participant, structuredClone(v.s)] as const);
        const [burned, debts] = [this.burned, [...this.rentDebt]];
        return async () => {
            await restore();
            [this.operator.s, this.registry.s, this.distribution.s] = structuredClone(states);
            this.vaults.clear();
            for (const [address, participant, state] of vaults) {
                const { operator, distribution } = this.registry;
                const copy = structuredClone(state);
                this.vaults.set(
                    address,
                    new VaultModel(this.operator.registry, operator, distribution, participant, copy),
                );
            }
            this.burned = burned;
            this.rentDebt.clear();
            debts.forEach(([address, debt]) => this.rentDebt.set(address, debt));
            this.flights.length = 0;
            this.accounts.clear();
            this.touched.clear();
        };
    }

    /** Forgets the transactions that the sandbox keeps. */
    forget(): void {
        Reflect.set(this.env.blockchain, 'transactions', []);
        this.touched.clear();
    }
}

/** A message shows two thirds of its forward fee; the first third went to the validators. */
function totalForward(shown: bigint): bigint {
    const first = 21_845n;
    return (shown * 65_536n) / (65_536n - first);
}

function serialised(contract: object): string {
    return Reflect.get(contract, '_account') as string;
}

function flightOf(message: ChainMessage, shadow: Message): Flight {
    const { info } = message;
    if (info.type !== 'internal') {
        throw new Error('not an internal message');
    }
    return { from: raw(info.src), to: raw(info.dest), message, shadow, bounced: false };
}

/** A difference between chain and shadow. */
export class Mismatch extends Error {}

export function same(what: string, found: unknown, expected: unknown): void {
    const [a, b] = [plain(found), plain(expected)];
    if (a !== b) {
        throw new Mismatch(`${what}: the chain has ${String(a)}, the model ${String(b)}`);
    }
}

/** All fields of `found` that are not packed books must be what the model says, and no field may be left out. */
export function compareFields(what: string, found: Record<string, unknown>, expected: Record<string, unknown>): void {
    const differences: string[] = [];
    const fields = new Set([...Object.keys(found), ...Object.keys(expected)].filter((f) => !/^[_$]/.test(f)));
    for (const field of fields) {
        if (OPAQUE.has(field) && !(field in expected)) {
            continue;
        }
        const [a, b] = [plain(found[field]), plain(expected[field])];
        if (a !== b) {
            differences.push(`${field}: the chain has ${String(a)}, the model ${String(b)}`);
        }
    }
    if (differences.length > 0) {
        throw new Mismatch(`${what}\n  ${differences.join('\n  ')}`);
    }
}
