/** What the scripts of the payment channel have in common: which channel, keys in files, amounts in its asset. */
import * as fs from 'node:fs';
import { Address, OpenedContract } from '@ton/core';

import * as build from '../../build/PaymentChannel/PaymentChannel_PaymentChannel';
import {
    CHANNEL_ERRORS,
    ChannelData,
    ChannelErrorName,
    ChannelExit,
    ChannelSigner,
    MAIN_NETWORK,
    PaymentChannel,
    signerFromSeed,
    TEST_NETWORK,
    voucherHash,
} from '../../wrappers/settlement/channel';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, messageOf, RefusedError, UsageError } from './errors';
import { ton } from './format';
import { familyManifest, ManifestContract } from './manifest';
import { Session, Step } from './session';
import { parseTokens, tokens } from './token';

addMessages(build, build.PaymentChannel.opcodes);
addErrors(CHANNEL_ERRORS);

/** Flags of every script of the channel. */
export const CHANNEL_FLAGS: Record<string, FlagSpec> = {
    channel: { value: 'address', about: 'the channel', env: 'CHANNEL_ADDRESS' },
    'channel-manifest': {
        value: 'file',
        about: 'manifest of the channel (deployments/<network>/channel.json)',
        env: 'CHANNEL_MANIFEST',
    },
};

export const KEY_FLAG: FlagSpec = {
    value: 'file',
    about: 'your signing key: a file with the 64 hex digits of an Ed25519 seed, readable for you alone',
    env: 'CHANNEL_KEY',
};

export type ChannelManifest = {
    format: 1;
    network: string;
    createdAt: string;
    compiler: string;
    /** StateInit parts: with them anyone recomputes the address. */
    contract: ManifestContract;
    /** What the deposit is to be, in the smallest unit. */
    deposit: string;
    expiresAt: number;
};

export const {
    file: channelManifestFile,
    read: readChannelManifest,
    write: writeChannelManifest,
} = familyManifest<ChannelManifest>('channel', (m) => [m.contract]);

/** A channel with its contract open. */
export type Channel = {
    address: Address;
    contract: OpenedContract<PaymentChannel>;
    data: ChannelData;
    networkId: number;
    decimals: number;
    /** Amounts as people read them. */
    amount(n: bigint): string;
    parse(text: string, what?: string): bigint;
};

/** The channel that --channel, CHANNEL_ADDRESS or the manifest names. */
export async function openChannel(session: Session): Promise<Channel> {
    const given = session.args.get('channel');
    const file = channelManifestFile(session);
    const manifest = given === undefined ? readChannelManifest(file) : undefined;
    if (given === undefined && manifest === undefined) {
        throw new UsageError(`Which channel? Give --channel or CHANNEL_ADDRESS; there is no manifest ${file}`);
    }
    const address =
        given === undefined ? Address.parse(manifest!.contract.raw) : await session.toAddress(given, 'channel');
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no contract at ${session.show(address)} on ${session.network}`);
    }
    return channelAt(session, address);
}

export async function channelAt(session: Session, address: Address): Promise<Channel> {
    const contract = session.open(PaymentChannel.createFromAddress(address));
    let data: ChannelData;
    try {
        data = await contract.getChannelData();
    } catch (e) {
        // exit code 11: there is no such getter
        throw /exit_code: 11\b/.test(messageOf(e))
            ? new UsageError(`The contract at ${session.show(address)} is no payment channel`)
            : e;
    }
    session.report({ channel: address });
    const unit = await assetUnit(session, data.jetton?.minter ?? null);
    return { address, contract, data, networkId: await networkIdOf(contract), ...unit };
}

/** Amounts of an asset: TON, or a jetton that knows its decimals as ours do; others by --decimals. */
export async function assetUnit(session: Session, minter: Address | null) {
    if (minter === null) {
        return { decimals: 9, amount: ton, parse: (text: string, what?: string) => parseTokens(text, 9, what) };
    }
    const decimals =
        (await session.optionalInteger('decimals', 0, 18)) ??
        Number((await session.open(ShareMinter.createFromAddress(minter)).getMinterData()).decimals);
    return {
        decimals,
        amount: (n: bigint) => `${tokens(n, decimals)} tokens`,
        parse: (text: string, what?: string) => parseTokens(text, decimals, what),
    };
}

/** The network that the channel itself thinks it is on: what it hashes says so. */
async function networkIdOf(contract: OpenedContract<PaymentChannel>): Promise<number> {
    const words = { amount: 1n, tokens: 1n, model: 1n };
    const hash = await contract.getVoucherHash(words);
    const id = [MAIN_NETWORK, TEST_NETWORK].find((networkId) =>
        voucherHash({ networkId, channel: contract.address, ...words }).equals(hash),
    );
    if (id === undefined) {
        throw new UsageError('This is neither the main nor the test network');
    }
    return id;
}

/** The key in the file of --key. */
export function keyOf(session: Session): ChannelSigner {
    const file = session.args.get('key');
    if (file === undefined) {
        throw new UsageError('Which key? Give --key or CHANNEL_KEY: a file with a seed');
    }
    let text: string;
    try {
        text = fs.readFileSync(file, 'utf8').trim();
    } catch (e) {
        throw new UsageError(messageOf(e));
    }
    if (!/^[0-9a-f]{64}$/i.test(text)) {
        throw new UsageError(`${file} is not a seed of 64 hex digits`);
    }
    return signerFromSeed(Buffer.from(text, 'hex'));
}

/** A public key in hex. */
export function parsePublicKey(text: string, what: string): Buffer {
    if (!/^[0-9a-f]{64}$/i.test(text.trim())) {
        throw new UsageError(`${what} "${text}" is not a public key of 64 hex digits`);
    }
    return Buffer.from(text.trim(), 'hex');
}

/** Refuses before anything is sent, in the words of the contract's own error. */
export function requireChannelRule(condition: boolean, rule: ChannelErrorName, why: string): void {
    if (!condition) {
        throw new RefusedError(`${why} ${CHANNEL_ERRORS.get(ChannelExit[rule])!.text} (${rule})`);
    }
}

/** A message to the channel at the cost that it names itself. */
export async function channelStep(
    { contract, address }: Pick<Channel, 'contract' | 'address'>,
    what: Pick<Step, 'title' | 'body' | 'done' | 'awaited'> & { moved?: bigint },
): Promise<Step> {
    const value = (await contract.getCost(what.body)) + (what.moved ?? 0n);
    return { ...what, to: address, toName: 'PaymentChannel', value };
}

/** Jetton wallet of an owner. */
export async function jettonWallet(session: Session, minter: Address, owner: Address) {
    const address = await session.open(ShareMinter.createFromAddress(minter)).getWalletAddress(owner);
    return session.open(ShareWallet.createFromAddress(address));
}
