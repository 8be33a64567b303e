/** The scripts of the channel on a local chain: repeated, interrupted, dry, refused; in TON and in a jetton. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address } from '@ton/core';

import { Exit } from '../../scripts/lib/errors';
import * as channelVoucher from '../../scripts/settlement/channelVoucher';
import * as claimChannel from '../../scripts/settlement/claimChannel';
import * as closeChannel from '../../scripts/settlement/closeChannel';
import * as openChannel from '../../scripts/settlement/openChannel';
import * as deployToken from '../../scripts/token/deployToken';
import { PaymentChannel } from '../../wrappers/settlement/channel';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { DAY, World } from '../scripts/support';
import { KEYS } from '../support/settlement/channel-unit';

jest.setTimeout(120_000);

let world: World;
let key: Record<'consumer' | 'provider' | 'hot', string>;
beforeEach(async () => {
    world = await World.create();
    await world.names('consumer', 'provider', 'stranger');
    const seed = (n: number) => Buffer.alloc(32, n).toString('hex');
    key = {
        consumer: world.file('consumer.key', seed(1)),
        provider: world.file('provider.key', `${seed(2)}\n`),
        hot: world.file('hot.key', seed(3)),
    };
});
afterEach(() => world.close());

const hex = (k: keyof typeof KEYS) => KEYS[k].publicKey.toString('hex');
const planned = () => ['--provider', 'provider', '--provider-key', hex('provider'), '--key', key.consumer];
const open = (deposit: string, ...more: string[]) =>
    world.run('consumer', openChannel, [deposit, ...planned(), '--yes', ...more]);
const manifest = () =>
    JSON.parse(fs.readFileSync(path.join(world.dir, 'deployments', 'local', 'channel.json'), 'utf8')) as {
        contract: { raw: string };
    };
const channel = () => world.chain.open(PaymentChannel.createFromAddress(Address.parse(manifest().contract.raw)));
const voucherFile = () => path.join(world.dir, 'voucher.json');
const sign = (amount: string, signer = key.consumer, ...more: string[]) =>
    world.run('consumer', channelVoucher, [
        ...['--amount', amount, '--tokens', '1000', '--model', 'claude', '--key', signer],
        ...['--voucher', voucherFile(), '--json', ...more],
    ]);
const claim = (who: string, ...more: string[]) =>
    world.run(who, claimChannel, ['--voucher', voucherFile(), '--yes', '--json', ...more]);
const close = (who: string, ...more: string[]) => world.run(who, closeChannel, ['--yes', '--json', ...more]);

describe('a channel for TON', () => {
    it('is opened, paid through, and closed by agreement; every script may be run twice', async () => {
        const opened = await open('10', '--json');
        expect(opened.error).toBeUndefined();
        expect([opened.sent, opened.json.deposit]).toEqual([1, '10000000000']);
        expect((await open('10')).sent).toBe(0);
        const more = await world.run('consumer', openChannel, ['12', '--yes']);
        expect([more.error, more.sent, (await channel().getChannelData()).deposit]).toEqual([
            undefined,
            1,
            12_000_000_000n,
        ]);

        expect((await sign('5')).json).toMatchObject({ ok: true, claimable: '5000000000' });
        const claimed = await claim('provider');
        expect([claimed.error, claimed.sent, claimed.json.claimed]).toEqual([undefined, 1, '5000000000']);
        const again = await claim('provider');
        expect([again.error, again.sent, again.json.gain]).toEqual([undefined, 0, '0']);

        const file = path.join(world.dir, 'agreement.json');
        const first = await close('consumer', '--agree', '7', '--key', key.consumer, '--agreement', file);
        expect([first.error, first.sent]).toEqual([undefined, 0]);
        const second = await close('provider', '--agree', '7', '--key', key.provider, '--agreement', file);
        expect([second.error, second.sent, second.json.state]).toEqual([undefined, 1, 'closed']);
        const after = await close('provider');
        expect([after.error, after.sent, after.json.claimed]).toEqual([undefined, 0, '7000000000']);
        expect((await open('20')).error?.message).toMatch(/ERROR_CHANNEL_CLOSED/);
        expect((await sign('8')).error?.message).toMatch(/ERROR_CHANNEL_CLOSED/);
        expect((await claim('provider')).error?.message).toMatch(/ERROR_CHANNEL_CLOSED/);
    });

    it('is closed by the window, in two runs, by whom it concerns', async () => {
        await open('10');
        await sign('4');
        const early = await close('stranger');
        expect([early.error?.exitCode, early.sent]).toEqual([Exit.refused, 0]);
        const started = await close('consumer');
        expect([started.error, started.json.state]).toEqual([undefined, 'closing']);
        expect((await close('consumer')).sent).toBe(0);
        // Less than 500 fees, but now or never.
        expect((await claim('stranger')).json).toMatchObject({ ok: true, claimed: '4000000000' });
        await world.chain.advance(DAY);
        expect((await claim('provider')).error?.message).toMatch(/ERROR_CHANNEL_CLOSED/);
        expect((await close('stranger')).json).toMatchObject({ state: 'closed', claimed: '4000000000' });
    });

    it("is closed by the provider's last voucher", async () => {
        await open('10');
        await sign('4');
        const wrong = await close('consumer', '--voucher', voucherFile());
        expect(wrong.error?.message).toMatch(/ERROR_CHANNEL_NOT_PARTY/);
        expect((await close('provider', '--voucher', voucherFile())).json).toMatchObject({
            state: 'closed',
            claimed: '4000000000',
        });
        expect((await close('provider', '--voucher', path.join(world.dir, 'none.json'))).sent).toBe(0);
    });

    it('is not claimed for nothing', async () => {
        await open('10');
        await sign('0.5');
        const poor = await claim('provider');
        expect([poor.error?.exitCode, poor.sent]).toEqual([Exit.refused, 0]);
        expect(poor.error?.message).toMatch(/500 times the fee/);
        expect((await claim('provider', '--ratio', '0')).json).toMatchObject({ ok: true, gain: '500000000' });
    });

    it('goes on after an interruption and sends nothing in a dry run', async () => {
        const dry = await open('10', '--dry-run');
        expect([dry.error, dry.sent, fs.existsSync(path.join(world.dir, 'deployments'))]).toEqual([
            undefined,
            0,
            false,
        ]);
        const cut = await world.run('consumer', openChannel, ['10', ...planned(), '--yes'], 0);
        expect(cut.error?.exitCode).toBe(Exit.rejected);
        const again = await world.run('consumer', openChannel, ['10', '--yes']);
        expect([again.error, again.sent]).toEqual([undefined, 1]);
        expect((await sign('4', key.consumer, '--dry-run')).error).toBeUndefined();
        expect(fs.existsSync(voucherFile())).toBe(false);
    });

    it.each<[string, string[], RegExp]>([
        ['no provider', ['10', '--yes'], /--provider/],
        ['a bad key', ['10', '--provider', 'provider', '--provider-key', 'ab'], /not a public key/],
        ['a short window', ['10', '--window', '1m'], /challenge window/],
        ['a short life', ['10', '--lifetime', '1h'], /expires within/],
        ['a bad deposit', ['ten'], /not an amount/],
        ['itself', ['10', '--provider', 'consumer'], /the same/],
    ])('is not opened with %s', async (_, args, message) => {
        const base = args.includes('--provider') || args.includes('--yes') ? [] : ['--provider', 'provider'];
        const keys =
            args.includes('--provider-key') || args.includes('--yes') ? [] : ['--provider-key', hex('provider')];
        const run = await world.run('consumer', openChannel, [
            ...args,
            ...base,
            ...keys,
            '--key',
            key.consumer,
            '--dry-run',
        ]);
        expect(run.error?.message).toMatch(message);
        expect([run.error?.exitCode, run.sent]).toEqual([Exit.usage, 0]);
    });

    it('has vouchers that only grow, of the right key, within the deposit', async () => {
        await open('10', '--hot-key', hex('hot'));
        await sign('4');
        expect((await sign('3')).error?.message).toMatch(/signed for already/);
        expect((await sign('11')).error?.message).toMatch(/top it up/);
        expect((await sign('5', key.provider)).error?.message).toMatch(/ERROR_CHANNEL_SIGNATURE/);
        expect((await sign('5', path.join(world.dir, 'none'))).error?.exitCode).toBe(Exit.usage);
        expect((await sign('5', key.hot)).error).toBeUndefined();
        const shown = await world.run('stranger', channelVoucher, ['--voucher', voucherFile(), '--json']);
        expect(shown.json).toMatchObject({ ok: true, claimable: '5000000000' });
        const none = await world.run('stranger', channelVoucher, ['--voucher', path.join(world.dir, 'x.json')]);
        expect(none.error?.message).toMatch(/no voucher/);
        fs.writeFileSync(voucherFile(), '{}');
        expect((await claim('provider')).error?.exitCode).toBe(Exit.usage);
        expect((await claim('provider', '--channel', 'stranger')).error?.exitCode).toBe(Exit.usage);
        expect((await close('consumer', '--agree', '11', '--key', key.consumer)).error?.message).toMatch(
            /ERROR_CHANNEL_AMOUNT/,
        );
        expect((await close('consumer', '--agree', '5', '--key', key.hot)).error?.message).toMatch(
            /ERROR_CHANNEL_SIGNATURE/,
        );
        expect((await close('consumer', '--agree', '5')).error?.message).toMatch(/Which key/);
    });
});

it('a channel for a jetton is opened, claimed and closed', async () => {
    const list = world.file('genesis.csv', 'owner,amount\nconsumer,1000\n');
    await world.run('stranger', deployToken, ['--name', 'Share', '--symbol', 'SHARE', '--genesis', list, '--yes']);
    const token = JSON.parse(fs.readFileSync(path.join(world.dir, 'deployments', 'local', 'token.json'), 'utf8')) as {
        minter: { raw: string };
    };
    const minter = world.chain.open(ShareMinter.createFromAddress(Address.parse(token.minter.raw)));
    const balance = async (who: string) =>
        world.chain
            .open(ShareWallet.createFromAddress(await minter.getWalletAddress(await world.address(who))))
            .getBalance();
    const opened = await open('100', '--jetton', token.minter.raw, '--json');
    expect([opened.error, opened.sent, opened.json.deposit]).toEqual([undefined, 2, '100000000000']);
    expect((await open('100', '--jetton', token.minter.raw)).sent).toBe(0);
    await sign('30');
    expect((await claim('provider')).json).toMatchObject({ ok: true, claimed: '30000000000' });
    expect(await balance('provider')).toBe(30_000_000_000n);
    await sign('50');
    expect((await close('provider', '--voucher', voucherFile())).json).toMatchObject({ state: 'closed' });
    expect([await balance('provider'), await balance('consumer')]).toEqual([50_000_000_000n, 950_000_000_000n]);
});
