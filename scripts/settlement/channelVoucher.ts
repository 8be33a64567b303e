/** Signs a voucher, or shows and checks one. Sends nothing. The newest voucher is in a file that never becomes older. */
import type { NetworkProvider } from '@ton/blueprint';

import {
    channelVoucher,
    signVoucher,
    verifyVoucher,
    voucherToJson,
    VoucherStore,
} from '../../wrappers/settlement/channel';
import { ScriptSpec } from '../lib/args';
import { Channel, CHANNEL_FLAGS, KEY_FLAG, keyOf, openChannel, requireChannelRule } from '../lib/channel';
import { RefusedError, UsageError } from '../lib/errors';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'channelVoucher',
    about: 'Signs a voucher of a channel for all that is owed so far; without --amount, shows the newest one.',
    flags: {
        amount: { value: 'amount', about: 'cumulative, in TON or tokens' },
        tokens: { value: 'number', about: 'cumulative tokens served' },
        model: { value: 'name', about: 'the model' },
        key: KEY_FLAG,
        voucher: { value: 'file', about: 'where the newest voucher is kept (channel-voucher.json)' },
        decimals: { value: 'number', about: 'of a jetton that does not say' },
        ...CHANNEL_FLAGS,
    },
};

export const voucherFile = (session: Session) => session.args.get('voucher') ?? 'channel-voucher.json';

/** The newest voucher of the file, of this channel and with a good signature. */
export function storedVoucher(session: Session, channel: Channel) {
    const store = new VoucherStore(voucherFile(session));
    let voucher;
    try {
        voucher = store.load();
    } catch (e) {
        throw new UsageError(`${store.file}: ${e instanceof Error ? e.message : String(e)}`);
    }
    if (voucher !== undefined) {
        const { consumerKey, hotKey } = channel.data;
        const keys = hotKey === null ? [consumerKey] : [consumerKey, hotKey];
        requireChannelRule(
            voucher.channel.equals(channel.address) &&
                voucher.networkId === channel.networkId &&
                verifyVoucher(voucher, keys),
            'ERROR_CHANNEL_SIGNATURE',
            `${store.file}:`,
        );
    }
    return { store, voucher };
}

async function main(session: Session): Promise<void> {
    const channel = await openChannel(session);
    const { store, voucher } = storedVoucher(session, channel);
    const text = session.args.get('amount');
    if (text === undefined) {
        if (voucher === undefined) {
            throw new UsageError(
                `There is no voucher in ${store.file}; give --amount, --tokens and --model to sign one`,
            );
        }
        show(session, channel, voucher);
        return;
    }
    const amount = channel.parse(text);
    const tokens = session.args.get('tokens');
    const model = session.args.get('model');
    if (tokens === undefined || !/^\d{1,14}$/.test(tokens) || model === undefined) {
        throw new UsageError('A voucher needs --amount, --tokens and --model');
    }
    const signer = keyOf(session);
    const { data } = channel;
    requireChannelRule(data.state !== 'closed', 'ERROR_CHANNEL_CLOSED', 'A voucher would be worth nothing.');
    requireChannelRule(
        signer.publicKey.equals(data.consumerKey) || (data.hotKey !== null && signer.publicKey.equals(data.hotKey)),
        'ERROR_CHANNEL_SIGNATURE',
        'Your key is neither the consumer’s nor the hot key.',
    );
    if (amount > data.deposit) {
        throw new RefusedError(`The deposit is ${channel.amount(data.deposit)}: top it up first (openChannel).`);
    }
    const last = voucher?.amount ?? data.claimed;
    if (amount < last) {
        throw new RefusedError(`${channel.amount(last)} are signed for already: a voucher counts from the beginning.`);
    }
    const words = { networkId: channel.networkId, channel: channel.address, amount, tokens: BigInt(tokens), model };
    const signed = signVoucher(channelVoucher(words), signer);
    if (!session.dryRun) {
        store.save(signed);
    }
    show(session, channel, signed);
}

function show(session: Session, channel: Channel, voucher: Parameters<typeof voucherToJson>[0]): void {
    const { claimed, deposit } = channel.data;
    const worth = voucher.amount < deposit ? voucher.amount : deposit;
    session.say(voucherToJson(voucher));
    session.say(
        `For ${channel.amount(voucher.amount)} and ${voucher.tokens} tokens; ${channel.amount(claimed)} claimed.`,
    );
    session.report({
        voucher: JSON.parse(voucherToJson(voucher)) as Record<string, unknown>,
        claimable: worth > claimed ? worth - claimed : 0n,
    });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
