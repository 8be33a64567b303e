/** Random operations on a simulated pool: mostly what people would do next, and now and then what they must not. */
import { beginCell, Cell, toNano } from '@ton/core';

import {
    addressOfAccount,
    EXIT_DELAY,
    MetricsRow,
    ParticipantRegistry as Registry,
    ParticipantVault as Vault,
    PoolOperator as Operator,
    RewardDistribution as Distribution,
    SLASH_EXECUTE,
    SLASH_VETO,
} from '../../../../wrappers/pool';
import { Random } from '../../random';
import type { Role } from '../environment';
import type { Send, Simulation } from './simulation';
import { parse } from './types';
import { maskOf, Status, VaultModel } from './vault';

/** What an operation does: messages to start with, or time to let pass. */
export type Step = { label: string; sends: Send[]; advanceTo?: number };

type Make = () => Omit<Step, 'label'> | undefined;

/** How a reporter behaves for a while. */
type Mood = 'diligent' | 'negligent';

const PAYOUT_OP = 0xc59a7cd3;
const COCOON_EXCESSES_OP = 0x2565934c;
const ANYTHING = 0x5eed5eed;

export class Operations {
    private mood: Mood = 'diligent';
    private readonly table: [string, () => number, Make][];

    constructor(
        private readonly sim: Simulation,
        private readonly random: Random,
        /** Addresses of those who may be participants. */
        private readonly crowd: readonly string[],
        /** How much else happens between the steps of an epoch. */
        private readonly bustle = 1,
    ) {
        this.table = this.operations();
    }

    next(): Step {
        if (this.random.bool(this.mood === 'diligent' ? 0.008 : 0.04)) {
            this.mood = this.mood === 'diligent' ? 'negligent' : 'diligent';
        }
        for (;;) {
            const [label, , make] = this.choose();
            const step = make();
            if (step !== undefined) {
                return { label: this.describe(label, step), ...step };
            }
        }
    }

    private choose() {
        const weights = this.table.map(([, weight]) => weight());
        let at = this.random.next() * weights.reduce((a, b) => a + b, 0);
        for (const [i, weight] of weights.entries()) {
            at -= weight;
            if (at < 0) {
                return this.table[i];
            }
        }
        return this.table[0];
    }

    private describe(label: string, step: Omit<Step, 'label'>): string {
        const sends = step.sends.map(({ from, value }) => `${from.slice(0, 8)} ${value}`).join(', ');
        const time = step.advanceTo === undefined ? '' : ` +${step.advanceTo - this.sim.now} s`;
        return `${label} ${sends}${time}`.trim();
    }

    // ------------------------------------------------------------------ people

    private role(name: Role): string {
        return this.sim.env.roles[name].address.toRawString();
    }

    private vaults(...statuses: Status[]): VaultModel[] {
        return [...this.sim.vaults.values()].filter((v) => statuses.length === 0 || statuses.includes(v.s.status));
    }

    private oneOf<T>(items: readonly T[]): T | undefined {
        return items.length === 0 ? undefined : this.random.pick(items);
    }

    private anyone(): string {
        return this.random.pick([...this.sim.people.keys()]);
    }

    // ------------------------------------------------------------------ values

    private queryId(): bigint {
        return this.random.bigint(0n, (1n << 64n) - 1n);
    }

    /** The exact cost, more than it, or (rarely) a nanoton less. */
    private value(cost: bigint): bigint {
        const dice = this.random.next();
        return dice < 0.03 ? cost - 1n : dice < 0.6 ? cost : cost + this.random.bigint(1n, toNano('0.5'));
    }

    private amount(low: string, high: string): bigint {
        return this.random.bool(0.2) ? toNano(low) : this.random.bigint(toNano(low), toNano(high));
    }

    private send(from: string, to: string, cost: bigint, body: Cell, exact = false): Omit<Step, 'label'> {
        const sender = this.random.bool(0.03) ? this.anyone() : from;
        const value = exact ? cost : this.value(cost);
        return { sends: [{ from: sender, to, value, body, bounce: true }] };
    }

