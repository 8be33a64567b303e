/** A staking family with its tokens on a chain of its own. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { Blockchain, SandboxContract, SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import { onchainMetadata, ShareMinter, ShareWallet, tokenCodes } from '../../../wrappers/token';
import {
    appealPayload,
    ProverRewards,
    ProverStaking,
    rewardPayload,
    StakeArgs,
    StakePosition,
    stakePayload,
    StakingMaster,
    stakingCodes,
    StakingParameters,
    UnstakeArgs,
    RewardPosition,
} from '../../../wrappers/staking';
import { advance, checkpoint, createBlockchain } from '../chain';
import { exitCode, gasOf, Treasury, txsAt } from '../pool/transactions';

export const STAKING_PEOPLE = [
    'owner',
    'slasher',
    'resolver',
    'guardian',
    'treasury',
    'insurance',
    'payer',
    'stranger',
    'prover1',
    'prover2',
    'prover3',
    'alice',
    'bob',
    'carol',
    'dave',
] as const;
export type StakingPerson = (typeof STAKING_PEOPLE)[number];
export type Who = StakingPerson | number;

export type WorldOptions = {
    params?: Partial<StakingParameters>;
    decimals?: number;
    sameToken?: boolean;
    config?: Cell;
    /** TON that the master begins with. */
    masterValue?: bigint;
};

/** Whole tokens that everybody gets: plenty, and far below the cap. */
const WEALTH = 10_000_000n;

export type Prover = {
    name: StakingPerson;
    staking: SandboxContract<ProverStaking>;
    rewards: SandboxContract<ProverRewards>;
};

