import { Address, toNano } from '@ton/core';

import * as cocoonWorker from '../../scripts/pool/cocoonWorker';
import * as deployPool from '../../scripts/pool/deployPool';
import * as manageProxies from '../../scripts/pool/manageProxies';
import * as registerParticipant from '../../scripts/pool/registerParticipant';
import * as reportMetrics from '../../scripts/pool/reportMetrics';
import * as runPayouts from '../../scripts/pool/runPayouts';
import * as voidEpoch from '../../scripts/pool/voidEpoch';
import { Exit } from '../../scripts/lib/errors';
import { CocoonWorkerAccount } from '../../wrappers/cocoon';
import { CocoonSystem, cocoonKeyPair } from '../support/cocoon';
import { DEPLOY, ROLES, World } from './support';

let world: World;

beforeAll(async () => {
    world = await World.create();
    await world.names(...ROLES, 'keeper', 'alice', 'bob');
    expect((await world.run('operator', deployPool, DEPLOY)).error).toBeUndefined();
    // alice waits until it is worth it, bob takes what comes
    const wait = ['--min-payout', '1000', '--yes'];
    expect((await world.run('alice', registerParticipant, wait)).error).toBeUndefined();
    expect((await world.run('bob', registerParticipant, ['--yes'])).error).toBeUndefined();
});

afterAll(() => world.close());

async function report(epoch: number, seconds = 3600): Promise<void> {
    const rows = ['alice', 'bob'].map((name) => `${name},${seconds},100,9000,0`);
    const file = world.file(`${epoch}.csv`, ['participant,seconds,gpu,uptime_bps,outages', ...rows].join('\n'));
    const run = await world.run('reporter', reportMetrics, [file, '--epoch', `${epoch}`, '--yes']);
    expect(run.error).toBeUndefined();
}

describe('payouts over several epochs', () => {
    it('leaves out who waits, and reports a voided epoch again', async () => {
        for (let epoch = 0; epoch < 3; epoch++) {
            await world.payVault('alice', toNano('10'));
            const registry = await world.registry();
            await world.advanceTo((await registry.getEpochData()).end);
            await report(epoch, 3600);
            if (epoch === 1) {
                const voided = await world.run('arbiter', voidEpoch, ['1', '--yes', '--json']);
                expect(voided.json).toMatchObject({ ok: true, attempt: true });
                await report(epoch, 1800);
            }
            await world.advanceTo((await registry.getEpochData()).dueAt);
            const run = await world.run('keeper', runPayouts, ['--yes', '--json']);
            expect(run.error).toBeUndefined();
            expect(run.json.paid).toHaveLength(1);
            expect(run.json.deferred).toHaveLength(1);
        }
    });

    it('pays all rounds of a backlog in one message', async () => {
        const alice = await world.chain.wallet('alice');
        const vault = await world.vault('alice');
        await vault.sendSetMinPayout(alice.sender(), { amount: 0n });
        const people = world.file('people.csv', 'participant\nalice\nbob\n');
        const run = await world.run('keeper', runPayouts, ['--participants', people, '--yes', '--json']);
        expect(run.error).toBeUndefined();
        expect(run.sent).toBe(1);
        expect(run.json.paid).toMatchObject([{ rounds: ['0', '1', '2'] }]);
        expect(run.json.failed).toEqual([]);
        const { unpaid } = await (await world.distribution()).getDistributionData();
        expect(unpaid).toBeLessThan(10n);
        const again = await world.run('keeper', runPayouts, ['--yes', '--json']);
        expect(again.json).toMatchObject({ ok: true, paid: [] });
        expect(again.sent).toBe(0);
    });
});

describe('cocoonWorker', () => {
    it('derives the worker, deploys and registers it, and commands only wallets of its own', async () => {
        const node = await world.chain.wallet('node');
        const owner = { rootOwner: node.address, proxyOwner: node.address };
        const cocoon = await CocoonSystem.create(owner);
        await node.sender().send(cocoon.deployRoot());
        await node.sender().send(cocoon.deployProxy(toNano('100')));
        const proxy = cocoon.proxy.toString();
        const vault = (await world.vault('alice')).address;

        const where = await world.run('alice', cocoonWorker, ['address', '--proxy', proxy, '--json']);
        expect(Address.parse(where.json.worker as string).equals(cocoon.worker(vault))).toBe(true);
        expect(where.json.trusted).toBe(false);
        await world.run('operator', manageProxies, ['add', proxy, '--yes']);
        for (const sent of [1, 1]) {
            const run = await world.run('alice', cocoonWorker, ['register', '--proxy', proxy, '--yes', '--json']);
            expect(run.error).toBeUndefined();
            expect(run.sent).toBe(sent);
            expect(run.json.trusted).toBe(true);
        }
        const worker = world.chain.open(new CocoonWorkerAccount(cocoon.worker(vault)));
        expect((await worker.getInfo()).owner.equals(vault)).toBe(true);

        const keys = cocoonKeyPair('node of alice');
        await node.sender().send(cocoon.deployWallet(vault, keys, toNano('5')));
        const wallet = cocoon.wallet(vault, keys);
        for (const action of ['block', 'unblock', 'withdraw']) {
            const run = await world.run('alice', cocoonWorker, [action, '--wallet', wallet.toString(), '--yes']);
            expect(run.error).toBeUndefined();
        }
        expect((await world.chain.account(wallet)).balance).toBeLessThan(toNano('0.1'));
        const foreign = await world.run('bob', cocoonWorker, ['withdraw', '--wallet', wallet.toString(), '--yes']);
        expect(foreign.error?.exitCode).toBe(Exit.refused);
        expect(foreign.error?.message).toContain('The owner of this wallet is');
    });
});
