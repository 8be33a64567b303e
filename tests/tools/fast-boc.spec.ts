/** Bags of cells and snapshots through the shortcuts of tests/support/fast-boc are what the originals give. */
import { beginCell, BitString, Cell, storeShardAccount, toNano } from '@ton/core';
import { Blockchain } from '@ton/sandbox';

import { deserializeBoc, loadFrom, ORIGINAL_BOC, serializeBoc, snapshot } from '../support/fast-boc';
import { Random, seeded } from '../support/random';

const OPTIONS = { idx: false, crc32: true };

/** A tree of up to `size` cells, some of them twice. */
function randomCell(random: Random, size: number): Cell {
    const made: Cell[] = [Cell.EMPTY];
    for (let i = 0; i < size; i++) {
        const builder = beginCell();
        const data = Buffer.from(Array.from({ length: 128 }, () => random.int(0, 255)));
        builder.storeBits(new BitString(data, 0, random.bool(0.5) ? 8 * random.int(0, 127) : random.int(0, 1023)));
        for (let r = random.int(0, 4); r > 0; r--) builder.storeRef(made[random.int(0, made.length - 1)]);
        made.push(builder.endCell());
    }
    return made.slice(-4).reduce((root, cell) => beginCell().storeRef(root).storeRef(cell).endCell(), Cell.EMPTY);
}

function same(a: Cell, b: Cell): void {
    expect(a.hash().toString('hex')).toBe(b.hash().toString('hex'));
    expect([a.type, a.level(), a.depth()]).toEqual([b.type, b.level(), b.depth()]);
}

describe('bags of cells', () => {
    it('are read and written as the originals do', async () => {
        await seeded('fast boc', (random) => {
            for (let i = 0; i < 30; i++) {
                const cell = randomCell(random, random.int(0, 40));
                const boc = ORIGINAL_BOC.serializeBoc(cell, OPTIONS);
                expect(serializeBoc(cell, OPTIONS)).toEqual(boc);
                expect(serializeBoc(cell, OPTIONS)).toEqual(boc);
                const [read] = deserializeBoc(boc);
                same(read, ORIGINAL_BOC.deserializeBoc(boc)[0]);
                expect(deserializeBoc(boc)[0]).toBe(read);
                expect(serializeBoc(read, OPTIONS)).toEqual(boc);
                for (const options of [
                    { idx: true, crc32: true },
                    { idx: false, crc32: false },
                ]) {
                    const other = ORIGINAL_BOC.serializeBoc(cell, options);
                    expect(serializeBoc(cell, options)).toEqual(other);
                    same(deserializeBoc(other)[0], cell);
                }
            }
        });
    });

    it('with exotic cells, too', () => {
        const library = beginCell().storeUint(2, 8).storeUint(7n, 256).endCell({ exotic: true });
        const pruned = beginCell().storeUint(1, 8).storeUint(1, 8).storeUint(9n, 256).storeUint(3, 16);
        const root = beginCell()
            .storeRef(library)
            .storeRef(pruned.endCell({ exotic: true }))
            .endCell();
        const boc = ORIGINAL_BOC.serializeBoc(root, OPTIONS);
        same(deserializeBoc(boc)[0], root);
        same(deserializeBoc(boc)[0], ORIGINAL_BOC.deserializeBoc(boc)[0]);
        expect(deserializeBoc(boc)[0].refs[0].isExotic).toBe(true);
        // An ordinary cell of the same bits is another cell.
        const ordinary = beginCell().storeUint(2, 8).storeUint(7n, 256).endCell();
        same(deserializeBoc(ORIGINAL_BOC.serializeBoc(ordinary, OPTIONS))[0], ordinary);
    });

    it('belong to whoever asked for them', () => {
        const cell = [...Array(30).keys()].reduce(
            (ref, i) => beginCell().storeUint(i, 8).storeRef(ref).endCell(),
            Cell.EMPTY,
        );
        const boc = cell.toBoc();
        const [read] = Cell.fromBoc(boc);
        boc.fill(0xff);
        same(read, cell);
        expect(cell.toBoc()).toEqual(ORIGINAL_BOC.serializeBoc(cell, OPTIONS));
    });

    it('are refused when they are broken', () => {
        const cell = beginCell().storeUint(1, 7).storeRef(beginCell().storeUint(5, 8).endCell()).endCell();
        const boc = ORIGINAL_BOC.serializeBoc(cell, { idx: false, crc32: false });
        const broken = (at: number, value: number): (() => Cell[]) => {
            const copy = Buffer.from(boc);
            copy[at < 0 ? copy.length + at : at] = value;
            return () => deserializeBoc(copy);
        };
        expect(broken(0, 0)).toThrow('Invalid magic');
        // The bag ends: root descriptor(2) bits(1) ref(1), child descriptor(2) bits(1).
        expect(broken(-4, 0)).toThrow('Invalid BOC file');
        expect(broken(-4, 9)).toThrow('Invalid BOC file');
        expect(broken(-5, 0)).toThrow('completion bit');
        const checked = Buffer.from(ORIGINAL_BOC.serializeBoc(cell, OPTIONS));
        checked[checked.length - 1] ^= 1;
        expect(() => deserializeBoc(checked)).toThrow('CRC32C');
    });
});

describe('snapshots', () => {
    it('bring back what the originals bring back', async () => {
        const chain = await Blockchain.create();
        chain.now = 1_800_000_000;
        const wallet = await chain.treasury('wallet');
        const other = await chain.treasury('other', { balance: toNano(5) });
        const contract = await chain.getContract(other.address);
        const fast = snapshot.call(contract);
        const state = (): unknown => [
            contract.balance,
            contract.lastTransactionLt,
            beginCell().store(storeShardAccount(contract.account)).endCell().toString(),
        ];
        const before = state();

        chain.now += 100;
        await wallet.send({ to: other.address, value: toNano(1) });
        expect(contract.balance).toBeGreaterThan(toNano('5.9'));
        loadFrom.call(contract, fast);
        expect(state()).toEqual(before);
        await wallet.send({ to: other.address, value: toNano(1) });
        loadFrom.call(contract, { ...fast, boc: undefined });
        expect(state()).toEqual(before);

        // What is done to the contract afterwards is not done to the snapshot.
        contract.balance = 1n;
        loadFrom.call(contract, fast);
        expect(state()).toEqual(before);
        const stranger = await chain.getContract(wallet.address);
        expect(() => loadFrom.call(stranger, fast)).toThrow('Wrong snapshot address');
    });
});
