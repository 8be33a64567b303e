/** Whoever administers the staking: each message is told in one event, and what it does not use comes back. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';
import '@ton/test-utils';

import { accountIdOf } from '../../wrappers/pool';
import { ProverRewards, ProverStaking, stakingEvents, StakingExit, StakingMaster } from '../../wrappers/staking';
import { loadExcesses } from '../../build/StakingMaster/StakingMaster_StakingMaster';
import { administered } from '../support/administration';
import { bounceOf, exitCode, outs, txAt, txsAt } from '../support/pool/transactions';
import { StakingPerson, World } from '../support/staking/world';

const QUERY = 77n;
const DAY = 86_400;

let world: World;

beforeEach(async () => {
    world = await World.create();
});

const told = async (who: StakingPerson, body: Cell) =>
    stakingEvents(await administered(world.master.address, world.people[who], body));
const id = (who: StakingPerson) => accountIdOf(world.address(who));
const M = StakingMaster;

it('parameters: announced, taken back, applied', async () => {
    const params = { ...world.params, minStake: 5n };
    const announce = M.announceParamsBody({ params, queryId: QUERY });
    const at = BigInt(world.now + 7 * DAY);
    expect(await told('owner', announce)).toMatchObject([{ event: 'ParamsEvent', version: 2n, at }]);
    expect(await told('owner', M.cancelParamsBody({ queryId: QUERY }))).toMatchObject([
        { event: 'ParamsEvent', version: 0n, at: 0n },
    ]);
    expect(await told('owner', announce)).toHaveLength(1);
    world.advance(7 * DAY);
    expect(await told('stranger', M.applyParamsBody({ queryId: QUERY }))).toMatchObject([
        { event: 'ParamsEvent', version: 2n, at: 0n },
    ]);
    expect(await world.master.getNextParams()).toBeNull();
});

it('pause: begun, lifted', async () => {
    const endsAt = BigInt(world.now + 3 * DAY);
    expect(await told('guardian', M.pauseBody({ queryId: QUERY }))).toMatchObject([
        { event: 'MasterPausedEvent', endsAt },
    ]);
    expect(await told('owner', M.unpauseBody({ queryId: QUERY }))).toMatchObject([
        { event: 'MasterPausedEvent', endsAt: BigInt(world.now) },
    ]);
});

it('roles: announced, taken back, applied, ended at once', async () => {
    const numbers = { slasher: 1n, resolver: 2n, guardian: 3n };
    for (const [name, role] of Object.entries(numbers)) {
        const set = (holder: StakingPerson | null) =>
            M.setRoleBody({
                role: name as keyof typeof numbers,
                holder: holder && world.address(holder),
                queryId: QUERY,
            });
        const at = BigInt(world.now + 2 * DAY);
        expect(await told('owner', set('bob'))).toMatchObject([
            { event: 'MasterRoleEvent', role, holder: id('bob'), at },
        ]);
        expect(await told('owner', M.cancelRoleBody({ queryId: QUERY }))).toEqual([]);
        await told('owner', set('bob'));
        world.advance(2 * DAY);
        expect(await told('stranger', M.applyRoleBody({ queryId: QUERY }))).toMatchObject([
            { event: 'MasterRoleEvent', role, holder: id('bob'), at: 0n },
        ]);
        expect(await told('owner', set(null))).toMatchObject([{ event: 'MasterRoleEvent', role, holder: 0n, at: 0n }]);
        expect(await world.master.getMaster()).toMatchObject({ [name]: null });
    }
});

it('the owner: nominated, accepted', async () => {
    expect(await told('owner', M.nominateOwnerBody({ owner: world.address('bob'), queryId: QUERY }))).toEqual([]);
    expect(await told('bob', M.acceptOwnerBody({ queryId: QUERY }))).toMatchObject([
        { event: 'MasterRoleEvent', role: 0n, holder: id('bob'), at: 0n },
    ]);
    const { owner, nextOwner } = await world.master.getMaster();
    expect([String(owner), nextOwner]).toEqual([String(world.address('bob')), null]);
});

it('code: announced, taken back', async () => {
    const at = BigInt(world.now + 32 * DAY);
    expect(await told('owner', M.announceUpgradeBody({ codeHash: 9n, queryId: QUERY }))).toMatchObject([
        { event: 'MasterUpgradeEvent', codeHash: 9n, at },
    ]);
    expect(await told('owner', M.cancelUpgradeBody({ queryId: QUERY }))).toMatchObject([
        { event: 'MasterUpgradeEvent', codeHash: 0n, at: 0n },
    ]);
});

describe('an order that comes back', () => {
    const at = () => world.prover('prover1').staking.address;

    it.each(['slasher', 'resolver', 'owner'] as const)('returns its value to the %s, with its query', async (who) => {
        await world.initProver('prover1', world.unit(1000), 1000);
        const body = {
            slasher: () => M.slashBody({ staking: at(), ppm: 1, queryId: QUERY }),
            resolver: () => M.verdictBody({ staking: at(), seq: 9, overturn: true, queryId: QUERY }),
            owner: () => M.setActiveBody({ staking: at(), active: true, queryId: QUERY }),
        }[who]();
        const [, back] = txsAt(await world.send(who, world.master.address, body, toNano('1')), world.master.address);
        const [out] = outs(back);
        expect(out.to).toEqualAddress(world.address(who));
        expect(loadExcesses(out.body.beginParse()).queryId).toBe(QUERY);
    });

    it.each(['ParamsOrder', 'SetupRewards', 'SetupStaking'] as const)('%s is rent', async (name) => {
        const opcode = { ...ProverStaking.opcodes, ...ProverRewards.opcodes }[name];
        const body = beginCell().storeUint(opcode, 32).storeUint(QUERY, 64).endCell();
        const { address: from } = world.master;
        const order = { from, to: world.address('stranger'), value: toNano('1'), body };
        const sent = await world.blockchain.sendMessage(bounceOf(order));
        const [tx] = txsAt(sent, world.master.address);
        expect(outs(tx)).toEqual([]);
    });
});

it('accounts outside of the basechain are no provers, no payees, and have no role', async () => {
    const outside = new Address(-1, Buffer.alloc(32, 7));
    const send = (from: Address, body: Cell) => {
        const { address: to } = world.master;
        return world.blockchain.sendMessage(internal({ from, to, body, value: toNano('10'), bounce: true }));
    };
    const init = M.initProverBody({ minSelfStake: world.unit(1000), commission: 1 });
    const surplus = M.returnSurplusBody({ holder: world.master.address, payee: outside, amount: 1n });
    for (const [from, body] of [
        [outside, init],
        [world.address('owner'), surplus],
        [world.address('owner'), M.setRoleBody({ role: 'guardian', holder: outside })],
        [world.address('owner'), M.nominateOwnerBody({ owner: outside })],
    ] as const) {
        const sent = await send(from, body);
        expect(exitCode(txAt(sent, world.master.address))).toBe(StakingExit.ERROR_BAD_ADDRESS);
    }
});
