/**
 * docs/schema.tlb against reality: every message and event of the emission contracts, and what they store, is taken apart
 * by the document alone, to the last bit.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Address, Cell, toNano, Transaction } from '@ton/core';

import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { emissionCodes, EmissionController, usageChain } from '../../wrappers/token';
import { dataOf, outs, refuse, txAt } from '../support/pool/transactions';
import { bodies, TlbSchema } from '../support/tlb';
import { account } from '../support/token/emission-gas';
import { DAY, EmissionWorld, WEEK, YEAR } from '../support/token/emission-world';

const root = path.join(__dirname, '../..');
const DOCUMENT = new TlbSchema(fs.readFileSync(path.join(root, 'docs/schema.tlb'), 'utf8'));

it('reads every message, event and storage of the emission at work', async () => {
    const world = await EmissionWorld.create();
    const { controller } = world;
    const seen = new Set<string>();
    const check = async (send: Promise<{ transactions: Transaction[] }>) => {
        for (const body of bodies((await send).transactions)) seen.add(DOCUMENT.readBody(body).name);
    };
    const owner = world.via('owner');
    const keeper = world.via('keeper');
    await check(world.rate('model', 1000n));
    const sent = await world.record([world.usage(), world.usage({ consumer: world.of('carol') })]);
    await check(Promise.resolve(sent));
    await check(world.record([world.usage({ nonce: 1n })]));
    await check(world.claim(world.of('bob')));
    await check(world.flush());
    // bounces that have messages of their own
    const guard = await controller.getGuardAddress(world.of('alice'));
    await check(world.bounce(outs(txAt(sent, guard))[0], toNano('0.2')));
    const mend = await refuse(world.blockchain, (await world.share(world.of('dave'))).address);
    await check(world.record([world.usage({ provider: world.of('dave') })]));
    await mend();
    await check(world.flush(world.of('dave')));
    await world.minterMode('walletRefuses');
    await check(world.flush());
    await world.minterMode('takes');
    await check(controller.sendSetGrowth(keeper, { bps: 12_000 }));
    await check(controller.sendCancelGrowth(keeper, {}));
    await check(controller.sendSetRecipients(owner, { recipients: [{ address: account(1), bps: 10_000 }] }));
    await check(controller.sendCancelRecipients(owner, {}));
    await check(controller.sendSetRecipients(owner, { recipients: [{ address: account(1), bps: 10_000 }] }));
    await check(controller.sendSetPayees(owner, { treasury: account(1), liquidity: account(2) }));
    await check(controller.sendCancelPayees(owner, {}));
    await check(controller.sendSetPayees(owner, { treasury: account(1), liquidity: account(2) }));
    await check(controller.sendSetBreaker(world.via('guardian'), { stop: true }));
    await check(controller.sendNominateRole(owner, { role: 'recorder', holder: world.of('second') }));
    await check(controller.sendAcceptRole(world.via('second'), { role: 'recorder' }));
    await check(controller.sendNominateRole(owner, { role: 'guardian', holder: null }));
    await check(controller.sendRevokeRole(owner, { role: 'recorder', holder: world.of('second') }));
    const { guardCode: code } = await emissionCodes();
    const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
    await check(controller.sendAnnounceUpgrade(owner, { codeHash }));
    await check(controller.sendCancelUpgrade(owner, {}));
    world.advance(WEEK);
    await check(controller.sendApplyPayees(owner, {}));
    await check(world.emit());
    world.advance(YEAR);
    await check(world.emit());

    // Storage, cell by cell.
    const data = (address: Address) => dataOf(world.blockchain, address);
    const storage = DOCUMENT.read('EmissionController', await data(world.address));
    const text = JSON.stringify(storage, (_k, v: unknown) =>
        typeof v === 'bigint' ? v.toString() : v instanceof Cell ? 'cell' : v,
    );
    expect(text).toContain('owed_count');
    // the document knows where the cells are: the raw storage is usage, then a cell with schedule, desk and two maps
    const raw = (await data(world.address)).beginParse();
    const usage = raw.loadRef();
    const tail = raw.loadRef().beginParse();
    for (const [name, cell] of [
        ['UsageBooks', usage],
        ['ScheduleBooks', tail.loadRef()],
        ['EmissionDesk', tail.loadRef()],
    ] as const)
        DOCUMENT.read(name, cell);
    DOCUMENT.read('UsageGuard', await data(guard));
    DOCUMENT.read('ProviderShare', await data(await controller.getShareAddress(world.of('bob'))));
    DOCUMENT.read('UsageRow', usageChain([world.usage()]).refs[0]);

    // The upgrade last: afterwards the controller has other code.
    await check(controller.sendAnnounceUpgrade(owner, { codeHash }));
    world.advance(9 * DAY);
    await check(controller.sendApplyUpgrade(owner, { code }));

    const source = fs.readFileSync(path.join(root, 'contracts/token/emission-messages.tact'), 'utf8');
    const declared = [...source.matchAll(/^message\(0x[0-9a-f]+\) (\w+)/gm)].map(([, name]) => name);
    expect(declared.length).toBeGreaterThan(30);
    expect(declared.filter((name) => !seen.has(name))).toEqual([]);
    expect(EmissionController.opcodes.Emit).toBe(0x71020002);
});

it('kinds of events are the numbers that readers know, 1 to 11', () => {
    const kinds = Object.entries(built)
        .filter(([name]) => name.startsWith('EMISSION_EVENT_'))
        .map(([name, value]) => [name.slice(15), Number(value)] as const)
        .sort(([, a], [, b]) => a - b);
    expect(kinds.map(([name, value]) => `${name} ${value}`)).toEqual([
        'GROWTH 1',
        'GROWTH_CANCELLED 2',
        'RECIPIENTS 3',
        'RECIPIENTS_CANCELLED 4',
        'PAYEES 5',
        'PAYEES_APPLIED 6',
        'PAYEES_CANCELLED 7',
        'BREAKER 8',
        'NOMINATED 9',
        'ROLE 10',
        'REVOKED 11',
    ]);
});
