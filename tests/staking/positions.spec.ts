/** Requests, cancels, redelegations, votes, refused and stray tokens. */
import { beginCell, toNano } from '@ton/core';

import { StakingExit, stakePayload } from '../../wrappers/staking';
import { underCoverage } from '../support/coverage';
import { refuse } from '../support/pool/transactions';
import { World } from '../support/staking/world';

// The markers of a coverage run cost gas that a share change does not bring along.
const tight = underCoverage ? it.skip : it;

const DAY = 86_400;

describe('positions', () => {
    let world: World;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000));
        await world.open('prover2', world.unit(1000));
        await world.stake('alice', 'prover1', world.unit(500));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const staking = () => world.prover('prover1').staking;

    it('takes 10 requests, refuses the 11th, pays all at once', async () => {
        for (let i = 0; i < 10; i++) {
            expect(world.failures(await world.request('alice', 'prover1', { amount: world.unit(10) }))).toEqual([]);
        }
        expect(world.failures(await world.request('alice', 'prover1', { amount: 1n }))).toEqual([
            StakingExit.ERROR_QUEUE_FULL,
        ]);
        world.advance(7 * DAY);
        const before = await world.balance('alice');
        expect(world.failures(await world.complete('alice', 'prover1', 'stranger'))).toEqual([]);
        expect((await world.balance('alice')) - before).toBe(world.unit(100));
        const position = await world.position('prover1', 'alice');
        expect(await position.getRequests()).toEqual([]);
        expect((await staking().getSolvency()).solvency).toBe(0n);
    });

    it('refuses more than there is, zero, strangers, and itself as a target', async () => {
        const position = await world.position('prover1', 'alice');
        const cases = [
            [{ amount: world.unit(500) + 1n }, 'alice', StakingExit.ERROR_NOT_ENOUGH],
            [{ shares: world.unit(500) + 1n }, 'alice', StakingExit.ERROR_NOT_ENOUGH],
            [{ amount: 0n }, 'alice', StakingExit.ERROR_ZERO_AMOUNT],
            [{ amount: 1n }, 'bob', StakingExit.ERROR_NOT_STAKER],
            [{ amount: 1n, target: staking().address }, 'alice', StakingExit.ERROR_BAD_PARAMETER],
        ] as const;
        for (const [args, who, code] of cases) {
            const result = await position.sendRequestUnstake(world.sender(who), { ...args, value: toNano('1') });
            expect(world.failures(result)).toEqual([code]);
            expect((await position.getPosition()).busy).toBe(false);
        }
    });

    tight('cancels a request under the rules of a stake', async () => {
        await world.request('alice', 'prover1', { amount: world.unit(100) });
        await world.request('alice', 'prover1', { amount: world.unit(50) });
        const position = await world.position('prover1', 'alice');
        const [{ id }] = await position.getRequests();
        expect(world.failures(await position.sendCancelUnstake(world.sender('alice'), { id }))).toEqual([]);
        expect((await position.getPosition()).active).toBe(world.unit(450));
        expect((await position.getRequests()).map(({ raw }) => raw)).toEqual([world.unit(50)]);
        expect((await world.prover('prover1').rewards.getRewardsData()).total).toBe(world.unit(1450));
        await world.request('prover1', 'prover1', { all: true });
        expect((await staking().getProver()).state).toBe('deactivated');
        const [left] = await position.getRequests();
        expect(world.failures(await position.sendCancelUnstake(world.sender('alice'), { id: left.id }))).toEqual([
            StakingExit.ERROR_PROVER_STATE,
        ]);
        expect((await position.getPosition()).busy).toBe(false);
    });

    tight('redelegates at maturity, without a second wait', async () => {
        const target = world.prover('prover2').staking.address;
        expect(world.failures(await world.request('alice', 'prover1', { amount: world.unit(200), target }))).toEqual(
            [],
        );
        await world.slash('prover1', 100_000);
        world.advance(7 * DAY);
        const position = await world.position('prover1', 'alice');
        expect(
            world.failures(await position.sendCompleteUnstake(world.sender('stranger'), { redelegation: true })),
        ).toEqual([]);
        const moved = await world.position('prover2', 'alice');
        expect((await moved.getPosition()).active).toBe(world.unit(180));
        expect((await staking().getSolvency()).solvency).toBe(0n);
    });

    it('a refused redelegation goes to the staker', async () => {
        const { staking: target } = world.prover('prover2');
        await world.request('alice', 'prover1', { amount: world.unit(200), target: target.address });
        await world.master.sendSetActive(world.sender('owner'), { staking: target.address, active: false });
        world.advance(7 * DAY);
        const before = await world.balance('alice');
        const position = await world.position('prover1', 'alice');
        await position.sendCompleteUnstake(world.sender('alice'), { redelegation: true });
        const parked = await target.getParked(world.address('alice'));
        if (parked > 0n) {
            await target.sendReleaseParked(world.sender('stranger'), { sender: world.address('alice') });
        }
        expect((await world.balance('alice')) - before).toBe(world.unit(200));
        expect((await target.getSolvency()).held).toBe(await world.balance(target.address));
    });

    it('a vote locks what would leave', async () => {
        await world.request('alice', 'prover1', { amount: world.unit(100) });
        const vote = (lockUntil: number, who: 'alice' | 'bob' = 'alice') =>
            world.prover('prover1').staking.sendCastVote(world.sender(who), {
                proposal: world.address('stranger'),
                choice: 1,
                lockUntil,
                value: toNano('1'),
            });
        expect(world.failures(await vote(world.now + 91 * DAY))).toEqual([StakingExit.ERROR_BAD_PARAMETER]);
        expect(world.failures(await vote(world.now))).toEqual([StakingExit.ERROR_BAD_PARAMETER]);
        expect(world.failures(await vote(world.now + 8 * DAY))).toEqual([]);
        world.advance(8 * DAY - 1);
        expect(world.failures(await world.complete('alice', 'prover1'))).toEqual([StakingExit.ERROR_LOCKED]);
        world.advance(1);
        expect(world.failures(await world.complete('alice', 'prover1'))).toEqual([]);
    });

    it('refused tokens come back, or wait when they bring too little TON', async () => {
        await world.enrich('carol');
        const before = await world.balance('carol');
        // Below the least stake.
        await world.stake('carol', 'prover1', world.unit() - 1n);
        expect(await world.balance('carol')).toBe(before);
        // More shares asked for than there are.
        await world.stake('carol', 'prover1', world.unit(5), { minRaw: world.unit(5) + 1n });
        expect(await world.balance('carol')).toBe(before);
        // A payload nobody knows.
        const odd = beginCell().storeUint(7, 32).endCell();
        await world.transfer('carol', staking().address, world.unit(5), odd, toNano('0.5'));
        expect(await world.balance('carol')).toBe(before);
        // One nanoton too little for a stake and not enough for the way back.
        await world.stake('carol', 'prover1', world.unit(5), { forward: toNano('0.02') });
        expect(await world.balance('carol')).toBe(before - world.unit(5));
        expect(await staking().getParked(world.address('carol'))).toBe(world.unit(5));
        await staking().sendReleaseParked(world.sender('stranger'), { sender: world.address('carol') });
        expect(await world.balance('carol')).toBe(before);
        expect((await staking().getSolvency()).solvency).toBe(0n);
        // Not worth a place in the list: surplus.
        await world.stake('carol', 'prover1', world.unit() - 1n, { forward: toNano('0.02') });
        expect((await staking().getSolvency()).surplus).toBe(world.unit() - 1n);
    });

    it('respects the delegation cap', async () => {
        await world.stake('carol', 'prover1', world.unit(15_500));
        expect((await (await world.position('prover1', 'carol')).getPosition()).active).toBe(world.unit(15_500));
        const before = await world.balance('carol');
        await world.stake('carol', 'prover1', world.unit());
        expect(await world.balance('carol')).toBe(before);
        await world.stake('prover1', 'prover1', world.unit(1));
        await world.stake('carol', 'prover1', world.unit(16));
        expect((await (await world.position('prover1', 'carol')).getPosition()).active).toBe(world.unit(15_516));
    });

    it('a gift is the stake of its beneficiary', async () => {
        await world.stake('carol', 'prover1', world.unit(5), { beneficiary: world.address('bob') });
        expect((await (await world.position('prover1', 'bob')).getPosition()).active).toBe(world.unit(5));
        expect(stakePayload().beginParse().remainingBits).toBe(32);
    });

    it('proves tokens that nobody announced, and returns them', async () => {
        await world.transfer('dave', staking().address, world.unit(7), null, 0n);
        expect((await staking().getSolvency()).held).toBe(world.unit(1500));
        // More than there is: the wallet refuses.
        await staking().sendProveSurplus(world.sender('stranger'), { amount: world.unit(8) });
        expect((await staking().getSolvency()).surplus).toBe(0n);
        expect(
            world.failures(await staking().sendProveSurplus(world.sender('stranger'), { amount: world.unit(7) })),
        ).toEqual([StakingExit.ERROR_TOO_EARLY]);
        world.advance(3600);
        await staking().sendProveSurplus(world.sender('stranger'), { amount: world.unit(7) });
        expect((await staking().getSolvency()).surplus).toBe(world.unit(7));
        await world.master.sendReturnSurplus(world.sender('owner'), {
            holder: staking().address,
            payee: world.address('dave'),
            amount: world.unit(7),
        });
        world.advance(48 * 3600 - 1);
        expect(world.failures(await staking().sendReleaseSurplus(world.sender('stranger')))).toEqual([
            StakingExit.ERROR_TOO_EARLY,
        ]);
        world.advance(1);
        const before = await world.balance('dave');
        await staking().sendReleaseSurplus(world.sender('stranger'));
        expect((await world.balance('dave')) - before).toBe(world.unit(7));
        expect((await staking().getSolvency()).solvency).toBe(0n);
    });

    describe('hears of a slash with the next answer:', () => {
        const alice = () => world.position('prover1', 'alice');
        const slash = () => world.slash('prover1', 100_000);

        // What is left of the prover's own stake is enough for others to join.
        beforeEach(() => world.stake('prover1', 'prover1', world.unit(500)));

        const cases: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
            ['stake', async () => undefined, () => world.stake('alice', 'prover1', world.unit(5))],
            ['request', async () => undefined, () => world.request('alice', 'prover1', { amount: world.unit(5) })],
            [
                'cancellation',
                () => world.request('alice', 'prover1', { amount: world.unit(5) }),
                async () => (await alice()).sendCancelUnstake(world.sender('alice'), { id: 0 }),
            ],
            [
                'payout',
                async () => {
                    await world.request('alice', 'prover1', { amount: world.unit(5) });
                    world.advance(7 * DAY);
                },
                () => world.complete('alice', 'prover1'),
            ],
            [
                'credit',
                async () => {
                    await world.request('alice', 'prover1', { amount: world.unit(5) });
                    world.advance(7 * DAY);
                    const back = await refuse(world.blockchain, world.walletOf(staking().address).address);
                    await world.complete('alice', 'prover1');
                    await back();
                    expect((await (await alice()).getPosition()).credit).toBe(world.unit(5));
                },
                async () => (await alice()).sendClaimCredit(world.sender('stranger')),
            ],
            ['appeal', async () => undefined, () => world.appeal('alice', 'prover1', 1, world.unit(2))],
        ];
        it.each(cases)('%s', async (_, before, act) => {
            await before();
            await slash();
            expect((await (await alice()).getPosition()).slashSeq).toBe(0n);
            await act();
            expect(await (await alice()).getPosition()).toMatchObject({ slashSeq: 1n, busy: false, credit: 0n });
        });

        it('restitution', async () => {
            await slash();
            await world.appeal('alice', 'prover1', 1, world.unit(2));
            const verdict = { staking: staking().address, seq: 1, overturn: true };
            await world.master.sendVerdict(world.sender('resolver'), verdict);
            await slash();
            const balance = await world.balance('alice');
            await (await alice()).sendClaimRestitution(world.sender('stranger'), { seq: 1 });
            expect((await world.balance('alice')) - balance).toBe(world.unit(50));
            expect((await (await alice()).getPosition()).slashSeq).toBe(2n);
        });
    });

    it('is as old as its shares are on average, those that come back from a request being new', async () => {
        const position = await world.position('prover1', 'alice');
        const start = BigInt(world.now);
        const since = async () => (await position.getPosition()).since - start;
        expect(await since()).toBe(0n);
        world.advance(100 * DAY);
        await world.stake('alice', 'prover1', world.unit(300));
        expect(await since()).toBe((300n * BigInt(100 * DAY) + 799n) / 800n);
        const before = await since();
        await world.request('alice', 'prover1', { amount: world.unit(400) });
        expect(await since()).toBe(before);
        world.advance(3 * DAY);
        await position.sendCancelUnstake(world.sender('alice'), { id: 0 });
        expect(await since()).toBe((before + BigInt(103 * DAY) + 1n) / 2n);
    });

    /** A prover whom a single share of bob's can join. */
    async function forSmall(): Promise<World> {
        const small = await World.create({ params: { minStake: 1n } });
        await small.open('prover1', small.unit(1000));
        await small.stake('prover1', 'prover1', small.unit(1000));
        await small.enrich('bob');
        return small;
    }

    it.each([
        ['before the slash', 'stays'],
        ['after the slash', 'stays'],
        ['after the slash', 'is leaving'],
    ])('of a single share that came %s and %s can appeal', async (when, then) => {
        const small = await forSmall();
        if (when === 'before the slash') await small.stake('bob', 'prover1', 1n);
        await small.slash('prover1', 10_000);
        if (when === 'after the slash') await small.stake('bob', 'prover1', 1n);
        if (then === 'is leaving') await small.request('bob', 'prover1', { shares: 1n });
        const { active, pending } = await (await small.position('prover1', 'bob')).getPosition();
        expect([active, pending]).toEqual(then === 'is leaving' ? [0n, 1n] : [1n, 0n]);
        await small.appeal('bob', 'prover1', 1, small.unit(21));
        expect((await small.prover('prover1').staking.getSlash(1)).verdict).toBe('appealed');
    });

    it('of a single share that was there when it struck, and has left since, can appeal', async () => {
        const small = await forSmall();
        await small.stake('bob', 'prover1', 1n);
        await small.request('bob', 'prover1', { shares: 1n });
        small.advance(6 * DAY);
        await small.slash('prover1', 10_000);
        small.advance(DAY);
        await small.complete('bob', 'prover1');
        const position = await small.position('prover1', 'bob');
        expect(await position.getPosition()).toMatchObject({ active: 0n, pending: 0n });
        expect(await position.getRawAt(1)).toBe(1n);
        await small.appeal('bob', 'prover1', 1, small.unit(21));
        expect((await small.prover('prover1').staking.getSlash(1)).verdict).toBe('appealed');
    });

    it('returns another token', async () => {
        await world.enrich('carol', 'reward');
        const before = await world.balance('carol', 'reward');
        await world.transfer('carol', staking().address, world.unit(5), stakePayload(), toNano('0.5'), 'reward');
        expect(await world.balance('carol', 'reward')).toBe(before);
        expect(await world.exists((await world.position('prover1', 'carol')).address)).toBe(false);
    });
});