    private toOperator(from: string, body: Cell, amount = 0n, cost = this.sim.fees.operator) {
        return this.send(from, this.sim.registry.operator, cost + amount, body);
    }

    private toRegistry(from: string, body: Cell, cost = this.sim.fees.relay) {
        return this.send(from, this.sim.operator.registry, cost, body);
    }

    private toDistribution(from: string, body: Cell, cost: bigint) {
        return this.send(from, this.sim.operator.distribution, cost, body);
    }

    private toVault(v: VaultModel | undefined, body: Cell, cost = this.sim.fees.vaultSmall, from?: string) {
        return v && this.send(from ?? v.participant, this.sim.vaultOf(v.participant), cost, body);
    }

    // ------------------------------------------------------------------ the table

    private operations(): [string, () => number, Make][] {
        const w = (weight: number) => () => weight;
        const members = () => this.vaults('active', 'exiting').length;
        const { operator: o, registry: r } = this.sim;
        const diligent = () => this.mood === 'diligent';
        const ended = () => this.sim.now >= r.end;
        const reporting = () => ended() && !r.s.epoch.sealed && this.sim.now < r.reportUntil && diligent();
        const complete = () => this.complete();
        const due = () => r.isDue(this.sim.now);
        const free = () => !o.s.active && this.sim.now >= o.s.inactiveSince + Number(EXIT_DELAY);
        const rest: [string, () => number, Make][] = [
            ['register', () => (members() < 4 ? 14 : 3), () => this.register()],
            ['approve', () => 6 * this.vaults('pending').length, () => this.admit('approve')],
            ['reject', () => this.vaults('pending').length, () => this.admit('reject')],
            ['cancel registration', () => this.vaults('pending').length, () => this.cancelRegistration()],
            ['add stake', w(2), () => this.stake('add')],
            ['withdraw stake', w(2), () => this.stake('withdraw')],
            ['request exit', w(1.5), () => this.requestExit()],
            ['cancel exit', () => 0.5 * this.vaults('exiting').length, () => this.exit('cancel')],
            ['complete exit', () => 1.5 * this.vaults('exiting').length, () => this.exit('complete')],
            ['pay vault', w(16), () => this.pay(this.payee())],
            ['pay operator', w(4), () => this.pay(r.operator)],
            ['sweep', w(3), () => this.sweep()],
            ['operator sync', w(2), () => this.operatorSync()],
            ['distribution sync', w(2), () => this.distributionSync()],
            ['plain transfer', w(2), () => this.plainTransfer()],
            ['top up reserve', w(1), () => this.topUpReserve()],
            ['wallet money', w(1.5), () => this.walletMoney()],
            ['void', () => (r.s.epoch.lastAt !== 0 && !r.s.epoch.attempt ? 4 : 0.2), () => this.voidEpoch()],
            ['minimum payout', w(1), () => this.minPayout()],
            ['addresses', w(2), () => this.addressChange()],
            ['commission', w(2), () => this.commission()],
            ['parameters', w(1.5), () => this.parameters()],
            ['proxies', w(1), () => this.proxies()],
            ['slash', () => (this.slashable() ? 9 : 2.5), () => this.slash()],
            ['gpu ceiling', w(1), () => this.ceiling()],
            ['pause', w(0.7), () => this.toOperator(o.s.guardian, Operator.pauseBody({ queryId: this.queryId() }))],
            ['unpause', () => (o.s.pausedUntil > this.sim.now ? 3 : 0.2), () => this.unpause()],
            ['active', () => (o.s.active ? 0.5 : 1), () => this.active()],
            ['top up stake', () => (o.s.stake < toNano('100') ? 4 : 1), () => this.topUpStake()],
            ['operator withdraws', () => (free() ? 5 : 0.4), () => this.operatorWithdraws()],
            ['roles', w(1.5), () => this.roles()],
            ['owner', w(0.7), () => this.owner()],
            ['appoint reporter', () => (r.s.unmanaged ? 3 : 0.3), () => this.appoint()],
            [
                'resync',
                w(0.4),
                () => this.toVault(this.oneOf(this.vaults()), Vault.resyncBody(), this.sim.fees.vaultSmall),
            ],
            ['nonsense', w(0.7), () => this.nonsense()],
        ];
        const owed = () => this.vaults().filter((v) => this.payable(v).length > 0).length;
        return [
            ['time', () => (due() ? 1.5 : ended() && !complete() ? 4 : 14), () => this.time()],
            ['report', () => (reporting() ? (complete() ? 3 : 40) : 0.5), () => this.report()],
            ['seal', () => (reporting() && complete() ? 15 : 0.4), () => this.seal()],
            ['close', () => (due() ? 25 : 0.5), () => this.close()],
            ['start round', () => (due() ? 10 : 0.3), () => this.startRound()],
            ['poke', () => 1 + 2 * owed(), () => this.poke()],
            ['poke many', w(2), () => this.pokeMany()],
            ...rest.map(([label, weight, make]): [string, () => number, Make] => [
                label,
                () => weight() * this.bustle,
                make,
            ]),
        ];
    }

