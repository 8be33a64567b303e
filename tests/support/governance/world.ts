/** A Governor with its Timelock, the network token and a staking family; proposals made, voted on and run in one call. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { SandboxContract, SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import {
    Choice,
    governanceEvents,
    GovernanceAction,
    GovernanceEvent,
    Governor,
    GovernorConfig,
    operationId,
    packActions,
    Proposal,
    ProposalKind,
    Timelock,
    TimelockOperation,
    timelockOperationCode,
    VoterAccount,
    voterTerms,
} from '../../../wrappers/governance';
import { accountIdOf } from '../../../wrappers/pool/metrics';
import { StakingMaster } from '../../../wrappers/staking';
import { exitCode, gasOf, txsAt } from '../pool/transactions';
import { StakingPerson, Who, World } from '../staking/world';

export const HOUR = 3_600;
export const DAY = 86_400;
export const YEAR = 365 * DAY;
export const TIMELOCK_DELAY = 2 * DAY;
export const GRACE = 14 * DAY;

/** What a proposal wants: an operation that its target takes and answers with nothing. */
export const NOTHING = 0x7fff0001;

export type GovernanceOptions = { config?: Cell; governor?: Partial<GovernorConfig>; decimals?: number };

export class GovernanceWorld {
    private readonly accounts = new Map<string, SandboxContract<VoterAccount>>();

    private constructor(
        readonly staking: World,
        readonly timelock: SandboxContract<Timelock>,
        readonly governor: SandboxContract<Governor>,
        readonly terms: Cell,
        private readonly operationCode: Cell,
    ) {}

    /** `rules`: who may be a target of economic and treasury proposals, and what the guardian can do. */
    static async create(options: GovernanceOptions = {}): Promise<GovernanceWorld> {
        const staking = await World.create({ config: options.config, decimals: options.decimals, sameToken: true });
        const { blockchain, people } = staking;
        const timelock = blockchain.openContract(
            await Timelock.createFromConfig({ deployer: people.owner.address, salt: 7 }),
        );
        const config: GovernorConfig = {
            timelock: timelock.address,
            minter: staking.stakingToken.address,
            master: staking.master.address,
            decimals: staking.decimals,
            rules: [
                { destination: people.bob.address, op: NOTHING, kind: 'economic' },
                { destination: people.carol.address, op: NOTHING, kind: 'treasury' },
                { destination: staking.master.address, op: 0x72010009, kind: 'emergency' },
                { destination: timelock.address, op: Timelock.opcodes.CancelOperation, kind: 'emergency' },
            ],
            ...options.governor,
        };
        const governor = blockchain.openContract(await Governor.createFromConfig(config));
        await governor.sendDeploy(people.owner.getSender(), { value: toNano('50') });
        const operationCode = await timelockOperationCode();
        await timelock.sendSetup(people.owner.getSender(), {
            minDelay: TIMELOCK_DELAY,
            proposer: governor.address,
            guardian: people.guardian.address,
            guardianUntil: blockchain.now! + YEAR,
            code: operationCode,
            value: toNano('50'),
        });
        return new GovernanceWorld(staking, timelock, governor, await voterTerms(config), operationCode);
    }

