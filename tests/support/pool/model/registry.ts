/** Shadow of a ParticipantRegistry: admission, epochs and totals. */
import {
    EPOCH_MAX,
    EPOCH_MIN,
    EXIT_DELAY,
    MAX_BATCH,
    MAX_GPU,
    MISSED_LIMIT,
    parseEntries,
    REASON_EXITED,
    REASON_PENDING,
    REASON_REGISTERED,
    WINDOW_MAX,
} from '../../../../wrappers/pool';
import * as built from '../../../../build/PoolOperator/PoolOperator_PoolOperator';
import type { Cell } from '@ton/core';
import { bucket, Row, score } from './rounds';
import { Context, Effect, Message, raw, Refused, require, seconds } from './types';

export type Closed = {
    epoch: number;
    attempt: boolean;
    free: boolean;
    missed: boolean;
    undelivered: boolean;
    start: number;
    totals: bigint[];
};

export type Epoch = {
    epoch: number;
    attempt: boolean;
    sealed: boolean;
    appointed: boolean;
    lastAt: number;
    deadline: number;
    accepted: number;
    /** Vaults that left during this epoch, and since its end: they are reported, too. */
    left: number;
    leftNext: number;
    /** Vaults active at the end of the epoch, once something depended on it. */
    activeAtEnd: number | null;
    totals: bigint[];
};

export type Config = {
    epochSeconds: number;
    anchorEpoch: number;
    anchorTime: number;
    /** Announced length, 0 = none, and the epoch from which it counts. */
    nextSeconds: number;
    nextEpoch: number;
    minStake: bigint;
    minEarned: bigint;
    nextMinEarned: bigint;
    nextMinEarnedAt: number;
    open: boolean;
    openCeiling: number;
};

export type RegistryState = {
    owner: string;
    reporter: string;
    arbiter: string;
    appointed: string | null;
    active: number;
    pending: number;
    exiting: number;
    stakeTotal: bigint;
    pausedUntil: number;
    poolActive: boolean;
    stakeOk: boolean;
    unmanaged: boolean;
    missedInRow: number;
    rolesVersion: number;
    epoch: Epoch;
    last: Closed | null;
    config: Config;
};

const EMPTY = [0n, 0n, 0n, 0n, 0n, 0n];

export function freshEpoch(epoch: number, left = 0): Epoch {
    return {
        epoch,
        attempt: false,
        sealed: false,
        appointed: false,
        lastAt: 0,
        deadline: 0,
        accepted: 0,
        left,
        leftNext: 0,
        activeAtEnd: null,
        totals: [...EMPTY],
    };
}

/** Two words of three totals, 80 bits each. */
export function words(totals: readonly bigint[]): { totals: bigint; totalsFrequent: bigint } {
    const word = (three: readonly bigint[]) => three[0] | (three[1] << 80n) | (three[2] << 160n);
    return { totals: word(totals.slice(0, 3)), totalsFrequent: word(totals.slice(3)) };
}

export class RegistryModel {
    constructor(
        readonly operator: string,
        readonly distribution: string,
        /** Address of the vault of a participant. */
        readonly vaultOf: (participant: string) => string,
        public s: RegistryState,
    ) {}

    // ------------------------------------------------------------------ calendar

    startOf(epoch: number): number {
        const { anchorTime, anchorEpoch, epochSeconds } = this.s.config;
        return anchorTime + (epoch - anchorEpoch) * epochSeconds;
    }

    get start(): number {
        return this.startOf(this.s.epoch.epoch);
    }

    get end(): number {
        return this.start + this.s.config.epochSeconds;
    }

    get window(): number {
        return Math.min(seconds(WINDOW_MAX), Math.floor(this.s.config.epochSeconds / 4));
    }

    get reportUntil(): number {
        return this.s.epoch.deadline === 0 ? this.end + this.window : this.s.epoch.deadline;
    }

    /** First second at which the open epoch can be closed. */
    get dueAt(): number {
        const over = this.s.epoch.sealed ? this.end : this.reportUntil;
        return this.s.epoch.lastAt === 0 ? over : Math.max(over, this.s.epoch.lastAt + this.window);
    }

