/** The Governor at its limits: a full table of rules, and every setting at each of its bounds and one beyond. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import { internal } from '@ton/sandbox';

import * as built from '../../build/Governor/Governor_Governor';
import { pack } from '../../wrappers/common/messages';
import {
    defaultSettings,
    GovernanceExit,
    Governor,
    MAX_RULES,
    packActions,
    ProposalKind,
    Rule,
    Settings,
    settingsCell,
    Timelock,
} from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool';
import { PaymentSettlement, UsageRegistry } from '../../wrappers/settlement';
import { EmissionController } from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import { computeFee } from '../support/pool/fees';
import {
    excessQueries,
    exitCode,
    expectRefused,
    gasOf,
    kept,
    outs,
    stateHash,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { DAY, GovernanceWorld, HOUR, NOTHING } from '../support/governance/world';

const { ERROR_BAD_ADDRESS, ERROR_BAD_PARAMETER, ERROR_NOT_TIMELOCK, ERROR_TOO_MANY_RULES } = GovernanceExit;
const gasTest = underCoverage ? it.skip : it;

/** Rule `n` of many: all addresses differ from the first bit on. */
const strange = (n: number): Address => Address.parseRaw(`0:${(n % 251).toString(16).padStart(2, '0').repeat(32)}`);
const ruleOf = (n: number): Rule => ({ destination: strange(n + 1), op: 0x80000000 + n, kind: 'economic' });

/** The message as the Timelock sends it; from somebody else when told. */
async function order(world: GovernanceWorld, body: Cell, from = world.timelock.address, value = toNano('0.5')) {
    const to = world.governor.address;
    return world.blockchain.sendMessage(internal({ from, to, value, bounce: true, body }));
}

