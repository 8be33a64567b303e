/**
 * Flows that meet: in every order in which the chain may deliver their messages (LONG=1), or in some of them, chosen by a fixed
 * seed. After each order shares, mirrors and tokens agree, and what the flows promise has happened.
 */
import { Cell } from '@ton/core';

import {
    appealPayload,
    ProverRewards,
    rewardPayload,
    stakePayload,
    ProverStaking,
    StakePosition,
    StakingMaster,
} from '../../wrappers/staking';
import { ShareWallet } from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import { expectSound } from '../support/staking/check';
import { inEveryOrder, Start } from '../support/staking/net';
import { StakingPerson, World } from '../support/staking/world';

const DAY = 86_400;
const WHO = ['prover1', 'alice', 'bob'] as const;

(underCoverage ? describe.skip : describe)('flows that meet', () => {
    let world: World;
    let position: Awaited<ReturnType<World['position']>>;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('prover1', 'prover1', world.unit(1000));
        await world.stake('alice', 'prover1', world.unit(500));
        await world.stake('bob', 'prover1', world.unit(100));
        await world.request('alice', 'prover1', { amount: world.unit(100) });
        await world.enrich('payer', 'reward');
        await world.reward('payer', 'prover1', world.unit(250));
        position = await world.position('prover1', 'alice');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const staking = () => world.prover('prover1').staking;
    const rewards = () => world.prover('prover1').rewards;

    function tokens(
        from: StakingPerson,
        to: Cell,
        amount: bigint,
        token: 'staking' | 'reward',
        forward: bigint,
    ): Start {
        const holder = token === 'staking' ? staking().address : rewards().address;
        return {
            from,
            to: world.walletOf(world.address(from), token).address,
            body: ShareWallet.transferBody({
                destination: holder,
                amount,
                response: world.address(from),
                forwardTonAmount: forward,
                forwardPayload: to,
            }),
        };
    }
    const stake = async (): Promise<Start> =>
        tokens('alice', stakePayload(), world.unit(40), 'staking', await staking().getStakeCost());
    const reward = async (): Promise<Start> =>
        tokens('payer', rewardPayload(), world.unit(250), 'reward', await rewards().getAddRewardsCost());
    const slash = async (ppm = 100_000): Promise<Start> => ({
        from: 'slasher',
        to: world.master.address,
        body: StakingMaster.slashBody({ staking: staking().address, ppm }),
    });
    const claim = async (): Promise<Start> => ({
        from: 'alice',
        to: rewards().address,
        body: ProverRewards.claimRewardsBody({ staker: world.address('alice') }),
    });
    const ask = (body: Cell, from: StakingPerson = 'alice'): Start => ({ from, to: position.address, body });

    /** Paid and still claimable: what everybody has earned. */
    async function earned(): Promise<bigint> {
        let sum = 0n;
        for (const who of WHO) {
            sum += (await world.balance(who, 'reward')) + (await rewards().getClaimable(world.address(who)));
        }
        return sum;
    }

    async function run(flows: Start[], ended: () => Promise<string>): Promise<string[]> {
        const outcomes = await inEveryOrder(world, flows, async () => {
            await expectSound(world, 'prover1', WHO);
            return ended();
        });
        return [...outcomes.keys()].sort();
    }

    describe('three of stake, slash, reward and claim', () => {
        const flows = { stake, slash, reward, claim };
        it.each([
            ['stake', 'slash', 'reward'],
            ['stake', 'slash', 'claim'],
            ['stake', 'reward', 'claim'],
            ['slash', 'reward', 'claim'],
        ] as const)(
            '%s, %s, %s',
            async (...names) => {
                const has = (name: keyof typeof flows) => (names as readonly string[]).includes(name);
                const outcomes = await run(await Promise.all(names.map((name) => flows[name]())), async () => {
                    const { active } = await position.getPosition();
                    const { scale, slashSeq } = await staking().getProver();
                    expect(slashSeq).toBe(has('slash') ? 1n : 0n);
                    expect(scale).toBe(has('slash') ? 9n * 10n ** 17n : 10n ** 18n);
                    // All but the dust of rounding is somebody's.
                    const all = world.unit(has('reward') ? 500 : 250);
                    const sum = await earned();
                    expect(sum).toBeLessThanOrEqual(all);
                    expect(sum).toBeGreaterThan(all - 10n);
                    if (has('slash')) {
                        await position.sendSyncPosition(world.sender('alice'));
                        const held = await position.getRawAt(1);
                        // Everything that was there when it struck, and nothing that came later.
                        const before = active === world.unit(440) ? world.unit(540) : world.unit(500);
                        expect(held).toBe(has('stake') ? before : world.unit(500));
                    }
                    return `${active}`;
                });
                // A stake before the slash, or 40 / 0.9 shares after it.
                const added = { before: world.unit(440), after: world.unit(400) + (world.unit(40) * 10n) / 9n };
                const expected = has('stake')
                    ? has('slash')
                        ? [added.before, added.after]
                        : [added.before]
                    : [world.unit(400)];
                // An ordinary run does not try every order.
                expect(expected.map(String)).toEqual(expect.arrayContaining(outcomes));
                if (process.env.LONG === '1') expect(outcomes).toHaveLength(expected.length);
            },
            600_000,
        );
    });

    it('two unstakes at once: the second is refused, or comes after the first', async () => {
        const body = StakePosition.requestUnstakeBody({ amount: world.unit(300) });
        const small = StakePosition.requestUnstakeBody({ amount: world.unit(50) });
        const outcomes = await run([ask(body), ask(small)], async () => {
            const { active, pending, count } = await position.getPosition();
            expect(active + pending).toBe(world.unit(500));
            return `${count} ${active / world.unit()}`;
        });
        expect(outcomes).toEqual(['2 100', '3 50']);
    });

    it('two cancels of one request at once: it comes back once', async () => {
        await world.request('alice', 'prover1', { amount: world.unit(50) });
        const [{ id }] = await position.getRequests();
        const cancel = StakePosition.cancelUnstakeBody({ id });
        const outcomes = await run([ask(cancel), ask(cancel)], async () => {
            const { active, pending, count, busy } = await position.getPosition();
            return `${count} ${active / world.unit()} ${pending / world.unit()} ${busy}`;
        });
        expect(outcomes).toEqual(['1 450 50 false']);
    });

    it('a claim while a share change is on its way', async () => {
        const outcomes = await run([await stake(), await claim()], async () => {
            const sum = await earned();
            expect(sum).toBeGreaterThan(world.unit(250) - 10n);
            return `${(await position.getPosition()).owed}`;
        });
        expect(outcomes).toEqual(['0']);
    });

    it('a request, a stake and a reward', async () => {
        const request = ask(StakePosition.requestUnstakeBody({ amount: world.unit(60) }));
        const outcomes = await run([request, await stake(), await reward()], async () => {
            const sum = await earned();
            expect(sum).toBeLessThanOrEqual(world.unit(500));
            // A reward between a request and its confirmation is shared by the shares before it; the leaving ones' part stays.
            expect(sum).toBeGreaterThanOrEqual(world.unit(500) - (world.unit(250) * 60n) / 2500n);
            const { active, pending } = await position.getPosition();
            return `${active / world.unit()} ${pending / world.unit()}`;
        });
        expect(outcomes).toEqual(['380 160']);
    });

    it('a completion and a slash: before it whole, after it without its part, never both', async () => {
        world.advance(7 * DAY);
        const before = await world.balance('alice');
        const complete = ask(StakePosition.completeUnstakeBody(), 'stranger');
        const outcomes = await run([complete, await slash()], async () => {
            const paid = (await world.balance('alice')) - before;
            const { escrow } = await staking().getSolvency();
            await position.sendSyncPosition(world.sender('alice'));
            return `${paid / world.unit()} ${escrow / world.unit()} ${(await position.getRawAt(1)) / world.unit()}`;
        });
        expect(outcomes).toEqual(['100 250 400', '90 260 500']);
    });

    it('a cancel and a slash: the same shares whatever comes first', async () => {
        const outcomes = await run([ask(StakePosition.cancelUnstakeBody({ id: 0 })), await slash()], async () => {
            await position.sendSyncPosition(world.sender('alice'));
            const { active, pending } = await position.getPosition();
            return `${active / world.unit()} ${pending} ${(await position.getRawAt(1)) / world.unit()}`;
        });
        expect(outcomes).toEqual(['500 0 500']);
    });

    it('two appeals, and the end of the window', async () => {
        await world.slash('prover1', 100_000);
        const cost = await staking().getAppealCost();
        const appeal = (who: StakingPerson) => tokens(who, appealPayload(1), world.unit(3), 'staking', cost);
        const balances = [await world.balance('alice'), await world.balance('bob')];
        const outcomes = await run([appeal('alice'), appeal('bob')], async () => {
            const paid = [balances[0] - (await world.balance('alice')), balances[1] - (await world.balance('bob'))];
            expect((await staking().getSolvency()).deposits).toBe(world.unit(3));
            return paid.map((amount) => amount / world.unit()).join(' ');
        });
        expect(outcomes).toEqual(['0 3', '3 0']);
    });

    it('a vote and a request: never more than the shares there are', async () => {
        const body = ProverStaking.castVoteBody({
            proposal: world.address('stranger'),
            choice: 1,
            lockUntil: world.now + DAY,
        });
        const vote: Start = { from: 'alice', to: staking().address, body };
        const all = ask(StakePosition.requestUnstakeBody({ all: true }));
        const ended = async () => {
            const { active, lockedUntil } = await position.getPosition();
            return `${active} ${lockedUntil > 0n}`;
        };
        // Either may be first at the position, whichever was sent first.
        expect(await run([vote, all], ended)).toEqual(['0 false', '0 true']);
        expect(await run([all, vote], ended)).toEqual(['0 false', '0 true']);
    });

    it('the last shares of the prover leave while somebody joins', async () => {
        const own = await world.position('prover1', 'prover1');
        const leave: Start = {
            from: 'prover1',
            to: own.address,
            body: StakePosition.requestUnstakeBody({ all: true }),
        };
        const before = await world.balance('alice');
        const outcomes = await run([leave, await stake()], async () => {
            const { state } = await staking().getProver();
            const spent = before - (await world.balance('alice'));
            const { active } = await position.getPosition();
            return `${state} ${spent / world.unit()} ${active / world.unit()}`;
        });
        expect(outcomes).toEqual(['deactivated 0 400', 'deactivated 40 440']);
    });
});
