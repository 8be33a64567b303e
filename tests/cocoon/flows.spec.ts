import { Address, toNano } from '@ton/core';
import { Blockchain, SandboxContract, TreasuryContract } from '@ton/sandbox';

import { CocoonNetwork } from '../support/cocoon';
import { checkpoint, createBlockchain, START_TIME } from '../support/chain';
import { gasOf, Step, steps, stepsTo } from '../support/cocoon/steps';
import { CocoonOp, CocoonState, proxyCommandBody, proxyIncreaseStakeBody } from '../../wrappers/cocoon';

/** Price of a unit of gas in nanoTON under the sandbox's default configuration. */
const GAS_PRICE = 400n;

/** The doubles' code is not the real code; the fees they pay for it may differ by this much. */
const TOLERANCE = toNano('0.0015');

/** `actual` may miss `expected` by the tolerance; with each side's gas put back, they must be equal to the nanoTON. */
function expectLikeReal(
    actual: { value: bigint; gas: bigint },
    expected: { value: bigint; gas: bigint },
    tolerance = TOLERANCE,
) {
    expect(actual.value).toBeGreaterThanOrEqual(expected.value - tolerance);
    expect(actual.value).toBeLessThanOrEqual(expected.value + tolerance);
    expect(actual.value + actual.gas * GAS_PRICE).toBe(expected.value + expected.gas * GAS_PRICE);
}

/** The message with this operation among `list`; there must be exactly one. */
function only(list: Step[], op: number): Step {
    const found = list.filter((s) => s.op === op);
    expect(found).toHaveLength(1);
    return found[0];
}

