/** Shadow of a PoolOperator: stake, roles, status, and money on its way to the pot. */
import {
    BPS,
    COMMISSION_MAX,
    COMMISSION_MIN,
    EVENT_ACTIVE,
    EVENT_FINED,
    EVENT_OWNER,
    EVENT_PAUSED,
    EVENT_PROXY_ADDED,
    EVENT_PROXY_REMOVED,
    EVENT_ROLE,
    EVENT_ROLE_ANNOUNCED,
    EVENT_STAKE,
    EXIT_DELAY,
    FINE_BPS,
    MAX_PROXIES,
    OPERATOR_MIN_STAKE,
    PAUSE_COOLDOWN,
    PAUSE_SECONDS,
} from '../../../../wrappers/pool';
import * as built from '../../../../build/PoolOperator/PoolOperator_PoolOperator';
import { addresses, Context, Effect, max, Message, min, require, seconds } from './types';

export type OperatorState = {
    owner: string;
    pendingOwner: string | null;
    reporter: string;
    guardian: string;
    arbiter: string;
    recovery: string;
    nextArbiter: string | null;
    nextArbiterAt: number;
    nextRecovery: string | null;
    nextRecoveryAt: number;
    active: boolean;
    stake: bigint;
    pendingRewards: bigint;
    pendingDonations: bigint;
    participants: number;
    proxies: string[];
    activeSince: number;
    inactiveSince: number;
    activeBefore: number;
    finedTo: number;
    version: number;
    pausedUntil: number;
    pauseAllowedAt: number;
};

const DELAY = seconds(EXIT_DELAY);

export class OperatorModel {
    constructor(
        readonly registry: string,
        readonly distribution: string,
        readonly vaultOf: (participant: string) => string,
        public s: OperatorState,
    ) {}

