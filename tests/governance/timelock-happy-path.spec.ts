/** An operation from its announcement to "done", several actions, predecessors, retries, self-administration. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    actionQueryId,
    operationId,
    packActions,
    Timelock,
    TimelockExit,
    TimelockOperation,
    timelockEvents,
    unpackActions,
} from '../../wrappers/governance/execution';
import {
    exitCode,
    kept as keptBy,
    expectNoLoss,
    outs,
    refuse,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { DAY, GRACE, HOUR, MIN_DELAY, plainBody, TimelockWorld } from '../support/governance/timelock-world';

describe('Timelock: happy path', () => {
    let world: TimelockWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await TimelockWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    it('is set up once, and the deployer keeps nothing', async () => {
        const info = await world.timelock.getTimelock();
        expect(info.deployer).toBe(0n);
        expect(info.proposerCount).toBe(2n);
        expect(info.minDelay).toBe(BigInt(MIN_DELAY));
        const again = await world.timelock.sendSetup(world.sender('deployer'), {
            ...world.setupArgs(),
            value: toNano('1'),
        });
        expect(exitCode(txAt(again, world.timelock.address))).toBe(TimelockExit.ERROR_SETUP);
    });

    it('derives the same addresses and ids on and off chain', async () => {
        const { id, operation } = await world.schedule(world.actions(3), { salt: 5, predecessor: 0 });
        expect(await world.timelock.getOperationAddress(id)).toEqualAddress(operation.address);
        expect(await operation.isDeployed()).toBe(true);
        const info = await operation.getOperation();
        expect(info.id).toBe(id);
        expect(operationId({ actions: info.actions!, salt: 5, proposer: world.address('proposer') })).toBe(id);
        expect(unpackActions(info.actions!)).toHaveLength(3);
    });

    it('announces, waits, sends and is done', async () => {
        const { id, operation, result } = await world.schedule(world.actions(2));
        const [said] = timelockEvents(result.transactions, 'OperationScheduledEvent');
        expect(said).toMatchObject({ id, number: 0n, readyAt: BigInt(world.now + MIN_DELAY) });
        expect((await operation.getOperation()).expiresAt).toBe(BigInt(world.now + MIN_DELAY + GRACE));
        // The rest of the value goes with the notice.
        const [notice] = outs(txAt(result, world.timelock.address)).filter((o) => o.to.equals(world.address('alice')));
        expect(notice.op).toBe(Timelock.opcodes.OperationScheduled);
        expect(notice.value).toBeGreaterThan(toNano('2'));
        expect(await world.phase(id)).toBe('waiting');
        world.advance(MIN_DELAY);
        expect(await world.phase(id)).toBe('ready');
        const run = await world.execute(id);
        const sent = outs(txAt(run, world.timelock.address)).filter((o) => o.to.equals(world.address('target')));
        expect(sent.map((o) => o.queryId)).toEqual([actionQueryId(0, 0), actionQueryId(0, 1)]);
        expect(sent.every((o) => o.bounce && o.value === toNano('0.1') && o.op === 0x12345678)).toBe(true);
        expect(sent.map((o) => o.body.beginParse().skip(96).loadUint(32))).toEqual([0, 1]);
        const [told] = outs(txAt(run, world.timelock.address)).filter((o) => o.to.equals(world.address('alice')));
        expect(told.op).toBe(Timelock.opcodes.OperationExecuted);
        expect(told.queryId).toBe(77n);
        expectNoLoss(txAt(run, world.timelock.address));
        expectNoLoss(txAt(run, operation.address));
        const [event] = timelockEvents(run.transactions, 'ActionsSentEvent');
        expect(event).toMatchObject({ id, number: 0n, mask: 3n });
        expect(await world.phase(id)).toBe('sent');
        world.advance(HOUR - 1);
        expect(await world.phase(id)).toBe('sent');
        world.advance(1);
        expect(await world.phase(id)).toBe('done');
    });

    it('waits for its predecessor, an hour after that was sent', async () => {
        const first = await world.schedule(world.actions());
        const second = await world.schedule(world.actions(), { predecessor: first.id });
        world.advance(MIN_DELAY);
        const early = await world.execute(second.id, { value: toNano('1') });
        expect(exitCode(txAt(early, second.operation.address))).toBe(TimelockExit.ERROR_PREDECESSOR);
        const notYet = await first.operation.sendNotifySuccessor(world.sender('stranger'), { successor: second.id });
        expect(exitCode(txAt(notYet, first.operation.address))).toBe(TimelockExit.ERROR_OPERATION_STATE);
        await world.execute(first.id);
        world.advance(HOUR - 1);
        const soon = await first.operation.sendNotifySuccessor(world.sender('stranger'), { successor: second.id });
        expect(exitCode(txAt(soon, first.operation.address))).toBe(TimelockExit.ERROR_TOO_EARLY);
        world.advance(1);
        const told = await first.operation.sendNotifySuccessor(world.sender('stranger'), { successor: second.id });
        expect(succeeded(txAt(told, second.operation.address))).toBe(true);
        expect((await second.operation.getOperation()).free).toBe(true);
        const run = await world.execute(second.id);
        expect(timelockEvents(run.transactions, 'ActionsSentEvent')).toHaveLength(1);
    });

    it('keeps what bounced and retries that alone', async () => {
        const elsewhere = world.address('other');
        const [bad, good] = [world.actions(1)[0], world.actions(1, { to: elsewhere })[0]];
        const { id, operation } = await world.schedule([bad, good, bad]);
        world.advance(MIN_DELAY);
        const accept = await refuse(world.blockchain, world.address('target'));
        const run = await world.execute(id);
        expect(timelockEvents(run.transactions, 'ActionBouncedEvent').map((e) => e.index)).toEqual([0n, 2n]);
        let info = await operation.getOperation();
        expect(info.phaseName).toBe('bounced');
        expect(info.bounced).toBe(0b101n);
        expect(info.kept).toBeGreaterThan(toNano('0.15'));
        expect(info.kept).toBeLessThan(toNano('0.2'));
        const second = await operation.sendRetry(world.sender('stranger'));
        expect((await operation.getOperation()).bounced).toBe(0b101n);
        expect(timelockEvents(second.transactions, 'ActionsSentEvent')[0].mask).toBe(0b101n);
        await accept();
        const retry = await operation.sendRetry(world.sender('stranger'));
        const sent = outs(txAt(retry, world.timelock.address)).filter((o) => o.op === 0x12345678);
        expect(sent.map((o) => o.queryId)).toEqual([actionQueryId(0, 0), actionQueryId(0, 2)]);
        info = await operation.getOperation();
        expect(info).toMatchObject({ phaseName: 'sent', bounced: 0n, kept: 0n });
        const nothing = await operation.sendRetry(world.sender('stranger'), { value: toNano('1') });
        expect(exitCode(txAt(nothing, operation.address))).toBe(TimelockExit.ERROR_NOTHING_KEPT);
        world.advance(HOUR);
        expect(await world.phase(id)).toBe('done');
    });

    it('gives bounced value back to its payer when the grace is over', async () => {
        const { id, operation } = await world.schedule(world.actions());
        world.advance(MIN_DELAY);
        await refuse(world.blockchain, world.address('target'));
        await world.execute(id, { by: 'other' });
        const { kept } = await operation.getOperation();
        world.advance(GRACE - 1);
        const early = await operation.sendReleaseKept(world.sender('stranger'));
        expect(exitCode(txAt(early, operation.address))).toBe(TimelockExit.ERROR_TOO_EARLY);
        world.advance(1);
        const late = await operation.sendRetry(world.sender('stranger'), { value: toNano('1') });
        expect(exitCode(txAt(late, operation.address))).toBe(TimelockExit.ERROR_GRACE_OVER);
        const released = await operation.sendReleaseKept(world.sender('stranger'));
        const [back] = outs(txAt(released, operation.address));
        expect(back.to).toEqualAddress(world.address('other'));
        expect(back.value).toBeGreaterThan(kept);
        // Nothing but what was kept, and the rest of this message.
        expect(keptBy(txAt(released, operation.address))).toBe(-kept);
        const again = await operation.sendReleaseKept(world.sender('stranger'));
        expect(exitCode(txAt(again, operation.address))).toBe(TimelockExit.ERROR_NOTHING_KEPT);
    });

    it('lets its proposer stop what came back: no retry, and the value is free at once', async () => {
        const { id, operation } = await world.schedule(world.actions());
        world.advance(MIN_DELAY);
        const accept = await refuse(world.blockchain, world.address('target'));
        await world.execute(id, { by: 'other' });
        await accept();
        const { kept } = await operation.getOperation();
        await world.timelock.sendCancel(world.sender('proposer'), { id });
        expect(await operation.getOperation()).toMatchObject({ phaseName: 'stopped', bounced: 1n, kept });
        const retry = await operation.sendRetry(world.sender('stranger'));
        expect(exitCode(txAt(retry, operation.address))).toBe(TimelockExit.ERROR_OPERATION_STATE);
        const released = await operation.sendReleaseKept(world.sender('stranger'));
        const [back] = outs(txAt(released, operation.address));
        expect(back.to).toEqualAddress(world.address('other'));
        expect(back.value).toBeGreaterThan(kept);
        expect(await operation.getOperation()).toMatchObject({ phaseName: 'stopped', kept: 0n });
    });

    it('tells nobody that it was executed where account 0 is to be told', async () => {
        const nobody = new Address(0, Buffer.alloc(32));
        const { id, result } = await world.carryOut(world.actions(), { responseTo: nobody });
        const sent = outs(txAt(result, world.timelock.address)).filter(
            (o) => o.op === Timelock.opcodes.OperationExecuted,
        );
        expect(sent).toEqual([]);
        expect(await world.phase(id)).toBe('sent');
        const told = await world.carryOut(world.actions(), { responseTo: world.address('alice') });
        const notes = outs(txAt(told.result, world.timelock.address));
        expect(notes.filter((o) => o.op === Timelock.opcodes.OperationExecuted)).toMatchObject([{ bounce: false }]);
    });

    it('changes its own parameters through itself alone', async () => {
        const self = (body: Cell) => ({ destination: world.timelock.address, value: toNano('0.05'), body });
        const alice = world.address('alice');
        const until = world.now + 100 * DAY;
        const { id, result } = await world.carryOut([
            self(Timelock.setMinDelayBody({ delay: 3 * DAY })),
            self(Timelock.setProposerBody({ account: alice, allowed: true })),
            self(Timelock.setProposerBody({ account: world.address('other'), allowed: false })),
            self(Timelock.setGuardianBody({ guardian: null, expiresAt: until })),
            self(Timelock.sweepSurplusBody({ to: world.address('stranger') })),
        ]);
        expect(txsAt(result, world.timelock.address).every((tx) => succeeded(tx))).toBe(true);
        const info = await world.timelock.getTimelock();
        expect(info).toMatchObject({ minDelay: BigInt(3 * DAY), guardian: 0n, guardianUntil: BigInt(until) });
        expect(info.proposerCount).toBe(2n);
        expect(timelockEvents(result.transactions, 'TimelockAdminEvent').map((e) => e.kind)).toEqual([
            1n,
            2n,
            2n,
            3n,
            4n,
        ]);
        world.advance(HOUR);
        expect(await world.phase(id)).toBe('done');
        // What was enough before waits for the new delay.
        const short = await world.schedule(world.actions(), { by: 'alice' });
        expect((await short.operation.getOperation()).readyAt).toBe(BigInt(world.now + 3 * DAY));
        const gone = await world.schedule(world.actions(), { by: 'other', delay: 3 * DAY });
        expect(exitCode(txAt(gone.result, world.timelock.address))).toBe(TimelockExit.ERROR_NOT_ROLE);
    });

    it('takes rent and excesses from anyone', async () => {
        const { operation } = await world.schedule(world.actions());
        const empty = beginCell().endCell();
        const excesses = beginCell().storeUint(0xd53276db, 32).storeUint(1, 64).endCell();
        for (const to of [world.timelock.address, operation.address] as Address[]) {
            for (const body of [empty, Timelock.topUpBody(), TimelockOperation.topUpBody(), excesses]) {
                const result = await world.people.stranger.send({ to, value: toNano('0.1'), body });
                expect(succeeded(txAt(result, to))).toBe(true);
                expect(outs(txAt(result, to))).toHaveLength(0);
            }
        }
        await world.timelock.sendTopUp(world.sender('stranger'), { value: toNano('1') });
    });

    it('packs and reads lists', () => {
        const actions = world.actions(10);
        expect(unpackActions(packActions(actions)).map((a) => a.body.hash().toString('hex'))).toEqual(
            actions.map((a) => a.body.hash().toString('hex')),
        );
        expect(() => packActions([])).toThrow('at least one');
        expect(plainBody().bits.length).toBe(128);
    });
});
