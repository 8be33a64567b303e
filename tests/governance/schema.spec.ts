/**
 * docs/schema.tlb against reality: every message and event of Governor, Proposal, VoterAccount, Timelock, its operations and
 * the Treasury, and what they store, is taken apart by the document alone, to the last bit.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Cell, Dictionary, toNano } from '@ton/core';
import type { Blockchain } from '@ton/sandbox';

import { Governor, packActions, Timelock, Treasury } from '../../wrappers/governance';
import { DAY, GovernanceWorld, NOTHING } from '../support/governance/world';
import { editTimelock } from '../support/governance/timelock-state';
import { HOUR, MIN_DELAY, TimelockWorld } from '../support/governance/timelock-world';
import { TreasuryWorld } from '../support/governance/treasury-world';
import { dataOf, refuse } from '../support/pool/transactions';
import { bodies, TlbRecord, TlbSchema, TlbValue } from '../support/tlb';

const root = path.join(__dirname, '../..');
const DOCUMENT = new TlbSchema(fs.readFileSync(path.join(root, 'docs/schema.tlb'), 'utf8'));
const FILES = ['messages', 'timelock-messages', 'treasury-messages'];
const declaredIn = (file: string) => {
    const source = fs.readFileSync(path.join(root, `contracts/governance/${file}.tact`), 'utf8');
    return [...source.matchAll(/^message\(0x([0-9a-f]+)\) (\w+)/gm)].map(
        ([, op, name]) => [parseInt(op, 16), name] as const,
    );
};

/** Bodies of the tests' own that targets of actions get. */
const FOREIGN = [NOTHING, 0x12345678];

/** Reads everything that was sent on this chain since it began; names of what was seen. */
function readAll(blockchain: Blockchain): Set<string> {
    const sent = bodies(blockchain.snapshot().transactions);
    const ours = sent.filter((body) => !FOREIGN.includes(body.beginParse().preloadUint(32)));
    return new Set(ours.map((body) => DOCUMENT.readBody(body).name));
}

const missing = (file: string, seen: Set<string>) =>
    declaredIn(file)
        .map(([op]) => DOCUMENT.opcodes().get(op)!.name)
        .filter((name) => !seen.has(name));
const cell = (record: TlbRecord, field: string): Cell => {
    const value = record[field];
    if (!(value instanceof Cell)) throw new Error(`${field} is not a cell`);
    return value;
};

it('declares every message and event of the sources, each under one opcode', () => {
    const all = FILES.flatMap(declaredIn);
    expect(all.length).toBe(98);
    for (const [op, name] of all) {
        // TopUp, jettons and TEP-89 are several families' and stand in the document once.
        expect([name, DOCUMENT.opcodes().get(op)?.name]).toEqual([name, name]);
    }
});

