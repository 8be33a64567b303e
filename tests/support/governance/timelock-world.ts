/** A Timelock with its people, set up; and operations made, run and looked at in one call. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { Blockchain, SandboxContract } from '@ton/sandbox';

import {
    GovernanceAction,
    operationId,
    packActions,
    ScheduleArgs,
    Timelock,
    TimelockOperation,
    timelockOperationCode,
} from '../../../wrappers/governance/execution';
import { advance, checkpoint, ChainOptions, createBlockchain } from '../chain';
import { Treasury } from '../pool/transactions';

export const DAY = 86_400;
export const MIN_DELAY = 2 * DAY;
export const GRACE = 14 * DAY;
export const HOUR = 3_600;

export const TIMELOCK_PEOPLE = ['deployer', 'proposer', 'other', 'guardian', 'alice', 'stranger', 'target'] as const;
export type TimelockPerson = (typeof TIMELOCK_PEOPLE)[number];

/** A body that any wallet takes: an opcode, a query id, and some bits. */
export function plainBody(op = 0x12345678, more = 0): Cell {
    return beginCell().storeUint(op, 32).storeUint(0, 64).storeUint(more, 32).endCell();
}

/** A body of exactly `cells` cells (5 at least), all different, in a flat tree. */
export function wideBody(cells: number, salt: number, bits = 32): Cell {
    let left = cells - 1;
    const grow = (count: number): Cell => {
        // `count` cells: this one and up to four below it that share the rest.
        const builder = beginCell()
            .storeUint(salt, 32)
            .storeUint(left--, 32)
            .storeUint(0, bits - 32 > 0 ? bits - 32 : 0);
        const below = count - 1;
        const children = Math.min(4, below);
        for (let i = 0; i < children; i++) {
            builder.storeRef(grow(Math.floor(below / children) + (i < below % children ? 1 : 0)));
        }
        return builder.endCell();
    };
    return beginCell()
        .storeUint(0x12345678, 32)
        .storeUint(0, 64)
        .storeUint(salt, 32)
        .storeRef(grow(cells - 1))
        .endCell();
}

export class TimelockWorld {
    private salt = 0n;

    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<TimelockPerson, Treasury>,
        readonly timelock: SandboxContract<Timelock>,
        readonly code: Cell,
    ) {}

    static async create({ guardianTerm = 365 * DAY, ...options }: ChainOptions & { guardianTerm?: number } = {}) {
        const blockchain = await createBlockchain(options);
        const people = {} as Record<TimelockPerson, Treasury>;
        for (const name of TIMELOCK_PEOPLE) people[name] = await blockchain.treasury(name);
        const code = await timelockOperationCode();
        const timelock = blockchain.openContract(
            await Timelock.createFromConfig({ deployer: people.deployer.address }),
        );
        const world = new TimelockWorld(blockchain, people, timelock, code);
        await timelock.sendSetup(people.deployer.getSender(), {
            ...world.setupArgs(),
            guardianUntil: blockchain.now! + guardianTerm,
            value: toNano('20'),
        });
        return world;
    }

    setupArgs() {
        return {
            minDelay: MIN_DELAY,
            proposer: this.people.proposer.address,
            secondProposer: this.people.other.address,
            guardian: this.people.guardian.address,
            guardianUntil: this.now + 365 * DAY,
            code: this.code,
        };
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

    address(who: TimelockPerson): Address {
        return this.people[who].address;
    }

    sender(who: TimelockPerson) {
        return this.people[who].getSender();
    }

    operation(id: bigint): SandboxContract<TimelockOperation> {
        return this.blockchain.openContract(
            TimelockOperation.createFromConfig({ timelock: this.timelock.address, id, code: this.code }),
        );
    }

    /** Actions that send `value` to the target, with different bodies. */
    actions(count = 1, { value = toNano('0.1'), to }: { value?: bigint; to?: Address } = {}): GovernanceAction[] {
        return Array.from({ length: count }, (_, i) => ({
            destination: to ?? this.address('target'),
            value,
            body: plainBody(0x12345678, i),
        }));
    }

    /** Schedules; every call has a salt of its own unless one is given. */
    async schedule(
        actions: readonly GovernanceAction[] | Cell,
        args: Partial<ScheduleArgs> & { by?: TimelockPerson; value?: bigint } = {},
    ) {
        const { by = 'proposer', value, ...rest } = args;
        const salt = BigInt(rest.salt ?? ++this.salt);
        const list = actions instanceof Cell ? actions : packActions(actions);
        const id = operationId({ actions: list, predecessor: rest.predecessor, salt, proposer: this.address(by) });
        const result = await this.timelock.sendSchedule(this.sender(by), {
            delay: MIN_DELAY,
            responseTo: this.address('alice'),
            ...rest,
            salt,
            actions: list,
            // A refused list has no cost.
            value: value ?? toNano('3'),
        });
        return { id, salt, operation: this.operation(id), result };
    }

    async phase(id: bigint): Promise<string> {
        return (await this.operation(id).getOperation()).phaseName;
    }

    async execute(id: bigint, { by, value }: { by?: TimelockPerson; value?: bigint } = {}) {
        return this.operation(id).sendExecute(this.sender(by ?? 'stranger'), { value, queryId: 77 });
    }

    /** Schedules, waits and executes. */
    async carryOut(actions: readonly GovernanceAction[], args: Partial<ScheduleArgs> = {}) {
        const { id, operation } = await this.schedule(actions, args);
        this.advance(Number(args.delay ?? MIN_DELAY));
        const result = await this.execute(id);
        return { id, operation, result };
    }

    async balanceOf(address: Address): Promise<bigint> {
        return (await this.blockchain.getContract(address)).balance;
    }
}