    // ------------------------------------------------------------------ time

    /** Seconds at which something that was announced or is waited for becomes possible, or ends. */
    private deadlines(): number[] {
        const { registry: r, operator: o, distribution: d } = this.sim;
        const times = [r.reportUntil - 1, r.reportUntil, o.s.pausedUntil, o.s.pauseAllowedAt, d.s.raise?.at ?? 0];
        times.push(o.s.nextArbiterAt, o.s.nextRecoveryAt);
        if (!o.s.active) {
            times.push(o.s.inactiveSince + Number(EXIT_DELAY), o.s.inactiveSince + Number(EXIT_DELAY));
        }
        for (const { s } of this.vaults('active', 'exiting')) {
            const { exitAt, slashAmount, slashedAt, nextCeilingAt, changes } = s.account!;
            times.push(exitAt, exitAt, nextCeilingAt, changes?.payoutAt ?? 0, changes?.recoveryAt ?? 0);
            if (slashAmount > 0n) {
                const veto = slashedAt + Number(SLASH_VETO);
                times.push(veto - 1, veto, veto, veto, veto + Number(SLASH_EXECUTE) - 1, veto + Number(SLASH_EXECUTE));
            }
        }
        return times;
    }

    private time(): Omit<Step, 'label'> | undefined {
        const { registry: r, now } = this.sim;
        const length = r.s.config.epochSeconds;
        const soon = now + this.random.int(1, Math.max(2, Math.floor(length / 50)));
        let targets = [soon, r.dueAt, r.dueAt, now + length, now + 3 * length, ...this.deadlines()];
        let horizon = now + length + Number(EXIT_DELAY);
        if (this.mood === 'diligent') {
            // Not so far that many epochs would go unreported.
            horizon = now + (this.random.bool(0.1) ? 6 : 1.5) * length;
            if (now < r.end) {
                targets = [soon, r.end, r.end, r.end, r.end + 1];
            } else {
                targets = this.complete() ? [r.dueAt - 1, r.dueAt, r.dueAt] : [soon, r.dueAt];
            }
            if (this.random.bool(0.2)) {
                targets = this.deadlines();
            }
        }
        const advanceTo = this.oneOf(targets.filter((t) => t > now && t <= horizon));
        return advanceTo === undefined ? undefined : { sends: [], advanceTo };
    }

    /** Every vault that was active at the end of the open epoch is reported. */
    private complete(): boolean {
        const { epoch, active } = this.sim.registry.s;
        return epoch.sealed || epoch.accepted >= (epoch.activeAtEnd ?? active) + epoch.left;
    }

    // ------------------------------------------------------------------ participants

