/** What registry, settlement and accounts must say, in plain arithmetic and without looking at the contracts. */
import { splitPayment } from '../../../wrappers/token';
import { DAY, RESOLVE, UNIT, WINDOW } from './world';

export type ModelRecord = {
    id: bigint;
    consumer: string;
    provider: string;
    amount: bigint;
    state: 'open' | 'settled';
};

type Open = { id: bigint; amount: bigint; due: number; provider: string };
type Dispute = Open & { byProvider: boolean; deposit: bigint; deadline: number };

class Account {
    deposit = 0n;
    earned = 0n;
    thawing = 0n;
    thawAt = 0;
    stuckFees = 0n;
    open: Open[] = [];
    disputes: Dispute[] = [];
    /** Provider -> credit that did not arrive. */
    stuck = new Map<string, bigint>();

    held(): bigint {
        const open = this.open.reduce((sum, one) => sum + one.amount, 0n);
        return this.disputes.reduce((sum, one) => sum + one.amount + one.deposit, open);
    }
}

const SHARES = { network: 750n, treasury: 500n, burn: 750n, discount: 0n };
const low = (a: bigint, b: bigint) => (a < b ? a : b);

export class SettlementModel {
    readonly accounts = new Map<string, Account>();
    readonly nonces = new Map<string, bigint>();
    readonly records: ModelRecord[] = [];
    tokens = 0n;
    amount = 0n;
    count = 0n;
    network = 0n;
    treasury = 0n;
    burn = 0n;
    /** Paid out of the settlement, burned included. */
    paid = 0n;
    deposited = 0n;

    constructor(
        readonly burns: boolean,
        public now: number,
    ) {}

    account(name: string): Account {
        let found = this.accounts.get(name);
        if (found === undefined) this.accounts.set(name, (found = new Account()));
        return found;
    }

    /** The nonce is new: counted. */
    record(consumer: string, nonce: bigint, count: bigint, batch: boolean): boolean {
        const last = this.nonces.get(consumer) ?? 0n;
        if (batch ? nonce !== last + 1n : nonce <= last) return false;
        this.nonces.set(consumer, nonce + count - 1n);
        return true;
    }

    deposit(name: string, amount: bigint): void {
        this.account(name).deposit += amount;
        this.deposited += amount;
    }

    /** Result code of settling a record. */
    settle(record: ModelRecord | null): number {
        if (record === null || record.state === 'settled') return 1;
        const account = this.accounts.get(record.consumer);
        if (account === undefined) return 4;
        if (record.amount > account.deposit) return 5;
        account.deposit -= record.amount;
        const { id, amount, provider } = record;
        if (amount > 0n) account.open.push({ id, amount, provider, due: this.now + WINDOW });
        record.state = 'settled';
        return 0;
    }

    private pay(consumer: string, provider: string, amount: bigint, extra: bigint, refuses: Set<string>): void {
        const parts = splitPayment(amount, SHARES, this.burns);
        const account = this.account(consumer);
        const reward = parts.providerReward + extra;
        if (refuses.has(provider)) account.stuck.set(provider, (account.stuck.get(provider) ?? 0n) + reward);
        else this.account(provider).earned += reward;
        if (refuses.has('settlement')) {
            account.stuckFees += parts.networkFee + parts.treasuryFee + parts.burnAmount;
        } else {
            this.network += parts.networkFee;
            this.treasury += parts.treasuryFee;
            this.burn += parts.burnAmount;
        }
    }

    confirm(consumer: string, only: string | null, refuses: Set<string>): boolean {
        const account = this.account(consumer);
        const due = account.open.filter((o) => o.due <= this.now && (only === null || o.provider === only));
        if (due.length === 0) return false;
        account.open = account.open.filter((o) => !due.includes(o));
        const sums = new Map<string, bigint>();
        for (const { provider, amount } of due) sums.set(provider, (sums.get(provider) ?? 0n) + amount);
        const stuck = account.stuckFees;
        account.stuckFees = 0n;
        if (refuses.has('settlement')) account.stuckFees += stuck;
        else this.treasury += stuck;
        for (const [provider, amount] of sums) this.pay(consumer, provider, amount, 0n, refuses);
        return true;
    }

