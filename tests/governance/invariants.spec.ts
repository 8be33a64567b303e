/**
 * Random votes, locks, delegations and proposals of a few people, some of them refused by their receiver, beside a model in
 * TypeScript. After each step: the tally of a proposal is the sum of what its ballots cast, each account holds what its
 * voter locked, and its wallet holds as much.
 */
import { toNano } from '@ton/core';

import { Choice, CHOICES } from '../../wrappers/governance';
import { DAY, GovernanceWorld, HOUR } from '../support/governance/world';
import { refuse } from '../support/pool/transactions';
import { Random, runs, seeded } from '../support/random';

const PEOPLE = ['alice', 'bob', 'carol', 'dave'] as const;
type Name = (typeof PEOPLE)[number];

type Voter = {
    own: bigint;
    delegation: 'none' | 'active' | 'cooling';
    delegate: Name;
    delegated: bigint;
    freeAt: number;
    received: bigint;
    proposalUntil: number;
    lockedUntil: number;
    ballots: Map<number, { choice: Choice; cast: bigint }>;
};

type Tally = Record<Choice | 'turnout', bigint>;

class Model {
    readonly voters = new Map<Name, Voter>();
    readonly tallies = new Map<number, Tally>();
    readonly proposals = new Map<number, { by: Name; latestEnd: number; freeAt: number }>();
    /** Of one staker each at prover1. */
    readonly staked = new Map<Name, Map<number, { choice: Choice; cast: bigint; weight: bigint }>>();

    constructor() {
        for (const name of PEOPLE) {
            this.voters.set(name, {
                own: 0n,
                delegation: 'none',
                delegate: name,
                delegated: 0n,
                freeAt: 0,
                received: 0n,
                proposalUntil: 0,
                lockedUntil: 0,
                ballots: new Map(),
            });
            this.staked.set(name, new Map());
        }
    }

    voter(name: Name, now: number): Voter {
        const voter = this.voters.get(name)!;
        if (voter.delegation === 'cooling' && now >= voter.freeAt) {
            voter.delegation = 'none';
            voter.delegated = 0n;
        }
        return voter;
    }

    free(name: Name, now: number): bigint {
        const voter = this.voter(name, now);
        return voter.own - voter.delegated;
    }

    power(name: Name, now: number): bigint {
        return this.free(name, now) + this.voter(name, now).received;
    }

    count(id: number, choice: Choice, base: bigint, weight: bigint): void {
        const tally = this.tallies.get(id)!;
        tally[choice] += weight;
        if (choice !== 'against') tally.turnout += base;
    }
}