it('reads Governor, Proposal and VoterAccount at work', async () => {
    const world = await GovernanceWorld.withVoters(5_000_000);
    const { blockchain, governor, staking } = world;
    const via = (who: 'alice' | 'bob' | 'carol' | 'dave') => world.sender(who);
    await world.deploy('dave');
    // cancelled, and released
    const first = await world.propose('alice');
    await first.proposal.sendCancel(via('alice'));
    await world.toStart(first.proposal);
    // settings and a rule by proposal, with a late quorum, and once refused by the Timelock
    const rule = { destination: world.address('stranger'), op: 5, kind: 'economic' } as const;
    const settings = await governor.getSettings();
    const to = (body: Cell) => ({ destination: governor.address, value: toNano('0.2'), body });
    const { id, proposal } = await world.propose('alice', 'technical', [
        to(Governor.changeRuleBody(rule)),
        to(Governor.changeSettingsBody({ settings })),
        to(Governor.acceptGuardianBody({ destination: world.address('stranger') })),
        world.nothing(),
    ]);
    await governor.sendAskSupply(via('dave'), { proposal: id });
    world.at((await proposal.getProposal()).end - DAY);
    await world.voteText('bob', id, 'for');
    await world.vote('alice', id, 'abstain');
    await world.voteStaked('carol', 'prover1', id, 'against');
    await world.toEnd(proposal);
    const back = await refuse(blockchain, world.timelock.address);
    await proposal.sendQueue(via('dave'));
    await back();
    await world.carryOut(proposal);
    expect(await governor.getRule(rule.destination, rule.op)).toBe('economic');
    world.advance(3 * DAY);
    // an emergency whose action comes back
    const pause = { ...world.nothing(staking.master.address), body: world.pauseBody() };
    const emergency = await world.propose('alice', 'emergency', [pause]);
    await world.vote('bob', emergency.id, 'for');
    await world.toEnd(emergency.proposal);
    await emergency.proposal.sendExecute(via('dave'));
    // delegation, a proof, the way out
    const bob = await world.account('bob');
    world.advance(DAY);
    await bob.sendDelegate(via('bob'), { to: world.address('dave') });
    const delegated = await dataOf(blockchain, bob.address);
    await bob.sendRevokeDelegation(via('bob'));
    await staking.transfer('bob', bob.address, 5n, null, 0n);
    await bob.sendProveTokens(via('bob'), { amount: world.unit(5_000_000) + 5n });
    await world.unlock('bob', 5n);
    await governor.sendDeploy(via('dave'), { value: toNano('1') });

    expect(missing('messages', readAll(blockchain))).toEqual([]);

    // Storage, cell by cell.
    const own = DOCUMENT.read('Governor', await dataOf(blockchain, governor.address));
    const rest = (own.rest as ReturnType<Cell['beginParse']>).clone();
    const links = DOCUMENT.read('GovernorLinks', rest.loadRef());
    DOCUMENT.read('GovernorSettings', rest.loadRef());
    const family = DOCUMENT.read('VoterFamily', cell(links, 'family'));
    DOCUMENT.read('StakingCodes', cell(family, 'staking'));
    DOCUMENT.read('VoterTerms', world.terms);
    const data = DOCUMENT.read('Proposal', await dataOf(blockchain, proposal.address));
    expect(data.id).toBe(BigInt(id));
    const desk = DOCUMENT.read('ProposalDesk', cell(data, 'desk'));
    DOCUMENT.read('ProposalRest', cell(desk, 'rest'));
    let next: Cell | null = cell(desk, 'actions');
    for (; next !== null; next = DOCUMENT.read('Action', next).next as Cell | null);
    const account = DOCUMENT.read('VoterAccount', delegated);
    expect(DOCUMENT.read('VoterDesk', cell(account, 'desk'))).toMatchObject({ delegation: 1n });
}, 60_000);

it('reads Timelock and TimelockOperation at work', async () => {
    const world = await TimelockWorld.create();
    const { blockchain, timelock } = world;
    const stranger = world.sender('stranger');
    const own = (body: Cell) => ({ destination: timelock.address, value: toNano('0.1'), body });
    await world.carryOut([
        own(Timelock.setMinDelayBody({ delay: MIN_DELAY })),
        own(Timelock.setProposerBody({ account: world.address('alice'), allowed: true })),
        own(Timelock.setGuardianBody({ guardian: world.address('guardian'), expiresAt: world.now + 100 * DAY })),
        own(Timelock.sweepSurplusBody({ to: world.address('alice') })),
    ]);
    world.advance(HOUR);
    await timelock.sendTopUp(stranger, { value: toNano('1') });
    // comes back, is sent again, is done, and frees its successor
    const back = await refuse(blockchain, world.address('target'));
    const { id, operation } = await world.carryOut(world.actions(2));
    await back();
    await operation.sendRetry(stranger, {});
    world.advance(HOUR);
    const next = await world.schedule(world.actions(1), { predecessor: id });
    await operation.sendNotifySuccessor(stranger, { successor: next.id });
    // its slot is another's
    world.advance(MIN_DELAY);
    const { number } = await next.operation.getOperation();
    await editTimelock(world, ({ ring }) => ({
        ring: ring.set(Number(number % 128n), {
            $$type: 'RingEntry',
            number: number + 128n,
            at: BigInt(world.now),
            operation: 7n,
        }),
    }));
    await world.execute(next.id);
    await timelock.sendCancel(world.sender('guardian'), { id: next.id });
    // comes back, is stopped, is released
    await refuse(blockchain, world.address('target'));
    const lost = await world.carryOut(world.actions(1));
    await timelock.sendCancel(world.sender('guardian'), { id: lost.id });
    const kept = await dataOf(blockchain, lost.operation.address);
    await lost.operation.sendReleaseKept(stranger, {});

    expect(missing('timelock-messages', readAll(blockchain))).toEqual([]);

    DOCUMENT.read('Timelock', await dataOf(blockchain, timelock.address));
    const books = DOCUMENT.read('OperationBooks', cell(DOCUMENT.read('TimelockOperation', kept), 'books'));
    expect([books.state, books.bounced]).toEqual([4n, 1n]);
    DOCUMENT.read('OperationParties', cell(books, 'parties'));
    expect(DOCUMENT.read('Action', cell(books, 'actions'))).toMatchObject({ value: toNano('0.1'), next: null });
    expect(packActions(world.actions(1))).toEqualCell(cell(books, 'actions'));
}, 60_000);

