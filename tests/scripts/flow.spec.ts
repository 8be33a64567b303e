import * as fs from 'node:fs';
import { toNano } from '@ton/core';

import * as deployPool from '../../scripts/pool/deployPool';
import * as explainPayout from '../../scripts/pool/explainPayout';
import * as poolStatus from '../../scripts/pool/poolStatus';
import * as registerParticipant from '../../scripts/pool/registerParticipant';
import * as reportMetrics from '../../scripts/pool/reportMetrics';
import * as runPayouts from '../../scripts/pool/runPayouts';
import * as statement from '../../scripts/pool/statement';
import { Exit } from '../../scripts/lib/errors';
import { DAY, DEPLOY, ROLES, World } from './support';

const HEADER = 'participant,seconds,gpu,uptime_bps,outages';
const NAMES = ['alice', 'bob', 'carol'];
let world: World;

beforeAll(async () => {
    world = await World.create();
    await world.names(...ROLES, 'keeper', ...NAMES);
    expect((await world.run('operator', deployPool, DEPLOY)).error).toBeUndefined();
    for (const name of NAMES) {
        expect((await world.run(name, registerParticipant, ['--yes'])).error).toBeUndefined();
    }
});

afterAll(() => world.close());

/** To the next epoch, so that everybody was there for the whole of the open one; the first one goes by unreported. */
async function nextEpoch() {
    const registry = await world.registry();
    const { epoch, end, reportUntil } = await registry.getEpochData();
    await world.advanceTo(reportUntil);
    const keeper = await world.chain.wallet('keeper');
    await registry.sendCloseEpoch(keeper.sender());
    expect((await registry.getEpochData()).epoch).toBe(epoch + 1n);
    return end;
}

