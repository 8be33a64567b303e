/**
 * Gas of the pool family, whole chains, at 1, 100 and 10,000 participants.
 *
 * The first participants register by message. Beyond that a participant is a copy of a registered vault with another
 * address in it, and the registry's counters are set to match: ten thousand registrations would take half an hour and end in
 * the same accounts. Reports, rounds and payments of everybody are real messages.
 *
 *   round-close             CloseEpoch: registry, distribution, commission, events
 *   claim-1, claim-10       poke of a vault with that many due rounds, until the participant is paid
 *   report-per-participant  one row of a full batch of 80: the registry's part and the vault's, nothing being due
 *   cocoon-payout           a proxy's payout through vault and operator into the pot
 *   register                until the vault holds the stake and the operator has counted
 */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { measure, WalletPredicate } from '../../tools/bench/measure';
import type { Recorder } from '../../tools/bench/rows';
import { ParticipantVault } from '../../wrappers/pool';
import { PoolEnvironment } from '../support/pool/environment';

const SIZES = [1, 100, 10_000];
const BATCH = 80;
const DAY = 86_400;

/** Rewrites the data cell of an account. */
async function editData(env: PoolEnvironment, address: Address, edit: (data: Cell) => Cell): Promise<void> {
    const contract = await env.blockchain.getContract(address);
    const account = contract.account;
    const state = account.account?.storage.state;
    if (state?.type !== 'active' || !state.state.data) throw new Error(`${address.toString()} is not deployed`);
    state.state.data = edit(state.state.data);
    contract.account = account;
}

/** Account ids of participants who never send a message of their own. */
const copyId = (index: number): Address => new Address(0, Buffer.from(index.toString(16).padStart(64, 'c'), 'hex'));

/** A vault like `like`, for another participant. */
async function copyVault(env: PoolEnvironment, like: Address, participant: Address, vaultCode: Cell): Promise<void> {
    const target = ParticipantVault.createFromConfig({
        registry: env.registry.address,
        participant,
        vaultCode,
    }).address;
    const source = await env.blockchain.getContract(like);
    const state = source.account.account?.storage.state;
    if (state?.type !== 'active') throw new Error('the vault to copy is not active');
    const data = state.state.data!.beginParse();
    const registry = data.loadAddress();
    data.loadAddress();
    const contract = await env.blockchain.getContract(target);
    contract.account = {
        lastTransactionHash: 0n,
        lastTransactionLt: 0n,
        account: {
            ...source.account.account!,
            addr: target,
            storage: {
                ...source.account.account!.storage,
                state: {
                    ...state,
                    state: {
                        ...state.state,
                        data: beginCell().storeAddress(registry).storeAddress(participant).storeSlice(data).endCell(),
                    },
                },
            },
        },
    };
}

/** Number of active participants as the registry counts them: the 32 bits after the operator's address. */
const setActive = (env: PoolEnvironment, active: number): Promise<void> =>
    editData(env, env.registry.address, (data) => {
        const s = data.beginParse();
        const operator = s.loadAddress();
        s.loadUint(32);
        return beginCell().storeAddress(operator).storeUint(active, 32).storeSlice(s).endCell();
    });

async function at(users: number, record: Recorder): Promise<void> {
    const env = await PoolEnvironment.create({ epochSeconds: DAY });
    record.watch(env.blockchain);
    const isWallet: WalletPredicate = (address) => wallets.has(address.toRawString());
    const wallets = new Set(Object.values(env.roles).map((w) => w.address.toRawString()));
    const cost = (result: SendMessageResult) => measure(env.blockchain, result, isWallet);
    const person = async (name: string) => {
        const treasury = await env.person(name);
        wallets.add(treasury.address.toRawString());
        return treasury;
    };

    // Everybody but the last one, whose registration is measured in the full pool.
    const participants: Address[] = [];
    if (users > 1) {
        const first = await person('first');
        await env.register('first');
        participants.push(first.address);
        const like = await env.vault('first');
        const code = (await env.blockchain.getContract(like.address)).accountState;
        if (code?.type !== 'active') throw new Error('no vault');
        for (let i = participants.length; i < users - 1; i++) {
            await copyVault(env, like.address, copyId(i), code.state.code!);
            participants.push(copyId(i));
        }
        await setActive(env, users - 1);
    }
    participants.push((await person('measured')).address);
    record('pool', 'register', users, await cost(await env.register('measured')));
    record('pool', 'cocoon-payout', users, await cost(await env.payVault('measured', toNano('19'))));

    // Epoch 0: everybody is reported.
    await env.endEpoch();
    const rows = participants.map((who) => ({ who, seconds: 80_000 }));
    for (let from = 0; from < rows.length; from += BATCH) {
        const batch = rows.slice(from, from + BATCH);
        // The least the registry takes: nothing is due yet, so there are no claims to pay for.
        const value = await env.registry.getReportMinimum(batch.length);
        const result = await env.report(0, batch, { value });
        if (batch.length === BATCH && from === 0) {
            const all = await cost(result);
            record('pool', 'report-per-participant', users, {
                gas: Math.round(all.gas / BATCH),
                fees: all.fees / BigInt(BATCH),
                hops: 2,
                steps: all.steps,
                per: BATCH,
            });
        }
    }
    await env.seal();
    await env.untilDue();
    record('pool', 'round-close', users, await cost(await env.closeEpoch()));
    record('pool', 'claim-1', users, await cost(await env.poke('measured')));

    // Ten epochs in which only one participant is reported, whose minimum payout keeps his claims waiting. That the others
    // are still there changes nothing: the registry is told that one is active, or every epoch would count as missed.
    const measured = await env.vault('measured');
    const me = (await env.person('measured')).getSender();
    await measured.sendSetMinPayout(me, { amount: toNano('1000000') });
    await setActive(env, 1);
    for (let i = 0; i < 10; i++) {
        await env.payVault('measured', toNano('19'));
        await env.runEpoch([{ who: 'measured' }]);
    }
    await measured.sendSetMinPayout(me, { amount: 0n });
    const { due } = await measured.getVaultData();
    if (due.toString(2).replace(/0/g, '').length !== 10) throw new Error(`not ten rounds due: ${due.toString(2)}`);
    record('pool', 'claim-10', users, await cost(await env.poke('measured')));
}

export async function run(record: Recorder): Promise<void> {
    for (const users of record.sizes(SIZES)) await at(users, record);
}
