/** The toncenter v2 API over the engine. Names, parameters and shapes follow toncenter. */
import {
    Address,
    AccountState,
    Cell,
    Dictionary,
    external,
    loadMessage,
    loadTransaction,
    Message,
    toNano,
} from '@ton/core';
import { GetMethodError, SmartContract } from '@ton/sandbox';
import { parseDuration } from '../clock';
import { LocalChain } from '../engine';
import { normalizedHash } from '../messages';
import { StoredTx } from '../txlog';
import { walletLayout } from '../wallet-messages';
import { blockId, boc64, decodeStack, encodeStack, encodeTransaction, SHARD, transactionId } from './encode';
import { ApiError, decodeCell, INVALID_REQUEST, Params } from './params';

export type Methods = Record<string, (p: Params) => Promise<unknown>>;

const MAX_PAGE = 1_000;
const MAX_SEQNO = 0x7fffffff;
const NOT_FOUND = 404;

function stateName(state: AccountState | undefined): 'active' | 'frozen' | 'uninitialized' {
    return state?.type === 'active' || state?.type === 'frozen' ? state.type : 'uninitialized';
}

function lastTransaction(c: SmartContract) {
    const hash = Buffer.from(c.lastTransactionHash.toString(16).padStart(64, '0'), 'hex');
    return transactionId(c.lastTransactionLt, c.lastTransactionLt === 0n ? undefined : hash);
}

function codeAndData(c: SmartContract) {
    const state = c.accountState;
    const active = state?.type === 'active' ? state.state : undefined;
    return {
        code: active?.code ? boc64(active.code) : '',
        data: active?.data ? boc64(active.data) : '',
        frozen_hash:
            state?.type === 'frozen'
                ? Buffer.from(state.stateHash.toString(16).padStart(64, '0'), 'hex').toString('base64')
                : '',
    };
}

function extraCurrencies(c: SmartContract) {
    return Object.entries(c.ec).map(([id, amount]) => ({
        '@type': 'extraCurrency',
        id: Number(id),
        amount: `${amount}`,
    }));
}

function parseExternal(boc: string): { message: Message; cell: Cell } {
    const cell = decodeCell(boc, 'Parameter "boc"');
    let message: Message;
    try {
        message = loadMessage(cell.beginParse());
    } catch {
        throw new ApiError(INVALID_REQUEST, 'Parameter "boc" is not a message');
    }
    if (message.info.type !== 'external-in') {
        throw new ApiError(INVALID_REQUEST, 'Only external inbound messages can be sent');
    }
    return { message, cell };
}

export function accountMethods(chain: LocalChain): Methods {
    const info = async (p: Params) => chain.account(p.address('address'));
    return {
        async getAddressInformation(p) {
            const c = await info(p);
            return {
                '@type': 'raw.fullAccountState',
                balance: c.balance.toString(),
                extra_currencies: extraCurrencies(c),
                ...codeAndData(c),
                last_transaction_id: lastTransaction(c),
                block_id: blockId(chain.seqno),
                sync_utime: chain.now,
                state: stateName(c.accountState),
            };
        },
        async getExtendedAddressInformation(p) {
            const c = await info(p);
            const { code, data, frozen_hash } = codeAndData(c);
            return {
                '@type': 'fullAccountState',
                address: { '@type': 'accountAddress', account_address: c.address.toString() },
                balance: c.balance.toString(),
                extra_currencies: extraCurrencies(c),
                last_transaction_id: lastTransaction(c),
                block_id: blockId(chain.seqno),
                sync_utime: chain.now,
                account_state:
                    c.accountState?.type === 'active'
                        ? { '@type': 'raw.accountState', code, data, frozen_hash }
                        : { '@type': 'uninited.accountState', frozen_hash },
                revision: 0,
            };
        },
        async getAddressBalance(p) {
            return (await info(p)).balance.toString();
        },
        async getAddressState(p) {
            return stateName((await info(p)).accountState);
        },
        async getWalletInformation(p) {
            const c = await info(p);
            const code = c.accountState?.type === 'active' ? c.accountState.state.code : undefined;
            const layout = code ? walletLayout(code) : undefined;
            const base = {
                wallet: layout !== undefined,
                balance: c.balance.toString(),
                account_state: stateName(c.accountState),
                last_transaction_id: lastTransaction(c),
            };
            if (!layout) return base;
            const { stackReader } = await chain.runGetMethod(c.address, 'seqno');
            return { ...base, wallet_type: `wallet ${layout}`, seqno: stackReader.readNumber() };
        },
        async runGetMethod(p) {
            const address = p.address('address');
            const name = p.string('method');
            const stack = decodeStack(p.has('stack') ? p.raw('stack') : undefined);
            const reply = { '@type': 'smc.runResult', block_id: blockId(chain.seqno) };
            const c = await chain.account(address);
            if (c.accountState?.type !== 'active') return { ...reply, gas_used: 0, exit_code: -13, stack: [] };
            try {
                const r = await chain.runGetMethod(address, /^\d+$/.test(name) ? Number(name) : name, stack);
                return { ...reply, gas_used: Number(r.gasUsed), exit_code: r.exitCode, stack: encodeStack(r.stack) };
            } catch (e) {
                if (!(e instanceof GetMethodError)) throw e;
                return { ...reply, gas_used: Number(e.gasUsed), exit_code: e.exitCode, stack: [] };
            }
        },
    };
}

