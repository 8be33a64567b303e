/**
 * What the getters say is enough for the whole chain, one nanoton less is refused, and no contract pays anything of its own,
 * at five sets of prices; no gas constant is below the dearest path, none more than a tenth above.
 */
import { Address, beginCell, Cell, toNano, Transaction } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/Timelock/Timelock_Timelock';
import {
    packActions,
    Timelock,
    timelockEvents,
    TimelockExit,
    TimelockOperation,
} from '../../wrappers/governance/execution';
import { underCoverage } from '../support/coverage';
import {
    excessQueries,
    exitCode,
    expectNoLoss,
    expectRefused,
    install,
    refuse,
    succeeded,
    txsAt,
} from '../support/pool/transactions';
import { computeFee, forwardFee, rentOf } from '../support/pool/fees';
import { priceScenarios } from '../support/prices';
import { timelockTour } from '../support/governance/timelock-gas';
import { fillTimelock } from '../support/governance/timelock-state';
import { HOUR, MIN_DELAY, TimelockPerson, TimelockWorld, wideBody } from '../support/governance/timelock-world';

const gasTest = underCoverage ? it.skip : it;

type Case = { to: Address; by: TimelockPerson; body: Cell; cost: bigint };

describe.each(Object.entries(priceScenarios()))('Timelock at %s', (_name, config) => {
    let world: TimelockWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await TimelockWorld.create({ config });
        await fillTimelock(world, world.now - HOUR);
        const { accountState } = await world.blockchain.getContract(world.timelock.address);
        if (accountState?.type !== 'active') throw new Error('no Timelock');
        const { code, data } = accountState.state;
        await install(world.blockchain, world.timelock.address, code!, data!, toNano('500'));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const rich = toNano('300');
    const heavy = () =>
        Array.from({ length: 10 }, (_, n) => ({
            destination: world.address('target'),
            value: toNano('0.02'),
            body: wideBody(60, n, 900),
        }));

    const cases: Record<string, () => Promise<Case>> = {
        'ScheduleOperation with one action': async () => schedule(packActions(world.actions())),
        'ScheduleOperation with ten large actions': async () => schedule(packActions(heavy())),
        'ExecuteOperation with one action': async () => execute(world.actions(1)),
        'ExecuteOperation with ten large actions': async () => execute(heavy()),
        'RetryOperation with one action': async () => retry(world.actions(1, { value: toNano('1') })),
        'RetryOperation with ten actions': async () => retry(world.actions(10, { value: toNano('1') })),
        CancelOperation: async () => {
            const { id } = await world.schedule(heavy(), { value: rich });
            const body = Timelock.cancelBody({ id });
            return { to: world.timelock.address, by: 'guardian', body, cost: await world.timelock.getCost(body) };
        },
        NotifySuccessor: async () => {
            const { id, operation } = await ready(heavy());
            const next = await world.schedule(world.actions(), { predecessor: id, value: rich });
            await world.execute(id, { value: rich });
            world.advance(HOUR);
            return at(operation, TimelockOperation.notifySuccessorBody({ successor: next.id }));
        },
        ReleaseKept: async () => {
            const { id, operation } = await ready(world.actions(3, { value: toNano('1') }));
            await refuse(world.blockchain, world.address('target'));
            await world.execute(id, { value: rich });
            await world.timelock.sendCancel(world.sender('proposer'), { id, value: rich });
            return at(operation, TimelockOperation.releaseKeptBody());
        },
    };

    async function schedule(actions: Cell): Promise<Case> {
        const body = Timelock.scheduleBody({ delay: MIN_DELAY, actions, responseTo: world.address('alice') });
        const cost = await world.timelock.getScheduleCost(actions);
        return { to: world.timelock.address, by: 'proposer', body, cost };
    }
    async function ready(actions: Parameters<TimelockWorld['schedule']>[0]) {
        const made = await world.schedule(actions, { value: rich });
        world.advance(MIN_DELAY);
        return made;
    }
    type Opened = Awaited<ReturnType<TimelockWorld['schedule']>>['operation'];
    const at = async (operation: Opened, body: Cell): Promise<Case> => ({
        to: operation.address,
        by: 'stranger',
        body,
        cost: await operation.getCost(body),
    });
    const execute = async (actions: Parameters<TimelockWorld['schedule']>[0]) =>
        at((await ready(actions)).operation, TimelockOperation.executeBody());
    async function retry(actions: Parameters<TimelockWorld['schedule']>[0]): Promise<Case> {
        const { id, operation } = await ready(actions);
        const accept = await refuse(world.blockchain, world.address('target'));
        await world.execute(id, { value: rich });
        await accept();
        return at(operation, TimelockOperation.retryBody());
    }

    it.each(Object.keys(cases))('%s: its cost is enough, one nanoton less is not', async (name) => {
        const { to, by, body, cost } = await cases[name]();
        const send = (value: bigint) => world.people[by].send({ to, value, body, bounce: true });
        if (!underCoverage) {
            await expectRefused(world.blockchain, to, TimelockExit.ERROR_VALUE_TOO_LOW, () => send(cost - 1n));
        }
        const result = await send(underCoverage ? cost + toNano('1') : cost);
        const people = new Set(Object.values(world.people).map((p) => BigInt(`0x${p.address.hash.toString('hex')}`)));
        const own = result.transactions.filter((tx: Transaction) => !people.has(tx.address));
        expect(own.length).toBeGreaterThan(0);
        for (const tx of own) {
            expect(succeeded(tx)).toBe(true);
            // What bounced is in the account and leaves it here.
            if (!(tx.address === BigInt(`0x${to.hash.toString('hex')}`) && /Retry|Release/.test(name))) {
                expectNoLoss(tx);
            }
        }
    });

    it('SetupTimelock: its cost is enough for the rent', async () => {
        const deployer = world.address('deployer');
        const fresh = world.blockchain.openContract(await Timelock.createFromConfig({ deployer, salt: 9 }));
        const setup = Timelock.setupBody(world.setupArgs());
        const cost = await world.timelock.getCost(setup);
        const result = await fresh.sendSetup(world.sender('deployer'), { ...world.setupArgs(), value: cost });
        expect(txsAt(result, fresh.address).map(succeeded)).toEqual([true]);
        expect(await fresh.getTimelock()).toMatchObject({ deployer: 0n, proposerCount: 2n });
        // The rent stays, what is left of gas and forwarding goes back.
        expect(await world.balanceOf(fresh.address)).toBeGreaterThan((cost * 3n) / 4n);
        expect(await fresh.getCost(Timelock.topUpBody())).toBe(0n);
        const { guardian, minDelay } = await fresh.getTimelock();
        expect(timelockEvents(result.transactions, 'TimelockAdminEvent')).toMatchObject([
            { kind: 0n, who: guardian, value: minDelay },
        ]);
        // The sender gets the rest, the contract keeps the rent.
        expect(excessQueries(result, world.address('deployer'))).toHaveLength(1);
    });

    it('bounces of every action are booked', async () => {
        const { id, operation } = await ready(world.actions(10, { value: toNano('1') }));
        await refuse(world.blockchain, world.address('target'));
        const result = await world.execute(id);
        const back = txsAt(result, world.timelock.address).slice(1);
        expect(back).toHaveLength(10);
        for (const tx of back) {
            expect(exitCode(tx)).toBe(0);
            expectNoLoss(tx);
        }
        for (const tx of txsAt(result, operation.address)) expectNoLoss(tx);
        const info = await operation.getOperation();
        expect(info.bounced).toBe(0x3ffn);
        expect(info.kept).toBeLessThan(await world.balanceOf(operation.address));
    });

    it('a failure that used its value up is told all the same', async () => {
        const { id, operation } = await ready(world.actions(1, { value: toNano('0.02') }));
        const before = await world.balanceOf(world.timelock.address);
        await refuse(world.blockchain, world.address('target'));
        await world.execute(id);
        const info = await operation.getOperation();
        const { gas } = { gas: before - (await world.balanceOf(world.timelock.address)) };
        expect(gas).toBeLessThan(toNano('0.2'));
        // With dear forwarding nothing is left of 0.02 TON: the network sends no bounce, and the action counts as sent.
        expect(['bounced', 'sent']).toContain(info.phaseName);
    });
});