    /** Alice can propose with 20,000 tokens, bob has `bob` to vote with, carol 10,000 staked with prover1. */
    static async withVoters(bob: number): Promise<GovernanceWorld> {
        const world = await GovernanceWorld.create();
        await world.staking.open('prover1', world.unit(1000));
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(bob));
        await world.staking.stake('carol', 'prover1', world.unit(10_000));
        return world;
    }

    get blockchain() {
        return this.staking.blockchain;
    }

    get now(): number {
        return this.staking.now;
    }

    at(second: number): void {
        this.blockchain.now = second;
    }

    advance(seconds: number): void {
        this.staking.advance(seconds);
    }

    checkpoint(): () => Promise<void> {
        return this.staking.checkpoint();
    }

    unit(n: number | bigint = 1): bigint {
        return this.staking.unit(n);
    }

    address(who: Who): Address {
        return this.staking.address(who);
    }

    sender(who: Who) {
        return this.staking.sender(who);
    }

    send(from: Who, to: Address, body: Cell, value = toNano('5')): Promise<SendMessageResult> {
        return this.staking.send(from, to, body, value);
    }

    failures(result: SendMessageResult): number[] {
        return this.staking.failures(result);
    }

    /** VoterAccount of somebody; not deployed by this. */
    async account(who: Who): Promise<SandboxContract<VoterAccount>> {
        const voter = this.address(who);
        const known = this.accounts.get(voter.toRawString());
        if (known) return known;
        const account = this.blockchain.openContract(
            await VoterAccount.createFromConfig({ governor: this.governor.address, voter, terms: this.terms }),
        );
        this.accounts.set(voter.toRawString(), account);
        return account;
    }

    async deploy(who: Who): Promise<SandboxContract<VoterAccount>> {
        const account = await this.account(who);
        if (!(await this.staking.exists(account.address))) {
            await account.sendDeploy(this.sender(who), { value: toNano('0.5') });
        }
        return account;
    }

    /** Locks tokens, and deploys the account first if need be. */
    async lock(
        who: Who,
        amount: bigint,
        { from = who, forward, value }: { from?: Who; forward?: bigint; value?: bigint } = {},
    ): Promise<SendMessageResult> {
        const account = await this.deploy(who);
        return this.staking.transfer(
            from,
            account.address,
            amount,
            null,
            forward ?? (await account.getLockForward()),
            'staking',
            { value },
        );
    }

    async unlock(who: Who, amount: bigint, value?: bigint): Promise<SendMessageResult> {
        return (await this.account(who)).sendUnlock(this.sender(who), { amount, value });
    }

    /** An action that nobody minds. */
    nothing(to: Who | Address = 'alice', value = toNano('0.05')): GovernanceAction {
        const destination = to instanceof Address ? to : this.address(to);
        return { destination, value, body: beginCell().storeUint(NOTHING, 32).storeUint(0, 64).endCell() };
    }

    /** Body of the pause of the StakingMaster. */
    pauseBody(): Cell {
        return StakingMaster.pauseBody();
    }

    /** Sends a proposal and returns what happened; its number is the Governor's next one. */
    async sendPropose(
        who: Who,
        kind: ProposalKind,
        actions: readonly GovernanceAction[],
        value?: bigint,
    ): Promise<SendMessageResult> {
        const account = await this.account(who);
        return account.sendPropose(this.sender(who), {
            kind,
            actions,
            description: 1n,
            uri: 'tonstorage://1',
            value: value ?? (await this.governor.getProposeCost(actions)),
        });
    }

    /** A proposal that exists. */
    async propose(
        who: Who,
        kind: ProposalKind = 'technical',
        actions: readonly GovernanceAction[] = [this.nothing()],
    ): Promise<{ id: number; proposal: SandboxContract<Proposal>; result: SendMessageResult }> {
        const id = (await this.governor.getGovernor()).nextId;
        const result = await this.sendPropose(who, kind, actions);
        if (this.failures(result).length > 0) throw new Error(`no proposal: ${this.failures(result).join(' ')}`);
        return { id, proposal: await this.proposal(id), result };
    }

    async proposal(id: number): Promise<SandboxContract<Proposal>> {
        return this.blockchain.openContract(Proposal.createFromAddress(await this.governor.getProposalAddress(id)));
    }

    async vote(who: Who, id: number, choice: Choice, value?: bigint): Promise<SendMessageResult> {
        const lockUntil = await this.governor.getLatestEnd(id);
        return (await this.account(who)).sendVote(this.sender(who), { proposal: id, choice, lockUntil, value });
    }

    async voteText(who: Who, id: number, choice: Choice, value?: bigint): Promise<SendMessageResult> {
        return this.governor.sendVoteText(this.sender(who), { proposal: id, choice, value });
    }

    async voteStaked(
        who: Who,
        prover: StakingPerson,
        id: number,
        choice: Choice,
        value?: bigint,
    ): Promise<SendMessageResult> {
        return this.staking.prover(prover).staking.sendCastVote(this.sender(who), {
            proposal: await this.governor.getProposalAddress(id),
            choice: ['against', 'for', 'abstain'].indexOf(choice),
            lockUntil: await this.governor.getLatestEnd(id),
            value,
        });
    }

    /** To the second at which the proposal counts votes, or does not any more. */
    async toStart(proposal: SandboxContract<Proposal>): Promise<void> {
        this.at((await proposal.getProposal()).start);
    }

    async toEnd(proposal: SandboxContract<Proposal>): Promise<void> {
        this.at((await proposal.getProposal()).end);
    }

    /** The operation of a queued proposal at the Timelock. */
    async operation(proposal: SandboxContract<Proposal>): Promise<SandboxContract<TimelockOperation>> {
        const actions = packActions(await proposal.getActions());
        const id = operationId({ actions, salt: accountIdOf(proposal.address), proposer: this.governor.address });
        return this.blockchain.openContract(
            TimelockOperation.createFromConfig({ timelock: this.timelock.address, id, code: this.operationCode }),
        );
    }

    /** Queues a succeeded proposal and runs it when its time has come. */
    async carryOut(proposal: SandboxContract<Proposal>): Promise<SendMessageResult> {
        await proposal.sendQueue(this.sender('stranger'));
        this.at((await proposal.getProposal()).readyAt);
        const operation = await this.operation(proposal);
        return operation.sendExecute(this.sender('stranger'));
    }

    events(result: SendMessageResult): GovernanceEvent[] {
        return governanceEvents(result.transactions);
    }

    /** Gas of the whole chain without plain wallets (and without the token's own contracts, for a lock too). */
    gasOfChain(result: SendMessageResult): number {
        const people = new Set(
            [...Object.values(this.staking.people)].map(({ address }) => BigInt(`0x${address.hash.toString('hex')}`)),
        );
        return result.transactions
            .filter((tx) => !people.has(tx.address))
            .reduce((sum, tx) => sum + Number(gasOf(tx)), 0);
    }

    gasAt(result: SendMessageResult, address: Address): number[] {
        return txsAt(result, address).map((tx) => Number(gasOf(tx)));
    }

    codes(result: SendMessageResult): number[] {
        return result.transactions.map(exitCode).filter((code): code is number => code !== undefined && code !== 0);
    }
}
