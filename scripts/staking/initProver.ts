/** Opens a prover: deploys his two contracts. The first self-stake, with `stake`, puts him into service. */
import type { NetworkProvider } from '@ton/blueprint';

import { ProverStaking, StakingMaster } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { parsePercent } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { MASTER_FLAGS, openMaster, parseTokens, requireStakingRule, tokens } from '../lib/staking';

const SPEC: ScriptSpec = {
    name: 'initProver',
    about: 'Deploys ProverStaking and ProverRewards of your own.',
    positionals: {
        'min-self-stake': 'what you promise to keep staked yourself, in tokens',
        commission: 'your part of the rewards, in percent',
    },
    flags: { ...MASTER_FLAGS, salt: { value: 'number', about: 'tells several provers of one person apart (0)' } },
};

async function main(session: Session): Promise<void> {
    const master = await openMaster(session);
    const params = await master.getParams();
    const decimals = String(params.unit).length - 1;
    const minSelfStake = parseTokens(await session.text('min-self-stake'), decimals, 'min-self-stake');
    const commission = parsePercent(await session.text('commission'), 'commission');
    const salt = (await session.optionalInteger('salt', 0, 2 ** 31)) ?? 0;
    requireStakingRule(commission <= 10_000, 'ERROR_COMMISSION');
    requireStakingRule(
        minSelfStake >= params.minSelfStake,
        'ERROR_GLOBAL_MIN',
        `The least is ${tokens(params.minSelfStake, decimals)} tokens.`,
    );
    const { pausedUntil } = await master.getMaster();
    requireStakingRule(pausedUntil <= BigInt(await session.now(master.address)), 'ERROR_PAUSED');
    const { staking, rewards } = await master.getProverAddresses(session.me, salt);
    if (await session.isDeployed(staking)) {
        session.say(`The prover is open already: ${session.show(staking)}`);
        session.report({ staking, rewards });
        return;
    }
    await session.execute([
        {
            title: `Open a prover with at least ${tokens(minSelfStake, decimals)} tokens of your own`,
            to: master.address,
            toName: 'StakingMaster',
            value: await master.getCost(StakingMaster.opcodes.InitProver),
            body: StakingMaster.initProverBody({ minSelfStake, commission, salt, queryId: session.queryId() }),
            done: async () =>
                (await session.isDeployed(staking)) &&
                (await session.open(ProverStaking.createFromAddress(staking)).getProver()).wallet !== null,
            awaited: 'both contracts are set up and know their wallets',
        },
    ]);
    session.say(`ProverStaking ${session.show(staking)}, ProverRewards ${session.show(rewards)}`);
    session.report({ staking, rewards });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
