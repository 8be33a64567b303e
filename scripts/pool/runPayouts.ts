/**
 * Closes what is due and pays everybody what is due. What was paid is known from the chain alone, so it may run as often
 * as anyone likes, by anyone, also two at a time: a round is paid once.
 */
import type { NetworkProvider } from '@ton/blueprint';

import {
    batches,
    dueEpochs,
    MAX_BATCH,
    ParticipantRegistry,
    ParticipantVault,
    RewardDistribution,
} from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { PartialError } from '../lib/errors';
import { table, time, ton } from '../lib/format';
import { chosenParticipants, readVaults } from '../lib/participants';
import { DuePayout, duePayout, projectedRound, span } from '../lib/payouts';
import { Pool, runScript, Session, Step } from '../lib/session';
import { registryStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'runPayouts',
    about: 'Closes due epochs, shows who gets what, and pays in batches. Anyone.',
    flags: {
        fleet: { value: 'csv', about: 'participants from a fleet file instead of from the chain' },
        participants: { value: 'csv', about: 'participants from a file with a column participant' },
        'batch-size': { value: 'vaults', about: `vaults of a message, 1 to ${MAX_BATCH} (${MAX_BATCH})` },
        'no-close': { about: 'pay only; close nothing' },
    },
};

/** How long a batch may show nothing new before the rest of it counts as not paid. */
const QUIET_LOCAL = 200;
const QUIET = 45_000;

async function closeDue(session: Session, pool: Pool): Promise<boolean> {
    for (;;) {
        const epoch = await pool.registry.getEpochData();
        const { nextRound } = await pool.distribution.getDistributionData();
        // the totals of the last closed epoch have not arrived: the registry sends them again
        const lost = epoch.undelivered || (epoch.lastClosed >= 0n && nextRound <= epoch.lastClosed);
        if (!epoch.due && !lost) {
            const when =
                epoch.dueAt === 0n ? 'when it is reported or its window is over' : `from ${time(epoch.dueAt)} on`;
            session.say(`Epoch ${epoch.epoch} is open; it can be closed ${when}.`);
            return true;
        }
        const target = lost ? epoch.lastClosed : epoch.epoch;
        const went = await session.execute([
            await registryStep(pool, {
                title: lost ? `Fix round ${target}: its totals were lost` : `Close epoch ${target} and fix its round`,
                body: ParticipantRegistry.closeEpochBody({ responseTo: session.me, queryId: session.queryId() }),
                done: async () => (await pool.distribution.getDistributionData()).nextRound > target,
                awaited: 'the round is fixed',
            }),
        ]);
        if (!went) {
            return false;
        }
    }
}

async function pokeSteps(session: Session, pool: Pool, due: DuePayout[], nextRound: bigint): Promise<Step[]> {
    const size = (await session.optionalInteger('batch-size', 1, Number(MAX_BATCH))) ?? Number(MAX_BATCH);
    const poke = ParticipantVault.opcodes.Poke;
    // every vault of a batch gets the same value: those with equally many rounds go together
    const sorted = [...due].sort((a, b) => span(a) - span(b));
    const open = (p: { due: bigint; firstEpoch: bigint }) => dueEpochs(p).some((round) => round < nextRound);
    const steps: Step[] = [];
    for (const batch of batches(sorted, size)) {
        const rounds = span(batch[batch.length - 1]);
        const body = RewardDistribution.pokeManyBody({
            participants: batch.map((d) => d.address),
            upTo: nextRound - 1n,
            queryId: session.queryId(),
        });
        const vault = pool.vault(batch[0].address);
        const more = rounds > 1 ? (await vault.getCost(poke, rounds)) - (await vault.getCost(poke, 1)) : 0n;
        const value = (await pool.distribution.getCost(body, batch.length)) + BigInt(batch.length) * more;
        let waiting = batch;
        let lastChange = Date.now();
        const quiet = session.network === 'local' ? QUIET_LOCAL : QUIET;
        steps.push({
            title: `Pay ${batch.length} participants, up to ${rounds} round(s) each`,
            to: pool.distribution.address,
            toName: 'RewardDistribution',
            value,
            body,
            tolerant: true,
            done: async () => {
                const still: DuePayout[] = [];
                for (const d of waiting) {
                    if (open(await pool.vault(d.address).getVaultData())) {
                        still.push(d);
                    }
                }
                if (still.length < waiting.length) {
                    lastChange = Date.now();
                }
                waiting = still;
                // some are paid and the rest stays quiet: it is not going to be
                return still.length === 0 || (still.length < batch.length && Date.now() - lastChange > quiet);
            },
            awaited: 'the vaults have claimed',
        });
    }
    return steps;
}

