/** A channel on a chain of its own, in TON or in a real jetton, with both parties and two others. */
import { Address, Cell, toNano, Transaction } from '@ton/core';
import { Blockchain, SandboxContract, SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import { ShareMinter, ShareWallet, tokenCodes, onchainMetadata } from '../../../wrappers/token';
import {
    ChannelAgreement,
    ChannelData,
    ChannelSigner,
    ChannelTerms,
    channelVoucher,
    ChannelVoucher,
    MAIN_NETWORK,
    PaymentChannel,
    signAgreement,
    SignedVoucher,
    signerFromSeed,
    signVoucher,
} from '../../../wrappers/settlement/channel';
import { checkpoint, createBlockchain, START_TIME } from '../chain';
import { expectRefused, Treasury, txAt, txsAt } from '../pool/transactions';

export const CHANNEL_PEOPLE = ['consumer', 'provider', 'stranger', 'issuer'] as const;
export type ChannelPerson = (typeof CHANNEL_PEOPLE)[number];

const seed = (n: number) => signerFromSeed(Buffer.alloc(32, n));
export const KEYS = { consumer: seed(1), provider: seed(2), hot: seed(3), second: seed(4), stranger: seed(5) } as const;

export const DAY = 86_400;

export type ChannelOptions = {
    jetton?: boolean;
    config?: Cell;
    terms?: Partial<ChannelTerms>;
    /** TON with every transfer; 0.2 unless given. */
    transferValue?: bigint;
    /** Deposited at once; 100 TON or tokens unless given. 0: not even deployed. */
    deposit?: bigint;
};

export class ChannelUnit {
    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<ChannelPerson, Treasury>,
        readonly terms: ChannelTerms,
        readonly channel: SandboxContract<PaymentChannel>,
        readonly minter: SandboxContract<ShareMinter> | null,
        private readonly walletCode: Cell,
    ) {}

    static async create(options: ChannelOptions = {}): Promise<ChannelUnit> {
        const blockchain = await createBlockchain({ config: options.config });
        const people = {} as Record<ChannelPerson, Treasury>;
        for (const name of CHANNEL_PEOPLE) {
            people[name] = await blockchain.treasury(`channel ${name}`);
        }
        const { walletCode } = await tokenCodes();
        let minter: SandboxContract<ShareMinter> | null = null;
        if (options.jetton) {
            minter = blockchain.openContract(
                await ShareMinter.createFromConfig({
                    admin: people.issuer.address,
                    content: onchainMetadata({ name: 'Share', symbol: 'SHARE', decimals: '9' }),
                    minters: [people.issuer.address],
                    walletCode,
                }),
            );
            const issuer = people.issuer.getSender();
            await minter.sendDeploy(issuer, { value: toNano('10') });
            for (const name of ['consumer', 'stranger'] as const) {
                await minter.sendMint(issuer, {
                    receiver: people[name].address,
                    amount: toNano('1000000'),
                    value: toNano('2'),
                });
            }
        }
        const terms: ChannelTerms = {
            consumer: people.consumer.address,
            provider: people.provider.address,
            consumerKey: KEYS.consumer.publicKey,
            providerKey: KEYS.provider.publicKey,
            expiresAt: START_TIME + 30 * DAY,
            jetton: minter && { minter: minter.address, transferValue: options.transferValue ?? toNano('0.2') },
            ...options.terms,
        };
        const channel = blockchain.openContract(await PaymentChannel.createFromTerms(terms));
        const unit = new ChannelUnit(blockchain, people, terms, channel, minter, walletCode);
        const { deposit = toNano('100') } = options;
        if (deposit > 0n) {
            if (minter) {
                await channel.sendAskWallet(unit.via('consumer'), { value: toNano('5') });
            }
            await unit.deposit(deposit);
        }
        return unit;
    }

    // ------------------------------------------------------------------ where and when

    get address(): Address {
        return this.channel.address;
    }

    of(name: ChannelPerson): Address {
        return this.people[name].address;
    }

    via(name: ChannelPerson) {
        return this.people[name].getSender();
    }

    get now(): number {
        return this.blockchain.now!;
    }

    at(time: number): void {
        this.blockchain.now = time;
    }

    advance(seconds: number): void {
        this.at(this.now + seconds);
    }

    checkpoint(): () => Promise<void> {
        return checkpoint(this.blockchain);
    }

    data(): Promise<ChannelData> {
        return this.channel.getChannelData();
    }

    async balance(address = this.address): Promise<bigint> {
        return (await this.blockchain.getContract(address)).balance;
    }

    // ------------------------------------------------------------------ jettons

    wallet(owner: Address): SandboxContract<ShareWallet> {
        const { walletCode } = this;
        return this.blockchain.openContract(
            ShareWallet.createFromConfig({ minter: this.minter!.address, owner, walletCode }),
        );
    }

    jettons(who: ChannelPerson | 'channel'): Promise<bigint> {
        return this.wallet(who === 'channel' ? this.address : this.of(who)).getBalance();
    }

    transfer(from: ChannelPerson, amount: bigint, forwardTonAmount = toNano('0.1')): Promise<SendMessageResult> {
        return this.wallet(this.of(from)).sendTransfer(this.via(from), {
            destination: this.address,
            amount,
            response: this.of(from),
            forwardTonAmount,
            value: toNano('0.5') + forwardTonAmount,
        });
    }

    // ------------------------------------------------------------------ operations, with plenty of TON

    deposit(amount: bigint, from: ChannelPerson = 'consumer'): Promise<SendMessageResult> {
        return this.minter
            ? this.transfer(from, amount)
            : this.channel.sendDeposit(this.via(from), { amount, value: amount + toNano('5') });
    }

    voucher(
        amount: bigint,
        given: Partial<Omit<ChannelVoucher, 'amount' | 'model'>> & { model?: string; signer?: ChannelSigner } = {},
    ): SignedVoucher {
        const { signer = KEYS.consumer, ...words } = given;
        return signVoucher(
            channelVoucher({
                networkId: MAIN_NETWORK,
                channel: this.address,
                amount,
                tokens: amount / 1000n,
                model: 'claude',
                ...words,
            }),
            signer,
        );
    }

    claim(voucher: SignedVoucher | bigint, by: ChannelPerson = 'provider', value = toNano('1')) {
        const signed = typeof voucher === 'bigint' ? this.voucher(voucher) : voucher;
        return this.channel.sendClaim(this.via(by), { voucher: signed, value, queryId: 7 });
    }

    providerClose(voucher: SignedVoucher | bigint, by: ChannelPerson = 'provider', value = toNano('1')) {
        const signed = typeof voucher === 'bigint' ? this.voucher(voucher) : voucher;
        return this.channel.sendProviderClose(this.via(by), { voucher: signed, value, queryId: 8 });
    }

    agreement(amount: bigint, given: Partial<ChannelAgreement> = {}): ChannelAgreement {
        return { networkId: MAIN_NETWORK, channel: this.address, amount, validUntil: this.now + 600, ...given };
    }

    coopArgs(
        agreement: ChannelAgreement,
        signers: { consumer?: ChannelSigner; provider?: ChannelSigner } = {},
    ): Parameters<typeof PaymentChannel.coopCloseBody>[0] {
        return {
            agreement,
            consumerSignature: signAgreement(agreement, signers.consumer ?? KEYS.consumer).signature,
            providerSignature: signAgreement(agreement, signers.provider ?? KEYS.provider).signature,
            queryId: 9,
        };
    }

    coopClose(agreement: ChannelAgreement | bigint, by: ChannelPerson = 'provider', value = toNano('1')) {
        const agreed = typeof agreement === 'bigint' ? this.agreement(agreement) : agreement;
        return this.channel.sendCoopClose(this.via(by), { ...this.coopArgs(agreed), value });
    }

    startClose(by: ChannelPerson = 'consumer', value = toNano('1')) {
        return this.channel.sendStartClose(this.via(by), { value, queryId: 10 });
    }

    finish(by: ChannelPerson = 'stranger', value = toNano('1')) {
        return this.channel.sendFinish(this.via(by), { value, queryId: 11 });
    }

    /** Any body from anybody. */
    send(from: ChannelPerson, body: Cell, value = toNano('1'), bounce = true): Promise<SendMessageResult> {
        return this.people[from].send({ to: this.address, value, body, bounce });
    }

    tx(result: SendMessageResult): Transaction {
        return txAt(result, this.address);
    }

    txs(result: SendMessageResult): Transaction[] {
        return txsAt(result, this.address);
    }

    refused(code: number, send: () => Promise<SendMessageResult>): Promise<SendMessageResult> {
        return expectRefused(this.blockchain, this.address, code, send);
    }
}
