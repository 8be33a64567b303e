/** 64 epochs of metrics and claims: what falls out, what a voided epoch replaces, and what a refused claim restores. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import { GAS_VAULT_METRICS, loadClaim } from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { dueEpochs, ParticipantVault, PoolExit } from '../../wrappers/pool';
import { runs, seeded } from '../support/random';
import { claimCost, computeFee, EntryOptions, Out, outs, txAt, VaultUnit } from '../support/pool/units';

const op = ParticipantVault.opcodes;
/** Enough for an entry, not enough for a claim. */
const LITTLE = computeFee(2n * GAS_VAULT_METRICS);

describe('metrics of a vault', () => {
    let unit: VaultUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await VaultUnit.open();
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    /** All epochs end now or later, so that the numbers of epochs can be chosen freely. */
    const enter = async (epoch: bigint, options: EntryOptions = {}): Promise<Out | undefined> => {
        const at = { epochEnd: unit.now + unit.epochSeconds, value: LITTLE };
        const result = await unit.entry({ epoch, ...at, ...options });
        return outs(txAt(result, unit.address)).find((out) => out.op === op.Claim);
    };
    const poke = async (upTo?: bigint): Promise<Out> =>
        outs(txAt(await unit.send('keeper', ParticipantVault.pokeBody({ upTo })), unit.address))[0];
    const due = async () => dueEpochs(await unit.data());

    /** Epochs that a claim asks for. */
    const claimed = (out: Out): bigint[] => {
        const { firstRound, mask } = loadClaim(out.body.beginParse());
        return dueEpochs({ firstEpoch: firstRound, due: mask });
    };

    describe('attempts', () => {
        const { ERROR_DUPLICATE_METRICS } = PoolExit;
        const body = (options: EntryOptions) => unit.entryBody({ epochEnd: unit.now + unit.epochSeconds, ...options });

        it('takes an epoch once, and once more after it was voided', async () => {
            await enter(5n, { score: 10n, bucket: 1n });
            await unit.refused(ERROR_DUPLICATE_METRICS, 'registry', body({ epoch: 5n, score: 11n }));
            await enter(5n, { score: 12n, bucket: 2n, attempt: true });
            expect(await unit.epoch(5)).toMatchObject({
                present: true,
                attempt: true,
                bucket: 2n,
                score: 12n,
                due: true,
            });
            await unit.refused(ERROR_DUPLICATE_METRICS, 'registry', body({ epoch: 5n, score: 13n, attempt: true }));
            await unit.refused(ERROR_DUPLICATE_METRICS, 'registry', body({ epoch: 5n, score: 13n }));
        });

        it('takes the second attempt without a first one, and no first one afterwards', async () => {
            await enter(5n, { score: 12n, attempt: true });
            expect(await unit.epoch(5)).toMatchObject({ attempt: true, score: 12n });
            await unit.refused(ERROR_DUPLICATE_METRICS, 'registry', body({ epoch: 5n }));
        });

        it('owes nothing when the second attempt has no score', async () => {
            await enter(4n);
            await enter(5n, { score: 10n });
            await enter(5n, { score: 0n, seconds: 0n, attempt: true });
            expect(await due()).toEqual([4n]);
            expect(await unit.epoch(5)).toMatchObject({ present: true, attempt: true, score: 0n, due: false });
        });

        it('owes a second attempt with a score when the first had none', async () => {
            await enter(5n, { score: 0n, seconds: 0n });
            await enter(5n, { score: 3n, attempt: true });
            expect(await due()).toEqual([5n]);
        });

        it('does not take an entry of a block before the newest', async () => {
            await enter(8n);
            await unit.refused(ERROR_DUPLICATE_METRICS, 'registry', body({ epoch: 7n }));
        });
    });

    describe('history', () => {
        it('keeps at least 64 epochs and forgets the ones before, block by block', async () => {
            const total = 100n;
            for (let epoch = 0n; epoch < total; epoch++) {
                await enter(epoch, { score: 1000n + epoch, bucket: epoch % 6n });
            }
            // The newest block is 12 (epochs 96-103); the history holds the 8 before it, 4 to 11.
            for (let epoch = 0n; epoch < total + 4n; epoch++) {
                const known = epoch >= 32n && epoch < total;
                expect(await unit.epoch(epoch)).toEqual({
                    $$type: 'VaultEpoch',
                    present: known,
                    attempt: false,
                    bucket: known ? epoch % 6n : 0n,
                    score: known ? 1000n + epoch : 0n,
                    due: epoch >= total - 64n && epoch < total,
                });
            }
            expect(await unit.data()).toMatchObject({ firstEpoch: 36n, due: (1n << 64n) - 1n });
            const claim = loadClaim((await poke()).body.beginParse());
            expect(claim).toMatchObject({ firstRound: 36n, mask: (1n << 64n) - 1n });
            expect(claim.history).not.toBeNull();
            expect(await due()).toEqual([]);
        });

        it('sends the history along only when a claimed round is in it', async () => {
            for (const epoch of [7n, 8n, 9n]) {
                await enter(epoch);
            }
            const old = loadClaim((await poke(7n)).body.beginParse());
            expect(old).toMatchObject({ firstRound: 7n, mask: 1n });
            expect(old.history).not.toBeNull();
            expect(loadClaim((await poke()).body.beginParse())).toMatchObject({
                firstRound: 8n,
                mask: 3n,
                history: null,
            });
        });

        it('forgets what lies more than 64 epochs back after a long absence', async () => {
            await enter(3n);
            await enter(66n);
            expect(await due()).toEqual([3n, 66n]);
            await enter(67n);
            expect(await due()).toEqual([66n, 67n]);
            expect(await unit.data()).toMatchObject({ firstEpoch: 4n });
            await enter(1000n);
            expect(await due()).toEqual([1000n]);
            // Their entries can be read until their places are taken, but nothing is due for them.
            expect(await unit.epoch(66)).toMatchObject({ present: true, due: false, score: 1066n });
            await enter(1088n);
            expect(await unit.epoch(66)).toMatchObject({ present: true, due: false });
            await enter(1096n);
            expect(await unit.epoch(66)).toMatchObject({ present: false, due: false, score: 0n });
            expect(await due()).toEqual([1088n, 1096n]);
            expect(await unit.epoch(1096)).toMatchObject({ present: true, due: true, score: 2096n });
        });

        it('does not confuse a block with the one 64 epochs later', async () => {
            await enter(2n, { score: 5n });
            await enter(8n);
            // Block 8 has the place of block 0.
            await enter(66n, { score: 6n });
            expect(await unit.epoch(2)).toMatchObject({ present: true, score: 5n });
            await enter(72n);
            expect(await unit.epoch(2)).toMatchObject({ present: false, score: 0n });
            expect(await unit.epoch(66)).toMatchObject({ present: true, score: 6n });
            expect(await unit.epoch(130)).toMatchObject({ present: false });
        });
    });

    describe('poke', () => {
        const { ERROR_NOTHING_DUE } = PoolExit;

        it('refuses when nothing is due up to the round it names', async () => {
            await unit.refused(ERROR_NOTHING_DUE, 'keeper', ParticipantVault.pokeBody());
            await enter(5n);
            await enter(7n);
            await unit.refused(ERROR_NOTHING_DUE, 'keeper', ParticipantVault.pokeBody({ upTo: 4 }));
            expect(claimed(await poke(6n))).toEqual([5n]);
            await unit.refused(ERROR_NOTHING_DUE, 'keeper', ParticipantVault.pokeBody({ upTo: 6 }));
            expect(claimed(await poke(7n))).toEqual([7n]);
            await unit.refused(ERROR_NOTHING_DUE, 'keeper', ParticipantVault.pokeBody());
        });

        it.each([61n, 62n, 63n, 64n])('finds the edge of the window: up to its first epoch + %i', async (offset) => {
            await enter(1n);
            await enter(63n);
            await enter(64n);
            const out = await poke(1n + offset);
            expect(claimed(out)).toEqual([1n, 63n, 64n].filter((epoch) => epoch <= 1n + offset));
            expect(await due()).toEqual([1n, 63n, 64n].filter((epoch) => epoch > 1n + offset));
        });

        it('asks for the gas of all rounds from the lowest to the highest', async () => {
            await enter(3n);
            await enter(10n);
            const value = await unit.vault.getCost(op.Poke, 8);
            await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'keeper', ParticipantVault.pokeBody(), value - 1n);
            await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'keeper', ParticipantVault.pokeBody(), claimCost(0n, 2n));
        });
    });

    describe('restored masks', () => {
        it('come back into an empty window', async () => {
            await enter(5n);
            await enter(9n);
            const out = await poke();
            expect(await due()).toEqual([]);
            await unit.bounce(out);
            expect(await due()).toEqual([5n, 9n]);
            expect(await unit.data()).toMatchObject({ firstEpoch: 5n, due: 0b10001n });
        });

        it('come back below what is due now', async () => {
            await enter(5n);
            const out = await poke();
            await enter(20n);
            await enter(22n);
            expect(await unit.data()).toMatchObject({ firstEpoch: 20n, due: 0b101n });
            await unit.bounce(out);
            expect(await unit.data()).toMatchObject({ firstEpoch: 5n, due: (0b101n << 15n) | 1n });
        });

        it('come back above what is due now', async () => {
            await enter(5n);
            await enter(6n);
            await enter(9n);
            const old = await poke(5n);
            const young = await poke();
            expect(claimed(young)).toEqual([6n, 9n]);
            await unit.bounce(old);
            expect(await due()).toEqual([5n]);
            await unit.bounce(young);
            expect(await due()).toEqual([5n, 6n, 9n]);
        });

        it('come back between and around what is due now', async () => {
            for (const epoch of [1n, 2n, 3n]) {
                await enter(epoch);
            }
            const outer = await poke();
            await enter(4n);
            const middle = await poke();
            await enter(10n);
            await unit.bounce(middle);
            expect(await due()).toEqual([4n, 10n]);
            await unit.bounce(outer);
            expect(await due()).toEqual([1n, 2n, 3n, 4n, 10n]);
        });

        it('lose what is more than 64 epochs before the newest', async () => {
            for (const epoch of [1n, 2n, 30n]) {
                await enter(epoch);
            }
            const out = await poke();
            await enter(65n);
            const edge = unit.checkpoint();
            await unit.bounce(out);
            expect(await due()).toEqual([2n, 30n, 65n]);
            await edge();
            await enter(66n);
            await unit.bounce(out);
            expect(await unit.data()).toMatchObject({ firstEpoch: 3n, due: (1n << 27n) | (3n << 62n) });
            await edge();
            await enter(500n);
            await unit.bounce(out);
            expect(await due()).toEqual([500n]);
        });

        it('do not move a window that is older than they are', async () => {
            await enter(10n);
            await enter(70n);
            const young = await (async () => {
                const old = await poke(10n);
                const out = await poke();
                await unit.bounce(old);
                return out;
            })();
            expect(await due()).toEqual([10n]);
            await unit.bounce(young);
            expect(await due()).toEqual([10n, 70n]);
            expect(await unit.data()).toMatchObject({ firstEpoch: 10n, due: (1n << 60n) | 1n });
        });
    });

    it('agrees with a set of epochs over a random life', async () => {
        await seeded('vault metrics', async (random) => {
            for (let life = 0; life < runs(30); life++) {
                await restore();
                let owed = new Set<bigint>();
                let newest = -1n;
                let epoch = BigInt(random.int(0, 40));
                let open: { out: Out; epochs: bigint[] }[] = [];
                const within = (e: bigint, top: bigint) => e > top - 64n;
                for (let step = 0; step < 40; step++) {
                    const action = random.int(0, 9);
                    if (action < 6) {
                        epoch += random.bool(0.1) ? BigInt(random.int(20, 80)) : BigInt(random.int(1, 3));
                        const score = random.bool(0.85) ? BigInt(random.int(1, 1000)) : 0n;
                        const rich = random.bool(0.2);
                        const out = await enter(epoch, { score, value: rich ? toNano('1') : LITTLE });
                        const before = [...owed].filter((e) => within(e, epoch));
                        if (rich && before.length > 0) {
                            expect(claimed(out!)).toEqual(before.sort((a, b) => Number(a - b)));
                            open.push({ out: out!, epochs: before });
                            owed = new Set();
                        } else {
                            expect(out).toBeUndefined();
                            owed = new Set(before);
                        }
                        newest = epoch;
                        if (score > 0n) owed.add(epoch);
                    } else if (action < 8 && owed.size > 0) {
                        const upTo = random.bool() ? newest : random.pick([...owed]);
                        const out = await poke(upTo);
                        const epochs = [...owed].filter((e) => e <= upTo);
                        expect(claimed(out)).toEqual(epochs.sort((a, b) => Number(a - b)));
                        epochs.forEach((e) => owed.delete(e));
                        open.push({ out, epochs });
                    } else if (open.length > 0) {
                        const [back] = random.shuffle(open);
                        open = open.filter((o) => o !== back);
                        await unit.bounce(back.out);
                        back.epochs.forEach((e) => owed.add(e));
                        const top = [...owed].reduce((a, b) => (a > b ? a : b));
                        owed = new Set([...owed].filter((e) => within(e, top)));
                    }
                    expect(await due()).toEqual([...owed].sort((a, b) => Number(a - b)));
                }
            }
        });
    });
});
