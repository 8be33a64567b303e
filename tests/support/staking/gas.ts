/** Every path of StakingMaster, ProverStaking and StakePosition at its dearest; gives the most gas of each handler. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import {
    appealPayload,
    ProverRewards,
    ProverStaking,
    stakePayload,
    StakePosition,
    stakingCodes,
    StakingMaster,
} from '../../../wrappers/staking';
import { ShareWallet } from '../../../wrappers/token';
import { REFUSAL, refuse } from '../pool/transactions';
import { Net, Start } from './net';
import { editStaking, fillPosition, fillStaking, MAX_PARKED, MAX_SLASHES, oldBallots } from './state';
import { gasOf } from '../pool/transactions';
import { World } from './world';

const DAY = 86_400;

/** `contract.operation` -> most gas. */
export type GasMaxima = Map<string, bigint>;

const OPS = new Map<number, string>(
    [StakingMaster, ProverStaking, StakePosition, ProverRewards].flatMap(({ opcodes }) =>
        Object.entries(opcodes).map(([name, op]) => [op, name] as const),
    ),
);

type Row = { contract: string; op: string; gas: bigint; exit: number };

async function rows(world: World, result: SendMessageResult): Promise<Row[]> {
    const { staking, position, rewards, rewardPosition } = await stakingCodes();
    const codes = new Map(
        Object.entries({
            ProverStaking: staking,
            StakePosition: position,
            ProverRewards: rewards,
            RewardPosition: rewardPosition,
        }).map(([name, code]) => [code.hash().toString('hex'), name]),
    );
    const all: Row[] = [];
    for (const tx of result.transactions) {
        const { description, inMessage } = tx;
        if (description.type !== 'generic' || description.computePhase.type !== 'vm' || inMessage == null) continue;
        const address = new Address(0, Buffer.from(tx.address.toString(16).padStart(64, '0'), 'hex'));
        const { accountState } = await world.blockchain.getContract(address);
        const code = accountState?.type === 'active' ? accountState.state.code?.hash().toString('hex') : undefined;
        const contract = address.equals(world.master.address) ? 'StakingMaster' : codes.get(code ?? '');
        if (contract === undefined) continue;
        const slice = inMessage.body.beginParse();
        const bounced = inMessage.info.type === 'internal' && inMessage.info.bounced;
        if (bounced) slice.skip(32);
        const op = slice.remainingBits >= 32 ? slice.loadUint(32) : 0;
        all.push({
            contract,
            op: (bounced ? 'bounced ' : '') + (OPS.get(op) ?? `0x${op.toString(16)}`),
            gas: BigInt(Number(gasOf(tx))),
            exit: description.computePhase.exitCode,
        });
    }
    return all;
}

/** The wallet of a prover holds what `fillStaking` has booked. */
async function cover(world: World, staking: Address): Promise<void> {
    const { held } = await world.prover('prover1').staking.getSolvency();
    const amount = held - (await world.balance(staking));
    await world.stakingToken.sendMint(world.sender('owner'), { receiver: staking, amount });
}

