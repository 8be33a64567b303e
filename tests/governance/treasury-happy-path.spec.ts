/** Deposits, spending by signers and owner, both kinds of grants, a freeze, an upgrade. */
import { beginCell, toNano } from '@ton/core';
import '@ton/test-utils';

import { Treasury, TreasuryExit, treasuryEvents } from '../../wrappers/governance/execution';
import { accountIdOf } from '../../wrappers/pool';
import { exitCode, JETTON_NOTIFICATION, outs, sameAddress, succeeded, txAt } from '../support/pool/transactions';
import { DAY, TreasuryWorld } from '../support/governance/treasury-world';

const HOUR = 3600;

describe('Treasury: happy path', () => {
    let world: TreasuryWorld;
    let restore: () => Promise<void>;
    const rich = toNano('5');
    const owner = () => world.sender('owner');
    const exit = (result: Parameters<typeof txAt>[0]) => exitCode(txAt(result, world.treasury.address));

    beforeAll(async () => {
        world = await TreasuryWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    it('books TON and jettons', async () => {
        const ton = await world.treasury.getSolvency();
        expect(ton.balance).toBeGreaterThan(toNano('999'));
        expect(ton.balance).toBe(ton.reserved + ton.floor + ton.free);
        expect(ton.floor).toBeLessThan(toNano('3'));
        expect(await world.treasury.getSolvency(1)).toMatchObject({ balance: toNano('1000'), free: toNano('1000') });
        const result = await world.deposit(toNano('5'));
        expect(treasuryEvents(result.transactions, 'TreasuryReceivedEvent')).toMatchObject([
            {
                asset: 1n,
                amount: toNano('5'),
                from: accountIdOf(world.address('owner')),
                emitter: sameAddress(world.treasury.address),
            },
        ]);
        const text = beginCell().storeUint(0, 32).storeStringTail('for the treasury').endCell();
        for (const body of [text, Treasury.topUpBody(), beginCell().endCell()]) {
            const sent = await world.people.stranger.send({ to: world.treasury.address, value: toNano('1'), body });
            expect(succeeded(txAt(sent, world.treasury.address))).toBe(true);
        }
        // Gas of three deposits is paid from them, and the notification brought a tenth of a TON.
        expect((await world.treasury.getSolvency()).free - ton.free).toBeGreaterThan(toNano('2.99'));
    });

    it('lets two of three signers spend TON and jettons within a budget', async () => {
        const before = await world.balanceOf(world.address('payee'));
        const paid = await world.spend(0, toNano('30'));
        expect(treasuryEvents(paid.transactions, 'TreasurySpentEvent')).toMatchObject([
            { source: 0n, asset: 0n, amount: toNano('30'), id: 9n },
        ]);
        expect((await world.balanceOf(world.address('payee'))) - before).toBeGreaterThan(toNano('29.99'));
        expect(await world.treasury.getBudgetLeft(0)).toBe(toNano('70'));
        await world.spend(1, toNano('40'), { by: 'signer3', and: 'signer1' });
        expect(await world.tokens(world.address('payee'))).toBe(toNano('40'));
        expect(await world.treasury.getSolvency(1)).toMatchObject({ balance: toNano('960') });
        expect(await world.treasury.getBudgetLeft(1)).toBe(toNano('60'));
        expect(await world.treasury.getRequest(0)).toBeNull();
    });

    it('lets the owner spend anything that is free, with a body', async () => {
        const body = beginCell().storeUint(0x11223344, 32).storeUint(5, 64).endCell();
        const to = world.address('payee');
        const ton = await world.treasury.sendOwnerSpend(owner(), { asset: 0, amount: toNano('500'), to, body });
        const [out] = outs(txAt(ton, world.treasury.address)).filter((o) => o.to.equals(to));
        expect(out).toMatchObject({ value: toNano('500'), op: 0x11223344, bounce: true });
        const tokens = await world.treasury.sendOwnerSpend(owner(), {
            asset: 1,
            amount: toNano('600'),
            to,
            forward: toNano('0.5'),
            body,
        });
        expect(await world.tokens(to)).toBe(toNano('600'));
        const note = tokens.transactions.flatMap((tx) => outs(tx)).find((o) => o.op === JETTON_NOTIFICATION);
        expect(note?.value).toBe(toNano('0.5'));
        expect(await world.treasury.getSolvency(1)).toMatchObject({ balance: toNano('400') });
    });

    it.each([0, 1])('streams asset %d: nothing before the cliff, then linearly, by anyone', async (asset) => {
        const start = world.now;
        const amount = toNano('100');
        const grantee = world.address('grantee');
        const before = await world.treasury.getSolvency(asset);
        await world.treasury.sendCreateStream(owner(), {
            asset,
            amount,
            grantee,
            start,
            cliff: start + 10 * DAY,
            end: start + 100 * DAY,
        });
        const after = await world.treasury.getSolvency(asset);
        expect(after.reserved).toBe(amount);
        expect(before.free - after.free).toBeLessThan(amount + toNano('0.01'));
        const claim = () => world.treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
        const has = async () => (asset === 0 ? world.balanceOf(grantee) : world.tokens(grantee));
        expect(await world.treasury.getGrant(0)).toMatchObject({ claimed: 0n, claimable: 0n, stopped: false });
        world.advance(10 * DAY - 1);
        expect(exit(await claim())).toBe(TreasuryExit.ERROR_NOTHING_DUE);
        world.advance(1);
        const had = await has();
        const paid = await claim();
        expect(treasuryEvents(paid.transactions, 'TreasurySpentEvent')).toMatchObject([
            { source: 254n, asset: BigInt(asset), amount: toNano('10') },
        ]);
        expect((await has()) - had).toBeGreaterThan(toNano('9.99'));
        world.advance(45 * DAY);
        expect((await world.treasury.getGrant(0))!.claimable).toBe(toNano('45'));
        world.advance(45 * DAY - 1);
        await claim();
        expect((await world.treasury.getGrant(0))!.claimed).toBeLessThan(amount);
        world.advance(1);
        await claim();
        expect(await world.treasury.getSolvency(asset)).toMatchObject({ reserved: 0n });
        const early = await world.treasury.sendClearGrant(world.sender('stranger'), { grant: 0 });
        expect(exit(early)).toBe(TreasuryExit.ERROR_GRANT_OPEN);
        world.advance(HOUR);
        await world.treasury.sendClearGrant(world.sender('stranger'), { grant: 0 });
        expect(await world.treasury.getGrant(0)).toBeNull();
        expect((await world.treasury.getTreasury()).grants).toBe(0n);
    });

    it('cancels a stream: what has accrued stays, the rest is free', async () => {
        const start = world.now;
        const grantee = world.address('grantee');
        await world.treasury.sendCreateStream(owner(), {
            asset: 1,
            amount: toNano('100'),
            grantee,
            start,
            end: start + 100 * DAY,
        });
        world.advance(30 * DAY);
        const result = await world.treasury.sendCancelGrant(owner(), { grant: 0 });
        expect(treasuryEvents(result.transactions, 'GrantEvent')).toMatchObject([{ kind: 4n, amount: toNano('70') }]);
        world.advance(50 * DAY);
        expect(await world.treasury.getGrant(0)).toMatchObject({ claimable: toNano('30'), stopped: true });
        await world.treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
        expect(await world.tokens(grantee)).toBe(toNano('30'));
        expect(await world.treasury.getSolvency(1)).toMatchObject({ reserved: 0n, free: toNano('970') });
    });

    it('pays milestones when they are reached', async () => {
        const grantee = world.address('grantee');
        await world.treasury.sendCreateMilestones(owner(), {
            asset: 1,
            grantee,
            amounts: [toNano('10'), toNano('20'), toNano('30')],
        });
        expect(await world.treasury.getSolvency(1)).toMatchObject({ reserved: toNano('60') });
        const claim = () => world.treasury.sendClaimGrant(world.sender('grantee'), { grant: 0 });
        expect(exit(await claim())).toBe(TreasuryExit.ERROR_NOTHING_DUE);
        await world.treasury.sendReleaseMilestone(owner(), { grant: 0, index: 1 });
        await claim();
        expect(await world.tokens(grantee)).toBe(toNano('20'));
        const twice = await world.treasury.sendReleaseMilestone(owner(), { grant: 0, index: 1 });
        expect(exit(twice)).toBe(TreasuryExit.ERROR_MILESTONE);
        const none = await world.treasury.sendReleaseMilestone(owner(), { grant: 0, index: 3 });
        expect(exit(none)).toBe(TreasuryExit.ERROR_MILESTONE);
        await world.treasury.sendReleaseMilestone(owner(), { grant: 0, index: 0 });
        await world.treasury.sendCancelGrant(owner(), { grant: 0 });
        const over = await world.treasury.sendReleaseMilestone(owner(), { grant: 0, index: 2 });
        expect(exit(over)).toBe(TreasuryExit.ERROR_MILESTONE);
        await claim();
        expect(await world.tokens(grantee)).toBe(toNano('30'));
        expect(await world.treasury.getSolvency(1)).toMatchObject({ reserved: 0n, free: toNano('970') });
    });

    it('stops spending in a freeze, not what grants have accrued', async () => {
        const start = world.now;
        await world.treasury.sendCreateStream(owner(), {
            asset: 0,
            amount: toNano('100'),
            grantee: world.address('grantee'),
            start,
            end: start + 10 * DAY,
        });
        await world.treasury.sendRequestSpend(world.sender('signer3'), {
            category: 0,
            amount: 1n,
            to: world.address('payee'),
        });
        world.advance(DAY);
        await world.treasury.sendFreeze(world.sender('guardian'));
        const frozen = TreasuryExit.ERROR_FROZEN;
        const to = world.address('payee');
        expect(exit(await world.spend(0, 1n))).toBe(frozen);
        const index = await world.signer('signer3');
        const { nonce } = (await world.treasury.getRequest(index))!;
        const approve = () => world.treasury.sendApproveSpend(world.sender('signer1'), { index, nonce });
        expect(exit(await approve())).toBe(frozen);
        expect(exit(await world.treasury.sendOwnerSpend(owner(), { asset: 0, amount: 1n, to }))).toBe(frozen);
        const grant = { asset: 0, amount: 1n, grantee: to, start, end: start + 1 };
        expect(exit(await world.treasury.sendCreateStream(owner(), grant))).toBe(frozen);
        const claim = await world.treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
        expect(exit(claim)).toBe(0);
        world.advance(7 * DAY - 1 - DAY);
        expect(exit(await approve())).toBe(frozen);
        world.advance(DAY);
        expect(exit(await approve())).toBe(TreasuryExit.ERROR_NO_REQUEST);
        expect(exit(await world.treasury.sendOwnerSpend(owner(), { asset: 0, amount: 1n, to }))).toBe(frozen);
        world.advance(1);
        expect(exit(await world.treasury.sendOwnerSpend(owner(), { asset: 0, amount: 1n, to }))).toBe(0);
    });

    it('finds a surplus that nobody told it about, and nothing where there is none', async () => {
        await world.deposit(toNano('7'), { notify: false });
        expect(await world.treasury.getSolvency(1)).toMatchObject({ balance: toNano('1000') });
        const sync = (extra: bigint) => world.treasury.sendSync(world.sender('stranger'), { asset: 1, extra });
        await sync(toNano('8'));
        expect(await world.treasury.getSolvency(1)).toMatchObject({ balance: toNano('1000') });
        expect(exit(await sync(toNano('7')))).toBe(TreasuryExit.ERROR_SYNC_WAIT);
        world.advance(HOUR);
        await sync(toNano('7'));
        expect(await world.treasury.getSolvency(1)).toMatchObject({ balance: toNano('1007') });
        world.advance(HOUR);
        await sync(0n);
        expect(await world.treasury.getSolvency(1)).toMatchObject({ balance: toNano('1007') });
    });

    it('changes its owner in two steps and its code after two days', async () => {
        await world.treasury.sendNominateOwner(owner(), { owner: world.address('payee') });
        await world.treasury.sendAcceptOwner(world.sender('payee'));
        expect(exit(await world.treasury.sendUnfreeze(owner()))).toBe(TreasuryExit.ERROR_NOT_OWNER);
        const { accountState } = await world.blockchain.getContract(world.treasury.address);
        if (accountState?.type !== 'active') throw new Error('no treasury');
        const code = accountState.state.code!;
        const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
        const payee = world.sender('payee');
        await world.treasury.sendAnnounceUpgrade(payee, { codeHash });
        await world.treasury.sendCancelUpgrade(payee);
        await world.treasury.sendAnnounceUpgrade(payee, { codeHash });
        world.advance(2 * DAY - 1);
        const apply = () => world.treasury.sendApplyUpgrade(world.sender('stranger'), { code, value: rich });
        expect(exit(await apply())).toBe(TreasuryExit.ERROR_TOO_EARLY);
        world.advance(1);
        expect(exit(await apply())).toBe(0);
        expect((await world.treasury.getTreasury()).version).toBe(1n);
    });
});
