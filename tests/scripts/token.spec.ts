/** Scripts of the token on a local chain: deployment that survives interruptions, information, burning, administration. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, internal, SendMode } from '@ton/core';

import { Exit } from '../../scripts/lib/errors';
import { parseTokens, tokens } from '../../scripts/lib/token';
import * as burn from '../../scripts/token/burn';
import * as changeAdmin from '../../scripts/token/changeAdmin';
import * as deployToken from '../../scripts/token/deployToken';
import * as tokenInfo from '../../scripts/token/tokenInfo';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { World } from './support';

let world: World;

beforeEach(async () => {
    world = await World.create();
    await world.names('admin', 'controller', 'alice', 'bob');
});

afterEach(() => world.close());

const DEPLOY = ['--name', 'Share', '--symbol', 'SHARE', '--minter', 'controller', '--yes'];
const LIST = 'owner,amount\nalice,100.5\nbob,0.000000001\n';

const manifestFile = () => path.join(world.dir, 'deployments', 'local', 'token.json');
const manifest = () =>
    JSON.parse(fs.readFileSync(manifestFile(), 'utf8')) as { complete: boolean; minter: { raw: string } };
const minter = () => world.chain.open(ShareMinter.createFromAddress(Address.parse(manifest().minter.raw)));
const balance = async (name: string) =>
    world.chain
        .open(ShareWallet.createFromAddress(await minter().getWalletAddress(await world.address(name))))
        .getBalance();
const deploy = (...more: string[]) =>
    world.run('admin', deployToken, [...DEPLOY, '--genesis', world.file('genesis.csv', LIST), ...more]);

describe('deployToken', () => {
    it('deploys, mints the list, closes the set-up and writes the manifest', async () => {
        const run = await deploy('--json');
        expect(run.error).toBeUndefined();
        expect(run.sent).toBe(2);
        expect(run.json).toMatchObject({ ok: true, complete: true, supply: '100500000001' });
        expect(manifest().complete).toBe(true);
        expect([await balance('alice'), await balance('bob')]).toEqual([100_500_000_000n, 1n]);
        const data = await minter().getMinterData();
        expect([data.open, data.decimals]).toEqual([false, 9n]);
        expect(data.firstMinter!.equals(await world.address('controller'))).toBe(true);
        const again = await deploy();
        expect([again.error, again.sent]).toEqual([undefined, 0]);
    });

    it.each([0, 1])('goes on after an interruption behind message %i and mints nothing twice', async (n) => {
        const file = world.file('genesis.csv', LIST);
        const cut = await world.run('admin', deployToken, [...DEPLOY, '--genesis', file], n);
        expect(cut.error?.exitCode).toBe(n === 0 ? Exit.rejected : Exit.partial);
        const again = await world.run('admin', deployToken, ['--yes']);
        expect(again.error).toBeUndefined();
        expect(again.sent).toBe(2 - n);
        expect((await minter().getSupply()).minted).toBe(100_500_000_001n);
    });

    it('can stay open for minters that need the address of the token', async () => {
        const run = await deploy('--keep-open', '--decimals', '18', '--library');
        expect([run.error, run.sent]).toEqual([undefined, 1]);
        expect((await minter().getMinterData()).open).toBe(true);
        expect((await minter().getJettonData()).walletCode.isExotic).toBe(true);
        expect(manifest().complete).toBe(false);
    });

    it('sends nothing in a dry run and writes no manifest', async () => {
        const run = await deploy('--dry-run', '--json');
        expect(run.json).toMatchObject({ ok: true, dryRun: true });
        expect([run.sent, fs.existsSync(manifestFile())]).toEqual([0, false]);
    });

    it.each<[string, string[], string, RegExp, number]>([
        ['a list too rich', [], 'owner,amount\nalice,450000000\nbob,1\n', /ERROR_GENESIS_LIMITS/, Exit.refused],
        ['a bad amount', [], 'owner,amount\nalice,1.0000000001\n', /:2: amount "1.0000000001"/, Exit.usage],
        ['a bad owner', [], 'owner,amount\nnobody,1\n', /:2: .*not a valid address/, Exit.usage],
        ['an owner twice', [], 'owner,amount\nalice,1\nalice,2\n', /:3: the owner is listed twice/, Exit.usage],
        ['decimals', ['--decimals', '19'], LIST, /0 to 18/, Exit.usage],
    ])('refuses %s', async (_, more, list, message, exitCode) => {
        const run = await world.run('admin', deployToken, [
            ...DEPLOY,
            '--genesis',
            world.file('genesis.csv', list),
            ...more,
        ]);
        expect(run.error?.message).toMatch(message);
        expect([run.error?.exitCode, run.sent]).toEqual([exitCode, 0]);
    });

    it('refuses metadata without a name, minters twice, and another plan for a token that is there', async () => {
        const one = await world.run('admin', deployToken, ['--yes', '--symbol', 'S']);
        expect(one.error?.message).toContain('both --name and --symbol');
        const none = await world.run('admin', deployToken, ['--yes']);
        expect(none.error?.message).toContain('needs --name');
        const twice = await world.run('admin', deployToken, [...DEPLOY, '--minter=controller,controller'].slice(0, 4));
        expect(twice.error?.exitCode).toBe(Exit.usage);
        await deploy();
        const other = await world.run('admin', deployToken, ['--name', 'Other', '--symbol', 'OTHER', '--yes']);
        expect(other.error?.message).toContain('would not give');
    });

    it('takes off-chain metadata', async () => {
        const run = await world.run('admin', deployToken, ['--uri', 'https://example.org/t.json', '--yes']);
        expect(run.error).toBeUndefined();
        const info = await world.run('alice', tokenInfo, []);
        expect(info.lines.join('\n')).toContain('https://example.org/t.json');
    });
});

describe('tokenInfo', () => {
    it('shows the token and the wallet of an owner', async () => {
        await deploy();
        const run = await world.run('bob', tokenInfo, ['alice', '--json']);
        expect(run.json).toMatchObject({
            ok: true,
            supply: '100500000001',
            balance: '100500000000',
            decimals: 9,
            open: false,
            mintable: true,
            library: false,
            deployed: true,
            metadata: { name: 'Share', symbol: 'SHARE', decimals: '9' },
        });
        const text = (await world.run('bob', tokenInfo, ['controller'])).lines.join('\n');
        expect(text).toContain('100.500000001 SHARE');
        expect(text).toContain('not there yet');
        expect(text).toContain('closed: 48 h of notice');
    });

    it('shows what is announced', async () => {
        await deploy();
        const admin = await world.chain.wallet('admin');
        const opened = minter();
        const next = await world.address('bob');
        const content = (await opened.getJettonData()).content;
        for (const body of [
            ShareMinter.addMinterBody({ minter: next }),
            ShareMinter.changeMetadataBody({ content }),
            ShareMinter.announceUpgradeBody({ codeHash: 0xabcn }),
            ShareMinter.changeAdminBody({ newAdmin: next }),
        ]) {
            const message = internal({ to: opened.address, value: await opened.getCost(body), body, bounce: true });
            await admin.transfer([message], SendMode.PAY_GAS_SEPARATELY);
        }
        const text = (await world.run('bob', tokenInfo, [])).lines.join('\n');
        expect(text).toMatch(/Announced +minter/);
        expect(text).toMatch(/Announced +metadata/);
        expect(text).toMatch(/Announced +code 0{61}abc/);
        expect(text).toMatch(/next/);
    });

    it('says which token is missing', async () => {
        const run = await world.run('bob', tokenInfo, []);
        expect(run.error?.message).toContain('Which token?');
        const wrong = await world.run('bob', tokenInfo, ['--token', 'alice']);
        expect(wrong.error?.message).toContain('is no token');
        const empty = await world.run('bob', tokenInfo, ['--token', `0:${'5'.repeat(64)}`]);
        expect(empty.error?.message).toContain('There is no contract');
        fs.mkdirSync(path.dirname(manifestFile()), { recursive: true });
        fs.writeFileSync(manifestFile(), '{');
        const damaged = await world.run('bob', tokenInfo, []);
        expect(damaged.error?.message).toContain('not a readable manifest');
    });
});

describe('burn', () => {
    it('burns and tells the supply', async () => {
        await deploy();
        const run = await world.run('alice', burn, ['0.5', '--yes', '--json']);
        expect(run.error).toBeUndefined();
        expect(run.json).toMatchObject({ amount: '500000000', balance: '100000000000', supply: '100000000001' });
    });

    it.each([
        ['100.500000001', Exit.refused, /ERROR_BALANCE/],
        ['0', Exit.usage, /burns nothing/],
        ['1e3', Exit.usage, /not an amount/],
        ['-1', Exit.usage, /no option/],
    ])('refuses %s', async (amount, exitCode, message) => {
        await deploy();
        const run = await world.run('alice', burn, [amount, '--yes']);
        expect(run.error?.message).toMatch(message);
        expect([run.error?.exitCode, run.sent]).toEqual([exitCode, 0]);
    });
});

describe('changeAdmin', () => {
    it('hands over in two steps and drops for ever', async () => {
        await deploy();
        expect((await world.run('admin', changeAdmin, ['nominate', 'alice', '--yes'])).error).toBeUndefined();
        const early = await world.run('bob', changeAdmin, ['claim', '--yes']);
        expect(early.error?.message).toMatch(/ERROR_NOT_NEXT_ADMIN/);
        const claimed = await world.run('alice', changeAdmin, ['claim', '--yes', '--json']);
        expect(claimed.json).toMatchObject({ ok: true, nextAdmin: null });
        const late = await world.run('admin', changeAdmin, ['nominate', 'bob', '--yes']);
        expect(late.error?.message).toMatch(/ERROR_NOT_ADMIN/);
        await world.run('alice', changeAdmin, ['nominate', 'bob', '--yes']);
        expect((await world.run('alice', changeAdmin, ['nominate', 'none', '--yes'])).error).toBeUndefined();
        expect(await minter().getNextAdmin()).toBeNull();
        const careless = await world.run('alice', changeAdmin, ['drop', '--yes']);
        expect(careless.error?.message).toContain('--for-ever');
        expect((await world.run('alice', changeAdmin, ['drop', '--for-ever', '--yes'])).error).toBeUndefined();
        const nobody = await world.run('alice', changeAdmin, ['nominate', 'bob', '--yes']);
        expect(nobody.error?.message).toContain('no admin any more');
    });

    it('says what dropping an open token means', async () => {
        await deploy('--keep-open');
        const run = await world.run('admin', changeAdmin, ['drop', '--for-ever', '--yes']);
        expect(run.error).toBeUndefined();
        expect(run.lines.join('\n')).toContain('nobody will be able to mint a genesis list');
        const again = await world.run('admin', deployToken, ['--yes']);
        expect([again.error, again.sent]).toEqual([undefined, 0]);
    });
});

describe('amounts', () => {
    it.each([
        ['12.5', 9, 12_500_000_000n],
        ['1', 0, 1n],
        ['0.000000000000000001', 18, 1n],
        ['999999999999.1', 1, 9_999_999_999_991n],
    ])('%s of %i decimals', (text, decimals, amount) => {
        expect(parseTokens(text, decimals)).toBe(amount);
        expect(tokens(amount, decimals)).toBe(text);
    });

    it.each([
        ['1.5', 0],
        ['1.', 9],
        ['', 9],
        ['1,5', 9],
        ['0.0000000001', 9],
    ])('%s of %i decimals is a mistake', (text, decimals) => {
        expect(() => parseTokens(text, decimals)).toThrow('not an amount');
    });
});
