/**
 * Which gas constant of contracts/token/emission-gas.tact covers which handler, and a tour that drives every handler on a
 * chain that somebody pays for through its most expensive path: all maps full.
 */
import { Address, toNano, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import * as built from '../../../build/EmissionController/EmissionController_EmissionController';
import { ProviderShare as BuiltShare } from '../../../build/ProviderShare/ProviderShare_ProviderShare';
import { EmissionController, Usage } from '../../../wrappers/token';
import { EMISSION_PEOPLE, EmissionPerson, EmissionWorld, WEEK, YEAR } from './emission-world';

/** `rows`: usages of a RecordUsage, mints of an Emit; `years` that forfeited epochs touch. */
export type Measured = { message: string; gas: bigint; rows: bigint; years: bigint };

/** Constants that must cover a handler. */
export const GAS_BUDGETS: Record<string, (m: Measured) => bigint> = {
    RecordUsage: (m) => built.GAS_RECORD_BASE + m.rows * built.GAS_RECORD_ROW,
    CheckUsage: () => built.GAS_GUARD_CHECK,
    UsageAccepted: () => built.GAS_CONTROLLER_ACCEPT,
    // A refusal has what the acceptance and the credit would have cost.
    UsageRefused: () => built.GAS_CONTROLLER_ACCEPT + built.GAS_SHARE_CREDIT,
    Credit: () => built.GAS_SHARE_CREDIT,
    Emit: (m) => built.GAS_EMIT_BASE + m.rows * built.GAS_EMIT_MINT + m.years * built.GAS_EMIT_YEAR,
    Flush: () => built.GAS_FLUSH,
    ClaimShare: () => built.GAS_SHARE_CLAIM,
    MintShare: () => built.GAS_CONTROLLER_MINT,
    '*': () => built.GAS_EMISSION_ADMIN,
};

/** Upgrades carry code of any size; the double of the minter and top-ups are nobody's cost. */
const UNBUDGETED = new Set(['ApplyUpgrade', 'Mint', 'TopUp', 'Excesses']);

const NAMES = new Map(
    [...Object.entries(EmissionController.opcodes), ...Object.entries(BuiltShare.opcodes)].map(([n, op]) => [op, n]),
);

export function measured(transactions: readonly Transaction[]): Measured[] {
    const found: Measured[] = [];
    for (const tx of transactions) {
        const { inMessage: message, description } = tx;
        if (description.type !== 'generic' || description.computePhase.type !== 'vm') continue;
        if (!description.computePhase.success || message?.info.type !== 'internal' || message.info.bounced) continue;
        if (message.body.bits.length < 32) continue;
        const name = NAMES.get(message.body.beginParse().preloadUint(32));
        if (name === undefined || UNBUDGETED.has(name)) continue;
        const outs = [...tx.outMessages.values()].map((out) => out.body.beginParse());
        const ops = outs.map((s) => (s.remainingBits >= 32 ? s.preloadUint(32) : 0));
        const rows =
            name === 'RecordUsage'
                ? message.body.beginParse().skip(96).loadUint(8)
                : ops.filter((op) => op === EmissionController.opcodes.Mint).length;
        const forfeited = outs[ops.indexOf(EmissionController.opcodes.EpochsForfeited)];
        const epochs = forfeited === undefined ? 0n : forfeited.skip(48).loadUintBig(16);
        const years = (epochs * built.EMISSION_EPOCH) / built.YEAR_SECONDS + 1n;
        found.push({ message: name, gas: description.computePhase.gasUsed, rows: BigInt(rows), years });
    }
    return found;
}

/** Account number `i`; nobody has its key. */
export function account(i: number): Address {
    const id = Buffer.alloc(32, 0x5a);
    id.writeUInt32BE(i + 1, 7 * (i % 4));
    return new Address(0, id);
}

/** Drives a controller through everything. `watch` gets the transactions of every step. */
export async function emissionTour(watch: (transactions: Transaction[]) => void): Promise<EmissionWorld> {
    const world = await EmissionWorld.create({
        recipients: Array.from({ length: 8 }, (_, i) => ({ address: account(i), bps: 1250 })),
        yearlyBudget: 1n << 90n,
        lifetimeCap: 1n << 95n,
        breakerBps: 10_000n,
        cap: 1n << 95n,
    });
    const { controller } = world;
    const see = async (result: Promise<SendMessageResult>) => watch((await result).transactions);
    const owner = world.via('owner');

    // 256 models, 16 recorders.
    const rateAt = (i: number) => world.rate(i === 0 ? 'model' : `model ${i} ${'x'.repeat(100)}`, 1n << 60n);
    for (let i = 0; i < 256; i++) await see(rateAt(i));
    const others = EMISSION_PEOPLE.filter((name) => name !== 'recorder');
    const recorders: EmissionPerson[] = ['recorder'];
    for (const name of others) {
        await see(controller.sendNominateRole(owner, { role: 'recorder', holder: world.of(name) }));
        await see(controller.sendAcceptRole(world.via(name), { role: 'recorder' }));
        recorders.push(name);
    }
    for (const name of ['sixteenth', 'fifteenth']) {
        const person = await world.blockchain.treasury(name);
        await see(controller.sendNominateRole(owner, { role: 'recorder', holder: person.address }));
        await see(controller.sendAcceptRole(person.getSender(), { role: 'recorder' }));
        const usages = [world.usage({ nonce: 1n })];
        await see(controller.sendRecordUsage(person.getSender(), { usages }));
    }

    // A year of hours with usages, so that the window is full, and every recorder at the same consumer.
    const usage = (as: EmissionPerson, given: Partial<Usage> = {}) => world.usage(given, as);
    for (let hour = 0; hour < 26; hour++) {
        const as = recorders[hour % recorders.length];
        await see(world.record([usage(as)], { as }));
        world.advance(3600);
    }
    world.advance(24 * 3600);
    await see(world.record([usage('recorder')]));
    for (const count of [2, 49, 50]) {
        const usages = Array.from({ length: count }, (_, i) =>
            usage('recorder', { consumer: account(i), provider: account(i + 1) }),
        );
        await see(world.record(usages));
        // the same once more: refused by the guards
        await see(world.record(usages));
    }

    // Sixteen epochs fill the ring of mints; then claims and flushes with all of it, and once around.
    for (let epoch = 0; epoch < 34; epoch++) {
        world.at(world.endOf(epoch));
        await see(world.emit());
    }
    await see(world.claim(account(1)));
    await see(world.flush());
    await world.minterMode('refuses');
    for (let i = 2; i < 40; i++) await see(world.claim(account(i)));
    await world.minterMode('takes');
    world.advance(3600);
    for (const i of [2, 20, 39]) await see(world.flush(account(i)));

    // What roles can send.
    await see(controller.sendSetGrowth(world.via('keeper'), { bps: 12_000 }));
    await see(controller.sendCancelGrowth(owner, {}));
    await see(controller.sendSetGrowth(world.via('keeper'), { bps: 12_000 }));
    const recipients = Array.from({ length: 8 }, (_, i) => ({ address: account(8 + i), bps: 1250 }));
    await see(controller.sendSetRecipients(owner, { recipients }));
    await see(controller.sendCancelRecipients(owner, {}));
    await see(controller.sendSetRecipients(owner, { recipients }));
    await see(controller.sendSetPayees(owner, { treasury: account(1), liquidity: account(2) }));
    await see(controller.sendCancelPayees(owner, {}));
    await see(controller.sendSetPayees(owner, { treasury: account(1), liquidity: account(2) }));
    await see(controller.sendSetBreaker(world.via('guardian'), { stop: true }));
    await see(controller.sendSetBreaker(world.via('guardian'), { stop: false }));
    await see(controller.sendAnnounceUpgrade(owner, { codeHash: 1n }));
    await see(controller.sendCancelUpgrade(owner, {}));
    await see(controller.sendRevokeRole(owner, { role: 'recorder', holder: world.of('second') }));
    for (const role of ['guardian', 'rateKeeper', 'owner'] as const) {
        await see(controller.sendNominateRole(owner, { role, holder: world.of('owner') }));
        await see(controller.sendAcceptRole(owner, { role }));
    }
    await see(controller.sendRevokeRole(owner, { role: 'guardian', holder: world.of('owner') }));

    // The whole window rolls out under a full batch.
    world.advance(20 * 3600);
    for (let hour = 0; hour < 26; hour++) {
        await see(world.record([usage('recorder')]));
        world.advance(3600);
    }
    world.advance(24 * 3600);
    const full = Array.from({ length: 50 }, (_, i) => usage('recorder', { consumer: account(i) }));
    await see(world.record(full));

    // An announced change applies inside a long forfeit; and nothing for 10 and for 30 years.
    world.advance(WEEK);
    await see(controller.sendApplyPayees(world.via('stranger'), {}));
    for (const years of [1, 10, 30]) {
        world.advance(years * YEAR);
        await world.send('owner', EmissionController.topUpBody(), toNano('100'));
        await see(world.emit());
    }
    await see(controller.sendSetRecipients(owner, { recipients: [{ address: account(99), bps: 10_000 }] }));
    await see(controller.sendSetGrowth(owner, { bps: 12_000 }));
    world.advance(YEAR);
    for (let i = 0; i < 4; i++) {
        await see(world.emit());
        world.advance(WEEK);
    }
    return world;
}
