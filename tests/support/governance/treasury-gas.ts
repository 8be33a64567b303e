/** Every path of the Treasury with full books; gives the most gas of each handler. */
import { Address, beginCell, Cell, toNano, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { Treasury } from '../../../wrappers/governance/execution';
import { exitCode, gasOf, refuse, txsAt } from '../pool/transactions';
import { DAY, TreasuryWorld } from './treasury-world';

const OPS = new Map(Object.entries(Treasury.opcodes).map(([name, op]) => [op, name]));

function label(tx: Transaction): string {
    const { info, body } = tx.inMessage!;
    if (info.type === 'internal' && info.bounced) return 'bounced';
    const slice = body.beginParse();
    return OPS.get(slice.remainingBits >= 32 ? slice.loadUint(32) : 0) ?? 'other';
}

const LONG = process.env.LONG === '1';

/** 15 signers with open requests, 16 categories, 8 jettons; all 64 grants and 128 slots of the ring only in a long run. */
export async function fillTreasury(world: TreasuryWorld, payouts = LONG ? 128 : 32): Promise<void> {
    const value = toNano('20');
    const owner = world.sender('owner');
    const people = Array.from({ length: 12 }, (_, i) => new Address(0, Buffer.alloc(32, i * 17 + 1)));
    const signers = [world.address('signer1'), world.address('signer2'), world.address('signer3'), ...people];
    await world.treasury.sendSetSigners(owner, { signers, threshold: 2, value });
    for (let category = 0; category < 16; category++) {
        const asset = category % 2;
        await world.treasury.sendSetBudget(owner, { category, asset, limit: toNano('1000'), period: 7 * DAY, value });
    }
    for (let asset = 2; asset <= 8; asset++) {
        await world.treasury.sendAddJetton(owner, { asset, minter: world.address('stranger'), value });
        // The stranger plays the minter.
        await world.people.stranger.send({
            to: world.treasury.address,
            value: toNano('1'),
            body: takeWallet(asset, new Address(0, Buffer.alloc(32, asset))),
        });
    }
    const grantee = world.address('grantee');
    const start = world.now;
    for (let i = 0; i < (LONG ? 63 : 32); i++) {
        const grant = { asset: i % 2, amount: 1_000_000_000n + BigInt(i), grantee, value };
        if (i % 3 === 0) await world.treasury.sendCreateMilestones(owner, { ...grant, amounts: Array(8).fill(12345) });
        else await world.treasury.sendCreateStream(owner, { ...grant, start, end: start + 100 * DAY });
    }
    for (let i = 0; i < payouts; i++) {
        await world.treasury.sendOwnerSpend(owner, { asset: 1, amount: 1n, to: grantee, value });
    }
    for (const who of ['signer1', 'signer2', 'signer3'] as const) {
        const request = { category: 0, amount: 1n, to: world.address('payee'), value };
        await world.treasury.sendRequestSpend(world.sender(who), request);
    }
}

export function takeWallet(asset: number, wallet: Address): Cell {
    return beginCell().storeUint(0xd1735400, 32).storeUint(asset, 64).storeAddress(wallet).storeBit(0).endCell();
}

export type TreasuryGas = Map<string, bigint>;

export async function treasuryTour(): Promise<TreasuryGas> {
    const maxima: TreasuryGas = new Map();
    const world = await TreasuryWorld.create();
    const failures: string[] = [];
    await fillTreasury(world);
    world.advance(DAY);
    const see = (result: Pick<SendMessageResult, 'transactions'>) => {
        for (const tx of txsAt(result, world.treasury.address)) {
            const gas = gasOf(tx);
            if (exitCode(tx) !== 0) failures.push(`${label(tx)}: ${exitCode(tx)}`);
            if (gas > (maxima.get(label(tx)) ?? 0n)) maxima.set(label(tx), gas);
        }
    };
    const { treasury } = world;
    const value = toNano('20');
    const owner = world.sender('owner');
    const anyone = world.sender('stranger');
    const to = world.address('payee');
    const grantee = world.address('grantee');
    see(await world.deposit(toNano('1')));
    see(await world.spend(0, toNano('3')));
    see(await world.spend(1, toNano('3')));
    see(await treasury.sendOwnerSpend(owner, { asset: 1, amount: 5n, to, value }));
    see(await treasury.sendOwnerSpend(owner, { asset: 0, amount: 5n, to, value }));
    see(await treasury.sendReleaseMilestone(owner, { grant: 3, index: 7, value }));
    for (const grant of [1, 2, 3]) see(await treasury.sendClaimGrant(anyone, { grant, value }));
    const restoreWallet = await refuse(world.blockchain, world.walletOf(treasury.address).address);
    world.advance(DAY);
    see(await treasury.sendClaimGrant(anyone, { grant: 1, value }));
    see(await treasury.sendSync(anyone, { asset: 1, extra: 0n, value }));
    await restoreWallet();
    world.advance(DAY);
    see(await treasury.sendSync(anyone, { asset: 1, extra: 0n, value }));
    see(await treasury.sendCreateMilestones(owner, { asset: 1, grantee, amounts: Array(8).fill(1), value }));
    see(await treasury.sendCancelGrant(owner, { grant: 1, value }));
    see(await treasury.sendClaimGrant(anyone, { grant: 1, value }));
    world.advance(DAY);
    see(await treasury.sendClearGrant(anyone, { grant: 1, value }));
    see(await treasury.sendCreateStream(owner, { asset: 1, grantee, amount: 9, start: 1, end: 9, value }));
    see(await treasury.sendSetBudget(owner, { category: 3, asset: 1, limit: 9, period: 7 * DAY, value }));
    const signers = Array.from({ length: 15 }, (_, i) => new Address(0, Buffer.alloc(32, i * 16 + 3)));
    see(await treasury.sendFreeze(world.sender('guardian'), { value }));
    see(await treasury.sendUnfreeze(owner, { value }));
    see(await treasury.sendSetFreezer(owner, { guardian: to, value }));
    see(await treasury.sendAnnounceUpgrade(owner, { codeHash: 5n, value }));
    see(await treasury.sendCancelUpgrade(owner, { value }));
    const { accountState } = await world.blockchain.getContract(treasury.address);
    const code = accountState?.type === 'active' ? accountState.state.code! : Cell.EMPTY;
    const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
    see(await treasury.sendAnnounceUpgrade(owner, { codeHash, value }));
    world.advance(2 * DAY);
    see(await treasury.sendApplyUpgrade(anyone, { code, value }));
    see(await treasury.sendSetSigners(owner, { signers, threshold: 15, value }));
    see(await treasury.sendNominateOwner(owner, { owner: to, value }));
    see(await treasury.sendAcceptOwner(world.sender('payee'), { value }));
    if (failures.length > 0) throw new Error(`the tour failed at ${failures.join(', ')}`);
    return maxima;
}