function show(session: Session, all: DuePayout[]): void {
    session.say(
        table([
            ['participant', 'rounds', 'amount', 'minimum', ''],
            ...all.map((d) => [
                session.show(d.address),
                d.rounds.map((r) => `${r.round}${r.fixed ? '' : '*'}`).join(' '),
                ton(d.rounds.reduce((sum, r) => sum + r.amount, 0n)),
                ton(d.vault.minPayout),
                d.deferred ? 'waits: below the minimum' : '',
            ]),
        ]),
    );
}

async function main(session: Session): Promise<void> {
    const pool = await session.pool();
    const closed = session.args.has('no-close') || (await closeDue(session, pool));
    const epoch = await pool.registry.getEpochData();
    const { nextRound } = await pool.distribution.getDistributionData();
    const open = !closed && epoch.due ? { epoch, round: await projectedRound(pool, epoch) } : undefined;
    const participants = await readVaults(session, pool, await chosenParticipants(session, pool));
    const all: DuePayout[] = [];
    for (const participant of participants.filter(({ vault }) => vault.due !== 0n)) {
        const due = await duePayout(pool, participant, nextRound, open);
        if (due.rounds.length > 0) {
            all.push(due);
        }
    }
    const facts = (d: DuePayout) => ({
        participant: d.address,
        rounds: d.rounds.map((r) => r.round),
        amount: d.rounds.reduce((sum, r) => sum + r.amount, 0n),
        deferred: d.deferred,
    });
    session.report({ nextRound, due: all.map(facts) });
    if (all.length === 0) {
        session.say('Nothing is due.');
        session.report({ paid: [], failed: [] });
        return;
    }
    show(session, all);
    if (open !== undefined) {
        session.say(`* not fixed yet: pot ${ton(open.round.pot)}, commission ${ton(open.round.commission)} as of now.`);
    }
    const payable = all.filter((d) => !d.deferred && d.rounds.some((r) => r.fixed));
    session.say(`Together ${ton(all.reduce((sum, d) => sum + d.amount, 0n))} in ${payable.length} payments.`);
    const steps = await pokeSteps(session, pool, payable, nextRound);
    if (steps.length === 0 || !(await session.execute(steps, steps.length > 1 ? { label: 'Paying' } : {}))) {
        session.report({ paid: [], failed: [] });
        return;
    }
    const after = await readVaults(
        session,
        pool,
        payable.map((d) => d.address),
    );
    const left = new Set(
        after
            .filter(({ vault }) => dueEpochs(vault).some((round) => round < nextRound))
            .map(({ address }) => address.toRawString()),
    );
    const failed = payable.filter((d) => left.has(d.address.toRawString()));
    const paid = payable.filter((d) => !failed.includes(d));
    session.report({
        paid: paid.map(facts),
        deferred: all.filter((d) => d.deferred).map(facts),
        failed: failed.map(facts),
        total: paid.reduce((sum, d) => sum + d.amount, 0n),
    });
    session.say(`Paid ${ton(paid.reduce((sum, d) => sum + d.amount, 0n))} to ${paid.length} participants.`);
    if (failed.length > 0) {
        throw new PartialError(
            `Not paid, still due: ${failed.map((d) => session.show(d.address)).join(', ')}. Run it again.`,
        );
    }
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
