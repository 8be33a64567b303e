/** Scripts of governance on a local chain: from the deployment to executed proposals, as people would run them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, Cell, toNano } from '@ton/core';

import { Exit } from '../../scripts/lib/errors';
import * as cancelProposal from '../../scripts/governance/cancelProposal';
import * as deployGovernance from '../../scripts/governance/deployGovernance';
import * as executeProposal from '../../scripts/governance/executeProposal';
import * as lockTokens from '../../scripts/governance/lockTokens';
import * as propose from '../../scripts/governance/propose';
import * as queueProposal from '../../scripts/governance/queueProposal';
import * as unlockTokens from '../../scripts/governance/unlockTokens';
import * as vote from '../../scripts/governance/vote';
import * as deployStaking from '../../scripts/staking/deployStaking';
import * as deployToken from '../../scripts/token/deployToken';
import { Governor, Proposal, Timelock, Treasury } from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { DAY, Script, World } from '../scripts/support';

let world: World;
let token: string;
let master: string;

const manifestOf = (name: string) =>
    JSON.parse(fs.readFileSync(path.join(world.dir, 'deployments', 'local', `${name}.json`), 'utf8')) as Record<
        string,
        { raw: string }
    >;
const at = (name: 'governor' | 'timelock' | 'treasury') => Address.parse(manifestOf('governance')[name].raw);
const governor = () => world.chain.open(Governor.createFromAddress(at('governor')));
const treasury = () => world.chain.open(Treasury.createFromAddress(at('treasury')));
const proposalOf = async (id: number) =>
    world.chain.open(Proposal.createFromAddress(await governor().getProposalAddress(id))).getProposal();

/** Runs a script that must succeed; its result. */
async function ok(who: string, script: Script, args: string[]): Promise<Record<string, unknown>> {
    const run = await world.run(who, script, [...args, '--yes', '--json']);
    expect([args, run.error?.message]).toEqual([args, undefined]);
    return run.json;
}

/** Runs a script that must refuse before it sends anything. */
async function refused(who: string, script: Script, args: string[], why: RegExp, exit: number = Exit.refused) {
    const run = await world.run(who, script, [...args, '--yes']);
    expect(run.error?.message).toMatch(why);
    expect([run.error?.exitCode, run.sent]).toEqual([exit, 0]);
}

/** A file of actions as `propose` takes it. */
const actionsFile = (name: string, ...actions: { destination: Address; value: bigint; body: Cell }[]) =>
    world.file(
        name,
        JSON.stringify(
            actions.map(({ destination, value, body }) => ({
                destination: destination.toRawString(),
                value: String(value),
                body: body.toBoc().toString('base64'),
            })),
        ),
    );

beforeAll(async () => {
    world = await World.create();
    await world.names('admin', 'guardian', 'alice', 'bob', 'carol');
    const list = 'owner,amount\nalice,20000\nbob,500000\ncarol,480000\n';
    const flags = ['--name', 'Share', '--symbol', 'SHARE', '--minter', 'admin', '--genesis', world.file('g.csv', list)];
    await ok('admin', deployToken, flags);
    token = manifestOf('token').minter.raw;
    const roles = ['slasher', 'resolver', 'guardian', 'treasury', 'insurance'].flatMap((r) => [`--${r}`, 'guardian']);
    master = String((await ok('admin', deployStaking, ['--token', token, ...roles])).master);
}, 120_000);

afterAll(() => world.close());

