/** Votes on a proposal with the tokens of the caller's VoterAccount, or with a stake. */
import type { NetworkProvider } from '@ton/blueprint';

import { CHOICES, VoterAccount } from '../../wrappers/governance';
import { ProverStaking } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { time } from '../lib/format';
import { GOVERNANCE_FLAGS, ownAccount, openGovernor, openProposal, requireGovernanceRule } from '../lib/governance';
import { runScript, Session, Step } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'vote',
    about: 'Votes; everything that votes is locked until the latest end of the proposal.',
    positionals: { id: 'number of the proposal', choice: CHOICES.join(' | ') },
    flags: {
        ...GOVERNANCE_FLAGS,
        prover: { value: 'address', about: 'vote with your stake at this ProverStaking instead' },
    },
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const { id, proposal } = await openProposal(session, desk);
    const choice = await session.choice('choice', CHOICES);
    const info = await proposal.getProposal();
    requireGovernanceRule(info.state === 'active', 'ERROR_NOT_ACTIVE', `Proposal ${id} is ${info.state}.`);
    const lockUntil = info.latestEnd;
    const prover = await session.optionalAddress('prover');
    const counted = info.votesFor + info.votesAgainst + info.votesAbstain;
    const common = {
        title: `Vote ${choice} on proposal ${id}; locked until ${time(lockUntil)}`,
        done: async () => {
            const now = await proposal.getProposal();
            return now.votesFor + now.votesAgainst + now.votesAbstain > counted;
        },
        awaited: 'the vote is counted',
    };
    let step: Step;
    if (prover) {
        const staking = session.open(ProverStaking.createFromAddress(prover));
        const body = ProverStaking.castVoteBody({
            proposal: proposal.address,
            choice: CHOICES.indexOf(choice),
            lockUntil,
            queryId: session.queryId(),
        });
        const value = await staking.getCost(body);
        step = { ...common, to: prover, toName: 'the ProverStaking', value, body };
    } else {
        const account = await ownAccount(session, desk);
        const cast = await account.getBallot(id);
        const { power } = await account.getVoter();
        requireGovernanceRule(power > (cast?.cast ?? 0n), 'ERROR_NO_POWER');
        requireGovernanceRule(cast === null || cast.choice === choice, 'ERROR_VOTED_OTHERWISE');
        const body = VoterAccount.voteBody({ proposal: id, choice, lockUntil, queryId: session.queryId() });
        const value = await account.getCost(body);
        step = { ...common, to: account.address, toName: 'your VoterAccount', value, body };
    }
    await session.execute([step]);
    const { votesFor, votesAgainst, votesAbstain, turnout, needed } = await proposal.getProposal();
    session.report({ proposal: id, votesFor, votesAgainst, votesAbstain, turnout, needed });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
