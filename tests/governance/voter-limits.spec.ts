/** A VoterAccount at its limits: the last unit, the last nanoton, the highest query, and a rent that has run down. */
import { beginCell, Cell, toNano, TupleItem } from '@ton/core';
import { internal } from '@ton/sandbox';

import * as built from '../../build/VoterAccount/VoterAccount_VoterAccount';
import { GovernanceExit, VoterAccount } from '../../wrappers/governance';
import { GovernanceWorld, YEAR } from '../support/governance/world';
import { computeFee, forwardFee } from '../support/pool/fees';
import {
    deliverOne,
    exitCode,
    expectRefused,
    jettonNotification,
    kept,
    plain,
    refuse,
    setBalance,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';

const PROOF = built.PROOF_OF_TOKENS;

describe('VoterAccount: limits', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.create();
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(5_000_000));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const account = (who: 'alice' | 'bob' | 'dave') => world.account(who);
    const voter = async (who: 'alice' | 'bob') => (await account(who)).getVoter();
    const ask = async (who: 'bob' | 'governor', method: string, ...args: bigint[]) => {
        const { address } = who === 'bob' ? await account(who) : world.governor;
        const stack = args.map((value): TupleItem => ({ type: 'int', value }));
        return (await world.blockchain.runGetMethod(address, method, stack)).stackReader;
    };

    it.each([
        ['as much as its rent', undefined, 0],
        ['less, after three years', undefined, 3 * YEAR],
        ['nearly nothing', toNano('0.001'), 0],
        ['nothing, and a debt', 1n, YEAR],
    ] as const)('what an unlock costs is enough for an account that has %s', async (_name, balance, seconds) => {
        const bob = await account('bob');
        if (balance !== undefined) await setBalance(world.blockchain, bob.address, balance);
        world.advance(seconds);
        const value = await bob.getCost(VoterAccount.opcodes.Unlock);
        await expectRefused(world.blockchain, bob.address, GovernanceExit.ERROR_VALUE_TOO_LOW, () =>
            world.unlock('bob', world.unit(7), value - 1n),
        );
        const result = await world.unlock('bob', world.unit(7), value);
        expect([world.failures(result), world.codes(result)]).toEqual([[], []]);
        expect((await voter('bob')).own).toBe(world.unit(4_999_993));
        expect(await world.staking.walletOf(bob.address).getBalance()).toBe(world.unit(4_999_993));
        // Of a rent that is not whole nothing goes along.
        if (balance !== undefined) expect(kept(txAt(result, bob.address))).toBeGreaterThanOrEqual(0n);
    });

    it('what lies above the rent goes along with an unlock', async () => {
        const bob = await account('bob');
        await world.send('stranger', bob.address, VoterAccount.topUpBody(), toNano('3'));
        const forward = await bob.getLockForward();
        const result = await world.unlock('bob', 7n, toNano('1'));
        expect(world.failures(result)).toEqual([]);
        // The rent is what a lock forwards beside its own gas and events.
        const rent = forward - computeFee(built.GAS_VOTER_BOOK) - 2n * forwardFee(0n, built.GOVERNANCE_EVENT_BITS);
        expect((await world.blockchain.getContract(bob.address)).balance).toBe(rent);
    });

    it('the query of an unlock goes along, but for that of proofs', async () => {
        const bob = await account('bob');
        const wallet = world.staking.walletOf(bob.address).address;
        for (const [queryId, sent] of [
            [0n, 0n],
            [77n, 77n],
            [PROOF - 1n, PROOF - 1n],
            [PROOF, 0n],
        ]) {
            const back = await refuse(world.blockchain, wallet);
            const result = await bob.sendUnlock(world.sender('bob'), { amount: 5n, queryId });
            await back();
            expect(txAt(result, wallet).inMessage!.body.beginParse().skip(32).loadUintBig(64)).toBe(sent);
            // Taken for a proof, the tokens would not have come back.
            expect((await voter('bob')).own).toBe(world.unit(5_000_000));
        }
        expect(PROOF).toBe((1n << 64n) - 1n);
    });

    describe('events of what it books cost', () => {
        const enough = computeFee(built.GAS_VOTER_BOOK) + 2n * forwardFee(0n, built.GOVERNANCE_EVENT_BITS);
        const at = async (body: ReturnType<typeof jettonNotification>, value: bigint, bounced: boolean) => {
            const { address } = await account('bob');
            const from = world.staking.walletOf(address).address;
            return world.blockchain.sendMessage(internal({ from, to: address, value, body, bounce: false, bounced }));
        };

        it.each([
            ['a lock', false],
            ['a transfer that comes back', true],
        ])('%s is said from that nanoton on', async (_name, bounced) => {
            const body = bounced
                ? beginCell()
                      .storeUint(0xffffffff, 32)
                      .storeUint(VoterAccount.opcodes.JettonTransfer, 32)
                      .storeUint(1, 64)
                      .storeCoins(7n)
                      .endCell()
                : jettonNotification({ amount: 7n, from: world.address('bob') });
            const silent = await at(body, enough - 1n, bounced);
            expect([world.codes(silent), world.events(silent)]).toEqual([[], []]);
            const said = await at(body, enough, bounced);
            const own = world.unit(5_000_000) + 14n;
            expect(world.events(said)).toMatchObject([{ event: 'TokensLocked', amount: 7n, own }]);
            expect((await voter('bob')).own).toBe(own);
        });
    });

    it('a refused top-up leaves a single unit cast', async () => {
        const dave = await world.deploy('dave');
        await world.lock('dave', 1n, { from: 'bob' });
        const { id, proposal } = await world.propose('alice');
        await world.toStart(proposal);
        await world.vote('dave', id, 'for');
        await world.lock('dave', 5n, { from: 'bob' });
        const back = await refuse(world.blockchain, proposal.address);
        await world.vote('dave', id, 'for');
        await back();
        expect(await dave.getBallot(id)).toMatchObject({ choice: 'for', cast: 1n });
        expect(await dave.getVoter()).toMatchObject({
            ballotCount: 1,
            lockedUntil: await world.governor.getLatestEnd(id),
        });
        expect(world.failures(await world.vote('dave', id, 'for'))).toEqual([]);
        expect((await proposal.getProposal()).votesFor).toBe(6n);
    });

    it('a ballot that is not there has zeros only', async () => {
        const stack = await ask('bob', 'get_ballot', 9n);
        expect([stack.readBigNumber(), stack.readBigNumber(), stack.readBigNumber()]).toEqual([0n, 0n, 0n]);
    });

    it('while a proposal is on its way, there is no second one and no unlock', async () => {
        const alice = await account('alice');
        const actions = [world.nothing()];
        const body = VoterAccount.proposeBody({ kind: 'technical', actions, description: 1n });
        const send = (body: Cell) =>
            deliverOne(
                world.blockchain,
                internal({ from: world.address('alice'), to: alice.address, value: toNano('5'), body, bounce: true }),
            );
        expect(exitCode((await send(body))!)).toBe(0);
        const locked = await alice.getVoter();
        const until = world.now + Number(built.VOTER_LOCK_MAX);
        expect(locked).toMatchObject({ proposalUntil: until, lockedUntil: until });
        expect(exitCode((await send(body))!)).toBe(GovernanceExit.ERROR_OPEN_PROPOSAL);
        const unlock = await send(VoterAccount.unlockBody({ amount: 1n }));
        expect(exitCode(unlock!)).toBe(GovernanceExit.ERROR_TOKENS_LOCKED);
        expect(plain(await alice.getVoter())).toEqual(plain(locked));
    });

    it('asks for what a proposal of one empty action costs, and the Governor for the rest', async () => {
        const alice = await account('alice');
        const least = (await ask('governor', 'get_propose_cost', 1n, 1n, 0n)).readBigNumber();
        const body = VoterAccount.proposeBody({ kind: 'technical', actions: [world.nothing()], description: 1n });
        await expectRefused(world.blockchain, alice.address, GovernanceExit.ERROR_VALUE_TOO_LOW, () =>
            world.send('alice', alice.address, body, least - 1n),
        );
        const result = await world.send('alice', alice.address, body, least);
        expect(succeeded(txsAt(result, alice.address)[0])).toBe(true);
        for (const n of [1n, 2n, 40n]) {
            expect(await alice.getCost(VoterAccount.opcodes.Propose, Number(n))).toBe(
                (await ask('governor', 'get_propose_cost', 1n, n, n * 1023n)).readBigNumber(),
            );
        }
    });
});
