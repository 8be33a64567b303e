/**
 * Jettons that do not get where they should: refused by the channel's wallet or by the receiver's, of another kind, too
 * early, too late, without TON. Nothing is lost: it is due to a party, or can be proved.
 */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal, SendMessageResult } from '@ton/sandbox';

import { channelEvents, ChannelExit, PaymentChannel } from '../../wrappers/settlement/channel';
import { onchainMetadata, ShareMinter, ShareWallet, tokenCodes } from '../../wrappers/token';
import {
    bounceOf,
    install,
    jettonNotification,
    kept,
    outs,
    refuse,
    stateHash,
    succeeded,
    txAt,
} from '../support/pool/transactions';
import { underCoverage } from '../support/coverage';
import { ChannelUnit, DAY } from '../support/settlement/channel-unit';

const TON = toNano('1');
const op = PaymentChannel.opcodes;
const TO_SELF = 2n;

let unit: ChannelUnit;
let restore: () => Promise<void>;
let own: Address;
beforeAll(async () => {
    unit = await ChannelUnit.create({ jetton: true });
    own = unit.wallet(unit.address).address;
    restore = unit.checkpoint();
});
beforeEach(() => restore());

const due = async () => {
    const { jetton } = await unit.data();
    return [jetton!.dueProvider, jetton!.dueConsumer];
};
const release = (to: 'provider' | 'consumer') =>
    unit.channel.sendRelease(unit.via('stranger'), { to, value: TON, queryId: 12 });
const sync = (amount: bigint) => unit.channel.sendSync(unit.via('stranger'), { amount, value: TON });
/** Held jettons = what the books say. */
const expectBooked = async () => {
    const { state, deposit, claimed } = await unit.data();
    const [toProvider, toConsumer] = await due();
    const owed = state === 'closed' ? 0n : deposit - claimed;
    expect(await unit.jettons('channel')).toBe(owed + toProvider + toConsumer);
};

describe('a payout that the own wallet refuses', () => {
    const whileRefusing = async (send: () => Promise<SendMessageResult>) => {
        const undo = await refuse(unit.blockchain, own);
        const result = await send();
        await undo();
        return result;
    };

    it('of a claim is due to the provider and is sent again by anyone', async () => {
        const result = await whileRefusing(() => unit.claim(5n * TON));
        expect(await due()).toEqual([5n * TON, 0n]);
        expect(channelEvents(result.transactions, 'ChannelDue')).toMatchObject([
            { queryId: 7n, toConsumer: false, kind: 0n, amount: 5n * TON },
        ]);
        await expectBooked();
        // Newer vouchers do not pay it twice.
        await unit.claim(8n * TON);
        expect(await unit.jettons('provider')).toBe(3n * TON);
        const sent = await release('provider');
        expect(kept(unit.tx(sent))).toBe(0n);
        expect(channelEvents(sent.transactions, 'ChannelDue')).toMatchObject([{ kind: 3n, amount: 5n * TON }]);
        expect(await unit.jettons('provider')).toBe(8n * TON);
        expect(await due()).toEqual([0n, 0n]);
        await expectBooked();
    });

    it.each([(1n << 64n) - 1n, 1n << 62n, 1n << 63n])(
        'does not mistake the party for any query id (%s)',
        async (queryId) => {
            const claim = () =>
                unit.channel.sendClaim(unit.via('stranger'), { voucher: unit.voucher(5n * TON), value: TON, queryId });
            await whileRefusing(claim);
            expect(await due()).toEqual([5n * TON, 0n]);
            const sent = await release('provider');
            const back = outs(txAt(sent, unit.wallet(unit.of('provider')).address));
            expect(back.map((o) => [o.op, o.queryId])).toEqual([[op.Excesses, 12n]]);
        },
    );

    it('of a close is due to both', async () => {
        const before = await unit.jettons('consumer');
        await whileRefusing(() => unit.coopClose(40n * TON));
        expect(await due()).toEqual([40n * TON, 60n * TON]);
        await expectBooked();
        await release('consumer');
        await release('provider');
        expect([await unit.jettons('provider'), await unit.jettons('consumer')]).toEqual([
            40n * TON,
            before + 60n * TON,
        ]);
        await expectBooked();
    });

    it('is due again when it is refused again', async () => {
        await whileRefusing(() => unit.providerClose(40n * TON));
        await whileRefusing(() => release('provider'));
        expect(await due()).toEqual([40n * TON, 60n * TON]);
        await expectBooked();
    });

    it('of the largest amount fits into the bounce', async () => {
        const body = beginCell()
            .storeUint(op.JettonTransfer, 32)
            .storeUint((1n << 62n) | 5n, 64)
            .storeCoins((1n << 120n) - 1n)
            .storeAddress(own)
            .endCell();
        await unit.blockchain.sendMessage(bounceOf({ from: unit.address, to: own, value: TON, body }));
        expect(await due()).toEqual([0n, (1n << 120n) - 1n]);
    });

    it('without TON for an event is booked all the same', async () => {
        const body = beginCell().storeUint(op.JettonTransfer, 32).storeUint(5, 64).storeCoins(7).endCell();
        const bounce = bounceOf({
            from: unit.address,
            to: own,
            value: (await unit.channel.getNotifyCost()) - 1n,
            body,
        });
        const result = await unit.blockchain.sendMessage(bounce);
        expect(await due()).toEqual([7n, 0n]);
        expect(channelEvents(result.transactions)).toHaveLength(0);
    });
});

