/** `npm run local`: runs Blueprint scripts and small chores on the chain in a folder, in this process. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { Address, fromNano, toNano } from '@ton/core';
import { parseDuration } from './clock';
import { LocalChain } from './engine';
import { LocalnetError } from './errors';
import { CHAIN_OPTIONS, CHAIN_OPTIONS_HELP, chainOptions, DEFAULT_DIR, reportError } from './options';
import { createLocalProvider } from './provider';
import { findScript, findScripts, runScript } from './scripts';
import { Store } from './store';

const HELP = `Usage: npm run local -- <script> [arguments]     run a script of scripts/ (as "blueprint run" names it)
       npm run local -- run <script> [arguments] the same, for a script named like one of the commands below
       npm run local -- list                     the scripts there are
       npm run local -- status                   block number, time, counts
       npm run local -- clock                    chain time
       npm run local -- clock advance <7d>       move the clock forward (s, m, h, d, w)
       npm run local -- wallets [name ...]       addresses and balances; names are created when first used
       npm run local -- faucet <address|wallet> <ton>
       npm run local -- reset                    delete the chain

Options:
  --wallet <name>         who sends (default: operator)
  --chain <folder>        where the chain lives (default: ${DEFAULT_DIR})
  --advance <7d>          move the clock before the script runs
  --mnemonics             show the words of the wallets too
${CHAIN_OPTIONS_HELP}
Arguments of a script that begin with "-" go after a "--".`;

type Values = {
    wallet: string;
    chain: string;
    advance?: string;
    mnemonics: boolean;
    config?: string;
    now?: string;
    'wallet-version'?: string;
};

type Command = (chain: LocalChain, args: string[], values: Values) => Promise<void>;

const time = (unix: number) => `${unix} (${new Date(unix * 1000).toISOString()})`;

function expectArguments(args: string[], min: number, max: number, usage: string) {
    if (args.length < min || args.length > max) throw new LocalnetError(`Usage: npm run local -- ${usage}`);
}

async function script(chain: LocalChain, args: string[], values: Values) {
    expectArguments(args, 1, Infinity, 'run <script> [arguments]');
    const found = findScript(path.resolve('scripts'), args[0]);
    const provider = await createLocalProvider(chain, values.wallet);
    await runScript(found, provider, args.slice(1));
}

async function clock(chain: LocalChain, args: string[]) {
    expectArguments(args, 0, 2, 'clock [advance <duration>]');
    if (args.length > 0) {
        if (args[0] !== 'advance' || args.length !== 2) throw new LocalnetError('Usage: clock advance <duration>');
        await chain.advance(parseDuration(args[1]));
    }
    console.log(`Chain time ${time(chain.now)}, wall clock ${time(chain.wallNow)}`);
}

async function wallets(chain: LocalChain, args: string[], values: Values) {
    const names = args.length > 0 ? args : chain.walletNames();
    if (names.length === 0) console.log('No wallet was used yet. Give names to create some.');
    for (const name of names) {
        const w = await chain.wallet(name);
        const balance = fromNano((await chain.account(w.address)).balance);
        const address = w.address.toString({ bounceable: false, testOnly: true });
        console.log(`${name.padEnd(12)} ${w.version}  ${address}  ${balance} TON`);
        if (values.mnemonics) console.log(`  ${w.mnemonic}`);
    }
}

async function faucet(chain: LocalChain, args: string[]) {
    expectArguments(args, 2, 2, 'faucet <address|wallet> <ton>');
    let value: bigint;
    try {
        value = toNano(args[1]);
    } catch {
        throw new LocalnetError(`"${args[1]}" is not an amount in TON`);
    }
    let to: Address;
    try {
        to = Address.parse(args[0]);
    } catch {
        to = (await chain.wallet(args[0])).address;
    }
    await chain.faucet(to, value);
    console.log(`${to.toString()} has ${fromNano((await chain.account(to)).balance)} TON`);
}

async function status(chain: LocalChain) {
    const c = chain.counts();
    console.log(`Folder        ${chain.dir}`);
    console.log(`Chain time    ${time(c.now)}`);
    console.log(`Blocks        ${c.seqno}`);
    console.log(`Transactions  ${c.transactions}`);
    console.log(`Accounts      ${c.accounts}`);
    console.log(`Logical time  ${c.lt}`);
    if (c.droppedBytes > 0)
        console.log(`Dropped       ${c.droppedBytes} bytes of a message that was never acknowledged`);
}

/** As dotenv does: what is set already wins. */
function loadEnvironment(file: string) {
    for (const [name, value] of Object.entries(parseEnv(fs.readFileSync(file, 'utf8')))) process.env[name] ??= value;
}

const COMMANDS: Record<string, Command> = { run: script, clock, wallets, faucet, status };

export async function main(argv: string[]): Promise<void> {
    const { values, positionals } = parseArgs({
        args: argv,
        allowPositionals: true,
        options: {
            wallet: { type: 'string', default: 'operator' },
            chain: { type: 'string', default: DEFAULT_DIR },
            advance: { type: 'string' },
            mnemonics: { type: 'boolean', default: false },
            help: { type: 'boolean', short: 'h', default: false },
            ...CHAIN_OPTIONS,
        },
    });
    const [name, ...args] = positionals;
    if (values.help || name === undefined) return console.log(HELP);
    if (name === 'list') return findScripts(path.resolve('scripts')).forEach((s) => console.log(s.name));
    if (name === 'reset') {
        Store.remove(values.chain);
        return console.log(`The chain in ${values.chain} is gone`);
    }
    // a misspelt script must not create a chain
    const isCommand = Object.hasOwn(COMMANDS, name);
    if (!isCommand) findScript(path.resolve('scripts'), name);
    // blueprint reads this file too
    if (fs.existsSync('.env')) loadEnvironment('.env');
    const chain = await LocalChain.open(values.chain, chainOptions(values));
    try {
        if (values.advance !== undefined) await chain.advance(parseDuration(values.advance));
        await (isCommand ? COMMANDS[name](chain, args, values) : script(chain, positionals, values));
    } finally {
        await chain.close();
    }
}

if (require.main === module) {
    main(process.argv.slice(2)).catch((e) => {
        reportError(e);
        process.exitCode = 1;
    });
}
