import * as path from 'path';
import type { Address, Contract, StateInit } from '@ton/core';
import { beginCell, toNano } from '@ton/core';
import { buildAll } from '../../tools/build';
import { MARKER_IN_LOG } from '../../tools/coverage/instrument';
import type { MarkerMap } from '../../tools/coverage/instrument';
import { Reach } from '../../tools/coverage/reach';
import { coverageByFile, formatPercent, lcov, missedLines, table, totals } from '../../tools/coverage/report';
import type { FileCoverage } from '../../tools/coverage/report';
import { prepareWorkspace, withRoom } from '../../tools/coverage/workspace';
import { createBlockchain } from '../support/chain';
import { createFixture } from './fixture';
import type { Fixture } from './fixture';

const LIBRARY = `fun double(x: Int): Int {
    return x * 2;
}

inline fun direction(x: Int): Int {
    if (x > 0) { return 1; } // a comment with }
    else if (x == 0) {
        return 0;
    }
    return -1;
}

asm fun increment(x: Int): Int { INC }

// cov-ignore: evaluated by the compiler
fun atCompileTime(): Int {
    return 40 + 2;
}

const answer: Int = atCompileTime();

trait Counting {
    total: Int;

    fun count(by: Int) {
        if (by > 100) {
            self.total = 0;
        }
        self.total += by;
    }
}
`;

const COUNTER = `import "./library";

contract Counter with Counting {
    total: Int = 0;

    receive(text: Slice) {
        let n = text.preloadUint(8);
        repeat (n) {
            self.count(increment(double(answer)));
        }
        let empty: map<Int, Int> = emptyMap();
        foreach (_, value in empty) {
            self.total += value;
        }
        try {
            throwIf(701, n == 3);
            self.total += 1;
        } catch (e) {
            self.total = e;
        }
        // cov-ignore: shows that single statements can be left out
        self.total += 0;
    }

    bounced(_: Slice) {
        self.total = -1;
    }

    get fun sign(): Int {
        return direction(self.total);
    }
}
`;

const UNUSED = `fun nobodyCallsThis(): Int {
    return 1;
}
`;

describe('coverage run', () => {
    let fixture: Fixture;
    let files: Record<string, FileCoverage>;
    let all: FileCoverage[];
    let ignored: number;

    /** Deploys the instrumented contract, sends it one number and calls the getter. */
    async function useContract(number: number, hits: Record<string, number>): Promise<void> {
        const { Counter } = (await import(path.join(fixture.root, '.cov/build/Counter/Counter_Counter.ts'))) as {
            Counter: { fromInit(): Promise<Contract & { address: Address; init: StateInit }> };
        };
        const counter = await Counter.fromInit();
        const blockchain = await createBlockchain();
        blockchain.verbosity = { ...blockchain.verbosity, print: false, vmLogs: 'vm_logs' };
        const wallet = await blockchain.treasury('wallet');
        const body = beginCell().storeUint(number, 8).endCell();
        const { transactions } = await wallet.send({
            to: counter.address,
            init: counter.init,
            value: toNano(1),
            body,
        });
        const getter = await blockchain.runGetMethod(counter.address, 'sign');
        for (const log of [...transactions.map((tx) => tx.vmLogs), getter.vmLogs]) {
            for (const [, marker] of log.matchAll(MARKER_IN_LOG)) hits[marker] = (hits[marker] ?? 0) + 1;
        }
    }

    beforeAll(async () => {
        fixture = createFixture();
        fixture.write('contracts/library.tact', LIBRARY);
        fixture.write('contracts/counter.tact', COUNTER);
        fixture.write('contracts/unused.tact', UNUSED);
        fixture.writeConfig('Counter');
        const workspace = prepareWorkspace(fixture.root, path.join(fixture.root, '.cov'));
        ignored = workspace.ignored;
        await buildAll({ root: path.join(fixture.root, '.cov'), log: () => undefined });
        const hits: Record<string, number> = {};
        await useContract(2, hits);
        all = coverageByFile(workspace.markers, hits);
        files = Object.fromEntries(all.map((f) => [path.basename(f.file), f]));
    });

    afterAll(() => fixture.remove());

    it('sees functions, inline functions, traits, loops, getters and both arms of try', () => {
        // direction() saw a positive total; count() never a large one.
        expect(missedLines(files['library.tact'])).toEqual([8, 10, 27]);
        expect(files['library.tact'].lines.get(2)).toBe(2);
        expect(files['library.tact'].elses).toEqual([
            { line: 7, hits: 0 },
            { line: 26, hits: 2 },
        ]);
        expect(missedLines(files['counter.tact'])).toEqual([13, 19, 26]);
    });

    it('leaves out what is marked cov-ignore and what is not Tact', () => {
        expect(ignored).toBe(2);
        expect([...files['library.tact'].lines.keys()]).toEqual([2, 6, 8, 10, 26, 27, 29]);
        expect(files['counter.tact'].lines.has(22)).toBe(false);
    });

    it('counts sources that no contract imports as missed', () => {
        expect(missedLines(files['unused.tact'])).toEqual([2]);
        expect(files['child.tact'].lines.size).toBeGreaterThan(0);
    });

    it('reports lcov and a table', () => {
        const counted = [files['counter.tact'], files['library.tact']];
        expect(totals(counted)).toMatchObject({ hit: 13, lines: 19 });
        expect(lcov(counted)).toContain('SF:contracts/counter.tact\n');
        expect(lcov(counted)).toContain('DA:9,2\n');
        expect(lcov(counted)).toContain('DA:13,0\n');
        expect(table(counted)).toMatch(/contracts\/library\.tact +4\/7 +57\.1 % +1\/2 +8-10, 27/);
        expect(formatPercent(99.99)).toBe('99.9 %');
    });

    it('compiles again only what changed', async () => {
        const root = path.join(fixture.root, '.cov');
        prepareWorkspace(fixture.root, root);
        expect((await buildAll({ root, log: () => undefined })).built).toEqual([]);
    });
});

