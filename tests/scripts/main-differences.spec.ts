import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { main } from '../../scripts/main';
import * as economics from '../../wrappers/pool/economics';

// The model is off by one nano here: the main job has to notice what would otherwise be a bug of the contracts.
jest.mock('../../wrappers/pool/economics', () => {
    const actual = jest.requireActual<typeof economics>('../../wrappers/pool/economics');
    const payout: typeof economics.payout = (...args) => actual.payout(...args) + 1n;
    return { ...actual, payout };
});

it('fails when a single nano differs, and says where', async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'main-job-'));
    try {
        const fleet = path.join(dir, 'fleet.csv');
        const metrics = path.join(dir, 'epoch.csv');
        fs.writeFileSync(fleet, 'name,stake_ton,gpus,gpu_score,behaviour,cocoon_ton_epoch_1\nonly,10,1,700,works,3\n');
        fs.writeFileSync(metrics, 'participant,seconds,gpu,uptime_bps,outages\nonly,86400,700,9999,0\n');
        const out: string[] = [];
        const code = await main(
            ['--fleet', fleet, '--metrics', metrics, '--epoch-days', '1', '--out', path.join(dir, 'out')],
            { out: (text) => out.push(text), err: (text) => out.push(text) },
        );
        expect(code).toBe(1);
        const text = out.join('\n');
        expect(text).toMatch(/2 of \d+ checks differ/);
        expect(text).toContain('round 1: amount of only');
        expect(text).toContain('round 1: payment of only');
        const summary = JSON.parse(fs.readFileSync(path.join(dir, 'out', 'summary.json'), 'utf8')) as {
            differences: { chain: string; expected: string }[];
        };
        for (const { chain, expected } of summary.differences) {
            expect(BigInt(expected) - BigInt(chain)).toBe(1n);
        }
    } finally {
        fs.rmSync(dir, { recursive: true, force: true });
    }
}, 120_000);
