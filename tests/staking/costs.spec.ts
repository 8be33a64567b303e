/** What every operation costs, from the published gas figures and the prices of the config: `get_cost`, formula by formula. */
import '@ton/test-utils';

import * as master from '../../build/StakingMaster/StakingMaster_StakingMaster';
import * as rewards from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { ProverRewards, ProverStaking, StakePosition, StakingMaster } from '../../wrappers/staking';
import { underCoverage } from '../support/coverage';
import { computeFee, forwardFee, rentOf } from '../support/pool/fees';
import { outs, txAt } from '../support/pool/transactions';
import { World } from '../support/staking/world';

const { RENT_SECONDS, FLOOR_SECONDS } = master;
const fiveYears = (cells: bigint, bits: bigint) => rentOf(cells, bits, RENT_SECONDS);

const EVENT = forwardFee(0n, master.STAKING_EVENT_BITS);
const BODY = forwardFee(1n, 1023n);
/** A message to a contract of this family with parameters, or the order of the master. */
const ORDER = forwardFee(3n, 2100n);
const EMPTY = forwardFee(0n, 0n);

const JETTON =
    computeFee(master.GAS_JETTON + master.GAS_STAKING_SMALL + master.GAS_POSITION_SMALL) +
    3n * forwardFee(master.JETTON_CELLS, master.JETTON_BITS) +
    fiveYears(master.JETTON_CELLS, master.JETTON_BITS);
const SHARE_DELTA =
    computeFee(rewards.GAS_REWARDS_DELTA + rewards.GAS_REWARD_POSITION_TAKE + rewards.GAS_REWARDS_RESULT) +
    forwardFee(rewards.REWARD_POSITION_INIT_CELLS, rewards.REWARD_POSITION_INIT_BITS) +
    3n * forwardFee(0n, 1023n) +
    fiveYears(rewards.REWARD_POSITION_CELLS, rewards.REWARD_POSITION_BITS);
const STAKE =
    computeFee(
        master.GAS_STAKING_STAKE +
            master.GAS_POSITION_STAKE +
            rewards.GAS_REWARDS_DELTA +
            rewards.GAS_REWARD_POSITION_TAKE +
            rewards.GAS_REWARDS_RESULT,
    ) +
    forwardFee(
        master.POSITION_INIT_CELLS + rewards.REWARD_POSITION_INIT_CELLS + 1n,
        master.POSITION_INIT_BITS + rewards.REWARD_POSITION_INIT_BITS + master.STAKING_EVENT_BITS + 4n * 1023n,
    ) +
    6n * EMPTY +
    fiveYears(
        master.POSITION_CELLS + rewards.REWARD_POSITION_CELLS,
        master.POSITION_BITS + rewards.REWARD_POSITION_BITS,
    );
const SMALL = computeFee(master.GAS_STAKING_SMALL) + EVENT + 2n * BODY;
const PAY = computeFee(master.GAS_STAKING_PAY) + 2n * (EVENT + BODY) + JETTON;

const REWARDS_SMALL = computeFee(rewards.GAS_REWARDS_SMALL) + EVENT + 2n * BODY;
const REWARDS_PAY = REWARDS_SMALL + JETTON;

const FREE = { nothing: 0n, TopUp: 0n, Excesses: 0n };

