/** Shadow of a ParticipantVault: what its comments and architecture.md promise, without its packing. */
import {
    EXIT_DELAY,
    REASON_APPROVED,
    REASON_CANCELLED,
    REASON_EXIT_CANCELLED,
    REASON_EXIT_REQUESTED,
    REASON_EXITED,
    REASON_REFUSED,
    REASON_REJECTED,
    REASON_RESYNC,
    REASON_SLASHED,
    REASON_STAKE_ADDED,
    REASON_STAKE_WITHDRAWN,
    SLASH_EXECUTE,
    SLASH_VETO,
} from '../../../../wrappers/pool';
import * as built from '../../../../build/PoolOperator/PoolOperator_PoolOperator';
import { Context, Effect, max, Message, min, require, seconds } from './types';

export type Status = 'new' | 'pending' | 'active' | 'exiting' | 'left';
export const STATUS: readonly Status[] = ['new', 'pending', 'active', 'exiting', 'left'];

export type Entry = { attempt: boolean; bucket: number; score: bigint };

/** Eight epochs of metrics. */
export type Block = { number: number; entries: Record<number, Entry> };

export type Deltas = { active: number; pending: number; exiting: number; stake: bigint };

/** What exists from the first registration on. */
export type Account = {
    minStake: bigint;
    payout: string;
    minPayout: bigint;
    recovery: string | null;
    metaHash: bigint;
    exitAt: number;
    earnedMark: bigint;
    nextCeiling: number;
    nextCeilingAt: number;
    slashAmount: bigint;
    slashedAt: number;
    slashReason: bigint;
    changes: { payout: string | null; payoutAt: number; recovery: string | null; recoveryAt: number } | null;
    owed: Deltas | null;
    /** Epoch + 1 that `earnedMark` was set for. */
    markedFor: number;
    /** Ceiling before it was lowered. */
    lastCeiling: number;
    loweredAt: number;
    /** The membership before the present one. */
    past: { from: number; to: number };
};

export type VaultState = {
    status: Status;
    stake: bigint;
    pending: bigint;
    earned: bigint;
    /** Unpaid epochs, and the first epoch of the window of 64 that they lie in. */
    due: number[];
    first: number;
    activatedAt: number;
    completedAt: number;
    ceiling: number;
    recent: Block | null;
    /** By number modulo 8. */
    history: Record<number, Block>;
    account: Account | null;
};

const FOREVER = 0xffffffff;
const DELAY = seconds(EXIT_DELAY);
const VETO = seconds(SLASH_VETO);
const EXECUTE = seconds(SLASH_EXECUTE);
const WINDOW = 64;

export function maskOf(epochs: readonly number[], first: number): bigint {
    return epochs.reduce((mask, epoch) => mask | (1n << BigInt(epoch - first)), 0n);
}

export class VaultModel {
    constructor(
        readonly registry: string,
        readonly operator: string,
        readonly distribution: string,
        readonly participant: string,
        public s: VaultState = {
            status: 'new',
            stake: 0n,
            pending: 0n,
            earned: 0n,
            due: [],
            first: 0,
            activatedAt: 0,
            completedAt: 0,
            ceiling: 0,
            recent: null,
            history: {},
            account: null,
        },
    ) {}

    /** Everything that is owed: the balance may never be below it and the rent of a year. */
    get ledger(): bigint {
        return this.s.stake + this.s.pending;
    }

    private get member(): boolean {
        return this.s.status === 'active' || this.s.status === 'exiting';
    }

    private get outside(): boolean {
        return this.s.status === 'new' || this.s.status === 'left';
    }

    account(): Account {
        require(this.s.account !== null, 'ERROR_VAULT_STATE');
        return this.s.account;
    }

    get payoutAddress(): string {
        return this.s.account?.payout ?? this.participant;
    }

    slashOpen(now: number): boolean {
        const { slashAmount, slashedAt, exitAt } = this.account();
        const end = slashedAt + VETO + EXECUTE;
        return slashAmount !== 0n && now < (exitAt === 0 ? end : Math.min(end, exitAt + VETO));
    }

