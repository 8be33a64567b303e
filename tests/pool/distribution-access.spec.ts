/** RewardDistribution: set-up, who may send what, what it costs, and what the getters say. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    DISTRIBUTION_BITS,
    DISTRIBUTION_CELLS,
    FLOOR_SECONDS,
    GAS_DISTRIBUTION_RESERVE,
    GAS_DISTRIBUTION_SMALL,
} from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import {
    COMMISSION_MAX,
    COMMISSION_MIN,
    MAX_BATCH,
    parseChanges,
    PoolExit,
    PoolOperator,
    RewardDistribution,
} from '../../wrappers/pool';
import {
    commissionBody,
    DistributionUnit,
    finePaidBody,
    incomeBody,
    payoutAddressBody,
    slashPaidBody,
    upgradeNoticeBody,
} from '../support/pool/distribution-unit';
import { plain } from '../support/pool/plain';
import { computeFee, kept, outCount, rentOf, smallForward, stateHash } from '../support/pool/units';

const op = RewardDistribution.opcodes;
const floor = rentOf(DISTRIBUTION_CELLS, DISTRIBUTION_BITS, FLOOR_SECONDS);

let unit: DistributionUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await DistributionUnit.open();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

const nothing = {
    nextRound: 0n,
    rewards: 0n,
    donations: 0n,
    reserve: 0n,
    unpaid: 0n,
    paidTotal: 0n,
    rewardsTotal: 0n,
    donationsTotal: 0n,
    commissionTotal: 0n,
    allocatedTotal: 0n,
    expiredTotal: 0n,
    version: 0n,
};

describe('the set-up', () => {
    it.each([COMMISSION_MIN, 777n, COMMISSION_MAX])('links and sets a commission of %s', async (commissionBps) => {
        const fresh = await DistributionUnit.create();
        const tx = await fresh.done('operator', fresh.setUpBody({ commissionBps }));
        expect(outCount(tx)).toBe(0);
        expect(plain(await fresh.data())).toEqual(
            plain({
                ...nothing,
                operator: fresh.addressOf('operator'),
                registry: fresh.addressOf('registry'),
                commissionBps,
                payout: fresh.addressOf('payout'),
                solvency: (await fresh.balance()) - floor,
            }),
        );
        expect(await fresh.distribution.getSolvency()).toBe((await fresh.balance()) - floor);
        const schedule = await fresh.distribution.getSchedule();
        expect(schedule).toMatchObject({ pendingBps: 0n, pendingAt: 0n });
        expect(parseChanges(schedule.changes)).toEqual([{ at: Number(fresh.now), bps: Number(commissionBps) }]);
        expect(plain(await fresh.distribution.getUpgrade())).toEqual({
            version: 0n,
            codeHash: 0n,
            readyAt: 0n,
            gap: null,
        });
        for (const who of ['alice', 'bob'] as const) {
            const vault = await fresh.distribution.getVaultAddress(fresh.addressOf(who));
            expect(vault).toEqualAddress(fresh.vaultOf(who));
        }
    });

    it.each([0n, COMMISSION_MIN - 1n, COMMISSION_MAX + 1n])('refuses a commission of %s', async (commissionBps) => {
        const fresh = await DistributionUnit.create();
        await fresh.refused(PoolExit.ERROR_COMMISSION_BOUNDS, 'operator', fresh.setUpBody({ commissionBps }));
    });

    it('obeys the operator alone, and the first time only', async () => {
        const fresh = await DistributionUnit.create();
        for (const who of ['registry', 'stranger', 'payout'] as const) {
            await fresh.refused(PoolExit.ERROR_NOT_OPERATOR, who, fresh.setUpBody());
        }
        const before = await stateHash(unit.blockchain, unit.address);
        const again = unit.setUpBody({
            commissionBps: 500n,
            registry: unit.addressOf('stranger'),
            payout: unit.addressOf('stranger'),
        });
        const tx = await unit.done('operator', again);
        expect(outCount(tx)).toBe(0);
        expect(await stateHash(unit.blockchain, unit.address)).toBe(before);
        // Not even a wrong commission is looked at.
        await unit.done('operator', unit.setUpBody({ commissionBps: 1n }));
    });

    it('comes before everything that writes into the books', async () => {
        const fresh = await DistributionUnit.create();
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'stranger', RewardDistribution.topUpReserveBody({ amount: 1n }));
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'stranger', RewardDistribution.syncBody());
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'operator', commissionBody(600));
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'operator', payoutAddressBody(fresh.addressOf('alice')));
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'operator', upgradeNoticeBody(1n));
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'operator', finePaidBody(1n));
        await fresh.refused(
            PoolExit.ERROR_NOT_LINKED,
            'stranger',
            RewardDistribution.applyUpgradeBody({ code: Cell.EMPTY }),
        );
        await fresh.refused(PoolExit.ERROR_NOT_REGISTRY, 'registry', await unit.roundBody({ epoch: 0 }));
        await expect(fresh.data()).rejects.toMatchObject({ exitCode: PoolExit.ERROR_NOT_LINKED });
        await expect(fresh.distribution.getSolvency()).rejects.toMatchObject({ exitCode: PoolExit.ERROR_NOT_LINKED });
        await expect(fresh.distribution.getSchedule()).rejects.toMatchObject({ exitCode: PoolExit.ERROR_NOT_LINKED });
        await expect(fresh.distribution.getUpgrade()).rejects.toMatchObject({ exitCode: PoolExit.ERROR_NOT_LINKED });
    });
});

describe('who may send what', () => {
    it('income, fines, commission, payout address and upgrades come from the operator contract alone', async () => {
        const bodies = [
            incomeBody(true),
            incomeBody(false),
            finePaidBody(toNano('0.1')),
            commissionBody(600),
            commissionBody(0, 1),
            payoutAddressBody(unit.addressOf('stranger')),
            upgradeNoticeBody(1n),
            upgradeNoticeBody(0n),
        ];
        for (const body of bodies) {
            for (const who of ['registry', 'stranger', unit.vaultOf('alice')] as const) {
                await unit.refused(PoolExit.ERROR_NOT_OPERATOR, who, body);
            }
        }
    });

    it('totals come from the registry alone', async () => {
        const body = await unit.roundBody({ totals: [1n] });
        for (const who of ['operator', 'stranger', unit.vaultOf('alice')] as const) {
            await unit.refused(PoolExit.ERROR_NOT_REGISTRY, who, body);
        }
    });

    it('claims and slashes come from the vault of the participant they name', async () => {
        await unit.round({ totals: [10n] });
        const claim = unit.claimBody('alice', {
            first: 0,
            mask: 1n,
            entries: [{ epoch: 0, bucket: 0, score: 10n }],
        });
        const slash = slashPaidBody(toNano('0.1'), unit.addressOf('alice'));
        const twin = new Address(-1, unit.vaultOf('alice').hash);
        for (const body of [claim, slash]) {
            for (const who of ['alice', 'stranger', 'operator', 'registry', unit.vaultOf('bob'), twin] as const) {
                await unit.refused(PoolExit.ERROR_NOT_VAULT, who, body);
            }
            await unit.done(unit.vaultOf('alice'), body);
        }
    });

    it('operations that are not known are refused, plain transfers and excesses are surplus', async () => {
        for (const code of [0x12345678, op.SetActive, op.Poke, op.VaultPayout, 0xc59a7cd3]) {
            const body = beginCell().storeUint(code, 32).storeUint(0, 64).endCell();
            // 130: Tact's own code for a message that no receiver takes.
            await unit.refused(130, 'stranger', body);
        }
        const before = await unit.distribution.getSolvency();
        const excesses = beginCell().storeUint(op.Excesses, 32).storeUint(0, 64).endCell();
        const a = await unit.done('stranger', Cell.EMPTY, toNano('2'));
        const b = await unit.done('stranger', excesses, toNano('2'));
        expect([outCount(a), outCount(b)]).toEqual([0, 0]);
        expect(await unit.distribution.getSolvency()).toBe(before + kept(a) + kept(b));
        expect(plain(await unit.data())).toMatchObject(nothing);
    });
});

describe('what it costs', () => {
    const small = computeFee(GAS_DISTRIBUTION_SMALL) + 2n * smallForward();

    it('a top-up of the reserve needs an amount, and the amount with its handling', async () => {
        const body = (amount: bigint) => RewardDistribution.topUpReserveBody({ amount });
        const least = computeFee(GAS_DISTRIBUTION_RESERVE) + 2n * smallForward();
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body(0n));
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body(toNano('1')), toNano('1') + least - 1n);
        await unit.done('stranger', body(toNano('1')), toNano('1') + least);
        expect((await unit.data()).reserve).toBe(toNano('1'));
    });

    it('a fine and a slash need the amount with its handling', async () => {
        const least = computeFee(GAS_DISTRIBUTION_RESERVE) + smallForward();
        const amount = toNano('1');
        const slash = slashPaidBody(amount, unit.addressOf('alice'));
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'operator', finePaidBody(amount), amount + least - 1n);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, unit.vaultOf('alice'), slash, amount + least - 1n);
        await unit.done('operator', finePaidBody(amount), amount + least);
        await unit.done(unit.vaultOf('alice'), slash, amount + least);
        expect((await unit.data()).reserve).toBe(2n * amount);
    });

    it('a Sync needs its fees, and a surplus', async () => {
        const body = RewardDistribution.syncBody();
        expect(await unit.distribution.getCost(body)).toBe(small);
        await unit.done('stranger', Cell.EMPTY, toNano('9'));
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, small - 1n);
        await unit.done('stranger', body, small);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, small);
    });

    it('StartRound needs the way to the registry, the close and the round', async () => {
        const body = RewardDistribution.startRoundBody();
        const cost = await unit.distribution.getCost(body);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, cost - 1n);
        await unit.done('stranger', body, cost);
    });

    it.each([1, 2, 80])('PokeMany of %i vaults needs a claim of one round for each', async (n) => {
        const participants = Array.from({ length: n }, (_, i) => new Address(0, Buffer.alloc(32, i + 1)));
        const body = RewardDistribution.pokeManyBody({ participants });
        const cost = await unit.distribution.getCost(body, n);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, cost - 1n);
        const tx = await unit.done('stranger', body, cost);
        expect(outCount(tx)).toBe(n);
    });

    it('PokeMany takes 1 to 80', async () => {
        const participants = Array.from(
            { length: Number(MAX_BATCH) + 1 },
            (_, i) => new Address(0, Buffer.alloc(32, i + 1)),
        );
        const body = (list: Address[]) => RewardDistribution.pokeManyBody({ participants: list });
        await unit.refused(PoolExit.ERROR_BATCH, 'stranger', body(participants), toNano('100'));
        await unit.refused(PoolExit.ERROR_BATCH, 'stranger', body([]), toNano('100'));
        await unit.done('stranger', body(participants.slice(1)), toNano('100'));
    });

    it('everything else costs the same', async () => {
        expect(await unit.distribution.getCost(0)).toBe(small);
        expect(await unit.distribution.getCost(PoolOperator.opcodes.ApplyUpgrade)).toBe(small);
    });
});
