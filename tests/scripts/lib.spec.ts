import { Address, beginCell, Cell, contractAddress, Dictionary, internal, SendMode, toNano } from '@ton/core';

import { parseArgs } from '../../scripts/lib/args';
import { transactions } from '../../scripts/lib/chain';
import { csvLine, CsvError, parseCsv, parseFleetCsv, parseMetricsCsv } from '../../scripts/lib/csv';
import { fieldLines } from '../../scripts/lib/decode';
import { UsageError } from '../../scripts/lib/errors';
import { duration, parsePercent, parseSeconds, parseTime, parseTon } from '../../scripts/lib/format';
import { walletFees } from '../../scripts/lib/wallet-fees';
import { minterInit, offchainMetadata } from '../../wrappers/token';
import { LocalChain } from '../../tools/localnet/engine';
import { createLocalProvider } from '../../tools/localnet/provider';
import { START, World } from './support';

describe('amounts, percentages and times', () => {
    it('reads TON to the nano and nothing else', () => {
        expect(parseTon('0.000000001')).toBe(1n);
        expect(parseTon('123456789012.123456789')).toBe(123456789012123456789n);
        for (const text of ['', '-1', '+1', '1e3', '1,5', '.5', '1.', '1.0000000001', '0x10', 'NaN']) {
            expect(() => parseTon(text)).toThrow(UsageError);
        }
    });

    it('reads percentages, durations and dates', () => {
        expect(['12', '12.5', '12.05%', '7 %'].map((t) => parsePercent(t))).toEqual([1200, 1250, 1205, 700]);
        expect(() => parsePercent('12.345')).toThrow(UsageError);
        expect(['90', '1d12h', '7d', '2w'].map((t) => parseSeconds(t))).toEqual([90, 129600, 604800, 1209600]);
        expect(() => parseSeconds('7 days')).toThrow(UsageError);
        expect(duration(90061)).toBe('1d 1h');
        expect(parseTime('2026-01-31', 'from')).toBe(Date.UTC(2026, 0, 31) / 1000);
        expect(() => parseTime('31.01.2026', 'from')).toThrow(UsageError);
    });
});

describe('arguments', () => {
    const spec = { name: 's', about: '', positionals: { who: 'w' }, flags: { n: { value: 'x', about: '' } } };

    it('takes --name value, --name=value, name=value and positional ones', () => {
        for (const argv of [
            ['me', '--n', '1', '--yes'],
            ['--n=1', 'me', '--yes'],
            ['n=1', 'yes=true', 'who=me'],
        ]) {
            const args = parseArgs(spec, argv);
            expect([args.get('who'), args.get('n'), args.has('yes'), args.has('json')]).toEqual([
                'me',
                '1',
                true,
                false,
            ]);
        }
        expect(parseArgs(spec, ['yes=false']).has('yes')).toBe(false);
    });

    it.each([
        [['--nn', '1']],
        [['--n']],
        [['--n', '--yes']],
        [['a', 'b']],
        [['--n', '1', '--n', '2']],
        [['--yes=maybe']],
    ])('refuses %j', (argv) => {
        expect(() => parseArgs(spec, argv)).toThrow(UsageError);
    });

    it('falls back to the environment', () => {
        process.env.POOL_ADDRESS = 'EQ';
        expect(parseArgs(spec, []).get('pool')).toBe('EQ');
        expect(parseArgs(spec, ['--pool', 'kQ']).get('pool')).toBe('kQ');
        delete process.env.POOL_ADDRESS;
        expect(parseArgs(spec, []).get('pool')).toBeUndefined();
    });
});