it('bounces of anything else change nothing', async () => {
    const before = await stateHash(unit.blockchain, unit.address);
    const transfer = beginCell().storeUint(op.JettonTransfer, 32).storeUint(5, 64).storeCoins(7).endCell();
    const ask = beginCell().storeUint(op.ProvideWalletAddress, 32).storeUint(5, 64).endCell();
    for (const [to, body] of [
        [unit.of('stranger'), transfer],
        [unit.minter!.address, ask],
        [own, ask],
    ] as const) {
        const result = await unit.blockchain.sendMessage(bounceOf({ from: unit.address, to, value: TON, body }));
        expect(succeeded(unit.tx(result))).toBe(true);
    }
    expect(await stateHash(unit.blockchain, unit.address)).toBe(before);
    const ton = await ChannelUnit.create();
    const state = await stateHash(ton.blockchain, ton.address);
    const bounce = bounceOf({ from: ton.address, to: ton.of('stranger'), value: TON, body: transfer });
    expect(succeeded(ton.tx(await ton.blockchain.sendMessage(bounce)))).toBe(true);
    expect(await stateHash(ton.blockchain, ton.address)).toBe(state);
});

describe('the balance proof', () => {
    const lose = async () => {
        // The provider's wallet refuses: the jettons are back in the channel's wallet, and only it knows.
        const undo = await refuse(unit.blockchain, unit.wallet(unit.of('provider')).address);
        await unit.claim(5n * TON);
        await undo();
        expect(await unit.jettons('channel')).toBe(100n * TON);
    };

    it('books what came back from the second hop as a deposit', async () => {
        await lose();
        const result = await sync(5n * TON);
        expect(channelEvents(result.transactions)).toMatchObject([{ event: 'ChannelDeposited', deposit: 105n * TON }]);
        expect(await unit.data()).toMatchObject({
            deposit: 105n * TON,
            claimed: 5n * TON,
            jetton: { syncPending: false },
        });
        await expectBooked();
        // The consumer signs for it anew, and the provider has it.
        await unit.claim(10n * TON);
        expect(await unit.jettons('provider')).toBe(5n * TON);
    });

    it('may prove a part', async () => {
        await lose();
        await sync(2n * TON);
        expect((await unit.data()).deposit).toBe(102n * TON);
        unit.advance(3600);
        await sync(3n * TON);
        await expectBooked();
    });

    // Markers of a coverage run take more gas than a proof brings home.
    (underCoverage ? it.skip : it)('books it to the consumer after the close', async () => {
        await lose();
        await unit.coopClose(5n * TON);
        const result = await sync(5n * TON);
        expect(channelEvents(result.transactions)).toMatchObject([
            { event: 'ChannelDue', toConsumer: true, kind: 2n, amount: 5n * TON },
        ]);
        expect(await due()).toEqual([0n, 5n * TON]);
        await expectBooked();
        await release('consumer');
        expect(await unit.jettons('channel')).toBe(0n);
    });

    it('shows nothing where there is nothing', async () => {
        await sync(1n);
        expect(await unit.data()).toMatchObject({ deposit: 100n * TON, jetton: { syncPending: false } });
        await expectBooked();
    });

    it('once an hour', async () => {
        await sync(1n);
        unit.advance(3599);
        await unit.refused(ChannelExit.ERROR_CHANNEL_SYNC_WAIT, () => sync(1n));
        unit.advance(1);
        await sync(1n);
    });

    // The own wallet as an account that swallows everything: messages of it can be written by hand.
    const swallow = () => install(unit.blockchain, own, beginCell().storeUint(0, 8).endCell(), Cell.EMPTY, TON);
    const notify = (queryId: bigint, amount: bigint, sender = unit.address) =>
        unit.blockchain.sendMessage(
            internal({
                from: own,
                to: unit.address,
                value: toNano('0.1'),
                body: beginCell()
                    .storeUint(op.JettonNotification, 32)
                    .storeUint(queryId, 64)
                    .storeCoins(amount)
                    .storeAddress(sender)
                    .storeBit(false)
                    .endCell(),
            }),
        );
    const proof = () => (TO_SELF << 62n) | BigInt(unit.now);

    it.each<[string, (u: ChannelUnit) => Promise<unknown>, bigint]>([
        ['nothing', async () => {}, 5n],
        ['a claim', (u) => u.claim(3n * TON), 5n],
        ['a deposit', () => notify(1n, 4n * TON, unit.of('consumer')), 1n],
        ['a larger deposit', () => notify(1n, 40n * TON, unit.of('consumer')), 0n],
        ['a claim and a deposit', (u) => u.claim(3n * TON).then(() => notify(1n, 4n * TON, u.of('consumer'))), 1n],
    ])('is right whatever happens on its way: %s', async (_, meanwhile, booked) => {
        await swallow();
        await sync(5n * TON);
        expect((await unit.data()).jetton).toMatchObject({ syncPending: true, syncAt: unit.now });
        const at = proof();
        await meanwhile(unit);
        const { deposit } = await unit.data();
        await notify(at, 105n * TON);
        expect(await unit.data()).toMatchObject({ deposit: deposit + booked * TON, jetton: { syncPending: false } });
        // Once.
        await notify(at, 105n * TON);
        expect((await unit.data()).deposit).toBe(deposit + booked * TON);
    });

    it('counts what is paid at the close while it is on its way, and what came late', async () => {
        await swallow();
        await sync(5n * TON);
        const at = proof();
        await unit.coopClose(30n * TON);
        await notify(1n, 7n * TON, unit.of('stranger'));
        await notify(at, 105n * TON);
        // 0.1 TON was too little to send the late ones on: they are due; the proof cannot know that they came later.
        expect(await due()).toEqual([0n, 7n * TON]);
        unit.advance(3600);
        await sync(5n * TON);
        await notify(proof(), 12n * TON);
        expect(await due()).toEqual([0n, 12n * TON]);
    });

    it('of another time counts for nothing', async () => {
        await swallow();
        await notify(proof(), 500n * TON);
        await sync(5n * TON);
        await notify(proof() + 1n, 500n * TON);
        expect(await unit.data()).toMatchObject({ deposit: 100n * TON, jetton: { syncPending: true } });
        // Its bounce, too.
        const body = (queryId: bigint) =>
            beginCell().storeUint(op.JettonTransfer, 32).storeUint(queryId, 64).storeCoins(1).endCell();
        const bounced = (queryId: bigint) =>
            unit.blockchain.sendMessage(bounceOf({ from: unit.address, to: own, value: TON, body: body(queryId) }));
        await bounced(proof() + 1n);
        expect((await unit.data()).jetton!.syncPending).toBe(true);
        await bounced(proof());
        expect((await unit.data()).jetton!.syncPending).toBe(false);
        expect(await due()).toEqual([0n, 0n]);
    });
});

