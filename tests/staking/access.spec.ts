/** Every message from everybody who may not send it: refused with its own code, and nothing changes. */
import { beginCell, Builder, Cell, toNano } from '@ton/core';

import * as p from '../../build/ProverStaking/ProverStaking_ProverStaking';
import * as q from '../../build/StakePosition/StakePosition_StakePosition';
import { accountIdOf } from '../../wrappers/pool/metrics';
import {
    paramsCell,
    ProverStaking,
    StakePosition,
    StakingErrorName,
    StakingExit,
    StakingMaster,
} from '../../wrappers/staking';
import { cellOf, expectRefused, stateHash, txAt, succeeded } from '../support/pool/transactions';
import { StakingPerson, World } from '../support/staking/world';

const EVERYBODY = ['owner', 'slasher', 'resolver', 'guardian', 'treasury', 'prover1', 'alice', 'stranger'] as const;
/** Who might try the messages that only contracts send. */
const SOME = ['owner', 'prover1', 'alice', 'stranger'] as const;
const but = (...who: StakingPerson[]) => EVERYBODY.filter((name) => !who.includes(name));

describe('who may send what', () => {
    let world: World;
    let position: Awaited<ReturnType<World['position']>>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000));
        await world.stake('alice', 'prover1', world.unit(500));
        await world.request('alice', 'prover1', { amount: world.unit(50) });
        position = await world.position('prover1', 'alice');
    });

    const staking = () => world.prover('prover1').staking.address;
    const pack = (store: (builder: Builder) => void): Cell => cellOf(store);

    async function refused(
        to: () => World['master']['address'],
        who: readonly StakingPerson[],
        body: Cell,
        error: StakingErrorName,
    ) {
        for (const from of who) {
            await expectRefused(world.blockchain, to(), StakingExit[error], () =>
                world.send(from, to(), body, toNano('5')),
            );
        }
    }

    describe('StakingMaster', () => {
        const at = () => world.master.address;

        it.each([
            [
                'Slash',
                but('slasher'),
                () => StakingMaster.slashBody({ staking: staking(), ppm: 20_000 }),
                'ERROR_NOT_ROLE',
            ],
            [
                'Verdict',
                but('resolver'),
                () => StakingMaster.verdictBody({ staking: staking(), seq: 1, overturn: true }),
                'ERROR_NOT_ROLE',
            ],
            ['Pause', but('guardian'), () => StakingMaster.pauseBody(), 'ERROR_NOT_ROLE'],
            ['Unpause', but('guardian', 'owner'), () => StakingMaster.unpauseBody(), 'ERROR_NOT_ROLE'],
            [
                'SetActive',
                but('owner'),
                () => StakingMaster.setActiveBody({ staking: staking(), active: false }),
                'ERROR_NOT_OWNER',
            ],
            [
                'AnnounceParams',
                but('owner'),
                () => StakingMaster.announceParamsBody({ params: world.params }),
                'ERROR_NOT_OWNER',
            ],
            ['CancelParams', but('owner'), () => StakingMaster.cancelParamsBody(), 'ERROR_NOT_OWNER'],
            [
                'NominateOwner',
                but('owner'),
                () => StakingMaster.nominateOwnerBody({ owner: world.address('stranger') }),
                'ERROR_NOT_OWNER',
            ],
            ['AcceptOwner', EVERYBODY, () => StakingMaster.acceptOwnerBody(), 'ERROR_NOT_PENDING_OWNER'],
            [
                'SetRole',
                but('owner'),
                () => StakingMaster.setRoleBody({ role: 'slasher', holder: world.address('stranger') }),
                'ERROR_NOT_OWNER',
            ],
            ['CancelRole', but('owner'), () => StakingMaster.cancelRoleBody(), 'ERROR_NOT_OWNER'],
            [
                'DrawInsurance',
                but('owner'),
                () => StakingMaster.drawInsuranceBody({ staking: staking(), amount: 1n }),
                'ERROR_NOT_OWNER',
            ],
            [
                'ReturnSurplus',
                but('owner'),
                () =>
                    StakingMaster.returnSurplusBody({
                        holder: staking(),
                        payee: world.address('stranger'),
                        amount: 1n,
                    }),
                'ERROR_NOT_OWNER',
            ],
            [
                'AnnounceUpgrade',
                but('owner'),
                () => StakingMaster.announceUpgradeBody({ codeHash: 5n }),
                'ERROR_NOT_OWNER',
            ],
            ['CancelUpgrade', but('owner'), () => StakingMaster.cancelUpgradeBody(), 'ERROR_NOT_OWNER'],
        ] as const)('%s', async (_name, who, body, error) => {
            await refused(at, who, body(), error);
        });
    });

    describe('ProverStaking', () => {
        const params = () => paramsCell(world.params, { version: 7 });

        it.each([
            [
                'SlashOrder',
                () =>
                    p.storeSlashOrder({
                        $$type: 'SlashOrder',
                        queryId: 0n,
                        ppm: 500_000n,
                        version: 0n,
                        responseTo: 0n,
                        reason: 0n,
                        params: params(),
                    }),
            ],
            [
                'VerdictOrder',
                () =>
                    p.storeVerdictOrder({
                        $$type: 'VerdictOrder',
                        queryId: 0n,
                        seq: 1n,
                        overturn: false,
                        responseTo: 0n,
                    }),
            ],
            [
                'ActiveOrder',
                () =>
                    p.storeActiveOrder({
                        $$type: 'ActiveOrder',
                        queryId: 0n,
                        active: false,
                        responseTo: 0n,
                        params: params(),
                    }),
            ],
            [
                'ParamsOrder',
                () =>
                    p.storeParamsOrder({
                        $$type: 'ParamsOrder',
                        queryId: 0n,
                        pausedUntil: 1n,
                        responseTo: 0n,
                        params: params(),
                    }),
            ],
            [
                'InsuranceOrder',
                () =>
                    p.storeInsuranceOrder({
                        $$type: 'InsuranceOrder',
                        queryId: 0n,
                        amount: 1n,
                        responseTo: 0n,
                        params: params(),
                    }),
            ],
            [
                'SurplusOrder',
                () =>
                    p.storeSurplusOrder({ $$type: 'SurplusOrder', queryId: 0n, amount: 1n, payee: 1n, responseTo: 0n }),
            ],
            [
                'SetupStaking',
                () =>
                    p.storeSetupStaking({
                        $$type: 'SetupStaking',
                        queryId: 0n,
                        minSelfStake: 0n,
                        rewards: 1n,
                        minter: 1n,
                        positionCode: Cell.EMPTY,
                        params: params(),
                    }),
            ],
        ] as const)('%s: the master alone', async (_name, store) => {
            await refused(staking, SOME, pack(store()), 'ERROR_NOT_MASTER');
        });

        const id = () => accountIdOf(world.address('alice'));
        it.each([
            [
                'UnstakeAsk',
                () =>
                    p.storeUnstakeAsk({
                        $$type: 'UnstakeAsk',
                        queryId: 0n,
                        staker: id(),
                        kind: 1n,
                        value: 5n,
                        freeRaw: 10n,
                        target: 0n,
                    }),
            ],
            [
                'CompleteAsk',
                () =>
                    p.storeCompleteAsk({
                        $$type: 'CompleteAsk',
                        queryId: 0n,
                        staker: id(),
                        count: 1n,
                        target: 0n,
                        responseTo: 0n,
                        raws: beginCell().storeUint(5, 126).endCell(),
                    }),
            ],
            ['CancelAsk', () => p.storeCancelAsk({ $$type: 'CancelAsk', queryId: 0n, staker: id(), id: 0n, raw: 5n })],
            [
                'RestitutionAsk',
                () =>
                    p.storeRestitutionAsk({
                        $$type: 'RestitutionAsk',
                        queryId: 0n,
                        staker: id(),
                        seq: 1n,
                        raw: 5n,
                        responseTo: 0n,
                    }),
            ],
            [
                'CreditAsk',
                () => p.storeCreditAsk({ $$type: 'CreditAsk', queryId: 0n, staker: id(), amount: 5n, responseTo: 0n }),
            ],
            ['SyncAsk', () => p.storeSyncAsk({ $$type: 'SyncAsk', queryId: 0n, staker: id(), responseTo: 0n })],
            [
                'AppealAnswer',
                () =>
                    p.storeAppealAnswer({
                        $$type: 'AppealAnswer',
                        queryId: 0n,
                        staker: id(),
                        seq: 1n,
                        deposit: 5n,
                        entitled: true,
                    }),
            ],
        ] as const)('%s: the position of that staker alone', async (_name, store) => {
            await refused(staking, SOME, pack(store()), 'ERROR_NOT_POSITION');
        });

        it('RetireAnswer: ProverRewards alone; TakeWalletAddress: the minter alone', async () => {
            const answer = p.storeRetireAnswer({ $$type: 'RetireAnswer', queryId: 0n, responseTo: 0n });
            await refused(staking, SOME, pack(answer), 'ERROR_NOT_REWARDS');
            const wallet = p.storeTakeWalletAddress({
                $$type: 'TakeWalletAddress',
                queryId: 0n,
                walletAddress: world.address('stranger'),
                ownerAddress: null,
            });
            await refused(staking, SOME, pack(wallet), 'ERROR_NOT_READY');
        });

        it('the prover alone', async () => {
            const body = ProverStaking.setMinSelfStakeBody({ minSelfStake: world.unit(2000) });
            await refused(staking, but('prover1'), body, 'ERROR_NOT_PROVER');
            await refused(staking, but('prover1'), ProverStaking.unretireBody(), 'ERROR_NOT_PROVER');
        });

        it('a position of another staker speaks for nobody else', async () => {
            await world.stake('bob', 'prover1', world.unit(5));
            const bob = await world.position('prover1', 'bob');
            const body = pack(
                p.storeUnstakeAsk({
                    $$type: 'UnstakeAsk',
                    queryId: 0n,
                    staker: accountIdOf(world.address('alice')),
                    kind: 2n,
                    value: 0n,
                    freeRaw: 10n,
                    target: 0n,
                }),
            );
            const { internal } = await import('@ton/sandbox');
            await expectRefused(world.blockchain, staking(), StakingExit.ERROR_NOT_POSITION, () =>
                world.blockchain.sendMessage(
                    internal({ from: bob.address, to: staking(), value: toNano('1'), body, bounce: true }),
                ),
            );
        });
    });

    describe('StakePosition', () => {
        const at = () => position.address;

        it('the staker alone', async () => {
            for (const body of [
                StakePosition.requestUnstakeBody({ all: true }),
                StakePosition.cancelUnstakeBody({ id: 0 }),
            ]) {
                await refused(at, but('alice'), body, 'ERROR_NOT_STAKER');
            }
        });

        it.each([
            [
                'SharesAdded',
                () =>
                    q.storeSharesAdded({
                        $$type: 'SharesAdded',
                        queryId: 0n,
                        raw: 5n,
                        own: false,
                        slashSeq: 0n,
                        responseTo: 0n,
                    }),
            ],
            [
                'UnstakeQueued',
                () =>
                    q.storeUnstakeQueued({
                        $$type: 'UnstakeQueued',
                        queryId: 0n,
                        raw: 5n,
                        own: false,
                        slashSeq: 0n,
                        readyAt: 0n,
                        target: 0n,
                    }),
            ],
            [
                'UnstakePaid',
                () =>
                    q.storeUnstakePaid({ $$type: 'UnstakePaid', queryId: 0n, count: 1n, slashSeq: 0n, responseTo: 0n }),
            ],
            [
                'UnstakeCancelled',
                () =>
                    q.storeUnstakeCancelled({
                        $$type: 'UnstakeCancelled',
                        queryId: 0n,
                        raw: 5n,
                        own: false,
                        id: 0n,
                        slashSeq: 0n,
                    }),
            ],
            [
                'RestitutionPaid',
                () =>
                    q.storeRestitutionPaid({
                        $$type: 'RestitutionPaid',
                        queryId: 0n,
                        seq: 1n,
                        slashSeq: 0n,
                        responseTo: 0n,
                    }),
            ],
            [
                'CreditPaid',
                () =>
                    q.storeCreditPaid({ $$type: 'CreditPaid', queryId: 0n, amount: 0n, slashSeq: 0n, responseTo: 0n }),
            ],
            ['Synced', () => q.storeSynced({ $$type: 'Synced', queryId: 0n, slashSeq: 9n, responseTo: 0n })],
            [
                'PayoutReturned',
                () => q.storePayoutReturned({ $$type: 'PayoutReturned', queryId: 0n, amount: 5n, slashSeq: 0n }),
            ],
            [
                'AppealQuestion',
                () =>
                    q.storeAppealQuestion({
                        $$type: 'AppealQuestion',
                        queryId: 0n,
                        seq: 1n,
                        deposit: 5n,
                        slashSeq: 0n,
                    }),
            ],
            ['AskUndone', () => q.storeAskUndone({ $$type: 'AskUndone', queryId: 0n })],
        ] as const)('%s: ProverStaking alone', async (_name, store) => {
            await refused(at, SOME, pack(store()), 'ERROR_NOT_STAKING');
        });

        it('DeltaReturned: ProverRewards alone', async () => {
            const body = q.storeDeltaReturned({ $$type: 'DeltaReturned', queryId: 0n, delta: 5n, responseTo: 0n });
            await refused(at, SOME, pack(body), 'ERROR_NOT_REWARDS');
        });
    });

    it('everybody tops up, nobody sends what is not known', async () => {
        for (const to of [world.master.address, staking(), position.address]) {
            const before = await stateHash(world.blockchain, to);
            const topUp = beginCell().storeUint(0xd372158c, 32).storeUint(1, 64).endCell();
            const excess = beginCell().storeUint(0xd53276db, 32).storeUint(1, 64).endCell();
            const text = beginCell().storeUint(0, 32).storeStringTail('rent').endCell();
            for (const body of [Cell.EMPTY, topUp, excess, text]) {
                expect(succeeded(txAt(await world.send('stranger', to, body, toNano('1')), to))).toBe(true);
            }
            const unknown = beginCell().storeUint(0x12345678, 32).endCell();
            await expectRefused(world.blockchain, to, StakingExit.ERROR_UNKNOWN_OP, () =>
                world.send('stranger', to, unknown),
            );
            expect(await stateHash(world.blockchain, to)).toBe(before);
        }
    });
});