describe('the table of rules', () => {
    let small: GovernanceWorld;
    let full: GovernanceWorld;

    /** A world with `count` rules, where alice can propose economic messages to bob. */
    async function worldOf(count: number): Promise<GovernanceWorld> {
        const first = await GovernanceWorld.create();
        const bob: Rule = { destination: first.address('bob'), op: NOTHING, kind: 'economic' };
        const rules = [bob, ...Array.from({ length: count - 1 }, (_, n) => ruleOf(n))];
        const world = await GovernanceWorld.create({ governor: { rules } });
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(5_000_000));
        return world;
    }
    const change = (world: GovernanceWorld, destination: Address, op: number, kind: ProposalKind | null) =>
        order(world, Governor.changeRuleBody({ queryId: 5, destination, op, kind }));
    const codeOf = (world: GovernanceWorld, result: Awaited<ReturnType<typeof order>>) =>
        exitCode(txAt(result, world.governor.address));
    const count = async (world: GovernanceWorld) => (await world.governor.getGovernor()).ruleCount;

    beforeAll(async () => {
        small = await worldOf(1);
        full = await worldOf(Number(MAX_RULES));
    }, 60_000);

    it('takes 128: the last one by message, the 129th refused, all of them there', async () => {
        expect([MAX_RULES, await count(full)]).toEqual([128n, 128]);
        const before = await stateHash(full.blockchain, full.governor.address);
        expect(codeOf(full, await change(full, strange(200), 1, 'treasury'))).toBe(ERROR_TOO_MANY_RULES);
        expect(await stateHash(full.blockchain, full.governor.address)).toBe(before);
        const restore = full.checkpoint();
        // One out, one in, and full again.
        const { destination, op } = ruleOf(17);
        expect(codeOf(full, await change(full, destination, op, null))).toBe(0);
        expect([await count(full), await full.governor.getRule(destination, op)]).toEqual([127, null]);
        expect(codeOf(full, await change(full, strange(200), 1, 'treasury'))).toBe(0);
        expect([await count(full), await full.governor.getRule(strange(200), 1)]).toEqual([128, 'treasury']);
        expect(codeOf(full, await change(full, destination, op, 'economic'))).toBe(ERROR_TOO_MANY_RULES);
        for (let n = 0; n < 127; n++) {
            const rule = ruleOf(n);
            expect(await full.governor.getRule(rule.destination, rule.op)).toBe(n === 17 ? null : 'economic');
        }
        await restore();
    });

    it('replaces at the limit, takes out what is not there without a trace, and counts neither', async () => {
        const restore = full.checkpoint();
        const { destination, op } = ruleOf(3);
        expect(codeOf(full, await change(full, destination, op, 'treasury'))).toBe(0);
        expect([await count(full), await full.governor.getRule(destination, op)]).toEqual([128, 'treasury']);
        expect(codeOf(full, await change(full, destination, op + 1000, null))).toBe(0);
        expect(codeOf(full, await change(full, strange(250), op, null))).toBe(0);
        expect(await count(full)).toBe(128);
        // The same destination with another opcode is another rule.
        expect(await full.governor.getRule(destination, op + 1)).toBeNull();
        await restore();
    });

    it('says what changed, and sends the rest back to the Timelock', async () => {
        const restore = full.checkpoint();
        const { destination, op } = ruleOf(9);
        const result = await change(full, destination, op, 'treasury');
        expect(full.events(result)).toMatchObject([{ event: 'RuleChanged', op: BigInt(op), kind: 2n }]);
        const back = txAt(result, full.timelock.address).inMessage!.body.beginParse();
        expect([back.loadUint(32), back.loadUint(64)]).toEqual([Governor.opcodes.Excesses, 5]);
        await restore();
    });

    it.each<[string, (w: GovernanceWorld) => Parameters<typeof Governor.changeRuleBody>[0], number]>([
        [
            'the masterchain',
            () => ({ destination: new Address(-1, Buffer.alloc(32, 1)), op: 1, kind: 'economic' }),
            ERROR_BAD_ADDRESS,
        ],
        [
            'account 0',
            () => ({ destination: new Address(0, Buffer.alloc(32)), op: 1, kind: 'economic' }),
            ERROR_BAD_ADDRESS,
        ],
        [
            'the Governor itself',
            (w) => ({ destination: w.governor.address, op: 1, kind: 'treasury' }),
            ERROR_BAD_PARAMETER,
        ],
        ['type technical', () => ({ destination: strange(1), op: 1, kind: 'technical' }), ERROR_BAD_PARAMETER],
        [
            'an emergency that is no stop',
            () => ({ destination: strange(1), op: 1, kind: 'emergency' }),
            ERROR_BAD_PARAMETER,
        ],
        [
            'an emergency that starts again',
            (w) => ({ destination: w.staking.master.address, op: 0x7201000a, kind: 'emergency' }),
            ERROR_BAD_PARAMETER,
        ],
    ])('refuses %s', async (_name, args, code) => {
        const before = await stateHash(small.blockchain, small.governor.address);
        const result = await order(small, Governor.changeRuleBody(args(small)));
        expect([codeOf(small, result), await count(small)]).toEqual([code, 1]);
        expect(await stateHash(small.blockchain, small.governor.address)).toBe(before);
    });

    it('refuses types that do not exist: 4 to 254', async () => {
        for (const kind of [4, 5, 128, 254]) {
            const body = beginCell()
                .storeUint(Governor.opcodes.ChangeRule, 32)
                .storeUint(0, 64)
                .storeAddress(strange(1))
                .storeUint(1, 32)
                .storeUint(kind, 8)
                .endCell();
            expect([kind, codeOf(small, await order(small, body))]).toEqual([kind, ERROR_BAD_PARAMETER]);
        }
        expect(await count(small)).toBe(1);
    });

    it('takes each stop as an emergency, and only from the Timelock', async () => {
        const restore = small.checkpoint();
        const stops = [0x70010020, 0x71020018, 0x72010009, 0x73010011, Timelock.opcodes.CancelOperation, 0x74050010];
        for (const op of stops) {
            const body = Governor.changeRuleBody({ destination: strange(1), op, kind: 'emergency' });
            for (const who of ['owner', 'alice', 'stranger'] as const) {
                expect(codeOf(small, await order(small, body, small.address(who)))).toBe(ERROR_NOT_TIMELOCK);
            }
            expect(codeOf(small, await order(small, body))).toBe(0);
            expect(await small.governor.getRule(strange(1), op)).toBe('emergency');
        }
        expect(await count(small)).toBe(1 + stops.length);
        await restore();
    });

    it('of a stop with a flag, lets an emergency stop and never start again', async () => {
        const restore = small.checkpoint();
        for (const [op, stop] of [
            [0x71020018, (on: boolean) => EmissionController.setBreakerBody({ stop: on })],
            [0x73010011, (on: boolean) => UsageRegistry.setPauseBody({ stop: on })],
        ] as const) {
            await change(small, strange(1), op, 'emergency');
            const propose = async (body: Cell) => {
                const action = { destination: strange(1), value: toNano('0.1'), body };
                return small.codes(await small.sendPropose('alice', 'emergency', [action], toNano('9')));
            };
            expect(stop(true).beginParse().preloadUint(32)).toBe(op);
            // Neither the other way round nor without its flag.
            expect(await propose(stop(false))).toEqual([GovernanceExit.ERROR_ACTION_KIND]);
            const bare = beginCell().storeUint(op, 32).storeUint(0, 64).endCell();
            expect(await propose(bare)).toEqual([GovernanceExit.ERROR_ACTION_KIND]);
            expect(await propose(stop(true))).toEqual([]);
            await restore();
        }
    });

    it('takes changes with what `get_cost` says', async () => {
        const restore = full.checkpoint();
        const { destination, op } = ruleOf(90);
        const settings = await full.governor.getSettings();
        for (const body of [
            Governor.changeRuleBody({ destination, op, kind: null }),
            Governor.changeRuleBody({ destination, op, kind: 'treasury' }),
            Governor.changeSettingsBody({ settings: { ...settings, threshold: settings.threshold + 1n } }),
        ]) {
            const value = await full.governor.getCost(body);
            const result = await order(full, body, full.timelock.address, value);
            const tx = txAt(result, full.governor.address);
            expect([exitCode(tx), succeeded(tx)]).toEqual([0, true]);
            if (!underCoverage) expect(kept(tx)).toBeGreaterThanOrEqual(0n);
        }
        expect(await full.governor.getRule(destination, op)).toBe('treasury');
        expect((await full.governor.getSettings()).threshold).toBe(settings.threshold + 1n);
        await restore();
    });

    gasTest('costs a vote nothing, and a proposal the depth of the table', async () => {
        const gas: Record<string, [number, number]> = {};
        const see = (name: string, i: number, value: number) => ((gas[name] ??= [0, 0])[i] = value);
        for (const [i, world] of [small, full].entries()) {
            const restore = world.checkpoint();
            const economic = await world.propose('alice', 'economic', [world.nothing('bob')]);
            see('economic', i, world.gasAt(economic.result, world.governor.address)[0]);
            await world.toStart(economic.proposal);
            see('text', i, world.gasOfChain(await world.voteText('bob', economic.id, 'for')));
            see('vote', i, world.gasOfChain(await world.vote('alice', economic.id, 'for')));
            await restore();
            const technical = await world.propose('alice', 'technical', [world.nothing('bob')]);
            see('technical', i, world.gasAt(technical.result, world.governor.address)[0]);
            await restore();
            const ten = Array.from({ length: 10 }, () => world.nothing('bob'));
            // With exactly what it costs.
            const many = await world.propose('alice', 'economic', ten);
            const [tx] = txsAt(many.result, world.governor.address);
            expect(kept(tx)).toBeGreaterThanOrEqual(0n);
            see('ten', i, Number(gasOf(tx)));
            await restore();
        }
        for (const name of ['vote', 'text', 'technical']) expect([name, gas[name][1]]).toEqual([name, gas[name][0]]);
        // At most the depth of 128 entries, 150 gas a level: 7, and the short keys of these rules.
        const more = gas.economic[1] - gas.economic[0];
        expect(more).toBeGreaterThan(0);
        expect(more).toBeLessThan(1_300);
        // The second look at the same way is cheaper.
        expect(gas.ten[1] - gas.ten[0]).toBeLessThan(10 * more);
        expect(gas.ten[1]).toBeLessThanOrEqual(Number(built.GAS_GOVERNOR_PROPOSE + 10n * built.GAS_GOVERNOR_ACTION));
    });

    gasTest('a change at the limit costs at most what `get_cost` says', async () => {
        const restore = full.checkpoint();
        const { destination, op } = ruleOf(90);
        const limit = Number(built.GAS_GOVERNOR_SMALL);
        for (const kind of ['treasury', null, 'economic'] as const) {
            const result = await change(full, destination, op, kind);
            expect([codeOf(full, result), Number(gasOf(txAt(result, full.governor.address))) <= limit]).toEqual([
                0,
                true,
            ]);
        }
        await restore();
    });
});