    isDue(now: number): boolean {
        return now >= this.end && now >= this.dueAt;
    }

    minEarned(now: number): bigint {
        const { nextMinEarnedAt, nextMinEarned, minEarned } = this.s.config;
        return nextMinEarnedAt !== 0 && now >= nextMinEarnedAt ? nextMinEarned : minEarned;
    }

    /** First epoch that begins at `time` or later, by the length that is in force. */
    firstEpochFrom(time: number): number {
        const { anchorTime, anchorEpoch, epochSeconds } = this.s.config;
        return anchorEpoch + Math.ceil((time - anchorTime) / epochSeconds);
    }

    // ------------------------------------------------------------------ dispatch

    handle(message: Message, c: Context): Effect {
        const handler = (this as unknown as Record<string, ((m: Message, c: Context) => Effect) | undefined>)[
            `on${message.op}`
        ];
        if (handler !== undefined) {
            return handler.call(this, message, c);
        }
        if (message.op === 'plain' || message.op === 'Excesses') {
            return { out: [], events: [] };
        }
        throw new Refused(130, 'no receiver');
    }

    bounced(message: Message, c: Context): Effect {
        if (message.op === 'MetricsEntry') {
            return this.refused(message, c);
        }
        if (message.op === 'RoundTotals') {
            if (this.s.last !== null && this.s.last.epoch === Number(message.epoch)) {
                this.s.last.undelivered = true;
            }
            return { out: [], events: [] };
        }
        if (message.op === 'StakeAdded') {
            return this.rest(c.sender, message.queryId as bigint, c);
        }
        return this.rest(this.s.owner, 0n, c);
    }

    // ------------------------------------------------------------------ metrics

    onReportMetrics(m: Message, c: Context): Effect {
        const appointed = this.requireReporter(c);
        const out: Effect['out'] = [];
        const events: Message[] = [];
        let value = c.value;
        if (Number(m.epoch) === this.s.epoch.epoch + 1) {
            value -= c.fees.close;
            require(value > 0n, 'ERROR_VALUE_TOO_LOW');
            require(this.isDue(c.now) && this.s.last?.undelivered !== true, 'ERROR_NOT_DUE');
            this.close(m, c.sender, c, c.fees.close - c.fees.closeOwn, out, events);
        }
        const state = this.s.epoch;
        require(Number(m.epoch) === state.epoch, 'ERROR_WRONG_EPOCH');
        require(c.now >= this.end, 'ERROR_EPOCH_RUNS');
        require(!state.sealed, 'ERROR_SEALED');
        require(c.now < this.reportUntil, 'ERROR_REPORT_WINDOW');
        const count = Number(m.count);
        require(count > 0 && count <= Number(MAX_BATCH), 'ERROR_BATCH');
        const minEarned = this.minEarned(c.now);
        const each = (value - c.fees.reportOwn(count)) / BigInt(count) - c.fees.metricsForward;
        require(each >= c.fees.entry, 'ERROR_VALUE_TOO_LOW');

        const rows = rowsOf(m.entries as Cell);
        for (const row of rows.slice(0, count)) {
            const { epochSeconds } = this.s.config;
            require(row.seconds <= epochSeconds &&
                row.uptime <= 10_000 &&
                row.gpu <= Number(MAX_GPU) &&
                row.gpu > 0, 'ERROR_METRICS_BOUNDS');
            const points = score(row);
            const which = bucket(row, epochSeconds);
            state.totals[which] += points;
            out.push({
                to: this.vaultOf(row.participant),
                bounce: true,
                value: each,
                message: {
                    op: 'MetricsEntry',
                    queryId: m.queryId,
                    epoch: state.epoch,
                    attempt: state.attempt,
                    bucket: which,
                    score: points,
                    seconds: row.seconds,
                    gpu: row.gpu,
                    epochEnd: this.end,
                    epochSeconds,
                    responseTo: c.sender,
                    minEarned,
                },
            });
        }
        if (rows.length < count) {
            throw new Refused(9, 'cell underflow');
        }
        require(rows.length === count, 'ERROR_BATCH');
        state.accepted += count;
        state.lastAt = c.now;
        state.appointed ||= appointed;
        state.activeAtEnd ??= this.s.active;
        events.push({ op: 'MetricsReported', epoch: m.epoch, attempt: state.attempt, count, entries: m.entries });
        return { out, events, atLeast: c.balance - c.value };
    }