    entry(epoch: number): Entry | null {
        const number = Math.floor(epoch / 8);
        const block = this.s.recent?.number === number ? this.s.recent : this.s.history[number % 8];
        return block?.number === number ? (block.entries[epoch % 8] ?? null) : null;
    }

    // ------------------------------------------------------------------ dispatch

    handle(message: Message, c: Context): Effect {
        const handler = (this as unknown as Record<string, ((m: Message, c: Context) => Effect) | undefined>)[
            `on${message.op}`
        ];
        if (handler !== undefined) {
            return handler.call(this, message, c);
        }
        if (message.op === 'plain') {
            return { out: [], events: [] };
        }
        require(message.op === 'text', 'ERROR_UNKNOWN_OP');
        return this.toParticipant('OwnMoney', 0n, c);
    }

    bounced(message: Message, c: Context): Effect {
        switch (message.op) {
            case 'Claim': {
                this.restore(message._epochs as number[], Number(message.firstRound));
                return { out: [], events: [] };
            }
            case 'VaultPayout':
                this.s.pending += max(0n, c.value - c.fees.compute(built.GAS_VAULT_PAYOUT));
                return { out: [], events: [] };
            case 'AskAddStake':
                return this.toParticipant('StakeReturned', message.queryId as bigint, c);
            case 'SlashPaid': {
                const amount = message.amount as bigint;
                if (!this.member) {
                    return this.toParticipant('StakeReturned', message.queryId as bigint, c);
                }
                this.s.stake += amount;
                if (c.value < amount + c.fees.update + c.fees.compute(built.GAS_VAULT_SMALL)) {
                    this.owe({ active: 0, pending: 0, exiting: 0, stake: amount });
                    return { out: [], events: [] };
                }
                return this.tellWithRest(c, message, REASON_SLASHED, { stake: amount }, amount);
            }
            case 'VaultUpdate':
                this.owe({
                    active: Number(message.active),
                    pending: Number(message.pending),
                    exiting: Number(message.exiting),
                    stake: message.stake as bigint,
                });
                return { out: [], events: [] };
            default:
                return this.toParticipant('OwnMoney', 0n, c);
        }
    }

    /** Counts that the registry hears of with the next update. */
    private owe(more: Deltas): void {
        const owed = this.account().owed ?? { active: 0, pending: 0, exiting: 0, stake: 0n };
        this.account().owed = {
            active: owed.active + more.active,
            pending: owed.pending + more.pending,
            exiting: owed.exiting + more.exiting,
            stake: owed.stake + more.stake,
        };
    }

    // ------------------------------------------------------------------ hot path

    onCocoonPayout(m: Message, c: Context): Effect {
        if (this.outside) {
            return { ...this.toParticipant('OwnMoney', m.queryId as bigint, c), gas: built.GAS_VAULT_PAYOUT };
        }
        const { pending, stake } = this.s;
        this.s.earned += c.value;
        const amount = min(pending + c.value, c.balance - stake - c.fees.vaultFloor);
        if (amount < c.fees.threshold) {
            this.s.pending += max(0n, c.value - c.fees.compute(built.GAS_VAULT_PAYOUT));
            return { out: [], events: [], gas: built.GAS_VAULT_PAYOUT };
        }
        this.s.pending = 0n;
        return this.forward(m.queryId as bigint, c.sender, amount, c);
    }

    private forward(queryId: bigint, proxy: string | null, amount: bigint, c: Context): Effect {
        return {
            out: [
                {
                    to: this.operator,
                    bounce: true,
                    message: { op: 'VaultPayout', queryId, participant: this.participant, proxy },
                },
            ],
            events: [],
            keep: c.balance - amount,
        };
    }

