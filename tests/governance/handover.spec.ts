/** The handover of every family on one chain: after it the Timelock owns everything, and the deployer's key does nothing. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, Cell, internal, toNano } from '@ton/core';

import { Exit } from '../../scripts/lib/errors';
import * as deployGovernance from '../../scripts/governance/deployGovernance';
import * as handover from '../../scripts/governance/handover';
import * as lockTokens from '../../scripts/governance/lockTokens';
import * as propose from '../../scripts/governance/propose';
import * as deployPool from '../../scripts/pool/deployPool';
import * as deploySettlement from '../../scripts/settlement/deploySettlement';
import * as deployStaking from '../../scripts/staking/deployStaking';
import * as deployEmission from '../../scripts/token/deployEmission';
import * as deployToken from '../../scripts/token/deployToken';
import { Governor, Treasury } from '../../wrappers/governance';
import { PoolOperator } from '../../wrappers/pool';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { PaymentSettlement, UsageRegistry } from '../../wrappers/settlement';
import { StakingMaster } from '../../wrappers/staking';
import { EmissionController, ShareMinter } from '../../wrappers/token';
import { addressIn, GovernanceDesk } from '../scripts/governance';
import { DAY, DEPLOY, World } from '../scripts/support';

const CONTRACTS = [
    'PoolOperator',
    'ShareMinter',
    'EmissionController',
    'StakingMaster',
    'UsageRegistry',
    'PaymentSettlement',
] as const;
type Owned = (typeof CONTRACTS)[number];

let world: World;
let desk: GovernanceDesk;
let out: string;

const at = (manifest: string, name: string): Address => addressIn(world, manifest, name);
const timelock = () => desk.at('timelock');

/** Each contract, who owns it, who is nominated, and how an owner nominates. */
function owned(name: Owned): {
    address: Address;
    look: () => Promise<[Address | bigint | null, Address | bigint | null]>;
    nominate: (to: Address) => Cell;
} {
    const { chain } = world;
    switch (name) {
        case 'PoolOperator': {
            const c = chain.open(PoolOperator.createFromAddress(at('pool', 'operator')));
            return {
                address: c.address,
                look: async () => c.getPoolData().then(({ owner, pendingOwner }) => [owner, pendingOwner]),
                nominate: (owner) => PoolOperator.nominateOwnerBody({ owner }),
            };
        }
        case 'ShareMinter': {
            const c = chain.open(ShareMinter.createFromAddress(at('token', 'minter')));
            return {
                address: c.address,
                look: async () => c.getMinterData().then(({ admin, nextAdmin }) => [admin, nextAdmin]),
                nominate: (newAdmin) => ShareMinter.changeAdminBody({ newAdmin }),
            };
        }
        case 'EmissionController': {
            const c = chain.open(EmissionController.createFromAddress(at('emission', 'controller')));
            return {
                address: c.address,
                look: async () => c.getRoles().then(({ owner, nextOwner }) => [owner, nextOwner]),
                nominate: (holder) => EmissionController.nominateRoleBody({ role: 'owner', holder }),
            };
        }
        case 'StakingMaster': {
            const c = chain.open(StakingMaster.createFromAddress(at('staking', 'master')));
            return {
                address: c.address,
                look: async () => c.getMaster().then(({ owner, nextOwner }) => [owner, nextOwner]),
                nominate: (owner) => StakingMaster.nominateOwnerBody({ owner }),
            };
        }
        case 'UsageRegistry': {
            const c = chain.open(UsageRegistry.createFromAddress(at('settlement', 'registry')));
            return {
                address: c.address,
                look: async () => c.getRegistryData().then(({ owner, nextOwner }) => [owner, nextOwner]),
                nominate: (holder) => UsageRegistry.nominateRoleBody({ role: 'owner', holder }),
            };
        }
        case 'PaymentSettlement': {
            const c = chain.open(PaymentSettlement.createFromAddress(at('settlement', 'settlement')));
            return {
                address: c.address,
                look: async () => c.getRoles().then(({ owner, nextOwner }) => [owner, nextOwner]),
                nominate: (holder) => PaymentSettlement.nominateRoleBody({ role: 'owner', holder }),
            };
        }
    }
}

const idOf = (who: Address | bigint | null) => (who instanceof Address ? accountIdOf(who) : (who ?? 0n));
/** Owner and nominee as account ids. */
const holders = async (name: Owned) => (await owned(name).look()).map(idOf);

