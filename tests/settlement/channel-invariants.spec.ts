/**
 * Random operations against an independent model: deposits, claims, closes, hot keys, with replays, wrong signatures, wrong
 * networks and channels, vouchers out of order, after the expiry and after the close, starved and bounced messages. After
 * each step the books are the model's and no nano has appeared or disappeared: what was deposited is with the provider, with
 * the consumer, or there.
 */
import { Cell, toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { ChannelExit, PaymentChannel, SignedVoucher, TEST_NETWORK } from '../../wrappers/settlement/channel';
import { underCoverage } from '../support/coverage';
import { exitCode, kept, outs, refuse, succeeded } from '../support/pool/transactions';
import { Random, runs, seeded } from '../support/random';
import { ChannelModel, Party } from '../support/settlement/channel-model';
import { ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';

jest.setTimeout(600_000);

const T = toNano('1');
const PARTIES: Party[] = ['consumer', 'provider', 'stranger'];
const HOT = [KEYS.hot, KEYS.second];

/** One channel after the other, driven at random. */
class Driver {
    private model: ChannelModel;
    private vouchers: SignedVoucher[] = [];
    private closedFor = 0;
    /** What the channel paid in TON, as its messages say. */
    private told = { consumer: 0n, provider: 0n };
    private steps = 0;
    readonly done = new Map<string, number>();

    constructor(
        private readonly unit: ChannelUnit,
        private readonly other: ChannelUnit,
        private readonly random: Random,
        private readonly restore: () => Promise<void>,
    ) {
        this.model = this.fresh();
    }

    private fresh(): ChannelModel {
        const model = new ChannelModel(this.unit);
        model.deposit = 100n * T;
        this.vouchers = [];
        this.closedFor = 0;
        this.told = { consumer: 0n, provider: 0n };
        return model;
    }

    private get jetton(): boolean {
        return this.unit.minter !== null;
    }

    private voucher(): SignedVoucher {
        const { random, unit, model } = this;
        if (this.vouchers.length > 0 && random.bool(0.25)) return random.pick(this.vouchers);
        const most = model.deposit + model.deposit / 8n;
        const amount = random.bool(0.8)
            ? model.claimed + random.bigint(1n, (model.deposit - model.claimed) / 6n + 1n)
            : random.bigint(0n, most);
        const signer = random.bool(0.65) ? KEYS.consumer : random.pick([...HOT, KEYS.provider, KEYS.stranger]);
        const wrong = random.int(0, 11);
        const voucher = unit.voucher(amount, {
            signer,
            tokens: random.bigint(0n, 1n << 40n),
            ...(wrong === 0 ? { networkId: TEST_NETWORK } : wrong === 1 ? { channel: this.other.address } : {}),
        });
        this.vouchers.push(voucher);
        return voucher;
    }

    /** Sends; the model says with what it is refused. */
    private async expectResult(
        name: string,
        refused: string | undefined,
        send: () => Promise<SendMessageResult>,
    ): Promise<SendMessageResult> {
        const result = await send();
        const [tx] = this.unit.txs(result);
        const expected = refused === undefined ? 0 : ChannelExit[refused as keyof typeof ChannelExit];
        expect([name, exitCode(tx)]).toEqual([name, expected]);
        expect([name, succeeded(tx)]).toEqual([name, refused === undefined]);
        const key = `${name} ${refused ?? 'done'}`;
        this.done.set(key, (this.done.get(key) ?? 0) + 1);
        return result;
    }

    async step(): Promise<void> {
        const { random, unit } = this;
        if (this.model.state === 'closed' && ++this.closedFor > 8) {
            await this.restore();
            this.model = this.fresh();
        }
        if (random.bool(0.3)) unit.advance(random.pick([1, 60, 3600, DAY / 3, DAY - 1, DAY]));
        if (random.bool(0.004)) unit.at(Math.max(unit.now, unit.terms.expiresAt));
        const before = await this.holdings();
        const storage = await this.operation();
        await this.check(before, storage);
    }

    private async holdings() {
        const { unit, model } = this;
        return { balance: await unit.balance(), owed: this.jetton ? 0n : model.owed };
    }

    /** Makes the channel's wallet refuse while something is sent. */
    private async refusing(send: () => Promise<SendMessageResult>): Promise<SendMessageResult> {
        const undo = await refuse(this.unit.blockchain, this.unit.wallet(this.unit.address).address);
        const result = await send();
        await undo();
        return result;
    }

    /** The same for the provider's wallet: the jettons come back and only the channel's wallet knows. */
    private async losing(send: () => Promise<SendMessageResult>): Promise<SendMessageResult> {
        const { unit } = this;
        const undo = await refuse(unit.blockchain, unit.wallet(unit.of('provider')).address);
        const result = await send();
        await undo();
        return result;
    }

    /** Runs a payout whose way may fail; the model learns what came back. */
    private async payout(name: string, refused: string | undefined, send: () => Promise<SendMessageResult>) {
        const { random, model } = this;
        if (!this.jetton || refused !== undefined) return this.expectResult(name, refused, send);
        const [provider, consumer] = this.paying;
        const fate = random.int(0, 9);
        if (fate === 0) {
            model.due.provider += provider;
            model.due.consumer += consumer;
            model.paid.provider -= provider;
            model.paid.consumer -= consumer;
            return this.expectResult(`${name}, bounced`, refused, () => this.refusing(send));
        }
        if (fate === 1 && provider > 0n) {
            model.surplus += provider;
            model.paid.provider -= provider;
            return this.expectResult(`${name}, lost`, refused, () => this.losing(send));
        }
        return this.expectResult(name, refused, send);
    }

    /** What the operation that the model has just done pays to provider and consumer. */
    private paying: [bigint, bigint] = [0n, 0n];

    private apply(change: () => string | undefined): string | undefined {
        const { provider, consumer } = this.model.paid;
        const refused = change();
        this.paying = [this.model.paid.provider - provider, this.model.paid.consumer - consumer];
        return refused;
    }

    private async operation(): Promise<SendMessageResult> {
        const { random, unit, model } = this;
        const { now } = unit;
        const by = random.pick(PARTIES);
        const kind = random.int(0, 99);
        if (kind < 38) {
            const voucher = this.voucher();
            if (random.bool(0.06)) return this.starved(PaymentChannel.claimBody({ voucher }));
            const refused = this.apply(() => model.claim(voucher, now));
            return this.payout('claim', refused, () => unit.claim(voucher, by));
        }
        if (kind < 50) {
            const amount = random.bigint(0n, 20n * T);
            if (model.state === 'closed' && !this.jetton) {
                return this.expectResult('late deposit', undefined, () => unit.deposit(amount, 'stranger'));
            }
            if (this.jetton) return this.arrive(amount);
            model.deposit += amount;
            return this.expectResult('deposit', undefined, () =>
                unit.deposit(amount, random.pick(['consumer', 'stranger'])),
            );
        }
        if (kind < 53) {
            const voucher = this.voucher();
            const refused = this.apply(() => model.providerClose(voucher, by, now));
            return this.payout('provider close', refused, () => unit.providerClose(voucher, by));
        }
        if (kind < 57) {
            const amount = random.bool(0.7)
                ? random.bigint(model.claimed, model.deposit)
                : random.bigint(0n, model.deposit * 2n);
            const validUntil = now + random.int(-5, 50);
            const genuine = random.bool(0.5);
            const agreement = unit.agreement(amount, { validUntil });
            const args = unit.coopArgs(agreement, genuine ? {} : { provider: KEYS.consumer });
            const refused = this.apply(() => model.coopClose(amount, validUntil, genuine, now));
            return this.payout('close by both', refused, () =>
                unit.channel.sendCoopClose(unit.via(by), { ...args, value: T }),
            );
        }
        if (kind < 63) {
            return this.expectResult('start', model.startClose(by, now), () => unit.startClose(by));
        }
        if (kind < 70) {
            const refused = this.apply(() => model.finish(now));
            return this.payout('finish', refused, () => unit.finish(by));
        }
        if (kind < 76) {
            const key = random.pick(HOT);
            return this.expectResult('hot key', model.setHotKey(key, by, now), () =>
                unit.channel.sendSetHotKey(unit.via(by), { key: key.publicKey, value: T }),
            );
        }
        if (kind < 80) {
            return this.expectResult('revocation', model.revokeHotKey(by, now), () =>
                unit.channel.sendRevokeHotKey(unit.via(by), { value: T }),
            );
        }
        if (kind < 83) {
            return this.expectResult('plain TON', undefined, () => unit.send(by, Cell.EMPTY));
        }
        if (kind < 86) return this.starved(PaymentChannel.finishBody());
        if (!this.jetton) {
            return this.expectResult('asset', 'ERROR_CHANNEL_ASSET', () =>
                unit.send(by, random.pick([PaymentChannel.syncBody({ amount: 1n }), PaymentChannel.askWalletBody()])),
            );
        }
        if (kind < 93) {
            const to = random.pick(['consumer', 'provider'] as const);
            const refused = this.apply(() => model.release(to));
            return this.payout('release', refused, () => unit.channel.sendRelease(unit.via(by), { to, value: T }));
        }
        const amount =
            model.surplus > 0n && random.bool(0.7) ? random.bigint(1n, model.surplus) : random.bigint(1n, 9n * T);
        return this.expectResult('proof', model.sync(amount, now), () =>
            unit.channel.sendSync(unit.via(by), { amount, value: T }),
        );
    }

    /** Jettons of a stranger: told with plenty of TON, with little, or not at all. */
    private async arrive(amount: bigint): Promise<SendMessageResult> {
        const { random, unit, model } = this;
        const forward = random.pick([0n, toNano('0.05'), T]);
        if (forward === 0n) {
            model.surplus += amount;
            const result = await unit.transfer('stranger', amount, 0n);
            expect(unit.txs(result)).toHaveLength(0);
            return result;
        }
        if (model.state !== 'closed') model.deposit += amount;
        else if (forward === T) model.paid.consumer += amount;
        else model.due.consumer += amount;
        return this.expectResult('jettons', undefined, () => unit.transfer('stranger', amount, forward));
    }

    /** Too little TON for anything: refused or skipped, and nothing changes. */
    private async starved(body: Cell): Promise<SendMessageResult> {
        const { unit, random } = this;
        const value = random.pick([1n, toNano('0.0005'), toNano('0.002')]);
        const result = await unit.send(random.pick(PARTIES), body, value);
        expect(unit.txs(result).every((tx) => !succeeded(tx))).toBe(true);
        this.done.set('starved', (this.done.get('starved') ?? 0) + 1);
        return result;
    }

    private async check(before: { balance: bigint; owed: bigint }, result: SendMessageResult): Promise<void> {
        const { unit, model } = this;
        const data = await unit.data();
        expect({
            state: data.state,
            deposit: data.deposit,
            claimed: data.claimed,
            tokens: data.tokens,
            hotKey: data.hotKey,
            hotUntil: data.hotUntil,
        }).toEqual({
            state: model.state,
            deposit: model.deposit,
            claimed: model.claimed,
            tokens: model.tokens,
            hotKey: model.hotKey?.publicKey ?? null,
            hotUntil: model.hotUntil,
        });
        expect(data.claimed).toBeLessThanOrEqual(data.deposit);
        // TON: the channel never pays out of what is not the parties'.
        const txs = unit.txs(result);
        for (const tx of txs) {
            const sender = tx.inMessage?.info.src;
            for (const out of outs(tx)) {
                if (out.op !== PaymentChannel.opcodes.ChannelPaid) continue;
                const amount = out.body.beginParse().skip(96).loadCoins();
                const party = out.to.equals(unit.of('provider')) ? 'provider' : 'consumer';
                expect(out.to).toEqualAddress(unit.of(party));
                if (sender?.toString() === out.to.toString()) expect(out.value).toBeGreaterThan(amount);
                else expect(out.value).toBe(amount);
                this.told[party] += amount;
            }
        }
        if (!this.jetton) {
            expect(this.told).toEqual(model.paid);
            const change = txs.reduce((sum, tx) => sum + (exitCode(tx) === undefined ? 0n : kept(tx)), 0n);
            const passedOn = model.state === 'closed' && before.owed === 0n;
            // Markers of a coverage run cost gas that the messages did not bring.
            if (!passedOn && !underCoverage) expect(change).toBeGreaterThanOrEqual(model.owed - before.owed);
            expect(await unit.balance()).toBeGreaterThanOrEqual(model.owed);
            return;
        }
        expect(data.jetton).toMatchObject({ dueProvider: model.due.provider, dueConsumer: model.due.consumer });
        expect(data.jetton!.syncPending).toBe(false);
        expect(await unit.jettons('channel')).toBe(
            model.owed + model.due.provider + model.due.consumer + model.surplus,
        );
        expect(await unit.jettons('provider')).toBe(model.paid.provider);
        // The other wallets once in a while: a getter each.
        if (this.steps++ % 10 !== 0) return;
        const sum =
            (await unit.jettons('channel')) +
            (await unit.jettons('provider')) +
            (await unit.jettons('consumer')) +
            (await unit.jettons('stranger'));
        expect(sum).toBe((await unit.minter!.getSupply()).supply);
    }
}

const ASSETS = [
    ['TON', false],
    ['a jetton', true],
] as const;

// Markers of a coverage run take more gas than a balance proof brings home.
it.each(ASSETS.filter(([, jetton]) => !(jetton && underCoverage)))(
    'every nano of %s is somewhere',
    async (name, jetton) => {
        const unit = await ChannelUnit.create({ jetton });
        const other = await ChannelUnit.create({ terms: { salt: 7 }, deposit: 0n });
        const restore = unit.checkpoint();
        const done = new Map<string, number>();
        await seeded(`channel ${name}`, async (random) => {
            const driver = new Driver(unit, other, random, restore);
            // An ordinary run takes fewer than a tenth: every step is a chain of real transactions.
            const steps = process.env.LONG === '1' ? runs(2500) : 160;
            for (let i = 0; i < steps; i++) await driver.step();
            for (const [key, n] of driver.done) done.set(key, (done.get(key) ?? 0) + n);
        });
        // It was not all refusals, and not all went through.
        const always = ['claim done', 'starved', 'claim ERROR_CHANNEL_SIGNATURE', 'claim ERROR_CHANNEL_CLOSED'];
        const inTheEnd = ['finish done', 'start done', 'close by both done', 'claim ERROR_CHANNEL_OLD_VOUCHER'];
        for (const key of process.env.LONG === '1' ? [...always, ...inTheEnd] : always) {
            expect([key, (done.get(key) ?? 0) > 0]).toEqual([key, true]);
        }
        if (process.env.SHOW) console.log(Object.fromEntries(done));
    },
);