describe('Cocoon double: flow of value as in the real network', () => {
    let blockchain: Blockchain;
    let restore: () => Promise<void>;
    let net: CocoonNetwork;
    let owner: SandboxContract<TreasuryContract>;
    let stranger: SandboxContract<TreasuryContract>;
    let worker: Address;

    beforeAll(async () => {
        blockchain = await createBlockchain();
        net = await CocoonNetwork.create(blockchain, { price: 20n, workerFee: 19n, proxyBalance: toNano('50') });
        owner = await blockchain.treasury('owner');
        stranger = await blockchain.treasury('stranger');
        worker = (await net.worker(owner.address, toNano('0.3'))).address;
        restore = checkpoint(blockchain);
    });

    beforeEach(() => restore());

    describe('register', () => {
        it('tells the proxy with one nanoTON and returns 0.1964 of 0.2 TON', async () => {
            const before = await net.balance(worker);
            const result = await owner.send(net.system.register(owner.address, { queryId: 7n }));

            const told = only(stepsTo(result, net.proxy), CocoonOp.workerRequest);
            expect(told).toMatchObject({ value: 1n, bounce: true, queryId: 7n, exitCode: undefined, gas: 0n });
            const excesses = only(stepsTo(result, owner.address), CocoonOp.excesses);
            expect(excesses).toMatchObject({ bounce: false, queryId: 7n });
            const gas = gasOf(result, worker);
            expectLikeReal({ value: excesses.value, gas }, { value: toNano('0.196393599'), gas: 6_486n });
            expect(await net.balance(worker)).toBe(before);
            expect((await net.workerInfo(worker)).tokens).toBe(0n);
        });

        it.each([
            ['0.100000001', 0],
            ['0.1', 1003],
        ])('attached %s TON: exit %s', async (attached, exitCode) => {
            const result = await owner.send(net.system.register(owner.address, { value: toNano(attached) }));
            const [atWorker] = stepsTo(result, worker);
            expect(atWorker.exitCode).toBe(exitCode);
            expect(stepsTo(result, owner.address).some((s) => s.bounced)).toBe(exitCode !== 0);
        });

        it('is refused from anybody but the owner', async () => {
            const result = await stranger.send(net.system.register(owner.address));
            expect(stepsTo(result, worker)[0]).toMatchObject({ exitCode: 1010, aborted: true });
            expect(stepsTo(result, stranger.address).map((s) => s.bounced)).toEqual([true]);
        });

        it('with the state init on a virgin address leaves 0.11 TON in the worker', async () => {
            const init = net.system.workerInit(stranger.address);
            const args = net.system.register(stranger.address, { value: toNano('0.3') });
            const result = await stranger.send({ ...args, init });
            const excesses = only(stepsTo(result, stranger.address), CocoonOp.excesses);
            const gas = gasOf(result, args.to);
            expectLikeReal({ value: excesses.value, gas }, { value: toNano('0.186393599'), gas: 6_486n });
            expect(await net.balance(args.to)).toBe(toNano('0.11'));
        });

        it('with the state init on a virgin address works from 0.1136 TON; below, it is swallowed', async () => {
            const init = net.system.workerInit(stranger.address);
            const undo = checkpoint(blockchain);
            const probe = await stranger.send({ ...net.system.register(stranger.address), init });
            const at = net.system.worker(stranger.address);
            const minimum = toNano('0.113606401') + (gasOf(probe, at) - 6_486n) * GAS_PRICE;

            await undo();
            const args = net.system.register(stranger.address, { value: minimum });
            const enough = await stranger.send({ ...args, init });
            expect(stepsTo(enough, stranger.address)).toMatchObject([{ op: CocoonOp.excesses, value: 0n }]);

            await undo();
            const short = await stranger.send({ ...args, init, value: minimum - 1n });
            expect(stepsTo(short, at)[0]).toMatchObject({ exitCode: 0, actionCode: 37 });
            expect(stepsTo(short, stranger.address)).toEqual([]);
            expect((await net.workerInfo(at)).state).toBe(CocoonState.Normal);
            expect(await net.balance(at)).toBeGreaterThan(toNano('0.11'));
        });

        it('to a worker that does not exist bounces', async () => {
            const result = await stranger.send(net.system.register(stranger.address));
            const [back] = stepsTo(result, stranger.address);
            expect(back.bounced).toBe(true);
            // No code ran: the only cost is the way back.
            expect(back.value).toBe(toNano('0.1996'));
        });
    });

    describe('payout', () => {
        const TOKENS = 1_000_000_000n;

        it('of 1e9 tokens reproduces every figure', async () => {
            const before = {
                worker: await net.balance(worker),
                proxy: await net.balance(net.proxy),
                fees: (await net.proxyInfo()).balance,
            };
            const result = await net.payout(owner.address, TOKENS, { queryId: 0xfeedn });

            const demand = only(stepsTo(result, net.proxy), CocoonOp.workerRequest);
            expect(demand).toMatchObject({ bounce: true, queryId: 0xfeedn, exitCode: 0 });
            const workerGas = gasOf(result, worker);
            expectLikeReal({ value: demand.value, gas: workerGas }, { value: toNano('0.495436'), gas: 9_401n });

            const paid = stepsTo(result, owner.address);
            expect(paid).toHaveLength(1);
            expect(paid[0].from.equals(net.proxy)).toBe(true);
            expect(paid[0]).toMatchObject({
                value: 19_000_000_000n,
                op: CocoonOp.payout,
                queryId: 0xfeedn,
                bounce: false,
                bounced: false,
            });

            const excesses = only(stepsTo(result, net.node.address), CocoonOp.excesses);
            expect(excesses.from.equals(net.proxy)).toBe(true);
            expect(excesses).toMatchObject({ bounce: false, queryId: 0xfeedn });
            const gas = workerGas + gasOf(result, net.proxy);
            const real = { value: toNano('0.4893764'), gas: 9_401n + 13_149n };
            expectLikeReal({ value: excesses.value, gas }, real, 2n * TOLERANCE);

            expect((await net.proxyInfo()).balance - before.fees).toBe(toNano('1'));
            expect((await net.balance(net.proxy)) - before.proxy).toBe(-toNano('19'));
            expect(await net.balance(worker)).toBe(before.worker);
            expect((await net.workerInfo(worker)).tokens).toBe(TOKENS);
        });

        it('sends the payout first, then the excesses', async () => {
            const result = await net.payout(owner.address, TOKENS);
            const fromProxy = steps(result).filter((s) => s.from.equals(net.proxy));
            expect(fromProxy.map((s) => s.op)).toEqual([CocoonOp.payout, CocoonOp.excesses]);
        });

        it('brings the owner payout and excesses from the same proxy, if he is named for the excesses', async () => {
            const result = await net.payout(owner.address, TOKENS, { sendExcessesTo: owner.address });
            const got = stepsTo(result, owner.address);
            expect(got.map((s) => [s.op, s.from.equals(net.proxy)])).toEqual([
                [CocoonOp.payout, true],
                [CocoonOp.excesses, true],
            ]);
        });

        it('counts up: each signature pays only the further tokens', async () => {
            await net.payout(owner.address, TOKENS);
            const result = await net.payout(owner.address, 5n);
            expect(stepsTo(result, owner.address)[0].value).toBe(5n * 19n);
            expect((await net.workerInfo(worker)).tokens).toBe(TOKENS + 5n);
        });

        it.each([
            ['0.100000001', 0],
            ['0.1', 1003],
        ])('attached %s TON: exit %s', async (attached, exitCode) => {
            const result = await net.payout(owner.address, TOKENS, { attached: toNano(attached) });
            expect(stepsTo(result, worker)[0].exitCode).toBe(exitCode);
            expect(stepsTo(result, owner.address)).toHaveLength(exitCode === 0 ? 1 : 0);
            expect((await net.workerInfo(worker)).tokens).toBe(exitCode === 0 ? TOKENS : 0n);
        });

        it('submitted twice is refused as old and bounces', async () => {
            const args = net.system.payout({ owner: owner.address, tokens: 3n, sendExcessesTo: stranger.address });
            await stranger.send(args);
            const again = await stranger.send(args);
            expect(stepsTo(again, worker)[0].exitCode).toBe(1000);
            expect(stepsTo(again, stranger.address)).toMatchObject([{ bounced: true }]);
            expect(stepsTo(again, owner.address)).toEqual([]);
        });

        it('may take all that the proxy had, to the nanoTON', async () => {
            const rich = await CocoonNetwork.create(blockchain, { seed: 'all', proxyBalance: toNano('5') });
            const all = await rich.balance(rich.proxy);
            const result = await rich.pay(owner.address, all);
            expect(stepsTo(result, owner.address).map((s) => s.value)).toEqual([all]);
        });

        it('one token larger than the proxy is lost: exit 5, counter advanced, the owner gets nothing', async () => {
            const rich = await CocoonNetwork.create(blockchain, { seed: 'all', proxyBalance: toNano('5') });
            const at = (await rich.worker(owner.address)).address;
            const tokens = (await rich.balance(rich.proxy)) + 1n;
            const result = await rich.pay(owner.address, tokens);
            expect(stepsTo(result, rich.proxy)[0]).toMatchObject({ exitCode: 5, aborted: true });
            expect(stepsTo(result, owner.address)).toEqual([]);
            expect((await rich.workerInfo(at)).tokens).toBe(tokens);
        });

        it('overdrawn: the bounce of about 0.4913 TON stays in the worker and its counter stays advanced', async () => {
            const before = await net.balance(worker);
            const fees = (await net.proxyInfo()).balance;
            const tokens = toNano('60') / 19n;
            const result = await net.payout(owner.address, tokens);
            expect(stepsTo(result, net.proxy)[0]).toMatchObject({ exitCode: 5, aborted: true });
            expect(stepsTo(result, worker)[1]).toMatchObject({ bounced: true, exitCode: 0 });
            expect(stepsTo(result, owner.address)).toEqual([]);
            const kept = (await net.balance(worker)) - before;
            expect(kept).toBeGreaterThan(toNano('0.4912956') - 2n * TOLERANCE);
            expect(kept).toBeLessThan(toNano('0.4912956') + 2n * TOLERANCE);
            expect((await net.workerInfo(worker)).tokens).toBe(tokens);
            expect((await net.proxyInfo()).balance).toBe(fees);
        });

        it('with the state init on a virgin address works from 0.1206 TON; below, the money is lost', async () => {
            const init = net.system.workerInit(stranger.address);
            const at = net.system.worker(stranger.address);
            const sendExcessesTo = net.node.address;
            const args = net.system.payout({ owner: stranger.address, tokens: TOKENS, sendExcessesTo });
            const undo = checkpoint(blockchain);
            const probe = await net.send(net.node, { ...args, init });
            const gas = gasOf(probe, at, net.proxy);
            const minimum = toNano('0.1206236') + (gas - 9_401n - 13_149n) * GAS_PRICE;

            await undo();
            const enough = await net.send(net.node, { ...args, init, value: minimum });
            expect(stepsTo(enough, stranger.address)).toMatchObject([{ value: toNano('19') }]);
            expect(stepsTo(enough, sendExcessesTo)).toMatchObject([{ op: CocoonOp.excesses, value: 0n }]);

            await undo();
            const short = await net.send(net.node, { ...args, init, value: minimum - 1n });
            expect(stepsTo(short, at)[0]).toMatchObject({ exitCode: 0, actionCode: 0 });
            expect(stepsTo(short, stranger.address)).toEqual([]);
            expect((await net.workerInfo(at)).tokens).toBe(TOKENS);
        });

        it('from a worker holding only 0.02 TON loses the money when 0.1 TON is all that is left over', async () => {
            const poor = (await net.worker(stranger.address, toNano('0.02'))).address;
            const result = await net.payout(stranger.address, TOKENS, { attached: toNano('0.100000001') });
            expect(stepsTo(result, poor)[0].exitCode).toBe(0);
            expect(stepsTo(result, stranger.address)).toEqual([]);
            expect((await net.workerInfo(poor)).tokens).toBe(TOKENS);
        });

        it('refused as old costs the submitter 0.0026 TON', async () => {
            const args = net.system.payout({ owner: owner.address, tokens: 1n, sendExcessesTo: stranger.address });
            await stranger.send(args);
            const again = await stranger.send(args);
            const [back] = stepsTo(again, stranger.address);
            const gas = gasOf(again, worker);
            expectLikeReal({ value: back.value, gas }, { value: toNano('0.5') - 2_618_000n, gas: 5_545n });
        });
    });

    describe('any amount', () => {
        it.each([0n, 1n, 1_899n, toNano('19'), 123_456_789_123n])('pays exactly %s nanoTON', async (value) => {
            const exact = await CocoonNetwork.create(blockchain, { seed: 'exact' });
            const result = value === 0n ? await exact.lastPayout(owner.address) : await exact.pay(owner.address, value);
            expect(stepsTo(result, owner.address)).toMatchObject([
                { value, op: CocoonOp.payout, queryId: result.queryId },
            ]);
            expect(stepsTo(result, owner.address)[0].from.equals(exact.proxy)).toBe(true);
        });

        it('that the fee per token does not divide is refused by the helper', async () => {
            await expect(net.pay(owner.address, 20n)).rejects.toThrow('no multiple of the worker fee of 19');
        });
    });

    describe('last payout', () => {
        it('closes the worker and sends its balance to the receiver of the excesses, not to the owner', async () => {
            const before = await net.balance(worker);
            expect(before).toBeGreaterThan(toNano('0.299'));
            const result = await net.lastPayout(owner.address, 10n);
            expect(stepsTo(result, owner.address)).toMatchObject([{ op: CocoonOp.payout, value: 190n }]);
            const excesses = only(stepsTo(result, net.node.address), CocoonOp.excesses);
            expect(excesses.value).toBeGreaterThan(toNano('1') + toNano('0.29') - toNano('0.0107') - 2n * TOLERANCE);
            expect(await net.balance(worker)).toBe(toNano('0.01'));
            expect((await net.workerInfo(worker)).state).toBe(CocoonState.Closed);
        });

        it('may be for no further token', async () => {
            const result = await net.lastPayout(owner.address);
            expect(stepsTo(result, owner.address)).toMatchObject([{ op: CocoonOp.payout, value: 0n }]);
        });

        it('leaves a worker that refuses register and payouts; both bounce to the sender', async () => {
            await net.lastPayout(owner.address);
            const register = await owner.send(net.system.register(owner.address));
            expect(stepsTo(register, worker)[0].exitCode).toBe(1006);
            expect(stepsTo(register, owner.address)).toMatchObject([{ bounced: true }]);
            const payout = await net.payout(owner.address, 5n, { from: stranger });
            expect(stepsTo(payout, worker)[0].exitCode).toBe(1006);
            expect(stepsTo(payout, stranger.address)).toMatchObject([{ bounced: true }]);
        });
    });

    describe('closing of a proxy', () => {
        it('goes on paying workers while closing', async () => {
            await net.close();
            expect(await net.proxyInfo()).toMatchObject({ state: CocoonState.Closing, unlockTs: START_TIME + 86_400 });
            const result = await net.payout(owner.address, 100n);
            expect(stepsTo(result, owner.address)).toMatchObject([{ op: CocoonOp.payout, value: 1_900n }]);
        });

        it('ends only after the delay, with everything going to the proxy owner', async () => {
            await net.close();
            const early = await net.complete();
            expect(stepsTo(early, net.proxy)[0].exitCode).toBe(1011);

            blockchain.now = START_TIME + 86_400;
            const result = await net.complete();
            expect(stepsTo(result, net.proxyOwner.address)).toMatchObject([{ op: CocoonOp.payout, bounce: false }]);
            expect(stepsTo(result, net.proxyOwner.address)[0].value).toBeGreaterThan(toNano('50'));
            expect(await net.balance(net.proxy)).toBe(toNano('0.01'));
            expect(await net.proxyInfo()).toMatchObject({ state: CocoonState.Closed, balance: 0n, stake: 0n });
        });

        it('closed: a payout is refused with 1006, the counter advanced, the TON kept by the worker', async () => {
            await net.close();
            blockchain.now = START_TIME + 86_400;
            await net.complete();
            const before = await net.balance(worker);
            const result = await net.payout(owner.address, 100n);
            expect(stepsTo(result, net.proxy)[0]).toMatchObject({ exitCode: 1006, aborted: true });
            expect(stepsTo(result, owner.address)).toEqual([]);
            expect((await net.workerInfo(worker)).tokens).toBe(100n);
            expect((await net.balance(worker)) - before).toBeGreaterThan(toNano('0.4912956') - 2n * TOLERANCE);
        });

        it('by the owner: start with the operation or with "c"', async () => {
            const result = await net.proxyOwner.send({
                to: net.proxy,
                value: toNano('0.2'),
                body: proxyCommandBody('c'),
            });
            expect(stepsTo(result, net.proxyOwner.address)).toMatchObject([{ op: CocoonOp.excesses, queryId: 0n }]);
            expect((await net.proxyInfo()).state).toBe(CocoonState.Closing);
        });

        it('lets anybody make it pay an owner who has earned nothing', async () => {
            const normal = await net.payThroughClient(owner.address, toNano('3'), 0xbadn);
            expect(stepsTo(normal, owner.address)).toEqual([]);
            expect(await net.balance(net.proxy)).toBeGreaterThan(toNano('52.9'));

            await net.close();
            const closing = await net.payThroughClient(owner.address, toNano('3'), 0xbadn);
            expect(stepsTo(closing, owner.address)).toMatchObject([
                { op: CocoonOp.payout, queryId: 0xbadn, value: toNano('3') - toNano('0.0004') },
            ]);
            expect(stepsTo(closing, owner.address)[0].from.equals(net.proxy)).toBe(true);
        });
    });

    describe('fees and stake of a proxy', () => {
        it('go to the proxy owner when anybody asks, with a query id of his choice', async () => {
            await net.payout(owner.address, 1_000_000_000n);
            const options = { sendExcessesTo: stranger.address, queryId: 0xabcn };
            const result = await stranger.send(net.system.feePayout(options));
            expect(stepsTo(result, net.proxyOwner.address)).toMatchObject([
                { op: CocoonOp.payout, queryId: 0xabcn, value: toNano('1'), bounce: false },
            ]);
            const excesses = only(stepsTo(result, stranger.address), CocoonOp.excesses);
            const gas = gasOf(result, net.proxy);
            expectLikeReal({ value: excesses.value, gas }, { value: toNano('0.2') - 3_814_000n, gas: 7_535n });
            expect((await net.proxyInfo()).balance).toBe(0n);
        });

        it('by text "w": the payout also contains the surplus of the attached TON, query id 0', async () => {
            await net.payout(owner.address, 1_000_000_000n);
            const result = await net.proxyOwner.send({
                to: net.proxy,
                value: toNano('0.3'),
                body: proxyCommandBody('w'),
            });
            const [paid] = stepsTo(result, net.proxyOwner.address);
            expect(paid).toMatchObject({ op: CocoonOp.payout, queryId: 0n });
            expect(paid.value).toBeGreaterThan(toNano('1.29'));
            expect(stepsTo(result, net.proxyOwner.address)).toHaveLength(1);
        });

        it('stake: anybody may add to it, for 0.1 TON more', async () => {
            const body = proxyIncreaseStakeBody(toNano('2'), { sendExcessesTo: stranger.address });
            const before = await net.balance(net.proxy);
            const low = await stranger.send({ to: net.proxy, value: toNano('2.1') - 1n, body });
            expect(stepsTo(low, net.proxy)[0].exitCode).toBe(1003);
            const result = await stranger.send({ to: net.proxy, value: toNano('2.1'), body });
            expect(stepsTo(result, stranger.address)).toMatchObject([{ op: CocoonOp.excesses }]);
            expect((await net.balance(net.proxy)) - before).toBe(toNano('2'));
            expect((await net.proxyInfo()).stake).toBe(toNano('2'));
        });
    });
});
