/** The whole arithmetic of one payout: pool-economics.md with the numbers of a round and a participant. */
import type { NetworkProvider } from '@ton/blueprint';

import { BONUS_BPS, BPS, dueEpochs, FIXED, PENALTY_BPS } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { ChainError, RefusedError } from '../lib/errors';
import { percent, time, ton } from '../lib/format';
import { requireVault } from '../lib/participants';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'explainPayout',
    about: 'Shows how the payout of a participant in a round comes about.',
    positionals: { round: 'number of the round (= epoch)', participant: 'address' },
};

const BUCKETS = [
    'stable (uptime above 95 %)',
    'minor (uptime 80 to 95 %)',
    'major (uptime below 80 %)',
    'stable, frequent outages',
    'minor, frequent outages',
    'major, frequent outages',
];

async function main(session: Session): Promise<void> {
    const round = await session.integer('round', 0, 0xffffffff);
    const who = await session.address('participant');
    const pool = await session.pool();
    const { vault } = await requireVault(session, pool, who);
    const entry = await pool.vault(who).getEpoch(round);
    const { nextRound } = await pool.distribution.getDistributionData();
    if (BigInt(round) >= nextRound) {
        throw new RefusedError(`Round ${round} is not fixed yet; the next one is ${nextRound} (runPayouts)`);
    }
    if (!entry.present) {
        throw new RefusedError(
            `No metrics of ${session.show(who)} for epoch ${round}, or they are more than 64 epochs old`,
        );
    }
    const terms = await pool.distribution.getRound(round);
    if (!terms.known) {
        throw new RefusedError(`Round ${round} had no scores, or has expired: nothing to explain`);
    }
    const bucket = Number(entry.bucket);
    const { pot, rewards, commissionBps, factor, total } = terms;
    const counts = terms.attempt === entry.attempt;
    const explained = await pool.distribution.getExplain(round, entry.score, bucket);
    // the same, from the document instead of from the contract
    const share =
        ((pot * (BPS - PENALTY_BPS[bucket]) - rewards * commissionBps) * FIXED + pot * BONUS_BPS[bucket] * factor) /
        BPS;
    const amount = (entry.score * share) / (total * FIXED);
    if (amount !== explained.amount) {
        throw new ChainError(`get_explain says ${ton(explained.amount)}, the formula gives ${ton(amount)}`);
    }
    const due = dueEpochs(vault).includes(BigInt(round));
    const part = Number((entry.score * 1_000_000n) / total) / 10_000;
    const say = (line: string) => session.say(line);
    say(`Round ${round}, fixed at ${time(terms.fixedAt)}`);
    say(`  pot P         ${ton(pot)}, of which ${ton(rewards)} rewards R from trusted proxies`);
    say(`  commission    R x ${percent(commissionBps)} = ${ton(terms.commission)}`);
    say(`  total score T ${total}`);
    say(
        `  bonus factor  f = ${Number(factor / 1_000_000_000n) / 1e9} (1 = bonuses fully funded by penalties and reserve)`,
    );
    say(`Participant ${session.show(who)}`);
    say(`  score S       ${entry.score} = ${part} % of all`);
    say(
        `  bucket ${bucket}      ${BUCKETS[bucket]}: bonus ${percent(BONUS_BPS[bucket])}, penalty ${percent(PENALTY_BPS[bucket])}`,
    );
    say(`  base          S x P / T                   = ${ton(explained.base)}`);
    say(`  bonus         + base x ${percent(BONUS_BPS[bucket])} x f        = ${ton(explained.bonus)}`);
    say(`  penalty       - base x ${percent(PENALTY_BPS[bucket])}            = ${ton(explained.penalty)}`);
    say(`  commission    - S x R x ${percent(commissionBps)} / T      = ${ton(explained.commission)}`);
    say(`  payout        ${ton(explained.amount)} (rounded down once, at the end)`);
    const state = !counts ? 'voided' : due ? 'due' : 'paid';
    say(`  ${{ voided: 'worth nothing: these metrics were voided', due: 'due: runPayouts', paid: 'paid' }[state]}`);
    session.report({
        round,
        participant: who,
        score: entry.score,
        bucket,
        terms: { pot, rewards, commissionBps, factor, total, fixedAt: terms.fixedAt },
        base: explained.base,
        bonus: explained.bonus,
        penalty: explained.penalty,
        commission: explained.commission,
        amount: counts ? explained.amount : 0n,
        state,
    });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
