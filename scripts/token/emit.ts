/** Emits the epochs that are due, oldest first. Anyone may. */
import type { NetworkProvider } from '@ton/blueprint';

import { EMISSION_CARRY, EMISSION_EPOCH, EmissionController } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import { decimalsOf, EMISSION_FLAGS, emissionStep, openEmission, requireEmissionRule, tokens } from '../lib/emission';
import { table, time } from '../lib/format';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'emit',
    about: 'Mints the epochs of the schedule that are over, one a message. From anyone.',
    flags: { ...EMISSION_FLAGS, max: { value: 'number', about: 'at most so many epochs, 1 to 26 (all)' } },
};

async function main(session: Session): Promise<void> {
    const controller = await openEmission(session);
    const decimals = await decimalsOf(session);
    const max = (await session.optionalInteger('max', 1, 26)) ?? 26;
    const data = await controller.getEmissionData();
    const now = BigInt(await session.now(controller.address));
    // as firstLiveEpoch does in the contract: the first epoch whose 180 days are not over
    let epoch = data.nextEpoch;
    while (data.start + (epoch + 1n) * EMISSION_EPOCH + EMISSION_CARRY < now) {
        epoch++;
    }
    if (epoch > data.nextEpoch) {
        session.say(`Forfeited with the first message: epochs ${data.nextEpoch} to ${epoch - 1n}`);
    }
    const due: { epoch: bigint; budget: bigint }[] = [];
    let left = data.remaining;
    for (; due.length < max && data.start + (epoch + 1n) * EMISSION_EPOCH <= now && left > 0n; epoch++) {
        const { budget } = await controller.getEpoch(epoch);
        const amount = budget < left ? budget : left;
        left -= amount;
        due.push({ epoch, budget: amount });
    }
    if (due.length === 0) {
        requireEmissionRule(data.remaining > 0n, 'ERROR_SCHEDULE_SPENT');
        const ends = data.start + (epoch + 1n) * EMISSION_EPOCH;
        session.say(`Nothing is due: epoch ${epoch} ends at ${time(ends)}.`);
        session.report({ emitted: [], nextEpoch: epoch, nextAt: ends });
        return;
    }
    session.say(
        table([
            ['epoch', 'ended', 'amount'],
            ...due.map(({ epoch: e, budget }) => [
                String(e),
                time(data.start + (e + 1n) * EMISSION_EPOCH),
                tokens(budget, decimals),
            ]),
        ]),
    );
    const recipients = await controller.getRecipients();
    session.say(
        `To ${recipients.map(({ address, bps }) => `${session.show(address)} ${Number(bps) / 100} %`).join(', ')}`,
    );
    const steps = await Promise.all(
        due.map(({ epoch: e }) =>
            emissionStep(controller, {
                title: `Emit epoch ${e}`,
                body: EmissionController.emitBody({ queryId: session.queryId() }),
                done: async () => (await controller.getEmissionData()).nextEpoch > e,
                awaited: 'the epoch is emitted',
                // a mint that the minter refuses is owed and waits for a flush
                tolerant: true,
            }),
        ),
    );
    const went = await session.execute(steps, steps.length > 1 ? { label: 'Emitting' } : {});
    const after = await controller.getEmissionData();
    if (went && after.owedAccounts > data.owedAccounts) {
        session.say(`${after.owedAccounts} account(s) wait for a flush: their mints came back.`);
    }
    session.report({
        emitted: went ? due.map(({ epoch: e }) => e) : [],
        amount: went ? after.allocated - data.allocated : 0n,
        owedAccounts: after.owedAccounts,
    });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
