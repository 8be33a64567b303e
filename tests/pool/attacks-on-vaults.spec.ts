/** Attacks on vaults and the registry: what reviewers with fresh eyes tried. The first ones worked before they were mended. */
import { beginCell, Builder, Cell, toNano, Transaction } from '@ton/core';
import { internal } from '@ton/sandbox';
import '@ton/test-utils';

import {
    GAS_DISTRIBUTION_CLAIM_BASE,
    GAS_DISTRIBUTION_CLAIM_ROUND,
    storeReportMetrics,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { GAS_VAULT_METRICS } from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import {
    EXIT_DELAY,
    metricsEntries,
    ParticipantRegistry,
    ParticipantVault,
    PoolExit,
    VAULT_LEFT,
} from '../../wrappers/pool';
import { underCoverage } from '../support/coverage';
import { DistributionUnit, Entry } from '../support/pool/distribution-unit';
import { PoolEnvironment } from '../support/pool/environment';
import { cellOf, claimCost, computeFee, exitCode, outs, succeeded, txAt, VaultUnit } from '../support/pool/units';
import { priceScenarios } from '../support/prices';

const DAY = 86_400;
const op = ParticipantVault.opcodes;
const stake = toNano('10');
const uri = beginCell().storeUint(0, 1000).endCell();

function gasOf({ description: d }: Transaction): bigint {
    return d.type === 'generic' && d.computePhase.type === 'vm' ? d.computePhase.gasUsed : 0n;
}

const sender = async (env: PoolEnvironment, name: string) => (await env.person(name)).getSender();
const head = (opcode: number): Builder => beginCell().storeUint(opcode, 32).storeUint(0, 64);
const ceilingBody = (gpuCeiling: number): Cell => head(op.GpuCeilingChanged).storeUint(gpuCeiling, 24).endCell();
const slashBody = (amount: bigint): Cell => head(op.SlashAnnounced).storeCoins(amount).storeUint(7, 256).endCell();

describe('gas of a claim of two rounds on both sides of a border of blocks', () => {
    it('is covered by its constants', async () => {
        const unit = await DistributionUnit.open();
        const entries: Entry[] = [];
        const totals = [0, 1, 2, 3, 4, 5].map(() => 1n << 40n);
        for (let epoch = 0; epoch < 41; epoch++) {
            await unit.income(true, toNano('1'));
            await unit.round({ totals });
            entries.push({ epoch, bucket: 0, score: 1n << 38n });
        }
        const tx = await unit.claim('alice', { first: 31, mask: 3n, entries });
        const budget = GAS_DISTRIBUTION_CLAIM_BASE + 2n * GAS_DISTRIBUTION_CLAIM_ROUND;
        expect(gasOf(tx)).toBeLessThanOrEqual(budget);
    });
});

describe('void', () => {
    it('an epoch can be reported again where there is a minimum to earn', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: DAY, minEarned: toNano('1') });
        await env.register('ann');
        await env.payVault('ann', toNano('5'));
        await env.endEpoch();
        await env.report(0, [{ who: 'ann' }]);
        expect((await env.epoch()).accepted).toBe(1n);
        await env.voidEpoch(0);
        await env.report(0, [{ who: 'ann' }]);
        expect((await env.epoch()).accepted).toBe(1n);
    });

    it('costs the operator nothing when the next epoch is shorter', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 7 * DAY });
        await env.register('ann');
        await env.operator.sendAnnounceEpochLength(env.roles.owner.getSender(), { seconds: DAY });
        const { stake: before } = await env.pool();
        const rows = [{ who: 'ann', seconds: 80_000 }];
        await env.endEpoch();
        await env.report(0, rows);
        await env.seal(0);
        env.advanceTo((await env.epoch()).dueAt - 1n);
        await env.voidEpoch(0);
        await env.report(0, rows);
        await env.seal(0);
        await env.untilDue();
        await env.closeEpoch();
        expect((await env.registryData()).epochSeconds).toBe(BigInt(DAY));
        await env.report(1, rows);
        await env.untilDue();
        await env.closeEpoch();
        expect((await env.pool()).stake).toBe(before);
    });
});

