import { beginCell, Cell } from '@ton/core';

/** Layout version of the params cell that the Cocoon contracts in use understand. */
export const COCOON_PARAMS_STRUCT_VERSION = 3;

/** Network parameters, in the order of the params cell. Prices are in nanoTON per adjusted token. */
export type CocoonParams = {
    paramsVersion: number;
    uniqueId: number;
    isTest: boolean;
    pricePerToken: bigint;
    workerFeePerToken: bigint;
    /** Multipliers: 10000 = 1.0. Used by the nodes only. */
    promptMultiplier: number;
    cachedMultiplier: number;
    completionMultiplier: number;
    reasoningMultiplier: number;
    /** Seconds between the start of a proxy's closing and its end. */
    proxyDelayBeforeClose: number;
    clientDelayBeforeClose: number;
    minProxyStake: bigint;
    minClientStake: bigint;
    proxyCode: Cell | null;
    workerCode: Cell | null;
    clientCode: Cell | null;
};

/** Builds a params cell. */
export function buildParams(params: CocoonParams): Cell {
    return beginCell()
        .storeUint(COCOON_PARAMS_STRUCT_VERSION, 8)
        .storeUint(params.paramsVersion, 32)
        .storeUint(params.uniqueId, 32)
        .storeBit(params.isTest)
        .storeCoins(params.pricePerToken)
        .storeCoins(params.workerFeePerToken)
        .storeUint(params.promptMultiplier, 32)
        .storeUint(params.cachedMultiplier, 32)
        .storeUint(params.completionMultiplier, 32)
        .storeUint(params.reasoningMultiplier, 32)
        .storeUint(params.proxyDelayBeforeClose, 32)
        .storeUint(params.clientDelayBeforeClose, 32)
        .storeCoins(params.minProxyStake)
        .storeCoins(params.minClientStake)
        .storeMaybeRef(params.proxyCode)
        .storeMaybeRef(params.workerCode)
        .storeMaybeRef(params.clientCode)
        .endCell();
}

/**
 * Reads a params cell.
 * @throws if its layout is of another version, or if anything is left over
 */
export function parseParams(cell: Cell): CocoonParams {
    const slice = cell.beginParse();
    const structVersion = slice.loadUint(8);
    if (structVersion !== COCOON_PARAMS_STRUCT_VERSION) {
        throw new Error(`Cocoon params: layout version ${structVersion}, expected ${COCOON_PARAMS_STRUCT_VERSION}`);
    }
    const params: CocoonParams = {
        paramsVersion: slice.loadUint(32),
        uniqueId: slice.loadUint(32),
        isTest: slice.loadBit(),
        pricePerToken: slice.loadCoins(),
        workerFeePerToken: slice.loadCoins(),
        promptMultiplier: slice.loadUint(32),
        cachedMultiplier: slice.loadUint(32),
        completionMultiplier: slice.loadUint(32),
        reasoningMultiplier: slice.loadUint(32),
        proxyDelayBeforeClose: slice.loadUint(32),
        clientDelayBeforeClose: slice.loadUint(32),
        minProxyStake: slice.loadCoins(),
        minClientStake: slice.loadCoins(),
        proxyCode: slice.loadMaybeRef(),
        workerCode: slice.loadMaybeRef(),
        clientCode: slice.loadMaybeRef(),
    };
    slice.endParse();
    return params;
}

/** The params as a proxy holds them: without the proxy's own code. */
export function proxyParams(params: CocoonParams): CocoonParams {
    return { ...params, proxyCode: null };
}

/** The params as workers and clients hold them: without any code. */
export function workerParams(params: CocoonParams): CocoonParams {
    return { ...params, proxyCode: null, workerCode: null, clientCode: null };
}
