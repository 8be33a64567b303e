/** Shared by the specs of the scripts: a local chain with a manual clock, and runs of scripts as somebody. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Address, beginCell, internal, SendMode } from '@ton/core';
import type { NetworkProvider } from '@ton/blueprint';

import { LocalChain } from '../../tools/localnet/engine';
import { createLocalProvider, LocalNetworkProvider } from '../../tools/localnet/provider';
import { TerminalUI } from '../../tools/localnet/ui';
import { sharedExecutor } from '../support/shared-executor';
import { Exit, ScriptError } from '../../scripts/lib/errors';
import { CocoonOp } from '../../wrappers/cocoon';
import { ParticipantRegistry, ParticipantVault, PoolOperator, RewardDistribution } from '../../wrappers/pool';

export const START = 1_800_000_000;
export const DAY = 86_400;

export type Script = { run(provider: NetworkProvider, args: string[]): Promise<void> };

export type Run = {
    lines: string[];
    /** The last line, parsed: only with --json. */
    json: Record<string, unknown>;
    error?: ScriptError;
    /** Messages the wallet sent. */
    sent: number;
};

export class World {
    private constructor(
        readonly chain: LocalChain,
        readonly dir: string,
    ) {}

    static async create(): Promise<World> {
        const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pool-scripts-'));
        process.env.POOL_DEPLOYMENTS = path.join(dir, 'deployments');
        return new World(await LocalChain.temporary({ now: START, executor: await sharedExecutor() }), dir);
    }

    async close(): Promise<void> {
        await this.chain.close();
        fs.rmSync(this.dir, { recursive: true, force: true });
        delete process.env.POOL_DEPLOYMENTS;
    }

    get manifest(): string {
        return path.join(this.dir, 'deployments', 'local', 'pool.json');
    }

    file(name: string, text: string): string {
        const file = path.join(this.dir, name);
        fs.writeFileSync(file, text);
        return file;
    }

    async address(name: string): Promise<Address> {
        return (await this.chain.wallet(name)).address;
    }

    async names(...names: string[]): Promise<void> {
        for (const name of names) {
            await this.chain.wallet(name);
        }
    }

    /** Runs a script as somebody; errors that scripts foresee are part of the result. `failAfter` cuts the wallet off. */
    async run(who: string, script: Script, args: string[], failAfter = Infinity): Promise<Run> {
        const lines: string[] = [];
        const ui = new TerminalUI({ interactive: false, write: (line) => lines.push(line) });
        const provider: LocalNetworkProvider = await createLocalProvider(this.chain, who, { ui });
        const sender = provider.sender();
        const send = sender.send.bind(sender);
        let sent = 0;
        sender.send = async (message) => {
            if (sent >= failAfter) {
                throw new Error('connection lost');
            }
            sent++;
            await send(message);
        };
        const result: Run = { lines, json: {}, sent: 0 };
        try {
            await script.run(provider, args);
        } catch (e) {
            if (!(e instanceof ScriptError)) {
                throw e;
            }
            result.error = e;
        }
        result.sent = sent;
        if (args.includes('--json')) {
            result.json = JSON.parse(lines[lines.length - 1]) as Record<string, unknown>;
        }
        return result;
    }

    /** Runs a script that must succeed, answering yes to everything. */
    async does(who: string, script: Script, args: string[]): Promise<Run> {
        const run = await this.run(who, script, [...args, '--yes', '--json']);
        expect([args, run.error?.message]).toEqual([args, undefined]);
        return run;
    }

    /** What a script that must succeed prints with --json. */
    async ok(who: string, script: Script, args: string[]): Promise<Record<string, unknown>> {
        return (await this.does(who, script, args)).json;
    }

    /** Runs a script that must refuse before it sends anything. */
    async refused(who: string, script: Script, args: string[], why: RegExp, exit: number = Exit.refused) {
        const run = await this.run(who, script, [...args, '--yes']);
        expect(run.error?.message).toMatch(why);
        expect([run.error?.exitCode, run.sent]).toEqual([exit, 0]);
    }

    // ------------------------------------------------------------------ the pool of the manifest

    get poolAddress(): Address {
        const manifest = JSON.parse(fs.readFileSync(this.manifest, 'utf8')) as { operator: { raw: string } };
        return Address.parse(manifest.operator.raw);
    }

    get operator() {
        return this.chain.open(PoolOperator.createFromAddress(this.poolAddress));
    }

    async registry() {
        const { registry } = await this.operator.getPoolData();
        return this.chain.open(ParticipantRegistry.createFromAddress(registry));
    }

    async distribution() {
        const { distribution } = await this.operator.getPoolData();
        return this.chain.open(RewardDistribution.createFromAddress(distribution));
    }

    async vault(name: string) {
        const address = await (await this.registry()).getVaultAddress(await this.address(name));
        return this.chain.open(ParticipantVault.createFromAddress(address));
    }

    /** A Cocoon payout from `proxy` to somebody's vault. */
    async payVault(name: string, value: bigint, proxy = 'proxy'): Promise<void> {
        const wallet = await this.chain.wallet(proxy);
        const body = beginCell().storeUint(CocoonOp.payout, 32).storeUint(1, 64).endCell();
        const to = (await this.vault(name)).address;
        await wallet.transfer([internal({ to, value, body, bounce: true })], SendMode.PAY_GAS_SEPARATELY);
    }

    async advanceTo(time: bigint | number): Promise<void> {
        const by = Number(time) - this.chain.now;
        if (by > 0) {
            await this.chain.advance(by);
        }
    }

    async transactions(): Promise<number> {
        return this.chain.counts().transactions;
    }
}

export const ROLES = ['operator', 'reporter', 'guardian', 'arbiter', 'recovery', 'proxy'];

/** Arguments of a small pool whose roles are wallets of those names. */
export const DEPLOY = [
    ...['--reporter', 'reporter', '--guardian', 'guardian', '--arbiter', 'arbiter', '--recovery', 'recovery'],
    ...['--epoch', '1d', '--proxy', 'proxy', '--gpu-ceiling', '1000000', '--yes'],
];
