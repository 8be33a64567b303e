/** From a deposit to a provider's wallet, in TON and in a jetton; disputes and their ends; fees. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import { SettlementAccount, SettlementExit, settlementEvents, VERDICTS } from '../../wrappers/settlement';
import { splitPayment } from '../../wrappers/token';
import { exitCode, JETTON_NOTIFICATION, outs, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { DAY, RESOLVE, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

const SHARES = { network: 750n, treasury: 500n, burn: 750n, discount: 0n };

describe.each([
    ['TON', false],
    ['a jetton', true],
] as const)('in %s', (_name, jetton) => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create({ jetton });
        await world.deposit('alice', 1000n * UNIT);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());
    afterEach(() => world.expectBalanced());

    /** What a person has of the asset. */
    const holdings = async (who: 'bob' | 'alice' | 'stranger' | 'operations' | 'validators' | 'treasury') =>
        jetton ? world.jettons(world.of(who)) : world.people[who].getBalance();

    async function expectGained(
        who: Parameters<typeof holdings>[0],
        amount: bigint,
        act: () => Promise<unknown>,
    ): Promise<void> {
        const before = await holdings(who);
        await act();
        const gained = (await holdings(who)) - before;
        // TON that somebody attaches and gets back is within a few hundredths
        if (jetton) expect(gained).toBe(amount);
        else expect(Number(gained - amount)).toBeLessThan(Number(toNano('0.6')));
        if (!jetton) expect(Number(amount - gained)).toBeLessThan(Number(toNano('0.6')));
    }

    it('a usage is recorded, settled, confirmed after 72 hours, and paid out', async () => {
        const amount = 100n * UNIT + 7n;
        const record = await world.recorded({ amount });
        const settled = await world.settle([record]);
        expect([...world.results(settled)]).toEqual([[record.id, 0]]);
        expect(settlementEvents(settled.transactions, 'SettlementOpened')).toMatchObject([
            { id: record.id, amount, due: BigInt(world.now + WINDOW) },
        ]);
        expect(await (await world.ledger(world.of('alice'))).getRecord(record.id)).toMatchObject({
            status: 'unknown, settled or lapsed',
        });
        expect(await world.accountData('alice')).toMatchObject({ deposit: 1000n * UNIT - amount, held: amount });
        await world.expectBalanced();

        world.advance(WINDOW - 1);
        const early = await world.confirm('alice');
        expect(exitCode(txAt(early, (await world.account('alice')).address))).toBe(SettlementExit.ERROR_NOTHING_DUE);
        world.advance(1);
        const confirmed = await world.confirm('alice');
        for (const tx of confirmed.transactions) expect(succeeded(tx)).toBe(true);
        const parts = splitPayment(amount, SHARES, jetton);
        expect(settlementEvents(confirmed.transactions, 'SettlementsConfirmed')).toMatchObject([
            {
                count: 1n,
                amount,
                network: parts.networkFee,
                treasury: parts.treasuryFee,
                burn: parts.burnAmount,
                discount: 0n,
            },
        ]);
        expect((await world.accountData('bob')).earned).toBe(parts.providerReward);
        expect(await world.accountData('alice')).toMatchObject({ held: 0n, openCount: 0n, volume: amount });
        await world.expectBalanced();

        const bob = await world.account('bob');
        await expectGained('bob', 60n * UNIT, () => bob.sendWithdrawEarnings(world.via('bob'), { amount: 60n * UNIT }));
        await expectGained('stranger', parts.providerReward - 60n * UNIT, () =>
            bob.sendWithdrawEarnings(world.via('bob'), { to: world.of('stranger') }),
        );
        expect((await world.accountData('bob')).earned).toBe(0n);
        const validators = parts.networkFee / 15n;
        await expectGained('treasury', parts.treasuryFee, () => world.settlement.sendPayFees(world.via('stranger')));
        await world.settlement.sendPayFees(world.via('stranger'));
        if (jetton) {
            expect(await world.jettons(world.of('operations'))).toBe(parts.networkFee - validators);
            expect(await world.jettons(world.of('validators'))).toBe(validators);
            const { burned } = await world.minter!.getSupply();
            expect(burned).toBe(parts.burnAmount);
        }
        expect(await world.settlement.getSettlementData()).toMatchObject({
            networkDue: 0n,
            treasuryDue: 0n,
            burnDue: 0n,
            owed: 1000n * UNIT - amount,
        });
    });

    it("a provider's withdrawal confirms what is due and pays everything", async () => {
        const records = [await world.recorded({ amount: 10n * UNIT }), await world.recorded({ amount: 20n * UNIT })];
        await world.settle(records);
        world.advance(WINDOW);
        await world.settle([await world.recorded({ amount: 40n * UNIT })]);
        await world.confirm('alice');
        await world.settle([await world.recorded({ amount: 80n * UNIT })]);
        world.advance(WINDOW);
        const bob = await world.account('bob');
        const consumer = world.of('alice');
        await expectGained('bob', (150n * UNIT * 8n) / 10n, () =>
            bob.sendWithdrawEarnings(world.via('bob'), { consumer, open: 2 }),
        );
        expect(await world.accountData('alice')).toMatchObject({ held: 0n, openCount: 0n, providerCount: 0n });
        // nothing is due any more; what is earned is paid nevertheless
        await bob.sendWithdrawEarnings(world.via('bob'), { consumer, open: 0 });
        expect((await world.accountData('bob')).earned).toBe(0n);
    });

    it('what is not due to a provider yet stays open; he is paid what he has', async () => {
        await world.settle([await world.recorded({ amount: 10n * UNIT })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        await world.settle([await world.recorded({ amount: 5n * UNIT, provider: world.of('carol') })]);
        world.advance(1);
        await world.settle([await world.recorded({ amount: 40n * UNIT })]);
        world.advance(WINDOW - 1);
        const alice = await world.account('alice');
        const bob = await world.account('bob');
        const open = { openCount: 2n, providerCount: 2n, held: 45n * UNIT, dueCount: 1n };
        expect(await world.accountData('alice')).toMatchObject(open);
        // Of two providers one has something due: the other one's name confirms nothing.
        const body = SettlementAccount.confirmBody({ provider: world.of('bob'), deploy: true });
        await world.refused(SettlementExit.ERROR_NOTHING_DUE, 'stranger', alice.address, body, toNano('3'));
        await expectGained('bob', 8n * UNIT, async () => {
            const result = await bob.sendWithdrawEarnings(world.via('bob'), { consumer: world.of('alice'), open: 2 });
            expect(settlementEvents(result.transactions, 'SettlementsConfirmed')).toHaveLength(0);
            expect(txsAt(result, world.settlement.address).map(exitCode)).toEqual([0]);
        });
        expect(await world.accountData('alice')).toMatchObject(open);
        expect((await world.accountData('bob')).earned).toBe(0n);
        await world.confirm('alice', 'carol');
        expect(await world.accountData('alice')).toMatchObject({ openCount: 1n, providerCount: 1n, dueCount: 0n });
        expect((await world.accountData('carol')).earned).toBe(4n * UNIT);
    });

    it('a withdrawal thaws for a day, in which settlements still charge it', async () => {
        const alice = await world.account('alice');
        await alice.sendRequestWithdraw(world.via('alice'), { amount: 950n * UNIT });
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(DAY - 1);
        await world.refused(
            SettlementExit.ERROR_THAW,
            'alice',
            alice.address,
            SettlementAccount.completeWithdrawBody(),
        );
        world.advance(1);
        await expectGained('alice', 900n * UNIT, async () => {
            const { transactions } = await alice.sendCompleteWithdraw(world.via('stranger'));
            // Her wallet tells her nothing: she would pay for it.
            expect(transactions.flatMap(outs).map(({ op }) => op)).not.toContain(JETTON_NOTIFICATION);
        });
        expect(await world.accountData('alice')).toMatchObject({ deposit: 0n, thawing: 0n, held: 100n * UNIT });
    });

    it('a single unit thaws, too', async () => {
        const alice = await world.account('alice');
        const { deposit } = await world.accountData('alice');
        await alice.sendRequestWithdraw(world.via('alice'), { amount: 1n });
        world.advance(DAY);
        await alice.sendCompleteWithdraw(world.via('stranger'));
        expect(await world.accountData('alice')).toMatchObject({ deposit: deposit - 1n, thawing: 0n });
    });

    it.each([
        ['confirmed', 'alice', true],
        ['refunded', 'alice', false],
        ['confirmed', 'bob', true],
        ['refunded', 'bob', false],
        ['expired', 'alice', null],
        ['expired', 'bob', null],
    ] as const)("a dispute that is %s, raised by %s, with the loser's deposit", async (verdict, by, confirm) => {
        const alice = await world.account('alice');
        const bob = await world.account('bob');
        // bob earns something first
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        const start = {
            alice: (await world.accountData('alice')).deposit,
            bob: (await world.accountData('bob')).earned,
        };
        const record = await world.recorded({ amount: 300n * UNIT });
        await world.settle([record]);
        world.advance(WINDOW - 1);
        const stake = 3n * UNIT;
        expect(await alice.getDisputeDeposit(300n * UNIT)).toBe(stake);
        const raised =
            by === 'alice'
                ? await alice.sendDisputeCharge(world.via('alice'), { provider: world.of('bob'), id: record.id })
                : await bob.sendDisputeEarning(world.via('bob'), {
                      consumer: world.of('alice'),
                      id: record.id,
                      deposit: stake,
                  });
        expect(settlementEvents(raised.transactions, 'SettlementDisputed')).toMatchObject([
            { id: record.id, byProvider: by === 'bob', amount: 300n * UNIT, deposit: stake },
        ]);
        await world.expectBalanced();
        world.advance(1);
        expect((await world.accountData('alice')).dueCount).toBe(0n);
        let result;
        if (confirm === null) {
            world.advance(RESOLVE - 1);
            const body = SettlementAccount.expireDisputeBody({
                id: record.id,
            });
            await world.refused(SettlementExit.ERROR_DISPUTE_RUNS, 'stranger', alice.address, body);
            world.advance(1);
            result = await alice.sendExpireDispute(world.via('stranger'), { id: record.id });
        } else {
            result = await world.settlement.sendResolveDispute(world.via('resolver'), {
                consumer: world.of('alice'),
                id: record.id,
                confirm,
            });
        }
        const [event] = settlementEvents(result.transactions, 'SettlementResolved');
        expect(VERDICTS[Number(event.verdict)]).toBe(verdict);
        const won = verdict === 'confirmed' ? 240n * UNIT : 0n;
        const paid = verdict === 'confirmed' ? 300n * UNIT : 0n;
        // The loser's deposit goes to the other side; with no word it goes back.
        const moved =
            verdict === 'expired'
                ? 0n
                : by === 'alice'
                  ? verdict === 'confirmed'
                      ? stake
                      : 0n
                  : verdict === 'refunded'
                    ? -stake
                    : 0n;
        expect((await world.accountData('alice')).deposit).toBe(start.alice - paid - moved);
        expect((await world.accountData('bob')).earned).toBe(start.bob + won + moved);
        expect(await world.accountData('alice')).toMatchObject({ held: 0n, disputeCount: 0n, openCount: 0n });
    });

    it('a dispute that is confirmed makes the account of a provider who has none', async () => {
        const alice = await world.account('alice');
        const provider = world.of('dave');
        const record = await world.recorded({ amount: 50n * UNIT, provider });
        await world.settle([record]);
        await alice.sendDisputeCharge(world.via('alice'), { provider, id: record.id });
        const verdict = { consumer: world.of('alice'), id: record.id, confirm: true };
        await world.settlement.sendResolveDispute(world.via('resolver'), verdict);
        expect((await world.accountData('dave')).earned).toBeGreaterThan(0n);
        expect((await world.accountData('alice')).stuck).toBe(0n);
    });

    it('the resolver is too late after 7 days, and cannot speak twice', async () => {
        const alice = await world.account('alice');
        const record = await world.recorded({ amount: 50n * UNIT });
        await world.settle([record]);
        await alice.sendDisputeCharge(world.via('alice'), { provider: world.of('bob'), id: record.id });
        world.advance(RESOLVE);
        const resolve = () =>
            world.settlement.sendResolveDispute(world.via('resolver'), {
                consumer: world.of('alice'),
                id: record.id,
                confirm: true,
            });
        // In the last second he may speak.
        const undo = world.checkpoint();
        const last = await resolve();
        expect(settlementEvents(last.transactions, 'SettlementResolved')).toMatchObject([{ verdict: 1n }]);
        await undo();
        world.advance(1);
        const nothing = { verdict: 0n, amount: 0n, deposit: 0n, provider: 0n };
        const late = await resolve();
        expect(settlementEvents(late.transactions, 'SettlementResolved')).toMatchObject([nothing]);
        await alice.sendExpireDispute(world.via('stranger'), { id: record.id });
        const twice = await resolve();
        expect(settlementEvents(twice.transactions, 'SettlementResolved')).toMatchObject([{ verdict: 0n }]);
        expect((await world.accountData('alice')).deposit).toBe(1000n * UNIT);
    });

    it('fifty in a message, each with its own result', async () => {
        const usages = Array.from({ length: 48 }, (_, i) =>
            world.usage({ amount: i === 5 ? 2000n * UNIT : UNIT, provider: world.of(i % 2 ? 'bob' : 'carol') }),
        );
        const added = await world.addAll(usages.map((usage, i) => ({ ...usage, deploy: i === 0 })));
        const ids = world.ids(added);
        const records = usages.map((usage, i) => ({ usage, id: ids[i] }));
        const wrong = { usage: { ...usages[7], amount: 3n }, id: ids[7] };
        const unknown = { usage: world.usage(), id: 12345n };
        const list = [...records.slice(0, 7), wrong, ...records.slice(8), unknown, records[0]];
        expect(list).toHaveLength(50);
        const result = await world.settle(list);
        const events = settlementEvents(result.transactions, 'SettleResult');
        expect(events).toHaveLength(50);
        const byId = (id: bigint) => events.filter((e) => e.id === id).map((e) => Number(e.result));
        expect(byId(ids[5])).toEqual([5]);
        expect(byId(ids[7])).toEqual([3]);
        expect(byId(12345n)).toEqual([1]);
        // the same record twice in one message: charged once
        expect(byId(ids[0]).sort()).toEqual([0, 2]);
        expect(await world.accountData('alice')).toMatchObject({
            deposit: (1000n - 46n) * UNIT,
            held: 46n * UNIT,
            openCount: 46n,
            providerCount: 2n,
        });
        // settled ones cannot be settled again; the others can
        const again = await world.settle([records[0], records[7]]);
        expect([...world.results(again)]).toEqual([
            [ids[0], 1],
            [ids[7], 0],
        ]);
        world.advance(WINDOW);
        await world.confirm('alice');
        const earned = (await world.accountData('bob')).earned + (await world.accountData('carol')).earned;
        expect(earned).toBe((47n * UNIT * 8n) / 10n);
    });

    it('a batch of receipts is one settlement', async () => {
        const record = await world.recordedBatch({ amount: 500n * UNIT, count: 10_000 });
        expect([...world.results(await world.settle([record])).values()]).toEqual([0]);
        expect(await world.accountData('alice')).toMatchObject({ openCount: 1n, held: 500n * UNIT });
    });

    it('somebody else may deposit for a user; too little, or while paused, it is refused', async () => {
        const [restFirst] = [await world.accountData('alice')];
        await world.deposit('carol', 5n * UNIT, { user: world.of('alice') });
        expect((await world.accountData('alice')).deposit).toBe(restFirst.deposit + 5n * UNIT);
        const before = jetton ? await world.jettons(world.of('carol')) : 0n;
        await world.deposit('carol', UNIT - 1n);
        await world.settlement.sendSetPause(world.via('guardian'), { stop: true });
        await world.deposit('carol', 5n * UNIT);
        if (jetton) expect(await world.jettons(world.of('carol'))).toBe(before);
        expect(await world.active((await world.account('carol')).address)).toBe(false);
    });

    it('a record that nobody can pay for is open again when he deposits', async () => {
        const record = await world.recorded({ amount: 5n * UNIT, consumer: world.of('carol') });
        const first = await world.settle([record]);
        expect([...world.results(first).values()]).toEqual([4]);
        expect(outs(txAt(first, (await world.ledger(world.of('carol'))).address)).length).toBeGreaterThan(0);
        await world.deposit('carol', 4n * UNIT);
        expect([...world.results(await world.settle([record])).values()]).toEqual([5]);
        await world.deposit('carol', UNIT);
        expect([...world.results(await world.settle([record])).values()]).toEqual([0]);
    });
});
