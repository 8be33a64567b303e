/** PoolOperator: its stake - minimum, fines, and when it may leave. */
import { toNano } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_DISTRIBUTION_RESERVE,
    GAS_SETUP,
    loadAskIdle,
    loadFinePaid,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import {
    BPS,
    EVENT_ACTIVE,
    EVENT_FINED,
    EVENT_STAKE,
    EXIT_DELAY,
    FINE_BPS,
    INCOME_FINE,
    OPERATOR_MIN_STAKE,
    PoolExit,
    poolEvents,
    PoolOperator,
} from '../../wrappers/pool';
import { messagesWith, PoolEnvironment } from '../support/pool/environment';
import {
    epochMissedBody,
    expectExcesses,
    idleConfirmedBody,
    operatorCost,
    operatorEvents,
    OperatorUnit,
} from '../support/pool/operator-unit';
import { header, plain } from '../support/pool/plain';
import { afterFees, computeFee, kept, outCount, outs, smallForward } from '../support/pool/units';

const op = PoolOperator.opcodes;
const activate = PoolOperator.setActiveBody({ active: true, queryId: 3 });
const deactivate = PoolOperator.setActiveBody({ active: false, queryId: 4 });

let unit: OperatorUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await OperatorUnit.create();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

describe('TopUpStake', () => {
    const body = (amount: bigint) => PoolOperator.topUpStakeBody({ amount, queryId: 5 });

    it('takes exactly the amount from anyone and tells the registry', async () => {
        const tx = await unit.done('stranger', body(toNano('7')), toNano('9'));
        expect(kept(tx)).toBe(toNano('7'));
        expect((await unit.data()).stake).toBe(toNano('107'));
        expect(outCount(tx)).toBe(3);
        const [roles, rest] = outs(tx);
        expect(header(roles)).toEqual({
            to: unit.registry.toString(),
            value: computeFee(GAS_SETUP),
            bounce: true,
            op: op.RolesUpdate,
            init: false,
        });
        expect(OperatorUnit.rolesOf(roles)).toMatchObject({ queryId: 5n, active: true, stakeOk: true, version: 1n });
        expectExcesses(rest, unit.addressOf('stranger'), body(0n));
        expect(operatorEvents(tx)).toEqual([
            { kind: EVENT_STAKE, who: unit.addressOf('stranger').toString(), value: toNano('107') },
        ]);
    });

    it('needs an amount, and the amount with its cost', async () => {
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'owner', body(0n));
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'owner', body(1n), operatorCost());
        await unit.done('owner', body(1n), operatorCost() + 1n);
        expect((await unit.data()).stake).toBe(toNano('100') + 1n);
    });

    it('is a sign of life only with the minimum in the stake', async () => {
        const fresh = await OperatorUnit.create({ until: 'deployed' });
        const stakeOk = async (amount: bigint) =>
            OperatorUnit.rolesOf(outs(await fresh.done('owner', body(amount), amount + toNano('1')))[0]).stakeOk;
        expect(await stakeOk(OPERATOR_MIN_STAKE - 1n)).toBe(false);
        expect(await stakeOk(1n)).toBe(true);
    });
});

describe('SetActive', () => {
    it('takes the minimum stake, and not a nano less', async () => {
        const fresh = await OperatorUnit.create({ until: 'deployed' });
        await fresh.topUp(OPERATOR_MIN_STAKE - 1n);
        await fresh.refused(PoolExit.ERROR_STAKE_TOO_LOW, 'owner', activate);
        await fresh.topUp(1n);
        fresh.advance(50n);
        const tx = await fresh.finished('owner', activate);
        expect(await fresh.data()).toMatchObject({ active: true, activeSince: fresh.now, inactiveSince: 0n });
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_ACTIVE, who: null, value: 1n }]);
        const [roles, rest] = outs(tx);
        expect(OperatorUnit.rolesOf(roles)).toMatchObject({ queryId: 3n, active: true, stakeOk: false, version: 1n });
        expect(rest.op).toBe(op.Excesses);
        expect(outCount(tx)).toBe(3);
    });

    it('is refused when nothing would change', async () => {
        await unit.refused(PoolExit.ERROR_BAD_PARAMETER, 'owner', activate);
        await unit.finished('owner', deactivate);
        await unit.refused(PoolExit.ERROR_BAD_PARAMETER, 'owner', deactivate);
    });

    it('ends the activity even while paused, and begins it only after the pause', async () => {
        await unit.pause();
        unit.advance(10n);
        const tx = await unit.finished('owner', deactivate);
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_ACTIVE, who: null, value: 0n }]);
        expect(await unit.data()).toMatchObject({
            active: false,
            inactiveSince: unit.now,
            activeSince: unit.now - 10n,
        });
        expect(OperatorUnit.rolesOf(outs(tx)[0])).toMatchObject({ active: false, version: 3n });
        const { pausedUntil } = await unit.data();
        unit.at(pausedUntil - 1n);
        await unit.refused(PoolExit.ERROR_PAUSED, 'owner', activate);
        unit.at(pausedUntil);
        await unit.finished('owner', activate);
    });
});

