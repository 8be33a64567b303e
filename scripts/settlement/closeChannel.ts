/**
 * Closes a channel. With --agree: both sign one amount (each runs it with his key; the second one sends). With --voucher: the
 * provider's last word. Otherwise the next step that time allows: start the challenge window, or finish when it is over.
 */
import * as fs from 'node:fs';
import type { NetworkProvider } from '@ton/blueprint';

import { agreementHash, ChannelAgreement, PaymentChannel, verifySignature } from '../../wrappers/settlement/channel';
import { ScriptSpec } from '../lib/args';
import { Channel, CHANNEL_FLAGS, channelStep, KEY_FLAG, keyOf, openChannel, requireChannelRule } from '../lib/channel';
import { UsageError } from '../lib/errors';
import { time } from '../lib/format';
import { writeWhole } from '../lib/manifest';
import { runScript, Session } from '../lib/session';
import { storedVoucher } from './channelVoucher';

/** How long an agreement counts. */
const AGREEMENT_SECONDS = 3600;

const SPEC: ScriptSpec = {
    name: 'closeChannel',
    about: 'Closes a channel: by agreement, with the last voucher, or by the challenge window (run it again to finish).',
    flags: {
        agree: { value: 'amount', about: 'sign that the provider gets so much in all; the second signature sends it' },
        agreement: { value: 'file', about: 'where the agreement is kept (channel-agreement.json)' },
        key: KEY_FLAG,
        voucher: { value: 'file', about: 'as the provider: close with this newest voucher' },
        decimals: { value: 'number', about: 'of a jetton that does not say' },
        ...CHANNEL_FLAGS,
    },
};

type AgreementFile = {
    format: 'channel-agreement-1';
    network: number;
    channel: string;
    amount: string;
    validUntil: number;
    consumer?: string;
    provider?: string;
};

async function send(
    session: Session,
    channel: Channel,
    title: string,
    body: ReturnType<typeof PaymentChannel.finishBody>,
) {
    const { contract } = channel;
    const starts = title.startsWith('Start');
    const step = await channelStep(channel, {
        title,
        body,
        done: async () => (await contract.getChannelData()).state === (starts ? 'closing' : 'closed'),
        awaited: starts ? 'the window runs' : 'the channel is closed',
    });
    if (!(await session.execute([step]))) {
        return;
    }
    const data = await contract.getChannelData();
    session.report({ state: data.state, closeAt: data.closeAt, deposit: data.deposit, claimed: data.claimed });
    if (data.state === 'closing') {
        session.say(`The provider can claim until ${time(data.closeAt)}; then run closeChannel again.`);
    } else {
        session.say(`Closed: ${channel.amount(data.claimed)} for the provider, the rest for the consumer.`);
    }
}

/** Adds a signature to the agreement of the file, or begins another one if that says something else or is too old. */
async function agree(session: Session, channel: Channel, text: string): Promise<AgreementFile> {
    const file = session.args.get('agreement') ?? 'channel-agreement.json';
    const { data } = channel;
    const amount = channel.parse(text);
    requireChannelRule(amount >= data.claimed && amount <= data.deposit, 'ERROR_CHANNEL_AMOUNT', '');
    const now = await session.now(channel.address);
    let known: AgreementFile | undefined;
    if (fs.existsSync(file)) {
        try {
            known = JSON.parse(fs.readFileSync(file, 'utf8')) as AgreementFile;
        } catch {
            throw new UsageError(`${file} is not readable`);
        }
    }
    const fresh: AgreementFile = {
        format: 'channel-agreement-1',
        network: channel.networkId,
        channel: channel.address.toRawString(),
        amount: amount.toString(),
        validUntil: now + AGREEMENT_SECONDS,
    };
    const same =
        known !== undefined &&
        known.channel === fresh.channel &&
        known.network === fresh.network &&
        known.amount === fresh.amount &&
        known.validUntil > now;
    const agreement = same ? known! : fresh;
    const hash = agreementHash(wordsOf(channel, agreement));
    const signer = keyOf(session);
    const role = signer.publicKey.equals(data.consumerKey) ? 'consumer' : 'provider';
    requireChannelRule(
        role === 'consumer' || signer.publicKey.equals(data.providerKey),
        'ERROR_CHANNEL_SIGNATURE',
        'Your key is neither the consumer’s nor the provider’s.',
    );
    const signed = { ...agreement, [role]: signer.sign(hash).toString('hex') };
    if (!session.dryRun) {
        writeWhole(file, `${JSON.stringify(signed, null, 4)}\n`);
    }
    session.report({ agreement: signed });
    return signed;
}

function wordsOf(channel: Channel, file: AgreementFile): ChannelAgreement {
    const { networkId, address } = channel;
    return { networkId, channel: address, amount: BigInt(file.amount), validUntil: file.validUntil };
}

async function main(session: Session): Promise<void> {
    const channel = await openChannel(session);
    const { data } = channel;
    const queryId = session.queryId();
    if (data.state === 'closed') {
        session.say('The channel is closed.');
        session.report({ state: data.state, claimed: data.claimed, deposit: data.deposit });
        return;
    }
    const agreed = session.args.get('agree');
    if (agreed !== undefined) {
        const file = await agree(session, channel, agreed);
        const [consumerSignature, providerSignature] = [file.consumer, file.provider].map((s) =>
            Buffer.from(s ?? '', 'hex'),
        );
        const words = wordsOf(channel, file);
        const hash = agreementHash(words);
        if (
            !verifySignature(hash, consumerSignature, data.consumerKey) ||
            !verifySignature(hash, providerSignature, data.providerKey)
        ) {
            session.say(`Signed. The other one signs the same amount before ${time(file.validUntil)}, and sends it.`);
            return;
        }
        const body = PaymentChannel.coopCloseBody({ agreement: words, consumerSignature, providerSignature, queryId });
        return send(session, channel, `Close with ${channel.amount(words.amount)} for the provider`, body);
    }
    const now = await session.now(channel.address);
    if (data.state === 'closing' && now >= data.closeAt) {
        return send(session, channel, 'Finish: the rest goes to the consumer', PaymentChannel.finishBody({ queryId }));
    }
    if (session.args.get('voucher') !== undefined) {
        const { voucher, store } = storedVoucher(session, channel);
        if (voucher === undefined) {
            throw new UsageError(`There is no voucher in ${store.file}`);
        }
        const why = session.wrongSender('provider', data.provider);
        requireChannelRule(session.me.equals(data.provider), 'ERROR_CHANNEL_NOT_PARTY', why);
        const title = `Close with the voucher for ${channel.amount(voucher.amount)}`;
        return send(session, channel, title, PaymentChannel.providerCloseBody({ voucher, queryId }));
    }
    if (data.state === 'closing') {
        session.say(`The challenge window runs until ${time(data.closeAt)}.`);
        session.report({ state: data.state, closeAt: data.closeAt });
        return;
    }
    const may =
        session.me.equals(data.consumer) ||
        session.me.equals(data.provider) ||
        (data.expiresAt !== 0 && now >= data.expiresAt);
    requireChannelRule(may, 'ERROR_CHANNEL_NOT_PARTY', `Until ${time(data.expiresAt)} only the two may.`);
    return send(session, channel, 'Start the challenge window', PaymentChannel.startCloseBody({ queryId }));
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
