/** A registry, a settlement in TON or in a jetton of our own, and people for every role. */
import { Address, Cell, toNano, Transaction } from '@ton/core';
import { Blockchain, internal, SandboxContract, SendMessageResult } from '@ton/sandbox';

import { Integer } from '../../../wrappers/pool';
import {
    Batch,
    depositPayload,
    ledgerCode,
    PaymentSettlement,
    RecordedUsage,
    RecordToSettle,
    SettlementAccount,
    settlementEvents,
    TermsConfig,
    UsageLedger,
    UsageOrBatch,
    UsageRegistry,
} from '../../../wrappers/settlement';
import { onchainMetadata, ShareMinter, ShareWallet, tokenCodes, Usage } from '../../../wrappers/token';
import { checkpoint, createBlockchain, START_TIME } from '../chain';
import { bounceOf, expectRefused, Out, Treasury } from '../pool/transactions';

export const SETTLEMENT_PEOPLE = [
    'owner',
    'settler',
    'guardian',
    'resolver',
    'recorder',
    'second',
    'alice',
    'bob',
    'carol',
    'dave',
    'operations',
    'validators',
    'treasury',
    'stranger',
] as const;
export type SettlementPerson = (typeof SETTLEMENT_PEOPLE)[number];

/** Smallest units of a token with 9 decimals, or of a TON. */
export const UNIT = 1_000_000_000n;
export const HOUR = 3600;
export const DAY = 86_400;
/** Seconds until a settlement can be confirmed, and that a resolver has. */
export const WINDOW = 72 * HOUR;
export const RESOLVE = 7 * DAY;

/** Global id of the sandbox's configuration. */
export const NETWORK_ID = -239;

export type SettlementOptions = {
    jetton?: boolean;
    config?: Cell;
    terms?: Partial<Omit<TermsConfig, 'registry' | 'ledgerCode'>>;
    recorders?: readonly SettlementPerson[];
    /** The registry is not linked. */
    unlinked?: boolean;
};

export type Recorded = RecordToSettle & { consumer: Address };

type SettlementConfig = Parameters<typeof PaymentSettlement.createFromConfig>[0];

function settlementConfig(
    people: Record<SettlementPerson, Treasury>,
    terms: TermsConfig,
    minter?: Address,
): SettlementConfig {
    return {
        owner: people.owner.address,
        settler: people.settler.address,
        guardian: people.guardian.address,
        resolver: people.resolver.address,
        payees: {
            operations: people.operations.address,
            validators: people.validators.address,
            treasury: people.treasury.address,
        },
        minter,
        terms,
    };
}

