/** Attacks on RewardDistribution and PoolOperator: what reviewers with fresh eyes tried. */
import { Address, beginCell, Cell, ExternalAddress, internal, toNano } from '@ton/core';
import '@ton/test-utils';

import { storeMetricsEntry } from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { storeRoleSet } from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    GAS_DISTRIBUTION_CLAIM_BASE,
    GAS_DISTRIBUTION_CLAIM_ROUND,
    GAS_DISTRIBUTION_ROUND,
    storeAskIdle,
    storeRolesUpdate,
    storeRoundTotals,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { packEntry, ParticipantRegistry, ParticipantVault, RewardDistribution } from '../../wrappers/pool';
import { commissionBody, DistributionUnit, Entry, payoutAddressBody } from '../support/pool/distribution-unit';
import { underCoverage } from '../support/coverage';
import { PoolEnvironment } from '../support/pool/environment';
import { cellOf, exitCode, gasOf, kept, outs, succeeded, txAt } from '../support/pool/units';
import { scaledConfig } from '../support/prices';

jest.setTimeout(240_000);

const DAY = 86_400;
const ONES = (1n << 256n) - 1n;
/** As long as an ordinary address, and nobody can be paid there. */
const NOBODY = beginCell().storeUint(0b01, 2).storeUint(256, 9).storeUint(1, 256).endCell();

/** Markers of a coverage run cost gas. */
const gasTest = underCoverage ? it.skip : it;

describe('a poke by a stranger whose rest is to go to', () => {
    let env: PoolEnvironment;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('alice');
        await env.payVault('alice', toNano('10'));
        await env.runEpoch([{ who: 'alice' }]);
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    const standard = (workchain: number) =>
        beginCell().storeUint(0b100, 3).storeInt(workchain, 8).storeUint(ONES, 256).endCell();
    const external = (bits: number) => beginCell().storeUint(0b01, 2).storeUint(bits, 9).storeUint(0, bits).endCell();
    const anycast = beginCell().storeUint(0b101, 3).storeUint(4, 5).storeUint(9, 4).storeUint(0, 8);
    const ADDRESSES: [string, Cell][] = [
        ['an external address', NOBODY],
        ['an external address of no bits', external(0)],
        ['a long external address', external(255)],
        ['workchain 5', standard(5)],
        ['the masterchain', standard(-1)],
        ['an anycast address', anycast.storeUint(ONES, 256).endCell()],
        [
            'a variable address',
            beginCell().storeUint(0b110, 3).storeUint(256, 9).storeUint(0, 32).storeUint(ONES, 256).endCell(),
        ],
    ];

    it.each(ADDRESSES)('%s pays the participant, or leaves the round due', async (_, address) => {
        const vault = await env.vault('alice');
        const body = beginCell()
            .storeUint(ParticipantVault.opcodes.Poke, 32)
            .storeUint(0, 64)
            .storeUint(0xffffffff, 32)
            .storeSlice(address.beginParse())
            .endCell();
        expect((await env.distributionData()).unpaid).toBeGreaterThan(0n);
        await env.roles.stranger.send({ to: vault.address, value: toNano('0.3'), body });
        const { unpaid, solvency } = await env.distributionData();
        expect([unpaid === 0n, (await vault.getVaultData()).due !== 0n]).toContain(true);
        expect(solvency).toBeGreaterThan(0n);
    });
});

