import { beginCell, Cell, internal as internalMessage, toNano } from '@ton/core';
import type { MessageRelaxed } from '@ton/core';
import {
    addWork,
    compareFloor,
    createFloorRecorder,
    formatFloor,
    noWork,
    watch,
    workOf,
} from '../../tools/bench/floor';
import type { FloorRow, Work } from '../../tools/bench/floor';
import { KnownCells, neededCells } from '../../tools/bench/floor-cells';
import { CLASS_NAMES, profile } from '../../tools/bench/floor-classes';
import type { GasClass } from '../../tools/bench/floor-classes';
import { parseLog } from '../../tools/bench/floor-log';
import { BEGIN, detours, END, floorSection, replaceSection, verdict } from '../../tools/bench/floor-report';
import { measure } from '../../tools/bench/measure';
import type { Step } from '../../tools/bench/measure';
import { createBlockchain } from '../support/chain';

/** A log as the sandbox writes it, from `NAME operands: gas`. */
function logOf(limit: number, ...lines: string[]): string {
    let remaining = limit;
    return lines
        .flatMap((line) => {
            const [instruction, gas] = line.split(': ');
            remaining -= Number(gas);
            return [`execute ${instruction}`, `gas remaining: ${remaining}`];
        })
        .join('\n');
}

describe('the log of a transaction', () => {
    const log = [
        'stack: [ 1 2 3 ] ',
        'code cell hash: 4F4D0BDC offset: 0',
        'execute SETCP 0',
        'gas remaining: 974',
        'execute implicit JMPREF',
        'code cell hash: 37523C49 offset: 0',
        'gas remaining: 864',
        'execute XCHG s1,s2',
        'gas remaining: 846',
    ].join('\n');

    it('gives every instruction what it has cost', () => {
        expect(parseLog(log, 1000, 154)).toEqual([
            { name: 'SETCP', gas: 26 },
            { name: 'implicit JMPREF', gas: 110 },
            { name: 'XCHG', gas: 18 },
        ]);
    });

    it('is refused when its sum is not the gas used', () => {
        expect(() => parseLog(log, 1000, 155)).toThrow('cost 154 gas, the transaction 155');
        expect(() => parseLog(log, 1001, 154)).toThrow('cost 155 gas, the transaction 154');
    });

    it('is refused when a part is missing', () => {
        const lines = log.split('\n');
        expect(() => parseLog(lines.slice(3).join('\n'), 1000, 154)).toThrow('its beginning is missing');
        expect(() => parseLog(lines.slice(4).join('\n'), 974, 154)).toThrow('cost 128 gas');
        expect(() => parseLog(lines.filter((l) => l !== 'gas remaining: 974').join('\n'), 1000, 154)).toThrow(
            'SETCP at 0 gas',
        );
        expect(() => parseLog('', 1000, 154)).toThrow('cost 0 gas');
    });

    it('counts an exception with its instruction, and a new limit as no cost', () => {
        const text = [
            'execute ACCEPT',
            'changing gas limit to 5000',
            'gas remaining: 4974',
            'execute THROWIF 570',
            'default exception handler, terminating vm with exit code 570',
            'gas remaining: 4890',
        ].join('\n');
        expect(parseLog(text, 1000, 110)).toEqual([
            { name: 'ACCEPT', gas: 26 },
            { name: 'THROWIF', gas: 84 },
        ]);
    });
});

