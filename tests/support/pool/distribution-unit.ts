/**
 * RewardDistribution alone: wallets stand for operator contract and registry, and claims are sent in the name of vaults
 * that do not exist. A round is one message, so that hundreds of them are a matter of seconds.
 */
import { Address, beginCell, Cell, Dictionary, toNano, Transaction } from '@ton/core';
import { Blockchain, internal, SandboxContract, SendMessageResult } from '@ton/sandbox';

import {
    ENTRY_BITS,
    storeClaim,
    storeClaimTerms,
} from '../../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import {
    storeCommissionChange,
    storeFinePaid,
    storeIncome,
    storePayoutAddressChange,
    storeRoundTotals,
    storeSetUpDistribution,
    storeSlashPaid,
    storeUpgradeNotice,
} from '../../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import { Bucket, Integer, poolCodes, RewardDistribution, vaultAddress } from '../../../wrappers/pool';
import { createBlockchain } from '../chain';
import { ContractUnit, treasuries } from './contract-unit';
import { bounceOf, cellOf, Out, succeeded, Treasury, txAt } from './units';

const PEOPLE = ['operator', 'registry', 'payout', 'alice', 'bob', 'keeper', 'stranger'] as const;
export type DistributionPerson = (typeof PEOPLE)[number];
export type DistributionSender = DistributionPerson | Address;

/** One epoch's metrics of a participant. */
export type Entry = { epoch: number; bucket: Bucket; score: bigint; attempt?: boolean };

export type RoundOptions = {
    epoch?: Integer;
    attempt?: boolean;
    free?: boolean;
    epochStart?: Integer;
    /** Scores by bucket. */
    totals?: readonly bigint[];
    responseTo?: Address | null;
    queryId?: bigint;
    value?: bigint;
};

export type ClaimOptions = {
    first: Integer;
    /** Bit i = round first + i. */
    mask: bigint;
    entries: readonly Entry[];
    payout?: Address;
    minPayout?: bigint;
    responseTo?: Address;
    queryId?: bigint;
    value?: bigint;
    /** The vault of somebody else. */
    from?: DistributionSender;
    /** Leave older blocks of the metrics at home. */
    withoutHistory?: boolean;
};

const BLOCK = 8;

/** A block of metrics: its number, 8 entries. */
function metricsBlock(number: number, entries: readonly Entry[]): Cell {
    const builder = beginCell().storeUint(number, 32);
    for (let slot = 0; slot < BLOCK; slot++) {
        const entry = entries.find((e) => e.epoch === number * BLOCK + slot);
        if (entry === undefined) {
            builder.storeUint(0, Number(ENTRY_BITS));
        } else {
            builder
                .storeBit(true)
                .storeBit(entry.attempt ?? false)
                .storeUint(entry.bucket, 3)
                .storeUint(entry.score, 64);
        }
    }
    return builder.endCell();
}

const blockValue = {
    serialize: (block: Cell, builder: ReturnType<typeof beginCell>) => {
        builder.storeSlice(block.beginParse());
    },
    parse: (): Cell => {
        throw new Error('a history is only written here');
    },
};

/** The metrics as a vault keeps them: the newest block, older ones by number & 7. */
export function metricsOf(entries: readonly Entry[]): { recent: Cell; history: Cell | null } {
    const numbers = [...new Set(entries.map((e) => Math.floor(e.epoch / BLOCK)))].sort((a, b) => a - b);
    const newest = numbers.pop() ?? 0;
    const history = Dictionary.empty(Dictionary.Keys.Uint(3), blockValue);
    for (const number of numbers) {
        history.set(number & 7, metricsBlock(number, entries));
    }
    const dict = beginCell().storeDict(history).endCell().beginParse();
    return { recent: metricsBlock(newest, entries), history: dict.loadMaybeRef() };
}

/** Both words of totals: 80 bits a bucket. */
export function packTotals(totals: readonly bigint[]): { totals: bigint; totalsFrequent: bigint } {
    const word = (from: number) =>
        (totals[from] ?? 0n) | ((totals[from + 1] ?? 0n) << 80n) | ((totals[from + 2] ?? 0n) << 160n);
    return { totals: word(0), totalsFrequent: word(3) };
}

