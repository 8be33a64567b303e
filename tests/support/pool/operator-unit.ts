/**
 * PoolOperator alone: registry and distribution are accounts that take every message and answer nothing, at the
 * addresses that the operator contract computed. What they would say is sent in their name.
 */
import { Address, beginCell, Cell, toNano, Transaction } from '@ton/core';
import { Blockchain, internal, SandboxContract, SendMessageResult } from '@ton/sandbox';

import {
    EVENT_BITS,
    GAS_OPERATOR_SMALL,
    GAS_SETUP,
    loadRolesUpdate,
    storeParticipantsChanged,
    storeEpochMissed,
    storeIdleConfirmed,
    storeVaultPayout,
} from '../../../build/PoolOperator/PoolOperator_PoolOperator';
import { loadRoleSet } from '../../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { CocoonOp } from '../../../wrappers/cocoon';
import { Integer, PoolConfig, poolCodes, poolEvents, PoolOperator, vaultAddress } from '../../../wrappers/pool';
import { createBlockchain } from '../chain';
import { ContractUnit, treasuries } from './contract-unit';
import {
    bounceOf,
    cellOf,
    computeFee,
    forwardFee,
    kept,
    Out,
    outs,
    smallForward,
    succeeded,
    Treasury,
    txAt,
} from './units';

const PEOPLE = [
    'owner',
    'reporter',
    'guardian',
    'arbiter',
    'recovery',
    'payout',
    'keeper',
    'proxy',
    'alice',
    'stranger',
] as const;
export type OperatorPerson = (typeof PEOPLE)[number];
export type OperatorSender = OperatorPerson | 'registry' | 'distribution' | Address;

export type OperatorUnitOptions = Partial<PoolConfig> & {
    /** How far the set-up goes; by default an active pool with 100 TON of stake and one trusted proxy. */
    until?: 'created' | 'deployed' | 'active';
};

/** Code that takes every message: nothing to do, exit code 0. The byte tells two of them apart. */
export function acceptingCode(mark: number): Cell {
    // NOP, then a comment-like PUSHINT and DROP of the mark.
    return beginCell().storeUint(0x00, 8).storeUint(0x80, 8).storeUint(mark, 8).storeUint(0x30, 8).endCell();
}

/** `get_cost` of an ordinary operation of the owner. */
export const operatorCost = (): bigint =>
    computeFee(GAS_OPERATOR_SMALL + GAS_SETUP) + 4n * smallForward() + forwardFee(2n, EVENT_BITS);

export class OperatorUnit extends ContractUnit<OperatorSender> {
    registry!: Address;
    distribution!: Address;

    private constructor(
        blockchain: Blockchain,
        readonly people: Record<OperatorPerson, Treasury>,
        readonly operator: SandboxContract<PoolOperator>,
        readonly codes: { registryCode: Cell; distributionCode: Cell; vaultCode: Cell },
    ) {
        super(blockchain);
    }

    static async create(options: OperatorUnitOptions = {}): Promise<OperatorUnit> {
        const blockchain = await createBlockchain();
        const people = await treasuries(blockchain, PEOPLE, 'operator unit');
        const { vaultCode } = await poolCodes();
        const codes = { registryCode: acceptingCode(1), distributionCode: acceptingCode(2), vaultCode };
        const { until = 'active', ...config } = options;
        const operator = await PoolOperator.createFromConfig({
            owner: people.owner.address,
            reporter: people.reporter.address,
            guardian: people.guardian.address,
            arbiter: people.arbiter.address,
            recovery: people.recovery.address,
            payout: people.payout.address,
            codes,
            ...config,
        });
        const unit = new OperatorUnit(blockchain, people, blockchain.openContract(operator), codes);
        // Rent for five years and more, so that no test depends on who deploys.
        await people.keeper.send({ to: operator.address, value: toNano('5'), init: operator.init, bounce: false });
        if (until !== 'created') {
            await unit.deploy();
        }
        if (until === 'active') {
            await unit.topUp(toNano('100'));
            await unit.send('owner', PoolOperator.addProxyBody({ proxy: people.proxy.address }));
            await unit.send('owner', PoolOperator.setActiveBody({ active: true }));
        }
        return unit;
    }

    async deploy(): Promise<SendMessageResult> {
        const result = await this.send('owner', PoolOperator.deployPoolBody({ queryId: 2 }), toNano('5'));
        const data = await this.data();
        this.registry = data.registry;
        this.distribution = data.distribution;
        return result;
    }

