/** A channel in plain TypeScript: what it must answer to any message, and what the books say afterwards. */
import {
    ChannelErrorName,
    ChannelSigner,
    SignedVoucher,
    verifyVoucher,
    MAIN_NETWORK,
} from '../../../wrappers/settlement/channel';
import { ChannelUnit, DAY, KEYS } from './channel-unit';

type Refused = ChannelErrorName;
export type Party = 'consumer' | 'provider' | 'stranger';

export class ChannelModel {
    state: 'open' | 'closing' | 'closed' = 'open';
    closeAt = 0;
    deposit = 0n;
    claimed = 0n;
    tokens = 0n;
    hotKey: ChannelSigner | null = null;
    hotUntil = 0;
    /** Of payouts that came back, by party. */
    due = { consumer: 0n, provider: 0n };
    /** What has left for each. */
    paid = { consumer: 0n, provider: 0n };
    /** Jettons in the wallet that the books do not know. */
    surplus = 0n;
    syncAt = 0;

    constructor(private readonly unit: ChannelUnit) {}

    get owed(): bigint {
        return this.state === 'closed' ? 0n : this.deposit - this.claimed;
    }

    private ended(now: number): boolean {
        return this.state === 'closed' || (this.state === 'closing' && now >= this.closeAt);
    }

    private signed(voucher: SignedVoucher, now: number): boolean {
        const keys = [KEYS.consumer.publicKey];
        if (this.hotKey && (this.hotUntil === 0 || now < this.hotUntil)) keys.push(this.hotKey.publicKey);
        return (
            voucher.channel.equals(this.unit.address) &&
            voucher.networkId === MAIN_NETWORK &&
            verifyVoucher(voucher, keys)
        );
    }

    /** Each operation: the error it is refused with, or undefined when it was done. */
    claim(voucher: SignedVoucher, now: number): Refused | undefined {
        if (this.ended(now)) return 'ERROR_CHANNEL_CLOSED';
        if (!this.signed(voucher, now)) return 'ERROR_CHANNEL_SIGNATURE';
        const worth = voucher.amount < this.deposit ? voucher.amount : this.deposit;
        if (worth <= this.claimed) return 'ERROR_CHANNEL_OLD_VOUCHER';
        this.paid.provider += worth - this.claimed;
        this.claimed = worth;
        this.tokens = voucher.tokens;
        return undefined;
    }

    providerClose(voucher: SignedVoucher, by: Party, now: number): Refused | undefined {
        if (this.ended(now)) return 'ERROR_CHANNEL_CLOSED';
        if (by !== 'provider') return 'ERROR_CHANNEL_NOT_PARTY';
        if (!this.signed(voucher, now)) return 'ERROR_CHANNEL_SIGNATURE';
        this.claim(voucher, now);
        this.close();
        return undefined;
    }

    coopClose(amount: bigint, validUntil: number, genuine: boolean, now: number): Refused | undefined {
        if (this.state === 'closed') return 'ERROR_CHANNEL_CLOSED';
        if (now > validUntil) return 'ERROR_CHANNEL_TOO_LATE';
        if (!genuine) return 'ERROR_CHANNEL_SIGNATURE';
        if (amount < this.claimed || amount > this.deposit) return 'ERROR_CHANNEL_AMOUNT';
        this.paid.provider += amount - this.claimed;
        this.claimed = amount;
        this.close();
        return undefined;
    }

    startClose(by: Party, now: number): Refused | undefined {
        if (this.state === 'closed') return 'ERROR_CHANNEL_CLOSED';
        if (this.state === 'closing') return 'ERROR_CHANNEL_CLOSING';
        if (by === 'stranger' && now < this.unit.terms.expiresAt) return 'ERROR_CHANNEL_NOT_PARTY';
        this.state = 'closing';
        this.closeAt = now + DAY;
        return undefined;
    }

    finish(now: number): Refused | undefined {
        if (this.state !== 'closing' || now < this.closeAt) return 'ERROR_CHANNEL_NOT_DUE';
        this.close();
        return undefined;
    }

    setHotKey(key: ChannelSigner, by: Party, now: number): Refused | undefined {
        if (this.state === 'closed') return 'ERROR_CHANNEL_CLOSED';
        if (by !== 'consumer') return 'ERROR_CHANNEL_NOT_PARTY';
        if (this.hotKey && (this.hotUntil === 0 || now < this.hotUntil)) return 'ERROR_CHANNEL_HOT_KEY';
        this.hotKey = key;
        this.hotUntil = 0;
        return undefined;
    }

    revokeHotKey(by: Party, now: number): Refused | undefined {
        if (this.state === 'closed') return 'ERROR_CHANNEL_CLOSED';
        if (by !== 'consumer') return 'ERROR_CHANNEL_NOT_PARTY';
        if (!this.hotKey || this.hotUntil !== 0) return 'ERROR_CHANNEL_HOT_KEY';
        this.hotUntil = now + DAY;
        return undefined;
    }

    release(to: 'consumer' | 'provider'): Refused | undefined {
        if (this.due[to] === 0n) return 'ERROR_CHANNEL_NOTHING_DUE';
        this.paid[to] += this.due[to];
        this.due[to] = 0n;
        return undefined;
    }

    sync(amount: bigint, now: number): Refused | undefined {
        if (now < this.syncAt + 3600) return 'ERROR_CHANNEL_SYNC_WAIT';
        this.syncAt = now;
        if (amount <= this.surplus) {
            this.surplus -= amount;
            if (this.state === 'closed') this.due.consumer += amount;
            else this.deposit += amount;
        }
        return undefined;
    }

    private close(): void {
        this.paid.consumer += this.deposit - this.claimed;
        this.state = 'closed';
    }
}
