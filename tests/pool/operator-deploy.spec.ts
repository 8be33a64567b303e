/** PoolOperator: deployment, linking, and what its getters say before and after. */
import { Address, Cell, contractAddress, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    DISTRIBUTION_BITS,
    DISTRIBUTION_CELLS,
    FLOOR_SECONDS,
    GAS_OPERATOR_DEPLOY,
    GAS_OPERATOR_SMALL,
    GAS_REGISTRY_RELAY,
    GAS_SETUP,
    loadSetUpDistribution,
    loadSetUpRegistry,
    OPERATOR_BITS,
    OPERATOR_CELLS,
    REGISTRY_BITS,
    REGISTRY_CELLS,
    RENT_SECONDS,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import {
    COMMISSION_MAX,
    COMMISSION_MIN,
    distributionInit,
    EVENT_LINKED,
    NO_ADDRESS,
    PoolExit,
    PoolOperator,
    registryConfigCell,
    registryInit,
} from '../../wrappers/pool';
import { PoolEnvironment } from '../support/pool/environment';
import { expectExcesses, operatorCost, operatorEvents, OperatorUnit } from '../support/pool/operator-unit';
import { header, plain } from '../support/pool/plain';
import {
    computeFee,
    forwardFee,
    kept,
    outCount,
    outs,
    rentOf,
    smallForward,
    succeeded,
    txAt,
} from '../support/pool/units';

const op = PoolOperator.opcodes;
const deploy = PoolOperator.deployPoolBody({ queryId: 77 });

const operatorRent = rentOf(OPERATOR_CELLS, OPERATOR_BITS, RENT_SECONDS);
const registryRent = rentOf(REGISTRY_CELLS, REGISTRY_BITS, RENT_SECONDS);
const distributionRent = rentOf(DISTRIBUTION_CELLS, DISTRIBUTION_BITS, RENT_SECONDS);
const operatorFloor = rentOf(OPERATOR_CELLS, OPERATOR_BITS, FLOOR_SECONDS);
const deployCost =
    operatorRent +
    registryRent +
    distributionRent +
    computeFee(GAS_OPERATOR_DEPLOY + 3n * GAS_SETUP) +
    forwardFee(REGISTRY_CELLS, REGISTRY_BITS) +
    forwardFee(DISTRIBUTION_CELLS, DISTRIBUTION_BITS);

describe('a pool that is not deployed', () => {
    let unit: OperatorUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await OperatorUnit.create({ until: 'created', commissionBps: 700, epochSeconds: 86_400 });
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    it('says who is who, and that nothing is linked', async () => {
        expect(plain(await unit.data())).toEqual(
            plain({
                owner: unit.addressOf('owner'),
                pendingOwner: null,
                reporter: unit.addressOf('reporter'),
                guardian: unit.addressOf('guardian'),
                arbiter: unit.addressOf('arbiter'),
                recovery: unit.addressOf('recovery'),
                registry: NO_ADDRESS,
                distribution: NO_ADDRESS,
                linked: false,
                active: false,
                stake: 0n,
                pendingRewards: 0n,
                pendingDonations: 0n,
                participants: 0n,
                activeSince: 0n,
                inactiveSince: 0n,
                finedTo: 0n,
                pausedUntil: 0n,
                pauseAllowedAt: 0n,
                nextArbiterAt: 0n,
                nextRecoveryAt: 0n,
                solvency: (await unit.balance()) - operatorFloor,
                version: 0n,
            }),
        );
        expect(await unit.operator.getSolvency()).toBe((await unit.balance()) - operatorFloor);
        expect((await unit.operator.getProxies()).size).toBe(0);
        const { setUp: _, ...notices } = await unit.operator.getNotices();
        expect(plain(notices)).toEqual({
            recovery: unit.addressOf('recovery').toString(),
            nextArbiter: null,
            nextArbiterAt: 0n,
            nextRecovery: null,
            nextRecoveryAt: 0n,
        });
        expect(plain(await unit.operator.getUpgrade())).toEqual({ version: 0n, codeHash: 0n, readyAt: 0n, gap: null });
    });

    it('shows the codes and first parameters that its address commits to', async () => {
        const setUp = await unit.operator.getSetUp();
        expect(plain(setUp)).toEqual(
            plain({
                commissionBps: 700n,
                payout: unit.addressOf('payout'),
                ...unit.codes,
                config: registryConfigCell({ epochSeconds: 86_400 }),
            }),
        );
    });

    it('deploys both children with five years of rent, links them and returns the rest', async () => {
        const value = toNano('5');
        const tx = await unit.done('owner', deploy, value);
        const { registryCode, distributionCode, vaultCode } = unit.codes;
        const registry = contractAddress(0, await registryInit(unit.address, registryCode));
        const distribution = contractAddress(0, await distributionInit(unit.address, distributionCode));
        expect(outCount(tx)).toBe(5);
        const [first, second, roles, rest] = outs(tx);

        const to = (a: Address) => a.toString();
        expect(header(first)).toEqual({
            to: to(registry),
            value: registryRent + computeFee(GAS_SETUP),
            bounce: true,
            op: op.SetUpRegistry,
            init: true,
        });
        expect(plain(loadSetUpRegistry(first.body.beginParse()))).toEqual(
            plain({ queryId: 77n, distribution, vaultCode, config: registryConfigCell({ epochSeconds: 86_400 }) }),
        );

        expect(header(second)).toEqual({
            to: to(distribution),
            value: distributionRent + computeFee(GAS_SETUP),
            bounce: true,
            op: op.SetUpDistribution,
            init: true,
        });
        expect(plain(loadSetUpDistribution(second.body.beginParse()))).toEqual({
            queryId: 77n,
            registry: to(registry),
            vaultCodeHash: BigInt(`0x${vaultCode.hash().toString('hex')}`),
            vaultCodeDepth: BigInt(vaultCode.depth()),
            commissionBps: 700n,
            payout: to(unit.addressOf('payout')),
        });

        expect(header(roles)).toEqual({
            to: to(registry),
            value: computeFee(GAS_SETUP),
            bounce: true,
            op: op.RolesUpdate,
            init: false,
        });
        expect(plain(OperatorUnit.rolesOf(roles))).toEqual({
            queryId: 77n,
            version: 0n,
            active: false,
            stakeOk: false,
            pausedUntil: 0n,
            roles: {
                owner: to(unit.addressOf('owner')),
                reporter: to(unit.addressOf('reporter')),
                arbiter: to(unit.addressOf('arbiter')),
            },
        });

        expectExcesses(rest, unit.addressOf('owner'), deploy);
        expect(kept(tx)).toBe(0n);
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_LINKED, who: to(registry), value: 0n }]);
        expect(plain(await unit.data())).toMatchObject({
            registry: to(registry),
            distribution: to(distribution),
            linked: true,
            active: false,
        });
        const state = async (a: Address) => (await unit.blockchain.getContract(a)).accountState?.type;
        expect(await state(registry)).toBe('active');
        expect(await state(distribution)).toBe('active');
    });

    it('keeps its own rent for five years out of the value when the account held nothing', async () => {
        const poor = await OperatorUnit.create({ until: 'created' });
        const account = await poor.blockchain.getContract(poor.address);
        account.balance = 1n;
        const tx = txAt(await poor.send('owner', deploy, deployCost), poor.address);
        expect(succeeded(tx)).toBe(true);
        expect(await poor.balance()).toBe(operatorRent);
        expect(await poor.operator.getSolvency()).toBe(operatorRent - operatorFloor);
    });

    it('costs rent for three contracts, the gas of the set-up and the forwarding of code, and not a nano less', async () => {
        expect(await unit.operator.getCost(op.DeployPool)).toBe(deployCost);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'owner', deploy, deployCost - 1n);
        await unit.done('owner', deploy, deployCost);
    });

    it.each(['stranger', 'reporter', 'guardian', 'arbiter', 'recovery'] as const)('refuses the %s', async (who) => {
        await unit.refused(PoolExit.ERROR_NOT_OWNER, who, deploy, toNano('5'));
    });

    it('stays refused for a stake, but takes it before it is linked and tells nobody', async () => {
        const body = PoolOperator.topUpStakeBody({ amount: toNano('3'), queryId: 5 });
        const tx = await unit.done('stranger', body, toNano('4'));
        expect(outs(tx)).toHaveLength(1);
        expectExcesses(outs(tx)[0], unit.addressOf('stranger'), body);
        expect(kept(tx)).toBe(toNano('3'));
        expect((await unit.data()).stake).toBe(toNano('3'));
        // The stake is not used up as rent of the children.
        await unit.done('owner', deploy, toNano('5'));
        expect((await unit.data()).stake).toBe(toNano('3'));
        expect(await unit.operator.getSolvency()).toBe((await unit.balance()) - toNano('3') - operatorFloor);
    });
});

