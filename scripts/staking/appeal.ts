/** Appeals against a slash with a deposit, and claims what an overturned slash took. */
import type { NetworkProvider } from '@ton/blueprint';

import { appealPayload, StakePosition } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { RefusedError, UsageError } from '../lib/errors';
import { time } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { openPosition, openProver, requireStakingRule, tokens, transferStep } from '../lib/staking';

const SPEC: ScriptSpec = {
    name: 'appeal',
    about: 'Any staker may appeal within 7 days. The deposit comes back if the slash is overturned.',
    positionals: {
        action: 'raise | claim',
        prover: 'ProverStaking of the prover',
        seq: 'number of the slash',
    },
    flags: { staker: { value: 'address', about: 'claim: for whom (you); it goes to him' } },
};

async function main(session: Session): Promise<void> {
    const action = await session.text('action');
    const prover = await openProver(session);
    const { staking, info, decimals } = prover;
    const seq = await session.integer('seq', 1, 255);
    requireStakingRule(BigInt(seq) <= info.slashSeq, 'ERROR_NO_SLASH');
    const slash = await staking.getSlash(seq);
    const staker = (action === 'claim' ? await session.optionalAddress('staker') : undefined) ?? session.me;
    const position = await openPosition(session, prover, staker);
    if (!(await session.isDeployed(position.address))) {
        throw new RefusedError(`${session.show(staker)} has never staked at this prover`);
    }
    if (action === 'raise') {
        requireStakingRule(slash.verdict === 'open', 'ERROR_NO_SLASH', `It is ${slash.verdict}.`);
        const end = Number(slash.at) + 7 * 86_400;
        requireStakingRule((await session.now(staking.address)) < end, 'ERROR_NO_SLASH', `Until ${time(end)}.`);
        const { minDeposit } = await staking.getParams();
        const part = slash.amount / 100n;
        const deposit = part > minDeposit ? part : minDeposit;
        session.say(`Deposit: ${tokens(deposit, decimals)} tokens.`);
        await session.execute([
            await transferStep(session, prover, {
                title: `Appeal against slash ${seq}`,
                amount: deposit,
                payload: appealPayload(seq),
                forward: await staking.getAppealCost(),
                done: async () => (await staking.getSlash(seq)).verdict === 'appealed',
                awaited: 'the slash is under appeal',
            }),
        ]);
        session.report({ seq, deposit, verdict: (await staking.getSlash(seq)).verdict });
        return;
    }
    if (action !== 'claim') {
        throw new UsageError(`appeal does not know "${action}": raise or claim`);
    }
    requireStakingRule(slash.verdict === 'overturned', 'ERROR_NO_SLASH', `It is ${slash.verdict}.`);
    const { slashSeq, claimed } = await position.getPosition();
    requireStakingRule(((claimed >> BigInt(seq)) & 1n) === 0n, 'ERROR_NOTHING_DUE');
    const steps = [];
    const at = { to: position.address, toName: 'the StakePosition' };
    if (slashSeq < BigInt(seq)) {
        const body = StakePosition.syncPositionBody({ queryId: session.queryId() });
        steps.push({
            title: 'Tell the position of the slash',
            ...at,
            value: await position.getCost(body),
            body,
            done: async () => (await position.getPosition()).slashSeq >= BigInt(seq),
            awaited: 'the position knows',
        });
    }
    const body = StakePosition.claimRestitutionBody({ seq, queryId: session.queryId() });
    steps.push({
        title: `Pay what slash ${seq} took from ${session.show(staker)}`,
        ...at,
        value: await position.getCost(body),
        body,
        done: async () => (((await position.getPosition()).claimed >> BigInt(seq)) & 1n) === 1n,
        awaited: 'it is paid',
    });
    await session.execute(steps);
    const raw = await position.getRawAt(seq);
    session.report({ seq, amount: (raw * slash.amount) / slash.shares });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
