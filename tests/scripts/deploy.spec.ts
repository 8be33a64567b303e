import * as fs from 'node:fs';
import { toNano } from '@ton/core';

import * as deployPool from '../../scripts/pool/deployPool';
import * as registerParticipant from '../../scripts/pool/registerParticipant';
import { Exit } from '../../scripts/lib/errors';
import { DEPLOY, ROLES, World } from './support';

let world: World;

beforeEach(async () => {
    world = await World.create();
    await world.names(...ROLES);
});

afterEach(() => world.close());

describe('deployPool', () => {
    it('deploys, stakes, lists the proxy, activates and writes the manifest', async () => {
        const run = await world.run('operator', deployPool, [...DEPLOY, '--json']);
        expect(run.error).toBeUndefined();
        expect(run.sent).toBe(4);
        const data = await world.operator.getPoolData();
        expect(data.active).toBe(true);
        expect(data.stake).toBe(toNano('100'));
        expect(await world.operator.getProxyAddresses()).toHaveLength(1);
        expect(run.json).toMatchObject({ ok: true, network: 'local', complete: true, active: true });
        expect(JSON.parse(fs.readFileSync(world.manifest, 'utf8'))).toMatchObject({ complete: true, format: 1 });
    });

    it.each([0, 1, 2, 3])('goes on after an interruption behind message %i, and pays nothing twice', async (n) => {
        const cut = await world.run('operator', deployPool, DEPLOY, n);
        expect(cut.error?.exitCode).toBe(n === 0 ? Exit.rejected : Exit.partial);
        expect(cut.sent).toBe(n);
        const again = await world.run('operator', deployPool, ['--yes']);
        expect(again.error).toBeUndefined();
        expect(again.sent).toBe(4 - n);
        const data = await world.operator.getPoolData();
        expect(data.active).toBe(true);
        expect(data.stake).toBe(toNano('100'));
        const third = await world.run('operator', deployPool, ['--yes']);
        expect(third.sent).toBe(0);
    });

    it('sends nothing in a dry run and writes no manifest', async () => {
        const before = await world.transactions();
        const run = await world.run('operator', deployPool, [...DEPLOY, '--dry-run', '--json']);
        expect(run.error).toBeUndefined();
        expect(run.json).toMatchObject({ ok: true, dryRun: true });
        expect(await world.transactions()).toBe(before);
        expect(fs.existsSync(world.manifest)).toBe(false);
    });

    it.each([
        [['--epoch', '2h'], Exit.refused, /less than 6 h to object/],
        [['--arbiter', 'reporter'], Exit.refused, /ERROR_ARBITER_NOT_APART/],
        [['--arbiter', 'guardian'], Exit.refused, /ERROR_ARBITER_NOT_APART/],
        [['--arbiter', 'operator'], Exit.refused, /ERROR_ARBITER_NOT_APART/],
        [['--commission', '15.01'], Exit.refused, /ERROR_COMMISSION_BOUNDS/],
        [['--stake', '99.999999999'], Exit.refused, /ERROR_STAKE_TOO_LOW/],
        [['--min-stake', '9'], Exit.refused, /ERROR_BAD_PARAMETER/],
        [['--stake', '1e3'], Exit.usage, /not an amount of TON/],
        [['--arbiter', 'nobody-of-that-name'], Exit.usage, /not a valid address/],
        [['--stak', '100'], Exit.usage, /no option "--stak"/],
    ])('refuses %j', async (change, exitCode, message) => {
        const flag = change[0];
        const rest = DEPLOY.flatMap((arg, i) => (arg === flag || DEPLOY[i - 1] === flag ? [] : [arg]));
        const run = await world.run('operator', deployPool, [...rest, ...change]);
        expect(run.error?.message).toMatch(message);
        expect(run.error?.exitCode).toBe(exitCode);
        expect(run.sent).toBe(0);
    });

    it('asks for what is missing only where somebody can answer', async () => {
        const run = await world.run('operator', deployPool, ['--yes']);
        expect(run.error?.exitCode).toBe(Exit.usage);
        expect(run.error?.message).toContain('needs --reporter');
    });

    it('sends nothing without --yes where nobody can answer', async () => {
        const run = await world.run(
            'operator',
            deployPool,
            DEPLOY.filter((arg) => arg !== '--yes'),
        );
        expect(run.error?.message).toContain('add --yes');
        expect(run.sent).toBe(0);
    });
});

describe('registerParticipant', () => {
    it('registers once and prints the owner address', async () => {
        await world.run('operator', deployPool, DEPLOY);
        const run = await world.run('alice', registerParticipant, ['stake=25', '--yes', '--json']);
        expect(run.error).toBeUndefined();
        const vault = await world.vault('alice');
        expect(run.json).toMatchObject({ ownerAddress: vault.address.toString({ testOnly: true }), state: 'active' });
        expect((await vault.getVaultData()).stake).toBe(toNano('25'));
        const again = await world.run('alice', registerParticipant, ['--yes']);
        expect(again.sent).toBe(0);
        expect(again.lines.join('\n')).toContain('Already registered: active');
    });
});
