/** The scripts of the settlement, on a local chain: what they print, what they refuse, and that a second run does no harm. */
import { Address, internal, SendMode, toNano } from '@ton/core';

import * as depositSettlement from '../../scripts/depositSettlement';
import * as disputeSettlement from '../../scripts/disputeSettlement';
import * as resolveDispute from '../../scripts/resolveDispute';
import * as settleUsage from '../../scripts/settleUsage';
import * as usageReport from '../../scripts/usageReport';
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
