/** A token with its wallets on a chain of its own, and the books that must always balance. */
import { Address, Cell, Dictionary, beginCell, toNano, Transaction } from '@ton/core';
import { Blockchain, SandboxContract, SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import {
    libraryCell,
    MintArgs,
    onchainMetadata,
    ShareMinter,
    ShareWallet,
    tokenCodes,
    TokenConfig,
    TransferArgs,
} from '../../../wrappers/token';
import { checkpoint, createBlockchain } from '../chain';
import { Treasury, txAt } from '../pool/transactions';

export const TOKEN_PEOPLE = ['admin', 'minter', 'second', 'alice', 'bob', 'carol', 'dave', 'stranger'] as const;
export type TokenPerson = (typeof TOKEN_PEOPLE)[number];

export type TokenOptions = {
    decimals?: number;
    /** Prices of the chain. */
    config?: Cell;
    /** Wallet code as a library cell. */
    library?: boolean;
    /** Role holders at deployment; `minter` by default. */
    minters?: readonly TokenPerson[];
    cap?: bigint;
    /** Close the set-up with an empty genesis list. */
    closed?: boolean;
};

export type TransferOptions = Partial<TransferArgs> & { value?: bigint; queryId?: bigint };

export class TokenUnit {
    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<TokenPerson, Treasury>,
        readonly minter: SandboxContract<ShareMinter>,
        readonly walletCode: Cell,
        readonly decimals: number,
    ) {}

    static async create(options: TokenOptions = {}): Promise<TokenUnit> {
        const blockchain = await createBlockchain({ config: options.config });
        const people = {} as Record<TokenPerson, Treasury>;
        for (const name of TOKEN_PEOPLE) {
            people[name] = await blockchain.treasury(`token ${name}`);
        }
        const decimals = options.decimals ?? 9;
        const { walletCode: built } = await tokenCodes();
        const walletCode = options.library ? libraryCell(built) : built;
        if (options.library) {
            const libraries = Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.Cell());
            libraries.set(BigInt(`0x${built.hash().toString('hex')}`), built);
            blockchain.libs = beginCell().storeDictDirect(libraries).endCell();
        }
        const config: TokenConfig = {
            admin: people.admin.address,
            content: onchainMetadata({ name: 'Share', symbol: 'SHARE', decimals: String(decimals) }),
            decimals,
            minters: (options.minters ?? ['minter']).map((name) => people[name].address),
            walletCode,
            cap: options.cap,
        };
        const minter = blockchain.openContract(await ShareMinter.createFromConfig(config));
        await minter.sendDeploy(people.admin.getSender(), { value: toNano('10') });
        const unit = new TokenUnit(blockchain, people, minter, walletCode, decimals);
        if (options.closed) {
            await minter.sendGenesis(people.admin.getSender(), { recipients: [] });
        }
        return unit;
    }

    checkpoint(): () => Promise<void> {
        return checkpoint(this.blockchain);
    }

    address(who: TokenPerson): Address {
        return this.people[who].address;
    }

    sender(who: TokenPerson) {
        return this.people[who].getSender();
    }

    /** Whole tokens in the smallest unit. */
    tokens(n: number | bigint): bigint {
        return BigInt(n) * 10n ** BigInt(this.decimals);
    }

    walletOf(owner: Address): SandboxContract<ShareWallet> {
        const { walletCode } = this;
        return this.blockchain.openContract(
            ShareWallet.createFromConfig({ minter: this.minter.address, owner, walletCode }),
        );
    }

    wallet(who: TokenPerson): SandboxContract<ShareWallet> {
        return this.walletOf(this.address(who));
    }

    balance(who: TokenPerson | Address): Promise<bigint> {
        return (typeof who === 'string' ? this.wallet(who) : this.walletOf(who)).getBalance();
    }

    mint(
        to: TokenPerson,
        amount: bigint,
        options: Partial<MintArgs> & { value?: bigint; queryId?: bigint; by?: TokenPerson } = {},
    ): Promise<SendMessageResult> {
        const { by = 'minter', ...args } = options;
        return this.minter.sendMint(this.sender(by), { receiver: this.address(to), amount, ...args });
    }

    transfer(
        from: TokenPerson,
        to: TokenPerson,
        amount: bigint,
        options: TransferOptions = {},
    ): Promise<SendMessageResult> {
        return this.wallet(from).sendTransfer(this.sender(from), {
            destination: this.address(to),
            amount,
            response: this.address(from),
            ...options,
        });
    }

    burn(
        from: TokenPerson,
        amount: bigint,
        options: { value?: bigint; response?: Address | null; queryId?: bigint } = {},
    ): Promise<SendMessageResult> {
        return this.wallet(from).sendBurn(this.sender(from), { amount, response: this.address(from), ...options });
    }

    /** Sends any body to any contract. */
    send(from: TokenPerson, to: Address, body: Cell, value = toNano('1'), bounce = true): Promise<SendMessageResult> {
        return this.people[from].send({ to, value, body, bounce });
    }

    tx(result: SendMessageResult, who: TokenPerson | 'mint'): Transaction {
        return txAt(result, who === 'mint' ? this.minter.address : this.wallet(who).address);
    }

    /** Sum of the wallets = supply = minted - burned <= cap. */
    async expectBalanced(): Promise<void> {
        let sum = 0n;
        for (const name of TOKEN_PEOPLE) {
            sum += await this.balance(name);
        }
        const { supply, minted, burned, cap } = await this.minter.getSupply();
        expect({ supply, difference: minted - burned }).toEqual({ supply: sum, difference: sum });
        expect(minted).toBeLessThanOrEqual(cap);
    }
}
