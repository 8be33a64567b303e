/**
 * Random operations against the shadow model: after every one all books of the contracts equal the model's, every unit is
 * in exactly one place, and no cap is passed. Mints are refused by the minter or by wallets, guards and shares are broken
 * for a while, replays and nonsense are mixed in.
 */
import { Address } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import { EmissionExit, emissionEvents, unpackResults, Usage } from '../../wrappers/token';
import { START_TIME } from '../support/chain';
import { exitCode, refuse, txAt } from '../support/pool/transactions';
import { Random, runs, seeded } from '../support/random';
import { EmissionModel, MinterMode, ModelUsage } from '../support/token/emission-model';
import { DAY, EmissionPerson, EmissionWorld, WEEK } from '../support/token/emission-world';

jest.setTimeout(600_000);

const PROVIDERS = ['bob', 'carol', 'dave', 'treasury'] as const;
const CONSUMERS = ['alice', 'stranger', 'owner'] as const;
const RECORDERS = ['recorder', 'second', 'stakers'] as const;
const EVERYBODY = ['treasury', 'liquidity', 'rewards', 'stakers', ...PROVIDERS.slice(0, 3)] as const;
const MODELS = ['small', 'large', 'unknown'];

const CONFIG = {
    table: [70n, 52n, 35n, 35n, 21n, 21n, 21n, 21n, 21n, 21n].map((n) => n * 1_000_003n),
    cap: 130_000_019n,
    growth: 10_000n,
    yearlyBudget: 40_000_000n,
    lifetimeCap: 75_000_001n,
    breakerBps: 1500n,
};

class Run {
    private constructor(
        readonly random: Random,
        readonly world: EmissionWorld,
        readonly model: EmissionModel,
    ) {}

    readonly counts: Record<string, number> = {};
    private last = new Map<string, bigint>();

    static async create(random: Random): Promise<Run> {
        const world = await EmissionWorld.create(CONFIG);
        const model = new EmissionModel(
            {
                ...CONFIG,
                start: BigInt(START_TIME),
                recorders: ['recorder'],
                recipients: [
                    { who: 'rewards', bps: 7000n },
                    { who: 'stakers', bps: 2000n },
                    { who: 'treasury', bps: 1000n },
                ],
            },
            BigInt(START_TIME),
        );
        return new Run(random, world, model);
    }

    private outcome(what: string, result: SendMessageResult, expected: string | null, at?: Address) {
        const code = exitCode(txAt(result, at ?? this.world.address));
        const name = expected === null ? 0 : EmissionExit[expected as keyof typeof EmissionExit];
        expect([what, code]).toEqual([what, name]);
        const key = expected === null ? what : `${what} ${expected}`;
        this.counts[key] = (this.counts[key] ?? 0) + 1;
    }

    async step(): Promise<void> {
        const { random, world, model } = this;
        // Time mostly creeps; now and then weeks or more than the 180 days go by.
        if (random.bool(0.7)) {
            const far = random.next();
            const seconds =
                far < 0.008 ? random.int(170, 400) * DAY : far < 0.4 ? random.int(1, WEEK) : random.int(1, 7200);
            world.advance(seconds);
            model.now = BigInt(world.now);
        }
        const kind = random.pick([
            'record',
            'record',
            'record',
            'record',
            'emit',
            'emit',
            'emit',
            'flush',
            'flushTo',
            'claim',
            'claim',
            'rate',
            'growth',
            'recipients',
            'breaker',
            'recorder',
            'minter',
        ] as const);
        await this[kind]();
    }

    private usages(recorder: string): { usages: Usage[]; rows: ModelUsage[] } {
        const { random, world } = this;
        const usages: Usage[] = [];
        const rows: ModelUsage[] = [];
        for (let i = random.int(1, 6); i > 0; i--) {
            const consumer = random.pick(CONSUMERS);
            const provider = random.pick(PROVIDERS);
            const key = `${recorder} ${consumer}`;
            const before = this.last.get(key) ?? 0n;
            // New, repeated, skipping ahead, or from an earlier count.
            const nonce = random.bool(0.8) ? before + BigInt(random.int(1, 3)) : BigInt(random.int(0, Number(before)));
            if (nonce > before) this.last.set(key, nonce);
            const promptTokens = random.int(0, 3_000_000);
            const completionTokens = random.int(0, 3);
            const time = world.now + random.pick([0, 0, 0, -5, -100, -400 * DAY, 1]);
            const model = random.pick(MODELS);
            usages.push({
                consumer: world.of(consumer),
                provider: world.of(provider),
                model,
                promptTokens,
                completionTokens,
                amount: random.bigint(0n, 1n << 119n),
                time,
                nonce,
            });
            const tokens = BigInt(promptTokens + completionTokens);
            rows.push({ consumer, provider, model, tokens, time: BigInt(time), nonce });
        }
        return { usages, rows };
    }

