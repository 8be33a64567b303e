/** The exact second, the exact nano, the exact bound: on one side it is refused, on the other it is not. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    FORWARD_THRESHOLD_GAS,
    GAS_DISTRIBUTION_CLAIM_BASE,
    GAS_DISTRIBUTION_CLAIM_ROUND,
    GAS_DISTRIBUTION_RESERVE,
    GAS_REGISTRY_RELAY,
    GAS_VAULT_METRICS,
    GAS_VAULT_POKE,
    GAS_VAULT_SMALL,
    storeActivate,
    storeExitNow,
    storeGpuCeilingChanged,
    storeSlashAnnounced,
    VAULT_BITS,
    VAULT_CELLS,
} from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { payoutBody } from '../../wrappers/cocoon';
import { EPOCH_MAX, EXIT_DELAY, ParticipantVault, PoolExit, SLASH_VETO, VAULT_LEFT } from '../../wrappers/pool';
import { underCoverage } from '../support/coverage';
import {
    afterFees,
    cellOf,
    claimCost,
    computeFee,
    forwardFee,
    kept,
    outCount,
    outs,
    setBalance,
    smallForward,
    succeeded,
    sameAddress,
    txAt,
    updateCost,
    VaultPerson,
    VaultUnit,
    vaultFloor,
    vaultRent,
} from '../support/pool/units';

const op = ParticipantVault.opcodes;
const STAKE = toNano('20');
const ceilingBody = (gpuCeiling: bigint) =>
    cellOf(storeGpuCeilingChanged({ $$type: 'GpuCeilingChanged', queryId: 2n, gpuCeiling }));
const exitNow = cellOf(storeExitNow({ $$type: 'ExitNow', queryId: 0n }));

describe('limits of a vault', () => {
    let unit: VaultUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await VaultUnit.open();
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const accepts = async (from: VaultPerson, body: Cell, value?: bigint) => {
        const tx = txAt(await unit.send(from, body, value), unit.address);
        expect(succeeded(tx)).toBe(true);
        return tx;
    };
    const entry = (options: Parameters<VaultUnit['entryBody']>[0]) => unit.entryBody(options);

    describe('value', () => {
        const small = computeFee(GAS_VAULT_SMALL);
        const least = small + updateCost() + smallForward();
        const twice = 2n * small + computeFee(GAS_REGISTRY_RELAY) + updateCost();
        const cases: [string, VaultPerson, () => Promise<Cell>, bigint][] = [
            ['RequestExit', 'participant', async () => ParticipantVault.requestExitBody(), least],
            [
                'CancelExit',
                'participant',
                async () => {
                    await unit.send('participant', ParticipantVault.requestExitBody());
                    return ParticipantVault.cancelExitBody();
                },
                least,
            ],
            [
                'CompleteExit before the delay',
                'keeper',
                async () => {
                    await unit.send('participant', ParticipantVault.requestExitBody());
                    return ParticipantVault.completeExitBody();
                },
                twice + 3n * smallForward(),
            ],
            [
                'CompleteExit after the delay',
                'keeper',
                async () => {
                    await unit.send('participant', ParticipantVault.requestExitBody());
                    unit.advance(EXIT_DELAY);
                    return ParticipantVault.completeExitBody();
                },
                twice + 3n * smallForward(),
            ],
            [
                'AddStake',
                'participant',
                async () => ParticipantVault.addStakeBody({ amount: 5n }),
                5n + twice + 2n * smallForward(),
            ],
            ['WithdrawStake', 'participant', async () => ParticipantVault.withdrawStakeBody({ amount: 5n }), least],
            [
                'ExecuteSlash',
                'keeper',
                async () => {
                    const announce = { $$type: 'SlashAnnounced', queryId: 0n, amount: 5n, reasonHash: 5n } as const;
                    await unit.send('registry', cellOf(storeSlashAnnounced(announce)));
                    unit.advance(SLASH_VETO);
                    return ParticipantVault.executeSlashBody();
                },
                2n * small + computeFee(GAS_DISTRIBUTION_RESERVE) + updateCost() + 4n * smallForward(),
            ],
            ['Resync', 'keeper', async () => ParticipantVault.resyncBody(), least],
            [
                'UpgradeVault',
                'participant',
                async () => ParticipantVault.upgradeVaultBody({ code: Cell.EMPTY }),
                computeFee(2n * GAS_VAULT_SMALL + GAS_REGISTRY_RELAY) +
                    2n * forwardFee(VAULT_CELLS, VAULT_BITS) +
                    2n * smallForward(),
            ],
            [
                'Poke with one round',
                'keeper',
                async () => {
                    await unit.entry();
                    return ParticipantVault.pokeBody();
                },
                claimCost(GAS_VAULT_POKE, 1n),
            ],
        ];

        it.each(cases)('%s needs what it costs, and not a nano more', async (_, from, prepare, value) => {
            const body = await prepare();
            await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, from, body, value - 1n);
            if (!underCoverage) {
                const tx = await accepts(from, body, value);
                expect(outs(tx).some((out) => out.bounce)).toBe(true);
            }
        });

        it('CancelRegistration needs what it costs, and not a nano more', async () => {
            const pending = await VaultUnit.open({ active: false, gpuCeiling: 0n });
            const value = least;
            const body = ParticipantVault.cancelRegistrationBody();
            await pending.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'participant', body, value - 1n);
            expect(succeeded(txAt(await pending.send('participant', body, value), pending.address))).toBe(true);
            expect((await pending.data()).status).toBe(VAULT_LEFT);
        });

        it('says in get_cost what operations cost', async () => {
            const { vault } = unit;
            const relay = computeFee(GAS_REGISTRY_RELAY);
            expect(await vault.getCost(op.Poke, 3)).toBe(claimCost(GAS_VAULT_POKE, 3n));
            expect(await vault.getCost(op.Poke, 1)).toBe(claimCost(GAS_VAULT_POKE, 1n));
            expect(await vault.getCost(op.CompleteExit)).toBe(2n * small + relay + updateCost() + 3n * smallForward());
            expect(await vault.getCost(op.AddStake)).toBe(2n * small + relay + updateCost() + 2n * smallForward());
            expect(await vault.getCost(op.ExecuteSlash)).toBe(
                2n * small + computeFee(GAS_DISTRIBUTION_RESERVE) + updateCost() + 4n * smallForward(),
            );
            for (const code of [op.RegisterWorker, op.WalletCommand]) {
                expect(await vault.getCost(code)).toBe(toNano('0.2') + small + smallForward());
            }
            for (const code of [op.RequestExit, op.WithdrawStake, op.CancelExit, op.SetPayout, op.Resync, 0]) {
                expect(await vault.getCost(code)).toBe(least);
            }
        });

        it('claims with an entry only if the rest of its value pays for it', async () => {
            const later = { epochEnd: unit.now + unit.epochSeconds };
            for (const epoch of [1n, 2n, 4n]) {
                await unit.entry({ epoch, ...later, value: toNano('0.005') });
            }
            const claimed = unit.checkpoint();
            const value = claimCost(GAS_VAULT_METRICS, 4n);
            expect(value).toBe(
                claimCost(0n, 1n) -
                    computeFee(GAS_DISTRIBUTION_CLAIM_BASE + GAS_DISTRIBUTION_CLAIM_ROUND) +
                    computeFee(GAS_VAULT_METRICS + GAS_DISTRIBUTION_CLAIM_BASE + 4n * GAS_DISTRIBUTION_CLAIM_ROUND),
            );
            const tooLittle = await accepts('registry', entry({ epoch: 5n, ...later }), value - 1n);
            expect(outs(tooLittle).map((out) => out.op)).toEqual([op.Excesses]);
            expect(await unit.data()).toMatchObject({ firstEpoch: 1n, due: 0b11011n });
            await claimed();
            const enough = await accepts('registry', entry({ epoch: 5n, ...later }), value);
            expect(outs(enough).map((out) => out.op)).toEqual([op.Claim]);
            expect(await unit.data()).toMatchObject({ firstEpoch: 1n, due: 0b10000n });
        });

        it('forwards a payout from the threshold on', async () => {
            const threshold = computeFee(FORWARD_THRESHOLD_GAS);
            expect(await unit.vault.getForwardThreshold()).toBe(threshold);
            expect(outCount(await accepts('stranger', payoutBody(0n), threshold - 1n))).toBe(0);
            await restore();
            expect(outCount(await accepts('stranger', payoutBody(0n), threshold))).toBe(1);
        });

        it('refills the rent from a payout first', async () => {
            const missing = toNano('0.03');
            await setBalance(unit.blockchain, unit.address, STAKE + vaultFloor() - missing);
            const value = toNano('1');
            const tx = await accepts('stranger', payoutBody(0n), value);
            expect(outs(tx)[0].value).toBe(afterFees(tx, value - missing));
            expect(kept(tx)).toBe(missing);
            expect(await unit.data()).toMatchObject({ solvency: 0n, pending: 0n, earned: value });
        });

        it('keeps a payout that only refills the rent', async () => {
            const value = toNano('1');
            const threshold = computeFee(FORWARD_THRESHOLD_GAS);
            await setBalance(unit.blockchain, unit.address, STAKE + vaultFloor() - value + threshold - 1n);
            expect(outCount(await accepts('stranger', payoutBody(0n), value))).toBe(0);
            await setBalance(unit.blockchain, unit.address, STAKE + vaultFloor() - value + threshold);
            await restore();
        });
    });

    describe('sweep', () => {
        const least = computeFee(FORWARD_THRESHOLD_GAS) / 10n;

        it('sends dust and surplus on as a donation, above five years of rent', async () => {
            await unit.send('stranger', payoutBody(0n), toNano('0.05'));
            const { pending } = await unit.data();
            await setBalance(unit.blockchain, unit.address, STAKE + pending + vaultRent() + toNano('0.5'));
            const value = toNano('0.1');
            const tx = await accepts('stranger', ParticipantVault.sweepBody({ queryId: 4 }), value);
            const [out] = outs(tx);
            expect(outCount(tx)).toBe(1);
            expect(out).toMatchObject({
                to: sameAddress(unit.addressOf('operator')),
                bounce: true,
                op: op.VaultPayout,
                queryId: 4n,
                value: afterFees(tx, pending + toNano('0.6')),
            });
            // No proxy: the operator books a donation.
            const body = out.body.beginParse();
            body.skip(96);
            expect(body.loadAddress()).toEqualAddress(unit.addressOf('participant'));
            expect(body.loadMaybeAddress()).toBeNull();
            expect(body.remainingBits).toBe(0);
            expect(await unit.balance()).toBe(STAKE + vaultRent());
            expect(await unit.data()).toMatchObject({ pending: 0n, stake: STAKE });
        });

        it('refuses to send less than a tenth of the threshold', async () => {
            const value = toNano('0.02');
            const body = ParticipantVault.sweepBody();
            await setBalance(unit.blockchain, unit.address, STAKE + vaultRent() - value + least - 1n);
            await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, value);
            await setBalance(unit.blockchain, unit.address, STAKE + vaultRent() - value + least);
            expect(outCount(await accepts('stranger', body, value))).toBe(1);
        });

        it('sends dust on even when there is less than five years of rent, but not the last one', async () => {
            await unit.send('stranger', payoutBody(0n), toNano('0.05'));
            const { pending } = await unit.data();
            await setBalance(unit.blockchain, unit.address, STAKE + vaultFloor() + pending - toNano('0.03'));
            const tx = await accepts('stranger', ParticipantVault.sweepBody(), toNano('0.02'));
            expect(outs(tx)[0].value).toBe(afterFees(tx, pending - toNano('0.01')));
            expect(await unit.balance()).toBe(STAKE + vaultFloor());
            expect((await unit.data()).pending).toBe(0n);
        });

        it('sends what came before the approval to the pool', async () => {
            const pending = await VaultUnit.open({ active: false });
            await setBalance(pending.blockchain, pending.address, STAKE + vaultRent() + toNano('0.5'));
            const tx = txAt(await pending.send('stranger', ParticipantVault.sweepBody()), pending.address);
            expect(outs(tx)[0]).toMatchObject({ to: sameAddress(pending.addressOf('operator')), op: op.VaultPayout });
        });

        it('sends everything to the participant after his exit', async () => {
            await unit.send('participant', ParticipantVault.requestExitBody());
            await unit.send('registry', exitNow);
            await setBalance(unit.blockchain, unit.address, vaultRent() + toNano('1'));
            const tx = await accepts('stranger', ParticipantVault.sweepBody({ queryId: 4 }), toNano('0.1'));
            expect(outs(tx)).toHaveLength(1);
            expect(outs(tx)[0]).toMatchObject({
                to: sameAddress(unit.addressOf('participant')),
                bounce: false,
                op: op.OwnMoney,
                queryId: 4n,
                value: afterFees(tx, toNano('1.1')),
            });
            expect(await unit.balance()).toBe(vaultRent());
        });
    });

    describe('stake', () => {
        it('goes down to the minimum and not below', async () => {
            const { minStake } = await unit.data();
            const body = (amount: bigint) => ParticipantVault.withdrawStakeBody({ amount });
            await unit.refused(PoolExit.ERROR_STAKE_TOO_LOW, 'participant', body(STAKE - minStake + 1n));
            await accepts('participant', body(STAKE - minStake));
            expect((await unit.data()).stake).toBe(minStake);
        });

        it('changes by at least one nano', async () => {
            const none = { amount: 0n };
            const { ERROR_BAD_PARAMETER } = PoolExit;
            await unit.refused(ERROR_BAD_PARAMETER, 'participant', ParticipantVault.withdrawStakeBody(none));
            await unit.refused(ERROR_BAD_PARAMETER, 'participant', ParticipantVault.addStakeBody(none));
            await accepts('participant', ParticipantVault.withdrawStakeBody({ amount: 1n }));
            await accepts('participant', ParticipantVault.addStakeBody({ amount: 1n }));
        });

        it('is returned when a registration does not cover stake and rent', async () => {
            const alone = await VaultUnit.create();
            const back = alone.checkpoint();
            const value = STAKE + vaultFloor();
            const short = txAt(await alone.open({ value: value - 1n }), alone.address);
            expect(outs(short).map((out) => out.op)).toEqual([op.VaultUpdate, op.StakeReturned]);
            expect((await alone.data()).stake).toBe(0n);
            await back();
            expect(outCount(txAt(await alone.open({ value }), alone.address))).toBe(0);
            expect((await alone.data()).stake).toBe(STAKE);
        });
    });

    describe('seconds of an entry', () => {
        const { ERROR_SECONDS } = PoolExit;

        it('are those since the activation', async () => {
            const epochEnd = unit.start + 500n;
            await unit.refused(ERROR_SECONDS, 'registry', entry({ seconds: 501n, epochEnd }));
            await accepts('registry', entry({ seconds: 500n, epochEnd }));
        });

        it('are those of the epoch', async () => {
            const epochEnd = unit.start + 10n * unit.epochSeconds;
            await unit.refused(ERROR_SECONDS, 'registry', entry({ seconds: unit.epochSeconds + 1n, epochEnd }));
            await accepts('registry', entry({ seconds: unit.epochSeconds, epochEnd }));
        });

        it('end with the exit', async () => {
            unit.advance(1000n);
            await unit.send('participant', ParticipantVault.requestExitBody());
            await unit.send('registry', exitNow);
            const epochEnd = unit.start + unit.epochSeconds;
            await unit.refused(ERROR_SECONDS, 'registry', entry({ seconds: 1001n, epochEnd }));
            await accepts('registry', entry({ seconds: 1000n, epochEnd }));
        });

        it('do not exist in epochs before the activation or after the exit', async () => {
            await unit.refused(ERROR_SECONDS, 'registry', entry({ seconds: 0n, epochEnd: unit.start - 1n }));
            await accepts('registry', entry({ seconds: 0n, epochEnd: unit.start }));
            await unit.send('participant', ParticipantVault.requestExitBody());
            await unit.send('registry', exitNow);
            const after = unit.now + unit.epochSeconds;
            await unit.refused(ERROR_SECONDS, 'registry', entry({ epoch: 1n, seconds: 0n, epochEnd: after + 1n }));
            await accepts('registry', entry({ epoch: 1n, seconds: 0n, epochEnd: after }));
        });

        it('do not exist at a vault that nobody has registered', async () => {
            const nobody = await VaultUnit.create();
            await nobody.send('registry', Cell.EMPTY);
            await nobody.refused(ERROR_SECONDS, 'registry', nobody.entryBody({ seconds: 0n }));
        });

        it('of a second membership do not begin before its approval, and those of the first count once', async () => {
            unit.advance(1000n);
            await unit.send('participant', ParticipantVault.requestExitBody());
            await unit.send('registry', exitNow);
            await unit.open({ active: false });
            expect(await unit.data()).toMatchObject({ activatedAt: 0n });
            const epochEnd = unit.start + unit.epochSeconds;
            await unit.refused(ERROR_SECONDS, 'registry', entry({ seconds: 1001n, gpu: 0n, epochEnd }));
            await accepts('registry', entry({ seconds: 1000n, gpu: 0n, epochEnd }));
        });

        it('begin with the approval', async () => {
            const pending = await VaultUnit.open({ active: false, gpuCeiling: 0n });
            pending.advance(300n);
            await pending.send(
                'registry',
                cellOf(storeActivate({ $$type: 'Activate', queryId: 0n, gpuCeiling: 9000n })),
            );
            const epochEnd = pending.now + 50n;
            await pending.refused(ERROR_SECONDS, 'registry', pending.entryBody({ seconds: 51n, epochEnd }));
            const tx = txAt(
                await pending.send('registry', pending.entryBody({ seconds: 50n, epochEnd })),
                pending.address,
            );
            expect(succeeded(tx)).toBe(true);
        });
    });

    describe('GPU ceiling', () => {
        const { ERROR_GPU_CEILING } = PoolExit;

        it('is the last score that is accepted', async () => {
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ gpu: 5001n }));
            await accepts('registry', entry({ gpu: 5000n }));
        });

        it('falls at once', async () => {
            const tx = await accepts('registry', ceilingBody(4000n));
            expect(outs(tx)).toHaveLength(1);
            expect(outs(tx)[0]).toMatchObject({ op: op.Excesses, queryId: 2n });
            expect(kept(tx)).toBe(0n);
            expect(await unit.data()).toMatchObject({ gpuCeiling: 4000n, nextCeilingAt: 0n });
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ gpu: 4001n }));
            await accepts('registry', entry({ gpu: 4000n }));
        });

        it('of a running epoch is that of before, however often it falls', async () => {
            unit.advance(100n);
            const running = { epochEnd: unit.now - 1n + unit.epochSeconds };
            const next = { epoch: 1n, epochEnd: unit.now + unit.epochSeconds };
            await accepts('registry', ceilingBody(4000n));
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ ...running, gpu: 5001n }));
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ ...next, gpu: 4001n }));
            await accepts('registry', ceilingBody(3000n));
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ ...running, gpu: 5001n }));
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ ...next, gpu: 3001n }));
            await accepts('registry', entry({ ...running, gpu: 5000n }));
            await accepts('registry', entry({ ...next, gpu: 3000n }));
        });

        it.each([
            [2n * EPOCH_MAX - 1n, 5000n],
            [2n * EPOCH_MAX, 4000n],
        ])('of a running epoch counts a cut of %i seconds ago or not: %i', async (later, ceiling) => {
            await accepts('registry', ceilingBody(4000n));
            unit.advance(later);
            await accepts('registry', ceilingBody(3000n));
            const running = { epochEnd: unit.now - 1n + unit.epochSeconds };
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ ...running, gpu: ceiling + 1n }));
            await accepts('registry', entry({ ...running, gpu: ceiling }));
        });

        it('rises after 7 days, to the second', async () => {
            await accepts('registry', ceilingBody(9000n));
            const at = unit.now + EXIT_DELAY;
            expect(await unit.data()).toMatchObject({ gpuCeiling: 5000n, nextCeiling: 9000n, nextCeilingAt: at });
            const body = entry({ gpu: 9000n, epochEnd: at });
            unit.at(at - 1n);
            await unit.refused(ERROR_GPU_CEILING, 'registry', body);
            unit.at(at);
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ gpu: 9001n, epochEnd: at }));
            await accepts('registry', body);
        });

        it('is settled by the next announcement once it has risen', async () => {
            await unit.send('registry', ceilingBody(9000n));
            unit.advance(EXIT_DELAY);
            await accepts('registry', ceilingBody(9500n));
            const at = unit.now + EXIT_DELAY;
            expect(await unit.data()).toMatchObject({ gpuCeiling: 9000n, nextCeiling: 9500n, nextCeilingAt: at });
            await accepts('registry', entry({ gpu: 9000n, epochEnd: at }));
        });

        it('is not raised by an announcement that was replaced in time', async () => {
            await unit.send('registry', ceilingBody(9000n));
            unit.advance(EXIT_DELAY - 1n);
            await unit.send('registry', ceilingBody(9500n));
            const at = unit.now + EXIT_DELAY;
            expect(await unit.data()).toMatchObject({ gpuCeiling: 5000n, nextCeiling: 9500n, nextCeilingAt: at });
            unit.advance(1n);
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ gpu: 5001n, epochEnd: at }));
        });

        it('stays when the raise is taken back', async () => {
            await unit.send('registry', ceilingBody(9000n));
            await unit.send('registry', ceilingBody(5000n));
            expect(await unit.data()).toMatchObject({ gpuCeiling: 5000n, nextCeilingAt: 0n });
            unit.advance(EXIT_DELAY);
            await unit.refused(ERROR_GPU_CEILING, 'registry', entry({ gpu: 5001n, epochEnd: unit.now }));
        });
    });

    describe('minEarned', () => {
        const { ERROR_MIN_EARNED } = PoolExit;
        const earn = (value: bigint) => unit.send('stranger', payoutBody(0n), value);

        it('counts what came in since the last entry with seconds', async () => {
            const minEarned = toNano('1');
            await earn(minEarned - 1n);
            await unit.refused(ERROR_MIN_EARNED, 'registry', entry({ epoch: 0n, minEarned }));
            await earn(toNano('0.01'));
            await accepts('registry', entry({ epoch: 0n, minEarned }));
            await earn(minEarned - 1n);
            const later = { epochEnd: unit.now + unit.epochSeconds, minEarned };
            await unit.refused(ERROR_MIN_EARNED, 'registry', entry({ epoch: 1n, ...later }));
            await earn(toNano('0.005'));
            await accepts('registry', entry({ epoch: 1n, ...later }));
            expect((await unit.data()).earned).toBe(2n * (minEarned - 1n) + toNano('0.015'));
        });

        it('is enough to the nano', async () => {
            const minEarned = toNano('1');
            await earn(minEarned);
            await unit.refused(ERROR_MIN_EARNED, 'registry', entry({ minEarned: minEarned + 1n }));
            await accepts('registry', entry({ minEarned }));
        });

        it('does not ask for anything without seconds, or while it is off', async () => {
            await accepts('registry', entry({ epoch: 0n, seconds: 0n, score: 0n, minEarned: toNano('1') }));
            await accepts('registry', entry({ epoch: 1n, epochEnd: unit.now + unit.epochSeconds, minEarned: 0n }));
        });

        it('starts anew for a participant who comes back', async () => {
            await earn(toNano('5'));
            await unit.send('participant', ParticipantVault.requestExitBody());
            await unit.send('registry', exitNow);
            await unit.open();
            const later = { epochEnd: unit.now + unit.epochSeconds, minEarned: 1n };
            await unit.refused(ERROR_MIN_EARNED, 'registry', entry(later));
        });
    });

    it('takes short metadata and addresses of the basechain only', async () => {
        const long = beginCell().storeRef(Cell.EMPTY).endCell();
        await unit.refused(
            PoolExit.ERROR_BAD_PARAMETER,
            'participant',
            ParticipantVault.setMetadataBody({ metaHash: 1n, metaUri: long }),
        );
        const short = beginCell().storeBuffer(Buffer.alloc(127, 'x')).endCell();
        await accepts('participant', ParticipantVault.setMetadataBody({ metaHash: 1n, metaUri: short }));
        expect(await unit.vault.getMetaUri()).toEqualCell(short);
        expect((await unit.data()).metaHash).toBe(1n);
        const tx = await accepts('participant', ParticipantVault.setMetadataBody({ queryId: 8, metaHash: 2n }));
        expect(outs(tx)).toMatchObject([
            { to: sameAddress(unit.addressOf('participant')), queryId: 8n, bounce: false },
        ]);
        expect(kept(tx)).toBe(0n);
        expect(await unit.vault.getMetaUri()).toBeNull();
        for (const payout of [new Address(-1, Buffer.alloc(32, 1)), new Address(0, Buffer.alloc(32))]) {
            await unit.refused(PoolExit.ERROR_BAD_ADDRESS, 'participant', ParticipantVault.setPayoutBody({ payout }));
        }
    });
});
