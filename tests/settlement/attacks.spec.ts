/** Attacks on the settlement: those that worked before they were mended, and some that never did. */
import { Address, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import { MAX_PAYOUTS, MAX_RETURNS } from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { addressOfAccount } from '../../wrappers/pool';
import { PaymentSettlement, SettlementAccount, SettlementExit as E } from '../../wrappers/settlement';
import { MerkleSumTree, nodeBytes, UsageBatch, usageRecord, verifyOpening } from '../../wrappers/settlement/channel';
import { exitCode, jettonNotification, outs, succeeded, txAt } from '../support/pool/transactions';
import { fillKept, payouts } from '../support/settlement/till';
import { DAY, HOUR, NETWORK_ID, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

jest.setTimeout(300_000);

const WITHDRAWAL = 1n;
const SENDER = 6n;

describe('with jettons', () => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create({ jetton: true });
        await world.deposit('alice', 1000n * UNIT);
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const junk = (amount = UNIT) =>
        world.walletOf(world.of('carol')).sendTransfer(world.via('carol'), {
            destination: world.settlement.address,
            amount,
            response: world.of('carol'),
            forwardTonAmount: toNano('1'),
            value: toNano('1.3'),
        });
    const kept = () => world.settlement.getKept(world.of('carol'));
    const leave = async () => {
        const bob = await world.account('bob');
        const before = await world.jettons(world.of('bob'));
        const result = await bob.sendWithdrawEarnings(world.via('bob'));
        const code = exitCode(txAt(result, world.settlement.address));
        return { code, paid: (await world.jettons(world.of('bob'))) - before };
    };

    it('strangers who send junk take half of the payouts at most: users can always leave', async () => {
        expect(MAX_RETURNS).toBeLessThan(MAX_PAYOUTS);
        await payouts(world, Number(MAX_RETURNS) - 1, SENDER);
        const all = await world.jettons(world.of('carol'));
        await junk();
        expect([await world.jettons(world.of('carol')), await kept()]).toEqual([all, 0n]);
        // The 513th within the hour waits for Release, and that waits, too.
        await junk();
        expect([await world.jettons(world.of('carol')), await kept()]).toEqual([all - UNIT, UNIT]);
        const release = PaymentSettlement.releaseBody({ to: world.of('carol') });
        await world.refused(E.ERROR_PAYOUTS_FULL, 'stranger', world.settlement.address, release, toNano('3'));
        expect(await leave()).toEqual({ code: 0, paid: 80n * UNIT });
        await world.expectBalanced();
        world.advance(HOUR);
        await world.settlement.sendRelease(world.via('stranger'), { to: world.of('carol') });
        expect(await world.jettons(world.of('carol'))).toBe(all);
        await world.expectBalanced();
    });

    it('the 1,024th payout of an hour is made', async () => {
        const { payouts: seq } = await world.settlement.getSettlementData();
        await payouts(world, Number(MAX_PAYOUTS - 1n - seq), WITHDRAWAL);
        expect((await world.settlement.getSettlementData()).payouts).toBe(MAX_PAYOUTS - 1n);
        expect(await leave()).toEqual({ code: 0, paid: 80n * UNIT });
    });

    it('1,024 payouts an hour are the most, and whoever is above it has his earnings still', async () => {
        await payouts(world, Number(MAX_PAYOUTS), WITHDRAWAL);
        expect(await leave()).toEqual({ code: E.ERROR_PAYOUTS_FULL, paid: 0n });
        expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
        world.advance(HOUR - 1);
        expect((await leave()).code).toBe(E.ERROR_PAYOUTS_FULL);
        world.advance(1);
        expect(await leave()).toEqual({ code: 0, paid: 80n * UNIT });
    });

    it('earnings do not leave in crumbs: a part is at least the smallest deposit', async () => {
        const bob = await world.account('bob');
        const take = (amount: bigint) => SettlementAccount.withdrawEarningsBody({ amount });
        await world.refused(E.ERROR_AMOUNT, 'bob', bob.address, take(UNIT - 1n));
        await bob.sendWithdrawEarnings(world.via('bob'), { amount: UNIT });
        await bob.sendWithdrawEarnings(world.via('bob'), { amount: 79n * UNIT - 5n });
        // All of it is never too little.
        await bob.sendWithdrawEarnings(world.via('bob'), { amount: 5n });
        expect(await world.jettons(world.of('bob'))).toBe(80n * UNIT);
    });

    it('deposits for people without an account cannot fill the list that wrong flags rest on', async () => {
        await fillKept(world, 1);
        const nobody = (n: number) => addressOfAccount(BigInt(n));
        const { surplus } = await world.settlement.getSettlementData();
        await world.deposit('carol', 2n * UNIT, { user: nobody(1), deploy: false });
        expect(await world.settlement.getKept(nobody(1), true)).toBe(2n * UNIT);
        // Full: the next one goes back to its sender instead of becoming surplus; a right flag works.
        const all = await world.jettons(world.of('carol'));
        await world.deposit('carol', 2n * UNIT, { user: nobody(2), deploy: false, value: toNano('1') });
        expect([await world.jettons(world.of('carol')), await world.settlement.getKept(nobody(2), true)]).toEqual([
            all,
            0n,
        ]);
        await world.deposit('carol', 2n * UNIT, { user: nobody(3), deploy: true });
        expect((await world.accountData(nobody(3))).deposit).toBe(2n * UNIT);
        await world.settlement.sendRelease(world.via('stranger'), { to: nobody(1), account: true });
        expect((await world.accountData(nobody(1))).deposit).toBe(2n * UNIT);
        await world.deposit('alice', 2n * UNIT, { deploy: false });
        expect((await world.settlement.getSettlementData()).surplus).toBe(surplus);
    });

    it('a payout that the wallet refuses while a proof runs is not proven as surplus', async () => {
        const { settlement, blockchain } = world;
        const wallet = world.walletOf(settlement.address).address;
        // The settlement has sent 80 and hears later that the wallet refused them: the wallet is what it was.
        const { account: intact } = await blockchain.getContract(wallet);
        const bob = await world.account('bob');
        const result = await bob.sendWithdrawEarnings(world.via('bob'));
        const [out] = outs(txAt(result, settlement.address)).filter((o) => o.to.equals(wallet));
        await blockchain.setShardAccount(wallet, intact);
        // Somebody claims them as surplus: true of the wallet, but the bounce arrives before the notice does.
        const body = PaymentSettlement.proveSurplusBody({ amount: 80n * UNIT });
        const steps = await blockchain.sendMessageIter(
            internal({ from: world.of('stranger'), to: settlement.address, value: toNano('2'), body, bounce: true }),
        );
        const first = await steps.next();
        expect(first.done).toBe(false);
        await world.bounce(out, toNano('0.2'));
        for await (const tx of steps) expect(tx).toBeDefined();
        expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
        const { surplus, assets } = await settlement.getSettlementData();
        expect([surplus, assets]).toEqual([0n, await world.jettons(settlement.address)]);
    });

    it('a payout between a proof and its notice is no part of the surplus', async () => {
        const { settlement, blockchain } = world;
        await world.minter!.sendMint(world.via('owner'), { receiver: settlement.address, amount: 9n * UNIT });
        const bob = await world.account('bob');
        const push = (from: Address, to: Address, body: Cell) =>
            blockchain.sendMessageIter(internal({ from, to, value: toNano('2'), body, bounce: true }));
        // In one block: what the proof claims has left, and then 80 do, before the wallet's notice arrives.
        const proof = PaymentSettlement.proveSurplusBody({ amount: 9n * UNIT });
        await push(world.of('stranger'), settlement.address, proof);
        const steps = await push(world.of('bob'), bob.address, SettlementAccount.withdrawEarningsBody({ amount: 0 }));
        const order: number[] = [];
        for await (const tx of steps) {
            expect(succeeded(tx)).toBe(true);
            if (tx.address === BigInt(`0x${settlement.address.hash.toString('hex')}`))
                order.push(tx.inMessage!.body.beginParse().loadUint(32));
        }
        const { ProveSurplus, PayOut, JettonNotification } = PaymentSettlement.opcodes;
        expect(order).toEqual([ProveSurplus, PayOut, JettonNotification]);
        expect(await world.jettons(world.of('bob'))).toBe(80n * UNIT);
        const { surplus, assets } = await settlement.getSettlementData();
        expect([surplus, assets]).toEqual([9n * UNIT, await world.jettons(settlement.address)]);
        await world.expectBalanced();
    });

    it('the notice of an old proof does not prove what a newer one claims', async () => {
        const { settlement } = world;
        await world.minter!.sendMint(world.via('owner'), { receiver: settlement.address, amount: UNIT });
        const note = (queryId: bigint, amount: bigint): Cell =>
            jettonNotification({ queryId, amount, from: settlement.address });
        const wallet = world.walletOf(settlement.address).address;
        await settlement.sendProveSurplus(world.via('stranger'), { amount: UNIT });
        const { payouts: seq, assets, surplus } = await settlement.getSettlementData();
        expect([seq, surplus]).toEqual([1n, UNIT]);
        world.advance(HOUR);
        // A claim of nothing that is there has left the settlement; the wallet has not seen it when the old notice comes.
        const body = PaymentSettlement.proveSurplusBody({ amount: 500n * UNIT });
        const steps = await world.blockchain.sendMessageIter(
            internal({ from: world.of('stranger'), to: settlement.address, value: toNano('2'), body, bounce: true }),
        );
        await steps.next();
        expect((await settlement.getSettlementData()).payouts).toBe(2n);
        await world.sendAs(wallet, settlement.address, note(seq - 1n, assets));
        expect((await settlement.getSettlementData()).surplus).toBe(UNIT);
    });
});

describe('disputes', () => {
    let world: SettlementWorld;

    it('a provider cannot take all places: half are the consumer’s', async () => {
        world = await SettlementWorld.create();
        await world.deposit('alice', 1000n * UNIT);
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        const open = [];
        for (let i = 0; i < 10; i++) open.push(await world.recorded({ amount: 10n * UNIT, time: world.now }));
        await world.settle(open);
        const alice = await world.account('alice');
        const bob = await world.account('bob');
        const consumer = world.of('alice');
        for (const [i, { id }] of open.slice(0, 5).entries()) {
            const result = await bob.sendDisputeEarning(world.via('bob'), { consumer, id, deposit: UNIT });
            expect(exitCode(txAt(result, alice.address))).toBe(i < 4 ? 0 : E.ERROR_DISPUTES_FULL);
        }
        // The refused one has his deposit back.
        expect((await world.accountData('bob')).earned).toBe(76n * UNIT);
        for (const [i, { id }] of open.slice(5, 10).entries()) {
            const result = await alice.sendDisputeCharge(world.via('alice'), { provider: world.of('bob'), id });
            expect(exitCode(txAt(result, alice.address))).toBe(i < 4 ? 0 : E.ERROR_DISPUTES_FULL);
        }
        expect((await world.accountData('alice')).disputeCount).toBe(8n);
        await world.expectBalanced();
    });
});

describe('trees of the wrappers on the chain', () => {
    let world: SettlementWorld;
    const item = (i: number) => ({
        model: 'model',
        promptTokens: 10 + i,
        completionTokens: 5,
        amount: BigInt(i + 1) * UNIT,
        time: world.now,
    });
    const header = () => ({
        networkId: NETWORK_ID,
        registry: world.registry.address,
        consumer: world.of('alice'),
        provider: world.of('bob'),
        firstNonce: 1n,
    });
    const batchOf = (count: number) =>
        UsageBatch.of(
            header(),
            Array.from({ length: count }, (_, i) => item(i)),
        );
    const recordOf = (tree: UsageBatch) => {
        const { root, count, tokens, amount } = tree.commitment;
        return world.batch({ nonce: 1n, root, count, tokens, amount });
    };

    beforeAll(async () => {
        world = await SettlementWorld.create();
        await world.deposit('alice', 10_000n * UNIT);
    });

    it.each([1, 2, 3, 5, 8, 13])('every receipt of %s is in its batch, at its place only', async (count) => {
        const tree = batchOf(count);
        const batch = recordOf(tree);
        const places = 2 ** tree.tree.depth;
        for (let i = 0; i < places; i++) {
            const opening = tree.opening(i);
            expect(await world.registry.getShowsFraud(batch, i, opening)).toBe(false);
            const opened = verifyOpening({ root: tree.tree.root, count }, i, opening);
            expect(opened.result).toBe(i < count ? 'included' : 'empty');
        }
        await expect(world.registry.getShowsFraud(batch, places, tree.opening(0))).rejects.toThrow(
            String(E.ERROR_OPENING),
        );
        if (count > 1) {
            // An opening shows one place: with another index it is none.
            await expect(world.registry.getShowsFraud(batch, 1, tree.opening(0))).rejects.toThrow(
                String(E.ERROR_OPENING),
            );
        }
        const other = { ...batch, root: batch.root ^ 1n };
        await expect(world.registry.getShowsFraud(other, 0, tree.opening(0))).rejects.toThrow(String(E.ERROR_OPENING));
    });

    it('a receipt that lies is found by the same opening, and the batch is refunded', async () => {
        const usages = [0, 1, 2, 3, 4].map((i) => ({
            ...item(i),
            consumer: world.of('alice'),
            provider: world.of('bob'),
            // the same receipt twice
            nonce: i === 3 ? 3n : BigInt(i + 1),
        }));
        const tree = MerkleSumTree.build(
            usages.map((usage) => {
                const record = usageRecord(usage, world.registry.address, NETWORK_ID);
                const tokens = BigInt(usage.promptTokens + usage.completionTokens);
                return { hash: BigInt(`0x${record.hash().toString('hex')}`), tokens, amount: usage.amount, record };
            }),
        );
        const { hash, tokens, amount } = tree.root;
        const settled = await world.recordedBatch({ root: hash, count: 5, tokens, amount });
        await world.settle([settled]);
        const held = (await world.accountData('alice')).held;
        expect(held).toBe(15n * UNIT);
        const { batch, id } = settled;
        const alice = await world.account('alice');
        const prove = (index: number) =>
            alice.sendProveFraud(world.via('stranger'), {
                provider: world.of('bob'),
                id,
                index,
                batch,
                opening: tree.opening(index),
            });
        expect(exitCode(txAt(await prove(2), alice.address))).toBe(E.ERROR_NO_FRAUD);
        expect(await world.registry.getShowsFraud(batch, 3, tree.opening(3))).toBe(true);
        const proven = await prove(3);
        expect(succeeded(txAt(proven, alice.address))).toBe(true);
        expect(await world.accountData('alice')).toMatchObject({ held: 0n, deposit: 10_000n * UNIT });
        await world.expectBalanced();
        expect(nodeBytes(tree.root, tree.root)).toHaveLength(112);
    });

    it('a thawed withdrawal is no promise to a provider: he counts on what is not thawing', async () => {
        const alice = await world.account('alice');
        await alice.sendRequestWithdraw(world.via('alice'), { amount: 10_000n * UNIT });
        world.advance(DAY);
        const { deposit, thawing } = await world.accountData('alice');
        expect(deposit - thawing).toBe(0n);
    });
});
