/**
 * docs/schema.tlb against reality: every message and event that a busy pool sends, and every stored structure, is taken
 * apart by the document alone, to the last bit.
 */
import * as fs from 'fs';
import * as path from 'path';

import { Cell, toNano, Transaction } from '@ton/core';

import { schema } from '../../tools/schema/schema';
import { PoolEnvironment } from '../support/pool/environment';
import { bodies, TlbRecord, TlbSchema } from '../support/tlb';

const TEXT = fs.readFileSync(path.join(__dirname, '../../docs/schema.tlb'), 'utf8');
const DOCUMENT = new TlbSchema(TEXT);
const root = path.join(__dirname, '../..');

describe('docs/schema.tlb', () => {
    it('is what the contracts imply', () => {
        expect(TEXT).toBe(schema());
    });

    it('declares every message of the Tact sources, with its opcode', () => {
        const source = fs.readFileSync(path.join(root, 'contracts/pool/messages.tact'), 'utf8');
        const declared = [...source.matchAll(/^message\(0x([0-9a-f]+)\) (\w+)/gm)];
        expect(declared.length).toBeGreaterThan(100);
        for (const [, opcode, name] of declared)
            expect([name, DOCUMENT.opcodes().get(parseInt(opcode, 16))?.name]).toEqual([name, name]);
    });

    it('gives every incoming message a queryId first', () => {
        for (const [opcode, type] of DOCUMENT.opcodes()) {
            if (((opcode >>> 16) & 0xf0ff) === 0x700e) continue; // events answer nobody
            if (type.name.endsWith('Payload')) continue; // rides on a jetton notification, which has the query id
            expect([type.name, type.fields[0]]).toEqual([type.name, { name: 'query_id', type: 'uint64' }]);
        }
    });

    it('reads every message, event and storage of a pool at work', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86400 });
        const seen = new Map<string, number>();
        const check = (transactions: Transaction[]) => {
            for (const body of bodies(transactions)) {
                const { name } = DOCUMENT.readBody(body);
                seen.set(name, (seen.get(name) ?? 0) + 1);
            }
        };
        const owner = env.roles.owner.getSender();
        check((await env.register('alice', { recovery: 'bob', minPayout: 1n })).transactions);
        check((await env.register('bob')).transactions);
        for (let epoch = 0; epoch < 10; epoch++) {
            check((await env.payVault('alice', toNano('5'))).transactions);
            await env.endEpoch();
            const seconds = epoch === 0 ? 80000 : 86400;
            check(
                (
                    await env.report(epoch, [
                        { who: 'alice', seconds },
                        { who: 'bob', seconds },
                    ])
                ).transactions,
            );
            check((await env.seal()).transactions);
            await env.untilDue();
            check((await env.closeEpoch()).transactions);
        }
        check((await env.poke('alice')).transactions);
        check((await env.announceSlash('bob', toNano('1'))).transactions);
        check((await env.vetoSlash('bob')).transactions);
        check((await env.operator.sendSetCommission(owner, { bps: 1200n })).transactions);
        const alice = await env.vault('alice');
        check((await alice.sendRequestExit((await env.person('alice')).getSender(), {})).transactions);

        for (const name of [
            'Register OpenVault ParticipantsChanged VaultPayout Income IncomeBooked ReportMetrics MetricsEntry',
            'MetricsReported Seal EpochMarked CloseEpoch EpochClosed RoundTotals RoundFixed CommissionPaid Poke Claim',
            'ClaimPaid RewardPaid Excesses AnnounceSlash SlashAnnounced SlashEvent VetoSlash SlashVetoed SetCommission',
            'CommissionChange CommissionScheduled RequestExit VaultUpdate VaultChanged',
        ].flatMap((line) => line.split(' ')))
            expect([name, seen.has(name)]).toEqual([name, true]);

        const data = async (address: Parameters<typeof env.blockchain.getContract>[0]) => {
            const state = (await env.blockchain.getContract(address)).accountState;
            if (state?.type !== 'active' || !state.state.data) throw new Error('not deployed');
            return state.state.data;
        };
        const operator = DOCUMENT.read('PoolOperator', await data(env.operator.address));
        expect(operator.stake).toBe(toNano('100'));
        const desk = DOCUMENT.read('OperatorDesk', operator.desk as Cell);
        DOCUMENT.read('OperatorAdmin', desk.admin as Cell);
        const notices = DOCUMENT.read('OperatorNotices', desk.more as Cell);
        expect(notices.set_up).toBeNull(); // an active pool has dropped it
        const fresh = await PoolEnvironment.create({
            until: 'deployed',
            blockchain: env.blockchain,
            commissionBps: 700,
        });
        const freshDesk = DOCUMENT.read(
            'OperatorDesk',
            DOCUMENT.read('PoolOperator', await data(fresh.operator.address)).desk as Cell,
        );
        const freshNotices = DOCUMENT.read('OperatorNotices', freshDesk.more as Cell);
        expect(DOCUMENT.read('PoolSetUp', freshNotices.set_up as Cell).commission_bps).toBe(700n);
        DOCUMENT.read('ParticipantRegistry', await data(env.registry.address));
        const pot = DOCUMENT.read('RewardDistribution', await data(env.distribution.address));
        const vault = DOCUMENT.read('ParticipantVault', await data(alice.address));
        expect((vault.ledger as bigint) >> 131n).toBe(toNano('10'));
        const account = DOCUMENT.read('VaultAccount', vault.account as Cell);
        const terms = DOCUMENT.read('ClaimTerms', account.terms as Cell);
        expect(terms.min_payout).toBe(1n);

        // What the contracts write by hand: the newest metrics, and the first full block of rounds.
        const metrics = DOCUMENT.read('MetricsBlock', vault.recent as Cell);
        expect(metrics).toMatchObject({ number: 1n, e1: { present: 1n, bucket: 0n }, e2: { present: 0n } });
        expect((metrics.e1 as TlbRecord).score).toBe((await alice.getEpoch(9)).score);
        const books = DOCUMENT.read('DistributionBooks', pot.books as Cell);
        const ring = DOCUMENT.read('RoundRing', books.ring_low as Cell);
        const block = DOCUMENT.read('RoundBlock', ring.block0 as Cell);
        expect(block.end).toBe(8n);
        const round = await env.round(3);
        expect(block.left3).toBe(round.unpaid);
        const leaf = DOCUMENT.read('RoundLeaf', block.leaf1 as Cell);
        expect(leaf.odd).toMatchObject({
            with_scores: 1n,
            attempt: 0n,
            pot: round.pot,
            rewards: round.rewards,
            commission_bps: round.commissionBps,
            bonus: (round.pot * round.factor) / 10n,
            total: round.total,
            allocated: round.allocated,
            fixed_at: round.fixedAt,
            factor: round.factor,
        });
        const changes = DOCUMENT.read('DistributionDesk', books.desk as Cell).changes as Cell;
        expect(DOCUMENT.read('CommissionRecord', changes).bps).toBe(1000n);
        DOCUMENT.read('VaultProfile', account.profile as Cell);
    });
});
