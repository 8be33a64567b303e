/**
 * What the emission contracts must do, as plain arithmetic: the same operations on numbers in memory. Every operation
 * answers with the error that the controller must end with (null: none), and changes the books only then.
 */
import {
    budgetOf,
    clampGrowth,
    EMISSION_CARRY,
    EMISSION_EPOCH,
    EMISSION_NOTICE,
    EmissionErrorName,
    epochFrom,
    firstLiveEpoch,
    rateBounds,
    splitEpoch,
    splitUsage,
    usageAmount,
    YEAR_SECONDS,
} from '../../../wrappers/token';

export type ModelRecipient = { who: string; bps: bigint };
export type ModelUsage = {
    consumer: string;
    provider: string;
    model: string;
    tokens: bigint;
    time: bigint;
    nonce: bigint;
};
export type MinterMode = 'takes' | 'refuses' | 'walletRefuses';
type Answer = EmissionErrorName | null;

const HOUR = 3600n;
const MINTS = 128n;

export type ModelConfig = {
    start: bigint;
    table: readonly bigint[];
    cap: bigint;
    growth: bigint;
    recipients: readonly ModelRecipient[];
    yearlyBudget: bigint;
    lifetimeCap: bigint;
    breakerBps: bigint;
    recorders: readonly string[];
};

const add = (map: Map<string, bigint>, key: string, amount: bigint) => map.set(key, (map.get(key) ?? 0n) + amount);
const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((a, b) => a + b, 0n);

export class EmissionModel {
    allocated = 0n;
    forfeited = 0n;
    forfeitedEpochs = 0n;
    nextEpoch = 0n;
    growth: bigint;
    nextGrowth = 0n;
    nextGrowthFrom = 0n;
    recipients: readonly ModelRecipient[];
    nextRecipients: readonly ModelRecipient[] = [];
    nextRecipientsFrom = 0n;

    total = 0n;
    tripped = false;
    treasuryDue = 0n;
    liquidityDue = 0n;
    readonly usedByYear = new Map<bigint, bigint>();
    /** Hour -> amount; what the breaker adds up. */
    readonly hours = new Map<bigint, bigint>();
    readonly rates = new Map<string, { rate: bigint; since: bigint }>();
    readonly recorders = new Map<string, { slot: number; term: bigint; since: bigint }>();
    terms: bigint;
    /** consumer + slot -> last nonce and the term it belongs to. */
    readonly nonces = new Map<string, { term: bigint; nonce: bigint }>();
    readonly due = new Map<string, bigint>();
    /** By person, or `share of <provider>`. */
    readonly owed = new Map<string, bigint>();
    readonly minted = new Map<string, bigint>();
    readonly sentAt: bigint[] = [];
    minter: MinterMode = 'takes';

    constructor(
        readonly config: ModelConfig,
        public now: bigint,
    ) {
        this.growth = config.growth;
        this.recipients = config.recipients;
        this.terms = BigInt(config.recorders.length);
        config.recorders.forEach((name, i) =>
            this.recorders.set(name, { slot: i, term: BigInt(i + 1), since: config.start }),
        );
    }

    // ------------------------------------------------------------------ the schedule

    private elapsed(): bigint {
        return this.now - this.config.start;
    }

    left(): bigint {
        return this.config.cap - this.allocated - this.forfeited;
    }

    growthOf(epoch: bigint): bigint {
        return this.nextGrowthFrom !== 0n && epoch >= this.nextGrowthFrom ? this.nextGrowth : this.growth;
    }

    /** Forfeits and applies what time has brought; nothing is kept unless `keep`. */
    private settled() {
        const { table } = this.config;
        const next = {
            nextEpoch: this.nextEpoch,
            forfeited: this.forfeited,
            forfeitedEpochs: this.forfeitedEpochs,
            growth: this.growth,
            nextGrowthFrom: this.nextGrowthFrom,
            recipients: this.recipients,
            nextRecipients: this.nextRecipients,
            nextRecipientsFrom: this.nextRecipientsFrom,
        };
        const live = firstLiveEpoch(this.elapsed());
        if (live > this.nextEpoch) {
            // Epochs in a row with one growth are one sum, rounded down once.
            let amount = 0n;
            for (let first = this.nextEpoch; first < live;) {
                let end = first;
                while (end < live && this.growthOf(end) === this.growthOf(first) && this.side(end) === this.side(first))
                    end++;
                amount += budgetOf(table, first, end, this.growthOf(first));
                first = end;
            }
            next.forfeited += amount < this.left() ? amount : this.left();
            next.forfeitedEpochs += live - this.nextEpoch;
            next.nextEpoch = live;
        }
        if (next.nextGrowthFrom !== 0n && next.nextEpoch >= next.nextGrowthFrom) {
            next.growth = this.nextGrowth;
            next.nextGrowthFrom = 0n;
        }
        if (next.nextRecipientsFrom !== 0n && next.nextEpoch >= next.nextRecipientsFrom) {
            next.recipients = next.nextRecipients;
            next.nextRecipients = [];
            next.nextRecipientsFrom = 0n;
        }
        return next;
    }

