/** The scripts of the emission, on a local chain: what they print, what they refuse, and that a second run does no harm. */
import { Dictionary, internal, SendMode, toNano } from '@ton/core';

import { EmissionTestMinter, storeSetMode } from '../../build/EmissionTestMinter/EmissionTestMinter_EmissionTestMinter';
import * as emit from '../../scripts/emit';
import * as mintSchedule from '../../scripts/mintSchedule';
import * as recordUsage from '../../scripts/recordUsage';
import * as setModelRate from '../../scripts/setModelRate';
import { budgetOf, EmissionController, UsageGuard, YEAR_TABLE } from '../../wrappers/token';
import { DAY, START, World } from '../scripts/support';
import { cellOf } from '../support/pool/transactions';

const UNIT = 1_000_000_000n;
const TABLE = YEAR_TABLE.map((amount) => amount * UNIT);
const HEADER = 'consumer,provider,model,prompt_tokens,completion_tokens,amount,time,nonce';

describe('scripts of the emission', () => {
    let world: World;
    let controller: string[];
    let contract: EmissionController;

    beforeEach(async () => {
        world = await World.create();
        await world.names('owner', 'keeper', 'recorder', 'rewards', 'stakers', 'treasury', 'alice', 'bob', 'carol');
        const ledger = Dictionary.empty(Dictionary.Keys.Address(), Dictionary.Values.BigVarUint(4));
        const owner = await world.chain.wallet('owner');
        // The double takes mints from whoever told it so: here from nobody, so they come back and are owed.
        const minter = await EmissionTestMinter.fromInit(owner.address, 0n, 0n, ledger);
        contract = await EmissionController.createFromConfig({
            minter: minter.address,
            owner: owner.address,
            rateKeeper: await world.address('keeper'),
            guardian: owner.address,
            recorders: [await world.address('recorder')],
            recipients: [
                { address: await world.address('rewards'), bps: 7000 },
                { address: await world.address('stakers'), bps: 3000 },
            ],
            treasury: await world.address('treasury'),
            liquidity: await world.address('treasury'),
            start: START,
        });
        for (const deployed of [minter, contract])
            await owner.transfer(
                [internal({ to: deployed.address, value: toNano('20'), init: deployed.init, bounce: false })],
                SendMode.PAY_GAS_SEPARATELY,
            );
        await owner.transfer(
            [
                internal({
                    to: minter.address,
                    value: toNano('0.1'),
                    body: cellOf(storeSetMode({ $$type: 'SetMode', queryId: 2n, mode: 1n })),
                }),
            ],
            SendMode.PAY_GAS_SEPARATELY,
        );
        controller = ['--controller', contract.address.toString(), '--json', '--yes'];
    });
    afterEach(() => world.close());

    const opened = () => world.chain.open(EmissionController.createFromAddress(contract.address));

    const rates = async (model: string, rate: string) =>
        expect((await world.run('keeper', setModelRate, [model, rate, ...controller])).error?.message).toBeUndefined();

    it('setModelRate sets a new model and refuses what the contract would', async () => {
        const wrong = await world.run('alice', setModelRate, ['gpt', '0.001', ...controller]);
        expect(wrong.error?.message).toContain('ERROR_NOT_ROLE');
        const set = await world.run('keeper', setModelRate, ['gpt', '0.001', ...controller]);
        expect(set.json).toMatchObject({ ok: true, rate: '1000000' });
        expect((await opened().getRate('gpt')).rate).toBe(1_000_000n);
        const again = await world.run('keeper', setModelRate, ['gpt', '0.001', ...controller]);
        expect([again.sent, again.error]).toEqual([0, undefined]);
        const far = await world.run('keeper', setModelRate, ['gpt', '0.0013', ...controller]);
        expect(far.error?.message).toMatch(/0\.0008 \.\. 0\.0012.*ERROR_RATE_STEP/);
        const soon = await world.run('keeper', setModelRate, ['gpt', '0.0012', ...controller]);
        expect(soon.error?.message).toContain('ERROR_RATE_TOO_SOON');
        for (const rate of ['-1', 'x', '0.0000000001'])
            expect(
                (await world.run('keeper', setModelRate, [`gpt`, `rate=${rate}`, ...controller])).error?.exitCode,
            ).toBe(2);
        expect((await world.run('keeper', setModelRate, ['gpt', '0', ...controller])).error?.exitCode).toBe(3);
        expect((await world.run('keeper', setModelRate, ['x'.repeat(121), '1', ...controller])).error?.exitCode).toBe(
            2,
        );
    });

    it('recordUsage records a file once, in batches, and goes on where it stopped', async () => {
        await rates('gpt', '0.001');
        const line = (consumer: string, nonce: number, more = '') =>
            `${consumer},bob,gpt,4000,6000,77,${START + 1},${nonce}${more}`;
        await world.advanceTo(START + 100);
        const lines = Array.from({ length: 7 }, (_, i) => line(i % 2 ? 'alice' : 'carol', 1 + (i >> 1)));
        const file = world.file('usages.csv', [HEADER, ...lines].join('\n'));
        const stranger = await world.run('alice', recordUsage, [file, ...controller]);
        expect(stranger.error?.message).toContain('ERROR_NOT_ROLE');
        const part = await world.run('recorder', recordUsage, [file, '--batch-size', '3', ...controller], 1);
        expect(part.error?.exitCode).toBe(5);
        const result = await world.run('recorder', recordUsage, [file, '--batch-size', '3', ...controller]);
        expect(result.json).toMatchObject({ ok: true, rows: 7, skipped: 3, recorded: 4 });
        expect((await opened().getUsageData()).total).toBe(7n * 10_000_000n);
        const guard = await UsageGuard.createFromConfig({
            controller: contract.address,
            consumer: await world.address('carol'),
        });
        expect((await world.chain.open(guard).getGuardData()).count).toBe(4n);
        const again = await world.run('recorder', recordUsage, [file, ...controller]);
        expect([again.sent, again.json.recorded, again.json.skipped]).toEqual([0, 0, 7]);
    });

    it('recordUsage shows every mistake and sends nothing', async () => {
        await rates('gpt', '0.001');
        await rates('dear', '1000');
        await world.advanceTo(START + 100);
        const bad = [
            `nobody,bob,gpt,1,1,1,${START},1`,
            `alice,bob,${'x'.repeat(121)},1,1,1,${START},1`,
            `alice,bob,gpt,-1,4294967296,1,yesterday,0`,
        ];
        const file = world.file('bad.csv', [HEADER, ...bad].join('\n'));
        const { error, sent } = await world.run('recorder', recordUsage, [file, ...controller]);
        expect(sent).toBe(0);
        for (const text of ['bad.csv:2', 'bad.csv:3', 'prompt_tokens', 'completion_tokens', 'yesterday', 'nonce'])
            expect(error?.message).toContain(text);
        const refused = world.file(
            'refused.csv',
            [
                HEADER,
                `alice,bob,unheard,1,1,1,${START + 1},50`,
                `alice,bob,gpt,4000,1,1,${START + 10 * DAY},51`,
                `alice,bob,gpt,4000,1,1,${START + 1},51`,
            ].join('\n'),
        );
        const second = await world.run('recorder', recordUsage, [refused, ...controller]);
        expect(second.error?.exitCode).toBe(3);
        for (const text of ['has no rate', 'in the future', 'is not above 51'])
            expect(second.error?.message).toContain(text);
        const large = Array.from({ length: 2 }, (_, i) => `alice,bob,gpt,4294967295,0,1,${START + 1},${60 + i}`);
        const above = world.file('large.csv', [HEADER, ...large.map((l) => l.replace('gpt', 'dear'))].join('\n'));
        const third = await world.run('recorder', recordUsage, [above, ...controller]);
        expect(third.error?.message).toMatch(/mints 8589934590, the lifetime cap leaves/);
    });

    it('emit says what is due and emits it; mintSchedule shows it', async () => {
        const early = await world.run('alice', emit, controller);
        expect(early.json).toMatchObject({ ok: true, emitted: [], nextEpoch: '0' });
        await world.advanceTo(START + 3 * 7 * DAY);
        const dry = await world.run('alice', emit, [...controller, '--dry-run']);
        expect([dry.sent, dry.json.emitted]).toEqual([0, []]);
        const one = await world.run('alice', emit, [...controller, '--max', '1']);
        expect(one.json).toMatchObject({ ok: true, emitted: ['0'], owedAccounts: '2' });
        const rest = await world.run('alice', emit, controller);
        expect(rest.json).toMatchObject({ ok: true, emitted: ['1', '2'] });
        const sum = budgetOf(TABLE, 0n, 3n, 10_000n);
        const books = await opened().getEmissionData();
        expect(books.nextEpoch).toBe(3n);
        expect(sum - books.allocated < 3n && books.allocated <= sum + 3n).toBe(true);

        const { json } = await world.run('alice', mintSchedule, controller);
        const years = json.years as { year: number; base: string; total: string; emitted: string }[];
        expect(years).toHaveLength(20);
        expect(years[0]).toMatchObject({ year: 1, base: String(TABLE[0]), emitted: String(books.allocated) });
        expect(years[12].total).toBe(String(350_000_000n * UNIT));
        expect(json).toMatchObject({ allocated: String(books.allocated), next: { status: 'running' } });
        const text = await world.run('alice', mintSchedule, ['--controller', contract.address.toString()]);
        expect(text.lines.join('\n')).toMatch(/13 .*350000000 /);
        expect(text.lines.join('\n')).toContain('Next: epoch 3 (running)');
    });

    it('emit names what is forfeited, and refuses when nothing is left', async () => {
        await world.advanceTo(START + 60 * 7 * DAY);
        const { lines } = await world.run('alice', emit, [
            '--controller',
            contract.address.toString(),
            '--dry-run',
            '--max',
            '2',
        ]);
        expect(lines.join('\n')).toMatch(/Forfeited with the first message: epochs 0 to 33/);
        const went = await world.run('alice', emit, [...controller, '--max', '1']);
        expect(went.json.emitted).toEqual(['34']);
        const { lines: after } = await world.run('alice', mintSchedule, ['--controller', contract.address.toString()]);
        expect(after.join('\n')).toContain('Forfeited: 34 epoch(s) from 0');
    });

    it('need a controller that exists', async () => {
        for (const script of [emit, mintSchedule])
            expect((await world.run('bob', script, ['--json'])).error?.exitCode).toBe(2);
        const wallet = await world.run('bob', mintSchedule, ['--controller', '0:' + '12'.repeat(32), '--json']);
        expect(wallet.error?.message).toContain('There is no contract');
    });
});
