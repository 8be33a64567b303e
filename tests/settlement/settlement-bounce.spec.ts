/** Every message between the contracts comes back once: the books are what they were, and nothing is lost or made. */
import { Address, beginCell, Cell, Message, toNano, Transaction } from '@ton/core';
import { internal } from '@ton/sandbox';
import '@ton/test-utils';

import * as built from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { accountIdOf } from '../../wrappers/pool';
import { PaymentSettlement, SettlementAccount, settlementEvents, SettlementExit } from '../../wrappers/settlement';
import { dayOf, depositPayload, SETTLE_RESULTS } from '../../wrappers/settlement';
import {
    deliverOne,
    excessQueries,
    exitCode,
    expectNoLoss,
    jettonNotification,
    outs,
    refuse,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { rentOf } from '../support/pool/fees';
import { payouts } from '../support/settlement/till';
import { DAY, HOUR, SettlementWorld, UNIT, WINDOW } from '../support/settlement/world';

const E = SettlementExit;

describe('at the registry', () => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;
    beforeAll(async () => {
        world = await SettlementWorld.create();
        await world.add({ usage: world.usage({ amount: 3n }) });
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const amounts = async () => {
        const today = dayOf(world.now);
        return [
            (await world.registry.getTotals(0, today)).amount,
            (await world.registry.getTotals(0, today - 1)).amount,
        ];
    };

    it('a record whose ledger is missing or refuses was never there; the value goes to the recorder', async () => {
        const before = await amounts();
        const missing = world.usage({ consumer: world.of('carol') });
        const result = await world.add({ usage: missing }, { deploy: false });
        const [, back] = txsAt(result, world.registry.address);
        expect(outs(back)[0].to).toEqualAddress(world.of('recorder'));
        expect(await amounts()).toEqual(before);
        const mend = await refuse(world.blockchain, (await world.ledger(world.of('alice'))).address);
        await world.add({ usage: world.usage({ nonce: 2n }) });
        await mend();
        expect(await amounts()).toEqual(before);
        await world.add({ usage: world.usage({ nonce: 2n, amount: 4n }) });
        expect((await amounts())[0]).toBe(7n);
    });

    it('one that comes back after midnight, or days later, is taken out of its day and all later ones', async () => {
        const sent = await world.add({ usage: world.usage({ amount: 50n }) });
        const [take] = outs(txAt(sent, world.registry.address));
        for (const amount of [5n, 7n, 11n]) {
            world.advance(2 * DAY);
            await world.add({ usage: world.usage({ amount, time: world.now }) });
        }
        const today = dayOf(world.now);
        const range = async (from: number, to: number) =>
            (await world.registry.getTotals(today + from, today + to)).amount;
        expect([await range(-6, -6), await range(-6, 0), await range(-5, -1)]).toEqual([53n, 76n, 12n]);
        await world.bounce(take);
        expect([await range(-6, -6), await range(-6, 0), await range(-5, -1), await range(-9, -1)]).toEqual([
            3n,
            26n,
            12n,
            15n,
        ]);
    });

    it('weeks without records in between are no obstacle', async () => {
        const sent = await world.add({ usage: world.usage({ amount: 50n }) });
        const [take] = outs(txAt(sent, world.registry.address));
        for (const amount of [5n, 7n]) {
            world.advance(10 * DAY);
            await world.add({ usage: world.usage({ amount, time: world.now }) });
        }
        const today = dayOf(world.now);
        const totals = () =>
            Promise.all(
                [
                    [-20, -20],
                    [-20, -15],
                    [-20, -10],
                    [-19, -1],
                    [-20, 0],
                ].map(async ([from, to]) => {
                    const { amount, records } = await world.registry.getTotals(today + from, today + to);
                    return [amount, records];
                }),
            );
        const sums = (first: bigint, n: bigint) => [
            [first, n],
            [first, n],
            [first + 5n, n + 1n],
            [5n, 1n],
            [first + 12n, n + 2n],
        ];
        expect(await totals()).toEqual(sums(53n, 2n));
        await world.bounce(take);
        expect(await totals()).toEqual(sums(3n, 1n));
    });

    it('a recorder who lost his role meanwhile gets nothing, and nothing breaks', async () => {
        const sent = await world.add({ usage: world.usage({ amount: 50n }) });
        const [take] = outs(txAt(sent, world.registry.address));
        await world.registry.sendRevokeRole(world.via('owner'), { role: 'recorder', holder: world.of('recorder') });
        const back = await world.bounce(take, toNano('0.05'));
        expect(outs(txAt(back, world.registry.address))).toHaveLength(0);
        expect((await amounts())[0]).toBe(3n);
    });
});

describe.each([
    ['TON', false],
    ['a jetton', true],
] as const)('in %s', (_name, jetton) => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await SettlementWorld.create({ jetton });
        await world.deposit('alice', 1000n * UNIT);
        await world.deposit('bob', 10n * UNIT).catch(() => undefined);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());
    afterEach(() => world.expectBalanced());

    it('a record whose ledger is missing cannot be settled; the value goes to the settler', async () => {
        const result = await world.settle([{ usage: world.usage({ consumer: world.of('dave') }), id: 5n }]);
        const [, back] = txsAt(result, world.settlement.address);
        expect(outs(back)[0].to).toEqualAddress(world.of('settler'));
    });

    it('a record whose charge is on its way is being settled: a second settler is told so', async () => {
        await world.deposit('alice', 10n * UNIT);
        const record = await world.recorded();
        const ledger = await world.ledger(world.of('alice'));
        const { hash } = await ledger.getRecord(record.id);
        const { address: to } = world.settlement;
        const body = PaymentSettlement.settleUsagesBody({ records: [record] });
        const settle = internal({ from: world.of('settler'), to, value: toNano('2'), body, bounce: true });
        const step = async (message: Message) => (await deliverOne(world.blockchain, message))!;
        const next = (tx: Transaction) => [...tx.outMessages.values()].find(({ info }) => info.type === 'internal')!;
        const first = await step(next(await step(settle)));
        expect(await ledger.getRecord(record.id)).toEqual({ status: 'being settled', hash });
        const second = await step(next(await step(settle)));
        const [told] = settlementEvents([second], 'SettleResult');
        expect(SETTLE_RESULTS[Number(told.result)]).toBe('being settled');
        await world.blockchain.sendMessage(next(first));
        expect((await ledger.getRecord(record.id)).status).toBe('unknown, settled or lapsed');
    });

    it('a charge that the account cannot look at leaves the record open', async () => {
        const record = await world.recorded();
        const mend = await refuse(world.blockchain, (await world.account('alice')).address);
        expect([...world.results(await world.settle([record])).values()]).toEqual([4]);
        await mend();
        expect([...world.results(await world.settle([record])).values()]).toEqual([0]);
    });

    it('a deposit that the account does not take waits for it', async () => {
        const mend = await refuse(world.blockchain, (await world.account('alice')).address);
        await world.deposit('carol', 5n * UNIT, { user: world.of('alice') });
        await world.deposit('carol', 2n * UNIT, { user: world.of('alice') });
        await mend();
        expect(await world.settlement.getKept(world.of('alice'), true)).toBe(7n * UNIT);
        expect((await world.settlement.getSettlementData()).held).toBe(7n * UNIT);
        // the same for an account that is said to be there and is not
        await world.deposit('carol', 3n * UNIT, { user: world.of('dave'), deploy: false });
        for (const who of ['alice', 'dave'] as const) {
            await world.settlement.sendRelease(world.via('stranger'), {
                to: world.of(who),
                account: true,
            });
        }
        expect((await world.accountData('alice')).deposit).toBe(1007n * UNIT);
        expect((await world.accountData('dave')).deposit).toBe(3n * UNIT);
        await world.refused(
            E.ERROR_NOTHING_KEPT,
            'stranger',
            world.settlement.address,
            PaymentSettlement.releaseBody({ to: world.of('alice'), account: true }),
            toNano('2'),
        );
    });

    it('a payout that the settlement cannot make is the user’s again', async () => {
        const alice = await world.account('alice');
        await alice.sendRequestWithdraw(world.via('alice'), { amount: 400n * UNIT });
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        const mend = await refuse(world.blockchain, world.settlement.address);
        await alice.sendCompleteWithdraw(world.via('alice'), { value: toNano('1') });
        const bob = await world.account('bob');
        await bob.sendWithdrawEarnings(world.via('bob'), { value: toNano('1') });
        await mend();
        expect((await world.accountData('alice')).deposit).toBe(900n * UNIT);
        expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
    });

    it('fees that the settlement does not take go with the next ones; a credit waits for Resend', async () => {
        const alice = await world.account('alice');
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(WINDOW);
        const mendSettlement = await refuse(world.blockchain, world.settlement.address);
        const mendBob = await refuse(world.blockchain, (await world.account('bob')).address);
        await world.confirm('alice');
        await mendSettlement();
        await mendBob();
        expect(await world.accountData('alice')).toMatchObject({ stuckFees: 20n * UNIT, stuck: 80n * UNIT, held: 0n });
        await world.expectBalanced();
        const queryId = 9n;
        const sent = await alice.sendResend(world.via('stranger'), { provider: world.of('bob'), queryId });
        expect(excessQueries(sent, world.of('stranger'))).toContain(queryId);
        expectNoLoss(txAt(sent, alice.address));
        expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
        await world.settle([await world.recorded({ amount: 10n * UNIT, time: world.now })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        expect(await world.accountData('alice')).toMatchObject({ stuckFees: 0n, stuck: 0n });
        const { networkDue, treasuryDue, burnDue } = await world.settlement.getSettlementData();
        expect(networkDue + treasuryDue + burnDue).toBe(22n * UNIT);
    });

    it('a dispute that the consumer’s account refuses gives the deposit back; so does a consumer without account', async () => {
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        const bob = await world.account('bob');
        for (const consumer of ['alice', 'dave'] as const) {
            const args = { consumer: world.of(consumer), id: 5, deposit: UNIT };
            await bob.sendDisputeEarning(world.via('bob'), { ...args, value: toNano('1') });
            expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
        }
        const record = await world.recorded({ amount: 300n * UNIT, time: world.now });
        await world.settle([record]);
        for (const deposit of [3n * UNIT - 1n, 3n * UNIT + 1n]) {
            await bob.sendDisputeEarning(world.via('bob'), { consumer: world.of('alice'), id: record.id, deposit });
            expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
        }
        // a withdrawal from a consumer who has no account
        await bob.sendWithdrawEarnings(world.via('bob'), { consumer: world.of('dave'), value: toNano('2') });
        expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
        const body = PaymentSettlement.resolveDisputeBody({ consumer: world.of('dave'), id: 1, confirm: true });
        const resolved = await world.send('resolver', world.settlement.address, body, toNano('2'));
        expect(outs(txsAt(resolved, world.settlement.address)[1])[0].to).toEqualAddress(world.of('resolver'));
    });
});

describe('jettons', () => {
    let world: SettlementWorld;
    let restore: () => Promise<void>;
    beforeAll(async () => {
        world = await SettlementWorld.create({ jetton: true });
        await world.deposit('alice', 1000n * UNIT);
        await world.settle([await world.recorded({ amount: 100n * UNIT })]);
        world.advance(WINDOW);
        await world.confirm('alice');
        restore = world.checkpoint();
    });
    beforeEach(() => restore());
    afterEach(() => world.expectBalanced());

    /** Enough to be looked at, too little for a way back. */
    const FEW = toNano('0.02');
    const transfer = (amount: bigint, forward: bigint, payload: Cell | null = null) =>
        world.walletOf(world.of('carol')).sendTransfer(world.via('carol'), {
            destination: world.settlement.address,
            amount,
            response: world.of('carol'),
            forwardTonAmount: forward,
            forwardPayload: payload,
            value: forward + toNano('0.2'),
        });

    it('that cannot be booked go back, or wait for their sender', async () => {
        const all = await world.jettons(world.of('carol'));
        const junk = beginCell().storeUint(1, 32).endCell();
        for (const payload of [null, junk, depositPayload({ user: world.of('carol'), deploy: true })]) {
            await transfer(UNIT / 2n, toNano('1'), payload);
            expect(await world.jettons(world.of('carol'))).toBe(all);
        }
        // what the wrapper says is enough for the way back, whether or not an account is made
        for (const deploy of [false, true]) {
            const cost = await world.settlement.getJettonDepositCost(deploy);
            await transfer(UNIT - 1n, cost, depositPayload({ user: world.of('alice'), deploy }));
            expect(await world.jettons(world.of('carol'))).toBe(all);
        }
        // too little TON for a way back
        await transfer(5n * UNIT, FEW);
        await transfer(2n * UNIT, FEW, depositPayload({ user: world.of('carol'), deploy: true }));
        expect(await world.settlement.getKept(world.of('carol'))).toBe(7n * UNIT);
        // Each of the five that went back is remembered; what waits is owed.
        expect(await world.settlement.getSettlementData()).toMatchObject({ payouts: 5n, solvency: 0n });
        await world.expectBalanced();
        await world.settlement.sendRelease(world.via('stranger'), { to: world.of('carol') });
        expect(await world.jettons(world.of('carol'))).toBe(all);
        // less than a deposit from somebody new: surplus, which the owner assigns with notice
        await transfer(UNIT - 1n, FEW);
        expect((await world.settlement.getSettlementData()).surplus).toBe(UNIT - 1n);
    });

    it('a payload that should be in a reference, and is not, is none: the jettons go back', async () => {
        const { settlement } = world;
        const all = await world.jettons(world.of('carol'));
        const { assets } = await settlement.getSettlementData();
        // Our own wallets refuse such a transfer; those of another jetton may pass it on.
        await transfer(5n * UNIT, 0n);
        const note = beginCell()
            .storeUint(0x7362d09c, 32)
            .storeUint(7, 64)
            .storeCoins(5n * UNIT)
            .storeAddress(world.of('carol'))
            .storeBit(1)
            .endCell();
        expect(await world.jettons(world.of('carol'))).toBe(all - 5n * UNIT);
        const result = await world.sendAs(world.walletOf(settlement.address).address, settlement.address, note);
        expect(succeeded(txAt(result, settlement.address))).toBe(true);
        expect(settlementEvents(result.transactions, 'Paid')).toMatchObject([{ kind: 6n, amount: 5n * UNIT }]);
        expect(await world.jettons(world.of('carol'))).toBe(all);
        expect(await settlement.getSettlementData()).toMatchObject({ assets, kept: 0n, surplus: 0n });
    });

    it('a transfer that the wallet refuses is booked to whom it was for', async () => {
        const wallet = world.walletOf(world.settlement.address).address;
        const alice = await world.account('alice');
        const bob = await world.account('bob');
        await alice.sendRequestWithdraw(world.via('alice'), { amount: 50n * UNIT });
        await transfer(5n * UNIT, FEW);
        world.advance(DAY);
        const before = await world.settlement.getSettlementData();
        const mend = await refuse(world.blockchain, wallet);
        await alice.sendCompleteWithdraw(world.via('alice'));
        await bob.sendWithdrawEarnings(world.via('bob'));
        const fees = await world.settlement.sendPayFees(world.via('stranger'));
        const returned = settlementEvents(fees.transactions, 'PaymentReturned');
        const { networkDue: network, treasuryDue: treasury, burnDue: burn } = before;
        expect(returned.map(({ kind, amount, to }) => [kind, amount, to])).toEqual([
            [built.PAY_NETWORK, (network * 14n) / 15n, 0n],
            [built.PAY_NETWORK, network / 15n, 0n],
            [built.PAY_TREASURY, treasury, 0n],
            [built.PAY_BURN, burn, 0n],
        ]);
        await world.settlement.sendRelease(world.via('stranger'), { to: world.of('carol') });
        await mend();
        const { owed, assets, networkDue, treasuryDue, burnDue, kept } = await world.settlement.getSettlementData();
        expect({ owed, assets, networkDue, treasuryDue, burnDue, kept }).toEqual({
            owed: before.owed,
            assets: before.assets,
            networkDue: before.networkDue,
            treasuryDue: before.treasuryDue,
            burnDue: before.burnDue,
            kept: before.kept,
        });
        expect((await world.accountData('alice')).deposit).toBe(900n * UNIT);
        expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
    });

    it('a bounce counts once, and only from the own wallet', async () => {
        const bob = await world.account('bob');
        const result = await bob.sendWithdrawEarnings(world.via('bob'));
        const wallet = world.walletOf(world.settlement.address).address;
        const [out] = outs(txAt(result, world.settlement.address)).filter((o) => o.to.equals(wallet));
        const before = await world.settlement.getSettlementData();
        await world.bounce({ ...out, to: world.of('stranger') }, toNano('0.1'));
        await world.bounce({
            ...out,
            body: beginCell().storeUint(0x0f8a7ea5, 32).storeUint(99, 64).storeCoins(5).endCell(),
        });
        expect((await world.settlement.getSettlementData()).assets).toBe(before.assets);
        await world.bounce(out, toNano('0.2'));
        await world.bounce(out, toNano('0.2'));
        expect((await world.settlement.getSettlementData()).assets).toBe(before.assets + 80n * UNIT);
        expect((await world.accountData('bob')).earned).toBe(80n * UNIT);
        // nobody could really have both: put the forged bounce's effect back
        await restore();
    });

    it('a transfer that comes back after 1,024 others is no longer known, and nothing is booked', async () => {
        const bob = await world.account('bob');
        const wallet = world.walletOf(world.settlement.address).address;
        const result = await bob.sendWithdrawEarnings(world.via('bob'));
        const [out] = outs(txAt(result, world.settlement.address)).filter((o) => o.to.equals(wallet));
        // Nobody has its place before the hour is over.
        world.advance(HOUR);
        await payouts(world, Number(built.MAX_PAYOUTS), 1n);
        const before = await world.settlement.getSettlementData();
        const late = await world.bounce(out, toNano('0.2'));
        expect(succeeded(txAt(late, world.settlement.address))).toBe(true);
        expect(settlementEvents(late.transactions)).toHaveLength(0);
        expect(outs(txAt(late, world.settlement.address))).toHaveLength(0);
        const { owed, assets, kept, surplus } = await world.settlement.getSettlementData();
        expect({ owed, assets, kept, surplus }).toEqual({
            owed: before.owed,
            assets: before.assets,
            kept: before.kept,
            surplus: before.surplus,
        });
        expect((await world.accountData('bob')).earned).toBe(0n);
    });

    it('surplus is proven by a transfer to oneself, once an hour, and given to a user with notice', async () => {
        const { settlement } = world;
        await world.minter!.sendMint(world.via('owner'), { receiver: settlement.address, amount: 9n * UNIT });
        const prove = (amount: bigint) => settlement.sendProveSurplus(world.via('stranger'), { amount });
        await prove(10n * UNIT);
        expect(await settlement.getSettlementData()).toMatchObject({ surplus: 0n });
        expect(exitCode(txAt(await prove(0n), settlement.address))).toBe(E.ERROR_NOTHING_DUE);
        const soon = await prove(9n * UNIT);
        expect(exitCode(txAt(soon, settlement.address))).toBe(E.ERROR_PROOF_TOO_SOON);
        world.advance(HOUR);
        await prove(9n * UNIT);
        expect(await settlement.getSettlementData()).toMatchObject({ surplus: 9n * UNIT, solvency: 0n });
        const owner = world.via('owner');
        const assign = (amount: bigint) => settlement.sendAssignSurplus(owner, { amount, user: world.of('bob') });
        expect(exitCode(txAt(await assign(10n * UNIT), settlement.address))).toBe(E.ERROR_FUNDS);
        expect(excessQueries(await assign(4n * UNIT), world.of('owner'))).toHaveLength(1);
        expect(exitCode(txAt(await assign(1n), settlement.address))).toBe(E.ERROR_CHANGE_PENDING);
        await assign(0n);
        const nothing = { assignAt: 0n, assignAmount: 0n, assignUser: 0n };
        expect(await settlement.getSettlementData()).toMatchObject(nothing);
        expect(exitCode(txAt(await assign(0n), settlement.address))).toBe(E.ERROR_NO_CHANGE);
        const nobody = PaymentSettlement.assignSurplusBody({ amount: 1, user: null });
        await world.refused(E.ERROR_BAD_ADDRESS, 'owner', settlement.address, nobody);
        await assign(9n * UNIT);
        world.advance(2 * DAY - 1);
        const early = await settlement.sendApplySurplus(world.via('stranger'));
        expect(exitCode(txAt(early, settlement.address))).toBe(E.ERROR_TOO_EARLY);
        world.advance(1);
        await settlement.sendApplySurplus(world.via('stranger'));
        expect((await world.accountData('bob')).deposit).toBe(9n * UNIT);
        expect(await settlement.getSettlementData()).toMatchObject({ surplus: 0n, assignAt: 0n });
    });

    it('says which wallet is its own', async () => {
        const settlement = await world.another(world.minter!.address);
        await settlement.sendDeploy(world.via('owner'), toNano('10'));
        const { transactions } = await settlement.sendDiscover(world.via('stranger'));
        const who = accountIdOf(world.walletOf(settlement.address).address);
        expect(settlementEvents(transactions)).toMatchObject([
            { event: 'SettlementAdmin', kind: built.ADMIN_WALLET, who, value: 0n, at: 0n },
        ]);
    });

    it('before the wallet is known nobody is it, nor is an account outside the basechain, whose id is 0, too', async () => {
        const settlement = await world.another(world.of('stranger'));
        await settlement.sendDeploy(world.via('owner'), toNano('10'));
        const body = jettonNotification({
            amount: 5n * UNIT,
            from: world.of('carol'),
            payload: depositPayload({ user: world.of('carol'), deploy: true }),
        });
        await world.sendAs(new Address(-1, Buffer.alloc(32, 7)), settlement.address, body, toNano('2'));
        expect(await settlement.getSettlementData()).toMatchObject({ wallet: 0n, assets: 0n, owed: 0n });
    });

    it('five years of rent are those of the contract with its list of payouts', async () => {
        const cells = built.SETTLEMENT_CELLS + built.PAYOUT_CELLS;
        const bits = built.SETTLEMENT_BITS + built.PAYOUT_BITS;
        expect(await world.settlement.getRent()).toBe(rentOf(cells, bits, built.RENT_SECONDS));
    });

    it('jettons that nobody has sent are surplus at once', async () => {
        await world.minter!.sendMint(world.via('owner'), {
            receiver: world.settlement.address,
            amount: 9n * UNIT,
            forwardTonAmount: toNano('1'),
            value: toNano('3'),
        });
        expect(await world.settlement.getSettlementData()).toMatchObject({ surplus: 9n * UNIT, kept: 0n });
    });

    it('a notification of a foreign wallet is answered from its own value, or ignored', async () => {
        const note = jettonNotification({ queryId: 1n, amount: 5n, from: world.of('carol') });
        const before = await world.settlement.getSettlementData();
        const rich = await world.send('dave', world.settlement.address, note, toNano('1'));
        expect(outs(txAt(rich, world.settlement.address))).toMatchObject([{ op: 0x0f8a7ea5 }]);
        const poor = await world.send('dave', world.settlement.address, note, toNano('0.02'));
        expect(outs(txAt(poor, world.settlement.address))).toHaveLength(0);
        expect((await world.settlement.getSettlementData()).assets).toBe(before.assets);
        expect(SettlementAccount.opcodes.PayOut).toBe(0x73030041);
        expect(settlementEvents(rich.transactions)).toHaveLength(0);
    });
});

it('TON above the books is surplus, once', async () => {
    const world = await SettlementWorld.create();
    await world.deposit('alice', 100n * UNIT);
    const { settlement } = world;
    // With the message's value left out to the nano, what is above the books is the same before and after.
    const queryId = 3n;
    const prove = () => settlement.sendProveSurplus(world.via('stranger'), { amount: 0, queryId });
    const { balance } = await world.blockchain.getContract(settlement.address);
    const free = balance - 100n * UNIT - (await settlement.getRent());
    const proven = await prove();
    const { surplus } = await settlement.getSettlementData();
    expect(surplus).toBe(free);
    expect(settlementEvents(proven.transactions)).toMatchObject([
        { event: 'SettlementAdmin', kind: built.ADMIN_SURPLUS, who: 0n, value: surplus },
    ]);
    expect(excessQueries(proven, world.of('stranger'))).toEqual([queryId]);
    expect(exitCode(txAt(await prove(), settlement.address))).toBe(E.ERROR_NOTHING_DUE);
    expect((await settlement.getSettlementData()).surplus).toBe(surplus);
    await world.expectBalanced();
});
