/** A ContractProvider straight on the engine: no encoding in between, so every stack type a getter knows works. */
import {
    Address,
    comment,
    Cell,
    Contract,
    ContractGetMethodResult,
    ContractProvider,
    ContractState,
    external,
    ExtraCurrency,
    loadTransaction,
    OpenedContract,
    Sender,
    SendMode,
    StateInit,
    toNano,
    Transaction,
    TupleItem,
} from '@ton/core';
import type { LocalChain } from './engine';

export class LocalContractProvider implements ContractProvider {
    constructor(
        private readonly chain: LocalChain,
        private readonly address: Address,
        private readonly init: StateInit | null,
    ) {}

    async getState(): Promise<ContractState> {
        const c = await this.chain.account(this.address);
        const state = c.accountState ?? { type: 'uninit' as const };
        const hash = Buffer.from(c.lastTransactionHash.toString(16).padStart(64, '0'), 'hex');
        return {
            balance: c.balance,
            extracurrency: Object.keys(c.ec).length === 0 ? null : c.ec,
            last: c.lastTransactionLt === 0n ? null : { lt: c.lastTransactionLt, hash },
            state:
                state.type === 'active'
                    ? {
                          type: 'active',
                          code: state.state.code?.toBoc() ?? null,
                          data: state.state.data?.toBoc() ?? null,
                      }
                    : state.type === 'frozen'
                      ? {
                            type: 'frozen',
                            stateHash: Buffer.from(state.stateHash.toString(16).padStart(64, '0'), 'hex'),
                        }
                      : { type: 'uninit' },
        };
    }

    async get(name: string | number, args: TupleItem[]): Promise<ContractGetMethodResult> {
        const res = await this.chain.runGetMethod(this.address, name, args);
        return { stack: res.stackReader, gasUsed: res.gasUsed, logs: res.vmLogs };
    }

    private async neededInit(): Promise<StateInit | undefined> {
        if (!this.init) return undefined;
        const active = (await this.chain.account(this.address)).accountState?.type === 'active';
        return active ? undefined : this.init;
    }

    async external(message: Cell): Promise<void> {
        await this.chain.send(external({ to: this.address, init: await this.neededInit(), body: message }));
    }

    async internal(
        via: Sender,
        args: {
            value: bigint | string;
            extracurrency?: ExtraCurrency;
            bounce?: boolean | null;
            sendMode?: SendMode;
            body?: Cell | string | null;
        },
    ): Promise<void> {
        await via.send({
            to: this.address,
            value: typeof args.value === 'string' ? toNano(args.value) : args.value,
            extracurrency: args.extracurrency,
            bounce: args.bounce ?? true,
            sendMode: args.sendMode,
            init: await this.neededInit(),
            body: typeof args.body === 'string' ? comment(args.body) : args.body,
        });
    }

    open<T extends Contract>(contract: T): OpenedContract<T> {
        return this.chain.open(contract);
    }

    async getTransactions(address: Address, lt: bigint, hash: Buffer, limit = 100): Promise<Transaction[]> {
        const out: Transaction[] = [];
        for (const entry of this.chain.history(address)) {
            if (out.length >= limit) break;
            if (entry.lt > lt) continue;
            if (out.length === 0 && !(entry.lt === lt && entry.hash.equals(hash))) break;
            out.push(loadTransaction(Cell.fromBoc(entry.boc)[0].beginParse()));
        }
        return out;
    }
}
