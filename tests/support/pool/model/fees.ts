/**
 * What the pool's contracts compute on chain from the configuration: prices of gas, messages and rent, and what every
 * chain of messages must carry. Gas figures come from the build; the formulas are written down here once more.
 */
import { Cell, Dictionary } from '@ton/core';

import * as built from '../../../../build/PoolOperator/PoolOperator_PoolOperator';

const PARAM_STORAGE = 18;
const PARAM_GAS_BASECHAIN = 21;
const PARAM_FORWARD_BASECHAIN = 25;
const UNIT = 1n << 16n;

const ceilDiv = (a: bigint, b: bigint) => (a + b - 1n) / b;

/** Positions of the highest (+1) and lowest one of a mask; 0 for an empty mask. */
export function bitLength(mask: bigint): number {
    return mask === 0n ? 0 : mask.toString(2).length;
}

export function lowestBit(mask: bigint): number {
    let i = 0;
    while (mask !== 0n && ((mask >> BigInt(i)) & 1n) === 0n) {
        i++;
    }
    return i;
}

export class Fees {
    private readonly gas: { flatLimit: bigint; flatPrice: bigint; price: bigint };
    private readonly forwardPrices: { lump: bigint; bit: bigint; cell: bigint };
    private readonly storage: { bit: bigint; cell: bigint };

