/** Who may not: wrong keys, wrong words, wrong networks, wrong senders, wrong moments, wrong assets. Nothing changes. */
import { Address, beginCell, Cell, toNano } from '@ton/core';

import { ChannelExit, keyToInt, PaymentChannel, signAgreement, TEST_NETWORK } from '../../wrappers/settlement/channel';
import { ShareMinter } from '../../wrappers/token';
import { ChannelPerson, ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';

const TON = toNano('1');
const E = ChannelExit;

describe.each([false, true])('a channel (jetton: %s)', (jetton) => {
    let unit: ChannelUnit;
    let other: ChannelUnit;
    let restore: () => Promise<void>;
    beforeAll(async () => {
        unit = await ChannelUnit.create({ jetton });
        other = await ChannelUnit.create({ jetton, terms: { salt: 1 }, deposit: 0n });
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const refusedVoucher = async (code: number, ...[amount, given]: Parameters<ChannelUnit['voucher']>) => {
        const voucher = unit.voucher(amount, given);
        await unit.refused(code, () => unit.claim(voucher));
        await unit.refused(code, () => unit.claim(voucher, 'consumer'));
        await unit.refused(code, () => unit.providerClose(voucher));
    };

    it('refuses vouchers of other keys, channels, networks and words', async () => {
        await refusedVoucher(E.ERROR_CHANNEL_SIGNATURE, TON, { signer: KEYS.provider });
        await refusedVoucher(E.ERROR_CHANNEL_SIGNATURE, TON, { signer: KEYS.hot });
        await refusedVoucher(E.ERROR_CHANNEL_SIGNATURE, TON, { channel: other.address });
        await refusedVoucher(E.ERROR_CHANNEL_SIGNATURE, TON, { networkId: TEST_NETWORK });
        const good = unit.voucher(TON);
        for (const bad of [
            { ...good, amount: good.amount + 1n },
            { ...good, tokens: good.tokens + 1n },
            { ...good, model: good.model + 1n },
            { ...good, signature: Buffer.alloc(64) },
        ]) {
            await unit.refused(E.ERROR_CHANNEL_SIGNATURE, () => unit.claim(bad));
            await unit.refused(E.ERROR_CHANNEL_SIGNATURE, () => unit.providerClose(bad));
        }
    });

    it('a channel of the other asset has another address, so its vouchers are worth nothing here', async () => {
        const twin = await PaymentChannel.createFromTerms({
            ...unit.terms,
            jetton: jetton ? null : { minter: unit.of('issuer') },
        });
        await refusedVoucher(E.ERROR_CHANNEL_SIGNATURE, TON, { channel: twin.address });
    });

    it('refuses replays and vouchers out of order', async () => {
        await unit.claim(5n * TON);
        for (const amount of [0n, 1n, 5n * TON - 1n, 5n * TON]) {
            await unit.refused(E.ERROR_CHANNEL_OLD_VOUCHER, () => unit.claim(amount));
        }
        await unit.claim(5n * TON + 1n);
        expect((await unit.data()).claimed).toBe(5n * TON + 1n);
        // Spent: nothing more until somebody deposits.
        await unit.claim(200n * TON);
        await unit.refused(E.ERROR_CHANNEL_OLD_VOUCHER, () => unit.claim(300n * TON));
    });

    it('a cooperative close is no voucher and no voucher a close', async () => {
        const agreement = unit.agreement(5n * TON);
        const signature = signAgreement(agreement, KEYS.consumer).signature;
        await unit.refused(E.ERROR_CHANNEL_SIGNATURE, () => unit.claim({ ...unit.voucher(5n * TON), signature }));
        const body = PaymentChannel.coopCloseBody({
            agreement,
            consumerSignature: unit.voucher(5n * TON).signature,
            providerSignature: signAgreement(agreement, KEYS.provider).signature,
        });
        await unit.refused(E.ERROR_CHANNEL_SIGNATURE, () => unit.send('provider', body));
    });

    it('a cooperative close needs both keys, this channel, this network, this amount and this time', async () => {
        const good = unit.agreement(5n * TON);
        const send = (args: Parameters<typeof PaymentChannel.coopCloseBody>[0]) => () =>
            unit.send('provider', PaymentChannel.coopCloseBody(args));
        for (const args of [
            unit.coopArgs(good, { consumer: KEYS.provider }),
            unit.coopArgs(good, { provider: KEYS.consumer }),
            unit.coopArgs(good, { consumer: KEYS.hot }),
            unit.coopArgs({ ...good, channel: other.address }),
            unit.coopArgs({ ...good, networkId: TEST_NETWORK }),
            { ...unit.coopArgs(good), agreement: { ...good, amount: good.amount + 1n } },
            { ...unit.coopArgs(good), agreement: { ...good, validUntil: good.validUntil + 1 } },
        ]) {
            await unit.refused(E.ERROR_CHANNEL_SIGNATURE, send(args));
        }
        unit.at(good.validUntil);
        const undo = unit.checkpoint();
        await unit.send('provider', PaymentChannel.coopCloseBody(unit.coopArgs(good)));
        expect((await unit.data()).state).toBe('closed');
        await undo();
        unit.at(good.validUntil + 1);
        await unit.refused(E.ERROR_CHANNEL_TOO_LATE, send(unit.coopArgs(good)));
        expect((await unit.data()).state).toBe('open');
    });

    it('a hot key cannot close', async () => {
        await unit.channel.sendSetHotKey(unit.via('consumer'), { key: KEYS.hot.publicKey, value: TON });
        const args = unit.coopArgs(unit.agreement(5n * TON), { consumer: KEYS.hot });
        const send = () => unit.send('provider', PaymentChannel.coopCloseBody(args));
        await unit.refused(E.ERROR_CHANNEL_SIGNATURE, send);
    });

    it('a cooperative close is never below what was claimed nor above the deposit', async () => {
        await unit.claim(50n * TON);
        for (const amount of [50n * TON - 1n, 100n * TON + 1n, 0n]) {
            await unit.refused(E.ERROR_CHANNEL_AMOUNT, () => unit.coopClose(amount));
        }
        await unit.coopClose(50n * TON);
        expect((await unit.data()).claimed).toBe(50n * TON);
    });

    it("only the provider speaks the provider's last word", async () => {
        for (const by of ['consumer', 'stranger', 'issuer'] as const) {
            await unit.refused(E.ERROR_CHANNEL_NOT_PARTY, () => unit.providerClose(5n * TON, by));
        }
    });

    it('only the two start the window, until the expiry', async () => {
        for (const by of ['stranger', 'issuer'] as const) {
            await unit.refused(E.ERROR_CHANNEL_NOT_PARTY, () => unit.startClose(by));
        }
        unit.at(unit.terms.expiresAt - 1);
        await unit.refused(E.ERROR_CHANNEL_NOT_PARTY, () => unit.startClose('stranger'));
        unit.at(unit.terms.expiresAt);
        await unit.startClose('stranger');
        expect((await unit.data()).state).toBe('closing');
    });

    it('only the consumer changes the hot key, one at a time', async () => {
        const { channel } = unit;
        const key = KEYS.hot.publicKey;
        const set =
            (by: ChannelPerson, k = key) =>
            () =>
                channel.sendSetHotKey(unit.via(by), { key: k, value: TON });
        const revoke = (by: ChannelPerson) => () => channel.sendRevokeHotKey(unit.via(by), { value: TON });
        await unit.refused(E.ERROR_CHANNEL_HOT_KEY, revoke('consumer'));
        for (const by of ['provider', 'stranger'] as const) await unit.refused(E.ERROR_CHANNEL_NOT_PARTY, set(by));
        await unit.refused(E.ERROR_BAD_PARAMETER, set('consumer', Buffer.alloc(32)));
        await set('consumer')();
        await unit.refused(E.ERROR_CHANNEL_HOT_KEY, set('consumer', KEYS.second.publicKey));
        for (const by of ['provider', 'stranger'] as const) await unit.refused(E.ERROR_CHANNEL_NOT_PARTY, revoke(by));
        await revoke('consumer')();
        await unit.refused(E.ERROR_CHANNEL_HOT_KEY, revoke('consumer'));
        unit.advance(DAY - 1);
        await unit.refused(E.ERROR_CHANNEL_HOT_KEY, set('consumer', KEYS.second.publicKey));
        unit.advance(1);
        // Its time is over: it signs nothing any more, and another may come.
        await refusedVoucher(E.ERROR_CHANNEL_SIGNATURE, TON, { signer: KEYS.hot });
        await set('consumer', KEYS.second.publicKey)();
        await refusedVoucher(E.ERROR_CHANNEL_SIGNATURE, TON, { signer: KEYS.hot });
        await unit.claim(unit.voucher(TON, { signer: KEYS.second }));
        expect(await unit.data()).toMatchObject({ claimed: TON, hotKey: KEYS.second.publicKey, hotUntil: 0 });
    });

    it('no hot key is no key: the zero key signs nothing', async () => {
        // Zero encodes a point of order four: for one message in four, R = 1 and s = 0 would be its signature.
        const signature = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]);
        for (let i = 1n; i <= 16n; i++) {
            await unit.refused(E.ERROR_CHANNEL_SIGNATURE, () => unit.claim({ ...unit.voucher(i), signature }));
        }
    });

    it('nothing after the close', async () => {
        await unit.coopClose(10n * TON);
        const closed = (send: Parameters<typeof unit.refused>[1]) => unit.refused(E.ERROR_CHANNEL_CLOSED, send);
        await closed(() => unit.claim(20n * TON));
        await closed(() => unit.claim(20n * TON, 'stranger'));
        await closed(() => unit.providerClose(20n * TON));
        await closed(() => unit.coopClose(20n * TON));
        await closed(() => unit.startClose());
        await closed(() => unit.channel.sendSetHotKey(unit.via('consumer'), { key: KEYS.hot.publicKey, value: TON }));
        await unit.refused(E.ERROR_CHANNEL_NOT_DUE, () => unit.finish());
        unit.advance(1000 * DAY);
        await closed(() => unit.startClose('stranger'));
        await unit.refused(E.ERROR_CHANNEL_NOT_DUE, () => unit.finish());
        await closed(() => unit.claim(20n * TON));
    });

    it('cannot be deployed again: the same StateInit changes nothing', async () => {
        await unit.coopClose(10n * TON);
        const { init } = await PaymentChannel.createFromTerms(unit.terms);
        await unit.people.stranger.send({ to: unit.address, value: TON, init, bounce: false });
        expect((await unit.data()).state).toBe('closed');
    });

    it('revoking after the close is refused as well', async () => {
        await unit.channel.sendSetHotKey(unit.via('consumer'), { key: KEYS.hot.publicKey, value: TON });
        await unit.coopClose(10n * TON);
        const send = () => unit.channel.sendRevokeHotKey(unit.via('consumer'), { value: TON });
        await unit.refused(E.ERROR_CHANNEL_CLOSED, send);
    });

    it('refuses operations it does not know, and has no door for external messages', async () => {
        const unknown = beginCell().storeUint(0x99999999, 32).endCell();
        await unit.refused(E.ERROR_UNKNOWN_OP, () => unit.send('consumer', unknown));
        const voucher = unit.voucher(TON);
        await expect(
            unit.blockchain.sendMessage({
                info: { type: 'external-in', dest: unit.address, importFee: 0n },
                body: PaymentChannel.claimBody({ voucher }),
            }),
        ).rejects.toThrow();
    });

    it('refuses bodies that are too short', async () => {
        for (const op of ['ChannelClaim', 'ChannelCoopClose', 'ChannelProviderClose', 'ChannelStartClose'] as const) {
            const body = beginCell().storeUint(PaymentChannel.opcodes[op], 32).storeUint(1, 32).endCell();
            await unit.refused(9, () => unit.send('provider', body));
        }
    });

    it('refuses messages for the other kind of asset', async () => {
        const send = (body: Cell) => unit.refused(E.ERROR_CHANNEL_ASSET, () => unit.send('consumer', body, 5n * TON));
        if (jetton) {
            await send(PaymentChannel.depositBody({ amount: TON }));
            return;
        }
        await send(PaymentChannel.askWalletBody());
        await send(PaymentChannel.releaseBody({ to: 'provider' }));
        await send(PaymentChannel.syncBody({ amount: 1n }));
        await send(answer(unit.of('stranger')));
    });
});

/** take_wallet_address. */
function answer(wallet: Address | null): Cell {
    return beginCell()
        .storeUint(ShareMinter.opcodes.TakeWalletAddress, 32)
        .storeUint(0, 64)
        .storeAddress(wallet)
        .storeBit(false)
        .endCell();
}

describe('the wallet of a jetton channel', () => {
    it('is named by the minter alone, once', async () => {
        const unit = await ChannelUnit.create({ jetton: true, deposit: 0n });
        // Before it is known nothing can be proved.
        const minter = unit.minter!.address;
        await unit.people.stranger.send({
            to: unit.address,
            value: 2n * TON,
            init: (await PaymentChannel.createFromTerms(unit.terms)).init,
        });
        expect((await unit.data()).jetton).toMatchObject({ wallet: null });
        await unit.refused(E.ERROR_CHANNEL_WALLET, () =>
            unit.channel.sendSync(unit.via('stranger'), { amount: 1n, value: TON }),
        );
        await unit.refused(E.ERROR_CHANNEL_NOT_PARTY, () => unit.send('stranger', answer(unit.of('stranger'))));
        const fromMinter = (body: Cell) =>
            unit.blockchain.sendMessage({
                info: {
                    type: 'internal',
                    ihrDisabled: true,
                    bounce: false,
                    bounced: false,
                    src: minter,
                    dest: unit.address,
                    value: { coins: TON },
                    ihrFee: 0n,
                    forwardFee: 0n,
                    createdAt: 0,
                    createdLt: 0n,
                },
                body,
            });
        await unit.refused(E.ERROR_CHANNEL_WALLET, () => fromMinter(answer(null)));
        await unit.channel.sendAskWallet(unit.via('stranger'), { value: 2n * TON });
        const { wallet } = (await unit.data()).jetton!;
        expect(wallet).toEqualAddress(unit.wallet(unit.address).address);
        await unit.refused(E.ERROR_CHANNEL_WALLET, () => fromMinter(answer(unit.of('stranger'))));
        await unit.refused(E.ERROR_CHANNEL_WALLET, () =>
            unit.channel.sendAskWallet(unit.via('stranger'), { value: 2n * TON }),
        );
    });

    it('has nothing to release while nothing is due', async () => {
        const unit = await ChannelUnit.create({ jetton: true });
        for (const to of ['consumer', 'provider'] as const) {
            await unit.refused(E.ERROR_CHANNEL_NOTHING_DUE, () =>
                unit.channel.sendRelease(unit.via('stranger'), { to, value: TON }),
            );
        }
        await unit.refused(E.ERROR_BAD_PARAMETER, () =>
            unit.channel.sendSync(unit.via('stranger'), { amount: 0n, value: TON }),
        );
    });
});

it('what is signed is the same on and off the chain', async () => {
    const unit = await ChannelUnit.create();
    const { voucherHash, agreementHash } = await import('../../wrappers/settlement/channel');
    const most = { amount: (1n << 96n) - 1n, tokens: (1n << 48n) - 1n, model: (1n << 256n) - 1n };
    for (const words of [{ amount: 0n, tokens: 0n, model: 0n }, { amount: 1n, tokens: 2n, model: 3n }, most]) {
        const voucher = { networkId: -239, channel: unit.address, ...words };
        expect(await unit.channel.getVoucherHash(words)).toEqual(voucherHash(voucher));
    }
    for (const agreement of [unit.agreement(0n), unit.agreement(most.amount, { validUntil: 0xffffffff })]) {
        expect(await unit.channel.getCloseHash(agreement)).toEqual(agreementHash(agreement));
    }
    expect(keyToInt(KEYS.consumer.publicKey)).toBeGreaterThan(0n);
});