describe('an envelope that the owner forwards', () => {
    let env: PoolEnvironment;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('alice');
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    const forward = (worker: Address, envelope: Cell) =>
        env.operator.sendForwardEnvelope(env.roles.owner.getSender(), { worker, envelope });

    it('does not replace the arbiter without notice, nor pause for ever', async () => {
        const { owner, reporter, arbiter } = env.roles;
        const roles = cellOf(
            storeRoleSet({
                $$type: 'RoleSet',
                owner: owner.address,
                reporter: reporter.address,
                arbiter: owner.address,
            }),
        );
        const update = storeRolesUpdate({
            $$type: 'RolesUpdate',
            queryId: 0n,
            version: 0xffffffffn,
            active: true,
            stakeOk: true,
            pausedUntil: 0xffffffffn,
            roles,
        });
        await forward(env.registry.address, cellOf(update));
        expect((await env.registry.getRoles()).arbiter).toEqualAddress(arbiter.address);
        expect((await env.registryData()).pausedUntil).toBe(0n);
    });

    it('does not put a version on the roles above which no later ones are taken', async () => {
        const { owner, stranger, reporter } = env.roles;
        const thief = stranger.address;
        const roles = cellOf(storeRoleSet({ $$type: 'RoleSet', owner: thief, reporter: thief, arbiter: thief }));
        const update = { queryId: 0n, version: 0xffffffffn, active: true, stakeOk: false, pausedUntil: 0n, roles };
        await forward(env.registry.address, cellOf(storeRolesUpdate({ $$type: 'RolesUpdate', ...update })));
        await env.operator.sendSetRole(owner.getSender(), { role: 'reporter', holder: reporter.address });
        await env.operator.sendSyncRoles(owner.getSender(), {});
        expect((await env.registry.getRoles()).reporter).toEqualAddress(reporter.address);
    });

    it('does not take the stake before seven inactive days', async () => {
        await env.operator.sendSetActive(env.roles.owner.getSender(), { active: false });
        const { inactiveSince, stake } = await env.pool();
        await env.runEpoch([{ who: 'alice' }]);
        expect(BigInt(env.now)).toBeLessThan(inactiveSince + BigInt(7 * DAY));
        const ask = { queryId: 0n, since: inactiveSince, amount: stake, emergency: false };
        await forward(env.registry.address, cellOf(storeAskIdle({ $$type: 'AskIdle', ...ask })));
        expect((await env.pool()).stake).toBe(stake);
    });

    it('does not name a payout address with which no round can be fixed', async () => {
        await env.payVault('alice', toNano('10'));
        const head = payoutAddressBody(env.roles.payout.address).beginParse().loadBits(96);
        const bad = beginCell().storeBits(head).storeSlice(NOBODY.beginParse()).endCell();
        await forward(env.distribution.address, bad);
        await env.runEpoch([{ who: 'alice' }]);
        expect((await env.round(0)).known).toBe(true);
    });
});

it('a payout address that cannot be paid is refused at the set-up', async () => {
    const unit = await DistributionUnit.create();
    const payout = new ExternalAddress(1n, 256) as unknown as Address;
    const tx = txAt(await unit.send('operator', unit.setUpBody({ payout })), unit.address);
    expect(succeeded(tx)).toBe(false);
});

it('an epoch that began before a raise keeps the lower commission, however many changes the owner sends', async () => {
    const unit = await DistributionUnit.open(500n);
    const epochStart = unit.now + 1n;
    await unit.done('operator', commissionBody(1500));
    unit.advance(BigInt(7 * DAY) + 1n);
    // Fifteen cuts by one push the old rate out of the schedule.
    for (let i = 1; i <= 15; i++) {
        await unit.done('operator', commissionBody(1500 - i));
    }
    await unit.income(true, toNano('100'));
    await unit.round({ epochStart, totals: [1n, 0n, 0n, 0n, 0n, 0n] });
    expect((await unit.roundData(0)).commissionBps).toBe(500n);
});

it('no fine for an epoch that began before the pool was active, also once it is inactive', async () => {
    const env = await PoolEnvironment.create({ epochSeconds: DAY, until: 'deployed' });
    await env.topUpStake(toNano('100'));
    env.advance(60);
    await env.operator.sendSetActive(env.roles.owner.getSender(), { active: true });
    await env.register('alice');
    await env.untilDue();
    await env.closeEpoch();
    expect((await env.pool()).stake).toBe(toNano('100'));
    await env.operator.sendSetActive(env.roles.owner.getSender(), { active: false });
    // Anybody has the closed epoch told again.
    await env.closeEpoch({ from: 'stranger' });
    expect((await env.pool()).stake).toBe(toNano('100'));
});

