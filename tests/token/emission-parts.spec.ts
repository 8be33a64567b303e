/** Addresses of the children, deployment, receipts, upgrades of the emission controller. */
import { Address, beginCell, Cell, contractAddress, toNano } from '@ton/core';
import '@ton/test-utils';

import { EmissionTestReceipt } from '../../build/EmissionTestReceipt/EmissionTestReceipt_EmissionTestReceipt';
import {
    decodeEmissionEvent,
    EmissionController,
    EmissionExit,
    emissionCodes,
    emissionEvents,
    modelKey,
    parseUsageRow,
    ProviderShare,
    splitPayment,
    usageChain,
    UsageGuard,
    usageHash,
    usageRow,
} from '../../wrappers/token';
import { accountIdOf } from '../../wrappers/pool';
import { createBlockchain, START_TIME } from '../support/chain';
import { Random, runs, seeded } from '../support/random';
import { exitCode, txAt } from '../support/pool/transactions';
import { EmissionWorld } from '../support/token/emission-world';

const account = (byte: number) => new Address(0, Buffer.alloc(32, byte));

describe('children', () => {
    let world: EmissionWorld;
    beforeAll(async () => {
        world = await EmissionWorld.create();
        await world.rate('model', 1000n);
    });

    it.each([1, 7, 0x5a, 0xff])('of account %i have the address that everybody computes', async (byte) => {
        const person = account(byte);
        const codes = await emissionCodes();
        const guard = await UsageGuard.createFromConfig({ controller: world.address, consumer: person });
        const share = await ProviderShare.createFromConfig({ controller: world.address, provider: person });
        expect(await world.controller.getGuardAddress(person)).toEqualAddress(guard.address);
        expect(await world.controller.getShareAddress(person)).toEqualAddress(share.address);
        expect(guard.init!.code.hash()).toEqual(codes.guardCode.hash());
        expect(share.init!.code.hash()).toEqual(codes.shareCode.hash());
        await world.record([world.usage({ consumer: person, provider: person })]);
        for (const child of [guard, share]) {
            const { accountState } = await world.blockchain.getContract(child.address);
            expect(accountState?.type).toBe('active');
        }
        const opened = world.blockchain.openContract(guard);
        expect((await opened.getGuardData()).consumer).toEqualAddress(person);
        expect((await opened.getGuardData()).controller).toEqualAddress(world.address);
        expect((await (await world.share(person)).getShareData()).provider).toEqualAddress(person);
    });

    it('take other codes, of an older build', async () => {
        const code = beginCell().storeUint(1, 8).endCell();
        const args = { controller: world.address, code };
        const guard = await UsageGuard.createFromConfig({ ...args, consumer: account(1) });
        const share = await ProviderShare.createFromConfig({ ...args, provider: account(1) });
        for (const child of [guard, share]) expect(child.address).toEqualAddress(contractAddress(0, child.init!));
        expect(UsageGuard.createFromAddress(account(2)).address).toEqualAddress(account(2));
    });
});

describe('a usage record', () => {
    let world: EmissionWorld;
    beforeAll(async () => {
        world = await EmissionWorld.create({ registry: account(9) });
    });

    it('has a hash that binds every field, the network and the registry', () => {
        const usage = world.usage({ nonce: 4n });
        const hash = usageHash(usage, account(9), -239);
        const others = [
            { ...usage, consumer: account(1) },
            { ...usage, provider: account(1) },
            { ...usage, model: 'other' },
            { ...usage, promptTokens: 1 },
            { ...usage, completionTokens: 1 },
            { ...usage, amount: 1 },
            { ...usage, time: 1 },
            { ...usage, nonce: 5 },
        ].map((other) => usageHash(other, account(9), -239));
        others.push(usageHash(usage, account(8), -239), usageHash(usage, account(9), -3));
        expect(new Set([hash, ...others]).size).toBe(11);
    });

    it('is hashed alike on chain, with the registry of the deployment', async () => {
        await world.rate('model', 1000n);
        const usage = world.usage();
        const { transactions } = await world.record([usage]);
        const [{ hash, row }] = emissionEvents(transactions, 'UsageChecked');
        expect(hash).toBe(usageHash(usage, account(9), -239));
        expect((await world.controller.getUsageData()).registry).toBe(accountIdOf(account(9)));
        const read = parseUsageRow(usage.consumer, row);
        expect(read).toMatchObject({ model: modelKey('model'), nonce: 1n, promptTokens: 4000n, amount: 77n });
        expect(usageRow(read).hash()).toEqual(row.hash());
    });

    it('of none is an empty chain', () => {
        expect(usageChain([]).equals(Cell.EMPTY)).toBe(true);
    });
});

