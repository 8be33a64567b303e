/** PoolOperator: who may send what, and what each operation costs. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { CocoonOp } from '../../wrappers/cocoon';
import { PoolExit, PoolOperator } from '../../wrappers/pool';
import {
    epochMissedBody,
    idleConfirmedBody,
    operatorCost,
    OperatorPerson,
    OperatorUnit,
    participantsChangedBody,
} from '../support/pool/operator-unit';
import { exitCode, txAt } from '../support/pool/units';

const op = PoolOperator.opcodes;

type Operation = {
    name: string;
    body: (unit: OperatorUnit) => Cell;
    /** Brings the pool into a state in which the operation succeeds. */
    prepare?: (unit: OperatorUnit) => Promise<unknown>;
    /** Does not return the rest to the sender: all of it goes elsewhere. */
    relays?: boolean;
};

const payout = beginCell().storeUint(CocoonOp.workerPayout, 32).endCell();
const idle = async (unit: OperatorUnit) => {
    await unit.finished('owner', PoolOperator.setActiveBody({ active: false }));
    unit.advance(604_800n);
};

const OWNERS: Operation[] = [
    {
        name: 'WithdrawOperatorStake',
        body: () => PoolOperator.withdrawOperatorStakeBody({ amount: 1n }),
        prepare: idle,
        relays: true,
    },
    { name: 'SetActive', body: () => PoolOperator.setActiveBody({ active: false }) },
    { name: 'SetCommission', body: () => PoolOperator.setCommissionBody({ bps: 600 }) },
    { name: 'CancelCommission', body: () => PoolOperator.cancelCommissionBody() },
    {
        name: 'SetPayoutAddress',
        body: (unit) => PoolOperator.setPayoutAddressBody({ payout: unit.addressOf('stranger') }),
    },
    { name: 'AnnounceEpochLength', body: () => PoolOperator.announceEpochLengthBody({ seconds: 86_400 }) },
    { name: 'AnnounceMinEarned', body: () => PoolOperator.announceMinEarnedBody({ amount: 1n }) },
    { name: 'SetAdmission', body: () => PoolOperator.setAdmissionBody({ open: false, gpuCeiling: 5 }) },
    { name: 'AddProxy', body: (unit) => PoolOperator.addProxyBody({ proxy: unit.addressOf('stranger') }) },
    { name: 'RemoveProxy', body: (unit) => PoolOperator.removeProxyBody({ proxy: unit.addressOf('proxy') }) },
    {
        name: 'SetRole',
        body: (unit) => PoolOperator.setRoleBody({ role: 'reporter', holder: unit.addressOf('stranger') }),
    },
    {
        name: 'CancelRole',
        body: () => PoolOperator.cancelRoleBody({ role: 'recovery' }),
        prepare: (unit) =>
            unit.finished('owner', PoolOperator.setRoleBody({ role: 'recovery', holder: unit.addressOf('stranger') })),
    },
    { name: 'NominateOwner', body: (unit) => PoolOperator.nominateOwnerBody({ owner: unit.addressOf('stranger') }) },
    { name: 'Unpause', body: () => PoolOperator.unpauseBody(), prepare: (unit) => unit.pause() },
    { name: 'AnnounceUpgrade', body: () => PoolOperator.announceUpgradeBody({ target: 'operator', codeHash: 1n }) },
    {
        name: 'CancelUpgrade',
        body: () => PoolOperator.cancelUpgradeBody({ target: 'operator' }),
        prepare: (unit) =>
            unit.finished('owner', PoolOperator.announceUpgradeBody({ target: 'operator', codeHash: 1n })),
    },
    {
        name: 'RegisterOwnWorker',
        body: (unit) => PoolOperator.registerOwnWorkerBody({ worker: unit.addressOf('stranger') }),
        relays: true,
    },
    {
        name: 'OwnWalletCommand',
        body: (unit) => PoolOperator.ownWalletCommandBody({ wallet: unit.addressOf('stranger'), command: 'w' }),
        relays: true,
    },
    {
        name: 'ForwardEnvelope',
        body: (unit) => PoolOperator.forwardEnvelopeBody({ worker: unit.addressOf('stranger'), envelope: payout }),
        relays: true,
    },
];

let unit: OperatorUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await OperatorUnit.create();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

describe.each(OWNERS.map((operation) => [operation.name, operation] as const))('%s', (name, operation) => {
    it('obeys the owner alone, for no less than it costs', async () => {
        await operation.prepare?.(unit);
        const body = operation.body(unit);
        const others: OperatorPerson[] = ['reporter', 'guardian', 'arbiter', 'stranger'];
        for (const who of others) {
            await unit.refused(PoolExit.ERROR_NOT_OWNER, who, body);
        }
        // What is relayed to Cocoon wants more on top, but Cocoon itself checks that.
        const least = name === 'WithdrawOperatorStake' ? await unit.operator.getCost(body) : operatorCost();
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'owner', body, least - 1n);
        await (operation.relays ? unit.done('owner', body, least) : unit.finished('owner', body, least));
    });
});

