import * as fs from 'fs';
import * as os from 'os';
import * as path from 'path';

import { applyMutant, mutantsOf, shuffled } from '../../tools/mutate/operators';
import type { Mutant } from '../../tools/mutate/operators';
import { Journal, makeReport, readBaseline, writeBaseline } from '../../tools/mutate/results';
import type { Selection } from '../../tools/coverage/reach';
import { Order, TestProcess } from '../../tools/mutate/specs';
import { parseTact } from '../../tools/tact/syntax';

const SOURCE = `const limit: Int = 10;

message(0x1001) Pay {
    amount: Int as coins;
}

asm fun increment(x: Int): Int { INC }

contract Purse(
    owner: Address,
    sum: Int as coins,
) {
    receive(msg: Pay) {
        throwUnless(701, sender() == self.owner);
        if (msg.amount + 1 > limit && true) {
            self.sum -= msg.amount;
        }
        message(MessageParameters { to: self.owner, value: 0, mode: SendRemainingValue | SendIgnoreErrors });
        message(MessageParameters { to: self.owner, value: 0, mode: SendRemainingValue | SendIgnoreErrors });
    }

    bounced(msg: bounced<Pay>) {
        self.sum = self.sum + msg.amount;
    }
}
`;

const changes = (mutants: Mutant[]): string[] => mutants.map((m) => `${m.place} ${m.operator}: ${m.change}`);

it('names the statement of a mutant: the first `if` of a chain, none for a constant', () => {
    const source = `const limit: Int = 10;

fun sort(x: Int): Int {
    if (x == 1) {
        return 11;
    } else if (x == 2) {
        return 12;
    } else {
        if (x == 3) { return 13; }
    }
    return x +
        14;
}
`;
    const statements = new Map(mutantsOf(source, 'sort.tact').map((m) => [m.change, [m.line, m.statement]]));
    const of = (change: string) => statements.get(change);
    expect(of('10 -> 11')).toEqual([1, 0]);
    expect(of('x == 1 -> x != 1')).toEqual([4, 4]);
    expect(of('x == 2 -> x != 2')).toEqual([6, 4]);
    expect(of('12 -> 13')).toEqual([7, 7]);
    expect(of('x == 3 -> x != 3')).toEqual([9, 9]);
    expect(of('14 -> 15')).toEqual([12, 11]);
});

