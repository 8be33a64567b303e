/** Counts a proposal again from the events of its ballots, and compares the sums with those on chain. */
import type { NetworkProvider } from '@ton/blueprint';

import { CHOICES, EmittedGovernanceEvent, governanceEvents, recount } from '../../wrappers/governance';
import { ScriptSpec } from '../lib/args';
import { transactions } from '../lib/chain';
import { ChainError } from '../lib/errors';
import { table, time } from '../lib/format';
import { GOVERNANCE_FLAGS, openGovernor, openProposal, showAccount, tokens } from '../lib/governance';
import { writeWhole } from '../lib/manifest';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'ballots',
    about: 'Every ballot of a proposal, and whether they add up to what it says. Sends nothing.',
    positionals: { id: 'number of the proposal' },
    flags: {
        ...GOVERNANCE_FLAGS,
        csv: { about: 'the ballots as CSV; amounts in the smallest unit' },
        out: { value: 'file', about: 'write the CSV there instead of to the screen' },
    },
};

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const { id, proposal } = await openProposal(session, desk);
    // Before and after the events: ballots may come in while they are read.
    const before = await proposal.getProposal();
    const ballots: (EmittedGovernanceEvent<'BallotCast'> & { hash: string })[] = [];
    for await (const tx of transactions(session.provider, proposal.address)) {
        const hash = tx.hash().toString('hex');
        ballots.push(...governanceEvents([tx], 'BallotCast').map((event) => ({ ...event, hash })));
    }
    ballots.reverse();
    const info = await proposal.getProposal();
    const rows = ballots.map((ballot) => ({
        time_utc: time(ballot.now),
        kind: ballot.kind === 0n ? 'liquid' : 'staked',
        voter: showAccount(session, ballot.voter),
        choice: CHOICES[Number(ballot.choice)],
        tokens: ballot.base.toString(),
        weight: ballot.weight.toString(),
        account: showAccount(session, ballot.account),
        tx_hash: ballot.hash,
    }));
    const tally = recount(ballots);
    const sums = ['votesFor', 'votesAgainst', 'votesAbstain', 'turnout'] as const;
    if (session.args.has('csv') || session.args.get('out') !== undefined) {
        const columns = ['time_utc', 'kind', 'voter', 'choice', 'tokens', 'weight', 'account', 'tx_hash'] as const;
        const lines = [columns.join(','), ...rows.map((row) => columns.map((column) => row[column]).join(','))];
        const out = session.args.get('out');
        if (out === undefined) {
            lines.forEach((line) => session.say(line));
        } else {
            writeWhole(out, `${lines.join('\n')}\n`);
        }
    } else if (rows.length > 0) {
        const show = (units: string) => tokens(BigInt(units), desk.decimals);
        session.say(
            table([
                ['time', 'kind', 'voter', 'choice', 'tokens', 'weight'],
                ...rows.map((r) => [r.time_utc, r.kind, r.voter, r.choice, show(r.tokens), show(r.weight)]),
            ]),
        );
    }
    const wrong = sums.filter((name) => tally[name] !== info[name]);
    session.report({ proposal: id, state: info.state, ...tally, matches: wrong.length === 0, rows });
    if (wrong.length > 0) {
        const moved = sums.some((name) => before[name] !== info[name]);
        throw new ChainError(
            wrong.map((name) => `${name}: ballots ${tally[name]}, on chain ${info[name]}`).join('; ') +
                (moved ? '. Votes came in meanwhile: run it again' : ''),
        );
    }
    session.say(
        `${tally.ballots} ballots, as on chain: for ${tokens(tally.votesFor, desk.decimals)}, against ` +
            `${tokens(tally.votesAgainst, desk.decimals)}, abstaining ${tokens(tally.votesAbstain, desk.decimals)}, ` +
            `turnout ${tokens(tally.turnout, desk.decimals)}`,
    );
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
