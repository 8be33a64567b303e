/** The chain as the main job sees it: named senders, a clock, and a record of every transaction and its fees by phase. */
import {
    Address,
    Contract,
    internal,
    Message,
    OpenedContract,
    Sender,
    SenderArguments,
    SendMode,
    Transaction,
} from '@ton/core';

import { LocalChain } from '../../tools/localnet/engine';
import type { LocalWallet } from '../../tools/localnet/wallets';
import { CocoonOp } from '../../wrappers/cocoon';
import { describeExit, PoolOperator } from '../../wrappers/pool';

/** Something on the chain went another way than planned. */
export class JobError extends Error {}

export const PHASES = [
    'cocoon',
    'deploy',
    'registrations',
    'payouts',
    'announcements',
    'reports',
    'close',
    'claims',
    'exits',
] as const;
export type Phase = (typeof PHASES)[number];

export type PhaseFees = {
    /** Messages from wallets. */
    messages: number;
    /** All transactions they caused, those of the wallets included. */
    transactions: number;
    fees: bigint;
};

/**
 * What a transaction cost, whoever paid: its own fees and those of forwarding the messages it sent, which the network
 * takes from them under way. (Forwarding of events is in the former already.)
 */
export function feesOf(tx: Transaction): bigint {
    let fees = tx.totalFees.coins;
    for (const { info } of tx.outMessages.values()) {
        if (info.type === 'internal') {
            fees += info.forwardFee;
        }
    }
    return fees;
}

const NAMES = new Map<number, string>(
    Object.entries(PoolOperator.opcodes).map(([name, opcode]) => [opcode, name] as const),
);
NAMES.set(CocoonOp.excesses, 'CocoonExcesses');

/** Name of the operation a message asks for. */
export function operationOf(message: Pick<Message, 'body'>): string | undefined {
    const slice = message.body.beginParse();
    return slice.remainingBits >= 32 ? NAMES.get(slice.preloadUint(32)) : undefined;
}

/** Why a transaction did not do what its message asked for; undefined if it did. */
function failureOf(tx: Transaction): string | undefined {
    if (tx.description.type !== 'generic' || !tx.inMessage) {
        return undefined;
    }
    const { computePhase, actionPhase, aborted } = tx.description;
    const account = new Address(0, Buffer.from(tx.address.toString(16).padStart(64, '0'), 'hex')).toString();
    const where = `${operationOf(tx.inMessage) ?? 'transfer'} at ${account}`;
    if (computePhase.type === 'skipped') {
        // Cocoon's worker tells its proxy that it is vouched for with one nanoTON, and excesses may be too small for a
        // wallet to run: neither asks for anything, and what does not bounce is credited all the same.
        const { info } = tx.inMessage;
        const asks = info.type === 'internal' && info.bounce && info.value.coins > 1n;
        return aborted && asks ? `${where} was not run (${computePhase.reason})` : undefined;
    }
    if (!computePhase.success) {
        return `${where}: ${describeExit(computePhase.exitCode)}`;
    }
    if (actionPhase && !actionPhase.success) {
        return `${where}: action failed with ${actionPhase.resultCode}`;
    }
    return aborted ? `${where}: aborted` : undefined;
}

export class Desk {
    /** To which the fees of the next messages are added. */
    phase: Phase = 'cocoon';
    /** All transactions since `start`, in order. */
    readonly transactions: Transaction[] = [];
    readonly fees = new Map<Phase, PhaseFees>(PHASES.map((p) => [p, { messages: 0, transactions: 0, fees: 0n }]));
    private readonly wallets = new Map<string, LocalWallet>();
    private readonly appointments: { at: number; act: () => Promise<void> }[] = [];

    constructor(readonly chain: LocalChain) {}

    /** Makes a wallet; all of them before the first message, so that no funding falls between two balances. */
    async hire(name: string): Promise<Address> {
        const wallet = await this.chain.wallet(name);
        this.wallets.set(name, wallet);
        return wallet.address;
    }

    private wallet(name: string): LocalWallet {
        const wallet = this.wallets.get(name);
        if (wallet === undefined) {
            throw new JobError(`nobody is named ${name}`);
        }
        return wallet;
    }

    address(name: string): Address {
        return this.wallet(name).address;
    }

    /** A sender for the wrappers' send methods. A message that fails anywhere on its way ends the run. */
    as(name: string): Sender {
        const wallet = this.wallet(name);
        return { address: wallet.address, send: (args) => this.transfer(wallet, args) };
    }

    /** A ready-made message, as CocoonSystem gives them. */
    async send(name: string, message: SenderArguments): Promise<void> {
        await this.transfer(this.wallet(name), message);
    }

    private async transfer(wallet: LocalWallet, args: SenderArguments): Promise<void> {
        const message = internal({
            to: args.to,
            value: args.value,
            bounce: args.bounce ?? true,
            init: args.init,
            body: args.body ?? undefined,
        });
        const { transactions } = await wallet.transfer([message], args.sendMode ?? SendMode.PAY_GAS_SEPARATELY);
        const sums = this.fees.get(this.phase)!;
        sums.messages += 1;
        for (const tx of transactions) {
            this.transactions.push(tx);
            sums.transactions += 1;
            sums.fees += feesOf(tx);
        }
        const failed = transactions.map(failureOf).find((failure) => failure !== undefined);
        if (failed !== undefined) {
            throw new JobError(`${this.phase}: a message of ${wallet.name}: ${failed}`);
        }
    }

    open<T extends Contract>(contract: T): OpenedContract<T> {
        return this.chain.open(contract);
    }

    async balance(address: Address): Promise<bigint> {
        return (await this.chain.account(address)).balance;
    }

    /** Everything that is anywhere on this chain. */
    async supply(): Promise<bigint> {
        let sum = 0n;
        for (const raw of [...this.chain.addresses()]) {
            sum += await this.balance(Address.parseRaw(raw));
        }
        return sum;
    }

    get now(): number {
        return this.chain.now;
    }

    /** Something to be done when the clock gets there. */
    at(time: number, act: () => Promise<void>): void {
        this.appointments.push({ at: time, act });
        this.appointments.sort((a, b) => a.at - b.at);
    }

    /** When the next appointment is. */
    get nextAppointment(): number | undefined {
        return this.appointments[0]?.at;
    }

    /** Moves the clock forward, keeping the appointments on the way. A time that has passed is no reason to wait. */
    async until(time: number | bigint): Promise<void> {
        while (this.appointments.length > 0 && this.appointments[0].at <= Number(time)) {
            const { at, act } = this.appointments.shift()!;
            await this.advanceTo(at);
            const phase = this.phase;
            await act();
            this.phase = phase;
        }
        await this.advanceTo(Number(time));
    }

    private async advanceTo(time: number): Promise<void> {
        if (time > this.chain.now) {
            await this.chain.advance(time - this.chain.now);
        }
    }
}