describe('a fine', () => {
    const fineOf = (stake: bigint) => (stake * FINE_BPS) / BPS;

    it('of an epoch begun while active is 5 % of the stake, into the reserve', async () => {
        const { activeSince } = await unit.data();
        const value = toNano('1');
        const tx = await unit.done('registry', epochMissedBody(4, activeSince, 12n), value);
        const amount = fineOf(toNano('100'));
        expect(amount).toBe(toNano('5'));
        expect(outCount(tx)).toBe(2);
        const [fine] = outs(tx);
        expect(header(fine)).toEqual({
            to: unit.distribution.toString(),
            value: amount + computeFee(GAS_DISTRIBUTION_RESERVE) + smallForward(),
            bounce: true,
            op: op.FinePaid,
            init: false,
        });
        expect(plain(loadFinePaid(fine.body.beginParse()))).toEqual({ queryId: 12n, amount, epoch: 4n });
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_FINED, who: null, value: amount }]);
        expect(await unit.data()).toMatchObject({ stake: toNano('95'), finedTo: 5n });
    });

    it('comes once an epoch, and not for an epoch before one that was fined', async () => {
        const { activeSince } = await unit.data();
        await unit.done('registry', epochMissedBody(4, activeSince));
        for (const epoch of [4, 3, 0]) {
            expect(outCount(await unit.done('registry', epochMissedBody(epoch, activeSince)))).toBe(0);
        }
        expect(await unit.data()).toMatchObject({ stake: toNano('95'), finedTo: 5n });
        expect(outCount(await unit.done('registry', epochMissedBody(5, activeSince)))).toBe(2);
        expect(await unit.data()).toMatchObject({ stake: toNano('90.25'), finedTo: 6n });
    });

    it('is not due for an epoch that began before the pool became active', async () => {
        const { activeSince } = await unit.data();
        expect(outCount(await unit.done('registry', epochMissedBody(0, activeSince - 1n)))).toBe(0);
        expect(await unit.data()).toMatchObject({ stake: toNano('100'), finedTo: 0n });
        expect(outCount(await unit.done('registry', epochMissedBody(0, activeSince)))).toBe(2);
    });

    it('is due for an epoch that began before the pool became inactive, to the second', async () => {
        unit.advance(1000n);
        await unit.finished('owner', deactivate);
        const { inactiveSince } = await unit.data();
        expect(outCount(await unit.done('registry', epochMissedBody(1, inactiveSince)))).toBe(0);
        expect(outCount(await unit.done('registry', epochMissedBody(1, inactiveSince - 1n)))).toBe(2);
    });

    it('is not due for an epoch that began between two times of activity', async () => {
        unit.advance(1000n);
        await unit.finished('owner', deactivate);
        const { inactiveSince } = await unit.data();
        unit.advance(1000n);
        await unit.finished('owner', activate);
        const { activeSince } = await unit.data();
        expect(activeSince).toBe(inactiveSince + 1000n);
        for (const start of [inactiveSince, activeSince - 1n]) {
            expect(outCount(await unit.done('registry', epochMissedBody(1, start)))).toBe(0);
        }
        expect(outCount(await unit.done('registry', epochMissedBody(1, inactiveSince - 1n)))).toBe(2);
        expect(outCount(await unit.done('registry', epochMissedBody(2, activeSince)))).toBe(2);
    });

    it('of a stake too small for a fine is none, and the epoch stays open for one', async () => {
        const fresh = await OperatorUnit.create({ until: 'deployed' });
        await fresh.topUp(19n);
        (await fresh.blockchain.getContract(fresh.address)).balance += toNano('1');
        // Begun while active: only the stake is missing.
        await fresh.topUp(toNano('100') - 19n);
        await fresh.finished('owner', activate);
        fresh.advance(10n);
        await fresh.finished('owner', deactivate);
        fresh.advance(EXIT_DELAY);
        const { inactiveSince, stake } = await fresh.data();
        await fresh.done('registry', idleConfirmedBody(inactiveSince, stake - 19n));
        expect((await fresh.data()).stake).toBe(19n);
        expect(outCount(await fresh.done('registry', epochMissedBody(0, inactiveSince - 1n)))).toBe(0);
        expect((await fresh.data()).finedTo).toBe(0n);
        await fresh.topUp(1n);
        expect(outCount(await fresh.done('registry', epochMissedBody(0, inactiveSince - 1n)))).toBe(2);
        expect(await fresh.data()).toMatchObject({ stake: 19n, finedTo: 1n });
    });

    it('that the reserve refuses goes back into the stake, but is not asked for again', async () => {
        const { activeSince } = await unit.data();
        const [fine] = outs(await unit.done('registry', epochMissedBody(4, activeSince)));
        const tx = await unit.bounce(fine);
        expect(outCount(tx)).toBe(0);
        expect(await unit.data()).toMatchObject({ stake: toNano('100'), finedTo: 5n });
        expect(kept(tx)).toBeGreaterThanOrEqual(toNano('5'));
    });

    it('reaches the reserve of a real pool, once for an epoch that nobody reports', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('alice');
        const closed = await env.runEpoch([]);
        expect(poolEvents(closed.transactions, 'IncomeBooked')).toMatchObject([
            { kind: INCOME_FINE, amount: toNano('5') },
        ]);
        expect((await env.distributionData()).reserve).toBe(toNano('5'));
        expect((await env.pool()).stake).toBe(toNano('95'));
        // The registry sends the same answer again: nothing more is taken.
        await env.closeEpoch();
        expect((await env.distributionData()).reserve).toBe(toNano('5'));
        expect((await env.pool()).stake).toBe(toNano('95'));
    });
});

