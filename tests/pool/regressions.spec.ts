/** Faults that random operations on the model (invariants.spec.ts) found, each as the shortest sequence that shows it. */
import { Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { underCoverage } from '../support/coverage';
import { PoolEnvironment } from '../support/pool/environment';
import { dueEpochs, ParticipantRegistry, RewardDistribution } from '../../wrappers/pool';

const CROWD = Array.from({ length: 20 }, (_, i) => `participant ${i}`);

const WEEK = 604_800;

(underCoverage ? describe.skip : describe)('costs', () => {
    it.each([0n, 1n])('a report with a minimum of %s nanoton to earn costs the registry nothing', async (minEarned) => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400, minEarned });
        for (const name of CROWD) {
            await env.register(name);
            await env.payVault(name, toNano('1'));
        }
        await env.endEpoch();
        // Rent is taken first, so that only the report itself counts.
        await env.roles.stranger.send({ to: env.registry.address, value: toNano('0.1'), body: Cell.EMPTY });
        const before = await env.balance(env.registry.address);
        const rows = await Promise.all(CROWD.map((who) => env.row({ who, gpu: 7 })));
        const body = ParticipantRegistry.reportMetricsBody({ epoch: 0, rows });
        const value = await env.registry.getCost(body, rows.length);
        const result = await env.registry.sendReportMetrics(env.roles.reporter.getSender(), { epoch: 0, rows, value });
        expect(result.transactions).toHaveTransaction({ to: env.registry.address, success: true });
        expect((await env.epoch()).accepted).toBe(BigInt(CROWD.length));
        expect(await env.balance(env.registry.address)).toBeGreaterThanOrEqual(before);
    });

    /** Values of a report of one row, and a minimum to earn: with one the vault looks into its profile. */
    const VALUES = ['the least value', 'what a claim needs', 'get_cost'] as const;
    const CASES = VALUES.flatMap((what) => [0n, 1n].map((minEarned) => [what, minEarned] as const));

    it.each(CASES)('a report with %s and a minimum to earn of %s loses nothing', async (what, minEarned) => {
        const env = await PoolEnvironment.create({ epochSeconds: WEEK, minEarned, openCeiling: 5 });
        const ann = await env.address('ann');
        await env.register('ann', { recovery: 'stranger', payout: 'stranger' });
        if (minEarned > 0n) {
            await env.registry.sendSetGpuCeiling(env.roles.owner.getSender(), { participant: ann, gpuCeiling: 100 });
        }
        const vault = await env.vault('ann');
        // Two blocks of metrics and the first epoch of a third one.
        for (let epoch = 0; epoch < 17; epoch++) {
            await env.payVault('ann', toNano('1'));
            await env.endEpoch();
            const rows = [await env.row({ who: 'ann', gpu: epoch === 0 || minEarned === 0n ? 5 : 50 })];
            const body = ParticipantRegistry.reportMetricsBody({ epoch, rows });
            const cost = await env.registry.getCost(body, 1);
            const value = {
                'the least value': await env.registry.getReportMinimum(1),
                'what a claim needs': cost - (await env.registry.getCost(ParticipantRegistry.closeEpochBody())),
                get_cost: cost,
            }[what];
            await env.registry.sendReportMetrics(env.roles.reporter.getSender(), { epoch, rows, value });
            expect([epoch, (await vault.getEpoch(epoch)).present]).toEqual([epoch, true]);
            const { paidTotal, allocatedTotal, unpaid } = await env.distributionData();
            // Everything is paid, or everything is still due.
            const due = dueEpochs(await vault.getVaultData()).length;
            const claimed = what !== 'the least value';
            expect([epoch, claimed ? paidTotal : unpaid, due]).toEqual([
                epoch,
                allocatedTotal,
                claimed ? 1 : epoch + 1,
            ]);
            await env.seal();
            await env.untilDue();
            await env.closeEpoch();
        }
    });

    it('a refused row of a report with the least value is taken out of the totals', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('ann', { recovery: 'stranger', payout: 'stranger' });
        await env.endEpoch();
        const value = await env.registry.getReportMinimum(3);
        // No vault at all, and a second row of one person.
        const rows = [{ who: 'stranger' }, { who: 'ann', gpu: 7 }, { who: 'ann', gpu: 8 }];
        await env.report(0, rows, { value });
        expect(await env.registry.getBucketTotal(0)).toBe(7n * 86_400n);
        expect((await env.epoch()).accepted).toBe(1n);
    });

    it('Sync of the distribution needs no more than get_cost asks for', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        const value = await env.distribution.getCost(RewardDistribution.syncBody());
        await env.roles.stranger.send({ to: env.distribution.address, value: toNano('1'), body: Cell.EMPTY });
        const { donations } = await env.distributionData();
        const result = await env.distribution.sendSync(env.roles.keeper.getSender(), { value });
        expect(result.transactions).toHaveTransaction({ to: env.distribution.address, success: true });
        expect((await env.distributionData()).donations).toBeGreaterThan(donations);
    });
});