    private refused(m: Message, c: Context): Effect {
        const state = this.s.epoch;
        const counted = Number(m.epoch) === state.epoch && m.attempt === state.attempt;
        if (counted) {
            state.totals[Number(m.bucket)] -= m.score as bigint;
            state.accepted -= 1;
        }
        const { epoch, attempt, bucket: which, score: points } = m;
        const event = { op: 'MetricsRefused', epoch, attempt, bucket: which, score: points, counted };
        return { ...this.rest(this.s.reporter, m.queryId as bigint, c), events: [event] };
    }

    onSeal(m: Message, c: Context): Effect {
        const appointed = this.requireReporter(c);
        const state = this.s.epoch;
        require(Number(m.epoch) === state.epoch, 'ERROR_WRONG_EPOCH');
        require(c.now >= this.end, 'ERROR_EPOCH_RUNS');
        require(!state.sealed, 'ERROR_SEALED');
        require(c.now < this.reportUntil, 'ERROR_REPORT_WINDOW');
        require(c.value >= c.fees.mark, 'ERROR_VALUE_TOO_LOW');
        state.activeAtEnd ??= this.s.active;
        const left = this.s.unmanaged ? 0 : state.left;
        require(state.accepted >= state.activeAtEnd + left, 'ERROR_NOT_COMPLETE');
        state.sealed = true;
        state.lastAt = c.now;
        if (!appointed && this.s.stakeOk) {
            this.s.unmanaged = false;
            this.s.missedInRow = 0;
        }
        return this.marked(m, 0, c);
    }

    onVoidEpoch(m: Message, c: Context): Effect {
        require(c.sender === this.s.owner || c.sender === this.s.arbiter, 'ERROR_NOT_ROLE');
        const state = this.s.epoch;
        require(Number(m.epoch) === state.epoch, 'ERROR_WRONG_EPOCH');
        require(!state.attempt && state.lastAt !== 0 && !this.isDue(c.now), 'ERROR_CANNOT_VOID');
        require(c.value >= c.fees.mark, 'ERROR_VALUE_TOO_LOW');
        this.s.epoch = {
            ...freshEpoch(state.epoch),
            attempt: true,
            deadline: c.now + this.window,
            left: state.left,
            leftNext: state.leftNext,
            activeAtEnd: state.activeAtEnd,
        };
        return this.marked(m, 1, c);
    }

    private marked(m: Message, kind: number, c: Context): Effect {
        const message = { op: 'Excesses', queryId: m.queryId };
        return {
            out: [{ to: c.sender, bounce: false, optional: true, gross: c.value - c.fees.mark, message }],
            events: [{ op: 'EpochMarked', epoch: m.epoch, kind, by: c.sender }],
            atLeast: c.balance - c.value,
        };
    }

    onCloseEpoch(m: Message, c: Context): Effect {
        require(c.value >= c.fees.close, 'ERROR_VALUE_TOO_LOW');
        const response = m.responseTo as string | null;
        const payer = c.sender === this.distribution && response !== null ? response : c.sender;
        const out: Effect['out'] = [];
        const events: Message[] = [];
        if (this.s.last?.undelivered !== true && this.isDue(c.now)) {
            this.close(m, payer, c, c.value - c.fees.closeOwn, out, events);
        } else {
            require(this.s.last !== null, 'ERROR_NOT_DUE');
            this.s.last.undelivered = false;
            this.announce(m, this.s.last, payer, c, c.value - c.fees.closeOwn, out);
        }
        return { out, events, atLeast: c.balance - c.value };
    }