export class World {
    readonly provers = new Map<StakingPerson, Prover>();
    private readonly extra: Treasury[] = [];
    private readonly rich = new Set<string>();

    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<StakingPerson, Treasury>,
        readonly stakingToken: SandboxContract<ShareMinter>,
        readonly rewardToken: SandboxContract<ShareMinter>,
        readonly walletCode: Cell,
        readonly master: SandboxContract<StakingMaster>,
        readonly params: StakingParameters,
        readonly decimals: number,
    ) {}

    static async create(options: WorldOptions = {}): Promise<World> {
        const blockchain = await createBlockchain({ config: options.config });
        const people = {} as Record<StakingPerson, Treasury>;
        for (const name of STAKING_PEOPLE) {
            people[name] = await blockchain.treasury(`staking ${name}`, { balance: toNano('10000000') });
        }
        const decimals = options.decimals ?? 9;
        const { walletCode } = await tokenCodes();
        const token = async (name: string) => {
            const minter = blockchain.openContract(
                await ShareMinter.createFromConfig({
                    admin: people.owner.address,
                    content: onchainMetadata({ name, symbol: name, decimals: String(decimals) }),
                    decimals,
                    minters: [people.owner.address],
                    walletCode,
                }),
            );
            await minter.sendDeploy(people.owner.getSender(), { value: toNano('10') });
            return minter;
        };
        const stakingToken = await token('STAKE');
        const rewardToken = options.sameToken ? stakingToken : await token('REWARD');
        const unit = 10n ** BigInt(decimals);
        const params: StakingParameters = {
            unstakeDelay: 7n * 86_400n,
            maxSlash: 500_000n,
            delegationCap: 16n,
            minSelfStake: 1000n * unit,
            minStake: unit,
            minReward: unit,
            minDeposit: unit,
            treasury: people.treasury.address,
            insurance: people.insurance.address,
            ...options.params,
        };
        const master = blockchain.openContract(
            await StakingMaster.createFromConfig({
                owner: people.owner.address,
                slasher: people.slasher.address,
                resolver: people.resolver.address,
                guardian: people.guardian.address,
                stakingMinter: stakingToken.address,
                rewardMinter: rewardToken.address,
                params,
                decimals,
            }),
        );
        await master.sendDeploy(people.owner.getSender(), { value: options.masterValue ?? toNano('10') });
        return new World(blockchain, people, stakingToken, rewardToken, walletCode, master, params, decimals);
    }

    checkpoint(): () => Promise<void> {
        return checkpoint(this.blockchain);
    }

    advance(seconds: number): void {
        advance(this.blockchain, seconds);
    }

    get now(): number {
        return this.blockchain.now!;
    }

    unit(n: number | bigint = 1): bigint {
        return BigInt(n) * 10n ** BigInt(this.decimals);
    }

    /** Another staker, by number. */
    async staker(i: number): Promise<Treasury> {
        this.extra[i] ??= await this.blockchain.treasury(`staker ${i}`, { balance: toNano('1000000') });
        return this.extra[i];
    }

    treasuryOf(who: Who): Treasury {
        const found = typeof who === 'string' ? this.people[who] : this.extra[who];
        if (!found) throw new Error(`nobody is ${who}`);
        return found;
    }

    address(who: Who): Address {
        return this.treasuryOf(who).address;
    }

    sender(who: Who) {
        return this.treasuryOf(who).getSender();
    }

    walletOf(owner: Address, token: 'staking' | 'reward' = 'staking'): SandboxContract<ShareWallet> {
        const minter = (token === 'staking' ? this.stakingToken : this.rewardToken).address;
        return this.blockchain.openContract(
            ShareWallet.createFromConfig({ minter, owner, walletCode: this.walletCode }),
        );
    }

    async balance(owner: Who | Address, token: 'staking' | 'reward' = 'staking'): Promise<bigint> {
        const address = owner instanceof Address ? owner : this.address(owner);
        const state = await this.blockchain.getContract(this.walletOf(address, token).address);
        return state.accountState?.type === 'active' ? this.walletOf(address, token).getBalance() : 0n;
    }

    /** Gives tokens to somebody who has none yet. */
    async enrich(who: Who, token: 'staking' | 'reward' = 'staking'): Promise<void> {
        const minter = token === 'staking' ? this.stakingToken : this.rewardToken;
        const key = `${this.address(who).toString()} ${minter.address.toString()}`;
        // A restored checkpoint has forgotten it.
        if (this.rich.has(key) && (await this.balance(who, token)) > 0n) return;
        this.rich.add(key);
        await minter.sendMint(this.sender('owner'), {
            receiver: this.address(who),
            amount: this.unit(WEALTH),
            value: toNano('100'),
        });
    }

    /** Sends jettons with a payload and forwarded TON. */
    async transfer(
        from: Who,
        to: Address,
        amount: bigint,
        payload: Cell | null,
        forward: bigint,
        token: 'staking' | 'reward' = 'staking',
        { value }: { value?: bigint } = {},
    ): Promise<SendMessageResult> {
        await this.enrich(from, token);
        return this.walletOf(this.address(from), token).sendTransfer(this.sender(from), {
            destination: to,
            amount,
            response: this.address(from),
            forwardTonAmount: forward,
            forwardPayload: payload ?? undefined,
            value: value ?? forward + toNano('1'),
        });
    }

    /** What `enrich` has given. */
    get wealth(): bigint {
        return this.unit(WEALTH);
    }

    isRich(who: Who, token: 'staking' | 'reward' = 'staking'): boolean {
        const minter = token === 'staking' ? this.stakingToken : this.rewardToken;
        return this.rich.has(`${this.address(who).toString()} ${minter.address.toString()}`);
    }

    prover(name: StakingPerson): Prover {
        const found = this.provers.get(name);
        if (!found) throw new Error(`${name} is no prover`);
        return found;
    }

    /** InitProver without the first stake. */
    async initProver(
        name: StakingPerson,
        minSelfStake: bigint,
        commission: bigint | number = 1000,
        value?: bigint,
    ): Promise<SendMessageResult> {
        const { staking, rewards } = await this.master.getProverAddresses(this.address(name));
        this.provers.set(name, {
            name,
            staking: this.blockchain.openContract(ProverStaking.createFromAddress(staking)),
            rewards: this.blockchain.openContract(ProverRewards.createFromAddress(rewards)),
        });
        return this.master.sendInitProver(this.sender(name), { minSelfStake, commission, value });
    }

    /** InitProver and the first stake. */
    async open(name: StakingPerson, minSelfStake: bigint, commission: bigint | number = 1000): Promise<Prover> {
        await this.initProver(name, minSelfStake, commission);
        await this.stake(name, name, minSelfStake);
        return this.prover(name);
    }

    async stake(
        who: Who,
        prover: StakingPerson,
        amount: bigint,
        args: StakeArgs & { forward?: bigint; value?: bigint } = {},
    ): Promise<SendMessageResult> {
        const { staking } = this.prover(prover);
        return this.transfer(
            who,
            staking.address,
            amount,
            stakePayload(args),
            args.forward ?? (await staking.getStakeCost()),
            'staking',
            args,
        );
    }

    async appeal(
        who: Who,
        prover: StakingPerson,
        seq: number,
        deposit: bigint,
        args: { forward?: bigint; value?: bigint } = {},
    ): Promise<SendMessageResult> {
        const { staking } = this.prover(prover);
        const forward = args.forward ?? (await staking.getAppealCost());
        return this.transfer(who, staking.address, deposit, appealPayload(seq), forward, 'staking', args);
    }

    async reward(from: Who, prover: StakingPerson, amount: bigint): Promise<SendMessageResult> {
        const { rewards } = this.prover(prover);
        return this.transfer(from, rewards.address, amount, rewardPayload(), toNano('0.5'), 'reward');
    }

    async position(prover: StakingPerson, who: Who): Promise<SandboxContract<StakePosition>> {
        const { staking, rewards } = this.prover(prover);
        return this.blockchain.openContract(
            await StakePosition.createFromConfig({
                staking: staking.address,
                rewards: rewards.address,
                staker: this.address(who),
            }),
        );
    }

    async rewardPosition(prover: StakingPerson, who: Who): Promise<SandboxContract<RewardPosition>> {
        return this.blockchain.openContract(
            RewardPosition.createFromConfig({
                rewards: this.prover(prover).rewards.address,
                staker: this.address(who),
                code: (await stakingCodes()).rewardPosition,
            }),
        );
    }

    async exists(address: Address): Promise<boolean> {
        return (await this.blockchain.getContract(address)).accountState?.type === 'active';
    }

    async request(who: Who, prover: StakingPerson, args: UnstakeArgs): Promise<SendMessageResult> {
        const value = toNano('2');
        return (await this.position(prover, who)).sendRequestUnstake(this.sender(who), { ...args, value });
    }

    async complete(who: Who, prover: StakingPerson, by: Who = who): Promise<SendMessageResult> {
        return (await this.position(prover, who)).sendCompleteUnstake(this.sender(by), { value: toNano('3') });
    }

    async claim(who: Who, prover: StakingPerson): Promise<SendMessageResult> {
        return this.prover(prover).rewards.sendClaimRewards(this.sender(who), {
            staker: this.address(who),
            value: toNano('2'),
        });
    }

    async slash(prover: StakingPerson, ppm: bigint | number, by: Who = 'slasher'): Promise<SendMessageResult> {
        return this.master.sendSlash(this.sender(by), { staking: this.prover(prover).staking.address, ppm });
    }

    /** Any body to any contract. */
    send(from: Who, to: Address, body: Cell, value = toNano('2')): Promise<SendMessageResult> {
        return this.treasuryOf(from).send({ to, value, body });
    }

    /** Exit codes other than 0 of a result, in order. */
    failures(result: SendMessageResult): number[] {
        return result.transactions.map(exitCode).filter((code): code is number => code !== undefined && code !== 0);
    }

    /** Gas of every transaction at an address. */
    gasAt(result: SendMessageResult, address: Address): number[] {
        return txsAt(result, address).map((tx) => Number(gasOf(tx)));
    }
}

/** Reasons of all VoteRefused in a result. */
export function voteRefusals(result: SendMessageResult): number[] {
    return result.transactions.flatMap(({ inMessage }) => {
        const body = inMessage?.body.beginParse();
        if (!body || body.remainingBits < 112 || body.loadUint(32) !== StakePosition.opcodes.VoteRefused) return [];
        return [body.skip(64).loadUint(16)];
    });
}

export const EMPTY = beginCell().endCell();