    async record(): Promise<void> {
        const { random, world, model } = this;
        const holders = [...model.recorders.keys()];
        const recorder = (
            random.bool(0.9) ? random.pick(holders.length > 0 ? holders : RECORDERS) : random.pick(RECORDERS)
        ) as EmissionPerson;
        const { usages, rows } = this.usages(recorder);
        const broken = random.next();
        const guardFault = new Set(broken < 0.1 ? [random.pick(CONSUMERS)] : []);
        const shareFault = new Set<string>(broken > 0.9 ? [random.pick(PROVIDERS)] : []);
        const restores: (() => Promise<void>)[] = [];
        for (const name of guardFault)
            restores.push(await refuse(world.blockchain, (await world.guard(world.of(name))).address));
        for (const name of shareFault)
            restores.push(
                await refuse(world.blockchain, (await world.share(world.of(name as EmissionPerson))).address),
            );
        const result = await world.record(usages, { as: recorder });
        for (const restore of restores) await restore();
        const expected = model.record(recorder, rows, guardFault, shareFault);
        if (Array.isArray(expected)) {
            this.outcome('record', result, null);
            const [batch] = emissionEvents(result.transactions, 'UsageBatch');
            expect(unpackResults(batch.results, batch.count)).toEqual(expected);
        } else {
            this.outcome('record', result, expected);
        }
    }

    async emit(): Promise<void> {
        const result = await this.world.emit();
        this.outcome('emit', result, this.model.emit());
    }

    async flush(): Promise<void> {
        this.outcome('flush', await this.world.flush(), this.model.flush());
    }

    async flushTo(): Promise<void> {
        const who = this.random.pick(EVERYBODY);
        this.outcome('flushTo', await this.world.flush(this.world.of(who)), this.model.flushTo(who));
    }

    async claim(): Promise<void> {
        const { world, model, random } = this;
        const who = random.pick(PROVIDERS);
        const share = await world.share(world.of(who));
        const { accountState } = await world.blockchain.getContract(share.address);
        if (accountState?.type !== 'active') return;
        const expected = model.claim(who);
        const at = expected === 'ERROR_MINTS_FULL' ? undefined : share.address;
        this.outcome('claim', await world.claim(world.of(who)), expected, at);
    }

    async rate(): Promise<void> {
        const { world, model, random } = this;
        const name = random.pick(['small', 'large']);
        const known = model.rates.get(name)?.rate;
        const rate = known === undefined ? BigInt(random.int(1, 900)) : (known * BigInt(random.int(75, 125))) / 100n;
        this.outcome('rate', await world.rate(name, rate), model.setRate(name, rate));
    }

    async growth(): Promise<void> {
        const { world, model, random } = this;
        if (random.bool(0.3)) {
            const result = await world.controller.sendCancelGrowth(world.via('keeper'), {});
            this.outcome('cancelGrowth', result, model.cancelGrowth());
            return;
        }
        const bps = BigInt(random.int(0, 25_000));
        const result = await world.controller.sendSetGrowth(world.via('keeper'), { bps });
        this.outcome('growth', result, model.setGrowth(bps));
    }

    async recipients(): Promise<void> {
        const { world, model, random } = this;
        if (random.bool(0.3)) {
            const result = await world.controller.sendCancelRecipients(world.via('owner'), {});
            this.outcome('cancelRecipients', result, model.cancelRecipients());
            return;
        }
        const people = random.shuffle(EVERYBODY).slice(0, random.int(1, EVERYBODY.length));
        let left = 10_000;
        const list = people.map((who, i) => {
            const bps = i === people.length - 1 ? left : random.int(1, left - (people.length - 1 - i));
            left -= bps;
            return { who, bps: BigInt(bps) };
        });
        const wrong = random.bool(0.1);
        if (wrong) list[0].bps += 1n;
        const recipients = list.map(({ who, bps }) => ({ address: world.of(who), bps }));
        const result = await world.controller.sendSetRecipients(world.via('owner'), { recipients });
        this.outcome('recipients', result, model.setRecipients(list));
    }

