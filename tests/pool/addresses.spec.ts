/** Addresses of the pool's contracts: what scripts compute, what the contracts compute, and where the code really is. */
import { Address, Cell, contractAddress } from '@ton/core';
import '@ton/test-utils';

import { ParticipantVault as BuiltVault } from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import {
    accountIdOf,
    addressOfAccount,
    distributionAddress,
    NO_ADDRESS,
    ParticipantRegistry,
    ParticipantVault,
    PoolOperator,
    poolCodes,
    registryAddress,
    RewardDistribution,
    vaultAddress,
    vaultInit,
} from '../../wrappers/pool';
import { initialState } from '../../wrappers/common/initial';
import { PoolEnvironment } from '../support/pool/environment';

const account = (byte: number) => new Address(0, Buffer.alloc(32, byte));

describe('addresses', () => {
    let env: PoolEnvironment;
    let vaultCode: Cell;

    beforeAll(async () => {
        env = await PoolEnvironment.create();
        ({ vaultCode } = await poolCodes());
    });

    it('computes registry and distribution as the operator contract does', async () => {
        const pool = await env.pool();
        expect(pool.registry).toEqualAddress(await registryAddress(env.operator.address));
        expect(pool.distribution).toEqualAddress(await distributionAddress(env.operator.address));
        const operator = env.operator.address;
        expect((await ParticipantRegistry.createFromConfig({ operator })).address).toEqualAddress(pool.registry);
        expect((await RewardDistribution.createFromConfig({ operator })).address).toEqualAddress(pool.distribution);
    });

    it('has every contract where it should be, with the code of this build', async () => {
        const codes = await poolCodes();
        await env.register('alice');
        const vault = await env.vault('alice');
        const found = async (address: Address) => {
            const state = (await env.blockchain.getContract(address)).accountState;
            return state?.type === 'active' ? state.state.code?.hash().toString('hex') : undefined;
        };
        expect(await found(env.registry.address)).toBe(codes.registryCode.hash().toString('hex'));
        expect(await found(env.distribution.address)).toBe(codes.distributionCode.hash().toString('hex'));
        expect(await found(vault.address)).toBe(codes.vaultCode.hash().toString('hex'));
        expect((await vault.getVaultData()).participant).toEqualAddress(await env.address('alice'));
    });

    it.each([0, 1, 7, 0x5a, 0xff])('computes the vault of account %i alike everywhere', async (byte) => {
        const participant = account(byte);
        const registry = env.registry.address;
        const byHand = vaultAddress(registry, participant, vaultCode);
        const generated = await initialState(BuiltVault, 'ParticipantVault', { registry, participant });
        expect(vaultInit(registry, participant, vaultCode).data).toEqualCell(generated.data);
        expect(byHand).toEqualAddress(contractAddress(0, generated));
        expect(await env.operator.getVaultAddress(participant)).toEqualAddress(byHand);
        expect(await env.registry.getVaultAddress(participant)).toEqualAddress(byHand);
        expect(await env.distribution.getVaultAddress(participant)).toEqualAddress(byHand);
        expect(ParticipantVault.createFromConfig({ registry, participant, vaultCode }).address).toEqualAddress(byHand);
    });

    it('gives different vaults to different participants, registries and codes', () => {
        const registry = env.registry.address;
        const all = [
            vaultAddress(registry, account(1), vaultCode),
            vaultAddress(registry, account(2), vaultCode),
            vaultAddress(account(9), account(1), vaultCode),
            vaultAddress(registry, account(1), Cell.EMPTY),
        ].map((address) => address.toRawString());
        expect(new Set(all).size).toBe(all.length);
    });

    it('gives another address to a pool that differs in anything', async () => {
        const config = {
            owner: account(1),
            reporter: account(2),
            guardian: account(3),
            arbiter: account(4),
            recovery: account(5),
            payout: account(6),
        };
        const base = (await PoolOperator.createFromConfig(config)).address;
        expect((await PoolOperator.createFromConfig({ ...config, commissionBps: 1000 })).address).toEqualAddress(base);
        const others = [
            ...Object.keys(config).map((role) => ({ ...config, [role]: account(8) })),
            { ...config, commissionBps: 1001 },
            { ...config, epochSeconds: 86400 },
            { ...config, minStake: 11n * 10n ** 9n },
            { ...config, minEarned: 1n },
            { ...config, open: false },
            { ...config, openCeiling: 5 },
            { ...config, codes: { ...(await poolCodes()), vaultCode: Cell.EMPTY } },
        ];
        const addresses = await Promise.all(others.map(async (c) => (await PoolOperator.createFromConfig(c)).address));
        expect(new Set([base, ...addresses].map((a) => a.toRawString())).size).toBe(others.length + 1);
    });

    it('turns account ids into addresses and back, in the basechain only', () => {
        for (const byte of [0, 1, 0xff]) {
            expect(addressOfAccount(accountIdOf(account(byte)))).toEqualAddress(account(byte));
        }
        expect(accountIdOf(NO_ADDRESS)).toBe(0n);
        expect(() => accountIdOf(new Address(-1, Buffer.alloc(32, 1)))).toThrow('not in the basechain');
    });

    it('fills in what is zero, and knows the fields', async () => {
        await expect(initialState(BuiltVault, 'ParticipantVault', { nonsense: 1n })).rejects.toThrow(
            'has no field nonsense',
        );
    });
});