describe('Timelock: gas', () => {
    gasTest(
        'every constant covers the dearest path and is at most a tenth above it',
        async () => {
            const gas = await timelockTour();
            const of = (key: string) => {
                const found = gas.get(key);
                if (found === undefined) throw new Error(`the tour does not pass ${key}`);
                return found;
            };
            const covers = (constant: bigint, measured: bigint) => {
                expect(constant).toBeGreaterThanOrEqual(measured);
                expect(constant * 10n).toBeLessThanOrEqual(measured * 11n);
            };
            const scheduled = (count: bigint, cells: bigint) =>
                built.GAS_TIMELOCK_SCHEDULE + count * built.GAS_TIMELOCK_CHECK + cells * built.GAS_TIMELOCK_CELL;
            covers(scheduled(1n, 1n), of('ScheduleOperation#1'));
            covers(scheduled(10n, 10n), of('ScheduleOperation#10'));
            covers(scheduled(10n, 1000n), of('ScheduleOperation#cells'));
            covers(built.GAS_TIMELOCK_RUN + built.GAS_TIMELOCK_ACTION, of('RunActions#1'));
            covers(built.GAS_TIMELOCK_RUN + 10n * built.GAS_TIMELOCK_ACTION, of('RunActions#10'));
            covers(built.GAS_TIMELOCK_BOUNCE, of('bounced#10'));
            covers(built.GAS_TIMELOCK_CANCEL, of('CancelOperation#10'));
            covers(built.GAS_OPERATION_SETUP, of('SetupOperation@op#10'));
            covers(built.GAS_OPERATION_EXECUTE, of('ExecuteOperation@op#10'));
            covers(built.GAS_OPERATION_RETRY, of('RetryOperation@op#10'));
            covers(built.GAS_OPERATION_SMALL, of('CancelOrder@op#10'));
            for (const op of ['ActionBounced', 'ReleaseKept', 'NotifySuccessor', 'PredecessorDone']) {
                expect(of(`${op}@op#10`)).toBeLessThanOrEqual(built.GAS_OPERATION_SMALL);
            }
        },
        120_000,
    );
});

gasTest('the cost of the set-up, part by part', async () => {
    const { timelock } = await TimelockWorld.create();
    const body = beginCell().storeUint(Timelock.opcodes.SetupTimelock, 32).endCell();
    expect(await timelock.getCost(body)).toBe(
        rentOf(built.TIMELOCK_CELLS, built.TIMELOCK_BITS, built.RENT_SECONDS) +
            computeFee(built.GAS_TIMELOCK_SCHEDULE) +
            2n * forwardFee(0n, 1023n),
    );
});
