/** PoolOperator: money that comes in. Whatever the state of the pool, it is booked or passed on. */
import { Address, beginCell, Cell, toNano, Transaction } from '@ton/core';
import '@ton/test-utils';

import {
    FLOOR_SECONDS,
    FORWARD_THRESHOLD_GAS,
    GAS_OPERATOR_PAYOUT,
    loadIncome,
    OPERATOR_BITS,
    OPERATOR_CELLS,
    RENT_SECONDS,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { CocoonOp } from '../../wrappers/cocoon';
import { NO_ADDRESS, PoolExit, PoolOperator } from '../../wrappers/pool';
import {
    cocoonPayoutBody,
    expectExcesses,
    OperatorSender,
    OperatorUnit,
    participantsChangedBody,
    vaultPayoutBody,
} from '../support/pool/operator-unit';
import { header, plain } from '../support/pool/plain';
import { afterFees, computeFee, kept, outCount, outs, rentOf } from '../support/pool/units';

const op = PoolOperator.opcodes;
const threshold = computeFee(FORWARD_THRESHOLD_GAS);
const handling = computeFee(GAS_OPERATOR_PAYOUT);
const floor = rentOf(OPERATOR_CELLS, OPERATOR_BITS, FLOOR_SECONDS);
const fullRent = rentOf(OPERATOR_CELLS, OPERATOR_BITS, RENT_SECONDS);
const unlisted = new Address(0, Buffer.alloc(32, 0x77));
const masterchain = new Address(-1, Buffer.alloc(32, 0x33));

let unit: OperatorUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await OperatorUnit.create();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

/** What the one message of a transaction tells the distribution. */
function income(tx: Transaction) {
    expect(outCount(tx)).toBe(1);
    const [out] = outs(tx);
    expect(header(out)).toMatchObject({ to: unit.distribution.toString(), bounce: true, op: op.Income, init: false });
    return plain(loadIncome(out.body.beginParse())) as Record<string, unknown>;
}

const text = (a: Address | null) => a?.toString() ?? null;
const setBalance = async (balance: bigint) => {
    (await unit.blockchain.getContract(unit.address)).balance = balance;
};

describe('a payout that a vault forwards', () => {
    const alice = () => unit.addressOf('alice');

    it.each<[string, () => Address | null, boolean]>([
        ['a reward when its proxy is trusted', () => unit.addressOf('proxy'), true],
        ['a donation when its proxy is not listed', () => unlisted, false],
        ['a donation when it names no proxy (a sweep)', () => null, false],
        ['a donation when the proxy is in the masterchain', () => masterchain, false],
    ])('is %s', async (_, proxyOf, trusted) => {
        const proxy = proxyOf();
        const before = await unit.data();
        const tx = await unit.done(unit.vaultOf(alice()), vaultPayoutBody(alice(), proxy, 42n), toNano('3'));
        expect(income(tx)).toEqual({ queryId: 42n, trusted, participant: text(alice()), proxy: text(proxy) });
        // Mode 64: what came in less the fees goes on, and the ledger is not touched.
        expect(outs(tx)[0].value).toBe(afterFees(tx, toNano('3')));
        expect(plain(await unit.data())).toEqual(plain(before));
    });

    it.each([
        ['a stranger', () => unit.addressOf('stranger')],
        ['the participant himself', () => unit.addressOf('alice')],
        ['the vault of somebody else', () => unit.vaultOf(unit.addressOf('proxy'))],
        ['an account of the masterchain', () => masterchain],
        ['the registry', () => unit.registry],
    ] as const)('that %s invents is his donation, whatever proxy he names', async (_, senderOf) => {
        const from = senderOf();
        const body = vaultPayoutBody(alice(), unit.addressOf('proxy'), 43n);
        const tx = await unit.done(from, body, toNano('3'));
        expect(income(tx)).toEqual({ queryId: 43n, trusted: false, participant: null, proxy: text(from) });
        expect(outs(tx)[0].value).toBe(afterFees(tx, toNano('3')));
    });

    it('of a participant in the masterchain is a donation of whoever sent it', async () => {
        const tx = await unit.done('stranger', vaultPayoutBody(masterchain, unit.addressOf('proxy')), toNano('1'));
        expect(income(tx)).toMatchObject({
            trusted: false,
            participant: null,
            proxy: text(unit.addressOf('stranger')),
        });
    });

    it('is a reward only as long as its proxy is listed', async () => {
        const vault = unit.vaultOf(alice());
        const body = vaultPayoutBody(alice(), unlisted);
        expect(income(await unit.done(vault, body))).toMatchObject({ trusted: false });
        await unit.finished('owner', PoolOperator.addProxyBody({ proxy: unlisted }));
        expect(income(await unit.done(vault, body))).toMatchObject({ trusted: true });
        await unit.finished('owner', PoolOperator.removeProxyBody({ proxy: unlisted }));
        expect(income(await unit.done(vault, body))).toMatchObject({ trusted: false });
    });

    it('goes on while the pool is paused and inactive', async () => {
        await unit.pause();
        await unit.finished('owner', PoolOperator.setActiveBody({ active: false }));
        const tx = await unit.done(unit.vaultOf(alice()), vaultPayoutBody(alice(), unit.addressOf('proxy')));
        expect(income(tx)).toMatchObject({ trusted: true });
    });

    it('to a pool that is not linked comes back from nowhere and waits as a donation', async () => {
        const fresh = await OperatorUnit.create({ until: 'created' });
        const value = toNano('3');
        const result = await fresh.send('stranger', vaultPayoutBody(alice(), unit.addressOf('proxy')), value);
        const [forward] = outs(result.transactions[0]);
        expect(forward.to).toEqualAddress(NO_ADDRESS);
        const back = result.transactions.at(-1)!.inMessage!.info;
        const returned = back.type === 'internal' && back.bounced ? back.value.coins : 0n;
        expect(returned).toBeGreaterThan(toNano('2.9'));
        expect((await fresh.data()).pendingDonations).toBe(returned - handling);
        // Once it is linked, a Sync sends it on.
        await fresh.deploy();
        const tx = await fresh.done('stranger', PoolOperator.syncBody());
        expect(outs(tx)[0].to).toEqualAddress(fresh.distribution);
        expect(outs(tx)[0].value).toBeGreaterThanOrEqual(returned - handling);
        expect((await fresh.data()).pendingDonations).toBe(0n);
    });
});

describe("a payout to the operator's own machines", () => {
    const pay = (from: OperatorSender, value: bigint) => unit.done(from, cocoonPayoutBody(9n), value);

    it.each([
        ['a reward from a trusted proxy', () => unit.addressOf('proxy'), true],
        ['a donation from anybody else', () => unit.addressOf('stranger'), false],
        ['a donation from the masterchain', () => masterchain, false],
    ] as const)('is %s, from the threshold on', async (_, senderOf, trusted) => {
        const tx = await pay(senderOf(), threshold);
        expect(income(tx)).toEqual({ queryId: 9n, trusted, participant: null, proxy: text(senderOf()) });
        expect(outs(tx)[0].value).toBe(afterFees(tx, threshold));
        expect(kept(tx)).toBe(0n);
        expect(await unit.data()).toMatchObject({ pendingRewards: 0n, pendingDonations: 0n });
    });

    it.each([
        ['rewards', 'proxy', 'pendingRewards', 'pendingDonations'],
        ['donations', 'stranger', 'pendingDonations', 'pendingRewards'],
    ] as const)('waits below the threshold, and %s go on together', async (_, from, waiting, other) => {
        const before = await unit.operator.getSolvency();
        const dust = await pay(from, threshold - 1n);
        expect(outCount(dust)).toBe(0);
        expect(await unit.data()).toMatchObject({ [waiting]: threshold - 1n - handling, [other]: 0n });
        expect(await unit.operator.getSolvency()).toBe(before + kept(dust) - (threshold - 1n - handling));
        expect(kept(dust)).toBeGreaterThanOrEqual(threshold - 1n - handling);

        const sum = threshold - 1n - handling + handling + 1n;
        const tx = await pay(from, handling + 1n);
        expect(income(tx)).toMatchObject({ trusted: from === 'proxy' });
        expect(outs(tx)[0].value).toBe(afterFees(tx, sum));
        expect(await unit.data()).toMatchObject({ [waiting]: 0n, [other]: 0n });
    });

    it('one nano below the threshold together still waits', async () => {
        await pay('proxy', threshold - 1n);
        const tx = await pay('proxy', handling);
        expect(outCount(tx)).toBe(0);
        expect((await unit.data()).pendingRewards).toBe(threshold - 1n - handling);
    });

    it('that does not pay for its own handling is worth nothing and harms nobody', async () => {
        await pay('proxy', toNano('0.05'));
        const waiting = (await unit.data()).pendingRewards;
        const tx = await pay('proxy', handling - 1n);
        expect(outCount(tx)).toBe(0);
        expect((await unit.data()).pendingRewards).toBe(waiting);
        expect(kept(tx)).toBeGreaterThanOrEqual(0n);
        await pay('proxy', handling + 1n);
        expect((await unit.data()).pendingRewards).toBe(waiting + 1n);
    });

    it('refills the rent of the last year first', async () => {
        const { stake } = await unit.data();
        await setBalance(stake + floor - toNano('1'));
        expect(await unit.operator.getSolvency()).toBe(-toNano('1'));
        const tx = await pay('proxy', toNano('3'));
        // A third of it stays here.
        expect(outs(tx)[0].value).toBe(afterFees(tx, toNano('2')));
        expect(await unit.operator.getSolvency()).toBe(0n);
        expect(await unit.data()).toMatchObject({ pendingRewards: 0n, stake });
    });

    it('that is not even enough for the rent waits as if it were', async () => {
        const { stake } = await unit.data();
        await setBalance(stake + floor - toNano('5'));
        const tx = await pay('proxy', toNano('3'));
        expect(outCount(tx)).toBe(0);
        expect((await unit.data()).pendingRewards).toBe(toNano('3') - handling);
    });

    it('waits in a pool that is not linked, however much it is', async () => {
        const fresh = await OperatorUnit.create({ until: 'created' });
        const tx = await fresh.done('stranger', cocoonPayoutBody(), toNano('50'));
        expect(outCount(tx)).toBe(0);
        expect((await fresh.data()).pendingDonations).toBe(toNano('50') - handling);
    });
});

describe('Sync', () => {
    const sync = PoolOperator.syncBody({ queryId: 6 });

    it('forwards what waits and every surplus above the rent of five years, and returns the rest', async () => {
        await unit.done('proxy', cocoonPayoutBody(), toNano('0.05'));
        await unit.done('stranger', cocoonPayoutBody(), toNano('0.04'));
        await unit.done('stranger', Cell.EMPTY, toNano('7'));
        const before = await unit.data();
        const surplus = (await unit.operator.getSolvency()) + floor - fullRent;
        const tx = await unit.done('keeper', sync);
        const [rewards, donations, rest] = outs(tx);
        expect(outCount(tx)).toBe(3);
        expect(plain(loadIncome(rewards.body.beginParse()))).toEqual({
            queryId: 6n,
            trusted: true,
            participant: null,
            proxy: null,
        });
        expect(header(rewards)).toEqual({
            to: unit.distribution.toString(),
            value: before.pendingRewards,
            bounce: true,
            op: op.Income,
            init: false,
        });
        expect(loadIncome(donations.body.beginParse()).trusted).toBe(false);
        expect(donations.value).toBe(before.pendingDonations + surplus);
        expectExcesses(rest, unit.addressOf('keeper'), sync);
        // The sender pays the forwarding: the ledger and the rent of five years are what stays.
        expect(await unit.balance()).toBe(before.stake + fullRent);
        expect(await unit.data()).toMatchObject({ pendingRewards: 0n, pendingDonations: 0n, stake: before.stake });
        expect(await unit.operator.getSolvency()).toBe(fullRent - floor);
    });

    it('sends nothing when nothing is there', async () => {
        await unit.done('keeper', sync);
        const tx = await unit.finished('keeper', sync);
        expect(outCount(tx)).toBe(1);
    });

    it('does not take rent between one and five years', async () => {
        const { stake } = await unit.data();
        await setBalance(stake + fullRent);
        expect(outCount(await unit.finished('keeper', sync))).toBe(1);
        await setBalance(stake + fullRent + 1n);
        const [donation] = outs(await unit.done('keeper', sync));
        expect(donation).toMatchObject({ op: op.Income, value: 1n });
    });

    it('forwards rewards alone when there is nothing else', async () => {
        await unit.done('keeper', sync);
        await unit.done('proxy', cocoonPayoutBody(), toNano('0.05'));
        const { stake } = await unit.data();
        await setBalance(stake + toNano('0.05') - handling + floor);
        const tx = await unit.done('keeper', sync);
        expect(outs(tx).map((out) => out.op)).toEqual([op.Income, op.Excesses]);
        expect(loadIncome(outs(tx)[0].body.beginParse()).trusted).toBe(true);
        expect(outs(tx)[0].value).toBe(toNano('0.05') - handling);
    });
});

describe('what is not pool money', () => {
    const word = (letters: string) => beginCell().storeUint(0, 32).storeStringTail(letters).endCell();
    const query = (code: number) => beginCell().storeUint(code, 32).storeUint(99, 64).endCell();

    it.each([
        ['excesses of Cocoon', query(CocoonOp.excesses), 99n],
        ['excesses of a jetton', query(op.Excesses), 99n],
        ['the answer "w" of a node wallet', word('w'), 0n],
        ['any other text', word('Hello'), 0n],
    ])('%s goes to the owner, whoever sent it', async (_, body, queryId) => {
        const before = plain(await unit.data());
        for (const from of ['stranger', 'proxy'] as const) {
            const tx = await unit.done(from, body, toNano('2'));
            expect(outCount(tx)).toBe(1);
            const [out] = outs(tx);
            expect(header(out)).toEqual({
                to: unit.addressOf('owner').toString(),
                value: afterFees(tx, toNano('2')),
                bounce: false,
                op: op.OwnMoney,
                init: false,
            });
            expect(out.queryId).toBe(queryId);
        }
        expect(plain(await unit.data())).toEqual(before);
    });

    it('follows the ownership', async () => {
        await unit.finished('owner', PoolOperator.nominateOwnerBody({ owner: unit.addressOf('alice') }));
        await unit.finished('alice', PoolOperator.acceptOwnershipBody());
        const tx = await unit.done('stranger', query(CocoonOp.excesses), toNano('2'));
        expect(outs(tx)[0].to).toEqualAddress(unit.addressOf('alice'));
    });

    it('a plain transfer is surplus until somebody syncs it', async () => {
        const before = await unit.operator.getSolvency();
        const tx = await unit.done('stranger', Cell.EMPTY, toNano('2'));
        expect(outCount(tx)).toBe(0);
        expect(await unit.operator.getSolvency()).toBe(before + kept(tx));
        // So is an empty comment, and a body of less than an operation code.
        expect(outCount(await unit.done('stranger', word('')))).toBe(0);
        expect(outCount(await unit.done('stranger', beginCell().storeUint(5, 31).endCell()))).toBe(0);
        expect(await unit.data()).toMatchObject({ pendingRewards: 0n, pendingDonations: 0n });
    });

    it('another operation is refused, so that what it carries goes back', async () => {
        await unit.refused(PoolExit.ERROR_UNKNOWN_OP, 'stranger', query(0x0f8a7ea5));
        await unit.refused(PoolExit.ERROR_UNKNOWN_OP, 'stranger', beginCell().storeUint(1, 32).endCell());
    });
});

describe('the number of participants', () => {
    it('goes up and down with what the registry says, and never below zero', async () => {
        for (const [delta, count] of [
            [1, 1n],
            [5, 6n],
            [-2, 4n],
            [-4, 0n],
            [-1, 0n],
            [127, 127n],
        ] as const) {
            const tx = await unit.done('registry', participantsChangedBody(delta));
            expect(outCount(tx)).toBe(0);
            expect((await unit.data()).participants).toBe(count);
        }
    });
});
