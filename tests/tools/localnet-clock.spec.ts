import '@ton/test-utils';
import { beginCell, Cell, external, SendMode, internal, toNano } from '@ton/core';
import {
    WalletContractV2R2,
    WalletContractV3R1,
    WalletContractV3R2,
    WalletContractV4,
    WalletContractV5R1,
} from '@ton/ton';
import { wallets as blueprintWallets } from '@ton/blueprint/dist/network/send/wallets';
import { Clock, parseDuration } from '../../tools/localnet/clock';
import { LocalChain } from '../../tools/localnet/engine';
import { MessageRejectedError } from '../../tools/localnet/errors';
import { walletLayout, walletValidUntil } from '../../tools/localnet/wallet-messages';
import { address, DAY, newFolder, openChain, removeFolders, START } from './localnet-support';
import { sharedExecutor } from '../support/shared-executor';

afterAll(removeFolders);

describe('clock', () => {
    it('follows the wall clock plus its shift and never goes back', () => {
        let wall = 1_000;
        const clock = new Clock({ mode: 'wall', shift: 0 }, 0, () => wall);
        expect(clock.now).toBe(1_000);
        const moved = clock.advance(500);
        expect(moved.now).toBe(1_500);
        wall = 1_010;
        expect(moved.now).toBe(1_510);
        const later = moved.tick();
        wall = 900;
        expect(later.now).toBe(1_510);
        expect(later.advance(5).now).toBe(1_515);
        expect(later.advance(5).tick().last).toBe(1_515);
    });

    it('moves in manual mode by messages and advance() only', async () => {
        const chain = await openChain(newFolder());
        expect(chain.now).toBe(START);
        await chain.faucet(address(1), 1n);
        expect(chain.now).toBe(START + 1);
        expect(await chain.advance(DAY)).toBe(START + DAY + 1);
        await chain.runGetMethod((await chain.wallet('alice')).address, 'seqno');
        expect(chain.now).toBe(START + DAY + 2);
        expect(chain.transactions(address(1))[0].now).toBe(START + 1);
        for (const bad of [-1, 0.5, NaN, 2 ** 33]) await expect(chain.advance(bad)).rejects.toThrow(/clock/);
        expect(chain.now).toBe(START + DAY + 2);
        await chain.close();
    });

    it('keeps its shift across a reopen and does not change its mode', async () => {
        const dir = newFolder();
        const open = async (wall: number) =>
            LocalChain.open(dir, { executor: await sharedExecutor(), durable: false, wall: () => wall });
        let chain = await open(START);
        await chain.advance(7 * DAY);
        await chain.close();
        chain = await open(START + 100);
        expect(chain.now).toBe(START + 7 * DAY + 100);
        await chain.close();
        await expect(openChain(dir)).rejects.toThrow(/follows the wall clock/);
        chain = await open(START + 100);
        await chain.close();
    });

    it('reads durations', () => {
        expect(['90', '90s', '15m', '36h', '7d', '2w', '1d12h', ' 1D '].map(parseDuration)).toEqual([
            90, 90, 900, 129_600, 604_800, 1_209_600, 129_600, 86_400,
        ]);
        for (const bad of ['', 'x', '1y', '-5', '1.5d', 'd'])
            expect(() => parseDuration(bad)).toThrow('not a duration');
    });

    it('makes storage fees accrue', async () => {
        const chain = await openChain(newFolder());
        const alice = await chain.wallet('alice');
        await chain.faucet(alice.address, 1n);
        const before = (await chain.account(alice.address)).balance;
        await chain.advance(365 * DAY);
        await chain.faucet(alice.address, 1n);
        const paid = before + 1n - (await chain.account(alice.address)).balance;
        expect(paid).toBeGreaterThan(toNano('0.001'));
        expect(paid).toBeLessThan(toNano('0.1'));
        await chain.close();
    });

    it('repeats a run exactly with a manual clock', async () => {
        const run = async () => {
            const chain = await openChain(newFolder());
            const alice = await chain.wallet('alice');
            await alice.sender().send({ to: address(5), value: toNano('1'), bounce: false });
            await chain.advance(DAY);
            await alice.sender().send({ to: address(5), value: toNano('1'), bounce: false });
            const hashes = [...chain.history(alice.address)].map((t) => t.hash.toString('hex'));
            await chain.close();
            return hashes;
        };
        const first = await run();
        expect(first).toHaveLength(3);
        expect(await run()).toEqual(first);
    });
});