describe('a deployment', () => {
    const base = {
        minter: account(1),
        owner: account(2),
        rateKeeper: account(3),
        guardian: account(4),
        recipients: [{ address: account(5), bps: 10_000 }],
        treasury: account(6),
        liquidity: account(7),
        start: START_TIME,
    };

    it('refuses what the contract could not work with', async () => {
        const create = (config: Parameters<typeof EmissionController.createFromConfig>[0]) =>
            EmissionController.createFromConfig(config);
        await expect(create({ ...base, table: [1n] })).rejects.toThrow('ten years');
        await expect(create({ ...base, recipients: [] })).rejects.toThrow('recipients');
        await expect(create({ ...base, growth: 4999 })).rejects.toThrow('growth');
        await expect(create({ ...base, recorders: [account(1), account(1)] })).rejects.toThrow('recorders');
    });

    it('has the published numbers by default, at any decimals', async () => {
        for (const decimals of [0, 9, 18]) {
            const blockchain = await createBlockchain();
            const deployer = await blockchain.treasury('deployer');
            const controller = blockchain.openContract(
                await EmissionController.createFromConfig({ ...base, decimals }),
            );
            await controller.sendDeploy(deployer.getSender(), toNano('10'));
            const unit = 10n ** BigInt(decimals);
            expect(await controller.getEmissionData()).toMatchObject({ cap: 350_000_000n * unit, growth: 10_000n });
            expect(await controller.getUsageData()).toMatchObject({
                yearlyBudget: 20_000_000n * unit,
                lifetimeCap: 200_000_000n * unit,
                breakerLimit: 400_000n * unit,
                registry: accountIdOf(controller.address),
            });
            expect((await controller.getYear(0)).base).toBe(70_000_000n * unit);
            expect(await controller.getRent()).toBeLessThan(toNano('10'));
        }
    });
});

describe('receipts', () => {
    let split: (
        price: bigint,
        ...bps: [bigint, bigint, bigint, bigint, boolean]
    ) => ReturnType<EmissionTestReceipt['getSplit']>;

    beforeAll(async () => {
        const blockchain = await createBlockchain();
        const deployer = await blockchain.treasury('deployer');
        const contract = blockchain.openContract(await EmissionTestReceipt.fromInit(0n));
        await contract.send(deployer.getSender(), { value: toNano('1') }, null);
        split = (price, network, treasury, burn, discount, burns) =>
            contract.getSplit(price, network, treasury, burn, discount, burns);
        expect(await contract.getDefaultShares()).toMatchObject({
            network: 750n,
            treasury: 500n,
            burn: 750n,
            discount: 0n,
        });
    });

    it('split a hundred by default as published', async () => {
        expect(await split(10_000n, 750n, 500n, 750n, 0n, true)).toMatchObject({
            payment: 10_000n,
            providerReward: 8000n,
            networkFee: 750n,
            treasuryFee: 500n,
            burnAmount: 750n,
        });
        // not the network token: what would burn goes to the treasury; discounts come from the network only
        expect(await split(10_000n, 750n, 500n, 750n, 2000n, false)).toMatchObject({
            payment: 9850n,
            providerReward: 8000n,
            networkFee: 600n,
            treasuryFee: 1250n,
            burnAmount: 0n,
        });
    });

    it('always sum to the payment, and equal the arithmetic in TypeScript', async () => {
        await seeded('receipts', async (random: Random) => {
            for (let i = 0; i < runs(400); i++) {
                const price = i < 25 ? BigInt(i) : random.bigint(0n, 1n << BigInt(random.int(1, 119)));
                const [a, b] = [random.int(0, 10_000), random.int(0, 10_000)].sort((x, y) => x - y);
                const network = BigInt(a);
                const treasury = BigInt(b - a);
                const burn = BigInt(random.int(0, 10_000 - b));
                const discount = BigInt(random.pick([0, 0, 500, 2000, 10_000]));
                const burns = random.bool();
                const { $$type: _type, ...receipt } = await split(price, network, treasury, burn, discount, burns);
                expect(receipt).toEqual(splitPayment(price, { network, treasury, burn, discount }, burns));
                const { providerReward, networkFee, treasuryFee, burnAmount } = receipt;
                expect(providerReward + networkFee + treasuryFee + burnAmount).toBe(receipt.payment);
                expect([providerReward, networkFee, treasuryFee, burnAmount].every((part) => part >= 0n)).toBe(true);
                expect(receipt.payment).toBeLessThanOrEqual(price);
            }
        });
    });

    it('refuse shares above 100 %', async () => {
        const shares = { network: 5000n, treasury: 5000n, burn: 1n, discount: 0n };
        expect(() => splitPayment(1n, shares)).toThrow('100 %');
        await expect(split(1n, 5000n, 5000n, 1n, 0n, true)).rejects.toThrow(String(EmissionExit.ERROR_BAD_PARAMETER));
        await expect(split(1n, 0n, 0n, 0n, 10_001n, true)).rejects.toThrow(String(EmissionExit.ERROR_BAD_PARAMETER));
    });
});