describe('classes of instructions', () => {
    const classesOf = (...lines: string[]) => {
        const gas = lines.reduce((n, line) => n + Number(line.split(': ')[1]), 0);
        return profile(parseLog(logOf(100_000, ...lines), 100_000, gas));
    };
    const spent = (...lines: string[]): Partial<Record<GasClass, number>> =>
        Object.fromEntries(Object.entries(classesOf(...lines).classes).filter(([, gas]) => gas > 0));

    it.each<[GasClass, string]>([
        ['made', 'NEWC ENDC ENDXC HASHCU HASHSU HASHEXT CDEPTH'],
        ['loaded', 'CTOS'],
        ['messages', 'SENDRAWMSG RAWRESERVE'],
        [
            'arithmetic',
            'ADD ADDINT SUB SUBINT MUL MULINT MULDIV/MOD DIV/MOD DIVC MULRSHIFT INC NEGATE MIN MAX EQUAL GTINT SDEQ',
        ],
        [
            'context',
            'NOW BALANCE MYADDR GETFORWARDFEE GETGASFEE GETSTORAGEFEE GETORIGINALFWDFEE CONFIGPARAM PREVBLOCKSINFO',
        ],
        [
            'fields',
            'LDU PLDU LDI LDREF LDGRAMS LDMSGADDR LDDICT LDSLICEX STU STI STREF STDICT STGRAMS STSLICER STBR ENDS SBITS ' +
                'SDSKIPFIRST SDBEGINSQ REWRITESTDADDR AND OR LSHIFT RSHIFT POW2 UBITSIZE ISNULL NOT SUBSLICE',
        ],
        [
            'control',
            'SETCP PUSHCONT IF IFELSE IFJMP IFNOTJMPREF IFREFELSE CALLREF THROWIF THROWIFNOT DICTPUSHCONST DICTIGETJMPZ ' +
                'UNTIL REPEAT WHILE PUSHREFCONT EXECUTE RETALT',
        ],
        [
            'stack',
            'XCHG XCHG2 XCHG3 SWAP PUSH PUSH2 PUSH3 PUXC XCPU PU2XC POP DUP OVER 2DROP NIP TUCK ROT ROTREV BLKSWAP ' +
                'BLKDROP2 REVERSE GETGLOB SETGLOB TUPLE UNTUPLE INDEX NULLSWAPIFNOT2',
        ],
        ['rest', 'PUSHINT PUSHNULL PUSHPOW2DEC PUSHSLICE ACCEPT SETCODE'],
    ])('%s', (group, names) => {
        for (const name of names.split(' ')) {
            expect({ name, ...spent(`${name}: 18`, 'DROP: 1000') }).toEqual(
                group === 'stack' ? { name, stack: 1018 } : { name, [group]: 18, stack: 1000 },
            );
        }
        expect(CLASS_NAMES).toContain(group);
    });

    it('implicit returns and jumps are control flow', () => {
        expect(spent('implicit RET: 5', 'implicit JMPREF: 110')).toEqual({ control: 115 });
    });

    it('a comparison that only selects a branch is control flow, one that is checked is not', () => {
        expect(spent('EQUAL: 18', 'IFJMP: 18')).toEqual({ control: 36 });
        expect(spent('SDEQ: 26', 'NOT: 18', 'PUSHCONT: 18', 'PUSHCONT: 18', 'IFELSE: 18')).toEqual({ control: 98 });
        expect(spent('ISNULL: 18', 'IFREFELSE: 126')).toEqual({ control: 144 });
        expect(spent('EQUAL: 18', 'THROWIFNOT 7: 34')).toEqual({ arithmetic: 18, control: 34 });
        expect(spent('LEQ: 18', 'SWAP: 18', 'IF: 18')).toEqual({ arithmetic: 18, stack: 18, control: 18 });
    });

    it('an instruction no rule knows is named', () => {
        const p = classesOf('SWAP: 18', 'FROBNICATE 7: 18');
        expect(p.unknown).toEqual(['FROBNICATE']);
        expect(p.classes.rest).toBe(18);
    });

    it('loads are told from repeated loads, and nodes of dictionaries from the instruction', () => {
        expect(classesOf('CTOS: 118', 'CTOS: 43', 'CTOS: 118')).toMatchObject({ opened: 2, reloaded: 1 });
        const read = classesOf('DICTIGETNEXT: 151');
        expect(read).toMatchObject({ visited: 1, reloaded: 1, classes: { loaded: 125, fields: 26 } });
        const written = classesOf('DICTUSETB: 1126');
        expect(written).toMatchObject({ updated: 2, visited: 1, classes: { made: 1000, loaded: 100, fields: 26 } });
        expect(classesOf('DICTUGET: 34')).toMatchObject({ visited: 0, reloaded: 0, classes: { fields: 34 } });
        // The cells of a tree that is counted: loaded, all of them.
        expect(classesOf('CDATASIZE: 326')).toMatchObject({ visited: 3, classes: { loaded: 300, fields: 26 } });
    });

    it('a cell that is made and stored by one instruction is a cell', () => {
        const p = classesOf('NEWC: 18', 'STU 32: 26', 'STBREFR: 526', 'ENDCST: 518', 'STBREF: 526');
        expect(p).toMatchObject({ ended: 3, classes: { made: 1518, fields: 26 + 26 + 18 + 26 } });
    });

    it('cells, hashes, messages and reserves are counted, and the classes add up', () => {
        const lines = ['NEWC: 18', 'STU 32: 26', 'ENDC: 518', 'HASHCU: 26', 'SENDRAWMSG: 526', 'RAWRESERVE: 526'];
        const p = classesOf(...lines);
        expect(p).toMatchObject({ ended: 1, hashing: 26, sent: 1, reserved: 1 });
        expect(CLASS_NAMES.reduce((n, name) => n + p.classes[name], 0)).toBe(1640);
    });
});