    private register() {
        const outside = this.crowd.filter((p) => ['new', 'left'].includes(this.sim.vault(p)?.s.status ?? 'new'));
        const who = this.random.bool(0.9) ? this.oneOf(outside) : this.random.pick(this.crowd);
        if (who === undefined) {
            return undefined;
        }
        const stake = this.random.bool(0.05) ? toNano('10') - 1n : this.amount('10', '60');
        const maybe = () => (this.random.bool(0.3) ? parse(this.anyone()) : null);
        const minPayout = this.random.bool(0.8) ? 0n : this.amount('0.01', '3');
        const metaHash = this.random.bigint(0n, 1000n);
        const wishes = { stake, payout: maybe(), recovery: maybe(), minPayout, metaHash, queryId: this.queryId() };
        return this.toRegistry(who, Registry.registerBody(wishes), stake + this.sim.fees.register);
    }

    private admit(how: 'approve' | 'reject') {
        const v = this.oneOf(this.vaults(...(this.random.bool(0.9) ? (['pending'] as const) : [])));
        const participant = v === undefined ? undefined : parse(v.participant);
        if (participant === undefined) {
            return undefined;
        }
        const args = { participant, queryId: this.queryId(), gpuCeiling: this.gpu() };
        const body = how === 'approve' ? Registry.approveBody(args) : Registry.rejectBody(args);
        return this.toRegistry(this.sim.registry.s.owner, body);
    }

    private gpu(): number {
        return this.random.bool(0.04) ? this.random.pick([0, 1_000_001]) : this.random.int(1, 1_000_000);
    }

    private cancelRegistration() {
        const body = Vault.cancelRegistrationBody({ queryId: this.queryId() });
        return this.toVault(this.oneOf(this.vaults('pending')), body);
    }

    private stake(how: 'add' | 'withdraw') {
        const v = this.oneOf(this.random.bool(0.9) ? this.vaults('active') : this.vaults());
        if (v === undefined) {
            return undefined;
        }
        const queryId = this.queryId();
        if (how === 'add') {
            const amount = this.random.bool(0.03) ? 0n : this.amount('0.5', '20');
            return this.toVault(v, Vault.addStakeBody({ amount, queryId }), amount + this.sim.fees.vaultAsk(2n));
        }
        const free = v.s.stake - (v.s.account?.minStake ?? 0n);
        const amount = this.random.pick([free, free + 1n, free / 2n, 1n, 0n].filter((a) => a >= 0n));
        return this.toVault(v, Vault.withdrawStakeBody({ amount, queryId }));
    }

    private requestExit() {
        const v = this.oneOf(this.random.bool(0.9) ? this.vaults('active') : this.vaults());
        const recovery = v?.s.account?.recovery ?? undefined;
        const from = this.random.bool(0.3) ? recovery : undefined;
        return this.toVault(v, Vault.requestExitBody({ queryId: this.queryId() }), this.sim.fees.vaultSmall, from);
    }

    private exit(how: 'cancel' | 'complete') {
        const v = this.oneOf(this.random.bool(0.95) ? this.vaults('exiting') : this.vaults());
        const queryId = this.queryId();
        return how === 'cancel'
            ? this.toVault(v, Vault.cancelExitBody({ queryId }), this.sim.fees.vaultSmall)
            : this.toVault(v, Vault.completeExitBody({ queryId }), this.sim.fees.vaultAsk(3n), this.role('keeper'));
    }

    private minPayout() {
        const amount = this.random.bool(0.5) ? 0n : this.amount('0.01', '5');
        return this.toVault(this.oneOf(this.vaults()), Vault.setMinPayoutBody({ amount, queryId: this.queryId() }));
    }

    private addressChange() {
        const v = this.oneOf(this.vaults());
        const { now } = this.sim;
        const queryId = this.queryId();
        const recovery = this.random.bool(0.2) ? null : parse(this.anyone());
        const changes = v?.s.account?.changes ?? null;
        const due = changes !== null && [changes.payoutAt, changes.recoveryAt].some((at) => at !== 0 && now >= at);
        const bodies = [
            Vault.setPayoutBody({ payout: parse(this.anyone()), queryId }),
            Vault.setRecoveryBody({ recovery, queryId }),
            ...(changes === null || due ? [] : [Vault.cancelAddressChangeBody({ queryId })]),
            ...(this.random.bool(0.1) ? [Vault.cancelAddressChangeBody({ queryId })] : []),
            ...(due || this.random.bool(0.1) ? Array<Cell>(6).fill(Vault.applyAddressChangeBody({ queryId })) : []),
        ];
        return this.toVault(v, this.random.pick(bodies));
    }