describe('gas', () => {
    gasTest('of a claim over the border of two old blocks is within its budget', async () => {
        const unit = await DistributionUnit.open();
        const entries: Entry[] = [];
        for (let epoch = 0; epoch < 17; epoch++) {
            await unit.income(true, toNano('1'));
            await unit.round({ epoch, totals: [9n, 0n, 0n, 0n, 0n, 0n] });
            entries.push({ epoch, bucket: 0, score: 1n });
        }
        await unit.skipTo(25);
        const tx = await unit.claim('alice', {
            first: 15,
            mask: 0b11n,
            entries: [...entries, { ...entries[0], epoch: 24 }],
        });
        expect(gasOf(tx)).toBeLessThanOrEqual(GAS_DISTRIBUTION_CLAIM_BASE + 2n * GAS_DISTRIBUTION_CLAIM_ROUND);
    });

    gasTest('at three times its price a poke with get_cost loses nobody his rounds', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: DAY, config: scaledConfig({ gas: 3 }) });
        await env.register('alice');
        const vault = await env.vault('alice');
        env.advance(80 * DAY);
        // What the registry would say in 73 epochs: then the history that travels with a claim is full.
        const entry = { queryId: 0n, seconds: 1n, gpu: 1n, epochEnd: BigInt(env.now), epochSeconds: BigInt(DAY) };
        const round = { queryId: 0n, attempt: false, free: false, epochStart: BigInt(env.now), totalsFrequent: 0n };
        const value = await env.registry.getReportMinimum(1);
        for (let epoch = 0n; epoch < 73n; epoch++) {
            if (epoch === 15n) {
                await env.payVault('alice', toNano('100'));
            }
            const metrics = storeMetricsEntry({
                $$type: 'MetricsEntry',
                ...entry,
                epoch,
                entry: packEntry({ attempt: false, bucket: 0n, score: 5n }),
                responseTo: env.roles.reporter.address,
                minEarned: 0n,
            });
            await env.impersonate(env.registry.address, vault.address, value, cellOf(metrics));
            const totals = { ...round, epoch, totals: 5n, responseTo: null };
            const body = cellOf(storeRoundTotals({ $$type: 'RoundTotals', ...totals }));
            await env.impersonate(env.registry.address, env.distribution.address, toNano('1'), body);
        }
        await env.poke('alice', { upTo: 14, value: toNano('3') });
        const { unpaid } = await env.distributionData();
        expect(unpaid).toBeGreaterThan(toNano('80'));
        const cost = await vault.getCost(ParticipantVault.opcodes.Poke, 2);
        await env.poke('alice', { upTo: 16, value: cost, from: 'stranger' });
        const paid = (await env.distributionData()).unpaid < unpaid;
        expect([paid, (await vault.getEpoch(15)).due]).toContain(true);
    });

    gasTest('of PokeMany with a cell, or a cell and junk, for every row is not paid by the pot', async () => {
        const unit = await DistributionUnit.open();
        for (const junk of [0, 255]) {
            let participants = beginCell().storeUint(0, 255).endCell();
            for (let i = 0; i < 80; i++) {
                participants = beginCell().storeUint(i, 256).storeUint(0, junk).storeRef(participants).endCell();
            }
            const body = beginCell()
                .storeUint(RewardDistribution.opcodes.PokeMany, 32)
                .storeUint((0xffffffffn << 8n) | 80n, 64 + 40)
                .storeRef(participants)
                .endCell();
            const tx = await unit.done('stranger', body, await unit.distribution.getCost(body, 80));
            expect(outs(tx)).toHaveLength(80);
            expect(kept(tx)).toBeGreaterThanOrEqual(0n);
        }
    });
});

describe('the dearest round: a block expires, a raise applies, every change is newer than the epoch, too few reports', () => {
    const CLOSE = ParticipantRegistry.closeEpochBody();
    let env: PoolEnvironment;
    let restore: () => Promise<void>;

    /** Everything is the owner's doing, or what just happens; then anybody closes with what `get_cost` says. */
    async function close(cuts: number, times: number) {
        for (let i = 0; i < cuts; i++) {
            await env.operator.sendSetCommission(env.roles.owner.getSender(), { bps: 999 - i });
        }
        await env.endEpoch();
        await env.report(72, [{ who: 'alice', uptimeBps: 9000, outages: 100 }]);
        env.advance(8 * DAY);
        const message = {
            to: env.registry.address,
            value: await env.registry.getCost(CLOSE),
            body: CLOSE,
            bounce: true,
        };
        return env.roles.stranger.sendMessages(Array.from({ length: times }, () => internal(message)));
    }

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('alice');
        await env.payVault('alice', toNano('10'));
        for (let epoch = 0; epoch < 72; epoch++) {
            await env.endEpoch();
            await env.report(epoch, [{ who: 'alice' }], { value: await env.registry.getReportMinimum(1) });
            await env.untilDue();
            await env.closeEpoch();
        }
        await env.register('bob');
        await env.register('carol');
        await env.payVault('alice', toNano('100'));
        await env.operator.sendSetCommission(env.roles.owner.getSender(), { bps: 1500 });
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    gasTest('is within its budget of gas', async () => {
        const tx = txAt(await close(16, 1), env.distribution.address);
        expect(exitCode(tx)).toBe(0);
        expect(gasOf(tx)).toBeLessThanOrEqual(GAS_DISTRIBUTION_ROUND);
    });

    gasTest('is fixed, or the registry knows that it was not', async () => {
        await close(3, 1);
        const { nextRound } = await env.distributionData();
        expect([nextRound === 73n, (await env.epoch()).undelivered]).toContain(true);
    });

    it('does not lock the pot for ever when the next epoch is closed at once', async () => {
        await close(16, 2);
        for (let i = 0; i < 4; i++) {
            await env.closeEpoch({ value: toNano('2') });
        }
        expect((await env.distributionData()).nextRound).toBeGreaterThan(72n);
    });
});
