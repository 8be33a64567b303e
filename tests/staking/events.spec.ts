/** The life of a prover as its events tell it: each field of each, and the query of the message whose rest comes back. */
import { Address, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { accountIdOf } from '../../wrappers/pool';
import { ProverRewards, ProverStaking, stakingEvents, StakePosition, StakingMaster } from '../../wrappers/staking';
import { EXCESSES, excessQueries, outs } from '../support/pool/transactions';
import { StakingPerson, World } from '../support/staking/world';

const DAY = 86_400;
const SCALE = 10n ** 18n;
const queryId = 77n;

let world: World;
let P: ProverStaking['address'];
let R: ProverRewards['address'];

beforeEach(async () => {
    world = await World.create();
    await world.open('prover1', U(1000), 1000);
    await world.stake('alice', 'prover1', U(500));
    P = world.prover('prover1').staking.address;
    R = world.prover('prover1').rewards.address;
});

const U = (tokens: number | bigint) => world.unit(tokens);
const id = (who: StakingPerson) => accountIdOf(world.address(who));

/** Sends a message whose rest comes back, with its query or that of the payout; what happened then. */
async function told(who: StakingPerson, to: Address, body: Cell, query = queryId) {
    const result = await world.send(who, to, body, toNano('3'));
    expect(world.failures(result)).toEqual([]);
    expect(excessQueries(result, world.address(who))).toContain(query);
    return stakingEvents(result.transactions);
}

it('set-up and stakes', async () => {
    await world.initProver('prover2', U(2000), 300);
    const { staking, rewards } = world.prover('prover2');
    const created = await world.master.sendInitProver(world.sender('prover3'), {
        ...{ minSelfStake: U(3000), commission: 77, salt: 5 },
    });
    const third = await world.master.getProverAddresses(world.address('prover3'), 5);
    expect(stakingEvents(created.transactions)).toMatchObject([
        {
            ...{ event: 'ProverCreatedEvent', prover: id('prover3'), salt: 5n },
            ...{ staking: accountIdOf(third.staking), rewards: accountIdOf(third.rewards) },
        },
        { event: 'CommissionEvent', commission: 77n, at: 0n },
        { event: 'MinSelfStakeEvent', minSelfStake: U(3000), at: 0n },
    ]);
    expect(staking.address.equals(rewards.address)).toBe(false);
    const first = await world.stake('prover2', 'prover2', U(2500));
    expect(stakingEvents(first.transactions)).toMatchObject([
        { event: 'ProverStateEvent', state: 1n },
        { event: 'StakedEvent', staker: id('prover2'), amount: U(2500), raw: U(2500) },
    ]);
    const gift = await world.stake('alice', 'prover2', U(7), { beneficiary: world.address('bob') });
    expect(stakingEvents(gift.transactions)).toMatchObject([
        { event: 'StakedEvent', staker: id('bob'), amount: U(7), raw: U(7) },
    ]);
});

it('requests, a cancelled one, a completed one, one that goes elsewhere', async () => {
    await world.open('prover2', U(1000));
    const position = (await world.position('prover1', 'alice')).address;
    const target = world.prover('prover2').staking.address;
    const requested = (amount: bigint, to = 0n) => [
        {
            ...{ event: 'UnstakeRequestedEvent', staker: id('alice'), amount, raw: amount, target: to },
            readyAt: BigInt(world.now + 7 * DAY),
        },
    ];
    const request = (amount: bigint, to?: Address) =>
        told('alice', position, StakePosition.requestUnstakeBody({ amount, target: to, queryId }));
    expect(await request(U(10))).toMatchObject(requested(U(10)));
    expect(await told('alice', position, StakePosition.requestUnstakeBody({ shares: U(20), queryId }))).toMatchObject(
        requested(U(20)),
    );
    expect(await request(U(30), target)).toMatchObject(requested(U(30), accountIdOf(target)));
    expect(await told('alice', position, StakePosition.cancelUnstakeBody({ id: 1, queryId }))).toMatchObject([
        { event: 'UnstakeCancelledEvent', staker: id('alice'), raw: U(20) },
    ]);
    world.advance(7 * DAY);
    const complete = () => told('stranger', position, StakePosition.completeUnstakeBody({ queryId }));
    expect(await complete()).toMatchObject([
        { event: 'UnstakeCompletedEvent', staker: id('alice'), amount: U(10), raw: U(10), target: 0n },
    ]);
    expect(await complete()).toMatchObject([
        {
            ...{ event: 'UnstakeCompletedEvent', staker: id('alice'), amount: U(30), raw: U(30) },
            target: accountIdOf(target),
        },
        { event: 'StakedEvent', staker: id('alice'), amount: U(30), raw: U(30) },
    ]);
});

it('a slash that is overturned, one that is upheld, and where the money goes', async () => {
    const master = world.master.address;
    const position = (await world.position('prover1', 'alice')).address;
    const strike = (ppm: number) =>
        told('slasher', master, StakingMaster.slashBody({ staking: P, ppm, reason: 9n, queryId }));
    expect(await strike(100_000)).toMatchObject([
        {
            ...{ event: 'SlashedEvent', seq: 1n, ppm: 100_000n, scale: (SCALE * 9n) / 10n, amount: U(150) },
            ...{ shares: U(1500), reason: 9n },
        },
    ]);
    const appeal = await world.appeal('alice', 'prover1', 1, U(2));
    expect(stakingEvents(appeal.transactions)).toMatchObject([
        { event: 'AppealedEvent', seq: 1n, staker: id('alice'), deposit: U(2) },
    ]);
    const rest = appeal.transactions.flatMap(outs).filter(({ from, op }) => from.equals(P) && op === EXCESSES);
    expect(rest.map(({ to }) => String(to))).toEqual([String(world.address('alice'))]);
    const verdict = StakingMaster.verdictBody({ staking: P, seq: 1, overturn: true, queryId });
    expect(await told('resolver', master, verdict)).toMatchObject([
        { event: 'SlashEndedEvent', seq: 1n, overturned: true, insurance: 0n, treasury: 0n },
        { event: 'PaidOutEvent', kind: 4n, to: id('alice'), amount: U(2) },
    ]);
    await told('stranger', position, StakePosition.syncPositionBody({ queryId }));
    expect(await told('stranger', position, StakePosition.claimRestitutionBody({ seq: 1, queryId }))).toMatchObject([
        { event: 'RestitutionEvent', staker: id('alice'), seq: 1n, amount: U(50) },
    ]);

    // 1,350 are left: 13.5 of the next slash fill the insurance up to 1 % of what is left then.
    await strike(100_000);
    world.advance(7 * DAY);
    const left = (U(1350) * 9n) / 10n;
    expect(await told('stranger', P, ProverStaking.finaliseSlashBody({ seq: 2, queryId }))).toMatchObject([
        {
            ...{ event: 'SlashEndedEvent', seq: 2n, overturned: false },
            ...{ insurance: left / 100n, treasury: U(135) - left / 100n },
        },
    ]);
    expect(await told('stranger', P, ProverStaking.payTreasuryBody({ queryId }))).toMatchObject([
        { event: 'PaidOutEvent', kind: 1n, to: id('treasury'), amount: U(135) - left / 100n },
    ]);
    expect(
        await told('owner', master, StakingMaster.drawInsuranceBody({ staking: P, amount: U(1), queryId })),
    ).toMatchObject([{ event: 'PaidOutEvent', kind: 2n, to: id('insurance'), amount: U(1) }]);
});

it('the least self-stake, parameters, service', async () => {
    const set = (minSelfStake: bigint) =>
        told('prover1', P, ProverStaking.setMinSelfStakeBody({ minSelfStake, queryId }));
    await world.stake('prover1', 'prover1', U(1000));
    expect(await set(U(1500))).toMatchObject([{ event: 'MinSelfStakeEvent', minSelfStake: U(1500), at: 0n }]);
    const at = BigInt(world.now + 7 * DAY);
    expect(await set(U(1200))).toMatchObject([{ event: 'MinSelfStakeEvent', minSelfStake: U(1200), at }]);
    world.advance(7 * DAY);
    expect(await told('stranger', P, ProverStaking.applyMinSelfStakeBody({ queryId }))).toMatchObject([
        { event: 'MinSelfStakeEvent', minSelfStake: U(1200), at: 0n },
    ]);
    const { params } = world;
    await world.master.sendAnnounceParams(world.sender('owner'), { params: { ...params, minStake: U(2) } });
    world.advance(7 * DAY);
    await world.master.sendApplyParams(world.sender('stranger'));
    const push = StakingMaster.pushParamsBody({ staking: P, rewards: R, queryId });
    expect(await told('stranger', world.master.address, push)).toMatchObject([
        { event: 'ParamsEvent', version: 2n, at: 0n, emitter: expect.anything() as unknown },
        { event: 'ParamsEvent', version: 2n, at: 0n },
    ]);
    const serve = (active: boolean) =>
        told('owner', world.master.address, StakingMaster.setActiveBody({ staking: P, active, queryId }));
    expect(await serve(false)).toMatchObject([{ event: 'ProverStateEvent', state: 2n }]);
    expect(await serve(true)).toMatchObject([{ event: 'ProverStateEvent', state: 1n }]);
});

it('rewards: added, claimed, restaked; commission: raised, cut, paid', async () => {
    const added = await world.reward('payer', 'prover1', U(30));
    const acc = (U(27) * SCALE) / U(1500);
    expect(stakingEvents(added.transactions)).toMatchObject([
        {
            ...{ event: 'RewardsAddedEvent', from: id('payer'), amount: U(30), commission: U(3), rounding: 0n },
            acc,
        },
    ]);
    const claim = ProverRewards.claimRewardsBody({ staker: world.address('alice'), queryId });
    expect(await told('alice', R, claim, 0n)).toMatchObject([
        { event: 'RewardsPaidEvent', staker: id('alice'), to: id('alice'), amount: U(9), restake: false },
    ]);
    const commission = (bps: number) =>
        told('prover1', R, ProverRewards.setCommissionBody({ commission: bps, queryId }));
    expect(await commission(500)).toMatchObject([{ event: 'CommissionEvent', commission: 500n, at: 0n }]);
    const at = BigInt(world.now + 7 * DAY);
    expect(await commission(900)).toMatchObject([{ event: 'CommissionEvent', commission: 900n, at }]);
    expect(await told('prover1', R, ProverRewards.claimCommissionBody({ queryId }), 1n)).toMatchObject([
        { event: 'CommissionPaidEvent', to: id('prover1'), amount: U(3) },
    ]);
});