    // ------------------------------------------------------------------ money

    /** Mostly a vault of a member; sometimes one that has not been opened. */
    private payee(): string {
        const who = this.random.bool(0.85) ? this.oneOf(this.vaults())?.participant : undefined;
        return this.sim.vaultOf(who ?? this.random.pick(this.crowd));
    }

    private pay(to: string) {
        const { threshold } = this.sim.fees;
        const dust = [1n, this.random.bigint(1n, threshold), this.random.bigint(1n, threshold), threshold - 1n];
        const value = this.random.bool(0.3) ? this.random.pick(dust) : this.random.bigint(threshold, toNano('40'));
        const from = this.random.bool(0.75)
            ? this.role('proxy')
            : this.random.bool()
              ? this.role('stranger')
              : this.anyone();
        const body = beginCell().storeUint(PAYOUT_OP, 32).storeUint(this.queryId(), 64).endCell();
        return { sends: [{ from, to, value, body, bounce: this.random.bool(0.2) }] };
    }

    private sweep() {
        return this.toVault(
            this.oneOf(this.vaults()),
            Vault.sweepBody({ queryId: this.queryId() }),
            this.sim.fees.vaultSmall,
            this.role('keeper'),
        );
    }

    private operatorSync() {
        const body = Operator.syncBody({ queryId: this.queryId() });
        return this.toOperator(this.role('keeper'), body, 0n, this.sim.fees.operatorSync);
    }

    private distributionSync() {
        const body = Distribution.syncBody({ queryId: this.queryId() });
        return this.toDistribution(this.role('keeper'), body, this.sim.fees.distributionSmall);
    }

    private contracts(): string[] {
        const { registry, distribution } = this.sim.operator;
        return [this.sim.registry.operator, registry, distribution, ...this.sim.vaults.keys()];
    }

    private plainTransfer() {
        return this.send(this.anyone(), this.random.pick(this.contracts()), this.amount('0.01', '2'), Cell.EMPTY, true);
    }

    private topUpReserve() {
        const amount = this.amount('0.1', '20');
        const cost = this.sim.fees.reserve + 2n * this.sim.fees.small;
        return this.toDistribution(this.anyone(), Distribution.topUpReserveBody({ amount }), amount + cost);
    }

    /** What Cocoon and wallets send besides payouts. */
    private walletMoney() {
        const to = this.random.pick([this.sim.registry.operator, ...this.sim.vaults.keys()]);
        const bodies = [
            beginCell().storeUint(COCOON_EXCESSES_OP, 32).storeUint(this.queryId(), 64).endCell(),
            beginCell().storeUint(0xd53276db, 32).storeUint(this.queryId(), 64).endCell(),
            beginCell().storeUint(0, 32).storeUint(0x77, 8).endCell(),
        ];
        return this.send(this.anyone(), to, this.amount('0.02', '5'), this.random.pick(bodies), true);
    }

    private nonsense() {
        const body = beginCell().storeUint(ANYTHING, 32).storeUint(1, 64).endCell();
        return this.send(this.anyone(), this.random.pick(this.contracts()), toNano('0.1'), body, true);
    }

    // ------------------------------------------------------------------ epochs

    private reporter(): string {
        const { unmanaged, appointed, reporter } = this.sim.registry.s;
        return unmanaged && appointed !== null && this.random.bool(0.6) ? appointed : reporter;
    }

    private epochGuess(): number {
        return this.sim.registry.s.epoch.epoch + (this.random.bool(0.04) ? this.random.pick([-1, 1, 2]) : 0);
    }