describe('operations of others', () => {
    it('Pause obeys the guardian alone', async () => {
        for (const who of ['owner', 'reporter', 'arbiter', 'stranger'] as const) {
            await unit.refused(PoolExit.ERROR_NOT_ROLE, who, PoolOperator.pauseBody());
        }
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'guardian', PoolOperator.pauseBody(), operatorCost() - 1n);
        await unit.finished('guardian', PoolOperator.pauseBody(), operatorCost());
    });

    it('AcceptOwnership obeys the nominated owner alone', async () => {
        const body = PoolOperator.acceptOwnershipBody();
        await unit.refused(PoolExit.ERROR_NOT_PENDING_OWNER, 'stranger', body);
        await unit.finished('owner', PoolOperator.nominateOwnerBody({ owner: unit.addressOf('alice') }));
        await unit.refused(PoolExit.ERROR_NOT_PENDING_OWNER, 'owner', body);
        await unit.refused(PoolExit.ERROR_NOT_PENDING_OWNER, 'stranger', body);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'alice', body, operatorCost() - 1n);
        await unit.finished('alice', body, operatorCost());
    });

    it('ApplyRole obeys anyone who pays for it', async () => {
        await unit.finished(
            'owner',
            PoolOperator.setRoleBody({ role: 'recovery', holder: unit.addressOf('stranger') }),
        );
        unit.advance(604_800n);
        const body = PoolOperator.applyRoleBody({ role: 'recovery' });
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, operatorCost() - 1n);
        await unit.finished('stranger', body, operatorCost());
    });

    it('SyncRoles obeys anyone who pays for it, once the pool is linked', async () => {
        const body = PoolOperator.syncRolesBody({ queryId: 8 });
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, operatorCost() - 1n);
        await unit.finished('stranger', body, operatorCost());
        const fresh = await OperatorUnit.create({ until: 'created' });
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'stranger', body);
    });

    it('Sync obeys anyone who pays for it, once the pool is linked', async () => {
        const body = PoolOperator.syncBody({ queryId: 8 });
        const cost = await unit.operator.getCost(body);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, cost - 1n);
        await unit.done('stranger', body, cost);
        const fresh = await OperatorUnit.create({ until: 'created' });
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'stranger', body);
    });

    it('EmergencyWithdraw obeys anyone who pays for it', async () => {
        await idle(unit);
        const body = PoolOperator.emergencyWithdrawBody();
        const cost = await unit.operator.getCost(body);
        await unit.refused(PoolExit.ERROR_VALUE_TOO_LOW, 'stranger', body, cost - 1n);
        await unit.done('stranger', body, cost);
    });

    it('what the registry says counts from nobody else', async () => {
        const bodies = [
            participantsChangedBody(1),
            epochMissedBody(0, unit.now),
            idleConfirmedBody(0, 1n),
            idleConfirmedBody(0, 1n, true),
        ];
        for (const body of bodies) {
            for (const who of ['owner', 'stranger', 'distribution'] as const) {
                await unit.refused(PoolExit.ERROR_NOT_REGISTRY, who, body);
            }
        }
    });

    it('an operation that is not known is refused, and so is one of another contract', async () => {
        for (const code of [0x12345678, op.Register, op.Claim, op.Poke, op.RolesUpdate]) {
            const body = beginCell().storeUint(code, 32).storeUint(0, 64).endCell();
            await unit.refused(PoolExit.ERROR_UNKNOWN_OP, 'owner', body);
        }
    });

    it('an external message is refused', async () => {
        const body = PoolOperator.setActiveBody({ active: false });
        await expect(
            unit.blockchain.sendMessage({
                info: { type: 'external-in', dest: unit.address, importFee: 0n },
                body,
            }),
        ).rejects.toThrow();
        expect((await unit.data()).active).toBe(true);
    });
});

describe('a pool that is not linked', () => {
    it.each([
        ['SetCommission', PoolOperator.setCommissionBody({ bps: 600 })],
        ['CancelCommission', PoolOperator.cancelCommissionBody()],
        ['AnnounceEpochLength', PoolOperator.announceEpochLengthBody({ seconds: 86_400 })],
        ['AnnounceMinEarned', PoolOperator.announceMinEarnedBody({ amount: 1n })],
        ['SetAdmission', PoolOperator.setAdmissionBody({ open: true, gpuCeiling: 1 })],
        ['AnnounceUpgrade of the registry', PoolOperator.announceUpgradeBody({ target: 'registry', codeHash: 1n })],
        ['AnnounceUpgrade of vaults', PoolOperator.announceUpgradeBody({ target: 'vault', codeHash: 1n })],
        ['CancelUpgrade of the distribution', PoolOperator.cancelUpgradeBody({ target: 'distribution' })],
        ['SetActive', PoolOperator.setActiveBody({ active: true })],
    ])('refuses %s', async (_, body) => {
        const fresh = await OperatorUnit.create({ until: 'created' });
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'owner', body);
    });

    it('refuses SetPayoutAddress, and asks nobody about the stake', async () => {
        const fresh = await OperatorUnit.create({ until: 'created' });
        const body = PoolOperator.setPayoutAddressBody({ payout: fresh.addressOf('stranger') });
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'owner', body);
        await fresh.topUp(toNano('1'));
        fresh.advance(604_800n);
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'stranger', PoolOperator.emergencyWithdrawBody());
        await fresh.refused(PoolExit.ERROR_NOT_LINKED, 'owner', PoolOperator.withdrawOperatorStakeBody({ amount: 1n }));
    });

    it('takes roles, proxies and pauses, and sends nothing to a registry it does not have', async () => {
        const fresh = await OperatorUnit.create({ until: 'created' });
        const holder = fresh.addressOf('alice');
        const sent = [
            await fresh.finished('owner', PoolOperator.setRoleBody({ role: 'reporter', holder })),
            await fresh.finished('owner', PoolOperator.addProxyBody({ proxy: holder })),
            await fresh.finished('guardian', PoolOperator.pauseBody()),
            await fresh.finished('owner', PoolOperator.nominateOwnerBody({ owner: holder })),
        ];
        // Excesses, and an event except for the nomination.
        expect(sent.map((tx) => tx.outMessagesCount)).toEqual([2, 2, 2, 1]);
        expect(exitCode(txAt(await fresh.send('owner', PoolOperator.unpauseBody()), fresh.address))).toBe(0);
    });
});
