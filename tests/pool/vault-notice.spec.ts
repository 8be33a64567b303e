/** What a vault does with notice: slashes, exits under a slash, new addresses, new code. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    loadAskVaultCode,
    loadSlashPaid,
    loadVaultUpdate,
    storeExitNow,
    storeSlashAnnounced,
    storeSlashVetoed,
    storeVaultCode,
} from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import {
    EXIT_DELAY,
    ParticipantVault,
    poolEvents,
    PoolExit,
    REASON_SLASHED,
    SLASH_EXECUTE,
    SLASH_VETO,
    VAULT_ACTIVE,
    VAULT_LEFT,
} from '../../wrappers/pool';
import {
    afterFees,
    cellOf,
    expectRefused,
    kept,
    outCount,
    outs,
    plain,
    REFUSAL,
    REFUSING_CODE,
    succeeded,
    sameAddress,
    txAt,
    updateCost,
    VaultPerson,
    VaultUnit,
} from '../support/pool/units';

const op = ParticipantVault.opcodes;
const STAKE = toNano('20') + 1n;
const HALF = toNano('10');
const REASON = 0xbeefn;
const { ERROR_NO_SLASH_NOW, ERROR_SLASH_TIME, ERROR_STAKE_FROZEN } = PoolExit;

const announceBody = (amount: bigint) =>
    cellOf(storeSlashAnnounced({ $$type: 'SlashAnnounced', queryId: 2n, amount, reasonHash: REASON }));
const vetoBody = cellOf(storeSlashVetoed({ $$type: 'SlashVetoed', queryId: 3n }));
const exitNow = cellOf(storeExitNow({ $$type: 'ExitNow', queryId: 0n }));
const executeBody = ParticipantVault.executeSlashBody({ queryId: 4 });
const completeBody = ParticipantVault.completeExitBody();

describe('notice', () => {
    let unit: VaultUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await VaultUnit.create();
        await unit.open({ stake: STAKE, minStake: toNano('10'), recovery: unit.addressOf('recovery') });
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const accepts = async (from: VaultPerson, body: Cell) => {
        const result = await unit.send(from, body);
        expect(succeeded(txAt(result, unit.address))).toBe(true);
        return result;
    };

    describe('of a slash', () => {
        it('fixes half of the stake at most', async () => {
            const result = await accepts('registry', announceBody(HALF + 1n));
            expect(poolEvents(result.transactions, 'SlashEvent')).toMatchObject([
                { kind: 0n, amount: HALF, reasonHash: REASON },
            ]);
            expect(await unit.data()).toMatchObject({ slashAmount: HALF, slashedAt: unit.now, stake: STAKE });
            await restore();
            await accepts('registry', announceBody(HALF));
            expect((await unit.data()).slashAmount).toBe(HALF);
            await restore();
            const tx = txAt(await accepts('registry', announceBody(HALF - 1n)), unit.address);
            expect((await unit.data()).slashAmount).toBe(HALF - 1n);
            // The event, and the rest of the value to the payout address.
            expect(outCount(tx)).toBe(2);
            expect(outs(tx)[0]).toMatchObject({ op: op.Excesses, queryId: 2n, value: afterFees(tx, toNano('1')) });
            expect(kept(tx)).toBe(0n);
        });

        it('ends with a veto in the last second of 48 hours, and not later', async () => {
            await unit.send('registry', announceBody(HALF));
            const at = unit.now;
            const announced = unit.checkpoint();
            unit.at(at + SLASH_VETO);
            await unit.refused(ERROR_SLASH_TIME, 'registry', vetoBody);
            await announced();
            unit.at(at + SLASH_VETO - 1n);
            const result = await accepts('registry', vetoBody);
            expect(poolEvents(result.transactions, 'SlashEvent')).toMatchObject([
                { kind: 1n, amount: HALF, reasonHash: REASON },
            ]);
            const tx = txAt(result, unit.address);
            expect(outCount(tx)).toBe(2);
            expect(outs(tx)[0]).toMatchObject({ op: op.Excesses, queryId: 3n });
            expect(kept(tx)).toBe(0n);
            expect(await unit.data()).toMatchObject({ slashAmount: 0n, slashedAt: at, stake: STAKE });
            await unit.refused(ERROR_SLASH_TIME, 'registry', vetoBody);
            unit.at(at + SLASH_VETO);
            await unit.refused(ERROR_SLASH_TIME, 'stranger', executeBody);
        });

        it.each([
            ['first', SLASH_VETO],
            ['last', SLASH_VETO + SLASH_EXECUTE - 1n],
        ])('lets anyone execute it in the %s second of its time', async (_, after) => {
            await unit.send('registry', announceBody(HALF));
            unit.advance(after);
            const result = await accepts('stranger', executeBody);
            expect(poolEvents(result.transactions, 'SlashEvent')).toMatchObject([
                { kind: 2n, amount: HALF, reasonHash: REASON },
            ]);
            const tx = txAt(result, unit.address);
            const [paid, update, excess] = outs(tx);
            expect(outCount(tx)).toBe(4);
            expect(loadSlashPaid(paid.body.beginParse())).toEqual({
                $$type: 'SlashPaid',
                queryId: 4n,
                amount: HALF,
                participant: sameAddress(unit.addressOf('participant')),
            });
            expect(paid.to).toEqualAddress(unit.addressOf('distribution'));
            expect(loadVaultUpdate(update.body.beginParse())).toMatchObject({
                queryId: 4n,
                reason: REASON_SLASHED,
                active: 0n,
                pending: 0n,
                exiting: 0n,
                stake: -HALF,
            });
            expect(update.value).toBe(updateCost());
            expect(excess).toMatchObject({
                to: sameAddress(unit.addressOf('stranger')),
                op: op.Excesses,
                queryId: 4n,
            });
            expect(kept(tx)).toBe(-HALF);
            expect(await unit.data()).toMatchObject({ stake: STAKE - HALF, slashAmount: 0n });
            await unit.refused(ERROR_SLASH_TIME, 'stranger', executeBody);
        });

        it('cannot be executed a second before or after its time', async () => {
            await unit.send('registry', announceBody(HALF));
            const at = unit.now;
            unit.at(at + SLASH_VETO - 1n);
            await unit.refused(ERROR_SLASH_TIME, 'stranger', executeBody);
            unit.at(at + SLASH_VETO + SLASH_EXECUTE);
            await unit.refused(ERROR_SLASH_TIME, 'stranger', executeBody);
        });

        it('freezes the stake until it is void', async () => {
            await unit.send('registry', announceBody(HALF));
            const at = unit.now;
            const withdraw = ParticipantVault.withdrawStakeBody({ amount: toNano('1') });
            unit.at(at + SLASH_VETO + SLASH_EXECUTE - 1n);
            await unit.refused(ERROR_STAKE_FROZEN, 'participant', withdraw);
            unit.at(at + SLASH_VETO + SLASH_EXECUTE);
            await accepts('participant', withdraw);
        });

        it('is possible once in the time of an exit', async () => {
            await unit.send('registry', announceBody(HALF));
            const at = unit.now;
            unit.advance(1n);
            await unit.refused(ERROR_NO_SLASH_NOW, 'registry', announceBody(HALF));
            unit.at(at + EXIT_DELAY - 1n);
            await unit.refused(ERROR_NO_SLASH_NOW, 'registry', announceBody(HALF));
            unit.at(at + EXIT_DELAY);
            await accepts('registry', announceBody(5n));
            expect(await unit.data()).toMatchObject({ slashAmount: 5n, slashedAt: unit.now });
        });

        it('is not possible again after a veto, an execution or a new registration', async () => {
            await unit.send('registry', announceBody(HALF));
            const at = unit.now;
            await unit.send('registry', vetoBody);
            await unit.refused(ERROR_NO_SLASH_NOW, 'registry', announceBody(HALF));
            await unit.send('participant', ParticipantVault.requestExitBody());
            await unit.send('registry', exitNow);
            await unit.open();
            expect(await unit.data()).toMatchObject({ slashedAt: at, slashAmount: 0n });
            await unit.refused(ERROR_NO_SLASH_NOW, 'registry', announceBody(HALF));
            unit.at(at + EXIT_DELAY);
            await accepts('registry', announceBody(HALF));
        });
    });

    describe('of a slash during an exit', () => {
        it.each([
            ['a second before', -1n],
            ['a day before', -86_400n],
            ['a second after', 1n],
        ])('holds it back until 48 hours after the delay at most, announced %s its end', async (_, offset) => {
            await unit.send('participant', ParticipantVault.requestExitBody());
            const { exitAt } = await unit.data();
            unit.at(exitAt + offset);
            await unit.send('registry', announceBody(HALF));
            unit.at(exitAt + SLASH_VETO - 1n);
            await unit.refused(ERROR_STAKE_FROZEN, 'stranger', completeBody);
            await unit.refused(ERROR_STAKE_FROZEN, 'registry', exitNow);
            const last = unit.checkpoint();
            if (offset < 0n) {
                await accepts('stranger', executeBody);
                expect((await unit.data()).stake).toBe(STAKE - HALF);
                await last();
            } else {
                await unit.refused(ERROR_SLASH_TIME, 'stranger', executeBody);
            }
            unit.at(exitAt + SLASH_VETO);
            await unit.refused(ERROR_SLASH_TIME, 'stranger', executeBody);
            const tx = txAt(await accepts('stranger', completeBody), unit.address);
            expect(kept(tx)).toBe(-STAKE);
            expect(await unit.data()).toMatchObject({ status: VAULT_LEFT, stake: 0n, slashAmount: 0n });
        });

        it('does not hold an exit back when it is void before', async () => {
            await unit.send('registry', announceBody(HALF));
            await unit.send('participant', ParticipantVault.requestExitBody());
            unit.advance(SLASH_VETO + SLASH_EXECUTE - 1n);
            await unit.refused(ERROR_STAKE_FROZEN, 'registry', exitNow);
            unit.advance(1n);
            await accepts('registry', exitNow);
            expect((await unit.data()).status).toBe(VAULT_LEFT);
        });

        it('takes half of what is there, and the exit pays the rest', async () => {
            await unit.send('participant', ParticipantVault.requestExitBody());
            const { exitAt } = await unit.data();
            await unit.send('registry', announceBody(STAKE));
            unit.advance(SLASH_VETO);
            await unit.send('stranger', executeBody);
            unit.at(exitAt - 1n);
            expect(outs(txAt(await accepts('stranger', completeBody), unit.address))[0].op).toBe(op.AskEarlyExit);
            unit.at(exitAt);
            const tx = txAt(await accepts('stranger', completeBody), unit.address);
            expect(kept(tx)).toBe(-(STAKE - HALF));
        });
    });

    describe('of addresses', () => {
        const { ERROR_CHANGE_PENDING, ERROR_NO_CHANGE, ERROR_TOO_EARLY } = PoolExit;
        const apply = ParticipantVault.applyAddressChangeBody({ queryId: 6 });
        const cancel = ParticipantVault.cancelAddressChangeBody({ queryId: 7 });
        const payoutBody = () => ParticipantVault.setPayoutBody({ payout: unit.addressOf('payout'), queryId: 5 });
        const recoveryBody = (to: VaultPerson | null) =>
            ParticipantVault.setRecoveryBody({ recovery: to && unit.addressOf(to), queryId: 5 });

        async function returnsRest(from: VaultPerson, body: Cell, queryId: bigint) {
            const tx = txAt(await accepts(from, body), unit.address);
            expect(outCount(tx)).toBe(1);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf(from)),
                op: op.Excesses,
                queryId,
                bounce: false,
                value: afterFees(tx, toNano('1')),
            });
            expect(kept(tx)).toBe(0n);
        }

        it.each(['participant', 'recovery'] as const)(
            'changes where payouts go 7 days after the %s says so',
            async (who) => {
                await returnsRest(who, payoutBody(), 5n);
                const at = unit.now + EXIT_DELAY;
                expect((await unit.data()).nextPayoutAt).toBe(at);
                expect(await unit.vault.getNextPayout()).toEqualAddress(unit.addressOf('payout'));
                await unit.refused(ERROR_CHANGE_PENDING, who, payoutBody());
                unit.at(at - 1n);
                await unit.refused(ERROR_TOO_EARLY, 'stranger', apply);
                unit.at(at);
                await returnsRest('stranger', apply, 6n);
                const data = await unit.data();
                expect(data.payout).toEqualAddress(unit.addressOf('payout'));
                expect(data.nextPayoutAt).toBe(0n);
                expect(await unit.vault.getNextPayout()).toBeNull();
                await unit.refused(ERROR_TOO_EARLY, 'stranger', apply);
                await accepts('participant', payoutBody());
            },
        );

        it('goes on while the participant leaves and comes back', async () => {
            await accepts('participant', payoutBody());
            const at = unit.now + EXIT_DELAY;
            await accepts('participant', ParticipantVault.requestExitBody());
            await accepts('registry', exitNow);
            await unit.open({ stake: STAKE, minStake: toNano('10') });
            expect((await unit.data()).nextPayoutAt).toBe(at);
            expect(await unit.vault.getNextPayout()).toEqualAddress(unit.addressOf('payout'));
        });

        it('changes the recovery address 7 days after the participant says so', async () => {
            await returnsRest('participant', recoveryBody('keeper'), 5n);
            const at = unit.now + EXIT_DELAY;
            expect((await unit.data()).nextRecoveryAt).toBe(at);
            await unit.refused(ERROR_CHANGE_PENDING, 'participant', recoveryBody(null));
            unit.at(at - 1n);
            await unit.refused(ERROR_TOO_EARLY, 'stranger', apply);
            expect(await unit.vault.getRecovery()).toEqualAddress(unit.addressOf('recovery'));
            unit.at(at);
            await returnsRest('stranger', apply, 6n);
            expect(await unit.vault.getRecovery()).toEqualAddress(unit.addressOf('keeper'));
            expect((await unit.data()).nextRecoveryAt).toBe(0n);
            await unit.refused(PoolExit.ERROR_NOT_PARTICIPANT_OR_RECOVERY, 'recovery', payoutBody());
            await accepts('participant', recoveryBody(null));
            unit.advance(EXIT_DELAY);
            await accepts('stranger', apply);
            expect(await unit.vault.getRecovery()).toBeNull();
            expect((await unit.data()).hasRecovery).toBe(false);
        });

        it('applies each announcement when its own time has come', async () => {
            await accepts('participant', recoveryBody('keeper'));
            unit.advance(100n);
            await accepts('participant', payoutBody());
            unit.advance(EXIT_DELAY - 100n);
            await accepts('stranger', apply);
            expect(await unit.vault.getRecovery()).toEqualAddress(unit.addressOf('keeper'));
            let data = await unit.data();
            expect(data).toMatchObject({ nextRecoveryAt: 0n, nextPayoutAt: unit.now + 100n });
            expect(data.payout).toEqualAddress(unit.addressOf('participant'));
            unit.advance(99n);
            await unit.refused(ERROR_TOO_EARLY, 'stranger', apply);
            unit.advance(1n);
            await accepts('stranger', apply);
            data = await unit.data();
            expect(data.payout).toEqualAddress(unit.addressOf('payout'));
            expect(await unit.vault.getRecovery()).toEqualAddress(unit.addressOf('keeper'));
            await unit.refused(ERROR_NO_CHANGE, 'participant', cancel);
        });

        it('applies the payout address first if it is due first', async () => {
            await accepts('participant', payoutBody());
            unit.advance(100n);
            await accepts('participant', recoveryBody(null));
            unit.advance(EXIT_DELAY - 100n);
            await accepts('stranger', apply);
            const data = await unit.data();
            expect(data.payout).toEqualAddress(unit.addressOf('payout'));
            expect(data).toMatchObject({ hasRecovery: true, nextPayoutAt: 0n, nextRecoveryAt: unit.now + 100n });
        });

        it('applies both at once when both are due', async () => {
            await accepts('participant', payoutBody());
            await accepts('participant', recoveryBody(null));
            unit.advance(EXIT_DELAY);
            await accepts('stranger', apply);
            const data = await unit.data();
            expect(data.payout).toEqualAddress(unit.addressOf('payout'));
            expect(data).toMatchObject({ hasRecovery: false, nextPayoutAt: 0n, nextRecoveryAt: 0n });
        });

        it.each(['participant', 'recovery'] as const)(
            'is taken back by the %s: a thief of one key fails',
            async (who) => {
                await accepts('recovery', payoutBody());
                await accepts('participant', recoveryBody('stranger'));
                await returnsRest(who, cancel, 7n);
                expect(await unit.data()).toMatchObject({ nextPayoutAt: 0n, nextRecoveryAt: 0n, hasRecovery: true });
                expect(await unit.vault.getNextPayout()).toBeNull();
                await unit.refused(ERROR_NO_CHANGE, who, cancel);
                unit.advance(EXIT_DELAY);
                await unit.refused(ERROR_TOO_EARLY, 'stranger', apply);
                expect((await unit.data()).payout).toEqualAddress(unit.addressOf('participant'));
            },
        );

        it('sends everything that is the participant’s to the new address, but the stake to himself', async () => {
            await accepts('recovery', payoutBody());
            unit.advance(EXIT_DELAY);
            await accepts('stranger', apply);
            const text = beginCell().storeUint(0, 32).storeUint('w'.charCodeAt(0), 8).endCell();
            const own = txAt(await accepts('stranger', text), unit.address);
            expect(outs(own)[0].to).toEqualAddress(unit.addressOf('payout'));
            await accepts('recovery', ParticipantVault.requestExitBody());
            unit.advance(EXIT_DELAY);
            const left = txAt(await accepts('recovery', completeBody), unit.address);
            expect(outs(left)[1]).toMatchObject({
                to: sameAddress(unit.addressOf('participant')),
                op: op.StakeReturned,
            });
        });
    });

    describe('of code', () => {
        it('moves with the participant’s question and the registry’s answer', async () => {
            const ask = ParticipantVault.upgradeVaultBody({ code: REFUSING_CODE, queryId: 8 });
            const tx = txAt(await accepts('participant', ask), unit.address);
            const [out] = outs(tx);
            expect(outCount(tx)).toBe(1);
            expect(out).toMatchObject({ to: sameAddress(unit.addressOf('registry')), bounce: true });
            expect(out.value).toBe(afterFees(tx, toNano('1')));
            expect(kept(tx)).toBe(0n);
            const question = loadAskVaultCode(out.body.beginParse());
            expect(question.queryId).toBe(8n);
            expect(question.participant).toEqualAddress(unit.addressOf('participant'));
            expect(question.code).toEqualCell(REFUSING_CODE);
            expect((await unit.data()).status).toBe(VAULT_ACTIVE);

            const before = plain(await unit.data());
            const answer = cellOf(storeVaultCode({ $$type: 'VaultCode', queryId: 8n, code: REFUSING_CODE }));
            const moved = txAt(await accepts('registry', answer), unit.address);
            expect(outs(moved)).toHaveLength(1);
            expect(outs(moved)[0]).toMatchObject({
                op: op.Excesses,
                queryId: 8n,
                value: afterFees(moved, toNano('1')),
            });
            expect(kept(moved)).toBe(0n);
            expect(before.status).toBe(String(VAULT_ACTIVE));
            await expectRefused(unit.blockchain, unit.address, REFUSAL, () => unit.send('stranger', completeBody));
        });
    });
});