    private report() {
        const { registry: r, now } = this.sim;
        const next = !this.random.bool(0.5) || !r.isDue(now) || now < r.end + r.s.config.epochSeconds ? 0 : 1;
        const epoch = Math.max(0, this.epochGuess() + next);
        const start = r.startOf(epoch);
        const end = start + r.s.config.epochSeconds;
        const candidates = this.vaults('active', 'exiting', 'left').filter((v) => {
            const entry = v.entry(epoch);
            return entry === null || (r.s.epoch.attempt && !entry.attempt) || this.random.bool(0.03);
        });
        const rows = this.random
            .shuffle(candidates)
            .slice(0, this.random.bool(0.7) ? 80 : this.random.int(1, 4))
            .map((v) => this.row(v, start, end));
        if (this.random.bool(0.1)) {
            const who = this.random.bool() ? this.random.pick(this.crowd) : undefined;
            const participant = who === undefined ? addressOfAccount(this.random.bigint(1n, 1n << 255n)) : parse(who);
            rows.push({ participant, seconds: end - start, gpu: 5, uptimeBps: 10_000, outages: 0 });
        }
        if (rows.length === 0) {
            return undefined;
        }
        if (this.random.bool(0.02)) {
            Object.assign(rows[0], this.random.pick([{ gpu: 0 }, { uptimeBps: 10_001 }, { seconds: end - start + 1 }]));
        }
        const spare = this.random.bool(0.6) ? this.random.bigint(0n, toNano('0.15')) * BigInt(rows.length) : 0n;
        const body = Registry.reportMetricsBody({ queryId: this.queryId(), epoch, rows });
        const { fees } = this.sim;
        const least = fees.reportMinimum(rows.length) + (epoch > r.s.epoch.epoch ? fees.close : 0n);
        const cost = this.random.bool(0.4) ? least : fees.report(rows.length) + spare;
        return this.toRegistry(this.reporter(), body, cost);
    }

    private row(v: VaultModel, start: number, end: number): MetricsRow {
        const possible = Math.max(0, Math.min(end, v.s.completedAt) - Math.max(start, v.s.activatedAt));
        const seconds = this.random.pick([possible, possible, this.random.int(0, possible), 0]);
        const uptime = this.random.pick([10_000, 9_501, 9_500, 8_000, 7_999, 0, this.random.int(0, 10_000)]);
        return {
            participant: parse(v.participant),
            seconds: this.random.bool(0.04) ? Math.min(end - start, possible + 1) : seconds,
            gpu: this.random.bool(0.04)
                ? Math.min(1_000_000, v.s.ceiling + 1)
                : this.random.int(1, Math.max(1, Math.min(v.s.ceiling, this.random.pick([5, 5000, 1_000_000])))),
            uptimeBps: uptime,
            outages: this.random.bool(0.7) ? 0 : this.random.int(0, 14),
        };
    }

    private seal() {
        const body = Registry.sealBody({ queryId: this.queryId(), epoch: Math.max(0, this.epochGuess()) });
        return this.toRegistry(this.reporter(), body, this.sim.fees.mark);
    }

    private voidEpoch() {
        const { owner, arbiter } = this.sim.registry.s;
        const body = Registry.voidEpochBody({ queryId: this.queryId(), epoch: Math.max(0, this.epochGuess()) });
        return this.toRegistry(this.random.pick([owner, arbiter]), body, this.sim.fees.mark);
    }

    private close() {
        const responseTo = this.random.bool(0.2) ? parse(this.anyone()) : null;
        const body = Registry.closeEpochBody({ queryId: this.queryId(), responseTo });
        return this.toRegistry(this.role('keeper'), body, this.sim.fees.close);
    }

    private startRound() {
        const body = Distribution.startRoundBody({ queryId: this.queryId() });
        return this.toDistribution(this.role('keeper'), body, this.sim.fees.start);
    }

    private upTo(v?: VaultModel): number {
        return v === undefined || this.random.bool(0.8) || v.s.due.length === 0
            ? 0xffffffff
            : this.random.pick(v.s.due);
    }

    /** Rounds that are fixed and unpaid. */
    private payable(v: VaultModel): number[] {
        return v.s.due.filter((e) => e < this.sim.distribution.s.nextRound);
    }

