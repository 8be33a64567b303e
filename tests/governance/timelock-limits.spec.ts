/** Every bound and every boundary second: the last value that is taken and the first that is not. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { accountIdOf } from '../../wrappers/pool';
import { GovernanceAction, Timelock, TimelockExit, timelockEvents } from '../../wrappers/governance/execution';
import { exitCode, refuse, txAt, txsAt } from '../support/pool/transactions';
import { editTimelock } from '../support/governance/timelock-state';
import {
    DAY,
    GRACE,
    HOUR,
    MIN_DELAY,
    plainBody,
    TimelockPerson,
    TimelockWorld,
    wideBody,
} from '../support/governance/timelock-world';

describe('Timelock: limits', () => {
    let world: TimelockWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await TimelockWorld.create({ guardianTerm: 10 * DAY });
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    /** Exit code of scheduling. */
    const scheduling = async (actions: readonly GovernanceAction[] | Cell, args = {}) => {
        const { result } = await world.schedule(actions, args);
        return exitCode(txAt(result, world.timelock.address));
    };

    it.each([
        [30 * DAY, 0],
        [30 * DAY + 1, TimelockExit.ERROR_DELAY],
    ])('a delay of %d s: exit %d', async (delay, code) => {
        expect(await scheduling(world.actions(), { delay })).toBe(code);
    });

    it.each([
        [0, MIN_DELAY],
        [MIN_DELAY - 1, MIN_DELAY],
        [MIN_DELAY, MIN_DELAY],
        [MIN_DELAY + 1, MIN_DELAY + 1],
    ])('a delay of %d s: ready after %d s', async (delay, waits) => {
        const { operation, result } = await world.schedule(world.actions(), { delay });
        expect(await operation.getOperation()).toMatchObject({ readyAt: BigInt(world.now + waits) });
        const [{ readyAt }] = timelockEvents(result.transactions, 'OperationScheduledEvent');
        expect(readyAt).toBe(BigInt(world.now + waits));
    });

    it.each([
        [MIN_DELAY - 1, 'waiting', TimelockExit.ERROR_TOO_EARLY],
        [MIN_DELAY, 'ready', 0],
        [MIN_DELAY + GRACE - 1, 'ready', 0],
        [MIN_DELAY + GRACE, 'expired', TimelockExit.ERROR_GRACE_OVER],
    ])('%d s after the announcement it is %s: exit %d', async (seconds, phase, code) => {
        const { id, operation } = await world.schedule(world.actions());
        world.advance(seconds);
        expect(await world.phase(id)).toBe(phase);
        const run = await world.execute(id);
        expect(exitCode(txAt(run, operation.address))).toBe(code);
    });

    it('retries until the last second of the grace', async () => {
        const { id, operation } = await world.schedule(world.actions());
        world.advance(MIN_DELAY);
        await refuse(world.blockchain, world.address('target'));
        await world.execute(id);
        world.advance(GRACE - 1);
        expect(exitCode(txAt(await operation.sendRetry(world.sender('alice')), operation.address))).toBe(0);
        world.advance(1);
        const late = await operation.sendRetry(world.sender('alice'), { value: toNano('1') });
        expect(exitCode(txAt(late, operation.address))).toBe(TimelockExit.ERROR_GRACE_OVER);
    });

    it('has 1 to 10 actions', async () => {
        expect(await scheduling(world.actions(10))).toBe(0);
        expect(await scheduling(world.actions(11))).toBe(TimelockExit.ERROR_ACTION_COUNT);
    });

    it('executes ten actions', async () => {
        const { id, result } = await world.carryOut(world.actions(10));
        expect(txsAt(result, world.address('target'))).toHaveLength(10);
        world.advance(HOUR);
        expect(await world.phase(id)).toBe('done');
    });

    it('asks for at least 0.02 TON an action', async () => {
        expect(await scheduling(world.actions(1, { value: toNano('0.02') }))).toBe(0);
        expect(await scheduling(world.actions(1, { value: toNano('0.02') - 1n }))).toBe(
            TimelockExit.ERROR_ACTION_VALUE,
        );
    });

    it('takes bodies of 1,000 cells in all', async () => {
        const action = (cells: number, salt: number) => ({
            destination: world.address('target'),
            value: toNano('0.1'),
            body: wideBody(cells, salt),
        });
        const value = toNano('20');
        expect(await scheduling([action(400, 1), action(400, 2), action(200, 3)], { value })).toBe(0);
        expect(await scheduling([action(400, 1), action(400, 2), action(201, 3)], { value })).not.toBe(0);
    });

    it('runs an operation of 1,000 cells', async () => {
        const actions = Array.from({ length: 10 }, (_, n) => ({
            destination: world.address('target'),
            value: toNano('0.5'),
            body: wideBody(100, n, 800),
        }));
        const { id, operation } = await world.schedule(actions, { value: toNano('20') });
        expect((await operation.getOperation()).count).toBe(10n);
        world.advance(MIN_DELAY);
        const run = await world.execute(id);
        expect(timelockEvents(run.transactions, 'ActionsSentEvent')).toHaveLength(1);
    });

    it.each([
        ['one bit too many', (b: ReturnType<typeof beginCell>) => b.storeBit(0)],
        ['a mode byte', (b: ReturnType<typeof beginCell>) => b.storeUint(160, 8)],
        ['a third reference', (b: ReturnType<typeof beginCell>) => b.storeRef(Cell.EMPTY).storeRef(Cell.EMPTY)],
    ])('refuses an action with %s', async (_name, more) => {
        const cell = more(
            beginCell().storeAddress(world.address('target')).storeCoins(toNano('1')).storeRef(plainBody()).storeBit(0),
        ).endCell();
        expect(await scheduling(cell)).toBe(TimelockExit.ERROR_BAD_ACTION);
    });

    it('refuses destinations outside the basechain, short bodies and lists without a body', async () => {
        const masterchain = new Address(-1, Buffer.alloc(32, 1));
        expect(await scheduling(world.actions(1, { to: masterchain }))).toBe(TimelockExit.ERROR_BAD_ACTION);
        const short = { ...world.actions()[0], body: beginCell().storeUint(0, 95).endCell() };
        expect(await scheduling([short])).toBe(TimelockExit.ERROR_BAD_ACTION);
        expect(await scheduling([{ ...short, body: beginCell().storeUint(0, 96).endCell() }])).toBe(0);
        expect(await scheduling(Cell.EMPTY)).toBe(TimelockExit.ERROR_BAD_ACTION);
        const noBody = beginCell().storeAddress(world.address('target')).storeCoins(1).storeBit(0).endCell();
        expect(await scheduling(noBody)).toBe(TimelockExit.ERROR_BAD_ACTION);
    });

    it('refuses answers to another chain', async () => {
        expect(await scheduling(world.actions(), { responseTo: new Address(-1, Buffer.alloc(32)) })).toBe(
            TimelockExit.ERROR_BAD_ADDRESS,
        );
    });

    it('ends the power of the guardian at his second', async () => {
        const cancel = async (id: bigint) => {
            const result = await world.timelock.sendCancel(world.sender('guardian'), { id });
            return exitCode(txAt(result, world.timelock.address));
        };
        const first = await world.schedule(world.actions(), { delay: 11 * DAY });
        const second = await world.schedule(world.actions(), { delay: 11 * DAY });
        world.advance(10 * DAY - 1);
        expect(await cancel(first.id)).toBe(0);
        expect(await world.phase(first.id)).toBe('cancelled');
        world.advance(1);
        expect(await cancel(second.id)).toBe(TimelockExit.ERROR_NOT_ROLE);
        expect(await world.phase(second.id)).toBe('waiting');
    });

    describe('of self-administration', () => {
        const act = async (body: Cell) => {
            const { result } = await world.carryOut([
                { destination: world.timelock.address, value: toNano('0.1'), body },
            ]);
            const txs = txsAt(result, world.timelock.address);
            // RunActions, then the action.
            return exitCode(txs[1]);
        };
        const MAX_TERM = 2 * 365 * DAY;

        it.each([
            [2 * DAY - 1, TimelockExit.ERROR_DELAY],
            [2 * DAY, 0],
            [30 * DAY, 0],
            [30 * DAY + 1, TimelockExit.ERROR_DELAY],
        ])('a least delay of %d s: exit %d', async (delay, code) => {
            expect(await act(Timelock.setMinDelayBody({ delay }))).toBe(code);
        });

        it('a guardian for two years at most', async () => {
            const at = world.now + MIN_DELAY + MAX_TERM;
            const guardian = world.address('alice');
            expect(await act(Timelock.setGuardianBody({ guardian, expiresAt: at + 1 }))).toBe(
                TimelockExit.ERROR_BAD_PARAMETER,
            );
            const next = world.now + MIN_DELAY + MAX_TERM;
            expect(await act(Timelock.setGuardianBody({ guardian, expiresAt: next }))).toBe(0);
        });

        it('is told', async () => {
            const who = world.address('alice');
            const id = accountIdOf(who);
            const expiresAt = world.now + 100 * DAY;
            for (const [body, kind, whose, value] of [
                [Timelock.setMinDelayBody({ delay: 3 * DAY }), 1n, 0n, BigInt(3 * DAY)],
                [Timelock.setProposerBody({ account: who, allowed: true }), 2n, id, 1n],
                [Timelock.setProposerBody({ account: who, allowed: false }), 2n, id, 0n],
                [Timelock.setGuardianBody({ guardian: who, expiresAt }), 3n, id, BigInt(expiresAt)],
                [Timelock.setGuardianBody({ guardian: null, expiresAt: 0 }), 3n, 0n, 0n],
                [Timelock.sweepSurplusBody({ to: who }), 4n, id, 0n],
            ] as const) {
                const undo = world.checkpoint();
                const action = { destination: world.timelock.address, value: toNano('0.1'), body };
                const { result } = await world.carryOut([action]);
                expect(timelockEvents(result.transactions, 'TimelockAdminEvent')).toMatchObject([
                    { kind, who: whose, value },
                ]);
                await undo();
            }
        });

        it('no addresses of another chain', async () => {
            const far = new Address(-1, Buffer.alloc(32, 1));
            for (const body of [
                Timelock.setGuardianBody({ guardian: far, expiresAt: 0 }),
                Timelock.setProposerBody({ account: far, allowed: true }),
                Timelock.setProposerBody({ account: world.timelock.address, allowed: true }),
                Timelock.sweepSurplusBody({ to: far }),
            ]) {
                expect(await act(body)).toBe(TimelockExit.ERROR_BAD_ADDRESS);
            }
        });

        it('1 to 16 proposers; the same twice changes nothing', async () => {
            const set = (account: Address, allowed: boolean) => act(Timelock.setProposerBody({ account, allowed }));
            const alice = world.address('alice');
            const other = world.address('other');
            expect(await set(other, true)).toBe(0);
            expect((await world.timelock.getTimelock()).proposerCount).toBe(2n);
            expect(await set(alice, false)).toBe(0);
            expect(await set(other, false)).toBe(0);
            expect(await set(world.address('proposer'), false)).toBe(TimelockExit.ERROR_LAST_PROPOSER);
            await editTimelock(world, ({ proposers }) => {
                for (let i = 1; i < 15; i++) proposers.set(BigInt(i), true);
                return { proposers, proposerCount: 15n };
            });
            expect(await set(alice, true)).toBe(0);
            expect(await set(other, true)).toBe(TimelockExit.ERROR_PROPOSERS_FULL);
        });
    });

    it('sets up within the same bounds', async () => {
        const deployer: TimelockPerson = 'deployer';
        const fresh = world.blockchain.openContract(
            await Timelock.createFromConfig({ deployer: world.address(deployer), salt: 3 }),
        );
        const set = async (change: object) => {
            const result = await fresh.sendSetup(world.sender(deployer), {
                ...world.setupArgs(),
                value: toNano('20'),
                ...change,
            });
            return exitCode(txAt(result, fresh.address));
        };
        expect(await set({ minDelay: 2 * DAY - 1 })).toBe(TimelockExit.ERROR_DELAY);
        expect(await set({ guardianUntil: world.now + 2 * 365 * DAY + 1 })).toBe(TimelockExit.ERROR_BAD_PARAMETER);
        expect(await set({ proposer: new Address(-1, Buffer.alloc(32)) })).toBe(TimelockExit.ERROR_BAD_ADDRESS);
        expect(await set({ secondProposer: null, guardian: null, guardianUntil: 0 })).toBe(0);
        expect(await fresh.getTimelock()).toMatchObject({ proposerCount: 1n, guardian: 0n });
    });
});