describe('the stake leaves', () => {
    const withdraw = (amount: bigint) => PoolOperator.withdrawOperatorStakeBody({ amount, queryId: 21 });
    const emergency = PoolOperator.emergencyWithdrawBody({ queryId: 22 });

    it('not while the pool is active, nor before it was inactive for 7 days', async () => {
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'owner', withdraw(1n));
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'stranger', emergency);
        unit.advance(EXIT_DELAY);
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'owner', withdraw(1n));
        await unit.finished('owner', deactivate);
        unit.advance(EXIT_DELAY - 1n);
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'owner', withdraw(1n));
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'stranger', emergency);
        unit.advance(1n);
        await unit.done('owner', withdraw(1n));
        await unit.done('stranger', emergency);
    });

    it('asks the registry about the time since when, with all of the value', async () => {
        await unit.finished('owner', deactivate);
        const { inactiveSince } = await unit.data();
        unit.advance(EXIT_DELAY);
        const asked = await unit.done('owner', withdraw(toNano('100')), toNano('2'));
        expect(outCount(asked)).toBe(1);
        const [ask] = outs(asked);
        expect(header(ask)).toEqual({
            to: unit.registry.toString(),
            value: afterFees(asked, toNano('2')),
            bounce: true,
            op: op.AskIdle,
            init: false,
        });
        const common = { since: inactiveSince, amount: toNano('100') };
        expect(plain(loadAskIdle(ask.body.beginParse()))).toEqual({ queryId: 21n, ...common, emergency: false });
        const [alarm] = outs(await unit.done('stranger', emergency));
        expect(plain(loadAskIdle(alarm.body.beginParse()))).toEqual({ queryId: 22n, ...common, emergency: true });
        // Nothing has left yet.
        expect((await unit.data()).stake).toBe(toNano('100'));
    });

    it('not more than there is, nor nothing', async () => {
        await unit.finished('owner', deactivate);
        unit.advance(EXIT_DELAY);
        await unit.refused(PoolExit.ERROR_TOO_MUCH, 'owner', withdraw(0n));
        await unit.refused(PoolExit.ERROR_TOO_MUCH, 'owner', withdraw(toNano('100') + 1n));
        const { inactiveSince } = await unit.data();
        await unit.done('registry', idleConfirmedBody(inactiveSince, toNano('100')));
        await unit.refused(PoolExit.ERROR_TOO_MUCH, 'stranger', emergency);
    });

    it.each([
        ['the owner', false, () => unit.addressOf('owner')],
        ['the recovery address in an emergency', true, () => unit.addressOf('recovery')],
    ] as const)('to %s, with what is left of the value, once the registry agrees', async (_, alarm, payeeOf) => {
        await unit.finished('owner', deactivate);
        const { inactiveSince } = await unit.data();
        unit.advance(EXIT_DELAY);
        const value = toNano('0.5');
        const body = idleConfirmedBody(inactiveSince, toNano('40'), alarm, 31n);
        const tx = await unit.done('registry', body, value);
        expect(outCount(tx)).toBe(2);
        const [back] = outs(tx);
        expect(header(back)).toEqual({
            to: payeeOf().toString(),
            value: toNano('40') + afterFees(tx, value),
            bounce: false,
            op: op.StakeReturned,
            init: false,
        });
        expect(back.queryId).toBe(31n);
        expect(kept(tx)).toBe(-toNano('40'));
        expect((await unit.data()).stake).toBe(toNano('60'));
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_STAKE, who: payeeOf().toString(), value: toNano('60') }]);
    });

    it('not when the pool is active again, was inactive later, or less is left than was asked for', async () => {
        const { activeSince } = await unit.data();
        await unit.finished('owner', deactivate);
        const { inactiveSince } = await unit.data();
        expect(activeSince).toBe(inactiveSince);
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'registry', idleConfirmedBody(inactiveSince - 1n, 1n));
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'registry', idleConfirmedBody(inactiveSince + 1n, 1n));
        unit.advance(EXIT_DELAY - 1n);
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'registry', idleConfirmedBody(inactiveSince, 1n));
        unit.advance(1n);
        await unit.refused(PoolExit.ERROR_TOO_MUCH, 'registry', idleConfirmedBody(inactiveSince, toNano('100') + 1n));
        await unit.finished('owner', activate);
        await unit.refused(PoolExit.ERROR_STILL_BOUND, 'registry', idleConfirmedBody(inactiveSince, 1n));
    });

    it('in a real pool only when every epoch begun while it was active is closed', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        env.advance(100);
        await env.operator.sendSetActive(env.roles.owner.getSender(), { active: false });
        env.advance(EXIT_DELAY);
        const owner = env.roles.owner.getSender();
        const ask = () => env.operator.sendWithdrawOperatorStake(owner, { amount: toNano('100') });
        const refused = await ask();
        expect(refused.transactions).toHaveTransaction({
            on: env.registry.address,
            exitCode: PoolExit.ERROR_EPOCHS_OPEN,
        });
        // The value comes back to the owner, the stake stays.
        expect(messagesWith(refused.transactions, op.OwnMoney)).toHaveLength(1);
        expect((await env.pool()).stake).toBe(toNano('100'));
        // Epoch 0 began while the pool was active; epoch 1 did not.
        await env.closeEpoch();
        expect((await env.epoch()).epoch).toBe(1n);
        const paid = messagesWith((await ask()).transactions, op.StakeReturned);
        expect(paid).toHaveLength(1);
        expect(paid[0].to).toEqualAddress(env.roles.owner.address);
        expect(paid[0].value).toBeGreaterThanOrEqual(toNano('100'));
        expect((await env.pool()).stake).toBe(0n);
    });

    it('in an emergency to the recovery address, sent by a stranger', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.operator.sendSetActive(env.roles.owner.getSender(), { active: false });
        env.advance(EXIT_DELAY);
        await env.closeEpoch();
        const result = await env.operator.sendEmergencyWithdraw(env.roles.stranger.getSender());
        const [paid] = messagesWith(result.transactions, op.StakeReturned);
        expect(paid.to).toEqualAddress(env.roles.recovery.address);
        expect(paid.value).toBeGreaterThanOrEqual(toNano('100'));
        expect((await env.pool()).stake).toBe(0n);
    });
});