    get address(): Address {
        return this.operator.address;
    }

    addressOf(name: OperatorSender): Address {
        if (typeof name !== 'string') {
            return name;
        }
        if (name === 'registry' || name === 'distribution') {
            return this[name];
        }
        return this.people[name].address;
    }

    /** The account that the vault of a participant would have. */
    vaultOf(participant: Address): Address {
        return vaultAddress(this.registry, participant, this.codes.vaultCode);
    }

    async send(from: OperatorSender, body: Cell, value: bigint = toNano('1')): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(
            internal({ from: this.addressOf(from), to: this.address, value, body, bounce: true }),
        );
    }

    /** Sends, and gives the operator's transaction, which has to be a success. */
    async done(from: OperatorSender, body: Cell, value?: bigint): Promise<Transaction> {
        const tx = txAt(await this.send(from, body, value), this.address);
        expect(succeeded(tx)).toBe(true);
        return tx;
    }

    /** The same for an operation that keeps nothing of the value: the last message returns the rest to the sender. */
    async finished(from: OperatorSender, body: Cell, value?: bigint): Promise<Transaction> {
        const tx = await this.done(from, body, value);
        expect(kept(tx)).toBe(0n);
        expectExcesses(outs(tx).at(-1)!, this.addressOf(from), body);
        return tx;
    }

    async bounce(out: Out, value?: bigint): Promise<Transaction> {
        const tx = txAt(await this.blockchain.sendMessage(bounceOf(out, value)), this.address);
        expect(succeeded(tx)).toBe(true);
        return tx;
    }

    async topUp(amount: bigint, from: OperatorSender = 'owner'): Promise<SendMessageResult> {
        return this.send(from, PoolOperator.topUpStakeBody({ amount }), amount + toNano('1'));
    }

    async pause(): Promise<void> {
        await this.finished('guardian', PoolOperator.pauseBody());
    }

    async data() {
        return this.operator.getPoolData();
    }

    async balanceOf(who: OperatorSender): Promise<bigint> {
        return (await this.blockchain.getContract(this.addressOf(who))).balance;
    }

    /** The roles, status and pause that a message brings the registry. */
    static rolesOf(out: Out) {
        const update = loadRolesUpdate(out.body.beginParse());
        return { ...update, roles: loadRoleSet(update.roles.beginParse()) };
    }
}

/** The rest of a value: not bounceable, with the query id of the message it answers. */
export function expectExcesses(out: Out, to: Address, body: Cell): void {
    const slice = body.beginParse().skip(32);
    expect({ op: out.op, queryId: out.queryId, bounce: out.bounce, to: out.to.toString() }).toEqual({
        op: PoolOperator.opcodes.Excesses,
        queryId: slice.loadUintBig(64),
        bounce: false,
        to: to.toString(),
    });
}

/** The operator's own events of a transaction. */
export function operatorEvents(tx: Transaction): { kind: bigint; who: string | null; value: bigint }[] {
    return poolEvents([tx], 'OperatorEvent').map(({ kind, who, value }) => ({
        kind,
        who: who?.toString() ?? null,
        value,
    }));
}

// ---------------------------------------------------------------- what only contracts send

export const cocoonPayoutBody = (queryId = 0n): Cell =>
    beginCell().storeUint(CocoonOp.payout, 32).storeUint(queryId, 64).endCell();

export const vaultPayoutBody = (participant: Address, proxy: Address | null, queryId = 0n): Cell =>
    cellOf(storeVaultPayout({ $$type: 'VaultPayout', queryId, participant, proxy }));

export const participantsChangedBody = (delta: Integer): Cell =>
    cellOf(storeParticipantsChanged({ $$type: 'ParticipantsChanged', queryId: 0n, delta: BigInt(delta) }));

export const epochMissedBody = (epoch: Integer, epochStart: Integer, queryId = 0n): Cell =>
    cellOf(storeEpochMissed({ $$type: 'EpochMissed', queryId, epoch: BigInt(epoch), epochStart: BigInt(epochStart) }));

export const idleConfirmedBody = (since: Integer, amount: bigint, emergency = false, queryId = 0n): Cell =>
    cellOf(storeIdleConfirmed({ $$type: 'IdleConfirmed', queryId, since: BigInt(since), amount, emergency }));
