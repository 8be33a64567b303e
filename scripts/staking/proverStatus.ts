/** Everything about a prover: stake, tier, slashes, money, and a staker's part of it. */
import type { NetworkProvider } from '@ton/blueprint';

import { ScriptSpec } from '../lib/args';
import { percent, table, time } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { openPosition, openProver, tokens } from '../lib/staking';

const SPEC: ScriptSpec = {
    name: 'proverStatus',
    about: 'Shows a prover, and the position of a staker.',
    positionals: { prover: 'ProverStaking of the prover' },
    flags: { staker: { value: 'address', about: 'whose position (yours)' } },
};

async function main(session: Session): Promise<void> {
    const prover = await openProver(session);
    const { staking, info, rewards, decimals } = prover;
    const money = await staking.getSolvency();
    const books = await rewards.getRewardsData();
    const show = (amount: bigint) => tokens(amount, decimals);
    session.say(
        table([
            ['prover', session.show(info.prover!)],
            ['state', info.state],
            ['tier', `${info.tier} (weight ${Number(info.weightBps) / 10_000})`],
            ['stake', `${show(info.stake)}, his own ${show(info.ownStake)} (least ${show(info.minSelfStake)})`],
            ['waiting', show(await staking.getEffective(info.pendingRaw))],
            ['scale', `${Number(info.scale) / 1e18}`],
            ['reputation', percent(info.reputation)],
            ['commission', percent(books.commission)],
            ['escrow', show(money.escrow)],
            ['treasury', show(money.treasury)],
            ['insurance', show(money.insurance)],
        ]),
    );
    const slashes = [...(await staking.getLastSlashes())].map(([seq, slash]) => ({ seq, ...slash }));
    if (slashes.length > 0) {
        session.say(
            table([
                ['slash', 'percent', 'amount', 'state', 'since'],
                ...slashes.map(({ seq, ppm, amount, verdict, at }) => [
                    String(seq),
                    `${Number(ppm) / 10_000}`,
                    show(amount),
                    verdict,
                    time(at),
                ]),
            ]),
        );
    }
    const staker = (await session.optionalAddress('staker')) ?? session.me;
    const position = await openPosition(session, prover, staker);
    const known = await session.isDeployed(position.address);
    const mine = known ? await position.getPosition() : undefined;
    const claimable = known ? await rewards.getClaimable(staker) : 0n;
    if (mine !== undefined) {
        session.say(
            `${session.show(staker)}: ${show(await staking.getEffective(mine.active))} active, ` +
                `${show(await staking.getEffective(mine.pending))} waiting, ${claimable} units of rewards.`,
        );
    }
    session.report({
        state: info.state,
        tier: info.tier,
        stake: info.stake,
        ownStake: info.ownStake,
        scale: info.scale,
        reputation: info.reputation,
        commission: books.commission,
        solvency: money.solvency,
        slashes,
        position: position.address,
        active: mine?.active ?? 0n,
        pending: mine?.pending ?? 0n,
        claimable,
    });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
