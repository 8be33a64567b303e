/**
 * What to attach: `get_cost` is enough for the whole chain and one nanoton less is refused, at the prices of 2025 and of
 * 2026 and with gas, forwarding and storage made dearer; no contract pays for anything out of its rent. The gas constants
 * cover the most expensive path of every handler, and are not more than a tenth above it.
 */
import { beginCell, Cell, Message, storeMessage, toNano, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { EmissionController, EmissionExit, ProviderShare } from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import { exitCode, kept, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { priceScenarios } from '../support/prices';
import { account, emissionTour, GAS_BUDGETS, Measured, measured } from '../support/token/emission-gas';
import { EmissionPerson, EmissionWorld } from '../support/token/emission-world';

jest.setTimeout(400_000);
const priced = underCoverage ? describe.skip : describe;
const C = EmissionController;

type Entry = {
    name: string;
    who: EmissionPerson;
    body: (world: EmissionWorld) => Cell;
    n?: number;
    /** Sent to bob's share instead of the controller. */
    share?: boolean;
    /** What the chain must have done. */
    done: (world: EmissionWorld) => Promise<void>;
};

const ENTRIES: Entry[] = [
    {
        name: 'RecordUsage of one, with new children',
        who: 'recorder',
        n: 1,
        body: (w) => C.recordUsageBody({ usages: [w.usage({ consumer: account(1), provider: account(2) })] }),
        done: async (w) => expect(await w.due(account(2))).toBe(8500n),
    },
    {
        name: 'RecordUsage of seven, with new children',
        who: 'recorder',
        n: 7,
        body: (w) =>
            C.recordUsageBody({
                usages: Array.from({ length: 7 }, (_, i) =>
                    w.usage({ consumer: account(i), provider: account(9 + i) }),
                ),
            }),
        done: async (w) => {
            for (let i = 0; i < 7; i++) expect(await w.due(account(9 + i))).toBe(8500n);
        },
    },
    {
        name: 'Emit',
        who: 'stranger',
        body: () => C.emitBody(),
        done: async (w) => expect(await w.minter.getTotal()).toBe((await w.controller.getEmissionData()).allocated),
    },
    {
        name: 'Flush of treasury and liquidity',
        who: 'stranger',
        body: () => C.flushBody(),
        done: async (w) => expect(await w.minter.getTotal()).toBe(1500n),
    },
    {
        name: 'ClaimShare',
        who: 'stranger',
        share: true,
        body: () => ProviderShare.claimShareBody(),
        done: async (w) => expect(await w.minted(w.of('bob'))).toBe(8500n),
    },
    {
        name: 'SetModelRate',
        who: 'keeper',
        body: () => C.setModelRateBody({ name: 'x'.repeat(120), rate: 1 }),
        done: async (w) => expect((await w.controller.getRate('x'.repeat(120))).rate).toBe(1n),
    },
    {
        name: 'SetBreaker',
        who: 'guardian',
        body: () => C.setBreakerBody({ stop: true }),
        done: async (w) => expect((await w.controller.getUsageData()).tripped).toBe(true),
    },
    {
        name: 'SetRecipients',
        who: 'owner',
        body: () =>
            C.setRecipientsBody({
                recipients: Array.from({ length: 8 }, (_, i) => ({ address: account(i), bps: 1250 })),
            }),
        done: async (w) => expect(await w.controller.getNextRecipients()).toHaveLength(8),
    },
];

priced.each(Object.entries(priceScenarios()))('at the %s', (_name, config) => {
    let world: EmissionWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await EmissionWorld.create({ config });
        await world.rate('model', 1000n);
        await world.record([world.usage()]);
        world.at(world.endOf(0));
        // rent of the week is charged before, not by what is measured
        for (const to of [world.address, (await world.share(world.of('bob'))).address])
            await world.send('owner', C.topUpBody(), toNano('3'), to);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    /** No contract of ours paid from what it had, and everything succeeded. */
    async function checkChain(result: SendMessageResult) {
        const own = [world.address, (await world.share(world.of('bob'))).address];
        for (let i = 0; i < 17; i++) {
            own.push((await world.guard(account(i))).address, (await world.share(account(i))).address);
        }
        for (const address of own)
            for (const tx of txsAt(result, address)) {
                expect(succeeded(tx)).toBe(true);
                expect(kept(tx)).toBeGreaterThanOrEqual(0n);
            }
    }

    it.each(ENTRIES.map((entry) => [entry.name, entry] as const))('%s: get_cost is exact', async (_n, entry) => {
        const share = await world.share(world.of('bob'));
        const body = entry.body(world);
        const cost = entry.share ? await share.getCost(body) : await world.controller.getCost(body, entry.n ?? 0);
        const to = entry.share ? share.address : world.address;
        const poor = await world.send(entry.who, body, cost - 1n, to);
        expect(exitCode(txAt(poor, to))).toBe(EmissionExit.ERROR_VALUE_TOO_LOW);
        await restore();
        const result = await world.send(entry.who, body, cost, to);
        await checkChain(result);
        await entry.done(world);
    });

    it('a guard and a share keep five years of rent, and no more, whatever passes through', async () => {
        const usages = [1, 2, 3].map(() => world.usage({ consumer: account(1), provider: account(2) }));
        await world.record([usages[0]]);
        const guard = (await world.guard(account(1))).address;
        const share = (await world.share(account(2))).address;
        const balance = async (of: typeof guard) => (await world.blockchain.getContract(of)).balance;
        const [g, s] = [await balance(guard), await balance(share)];
        expect(g).toBeGreaterThan(0n);
        await world.record(usages.slice(1));
        expect([await balance(guard), await balance(share)]).toEqual([g, s]);
    });
});

priced('gas constants', () => {
    const worst = new Map<string, Measured>();
    const all: Measured[] = [];
    let world: EmissionWorld;
    const bounced: Transaction[] = [];

    beforeAll(async () => {
        world = await emissionTour((transactions) => {
            all.push(...measured(transactions));
            bounced.push(
                ...transactions.filter((tx) => tx.inMessage?.info.type === 'internal' && tx.inMessage.info.bounced),
            );
        });
        for (const one of all) {
            const key = one.message in GAS_BUDGETS ? `${one.message}` : '*';
            const budget = (GAS_BUDGETS[one.message] ?? GAS_BUDGETS['*'])(one);
            const known = worst.get(key);
            if (known === undefined || (budget - one.gas) * known.gas < (GAS_BUDGETS[key](known) - known.gas) * one.gas)
                worst.set(key, one);
        }
    });

    it('cover every handler of the tour', () => {
        expect(new Set(all.map(({ message }) => message)).size).toBeGreaterThanOrEqual(23);
        for (const one of all) {
            const budget = (GAS_BUDGETS[one.message] ?? GAS_BUDGETS['*'])(one);
            expect([one, one.gas <= budget]).toEqual([one, true]);
        }
    });

    it.each(Object.keys(GAS_BUDGETS).filter((name) => name !== 'UsageRefused'))(
        'are at most a tenth above the worst case: %s',
        (name) => {
            const one = worst.get(name)!;
            expect(GAS_BUDGETS[name](one) * 10n).toBeLessThanOrEqual(one.gas * 11n);
        },
    );

    it('50 usages with full maps stay below half of what a transaction may use', () => {
        const entry = all.filter(({ message, rows }) => message === 'RecordUsage' && rows === 50n);
        expect(entry.length).toBeGreaterThan(0);
        for (const { gas } of entry) expect(gas).toBeLessThan(500_000n);
    });

    it('bounces are cheap enough to be handled', () => {
        expect(bounced.length).toBeGreaterThan(30);
        for (const tx of bounced) expect(succeeded(tx)).toBe(true);
    });

    it('sizes of messages are what they are charged as', async () => {
        /** Cells and bits beside the root, as the network counts them. */
        const size = (message: Message) => {
            const seen = new Map<string, number>();
            const walk = (cell: Cell) => {
                for (const ref of cell.refs) {
                    const hash = ref.hash().toString('hex');
                    if (!seen.has(hash)) {
                        seen.set(hash, ref.bits.length);
                        walk(ref);
                    }
                }
            };
            walk(
                beginCell()
                    .store(storeMessage(message, { forceRef: true }))
                    .endCell(),
            );
            return { cells: BigInt(seen.size), bits: BigInt([...seen.values()].reduce((a, b) => a + b, 0)) };
        };
        const fresh = await EmissionWorld.create();
        await fresh.rate('model', 1000n);
        const amount = (1n << 120n) - 1n;
        const { transactions } = await fresh.record([fresh.usage({ amount })]);
        const claimed = await fresh.claim(fresh.of('bob'));
        const all = [...transactions, ...claimed.transactions].flatMap((tx) => [...tx.outMessages.values()]);
        const of = (name: keyof typeof C.opcodes) =>
            all.find((m) => m.body.bits.length >= 32 && m.body.beginParse().preloadUint(32) === C.opcodes[name])!;
        for (const [name, cells, bits] of [
            ['CheckUsage', built.CHECK_CELLS, built.CHECK_BITS],
            ['Credit', built.CREDIT_CELLS, built.CREDIT_BITS],
            ['UsageChecked', built.CHECKED_CELLS, built.CHECKED_BITS],
            ['Mint', built.MINT_CELLS, built.MINT_BITS],
        ] as const) {
            const found = size(of(name));
            expect([name, found.cells <= cells, found.bits <= bits]).toEqual([name, true, true]);
            // and not much less: a tenth, or what the largest amounts take
            expect([name, cells * 10n <= found.cells * 11n, bits * 10n <= found.bits * 13n]).toEqual([
                name,
                true,
                true,
            ]);
        }
    });

    it('sizes for the rent cover full maps', async () => {
        const used = async (of: typeof world.address) => {
            const { account: shard } = await world.blockchain.getContract(of);
            const { cells, bits } = shard.account!.storageStats.used;
            return { cells: BigInt(cells), bits: BigInt(bits) };
        };
        for (const [of, cells, bits] of [
            [world.address, built.CONTROLLER_CELLS, built.CONTROLLER_BITS],
            [
                (await world.guard(world.of('alice'))).address,
                built.GUARD_CELLS + built.GUARD_SLOTS * built.GUARD_SLOT_CELLS,
                built.GUARD_BITS + built.GUARD_SLOTS * built.GUARD_SLOT_BITS,
            ],
            [
                (await world.guard(account(3))).address,
                built.GUARD_CELLS + built.GUARD_SLOT_CELLS,
                built.GUARD_BITS + built.GUARD_SLOT_BITS,
            ],
            [(await world.share(account(2))).address, built.SHARE_CELLS, built.SHARE_BITS],
        ] as const) {
            const size = await used(of);
            expect(size.cells).toBeLessThanOrEqual(cells);
            expect(size.bits).toBeLessThanOrEqual(bits);
        }
    });
});