describe('ChangeSettings', () => {
    let world: GovernanceWorld;
    let unit: bigint;
    const base = defaultSettings();

    beforeAll(async () => {
        world = await GovernanceWorld.create();
        unit = world.unit(1);
    });

    const set = async (settings: Settings) => {
        const result = await order(world, Governor.changeSettingsBody({ settings }));
        return exitCode(txAt(result, world.governor.address))!;
    };

    type Bounds = [low: bigint, high: bigint];
    const ordinary: Record<string, Bounds> = {
        delay: [BigInt(HOUR), BigInt(30 * DAY)],
        period: [BigInt(DAY), BigInt(30 * DAY)],
        quorum: [100n, 4000n],
        majority: [5000n, 9000n],
    };
    const bounds: Record<ProposalKind, Record<string, Bounds>> = {
        technical: ordinary,
        economic: ordinary,
        treasury: ordinary,
        emergency: {
            delay: [0n, 0n],
            period: [BigInt(DAY / 2), BigInt(3 * DAY)],
            quorum: [1000n, 4000n],
            majority: [6667n, 9000n],
        },
    };
    const fields = Object.entries(bounds).flatMap(([kind, all]) =>
        Object.entries(all).map(([field, [low, high]]) => [kind as ProposalKind, field, low, high] as const),
    );

    it.each(fields)('%s %s: %d to %d', async (kind, field, low, high) => {
        const at = (value: bigint): Settings => ({ ...base, [kind]: { ...base[kind], [field]: value } });
        for (const value of [low, high]) {
            expect([value, await set(at(value))]).toEqual([value, 0]);
            const now = await world.governor.getSettings();
            expect(now[kind]).toMatchObject({ [field]: Number(value) });
        }
        const before = await stateHash(world.blockchain, world.governor.address);
        for (const value of [low - 1n, high + 1n].filter((v) => v >= 0n)) {
            expect([value, await set(at(value))]).toEqual([value, ERROR_BAD_PARAMETER]);
        }
        expect(await stateHash(world.blockchain, world.governor.address)).toBe(before);
    });

    it('threshold: 1 to 10,000,000 tokens; delay at the Timelock: 2 to 30 days', async () => {
        for (const threshold of [unit, 10_000_000n * unit]) {
            expect(await set({ ...base, threshold })).toBe(0);
            expect((await world.governor.getSettings()).threshold).toBe(threshold);
        }
        for (const threshold of [0n, unit - 1n, 10_000_000n * unit + 1n]) {
            expect(await set({ ...base, threshold })).toBe(ERROR_BAD_PARAMETER);
        }
        for (const timelockDelay of [2 * DAY, 30 * DAY]) {
            expect(await set({ ...base, timelockDelay })).toBe(0);
            expect((await world.governor.getSettings()).timelockDelay).toBe(timelockDelay);
        }
        for (const timelockDelay of [0, 2 * DAY - 1, 30 * DAY + 1]) {
            expect(await set({ ...base, timelockDelay })).toBe(ERROR_BAD_PARAMETER);
        }
    });

    it('takes all of it at the bounds, says it, and proposals follow it', async () => {
        const wide = (kind: ProposalKind, i: 0 | 1) =>
            Object.fromEntries(Object.entries(bounds[kind]).map(([field, range]) => [field, range[i]]));
        const all = (i: 0 | 1) =>
            ({
                threshold: i === 0 ? unit : 10_000_000n * unit,
                timelockDelay: i === 0 ? 2 * DAY : 30 * DAY,
                technical: wide('technical', i),
                economic: wide('economic', i),
                treasury: wide('treasury', i),
                emergency: wide('emergency', i),
            }) as unknown as Settings;
        const restore = world.checkpoint();
        await world.lock('alice', world.unit(10_000_000));
        for (const i of [1, 0] as const) {
            const ready = world.checkpoint();
            const result = await order(world, Governor.changeSettingsBody({ queryId: 5n, settings: all(i) }));
            expect(excessQueries(result, world.timelock.address)).toEqual([5n]);
            const [said] = world.events(result);
            if (said.event !== 'SettingsChanged') throw new Error(`said ${said.event}`);
            expect(said.settings).toEqualCell(settingsCell(all(i)));
            const { proposal } = await world.propose('alice', 'technical');
            const { start, end } = await proposal.getProposal();
            expect([start - world.now, end - start]).toEqual(i === 0 ? [HOUR, DAY] : [30 * DAY, 30 * DAY]);
            await ready();
        }
        await restore();
    });

    it('is refused from anybody else, and too short a cell changes nothing', async () => {
        const body = Governor.changeSettingsBody({ settings: base });
        const before = await stateHash(world.blockchain, world.governor.address);
        for (const who of ['owner', 'alice', 'stranger'] as const) {
            const result = await order(world, body, world.address(who));
            expect(exitCode(txAt(result, world.governor.address))).toBe(ERROR_NOT_TIMELOCK);
        }
        const short = beginCell()
            .storeUint(Governor.opcodes.ChangeSettings, 32)
            .storeUint(0, 64)
            .storeRef(beginCell().storeCoins(unit).endCell())
            .endCell();
        expect(exitCode(txAt(await order(world, short), world.governor.address))).toBe(9);
        expect(await stateHash(world.blockchain, world.governor.address)).toBe(before);
    });
});