describe('a deployment that is refused', () => {
    it.each([
        ['below', COMMISSION_MIN - 1n],
        ['above', COMMISSION_MAX + 1n],
    ])('a commission %s the bounds', async (_, commissionBps) => {
        const unit = await OperatorUnit.create({ until: 'created', commissionBps });
        await unit.refused(PoolExit.ERROR_COMMISSION_BOUNDS, 'owner', deploy, toNano('5'));
    });

    it('a payout address outside the basechain', async () => {
        const payout = new Address(-1, Buffer.alloc(32, 9));
        const unit = await OperatorUnit.create({ until: 'created', payout });
        await unit.refused(PoolExit.ERROR_BAD_ADDRESS, 'owner', deploy, toNano('5'));
    });

    it.each([COMMISSION_MIN, COMMISSION_MAX])('but not a commission of %s', async (commissionBps) => {
        const unit = await OperatorUnit.create({ until: 'created', commissionBps });
        const [, second] = outs(await unit.done('owner', deploy, toNano('5')));
        expect(loadSetUpDistribution(second.body.beginParse()).commissionBps).toBe(commissionBps);
    });

    it.each(['owner', 'reporter', 'guardian'] as const)('an arbiter who is the %s', async (role) => {
        const probe = await OperatorUnit.create({ until: 'created' });
        const unit = await OperatorUnit.create({ until: 'created', arbiter: probe.addressOf(role) });
        await unit.refused(PoolExit.ERROR_ARBITER_NOT_APART, 'owner', deploy, toNano('5'));
        expect((await unit.data()).linked).toBe(false);
    });
});

