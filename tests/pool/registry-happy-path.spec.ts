/** The registry alone: set-up, admission and answers as they are meant to go. Reports are in registry-reports. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_OPERATOR_COUNT,
    loadIdleConfirmed,
    loadOpenVault,
    loadParticipantsChanged,
    REGISTRY_BITS,
    REGISTRY_CELLS,
    storeAskIdle,
    storeVaultUpdate,
    VAULT_BITS,
    VAULT_CELLS,
} from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    ParticipantRegistry,
    poolEvents,
    REASON_EXIT_REQUESTED,
    REASON_PENDING,
    REASON_REGISTERED,
    VAULT_ACTIVE,
    VAULT_PENDING,
} from '../../wrappers/pool';
import {
    afterFees,
    cellOf,
    computeFee,
    exitCode,
    kept,
    outCount,
    outs,
    plain,
    RegistryUnit,
    rentOf,
    sameAddress,
    succeeded,
    txAt,
} from '../support/pool/units';

const op = ParticipantRegistry.opcodes;
const DAY = 86_400n;
const WINDOW = DAY / 4n;

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