async function send(who: string, to: Address, body: Cell): Promise<void> {
    const wallet = await world.chain.wallet(who);
    await wallet.transfer([internal({ to, value: toNano('1'), body })], 1);
}

beforeAll(async () => {
    world = await World.create();
    desk = new GovernanceDesk(world);
    out = path.join(world.dir, 'handover.json');
    await world.names(
        'admin',
        'reporter',
        'guardian',
        'arbiter',
        'recovery',
        'proxy',
        'payee',
        'treasury',
        'liquidity',
    );
    await world.names('keeper', 'recorder', 'settler', 'resolver', 'slasher', 'insurance', 'alice', 'bob');
    const name = ['--name', 'Share', '--symbol', 'SHARE'];
    await world.ok('admin', deployToken, [...name, '--keep-open']);
    const emission = ['recipients=treasury:100', 'treasury=treasury', 'liquidity=liquidity', 'rate-keeper=keeper'];
    await world.ok('admin', deployEmission, [...emission, 'guardian=guardian', 'recorders=recorder']);
    const genesis = world.file('genesis.csv', 'owner,amount\nalice,20000\nbob,500000\n');
    await world.ok('admin', deployToken, ['--genesis', genesis]);
    const token = at('token', 'minter').toRawString();
    const named = (...roles: string[]) => roles.flatMap((role) => [`--${role}`, role]);
    const staking = named('slasher', 'resolver', 'guardian', 'treasury', 'insurance');
    const { master } = await world.ok('admin', deployStaking, ['--token', token, ...staking]);
    const settlement = [...named('settler', 'resolver', 'guardian', 'treasury'), '--recorders', 'recorder'];
    await world.ok('admin', deploySettlement, [...settlement, '--operations', 'payee', '--validators', 'payee']);
    await world.ok('admin', deployPool, [...DEPLOY.filter((arg) => arg !== '--yes'), '--payout', 'payee']);
    await world.ok('admin', deployGovernance, ['--token', token, '--master', String(master)]);
    await world.ok('alice', lockTokens, ['20000']);
    await world.ok('bob', lockTokens, ['500000']);
}, 180_000);

afterAll(() => world.close());

it('tells nominations and announced code, which would outlive the owner', async () => {
    const emission = owned('EmissionController').address;
    const { address: settlement } = owned('PaymentSettlement');
    const admin = await world.address('admin');
    await send('admin', emission, EmissionController.nominateRoleBody({ role: 'recorder', holder: admin }));
    await send(
        'admin',
        owned('UsageRegistry').address,
        UsageRegistry.nominateRoleBody({ role: 'guardian', holder: admin }),
    );
    await send('admin', settlement, PaymentSettlement.nominateRoleBody({ role: 'settler', holder: admin }));
    await send('admin', settlement, PaymentSettlement.announceUpgradeBody({ codeHash: 0xabcdn }));
    await send(
        'admin',
        owned('PoolOperator').address,
        PoolOperator.announceUpgradeBody({ target: 'vault', codeHash: 5n }),
    );
    const payees = { operations: admin, validators: admin, treasury: await world.address('treasury') };
    await send('admin', settlement, PaymentSettlement.setFeePayeesBody({ payees }));
    const dry = await world.run('admin', handover, ['--out', out, '--dry-run', '--json']);
    expect([dry.error?.exitCode, dry.sent, fs.existsSync(out)]).toEqual([Exit.partial, 0, false]);
    expect(dry.json.messages).toHaveLength(6);
    expect(dry.json.notOwned).toEqual(CONTRACTS);
    expect(dry.json.deployerKeeps).toEqual([
        'PoolOperator owner',
        'ShareMinter owner',
        'EmissionController owner',
        'EmissionController next recorder',
        'StakingMaster owner',
        'UsageRegistry owner',
        'UsageRegistry next guardian',
        'PaymentSettlement owner',
        'PaymentSettlement next operations',
        'PaymentSettlement next validators',
        'PaymentSettlement next settler',
    ]);
    expect(dry.json.announced).toMatchObject([
        { part: 'ParticipantVault', codeHash: '5' },
        { part: 'PaymentSettlement', codeHash: 'abcd' },
    ]);
    expect(dry.error?.message).toContain('code is announced for PaymentSettlement');

    await send('admin', emission, EmissionController.nominateRoleBody({ role: 'recorder', holder: null }));
    await send(
        'admin',
        owned('UsageRegistry').address,
        UsageRegistry.nominateRoleBody({ role: 'guardian', holder: null }),
    );
    await send('admin', settlement, PaymentSettlement.nominateRoleBody({ role: 'settler', holder: null }));
    await send('admin', settlement, PaymentSettlement.cancelUpgradeBody());
    await send('admin', settlement, PaymentSettlement.cancelFeePayeesBody());
    await send('admin', owned('PoolOperator').address, PoolOperator.cancelUpgradeBody({ target: 'vault' }));
}, 60_000);

