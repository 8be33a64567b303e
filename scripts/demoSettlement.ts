/**
 * `npm run demo:settlement`: on the embedded chain, with the same scripts that people use. A consumer streams 10,000 tokens
 * from a provider through a payment channel, in 1,000 vouchers and one claim. Beside it a day of his other usage is recorded,
 * a Merkle batch of 10,000 receipts every hour, settled, confirmed and paid out; at the end it says what a million receipts
 * cost. Needs no network and no key.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Address } from '@ton/core';
import type { NetworkProvider } from '@ton/blueprint';

import { LocalChain } from '../tools/localnet/engine';
import { createLocalProvider } from '../tools/localnet/provider';
import { TerminalUI } from '../tools/localnet/ui';
import { buildAll } from '../tools/build';
import {
    ConsumerChannel,
    MAIN_NETWORK,
    PaymentChannel,
    ProviderChannel,
    signerFromSeed,
    VoucherStore,
} from '../wrappers/settlement/channel';
import { ton } from './lib/format';
import * as claimChannel from './settlement/claimChannel';
import * as deploySettlement from './settlement/deploySettlement';
import * as depositSettlement from './settlement/depositSettlement';
import * as openChannel from './settlement/openChannel';
import * as recordUsage from './settlement/recordUsage';
import * as settleUsage from './settlement/settleUsage';
import * as usageReport from './settlement/usageReport';
import * as withdrawEarnings from './settlement/withdrawEarnings';

const HOUR = 3600;
const HOURS = 24;
/** Midnight of a day: all of its hours are one day of the totals. */
const START = 1_800_057_600;
const RECEIPTS = 10_000;
const RECEIPT_TOKENS = 1000n;
/** Nanoton of a receipt. */
const RECEIPT_AMOUNT = 50_000n;

/** The stream: vouchers for 10 tokens each, at 1 TON for 1,000 tokens. */
const STREAM_TOKENS = 10_000n;
const INCREMENT = 10n;
const PRICE = { amount: 1_000_000_000n, tokens: 1000n };

const PEOPLE = [
    ...['owner', 'recorder', 'settler', 'resolver', 'guardian'],
    ...['operations', 'validators', 'treasury', 'consumer', 'provider'],
];

type Script = { run(provider: NetworkProvider, args: string[]): Promise<void> };

/** One hour of receipts, as recorders keep them. */
function hourCsv(hour: number, consumer: Address, provider: Address): string {
    const lines = ['consumer,provider,model,prompt_tokens,completion_tokens,amount,time,nonce'];
    const parties = `${consumer.toRawString()},${provider.toRawString()}`;
    for (let i = 0; i < RECEIPTS; i++) {
        const prompt = 100 + (i % 500);
        const time = START + hour * HOUR + 60 + Math.floor((i * 3400) / RECEIPTS);
        const nonce = hour * RECEIPTS + i + 1;
        lines.push(
            `${parties},demo-model,${prompt},${RECEIPT_TOKENS - BigInt(prompt)},${RECEIPT_AMOUNT},${time},${nonce}`,
        );
    }
    return lines.join('\n');
}

function check(what: string, is: unknown, wanted: unknown): void {
    if (String(is) !== String(wanted)) {
        throw new Error(`${what} is ${String(is)}, not ${String(wanted)}`);
    }
}

