/** Which gas constant of contracts/token/gas.tact covers what, and the most expensive path of each. */
import { Address, beginCell, Cell, Dictionary, toNano, Transaction } from '@ton/core';
import { SendMessageResult } from '@ton/sandbox';

import * as built from '../../../build/ShareMinter/ShareMinter_ShareMinter';
import { offchainMetadata, tokenCodes } from '../../../wrappers/token';
import { START_TIME } from '../chain';
import { refuse, succeeded, txsAt } from '../pool/transactions';
import { TOKEN_PEOPLE, TokenUnit } from './token-unit';

export type TokenConstant =
    | 'GAS_TRANSFER_CHAIN'
    | 'GAS_BURN_CHAIN'
    | 'GAS_MINT_CHAIN'
    | 'GAS_DISCOVERY'
    | 'GAS_WALLET_BOUNCE'
    | 'GAS_MINTER_BOUNCE'
    | 'GAS_GENESIS_BASE'
    | 'GAS_GENESIS_ROW'
    | 'GAS_GENESIS_WALLET'
    | 'GAS_MINTER_SMALL';

export const constantOf = (name: TokenConstant): bigint => built[name];

/** A payload that does not fit beside the header of a notification. */
export const LONG_PAYLOAD = beginCell()
    .storeUint((1n << 250n) - 1n, 250)
    .endCell()
    .beginParse();

/** Forward prices of the basechain in a configuration, as the contracts compute with them. */
export function forwardPrices(config: Cell) {
    const params = config.beginParse().loadDictDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell());
    // msg_forward_prices#ea lump_price bit_price cell_price : uint64, ihr_price_factor:uint32, first_frac:uint16
    const s = params.get(25)!.beginParse().skip(8);
    const [lump, bit, cell] = [s.loadUintBig(64), s.loadUintBig(64), s.loadUintBig(64)];
    const first = BigInt(s.skip(32).loadUint(16));
    return {
        fee: (cells: number, bits: number): bigint =>
            lump + (BigInt(bits) * bit + BigInt(cells) * cell + 0xffffn) / 0x10000n,
        /** GETORIGINALFWDFEE of what a message says it has left. */
        original: (left: bigint): bigint => (left * 0x10000n) / (0x10000n - first),
    };
}

function gasOf(tx: Transaction): bigint {
    if (tx.description.type !== 'generic' || tx.description.computePhase.type !== 'vm') return 0n;
    return tx.description.computePhase.gasUsed;
}

/** Gas of the contracts of a chain, wallets of people left out. */
function chainGas(unit: TokenUnit, result: SendMessageResult): bigint {
    const people = new Set(TOKEN_PEOPLE.map((name) => BigInt(`0x${unit.address(name).hash.toString('hex')}`)));
    return result.transactions.filter((tx) => !people.has(tx.address)).reduce((sum, tx) => sum + gasOf(tx), 0n);
}

