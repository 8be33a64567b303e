/** Whoever administers the emission: each message is told in one event, and what it does not use comes back. */
import { Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { accountIdOf } from '../../wrappers/pool';
import { EmissionController, EmissionExit, emissionEvents, YEAR_TABLE } from '../../wrappers/token';
import { administered } from '../support/administration';
import { kept, outs, txAt } from '../support/pool/transactions';
import { account } from '../support/token/emission-gas';
import { DAY, EmissionPerson, EmissionWorld, UNIT, WEEK } from '../support/token/emission-world';

const C = EmissionController;
const NOBODY = 0n;
const QUERY = 77n;

const id = (n: number) => accountIdOf(account(n));

let world: EmissionWorld;

beforeEach(async () => {
    world = await EmissionWorld.create();
});

const told = async (who: EmissionPerson, body: Cell) =>
    emissionEvents(await administered(world.address, world.people[who], body));

const event = (kind: number, who: bigint, value: number | bigint, at: number | bigint) => [
    expect.objectContaining({
        event: 'EmissionEvent',
        kind: BigInt(kind),
        who,
        value: BigInt(value),
        at: BigInt(at),
    }) as unknown,
];

/** First epoch that begins after the notice of seven days, announced in epoch 0. */
const FIRST = Math.ceil((7 * DAY) / WEEK);

it('growth: announced, taken back', async () => {
    expect(await told('keeper', C.setGrowthBody({ bps: 30_000, queryId: QUERY }))).toEqual(
        event(1, NOBODY, 20_000, FIRST),
    );
    expect(await told('keeper', C.cancelGrowthBody({ queryId: QUERY }))).toEqual(event(2, NOBODY, 0, 0));
    expect(await told('keeper', C.setGrowthBody({ bps: 1, queryId: QUERY }))).toEqual(event(1, NOBODY, 5000, FIRST));
});

it('recipients: announced, taken back', async () => {
    const recipients = [
        { address: account(1), bps: 4000 },
        { address: account(2), bps: 6000 },
    ];
    const announce = C.setRecipientsBody({ recipients, queryId: QUERY });
    expect(await told('owner', announce)).toEqual(event(3, NOBODY, 2, FIRST));
    expect(await told('owner', C.cancelRecipientsBody({ queryId: QUERY }))).toEqual(event(4, NOBODY, 0, 0));
    expect(await told('owner', announce)).toEqual(event(3, NOBODY, 2, FIRST));
});

it('payees: announced, taken back, applied', async () => {
    const announce = C.setPayeesBody({ treasury: account(1), liquidity: account(2), queryId: QUERY });
    expect(await told('owner', announce)).toEqual(event(5, id(1), 0, world.now + 7 * DAY));
    expect(await told('owner', C.cancelPayeesBody({ queryId: QUERY }))).toEqual(event(7, NOBODY, 0, 0));
    expect(await told('owner', announce)).toEqual(event(5, id(1), 0, world.now + 7 * DAY));
    world.advance(7 * DAY);
    expect(await told('stranger', C.applyPayeesBody({ queryId: QUERY }))).toEqual(event(6, id(1), 0, 0));
    await world.refused(EmissionExit.ERROR_NO_CHANGE, 'stranger', C.applyPayeesBody());
});

it('the breaker: stopped, resumed', async () => {
    const guardian = accountIdOf(world.of('guardian'));
    for (const stop of [true, false]) {
        const body = C.setBreakerBody({ stop, queryId: QUERY });
        expect(await told('guardian', body)).toEqual(event(8, guardian, stop ? 1 : 0, 0));
    }
});

it('roles: nominated, taken back, accepted, revoked', async () => {
    const second = accountIdOf(world.of('second'));
    for (const [number, role] of (['owner', 'rateKeeper', 'guardian', 'recorder'] as const).entries()) {
        const nominate = (holder: EmissionPerson | null) =>
            told('owner', C.nominateRoleBody({ role, holder: holder && world.of(holder), queryId: QUERY }));
        expect(await nominate('second')).toEqual(event(9, second, number, 0));
        expect(await nominate(null)).toEqual(event(9, NOBODY, number, 0));
        if (role === 'owner') continue;
        await nominate('second');
        expect(await told('second', C.acceptRoleBody({ role, queryId: QUERY }))).toEqual(event(10, second, number, 0));
        const revoke = C.revokeRoleBody({ role, holder: world.of('second'), queryId: QUERY });
        expect(await told('owner', revoke)).toEqual(event(11, second, number, 0));
    }
});

it('rates and upgrades have events of their own', async () => {
    expect(await told('keeper', C.setModelRateBody({ name: 'model', rate: 5n, queryId: QUERY }))).toMatchObject([
        { event: 'ModelRateChanged', rate: 5n },
    ]);
    expect(await told('owner', C.announceUpgradeBody({ codeHash: 9n, queryId: QUERY }))).toMatchObject([
        { event: 'EmissionUpgrade', codeHash: 9n },
    ]);
    expect(await told('owner', C.cancelUpgradeBody({ queryId: QUERY }))).toMatchObject([
        { event: 'EmissionUpgrade', codeHash: 0n },
    ]);
});

it('emissions return what their mints do not take', async () => {
    world.at(world.endOf(0));
    const emitted = await world.send('stranger', C.emitBody({ queryId: QUERY }), toNano('2'));
    const tx = txAt(emitted, world.address);
    const back = outs(tx).filter(({ to }) => to.equals(world.of('stranger')));
    expect(back).toHaveLength(1);
    expect(back[0].value).toBeGreaterThan(toNano('1.5'));
    expect(kept(tx)).toBe(0n);
    expect(await world.minter.getTotal()).toBe((YEAR_TABLE[0] * UNIT * BigInt(WEEK)) / BigInt(365 * DAY));
});

it('an emission costs no more for the epochs that were emitted before', async () => {
    const cost = () => world.controller.getCost(C.opcodes.Emit);
    const first = await cost();
    for (let epoch = 0; epoch < 27; epoch++) {
        world.at(world.endOf(epoch));
        await world.emit();
    }
    expect((await world.controller.getEmissionData()).nextEpoch).toBe(27n);
    expect(await cost()).toBe(first);
});
