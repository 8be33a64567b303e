/** Stakes at a prover by a jetton transfer: for yourself, or as a gift. */
import type { NetworkProvider } from '@ton/blueprint';

import { SCALE, stakePayload } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { runScript, Session } from '../lib/session';
import { openPosition, openProver, parseTokens, requireStakingRule, tokens, transferStep } from '../lib/staking';

const SPEC: ScriptSpec = {
    name: 'stake',
    about: 'Stakes tokens at a prover. What he cannot take comes back.',
    positionals: { prover: 'ProverStaking of the prover', amount: 'in tokens' },
    flags: {
        for: { value: 'address', about: 'whose stake it is (yours)' },
        'min-shares': { value: 'number', about: 'fewer raw shares than this and the tokens come back' },
    },
};

async function main(session: Session): Promise<void> {
    const prover = await openProver(session);
    const { staking, info, decimals } = prover;
    const amount = parseTokens(await session.text('amount'), decimals);
    const staker = (await session.optionalAddress('for')) ?? session.me;
    const params = await staking.getParams();
    const own = staker.equals(info.prover!);
    requireStakingRule(
        amount >= params.minStake,
        'ERROR_ZERO_AMOUNT',
        `The least stake is ${tokens(params.minStake, decimals)} tokens.`,
    );
    requireStakingRule(info.pausedUntil <= BigInt(await session.now(staking.address)), 'ERROR_PAUSED');
    if (own) {
        requireStakingRule(info.state !== 'null' || amount >= info.minSelfStake, 'ERROR_MIN_SELF_STAKE');
    } else {
        requireStakingRule(info.state === 'active', 'ERROR_PROVER_STATE', `The prover is ${info.state}.`);
        requireStakingRule(info.ownStake >= info.minSelfStake, 'ERROR_MIN_SELF_STAKE');
        const raw = (amount * SCALE) / info.scale;
        requireStakingRule(info.totalRaw - info.ownRaw + raw <= info.ownRaw * params.delegationCap, 'ERROR_CAP');
    }
    const minShares = BigInt(session.args.get('min-shares') ?? 0);
    const position = await openPosition(session, prover, staker);
    const active = async () =>
        (await session.isDeployed(position.address)) ? (await position.getPosition()).active : 0n;
    const before = await active();
    await session.execute([
        await transferStep(session, prover, {
            title: `Stake ${tokens(amount, decimals)} tokens${own || staker.equals(session.me) ? '' : ` for ${session.show(staker)}`}`,
            amount,
            payload: stakePayload({
                minRaw: minShares,
                beneficiary: staker,
                returnTo: session.me,
            }),
            forward: await staking.getStakeCost(),
            done: async () => (await active()) > before,
            awaited: 'the position has the shares',
        }),
    ]);
    const after = await active();
    session.say(`${after - before} raw shares; ${tokens(await staking.getEffective(after), decimals)} tokens in all.`);
    session.report({ position: position.address, raw: after - before, active: after });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
