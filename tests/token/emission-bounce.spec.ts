/** Every message of the emission contracts comes back once: the books are what they were, and nothing is lost or made. */
import { beginCell, Dictionary, toNano } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { EmissionController, EmissionExit, emissionEvents } from '../../wrappers/token';
import { accountIdOf } from '../../wrappers/pool';
import { computeFee, forwardFee, rentOf } from '../support/pool/fees';
import { exitCode, install, outs, refuse, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { underCoverage } from '../support/coverage';
import { account } from '../support/token/emission-gas';
import { EmissionWorld, YEAR } from '../support/token/emission-world';

const C = EmissionController;
const E = EmissionExit;

describe('what comes back', () => {
    let world: EmissionWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await EmissionWorld.create();
        await world.rate('model', 1000n);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const books = async () => ({
        emission: await world.controller.getEmissionData(),
        usage: await world.controller.getUsageData(),
    });

    describe.each(['refuses', 'walletRefuses'] as const)('a mint (the minter %s)', (mode) => {
        it('of an epoch is owed to its recipient; a flush mints it', async () => {
            world.at(world.endOf(0));
            await world.minterMode(mode);
            const { transactions } = await world.emit();
            const [{ amount }] = emissionEvents(transactions, 'EpochEmitted');
            const owed = emissionEvents(transactions, 'MintOwed');
            expect(owed).toHaveLength(3);
            expect(owed.every(({ kept }) => kept)).toBe(true);
            expect(owed.reduce((sum, one) => sum + one.amount, 0n)).toBe(amount);
            expect(await world.controller.getEmissionData()).toMatchObject({ allocated: amount, owedAccounts: 3n });
            expect(await world.minter.getTotal()).toBe(0n);
            // still refused: owed again, nothing twice
            await world.flush(world.of('rewards'));
            expect((await world.controller.getEmissionData()).owedAccounts).toBe(3n);
            await world.minterMode('takes');
            for (const who of ['rewards', 'stakers', 'treasury'] as const) await world.flush(world.of(who));
            expect(await world.minter.getTotal()).toBe(amount);
            expect(await world.minted(world.of('rewards'))).toBe(amount - (amount * 2000n) / 10_000n - amount / 10n);
            expect((await world.controller.getOwed()).size).toBe(0);
        });

        it('of a share and of the payees is owed to them', async () => {
            await world.record([world.usage()]);
            await world.minterMode(mode);
            await world.claim(world.of('bob'));
            await world.flush();
            expect(await world.controller.getOwed()).toEqual(
                new Map([
                    [accountIdOf(world.of('bob')), 8500n],
                    [accountIdOf(world.of('treasury')), 1000n],
                    [accountIdOf(world.of('liquidity')), 500n],
                ]),
            );
            await world.minterMode('takes');
            for (const who of ['bob', 'treasury', 'liquidity'] as const) await world.flush(world.of(who));
            expect(await world.minted(world.of('bob'))).toBe(8500n);
            expect(await world.minter.getTotal()).toBe(10_000n);
        });
    });

    it('a mint comes back once; a second bounce of it does nothing', async () => {
        world.at(world.endOf(0));
        const result = await world.emit();
        const mints = outs(txAt(result, world.address)).filter((out) => out.op === C.opcodes.Mint);
        const first = await world.bounce(mints[0], toNano('0.01'));
        expect(emissionEvents(first.transactions, 'MintOwed')).toHaveLength(1);
        const before = await books();
        const second = await world.bounce(mints[0], toNano('0.01'));
        expect(emissionEvents(second.transactions, 'MintOwed')).toHaveLength(0);
        expect((await books()).emission.owedAccounts).toBe(before.emission.owedAccounts);
        // nor one that was never sent
        const foreign = beginCell().storeUint(C.opcodes.Mint, 32).storeUint(999n, 64).storeUint(0, 200).endCell();
        expect(succeeded(txAt(await world.bounce({ ...mints[0], body: foreign }), world.address))).toBe(true);
        expect((await books()).emission.owedAccounts).toBe(before.emission.owedAccounts);
    });

    it('a usage that its guard cannot look at was never there; its value goes to the recorder', async () => {
        const before = await books();
        const guard = await world.guard(world.of('alice'));
        const mend = await refuse(world.blockchain, guard.address);
        const usage = world.usage();
        const { transactions } = await world.record([usage]);
        const bounced = txsAt({ transactions }, world.address)[1];
        expect(succeeded(bounced)).toBe(true);
        expect(outs(bounced)).toHaveLength(1);
        expect(outs(bounced)[0].to).toEqualAddress(world.of('recorder'));
        expect((await books()).usage).toEqual(before.usage);
        await mend();
        // the same nonce is as good as new
        const again = await world.record([usage]);
        expect(emissionEvents(again.transactions, 'UsageChecked')).toMatchObject([{ accepted: true }]);
    });

    it('a usage that came back pays its own recorder, not the one whose place is before', async () => {
        await world.controller.sendNominateRole(world.via('owner'), { role: 'recorder', holder: world.of('second') });
        await world.send('second', C.acceptRoleBody({ role: 'recorder' }));
        for (const recorder of ['recorder', 'second'] as const) {
            const sent = await world.record([world.usage({}, recorder)], { as: recorder });
            const [check] = outs(txAt(sent, world.address));
            const paid = outs(txAt(await world.bounce(check, toNano('0.05')), world.address));
            expect(paid.map(({ to }) => to.toString())).toEqual([world.of(recorder).toString()]);
        }
    });

    it('a usage of a guard that came back after the breaker was resumed leaves the new window alone', async () => {
        const sent = await world.record([world.usage()]);
        const [check] = outs(txAt(sent, world.address));
        await world.controller.sendSetBreaker(world.via('guardian'), { stop: false });
        await world.bounce(check, toNano('0.05'));
        expect(await world.controller.getUsageData()).toMatchObject({ windowSum: 0n, total: 0n, yearUsed: 0n });
        // of an hour and a year that are over: only the lifetime total
        const late = await world.record([world.usage()]);
        const [old] = outs(txAt(late, world.address));
        world.advance(366 * 86_400);
        await world.record([world.usage({ time: world.now })]);
        await world.bounce(old, toNano('0.05'));
        expect(await world.controller.getUsageData()).toMatchObject({
            windowSum: 10_000n,
            total: 10_000n,
            yearUsed: 10_000n,
        });
    });

    it('an acceptance that the controller could not take frees the budgets; the nonce stays used', async () => {
        const sent = await world.record([world.usage()]);
        const guard = await world.guard(world.of('alice'));
        const [accepted] = outs(txAt(sent, guard.address));
        expect(accepted.op).toBe(C.opcodes.UsageAccepted);
        const { balance: rent } = await world.blockchain.getContract(guard.address);
        // as if it had not been taken: the controller before the acceptance
        const { transactions } = await world.bounce(accepted, toNano('0.2'));
        expect((await world.blockchain.getContract(guard.address)).balance).toBe(rent);
        expect(emissionEvents(transactions, 'UsageVoided')).toMatchObject([{ amount: 10_000n }]);
        expect(await guard.getGuardData()).toMatchObject({ minted: 0n, count: 0n });
        expect(await world.controller.getUsageData()).toMatchObject({ total: 0n, yearUsed: 0n, windowSum: 0n });
        const refused = txsAt({ transactions }, world.address)[0];
        expect(outs(refused)).toHaveLength(0);
        // and if that does not arrive either, the budgets stay used: never more than was allowed
        const [lost] = outs(txAt({ transactions }, guard.address));
        expect(lost.op).toBe(C.opcodes.UsageRefused);
        expect(succeeded(txAt(await world.bounce(lost, toNano('0.1')), guard.address))).toBe(true);
        const [{ slot, term }] = await world.controller.getRecorders();
        expect(await guard.getLastNonce({ slot, term })).toBe(1n);
    });

    it('a guard that cannot tell the controller counts a bounced acceptance off all the same', async () => {
        const sent = await world.record([world.usage()]);
        const guard = await world.guard(world.of('alice'));
        const [accepted] = outs(txAt(sent, guard.address));
        const again = world.checkpoint();
        // The least that pays for its gas leaves nothing for a message.
        for (let value = toNano('0.001'); ; value += toNano('0.0001')) {
            await again();
            const tx = txAt(await world.bounce(accepted, value), guard.address);
            if (tx.description.type !== 'generic' || tx.description.computePhase.type !== 'vm')
                throw new Error('no run');
            if (!tx.description.computePhase.success) continue;
            expect([succeeded(tx), outs(tx)]).toEqual([true, []]);
            break;
        }
        expect(await guard.getGuardData()).toMatchObject({ minted: 0n, count: 0n });
    });

    it('both answers of a guard name query, year, hour, amount and parties', async () => {
        const queryId = 0x0123_4567_89ab_cdefn;
        world.advance(YEAR + 5 * 3600);
        const hour = BigInt(Math.floor(world.now / 3600));
        const guard = await world.guard(world.of('alice'));
        const parties = { consumer: accountIdOf(world.of('alice')), recorder: accountIdOf(world.of('recorder')) };
        const known = { queryId, year: 1n, hour, amount: 10_000n, ...parties };
        const usage = world.usage({ time: world.now });
        const answer = async () => {
            const result = await world.record([usage], { queryId });
            return outs(txAt(result, guard.address)).at(-1)!.body.beginParse();
        };
        const provider = accountIdOf(world.of('bob'));
        expect(built.loadUsageAccepted(await answer())).toEqual({ $$type: 'UsageAccepted', ...known, provider });
        expect(built.loadUsageRefused(await answer())).toEqual({ $$type: 'UsageRefused', ...known });
    });

    it('a guard keeps rent for every recorder who ever had a usage of its consumer', async () => {
        const guard = await world.guard(world.of('alice'));
        const rents: bigint[] = [];
        const keeps = async (as: 'recorder' | 'second') => {
            await world.record([world.usage({}, as)], { as });
            rents.push((await world.blockchain.getContract(guard.address)).balance);
        };
        await keeps('recorder');
        const holder = world.of('second');
        await world.controller.sendNominateRole(world.via('owner'), { role: 'recorder', holder });
        await world.controller.sendAcceptRole(world.via('second'), { role: 'recorder' });
        world.advance(1);
        for (const as of ['second', 'recorder', 'second'] as const) await keeps(as);
        const [one, two, ...later] = rents;
        expect(later).toEqual([two, two]);
        const slot = rentOf(built.GUARD_SLOT_CELLS, built.GUARD_SLOT_BITS, built.RENT_SECONDS);
        expect(Math.abs(Number(two - one - slot))).toBeLessThanOrEqual(1); // both are rounded up
    });

    it('a guard asks for enough to bring its answer home', async () => {
        const sent = await world.record([world.usage()]);
        const [check] = outs(txAt(sent, world.address));
        const guard = await world.guard(world.of('alice'));
        const before = await books();
        const poor = await world.sendAs(world.address, check.body, toNano('0.01'), guard.address);
        expect(exitCode(txAt(poor, guard.address))).toBe(E.ERROR_VALUE_TOO_LOW);
        // its bounce frees the budget of a usage that was never counted twice here: total goes back to zero
        expect((await books()).usage.total).toBe(before.usage.total - 10_000n);

        // The least it takes: its gas and event, and what controller, share and excesses need. Its rent is there.
        const least =
            computeFee(built.GAS_GUARD_CHECK) +
            forwardFee(built.CHECKED_CELLS, built.CHECKED_BITS) +
            computeFee(built.GAS_CONTROLLER_ACCEPT + built.GAS_SHARE_CREDIT) +
            forwardFee(built.CREDIT_CELLS, built.CREDIT_BITS) +
            2n * forwardFee(0n, 0n) +
            rentOf(built.SHARE_CELLS, built.SHARE_BITS, built.RENT_SECONDS);
        for (const [value, code] of [
            [least - 1n, E.ERROR_VALUE_TOO_LOW],
            [least, 0],
        ] as const) {
            const result = await world.sendAs(world.address, check.body, value, guard.address);
            expect(exitCode(txAt(result, guard.address))).toBe(code);
        }
    });

    it('a credit that a share refused is owed, and the provider gets it with the next flush', async () => {
        const share = await world.share(world.of('bob'));
        const mend = await refuse(world.blockchain, share.address);
        const { transactions } = await world.record([world.usage(), world.usage()]);
        const owed = emissionEvents(transactions, 'MintOwed');
        expect(owed.map(({ to, amount }) => [to, amount])).toEqual([
            [accountIdOf(share.address), 8500n],
            [accountIdOf(share.address), 8500n],
        ]);
        expect(await world.controller.getOwedTo(world.of('bob'))).toBe(17_000n);
        await mend();
        await world.record([world.usage()]);
        await world.flush(world.of('bob'));
        await world.claim(world.of('bob'));
        expect(await world.minted(world.of('bob'))).toBe(3n * 8500n);
        expect((await world.controller.getOwed()).size).toBe(0);
    });

    it('a claim that the controller refused is due again; the value is the provider’s', async () => {
        await world.record([world.usage()]);
        const share = await world.share(world.of('bob'));
        const mend = await refuse(world.blockchain, world.address);
        const { transactions } = await share.sendClaimShare(world.via('stranger'), { value: toNano('1') });
        await mend();
        const bounced = txsAt({ transactions }, share.address)[1];
        expect(outs(bounced)[0].to).toEqualAddress(world.of('bob'));
        expect(outs(bounced)[0].value).toBeGreaterThan(toNano('0.95'));
        expect(await share.getShareData()).toMatchObject({ due: 8500n, claimed: 0n });
    });

    describe('many accounts that wait', () => {
        /** Puts entries into the map of what is owed. */
        async function owe(entries: number): Promise<void> {
            const { accountState, balance } = await world.blockchain.getContract(world.address);
            if (accountState?.type !== 'active') throw new Error('no controller');
            // Storage: everything before owedCount, owedCount, usage; then schedule, desk, mints, owed in a cell.
            const root = accountState.state.data!.beginParse();
            const head = root.loadBits(root.remainingBits - 16);
            const usage = root.loadRef();
            const tail = root.loadRef().beginParse();
            const [schedule, desk] = [tail.loadRef(), tail.loadRef()];
            const mints = tail.loadMaybeRef();
            const owed = Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.BigUint(96));
            for (let i = 0; i < entries; i++) owed.set(accountIdOf(account(i)), 5n);
            const rest = beginCell().storeRef(schedule).storeRef(desk).storeMaybeRef(mints).storeDict(owed).endCell();
            const cell = beginCell().storeBits(head).storeUint(entries, 16).storeRef(usage).storeRef(rest).endCell();
            await install(world.blockchain, world.address, accountState.state.code!, cell, balance);
        }

        it('stop new mints and usages at 128, not flushes that make room', async () => {
            await world.record([world.usage()]);
            world.at(world.endOf(0));
            await owe(128);
            await world.refused(E.ERROR_MINTS_FULL, 'recorder', C.recordUsageBody({ usages: [world.usage()] }));
            await world.refused(E.ERROR_MINTS_FULL, 'stranger', C.emitBody());
            await world.refused(E.ERROR_MINTS_FULL, 'stranger', C.flushBody());
            await world.flush(account(3));
            expect(await world.minted(account(3))).toBe(5n);
            await world.flush();
            expect(await world.minted(world.of('treasury'))).toBe(1000n);
            await world.emit();
            expect((await world.controller.getEmissionData()).nextEpoch).toBe(1n);
        });

        it('are 512 at most: a credit without room frees the budget', async () => {
            const sent = await world.record([world.usage(), world.usage({ provider: world.of('carol') })]);
            const credits = txsAt(sent, world.address)
                .flatMap(outs)
                .filter((out) => out.op === C.opcodes.Credit);
            await owe(511);
            const first = await world.bounce(credits[0], toNano('0.05'));
            expect(emissionEvents(first.transactions, 'MintOwed')).toMatchObject([{ kept: true, amount: 8500n }]);
            const second = await world.bounce(credits[1], toNano('0.05'));
            expect(emissionEvents(second.transactions, 'MintOwed')).toMatchObject([{ kept: false, amount: 8500n }]);
            expect(await world.controller.getUsageData()).toMatchObject({ total: 20_000n - 8500n, yearUsed: 20_000n });
            // one that has an entry needs no room
            const again = await world.bounce(credits[0], toNano('0.05'));
            expect(emissionEvents(again.transactions, 'MintOwed')).toMatchObject([{ kept: true }]);
            expect((await world.controller.getEmissionData()).owedAccounts).toBe(512n);
        });
    });

    it('excesses of mints go to who paid, not to the controller', async () => {
        await world.record([world.usage()]);
        const before = await world.people.stranger.getBalance();
        await world.claim(world.of('bob'));
        const { transactions } = await world.flush();
        const home = txsAt({ transactions }, world.of('stranger'));
        expect(home.length).toBeGreaterThanOrEqual(3);
        expect(before - (await world.people.stranger.getBalance())).toBeLessThan(
            toNano(underCoverage ? '0.2' : '0.07'),
        );
    });
});