describe('rows', () => {
    it('with references behind them cost the registry nothing', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('ann');
        await env.endEpoch();
        let serial = 0;
        const bulk = (depth: number): Cell => {
            const cell = beginCell().storeUint(serial++, 1000);
            for (let i = 0; depth > 0 && i < 4; i++) cell.storeRef(bulk(depth - 1));
            return cell.endCell();
        };
        const rows = await Promise.all(['ann', 'bob', 'eve'].map((who) => env.row({ who })));
        const first = metricsEntries(rows).beginParse();
        const entries = beginCell().storeSlice(first).storeRef(bulk(4)).endCell();
        const report = { $$type: 'ReportMetrics' as const, queryId: 0n, epoch: 0n, count: 3n, entries };
        const before = await env.balance(env.registry.address);
        await env.roles.reporter.send({
            to: env.registry.address,
            value: toNano('1'),
            body: cellOf(storeReportMetrics(report)),
        });
        const rent = toNano('0.001');
        expect(await env.balance(env.registry.address)).toBeGreaterThanOrEqual(before - rent);
    });
});

describe('who comes and goes around the end of an epoch', () => {
    let env: PoolEnvironment;
    let restore: () => Promise<void>;
    const eves = ['eve 1', 'eve 2'];
    const rows = [{ who: 'ann' }, ...eves.map((who) => ({ who, seconds: 0 }))];

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('ann');
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    /** The registry in the last second of the epoch, the vault some seconds later. */
    async function registerAcrossTheEnd(name: string): Promise<void> {
        const end = Number((await env.epoch()).end);
        const cost = await env.registry.getCost(ParticipantRegistry.opcodes.Register);
        const message = internal({
            from: await env.address(name),
            to: env.registry.address,
            value: stake + cost,
            body: ParticipantRegistry.registerBody({ stake }),
        });
        env.blockchain.now = end - 1;
        for await (const tx of await env.blockchain.sendMessageIter(message)) {
            expect(succeeded(tx)).toBe(true);
            env.blockchain.now = end + 4;
        }
    }

    async function requestExit(name: string): Promise<void> {
        await env.register(name);
        await (await env.vault(name)).sendRequestExit(await sender(env, name), {});
    }

    async function leaveAndReturn(name: string): Promise<void> {
        const vault = await env.vault(name);
        await vault.sendCompleteExit(await sender(env, name), {});
        expect((await vault.getVaultData()).status).toBe(VAULT_LEFT);
        await env.register(name);
    }

    it('registering in the last second does not make the operator miss an epoch', async () => {
        for (const eve of eves) await registerAcrossTheEnd(eve);
        const { stake: before } = await env.pool();
        await env.report(0, rows);
        await env.untilDue();
        await env.closeEpoch();
        expect((await env.pool()).stake).toBe(before);
    });

    it('registering in the last second does not keep a reported epoch from being sealed', async () => {
        await registerAcrossTheEnd(eves[0]);
        await env.report(0, rows.slice(0, 2));
        await env.seal(0);
        expect((await env.epoch()).sealed).toBe(true);
    });

    it('returning after the end does not make the operator miss an epoch', async () => {
        for (const eve of eves) await requestExit(eve);
        for (let i = 0; i < 7; i++) await env.runEpoch(rows);
        const { epoch } = await env.epoch();
        await env.endEpoch();
        env.advance(1);
        for (const eve of eves) await leaveAndReturn(eve);
        const { stake: before } = await env.pool();
        await env.report(epoch, rows);
        await env.untilDue();
        await env.closeEpoch();
        expect((await env.pool()).stake).toBe(before);
    });

    it('leaving and returning in one epoch delays its round by the report window and costs nobody anything', async () => {
        await requestExit(eves[0]);
        for (let i = 0; i < 7; i++) await env.runEpoch(rows.slice(0, 2));
        await leaveAndReturn(eves[0]);
        const { epoch } = await env.epoch();
        const { stake: before } = await env.pool();
        await env.endEpoch();
        await env.report(epoch, rows.slice(0, 2));
        expect((await env.epoch()).accepted).toBe(2n);
        // One row for two memberships: the registry counts both.
        const sealed = await env.seal(epoch);
        expect(exitCode(txAt(sealed, env.registry.address))).toBe(PoolExit.ERROR_NOT_COMPLETE);
        await env.untilDue();
        await env.closeEpoch();
        expect((await env.round(epoch)).known).toBe(true);
        expect((await env.pool()).stake).toBe(before);
    });

    it('leaving and returning cannot keep a pool unmanaged', async () => {
        await requestExit(eves[0]);
        for (let i = 0; i < 3; i++) {
            await env.untilDue();
            await env.closeEpoch();
        }
        expect((await env.registryData()).unmanaged).toBe(true);
        await leaveAndReturn(eves[0]);
        await env.topUpStake(toNano('100'));
        const { epoch } = await env.epoch();
        await env.endEpoch();
        await env.report(epoch, rows.slice(0, 2));
        await env.seal(epoch);
        expect((await env.registryData()).unmanaged).toBe(false);
    });
});