/** The most that each constant has to cover, measured. */
export async function measureToken(): Promise<Record<TokenConstant, bigint>> {
    const most = {} as Record<TokenConstant, bigint>;
    const note = (name: TokenConstant, gas: bigint) => {
        if (gas > (most[name] ?? 0n)) most[name] = gas;
    };
    const value = toNano('3');
    // Seven minters beside the first one: the dictionary is as deep as it gets.
    const names = ['minter', 'admin', 'second', 'alice', 'bob', 'carol', 'dave', 'stranger'] as const;
    const unit = await TokenUnit.create({ minters: names });
    const { minter, blockchain } = unit;
    const admin = unit.sender('admin');

    // chains that people pay for
    const rich = { value, forwardTonAmount: toNano('0.1') };
    for (const forwardPayload of [null, LONG_PAYLOAD, Cell.EMPTY]) {
        for (const by of names) {
            const options = { ...rich, forwardPayload, by, from: unit.address(by), response: unit.address(by) };
            note('GAS_MINT_CHAIN', chainGas(unit, await unit.mint('alice', unit.tokens(1_000_000), options)));
        }
        for (const to of ['bob', 'carol'] as const) {
            const options = { ...rich, forwardPayload, customPayload: Cell.EMPTY };
            note('GAS_TRANSFER_CHAIN', chainGas(unit, await unit.transfer('alice', to, unit.tokens(1000), options)));
        }
    }
    note('GAS_BURN_CHAIN', chainGas(unit, await unit.burn('alice', unit.tokens(1000), { value })));
    const ask = { owner: unit.address('alice'), includeAddress: true, value };
    note('GAS_DISCOVERY', chainGas(unit, await minter.sendProvideWalletAddress(unit.sender('bob'), ask)));
    note('GAS_DISCOVERY', chainGas(unit, await minter.sendProvideSupply(unit.sender('bob'), { nonce: 1n, value })));

    // bounces
    const undo = await refuse(blockchain, unit.wallet('dave').address);
    const failed = await unit.transfer('alice', 'dave', 5n, { value });
    note('GAS_WALLET_BOUNCE', gasOf(txsAt(failed, unit.wallet('alice').address)[1]));
    for (const by of names) {
        const result = await unit.mint('dave', unit.tokens(1000), { value, by, from: unit.address(by) });
        note('GAS_MINTER_BOUNCE', gasOf(txsAt(result, minter.address)[1]));
    }
    await undo();

    // genesis
    const back = unit.checkpoint();
    const list = (n: number): [Address, bigint][] =>
        Array.from({ length: n }, (_, i) => [new Address(0, Buffer.alloc(32, i + 1)), unit.tokens(1000)]);
    const genesis = async (n: number) => {
        const result = await minter.sendGenesis(admin, { recipients: list(n), value });
        const own = gasOf(txsAt(result, minter.address)[0]);
        const wallets = result.transactions.map(gasOf).filter((gas) => gas > 309n && gas < own);
        return { own, wallet: n === 0 ? 0n : wallets.reduce((a, b) => (a > b ? a : b)) };
    };
    const none = await genesis(0);
    await back();
    const all = await genesis(16);
    note('GAS_GENESIS_BASE', none.own);
    note('GAS_GENESIS_ROW', (all.own - none.own + 15n) / 16n);
    note('GAS_GENESIS_WALLET', all.wallet);

    // everything else, with as much announced as there can be
    await back();
    const small = async (send: Promise<SendMessageResult>) => {
        const result = await send;
        const [tx] = txsAt(result, minter.address);
        if (!succeeded(tx)) throw new Error('refused');
        note('GAS_MINTER_SMALL', gasOf(tx));
    };
    const content = offchainMetadata('x'.repeat(300));
    await small(minter.sendRemoveMinter(admin, { minter: unit.address('stranger'), value }));
    await small(minter.sendAddMinter(admin, { minter: unit.address('stranger'), value }));
    await small(minter.sendChangeMetadata(admin, { content, value }));
    await genesis(0);
    const { minterCode } = await tokenCodes();
    const codeHash = BigInt(`0x${minterCode.hash().toString('hex')}`);
    const announce = async () => {
        await small(minter.sendAddMinter(admin, { minter: new Address(0, Buffer.alloc(32, 7)), value }));
        await small(minter.sendChangeMetadata(admin, { content, value }));
        await small(minter.sendAnnounceUpgrade(admin, { codeHash, value }));
    };
    await announce();
    await small(minter.sendCancelMinter(admin, { value }));
    await small(minter.sendCancelMetadata(admin, { value }));
    await small(minter.sendCancelUpgrade(admin, { value }));
    await announce();
    blockchain.now = START_TIME + 48 * 3600;
    await small(minter.sendApplyMinter(admin, { value }));
    await small(minter.sendApplyMetadata(admin, { value }));
    await small(minter.sendApplyUpgrade(admin, { code: minterCode, value }));
    await small(minter.sendRemoveMinter(admin, { minter: unit.address('minter'), value }));
    await small(minter.sendAddMinter(admin, { minter: unit.address('minter'), value }));
    blockchain.now += 48 * 3600;
    await small(minter.sendApplyMinter(admin, { value }));
    await small(minter.sendChangeAdmin(admin, { newAdmin: unit.address('dave'), value }));
    await small(minter.sendClaimAdmin(unit.sender('dave'), { value }));
    await small(minter.sendDropAdmin(unit.sender('dave'), { value }));
    return most;
}
