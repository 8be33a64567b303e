/** Attacks on the staking family, each of which must come to nothing. */
import { Address, beginCell, Cell, Dictionary, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import {
    ProverRewards,
    ProverStaking,
    rewardPayload,
    stakePayload,
    StakePosition,
    StakingExit,
    StakingMaster,
} from '../../wrappers/staking';
import { ShareWallet } from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import { JETTON_NOTIFICATION, jettonNotification, refuse } from '../support/pool/transactions';
import { expectSound } from '../support/staking/check';
import { Net, Start } from '../support/staking/net';
import { editStaking, RING_SIZE } from '../support/staking/state';
import { World } from '../support/staking/world';

// The markers of a coverage run cost gas that a share change does not bring along.
const tight = underCoverage ? it.skip : it;

const DAY = 86_400;

/** Somebody outside the basechain: his account id counts as 0 here, which is also what stands for nobody. */
const OUTSIDER = Address.parseRaw(`-1:${'11'.repeat(32)}`);

const notification = (from: Address, amount: bigint, payload: Cell) =>
    jettonNotification({ queryId: 1n, amount, from, payload });

/** Five years of rent are more for code with markers. */
const rentTest = underCoverage ? it.skip : it;

describe('an outsider whose account id reads as nobody', () => {
    let world: World;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const outside = (to: Address, body: Cell) =>
        world.blockchain.sendMessage(internal({ from: OUTSIDER, to, value: toNano('3'), body, bounce: true }));
    const codes = (result: Parameters<World['failures']>[0]) => world.failures(result);

    it('is not the jetton wallet of a ProverStaking that does not know its own yet', async () => {
        // Between the set-up and the answer of the minter: here it answers late.
        const back = await refuse(world.blockchain, world.stakingToken.address);
        await world.initProver('prover2', world.unit(1000));
        await back();
        const { staking } = world.prover('prover2');
        expect((await staking.getProver()).minSelfStake).toBe(world.unit(1000));
        await outside(staking.address, notification(world.address('prover2'), world.unit(1000), stakePayload()));
        const { state, totalRaw } = await staking.getProver();
        expect({ state, totalRaw }).toEqual({ state: 'null', totalRaw: 0n });
        await staking.sendDiscover(world.sender('stranger'));
        await world.stake('prover2', 'prover2', world.unit(1000));
        await expectSound(world, 'prover2', ['prover2']);
    });

    it.each([
        ['slasher', (staking: Address) => StakingMaster.slashBody({ staking, ppm: 500_000 })],
        ['resolver', (staking: Address) => StakingMaster.verdictBody({ staking, seq: 1, overturn: false })],
        ['guardian', () => StakingMaster.pauseBody()],
    ] as const)('does not hold the role of the %s while nobody does', async (role, body) => {
        const { staking } = world.prover('prover1');
        await world.slash('prover1', 100_000);
        await world.appeal('alice', 'prover1', 1, world.unit(3));
        await world.master.sendSetRole(world.sender('owner'), { role, holder: null });
        const { scale } = await staking.getProver();
        expect(codes(await outside(world.master.address, body(staking.address)))).toEqual([StakingExit.ERROR_NOT_ROLE]);
        expect((await staking.getProver()).scale).toBe(scale);
        expect((await staking.getSlash(1)).verdict).toBe('appealed');
        expect((await world.master.getMaster()).pausedUntil).toBe(0n);
    });
});

describe('a proof of surplus', () => {
    let world: World;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        await world.reward('payer', 'prover1', world.unit(150));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const prover = () => world.prover('prover1');
    const TRANSFER = 0x0f8a7ea5;
    const transfer = (amount: bigint, forwardTonAmount: bigint): Start => ({
        from: 'alice',
        to: world.walletOf(world.address('alice')).address,
        body: ShareWallet.transferBody({
            destination: prover().staking.address,
            amount,
            response: world.address('alice'),
            forwardTonAmount,
        }),
    });

    it('does not count refused tokens that are on their way in and out', async () => {
        const balance = await world.balance('alice');
        const net = new Net(world);
        await net.start(transfer(world.unit(100), toNano('1')));
        await net.start({
            from: 'stranger',
            to: prover().staking.address,
            body: ProverStaking.proveSurplusBody({ amount: world.unit(100) }),
        });
        // The proof starts while the tokens are in the wallet and before ProverStaking has heard of them.
        await net.deliver(await net.until(ProverStaking.opcodes.ProveSurplus));
        await net.settle();
        expect(await world.balance('alice')).toBe(balance);
        expect((await prover().staking.getSolvency()).surplus).toBe(0n);
        await expectSound(world, 'prover1', ['prover1', 'alice']);
    });

    it('nor refused tokens that the wallet does not give back', async () => {
        const net = new Net(world);
        const wallet = world.walletOf(prover().staking.address).address;
        await net.start(transfer(world.unit(100), toNano('1')));
        const back = await refuse(world.blockchain, wallet);
        await net.deliver(await net.until(JETTON_NOTIFICATION));
        await back();
        await net.settle();
        expect((await prover().staking.getSolvency()).surplus).toBe(world.unit(100));
        await expectSound(world, 'prover1', ['prover1', 'alice']);
    });

    it('nor rewards whose payout is on its way back', async () => {
        const net = new Net(world);
        const { rewards } = prover();
        const wallet = world.walletOf(rewards.address, 'reward').address;
        await net.start({
            from: 'alice',
            to: rewards.address,
            body: ProverRewards.claimRewardsBody({ staker: world.address('alice') }),
        });
        const back = await refuse(world.blockchain, wallet);
        await net.deliver(await net.until(ProverRewards.opcodes.PayRewards));
        await back();
        await net.until(TRANSFER);
        await net.start({
            from: 'stranger',
            to: rewards.address,
            body: ProverRewards.proveSurplusBody({ amount: world.unit(50) }),
        });
        await net.deliver(net.waiting.findIndex((_, i) => net.opAt(i) === ProverRewards.opcodes.ProveSurplus));
        await net.settle();
        expect((await rewards.getDesk()).surplus).toBe(0n);
        await expectSound(world, 'prover1', ['prover1', 'alice']);
    });
});

describe('a position that has lived on its rent', () => {
    let world: World;
    let restore: () => Promise<void>;
    let position: Awaited<ReturnType<World['position']>>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        position = await world.position('prover1', 'alice');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    tight.each([1, 2, 4])('leaves after %i years for what it costs, and its mirror with it', async (years) => {
        world.advance(years * 365 * DAY);
        const value = await position.getCost(StakePosition.opcodes.RequestUnstake);
        const result = await position.sendRequestUnstake(world.sender('alice'), { amount: world.unit(100), value });
        expect(world.failures(result)).toEqual([]);
        const { active, pending, owed } = await position.getPosition();
        expect({ active, pending, owed }).toEqual({ active: world.unit(400), pending: world.unit(100), owed: 0n });
        const again = await position.sendCancelUnstake(world.sender('alice'), {
            id: 0,
            value: await position.getCost(StakePosition.opcodes.CancelUnstake),
        });
        expect(world.failures(again)).toEqual([]);
        expect((await position.getPosition()).owed).toBe(0n);
        await expectSound(world, 'prover1', ['prover1', 'alice']);
    });

    tight('sends what it owes for what that costs', async () => {
        const back = await refuse(world.blockchain, world.prover('prover1').rewards.address);
        await world.request('alice', 'prover1', { amount: world.unit(100) });
        await back();
        expect((await position.getPosition()).owed).toBe(-world.unit(100));
        world.advance(4 * 365 * DAY);
        const value = await position.getCost(StakePosition.opcodes.PushShares);
        expect(world.failures(await position.sendPushShares(world.sender('stranger'), { value }))).toEqual([]);
        expect((await position.getPosition()).owed).toBe(0n);
        await expectSound(world, 'prover1', ['prover1', 'alice']);
    });
});

describe('a mirror that has lived on its rent', () => {
    tight('takes a change after eight years: its debt does not eat the message', async () => {
        const world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        const mirror = await world.rewardPosition('prover1', 'alice');
        const position = await world.position('prover1', 'alice');
        world.advance(8 * 365 * DAY);
        const value = await position.getCost(StakePosition.opcodes.RequestUnstake);
        await position.sendRequestUnstake(world.sender('alice'), { amount: world.unit(100), value });
        expect((await mirror.getRewardPosition()).raw).toBe(world.unit(400));
        await expectSound(world, 'prover1', ['prover1', 'alice']);
    });
});

describe('the rent of what holds the keys', () => {
    const balanceOf = async (world: World, address: Address) =>
        world.blockchain.getContract(address).then(({ balance }) => balance);

    rentTest(
        'comes to the master with every new prover, up to five years, and with orders that end there',
        async () => {
            const world = await World.create({ masterValue: toNano('0.05') });
            const owner = world.sender('owner');
            const noRole = { role: 'guardian', holder: null } as const;
            const before = await balanceOf(world, world.master.address);
            const value = await world.master.getCost(StakingMaster.opcodes.InitProver);
            await world.initProver('prover1', world.unit(1000), 0, value);
            const year = (await balanceOf(world, world.master.address)) - before;
            expect(year).toBeGreaterThan(toNano('0.2'));
            for (const name of ['prover2', 'prover3', 'alice', 'bob', 'carol'] as const) {
                await world.initProver(name, world.unit(1000), 0);
            }
            const full = await balanceOf(world, world.master.address);
            expect(full).toBeLessThanOrEqual(5n * year);
            expect(full).toBeGreaterThan(5n * year - toNano('0.001'));
            // Not more, whatever comes.
            await world.master.sendSetRole(owner, { ...noRole, value: toNano('5') });
            expect(await balanceOf(world, world.master.address)).toBe(full);
            // When nothing is left of it, the next order pays, and leaves a year.
            world.advance(1900 * DAY);
            await world.master.sendSetRole(owner, { ...noRole, value: toNano('5') });
            const later = await balanceOf(world, world.master.address);
            expect([later > year - 5n, later < year + 5n]).toEqual([true, true]);
        },
    );

    rentTest('stays at ProverStaking for a year, out of what is left of an order', async () => {
        const world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        const { staking } = world.prover('prover1');
        const full = await balanceOf(world, staking.address);
        world.advance(9 * 365 * DAY);
        await world.master.sendPushParams(world.sender('stranger'), { staking: staking.address, value: toNano('1') });
        const later = await balanceOf(world, staking.address);
        expect(later).toBeGreaterThan(full / 6n);
        expect(later).toBeLessThan(full / 4n);
        expect(world.failures(await world.slash('prover1', 100_000))).toEqual([]);
    });
});

describe('tokens of somebody known', () => {
    it('wait for him however little they are: a deposit that has won and cannot be paid at once', async () => {
        const world = await World.create({ params: { minStake: 10n * 10n ** 9n } });
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        const { staking } = world.prover('prover1');
        await world.slash('prover1', 10_000);
        await world.appeal('alice', 'prover1', 1, world.unit(2));
        // Every place of the ring is taken by a payout of this minute.
        await editStaking(world.blockchain, staking.address, (fields) => {
            const ring = Dictionary.empty(Dictionary.Keys.Uint(8), {
                serialize: (now: number, builder) => builder.storeUint(now, 32).storeUint(0, 64 + 8 + 256 + 4),
                parse: (slice) => slice.loadUint(32),
            });
            for (let slot = 0; slot < RING_SIZE; slot++) ring.set(slot, world.now);
            fields.books.ring = beginCell().storeDictDirect(ring).endCell();
        });
        const verdict = { staking: staking.address, seq: 1, overturn: true };
        expect(world.failures(await world.master.sendVerdict(world.sender('resolver'), verdict))).toEqual([]);
        expect(await staking.getParked(world.address('alice'))).toBe(world.unit(2));
        expect((await staking.getSolvency()).surplus).toBe(0n);
        world.advance(3600);
        const before = await world.balance('alice');
        await staking.sendReleaseParked(world.sender('stranger'), { sender: world.address('alice') });
        expect(await world.balance('alice')).toBe(before + world.unit(2));
    });

    it('and a stake that his position refuses, worth a unit less than it was since the slash', async () => {
        const world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('prover1', 'prover1', world.unit(500));
        await world.slash('prover1', 300_000);
        await world.enrich('alice');
        const { staking } = world.prover('prover1');
        const net = new Net(world);
        await net.start({
            from: 'alice',
            to: world.walletOf(world.address('alice')).address,
            body: ShareWallet.transferBody({
                destination: staking.address,
                amount: world.unit(1),
                response: world.address('alice'),
                forwardTonAmount: await staking.getStakeCost(),
                forwardPayload: stakePayload(),
            }),
        });
        await net.deliverRefused(await net.until(StakePosition.opcodes.SharesAdded));
        await net.settle();
        expect(await staking.getParked(world.address('alice'))).toBe(world.unit(1) - 1n);
        expect((await staking.getSolvency()).surplus).toBe(0n);
    });
});

describe('what comes to nothing', () => {
    const small = { minSelfStake: 0n, minStake: 1n, minReward: 1n, minDeposit: 1n };

    it('a first staker of one unit and a donation: the next one gets what he pays for', async () => {
        const world = await World.create({ params: small });
        await world.open('prover1', 1n, 0);
        const { staking } = world.prover('prover1');
        // Tokens without a word: nothing in the books changes.
        await world.transfer('prover1', staking.address, world.unit(1000), null, 0n);
        await world.stake('prover1', 'prover1', world.unit(100));
        await world.stake('alice', 'prover1', world.unit(5));
        const position = await world.position('prover1', 'alice');
        expect((await position.getPosition()).active).toBe(world.unit(5));
        await world.request('alice', 'prover1', { all: true });
        world.advance(7 * DAY);
        const before = await world.balance('alice');
        await world.complete('alice', 'prover1');
        expect((await world.balance('alice')) - before).toBe(world.unit(5));
    });

    it('dust at the lowest scale: in and out, again and again, never brings a unit', async () => {
        const world = await World.create({ params: small });
        await world.open('prover1', world.unit(1000), 0);
        const { staking } = world.prover('prover1');
        await editStaking(world.blockchain, staking.address, (fields) => {
            fields.scale = 10n ** 17n + 1n;
            fields.total *= 10n;
            fields.own *= 10n;
        });
        await world.enrich('alice');
        const start = await world.balance('alice');
        const position = await world.position('prover1', 'alice');
        for (const amount of [1n, 2n, 9n, 10n, 11n, 101n]) {
            await world.stake('alice', 'prover1', amount);
            // By amount, one unit at a time as long as it is granted; then what is left.
            await world.request('alice', 'prover1', { amount: 1n });
            await world.request('alice', 'prover1', { all: true });
            world.advance(7 * DAY);
            await world.complete('alice', 'prover1');
            expect((await position.getPosition()).active).toBe(0n);
            expect(await world.balance('alice')).toBeLessThanOrEqual(start);
            const money = await staking.getSolvency();
            expect(money.solvency).toBeGreaterThanOrEqual(0n);
            expect(money.held).toBe(await world.balance(staking.address));
        }
    });

    it('keeping a position busy: the value of each attempt is a present for the staker', async () => {
        const world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        await world.slash('prover1', 100_000);
        const position = await world.position('prover1', 'alice');
        await position.sendSyncPosition(world.sender('alice'));
        const spent = await world.treasuryOf('stranger').getBalance();
        const before = await world.treasuryOf('alice').getBalance();
        const value = await position.getCost(StakePosition.opcodes.ClaimRestitution);
        // Not decided yet: ProverStaking refuses, and the position is free again.
        const result = await position.sendClaimRestitution(world.sender('stranger'), { seq: 1, value });
        expect(world.failures(result)).toEqual([StakingExit.ERROR_NO_SLASH]);
        expect((await position.getPosition()).busy).toBe(false);
        const cost = spent - (await world.treasuryOf('stranger').getBalance());
        const present = (await world.treasuryOf('alice').getBalance()) - before;
        expect(cost).toBeGreaterThanOrEqual(value);
        expect(present).toBeGreaterThan(value / 2n);
    });

    it('the notification of a wallet that is not the own one, and an address from who is not the minter', async () => {
        const world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        const { staking, rewards } = world.prover('prover1');
        const books = async () => [
            (await staking.getSolvency()).held,
            (await staking.getProver()).totalRaw,
            (await rewards.getRewardsData()).income,
            String((await staking.getProver()).wallet),
            String((await rewards.getRewardsData()).wallet),
        ];
        const before = await books();
        const take = beginCell()
            .storeUint(0xd1735400, 32)
            .storeUint(0, 64)
            .storeAddress(world.address('stranger'))
            .storeBit(false)
            .endCell();
        const from = world.walletOf(world.address('stranger')).address;
        for (const to of [staking.address, rewards.address]) {
            for (const body of [
                notification(world.address('prover1'), world.unit(1000), stakePayload()),
                notification(world.address('prover1'), world.unit(1000), rewardPayload()),
                take,
            ]) {
                for (const sender of [world.address('stranger'), OUTSIDER, from, world.master.address]) {
                    await world.blockchain.sendMessage(
                        internal({ from: sender, to, value: toNano('3'), body, bounce: true }),
                    );
                }
            }
        }
        expect(await books()).toEqual(before);
    });

    tight('stopping an exit: paused, out of service, slashed, and the reward side refusing everything', async () => {
        const world = await World.create();
        await world.open('prover1', world.unit(1000), 0);
        await world.stake('alice', 'prover1', world.unit(500));
        const { staking, rewards } = world.prover('prover1');
        await refuse(world.blockchain, rewards.address);
        await world.slash('prover1', 100_000);
        await world.appeal('alice', 'prover1', 1, world.unit(3));
        await world.master.sendSetActive(world.sender('owner'), { staking: staking.address, active: false });
        await world.request('alice', 'prover1', { all: true });
        world.advance(7 * DAY);
        await world.master.sendPause(world.sender('guardian'));
        await world.master.sendPushParams(world.sender('stranger'), { staking: staking.address });
        expect((await staking.getProver()).pausedUntil).toBeGreaterThan(BigInt(world.now));
        const before = await world.balance('alice');
        expect(world.failures(await world.complete('alice', 'prover1'))).toEqual([]);
        expect((await world.balance('alice')) - before).toBe(world.unit(450));
        // And what the slash took, when nobody has answered.
        world.advance(7 * DAY);
        await staking.sendFinaliseSlash(world.sender('stranger'), { seq: 1 });
        const position = await world.position('prover1', 'alice');
        expect(world.failures(await position.sendClaimRestitution(world.sender('stranger'), { seq: 1 }))).toEqual([]);
        expect((await world.balance('alice')) - before).toBe(world.unit(503));
    });
});