describe('cells a transaction needs', () => {
    const leaf = (n: number): Cell => beginCell().storeUint(n, 32).endCell();
    const over = (...refs: Cell[]): Cell => refs.reduce((b, ref) => b.storeRef(ref), beginCell()).endCell();
    const message = (body: Cell, init?: { code: Cell; data: Cell }): MessageRelaxed =>
        internalMessage({ to: '0:' + '11'.repeat(32), value: 1n, body, init });

    it('are those of its data that it did not have, each once', () => {
        const known = new KnownCells();
        expect(known.add(over(leaf(1), leaf(2)))).toBe(3);
        expect(neededCells(known, over(leaf(1), leaf(3), leaf(3)), [])).toBe(2);
        expect(neededCells(known, over(leaf(1), leaf(2)), [])).toBe(0);
        expect(neededCells(known, undefined, [])).toBe(0);
    });

    it('are one for a message whose body fits, and one more for a body that does not', () => {
        const body = (bits: number): Cell =>
            beginCell()
                .storeBuffer(Buffer.alloc(bits / 8, 1))
                .endCell();
        expect(neededCells(new KnownCells(), undefined, [message(leaf(1))])).toBe(1);
        expect(neededCells(new KnownCells(), undefined, [message(body(624))])).toBe(1);
        expect(neededCells(new KnownCells(), undefined, [message(body(648))])).toBe(2);
        const known = new KnownCells();
        known.add(body(648));
        expect(neededCells(known, undefined, [message(body(648))])).toBe(1);
        // Two messages with one big body: it is made once.
        expect(neededCells(new KnownCells(), undefined, [message(body(648)), message(body(648))])).toBe(3);
        expect(neededCells(new KnownCells(), undefined, [message(over(leaf(1), leaf(2)))])).toBe(3);
    });

    it('count the state a message brings: new data, but not a code it was given', () => {
        const known = new KnownCells();
        known.add(leaf(1));
        expect(neededCells(known, undefined, [message(leaf(9), { code: leaf(1), data: leaf(2) })])).toBe(2);
        // Five references do not fit into one cell, so state or body becomes a cell of its own.
        const body = over(leaf(1), leaf(1), leaf(1));
        expect(neededCells(known, undefined, [message(body, { code: leaf(1), data: leaf(2) })])).toBe(2);
    });
});