describe('jettons that arrive', () => {
    it('without an answer asked for are booked, without an event', async () => {
        const result = await unit.transfer('stranger', 3n * TON, (await unit.channel.getNotifyCost()) - 1n);
        expect((await unit.data()).deposit).toBe(103n * TON);
        expect(channelEvents(result.transactions)).toHaveLength(0);
        await expectBooked();
    });

    it.each([0n, 1n])('with %s nanoton for a notification can be proved', async (forward) => {
        await unit.transfer('stranger', 3n * TON, forward);
        expect((await unit.data()).deposit).toBe(100n * TON);
        await sync(3n * TON);
        expect((await unit.data()).deposit).toBe(103n * TON);
        await expectBooked();
    });

    it('after the close with little TON are due to the consumer', async () => {
        await unit.coopClose(0n);
        const result = await unit.transfer('stranger', 3n * TON, toNano('0.1'));
        expect(channelEvents(result.transactions)).toMatchObject([{ event: 'ChannelDue', kind: 1n, amount: 3n * TON }]);
        const quiet = await unit.transfer('stranger', 4n * TON, (await unit.channel.getNotifyCost()) - 1n);
        expect(channelEvents(quiet.transactions)).toHaveLength(0);
        expect(await due()).toEqual([0n, 7n * TON]);
        const before = await unit.jettons('consumer');
        await release('consumer');
        expect(await unit.jettons('consumer')).toBe(before + 7n * TON);
    });

    it.each([
        ['as much as it costs are sent on', 0n],
        ['a nanoton less are due to the consumer', 1n],
    ])('after the close with %s', async (_, less) => {
        await unit.coopClose(0n);
        const cost = await unit.channel.getCost(PaymentChannel.opcodes.ChannelRelease);
        const before = await unit.jettons('consumer');
        await unit.transfer('stranger', 3n * TON, cost - less);
        const waits = less * 3n * TON;
        expect(await due()).toEqual([0n, waits]);
        expect(await unit.jettons('consumer')).toBe(before + 3n * TON - waits);
    });

    it('freshly minted, from nobody, are a deposit', async () => {
        await unit.minter!.sendMint(unit.via('issuer'), {
            receiver: unit.address,
            amount: 6n * TON,
            forwardTonAmount: toNano('0.1'),
            value: TON,
        });
        expect((await unit.data()).deposit).toBe(106n * TON);
        await expectBooked();
    });

    it('before the wallet is known go back', async () => {
        const early = await ChannelUnit.create({ jetton: true, deposit: 0n });
        const { init } = await PaymentChannel.createFromTerms(early.terms);
        await early.people.stranger.send({ to: early.address, value: TON, init });
        const before = await early.jettons('stranger');
        await early.transfer('stranger', 3n * TON, toNano('0.3'));
        expect(await early.jettons('stranger')).toBe(before);
        expect((await early.data()).deposit).toBe(0n);
        // Its id is 0 until then, and 0 stands for every account outside the basechain.
        const body = jettonNotification({ amount: TON, from: early.of('stranger') });
        const from = new Address(-1, Buffer.alloc(32, 7));
        await early.blockchain.sendMessage(internal({ from, to: early.address, value: TON, body, bounce: true }));
        expect((await early.data()).deposit).toBe(0n);
    });

    it.each([false, true])('of another kind go back to who sent them (jetton channel: %s)', async (jetton) => {
        const target = jetton ? unit : await ChannelUnit.create();
        const { walletCode } = await tokenCodes();
        const issuer = target.people.issuer;
        const other = target.blockchain.openContract(
            await ShareMinter.createFromConfig({
                admin: issuer.address,
                content: onchainMetadata({ name: 'Other', symbol: 'OTHER', decimals: '9' }),
                minters: [issuer.address],
                walletCode,
            }),
        );
        await other.sendDeploy(issuer.getSender(), { value: toNano('10') });
        const receiver = target.of('stranger');
        await other.sendMint(issuer.getSender(), { receiver, amount: 50n, value: TON });
        const wallet = target.blockchain.openContract(
            ShareWallet.createFromConfig({ minter: other.address, owner: receiver, walletCode }),
        );
        const state = await stateHash(target.blockchain, target.address);
        const result = await wallet.sendTransfer(target.via('stranger'), {
            destination: target.address,
            amount: 50n,
            forwardTonAmount: toNano('0.3'),
            value: TON,
        });
        expect(await wallet.getBalance()).toBe(50n);
        expect(kept(target.tx(result))).toBe(0n);
        expect(await stateHash(target.blockchain, target.address)).toBe(state);
        // With too little TON they stay where they are; the channel has nothing to do with it.
        await wallet.sendTransfer(target.via('stranger'), {
            destination: target.address,
            amount: 50n,
            forwardTonAmount: toNano('0.005'),
            value: TON,
        });
        expect(await stateHash(target.blockchain, target.address)).toBe(state);
        // From nobody: there is nobody to send them back to.
        const minted = { receiver: target.address, amount: 5n, forwardTonAmount: toNano('0.1'), value: TON };
        const tx = target.tx(await other.sendMint(issuer.getSender(), minted));
        expect(outs(tx)).toHaveLength(0);
    });

    it('a notification that somebody writes by hand books nothing', async () => {
        const body = beginCell()
            .storeUint(op.JettonNotification, 32)
            .storeUint(1, 64)
            .storeCoins(50n * TON)
            .storeAddress(unit.of('stranger'))
            .storeBit(false)
            .endCell();
        const tx = unit.tx(await unit.send('stranger', body));
        expect(kept(tx)).toBe(0n); // answered from its own value
        expect((await unit.data()).deposit).toBe(100n * TON);
    });
});

describe('a minter that does not answer', () => {
    it('leaves a channel in which nothing is', async () => {
        const lonely = await ChannelUnit.create({ jetton: true, deposit: 0n });
        const undo = await refuse(lonely.blockchain, lonely.minter!.address);
        await lonely.channel.sendAskWallet(lonely.via('consumer'), { value: 2n * TON });
        await undo();
        expect((await lonely.data()).jetton).toMatchObject({ wallet: null });
        await lonely.channel.sendAskWallet(lonely.via('stranger'), { value: 2n * TON });
        expect((await lonely.data()).jetton!.wallet).not.toBeNull();
    });

    it('and can be closed', async () => {
        const lonely = await ChannelUnit.create({ jetton: true, deposit: 0n });
        const { init } = await PaymentChannel.createFromTerms(lonely.terms);
        await lonely.people.stranger.send({ to: lonely.address, value: TON, init });
        await lonely.startClose();
        lonely.advance(DAY);
        await lonely.finish();
        expect((await lonely.data()).state).toBe('closed');
    });
});
