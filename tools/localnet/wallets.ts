/**
 * Named wallets.
 *
 * The mnemonic of a wallet is derived from its name alone, so "alice" has the same address on every local chain and
 * the same words work with `blueprint run --mnemonic` and in any wallet app. For the same reason everybody knows
 * these keys: they must never hold anything on a real network.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createHash } from 'node:crypto';
import {
    Address,
    Cell,
    external,
    internal,
    MessageRelaxed,
    OpenedContract,
    Sender,
    SenderArguments,
    SendMode,
    toNano,
} from '@ton/core';
import { KeyPair, keyPairFromSecretKey, mnemonicToPrivateKey, mnemonicValidate } from '@ton/crypto';
import { wordlist } from '@ton/crypto/dist/mnemonic/wordlist';
import type { SendMessageResult } from '@ton/sandbox';
import { WalletContractV4, WalletContractV5R1 } from '@ton/ton';
import { LocalnetError } from './errors';
import type { LocalChain } from './engine';
import { messageBoc } from './messages';

export type WalletVersion = 'v4r2' | 'v5r1';
export const WALLET_VERSIONS: WalletVersion[] = ['v4r2', 'v5r1'];

/** Balance a named wallet gets when it is first used on a chain. */
export const WALLET_FUNDS = toNano('100000');

const WORDS = 24;
const MESSAGE_LIFETIME = 60;
/** W5 addresses depend on the network; the CLI door runs with `--custom-type testnet` */
const W5_TESTNET_ID = -3;
const CACHE_FILE = 'wallets.json';
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

type CachedWallet = { mnemonic: string; secretKey: string; version: WalletVersion };
type Identity = { mnemonic: string; keyPair: KeyPair };

/** Deriving words takes a few hundred hash attempts; chains in one process share the outcome. */
const identities = new Map<string, Identity>();

async function deriveMnemonic(name: string): Promise<string[]> {
    // TON accepts one in 256 word lists: try numbered lists until one is valid
    for (let attempt = 0; ; attempt++) {
        const words: string[] = [];
        for (let i = 0; i < WORDS; i++) {
            const hash = createHash('sha256').update(`local chain wallet\0${name}\0${attempt}\0${i}`).digest();
            words.push(wordlist[hash.readUInt16BE(0) % wordlist.length]);
        }
        if (await mnemonicValidate(words)) return words;
    }
}

async function deriveIdentity(name: string): Promise<Identity> {
    const words = await deriveMnemonic(name);
    return { mnemonic: words.join(' '), keyPair: await mnemonicToPrivateKey(words) };
}

function createContract(version: WalletVersion, publicKey: Buffer) {
    return version === 'v5r1'
        ? WalletContractV5R1.create({
              publicKey,
              walletId: {
                  networkGlobalId: W5_TESTNET_ID,
                  context: { workchain: 0, subwalletNumber: 0, walletVersion: 'v5r1' },
              },
          })
        : WalletContractV4.create({ workchain: 0, publicKey });
}

/** What a wallet's external message did. */
export type WalletSendResult = SendMessageResult & {
    /** the external message, base64 BOC */
    boc: string;
};

export class LocalWallet {
    readonly contract: WalletContractV4 | WalletContractV5R1;
    private readonly opened: OpenedContract<WalletContractV4 | WalletContractV5R1>;

    constructor(
        private readonly chain: LocalChain,
        readonly name: string,
        readonly version: WalletVersion,
        readonly keyPair: KeyPair,
        readonly mnemonic: string,
    ) {
        this.contract = createContract(version, keyPair.publicKey);
        this.opened = chain.open(this.contract);
    }

    get address(): Address {
        return this.contract.address;
    }

    getSeqno(): Promise<number> {
        return this.opened.getSeqno();
    }

    /** Signs and executes a transfer. The message expires by the chain's clock, not by the wall clock. */
    async transfer(messages: MessageRelaxed[], sendMode = SendMode.PAY_GAS_SEPARATELY): Promise<WalletSendResult> {
        const body = await this.sign(messages, sendMode);
        const active = (await this.chain.account(this.address)).accountState?.type === 'active';
        const message = external({ to: this.address, init: active ? undefined : this.contract.init, body });
        const result = await this.chain.send(message);
        return { ...result, boc: messageBoc(message).toString('base64') };
    }

