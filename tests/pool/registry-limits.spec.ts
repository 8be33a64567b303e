/** Bounds of amounts, rows and batches at the registry, at the limit and one beyond. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    EVENT_BITS,
    GAS_OPERATOR_COUNT,
    GAS_REGISTRY_RELAY,
    GAS_REGISTRY_UPDATE,
    GAS_REGISTRY_REPORT_BASE,
    GAS_REGISTRY_REPORT_ROW,
    GAS_VAULT_METRICS,
    GAS_VAULT_SMALL,
    METRICS_BITS,
    loadMetricsEntry,
    ROW_BITS,
    storeReportMetrics,
    storeUpgradeNotice,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    bucketOf,
    MAX_BATCH,
    MAX_GPU,
    metricsEntries,
    MetricsRow,
    ParticipantRegistry,
    poolEvents,
    PoolExit,
    POOL_UPGRADE_DELAY,
    scoreOf,
    WEEK,
    unpackEntry,
} from '../../wrappers/pool';
import { underCoverage } from '../support/coverage';
import {
    cellOf,
    claimCost,
    computeFee,
    exitCode,
    expectNoLoss,
    expectRefused,
    forwardFee,
    kept,
    outs,
    RegistryUnit,
    REFUSAL,
    REFUSING_CODE,
    sameAddress,
    smallForward,
    succeeded,
    txAt,
    afterFees,
    outCount,
} from '../support/pool/units';

const op = ParticipantRegistry.opcodes;
const DAY = 86_400n;
/** TVM: something is left over, or missing. */
const CELL_UNDERFLOW = 9;
/** What the registry tells a vault. */
const entryOf = (body: Cell) => unpackEntry(loadMetricsEntry(body.beginParse()).entry);
const { ERROR_BAD_ADDRESS, ERROR_BAD_PARAMETER, ERROR_BATCH, ERROR_METRICS_BOUNDS } = PoolExit;
const { ERROR_NOT_ACTIVE, ERROR_STAKE_TOO_LOW, ERROR_VALUE_TOO_LOW } = PoolExit;

