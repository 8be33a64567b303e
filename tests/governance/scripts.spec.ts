/** Scripts of governance on a local chain: from the deployment to executed proposals, as people would run them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, internal, toNano } from '@ton/core';

import { Exit } from '../../scripts/lib/errors';
import * as ballots from '../../scripts/governance/ballots';
import * as cancelProposal from '../../scripts/governance/cancelProposal';
import * as deployGovernance from '../../scripts/governance/deployGovernance';
import * as executeProposal from '../../scripts/governance/executeProposal';
import * as handover from '../../scripts/governance/handover';
import * as lockTokens from '../../scripts/governance/lockTokens';
import * as propose from '../../scripts/governance/propose';
import * as queueProposal from '../../scripts/governance/queueProposal';
import * as simulateProposal from '../../scripts/governance/simulateProposal';
import * as treasuryScript from '../../scripts/governance/treasury';
import * as unlockTokens from '../../scripts/governance/unlockTokens';
import * as vote from '../../scripts/governance/vote';
import * as deployToken from '../../scripts/token/deployToken';
import { Proposal, Timelock, Treasury } from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { GovernanceDesk, manifestOf, tokenAndStaking } from '../scripts/governance';
import { DAY, World } from '../scripts/support';

let world: World;
let desk: GovernanceDesk;
let token: string;
let master: string;

beforeAll(async () => {
    world = await World.create();
    desk = new GovernanceDesk(world);
    ({ token, master } = await tokenAndStaking(world));
}, 120_000);

afterAll(() => world.close());

it('deployGovernance goes on after a crash, and refuses what could not work', async () => {
    const flags = ['--token', token, '--master', master];
    await world.refused('admin', deployGovernance, ['--token', token], /--master/, Exit.usage);
    await world.refused('admin', deployGovernance, [...flags, '--timelock-delay', '1d'], /2 to 30 days/, Exit.usage);
    await world.refused('admin', deployGovernance, [...flags, '--guardian-term', '731d'], /days/, Exit.usage);
    const dry = await world.run('admin', deployGovernance, [...flags, '--dry-run', '--json']);
    expect([dry.error, dry.sent, (dry.json.messages as unknown[]).length]).toEqual([undefined, 0, 3]);
    const cut = await world.run('admin', deployGovernance, [...flags, '--yes'], 1);
    expect([cut.error?.exitCode, cut.sent]).toEqual([Exit.partial, 1]);
    expect(manifestOf(world, 'governance').complete).toBe(false);
    const run = await world.run('admin', deployGovernance, [...flags, '--yes', '--json']);
    expect([run.error, run.sent]).toEqual([undefined, 2]);
    expect(manifestOf(world, 'governance').complete).toBe(true);
    expect((await world.run('admin', deployGovernance, [...flags, '--yes'])).sent).toBe(0);

    const timelock = await world.chain.open(Timelock.createFromAddress(desk.at('timelock'))).getTimelock();
    expect(timelock).toMatchObject({
        deployer: 0n,
        minDelay: BigInt(2 * DAY),
        guardian: accountIdOf(desk.at('governor')),
    });
    expect([...timelock.proposers.keys()]).toEqual([accountIdOf(desk.at('governor'))]);
    expect((await desk.treasury().getTreasury()).owner).toBe(accountIdOf(desk.at('timelock')));
    expect(await desk.governor().getRule(desk.at('treasury'), Treasury.opcodes.Freeze)).toBe('emergency');
}, 120_000);

it('lock, propose, vote, queue, execute, cancel, unlock', async () => {
    await world.refused('alice', lockTokens, ['20001'], /holds 20,?000/);
    await world.refused('alice', unlockTokens, ['1'], /no VoterAccount/);
    const dry = await world.run('alice', lockTokens, ['20000', '--dry-run']);
    expect([dry.error, dry.sent]).toEqual([undefined, 0]);
    expect((await world.ok('alice', lockTokens, ['20000'])).power).toBe('20000000000000');
    await world.ok('bob', lockTokens, ['500000']);
    const file = desk.actionsFile('freezer.json', {
        destination: desk.at('treasury'),
        value: toNano('0.5'),
        body: Treasury.setFreezerBody({ guardian: desk.at('governor') }),
    });
    await world.refused('carol', propose, ['technical', file], /no VoterAccount/);
    await world.refused('alice', propose, ['treasury', file], /ERROR_ACTION_KIND/);
    await world.refused('alice', propose, ['technical', world.file('x.json', '[]')], /1 to 10 actions/, Exit.usage);
    const first = await world.ok('alice', propose, ['technical', file, '--uri', 'https://example.org/1']);
    expect(first.proposal).toBe(1);
    await world.refused('alice', propose, ['technical', file], /ERROR_OPEN_PROPOSAL/);
    await world.refused('bob', vote, ['1', 'for'], /ERROR_NOT_ACTIVE/);
    await world.refused('bob', vote, ['2', 'for'], /no proposal 2/);
    expect(await world.ok('alice', cancelProposal, ['1'])).toMatchObject({
        state: 'cancelled',
        readyAt: (await desk.proposal(1)).start,
    });
    await world.refused('alice', propose, ['technical', file], /ERROR_OPEN_PROPOSAL/);
    await world.advanceTo((await desk.proposal(1)).start);

    await world.ok('alice', propose, ['technical', file]);
    await world.advanceTo((await desk.proposal(2)).start);
    await world.refused('alice', cancelProposal, ['2'], /ERROR_PROPOSAL_STATE/);
    await world.refused('carol', vote, ['2', 'for'], /no VoterAccount/);
    expect((await world.ok('alice', vote, ['2', 'for'])).votesFor).toBe('20000000000000');
    await world.refused('alice', vote, ['2', 'for'], /ERROR_NO_POWER/);
    await world.refused('alice', unlockTokens, ['1'], /ERROR_TOKENS_LOCKED/);
    await world.ok('bob', vote, ['2', 'for']);
    await world.refused('carol', queueProposal, ['2'], /ERROR_PROPOSAL_STATE/);
    await world.advanceTo((await desk.proposal(2)).end);
    await world.refused('carol', executeProposal, ['2'], /ERROR_PROPOSAL_STATE/);
    expect((await world.ok('carol', queueProposal, ['2'])).state).toBe('queued');
    expect((await world.run('carol', queueProposal, ['2', '--yes'])).sent).toBe(0);
    await world.refused('carol', executeProposal, ['2'], /ERROR_TOO_EARLY/);
    await world.advanceTo((await desk.proposal(2)).readyAt);
    expect((await world.ok('carol', executeProposal, ['2'])).state).toBe('executed');
    expect((await world.run('carol', executeProposal, ['2', '--yes'])).sent).toBe(0);
    expect((await desk.treasury().getTreasury()).guardian).toBe(accountIdOf(desk.at('governor')));

    await world.advanceTo((await desk.proposal(2)).latestEnd);
    expect((await world.ok('bob', unlockTokens, ['1000'])).own).toBe('499000000000000');
    await world.refused('bob', unlockTokens, ['499001'], /ERROR_NOT_FREE/);
}, 120_000);

it('ballots: the events add up to the tally, and a tally that is not theirs is told', async () => {
    const out = path.join(world.dir, 'ballots.csv');
    const result = await world.ok('carol', ballots, ['2', '--csv', '--out', out]);
    expect(result).toMatchObject({ matches: true, ballots: 2, votesFor: '520000000000000', votesAgainst: '0' });
    const [header, first, second, end] = fs.readFileSync(out, 'utf8').split('\n');
    expect(header).toBe('time_utc,kind,voter,choice,tokens,weight,account,tx_hash');
    expect(first).toContain(
        `,liquid,${(await world.address('alice')).toString({ testOnly: true })},for,20000000000000,`,
    );
    expect(second).toContain(',for,500000000000000,');
    expect(end).toBe('');
    const info = await desk.proposal(2);
    const wrong = { ...info, votesFor: info.votesFor + 1n };
    const spy = jest.spyOn(Proposal.prototype, 'getProposal').mockResolvedValue(wrong);
    await world.refused(
        'carol',
        ballots,
        ['2'],
        /votesFor: ballots 520000000000000, on chain 520000000000001/,
        Exit.rejected,
    );
    spy.mockRestore();
    expect(await world.ok('carol', ballots, ['1'])).toMatchObject({ matches: true, ballots: 0 });
}, 60_000);

it('treasury: budget, signers, a grant, the freeze', async () => {
    const carol = await world.chain.wallet('carol');
    await carol.transfer([internal({ to: desk.at('treasury'), value: toNano('100'), body: Treasury.topUpBody() })], 1);
    const out = (name: string) => path.join(world.dir, `${name}.json`);
    await world.refused('carol', treasuryScript, ['spend', 'request', '--category', '1'], /ERROR_NOT_SIGNER/);
    await world.refused('carol', treasuryScript, ['grant', 'show', '--grant', '0'], /ERROR_NO_GRANT/);
    await world.refused('carol', treasuryScript, ['freeze'], /ERROR_NOT_ROLE/);
    expect((await world.ok('carol', treasuryScript, ['budget'])).budgets).toEqual([]);
    const budget = ['budget', 'set', '--category', '1', '--amount', '10', '--period', '30d', '--out', out('budget')];
    expect(await world.ok('carol', treasuryScript, budget)).toMatchObject({ actions: 1, kind: 'treasury' });
    const start = world.chain.now + 20 * DAY;
    const grant = ['grant', 'create', '--to', 'carol', '--amount', '50', '--out', out('grant')];
    await world.ok('carol', treasuryScript, [...grant, '--start', String(start), '--end', String(start + 100 * DAY)]);
    await world.ok('carol', treasuryScript, [
        'spend',
        'propose',
        '--to',
        'carol',
        '--amount',
        '3',
        '--out',
        out('spend'),
    ]);
    const read = (name: string) => JSON.parse(fs.readFileSync(out(name), 'utf8')) as object[];
    const all = world.file('all.json', JSON.stringify([...read('budget'), ...read('grant'), ...read('spend')]));
    await world.ok('alice', propose, ['treasury', all]);
    await desk.carryOut('carol', 3);
    const info = await world.ok('carol', treasuryScript, ['info']);
    expect(info).toMatchObject({ grants: '1', assets: [{ asset: 0, reserved: '50000000000' }] });
    expect((await world.ok('carol', treasuryScript, ['budget'])).budgets).toMatchObject([
        { limit: '10000000000', left: '10000000000' },
    ]);

    // Signers are set by a technical proposal.
    const [one, two] = [await world.address('carol'), await world.address('guardian')];
    const body = Treasury.setSignersBody({ signers: [one, two], threshold: 2 });
    const signers = desk.actionsFile('signers.json', { destination: desk.at('treasury'), value: toNano('0.5'), body });
    await world.advanceTo((await desk.proposal(3)).latestEnd);
    await world.ok('alice', propose, ['technical', signers]);
    await desk.carryOut('carol', 4);
    const request = ['spend', 'request', '--category', '1', '--to', 'bob', '--amount'];
    await world.refused('carol', treasuryScript, [...request, '10.1'], /10 TON are left.*ERROR_OVER_LIMIT/);
    const { index } = await world.ok('carol', treasuryScript, [...request, '4']);
    const approve = ['spend', 'approve', '--index', String(index)];
    await world.refused('carol', treasuryScript, approve, /ERROR_APPROVED/);
    const before = (await world.chain.account(await world.address('bob'))).balance;
    expect((await world.ok('guardian', treasuryScript, approve)).paid).toBe(true);
    expect((await world.chain.account(await world.address('bob'))).balance - before).toBeGreaterThan(toNano('3.9'));
    expect((await world.ok('carol', treasuryScript, ['budget'])).budgets).toMatchObject([{ left: '6000000000' }]);

    await world.advanceTo(start + 10 * DAY);
    const claimed = await world.ok('bob', treasuryScript, ['grant', 'claim', '--grant', '0']);
    expect(BigInt(String(claimed.claimed))).toBeGreaterThanOrEqual(toNano('5'));
    expect(BigInt(String(claimed.claimed))).toBeLessThan(toNano('5.1'));
}, 120_000);

it("handover: token and staking become the Timelock's, and what the deployer keeps is told", async () => {
    const out = path.join(world.dir, 'handover.json');
    const first = await world.run('admin', handover, ['--out', out, '--yes', '--json']);
    expect([first.error?.exitCode, first.sent]).toEqual([Exit.partial, 2]);
    expect(first.json).toMatchObject({ waiting: ['ShareMinter', 'StakingMaster'], kind: 'technical', actions: 2 });
    expect((await world.run('admin', handover, ['--out', out, '--yes'])).sent).toBe(0);
    const owner = {
        contract: 'ShareMinter',
        role: 'owner',
        holder: (await world.address('admin')).toString({ testOnly: true }),
    };
    expect(first.json.roles).toContainEqual(expect.objectContaining(owner));

    await world.advanceTo((await desk.proposal(4)).latestEnd);
    await world.ok('alice', propose, ['technical', out]);
    await desk.carryOut('carol', 5);
    expect(await world.ok('admin', handover, ['--out', out])).toMatchObject({
        waiting: [],
        notOwned: [],
        deployerKeeps: [],
    });
    const kept = await world.run('carol', handover, ['--out', out, '--deployer', 'guardian', '--yes', '--json']);
    expect(kept.json.deployerKeeps).toEqual(['ShareMinter minter', 'StakingMaster guardian', 'Treasury signer']);
    expect([kept.error?.exitCode, kept.sent]).toEqual([Exit.partial, 0]);
    const lines = (await world.run('carol', handover, ['--out', out])).lines.join('\n');
    expect(lines).toMatch(/StakingMaster +slasher +\S+ +up to 50 %/);
}, 120_000);

it('propose from templates: spend, emergency, upgrade, parameter', async () => {
    await world.refused('alice', propose, ['economic', 'spend'], /treasury proposals/, Exit.usage);
    await world.refused(
        'alice',
        propose,
        ['emergency', 'emergency', '--family', 'token'],
        /cannot be stopped/,
        Exit.usage,
    );
    const upgrade = ['technical', 'upgrade', '--family', 'treasury', '--code-hash'];
    await world.refused('alice', propose, [...upgrade, 'abc'], /64 hexadecimal/, Exit.usage);
    const parameter = ['economic', 'parameter', '--at', master, '--model', 'm', '--rate', '5'];
    await world.refused('alice', propose, parameter, /ERROR_ACTION_KIND/);
    await world.refused('alice', propose, ['treasury', 'spend', '--to', 'bob', '--amount', '1000'], /nanoton free/);

    await world.advanceTo((await desk.proposal(5)).latestEnd);
    await world.ok('alice', propose, ['treasury', 'spend', '--to', 'bob', '--amount', '2']);
    const before = (await world.chain.account(await world.address('bob'))).balance;
    await desk.carryOut('carol', 6);
    expect((await world.chain.account(await world.address('bob'))).balance - before).toBeGreaterThan(toNano('1.8'));

    await world.advanceTo((await desk.proposal(6)).latestEnd);
    await world.ok('alice', propose, [...upgrade, 'ab'.repeat(32)]);
    await desk.carryOut('carol', 7);
    expect((await desk.treasury().getTreasury()).codeHash).toBe(BigInt(`0x${'ab'.repeat(32)}`));

    await world.advanceTo((await desk.proposal(7)).latestEnd);
    await world.ok('alice', propose, ['emergency', 'emergency', '--family', 'treasury']);
    await world.advanceTo((await desk.proposal(8)).start);
    await world.ok('alice', vote, ['8', 'for']);
    await world.ok('bob', vote, ['8', 'for']);
    await world.advanceTo((await desk.proposal(8)).end);
    await world.refused('carol', queueProposal, ['8'], /ERROR_KIND/);
    expect((await world.ok('carol', executeProposal, ['8'])).state).toBe('executed');
    expect(Number((await desk.treasury().getTreasury()).frozenUntil)).toBe(world.chain.now + 7 * DAY);
}, 120_000);

it('simulateProposal shows what executing changes, on a copy', async () => {
    const { guardian } = await desk.treasury().getTreasury();
    const body = Treasury.setFreezerBody({ guardian: await world.address('carol') });
    const file = desk.actionsFile('simulated.json', { destination: desk.at('treasury'), value: toNano('0.5'), body });
    const count = await world.transactions();
    const first = await world.ok('carol', simulateProposal, [file]);
    expect(first).toMatchObject({ failed: 0, traceHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    const trace = first.trace as { message: string; exitCode: number; events: { name: string }[] }[];
    expect(trace[0]).toMatchObject({ message: 'SetFreezer', exitCode: 0, events: [{ name: 'TreasuryAdminEvent' }] });
    const changes = first.changes as { address: string; data: [string, string] }[];
    const change = changes.find(({ address }) => Address.parse(address).equals(desk.at('treasury')))!;
    expect(change.data[0]).not.toBe(change.data[1]);
    expect((await world.ok('bob', simulateProposal, [file])).traceHash).toBe(first.traceHash);
    // Nothing happened on the chain, and what only the Timelock may do fails from the Governor.
    expect([await world.transactions(), (await desk.treasury().getTreasury()).guardian]).toEqual([count, guardian]);
    const wrong = await world.ok('carol', simulateProposal, [file, '--emergency']);
    expect((wrong.trace as { exitCode: number }[])[0].exitCode).toBe(256);
    expect(wrong.traceHash).not.toBe(first.traceHash);
    await world.refused('carol', simulateProposal, ['99'], /no proposal 99/);
}, 60_000);

describe('treasury: signers, jettons, milestones', () => {
    const out = (name: string) => path.join(world.dir, `${name}.json`);
    const run = (who: string, ...args: string[]) => world.ok(who, treasuryScript, args);
    const refused = (who: string, args: string[], why: RegExp, exit?: number) =>
        world.refused(who, treasuryScript, args, why, exit);

    /** A proposal with the actions of these files, carried out. */
    async function decide(kind: string, ...files: string[]): Promise<void> {
        const last = (await desk.governor().getGovernor()).nextId - 1;
        await world.advanceTo((await desk.proposal(last)).latestEnd);
        const actions = files.flatMap((file) => JSON.parse(fs.readFileSync(out(file), 'utf8')) as object[]);
        await world.ok('alice', propose, [kind, world.file('decide.json', JSON.stringify(actions))]);
        await desk.carryOut('carol', last + 1);
    }

    /** Tokens of carol to the treasury. */
    async function deposit(amount: bigint, forward: bigint): Promise<void> {
        const minter = world.chain.open(ShareMinter.createFromAddress(Address.parse(token)));
        const carol = await world.chain.wallet('carol');
        const to = await minter.getWalletAddress(carol.address);
        const body = ShareWallet.transferBody({ amount, destination: desk.at('treasury'), forwardTonAmount: forward });
        await carol.transfer([internal({ to, value: toNano('0.5') + forward, body })], 1);
    }

    it('signers and a jetton: written for a proposal, refused before that, and nothing twice', async () => {
        const set = (signers: string, threshold: string, ...more: string[]) => [
            'signers',
            'set',
            '--signers',
            signers,
            '--threshold',
            threshold,
            '--out',
            out('m-of-n'),
            ...more,
        ];
        await refused('carol', set('carol,bob', '1'), /ERROR_BAD_PARAMETER/);
        await refused('carol', set('carol,bob', '3'), /ERROR_BAD_PARAMETER/);
        await refused('carol', set('carol', '2'), /ERROR_BAD_PARAMETER/);
        await refused('carol', set('carol,carol', '2'), /listed twice/, Exit.usage);
        await refused('carol', set('carol,nobody', '2'), /not a valid address/, Exit.usage);
        const sixteen = Array.from({ length: 16 }, (_, i) => `0:${String(i + 10).repeat(32)}`).join(',');
        await refused('carol', set(sixteen, '2'), /16 signers.*ERROR_BAD_PARAMETER/);
        expect(await run('carol', ...set('carol,guardian', '2'))).toMatchObject({ unchanged: true });
        expect(await run('carol', ...set('carol,bob', '2', '--dry-run'))).toMatchObject({ kind: 'technical' });
        expect(fs.existsSync(out('m-of-n'))).toBe(false);
        expect(await run('carol', ...set('carol,guardian,bob', '3'))).toMatchObject({ kind: 'technical', actions: 1 });

        const add = (...more: string[]) => ['jetton', 'add', '--out', out('jetton'), '--minter', ...more];
        await refused('carol', add('insurance'), /no jetton minter/, Exit.usage);
        await refused('carol', add(master), /no jetton minter/, Exit.usage);
        expect(await run('carol', ...add(token))).toMatchObject({ asset: 1, kind: 'technical' });
        await refused('carol', ['jetton', 'discover', '--asset', '1'], /ERROR_NO_ASSET/);
        await refused('carol', ['jetton', 'sync', '--asset', '9'], /1 to 8/, Exit.usage);
        expect(await run('carol', 'jetton', 'show')).toMatchObject({ jettons: [] });
        await decide('technical', 'm-of-n', 'jetton');

        expect(await run('carol', ...set('bob,guardian,carol', '3'))).toMatchObject({ unchanged: true });
        expect(await run('carol', 'signers', 'show')).toMatchObject({ threshold: '3', signers: [{}, {}, {}] });
        expect(await run('carol', ...add(token))).toMatchObject({ asset: 1, unchanged: true });
        const file = path.join(world.dir, 'other.json');
        const flags = ['--name', 'O', '--symbol', 'O', '--minter', 'guardian', '--keep-open', '--token-manifest', file];
        await world.ok('admin', deployToken, flags);
        const other = (JSON.parse(fs.readFileSync(file, 'utf8')) as { minter: { raw: string } }).minter.raw;
        await refused('carol', add(other, '--asset', '1'), /another jetton.*ERROR_BAD_PARAMETER/);
        expect(await run('carol', ...add(other))).toMatchObject({ asset: 2 });
        await refused('carol', ['jetton', 'discover', '--asset', '1'], /ERROR_WALLET_KNOWN/);
        const { jettons } = await run('carol', 'jetton', 'show');
        expect(jettons).toMatchObject([{ asset: 1, balance: '0', reserved: '0' }]);
        expect((jettons as { wallet: string }[])[0].wallet).not.toBe('nobody');
    }, 120_000);

    it('what came without a notification is booked once', async () => {
        const sync = ['jetton', 'sync', '--asset', '1'];
        expect(await run('bob', ...sync)).toMatchObject({ extra: '0' });
        await deposit(900n, toNano('0.1'));
        expect(await run('bob', ...sync)).toMatchObject({ extra: '0' });
        await deposit(100n, 0n);
        expect(await run('bob', ...sync)).toMatchObject({ extra: '100' });
        expect(await desk.treasury().getSolvency(1)).toMatchObject({ balance: 1000n });
        expect((await world.run('bob', treasuryScript, [...sync, '--yes'])).sent).toBe(0);
        await deposit(10n, 0n);
        await refused('bob', sync, /ERROR_SYNC_WAIT/);
        await world.advanceTo(world.chain.now + 3600);
        expect(await run('bob', ...sync)).toMatchObject({ extra: '10' });
    }, 60_000);

    it('spends a jetton: by the owner, and by 3 of 3 signers within its budget', async () => {
        const spend = ['spend', 'propose', '--asset', '1', '--to', 'alice', '--out', out('spend')];
        await refused('carol', [...spend, '--amount', '1011'], /1010 units are free.*ERROR_NOT_FREE/);
        await refused('carol', [...spend.slice(0, 3), '2', ...spend.slice(4), '--amount', '1'], /ERROR_NO_ASSET/);
        await refused('carol', [...spend, '--amount', '1.5'], /not a whole number/, Exit.usage);
        await run('carol', ...spend, '--amount', '10');
        const budget = ['budget', 'set', '--category', '2', '--asset', '1', '--amount', '100', '--period', '7d'];
        await run('carol', ...budget, '--out', out('budget'));
        await decide('treasury', 'spend', 'budget');
        expect(await desk.treasury().getSolvency(1)).toMatchObject({ balance: 1000n });

        const ask = ['spend', 'request', '--category', '2', '--to', 'alice', '--amount'];
        await refused('carol', [...ask, '101'], /100 units are left.*ERROR_OVER_LIMIT/);
        const { index } = await run('carol', ...ask, '60');
        const approve = ['spend', 'approve', '--index', String(index)];
        await refused('insurance', approve, /ERROR_NOT_SIGNER/);
        const dry = await world.run('bob', treasuryScript, [...approve, '--dry-run', '--json']);
        expect([dry.error, dry.sent, dry.json.paid]).toEqual([undefined, 0, false]);
        expect((await run('bob', ...approve)).paid).toBe(false);
        await refused('bob', approve, /ERROR_APPROVED/);
        expect((await run('guardian', ...approve)).paid).toBe(true);
        await refused('guardian', approve, /ERROR_NO_REQUEST/);
        expect(await desk.treasury().getSolvency(1)).toMatchObject({ balance: 940n });
        expect((await run('carol', 'budget')).budgets).toContainEqual(
            expect.objectContaining({ category: 2, asset: '1', left: '40' }),
        );
    }, 120_000);

    it('milestones: reserved when made, paid when reached, gone when all is paid', async () => {
        const id = Number((await desk.treasury().getTreasury()).nextGrant);
        const make = ['grant', 'milestones', '--asset', '1', '--to', 'bob', '--out', out('milestones'), '--amounts'];
        await refused('carol', [...make, '1,0'], /ERROR_BAD_PARAMETER/);
        await refused('carol', [...make, '1,1,1,1,1,1,1,1,1'], /1 to 8.*ERROR_BAD_PARAMETER/);
        await refused('carol', [...make, '900,41'], /940 units are free.*ERROR_NOT_FREE/);
        await run('carol', ...make, '300,640');
        await decide('treasury', 'milestones');
        expect(await desk.treasury().getSolvency(1)).toMatchObject({ reserved: 940n, free: 0n });
        const open = [
            { amount: '300', released: false },
            { amount: '640', released: false },
        ];
        expect(await run('bob', 'grant', 'show', '--grant', String(id))).toMatchObject({ milestones: open });
        await refused('bob', ['grant', 'claim', '--grant', String(id)], /ERROR_NOTHING_DUE/);
        await refused('bob', ['grant', 'clear', '--grant', String(id)], /ERROR_GRANT_OPEN/);

        const release = (grant: number, milestone: number, file: string) => [
            'grant',
            'release',
            '--grant',
            String(grant),
            '--milestone',
            String(milestone),
            '--out',
            out(file),
        ];
        await refused('carol', release(0, 0, 'release'), /ERROR_MILESTONE/);
        await refused('carol', release(id, 2, 'release'), /ERROR_MILESTONE/);
        await refused('carol', release(id + 1, 0, 'release'), /ERROR_NO_GRANT/);
        await run('carol', ...release(id, 1, 'second'));
        await decide('treasury', 'second');
        await refused('carol', release(id, 1, 'release'), /ERROR_MILESTONE/);
        const claim = ['grant', 'claim', '--grant', String(id)];
        const half = await run('carol', ...claim);
        expect(half).toMatchObject({ claimed: '640', claimable: '0', milestones: [open[0], { released: true }] });
        await run('carol', ...release(id, 0, 'first'));
        await decide('treasury', 'first');
        expect(await run('bob', ...claim)).toMatchObject({ claimed: '940' });
        expect(await desk.treasury().getSolvency(1)).toMatchObject({ balance: 0n, reserved: 0n });
        await world.advanceTo(world.chain.now + 3600);
        await run('bob', 'grant', 'clear', '--grant', String(id));
        expect(await desk.treasury().getGrant(id)).toBeNull();
        await refused('bob', ['grant', 'clear', '--grant', String(id)], /ERROR_NO_GRANT/);
    }, 120_000);

    it('ends signing with none', async () => {
        await run('carol', 'signers', 'set', '--signers', 'none', '--out', out('none'));
        await decide('technical', 'none');
        expect((await desk.treasury().getTreasury()).signers.size).toBe(0);
        expect(await run('carol', 'signers')).toMatchObject({ signers: [] });
    }, 60_000);
});