describe('wallet messages after the clock was moved', () => {
    const WALL = START;
    const secretKeyOf = async (chain: LocalChain) => (await chain.wallet('alice')).keyPair;
    const open = async () =>
        LocalChain.open(newFolder(), { executor: await sharedExecutor(), durable: false, wall: () => WALL });

    const create = {
        v2r2: (publicKey: Buffer) => WalletContractV2R2.create({ workchain: 0, publicKey }),
        v3r1: (publicKey: Buffer) => WalletContractV3R1.create({ workchain: 0, publicKey }),
        v3r2: (publicKey: Buffer) => WalletContractV3R2.create({ workchain: 0, publicKey }),
        v4r1: (publicKey: Buffer) => blueprintWallets.v4r1.create({ workchain: 0, publicKey }),
        v4r2: (publicKey: Buffer) => WalletContractV4.create({ workchain: 0, publicKey }),
        v5r1: (publicKey: Buffer) => WalletContractV5R1.create({ publicKey }),
    };

    async function transfer(chain: LocalChain, version: keyof typeof create, seqno: number, timeout: number) {
        const { publicKey, secretKey } = await secretKeyOf(chain);
        const wallet = create[version](publicKey);
        const body = (wallet as WalletContractV4).createTransfer({
            seqno,
            secretKey,
            timeout,
            sendMode: SendMode.PAY_GAS_SEPARATELY,
            messages: [internal({ to: address(9), value: 1_000_000n, bounce: false })],
        });
        return external({ to: wallet.address, init: seqno === 0 ? wallet.init : undefined, body });
    }

    it.each(Object.keys(create) as (keyof typeof create)[])(
        '%s accepts what was signed by the wall clock',
        async (version) => {
            const chain = await open();
            const { publicKey } = await secretKeyOf(chain);
            const wallet = create[version](publicKey);
            await chain.faucet(wallet.address, toNano('10'));
            await chain.advance(30 * DAY);
            await chain.faucet(wallet.address, toNano('1')); // the account has now been charged up to chain time
            const paidUpTo = (await chain.account(wallet.address)).account.account!.storageStats.lastPaid;
            expect(paidUpTo).toBe(WALL + 30 * DAY);

            for (const seqno of [0, 1]) {
                const { transactions } = await chain.send(await transfer(chain, version, seqno, WALL + 60));
                expect(transactions).toHaveLength(2);
                // only the wallet's own transaction is early
                expect(transactions.map((t) => t.now)).toEqual([WALL + 59, WALL + 30 * DAY]);
                const stats = (await chain.account(wallet.address)).account.account!.storageStats;
                expect(stats.lastPaid).toBe(paidUpTo);
                const d = transactions[0].description;
                expect(d.type === 'generic' && d.storagePhase?.storageFeesCollected).toBe(0n);
            }
            expect((await chain.account(address(9))).balance).toBeGreaterThan(1_900_000n);
            await chain.close();
        },
    );

    it('still refuses messages that the wall clock finds expired too', async () => {
        const chain = await open();
        const alice = await chain.wallet('alice', 'v4r2');
        await chain.advance(30 * DAY);
        const late = chain.send(await transfer(chain, 'v4r2', 0, WALL));
        await expect(late).rejects.toThrow(MessageRejectedError);
        await expect(chain.send(await transfer(chain, 'v4r2', 0, WALL - 1))).rejects.toThrow(/exit code 3[56]/);
        expect(await alice.getSeqno()).toBe(0);
        await chain.send(await transfer(chain, 'v4r2', 0, WALL + 1));
        expect(await alice.getSeqno()).toBe(1);
        // and a replay of an accepted one
        await expect(chain.send(await transfer(chain, 'v4r2', 0, WALL + 1))).rejects.toThrow(/exit code 33/);
        await chain.close();
    });

    it('charges the period that the early transaction left out once, later', async () => {
        const run = async (early: boolean) => {
            const chain = await open();
            const alice = await chain.wallet('alice', 'v4r2');
            await chain.advance(300 * DAY);
            await chain.send(await transfer(chain, 'v4r2', 0, early ? WALL + 60 : WALL + 301 * DAY));
            await chain.faucet(alice.address, 1n);
            const collected = chain.transactions(alice.address).map((t) => {
                const d = t.description;
                return d.type === 'generic' ? (d.storagePhase?.storageFeesCollected ?? 0n) : 0n;
            });
            await chain.close();
            return collected.reduce((a, b) => a + b);
        };
        const [early, normal] = [await run(true), await run(false)];
        expect(normal).toBeGreaterThan(0n);
        // rounding of two partial periods may differ by a nanoton each
        expect(early - normal).toBeGreaterThanOrEqual(-2n);
        expect(early - normal).toBeLessThanOrEqual(2n);
    });

    it('leaves other external messages alone', async () => {
        const body = beginCell().storeUint(0, 512).storeUint(1, 32).storeUint(2, 32).storeUint(3, 32).endCell();
        const message = external({ to: address(1), body });
        const v4 = create.v4r2(Buffer.alloc(32)).init.code;
        expect(walletValidUntil(v4, message)).toBe(2);
        expect(walletValidUntil(Cell.EMPTY, message)).toBeUndefined();
        expect(walletValidUntil(null, message)).toBeUndefined();
        expect(walletValidUntil(v4, external({ to: address(1), body: Cell.EMPTY }))).toBeUndefined();
        expect(walletValidUntil(create.v5r1(Buffer.alloc(32)).init.code, message)).toBeUndefined();
        expect(walletLayout(Cell.EMPTY)).toBeUndefined();
    });

    it('named wallets sign by the chain clock', async () => {
        const chain = await openChain(newFolder());
        for (const version of ['v4r2', 'v5r1'] as const) {
            const wallet = await chain.wallet(`w-${version}`, version);
            await chain.advance(30 * DAY);
            await wallet.sender().send({ to: address(1), value: 10_000n, bounce: false });
            expect(chain.transactions(wallet.address)[0].now).toBe(chain.now);
        }
        await chain.close();
    });
});
