/**
 * docs/schema.tlb against reality: every message and event of registry and settlement, and what the four contracts store, is
 * taken apart by the document alone, to the last bit. Beside it what rests on sizes: rents, and the gas of getters.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Address, Cell, toNano, Transaction } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';
import { sha256_sync as sha256Sync } from '@ton/crypto';

import * as built from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { addressOfAccount } from '../../wrappers/pool';
import { dayOf, depositPayload, PaymentSettlement } from '../../wrappers/settlement';
import { MerkleSumTree, usageRecord } from '../../wrappers/settlement/channel';
import { underCoverage } from '../support/coverage';
import { dataOf, exitCode, refuse, txAt } from '../support/pool/transactions';
import { fillKept, payouts } from '../support/settlement/till';
import { bodies, TlbSchema } from '../support/tlb';
import { DAY, NETWORK_ID, RESOLVE, SettlementPerson, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

jest.setTimeout(300_000);

const root = path.join(__dirname, '../..');
const DOCUMENT = new TlbSchema(fs.readFileSync(path.join(root, 'docs/schema.tlb'), 'utf8'));
const DECLARED = [
    ...fs
        .readFileSync(path.join(root, 'contracts/settlement/messages.tact'), 'utf8')
        .matchAll(/^message\(0x([0-9a-f]+)\) (\w+)/gm),
];

/** Addresses that share no bits, as real ones: equal cells count once. */
const spread = (text: string) => new Address(0, sha256Sync(text));

it('declares every message and event of the sources', () => {
    expect(DECLARED.length).toBe(53);
    for (const [, opcode, name] of DECLARED) {
        expect([name, DOCUMENT.opcodes().get(parseInt(opcode, 16))?.name]).toEqual([name, name]);
    }
});