    onMetricsEntry(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        const epoch = Number(m.epoch);
        const end = Number(m.epochEnd);
        const start = end - Number(m.epochSeconds);
        const within = (from: number, to: number) => Math.min(end, to) - Math.max(start, from);
        const times = [within(this.s.activatedAt, this.s.completedAt)];
        if (this.s.account !== null) {
            times.push(within(this.s.account.past.from, this.s.account.past.to));
        }
        const possible = times.filter((time) => time >= 0);
        require(possible.length > 0 &&
            Number(m.seconds) <= possible.reduce((all, time) => all + time, 0), 'ERROR_SECONDS');
        const a = this.account();
        const risen = a.nextCeilingAt !== 0 && c.now >= a.nextCeilingAt ? a.nextCeiling : 0;
        const lowered = start < a.loweredAt ? a.lastCeiling : 0;
        require(Number(m.gpu) <= Math.max(this.s.ceiling, risen, lowered), 'ERROR_GPU_CEILING');
        const minEarned = m.minEarned as bigint;
        if (minEarned > 0n && m.seconds !== 0n && a.markedFor !== epoch + 1) {
            require(this.s.earned - a.earnedMark >= minEarned, 'ERROR_MIN_EARNED');
            a.earnedMark = this.s.earned;
            a.markedFor = epoch + 1;
        }
        const entry = { attempt: m.attempt as boolean, bucket: Number(m.bucket), score: m.score as bigint };
        this.record(epoch, entry);

        const claimed = this.s.due.filter((e) => e < epoch);
        if (this.s.due.length === 0) {
            this.s.first = epoch;
        } else if (epoch - this.s.first > WINDOW - 1) {
            this.s.first = epoch - (WINDOW - 1);
        }
        const paying = claimed.filter((e) => e >= this.s.first);
        this.s.due = paying;
        const out: Effect['out'] = [];
        const response = m.responseTo as string;
        if (paying.length > 0 && c.value >= c.fees.metrics(maskOf(paying, paying[0]))) {
            this.s.due = [];
            out.push(this.claim(m.queryId as bigint, paying, response));
        } else if (c.value > c.fees.compute(2n * built.GAS_VAULT_METRICS)) {
            out.push({ to: response, bounce: false, optional: true, message: { op: 'Excesses', queryId: m.queryId } });
        }
        if (entry.score > 0n) {
            this.s.due.push(epoch);
        }
        return { out, events: [], keep: out.length > 0 ? c.balance - c.value : undefined };
    }

    /** One entry an epoch; attempt 1 replaces attempt 0. Nothing older than the newest eight epochs' block. */
    private record(epoch: number, entry: Entry): void {
        const number = Math.floor(epoch / 8);
        const recent = this.s.recent ?? { number, entries: {} };
        require(number >= recent.number, 'ERROR_DUPLICATE_METRICS');
        if (number > recent.number) {
            this.s.history[recent.number % 8] = recent;
            this.s.recent = { number, entries: {} };
        } else {
            this.s.recent = recent;
        }
        const before = this.s.recent.entries[epoch % 8];
        require(before === undefined || (!before.attempt && entry.attempt), 'ERROR_DUPLICATE_METRICS');
        this.s.recent.entries[epoch % 8] = entry;
    }

    onPoke(m: Message, c: Context): Effect {
        const epochs = this.s.due.filter((e) => e <= Number(m.upTo));
        require(epochs.length > 0, 'ERROR_NOTHING_DUE');
        require(c.value >= c.fees.poke(maskOf(epochs, epochs[0])), 'ERROR_VALUE_TOO_LOW');
        this.s.due = this.s.due.filter((e) => e > Number(m.upTo));
        const response = (m.responseTo as string | null) ?? c.sender;
        return { out: [this.claim(m.queryId as bigint, epochs, response)], events: [], keep: c.balance - c.value };
    }

    private claim(queryId: bigint, epochs: number[], responseTo: string): Effect['out'][number] {
        return {
            to: this.distribution,
            bounce: true,
            message: {
                op: 'Claim',
                queryId,
                firstRound: epochs[0],
                mask: maskOf(epochs, epochs[0]),
                responseTo,
                _epochs: epochs,
                _entries: epochs.map((e) => this.entry(e)),
                _participant: this.participant,
                _payout: this.account().payout,
                _minPayout: this.account().minPayout,
            },
        };
    }

    /** Refused rounds are due again; what is more than 64 epochs before the newest falls out. */
    private restore(epochs: readonly number[], first: number): void {
        const base = this.s.due.length === 0 ? first : Math.min(first, this.s.first);
        const all = [...new Set([...epochs, ...this.s.due])].sort((a, b) => a - b);
        this.s.first = Math.max(base, all[all.length - 1] - (WINDOW - 1));
        this.s.due = all.filter((e) => e >= this.s.first);
    }

