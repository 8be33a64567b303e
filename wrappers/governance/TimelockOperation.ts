import { Address, beginCell, Cell, Contract, contractAddress, ContractProvider, Sender } from '@ton/core';

import {
    storeExecuteOperation,
    storeNotifySuccessor,
    storeReleaseKept,
    storeRetryOperation,
    storeTopUp,
    TimelockOperation as Built,
} from '../../build/TimelockOperation/TimelockOperation_TimelockOperation';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import type { PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';

export { DONE_AFTER, GRACE } from '../../build/TimelockOperation/TimelockOperation_TimelockOperation';
export type { OperationInfo } from '../../build/TimelockOperation/TimelockOperation_TimelockOperation';

/** States of an operation by their numbers in get_operation. */
export const OPERATION_PHASES = [
    'none',
    'waiting',
    'ready',
    'expired',
    'sent',
    'bounced',
    'done',
    'cancelled',
    'stopped',
] as const;
export type OperationPhase = (typeof OPERATION_PHASES)[number];

let code: Promise<Cell> | undefined;

/** Code of this build. */
export function timelockOperationCode(): Promise<Cell> {
    code ??= Built.init(0n, 0n, null).then((init) => init.code);
    return code;
}

/** StateInit of an operation. `code` as the Timelock was set up with. */
export function operationInit(timelock: Address, id: bigint, code: Cell): PoolInit {
    return {
        code,
        data: beginCell().storeUint(accountIdOf(timelock), 256).storeUint(id, 256).storeUint(0, 1).endCell(),
    };
}

/** One operation of a Timelock. Anybody executes, retries and releases here; scheduling and cancelling go to the Timelock. */
export class TimelockOperation implements Contract {
    /** Operation codes of the messages by their names, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): TimelockOperation {
        return new TimelockOperation(address);
    }

    /** The operation of an id; the Timelock deploys it. */
    static createFromConfig(config: { timelock: Address; id: bigint; code: Cell }): TimelockOperation {
        const init = operationInit(config.timelock, config.id, config.code);
        return new TimelockOperation(contractAddress(0, init), init);
    }

    static executeBody(args: Query = {}): Cell {
        return pack(storeExecuteOperation({ $$type: 'ExecuteOperation', queryId: queryIdOf(args) }));
    }

    static retryBody(args: Query = {}): Cell {
        return pack(storeRetryOperation({ $$type: 'RetryOperation', queryId: queryIdOf(args) }));
    }

    static notifySuccessorBody(args: Query & { successor: Integer }): Cell {
        return pack(
            storeNotifySuccessor({
                $$type: 'NotifySuccessor',
                queryId: queryIdOf(args),
                successor: BigInt(args.successor),
            }),
        );
    }

    static releaseKeptBody(args: Query = {}): Cell {
        return pack(storeReleaseKept({ $$type: 'ReleaseKept', queryId: queryIdOf(args) }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    /**
     * Sends the actions. From anyone, from readyAt until 14 days later. Value: all values of the actions and the fees
     * (`getCost`), the rest comes back. Throws ERROR_OPERATION_STATE, ERROR_TOO_EARLY, ERROR_GRACE_OVER, ERROR_PREDECESSOR.
     */
    async sendExecute(provider: ContractProvider, via: Sender, args?: SendOptions) {
        await sendBody(provider, via, TimelockOperation.executeBody(args), args);
    }

    /** Sends again what came back. From anyone. Throws ERROR_NOTHING_KEPT, ERROR_GRACE_OVER, ERROR_OPERATION_STATE. */
    async sendRetry(provider: ContractProvider, via: Sender, args?: SendOptions) {
        await sendBody(provider, via, TimelockOperation.retryBody(args), args);
    }

    /** Tells a successor that this operation is done. From anyone, an hour after the last run. Throws ERROR_TOO_EARLY. */
    async sendNotifySuccessor(provider: ContractProvider, via: Sender, args: SendOptions & { successor: Integer }) {
        await sendBody(provider, via, TimelockOperation.notifySuccessorBody(args), args);
    }

    /** Bounced value back to who paid it, after the grace or a cancellation. From anyone. Throws ERROR_TOO_EARLY. */
    async sendReleaseKept(provider: ContractProvider, via: Sender, args?: SendOptions) {
        await sendBody(provider, via, TimelockOperation.releaseKeptBody(args), args);
    }

    async isDeployed(provider: ContractProvider): Promise<boolean> {
        return (await provider.getState()).state.type === 'active';
    }

    /** Everything the operation knows; `phaseName` is its state at this second. */
    async getOperation(provider: ContractProvider) {
        const info = await Built.fromAddress(this.address).getGetOperation(provider);
        return { ...info, phaseName: OPERATION_PHASES[Number(info.phase)] };
    }

    /** Nanoton to attach to a body at the current prices, values of the actions included. */
    async getCost(provider: ContractProvider, body: Cell): Promise<bigint> {
        return costOf(provider, opcodeOf(body) ?? 0);
    }
}
