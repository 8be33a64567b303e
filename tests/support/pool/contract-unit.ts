/** What the units have in common: one contract on a chain of its own, with wallets in the place of its neighbours. */
import { Address, Cell } from '@ton/core';
import { Blockchain, SendMessageResult } from '@ton/sandbox';

import { checkpoint } from '../chain';
import { expectRefused, Treasury } from './transactions';

/** A wallet for every name. `prefix` keeps those of different units apart. */
export async function treasuries<P extends string>(
    blockchain: Blockchain,
    names: readonly P[],
    prefix: string,
): Promise<Record<P, Treasury>> {
    const people = {} as Record<P, Treasury>;
    for (const name of names) {
        people[name] = await blockchain.treasury(`${prefix} ${name}`);
    }
    return people;
}

export abstract class ContractUnit<Sender> {
    protected constructor(readonly blockchain: Blockchain) {}

    abstract get address(): Address;

    abstract send(from: Sender, body: Cell, value?: bigint): Promise<SendMessageResult>;

    get now(): bigint {
        return BigInt(this.blockchain.now!);
    }

    at(time: bigint): void {
        this.blockchain.now = Number(time);
    }

    advance(seconds: bigint): void {
        this.at(this.now + seconds);
    }

    checkpoint(): () => Promise<void> {
        return checkpoint(this.blockchain);
    }

    async refused(code: number, from: Sender, body: Cell, value?: bigint): Promise<SendMessageResult> {
        return expectRefused(this.blockchain, this.address, code, () => this.send(from, body, value));
    }

    async balance(): Promise<bigint> {
        return (await this.blockchain.getContract(this.address)).balance;
    }
}
