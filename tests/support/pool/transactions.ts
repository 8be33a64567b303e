/** What a single transaction did, to the nano; and accounts made to refuse. */
import { Address, beginCell, Builder, Cell, Message, toNano, Transaction } from '@ton/core';
import {
    Blockchain,
    createShardAccount,
    internal,
    SandboxContract,
    SendMessageResult,
    TreasuryContract,
} from '@ton/sandbox';
import '@ton/test-utils';

import { underCoverage } from '../coverage';

/** TEP-74. */
export const EXCESSES = 0xd53276db;
export const JETTON_NOTIFICATION = 0x7362d09c;

export type Treasury = SandboxContract<TreasuryContract>;

/** An internal message that a transaction sent. */
export type Out = {
    from: Address;
    to: Address;
    value: bigint;
    bounce: boolean;
    op: number | undefined;
    queryId: bigint | undefined;
    body: Cell;
    hasInit: boolean;
};

function outOf(message: Message): Out | undefined {
    const { info, body, init } = message;
    if (info.type !== 'internal') {
        return undefined;
    }
    const slice = body.beginParse();
    return {
        from: info.src,
        to: info.dest,
        value: info.value.coins,
        bounce: info.bounce,
        op: slice.remainingBits >= 32 ? slice.loadUint(32) : undefined,
        queryId: slice.remainingBits >= 64 ? slice.loadUintBig(64) : undefined,
        body,
        hasInit: init != null,
    };
}

/** Internal messages that a transaction sent, in order. */
export function outs(tx: Transaction): Out[] {
    return [...tx.outMessages.values()].map(outOf).filter((out): out is Out => out !== undefined);
}

/** Number of all messages that a transaction sent, events included. */
export function outCount(tx: Transaction): number {
    return tx.outMessages.size;
}

/** Transactions of an account. */
export function txsAt(result: Pick<SendMessageResult, 'transactions'>, address: Address): Transaction[] {
    const id = BigInt(`0x${address.hash.toString('hex')}`);
    return result.transactions.filter((tx) => tx.address === id);
}

/** The first transaction of an account. */
export function txAt(result: Pick<SendMessageResult, 'transactions'>, address: Address): Transaction {
    const [tx] = txsAt(result, address);
    if (tx === undefined) {
        throw new Error('there is no transaction of that account');
    }
    return tx;
}

export function exitCode(tx: Transaction): number | undefined {
    const { description } = tx;
    return description.type === 'generic' && description.computePhase.type === 'vm'
        ? description.computePhase.exitCode
        : undefined;
}

/** Compute and action phase went well. */
export function succeeded(tx: Transaction): boolean {
    return tx.description.type === 'generic' && !tx.description.aborted && exitCode(tx) === 0;
}

/** What a contract has more (or less) after a transaction, the rent of the time before it aside. */
export function kept(tx: Transaction): bigint {
    const { description, inMessage } = tx;
    if (description.type !== 'generic' || description.computePhase.type !== 'vm') {
        throw new Error('an ordinary transaction was expected');
    }
    const value = inMessage?.info.type === 'internal' ? inMessage.info.value.coins : 0n;
    const sent = outs(tx).reduce((sum, out) => sum + out.value, 0n);
    return value - description.computePhase.gasFees - (description.actionPhase?.totalFwdFees ?? 0n) - sent;
}

/** Instead of reserving, some handlers take off what they may cost at most: a little stays with the contract, never a loss. */
export function expectSmallRest(tx: Transaction): void {
    expectNoLoss(tx);
    expect(kept(tx)).toBeLessThan(toNano('0.02'));
}

/** The value of the message paid for everything (not with the markers of a coverage run, which cost gas). */
export function expectNoLoss(tx: Transaction): void {
    expect(kept(tx)).toBeGreaterThanOrEqual(underCoverage ? -toNano('0.02') : 0n);
}

/** What an amount is worth after the gas and the forward fees of a transaction that passes it on. */
export function afterFees(tx: Transaction, value: bigint): bigint {
    const { description } = tx;
    if (description.type !== 'generic' || description.computePhase.type !== 'vm') {
        throw new Error('an ordinary transaction was expected');
    }
    return value - description.computePhase.gasFees - (description.actionPhase?.totalFwdFees ?? 0n);
}

/** Hash of code and data of an account. */
export async function stateHash(blockchain: Blockchain, address: Address): Promise<string> {
    const { accountState } = await blockchain.getContract(address);
    if (accountState?.type !== 'active') {
        return accountState?.type ?? 'none';
    }
    const { code, data } = accountState.state;
    return `${code?.hash().toString('hex')}${data?.hash().toString('hex')}`;
}

/** The contract refuses with that exit code, changes nothing and sends the value back. */
export async function expectRefused(
    blockchain: Blockchain,
    contract: Address,
    code: number,
    send: () => Promise<SendMessageResult>,
): Promise<SendMessageResult> {
    const before = await stateHash(blockchain, contract);
    const result = await send();
    const tx = txsAt(result, contract).find((t) => exitCode(t) !== 0) ?? txAt(result, contract);
    expect(exitCode(tx)).toBe(code);
    expect(await stateHash(blockchain, contract)).toBe(before);
    if (tx.inMessage?.info.type === 'internal' && tx.inMessage.info.bounce) {
        expect(outs(tx)).toHaveLength(1);
        expect(outs(tx)[0].to.equals(tx.inMessage.info.src)).toBe(true);
    }
    return result;
}

