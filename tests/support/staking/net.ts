/**
 * Messages one by one. Those between the contracts of the family wait until somebody chooses; wallets, jetton wallets and
 * minters take what they get at once. Messages from one account to another keep their order, as on the chain.
 */
import { Address, Cell, Message, toNano, Transaction } from '@ton/core';
import { internal } from '@ton/sandbox';

import { deliverOne, refuse } from '../pool/transactions';
import { Random, seed } from '../random';
import { Who, World } from './world';

/** Who sends what to whom. */
export type Start = { from: Who; to: Address; body: Cell; value?: bigint };

export class Net {
    /** On their way between contracts of the family, in the order they were sent. */
    waiting: Message[] = [];
    /** Transactions since the last `start`. */
    transactions: Transaction[] = [];
    private readonly eager = new Set<string>();

    constructor(readonly world: World) {
        const owners = Object.values(world.people).map(({ address }) => address);
        for (const { staking, rewards } of world.provers.values()) owners.push(staking.address, rewards.address);
        this.know(world.stakingToken.address, world.rewardToken.address);
        for (const owner of owners) {
            this.know(world.walletOf(owner).address, world.walletOf(owner, 'reward').address);
        }
        for (const { address } of Object.values(world.people)) this.know(address);
    }

    /** These do not wait. */
    know(...addresses: Address[]): void {
        for (const address of addresses) this.eager.add(address.toRawString());
    }

    private static ends(message: Message): { from: string; to: string } {
        if (message.info.type !== 'internal') throw new Error('not an internal message');
        return { from: message.info.src.toRawString(), to: message.info.dest.toRawString() };
    }

    /** Begins a flow; it goes as far as it goes by itself. */
    async start({ from, to, body, value }: Start): Promise<void> {
        await this.take(
            internal({ from: this.world.address(from), to, value: value ?? toNano('3'), body, bounce: true }),
        );
    }

    private async take(message: Message): Promise<void> {
        if (!this.eager.has(Net.ends(message).to)) {
            this.waiting.push(message);
            return;
        }
        await this.run(message);
    }

    private async run(message: Message): Promise<Transaction | undefined> {
        return this.follow(await deliverOne(this.world.blockchain, message));
    }

    /** Takes what a transaction has sent. */
    private async follow(tx: Transaction | undefined): Promise<Transaction | undefined> {
        if (tx === undefined) return undefined;
        this.transactions.push(tx);
        for (const out of tx.outMessages.values()) if (out.info.type === 'internal') await this.take(out);
        return tx;
    }

    /** Positions in `waiting` of the messages that may come next. */
    heads(): number[] {
        const seen = new Set<string>();
        return this.waiting.flatMap((message, i) => {
            const { from, to } = Net.ends(message);
            const pair = `${from}>${to}`;
            if (seen.has(pair)) return [];
            seen.add(pair);
            return [i];
        });
    }

    async deliver(index = 0): Promise<Transaction | undefined> {
        const [message] = this.waiting.splice(index, 1);
        return this.run(message);
    }

    /** The receiver refuses this one message and takes every other. */
    async deliverRefused(index = 0): Promise<void> {
        const [message] = this.waiting.splice(index, 1);
        if (message.info.type !== 'internal') throw new Error('not an internal message');
        const back = await refuse(this.world.blockchain, message.info.dest);
        const tx = await deliverOne(this.world.blockchain, message);
        await back();
        await this.follow(tx);
    }

    /** Everything that is on its way, in the order it was sent. */
    async settle(): Promise<void> {
        while (this.waiting.length > 0) await this.deliver(0);
    }

    /** Opcode of a waiting message; that of the original for a bounce. */
    opAt(index: number): number {
        const slice = this.waiting[index].body.beginParse();
        if (slice.remainingBits < 32) return 0;
        const op = slice.loadUint(32);
        return op === 0xffffffff ? slice.loadUint(32) : op;
    }

    /** Delivers until a message with this opcode waits; its position. */
    async until(op: number): Promise<number> {
        for (;;) {
            const found = this.waiting.findIndex((_, i) => this.opAt(i) === op);
            if (found >= 0) return found;
            if (this.waiting.length === 0) throw new Error(`0x${op.toString(16)} was never sent`);
            await this.deliver(0);
        }
    }
}

/** Orders tried in an ordinary run; LONG=1 tries all of them. */
const SOME_ORDERS = 6;

/**
 * Starts all flows and delivers what follows in every possible order (an ordinary run: in all if there are few, else in some of
 * them, by a fixed seed); `ended` looks at the end of each. Returns how often each outcome occurred.
 */
export async function inEveryOrder(
    world: World,
    flows: readonly Start[],
    ended: (net: Net) => Promise<string>,
): Promise<Map<string, number>> {
    const restore = world.checkpoint();
    const outcomes = new Map<string, number>();
    const random = new Random(seed('staking races'));
    let path: number[] = [];
    for (let tried = 1; ; tried++) {
        const net = new Net(world);
        for (const flow of flows) await net.start(flow);
        const options: number[] = [];
        while (net.waiting.length > 0) {
            const heads = net.heads();
            const wander = process.env.LONG !== '1' && tried > SOME_ORDERS / 2;
            const choice = wander ? random.int(0, heads.length - 1) : (path[options.length] ?? 0);
            await net.deliver(heads[choice]);
            options.push(heads.length);
        }
        const outcome = await ended(net);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        await restore();
        if (process.env.LONG !== '1' && tried >= SOME_ORDERS) return outcomes;
        if (process.env.LONG !== '1' && tried > SOME_ORDERS / 2) continue;
        path = options.map((_, i) => path[i] ?? 0);
        while (path.length > 0 && path[path.length - 1] + 1 >= options[path.length - 1]) path.pop();
        if (path.length === 0) return outcomes;
        path[path.length - 1] += 1;
    }
}