    private poke() {
        const owed = this.vaults().filter((v) => this.payable(v).length > 0);
        const v = this.oneOf(this.random.bool(0.9) ? owed : this.vaults());
        if (v === undefined) {
            return undefined;
        }
        const upTo = this.random.bool(0.8) ? this.sim.distribution.s.nextRound - 1 : this.upTo(v);
        const epochs = v.s.due.filter((e) => e <= upTo);
        const responseTo = this.random.bool(0.2) ? parse(this.anyone()) : null;
        const body = Vault.pokeBody({ queryId: this.queryId(), upTo, responseTo });
        const cost = this.sim.fees.poke(maskOf(epochs, epochs[0] ?? 0));
        return this.toVault(v, body, cost, this.random.bool() ? this.role('keeper') : undefined);
    }

    private pokeMany() {
        const everybody = this.random.shuffle([...this.crowd]).slice(0, this.random.int(1, 8));
        const upTo = this.random.bool(0.8) ? Math.max(0, this.sim.distribution.s.nextRound - 1) : this.upTo();
        const args = { queryId: this.queryId(), upTo, participants: everybody.map(parse) };
        const cost = this.sim.fees.pokeMany(everybody.length);
        const spare = this.random.bool() ? this.random.bigint(0n, toNano('0.1')) * BigInt(everybody.length) : 0n;
        return this.toDistribution(this.role('keeper'), Distribution.pokeManyBody(args), cost + spare);
    }

    // ------------------------------------------------------------------ the operator's side

    private commission() {
        const bps = this.random.bool(0.05) ? this.random.pick([499, 1501]) : this.random.int(500, 1500);
        const queryId = this.queryId();
        const bodies = [
            Operator.setCommissionBody({ bps, queryId }),
            Operator.setCommissionBody({ bps, queryId }),
            Operator.cancelCommissionBody({ queryId }),
        ];
        return this.toOperator(this.sim.operator.s.owner, this.random.pick(bodies));
    }

    private parameters() {
        const queryId = this.queryId();
        const length = this.sim.env.options.epochSeconds ?? 86_400;
        const lengths = [Number(length), Math.floor(Number(length) * 0.8), Number(length) + 1234, 3599];
        const amount = this.random.bool(0.6) ? 0n : this.amount('0.1', '3');
        const bodies = [
            Operator.announceEpochLengthBody({ seconds: this.random.pick(lengths), queryId }),
            Operator.announceMinEarnedBody({ amount, queryId }),
            Operator.setAdmissionBody({ open: this.random.bool(0.7), gpuCeiling: this.gpu(), queryId }),
            Operator.setPayoutAddressBody({ payout: parse(this.anyone()), queryId }),
        ];
        return this.toOperator(this.sim.operator.s.owner, this.random.pick(bodies));
    }

    private proxies() {
        const proxy = parse(this.random.pick([this.role('proxy'), this.role('stranger')]));
        const known = this.sim.operator.s.proxies.includes(proxy.toRawString());
        const remove = known ? this.random.bool(0.5) : this.random.bool(0.1);
        const body = remove ? Operator.removeProxyBody({ proxy }) : Operator.addProxyBody({ proxy });
        return this.toOperator(this.sim.operator.s.owner, body);
    }

    /** An open slash whose time for a veto is over. */
    private slashable(): VaultModel | undefined {
        const { now } = this.sim;
        return this.vaults('active', 'exiting').find(
            (v) => v.slashOpen(now) && now >= v.account().slashedAt + Number(SLASH_VETO),
        );
    }

    private slash() {
        const v =
            (this.random.bool(0.8) ? this.slashable() : undefined) ?? this.oneOf(this.vaults('active', 'exiting'));
        if (v === undefined) {
            return undefined;
        }
        const args = { participant: parse(v.participant), queryId: this.queryId() };
        const { registry, fees } = this.sim;
        const open = v.slashOpen(this.sim.now);
        const vetoable = this.sim.now < v.account().slashedAt + Number(SLASH_VETO);
        if (!open || this.random.bool(0.1)) {
            const amount = this.random.bool(0.05) ? 0n : this.amount('0.1', '40');
            const body = Registry.announceSlashBody({ ...args, amount, reasonHash: 7n });
            return this.toRegistry(registry.s.owner, body);
        }
        return this.random.bool(vetoable ? 0.4 : 0.05)
            ? this.toRegistry(registry.s.arbiter, Registry.vetoSlashBody(args))
            : this.random.bool(vetoable ? 0.1 : 1)
              ? this.toVault(v, Vault.executeSlashBody(args), fees.executeSlash, this.role('keeper'))
              : undefined;
    }