export function messageMethods(chain: LocalChain): Methods {
    return {
        async sendBoc(p) {
            await chain.send(parseExternal(p.string('boc')).message);
            return { '@type': 'ok' };
        },
        async sendBocReturnHash(p) {
            const { message, cell } = parseExternal(p.string('boc'));
            await chain.send(message);
            return {
                '@type': 'raw.extMessageInfo',
                hash: cell.hash().toString('base64'),
                hash_norm: normalizedHash(message).toString('base64'),
            };
        },
        async estimateFee(p) {
            const code = p.has('init_code') ? p.cell('init_code') : undefined;
            const data = p.has('init_data') ? p.cell('init_data') : undefined;
            const message = external({
                to: p.address('address'),
                init: code || data ? { code, data } : undefined,
                body: p.cell('body'),
            });
            const fees = await chain.estimate(message, { ignoreSignature: p.bool('ignore_chksig', true) });
            return {
                '@type': 'query.fees',
                source_fees: {
                    '@type': 'fees',
                    in_fwd_fee: Number(fees.inFwdFee),
                    storage_fee: Number(fees.storageFee),
                    gas_fee: Number(fees.gasFee),
                    fwd_fee: Number(fees.fwdFee),
                },
                destination_fees: [],
            };
        },
    };
}

function parsed(tx: StoredTx) {
    return loadTransaction(Cell.fromBoc(tx.boc)[0].beginParse());
}

export function transactionMethods(chain: LocalChain): Methods {
    const isLink = (m: Message | null | undefined, source: Address, destination: Address, lt: bigint) =>
        m?.info.type === 'internal' &&
        m.info.createdLt === lt &&
        m.info.src.equals(source) &&
        m.info.dest.equals(destination);
    const link = (p: Params) =>
        [p.address('source'), p.address('destination'), p.bigint('created_lt')] as [Address, Address, bigint];
    const result = async (p: Params) => {
        const [source, destination, lt] = link(p);
        for (const tx of chain.history(destination)) {
            if (tx.lt < lt) break;
            if (isLink(parsed(tx).inMessage, source, destination, lt)) return encodeTransaction(tx);
        }
        throw new ApiError(NOT_FOUND, 'Transaction was not found');
    };
    return {
        async getTransactions(p) {
            const limit = p.int('limit', { min: 1, max: MAX_PAGE, fallback: 10 });
            const after = p.bigint('to_lt', 0n);
            const from = p.has('lt') ? p.bigint('lt') : undefined;
            const hash = p.has('hash') ? p.hash('hash') : undefined;
            if ((from === undefined) !== (hash === undefined)) {
                throw new ApiError(INVALID_REQUEST, 'Parameters "lt" and "hash" must be given together');
            }
            const out = [];
            for (const tx of chain.history(p.address('address'))) {
                if (from !== undefined && tx.lt > from) continue;
                // the first one reached must be the one that was named
                if (out.length === 0 && hash && (tx.lt !== from || !tx.hash.equals(hash))) break;
                if (tx.lt <= after || out.length === limit) return out;
                out.push(encodeTransaction(tx));
            }
            if (hash && out.length === 0)
                throw new ApiError(NOT_FOUND, `Cannot find transaction with lt ${from} and this hash`);
            return out;
        },
        tryLocateTx: result,
        tryLocateResultTx: result,
        async tryLocateSourceTx(p) {
            const [source, destination, lt] = link(p);
            // a message's lt lies between that of the transaction that sends it and the account's next one
            for (const tx of chain.history(source)) {
                if (tx.lt >= lt) continue;
                if (
                    parsed(tx)
                        .outMessages.values()
                        .some((m) => isLink(m, source, destination, lt))
                ) {
                    return encodeTransaction(tx);
                }
                break;
            }
            throw new ApiError(NOT_FOUND, 'Transaction was not found');
        },
    };
}