export async function stakingTour(): Promise<GasMaxima> {
    const maxima: GasMaxima = new Map();
    const world = await World.create({ params: { minStake: 1n } });
    let failures: string[] = [];
    const see = async (
        done: SendMessageResult | Promise<SendMessageResult>,
        label = '',
    ): Promise<SendMessageResult> => {
        const result = await done;
        for (const row of await rows(world, result)) {
            const key = `${row.contract}.${row.op}${row.op === 'JettonNotification' ? label : ''}`;
            if (row.gas > (maxima.get(key) ?? 0n)) maxima.set(key, row.gas);
            if (row.exit !== 0) failures.push(`${key}: ${row.exit}`);
        }
        return result;
    };
    const big = world.unit(100_000) + 123_456_789n;
    const least = world.unit(2000);
    await see(world.initProver('prover1', least));
    await see(world.initProver('prover2', least));
    for (const name of ['prover1', 'prover2'] as const) {
        await see(world.stake(name, name, big), '.stake');
        await see(world.stake('alice', name, big, { beneficiary: world.address('alice'), minRaw: 1n }), '.stake');
    }
    const { staking, rewards } = world.prover('prover1');
    const position = await world.position('prover1', 'alice');
    const alice = world.sender('alice');
    const value = toNano('5');

    // One after the other as on a prover's first day, then with everything full.
    const flow = async (before: () => Promise<void>): Promise<void> => {
        const { count } = await position.getPosition();
        for (let i = Number(count); i < 10; i++) {
            await before();
            await see(world.request('alice', 'prover1', { amount: world.unit(20) }));
        }
        await before();
        await see(world.stake('alice', 'prover1', big, { beneficiary: world.address('alice'), minRaw: 1n }), '.stake');
        const [first] = await position.getRequests();
        await before();
        await see(position.sendCancelUnstake(alice, { id: first.id, value }));
        await before();
        await see(
            world.request('alice', 'prover1', {
                amount: world.unit(20),
                target: world.prover('prover2').staking.address,
            }),
        );
        await before();
        await see(position.sendSyncPosition(alice, { value }));
        await see(
            staking.sendCastVote(alice, {
                proposal: world.address('stranger'),
                choice: 1,
                lockUntil: world.now + DAY,
                value,
            }),
        );
        world.advance(8 * DAY);
        await before();
        await see(position.sendCompleteUnstake(alice, { value }));
        await before();
        await see(position.sendCompleteUnstake(alice, { value, redelegation: true }));
    };
    await flow(async () => {});

    // As many slashes as there can be, recorded one by one, and one that is not seen; a ring that has just turned; 127
    // senders with parked tokens.
    const filled = MAX_SLASHES - 9;
    const seen = filled - 1;
    await fillStaking(world.blockchain, staking.address, {
        slashes: filled,
        ring: world.now - 3601,
        parked: MAX_PARKED - 2,
        now: world.now,
        appellant: 1n << 255n,
    });
    await cover(world, staking.address);
    const raw = (await position.getPosition()).active;
    // A vote that has to make room first.
    await fillPosition(world.blockchain, position.address, { seen, raw, books: oldBallots() });
    await see(
        staking.sendCastVote(alice, {
            proposal: world.address('stranger'),
            choice: 1,
            lockUntil: world.now + 1,
            value,
        }),
    );
    world.advance(1);
    const unseen = () =>
        fillPosition(world.blockchain, position.address, {
            seen,
            raw,
            books: { owed: 0n, credit: 0n, claimed: 1n, lockedUntil: 1n },
        });
    await flow(unseen);
    await flow(unseen);
    // A slash that brings new parameters and ends the service.
    const restore = world.checkpoint();
    await world.master.sendAnnounceParams(world.sender('owner'), { params: world.params, value });
    world.advance(8 * DAY);
    await world.master.sendApplyParams(alice, { value });
    await editStaking(world.blockchain, staking.address, (fields) => {
        fields.scale = 3n * 10n ** 17n;
    });
    await see(world.slash('prover1', 500_000));
    await restore();

    // A change that is owed goes along with the next one.
    const back = await refuse(world.blockchain, rewards.address);
    await see(world.stake('alice', 'prover1', big), '.stake');
    await back();
    await see(position.sendPushShares(alice, { value }));
    failures = failures.filter((failure) => !failure.startsWith('ProverRewards'));

    // Appeals, verdicts, restitution.
    await unseen();
    const slashes = filled + 1;
    await see(world.slash('prover1', 10_000));
    await see(world.appeal('bob', 'prover1', slashes, world.unit(3000)), '.other');
    await see(world.appeal('alice', 'prover1', slashes, world.unit(3000)), '.other');
    await see(
        world.master.sendVerdict(world.sender('resolver'), { staking: staking.address, seq: slashes, overturn: true }),
    );
    await unseen();
    await see(position.sendSyncPosition(alice, { value }));
    await see(position.sendClaimRestitution(alice, { seq: slashes, value }));
    world.advance(8 * DAY);
    await see(staking.sendFinaliseSlash(alice, { seq: slashes - 5, value }));
    await see(world.slash('prover1', 20_000));
    world.advance(8 * DAY);
    await see(staking.sendFinaliseSlash(alice, { seq: slashes + 1, value }));
    await see(staking.sendPayTreasury(alice, { value }));
    const { insurance } = await staking.getSolvency();
    await see(
        world.master.sendDrawInsurance(world.sender('owner'), { staking: staking.address, amount: insurance, value }),
    );

    // A payout that comes back: credit, and its claim.
    await world.request('alice', 'prover1', { amount: world.unit(20) });
    world.advance(8 * DAY);
    await unseen();
    const reopen = await refuse(world.blockchain, world.walletOf(staking.address).address);
    await see(position.sendCompleteUnstake(alice, { value }));
    await reopen();
    await fillPosition(world.blockchain, position.address, {
        seen,
        raw,
        books: { credit: (await position.getPosition()).credit, claimed: 1n, lockedUntil: 1n },
    });
    await see(position.sendClaimCredit(alice, { value }));

    // Answers that come back.
    const refused = async (op: number, start: Start): Promise<void> => {
        const restore = world.checkpoint();
        const net = new Net(world);
        await net.start(start);
        await net.deliverRefused(await net.until(op));
        await net.settle();
        await see({ transactions: net.transactions } as SendMessageResult);
        await restore();
    };
    const { opcodes } = StakePosition;
    const at = (body: Cell): Start => ({ from: 'alice', to: position.address, body, value });
    const tokens = async (payload: Cell, forward: bigint): Promise<Start> => ({
        from: 'alice',
        to: world.walletOf(world.address('alice')).address,
        body: ShareWallet.transferBody({
            destination: staking.address,
            amount: world.unit(4000),
            response: world.address('alice'),
            forwardTonAmount: forward,
            forwardPayload: payload,
        }),
        value,
    });
    await refused(opcodes.SharesAdded, await tokens(stakePayload(), await staking.getStakeCost()));
    await see(world.slash('prover1', 10_000));
    await refused(opcodes.AppealQuestion, await tokens(appealPayload(slashes + 2), await staking.getAppealCost()));
    await refused(opcodes.UnstakeQueued, at(StakePosition.requestUnstakeBody({ amount: world.unit(20) })));
    await see(world.request('alice', 'prover1', { amount: world.unit(20) }));
    const [last] = await position.getRequests();
    await refused(opcodes.UnstakeCancelled, at(StakePosition.cancelUnstakeBody({ id: last.id })));
    world.advance(8 * DAY);
    await refused(opcodes.UnstakePaid, at(StakePosition.completeUnstakeBody()));

    // Refused and parked tokens, surplus.
    const odd = beginCell().storeUint(7, 32).endCell();
    await see(world.transfer('bob', staking.address, big, odd, toNano('1')), '.other');
    await see(world.transfer('bob', staking.address, big, odd, toNano('0.02')), '.other');
    await see(staking.sendReleaseParked(alice, { sender: world.address('bob'), value }));
    await see(world.transfer('bob', staking.address, world.unit(7), null, 0n));
    await see(staking.sendProveSurplus(alice, { amount: world.unit(7), value }), '.other');
    await see(
        world.master.sendReturnSurplus(world.sender('owner'), {
            holder: staking.address,
            payee: world.address('bob'),
            amount: world.unit(7),
            value,
        }),
    );
    world.advance(2 * DAY);
    await see(staking.sendReleaseSurplus(alice, { value }));

    // The life of a prover.
    const prover = world.sender('prover1');
    await see(staking.sendSetMinSelfStake(prover, { minSelfStake: least - 1n, value }));
    world.advance(8 * DAY);
    await see(staking.sendApplyMinSelfStake(alice, { value }));
    const active = (on: boolean) =>
        world.master.sendSetActive(world.sender('owner'), { staking: staking.address, active: on, value });
    await see(active(false));
    await see(world.stake('prover1', 'prover1', big), '.stake');
    await see(active(true));
    await see(world.master.sendAnnounceParams(world.sender('owner'), { params: world.params, value }));
    world.advance(8 * DAY);
    await see(world.master.sendApplyParams(alice, { value }));
    await see(world.master.sendPushParams(alice, { staking: staking.address, rewards: rewards.address, value }));
    await see(world.request('prover1', 'prover1', { all: true }));
    await see(world.request('alice', 'prover1', { all: true }));
    await see(staking.sendRetire(alice, { value }));
    await see(world.stake('prover1', 'prover1', big * 2n), '.stake');
    await see(staking.sendUnretire(prover, { value }));

    // The master's desk.
    const owner = world.sender('owner');
    const { master } = world;
    await see(master.sendPause(world.sender('guardian'), { value }));
    await see(master.sendUnpause(owner, { value }));
    await see(master.sendAnnounceParams(owner, { params: world.params, value }));
    await see(master.sendCancelParams(owner, { value }));
    await see(master.sendSetRole(owner, { role: 'resolver', holder: world.address('dave'), value }));
    await see(master.sendCancelRole(owner, { value }));
    await see(master.sendSetRole(owner, { role: 'resolver', holder: world.address('dave'), value }));
    world.advance(3 * DAY);
    await see(master.sendApplyRole(alice, { value }));
    await see(master.sendSetRole(owner, { role: 'guardian', holder: null, value }));
    await see(master.sendNominateOwner(owner, { owner: world.address('carol'), value }));
    await see(master.sendAcceptOwner(world.sender('carol'), { value }));
    const { accountState } = await world.blockchain.getContract(master.address);
    const code = accountState?.type === 'active' ? accountState.state.code! : beginCell().endCell();
    const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
    await see(master.sendAnnounceUpgrade(world.sender('carol'), { codeHash, value }));
    await see(master.sendCancelUpgrade(world.sender('carol'), { value }));
    await see(master.sendAnnounceUpgrade(world.sender('carol'), { codeHash, value }));
    world.advance(33 * DAY);
    await see(master.sendApplyUpgrade(alice, { code, value }));
    // An order that the prover's contract refuses.
    await see(world.slash('prover1', 1));
    failures = failures.filter(
        (failure) => !failure.startsWith('ProverStaking.SlashOrder') && !failure.endsWith(`: ${REFUSAL}`),
    );
    if (failures.length > 0) throw new Error(`the tour failed at ${failures.join(', ')}`);
    return maxima;
}
