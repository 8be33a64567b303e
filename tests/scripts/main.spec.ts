import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { main } from '../../scripts/main';
import { LocalChain } from '../../tools/localnet/engine';

jest.setTimeout(240_000);

type Row = Record<'name' | 'behaviour' | 'earned' | 'booked' | 'score' | 'paid', string> & {
    bucket: number | null;
    reported: boolean;
};
type Round = {
    round: number;
    demonstration: boolean;
    sealed: boolean;
    missing: string[];
    commissionBps: number;
    rows: Row[];
    sums: Record<'earned' | 'booked' | 'score' | 'paid', string>;
    before: Record<'rewards' | 'donations' | 'reserve', string>;
    commission: string;
    allocated: string;
    reserveAfter: string;
    unpaid: string;
    paidTotal: string;
    solvency: Record<string, string>;
};
type Summary = {
    rounds: Round[];
    raise: { toBps: number; firstEpoch: number; appliesAt: number; firstEpochStart: number } | null;
    exits: {
        name: string;
        stake: string;
        returned: string;
        requestedAt: number;
        completedAt: number;
        paidAfterwards: number[];
    }[];
    participants: { name: string; paid: string; balanceBefore: string; balanceAfter: string; statementLines: number }[];
    fees: { phase: string; messages: number; transactions: number; fees: string }[];
    feesTotal: string;
    checks: number;
    differences: unknown[];
};

const folders: string[] = [];

function folder(files: Record<string, string> = {}): string {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'main-job-'));
    folders.push(dir);
    for (const [name, text] of Object.entries(files)) {
        fs.writeFileSync(path.join(dir, name), text);
    }
    return dir;
}

afterAll(() => folders.forEach((dir) => fs.rmSync(dir, { recursive: true, force: true })));
afterEach(() => jest.restoreAllMocks());

async function start(...args: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const code = await main(args, { out: (text) => out.push(text), err: (text) => err.push(text) });
    return { code, out, err: err.join('\n') };
}

const total = (values: string[]) => values.reduce((sum, value) => sum + BigInt(value), 0n);

function expectBalanced(round: Round) {
    const { before, sums } = round;
    expect(total([before.rewards, before.donations, before.reserve])).toBe(
        total([round.commission, round.allocated, round.reserveAfter]),
    );
    expect(total([sums.paid, round.unpaid])).toBe(BigInt(round.allocated));
    expect(total(round.rows.map((row) => row.paid))).toBe(BigInt(sums.paid));
    expect(total(round.rows.map((row) => row.earned))).toBe(BigInt(sums.earned));
    // Rounding down leaves less than a nano for each row.
    expect(Number(round.unpaid)).toBeLessThanOrEqual(round.rows.length);
    for (const solvency of Object.values(round.solvency)) {
        expect(BigInt(solvency)).toBeGreaterThanOrEqual(0n);
    }
}

/** Lines of a file without quoted fields, by the names of the header. */
function readCsv(file: string): Record<string, string>[] {
    const [header, ...lines] = fs
        .readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => line.match(/("[^"]*"|[^,]*)(,|$)/g)!.map((cell) => cell.replace(/,$/, '').replace(/"/g, '')));
    return lines.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i]])));
}

const nano = (text: string) => BigInt(text.replace('.', ''));

