/** The off-chain half: streams, limits, files that survive a crash, and when a claim is worth its fee. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { toNano } from '@ton/core';

import {
    ChannelData,
    ConsumerChannel,
    DepositSpent,
    ProviderChannel,
    SignedVoucher,
    signVoucher,
    StoreSteps,
    TEST_NETWORK,
    VoucherStore,
} from '../../wrappers/settlement/channel';
import { ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';
import { Random, seeded } from '../support/random';

const T = toNano('1');
let unit: ChannelUnit;
let data: ChannelData;
let dir: string;
let files = 0;
const PRICE = { amount: T, tokens: 1000n };

beforeAll(async () => {
    unit = await ChannelUnit.create();
    data = await unit.data();
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'channel-client-'));
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const file = () => path.join(dir, `voucher-${files++}.json`);
const options = (store = new VoucherStore(file()), given: Partial<ChannelData> = {}) => ({
    networkId: -239,
    channel: unit.address,
    data: { ...data, ...given },
    price: PRICE,
    store,
});
/** Where only the content counts: without waiting for the disk. */
const quick = () => new VoucherStore(file(), { write: fs.writeFileSync, sync: () => {}, rename: fs.renameSync });
const consumer = (store?: VoucherStore, every = 10n, given: Partial<ChannelData> = {}) =>
    new ConsumerChannel(options(store, given), KEYS.consumer, every, 'claude');
const provider = (store?: VoucherStore, limit = 50n, given: Partial<ChannelData> = {}) =>
    new ProviderChannel(options(store, given), limit, () => unit.now);

describe('a stream', () => {
    it('pays for every increment and is claimed once, on the chain', async () => {
        const [pays, serves] = [consumer(quick()), provider(quick())];
        let vouchers = 0;
        for (let i = 0; i < 1000; i++) {
            serves.serve(10n);
            const voucher = pays.receive(10n);
            if (voucher) {
                vouchers++;
                expect(serves.accept(voucher)).toBeUndefined();
            }
        }
        expect([vouchers, serves.unpaid, serves.tokens, pays.tokens]).toEqual([1000, 0n, 10_000n, 10_000n]);
        expect(serves.gain).toBe(10n * T);
        await unit.claim(serves.voucher!);
        expect(await unit.data()).toMatchObject({ claimed: 10n * T, tokens: 10_000n });
        serves.update(await unit.data());
        expect([serves.gain, serves.paid.amount]).toEqual([0n, 10n * T]);
    });

    it('of increments that do not divide is paid at the end', () => {
        const [pays, serves] = [consumer(undefined, 30n), provider()];
        serves.serve(40n);
        expect(serves.accept(pays.receive(40n)!)).toBeUndefined();
        serves.serve(7n);
        expect(pays.receive(7n)).toBeUndefined();
        const last = pays.settle()!;
        expect([last.tokens, last.amount]).toEqual([47n, (47n * T) / 1000n]);
        expect(serves.accept(last)).toBeUndefined();
        expect(pays.settle()).toBe(last);
    });

    it('keeps the old price for what was before', () => {
        const [pays, serves] = [consumer(), provider()];
        serves.serve(20n);
        expect(serves.accept(pays.receive(20n)!)).toBeUndefined();
        pays.use('opus', { amount: 3n * T, tokens: 1000n });
        serves.use({ amount: 3n * T, tokens: 1000n });
        serves.serve(10n);
        const voucher = pays.receive(10n)!;
        expect(voucher.amount).toBe((20n * T) / 1000n + (30n * T) / 1000n);
        expect(serves.accept(voucher)).toBeUndefined();
    });

    it('never signs above the deposit', () => {
        const pays = consumer(undefined, 10n, { deposit: T / 100n });
        expect(pays.receive(10n)!.amount).toBe(T / 100n);
        expect(() => pays.receive(10n)).toThrow(DepositSpent);
        pays.update({ ...data, deposit: T });
        expect(pays.receive(0n)!.amount).toBe(T / 50n);
        pays.update({ ...data, state: 'closed' });
        expect(() => pays.receive(10n)).toThrow('closed');
    });
});