it('nominates the Timelock everywhere, goes on after a crash, and writes the acceptances once', async () => {
    const cut = await world.run('admin', handover, ['--out', out, '--yes'], 2);
    expect([cut.error?.exitCode, cut.sent, fs.existsSync(out)]).toEqual([Exit.partial, 2, false]);
    const first = await world.run('admin', handover, ['--out', out, '--yes', '--json']);
    expect([first.error?.exitCode, first.sent]).toEqual([Exit.partial, 4]);
    expect(first.json).toMatchObject({ waiting: CONTRACTS, actions: 6, kind: 'technical', announced: [] });
    const text = fs.readFileSync(out, 'utf8');
    const again = await world.run('admin', handover, ['--out', out, '--yes']);
    expect([again.sent, fs.readFileSync(out, 'utf8')]).toEqual([0, text]);
    for (const name of CONTRACTS) {
        expect([name, await holders(name)]).toEqual([
            name,
            [accountIdOf(await world.address('admin')), accountIdOf(timelock())],
        ]);
    }
}, 60_000);

/** Files of actions as proposals, one of each proposer, from the vote to the execution. */
async function carryOut(kind: 'technical' | 'emergency', ...files: string[]): Promise<void> {
    const ids: number[] = [];
    for (const [i, file] of files.entries()) {
        const { proposal } = await world.ok(i === 0 ? 'alice' : 'bob', propose, [kind, file]);
        ids.push(Number(proposal));
    }
    await desk.carryOut('recorder', ...ids);
}

it('the acceptances pass as one proposal: the Timelock owns everything, and a second run does nothing', async () => {
    await carryOut('technical', out);
    for (const name of CONTRACTS) {
        expect([name, await holders(name)]).toEqual([name, [accountIdOf(timelock()), 0n]]);
    }

    const count = await world.transactions();
    const text = fs.readFileSync(out, 'utf8');
    const clean = { waiting: [], notOwned: [], deployerKeeps: [], announced: [] };
    for (let i = 0; i < 2; i++) {
        const run = await world.does('admin', handover, ['--out', out]);
        expect([run.sent, run.json]).toEqual([0, expect.objectContaining(clean)]);
    }
    expect([await world.transactions(), fs.readFileSync(out, 'utf8')]).toEqual([count, text]);
}, 60_000);

it('whoever else holds a role is in the table', async () => {
    const keeps = async (who: string) => {
        const run = await world.run('admin', handover, ['--out', out, '--deployer', who, '--yes', '--json']);
        expect([who, run.error?.exitCode, run.sent]).toEqual([who, Exit.partial, 0]);
        return run.json.deployerKeeps;
    };
    expect(await keeps('payee')).toEqual([
        'PoolOperator payout',
        'PaymentSettlement operations',
        'PaymentSettlement validators',
    ]);
    expect(await keeps('treasury')).toEqual([
        'EmissionController recipient 1',
        'EmissionController treasury',
        'StakingMaster treasury',
        'PaymentSettlement treasury',
    ]);
    expect(await keeps('liquidity')).toEqual(['EmissionController liquidity']);
    expect(await keeps('insurance')).toEqual(['StakingMaster insurance']);
    expect(await keeps('arbiter')).toEqual(['PoolOperator arbiter']);
    expect(await keeps('recovery')).toEqual(['PoolOperator recovery']);
    expect(await keeps('reporter')).toEqual(['PoolOperator reporter']);
    expect(await keeps('keeper')).toEqual(['EmissionController rate keeper']);
    expect(await keeps('recorder')).toEqual(['EmissionController recorder', 'UsageRegistry recorder']);
    expect(await keeps('settler')).toEqual(['PaymentSettlement settler']);
    expect(await keeps('resolver')).toEqual(['StakingMaster resolver', 'PaymentSettlement resolver']);
    expect(await keeps('guardian')).toEqual([
        'PoolOperator guardian',
        'EmissionController guardian',
        'StakingMaster guardian',
        'UsageRegistry guardian',
        'PaymentSettlement guardian',
    ]);
}, 60_000);

