/**
 * One prover's rewards with real jettons, and wallets in the place of master and ProverStaking. StakePositions are spoken for
 * by the test: `delta` sends in the name of the real address, where an account that accepts everything is put.
 */
import { Address, beginCell, Cell, Message, toNano } from '@ton/core';
import { Blockchain, internal, SandboxContract, SendMessageResult } from '@ton/sandbox';

import {
    storeApplyDelta,
    storeParamsOrder,
    storePayRewards,
    storeRetireAsk,
    storeSettleRewards,
    storeSetupRewards,
    storeShareDelta,
    storeStakingParams,
    storeSurplusOrder,
    type StakingParams,
} from '../../../build/ProverRewards/ProverRewards_ProverRewards';
import { accountIdOf } from '../../../wrappers/pool/metrics';
import { ProverRewards, proverRewardsCode } from '../../../wrappers/staking/ProverRewards';
import { RewardPosition, rewardPositionCode } from '../../../wrappers/staking/RewardPosition';
import { ForwardPayload, onchainMetadata, ShareMinter, ShareWallet, tokenCodes } from '../../../wrappers/token';
import { underCoverage } from '../coverage';
import { checkpoint, createBlockchain } from '../chain';
import { bounceOf, cellOf, expectRefused, install, Out, Treasury } from '../pool/transactions';

export const REWARD_PEOPLE = [
    'master',
    'staking',
    'prover',
    'minter',
    'payer',
    'alice',
    'bob',
    'carol',
    'keeper',
    'stranger',
] as const;
export type RewardPerson = (typeof REWARD_PEOPLE)[number];

export type RewardsOptions = {
    /** Prices of the chain. */
    config?: Cell;
    commission?: bigint;
    minReward?: bigint;
    sameToken?: boolean;
    /** Do not send the set-up. */
    bare?: boolean;
};

export const DAY = 86_400n;
export const UNSTAKE_DELAY = 7n * DAY;
/** A code that accepts every message: stands where StakePositions are. */
export const POSITION_CODE = Cell.EMPTY;

/** The data of a StakePosition to be, contracts/staking/addresses.tact. */
function positionData(staking: Address, rewards: Address, staker: Address): Cell {
    return beginCell()
        .storeUint(accountIdOf(staking), 256)
        .storeUint(accountIdOf(rewards), 256)
        .storeUint(accountIdOf(staker), 256)
        .storeUint(0, 240)
        .endCell();
}

export type DeltaOptions = { seq?: bigint; value?: bigint; responseTo?: Address; from?: Address };
export type AddOptions = {
    from?: RewardPerson;
    forward?: bigint;
    payload?: ForwardPayload;
    value?: bigint;
    queryId?: bigint;
};

