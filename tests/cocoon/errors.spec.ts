import { Address, beginCell, Cell, contractAddress, SenderArguments, toNano } from '@ton/core';
import { Blockchain, SandboxContract, TreasuryContract } from '@ton/sandbox';

import { CocoonNetwork, cocoonKeyPair, CocoonRootOp, signEnvelope } from '../support/cocoon';
import { checkpoint, createBlockchain, START_TIME } from '../support/chain';
import { stepsTo } from '../support/cocoon/steps';
import {
    buildParams,
    clientWithdrawBody,
    CocoonOp,
    CocoonState,
    excessesBody,
    ownerProxyCloseBody,
    payoutBody,
    proxyCommandBody,
    registerBody,
    SignedOp,
    signedEnvelope,
    signedPayload,
    walletCommandBody,
    workerData,
    workerParams,
    workerPayoutPayload,
    workerRequestBody,
} from '../../wrappers/cocoon';

describe('Cocoon double: refusals', () => {
    let blockchain: Blockchain;
    let restore: () => Promise<void>;
    let net: CocoonNetwork;
    let owner: SandboxContract<TreasuryContract>;
    let stranger: SandboxContract<TreasuryContract>;
    let worker: Address;

    beforeAll(async () => {
        blockchain = await createBlockchain();
        net = await CocoonNetwork.create(blockchain, { price: 20n, workerFee: 19n });
        owner = await blockchain.treasury('owner');
        stranger = await blockchain.treasury('stranger');
        worker = (await net.worker(owner.address)).address;
        restore = checkpoint(blockchain);
    });

    beforeEach(() => restore());

    /** Sends a body and returns the exit code of the receiver. */
    async function exitOf(
        to: Address,
        body: Cell,
        options: { from?: SandboxContract<TreasuryContract>; value?: bigint } = {},
    ): Promise<number | undefined> {
        const args: SenderArguments = { to, value: options.value ?? toNano('0.5'), body, bounce: true };
        return stepsTo(await net.send(options.from ?? stranger, args), to)[0].exitCode;
    }

    /** A signed payout of ten tokens, with anything about it changed. */
    function payout(change: { tokens?: bigint; expectedAddress?: Address; op?: SignedOp; seed?: string } = {}): Cell {
        const keys = change.seed === undefined ? net.system.keys : cocoonKeyPair(change.seed);
        return signEnvelope(keys, change.op ?? CocoonOp.workerPayout, {
            queryId: 5n,
            tokens: change.tokens ?? 10n,
            expectedAddress: change.expectedAddress ?? worker,
            sendExcessesTo: stranger.address,
        });
    }

    /** An envelope whose outside says something else than what is signed. */
    function mismatched(outside: { op: SignedOp; queryId: bigint }): Cell {
        const inside = { queryId: 5n, tokens: 10n, expectedAddress: worker };
        const envelope = signEnvelope(net.system.keys, CocoonOp.workerPayout, {
            ...inside,
            sendExcessesTo: stranger.address,
        }).beginParse();
        const signature = envelope.skip(32 + 64 + 267).loadBuffer(64);
        const payload = signedPayload(CocoonOp.workerPayout, inside);
        const { op, queryId } = outside;
        return signedEnvelope(op, { queryId, sendExcessesTo: stranger.address, signature, payload });
    }

    /** A worker whose params cell is not the genuine one. Deployed on the spot. */
    async function workerWith(params: Cell): Promise<Address> {
        const init = {
            code: net.system.codes.worker,
            data: workerData({ ...net.system.identity, owner: owner.address, params }),
        };
        const address = contractAddress(0, init);
        await net.send(net.node, { to: address, value: toNano('0.3'), init, bounce: false });
        return address;
    }

    describe('worker', () => {
        it('1000: counter not higher; the last payout may repeat it', async () => {
            expect(await exitOf(worker, payout({ tokens: 10n }))).toBe(0);
            expect(await exitOf(worker, payout({ tokens: 10n }))).toBe(1000);
            expect(await exitOf(worker, payout({ tokens: 9n }))).toBe(1000);
            expect(await exitOf(worker, payout({ tokens: 9n, op: CocoonOp.workerLastPayout }))).toBe(1000);
            expect(await exitOf(worker, payout({ tokens: 10n, op: CocoonOp.workerLastPayout }))).toBe(0);
        });

        it('1003: 0.1 TON is not enough, for the last payout neither', async () => {
            const value = toNano('0.1');
            expect(await exitOf(worker, payout(), { value })).toBe(1003);
            expect(await exitOf(worker, payout({ op: CocoonOp.workerLastPayout }), { value })).toBe(1003);
        });

        it('1005: operation or query id differ from what is signed', async () => {
            expect(await exitOf(worker, mismatched({ op: CocoonOp.workerPayout, queryId: 5n }))).toBe(0);
            expect(await exitOf(worker, mismatched({ op: CocoonOp.workerPayout, queryId: 6n }))).toBe(1005);
            expect(await exitOf(worker, mismatched({ op: CocoonOp.workerLastPayout, queryId: 5n }))).toBe(1005);
        });

        it('1006: closed', async () => {
            await net.lastPayout(owner.address);
            expect(await exitOf(worker, payout())).toBe(1006);
            expect(await exitOf(worker, payout({ op: CocoonOp.workerLastPayout }))).toBe(1006);
            const register = registerBody({ sendExcessesTo: owner.address });
            expect(await exitOf(worker, register, { from: owner })).toBe(1006);
        });

        it('1007: signed by another key', async () => {
            expect(await exitOf(worker, payout({ seed: 'somebody' }))).toBe(1007);
        });

        it('1008: params of another layout version', async () => {
            const params = buildParams(workerParams(net.system.params)).beginParse();
            const old = await workerWith(beginCell().storeUint(2, 8).storeSlice(params.skip(8)).endCell());
            expect(await exitOf(old, payout({ expectedAddress: old }))).toBe(1008);
        });

        it('1010: register by anybody but the owner', async () => {
            const body = registerBody({ sendExcessesTo: owner.address });
            expect(await exitOf(worker, body)).toBe(1010);
            expect(await exitOf(worker, body, { from: owner })).toBe(0);
        });

        it('1012: whatever it does not know, payouts, excesses and texts included', async () => {
            const bodies = [
                payoutBody(1n),
                excessesBody(1n),
                walletCommandBody('w'),
                clientWithdrawBody({ sendExcessesTo: worker }),
            ];
            for (const body of bodies) {
                expect(await exitOf(worker, body, { from: owner })).toBe(1012);
            }
        });

        it('1015: signed for another worker of the same proxy', async () => {
            const other = (await net.worker(stranger.address)).address;
            expect(await exitOf(worker, payout({ expectedAddress: other }))).toBe(1015);
        });

        it('5: a fee above the price', async () => {
            const params = { ...workerParams(net.system.params), workerFeePerToken: 21n };
            const greedy = await workerWith(buildParams(params));
            expect(await exitOf(greedy, payout({ expectedAddress: greedy }))).toBe(5);
        });

        it('9: anything behind the body, or the body in a further ref', async () => {
            const longer = (body: Cell) => beginCell().storeSlice(body.beginParse()).storeBit(0).endCell();
            const register = registerBody({ sendExcessesTo: owner.address });
            expect(await exitOf(worker, longer(register), { from: owner })).toBe(9);
            expect(await exitOf(worker, longer(payout()))).toBe(9);
            expect(await exitOf(worker, beginCell().storeRef(register).endCell(), { from: owner })).toBe(9);
        });

        it('checks in this order: closed, signature, query id, value, address, counter', async () => {
            const wrong = { tokens: 0n, expectedAddress: stranger.address };
            const value = toNano('0.1');
            expect(await exitOf(worker, payout({ ...wrong, seed: 'somebody' }), { value })).toBe(1007);
            expect(await exitOf(worker, mismatched({ op: CocoonOp.workerPayout, queryId: 6n }), { value })).toBe(1005);
            expect(await exitOf(worker, payout(wrong), { value })).toBe(1003);
            expect(await exitOf(worker, payout(wrong))).toBe(1015);
            expect(await exitOf(worker, payout({ tokens: 0n }))).toBe(1000);
            const register = registerBody({ sendExcessesTo: owner.address });
            expect(await exitOf(worker, register, { value })).toBe(1003);
            await net.lastPayout(owner.address);
            expect(await exitOf(worker, payout({ ...wrong, seed: 'somebody' }), { value })).toBe(1006);
            expect(await exitOf(worker, register, { value })).toBe(1006);
        });
    });

    describe('proxy', () => {
        const payload = () => workerPayoutPayload({ workerPart: 1n, proxyPart: 1n, sendExcessesTo: stranger.address });

        it('a notification is accepted from anybody and changes nothing', async () => {
            const data = async () => (await net.chain().getState()).state;
            const before = await data();
            const body = workerRequestBody({ queryId: 1n, owner: owner.address });
            expect(await exitOf(net.proxy, body)).toBe(0);
            expect(await data()).toEqual(before);
        });

        it('1014: a demand from anybody but the derived worker or client', async () => {
            const demand = workerRequestBody({ queryId: 1n, owner: owner.address, payload: payload() });
            expect(await exitOf(net.proxy, demand)).toBe(1014);
            expect(await exitOf(net.proxy, demand, { from: owner })).toBe(1014);
            const deposit = beginCell()
                .storeUint(CocoonOp.clientRequest, 32)
                .storeUint(1, 64)
                .storeAddress(owner.address)
                .storeRef(Cell.EMPTY)
                .storeMaybeRef(payload())
                .endCell();
            expect(await exitOf(net.proxy, deposit)).toBe(1014);
        });

        it('1003: 0.1 TON is enough for every operation, one nanoTON less is not', async () => {
            const request = { sendExcessesTo: stranger.address };
            const below = { value: toNano('0.1') - 1n };
            const enough = { value: toNano('0.1') };
            expect(await exitOf(net.proxy, net.system.feePayout(request).body!, below)).toBe(1003);
            expect(await exitOf(net.proxy, net.system.feePayout(request).body!, enough)).toBe(0);
            expect(await exitOf(net.proxy, proxyCommandBody('w'), { ...below, from: net.proxyOwner })).toBe(1003);
            expect(await exitOf(net.proxy, proxyCommandBody('w'), { ...enough, from: net.proxyOwner })).toBe(0);
            expect(await exitOf(net.proxy, net.system.close(request).body!, below)).toBe(1003);
            expect(await exitOf(net.proxy, net.system.close(request).body!, enough)).toBe(0);
            blockchain.now = START_TIME + 86_400;
            expect(await exitOf(net.proxy, net.system.complete(request).body!, below)).toBe(1003);
            expect(await exitOf(net.proxy, net.system.complete(request).body!, enough)).toBe(0);
        });

        it('1005, 1007, 1015: signatures are checked as in the worker', async () => {
            const sign = (seed: string | undefined, expectedAddress: Address) =>
                signEnvelope(seed ? cocoonKeyPair(seed) : net.system.keys, CocoonOp.proxySignedClose, {
                    queryId: 1n,
                    expectedAddress,
                    sendExcessesTo: stranger.address,
                });
            expect(await exitOf(net.proxy, sign('somebody', net.proxy))).toBe(1007);
            expect(await exitOf(net.proxy, sign(undefined, worker))).toBe(1015);
            const inside = sign(undefined, net.proxy).beginParse();
            const other = beginCell().storeUint(inside.loadUint(32), 32).storeUint(2, 64).storeSlice(inside.skip(64));
            expect(await exitOf(net.proxy, other.endCell())).toBe(1005);
        });

        it('1006: everything in the wrong state', async () => {
            const request = { sendExcessesTo: stranger.address };
            const ownerClose = ownerProxyCloseBody(request);
            expect(await exitOf(net.proxy, net.system.complete(request).body!)).toBe(1006);
            expect(await exitOf(net.proxy, ownerClose, { from: net.proxyOwner })).toBe(0);
            expect(await exitOf(net.proxy, ownerClose, { from: net.proxyOwner })).toBe(1006);
            expect(await exitOf(net.proxy, net.system.close(request).body!)).toBe(1006);
            blockchain.now = START_TIME + 86_400;
            await net.complete();
            expect(await exitOf(net.proxy, net.system.complete(request).body!)).toBe(1006);
            expect(await exitOf(net.proxy, net.system.feePayout(request).body!)).toBe(1006);
            expect(await exitOf(net.proxy, proxyCommandBody('w'), { from: net.proxyOwner })).toBe(1006);
        });

        it('1010: the owner alone closes and withdraws', async () => {
            const body = ownerProxyCloseBody({ sendExcessesTo: stranger.address });
            expect(await exitOf(net.proxy, body)).toBe(1010);
            expect(await exitOf(net.proxy, proxyCommandBody('c'))).toBe(1010);
            expect(await exitOf(net.proxy, proxyCommandBody('w'))).toBe(1010);
        });

        it('1011: completed too early; the owner cannot complete at all', async () => {
            const request = { sendExcessesTo: stranger.address };
            await net.close();
            blockchain.now = START_TIME + 86_399;
            expect(await exitOf(net.proxy, net.system.complete(request).body!)).toBe(1011);
            blockchain.now = START_TIME + 86_400;
            expect(await exitOf(net.proxy, net.system.complete(request).body!)).toBe(0);
            expect((await net.proxyInfo()).state).toBe(CocoonState.Closed);
        });

        it('1012 and 1013: unknown operation, unknown text', async () => {
            expect(await exitOf(net.proxy, payoutBody(1n))).toBe(1012);
            expect(await exitOf(net.proxy, walletCommandBody('b'), { from: net.proxyOwner })).toBe(1013);
        });
    });

    describe('client', () => {
        it('1001, 1003, 1009, 1012', async () => {
            const { address } = await net.client(owner.address);
            const topUp = net.system.topUpClient(owner.address, toNano('1'), { sendExcessesTo: stranger.address });
            expect(await exitOf(address, topUp.body!, { value: toNano('1.1') - 1n })).toBe(1003);
            expect(await exitOf(address, topUp.body!, { value: toNano('1.1') })).toBe(0);
            expect(await exitOf(address, clientWithdrawBody({ sendExcessesTo: stranger.address }))).toBe(1009);
            expect(await exitOf(address, payoutBody(1n))).toBe(1012);

            // 0.1 TON on top of the floor of 0.11 TON: a client without a balance of its own cannot have that.
            const poor = (await net.client(stranger.address, toNano('0.02'))).address;
            const small = net.system.topUpClient(stranger.address, 0n, { sendExcessesTo: stranger.address });
            expect(await exitOf(poor, small.body!, { value: toNano('0.1') })).toBe(1001);
        });

        it('withdrawal brings the owner what exceeds the stake, as a payout of the proxy', async () => {
            const { address } = await net.client(owner.address);
            await net.payThroughClient(owner.address, toNano('3'));
            const body = clientWithdrawBody({ sendExcessesTo: stranger.address, queryId: 4n });
            const result = await owner.send({ to: address, value: toNano('0.5'), body });
            expect(stepsTo(result, owner.address)).toMatchObject([
                { op: CocoonOp.payout, queryId: 4n, value: toNano('2'), bounce: false },
            ]);
        });
    });

    describe('root', () => {
        const body = (op: number) => beginCell().storeUint(op, 32).storeUint(1, 64);
        const endpoints = (text: string, format = 0) =>
            beginCell().storeUint(format, 1).storeUint(text.length, 7).storeStringTail(text).asSlice();

        it('1010: every operation is for the owner', async () => {
            for (const op of Object.values(CocoonRootOp)) {
                expect(await exitOf(net.root, body(op).endCell())).toBe(1010);
            }
        });

        it('1004 and 2000: format of a proxy entry, unknown number', async () => {
            const from = net.rootOwner;
            const register = (entry = endpoints('10.0.0.1:8888 10.0.0.1:8889')) =>
                body(CocoonRootOp.registerProxy).storeSlice(entry).endCell();
            const update = (seqno: number) =>
                body(CocoonRootOp.updateProxy).storeUint(seqno, 32).storeSlice(endpoints('a b')).endCell();
            const remove = (seqno: number) => body(CocoonRootOp.unregisterProxy).storeUint(seqno, 32).endCell();

            expect(await exitOf(net.root, register(endpoints('a b', 1)), { from })).toBe(1004);
            const cut = beginCell().storeUint(0, 1).storeUint(9, 7).storeStringTail('a b').asSlice();
            expect(await exitOf(net.root, register(cut), { from })).toBe(1004);
            expect(await exitOf(net.root, update(1), { from })).toBe(2000);
            expect(await exitOf(net.root, register(), { from })).toBe(0);
            expect(await exitOf(net.root, update(1), { from })).toBe(0);
            expect(await exitOf(net.root, remove(2), { from })).toBe(2000);
            expect(await exitOf(net.root, remove(1), { from })).toBe(0);
            expect(await net.rootInfo()).toMatchObject({ version: 3, lastProxySeqno: 1, paramsVersion: 1 });
        });

        it('changes params, codes and owner, each a new version', async () => {
            const from = net.rootOwner;
            const params = body(CocoonRootOp.changeParams)
                .storeCoins(40)
                .storeCoins(30)
                .storeUint(100, 32)
                .storeUint(200, 32)
                .storeCoins(5)
                .storeCoins(6)
                .endCell();
            expect(await exitOf(net.root, params, { from })).toBe(0);
            const { proxy, worker: code, client } = net.system.codes;
            const codes = body(CocoonRootOp.changeCodes).storeRef(proxy).storeRef(client).storeRef(code).endCell();
            expect(await exitOf(net.root, codes, { from })).toBe(0);
            const change = body(CocoonRootOp.changeOwner).storeAddress(stranger.address).endCell();
            expect(await exitOf(net.root, change, { from })).toBe(0);
            const info = await net.rootInfo();
            expect(info).toMatchObject({
                version: 3,
                paramsVersion: 3,
                pricePerToken: 40n,
                workerFeePerToken: 30n,
                proxyDelayBeforeClose: 100,
                clientDelayBeforeClose: 200,
                minProxyStake: 5n,
                minClientStake: 6n,
                workerCodeHash: BigInt('0x' + client.hash().toString('hex')),
            });
            expect(info.owner.equals(stranger.address)).toBe(true);
            expect(await exitOf(net.root, payoutBody(1n))).toBe(1012);
        });
    });

    it('empty bodies, bounces and do_not_process are accepted silently by all; the TON stays', async () => {
        const client = (await net.client(owner.address)).address;
        const wallet = (await net.wallet(owner.address)).address;
        const ignored = beginCell().storeUint(CocoonOp.doNotProcess, 32).storeUint(0, 64).endCell();
        for (const to of [worker, net.proxy, client, wallet, net.root]) {
            for (const body of [Cell.EMPTY, ignored]) {
                const before = await net.balance(to);
                const result = await stranger.send({ to, value: toNano('1'), body });
                expect(stepsTo(result, to)).toMatchObject([{ exitCode: 0, actionCode: 0 }]);
                expect(stepsTo(result, stranger.address)).toEqual([]);
                expect((await net.balance(to)) - before).toBeGreaterThan(toNano('0.99'));
            }
        }
    });
});