    private async sign(messages: MessageRelaxed[], sendMode: SendMode): Promise<Cell> {
        const args = {
            seqno: await this.getSeqno(),
            secretKey: this.keyPair.secretKey,
            messages,
            sendMode,
            timeout: this.chain.now + MESSAGE_LIFETIME,
        };
        return this.contract instanceof WalletContractV5R1
            ? this.contract.createTransfer(args)
            : this.contract.createTransfer(args);
    }

    /** A sender that honours every argument. */
    sender(): LocalSender {
        return new LocalSender(this);
    }
}

export class LocalSender implements Sender {
    /** result of the message sent last */
    lastResult?: WalletSendResult;

    constructor(readonly wallet: LocalWallet) {}

    get address(): Address {
        return this.wallet.address;
    }

    async send(args: SenderArguments): Promise<void> {
        const message = internal({
            to: args.to,
            value: args.value,
            bounce: args.bounce ?? true,
            init: args.init,
            body: args.body ?? undefined,
            extracurrency: args.extracurrency,
        });
        this.lastResult = await this.wallet.transfer([message], args.sendMode ?? SendMode.PAY_GAS_SEPARATELY);
    }
}

/** The wallets of one chain. */
export class Wallets {
    private readonly open = new Map<string, Promise<LocalWallet>>();
    private readonly cache: Record<string, CachedWallet>;

    constructor(
        private readonly chain: LocalChain,
        private readonly dir: string,
        private readonly defaultVersion: WalletVersion,
    ) {
        this.cache = this.load();
    }

    names(): string[] {
        return Object.keys(this.cache);
    }

    async get(name: string, version?: WalletVersion): Promise<LocalWallet> {
        if (!NAME.test(name)) throw new LocalnetError(`"${name}" is not a wallet name (letters, digits, ". _ -")`);
        const known = this.open.get(name);
        if (known) {
            const wallet = await known;
            if (version === undefined || version === wallet.version) return wallet;
        }
        const created = this.create(name, version ?? this.cache[name]?.version ?? this.defaultVersion);
        this.open.set(name, created);
        // a failure (chain closed, disk full) must not be remembered as the wallet
        created.catch(() => this.open.delete(name));
        return created;
    }

    private async create(name: string, version: WalletVersion): Promise<LocalWallet> {
        const { mnemonic, keyPair } = await this.identity(name);
        const wallet = new LocalWallet(this.chain, name, version, keyPair, mnemonic);
        // deployed at once: blueprint sends everything bounceable, and a wallet without code bounces it
        if (!this.chain.isKnown(wallet.address)) {
            await this.chain.faucet(wallet.address, WALLET_FUNDS, wallet.contract.init);
        }
        const secretKey = keyPair.secretKey.toString('hex');
        if (this.cache[name]?.version !== version) {
            this.cache[name] = { mnemonic, secretKey, version };
            this.save();
        }
        return wallet;
    }

    private async identity(name: string): Promise<Identity> {
        let identity = identities.get(name);
        if (!identity) {
            const cached = this.cache[name];
            identity = cached
                ? { mnemonic: cached.mnemonic, keyPair: keyPairFromSecretKey(Buffer.from(cached.secretKey, 'hex')) }
                : await deriveIdentity(name);
            identities.set(name, identity);
        }
        return identity;
    }

    private get file(): string {
        return path.join(this.dir, CACHE_FILE);
    }

    private load(): Record<string, CachedWallet> {
        try {
            return JSON.parse(fs.readFileSync(this.file, 'utf8')) as Record<string, CachedWallet>;
        } catch {
            return {}; // only a cache of what the names give anyway
        }
    }

    private save() {
        const tmp = `${this.file}.tmp`;
        fs.writeFileSync(tmp, JSON.stringify(this.cache, null, 4), { mode: 0o600 });
        fs.renameSync(tmp, this.file);
    }
}
