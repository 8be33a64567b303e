/** ProverStaking and StakePosition at their bounds: states, rings, lists, tiers, payloads; and exits that nothing can stop. */
import { beginCell, Cell, toNano } from '@ton/core';

import { ProverStaking, StakingExit, stakePayload } from '../../wrappers/staking';
import { underCoverage } from '../support/coverage';
import { refuse } from '../support/pool/transactions';
import { expectSound } from '../support/staking/check';
import { editStaking, fillStaking, MAX_PARKED, RING_SIZE } from '../support/staking/state';
import { StakingPerson, voteRefusals, World } from '../support/staking/world';

// The markers of a coverage run cost gas that a share change does not bring along.
const tight = underCoverage ? it.skip : it;

const DAY = 86_400;
const HOUR = 3600;

describe('limits', () => {
    let world: World;
    let restore: () => Promise<void>;
    let position: Awaited<ReturnType<World['position']>>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.open('prover2', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        position = await world.position('prover1', 'alice');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const staking = () => world.prover('prover1').staking;
    const stranger = () => world.sender('stranger');
    const codes = (result: Parameters<World['failures']>[0]) => world.failures(result);
    const setActive = (active: boolean) =>
        world.master.sendSetActive(world.sender('owner'), { staking: staking().address, active });
    const edit = (change: Parameters<typeof editStaking>[2]) =>
        editStaking(world.blockchain, staking().address, change);

    describe('exits', () => {
        async function leave(): Promise<void> {
            const before = await world.balance('alice');
            expect(codes(await world.request('alice', 'prover1', { all: true }))).toEqual([]);
            world.advance(7 * DAY);
            expect(codes(await world.complete('alice', 'prover1', 'stranger'))).toEqual([]);
            expect((await world.balance('alice')) - before).toBe(world.unit(500));
        }

        it('work while the prover is out of service', async () => {
            await setActive(false);
            await leave();
            await expectSound(world, 'prover1', ['prover1', 'alice']);
        });

        it('work when he is retired', async () => {
            await world.request('alice', 'prover1', { all: true });
            await world.request('prover1', 'prover1', { all: true });
            expect(codes(await staking().sendRetire(stranger()))).toEqual([]);
            expect((await staking().getProver()).state).toBe('retired');
            // What waits is slashed, and paid.
            expect(codes(await world.slash('prover1', 100_000))).toEqual([]);
            world.advance(7 * DAY);
            const before = await world.balance('alice');
            expect(codes(await world.complete('alice', 'prover1'))).toEqual([]);
            expect((await world.balance('alice')) - before).toBe(world.unit(450));
            await expectSound(world, 'prover1', ['prover1', 'alice']);
        });

        tight('work while the reward side refuses every message; it catches up afterwards', async () => {
            await world.reward('payer', 'prover1', world.unit(150));
            const { rewards } = world.prover('prover1');
            const back = await refuse(world.blockchain, rewards.address);
            const before = await world.balance('alice');
            await world.stake('alice', 'prover1', world.unit(50));
            for (const amount of [100, 200]) {
                await world.request('alice', 'prover1', { amount: world.unit(amount) });
            }
            const [{ id }] = await position.getRequests();
            await position.sendCancelUnstake(world.sender('alice'), { id });
            await world.request('alice', 'prover1', { all: true });
            world.advance(7 * DAY);
            expect(codes(await world.complete('alice', 'prover1'))).toEqual([]);
            expect((await world.balance('alice')) - before).toBe(world.unit(500));
            const { owed, active } = await position.getPosition();
            expect({ owed, active }).toEqual({ owed: -world.unit(500), active: 0n });
            await back();
            expect(codes(await position.sendPushShares(stranger()))).toEqual([]);
            expect(codes(await position.sendPushShares(stranger()))).toEqual([StakingExit.ERROR_NOTHING_DUE]);
            await expectSound(world, 'prover1', ['prover1', 'alice']);
            expect(codes(await world.claim('alice', 'prover1'))).toEqual([]);
            expect(await world.balance('alice', 'reward')).toBe(world.unit(50));
        });
    });

    describe('the life of a prover', () => {
        it('nobody joins out of service, and the owner brings back only who is fit', async () => {
            expect(codes(await setActive(true))).toEqual([StakingExit.ERROR_PROVER_STATE]);
            await setActive(false);
            expect(codes(await setActive(false))).toEqual([StakingExit.ERROR_PROVER_STATE]);
            const before = await world.balance('alice');
            await world.stake('alice', 'prover1', world.unit(5));
            expect(await world.balance('alice')).toBe(before);
            // Below his own minimum after a slash.
            await world.slash('prover1', 20_000);
            expect(codes(await setActive(true))).toEqual([StakingExit.ERROR_MIN_SELF_STAKE]);
            await world.stake('prover1', 'prover1', world.unit(21));
            expect(codes(await setActive(true))).toEqual([]);
            // At 20 % of what it was.
            await setActive(false);
            await edit((fields) => {
                fields.scale = 2n * 10n ** 17n;
            });
            expect(codes(await setActive(true))).toEqual([StakingExit.ERROR_SCALE_TOO_LOW]);
        });

        it('a minimum of all that has risen keeps him out', async () => {
            await setActive(false);
            await edit((fields) => {
                fields.own = fields.own / 2n;
            });
            await world.request('alice', 'prover1', { all: true });
            expect(codes(await setActive(true))).toEqual([StakingExit.ERROR_MIN_SELF_STAKE]);
            await restore();
            await world.master.sendAnnounceParams(world.sender('owner'), {
                params: { ...world.params, minSelfStake: world.unit(1001) },
            });
            world.advance(7 * DAY);
            await world.master.sendApplyParams(stranger());
            await setActive(false);
            expect(codes(await setActive(true))).toEqual([StakingExit.ERROR_GLOBAL_MIN]);
            const { eligible } = await staking().getEligible(0n);
            expect(eligible).toBe(false);
        });

        it('retires without active shares, comes back with his own', async () => {
            expect(codes(await staking().sendRetire(stranger()))).toEqual([StakingExit.ERROR_ACTIVE_STAKE]);
            expect(codes(await staking().sendUnretire(world.sender('prover1')))).toEqual([
                StakingExit.ERROR_PROVER_STATE,
            ]);
            await world.request('alice', 'prover1', { all: true });
            await world.request('prover1', 'prover1', { all: true });
            await staking().sendRetire(stranger());
            expect(codes(await staking().sendRetire(stranger()))).toEqual([StakingExit.ERROR_PROVER_STATE]);
            // Nobody relies on his minimum now.
            await staking().sendSetMinSelfStake(world.sender('prover1'), { minSelfStake: world.unit(3000) });
            await staking().sendSetMinSelfStake(world.sender('prover1'), { minSelfStake: world.unit(2000) });
            expect((await staking().getProver()).minSelfStake).toBe(world.unit(2000));
            expect(codes(await staking().sendUnretire(world.sender('prover1')))).toEqual([
                StakingExit.ERROR_MIN_SELF_STAKE,
            ]);
            await world.stake('prover1', 'prover1', world.unit(2000));
            expect(codes(await staking().sendUnretire(world.sender('prover1')))).toEqual([]);
            expect((await staking().getProver()).state).toBe('active');
        });

        it('tiers begin at 1,000, 10,000, 100,000 and 1,000,000', async () => {
            const tiers: [bigint, string, bigint][] = [
                [999n, 'none', 0n],
                [1000n, 'Basic', 10_000n],
                [9999n, 'Basic', 10_000n],
                [10_000n, 'Verified', 15_000n],
                [99_999n, 'Verified', 15_000n],
                [100_000n, 'Premium', 20_000n],
                [999_999n, 'Premium', 20_000n],
                [1_000_000n, 'Enterprise', 30_000n],
                [90_000_000n, 'Enterprise', 30_000n],
            ];
            for (const [stake, tier, weight] of tiers) {
                await edit((fields) => {
                    fields.total = world.unit(stake);
                });
                const info = await staking().getProver();
                expect([info.tier, info.weightBps]).toEqual([tier, weight]);
            }
            // One unit below: the tier below; and a slash moves it.
            await edit((fields) => {
                fields.total = world.unit(1000) - 1n;
            });
            expect((await staking().getProver()).tier).toBe('none');
            await edit((fields) => {
                fields.total = world.unit(10_000);
                fields.scale = 999_999n * 10n ** 12n;
            });
            expect((await staking().getProver()).tier).toBe('Basic');
        });

        it('reputation: time in service up to a year, and nothing left at 100 % of slashes', async () => {
            await edit((fields) => {
                fields.books.slashedPpm = 999_999n;
            });
            world.advance(365 * DAY);
            expect(await staking().getReputation()).toBe(0n);
            await edit((fields) => {
                fields.books.slashedPpm = 500_000n;
            });
            expect(await staking().getReputation()).toBe(5000n);
            await setActive(false);
            world.advance(365 * DAY);
            expect(await staking().getReputation()).toBe(5000n);
            await edit((fields) => {
                fields.books.slashedPpm = 1_200_000n;
            });
            expect(await staking().getReputation()).toBe(0n);
        });

        it('slashes: the last 8 of them, none at or below 10 %', async () => {
            for (let i = 0; i < 9; i++) expect(codes(await world.slash('prover1', 10_000))).toEqual([]);
            expect([...(await staking().getLastSlashes()).keys()].sort((a, b) => a - b)).toEqual([
                2, 3, 4, 5, 6, 7, 8, 9,
            ]);
            await edit((fields) => {
                fields.scale = 2n * 10n ** 17n;
            });
            expect(codes(await world.slash('prover1', 500_000))).toEqual([StakingExit.ERROR_SCALE_TOO_LOW]);
            await edit((fields) => {
                fields.scale = 2n * 10n ** 17n + 2n;
            });
            expect(codes(await world.slash('prover1', 500_000))).toEqual([]);
            expect((await staking().getProver()).scale).toBe(10n ** 17n + 1n);
        });
    });

    describe('a ring that is full', () => {
        const full = (age: number) =>
            fillStaking(world.blockchain, staking().address, { slashes: 0, ring: world.now - age, now: world.now });

        it('refuses a payout for an hour; nothing is lost, nobody is busy', async () => {
            await world.request('alice', 'prover1', { amount: world.unit(100) });
            world.advance(7 * DAY);
            await full(HOUR - 1);
            expect(codes(await world.complete('alice', 'prover1'))).toEqual([StakingExit.ERROR_RING_FULL]);
            expect((await position.getPosition()).busy).toBe(false);
            world.advance(1);
            const before = await world.balance('alice');
            expect(codes(await world.complete('alice', 'prover1'))).toEqual([]);
            expect((await world.balance('alice')) - before).toBe(world.unit(100));
            expect(RING_SIZE).toBe(128);
        });

        it.each([
            ['parks', HOUR - 1, 2],
            ['after an hour pays', HOUR, 0],
        ])('%s the deposit of an appeal that has won', async (_, age, parked) => {
            await world.slash('prover1', 100_000);
            await world.appeal('alice', 'prover1', 1, world.unit(2));
            await edit((fields) => {
                fields.books.ringNext = 0n;
            });
            await ringOf(age);
            expect(
                codes(
                    await world.master.sendVerdict(world.sender('resolver'), {
                        staking: staking().address,
                        seq: 1,
                        overturn: true,
                    }),
                ),
            ).toEqual([]);
            expect(await staking().getParked(world.address('alice'))).toBe(world.unit(parked));
        });

        /** A ring of this age that keeps the slashes that are there. */
        async function ringOf(age: number): Promise<void> {
            let kept: unknown;
            let seq = 0;
            let amounts = { escrow: 0n, ppm: 0n };
            await edit((fields) => {
                kept = fields.books.slashes;
                seq = fields.slashSeq;
                amounts = { escrow: fields.books.escrow, ppm: fields.books.slashedPpm };
            });
            await full(age);
            await edit((fields) => {
                fields.books.slashes = kept as Cell | null;
                fields.slashSeq = seq;
                fields.books.escrow = amounts.escrow;
                fields.books.slashedPpm = amounts.ppm;
            });
        }
    });

    describe('refused tokens', () => {
        it('find room for 128 senders; those of the 129th are surplus', async () => {
            await fillStaking(world.blockchain, staking().address, {
                slashes: 0,
                parked: MAX_PARKED - 1,
                now: world.now,
            });
            const refuseTransfer = (who: StakingPerson) =>
                world.stake(who, 'prover1', world.unit(5), { minRaw: 1n << 125n, forward: toNano('0.03') });
            await refuseTransfer('bob');
            expect(await staking().getParked(world.address('bob'))).toBe(world.unit(5));
            await refuseTransfer('carol');
            expect(await staking().getParked(world.address('carol'))).toBe(0n);
            expect((await staking().getSolvency()).surplus).toBe(world.unit(5));
            // Who has a place gets more.
            await refuseTransfer('bob');
            expect(await staking().getParked(world.address('bob'))).toBe(world.unit(10));
            expect(codes(await staking().sendReleaseParked(stranger(), { sender: world.address('carol') }))).toEqual([
                StakingExit.ERROR_NOTHING_DUE,
            ]);
        });

        it.each([
            ['a stake cut short', () => beginCell().storeUint(0x720f0001, 32).storeUint(1, 100).endCell()],
            [
                'a stake with more',
                () =>
                    beginCell()
                        .storeSlice(stakePayload({ minRaw: 1n }).beginParse())
                        .storeUint(0, 1)
                        .endCell(),
            ],
            ['an appeal without a number', () => beginCell().storeUint(0x720f0002, 32).endCell()],
            ['an appeal against nothing', () => beginCell().storeUint(0x720f0002, 32).storeUint(9, 8).endCell()],
            ['a proof of somebody else', () => beginCell().storeUint(0x720f0004, 32).endCell()],
            ['a reward', () => beginCell().storeUint(0x720f0003, 32).endCell()],
            ['half an opcode', () => beginCell().storeUint(0x720f, 16).endCell()],
            ['nothing', () => Cell.EMPTY],
        ] as const)('%s comes back', async (_name, payload) => {
            await world.enrich('carol');
            const before = await world.balance('carol');
            const result = await world.transfer('carol', staking().address, world.unit(5), payload(), toNano('0.5'));
            expect(codes(result)).toEqual([]);
            expect(await world.balance('carol')).toBe(before);
            expect((await staking().getSolvency()).solvency).toBe(0n);
        });

        it('go where the payer says', async () => {
            await world.enrich('carol');
            await world.stake('carol', 'prover1', world.unit(5), {
                minRaw: 1n << 125n,
                returnTo: world.address('bob'),
            });
            expect(await world.balance('bob')).toBe(world.unit(5));
        });
    });

    describe('requests', () => {
        it('a cancel obeys the rules of a stake', async () => {
            await world.stake('prover1', 'prover1', world.unit(100));
            await world.request('alice', 'prover1', { amount: world.unit(100) });
            const cancel = async () => {
                const [{ id }] = await position.getRequests();
                return position.sendCancelUnstake(world.sender('alice'), { id });
            };
            expect(codes(await position.sendCancelUnstake(world.sender('alice'), { id: 77 }))).toEqual([
                StakingExit.ERROR_NO_REQUEST,
            ]);
            await edit((fields) => {
                fields.own = world.unit(999);
            });
            expect(codes(await cancel())).toEqual([StakingExit.ERROR_MIN_SELF_STAKE]);
            // The cap: 16 times his own.
            await edit((fields) => {
                fields.own = world.unit(1100);
                fields.total = world.unit(1100 + 16 * 1100) - world.unit(100) + 1n;
            });
            expect(codes(await cancel())).toEqual([StakingExit.ERROR_CAP]);
            await edit((fields) => {
                fields.total -= 1n;
            });
            expect(codes(await cancel())).toEqual([]);
            expect((await position.getPosition()).busy).toBe(false);
        });

        it('of an unknown kind, of more than everything, to a place outside the basechain', async () => {
            const kind3 = beginCell()
                .storeUint(0x72030001, 32)
                .storeUint(0, 64)
                .storeUint(3, 2)
                .storeUint(0, 126)
                .storeAddress(null)
                .endCell();
            expect(codes(await world.send('alice', position.address, kind3))).toEqual([
                StakingExit.ERROR_BAD_PARAMETER,
            ]);
            const { Address } = await import('@ton/core');
            const target = Address.parseRaw(`-1:${'11'.repeat(32)}`);
            expect(codes(await world.request('alice', 'prover1', { all: true, target }))).toEqual([
                StakingExit.ERROR_BAD_PARAMETER,
            ]);
            expect(codes(await position.sendCompleteUnstake(stranger(), { value: toNano('1') }))).toEqual([
                StakingExit.ERROR_NOTHING_DUE,
            ]);
            expect(codes(await position.sendClaimCredit(stranger()))).toEqual([StakingExit.ERROR_NOTHING_DUE]);
        });

        tight(
            'a redelegation earns nothing and has no vote until it arrives, and is slashed here until then',
            async () => {
                const target = world.prover('prover2').staking.address;
                await world.request('alice', 'prover1', { all: true, target });
                await world.reward('payer', 'prover1', world.unit(100));
                await world.reward('payer', 'prover2', world.unit(100));
                for (const prover of ['prover1', 'prover2'] as const) {
                    expect(await world.prover(prover).rewards.getClaimable(world.address('alice'))).toBe(0n);
                }
                const vote = await world.prover('prover1').staking.sendCastVote(world.sender('alice'), {
                    proposal: world.address('stranger'),
                    choice: 1,
                    lockUntil: world.now + DAY,
                });
                expect(voteRefusals(vote)).toEqual([StakingExit.ERROR_NOT_ENOUGH]);
                await world.slash('prover1', 100_000);
                await world.slash('prover2', 200_000);
                // Neither below its own minimum.
                await world.stake('prover2', 'prover2', world.unit(300));
                world.advance(7 * DAY);
                await position.sendCompleteUnstake(stranger(), { redelegation: true });
                const moved = await world.position('prover2', 'alice');
                const there = world.prover('prover2').staking;
                expect(await there.getEffective((await moved.getPosition()).active)).toBe(world.unit(450));
                await expectSound(world, 'prover1', ['prover1', 'alice']);
                await expectSound(world, 'prover2', ['prover2', 'alice']);
            },
        );

        it('pays what goes to one place, then what goes to the next', async () => {
            const target = world.prover('prover2').staking.address;
            await world.request('alice', 'prover1', { amount: world.unit(10) });
            await world.request('alice', 'prover1', { amount: world.unit(20), target });
            await world.request('alice', 'prover1', { amount: world.unit(30) });
            world.advance(7 * DAY);
            const before = await world.balance('alice');
            for (const paid of [10, 10, 40]) {
                await position.sendCompleteUnstake(stranger(), { redelegation: true });
                expect((await world.balance('alice')) - before).toBe(world.unit(paid));
            }
        });
    });

    describe('the own wallet', () => {
        it('is found once; while it is not known anybody may ask again', async () => {
            expect(codes(await staking().sendDiscover(stranger()))).toEqual([StakingExit.ERROR_WALLET_KNOWN]);
            const back = await refuse(world.blockchain, world.stakingToken.address);
            await world.initProver('prover3', world.unit(1000));
            await back();
            const there = world.prover('prover3').staking;
            expect((await there.getProver()).wallet).toBeNull();
            expect(codes(await there.sendProveSurplus(stranger(), { amount: 1n }))).toEqual([
                StakingExit.ERROR_NOT_READY,
            ]);
            expect(codes(await there.sendDiscover(stranger()))).toEqual([]);
            expect((await there.getProver()).wallet?.equals(world.walletOf(there.address).address)).toBe(true);
            expect(codes(await there.sendProveSurplus(stranger(), { amount: 0n }))).toEqual([
                StakingExit.ERROR_BAD_PARAMETER,
            ]);
        });

        it('surplus: not more than there is, one return at a time', async () => {
            const order = (amount: bigint) =>
                world.master.sendReturnSurplus(world.sender('owner'), {
                    holder: staking().address,
                    payee: world.address('bob'),
                    amount,
                });
            expect(codes(await order(1n))).toEqual([StakingExit.ERROR_TOO_MUCH]);
            expect(codes(await staking().sendReleaseSurplus(stranger()))).toEqual([StakingExit.ERROR_NO_CHANGE]);
            await world.transfer('carol', staking().address, world.unit(5), null, 0n);
            await staking().sendProveSurplus(stranger(), { amount: world.unit(5) });
            expect(codes(await order(world.unit(5) + 1n))).toEqual([StakingExit.ERROR_TOO_MUCH]);
            expect(codes(await order(0n))).toEqual([StakingExit.ERROR_TOO_MUCH]);
            expect(codes(await order(1n))).toEqual([]);
            expect(codes(await order(1n))).toEqual([StakingExit.ERROR_CHANGE_PENDING]);
            expect((await staking().getSolvency()).surplus).toBe(world.unit(5));
            expect(codes(await staking().sendPayTreasury(stranger()))).toEqual([StakingExit.ERROR_NOTHING_DUE]);
            const over = await world.master.sendDrawInsurance(world.sender('owner'), {
                staking: staking().address,
                amount: 1n,
            });
            expect(codes(over)).toEqual([StakingExit.ERROR_TOO_MUCH]);
        });

        it('a foreign jetton comes back out of its own value, or stays where it is', async () => {
            const send = (forward: string) =>
                world.transfer('bob', staking().address, world.unit(5), stakePayload(), toNano(forward), 'reward');
            await world.enrich('bob', 'reward');
            const before = await world.balance('bob', 'reward');
            await send('0.5');
            expect(await world.balance('bob', 'reward')).toBe(before);
            await send('0.02');
            expect(await world.balance('bob', 'reward')).toBe(before - world.unit(5));
            expect((await staking().getSolvency()).held).toBe(world.unit(1500));
        });
    });

    it('costs: every operation has one', async () => {
        for (const op of ['SetMinSelfStake', 'ApplyMinSelfStake', 'Unretire', 'Retire', 'ProveSurplus'] as const) {
            expect(await staking().getCost(ProverStaking.opcodes[op])).toBeGreaterThan(0n);
        }
        expect(await staking().getCost(ProverStaking.opcodes.TopUp)).toBe(0n);
        const address = await staking().getPositionAddress(world.address('alice'));
        expect(address.equals(position.address)).toBe(true);
        const quote = await staking().getSlashQuote(500_001);
        expect(quote.refused).toBe(true);
    });
});