describe('csv', () => {
    it('reads quotes, comments, empty lines, a byte order mark and Windows line ends', () => {
        const text = '\uFEFFA,b\r\n# comment\r\n\r\n"x,""y""\nz", 2 \r\n';
        expect(parseCsv(text, ['a', 'b'])).toEqual([{ line: 4, fields: { a: 'x,"y"\nz', b: '2' } }]);
        expect(csvLine(['x,"y"', 1, 2n])).toBe('"x,""y""",1,2');
    });

    it.each([
        ['', /the file is empty/],
        ['a,c\n1,2', /column b is missing/],
        ['a,b,a\n1,2,3', /twice/],
        ['a,b\n1\n1,2,3', /csv:2: 1 fields.*\ncsv:3: 3 fields/],
        ['a,b\n"1,2', /csv:2: a quoted field is not closed/],
    ])('refuses %j', (text, message) => {
        expect(() => parseCsv(text, ['a', 'b'])).toThrow(message);
    });

    it('does not take a mistyped address for a name', async () => {
        const resolve = jest.fn(() => undefined);
        const text = `participant,seconds,gpu,uptime_bps,outages\n0:${'a'.repeat(63)},1,1,1,1`;
        await expect(parseMetricsCsv(text, resolve)).rejects.toThrow(CsvError);
        expect(resolve).not.toHaveBeenCalled();
    });

    it('reads fleets', () => {
        const rows = parseFleetCsv('name,stake_ton,gpus,gpu_score,region\nalice,20.5,8,1000,eu');
        expect(rows).toMatchObject([
            { name: 'alice', stakeTon: '20.5', gpus: 8, gpuScore: 1000, fields: { region: 'eu' } },
        ]);
        expect(() => parseFleetCsv('name,stake_ton,gpus,gpu_score\na,1e3,x,1')).toThrow(
            /csv:2: stake_ton[\s\S]*csv:2: gpus/,
        );
    });
});

describe('transactions', () => {
    it('pages through all of them, each once', async () => {
        const world = await World.create();
        const provider = await createLocalProvider(world.chain, 'alice');
        const bob = await world.address('bob');
        for (let i = 0; i < 70; i++) {
            await world.chain.faucet(bob, toNano('1'));
        }
        const seen = new Set<bigint>();
        let count = 0;
        for await (const tx of transactions(provider, bob)) {
            seen.add(tx.lt);
            count++;
        }
        expect(seen.size).toBe(count);
        expect(count).toBe(world.chain.transactions(bob, 1000).length);
        expect(count).toBeGreaterThan(60);
        await world.close();
    });
});

describe('what is shown before it is signed', () => {
    it('reads maps, structs and cells of a message', () => {
        const cell = beginCell().storeUint(7, 8).endCell();
        const account = new Address(0, Buffer.alloc(32, 5));
        const map = Dictionary.empty(Dictionary.Keys.Uint(8), Dictionary.Values.Address()).set(1, account);
        const fields = {
            $$type: 'Something',
            queryId: 5n,
            sum: 12n,
            open: true,
            nobody: null,
            cell,
            slice: cell.beginParse(),
            map,
            empty: Dictionary.empty(Dictionary.Keys.Uint(8), Dictionary.Values.Address()),
            inner: { $$type: 'Inner', to: account, text: 'x' },
        };
        const hash = cell.hash().toString('hex');
        expect(fieldLines(fields, () => 'alice')).toEqual([
            'sum: 12',
            'open: true',
            'nobody: none',
            `cell: cell ${hash}`,
            `slice: cell ${hash}`,
            'map: { 1: alice }',
            'empty: {  }',
            'inner: { to: alice, text: x }',
        ]);
    });

    it.each(['v4r2', 'v5r1'] as const)('says what a wallet %s takes for itself, and not much more', async (version) => {
        const chain = await LocalChain.temporary({ now: START, walletVersion: version });
        const sender = await chain.wallet('alice');
        const init = await minterInit({ admin: sender.address, content: offchainMetadata('x') });
        const to = contractAddress(0, init);
        const whole = { to, value: toNano('1'), bounce: false, body: Cell.EMPTY };
        for (const message of [whole, { ...whole, init }]) {
            const before = (await chain.account(sender.address)).balance;
            await sender.transfer([internal(message)], SendMode.PAY_GAS_SEPARATELY);
            const taken = before - (await chain.account(sender.address)).balance - message.value;
            const estimate = walletFees(message);
            expect(estimate).toBeGreaterThanOrEqual(taken);
            expect(estimate).toBeLessThan(taken + toNano('0.003'));
        }
        await chain.close();
    });
});
