/**
 * Opens a payment channel to a provider and fills it up to a deposit. Every step looks at the chain first: run again, it goes
 * on where it stopped, and with a larger --deposit it tops up.
 */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, contractAddress } from '@ton/core';

import { version as compiler } from '@tact-lang/compiler/package.json';
import {
    channelInit,
    ChannelTerms,
    checkTerms,
    DEFAULT_LIFETIME,
    DEFAULT_TRANSFER_VALUE,
    DEFAULT_WINDOW,
    DEPLOY_VALUE,
    PaymentChannel,
} from '../../wrappers/settlement/channel';
import { ShareWallet } from '../../wrappers/token';
import { ScriptSpec } from '../lib/args';
import {
    assetUnit,
    Channel,
    CHANNEL_FLAGS,
    channelAt,
    ChannelManifest,
    channelManifestFile,
    channelStep,
    jettonWallet,
    KEY_FLAG,
    keyOf,
    parsePublicKey,
    readChannelManifest,
    requireChannelRule,
    writeChannelManifest,
} from '../lib/channel';
import { UsageError } from '../lib/errors';
import { duration, parseSeconds, time } from '../lib/format';
import { cellFromText, cellToText } from '../lib/manifest';
import { runScript, Session, Step } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'openChannel',
    about: 'Opens a payment channel to a provider; run again, it goes on where it stopped or tops up.',
    positionals: { deposit: 'what the deposit is to be in all, in TON or tokens' },
    flags: {
        provider: { value: 'address', about: 'who is paid' },
        'provider-key': { value: 'hex', about: "the provider's public key" },
        key: KEY_FLAG,
        'hot-key': { value: 'hex', about: 'public key of another signer of vouchers' },
        window: { value: 'duration', about: `challenge window (${duration(DEFAULT_WINDOW)})` },
        lifetime: { value: 'duration', about: `when anyone may close it (${duration(DEFAULT_LIFETIME)}; 0: never)` },
        salt: { value: 'number', about: 'tells channels with the same provider apart (0)' },
        jetton: { value: 'address', about: 'minter of the asset (TON)' },
        decimals: { value: 'number', about: 'of a jetton that does not say' },
        'transfer-value': { value: 'TON', about: 'goes with every transfer of jettons (0.1), the rest returns' },
        ...CHANNEL_FLAGS,
    },
};

async function termsOf(session: Session, found: ChannelManifest | undefined): Promise<ChannelTerms> {
    const { args } = session;
    const provider = args.get('provider');
    const providerKey = args.get('provider-key');
    if (provider === undefined || providerKey === undefined) {
        throw new UsageError('openChannel needs --provider and --provider-key');
    }
    const lifetime = parseSeconds(args.get('lifetime') ?? String(DEFAULT_LIFETIME), 'lifetime');
    const now = await session.now(session.me);
    const jetton = await session.optionalAddress('jetton');
    const hotKey = args.get('hot-key');
    const terms: ChannelTerms = {
        consumer: session.me,
        provider: await session.toAddress(provider, 'provider'),
        consumerKey: keyOf(session).publicKey,
        providerKey: parsePublicKey(providerKey, 'provider-key'),
        window: parseSeconds(args.get('window') ?? String(DEFAULT_WINDOW), 'window'),
        // The lifetime of a channel that was begun counts from then.
        expiresAt: found && args.get('lifetime') === undefined ? found.expiresAt : lifetime === 0 ? 0 : now + lifetime,
        salt: (await session.optionalInteger('salt', 0, Number.MAX_SAFE_INTEGER)) ?? 0,
        hotKey: hotKey === undefined ? null : parsePublicKey(hotKey, 'hot-key'),
        jetton: jetton && {
            minter: jetton,
            transferValue: session.optionalTon('transfer-value') ?? DEFAULT_TRANSFER_VALUE,
        },
    };
    const problems = checkTerms(terms, now);
    if (found === undefined && problems.length > 0) {
        throw new UsageError(problems.join('\n'));
    }
    return terms;
}

async function newManifest(session: Session, terms: ChannelTerms, deposit: bigint): Promise<ChannelManifest> {
    const init = await channelInit(terms);
    const address = contractAddress(0, init);
    return {
        format: 1,
        network: session.network,
        createdAt: new Date().toISOString(),
        compiler,
        contract: {
            address: session.show(address),
            raw: address.toRawString(),
            codeHash: init.code.hash().toString('hex'),
            code: cellToText(init.code),
            data: cellToText(init.data),
        },
        deposit: deposit.toString(),
        expiresAt: terms.expiresAt,
    };
}

