/**
 * Random operations against the shadow model: deposits, records and replays, settling, disputes, refunds, withdrawals,
 * accounts and wallets that refuse, messages with too little value. After every step each book of the contracts equals the
 * model's, and every unit is in exactly one place.
 */
import { toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import { dayOf, RecordToSettle, settlementEvents, UsageOrBatch } from '../../wrappers/settlement';
import { exitCode, refuse, txsAt } from '../support/pool/transactions';
import { Random, runs, seeded } from '../support/random';
import { ModelRecord, SettlementModel } from '../support/settlement/model';
import { HOUR, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

jest.setTimeout(1_800_000);

const USERS = ['alice', 'bob', 'carol', 'dave'] as const;
const PAYERS = ['alice', 'carol', 'dave'] as const;
type User = (typeof USERS)[number];

class Run {
    readonly counts: Record<string, number> = {};
    private readonly known = new Map<bigint, { record: ModelRecord; source: UsageOrBatch }>();

    private constructor(
        readonly random: Random,
        readonly world: SettlementWorld,
        readonly model: SettlementModel,
    ) {}

    static async create(random: Random, jetton: boolean): Promise<Run> {
        const world = await SettlementWorld.create({ jetton });
        const run = new Run(random, world, new SettlementModel(jetton, world.now));
        for (const name of USERS) {
            const payer = name === 'bob' ? 'alice' : name;
            await world.deposit(payer, 50n * UNIT, { user: world.of(name) });
            run.model.deposit(name, 50n * UNIT);
        }
        return run;
    }

    private note(what: string, done: boolean): void {
        const key = done ? what : `${what} refused`;
        this.counts[key] = (this.counts[key] ?? 0) + 1;
    }

    /** The first transaction of the account did what the model says. */
    private async outcome(what: string, at: User | 'settlement', result: SendMessageResult, done: boolean) {
        const { world } = this;
        const address = at === 'settlement' ? world.settlement.address : (await world.account(at)).address;
        const [tx] = txsAt(result, address);
        expect([what, exitCode(tx) === 0]).toEqual([what, done]);
        this.note(what, done);
    }

    async step(): Promise<void> {
        const { random, world, model } = this;
        if (random.bool(0.6)) {
            world.advance(random.bool(0.3) ? random.int(1, 60 * HOUR) : random.int(1, 2 * HOUR));
            model.now = world.now;
        }
        const kind = random.pick([
            'deposit',
            'record',
            'record',
            'record',
            'settle',
            'settle',
            'settle',
            'confirm',
            'confirm',
            'dispute',
            'dispute',
            'resolve',
            'expire',
            'request',
            'complete',
            'withdraw',
            'collect',
            'fees',
            'resend',
            'starved',
        ] as const);
        await this[kind]();
    }

    async deposit(): Promise<void> {
        const { random, world, model } = this;
        const from = random.pick(PAYERS);
        const user = random.pick(USERS);
        const amount = random.bigint(UNIT / 2n, 30n * UNIT);
        await world.deposit(from, amount, { user: world.of(user) });
        const done = amount >= UNIT;
        if (done) model.deposit(user, amount);
        this.note('deposit', done);
    }

    async record(): Promise<void> {
        const { random, world, model } = this;
        const consumer = random.pick(USERS);
        const provider = random.pick(USERS.filter((name) => name !== consumer));
        const last = model.nonces.get(consumer) ?? 0n;
        const batch = random.bool(0.2);
        const nonce = random.bool(0.8) ? last + 1n : random.bigint(1n, last + 2n);
        const amount = random.bool(0.05) ? 0n : random.bigint(1n, 12n * UNIT);
        const count = batch ? BigInt(random.int(1, 20)) : 1n;
        const given = { consumer: world.of(consumer), provider: world.of(provider), nonce, amount, time: world.now };
        const source: UsageOrBatch = batch
            ? { batch: world.batch({ ...given, count, tokens: count }) }
            : { usage: world.usage(given) };
        const result = await world.add(source, { value: toNano('1') });
        const done = model.record(consumer, nonce, count, batch);
        const events = settlementEvents(result.transactions, 'UsageRecorded');
        expect(events).toHaveLength(done ? 1 : 0);
        if (done) {
            const record: ModelRecord = { id: events[0].id, consumer, provider, amount, state: 'open' };
            model.records.push(record);
            model.count += 1n;
            model.amount += amount;
            model.tokens += batch ? count : 1000n;
            this.known.set(record.id, { record, source });
        }
        this.note(batch ? 'batch' : 'record', done);
    }

    async settle(): Promise<void> {
        const { random, world, model } = this;
        const all = [...this.known.values()];
        const open = all.filter(({ record }) => record.state === 'open');
        const list: { record: ModelRecord | null; item: RecordToSettle }[] = [];
        for (let i = random.int(1, 5); i > 0; i--) {
            const from = random.bool(0.8) && open.length > 0 ? open : all;
            if (from.length === 0) return;
            const { record, source } = random.pick(from);
            const wrong = random.bool(0.05);
            const id = wrong ? record.id + 7n : record.id;
            const known = wrong ? (this.known.get(id)?.record ?? null) : record;
            if (wrong && known !== null) continue;
            // one record twice in a message: one of the two is refused as busy
            if (list.some((other) => other.item.id === id)) continue;
            list.push({ record: known, item: { ...source, id } });
        }
        if (list.length === 0) return;
        const broken = random.bool(0.1) ? random.pick(USERS) : null;
        const mend = broken && (await refuse(world.blockchain, (await world.account(broken)).address));
        const result = await world.settle(list.map(({ item }) => item));
        await mend?.();
        const results = world.results(result);
        for (const { record, item } of list) {
            const fails = record !== null && record.state === 'open' && record.consumer === broken;
            const expected = fails ? 4 : model.settle(record);
            // a record that never was may belong to a consumer without a ledger: then there is no result at all
            const got = results.get(BigInt(item.id)) ?? 1;
            expect([item.id, got]).toEqual([item.id, expected]);
            this.note('settle', expected === 0);
        }
    }

    async confirm(): Promise<void> {
        const { random, world, model } = this;
        const consumer = random.pick(USERS);
        const only = random.bool(0.3) ? random.pick(USERS) : null;
        const refuses = new Set<string>();
        const mends: (() => Promise<void>)[] = [];
        if (random.bool(0.1)) {
            const name = random.pick(USERS.filter((user) => user !== consumer));
            refuses.add(name);
            mends.push(await refuse(world.blockchain, (await world.account(name)).address));
        }
        if (random.bool(0.1)) {
            refuses.add('settlement');
            mends.push(await refuse(world.blockchain, world.settlement.address));
        }
        const result = await world.confirm(consumer, only ?? undefined);
        for (const mend of mends) await mend();
        await this.outcome('confirm', consumer, result, model.confirm(consumer, only, refuses));
    }

    async dispute(): Promise<void> {
        const { random, world, model } = this;
        const consumer = random.pick(USERS);
        const [one] = random.shuffle(model.account(consumer).open);
        if (one === undefined) return;
        const account = await world.account(consumer);
        const stake = model.stake(one.amount);
        if (random.bool()) {
            const provider = world.of(one.provider as User);
            const result = await account.sendDisputeCharge(world.via(consumer), { provider, id: one.id });
            await this.outcome('dispute', consumer, result, model.dispute(consumer, one.id, false, stake));
            return;
        }
        const deposit = random.bool(0.9) ? stake : stake + 1n;
        const by = one.provider as User;
        const result = await (
            await world.account(by)
        ).sendDisputeEarning(world.via(by), { consumer: world.of(consumer), id: one.id, deposit });
        const enough = model.account(by).earned >= deposit;
        const done = deposit === stake && model.dispute(consumer, one.id, true, stake);
        await this.outcome('dispute of a provider', by, result, enough);
        this.note('raise', done);
    }

    async resolve(): Promise<void> {
        const { random, world, model } = this;
        const consumer = random.pick(USERS);
        const [one] = random.shuffle(model.account(consumer).disputes);
        const id = one?.id ?? 77n;
        const confirm = random.bool();
        const result = await world.settlement.sendResolveDispute(world.via('resolver'), {
            consumer: world.of(consumer),
            id,
            confirm,
        });
        const done = model.conclude(consumer, id, confirm);
        const [event] = settlementEvents(result.transactions, 'SettlementResolved');
        expect(Number(event.verdict)).toBe(done ? (confirm ? 1 : 2) : 0);
        this.note('resolve', done);
    }

    async expire(): Promise<void> {
        const { random, world, model } = this;
        const consumer = random.pick(USERS);
        const [one] = random.shuffle(model.account(consumer).disputes);
        const id = one?.id ?? 77n;
        const account = await world.account(consumer);
        const result = await account.sendExpireDispute(world.via('stranger'), { id });
        await this.outcome('expire', consumer, result, model.conclude(consumer, id, null));
    }

    async request(): Promise<void> {
        const { random, world, model } = this;
        const name = random.pick(USERS);
        const amount = random.bigint(0n, 40n * UNIT);
        const result = await (await world.account(name)).sendRequestWithdraw(world.via(name), { amount });
        await this.outcome('request', name, result, model.request(name, amount));
    }

    /** The settlement, or its jetton wallet, refuses. */
    private async brokenPayer(): Promise<(() => Promise<void>) | null> {
        const { random, world } = this;
        if (!random.bool(0.15)) return null;
        const jetton = world.jetton && random.bool();
        const at = jetton ? world.walletOf(world.settlement.address).address : world.settlement.address;
        return refuse(world.blockchain, at);
    }

    async complete(): Promise<void> {
        const { random, world, model } = this;
        const name = random.pick(USERS);
        const account = await world.account(name);
        const mend = await this.brokenPayer();
        const result = await account.sendCompleteWithdraw(world.via('stranger'), { value: toNano('1') });
        await mend?.();
        await this.outcome('complete', name, result, model.complete(name, mend !== null));
    }

    async withdraw(): Promise<void> {
        const { random, world, model } = this;
        const name = random.pick(USERS);
        const account = await world.account(name);
        const amount = random.bool() ? 0n : random.bigint(1n, 10n * UNIT);
        const mend = await this.brokenPayer();
        const result = await account.sendWithdrawEarnings(world.via(name), { amount, value: toNano('1') });
        await mend?.();
        await this.outcome('withdraw', name, result, model.withdraw(name, amount, mend !== null));
    }

    async collect(): Promise<void> {
        const { random, world, model } = this;
        const [provider, consumer] = random.shuffle(USERS);
        const account = await world.account(provider);
        const args = { consumer: world.of(consumer), value: toNano('3') };
        await account.sendWithdrawEarnings(world.via(provider), args);
        model.collect(provider, consumer);
        this.note('collect', true);
    }

    async fees(): Promise<void> {
        const { random, world, model } = this;
        const mend =
            world.jetton && random.bool(0.3)
                ? await refuse(world.blockchain, world.walletOf(world.settlement.address).address)
                : null;
        const result = await world.settlement.sendPayFees(world.via('stranger'));
        await mend?.();
        await this.outcome('fees', 'settlement', result, model.payFees(mend !== null));
    }

    async resend(): Promise<void> {
        const { random, world, model } = this;
        const [consumer, provider] = random.shuffle(USERS);
        const account = await world.account(consumer);
        const result = await account.sendResend(world.via('stranger'), {
            provider: world.of(provider),
        });
        await this.outcome('resend', consumer, result, model.resend(consumer, provider));
    }

    /** A message with too little value changes nothing. */
    async starved(): Promise<void> {
        const { random, world } = this;
        const consumer = random.pick(USERS);
        const account = await world.account(consumer);
        const value = random.bigint(toNano('0.001'), toNano('0.03'));
        const via = world.via(consumer);
        await random.pick([
            () => account.sendConfirm(via, { value, deploy: true }),
            () => account.sendWithdrawEarnings(via, { value }),
            () => account.sendCompleteWithdraw(via, { value }),
            () => account.sendWithdrawEarnings(via, { value, consumer: world.of('bob') }),
            () => world.settlement.sendPayFees(via, { value }),
        ])();
        this.note('starved', true);
    }

    /** Everything that the contracts tell, against everything that the model knows. */
    async compare(): Promise<void> {
        const { world, model } = this;
        expect(model.conserved()).toBe(true);
        for (const name of USERS) {
            const data = await world.accountData(name);
            const mine = model.account(name);
            const stuck = [...mine.stuck.values()].reduce((a, b) => a + b, 0n);
            expect([name, data]).toMatchObject([
                name,
                {
                    deposit: mine.deposit,
                    earned: mine.earned,
                    held: mine.held(),
                    openCount: BigInt(mine.open.length),
                    disputeCount: BigInt(mine.disputes.length),
                    thawing: mine.thawing < mine.deposit ? mine.thawing : mine.deposit,
                    stuck,
                    stuckFees: mine.stuckFees,
                },
            ]);
        }
        const books = await world.settlement.getSettlementData();
        expect(books).toMatchObject({
            owed: model.owed(),
            networkDue: model.network,
            treasuryDue: model.treasury,
            burnDue: model.burn,
            kept: 0n,
            held: 0n,
        });
        expect(books.solvency).toBeGreaterThanOrEqual(0n);
        if (world.jetton) {
            expect(books.assets).toBe(model.deposited - model.paid);
            expect(await world.jettons(world.settlement.address)).toBe(books.assets);
        }
        const totals = await world.registry.getTotals(0, dayOf(world.now));
        expect(totals).toMatchObject({ records: model.count, tokens: model.tokens, amount: model.amount });
    }
}

describe('random operations', () => {
    it.each([
        [1, false],
        [2, true],
        [3, false],
        [4, true],
    ] as const)('keep every book equal to the model (%i, jetton: %s)', async (part, jetton) => {
        await seeded(`settlement invariants ${part}`, async (random) => {
            const run = await Run.create(random, jetton);
            for (let i = 0; i < runs(1250); i++) {
                await run.step();
                await run.compare();
            }
            if (process.env.SHOW) console.log(run.counts);
            expect(run.counts.record).toBeGreaterThan(5);
            expect(run.counts.settle).toBeGreaterThan(5);
            expect(WINDOW).toBe(259_200);
        });
    });
});
