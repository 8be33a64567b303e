/** Shadow of a RewardDistribution: the pots, the rounds and the commission schedule. */
import {
    COMMISSION_MAX,
    COMMISSION_MIN,
    EXIT_DELAY,
    INCOME_DONATION,
    INCOME_EXPIRED,
    INCOME_FINE,
    INCOME_REWARD,
    INCOME_SLASH,
    INCOME_TOP_UP,
    MAX_BATCH,
    MIN_PAYOUT_ROUNDS,
} from '../../../../wrappers/pool';
import * as built from '../../../../build/PoolOperator/PoolOperator_PoolOperator';
import type { Cell } from '@ton/core';
import { addressOfAccount } from '../../../../wrappers/pool';
import { payout, settle, sum } from './rounds';
import { Context, Effect, max, Message, min, raw, Refused, require, seconds } from './types';
import type { Entry } from './vault';

export type Round = {
    attempt: boolean;
    rewards: bigint;
    pot: bigint;
    bps: number;
    factor: bigint;
    total: bigint;
    shares: bigint[];
    allocated: bigint;
    left: bigint;
    fixedAt: number;
};

export type DistributionState = {
    nextRound: number;
    rewards: bigint;
    donations: bigint;
    reserve: bigint;
    unpaid: bigint;
    rewardsTotal: bigint;
    donationsTotal: bigint;
    commissionTotal: bigint;
    allocatedTotal: bigint;
    expiredTotal: bigint;
    payout: string;
    raise: { bps: number; at: number } | null;
    /** Newest first, at most 16. */
    changes: { at: number; bps: number }[];
    rounds: Record<number, Round>;
};

/** Rounds live in blocks of eight; opening one lets the block nine before it expire. */
const BLOCK = 8;
const BLOCKS_BACK = 9;

export class DistributionModel {
    constructor(
        readonly operator: string,
        readonly registry: string,
        readonly vaultOf: (participant: string) => string,
        public s: DistributionState,
    ) {}

    get ledger(): bigint {
        return this.s.rewards + this.s.donations + this.s.reserve + this.s.unpaid;
    }

    /** A raise whose notice is over has become the rate. */
    schedule(now: number): Pick<DistributionState, 'raise' | 'changes'> {
        const { raise, changes } = this.s;
        if (raise === null || now < raise.at) {
            return { raise, changes };
        }
        return { raise: null, changes: [raise, ...changes].slice(0, 16).map(({ at, bps }) => ({ at, bps })) };
    }

    rate(now: number): number {
        return this.schedule(now).changes[0].bps;
    }

    /** min(rate when the epoch began, rate now); the lowest rate there can be if the change before it is forgotten. */
    private roundRate(start: number, now: number): number {
        const { changes } = this.schedule(now);
        const then = changes.find((change) => change.at <= start);
        if (then === undefined && changes.length === 16) {
            return Number(COMMISSION_MIN);
        }
        return Math.min(changes[0].bps, (then ?? changes[changes.length - 1]).bps);
    }

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

    bounced(): Effect {
        return { out: [], events: [] };
    }

    // ------------------------------------------------------------------ claims

    onClaim(m: Message, c: Context): Effect {
        const participant = m._participant as string;
        require(c.sender === this.vaultOf(participant), 'ERROR_NOT_VAULT');
        const epochs = m._epochs as number[];
        require(epochs[epochs.length - 1] < this.s.nextRound, 'ERROR_ROUND_OPEN');
        let total = 0n;
        epochs.forEach((epoch, i) => {
            const round = this.s.rounds[epoch] as Round | undefined;
            const entry = (m._entries as (Entry | null)[])[i];
            if (round === undefined || entry === null || round.total === 0n || entry.attempt !== round.attempt) {
                return;
            }
            const amount = min(round.left, payout(entry.score, round.shares[entry.bucket], round.total));
            round.left -= amount;
            total += amount;
        });
        if (total < (m._minPayout as bigint)) {
            require(epochs[0] + Number(MIN_PAYOUT_ROUNDS) < this.s.nextRound, 'ERROR_BELOW_MIN_PAYOUT');
        }
        this.s.unpaid -= total;
        const { queryId, firstRound, mask } = m;
        const out: Effect['out'] = [];
        if (total > 0n) {
            const message = { op: 'RewardPaid', queryId, firstRound, mask };
            out.push({ to: m._payout as string, bounce: false, value: total, message });
        }
        const response = m.responseTo as string;
        out.push({ to: response, bounce: false, optional: true, message: { op: 'Excesses', queryId } });
        return {
            out,
            events: [{ op: 'ClaimPaid', participant, firstRound, mask, amount: total }],
            keep: c.balance - c.value - total,
        };
    }

