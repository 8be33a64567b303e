/** The scripts of a voter: tokens that were not counted, a delegate and back, actions that came back and go out again. */
import * as path from 'node:path';
import { Address, beginCell, Cell, contractAddress, internal, toNano } from '@ton/core';

import * as delegateVotes from '../../scripts/governance/delegateVotes';
import * as deployGovernance from '../../scripts/governance/deployGovernance';
import * as executeProposal from '../../scripts/governance/executeProposal';
import * as lockTokens from '../../scripts/governance/lockTokens';
import * as propose from '../../scripts/governance/propose';
import * as proveTokens from '../../scripts/governance/proveTokens';
import * as queueProposal from '../../scripts/governance/queueProposal';
import * as treasuryScript from '../../scripts/governance/treasury';
import * as vote from '../../scripts/governance/vote';
import { Exit } from '../../scripts/lib/errors';
import { Treasury } from '../../wrappers/governance';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { addressIn, GovernanceDesk, tokenAndStaking } from '../scripts/governance';
import { DAY, World } from '../scripts/support';
import { REFUSING_CODE } from '../support/pool/transactions';

let world: World;
let desk: GovernanceDesk;
const unit = 1_000_000_000n;

async function send(who: string, to: Address, value: bigint, body?: Cell, init?: { code: Cell; data: Cell }) {
    const wallet = await world.chain.wallet(who);
    await wallet.transfer([internal({ to, value, body, init, bounce: false })], 1);
}

beforeAll(async () => {
    world = await World.create();
    desk = new GovernanceDesk(world);
    const { token, master } = await tokenAndStaking(world);
    await world.ok('admin', deployGovernance, ['--token', token, '--master', master]);
    await world.ok('alice', lockTokens, ['20000']);
    await world.ok('bob', lockTokens, ['400000']);
}, 120_000);

afterAll(() => world.close());

it('proveTokens counts what came without a notification, once', async () => {
    await world.refused('carol', proveTokens, [], /no VoterAccount/);
    expect((await world.does('bob', proveTokens, [])).sent).toBe(0);
    const [bob, account] = [
        await world.address('bob'),
        await desk.governor().getVoterAddress(await world.address('bob')),
    ];
    const token = world.chain.open(ShareMinter.createFromAddress(addressIn(world, 'token', 'minter')));
    const body = ShareWallet.transferBody({ amount: 7n * unit, destination: account, response: bob });
    await send('bob', await token.getWalletAddress(bob), toNano('0.5'), body);
    const dry = await world.run('bob', proveTokens, ['--dry-run', '--json']);
    expect([dry.error, dry.sent]).toEqual([undefined, 0]);
    expect(await world.ok('bob', proveTokens, [])).toMatchObject({
        own: String(400_007n * unit),
        extra: String(7n * unit),
    });
    expect((await world.does('bob', proveTokens, [])).sent).toBe(0);
}, 60_000);

it('delegateVotes gives them to another voter and takes them back when his vote is over', async () => {
    await world.refused('carol', delegateVotes, ['alice'], /no VoterAccount/);
    await world.refused('bob', delegateVotes, ['bob'], /ERROR_BAD_DELEGATE/);
    await world.refused('bob', delegateVotes, ['nobody'], /nobody/, Exit.usage);
    expect(await world.ok('bob', delegateVotes, ['back'])).toMatchObject({ delegation: 'none', unchanged: true });
    const delegated = String(400_007n * unit);
    expect(await world.ok('bob', delegateVotes, ['alice'])).toMatchObject({ delegation: 'active', delegated });
    await world.refused('bob', delegateVotes, ['alice'], /ERROR_NO_POWER/);
    await world.refused('bob', delegateVotes, ['carol'], /ERROR_DELEGATED/);

    // A vote of alice holds them; asked twice, she says the same.
    const refused = desk.actionsFile('refused.json', {
        destination: desk.at('treasury'),
        value: toNano('0.5'),
        body: Treasury.applyUpgradeBody({ code: Cell.EMPTY }),
    });
    await world.ok('alice', propose, ['technical', refused]);
    await world.advanceTo((await desk.proposal(1)).start);
    await world.ok('alice', vote, ['1', 'abstain']);
    const { latestEnd } = await desk.proposal(1);
    for (let i = 0; i < 2; i++) {
        const back = await world.ok('bob', delegateVotes, ['back']);
        expect(back).toMatchObject({ delegation: 'cooling', freeAt: latestEnd });
    }
    expect((await world.run('bob', delegateVotes, ['back', '--yes'])).lines.join('\n')).toContain('holds them until');
    await world.advanceTo(latestEnd);
    expect(await world.ok('bob', delegateVotes, ['back'])).toMatchObject({ delegation: 'none', unchanged: true });
}, 60_000);

it('executeProposal says what came back, sends it again, and the value back when that is over', async () => {
    // A contract that refuses everything: the second action comes back as often as it is sent.
    const init = { code: REFUSING_CODE, data: beginCell().storeUint(1, 32).endCell() };
    const wall = contractAddress(0, init);
    await send('carol', wall, toNano('0.1'), undefined, init);
    const body = beginCell().storeUint(0x12345678, 32).storeUint(0, 64).endCell();
    const file = desk.actionsFile(
        'two.json',
        { destination: desk.at('treasury'), value: toNano('0.5'), body: Treasury.topUpBody() },
        { destination: wall, value: toNano('0.5'), body },
    );
    const { proposal } = await world.ok('alice', propose, ['technical', file]);
    const id = String(proposal);
    await desk.pass(Number(proposal));
    await world.ok('carol', queueProposal, [id]);
    await world.advanceTo((await desk.proposal(Number(proposal))).readyAt);
    const first = await world.does('carol', executeProposal, [id]);
    expect(first.json).toMatchObject({ state: 'executed', operation: 'bounced', returned: [2] });
    const again = await world.does('carol', executeProposal, [id]);
    expect([again.sent, again.json]).toEqual([1, expect.objectContaining({ operation: 'bounced', returned: [2] })]);
    const third = await world.run('carol', executeProposal, [id, '--yes']);
    expect(third.lines.join('\n')).toMatch(/Send again what came back: action 2[^]*Action 2 came back/);
    await world.chain.advance(15 * DAY);
    const over = await world.does('carol', executeProposal, [id]);
    expect([over.sent, over.json.kept]).toEqual([1, '0']);
    expect((await world.does('carol', executeProposal, [id])).sent).toBe(0);
}, 60_000);

it('treasury freezer: the Governor unless another is named, or nobody', async () => {
    const out = path.join(world.dir, 'freezer.json');
    const write = (...args: string[]) => world.ok('carol', treasuryScript, ['freezer', '--out', out, ...args]);
    expect(await write('--to', 'none')).toMatchObject({ unchanged: true });
    expect(await write()).toMatchObject({ actions: 1, kind: 'technical' });
    const { proposal } = await world.ok('alice', propose, ['technical', out]);
    await desk.carryOut('carol', Number(proposal));
    expect(await write()).toMatchObject({ unchanged: true });
    expect(await write('--to', 'carol')).toMatchObject({ actions: 1 });
}, 60_000);
