/** Who may tell the registry what: roles, vaults, the operator contract. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    loadSlashAnnounced,
    loadActivate,
    loadGpuCeilingChanged,
    loadStakeAdded,
    loadVaultCode,
    storeAskAddStake,
    storeAskEarlyExit,
    storeAskIdle,
    storeAskVaultCode,
    storeConfigChange,
    storeUpgradeNotice,
    storeVaultUpdate,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    EPOCH_MAX,
    EPOCH_MIN,
    MAX_GPU,
    PARTICIPANT_MIN_STAKE,
    ParticipantRegistry,
    PoolExit,
} from '../../wrappers/pool';
import {
    afterFees,
    cellOf,
    configWith,
    exitCode,
    expectRefused,
    kept,
    outCount,
    outs,
    plain,
    RegistryPerson,
    RegistryUnit,
    REFUSING_CODE,
    sameAddress,
    succeeded,
    txAt,
} from '../support/pool/units';

const op = ParticipantRegistry.opcodes;
const DAY = 86_400n;
const queryId = 1n;
const everybody: readonly RegistryPerson[] = ['owner', 'reporter', 'arbiter', 'operator', 'distribution', 'stranger'];
const allBut = (...names: RegistryPerson[]) => everybody.filter((name) => !names.includes(name));

describe('access to a registry', () => {
    let unit: RegistryUnit;
    let alice: Address;
    let vault: Address;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await RegistryUnit.open();
        await unit.register('alice');
        alice = unit.addressOf('alice');
        vault = await unit.registry.getVaultAddress(alice);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const fromOwner = (): Record<string, Cell> => ({
        Approve: ParticipantRegistry.approveBody({ participant: alice, gpuCeiling: 5, queryId }),
        Reject: ParticipantRegistry.rejectBody({ participant: alice, queryId }),
        SetGpuCeiling: ParticipantRegistry.setGpuCeilingBody({ participant: alice, gpuCeiling: 5, queryId }),
        AnnounceSlash: ParticipantRegistry.announceSlashBody({
            participant: alice,
            amount: 1n,
            reasonHash: 2n,
            queryId,
        }),
    });
    const relayed = {
        Approve: 'Activate',
        Reject: 'Rejected',
        SetGpuCeiling: 'GpuCeilingChanged',
        AnnounceSlash: 'SlashAnnounced',
    } as const;

    it.each(['Approve', 'Reject', 'SetGpuCeiling', 'AnnounceSlash'] as const)(
        '%s comes from the owner',
        async (name) => {
            const body = fromOwner()[name];
            for (const from of allBut('owner')) {
                await unit.refused(PoolExit.ERROR_NOT_ROLE, from, body);
            }
            const tx = txAt(await unit.send('owner', body), unit.address);
            expect(outCount(tx)).toBe(1);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(vault),
                op: op[relayed[name]],
                queryId,
                bounce: true,
                value: afterFees(tx, toNano('1')),
            });
            expect(kept(tx)).toBe(0n);
            const { body: sent } = outs(tx)[0];
            if (name === 'Approve') expect(loadActivate(sent.beginParse()).gpuCeiling).toBe(5n);
            if (name === 'SetGpuCeiling') expect(loadGpuCeilingChanged(sent.beginParse()).gpuCeiling).toBe(5n);
            if (name === 'AnnounceSlash') {
                expect(loadSlashAnnounced(sent.beginParse())).toMatchObject({ amount: 1n, reasonHash: 2n });
            }
        },
    );

    it('VetoSlash and AppointReporter come from the arbiter', async () => {
        const veto = ParticipantRegistry.vetoSlashBody({ participant: alice, queryId });
        const appoint = ParticipantRegistry.appointReporterBody({ reporter: alice });
        for (const from of allBut('arbiter')) {
            await unit.refused(PoolExit.ERROR_NOT_ROLE, from, veto);
            await unit.refused(PoolExit.ERROR_NOT_ROLE, from, appoint);
        }
        await unit.refused(PoolExit.ERROR_MANAGED, 'arbiter', appoint);
        const tx = txAt(await unit.send('arbiter', veto), unit.address);
        expect(outs(tx)[0]).toMatchObject({ to: sameAddress(vault), op: op.SlashVetoed, queryId });
        expect(kept(tx)).toBe(0n);
    });

    it('reports and seals come from the reporter', async () => {
        unit.advance(DAY);
        const row = { participant: alice, seconds: 1, gpu: 1, uptimeBps: 1, outages: 0 };
        const report = ParticipantRegistry.reportMetricsBody({ epoch: 0, rows: [row] });
        const seal = ParticipantRegistry.sealBody({ epoch: 0 });
        for (const from of allBut('reporter')) {
            await unit.refused(PoolExit.ERROR_NOT_ROLE, from, report);
            await unit.refused(PoolExit.ERROR_NOT_ROLE, from, seal);
        }
        expect(exitCode(txAt(await unit.send('reporter', report), unit.address))).toBe(0);
        expect(exitCode(txAt(await unit.send('reporter', seal), unit.address))).toBe(0);
    });

    it.each(['owner', 'arbiter'] as const)(
        'an epoch is voided by the %s and nobody without a right to it',
        async (who) => {
            unit.advance(DAY);
            await unit.report(0, [{ participant: alice }]);
            const body = ParticipantRegistry.voidEpochBody({ epoch: 0 });
            for (const from of allBut('owner', 'arbiter')) {
                await unit.refused(PoolExit.ERROR_NOT_ROLE, from, body);
            }
            expect(exitCode(txAt(await unit.send(who, body), unit.address))).toBe(0);
            expect((await unit.epoch()).attempt).toBe(true);
        },
    );

    describe('from the operator contract', () => {
        const bodies = (): Record<string, Cell> => ({
            SetUpRegistry: unit.setUpBody(configWith({})),
            RolesUpdate: unit.rolesBody(),
            AskIdle: cellOf(storeAskIdle({ $$type: 'AskIdle', queryId, since: 0n, amount: 0n, emergency: false })),
            ConfigChange: cellOf(storeConfigChange({ $$type: 'ConfigChange', queryId, kind: 1n, value: 0n })),
            UpgradeNotice: cellOf(storeUpgradeNotice({ $$type: 'UpgradeNotice', queryId, vault: true, codeHash: 5n })),
        });

        it.each(['SetUpRegistry', 'RolesUpdate', 'AskIdle', 'ConfigChange', 'UpgradeNotice'])(
            'comes %s',
            async (name) => {
                const body = bodies()[name];
                for (const from of allBut('operator')) {
                    await unit.refused(PoolExit.ERROR_NOT_OPERATOR, from, body);
                }
                if (name !== 'AskIdle') {
                    expect(succeeded(txAt(await unit.send('operator', body), unit.address))).toBe(true);
                }
            },
        );
    });

    describe('from vaults', () => {
        const bodies = (participant: Address): Record<string, Cell> => ({
            VaultUpdate: cellOf(
                storeVaultUpdate({
                    $$type: 'VaultUpdate',
                    queryId,
                    reason: 1n,
                    active: 1n,
                    pending: 0n,
                    exiting: 0n,
                    stake: 1n,
                    participant,
                }),
            ),
            AskAddStake: cellOf(storeAskAddStake({ $$type: 'AskAddStake', queryId, amount: toNano('3'), participant })),
            AskEarlyExit: cellOf(storeAskEarlyExit({ $$type: 'AskEarlyExit', queryId, participant })),
            AskVaultCode: cellOf(storeAskVaultCode({ $$type: 'AskVaultCode', queryId, participant, code: Cell.EMPTY })),
        });

        it.each(['VaultUpdate', 'AskAddStake', 'AskEarlyExit', 'AskVaultCode'])(
            'comes %s, of its own participant',
            async (name) => {
                for (const from of everybody) {
                    await unit.refused(PoolExit.ERROR_NOT_VAULT, from, bodies(alice)[name]);
                    await unit.refused(PoolExit.ERROR_NOT_VAULT, from, bodies(unit.addressOf(from))[name]);
                }
                await expectRefused(unit.blockchain, unit.address, PoolExit.ERROR_NOT_VAULT, () =>
                    unit.sendAs(vault, bodies(unit.addressOf('bob'))[name]),
                );
                // The same account id in the masterchain is somebody else.
                await expectRefused(unit.blockchain, unit.address, PoolExit.ERROR_NOT_VAULT, () =>
                    unit.sendAs(new Address(-1, vault.hash), bodies(alice)[name]),
                );
            },
        );

        it('lets stake in with all of its value', async () => {
            const value = toNano('4');
            const tx = txAt(await unit.sendAs(vault, bodies(alice).AskAddStake, value), unit.address);
            expect(outCount(tx)).toBe(1);
            expect(outs(tx)[0]).toMatchObject({ to: sameAddress(vault), bounce: true, value: afterFees(tx, value) });
            expect(loadStakeAdded(outs(tx)[0].body.beginParse())).toMatchObject({ queryId, amount: toNano('3') });
            expect(kept(tx)).toBe(0n);
        });

        it('lets nobody go early while the pool is managed', async () => {
            await expectRefused(unit.blockchain, unit.address, PoolExit.ERROR_EXIT_DELAY, () =>
                unit.sendAs(vault, bodies(alice).AskEarlyExit),
            );
        });

        it('gives out no code but the published one', async () => {
            const ask = (code: Cell) =>
                unit.sendAs(
                    vault,
                    cellOf(storeAskVaultCode({ $$type: 'AskVaultCode', queryId, participant: alice, code })),
                );
            const refused = (code: Cell, error: number) =>
                expectRefused(unit.blockchain, unit.address, error, () => ask(code));
            await refused(REFUSING_CODE, PoolExit.ERROR_NOT_PUBLISHED);
            const codeHash = BigInt(`0x${REFUSING_CODE.hash().toString('hex')}`);
            const notice = { $$type: 'UpgradeNotice', queryId, vault: true, codeHash } as const;
            await unit.send('operator', cellOf(storeUpgradeNotice(notice)));
            const { readyAt } = await unit.registry.getUpgrade(true);
            unit.at(readyAt - 1n);
            await refused(REFUSING_CODE, PoolExit.ERROR_TOO_EARLY);
            unit.at(readyAt);
            await refused(Cell.EMPTY, PoolExit.ERROR_NOT_PUBLISHED);
            const tx = txAt(await ask(REFUSING_CODE), unit.address);
            expect(outCount(tx)).toBe(1);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(vault),
                bounce: false,
                value: afterFees(tx, toNano('1')),
            });
            expect(loadVaultCode(outs(tx)[0].body.beginParse()).code).toEqualCell(REFUSING_CODE);
            expect(kept(tx)).toBe(0n);
        });
    });

    it('knows nobody before it is linked', async () => {
        const bare = await RegistryUnit.create();
        const { ERROR_NOT_LINKED } = PoolExit;
        const refused = (code: number, from: RegistryPerson, body: Cell) => bare.refused(code, from, body);
        await refused(ERROR_NOT_LINKED, 'operator', unit.rolesBody());
        await refused(ERROR_NOT_LINKED, 'owner', fromOwner().Approve);
        await refused(ERROR_NOT_LINKED, 'keeper', ParticipantRegistry.closeEpochBody());
        await refused(ERROR_NOT_LINKED, 'reporter', ParticipantRegistry.sealBody({ epoch: 0 }));
        await refused(ERROR_NOT_LINKED, 'keeper', ParticipantRegistry.applyUpgradeBody({ code: Cell.EMPTY }));
        await refused(ERROR_NOT_LINKED, 'alice', ParticipantRegistry.registerBody({ stake: toNano('10') }));
        await refused(
            ERROR_NOT_LINKED,
            'operator',
            cellOf(storeAskIdle({ $$type: 'AskIdle', queryId, since: 0n, amount: 0n, emergency: false })),
        );
        // A bounce that nobody waits for is kept.
        const out = { from: bare.address, to: vault, value: toNano('1'), body: beginCell().storeUint(1, 32).endCell() };
        const tx = txAt(await bare.bounce(out as never), bare.address);
        expect(exitCode(tx)).toBe(0);
        expect(outCount(tx)).toBe(0);
    });

    describe('set-up', () => {
        const { ERROR_BAD_PARAMETER } = PoolExit;

        it.each([
            ['epochSeconds', EPOCH_MIN, EPOCH_MAX],
            ['minStake', PARTICIPANT_MIN_STAKE, undefined],
            ['openCeiling', 1n, MAX_GPU],
        ] as const)('takes %s within its bounds', async (field, low, high) => {
            for (const [value, good] of [
                [low, true],
                [low - 1n, false],
                ...(high === undefined ? [] : [[high, true] as const, [high + 1n, false] as const]),
            ] as const) {
                const bare = await RegistryUnit.create();
                const body = bare.setUpBody(configWith({ [field]: value }));
                if (good) {
                    expect(succeeded(txAt(await bare.send('operator', body), bare.address))).toBe(true);
                    expect(plain(await bare.data())[field]).toBe(String(value));
                } else {
                    await bare.refused(ERROR_BAD_PARAMETER, 'operator', body);
                }
            }
        });

        it('begins its calendar itself, without announced changes', async () => {
            const bare = await RegistryUnit.create();
            const planted = { anchorEpoch: 7n, anchorTime: 5n, nextSeconds: 3600n, nextEpoch: 1n };
            await bare.send(
                'operator',
                bare.setUpBody(configWith({ ...planted, nextMinEarned: 9n, nextMinEarnedAt: 1n })),
            );
            expect(await bare.epoch()).toMatchObject({ epoch: 0n, start: bare.now });
            expect(await bare.data()).toMatchObject({ nextSeconds: 0n, nextMinEarnedAt: 0n, minEarned: 0n });
            // Until the operator names them, all roles are his.
            const roles = await bare.registry.getRoles();
            for (const role of [roles.owner, roles.reporter, roles.arbiter]) {
                expect(role).toEqualAddress(bare.addressOf('operator'));
            }
            expect(await bare.data()).toMatchObject({ poolActive: false, pausedUntil: 0n });
        });
    });

    it('takes roles, status and pause from the operator, never an older version', async () => {
        const stranger = unit.addressOf('stranger');
        await unit.roles({
            version: 9n,
            active: false,
            pausedUntil: 77n,
            owner: stranger,
            reporter: alice,
            arbiter: vault,
        });
        expect(await unit.data()).toMatchObject({ poolActive: false, pausedUntil: 77n });
        let roles = await unit.registry.getRoles();
        expect(roles.owner).toEqualAddress(stranger);
        expect(roles.reporter).toEqualAddress(alice);
        expect(roles.arbiter).toEqualAddress(vault);
        const tx = txAt(await unit.roles({ version: 8n, active: true }), unit.address);
        expect(exitCode(tx)).toBe(0);
        expect(outCount(tx)).toBe(0);
        expect(await unit.data()).toMatchObject({ poolActive: false, pausedUntil: 77n });
        await unit.roles({ version: 9n, active: true });
        roles = await unit.registry.getRoles();
        expect(roles.owner).toEqualAddress(unit.addressOf('owner'));
        expect(await unit.data()).toMatchObject({ poolActive: true, pausedUntil: 0n });
    });

    describe('pause', () => {
        it('stops registrations, approvals, slashes and new stake to the second, and nothing else', async () => {
            const { ERROR_PAUSED } = PoolExit;
            const until = unit.now + 1000n;
            await unit.roles({ pausedUntil: until });
            const register = ParticipantRegistry.registerBody({ stake: toNano('10') });
            const add = cellOf(storeAskAddStake({ $$type: 'AskAddStake', queryId, amount: 1n, participant: alice }));
            unit.at(until - 1n);
            await unit.refused(ERROR_PAUSED, 'bob', register, toNano('12'));
            await unit.refused(ERROR_PAUSED, 'owner', fromOwner().Approve);
            await unit.refused(ERROR_PAUSED, 'owner', fromOwner().AnnounceSlash);
            await expectRefused(unit.blockchain, unit.address, ERROR_PAUSED, () => unit.sendAs(vault, add));
            for (const [from, body] of [
                ['owner', fromOwner().Reject],
                ['owner', fromOwner().SetGpuCeiling],
                ['arbiter', ParticipantRegistry.vetoSlashBody({ participant: alice })],
            ] as const) {
                expect(exitCode(txAt(await unit.send(from, body), unit.address))).toBe(0);
            }
            unit.at(until);
            for (const [from, body] of [
                ['bob', register],
                ['owner', fromOwner().Approve],
                ['owner', fromOwner().AnnounceSlash],
            ] as const) {
                expect(exitCode(txAt(await unit.send(from, body, toNano('12')), unit.address))).toBe(0);
            }
            expect(exitCode(txAt(await unit.sendAs(vault, add), unit.address))).toBe(0);
        });

        it('lets reports, seals and closes go on', async () => {
            unit.advance(DAY);
            await unit.roles({ pausedUntil: unit.now + 10n * DAY });
            expect(exitCode(txAt(await unit.report(0, [{ participant: alice }]), unit.address))).toBe(0);
            const seal = ParticipantRegistry.sealBody({ epoch: 0 });
            expect(exitCode(txAt(await unit.send('reporter', seal), unit.address))).toBe(0);
            unit.advance(DAY / 4n);
            const close = ParticipantRegistry.closeEpochBody();
            expect(exitCode(txAt(await unit.send('keeper', close), unit.address))).toBe(0);
        });
    });
});