describe('the floor of a transaction', () => {
    const log = [
        ...['CTOS: 118', 'LDU 32: 26', 'CTOS: 43', 'ADD: 18', 'SWAP: 18', 'NOW: 26', 'PUSHINT 1: 18'],
        ...['NEWC: 18', 'ENDC: 518', 'NEWC: 18', 'ENDC: 518', 'HASHCU: 26', 'CTOS: 118', 'SENDRAWMSG: 526', 'IF: 18'],
    ];
    const gas = log.reduce((n, line) => n + Number(line.split(': ')[1]), 0);
    const p = profile(parseLog(logOf(9999, ...log), 9999, gas));

    it('takes cells made and loaded once, messages, arithmetic and context; the practical one fields too', () => {
        const all = workOf(p, 2);
        expect(all.hard).toBe(2 * 536 + 26 + 2 * 118 + 526 + 18 + 26);
        expect(all.practical).toBe(all.hard + 26);
        expect(all).toMatchObject({ gas, made: 2, needed: 2, loaded: 2, reloaded: 1, messages: 1, reserves: 0 });
        // What is above the practical floor: the second load of a cell.
        expect(detours(all)).toBe(43);
    });

    it('takes a cell that is neither data nor message for a detour, with one load', () => {
        const one = workOf(p, 1);
        expect(one.hard).toBe(workOf(p, 2).hard - 536 - 118);
        expect(detours(one)).toBe(43 + 536 + 118);
    });

    it('counts a cell made by a dictionary without NEWC and ENDC', () => {
        const dictionary = profile([{ name: 'DICTUSETB', gas: 626 }]);
        expect(workOf(dictionary, 1)).toMatchObject({ gas: 626, hard: 600, practical: 626, made: 1, loaded: 1 });
    });

    it('is refused if more cells are new than were made', () => {
        expect(() => workOf(p, 3)).toThrow('3 cells of its data and messages are new, but it made 2');
    });
});

describe('the logs of the sandbox', () => {
    it('explain every unit of gas of a transaction', async () => {
        const blockchain = await createBlockchain();
        const [from, to] = [await blockchain.treasury('from'), await blockchain.treasury('to')];
        const silent = await from.send({ to: to.address, value: toNano(1) });
        expect((await measure(blockchain, silent, () => false)).steps.map((s) => s.work)).toEqual([
            undefined,
            undefined,
        ]);

        watch(blockchain);
        const result = await from.send({ to: to.address, value: toNano(1) });
        const { steps } = await measure(blockchain, result, () => false);
        // The wallet is called from outside and raises its gas limit on the way.
        expect(steps.map((s) => s.work?.gas)).toEqual(steps.map((s) => s.gas));
        // It is handed its new message as a whole, and its data stay as they are.
        expect(steps[0].work).toMatchObject({ messages: 1, reserves: 0, made: 0, needed: 0 });
        expect(steps[1].work).toMatchObject({ gas: 309, messages: 0, made: 0, needed: 0 });
        for (const { work } of steps) {
            expect(CLASS_NAMES.reduce((n, name) => n + work!.classes[name], 0)).toBe(work!.gas);
            expect(work!.hard).toBeLessThanOrEqual(work!.practical);
            expect(work!.practical).toBeLessThan(work!.gas);
        }
    });
});