export class RewardsUnit {
    /** Last number of each staker's share changes. */
    readonly seqs = new Map<string, bigint>();

    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<RewardPerson, Treasury>,
        readonly token: SandboxContract<ShareMinter>,
        readonly walletCode: Cell,
        readonly rewards: SandboxContract<ProverRewards>,
        readonly mirrorCode: Cell,
        readonly options: RewardsOptions,
    ) {}

    static async create(options: RewardsOptions = {}): Promise<RewardsUnit> {
        const blockchain = await createBlockchain({ config: options.config });
        const people = {} as Record<RewardPerson, Treasury>;
        for (const name of REWARD_PEOPLE) {
            people[name] = await blockchain.treasury(`rewards ${name}`);
        }
        const { walletCode } = await tokenCodes();
        const token = blockchain.openContract(
            await ShareMinter.createFromConfig({
                admin: people.minter.address,
                content: onchainMetadata({ name: 'Reward', symbol: 'RWD', decimals: '18' }),
                decimals: 18,
                minters: [people.minter.address],
                walletCode,
            }),
        );
        await token.sendDeploy(people.minter.getSender(), { value: toNano('10') });
        const mirrorCode = await rewardPositionCode();
        const rewards = blockchain.openContract(
            ProverRewards.createFromConfig({
                master: people.master.address,
                prover: people.prover.address,
                salt: 5n,
                code: await proverRewardsCode(),
            }),
        );
        const unit = new RewardsUnit(blockchain, people, token, walletCode, rewards, mirrorCode, options);
        if (!options.bare) {
            await unit.setup();
            for (const who of ['payer', 'stranger'] as const) {
                await unit.mint(who, 10n ** 26n);
            }
            for (const who of ['prover', 'alice', 'bob', 'carol'] as const) {
                await unit.installPosition(unit.id(who));
            }
        }
        return unit;
    }

    get address(): Address {
        return this.rewards.address;
    }

    id(who: RewardPerson): Address {
        return this.people[who].address;
    }

    sender(who: RewardPerson) {
        return this.people[who].getSender();
    }

    get now(): bigint {
        return BigInt(this.blockchain.now!);
    }

    advance(seconds: bigint): void {
        this.blockchain.now = Number(this.now + seconds);
    }

    checkpoint(): () => Promise<void> {
        const restore = checkpoint(this.blockchain);
        const now = this.blockchain.now;
        const seqs = new Map(this.seqs);
        return async () => {
            await restore();
            this.blockchain.now = now;
            this.seqs.clear();
            seqs.forEach((seq, who) => this.seqs.set(who, seq));
        };
    }

    params(change: Partial<StakingParams> = {}): Cell {
        return cellOf(
            storeStakingParams({
                $$type: 'StakingParams',
                version: 1n,
                unstakeDelay: UNSTAKE_DELAY,
                maxSlash: 500_000n,
                delegationCap: 16n,
                minSelfStake: 1n,
                minStake: 1n,
                minReward: this.options.minReward ?? 1n,
                minDeposit: 1n,
                unit: 10n ** 18n,
                sameToken: this.options.sameToken ?? false,
                treasury: accountIdOf(this.id('keeper')),
                insurance: accountIdOf(this.id('keeper')),
                ...change,
            }),
        );
    }

    setupBody(commission = this.options.commission ?? 1000n): Cell {
        return cellOf(
            storeSetupRewards({
                $$type: 'SetupRewards',
                queryId: 1n,
                commission,
                staking: accountIdOf(this.id('staking')),
                minter: accountIdOf(this.token.address),
                positionCode: POSITION_CODE,
                rewardPositionCode: this.mirrorCode,
                params: this.params(),
            }),
        );
    }

    /** The master deploys and sets up. */
    async setup(value = toNano('5')): Promise<SendMessageResult> {
        return this.people.master.send({
            to: this.address,
            value,
            init: this.rewards.init,
            body: this.setupBody(),
            bounce: true,
        });
    }

    // ---------------------------------------------------------------- tokens

    mint(to: RewardPerson, amount: bigint): Promise<SendMessageResult> {
        return this.token.sendMint(this.sender('minter'), { receiver: this.id(to), amount });
    }

    walletOf(owner: Address, minter = this.token.address): SandboxContract<ShareWallet> {
        return this.blockchain.openContract(
            ShareWallet.createFromConfig({ minter, owner, walletCode: this.walletCode }),
        );
    }

    /** The wallet of ProverRewards. */
    get wallet(): SandboxContract<ShareWallet> {
        return this.walletOf(this.address);
    }

    balance(who: RewardPerson | Address): Promise<bigint> {
        return this.walletOf(typeof who === 'string' ? this.id(who) : who).getBalance();
    }

    /** Tokens to ProverRewards; a reward unless another payload is given. */
    async add(amount: bigint, options: AddOptions = {}): Promise<SendMessageResult> {
        const { from = 'payer', forward = toNano(underCoverage ? '0.5' : '0.2'), payload, value, queryId } = options;
        return this.walletOf(this.id(from)).sendTransfer(this.sender(from), {
            queryId,
            value: value ?? toNano('0.3') + forward,
            amount,
            destination: this.address,
            response: this.id(from),
            forwardTonAmount: forward,
            forwardPayload: payload === undefined ? ProverRewards.rewardPayload() : payload,
        });
    }

    // ---------------------------------------------------------------- neighbours

    positionAddress(staker: Address): Address {
        const data = positionData(this.id('staking'), this.address, staker);
        const init = beginCell().storeUint(6, 5).storeRef(POSITION_CODE).storeRef(data).endCell();
        return new Address(0, init.hash());
    }

    async installPosition(staker: Address): Promise<void> {
        await install(
            this.blockchain,
            this.positionAddress(staker),
            POSITION_CODE,
            positionData(this.id('staking'), this.address, staker),
            toNano('1'),
        );
    }

    /** A message in the name of any account. */
    async impersonate(from: Address, to: Address, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(internal({ from, to, value, body, bounce: true }));
    }

    deltaBody(staker: Address, delta: bigint, seq: bigint, responseTo = staker): Cell {
        return cellOf(
            storeShareDelta({
                $$type: 'ShareDelta',
                queryId: 3n,
                seq,
                delta,
                staker: accountIdOf(staker),
                responseTo: responseTo.equals(staker) ? null : accountIdOf(responseTo),
            }),
        );
    }

    /** A share change of a staker, with the next number unless another is given. */
    async delta(who: RewardPerson, delta: bigint, options: DeltaOptions = {}): Promise<SendMessageResult> {
        const staker = this.id(who);
        const seq = options.seq ?? (this.seqs.get(who) ?? 0n) + 1n;
        this.seqs.set(who, seq);
        return this.impersonate(
            options.from ?? this.positionAddress(staker),
            this.address,
            this.deltaBody(staker, delta, seq, options.responseTo),
            options.value,
        );
    }

    /** The three ways to begin something, as messages that wait to be delivered. */
    addMessage(amount: bigint): Message {
        const body = ShareWallet.transferBody({
            amount,
            destination: this.address,
            response: this.id('payer'),
            forwardTonAmount: toNano('0.2'),
            forwardPayload: ProverRewards.rewardPayload(),
        });
        const to = this.walletOf(this.id('payer')).address;
        return internal({ from: this.id('payer'), to, value: toNano('0.5'), body, bounce: true });
    }

    claimMessage(who: RewardPerson): Message {
        const body = ProverRewards.claimRewardsBody({ staker: this.id(who) });
        return internal({ from: this.id(who), to: this.address, value: toNano('0.5'), body, bounce: true });
    }

    deltaMessage(who: RewardPerson, delta: bigint): Message {
        const seq = (this.seqs.get(who) ?? 0n) + 1n;
        this.seqs.set(who, seq);
        const staker = this.id(who);
        const body = this.deltaBody(staker, delta, seq);
        return internal({
            from: this.positionAddress(staker),
            to: this.address,
            value: toNano('0.5'),
            body,
            bounce: true,
        });
    }

    mirror(who: RewardPerson): SandboxContract<RewardPosition> {
        return this.blockchain.openContract(
            RewardPosition.createFromConfig({ rewards: this.address, staker: this.id(who), code: this.mirrorCode }),
        );
    }

    applyBody(fields: { seq: bigint; delta: bigint; acc: bigint }): Cell {
        return cellOf(
            storeApplyDelta({
                $$type: 'ApplyDelta',
                queryId: 4n,
                seq: fields.seq,
                delta: fields.delta,
                acc: fields.acc,
            }),
        );
    }

    settleBody(fields: { acc: bigint; kind?: bigint; other?: Address }): Cell {
        return cellOf(
            storeSettleRewards({
                $$type: 'SettleRewards',
                queryId: 4n,
                acc: fields.acc,
                kind: fields.kind ?? 0n,
                other: fields.other ? accountIdOf(fields.other) : null,
            }),
        );
    }

    payBody(fields: { amount: bigint; staker: Address; other?: Address; kind?: bigint }): Cell {
        return cellOf(
            storePayRewards({
                $$type: 'PayRewards',
                queryId: 4n,
                amount: fields.amount,
                staker: accountIdOf(fields.staker),
                kind: fields.kind ?? 0n,
                other: fields.other ? accountIdOf(fields.other) : null,
            }),
        );
    }

    paramsBody(change: Partial<StakingParams>): Cell {
        return cellOf(
            storeParamsOrder({
                $$type: 'ParamsOrder',
                queryId: 5n,
                pausedUntil: 0n,
                responseTo: accountIdOf(this.id('keeper')),
                params: this.params(change),
            }),
        );
    }

    surplusBody(amount: bigint, payee: Address | null): Cell {
        return cellOf(
            storeSurplusOrder({
                $$type: 'SurplusOrder',
                queryId: 5n,
                amount,
                payee: payee === null ? 0n : accountIdOf(payee),
                responseTo: accountIdOf(this.id('keeper')),
            }),
        );
    }

    discoverBody(): Cell {
        return ProverRewards.discoverBody();
    }

    retireBody(): Cell {
        return cellOf(storeRetireAsk({ $$type: 'RetireAsk', queryId: 6n, responseTo: accountIdOf(this.id('keeper')) }));
    }

    /** A payout, asked for in the name of a RewardPosition. */
    async pay(who: RewardPerson, amount: bigint, value = toNano('0.5')): Promise<SendMessageResult> {
        const body = this.payBody({ amount, staker: this.id(who) });
        return this.impersonate(this.mirror(who).address, this.address, body, value);
    }

    // ---------------------------------------------------------------- people

    async send(from: RewardPerson, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.people[from].send({ to: this.address, value, body, bounce: true });
    }

    async refused(code: number | bigint, from: RewardPerson, body: Cell, value?: bigint): Promise<SendMessageResult> {
        return expectRefused(this.blockchain, this.address, Number(code), () => this.send(from, body, value));
    }

    async bounce(out: Out, value?: bigint): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(bounceOf(out, value));
    }

    claim(
        who: RewardPerson,
        options: { by?: RewardPerson; to?: Address; restake?: boolean; value?: bigint } = {},
    ): Promise<SendMessageResult> {
        const { by = who, ...rest } = options;
        return this.rewards.sendClaimRewards(this.sender(by), { staker: this.id(who), ...rest });
    }

    claimCommission(by: RewardPerson = 'prover', to?: Address): Promise<SendMessageResult> {
        return this.rewards.sendClaimCommission(this.sender(by), { to });
    }

    // ---------------------------------------------------------------- books

    data() {
        return this.rewards.getRewardsData();
    }

    async claimable(who: RewardPerson): Promise<bigint> {
        return this.rewards.getClaimable(this.id(who));
    }

    async ton(who: RewardPerson | Address): Promise<bigint> {
        const address = typeof who === 'string' ? this.id(who) : who;
        return (await this.blockchain.getContract(address)).balance;
    }

    /**
     * The books hold at rest: the wallet holds what they say, the mirrors sum to the total, and stakers can claim no more than
     * the pot. `unbooked`: tokens that came without the contract knowing.
     */
    async expectSound(unbooked = 0n): Promise<void> {
        const money = await this.rewards.getSolvency();
        const { total, pot, due } = await this.data();
        let raw = 0n;
        let claims = 0n;
        for (const who of REWARD_PEOPLE) {
            const mirror = this.mirror(who);
            if (await mirror.isDeployed()) {
                raw += (await mirror.getRewardPosition()).raw;
                claims += await this.claimable(who);
            }
        }
        expect({ held: await this.balance(this.address), raw, pot: money.pot, due: money.due }).toEqual({
            held: money.tokens + unbooked,
            raw: total,
            pot,
            due,
        });
        expect(claims).toBeLessThanOrEqual(pot);
    }
}
