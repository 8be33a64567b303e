import { Address, Cell, Contract, contractAddress, ContractProvider, Sender } from '@ton/core';

import {
    storeCancelOperation,
    storeScheduleOperation,
    storeSetGuardian,
    storeSetMinDelay,
    storeSetProposer,
    storeSetupTimelock,
    storeSweepSurplus,
    storeTopUp,
    Timelock as Built,
} from '../../build/Timelock/Timelock_Timelock';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';
import { GovernanceAction, packActions } from './actions';

export type { TimelockInfo } from '../../build/Timelock/Timelock_Timelock';
export {
    MAX_ACTIONS,
    MAX_DELAY,
    MAX_GUARDIAN_TERM,
    MAX_PROPOSERS,
    MIN_ACTION_VALUE,
    MIN_DELAY,
    RING_SECONDS,
    RING_SIZE,
} from '../../build/Timelock/Timelock_Timelock';

export type SetupTimelockArgs = {
    /** Seconds, 2 to 30 days. */
    minDelay: Integer;
    proposer: Address;
    secondProposer?: Address | null;
    guardian?: Address | null;
    /** First second without a guardian; at most two years ahead. */
    guardianUntil?: Integer;
    /** Code of TimelockOperation (`timelockOperationCode()`). */
    code: Cell;
};

export type ScheduleArgs = {
    /** Seconds from now; the Timelock's minimum to 30 days. */
    delay: Integer;
    actions: Cell | readonly GovernanceAction[];
    predecessor?: Integer;
    salt?: Integer;
    /** Gets OperationScheduled with the rest of the value, and OperationExecuted. */
    responseTo: Address;
};

function listOf(actions: ScheduleArgs['actions']): Cell {
    return actions instanceof Cell ? actions : packActions(actions);
}

/** Owner of the other contracts for governance: sends what was announced two days before. */
export class Timelock implements Contract {
    /** Operation codes of the messages by their names, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): Timelock {
        return new Timelock(address);
    }

    /** The Timelock that `deployer` sets up; `salt` tells several apart. */
    static async createFromConfig(config: { deployer: Address; salt?: Integer }): Promise<Timelock> {
        const init = await initialState(Built, 'Timelock', {
            deployer: accountIdOf(config.deployer),
            salt: BigInt(config.salt ?? 0),
            code: null,
        });
        return new Timelock(contractAddress(0, init), init);
    }

    static setupBody(args: Query & SetupTimelockArgs): Cell {
        return pack(
            storeSetupTimelock({
                $$type: 'SetupTimelock',
                queryId: queryIdOf(args),
                minDelay: BigInt(args.minDelay),
                proposer: args.proposer,
                secondProposer: args.secondProposer ?? null,
                guardian: args.guardian ?? null,
                guardianUntil: BigInt(args.guardianUntil ?? 0),
                code: args.code,
            }),
        );
    }

    static scheduleBody(args: Query & ScheduleArgs): Cell {
        return pack(
            storeScheduleOperation({
                $$type: 'ScheduleOperation',
                queryId: queryIdOf(args),
                delay: BigInt(args.delay),
                predecessor: BigInt(args.predecessor ?? 0),
                salt: BigInt(args.salt ?? 0),
                actions: listOf(args.actions),
                responseTo: args.responseTo,
            }),
        );
    }

    static cancelBody(args: Query & { id: Integer }): Cell {
        return pack(storeCancelOperation({ $$type: 'CancelOperation', queryId: queryIdOf(args), id: BigInt(args.id) }));
    }

    /** Body of an action: least delay of later operations. */
    static setMinDelayBody(args: Query & { delay: Integer }): Cell {
        return pack(storeSetMinDelay({ $$type: 'SetMinDelay', queryId: queryIdOf(args), delay: BigInt(args.delay) }));
    }

    /** Body of an action: adds or removes a proposer. */
    static setProposerBody(args: Query & { account: Address; allowed: boolean }): Cell {
        const { account, allowed } = args;
        return pack(storeSetProposer({ $$type: 'SetProposer', queryId: queryIdOf(args), account, allowed }));
    }

    /** Body of an action: another guardian, or none. */
    static setGuardianBody(args: Query & { guardian: Address | null; expiresAt: Integer }): Cell {
        return pack(
            storeSetGuardian({
                $$type: 'SetGuardian',
                queryId: queryIdOf(args),
                guardian: args.guardian,
                expiresAt: BigInt(args.expiresAt),
            }),
        );
    }

    /** Body of an action: what the Timelock holds above a year's rent goes to `to`. */
    static sweepSurplusBody(args: Query & { to: Address }): Cell {
        return pack(storeSweepSurplus({ $$type: 'SweepSurplus', queryId: queryIdOf(args), to: args.to }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    /** Deploys and sets up, once, from the deployer. Throws ERROR_NOT_OWNER, ERROR_SETUP, ERROR_DELAY, ERROR_BAD_ADDRESS. */
    async sendSetup(
        provider: ContractProvider,
        via: Sender,
        args: SetupTimelockArgs & { value: bigint; queryId?: Integer },
    ) {
        await sendBody(provider, via, Timelock.setupBody(args), args);
    }

    /**
     * Announces an operation. From a proposer. Value: `getScheduleCost`; the rest goes to `responseTo`. Throws
     * ERROR_NOT_ROLE, ERROR_DELAY, ERROR_BAD_ACTION, ERROR_ACTION_COUNT, ERROR_ACTION_VALUE, ERROR_FORBIDDEN_OP,
     * ERROR_FORBIDDEN_SELF, ERROR_VALUE_TOO_LOW.
     */
    async sendSchedule(provider: ContractProvider, via: Sender, args: ScheduleArgs & SendOptions) {
        const value = args.value ?? (await this.getScheduleCost(provider, listOf(args.actions)));
        await sendBody(provider, via, Timelock.scheduleBody(args), { ...args, value });
    }

    /** Ends an operation that waits, or its retries. From its proposer or the guardian. Throws ERROR_NOT_ROLE. */
    async sendCancel(provider: ContractProvider, via: Sender, args: SendOptions & { id: Integer }) {
        await sendBody(provider, via, Timelock.cancelBody(args), args);
    }

    /** TON for the rent. From anyone. */
    async sendTopUp(provider: ContractProvider, via: Sender, args: Query & { value: bigint }) {
        await sendBody(provider, via, Timelock.topUpBody(args), args);
    }

    /** Parameters, roles, number of the next operation, operations of the last hour. */
    async getTimelock(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetTimelock(provider);
    }

    /** Address of the child of an operation. */
    async getOperationAddress(provider: ContractProvider, id: bigint): Promise<Address> {
        return Built.fromAddress(this.address).getGetOperationAddress(provider, id);
    }

    /** Nanoton to attach to ScheduleOperation. Fails with the exit code that scheduling would have. */
    async getScheduleCost(provider: ContractProvider, actions: Cell): Promise<bigint> {
        return Built.fromAddress(this.address).getGetScheduleCost(provider, actions);
    }

    /** Nanoton to attach to another body at the current prices. */
    async getCost(provider: ContractProvider, body: Cell): Promise<bigint> {
        return costOf(provider, opcodeOf(body) ?? 0);
    }
}