describe('an epoch from the report to the statement', () => {
    const csv = (...rows: string[]) => [HEADER, ...rows, ''].join('\n');

    it('reports nothing while the epoch runs', async () => {
        await nextEpoch();
        const file = world.file('early.csv', csv('alice,1,1,1,1'));
        const run = await world.run('reporter', reportMetrics, [file, '--yes']);
        expect(run.error?.exitCode).toBe(Exit.refused);
        expect(run.error?.message).toContain('ERROR_EPOCH_RUNS');
    });

    it('refuses a file with bad rows as a whole, with their line numbers', async () => {
        await world.payVault('alice', toNano('30'));
        await world.payVault('bob', toNano('70'));
        await world.advanceTo((await (await world.registry()).getEpochData()).end);
        const before = await world.transactions();
        const bad = csv(`alice,${DAY},100,9900,0`, 'bob,90000,100,9000,0', 'mallory,1,0,10001,x', 'alice,1,1,1,1');
        const run = await world.run('reporter', reportMetrics, [world.file('bad.csv', bad), '--yes']);
        expect(run.error?.exitCode).toBe(Exit.usage);
        for (const part of [
            /bad\.csv:3: seconds 90000 is not between 0 and 86400/,
            /bad\.csv:4: participant "mallory"/,
            /bad\.csv:4: gpu 0 is not/,
            /bad\.csv:4: uptime_bps 10001 is not/,
            /bad\.csv:4: outages "x" is not a whole number/,
            /bad\.csv:5: participant alice is in line 2 already/,
        ]) {
            expect(run.error?.message).toMatch(part);
        }
        const unknown = world.file('unknown.csv', csv(`alice,${DAY},100,9900,0`, 'keeper,1,1,1,1'));
        const refused = await world.run('reporter', reportMetrics, [unknown, '--yes']);
        expect(refused.error?.exitCode).toBe(Exit.refused);
        expect(refused.error?.message).toMatch(/unknown\.csv:3: keeper never registered/);
        const high = world.file('high.csv', csv(`alice,${DAY},1000000,9900,0`));
        expect((await world.run('reporter', reportMetrics, [high, '--yes', '--dry-run'])).error).toBeUndefined();
        expect(await world.transactions()).toBe(before);
    });

    it('takes reports from the reporter only', async () => {
        const file = world.file('good.csv', csv(`alice,${DAY},100,9900,0`));
        const run = await world.run('keeper', reportMetrics, [file, '--yes']);
        expect(run.error?.message).toContain('ERROR_NOT_ROLE');
        expect(run.sent).toBe(0);
    });

    it('reports in batches, goes on after an interruption and seals', async () => {
        const file = world.file(
            'epoch.csv',
            csv(`alice,${DAY},100,9900,0`, `bob,${DAY},200,9000,0`, `carol,${DAY},100,7000,9`),
        );
        const cut = await world.run('reporter', reportMetrics, [file, '--batch-size', '2', '--yes'], 1);
        expect(cut.error?.exitCode).toBe(Exit.partial);
        const run = await world.run('reporter', reportMetrics, [file, '--batch-size', '2', '--yes', '--json']);
        expect(run.error).toBeUndefined();
        expect(run.json).toMatchObject({ ok: true, rows: 3, skipped: 2, reported: 1, accepted: '3', sealed: true });
        expect(run.json.withoutIncome).toEqual([(await world.address('carol')).toString({ testOnly: true })]);
        expect(run.sent).toBe(2);
        const again = await world.run('reporter', reportMetrics, [file, '--yes']);
        expect(again.error).toBeUndefined();
        expect(again.sent).toBe(0);
    });

    it('closes and pays once, and sends nothing in a dry run', async () => {
        const registry = await world.registry();
        await world.advanceTo((await registry.getEpochData()).dueAt);
        const before = await world.transactions();
        const dry = await world.run('keeper', runPayouts, ['--dry-run', '--json']);
        expect(dry.error).toBeUndefined();
        expect(await world.transactions()).toBe(before);
        const expected = dry.json.due as { participant: string; amount: string }[];
        expect(expected).toHaveLength(3);

        const alice = await world.address('alice');
        const balance = (await world.chain.account(alice)).balance;
        const run = await world.run('keeper', runPayouts, ['--yes', '--json']);
        expect(run.error).toBeUndefined();
        // what the model said beforehand is what the contracts paid
        expect((run.json.paid as { amount: string }[]).map((p) => p.amount).sort()).toEqual(
            expected.map((p) => p.amount).sort(),
        );
        const mine = expected.find((p) => p.participant === alice.toString({ testOnly: true }));
        // his wallet pays for taking it
        const short = BigInt(mine?.amount ?? '0') - ((await world.chain.account(alice)).balance - balance);
        expect(short).toBeGreaterThanOrEqual(0n);
        expect(short).toBeLessThan(toNano('0.001'));
        const { unpaid, solvency, paidTotal } = await (await world.distribution()).getDistributionData();
        expect(paidTotal).toBe(expected.reduce((sum, p) => sum + BigInt(p.amount), 0n));
        expect(unpaid).toBeLessThan(10n);
        expect(solvency).toBeGreaterThanOrEqual(0n);

        const again = await world.run('keeper', runPayouts, ['--yes', '--json']);
        expect(again.error).toBeUndefined();
        expect(again.sent).toBe(0);
        expect(again.json).toMatchObject({ paid: [], due: [] });
    });

    it('explains a payout with all its parts', async () => {
        const run = await world.run('alice', explainPayout, ['1', 'carol', '--json']);
        expect(run.error).toBeUndefined();
        const { base, bonus, penalty, commission, amount } = run.json as Record<string, string>;
        expect(run.json).toMatchObject({ bucket: 5, state: 'paid' });
        const sum = BigInt(base) + BigInt(bonus) - BigInt(penalty) - BigInt(commission);
        expect(sum - BigInt(amount)).toBeLessThan(5n);
        const words = await world.run('alice', explainPayout, ['1', 'carol']);
        expect(words.lines.join('\n')).toContain('major, frequent outages: bonus 0 %, penalty 30 %');
        const early = await world.run('alice', explainPayout, ['9', 'carol']);
        expect(early.error?.exitCode).toBe(Exit.refused);
    });

    it('writes a statement whose parts add up to what was paid', async () => {
        const run = await world.run('alice', statement, ['alice', '--json']);
        expect(run.error).toBeUndefined();
        const lines = run.json.csv as string[];
        expect(lines[0]).toBe(
            'time_utc,round,kind,asset,amount,gross,weight,total_weight,tx_hash,lt,counterparty,note',
        );
        const explained = await world.run('alice', explainPayout, ['1', 'alice', '--json']);
        expect((run.json.totals as Record<string, string>).rewards).toBe(explained.json.amount);
        expect((run.json.totals as Record<string, string>).staked).toBe(toNano('10').toString());
        const kinds = new Set(lines.slice(1).map((line) => line.split(',')[2]));
        expect(kinds).toEqual(new Set(['stake', 'fee', 'reward', 'bonus', 'commission', 'total']));
        const out = `${world.dir}/statement.csv`;
        const none = await world.run('alice', statement, ['alice', '--to', '2026-01-01', '--out', out]);
        expect(none.error).toBeUndefined();
        expect(fs.readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(2);
    });

    it('shows the whole pool', async () => {
        const run = await world.run('keeper', poolStatus, ['--json']);
        expect(run.error).toBeUndefined();
        expect(run.json).toMatchObject({ ok: true, commission: { bps: '1000' } });
        expect(run.json.participants).toHaveLength(3);
        const solvency = run.json.solvency as Record<string, string>;
        Object.values(solvency).forEach((surplus) => expect(BigInt(surplus)).toBeGreaterThanOrEqual(0n));
        expect(run.sent).toBe(0);
    });
});
