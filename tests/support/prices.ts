/**
 * Network configurations for the fee tests. Nothing in the contracts may depend on today's prices, so the tests repeat
 * their fee checks under other ones.
 *
 * All of them start from the sandbox's slim configuration: the same prices as its full one, but a fifth of the size,
 * which makes getters seven times as fast.
 */
import { slimConfig } from '@ton/sandbox/dist/config/slimConfig';
import { beginCell, Cell, Dictionary } from '@ton/core';
import type { Builder, DictionaryValue, Slice } from '@ton/core';

import { underCoverage } from './coverage';

const PARAM_STORAGE = 18;
const PARAM_GAS = { masterchain: 20, basechain: 21 };
const PARAM_FORWARD = { masterchain: 24, basechain: 25 };

/** gas_flat_pfx#d1, gas_prices_ext#de */
interface GasPrices {
    flatLimit: bigint;
    flatPrice: bigint;
    /** Price of one unit of gas, in 1/65536 nanoton. */
    price: bigint;
    /** Limits of gas and debt; the first is the gas of a transaction, in 64 bits. */
    limits: Cell;
}

/** msg_forward_prices#ea */
interface ForwardPrices {
    lump: bigint;
    /** Prices per bit and per cell, in 1/65536 nanoton. */
    bit: bigint;
    cell: bigint;
    /** Fractions between sender and validators, untouched here. */
    fractions: Cell;
}

function rest(slice: Slice): Cell {
    return slice.asCell();
}

function expectTag(slice: Slice, tag: number): void {
    const found = slice.loadUint(8);
    if (found !== tag) throw new Error(`config: expected tag ${tag.toString(16)}, found ${found.toString(16)}`);
}

function parseGas(cell: Cell): GasPrices {
    const slice = cell.beginParse();
    expectTag(slice, 0xd1);
    const [flatLimit, flatPrice] = [slice.loadUintBig(64), slice.loadUintBig(64)];
    expectTag(slice, 0xde);
    return { flatLimit, flatPrice, price: slice.loadUintBig(64), limits: rest(slice) };
}

function storeGas(prices: GasPrices): Cell {
    return beginCell()
        .storeUint(0xd1, 8)
        .storeUint(prices.flatLimit, 64)
        .storeUint(prices.flatPrice, 64)
        .storeUint(0xde, 8)
        .storeUint(prices.price, 64)
        .storeSlice(prices.limits.beginParse())
        .endCell();
}

function parseForward(cell: Cell): ForwardPrices {
    const slice = cell.beginParse();
    expectTag(slice, 0xea);
    const [lump, bit, cellPrice] = [slice.loadUintBig(64), slice.loadUintBig(64), slice.loadUintBig(64)];
    return { lump, bit, cell: cellPrice, fractions: rest(slice) };
}

function storeForward(prices: ForwardPrices): Cell {
    return beginCell()
        .storeUint(0xea, 8)
        .storeUint(prices.lump, 64)
        .storeUint(prices.bit, 64)
        .storeUint(prices.cell, 64)
        .storeSlice(prices.fractions.beginParse())
        .endCell();
}

/** A StoragePrices record: tag cc, start of validity, then four prices (bit and cell, basechain and masterchain). */
interface StoragePrices {
    since: number;
    prices: bigint[];
}

const storagePricesValue: DictionaryValue<StoragePrices> = {
    parse(slice) {
        expectTag(slice, 0xcc);
        return { since: slice.loadUint(32), prices: [1, 2, 3, 4].map(() => slice.loadUintBig(64)) };
    },
    serialize(value: StoragePrices, builder: Builder) {
        builder.storeUint(0xcc, 8).storeUint(value.since, 32);
        for (const price of value.prices) builder.storeUint(price, 64);
    },
};

type ConfigParams = Dictionary<number, Cell>;

function edit(config: Cell, change: (params: ConfigParams) => void): Cell {
    const params = config.beginParse().loadDictDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell());
    change(params);
    return beginCell().storeDictDirect(params).endCell();
}

function param(params: ConfigParams, id: number): Cell {
    const cell = params.get(id);
    if (!cell) throw new Error(`config has no parameter ${id}`);
    return cell;
}

/** A coverage run, whose markers take gas, may use ten times as much in a transaction. */
function roomy(config: Cell): Cell {
    return edit(config, (params) => {
        for (const id of Object.values(PARAM_GAS)) {
            const gas = parseGas(param(params, id));
            const others = gas.limits.beginParse().skip(64);
            const limits = beginCell().storeUint(10_000_000, 64).storeSlice(others).endCell();
            params.set(id, storeGas({ ...gas, limits }));
        }
    });
}

const slim: Cell = Cell.fromBase64(slimConfig);

/** What the sandbox ships: the prices of 2025, 400 nanoton per unit of gas. */
export const bundledConfig: Cell = underCoverage ? roomy(slim) : slim;

/** The prices since 2026, about a sixth: 66.67 nanoton per unit of gas, 66,667 nanoton per message. */
export function cheapConfig(): Cell {
    return edit(bundledConfig, (params) => {
        const gas = parseGas(param(params, PARAM_GAS.basechain));
        params.set(PARAM_GAS.basechain, storeGas({ ...gas, flatPrice: 6_667n, price: 4_369_067n }));
        const forward = parseForward(param(params, PARAM_FORWARD.basechain));
        params.set(
            PARAM_FORWARD.basechain,
            storeForward({ ...forward, lump: 66_667n, bit: 4_369_067n, cell: 436_906_667n }),
        );
    });
}

export interface PriceFactors {
    gas?: number;
    forward?: number;
    storage?: number;
}

/** Multiplies prices, by default those of the bundled configuration, in both workchains. Factors are integers. */
export function scaledConfig({ gas = 1, forward = 1, storage = 1 }: PriceFactors, base: Cell = bundledConfig): Cell {
    return edit(base, (params) => {
        for (const id of Object.values(PARAM_GAS)) {
            const prices = parseGas(param(params, id));
            const flatPrice = prices.flatPrice * BigInt(gas);
            params.set(id, storeGas({ ...prices, flatPrice, price: prices.price * BigInt(gas) }));
        }
        for (const id of Object.values(PARAM_FORWARD)) {
            const prices = parseForward(param(params, id));
            const factor = BigInt(forward);
            const scaled = { lump: prices.lump * factor, bit: prices.bit * factor, cell: prices.cell * factor };
            params.set(id, storeForward({ ...prices, ...scaled }));
        }
        const periods = param(params, PARAM_STORAGE)
            .beginParse()
            .loadDictDirect(Dictionary.Keys.Uint(32), storagePricesValue);
        for (const [since, value] of periods) {
            periods.set(since, { ...value, prices: value.prices.map((price) => price * BigInt(storage)) });
        }
        params.set(PARAM_STORAGE, beginCell().storeDictDirect(periods).endCell());
    });
}

/** The configurations every fee test should pass under, by name: for `describe.each(Object.entries(priceScenarios()))`. */
export function priceScenarios(): Record<string, Cell> {
    return {
        'prices of 2025': bundledConfig,
        'prices of 2026': cheapConfig(),
        'gas x3': scaledConfig({ gas: 3 }),
        'forward x10': scaledConfig({ forward: 10 }),
        'storage x10': scaledConfig({ storage: 10 }),
    };
}
