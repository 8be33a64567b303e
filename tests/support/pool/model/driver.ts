/** Runs random operations on a pool and its shadow, and compares everything after each. */
import { parseTuple, TupleItem, TupleReader, Cell } from '@ton/core';
import type { ContractProvider } from '@ton/core';
import { getSelectorForMethod } from '@ton/sandbox/dist/utils/selector';

import {
    ParticipantRegistry,
    ParticipantVault,
    parseChanges,
    PoolOperator,
    RewardDistribution,
} from '../../../../wrappers/pool';
import type { Random } from '../../random';
import type { Operations } from './operations';
import { compareFields, same, Simulation } from './simulation';
import { parse } from './types';
import * as views from './views';

/** Every so many operations everything is compared, touched or not. */
const FULL_CHECK = 25;
/** Operations that a failure prints. */
const HISTORY = 10;

export class Driver {
    private readonly history: string[] = [];
    operations = 0;

    constructor(
        readonly sim: Simulation,
        private readonly random: Random,
        private readonly source: Pick<Operations, 'next'>,
    ) {}

    /** `count` operations; one in six is started while another is still under way. */
    async run(count: number): Promise<void> {
        while (this.operations < count) {
            const together = this.random.bool(1 / 6) ? this.random.int(2, 3) : 1;
            await this.perform(together);
        }
        await this.guarded(() => this.check(true));
    }

    private async perform(together: number): Promise<void> {
        await this.guarded(async () => {
            for (let i = 0; i < together; i++) {
                const step = this.source.next();
                this.operations += 1;
                this.note(`${step.label}${i > 0 ? ' (meanwhile)' : ''}`);
                // The clock of a chain does not jump while its messages are on their way.
                if (step.advanceTo !== undefined) {
                    await this.deliverAll(i > 0);
                    this.sim.env.advanceTo(Math.max(this.sim.now, step.advanceTo));
                }
                step.sends.forEach((send) => this.sim.send(send));
                if (i + 1 < together) {
                    await this.deliverSome(this.random.int(0, 6));
                }
            }
            await this.deliverAll(together > 1);
            await this.check(this.operations % FULL_CHECK === 0);
        });
    }

    private async deliverSome(most: number): Promise<void> {
        for (let i = 0; i < most && this.sim.flights.length > 0; i++) {
            await this.deliverOne(true);
        }
    }

    private async deliverAll(shuffled: boolean): Promise<void> {
        while (this.sim.flights.length > 0) {
            await this.deliverOne(shuffled);
        }
    }

    private async deliverOne(shuffled: boolean): Promise<void> {
        const index = shuffled ? this.random.pick(this.sim.deliverable()) : 0;
        if (shuffled && this.random.bool(0.1)) {
            this.sim.env.advance(this.random.int(1, 3));
        }
        const { shadow, bounced } = this.sim.flights[index];
        this.note(`    ${bounced ? 'bounced ' : ''}${shadow.op}`);
        await this.sim.deliver(index);
    }

    private note(line: string): void {
        this.history.push(`${this.sim.now} ${line}`);
    }

    /** Adds what led to a failure. */
    private async guarded(body: () => Promise<void>): Promise<void> {
        try {
            await body();
        } catch (error) {
            if (error instanceof Error) {
                const starts = this.history.flatMap((line, i) => (/^\d+ {2}/.test(line) ? [] : [i]));
                const recent = this.history.slice(starts[Math.max(0, starts.length - HISTORY)]);
                error.message += `\n\nafter ${this.operations} operations, the last of them:\n${recent.join('\n')}`;
            }
            throw error;
        }
    }

    // ------------------------------------------------------------------ getters

    async check(full: boolean): Promise<void> {
        const { sim } = this;
        sim.checkSupply();
        const { operator, registry, distribution, fees } = sim;
        const concerned = (address: string) => full || sim.touched.has(address);
        if (concerned(registry.operator)) {
            const contract = new PoolOperator(parse(registry.operator));
            const provider = this.provider(registry.operator);
            const { balance } = sim.account(registry.operator);
            const found = await contract.getPoolData(provider);
            compareFields('get_pool_data', found, views.poolData(operator, balance, fees));
            this.solvent(registry.operator, await contract.getSolvency(provider), found.solvency);
            if (full) {
                const proxies = (await contract.getProxyAddresses(provider)).map((p) => p.toRawString());
                same('get_proxies', proxies.sort().join(), [...operator.s.proxies].sort().join());
            }
        }
        if (concerned(operator.registry)) {
            await this.checkRegistry(full);
        }
        if (concerned(operator.distribution)) {
            const contract = new RewardDistribution(parse(operator.distribution));
            const provider = this.provider(operator.distribution);
            const { balance } = sim.account(operator.distribution);
            const found = await contract.getDistributionData(provider);
            const expected = views.distributionData(distribution, balance, fees, sim.now);
            compareFields('get_distribution_data', found, expected);
            this.solvent(operator.distribution, await contract.getSolvency(provider), found.solvency);
            await this.checkRounds(contract, provider, full);
        }
        for (const [address, vault] of sim.vaults) {
            if (concerned(address)) {
                const contract = new ParticipantVault(parse(address));
                const provider = this.provider(address);
                const found = await contract.getVaultData(provider);
                compareFields('get_vault_data', found, views.vaultData(vault, sim.account(address).balance, fees));
                this.solvent(address, await contract.getSolvency(provider), found.solvency);
                const epochs = full ? [-70, -60, -9, -8, -1, 0, 1] : [0];
                for (const epoch of epochs.map((back) => registry.s.epoch.epoch + back).filter((e) => e >= 0)) {
                    const entry = await contract.getEpoch(provider, epoch);
                    compareFields(`get_epoch ${epoch}`, entry, views.vaultEpoch(vault, epoch));
                }
            }
        }
        sim.forget();
    }