describe('stolen keys', () => {
    it('an owner cannot take an epoch from others by lowering their ceilings before the report', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('ann');
        await env.register('owner');
        await env.endEpoch();
        const participant = await env.address('ann');
        await env.registry.sendSetGpuCeiling(env.roles.owner.getSender(), { participant, gpuCeiling: 1 });
        await env.report(0, [{ who: 'ann' }, { who: 'owner' }]);
        expect((await env.epoch()).accepted).toBe(2n);
    });

    it('who has left has the notice of a payout address, too, when he returns', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('ann', { payout: 'bank' });
        const ann = await env.vault('ann');
        await ann.sendRequestExit(await sender(env, 'ann'), {});
        for (let i = 0; i < 7; i++) await env.runEpoch([{ who: 'ann' }]);
        await ann.sendCompleteExit(await sender(env, 'ann'), {});
        const { due, status } = await ann.getVaultData();
        expect([status, due > 0n]).toEqual([VAULT_LEFT, true]);
        await env.register('ann', { payout: 'thief' });
        expect((await ann.getVaultData()).payout).toEqualAddress(await env.address('bank'));
    });
});

describe('a vault alone', () => {
    it('who never was active has no time that could be reported', async () => {
        const unit = await VaultUnit.open({ active: false });
        await unit.send('registry', ceilingBody(9000));
        unit.advance(EXIT_DELAY);
        await unit.send('registry', ceilingBody(9000));
        await unit.send('participant', ParticipantVault.cancelRegistrationBody());
        expect((await unit.data()).status).toBe(VAULT_LEFT);
        const row = { epoch: 7n, epochEnd: unit.now, seconds: unit.epochSeconds, gpu: 9000n };
        await unit.refused(PoolExit.ERROR_SECONDS, 'registry', unit.entryBody(row));
    });

    it.each([64n, 1086n, 1087n])('a round that is due for %i epochs does not stop reports', async (later) => {
        const unit = await VaultUnit.open();
        const epochEnd = unit.now + unit.epochSeconds;
        await unit.entry({ epoch: 5n, epochEnd });
        const tx = txAt(await unit.entry({ epoch: 5n + later, epochEnd }), unit.address);
        expect(exitCode(tx)).toBe(0);
    });
});

describe.each(Object.entries(priceScenarios()))('a refused entry with the least value: %s', (_name, config) => {
    // BUG at forward x10: the bounce has too little gas left, and a score that nobody can claim stays in the totals.
    it('is out of the totals', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 7 * DAY, config, minEarned: 1n, openCeiling: 10 });
        await env.register('ann', { metaUri: uri, payout: 'bank', recovery: 'rescuer' });
        const participant = await env.address('ann');
        await env.registry.sendSetGpuCeiling(env.roles.owner.getSender(), { participant, gpuCeiling: 1000 });
        await env.endEpoch();
        const value = await env.registry.getReportMinimum(1);
        await env.report(0, [{ who: 'ann', gpu: 1000 }], { value });
        expect((await env.epoch()).accepted).toBe(0n);
        expect(await env.registry.getBucketTotal(0)).toBe(0n);
    });
});

