/** Attacks on the staking family, each of which must come to nothing. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import { stakePayload, StakingExit, StakingMaster } from '../../wrappers/staking';
import { refuse } from '../support/pool/transactions';
import { expectSound } from '../support/staking/check';
import { World } from '../support/staking/world';

/** Somebody outside the basechain: his account id counts as 0 here, which is also what stands for nobody. */
const OUTSIDER = Address.parseRaw(`-1:${'11'.repeat(32)}`);

const notification = (from: Address, amount: bigint, payload: Cell) =>
    beginCell()
        .storeUint(0x7362d09c, 32)
        .storeUint(1, 64)
        .storeCoins(amount)
        .storeAddress(from)
        .storeBit(true)
        .storeRef(payload)
        .endCell();

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