    /** Before or after an announced change, even one that changes nothing. */
    private side(epoch: bigint): boolean {
        return this.nextGrowthFrom !== 0n && epoch >= this.nextGrowthFrom;
    }

    private mintsFull(count: number): boolean {
        const next = this.sentAt.length;
        for (let seq = next; seq < next + count; seq++) {
            const before = this.sentAt[seq - Number(MINTS)];
            if (before !== undefined && this.now < before + HOUR) return true;
        }
        return this.owed.size >= 128;
    }

    private mint(to: string, amount: bigint): void {
        this.sentAt.push(this.now);
        add(this.minter === 'takes' ? this.minted : this.owed, to, amount);
        // What came back makes room in the ring at once.
        if (this.minter !== 'takes') this.sentAt[this.sentAt.length - 1] = -HOUR;
    }

    emit(): Answer {
        const next = this.settled();
        const epoch = next.nextEpoch;
        if (this.elapsed() < (epoch + 1n) * EMISSION_EPOCH) return 'ERROR_EPOCH_NOT_DUE';
        const left = this.config.cap - this.allocated - next.forfeited;
        const due = budgetOf(this.config.table, epoch, epoch + 1n, next.growth);
        const budget = due < left ? due : left;
        if (budget <= 0n) return 'ERROR_SCHEDULE_SPENT';
        const shares = splitEpoch(
            budget,
            next.recipients.map(({ bps }) => bps),
        );
        const count = shares.filter((amount) => amount > 0n).length;
        if (this.mintsFull(count)) return 'ERROR_MINTS_FULL';
        Object.assign(this, next);
        this.nextEpoch = epoch + 1n;
        this.allocated += budget;
        // The contract mints from the last to the first.
        for (let i = shares.length - 1; i >= 0; i--) if (shares[i] > 0n) this.mint(next.recipients[i].who, shares[i]);
        return null;
    }

    setGrowth(bps: bigint): Answer {
        const next = this.settled();
        if (next.nextGrowthFrom !== 0n) return 'ERROR_CHANGE_PENDING';
        Object.assign(this, next);
        this.nextGrowth = clampGrowth(bps);
        this.nextGrowthFrom = epochFrom(this.elapsed() + EMISSION_NOTICE);
        return null;
    }

    cancelGrowth(): Answer {
        if (this.nextGrowthFrom === 0n) return 'ERROR_NO_CHANGE';
        if (this.elapsed() >= this.nextGrowthFrom * EMISSION_EPOCH) return 'ERROR_CHANGE_APPLIES';
        this.nextGrowthFrom = 0n;
        return null;
    }

    setRecipients(recipients: readonly ModelRecipient[]): Answer {
        const next = this.settled();
        if (next.nextRecipientsFrom !== 0n) return 'ERROR_CHANGE_PENDING';
        if (recipients.length === 0 || recipients.length > 8 || sum(recipients.map((r) => r.bps)) !== 10_000n)
            return 'ERROR_RECIPIENTS';
        Object.assign(this, next);
        this.nextRecipients = recipients;
        this.nextRecipientsFrom = epochFrom(this.elapsed() + EMISSION_NOTICE);
        return null;
    }

    cancelRecipients(): Answer {
        if (this.nextRecipientsFrom === 0n) return 'ERROR_NO_CHANGE';
        if (this.elapsed() >= this.nextRecipientsFrom * EMISSION_EPOCH) return 'ERROR_CHANGE_APPLIES';
        this.nextRecipientsFrom = 0n;
        this.nextRecipients = [];
        return null;
    }

    /** 0 not begun, 1 running, 2 due, 3 done, 4 lost. */
    statusOf(epoch: bigint): bigint {
        const ends = (epoch + 1n) * EMISSION_EPOCH;
        if (epoch < this.nextEpoch) return 3n;
        if (this.elapsed() > ends + EMISSION_CARRY) return 4n;
        if (this.elapsed() >= ends) return 2n;
        return this.elapsed() >= epoch * EMISSION_EPOCH ? 1n : 0n;
    }

    // ------------------------------------------------------------------ usages

    year(): bigint {
        return this.elapsed() <= 0n ? 0n : this.elapsed() / YEAR_SECONDS;
    }

    yearUsed(): bigint {
        return this.usedByYear.get(this.year()) ?? 0n;
    }

    breakerLimit(): bigint {
        return (this.config.yearlyBudget * this.config.breakerBps) / 10_000n;
    }

    windowSum(): bigint {
        const hour = this.now / HOUR;
        return sum([...this.hours].filter(([h]) => h >= hour - 24n).map(([, amount]) => amount));
    }

