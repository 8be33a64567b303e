/** RewardDistribution: claims that die, messages that come back, closes that race, and the relay to the registry. */
import { Address, beginCell, Builder, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_DISTRIBUTION_POKE_BASE,
    GAS_DISTRIBUTION_POKE_ROW,
    loadCloseEpoch,
    loadPoke,
} from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import { PoolExit, poolEvents, RewardDistribution } from '../../wrappers/pool';
import { messagesWith, PoolEnvironment } from '../support/pool/environment';
import { DistributionUnit } from '../support/pool/distribution-unit';
import { header, plain } from '../support/pool/plain';
import {
    afterFees,
    bounceOf,
    computeFee,
    exitCode,
    expectNoLoss,
    kept,
    outCount,
    outs,
    refuse,
    smallForward,
    stateHash,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/units';

const op = RewardDistribution.opcodes;
/** More than a close costs; what exactly it costs is not the matter here. The rest comes back. */
const PLENTY = toNano('1');

describe('a claim that dies', () => {
    let unit: DistributionUnit;
    let body: Cell;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await DistributionUnit.open();
        await unit.fill({ rewards: toNano('10') });
        await unit.round({ totals: [30n] });
        await unit.fill({ rewards: toNano('10') });
        await unit.round({ totals: [30n] });
        body = unit.claimBody('alice', {
            first: 0,
            mask: 3n,
            entries: [
                { epoch: 0, bucket: 0, score: 30n },
                { epoch: 1, bucket: 0, score: 20n },
            ],
        });
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const send = async (value: bigint) => txAt(await unit.send(unit.vaultOf('alice'), body, value), unit.address);

    it('of gas has paid nothing and marked nothing', async () => {
        const state = await stateHash(unit.blockchain, unit.address);
        const before = plain({ ...(await unit.data()), solvency: 0n });
        const tx = await send(toNano('0.003'));
        expect(exitCode(tx)).toBe(-14);
        expect(outs(tx).filter((out) => out.op === op.RewardPaid)).toEqual([]);
        expect(await stateHash(unit.blockchain, unit.address)).toBe(state);
        expect(plain({ ...(await unit.data()), solvency: 0n })).toEqual(before);
    });

    it('for want of a few nano in the action phase comes back, and nothing is paid or marked', async () => {
        const state = await stateHash(unit.blockchain, unit.address);
        // The least value with which it succeeds.
        let low = toNano('0.003');
        let high = toNano('0.3');
        while (high - low > 1n) {
            const middle = (low + high) / 2n;
            await restore();
            if (succeeded(await send(middle))) {
                high = middle;
            } else {
                low = middle;
            }
        }
        await restore();
        const before = await unit.data();
        const tx = await send(low);
        expect(exitCode(tx)).toBe(0);
        expect(tx.description.type === 'generic' && tx.description.actionPhase?.success).toBe(false);
        // It bounces, so that the vault has its rounds again; the pot pays nothing for it.
        expect(outCount(tx)).toBe(1);
        const [back] = outs(tx);
        expect(back.to).toEqualAddress(unit.vaultOf('alice'));
        const bounced = [...tx.outMessages.values()][0].info;
        expect(bounced.type === 'internal' && bounced.bounced).toBe(true);
        expect(await stateHash(unit.blockchain, unit.address)).toBe(state);
        expect((await unit.data()).solvency).toBeGreaterThanOrEqual(before.solvency);

        await restore();
        const paid = await send(high);
        expect(outs(paid)[0].op).toBe(op.RewardPaid);
        // Even then the claim pays for itself: nothing but the payout leaves the books.
        expect(kept(paid)).toBeGreaterThanOrEqual(-outs(paid)[0].value);
        expect((await unit.data()).solvency).toBeGreaterThanOrEqual(before.solvency);
    });

    it('for want of the money itself comes back, too', async () => {
        (await unit.blockchain.getContract(unit.address)).balance = toNano('1');
        const state = await stateHash(unit.blockchain, unit.address);
        const tx = await send(toNano('0.3'));
        expect(succeeded(tx)).toBe(false);
        expect(outCount(tx)).toBe(1);
        expect(outs(tx)[0].to).toEqualAddress(unit.vaultOf('alice'));
        expect(await stateHash(unit.blockchain, unit.address)).toBe(state);
    });
});

describe('a claim of a real vault', () => {
    let env: PoolEnvironment;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('alice');
        await env.payVault('alice', toNano('10'));
        await env.runEpoch([{ who: 'alice' }]);
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    it('that the distribution refuses leaves the round due and unpaid', async () => {
        const { unpaid } = await env.distributionData();
        const heal = await refuse(env.blockchain, env.distribution.address);
        await env.poke('alice');
        await heal();
        expect((await env.vaultData('alice')).due).toBe(1n);
        expect((await env.distributionData()).unpaid).toBe(unpaid);
        await env.poke('alice');
        expect((await env.vaultData('alice')).due).toBe(0n);
        expect(await env.distributionData()).toMatchObject({ unpaid: 0n, paidTotal: unpaid });
    });

    it.each<[string, Builder]>([
        ['in another workchain', beginCell().storeAddress(new Address(5, Buffer.alloc(32, 7)))],
        ['external', beginCell().storeUint(0b01, 2).storeUint(8, 9).storeUint(7, 8)],
        [
            'of variable length',
            beginCell().storeUint(0b11, 2).storeBit(false).storeUint(256, 9).storeInt(0, 32).storeUint(7, 256),
        ],
        [
            'with an anycast prefix',
            beginCell()
                .storeUint(0b10, 2)
                .storeBit(true)
                .storeUint(3, 5)
                .storeUint(5, 3)
                .storeInt(0, 8)
                .storeUint(7, 256),
        ],
    ])('cannot be lost by naming a receiver of the rest that is %s', async (_, responseTo) => {
        const { unpaid } = await env.distributionData();
        const vault = await env.vault('alice');
        const body = beginCell()
            .storeUint(op.Poke, 32)
            .storeUint(0, 64)
            .storeUint(0xffffffff, 32)
            .storeBuilder(responseTo)
            .endCell();
        await env.impersonate(env.roles.stranger.address, vault.address, toNano('0.5'), body);
        // Paid, or still due: never neither.
        const { due } = await env.vaultData('alice');
        const left = (await env.distributionData()).unpaid;
        expect([due, left]).toEqual(due === 0n ? [0n, 0n] : [1n, unpaid]);
        await env.poke('alice').catch(() => undefined);
        expect((await env.distributionData()).unpaid).toBe(0n);
    });
});

describe('StartRound', () => {
    let env: PoolEnvironment;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('alice');
        await env.payVault('alice', toNano('10'));
        await env.endEpoch();
        await env.report(0, [{ who: 'alice' }]);
        await env.seal(0);
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    it('goes to the registry with all of its value, and the rest comes back to who sent it', async () => {
        await env.untilDue();
        const result = await env.startRound({ value: toNano('0.4'), queryId: 101 });
        const tx = txAt(result, env.distribution.address);
        const [relay] = outs(tx);
        expect(outCount(tx)).toBe(1);
        expect(header(relay)).toEqual({
            to: env.registry.address.toString(),
            value: afterFees(tx, toNano('0.4')),
            bounce: true,
            op: op.CloseEpoch,
            init: false,
        });
        expect(plain(loadCloseEpoch(relay.body.beginParse()))).toEqual({
            queryId: 101n,
            responseTo: env.roles.keeper.address.toString(),
        });
        expect((await env.distributionData()).nextRound).toBe(1n);
        const rest = messagesWith(result.transactions, op.Excesses).filter((m) =>
            m.to.equals(env.roles.keeper.address),
        );
        expect(rest).toHaveLength(1);
        expect(rest[0].value).toBeGreaterThan(0n);
    });

    it('before the time changes nothing; what came back is surplus and can be synced', async () => {
        env.advanceTo((await env.epoch()).dueAt - 1n);
        const before = await env.distributionData();
        const result = await env.startRound({ value: PLENTY });
        expect(result.transactions).toHaveTransaction({
            on: env.registry.address,
            exitCode: PoolExit.ERROR_NOT_DUE,
        });
        const [, back] = txsAt(result, env.distribution.address);
        expect(succeeded(back)).toBe(true);
        expect(outCount(back)).toBe(0);
        expect(plain({ ...(await env.distributionData()), solvency: 0n })).toEqual(plain({ ...before, solvency: 0n }));
        expect((await env.distributionData()).solvency).toBeGreaterThan(before.solvency);
        env.advance(1);
        await env.startRound({ value: PLENTY });
        expect((await env.distributionData()).nextRound).toBe(1n);
    });

    it('sent twice fixes the round once', async () => {
        await env.untilDue();
        await env.startRound({ value: PLENTY });
        const once = plain({ ...(await env.distributionData()), solvency: 0n });
        const again = await env.startRound({ from: 'stranger', value: PLENTY });
        expect(poolEvents(again.transactions, 'RoundFixed')).toEqual([]);
        expect(plain({ ...(await env.distributionData()), solvency: 0n })).toEqual(once);
        expect((await env.epoch()).lastClosed).toBe(0n);
    });

    it('after a bounce of the totals sends them again, and no epoch is skipped', async () => {
        await env.untilDue();
        const heal = await refuse(env.blockchain, env.distribution.address);
        await env.closeEpoch({ value: PLENTY });
        await heal();
        expect(await env.epoch()).toMatchObject({ epoch: 1n, undelivered: true });
        expect((await env.distributionData()).nextRound).toBe(0n);
        const result = await env.startRound({ value: PLENTY });
        expect(poolEvents(result.transactions, 'RoundFixed')).toMatchObject([{ round: 0n }]);
        expect(await env.epoch()).toMatchObject({ epoch: 1n, undelivered: false });
        await env.poke('alice');
        expect((await env.distributionData()).unpaid).toBe(0n);
    });

    it('that overtakes the bounce of the totals does no harm', async () => {
        await env.untilDue();
        const heal = await refuse(env.blockchain, env.distribution.address);
        const closed = await env.closeEpoch({ value: PLENTY });
        const [totals] = outs(txAt(closed, env.registry.address)).filter((out) => out.op === op.RoundTotals);
        await heal();
        // Delivered by a second close before the bounce of the first one is home.
        await env.startRound({ value: PLENTY });
        expect((await env.distributionData()).nextRound).toBe(1n);
        await env.blockchain.sendMessage(bounceOf(totals, toNano('0.1')));
        const result = await env.startRound({ value: PLENTY });
        expect(poolEvents(result.transactions, 'RoundFixed')).toEqual([]);
        expect(await env.epoch()).toMatchObject({ epoch: 1n, undelivered: false });
        await env.runEpoch([{ who: 'alice' }]);
        expect((await env.distributionData()).nextRound).toBe(2n);
    });
});

describe('PokeMany', () => {
    it('gives every vault an equal part and names the sender for the rest', async () => {
        const unit = await DistributionUnit.open();
        const participants = [1, 2, 3, 4, 5, 6, 7].map((i) => new Address(0, Buffer.alloc(32, i)));
        const body = RewardDistribution.pokeManyBody({ participants, upTo: 12, queryId: 111 });
        const value = toNano('2') + 5n;
        const tx = await unit.done('keeper', body, value);
        const n = BigInt(participants.length);
        const own = computeFee(GAS_DISTRIBUTION_POKE_BASE + GAS_DISTRIBUTION_POKE_ROW * n);
        const each = (value - own) / n - smallForward();
        expect(outCount(tx)).toBe(7);
        for (const [i, out] of outs(tx).entries()) {
            expect(header(out)).toEqual({
                to: unit.vaultOf(participants[i]).toString(),
                value: each,
                bounce: true,
                op: op.Poke,
                init: false,
            });
            expect(plain(loadPoke(out.body.beginParse()))).toEqual({
                queryId: 111n,
                upTo: 12n,
                responseTo: unit.addressOf('keeper').toString(),
            });
        }
        // The sender pays for everything: the books lose nothing.
        expectNoLoss(tx);
        expect(kept(tx)).toBeLessThan(value / 10n);
        // A poke that comes back is surplus.
        const before = await unit.distribution.getSolvency();
        const back = await unit.bounce(outs(tx)[0]);
        expect(succeeded(back)).toBe(true);
        expect(outCount(back)).toBe(0);
        expect(await unit.distribution.getSolvency()).toBe(before + kept(back));
    });

    it('with fewer rows than it says changes nothing', async () => {
        const unit = await DistributionUnit.open();
        const participants = [1, 2, 3, 4].map((i) => new Address(0, Buffer.alloc(32, i)));
        const right = RewardDistribution.pokeManyBody({ participants });
        const slice = right.beginParse();
        const wrong = beginCell()
            .storeBits(slice.loadBits(128))
            .storeUint(slice.loadUint(8) + 1, 8)
            .storeSlice(slice)
            .endCell();
        // 9: cell underflow.
        await unit.refused(9, 'keeper', wrong, toNano('5'));
    });

    it('pays several participants, and those without anything due cost the others nothing', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        for (const name of ['alice', 'bob', 'carol']) {
            await env.register(name);
        }
        await env.payVault('alice', toNano('10'));
        await env.runEpoch([
            { who: 'alice', gpu: 300 },
            { who: 'bob', gpu: 700 },
            { who: 'carol', seconds: 0 },
        ]);
        const { unpaid } = await env.distributionData();
        const result = await env.pokeMany(['carol', 'alice', 'nobody', 'bob']);
        const paid = messagesWith(result.transactions, op.RewardPaid);
        expect(paid.map((m) => m.to.toString()).sort()).toEqual(
            [(await env.address('alice')).toString(), (await env.address('bob')).toString()].sort(),
        );
        expect(paid.reduce((sum, m) => sum + m.value, 0n)).toBeGreaterThanOrEqual(unpaid - 1n);
        const rest = messagesWith(result.transactions, op.Excesses).filter((m) =>
            m.to.equals(env.roles.keeper.address),
        );
        expect(rest).toHaveLength(2);
    });
});
