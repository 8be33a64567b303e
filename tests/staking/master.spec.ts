/** The master's desk: provers, parameters, roles, pause, upgrade, each at its limit and one beyond. */
import { Address } from '@ton/core';

import { ProverStaking, StakingExit, StakingMaster, StakingParameters } from '../../wrappers/staking';
import { nextVersion, GENERATION } from '../support/next-version';
import { stateHash } from '../support/pool/transactions';
import { StakingPerson, World } from '../support/staking/world';

const DAY = 86_400;
const HOUR = 3600;

describe('StakingMaster', () => {
    let world: World;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await World.create();
        await world.open('prover1', world.unit(1000));
        await world.stake('alice', 'prover1', world.unit(500));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const at = () => world.master;
    const staking = () => world.prover('prover1').staking;
    const codes = (result: Parameters<World['failures']>[0]) => world.failures(result);
    const owner = () => world.sender('owner');
    const push = () =>
        at().sendPushParams(world.sender('stranger'), {
            staking: staking().address,
            rewards: world.prover('prover1').rewards.address,
        });

    describe('provers', () => {
        it('need the least self-stake of all and at most 100 % commission', async () => {
            const init = (minSelfStake: bigint, commission: number, salt = 0) =>
                at().sendInitProver(world.sender('prover2'), { minSelfStake, commission, salt });
            expect(codes(await init(world.unit(1000) - 1n, 0))).toEqual([StakingExit.ERROR_GLOBAL_MIN]);
            expect(codes(await init(world.unit(1000), 10_001))).toEqual([StakingExit.ERROR_COMMISSION]);
            expect(codes(await init(world.unit(1000), 10_000))).toEqual([]);
        });

        it('may be several of one person, told apart by a salt; a second set-up changes nothing', async () => {
            const person = world.address('prover1');
            const first = await at().getProverAddresses(person, 0);
            const second = await at().getProverAddresses(person, 1);
            expect(first.staking.equals(second.staking)).toBe(false);
            expect(first.staking.equals(staking().address)).toBe(true);
            await at().sendInitProver(world.sender('prover1'), {
                minSelfStake: world.unit(5000),
                commission: 5,
                salt: 1,
            });
            const other = world.blockchain.openContract(ProverStaking.createFromAddress(second.staking));
            expect((await other.getProver()).minSelfStake).toBe(world.unit(5000));
            expect((await other.getProver()).state).toBe('null');
            const before = await stateHash(world.blockchain, staking().address);
            expect(
                codes(
                    await at().sendInitProver(world.sender('prover1'), {
                        minSelfStake: world.unit(9000),
                        commission: 5,
                    }),
                ),
            ).toEqual([]);
            expect(await stateHash(world.blockchain, staking().address)).toBe(before);
        });

        it('open with a first self-stake of at least their minimum, by jetton transfer; nobody joins before', async () => {
            await world.initProver('prover2', world.unit(2000));
            const there = world.prover('prover2').staking;
            for (const [who, amount] of [
                ['prover2', world.unit(2000) - 1n],
                ['alice', world.unit(5000)],
            ] as const) {
                const before = await world.balance(who);
                await world.enrich(who);
                const rich = await world.balance(who);
                await world.stake(who, 'prover2', amount);
                expect(await world.balance(who)).toBe(rich);
                expect(rich).toBeGreaterThanOrEqual(before);
            }
            expect((await there.getProver()).state).toBe('null');
            await world.stake('prover2', 'prover2', world.unit(2000));
            expect((await there.getProver()).state).toBe('active');
        });

        it('raise their minimum at once, lower it after 7 days, and a raise cancels a decrease', async () => {
            const prover = world.sender('prover1');
            const set = (minSelfStake: bigint) => staking().sendSetMinSelfStake(prover, { minSelfStake });
            const apply = () => staking().sendApplyMinSelfStake(world.sender('stranger'));
            expect(codes(await set(world.unit(1000) - 1n))).toEqual([StakingExit.ERROR_GLOBAL_MIN]);
            await set(world.unit(3000));
            expect((await staking().getProver()).minSelfStake).toBe(world.unit(3000));
            expect(codes(await apply())).toEqual([StakingExit.ERROR_NO_CHANGE]);
            await set(world.unit(1000));
            await set(world.unit(3001));
            expect(codes(await apply())).toEqual([StakingExit.ERROR_NO_CHANGE]);
            await set(world.unit(1000));
            world.advance(7 * DAY - 1);
            expect(codes(await apply())).toEqual([StakingExit.ERROR_TOO_EARLY]);
            world.advance(1);
            expect(codes(await apply())).toEqual([]);
            expect((await staking().getProver()).minSelfStake).toBe(world.unit(1000));
        });

        it('a decrease below what the master asks by then does not apply', async () => {
            const prover = world.sender('prover1');
            await staking().sendSetMinSelfStake(prover, { minSelfStake: world.unit(3000) });
            await staking().sendSetMinSelfStake(prover, { minSelfStake: world.unit(1000) });
            await announce({ minSelfStake: world.unit(2000) });
            world.advance(7 * DAY);
            await at().sendApplyParams(world.sender('stranger'));
            await push();
            expect(codes(await staking().sendApplyMinSelfStake(world.sender('stranger')))).toEqual([
                StakingExit.ERROR_GLOBAL_MIN,
            ]);
        });
    });

    const announce = (change: Partial<StakingParameters>) =>
        at().sendAnnounceParams(owner(), { params: { ...world.params, ...change } });

    describe('parameters', () => {
        it.each([
            ['unstakeDelay', BigInt(7 * DAY), BigInt(7 * DAY - 1)],
            ['unstakeDelay', BigInt(30 * DAY), BigInt(30 * DAY + 1)],
            ['maxSlash', 10_000n, 9_999n],
            ['maxSlash', 500_000n, 500_001n],
            ['delegationCap', 1n, 0n],
            ['minStake', 1n, 0n],
            ['minReward', 1n, 0n],
            ['minDeposit', 1n, 0n],
        ] as const)('%s: %s, not %s', async (name, good, bad) => {
            expect(codes(await announce({ [name]: bad }))).toEqual([StakingExit.ERROR_BAD_PARAMETER]);
            expect(codes(await announce({ [name]: good }))).toEqual([]);
        });

        it('treasury and insurance cannot be nobody', async () => {
            const nobody = Address.parseRaw(`0:${'00'.repeat(32)}`);
            expect(codes(await announce({ treasury: nobody }))).toEqual([StakingExit.ERROR_BAD_PARAMETER]);
            expect(codes(await announce({ insurance: nobody }))).toEqual([StakingExit.ERROR_BAD_PARAMETER]);
        });

        it('apply after the unstake delay in force, sent by anyone; one at a time, and it can be cancelled', async () => {
            const apply = () => at().sendApplyParams(world.sender('stranger'));
            expect(codes(await apply())).toEqual([StakingExit.ERROR_NO_CHANGE]);
            expect(codes(await at().sendCancelParams(owner()))).toEqual([StakingExit.ERROR_NO_CHANGE]);
            await announce({ minStake: world.unit(7) });
            expect(codes(await announce({ minStake: 5n }))).toEqual([StakingExit.ERROR_CHANGE_PENDING]);
            expect((await at().getNextParams())?.minStake).toBe(world.unit(7));
            await at().sendCancelParams(owner());
            expect(await at().getNextParams()).toBeNull();
            await announce({ minStake: world.unit(7), unstakeDelay: BigInt(30 * DAY) });
            world.advance(7 * DAY - 1);
            expect(codes(await apply())).toEqual([StakingExit.ERROR_TOO_EARLY]);
            world.advance(1);
            expect(codes(await apply())).toEqual([]);
            // Not before somebody pushes them, and then for new requests only.
            expect((await staking().getParams()).minStake).toBe(world.unit(1));
            await world.request('alice', 'prover1', { amount: world.unit(5) });
            expect(codes(await push())).toEqual([]);
            expect((await staking().getParams()).minStake).toBe(world.unit(7));
            await world.request('alice', 'prover1', { amount: world.unit(5) });
            const [old, fresh] = await (await world.position('prover1', 'alice')).getRequests();
            expect(fresh.readyAt - old.readyAt).toBe(23 * DAY);
            // The next notice is as long as the new delay.
            await announce({ unstakeDelay: BigInt(7 * DAY) });
            world.advance(30 * DAY - 1);
            expect(codes(await apply())).toEqual([StakingExit.ERROR_TOO_EARLY]);
        });

        it('come along with a slash', async () => {
            await announce({ maxSlash: 100_000n });
            world.advance(7 * DAY);
            await at().sendApplyParams(world.sender('stranger'));
            expect(codes(await world.slash('prover1', 100_001))).toEqual([StakingExit.ERROR_SLASH_BOUNDS]);
            expect(codes(await world.slash('prover1', 100_000))).toEqual([]);
            expect((await staking().getParams()).maxSlash).toBe(100_000n);
            expect(codes(await world.slash('prover1', 9_999))).toEqual([StakingExit.ERROR_SLASH_BOUNDS]);
        });
    });

    describe('roles', () => {
        it('change after 48 h, end at once, stay apart', async () => {
            const set = (role: 'slasher' | 'resolver' | 'guardian', holder: StakingPerson | null) =>
                at().sendSetRole(owner(), { role, holder: holder && world.address(holder) });
            const apply = () => at().sendApplyRole(world.sender('stranger'));
            expect(codes(await apply())).toEqual([StakingExit.ERROR_NO_CHANGE]);
            expect(codes(await at().sendCancelRole(owner()))).toEqual([StakingExit.ERROR_NO_CHANGE]);
            await set('slasher', 'dave');
            expect(codes(await set('guardian', 'carol'))).toEqual([StakingExit.ERROR_CHANGE_PENDING]);
            world.advance(48 * HOUR - 1);
            expect(codes(await apply())).toEqual([StakingExit.ERROR_TOO_EARLY]);
            world.advance(1);
            expect(codes(await apply())).toEqual([]);
            expect(codes(await world.slash('prover1', 20_000))).toEqual([StakingExit.ERROR_NOT_ROLE]);
            expect(codes(await world.slash('prover1', 20_000, 'dave'))).toEqual([]);
            await set('slasher', null);
            expect(codes(await world.slash('prover1', 20_000, 'dave'))).toEqual([StakingExit.ERROR_NOT_ROLE]);
            // Whoever slashes does not judge, and neither owns the master.
            for (const [role, holder] of [
                ['resolver', 'owner'],
                ['slasher', 'owner'],
                ['slasher', 'resolver'],
            ] as const) {
                await set(role, holder);
                world.advance(48 * HOUR);
                expect(codes(await apply())).toEqual([StakingExit.ERROR_ROLES_NOT_APART]);
                await at().sendCancelRole(owner());
            }
        });

        it('the owner changes in two steps', async () => {
            const nominate = (who: StakingPerson | null) =>
                at().sendNominateOwner(owner(), { owner: who && world.address(who) });
            const accept = (who: StakingPerson) => at().sendAcceptOwner(world.sender(who));
            await nominate('dave');
            await nominate(null);
            expect(codes(await accept('dave'))).toEqual([StakingExit.ERROR_NOT_PENDING_OWNER]);
            await nominate('slasher');
            expect(codes(await accept('slasher'))).toEqual([StakingExit.ERROR_ROLES_NOT_APART]);
            await nominate('dave');
            expect(codes(await accept('carol'))).toEqual([StakingExit.ERROR_NOT_PENDING_OWNER]);
            expect(codes(await accept('dave'))).toEqual([]);
            expect(codes(await at().sendCancelParams(owner()))).toEqual([StakingExit.ERROR_NOT_OWNER]);
        });
    });

    describe('a pause', () => {
        it('ends by itself after 72 h; the next one is possible 72 h later', async () => {
            const guardian = world.sender('guardian');
            const pause = () => at().sendPause(guardian);
            expect(codes(await at().sendUnpause(guardian))).toEqual([StakingExit.ERROR_NOT_PAUSED]);
            expect(codes(await pause())).toEqual([]);
            expect(codes(await world.slash('prover1', 20_000))).toEqual([StakingExit.ERROR_PAUSED]);
            expect(
                codes(
                    await at().sendInitProver(world.sender('prover2'), {
                        minSelfStake: world.unit(1000),
                        commission: 0,
                    }),
                ),
            ).toEqual([StakingExit.ERROR_PAUSED]);
            expect(codes(await announce({}))).toEqual([StakingExit.ERROR_PAUSED]);
            world.advance(72 * HOUR - 1);
            expect(codes(await world.slash('prover1', 20_000))).toEqual([StakingExit.ERROR_PAUSED]);
            world.advance(1);
            expect(codes(await world.slash('prover1', 20_000))).toEqual([]);
            world.advance(72 * HOUR - 1);
            expect(codes(await pause())).toEqual([StakingExit.ERROR_PAUSE_COOLDOWN]);
            world.advance(1);
            expect(codes(await pause())).toEqual([]);
            expect(codes(await at().sendUnpause(owner()))).toEqual([]);
        });

        it('stops entries where it is pushed to, and no exit', async () => {
            await world.request('alice', 'prover1', { amount: world.unit(100) });
            await world.request('alice', 'prover1', { amount: world.unit(50) });
            await world.reward('payer', 'prover1', world.unit(150));
            world.advance(7 * DAY);
            await at().sendPause(world.sender('guardian'));
            expect(codes(await push())).toEqual([]);
            const position = await world.position('prover1', 'alice');
            const [{ id }] = await position.getRequests();
            expect(codes(await position.sendCancelUnstake(world.sender('alice'), { id }))).toEqual([
                StakingExit.ERROR_PAUSED,
            ]);
            const rich = await world.balance('alice');
            await world.stake('alice', 'prover1', world.unit(5));
            expect(await world.balance('alice')).toBe(rich);
            expect(codes(await world.request('alice', 'prover1', { all: true }))).toEqual([]);
            expect(codes(await world.complete('alice', 'prover1'))).toEqual([]);
            expect(await world.balance('alice')).toBe(rich + world.unit(150));
            expect(codes(await world.claim('alice', 'prover1'))).toEqual([]);
            expect(await world.balance('alice', 'reward')).toBeGreaterThan(0n);
            await at().sendUnpause(owner());
            await push();
            await world.stake('alice', 'prover1', world.unit(5));
            expect((await position.getPosition()).active).toBe(world.unit(5));
        });
    });

    describe('the upgrade', () => {
        it('waits 32 days, takes the announced code only, and finds every prover', async () => {
            const { next } = await nextVersion('staking', { next: ['StakingMaster', 'staking-master'] });
            const codeHash = BigInt(`0x${next.hash().toString('hex')}`);
            const apply = (code = next) => at().sendApplyUpgrade(world.sender('stranger'), { code });
            expect(codes(await apply())).toEqual([StakingExit.ERROR_NO_CHANGE]);
            await at().sendAnnounceUpgrade(owner(), { codeHash });
            expect(codes(await at().sendAnnounceUpgrade(owner(), { codeHash }))).toEqual([
                StakingExit.ERROR_CHANGE_PENDING,
            ]);
            await at().sendCancelUpgrade(owner());
            expect(codes(await at().sendCancelUpgrade(owner()))).toEqual([StakingExit.ERROR_NO_CHANGE]);
            await at().sendAnnounceUpgrade(owner(), { codeHash });
            world.advance(32 * DAY - 1);
            expect(codes(await apply())).toEqual([StakingExit.ERROR_TOO_EARLY]);
            world.advance(1);
            expect(codes(await apply(StakingMaster.pauseBody()))).toEqual([StakingExit.ERROR_WRONG_CODE]);
            const before = await at().getProverAddresses(world.address('prover2'), 3);
            expect(codes(await apply())).toEqual([]);
            const { stackReader } = await world.blockchain.runGetMethod(at().address, 'get_generation');
            expect(stackReader.readBigNumber()).toBe(GENERATION);
            const after = await at().getProverAddresses(world.address('prover2'), 3);
            expect(after.staking.equals(before.staking) && after.rewards.equals(before.rewards)).toBe(true);
            expect(codes(await world.slash('prover1', 20_000))).toEqual([]);
            expect(codes(await push())).toEqual([]);
            await at().sendInitProver(world.sender('prover2'), {
                minSelfStake: world.unit(1000),
                commission: 0,
                salt: 3,
            });
            expect(await world.exists(before.staking)).toBe(true);
        }, 180_000);
    });

    it('says what its operations cost', async () => {
        for (const op of [0, StakingMaster.opcodes.TopUp, StakingMaster.opcodes.Excesses]) {
            expect(await at().getCost(op)).toBe(0n);
        }
        expect(await at().getCost(StakingMaster.pauseBody())).toBeGreaterThan(0n);
        expect(await staking().getCost(0)).toBe(0n);
        const position = await world.position('prover1', 'alice');
        expect(await position.getCost(0x1234)).toBe(0n);
        const info = await at().getMaster();
        expect(info.version).toBe(0n);
    });
});
