/** An independent model of one prover's rewards: exact integers, no contract code. */
const SCALE = 10n ** 18n;

type Mirror = { raw: bigint; acc: bigint; pending: bigint; paid: bigint };

export class RewardsModel {
    total = 0n;
    acc = 0n;
    pot = 0n;
    due = 0n;
    income = 0n;
    /** Tokens that left, by owner. */
    readonly paid = new Map<string, bigint>();
    readonly mirrors = new Map<string, Mirror>();
    raise: { bps: bigint; at: bigint } | null = null;

    constructor(
        public commission: bigint,
        readonly minReward: bigint,
        readonly unstakeDelay: bigint,
    ) {}

    private mirror(who: string): Mirror {
        const known = this.mirrors.get(who) ?? { raw: 0n, acc: 0n, pending: 0n, paid: 0n };
        this.mirrors.set(who, known);
        return known;
    }

    /** Settles and changes the shares; false if that would leave less than nothing. */
    change(who: string, delta: bigint): boolean {
        const m = this.mirror(who);
        if (m.raw + delta < 0n) return false;
        m.pending += (m.raw * (this.acc - m.acc)) / SCALE;
        m.acc = this.acc;
        m.raw += delta;
        this.total += delta;
        return true;
    }

    /** False: below the minimum, and back to the sender. */
    add(amount: bigint, now: bigint): boolean {
        this.income += amount;
        if (amount < this.minReward) return false;
        if (this.raise !== null && now >= this.raise.at) {
            this.commission = this.raise.bps;
            this.raise = null;
        }
        const commission = this.total === 0n ? amount : (amount * this.commission) / 10_000n;
        this.due += commission;
        this.pot += amount - commission;
        if (this.total > 0n) this.acc += ((amount - commission) * SCALE) / this.total;
        return true;
    }

    setCommission(bps: bigint, now: bigint): void {
        if (this.raise !== null && now >= this.raise.at) this.commission = this.raise.bps;
        this.raise = null;
        if (bps > this.commission) this.raise = { bps, at: now + this.unstakeDelay };
        else this.commission = bps;
    }

    claimable(who: string): bigint {
        const m = this.mirrors.get(who);
        return m === undefined ? 0n : m.pending + (m.raw * (this.acc - m.acc)) / SCALE;
    }

    /** `arrives`: the tokens are not refused by the wallet; if they are, they come in again. */
    claim(who: string, arrives: boolean): bigint {
        const amount = this.claimable(who);
        const m = this.mirrors.get(who);
        if (m === undefined) return 0n;
        m.acc = this.acc;
        m.pending = arrives ? 0n : amount;
        if (!arrives) {
            this.income += amount;
            return 0n;
        }
        this.pot -= amount;
        this.paid.set(who, (this.paid.get(who) ?? 0n) + amount);
        return amount;
    }

    claimCommission(arrives: boolean): bigint {
        const amount = this.due;
        if (!arrives) {
            this.income += amount;
            return 0n;
        }
        this.due = 0n;
        this.paid.set('prover', (this.paid.get('prover') ?? 0n) + amount);
        return amount;
    }
}
