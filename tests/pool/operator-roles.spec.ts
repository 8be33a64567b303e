/** PoolOperator: roles - two-step ownership, roles that change at once and with notice, the arbiter apart. */
import { Address, beginCell, Builder, Cell, Transaction } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_SETUP,
    storeApplyRole,
    storeCancelRole,
    storeSetRole,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import {
    EVENT_OWNER,
    EVENT_ROLE,
    EVENT_ROLE_ANNOUNCED,
    EXIT_DELAY,
    PoolExit,
    poolEvents,
    PoolOperator,
} from '../../wrappers/pool';
import { PoolEnvironment } from '../support/pool/environment';
import { operatorEvents, OperatorUnit } from '../support/pool/operator-unit';
import { header, plain } from '../support/pool/plain';
import { cellOf, computeFee, outCount, outs } from '../support/pool/units';

const op = PoolOperator.opcodes;
const someone = new Address(0, Buffer.alloc(32, 0x51));
const other = new Address(0, Buffer.alloc(32, 0x52));

/** Numbers of roles as the messages carry them; the wrappers know no others than these. */
const NUMBERS = { reporter: 0n, guardian: 1n, arbiter: 2n, recovery: 3n };
const setRoleNumber = (role: bigint, holder = someone) =>
    cellOf(storeSetRole({ $$type: 'SetRole', queryId: 0n, role, holder }));

const setRole = (role: keyof typeof NUMBERS, holder: Address = someone) =>
    PoolOperator.setRoleBody({ role, holder, queryId: 14 });
const apply = (role: keyof typeof NUMBERS) => PoolOperator.applyRoleBody({ role, queryId: 15 });
const cancel = (role: keyof typeof NUMBERS) => PoolOperator.cancelRoleBody({ role, queryId: 16 });

let unit: OperatorUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await OperatorUnit.create();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

/** An update for the registry, an event, the rest. */
function update(tx: Transaction) {
    expect(outCount(tx)).toBe(3);
    const [roles] = outs(tx);
    expect(header(roles)).toEqual({
        to: unit.registry.toString(),
        value: computeFee(GAS_SETUP),
        bounce: true,
        op: op.RolesUpdate,
        init: false,
    });
    return plain(OperatorUnit.rolesOf(roles)) as { version: bigint; roles: Record<string, string> };
}

describe('reporter and guardian', () => {
    it.each(['reporter', 'guardian'] as const)('the %s changes at once, and the registry hears of it', async (role) => {
        const tx = await unit.finished('owner', setRole(role));
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_ROLE, who: someone.toString(), value: NUMBERS[role] }]);
        const before = { reporter: unit.addressOf('reporter'), guardian: unit.addressOf('guardian') };
        expect(plain(await unit.data())).toMatchObject(plain({ ...before, [role]: someone }) as object);
        expect(update(tx)).toMatchObject({
            queryId: 14n,
            version: 2n,
            stakeOk: false,
            active: true,
            roles: {
                owner: unit.addressOf('owner').toString(),
                reporter: (role === 'reporter' ? someone : before.reporter).toString(),
                arbiter: unit.addressOf('arbiter').toString(),
            },
        });
    });

    it('change while paused, too: a stolen key has to go', async () => {
        await unit.pause();
        await unit.finished('owner', setRole('guardian'));
        expect((await unit.data()).guardian).toEqualAddress(someone);
    });

    it('a pause tells the registry nothing about the stake', async () => {
        const tx = await unit.finished('guardian', PoolOperator.pauseBody());
        expect(update(tx)).toMatchObject({ active: true, stakeOk: false });
    });

    it('the old guardian has lost his pause', async () => {
        await unit.finished('owner', setRole('guardian', unit.addressOf('alice')));
        await unit.refused(PoolExit.ERROR_NOT_ROLE, 'guardian', PoolOperator.pauseBody());
        await unit.finished('alice', PoolOperator.pauseBody());
    });
});