it.each([false, true])('reads every message, event and storage at work, jetton: %s', async (jetton) => {
    const seen = new Set<string>();
    const check = async (send: Promise<{ transactions: Transaction[] }>) => {
        const result = await send;
        for (const body of bodies(result.transactions)) seen.add(DOCUMENT.readBody(body).name);
        return result;
    };
    const world = await SettlementWorld.create({ jetton, unlinked: true });
    const { registry, settlement } = world;
    const via = (who: SettlementPerson) => world.via(who);
    const owner = via('owner');
    await check(registry.sendLinkSettlement(owner, { settlement: settlement.address }));
    if (jetton) {
        // asked again before it was known
        const fresh = await PaymentSettlement.createFromConfig({
            ...{ owner: world.of('owner'), settler: world.of('settler'), guardian: world.of('guardian') },
            resolver: world.of('resolver'),
            payees: { operations: world.of('bob'), validators: world.of('bob'), treasury: world.of('bob') },
            minter: world.minter!.address,
            terms: world.terms,
        });
        const opened = world.blockchain.openContract(fresh);
        await opened.sendDeploy(owner, toNano('2'));
        await check(opened.sendDiscover(owner));
        const payload = DOCUMENT.readBody(depositPayload({ user: world.of('alice'), deploy: true }));
        seen.add(payload.name);
    }
    await check(world.deposit('alice', 500n * UNIT));
    for (const target of [registry, settlement]) {
        await check(target.sendSetPause(via('guardian'), { stop: true }));
        await check(target.sendSetPause(via('guardian'), { stop: false }));
        await check(target.sendAnnounceUpgrade(owner, { codeHash: 5n }));
        await check(target.sendCancelUpgrade(owner));
        await check(target.sendNominateRole(owner, { role: 'guardian', holder: world.of('dave') }));
        await check(target.sendAcceptRole(via('dave'), { role: 'guardian' }));
        await check(target.sendRevokeRole(owner, { role: 'guardian', holder: world.of('dave') }));
    }
    const one = await world.recorded({ amount: 100n * UNIT });
    await check(world.add({ usage: world.usage() }));
    await check(world.add({ usage: world.usage({ nonce: 1n }) }));
    await check(world.addAll([world.usage(), world.usage()]));
    await check(settlement.sendSettleUsage(via('settler'), { record: one }));
    await check(world.settle([await world.recorded(), await world.recorded({ amount: 3n * UNIT })]));
    world.advance(WINDOW);
    await check(world.confirm('alice'));
    const alice = await world.account('alice');
    const bob = await world.account('bob');
    const consumer = world.of('alice');
    const provider = world.of('bob');

    // disputes of every kind
    const lots = [];
    for (let i = 0; i < 4; i++) lots.push(await world.recorded({ amount: 5n * UNIT, time: world.now }));
    const usage = world.usage({ nonce: 77n, time: world.now });
    const record = usageRecord(usage, registry.address, NETWORK_ID);
    const hash = BigInt(`0x${record.hash().toString('hex')}`);
    const tree = MerkleSumTree.build([{ hash, tokens: 1000n, amount: UNIT, record }]);
    const fraud = await world.recordedBatch({ root: hash, count: 1, tokens: 1000n, amount: UNIT, time: world.now });
    await check(world.settle([...lots, fraud]));
    await check(alice.sendDisputeCharge(via('alice'), { provider, id: lots[0].id }));
    await check(bob.sendDisputeEarning(via('bob'), { consumer, id: lots[1].id, deposit: UNIT }));
    await check(bob.sendDisputeEarning(via('bob'), { consumer, id: lots[2].id, deposit: UNIT }));
    await check(settlement.sendResolveDispute(via('resolver'), { consumer, id: lots[0].id, confirm: true }));
    const { batch, id } = fraud;
    const opening = tree.opening(0);
    await check(alice.sendProveFraud(via('stranger'), { provider, id, index: 0, batch, opening }));
    const limits = { perDay: 100n * UNIT, perThousand: 10n * UNIT, providers: [provider] };
    await check(alice.sendSetLimits(via('alice'), limits));
    await check(alice.sendRequestWithdraw(via('alice'), { amount: 10n * UNIT }));
    world.advance(DAY);
    await check(alice.sendCompleteWithdraw(via('alice')));
    await check(alice.sendSetLimits(via('alice'), { ...limits, perDay: 5n * UNIT }));

    // all storages while they are full of everything
    const account = DOCUMENT.read('SettlementAccount', await dataOf(world.blockchain, alice.address));
    expect(account.open_count).toBe(1n);
    const ledger = await world.ledger(consumer);
    expect(DOCUMENT.read('UsageLedger', await dataOf(world.blockchain, ledger.address)).consumer).toBe(
        BigInt(`0x${consumer.hash.toString('hex')}`),
    );
    const network = DOCUMENT.read('UsageRegistry', await dataOf(world.blockchain, registry.address));
    DOCUMENT.read('RegistryDesk', network.desk as Cell);
    const money = DOCUMENT.read('PaymentSettlement', await dataOf(world.blockchain, settlement.address));
    DOCUMENT.read('SettlementTerms', money.terms as Cell);
    DOCUMENT.read('Till', money.till as Cell);
    const desk = DOCUMENT.read('SettlementDesk', money.desk as Cell);
    DOCUMENT.read('SettlementRare', desk.rare as Cell);
    DOCUMENT.read('FeePayees', desk.payees as Cell);
    DOCUMENT.read('AccountDesk', account.desk as Cell);
    const kept = DOCUMENT.read('Limits', account.limits as Cell);
    DOCUMENT.read('NextLimits', kept.next as Cell);

    world.advance(RESOLVE);
    await check(alice.sendExpireDispute(via('stranger'), { id: lots[1].id }));
    await check(bob.sendWithdrawEarnings(via('bob'), { consumer }));
    // a credit that comes back and goes again
    await check(world.deposit('alice', 20n * UNIT));
    await check(world.settle([await world.recorded({ time: world.now })]));
    world.advance(WINDOW);
    const mend = await refuse(world.blockchain, bob.address);
    await check(world.confirm('alice'));
    await mend();
    await check(alice.sendResend(via('stranger'), { provider }));
    await check(world.deposit('carol', 2n * UNIT, { user: addressOfAccount(5n), deploy: false }));
    await check(settlement.sendRelease(via('stranger'), { to: addressOfAccount(5n), account: true }));
    await check(settlement.sendPayFees(via('stranger')));
    if (jetton) await world.minter!.sendMint(owner, { receiver: settlement.address, amount: UNIT });
    else await world.send('owner', settlement.address, PaymentSettlement.topUpBody(), toNano('30'));
    await check(settlement.sendProveSurplus(via('stranger'), { amount: UNIT }));
    await check(settlement.sendAssignSurplus(owner, { amount: UNIT, user: provider }));
    world.advance(2 * DAY);
    await check(settlement.sendApplySurplus(via('stranger')));
    const payees = { operations: provider, validators: provider, treasury: provider };
    await check(settlement.sendSetFeePayees(owner, { payees }));
    await check(settlement.sendCancelFeePayees(owner));
    await check(settlement.sendSetFeePayees(owner, { payees }));
    world.advance(7 * DAY);
    await check(settlement.sendApplyFeePayees(via('stranger')));
    // Each asset has a deposit of its own.
    const other = jetton ? 'Deposit' : 'DepositFor';
    const missing = DECLARED.map(([, , name]) => name).filter((name) => !seen.has(name));
    expect(missing).toEqual(jetton ? [other] : [other, 'Discover']);
});

