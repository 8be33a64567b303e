/** The Treasury tells each thing that it is told to do in one event, and returns what it does not use. */
import { Address, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { Treasury, treasuryEvents } from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool';
import { administered } from '../support/administration';
import { DAY, TreasuryPerson, TreasuryWorld } from '../support/governance/treasury-world';

const queryId = 77n;
const T = Treasury;

let world: TreasuryWorld;

beforeEach(async () => {
    world = await TreasuryWorld.create();
});

const id = (who: TreasuryPerson) => accountIdOf(world.address(who));
const told = async (who: TreasuryPerson, body: Cell, paid?: bigint) =>
    treasuryEvents(await administered(world.treasury.address, world.people[who], body, paid));
const admin = (kind: number, who: bigint, value: bigint | number) => [
    { event: 'TreasuryAdminEvent', kind: BigInt(kind), who, value: BigInt(value) },
];

it('roles: owner, guardian, signers', async () => {
    const nominate = (who: TreasuryPerson | null) =>
        told('owner', T.nominateOwnerBody({ owner: who && world.address(who), queryId }));
    expect(await nominate('payee')).toMatchObject(admin(1, id('payee'), 0));
    expect(await nominate(null)).toMatchObject(admin(1, 0n, 0));
    const freezer = (who: TreasuryPerson | null) =>
        told('owner', T.setFreezerBody({ guardian: who && world.address(who), queryId }));
    expect(await freezer('payee')).toMatchObject(admin(3, id('payee'), 0));
    expect(await freezer(null)).toMatchObject(admin(3, 0n, 0));
    const signers = [world.address('signer1'), world.address('signer2')];
    expect(await told('owner', T.setSignersBody({ signers, threshold: 2, queryId }))).toMatchObject(admin(6, 2n, 2));
    await nominate('payee');
    expect(await told('payee', T.acceptOwnerBody({ queryId }))).toMatchObject(admin(2, id('payee'), 0));
    const { owner, nextOwner } = await world.treasury.getTreasury();
    expect([owner, nextOwner]).toEqual([id('payee'), 0n]);
});

it('budgets, freezes, code', async () => {
    const budget = (limit: bigint) =>
        told('owner', T.setBudgetBody({ category: 2, asset: 0, limit, period: 7 * DAY, queryId }));
    expect(await budget(5n)).toMatchObject(admin(5, 2n, 5));
    expect(await budget(0n)).toMatchObject(admin(5, 2n, 0));
    const until = world.now + 7 * DAY;
    expect(await told('guardian', T.freezeBody({ queryId }))).toMatchObject(admin(16, id('guardian'), until));
    expect(await told('owner', T.unfreezeBody({ queryId }))).toMatchObject(admin(12, 0n, 0));
    expect(await told('owner', T.announceUpgradeBody({ codeHash: 9n, queryId }))).toMatchObject(admin(13, 0n, 9));
    expect(await told('owner', T.cancelUpgradeBody({ queryId }))).toMatchObject(admin(14, 0n, 0));
});

describe('grants', () => {
    const grantee = () => world.address('grantee');
    const grant = (kind: number, amount: bigint) => [
        { event: 'GrantEvent', kind: BigInt(kind), grant: 0n, asset: 0n, amount, grantee: id('grantee') },
    ];
    const TEN = toNano('10');
    const spent = (source: number, amount: bigint, to: bigint, of: bigint) => ({
        ...{ event: 'TreasurySpentEvent', source: BigInt(source), asset: 0n, amount, to, id: of },
    });

    it('a stream: created, claimed, cancelled, cleared', async () => {
        const start = world.now;
        const body = T.createStreamBody({
            ...{ asset: 0, grantee: grantee(), amount: TEN, start, cliff: start, end: start + 10 * DAY, queryId },
        });
        expect(await told('owner', body)).toMatchObject(grant(1, TEN));
        world.advance(5 * DAY);
        const half = TEN / 2n;
        expect(await told('stranger', T.claimGrantBody({ grant: 0, queryId }), half)).toMatchObject([
            spent(254, half, id('grantee'), 0n),
        ]);
        expect(await told('owner', T.cancelGrantBody({ grant: 0, queryId }))).toMatchObject(grant(4, half));
        world.advance(DAY);
        expect(await told('stranger', T.clearGrantBody({ grant: 0, queryId }))).toMatchObject(grant(5, 0n));
    });

    it('milestones: created, released', async () => {
        const body = T.createMilestonesBody({ asset: 0, grantee: grantee(), amounts: [TEN, 2n * TEN], queryId });
        expect(await told('owner', body)).toMatchObject(grant(2, 3n * TEN));
        expect(await told('owner', T.releaseMilestoneBody({ grant: 0, index: 1, queryId }))).toMatchObject(
            grant(3, 2n * TEN),
        );
    });

    it('spends: of the owner, of signers', async () => {
        const to: Address = world.address('payee');
        const own = T.ownerSpendBody({ asset: 0, amount: TEN, to, queryId });
        expect(await told('owner', own, TEN)).toMatchObject([spent(255, TEN, id('payee'), 0n)]);
        const [index, other] = [await world.signer('signer1'), await world.signer('signer2')];
        const request = {
            ...{ event: 'SpendRequestEvent', index, nonce: 1n, category: 0n, amount: TEN, to: id('payee'), memo: 9n },
        };
        const asked = T.requestSpendBody({ category: 0, amount: TEN, to, memo: 9, queryId });
        expect(await told('signer1', asked)).toMatchObject([{ ...request, approvals: 1n << index }]);
        const approved = T.approveSpendBody({ index, nonce: 1, queryId });
        expect(await told('signer2', approved, TEN)).toMatchObject([
            { ...request, approvals: (1n << index) | (1n << other) },
            spent(0, TEN, id('payee'), 9n),
        ]);
    });
});
