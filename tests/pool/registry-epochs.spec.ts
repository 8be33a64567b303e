/** The calendar of epochs: reports, seals, objections and closes, each in its exact seconds. */
import { Address, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    loadRoundTotals,
    storeAskIdle,
    storeConfigChange,
    storeVaultUpdate,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    EPOCH_MAX,
    EPOCH_MIN,
    EXIT_DELAY,
    MAX_GPU,
    ParticipantRegistry,
    poolEvents,
    PoolExit,
    REASON_EXITED,
    REASON_REFUSED,
} from '../../wrappers/pool';
import {
    cellOf,
    exitCode,
    expectSmallRest,
    outCount,
    outs,
    plain,
    RegistryPerson,
    RegistryUnit,
    sameAddress,
    succeeded,
    txAt,
} from '../support/pool/units';

const op = ParticipantRegistry.opcodes;
const DAY = 86_400n;
const WINDOW = DAY / 4n;
const {
    ERROR_BAD_PARAMETER,
    ERROR_CANNOT_VOID,
    ERROR_CHANGE_PENDING,
    ERROR_EPOCHS_OPEN,
    ERROR_EPOCH_RUNS,
    ERROR_NOT_COMPLETE,
    ERROR_NOT_DUE,
    ERROR_REPORT_WINDOW,
    ERROR_SEALED,
    ERROR_WRONG_EPOCH,
} = PoolExit;