it('reads the Treasury at work', async () => {
    const world = await TreasuryWorld.create();
    const { blockchain, treasury } = world;
    const owner = world.sender('owner');
    const anyone = world.sender('stranger');
    const grantee = world.address('grantee');
    const amount = toNano('10');
    await treasury.sendCreateStream(owner, { asset: 1, amount, grantee, start: world.now, end: world.now + DAY });
    await treasury.sendCreateMilestones(owner, { asset: 0, grantee, amounts: [amount, amount] });
    await treasury.sendReleaseMilestone(owner, { grant: 1, index: 1 });
    const open = await dataOf(blockchain, treasury.address);
    await treasury.sendCancelGrant(owner, { grant: 1 });
    world.advance(DAY);
    await treasury.sendClaimGrant(anyone, { grant: 0 });
    await treasury.sendClaimGrant(anyone, { grant: 1 });
    world.advance(HOUR);
    await treasury.sendClearGrant(anyone, { grant: 0 });
    await world.spend(0, amount);
    // the wallet refuses: the tokens are in the books again
    const back = await refuse(blockchain, world.walletOf(treasury.address).address);
    await world.spend(1, amount);
    await back();
    await treasury.sendOwnerSpend(owner, {
        asset: 1,
        amount,
        to: world.address('payee'),
        forward: 1n,
        body: Cell.EMPTY,
    });
    await world.deposit(5n, { notify: false });
    await treasury.sendSync(anyone, { asset: 1, extra: 5n });
    await treasury.sendAddJetton(owner, { asset: 2, minter: world.address('payee') });
    await treasury.sendDiscover(anyone, { asset: 2 });
    // a request that stays open
    await treasury.sendRequestSpend(world.sender('signer1'), { category: 0, amount, to: grantee, memo: 1 });
    const waiting = await dataOf(blockchain, treasury.address);
    await treasury.sendFreeze(world.sender('guardian'), {});
    await treasury.sendUnfreeze(owner, {});
    await treasury.sendNominateOwner(owner, { owner: world.address('payee') });
    await treasury.sendAcceptOwner(world.sender('payee'), {});
    const second = world.sender('payee');
    const code = (await Treasury.createFromConfig({ owner: world.address('owner') })).init!.code;
    const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
    await treasury.sendAnnounceUpgrade(second, { codeHash });
    await treasury.sendCancelUpgrade(second, {});
    await treasury.sendAnnounceUpgrade(second, { codeHash });
    world.advance(2 * DAY);
    await treasury.sendApplyUpgrade(anyone, { code });
    expect((await treasury.getTreasury()).version).toBe(1n);

    expect(missing('treasury-messages', readAll(blockchain))).toEqual([]);

    const grants = DOCUMENT.read('Treasury', open);
    const records = grants.grants as Dictionary<bigint, TlbValue>;
    expect(records.get(0n)).toMatchObject({ asset: 1n, amount, claimed: 0n, milestones: null });
    expect(records.get(1n)).toMatchObject({ asset: 0n, amount: 2n * amount, released: amount, start: 0n });
    const data = DOCUMENT.read('Treasury', waiting);
    const desk = DOCUMENT.read('TreasuryDesk', cell(data, 'desk'));
    expect(desk).toMatchObject({ threshold: 2n, request_nonce: 3n });
    const jetton = await treasury.getJetton(1);
    DOCUMENT.read('JettonTerms', jetton!.terms);
}, 60_000);