describe('a deployment that is repeated', () => {
    it('sends the set-up again and changes nothing at the operator', async () => {
        const unit = await OperatorUnit.create({ until: 'deployed' });
        await unit.topUp(toNano('100'));
        const before = plain(await unit.data());
        const tx = await unit.done('owner', deploy, deployCost);
        expect(outs(tx).map((out) => out.op)).toEqual([
            op.SetUpRegistry,
            op.SetUpDistribution,
            op.RolesUpdate,
            op.Excesses,
        ]);
        expect(kept(tx)).toBe(0n);
        expect(plain(await unit.data())).toEqual(before);
    });

    it('is ignored by both children: epochs, commission and books go on', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400, until: 'deployed' });
        await env.distribution.sendTopUpReserve(env.roles.stranger.getSender(), { amount: toNano('2') });
        await env.operator.sendSetCommission(env.roles.owner.getSender(), { bps: 500 });
        await env.runEpoch([]);
        const look = async () => {
            const data = {
                registry: await env.registryData(),
                distribution: await env.distributionData(),
                pool: await env.pool(),
            };
            const solvency = [data.registry.solvency, data.distribution.solvency];
            for (const part of Object.values(data)) {
                part.solvency = 0n;
            }
            const epoch = await env.epoch();
            const schedule = await env.distribution.getSchedule();
            return { solvency, books: plain({ ...data, epoch, schedule }) };
        };
        const before = await look();
        env.advance(100);
        const result = await env.operator.sendDeployPool(env.roles.owner.getSender());
        expect(result.transactions).not.toHaveTransaction({ success: false });
        const after = await look();
        expect(after.books).toEqual(before.books);
        // The rent that came again is theirs.
        expect(after.solvency[0]).toBeGreaterThan(before.solvency[0] + registryRent / 2n);
        expect(after.solvency[1]).toBeGreaterThan(before.solvency[1] + distributionRent / 2n);
    });
});

describe('the set-up of a pool that has been active', () => {
    it('is dropped: no repetition, no getter', async () => {
        const unit = await OperatorUnit.create();
        await unit.refused(PoolExit.ERROR_SET_UP_DROPPED, 'owner', deploy, toNano('5'));
        await expect(unit.operator.getSetUp()).rejects.toMatchObject({ exitCode: PoolExit.ERROR_SET_UP_DROPPED });
        await unit.finished('owner', PoolOperator.setActiveBody({ active: false }));
        await unit.refused(PoolExit.ERROR_SET_UP_DROPPED, 'owner', deploy, toNano('5'));
        expect((await unit.operator.getNotices()).setUp).toBeNull();
    });

    it('is kept until then', async () => {
        const unit = await OperatorUnit.create({ until: 'deployed' });
        expect((await unit.operator.getNotices()).setUp).not.toBeNull();
        expect((await unit.operator.getSetUp()).commissionBps).toBe(1000n);
    });
});

describe('get_cost', () => {
    it('is the fees of the whole chain of each operation', async () => {
        const unit = await OperatorUnit.create();
        const cost = (code: number) => unit.operator.getCost(code);
        const ask = computeFee(GAS_OPERATOR_SMALL + GAS_REGISTRY_RELAY + GAS_OPERATOR_SMALL) + 4n * smallForward();
        expect(await cost(op.Sync)).toBe(computeFee(GAS_OPERATOR_SMALL) + 3n * smallForward());
        expect(await cost(op.WithdrawOperatorStake)).toBe(ask);
        expect(await cost(op.EmergencyWithdraw)).toBe(ask);
        expect(await cost(op.RegisterOwnWorker)).toBe(toNano('0.2') + operatorCost());
        expect(await cost(op.OwnWalletCommand)).toBe(toNano('0.2') + operatorCost());
        expect(await cost(op.ForwardEnvelope)).toBe(toNano('0.5') + operatorCost());
        expect(await cost(op.SetActive)).toBe(operatorCost());
        expect(await cost(0)).toBe(operatorCost());
        expect(await unit.operator.getCost(Cell.EMPTY)).toBe(operatorCost());
    });
});
