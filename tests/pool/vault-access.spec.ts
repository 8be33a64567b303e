/** Who may tell a vault what, and in which of its states. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    storeActivate,
    storeExitNow,
    storeGpuCeilingChanged,
    storeRejected,
    storeSlashAnnounced,
    storeSlashVetoed,
    storeStakeAdded,
    storeVaultCode,
} from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { payoutBody } from '../../wrappers/cocoon';
import {
    ParticipantVault,
    PoolExit,
    VAULT_ACTIVE,
    VAULT_EXITING,
    VAULT_LEFT,
    VAULT_NEW,
    VAULT_PENDING,
} from '../../wrappers/pool';
import {
    cellOf,
    exitCode,
    expectRefused,
    kept,
    outs,
    plain,
    sameAddress,
    txAt,
    VaultPerson,
    VaultUnit,
    vaultFloor,
} from '../support/pool/units';

const queryId = 1n;

const amount = toNano('1');

const fromRegistry: Record<string, Cell> = {
    Activate: cellOf(storeActivate({ $$type: 'Activate', queryId, gpuCeiling: 9n })),
    Rejected: cellOf(storeRejected({ $$type: 'Rejected', queryId })),
    GpuCeilingChanged: cellOf(storeGpuCeilingChanged({ $$type: 'GpuCeilingChanged', queryId, gpuCeiling: 9n })),
    SlashAnnounced: cellOf(storeSlashAnnounced({ $$type: 'SlashAnnounced', queryId, amount, reasonHash: 1n })),
    SlashVetoed: cellOf(storeSlashVetoed({ $$type: 'SlashVetoed', queryId })),
    StakeAdded: cellOf(storeStakeAdded({ $$type: 'StakeAdded', queryId, amount })),
    ExitNow: cellOf(storeExitNow({ $$type: 'ExitNow', queryId })),
    VaultCode: cellOf(storeVaultCode({ $$type: 'VaultCode', queryId, code: Cell.EMPTY })),
};

const states = ['new', 'pending', 'active', 'exiting', 'left'] as const;
type State = (typeof states)[number];

describe('access to a vault', () => {
    let unit: VaultUnit;
    const restore = {} as Record<State, () => Promise<void>>;

    beforeAll(async () => {
        unit = await VaultUnit.create();
        restore.new = unit.checkpoint();
        await unit.open({ active: false, gpuCeiling: 0n, recovery: unit.addressOf('recovery') });
        restore.pending = unit.checkpoint();
        await unit.send('registry', fromRegistry.Activate);
        restore.active = unit.checkpoint();
        await unit.send('participant', ParticipantVault.requestExitBody());
        restore.exiting = unit.checkpoint();
        await unit.send('registry', fromRegistry.ExitNow);
        restore.left = unit.checkpoint();
    });

    it('has a vault in every state', async () => {
        const status = { new: VAULT_NEW, pending: VAULT_PENDING, active: VAULT_ACTIVE, exiting: VAULT_EXITING };
        for (const state of states) {
            await restore[state]();
            expect((await unit.data()).status).toBe({ ...status, left: VAULT_LEFT }[state]);
        }
    });

    describe.each(Object.keys(fromRegistry).concat('MetricsEntry', 'OpenVault'))('%s', (name) => {
        const body = () =>
            name === 'MetricsEntry' ? unit.entryBody() : name === 'OpenVault' ? unit.openBody() : fromRegistry[name];

        it('comes from the registry and nobody else', async () => {
            for (const state of states) {
                await restore[state]();
                await unit.refused(PoolExit.ERROR_NOT_REGISTRY, 'stranger', body(), toNano('30'));
            }
            await restore.active();
            for (const from of ['participant', 'recovery', 'operator', 'distribution'] as const) {
                await unit.refused(PoolExit.ERROR_NOT_REGISTRY, from, body(), toNano('30'));
            }
        });
    });

    /** Messages of the participant alone, with bodies that would be accepted from him. */
    const fromParticipant = (): Record<string, [State, Cell]> => ({
        CancelExit: ['exiting', ParticipantVault.cancelExitBody()],
        CancelRegistration: ['pending', ParticipantVault.cancelRegistrationBody()],
        AddStake: ['active', ParticipantVault.addStakeBody({ amount: toNano('0.1') })],
        WithdrawStake: ['active', ParticipantVault.withdrawStakeBody({ amount })],
        SetRecovery: ['active', ParticipantVault.setRecoveryBody({ recovery: null })],
        SetMinPayout: ['active', ParticipantVault.setMinPayoutBody({ amount })],
        SetMetadata: ['active', ParticipantVault.setMetadataBody({ metaHash: 1n })],
        RegisterWorker: ['active', ParticipantVault.registerWorkerBody({ worker: unit.addressOf('keeper') })],
        WalletCommand: [
            'active',
            ParticipantVault.walletCommandBody({ wallet: unit.addressOf('keeper'), command: 'b' }),
        ],
        UpgradeVault: ['active', ParticipantVault.upgradeVaultBody({ code: Cell.EMPTY })],
    });

    it.each([
        'CancelExit',
        'CancelRegistration',
        'AddStake',
        'WithdrawStake',
        'SetRecovery',
        'SetMinPayout',
        'SetMetadata',
        'RegisterWorker',
        'WalletCommand',
        'UpgradeVault',
    ])('%s comes from the participant and nobody else', async (name) => {
        const [state, body] = fromParticipant()[name];
        for (const from of ['recovery', 'registry', 'operator', 'stranger'] as const) {
            await restore[state]();
            await unit.refused(PoolExit.ERROR_NOT_PARTICIPANT, from, body);
        }
        await restore[state]();
        expect(exitCode(txAt(await unit.send('participant', body), unit.address))).toBe(0);
    });

    it.each(['RequestExit', 'SetPayout', 'CancelAddressChange'])(
        '%s comes from the participant or his recovery address',
        async (name) => {
            const body = {
                RequestExit: ParticipantVault.requestExitBody(),
                SetPayout: ParticipantVault.setPayoutBody({ payout: unit.addressOf('payout') }),
                CancelAddressChange: ParticipantVault.cancelAddressChangeBody(),
            }[name]!;
            const prepare = async () => {
                await restore.active();
                if (name === 'CancelAddressChange') {
                    await unit.send(
                        'participant',
                        ParticipantVault.setPayoutBody({ payout: unit.addressOf('payout') }),
                    );
                }
            };
            for (const from of ['registry', 'payout', 'stranger'] as const) {
                await prepare();
                await unit.refused(PoolExit.ERROR_NOT_PARTICIPANT_OR_RECOVERY, from, body);
            }
            for (const from of ['participant', 'recovery'] as const) {
                await prepare();
                expect(exitCode(txAt(await unit.send(from, body), unit.address))).toBe(0);
            }
        },
    );

    it('knows no recovery address when none was named', async () => {
        await restore.new();
        await unit.open();
        expect(await unit.vault.getRecovery()).toBeNull();
        await unit.refused(PoolExit.ERROR_NOT_PARTICIPANT_OR_RECOVERY, 'recovery', ParticipantVault.requestExitBody());
    });

    describe('states', () => {
        const { ERROR_VAULT_STATE, ERROR_NOTHING_DUE, ERROR_SECONDS, ERROR_SLASH_TIME, ERROR_TOO_EARLY } = PoolExit;
        const ok = 0;

        /** Exit code of a message in the states new, pending, active, exiting and left. */
        const table: [name: string, from: VaultPerson, codes: number[]][] = [
            ['Activate', 'registry', [ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE, ERROR_VAULT_STATE, ERROR_VAULT_STATE]],
            ['Rejected', 'registry', [ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE, ERROR_VAULT_STATE, ERROR_VAULT_STATE]],
            ['GpuCeilingChanged', 'registry', [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ok, ERROR_VAULT_STATE]],
            ['SlashAnnounced', 'registry', [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ok, ERROR_VAULT_STATE]],
            ['SlashVetoed', 'registry', [ERROR_VAULT_STATE, ...Array<number>(4).fill(ERROR_SLASH_TIME)]],
            ['StakeAdded', 'registry', [ok, ok, ok, ok, ok]],
            ['ExitNow', 'registry', [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE]],
            ['VaultCode', 'registry', [ok, ok, ok, ok, ok]],
            [
                'RequestExit',
                'participant',
                [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE, ERROR_VAULT_STATE],
            ],
            [
                'CancelExit',
                'participant',
                [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE],
            ],
            [
                'CompleteExit',
                'stranger',
                [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE],
            ],
            [
                'CancelRegistration',
                'participant',
                [ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE, ERROR_VAULT_STATE, ERROR_VAULT_STATE],
            ],
            [
                'AddStake',
                'participant',
                [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE, ERROR_VAULT_STATE],
            ],
            [
                'WithdrawStake',
                'participant',
                [ERROR_VAULT_STATE, ERROR_VAULT_STATE, ok, ERROR_VAULT_STATE, ERROR_VAULT_STATE],
            ],
            ['SetPayout', 'participant', [ERROR_VAULT_STATE, ok, ok, ok, ok]],
            ['SetRecovery', 'participant', [ERROR_VAULT_STATE, ok, ok, ok, ok]],
            [
                'CancelAddressChange',
                'participant',
                [ERROR_VAULT_STATE, ...Array<number>(4).fill(PoolExit.ERROR_NO_CHANGE)],
            ],
            ['ApplyAddressChange', 'stranger', [ERROR_VAULT_STATE, ...Array<number>(4).fill(ERROR_TOO_EARLY)]],
            ['SetMinPayout', 'participant', [ERROR_VAULT_STATE, ok, ok, ok, ok]],
            ['SetMetadata', 'participant', [ERROR_VAULT_STATE, ok, ok, ok, ok]],
            ['ExecuteSlash', 'stranger', [ERROR_VAULT_STATE, ...Array<number>(4).fill(ERROR_SLASH_TIME)]],
            ['Resync', 'stranger', [ERROR_VAULT_STATE, ok, ok, ok, ok]],
            ['Poke', 'stranger', Array<number>(5).fill(ERROR_NOTHING_DUE)],
            ['MetricsEntry', 'registry', [ERROR_SECONDS, ERROR_SECONDS, ok, ok, ERROR_SECONDS]],
            ['RegisterWorker', 'participant', [ok, ok, ok, ok, ok]],
            ['WalletCommand', 'participant', [ok, ok, ok, ok, ok]],
            ['UpgradeVault', 'participant', [ok, ok, ok, ok, ok]],
            ['Sweep', 'stranger', [ok, ok, ok, ok, ok]],
            ['CocoonPayout', 'stranger', [ok, ok, ok, ok, ok]],
        ];

        it.each(table)('%s from the %s', async (name, from, codes) => {
            const bodies: Record<string, Cell> = {
                ...fromRegistry,
                ...Object.fromEntries(Object.entries(fromParticipant()).map(([key, [, body]]) => [key, body])),
                RequestExit: ParticipantVault.requestExitBody(),
                CompleteExit: ParticipantVault.completeExitBody(),
                SetPayout: ParticipantVault.setPayoutBody({ payout: unit.addressOf('payout') }),
                CancelAddressChange: ParticipantVault.cancelAddressChangeBody(),
                ApplyAddressChange: ParticipantVault.applyAddressChangeBody(),
                ExecuteSlash: ParticipantVault.executeSlashBody(),
                Resync: ParticipantVault.resyncBody(),
                Poke: ParticipantVault.pokeBody(),
                MetricsEntry: unit.entryBody({ gpu: 9n }),
                Sweep: ParticipantVault.sweepBody(),
                CocoonPayout: payoutBody(1n),
            };
            for (const [i, state] of states.entries()) {
                await restore[state]();
                if (codes[i] === 0) {
                    expect([state, exitCode(txAt(await unit.send(from, bodies[name]), unit.address))]).toEqual([
                        state,
                        0,
                    ]);
                } else {
                    await unit.refused(codes[i], from, bodies[name]);
                }
            }
        });

        it('sends a registration that it cannot accept back to the participant', async () => {
            for (const state of ['pending', 'active', 'exiting'] as const) {
                await restore[state]();
                const before = plain(await unit.data(), ['solvency']);
                const tx = txAt(await unit.open(), unit.address);
                expect(outs(tx)[1]).toMatchObject({
                    to: sameAddress(unit.addressOf('participant')),
                    op: ParticipantVault.opcodes.StakeReturned,
                    queryId: 7n,
                });
                expect(kept(tx)).toBe(0n);
                expect(plain(await unit.data(), ['solvency'])).toEqual(before);
            }
        });
    });

    it('knows nothing before the registration, and says so', async () => {
        await restore.new();
        const { vault } = unit;
        expect(await unit.data()).toEqual({
            $$type: 'VaultData',
            registry: sameAddress(unit.addressOf('registry')),
            participant: sameAddress(unit.addressOf('participant')),
            status: VAULT_NEW,
            stake: 0n,
            minStake: 0n,
            pending: 0n,
            earned: 0n,
            firstEpoch: 0n,
            due: 0n,
            activatedAt: 0n,
            completedAt: 0n,
            exitAt: 0n,
            gpuCeiling: 0n,
            nextCeiling: 0n,
            nextCeilingAt: 0n,
            payout: sameAddress(unit.addressOf('participant')),
            nextPayoutAt: 0n,
            minPayout: 0n,
            hasRecovery: false,
            nextRecoveryAt: 0n,
            slashAmount: 0n,
            slashedAt: 0n,
            metaHash: 0n,
            owed: false,
            solvency: (await unit.balance()) - vaultFloor(),
            version: 1n,
        });
        expect(await vault.getRecovery()).toBeNull();
        expect(await vault.getNextPayout()).toBeNull();
        expect(await vault.getMetaUri()).toBeNull();
        expect((await unit.epoch(0)).present).toBe(false);
    });

    it('refuses operations it does not know, and no text', async () => {
        for (const state of states) {
            await restore[state]();
            await unit.refused(PoolExit.ERROR_UNKNOWN_OP, 'stranger', beginCell().storeUint(1, 32).endCell());
            await unit.refused(PoolExit.ERROR_UNKNOWN_OP, 'stranger', beginCell().storeUint(0x7003ffff, 32).endCell());
        }
        await expectRefused(unit.blockchain, unit.address, PoolExit.ERROR_COMMAND, () =>
            unit.send(
                'participant',
                beginCell()
                    .storeUint(ParticipantVault.opcodes.WalletCommand, 32)
                    .storeUint(0, 64)
                    .storeAddress(unit.addressOf('keeper'))
                    .storeUint('x'.charCodeAt(0), 8)
                    .endCell(),
            ),
        );
    });
});
