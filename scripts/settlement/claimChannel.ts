/** Claims what the newest voucher is worth, when that is worth its fee. Anyone may send it; the provider is paid. */
import type { NetworkProvider } from '@ton/blueprint';

import { CLAIM_RATIO, PaymentChannel } from '../../wrappers/settlement/channel';
import { ScriptSpec } from '../lib/args';
import { CHANNEL_FLAGS, channelStep, openChannel, requireChannelRule } from '../lib/channel';
import { RefusedError, UsageError } from '../lib/errors';
import { ton } from '../lib/format';
import { runScript, Session } from '../lib/session';
import { storedVoucher } from './channelVoucher';

const SPEC: ScriptSpec = {
    name: 'claimChannel',
    about: 'Claims what the newest voucher of a channel is worth; the channel stays open.',
    flags: {
        voucher: { value: 'file', about: 'where the newest voucher is kept (channel-voucher.json)' },
        ratio: { value: 'number', about: `claim from so many times the fee on, in TON (${CLAIM_RATIO}; 0: at once)` },
        decimals: { value: 'number', about: 'of a jetton that does not say' },
        ...CHANNEL_FLAGS,
    },
};

async function main(session: Session): Promise<void> {
    const channel = await openChannel(session);
    const { voucher, store } = storedVoucher(session, channel);
    if (voucher === undefined) {
        throw new UsageError(`There is no voucher in ${store.file}`);
    }
    const { contract, data } = channel;
    const ended =
        data.state === 'closed' || (data.state === 'closing' && (await session.now(channel.address)) >= data.closeAt);
    requireChannelRule(!ended, 'ERROR_CHANNEL_CLOSED', 'Nothing can be claimed any more.');
    const worth = voucher.amount < data.deposit ? voucher.amount : data.deposit;
    if (worth <= data.claimed) {
        session.say(`Nothing to claim: ${channel.amount(data.claimed)} of it are claimed.`);
        session.report({ claimed: data.claimed, gain: 0n });
        return;
    }
    const gain = worth - data.claimed;
    const body = PaymentChannel.claimBody({ voucher, queryId: session.queryId() });
    const fee = await contract.getCost(body);
    const ratio = BigInt((await session.optionalInteger('ratio', 0, 1_000_000)) ?? CLAIM_RATIO);
    // In a window it is now or never; jettons have no price here.
    if (data.state === 'open' && data.jetton === null && gain < ratio * fee) {
        throw new RefusedError(
            `${channel.amount(gain)} are less than ${ratio} times the fee (${ton(fee)} at most). ` +
                'A later claim takes them along; --ratio 0 claims them now.',
        );
    }
    const step = await channelStep(channel, {
        title: `Claim ${channel.amount(gain)} for ${session.show(data.provider)}`,
        body,
        done: async () => (await contract.getChannelData()).claimed >= worth,
        awaited: 'the claim is booked',
    });
    if (await session.execute([step])) {
        session.report({ claimed: (await contract.getChannelData()).claimed, gain });
    }
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