    // ------------------------------------------------------------------ money in

    onIncome(m: Message, c: Context): Effect {
        require(c.sender === this.operator, 'ERROR_NOT_OPERATOR');
        const amount = max(0n, c.value - c.fees.income);
        if (m.trusted) {
            this.s.rewards += amount;
        } else {
            this.s.donations += amount;
            this.s.donationsTotal += amount;
        }
        const { participant, proxy } = m;
        const kind = m.trusted ? INCOME_REWARD : INCOME_DONATION;
        return {
            out: [],
            events: [{ op: 'IncomeBooked', kind, amount, participant, proxy }],
            gas: built.GAS_DISTRIBUTION_INCOME,
        };
    }

    onTopUpReserve(m: Message, c: Context): Effect {
        const amount = m.amount as bigint;
        const cost = c.fees.reserve + 2n * c.fees.small;
        require(amount > 0n && c.value >= amount + cost, 'ERROR_VALUE_TOO_LOW');
        const events = [this.intoReserve(INCOME_TOP_UP, amount)];
        return { ...this.rest(m, c), events, keep: c.balance - c.value + amount };
    }

    onSlashPaid(m: Message, c: Context): Effect {
        require(c.sender === this.vaultOf(m.participant as string), 'ERROR_NOT_VAULT');
        const amount = m.amount as bigint;
        require(c.value >= amount + c.fees.reserve, 'ERROR_VALUE_TOO_LOW');
        return { out: [], events: [this.intoReserve(INCOME_SLASH, amount)] };
    }

    onFinePaid(m: Message, c: Context): Effect {
        require(c.sender === this.operator, 'ERROR_NOT_OPERATOR');
        const amount = m.amount as bigint;
        require(c.value >= amount + c.fees.reserve, 'ERROR_VALUE_TOO_LOW');
        return { out: [], events: [this.intoReserve(INCOME_FINE, amount)] };
    }

    onSync(m: Message, c: Context): Effect {
        const surplus = c.balance - this.ledger - c.fees.distributionRent - c.value;
        require(surplus > 0n, 'ERROR_VALUE_TOO_LOW');
        require(c.value >= c.fees.distributionSmall, 'ERROR_VALUE_TOO_LOW');
        this.s.donations += surplus;
        this.s.donationsTotal += surplus;
        const event = { op: 'IncomeBooked', kind: INCOME_DONATION, amount: surplus, participant: null, proxy: null };
        return { ...this.rest(m, c), events: [event] };
    }

    private intoReserve(kind: bigint, amount: bigint): Message {
        this.s.reserve += amount;
        return { op: 'IncomeBooked', kind, amount, participant: null, proxy: null };
    }

    // ------------------------------------------------------------------ rounds

    onRoundTotals(m: Message, c: Context): Effect {
        require(c.sender === this.registry, 'ERROR_NOT_REGISTRY');
        const epoch = Number(m.epoch);
        const out: Effect['out'] = [];
        const events: Message[] = [];
        let commission = 0n;
        // Totals that were lost: their rounds pay nothing.
        while (this.s.nextRound < epoch) {
            const nothing = {
                epoch: this.s.nextRound++,
                attempt: false,
                free: false,
                _totals: [0n, 0n, 0n, 0n, 0n, 0n],
            };
            this.fix({ op: m.op, ...nothing }, c, events);
        }
        if (epoch === this.s.nextRound) {
            this.s.nextRound += 1;
            commission = this.fix(m, c, events);
            if (commission > 0n) {
                const message = { op: 'CommissionPaid', queryId: m.queryId, round: epoch };
                out.push({ to: this.s.payout, bounce: false, value: commission, message });
            }
        }
        const message = { op: 'Excesses', queryId: m.queryId };
        out.push({ to: m.responseTo as string, bounce: false, optional: true, message });
        return { out, events, keep: c.balance - c.value - commission };
    }

