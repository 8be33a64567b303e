/** `npm run localnet`: serves the chain in a folder over HTTP until it is told to stop. */
import { parseArgs } from 'node:util';
import { fromNano } from '@ton/core';
import { LocalChain } from './engine';
import { LocalnetError } from './errors';
import { CHAIN_OPTIONS, CHAIN_OPTIONS_HELP, chainOptions, DEFAULT_DIR, reportError } from './options';
import { LocalServer } from './server';

const DEFAULT_PORT = '8081';
const IMPATIENT_MS = 1_000;
const DEFAULT_WALLETS = 'operator,alice,keeper';

const HELP = `Usage: npm run localnet -- [options]

  --port <port>           loopback port (default: ${DEFAULT_PORT}; 0 takes a free one)
  --dir <folder>          where the chain lives (default: ${DEFAULT_DIR}); --chain means the same
  --wallets <a,b,...>     named wallets to fund and show (default: ${DEFAULT_WALLETS})
${CHAIN_OPTIONS_HELP}`;

async function describe(chain: LocalChain, server: LocalServer, names: string[]) {
    console.log(`Chain ${chain.dir}: block ${chain.seqno}, time ${new Date(chain.now * 1000).toISOString()}`);
    for (const name of names) {
        const w = await chain.wallet(name);
        const balance = fromNano((await chain.account(w.address)).balance);
        console.log(`\n${name}: ${w.address.toString({ bounceable: false, testOnly: true })}, ${balance} TON`);
        console.log(`  WALLET_VERSION=${w.version} WALLET_MNEMONIC="${w.mnemonic}"`);
    }
    console.log('\nRun a script with the two variables above set:');
    console.log(
        `  npx blueprint run <script> --custom ${server.endpoint} --custom-version v2 --custom-type testnet --mnemonic`,
    );
    // last, so that whoever waits for it may start sending
    console.log(`\nlistening on ${server.url}`);
}

export async function main(argv: string[]): Promise<void> {
    const { values } = parseArgs({
        args: argv,
        options: {
            port: { type: 'string', default: DEFAULT_PORT },
            dir: { type: 'string' },
            chain: { type: 'string' },
            wallets: { type: 'string', default: DEFAULT_WALLETS },
            help: { type: 'boolean', short: 'h', default: false },
            ...CHAIN_OPTIONS,
        },
    });
    if (values.help) return console.log(HELP);
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65535) throw new LocalnetError('--port must be from 0 to 65535');
    const chain = await LocalChain.open(values.dir ?? values.chain ?? DEFAULT_DIR, chainOptions(values));
    let server: LocalServer;
    try {
        server = await LocalServer.listen(chain, port);
    } catch (e) {
        await chain.close();
        const busy = (e as NodeJS.ErrnoException).code === 'EADDRINUSE';
        throw busy ? new LocalnetError(`Port ${port} is taken; choose another with --port`) : e;
    }
    let stopping = 0;
    const stop = async (signal: string) => {
        if (stopping > 0) {
            // npm passes on the signal that the terminal has sent already; only a later one means impatience,
            // and as everything acknowledged is on disk, leaving at once is safe
            if (Date.now() - stopping > IMPATIENT_MS) process.exit(1);
            return;
        }
        stopping = Date.now();
        console.log(`${signal}: stopping`);
        await server.close();
        await chain.close();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => {
            stop(signal).catch((e) => {
                reportError(e);
                process.exitCode = 1;
            });
        });
    }
    const names = values.wallets.split(',').map((n) => n.trim());
    try {
        await describe(
            chain,
            server,
            names.filter((n) => n !== ''),
        );
    } catch (e) {
        if (stopping > 0) return; // the chain was closed under it, as asked
        await server.close();
        await chain.close();
        throw e;
    }
}

if (require.main === module) {
    main(process.argv.slice(2)).catch((e) => {
        reportError(e);
        process.exitCode = 1;
    });
}
