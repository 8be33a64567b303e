/** Every message of the Treasury once in vain: what left the books is back in them. */
import { Address, beginCell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';
import '@ton/test-utils';

import { TreasuryExit, treasuryEvents } from '../../wrappers/governance/execution';
import {
    exitCode,
    jettonNotification,
    outs,
    plain,
    refuse,
    stateHash,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { takeWallet } from '../support/governance/treasury-gas';
import { DAY, TreasuryWorld } from '../support/governance/treasury-world';

describe('Treasury: bounces', () => {
    let world: TreasuryWorld;
    let restore: () => Promise<void>;
    const owner = () => world.sender('owner');
    const wallet = () => world.walletOf(world.treasury.address).address;

    beforeAll(async () => {
        world = await TreasuryWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const books = async () => plain(await world.treasury.getSolvency(1));

    it('jettons of a grant: claimed again, and reserved', async () => {
        const start = world.now;
        const grantee = world.address('grantee');
        const amount = toNano('100');
        await world.treasury.sendCreateStream(owner(), { asset: 1, amount, grantee, start, end: start + DAY });
        world.advance(DAY);
        const before = await books();
        const accept = await refuse(world.blockchain, wallet());
        const result = await world.treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
        expect(treasuryEvents(result.transactions, 'TreasuryReturnedEvent')).toMatchObject([{ amount, grant: 0n }]);
        expect(await books()).toEqual(before);
        expect(await world.treasury.getGrant(0)).toMatchObject({ claimed: 0n, claimable: amount });
        await accept();
        await world.treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
        expect(await world.tokens(grantee)).toBe(amount);
    });

    it('jettons of a spending: free again', async () => {
        const before = await books();
        await refuse(world.blockchain, wallet());
        const paid = await world.spend(1, toNano('3'));
        expect(treasuryEvents(paid.transactions, 'TreasuryReturnedEvent')).toMatchObject([{ grant: 0xffffffffn }]);
        expect(await books()).toEqual(before);
        await world.treasury.sendOwnerSpend(owner(), { asset: 1, amount: toNano('9'), to: world.address('payee') });
        expect(await books()).toEqual(before);
    });

    it('TON of a spending: free again', async () => {
        const { free } = await world.treasury.getSolvency();
        await refuse(world.blockchain, world.address('payee'));
        await world.spend(0, toNano('50'));
        await world.treasury.sendOwnerSpend(owner(), { asset: 0, amount: toNano('50'), to: world.address('payee') });
        expect(free - (await world.treasury.getSolvency()).free).toBeLessThan(toNano('0.02'));
    });

    it('TON of a grant goes to its grantee whatever he is', async () => {
        const start = world.now;
        const grantee = world.address('grantee');
        const amount = toNano('100');
        await world.treasury.sendCreateStream(owner(), { asset: 0, amount, grantee, start, end: start + DAY });
        world.advance(DAY);
        await refuse(world.blockchain, grantee);
        const before = await world.balanceOf(grantee);
        await world.treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
        expect((await world.balanceOf(grantee)) - before).toBeGreaterThan(amount - toNano('0.01'));
    });

    it('a proof of surplus has a number of its own', async () => {
        const numbers: bigint[] = [];
        for (let i = 0; i < 2; i++) {
            const result = await world.treasury.sendSync(world.sender('stranger'), { asset: 1, extra: 0n });
            const transfer = outs(txAt(result, world.treasury.address)).find(({ op }) => op === 0x0f8a7ea5)!;
            numbers.push(transfer.queryId!);
            world.advance(30 * DAY);
        }
        expect(numbers[1]).toBeGreaterThan(numbers[0]);
    });

    it('a proof of surplus and a question to a minter change nothing', async () => {
        const before = await books();
        await refuse(world.blockchain, wallet());
        await world.treasury.sendSync(world.sender('stranger'), { asset: 1, extra: 0n });
        expect(await books()).toEqual(before);
        expect((await world.treasury.getJetton(1))!.syncId).toBe(0n);
        await refuse(world.blockchain, world.address('payee'));
        const added = await world.treasury.sendAddJetton(owner(), { asset: 2, minter: world.address('payee') });
        expect(succeeded(txAt(added, world.treasury.address))).toBe(true);
        expect((await world.treasury.getJetton(2))!.wallet).toBe(0n);
    });

    it('believes bounces of the wallet alone, and each once', async () => {
        await world.treasury.sendOwnerSpend(owner(), { asset: 1, amount: toNano('9'), to: world.address('payee') });
        const before = await books();
        const bounced = async (from = wallet(), queryId = (1n << 8n) | 1n, op = 0x0f8a7ea5) => {
            const result = await world.blockchain.sendMessage(
                internal({
                    from,
                    to: world.treasury.address,
                    value: toNano('0.1'),
                    bounce: false,
                    bounced: true,
                    body: beginCell().storeUint(0xffffffff, 32).storeUint(op, 32).storeUint(queryId, 64).endCell(),
                }),
            );
            expect(exitCode(txsAt(result, world.treasury.address)[0])).toBe(0);
        };
        await bounced(world.address('stranger'));
        await bounced(wallet(), (2n << 8n) | 1n);
        await bounced(wallet(), (129n << 8n) | 1n);
        await bounced(wallet(), (1n << 8n) | 3n);
        await bounced(wallet(), (1n << 8n) | 1n, 0x12345678);
        expect(await books()).toEqual(before);
        await bounced();
        expect((await world.treasury.getSolvency(1)).balance).toBe(toNano('1000'));
        await bounced();
        expect((await world.treasury.getSolvency(1)).balance).toBe(toNano('1000'));
    });

    it('refuses a payout when 128 of the last hour can still come back', async () => {
        const spend = () =>
            world.treasury.sendOwnerSpend(owner(), { asset: 1, amount: 1n, to: world.address('payee') });
        for (let i = 0; i < 128; i++) await spend();
        expect(exitCode(txAt(await spend(), world.treasury.address))).toBe(TreasuryExit.ERROR_RING_FULL);
        world.advance(3599);
        expect(exitCode(txAt(await spend(), world.treasury.address))).toBe(TreasuryExit.ERROR_RING_FULL);
        world.advance(1);
        expect(exitCode(txAt(await spend(), world.treasury.address))).toBe(0);
    });

    it('books tokens of nobody as a deposit, and a proof that is not the last one as nothing', async () => {
        const amount = toNano('5');
        const notify = async (sender: Address | null, queryId: bigint) => {
            const result = await world.blockchain.sendMessage(
                internal({
                    from: wallet(),
                    to: world.treasury.address,
                    value: toNano('0.1'),
                    bounce: false,
                    body: jettonNotification({ queryId, amount, from: sender }),
                }),
            );
            return treasuryEvents(result.transactions);
        };
        const { balance } = await world.treasury.getSolvency(1);
        expect(await notify(null, 0n)).toMatchObject([{ asset: 1n, amount, from: 0n }]);
        expect((await world.treasury.getSolvency(1)).balance).toBe(balance + amount);
        const before = await stateHash(world.blockchain, world.treasury.address);
        expect(await notify(world.treasury.address, (1n << 40n) | (99n << 8n) | 1n)).toMatchObject([
            { amount: 0n, from: 0n },
        ]);
        expect(await stateHash(world.blockchain, world.treasury.address)).toBe(before);
    });

    it('ignores notifications and answers that are not of its wallets and minters', async () => {
        const before = await books();
        const note = jettonNotification({ amount: toNano('5'), from: world.address('stranger') });
        const other = world.address('payee');
        await world.treasury.sendAddJetton(owner(), { asset: 2, minter: world.address('grantee') });
        for (const body of [note, takeWallet(1, other), takeWallet(2, other), takeWallet(7, other)]) {
            const result = await world.people.stranger.send({ to: world.treasury.address, value: toNano('1'), body });
            expect(exitCode(txAt(result, world.treasury.address))).toBe(0);
            expect(outs(txAt(result, world.treasury.address))).toHaveLength(0);
        }
        expect(await books()).toEqual(before);
        expect((await world.treasury.getJetton(2))!.wallet).toBe(0n);
        // Not even its own minter may name the wallet of another asset.
        const grantee = world.people.grantee;
        await grantee.send({ to: world.treasury.address, value: toNano('1'), body: takeWallet(2, wallet()) });
        expect((await world.treasury.getJetton(2))!.wallet).toBe(0n);
        await grantee.send({ to: world.treasury.address, value: toNano('1'), body: takeWallet(2, other) });
        expect((await world.treasury.getJetton(2))!.wallet).not.toBe(0n);
    });
});
