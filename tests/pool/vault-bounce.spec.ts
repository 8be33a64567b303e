/** Every message of a vault comes back once: the ledger is what it was, and nobody's money is lost. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_DISTRIBUTION_RESERVE,
    GAS_VAULT_PAYOUT,
    loadVaultUpdate,
    storeActivate,
    storeExitNow,
    storeSlashAnnounced,
    storeStakeAdded,
} from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { payoutBody } from '../../wrappers/cocoon';
import {
    ParticipantVault,
    REASON_REFUSED,
    REASON_RESYNC,
    REASON_SLASHED,
    SLASH_VETO,
    VAULT_ACTIVE,
    VAULT_EXITING,
    VAULT_LEFT,
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
    setBalance,
    smallForward,
    sameAddress,
    txAt,
    updateCost,
    VaultUnit,
    vaultFloor,
} from '../support/pool/units';

const op = ParticipantVault.opcodes;
const STAKE = toNano('20');

describe('bounces to a vault', () => {
    let unit: VaultUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await VaultUnit.open({ payout: undefined, recovery: null });
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const lastUpdate = (tx: Parameters<typeof outs>[0]) =>
        loadVaultUpdate(
            outs(tx)
                .find((out) => out.op === op.VaultUpdate)!
                .body.beginParse(),
        );

    describe('VaultPayout', () => {
        it('waits for the next payout', async () => {
            const [out] = outs(txAt(await unit.send('stranger', payoutBody(1n), toNano('2')), unit.address));
            const tx = txAt(await unit.bounce(out), unit.address);
            expect(exitCode(tx)).toBe(0);
            expect(outCount(tx)).toBe(0);
            const pending = out.value - computeFee(GAS_VAULT_PAYOUT);
            expect(await unit.data()).toMatchObject({ pending, earned: toNano('2'), stake: STAKE });
            // The booked sum is there.
            expect(kept(tx)).toBeGreaterThanOrEqual(pending);
            const [again] = outs(txAt(await unit.send('stranger', payoutBody(2n), toNano('1')), unit.address));
            expect(again.value).toBeGreaterThan(pending);
            expect((await unit.data()).pending).toBe(0n);
        });

        it('books nothing for what its gas eats', async () => {
            const [out] = outs(txAt(await unit.send('stranger', payoutBody(1n), toNano('2')), unit.address));
            await unit.bounce(out, computeFee(GAS_VAULT_PAYOUT) - 1n);
            expect((await unit.data()).pending).toBe(0n);
            await unit.bounce(out, computeFee(GAS_VAULT_PAYOUT) + 1n);
            expect((await unit.data()).pending).toBe(1n);
        });
    });

    describe('Claim', () => {
        it('makes every round of the mask due again, and keeps the rest of the value for the pool', async () => {
            for (const epoch of [0n, 1n, 3n]) {
                await unit.entry({ epoch, epochEnd: unit.now + unit.epochSeconds });
            }
            const [out] = outs(txAt(await unit.send('keeper', ParticipantVault.pokeBody()), unit.address));
            expect((await unit.data()).due).toBe(0n);
            const before = await unit.data();
            const tx = txAt(await unit.bounce(out), unit.address);
            expect(outCount(tx)).toBe(0);
            const after = await unit.data();
            expect(after).toMatchObject({ firstEpoch: 0n, due: 0b1011n, pending: 0n, stake: STAKE });
            expect(after.solvency - before.solvency).toBe(kept(tx));
            expect(kept(tx)).toBe(afterFees(tx, out.value));
            expect(await unit.epoch(1)).toMatchObject({ present: true, due: true, score: 1001n });
        });
    });

    describe('VaultUpdate', () => {
        it('is owed and sent with the next update', async () => {
            const withdraw = ParticipantVault.withdrawStakeBody({ amount: toNano('2') });
            const [first] = outs(txAt(await unit.send('participant', withdraw), unit.address));
            const bounced = txAt(await unit.bounce(first), unit.address);
            expect(outCount(bounced)).toBe(0);
            expect(await unit.data()).toMatchObject({ owed: true, stake: STAKE - toNano('2') });

            const request = ParticipantVault.requestExitBody();
            const second = txAt(await unit.send('participant', request), unit.address);
            expect(lastUpdate(second)).toMatchObject({ active: 0n, pending: 0n, exiting: 1n, stake: -toNano('2') });
            expect((await unit.data()).owed).toBe(false);
        });

        it('adds up when several come back, until anyone resyncs', async () => {
            const bodies = [
                ParticipantVault.withdrawStakeBody({ amount: toNano('2') }),
                ParticipantVault.withdrawStakeBody({ amount: toNano('3') }),
                ParticipantVault.requestExitBody(),
            ];
            for (const body of bodies) {
                const [out] = outs(txAt(await unit.send('participant', body), unit.address));
                expect(out.op).toBe(op.VaultUpdate);
                await unit.bounce(out);
            }
            const now = cellOf(storeExitNow({ $$type: 'ExitNow', queryId: 0n }));
            const [left] = outs(txAt(await unit.send('registry', now), unit.address));
            expect(loadVaultUpdate(left.body.beginParse())).toMatchObject({
                active: -1n,
                exiting: 0n,
                stake: -STAKE,
            });
            await unit.bounce(left);
            expect(await unit.data()).toMatchObject({ owed: true, status: VAULT_LEFT });

            const tx = txAt(await unit.send('stranger', ParticipantVault.resyncBody({ queryId: 4 })), unit.address);
            expect(outCount(tx)).toBe(2);
            expect(loadVaultUpdate(outs(tx)[0].body.beginParse())).toMatchObject({
                queryId: 4n,
                reason: REASON_RESYNC,
                active: -1n,
                pending: 0n,
                exiting: 0n,
                stake: -STAKE,
            });
            expect(outs(tx)[0].value).toBe(updateCost());
            expect(outs(tx)[1]).toMatchObject({
                to: sameAddress(unit.addressOf('participant')),
                op: op.Excesses,
                queryId: 4n,
            });
            expect(kept(tx)).toBe(0n);
            expect((await unit.data()).owed).toBe(false);
            const again = txAt(await unit.send('stranger', ParticipantVault.resyncBody()), unit.address);
            expect(lastUpdate(again)).toMatchObject({ active: 0n, pending: 0n, exiting: 0n, stake: 0n });
        });

        it('keeps owing the counts of an approval', async () => {
            const pending = await VaultUnit.open({ active: false, gpuCeiling: 0n });
            const activate = cellOf(storeActivate({ $$type: 'Activate', queryId: 0n, gpuCeiling: 5n }));
            const [out] = outs(txAt(await pending.send('registry', activate), pending.address));
            await pending.bounce(out);
            const tx = txAt(await pending.send('stranger', ParticipantVault.resyncBody()), pending.address);
            expect(lastUpdate(tx)).toMatchObject({ active: 1n, pending: -1n, exiting: 0n, stake: 0n });
        });

        it('stays owed over an exit and a new registration', async () => {
            await unit.send('participant', ParticipantVault.requestExitBody());
            const now = cellOf(storeExitNow({ $$type: 'ExitNow', queryId: 0n }));
            const [out] = outs(txAt(await unit.send('registry', now), unit.address));
            await unit.bounce(out);
            await unit.open();
            expect(await unit.data()).toMatchObject({ owed: true, status: VAULT_ACTIVE, stake: STAKE });
            const tx = txAt(await unit.send('stranger', ParticipantVault.resyncBody()), unit.address);
            expect(lastUpdate(tx)).toMatchObject({ active: -1n, exiting: -1n, stake: -STAKE });
        });

        it('is owed for a registration that was refused, too', async () => {
            const tx = txAt(await unit.open({ stake: toNano('15') }), unit.address);
            const [out] = outs(tx);
            expect(loadVaultUpdate(out.body.beginParse())).toMatchObject({
                queryId: 7n,
                reason: REASON_REFUSED,
                active: -1n,
                pending: 0n,
                exiting: 0n,
                stake: -toNano('15'),
            });
            await unit.bounce(out);
            const resync = txAt(await unit.send('stranger', ParticipantVault.resyncBody()), unit.address);
            expect(lastUpdate(resync)).toMatchObject({ active: -1n, stake: -toNano('15') });
            expect((await unit.data()).stake).toBe(STAKE);
        });
    });

    it('gives AddStake back when the registry refuses it', async () => {
        const body = ParticipantVault.addStakeBody({ amount: toNano('3'), queryId: 5 });
        const [out] = outs(txAt(await unit.send('participant', body, toNano('4')), unit.address));
        const tx = txAt(await unit.bounce(out), unit.address);
        const [back] = outs(tx);
        expect(outCount(tx)).toBe(1);
        expect(back.to).toEqualAddress(unit.addressOf('participant'));
        expect(back.op).toBe(op.StakeReturned);
        expect(back.queryId).toBe(5n);
        expect(back.value).toBe(afterFees(tx, out.value));
        expect(kept(tx)).toBe(0n);
        expect((await unit.data()).stake).toBe(STAKE);
    });

    it('gives added stake back to a participant who has left meanwhile', async () => {
        await unit.send('participant', ParticipantVault.requestExitBody());
        await unit.send('registry', cellOf(storeExitNow({ $$type: 'ExitNow', queryId: 0n })));
        const added = cellOf(storeStakeAdded({ $$type: 'StakeAdded', queryId: 2n, amount: toNano('3') }));
        const tx = txAt(await unit.send('registry', added, toNano('4')), unit.address);
        expect(outCount(tx)).toBe(1);
        expect(outs(tx)[0]).toMatchObject({
            to: sameAddress(unit.addressOf('participant')),
            op: op.StakeReturned,
            queryId: 2n,
            value: afterFees(tx, toNano('4')),
        });
        expect(await unit.data()).toMatchObject({ stake: 0n, status: VAULT_LEFT });
    });

    describe('SlashPaid', () => {
        const amount = toNano('6');

        async function slash() {
            const announce = { $$type: 'SlashAnnounced', queryId: 0n, amount, reasonHash: 5n } as const;
            await unit.send('registry', cellOf(storeSlashAnnounced(announce)));
            unit.advance(SLASH_VETO);
            const tx = txAt(
                await unit.send('stranger', ParticipantVault.executeSlashBody({ queryId: 3 })),
                unit.address,
            );
            const out = outs(tx).find((o) => o.op === op.SlashPaid)!;
            expect(out.to).toEqualAddress(unit.addressOf('distribution'));
            expect(out.bounce).toBe(true);
            expect(out.value).toBe(amount + computeFee(GAS_DISTRIBUTION_RESERVE + GAS_VAULT_PAYOUT) + smallForward());
            expect((await unit.data()).stake).toBe(STAKE - amount);
            return out;
        }

        it.each(['active', 'exiting'])(
            'gives an %s participant his stake back and tells the registry',
            async (state) => {
                if (state === 'exiting') {
                    await unit.send('participant', ParticipantVault.requestExitBody());
                }
                const out = await slash();
                const value = amount + toNano('0.5');
                const tx = txAt(await unit.bounce(out, value), unit.address);
                expect(outCount(tx)).toBe(2);
                expect(lastUpdate(tx)).toEqual({
                    $$type: 'VaultUpdate',
                    queryId: 3n,
                    reason: REASON_SLASHED,
                    active: 0n,
                    pending: 0n,
                    exiting: 0n,
                    stake: amount,
                    participant: sameAddress(unit.addressOf('participant')),
                });
                expect(outs(tx)[1]).toMatchObject({
                    to: sameAddress(unit.addressOf('participant')),
                    op: op.Excesses,
                    queryId: 3n,
                });
                expect(kept(tx)).toBe(amount);
                expect(await unit.data()).toMatchObject({
                    stake: STAKE,
                    status: state === 'active' ? VAULT_ACTIVE : VAULT_EXITING,
                    slashAmount: 0n,
                });
            },
        );

        it('leaves the stake covered with what a real bounce brings', async () => {
            const out = await slash();
            await unit.bounce(out);
            const data = await unit.data();
            expect(data.stake).toBe(STAKE);
            expect(data.solvency).toBeGreaterThanOrEqual(0n);
        });

        it('does not pay for its own bounce out of the last year of rent', async () => {
            const out = await slash();
            await setBalance(unit.blockchain, unit.address, STAKE - amount + vaultFloor());
            // What a refusal and the way back leave of a real one.
            await unit.bounce(out, out.value - smallForward());
            const data = await unit.data();
            expect(data.stake).toBe(STAKE);
            expect(data.solvency).toBeGreaterThanOrEqual(0n);
        });

        it('gives the money to a participant who has left meanwhile', async () => {
            await unit.send('participant', ParticipantVault.requestExitBody());
            const out = await slash();
            await unit.send('registry', cellOf(storeExitNow({ $$type: 'ExitNow', queryId: 0n })));
            const tx = txAt(await unit.bounce(out), unit.address);
            expect(outCount(tx)).toBe(1);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('participant')),
                op: op.StakeReturned,
                queryId: 3n,
                value: afterFees(tx, out.value),
            });
            expect(kept(tx)).toBe(0n);
            expect(await unit.data()).toMatchObject({ stake: 0n, status: VAULT_LEFT });
        });
    });

    it('returns the value of whatever else comes back to the participant', async () => {
        await unit.send('participant', ParticipantVault.requestExitBody());
        const keeper = unit.addressOf('keeper');
        const bodies: [string, Cell][] = [
            ['AskEarlyExit', ParticipantVault.completeExitBody()],
            ['owner_worker_register', ParticipantVault.registerWorkerBody({ worker: keeper })],
            ['wallet text', ParticipantVault.walletCommandBody({ wallet: keeper, command: 'w' })],
            ['AskVaultCode', ParticipantVault.upgradeVaultBody({ code: beginCell().storeUint(1, 8).endCell() })],
        ];
        for (const [name, body] of bodies) {
            const before = plain(await unit.data());
            const [out] = outs(txAt(await unit.send('participant', body), unit.address));
            expect([name, out.bounce]).toEqual([name, true]);
            const tx = txAt(await unit.bounce(out), unit.address);
            expect(exitCode(tx)).toBe(0);
            expect(outCount(tx)).toBe(1);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('participant')),
                op: op.OwnMoney,
                queryId: 0n,
                bounce: false,
                value: afterFees(tx, out.value),
            });
            expect(kept(tx)).toBe(0n);
            expect(plain(await unit.data())).toEqual(before);
        }
    });

    it('refills the rent before it returns anything', async () => {
        const missing = toNano('0.02');
        await setBalance(unit.blockchain, unit.address, STAKE + vaultFloor() - missing);
        const body = ParticipantVault.walletCommandBody({ wallet: unit.addressOf('keeper'), command: 'b' });
        const [out] = outs(txAt(await unit.send('participant', body), unit.address));
        const tx = txAt(await unit.bounce(out), unit.address);
        expect(outs(tx)[0].value).toBe(afterFees(tx, out.value - missing));
        expect(await unit.balance()).toBe(STAKE + vaultFloor());
        expect((await unit.data()).solvency).toBe(0n);
    });
});