    private async checkRegistry(full: boolean): Promise<void> {
        const { registry, operator, fees, now } = this.sim;
        const contract = new ParticipantRegistry(parse(operator.registry));
        const provider = this.provider(operator.registry);
        const { balance } = this.sim.account(operator.registry);
        const found = await contract.getRegistryData(provider);
        compareFields('get_registry_data', found, views.registryData(registry, balance, fees, now));
        this.solvent(operator.registry, await contract.getSolvency(provider), found.solvency);
        compareFields('get_epoch_data', await contract.getEpochData(provider), views.epochData(registry, now));
        for (const [bucket, total] of registry.s.epoch.totals.entries()) {
            same(`get_bucket_total ${bucket}`, await contract.getBucketTotal(provider, bucket), total);
        }
        if (full) {
            const { owner, reporter, arbiter } = registry.s;
            compareFields('get_roles', await contract.getRoles(provider), { owner, reporter, arbiter });
        }
    }

    private async checkRounds(contract: RewardDistribution, provider: ContractProvider, full: boolean): Promise<void> {
        const { distribution, now } = this.sim;
        const { nextRound } = distribution.s;
        const back = full ? [0, 1, 2, 7, 8, 63, 64, 71, 72, 73] : [1, 2];
        for (const round of back.map((b) => nextRound - b).filter((r) => r >= 0)) {
            const found = await contract.getRound(provider, round);
            compareFields(`get_round ${round}`, found, views.roundData(distribution, round));
        }
        if (full) {
            const { raise, changes } = distribution.schedule(now);
            const schedule = await contract.getSchedule(provider);
            same('announced raise', schedule.pendingAt, raise?.at ?? 0);
            same('rate of the raise', raise === null ? 0n : schedule.pendingBps, raise?.bps ?? 0);
            const found = parseChanges(schedule.changes).map(({ at, bps }) => `${at}:${bps}`);
            same('changes', found.join(), changes.map(({ at, bps }) => `${at}:${bps}`).join());
        }
        // What is owed for single rounds is what is owed in all.
        const left = Object.values(distribution.s.rounds).reduce((a, round) => a + round.left, 0n);
        same('unpaid of all rounds', left, distribution.s.unpaid);
    }

    /** Never negative but for the rent that was taken since. */
    private solvent(address: string, found: bigint, inData: bigint): void {
        same(`get_solvency of ${address}`, found, inData);
        if (found + this.sim.debt(address) < 0n) {
            throw new Error(`${address} owes more than it has: get_solvency ${found}`);
        }
    }

    /** Runs getters on the serialised account, without parsing it. */
    private provider(address: string): ContractProvider {
        const { executor, configBase64 } = this.sim.env.blockchain;
        const account = this.sim.account(address);
        if (account.code === undefined || account.data === undefined) {
            throw new Error(`${address} is not active`);
        }
        const [code, data] = [asBag(account.code()), asBag(account.data())];
        return {
            get: async (method: string | number, args: TupleItem[]) => {
                const result = await executor.runGetMethod({
                    code,
                    data,
                    methodId: typeof method === 'string' ? getSelectorForMethod(method) : method,
                    stack: args,
                    config: configBase64,
                    verbosity: 'short',
                    address: parse(address),
                    unixTime: this.sim.now,
                    balance: account.balance,
                    randomSeed: Buffer.alloc(32),
                    gasLimit: 10_000_000n,
                    debugEnabled: false,
                });
                if (!result.output.success || result.output.vm_exit_code > 1) {
                    throw new Error(`${method} of ${address} failed`);
                }
                return { stack: new TupleReader(parseTuple(Cell.fromBase64(result.output.stack))) };
            },
        } as unknown as ContractProvider;
    }
}

/** What the executor needs of a cell is its serialised form. */
function asBag(base64: string): Cell {
    return { toBoc: () => ({ toString: () => base64 }) } as unknown as Cell;
}
