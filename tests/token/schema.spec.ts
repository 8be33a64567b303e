/**
 * docs/schema.tlb against reality: every message and event of minter and wallets, and what they store, is taken apart by
 * the document alone, to the last bit.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Address, Cell, toNano, Transaction } from '@ton/core';

import { offchainMetadata, ShareMinter, tokenCodes } from '../../wrappers/token';
import { START_TIME } from '../support/chain';
import { dataOf, refuse } from '../support/pool/transactions';
import { bodies, TlbSchema } from '../support/tlb';
import { LONG_PAYLOAD } from '../support/token/gas';
import { TokenUnit } from '../support/token/token-unit';

const root = path.join(__dirname, '../..');
const DOCUMENT = new TlbSchema(fs.readFileSync(path.join(root, 'docs/schema.tlb'), 'utf8'));

it('declares every message of the token family, with its opcode', () => {
    for (const file of ['messages.tact', 'emission-messages.tact']) {
        const source = fs.readFileSync(path.join(root, 'contracts/token', file), 'utf8');
        const declared = [...source.matchAll(/^message\(0x([0-9a-f]+)\) (\w+)/gm)];
        expect(declared.length).toBeGreaterThan(20);
        for (const [, opcode, name] of declared)
            expect([name, DOCUMENT.opcodes().get(parseInt(opcode, 16))?.name]).toEqual([name, name]);
    }
});

it('reads every message, event and storage of a token at work', async () => {
    const unit = await TokenUnit.create({ minters: ['minter', 'admin'] });
    const { minter } = unit;
    const seen = new Set<string>();
    const check = async (send: Promise<{ transactions: Transaction[] }>) => {
        for (const body of bodies((await send).transactions)) seen.add(DOCUMENT.readBody(body).name);
    };
    const admin = unit.sender('admin');
    const rich = { value: toNano('1'), forwardTonAmount: 1n };
    const content = offchainMetadata('https://example.org');
    await check(unit.mint('alice', 1000n, { ...rich, from: unit.address('minter'), response: unit.address('minter') }));
    await check(unit.mint('alice', 1000n));
    await check(
        unit.transfer('alice', 'bob', 5n, { ...rich, forwardPayload: LONG_PAYLOAD, customPayload: Cell.EMPTY }),
    );
    await check(unit.transfer('alice', 'bob', 5n, { ...rich, forwardPayload: Cell.EMPTY, response: null }));
    await check(unit.burn('alice', 5n));
    await check(unit.burn('alice', 5n, { response: null }));
    for (const includeAddress of [true, false])
        await check(
            minter.sendProvideWalletAddress(unit.sender('bob'), { owner: unit.address('bob'), includeAddress }),
        );
    await check(minter.sendProvideSupply(unit.sender('bob'), { nonce: 5n }));
    await check(minter.sendTopUp(unit.sender('bob'), { value: toNano('1') }));
    const undo = await refuse(unit.blockchain, unit.wallet('carol').address);
    await check(unit.mint('carol', 5n, { from: unit.address('minter') }));
    await undo();
    await check(minter.sendGenesis(admin, { recipients: [[unit.address('dave'), 5n]] }));
    const announce = async () => {
        await check(minter.sendAddMinter(admin, { minter: new Address(0, Buffer.alloc(32, 5)) }));
        await check(minter.sendChangeMetadata(admin, { content }));
        const { minterCode } = await tokenCodes();
        await check(minter.sendAnnounceUpgrade(admin, { codeHash: BigInt(`0x${minterCode.hash().toString('hex')}`) }));
    };
    await announce();
    await check(minter.sendCancelMinter(admin));
    await check(minter.sendCancelMetadata(admin));
    await check(minter.sendCancelUpgrade(admin));
    await announce();
    unit.blockchain.now = START_TIME + 48 * 3600;
    await check(minter.sendApplyMinter(admin));
    await check(minter.sendApplyMetadata(admin));
    await check(minter.sendApplyUpgrade(admin, { code: (await tokenCodes()).minterCode }));
    await check(minter.sendRemoveMinter(admin, { minter: unit.address('minter') }));
    await check(minter.sendChangeAdmin(admin, { newAdmin: unit.address('dave') }));

    const data = (address: Address) => dataOf(unit.blockchain, address);
    const storage = DOCUMENT.read('ShareMinter', await data(minter.address));
    const rest = DOCUMENT.read('MinterRest', (storage.rest as ReturnType<Cell['beginParse']>).asCell());
    expect(rest.wallet_code as Cell).toEqualCell(unit.walletCode);
    const desk = DOCUMENT.read('MinterDesk', rest.desk as Cell);
    expect(desk.next_admin as Address).toEqualAddress(unit.address('dave'));
    DOCUMENT.read('MinterNotices', desk.notices as Cell);
    const wallet = DOCUMENT.read('JettonWallet', await data(unit.wallet('bob').address));
    expect(wallet.balance).toBe(10n);
    expect(wallet.owner as Address).toEqualAddress(unit.address('bob'));

    await check(minter.sendClaimAdmin(unit.sender('dave')));
    await check(minter.sendDropAdmin(unit.sender('dave')));
    for (const name of Object.keys(ShareMinter.opcodes)) {
        expect([name, seen.has(name)]).toEqual([name, true]);
    }
});