    // ------------------------------------------------------------------ from the registry

    onOpenVault(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        const stake = m.stake as bigint;
        const open = m.active as boolean;
        if (!this.outside || c.value < stake + c.fees.vaultFloor) {
            const counts = { active: open ? -1 : 0, pending: open ? 0 : -1, stake: -stake };
            const told = this.tell(c, m, REASON_REFUSED, counts);
            const rest = this.toParticipant('StakeReturned', m.queryId as bigint, c);
            return { ...rest, out: [...told, ...rest.out] };
        }
        const wishes = m._wishes as Pick<Account, 'recovery' | 'minPayout' | 'metaHash'> & { payout: string | null };
        const before = this.s.account;
        this.s.account = {
            minStake: m.minStake as bigint,
            payout: before?.payout ?? wishes.payout ?? this.participant,
            minPayout: wishes.minPayout,
            recovery: before === null ? wishes.recovery : before.recovery,
            metaHash: wishes.metaHash,
            exitAt: 0,
            earnedMark: before === null ? 0n : this.s.earned,
            nextCeiling: 0,
            nextCeilingAt: 0,
            slashAmount: 0n,
            slashedAt: before?.slashedAt ?? 0,
            slashReason: 0n,
            changes: before?.changes ?? null,
            owed: before?.owed ?? null,
            markedFor: 0,
            lastCeiling: before?.lastCeiling ?? 0,
            loweredAt: before?.loweredAt ?? 0,
            past:
                this.s.activatedAt === 0
                    ? (before?.past ?? { from: 0, to: 0 })
                    : { from: this.s.activatedAt, to: this.s.completedAt },
        };
        this.s.stake = stake;
        this.s.status = open ? 'active' : 'pending';
        this.s.activatedAt = open ? Number(m.at) : 0;
        this.s.completedAt = open ? FOREVER : 0;
        this.s.ceiling = open ? Number(m.gpuCeiling) : 0;
        const rest = c.value - stake - c.fees.vaultRent;
        const worthIt = rest > c.fees.compute(2n * built.GAS_VAULT_OPEN);
        return {
            out: worthIt
                ? [
                      {
                          to: this.participant,
                          bounce: false,
                          optional: true,
                          message: { op: 'Excesses', queryId: m.queryId },
                      },
                  ]
                : [],
            events: [],
        };
    }

    onActivate(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        require(this.s.status === 'pending', 'ERROR_VAULT_STATE');
        this.s.status = 'active';
        this.s.activatedAt = c.now;
        this.s.completedAt = FOREVER;
        this.s.ceiling = Number(m.gpuCeiling);
        return this.tellWithRest(c, m, REASON_APPROVED, { active: 1, pending: -1 });
    }

    onRejected(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        require(this.s.status === 'pending', 'ERROR_VAULT_STATE');
        return this.leave(c, m, REASON_REJECTED, { pending: -1 });
    }

    onGpuCeilingChanged(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        require(this.member, 'ERROR_VAULT_STATE');
        const a = this.account();
        if (a.nextCeilingAt !== 0 && c.now >= a.nextCeilingAt) {
            this.s.ceiling = a.nextCeiling;
            a.nextCeilingAt = 0;
        }
        const ceiling = Number(m.gpuCeiling);
        if (ceiling <= this.s.ceiling) {
            const last = c.now < a.loweredAt + 2 * seconds(built.EPOCH_MAX) ? a.lastCeiling : 0;
            a.lastCeiling = Math.max(last, this.s.ceiling);
            a.loweredAt = c.now;
            this.s.ceiling = ceiling;
            a.nextCeilingAt = 0;
        } else {
            a.nextCeiling = ceiling;
            a.nextCeilingAt = c.now + DELAY;
        }
        return this.toParticipant('Excesses', m.queryId as bigint, c);
    }

    onSlashAnnounced(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        const a = this.account();
        require(this.member, 'ERROR_VAULT_STATE');
        require(a.slashAmount === 0n || c.now >= a.slashedAt + VETO + EXECUTE, 'ERROR_NO_SLASH_NOW');
        require(a.slashedAt === 0 || c.now >= a.slashedAt + DELAY, 'ERROR_NO_SLASH_NOW');
        a.slashAmount = min(m.amount as bigint, this.s.stake / 2n);
        a.slashedAt = c.now;
        a.slashReason = m.reasonHash as bigint;
        const event = { op: 'SlashEvent', kind: 0, amount: a.slashAmount, reasonHash: a.slashReason };
        return { ...this.toParticipant('Excesses', m.queryId as bigint, c), events: [event] };
    }

