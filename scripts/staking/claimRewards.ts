/** Claims what a staker has earned at a prover, or the prover's commission. */
import type { NetworkProvider } from '@ton/blueprint';

import { ProverRewards } from '../../wrappers/staking/ProverRewards';
import { addressOfAccount } from '../../wrappers/pool/metrics';
import { ScriptSpec } from '../lib/args';
import { UsageError } from '../lib/errors';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'claimRewards',
    about: 'Pays the rewards of a staker at a prover, or with --commission what the prover has earned by commission.',
    positionals: { rewards: 'ProverRewards of the prover' },
    flags: {
        staker: { value: 'address', about: 'whose rewards (your own); they go to him' },
        to: { value: 'address', about: 'pay your own rewards, or as the prover the commission, to another address' },
        restake: { about: 'stake your own rewards; only if staking and reward token are the same' },
        commission: { about: 'claim the commission' },
    },
};

async function main(session: Session): Promise<void> {
    const rewards = session.open(ProverRewards.createFromAddress(await session.address('rewards')));
    const to = (await session.optionalAddress('to')) ?? null;
    const restake = session.args.has('restake');
    const data = await rewards.getRewardsData();
    if (session.args.has('commission')) {
        if (restake || session.args.get('staker') !== undefined) {
            throw new UsageError('--commission goes with --to only');
        }
        const prover = addressOfAccount(data.prover);
        if (to !== null && !prover.equals(session.me)) {
            throw new UsageError(`Only the prover, ${session.show(prover)}, can send the commission elsewhere`);
        }
        if (data.due === 0n) {
            session.say('No commission is due.');
            session.report({ paid: '0' });
            return;
        }
        await session.execute([
            {
                title: `Pay a commission of ${data.due} units to ${session.show(to ?? prover)}`,
                to: rewards.address,
                toName: 'ProverRewards',
                value: await rewards.getCost(ProverRewards.opcodes.ClaimCommission),
                body: ProverRewards.claimCommissionBody({ to, queryId: session.queryId() }),
                done: async () => (await rewards.getRewardsData()).payouts > data.payouts,
                awaited: 'the commission is paid',
            },
        ]);
        session.report({ paid: String(data.due) });
        return;
    }
    const staker = (await session.optionalAddress('staker')) ?? session.me;
    if (to !== null && restake) {
        throw new UsageError('Either --to or --restake');
    }
    if ((to !== null || restake) && !staker.equals(session.me)) {
        throw new UsageError('Rewards of somebody else go to him');
    }
    if (restake && !data.sameToken) {
        throw new UsageError('Staking and reward token differ: rewards cannot be restaked');
    }
    const amount = await rewards.getClaimable(staker);
    if (amount === 0n) {
        session.say(`${session.show(staker)} has no rewards here.`);
        session.report({ paid: '0' });
        return;
    }
    await session.execute([
        {
            title: restake
                ? `Stake ${amount} units of rewards`
                : `Pay ${amount} units of rewards to ${session.show(to ?? staker)}`,
            to: rewards.address,
            toName: 'ProverRewards',
            value: await rewards.getCost(ProverRewards.opcodes.ClaimRewards, restake ? 1 : 0),
            body: ProverRewards.claimRewardsBody({ staker, to, restake, queryId: session.queryId() }),
            done: async () => (await rewards.getRewardsData()).payouts > data.payouts,
            awaited: 'the rewards are paid',
        },
    ]);
    session.report({ paid: String(amount) });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
