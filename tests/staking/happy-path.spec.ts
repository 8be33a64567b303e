import { World } from '../support/staking/world';

describe('a stake from the first transfer to the last payout', () => {
    let world: World;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    it('opens with the first self-stake', async () => {
        const { staking } = world.prover('prover1');
        const info = await staking.getProver();
        expect(info.state).toBe('active');
        expect(info.stake).toBe(world.unit(1000));
        expect(info.ownStake).toBe(world.unit(1000));
        expect(info.tier).toBe('Basic');
    });

    it('stakes, waits and pays', async () => {
        const { staking } = world.prover('prover1');
        const result = await world.stake('alice', 'prover1', world.unit(500));
        expect(world.failures(result)).toEqual([]);
        const position = await world.position('prover1', 'alice');
        expect((await position.getPosition()).active).toBe(world.unit(500));
        const before = await world.balance('alice');
        expect(world.failures(await world.request('alice', 'prover1', { amount: world.unit(200) }))).toEqual([]);
        expect((await position.getPosition()).pending).toBe(world.unit(200));
        world.advance(7 * 86_400 - 1);
        expect(world.failures(await world.complete('alice', 'prover1'))).not.toEqual([]);
        world.advance(1);
        expect(world.failures(await world.complete('alice', 'prover1'))).toEqual([]);
        expect((await world.balance('alice')) - before).toBe(world.unit(200));
        expect((await staking.getSolvency()).solvency).toBe(0n);
        expect((await staking.getSolvency()).held).toBe(await world.balance(staking.address));
    });
});
