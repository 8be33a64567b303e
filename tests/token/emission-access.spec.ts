/** Who may send what to the emission contracts; two steps for every role; what is left of a stolen key. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    storeCredit,
    storeMintBounced,
    storeMintShare,
    storeNominateRole,
    storeRevokeRole,
    storeSetPayees,
    storeUsageAccepted,
    storeUsageRefused,
} from '../../build/EmissionController/EmissionController_EmissionController';
import {
    EmissionController,
    EmissionExit,
    EmissionRole,
    emissionEvents,
    ProviderShare,
    describeEmissionExit,
} from '../../wrappers/token';
import { accountIdOf, addressOfAccount } from '../../wrappers/pool';
import { cellOf, exitCode, expectRefused, outs, succeeded, txAt } from '../support/pool/transactions';
import { account } from '../support/token/emission-gas';
import { EmissionPerson, EmissionWorld } from '../support/token/emission-world';

const E = EmissionExit;
const C = EmissionController;

describe('access', () => {
    let world: EmissionWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await EmissionWorld.create();
        await world.rate('model', 1000n);
        await world.record([world.usage()]);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const bodies = (): [string, EmissionPerson[], number, () => Cell][] => [
        ['RecordUsage', ['recorder'], E.ERROR_NOT_ROLE, () => C.recordUsageBody({ usages: [world.usage()] })],
        ['SetModelRate', ['keeper'], E.ERROR_NOT_ROLE, () => C.setModelRateBody({ name: 'new', rate: 1 })],
        ['SetGrowth', ['keeper'], E.ERROR_NOT_ROLE, () => C.setGrowthBody({ bps: 9000 })],
        ['CancelGrowth', ['keeper', 'owner'], E.ERROR_NOT_ROLE, () => C.cancelGrowthBody()],
        [
            'SetRecipients',
            ['owner'],
            E.ERROR_NOT_OWNER,
            () => C.setRecipientsBody({ recipients: [{ address: account(1), bps: 10_000 }] }),
        ],
        ['CancelRecipients', ['owner'], E.ERROR_NOT_OWNER, () => C.cancelRecipientsBody()],
        [
            'SetPayees',
            ['owner'],
            E.ERROR_NOT_OWNER,
            () => C.setPayeesBody({ treasury: account(1), liquidity: account(2) }),
        ],
        ['CancelPayees', ['owner'], E.ERROR_NOT_OWNER, () => C.cancelPayeesBody()],
        ['SetBreaker', ['guardian'], E.ERROR_NOT_ROLE, () => C.setBreakerBody({ stop: true })],
        ['NominateRole', ['owner'], E.ERROR_NOT_OWNER, () => C.nominateRoleBody({ role: 'owner', holder: account(1) })],
        [
            'RevokeRole',
            ['owner'],
            E.ERROR_NOT_OWNER,
            () => C.revokeRoleBody({ role: 'guardian', holder: world.of('guardian') }),
        ],
        ['AnnounceUpgrade', ['owner'], E.ERROR_NOT_OWNER, () => C.announceUpgradeBody({ codeHash: 1n })],
        ['CancelUpgrade', ['owner'], E.ERROR_NOT_OWNER, () => C.cancelUpgradeBody()],
    ];

    it.each(bodies().map(([name], i) => [name, i] as const))('%s is for its role only', async (_name, i) => {
        // what cancels needs something to cancel
        await world.controller.sendSetGrowth(world.via('keeper'), { bps: 11_000 });
        await world.controller.sendSetRecipients(world.via('owner'), {
            recipients: [{ address: account(3), bps: 10_000 }],
        });
        await world.controller.sendSetPayees(world.via('owner'), { treasury: account(1), liquidity: account(2) });
        await world.controller.sendAnnounceUpgrade(world.via('owner'), { codeHash: 5n });
        const [name, allowed, code, body] = bodies()[i];
        for (const who of ['owner', 'keeper', 'guardian', 'recorder', 'second', 'stranger'] as const) {
            if (!allowed.includes(who)) await world.refused(code, who, body());
        }
        if (name === 'SetGrowth') await world.controller.sendCancelGrowth(world.via('owner'), {});
        if (name === 'SetRecipients') await world.controller.sendCancelRecipients(world.via('owner'), {});
        if (name === 'SetPayees') await world.controller.sendCancelPayees(world.via('owner'), {});
        if (name === 'AnnounceUpgrade') await world.controller.sendCancelUpgrade(world.via('owner'), {});
        for (const who of allowed) {
            const again = world.checkpoint();
            expect(succeeded(txAt(await world.send(who, body()), world.address))).toBe(true);
            await again();
        }
    });

    it('takes answers of its own guards and shares only', async () => {
        const alice = accountIdOf(world.of('alice'));
        const bob = accountIdOf(world.of('bob'));
        const parts = { queryId: 0n, year: 0n, hour: 0n, amount: 1n, consumer: alice };
        const accepted = cellOf(
            storeUsageAccepted({ $$type: 'UsageAccepted', ...parts, provider: bob, recorder: bob }),
        );
        const refused = cellOf(storeUsageRefused({ $$type: 'UsageRefused', ...parts, recorder: bob }));
        const mint = cellOf(
            storeMintShare({ $$type: 'MintShare', queryId: 0n, amount: 1n, provider: bob, responseTo: account(1) }),
        );
        const guard = (await world.guard(world.of('alice'))).address;
        const otherGuard = (await world.guard(world.of('carol'))).address;
        const share = (await world.share(world.of('bob'))).address;
        const otherShare = (await world.share(world.of('carol'))).address;
        const from = async (sender: typeof guard, body: Cell, code: number) =>
            expectRefused(world.blockchain, world.address, code, () => world.sendAs(sender, body));
        for (const sender of [otherGuard, share, world.of('owner'), world.minter.address]) {
            await from(sender, accepted, E.ERROR_NOT_GUARD);
            await from(sender, refused, E.ERROR_NOT_GUARD);
        }
        for (const sender of [otherShare, guard, world.of('owner')]) await from(sender, mint, E.ERROR_NOT_SHARE);
        const bounced = cellOf(storeMintBounced({ $$type: 'MintBounced', queryId: 0n, amount: 1n }));
        for (const sender of [share, guard, world.of('owner')]) await from(sender, bounced, E.ERROR_NOT_TOKEN_MINTER);
    });

    it('lets nobody but the controller speak to guards and shares', async () => {
        const guard = await world.guard(world.of('alice'));
        const share = await world.share(world.of('bob'));
        const check = beginCell().storeUint(C.opcodes.CheckUsage, 32).storeUint(0, 816).storeRef(world.row()).endCell();
        const credit = cellOf(storeCredit({ $$type: 'Credit', queryId: 0n, amount: 1n, responseTo: 1n }));
        for (const sender of [world.of('owner'), guard.address, share.address, world.minter.address]) {
            for (const [to, body] of [
                [guard.address, check],
                [share.address, credit],
            ] as const)
                await expectRefused(world.blockchain, to, E.ERROR_NOT_CONTROLLER, () =>
                    world.sendAs(sender, body, toNano('1'), to),
                );
        }
    });

    describe('roles', () => {
        const nominate = (role: EmissionRole, holder: EmissionPerson | null) =>
            world.controller.sendNominateRole(world.via('owner'), {
                role,
                holder: holder === null ? null : world.of(holder),
            });
        const accept = (role: EmissionRole) => C.acceptRoleBody({ role });

        it.each(['owner', 'rateKeeper', 'guardian', 'recorder'] as const)('%s changes in two steps', async (role) => {
            const holders = async () => {
                const { owner, rateKeeper, guardian } = await world.controller.getRoles();
                return { owner, rateKeeper, guardian };
            };
            const before = await holders();
            await world.refused(E.ERROR_NOT_NOMINATED, 'second', accept(role));
            await nominate(role, 'second');
            expect(await holders()).toEqual(before);
            const roles = await world.controller.getRoles();
            const next = { owner: roles.nextOwner, rateKeeper: roles.nextRateKeeper, guardian: roles.nextGuardian };
            expect(role === 'recorder' ? roles.nextRecorder : next[role]).toBe(accountIdOf(world.of('second')));
            for (const who of ['owner', 'stranger'] as const)
                await world.refused(E.ERROR_NOT_NOMINATED, who, accept(role));
            // taken back, and replaced
            await nominate(role, null);
            await world.refused(E.ERROR_NOT_NOMINATED, 'second', accept(role));
            await nominate(role, 'stranger');
            await nominate(role, 'second');
            await world.refused(E.ERROR_NOT_NOMINATED, 'stranger', accept(role));
            const { transactions } = await world.send('second', accept(role));
            expect(emissionEvents(transactions, 'EmissionEvent')).toMatchObject([
                { kind: 10n, who: accountIdOf(world.of('second')) },
            ]);
            await world.refused(E.ERROR_NOT_NOMINATED, 'second', accept(role));
            if (role === 'recorder') {
                expect((await world.controller.getRoles()).recorders).toBe(2n);
            } else {
                expect(await holders()).toEqual({ ...before, [role]: accountIdOf(world.of('second')) });
            }
        });

        it('end at once when the owner says so', async () => {
            for (const [role, who] of [
                ['guardian', 'guardian'],
                ['rateKeeper', 'keeper'],
                ['recorder', 'recorder'],
            ] as const)
                await world.controller.sendRevokeRole(world.via('owner'), { role, holder: world.of(who) });
            await world.refused(E.ERROR_NOT_ROLE, 'guardian', C.setBreakerBody({ stop: true }));
            await world.refused(E.ERROR_NOT_ROLE, 'keeper', C.setGrowthBody({ bps: 9000 }));
            await world.refused(E.ERROR_NOT_ROLE, 'recorder', C.recordUsageBody({ usages: [world.usage()] }));
            expect(await world.controller.getRoles()).toMatchObject({ rateKeeper: 0n, guardian: 0n, recorders: 0n });
            await world.refused(
                E.ERROR_RECORDER_LIST,
                'owner',
                C.revokeRoleBody({ role: 'recorder', holder: world.of('recorder') }),
            );
        });

        it('have no number above 3, and the owner is not revoked', async () => {
            const holder = world.of('second');
            for (const role of [4n, 255n])
                await world.refused(
                    E.ERROR_BAD_PARAMETER,
                    'owner',
                    cellOf(storeNominateRole({ $$type: 'NominateRole', queryId: 0n, role, holder })),
                );
            for (const role of [0n, 4n])
                await world.refused(
                    E.ERROR_BAD_PARAMETER,
                    'owner',
                    cellOf(storeRevokeRole({ $$type: 'RevokeRole', queryId: 0n, role, holder })),
                );
        });

        it('are not given twice', async () => {
            await nominate('recorder', 'recorder');
            await world.refused(E.ERROR_RECORDER_LIST, 'recorder', accept('recorder'));
        });

        it('and payees are accounts of the basechain, and somebody', async () => {
            const master = '-1:' + '11'.repeat(32);
            const { Address } = await import('@ton/core');
            for (const bad of [Address.parse(master), addressOfAccount(0n)]) {
                await world.refused(
                    E.ERROR_BAD_ADDRESS,
                    'owner',
                    cellOf(storeNominateRole({ $$type: 'NominateRole', queryId: 0n, role: 1n, holder: bad })),
                );
                for (const [treasury, liquidity] of [
                    [bad, account(1)],
                    [account(1), bad],
                ])
                    await world.refused(
                        E.ERROR_BAD_ADDRESS,
                        'owner',
                        cellOf(storeSetPayees({ $$type: 'SetPayees', queryId: 0n, treasury, liquidity })),
                    );
            }
        });
    });

    describe('plain messages', () => {
        const texts = [
            Cell.EMPTY,
            C.topUpBody(),
            beginCell().storeUint(0, 32).storeStringTail('rent').endCell(),
            beginCell().storeUint(1, 7).endCell(),
            beginCell().storeUint(1, 31).endCell(),
            beginCell().storeUint(0xd53276db, 32).storeUint(0, 64).endCell(),
        ];

        it('are rent for every contract', async () => {
            const guard = await world.guard(world.of('alice'));
            const share = await world.share(world.of('bob'));
            for (const to of [world.address, guard.address, share.address]) {
                for (const body of texts) {
                    const before = (await world.blockchain.getContract(to)).balance;
                    const tx = txAt(await world.send('stranger', body, toNano('1'), to), to);
                    expect(succeeded(tx)).toBe(true);
                    expect(outs(tx)).toHaveLength(0);
                    expect((await world.blockchain.getContract(to)).balance - before).toBeGreaterThan(toNano('0.99'));
                }
            }
        });

        it('with an unknown operation are refused', async () => {
            const guard = await world.guard(world.of('alice'));
            const share = await world.share(world.of('bob'));
            for (const to of [world.address, guard.address, share.address])
                for (const op of [beginCell().storeUint(0x12345678, 32), beginCell().storeUint(1, 32).storeUint(0, 64)])
                    await expectRefused(world.blockchain, to, E.ERROR_UNKNOWN_OP, () =>
                        world.send('stranger', op.endCell(), toNano('1'), to),
                    );
        });
    });

    it('claims and flushes are for anyone, and pay only whom they concern', async () => {
        await world.claim(world.of('bob'));
        await world.flush();
        expect(await world.minted(world.of('bob'))).toBe(8500n);
        expect(await world.minted(world.of('stranger'))).toBe(0n);
        const share = await world.share(world.of('bob'));
        const again = await share.sendClaimShare(world.via('stranger'), {});
        expect(exitCode(txAt(again, share.address))).toBe(E.ERROR_NOTHING_TO_MINT);
        await world.refused(E.ERROR_NOTHING_TO_MINT, 'stranger', C.flushBody());
        await world.refused(E.ERROR_NOTHING_TO_MINT, 'stranger', C.flushBody({ to: world.of('bob') }));
        expect(ProviderShare.createFromAddress(share.address).init).toBeUndefined();
    });

    it('exit codes have words', () => {
        expect(describeEmissionExit(E.ERROR_EPOCH_NOT_DUE)).toBe(
            '910 ERROR_EPOCH_NOT_DUE: The epoch has not ended yet.',
        );
        expect(describeEmissionExit(7)).toBe('7: unknown exit code');
    });
});