export class DistributionUnit extends ContractUnit<DistributionSender> {
    private constructor(
        blockchain: Blockchain,
        readonly people: Record<DistributionPerson, Treasury>,
        readonly distribution: SandboxContract<RewardDistribution>,
        readonly vaultCode: Cell,
    ) {
        super(blockchain);
    }

    /** A distribution that its operator has deployed and not set up. */
    static async create(): Promise<DistributionUnit> {
        const blockchain = await createBlockchain();
        const people = await treasuries(blockchain, PEOPLE, 'distribution unit');
        const { vaultCode } = await poolCodes();
        const distribution = await RewardDistribution.createFromConfig({ operator: people.operator.address });
        await people.operator.send({
            to: distribution.address,
            value: toNano('5'),
            init: distribution.init,
            bounce: false,
        });
        return new DistributionUnit(blockchain, people, blockchain.openContract(distribution), vaultCode);
    }

    /** The same, linked, with a commission of 10 %. */
    static async open(commissionBps = 1000n): Promise<DistributionUnit> {
        const unit = await DistributionUnit.create();
        await unit.done('operator', unit.setUpBody({ commissionBps }));
        return unit;
    }

    get address(): Address {
        return this.distribution.address;
    }

    addressOf(who: DistributionSender): Address {
        return typeof who === 'string' ? this.people[who].address : who;
    }

    vaultOf(participant: DistributionSender): Address {
        return vaultAddress(this.addressOf('registry'), this.addressOf(participant), this.vaultCode);
    }

    async send(from: DistributionSender, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(
            internal({ from: this.addressOf(from), to: this.address, value, body, bounce: true }),
        );
    }

    async done(from: DistributionSender, body: Cell, value?: bigint): Promise<Transaction> {
        const tx = txAt(await this.send(from, body, value), this.address);
        expect(succeeded(tx)).toBe(true);
        return tx;
    }

    async bounce(out: Out, value?: bigint): Promise<Transaction> {
        return txAt(await this.blockchain.sendMessage(bounceOf(out, value)), this.address);
    }

    // ------------------------------------------------------------------ in the name of the operator

    setUpBody(changes: { commissionBps?: bigint; registry?: Address; payout?: Address } = {}): Cell {
        return cellOf(
            storeSetUpDistribution({
                $$type: 'SetUpDistribution',
                queryId: 1n,
                registry: changes.registry ?? this.addressOf('registry'),
                vaultCodeHash: BigInt(`0x${this.vaultCode.hash().toString('hex')}`),
                vaultCodeDepth: BigInt(this.vaultCode.depth()),
                commissionBps: changes.commissionBps ?? 1000n,
                payout: changes.payout ?? this.addressOf('payout'),
            }),
        );
    }

    /** Books exactly `amount`: what handling costs is measured and added. */
    async income(trusted: boolean, amount: bigint): Promise<void> {
        if (amount > 0n) {
            const fee = await this.incomeFee();
            await this.done('operator', incomeBody(trusted), amount + fee);
        }
    }

    private fee: bigint | undefined;

    /** What the distribution keeps of an income for its handling. */
    async incomeFee(): Promise<bigint> {
        if (this.fee === undefined) {
            const restore = this.checkpoint();
            const before = (await this.data()).rewards;
            await this.done('operator', incomeBody(true), toNano('1'));
            this.fee = toNano('1') - ((await this.data()).rewards - before);
            await restore();
        }
        return this.fee;
    }

    /** Exactly `amount` into the reserve. */
    async reserve(amount: bigint): Promise<void> {
        if (amount > 0n) {
            await this.distribution.sendTopUpReserve(this.people.stranger.getSender(), { amount });
        }
    }

    /** Brings the pot to these amounts, if it holds less. */
    async fill(amounts: { rewards?: bigint; donations?: bigint; reserve?: bigint }): Promise<void> {
        const data = await this.data();
        await this.income(true, (amounts.rewards ?? data.rewards) - data.rewards);
        await this.income(false, (amounts.donations ?? data.donations) - data.donations);
        await this.reserve((amounts.reserve ?? data.reserve) - data.reserve);
    }