describe('which tests reach a line', () => {
    const FILE = 'contracts/common/math.tact';
    const markers: MarkerMap = {
        a: { file: FILE, line: 2, kind: 'statement' },
        b: { file: FILE, line: 4, kind: 'statement' },
        c: { file: FILE, line: 4, kind: 'else' },
        d: { file: FILE, line: 9, kind: 'statement' },
        e: { file: 'contracts/common/send.tact', line: 1, kind: 'statement' },
    };
    const reach = Reach.from(markers, [
        { spec: 'one', hooks: { a: 4 }, tests: { pays: { c: 5 }, 'is refused': { a: 1 } } },
        { spec: 'two', hooks: {}, tests: { grows: { a: 3 }, shrinks: { a: 1, b: 2 } } },
        { spec: 'three', hooks: { e: 1 }, tests: { stays: { e: 1 } } },
    ]);
    const all = new Map([
        ['two', ['grows', 'shrinks']],
        ['three', ['stays']],
        ['one', ['pays', 'is refused']],
    ]);
    const everything = { direct: [...all], afterwards: [], rest: [] };

    function among(file: string, line: number, tests = all) {
        const { direct, afterwards, rest } = reach.among(tests, file, line);
        return { direct: [...direct], afterwards: [...afterwards], rest: [...rest] };
    }

    const ofLine2 = {
        direct: [
            ['two', ['grows', 'shrinks']],
            ['one', ['is refused']],
        ],
        afterwards: [['one', ['pays']]],
        rest: [['three', ['stays']]],
    };
    const ofLine4 = {
        direct: [['two', ['shrinks']]],
        afterwards: [],
        rest: [['two', ['grows']], ...[...all].slice(1)],
    };
    it.each([
        [2, ofLine2],
        [4, ofLine4],
    ])('line %i: those that execute it, then the others of the files whose set-up does', (line, expected) => {
        expect(among(FILE, line)).toEqual(expected);
    });

    it('and those that the coverage run did not include', () => {
        const more = new Map([...all, ['two', ['grows', 'shrinks', 'skipped there']], ['four', ['new']]]);
        expect(among(FILE, 4, more).direct).toEqual([
            ['two', ['shrinks', 'skipped there']],
            ['four', ['new']],
        ]);
    });

    it('is all of them where nothing is known: no such file, no statement, nobody executes it', () => {
        expect(among('contracts/common/fees.tact', 4)).toEqual(everything);
        expect(among(FILE, 0)).toEqual(everything);
        expect(among(FILE, 3)).toEqual(everything);
        expect(among(FILE, 9)).toEqual(everything);
    });
});

it('doubles what contracts reckon with for gas and for code, and no layout or limit', () => {
    const code = [
        'const GAS_CLAIM: Int = 100;',
        'const CHILD_INIT_CELLS: Int = 78;',
        'const CHILD_INIT_BITS: Int = 43000;',
        'const ROW_BITS: Int = 256;',
        'const MAX_ACTION_CELLS: Int = 1000;',
        'const MAX_ACTION_BITS: Int = 9000;',
    ];
    expect(withRoom(code.join('\n')).split('\n')).toEqual([
        'const GAS_CLAIM: Int = 200;',
        'const CHILD_INIT_CELLS: Int = 156;',
        'const CHILD_INIT_BITS: Int = 86000;',
        ...code.slice(3),
    ]);
});
