import '@ton/test-utils';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { TonApiClient } from '@ton-api/client';
import { Address, beginCell, Cell, comment, external, internal, SendMode, storeMessage, toNano } from '@ton/core';
import { mnemonicToPrivateKey } from '@ton/crypto';
import { TonClient, WalletContractV4, WalletContractV5R1 } from '@ton/ton';
import { LocalChain } from '../../tools/localnet/engine';
import { LocalServer } from '../../tools/localnet/server';
import { stringifyBig } from '../../tools/localnet/tonapi';
import { LocalWallet } from '../../tools/localnet/wallets';
import { address, DAY, newFolder, openChain, removeFolders, START } from './localnet-support';
import { sharedExecutor } from '../support/shared-executor';

afterAll(removeFolders);

/** A reply of any shape: what is in it is checked by the expectations. */
type Loose = string & { [key: string]: Loose };
type Json = { ok: boolean; result: Loose; error?: string; code?: number; id?: unknown };
type WalletView = { name: string; mnemonic: string; address: string };

async function request(url: string, init?: RequestInit): Promise<{ status: number; body: Json }> {
    const res = await fetch(url, init);
    return { status: res.status, body: (await res.json()) as Json };
}

function post(url: string, body: unknown) {
    return request(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
}

async function signedTransfer(w: LocalWallet, to: Address, value: bigint, seqno: number, validUntil: number) {
    const body = (w.contract as WalletContractV4).createTransfer({
        seqno,
        secretKey: w.keyPair.secretKey,
        timeout: validUntil,
        sendMode: SendMode.PAY_GAS_SEPARATELY,
        messages: [internal({ to, value, bounce: false, body: comment('pay') })],
    });
    return external({ to: w.address, body });
}

describe('toncenter v2 and TON API on a loopback port', () => {
    let chain: LocalChain;
    let server: LocalServer;
    let client: TonClient;
    let alice: LocalWallet;
    let rest: string;

    beforeAll(async () => {
        chain = await openChain(newFolder());
        server = await LocalServer.listen(chain, 0);
        client = new TonClient({ endpoint: server.endpoint });
        rest = `${server.url}/api/v2/`;
        alice = await chain.wallet('alice');
        for (let i = 1; i <= 4; i++) {
            await alice.sender().send({ to: address(1), value: toNano(i), bounce: false, body: comment(`no ${i}`) });
        }
    });
    afterAll(async () => {
        await server.close();
        await chain.close();
    });

    it('serves TonClient: state, getters, transactions, sending', async () => {
        expect(await client.getBalance(alice.address)).toBe((await chain.account(alice.address)).balance);
        expect((await client.getContractState(address(50))).state).toBe('uninitialized');
        expect(await client.open(alice.contract as WalletContractV4).getSeqno()).toBe(4);
        expect((await client.runMethodWithError(alice.address, 'no_such_getter')).exit_code).toBe(11);
        expect((await client.runMethodWithError(address(50), 'seqno')).exit_code).toBe(-13);

        const all = await client.getTransactions(alice.address, { limit: 100 });
        expect(all.map((t) => t.lt)).toEqual([...chain.history(alice.address)].map((t) => t.lt));
        const [, second, third] = all;
        const at = { lt: second.lt.toString(), hash: second.hash().toString('base64') };
        expect((await client.getTransactions(alice.address, { limit: 2, ...at, inclusive: true }))[0].lt).toBe(
            second.lt,
        );
        expect((await client.getTransactions(alice.address, { limit: 2, ...at }))[0].lt).toBe(third.lt);
        const upTo = await client.getTransactions(alice.address, { limit: 10, to_lt: third.lt.toString() });
        expect(upTo).toHaveLength(2);
        expect((await client.getTransaction(alice.address, at.lt, at.hash))?.lt).toBe(second.lt);

        const out = second.outMessages.get(0)!.info;
        const created = out.type === 'internal' ? out.createdLt.toString() : '';
        const result = await client.tryLocateResultTx(alice.address, address(1), created);
        expect(result.inMessage?.body).toEqualCell(second.outMessages.get(0)!.body);
        const source = await client.tryLocateSourceTx(alice.address, address(1), created);
        expect(source.hash().equals(second.hash())).toBe(true);
        await expect(client.tryLocateResultTx(alice.address, address(1), '1')).rejects.toThrow('404');

        await client.sendMessage(await signedTransfer(alice, address(2), toNano('3'), 4, chain.now + 60));
        expect(await client.open(alice.contract as WalletContractV4).getSeqno()).toBe(5);
        expect(await client.getBalance(address(2))).toBeGreaterThan(toNano('2.9'));
    });

    it('has blocks and shards that lead to the transactions', async () => {
        const { latestSeqno } = await client.getMasterchainInfo();
        expect(latestSeqno).toBe(chain.seqno);
        const [shard] = await client.getWorkchainShards(latestSeqno);
        const txs = await client.getShardTransactions(shard.workchain, shard.seqno, shard.shard);
        expect(txs.map((t) => t.lt)).toEqual(chain.block(latestSeqno)!.transactions.map((t) => t.lt.toString()));
        expect(txs.length).toBeGreaterThan(0);
    });

    it('estimates the fees that are then paid, without sending', async () => {
        const seqno = await alice.getSeqno();
        const before = chain.counts();
        const message = await signedTransfer(alice, address(1), toNano('1'), seqno, chain.now + 60);
        const { source_fees: f } = await client.estimateExternalMessageFee(alice.address, {
            body: message.body,
            initCode: null,
            initData: null,
            ignoreSignature: true,
        });
        expect(chain.counts()).toEqual(before);
        expect(await alice.getSeqno()).toBe(seqno);
        const balance = (await chain.account(alice.address)).balance;
        await chain.send(message);
        const spent = balance - toNano('1') - (await chain.account(alice.address)).balance;
        const total = BigInt(f.in_fwd_fee + f.storage_fee + f.gas_fee + f.fwd_fee);
        expect(f.gas_fee).toBeGreaterThan(0);
        expect(f.fwd_fee).toBeGreaterThan(0);
        expect(f.in_fwd_fee).toBeGreaterThan(0);
        expect(total - spent).toBeGreaterThanOrEqual(-1n);
        expect(total - spent).toBeLessThanOrEqual(1n);

        // not deployed yet, signature unknown
        const fresh = WalletContractV4.create({ workchain: 0, publicKey: Buffer.alloc(32, 5) });
        await chain.faucet(fresh.address, toNano('1'));
        const args = { initCode: fresh.init.code, initData: fresh.init.data, ignoreSignature: true };
        const body = fresh.createTransfer({
            seqno: 0,
            secretKey: alice.keyPair.secretKey,
            messages: [],
            timeout: chain.now + 60,
        });
        expect(
            (await client.estimateExternalMessageFee(fresh.address, { ...args, body })).source_fees.gas_fee,
        ).toBeGreaterThan(0);
        await expect(
            client.estimateExternalMessageFee(fresh.address, { ...args, body, ignoreSignature: false }),
        ).rejects.toThrow('500');
    });

    it('answers plain REST, by query and by body', async () => {
        const a = encodeURIComponent(alice.address.toString());
        const info = await request(`${rest}getAddressInformation?address=${a}`);
        expect(info).toMatchObject({ status: 200, body: { ok: true, result: { state: 'active' } } });
        const raw = alice.address.toRawString();
        expect((await post(`${rest}getAddressBalance`, { address: raw })).body.result).toBe(info.body.result.balance);
        expect((await request(`${rest}getAddressState?address=${address(60).toString()}`)).body.result).toBe(
            'uninitialized',
        );
        const extended = (await request(`${rest}getExtendedAddressInformation?address=${a}`)).body.result;
        expect(extended.account_state).toMatchObject({ '@type': 'raw.accountState', code: info.body.result.code });
        const wallet = (await request(`${rest}getWalletInformation?address=${a}`)).body.result;
        expect(wallet).toMatchObject({ wallet: true, seqno: await alice.getSeqno() });
        expect((await request(`${rest}getWalletInformation?address=${address(1).toString()}`)).body.result.wallet).toBe(
            false,
        );
        const run = await post(`${rest}runGetMethod`, { address: raw, method: 'seqno', stack: [] });
        expect(run.body.result.stack).toEqual([['num', `0x${(await alice.getSeqno()).toString(16)}`]]);
        const txs = await request(`${rest}getTransactions?address=${a}&limit=2&archival=true`);
        expect(txs.body.result).toHaveLength(2);
        const [newest] = txs.body.result as unknown as { out_msgs: object[] }[];
        expect(newest.out_msgs[0]).toMatchObject({ source: alice.address.toString() });
        expect((await request(`${rest}getConsensusBlock`)).body.result.consensus_block).toBe(chain.seqno);
        const param = (await request(`${rest}getConfigParam?config_id=21`)).body.result.config.bytes;
        expect(Cell.fromBase64(param).beginParse().loadUint(8)).toBe(0xd1);
        expect((await request(`${rest}getConfigAll`)).body.result.config.bytes).toBe(
            chain.config.toBoc().toString('base64'),
        );
        const message = await signedTransfer(alice, address(1), 1n, await alice.getSeqno(), chain.now + 60);
        const cell = beginCell().store(storeMessage(message)).endCell();
        const sent = await post(`${rest}sendBocReturnHash`, { boc: cell.toBoc().toString('base64') });
        expect(sent.body.result.hash).toBe(cell.hash().toString('base64'));
        expect(Buffer.from(sent.body.result.hash_norm, 'base64')).toHaveLength(32);
    });

    it('answers mistakes with a status and a reason', async () => {
        const jsonRpc = (method: unknown, params?: unknown) =>
            post(server.endpoint, { id: 7, jsonrpc: '2.0', method, params });
        const a = alice.address.toString();
        const cases: [Promise<{ status: number; body: Json }>, number, RegExp][] = [
            [jsonRpc('noSuchMethod', {}), 422, /Unknown method/],
            [jsonRpc('constructor', {}), 422, /Unknown method/],
            [jsonRpc('getAddressBalance', {}), 422, /"address" is required/],
            [jsonRpc('getAddressBalance', { address: 'EQ' }), 416, /Incorrect address/],
            [jsonRpc('getAddressBalance', ['x']), 422, /object/],
            [jsonRpc('getTransactions', { address: a, limit: 0 }), 422, /"limit" must be from 1/],
            [jsonRpc('getTransactions', { address: a, limit: 'x' }), 422, /"limit" must be an integer/],
            [jsonRpc('getTransactions', { address: a, lt: '5' }), 422, /together/],
            [jsonRpc('getTransactions', { address: a, lt: '5', hash: 'ab' }), 422, /32-byte/],
            [jsonRpc('getTransactions', { address: a, lt: '5', hash: 'ab'.repeat(32) }), 404, /Cannot find/],
            [jsonRpc('runGetMethod', { address: a, method: 'seqno', stack: [['what', 1]] }), 422, /what/],
            [jsonRpc('runGetMethod', { address: a, method: 'seqno', stack: [['num', 'zz']] }), 422, /not a number/],
            [jsonRpc('runGetMethod', { address: a, method: 'seqno', stack: 'x' }), 422, /list/],
            [jsonRpc('sendBoc', { boc: 'AAAA' }), 422, /bag of cells/],
            [jsonRpc('sendBoc', { boc: Cell.EMPTY.toBoc().toString('base64') }), 422, /not a message/],
            [jsonRpc('shards', { seqno: 10_000 }), 404, /does not exist/],
            [jsonRpc('getBlockTransactions', { workchain: 0, shard: '5', seqno: 1 }), 404, /one shard/],
            [jsonRpc('getConfigParam', { config_id: 9999 }), 404, /not set/],
            [jsonRpc('local_faucet', { address: a, amount: 'x' }), 422, /amount in TON/],
            [jsonRpc('local_faucet', { address: a, amount: '-1' }), 422, /positive/],
            [jsonRpc('local_advance', { seconds: '-1' }), 422, /duration/],
            [post(server.endpoint, '{'), 422, /not JSON/],
            [post(server.endpoint, 'null'), 422, /not an object/],
            [request(server.endpoint), 405, /POST/],
            [request(`${rest}nope`), 404, /Unknown method/],
            [post(`${rest}getAddressBalance`, '{'), 422, /not JSON/],
            [request(`${server.url}/elsewhere`), 404, /Nothing at/],
            [request(`${server.url}/`, { method: 'DELETE' }), 405, /not allowed/],
            [post(server.endpoint, 'x'.repeat(5_000_000)), 413, /too large/],
            [request(`${server.url}/v2/blockchain/accounts/xx/transactions`), 416, /Incorrect address/],
            [request(`${server.url}/v2/blockchain/accounts/${a}/transactions?sort_order=up`), 400, /sort_order/],
            [request(`${server.url}/v2/blockchain/accounts/%E0/transactions`), 400, /Malformed/],
        ];
        for (const [reply, status, error] of cases) {
            const { status: got, body } = await reply;
            expect({ got, body }).toEqual({
                got: status,
                body: expect.objectContaining({ ok: false, code: status, error: expect.stringMatching(error) }),
            });
        }
        const refused = await signedTransfer(alice, address(1), 1n, 999, chain.now + 60);
        const boc = beginCell().store(storeMessage(refused)).endCell().toBoc().toString('base64');
        const reply = await jsonRpc('sendBoc', { boc });
        expect(reply.status).toBe(500);
        expect(reply.body).toMatchObject({ ok: false, id: 7, error: expect.stringContaining('exit code 33') });
    });

    it('carries every type of stack value that toncenter has', async () => {
        // a contract whose only getter gives back what it was called with: recv_internal() and get are "SETCP0 DROP"
        const code = beginCell().storeUint(0xff00, 16).storeUint(0x30, 8).endCell();
        const echo = { code, data: Cell.EMPTY };
        const to = new Address(0, beginCell().storeUint(6, 5).storeRef(code).storeRef(Cell.EMPTY).endCell().hash());
        await chain.faucet(to, toNano('1'), echo);
        const cell = beginCell().storeUint(5, 32).endCell();
        const b64 = cell.toBoc().toString('base64');
        const { stack } = await client.runMethod(to, 'anything', [
            { type: 'int', value: -(2n ** 255n) },
            { type: 'int', value: 2n ** 255n },
            { type: 'cell', cell },
            { type: 'slice', cell },
            { type: 'builder', cell },
        ]);
        expect(stack.readBigNumber()).toBe(-(2n ** 255n));
        expect(stack.readBigNumber()).toBe(2n ** 255n);
        for (const type of ['cell', 'slice', 'builder']) {
            const item = stack.pop();
            expect(item.type).toBe(type);
            expect((item as { cell: Cell }).cell).toEqualCell(cell);
        }
        const nested = [
            ['tuple', [['num', 5], ['null'], ['tvm.Cell', b64], ['list', []], ['tuple', [['slice', { bytes: b64 }]]]]],
            ['null'],
        ];
        const reply = await post(`${rest}runGetMethod`, { address: to.toString(), method: 1000, stack: nested });
        const number = (n: string) => ({
            '@type': 'tvm.stackEntryNumber',
            number: { '@type': 'tvm.numberDecimal', number: n },
        });
        const nothing = { '@type': 'tvm.list', elements: [] };
        expect(reply.body.result.stack).toEqual([
            [
                'tuple',
                {
                    '@type': 'tvm.tuple',
                    elements: [
                        number('5'),
                        { '@type': 'tvm.stackEntryList', list: nothing },
                        { '@type': 'tvm.stackEntryCell', cell: { '@type': 'tvm.cell', bytes: b64 } },
                        { '@type': 'tvm.stackEntryList', list: nothing },
                        {
                            '@type': 'tvm.stackEntryTuple',
                            tuple: {
                                '@type': 'tvm.tuple',
                                elements: [
                                    { '@type': 'tvm.stackEntrySlice', slice: { '@type': 'tvm.slice', bytes: b64 } },
                                ],
                            },
                        },
                    ],
                },
            ],
            ['list', nothing],
        ]);
    });

    it('serves the transaction list of TON API to its client', async () => {
        const api = new TonApiClient({ baseUrl: server.url });
        const list = async (query?: Parameters<typeof api.blockchain.getBlockchainAccountTransactions>[1]) =>
            (await api.blockchain.getBlockchainAccountTransactions(alice.address, query)).transactions;
        const own = [...chain.history(alice.address)];
        const all = await list();
        expect(all.map((t) => t.lt)).toEqual(own.map((t) => t.lt));
        const [newest] = all;
        expect(newest.hash).toBe(own[0].hash.toString('hex'));
        expect(newest.endBalance).toBe((await chain.account(alice.address)).balance);
        expect(newest.account.address).toEqualAddress(alice.address);
        expect(newest).toMatchObject({
            success: true,
            aborted: false,
            transactionType: 'TransOrd',
            prevTransLt: own[1].lt,
        });
        expect(newest.prevTransHash).toBe(own[1].hash.toString('hex'));
        expect(newest.raw.hash().equals(own[0].hash)).toBe(true);
        expect(newest.outMsgs[0]).toMatchObject({ msgType: 'int_msg', opCode: 0n });
        expect(newest.inMsg?.msgType).toBe('ext_in_msg');
        expect(newest.computePhase).toMatchObject({ skipped: false, success: true, exitCode: 0 });
        expect(newest.actionPhase).toMatchObject({ success: true, totalActions: 1 });

        const lts = own.map((t) => t.lt);
        const oldest = [...lts].reverse();
        expect((await list({ limit: 2 })).map((t) => t.lt)).toEqual(lts.slice(0, 2));
        expect((await list({ limit: 2, sort_order: 'asc' })).map((t) => t.lt)).toEqual(oldest.slice(0, 2));
        const page = await list({ limit: 2, sort_order: 'asc', after_lt: oldest[1] });
        expect(page.map((t) => t.lt)).toEqual(oldest.slice(2, 4));
        expect((await list({ before_lt: lts[1] })).map((t) => t.lt)).toEqual(lts.slice(2));
        expect(stringifyBig({ a: 2n ** 70n, b: ['x'], c: -5n })).toBe('{"a":1180591620717411303424,"b":["x"],"c":-5}');
    });

    it('has what a real network lacks', async () => {
        const before = chain.now;
        expect((await request(`${rest}local_advance?seconds=7d`)).body.result.now).toBe(before + 7 * DAY);
        expect((await post(`${rest}local_faucet`, { address: address(70).toString(), amount: '2' })).status).toBe(200);
        expect(await client.getBalance(address(70))).toBe(toNano('2'));
        const views = (await request(`${rest}local_wallets?names=keeper`)).body.result as unknown as WalletView[];
        const [keeper] = views;
        const { publicKey } = await mnemonicToPrivateKey(keeper.mnemonic.split(' '));
        expect(WalletContractV4.create({ workchain: 0, publicKey }).address).toEqualAddress(
            Address.parse(keeper.address),
        );
        const used = (await request(`${rest}local_wallets`)).body.result as unknown as WalletView[];
        expect(used.map((w) => w.name)).toEqual(['alice', 'keeper']);
        expect((await request(`${rest}local_status`)).body.result).toMatchObject({
            seqno: chain.seqno,
            now: chain.now,
        });
    });

    it('lets web pages in', async () => {
        const preflight = await fetch(server.endpoint, { method: 'OPTIONS' });
        expect(preflight.status).toBe(200);
        expect(preflight.headers.get('access-control-allow-headers')).toBe('*');
        expect((await fetch(`${rest}getMasterchainInfo`)).headers.get('access-control-allow-origin')).toBe('*');
    });

    it('takes requests at the same time', async () => {
        const before = chain.counts();
        const one = () => post(`${rest}local_faucet`, { address: address(71).toString(), amount: '1' });
        const replies = await Promise.all(Array.from({ length: 20 }, one));
        expect(replies.every((r) => r.body.ok)).toBe(true);
        expect(chain.counts().seqno).toBe(before.seqno + 20);
        expect(await client.getBalance(address(71))).toBeGreaterThan(toNano('19.9'));
    });
});

describe('wallets of other programs after the clock was moved', () => {
    it.each(['v4r2', 'v5r1'] as const)('%s signs by the wall clock and is heard', async (version) => {
        const chain = await LocalChain.open(newFolder(), { executor: await sharedExecutor(), durable: false });
        const server = await LocalServer.listen(chain, 0);
        const client = new TonClient({ endpoint: server.endpoint });
        const { contract, keyPair } = await chain.wallet('alice', version);
        const wallet = client.open(contract as WalletContractV4 & WalletContractV5R1);
        for (let i = 0; i < 3; i++) {
            // no timeout given: @ton/ton takes the wall clock plus 60 s, as blueprint does
            await wallet.sendTransfer({
                seqno: await wallet.getSeqno(),
                secretKey: keyPair.secretKey,
                sendMode: SendMode.PAY_GAS_SEPARATELY,
                messages: [internal({ to: address(1), value: toNano('1'), bounce: false })],
            });
            expect(await wallet.getSeqno()).toBe(i + 1);
            const delivered = chain.transactions(address(1))[0];
            expect(delivered.now - chain.wallNow).toBeGreaterThanOrEqual(i * 30 * DAY - 1);
            await request(`${server.url}/api/v2/local_advance?seconds=30d`);
        }
        await server.close();
        await chain.close();
    });
});

describe('npm run localnet', () => {
    const ENTRY = path.resolve('tools/localnet/localnet.ts');
    const started: ChildProcess[] = [];

    async function start(dir: string, ...args: string[]) {
        const flags = [
            '-r',
            'ts-node/register/transpile-only',
            ENTRY,
            '--port',
            '0',
            '--dir',
            dir,
            '--wallets',
            'alice',
        ];
        const child = spawn(process.execPath, [...flags, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
        started.push(child);
        let output = '';
        const url = await new Promise<string>((resolve, reject) => {
            const read = (chunk: Buffer) => {
                output += chunk.toString();
                const m = /listening on (\S+)/.exec(output);
                if (m) resolve(m[1]);
            };
            child.stdout.on('data', read);
            child.stderr.on('data', read);
            child.once('exit', (code) => reject(new Error(`exit ${code}: ${output}`)));
        });
        return { child, url, output: () => output };
    }

    afterAll(() => started.forEach((c) => c.kill('SIGKILL')));

    it('loses nothing it has acknowledged when it is killed', async () => {
        const dir = newFolder();
        let expected = 0n;
        for (let round = 0; round < 3; round++) {
            const { child, url } = await start(dir);
            const balance = async () =>
                BigInt((await request(`${url}/api/v2/getAddressBalance?address=${address(1).toString()}`)).body.result);
            expect(await balance()).toBeGreaterThanOrEqual(expected);
            const one = { address: address(1).toString(), amount: '1' };
            let acknowledged = await balance();
            const busy = (async () => {
                for (;;) {
                    await post(`${url}/api/v2/local_faucet`, one);
                    acknowledged += 999_000_000n; // less than what arrives: storage is paid for
                }
            })();
            // In the middle of the traffic, however slow the machine is: after at least three acknowledged messages.
            const three = acknowledged + 3n * 999_000_000n;
            while (acknowledged < three) await new Promise((resolve) => setTimeout(resolve, 50));
            // Its sockets close before the process is gone, and until it is gone the folder is rightly in use.
            const gone = once(child, 'exit');
            child.kill('SIGKILL');
            await expect(busy).rejects.toThrow();
            await gone;
            expect(acknowledged).toBeGreaterThan(expected);
            expected = acknowledged;
        }
        expect(fs.existsSync(path.join(dir, 'lock'))).toBe(true);
        const chain = await openChain(dir, { now: undefined });
        expect((await chain.account(address(1))).balance).toBeGreaterThanOrEqual(expected);
        const history = [...chain.history(address(1))];
        expect(history).toHaveLength(chain.counts().transactions - 1);
        await chain.close();
    });

    it('stops in an orderly way and refuses what cannot work', async () => {
        const dir = newFolder();
        const { child, output } = await start(dir, '--now', String(START));
        expect(output()).toContain('WALLET_MNEMONIC="');
        await expect(start(dir)).rejects.toThrow(/exit 1: .*in use by process/);
        child.kill('SIGTERM');
        const [code] = await once(child, 'exit');
        expect(code).toBe(0);
        expect(fs.existsSync(path.join(dir, 'lock'))).toBe(false);
        await expect(start(dir, '--port', '99999')).rejects.toThrow(/exit 1: .*--port/);
    });
});
