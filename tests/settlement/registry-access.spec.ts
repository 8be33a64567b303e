/** Who may do what at the registry and its ledgers; roles, pause, upgrade; what is malformed. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    dayOf,
    recordChain,
    REGISTRY_ROLES,
    SettlementExit,
    settlementEvents,
    SettlementErrorName,
    UsageLedger,
    UsageRegistry,
    unpackRows,
} from '../../wrappers/settlement';
import {
    UsageLedger as BuiltLedger,
    storeChargeAnswer,
    storeSettleRecord,
    storeTakeUsage,
} from '../../build/UsageLedger/UsageLedger_UsageLedger';
import { storeAddUsage, storeAddUsages, storeRefuseUsage } from '../../build/UsageRegistry/UsageRegistry_UsageRegistry';
import { usageHash, usageRow } from '../../wrappers/token';
import { accountIdOf } from '../../wrappers/pool';
import { cellOf, expectRefused, succeeded, txAt } from '../support/pool/transactions';
import { DAY, NETWORK_ID, SettlementPerson, SettlementWorld, UNIT } from '../support/settlement/world';

const R = UsageRegistry;
const E = SettlementExit;

describe('the registry', () => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create();
        await world.add({ usage: world.usage() });
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const refused = (error: SettlementErrorName, from: SettlementPerson, body: Cell, value?: bigint) =>
        world.refused(E[error], from, world.registry.address, body, value);

    it.each([
        ['AddUsage', 'ERROR_NOT_ROLE', () => R.addUsageBody({ record: { usage: world.usage() } })],
        ['AddUsages', 'ERROR_NOT_ROLE', () => R.addUsagesBody({ usages: [world.usage()] })],
        ['LinkSettlement', 'ERROR_NOT_OWNER', () => R.linkSettlementBody({ settlement: world.of('stranger') })],
        ['SetPause', 'ERROR_NOT_ROLE', () => R.setPauseBody({ stop: true })],
        ['lifting', 'ERROR_NOT_ROLE', () => R.setPauseBody({ stop: false })],
        ['NominateRole', 'ERROR_NOT_OWNER', () => R.nominateRoleBody({ role: 'recorder', holder: null })],
        ['AcceptRole', 'ERROR_NO_NOMINEE', () => R.acceptRoleBody({ role: 'recorder' })],
        ['RevokeRole', 'ERROR_NOT_OWNER', () => R.revokeRoleBody({ role: 'recorder', holder: world.of('recorder') })],
        ['AnnounceUpgrade', 'ERROR_NOT_OWNER', () => R.announceUpgradeBody({ codeHash: 1n })],
        ['CancelUpgrade', 'ERROR_NOT_OWNER', () => R.cancelUpgradeBody()],
        ['ApplyUpgrade', 'ERROR_NO_CHANGE', () => R.applyUpgradeBody({ code: Cell.EMPTY })],
    ] as const)('%s is refused from a stranger', async (_name, error, body) => {
        await refused(error, 'stranger', body());
        if (error === 'ERROR_NOT_OWNER') await refused(error, 'recorder', body());
    });

    it('a record that is unsound, too early, too late or too cheap is refused', async () => {
        const row = (cell: Cell, batch = false, consumer = 5n) =>
            cellOf(storeAddUsage({ $$type: 'AddUsage', queryId: 0n, consumer, batch, deploy: false, row: cell }));
        const good = world.usage();
        await refused('ERROR_USAGE_ROW', 'recorder', row(usageRow(good), false, 0n));
        await refused('ERROR_USAGE_ROW', 'recorder', row(usageRow(good), true));
        await refused('ERROR_USAGE_ROW', 'recorder', row(Cell.EMPTY));
        await refused('ERROR_USAGE_ROW', 'recorder', row(usageRow({ ...good, nonce: 0n })));
        await refused('ERROR_USAGE_ROW', 'recorder', row(usageRow({ ...good, promptTokens: 0, completionTokens: 0 })));
        await refused('ERROR_USAGE_ROW', 'recorder', row(usageRow({ ...good, amount: 1n << 96n })));
        const bits = usageRow(good).asBuilder();
        await refused('ERROR_USAGE_ROW', 'recorder', row(beginCell().storeBuilder(bits).storeBit(1).endCell()));
        await refused(
            'ERROR_USAGE_ROW',
            'recorder',
            row(beginCell().storeBuilder(bits).storeRef(Cell.EMPTY).endCell()),
        );
        const add = (record: Parameters<typeof R.addUsageBody>[0]['record']) => R.addUsageBody({ record });
        await refused('ERROR_USAGE_ROW', 'recorder', add({ batch: world.batch({ count: 0 }) }));
        await refused('ERROR_USAGE_ROW', 'recorder', add({ batch: world.batch({ count: 1 << 24 }) }));
        await refused('ERROR_USAGE_WHEN', 'recorder', add({ usage: { ...good, time: world.now + 1 } }));
        await refused('ERROR_USAGE_WHEN', 'recorder', add({ usage: { ...good, time: world.now - 1 } }));
        // the largest there is
        const large = world.usage({ amount: (1n << 96n) - 1n, promptTokens: 0xffffffff, completionTokens: 0xffffffff });
        const result = await world.add({ usage: large });
        expect(settlementEvents(result.transactions, 'UsageRecorded')).toHaveLength(1);
    });

    it('malformed rows of a list are unsound, the others are recorded', async () => {
        const good = [world.usage(), world.usage()];
        const bits = () => usageRow(world.usage({ nonce: 9n })).asBuilder();
        const rows = [
            usageRow(good[0]),
            Cell.EMPTY,
            // longer than its amount says, and with a reference
            bits().storeBit(1).endCell(),
            bits().storeRef(Cell.EMPTY).endCell(),
            usageRow(good[1]),
        ];
        const consumer = accountIdOf(world.of('alice'));
        const link = (row: Cell) => beginCell().storeUint(consumer, 256).storeBit(false).storeRef(row);
        const chain = rows
            .slice(0, -1)
            .reduceRight((next, row) => link(row).storeRef(next).endCell(), link(rows[4]).endCell());
        const body = cellOf(storeAddUsages({ $$type: 'AddUsages', queryId: 0n, count: 5n, rows: chain }));
        const today = dayOf(world.now);
        const { records } = await world.registry.getTotals(today, today);
        const result = await world.send('recorder', world.registry.address, body, toNano('30'));
        const [event] = settlementEvents(result.transactions, 'UsageRows');
        expect(unpackRows(event.results, event.count)).toEqual([0, 1, 1, 1, 0]);
        const recorded = settlementEvents(result.transactions, 'UsageRecorded').map(({ hash }) => hash);
        expect(recorded).toEqual(good.map((usage) => usageHash(usage, world.registry.address, NETWORK_ID)));
        expect((await world.registry.getTotals(today, today)).records).toBe(records + 2n);
    });

    it('a list of the wrong length is refused as a whole', async () => {
        const list = (usages: number, count: number) =>
            cellOf(
                storeAddUsages({
                    $$type: 'AddUsages',
                    queryId: 0n,
                    count: BigInt(count),
                    rows: recordChain(Array.from({ length: usages }, () => world.usage())),
                }),
            );
        const value = toNano('30');
        await refused('ERROR_BATCH_COUNT', 'recorder', list(1, 0), value);
        await refused('ERROR_BATCH_COUNT', 'recorder', list(3, 2), value);
        await refused('ERROR_BATCH_COUNT', 'recorder', list(2, 3), value);
        await refused('ERROR_BATCH_COUNT', 'recorder', list(61, 61), value);
    });

    it('only the registry, the settlement and the account speak to a ledger; only ledgers to the registry', async () => {
        const ledger = (await world.ledger(world.of('alice'))).address;
        const fake = (from: SettlementPerson, to: typeof ledger, body: Cell, error: SettlementErrorName) =>
            expectRefused(world.blockchain, to, E[error], () => world.send(from, to, body));
        await fake(
            'stranger',
            ledger,
            cellOf(
                storeTakeUsage({
                    $$type: 'TakeUsage',
                    queryId: 0n,
                    day: 0n,
                    slot: 0n,
                    tokens: 1n,
                    amount: 1n,
                    term: 1n,
                    recorder: 1n,
                    settlement: 1n,
                    batch: false,
                    row: usageRow(world.usage()),
                }),
            ),
            'ERROR_NOT_REGISTRY',
        );
        const settle = storeSettleRecord({
            $$type: 'SettleRecord',
            queryId: 0n,
            id: 1n,
            batch: false,
            account: 1n,
            settler: 1n,
            row: Cell.EMPTY,
        });
        await fake('settler', ledger, cellOf(settle), 'ERROR_NOT_SETTLEMENT');
        const answer = storeChargeAnswer({ $$type: 'ChargeAnswer', queryId: 0n, id: 1n, result: 0n, settler: 1n });
        await fake('stranger', ledger, cellOf(answer), 'ERROR_NOT_ACCOUNT');
        const refuse = storeRefuseUsage({
            $$type: 'RefuseUsage',
            queryId: 0n,
            day: 0n,
            tokens: 1n,
            amount: 1n,
            consumer: accountIdOf(world.of('alice')),
            recorder: 1n,
        });
        await fake('stranger', world.registry.address, cellOf(refuse), 'ERROR_NOT_LEDGER');
    });

    it('nobody settles while there is no settlement: its id is 0, as is that of every account outside the basechain', async () => {
        const alone = await SettlementWorld.create({ unlinked: true });
        await alone.add({ usage: alone.usage() });
        const ledger = (await alone.ledger(alone.of('alice'))).address;
        const settle = { queryId: 0n, id: 1n, batch: false, account: 1n, settler: 1n, row: Cell.EMPTY };
        const body = cellOf(storeSettleRecord({ $$type: 'SettleRecord', ...settle }));
        const from = new Address(-1, Buffer.alloc(32, 7));
        await expectRefused(alone.blockchain, ledger, E.ERROR_NOT_SETTLEMENT, () => alone.sendAs(from, ledger, body));
    });

    it('is linked once, paused for 72 hours at most, and not again for another 72', async () => {
        await refused('ERROR_LINKED', 'owner', R.linkSettlementBody({ settlement: world.of('stranger') }));
        const body = R.addUsageBody({ record: { usage: world.usage() } });
        await world.registry.sendSetPause(world.via('guardian'), { stop: true });
        await refused('ERROR_PAUSED', 'recorder', body);
        await refused('ERROR_PAUSED', 'recorder', R.addUsagesBody({ usages: [world.usage()] }));
        await refused('ERROR_PAUSE_COOLDOWN', 'guardian', R.setPauseBody({ stop: true }));
        await world.registry.sendSetPause(world.via('owner'), { stop: false });
        await refused('ERROR_NOT_PAUSED', 'owner', R.setPauseBody({ stop: false }));
        await refused('ERROR_PAUSE_COOLDOWN', 'guardian', R.setPauseBody({ stop: true }));
        const { pausedUntil } = await world.registry.getRegistryData();
        expect(pausedUntil).toBe(BigInt(world.now));
        world.advance(6 * DAY);
        await world.registry.sendSetPause(world.via('guardian'), { stop: true });
        world.advance(3 * DAY - 1);
        await refused('ERROR_PAUSED', 'recorder', body);
        world.advance(1);
        const result = await world.add({ usage: world.usage() });
        expect(settlementEvents(result.transactions, 'UsageRecorded')).toHaveLength(1);
    });

    it('roles are given in two steps; 16 recorders; a recorder who left and came back can repeat nothing', async () => {
        const owner = world.via('owner');
        const give = async (name: SettlementPerson) => {
            await world.registry.sendNominateRole(owner, { role: 'recorder', holder: world.of(name) });
            return world.registry.sendAcceptRole(world.via(name), { role: 'recorder' });
        };
        await world.registry.sendNominateRole(owner, { role: 'recorder', holder: world.of('recorder') });
        await refused('ERROR_RECORDER_KNOWN', 'recorder', R.acceptRoleBody({ role: 'recorder' }));
        for (const [i, name] of (
            ['second', 'alice', 'bob', 'carol', 'dave', 'settler', 'resolver'] as const
        ).entries()) {
            await give(name);
            expect((await world.registry.getRegistryData()).recorders).toBe(BigInt(i + 2));
        }
        for (let i = 0; i < 8; i++) {
            const person = await world.blockchain.treasury(`recorder ${i}`);
            await world.registry.sendNominateRole(owner, { role: 'recorder', holder: person.address });
            await world.registry.sendAcceptRole(person.getSender(), { role: 'recorder' });
        }
        await world.registry.sendNominateRole(owner, { role: 'recorder', holder: world.of('stranger') });
        await refused('ERROR_RECORDERS_FULL', 'stranger', R.acceptRoleBody({ role: 'recorder' }));
        await world.registry.sendRevokeRole(owner, { role: 'recorder', holder: world.of('recorder') });
        const again = R.revokeRoleBody({ role: 'recorder', holder: world.of('recorder') });
        await refused('ERROR_RECORDER_KNOWN', 'owner', again);
        const old = world.usage({ nonce: 1n });
        await refused('ERROR_NOT_ROLE', 'recorder', R.addUsageBody({ record: { usage: old } }));
        world.advance(10 + ((world.now + 1) % 2));
        await give('recorder');
        await refused('ERROR_USAGE_WHEN', 'recorder', R.addUsageBody({ record: { usage: old } }));
        const [mine] = (await world.registry.getRecorders()).filter((r) => r.address.equals(world.of('recorder')));
        expect(mine).toMatchObject({ slot: 0n, term: 17n });
        await world.registry.sendRevokeRole(owner, { role: 'recorder', holder: world.of('alice') });
        await give('stranger');
        const [heir] = (await world.registry.getRecorders()).filter((r) => r.address.equals(world.of('stranger')));
        expect(heir).toMatchObject({ slot: 2n, term: 18n });
        const result = await world.add({ usage: world.usage({ nonce: 1n }) });
        expect(settlementEvents(result.transactions, 'UsageRecorded')).toHaveLength(1);
        // An odd second, the first in which he may record.
        expect(world.now % 2).toBe(1);
        const times = [world.now - 1, world.now].map((time) => ({ ...world.usage({ time }), deploy: false }));
        const [event] = settlementEvents((await world.addAll(times)).transactions, 'UsageRows');
        expect(unpackRows(event.results, event.count)).toEqual([2, 0]);
        await refused(
            'ERROR_BAD_PARAMETER',
            'owner',
            R.revokeRoleBody({ role: 'owner' as 'guardian', holder: world.of('owner') }),
        );
        const wrong = { settler: 1n } as unknown as typeof REGISTRY_ROLES;
        Object.assign(REGISTRY_ROLES, wrong);
        await refused(
            'ERROR_BAD_PARAMETER',
            'owner',
            R.nominateRoleBody({ role: 'settler' as 'owner', holder: world.of('bob') }),
        );
        for (const role of ['guardian', 'owner'] as const) {
            await world.registry.sendNominateRole(owner, { role, holder: world.of('dave') });
            await refused('ERROR_NO_NOMINEE', 'carol', R.acceptRoleBody({ role }));
            await world.registry.sendAcceptRole(world.via('dave'), { role });
        }
        expect(await world.registry.getRegistryData()).toMatchObject({
            owner: accountIdOf(world.of('dave')),
            guardian: accountIdOf(world.of('dave')),
        });
        await world.registry.sendRevokeRole(world.via('dave'), { role: 'guardian', holder: world.of('dave') });
        expect((await world.registry.getRegistryData()).guardian).toBe(0n);
        await world.registry.sendNominateRole(world.via('dave'), { role: 'owner', holder: world.of('bob') });
        await world.registry.sendNominateRole(world.via('dave'), { role: 'owner', holder: null });
        await refused('ERROR_NO_NOMINEE', 'bob', R.acceptRoleBody({ role: 'owner' }));
    });

    it('new code waits for 12 days', async () => {
        const code = beginCell().storeUint(1, 8).endCell();
        const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
        const owner = world.via('owner');
        await refused('ERROR_BAD_PARAMETER', 'owner', R.announceUpgradeBody({ codeHash: 0n }));
        await world.registry.sendAnnounceUpgrade(owner, { codeHash });
        await refused('ERROR_CHANGE_PENDING', 'owner', R.announceUpgradeBody({ codeHash }));
        await world.registry.sendCancelUpgrade(owner);
        await refused('ERROR_NO_CHANGE', 'owner', R.cancelUpgradeBody());
        await world.registry.sendAnnounceUpgrade(owner, { codeHash });
        expect(await world.registry.getUpgrade()).toMatchObject({ readyAt: BigInt(world.now + 12 * DAY) });
        world.advance(12 * DAY - 1);
        await refused('ERROR_TOO_EARLY', 'stranger', R.applyUpgradeBody({ code }));
        world.advance(1);
        await refused('ERROR_WRONG_CODE', 'stranger', R.applyUpgradeBody({ code: Cell.EMPTY }));
        const result = await world.registry.sendApplyUpgrade(world.via('stranger'), { code });
        expect(settlementEvents(result.transactions, 'SettlementUpgrade')).toMatchObject([{ version: 1n, at: 0n }]);
        const { accountState } = await world.blockchain.getContract(world.registry.address);
        expect(accountState?.type === 'active' && accountState.state.code?.equals(code)).toBe(true);
    });

    it('TON, texts and excesses are welcome everywhere; unknown operations are not', async () => {
        const ledger = (await world.ledger(world.of('alice'))).address;
        for (const to of [world.registry.address, ledger]) {
            const text = beginCell().storeUint(0, 32).storeStringTail('hello').endCell();
            const excesses = beginCell().storeUint(0xd53276db, 32).storeUint(0, 64).endCell();
            for (const body of [Cell.EMPTY, text, excesses, UsageLedger.topUpBody()]) {
                expect(succeeded(txAt(await world.send('stranger', to, body), to))).toBe(true);
            }
            const unknown = beginCell().storeUint(0x12345678, 32).endCell();
            await world.refused(E.ERROR_UNKNOWN_OP, 'stranger', to, unknown);
        }
        expect(BuiltLedger.opcodes.TakeUsage).toBe(0x73020001);
        expect(await world.registry.getRent()).toBeGreaterThan(0n);
        expect(UNIT).toBe(10n ** 9n);
    });
});