    constructor(config: Cell) {
        const params = config.beginParse().loadDictDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell());
        const slice = (id: number) => params.get(id)!.beginParse();
        const gas = slice(PARAM_GAS_BASECHAIN).skip(8);
        this.gas = {
            flatLimit: gas.loadUintBig(64),
            flatPrice: gas.loadUintBig(64),
            price: gas.skip(8).loadUintBig(64),
        };
        const forward = slice(PARAM_FORWARD_BASECHAIN).skip(8);
        this.forwardPrices = {
            lump: forward.loadUintBig(64),
            bit: forward.loadUintBig(64),
            cell: forward.loadUintBig(64),
        };
        const periods = slice(PARAM_STORAGE).loadDictDirect(Dictionary.Keys.Uint(32), {
            parse: (s) => ({ bit: s.skip(40).loadUintBig(64), cell: s.loadUintBig(64) }),
            serialize: () => undefined,
        });
        this.storage = [...periods].sort(([a], [b]) => b - a)[0][1];
    }

    compute(gas: bigint): bigint {
        const { flatLimit, flatPrice, price } = this.gas;
        return gas <= flatLimit ? flatPrice : flatPrice + ceilDiv((gas - flatLimit) * price, UNIT);
    }

    forward(cells: bigint, bits: bigint): bigint {
        const { lump, bit, cell } = this.forwardPrices;
        return lump + ceilDiv(bits * bit + cells * cell, UNIT);
    }

    rent(cells: bigint, bits: bigint, seconds: bigint): bigint {
        return ceilDiv((bits * this.storage.bit + cells * this.storage.cell) * seconds, UNIT);
    }

    // ------------------------------------------------------------------ rent that the contracts keep

    private five(cells: bigint, bits: bigint) {
        return this.rent(cells, bits, built.RENT_SECONDS);
    }

    private one(cells: bigint, bits: bigint) {
        return this.rent(cells, bits, built.FLOOR_SECONDS);
    }

    get vaultRent() {
        return this.five(built.VAULT_CELLS, built.VAULT_BITS);
    }
    get vaultFloor() {
        return this.one(built.VAULT_CELLS, built.VAULT_BITS);
    }
    get registryFloor() {
        return this.one(built.REGISTRY_CELLS, built.REGISTRY_BITS);
    }
    get distributionRent() {
        return this.five(built.DISTRIBUTION_CELLS, built.DISTRIBUTION_BITS);
    }
    get distributionFloor() {
        return this.one(built.DISTRIBUTION_CELLS, built.DISTRIBUTION_BITS);
    }
    get operatorRent() {
        return this.five(built.OPERATOR_CELLS, built.OPERATOR_BITS);
    }
    get operatorFloor() {
        return this.one(built.OPERATOR_CELLS, built.OPERATOR_BITS);
    }

    // ------------------------------------------------------------------ messages and chains

    get small() {
        return this.forward(0n, built.PAYOUT_MESSAGE_BITS);
    }
    private get event() {
        return this.forward(0n, built.EVENT_BITS);
    }
    get threshold() {
        return this.compute(built.FORWARD_THRESHOLD_GAS);
    }
    get update() {
        return this.compute(built.GAS_REGISTRY_UPDATE + built.GAS_OPERATOR_COUNT) + 3n * this.small;
    }

    claim(gas: bigint, mask: bigint): bigint {
        const rounds = BigInt(bitLength(mask) - lowestBit(mask));
        return (
            this.compute(gas + built.GAS_DISTRIBUTION_CLAIM_BASE + built.GAS_DISTRIBUTION_CLAIM_ROUND * rounds) +
            built.CLAIM_MESSAGES * this.forward(built.CLAIM_CELLS, built.CLAIM_BITS)
        );
    }

    poke(mask: bigint) {
        return this.claim(built.GAS_VAULT_POKE, mask);
    }
    metrics(mask = 1n) {
        return this.claim(built.GAS_VAULT_METRICS, mask);
    }
    get metricsForward() {
        return this.forward(1n, built.METRICS_BITS);
    }

    reportOwn(rows: number): bigint {
        const n = BigInt(rows);
        return (
            this.compute(built.GAS_REGISTRY_REPORT_BASE + built.GAS_REGISTRY_REPORT_ROW * n) +
            this.forward(n / 2n + 2n, built.EVENT_BITS + ROW_BITS * n)
        );
    }

    /** What a vault needs to take an entry, or to refuse it; without more it claims nothing. */
    get entry() {
        return this.compute(built.GAS_VAULT_METRICS) + this.small;
    }

    /** The least that a report of `rows` rows is taken with. */
    reportMinimum(rows: number): bigint {
        return this.reportOwn(rows) + BigInt(rows) * (this.entry + this.metricsForward);
    }

    /** What `get_cost` asks for a report: with a claim a row and the epoch before. */
    report(rows: number): bigint {
        return this.reportOwn(rows) + BigInt(rows) * (this.metrics() + this.metricsForward) + this.close;
    }

    get round() {
        return (
            this.compute(built.GAS_DISTRIBUTION_ROUND + built.GAS_REGISTRY_BOUNCED) + this.event * 2n + 4n * this.small
        );
    }
    get fine() {
        return this.compute(built.GAS_OPERATOR_FINE + built.GAS_DISTRIBUTION_RESERVE) + 4n * this.small;
    }
    /** What CloseEpoch and, for the epoch before, a report must bring along. */
    get close() {
        const gas =
            built.GAS_REGISTRY_CLOSE +
            built.GAS_DISTRIBUTION_ROUND +
            built.GAS_REGISTRY_BOUNCED +
            built.GAS_OPERATOR_FINE +
            built.GAS_DISTRIBUTION_RESERVE;
        const bits = (3n * built.EVENT_BITS + 8n * built.PAYOUT_MESSAGE_BITS) / 11n;
        return this.compute(gas) + 11n * this.forward(0n, bits);
    }
    /** The part of it that stays with the registry. */
    get closeOwn() {
        return this.compute(built.GAS_REGISTRY_CLOSE) + this.forward(0n, 0n);
    }
    get start() {
        const close = this.compute(built.GAS_REGISTRY_CLOSE) + this.event + this.round + this.fine;
        return this.compute(built.GAS_DISTRIBUTION_START) + this.small + close;
    }

    pokeManyOwn(rows: number) {
        return this.compute(built.GAS_DISTRIBUTION_POKE_BASE + built.GAS_DISTRIBUTION_POKE_ROW * BigInt(rows));
    }
    pokeMany(rows: number) {
        return this.pokeManyOwn(rows) + BigInt(rows) * (this.poke(1n) + this.small);
    }

    get register() {
        const gas = built.GAS_REGISTRY_REGISTER + built.GAS_VAULT_OPEN + built.GAS_OPERATOR_COUNT;
        const cells = (built.VAULT_CELLS + 4n) / 5n;
        const bits = (built.VAULT_BITS + 4n * built.PAYOUT_MESSAGE_BITS) / 5n + 1n;
        return this.compute(gas) + 5n * this.forward(cells, bits) + this.vaultRent;
    }
    /** Seal and VoidEpoch. */
    get mark() {
        return this.compute(built.GAS_REGISTRY_MARK) + 2n * this.small;
    }
    get relay() {
        const gas =
            built.GAS_REGISTRY_RELAY + built.GAS_VAULT_SMALL + built.GAS_REGISTRY_UPDATE + built.GAS_OPERATOR_COUNT;
        return this.compute(gas) + 7n * this.small;
    }

    get vaultSmall() {
        return this.compute(built.GAS_VAULT_SMALL) + this.update + this.small;
    }
    /** Vault to registry and back, `forwards` small messages besides the update. */
    vaultAsk(forwards: bigint) {
        return (
            2n * this.compute(built.GAS_VAULT_SMALL) +
            this.compute(built.GAS_REGISTRY_RELAY) +
            this.update +
            forwards * this.small
        );
    }
    get executeSlash() {
        return (
            2n * this.compute(built.GAS_VAULT_SMALL) +
            this.compute(built.GAS_DISTRIBUTION_RESERVE) +
            this.update +
            4n * this.small
        );
    }

    get operator() {
        return (
            this.compute(built.GAS_OPERATOR_SMALL + built.GAS_SETUP) +
            4n * this.small +
            this.forward(2n, built.EVENT_BITS)
        );
    }
    get operatorSync() {
        return this.compute(built.GAS_OPERATOR_SMALL) + 3n * this.small;
    }
    get idle() {
        return (
            this.compute(built.GAS_OPERATOR_SMALL + built.GAS_REGISTRY_RELAY + built.GAS_OPERATOR_SMALL) +
            4n * this.small
        );
    }
    get distributionSmall() {
        return this.compute(built.GAS_DISTRIBUTION_SMALL) + 2n * this.small;
    }
    /** What a slash carries for the reserve, and for a bounce that ends in the vault. */
    get slash() {
        return this.compute(built.GAS_DISTRIBUTION_RESERVE + built.GAS_VAULT_PAYOUT) + this.small;
    }
    get reserve() {
        return this.compute(built.GAS_DISTRIBUTION_RESERVE);
    }
    get income() {
        return this.compute(built.GAS_DISTRIBUTION_INCOME) + this.small;
    }
}

/** participant 256, seconds 32, gpu 24, uptime 16, outages 16. */
export const ROW_BITS = 344n;
