import { toNano } from '@ton/core';
import { breakdown, measure, sum, walletPredicate } from '../../tools/bench/measure';
import { checkTargets, markdownReport } from '../../tools/bench/report';
import { compareRows, createRecorder, formatRows, sortRows } from '../../tools/bench/rows';
import type { GasRow } from '../../tools/bench/rows';
import { createBlockchain } from '../support/chain';

describe('measuring a chain', () => {
    it('leaves out wallets and adds up transaction and forward fees of the rest', async () => {
        const blockchain = await createBlockchain();
        const [from, to] = [await blockchain.treasury('from'), await blockchain.treasury('to')];
        const result = await from.send({ to: to.address, value: toNano(1), bounce: false });
        const [sent, received] = result.transactions;
        const message = sent.outMessages.get(0);
        if (message?.info.type !== 'internal') throw new Error('no message was sent');

        const receiver = await measure(blockchain, result, walletPredicate(from));
        expect(receiver).toMatchObject({ gas: 309, hops: 1, fees: received.totalFees.coins });

        const both = await measure(blockchain, result, () => false);
        expect(both.hops).toBe(2);
        expect(both.fees).toBe(sent.totalFees.coins + message.info.forwardFee + received.totalFees.coins);

        expect(await measure(blockchain, result, walletPredicate(from, to))).toMatchObject({
            gas: 0,
            fees: 0n,
            hops: 0,
        });

        const twice = sum(both, receiver);
        expect(twice).toMatchObject({ gas: both.gas + 309, hops: 3, fees: both.fees + receiver.fees });
        const code = both.steps[0].contract;
        expect(breakdown(twice)).toEqual([
            { contract: code, message: expect.any(String), count: 1, gas: both.gas - 309 },
            { contract: code, message: 'empty', count: 2, gas: 618 },
        ]);
    });
});

describe('recorded figures', () => {
    const row = (operation: string, users: number, gas: number): GasRow => ({
        family: 'pool',
        operation,
        users,
        gas,
        fees: '1500000',
        hops: 2,
    });

    it('drop sizes beyond the limit and refuse doubles', () => {
        const { record, rows } = createRecorder(100);
        expect(record.sizes([1, 100, 1000])).toEqual([1, 100]);
        record('pool', 'withdraw', 100, { gas: 5, fees: 6n, hops: 1 });
        record('pool', 'withdraw', 1000, { gas: 5, fees: 6n, hops: 1 });
        expect(rows).toEqual([{ family: 'pool', operation: 'withdraw', users: 100, gas: 5, fees: '6', hops: 1 }]);
        expect(() => record('pool', 'withdraw', 100, { gas: 7, fees: 6n, hops: 1 })).toThrow('recorded twice');
    });

    it('are compared figure by figure', () => {
        const committed = [row('deposit', 1, 10), row('deposit', 10, 20), row('withdraw', 1, 30)];
        expect(compareRows(committed, [...committed].reverse())).toEqual([]);
        const measured = [row('deposit', 1, 10), row('deposit', 10, 21), row('claim', 1, 30)];
        expect(compareRows(committed, measured)).toEqual([
            { row: 'pool / claim / 1', committed: 'absent', measured: 'gas 30, fees 1500000, hops 2' },
            {
                row: 'pool / deposit / 10',
                committed: 'gas 20, fees 1500000, hops 2',
                measured: 'gas 21, fees 1500000, hops 2',
            },
            { row: 'pool / withdraw / 1', committed: 'gas 30, fees 1500000, hops 2', measured: 'absent' },
        ]);
    });

    it('survive being written, sorted by size as a number', () => {
        const rows = sortRows([row('a', 10, 1), row('a', 9, 1)]);
        expect(JSON.parse(formatRows(rows))).toEqual([row('a', 9, 1), row('a', 10, 1)]);
    });

    it('are judged by their worst size and shown beside others', () => {
        const rows = [row('deposit', 1, 1000), row('deposit', 10, 2000)];
        const target = { family: 'pool', operation: 'deposit', why: 'reason' };
        const targets = [
            { ...target, gas: 2000 },
            { ...target, gas: 1999 },
            { ...target, gas: 1000, users: 1 },
            { ...target, operation: 'claim', gas: 1 },
        ];
        expect(checkTargets(rows, targets).map((t) => t.state)).toEqual(['ok', 'over', 'ok', 'not measured']);
        const figures = [{ family: 'pool', operation: 'deposit', implementation: 'other', users: 10, gas: 2500 }];
        const report = markdownReport(rows, { targets, figures });
        expect(report).toContain('| deposit | 1,000 (2) | 2,000 (2) |');
        expect(report).toContain('| deposit | 0.001500 | 0.001500 |');
        expect(report).toContain('| deposit | any | 1,999 | 2,000 | over | reason |');
        expect(report).toContain('| deposit | 10 | 2,500 | 2,000 | other |');
    });
});
