import { beginCell, toNano } from '@ton/core';

import * as approveParticipant from '../../scripts/pool/approveParticipant';
import * as cocoonWorker from '../../scripts/pool/cocoonWorker';
import * as deployPool from '../../scripts/pool/deployPool';
import * as exitPool from '../../scripts/pool/exitPool';
import * as manageProxies from '../../scripts/pool/manageProxies';
import * as manageRoles from '../../scripts/pool/manageRoles';
import * as operatorStake from '../../scripts/pool/operatorStake';
import * as pausePool from '../../scripts/pool/pausePool';
import * as registerParticipant from '../../scripts/pool/registerParticipant';
import * as runPayouts from '../../scripts/pool/runPayouts';
import * as setCommission from '../../scripts/pool/setCommission';
import * as upgradePool from '../../scripts/pool/upgradePool';
import * as voidEpoch from '../../scripts/pool/voidEpoch';
import { Exit } from '../../scripts/lib/errors';
import { DAY, DEPLOY, ROLES, World } from './support';

let world: World;

beforeAll(async () => {
    world = await World.create();
    await world.names(...ROLES, 'keeper', 'alice', 'bob', 'newcomer');
    const args = [...DEPLOY, '--admission', 'approval'];
    expect((await world.run('operator', deployPool, args)).error).toBeUndefined();
});

afterAll(() => world.close());

describe('setCommission', () => {
    it('cuts at once, announces raises, cancels them, and repeats nothing', async () => {
        expect((await world.does('operator', setCommission, ['8'])).json).toMatchObject({
            commissionBps: 800,
            raise: false,
        });
        expect((await world.does('operator', setCommission, ['8'])).sent).toBe(0);
        const raise = await world.does('operator', setCommission, ['9.5%']);
        expect(raise.json).toMatchObject({ raise: true, commissionBps: 950 });
        expect(Number(raise.json.firstEpoch)).toBeGreaterThanOrEqual(7);
        await world.refused('operator', setCommission, ['12'], /ERROR_CHANGE_PENDING/);
        await world.does('operator', setCommission, ['--cancel']);
        await world.refused('operator', setCommission, ['--cancel'], /ERROR_NO_CHANGE/);
    });

    it('refuses what the contract would refuse', async () => {
        await world.refused('operator', setCommission, ['15.01'], /ERROR_COMMISSION_BOUNDS/);
        await world.refused('operator', setCommission, ['4.99'], /ERROR_COMMISSION_BOUNDS/);
        await world.refused('keeper', setCommission, ['9'], /ERROR_NOT_OWNER/);
        await world.refused('operator', setCommission, ['nine'], /not a percentage/, Exit.usage);
    });
});

describe('manageRoles and manageProxies', () => {
    it('changes roles with their notice', async () => {
        await world.does('operator', manageRoles, ['set', 'guardian', 'keeper']);
        await world.does('operator', manageRoles, ['set', 'guardian', 'guardian']);
        await world.refused('operator', manageRoles, ['set', 'reporter', 'arbiter'], /ERROR_ARBITER_NOT_APART/);
        await world.refused('operator', manageRoles, ['set', 'arbiter', 'reporter'], /ERROR_ARBITER_NOT_APART/);
        await world.does('operator', manageRoles, ['set', 'recovery', 'newcomer']);
        await world.refused('keeper', manageRoles, ['apply', 'recovery'], /ERROR_TOO_EARLY/);
        await world.does('operator', manageRoles, ['cancel', 'recovery']);
        await world.does('operator', manageRoles, ['set', 'payout', 'bob']);
        await world.does('operator', manageRoles, ['nominate', 'newcomer']);
        await world.refused('keeper', manageRoles, ['accept'], /ERROR_NOT_PENDING_OWNER/);
        await world.does('newcomer', manageRoles, ['accept']);
        await world.does('newcomer', manageRoles, ['nominate', 'operator']);
        await world.does('operator', manageRoles, ['accept']);
        const { json } = await world.does('keeper', manageRoles, ['list']);
        const show = async (name: string) => (await world.address(name)).toString({ testOnly: true });
        expect(json.roles).toMatchObject({ owner: await show('operator'), payout: await show('bob') });
    });

    it('adds and removes proxies, once each', async () => {
        await world.does('operator', manageProxies, ['add', 'keeper']);
        expect((await world.does('operator', manageProxies, ['add', 'keeper'])).sent).toBe(0);
        await world.does('operator', manageProxies, ['remove', 'keeper']);
        const list = await world.run('keeper', manageProxies, ['list']);
        expect(list.lines.join('\n')).toContain('a code hash proves nothing');
    });
});