    async breaker(): Promise<void> {
        const { world, model, random } = this;
        const stop = random.bool(0.2);
        const result = await world.controller.sendSetBreaker(world.via('guardian'), { stop });
        model.breaker(stop);
        this.outcome('breaker', result, null);
    }

    async recorder(): Promise<void> {
        const { world, model, random } = this;
        const name = random.pick(RECORDERS);
        if (random.bool(0.3)) {
            const holder = world.of(name);
            const result = await world.controller.sendRevokeRole(world.via('owner'), { role: 'recorder', holder });
            this.outcome('revoke', result, model.revokeRecorder(name));
            return;
        }
        await world.controller.sendNominateRole(world.via('owner'), { role: 'recorder', holder: world.of(name) });
        const result = await world.controller.sendAcceptRole(world.via(name), { role: 'recorder' });
        this.outcome('accept', result, model.acceptRecorder(name));
    }

    async minter(): Promise<void> {
        this.model.minter = this.random.pick<MinterMode>(['takes', 'takes', 'refuses', 'walletRefuses']);
        await this.world.minterMode(this.model.minter);
    }

    /** Everything that the contracts tell, against everything that the model knows. */
    async compare(): Promise<void> {
        const { world, model } = this;
        expect(model.conserved()).toBe(true);
        expect(model.allocated + model.forfeited).toBeLessThanOrEqual(CONFIG.cap);
        expect(model.total).toBeLessThanOrEqual(CONFIG.lifetimeCap);
        expect(await world.controller.getEmissionData()).toMatchObject({
            allocated: model.allocated,
            forfeited: model.forfeited,
            remaining: model.left(),
            nextEpoch: model.nextEpoch,
            forfeitedEpochs: model.forfeitedEpochs,
            growth: model.growth,
            nextGrowthFrom: model.nextGrowthFrom,
            nextRecipientsFrom: model.nextRecipientsFrom,
            mints: BigInt(model.sentAt.length),
            owedAccounts: BigInt(model.owed.size),
        });
        expect(await world.controller.getUsageData()).toMatchObject({
            total: model.total,
            yearUsed: model.yearUsed(),
            tripped: model.tripped,
            windowSum: model.windowSum(),
            treasuryDue: model.treasuryDue,
            liquidityDue: model.liquidityDue,
        });
        for (const who of PROVIDERS) expect(await world.due(world.of(who))).toBe(model.due.get(who) ?? 0n);
        const minted = await world.minter.getLedger();
        const people = EVERYBODY.map((who) => [who, minted.get(world.of(who)) ?? 0n]);
        expect(people).toEqual(EVERYBODY.map((who) => [who, model.minted.get(who) ?? 0n]));
        const who = this.random.pick(EVERYBODY);
        expect([who, await world.controller.getOwedTo(world.of(who))]).toEqual([who, model.owedTo(who)]);
        const owed = [...(await world.controller.getOwed()).values()];
        expect(owed.reduce((a, b) => a + b, 0n)).toBe([...model.owed.values()].reduce((a, b) => a + b, 0n));
        const { epoch, status, growth } = await world.controller.getEpoch(model.nextEpoch);
        expect([status, growth]).toEqual([model.statusOf(epoch), model.growthOf(epoch)]);
        expect((await world.controller.getEmissionData()).solvency).toBeGreaterThan(0n);
    }
}

describe('random operations', () => {
    it.each([1, 2, 3, 4])('keep all books of the emission equal to the model (%i)', async (part) => {
        await seeded(`emission invariants ${part}`, async (random) => {
            const run = await Run.create(random);
            for (let i = 0; i < runs(1000); i++) {
                await run.step();
                await run.compare();
            }
            if (process.env.SHOW) console.log(run.counts);
            expect(run.counts.record).toBeGreaterThan(5);
            expect(run.counts.emit).toBeGreaterThan(5);
        });
    });
});