    // ------------------------------------------------------------------ in the name of the registry

    async roundBody(options: RoundOptions = {}): Promise<Cell> {
        const epoch = BigInt(options.epoch ?? (await this.data()).nextRound);
        return cellOf(
            storeRoundTotals({
                $$type: 'RoundTotals',
                queryId: options.queryId ?? 0n,
                epoch,
                attempt: options.attempt ?? false,
                free: options.free ?? false,
                epochStart: BigInt(options.epochStart ?? this.now),
                ...packTotals(options.totals ?? []),
                responseTo: options.responseTo === undefined ? this.addressOf('keeper') : options.responseTo,
            }),
        );
    }

    /** Fixes the next round. */
    async round(options: RoundOptions = {}): Promise<Transaction> {
        return this.done('registry', await this.roundBody(options), options.value ?? toNano('0.2'));
    }

    /** Fixes rounds without scores up to (not including) `next`: they carry everything. */
    async skipTo(next: number): Promise<void> {
        for (let epoch = Number((await this.data()).nextRound); epoch < next; epoch++) {
            await this.round({ epoch });
        }
    }

    // ------------------------------------------------------------------ in the name of vaults

    claimBody(who: DistributionSender, options: ClaimOptions): Cell {
        const participant = this.addressOf(who);
        const { recent, history } = metricsOf(options.entries);
        return cellOf(
            storeClaim({
                $$type: 'Claim',
                queryId: options.queryId ?? 0n,
                firstRound: BigInt(options.first),
                mask: options.mask,
                responseTo: options.responseTo ?? this.addressOf('keeper'),
                terms: cellOf(
                    storeClaimTerms({
                        $$type: 'ClaimTerms',
                        participant,
                        payout: options.payout ?? participant,
                        minPayout: options.minPayout ?? 0n,
                    }),
                ),
                recent,
                history: options.withoutHistory ? null : history,
            }),
        );
    }

    async claim(who: DistributionSender, options: ClaimOptions): Promise<Transaction> {
        const from = options.from ?? this.vaultOf(who);
        return this.done(from, this.claimBody(who, options), options.value ?? toNano('0.3'));
    }

    async claimRefused(code: number, who: DistributionSender, options: ClaimOptions): Promise<SendMessageResult> {
        const from = options.from ?? this.vaultOf(who);
        return this.refused(code, from, this.claimBody(who, options), options.value ?? toNano('0.3'));
    }

    async data() {
        return this.distribution.getDistributionData();
    }

    async roundData(round: Integer) {
        return this.distribution.getRound(round);
    }
}

export const incomeBody = (
    trusted: boolean,
    participant: Address | null = null,
    proxy: Address | null = null,
    queryId = 0n,
): Cell => cellOf(storeIncome({ $$type: 'Income', queryId, trusted, participant, proxy }));

export const slashPaidBody = (amount: bigint, participant: Address): Cell =>
    cellOf(storeSlashPaid({ $$type: 'SlashPaid', queryId: 0n, amount, participant }));

export const finePaidBody = (amount: bigint, epoch: Integer = 0): Cell =>
    cellOf(storeFinePaid({ $$type: 'FinePaid', queryId: 0n, amount, epoch: BigInt(epoch) }));

export const commissionBody = (bps: Integer, kind: Integer = 0): Cell =>
    cellOf(storeCommissionChange({ $$type: 'CommissionChange', queryId: 0n, kind: BigInt(kind), bps: BigInt(bps) }));

export const payoutAddressBody = (payout: Address): Cell =>
    cellOf(storePayoutAddressChange({ $$type: 'PayoutAddressChange', queryId: 0n, payout }));

export const upgradeNoticeBody = (codeHash: bigint): Cell =>
    cellOf(storeUpgradeNotice({ $$type: 'UpgradeNotice', queryId: 0n, vault: false, codeHash }));