async function main(): Promise<void> {
    await buildAll();
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'settlement-demo-'));
    process.env.POOL_DEPLOYMENTS = path.join(dir, 'deployments');
    const chain = await LocalChain.temporary({ now: START });
    try {
        for (const name of PEOPLE) await chain.wallet(name);
        const consumer = (await chain.wallet('consumer')).address;
        const provider = (await chain.wallet('provider')).address;

        /** Runs a script as somebody, shows what it says, and gives its result. */
        const run = async (who: string, script: Script, ...args: string[]): Promise<Record<string, unknown>> => {
            console.log(`\n$ ${who}: ${args.map((arg) => (arg.startsWith(dir) ? path.basename(arg) : arg)).join(' ')}`);
            const lines: string[] = [];
            const ui = new TerminalUI({ interactive: false, write: (line) => lines.push(line) });
            const local = await createLocalProvider(chain, who, { ui });
            await script.run(local, [...args.slice(1), '--yes', '--json']);
            const result = JSON.parse(lines[lines.length - 1]) as Record<string, unknown>;
            const hidden = ['ok', 'script', 'network', 'dryRun', 'messages', 'manifest', 'voucher'];
            for (const [name, value] of Object.entries(result)) {
                if (!hidden.includes(name)) console.log(`  ${name}: ${JSON.stringify(value)}`);
            }
            return result;
        };

        const roles = ['settler', 'resolver', 'guardian', 'operations', 'validators', 'treasury'];
        const named = [...roles.flatMap((role) => [`--${role}`, role]), '--recorders', 'recorder'];
        await run('owner', deploySettlement, 'deploySettlement', ...named);
        await run('consumer', depositSettlement, 'depositSettlement', '100');

        console.log('\n--- A stream through a payment channel');
        const signers = {
            consumer: signerFromSeed(Buffer.alloc(32, 1)),
            provider: signerFromSeed(Buffer.alloc(32, 2)),
        };
        const key = path.join(dir, 'consumer.key');
        fs.writeFileSync(key, Buffer.alloc(32, 1).toString('hex'));
        const providerKey = signers.provider.publicKey.toString('hex');
        const parties = ['--provider', 'provider', '--provider-key', providerKey, '--key', key];
        const opened = await run('consumer', openChannel, 'openChannel', '12', ...parties);
        const channel = Address.parse(String(opened.channel));
        const contract = chain.open(PaymentChannel.createFromAddress(channel));
        const data = await contract.getChannelData();
        const common = { networkId: MAIN_NETWORK, channel, data, price: PRICE };
        const stores = { mine: path.join(dir, 'consumer.json'), his: path.join(dir, 'provider.json') };
        const payer = new ConsumerChannel(
            { ...common, store: new VoucherStore(stores.mine) },
            signers.consumer,
            INCREMENT,
            'demo-model',
        );
        const server = new ProviderChannel(
            { ...common, store: new VoucherStore(stores.his) },
            INCREMENT,
            () => chain.now,
        );
        const began = process.hrtime.bigint();
        let vouchers = 0;
        while (server.tokens < STREAM_TOKENS) {
            server.serve(INCREMENT); // throws when the last increment is not paid for
            const voucher = payer.receive(INCREMENT);
            check('the answer to a voucher', voucher && server.accept(voucher), undefined);
            vouchers++;
        }
        const seconds = Number(process.hrtime.bigint() - began) / 1e9;
        console.log(
            `\n${server.tokens} tokens in ${vouchers} vouchers, each signed, checked and stored by both: ${seconds.toFixed(1)} s`,
        );
        check('vouchers', vouchers, 1000);
        const claimed = await run('provider', claimChannel, 'claimChannel', '--voucher', stores.his);
        const claim = (STREAM_TOKENS * PRICE.amount) / PRICE.tokens;
        check('the claim', (await contract.getChannelData()).claimed, claim);

        console.log('\n--- A day of usage in Merkle batches');
        const fees = { record: 0n, first: 0n };
        const files: string[] = [];
        for (let hour = 0; hour < HOURS; hour++) {
            const file = path.join(dir, `usage-${hour}.csv`);
            const out = path.join(dir, `settle-${hour}.csv`);
            fs.writeFileSync(file, hourCsv(hour, consumer, provider));
            await chain.advance(START + (hour + 1) * HOUR - 30 - chain.now);
            const args = ['recordUsage', file, '--merkle', '--out', out];
            const recorded = await run('recorder', recordUsage, ...args);
            check('records of an hour', recorded.recorded, 1);
            // The first one also pays five years of rent for the ledger.
            if (hour === 0) fees.first = BigInt(String(recorded.netFees));
            else fees.record += BigInt(String(recorded.netFees));
            files.push(out);
        }
        const day = path.join(dir, 'settle.csv');
        const [header] = fs.readFileSync(files[0], 'utf8').split('\n');
        const records = files.map((file) => fs.readFileSync(file, 'utf8').trim().split('\n').slice(1));
        fs.writeFileSync(day, [header, ...records.flat()].join('\n'));
        const settled = await run('settler', settleUsage, 'settleUsage', day);
        check('settled batches', settled.settled, HOURS);
        const count = BigInt(HOURS * RECEIPTS);
        const report = await run('consumer', usageReport, 'usageReport', '--consumer', 'consumer');
        check('tokens of the day', report.tokens, count * RECEIPT_TOKENS);
        check('amount of the day', report.amount, count * RECEIPT_AMOUNT);

        await chain.advance(72 * HOUR);
        const before = await chain.provider(provider).getState();
        const paid = await run('provider', withdrawEarnings, 'withdrawEarnings', '--consumer', 'consumer');
        const earned = BigInt(String(paid.due));
        check('what was due', earned, count * RECEIPT_AMOUNT);
        const gain = (await chain.provider(provider).getState()).balance - before.balance;
        // 80 % of it, less what the provider paid for the confirmation, his account's rent and the way.
        if (gain < (earned * 8n) / 10n - 1_500_000_000n || gain >= (earned * 8n) / 10n) {
            throw new Error(`the provider has ${ton(gain)} of ${ton(earned)}`);
        }

        const million = (fee: bigint, of: bigint) => ton((fee * 1_000_000n) / of);
        const each = fees.record / BigInt(HOURS - 1);
        const settling = BigInt(String(settled.netFees));
        console.log(`
${count} receipts of ${RECEIPT_TOKENS} tokens, worth ${ton(earned)}; fees, rent of what is stored included:
  a batch of ${RECEIPTS} receipts recorded   ${ton(each)} (the first, with a new ledger: ${ton(fees.first)})
  ${HOURS} batches settled in one message     ${ton(settling)}
  one claim for ${vouchers} vouchers         ${ton(BigInt(String(claimed.netFees)) + claim)}
Cost of a million receipts: ${million(each, BigInt(RECEIPTS))} to record, ${million(settling, count)} to settle, together ${ton(
            (each * 1_000_000n) / BigInt(RECEIPTS) + (settling * 1_000_000n) / count,
        )}.`);
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
