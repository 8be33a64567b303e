/** Scripts of staking on a local chain: from a token to a slash that is overturned, as people would run them. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Exit } from '../../scripts/lib/errors';
import * as addRewards from '../../scripts/staking/addRewards';
import * as appeal from '../../scripts/staking/appeal';
import * as claimRewards from '../../scripts/staking/claimRewards';
import * as deployStaking from '../../scripts/staking/deployStaking';
import * as initProver from '../../scripts/staking/initProver';
import * as proverStatus from '../../scripts/staking/proverStatus';
import * as slash from '../../scripts/staking/slash';
import * as stake from '../../scripts/staking/stake';
import * as unstake from '../../scripts/staking/unstake';
import * as deployToken from '../../scripts/token/deployToken';
import { DAY, World } from './support';

let world: World;

beforeAll(async () => {
    world = await World.create();
    await world.names(
        'admin',
        'slasher',
        'resolver',
        'guardian',
        'treasury',
        'insurance',
        'prover',
        'other',
        'alice',
        'bob',
    );
    const list = 'owner,amount\nprover,50000\nother,50000\nalice,10000\nbob,10000\n';
    const token = ['--name', 'Stake', '--symbol', 'STK', '--minter', 'admin', '--genesis', world.file('g.csv', list)];
    await world.ok('admin', deployToken, token);
}, 120_000);

afterAll(() => world.close());

it('staking, from the token to the restitution', async () => {
    const tokenFile = path.join(world.dir, 'deployments', 'local', 'token.json');
    const token = (JSON.parse(fs.readFileSync(tokenFile, 'utf8')) as { minter: { raw: string } }).minter.raw;
    const roles = ['slasher', 'resolver', 'guardian', 'treasury', 'insurance'].flatMap((r) => [`--${r}`, r]);
    await world.refused('admin', deployStaking, ['--token', token, ...roles, '--days', '6'], /days/, Exit.usage);
    const { master } = await world.ok('admin', deployStaking, ['--token', token, ...roles]);
    expect((await world.ok('admin', deployStaking, ['--token', token, ...roles])).master).toBe(master);

    await world.refused('prover', initProver, ['999', '10'], /ERROR_GLOBAL_MIN/);
    const { staking, rewards } = await world.ok('prover', initProver, ['1000', '10']);
    const p = String(staking);
    expect((await world.ok('prover', initProver, ['1000', '10'])).staking).toBe(staking);
    const there = String((await world.ok('other', initProver, ['2000', '0', '--salt', '3'])).staking);

    await world.refused('alice', stake, [p, '100'], /ERROR_PROVER_STATE/);
    await world.refused('prover', stake, [p, '999'], /ERROR_MIN_SELF_STAKE/);
    await world.ok('prover', stake, [p, '1000']);
    await world.ok('other', stake, [there, '2000']);
    await world.refused('alice', stake, [p, '0.5'], /The least stake is 1 tokens/);
    await world.refused('alice', stake, [p, '20000'], /ERROR_CAP|holds/);
    expect((await world.ok('alice', stake, [p, '500'])).active).toBe('500000000000');
    expect((await world.ok('alice', stake, [p, '5', '--for', 'bob'])).active).toBe('5000000000');

    await world.ok('bob', addRewards, [String(rewards), '1505000000000']);
    const paid = await world.ok('bob', claimRewards, [String(rewards), '--staker', 'alice']);
    expect(paid.paid).toBe('450000000000');

    await world.refused('alice', unstake, ['request', p], /one of/, Exit.usage);
    await world.refused('alice', unstake, ['request', p, '--amount', '501'], /ERROR_NOT_ENOUGH/);
    await world.refused('prover', unstake, ['request', p, '--amount', '1'], /ERROR_MIN_SELF_STAKE/);
    await world.ok('alice', unstake, ['request', p, '--amount', '100']);
    await world.ok('alice', unstake, ['request', p, '--shares', '50000000000', '--to', there]);
    await world.ok('alice', unstake, ['request', p, '--amount', '10']);
    await world.refused('alice', unstake, ['cancel', p, '--id', '7'], /ERROR_NO_REQUEST/);
    const after = await world.ok('alice', unstake, ['cancel', p, '--id', '2']);
    expect([after.active, after.pending]).toEqual(['350000000000', '150000000000']);
    await world.refused('bob', unstake, ['complete', p, '--staker', 'alice'], /due at/);

    await world.refused('bob', slash, ['strike', p, '--percent', '10'], /ERROR_NOT_ROLE/);
    await world.refused('slasher', slash, ['strike', p, '--percent', '51'], /ERROR_SLASH_BOUNDS/);
    const struck = await world.ok('slasher', slash, ['strike', p, '--percent', '10', '--reason', 'ab12']);
    expect(struck).toMatchObject({ seq: '1', amount: '150500000000' });
    await world.refused('resolver', slash, ['overturn', p, '--seq', '1'], /ERROR_NO_APPEAL/);
    await world.refused('bob', slash, ['finalise', p, '--seq', '1'], /ERROR_TOO_EARLY/);
    expect((await world.ok('alice', appeal, ['raise', p, '1'])).deposit).toBe('1505000000');
    await world.refused('alice', appeal, ['claim', p, '1'], /It is appealed/);
    expect((await world.ok('resolver', slash, ['overturn', p, '--seq', '1'])).verdict).toBe('overturned');
    expect((await world.ok('bob', appeal, ['claim', p, '1', '--staker', 'alice'])).amount).toBe('50000000000');
    await world.refused('alice', appeal, ['claim', p, '1'], /ERROR_NOTHING_DUE/);

    await world.ok('slasher', slash, ['strike', p, '--percent', '20']);
    await world.chain.advance(7 * DAY);
    expect((await world.ok('bob', slash, ['finalise', p, '--seq', '2'])).verdict).toBe('upheld');
    await world.ok('bob', slash, ['treasury', p]);
    await world.refused('bob', slash, ['treasury', p], /ERROR_NOTHING_DUE/);
    await world.ok('bob', unstake, ['complete', p, '--staker', 'alice']);
    const done = await world.ok('bob', unstake, ['complete', p, '--staker', 'alice']);
    expect(done.pending).toBe('0');

    const status = await world.ok('alice', proverStatus, [there]);
    // 50 shares at a scale of 0.72 went over.
    expect(status).toMatchObject({ state: 'active', active: '36000000000', tier: 'Basic' });
    const lines = (await world.run('alice', proverStatus, [p])).lines.join('\n');
    expect(lines).toMatch(/upheld/);
    expect(lines).toMatch(/reputation/);
}, 240_000);