describe('epochs', () => {
    let unit: RegistryUnit;
    let alice: Address;
    let bob: Address;
    let start: bigint;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RegistryUnit.open();
        await unit.register('alice');
        await unit.register('bob');
        alice = unit.addressOf('alice');
        bob = unit.addressOf('bob');
        ({ start } = await unit.epoch());
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const row = (participant: Address) => ({ participant, seconds: 1, gpu: 1, uptimeBps: 10_000, outages: 0 });
    const reportBody = (epoch: bigint, who: Address[] = [alice, bob]) =>
        ParticipantRegistry.reportMetricsBody({ epoch, rows: who.map(row) });
    const sealBody = (epoch: bigint) => ParticipantRegistry.sealBody({ epoch });
    const voidBody = (epoch: bigint) => ParticipantRegistry.voidEpochBody({ epoch });
    const closeBody = ParticipantRegistry.closeEpochBody();
    const accepts = async (from: RegistryPerson, body: ReturnType<typeof sealBody>) => {
        const result = await unit.send(from, body, toNano('3'));
        expect(succeeded(txAt(result, unit.address))).toBe(true);
        return result;
    };
    const refused = (code: number, from: RegistryPerson, body: ReturnType<typeof sealBody>) =>
        unit.refused(code, from, body, toNano('3'));

    describe('reports', () => {
        it('begin with the end of the epoch', async () => {
            unit.at(start + DAY - 1n);
            await refused(ERROR_EPOCH_RUNS, 'reporter', reportBody(0n));
            await refused(ERROR_EPOCH_RUNS, 'reporter', sealBody(0n));
            unit.at(start + DAY);
            await accepts('reporter', reportBody(0n));
            expect((await unit.epoch()).accepted).toBe(2n);
        });

        it('end with the report window', async () => {
            unit.at(start + DAY + WINDOW - 1n);
            await accepts('reporter', reportBody(0n, [alice]));
            unit.at(start + DAY + WINDOW);
            await refused(ERROR_REPORT_WINDOW, 'reporter', reportBody(0n, [bob]));
            await refused(ERROR_REPORT_WINDOW, 'reporter', sealBody(0n));
        });

        it('are for the open epoch, or the next one when the open one is due', async () => {
            unit.at(start + 3n * DAY);
            await refused(ERROR_WRONG_EPOCH, 'reporter', reportBody(2n));
            await refused(ERROR_WRONG_EPOCH, 'reporter', sealBody(1n));
            await refused(ERROR_WRONG_EPOCH, 'owner', voidBody(1n));
            await restore();
            unit.at(start + DAY + WINDOW - 1n);
            await refused(ERROR_NOT_DUE, 'reporter', reportBody(1n));
            unit.at(start + DAY + WINDOW);
            await refused(ERROR_EPOCH_RUNS, 'reporter', reportBody(1n));
            unit.at(start + 2n * DAY);
            await accepts('reporter', reportBody(1n));
            expect(await unit.epoch()).toMatchObject({ epoch: 1n, accepted: 2n, lastClosed: 0n });
            await refused(ERROR_WRONG_EPOCH, 'reporter', reportBody(0n));
        });

        it('end with the seal', async () => {
            unit.at(start + DAY);
            await accepts('reporter', reportBody(0n));
            await accepts('reporter', sealBody(0n));
            await refused(ERROR_SEALED, 'reporter', reportBody(0n));
            await refused(ERROR_SEALED, 'reporter', sealBody(0n));
        });
    });

    describe('seal', () => {
        it('needs every vault that was active at the end', async () => {
            unit.at(start + DAY);
            await refused(ERROR_NOT_COMPLETE, 'reporter', sealBody(0n));
            await accepts('reporter', reportBody(0n, [alice]));
            await refused(ERROR_NOT_COMPLETE, 'reporter', sealBody(0n));
            await accepts('reporter', reportBody(0n, [bob]));
            await accepts('reporter', sealBody(0n));
        });

        it('does not need who came after the end', async () => {
            unit.at(start + DAY - 1n);
            await unit.send('keeper', ParticipantRegistry.registerBody({ stake: toNano('10') }), toNano('13'));
            unit.at(start + DAY);
            await unit.send('stranger', ParticipantRegistry.registerBody({ stake: toNano('10') }), toNano('13'));
            expect(await unit.data()).toMatchObject({ active: 4n });
            expect((await unit.epoch()).activeAtEnd).toBe(3n);
            await accepts('reporter', reportBody(0n, [alice, bob]));
            await refused(ERROR_NOT_COMPLETE, 'reporter', sealBody(0n));
            await accepts('reporter', reportBody(0n, [unit.addressOf('keeper')]));
            await accepts('reporter', sealBody(0n));
        });

        /** A vault tells that its participant is gone. */
        const leave = async (who: Address, reason = REASON_EXITED) => {
            const gone = { $$type: 'VaultUpdate', queryId: 0n, reason, pending: 0n, exiting: 0n, stake: 0n } as const;
            const vault = await unit.registry.getVaultAddress(who);
            await unit.sendAs(vault, cellOf(storeVaultUpdate({ ...gone, active: -1n, participant: who })));
        };

        it('needs who left after the end', async () => {
            unit.at(start + DAY);
            await leave(bob);
            expect(await unit.data()).toMatchObject({ active: 1n });
            expect((await unit.epoch()).activeAtEnd).toBe(2n);
            await accepts('reporter', reportBody(0n, [alice]));
            await refused(ERROR_NOT_COMPLETE, 'reporter', sealBody(0n));
            await accepts('reporter', reportBody(0n, [bob]));
            await accepts('reporter', sealBody(0n));
        });

        it('needs who left after the end once more for the epoch in which he left', async () => {
            unit.at(start + DAY);
            await leave(bob);
            await accepts('reporter', reportBody(0n));
            unit.at(start + 2n * DAY);
            await accepts('reporter', reportBody(1n, [alice]));
            expect((await unit.epoch()).activeAtEnd).toBe(1n);
            await refused(ERROR_NOT_COMPLETE, 'reporter', sealBody(1n));
            await accepts('reporter', reportBody(1n, [bob]));
            await accepts('reporter', sealBody(1n));
            unit.at(start + 3n * DAY);
            await accepts('reporter', reportBody(2n, [alice]));
            await accepts('reporter', sealBody(2n));
        });

        it('needs who left during the epoch, to its last second and over an objection', async () => {
            unit.at(start + DAY - 1n);
            await leave(bob);
            unit.at(start + DAY);
            await accepts('reporter', reportBody(0n, [alice]));
            expect((await unit.epoch()).activeAtEnd).toBe(1n);
            await refused(ERROR_NOT_COMPLETE, 'reporter', sealBody(0n));
            await accepts('arbiter', voidBody(0n));
            await accepts('reporter', reportBody(0n, [alice]));
            await refused(ERROR_NOT_COMPLETE, 'reporter', sealBody(0n));
            await accepts('reporter', reportBody(0n, [bob]));
            await accepts('reporter', sealBody(0n));
            unit.at(start + 2n * DAY);
            await accepts('reporter', reportBody(1n, [alice]));
            await accepts('reporter', sealBody(1n));
        });

        it('does not need a registration that its vault refused', async () => {
            await leave(bob, REASON_REFUSED);
            unit.at(start + DAY);
            await accepts('reporter', reportBody(0n, [alice]));
            await accepts('reporter', sealBody(0n));
        });

        it('of an empty pool needs nobody', async () => {
            const empty = await RegistryUnit.open();
            empty.advance(DAY);
            const tx = txAt(await empty.send('reporter', sealBody(0n)), empty.address);
            expect(exitCode(tx)).toBe(0);
            expect(await empty.epoch()).toMatchObject({ sealed: true, dueAt: empty.now + WINDOW });
        });
    });

    describe('objection', () => {
        it('is possible until the epoch is due, once', async () => {
            unit.at(start + DAY);
            await refused(ERROR_CANNOT_VOID, 'arbiter', voidBody(0n));
            await accepts('reporter', reportBody(0n));
            await accepts('reporter', sealBody(0n));
            const sealed = unit.checkpoint();
            const { dueAt } = await unit.epoch();
            expect(dueAt).toBe(start + DAY + WINDOW);
            unit.at(dueAt);
            await refused(ERROR_CANNOT_VOID, 'arbiter', voidBody(0n));
            await sealed();
            unit.at(dueAt - 1n);
            const result = await accepts('arbiter', ParticipantRegistry.voidEpochBody({ epoch: 0, queryId: 4 }));
            const tx = txAt(result, unit.address);
            expect(poolEvents(result.transactions, 'EpochMarked')).toMatchObject([
                { epoch: 0n, kind: 1n, by: sameAddress(unit.addressOf('arbiter')) },
            ]);
            expect(outCount(tx)).toBe(2);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('arbiter')),
                op: op.Excesses,
                queryId: 4n,
                bounce: false,
            });
            expectSmallRest(tx);
            expect(await unit.epoch()).toMatchObject({
                epoch: 0n,
                attempt: true,
                sealed: false,
                accepted: 0n,
                activeAtEnd: 2n,
                reportUntil: unit.now + WINDOW,
                dueAt: unit.now + WINDOW,
                due: false,
            });
            expect(await unit.registry.getBucketTotal(0)).toBe(0n);
            await refused(ERROR_CANNOT_VOID, 'owner', voidBody(0n));
        });

        it('opens one more report, in its own window', async () => {
            unit.at(start + DAY);
            await accepts('reporter', reportBody(0n));
            await accepts('arbiter', voidBody(0n));
            const until = unit.now + WINDOW;
            unit.at(until - 1n);
            await accepts('reporter', reportBody(0n));
            expect(await unit.epoch()).toMatchObject({ accepted: 2n, attempt: true, dueAt: until - 1n + WINDOW });
            for (const who of [alice, bob]) {
                const vault = await unit.vaultOf(who);
                expect(await vault.getEpoch(0)).toMatchObject({ present: true, attempt: true, score: 1n });
            }
            await refused(ERROR_CANNOT_VOID, 'arbiter', voidBody(0n));
            unit.at(until);
            await refused(ERROR_REPORT_WINDOW, 'reporter', reportBody(0n));
            unit.at(until - 1n + WINDOW);
            const [out] = outs(txAt(await accepts('keeper', closeBody), unit.address));
            expect(loadRoundTotals(out.body.beginParse())).toMatchObject({ epoch: 0n, attempt: true, totals: 2n });
        });

        it('closes with nothing when nobody reports again', async () => {
            unit.at(start + DAY);
            await accepts('reporter', reportBody(0n));
            await accepts('arbiter', voidBody(0n));
            const until = unit.now + WINDOW;
            unit.at(until - 1n);
            await refused(ERROR_NOT_DUE, 'keeper', closeBody);
            unit.at(until);
            const tx = txAt(await accepts('keeper', closeBody), unit.address);
            const totals = outs(tx).find((out) => out.op === op.RoundTotals)!;
            expect(loadRoundTotals(totals.body.beginParse())).toMatchObject({ attempt: true, totals: 0n });
            expect(await unit.data()).toMatchObject({ missedInRow: 1n });
        });
    });

    describe('close', () => {
        it('waits for the report window when nothing is sealed', async () => {
            unit.at(start + DAY + WINDOW - 1n);
            await refused(ERROR_NOT_DUE, 'keeper', closeBody);
            expect(await unit.epoch()).toMatchObject({ due: false, dueAt: start + DAY + WINDOW });
            unit.at(start + DAY + WINDOW);
            expect(await unit.epoch()).toMatchObject({ due: true });
            await accepts('keeper', closeBody);
        });

        it('waits for the objection window after the last report', async () => {
            unit.at(start + DAY + 100n);
            await accepts('reporter', reportBody(0n, [alice]));
            unit.at(start + DAY + 200n);
            await accepts('reporter', reportBody(0n, [bob]));
            unit.at(start + DAY + 200n + WINDOW - 1n);
            await refused(ERROR_NOT_DUE, 'keeper', closeBody);
            unit.at(start + DAY + 200n + WINDOW);
            await accepts('keeper', closeBody);
            expect((await unit.epoch()).epoch).toBe(1n);
        });

        it('answers with the same totals until the next close', async () => {
            unit.at(start + DAY);
            await accepts('reporter', reportBody(0n));
            unit.at(start + DAY + WINDOW);
            const [first] = outs(txAt(await accepts('keeper', closeBody), unit.address));
            const before = plain(await unit.epoch());
            const tx = txAt(await accepts('keeper', closeBody), unit.address);
            expect(outCount(tx)).toBe(1);
            expect(outs(tx)[0].body).toEqualCell(first.body);
            expect(outs(tx)[0].value).toBeGreaterThan(toNano('2.98'));
            expectSmallRest(tx);
            expect(plain(await unit.epoch())).toEqual(before);
        });

        it('tells the distribution who paid when the distribution asks for him', async () => {
            unit.at(start + DAY + WINDOW);
            const body = ParticipantRegistry.closeEpochBody({ responseTo: alice });
            const fresh = unit.checkpoint();
            for (const [from, payer] of [
                ['distribution', alice],
                ['keeper', unit.addressOf('keeper')],
            ] as const) {
                await fresh();
                const out = outs(txAt(await accepts(from, body), unit.address)).find((o) => o.op === op.RoundTotals)!;
                expect(loadRoundTotals(out.body.beginParse()).responseTo).toEqualAddress(payer);
            }
            await fresh();
            const own = outs(txAt(await accepts('distribution', closeBody), unit.address)).at(-1)!;
            expect(loadRoundTotals(own.body.beginParse()).responseTo).toEqualAddress(unit.addressOf('distribution'));
        });

        it.each([
            [1, 0, true],
            [2, 1, false],
            [3, 1, true],
            [3, 2, false],
            [0, 0, false],
        ])('of %i active vaults with %i reported: missed is %s', async (active, accepted, missed) => {
            const pool = await RegistryUnit.open();
            const names = (['alice', 'bob', 'keeper'] as const).slice(0, active);
            for (const name of names) {
                const body = ParticipantRegistry.registerBody({ stake: toNano('10') });
                await pool.send(name, body, toNano('13'));
            }
            pool.advance(DAY);
            if (accepted > 0) {
                await pool.report(
                    0,
                    names.slice(0, accepted).map((name) => row(pool.addressOf(name))),
                );
            }
            pool.advance(WINDOW);
            const result = await pool.send('keeper', closeBody, toNano('3'));
            expect(poolEvents(result.transactions, 'EpochClosed')).toMatchObject([
                { reported: !missed, accepted: BigInt(accepted), active: BigInt(active) },
            ]);
            const fines = outs(txAt(result, pool.address)).filter((out) => out.op === op.EpochMissed);
            expect(fines).toHaveLength(missed ? 1 : 0);
            expect((await pool.data()).missedInRow).toBe(missed ? 1n : 0n);
        });
    });

    describe('length', () => {
        const change = (kind: bigint, value: bigint) =>
            cellOf(storeConfigChange({ $$type: 'ConfigChange', queryId: 0n, kind, value }));

        it('changes with the first epoch that begins after 7 days', async () => {
            unit.at(start + 10n);
            await accepts('operator', change(0n, 2n * DAY));
            // 7 days later epoch 7 has begun; epoch 8 is the next.
            expect(await unit.data()).toMatchObject({ epochSeconds: DAY, nextSeconds: 2n * DAY, nextEpoch: 8n });
            expect(await unit.registry.getEpochStart(8)).toBe(start + 8n * DAY);
            expect(await unit.registry.getEpochStart(9)).toBe(start + 10n * DAY);
            expect(await unit.registry.getFirstEpoch(start + 8n * DAY)).toBe(8n);
            expect(await unit.registry.getFirstEpoch(start + 8n * DAY + 1n)).toBe(9n);
            expect(await unit.registry.getFirstEpoch(start + 10n * DAY + 1n)).toBe(10n);
            await refused(ERROR_CHANGE_PENDING, 'operator', change(0n, 3n * DAY));
            for (let epoch = 0n; epoch < 8n; epoch++) {
                expect(await unit.epoch()).toMatchObject({
                    epoch,
                    start: start + epoch * DAY,
                    end: start + (epoch + 1n) * DAY,
                });
                unit.at(start + (epoch + 1n) * DAY + WINDOW);
                await accepts('keeper', closeBody);
            }
            expect(await unit.epoch()).toMatchObject({ epoch: 8n, start: start + 8n * DAY, end: start + 10n * DAY });
            expect(await unit.data()).toMatchObject({ epochSeconds: 2n * DAY, window: DAY / 2n, nextSeconds: 0n });
            await accepts('operator', change(0n, 3n * DAY));
        });

        it('takes the epoch that begins exactly 7 days later', async () => {
            unit.at(start + DAY);
            await accepts('operator', change(0n, 2n * DAY));
            expect((await unit.data()).nextEpoch).toBe(8n);
            await restore();
            unit.at(start + DAY - 1n);
            await accepts('operator', change(0n, 2n * DAY));
            expect((await unit.data()).nextEpoch).toBe(8n);
            await restore();
            unit.at(start + DAY + 1n);
            await accepts('operator', change(0n, 2n * DAY));
            expect((await unit.data()).nextEpoch).toBe(9n);
        });

        it('stays within its bounds', async () => {
            for (const value of [EPOCH_MIN - 1n, EPOCH_MAX + 1n]) {
                await refused(ERROR_BAD_PARAMETER, 'operator', change(0n, value));
            }
            for (const value of [EPOCH_MIN, EPOCH_MAX]) {
                await accepts('operator', change(0n, value));
                expect((await unit.data()).nextSeconds).toBe(value);
                await restore();
            }
        });

        it('of 28 days has windows of a day', async () => {
            const long = await RegistryUnit.open({ epochSeconds: EPOCH_MAX });
            expect((await long.data()).window).toBe(DAY);
            expect((await (await RegistryUnit.open({ epochSeconds: EPOCH_MIN })).data()).window).toBe(EPOCH_MIN / 4n);
        });

        it('of minEarned: a cut is at once, a raise waits 7 days', async () => {
            await accepts('operator', change(1n, 100n));
            const at = unit.now + EXIT_DELAY;
            expect(await unit.data()).toMatchObject({ minEarned: 0n, nextMinEarned: 100n, nextMinEarnedAt: at });
            await refused(ERROR_CHANGE_PENDING, 'operator', change(1n, 200n));
            unit.at(at - 1n);
            expect((await unit.data()).minEarned).toBe(0n);
            await refused(ERROR_CHANGE_PENDING, 'operator', change(1n, 200n));
            unit.at(at);
            expect((await unit.data()).minEarned).toBe(100n);
            await accepts('operator', change(1n, 200n));
            expect(await unit.data()).toMatchObject({ minEarned: 100n, nextMinEarned: 200n });
            await accepts('operator', change(1n, 100n));
            expect(await unit.data()).toMatchObject({ minEarned: 100n, nextMinEarnedAt: 0n });
            await accepts('operator', change(1n, 99n));
            expect(await unit.data()).toMatchObject({ minEarned: 99n, nextMinEarnedAt: 0n });
        });

        it('of admission is at once, with a ceiling within its bounds', async () => {
            const value = (open: boolean, ceiling: bigint) => (ceiling << 1n) | (open ? 1n : 0n);
            await accepts('operator', change(2n, value(false, MAX_GPU)));
            expect(await unit.data()).toMatchObject({ open: false, openCeiling: MAX_GPU });
            await accepts('operator', change(2n, value(true, 1n)));
            expect(await unit.data()).toMatchObject({ open: true, openCeiling: 1n });
            await refused(ERROR_BAD_PARAMETER, 'operator', change(2n, value(true, 0n)));
            await refused(ERROR_BAD_PARAMETER, 'operator', change(2n, value(true, MAX_GPU + 1n)));
        });
    });

    it('does not confirm the operator while epochs from before are open', async () => {
        const ask = (since: bigint) =>
            cellOf(storeAskIdle({ $$type: 'AskIdle', queryId: 0n, since, amount: 1n, emergency: false }));
        await refused(ERROR_EPOCHS_OPEN, 'operator', ask(start + 1n));
        await accepts('operator', ask(start));
        unit.at(start + DAY + WINDOW);
        await accepts('keeper', closeBody);
        await accepts('operator', ask(start + DAY));
        await refused(ERROR_EPOCHS_OPEN, 'operator', ask(start + DAY + 1n));
    });
});