// A coverage run's markers double the gas figures.
(underCoverage ? describe.skip : describe)('costs', () => {
    let world: World;

    beforeAll(async () => {
        world = await World.create();
        await world.initProver('prover1', world.unit(1000), 1000);
        await world.stake('prover1', 'prover1', world.unit(2000));
    });

    const opcode = (contract: { opcodes: Readonly<Record<string, number>> }, name: string) => {
        if (name === 'nothing') return 0;
        expect([name, name in contract.opcodes]).toEqual([name, true]);
        return contract.opcodes[name];
    };

    it('of the master', async () => {
        const relay = computeFee(master.GAS_MASTER_SMALL) + ORDER + PAY;
        const expected: Record<string, bigint> = {
            ...FREE,
            InitProver:
                computeFee(master.GAS_MASTER_INIT) +
                2n * forwardFee(master.PROVER_INIT_CELLS, master.PROVER_INIT_BITS) +
                EVENT +
                (PAY + fiveYears(master.REWARDS_CELLS, master.REWARDS_BITS)) +
                (PAY + fiveYears(master.STAKING_CELLS, master.STAKING_BITS)) +
                rentOf(master.MASTER_CELLS, master.MASTER_BITS, FLOOR_SECONDS),
            Slash: computeFee(master.GAS_MASTER_RELAY + master.GAS_STAKING_SLASH) + 3n * EVENT + ORDER + EMPTY,
            PushParams:
                computeFee(master.GAS_MASTER_SMALL + 2n * master.GAS_STAKING_SMALL) +
                2n * ORDER +
                2n * EVENT +
                2n * BODY,
            Verdict: relay,
            SetActive: relay,
            DrawInsurance: relay,
            ReturnSurplus: relay,
        };
        const here = computeFee(master.GAS_MASTER_SMALL) + EVENT + BODY;
        for (const name of ['AnnounceParams', 'ApplyParams', 'Pause', 'NominateOwner', 'SetRole', 'CancelUpgrade']) {
            expected[name] = here;
        }
        for (const [name, cost] of Object.entries(expected)) {
            expect([name, await world.master.getCost(opcode(StakingMaster, name))]).toEqual([name, cost]);
        }
    });

    it('of a prover’s stake', async () => {
        const expected: Record<string, bigint> = {
            ...FREE,
            CastVote:
                computeFee(
                    master.GAS_STAKING_VOTE +
                        master.GAS_POSITION_VOTE +
                        master.GAS_PROPOSAL_VOTE +
                        master.GAS_POSITION_SMALL,
                ) +
                3n * BODY +
                EVENT,
            StakePayload: STAKE,
            AppealPayload:
                computeFee(master.GAS_STAKING_SMALL + master.GAS_POSITION_SMALL + master.GAS_STAKING_PAY) +
                forwardFee(master.POSITION_INIT_CELLS, master.POSITION_INIT_BITS) +
                BODY +
                EVENT +
                fiveYears(master.POSITION_CELLS, master.POSITION_BITS) +
                JETTON,
            SetMinSelfStake: SMALL,
            ApplyMinSelfStake: SMALL,
            Unretire: SMALL,
            ProveSurplus: PAY + computeFee(master.GAS_STAKING_SMALL) + EVENT,
            ReleaseParked: PAY,
            ReleaseSurplus: PAY,
            FinaliseSlash: PAY,
        };
        for (const [name, cost] of Object.entries(expected)) {
            const { staking } = world.prover('prover1');
            expect([name, await staking.getCost(opcode(ProverStaking, name))]).toEqual([name, cost]);
        }
    });

    it('of a position', async () => {
        const position = await world.position('prover1', 'prover1');
        const request =
            computeFee(master.GAS_POSITION_REQUEST + master.GAS_STAKING_REQUEST + master.GAS_POSITION_QUEUED) +
            3n * BODY +
            EVENT +
            SHARE_DELTA;
        const complete =
            computeFee(master.GAS_POSITION_COMPLETE + master.GAS_STAKING_COMPLETE + master.GAS_POSITION_PAID) +
            4n * BODY +
            EVENT +
            JETTON;
        const claim = computeFee(2n * master.GAS_POSITION_SMALL + master.GAS_STAKING_PAY) + 3n * BODY + EVENT + JETTON;
        const expected: Record<string, bigint> = {
            ...FREE,
            RequestUnstake: request,
            CancelUnstake: request,
            CompleteUnstake: complete,
            ClaimRestitution: claim,
            ClaimCredit: claim,
            SyncPosition: computeFee(2n * master.GAS_POSITION_SMALL + master.GAS_STAKING_SMALL) + 3n * BODY,
            PushShares: computeFee(master.GAS_POSITION_SMALL) + BODY + SHARE_DELTA,
        };
        for (const [name, cost] of Object.entries(expected)) {
            expect([name, await position.getCost(opcode(StakePosition, name), 0)]).toEqual([name, cost]);
        }
        expect(await position.getCost(StakePosition.opcodes.CompleteUnstake, 1)).toBe(complete + STAKE);
    });

    it('of a prover’s rewards', async () => {
        const claim =
            computeFee(
                rewards.GAS_REWARDS_CLAIM +
                    2n * rewards.GAS_REWARD_POSITION_SETTLE +
                    rewards.GAS_REWARDS_PAY +
                    master.GAS_JETTON +
                    rewards.GAS_REWARDS_SMALL,
            ) +
            7n * forwardFee(rewards.CLAIM_CELLS, rewards.CLAIM_BITS) +
            fiveYears(master.JETTON_CELLS, master.JETTON_BITS);
        const expected: Record<string, bigint> = {
            ...FREE,
            RewardPayload: computeFee(rewards.GAS_REWARDS_ADD) + EVENT + EMPTY,
            ClaimRewards: claim,
            ClaimCommission: REWARDS_PAY,
            ReleaseParked: REWARDS_PAY,
            ReleaseSurplus: REWARDS_PAY,
            ProveSurplus: REWARDS_PAY + computeFee(rewards.GAS_REWARDS_SMALL),
            Resend: REWARDS_SMALL + computeFee(rewards.GAS_REWARD_POSITION_RETURNED) + SHARE_DELTA,
            Discover: REWARDS_SMALL + computeFee(rewards.GAS_DISCOVER) + 2n * BODY,
            ShareDelta: SHARE_DELTA,
            SetCommission: REWARDS_SMALL,
        };
        const contract = world.prover('prover1').rewards;
        for (const [name, cost] of Object.entries(expected)) {
            expect([name, await contract.getCost(opcode(ProverRewards, name), 0)]).toEqual([name, cost]);
        }
        expect(await contract.getCost(ProverRewards.opcodes.ClaimRewards, 1)).toBe(claim + STAKE);
        expect(await contract.getCost(ProverRewards.opcodes.ClaimRewards, 2)).toBe(claim);
    });

    it('newer parameters reach the rewards with what they need there', async () => {
        const { staking, rewards: child } = world.prover('prover1');
        const sent = await world.master.sendPushParams(world.sender('stranger'), {
            staking: staking.address,
            rewards: child.address,
        });
        const order = outs(txAt(sent, world.master.address)).find(({ to }) => to.equals(child.address));
        expect(order?.value).toBe(computeFee(master.GAS_STAKING_SMALL) + EVENT + BODY);
    });
});
