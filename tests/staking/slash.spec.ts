/** From the strike to the last restitution: who gets what a slash took. */
import { StakingExit } from '../../wrappers/staking';
import { underCoverage } from '../support/coverage';
import { StakingPerson, World } from '../support/staking/world';

// The markers of a coverage run cost gas that a share change does not bring along.
const tight = underCoverage ? it.skip : it;

const DAY = 86_400;

describe('slash, appeal, verdict', () => {
    let world: World;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000));
        await world.stake('alice', 'prover1', world.unit(500));
        await world.stake('bob', 'prover1', world.unit(300));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const staking = () => world.prover('prover1').staking;

    async function solvent(): Promise<void> {
        const money = await staking().getSolvency();
        expect(money.solvency).toBeGreaterThanOrEqual(0n);
        expect(money.held).toBe(await world.balance(staking().address));
    }

    async function ok(result: Parameters<World['failures']>[0]): Promise<void> {
        expect(world.failures(result)).toEqual([]);
    }

    const verdict = (seq: number, overturn: boolean) =>
        world.master.sendVerdict(world.sender('resolver'), { staking: staking().address, seq, overturn });

    async function restitution(who: StakingPerson, seq: number): Promise<bigint> {
        const position = await world.position('prover1', who);
        const before = await world.balance(who);
        await ok(await position.sendSyncPosition(world.sender('stranger')));
        await ok(await position.sendClaimRestitution(world.sender('stranger'), { seq }));
        return (await world.balance(who)) - before;
    }

    tight('gives back what it took, leavers included, newcomers not', async () => {
        await ok(await world.request('bob', 'prover1', { amount: world.unit(100) }));
        await ok(await world.slash('prover1', 100_000));
        // Nobody joins a prover whose own stake is below his minimum.
        await ok(await world.stake('prover1', 'prover1', world.unit(200)));
        await ok(await world.stake('carol', 'prover1', world.unit(900)));
        world.advance(7 * DAY - 1);
        await ok(await world.appeal('alice', 'prover1', 1, world.unit(2)));
        expect((await staking().getSlash(1)).verdict).toBe('appealed');
        world.advance(1);
        await ok(await world.complete('bob', 'prover1'));
        const before = await world.balance('alice');
        await ok(await verdict(1, true));
        expect((await world.balance('alice')) - before).toBe(world.unit(2));
        expect(await restitution('alice', 1)).toBe(world.unit(50));
        expect(await restitution('bob', 1)).toBe(world.unit(30));
        expect(await restitution('prover1', 1)).toBe(world.unit(100));
        const carol = await world.position('prover1', 'carol');
        await ok(await carol.sendSyncPosition(world.sender('carol')));
        expect(world.failures(await carol.sendClaimRestitution(world.sender('carol'), { seq: 1 }))).toEqual([
            StakingExit.ERROR_NOTHING_DUE,
        ]);
        const alice = await world.position('prover1', 'alice');
        expect(world.failures(await alice.sendClaimRestitution(world.sender('alice'), { seq: 1 }))).toEqual([
            StakingExit.ERROR_NOTHING_DUE,
        ]);
        const money = await staking().getSolvency();
        expect({ debts: money.debts, escrow: money.escrow }).toEqual({ debts: 0n, escrow: 0n });
        await solvent();
    });

    it('needs a synchronised position', async () => {
        await ok(await world.slash('prover1', 100_000));
        const alice = await world.position('prover1', 'alice');
        expect(world.failures(await alice.sendClaimRestitution(world.sender('alice'), { seq: 1 }))).toEqual([
            StakingExit.ERROR_NOT_SEEN,
        ]);
        await ok(await alice.sendSyncPosition(world.sender('alice')));
        expect(await alice.getRawAt(1)).toBe(world.unit(500));
        // Not overturned: ProverStaking refuses, and the position is free again.
        expect(world.failures(await alice.sendClaimRestitution(world.sender('alice'), { seq: 1 }))).toEqual([
            StakingExit.ERROR_NO_SLASH,
        ]);
        expect((await alice.getPosition()).busy).toBe(false);
    });

    it('upheld: insurance to its limit, treasury the rest, the deposit to insurance', async () => {
        await ok(await world.slash('prover1', 500_000));
        await ok(await world.appeal('alice', 'prover1', 1, world.unit(9)));
        await ok(await verdict(1, false));
        const money = await staking().getSolvency();
        expect({ insurance: money.insurance, treasury: money.treasury, deposits: money.deposits }).toEqual({
            insurance: world.unit(9) + world.unit(9),
            treasury: world.unit(891),
            deposits: 0n,
        });
        await ok(await staking().sendPayTreasury(world.sender('stranger')));
        expect(await world.balance('treasury')).toBe(world.unit(891));
        await ok(
            await world.master.sendDrawInsurance(world.sender('owner'), {
                staking: staking().address,
                amount: world.unit(18),
            }),
        );
        expect(await world.balance('insurance')).toBe(world.unit(18));
        await solvent();
    });

    it('not appealed in 7 days: upheld by anyone, not a second before', async () => {
        await ok(await world.slash('prover1', 100_000));
        world.advance(7 * DAY - 1);
        expect(world.failures(await staking().sendFinaliseSlash(world.sender('stranger'), { seq: 1 }))).toEqual([
            StakingExit.ERROR_TOO_EARLY,
        ]);
        world.advance(1);
        // Too late for an appeal: the deposit comes back.
        const before = await world.balance('alice');
        await ok(await world.appeal('alice', 'prover1', 1, world.unit(2)));
        expect(await world.balance('alice')).toBe(before);
        await ok(await staking().sendFinaliseSlash(world.sender('stranger'), { seq: 1 }));
        expect((await staking().getSlash(1)).verdict).toBe('upheld');
        expect(world.failures(await staking().sendFinaliseSlash(world.sender('stranger'), { seq: 1 }))).toEqual([
            StakingExit.ERROR_NO_SLASH,
        ]);
        await solvent();
    });

    it('appealed and not answered in 14 days: overturned by anyone', async () => {
        await ok(await world.slash('prover1', 100_000));
        await ok(await world.appeal('bob', 'prover1', 1, world.unit(2)));
        world.advance(14 * DAY - 1);
        expect(world.failures(await staking().sendFinaliseSlash(world.sender('stranger'), { seq: 1 }))).toEqual([
            StakingExit.ERROR_TOO_EARLY,
        ]);
        world.advance(1);
        await ok(await staking().sendFinaliseSlash(world.sender('stranger'), { seq: 1 }));
        expect((await staking().getSlash(1)).verdict).toBe('overturned');
        expect(await restitution('bob', 1)).toBe(world.unit(30));
        await solvent();
    });

    it('takes an appeal from stakers only, with the whole deposit', async () => {
        await ok(await world.slash('prover1', 100_000));
        for (const [who, deposit] of [
            ['stranger', world.unit(5)],
            ['alice', world.unit(180) / 100n - 1n],
        ] as const) {
            await world.enrich(who);
            const before = await world.balance(who);
            await world.appeal(who, 'prover1', 1, deposit);
            expect(await world.balance(who)).toBe(before);
            expect((await staking().getSlash(1)).verdict).toBe('open');
        }
        await ok(await world.appeal('alice', 'prover1', 1, world.unit(180) / 100n));
        expect((await staking().getSlash(1)).verdict).toBe('appealed');
        expect(world.failures(await verdict(2, true))).toContain(StakingExit.ERROR_NO_SLASH);
        await solvent();
    });

    it('several at once: each returns what it took itself', async () => {
        await ok(await world.slash('prover1', 100_000));
        await ok(await world.slash('prover1', 200_000));
        await ok(await world.appeal('alice', 'prover1', 2, world.unit(10)));
        await ok(await world.appeal('bob', 'prover1', 1, world.unit(10)));
        await ok(await verdict(2, true));
        await ok(await verdict(1, true));
        expect(await restitution('alice', 1)).toBe(world.unit(50));
        expect(await restitution('alice', 2)).toBe(world.unit(90));
        expect([...(await staking().getLastSlashes()).keys()]).toEqual([1, 2]);
        await solvent();
    });

    it('reputation: falls with a slash, comes back with its verdict', async () => {
        expect(await staking().getReputation()).toBe(5000n);
        await ok(await world.slash('prover1', 100_000));
        expect(await staking().getReputation()).toBe(4500n);
        await ok(await world.appeal('alice', 'prover1', 1, world.unit(10)));
        await ok(await verdict(1, true));
        expect(await staking().getReputation()).toBe(5000n);
        world.advance(365 * DAY);
        expect(await staking().getReputation()).toBe(10_000n);
    });

    it('orders come from their roles only', async () => {
        const to = staking().address;
        const { master } = world;
        expect(world.failures(await world.slash('prover1', 100_000, 'owner'))).toEqual([StakingExit.ERROR_NOT_ROLE]);
        const judged = await master.sendVerdict(world.sender('slasher'), { staking: to, seq: 1, overturn: false });
        expect(world.failures(judged)).toEqual([StakingExit.ERROR_NOT_ROLE]);
        const drawn = await master.sendDrawInsurance(world.sender('stranger'), { staking: to, amount: 1n });
        expect(world.failures(drawn)).toEqual([StakingExit.ERROR_NOT_OWNER]);
        const stopped = await master.sendSetActive(world.sender('guardian'), { staking: to, active: false });
        expect(world.failures(stopped)).toEqual([StakingExit.ERROR_NOT_OWNER]);
    });
});
