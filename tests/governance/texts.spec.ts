/** Votes by text: what counts as one, which proposals it can name, and what is only a top-up. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import { GovernanceExit, RECENT_PROPOSALS } from '../../wrappers/governance';
import { commentBody } from '../../wrappers/governance/common';
import { DAY, GovernanceWorld } from '../support/governance/world';
import { STAKING_PEOPLE } from '../support/staking/world';
import { exitCode, expectRefused, outs, txAt } from '../support/pool/transactions';

describe('texts to the Governor', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        world = await GovernanceWorld.create();
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(7));
        const { proposal } = await world.propose('alice');
        await world.toStart(proposal);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const say = (body: Cell | string) =>
        world.send('bob', world.governor.address, typeof body === 'string' ? commentBody(body) : body, toNano('1'));

    it.each([
        ['y 1', 'for'],
        ['Y 1', 'for'],
        ['n 1', 'against'],
        ['N 01', 'against'],
        ['a 1', 'abstain'],
        ['A 00000001', 'abstain'],
    ])('"%s" is a vote %s', async (text, choice) => {
        expect(world.codes(await say(text))).toEqual([]);
        const account = await world.account('bob');
        expect(await account.getBallot(1)).toMatchObject({ choice, cast: world.unit(7) });
        const info = await (await world.proposal(1)).getProposal();
        const { votesFor, votesAgainst, votesAbstain } = info;
        expect({ for: votesFor, against: votesAgainst, abstain: votesAbstain }).toEqual({
            for: 0n,
            against: 0n,
            abstain: 0n,
            [choice]: world.unit(7),
        });
    });

    it.each(['', 'y', 'y ', 'hi', 'z 1', 'y1 ', ' y 1', 'yes 1', 'for the rent'])('"%s" is a top-up', async (text) => {
        const { address } = world.governor;
        const { balance } = await world.blockchain.getContract(address);
        const tx = txAt(await say(text), address);
        expect([exitCode(tx), outs(tx)]).toEqual([0, []]);
        expect((await world.blockchain.getContract(address)).balance - balance).toBeGreaterThan(toNano('0.98'));
        expect(await (await world.account('bob')).getBallot(1)).toBeNull();
    });

    it('one that names no proposal of the last ones is refused', async () => {
        const digits = beginCell().storeUint(0, 32).storeBuffer(Buffer.from('y 1'));
        for (const text of [
            'y 0',
            'y 2',
            'y 65',
            'y 1 ',
            'y 1x',
            'y x',
            'y -1',
            'y 1.0',
            'y 4294967295',
            // One more than there can be, and its last 32 bits name proposal 1.
            'y 4294967297',
            'y 00000000001',
            beginCell().storeBuilder(digits).storeBit(0).endCell(),
            beginCell().storeBuilder(digits).storeRef(Cell.EMPTY).endCell(),
        ]) {
            await expectRefused(world.blockchain, world.governor.address, GovernanceExit.ERROR_NO_SUCH_PROPOSAL, () =>
                say(text),
            );
        }
        expect(await world.governor.getLatestEnd(2)).toBe(0);
    });

    it('and one from another chain', async () => {
        const from = new Address(-1, Buffer.alloc(32, 1));
        const { address } = world.governor;
        await expectRefused(world.blockchain, address, GovernanceExit.ERROR_BAD_ADDRESS, () =>
            world.blockchain.sendMessage(
                internal({ from, to: address, value: toNano('1'), body: commentBody('y 1'), bounce: true }),
            ),
        );
    });

    it('the 64th proposal after it takes the place of one; votes by message still reach it', async () => {
        const early = await world.proposal(1);
        const { latestEnd } = await early.getProposal();
        // A day for each proposal that somebody cancels: this takes many with 10,000 tokens.
        const crowd = STAKING_PEOPLE.filter((who) => who !== 'alice' && who !== 'bob');
        for (const who of crowd) await world.lock(who, world.unit(10_000));
        let last = 1;
        const next = async () => {
            const who = crowd[last % crowd.length];
            const made = await world.propose(who);
            await made.proposal.sendCancel(world.sender(who));
            const again = await world.sendPropose(who, 'technical', [world.nothing()]);
            expect(world.codes(again)).toEqual([GovernanceExit.ERROR_OPEN_PROPOSAL]);
            last = made.id;
            if (last % crowd.length === 0) world.advance(DAY);
            return last;
        };
        const count = Number(RECENT_PROPOSALS);
        while ((await next()) < count);
        expect(await world.governor.getLatestEnd(1)).toBe(latestEnd);
        const mark = world.checkpoint();
        expect(world.codes(await say('y 1'))).toEqual([]);
        await mark();
        expect(await next()).toBe(count + 1);
        expect([await world.governor.getLatestEnd(1), (await world.governor.getLatestEnd(2)) > 0]).toEqual([0, true]);
        await expectRefused(world.blockchain, world.governor.address, GovernanceExit.ERROR_NO_SUCH_PROPOSAL, () =>
            say('y 1'),
        );
        const account = await world.account('bob');
        const vote = { proposal: 1, choice: 'for', lockUntil: latestEnd } as const;
        expect(world.codes(await account.sendVote(world.sender('bob'), vote))).toEqual([]);
        expect((await early.getProposal()).votesFor).toBe(world.unit(7));
    });
});
