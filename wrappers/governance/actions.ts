import { Address, beginCell, Cell } from '@ton/core';

import { loadAction, storeAction, storeOperationKey } from '../../build/Timelock/Timelock_Timelock';
import type { Integer } from '../common/messages';
import { accountIdOf } from '../pool/metrics';

/** One message of an operation. `body` starts with op:uint32 query_id:uint64; the Timelock overwrites the query id. */
export type GovernanceAction = { destination: Address; value: bigint; body: Cell };

/** The linked list of a proposal or an operation, first action first. */
export function packActions(actions: readonly GovernanceAction[]): Cell {
    if (actions.length === 0) {
        throw new Error('an operation has at least one action');
    }
    const list = [...actions].reverse().reduce<Cell | null>(
        (next, action) =>
            beginCell()
                .store(storeAction({ $$type: 'Action', ...action, next }))
                .endCell(),
        null,
    );
    return list!;
}

/** Reads a linked list. */
export function unpackActions(list: Cell): GovernanceAction[] {
    const actions: GovernanceAction[] = [];
    for (let cell: Cell | null = list; cell !== null;) {
        const { destination, value, body, next } = loadAction(cell.beginParse());
        actions.push({ destination, value, body });
        cell = next;
    }
    return actions;
}

export type OperationKeyArgs = {
    actions: Cell;
    /** Id of the operation that must be done first; 0 = none. */
    predecessor?: Integer;
    /** Makes equal operations of a proposer different. */
    salt?: Integer;
    /** Who schedules it. */
    proposer: Address;
};

/** Id of an operation: hash of its OperationKey. */
export function operationId({ actions, predecessor = 0, salt = 0, proposer }: OperationKeyArgs): bigint {
    const key = beginCell().store(
        storeOperationKey({
            $$type: 'OperationKey',
            actions,
            predecessor: BigInt(predecessor),
            salt: BigInt(salt),
            proposer: accountIdOf(proposer),
        }),
    );
    return BigInt(`0x${key.endCell().hash().toString('hex')}`);
}

/** What the Timelock writes into an action: number of the operation and index of the action. */
export function actionQueryId(number: Integer, index: number): bigint {
    return (BigInt(number) << 8n) | BigInt(index);
}
