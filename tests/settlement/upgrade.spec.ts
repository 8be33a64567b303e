/** New code for registry and settlement, compiled with changed children: notice, wait, apply - and children that live on. */
import { Address, Cell } from '@ton/core';

import {
    ledgerCode,
    PaymentSettlement,
    SettlementErrorName,
    settlementEvents,
    SettlementExit,
    UsageLedger,
    UsageRegistry,
} from '../../wrappers/settlement';
import { GENERATION, nextVersion } from '../support/next-version';
import { plain } from '../support/pool/transactions';
import { DAY, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

jest.setTimeout(300_000);

const NOTICE = 12 * DAY;
const hashOf = (code: Cell) => BigInt(`0x${code.hash().toString('hex')}`);

/** What is compiled anew. */
const CONTRACTS = {
    registry: ['UsageRegistry', 'usage-registry'],
    ledger: ['UsageLedger', 'usage-ledger'],
    settlement: ['PaymentSettlement', 'payment-settlement'],
    account: ['SettlementAccount', 'settlement-account'],
} as const;
type Parent = 'registry' | 'settlement';

let next: Record<keyof typeof CONTRACTS, Cell>;
let world: SettlementWorld;
let restore: () => Promise<void>;

beforeAll(async () => {
    next = await nextVersion('settlement', CONTRACTS);
    world = await SettlementWorld.create({ jetton: true });
    await world.deposit('alice', 100n * UNIT);
    await world.deposit('carol', 50n * UNIT);
    // Bob has an account and has earned something.
    const before = await world.recorded({ amount: 10n * UNIT });
    await world.settle([before]);
    world.advance(WINDOW);
    await world.confirm('alice');
    restore = world.checkpoint();
});
beforeEach(() => restore());

const wrapper = { registry: UsageRegistry, settlement: PaymentSettlement };
const at = (parent: Parent): Address => world[parent].address;
const announce = (parent: Parent, code: Cell) =>
    world.send('owner', at(parent), wrapper[parent].announceUpgradeBody({ codeHash: hashOf(code) }));
const apply = (parent: Parent, code: Cell) =>
    world.send('stranger', at(parent), wrapper[parent].applyUpgradeBody({ code }));
const refused = (parent: Parent, code: Cell, error: SettlementErrorName) =>
    world.refused(SettlementExit[error], 'stranger', at(parent), wrapper[parent].applyUpgradeBody({ code }));
const generation = async (address: Address) =>
    (await world.blockchain.runGetMethod(address, 'get_generation')).stackReader.readBigNumber();

async function codeAt(address: Address): Promise<bigint> {
    const { accountState } = await world.blockchain.getContract(address);
    return accountState?.type === 'active' ? hashOf(accountState.state.code!) : 0n;
}

describe.each<Parent>(['registry', 'settlement'])('the %s', (parent) => {
    it('takes announced code after 12 days, to the second, from anyone, and keeps what it knows', async () => {
        const look = async () =>
            plain(
                parent === 'registry'
                    ? { ...(await world.registry.getRegistryData()), version: 0n, solvency: 0n }
                    : {
                          ...(await world.settlement.getSettlementData()),
                          ...(await world.settlement.getRoles()),
                          ...(await world.settlement.getTerms()),
                          version: 0n,
                          solvency: 0n,
                      },
            );
        const before = await look();
        await refused(parent, next[parent], 'ERROR_NO_CHANGE');
        await announce(parent, next[parent]);
        world.advance(NOTICE - 1);
        await refused(parent, next[parent], 'ERROR_TOO_EARLY');
        world.advance(1);
        await refused(parent, next.account, 'ERROR_WRONG_CODE');
        const result = await apply(parent, next[parent]);
        expect(settlementEvents(result.transactions)).toMatchObject([
            { event: 'SettlementUpgrade', codeHash: 0n, at: 0n, version: 1n },
        ]);
        expect(await codeAt(at(parent))).toBe(hashOf(next[parent]));
        expect(await generation(at(parent))).toBe(GENERATION);
        expect(await look()).toEqual(before);
        await refused(parent, next[parent], 'ERROR_NO_CHANGE');
    });
});

it('carry no code of their children, so nothing can be derived from it', () => {
    const cells = (cell: Cell, found = new Set<string>()): Set<string> => {
        const hash = cell.hash().toString('hex');
        if (!found.has(hash)) {
            found.add(hash);
            cell.refs.forEach((ref) => cells(ref, found));
        }
        return found;
    };
    const names = Object.keys(CONTRACTS) as (keyof typeof CONTRACTS)[];
    for (const parent of names) {
        const inside = cells(next[parent]);
        for (const child of names.filter((name) => name !== parent)) {
            expect(inside.has(next[child].hash().toString('hex'))).toBe(false);
        }
    }
});

it('old children are recorded at, charged, disputed, confirmed, paid and left with, beside new ones', async () => {
    // Money on every stage: earned, open, in dispute, thawing.
    const open = await world.recorded({ amount: 20n * UNIT });
    const disputed = await world.recorded({ amount: 5n * UNIT });
    await world.settle([open, disputed]);
    const alice = await world.account('alice');
    await alice.sendDisputeCharge(world.via('alice'), { provider: world.of('bob'), id: disputed.id });
    const late = await world.recorded({ amount: 7n * UNIT });
    const carol = await world.account('carol');
    await carol.sendRequestWithdraw(world.via('carol'), { amount: 30n * UNIT });
    const addresses = [alice.address, carol.address, (await world.ledger(world.of('alice'))).address];

    await announce('registry', next.registry);
    await announce('settlement', next.settlement);
    world.advance(NOTICE);
    await apply('registry', next.registry);
    await apply('settlement', next.settlement);
    expect([await generation(at('registry')), await generation(at('settlement'))]).toEqual([GENERATION, GENERATION]);
    const derived = [
        await world.settlement.getAccountAddress(world.of('alice')),
        await world.settlement.getAccountAddress(world.of('carol')),
        await world.registry.getLedgerAddress(world.of('alice')),
    ];
    expect(derived.map(String)).toEqual(addresses.map(String));

    // What was recorded before is settled, and what comes now is recorded after it.
    const fresh = await world.recorded({ amount: 3n * UNIT });
    expect([...world.results(await world.settle([late, fresh])).values()]).toEqual([0, 0]);
    await world.deposit('alice', 40n * UNIT);
    // New people get children of the pinned code.
    await world.deposit('dave', 9n * UNIT);
    const dave = await world.recorded({ consumer: world.of('dave'), amount: 4n * UNIT });
    expect([...world.results(await world.settle([dave])).values()]).toEqual([0]);
    const ledger = await world.ledger(world.of('dave'));
    expect(await codeAt(ledger.address)).toBe(hashOf(await ledgerCode()));
    expect(ledger.address).toEqualAddress(
        (await UsageLedger.createFromConfig({ registry: at('registry'), consumer: world.of('dave') })).address,
    );
    expect(await codeAt((await world.account('dave')).address)).toBe(await codeAt(alice.address));

    // The resolver was silent for more than 7 days; the open one is due, the new ones are 72 hours later.
    await alice.sendExpireDispute(world.via('stranger'), { id: disputed.id });
    world.advance(WINDOW);
    await world.confirm('alice');
    await world.confirm('dave');
    const earned = (8n * (10n + 20n + 7n + 3n + 4n) * UNIT) / 10n;
    expect((await world.accountData('bob')).earned).toBe(earned);
    await world.expectBalanced();

    // And out, to the last unit.
    await (await world.account('bob')).sendWithdrawEarnings(world.via('bob'));
    expect(await world.jettons(world.of('bob'))).toBe(earned);
    const held = await world.jettons(world.of('carol'));
    await carol.sendCompleteWithdraw(world.via('carol'));
    expect((await world.jettons(world.of('carol'))) - held).toBe(30n * UNIT);
    const had = await world.jettons(world.of('alice'));
    await alice.sendRequestWithdraw(world.via('alice'), { amount: 100n * UNIT });
    world.advance(DAY);
    await alice.sendCompleteWithdraw(world.via('alice'));
    expect((await world.jettons(world.of('alice'))) - had).toBe(100n * UNIT);
    expect(await world.accountData('alice')).toMatchObject({ deposit: 0n, held: 0n, openCount: 0n });
    await world.settlement.sendPayFees(world.via('stranger'));
    await world.expectBalanced();
    const { owed, assets } = await world.settlement.getSettlementData();
    expect([owed, assets]).toEqual([25n * UNIT, 25n * UNIT]); // 20 of carol, 5 of dave
});