describe('arbiter and recovery address', () => {
    it.each([
        ['arbiter', 'nextArbiter', 'nextArbiterAt'],
        ['recovery', 'nextRecovery', 'nextRecoveryAt'],
    ] as const)('the %s changes after 7 days, to the second, by anyone', async (role, next, nextAt) => {
        const tx = await unit.finished('owner', setRole(role));
        const at = unit.now + EXIT_DELAY;
        expect(operatorEvents(tx)).toEqual([
            { kind: EVENT_ROLE_ANNOUNCED, who: someone.toString(), value: NUMBERS[role] },
        ]);
        // The registry gets the roles as they still are.
        expect(update(tx)).toMatchObject({ roles: { arbiter: unit.addressOf('arbiter').toString() } });
        const { setUp: _, ...notices } = await unit.operator.getNotices();
        expect(plain(notices)).toEqual(
            plain({
                recovery: unit.addressOf('recovery'),
                nextArbiter: null,
                nextArbiterAt: 0n,
                nextRecovery: null,
                nextRecoveryAt: 0n,
                [next]: someone,
                [nextAt]: at,
            }),
        );
        expect(await unit.data()).toMatchObject({ nextArbiterAt: 0n, nextRecoveryAt: 0n, [nextAt]: at });
        expect((await unit.data())[role]).toEqualAddress(unit.addressOf(role));

        unit.at(at - 1n);
        await unit.refused(PoolExit.ERROR_TOO_EARLY, 'stranger', apply(role));
        unit.at(at);
        const applied = await unit.finished('stranger', apply(role));
        expect(operatorEvents(applied)).toEqual([{ kind: EVENT_ROLE, who: someone.toString(), value: NUMBERS[role] }]);
        expect(update(applied)).toMatchObject({
            queryId: 15n,
            version: 3n,
            roles: { arbiter: (role === 'arbiter' ? someone : unit.addressOf('arbiter')).toString() },
        });
        const data = await unit.data();
        expect(data[role]).toEqualAddress(someone);
        expect(data[nextAt]).toBe(0n);
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'stranger', apply(role));
    });

    it.each(['arbiter', 'recovery'] as const)('one slot for the %s; a cancelled one is free again', async (role) => {
        await unit.finished('owner', setRole(role));
        await unit.refused(PoolExit.ERROR_CHANGE_PENDING, 'owner', setRole(role, other));
        // Also when the notice is over and nobody has applied it.
        unit.advance(EXIT_DELAY);
        await unit.refused(PoolExit.ERROR_CHANGE_PENDING, 'owner', setRole(role, other));
        const tx = await unit.finished('owner', cancel(role));
        expect(outCount(tx)).toBe(2);
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_ROLE_ANNOUNCED, who: null, value: NUMBERS[role] }]);
        expect(await unit.data()).toMatchObject({ nextArbiterAt: 0n, nextRecoveryAt: 0n });
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'owner', cancel(role));
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'stranger', apply(role));
        await unit.finished('owner', setRole(role, other));
        unit.advance(EXIT_DELAY);
        await unit.finished('stranger', apply(role));
        expect((await unit.data())[role]).toEqualAddress(other);
    });

    it('do not wait for each other', async () => {
        await unit.finished('owner', setRole('arbiter'));
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'owner', cancel('recovery'));
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'stranger', apply('recovery'));
        unit.advance(1n);
        await unit.finished('owner', setRole('recovery', other));
        await unit.finished('owner', cancel('recovery'));
        expect((await unit.data()).nextArbiterAt).toBe(unit.now - 1n + EXIT_DELAY);
        await unit.finished('owner', setRole('recovery', other));
        await unit.finished('owner', cancel('arbiter'));
        expect((await unit.data()).nextRecoveryAt).toBe(unit.now + EXIT_DELAY);
        unit.advance(EXIT_DELAY);
        await unit.refused(PoolExit.ERROR_NO_CHANGE, 'stranger', apply('arbiter'));
        await unit.finished('stranger', apply('recovery'));
        expect(plain(await unit.data())).toMatchObject(
            plain({ arbiter: unit.addressOf('arbiter'), recovery: other }) as object,
        );
    });

    it('are applied while paused', async () => {
        await unit.finished('owner', setRole('arbiter'));
        unit.advance(EXIT_DELAY);
        await unit.pause();
        await unit.finished('stranger', apply('arbiter'));
        expect((await unit.data()).arbiter).toEqualAddress(someone);
    });

    it.each([0n, 1n, 4n, 255n])('there is no notice of role %s', async (role) => {
        const applyBody = cellOf(storeApplyRole({ $$type: 'ApplyRole', queryId: 0n, role }));
        const cancelBody = cellOf(storeCancelRole({ $$type: 'CancelRole', queryId: 0n, role }));
        await unit.refused(PoolExit.ERROR_BAD_PARAMETER, 'stranger', applyBody);
        await unit.refused(PoolExit.ERROR_BAD_PARAMETER, 'owner', cancelBody);
    });

    it.each([4n, 255n])('there is no role %s', async (role) => {
        await unit.refused(PoolExit.ERROR_BAD_PARAMETER, 'owner', setRoleNumber(role));
    });
});

