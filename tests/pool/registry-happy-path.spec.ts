/** The registry alone: admission, reports, seals and closes as they are meant to go. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    EVENT_BITS,
    GAS_OPERATOR_COUNT,
    GAS_REGISTRY_CLOSE,
    loadEpochMissed,
    loadIdleConfirmed,
    loadMetricsEntry,
    loadOpenVault,
    loadParticipantsChanged,
    loadRoundTotals,
    REGISTRY_BITS,
    REGISTRY_CELLS,
    storeAskIdle,
    storeVaultUpdate,
    VAULT_BITS,
    VAULT_CELLS,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    bucketOf,
    MAX_BATCH,
    ParticipantRegistry,
    parseEntries,
    poolEvents,
    REASON_EXIT_REQUESTED,
    REASON_PENDING,
    REASON_REGISTERED,
    scoreOf,
    unpackTotals,
    VAULT_ACTIVE,
    VAULT_PENDING,
} from '../../wrappers/pool';
import {
    afterFees,
    cellOf,
    computeFee,
    exitCode,
    expectSmallRest,
    forwardFee,
    kept,
    outCount,
    outs,
    plain,
    RegistryUnit,
    rentOf,
    sameAddress,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/units';

const op = ParticipantRegistry.opcodes;
const DAY = 86_400n;
const WINDOW = DAY / 4n;

/** What a close passes on out of a value: all but the gas it may cost, less the forward fees. */
function closedWith(tx: Parameters<typeof outs>[0], value: bigint): bigint {
    const { description } = tx;
    const forward = (description.type === 'generic' && description.actionPhase?.totalFwdFees) || 0n;
    return value - computeFee(GAS_REGISTRY_CLOSE) - forward;
}

