/** Prices of the bundled configuration, computed as the contracts compute them. */
import { configParse18, configParseGasLimitsPrices, configParseMsgPrices, loadConfigParamById } from '@ton/ton';

import {
    CLAIM_BITS,
    CLAIM_CELLS,
    CLAIM_MESSAGES,
    FLOOR_SECONDS,
    GAS_DISTRIBUTION_CLAIM_BASE,
    GAS_DISTRIBUTION_CLAIM_ROUND,
    GAS_OPERATOR_COUNT,
    GAS_REGISTRY_UPDATE,
    PAYOUT_MESSAGE_BITS,
    RENT_SECONDS,
    VAULT_BITS,
    VAULT_CELLS,
} from '../../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { bundledConfig } from '../prices';

const param = (id: number) => loadConfigParamById(bundledConfig.toBoc().toString('base64'), id).beginParse();
const gasPrices = configParseGasLimitsPrices(param(21));
const forwardPrices = configParseMsgPrices(param(25));
const storagePrices = configParse18(param(18)).at(-1)!;
const ceil16 = (value: bigint) => (value + 0xffffn) >> 16n;

/** computeFee of contracts/common/fees.tact. */
export function computeFee(gas: bigint): bigint {
    return gasPrices.flatGasPrice + ceil16((gas - gasPrices.flatLimit) * gasPrices.other.gasPrice);
}

/** forwardFee of contracts/common/fees.tact. */
export function forwardFee(cells: bigint, bits: bigint): bigint {
    return forwardPrices.lumpPrice + ceil16(forwardPrices.bitPrice * bits + forwardPrices.cellPrice * cells);
}

/** Rent of cells and bits for some seconds. */
export function rentOf(cells: bigint, bits: bigint, seconds: bigint): bigint {
    return ceil16((bits * storagePrices.bit_price_ps + cells * storagePrices.cell_price_ps) * seconds);
}

/** claimCost of contracts/pool/vault-metrics.tact, for so many rounds from the lowest to the highest. */
export const claimCost = (gas: bigint, rounds: bigint): bigint =>
    computeFee(gas + GAS_DISTRIBUTION_CLAIM_BASE + GAS_DISTRIBUTION_CLAIM_ROUND * rounds) +
    CLAIM_MESSAGES * forwardFee(CLAIM_CELLS, CLAIM_BITS);
/** Rent of a vault for five years, and the last year's, which nothing is paid out of. */
export const vaultRent = (): bigint => rentOf(VAULT_CELLS, VAULT_BITS, RENT_SECONDS);
export const vaultFloor = (): bigint => rentOf(VAULT_CELLS, VAULT_BITS, FLOOR_SECONDS);
export const smallForward = (): bigint => forwardFee(0n, PAYOUT_MESSAGE_BITS);
export const updateCost = (): bigint => computeFee(GAS_REGISTRY_UPDATE + GAS_OPERATOR_COUNT) + 3n * smallForward();
