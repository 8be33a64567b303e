import { Address, beginCell, Cell, contractAddress, toNano } from '@ton/core';
import '@ton/test-utils';
import { Blockchain, SandboxContract, TreasuryContract } from '@ton/sandbox';

import { CocoonNetwork, CocoonSystem, cocoonKeyPair, publicKeyInt, signEnvelope } from '../support/cocoon';
import { checkpoint, createBlockchain } from '../support/chain';
import { stepsTo } from '../support/cocoon/steps';
import {
    buildParams,
    CocoonOp,
    CocoonParams,
    parseOwnerMessage,
    parseParams,
    parsePayoutEnvelope,
    proxyParams,
    readRoot,
    walletAddress,
    walletCommandBody,
    workerAddress,
    workerAddressFromChain,
    workerData,
    workerParams,
    CocoonRootAccount,
} from '../../wrappers/cocoon';

/** Data of a deployed contract. */
async function dataOf(blockchain: Blockchain, address: Address): Promise<Cell> {
    const { accountState } = await blockchain.getContract(address);
    if (accountState?.type !== 'active' || !accountState.state.data) {
        throw new Error('not deployed');
    }
    return accountState.state.data;
}

describe('Cocoon double: storage layouts, addresses, reading them from the chain', () => {
    let blockchain: Blockchain;
    let restore: () => Promise<void>;
    let net: CocoonNetwork;
    let owner: SandboxContract<TreasuryContract>;

    beforeAll(async () => {
        blockchain = await createBlockchain();
        net = await CocoonNetwork.create(blockchain, { price: 20n, workerFee: 19n });
        owner = await blockchain.treasury('owner');
        restore = checkpoint(blockchain);
    });

    beforeEach(() => restore());

    /** The params cell bit by bit, independent of the builders. */
    function paramsByHand(codes: { proxy?: Cell; worker?: Cell; client?: Cell }): Cell {
        return beginCell()
            .storeUint(3, 8)
            .storeUint(1, 32)
            .storeUint(1, 32)
            .storeUint(1, 1)
            .storeCoins(20)
            .storeCoins(19)
            .storeUint(10_000, 32)
            .storeUint(10_000, 32)
            .storeUint(10_000, 32)
            .storeUint(10_000, 32)
            .storeUint(86_400, 32)
            .storeUint(3_600, 32)
            .storeCoins(toNano('1'))
            .storeCoins(toNano('1'))
            .storeMaybeRef(codes.proxy)
            .storeMaybeRef(codes.worker)
            .storeMaybeRef(codes.client)
            .endCell();
    }

    describe('data cells', () => {
        it('worker: as in the interface, and as the code writes it back', async () => {
            const { address } = await net.worker(owner.address);
            const expected = (tokens: bigint) =>
                beginCell()
                    .storeAddress(owner.address)
                    .storeAddress(net.proxy)
                    .storeBuffer(net.system.keys.publicKey)
                    .storeUint(0, 2)
                    .storeUint(tokens, 64)
                    .storeRef(paramsByHand({}))
                    .endCell();
            expect(await dataOf(blockchain, address)).toEqualCell(expected(0n));
            await net.payout(owner.address, 77n);
            expect(await dataOf(blockchain, address)).toEqualCell(expected(77n));
        });

        it('proxy: all fields in the root cell, before and after large amounts', async () => {
            const { worker, client } = net.system.codes;
            const expected = (balance: bigint) =>
                beginCell()
                    .storeAddress(net.proxyOwner.address)
                    .storeBuffer(net.system.keys.publicKey)
                    .storeAddress(net.root)
                    .storeUint(0, 2)
                    .storeCoins(balance)
                    .storeCoins(0)
                    .storeUint(0, 32)
                    .storeRef(paramsByHand({ worker, client }))
                    .endCell();
            expect(await dataOf(blockchain, net.proxy)).toEqualCell(expected(0n));
            await net.payout(owner.address, 12_345_678n);
            expect(await dataOf(blockchain, net.proxy)).toEqualCell(expected(12_345_678n));
        });

        it('client', async () => {
            const { address } = await net.client(owner.address);
            const identity = beginCell()
                .storeAddress(owner.address)
                .storeAddress(net.proxy)
                .storeBuffer(net.system.keys.publicKey)
                .endCell();
            const expected = (balance: bigint) =>
                beginCell()
                    .storeUint(0, 2)
                    .storeCoins(balance)
                    .storeCoins(toNano('1'))
                    .storeUint(0, 64)
                    .storeUint(0, 32)
                    .storeUint(0, 256)
                    .storeRef(identity)
                    .storeRef(paramsByHand({}))
                    .endCell();
            expect(await dataOf(blockchain, address)).toEqualCell(expected(0n));
            await net.payThroughClient(owner.address, toNano('2'));
            expect(await dataOf(blockchain, address)).toEqualCell(expected(toNano('2')));
        });

        it('wallet', async () => {
            const { address, keys } = await net.wallet(owner.address);
            const expected = (status: number) =>
                beginCell()
                    .storeUint(0, 32)
                    .storeUint(0, 32)
                    .storeBuffer(keys.publicKey)
                    .storeUint(status, 32)
                    .storeAddress(owner.address)
                    .endCell();
            expect(await dataOf(blockchain, address)).toEqualCell(expected(0));
            await owner.send({ to: address, value: toNano('0.05'), body: walletCommandBody('b') });
            expect(await dataOf(blockchain, address)).toEqualCell(expected(1));
        });

        it('root: holds the params with all three codes', async () => {
            const data = (await dataOf(blockchain, net.root)).beginParse();
            expect(data.loadAddress().equals(net.rootOwner.address)).toBe(true);
            expect(data.loadUint(32)).toBe(0);
            expect(data.loadRef().bits.length).toBe(36);
            const { proxy, worker, client } = net.system.codes;
            expect(data.loadRef()).toEqualCell(paramsByHand({ proxy, worker, client }));
            data.endParse();
        });

        it('state init: 5 bits, code and data, nothing else', async () => {
            const { address, init } = await net.worker(owner.address);
            const cell = beginCell().storeUint(0b00110, 5).storeRef(init.code).storeRef(init.data).endCell();
            expect(address.equals(new Address(0, cell.hash()))).toBe(true);
        });
    });

    describe('params cell', () => {
        it('survives building and parsing', () => {
            const params = net.system.params;
            expect(buildParams(parseParams(buildParams(params)))).toEqualCell(buildParams(params));
            expect(parseParams(buildParams(workerParams(params)))).toEqual(workerParams(params));
        });

        it('of another layout version, or with something left over, is refused', () => {
            const other = beginCell().storeUint(2, 8).endCell();
            expect(() => parseParams(other)).toThrow('layout version 2');
            const longer = beginCell().storeSlice(buildParams(net.system.params).beginParse()).storeBit(1).endCell();
            expect(() => parseParams(longer)).toThrow();
        });
    });

    describe('derivation', () => {
        it('knows no machine: one owner has one worker, another owner another', () => {
            const again = workerAddress(owner.address, net.system.identity);
            expect(again.equals(net.system.worker(owner.address))).toBe(true);
            expect(net.system.worker(net.proxyOwner.address).equals(again)).toBe(false);
        });

        const changes: [string, Partial<CocoonParams>][] = [
            ['paramsVersion', { paramsVersion: 2 }],
            ['uniqueId', { uniqueId: 2 }],
            ['isTest', { isTest: false }],
            ['pricePerToken', { pricePerToken: 21n }],
            ['workerFeePerToken', { workerFeePerToken: 18n }],
            ['promptMultiplier', { promptMultiplier: 1 }],
            ['cachedMultiplier', { cachedMultiplier: 1 }],
            ['completionMultiplier', { completionMultiplier: 1 }],
            ['reasoningMultiplier', { reasoningMultiplier: 1 }],
            ['proxyDelayBeforeClose', { proxyDelayBeforeClose: 1 }],
            ['clientDelayBeforeClose', { clientDelayBeforeClose: 1 }],
            ['minProxyStake', { minProxyStake: 1n }],
            ['minClientStake', { minClientStake: 1n }],
        ];
        it.each(changes)('a change of %s moves proxy, worker and client', async (_, change) => {
            const { price, workerFee } = {
                price: change.pricePerToken ?? 20n,
                workerFee: change.workerFeePerToken ?? 19n,
            };
            const root = net.root;
            const proxyOwner = net.proxyOwner.address;
            const other = await CocoonSystem.create({ root, proxyOwner, price, workerFee, params: change });
            expect(other.proxy.equals(net.proxy)).toBe(false);
            expect(other.worker(owner.address).equals(net.system.worker(owner.address))).toBe(false);
            expect(other.client(owner.address).equals(net.system.client(owner.address))).toBe(false);
            // Even at the same proxy address the worker's own params move it.
            const params = { ...net.system.params, ...change };
            const moved = workerAddress(owner.address, { ...net.system.identity, params });
            expect(moved.equals(net.system.worker(owner.address))).toBe(false);
        });

        it('proxy, key and worker code move the worker', () => {
            const at = net.system.identity;
            const here = workerAddress(owner.address, at);
            const params = { ...at.params, workerCode: Cell.EMPTY };
            for (const other of [
                { ...at, proxy: net.root },
                { ...at, proxyPublicKey: at.proxyPublicKey + 1n },
                { ...at, params },
            ]) {
                expect(workerAddress(owner.address, other).equals(here)).toBe(false);
            }
        });

        it('codes left in the params make a worker that the proxy refuses: 1014, counter advanced', async () => {
            const params = buildParams(proxyParams(net.system.params));
            const data = workerData({ ...net.system.identity, owner: owner.address, params });
            const init = { code: net.system.codes.worker, data };
            const wrong = contractAddress(0, init);
            expect(wrong.equals(net.system.worker(owner.address))).toBe(false);
            await net.send(net.node, { to: wrong, value: toNano('0.3'), init, bounce: false });

            const sendExcessesTo = net.node.address;
            const body = signEnvelope(net.system.keys, CocoonOp.workerPayout, {
                queryId: 1n,
                tokens: 1_000n,
                expectedAddress: wrong,
                sendExcessesTo,
            });
            const result = await net.send(net.node, { to: wrong, value: toNano('0.5'), body });
            expect(stepsTo(result, net.proxy)[0].exitCode).toBe(1014);
            expect(stepsTo(result, owner.address)).toEqual([]);
            expect((await net.workerInfo(wrong)).tokens).toBe(1_000n);
        });

        it('node wallet: owner and node key', () => {
            const code = net.system.codes.wallet;
            const keys = cocoonKeyPair('some node');
            const publicKey = publicKeyInt(keys);
            const wallet = walletAddress({ code, owner: owner.address, publicKey });
            expect(wallet.equals(net.system.wallet(owner.address, keys))).toBe(true);
            expect(walletAddress({ code, owner: net.root, publicKey }).equals(wallet)).toBe(false);
            expect(walletAddress({ code, owner: owner.address, publicKey: 1n }).equals(wallet)).toBe(false);
        });
    });

    describe('reading the chain', () => {
        it('root: both get-methods, and the params from its data', async () => {
            const info = await readRoot(net.chain(), net.root);
            expect(info).toMatchObject({
                version: 0,
                lastProxySeqno: 0,
                paramsVersion: 1,
                uniqueId: 1,
                isTest: true,
                pricePerToken: 20n,
                workerFeePerToken: 19n,
                cachedMultiplier: 10_000,
                reasoningMultiplier: 10_000,
                proxyDelayBeforeClose: 86_400,
                clientDelayBeforeClose: 3_600,
                minProxyStake: toNano('1'),
                minClientStake: toNano('1'),
            });
            expect(info.owner.equals(net.rootOwner.address)).toBe(true);
            const hash = (code: Cell) => BigInt('0x' + code.hash().toString('hex'));
            const { proxy, worker, client } = net.system.codes;
            expect([info.proxyCodeHash, info.workerCodeHash, info.clientCodeHash]).toEqual(
                [proxy, worker, client].map(hash),
            );
            const params = await net.chain().open(new CocoonRootAccount(net.root)).getParams();
            expect(buildParams(params)).toEqualCell(buildParams(net.system.params));
        });

        it('worker address of any owner, from nothing but the proxy account', async () => {
            const derived = await workerAddressFromChain(net.chain(), net.proxy, owner.address);
            expect(derived.equals(net.system.worker(owner.address))).toBe(true);
            await net.payout(owner.address, 1_000_000_000n);
            const later = await workerAddressFromChain(net.chain(), net.proxy, owner.address);
            expect(later.equals(derived)).toBe(true);
        });

        it('of a proxy that is not there fails with a clear error', async () => {
            const nowhere = new Address(0, Buffer.alloc(32, 1));
            await expect(workerAddressFromChain(net.chain(), nowhere, owner.address)).rejects.toThrow(
                'Cocoon proxy is not deployed',
            );
        });

        it('after a price change: a new proxy, the old one still pays at the old fee', async () => {
            const next = await net.changePrice(30n, 28n);
            expect(await next.rootInfo()).toMatchObject({ version: 1, paramsVersion: 2, workerFeePerToken: 28n });
            expect(await next.proxyInfo()).toMatchObject({ paramsVersion: 2, workerFeePerToken: 28n });
            expect(next.proxy.equals(net.proxy)).toBe(false);
            const derived = await workerAddressFromChain(next.chain(), next.proxy, owner.address);
            expect(derived.equals(next.system.worker(owner.address))).toBe(true);
            expect(derived.equals(net.system.worker(owner.address))).toBe(false);
            const old = await net.payout(owner.address, 100n);
            expect(stepsTo(old, owner.address)[0].value).toBe(1_900n);
            const fresh = await next.payout(owner.address, 100n);
            expect(stepsTo(fresh, owner.address)[0].value).toBe(2_800n);
        });
    });

    describe('parsing', () => {
        it('tells what an owner receives', () => {
            expect(parseOwnerMessage(Cell.EMPTY)).toEqual({ kind: 'empty' });
            expect(parseOwnerMessage(walletCommandBody('w'))).toEqual({ kind: 'walletBalance' });
            expect(parseOwnerMessage(walletCommandBody('b'))).toEqual({ kind: 'other', op: 0 });
            expect(parseOwnerMessage(beginCell().storeUint(1, 8).endCell())).toEqual({ kind: 'other', op: null });
        });

        it('reads a signed payout, and nothing that only resembles one', () => {
            const args = { owner: owner.address, tokens: 5n, queryId: 9n, sendExcessesTo: net.root };
            const envelope = parsePayoutEnvelope(net.system.payout(args).body!)!;
            expect(envelope).toMatchObject({ last: false, queryId: 9n, tokens: 5n });
            expect(envelope.worker.equals(net.system.worker(owner.address))).toBe(true);
            expect(parsePayoutEnvelope(net.system.payout({ ...args, last: true }).body!)?.last).toBe(true);
            expect(parsePayoutEnvelope(net.system.close({ sendExcessesTo: net.root }).body!)).toBeNull();
            expect(parsePayoutEnvelope(Cell.EMPTY)).toBeNull();
        });
    });
});