describe('a provider', () => {
    it('serves no more than the limit unpaid', () => {
        const serves = provider(undefined, 50n);
        expect([serves.mayServe(50n), serves.mayServe(51n)]).toEqual([true, false]);
        serves.serve(50n);
        expect(() => serves.serve(1n)).toThrow('unpaid');
        const pays = consumer();
        expect(serves.accept(pays.receive(50n)!)).toBeUndefined();
        serves.serve(50n);
    });

    it('serves nothing that the deposit does not cover, and nothing at the end', () => {
        expect(provider(undefined, 5000n, { deposit: T }).mayServe(1001n)).toBe(false);
        expect(provider(undefined, 5000n, { deposit: T }).mayServe(1000n)).toBe(true);
        for (const given of [
            { state: 'closing' as const },
            { state: 'closed' as const },
            { expiresAt: unit.now + DAY },
        ]) {
            expect(provider(undefined, 50n, given).mayServe(1n)).toBe(false);
        }
        expect(provider(undefined, 50n, { expiresAt: 0 }).mayServe(1n)).toBe(true);
    });

    it('takes only vouchers that the chain would take, and that pay', () => {
        const serves = provider();
        const voucher = (amount: bigint, given = {}) => unit.voucher(amount, { tokens: 10n, ...given });
        const enough = (10n * T) / 1000n;
        const other = { ...voucher(enough), channel: unit.of('stranger') };
        expect(serves.accept(voucher(enough, { networkId: TEST_NETWORK }))).toBe('other network');
        expect(serves.accept(other)).toBe('other channel');
        expect(serves.accept(voucher(enough, { signer: KEYS.hot }))).toBe('signature');
        expect(serves.accept(voucher(enough - 1n))).toBe('too little');
        expect(serves.accept(voucher(101n * T))).toBe('above the deposit');
        expect(serves.accept(voucher(enough))).toBeUndefined();
        expect(serves.accept(voucher(enough))).toBe('not newer');
        expect(serves.accept(voucher(enough + 1n, { tokens: 9n }))).toBe('too little');
        serves.update({ ...data, state: 'closed' });
        expect(serves.accept(voucher(2n * enough))).toBe('channel is ending');
    });

    it('takes vouchers of a hot key until it is revoked', () => {
        const hot = { hotKey: KEYS.hot.publicKey };
        const serves = provider(undefined, 50n, hot);
        const voucher = (tokens: bigint) => unit.voucher((tokens * T) / 1000n, { tokens, signer: KEYS.hot });
        expect(serves.accept(voucher(10n))).toBeUndefined();
        serves.update({ ...data, ...hot, hotUntil: unit.now + DAY });
        expect(serves.accept(voucher(20n))).toBe('hot key ends');
        expect(serves.claimReason(1n)).toBe('hot key ends');
    });

    it('claims when it is worth 500 fees, or when it must', () => {
        const serves = provider();
        const fee = toNano('0.004');
        expect([serves.gain, serves.claimReason(fee)]).toEqual([0n, undefined]);
        serves.accept(unit.voucher(500n * fee - 1n, { tokens: 10n }));
        expect(serves.claimReason(fee)).toBeUndefined();
        expect(serves.claimReason(fee, 100n)).toBe('worth it');
        serves.accept(unit.voucher(500n * fee, { tokens: 10n }));
        expect(serves.claimReason(fee)).toBe('worth it');
        serves.update({ ...data, claimed: 400n * fee });
        expect([serves.gain, serves.claimReason(fee)]).toEqual([100n * fee, undefined]);
        serves.update({ ...data, claimed: 400n * fee, state: 'closing' });
        expect(serves.claimReason(fee)).toBe('window');
        expect(serves.claimReason(100n * fee)).toBeUndefined();
        serves.update({ ...data, claimed: 400n * fee, expiresAt: unit.now + DAY });
        expect(serves.claimReason(fee)).toBe('expired');
        serves.update({ ...data, deposit: 450n * fee, claimed: 400n * fee });
        expect(serves.gain).toBe(50n * fee);
        serves.update({ ...data, state: 'closed' });
        expect(serves.gain).toBe(0n);
    });
});