describe('the arbiter stays apart', () => {
    it.each(['reporter', 'guardian'] as const)('from a new %s', async (role) => {
        const body = setRole(role, unit.addressOf('arbiter'));
        await unit.refused(PoolExit.ERROR_ARBITER_NOT_APART, 'owner', body);
    });

    it.each(['owner', 'reporter', 'guardian'] as const)('from the %s, when a new one is applied', async (role) => {
        await unit.finished('owner', setRole('arbiter', unit.addressOf(role)));
        unit.advance(EXIT_DELAY);
        await unit.refused(PoolExit.ERROR_ARBITER_NOT_APART, 'stranger', apply('arbiter'));
        expect((await unit.data()).arbiter).toEqualAddress(unit.addressOf('arbiter'));
    });

    it('from a new owner', async () => {
        await unit.finished('owner', PoolOperator.nominateOwnerBody({ owner: unit.addressOf('arbiter') }));
        await unit.refused(PoolExit.ERROR_ARBITER_NOT_APART, 'arbiter', PoolOperator.acceptOwnershipBody());
        expect((await unit.data()).owner).toEqualAddress(unit.addressOf('owner'));
    });

    it('and may be the recovery address', async () => {
        await unit.finished('owner', setRole('recovery', unit.addressOf('arbiter')));
        unit.advance(EXIT_DELAY);
        await unit.finished('stranger', apply('recovery'));
        expect((await unit.data()).recovery).toEqualAddress(unit.addressOf('arbiter'));
    });
});

describe('ownership', () => {
    const nominate = (who: Address | null) => PoolOperator.nominateOwnerBody({ owner: who, queryId: 17 });
    const accept = PoolOperator.acceptOwnershipBody({ queryId: 18 });

    it('changes in two steps', async () => {
        const alice = unit.addressOf('alice');
        const first = await unit.finished('owner', nominate(alice));
        expect(outCount(first)).toBe(1);
        expect(plain(await unit.data())).toMatchObject(
            plain({ owner: unit.addressOf('owner'), pendingOwner: alice }) as object,
        );
        const second = await unit.finished('alice', accept);
        expect(operatorEvents(second)).toEqual([{ kind: EVENT_OWNER, who: alice.toString(), value: 0n }]);
        expect(update(second)).toMatchObject({ queryId: 18n, version: 2n, roles: { owner: alice.toString() } });
        expect(plain(await unit.data())).toMatchObject(plain({ owner: alice, pendingOwner: null }) as object);
        await unit.refused(PoolExit.ERROR_NOT_OWNER, 'owner', nominate(alice));
        await unit.refused(PoolExit.ERROR_NOT_PENDING_OWNER, 'alice', accept);
        await unit.finished('alice', nominate(unit.addressOf('owner')));
    });

    it('a nomination can be replaced and taken back', async () => {
        await unit.finished('owner', nominate(unit.addressOf('alice')));
        await unit.finished('owner', nominate(unit.addressOf('keeper')));
        await unit.refused(PoolExit.ERROR_NOT_PENDING_OWNER, 'alice', accept);
        await unit.finished('owner', nominate(null));
        expect((await unit.data()).pendingOwner).toBeNull();
        await unit.refused(PoolExit.ERROR_NOT_PENDING_OWNER, 'keeper', accept);
    });

    it('the other roles and the pause survive it', async () => {
        await unit.pause();
        const before = await unit.data();
        await unit.finished('owner', nominate(unit.addressOf('alice')));
        await unit.finished('alice', accept);
        expect(plain(await unit.data())).toEqual(plain({ ...before, owner: unit.addressOf('alice') }));
    });
});

