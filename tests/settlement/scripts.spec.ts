/** The scripts of the settlement, on a local chain: what they print, what they refuse, and that a second run does no harm. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, internal, SendMode, toNano } from '@ton/core';

import * as deploySettlement from '../../scripts/deploySettlement';
import * as depositSettlement from '../../scripts/depositSettlement';
import * as disputeSettlement from '../../scripts/disputeSettlement';
import * as recordUsage from '../../scripts/recordUsage';
import * as resolveDispute from '../../scripts/resolveDispute';
import * as settleUsage from '../../scripts/settleUsage';
import * as usageReport from '../../scripts/usageReport';
import * as deployToken from '../../scripts/token/deployToken';
import * as withdrawEarnings from '../../scripts/withdrawEarnings';
import {
    dayOf,
    ledgerCode,
    PaymentSettlement,
    SettlementAccount,
    UsageLedger,
    UsageRegistry,
} from '../../wrappers/settlement';
import { Usage } from '../../wrappers/token';
import { DAY, START, World } from '../scripts/support';

jest.setTimeout(120_000);
const UNIT = 1_000_000_000n;

describe('scripts of the settlement', () => {
    let world: World;
    let registry: UsageRegistry;
    let settlement: PaymentSettlement;
    let at: string[];
    let alice: Address;
    let bob: Address;

    const send = async (
        from: string,
        to: Address,
        body: Parameters<typeof internal>[0]['body'],
        value: bigint,
        init?: object,
    ) => {
        const wallet = await world.chain.wallet(from);
        const message = internal({ to, value, body, init: init, bounce: init === undefined });
        await wallet.transfer([message], SendMode.PAY_GAS_SEPARATELY);
    };

    beforeAll(async () => {
        world = await World.create();
        await world.names('owner', 'recorder', 'settler', 'resolver', 'alice', 'bob', 'carol');
        [alice, bob] = [await world.address('alice'), await world.address('bob')];
        const owner = await world.address('owner');
        registry = await UsageRegistry.createFromConfig({
            owner,
            guardian: owner,
            recorders: [await world.address('recorder')],
            start: START,
        });
        settlement = await PaymentSettlement.createFromConfig({
            owner,
            settler: await world.address('settler'),
            guardian: owner,
            resolver: await world.address('resolver'),
            payees: { operations: owner, validators: owner, treasury: owner },
            terms: { registry: registry.address, ledgerCode: await ledgerCode(), unit: UNIT },
        });
        for (const made of [registry, settlement])
            await send('owner', made.address, undefined, toNano('20'), made.init);
        const link = UsageRegistry.linkSettlementBody({ settlement: settlement.address });
        await send('owner', registry.address, link, toNano('0.5'));
        at = ['--settlement', settlement.address.toString(), '--json', '--yes'];
    });
    afterAll(() => world.close());

    const account = async (user: Address) =>
        world.chain.open(
            SettlementAccount.createFromAddress(await world.chain.open(settlement).getAccountAddress(user)),
        );

    const deploy = (...more: string[]) => {
        const roles = ['settler', 'resolver', 'guardian', 'operations', 'validators', 'treasury'];
        const named = roles.flatMap((role) => [
            `--${role}`,
            role === 'settler' || role === 'resolver' ? role : 'owner',
        ]);
        return world.run('owner', deploySettlement, [...named, '--json', '--yes', ...more]);
    };
    let used = START;
    const header = 'consumer,provider,model,prompt_tokens,completion_tokens,amount,time,nonce';
    const rows = (name: string, provider: Address, nonces: number[], amount = UNIT) =>
        world.file(
            name,
            [
                header,
                ...nonces.map((n) => `${String(alice)},${String(provider)},m,100,900,${amount},${used},${n}`),
            ].join('\n'),
        );

    it('deploys, links, records usages and batches, settles what it wrote down, and pays a new provider', async () => {
        const manifest = path.join(world.dir, 'one.json');
        const own = ['--settlement-manifest', manifest, '--json', '--yes'];
        const args = ['--settlement-manifest', manifest, '--recorders', 'recorder', '--tiers', '100:10,1000:20'];
        expect((await deploy(...args, '--thaw', '8d')).error?.message).toContain('7d');
        expect((await deploy(...args, '--burns')).error?.message).toContain('TON cannot be burned');
        const cut = await world.run(
            'owner',
            deploySettlement,
            ['settler', 'resolver', 'guardian', 'operations', 'validators', 'treasury']
                .flatMap((role) => [`--${role}`, role === 'settler' || role === 'resolver' ? role : 'owner'])
                .concat(args, ['--yes']),
            2,
        );
        expect(cut.error).toBeDefined();
        const first = await deploy(...args);
        expect([first.error?.message, first.json.linked]).toEqual([undefined, true]);
        const again = await deploy(...args);
        expect([again.error, again.sent]).toEqual([undefined, 0]);
        const made = world.chain.open(UsageRegistry.createFromAddress(Address.parse(String(first.json.registry))));
        const pays = world.chain.open(
            PaymentSettlement.createFromAddress(Address.parse(String(first.json.settlement))),
        );
        used = world.chain.now;
        expect((await made.getRegistryData()).solvency).toBeGreaterThan(0n);
        expect((await pays.getSettlementData()).solvency).toBeGreaterThan(0n);

        expect((await world.run('alice', depositSettlement, ['100', ...own])).error).toBeUndefined();
        const out = path.join(world.dir, 'out.csv');
        const record = (file: string, ...more: string[]) =>
            world.run('recorder', recordUsage, [file, ...own, '--out', out, ...more]);
        const bad = await record(rows('bad.csv', bob, [2, 1]));
        expect([bad.error?.message, bad.sent]).toEqual([expect.stringContaining('must be above 2'), 0]);
        const stranger = await world.run('carol', recordUsage, [rows('s.csv', bob, [1]), ...own]);
        expect(stranger.error?.message).toContain('ERROR_NOT_ROLE');
        const zero = world.file('zero.csv', `${header}\n${String(alice)},${String(bob)},m,0,0,5,${START + DAY * 9},1`);
        expect((await record(zero)).error?.message).toMatch(/in the future[\s\S]*has tokens/);

        const single = await record(rows('single.csv', bob, [1, 2, 3]), '--batch-size', '2');
        expect(single.error?.message).toBeUndefined();
        expect(single.json).toMatchObject({ ok: true, recorded: 3, toSettle: 3, skipped: 0 });
        const repeated = await record(rows('single.csv', bob, [1, 2, 3]));
        expect([repeated.sent, repeated.json.skipped, repeated.json.toSettle]).toEqual([0, 3, 3]);
        const settled = await world.run('settler', settleUsage, [out, ...own]);
        expect(settled.json).toMatchObject({ ok: true, settled: 3, refused: 0 });
        expect((await record(rows('single.csv', bob, [1, 2, 3]))).json.toSettle).toBe(0);

        const gap = await record(rows('gap.csv', bob, [5, 6]), '--merkle');
        expect([gap.error?.message, gap.sent]).toEqual([expect.stringContaining('begins with nonce 4'), 0]);
        const five = rows('five.csv', bob, [4, 5, 6, 7, 8]);
        const merkle = await record(five, '--merkle', '--batch-size', '3');
        expect(merkle.json).toMatchObject({ ok: true, recorded: 2, receipts: '5', toSettle: 2 });
        expect((await record(five, '--merkle', '--batch-size', '3')).sent).toBe(0);
        const text = fs.readFileSync(out, 'utf8');
        const lie = world.file('lie.csv', text.replace(`,${3n * UNIT},`, `,${4n * UNIT},`));
        expect((await world.run('settler', settleUsage, [lie, ...own])).error?.message).toContain(
            'not what was recorded',
        );
        const paid = await world.run('settler', settleUsage, [out, ...own]);
        expect(paid.json).toMatchObject({ ok: true, settled: 2, refused: 0 });
        const report = await world.run('carol', usageReport, ['--settlement-manifest', manifest, '--json']);
        expect(report.json).toMatchObject({ records: '5', tokens: '8000', amount: String(8n * UNIT) });

        const nothing = await world.run('bob', withdrawEarnings, own);
        expect(nothing.error?.message).toContain('no account');
        const early = await world.run('bob', withdrawEarnings, ['--consumer', alice.toString(), ...own]);
        expect(early.error?.message).toContain('ERROR_NOTHING_DUE');
        await world.chain.advance(3 * DAY);
        const earnings = await world.run('bob', withdrawEarnings, ['--consumer', alice.toString(), ...own]);
        expect(earnings.json).toMatchObject({ ok: true, due: String(8n * UNIT), paid: true });
        expect((await pays.getSettlementData()).owed).toBe(92n * UNIT);
    });

    it('deposits tokens where the asset is a jetton', async () => {
        const list = world.file('genesis.csv', 'owner,amount\nalice,1000\n');
        const token = ['--name', 'Net', '--symbol', 'NET', '--minter', 'owner', '--genesis', list, '--yes', '--json'];
        const made = await world.run('owner', deployToken, token);
        expect(made.error).toBeUndefined();
        const manifest = path.join(world.dir, 'deployments', 'local', 'token.json');
        const minter = (JSON.parse(fs.readFileSync(manifest, 'utf8')) as { minter: { raw: string } }).minter.raw;
        const own = ['--settlement-manifest', path.join(world.dir, 'jetton.json')];
        const placed = await deploy(...own, '--jetton', minter, '--burns');
        expect([placed.error?.message, placed.json.linked]).toEqual([undefined, true]);
        const pays = world.chain.open(
            PaymentSettlement.createFromAddress(Address.parse(String(placed.json.settlement))),
        );
        for (const [amount, all] of [
            ['40', 40n],
            ['2', 42n],
        ] as const) {
            const deposit = await world.run('alice', depositSettlement, [amount, ...own, '--yes', '--json']);
            expect([deposit.error?.message, deposit.json.deposit]).toEqual([undefined, String(all * UNIT)]);
        }
        expect(await pays.getSettlementData()).toMatchObject({ assets: 42n * UNIT, owed: 42n * UNIT });
    });

    it('from a deposit to a payout', async () => {
        const small = await world.run('alice', depositSettlement, ['0.5', ...at]);
        expect(small.error?.message).toContain('ERROR_AMOUNT');
        const first = await world.run('alice', depositSettlement, ['100', ...at]);
        expect(first.error).toBeUndefined();
        const more = await world.run('carol', depositSettlement, ['5', '--user', alice.toString(), ...at]);
        expect(more.json).toMatchObject({ ok: true, deposit: String(105n * UNIT) });

        const now = START;
        const usages: Usage[] = [1, 2, 3].map((nonce) => ({
            consumer: alice,
            provider: bob,
            model: 'model',
            promptTokens: 100,
            completionTokens: 900,
            amount: BigInt(nonce) * 10n * UNIT,
            time: now,
            nonce,
        }));
        for (const [i, usage] of usages.entries()) {
            const body = UsageRegistry.addUsageBody({ record: { usage }, deploy: i === 0 });
            await send('recorder', registry.address, body, toNano('2'));
        }
        const ledger = world.chain.open(
            await UsageLedger.createFromConfig({ registry: registry.address, consumer: alice }),
        );
        const ids = [...(await ledger.getOpenRecords()).keys()];
        expect(ids).toHaveLength(3);

        const report = await world.run('carol', usageReport, ['--registry', registry.address.toString(), '--json']);
        expect(report.json).toMatchObject({ records: '3', tokens: '3000', amount: String(60n * UNIT) });
        const mine = ['--registry', registry.address.toString(), '--json', '--consumer', bob.toString()];
        expect((await world.run('carol', usageReport, mine)).json).toMatchObject({ records: '0' });

        const header = 'id,consumer,provider,model,prompt_tokens,completion_tokens,amount,time,nonce';
        const row = (u: Usage, id: bigint, amount = u.amount) =>
            [id, alice, bob, 'model', 100, 900, amount, u.time, u.nonce].map(String).join(',');
        const wrong = world.file('wrong.csv', [header, row(usages[0], ids[0], 7n)].join('\n'));
        expect((await world.run('settler', settleUsage, [wrong, ...at])).error?.message).toContain(
            'not what was recorded',
        );
        const good = world.file('good.csv', [header, ...usages.map((u, i) => row(u, ids[i]))].join('\n'));
        const settled = await world.run('settler', settleUsage, [good, ...at]);
        expect(settled.json).toMatchObject({ ok: true, settled: 3, refused: 0, skipped: 0 });
        const again = await world.run('settler', settleUsage, [good, ...at]);
        expect([again.sent, again.json]).toMatchObject([0, { settled: 0, skipped: 3 }]);

        const dispute = [String(ids[2]), ...at];
        expect(
            (await world.run('carol', disputeSettlement, [...dispute, '--consumer', alice.toString()])).error?.message,
        ).toContain('Only the consumer');
        const raised = await world.run('alice', disputeSettlement, dispute);
        expect(raised.json).toMatchObject({ ok: true, amount: String(30n * UNIT), deposit: String(UNIT) });
        const args = [alice.toString(), String(ids[2]), 'refund', ...at];
        expect((await world.run('carol', resolveDispute, args)).error?.message).toContain('ERROR_NOT_ROLE');
        const early = [alice.toString(), String(ids[2]), 'expire', ...at];
        expect((await world.run('carol', resolveDispute, early)).error?.message).toContain('ERROR_DISPUTE_RUNS');
        const refunded = await world.run('resolver', resolveDispute, args);
        expect(refunded.json).toMatchObject({ ok: true, verdict: 'refund' });
        expect(await (await account(alice)).getAccountData()).toMatchObject({ deposit: 75n * UNIT, held: 30n * UNIT });

        await world.chain.advance(3 * DAY);
        await send(
            'carol',
            (await account(alice)).address,
            SettlementAccount.confirmBody({ provider: bob, deploy: true }),
            toNano('3'),
        );
        expect((await (await account(bob)).getAccountData()).earned).toBe(24n * UNIT);
        const paid = await world.run('bob', withdrawEarnings, ['--consumer', alice.toString(), ...at]);
        expect(paid.json).toMatchObject({ ok: true, earned: String(24n * UNIT), paid: true });
        expect((await world.run('bob', withdrawEarnings, at)).error?.message).toContain('ERROR_NOTHING_DUE');
        expect(dayOf(START)).toBe(20833);
    });
});
