/**
 * `npm run demo:staking`: a prover from his first stake to a slash that is overturned, on the embedded chain, with the same
 * scripts that people use. Needs no network and no key; what it prints is what the scripts say.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { NetworkProvider } from '@ton/blueprint';

import { LocalChain } from '../tools/localnet/engine';
import { createLocalProvider } from '../tools/localnet/provider';
import { TerminalUI } from '../tools/localnet/ui';
import { buildAll } from '../tools/build';
import * as addRewards from './staking/addRewards';
import * as appeal from './staking/appeal';
import * as claimRewards from './staking/claimRewards';
import * as deployStaking from './staking/deployStaking';
import * as initProver from './staking/initProver';
import * as proverStatus from './staking/proverStatus';
import * as slash from './staking/slash';
import * as stake from './staking/stake';
import * as unstake from './staking/unstake';
import * as deployToken from './token/deployToken';

const WEEK = 7 * 86_400;
const PEOPLE = ['admin', 'slasher', 'resolver', 'guardian', 'treasury', 'insurance', 'prover', 'alice', 'bob'];

type Script = { run(provider: NetworkProvider, args: string[]): Promise<void> };

async function main(): Promise<void> {
    await buildAll();
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'staking-demo-'));
    process.env.POOL_DEPLOYMENTS = path.join(dir, 'deployments');
    const chain = await LocalChain.temporary({ now: 1_800_000_000 });
    try {
        for (const name of PEOPLE) await chain.wallet(name);

        /** Runs a script as somebody, shows what it says, and gives its result. */
        const run = async (who: string, script: Script, ...args: string[]): Promise<Record<string, unknown>> => {
            console.log(`\n$ ${who}: ${args.join(' ')}`);
            const lines: string[] = [];
            const ui = new TerminalUI({ interactive: false, write: (line) => lines.push(line) });
            const provider = await createLocalProvider(chain, who, { ui });
            await script.run(provider, [...args.slice(1), '--yes', '--json']);
            const result = JSON.parse(lines[lines.length - 1]) as Record<string, unknown>;
            const {
                ok: _ok,
                script: _script,
                network: _network,
                dryRun: _dry,
                messages: _messages,
                netFees: _fees,
                ...facts
            } = result;
            for (const [name, value] of Object.entries(facts)) console.log(`  ${name}: ${JSON.stringify(value)}`);
            return result;
        };

        const list = path.join(dir, 'genesis.csv');
        fs.writeFileSync(list, 'owner,amount\nprover,50000\nalice,10000\nbob,10000\n');
        const named = ['--name', 'Stake', '--symbol', 'STK', '--minter', 'admin', '--genesis', list];
        await run('admin', deployToken, 'deployToken', ...named);
        const file = path.join(dir, 'deployments', 'local', 'token.json');
        const token = (JSON.parse(fs.readFileSync(file, 'utf8')) as { minter: { raw: string } }).minter.raw;
        const roles = ['slasher', 'resolver', 'guardian', 'treasury', 'insurance'].flatMap((r) => [`--${r}`, r]);
        await run('admin', deployStaking, 'deployStaking', '--token', token, ...roles);
        const opened = await run('prover', initProver, 'initProver', '1000', '10');
        const [staking, rewards] = [String(opened.staking), String(opened.rewards)];
        await run('prover', stake, 'stake', staking, '9000');
        await run('alice', stake, 'stake', staking, '1000');
        await run('bob', addRewards, 'addRewards', rewards, '100000000000');
        await run('bob', claimRewards, 'claimRewards', rewards, '--staker', 'alice');
        await run('alice', unstake, 'unstake', 'request', staking, '--amount', '400');
        await run('slasher', slash, 'slash', 'strike', staking, '--percent', '10');
        await run('alice', appeal, 'appeal', 'raise', staking, '1');
        await run('resolver', slash, 'slash', 'overturn', staking, '--seq', '1');
        await run('bob', appeal, 'appeal', 'claim', staking, '1', '--staker', 'alice');
        await chain.advance(WEEK);
        await run('bob', unstake, 'unstake', 'complete', staking, '--staker', 'alice');
        const end = await run('alice', proverStatus, 'proverStatus', staking);

        // 1,000 of Alice's shares, 400 of them unstaked: 360 tokens after the slash, and 100 when it was overturned.
        const wanted = { active: '600000000000', pending: '0', solvency: '0' };
        for (const [name, value] of Object.entries(wanted)) {
            if (end[name] !== value) throw new Error(`${name} is ${String(end[name])}, not ${value}`);
        }
        console.log('\nEverything is where it should be.');
    } finally {
        await chain.close();
        fs.rmSync(dir, { recursive: true, force: true });
    }
}

if (require.main === module) {
    main().catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
    });
}
