/** Every message of the registry comes back once: totals and counts are what they were, and the value has an owner. */
import { Address, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    loadRoundTotals,
    storeAskAddStake,
    storeAskIdle,
    storeMetricsEntry,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { packEntry, ParticipantRegistry, poolEvents, PoolExit, scoreOf } from '../../wrappers/pool';
import {
    afterFees,
    cellOf,
    exitCode,
    kept,
    Out,
    outCount,
    outs,
    plain,
    RegistryUnit,
    sameAddress,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/units';

const op = ParticipantRegistry.opcodes;
const DAY = 86_400n;
const WINDOW = DAY / 4n;

describe('bounces to a registry', () => {
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

    const row = () => ({ participant: alice, seconds: 100, gpu: 50, uptimeBps: 10_000, outages: 0 });
    const closeBody = ParticipantRegistry.closeEpochBody();

    describe('MetricsEntry', () => {
        /** The entries of a report that the vaults have taken, as if they came back one after another. */
        async function entries(): Promise<Out[]> {
            unit.advance(DAY);
            const bands = [10_000, 9_000, 5_000];
            const rows = [0, 1].flatMap((outages) =>
                bands.map((uptimeBps, i) => ({ ...row(), uptimeBps, outages, seconds: 100 * (i + 1) })),
            );
            const result = await unit.report(0, rows);
            return outs(txAt(result, unit.address));
        }

        it.each([0, 1, 2, 3, 4, 5])('takes its score out of bucket %i', async (bucket) => {
            unit.advance(DAY);
            const [uptimeBps] = [10_000, 9_000, 5_000].slice(bucket % 3);
            const reported = { ...row(), uptimeBps, outages: bucket < 3 ? 0 : 1 };
            const [out] = outs(txAt(await unit.report(0, [reported]), unit.address));
            const totals = async () => Promise.all([0, 1, 2, 3, 4, 5].map((b) => unit.registry.getBucketTotal(b)));
            const expected = [0n, 0n, 0n, 0n, 0n, 0n];
            expected[bucket] = scoreOf(reported);
            expect(await totals()).toEqual(expected);
            expect((await unit.epoch()).accepted).toBe(1n);

            const result = await unit.bounce(out);
            const tx = txAt(result, unit.address);
            expect(poolEvents(result.transactions, 'MetricsRefused')).toMatchObject([
                { epoch: 0n, attempt: false, bucket: BigInt(bucket), score: scoreOf(reported), counted: true },
            ]);
            expect(outCount(tx)).toBe(2);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('reporter')),
                op: op.Excesses,
                bounce: false,
                value: afterFees(tx, out.value),
            });
            expect(kept(tx)).toBe(0n);
            expect(await totals()).toEqual([0n, 0n, 0n, 0n, 0n, 0n]);
            expect((await unit.epoch()).accepted).toBe(0n);
        });

        it('of duplicates has left only what the vault took', async () => {
            const sent = await entries();
            expect(sent).toHaveLength(6);
            // One vault took the first of its six rows; the five bounces were real.
            expect((await unit.epoch()).accepted).toBe(1n);
            expect(await unit.registry.getBucketTotal(0)).toBe(scoreOf(row()));
            for (const bucket of [1, 2, 3, 4, 5]) {
                expect(await unit.registry.getBucketTotal(bucket)).toBe(0n);
            }
        });

        /** A bounce at a time when its score does not count any more. */
        async function expectUncounted(out: Out, attempt = false) {
            const before = plain(await unit.epoch());
            const totals = await unit.registry.getBucketTotal(0);
            const result = await unit.bounce(out);
            expect(poolEvents(result.transactions, 'MetricsRefused')).toMatchObject([{ counted: false, attempt }]);
            const tx = txAt(result, unit.address);
            expect(outs(tx)[0]).toMatchObject({ to: sameAddress(unit.addressOf('reporter')), op: op.Excesses });
            expect(plain(await unit.epoch())).toEqual(before);
            expect(await unit.registry.getBucketTotal(0)).toBe(totals);
        }

        it('after a void changes nothing: the score is out already', async () => {
            unit.advance(DAY);
            const [out] = outs(txAt(await unit.report(0, [row()]), unit.address));
            await unit.send('owner', ParticipantRegistry.voidEpochBody({ epoch: 0 }));
            await unit.report(0, [row()]);
            expect(await unit.registry.getBucketTotal(0)).toBe(scoreOf(row()));
            await expectUncounted(out);
        });

        it('of the second attempt counts in the second attempt', async () => {
            unit.advance(DAY);
            await unit.report(0, [row()]);
            await unit.send('owner', ParticipantRegistry.voidEpochBody({ epoch: 0 }));
            const [out] = outs(txAt(await unit.report(0, [row()]), unit.address));
            const result = await unit.bounce(out);
            expect(poolEvents(result.transactions, 'MetricsRefused')).toMatchObject([{ counted: true, attempt: true }]);
            expect(await unit.epoch()).toMatchObject({ accepted: 0n, attempt: true });
            expect(await unit.registry.getBucketTotal(0)).toBe(0n);
        });

        it('after the close changes nothing', async () => {
            unit.advance(DAY);
            const [out] = outs(txAt(await unit.report(0, [row()]), unit.address));
            unit.advance(WINDOW);
            await unit.send('keeper', closeBody);
            unit.advance(DAY - WINDOW);
            await unit.report(1, [row()]);
            expect(await unit.registry.getBucketTotal(0)).toBe(scoreOf(row()));
            await expectUncounted(out);
        });

        it('that a vault sends because it ran out of gas is handled like any other', async () => {
            unit.advance(DAY);
            const [out] = outs(txAt(await unit.report(0, [row()]), unit.address));
            const tx = txAt(await unit.bounce(out, toNano('0.01')), unit.address);
            expect(exitCode(tx)).toBe(0);
            expect((await unit.epoch()).accepted).toBe(0n);
        });

        it('of an entry that was never sent does not exist: the registry only knows what it sent', async () => {
            // A stranger's message with the body of an entry is an operation the registry does not know.
            const entry = cellOf(
                storeMetricsEntry({
                    $$type: 'MetricsEntry',
                    queryId: 0n,
                    epoch: 0n,
                    entry: packEntry({ attempt: false, bucket: 0n, score: 5n }),
                    seconds: 0n,
                    gpu: 1n,
                    epochEnd: 0n,
                    epochSeconds: 0n,
                    responseTo: alice,
                    minEarned: 0n,
                }),
            );
            const tx = txAt(await unit.send('stranger', entry), unit.address);
            expect(exitCode(tx)).toBe(130);
        });
    });

    describe('RoundTotals', () => {
        async function close(): Promise<Out> {
            unit.advance(DAY);
            await unit.report(0, [row()]);
            await unit.send('reporter', ParticipantRegistry.sealBody({ epoch: 0 }));
            unit.advance(WINDOW);
            return outs(txAt(await unit.send('keeper', closeBody), unit.address)).find((o) => o.op === op.RoundTotals)!;
        }

        it('go out again before anything else is closed', async () => {
            const out = await close();
            const bounced = txAt(await unit.bounce(out), unit.address);
            expect(exitCode(bounced)).toBe(0);
            expect(outCount(bounced)).toBe(0);
            expect(await unit.epoch()).toMatchObject({ epoch: 1n, undelivered: true, lastClosed: 0n });

            // Epoch 1 is due, but epoch 0 comes first.
            unit.advance(2n * DAY);
            const again = await unit.send('keeper', closeBody);
            const [resent] = outs(txAt(again, unit.address));
            expect(outCount(txAt(again, unit.address))).toBe(1);
            expect(resent.body).toEqualCell(out.body);
            expect(await unit.epoch()).toMatchObject({ epoch: 1n, undelivered: false, lastClosed: 0n, due: true });

            const next = outs(txAt(await unit.send('keeper', closeBody), unit.address)).at(-1)!;
            expect(loadRoundTotals(next.body.beginParse()).epoch).toBe(1n);
            expect(await unit.epoch()).toMatchObject({ epoch: 2n, lastClosed: 1n });
        });

        it('that came back keep a report from closing the next epoch over them', async () => {
            const out = await close();
            await unit.bounce(out);
            // Epoch 2 has just ended, and epoch 1 is due.
            unit.advance(2n * DAY - WINDOW);
            const body = ParticipantRegistry.reportMetricsBody({ epoch: 2, rows: [row()] });
            await unit.refused(PoolExit.ERROR_NOT_DUE, 'reporter', body, toNano('3'));
            await unit.send('keeper', closeBody);
            expect(succeeded(txAt(await unit.send('reporter', body, toNano('3')), unit.address))).toBe(true);
            expect(await unit.epoch()).toMatchObject({ epoch: 2n, lastClosed: 1n });
        });

        it('go out again with the fine of a missed epoch', async () => {
            unit.advance(2n * DAY + WINDOW);
            await unit.send('keeper', closeBody);
            const [told, out] = outs(txAt(await unit.send('keeper', closeBody), unit.address));
            await unit.bounce(out);
            const [fine, resent] = outs(txAt(await unit.send('keeper', closeBody), unit.address));
            expect(fine).toMatchObject({ op: op.EpochMissed, to: sameAddress(unit.addressOf('operator')) });
            expect(fine.body).toEqualCell(told.body);
            expect(resent.body).toEqualCell(out.body);
            expect(await unit.data()).toMatchObject({ missedInRow: 2n });
        });

        it('of an older epoch change nothing any more', async () => {
            const old = await close();
            unit.advance(2n * DAY);
            await unit.send('keeper', closeBody);
            const before = plain(await unit.epoch());
            const tx = txAt(await unit.bounce(old), unit.address);
            expect(exitCode(tx)).toBe(0);
            expect(plain(await unit.epoch())).toEqual(before);
        });
    });

    it('of a message of the owner returns its value to him', async () => {
        for (const body of [
            ParticipantRegistry.approveBody({ participant: alice, gpuCeiling: 5 }),
            ParticipantRegistry.rejectBody({ participant: alice }),
        ]) {
            // Alice is active already: her vault refuses both, and the bounce is real.
            const before = plain(await unit.data(), ['solvency']);
            const result = await unit.send('owner', body);
            const [sent, bounced] = txsAt(result, unit.address);
            expect(exitCode(txAt(result, outs(sent)[0].to))).toBe(PoolExit.ERROR_VAULT_STATE);
            expect(outCount(bounced)).toBe(1);
            expect(outs(bounced)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('owner')),
                op: op.Excesses,
                queryId: 0n,
                bounce: false,
            });
            expect(kept(bounced)).toBe(0n);
            expect(plain(await unit.data(), ['solvency'])).toEqual(before);
        }
    });

    it('of a message for somebody who never registered returns its value, too', async () => {
        const body = ParticipantRegistry.rejectBody({ participant: unit.addressOf('bob') });
        const result = await unit.send('owner', body);
        const [, bounced] = txsAt(result, unit.address);
        expect(outs(bounced)[0]).toMatchObject({ to: sameAddress(unit.addressOf('owner')), op: op.Excesses });
    });

    it('of IdleConfirmed returns the value to the owner', async () => {
        const ask = { $$type: 'AskIdle', queryId: 0n, since: 0n, amount: 1n, emergency: false } as const;
        const [out] = outs(txAt(await unit.send('operator', cellOf(storeAskIdle(ask))), unit.address));
        const tx = txAt(await unit.bounce(out), unit.address);
        expect(outs(tx)[0]).toMatchObject({ to: sameAddress(unit.addressOf('owner')), op: op.Excesses });
        expect(kept(tx)).toBe(0n);
    });

    it('of a registration is not counted, and its money is not the owner’s', async () => {
        for (const open of [true, false]) {
            const other = await RegistryUnit.open({ open });
            const result = await other.register('bob');
            const deploy = outs(txAt(result, other.address)).find((out) => out.op === op.OpenVault)!;
            expect(await other.data()).toMatchObject(open ? { active: 1n, pending: 0n } : { active: 0n, pending: 1n });
            const tx = txAt(await other.bounce(deploy), other.address);
            expect(await other.data()).toMatchObject({ active: 0n, pending: 0n, exiting: 0n, stakeTotal: 0n });
            const money = outs(tx).at(-1)!;
            expect([other.addressOf('bob').toString(), deploy.to.toString()]).toContain(money.to.toString());
            expect(money.value).toBeGreaterThan(toNano('10'));
            expect(kept(tx)).toBe(0n);
            const told = outs(tx).filter((out) => out.op === op.ParticipantsChanged);
            expect(told).toHaveLength(open ? 1 : 0);
        }
    });

    it('of a registration after the end of the epoch leaves the count of its end alone', async () => {
        const other = await RegistryUnit.open();
        const deploy = outs(txAt(await other.register('bob'), other.address)).find((out) => out.op === op.OpenVault)!;
        other.advance(DAY);
        await other.bounce(deploy);
        expect(await other.data()).toMatchObject({ active: 0n });
        expect((await other.epoch()).activeAtEnd).toBe(1n);
    });

    it('of StakeAdded gives the participant his money', async () => {
        const vault = await unit.registry.getVaultAddress(alice);
        const ask = { $$type: 'AskAddStake', queryId: 6n, amount: toNano('3'), participant: alice } as const;
        const asked = await unit.sendAs(vault, cellOf(storeAskAddStake(ask)), toNano('4'));
        const [out] = outs(txAt(asked, unit.address));
        const result = await unit.bounce(out);
        const tx = txAt(result, unit.address);
        expect(kept(tx)).toBe(0n);
        expect(outs(tx)).toHaveLength(1);
        expect([alice.toString(), vault.toString()]).toContain(outs(tx)[0].to.toString());
        const received = [...txsAt(result, alice)].at(-1)!;
        expect(received.inMessage?.info.type === 'internal' && received.inMessage.info.value.coins).toBeGreaterThan(
            toNano('3.9'),
        );
    });
});