export function blockMethods(chain: LocalChain): Methods {
    const seqnoOf = (p: Params) => {
        const seqno = p.int('seqno', { min: 0, max: MAX_SEQNO });
        if (seqno > chain.seqno) throw new ApiError(NOT_FOUND, `Block ${seqno} does not exist yet`);
        return seqno;
    };
    return {
        async getMasterchainInfo() {
            const last = blockId(chain.seqno);
            return { '@type': 'blocks.masterchainInfo', last, state_root_hash: last.root_hash, init: blockId(0) };
        },
        async getConsensusBlock() {
            return { consensus_block: chain.seqno, timestamp: chain.now };
        },
        async shards(p) {
            return { '@type': 'blocks.shards', shards: [blockId(seqnoOf(p), 0)] };
        },
        async getBlockTransactions(p) {
            const workchain = p.int('workchain', { min: -1, max: 0 });
            const seqno = seqnoOf(p);
            if (p.has('shard') && p.bigint('shard') !== BigInt(SHARD))
                throw new ApiError(NOT_FOUND, 'There is one shard only');
            const count = p.int('count', { min: 1, max: MAX_PAGE, fallback: MAX_PAGE });
            const all = (chain.block(seqno)?.transactions ?? []).filter((t) => t.account.startsWith(`${workchain}:`));
            return {
                '@type': 'blocks.transactions',
                id: blockId(seqno, workchain),
                req_count: count,
                incomplete: all.length > count,
                transactions: all.slice(0, count).map((t) => ({
                    '@type': 'blocks.shortTxId',
                    mode: 135,
                    account: t.account,
                    lt: t.lt.toString(),
                    hash: t.hash.toString('base64'),
                })),
            };
        },
        async getConfigParam(p) {
            const id = p.int(p.has('config_id') ? 'config_id' : 'param', { min: -0x80000000, max: 0x7fffffff });
            const params = chain.config.beginParse().loadDictDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell());
            const cell = params.get(id);
            if (!cell) throw new ApiError(NOT_FOUND, `Config parameter ${id} is not set`);
            return { '@type': 'configInfo', config: { '@type': 'tvm.cell', bytes: boc64(cell) } };
        },
        async getConfigAll() {
            return { '@type': 'configInfo', config: { '@type': 'tvm.cell', bytes: boc64(chain.config) } };
        },
    };
}

/** What a real network does not have. */
export function localMethods(chain: LocalChain): Methods {
    const walletView = async (name: string) => {
        const w = await chain.wallet(name);
        const balance = (await chain.account(w.address)).balance.toString();
        return {
            name,
            address: w.address.toString({ bounceable: false, testOnly: true }),
            version: w.version,
            balance,
            mnemonic: w.mnemonic,
        };
    };
    return {
        async local_faucet(p) {
            let amount: bigint;
            try {
                amount = toNano(p.string('amount'));
            } catch {
                throw new ApiError(INVALID_REQUEST, 'Parameter "amount" must be an amount in TON');
            }
            if (amount <= 0n) throw new ApiError(INVALID_REQUEST, 'Parameter "amount" must be positive');
            await chain.faucet(p.address('address'), amount);
            return { '@type': 'ok' };
        },
        async local_advance(p) {
            return { now: await chain.advance(parseDuration(p.string('seconds'))) };
        },
        async local_wallets(p) {
            const names = p.has('names') ? p.string('names').split(',') : chain.walletNames();
            const out = [];
            for (const name of names) out.push(await walletView(name.trim()));
            return out;
        },
        async local_status() {
            const { lt, ...counts } = chain.counts();
            return { ...counts, lt: lt.toString(), wall: chain.wallNow };
        },
    };
}

export function toncenterMethods(chain: LocalChain): Methods {
    return {
        ...accountMethods(chain),
        ...messageMethods(chain),
        ...transactionMethods(chain),
        ...blockMethods(chain),
        ...localMethods(chain),
    };
}