describe('limits of a registry', () => {
    let unit: RegistryUnit;
    let alice: Address;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RegistryUnit.open();
        await unit.register('alice');
        alice = unit.addressOf('alice');
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const row = (changes: Partial<MetricsRow> = {}): MetricsRow => ({
        participant: alice,
        seconds: 100,
        gpu: 50,
        uptimeBps: 10_000,
        outages: 0,
        ...changes,
    });

    describe('registration', () => {
        const register = (stake: bigint) => ParticipantRegistry.registerBody({ stake });

        it('asks for the minimum stake', async () => {
            await unit.refused(ERROR_STAKE_TOO_LOW, 'bob', register(toNano('10') - 1n), toNano('13'));
            expect(succeeded(txAt(await unit.send('bob', register(toNano('10')), toNano('13')), unit.address))).toBe(
                true,
            );
        });

        it('asks for the stake and what the whole chain costs', async () => {
            const stake = toNano('10');
            const cost = await unit.registry.getCost(op.Register);
            await unit.refused(ERROR_VALUE_TOO_LOW, 'bob', register(stake), stake + cost - 1n);
            if (!underCoverage) {
                await unit.send('bob', register(stake), stake + cost);
                const vault = await unit.vaultOf(unit.addressOf('bob'));
                const data = await vault.getVaultData();
                expect(data.stake).toBe(stake);
                // The vault starts with five years of rent, of which the last one is not surplus.
                expect(data.solvency).toBeGreaterThan(0n);
            }
        });

        it('is for active pools', async () => {
            await unit.roles({ active: false });
            await unit.refused(ERROR_NOT_ACTIVE, 'bob', register(toNano('10')), toNano('13'));
        });

        it('is for people in the basechain', async () => {
            await expectRefused(unit.blockchain, unit.address, ERROR_BAD_ADDRESS, () =>
                unit.sendAs(new Address(-1, Buffer.alloc(32, 7)), register(toNano('10')), toNano('13')),
            );
        });

        it('is taken as it is written, and nothing behind it', async () => {
            const body = register(toNano('10')).beginParse();
            const about = body.loadRef();
            const withAbout = (more: Cell, tail = 0) =>
                beginCell()
                    .storeBits(body.clone().loadBits(body.remainingBits))
                    .storeUint(0, tail)
                    .storeRef(more)
                    .endCell();
            const longer = beginCell().storeSlice(about.beginParse()).storeBit(0).endCell();
            const wider = beginCell().storeSlice(about.beginParse()).storeRef(Cell.EMPTY).endCell();
            for (const bad of [withAbout(longer), withAbout(wider), withAbout(about, 1)]) {
                await unit.refused(CELL_UNDERFLOW, 'bob', bad, toNano('13'));
            }
            expect(succeeded(txAt(await unit.send('bob', withAbout(about), toNano('13')), unit.address))).toBe(true);
        });

        it.each([1, 2, 4])('never leaves a stake behind, however long the URI is (depth %i)', async (depth) => {
            let uri = beginCell().storeBuffer(Buffer.alloc(127, 1)).endCell();
            for (let i = 1; i < depth; i++) {
                const builder = beginCell().storeBuffer(Buffer.alloc(126, i)).storeRef(uri);
                for (let branch = 0; branch < 3; branch++) {
                    builder.storeRef(
                        beginCell()
                            .storeBuffer(Buffer.alloc(120, 16 * i + branch))
                            .storeRef(uri)
                            .endCell(),
                    );
                }
                uri = builder.endCell();
            }
            const stake = toNano('10');
            const before = await unit.data();
            const body = ParticipantRegistry.registerBody({ stake, metaUri: uri });
            const value = stake + (await unit.registry.getCost(op.Register));
            const result = await unit.send('bob', body, value);
            const vault = await unit.vaultOf(unit.addressOf('bob'));
            const { active, stakeTotal } = await unit.data();
            const owners = outs(txAt(result, unit.address)).filter((out) => out.to.equals(unit.addressOf('owner')));
            expect(owners).toEqual([]);
            if (active > before.active) {
                expect((await vault.getVaultData()).stake).toBe(stake);
                expect(stakeTotal).toBe(before.stakeTotal + stake);
            } else {
                expect(stakeTotal).toBe(before.stakeTotal);
                const bobs = outs(txAt(result, unit.address)).find((out) => out.to.equals(unit.addressOf('bob')));
                expect(bobs?.value ?? 0n).toBeGreaterThan(stake);
            }
        });
    });

    it.each([1n, MAX_GPU])('takes a GPU ceiling of %i', async (gpuCeiling) => {
        for (const body of [
            ParticipantRegistry.approveBody({ participant: alice, gpuCeiling }),
            ParticipantRegistry.setGpuCeilingBody({ participant: alice, gpuCeiling }),
        ]) {
            expect(exitCode(txAt(await unit.send('owner', body), unit.address))).toBe(0);
        }
    });

    it.each([0n, MAX_GPU + 1n])('refuses a GPU ceiling of %i', async (gpuCeiling) => {
        for (const body of [
            ParticipantRegistry.approveBody({ participant: alice, gpuCeiling }),
            ParticipantRegistry.setGpuCeilingBody({ participant: alice, gpuCeiling }),
        ]) {
            await unit.refused(ERROR_BAD_PARAMETER, 'owner', body);
        }
    });

    it('announces slashes of at least a nano', async () => {
        const body = (amount: bigint) =>
            ParticipantRegistry.announceSlashBody({ participant: alice, amount, reasonHash: 0n });
        await unit.refused(ERROR_BAD_PARAMETER, 'owner', body(0n));
        expect(exitCode(txAt(await unit.send('owner', body(1n)), unit.address))).toBe(0);
    });

    it('relays with what the vault and its answer cost', async () => {
        const cost = await unit.registry.getCost(op.Reject);
        for (const [from, body] of [
            ['owner', ParticipantRegistry.approveBody({ participant: alice, gpuCeiling: 5 })],
            ['owner', ParticipantRegistry.rejectBody({ participant: alice })],
            ['owner', ParticipantRegistry.setGpuCeilingBody({ participant: alice, gpuCeiling: 5 })],
            ['owner', ParticipantRegistry.announceSlashBody({ participant: alice, amount: 1n, reasonHash: 0n })],
            ['arbiter', ParticipantRegistry.vetoSlashBody({ participant: alice })],
        ] as const) {
            await unit.refused(ERROR_VALUE_TOO_LOW, from, body, cost - 1n);
            if (!underCoverage) {
                const tx = txAt(await unit.send(from, body, cost), unit.address);
                expect(outs(tx)[0].value).toBe(afterFees(tx, cost));
            }
        }
        // To the vault, back, the count to the operator, a refund, excesses, two events.
        const gas = GAS_REGISTRY_RELAY + GAS_VAULT_SMALL + GAS_REGISTRY_UPDATE + GAS_OPERATOR_COUNT;
        expect(cost).toBeGreaterThanOrEqual(computeFee(gas) + 7n * smallForward());
    });

    it('closes with what the round and a fine cost', async () => {
        const cost = await unit.registry.getCost(op.CloseEpoch);
        unit.advance(2n * DAY);
        await unit.refused(ERROR_VALUE_TOO_LOW, 'keeper', ParticipantRegistry.closeEpochBody(), cost - 1n);
        const tx = txAt(await unit.send('keeper', ParticipantRegistry.closeEpochBody(), cost), unit.address);
        expect(succeeded(tx)).toBe(true);
        expect((await unit.epoch()).epoch).toBe(1n);
    });

    it('seals and voids with what they cost, and not for nothing', async () => {
        unit.advance(DAY);
        await unit.report(0, [row()]);
        const little = computeFee(100n) * 100n;
        await unit.refused(ERROR_VALUE_TOO_LOW, 'reporter', ParticipantRegistry.sealBody({ epoch: 0 }), little);
        await unit.refused(ERROR_VALUE_TOO_LOW, 'owner', ParticipantRegistry.voidEpochBody({ epoch: 0 }), little);
        const enough = await unit.registry.getCost(op.Seal);
        const tx = txAt(await unit.send('reporter', ParticipantRegistry.sealBody({ epoch: 0 }), enough), unit.address);
        expect(succeeded(tx)).toBe(true);
        expectNoLoss(tx);
    });

    describe('rows', () => {
        const body = (rows: MetricsRow[]) => ParticipantRegistry.reportMetricsBody({ epoch: 0, rows });

        beforeEach(async () => {
            unit.advance(DAY);
        });

        it.each([
            ['seconds', Number(DAY), Number(DAY) + 1],
            ['gpu', Number(MAX_GPU), Number(MAX_GPU) + 1],
            ['gpu', 1, 0],
            ['uptimeBps', 10_000, 10_001],
        ] as const)('take %s of %i and not of %i', async (field, good, bad) => {
            await unit.refused(ERROR_METRICS_BOUNDS, 'reporter', body([row({ [field]: bad })]), toNano('3'));
            await unit.refused(ERROR_METRICS_BOUNDS, 'reporter', body([row(), row({ [field]: bad })]), toNano('3'));
            const tx = txAt(await unit.send('reporter', body([row({ [field]: good })]), toNano('3')), unit.address);
            expect(exitCode(tx)).toBe(0);
            expect(entryOf(outs(tx)[0].body).score).toBe(scoreOf(row({ [field]: good })));
        });

        it('take outages, however many', async () => {
            const tx = txAt(await unit.send('reporter', body([row({ outages: 65_535 })]), toNano('3')), unit.address);
            expect(entryOf(outs(tx)[0].body).bucket).toBe(3n);
            expect(await unit.registry.getBucketTotal(3)).toBe(scoreOf(row()));
        });

        it('are put into the bucket of their uptime', async () => {
            const uptimes = [0, 7_999, 8_000, 9_500, 9_501, 10_000];
            const rows = uptimes.map((uptimeBps) => row({ uptimeBps }));
            const tx = txAt(await unit.send('reporter', body(rows), toNano('9')), unit.address);
            const buckets = outs(tx).map((out) => entryOf(out.body).bucket);
            expect(buckets).toEqual([2n, 2n, 1n, 1n, 0n, 0n]);
            expect(buckets).toEqual(rows.map((r) => BigInt(bucketOf(r, DAY))));
        });

        it.each([
            [Number(WEEK), 3, false],
            [Number(WEEK), 4, true],
            [Number(WEEK) / 3, 1, false],
            [Number(WEEK) / 3 - 1, 1, true],
            [86_400, 0, false],
            [86_400, 1, true],
            [2_419_200, 12, false],
            [2_419_200, 13, true],
        ])('of an epoch of %i seconds with %i outages: frequent is %s', async (epochSeconds, outages, frequent) => {
            const other = await RegistryUnit.open({ epochSeconds });
            other.advance(BigInt(epochSeconds));
            const result = await other.report(0, [row({ outages, uptimeBps: 9_000 })]);
            const [out] = outs(txAt(result, other.address));
            expect(entryOf(out.body).bucket).toBe(frequent ? 4n : 1n);
            // Nobody is registered there: the entry has come back, and the other total was never touched.
            expect(await other.registry.getBucketTotal(frequent ? 4 : 1)).toBe(0n);
            expect(poolEvents(result.transactions, 'MetricsRefused')).toMatchObject([
                { bucket: frequent ? 4n : 1n, counted: true },
            ]);
        });

        it('add up by bucket and come out of it again when they are refused', async () => {
            const rows = [0, 0, 1, 1].flatMap((outages) =>
                [9_600, 9_000, 1_000].map((uptimeBps, i) =>
                    row({ outages, uptimeBps, seconds: 100 + i + 10 * outages }),
                ),
            );
            // The first row of alice is taken, all others are duplicates.
            const result = await unit.send('reporter', body(rows), toNano('15'));
            expect(poolEvents(result.transactions, 'MetricsRefused')).toHaveLength(11);
            expect(await unit.epoch()).toMatchObject({ accepted: 1n });
            for (const bucket of [0, 1, 2, 3, 4, 5]) {
                expect(await unit.registry.getBucketTotal(bucket)).toBe(bucket === 0 ? scoreOf(rows[0]) : 0n);
            }
        });

        describe('in a batch', () => {
            const raw = (count: bigint, entries: Cell) =>
                cellOf(storeReportMetrics({ $$type: 'ReportMetrics', queryId: 0n, epoch: 0n, count, entries }));

            it('are as many as it says', async () => {
                const entries = metricsEntries([row(), row(), row()]);
                for (const count of [1n, 2n]) {
                    await unit.refused(ERROR_BATCH, 'reporter', raw(count, entries), toNano('5'));
                }
                const more = txAt(await unit.send('reporter', raw(4n, entries), toNano('5')), unit.address);
                expect(exitCode(more)).not.toBe(0);
                expect(await unit.epoch()).toMatchObject({ accepted: 0n });
                expect(exitCode(txAt(await unit.send('reporter', raw(3n, entries), toNano('5')), unit.address))).toBe(
                    0,
                );
            });

            it('are one to 80', async () => {
                const many = Array.from({ length: Number(MAX_BATCH) + 1 }, () => row());
                await unit.refused(ERROR_BATCH, 'reporter', raw(0n, Cell.EMPTY), toNano('5'));
                await unit.refused(ERROR_BATCH, 'reporter', raw(MAX_BATCH + 1n, metricsEntries(many)), toNano('90'));
            });

            it('carry nothing behind the last row', async () => {
                const trailing = beginCell()
                    .storeSlice(metricsEntries([row()]).beginParse())
                    .storeRef(Cell.EMPTY)
                    .endCell();
                await unit.refused(ERROR_BATCH, 'reporter', raw(1n, trailing), toNano('5'));
                const bits = beginCell()
                    .storeSlice(metricsEntries([row()]).beginParse())
                    .storeBit(1)
                    .endCell();
                await unit.refused(ERROR_BATCH, 'reporter', raw(1n, bits), toNano('5'));
            });

            it.each([
                [1n, 0n],
                [2n, 0n],
                [1n, 7n],
                [2n, 7n],
            ])('of %i are taken with the least that pays for the rows (minEarned %i)', async (n, minEarned) => {
                const pool = await RegistryUnit.open({ minEarned });
                await pool.register('alice');
                pool.advance(DAY);
                const rows = Array.from({ length: Number(n) }, () => row({ participant: pool.addressOf('alice') }));
                const report = ParticipantRegistry.reportMetricsBody({ epoch: 0, rows });
                const own =
                    computeFee(GAS_REGISTRY_REPORT_BASE + GAS_REGISTRY_REPORT_ROW * n) +
                    forwardFee(n / 2n + 2n, EVENT_BITS + ROW_BITS * n);
                const each = computeFee(GAS_VAULT_METRICS) + smallForward();
                const least = own + n * (each + forwardFee(1n, METRICS_BITS));
                expect(await pool.registry.getReportMinimum(n)).toBe(least);
                const close = await pool.registry.getCost(op.CloseEpoch);
                expect(await pool.registry.getCost(op.ReportMetrics, n)).toBe(
                    own + n * (claimCost(GAS_VAULT_METRICS, 1n) + forwardFee(1n, METRICS_BITS)) + close,
                );
                await pool.refused(ERROR_VALUE_TOO_LOW, 'reporter', report, least - 1n);
                if (!underCoverage) {
                    const tx = txAt(await pool.send('reporter', report, least), pool.address);
                    expect(succeeded(tx)).toBe(true);
                    expect(outs(tx).map((out) => out.value)).toEqual(rows.map(() => each));
                    expectNoLoss(tx);
                }
            });
        });
    });

    describe('upgrade', () => {
        const codeHash = BigInt(`0x${REFUSING_CODE.hash().toString('hex')}`);
        const notice = (hash: bigint, vault = false) =>
            cellOf(storeUpgradeNotice({ $$type: 'UpgradeNotice', queryId: 0n, vault, codeHash: hash }));
        const apply = (code: Cell) => ParticipantRegistry.applyUpgradeBody({ code, queryId: 4 });

        it('is announced, waits 9 days and is applied by anyone', async () => {
            await unit.refused(PoolExit.ERROR_NO_CHANGE, 'stranger', apply(REFUSING_CODE));
            const announced = await unit.send('operator', notice(codeHash));
            const readyAt = unit.now + POOL_UPGRADE_DELAY;
            expect(poolEvents(announced.transactions, 'UpgradeEvent')).toMatchObject([
                { codeHash, at: readyAt, version: 0n },
            ]);
            expect(await unit.registry.getUpgrade(false)).toMatchObject({ codeHash, readyAt, version: 0n });
            expect(await unit.registry.getUpgrade(true)).toMatchObject({ codeHash: 0n });
            await unit.refused(PoolExit.ERROR_CHANGE_PENDING, 'operator', notice(5n));
            unit.at(readyAt - 1n);
            await unit.refused(PoolExit.ERROR_TOO_EARLY, 'stranger', apply(REFUSING_CODE));
            unit.at(readyAt);
            await unit.refused(PoolExit.ERROR_WRONG_CODE, 'stranger', apply(Cell.EMPTY));
            const result = await unit.send('stranger', apply(REFUSING_CODE));
            expect(poolEvents(result.transactions, 'UpgradeEvent')).toMatchObject([{ codeHash, at: 0n, version: 1n }]);
            const tx = txAt(result, unit.address);
            expect(outCount(tx)).toBe(2);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('stranger')),
                op: op.Excesses,
                queryId: 4n,
                value: afterFees(tx, toNano('1')),
            });
            expect(kept(tx)).toBe(0n);
            const after = txAt(
                await unit.send('owner', ParticipantRegistry.rejectBody({ participant: alice })),
                unit.address,
            );
            expect(exitCode(after)).toBe(REFUSAL);
        });

        it('to the code that runs changes nothing but the version', async () => {
            const { accountState } = await unit.blockchain.getContract(unit.address);
            const code = accountState?.type === 'active' ? accountState.state.code! : Cell.EMPTY;
            await unit.send('operator', notice(BigInt(`0x${code.hash().toString('hex')}`)));
            unit.advance(POOL_UPGRADE_DELAY);
            await unit.send('stranger', apply(code));
            expect(await unit.data()).toMatchObject({ version: 1n, active: 1n, stakeTotal: toNano('10') });
            expect(await unit.registry.getUpgrade(false)).toMatchObject({ version: 1n, codeHash: 0n, readyAt: 0n });
            expect(await unit.registry.getVaultAddress(alice)).toEqualAddress(
                await unit.registry.getVaultAddress(alice),
            );
            await unit.refused(PoolExit.ERROR_NO_CHANGE, 'stranger', apply(code));
        });

        it.each([false, true])('is taken back (of the vaults: %s)', async (vault) => {
            await unit.refused(PoolExit.ERROR_NO_CHANGE, 'operator', notice(0n, vault));
            await unit.send('operator', notice(codeHash, vault));
            expect((await unit.registry.getUpgrade(vault)).codeHash).toBe(codeHash);
            expect((await unit.registry.getUpgrade(!vault)).codeHash).toBe(0n);
            const result = await unit.send('operator', notice(0n, vault));
            expect(poolEvents(result.transactions, 'UpgradeEvent')).toMatchObject([
                { codeHash: 0n, at: 0n, version: 0n },
            ]);
            expect(await unit.registry.getUpgrade(vault)).toMatchObject({ codeHash: 0n, readyAt: 0n });
        });
    });
});
