/**
 * docs/schema.tlb against reality: every message and event of a channel, and what it stores, is taken apart by the document
 * alone, to the last bit.
 */
import * as fs from 'fs';
import * as path from 'path';
import { beginCell, Cell, toNano, Transaction } from '@ton/core';

import { agreementBytes, PaymentChannel, voucherBytes } from '../../wrappers/settlement/channel';
import { refuse } from '../support/pool/transactions';
import { bodies, TlbSchema } from '../support/tlb';
import { ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';

const root = path.join(__dirname, '../..');
const DOCUMENT = new TlbSchema(fs.readFileSync(path.join(root, 'docs/schema.tlb'), 'utf8'));
const T = toNano('1');

it('declares every message and event of the sources', () => {
    const source = fs.readFileSync(path.join(root, 'contracts/settlement/channel-messages.tact'), 'utf8');
    const declared = [...source.matchAll(/^message\(0x([0-9a-f]+)\) (\w+)/gm)];
    expect(declared.length).toBe(19);
    for (const [, opcode, name] of declared) {
        expect([name, DOCUMENT.opcodes().get(parseInt(opcode, 16))?.name]).toEqual([name, name]);
    }
});

it('reads every message, event and storage of channels at work', async () => {
    const seen = new Set<string>();
    const check = async (send: Promise<{ transactions: Transaction[] }>) => {
        for (const body of bodies((await send).transactions)) seen.add(DOCUMENT.readBody(body).name);
    };
    for (const jetton of [false, true]) {
        const unit = await ChannelUnit.create({ jetton, deposit: 0n });
        const { channel } = unit;
        const [consumer, stranger] = [unit.via('consumer'), unit.via('stranger')];
        if (jetton) await check(channel.sendAskWallet(consumer, { value: 2n * T }));
        await check(unit.deposit(100n * T));
        await check(channel.sendSetHotKey(consumer, { key: KEYS.hot.publicKey, value: T }));
        await check(channel.sendRevokeHotKey(consumer, { value: T }));
        await check(unit.claim(T, 'stranger'));
        await check(unit.claim(2n * T));
        await check(channel.sendTopUp(stranger, { value: T }));
        if (jetton) {
            const undo = await refuse(unit.blockchain, unit.wallet(unit.address).address);
            await check(unit.claim(5n * T));
            await undo();
            await check(channel.sendRelease(stranger, { to: 'provider', value: T }));
            await check(channel.sendSync(stranger, { amount: 1n, value: T }));
        }
        const restore = unit.checkpoint();
        await check(unit.coopClose(50n * T));
        await restore();
        await check(unit.providerClose(50n * T));
        await restore();
        await check(unit.startClose());
        unit.advance(DAY);
        await check(unit.finish());

        const { accountState } = await unit.blockchain.getContract(unit.address);
        if (accountState?.type !== 'active') throw new Error('not deployed');
        const storage = DOCUMENT.read('PaymentChannel', accountState.state.data!);
        expect([storage.close_at, storage.deposit]).toEqual([0n, 100n * T]);
        const tail = DOCUMENT.read('ChannelTail', (storage.tail as ReturnType<Cell['beginParse']>).asCell());
        expect(tail.hot_until).toBe(BigInt(unit.now));
        const terms = DOCUMENT.read('ChannelTerms', tail.terms as Cell);
        expect(terms.provider).toEqualAddress(unit.of('provider'));
        expect(terms.window).toBe(BigInt(DAY));
        if (jetton) {
            const state = DOCUMENT.read('ChannelJetton', tail.jetton as Cell);
            expect(state.pending).toBe(false);
            const asset = DOCUMENT.read('ChannelAsset', terms.asset as Cell);
            expect(asset.minter).toEqualAddress(unit.minter!.address);
        } else {
            expect([tail.jetton, terms.asset]).toEqual([null, null]);
        }
    }
    const own = Object.keys(PaymentChannel.opcodes).filter((name) => name.startsWith('Channel'));
    expect(own).toHaveLength(19);
    for (const name of own) expect([name, seen.has(name)]).toEqual([name, true]);
});

it('has the layout of what is signed', async () => {
    const unit = await ChannelUnit.create({ deposit: 0n });
    const cell = (bytes: Buffer) => beginCell().storeBuffer(bytes).endCell();
    const voucher = DOCUMENT.read('SignedVoucher', cell(voucherBytes(unit.voucher(5n))));
    expect([voucher.tag, voucher.network, voucher.amount]).toEqual([0x43484e56n, -239n, 5n]);
    const agreement = DOCUMENT.read('SignedAgreement', cell(agreementBytes(unit.agreement(6n))));
    expect([agreement.tag, agreement.amount]).toEqual([0x43484e43n, 6n]);
});