describe('attacks that fail', () => {
    it.each([
        [
            'anycast',
            beginCell()
                .storeUint(0b101, 3)
                .storeUint(5, 5)
                .storeUint(9, 5)
                .storeUint(7n << 200n, 264),
        ],
        [
            'of variable length',
            beginCell()
                .storeUint(0b110, 3)
                .storeUint(256, 9)
                .storeUint(7n << 200n, 288),
        ],
        [
            'external',
            beginCell()
                .storeUint(0b01, 2)
                .storeUint(256, 9)
                .storeUint(7n << 200n, 256),
        ],
        ['none', beginCell().storeUint(0b00, 2)],
        [
            'in the masterchain',
            beginCell()
                .storeUint(0b100, 3)
                .storeInt(-1, 8)
                .storeUint(7n << 200n, 256),
        ],
    ])('a payout address that is %s', async (_name, address) => {
        const unit = await VaultUnit.open();
        const body = head(op.SetPayout).storeBuilder(address).endCell();
        expect(succeeded(txAt(await unit.send('participant', body), unit.address))).toBe(false);
        expect((await unit.data()).nextPayoutAt).toBe(0n);
    });

    it('an external recovery address that fills the profile stops neither slash nor exit', async () => {
        const unit = await VaultUnit.open({ metaUri: uri });
        const external = beginCell().storeUint(0b01, 2).storeUint(496, 9).storeUint(1, 240).storeUint(5, 256);
        await unit.send('participant', head(op.SetRecovery).storeBuilder(external).endCell());
        unit.advance(EXIT_DELAY);
        for (const [from, body] of [
            ['keeper', ParticipantVault.applyAddressChangeBody()],
            ['registry', slashBody(toNano('1'))],
            ['registry', ceilingBody(50)],
            ['participant', ParticipantVault.requestExitBody()],
        ] as const) {
            expect(succeeded(txAt(await unit.send(from, body), unit.address))).toBe(true);
        }
    });

    (underCoverage ? it.skip : it)('a profile with everything in it makes no entry dearer than its gas', async () => {
        const unit = await VaultUnit.create();
        const addresses = { payout: unit.addressOf('payout'), recovery: unit.addressOf('recovery') };
        await unit.open({ ...addresses, metaUri: uri, metaHash: 1n, gpuCeiling: 10n, minPayout: 1n << 100n });
        const stranger = unit.addressOf('stranger');
        await unit.send('participant', ParticipantVault.setPayoutBody({ payout: stranger }));
        await unit.send('participant', ParticipantVault.setRecoveryBody({ recovery: stranger }));
        await unit.send('registry', ceilingBody(5000));
        await unit.send('registry', slashBody(toNano('1')));
        const exit = txAt(await unit.send('participant', ParticipantVault.requestExitBody()), unit.address);
        await unit.bounce(outs(exit).find((out) => out.bounce)!);
        expect((await unit.data()).owed).toBe(true);
        unit.advance(EXIT_DELAY);
        const entry = { epochEnd: unit.now + unit.epochSeconds, minEarned: 1n };
        const payout = head(0xc59a7cd3).endCell();
        for (let epoch = 0n; epoch < 80n; epoch++) {
            await unit.send('stranger', payout);
            await unit.entry({ ...entry, epoch });
        }
        await unit.send('stranger', payout);
        // A new block, the oldest one out of the history, and a claim of 64 rounds that takes all of it along.
        const value = claimCost(GAS_VAULT_METRICS, 64n) + computeFee(1n);
        const tx = txAt(await unit.entry({ ...entry, epoch: 80n, value }), unit.address);
        expect(outs(tx).map((out) => out.op)).toEqual([ParticipantVault.opcodes.Claim]);
        expect(gasOf(tx)).toBeLessThanOrEqual(GAS_VAULT_METRICS);
    });
});
