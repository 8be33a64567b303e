/** Whoever administers registry and settlement: each message is told in one event, and what it does not use comes back. */
import { Cell } from '@ton/core';
import '@ton/test-utils';

import { accountIdOf } from '../../wrappers/pool';
import { PaymentSettlement, settlementEvents, UsageRegistry } from '../../wrappers/settlement';
import { administered } from '../support/administration';
import { DAY, HOUR, SettlementPerson, SettlementWorld } from '../support/settlement/world';

const queryId = 77n;
const NOBODY = 0n;

let world: SettlementWorld;

beforeEach(async () => {
    world = await SettlementWorld.create({ unlinked: true });
});

const toldBy = (contract: 'registry' | 'settlement') => async (who: SettlementPerson, body: Cell) =>
    settlementEvents(await administered(world[contract].address, world.people[who], body));
const id = (who: SettlementPerson) => accountIdOf(world.of(who));
const event = (kind: bigint, who: bigint, value: number | bigint, at: number | bigint) => [
    { event: 'SettlementAdmin', kind, who, value: BigInt(value), at: BigInt(at) },
];

describe.each([
    ['registry', UsageRegistry, { owner: 0, guardian: 2, recorder: 3 }],
    ['settlement', PaymentSettlement, { owner: 0, settler: 1, guardian: 2, resolver: 4 }],
] as const)('%s', (name, contract, roles) => {
    const told = toldBy(name);

    it.each(Object.entries(roles))('role %s: nominated, taken back, accepted, revoked', async (role, number) => {
        const nominate = (holder: SettlementPerson | null) =>
            told(
                'owner',
                contract.nominateRoleBody({ role: role as 'owner', holder: holder && world.of(holder), queryId }),
            );
        expect(await nominate('second')).toMatchObject(event(1n, id('second'), number, 0));
        expect(await nominate(null)).toMatchObject(event(1n, NOBODY, number, 0));
        await nominate('second');
        const accept = contract.acceptRoleBody({ role: role as 'owner', queryId });
        expect(await told('second', accept)).toMatchObject(event(2n, id('second'), number, 0));
        if (role === 'owner') return;
        const revoke = contract.revokeRoleBody({ role: role as 'guardian', holder: world.of('second'), queryId });
        expect(await told('owner', revoke)).toMatchObject(event(3n, id('second'), number, 0));
    });

    it('pause: begun, lifted by the owner', async () => {
        const pause = contract.setPauseBody({ stop: true, queryId });
        const at = world.blockchain.now! + 72 * HOUR;
        expect(await told('guardian', pause)).toMatchObject(event(4n, id('guardian'), 0, at));
        const resume = contract.setPauseBody({ stop: false, queryId });
        expect(await told('owner', resume)).toMatchObject(event(5n, id('owner'), 0, world.blockchain.now!));
    });

    it('code: announced, taken back', async () => {
        const at = BigInt(world.blockchain.now! + 12 * DAY);
        expect(await told('owner', contract.announceUpgradeBody({ codeHash: 9n, queryId }))).toMatchObject([
            { event: 'SettlementUpgrade', codeHash: 9n, at },
        ]);
        expect(await told('owner', contract.cancelUpgradeBody({ queryId }))).toMatchObject([
            { event: 'SettlementUpgrade', codeHash: 0n, at: 0n },
        ]);
    });
});

it('the link of the registry', async () => {
    const link = UsageRegistry.linkSettlementBody({ settlement: world.settlement.address, queryId });
    expect(await toldBy('registry')('owner', link)).toMatchObject(
        event(6n, accountIdOf(world.settlement.address), 0, 0),
    );
});

it('payees of the fees: announced, taken back, applied', async () => {
    const told = toldBy('settlement');
    const payees = { operations: world.of('dave'), validators: world.of('carol'), treasury: world.of('bob') };
    const announce = PaymentSettlement.setFeePayeesBody({ payees, queryId });
    const at = world.blockchain.now! + 7 * DAY;
    expect(await told('owner', announce)).toMatchObject(event(11n, id('bob'), 0, at));
    expect(await told('owner', PaymentSettlement.cancelFeePayeesBody({ queryId }))).toMatchObject(
        event(13n, NOBODY, 0, 0),
    );
    await told('owner', announce);
    world.blockchain.now = at;
    expect(await told('stranger', PaymentSettlement.applyFeePayeesBody({ queryId }))).toMatchObject(
        event(12n, id('bob'), 0, 0),
    );
    expect(await world.settlement.getNextPayees()).toMatchObject({ treasury: 0n, at: 0n });
});