export class SettlementWorld {
    private nonces = new Map<string, bigint>();
    readonly deployed = new Set<string>();

    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<SettlementPerson, Treasury>,
        readonly registry: SandboxContract<UsageRegistry>,
        readonly settlement: SandboxContract<PaymentSettlement>,
        readonly terms: TermsConfig,
        readonly minter: SandboxContract<ShareMinter> | null,
        readonly walletCode: Cell | null,
    ) {}

    static async create(options: SettlementOptions = {}): Promise<SettlementWorld> {
        const blockchain = await createBlockchain({ config: options.config });
        const people = {} as Record<SettlementPerson, Treasury>;
        for (const name of SETTLEMENT_PEOPLE) people[name] = await blockchain.treasury(`settlement ${name}`);
        const registry = blockchain.openContract(
            await UsageRegistry.createFromConfig({
                owner: people.owner.address,
                guardian: people.guardian.address,
                recorders: (options.recorders ?? ['recorder']).map((name) => people[name].address),
                start: START_TIME,
            }),
        );
        await registry.sendDeploy(people.owner.getSender(), toNano('10'));
        let minter: SandboxContract<ShareMinter> | null = null;
        let walletCode: Cell | null = null;
        if (options.jetton) {
            walletCode = (await tokenCodes()).walletCode;
            minter = blockchain.openContract(
                await ShareMinter.createFromConfig({
                    admin: people.owner.address,
                    content: onchainMetadata({ name: 'Share', symbol: 'SHARE', decimals: '9' }),
                    decimals: 9,
                    minters: [people.owner.address],
                    walletCode,
                }),
            );
            await minter.sendDeploy(people.owner.getSender(), { value: toNano('10') });
        }
        const terms: TermsConfig = {
            registry: registry.address,
            ledgerCode: await ledgerCode(),
            unit: UNIT,
            burns: options.jetton ?? false,
            ...options.terms,
        };
        const settlement = blockchain.openContract(
            await PaymentSettlement.createFromConfig(settlementConfig(people, terms, minter?.address)),
        );
        await settlement.sendDeploy(people.owner.getSender(), toNano('10'));
        if (!options.unlinked) {
            await registry.sendLinkSettlement(people.owner.getSender(), { settlement: settlement.address });
        }
        const world = new SettlementWorld(blockchain, people, registry, settlement, terms, minter, walletCode);
        if (minter !== null) {
            await settlement.sendDiscover(people.stranger.getSender());
            for (const name of ['alice', 'carol', 'dave'] as const) {
                await minter.sendMint(people.owner.getSender(), {
                    receiver: people[name].address,
                    amount: 1_000_000n * UNIT,
                });
            }
        }
        return world;
    }

    get jetton(): boolean {
        return this.minter !== null;
    }

    of(name: SettlementPerson): Address {
        return this.people[name].address;
    }

    via(name: SettlementPerson) {
        return this.people[name].getSender();
    }

    get now(): number {
        return this.blockchain.now!;
    }

    advance(seconds: Integer): void {
        this.blockchain.now = this.now + Number(seconds);
    }

    checkpoint(): () => Promise<void> {
        const restore = checkpoint(this.blockchain);
        const nonces = new Map(this.nonces);
        const deployed = new Set(this.deployed);
        return async () => {
            this.nonces = new Map(nonces);
            this.deployed.clear();
            deployed.forEach((key) => this.deployed.add(key));
            await restore();
        };
    }

    // ------------------------------------------------------------------ any message

    async send(from: SettlementPerson, to: Address, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.people[from].send({ to, value, body, bounce: true });
    }

    /** Another settlement, not deployed yet; by its settler its address is another, too. */
    async another(minter: Address): Promise<SandboxContract<PaymentSettlement>> {
        const config = settlementConfig(this.people, this.terms, minter);
        return this.blockchain.openContract(
            await PaymentSettlement.createFromConfig({ ...config, settler: this.of('stranger') }),
        );
    }

    /** A message that only a contract can send. */
    async sendAs(from: Address, to: Address, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(internal({ from, to, value, body, bounce: true }));
    }

    async bounce(out: Out, value?: bigint): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(bounceOf(out, value));
    }

    /** The contract refuses, changes nothing and sends the value back. */
    async refused(
        code: number,
        from: SettlementPerson,
        to: Address,
        body: Cell,
        value?: bigint,
    ): Promise<SendMessageResult> {
        return expectRefused(this.blockchain, to, code, () => this.send(from, to, body, value));
    }

    async active(address: Address): Promise<boolean> {
        return (await this.blockchain.getContract(address)).accountState?.type === 'active';
    }

    // ------------------------------------------------------------------ children

    // Making one takes its code apart; a random test asks for the same few thousands of times.
    private readonly ledgers = new Map<string, SandboxContract<UsageLedger>>();
    private readonly accounts = new Map<string, SandboxContract<SettlementAccount>>();

    async ledger(consumer: Address): Promise<SandboxContract<UsageLedger>> {
        const key = consumer.toRawString();
        const known = this.ledgers.get(key);
        if (known !== undefined) return known;
        const made = await UsageLedger.createFromConfig({ registry: this.registry.address, consumer });
        const opened = this.blockchain.openContract(made);
        this.ledgers.set(key, opened);
        return opened;
    }

    async account(of: Address | SettlementPerson): Promise<SandboxContract<SettlementAccount>> {
        const user = typeof of === 'string' ? this.of(of) : of;
        const key = user.toRawString();
        const known = this.accounts.get(key);
        if (known !== undefined) return known;
        const { terms } = this;
        const made = await SettlementAccount.createFromConfig({ settlement: this.settlement.address, user, terms });
        const opened = this.blockchain.openContract(made);
        this.accounts.set(key, opened);
        return opened;
    }

    async accountData(user: Address | SettlementPerson) {
        return (await this.account(user)).getAccountData();
    }

    // ------------------------------------------------------------------ records

    nextNonce(recorder: SettlementPerson, consumer: Address, count: Integer = 1): bigint {
        const key = `${recorder} ${consumer.toRawString()}`;
        const nonce = (this.nonces.get(key) ?? 0n) + 1n;
        this.nonces.set(key, nonce + BigInt(count) - 1n);
        return nonce;
    }

    usage(given: Partial<Usage> = {}, recorder: SettlementPerson = 'recorder'): Usage {
        const consumer = given.consumer ?? this.of('alice');
        return {
            consumer,
            provider: this.of('bob'),
            model: 'model',
            promptTokens: 400,
            completionTokens: 600,
            amount: UNIT,
            time: this.now,
            nonce: given.nonce ?? this.nextNonce(recorder, consumer),
            ...given,
        };
    }

    batch(given: Partial<Batch> = {}, recorder: SettlementPerson = 'recorder'): Batch {
        const consumer = given.consumer ?? this.of('alice');
        const count = given.count ?? 10_000;
        return {
            consumer,
            provider: this.of('bob'),
            nonce: given.nonce ?? this.nextNonce(recorder, consumer, count),
            time: this.now,
            count,
            tokens: 10_000_000n,
            amount: 10n * UNIT,
            root: 1n << 255n,
            ...given,
        };
    }

    /** Records one usage or batch; makes the ledger if need be. */
    async add(
        record: UsageOrBatch,
        options: { as?: SettlementPerson; value?: bigint; queryId?: bigint; deploy?: boolean } = {},
    ): Promise<SendMessageResult> {
        const { as = 'recorder', ...rest } = options;
        const consumer = record.batch?.consumer ?? record.usage!.consumer;
        const ledger = await this.ledger(consumer);
        const deploy = options.deploy ?? !(await this.active(ledger.address));
        return this.registry.sendAddUsage(this.via(as), { record, ...rest, deploy });
    }

    /** Records several usages in one message. */
    async addAll(
        usages: readonly RecordedUsage[],
        options: { as?: SettlementPerson; value?: bigint; queryId?: bigint } = {},
    ): Promise<SendMessageResult> {
        const { as = 'recorder', ...rest } = options;
        return this.registry.sendAddUsages(this.via(as), { usages, ...rest });
    }

    /** The ids that ledgers gave, in the order of the events. */
    ids(result: { transactions: Transaction[] }): bigint[] {
        return settlementEvents(result.transactions, 'UsageRecorded').map(({ id }) => id);
    }

    /** Records one usage, ready to be settled. */
    async recorded(given: Partial<Usage> = {}): Promise<RecordToSettle & { usage: Usage }> {
        const usage = this.usage(given);
        const [id] = this.ids(await this.add({ usage }));
        return { usage, id };
    }

    async recordedBatch(given: Partial<Batch> = {}): Promise<RecordToSettle & { batch: Batch }> {
        const batch = this.batch(given);
        const [id] = this.ids(await this.add({ batch }));
        return { batch, id };
    }

    // ------------------------------------------------------------------ settling

    async deposit(
        who: SettlementPerson,
        amount: bigint,
        options: { user?: Address; deploy?: boolean; value?: bigint } = {},
    ): Promise<SendMessageResult> {
        const user = options.user ?? this.of(who);
        const deploy = options.deploy ?? !(await this.active((await this.account(user)).address));
        if (this.minter === null) {
            return this.settlement.sendDeposit(this.via(who), { amount, deploy, user, value: options.value });
        }
        const forwardTonAmount = options.value ?? (await this.settlement.getJettonDepositCost(deploy));
        return this.walletOf(this.of(who)).sendTransfer(this.via(who), {
            destination: this.settlement.address,
            amount,
            response: this.of(who),
            forwardTonAmount,
            forwardPayload: depositPayload({ user, deploy }),
            value: forwardTonAmount + toNano('0.3'),
        });
    }

    async settle(records: readonly RecordToSettle[], value?: bigint): Promise<SendMessageResult> {
        return this.settlement.sendSettleUsages(this.via('settler'), { records, value });
    }

    /** Results of settling, by id. */
    results(result: { transactions: Transaction[] }): Map<bigint, number> {
        return new Map(settlementEvents(result.transactions, 'SettleResult').map((e) => [e.id, Number(e.result)]));
    }

    async confirm(consumer: SettlementPerson, provider?: SettlementPerson, deploy = true): Promise<SendMessageResult> {
        return (await this.account(consumer)).sendConfirm(this.via('stranger'), {
            provider: provider && this.of(provider),
            deploy,
        });
    }

    // ------------------------------------------------------------------ jettons and books

    walletOf(owner: Address): SandboxContract<ShareWallet> {
        return this.blockchain.openContract(
            ShareWallet.createFromConfig({ minter: this.minter!.address, owner, walletCode: this.walletCode! }),
        );
    }

    async jettons(owner: Address): Promise<bigint> {
        const wallet = this.walletOf(owner);
        return (await this.active(wallet.address)) ? wallet.getBalance() : 0n;
    }

    /** Every unit has an owner: accounts' books are what the settlement owes, and it has what it owes. */
    async expectBalanced(users: readonly SettlementPerson[] = SETTLEMENT_PEOPLE): Promise<void> {
        let sum = 0n;
        for (const name of users) {
            const account = await this.account(name);
            if (!(await this.active(account.address))) continue;
            const data = await account.getAccountData();
            sum += data.deposit + data.earned + data.held + data.stuck + data.stuckFees;
            const open = await account.getOpen();
            const disputes = await account.getDisputes();
            const held = open.reduce((a, one) => a + one.amount, 0n);
            expect(data.held).toBe(disputes.reduce((a, one) => a + one.amount + one.deposit, held));
            expect([data.openCount, data.disputeCount]).toEqual([BigInt(open.length), BigInt(disputes.length)]);
            expect(data.providerCount).toBe(BigInt(new Set(open.map((one) => one.provider.toRawString())).size));
            expect(data.solvency).toBeGreaterThanOrEqual(0n);
        }
        const data = await this.settlement.getSettlementData();
        expect(data.owed).toBe(sum);
        expect(data.solvency).toBeGreaterThanOrEqual(0n);
        if (this.jetton) {
            const fees = data.networkDue + data.treasuryDue + data.burnDue;
            expect(data.assets).toBe(data.owed + fees + data.surplus + data.kept + data.held);
            expect(await this.jettons(this.settlement.address)).toBeGreaterThanOrEqual(data.assets);
        }
    }
}
