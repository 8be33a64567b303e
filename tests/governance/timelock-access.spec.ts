/** Every message from everybody who may not send it. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    storeActionBounced,
    storeCancelOrder,
    storePredecessorDone,
    storeRunActions,
    storeRunRefused,
    storeSetupOperation,
} from '../../build/TimelockOperation/TimelockOperation_TimelockOperation';
import {
    packActions,
    Timelock,
    TimelockExit,
    timelockEvents,
    TimelockOperation,
} from '../../wrappers/governance/execution';
import { pack } from '../../wrappers/common/messages';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { EXCESSES, exitCode, expectRefused, outs, txAt, txsAt } from '../support/pool/transactions';
import { HOUR, MIN_DELAY, TIMELOCK_PEOPLE, TimelockWorld } from '../support/governance/timelock-world';

describe('Timelock: access', () => {
    let world: TimelockWorld;
    let restore: () => Promise<void>;
    let operation: Awaited<ReturnType<TimelockWorld['schedule']>>;
    const parties = beginCell().storeUint(0, 512).endCell();

    beforeAll(async () => {
        world = await TimelockWorld.create();
        operation = await world.schedule(world.actions());
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const refused = (to: Address, code: number, body: Cell, by: (typeof TIMELOCK_PEOPLE)[number] = 'stranger') =>
        expectRefused(world.blockchain, to, code, () =>
            world.people[by].send({ to, value: toNano('1'), body, bounce: true }),
        );

    it.each(TIMELOCK_PEOPLE.filter((name) => name !== 'proposer' && name !== 'other'))(
        'lets %s schedule nothing',
        async (by) => {
            const { result } = await world.schedule(world.actions(), { by });
            expect(exitCode(txAt(result, world.timelock.address))).toBe(TimelockExit.ERROR_NOT_ROLE);
        },
    );

    it.each(['deployer', 'alice', 'stranger'] as const)('lets %s cancel nothing', async (by) => {
        await refused(
            world.timelock.address,
            TimelockExit.ERROR_NOT_ROLE,
            Timelock.cancelBody({ id: operation.id }),
            by,
        );
        expect(await world.phase(operation.id)).toBe('waiting');
    });

    it('lets another proposer not cancel what is not his', async () => {
        const result = await world.timelock.sendCancel(world.sender('other'), { id: operation.id });
        expect(timelockEvents(result.transactions, 'OperationCancelledEvent')).toHaveLength(0);
        expect(await world.phase(operation.id)).toBe('waiting');
    });

    it.each(['proposer', 'guardian'] as const)('lets %s cancel', async (by) => {
        const result = await world.timelock.sendCancel(world.sender(by), { id: operation.id });
        expect(timelockEvents(result.transactions, 'OperationCancelledEvent')).toMatchObject([{ state: 3n }]);
        expect(await world.phase(operation.id)).toBe('cancelled');
        // What the order does not need comes back at once, the rest of it from the operation.
        const [rest] = outs(txAt(result, world.timelock.address)).filter(({ op }) => op === EXCESSES);
        expect(rest.to).toEqualAddress(world.address(by));
        world.advance(MIN_DELAY);
        const run = await operation.operation.sendExecute(world.sender('stranger'), { value: toNano('1') });
        expect(exitCode(txAt(run, operation.operation.address))).toBe(TimelockExit.ERROR_OPERATION_STATE);
    });

    it.each(['deployer', 'proposer', 'guardian', 'stranger'] as const)('lets %s not administrate', async (by) => {
        const alice = world.address('alice');
        for (const body of [
            Timelock.setMinDelayBody({ delay: MIN_DELAY }),
            Timelock.setProposerBody({ account: alice, allowed: true }),
            Timelock.setGuardianBody({ guardian: alice, expiresAt: 0 }),
            Timelock.sweepSurplusBody({ to: alice }),
        ]) {
            await refused(world.timelock.address, TimelockExit.ERROR_NOT_SELF, body, by);
        }
    });

    it('lets only the deployer set up', async () => {
        const fresh = world.blockchain.openContract(
            await Timelock.createFromConfig({ deployer: world.address('deployer'), salt: 9 }),
        );
        const { code } = world;
        const args = { ...world.setupArgs(), value: toNano('20') };
        const wrong = await fresh.sendSetup(world.sender('stranger'), args);
        // The wrapper's own deployment carries the init; a stranger's is refused.
        expect(exitCode(txAt(wrong, fresh.address))).not.toBe(0);
        expect(code.hash().length).toBe(32);
        await fresh.sendSetup(world.sender('deployer'), args);
        expect((await fresh.getTimelock()).deployer).toBe(0n);
    });

    it('takes RunActions from children alone', async () => {
        const body = pack(
            storeRunActions({
                $$type: 'RunActions',
                queryId: 1n,
                mask: 1n,
                number: 0n,
                id: operation.id,
                executor: accountIdOf(world.address('stranger')),
                responseTo: 0n,
                kept: 0n,
                actions: packActions(world.actions()),
            }),
        );
        for (const by of TIMELOCK_PEOPLE) {
            await refused(world.timelock.address, TimelockExit.ERROR_NOT_OPERATION, body, by);
        }
    });

    it('obeys in a child the Timelock alone', async () => {
        const { address } = operation.operation;
        const orders = [
            pack(
                storeSetupOperation({
                    $$type: 'SetupOperation',
                    queryId: 1n,
                    number: 5n,
                    readyAt: 0n,
                    count: 1n,
                    total: 0n,
                    cells: 1n,
                    bits: 1n,
                    guardianProof: false,
                    proposer: 0n,
                    parties,
                    actions: packActions(world.actions()),
                }),
            ),
            pack(storeCancelOrder({ $$type: 'CancelOrder', queryId: 1n, by: 0n, asGuardian: true })),
            pack(storeActionBounced({ $$type: 'ActionBounced', queryId: 1n, number: 0n, index: 0n })),
            pack(storeRunRefused({ $$type: 'RunRefused', queryId: 1n, mask: 1n, executor: 0n, kept: 0n })),
        ];
        for (const body of orders) {
            for (const by of TIMELOCK_PEOPLE) await refused(address, TimelockExit.ERROR_NOT_TIMELOCK, body, by);
        }
    });

    it('believes that a predecessor is done from its child alone', async () => {
        const next = await world.schedule(world.actions(), { predecessor: operation.id });
        const body = pack(
            storePredecessorDone({
                $$type: 'PredecessorDone',
                queryId: 1n,
                predecessor: operation.id,
                responseTo: accountIdOf(world.address('alice')),
            }),
        );
        for (const by of TIMELOCK_PEOPLE) {
            await refused(next.operation.address, TimelockExit.ERROR_NOT_OPERATION, body, by);
        }
    });

    it('has nothing for an operation that was never scheduled', async () => {
        const ghost = world.operation(123n);
        const deployed = await world.people.stranger.send({
            to: ghost.address,
            value: toNano('1'),
            init: TimelockOperation.createFromConfig({
                timelock: world.timelock.address,
                id: 123n,
                code: world.code,
            }).init,
        });
        expect(exitCode(txAt(deployed, ghost.address))).toBe(0);
        const { $$type: _, timelock, id, free, guardianProof, phaseName, ...numbers } = await ghost.getOperation();
        expect({ timelock, id, free, guardianProof, phaseName }).toMatchObject({
            id: 123n,
            free: false,
            guardianProof: false,
            phaseName: 'none',
        });
        expect(new Set(Object.values(numbers))).toEqual(new Set([0n, null]));
        const run = await ghost.sendExecute(world.sender('stranger'), { value: toNano('1') });
        expect(exitCode(txAt(run, ghost.address))).toBe(TimelockExit.ERROR_OPERATION_STATE);
        // Nor does it remember that some predecessor is done.
        world.advance(MIN_DELAY);
        await world.execute(operation.id);
        world.advance(HOUR);
        const told = await operation.operation.sendNotifySuccessor(world.sender('alice'), { successor: 123n });
        expect(exitCode(txAt(told, ghost.address))).toBe(0);
        const [rest] = outs(txAt(told, ghost.address));
        expect(rest.to).toEqualAddress(world.address('alice'));
        expect(await world.phase(123n)).toBe('none');
    });

    it('takes back what a cancellation of no operation carries, and nothing follows', async () => {
        const { address } = world.timelock;
        const before = await world.balanceOf(address);
        const result = await world.timelock.sendCancel(world.sender('guardian'), { id: 123n });
        const [order, bounced] = txsAt(result, address);
        expect([exitCode(order), exitCode(bounced)]).toEqual([0, 0]);
        expect(bounced.inMessage!.info).toMatchObject({ bounced: true });
        expect(outs(bounced)).toEqual([]);
        expect(await world.balanceOf(address)).toBeGreaterThan(before);
        expect(await world.operation(123n).isDeployed()).toBe(false);
    });

    it('sets up a child that somebody deployed before', async () => {
        const actions = packActions(world.actions());
        const probe = await world.schedule(actions, { salt: 99, value: toNano('0.001') });
        expect(await probe.operation.isDeployed()).toBe(false);
        const { init } = TimelockOperation.createFromConfig({
            timelock: world.timelock.address,
            id: probe.id,
            code: world.code,
        });
        await world.people.stranger.send({ to: probe.operation.address, value: toNano('0.1'), init });
        await world.schedule(actions, { salt: 99 });
        expect(await world.phase(probe.id)).toBe('waiting');
    });
});