describe('the file', () => {
    class PowerCut extends Error {}
    /** A disk whose power is cut before step `at`; what was not synced may be lost. */
    const cutting = (at: number): StoreSteps => {
        let step = 0;
        const tick = () => {
            if (step++ === at) throw new PowerCut();
        };
        let unsynced: string | undefined;
        return {
            write: (name, text) => {
                tick();
                unsynced = text;
                fs.writeFileSync(name, text.slice(0, text.length / 2));
            },
            sync: (name) => {
                tick();
                if (unsynced !== undefined && name.endsWith('.next')) fs.writeFileSync(name, unsynced);
            },
            rename: (from, to) => {
                tick();
                fs.renameSync(from, to);
            },
        };
    };

    it.each([0, 1, 2, 3, 4])('is whole or old when the power fails before step %i', (at) => {
        const name = file();
        const first = consumer(new VoucherStore(name));
        const old = first.receive(10n)!;
        const pays = consumer(new VoucherStore(name, cutting(at)));
        expect(pays.paid).toEqual({ amount: old.amount, tokens: 10n });
        let next: SignedVoucher | undefined;
        try {
            next = pays.receive(10n);
        } catch (e) {
            expect(e).toBeInstanceOf(PowerCut);
        }
        expect(next === undefined).toBe(at < 4);
        // After the crash: at most one increment less than was received, and never less than was handed out.
        const again = consumer(new VoucherStore(name));
        expect([10n, 20n]).toContain(again.paid.tokens);
        if (next) expect(again.voucher!.amount).toBe(next.amount);
        expect(again.receive(10n)!.tokens).toBe(again.paid.tokens);
    });

    it('is what a provider goes on from: one increment lost at most', async () => {
        await seeded('provider crashes', (random: Random) => {
            const name = file();
            const pays = consumer(quick());
            let serves = provider(new VoucherStore(name));
            let newest = 0n;
            for (let i = 0; i < 200; i++) {
                const n = BigInt(random.int(1, 20));
                if (serves.mayServe(n)) serves.serve(n);
                const voucher = pays.receive(n);
                if (voucher) {
                    const crash = random.bool(0.1);
                    if (crash) {
                        // Either before it was kept or after: the voucher is on the disk or it was never accepted.
                        if (random.bool()) serves.accept(voucher);
                        serves = provider(new VoucherStore(name));
                        expect(serves.paid.amount).toBeGreaterThanOrEqual(newest);
                    } else if (serves.accept(voucher) === undefined) {
                        newest = voucher.amount;
                    }
                }
            }
            expect(serves.paid.amount).toBeGreaterThanOrEqual(newest);
        });
    });

    it('of another channel is not used, nor one that is damaged', () => {
        const name = file();
        const foreign = signVoucher({ ...unit.voucher(1n), channel: unit.of('stranger') }, KEYS.consumer);
        new VoucherStore(name).save(foreign);
        expect(() => consumer(new VoucherStore(name))).toThrow('another channel');
        fs.writeFileSync(name, '{"format":');
        expect(() => consumer(new VoucherStore(name))).toThrow();
    });

    it('that is lost costs what was not claimed: the books go on from the chain', () => {
        const again = consumer(undefined, 10n, { claimed: 5n * T, tokens: 5000n });
        expect(again.paid).toEqual({ amount: 5n * T, tokens: 5000n });
        expect(again.receive(10n)!.amount).toBe(5n * T + T / 100n);
    });

    it('has a price that can be divided by', () => {
        expect(
            () => new ConsumerChannel({ ...options(), price: { amount: 1n, tokens: 0n } }, KEYS.consumer, 1n, 'm'),
        ).toThrow();
        expect(() => new ConsumerChannel(options(), KEYS.consumer, 0n, 'm')).toThrow('increment');
    });
});
