/** Epochs of a whole pool when something goes wrong: stolen keys, lost answers, pauses, an operator who is gone. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import {
    dueEpochs,
    INCOME_FINE,
    OPERATOR_MIN_STAKE,
    ParticipantRegistry,
    PAUSE_COOLDOWN,
    PAUSE_SECONDS,
    poolEvents,
    PoolExit,
    PoolOperator,
    VAULT_ACTIVE,
    VAULT_LEFT,
} from '../../wrappers/pool';
import { messagesWith, PoolEnvironment } from '../support/pool/environment';
import { exitCode, expectRefused, plain, REFUSAL, refuse, txAt, bounceOf } from '../support/pool/units';

const DAY = 86_400;
const WINDOW = DAY / 4;
const op = ParticipantRegistry.opcodes;

describe('epochs of a pool', () => {
    let env: PoolEnvironment;
    let restore: () => Promise<void>;
    const via = async (name: string) => (await env.person(name)).getSender();

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: DAY });
        for (const name of ['alice', 'bob', 'carol']) {
            await env.register(name);
        }
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    const everybody = [{ who: 'alice' }, { who: 'bob' }, { who: 'carol' }];
    const exitOf = (result: { transactions: Parameters<typeof txAt>[0]['transactions'] }) =>
        exitCode(txAt(result, env.registry.address));
    const accepted = async () => (await env.epoch()).accepted;

    it('survive a sybil that a stolen reporter key reports and seals: the arbiter voids it, and no harm is done', async () => {
        await env.payVault('alice', toNano('100'));
        // The thief registers a vault of his own and reports the ceiling for it.
        await env.register('sybil');
        await env.endEpoch();
        const sybil = { who: 'sybil', gpu: 1_000_000, seconds: 0 };
        const lies = [
            { who: 'alice', gpu: 1 },
            { who: 'bob', gpu: 1 },
            { who: 'carol', gpu: 1 },
            { ...sybil, seconds: DAY },
        ];
        expect(exitOf(await env.report(0, lies))).toBe(0);
        expect(exitOf(await env.seal())).toBe(0);
        expect(await env.registry.getBucketTotal(0)).toBeGreaterThan(BigInt(DAY) * 999_999n);
        // Nothing can be closed, and so nothing paid, before the objection window is over.
        env.advance(WINDOW - 1);
        await expectRefused(env.blockchain, env.registry.address, PoolExit.ERROR_NOT_DUE, () => env.closeEpoch());
        const voided = await env.voidEpoch();
        expect(poolEvents(voided.transactions, 'EpochMarked')).toMatchObject([{ epoch: 0n, kind: 1n }]);
        await env.operator.sendSetRole(env.roles.owner.getSender(), {
            role: 'reporter',
            holder: (await env.person('new reporter')).address,
        });
        expect(exitOf(await env.report(0, lies))).toBe(PoolExit.ERROR_NOT_ROLE);
        await env.report(0, [...everybody, sybil], { from: 'new reporter' });
        await env.seal(0, 'new reporter');
        await env.untilDue();
        const closed = await env.closeEpoch();
        expect(poolEvents(closed.transactions, 'RoundFixed')).toMatchObject([{ round: 0n, attempt: true }]);
        const { allocated } = await env.round(0);
        let paid = 0n;
        for (const { who } of everybody) {
            const [reward] = messagesWith((await env.poke(who)).transactions, PoolOperator.opcodes.RewardPaid);
            expect(reward.value).toBe(allocated / 3n);
            paid += reward.value;
        }
        expect(allocated - paid).toBeLessThan(3n);
        const vault = await env.vault('sybil');
        expect((await vault.getVaultData()).due).toBe(0n);
        expect(await vault.getEpoch(0)).toMatchObject({ attempt: true, score: 0n, present: true });
    });

    it('do not let a reporter invent machines: the ceiling is the owner’s', async () => {
        const { registry, roles } = env;
        await registry.sendSetGpuCeiling(roles.owner.getSender(), {
            participant: await env.address('carol'),
            gpuCeiling: 500,
        });
        await env.endEpoch();
        const result = await env.report(0, [{ who: 'carol', gpu: 501 }]);
        expect(exitCode(txAt(result, (await env.vault('carol')).address))).toBe(PoolExit.ERROR_GPU_CEILING);
        expect(await accepted()).toBe(0n);
        expect(await env.registry.getBucketTotal(0)).toBe(0n);
    });

    it('count a vault once, however often it is reported', async () => {
        await env.endEpoch();
        const first = await env.report(0, [...everybody, { who: 'alice', gpu: 5 }, { who: 'bob' }]);
        expect(poolEvents(first.transactions, 'MetricsRefused')).toHaveLength(2);
        const before = await Promise.all([0, 1, 2, 3, 4, 5].map((bucket) => env.registry.getBucketTotal(bucket)));
        expect(before[0]).toBe(3n * BigInt(DAY) * 1000n);
        const again = await env.report(0, everybody);
        expect(poolEvents(again.transactions, 'MetricsRefused')).toMatchObject([
            { counted: true },
            { counted: true },
            { counted: true },
        ]);
        for (const { who } of everybody) {
            expect(exitCode(txAt(again, (await env.vault(who)).address))).toBe(PoolExit.ERROR_DUPLICATE_METRICS);
        }
        expect(await accepted()).toBe(3n);
        expect(await Promise.all([0, 1, 2, 3, 4, 5].map((bucket) => env.registry.getBucketTotal(bucket)))).toEqual(
            before,
        );
    });

    it('refuse reports that come late', async () => {
        await env.endEpoch();
        env.advance(WINDOW - 1);
        expect(exitOf(await env.report(0, [{ who: 'alice' }]))).toBe(0);
        env.advance(1);
        await expectRefused(env.blockchain, env.registry.address, PoolExit.ERROR_REPORT_WINDOW, () =>
            env.report(0, [{ who: 'bob' }]),
        );
        await env.untilDue();
        await env.closeEpoch();
        await expectRefused(env.blockchain, env.registry.address, PoolExit.ERROR_WRONG_EPOCH, () =>
            env.report(0, [{ who: 'bob' }]),
        );
    });

    it('take strangers out of the totals again, and return what was sent for them', async () => {
        await env.endEpoch();
        const result = await env.report(0, [
            { who: 'nobody' },
            { who: 'alice' },
            { who: 'nobody else', uptimeBps: 10 },
        ]);
        expect(poolEvents(result.transactions, 'MetricsRefused')).toMatchObject([
            { bucket: 0n, counted: true },
            { bucket: 2n, counted: true, score: BigInt(DAY) },
        ]);
        const excesses = messagesWith(result.transactions, op.Excesses);
        expect(excesses.filter((m) => m.to.equals(env.roles.reporter.address)).length).toBeGreaterThanOrEqual(2);
        expect(await accepted()).toBe(1n);
        expect(await env.registry.getBucketTotal(0)).toBe(BigInt(DAY) * 1000n);
        expect(await env.registry.getBucketTotal(2)).toBe(0n);
        // A seal still needs the two others.
        expect(exitOf(await env.seal())).toBe(PoolExit.ERROR_NOT_COMPLETE);
    });

    it('are not touched by a refusal that arrives after the close', async () => {
        await env.payVault('alice', toNano('50'));
        await env.endEpoch();
        const back = await refuse(env.blockchain, (await env.vault('carol')).address);
        const reported = await env.report(0, everybody);
        const [, , late] = messagesWith(reported.transactions, op.MetricsEntry);
        await back();
        await env.untilDue();
        await env.closeEpoch();
        const round = plain(await env.round(0));
        const epoch = plain(await env.epoch());
        const result = await env.blockchain.sendMessage(bounceOf(late, toNano('0.05')));
        expect(poolEvents(result.transactions, 'MetricsRefused')).toMatchObject([{ epoch: 0n, counted: false }]);
        expect(plain(await env.epoch())).toEqual(epoch);
        expect(plain(await env.round(0))).toEqual(round);
    });

    it('lose no round when the distribution refuses its totals', async () => {
        await env.payVault('alice', toNano('50'));
        await env.endEpoch();
        await env.report(0, everybody);
        await env.seal();
        await env.untilDue();
        const back = await refuse(env.blockchain, env.distribution.address);
        const refused = await env.closeEpoch();
        expect(exitCode(txAt(refused, env.distribution.address))).toBe(REFUSAL);
        await back();
        expect(await env.epoch()).toMatchObject({ epoch: 1n, undelivered: true });
        expect((await env.distributionData()).nextRound).toBe(0n);
        const again = await env.closeEpoch();
        expect(poolEvents(again.transactions, 'RoundFixed')).toMatchObject([{ round: 0n }]);
        expect((await env.distributionData()).nextRound).toBe(1n);
        for (const { who } of everybody) {
            expect(messagesWith((await env.poke(who)).transactions, PoolOperator.opcodes.RewardPaid)).toHaveLength(1);
        }
    });

    it('answer a repeated close with the same, which the distribution ignores', async () => {
        await env.payVault('alice', toNano('50'));
        await env.endEpoch();
        await env.report(0, everybody);
        await env.untilDue();
        await env.closeEpoch();
        const before = [plain(await env.round(0)), plain(await env.distributionData(), ['solvency'])];
        const value = toNano('1');
        for (const close of [() => env.closeEpoch({ value }), () => env.startRound({ value })]) {
            const result = await close();
            expect(messagesWith(result.transactions, op.RoundTotals)).toHaveLength(1);
            expect(poolEvents(result.transactions)).toEqual([]);
            expect([plain(await env.round(0)), plain(await env.distributionData(), ['solvency'])]).toEqual(before);
        }
    });

    it('lose no round when a report would close over an undelivered one', async () => {
        await env.payVault('alice', toNano('50'));
        await env.endEpoch();
        await env.report(0, everybody);
        await env.untilDue();
        const back = await refuse(env.blockchain, env.distribution.address);
        await env.closeEpoch();
        await back();
        // Epoch 2 has just ended, and epoch 1 is due.
        env.advance(2 * DAY - WINDOW);
        await expectRefused(env.blockchain, env.registry.address, PoolExit.ERROR_NOT_DUE, () =>
            env.report(2, everybody),
        );
        await env.closeEpoch();
        await env.closeEpoch();
        expect((await env.distributionData()).nextRound).toBe(2n);
        expect(exitOf(await env.report(2, everybody))).toBe(0);
        expect(await accepted()).toBe(3n);
    });

    describe('and a pause', () => {
        it('stops entries at the registry for 72 hours, ends by itself and cannot be chained', async () => {
            const { guardian, owner } = env.roles;
            await env.operator.sendPause(guardian.getSender());
            const until = BigInt(env.now) + PAUSE_SECONDS;
            expect((await env.registryData()).pausedUntil).toBe(until);
            const entry = () => env.register('dave');
            await expectRefused(env.blockchain, env.registry.address, PoolExit.ERROR_PAUSED, entry);
            env.advanceTo(until - 1n);
            await expectRefused(env.blockchain, env.registry.address, PoolExit.ERROR_PAUSED, entry);
            await expectRefused(env.blockchain, env.operator.address, PoolExit.ERROR_PAUSE_COOLDOWN, () =>
                env.operator.sendPause(guardian.getSender()),
            );
            env.advanceTo(until);
            await entry();
            expect((await env.vaultData('dave')).status).toBe(VAULT_ACTIVE);
            env.advanceTo(until + PAUSE_COOLDOWN - 1n);
            await expectRefused(env.blockchain, env.operator.address, PoolExit.ERROR_PAUSE_COOLDOWN, () =>
                env.operator.sendPause(guardian.getSender()),
            );
            env.advanceTo(until + PAUSE_COOLDOWN);
            await env.operator.sendPause(guardian.getSender());
            expect((await env.registryData()).pausedUntil).toBe(BigInt(env.now) + PAUSE_SECONDS);
            await env.operator.sendUnpause(owner.getSender());
            expect((await env.registryData()).pausedUntil).toBe(BigInt(env.now));
            await env.register('erin');
        });

        it('lets people report, close, claim and leave', async () => {
            await env.payVault('alice', toNano('50'));
            await env.operator.sendPause(env.roles.guardian.getSender());
            await env.endEpoch();
            await env.report(0, everybody);
            await env.seal();
            await env.untilDue();
            await env.closeEpoch();
            expect(messagesWith((await env.poke('alice')).transactions, PoolOperator.opcodes.RewardPaid)).toHaveLength(
                1,
            );
            const bob = await env.vault('bob');
            await bob.sendRequestExit(await via('bob'));
            expect((await env.registryData()).pausedUntil).toBeGreaterThan(BigInt(env.now));
            expect((await env.registryData()).exiting).toBe(1n);
        });
    });

    describe('whose operator is gone', () => {
        /** Nobody reports; keepers close. */
        async function miss(times: number) {
            const all = [];
            for (let i = 0; i < times; i++) {
                await env.untilDue();
                all.push(...(await env.closeEpoch()).transactions);
            }
            return all;
        }

        it('are fined, and after three in a row everybody may leave at once', async () => {
            const fines = poolEvents(await miss(2), 'IncomeBooked');
            expect(fines).toMatchObject([{ kind: INCOME_FINE }, { kind: INCOME_FINE }]);
            expect(fines[0].amount).toBe(OPERATOR_MIN_STAKE / 20n);
            expect(await env.registryData()).toMatchObject({ missedInRow: 2n, unmanaged: false });
            const alice = await env.vault('alice');
            await alice.sendRequestExit(await via('alice'));
            const early = await alice.sendCompleteExit(await via('alice'));
            expect(exitOf(early)).toBe(PoolExit.ERROR_EXIT_DELAY);
            await miss(1);
            expect(await env.registryData()).toMatchObject({ missedInRow: 3n, unmanaged: true });
            const left = await alice.sendCompleteExit(await via('keeper'));
            const [back] = messagesWith(left.transactions, PoolOperator.opcodes.StakeReturned);
            expect(back.to).toEqualAddress(await env.address('alice'));
            expect((await env.vaultData('alice')).status).toBe(VAULT_LEFT);
            expect(await env.registryData()).toMatchObject({ active: 2n, exiting: 0n });
        });

        it('still pay everything out: the arbiter appoints a reporter, who works without a commission', async () => {
            await env.payVault('alice', toNano('90'));
            await miss(3);
            const { registry, roles } = env;
            const [helper, other] = [await env.person('helper'), await env.person('somebody')];
            await registry.sendAppointReporter(roles.arbiter.getSender(), { reporter: helper.address });
            await env.endEpoch();
            const { epoch } = await env.epoch();
            await expectRefused(env.blockchain, registry.address, PoolExit.ERROR_NOT_ROLE, () =>
                registry.sendSeal(other.getSender(), { epoch }),
            );
            expect(exitOf(await env.report(epoch, everybody, { from: 'helper' }))).toBe(0);
            expect(await env.epoch()).toMatchObject({ appointed: true, accepted: 3n });
            expect(exitOf(await env.seal(epoch, 'helper'))).toBe(0);
            expect((await env.registryData()).unmanaged).toBe(true);
            await env.untilDue();
            const closed = await env.closeEpoch();
            expect(poolEvents(closed.transactions, 'RoundFixed')).toMatchObject([
                { round: epoch, commissionBps: 0n, commission: 0n },
            ]);
            const { allocated } = await env.round(epoch);
            for (const { who } of everybody) {
                const [reward] = messagesWith((await env.poke(who)).transactions, PoolOperator.opcodes.RewardPaid);
                expect(reward.value).toBe(allocated / 3n);
                expect(dueEpochs(await env.vaultData(who))).toEqual([]);
            }
            expect(await env.registryData()).toMatchObject({ unmanaged: true });
        });

        it('come back under management when the stake is topped up and the owner’s reporter seals', async () => {
            await miss(3);
            await env.endEpoch();
            const { epoch } = await env.epoch();
            await env.report(epoch, everybody);
            await env.seal(epoch);
            // A seal alone is not enough.
            expect(await env.registryData()).toMatchObject({ unmanaged: true });
            await env.untilDue();
            await env.closeEpoch();
            await env.topUpStake(toNano('50'));
            await env.endEpoch();
            await env.report(epoch + 1n, everybody);
            expect(await env.registryData()).toMatchObject({ unmanaged: true });
            await env.seal(epoch + 1n);
            expect(await env.registryData()).toMatchObject({ unmanaged: false, missedInRow: 0n });
            // From now on the appointed reporter and early exits are over.
            await expectRefused(env.blockchain, env.registry.address, PoolExit.ERROR_MANAGED, async () =>
                env.registry.sendAppointReporter(env.roles.arbiter.getSender(), {
                    reporter: await env.address('helper'),
                }),
            );
        });

        it('do not count a top-up from before they were unmanaged', async () => {
            await miss(2);
            await env.topUpStake(toNano('50'));
            await miss(1);
            await env.endEpoch();
            const { epoch } = await env.epoch();
            await env.report(epoch, everybody);
            await env.seal(epoch);
            expect((await env.registryData()).unmanaged).toBe(true);
        });

        it('do not lose the top-up when a stranger repeats the roles', async () => {
            await miss(3);
            await env.topUpStake(toNano('50'));
            await env.operator.sendSyncRoles(await via('stranger'));
            await env.endEpoch();
            const { epoch } = await env.epoch();
            await env.report(epoch, everybody);
            await env.seal(epoch);
            expect((await env.registryData()).unmanaged).toBe(false);
        });

        it('start counting again after an epoch that was reported', async () => {
            await miss(2);
            await env.endEpoch();
            const { epoch } = await env.epoch();
            await env.report(epoch, everybody);
            await env.untilDue();
            await env.closeEpoch();
            expect((await env.registryData()).missedInRow).toBe(0n);
            await miss(2);
            expect(await env.registryData()).toMatchObject({ missedInRow: 2n, unmanaged: false });
            await miss(1);
            expect(await env.registryData()).toMatchObject({ missedInRow: 3n, unmanaged: true });
            await miss(1);
            expect(await env.registryData()).toMatchObject({ missedInRow: 4n, unmanaged: true });
        });
    });
});
