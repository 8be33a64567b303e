/** Dishonest, offline, or at the same time: what each side can get at most, whatever the other does. */
import { toNano } from '@ton/core';

import { ChannelExit } from '../../wrappers/settlement/channel';
import { kept, outs, succeeded } from '../support/pool/transactions';
import { ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';

const TON = toNano('1');
const E = ChannelExit;

let unit: ChannelUnit;
let restore: () => Promise<void>;
beforeAll(async () => {
    unit = await ChannelUnit.create();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

it('a consumer who closes early takes nothing that was signed for: the provider answers within the window', async () => {
    await unit.claim(5n * TON);
    await unit.startClose('consumer');
    unit.advance(DAY - 1);
    // An old voucher that the consumer submits himself changes nothing for the newest.
    await unit.claim(6n * TON, 'consumer');
    await unit.claim(30n * TON, 'provider');
    unit.advance(1);
    expect(kept(unit.tx(await unit.finish('consumer')))).toBe(-70n * TON);
    expect((await unit.data()).claimed).toBe(30n * TON);
});

it('a consumer cannot end the channel before the window does', async () => {
    await unit.startClose('consumer');
    await unit.refused(E.ERROR_CHANNEL_NOT_DUE, () => unit.finish('consumer'));
    await unit.refused(E.ERROR_CHANNEL_CLOSING, () => unit.startClose('consumer'));
    await unit.refused(E.ERROR_CHANNEL_CLOSING, () => unit.startClose('provider'));
    unit.advance(DAY - 1);
    await unit.refused(E.ERROR_CHANNEL_NOT_DUE, () => unit.finish('consumer'));
    unit.advance(1);
    await unit.finish('consumer');
    expect((await unit.data()).state).toBe('closed');
});

it('an open channel cannot be finished, however old', async () => {
    await unit.refused(E.ERROR_CHANNEL_NOT_DUE, () => unit.finish());
    unit.advance(365 * DAY);
    await unit.refused(E.ERROR_CHANNEL_NOT_DUE, () => unit.finish());
});

it('a provider who comes too late gets nothing more, even if nobody has finished', async () => {
    await unit.startClose('consumer');
    unit.advance(DAY);
    await unit.refused(E.ERROR_CHANNEL_CLOSED, () => unit.claim(30n * TON));
    await unit.refused(E.ERROR_CHANNEL_CLOSED, () => unit.providerClose(30n * TON));
    await unit.finish('provider');
    expect((await unit.data()).claimed).toBe(0n);
});

it('both may still agree when the window is over', async () => {
    await unit.startClose('consumer');
    unit.advance(3 * DAY);
    await unit.coopClose(30n * TON);
    expect(await unit.data()).toMatchObject({ state: 'closed', claimed: 30n * TON });
});

it('a provider who closes with an old voucher has closed: his newest is worth nothing more', async () => {
    await unit.providerClose(5n * TON);
    await unit.refused(E.ERROR_CHANNEL_CLOSED, () => unit.claim(30n * TON));
    expect((await unit.data()).claimed).toBe(5n * TON);
});

it('the provider can end a window at once with his newest voucher', async () => {
    await unit.startClose('consumer');
    await unit.providerClose(30n * TON);
    expect(await unit.data()).toMatchObject({ state: 'closed', claimed: 30n * TON });
});

it('a provider without a voucher closes with the window; he can still claim in it', async () => {
    await unit.startClose('provider');
    await unit.claim(30n * TON);
    unit.advance(DAY);
    await unit.finish();
    expect((await unit.data()).claimed).toBe(30n * TON);
});

it('expiry takes nothing from the provider: claims count until the window ends', async () => {
    unit.at(unit.terms.expiresAt + 100 * DAY);
    await unit.claim(10n * TON);
    await unit.startClose('stranger');
    unit.advance(DAY - 1);
    await unit.claim(20n * TON, 'stranger');
    unit.advance(1);
    await unit.finish('stranger');
    expect(await unit.data()).toMatchObject({ state: 'closed', claimed: 20n * TON });
});

it('both offline: anyone brings the consumer his money back after the expiry', async () => {
    unit.at(unit.terms.expiresAt);
    const started = unit.tx(await unit.startClose('stranger'));
    expect(outs(started)[0].to).toEqualAddress(unit.of('stranger'));
    unit.advance(DAY);
    const tx = unit.tx(await unit.finish('stranger'));
    expect(outs(tx)[0].to).toEqualAddress(unit.of('consumer'));
    expect(outs(tx)[0].value).toBe(100n * TON);
    expect(outs(tx)[1].to).toEqualAddress(unit.of('stranger'));
    expect(outs(tx)[1].value).toBeLessThan(TON);
});

it('a channel without expiry waits for one of the two', async () => {
    const endless = await ChannelUnit.create({ terms: { expiresAt: 0 } });
    endless.advance(10 * 365 * DAY);
    await endless.refused(E.ERROR_CHANNEL_NOT_PARTY, () => endless.startClose('stranger'));
    await endless.startClose('provider');
    expect((await endless.data()).state).toBe('closing');
});

it('the window of the terms counts', async () => {
    const short = await ChannelUnit.create({ terms: { window: 3600 } });
    await short.startClose();
    expect((await short.data()).closeAt).toBe(short.now + 3600);
    await restore();
    await short.channel.sendSetHotKey(short.via('consumer'), { key: KEYS.hot.publicKey, value: TON });
    await short.channel.sendRevokeHotKey(short.via('consumer'), { value: TON });
    expect((await short.data()).hotUntil).toBe(short.now + 3600);
});

it('a revoked key counts for one window more, also while the channel closes', async () => {
    await unit.channel.sendSetHotKey(unit.via('consumer'), { key: KEYS.hot.publicKey, value: TON });
    await unit.channel.sendRevokeHotKey(unit.via('consumer'), { value: TON });
    unit.advance(DAY / 2);
    await unit.startClose();
    unit.advance(DAY / 2 - 1);
    await unit.claim(unit.voucher(5n * TON, { signer: KEYS.hot }));
    unit.advance(1);
    await unit.refused(E.ERROR_CHANNEL_SIGNATURE, () => unit.claim(unit.voucher(6n * TON, { signer: KEYS.hot })));
    await unit.claim(6n * TON);
    expect((await unit.data()).claimed).toBe(6n * TON);
});

it('an agreement that has been overtaken by a claim is refused; a claim after the close, too', async () => {
    const agreement = unit.agreement(10n * TON);
    await unit.claim(20n * TON);
    await unit.refused(E.ERROR_CHANNEL_AMOUNT, () => unit.coopClose(agreement));
    await unit.coopClose(20n * TON);
    await unit.refused(E.ERROR_CHANNEL_CLOSED, () => unit.claim(30n * TON));
});

it('a deposit while it closes is the consumer’s, unless he has signed for it', async () => {
    await unit.startClose();
    await unit.deposit(50n * TON, 'stranger');
    await unit.claim(120n * TON);
    unit.advance(DAY);
    expect(kept(unit.tx(await unit.finish()))).toBe(-30n * TON);
});

it('a deposit of nothing is nothing', async () => {
    const result = await unit.channel.sendDeposit(unit.via('stranger'), { amount: 0n });
    expect(succeeded(unit.tx(result))).toBe(true);
    expect((await unit.data()).deposit).toBe(100n * TON);
});

it('one party may be both in the books of the sandbox: everything to him, once', async () => {
    const alone = await ChannelUnit.create({ terms: { provider: unit.of('consumer') } });
    expect(kept(alone.tx(await alone.coopClose(40n * TON, 'consumer')))).toBe(-100n * TON);
});