describe('the recorded floors', () => {
    const work = (gas: number): Work => {
        const w = { ...noWork(), gas, hard: gas / 4, practical: gas / 2 };
        return { ...w, classes: { ...w.classes, stack: gas / 2, fields: gas / 4, made: gas / 4 } };
    };
    const step = (contract: string, gas: number): Step => ({
        contract,
        message: 'Go',
        gas,
        fees: 0n,
        exitCode: 0,
        work: work(gas),
    });
    const cost = (steps: Step[], per = 1) => ({
        gas: Math.round(steps.reduce((n, s) => n + s.gas, 0) / per),
        fees: 0n,
        hops: steps.length,
        steps,
        per,
    });
    const rowsOf = (gas: number): FloorRow[] => {
        const { record, rows } = createFloorRecorder(100);
        record('pool', 'claim', 1, cost([step('Vault', gas), step('Pot', 400)]));
        record('pool', 'batch', 100, cost([step('Registry', 800), step('Vault', 400), step('Vault', 400)], 2));
        return rows();
    };

    it('keep the smallest size and add up transactions of one kind', () => {
        const { record, rows } = createFloorRecorder(100);
        expect(record.sizes([1, 100, 1000])).toEqual([1, 100]);
        record('pool', 'claim', 100, cost([step('Vault', 4)]));
        record('pool', 'claim', 1, cost([step('Vault', 8), step('Vault', 8)]));
        record('pool', 'claim', 100, cost([step('Vault', 4)]));
        record('pool', 'claim', 1000, cost([step('Vault', 4)]));
        expect(rows()).toHaveLength(1);
        expect(rows()[0]).toMatchObject({ users: 1, total: { gas: 16 }, steps: [{ count: 2, gas: 16, hard: 4 }] });
    });

    it('are refused without a log, without transactions or with another sum', () => {
        const { record } = createFloorRecorder(100);
        const blind = { ...step('Vault', 4), work: undefined };
        expect(() => record('pool', 'claim', 1, cost([blind]))).toThrow('no log of Vault Go');
        expect(() => record('pool', 'claim', 1, { gas: 4, fees: 0n, hops: 1 })).toThrow('without its transactions');
        expect(() => record('pool', 'claim', 1, { ...cost([step('Vault', 4)]), gas: 5 })).toThrow('recorded 5');
        // An account without a contract has spent nothing.
        record('pool', 'claim', 1, cost([step('Vault', 4), { ...blind, gas: 0 }]));
    });

    it('survive being written and are compared transaction by transaction', () => {
        expect(JSON.parse(formatFloor(rowsOf(1000)))).toEqual(rowsOf(1000));
        expect(compareFloor(rowsOf(1000), rowsOf(1000))).toEqual([]);
        expect(compareFloor(rowsOf(1000), rowsOf(1004)).map((d) => d.row)).toEqual([
            'pool / claim / 1 / Vault Go',
            'pool / claim / 1 / all',
        ]);
        const [batch] = rowsOf(1000);
        expect(compareFloor(rowsOf(1000), [batch])).toHaveLength(3);
        // The sums are the same, the classes are not.
        const moved = rowsOf(1000);
        moved[1].steps[0].classes.stack -= 1;
        moved[1].steps[0].classes.rest += 1;
        expect(compareFloor(rowsOf(1000), moved)).toHaveLength(1);
    });

    it('judge a target', () => {
        expect(verdict(100, 100, 50, 70)).toBe('met');
        expect(verdict(80, 100, 50, 70)).toBe('above the practical floor');
        expect(verdict(69, 100, 50, 70)).toBe('below the practical floor');
        expect(verdict(49, 100, 50, 70)).toBe('below the hard floor');
    });

    it('are shown with target, marks and what lies above them', () => {
        const target = { family: 'pool', why: '' };
        const text = floorSection(rowsOf(1000), [
            { ...target, operation: 'claim', gas: 600 },
            { ...target, operation: 'batch', gas: 800, users: 100 },
        ]);
        expect(text).toContain('| claim | 1 | 600 | 1,400 | 350 | 700 | 0.86 | 2.00 | below the practical floor |');
        expect(text).toContain('| batch | 100 | 800 | 800 | 200 | 400 | 2.00 | 2.00 | met |');
        expect(text).toContain(
            'Target 600, measured 1,400, hard floor 350, practical floor 700; above that: stack moves',
        );
        expect(text).toContain('| **gas** | 1,000 | 400 | 1,400 |');
        expect(text).toContain('|  | Registry Go | Vault Go (2) | sum |');
        expect(text).toContain('| **gas** | 400 | 400 | 800 |');
        expect(floorSection(rowsOf(1000), [])).toContain('| claim | 1 |  | 1,400 | 350 | 700 |  | 2.00 | none |');
    });

    it('replace what is between the marks and nothing else', () => {
        const document = `before\n\n${BEGIN}\n\nold\n\n${END}\n\nafter\n`;
        const written = replaceSection(document, 'new');
        expect(written).toBe(document.replace('old', 'new'));
        expect(replaceSection(written, 'new')).toBe(written);
        expect(() => replaceSection('before', 'new')).toThrow('no part between');
        expect(() => replaceSection(`${END}${BEGIN}`, 'new')).toThrow('no part between');
    });

    it('add up', () => {
        const sum = noWork();
        addWork(sum, work(100));
        addWork(sum, work(300));
        expect(sum).toEqual(work(400));
    });
});