describe('mutants', () => {
    const mutants = mutantsOf(SOURCE, 'purse.tact');

    it.each([
        'limit constant: 10 -> 11',
        'limit constant: 10 -> 9',
        'Purse.receive(Pay) constant: 701 -> 702',
        'Purse.receive(Pay) comparison: sender() == self.owner -> sender() != self.owner',
        'Purse.receive(Pay) delete statement: throwUnless(701, sender() == self.owner); -> ',
        'Purse.receive(Pay) negate condition: msg.amount + 1 > limit && true -> !(msg.amount + 1 > limit && true)',
        'Purse.receive(Pay) arithmetic: msg.amount + 1 -> msg.amount - 1',
        'Purse.receive(Pay) comparison: msg.amount + 1 > limit -> msg.amount + 1 >= limit',
        'Purse.receive(Pay) comparison: msg.amount + 1 > limit -> msg.amount + 1 < limit',
        'Purse.receive(Pay) arithmetic: msg.amount + 1 > limit && true -> msg.amount + 1 > limit || true',
        'Purse.receive(Pay) constant: true -> false',
        'Purse.receive(Pay) assignment: self.sum -= msg.amount;: -= -> +=',
        'Purse.receive(Pay) delete statement: self.sum -= msg.amount; -> ',
        'Purse.receive(Pay) send mode: SendRemainingValue -> SendRemainingBalance',
        'Purse.receive(Pay) send mode: SendIgnoreErrors -> SendDefaultMode',
        'Purse.bounced(Pay) arithmetic: self.sum + msg.amount -> self.sum - msg.amount',
    ])('include %s', (change) => {
        expect(changes(mutants)).toContain(change);
    });

    it('leave types, opcodes and asm alone, and do not say the same twice', () => {
        expect(mutants.some((m) => SOURCE.slice(m.start, m.end) === '0x1001')).toBe(false);
        expect(mutants.some((m) => m.place === 'increment')).toBe(false);
        expect(changes(mutants)).not.toContainEqual(expect.stringContaining('!(sender() == self.owner)'));
    });

    it('are valid Tact, differ from the source and from each other', () => {
        const sources = mutants.map((m) => applyMutant(SOURCE, m));
        for (const source of sources) expect(() => parseTact(source, 'purse.tact')).not.toThrow();
        expect(new Set([SOURCE, ...sources]).size).toBe(mutants.length + 1);
    });

    it('have an id of their own that survives changes elsewhere', () => {
        const ids = mutants.map((m) => m.id);
        expect(new Set(ids).size).toBe(ids.length);
        const moved = SOURCE.replace('contract Purse', '// moved\n\ncontract Purse').replace(
            '    bounced(',
            '    receive() {\n        self.sum = 5;\n    }\n\n    bounced(',
        );
        expect(mutantsOf(moved, 'purse.tact').map((m) => m.id)).toEqual(expect.arrayContaining(ids));
    });

    it('are drawn in an order of the seed', () => {
        const order = (seed: number): string[] => shuffled(mutants, seed).map((m) => m.id);
        expect(order(1)).toEqual(order(1));
        expect(order(1)).not.toEqual(order(2));
        expect([...order(1)].sort()).toEqual([...order(2)].sort());
    });

    it('are reported with the reason of every survivor', () => {
        const [a, b, c, d, e] = mutants;
        const results = [
            { id: a.id, outcome: 'killed' as const },
            { id: b.id, outcome: 'timeout' as const },
            { id: c.id, outcome: 'survived' as const },
            { id: d.id, outcome: 'does not compile' as const },
            { id: e.id, outcome: 'survived' as const },
        ];
        const report = makeReport('Purse', ['purse.tact'], 1, mutants, results, { [c.id]: 'cannot matter' });
        expect(report).toMatchObject({ judged: 4, killed: 1, timeouts: 1, survived: 2, doNotCompile: 1, score: 50 });
        expect(report.survivors.map((s) => s.reason).sort()).toEqual(['cannot matter', null]);
    });
});

describe('the journal of outcomes', () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mutate-spec-'));
    const file = path.join(dir, 'Purse.ndjson');
    afterAll(() => fs.rmSync(dir, { recursive: true }));

    beforeEach(() => {
        const journal = new Journal(file, { sources: 'a', tests: '1' });
        journal.keep('nothing');
        journal.append({ id: 'k', outcome: 'killed', killedBy: 'a test' });
        journal.append({ id: 's', outcome: 'survived' });
        fs.appendFileSync(file, '{"sources":"a","tests":"1","id":"c'); // the run was killed here
    });

    it.each([
        ['nothing', 'a', '1', []],
        ['same tests', 'a', '1', ['k', 's']],
        ['same tests', 'a', '2', []],
        ['same tests', 'b', '1', []],
        ['kills', 'a', '1', ['k', 's']],
        ['kills', 'a', '2', ['k']],
        ['kills', 'b', '1', []],
    ] as const)('keeps %s for sources %s and tests %s', (kept, sources, tests, held) => {
        const basis = { sources, tests };
        expect([...new Journal(file, basis).keep(kept).keys()]).toEqual(held);
        // What was kept is of the new tests from then on, and nothing else is left.
        expect([...new Journal(file, basis).keep('same tests').keys()]).toEqual(held);
    });
});

it('a baseline is read as it was written', () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mutate-spec-'));
    const file = path.join(dir, 'below', 'baseline.json');
    const tests = new Map([['adds', 2]]);
    const baseline = { milliseconds: 5, durations: new Map([['a.spec.ts', { setUp: 3, tests }]]) };
    writeBaseline(file, baseline);
    expect(readBaseline(file)).toEqual(baseline);
    fs.rmSync(dir, { recursive: true });
});