    private close(m: Message, payer: string, c: Context, value: bigint, out: Effect['out'], events: Message[]) {
        const state = this.s.epoch;
        const active = state.activeAtEnd ?? this.s.active;
        const missed = state.accepted * 2 < active;
        if (missed) {
            this.s.missedInRow = Math.min(255, this.s.missedInRow + 1);
            if (this.s.missedInRow >= Number(MISSED_LIMIT) && !this.s.unmanaged) {
                this.s.unmanaged = true;
                this.s.stakeOk = false;
            }
        } else if (!this.s.unmanaged) {
            this.s.missedInRow = 0;
        }
        const closed: Closed = {
            epoch: state.epoch,
            attempt: state.attempt,
            free: state.appointed,
            missed,
            undelivered: false,
            start: this.start,
            totals: state.totals,
        };
        events.push({
            op: 'EpochClosed',
            epoch: state.epoch,
            attempt: state.attempt,
            reported: !missed,
            accepted: state.accepted,
            active,
            ...words(state.totals),
        });
        this.s.last = closed;
        this.s.epoch = freshEpoch(state.epoch + 1, state.leftNext);
        const { nextSeconds, nextEpoch } = this.s.config;
        if (nextSeconds !== 0 && state.epoch + 1 >= nextEpoch) {
            const anchorTime = this.startOf(nextEpoch);
            Object.assign(this.s.config, {
                anchorTime,
                anchorEpoch: nextEpoch,
                epochSeconds: nextSeconds,
                nextSeconds: 0,
            });
        }
        // An epoch that was over before the one before it was closed has its report window all the same, unless nobody
        // reports anyway.
        this.s.epoch.deadline = (state.accepted === 0 ? this.end : Math.max(this.end, c.now)) + this.window;
        this.announce(m, closed, payer, c, value, out);
    }

    private announce(m: Message, closed: Closed, payer: string, c: Context, value: bigint, out: Effect['out']) {
        const { queryId } = m;
        if (closed.missed) {
            out.push({
                to: this.operator,
                bounce: false,
                gross: c.fees.fine,
                message: { op: 'EpochMissed', queryId, epoch: closed.epoch, epochStart: closed.start },
            });
        }
        out.push({
            to: this.distribution,
            bounce: true,
            gross: closed.missed ? value - c.fees.fine : value,
            message: {
                op: 'RoundTotals',
                queryId,
                epoch: closed.epoch,
                attempt: closed.attempt,
                free: closed.free,
                epochStart: closed.start,
                ...words(closed.totals),
                responseTo: payer,
                _totals: closed.totals,
            },
        });
    }

    // ------------------------------------------------------------------ admission

    onRegister(m: Message, c: Context): Effect {
        this.requireUnpaused(c);
        require(this.s.poolActive, 'ERROR_NOT_ACTIVE');
        const { config } = this.s;
        const stake = m.stake as bigint;
        require(stake >= config.minStake, 'ERROR_STAKE_TOO_LOW');
        require(c.value >= stake + c.fees.register, 'ERROR_VALUE_TOO_LOW');
        this.s.stakeTotal += stake;
        const out: Effect['out'] = [];
        if (config.open) {
            this.changeActive(1, c);
            out.push(this.tellOperator(m.queryId, 1, c));
        } else {
            this.s.pending += 1;
        }
        const { payout, recovery, minPayout, metaHash } = m;
        out.push({
            to: this.vaultOf(c.sender),
            bounce: true,
            message: {
                op: 'OpenVault',
                queryId: m.queryId,
                stake,
                minStake: config.minStake,
                active: config.open,
                gpuCeiling: config.open ? config.openCeiling : 0,
                at: config.open ? c.now : 0,
                operator: this.operator,
                distribution: this.distribution,
                _wishes: { payout, recovery, minPayout, metaHash },
                _participant: c.sender,
            },
        });
        const reason = config.open ? REASON_REGISTERED : REASON_PENDING;
        const event = { op: 'VaultChanged', participant: c.sender, reason, stake };
        return { out, events: [event], keep: c.balance - c.value };
    }