describe('sizes', () => {
    let world: SettlementWorld;
    beforeAll(async () => {
        world = await SettlementWorld.create({
            jetton: true,
            terms: { tiers: Array.from({ length: 8 }, (_, i) => ({ threshold: BigInt(i) * UNIT, bps: 100 * i })) },
        });
    });

    const used = async (address: Address) => {
        const { account } = await world.blockchain.getContract(address);
        return account.account!.storageStats.used;
    };
    /** The same for a state that was written by hand. */
    const sizeOf = async (address: Address) => {
        const { accountState } = await world.blockchain.getContract(address);
        if (accountState?.type !== 'active') throw new Error('not deployed');
        const cells = new Map<string, number>();
        const count = (cell: Cell): void => {
            const key = cell.hash().toString('hex');
            if (cells.has(key)) return;
            cells.set(key, cell.bits.length);
            cell.refs.forEach(count);
        };
        count(accountState.state.code!);
        count(accountState.state.data!);
        return { cells: BigInt(cells.size), bits: BigInt([...cells.values()].reduce((a, n) => a + n, 0)) };
    };
    /** Rent is computed from no less than there is, and from not much more. */
    const covers = (what: string, is: { cells: bigint; bits: bigint }, cells: bigint, bits: bigint, tenths = 9n) =>
        expect([
            what,
            is,
            is.cells <= cells && is.bits <= bits,
            is.cells * 10n > cells * tenths && is.bits * 10n > bits * tenths,
        ]).toEqual([what, is, true, true]);
    const less = (a: { cells: bigint; bits: bigint }, b: { cells: bigint; bits: bigint }) => ({
        cells: a.cells - b.cells,
        bits: a.bits - b.bits,
    });

    // The markers of a coverage run are code, too.
    const measured = underCoverage ? it.skip : it;

    measured('an account with 8 disputes, with open settlements of 24 providers, with 64 listed ones', async () => {
        await world.deposit('alice', 10_000n * UNIT);
        const alice = await world.account('alice');
        const providers = Array.from({ length: 24 }, (_, i) => spread(`provider ${i}`));
        const settle = async (list: Address[]) => {
            const usages = list.map((provider) => world.usage({ provider, amount: 3n * UNIT, time: world.now }));
            const added = await world.addAll(usages.map((usage, i) => ({ ...usage, deploy: i === 0 && first })));
            first = false;
            const ids = world.ids(added);
            await world.settle(usages.map((usage, i) => ({ usage, id: ids[i] })));
            return ids;
        };
        let first = true;
        const ids = await settle(Array.from({ length: 8 }, () => world.of('bob')));
        for (const id of ids) await alice.sendDisputeCharge(world.via('alice'), { provider: world.of('bob'), id });
        await settle([world.of('bob')]);
        world.advance(WINDOW);
        await world.confirm('alice');
        expect(await alice.getAccountData()).toMatchObject({ disputeCount: 8n, openCount: 0n });
        const base = await used(alice.address);
        covers('account', base, built.ACCOUNT_CELLS, built.ACCOUNT_BITS);
        await settle(providers);
        const one = less(await used(alice.address), base);
        for (let i = 0; i < 4; i++) await settle(providers);
        const more = less(await used(alice.address), base);
        expect(await alice.getAccountData()).toMatchObject({ providerCount: 24n, openCount: 120n });
        const open = less(more, one);
        covers('open', open, 96n * built.ACCOUNT_OPEN_CELLS, 96n * built.ACCOUNT_OPEN_BITS, 7n);
        const listed = less(one, { cells: 24n * built.ACCOUNT_OPEN_CELLS, bits: 24n * built.ACCOUNT_OPEN_BITS });
        expect(listed.cells <= 24n * built.ACCOUNT_PROVIDER_CELLS).toBe(true);
        expect(listed.bits <= 24n * built.ACCOUNT_PROVIDER_BITS).toBe(true);
        const before = await used(alice.address);
        const okay = async (sent: Promise<SendMessageResult>) =>
            expect(exitCode(txAt(await sent, alice.address))).toBe(0);
        const list = (n: bigint) => Array.from({ length: 32 }, (_, i) => spread(`${n} ${i}`));
        const { deposit, solvency } = await alice.getAccountData();
        await okay(
            alice.sendSetLimits(world.via('alice'), {
                perDay: 1n << 100n,
                perThousand: 1n << 100n,
                providers: list(1n),
            }),
        );
        world.advance(DAY);
        await okay(
            alice.sendSetLimits(world.via('alice'), { perDay: 1n << 99n, perThousand: 1n << 99n, providers: list(2n) }),
        );
        covers('limits', less(await used(alice.address), before), built.LIMITS_CELLS, built.LIMITS_BITS);
        // Both lists have brought their rent.
        const after = await alice.getAccountData();
        expect([after.deposit, after.solvency > solvency + toNano('0.1')]).toEqual([deposit, true]);
        // And the getter of an account with everything stays within what lite servers run.
        const { gasUsed } = await world.blockchain.runGetMethod(alice.address, 'get_account_data');
        expect(gasUsed).toBeLessThan(300_000n);
    });

    measured('the settlement with all of its lists full', async () => {
        const { settlement } = world;
        await fillKept(world);
        const kept = await sizeOf(settlement.address);
        // Of the two lists a TON settlement has one.
        expect([kept.cells <= built.SETTLEMENT_CELLS + 512n, kept.cells > 1000n]).toEqual([true, true]);
        expect(kept.bits <= built.SETTLEMENT_BITS + 100_000n).toBe(true);
        await payouts(world, Number(built.MAX_PAYOUTS), 1n);
        covers('payouts', less(await sizeOf(settlement.address), kept), built.PAYOUT_CELLS, built.PAYOUT_BITS, 7n);
        for (const name of ['get_settlement_data', 'get_roles']) {
            expect((await world.blockchain.runGetMethod(settlement.address, name)).gasUsed).toBeLessThan(100_000n);
        }
    });

    it('totals of 400 days in one getter', async () => {
        // Blocks have four days: one record in each makes them all, and the range has to look further back.
        const step = process.env.LONG === '1' ? 1 : 4;
        const first = dayOf(world.now);
        const days = Array.from({ length: Math.ceil(412 / step) }, (_, i) => i * step);
        for (const day of days) {
            await world.add({
                usage: world.usage({ consumer: world.of('dave'), amount: BigInt(day + 1), time: world.now }),
            });
            world.advance(step * DAY);
        }
        const ledger = await world.ledger(world.of('dave'));
        const today = dayOf(world.now);
        for (const address of [ledger.address, world.registry.address]) {
            for (const [from, to] of [
                [today - 399, today],
                [today - 399, today - 398],
                [today - 200, today - 3],
            ]) {
                const args = [from, to].map((day) => ({ type: 'int' as const, value: BigInt(day) }));
                const { gasUsed } = await world.blockchain.runGetMethod(address, 'get_totals', args);
                if (!underCoverage) expect(gasUsed).toBeLessThan(100_000n);
            }
        }
        const { records } = await ledger.getTotals(today - 399, today);
        expect(records).toBe(BigInt(Math.floor(399 / step)));
        const { blocks, openRecords: open } = await ledger.getLedgerData();
        // What is older was dropped; nothing of the 400 days was, and what is asked for before them is left out.
        expect([blocks, (await world.registry.getRegistryData()).blocks]).toEqual([101n, 101n]);
        for (const [from, to] of [
            [-399, 0],
            [-399, -396],
            [-390, -7],
            [-500, -390],
            [-500, -401],
        ]) {
            const low = Math.max(today + from, today - 399);
            const inside = days.filter((day) => first + day >= low && first + day <= today + to);
            const amount = inside.reduce((sum, day) => sum + BigInt(day + 1), 0n);
            for (const book of [ledger, world.registry]) {
                const totals = await book.getTotals(today + from, today + to);
                expect([from, to, totals.amount, totals.records]).toEqual([from, to, amount, BigInt(inside.length)]);
            }
        }
        // The markers of a coverage run are code, too.
        if (underCoverage) return;
        covers(
            'ledger',
            await used(ledger.address),
            built.LEDGER_CELLS + blocks * built.BLOCK_CELLS + built.LEDGER_SLOT_CELLS + open * built.LEDGER_OPEN_CELLS,
            built.LEDGER_BITS + blocks * built.BLOCK_BITS + built.LEDGER_SLOT_BITS + open * built.LEDGER_OPEN_BITS,
            7n,
        );
        const registry = await used(world.registry.address);
        covers(
            'registry',
            registry,
            built.REGISTRY_CELLS + blocks * built.BLOCK_CELLS,
            built.REGISTRY_BITS + blocks * built.BLOCK_BITS,
            7n,
        );
    });
});
