/** What the scripts of the token have in common: which token, amounts in it, who you are to it. */
import { Address, Cell, OpenedContract } from '@ton/core';

import * as minterBuild from '../../build/ShareMinter/ShareMinter_ShareMinter';
import * as walletBuild from '../../build/ShareWallet/ShareWallet_ShareWallet';
import {
    metadataDecimals,
    ParsedMetadata,
    parseMetadata,
    ShareMinter,
    ShareWallet,
    TOKEN_ERRORS,
    TokenErrorName,
    TokenExit,
} from '../../wrappers/token';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, messageOf, RefusedError, UsageError } from './errors';
import { familyManifest, ManifestContract } from './manifest';
import { Session, Step } from './session';

addMessages(minterBuild, minterBuild.ShareMinter.opcodes);
addMessages(walletBuild, walletBuild.ShareWallet.opcodes);
addErrors(TOKEN_ERRORS);

/** Flags of every script of the token. */
export const TOKEN_FLAGS: Record<string, FlagSpec> = {
    token: { value: 'address', about: 'the token (its minter)', env: 'TOKEN_ADDRESS' },
    'token-manifest': {
        value: 'file',
        about: 'manifest of the token (deployments/<network>/token.json)',
        env: 'TOKEN_MANIFEST',
    },
};

export type TokenManifest = {
    format: 1;
    network: string;
    /** False until the genesis is over. */
    complete: boolean;
    createdAt: string;
    compiler: string;
    minter: ManifestContract;
    /** `library`: wallets hold a library cell; the code itself is here all the same. */
    wallet: { codeHash: string; code: string; library: boolean };
    decimals: number;
    /** Genesis list as it will be, or was, minted: amounts in the smallest unit. */
    genesis: { owner: string; amount: string }[];
};

/** A token with its minter open. */
export type Token = {
    address: Address;
    minter: OpenedContract<ShareMinter>;
    metadata?: ParsedMetadata;
    decimals: number;
    symbol: string;
    walletCode: Cell;
    /** The wallet of an owner, and whether it is there already. */
    wallet(owner: Address): Promise<OpenedContract<ShareWallet>>;
};

export const {
    file: tokenManifestFile,
    read: readTokenManifest,
    write: writeTokenManifest,
} = familyManifest<TokenManifest>('token', (m) => [m.minter]);

/** The token that --token, TOKEN_ADDRESS or the manifest names. */
export async function openToken(session: Session): Promise<Token> {
    const given = session.args.get('token');
    const file = tokenManifestFile(session);
    const manifest = given === undefined ? readTokenManifest(file) : undefined;
    if (given === undefined && manifest === undefined) {
        throw new UsageError(`Which token? Give --token or TOKEN_ADDRESS; there is no manifest ${file}`);
    }
    const address = given === undefined ? Address.parse(manifest!.minter.raw) : await session.toAddress(given, 'token');
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no contract at ${session.show(address)} on ${session.network}`);
    }
    const minter = session.open(ShareMinter.createFromAddress(address));
    let jetton;
    try {
        jetton = await minter.getJettonData();
    } catch (e) {
        // exit code 11: there is no such getter
        throw /exit_code: 11\b/.test(messageOf(e))
            ? new UsageError(`The contract at ${session.show(address)} is no token`)
            : e;
    }
    const { content, walletCode } = jetton;
    let metadata: ParsedMetadata | undefined;
    try {
        metadata = parseMetadata(content);
    } catch {
        session.say('The metadata are not in the format of TEP-64.');
    }
    session.report({ token: address });
    return {
        address,
        minter,
        metadata,
        // What the contract was deployed with counts; metadata may say anything.
        decimals: Number((await minter.getMinterData()).decimals),
        symbol: metadata?.attributes.symbol?.toString('utf8') ?? 'tokens',
        walletCode,
        wallet: async (owner) => session.open(ShareWallet.createFromAddress(await minter.getWalletAddress(owner))),
    };
}

/** True when wallets that read the metadata show other amounts than the contract means. */
export function decimalsDiffer(token: Token): boolean {
    return token.metadata !== undefined && metadataDecimals(token.metadata) !== token.decimals;
}

/** An amount such as 12.5 in the smallest unit, exactly. */
export function parseTokens(text: string, decimals: number, what = 'amount'): bigint {
    const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(text.trim());
    if (match === null || (match[2] ?? '').length > decimals) {
        throw new UsageError(`${what} "${text}" is not an amount (digits, at most ${decimals} after the point)`);
    }
    return BigInt(match[1] + (match[2] ?? '').padEnd(decimals, '0'));
}

/** The smallest unit as whole tokens, every digit of it. */
export function tokens(amount: bigint, decimals: number): string {
    const digits = amount.toString().padStart(decimals + 1, '0');
    const whole = digits.slice(0, digits.length - decimals);
    const rest = digits.slice(digits.length - decimals).replace(/0+$/, '');
    return rest === '' ? whole : `${whole}.${rest}`;
}

/** Refuses before anything is sent, in the words of the contract's own error. */
export function requireTokenRule(condition: boolean, rule: TokenErrorName, why: string): void {
    if (!condition) {
        throw new RefusedError(`${why} ${TOKEN_ERRORS.get(TokenExit[rule])!.text} (${rule})`);
    }
}

export async function requireAdmin(session: Session, token: Token): Promise<void> {
    const { adminAddress } = await token.minter.getJettonData();
    const why =
        adminAddress === null ? 'This token has no admin any more.' : session.wrongSender('admin', adminAddress);
    requireTokenRule(adminAddress !== null && adminAddress.equals(session.me), 'ERROR_NOT_ADMIN', why);
}

/** A message to the minter at the cost that it names itself. */
export async function minterStep(
    token: Pick<Token, 'minter'>,
    { n, ...what }: Pick<Step, 'title' | 'body' | 'done' | 'awaited'> & { n?: number },
): Promise<Step> {
    const value = await token.minter.getCost(what.body, n);
    return { ...what, to: token.minter.address, toName: 'ShareMinter', value };
}

/** Decimals of any jetton: --decimals, or what its metadata say. */
export async function tokenDecimals(session: Session, minter: Address): Promise<number> {
    const given = await session.optionalInteger('decimals', 0, 18);
    if (given !== undefined) {
        return given;
    }
    const { content } = await session.open(ShareMinter.createFromAddress(minter)).getJettonData();
    const metadata = parseMetadata(content);
    const decimals = metadata && metadataDecimals(metadata);
    if (decimals === undefined) {
        throw new UsageError('The metadata of the token do not say its decimals: give --decimals');
    }
    return decimals;
}
