/** Every path of Timelock and TimelockOperation at its dearest; gives the most gas of each handler. */
import { Address, toNano, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { Timelock, TimelockOperation } from '../../../wrappers/governance/execution';
import { gasOf, refuse, txsAt } from '../pool/transactions';
import { fillTimelock } from './timelock-state';
import { HOUR, MIN_DELAY, TimelockWorld, wideBody } from './timelock-world';

const OPS = new Map(
    [Timelock, TimelockOperation].flatMap(({ opcodes }) => Object.entries(opcodes).map(([name, op]) => [op, name])),
);

export type GasMaxima = Map<string, bigint>;

function label(tx: Transaction): string {
    const { info, body } = tx.inMessage!;
    const slice = body.beginParse();
    const bounced = info.type === 'internal' && info.bounced;
    if (bounced) return 'bounced';
    return OPS.get(slice.remainingBits >= 32 ? slice.loadUint(32) : 0) ?? 'other';
}

/** `name#count`: gas with one and with ten actions; `#cells` a schedule of 1,000 cells. */
export async function timelockTour(): Promise<GasMaxima> {
    const maxima: GasMaxima = new Map();
    const world = await TimelockWorld.create();
    await fillTimelock(world, world.now - HOUR);
    const see = async (result: Pick<SendMessageResult, 'transactions'>, operation: { address: Address }, mark = '') => {
        for (const address of [world.timelock.address, operation.address]) {
            for (const tx of txsAt(result, address)) {
                const key = label(tx) + (address === world.timelock.address ? '' : '@op') + mark;
                const gas = gasOf(tx);
                if (gas > (maxima.get(key) ?? 0n)) maxima.set(key, gas);
            }
        }
    };
    const big = (n: number) => ({
        destination: world.address('target'),
        value: toNano('0.5'),
        body: wideBody(100, n, 900),
    });
    const accept: (() => Promise<void>)[] = [];
    for (const [mark, actions] of [
        ['#1', world.actions(1)],
        ['#10', world.actions(10)],
        ['#cells', Array.from({ length: 10 }, (_, n) => big(n))],
    ] as const) {
        const { operation, result } = await world.schedule(actions, { value: toNano('20') });
        await see(result, operation, mark);
        world.advance(MIN_DELAY);
        accept.push(await refuse(world.blockchain, world.address('target')));
        const stranger = world.sender('stranger');
        await see(await operation.sendExecute(stranger, { value: toNano('30') }), operation, mark);
        await see(await operation.sendRetry(stranger, { value: toNano('30') }), operation, mark);
        await accept.pop()!();
        await see(await operation.sendRetry(stranger, { value: toNano('30') }), operation, mark);
        world.advance(HOUR);
        const next = await world.schedule(actions, { predecessor: 1n, value: toNano('20') });
        await see(
            await operation.sendNotifySuccessor(stranger, { successor: next.id, value: toNano('1') }),
            next.operation,
            mark,
        );
        await see(
            await operation.sendNotifySuccessor(stranger, { successor: next.id, value: toNano('1') }),
            operation,
            mark,
        );
        const cancel = await world.timelock.sendCancel(world.sender('guardian'), { id: next.id, value: toNano('1') });
        await see(cancel, next.operation, mark);
        // Another chance for what was cancelled.
        const { salt } = next;
        await see(
            (await world.schedule(actions, { predecessor: 1n, salt, value: toNano('20') })).result,
            next.operation,
            mark,
        );
        accept.push(await refuse(world.blockchain, world.address('target')));
        const lost = await world.carryOut([actions[0]]);
        await world.timelock.sendCancel(world.sender('guardian'), { id: lost.id, value: toNano('1') });
        await see(await lost.operation.sendReleaseKept(stranger, { value: toNano('1') }), lost.operation, mark);
        await accept.pop()!();
    }
    return maxima;
}
