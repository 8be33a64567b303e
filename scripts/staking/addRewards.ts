/** Adds a reward for the stakers of a prover, by a jetton transfer. */
import type { NetworkProvider } from '@ton/blueprint';

import { addressOfAccount } from '../../wrappers/pool/metrics';
import { ProverRewards } from '../../wrappers/staking/ProverRewards';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { RefusedError, UsageError } from '../lib/errors';
import { percent } from '../lib/format';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'addRewards',
    about: 'Sends a reward to the stakers of a prover; the prover gets his commission of it.',
    positionals: { rewards: 'ProverRewards of the prover', amount: 'in the smallest unit of the reward token' },
};

async function main(session: Session): Promise<void> {
    const rewards = session.open(ProverRewards.createFromAddress(await session.address('rewards')));
    const text = await session.text('amount');
    if (!/^[0-9]+$/.test(text)) {
        throw new UsageError(`The amount "${text}" is not a number of smallest units`);
    }
    const amount = BigInt(text);
    const data = await rewards.getRewardsData();
    if (amount < data.minReward) {
        throw new RefusedError(`The least reward is ${data.minReward} units: less goes back`);
    }
    const minter = session.open(ShareMinter.createFromAddress(addressOfAccount(data.minter)));
    const wallet = session.open(ShareWallet.createFromAddress(await minter.getWalletAddress(session.me)));
    const balance = await wallet.getBalance();
    if (balance < amount) {
        throw new RefusedError(`Your wallet holds ${balance} units`);
    }
    const forwardTonAmount = await rewards.getAddRewardsCost();
    const forwardPayload = ProverRewards.rewardPayload();
    session.say(
        data.total === 0n
            ? 'Nobody holds a share: all of it goes to the prover.'
            : `The prover's commission is ${percent(data.commission)}.`,
    );
    await session.execute([
        {
            title: `Add a reward of ${amount} units`,
            to: wallet.address,
            toName: 'your wallet of the reward token',
            value: await wallet.getTransferCost({ forwardTonAmount, forwardPayload }),
            body: ShareWallet.transferBody({
                amount,
                destination: rewards.address,
                response: session.me,
                forwardTonAmount,
                forwardPayload,
                queryId: session.queryId(),
            }),
            done: async () => (await rewards.getRewardsData()).income >= data.income + amount,
            awaited: 'the reward is booked',
        },
    ]);
    const { acc } = await rewards.getRewardsData();
    session.report({ amount: String(amount), accumulator: String(acc) });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
