/** Random deposits, grants, claims, spending, bounces and time beside a model that knows nothing of the code: no unit is lost. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import { runs, seeded } from '../support/random';
import { exitCode, refuse, txAt } from '../support/pool/transactions';
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
});