describe('what the Governor sends on its own', () => {
    let world: GovernanceWorld;

    beforeAll(async () => {
        world = await GovernanceWorld.create();
        await world.lock('alice', world.unit(20_000));
    });

    it('the question for the supply takes what AskSupply costs beside the Governor', async () => {
        const { result } = await world.propose('alice');
        const asked = txAt(result, world.staking.stakingToken.address).inMessage!.info;
        if (asked.type !== 'internal') throw new Error('asked from outside');
        const { governor } = world;
        const whole = await governor.getCost(Governor.opcodes.AskSupply);
        expect(asked.value.coins).toBe(whole - (await governor.getCost(Governor.opcodes.ChangeSettings)));
    });

    it.each([1, 10])('an emergency of %d actions: their value and its gas, and not a nanoton less', async (count) => {
        const pause = { ...world.nothing(world.staking.master.address), body: world.pauseBody() };
        const actions = Array.from({ length: count }, () => pause);
        const body = pack(
            built.storeExecuteAsk({
                ...{ $$type: 'ExecuteAsk', queryId: 5n, proposal: 1n, count: BigInt(count) },
                ...{ responseTo: accountIdOf(world.address('dave')), total: BigInt(count) * pause.value },
                actions: packActions(actions),
            }),
        );
        const [from, to] = [await world.governor.getProposalAddress(1), world.governor.address];
        const send = (value: bigint) => world.blockchain.sendMessage(internal({ from, to, value, bounce: true, body }));
        const gas = built.GAS_GOVERNOR_EXECUTE + BigInt(count) * built.GAS_GOVERNOR_ACTION;
        const enough = BigInt(count) * pause.value + computeFee(gas);
        await expectRefused(world.blockchain, to, GovernanceExit.ERROR_VALUE_TOO_LOW, () => send(enough - 1n));
        const result = await send(enough);
        expect(succeeded(txAt(result, to))).toBe(true);
        expect(txsAt(result, world.staking.master.address)).toHaveLength(count);
    });
});