async function play(world: GovernanceWorld, random: Random, steps: number): Promise<Record<string, number>> {
    const model = new Model();
    const done: Record<string, number> = {};
    const { staking } = world.staking.prover('prover1');
    const ids: number[] = [];
    for (const name of PEOPLE) await world.deploy(name);

    const check = async (names: readonly Name[], proposals: readonly number[]) => {
        for (const name of names) {
            const account = await world.account(name);
            const voter = model.voter(name, world.now);
            const seen = await account.getVoter();
            expect({
                name,
                own: seen.own,
                power: seen.power,
                received: seen.received,
                delegation: seen.delegation,
                delegated: seen.delegated,
                locked: seen.lockedUntil > world.now ? seen.lockedUntil : 0,
                proposeFrom: Math.max(seen.proposeFrom, world.now),
                freeAt: seen.delegation === 'cooling' ? seen.freeAt : 0,
                wallet: await world.staking.balance(account.address),
            }).toEqual({
                name,
                own: voter.own,
                power: model.power(name, world.now),
                received: voter.received,
                delegation: voter.delegation,
                delegated: voter.delegated,
                locked: voter.lockedUntil > world.now ? voter.lockedUntil : 0,
                proposeFrom: Math.max(voter.proposalUntil, world.now),
                freeAt: voter.delegation === 'cooling' ? voter.freeAt : 0,
                wallet: voter.own,
            });
        }
        for (const id of proposals) {
            const info = await (await world.proposal(id)).getProposal();
            expect({
                id,
                for: info.votesFor,
                against: info.votesAgainst,
                abstain: info.votesAbstain,
                turnout: info.turnout,
            }).toEqual({ id, ...model.tallies.get(id)! });
        }
    };

    /** Each ballot is in an account or with a staker once, their weights make the tallies, and no token is lost. */
    const reckon = async () => {
        for (const id of ids.slice(-4)) {
            const sum: Tally = { for: 0n, against: 0n, abstain: 0n, turnout: 0n };
            for (const name of PEOPLE) {
                const ballot = await (await world.account(name)).getBallot(id);
                const { choice, cast } = ballot ?? { choice: 'for', cast: 0n };
                expect([name, id, cast]).toEqual([name, id, model.voters.get(name)!.ballots.get(id)?.cast ?? 0n]);
                const staked = model.staked.get(name)!.get(id);
                for (const [of, base, weight] of [
                    [choice, cast, cast],
                    ...(staked ? [[staked.choice, staked.cast, staked.weight] as const] : []),
                ] as const) {
                    sum[of] += weight;
                    if (of !== 'against') sum.turnout += base;
                }
            }
            expect([id, sum]).toEqual([id, model.tallies.get(id)!]);
        }
        // They never stake: what they had is in their wallets and their accounts.
        for (const name of ['alice', 'bob'] as const) {
            const wealth = world.staking.isRich(name) ? world.staking.wealth : 0n;
            const { own } = await (await world.account(name)).getVoter();
            expect([name, (await world.staking.balance(name)) + own]).toEqual([name, wealth]);
        }
    };

    const operations: Record<string, () => Promise<readonly [readonly Name[], readonly number[], boolean]>> = {
        lock: async () => {
            const name = random.pick(PEOPLE);
            const amount = random.bigint(1n, world.unit(30_000));
            await world.lock(name, amount);
            model.voter(name, world.now).own += amount;
            return [[name], [], true];
        },
        unlock: async () => {
            const name = random.pick(PEOPLE);
            // Now and then he waits for his lock to end.
            const { lockedUntil } = model.voter(name, world.now);
            if (lockedUntil > world.now && random.bool(0.4)) world.at(lockedUntil);
            const free = model.free(name, world.now);
            const amount = random.bool(0.8) && free > 0n ? random.bigint(1n, free) : free + 1n;
            const voter = model.voter(name, world.now);
            const refusing = random.bool(0.2);
            const account = await world.account(name);
            const back = refusing
                ? await refuse(world.blockchain, world.staking.walletOf(account.address).address)
                : undefined;
            await world.unlock(name, amount, toNano('2'));
            await back?.();
            const good = voter.lockedUntil <= world.now && amount <= free && !refusing;
            if (good) voter.own -= amount;
            return [[name], [], good];
        },
        vote: async () => {
            if (ids.length === 0) return [[], [], false];
            const name = random.pick(PEOPLE);
            const id = random.pick(ids.slice(-4));
            const voter = model.voter(name, world.now);
            const ballot = voter.ballots.get(id);
            const choice = ballot && random.bool(0.8) ? ballot.choice : random.pick(CHOICES);
            const proposal = await world.proposal(id);
            const { state, latestEnd } = await proposal.getProposal();
            const base = model.power(name, world.now) - (ballot?.cast ?? 0n);
            const refusing = random.bool(0.15);
            const back = refusing ? await refuse(world.blockchain, proposal.address) : undefined;
            if (random.bool(0.3)) await world.voteText(name, id, choice, toNano('1'));
            else await world.vote(name, id, choice, toNano('1'));
            await back?.();
            const good = state === 'active' && base > 0n && (!ballot || ballot.choice === choice) && !refusing;
            if (good) {
                voter.ballots.set(id, { choice, cast: base + (ballot?.cast ?? 0n) });
                voter.lockedUntil = Math.max(voter.lockedUntil, latestEnd);
                model.count(id, choice, base, base);
            }
            return [[name], [id], good];
        },
        stakedVote: async () => {
            if (ids.length === 0) return [[], [], false];
            const name = random.pick(['carol', 'dave'] as const);
            const id = random.pick(ids.slice(-4));
            const cast = model.staked.get(name)!;
            const ballot = cast.get(id);
            const choice = ballot && random.bool(0.8) ? ballot.choice : random.pick(CHOICES);
            const proposal = await world.proposal(id);
            const { state } = await proposal.getProposal();
            const position = await world.staking.position('prover1', name);
            const exists = await world.staking.exists(position.address);
            const worth = exists ? await staking.getEffective((await position.getPosition()).active) : 0n;
            const base = worth - (ballot?.cast ?? 0n);
            const refusing = random.bool(0.15);
            const back = refusing ? await refuse(world.blockchain, proposal.address) : undefined;
            await world.voteStaked(name, 'prover1', id, choice, toNano('1'));
            await back?.();
            const good = state === 'active' && base > 0n && (!ballot || ballot.choice === choice) && !refusing;
            if (good) {
                const { since } = await position.getPosition();
                const bps = BigInt(world.now) - since >= 365n * 86_400n ? 20_000n : 15_000n;
                const weight = (base * bps) / 10_000n;
                cast.set(id, { choice, cast: worth, weight: weight + (ballot?.weight ?? 0n) });
                model.count(id, choice, base, weight);
            }
            return [[], [id], good];
        },
        stake: async () => {
            const name = random.pick(['carol', 'dave'] as const);
            await world.staking.stake(name, 'prover1', random.bigint(world.unit(1), world.unit(2_000)));
            return [[], [], true];
        },
        unstake: async () => {
            const name = random.pick(['carol', 'dave'] as const);
            if (!(await world.staking.exists((await world.staking.position('prover1', name)).address))) {
                return [[], [], false];
            }
            if (random.bool())
                await world.staking.request(name, 'prover1', { amount: random.bigint(1n, world.unit(900)) });
            else await world.staking.complete(name, 'prover1');
            return [[], [], true];
        },
        slash: async () => {
            if (random.bool(0.8)) return [[], [], false];
            await world.staking.slash('prover1', random.int(10_000, 40_000));
            return [[], [], true];
        },
        delegate: async () => {
            const [name, to] = [random.pick(PEOPLE), random.pick(PEOPLE)];
            const voter = model.voter(name, world.now);
            const amount = model.free(name, world.now);
            const account = await world.account(name);
            const refusing = name !== to && random.bool(0.2);
            const back = refusing ? await refuse(world.blockchain, (await world.account(to)).address) : undefined;
            await account.sendDelegate(world.sender(name), { to: world.address(to), value: toNano('2') });
            await back?.();
            const good =
                voter.lockedUntil <= world.now &&
                name !== to &&
                amount > 0n &&
                (voter.delegation === 'none' || (voter.delegation === 'active' && voter.delegate === to)) &&
                !refusing;
            if (good) {
                Object.assign(voter, { delegation: 'active', delegate: to, delegated: voter.delegated + amount });
                model.voter(to, world.now).received += amount;
            }
            return [[name, to], [], good];
        },
        revoke: async () => {
            const name = random.pick(PEOPLE);
            const voter = model.voter(name, world.now);
            const account = await world.account(name);
            const cooling = voter.delegation === 'cooling';
            const good = voter.delegation === 'active';
            const refusing = voter.delegation !== 'none' && random.bool(0.2);
            const delegate = (await world.account(voter.delegate)).address;
            const back = refusing ? await refuse(world.blockchain, delegate) : undefined;
            await account.sendRevokeDelegation(world.sender(name), { value: toNano('2') });
            await back?.();
            if (good && !refusing) {
                const other = model.voter(voter.delegate, world.now);
                other.received -= voter.delegated;
                voter.delegation = 'cooling';
                voter.freeAt = Math.max(world.now, other.lockedUntil);
            } else if (cooling && !refusing) {
                const { lockedUntil } = model.voter(voter.delegate, world.now);
                voter.freeAt = Math.min(voter.freeAt, Math.max(world.now, lockedUntil));
            }
            return [[name, voter.delegate], [], good && !refusing];
        },
        propose: async () => {
            const name = random.pick(PEOPLE);
            const voter = model.voter(name, world.now);
            const id = (await world.governor.getGovernor()).nextId;
            const refusing = random.bool(0.2);
            const back = refusing ? await refuse(world.blockchain, world.governor.address) : undefined;
            const account = await world.account(name);
            await account.sendPropose(world.sender(name), {
                kind: 'technical',
                actions: [world.nothing()],
                description: 5n,
                value: toNano('4'),
            });
            await back?.();
            const good =
                world.now >= voter.proposalUntil && model.free(name, world.now) >= world.unit(10_000) && !refusing;
            expect((await world.governor.getGovernor()).nextId).toBe(good ? id + 1 : id);
            if (good) {
                ids.push(id);
                model.tallies.set(id, { for: 0n, against: 0n, abstain: 0n, turnout: 0n });
                const { latestEnd } = await (await world.proposal(id)).getProposal();
                model.proposals.set(id, { by: name, latestEnd, freeAt: latestEnd });
                voter.proposalUntil = latestEnd;
                voter.lockedUntil = Math.max(voter.lockedUntil, voter.proposalUntil);
            }
            return [[name], good ? [id] : [], good];
        },
        cancel: async () => {
            const id = ids.at(-1);
            if (id === undefined || random.bool(0.5)) return [[], [], false];
            const made = model.proposals.get(id)!;
            const name = random.bool(0.5) ? made.by : random.pick(PEOPLE);
            const proposal = await world.proposal(id);
            const { state, start } = await proposal.getProposal();
            const refusing = random.bool(0.2);
            const back = refusing ? await refuse(world.blockchain, (await world.account(made.by)).address) : undefined;
            await proposal.sendCancel(world.sender(name), { value: toNano('1') });
            await back?.();
            const first = state === 'pending' && name === made.by;
            if (first) made.freeAt = start;
            const good = (first || state === 'cancelled') && !refusing;
            if (good) {
                const voter = model.voter(made.by, world.now);
                const votes = [...voter.ballots.keys()].map((other) => model.proposals.get(other)!.latestEnd);
                voter.proposalUntil = made.freeAt;
                voter.lockedUntil = Math.max(made.freeAt, ...votes);
            }
            return [[made.by], [], good];
        },
        wait: async () => {
            world.advance(random.pick([1, HOUR, 6 * HOUR, DAY, 2 * DAY, 3 * DAY, 11 * DAY]));
            return [[], [], true];
        },
    };
    const weights: Record<string, number> = {
        vote: 6,
        stakedVote: 3,
        wait: 3,
        lock: 2,
        unlock: 2,
        delegate: 2,
        revoke: 2,
        propose: 2,
        cancel: 3,
    };
    const deck = Object.keys(operations).flatMap((name) => Array.from({ length: weights[name] ?? 1 }, () => name));
    for (let step = 0; step < steps; step++) {
        const name = random.pick(deck);
        const [names, proposals, good] = await operations[name]();
        if (good) done[name] = (done[name] ?? 0) + 1;
        await check(names, proposals);
        if (step % 25 === 24) {
            await check(PEOPLE, ids.slice(-4));
            await reckon();
        }
        world.advance(1);
        // The chain would keep them all.
        (world.blockchain as unknown as { transactions: unknown[] }).transactions.length = 0;
    }
    await check(PEOPLE, ids);
    await reckon();
    return done;
}

describe('invariants', () => {
    it('tallies are sums of ballots, wallets hold what accounts say, no token is lost, whatever is refused on its way', async () => {
        const world = await GovernanceWorld.create();
        await world.staking.open('prover1', world.unit(100_000));
        for (const name of ['carol', 'dave'] as const) await world.staking.stake(name, 'prover1', world.unit(500));
        await seeded('governance invariants', async (random) => {
            const done = await play(world, random, runs(3000));
            for (const name of ['lock', 'unlock', 'vote', 'stakedVote', 'delegate', 'revoke', 'propose', 'cancel']) {
                expect([name, (done[name] ?? 0) > 0]).toEqual([name, true]);
            }
        });
    }, 1_200_000);
});
