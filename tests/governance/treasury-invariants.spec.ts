/** Random deposits, grants, claims, spending, bounces and time beside a model that knows nothing of the code: no unit is lost. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import { runs, seeded } from '../support/random';
import { underCoverage } from '../support/coverage';
import { exitCode, kept, refuse, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { DAY, TreasuryWorld } from '../support/governance/treasury-world';

type ModelGrant = { amount: bigint; claimed: bigint; start: number; cliff: number; end: number; stopped: boolean };

function earned(g: ModelGrant, t: number): bigint {
    if (g.stopped || t >= g.end) return g.amount;
    return t < g.cliff ? 0n : (g.amount * BigInt(t - g.start)) / BigInt(g.end - g.start);
}

describe('Treasury: random operations', () => {
    it('every token is in the wallet, with a payee or with a grantee; no limit is ever exceeded', async () => {
        const world = await TreasuryWorld.create();
        const { treasury } = world;
        const wallet = world.walletOf(treasury.address);
        const owner = world.sender('owner');
        const value = toNano('5');
        let balance = toNano('1000');
        let paid = 0n;
        const grants = new Map<number, ModelGrant>();
        const spends: { at: number; amount: bigint }[] = [];
        let next = 0;
        const ok = (result: Parameters<typeof txAt>[0]) => exitCode(txAt(result, treasury.address)) === 0;
        const reserved = () => [...grants.values()].reduce((sum, g) => sum + g.amount - g.claimed, 0n);

        await seeded('treasury books', async (random) => {
            for (let step = 0; step < runs(900); step++) {
                const now = world.now;
                const bounces = random.bool(0.15);
                const restore = bounces ? await refuse(world.blockchain, wallet.address) : undefined;
                const free = balance - reserved();
                const ids = [...grants.keys()];
                switch (random.int(0, 6)) {
                    case 0: {
                        if (bounces) break;
                        const amount = random.bigint(1n, toNano('20'));
                        await world.deposit(amount);
                        balance += amount;
                        break;
                    }
                    case 1: {
                        const amount = random.bigint(1n, free + toNano('1'));
                        const start = now - random.int(0, 5 * DAY);
                        const cliff = start + random.int(0, 3 * DAY);
                        const end = cliff + random.int(1, 20 * DAY);
                        const grantee = world.address('grantee');
                        const args = { asset: 1, amount, grantee, start, cliff, end, value };
                        const done = ok(await treasury.sendCreateStream(owner, args));
                        expect(done).toBe(amount <= free && grants.size < 64);
                        if (done) grants.set(next++, { amount, claimed: 0n, start, cliff, end, stopped: false });
                        break;
                    }
                    case 2: {
                        if (ids.length === 0) break;
                        const grant = random.pick(ids);
                        const g = grants.get(grant)!;
                        const due = earned(g, now) - g.claimed;
                        const done = ok(await treasury.sendClaimGrant(world.sender('stranger'), { grant, value }));
                        expect(done).toBe(due > 0n && (due * 1000n >= g.amount || g.claimed + due === g.amount));
                        if (done && !bounces) {
                            g.claimed += due;
                            balance -= due;
                            paid += due;
                        }
                        break;
                    }
                    case 3: {
                        if (ids.length === 0) break;
                        const grant = random.pick(ids);
                        const g = grants.get(grant)!;
                        expect(ok(await treasury.sendCancelGrant(owner, { grant, value }))).toBe(true);
                        g.amount = earned(g, now);
                        g.stopped = true;
                        break;
                    }
                    case 4: {
                        const amount = random.bigint(1n, toNano('30'));
                        const done = ok(await world.spend(1, amount));
                        if (amount > free) expect(done).toBe(false);
                        if (done) spends.push({ at: now, amount });
                        if (done && !bounces) {
                            balance -= amount;
                            paid += amount;
                        }
                        break;
                    }
                    case 5: {
                        if (ids.length === 0) break;
                        const grant = random.pick(ids);
                        const g = grants.get(grant)!;
                        const result = await treasury.sendClearGrant(world.sender('stranger'), { grant, value });
                        if (ok(result)) {
                            expect(g.claimed).toBe(g.amount);
                            grants.delete(grant);
                        }
                        break;
                    }
                    default:
                        world.advance(random.int(1, 2 * DAY));
                }
                await restore?.();
                const books = await treasury.getSolvency(1);
                expect(books).toMatchObject({ balance, reserved: reserved(), free: balance - reserved() });
                expect(books.free).toBeGreaterThanOrEqual(0n);
                expect(await wallet.getBalance()).toBe(balance);
                const both =
                    (await world.tokens(world.address('payee'))) + (await world.tokens(world.address('grantee')));
                expect(both).toBe(paid);
                const period = spends.filter(({ at }) => at > world.now - 28 * DAY);
                expect(period.reduce((sum, { amount }) => sum + amount, 0n)).toBeLessThanOrEqual(toNano('100'));
                const ton = await treasury.getSolvency();
                expect(ton.reserved).toBe(0n);
            }
        });
    }, 600_000);

    it('every nanoton stays, is reserved, or was paid as somebody was owed', async () => {
        const world = await TreasuryWorld.create();
        const { treasury } = world;
        const owner = world.sender('owner');
        const value = toNano('5');
        type TonGrant = ModelGrant & { milestones: { amount: bigint; released: boolean }[] | null; claimedAt: number };
        const grants = new Map<number, TonGrant>();
        const spends: { at: number; amount: bigint }[] = [];
        let next = 0;
        let [frozenUntil, allowedAt] = [0, 0];
        /** What the last message has paid out, and what the people have got in all. */
        let paying = 0n;
        let paid = 0n;
        let got = 0n;
        const done = new Set<number>();
        const due = (g: TonGrant) => {
            const all =
                g.milestones === null || g.stopped
                    ? earned(g, world.now)
                    : g.milestones.filter((m) => m.released).reduce((sum, m) => sum + m.amount, 0n);
            return all - g.claimed;
        };
        const reserved = () => [...grants.values()].reduce((sum, g) => sum + g.amount - g.claimed, 0n);
        type Result = Parameters<typeof txAt>[0];
        const ok = (result: Result) => exitCode(txAt(result, treasury.address)) === 0;
        /** No message costs the Treasury more than it pays out, and nobody gets less than that. */
        const settle = (operation: number, result: Result) => {
            if (ok(result)) done.add(operation);
            const lost = txsAt(result, treasury.address)
                .map(kept)
                .filter((nano) => nano < 0n);
            if (!underCoverage) expect(lost.filter((nano) => nano + paying < 0n)).toEqual([]);
            for (const who of ['payee', 'grantee'] as const) {
                for (const tx of txsAt(result, world.address(who))) {
                    const { info } = tx.inMessage!;
                    if (info.type === 'internal' && info.src.equals(treasury.address) && succeeded(tx)) {
                        got += info.value.coins;
                    }
                }
            }
            paying = 0n;
        };
        const pays = (amount: bigint, arrives: boolean) => {
            paying = amount;
            if (arrives) paid += amount;
        };

        await seeded('treasury nanotons', async (random) => {
            for (let step = 0; step < runs(1_500); step++) {
                const now = world.now;
                const bounces = random.bool(0.15);
                const restore = bounces ? await refuse(world.blockchain, world.address('payee')) : undefined;
                const { free } = await treasury.getSolvency();
                const frozen = now < frozenUntil;
                const ids = [...grants.keys()];
                const some = random.bigint(1n, toNano('30'));
                // Too near to say: rent of the seconds since.
                const near = (amount: bigint) => amount > free - toNano('0.01') && amount <= free;
                const operation = random.int(0, 11);
                const settled = (result: Result) => settle(operation, result);
                switch (operation) {
                    case 0:
                        settled(await world.people.stranger.send({ to: treasury.address, value: some }));
                        break;
                    case 1: {
                        const start = now - random.int(0, 5 * DAY);
                        const cliff = start + random.int(0, 3 * DAY);
                        const end = cliff + random.int(1, 20 * DAY);
                        const amount = random.bool(0.1) ? free + some : some;
                        const args = { asset: 0, amount, grantee: world.address('grantee'), start, cliff, end, value };
                        const result = await treasury.sendCreateStream(owner, args);
                        if (!near(amount)) expect(ok(result)).toBe(!frozen && amount <= free && grants.size < 64);
                        if (ok(result)) {
                            const rest = { stopped: false, milestones: null, claimedAt: now };
                            grants.set(next++, { amount, claimed: 0n, start, cliff, end, ...rest });
                        }
                        settled(result);
                        break;
                    }
                    case 2: {
                        const amounts = Array.from({ length: random.int(1, 8) }, () => random.bigint(1n, toNano('5')));
                        const amount = amounts.reduce((a, b) => a + b, 0n);
                        const grantee = world.address('grantee');
                        const result = await treasury.sendCreateMilestones(owner, {
                            asset: 0,
                            grantee,
                            amounts,
                            value,
                        });
                        if (!near(amount)) expect(ok(result)).toBe(!frozen && amount <= free && grants.size < 64);
                        if (ok(result)) {
                            const milestones = amounts.map((each) => ({ amount: each, released: false }));
                            const rest = { stopped: false, milestones, claimedAt: now };
                            grants.set(next++, { amount, claimed: 0n, start: 0, cliff: 0, end: 0, ...rest });
                        }
                        settled(result);
                        break;
                    }
                    case 3: {
                        if (ids.length === 0) break;
                        const open = ids.filter(
                            (id) => grants.get(id)!.milestones !== null && !grants.get(id)!.stopped,
                        );
                        const grant = random.pick(open.length > 0 && random.bool(0.8) ? open : ids);
                        const g = grants.get(grant)!;
                        const index = random.int(0, 8);
                        const result = await treasury.sendReleaseMilestone(owner, { grant, index, value });
                        const due = !g.stopped && g.milestones?.[index]?.released === false;
                        expect(ok(result)).toBe(due);
                        if (due) g.milestones![index].released = true;
                        settled(result);
                        break;
                    }
                    case 4:
                    case 5: {
                        if (ids.length === 0) break;
                        const grant = random.pick(ids);
                        const g = grants.get(grant)!;
                        const amount = due(g);
                        const result = await treasury.sendClaimGrant(world.sender('stranger'), { grant, value });
                        expect(ok(result)).toBe(amount > 0n);
                        if (amount > 0n) {
                            g.claimed += amount;
                            g.claimedAt = now;
                            pays(amount, true);
                        }
                        settled(result);
                        break;
                    }
                    case 6: {
                        if (ids.length === 0 || random.bool(0.5)) break;
                        const grant = random.pick(ids);
                        const g = grants.get(grant)!;
                        const result = await treasury.sendCancelGrant(owner, { grant, value });
                        expect(ok(result)).toBe(true);
                        g.amount = g.claimed + due(g);
                        g.stopped = true;
                        settled(result);
                        break;
                    }
                    case 7: {
                        if (ids.length === 0) break;
                        const grant = random.pick(ids);
                        const g = grants.get(grant)!;
                        const result = await treasury.sendClearGrant(world.sender('stranger'), { grant, value });
                        const over = g.claimed === g.amount && now >= g.claimedAt + 3_600;
                        expect(ok(result)).toBe(over);
                        if (over) grants.delete(grant);
                        settled(result);
                        break;
                    }
                    case 8: {
                        const result = await world.spend(0, some);
                        const within = (seconds: number) =>
                            spends.filter(({ at }) => at > now - seconds).reduce((sum, s) => sum + s.amount, some);
                        if (frozen || within(7 * DAY) > toNano('100')) {
                            expect(ok(result)).toBe(false);
                        } else if (within(8 * DAY + 7) <= toNano('100') && some <= free && !near(some)) {
                            expect(ok(result)).toBe(true);
                        }
                        if (ok(result)) {
                            spends.push({ at: now, amount: some });
                            pays(some, !bounces);
                        }
                        settled(result);
                        break;
                    }
                    case 9: {
                        const amount = random.bool(0.1) ? free + some : some;
                        const args = { asset: 0, amount, to: world.address('payee'), value };
                        const result = await treasury.sendOwnerSpend(owner, args);
                        if (!near(amount)) expect(ok(result)).toBe(!frozen && amount <= free);
                        if (ok(result)) pays(amount, !bounces);
                        settled(result);
                        break;
                    }
                    case 10: {
                        if (random.bool(0.6)) break;
                        const freeze = random.bool(0.5);
                        const result = freeze
                            ? await treasury.sendFreeze(world.sender('guardian'), { value })
                            : await treasury.sendUnfreeze(owner, { value });
                        if (freeze) {
                            expect(ok(result)).toBe(now >= allowedAt);
                            if (ok(result)) [frozenUntil, allowedAt] = [now + 7 * DAY, now + 37 * DAY];
                        } else {
                            expect(ok(result)).toBe(true);
                            [frozenUntil, allowedAt] = [0, 0];
                        }
                        settled(result);
                        break;
                    }
                    default:
                        world.advance(random.int(1, 3 * DAY));
                }
                await restore?.();
                const books = await treasury.getSolvency();
                expect([step, books.reserved, got]).toEqual([step, reserved(), paid]);
                // Rent alone may bring it below the floor.
                expect(books.free).toBeGreaterThanOrEqual(-toNano('0.01'));
            }
            // Most of them have gone well, whatever the seed.
            expect(done.size).toBeGreaterThanOrEqual(8);
        });
    }, 600_000);
});
