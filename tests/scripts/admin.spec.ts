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
import { DAY, DEPLOY, ROLES, Script, World } from './support';

let world: World;

beforeAll(async () => {
    world = await World.create();
    await world.names(...ROLES, 'keeper', 'alice', 'bob', 'newcomer');
    const args = [...DEPLOY, '--admission', 'approval'];
    expect((await world.run('operator', deployPool, args)).error).toBeUndefined();
});

afterAll(() => world.close());

async function does(who: string, script: Script, args: string[]) {
    const run = await world.run(who, script, [...args, '--yes', '--json']);
    expect(run.error).toBeUndefined();
    return run;
}

async function refused(who: string, script: Script, args: string[], rule: RegExp, code: number = Exit.refused) {
    const run = await world.run(who, script, [...args, '--yes']);
    expect(run.error?.message).toMatch(rule);
    expect(run.error?.exitCode).toBe(code);
    expect(run.sent).toBe(0);
}

describe('setCommission', () => {
    it('cuts at once, announces raises, cancels them, and repeats nothing', async () => {
        expect((await does('operator', setCommission, ['8'])).json).toMatchObject({ commissionBps: 800, raise: false });
        expect((await does('operator', setCommission, ['8'])).sent).toBe(0);
        const raise = await does('operator', setCommission, ['9.5%']);
        expect(raise.json).toMatchObject({ raise: true, commissionBps: 950 });
        expect(Number(raise.json.firstEpoch)).toBeGreaterThanOrEqual(7);
        await refused('operator', setCommission, ['12'], /ERROR_CHANGE_PENDING/);
        await does('operator', setCommission, ['--cancel']);
        await refused('operator', setCommission, ['--cancel'], /ERROR_NO_CHANGE/);
    });

    it('refuses what the contract would refuse', async () => {
        await refused('operator', setCommission, ['15.01'], /ERROR_COMMISSION_BOUNDS/);
        await refused('operator', setCommission, ['4.99'], /ERROR_COMMISSION_BOUNDS/);
        await refused('keeper', setCommission, ['9'], /ERROR_NOT_OWNER/);
        await refused('operator', setCommission, ['nine'], /not a percentage/, Exit.usage);
    });
});

describe('manageRoles and manageProxies', () => {
    it('changes roles with their notice', async () => {
        await does('operator', manageRoles, ['set', 'guardian', 'keeper']);
        await does('operator', manageRoles, ['set', 'guardian', 'guardian']);
        await refused('operator', manageRoles, ['set', 'reporter', 'arbiter'], /ERROR_ARBITER_NOT_APART/);
        await refused('operator', manageRoles, ['set', 'arbiter', 'reporter'], /ERROR_ARBITER_NOT_APART/);
        await does('operator', manageRoles, ['set', 'recovery', 'newcomer']);
        await refused('keeper', manageRoles, ['apply', 'recovery'], /ERROR_TOO_EARLY/);
        await does('operator', manageRoles, ['cancel', 'recovery']);
        await does('operator', manageRoles, ['set', 'payout', 'bob']);
        await does('operator', manageRoles, ['nominate', 'newcomer']);
        await refused('keeper', manageRoles, ['accept'], /ERROR_NOT_PENDING_OWNER/);
        await does('newcomer', manageRoles, ['accept']);
        await does('newcomer', manageRoles, ['nominate', 'operator']);
        await does('operator', manageRoles, ['accept']);
        const { json } = await does('keeper', manageRoles, ['list']);
        const show = async (name: string) => (await world.address(name)).toString({ testOnly: true });
        expect(json.roles).toMatchObject({ owner: await show('operator'), payout: await show('bob') });
    });

    it('adds and removes proxies, once each', async () => {
        await does('operator', manageProxies, ['add', 'keeper']);
        expect((await does('operator', manageProxies, ['add', 'keeper'])).sent).toBe(0);
        await does('operator', manageProxies, ['remove', 'keeper']);
        const list = await world.run('keeper', manageProxies, ['list']);
        expect(list.lines.join('\n')).toContain('a code hash proves nothing');
    });
});

