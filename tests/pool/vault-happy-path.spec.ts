/** A participant's vault alone: registration, payouts, metrics, claims, stake and exit, as they are meant to go. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_VAULT_METRICS,
    GAS_VAULT_OPEN,
    GAS_VAULT_PAYOUT,
    loadAskAddStake,
    loadAskEarlyExit,
    loadClaim,
    loadClaimTerms,
    loadVaultPayout,
    loadVaultUpdate,
    storeActivate,
    storeExitNow,
    storeRejected,
    storeStakeAdded,
} from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { CocoonOp, payoutBody } from '../../wrappers/cocoon';
import {
    EXIT_DELAY,
    ParticipantVault,
    REASON_APPROVED,
    REASON_CANCELLED,
    REASON_EXITED,
    REASON_EXIT_CANCELLED,
    REASON_EXIT_REQUESTED,
    REASON_REJECTED,
    REASON_STAKE_ADDED,
    REASON_STAKE_WITHDRAWN,
    VAULT_ACTIVE,
    VAULT_EXITING,
    VAULT_LEFT,
    VAULT_PENDING,
} from '../../wrappers/pool';
import {
    afterFees,
    cellOf,
    computeFee,
    exitCode,
    kept,
    Out,
    outCount,
    outs,
    succeeded,
    sameAddress,
    txAt,
    updateCost,
    VaultUnit,
    vaultFloor,
    vaultRent,
} from '../support/pool/units';

const op = ParticipantVault.opcodes;
const STAKE = toNano('20');
const noUpdate = { active: 0n, pending: 0n, exiting: 0n, stake: 0n };

describe('a vault alone', () => {
    let unit: VaultUnit;
    let fresh: () => Promise<void>;
    let active: () => Promise<void>;

    beforeAll(async () => {
        unit = await VaultUnit.create();
        fresh = unit.checkpoint();
        await unit.open();
        active = unit.checkpoint();
    });
    beforeEach(() => active());

    /** A VaultUpdate to the registry with exactly what it costs. */
    function expectUpdate(out: Out, reason: bigint, changes: Partial<typeof noUpdate>, queryId = 0n): void {
        expect(out.to).toEqualAddress(unit.addressOf('registry'));
        expect(out.bounce).toBe(true);
        expect(out.value).toBe(updateCost());
        expect(loadVaultUpdate(out.body.beginParse())).toEqual({
            $$type: 'VaultUpdate',
            queryId,
            reason,
            ...noUpdate,
            ...changes,
            participant: sameAddress(unit.addressOf('participant')),
        });
    }

    function expectTo(out: Out, to: Address, opcode: number, queryId = 0n): void {
        expect(out.to).toEqualAddress(to);
        expect(out.op).toBe(opcode);
        expect(out.queryId).toBe(queryId);
        expect(out.bounce).toBe(false);
        expect(out.body.bits.length).toBe(96);
    }

    describe('registration', () => {
        const payout = () => unit.addressOf('payout');
        const recovery = () => unit.addressOf('recovery');

        it.each([
            ['neither', false, false],
            ['a payout address', true, false],
            ['a recovery address', false, true],
            ['both addresses', true, true],
        ])('keeps the wishes of a participant who named %s', async (_, withPayout, withRecovery) => {
            await fresh();
            const metaUri = beginCell().storeStringTail('https://example.org/alice').endCell();
            const wishes = {
                payout: withPayout ? payout() : null,
                recovery: withRecovery ? recovery() : null,
                minPayout: 123_456_789n,
                metaHash: 0xabcdn,
                metaUri,
            };
            const tx = txAt(await unit.open(wishes), unit.address);
            expect(succeeded(tx)).toBe(true);
            const data = await unit.data();
            expect(data).toEqual({
                $$type: 'VaultData',
                registry: sameAddress(unit.addressOf('registry')),
                participant: sameAddress(unit.addressOf('participant')),
                status: VAULT_ACTIVE,
                stake: STAKE,
                minStake: toNano('10'),
                pending: 0n,
                earned: 0n,
                firstEpoch: 0n,
                due: 0n,
                activatedAt: unit.now,
                completedAt: 0n,
                exitAt: 0n,
                gpuCeiling: 5000n,
                nextCeiling: 0n,
                nextCeilingAt: 0n,
                payout: sameAddress(withPayout ? payout() : unit.addressOf('participant')),
                nextPayoutAt: 0n,
                minPayout: 123_456_789n,
                hasRecovery: withRecovery,
                nextRecoveryAt: 0n,
                slashAmount: 0n,
                slashedAt: 0n,
                metaHash: 0xabcdn,
                owed: false,
                solvency: (await unit.balance()) - STAKE - vaultFloor(),
                version: 1n,
            });
            expect(await unit.vault.getSolvency()).toBe(data.solvency);
            expect((await unit.vault.getRecovery())?.toString()).toBe(withRecovery ? recovery().toString() : undefined);
            expect(await unit.vault.getMetaUri()).toEqualCell(metaUri);
            expect(await unit.vault.getNextPayout()).toBeNull();
            expect((await unit.epoch(0)).present).toBe(false);
        });

        it('returns what is above stake, rent of five years and its own gas', async () => {
            await fresh();
            const value = STAKE + toNano('2');
            const tx = txAt(await unit.open({ value }), unit.address);
            const [excess] = outs(tx);
            expect(outCount(tx)).toBe(1);
            expectTo(excess, unit.addressOf('participant'), op.Excesses, 7n);
            const fees = afterFees(tx, 0n);
            const gas = tx.description.type === 'generic' && tx.description.computePhase;
            const forward = -fees - (gas && gas.type === 'vm' ? gas.gasFees : 0n);
            expect(excess.value + forward).toBe(value - STAKE - vaultRent() - computeFee(GAS_VAULT_OPEN));
        });

        it('keeps a rest that is not worth a message', async () => {
            const limit = STAKE + vaultRent() + computeFee(2n * GAS_VAULT_OPEN);
            await fresh();
            expect(outCount(txAt(await unit.open({ value: limit }), unit.address))).toBe(0);
            expect((await unit.data()).stake).toBe(STAKE);
            await fresh();
            expect(outCount(txAt(await unit.open({ value: limit + 1n }), unit.address))).toBe(1);
        });

        it('waits for the approval when the pool admits by hand', async () => {
            await fresh();
            await unit.open({ active: false, gpuCeiling: 0n, payout: unit.addressOf('payout') });
            expect(await unit.data()).toMatchObject({
                status: VAULT_PENDING,
                stake: STAKE,
                activatedAt: 0n,
                completedAt: 0n,
                gpuCeiling: 0n,
            });
            unit.advance(100n);
            const activate = cellOf(storeActivate({ $$type: 'Activate', queryId: 4n, gpuCeiling: 77n }));
            const tx = txAt(await unit.send('registry', activate), unit.address);
            const [update, excess] = outs(tx);
            expect(outCount(tx)).toBe(2);
            expectUpdate(update, REASON_APPROVED, { active: 1n, pending: -1n }, 4n);
            expectTo(excess, unit.addressOf('payout'), op.Excesses, 4n);
            expect(kept(tx)).toBe(0n);
            expect(await unit.data()).toMatchObject({
                status: VAULT_ACTIVE,
                stake: STAKE,
                activatedAt: unit.now,
                completedAt: 0n,
                gpuCeiling: 77n,
            });
        });

        it.each([
            ['a refusal', REASON_REJECTED, 'registry'],
            ['a withdrawal', REASON_CANCELLED, 'participant'],
        ] as const)('returns the whole stake after %s', async (_, reason, from) => {
            await fresh();
            await unit.open({ active: false, gpuCeiling: 0n, payout: unit.addressOf('payout') });
            const body =
                from === 'registry'
                    ? cellOf(storeRejected({ $$type: 'Rejected', queryId: 5n }))
                    : ParticipantVault.cancelRegistrationBody({ queryId: 5 });
            const tx = txAt(await unit.send(from, body), unit.address);
            const [update, back] = outs(tx);
            expect(outCount(tx)).toBe(2);
            expectUpdate(update, reason, { pending: -1n, stake: -STAKE }, 5n);
            expectTo(back, unit.addressOf('participant'), op.StakeReturned, 5n);
            expect(kept(tx)).toBe(-STAKE);
            expect(back.value).toBe(afterFees(tx, STAKE + toNano('1') - updateCost()));
            expect(await unit.data()).toMatchObject({
                status: VAULT_LEFT,
                stake: 0n,
                activatedAt: 0n,
                completedAt: 0n,
            });
        });
    });

    describe('payouts', () => {
        it('passes a payout on as it came', async () => {
            const value = toNano('3');
            const tx = txAt(await unit.send('stranger', payoutBody(11n), value), unit.address);
            const [out] = outs(tx);
            expect(outCount(tx)).toBe(1);
            expect(out.to).toEqualAddress(unit.addressOf('operator'));
            expect(out.bounce).toBe(true);
            expect(out.value).toBe(afterFees(tx, value));
            expect(loadVaultPayout(out.body.beginParse())).toEqual({
                $$type: 'VaultPayout',
                queryId: 11n,
                participant: sameAddress(unit.addressOf('participant')),
                proxy: sameAddress(unit.addressOf('stranger')),
            });
            expect(kept(tx)).toBe(0n);
            expect(await unit.data()).toMatchObject({ earned: value, pending: 0n, stake: STAKE });
            await unit.send('stranger', payoutBody(12n), value);
            expect((await unit.data()).earned).toBe(2n * value);
        });

        it('collects dust and passes it on with the next payout', async () => {
            const dust = toNano('0.05');
            const before = await unit.balance();
            const first = txAt(await unit.send('stranger', payoutBody(1n), dust), unit.address);
            expect(outCount(first)).toBe(0);
            expect(await unit.balance()).toBe(before + kept(first));
            const waiting = dust - computeFee(GAS_VAULT_PAYOUT);
            expect(await unit.data()).toMatchObject({ earned: dust, pending: waiting });
            await unit.send('stranger', payoutBody(2n), dust - 7n);
            const pending = 2n * waiting - 7n;
            expect(await unit.data()).toMatchObject({ earned: 2n * dust - 7n, pending });
            const value = toNano('0.2');
            const tx = txAt(await unit.send('stranger', payoutBody(3n), value), unit.address);
            expect(outs(tx)[0].value).toBe(afterFees(tx, value + pending));
            expect(outs(tx)[0].to).toEqualAddress(unit.addressOf('operator'));
            expect(kept(tx)).toBe(-pending);
            expect(await unit.data()).toMatchObject({
                earned: 2n * dust - 7n + value,
                pending: 0n,
                status: VAULT_ACTIVE,
            });
        });
    });

    describe('metrics and claims', () => {
        it('notes an entry and returns what it does not need', async () => {
            const value = toNano('0.05');
            const tx = txAt(await unit.entry({ epoch: 0n, bucket: 4n, score: 777n, value }), unit.address);
            const [excess] = outs(tx);
            expect(outCount(tx)).toBe(1);
            expectTo(excess, unit.addressOf('reporter'), op.Excesses, 9n);
            expect(excess.value).toBe(afterFees(tx, value));
            expect(kept(tx)).toBe(0n);
            expect(await unit.epoch(0)).toEqual({
                $$type: 'VaultEpoch',
                present: true,
                attempt: false,
                bucket: 4n,
                score: 777n,
                due: true,
            });
            expect(await unit.data()).toMatchObject({ firstEpoch: 0n, due: 1n });
            expect(await unit.epoch(1)).toMatchObject({ present: false, due: false, score: 0n });
        });

        it('keeps a rest that is not worth a message', async () => {
            const limit = computeFee(2n * GAS_VAULT_METRICS);
            const none = txAt(await unit.entry({ value: limit }), unit.address);
            expect(outCount(none)).toBe(0);
            expect(succeeded(none)).toBe(true);
            await active();
            expect(outCount(txAt(await unit.entry({ value: limit + 1n }), unit.address))).toBe(1);
        });

        it('claims earlier rounds with the money of the next entry', async () => {
            await unit.entry({ epoch: 2n, score: 5n, epochEnd: unit.now + unit.epochSeconds });
            await unit.entry({ epoch: 3n, score: 6n, epochEnd: unit.now + unit.epochSeconds });
            const value = toNano('0.2');
            const entry = { epoch: 4n, score: 8n, value, epochEnd: unit.now + unit.epochSeconds };
            const tx = txAt(await unit.entry(entry), unit.address);
            const [out] = outs(tx);
            expect(outCount(tx)).toBe(1);
            expect(out.to).toEqualAddress(unit.addressOf('distribution'));
            expect(out.bounce).toBe(true);
            expect(out.value).toBe(afterFees(tx, value));
            expect(kept(tx)).toBe(0n);
            const claim = loadClaim(out.body.beginParse());
            expect(claim).toMatchObject({ queryId: 9n, firstRound: 2n, mask: 3n, history: null });
            expect(claim.responseTo).toEqualAddress(unit.addressOf('reporter'));
            expect(loadClaimTerms(claim.terms.beginParse())).toEqual({
                $$type: 'ClaimTerms',
                participant: sameAddress(unit.addressOf('participant')),
                payout: sameAddress(unit.addressOf('participant')),
                minPayout: 0n,
            });
            // The metrics that go along hold the newest entry, too: block number, then 69 bits an epoch.
            const recent = claim.recent.beginParse();
            expect(recent.loadUint(32)).toBe(0);
            const scores = [...Array(8).keys()].map(() => {
                recent.skip(5);
                return recent.loadUint(64);
            });
            expect(scores).toEqual([0, 0, 5, 6, 8, 0, 0, 0]);
            expect(await unit.data()).toMatchObject({ firstEpoch: 2n, due: 4n });
        });

        it.each(['keeper', 'participant'] as const)('claims on a poke of the %s', async (who) => {
            await unit.entry({ epoch: 0n });
            await unit.entry({ epoch: 1n, epochEnd: unit.now + unit.epochSeconds });
            const tx = txAt(await unit.send(who, ParticipantVault.pokeBody({ queryId: 3 })), unit.address);
            expect(outCount(tx)).toBe(1);
            const claim = loadClaim(outs(tx)[0].body.beginParse());
            expect(claim).toMatchObject({ queryId: 3n, firstRound: 0n, mask: 3n });
            expect(claim.responseTo).toEqualAddress(unit.addressOf(who));
            expect(kept(tx)).toBe(0n);
            expect(await unit.data()).toMatchObject({ due: 0n });
        });

        it('returns the rest of a poke to whom the poke names', async () => {
            await unit.entry({ epoch: 0n });
            const body = ParticipantVault.pokeBody({ responseTo: unit.addressOf('stranger') });
            const [out] = outs(txAt(await unit.send('keeper', body), unit.address));
            expect(loadClaim(out.body.beginParse()).responseTo).toEqualAddress(unit.addressOf('stranger'));
        });

        it('claims up to the round that a poke names', async () => {
            for (const epoch of [0n, 1n, 2n, 3n]) {
                await unit.entry({ epoch, epochEnd: unit.now + unit.epochSeconds });
            }
            const [out] = outs(txAt(await unit.send('keeper', ParticipantVault.pokeBody({ upTo: 1 })), unit.address));
            expect(loadClaim(out.body.beginParse())).toMatchObject({ firstRound: 0n, mask: 3n });
            expect(await unit.data()).toMatchObject({ firstEpoch: 0n, due: 12n });
            const [next] = outs(txAt(await unit.send('keeper', ParticipantVault.pokeBody({ upTo: 2 })), unit.address));
            expect(loadClaim(next.body.beginParse())).toMatchObject({ firstRound: 2n, mask: 1n });
            expect(await unit.data()).toMatchObject({ due: 8n });
        });

        it('owes nothing for an entry without a score', async () => {
            await unit.entry({ epoch: 0n, score: 0n, seconds: 0n });
            expect(await unit.epoch(0)).toMatchObject({ present: true, score: 0n, due: false });
            expect(await unit.data()).toMatchObject({ due: 0n });
        });
    });

    describe('stake', () => {
        it('asks the registry before it adds to the stake', async () => {
            const amount = toNano('3');
            const value = toNano('4');
            const ask = txAt(
                await unit.send('participant', ParticipantVault.addStakeBody({ amount, queryId: 6 }), value),
                unit.address,
            );
            const [out] = outs(ask);
            expect(outCount(ask)).toBe(1);
            expect(out.to).toEqualAddress(unit.addressOf('registry'));
            expect(out.bounce).toBe(true);
            expect(out.value).toBe(afterFees(ask, value));
            expect(kept(ask)).toBe(0n);
            expect(loadAskAddStake(out.body.beginParse())).toEqual({
                $$type: 'AskAddStake',
                queryId: 6n,
                amount,
                participant: sameAddress(unit.addressOf('participant')),
            });
            expect((await unit.data()).stake).toBe(STAKE);

            const added = cellOf(storeStakeAdded({ $$type: 'StakeAdded', queryId: 6n, amount }));
            const tx = txAt(await unit.send('registry', added, value), unit.address);
            const [update, excess] = outs(tx);
            expect(outCount(tx)).toBe(2);
            expectUpdate(update, REASON_STAKE_ADDED, { stake: amount }, 6n);
            expectTo(excess, unit.addressOf('participant'), op.Excesses, 6n);
            expect(kept(tx)).toBe(amount);
            expect(await unit.data()).toMatchObject({ stake: STAKE + amount, status: VAULT_ACTIVE });
        });

        it('pays a part of the stake out', async () => {
            const amount = toNano('4');
            const body = ParticipantVault.withdrawStakeBody({ amount, queryId: 6 });
            const tx = txAt(await unit.send('participant', body), unit.address);
            const [update, back] = outs(tx);
            expect(outCount(tx)).toBe(2);
            expectUpdate(update, REASON_STAKE_WITHDRAWN, { stake: -amount }, 6n);
            expectTo(back, unit.addressOf('participant'), op.StakeReturned, 6n);
            expect(back.value).toBe(afterFees(tx, amount + toNano('1') - updateCost()));
            expect(kept(tx)).toBe(-amount);
            expect((await unit.data()).stake).toBe(STAKE - amount);
        });
    });

    describe('exit', () => {
        it('starts, is taken back, starts again and completes', async () => {
            const request = ParticipantVault.requestExitBody({ queryId: 1 });
            const asked = txAt(await unit.send('participant', request), unit.address);
            expect(outCount(asked)).toBe(2);
            expectUpdate(outs(asked)[0], REASON_EXIT_REQUESTED, { exiting: 1n }, 1n);
            expectTo(outs(asked)[1], unit.addressOf('participant'), op.Excesses, 1n);
            expect(kept(asked)).toBe(0n);
            expect(await unit.data()).toMatchObject({ status: VAULT_EXITING, exitAt: unit.now + EXIT_DELAY });

            const cancel = ParticipantVault.cancelExitBody({ queryId: 2 });
            const stays = txAt(await unit.send('participant', cancel), unit.address);
            expectUpdate(outs(stays)[0], REASON_EXIT_CANCELLED, { exiting: -1n }, 2n);
            expectTo(outs(stays)[1], unit.addressOf('participant'), op.Excesses, 2n);
            expect(kept(stays)).toBe(0n);
            expect(await unit.data()).toMatchObject({ status: VAULT_ACTIVE, exitAt: 0n });

            await unit.send('participant', request);
            unit.advance(EXIT_DELAY);
            const complete = ParticipantVault.completeExitBody({ queryId: 3 });
            const tx = txAt(await unit.send('stranger', complete), unit.address);
            const [update, back] = outs(tx);
            expect(outCount(tx)).toBe(2);
            expectUpdate(update, REASON_EXITED, { active: -1n, exiting: -1n, stake: -STAKE }, 3n);
            expectTo(back, unit.addressOf('participant'), op.StakeReturned, 3n);
            expect(kept(tx)).toBe(-STAKE);
            expect(back.value).toBe(afterFees(tx, STAKE + toNano('1') - updateCost()));
            expect(await unit.data()).toMatchObject({
                status: VAULT_LEFT,
                stake: 0n,
                exitAt: 0n,
                completedAt: unit.now,
                activatedAt: unit.start,
                gpuCeiling: 5000n,
            });
        });

        it('asks the registry before the delay is over, and completes on its word', async () => {
            await unit.send('participant', ParticipantVault.requestExitBody());
            const early = ParticipantVault.completeExitBody({ queryId: 8 });
            const ask = txAt(await unit.send('stranger', early), unit.address);
            const [out] = outs(ask);
            expect(outCount(ask)).toBe(1);
            expect(out.to).toEqualAddress(unit.addressOf('registry'));
            expect(out.bounce).toBe(true);
            expect(out.value).toBe(afterFees(ask, toNano('1')));
            expect(kept(ask)).toBe(0n);
            expect(loadAskEarlyExit(out.body.beginParse())).toEqual({
                $$type: 'AskEarlyExit',
                queryId: 8n,
                participant: sameAddress(unit.addressOf('participant')),
            });
            expect((await unit.data()).status).toBe(VAULT_EXITING);

            const now = cellOf(storeExitNow({ $$type: 'ExitNow', queryId: 8n }));
            const tx = txAt(await unit.send('registry', now), unit.address);
            expectUpdate(outs(tx)[0], REASON_EXITED, { active: -1n, exiting: -1n, stake: -STAKE }, 8n);
            expectTo(outs(tx)[1], unit.addressOf('participant'), op.StakeReturned, 8n);
            expect(kept(tx)).toBe(-STAKE);
            expect(await unit.data()).toMatchObject({ status: VAULT_LEFT, completedAt: unit.now, exitAt: 0n });
        });
    });

    it('takes a plain transfer as rent', async () => {
        const before = (await unit.data()).solvency;
        const tx = txAt(await unit.send('stranger', Cell.EMPTY, toNano('0.5')), unit.address);
        expect(exitCode(tx)).toBe(0);
        expect(outCount(tx)).toBe(0);
        expect((await unit.data()).solvency).toBe(before + kept(tx));
        expect(CocoonOp.payout).toBe(op.CocoonPayout);
    });
});
