/** Constants of a settlement, which the addresses of its accounts commit to, and where these are. */
import { Address, beginCell, Cell } from '@ton/core';

import {
    storeSettlementTerms,
    type SettlementTerms,
} from '../../build/SettlementAccount/SettlementAccount_SettlementAccount';
import {
    RECEIPT_BURN_BPS,
    RECEIPT_NETWORK_BPS,
    RECEIPT_TREASURY_BPS,
} from '../../build/SettlementAccount/SettlementAccount_SettlementAccount';
import { Integer, pack } from '../common/messages';
import { accountIdOf } from '../pool/metrics';

export type { SettlementTerms };

/** A discount: bps of the network's part, from a volume of 30 days on. */
export type DiscountTier = { threshold: Integer; bps: Integer };

/** What a settlement can fix at its deployment. Amounts in the asset's smallest unit. */
export type TermsConfig = {
    /** The registry whose records are settled. */
    registry: Address;
    /** Code of its ledgers. */
    ledgerCode: Cell;
    /** One whole token: least deposit for a dispute. */
    unit: Integer;
    /** Seconds that a withdrawal thaws: 24 h by default, 7 days at most. */
    thaw?: Integer;
    /** Least deposit: one whole token by default. */
    minDeposit?: Integer;
    /** Bps; the provider has the rest: 750, 500, 750 by default. */
    network?: Integer;
    treasury?: Integer;
    burn?: Integer;
    /** The asset is the network token: the burn part is burned. */
    burns?: boolean;
    /** At most 8, rising; none by default. */
    tiers?: readonly DiscountTier[];
};

export const THAW_SECONDS = 86_400n;
export const MAX_THAW_SECONDS = 604_800n;

/** The cell of the tiers. Throws for tiers that do not rise, or too many. */
export function tiersCell(tiers: readonly DiscountTier[]): Cell {
    if (tiers.length > 8) {
        throw new Error('at most 8 discounts');
    }
    const builder = beginCell();
    let before = -1n;
    for (const { threshold, bps } of tiers) {
        if (BigInt(threshold) <= before || BigInt(bps) > 10_000n) {
            throw new Error('thresholds of discounts rise, and no discount is more than 10,000 bps');
        }
        before = BigInt(threshold);
        builder.storeUint(before, 96).storeUint(BigInt(bps), 16);
    }
    return builder.endCell();
}

/** The cell of the terms. Throws for terms outside the bounds. */
export function termsCell(config: TermsConfig): Cell {
    const thaw = BigInt(config.thaw ?? THAW_SECONDS);
    const network = BigInt(config.network ?? RECEIPT_NETWORK_BPS);
    const treasury = BigInt(config.treasury ?? RECEIPT_TREASURY_BPS);
    const burn = BigInt(config.burn ?? RECEIPT_BURN_BPS);
    if (thaw > MAX_THAW_SECONDS) {
        throw new Error('a withdrawal thaws for 7 days at most');
    }
    if (network + treasury + burn > 10_000n) {
        throw new Error('the parts are more than 100 %');
    }
    if (BigInt(config.unit) <= 0n) {
        throw new Error('a whole token is more than nothing');
    }
    return pack(
        storeSettlementTerms({
            $$type: 'SettlementTerms',
            registry: accountIdOf(config.registry),
            ledgerHash: BigInt(`0x${config.ledgerCode.hash().toString('hex')}`),
            ledgerDepth: BigInt(config.ledgerCode.depth()),
            thaw,
            unit: BigInt(config.unit),
            minDeposit: BigInt(config.minDeposit ?? config.unit),
            network,
            treasury,
            burn,
            burns: config.burns ?? false,
            tiers: tiersCell(config.tiers ?? []),
        }),
    );
}