    get ledger(): bigint {
        return this.s.stake + this.s.pendingRewards + this.s.pendingDonations;
    }

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
        return this.toOwner(0n, c);
    }

    bounced(message: Message, c: Context): Effect {
        if (message.op === 'Income') {
            const amount = max(0n, c.value - c.fees.compute(built.GAS_OPERATOR_PAYOUT));
            this.s[message.trusted ? 'pendingRewards' : 'pendingDonations'] += amount;
            return { out: [], events: [] };
        }
        if (message.op === 'FinePaid') {
            this.s.stake += message.amount as bigint;
            return { out: [], events: [] };
        }
        return this.toOwner(0n, c);
    }

    // ------------------------------------------------------------------ money in

    onVaultPayout(m: Message, c: Context): Effect {
        const proxy = m.proxy as string | null;
        const genuine = c.sender === this.vaultOf(m.participant as string);
        const income = genuine
            ? { trusted: proxy !== null && this.s.proxies.includes(proxy), participant: m.participant, proxy }
            : { trusted: false, participant: null, proxy: c.sender };
        return {
            out: [{ to: this.distribution, bounce: true, message: { op: 'Income', queryId: m.queryId, ...income } }],
            events: [],
            keep: c.balance - c.value,
        };
    }

    onParticipantsChanged(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        this.s.participants = Math.max(0, this.s.participants + Number(m.delta));
        return { out: [], events: [] };
    }

    onCocoonPayout(m: Message, c: Context): Effect {
        const trusted = this.s.proxies.includes(c.sender);
        const pot = trusted ? 'pendingRewards' : 'pendingDonations';
        const before = this.s[pot];
        const amount = min(before + c.value, this.surplus(c) + before);
        if (amount < c.fees.threshold) {
            this.s[pot] = before + max(0n, c.value - c.fees.compute(built.GAS_OPERATOR_PAYOUT));
            return { out: [], events: [], gas: built.GAS_OPERATOR_PAYOUT };
        }
        this.s[pot] = 0n;
        const message = { op: 'Income', queryId: m.queryId, trusted, participant: null, proxy: c.sender };
        return { out: [{ to: this.distribution, bounce: true, message }], events: [], keep: c.balance - amount };
    }

    onSync(m: Message, c: Context): Effect {
        require(c.value >= c.fees.operatorSync, 'ERROR_VALUE_TOO_LOW');
        const above = c.balance - this.ledger - c.fees.operatorRent - c.value;
        this.s.pendingDonations += max(0n, above);
        const amount = this.s.pendingRewards + this.s.pendingDonations;
        const out: Effect['out'] = [];
        for (const [pot, trusted] of [
            ['pendingRewards', true],
            ['pendingDonations', false],
        ] as const) {
            if (this.s[pot] > 0n) {
                const message = { op: 'Income', queryId: m.queryId, trusted, participant: null, proxy: null };
                out.push({ to: this.distribution, bounce: true, value: this.s[pot], message });
                this.s[pot] = 0n;
            }
        }
        const rest = this.rest(c.sender, m.queryId as bigint, c);
        return { out: [...out, ...rest.out], events: [], keep: c.balance - c.value - amount };
    }

    // ------------------------------------------------------------------ from the registry

    onEpochMissed(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        const start = Number(m.epochStart);
        const wasActive = this.wasActive(start);
        const amount = (this.s.stake * FINE_BPS) / BPS;
        if (Number(m.epoch) < this.s.finedTo || !wasActive || amount === 0n) {
            return { out: [], events: [] };
        }
        this.s.finedTo = Number(m.epoch) + 1;
        this.s.stake -= amount;
        const message = { op: 'FinePaid', queryId: m.queryId, amount, epoch: m.epoch };
        const value = amount + c.fees.reserve + c.fees.small;
        return {
            out: [{ to: this.distribution, bounce: true, value, message }],
            events: [event(EVENT_FINED, null, amount)],
        };
    }

    /** Was the pool active at `time`? The last two active times are known. */
    private wasActive(time: number): boolean {
        const { active, activeSince, inactiveSince, activeBefore } = this.s;
        const from = active ? activeBefore : activeSince;
        return (active && time >= activeSince) || (from !== 0 && time >= from && time < inactiveSince);
    }

    onIdleConfirmed(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        const since = this.s.inactiveSince;
        require(!this.s.active && Number(m.since) === since && c.now >= since + DELAY, 'ERROR_STILL_BOUND');
        const amount = m.amount as bigint;
        require(amount <= this.s.stake, 'ERROR_TOO_MUCH');
        this.s.stake -= amount;
        const to = m.emergency ? this.s.recovery : this.s.owner;
        return {
            out: [{ to, bounce: false, message: { op: 'StakeReturned', queryId: m.queryId } }],
            events: [event(EVENT_STAKE, to, this.s.stake)],
            keep: c.balance - c.value - amount,
        };
    }

    // ------------------------------------------------------------------ stake and status

    onTopUpStake(m: Message, c: Context): Effect {
        const amount = m.amount as bigint;
        require(amount > 0n && c.value >= amount + c.fees.operator, 'ERROR_VALUE_TOO_LOW');
        this.s.stake += amount;
        const out = this.syncRoles(m, c, this.s.stake >= OPERATOR_MIN_STAKE);
        const rest = this.rest(c.sender, m.queryId as bigint, c);
        return {
            out: [...out, ...rest.out],
            events: [event(EVENT_STAKE, c.sender, this.s.stake)],
            keep: c.balance - c.value + amount,
        };
    }

    onWithdrawOperatorStake(m: Message, c: Context): Effect {
        this.requireOwner(c);
        const amount = m.amount as bigint;
        require(amount > 0n && amount <= this.s.stake, 'ERROR_TOO_MUCH');
        return this.askIdle(m, amount, false, c);
    }

    onEmergencyWithdraw(m: Message, c: Context): Effect {
        require(this.s.stake > 0n, 'ERROR_TOO_MUCH');
        return this.askIdle(m, this.s.stake, true, c);
    }

    private askIdle(m: Message, amount: bigint, emergency: boolean, c: Context): Effect {
        require(!this.s.active && c.now >= this.s.inactiveSince + DELAY, 'ERROR_STILL_BOUND');
        require(c.value >= c.fees.idle, 'ERROR_VALUE_TOO_LOW');
        const message = { op: 'AskIdle', queryId: m.queryId, since: this.s.inactiveSince, amount, emergency };
        return { out: [{ to: this.registry, bounce: true, message }], events: [], keep: c.balance - c.value };
    }

    onSetActive(m: Message, c: Context): Effect {
        this.requireOwner(c);
        require(m.active !== this.s.active, 'ERROR_BAD_PARAMETER');
        if (m.active) {
            this.requireUnpaused(c);
            require(this.s.stake >= OPERATOR_MIN_STAKE, 'ERROR_STAKE_TOO_LOW');
            this.s.activeBefore = this.s.activeSince;
            this.s.activeSince = c.now;
        } else {
            this.s.inactiveSince = c.now;
        }
        this.s.active = m.active as boolean;
        this.s.version += 1;
        return this.told(m, c, [event(EVENT_ACTIVE, null, m.active ? 1n : 0n)]);
    }

    // ------------------------------------------------------------------ parameters

    onSetCommission(m: Message, c: Context): Effect {
        this.requireOwner(c);
        this.requireUnpaused(c);
        const bps = m.bps as bigint;
        require(bps >= COMMISSION_MIN && bps <= COMMISSION_MAX, 'ERROR_COMMISSION_BOUNDS');
        return this.toChild(this.distribution, m, { op: 'CommissionChange', queryId: m.queryId, kind: 0, bps }, c);
    }

    onCancelCommission(m: Message, c: Context): Effect {
        this.requireOwner(c);
        return this.toChild(this.distribution, m, { op: 'CommissionChange', queryId: m.queryId, kind: 1, bps: 0 }, c);
    }

    onSetPayoutAddress(m: Message, c: Context): Effect {
        this.requireOwner(c);
        const message = { op: 'PayoutAddressChange', queryId: m.queryId, payout: m.payout };
        return this.toChild(this.distribution, m, message, c);
    }

    onAnnounceEpochLength(m: Message, c: Context): Effect {
        return this.changeConfig(m, 0, m.seconds as bigint, c);
    }

    onAnnounceMinEarned(m: Message, c: Context): Effect {
        return this.changeConfig(m, 1, m.amount as bigint, c);
    }

    onSetAdmission(m: Message, c: Context): Effect {
        return this.changeConfig(m, 2, ((m.gpuCeiling as bigint) << 1n) | (m.open ? 1n : 0n), c);
    }

    private changeConfig(m: Message, kind: number, value: bigint, c: Context): Effect {
        this.requireOwner(c);
        this.requireUnpaused(c);
        return this.toChild(this.registry, m, { op: 'ConfigChange', queryId: m.queryId, kind, value }, c);
    }

    onAddProxy(m: Message, c: Context): Effect {
        this.requireOwner(c);
        this.requireUnpaused(c);
        const proxy = m.proxy as string;
        require(!this.s.proxies.includes(proxy), 'ERROR_PROXY_LIST');
        require(this.s.proxies.length < Number(MAX_PROXIES), 'ERROR_TOO_MANY_PROXIES');
        this.s.proxies.push(proxy);
        return this.done(m, c, [event(EVENT_PROXY_ADDED, proxy, BigInt(this.s.proxies.length))]);
    }

    onRemoveProxy(m: Message, c: Context): Effect {
        this.requireOwner(c);
        this.requireUnpaused(c);
        const proxy = m.proxy as string;
        require(this.s.proxies.includes(proxy), 'ERROR_PROXY_LIST');
        this.s.proxies = this.s.proxies.filter((p) => p !== proxy);
        return this.done(m, c, [event(EVENT_PROXY_REMOVED, proxy, BigInt(this.s.proxies.length))]);
    }

    // ------------------------------------------------------------------ roles

    onSetRole(m: Message, c: Context): Effect {
        this.requireOwner(c);
        const holder = m.holder as string;
        if (m.role === 0n) {
            this.s.reporter = holder;
        } else if (m.role === 1n) {
            this.s.guardian = holder;
        } else if (m.role === 2n) {
            require(this.s.nextArbiterAt === 0, 'ERROR_CHANGE_PENDING');
            Object.assign(this.s, { nextArbiter: holder, nextArbiterAt: c.now + DELAY });
        } else {
            require(m.role === 3n, 'ERROR_BAD_PARAMETER');
            require(this.s.nextRecoveryAt === 0, 'ERROR_CHANGE_PENDING');
            Object.assign(this.s, { nextRecovery: holder, nextRecoveryAt: c.now + DELAY });
        }
        const kind = m.role < 2n ? EVENT_ROLE : EVENT_ROLE_ANNOUNCED;
        return this.saveRoles(m, c, [event(kind, holder, m.role)]);
    }

    onApplyRole(m: Message, c: Context): Effect {
        require(m.role === 2n || m.role === 3n, 'ERROR_BAD_PARAMETER');
        const at = m.role === 2n ? this.s.nextArbiterAt : this.s.nextRecoveryAt;
        require(at !== 0, 'ERROR_NO_CHANGE');
        require(c.now >= at, 'ERROR_TOO_EARLY');
        const holder = m.role === 2n ? this.s.nextArbiter! : this.s.nextRecovery!;
        Object.assign(
            this.s,
            m.role === 2n ? { arbiter: holder, nextArbiterAt: 0 } : { recovery: holder, nextRecoveryAt: 0 },
        );
        return this.saveRoles(m, c, [event(EVENT_ROLE, holder, m.role)]);
    }

    onCancelRole(m: Message, c: Context): Effect {
        this.requireOwner(c);
        require(m.role === 2n || m.role === 3n, 'ERROR_BAD_PARAMETER');
        const field = m.role === 2n ? 'nextArbiterAt' : 'nextRecoveryAt';
        require(this.s[field] !== 0, 'ERROR_NO_CHANGE');
        this.s[field] = 0;
        return this.done(m, c, [event(EVENT_ROLE_ANNOUNCED, null, m.role)]);
    }

    onNominateOwner(m: Message, c: Context): Effect {
        this.requireOwner(c);
        this.s.pendingOwner = m.owner as string | null;
        return this.done(m, c, []);
    }

    onAcceptOwnership(m: Message, c: Context): Effect {
        require(c.sender === this.s.pendingOwner, 'ERROR_NOT_PENDING_OWNER');
        this.s.owner = c.sender;
        this.s.pendingOwner = null;
        return this.saveRoles(m, c, [event(EVENT_OWNER, c.sender, 0n)]);
    }

    onSyncRoles(m: Message, c: Context): Effect {
        return this.told(m, c, []);
    }

    onPause(m: Message, c: Context): Effect {
        require(c.sender === this.s.guardian, 'ERROR_NOT_ROLE');
        require(c.now >= this.s.pauseAllowedAt, 'ERROR_PAUSE_COOLDOWN');
        this.s.pausedUntil = c.now + seconds(PAUSE_SECONDS);
        this.s.pauseAllowedAt = this.s.pausedUntil + seconds(PAUSE_COOLDOWN);
        this.s.version += 1;
        return this.told(m, c, [event(EVENT_PAUSED, c.sender, BigInt(this.s.pausedUntil))]);
    }

    onUnpause(m: Message, c: Context): Effect {
        this.requireOwner(c);
        require(c.now < this.s.pausedUntil, 'ERROR_NOT_PAUSED');
        this.s.pausedUntil = c.now;
        this.s.version += 1;
        return this.told(m, c, [event(EVENT_PAUSED, c.sender, BigInt(c.now))]);
    }

    onCocoonExcesses(m: Message, c: Context): Effect {
        return this.toOwner(m.queryId as bigint, c);
    }

    onExcesses(m: Message, c: Context): Effect {
        return this.toOwner(m.queryId as bigint, c);
    }

    // ------------------------------------------------------------------ inside

    private surplus(c: Context): bigint {
        return c.balance - this.ledger - c.fees.operatorFloor;
    }

    private requireOwner(c: Context) {
        require(c.sender === this.s.owner, 'ERROR_NOT_OWNER');
        require(c.value >= c.fees.operator, 'ERROR_VALUE_TOO_LOW');
    }

    private requireUnpaused(c: Context) {
        require(c.now >= this.s.pausedUntil, 'ERROR_PAUSED');
    }

    private saveRoles(m: Message, c: Context, events: Message[]): Effect {
        const { arbiter, owner, reporter, guardian } = this.s;
        require(arbiter !== owner && arbiter !== reporter && arbiter !== guardian, 'ERROR_ARBITER_NOT_APART');
        this.s.version += 1;
        return this.told(m, c, events);
    }

    /** The registry hears of it, and the rest goes back. */
    private told(m: Message, c: Context, events: Message[]): Effect {
        const out = this.syncRoles(m, c, false);
        const done = this.done(m, c, events);
        return { ...done, out: [...out, ...done.out] };
    }

    private done(m: Message, c: Context, events: Message[]): Effect {
        require(c.value >= c.fees.operator, 'ERROR_VALUE_TOO_LOW');
        return { ...this.rest(c.sender, m.queryId as bigint, c), events };
    }

    private toChild(to: string, m: Message, message: Message, c: Context): Effect {
        const gas = to === this.registry ? built.GAS_REGISTRY_RELAY : built.GAS_DISTRIBUTION_SMALL;
        const value = c.fees.compute(gas) + c.fees.small;
        const done = this.done(m, c, []);
        return { ...done, out: [{ to, bounce: true, value, message }, ...done.out] };
    }

    private syncRoles(m: Message, c: Context, stakeOk: boolean): Effect['out'] {
        const { version, active, pausedUntil, owner, reporter, arbiter } = this.s;
        const roles = addresses(owner, reporter, arbiter);
        const message = { op: 'RolesUpdate', queryId: m.queryId, version, active, stakeOk, pausedUntil, roles };
        return [{ to: this.registry, bounce: true, value: c.fees.compute(built.GAS_SETUP), message }];
    }

    private rest(to: string, queryId: bigint, c: Context): Effect {
        const message = { op: 'Excesses', queryId };
        return { out: [{ to, bounce: false, optional: true, message }], events: [], keep: c.balance - c.value };
    }

    private toOwner(queryId: bigint, c: Context): Effect {
        const message = { op: 'OwnMoney', queryId };
        return {
            out: [{ to: this.s.owner, bounce: false, optional: true, message }],
            events: [],
            keep: c.balance - c.value,
        };
    }
}

function event(kind: bigint, who: string | null, value: unknown): Message {
    return { op: 'OperatorEvent', kind, who, value };
}
