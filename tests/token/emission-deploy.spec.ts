/** A token and its emission from nothing, by the scripts alone: deployment, role, genesis, an epoch on real wallets. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address } from '@ton/core';

import * as deployEmission from '../../scripts/deployEmission';
import * as deployToken from '../../scripts/deployToken';
import * as emit from '../../scripts/emit';
import * as mintSchedule from '../../scripts/mintSchedule';
import * as setModelRate from '../../scripts/setModelRate';
import { budgetOf, EmissionController, ShareMinter, ShareWallet, YEAR_TABLE } from '../../wrappers/token';

import { DAY, START, World } from '../scripts/support';
import { underCoverage } from '../support/coverage';

const TABLE = YEAR_TABLE.map((amount) => amount * 10n ** 9n);
const FLAGS = ['--yes', '--json'];
const TOKEN = ['--name', 'Share', '--symbol', 'SHARE', '--keep-open', ...FLAGS];
const EMISSION = [
    ...['--recipients', 'rewards:70,stakers:30', '--treasury', 'treasury', '--liquidity', 'liquidity'],
    ...['--rate-keeper', 'keeper', '--guardian', 'guardian', '--recorders', 'recorder', '--start', String(START)],
    ...FLAGS,
];

describe('deployEmission', () => {
    let world: World;

    beforeEach(async () => {
        world = await World.create();
        await world.names('admin', 'rewards', 'stakers', 'treasury', 'liquidity', 'keeper', 'guardian', 'recorder');
    });
    afterEach(() => world.close());

    const manifest = (name: string) =>
        JSON.parse(fs.readFileSync(path.join(world.dir, 'deployments', 'local', name), 'utf8')) as Record<
            string,
            { raw: string }
        >;
    const controller = () =>
        world.chain.open(EmissionController.createFromAddress(Address.parse(manifest('emission.json').controller.raw)));
    const minter = () =>
        world.chain.open(ShareMinter.createFromAddress(Address.parse(manifest('token.json').minter.raw)));

    const deploysToken = async () =>
        expect((await world.run('admin', deployToken, TOKEN)).error?.message).toBeUndefined();
    const deploysBoth = async () => {
        await deploysToken();
        expect((await world.run('admin', deployEmission, EMISSION)).error?.message).toBeUndefined();
    };

    it('needs a token, and says what is wrong with its arguments', async () => {
        expect((await world.run('admin', deployEmission, EMISSION)).error?.message).toContain('Which token?');
        await deploysToken();
        const without = EMISSION.filter((arg) => arg !== '--recipients' && arg !== 'rewards:70,stakers:30');
        for (const recipients of ['rewards', 'rewards:70', 'rewards:70,stakers:31', 'rewards:x']) {
            const { error, sent } = await world.run('admin', deployEmission, [...without, '--recipients', recipients]);
            expect([recipients, error?.exitCode, sent]).toEqual([recipients, 2, 0]);
        }
        const wild = await world.run('admin', deployEmission, [...EMISSION, '--growth', '201']);
        expect(wild.error?.exitCode).toBe(2);
        expect(fs.existsSync(path.join(world.dir, 'deployments', 'local', 'emission.json'))).toBe(false);
    });

    it('deploys the controller, makes it a minter, and goes on where it stopped', async () => {
        await deploysToken();
        const dry = await world.run('admin', deployEmission, [...EMISSION, '--dry-run']);
        expect([dry.error, dry.sent]).toEqual([undefined, 0]);
        const cut = await world.run('admin', deployEmission, EMISSION, 1);
        expect(cut.error?.exitCode).toBe(5);
        expect(await minter().getIsMinter(controller().address)).toBe(false);
        const { json } = await world.run('admin', deployEmission, EMISSION);
        expect(json).toMatchObject({ ok: true, isMinter: true, start: String(START) });
        const again = await world.run('admin', deployEmission, EMISSION);
        expect([again.error, again.sent]).toEqual([undefined, 0]);
        const closed = await world.run('admin', deployToken, FLAGS);
        expect(closed.error).toBeUndefined();
        expect((await minter().getMinterData()).open).toBe(false);
        expect(await minter().getIsMinter(await world.address('admin'))).toBe(false);
    });

    (underCoverage ? it.skip : it)('whose manifest the other scripts find: rates, epochs, the schedule', async () => {
        await deploysBoth();
        const rate = await world.run('keeper', setModelRate, ['gpt', '0.001', ...FLAGS]);
        expect(rate.json).toMatchObject({ ok: true, rate: '1000000' });
        await world.advanceTo(START + 8 * DAY);
        const { json } = await world.run('stakers', emit, FLAGS);
        const budget = budgetOf(TABLE, 0n, 1n, 10_000n);
        expect(json).toMatchObject({ ok: true, emitted: ['0'], amount: String(budget), owedAccounts: '0' });
        expect((await minter().getJettonData()).totalSupply).toBe(budget);
        const held = async (name: string) => {
            const wallet = await minter().getWalletAddress(await world.address(name));
            return world.chain.open(ShareWallet.createFromAddress(wallet)).getBalance();
        };
        const stakers = (budget * 3n) / 10n;
        expect([await held('rewards'), await held('stakers')]).toEqual([budget - stakers, stakers]);
        const table = await world.run('stakers', mintSchedule, FLAGS);
        expect(table.json).toMatchObject({ ok: true, allocated: String(budget), next: { epoch: '1' } });
    });

    it('refuses the manifest of another token, or a damaged one', async () => {
        await deploysBoth();
        const other = await world.run('admin', deployToken, [
            ...['--name', 'Other', '--symbol', 'OTH', '--token-manifest', path.join(world.dir, 'other.json'), ...FLAGS],
        ]);
        expect(other.error).toBeUndefined();
        const wrong = await world.run('admin', deployEmission, [
            ...EMISSION,
            '--token-manifest',
            path.join(world.dir, 'other.json'),
        ]);
        expect(wrong.error?.message).toContain('belongs to another token');
        const broken = world.file('broken.json', '{"format": 2, "controller": {"raw": "0:' + '11'.repeat(32) + '"}}');
        for (const file of [broken, world.file('none.json', 'x')]) {
            const { error } = await world.run('admin', mintSchedule, ['--emission-manifest', file, ...FLAGS]);
            expect(error?.message).toContain('is not a readable manifest');
        }
    });
});