    onApprove(m: Message, c: Context): Effect {
        this.requireOwner(c);
        this.requireUnpaused(c);
        require(m.gpuCeiling !== 0n && (m.gpuCeiling as bigint) <= MAX_GPU, 'ERROR_BAD_PARAMETER');
        return this.relay(m, { op: 'Activate', queryId: m.queryId, gpuCeiling: m.gpuCeiling }, c);
    }

    onReject(m: Message, c: Context): Effect {
        this.requireOwner(c);
        return this.relay(m, { op: 'Rejected', queryId: m.queryId }, c);
    }

    onSetGpuCeiling(m: Message, c: Context): Effect {
        this.requireOwner(c);
        require(m.gpuCeiling !== 0n && (m.gpuCeiling as bigint) <= MAX_GPU, 'ERROR_BAD_PARAMETER');
        return this.relay(m, { op: 'GpuCeilingChanged', queryId: m.queryId, gpuCeiling: m.gpuCeiling }, c);
    }

    onAnnounceSlash(m: Message, c: Context): Effect {
        this.requireOwner(c);
        this.requireUnpaused(c);
        require(m.amount !== 0n, 'ERROR_BAD_PARAMETER');
        const { queryId, amount, reasonHash } = m;
        return this.relay(m, { op: 'SlashAnnounced', queryId, amount, reasonHash }, c);
    }

    onVetoSlash(m: Message, c: Context): Effect {
        require(c.sender === this.s.arbiter, 'ERROR_NOT_ROLE');
        return this.relay(m, { op: 'SlashVetoed', queryId: m.queryId }, c);
    }

    onAppointReporter(m: Message, c: Context): Effect {
        require(c.sender === this.s.arbiter, 'ERROR_NOT_ROLE');
        require(this.s.unmanaged, 'ERROR_MANAGED');
        this.s.appointed = m.reporter as string;
        return this.rest(c.sender, m.queryId as bigint, c);
    }

    // ------------------------------------------------------------------ from vaults

    onVaultUpdate(m: Message, c: Context): Effect {
        this.requireVault(m, c);
        const delta = Number(m.active);
        if (delta !== 0) {
            this.changeActive(delta, c);
            if (m.reason === REASON_EXITED) {
                this.s.epoch[c.now < this.end ? 'left' : 'leftNext'] += 1;
            }
        }
        this.s.pending += Number(m.pending);
        this.s.exiting += Number(m.exiting);
        this.s.stakeTotal += m.stake as bigint;
        const event = { op: 'VaultChanged', participant: m.participant, reason: m.reason, stake: m.stake };
        return { out: delta === 0 ? [] : [this.tellOperator(m.queryId, delta, c)], events: [event] };
    }

    onAskAddStake(m: Message, c: Context): Effect {
        this.requireVault(m, c);
        this.requireUnpaused(c);
        const message = { op: 'StakeAdded', queryId: m.queryId, amount: m.amount };
        return { out: [{ to: c.sender, bounce: true, message }], events: [], keep: c.balance - c.value };
    }

    onAskEarlyExit(m: Message, c: Context): Effect {
        this.requireVault(m, c);
        require(this.s.unmanaged, 'ERROR_EXIT_DELAY');
        const message = { op: 'ExitNow', queryId: m.queryId };
        return { out: [{ to: c.sender, bounce: false, message }], events: [], keep: c.balance - c.value };
    }

    // ------------------------------------------------------------------ from the operator

    onRolesUpdate(m: Message, c: Context): Effect {
        this.requireOperator(c);
        if (Number(m.version) >= this.s.rolesVersion) {
            const roles = (m.roles as Cell).beginParse();
            Object.assign(this.s, {
                rolesVersion: Number(m.version),
                poolActive: m.active,
                // Only the beginning of an unmanaged time takes it back.
                stakeOk: this.s.stakeOk || m.stakeOk,
                pausedUntil: Number(m.pausedUntil),
                owner: raw(roles.loadAddress()),
                reporter: raw(roles.loadAddress()),
                arbiter: raw(roles.loadAddress()),
            });
        }
        return { out: [], events: [] };
    }