describe('AcceptGuardian', () => {
    let world: GovernanceWorld;

    beforeAll(async () => {
        world = await GovernanceWorld.create();
    });

    const body = (destination: Address) => Governor.acceptGuardianBody({ destination, queryId: 5n });
    const value = toNano('0.3');

    it('takes the role of guardian and no other, with what is left of the value', async () => {
        const to = world.address('carol');
        const result = await order(world, body(to), world.timelock.address, value);
        const tx = txAt(result, world.governor.address);
        expect(exitCode(tx)).toBe(0);
        const [sent] = outs(tx);
        expect(outs(tx)).toHaveLength(1);
        expect(sent.to.equals(to)).toBe(true);
        expect(sent.bounce).toBe(true);
        expect(sent.value).toBeGreaterThan(value - (await world.governor.getCost(body(to))));
        for (const [of, role] of [
            [EmissionController, 'guardian'],
            [UsageRegistry, 'guardian'],
            [PaymentSettlement, 'guardian'],
        ] as const) {
            expect(sent.body).toEqualCell(of.acceptRoleBody({ role, queryId: 5n }));
        }
        if (!underCoverage) expect(kept(tx)).toBeGreaterThanOrEqual(0n);
    });

    it('says that it was refused', async () => {
        const { address } = world.staking.master;
        const result = await order(world, body(address), world.timelock.address, value);
        const op = BigInt(EmissionController.opcodes.AcceptRole);
        expect(world.events(result)).toMatchObject([
            { event: 'ActionReturned', op, queryId: 5n, from: accountIdOf(address) },
        ]);
    });

    it('is for the Timelock, and an account of the basechain', async () => {
        const { address } = world.governor;
        for (const who of ['owner', 'alice', 'stranger'] as const) {
            await expectRefused(world.blockchain, address, ERROR_NOT_TIMELOCK, () =>
                order(world, body(world.address('carol')), world.address(who)),
            );
        }
        for (const to of [new Address(-1, Buffer.alloc(32, 1)), new Address(0, Buffer.alloc(32))]) {
            await expectRefused(world.blockchain, address, ERROR_BAD_ADDRESS, () => order(world, body(to)));
        }
    });

    gasTest('costs at most what `get_cost` says', async () => {
        const cost = await world.governor.getCost(body(world.address('carol')));
        expect(cost).toBe(await world.governor.getCost(Governor.opcodes.ChangeRule));
        const result = await order(world, body(world.address('carol')), world.timelock.address, cost);
        const tx = txAt(result, world.governor.address);
        expect([exitCode(tx), kept(tx) >= 0n]).toEqual([0, true]);
        expect(gasOf(tx)).toBeLessThanOrEqual(built.GAS_GOVERNOR_SMALL);
    });
});
