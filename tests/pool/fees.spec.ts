/**
 * What to attach: `get_cost` is enough for the whole chain and one nanoton less is refused before anything changes, at
 * the prices of today, of 2026, and with gas, forwarding and storage made dearer. The gas constants behind it cover what
 * the most expensive path of every handler needs, and not more than a tenth beyond.
 */
import { toNano, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { ParticipantRegistry, ParticipantVault, PoolExit, PoolOperator, RewardDistribution } from '../../wrappers/pool';
import { underCoverage } from '../support/coverage';
import { PoolEnvironment } from '../support/pool/environment';
import { budgetOf, gasTour, Measured, measurePool } from '../support/pool/gas';
import { priceScenarios } from '../support/prices';

jest.setTimeout(240_000);

type Entry = {
    name: string;
    /** The contract whose getter says the cost, the opcode, and n. */
    cost: (env: PoolEnvironment) => Promise<bigint>;
    send: (env: PoolEnvironment, value: bigint) => Promise<SendMessageResult>;
    /** Part of the value that is an amount and not a fee. */
    amount?: bigint;
};

const keeper = (env: PoolEnvironment) => env.roles.keeper.getSender();
const owner = (env: PoolEnvironment) => env.roles.owner.getSender();
const alice = async (env: PoolEnvironment) => (await env.person('alice')).getSender();

/** Every entry that checks its value, in the state that `prepare` leaves. */
const ENTRIES: Entry[] = [
    {
        name: 'Poke',
        cost: async (env) => (await env.vault('alice')).getCost(ParticipantVault.opcodes.Poke, 1),
        send: (env, value) => env.poke('alice', { value, upTo: 0 }),
    },
    {
        name: 'PokeMany',
        cost: (env) => env.distribution.getCost(RewardDistribution.opcodes.PokeMany, 2),
        send: (env, value) => env.pokeMany(['alice', 'carol'], { value, upTo: 0 }),
    },
    {
        name: 'Register',
        cost: (env) => env.registry.getCost(ParticipantRegistry.opcodes.Register),
        send: (env, value) => env.register('newcomer', { value }),
        amount: toNano('10'),
    },
    {
        name: 'ReportMetrics',
        cost: (env) => env.registry.getReportMinimum(1),
        send: (env, value) => env.report(1, [{ who: 'carol' }], { value }),
    },
    {
        name: 'CloseEpoch',
        cost: (env) => env.registry.getCost(ParticipantRegistry.opcodes.CloseEpoch),
        send: async (env, value) => {
            await env.untilDue();
            return env.closeEpoch({ value });
        },
    },
    {
        name: 'StartRound',
        cost: (env) => env.distribution.getCost(RewardDistribution.opcodes.StartRound),
        send: async (env, value) => {
            await env.untilDue();
            return env.startRound({ value });
        },
    },
    {
        name: 'TopUpReserve',
        cost: (env) => env.distribution.getCost(RewardDistribution.opcodes.TopUpReserve),
        send: (env, value) => env.distribution.sendTopUpReserve(keeper(env), { amount: toNano('1'), value }),
        amount: toNano('1'),
    },
    {
        name: 'TopUpStake',
        cost: (env) => env.operator.getCost(PoolOperator.opcodes.TopUpStake),
        send: (env, value) => env.operator.sendTopUpStake(keeper(env), { amount: toNano('1'), value }),
        amount: toNano('1'),
    },
    {
        name: 'SetCommission',
        cost: (env) => env.operator.getCost(PoolOperator.opcodes.SetCommission),
        send: (env, value) => env.operator.sendSetCommission(owner(env), { bps: 900n, value }),
    },
    {
        name: 'AddStake',
        cost: async (env) => (await env.vault('alice')).getCost(ParticipantVault.opcodes.AddStake),
        send: async (env, value) =>
            (await env.vault('alice')).sendAddStake(await alice(env), { amount: toNano('1'), value }),
        amount: toNano('1'),
    },
    {
        name: 'RequestExit',
        cost: async (env) => (await env.vault('alice')).getCost(ParticipantVault.opcodes.RequestExit),
        send: async (env, value) => (await env.vault('alice')).sendRequestExit(await alice(env), { value }),
    },
    {
        name: 'AnnounceSlash',
        cost: (env) => env.registry.getCost(ParticipantRegistry.opcodes.AnnounceSlash),
        send: async (env, value) =>
            env.registry.sendAnnounceSlash(owner(env), {
                participant: await env.address('bob'),
                amount: toNano('1'),
                reasonHash: 1n,
                value,
            }),
    },
];

/** Two participants, one fixed round that is due, and a second epoch that can be closed. */
async function prepare(config: PoolEnvironment['options']['config']): Promise<PoolEnvironment> {
    const env = await PoolEnvironment.create({ epochSeconds: 86400, config });
    await env.register('alice');
    await env.register('bob');
    await env.register('carol');
    await env.payVault('alice', toNano('19'));
    await env.runEpoch(['alice', 'bob', 'carol'].map((who) => ({ who, seconds: 80_000 })));
    await env.payVault('bob', toNano('19'));
    await env.endEpoch();
    // Bob's report claims for him; the first round of the others stays due.
    await env.report(1, [{ who: 'bob' }]);
    if ((await env.vaultData('alice')).due !== 1n) throw new Error('the first round is not due any more');
    return env;
}

/** Everything the contracts know; what a refused message must not change. Rent alone is not in it. */
async function books(env: PoolEnvironment) {
    const all = [
        await env.pool(),
        await env.registryData(),
        await env.distributionData(),
        await env.vaultData('alice'),
    ];
    const text = (_key: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
    return all.map((data) => JSON.stringify({ ...data, solvency: undefined }, text));
}

const failures = (transactions: Transaction[]) =>
    transactions.filter(
        ({ description: d }) => d.type === 'generic' && (d.aborted || d.actionPhase?.success === false),
    );

describe.each(Object.entries(priceScenarios()))('value checks at prices: %s', (_name, config) => {
    let restore: () => Promise<void>;
    let env: PoolEnvironment;
    beforeAll(async () => {
        env = await prepare(config);
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    (underCoverage ? it.skip : it).each(ENTRIES.map((e) => [e.name, e] as const))(
        '%s: get_cost is enough for the whole chain',
        async (_n, entry) => {
            const result = await entry.send(env, (await entry.cost(env)) + (entry.amount ?? 0n));
            expect(failures(result.transactions)).toHaveLength(0);
            expect(result.transactions.length).toBeGreaterThan(2);
        },
    );

    it.each(ENTRIES.map((e) => [e.name, e] as const))('%s: one nanoton less is refused', async (_n, entry) => {
        const before = await books(env);
        const result = await entry.send(env, (await entry.cost(env)) + (entry.amount ?? 0n) - 1n);
        const [refused] = failures(result.transactions);
        expect(refused.description).toMatchObject({ computePhase: { exitCode: PoolExit.ERROR_VALUE_TOO_LOW } });
        expect(failures(result.transactions)).toHaveLength(1);
        expect(await books(env)).toEqual(before);
    });

    it('no contract is poorer after any of them', async () => {
        for (const entry of ENTRIES) {
            await restore();
            await entry.send(env, (await entry.cost(env)) + (entry.amount ?? 0n));
            for (const [contract, solvency] of Object.entries(await env.solvency(['alice', 'bob'])))
                expect([entry.name, contract, solvency >= 0n]).toEqual([entry.name, contract, true]);
        }
    });
});

(underCoverage ? describe.skip : describe)('gas constants', () => {
    it('cover the most expensive path of every handler, and at most a tenth more', async () => {
        const seen = new Map<string, { budget: bigint; measured: Measured }[]>();
        const handlers = new Set<string>();
        await gasTour(async (env, transactions) => {
            for (const measured of await measurePool(env, transactions)) {
                const { constant, base, row } = budgetOf(measured);
                handlers.add(`${measured.contract}.${measured.message}`);
                const key = constant;
                seen.set(key, [...(seen.get(key) ?? []), { budget: base + row * measured.rows, measured }]);
            }
        });
        expect(handlers.size).toBeGreaterThan(70);
        const wrong: string[] = [];
        for (const [constant, all] of seen) {
            for (const { budget, measured } of all)
                if (measured.gas > budget) wrong.push(`${constant} = ${budget} < ${measured.message}: ${measured.gas}`);
            const tightest = all.reduce((a, b) => (b.measured.gas * a.budget > a.measured.gas * b.budget ? b : a));
            if (tightest.budget * 10n > tightest.measured.gas * 11n)
                wrong.push(
                    `${constant} = ${tightest.budget} > 1.1 x ${tightest.measured.message}: ${tightest.measured.gas}`,
                );
        }
        expect(wrong).toEqual([]);
    });
});