    onAskIdle(m: Message, c: Context): Effect {
        this.requireOperator(c);
        require(this.start >= Number(m.since), 'ERROR_EPOCHS_OPEN');
        const { queryId, since, amount, emergency } = m;
        const message = { op: 'IdleConfirmed', queryId, since, amount, emergency };
        return { out: [{ to: this.operator, bounce: true, message }], events: [], keep: c.balance - c.value };
    }

    onConfigChange(m: Message, c: Context): Effect {
        this.requireOperator(c);
        const { config } = this.s;
        const value = m.value as bigint;
        if (m.kind === 0n) {
            require(value >= EPOCH_MIN && value <= EPOCH_MAX, 'ERROR_BAD_PARAMETER');
            require(config.nextSeconds === 0, 'ERROR_CHANGE_PENDING');
            config.nextSeconds = Number(value);
            config.nextEpoch = this.firstEpochFrom(c.now + seconds(EXIT_DELAY));
        } else if (m.kind === 1n) {
            const before = this.minEarned(c.now);
            if (value <= before) {
                Object.assign(config, { minEarned: value, nextMinEarnedAt: 0 });
            } else {
                const idle = config.nextMinEarnedAt === 0 || c.now >= config.nextMinEarnedAt;
                require(idle, 'ERROR_CHANGE_PENDING');
                const at = c.now + seconds(EXIT_DELAY);
                Object.assign(config, { minEarned: before, nextMinEarned: value, nextMinEarnedAt: at });
            }
        } else {
            const ceiling = value >> 1n;
            require(ceiling > 0n && ceiling <= MAX_GPU, 'ERROR_BAD_PARAMETER');
            Object.assign(config, { open: (value & 1n) === 1n, openCeiling: Number(ceiling) });
        }
        return { out: [], events: [] };
    }

    // ------------------------------------------------------------------ inside

    private requireOwner(c: Context) {
        require(c.sender === this.s.owner, 'ERROR_NOT_ROLE');
    }

    private requireOperator(c: Context) {
        require(c.sender === this.operator, 'ERROR_NOT_OPERATOR');
    }

    private requireUnpaused(c: Context) {
        require(c.now >= this.s.pausedUntil, 'ERROR_PAUSED');
    }

    private requireVault(m: Message, c: Context) {
        require(c.sender === this.vaultOf(m.participant as string), 'ERROR_NOT_VAULT');
    }

    /** True for the reporter whom the arbiter appointed. */
    private requireReporter(c: Context): boolean {
        if (c.sender === this.s.reporter) {
            return false;
        }
        require(this.s.unmanaged && c.sender === this.s.appointed, 'ERROR_NOT_ROLE');
        return true;
    }

    /** The number of vaults active at the end of an epoch is fixed before the first change after it. */
    private changeActive(delta: number, c: Context) {
        if (c.now >= this.end) {
            this.s.epoch.activeAtEnd ??= this.s.active;
        }
        this.s.active += delta;
    }

    private tellOperator(queryId: unknown, delta: number, c: Context): Effect['out'][number] {
        const value = c.fees.compute(built.GAS_OPERATOR_COUNT);
        return { to: this.operator, bounce: false, value, message: { op: 'ParticipantsChanged', queryId, delta } };
    }

    private relay(m: Message, message: Message, c: Context): Effect {
        require(c.value >= c.fees.relay, 'ERROR_VALUE_TOO_LOW');
        const to = this.vaultOf(m.participant as string);
        return { out: [{ to, bounce: true, message }], events: [], keep: c.balance - c.value };
    }

    private rest(to: string, queryId: bigint, c: Context): Effect {
        const message = { op: 'Excesses', queryId };
        return { out: [{ to, bounce: false, optional: true, message }], events: [], keep: c.balance - c.value };
    }
}

export function rowsOf(entries: Cell): Row[] {
    return parseEntries(entries).map(({ participant, uptimeBps, ...row }) => ({
        ...row,
        participant: raw(participant),
        uptime: uptimeBps,
    }));
}
