/**
 * What a chain of messages costs, and which contract spent it.
 *
 *     const isWallet = walletPredicate(owner, user);
 *     const cost = await measure(blockchain, await pool.send(...), isWallet);
 *     record('pool', 'deposit', users, cost);
 *
 * Every transaction is attributed to the account it ran on, by the hash of the account's code. (The sandbox's own report
 * books a whole chain on the contract whose wrapper was called.)
 */
import * as fs from 'fs';
import * as path from 'path';
import type { Blockchain, BlockchainTransaction } from '@ton/sandbox';
import { Address } from '@ton/core';
import { REPOSITORY_ROOT } from '../tact/project';
import { isWatched, workOfTransaction } from './floor';
import type { Work } from './floor';

export interface Step {
    /** Name of the contract, or the start of its code hash if it is none of ours. */
    contract: string;
    /** Name of the message, or its opcode, `bounced`, or `empty` for a message without opcode. */
    message: string;
    gas: number;
    /** Fees of the transaction and forward fees of the internal messages it sent, in nanoton. */
    fees: bigint;
    /** -1 if the contract did not run. */
    exitCode: number;
    /** What the gas was spent on; only of chains that write instruction logs. */
    work?: Work;
}

export interface Measurement {
    /** Sums over all transactions of the chain except those of plain wallets. */
    gas: number;
    fees: bigint;
    /** Number of these transactions. */
    hops: number;
    steps: Step[];
}

export type WalletPredicate = (address: Address) => boolean;

/** Treasuries of the sandbox stand for the wallets of users: what they do is not a cost of the contracts. */
export function walletPredicate(...wallets: { address: Address }[]): WalletPredicate {
    const known = new Set(wallets.map((w) => w.address.toRawString()));
    return (address) => known.has(address.toRawString());
}

export async function measure(
    blockchain: Blockchain,
    result: { transactions: BlockchainTransaction[] },
    isWallet: WalletPredicate,
): Promise<Measurement> {
    const names = loadNames();
    const steps: Step[] = [];
    for (const tx of result.transactions) {
        const address = accountOf(tx);
        if (!isWallet(address)) steps.push(await step(blockchain, names, tx, address));
    }
    return total(steps);
}

/** The cost of an operation that takes several sends. */
export function sum(...parts: Measurement[]): Measurement {
    return total(parts.flatMap((p) => p.steps));
}

function total(steps: Step[]): Measurement {
    return {
        gas: steps.reduce((n, s) => n + s.gas, 0),
        fees: steps.reduce((n, s) => n + s.fees, 0n),
        hops: steps.length,
        steps,
    };
}

/** Gas by contract and message, for finding out where it goes. */
export function breakdown(
    measurement: Measurement,
): { contract: string; message: string; count: number; gas: number }[] {
    const rows = new Map<string, { contract: string; message: string; count: number; gas: number }>();
    for (const { contract, message, gas } of measurement.steps) {
        const key = `${contract} ${message}`;
        const row = rows.get(key) ?? { contract, message, count: 0, gas: 0 };
        rows.set(key, { ...row, count: row.count + 1, gas: row.gas + gas });
    }
    return [...rows.values()].sort((a, b) => b.gas - a.gas);
}

/** The account a transaction ran on. The transaction itself knows only 256 bits; its message knows the workchain. */
function accountOf(tx: BlockchainTransaction): Address {
    const destination = tx.inMessage?.info.dest;
    if (destination instanceof Address) return destination;
    return new Address(0, Buffer.from(tx.address.toString(16).padStart(64, '0'), 'hex'));
}

async function step(blockchain: Blockchain, names: Names, tx: BlockchainTransaction, address: Address): Promise<Step> {
    const state = (await blockchain.getContract(address)).accountState;
    const code = state?.type === 'active' ? state.state.code : undefined;
    const hash = code?.hash().toString('hex');
    const contract = hash === undefined ? 'no code' : (names.contracts[hash] ?? hash.slice(0, 8));
    const compute =
        tx.description.type === 'generic' || tx.description.type === 'tick-tock'
            ? tx.description.computePhase
            : undefined;
    const ran = compute?.type === 'vm' ? compute : undefined;
    let fees = tx.totalFees.coins;
    for (const message of tx.outMessages.values()) {
        if (message.info.type === 'internal') fees += message.info.forwardFee;
    }
    return {
        contract,
        message: messageName(tx, names.messages[contract] ?? {}),
        gas: Number(ran?.gasUsed ?? 0n),
        fees,
        exitCode: ran?.exitCode ?? -1,
        work: isWatched(blockchain) ? workOfTransaction(tx, code) : undefined,
    };
}

function messageName(tx: BlockchainTransaction, messages: Record<number, string>): string {
    const message = tx.inMessage;
    if (!message) return 'tick-tock';
    if (message.info.type === 'internal' && message.info.bounced) return 'bounced';
    const body = message.body.beginParse();
    if (body.remainingBits < 32) return 'empty';
    const opcode = body.loadUint(32);
    return messages[opcode] ?? `0x${opcode.toString(16).padStart(8, '0')}`;
}

interface Names {
    contracts: Record<string, string>;
    messages: Record<string, Record<number, string>>;
}

/** The build tool writes which contract has which code, and which message which opcode. */
function loadNames(): Names {
    const names: Names = { contracts: {}, messages: {} };
    const root = process.env.TACT_BUILD_DIR ? path.dirname(path.resolve(process.env.TACT_BUILD_DIR)) : REPOSITORY_ROOT;
    const file = path.join(root, 'contract.abi.json');
    if (!fs.existsSync(file)) return names;
    type Entry = string | { types: { name: string; header: number }[] };
    for (const [key, entry] of Object.entries(JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Entry>)) {
        if (typeof entry === 'string') names.contracts[key.slice(2)] = entry;
        else names.messages[key] = Object.fromEntries(entry.types.map((t) => [t.header, t.name]));
    }
    return names;
}
