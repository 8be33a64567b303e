/** Addresses of minter and wallets: what scripts compute, what the contracts compute, and where the code really is. */
import { Address, Cell, contractAddress } from '@ton/core';
import fc from 'fast-check';

import {
    genesisLimit,
    libraryCell,
    minterInit,
    offchainMetadata,
    ShareMinter,
    ShareWallet,
    TokenConfig,
    TokenExit,
    tokenCodes,
    walletAddress,
} from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import { fcOptions } from '../support/random';
import { TokenUnit } from '../support/token/token-unit';

const account = (byte: number, workchain = 0) => new Address(workchain, Buffer.alloc(32, byte));
const CONFIG: TokenConfig = { admin: account(1), content: offchainMetadata('x') };

describe.each([
    ['code', false],
    ['library cell', true],
])('with the wallet code as %s', (_, library) => {
    let unit: TokenUnit;

    beforeEach(async () => {
        unit = await TokenUnit.create({ library });
        await unit.mint('alice', 100n);
        await unit.transfer('alice', 'bob', 10n);
    });

    it('computes wallets by hand as the minter does', async () => {
        await fc.assert(
            fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (hash) => {
                const owner = new Address(0, Buffer.from(hash));
                expect(await unit.minter.getWalletAddress(owner)).toEqualAddress(
                    walletAddress(unit.minter.address, owner, unit.walletCode),
                );
            }),
            fcOptions('wallet addresses', 200),
        );
    });

    it('has wallets where they should be, with the code that was deployed', async () => {
        for (const who of ['alice', 'bob'] as const) {
            const { accountState } = await unit.blockchain.getContract(unit.wallet(who).address);
            if (accountState?.type !== 'active') throw new Error('no wallet');
            expect(accountState.state.code!).toEqualCell(unit.walletCode);
            const data = await unit.wallet(who).getWalletData();
            expect(data.owner).toEqualAddress(unit.address(who));
            expect(data.minter).toEqualAddress(unit.minter.address);
            expect(data.walletCode).toEqualCell(unit.walletCode);
        }
        expect([await unit.balance('alice'), await unit.balance('bob')]).toEqual([90n, 10n]);
    });

    it('moves jettons from wallet to wallet and back to the minter', async () => {
        await unit.burn('bob', 10n);
        await unit.expectBalanced();
        expect((await unit.minter.getSupply()).burned).toBe(10n);
    });

    it('starts a wallet with the zero balance that its address rests on', () => {
        const wallet = ShareWallet.createFromConfig({
            minter: unit.minter.address,
            owner: account(7),
            walletCode: unit.walletCode,
        });
        expect(wallet.init!.data.bits.length).toBe(538);
        expect(wallet.address).toEqualAddress(contractAddress(0, wallet.init!));
    });
});

describe('initial state of a minter', () => {
    it('refuses an owner outside the basechain in the getter', async () => {
        const unit = await TokenUnit.create();
        await expect(unit.minter.getWalletAddress(account(3, -1))).rejects.toThrow(`${TokenExit.ERROR_BAD_ADDRESS}`);
    });

    it('differs with everything that it is deployed with', async () => {
        const other = libraryCell((await tokenCodes()).walletCode);
        const variants: TokenConfig[] = [
            CONFIG,
            { ...CONFIG, admin: account(2) },
            { ...CONFIG, admin: null },
            { ...CONFIG, content: offchainMetadata('y') },
            { ...CONFIG, decimals: 8 },
            { ...CONFIG, minters: [account(3)] },
            { ...CONFIG, minters: [account(3), account(4)] },
            { ...CONFIG, walletCode: other },
            { ...CONFIG, cap: 5n },
        ];
        const addresses = await Promise.all(variants.map(async (v) => (await ShareMinter.createFromConfig(v)).address));
        expect(new Set(addresses.map(String)).size).toBe(variants.length);
        expect((await ShareMinter.createFromConfig({ ...CONFIG, decimals: 9 })).address).toEqualAddress(addresses[0]);
    });

    it('has the cap of its decimals', async () => {
        for (const decimals of [0, 9, 18]) {
            const unit = await TokenUnit.create({ decimals });
            expect((await unit.minter.getSupply()).cap).toBe(10n ** BigInt(9 + decimals));
            expect(genesisLimit(decimals)).toBe(45n * 10n ** BigInt(7 + decimals));
        }
    });

    it('refuses decimals, caps and minters that no contract takes', async () => {
        for (const decimals of [-1, 19, 1.5]) {
            await expect(minterInit({ ...CONFIG, decimals })).rejects.toThrow('decimals');
        }
        await expect(minterInit({ ...CONFIG, cap: 10n ** 18n + 1n })).rejects.toThrow('cap');
        await expect(minterInit({ ...CONFIG, cap: -1n })).rejects.toThrow('cap');
        await expect(minterInit({ ...CONFIG, minters: [account(3), account(3)] })).rejects.toThrow('first 16 bits');
        const nine = Array.from({ length: 9 }, (_, i) => account(i + 1));
        await expect(minterInit({ ...CONFIG, minters: nine })).rejects.toThrow('at most 8');
        await expect(minterInit({ ...CONFIG, minters: [account(3, -1)] })).rejects.toThrow('basechain');
    });

    it('makes a library cell of tag and hash', async () => {
        const { walletCode } = await tokenCodes();
        const library = libraryCell(walletCode);
        expect(library.isExotic).toBe(true);
        const slice = library.beginParse(true);
        expect(slice.loadUint(8)).toBe(2);
        expect(slice.loadBuffer(32)).toEqual(walletCode.hash());
        slice.endParse();
    });

    it('keeps wallets of a token apart from those of another one', async () => {
        const { walletCode } = await tokenCodes();
        const owner = account(9);
        expect(walletAddress(account(1), owner, walletCode)).not.toEqualAddress(
            walletAddress(account(2), owner, walletCode),
        );
    });

    (underCoverage ? it.skip : it)('stays small: what every transfer to a new owner carries', async () => {
        const { walletCode } = await tokenCodes();
        const seen = new Map<string, Cell>();
        const visit = (cell: Cell): void => {
            seen.set(cell.hash().toString('hex'), cell);
            cell.refs.forEach(visit);
        };
        visit(walletCode);
        const bits = [...seen.values()].reduce((sum, cell) => sum + cell.bits.length, 0);
        // docs/token.md names these figures.
        expect({ cells: seen.size, bits }).toEqual({ cells: 11, bits: 6346 });
    });
});