    onSlashVetoed(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        const a = this.account();
        require(a.slashAmount !== 0n && c.now < a.slashedAt + VETO, 'ERROR_SLASH_TIME');
        const event = { op: 'SlashEvent', kind: 1, amount: a.slashAmount, reasonHash: a.slashReason };
        a.slashAmount = 0n;
        return { ...this.toParticipant('Excesses', m.queryId as bigint, c), events: [event] };
    }

    onStakeAdded(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        if (!this.member) {
            return this.toParticipant('StakeReturned', m.queryId as bigint, c);
        }
        const amount = m.amount as bigint;
        this.s.stake += amount;
        return this.tellWithRest(c, m, REASON_STAKE_ADDED, { stake: amount }, amount);
    }

    onExitNow(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        require(this.s.status === 'exiting', 'ERROR_VAULT_STATE');
        require(!this.slashOpen(c.now), 'ERROR_STAKE_FROZEN');
        return this.leave(c, m, REASON_EXITED, { active: -1, exiting: -1 });
    }

    // ------------------------------------------------------------------ from the participant

    onRequestExit(m: Message, c: Context): Effect {
        this.requireOwners(c);
        require(this.s.status === 'active', 'ERROR_VAULT_STATE');
        require(c.value >= c.fees.vaultSmall, 'ERROR_VALUE_TOO_LOW');
        this.s.status = 'exiting';
        this.account().exitAt = c.now + DELAY;
        return this.tellWithRest(c, m, REASON_EXIT_REQUESTED, { exiting: 1 });
    }

    onCancelExit(m: Message, c: Context): Effect {
        require(c.sender === this.participant, 'ERROR_NOT_PARTICIPANT');
        require(this.s.status === 'exiting', 'ERROR_VAULT_STATE');
        require(c.value >= c.fees.vaultSmall, 'ERROR_VALUE_TOO_LOW');
        this.s.status = 'active';
        this.account().exitAt = 0;
        return this.tellWithRest(c, m, REASON_EXIT_CANCELLED, { exiting: -1 });
    }

    onCompleteExit(m: Message, c: Context): Effect {
        require(this.s.status === 'exiting', 'ERROR_VAULT_STATE');
        require(c.value >= c.fees.vaultAsk(3n), 'ERROR_VALUE_TOO_LOW');
        if (c.now < this.account().exitAt) {
            return this.ask(c, { op: 'AskEarlyExit', queryId: m.queryId, participant: this.participant });
        }
        require(!this.slashOpen(c.now), 'ERROR_STAKE_FROZEN');
        return this.leave(c, m, REASON_EXITED, { active: -1, exiting: -1 });
    }

    onCancelRegistration(m: Message, c: Context): Effect {
        require(c.sender === this.participant, 'ERROR_NOT_PARTICIPANT');
        require(this.s.status === 'pending', 'ERROR_VAULT_STATE');
        require(c.value >= c.fees.vaultSmall, 'ERROR_VALUE_TOO_LOW');
        return this.leave(c, m, REASON_CANCELLED, { pending: -1 });
    }

    onAddStake(m: Message, c: Context): Effect {
        require(c.sender === this.participant, 'ERROR_NOT_PARTICIPANT');
        require(this.s.status === 'active', 'ERROR_VAULT_STATE');
        require(m.amount !== 0n, 'ERROR_BAD_PARAMETER');
        require(c.value >= (m.amount as bigint) + c.fees.vaultAsk(2n), 'ERROR_VALUE_TOO_LOW');
        return this.ask(c, { op: 'AskAddStake', queryId: m.queryId, amount: m.amount, participant: this.participant });
    }