describe('a registry alone', () => {
    let unit: RegistryUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RegistryUnit.open();
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    it('begins epoch 0 when it is set up', async () => {
        expect(await unit.data()).toEqual({
            $$type: 'RegistryData',
            operator: sameAddress(unit.addressOf('operator')),
            distribution: sameAddress(unit.addressOf('distribution')),
            active: 0n,
            pending: 0n,
            exiting: 0n,
            stakeTotal: 0n,
            pausedUntil: 0n,
            poolActive: true,
            unmanaged: false,
            missedInRow: 0n,
            epochSeconds: DAY,
            window: WINDOW,
            minStake: toNano('10'),
            minEarned: 0n,
            open: true,
            openCeiling: 5000n,
            nextSeconds: 0n,
            nextEpoch: 0n,
            nextMinEarned: 0n,
            nextMinEarnedAt: 0n,
            solvency: await unit.registry.getSolvency(),
            version: 0n,
        });
        expect(await unit.epoch()).toEqual({
            $$type: 'EpochData',
            epoch: 0n,
            start: unit.now,
            end: unit.now + DAY,
            attempt: false,
            sealed: false,
            appointed: false,
            accepted: 0n,
            activeAtEnd: 0n,
            reportUntil: unit.now + DAY + WINDOW,
            dueAt: unit.now + DAY + WINDOW,
            due: false,
            undelivered: false,
            lastClosed: -1n,
        });
        const roles = await unit.registry.getRoles();
        expect(roles.owner).toEqualAddress(unit.addressOf('owner'));
        expect(roles.reporter).toEqualAddress(unit.addressOf('reporter'));
        expect(roles.arbiter).toEqualAddress(unit.addressOf('arbiter'));
    });

    it('does not set itself up twice', async () => {
        unit.advance(100n);
        const before = plain(await unit.data(), ['solvency']);
        const epoch = plain(await unit.epoch());
        const tx = txAt(await unit.setUp({ epochSeconds: 3600 }), unit.address);
        expect(succeeded(tx)).toBe(true);
        expect(outCount(tx)).toBe(0);
        expect(plain(await unit.data(), ['solvency'])).toEqual(before);
        expect(plain(await unit.epoch())).toEqual(epoch);
    });

    describe('registration', () => {
        it('deploys the vault with the stake and everything the participant wished', async () => {
            const metaUri = beginCell().storeStringTail('ipfs://x').endCell();
            const stake = toNano('25');
            const value = stake + toNano('2');
            const body = ParticipantRegistry.registerBody({
                queryId: 5,
                stake,
                payout: unit.addressOf('bob'),
                recovery: unit.addressOf('keeper'),
                minPayout: 123n,
                metaHash: 456n,
                metaUri,
            });
            const result = await unit.send('alice', body, value);
            const tx = txAt(result, unit.address);
            const vault = await unit.vaultOf(unit.addressOf('alice'));
            const [count, deploy] = outs(tx);
            expect(outCount(tx)).toBe(3);
            expect(poolEvents(result.transactions, 'VaultChanged')).toMatchObject([
                { participant: sameAddress(unit.addressOf('alice')), reason: REASON_REGISTERED, stake },
            ]);
            expect(count).toMatchObject({
                to: sameAddress(unit.addressOf('operator')),
                bounce: false,
                value: computeFee(GAS_OPERATOR_COUNT),
            });
            expect(loadParticipantsChanged(count.body.beginParse())).toMatchObject({ queryId: 5n, delta: 1n });
            expect(deploy).toMatchObject({
                to: sameAddress(vault.address),
                bounce: true,
                hasInit: true,
                value: afterFees(tx, value - count.value),
            });
            expect(kept(tx)).toBe(0n);
            expect(loadOpenVault(deploy.body.beginParse())).toMatchObject({
                queryId: 5n,
                stake,
                minStake: toNano('10'),
                active: true,
                gpuCeiling: 5000n,
                operator: sameAddress(unit.addressOf('operator')),
                distribution: sameAddress(unit.addressOf('distribution')),
            });
            expect(await vault.getVaultData()).toMatchObject({
                status: VAULT_ACTIVE,
                stake,
                payout: sameAddress(unit.addressOf('bob')),
                minPayout: 123n,
                metaHash: 456n,
                hasRecovery: true,
                gpuCeiling: 5000n,
            });
            expect(await vault.getMetaUri()).toEqualCell(metaUri);
            expect(await vault.getRecovery()).toEqualAddress(unit.addressOf('keeper'));
            expect(await unit.data()).toMatchObject({ active: 1n, pending: 0n, exiting: 0n, stakeTotal: stake });
        });

        it('waits for the owner when admission is closed', async () => {
            const closed = await RegistryUnit.open({ open: false });
            const result = await closed.register('alice');
            const tx = txAt(result, closed.address);
            expect(outs(tx).map((out) => out.op)).toEqual([op.OpenVault]);
            expect(poolEvents(result.transactions, 'VaultChanged')).toMatchObject([
                { reason: REASON_PENDING, stake: toNano('10') },
            ]);
            expect(loadOpenVault(outs(tx)[0].body.beginParse())).toMatchObject({ active: false, gpuCeiling: 0n });
            expect(await closed.data()).toMatchObject({ active: 0n, pending: 1n, stakeTotal: toNano('10') });
            const vault = await closed.vaultOf(closed.addressOf('alice'));
            expect((await vault.getVaultData()).status).toBe(VAULT_PENDING);
            const approve = ParticipantRegistry.approveBody({ participant: closed.addressOf('alice'), gpuCeiling: 70 });
            await closed.send('owner', approve);
            expect(await vault.getVaultData()).toMatchObject({ status: VAULT_ACTIVE, gpuCeiling: 70n });
            expect(await closed.data()).toMatchObject({ active: 1n, pending: 0n });
        });
    });

    it('counts what a vault tells it', async () => {
        await unit.register('alice');
        const vault = await unit.vaultOf(unit.addressOf('alice'));
        const update = (active: bigint, exiting: bigint) =>
            cellOf(
                storeVaultUpdate({
                    $$type: 'VaultUpdate',
                    queryId: 6n,
                    reason: REASON_EXIT_REQUESTED,
                    active,
                    pending: 2n,
                    exiting,
                    stake: 77n,
                    participant: unit.addressOf('alice'),
                }),
            );
        const quiet = await unit.sendAs(vault.address, update(0n, 1n));
        expect(outCount(txAt(quiet, unit.address))).toBe(1);
        expect(poolEvents(quiet.transactions, 'VaultChanged')).toMatchObject([
            { participant: sameAddress(unit.addressOf('alice')), reason: REASON_EXIT_REQUESTED, stake: 77n },
        ]);
        expect(await unit.data()).toMatchObject({
            active: 1n,
            pending: 2n,
            exiting: 1n,
            stakeTotal: toNano('10') + 77n,
        });
        const tx = txAt(await unit.sendAs(vault.address, update(-1n, -1n)), unit.address);
        expect(outCount(tx)).toBe(2);
        expect(outs(tx)[0]).toMatchObject({
            to: sameAddress(unit.addressOf('operator')),
            bounce: false,
            value: computeFee(GAS_OPERATOR_COUNT),
        });
        expect(loadParticipantsChanged(outs(tx)[0].body.beginParse())).toMatchObject({ queryId: 6n, delta: -1n });
        expect(await unit.data()).toMatchObject({ active: 0n, pending: 4n, exiting: 0n });
    });

    describe('reports', () => {
        const rows = () => [
            { participant: unit.addressOf('alice'), seconds: 1000, gpu: 50, uptimeBps: 9_501, outages: 0 },
            { participant: unit.addressOf('bob'), seconds: 2000, gpu: 60, uptimeBps: 8_000, outages: 1 },
        ];

        beforeEach(async () => {
            await unit.register('alice');
            await unit.register('bob');
            unit.advance(DAY);
        });

        it('send each vault its entry and an equal part of the value', async () => {
            const value = toNano('3');
            const result = await unit.report(0, rows(), { value, queryId: 12n });
            const tx = txAt(result, unit.address);
            const sent = outs(tx);
            expect(outCount(tx)).toBe(3);
            expect(poolEvents(result.transactions, 'MetricsReported')).toMatchObject([
                { epoch: 0n, attempt: false, count: 2n },
            ]);
            const [{ entries }] = poolEvents(result.transactions, 'MetricsReported');
            expect(parseEntries(entries).map((row) => plain(row))).toEqual(rows().map((row) => plain(row)));
            for (const [i, row] of rows().entries()) {
                const vault = await unit.vaultOf(row.participant);
                expect(sent[i]).toMatchObject({ to: sameAddress(vault.address), bounce: true, value: sent[0].value });
                expect(loadMetricsEntry(sent[i].body.beginParse())).toEqual({
                    $$type: 'MetricsEntry',
                    queryId: 12n,
                    epoch: 0n,
                    attempt: false,
                    bucket: BigInt(bucketOf(row, DAY)),
                    score: scoreOf(row),
                    seconds: BigInt(row.seconds),
                    gpu: BigInt(row.gpu),
                    epochEnd: unit.now,
                    epochSeconds: DAY,
                    responseTo: sameAddress(unit.addressOf('reporter')),
                    minEarned: 0n,
                });
                expect(await unit.registry.getBucketTotal(bucketOf(row, DAY))).toBe(scoreOf(row));
                expect(await vault.getEpoch(0)).toMatchObject({ present: true, score: scoreOf(row) });
            }
            const own = await ownCost(2n);
            expect(sent[0].value).toBe((value - own) / 2n - forwardFee(1n, EVENT_BITS));
            expect(kept(tx)).toBeGreaterThanOrEqual(0n);
            expect(await unit.epoch()).toMatchObject({
                accepted: 2n,
                activeAtEnd: 2n,
                sealed: false,
                appointed: false,
                dueAt: unit.now + WINDOW,
            });
        });

        /** What the registry keeps for itself, from get_cost. */
        async function ownCost(n: bigint): Promise<bigint> {
            const [one, two] = await Promise.all([1, 2].map((k) => unit.registry.getCost(op.ReportMetrics, k)));
            expect(two).toBeGreaterThan(one);
            const close = await unit.registry.getCost(op.CloseEpoch);
            const total = await unit.registry.getCost(op.ReportMetrics, n);
            const alone = await leastEach();
            return total - close - n * alone;
        }

        /** The least value an entry carries, with its forward fee. */
        async function leastEach(): Promise<bigint> {
            const close = await unit.registry.getCost(op.CloseEpoch);
            const value = (await unit.registry.getCost(op.ReportMetrics, 1)) - close;
            const fresh = unit.checkpoint();
            const result = await unit.report(0, [rows()[0]], { value });
            const [out] = outs(txAt(result, unit.address));
            await fresh();
            return out.value + forwardFee(1n, EVENT_BITS);
        }

        it('carry minEarned along when there is one', async () => {
            const other = await RegistryUnit.open({ minEarned: 7n });
            await other.register('alice');
            other.advance(DAY);
            const result = await other.report(0, [{ participant: other.addressOf('alice'), seconds: 0 }]);
            const [out] = outs(txAt(result, other.address));
            expect(loadMetricsEntry(out.body.beginParse())).toMatchObject({ minEarned: 7n, seconds: 0n, score: 0n });
            expect(await other.epoch()).toMatchObject({ accepted: 1n });
        });

        it('take 80 rows at once', async () => {
            const strangers = Array.from({ length: Number(MAX_BATCH) }, (_, i) => ({
                participant: beginCell()
                    .storeUint(4, 3)
                    .storeInt(0, 8)
                    .storeUint(i + 1, 256)
                    .endCell()
                    .beginParse()
                    .loadAddress(),
            }));
            const result = await unit.report(0, strangers);
            const tx = txAt(result, unit.address);
            expect(exitCode(tx)).toBe(0);
            expect(outCount(tx)).toBe(81);
            // There is no vault at any of these addresses: every entry comes back and out of the totals.
            expect(txsAt(result, unit.address)).toHaveLength(81);
            expect(await unit.epoch()).toMatchObject({ accepted: 0n });
            expect(await unit.registry.getBucketTotal(0)).toBe(0n);
        });

        it('close the epoch before when it is due', async () => {
            await unit.report(0, rows());
            await unit.send('reporter', ParticipantRegistry.sealBody({ epoch: 0 }));
            unit.advance(DAY);
            const result = await unit.report(1, rows(), { queryId: 13n });
            const tx = txAt(result, unit.address);
            const totals = outs(tx).find((out) => out.op === op.RoundTotals)!;
            expect(totals.to).toEqualAddress(unit.addressOf('distribution'));
            const parsed = loadRoundTotals(totals.body.beginParse());
            expect(parsed).toMatchObject({ queryId: 13n, epoch: 0n, attempt: false, free: false });
            expect(parsed.responseTo).toEqualAddress(unit.addressOf('reporter'));
            expect(kept(tx)).toBeGreaterThanOrEqual(0n);
            expect(await unit.epoch()).toMatchObject({ epoch: 1n, accepted: 2n, lastClosed: 0n });
        });

        it('are sealed when every active vault is in them, and closed after the objection window', async () => {
            const start = unit.now - DAY;
            await unit.report(0, rows());
            unit.advance(60n);
            const sealing = await unit.send('reporter', ParticipantRegistry.sealBody({ epoch: 0, queryId: 2 }));
            const sealTx = txAt(sealing, unit.address);
            expect(poolEvents(sealing.transactions, 'EpochMarked')).toMatchObject([
                { epoch: 0n, kind: 0n, by: sameAddress(unit.addressOf('reporter')) },
            ]);
            expect(outCount(sealTx)).toBe(2);
            expect(outs(sealTx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('reporter')),
                op: op.Excesses,
                queryId: 2n,
                bounce: false,
            });
            expectSmallRest(sealTx);
            const dueAt = unit.now + WINDOW;
            expect(await unit.epoch()).toMatchObject({ sealed: true, dueAt, due: false, activeAtEnd: 2n });

            unit.at(dueAt);
            expect((await unit.epoch()).due).toBe(true);
            const result = await unit.send('keeper', ParticipantRegistry.closeEpochBody({ queryId: 3 }), toNano('2'));
            const tx = txAt(result, unit.address);
            const [out] = outs(tx);
            expect(outCount(tx)).toBe(2);
            expect(out).toMatchObject({
                to: sameAddress(unit.addressOf('distribution')),
                bounce: true,
                value: closedWith(tx, toNano('2')),
            });
            expectSmallRest(tx);
            const scores = [0n, 0n, 0n, 0n, 0n, 0n];
            rows().forEach((row) => (scores[bucketOf(row, DAY)] += scoreOf(row)));
            const parsed = loadRoundTotals(out.body.beginParse());
            expect(parsed).toMatchObject({
                queryId: 3n,
                epoch: 0n,
                attempt: false,
                free: false,
                epochStart: start,
                responseTo: sameAddress(unit.addressOf('keeper')),
            });
            expect(unpackTotals(parsed.totals, parsed.totalsFrequent)).toEqual(scores);
            expect(poolEvents(result.transactions, 'EpochClosed')).toMatchObject([
                { epoch: 0n, attempt: false, reported: true, accepted: 2n, active: 2n },
            ]);
            const [closed] = poolEvents(result.transactions, 'EpochClosed');
            expect(unpackTotals(closed.totals, closed.totalsFrequent)).toEqual(scores);
            expect(await unit.epoch()).toMatchObject({
                epoch: 1n,
                start: start + DAY,
                accepted: 0n,
                sealed: false,
                due: false,
                lastClosed: 0n,
                undelivered: false,
                activeAtEnd: 2n,
            });
            for (const bucket of [0, 1, 2, 3, 4, 5]) {
                expect(await unit.registry.getBucketTotal(bucket)).toBe(0n);
            }
        });

        it('that do not come cost the operator a fine', async () => {
            unit.advance(WINDOW);
            const close = await unit.registry.getCost(op.CloseEpoch);
            const result = await unit.send('keeper', ParticipantRegistry.closeEpochBody({ queryId: 3 }), close);
            const tx = txAt(result, unit.address);
            const [fine, totals] = outs(tx);
            expect(outCount(tx)).toBe(3);
            expect(fine).toMatchObject({ to: sameAddress(unit.addressOf('operator')), bounce: false });
            expect(loadEpochMissed(fine.body.beginParse())).toMatchObject({
                queryId: 3n,
                epoch: 0n,
                epochStart: unit.now - WINDOW - DAY,
            });
            expect(fine.value).toBeGreaterThan(0n);
            expect(totals.value + fine.value).toBe(closedWith(tx, close));
            expectSmallRest(tx);
            expect(poolEvents(result.transactions, 'EpochClosed')).toMatchObject([
                { reported: false, accepted: 0n, active: 2n },
            ]);
            expect(await unit.data()).toMatchObject({ missedInRow: 1n, unmanaged: false });
        });
    });

    it('confirms to the operator that no epoch begun before is open', async () => {
        const start = unit.now;
        const ask = (since: bigint) =>
            cellOf(storeAskIdle({ $$type: 'AskIdle', queryId: 8n, since, amount: 55n, emergency: true }));
        const result = await unit.send('operator', ask(start));
        const tx = txAt(result, unit.address);
        expect(outCount(tx)).toBe(1);
        expect(outs(tx)[0]).toMatchObject({ to: sameAddress(unit.addressOf('operator')), bounce: true });
        expect(outs(tx)[0].value).toBe(afterFees(tx, toNano('1')));
        expect(kept(tx)).toBe(0n);
        expect(loadIdleConfirmed(outs(tx)[0].body.beginParse())).toEqual({
            $$type: 'IdleConfirmed',
            queryId: 8n,
            since: start,
            amount: 55n,
            emergency: true,
        });
    });

    it('keeps plain transfers and excesses as rent', async () => {
        const excesses = beginCell().storeUint(op.Excesses, 32).storeUint(1, 64).endCell();
        for (const body of [Cell.EMPTY, excesses]) {
            const before = await unit.registry.getSolvency();
            const tx = txAt(await unit.send('stranger', body), unit.address);
            expect(exitCode(tx)).toBe(0);
            expect(outCount(tx)).toBe(0);
            expect(await unit.registry.getSolvency()).toBe(before + kept(tx));
        }
    });

    it('says what it holds beyond its rent', async () => {
        const solvency = await unit.registry.getSolvency();
        const balance = await unit.balance();
        const rents = [31_536_000n, 157_680_000n].map((seconds) => rentOf(REGISTRY_CELLS, REGISTRY_BITS, seconds));
        expect(rents).toContain(balance - solvency);
        expect((await unit.data()).solvency).toBe(solvency);
        expect(rentOf(VAULT_CELLS, VAULT_BITS, 1n)).toBeGreaterThan(0n);
    });
});