    /** Results of the rows; `guardFault`, `shareFault`: consumers and providers whose contract refuses everything. */
    record(
        recorder: string,
        usages: readonly ModelUsage[],
        guardFault = new Set<string>(),
        shareFault = new Set<string>(),
    ): Answer | number[] {
        const place = this.recorders.get(recorder);
        if (place === undefined) return 'ERROR_NOT_ROLE';
        if (this.tripped) return 'ERROR_USAGE_STOPPED';
        if (this.owed.size >= 128) return 'ERROR_MINTS_FULL';
        if (usages.length === 0 || usages.length > 50) return 'ERROR_USAGE_BATCH';
        const window = this.windowSum();
        const sent: { usage: ModelUsage; amount: bigint }[] = [];
        let total = 0n;
        const results = usages.map((usage) => {
            const rate = this.rates.get(usage.model)?.rate;
            const amount = rate === undefined ? 0n : usageAmount(usage.tokens, rate);
            if (this.tripped) return 6;
            if (usage.time < place.since || usage.time > this.now) return 3;
            if (rate === undefined) return 1;
            if (amount === 0n) return 2;
            if (this.total + total + amount > this.config.lifetimeCap) return 5;
            if (this.yearUsed() + total + amount > this.config.yearlyBudget) return 4;
            if (window + total + amount > this.breakerLimit()) {
                this.tripped = true;
                return 6;
            }
            total += amount;
            sent.push({ usage, amount });
            return 0;
        });
        for (const { usage, amount } of sent) {
            const key = `${usage.consumer} ${place.slot}`;
            const last = this.nonces.get(key) ?? { term: 0n, nonce: 0n };
            const grows = place.term > last.term || (place.term === last.term && usage.nonce > last.nonce);
            if (guardFault.has(usage.consumer) || !grows || usage.nonce === 0n) continue;
            this.nonces.set(key, { term: place.term, nonce: usage.nonce });
            this.total += amount;
            this.usedByYear.set(this.year(), this.yearUsed() + amount);
            const hour = this.now / HOUR;
            this.hours.set(hour, (this.hours.get(hour) ?? 0n) + amount);
            const split = splitUsage(amount);
            this.treasuryDue += split.treasury;
            this.liquidityDue += split.liquidity;
            if (shareFault.has(usage.provider)) add(this.owed, `share of ${usage.provider}`, split.provider);
            else add(this.due, usage.provider, split.provider);
        }
        return results;
    }

    setRate(model: string, rate: bigint): Answer {
        if (rate <= 0n) return 'ERROR_RATE_STEP';
        const known = this.rates.get(model);
        if (known !== undefined) {
            const { low, high } = rateBounds(known.rate);
            if (rate < low || rate > high) return 'ERROR_RATE_STEP';
            if (this.now < known.since + 7n * 86_400n) return 'ERROR_RATE_TOO_SOON';
        }
        this.rates.set(model, { rate, since: this.now });
        return null;
    }

    breaker(stop: boolean): void {
        this.tripped = stop;
        if (!stop) this.hours.clear();
    }

    acceptRecorder(name: string): Answer {
        if (this.recorders.has(name)) return 'ERROR_RECORDER_LIST';
        const taken = new Set([...this.recorders.values()].map(({ slot }) => slot));
        let slot = 0;
        while (taken.has(slot)) slot++;
        if (slot >= 16) return 'ERROR_TOO_MANY_RECORDERS';
        this.terms += 1n;
        this.recorders.set(name, { slot, term: this.terms, since: this.now });
        return null;
    }

    revokeRecorder(name: string): Answer {
        return this.recorders.delete(name) ? null : 'ERROR_RECORDER_LIST';
    }

    // ------------------------------------------------------------------ minting

    flush(): Answer {
        if (this.treasuryDue + this.liquidityDue === 0n) return 'ERROR_NOTHING_TO_MINT';
        const parts = [
            ['treasury', this.treasuryDue],
            ['liquidity', this.liquidityDue],
        ] as const;
        const going = parts.filter(([, amount]) => amount > 0n);
        if (this.mintsFull(going.length)) return 'ERROR_MINTS_FULL';
        this.treasuryDue = 0n;
        this.liquidityDue = 0n;
        for (const [who, amount] of going) this.mint(who, amount);
        return null;
    }

    owedTo(who: string): bigint {
        return (this.owed.get(who) ?? 0n) + (this.owed.get(`share of ${who}`) ?? 0n);
    }

    flushTo(who: string): Answer {
        const amount = this.owedTo(who);
        if (amount === 0n) return 'ERROR_NOTHING_TO_MINT';
        this.owed.delete(who);
        this.owed.delete(`share of ${who}`);
        this.mint(who, amount);
        return null;
    }

    claim(who: string): Answer {
        const amount = this.due.get(who) ?? 0n;
        if (amount === 0n) return 'ERROR_NOTHING_TO_MINT';
        if (this.mintsFull(1)) return 'ERROR_MINTS_FULL';
        this.due.set(who, 0n);
        this.mint(who, amount);
        return null;
    }

    /** Every unit that the budgets gave is in exactly one place. */
    conserved(): boolean {
        const places =
            sum(this.minted.values()) +
            sum(this.owed.values()) +
            sum(this.due.values()) +
            this.treasuryDue +
            this.liquidityDue;
        return this.allocated + this.total === places;
    }
}
