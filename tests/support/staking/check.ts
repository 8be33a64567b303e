/** What must hold whenever nothing is on its way, whatever has happened. */
import { StakingPerson, Who, World } from './world';

/**
 * Shares: positions = ProverStaking = mirrors + owed, mirrors = ProverRewards; nobody is busy. Tokens: what is booked is in the
 * wallets and covers what is owed.
 */
export async function expectSound(world: World, prover: StakingPerson, stakers: readonly Who[]): Promise<void> {
    const { staking, rewards } = world.prover(prover);
    const sums = { active: 0n, pending: 0n, mirrored: 0n, owed: 0n, busy: 0 };
    for (const who of stakers) {
        const position = await world.position(prover, who);
        if (!(await world.exists(position.address))) continue;
        const { active, pending, owed, busy } = await position.getPosition();
        const mirror = await world.rewardPosition(prover, who);
        const raw = (await world.exists(mirror.address)) ? (await mirror.getRewardPosition()).raw : 0n;
        sums.active += active;
        sums.pending += pending;
        sums.owed += owed;
        sums.mirrored += raw;
        sums.busy += busy ? 1 : 0;
    }
    const info = await staking.getProver();
    const books = await rewards.getRewardsData();
    expect(sums).toEqual({
        active: info.totalRaw,
        pending: info.pendingRaw,
        mirrored: books.total,
        owed: info.totalRaw - books.total,
        busy: 0,
    });
    const money = await staking.getSolvency();
    expect(money.held).toBe(await world.balance(staking.address));
    expect(money.solvency).toBeGreaterThanOrEqual(0n);
    const { tokens } = await rewards.getSolvency();
    expect(await world.balance(rewards.address, 'reward')).toBeGreaterThanOrEqual(tokens);
}