describe('the main job with the example files', () => {
    let dir: string;
    let summary: Summary;
    let text: string;

    beforeAll(async () => {
        dir = folder({ 'round-9.csv': 'left over', 'notes.txt': 'not ours' });
        const { code, out, err } = await start('--out', dir);
        expect(err).toBe('');
        expect(code).toBe(0);
        text = out.join('\n');
        summary = JSON.parse(fs.readFileSync(path.join(dir, 'summary.json'), 'utf8')) as Summary;
    });

    it('finds no difference in several hundred checks', () => {
        expect(summary.differences).toEqual([]);
        expect(summary.checks).toBeGreaterThan(300);
        expect(text).toContain(`${summary.checks} checks of the chain against an independent computation: all equal`);
        expect(text).not.toContain('DIFFERENT');
    });

    it('runs two rounds over all six buckets, and one to show the raise', () => {
        expect(summary.rounds.map((r) => [r.round, r.demonstration])).toEqual([
            [1, false],
            [2, false],
            [3, true],
        ]);
        for (const round of summary.rounds) {
            expectBalanced(round);
        }
        for (const round of summary.rounds.slice(0, 2)) {
            expect(round.rows.length).toBeGreaterThanOrEqual(8);
            expect(new Set(round.rows.filter((r) => r.reported).map((r) => r.bucket))).toEqual(
                new Set([0, 1, 2, 3, 4, 5]),
            );
            expect(text).toContain(`Round ${round.round}: `);
        }
        const last = summary.rounds[2];
        expect(BigInt(last.paidTotal)).toBe(total(summary.rounds.map((r) => r.sums.paid)));
        expect(total(summary.participants.map((p) => p.paid))).toBe(BigInt(last.paidTotal));
    });

    it('applies the raise to the first epoch that begins after the notice', () => {
        expect(summary.rounds.map((r) => r.commissionBps)).toEqual([1000, 1000, 1200]);
        expect(summary.raise).toMatchObject({ toBps: 1200, firstEpoch: 3 });
        expect(summary.raise!.firstEpochStart).toBeGreaterThanOrEqual(summary.raise!.appliesAt);
        expect(text).toContain('bites first in round 3');
    });

    it('pools what the silent one earns, and pays him nothing', () => {
        for (const round of summary.rounds) {
            const silent = round.rows.find((row) => row.behaviour === 'silent')!;
            expect(silent).toMatchObject({ reported: false, bucket: null, paid: '0' });
            expect(BigInt(silent.booked)).toBeGreaterThan(0n);
            expect(round).toMatchObject({ sealed: false, missing: [silent.name] });
        }
    });

    it('lets one leave after 7 days, with his stake, and pays him what is due afterwards', () => {
        expect(summary.exits).toHaveLength(1);
        const [exit] = summary.exits;
        expect(exit.completedAt - exit.requestedAt).toBeGreaterThanOrEqual(7 * 86_400);
        expect(BigInt(exit.returned)).toBeGreaterThanOrEqual(BigInt(exit.stake));
        expect(exit.paidAfterwards).toEqual([2]);
        const paid = summary.rounds.map((r) => BigInt(r.rows.find((row) => row.name === exit.name)!.paid) > 0n);
        expect(paid).toEqual([true, true, false]);
    });

    it('writes statements that add up to the change of the balance', () => {
        for (const participant of summary.participants) {
            const lines = readCsv(path.join(dir, 'statements', `${participant.name}.csv`));
            expect(lines).toHaveLength(participant.statementLines);
            const change = BigInt(participant.balanceAfter) - BigInt(participant.balanceBefore);
            expect(lines.reduce((sum, line) => sum + nano(line.amount), 0n)).toBe(change);
            const rewards = lines.filter((line) => line.kind === 'reward');
            expect(rewards.reduce((sum, line) => sum + nano(line.amount), 0n)).toBe(BigInt(participant.paid));
            for (const line of rewards) {
                expect(nano(line.gross)).toBeGreaterThan(nano(line.amount));
                expect(BigInt(line.weight)).toBeLessThan(BigInt(line.total_weight));
                expect(line.tx_hash).toMatch(/^[0-9a-f]{64}$/);
            }
            const json = JSON.parse(
                fs.readFileSync(path.join(dir, 'statements', `${participant.name}.json`), 'utf8'),
            ) as { statement: { amount: string }[] };
            expect(total(json.statement.map((row) => row.amount))).toBe(change);
        }
    });

    it('writes the tables, and removes those of an earlier run only', () => {
        for (const round of summary.rounds) {
            const rows = readCsv(path.join(dir, `round-${round.round}.csv`));
            expect(rows).toHaveLength(round.rows.length + 1);
            expect(nano(rows[rows.length - 1].paid_ton)).toBe(BigInt(round.sums.paid));
            expect(JSON.parse(fs.readFileSync(path.join(dir, `round-${round.round}.json`), 'utf8'))).toEqual(round);
        }
        expect(fs.existsSync(path.join(dir, 'round-9.csv'))).toBe(false);
        expect(fs.existsSync(path.join(dir, 'notes.txt'))).toBe(true);
    });

    it('says what every phase cost', () => {
        expect(summary.fees.map((f) => f.phase)).toEqual([
            'cocoon',
            'deploy',
            'registrations',
            'payouts',
            'announcements',
            'reports',
            'close',
            'claims',
            'exits',
        ]);
        for (const fee of summary.fees) {
            expect(fee.messages).toBeGreaterThan(0);
            expect(BigInt(fee.fees)).toBeGreaterThan(0n);
        }
        expect(total(summary.fees.map((f) => f.fees))).toBe(BigInt(summary.feesTotal));
    });
});