    onWithdrawStake(m: Message, c: Context): Effect {
        require(c.sender === this.participant, 'ERROR_NOT_PARTICIPANT');
        const amount = m.amount as bigint;
        const a = this.account();
        require(this.s.status === 'active', 'ERROR_VAULT_STATE');
        require(amount > 0n, 'ERROR_BAD_PARAMETER');
        require(!this.slashOpen(c.now), 'ERROR_STAKE_FROZEN');
        require(this.s.stake - amount >= a.minStake, 'ERROR_STAKE_TOO_LOW');
        require(c.value >= c.fees.vaultSmall, 'ERROR_VALUE_TOO_LOW');
        this.s.stake -= amount;
        const told = this.tell(c, m, REASON_STAKE_WITHDRAWN, { stake: -amount });
        return { ...this.payBack(c, m, amount), out: [...told, ...this.payBack(c, m, amount).out] };
    }

    private payBack(c: Context, m: Message, amount: bigint): Effect {
        const message = { op: 'StakeReturned', queryId: m.queryId };
        const keep = max(c.balance - c.value - amount, 0n);
        return { out: [{ to: this.participant, bounce: false, message }], events: [], keep };
    }

    onSetPayout(m: Message, c: Context): Effect {
        const a = this.requireOwners(c);
        const changes = a.changes ?? { payout: null, payoutAt: 0, recovery: null, recoveryAt: 0 };
        require(changes.payoutAt === 0, 'ERROR_CHANGE_PENDING');
        a.changes = { ...changes, payout: m.payout as string, payoutAt: c.now + DELAY };
        return this.toSender(m, c);
    }

    onSetRecovery(m: Message, c: Context): Effect {
        require(c.sender === this.participant, 'ERROR_NOT_PARTICIPANT');
        const a = this.account();
        const changes = a.changes ?? { payout: null, payoutAt: 0, recovery: null, recoveryAt: 0 };
        require(changes.recoveryAt === 0, 'ERROR_CHANGE_PENDING');
        a.changes = { ...changes, recovery: m.recovery as string | null, recoveryAt: c.now + DELAY };
        return this.toSender(m, c);
    }

    onCancelAddressChange(m: Message, c: Context): Effect {
        const a = this.requireOwners(c);
        require(a.changes !== null, 'ERROR_NO_CHANGE');
        a.changes = null;
        return this.toSender(m, c);
    }

    onApplyAddressChange(m: Message, c: Context): Effect {
        const a = this.account();
        const changes = a.changes ?? { payout: null, payoutAt: 0, recovery: null, recoveryAt: 0 };
        const payoutDue = changes.payoutAt !== 0 && c.now >= changes.payoutAt;
        const recoveryDue = changes.recoveryAt !== 0 && c.now >= changes.recoveryAt;
        require(payoutDue || recoveryDue, 'ERROR_TOO_EARLY');
        if (recoveryDue) {
            a.recovery = changes.recovery;
            changes.recoveryAt = 0;
        }
        if (payoutDue) {
            a.payout = changes.payout!;
            changes.payoutAt = 0;
        }
        a.changes = changes.payoutAt === 0 && changes.recoveryAt === 0 ? null : changes;
        return this.toSender(m, c);
    }

    onSetMinPayout(m: Message, c: Context): Effect {
        require(c.sender === this.participant, 'ERROR_NOT_PARTICIPANT');
        this.account().minPayout = m.amount as bigint;
        return this.toSender(m, c);
    }

    // ------------------------------------------------------------------ from anyone

    onExecuteSlash(m: Message, c: Context): Effect {
        const a = this.account();
        require(this.slashOpen(c.now) && c.now >= a.slashedAt + VETO, 'ERROR_SLASH_TIME');
        require(c.value >= c.fees.executeSlash, 'ERROR_VALUE_TOO_LOW');
        const amount = a.slashAmount;
        this.s.stake -= amount;
        a.slashAmount = 0n;
        const slash: Effect['out'][number] = {
            to: this.distribution,
            bounce: true,
            value: amount + c.fees.slash,
            message: { op: 'SlashPaid', queryId: m.queryId, amount, participant: this.participant },
        };
        const told = this.tell(c, m, REASON_SLASHED, { stake: -amount });
        const rest = this.toSender(m, c);
        return {
            out: [slash, ...told, ...rest.out],
            events: [{ op: 'SlashEvent', kind: 2, amount, reasonHash: a.slashReason }],
            keep: c.balance - c.value - amount,
        };
    }