/** The bounce of a message, as the network makes it: 256 bits of its body after 0xffffffff. */
export function bounceOf(out: Pick<Out, 'from' | 'to' | 'value' | 'body'>, value = out.value): Message {
    const slice = out.body.beginParse();
    const body = beginCell()
        .storeUint(0xffffffff, 32)
        .storeBits(slice.loadBits(Math.min(256, slice.remainingBits)))
        .endCell();
    return internal({ from: out.to, to: out.from, value, bounce: false, bounced: true, body });
}

/** THROW 63: code that refuses every message. */
export const REFUSING_CODE: Cell = beginCell().storeUint(0xf23f, 16).endCell();
export const REFUSAL = 0x3f;

/** Makes an account refuse everything; the returned function gives it its code, its state and its balance back. */
export async function refuse(blockchain: Blockchain, address: Address): Promise<() => Promise<void>> {
    const { account, balance } = await blockchain.getContract(address);
    const refusing = { address, code: REFUSING_CODE, data: Cell.EMPTY, balance: balance + toNano('1'), workchain: 0 };
    await blockchain.setShardAccount(address, createShardAccount(refusing));
    return async () => blockchain.setShardAccount(address, account);
}

/** Makes an account take everything (code that does nothing); the returned function gives it its state back. */
export async function accept(blockchain: Blockchain, address: Address): Promise<() => Promise<void>> {
    const { account, balance } = await blockchain.getContract(address);
    const taking = { address, code: Cell.EMPTY, data: Cell.EMPTY, balance: balance + toNano('1'), workchain: 0 };
    await blockchain.setShardAccount(address, createShardAccount(taking));
    return async () => blockchain.setShardAccount(address, account);
}

/** An account by hand; without a rent to pay for the time before. */
export async function install(
    blockchain: Blockchain,
    address: Address,
    code: Cell,
    data: Cell,
    balance: bigint,
): Promise<void> {
    await blockchain.setShardAccount(address, createShardAccount({ address, code, data, balance, workchain: 0 }));
}

/** Sets the balance of a contract, as if rent had eaten the difference. */
export async function setBalance(blockchain: Blockchain, address: Address, balance: bigint): Promise<void> {
    const { accountState } = await blockchain.getContract(address);
    if (accountState?.type !== 'active') {
        throw new Error('there is no contract at that address');
    }
    await install(blockchain, address, accountState.state.code!, accountState.state.data!, balance);
}

/** What a contract stores. */
export async function dataOf(blockchain: Blockchain, address: Address): Promise<Cell> {
    const { accountState } = await blockchain.getContract(address);
    if (accountState?.type !== 'active') {
        throw new Error('there is no contract at that address');
    }
    return accountState.state.data!;
}

/** TEP-74 `transfer_notification` as a wallet sends it: the payload in a reference, or none. */
export function jettonNotification(args: {
    queryId?: bigint;
    amount: bigint;
    from: Address | null;
    payload?: Cell;
}): Cell {
    return beginCell()
        .storeUint(JETTON_NOTIFICATION, 32)
        .storeUint(args.queryId ?? 0n, 64)
        .storeCoins(args.amount)
        .storeAddress(args.from)
        .storeMaybeRef(args.payload)
        .endCell();
}

/** An address inside an expected object. */
export function sameAddress(address: Address): unknown {
    return (expect as unknown as { toEqualAddress(address: Address): unknown }).toEqualAddress(address);
}

/** Fields as text: for comparing what a getter says before and after. */
export function plain(data: object, leaveOut: readonly string[] = []): Record<string, string> {
    const fields = Object.entries(data).filter(([name]) => !leaveOut.includes(name));
    return Object.fromEntries(fields.map(([name, value]) => [name, String(value)]));
}

export function cellOf(store: (builder: Builder) => void): Cell {
    return beginCell().store(store).endCell();
}

/** Gas of the computation of a transaction. */
export function gasOf({ description }: Transaction): bigint {
    if (description.type !== 'generic' || description.computePhase.type !== 'vm') return 0n;
    return description.computePhase.gasUsed;
}

/** Runs one message; what its transaction sends is not delivered yet. */
export async function deliverOne(blockchain: Blockchain, message: Message): Promise<Transaction | undefined> {
    const steps = await blockchain.sendMessageIter(message, { allowParallel: true });
    const step = await steps.next();
    return step.done ? undefined : step.value;
}

/** Delivers messages that are sent in the same block, and all that follows. */
export async function deliverAll(blockchain: Blockchain, ...messages: Message[]): Promise<void> {
    let steps = await blockchain.sendMessageIter(messages[0]);
    for (const message of messages.slice(1)) steps = await blockchain.sendMessageIter(message);
    for await (const _ of steps) continue;
}

/** Query ids of the excesses that an account gets, of whatever contract. */
export function excessQueries({ transactions }: { transactions: Transaction[] }, to: Address) {
    return transactions
        .flatMap(outs)
        .filter((out) => out.op === EXCESSES && out.to.equals(to))
        .map((out) => out.queryId);
}