describe('the main job with own files', () => {
    const FLEET = [
        'name,stake_ton,gpus,gpu_score,behaviour,cocoon_ton_epoch_1',
        'first,10,1,700,works,3.000000001',
        'second,11.5,2,1400,works,0',
        '',
    ].join('\n');
    const METRICS = [
        'participant,seconds,gpu,uptime_bps,outages',
        'first,86400,700,9999,0',
        'second,43200,1400,9000,1',
        '',
    ].join('\n');

    it('takes one epoch of a day at 12 %, sealed early, and prints nothing but JSON', async () => {
        const dir = folder({ 'fleet.csv': FLEET, 'epoch.csv': METRICS });
        const { code, out, err } = await start(
            ...['--fleet', path.join(dir, 'fleet.csv'), '--metrics', path.join(dir, 'epoch.csv')],
            ...['--commission', '12', '--epoch-days', '1', '--out', path.join(dir, 'out'), '--json'],
        );
        expect(err).toBe('');
        expect(code).toBe(0);
        expect(out).toHaveLength(1);
        const summary = JSON.parse(out[0]) as Summary;
        expect(summary.differences).toEqual([]);
        expect(summary.rounds).toHaveLength(1);
        const [round] = summary.rounds;
        expect(round).toMatchObject({ commissionBps: 1200, sealed: true, demonstration: false });
        // Bucket 3: one outage a day is seven a week.
        expect(round.rows.map((row) => row.bucket)).toEqual([0, 4]);
        expect(round.sums.earned).toBe('3000000001');
        expectBalanced(round);
        // Announced in epoch 1 with 7 days' notice: far beyond the only file.
        expect(summary.raise).toMatchObject({ toBps: 1400, firstEpoch: 9 });
    });

    it('takes six epochs: the raise bites in one of them, and what reaches the vault after an exit is his own', async () => {
        const days = [1, 2, 3, 4, 5, 6];
        const columns = days.map((n) => `cocoon_ton_epoch_${n}`).join(',');
        const both = METRICS.replace('86400', '172800').replace('43200', '172800');
        const dir = folder({
            'fleet.csv': [
                `name,stake_ton,gpus,gpu_score,behaviour,${columns}`,
                `first,10,1,700,works,3,3,3,3,3,3`,
                `second,11.5,2,1400,leaves,20,7,7,7,7,7`,
            ].join('\n'),
            'both.csv': both,
            'one.csv': both.split('\n').slice(0, 2).join('\n'),
        });
        const files = days.map((n) => (n < 5 ? 'both.csv' : 'one.csv'));
        const { code, err } = await start(
            ...['--fleet', path.join(dir, 'fleet.csv'), '--epoch-days', '2', '--out', path.join(dir, 'out')],
            ...files.flatMap((file) => ['--metrics', path.join(dir, file)]),
        );
        expect(err).toBe('');
        expect(code).toBe(0);
        const summary = JSON.parse(fs.readFileSync(path.join(dir, 'out', 'summary.json'), 'utf8')) as Summary;
        expect(summary.rounds.map((r) => r.commissionBps)).toEqual([1000, 1000, 1000, 1000, 1000, 1200]);
        summary.rounds.forEach(expectBalanced);
        expect(summary.rounds.map((r) => r.rows[1].booked !== '0')).toEqual([true, true, true, true, false, false]);
        // Out a few seconds into epoch 5, so the round of epoch 4 is still to be claimed.
        expect(summary.exits).toMatchObject([{ name: 'second', paidAfterwards: [4] }]);
        const own = readCsv(path.join(dir, 'out', 'statements', 'second.csv')).filter((line) => line.kind === 'own');
        expect(own).toHaveLength(2);
        expect(own.every((line) => nano(line.amount) > 6_900_000_000n)).toBe(true);
    });

    it.each<[string, Record<string, string>, string[]]>([
        [
            'metrics out of bounds, every line',
            {
                'epoch.csv': [
                    '# a comment counts as a line',
                    'participant,seconds,gpu,uptime_bps,outages',
                    'first,86401,700,9999,0',
                    'second,1,1400,10001,0',
                    'second,1,1400,1,-1',
                ].join('\n'),
            },
            [
                'epoch.csv:3: seconds 86401',
                'epoch.csv:4: uptime_bps 10001',
                'epoch.csv:5: participant second is in line 4',
            ],
        ],
        [
            'a stranger, and a GPU score above what was approved',
            { 'epoch.csv': 'participant,seconds,gpu,uptime_bps,outages\nnobody,1,1,1,0\nfirst,1,701,1,0\n' },
            [
                'epoch.csv:2: participant "nobody" is not in the fleet',
                'epoch.csv:3: gpu 701 is above the gpu_score 700',
            ],
        ],
        [
            'fewer than half of the fleet',
            { 'fleet.csv': `${FLEET}third,10,1,1,works,1\n`, 'epoch.csv': METRICS.split('\n').slice(0, 2).join('\n') },
            ['epoch.csv:1: 1 of 3 participants'],
        ],
        [
            'a silent one who is reported',
            {
                'fleet.csv': FLEET.replace('700,works', '700,silent'),
            },
            ['epoch.csv:2: first is silent'],
        ],
        [
            'a fleet with mistakes of every kind',
            {
                'fleet.csv': [
                    'name,stake_ton,gpus,gpu_score,behaviour,cocoon_ton_epoch_1',
                    'first,9.999999999,1,700,works,3',
                    'FIRST,10,1,700,works,3',
                    'pool-owner,10,1,700,works,3',
                    'lazy,10,0,0,sleeps,-3',
                ].join('\n'),
            },
            [
                'fleet.csv:2: stake_ton "9.999999999" is not an amount from 10 to 90000 TON',
                'fleet.csv:3: FIRST is in line 2 already',
                'fleet.csv:4: "pool-owner" is not a name',
                'fleet.csv:5: gpus: at least one',
                'fleet.csv:5: gpu_score 0',
                'fleet.csv:5: behaviour "sleeps"',
                'fleet.csv:5: cocoon_ton_epoch_1 "-3"',
            ],
        ],
        [
            'a fleet without a column for the epoch',
            { 'fleet.csv': 'name,stake_ton,gpus,gpu_score,behaviour\nfirst,10,1,700,works\n' },
            ['fleet.csv:1: column cocoon_ton_epoch_1 is missing'],
        ],
        ['a file that is not there', { 'epoch.csv': '' }, ['epoch.csv:1: the file is empty']],
    ])('refuses %s, and opens no chain', async (_name, files, expected) => {
        const open = jest.spyOn(LocalChain, 'temporary');
        const dir = folder({ 'fleet.csv': FLEET, 'epoch.csv': METRICS, ...files });
        const { code, err } = await start(
            ...['--fleet', path.join(dir, 'fleet.csv'), '--metrics', path.join(dir, 'epoch.csv')],
            ...['--epoch-days', '1', '--out', path.join(dir, 'out')],
        );
        for (const message of expected) {
            expect(err).toContain(message);
        }
        expect(code).toBe(2);
        expect(open).not.toHaveBeenCalled();
        expect(fs.existsSync(path.join(dir, 'out'))).toBe(false);
    });

    it('limits who leaves to the time he is there', async () => {
        const open = jest.spyOn(LocalChain, 'temporary');
        const dir = folder({
            'fleet.csv': [
                'name,stake_ton,gpus,gpu_score,behaviour,cocoon_ton_epoch_1,cocoon_ton_epoch_2,cocoon_ton_epoch_3',
                'first,10,1,700,works,1,1,1',
                'second,10,1,700,leaves,1,1,1',
            ].join('\n'),
            'epoch.csv': 'participant,seconds,gpu,uptime_bps,outages\nfirst,1,1,1,1\nsecond,302401,1,1,0\n',
        });
        const epoch = ['--metrics', path.join(dir, 'epoch.csv')];
        const { code, err } = await start('--fleet', path.join(dir, 'fleet.csv'), ...epoch, ...epoch, ...epoch);
        expect(code).toBe(2);
        expect(err).toContain('epoch.csv:3: second leaves after 302400 seconds of epoch 2: seconds 302401 is more');
        expect(err).toContain('epoch.csv:3: second has left before epoch 3');
        expect(open).not.toHaveBeenCalled();
    });
});

describe('options of the main job', () => {
    it.each([
        ['--commission', '4.99'],
        ['--commission', '15.01'],
        ['--commission', 'ten'],
        ['--epoch-days', '29'],
        ['--epoch-days', '0'],
        ['--fleet', '/nowhere/fleet.csv'],
        ['--unknown', 'x'],
    ])('refuses %s %s', async (...args) => {
        const open = jest.spyOn(LocalChain, 'temporary');
        const { code, err } = await start(...args);
        expect(code).toBe(2);
        expect(err).toContain(args[0] === '--fleet' ? 'cannot be read' : args[0]);
        expect(open).not.toHaveBeenCalled();
    });

    it('explains itself', async () => {
        const { code, out } = await start('--help');
        expect(code).toBe(0);
        expect(out.join('\n')).toContain('npm start');
    });
});