describe('admission, pause and exit', () => {
    it('admits, rejects and sets ceilings', async () => {
        for (const name of ['alice', 'bob']) {
            expect((await world.does(name, registerParticipant, [])).json).toMatchObject({ state: 'pending' });
        }
        expect((await world.does('operator', approveParticipant, ['list'])).json.pending).toHaveLength(2);
        await world.does('operator', approveParticipant, ['approve', 'alice', '500']);
        await world.refused('operator', approveParticipant, ['approve', 'alice', '500'], /ERROR_VAULT_STATE/);
        await world.does('operator', approveParticipant, ['reject', 'bob']);
        await world.does('operator', approveParticipant, ['ceiling', 'alice', '900']);
        await world.does('operator', approveParticipant, ['ceiling', 'alice', '400']);
        expect((await (await world.vault('alice')).getVaultData()).gpuCeiling).toBe(400n);
    });

    it('pauses entries, not exits', async () => {
        await world.refused('keeper', pausePool, ['pause'], /ERROR_NOT_ROLE/);
        await world.does('guardian', pausePool, ['pause']);
        await world.refused('bob', registerParticipant, [], /ERROR_PAUSED/);
        await world.refused('operator', setCommission, ['7'], /ERROR_PAUSED/);
        await world.does('alice', exitPool, ['request']);
        await world.does('operator', pausePool, ['unpause']);
        await world.refused('guardian', pausePool, ['pause'], /ERROR_PAUSE_COOLDOWN/);
        await world.refused('keeper', exitPool, ['complete', '--participant', 'alice'], /ERROR_EXIT_DELAY/);
        await world.does('alice', exitPool, ['cancel']);
        await world.does('alice', exitPool, ['request']);
    });

    it('has nothing to void before a report', async () => {
        await world.refused('arbiter', voidEpoch, ['0'], /ERROR_CANNOT_VOID/);
        await world.refused('keeper', voidEpoch, ['0'], /ERROR_NOT_ROLE/);
        await world.refused('arbiter', voidEpoch, ['5'], /ERROR_WRONG_EPOCH/);
    });

    it('sweeps the dust of a vault', async () => {
        await world.payVault('alice', toNano('0.01'));
        const vault = await world.vault('alice');
        const before = (await vault.getVaultData()).pending;
        const run = await world.run('keeper', cocoonWorker, ['sweep', '--participant', 'alice', '--yes']);
        expect(run.error?.message ?? '').toMatch(/^$|ERROR_VALUE_TOO_LOW/);
        expect((await vault.getVaultData()).pending).toBeLessThanOrEqual(before);
        await world.refused(
            'alice',
            cocoonWorker,
            ['withdraw', '--wallet', 'keeper'],
            /owner of this wallet|not a Cocoon/,
        );
        const nobody = `0:${beginCell().endCell().hash().toString('hex')}`;
        await world.refused('alice', cocoonWorker, ['register', '--proxy', nobody], /no contract at/);
    });
});

describe('notices that run out', () => {
    it('upgrades with notice: announce, wait, cancel', async () => {
        const code = beginCell().storeUint(7, 8).endCell();
        const file = world.file('code.boc', code.toBoc().toString('base64'));
        for (const target of ['operator', 'registry', 'distribution', 'vault']) {
            await world.does('operator', upgradePool, ['announce', target, '--code', file]);
            await world.refused('keeper', upgradePool, ['apply', target, '--code', file], /ERROR_TOO_EARLY/);
        }
        const { json } = await world.does('keeper', upgradePool, ['status']);
        expect(json.upgrades).toMatchObject({ vault: { codeHash: code.hash().toString('hex') } });
        for (const target of ['operator', 'registry', 'vault']) {
            await world.does('operator', upgradePool, ['cancel', target]);
        }
        await world.chain.advance(9 * DAY);
        await world.refused('keeper', upgradePool, ['apply', 'distribution'], /ERROR_WRONG_CODE/);
        await world.does('operator', upgradePool, ['cancel', 'distribution']);
    });

    it('completes an exit and frees the stake', async () => {
        await world.does('keeper', exitPool, ['complete', '--participant', 'alice']);
        expect((await (await world.vault('alice')).getVaultData()).stake).toBe(0n);
        await world.refused('operator', operatorStake, ['withdraw', '10'], /ERROR_STILL_BOUND/);
        await world.does('operator', operatorStake, ['top-up', '20.5']);
        await world.does('operator', operatorStake, ['deactivate']);
        await world.refused('operator', operatorStake, ['withdraw', '10'], /ERROR_STILL_BOUND/);
        await world.chain.advance(8 * DAY);
        await world.refused('operator', operatorStake, ['withdraw', '10'], /ERROR_EPOCHS_OPEN/);
        const closed = await world.does('keeper', runPayouts, []);
        expect(closed.sent).toBeGreaterThan(1);
        await world.does('operator', operatorStake, ['withdraw', '10.25']);
        await world.does('keeper', operatorStake, ['emergency']);
        expect((await world.operator.getPoolData()).stake).toBe(0n);
    });
});
