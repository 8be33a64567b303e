import { loadConfig } from '@ton/sandbox';
import type { Cell } from '@ton/core';
import { toNano } from '@ton/core';
import { advance, checkpoint, createBlockchain, START_TIME } from '../support/chain';
import { bundledConfig, cheapConfig, priceScenarios, scaledConfig } from '../support/prices';
import { fcOptions, Random, runs, seed, seeded } from '../support/random';

/** Fees of a plain transfer between two wallets under a configuration. */
async function transferFees(config: Cell): Promise<{ gas: bigint; forward: bigint }> {
    const blockchain = await createBlockchain({ config });
    const [from, to] = [await blockchain.treasury('from'), await blockchain.treasury('to')];
    const { transactions } = await from.send({ to: to.address, value: toNano(1), bounce: false });
    const [sent, received] = transactions;
    if (received.description.type !== 'generic' || received.description.computePhase.type !== 'vm') {
        throw new Error('the wallet did not run');
    }
    const message = sent.outMessages.get(0);
    if (message?.info.type !== 'internal') throw new Error('no message was sent');
    return { gas: received.description.computePhase.gasFees, forward: message.info.forwardFee };
}

describe('price configurations', () => {
    it('multiply exactly the prices they name', async () => {
        const base = await transferFees(bundledConfig);
        expect(await transferFees(scaledConfig({}))).toEqual(base);
        expect(await transferFees(scaledConfig({ gas: 3 }))).toEqual({ ...base, gas: base.gas * 3n });
        const forward = await transferFees(scaledConfig({ forward: 10 }));
        expect(forward.gas).toBe(base.gas);
        // The two parts of the fee are rounded separately.
        expect(Number(forward.forward) / Number(base.forward)).toBeCloseTo(10, 4);
        expect(await transferFees(scaledConfig({ storage: 10 }))).toEqual(base);
    });

    it('know the prices of 2026', async () => {
        const [old, cheap] = [await transferFees(bundledConfig), await transferFees(cheapConfig())];
        expect(Number(old.gas) / Number(cheap.gas)).toBeCloseTo(6, 2);
        expect(Number(old.forward) / Number(cheap.forward)).toBeCloseTo(6, 2);
    });

    it('change storage fees and nothing else with the storage factor', () => {
        const [before, after] = [loadConfig(bundledConfig), loadConfig(scaledConfig({ storage: 10 }))];
        const prices = (config: typeof before): bigint[] =>
            [...config[18].anon0].flatMap(([, p]) =>
                [p.bit_price_ps, p._cell_price_ps, p.mc_bit_price_ps, p.mc_cell_price_ps].map(BigInt),
            );
        expect(prices(before)).toHaveLength(4);
        expect(prices(after)).toEqual(prices(before).map((price) => price * 10n));
        expect(after[21]).toEqual(before[21]);
        expect(after[25]).toEqual(before[25]);
    });

    it('offer five different scenarios', () => {
        const hashes = Object.values(priceScenarios()).map((config) => config.hash().toString('hex'));
        expect(new Set(hashes).size).toBe(5);
    });
});

describe('test chain', () => {
    it('starts at a fixed time and returns to a checkpoint', async () => {
        const blockchain = await createBlockchain();
        const wallet = await blockchain.treasury('wallet');
        expect(blockchain.now).toBe(START_TIME);
        const restore = checkpoint(blockchain);
        const before = await wallet.getBalance();
        for (let round = 0; round < 2; round++) {
            advance(blockchain, 3600);
            expect(blockchain.now).toBe(START_TIME + 3600);
            await wallet.send({ to: wallet.address, value: 1n });
            expect(await wallet.getBalance()).toBeLessThan(before);
            await restore();
            expect(await wallet.getBalance()).toBe(before);
            expect(blockchain.now).toBe(START_TIME);
        }
    });
});

describe('randomness', () => {
    afterEach(() => delete process.env.SEED);

    it('derives a fixed seed from the name and takes another one from the environment', () => {
        delete process.env.SEED;
        expect(seed('a')).toBe(seed('a'));
        expect(seed('a')).not.toBe(seed('b'));
        process.env.SEED = '42';
        expect(seed('a')).toBe(42);
        expect(fcOptions('a', 100)).toMatchObject({ numRuns: runs(100), seed: 42 });
        process.env.SEED = 'x';
        expect(() => seed('a')).toThrow('SEED must be an integer');
    });

    it('stays within its bounds and repeats itself', () => {
        const [random, again] = [new Random(7), new Random(7)];
        for (let i = 0; i < 1000; i++) {
            const value = random.bigint(-5n, 10n ** 30n);
            expect(value >= -5n && value <= 10n ** 30n).toBe(true);
            expect(again.bigint(-5n, 10n ** 30n)).toBe(value);
            expect([3, 4, 5]).toContain(random.int(3, 5));
            again.int(3, 5);
        }
        expect(random.shuffle([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
    });

    it('tells how to repeat a failed sequence', async () => {
        process.env.SEED = '42';
        const failure = seeded('name', () => {
            throw new Error('balance is wrong');
        });
        await expect(failure).rejects.toThrow(/balance is wrong[\s\S]*repeat with SEED=42/);
    });
});