it('deployGovernance goes on after a crash, and refuses what could not work', async () => {
    const flags = ['--token', token, '--master', master];
    await refused('admin', deployGovernance, ['--token', token], /--master/, Exit.usage);
    await refused('admin', deployGovernance, [...flags, '--timelock-delay', '1d'], /2 to 30 days/, Exit.usage);
    await refused('admin', deployGovernance, [...flags, '--guardian-term', '731d'], /days/, Exit.usage);
    const dry = await world.run('admin', deployGovernance, [...flags, '--dry-run', '--json']);
    expect([dry.error, dry.sent, (dry.json.messages as unknown[]).length]).toEqual([undefined, 0, 3]);
    const cut = await world.run('admin', deployGovernance, [...flags, '--yes'], 1);
    expect([cut.error?.exitCode, cut.sent]).toEqual([Exit.partial, 1]);
    expect(manifestOf('governance').complete).toBe(false);
    const run = await world.run('admin', deployGovernance, [...flags, '--yes', '--json']);
    expect([run.error, run.sent]).toEqual([undefined, 2]);
    expect(manifestOf('governance').complete).toBe(true);
    expect((await world.run('admin', deployGovernance, [...flags, '--yes'])).sent).toBe(0);

    const timelock = await world.chain.open(Timelock.createFromAddress(at('timelock'))).getTimelock();
    expect(timelock).toMatchObject({ deployer: 0n, minDelay: BigInt(2 * DAY), guardian: accountIdOf(at('governor')) });
    expect([...timelock.proposers.keys()]).toEqual([accountIdOf(at('governor'))]);
    expect((await treasury().getTreasury()).owner).toBe(accountIdOf(at('timelock')));
    expect(await governor().getRule(at('treasury'), Treasury.opcodes.Freeze)).toBe('emergency');
}, 120_000);

it('lock, propose, vote, queue, execute, cancel, unlock', async () => {
    await refused('alice', lockTokens, ['20001'], /holds 20,?000/);
    await refused('alice', unlockTokens, ['1'], /no VoterAccount/);
    const dry = await world.run('alice', lockTokens, ['20000', '--dry-run']);
    expect([dry.error, dry.sent]).toEqual([undefined, 0]);
    expect((await ok('alice', lockTokens, ['20000'])).power).toBe('20000000000000');
    await ok('bob', lockTokens, ['500000']);
    const file = actionsFile('freezer.json', {
        destination: at('treasury'),
        value: toNano('0.5'),
        body: Treasury.setFreezerBody({ guardian: at('governor') }),
    });
    await refused('carol', propose, ['technical', file], /no VoterAccount/);
    await refused('alice', propose, ['treasury', file], /ERROR_ACTION_KIND/);
    await refused('alice', propose, ['technical', world.file('x.json', '[]')], /1 to 10 actions/, Exit.usage);
    const first = await ok('alice', propose, ['technical', file, '--uri', 'https://example.org/1']);
    expect(first.proposal).toBe(1);
    await refused('alice', propose, ['technical', file], /ERROR_OPEN_PROPOSAL/);
    await refused('bob', vote, ['1', 'for'], /ERROR_NOT_ACTIVE/);
    await refused('bob', vote, ['2', 'for'], /no proposal 2/);
    expect((await ok('alice', cancelProposal, ['1'])).state).toBe('cancelled');

    await ok('alice', propose, ['technical', file]);
    await world.advanceTo((await proposalOf(2)).start);
    await refused('alice', cancelProposal, ['2'], /ERROR_PROPOSAL_STATE/);
    await refused('carol', vote, ['2', 'for'], /no VoterAccount/);
    expect((await ok('alice', vote, ['2', 'for'])).votesFor).toBe('20000000000000');
    await refused('alice', vote, ['2', 'for'], /ERROR_NO_POWER/);
    await refused('alice', unlockTokens, ['1'], /ERROR_TOKENS_LOCKED/);
    await ok('bob', vote, ['2', 'for']);
    await refused('carol', queueProposal, ['2'], /ERROR_PROPOSAL_STATE/);
    await world.advanceTo((await proposalOf(2)).end);
    await refused('carol', executeProposal, ['2'], /ERROR_PROPOSAL_STATE/);
    expect((await ok('carol', queueProposal, ['2'])).state).toBe('queued');
    expect((await world.run('carol', queueProposal, ['2', '--yes'])).sent).toBe(0);
    await refused('carol', executeProposal, ['2'], /ERROR_TOO_EARLY/);
    await world.advanceTo((await proposalOf(2)).readyAt);
    expect((await ok('carol', executeProposal, ['2'])).state).toBe('executed');
    expect((await world.run('carol', executeProposal, ['2', '--yes'])).sent).toBe(0);
    expect((await treasury().getTreasury()).guardian).toBe(accountIdOf(at('governor')));

    await world.advanceTo((await proposalOf(2)).latestEnd);
    expect((await ok('bob', unlockTokens, ['1000'])).own).toBe('499000000000000');
    await refused('bob', unlockTokens, ['499001'], /ERROR_NOT_FREE/);
}, 120_000);