describe('admission, pause and exit', () => {
    it('admits, rejects and sets ceilings', async () => {
        for (const name of ['alice', 'bob']) {
            expect((await does(name, registerParticipant, [])).json).toMatchObject({ state: 'pending' });
        }
        expect((await does('operator', approveParticipant, ['list'])).json.pending).toHaveLength(2);
        await does('operator', approveParticipant, ['approve', 'alice', '500']);
        await refused('operator', approveParticipant, ['approve', 'alice', '500'], /ERROR_VAULT_STATE/);
        await does('operator', approveParticipant, ['reject', 'bob']);
        await does('operator', approveParticipant, ['ceiling', 'alice', '900']);
        await does('operator', approveParticipant, ['ceiling', 'alice', '400']);
        expect((await (await world.vault('alice')).getVaultData()).gpuCeiling).toBe(400n);
    });

    it('pauses entries, not exits', async () => {
        await refused('keeper', pausePool, ['pause'], /ERROR_NOT_ROLE/);
        await does('guardian', pausePool, ['pause']);
        await refused('bob', registerParticipant, [], /ERROR_PAUSED/);
        await refused('operator', setCommission, ['7'], /ERROR_PAUSED/);
        await does('alice', exitPool, ['request']);
        await does('operator', pausePool, ['unpause']);
        await refused('guardian', pausePool, ['pause'], /ERROR_PAUSE_COOLDOWN/);
        await refused('keeper', exitPool, ['complete', '--participant', 'alice'], /ERROR_EXIT_DELAY/);
        await does('alice', exitPool, ['cancel']);
        await does('alice', exitPool, ['request']);
    });

    it('has nothing to void before a report', async () => {
        await refused('arbiter', voidEpoch, ['0'], /ERROR_CANNOT_VOID/);
        await refused('keeper', voidEpoch, ['0'], /ERROR_NOT_ROLE/);
        await refused('arbiter', voidEpoch, ['5'], /ERROR_WRONG_EPOCH/);
    });

    it('sweeps the dust of a vault', async () => {
        await world.payVault('alice', toNano('0.01'));
        const vault = await world.vault('alice');
        const before = (await vault.getVaultData()).pending;
        const run = await world.run('keeper', cocoonWorker, ['sweep', '--participant', 'alice', '--yes']);
        expect(run.error?.message ?? '').toMatch(/^$|ERROR_VALUE_TOO_LOW/);
        expect((await vault.getVaultData()).pending).toBeLessThanOrEqual(before);
        await refused('alice', cocoonWorker, ['withdraw', '--wallet', 'keeper'], /owner of this wallet|not a Cocoon/);
        const nobody = `0:${beginCell().endCell().hash().toString('hex')}`;
        await refused('alice', cocoonWorker, ['register', '--proxy', nobody], /no contract at/);
    });
});

describe('notices that run out', () => {
    it('upgrades with notice: announce, wait, cancel', async () => {
        const code = beginCell().storeUint(7, 8).endCell();
        const file = world.file('code.boc', code.toBoc().toString('base64'));
        for (const target of ['operator', 'registry', 'distribution', 'vault']) {
            await does('operator', upgradePool, ['announce', target, '--code', file]);
            await refused('keeper', upgradePool, ['apply', target, '--code', file], /ERROR_TOO_EARLY/);
        }
        const { json } = await does('keeper', upgradePool, ['status']);
        expect(json.upgrades).toMatchObject({ vault: { codeHash: code.hash().toString('hex') } });
        for (const target of ['operator', 'registry', 'vault']) {
            await does('operator', upgradePool, ['cancel', target]);
        }
        await world.chain.advance(9 * DAY);
        await refused('keeper', upgradePool, ['apply', 'distribution'], /ERROR_WRONG_CODE/);
        await does('operator', upgradePool, ['cancel', 'distribution']);
    });

    it('completes an exit and frees the stake', async () => {
        await does('keeper', exitPool, ['complete', '--participant', 'alice']);
        expect((await (await world.vault('alice')).getVaultData()).stake).toBe(0n);
        await refused('operator', operatorStake, ['withdraw', '10'], /ERROR_STILL_BOUND/);
        await does('operator', operatorStake, ['top-up', '20.5']);
        await does('operator', operatorStake, ['deactivate']);
        await refused('operator', operatorStake, ['withdraw', '10'], /ERROR_STILL_BOUND/);
        await world.chain.advance(8 * DAY);
        await refused('operator', operatorStake, ['withdraw', '10'], /ERROR_EPOCHS_OPEN/);
        const closed = await does('keeper', runPayouts, []);
        expect(closed.sent).toBeGreaterThan(1);
        await does('operator', operatorStake, ['withdraw', '10.25']);
        await does('keeper', operatorStake, ['emergency']);
        expect((await world.operator.getPoolData()).stake).toBe(0n);
    });
});