it("the deployer's key does nothing any more", async () => {
    const admin = await world.address('admin');
    const count = await world.transactions();
    for (const name of CONTRACTS) {
        const { address, nominate } = owned(name);
        await send('admin', address, nominate(admin));
        expect([name, await holders(name)]).toEqual([name, [accountIdOf(timelock()), 0n]]);
    }
    // Each of them was refused: a wallet, the contract, and the bounce.
    expect(await world.transactions()).toBe(count + 3 * CONTRACTS.length);
    await world.chain.advance(DAY);
    expect(await world.ok('admin', handover, ['--out', out])).toMatchObject({ deployerKeeps: [] });
}, 60_000);

it('the Governor becomes guardian of everything, and one emergency proposal stops all of it', async () => {
    const file = path.join(world.dir, 'guardians.json');
    const rules = path.join(world.dir, 'guardians-rules.json');
    const run = (...more: string[]) => world.ok('admin', handover, ['--out', out, '--guardians', file, ...more]);
    expect(await run('--dry-run')).toMatchObject({ guardianActions: 9, ruleActions: 5 });
    expect([fs.existsSync(file), fs.existsSync(rules)]).toEqual([false, false]);
    expect(await run()).toMatchObject({ guardianActions: 9, ruleActions: 5 });
    await carryOut('technical', file, rules);
    // Staking has a notice; nothing else is left to do.
    expect(await run()).toMatchObject({ guardianActions: 0, ruleActions: 0 });
    const master = world.chain.open(StakingMaster.createFromAddress(at('staking', 'master')));
    await world.chain.advance(2 * DAY);
    await send('bob', master.address, StakingMaster.applyRoleBody());
    const stopped = await world.does('admin', handover, ['--out', out, '--deployer', 'guardian']);
    expect(stopped.json.deployerKeeps).toEqual([]);

    const order = (destination: Address, body: Cell) => ({ destination, value: toNano('0.5'), body });
    const stops = [
        order(at('pool', 'operator'), PoolOperator.pauseBody()),
        order(at('emission', 'controller'), EmissionController.setBreakerBody({ stop: true })),
        order(master.address, StakingMaster.pauseBody()),
        order(at('settlement', 'registry'), UsageRegistry.setPauseBody({ stop: true })),
        order(at('settlement', 'settlement'), PaymentSettlement.setPauseBody({ stop: true })),
        order(desk.at('treasury'), Treasury.freezeBody()),
    ];
    await carryOut('emergency', desk.actionsFile('stops.json', ...stops));
    const now = world.chain.now;
    const { chain } = world;
    const until = {
        pool: (await chain.open(PoolOperator.createFromAddress(stops[0].destination)).getPoolData()).pausedUntil,
        staking: (await master.getMaster()).pausedUntil,
        registry: (await chain.open(UsageRegistry.createFromAddress(stops[3].destination)).getRegistryData())
            .pausedUntil,
        settlement: (await chain.open(PaymentSettlement.createFromAddress(stops[4].destination)).getSettlementData())
            .pausedUntil,
        treasury: (await chain.open(Treasury.createFromAddress(stops[5].destination)).getTreasury()).frozenUntil,
    };
    for (const [name, time] of Object.entries(until)) expect([name, Number(time) > now]).toEqual([name, true]);
    const emission = chain.open(EmissionController.createFromAddress(stops[1].destination));
    expect((await emission.getUsageData()).tripped).toBe(true);

    // Minting goes on only when a guardian says so, and the Governor cannot: the Timelock does, and gives the role back.
    const guardianIs = (holder: Address) => EmissionController.nominateRoleBody({ role: 'guardian', holder });
    const governor = desk.at('governor');
    const resume = [
        ...[
            guardianIs(timelock()),
            EmissionController.acceptRoleBody({ role: 'guardian' }),
            EmissionController.setBreakerBody({ stop: false }),
            guardianIs(governor),
        ].map((body) => order(emission.address, body)),
        order(governor, Governor.acceptGuardianBody({ destination: emission.address })),
    ];
    await carryOut('technical', desk.actionsFile('resume.json', ...resume));
    expect((await emission.getUsageData()).tripped).toBe(false);
    expect(idOf((await emission.getRoles()).guardian)).toBe(accountIdOf(governor));
}, 120_000);