    onSweep(m: Message, c: Context): Effect {
        const { stake, pending } = this.s;
        const free = max(0n, c.balance - stake - pending - c.fees.vaultRent);
        const amount = min(pending + free, c.balance - stake - c.fees.vaultFloor);
        require(amount >= c.fees.threshold / 10n, 'ERROR_VALUE_TOO_LOW');
        this.s.pending = 0n;
        if (!this.outside) {
            return this.forward(m.queryId as bigint, null, amount, c);
        }
        const message = { op: 'OwnMoney', queryId: m.queryId };
        return { out: [{ to: this.payoutAddress, bounce: false, message }], events: [], keep: c.balance - amount };
    }

    onResync(m: Message, c: Context): Effect {
        this.account();
        require(c.value >= c.fees.vaultSmall, 'ERROR_VALUE_TOO_LOW');
        return this.tellWithRest(c, m, REASON_RESYNC, {});
    }

    onCocoonExcesses(m: Message, c: Context): Effect {
        return this.toParticipant('OwnMoney', m.queryId as bigint, c);
    }

    onExcesses(m: Message, c: Context): Effect {
        return this.toParticipant('OwnMoney', m.queryId as bigint, c);
    }

    // ------------------------------------------------------------------ inside

    private requireOwners(c: Context): Account {
        const a = this.account();
        require(c.sender === this.participant || c.sender === a.recovery, 'ERROR_NOT_PARTICIPANT_OR_RECOVERY');
        return a;
    }

    /** The value of this message, less what it added to the stake, to the payout address; the floor is refilled first. */
    private toParticipant(op: string, queryId: bigint, c: Context, kept = 0n): Effect {
        const keep = max(c.balance - c.value + kept, this.ledger + c.fees.vaultFloor);
        return {
            out: [{ to: this.payoutAddress, bounce: false, optional: true, message: { op, queryId } }],
            events: [],
            keep,
        };
    }

    private toSender(m: Message, c: Context): Effect {
        const message = { op: 'Excesses', queryId: m.queryId };
        return {
            out: [{ to: c.sender, bounce: false, optional: true, message }],
            events: [],
            keep: c.balance - c.value,
        };
    }

    private ask(c: Context, message: Message): Effect {
        return { out: [{ to: this.registry, bounce: true, message }], events: [], keep: c.balance - c.value };
    }

    /** VaultUpdate, with what was owed from earlier. */
    private tell(c: Context, m: Message, reason: bigint, deltas: Partial<Deltas>): Effect['out'] {
        const owed = this.s.account?.owed ?? null;
        if (this.s.account !== null) {
            this.s.account.owed = null;
        }
        const message: Message = {
            op: 'VaultUpdate',
            queryId: m.queryId,
            reason,
            active: (deltas.active ?? 0) + (owed?.active ?? 0),
            pending: (deltas.pending ?? 0) + (owed?.pending ?? 0),
            exiting: (deltas.exiting ?? 0) + (owed?.exiting ?? 0),
            stake: (deltas.stake ?? 0n) + (owed?.stake ?? 0n),
            participant: this.participant,
        };
        return [{ to: this.registry, bounce: true, value: c.fees.update, message }];
    }

    private tellWithRest(c: Context, m: Message, reason: bigint, deltas: Partial<Deltas>, kept = 0n): Effect {
        const told = this.tell(c, m, reason, deltas);
        const rest = this.toParticipant('Excesses', m.queryId as bigint, c, kept);
        return { ...rest, out: [...told, ...rest.out] };
    }

    /** The whole stake to the participant; the time in which metrics are accepted ends. */
    private leave(c: Context, m: Message, reason: bigint, deltas: Partial<Deltas>): Effect {
        const amount = this.s.stake;
        this.s.stake = 0n;
        this.s.status = 'left';
        if (this.s.activatedAt !== 0) {
            this.s.completedAt = c.now;
        }
        this.account().exitAt = 0;
        this.account().slashAmount = 0n;
        const told = this.tell(c, m, reason, { ...deltas, stake: -amount });
        const paid = this.payBack(c, m, amount);
        return { ...paid, out: [...told, ...paid.out] };
    }
}
