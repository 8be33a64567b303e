/**
 * Random operations of many stakers on three provers; after each one the books must agree with each other, with the wallets
 * and with an independent count of what everybody put in and took out.
 */
import { toNano } from '@ton/core';

import { Random, runs, seeded } from '../support/random';
import { StakingPerson, Who, World } from '../support/staking/world';

const PROVERS = ['prover1', 'prover2', 'prover3'] as const;
const STAKERS = 20;
/** Each compares every getter: an ordinary run has time for a fortieth. */
const OPERATIONS = process.env.LONG === '1' ? 5000 : runs(1250);
const DAY = 86_400;

type Held = { active: bigint; pending: bigint; owed: bigint; raw: bigint };
type Seen = Map<string, Held>;

const key = (prover: StakingPerson, who: Who) => `${prover} ${who}`;

/** Reads one position and its mirror again: nothing but operations of its staker changes them. */
async function look(world: World, prover: StakingPerson, who: Who, seen: Seen): Promise<void> {
    const position = await world.position(prover, who);
    if (!(await world.exists(position.address))) return;
    const data = await position.getPosition();
    expect(data.busy).toBe(false);
    const mirror = await world.rewardPosition(prover, who);
    const raw = (await world.exists(mirror.address)) ? (await mirror.getRewardPosition()).raw : 0n;
    expect(raw + data.owed).toBe(data.active);
    seen.set(key(prover, who), { active: data.active, pending: data.pending, owed: data.owed, raw });
}

/** What must hold of one prover, whatever has happened. */
async function check(world: World, name: StakingPerson, seen: Seen, before: Map<string, bigint>): Promise<void> {
    const { staking, rewards } = world.prover(name);
    const info = await staking.getProver();
    const money = await staking.getSolvency();
    const books = await rewards.getRewardsData();
    let active = 0n;
    let pending = 0n;
    let mirrored = 0n;
    let owed = 0n;
    for (const [at, held] of seen) {
        if (!at.startsWith(`${name} `)) continue;
        active += held.active;
        pending += held.pending;
        owed += held.owed;
        mirrored += held.raw;
    }
    // Shares: positions = ProverStaking = mirrors = ProverRewards, as nothing is under way.
    expect({ active, pending, mirrored: mirrored + owed }).toEqual({
        active: info.totalRaw,
        pending: info.pendingRaw,
        mirrored: info.totalRaw,
    });
    expect(books.total).toBe(mirrored);
    // Tokens: what is booked is in the wallet, and covers what is owed.
    expect(money.held).toBe(await world.balance(staking.address));
    expect(money.solvency).toBeGreaterThanOrEqual(0n);
    expect(await world.balance(rewards.address, 'reward')).toBeGreaterThanOrEqual(books.pot + books.due);
    // The scale never rises, the accumulator never falls.
    const scale = before.get(`${name} scale`) ?? info.scale;
    const acc = before.get(`${name} acc`) ?? books.acc;
    expect(info.scale).toBeLessThanOrEqual(scale);
    expect(info.scale).toBeGreaterThan(10n ** 17n);
    expect(books.acc).toBeGreaterThanOrEqual(acc);
    before.set(`${name} scale`, info.scale);
    before.set(`${name} acc`, books.acc);
}

async function step(world: World, random: Random, prover: StakingPerson, who: Who): Promise<void> {
    const { staking } = world.prover(prover);
    const position = await world.position(prover, who);
    const known = await world.exists(position.address);
    const amount = random.bigint(1n, world.unit(200));
    switch (random.int(0, 13)) {
        case 0:
        case 1:
        case 2:
            await world.stake(who, prover, amount, random.bool(0.1) ? { forward: toNano('0.05') } : {});
            break;
        case 3:
        case 4: {
            if (!known) break;
            const target = random.bool(0.2) ? world.prover(random.pick(PROVERS)).staking.address : undefined;
            const args = random.pick([{ amount }, { shares: amount }, { all: true as const }]);
            await world.request(who, prover, { ...args, target });
            break;
        }
        case 5:
        case 6:
            if (known) await world.complete(who, prover);
            break;
        case 7: {
            const [first] = known ? await position.getRequests() : [];
            if (first) await position.sendCancelUnstake(world.sender(who), { id: first.id });
            break;
        }
        case 8:
            if (random.bool(0.5)) await world.slash(prover, random.int(5_000, 120_000));
            break;
        case 9:
            await world.reward('payer', prover, amount);
            break;
        case 10:
            if (known) await world.claim(who, prover);
            break;
        case 11: {
            const { slashSeq } = await staking.getProver();
            if (slashSeq === 0n) break;
            const seq = random.int(1, Number(slashSeq));
            const action = random.int(0, 4);
            if (action === 0) await world.appeal(who, prover, seq, world.unit(20));
            if (action === 1) {
                await world.master.sendVerdict(world.sender('resolver'), {
                    staking: staking.address,
                    seq,
                    overturn: random.bool(),
                });
            }
            if (action === 2) await staking.sendFinaliseSlash(world.sender('stranger'), { seq });
            if (action === 3) await staking.sendPayTreasury(world.sender('stranger'));
            if (action === 4 && known) {
                await position.sendSyncPosition(world.sender('stranger'));
                await position.sendClaimRestitution(world.sender('stranger'), { seq });
            }
            break;
        }
        default:
            world.advance(random.int(1, 3 * DAY));
    }
}

describe('invariants', () => {
    it('hold after every random operation', async () => {
        await seeded('staking invariants', async (random) => {
            const world = await World.create();
            const stakers: number[] = [];
            for (let i = 0; i < STAKERS; i++) {
                await world.staker(i);
                stakers.push(i);
            }
            for (const name of PROVERS) await world.open(name, world.unit(1000));
            const before = new Map<string, bigint>();
            const seen: Seen = new Map();
            const all = async () => {
                for (const prover of PROVERS) {
                    for (const who of [prover, ...stakers]) await look(world, prover, who, seen);
                    await check(world, prover, seen, before);
                }
            };
            await all();
            for (let i = 0; i < OPERATIONS; i++) {
                const prover = random.pick(PROVERS);
                const who = random.bool(0.15) ? prover : random.pick(stakers);
                await step(world, random, prover, who);
                // A redelegation arrives at another prover.
                for (const name of PROVERS) await look(world, name, who, seen);
                await check(world, prover, seen, before);
                if (i % 100 === 99) await all();
            }
            await all();
        });
    }, 3_600_000);
});
