/** A Treasury with TON, one jetton (asset 1), budgets and signers. */
import { Address, Cell, toNano } from '@ton/core';
import { Blockchain, SandboxContract } from '@ton/sandbox';

import { Treasury as TreasuryContract } from '../../../wrappers/governance/execution';
import { onchainMetadata, ShareMinter, ShareWallet, tokenCodes } from '../../../wrappers/token';
import { advance, ChainOptions, checkpoint, createBlockchain } from '../chain';
import { Treasury } from '../pool/transactions';

export const DAY = 86_400;
export const TREASURY_PEOPLE = [
    'owner',
    'guardian',
    'signer1',
    'signer2',
    'signer3',
    'grantee',
    'payee',
    'stranger',
] as const;
export type TreasuryPerson = (typeof TREASURY_PEOPLE)[number];

export class TreasuryWorld {
    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<TreasuryPerson, Treasury>,
        readonly treasury: SandboxContract<TreasuryContract>,
        readonly token: SandboxContract<ShareMinter>,
        readonly walletCode: Cell,
    ) {}

    /** 1,000 TON, 1,000 tokens; category 0: 100 TON in 7 days, category 1: 100 tokens in 28 days; 2 of 3 signers. */
    static async create(options: ChainOptions = {}): Promise<TreasuryWorld> {
        const blockchain = await createBlockchain(options);
        const people = {} as Record<TreasuryPerson, Treasury>;
        for (const name of TREASURY_PEOPLE) people[name] = await blockchain.treasury(`treasury ${name}`);
        const { walletCode } = await tokenCodes();
        const owner = people.owner.address;
        const token = blockchain.openContract(
            await ShareMinter.createFromConfig({
                admin: owner,
                content: onchainMetadata({ name: 'T', symbol: 'T', decimals: '9' }),
                decimals: 9,
                minters: [owner],
                walletCode,
            }),
        );
        const via = people.owner.getSender();
        await token.sendDeploy(via, { value: toNano('10') });
        const treasury = blockchain.openContract(await TreasuryContract.createFromConfig({ owner }));
        await treasury.sendDeploy(via, { value: toNano('1000') });
        const world = new TreasuryWorld(blockchain, people, treasury, token, walletCode);
        const value = toNano('20');
        await treasury.sendSetFreezer(via, { guardian: people.guardian.address, value });
        await treasury.sendSetSigners(via, {
            signers: [people.signer1.address, people.signer2.address, people.signer3.address],
            threshold: 2,
            value,
        });
        await treasury.sendSetBudget(via, { category: 0, asset: 0, limit: toNano('100'), period: 7 * DAY, value });
        await treasury.sendSetBudget(via, { category: 1, asset: 1, limit: toNano('100'), period: 28 * DAY, value });
        await treasury.sendAddJetton(via, { asset: 1, minter: token.address, value });
        await world.mint(owner, toNano('100000'));
        await world.deposit(toNano('1000'));
        return world;
    }

    get now(): number {
        return this.blockchain.now!;
    }

    advance(seconds: number): void {
        advance(this.blockchain, seconds);
    }

    checkpoint(): () => Promise<void> {
        return checkpoint(this.blockchain);
    }

    address(who: TreasuryPerson): Address {
        return this.people[who].address;
    }

    sender(who: TreasuryPerson) {
        return this.people[who].getSender();
    }

    walletOf(owner: Address): SandboxContract<ShareWallet> {
        const minter = this.token.address;
        return this.blockchain.openContract(
            ShareWallet.createFromConfig({ minter, owner, walletCode: this.walletCode }),
        );
    }

    async tokens(owner: Address): Promise<bigint> {
        const wallet = this.walletOf(owner);
        const { accountState } = await this.blockchain.getContract(wallet.address);
        return accountState?.type === 'active' ? wallet.getBalance() : 0n;
    }

    async mint(receiver: Address, amount: bigint) {
        return this.token.sendMint(this.sender('owner'), { receiver, amount, value: toNano('10') });
    }

    /** Tokens of the owner to the treasury; without a notification they are a surplus. */
    async deposit(amount: bigint, { notify = true }: { notify?: boolean } = {}) {
        return this.walletOf(this.address('owner')).sendTransfer(this.sender('owner'), {
            amount,
            destination: this.treasury.address,
            response: this.address('owner'),
            forwardTonAmount: notify ? toNano('0.1') : 0n,
            value: toNano('10'),
        });
    }

    async balanceOf(address: Address): Promise<bigint> {
        return (await this.blockchain.getContract(address)).balance;
    }

    /** Index of a signer. */
    async signer(who: TreasuryPerson): Promise<bigint> {
        const { signers } = await this.treasury.getTreasury();
        return BigInt(signers.get(BigInt(`0x${this.address(who).hash.toString('hex')}`))!);
    }

    /** A request of signer 1 and the approval of signer 2. */
    async spend(
        category: number,
        amount: bigint,
        options: { to?: Address; by?: TreasuryPerson; and?: TreasuryPerson; value?: bigint } = {},
    ) {
        const { to = this.address('payee'), by = 'signer1', and = 'signer2', value = toNano('5') } = options;
        const asked = await this.treasury.sendRequestSpend(this.sender(by), { category, amount, to, memo: 9, value });
        const index = await this.signer(by);
        const request = await this.treasury.getRequest(index);
        if (request === null) return asked;
        return this.treasury.sendApproveSpend(this.sender(and), { index, nonce: request.nonce, value });
    }
}
