/**
 * docs/schema.tlb against reality: messages and events of the staking family, and what its contracts store, taken apart by the
 * document alone, to the last bit.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Address, Cell, Slice, Transaction } from '@ton/core';

import { bodies, TlbRecord, TlbSchema } from '../support/tlb';
import { dataOf } from '../support/pool/transactions';
import { World } from '../support/staking/world';

const root = path.join(__dirname, '../..');
const DOCUMENT = new TlbSchema(fs.readFileSync(path.join(root, 'docs/schema.tlb'), 'utf8'));
const DAY = 86_400;

it('declares every message of the family, with its opcode', () => {
    const source = fs.readFileSync(path.join(root, 'contracts/staking/messages.tact'), 'utf8');
    const declared = [...source.matchAll(/^message\(0x([0-9a-f]+)\) (\w+)/gm)];
    expect(declared.length).toBeGreaterThan(80);
    for (const [, opcode, name] of declared) {
        expect([name, DOCUMENT.opcodes().get(parseInt(opcode, 16))?.name]).toEqual([name, name]);
    }
});

it('reads messages, events and storages of a prover at work', async () => {
    const world = await World.create();
    const seen = new Set<string>();
    const check = async (send: Promise<{ transactions: Transaction[] }>) => {
        for (const body of bodies((await send).transactions)) seen.add(DOCUMENT.readBody(body).name);
    };
    await check(world.initProver('prover1', world.unit(1000)));
    await check(world.initProver('prover2', world.unit(1000)));
    const { staking, rewards } = world.prover('prover1');
    for (const name of ['prover1', 'prover2'] as const) await check(world.stake(name, name, world.unit(1000)));
    await check(world.stake('alice', 'prover1', world.unit(500), { minRaw: 1n }));
    const position = await world.position('prover1', 'alice');
    const alice = world.sender('alice');
    await check(world.request('alice', 'prover1', { amount: world.unit(50) }));
    await check(world.request('alice', 'prover1', { all: true, target: world.prover('prover2').staking.address }));
    await check(position.sendCancelUnstake(alice, { id: 0 }));
    await check(world.slash('prover1', 100_000));
    await check(world.slash('prover1', 100_000));
    await check(world.appeal('alice', 'prover1', 1, world.unit(3)));
    await check(world.reward('payer', 'prover1', world.unit(10)));
    await check(world.claim('alice', 'prover1'));
    await check(rewards.sendClaimCommission(alice));
    await check(rewards.sendSetCommission(world.sender('prover1'), { commission: 0 }));
    await check(
        world.master.sendVerdict(world.sender('resolver'), { staking: staking.address, seq: 1, overturn: true }),
    );
    await check(position.sendSyncPosition(alice));
    await check(position.sendClaimRestitution(alice, { seq: 1 }));
    await check(staking.sendCastVote(alice, { proposal: world.address('bob'), choice: 1, lockUntil: world.now + DAY }));
    await check(staking.sendSetMinSelfStake(world.sender('prover1'), { minSelfStake: world.unit(1100) }));
    await check(world.transfer('bob', staking.address, world.unit(5), null, 50_000_000n));
    world.advance(7 * DAY);
    await check(position.sendCompleteUnstake(alice, { redelegation: true }));
    await check(staking.sendFinaliseSlash(alice, { seq: 2 }));
    await check(staking.sendPayTreasury(alice));
    await check(world.master.sendPause(world.sender('guardian')));
    await check(world.master.sendPushParams(alice, { staking: staking.address, rewards: rewards.address }));
    for (const name of [
        'InitProver',
        'StakedEvent',
        'UnstakeQueued',
        'CompleteAsk',
        'RestitutionPaid',
        'StakedVote',
        'PayRewards',
        'DeltaResult',
        'SlashEndedEvent',
        'ParamsOrder',
    ]) {
        expect([name, seen.has(name)]).toEqual([name, true]);
    }

    const data = (address: Address) => dataOf(world.blockchain, address);
    const stored = DOCUMENT.read('ProverStakingData', await data(staking.address));
    expect(stored.scale).toBe((await staking.getProver()).scale);
    const books = DOCUMENT.read('StakingBooks', stored.books as Cell);
    const funds = DOCUMENT.read('StakingFunds', books.funds as Cell);
    expect(funds.treasury).toBe((await staking.getSolvency()).treasury);
    DOCUMENT.read('Terms', stored.terms as Cell);
    expect(DOCUMENT.read('Links', stored.links as Cell).salt).toBe(0n);
    const held = DOCUMENT.read('StakePositionData', await data(position.address));
    expect(held.active).toBe((await position.getPosition()).active);
    const cold = DOCUMENT.read('PositionBooks', held.cold as Cell);
    expect(cold.claimed).toBe(2n);
    const master = DOCUMENT.read('StakingMaster', await data(world.master.address));
    DOCUMENT.read('MasterDesk', master.desk as Cell);
    DOCUMENT.read('StakingParams', master.params as Cell);
    const mirror = await world.rewardPosition('prover1', 'alice');
    expect(DOCUMENT.read('RewardPosition', await data(mirror.address)).raw).toBe(
        (await mirror.getRewardPosition()).raw,
    );
    const reward: TlbRecord = DOCUMENT.read('ProverRewards', await data(rewards.address));
    const rest = DOCUMENT.read('RewardBooks', (reward.rest as Slice).asCell());
    expect(rest.pot).toBe((await rewards.getRewardsData()).pot);
    DOCUMENT.read('RewardLinks', rest.links as Cell);
    DOCUMENT.read('RewardDesk', rest.desk as Cell);
});
