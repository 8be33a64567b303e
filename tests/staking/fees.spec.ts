/**
 * What `get_cost` says is enough for the whole chain with the fullest books, one nanoton less is refused, at five sets of
 * prices; and no gas constant is below what the dearest path needs, none more than a tenth above.
 */
import { Address, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/ProverStaking/ProverStaking_ProverStaking';
import { ProverStaking, StakePosition, StakingExit, StakingMaster } from '../../wrappers/staking';
import { underCoverage } from '../support/coverage';
import { exitCode, expectRefused, kept, refuse, succeeded, txsAt } from '../support/pool/transactions';
import { priceScenarios } from '../support/prices';
import { stakingTour } from '../support/staking/gas';
import { editStaking, fillPosition, fillStaking, MAX_SLASHES } from '../support/staking/state';
import { StakingPerson, World } from '../support/staking/world';

const DAY = 86_400;
const gasTest = underCoverage ? it.skip : it;

type Case = {
    name: string;
    at: Address;
    from: StakingPerson;
    body: Cell;
    cost: () => Promise<bigint>;
    before?: () => Promise<unknown>;
};

const scenarios = Object.entries(priceScenarios()).map(([name, config], i) => [name, config, i] as const);

describe.each(scenarios)('at the %s', (_name, config, scenario) => {
    let world: World;
    let restore: () => Promise<void>;
    let position: Awaited<ReturnType<World['position']>>;
    const FILLED = MAX_SLASHES - 9;
    const rich = toNano('500');

    const staking = () => world.prover('prover1').staking;

    beforeAll(async () => {
        world = await World.create({ config, params: { minStake: 1n } });
        for (const name of ['prover1', 'prover2'] as const) {
            await world.initProver(name, world.unit(1000), 1000, rich);
            await world.stake(name, name, world.unit(2000), { value: rich });
        }
        await world.stake('alice', 'prover1', world.unit(500), { value: rich });
        position = await world.position('prover1', 'alice');
        await fillStaking(world.blockchain, staking().address, {
            slashes: FILLED,
            ring: world.now - 3601,
            parked: 120,
            now: world.now - 8 * DAY,
            appellant: 1n << 255n,
        });
        const held = (await staking().getSolvency()).held - (await world.balance(staking().address));
        await world.stakingToken.sendMint(world.sender('owner'), {
            receiver: staking().address,
            amount: held + world.unit(9),
            value: rich,
        });
        for (let i = 0; i < 8; i++) {
            await position.sendRequestUnstake(world.sender('alice'), { amount: world.unit(10), value: rich });
        }
        await position.sendRequestUnstake(world.sender('alice'), {
            amount: world.unit(10),
            target: world.prover('prover2').staking.address,
            value: rich,
        });
        // Two slashes: one is overturned, the other waits.
        for (let i = 0; i < 2; i++) {
            await world.master.sendSlash(world.sender('slasher'), {
                staking: staking().address,
                ppm: 10_000,
                value: rich,
            });
        }
        await world.appeal('alice', 'prover1', FILLED + 1, world.unit(30), { value: rich });
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    /** The last slash is not seen, and everything before it is recorded. */
    const unseen = async (books = {}) => {
        const { active } = await position.getPosition();
        await fillPosition(world.blockchain, position.address, { seen: FILLED, raw: active, books });
    };
    const mature = async () => {
        world.advance(7 * DAY);
        await unseen();
    };
    const verdict = (overturn: boolean) =>
        world.master.sendVerdict(world.sender('resolver'), {
            staking: staking().address,
            seq: FILLED + 1,
            overturn,
            value: rich,
        });

    function cases(): Case[] {
        const { master } = world;
        const s = staking().address;
        const atPosition = (name: string, body: Cell, before?: () => Promise<unknown>, n = 0): Case => ({
            name,
            at: position.address,
            from: 'alice',
            body,
            before,
            cost: () => position.getCost(body, n),
        });
        const atStaking = (
            name: string,
            body: Cell,
            before?: () => Promise<unknown>,
            from: StakingPerson = 'stranger',
        ): Case => ({ name, at: s, from, body, before, cost: () => staking().getCost(body) });
        const atMaster = (
            name: string,
            body: Cell,
            from: StakingPerson = 'owner',
            before?: () => Promise<unknown>,
        ): Case => ({ name, at: master.address, from, body, before, cost: () => master.getCost(body) });
        const send = (from: StakingPerson, to: Address, body: Cell) => world.send(from, to, body, rich);
        const params = world.params;
        const surplus = async () => {
            await send('stranger', s, ProverStaking.proveSurplusBody({ amount: world.unit(9) }));
        };
        const codeHash = 5n;
        return [
            atPosition('request', StakePosition.requestUnstakeBody({ amount: world.unit(10) }), unseen),
            atPosition(
                'request by shares of everything, elsewhere',
                StakePosition.requestUnstakeBody({ all: true, target: world.prover('prover2').staking.address }),
                unseen,
            ),
            atPosition('complete', StakePosition.completeUnstakeBody(), mature),
            atPosition(
                'complete a redelegation',
                StakePosition.completeUnstakeBody(),
                async () => {
                    await mature();
                    await position.sendCompleteUnstake(world.sender('alice'), { value: rich });
                    await unseen();
                },
                1,
            ),
            atPosition('cancel', StakePosition.cancelUnstakeBody({ id: 0 }), unseen),
            atPosition('restitution', StakePosition.claimRestitutionBody({ seq: FILLED + 1 }), async () => {
                await verdict(true);
                await position.sendSyncPosition(world.sender('alice'), { value: rich });
            }),
            atPosition('credit', StakePosition.claimCreditBody(), async () => {
                world.advance(7 * DAY);
                const back = await refuse(world.blockchain, world.walletOf(s).address);
                await position.sendCompleteUnstake(world.sender('alice'), { value: rich });
                await back();
                await unseen({ credit: (await position.getPosition()).credit });
            }),
            atPosition('sync', StakePosition.syncPositionBody(), unseen),
            atPosition('push', StakePosition.pushSharesBody(), () => unseen({ owed: 1n })),
            atStaking(
                'vote',
                ProverStaking.castVoteBody({
                    proposal: world.address('stranger'),
                    choice: 1,
                    lockUntil: world.now + DAY,
                }),
                unseen,
                'alice',
            ),
            atStaking(
                'raise',
                ProverStaking.setMinSelfStakeBody({ minSelfStake: world.unit(1001) }),
                undefined,
                'prover1',
            ),
            atStaking('apply minimum', ProverStaking.applyMinSelfStakeBody(), async () => {
                const body = (minSelfStake: bigint) => ProverStaking.setMinSelfStakeBody({ minSelfStake });
                await send('prover1', s, body(world.unit(1001)));
                await send('prover1', s, body(world.unit(1000)));
                world.advance(7 * DAY);
            }),
            atStaking('retire', ProverStaking.retireBody(), () =>
                editStaking(world.blockchain, s, (fields) => {
                    fields.pending += fields.total;
                    fields.total = 0n;
                }),
            ),
            atStaking(
                'unretire',
                ProverStaking.unretireBody(),
                () =>
                    editStaking(world.blockchain, s, (fields) => {
                        fields.state = 3;
                    }),
                'prover1',
            ),
            atStaking('uphold', ProverStaking.finaliseSlashBody({ seq: FILLED }), async () => {}),
            atStaking('overturn by silence', ProverStaking.finaliseSlashBody({ seq: FILLED + 1 }), async () =>
                world.advance(14 * DAY),
            ),
            atStaking('treasury', ProverStaking.payTreasuryBody(), () => verdict(false)),
            atStaking('parked', ProverStaking.releaseParkedBody({ sender: world.address('bob') }), async () => {
                // Enough to be noticed, too little for the way back.
                const forward = (await staking().getCost(ProverStaking.opcodes.ReleaseParked)) / 3n;
                await world.transfer('bob', s, world.unit(5), null, forward, 'staking', { value: rich });
            }),
            atStaking('proof', ProverStaking.proveSurplusBody({ amount: world.unit(9) })),
            atStaking('surplus', ProverStaking.releaseSurplusBody(), async () => {
                await surplus();
                await send(
                    'owner',
                    master.address,
                    StakingMaster.returnSurplusBody({ holder: s, payee: world.address('bob'), amount: world.unit(9) }),
                );
                world.advance(2 * DAY);
            }),
            atMaster(
                'init',
                StakingMaster.initProverBody({ minSelfStake: world.unit(1000), commission: 5 }),
                'prover3',
            ),
            atMaster('slash', StakingMaster.slashBody({ staking: s, ppm: 10_000 }), 'slasher'),
            atMaster(
                'slash with new parameters and the end of the service',
                StakingMaster.slashBody({ staking: s, ppm: 500_000 }),
                'slasher',
                async () => {
                    await send('owner', master.address, StakingMaster.announceParamsBody({ params }));
                    world.advance(7 * DAY);
                    await send('stranger', master.address, StakingMaster.applyParamsBody());
                    await editStaking(world.blockchain, s, (fields) => {
                        fields.scale = 3n * 10n ** 17n;
                    });
                },
            ),
            atMaster(
                'uphold an appeal',
                StakingMaster.verdictBody({ staking: s, seq: FILLED + 1, overturn: false }),
                'resolver',
            ),
            atMaster(
                'overturn',
                StakingMaster.verdictBody({ staking: s, seq: FILLED + 1, overturn: true }),
                'resolver',
            ),
            atMaster('out of service', StakingMaster.setActiveBody({ staking: s, active: false })),
            atMaster('insurance', StakingMaster.drawInsuranceBody({ staking: s, amount: 1n }), 'owner', () =>
                verdict(false),
            ),
            atMaster(
                'return',
                StakingMaster.returnSurplusBody({ holder: s, payee: world.address('bob'), amount: world.unit(9) }),
                'owner',
                surplus,
            ),
            atMaster(
                'push parameters',
                StakingMaster.pushParamsBody({ staking: s, rewards: world.prover('prover1').rewards.address }),
                'stranger',
                async () => {
                    await send('owner', master.address, StakingMaster.announceParamsBody({ params }));
                    world.advance(7 * DAY);
                    await send('stranger', master.address, StakingMaster.applyParamsBody());
                },
            ),
            atMaster('announce parameters', StakingMaster.announceParamsBody({ params })),
            atMaster('pause', StakingMaster.pauseBody(), 'guardian'),
            atMaster('role', StakingMaster.setRoleBody({ role: 'resolver', holder: world.address('dave') })),
            atMaster('nominate', StakingMaster.nominateOwnerBody({ owner: world.address('dave') })),
            atMaster('upgrade', StakingMaster.announceUpgradeBody({ codeHash })),
        ];
    }

    gasTest('every operation works with its cost and is refused with one nanoton less', async () => {
        const wrong: unknown[] = [];
        // LONG=1: every operation at every set of prices; an ordinary run: at the first one, and a few at each other.
        const tried = cases().filter((_, i) => process.env.LONG === '1' || scenario === 0 || i % 6 === scenario);
        for (const { name, at, from, body, cost, before } of tried) {
            await before?.();
            const value = await cost();
            await expectRefused(world.blockchain, at, StakingExit.ERROR_VALUE_TOO_LOW, () =>
                world.send(from, at, body, value - 1n),
            );
            const result = await world.send(from, at, body, value);
            const family = [
                world.master.address,
                staking().address,
                position.address,
                ...[...world.provers.values()].flatMap((p) => [p.staking.address, p.rewards.address]),
            ];
            const own = family.flatMap((address) => txsAt(result, address));
            const bad = result.transactions.filter((tx) => !succeeded(tx) && exitCode(tx) !== undefined);
            const bounced = result.transactions.filter(
                ({ inMessage }) => inMessage?.info.type === 'internal' && inMessage.info.bounced,
            );
            const lost = underCoverage ? [] : own.map(kept).filter((nano) => nano < 0n);
            if (bad.length + bounced.length + lost.length > 0) {
                wrong.push({ name, failed: bad.map(exitCode), bounced: bounced.length, lost });
            }
            await restore();
        }
        expect(wrong).toEqual([]);
    });

    gasTest('a stake and an appeal need what they say; with one nanoton less the tokens come back', async () => {
        const least = await staking().getStakeCost();
        const active = async () => (await position.getPosition()).active;
        await unseen({ owed: 0n });
        const before = await active();
        const balance = await world.balance('alice');
        await world.stake('alice', 'prover1', world.unit(5), { forward: least - 1n, value: rich });
        expect(await active()).toBe(before);
        expect((await world.balance('alice')) + (await staking().getParked(world.address('alice')))).toBe(balance);
        const result = await world.stake('alice', 'prover1', world.unit(5), { forward: least, value: rich });
        expect(await active()).toBeGreaterThan(before);
        expect(world.failures(result)).toEqual([]);
        if (!underCoverage) {
            const own = [staking().address, position.address].flatMap((address) => txsAt(result, address));
            expect(own.map(kept).filter((nano) => nano < 0n)).toEqual([]);
        }
        // The first stake of somebody brings two positions into being.
        const first = await world.stake('carol', 'prover1', world.unit(5), { forward: least, value: rich });
        expect(world.failures(first)).toEqual([]);
        expect((await (await world.rewardPosition('prover1', 'carol')).getRewardPosition()).raw).toBeGreaterThan(0n);

        const appealed = await staking().getAppealCost();
        const seq = FILLED + 2;
        await world.appeal('alice', 'prover1', seq, world.unit(30), { forward: appealed - 1n, value: rich });
        expect((await staking().getSlash(seq)).verdict).toBe('open');
        expect(
            world.failures(
                await world.appeal('bob', 'prover1', seq, world.unit(30), { forward: appealed, value: rich }),
            ),
        ).toEqual([]);
        expect(await world.balance('bob')).toBe(world.wealth);
        expect(
            world.failures(
                await world.appeal('alice', 'prover1', seq, world.unit(30), { forward: appealed, value: rich }),
            ),
        ).toEqual([]);
        expect((await staking().getSlash(seq)).verdict).toBe('appealed');
    });
});

describe('gas constants', () => {
    gasTest(
        'are at most a tenth above the dearest path, and never below it',
        async () => {
            const maxima = await stakingTour();
            const most = (...names: string[]) =>
                names.reduce((m, n) => {
                    const gas = maxima.get(n);
                    if (gas === undefined) throw new Error(`the tour has no ${n}`);
                    return gas > m ? gas : m;
                }, 0n);
            const named = new Set<string>();
            const of = (contract: string, ...ops: string[]) => {
                const names = ops.map((op) => `${contract}.${op}`);
                names.forEach((name) => named.add(name));
                return most(...names);
            };
            const measured: Record<string, bigint> = {
                GAS_STAKING_STAKE: of('ProverStaking', 'JettonNotification.stake'),
                GAS_POSITION_STAKE: of('StakePosition', 'SharesAdded'),
                GAS_POSITION_REQUEST: of('StakePosition', 'RequestUnstake', 'CancelUnstake'),
                GAS_STAKING_REQUEST: of('ProverStaking', 'UnstakeAsk', 'CancelAsk'),
                GAS_POSITION_QUEUED: of('StakePosition', 'UnstakeQueued', 'UnstakeCancelled'),
                GAS_POSITION_COMPLETE: of('StakePosition', 'CompleteUnstake'),
                GAS_STAKING_COMPLETE: of('ProverStaking', 'CompleteAsk'),
                GAS_POSITION_PAID: of('StakePosition', 'UnstakePaid'),
                GAS_STAKING_VOTE: of('ProverStaking', 'CastVote'),
                GAS_POSITION_VOTE: of('StakePosition', 'VoteOrder'),
                GAS_STAKING_SLASH: of('ProverStaking', 'SlashOrder'),
                GAS_MASTER_RELAY: of('StakingMaster', 'Slash'),
                GAS_MASTER_INIT: of('StakingMaster', 'InitProver'),
                GAS_STAKING_PAY: of(
                    'ProverStaking',
                    'AppealAnswer',
                    'CreditAsk',
                    'FinaliseSlash',
                    'InsuranceOrder',
                    'PayTreasury',
                    'ReleaseParked',
                    'ReleaseSurplus',
                    'RestitutionAsk',
                    'VerdictOrder',
                ),
            };
            // Everything that is not named.
            const rest = (contract: string) =>
                most(...[...maxima.keys()].filter((name) => name.startsWith(`${contract}.`) && !named.has(name)));
            measured.GAS_STAKING_SMALL = rest('ProverStaking');
            measured.GAS_POSITION_SMALL = rest('StakePosition');
            measured.GAS_MASTER_SMALL = rest('StakingMaster');
            const report = Object.entries(measured).map(([name, gas]) => {
                const constant = (built as unknown as Record<string, bigint>)[name];
                return { name, constant, gas, good: constant >= gas && constant <= (gas * 11n) / 10n };
            });
            expect(report.filter((row) => !row.good)).toEqual([]);
        },
        300_000,
    );
});