/** Brings the deposit up to the target. */
async function topUp(session: Session, channel: Channel, target: bigint): Promise<void> {
    const { data, contract } = channel;
    requireChannelRule(data.state !== 'closed', 'ERROR_CHANNEL_CLOSED', 'Nothing can be deposited any more.');
    const missing = target - data.deposit;
    if (missing <= 0n) {
        session.say(`The deposit is ${channel.amount(data.deposit)}.`);
        return;
    }
    const done = async () => (await contract.getChannelData()).deposit >= target;
    const what = { title: `Deposit ${channel.amount(missing)}`, done, awaited: 'the deposit is booked' };
    if (data.jetton === null) {
        const body = PaymentChannel.depositBody({ amount: missing, queryId: session.queryId() });
        await session.execute([await channelStep(channel, { ...what, body, moved: missing })]);
        return;
    }
    const wallet = await jettonWallet(session, data.jetton.minter, session.me);
    const notify = 2n * (await contract.getNotifyCost());
    const transfer = {
        destination: channel.address,
        amount: missing,
        response: session.me,
        forwardTonAmount: notify,
        queryId: session.queryId(),
    };
    const step: Step = {
        ...what,
        to: wallet.address,
        toName: 'ShareWallet',
        value: await wallet.getTransferCost(transfer),
        body: ShareWallet.transferBody(transfer),
    };
    await session.execute([step]);
}

async function main(session: Session): Promise<void> {
    const text = await session.text('deposit');
    const file = channelManifestFile(session);
    const found = readChannelManifest(file);
    if (found !== undefined && found.network !== session.network) {
        throw new UsageError(`${file} is of ${found.network}, this is ${session.network}`);
    }
    const planned = session.args.get('provider') !== undefined;
    if (found === undefined || planned) {
        const terms = await termsOf(session, found);
        const unit = await assetUnit(session, terms.jetton?.minter ?? null);
        const manifest = await newManifest(session, terms, unit.parse(text, 'deposit'));
        if (found !== undefined && found.contract.raw !== manifest.contract.raw) {
            if (await session.isDeployed(Address.parse(found.contract.raw))) {
                throw new UsageError(
                    `${file} describes ${found.contract.address}, which these parameters would not give. ` +
                        'Leave them out to go on with it, or give --channel-manifest for another channel.',
                );
            }
        }
        session.say(`Channel ${manifest.contract.address}`);
        session.say(`Window  ${duration(terms.window!)}, anyone may close it from ${time(terms.expiresAt)}`);
        if (!session.dryRun) {
            writeChannelManifest(file, manifest);
        }
        return open(session, manifest, unit.parse(text, 'deposit'));
    }
    const address = Address.parse(found.contract.raw);
    const target = (await session.isDeployed(address))
        ? (await channelAt(session, address)).parse(text, 'deposit')
        : BigInt(found.deposit);
    return open(session, found, target);
}

async function open(session: Session, manifest: ChannelManifest, target: bigint): Promise<void> {
    const init = { code: cellFromText(manifest.contract.code), data: cellFromText(manifest.contract.data) };
    const address = contractAddress(0, init);
    session.report({ channel: address, manifest: channelManifestFile(session) });
    const contract = session.open(new PaymentChannel(address, init));
    const isJetton = init.data.refs.length > 1;
    if (!(await session.isDeployed(address))) {
        const amount = isJetton ? 0n : target;
        const step: Step = {
            title: isJetton
                ? 'Deploy the channel; it asks for its jetton wallet'
                : 'Deploy the channel with its deposit',
            to: address,
            toName: 'PaymentChannel',
            value: DEPLOY_VALUE + amount,
            moved: amount,
            body: isJetton
                ? PaymentChannel.askWalletBody({ queryId: session.queryId() })
                : PaymentChannel.depositBody({ amount, queryId: session.queryId() }),
            init,
            done: async () =>
                (await session.isDeployed(address)) &&
                (!isJetton || (await contract.getChannelData()).jetton!.wallet !== null),
            awaited: isJetton ? 'the minter has named the wallet' : 'the channel is there',
        };
        if (!(await session.execute([step]))) {
            return;
        }
    }
    let channel = await channelAt(session, address);
    if (channel.data.jetton !== null && channel.data.jetton.wallet === null) {
        const step = await channelStep(channel, {
            title: 'Ask the minter for the jetton wallet again',
            body: PaymentChannel.askWalletBody({ queryId: session.queryId() }),
            done: async () => (await contract.getChannelData()).jetton!.wallet !== null,
            awaited: 'the minter has named the wallet',
        });
        if (!(await session.execute([step]))) {
            return;
        }
        channel = await channelAt(session, address);
    }
    await topUp(session, channel, target);
    const { deposit, claimed, state } = await contract.getChannelData();
    session.report({ deposit, claimed, state });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