    dispute(consumer: string, id: bigint, byProvider: boolean, deposit: bigint): boolean {
        const account = this.account(consumer);
        const one = account.open.find((o) => o.id === id);
        const most = byProvider ? 4 : 8;
        if (one === undefined || this.now >= one.due || account.disputes.length >= most) return false;
        const payer = byProvider ? this.account(one.provider) : account;
        if (byProvider ? payer.earned < deposit : payer.deposit < deposit) return false;
        if (byProvider) payer.earned -= deposit;
        else payer.deposit -= deposit;
        account.open = account.open.filter((o) => o !== one);
        account.disputes.push({ ...one, byProvider, deposit, deadline: this.now + RESOLVE });
        return true;
    }

    stake(amount: bigint): bigint {
        const one = (amount + 99n) / 100n;
        return one > UNIT ? one : UNIT;
    }

    /** `confirm` null: nobody spoke. */
    conclude(consumer: string, id: bigint, confirm: boolean | null): boolean {
        const account = this.account(consumer);
        const one = account.disputes.find((d) => d.id === id);
        if (one === undefined || (confirm === null) !== this.now > one.deadline) return false;
        account.disputes = account.disputes.filter((d) => d !== one);
        if (confirm) {
            const stuck = account.stuckFees;
            account.stuckFees = 0n;
            this.treasury += stuck;
            this.pay(consumer, one.provider, one.amount, one.deposit, new Set());
        } else {
            account.deposit += one.amount;
            if (confirm === null && one.byProvider) this.account(one.provider).earned += one.deposit;
            else account.deposit += one.deposit;
        }
        return true;
    }

    request(name: string, amount: bigint): boolean {
        const account = this.account(name);
        if (amount > account.deposit) return false;
        account.thawing = amount;
        account.thawAt = this.now + DAY;
        return true;
    }

    complete(name: string, refused: boolean): boolean {
        const account = this.account(name);
        const amount = low(account.thawing, account.deposit);
        if (account.thawing === 0n || this.now < account.thawAt || amount === 0n) return false;
        account.thawing = 0n;
        if (!refused) {
            account.deposit -= amount;
            this.paid += amount;
        }
        return true;
    }

    withdraw(name: string, amount: bigint, refused: boolean): boolean {
        const account = this.account(name);
        const wanted = amount === 0n ? account.earned : amount;
        if (wanted > account.earned || wanted === 0n) return false;
        // A part is not smaller than the least deposit.
        if (wanted < account.earned && wanted < UNIT) return false;
        if (!refused) {
            account.earned -= wanted;
            this.paid += wanted;
        }
        return true;
    }

    collect(provider: string, consumer: string): void {
        this.confirm(consumer, provider, new Set());
        const account = this.account(provider);
        this.paid += account.earned;
        account.earned = 0n;
    }

    resend(consumer: string, provider: string): boolean {
        const account = this.account(consumer);
        const amount = account.stuck.get(provider);
        if (amount === undefined) return false;
        account.stuck.delete(provider);
        this.account(provider).earned += amount;
        return true;
    }

    payFees(refused: boolean): boolean {
        const sum = this.network + this.treasury + this.burn;
        if (sum === 0n) return false;
        if (refused) return true;
        this.paid += sum;
        this.network = this.treasury = this.burn = 0n;
        return true;
    }

    owed(): bigint {
        let sum = 0n;
        for (const account of this.accounts.values()) {
            sum += account.deposit + account.earned + account.held() + account.stuckFees;
            for (const amount of account.stuck.values()) sum += amount;
        }
        return sum;
    }

    /** Every unit that came in is somewhere. */
    conserved(): boolean {
        return this.deposited === this.owed() + this.network + this.treasury + this.burn + this.paid;
    }
}
