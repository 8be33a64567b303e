/**
 * What to attach: `get_cost` is enough for the whole chain and one nanoton less is refused, at the prices of 2025 and of
 * 2026 and with gas, forwarding and storage made dearer; no contract pays for anything out of its rent. Gas constants cover
 * what the tour measures. Addresses that the contracts compute by hand are those of the wrappers.
 */
import { Cell } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import { PaymentSettlement, SettlementAccount, SettlementExit, UsageRegistry } from '../../wrappers/settlement';
import { addressOfAccount } from '../../wrappers/pool';
import { underCoverage } from '../support/coverage';
import { exitCode, kept, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { priceScenarios } from '../support/prices';
import { GAS_BUDGETS, Measured, measured, registryTour, settlementTour } from '../support/settlement/gas';
import { DAY, SettlementPerson, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

jest.setTimeout(900_000);
const priced = underCoverage ? describe.skip : describe;
const tours = process.env.LONG === '1' && !underCoverage ? describe : describe.skip;

type Entry = {
    name: string;
    who: SettlementPerson;
    at: 'registry' | 'settlement' | 'alice' | 'bob';
    body: (world: SettlementWorld) => Promise<Cell>;
    n?: number;
    amount?: bigint;
    /** What the chain must have done. */
    done: (world: SettlementWorld) => Promise<void>;
};

let record: Awaited<ReturnType<SettlementWorld['recorded']>>;

const ENTRIES: Entry[] = [
    {
        name: 'AddUsage with a new ledger',
        who: 'recorder',
        at: 'registry',
        n: 1,
        body: async (w) =>
            UsageRegistry.addUsageBody({ record: { usage: w.usage({ consumer: w.of('dave') }) }, deploy: true }),
        done: async (w) => expect((await (await w.ledger(w.of('dave'))).getLedgerData()).records).toBe(1n),
    },
    {
        name: 'AddUsage, the first of a day',
        who: 'recorder',
        at: 'registry',
        body: async (w) => {
            w.advance(DAY);
            return UsageRegistry.addUsageBody({ record: { usage: w.usage({ time: w.now }) } });
        },
        done: async (w) => expect((await (await w.ledger(w.of('alice'))).getLedgerData()).records).toBe(3n),
    },
    {
        name: 'AddUsages of seven new consumers',
        who: 'recorder',
        at: 'registry',
        n: 7,
        body: async (w) =>
            UsageRegistry.addUsagesBody({
                usages: Array.from({ length: 7 }, (_, i) => ({
                    ...w.usage({ consumer: addressOfAccount(BigInt(i + 1)) }),
                    deploy: true,
                })),
            }),
        done: async (w) => expect((await w.registry.getTotals(0, 99_999)).records).toBe(9n),
    },
    {
        name: 'Deposit with a new account',
        who: 'dave',
        at: 'settlement',
        n: 1,
        amount: 5n * UNIT,
        body: async () => PaymentSettlement.depositBody({ amount: 5n * UNIT, deploy: true }),
        done: async (w) => expect((await w.accountData('dave')).deposit).toBe(5n * UNIT),
    },
    {
        name: 'SettleUsage',
        who: 'settler',
        at: 'settlement',
        body: async () => PaymentSettlement.settleUsageBody({ record }),
        done: async (w) => expect((await w.accountData('alice')).openCount).toBe(2n),
    },
    {
        name: 'SettleUsages',
        who: 'settler',
        at: 'settlement',
        n: 1,
        body: async () => PaymentSettlement.settleUsagesBody({ records: [record] }),
        done: async (w) => expect((await w.accountData('alice')).openCount).toBe(2n),
    },
    {
        name: 'Confirm with a new account',
        who: 'stranger',
        at: 'alice',
        n: 1,
        body: async (w) => {
            w.advance(WINDOW);
            return SettlementAccount.confirmBody({ deploy: true });
        },
        done: async (w) => expect((await w.accountData('carol')).earned).toBe((10n * UNIT * 8n) / 10n),
    },
    {
        name: 'RequestWithdraw',
        who: 'alice',
        at: 'alice',
        body: async () => SettlementAccount.requestWithdrawBody({ amount: 5n * UNIT }),
        done: async (w) => expect((await w.accountData('alice')).thawing).toBe(5n * UNIT),
    },
    {
        name: 'DisputeCharge',
        who: 'alice',
        at: 'alice',
        body: async (w) => {
            const [{ id, provider }] = await (await w.account('alice')).getOpen();
            return SettlementAccount.disputeChargeBody({ provider, id });
        },
        done: async (w) => expect((await w.accountData('alice')).disputeCount).toBe(1n),
    },
    {
        name: 'WithdrawEarnings',
        who: 'bob',
        at: 'bob',
        body: async () => SettlementAccount.withdrawEarningsBody(),
        done: async (w) => expect((await w.accountData('bob')).earned).toBe(0n),
    },
    {
        name: 'PayFees',
        who: 'stranger',
        at: 'settlement',
        body: async () => PaymentSettlement.payFeesBody(),
        done: async (w) => expect((await w.settlement.getSettlementData()).treasuryDue).toBe(0n),
    },
];

priced.each(Object.entries(priceScenarios()))('at the %s', (_name, config) => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create({ config });
        await world.deposit('alice', 500n * UNIT);
        const first = await world.recorded({ amount: 10n * UNIT });
        await world.settle([first]);
        world.advance(WINDOW);
        await world.confirm('alice');
        const second = world.usage({ amount: 10n * UNIT, provider: world.of('carol'), time: world.now });
        const [id] = world.ids(await world.add({ usage: second }));
        await world.settle([{ usage: second, id }]);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const addressOf = async (at: Entry['at']) =>
        at === 'registry'
            ? world.registry.address
            : at === 'settlement'
              ? world.settlement.address
              : (await world.account(at)).address;

    /** No contract of ours paid from what it had, and everything succeeded. */
    async function checkChain(result: SendMessageResult, moved: bigint) {
        const own = [world.registry.address, world.settlement.address];
        for (const name of ['alice', 'bob', 'carol', 'dave'] as const)
            own.push((await world.account(name)).address, (await world.ledger(world.of(name))).address);
        for (let i = 1; i < 8; i++) own.push((await world.ledger(addressOfAccount(BigInt(i)))).address);
        for (const address of own)
            for (const tx of txsAt(result, address)) {
                expect(succeeded(tx)).toBe(true);
                expect(kept(tx)).toBeGreaterThanOrEqual(-moved);
            }
    }

    it.each(ENTRIES.map((entry) => [entry.name, entry] as const))('%s: get_cost is exact', async (name, entry) => {
        if (name.startsWith('Settle')) {
            record = await world.recorded({ amount: UNIT, time: world.now });
        }
        const back = world.checkpoint();
        const at = await addressOf(entry.at);
        const body = await entry.body(world);
        const contract =
            entry.at === 'registry'
                ? world.registry
                : entry.at === 'settlement'
                  ? world.settlement
                  : await world.account(entry.at);
        const cost = (await contract.getCost(body, entry.n ?? 0)) + (entry.amount ?? 0n);
        const poor = await world.send(entry.who, at, body, cost - 1n);
        expect(exitCode(txAt(poor, at))).toBe(SettlementExit.ERROR_VALUE_TOO_LOW);
        await back();
        const again = await entry.body(world);
        const result = await world.send(entry.who, at, again, cost);
        await checkChain(result, name === 'WithdrawEarnings' || name === 'PayFees' ? 500n * UNIT : 0n);
        await entry.done(world);
        await world.expectBalanced();
    });
});

it('addresses computed on chain are the wrappers’, and where the contracts are', async () => {
    const world = await SettlementWorld.create();
    await world.deposit('alice', 5n * UNIT);
    await world.add({ usage: world.usage() });
    for (const name of ['alice', 'bob'] as const) {
        const [account, ledger] = [await world.account(name), await world.ledger(world.of(name))];
        expect(await world.settlement.getAccountAddress(world.of(name))).toEqualAddress(account.address);
        expect(await world.registry.getLedgerAddress(world.of(name))).toEqualAddress(ledger.address);
        expect([await world.active(account.address), await world.active(ledger.address)]).toEqual([
            name === 'alice',
            name === 'alice',
        ]);
    }
});

tours('gas constants', () => {
    it('cover every handler of the tours', async () => {
        const all: Measured[] = [];
        await registryTour((txs) => all.push(...measured(txs)));
        await settlementTour((txs, open) => all.push(...measured(txs, open)));
        expect(new Set(all.map(({ message }) => message)).size).toBeGreaterThanOrEqual(25);
        const over = all
            .map((one) => ({ ...one, budget: (GAS_BUDGETS[one.message] ?? GAS_BUDGETS['*'])(one) }))
            .filter(({ gas, budget }) => gas > budget);
        expect(over).toEqual([]);
    });
});
