/** The registry alone: a report, its seal, the close, and what each vault and the distribution get of it. */
import { beginCell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    EVENT_BITS,
    GAS_REGISTRY_CLOSE,
    loadEpochMissed,
    loadMetricsEntry,
    loadRoundTotals,
    storeConfigChange,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    bucketOf,
    EXIT_DELAY,
    MAX_BATCH,
    packEntry,
    ParticipantRegistry,
    parseEntries,
    poolEvents,
    scoreOf,
    unpackTotals,
} from '../../wrappers/pool';
import {
    cellOf,
    computeFee,
    exitCode,
    expectNoLoss,
    expectSmallRest,
    forwardFee,
    outCount,
    outs,
    plain,
    RegistryUnit,
    sameAddress,
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
                    entry: packEntry({ attempt: false, bucket: BigInt(bucketOf(row, DAY)), score: scoreOf(row) }),
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
            expectNoLoss(tx);
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
            expect(loadMetricsEntry(out.body.beginParse())).toMatchObject({ minEarned: 7n, seconds: 0n, entry: 0n });
            expect(await other.epoch()).toMatchObject({ accepted: 1n });
        });

        it('carry a raised minEarned from the second on in which it applies', async () => {
            unit.advance(10n);
            const raise = { $$type: 'ConfigChange', queryId: 0n, kind: 1n, value: 9n } as const;
            await unit.send('operator', cellOf(storeConfigChange(raise)));
            const at = unit.now + EXIT_DELAY;
            for (let epoch = 0n; epoch < 6n; epoch++) {
                unit.advance(DAY);
                await unit.send('keeper', ParticipantRegistry.closeEpochBody(), toNano('2'));
            }
            // Epoch 7 ended ten seconds before the raise applies; its report closes epoch 6.
            const open = unit.checkpoint();
            const sent = async () => {
                const result = await unit.report(7, [{ ...rows()[0], seconds: 0 }]);
                const [out] = outs(txAt(result, unit.address)).slice(-1);
                return loadMetricsEntry(out.body.beginParse()).minEarned;
            };
            unit.at(at - 1n);
            expect(await sent()).toBe(0n);
            await open();
            unit.at(at);
            expect(await sent()).toBe(9n);
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
            expectNoLoss(tx);
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
});
