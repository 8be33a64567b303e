/** A payment's five amounts, as contracts/token/receipt.tact splits it. */

/** payment = providerReward + networkFee + treasuryFee + burnAmount, always. Smallest unit of the asset. */
export type Receipt = {
    payment: bigint;
    providerReward: bigint;
    networkFee: bigint;
    treasuryFee: bigint;
    burnAmount: bigint;
};

/** Bps; the provider has the rest. `discount` is bps of the network's part. */
export type ReceiptShares = { network: bigint; treasury: bigint; burn: bigint; discount: bigint };

const BPS = 10_000n;

/** Splits a gross price. `burns` false: the asset is not the network token, its burn part goes to the treasury. */
export function splitPayment(price: bigint, shares: ReceiptShares, burns = true): Receipt {
    if (shares.network + shares.treasury + shares.burn > BPS || shares.discount > BPS) {
        throw new Error('the shares of a receipt are more than 100 %');
    }
    const part = (amount: bigint, bps: bigint) => (amount * bps) / BPS;
    const network = part(price, shares.network);
    const treasury = part(price, shares.treasury);
    const burn = part(price, shares.burn);
    const discount = part(network, shares.discount);
    return {
        payment: price - discount,
        providerReward: price - network - treasury - burn,
        networkFee: network - discount,
        treasuryFee: burns ? treasury : treasury + burn,
        burnAmount: burns ? burn : 0n,
    };
}