    private fix(m: Message, c: Context, events: Message[]): bigint {
        const epoch = Number(m.epoch);
        const expired = this.expire(Math.floor(epoch / BLOCK) - BLOCKS_BACK);
        if (expired > 0n) {
            this.s.unpaid -= expired;
            this.s.expiredTotal += expired;
            events.push(this.intoReserve(INCOME_EXPIRED, expired));
        }
        const totals = m._totals as bigint[];
        const total = sum(totals);
        const { rewards, donations } = this.s;
        const round: Round = {
            attempt: m.attempt as boolean,
            rewards: 0n,
            pot: 0n,
            bps: 0,
            factor: 0n,
            total,
            shares: [],
            allocated: 0n,
            left: 0n,
            fixedAt: c.now,
        };
        let commission = 0n;
        round.rewards = rewards;
        if (total > 0n) {
            const bps = m.free ? 0 : this.roundRate(Number(m.epochStart), c.now);
            const terms = settle(rewards, donations, this.s.reserve, BigInt(bps), totals);
            commission = terms.commission;
            const { pot, factor, shares, allocated } = terms;
            Object.assign(round, { bps, pot, factor, shares, allocated, left: allocated });
            Object.assign(this.s, { ...this.schedule(c.now), rewards: 0n, donations: 0n, reserve: terms.reserve });
            this.s.rewardsTotal += rewards;
            this.s.commissionTotal += commission;
            this.s.allocatedTotal += allocated;
            this.s.unpaid += allocated;
        }
        this.s.rounds[epoch] = round;
        events.push({
            op: 'RoundFixed',
            round: epoch,
            attempt: m.attempt,
            commissionBps: round.bps,
            factor: round.factor,
            rewards,
            donations,
            pot: round.pot,
            commission,
            allocated: round.allocated,
            reserve: this.s.reserve,
        });
        return commission;
    }

    /** Drops the rounds of a block; what was unpaid of them. */
    private expire(block: number): bigint {
        let expired = 0n;
        for (let round = block * BLOCK; round < (block + 1) * BLOCK; round++) {
            expired += (this.s.rounds[round] as Round | undefined)?.left ?? 0n;
            delete this.s.rounds[round];
        }
        return expired;
    }

    onStartRound(m: Message, c: Context): Effect {
        require(c.value >= c.fees.start, 'ERROR_VALUE_TOO_LOW');
        const message = { op: 'CloseEpoch', queryId: m.queryId, responseTo: c.sender };
        return { out: [{ to: this.registry, bounce: true, message }], events: [], keep: c.balance - c.value };
    }

    onPokeMany(m: Message, c: Context): Effect {
        const count = Number(m.count);
        require(count > 0 && count <= Number(MAX_BATCH), 'ERROR_BATCH');
        const each = (c.value - c.fees.pokeManyOwn(count)) / BigInt(count) - c.fees.small;
        require(each >= c.fees.poke(1n), 'ERROR_VALUE_TOO_LOW');
        const message = { op: 'Poke', queryId: m.queryId, upTo: m.upTo, responseTo: c.sender };
        const out = participantsOf(m.participants as Cell, count).map((participant) => ({
            to: this.vaultOf(participant),
            bounce: true,
            value: each,
            message,
        }));
        return { out, events: [] };
    }

    // ------------------------------------------------------------------ from the operator

    onCommissionChange(m: Message, c: Context): Effect {
        require(c.sender === this.operator, 'ERROR_NOT_OPERATOR');
        const settled = this.schedule(c.now);
        if (m.kind !== 0n) {
            require(settled.raise !== null, 'ERROR_NO_CHANGE');
            Object.assign(this.s, { ...settled, raise: null });
            return { out: [], events: [{ op: 'CommissionScheduled', bps: settled.raise.bps, at: 0 }] };
        }
        const bps = Number(m.bps);
        require(m.bps !== undefined && bps >= COMMISSION_MIN && bps <= COMMISSION_MAX, 'ERROR_COMMISSION_BOUNDS');
        const cut = bps <= settled.changes[0].bps;
        const at = cut ? c.now : c.now + seconds(EXIT_DELAY);
        if (cut) {
            settled.changes = [{ at, bps }, ...settled.changes].slice(0, 16);
        } else {
            require(settled.raise === null, 'ERROR_CHANGE_PENDING');
            settled.raise = { bps, at };
        }
        Object.assign(this.s, settled);
        return { out: [], events: [{ op: 'CommissionScheduled', bps, at }] };
    }

    onPayoutAddressChange(m: Message, c: Context): Effect {
        require(c.sender === this.operator, 'ERROR_NOT_OPERATOR');
        this.s.payout = m.payout as string;
        return { out: [], events: [] };
    }

    private rest(m: Message, c: Context): Effect {
        const message = { op: 'Excesses', queryId: m.queryId };
        return {
            out: [{ to: c.sender, bounce: false, optional: true, message }],
            events: [],
            keep: c.balance - c.value,
        };
    }
}

/** Three account ids a cell. */
export function participantsOf(chain: Cell, count: number): string[] {
    let slice = chain.beginParse();
    const found: string[] = [];
    while (found.length < count) {
        if (slice.remainingBits < 256) {
            slice = slice.loadRef().beginParse();
        }
        found.push(raw(addressOfAccount(slice.loadUintBig(256))));
    }
    return found;
}