describe('SyncRoles', () => {
    it('repeats what the registry should know, without a new version', async () => {
        await unit.pause();
        const body = PoolOperator.syncRolesBody({ queryId: 19 });
        const tx = await unit.finished('stranger', body);
        expect(outCount(tx)).toBe(2);
        const { pausedUntil } = await unit.data();
        expect(plain(OperatorUnit.rolesOf(outs(tx)[0]))).toEqual(
            plain({
                queryId: 19n,
                version: 2n,
                active: true,
                stakeOk: false,
                pausedUntil,
                roles: {
                    owner: unit.addressOf('owner'),
                    reporter: unit.addressOf('reporter'),
                    arbiter: unit.addressOf('arbiter'),
                },
            }),
        );
    });

    it('brings a real registry what it missed, and nothing older', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        const owner = env.roles.owner.getSender();
        await env.operator.sendSetRole(owner, { role: 'reporter', holder: someone });
        expect((await env.registry.getRoles()).reporter).toEqualAddress(someone);
        await env.operator.sendSyncRoles(env.roles.stranger.getSender());
        const roles = await env.registry.getRoles();
        expect(plain(roles)).toEqual(
            plain({ owner: env.roles.owner.address, reporter: someone, arbiter: env.roles.arbiter.address }),
        );
    });

    it('does not take back the sign of life that a top-up gave', async () => {
        // An unmanaged pool ends when its stake is topped up and the reporter seals an epoch. Anyone may send SyncRoles
        // between the two.
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('alice');
        for (let i = 0; i < 3; i++) {
            await env.runEpoch([]);
        }
        expect((await env.registryData()).unmanaged).toBe(true);
        await env.topUpStake(100_000_000_000n);
        await env.operator.sendSyncRoles(env.roles.stranger.getSender());
        const { epoch } = await env.epoch();
        await env.endEpoch();
        await env.report(epoch, [{ who: 'alice' }]);
        await env.seal(epoch);
        expect((await env.registryData()).unmanaged).toBe(false);
    });
});

describe('a holder that is no address of the basechain', () => {
    it.each<[string, Builder]>([
        ['none', beginCell().storeUint(0, 2)],
        ['external', beginCell().storeUint(0b01, 2).storeUint(8, 9).storeUint(7, 8)],
        ['in another workchain', beginCell().storeAddress(new Address(5, Buffer.alloc(32, 7)))],
    ])('(%s) harms no participant: rounds close, people get in and out', async (_, holder) => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('alice');
        await env.payVault('alice', 10_000_000_000n);
        await env.endEpoch();
        await env.report(0, [{ who: 'alice' }]);
        await env.seal(0);
        const body = beginCell().storeUint(op.SetRole, 32).storeUint(0, 64).storeUint(0, 8).storeBuilder(holder);
        await env.impersonate(env.roles.owner.address, env.operator.address, 1_000_000_000n, body.endCell());
        await env.untilDue();
        const closed = await env.closeEpoch();
        expect(poolEvents(closed.transactions, 'RoundFixed')).toHaveLength(1);
        await env.register('bob');
        expect((await env.registryData()).active).toBe(2n);
        const alice = (await env.person('alice')).getSender();
        const vault = await env.vault('alice');
        await vault.sendPoke(alice);
        expect((await vault.getVaultData()).due).toBe(0n);
        await vault.sendRequestExit(alice);
        env.advance(EXIT_DELAY);
        await vault.sendCompleteExit(alice);
        expect((await vault.getVaultData()).stake).toBe(0n);
        expect((await env.registryData()).active).toBe(1n);
        // And the owner can put it right.
        await env.operator.sendSetRole(env.roles.owner.getSender(), { role: 'reporter', holder: someone });
        expect((await env.registry.getRoles()).reporter).toEqualAddress(someone);
    });
});

describe('a message that does not fit', () => {
    it('changes nothing', async () => {
        const before = plain(await unit.data());
        const short: Cell = beginCell().storeUint(op.SetRole, 32).storeUint(0, 64).endCell();
        const tx = (await unit.send('owner', short)).transactions[0];
        expect(tx.description.type === 'generic' && tx.description.aborted).toBe(true);
        expect(plain(await unit.data())).toEqual(before);
    });
});
