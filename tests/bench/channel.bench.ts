/**
 * Gas of a payment channel, whole chains. One size: a channel knows nobody but its two parties, so nothing here depends on
 * their number.
 *
 *   channel-deploy       first deposit, with the StateInit
 *   channel-topup        a further deposit
 *   channel-claim        a voucher, sent by the provider
 *   channel-close        signed by both, sent by the provider; both are paid
 *   channel-start-close  by the consumer
 *   channel-challenge    a voucher within the window
 *   ...-by-consumer, ...-by-other, ...-hot-key, channel-provider-close, channel-finish: the dearer ways
 *   ...-jetton           the same with jettons, their wallets included
 *
 * And how many vouchers one core signs and verifies in a second: printed, for it is not the same on any two machines.
 */
import { Address, toNano } from '@ton/core';

import { measure, walletPredicate } from '../../tools/bench/measure';
import type { Recorder } from '../../tools/bench/rows';
import { channelVoucher, signVoucher, verifyVoucher } from '../../wrappers/settlement/channel';
import { CHANNEL_PEOPLE, ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';

const T = toNano('1');
const CHANNEL = new Address(0, Buffer.alloc(32, 7));

async function tour(record: Recorder, jetton: boolean): Promise<void> {
    const suffix = jetton ? '-jetton' : '';
    const unit = await ChannelUnit.create({ jetton, deposit: 0n });
    record.watch(unit.blockchain);
    const isWallet = walletPredicate(...CHANNEL_PEOPLE.map((name) => unit.people[name]));
    const add = async (operation: string, result: Parameters<typeof measure>[1]) =>
        record('settlement', `channel-${operation}${suffix}`, 1, await measure(unit.blockchain, result, isWallet));

    if (jetton) {
        await add('deploy', await unit.channel.sendAskWallet(unit.via('consumer'), { value: 2n * T }));
        await unit.deposit(100n * T);
    } else {
        await add('deploy', await unit.deposit(100n * T));
    }
    await add('topup', await unit.deposit(100n * T));
    await unit.claim(T); // the provider's jetton wallet is there from now on
    await add('claim', await unit.claim(5n * T));
    await add('claim-by-other', await unit.claim(10n * T, 'stranger'));
    await unit.channel.sendSetHotKey(unit.via('consumer'), { key: KEYS.hot.publicKey, value: T });
    await add('claim-hot-key', await unit.claim(unit.voucher(15n * T, { signer: KEYS.hot })));
    const restore = unit.checkpoint();
    await add('close', await unit.coopClose(50n * T));
    await restore();
    await add('close-by-consumer', await unit.coopClose(50n * T, 'consumer'));
    await restore();
    await add('close-by-other', await unit.coopClose(50n * T, 'stranger'));
    await restore();
    await add('provider-close', await unit.providerClose(50n * T));
    await restore();
    await add('start-close', await unit.startClose('consumer'));
    await add('challenge', await unit.claim(20n * T));
    unit.advance(DAY);
    await add('finish', await unit.finish('consumer'));
}

/** Vouchers a second, of the processor time that this thread used. */
function speed(): { signed: number; verified: number } {
    const count = 5000;
    const words = Array.from({ length: count }, (_, i) =>
        channelVoucher({ networkId: -239, channel: CHANNEL, amount: 1000 * i, tokens: i, model: 7n }),
    );
    const rate = (start: NodeJS.CpuUsage) => {
        const { user, system } = process.cpuUsage(start);
        return Math.round((count * 1e6) / (user + system));
    };
    let start = process.cpuUsage();
    const vouchers = words.map((voucher) => signVoucher(voucher, KEYS.consumer));
    const signed = rate(start);
    start = process.cpuUsage();
    const good = vouchers.filter((voucher) => verifyVoucher(voucher, [KEYS.consumer.publicKey]));
    const verified = rate(start);
    if (good.length !== count) throw new Error('a voucher is not good');
    return { signed, verified };
}

export async function run(record: Recorder): Promise<void> {
    await tour(record, false);
    await tour(record, true);
    const { signed, verified } = speed();
    console.log(`vouchers a second on one core: ${signed} signed, ${verified} verified`);
}