describe('an upgrade', () => {
    const DELAY = 9 * 86_400;
    let world: EmissionWorld;
    let code: Cell;
    beforeAll(async () => {
        world = await EmissionWorld.create();
        // any other code: the children's
        ({ guardCode: code } = await emissionCodes());
    });
    const hash = () => BigInt(`0x${code.hash().toString('hex')}`);

    it('waits nine days, takes only the announced code, and keeps the data', async () => {
        const owner = world.via('owner');
        const { controller } = world;
        await world.refused(EmissionExit.ERROR_NO_CHANGE, 'stranger', EmissionController.applyUpgradeBody({ code }));
        await world.refused(
            EmissionExit.ERROR_BAD_PARAMETER,
            'owner',
            EmissionController.announceUpgradeBody({ codeHash: 0n }),
        );
        await controller.sendAnnounceUpgrade(owner, { codeHash: hash() });
        await world.refused(
            EmissionExit.ERROR_CHANGE_PENDING,
            'owner',
            EmissionController.announceUpgradeBody({ codeHash: 1n }),
        );
        expect(await controller.getUpgrade()).toMatchObject({ codeHash: hash(), readyAt: BigInt(world.now + DELAY) });
        await controller.sendCancelUpgrade(owner, {});
        expect((await controller.getUpgrade()).codeHash).toBe(0n);
        await controller.sendAnnounceUpgrade(owner, { codeHash: hash() });
        world.advance(DELAY - 1);
        await world.refused(EmissionExit.ERROR_TOO_EARLY, 'stranger', EmissionController.applyUpgradeBody({ code }));
        world.advance(1);
        await world.refused(
            EmissionExit.ERROR_WRONG_CODE,
            'stranger',
            EmissionController.applyUpgradeBody({ code: Cell.EMPTY }),
        );
        const { transactions } = await controller.sendApplyUpgrade(world.via('stranger'), { code });
        expect(exitCode(txAt({ transactions }, world.address))).toBe(0);
        expect(emissionEvents(transactions, 'EmissionUpgrade')).toMatchObject([{ codeHash: 0n, at: 0n, version: 1n }]);
        const { accountState } = await world.blockchain.getContract(world.address);
        expect(accountState?.type === 'active' && accountState.state.code!.hash()).toEqual(code.hash());
    });
});

describe('events', () => {
    it('of others are none of ours', () => {
        expect(decodeEmissionEvent(Cell.EMPTY)).toBeNull();
        expect(decodeEmissionEvent(beginCell().storeUint(1, 32).endCell())).toBeNull();
    });
});
