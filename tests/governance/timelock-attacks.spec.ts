/** What an operation, a stolen key or a stranger must not be able to do. */
import { Address, beginCell, Cell, Dictionary, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    storeActionBounced,
    storeSetupOperation,
} from '../../build/TimelockOperation/TimelockOperation_TimelockOperation';
import {
    actionQueryId,
    GovernanceAction,
    packActions,
    Timelock,
    TimelockExit,
    timelockEvents,
    TimelockOperation,
} from '../../wrappers/governance/execution';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { pack } from '../../wrappers/common/messages';
import { exitCode, outs, refuse, txAt, txsAt } from '../support/pool/transactions';
import { editTimelock } from '../support/governance/timelock-state';
import { DAY, GRACE, HOUR, MIN_DELAY, plainBody, TimelockWorld } from '../support/governance/timelock-world';

describe('Timelock: attacks', () => {
    let world: TimelockWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await TimelockWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const scheduling = async (actions: readonly GovernanceAction[] | Cell) => {
        const { result } = await world.schedule(actions);
        return exitCode(txAt(result, world.timelock.address));
    };
    const toSelf = (body: Cell): GovernanceAction => ({
        destination: world.timelock.address,
        value: toNano('0.1'),
        body,
    });

    describe('poisoned actions', () => {
        it('no call of itself but self-administration', async () => {
            const bodies = [
                Timelock.scheduleBody({
                    delay: MIN_DELAY,
                    actions: world.actions(),
                    responseTo: world.address('alice'),
                }),
                Timelock.cancelBody({ id: 1n }),
                Timelock.setupBody(world.setupArgs()),
                Timelock.topUpBody(),
                plainBody(0),
                plainBody(0x740400ff),
                plainBody(0x74040300),
            ];
            for (const body of bodies) {
                expect(await scheduling([...world.actions(), toSelf(body)])).toBe(TimelockExit.ERROR_FORBIDDEN_SELF);
            }
        });

        it('no word of the Timelock to its children, to nobody', async () => {
            const first = await world.schedule(world.actions());
            const setup = pack(
                storeSetupOperation({
                    $$type: 'SetupOperation',
                    queryId: 1n,
                    number: 5n,
                    readyAt: 0n,
                    count: 1n,
                    total: 0n,
                    cells: 1n,
                    bits: 1n,
                    guardianProof: true,
                    proposer: 0n,
                    parties: beginCell().storeUint(0, 512).endCell(),
                    actions: packActions(world.actions()),
                }),
            );
            const bounced = pack(storeActionBounced({ $$type: 'ActionBounced', queryId: 1n, number: 0n, index: 0n }));
            for (const body of [setup, bounced, plainBody(0x74040100), plainBody(0x740401ff), plainBody(0x74040111)]) {
                for (const destination of [
                    first.operation.address,
                    world.address('target'),
                    world.timelock.address,
                ] as Address[]) {
                    const action = { destination, value: toNano('0.1'), body };
                    expect(await scheduling([action])).toBe(TimelockExit.ERROR_FORBIDDEN_OP);
                }
            }
            // The neighbours of that range are ordinary opcodes.
            for (const op of [0x740400ff, 0x74040200, 0x74040301]) {
                expect(await scheduling([{ ...world.actions()[0], body: plainBody(op) }])).toBe(0);
            }
        });

        it('no child of another operation can be told what only the Timelock says', async () => {
            // What people may send to a child, an action may send too; it is the Timelock's right as it is anybody's.
            const first = await world.schedule(world.actions());
            const { result } = await world.carryOut([
                {
                    destination: first.operation.address,
                    value: toNano('1'),
                    body: beginCell().storeUint(0x74040301, 32).storeUint(0, 64).endCell(),
                },
            ]);
            expect(timelockEvents(result.transactions, 'ActionsSentEvent')).toHaveLength(2);
        });

        it.each([
            ['32 (destroy)', 32],
            ['128 (everything)', 128],
            ['160 (everything and destroy)', 160],
            ['64 (all of the inbound)', 64],
            ['2 (ignore errors)', 2],
        ])('no mode %s: an action has no room for one', async (_name, mode) => {
            const base = () => beginCell().storeAddress(world.address('target')).storeCoins(toNano('1'));
            const variants = [
                base().storeUint(mode, 8).storeRef(plainBody()).storeBit(0).endCell(),
                base().storeRef(plainBody()).storeBit(0).storeUint(mode, 8).endCell(),
                // A send-message action as the virtual machine has it: mode first, the message in a reference.
                beginCell().storeUint(0x0ec3c86d, 32).storeUint(mode, 8).storeRef(plainBody()).endCell(),
            ];
            for (const cell of variants) expect(await scheduling(cell)).toBe(TimelockExit.ERROR_BAD_ACTION);
        });

        it('never touches the balance of the Timelock', async () => {
            const before = await world.balanceOf(world.timelock.address);
            await world.carryOut(world.actions(10, { value: toNano('100') }));
            const after = await world.balanceOf(world.timelock.address);
            // Two days of rent, which a top-up of governance pays.
            expect(before - after).toBeLessThan(toNano('0.01'));
        });

        it('sends in mode 1 + 16: exactly the value of the action', async () => {
            const { result } = await world.carryOut(world.actions(2, { value: toNano('0.3') }));
            const sent = outs(txAt(result, world.timelock.address)).filter((o) => o.to.equals(world.address('target')));
            expect(sent.map((o) => o.value)).toEqual([toNano('0.3'), toNano('0.3')]);
        });
    });

    describe('a stolen key', () => {
        it('of the guardian cancels everything but his own replacement', async () => {
            const replace = (guardian: Address) =>
                toSelf(Timelock.setGuardianBody({ guardian, expiresAt: world.now + 30 * DAY }));
            const proposal = await world.schedule([replace(world.address('alice'))]);
            const mixed = await world.schedule([replace(world.address('alice')), ...world.actions()]);
            const other = await world.schedule(world.actions());
            for (const { id } of [proposal, mixed, other]) {
                await world.timelock.sendCancel(world.sender('guardian'), { id });
            }
            expect(await world.phase(mixed.id)).toBe('cancelled');
            expect(await world.phase(other.id)).toBe('cancelled');
            expect(await world.phase(proposal.id)).toBe('waiting');
            world.advance(MIN_DELAY);
            await world.execute(proposal.id);
            const late = await world.schedule(world.actions());
            const result = await world.timelock.sendCancel(world.sender('guardian'), { id: late.id });
            expect(exitCode(txAt(result, world.timelock.address))).toBe(TimelockExit.ERROR_NOT_ROLE);
        });

        it('of the guardian cannot stop what was sent', async () => {
            const { id } = await world.carryOut(world.actions());
            await world.timelock.sendCancel(world.sender('guardian'), { id });
            expect(await world.phase(id)).toBe('sent');
        });

        it('of a proposer: what he announces is public for two days, and the guardian ends it', async () => {
            const evil = await world.schedule(
                [toSelf(Timelock.setProposerBody({ account: world.address('proposer'), allowed: false }))],
                { by: 'other' },
            );
            await world.timelock.sendCancel(world.sender('guardian'), { id: evil.id });
            world.advance(MIN_DELAY);
            const run = await evil.operation.sendExecute(world.sender('other'), { value: toNano('1') });
            expect(exitCode(txAt(run, evil.operation.address))).toBe(TimelockExit.ERROR_OPERATION_STATE);
        });

        it('of a proposer: an id that he lost is free for himself again', async () => {
            const actions = packActions(world.actions());
            const taken = await world.schedule(actions, { by: 'other', salt: 7 });
            await world.timelock.sendCancel(world.sender('guardian'), { id: taken.id });
            const again = await world.schedule(actions, { by: 'other', salt: 7 });
            expect(again.id).toBe(taken.id);
            expect(await world.phase(taken.id)).toBe('waiting');
            expect((await again.operation.getOperation()).number).toBe(1n);
            world.advance(MIN_DELAY);
            await world.execute(taken.id);
            expect(await world.phase(taken.id)).toBe('sent');
        });

        it('of a proposer: the same actions, predecessor and salt of another one are another operation', async () => {
            const actions = packActions(world.actions());
            // First, and as late as he can; then cancelled.
            const taken = await world.schedule(actions, { by: 'other', salt: 7, delay: 30 * DAY });
            const mine = await world.schedule(actions, { salt: 7 });
            expect(mine.id).not.toBe(taken.id);
            await world.timelock.sendCancel(world.sender('other'), { id: taken.id });
            await world.timelock.sendCancel(world.sender('other'), { id: mine.id });
            expect([await world.phase(taken.id), await world.phase(mine.id)]).toEqual(['cancelled', 'waiting']);
            world.advance(MIN_DELAY);
            await world.execute(mine.id);
            expect(await world.phase(mine.id)).toBe('sent');
            // Nor does he stop it afterwards, nor make it run again.
            const again = await world.schedule(actions, { by: 'other', salt: 7 });
            expect(again.id).toBe(taken.id);
            expect(await world.phase(mine.id)).toBe('sent');
        });
    });

    describe('replay', () => {
        it('an operation runs once, for ever', async () => {
            const actions = packActions(world.actions());
            const { id, operation } = await world.schedule(actions, { salt: 3 });
            world.advance(MIN_DELAY);
            await world.execute(id);
            const twice = await operation.sendExecute(world.sender('stranger'), { value: toNano('1') });
            expect(exitCode(txAt(twice, operation.address))).toBe(TimelockExit.ERROR_OPERATION_STATE);
            // Announced again with the same salt: it stays as it ran.
            for (const wait of [0, GRACE, 365 * DAY]) {
                world.advance(wait);
                const again = await world.schedule(actions, { salt: 3 });
                expect(again.id).toBe(id);
                world.advance(MIN_DELAY);
                const run = await operation.sendExecute(world.sender('stranger'), { value: toNano('1') });
                expect(exitCode(txAt(run, operation.address))).toBe(TimelockExit.ERROR_OPERATION_STATE);
            }
        });

        it('announcing what waits does not move its time', async () => {
            const actions = packActions(world.actions());
            const { id, operation } = await world.schedule(actions, { salt: 3 });
            const { readyAt } = await operation.getOperation();
            world.advance(DAY);
            await world.schedule(actions, { salt: 3, delay: 30 * DAY });
            const info = await operation.getOperation();
            expect(info).toMatchObject({ readyAt, number: 0n, phaseName: 'waiting' });
            expect(id).toBe(info.id);
        });

        it('what expired can be announced again', async () => {
            const actions = packActions(world.actions());
            const { id, operation } = await world.schedule(actions, { salt: 3 });
            world.advance(MIN_DELAY + GRACE - 1);
            await world.schedule(actions, { salt: 3 });
            expect((await operation.getOperation()).number).toBe(0n);
            world.advance(1);
            await world.schedule(actions, { salt: 3 });
            expect(await operation.getOperation()).toMatchObject({ number: 2n, phaseName: 'waiting' });
            expect(id).toBe((await operation.getOperation()).id);
        });

        it('a retry sends nothing that was not bounced, whatever comes back later', async () => {
            const { id, operation } = await world.schedule([
                world.actions(1, { to: world.address('other') })[0],
                world.actions(1)[0],
            ]);
            world.advance(MIN_DELAY);
            const accept = await refuse(world.blockchain, world.address('target'));
            await world.execute(id);
            await accept();
            const retry = await operation.sendRetry(world.sender('alice'));
            expect(txsAt(retry, world.address('other'))).toHaveLength(0);
            expect(txsAt(retry, world.address('target'))).toHaveLength(1);
        });
    });

    describe('order', () => {
        it('a predecessor that bounced frees nobody until its retry is an hour old', async () => {
            const first = await world.schedule(world.actions());
            const second = await world.schedule(world.actions(), { predecessor: first.id });
            world.advance(MIN_DELAY);
            const accept = await refuse(world.blockchain, world.address('target'));
            await world.execute(first.id);
            world.advance(2 * HOUR);
            const tell = async () => {
                const args = { successor: second.id, value: toNano('0.5') };
                const result = await first.operation.sendNotifySuccessor(world.sender('stranger'), args);
                return exitCode(txAt(result, first.operation.address));
            };
            expect(await tell()).toBe(TimelockExit.ERROR_OPERATION_STATE);
            await accept();
            await first.operation.sendRetry(world.sender('stranger'));
            world.advance(HOUR - 1);
            expect(await tell()).toBe(TimelockExit.ERROR_TOO_EARLY);
            world.advance(1);
            expect(await tell()).toBe(0);
            expect((await second.operation.getOperation()).free).toBe(true);
        });

        it('another operation does not stand for the predecessor', async () => {
            const first = await world.schedule(world.actions());
            const other = await world.schedule(world.actions());
            const second = await world.schedule(world.actions(), { predecessor: first.id });
            world.advance(MIN_DELAY);
            await world.execute(other.id);
            world.advance(HOUR);
            await other.operation.sendNotifySuccessor(world.sender('stranger'), { successor: second.id });
            expect((await second.operation.getOperation()).free).toBe(false);
        });

        it('a successor that does not exist costs nobody more than gas', async () => {
            const { operation } = await world.carryOut(world.actions());
            world.advance(HOUR);
            const result = await operation.sendNotifySuccessor(world.sender('stranger'), { successor: 12345n });
            expect(exitCode(txAt(result, operation.address))).toBe(0);
        });
    });

    describe('slots of the ring', () => {
        it('an operation waits when another holds its slot, and loses nothing', async () => {
            const first = await world.schedule(world.actions());
            await editTimelock(world, () => ({ number: 128n }));
            const second = await world.schedule(world.actions());
            world.advance(MIN_DELAY);
            await world.execute(first.id);
            const before = await world.balanceOf(world.address('stranger'));
            const run = await world.execute(second.id);
            expect(timelockEvents(run.transactions, 'ActionsSentEvent')).toHaveLength(0);
            expect(await world.phase(second.id)).toBe('ready');
            expect(before - (await world.balanceOf(world.address('stranger')))).toBeLessThan(toNano('0.03'));
            world.advance(HOUR - 1);
            await world.execute(second.id);
            expect(await world.phase(second.id)).toBe('ready');
            world.advance(1);
            await world.execute(second.id);
            expect(await world.phase(second.id)).toBe('sent');
        });

        it('a refused retry leaves its actions bounced', async () => {
            const to = world.address('other');
            const first = await world.schedule([world.actions()[0], world.actions(1, { to })[0]]);
            await editTimelock(world, () => ({ number: 128n }));
            const second = await world.schedule(world.actions(1, { to }));
            world.advance(MIN_DELAY);
            await refuse(world.blockchain, world.address('target'));
            await world.execute(first.id);
            world.advance(HOUR);
            await world.execute(second.id);
            await first.operation.sendRetry(world.sender('alice'));
            expect(await first.operation.getOperation()).toMatchObject({ bounced: 1n, phaseName: 'bounced' });
        });

        it('a bounce that comes after its slot was given away stays as surplus', async () => {
            const { id, operation } = await world.schedule(world.actions());
            world.advance(MIN_DELAY);
            await refuse(world.blockchain, world.address('target'));
            await editTimelock(world, () => ({ ring: Dictionary.empty() }));
            for (const ring of ['empty', 'other'] as const) {
                const iterator = await world.blockchain.sendMessageIter(
                    (await import('@ton/sandbox')).internal({
                        from: world.address('target'),
                        to: world.timelock.address,
                        value: toNano('0.05'),
                        bounced: true,
                        bounce: false,
                        body: beginCell()
                            .storeUint(0xffffffff, 32)
                            .storeUint(0x12345678, 32)
                            .storeUint(actionQueryId(ring === 'empty' ? 0 : 128, 0), 64)
                            .endCell(),
                    }),
                );
                const { value: tx } = (await iterator.next()) as { value: Parameters<typeof exitCode>[0] };
                expect(exitCode(tx)).toBe(0);
                expect(outs(tx)).toHaveLength(0);
                if (ring === 'empty') await world.execute(id);
            }
            expect(await operation.getOperation()).toMatchObject({ bounced: 1n });
            expect((await world.timelock.getTimelock()).ring.get(0)).toMatchObject({ number: 0n });
        });
    });

    describe('a Timelock that cannot run it', () => {
        it('leaves everything with the operation: no action is lost, nor its value', async () => {
            const { id, operation } = await world.schedule(world.actions(3, { value: toNano('1') }));
            world.advance(MIN_DELAY);
            const accept = await refuse(world.blockchain, world.timelock.address);
            const cost = await operation.getCost(TimelockOperation.executeBody());
            const run = await world.execute(id, { by: 'other', value: cost });
            await accept();
            expect(timelockEvents(run.transactions, 'ActionsSentEvent')).toHaveLength(0);
            const info = await operation.getOperation();
            expect(info).toMatchObject({ phaseName: 'bounced', bounced: 0b111n });
            expect(info.payer).toBe(accountIdOf(world.address('other')));
            expect(info.kept).toBeGreaterThan(toNano('3'));
            expect(info.kept).toBeLessThan(cost);
            expect(await world.balanceOf(operation.address)).toBeGreaterThan(info.kept);
            // What is kept pays for the retry.
            const retry = await operation.sendRetry(world.sender('stranger'));
            expect(txsAt(retry, world.address('target'))).toHaveLength(3);
            expect(await operation.getOperation()).toMatchObject({ phaseName: 'sent', bounced: 0n });
        });

        it('again at a retry: only what was to be retried', async () => {
            const to = world.address('other');
            const { id, operation } = await world.schedule([
                world.actions(1, { to })[0],
                world.actions(1, { value: toNano('1') })[0],
            ]);
            world.advance(MIN_DELAY);
            const accept = await refuse(world.blockchain, world.address('target'));
            await world.execute(id);
            await accept();
            const { kept, payer } = await operation.getOperation();
            const ready = await refuse(world.blockchain, world.timelock.address);
            await operation.sendRetry(world.sender('alice'));
            await ready();
            const info = await operation.getOperation();
            expect(info).toMatchObject({ phaseName: 'bounced', bounced: 0b10n, payer });
            expect(info.kept).toBeGreaterThan(kept - toNano('0.05'));
            const retry = await operation.sendRetry(world.sender('alice'));
            expect(txsAt(retry, to)).toHaveLength(0);
            expect(txsAt(retry, world.address('target'))).toHaveLength(1);
        });
    });
});