describe('the process of the tests', () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'mutate-spec-'));
    // There is no build here: a spec that imports a contract cannot be loaded.
    const tests = new TestProcess(path.join(dir, 'build'));
    const bounds = 'tests/tools/fast-core.spec.ts';
    const addresses = 'tests/token/addresses.spec.ts';
    afterAll(() => {
        tests.close();
        fs.rmSync(dir, { recursive: true });
    });

    it('ends tests that hang, goes on with what is chosen, and leaves the rest after a failure', async () => {
        expect((await tests.run(new Map([[bounds, 'all']]), 1)).outcome).toBe('timeout');

        const all = await tests.run(new Map([[bounds, 'all']]), 60_000);
        expect(all.outcome).toBe('passed');
        const [one, ...others] = [...all.durations.get(bounds)!.tests.keys()];
        expect(others.length).toBeGreaterThan(0);

        const broken = await tests.run(new Map([[addresses, 'all'], [bounds, 'all']]), 60_000); // prettier-ignore
        expect(broken).toMatchObject({ outcome: 'failed', failedFile: addresses });
        expect(broken.durations.get(bounds)!.tests.size).toBe(0);

        const chosen = await tests.run(new Map([[bounds, [one]]]), 60_000);
        expect(chosen.outcome).toBe('passed');
        expect([...chosen.durations.get(bounds)!.tests.keys()]).toEqual([one]);
    });
});

describe('the order of the spec files', () => {
    const took = (tests: number, setUp: number) => ({
        setUp,
        tests: new Map([
            ['a', tests / 2],
            ['b', tests / 2],
        ]),
    });

    it('puts those first that noticed most in the least time', () => {
        const order = new Order(
            new Map([
                ['slow', took(16_000, 1500)],
                ['quick', took(1000, 1500)],
                ['useful', took(500, 4000)],
            ]),
        );
        const all = order.tests();
        const sorted = (selection: Selection) => [...order.sorted(selection).keys()];
        expect(sorted(all)).toEqual(['quick', 'useful', 'slow']);
        for (let i = 0; i < 3; i++) order.killedBy({ failedFile: 'useful' });
        order.killedBy({}); // a run that left no report
        expect(sorted(all)).toEqual(['useful', 'quick', 'slow']);
        // Only the time of the tests that are asked counts.
        for (let i = 0; i < 3; i++) order.killedBy({ failedFile: 'slow' });
        expect(sorted(new Map([...all, ['slow', ['a']], ['useful', ['a', 'b']]]))).toEqual(['useful', 'slow', 'quick']);
    });

    it('asks the quickest tests by themselves, and those that noticed something before', () => {
        const tests = new Map([
            ['slow', 9000],
            ['quick', 300],
            ['brief', 200],
        ]);
        const order = new Order(
            new Map([
                ['one', { setUp: 500, tests }],
                ['other', { setUp: 20_000, tests: new Map([['short', 100]]) }],
            ]),
        );
        const parts = (milliseconds: number) => {
            const { first, others } = order.split(order.tests(), milliseconds);
            return [Object.fromEntries(first), Object.fromEntries(others)];
        };
        expect(parts(1000)).toEqual([{ one: ['brief', 'quick'] }, { one: ['slow'], other: ['short'] }]);
        expect(parts(999)).toEqual([{ one: ['brief'] }, { one: ['slow', 'quick'], other: ['short'] }]);
        expect(parts(600)).toEqual([{}, Object.fromEntries(order.tests())]);
        for (let i = 0; i < 50; i++) order.killedBy({ failedFile: 'one', failedTest: 'slow' });
        expect(parts(9700)).toEqual([{ one: ['slow', 'brief'] }, { one: ['quick'], other: ['short'] }]);
        expect(parts(Infinity)[1]).toEqual({});
    });
});