    private ceiling() {
        const v = this.oneOf(this.vaults());
        const participant = v && parse(v.participant);
        const args = participant && { participant, gpuCeiling: this.gpu(), queryId: this.queryId() };
        return args && this.toRegistry(this.sim.registry.s.owner, Registry.setGpuCeilingBody(args));
    }

    private unpause() {
        return this.toOperator(this.sim.operator.s.owner, Operator.unpauseBody({ queryId: this.queryId() }));
    }

    private active() {
        const active = this.random.bool(0.95) ? !this.sim.operator.s.active : this.sim.operator.s.active;
        return this.toOperator(this.sim.operator.s.owner, Operator.setActiveBody({ active, queryId: this.queryId() }));
    }

    private topUpStake() {
        const missing = toNano('100') - this.sim.operator.s.stake;
        const amount = missing > 0n && this.random.bool(0.7) ? missing : this.amount('1', '60');
        return this.toOperator(this.anyone(), Operator.topUpStakeBody({ amount, queryId: this.queryId() }), amount);
    }

    private operatorWithdraws() {
        const { owner, stake } = this.sim.operator.s;
        const queryId = this.queryId();
        const amount = this.random.pick([stake, stake / 2n, stake + 1n, 1n]);
        return this.random.bool(0.8)
            ? this.toOperator(owner, Operator.withdrawOperatorStakeBody({ amount, queryId }), 0n, this.withdrawCost())
            : this.toOperator(this.role('keeper'), Operator.emergencyWithdrawBody({ queryId }), 0n, this.sim.fees.idle);
    }

    private withdrawCost(): bigint {
        const { idle, operator } = this.sim.fees;
        return idle > operator ? idle : operator;
    }

    private roles() {
        const { owner, nextArbiterAt, nextRecoveryAt } = this.sim.operator.s;
        const holder = parse(this.anyone());
        const queryId = this.queryId();
        const due = (at: number) => at !== 0 && this.sim.now >= at;
        const slow = due(nextArbiterAt) || this.random.bool(0.4) ? 'arbiter' : 'recovery';
        if (due(slow === 'arbiter' ? nextArbiterAt : nextRecoveryAt) || this.random.bool(0.1)) {
            return this.toOperator(this.anyone(), Operator.applyRoleBody({ role: slow, queryId }));
        }
        if (this.random.bool(0.15)) {
            return this.toOperator(this.anyone(), Operator.syncRolesBody({ queryId }));
        }
        const fast = this.random.pick(['reporter', 'guardian'] as const);
        const bodies = [
            Operator.setRoleBody({ role: fast, holder, queryId }),
            Operator.setRoleBody({ role: slow, holder, queryId }),
            Operator.setRoleBody({ role: slow, holder, queryId }),
            Operator.cancelRoleBody({ role: slow, queryId }),
        ];
        return this.toOperator(owner, this.random.pick(bodies));
    }

    private owner() {
        const { owner, pendingOwner } = this.sim.operator.s;
        const queryId = this.queryId();
        return pendingOwner !== null && this.random.bool(0.7)
            ? this.toOperator(pendingOwner, Operator.acceptOwnershipBody({ queryId }))
            : this.toOperator(owner, Operator.nominateOwnerBody({ owner: parse(this.anyone()), queryId }));
    }

    private appoint() {
        const body = Registry.appointReporterBody({ reporter: parse(this.anyone()), queryId: this.queryId() });
        return this.toRegistry(this.sim.registry.s.arbiter, body);
    }
}
