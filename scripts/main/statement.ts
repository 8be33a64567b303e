/** A participant's statement, read from the transactions of his wallet: every nano that came or went is in one line. */
import { Address, Message, Transaction } from '@ton/core';

import { EmittedEvent, RewardDistribution } from '../../wrappers/pool';
import { feesOf, operationOf } from './desk';

export type StatementKind =
    /** Cocoon paid the vault; amount 0, it is pool money. */
    | 'earned'
    | 'reward'
    | 'stake'
    | 'unstake'
    /** His own money that passed through the vault. */
    | 'own'
    /** Attached to a message, and what came back of it. */
    | 'attached'
    | 'excess'
    | 'fee';

export type StatementRow = {
    time: number;
    round: number | null;
    kind: StatementKind;
    asset: 'TON';
    /** Nanoton; negative: it left the wallet. */
    amount: bigint;
    /** reward: before commission. earned: what the proxy paid. */
    gross: bigint | null;
    weight: bigint | null;
    totalWeight: bigint | null;
    txHash: string;
    lt: bigint;
    counterparty: string;
    note: string;
};

export const STATEMENT_COLUMNS = [
    'time_utc',
    'round',
    'kind',
    'asset',
    'amount',
    'gross',
    'weight',
    'total_weight',
    'tx_hash',
    'lt',
    'counterparty',
    'note',
] as const;

/** How a reward came about. */
export type Earning = { amount: bigint; commission: bigint; score: bigint; totalScore: bigint };

export type StatementSources = {
    wallet: Address;
    /** Transactions of the wallet, oldest first. */
    transactions: readonly Transaction[];
    /** Payouts of Cocoon to his vault. */
    payouts: readonly { tx: Transaction; from: Address; value: bigint }[];
    earning: (round: number) => Promise<Earning>;
};

/** Rounds of a RewardPaid or of the event ClaimPaid. */
export function roundsOf(claim: Pick<EmittedEvent<'ClaimPaid'>, 'firstRound' | 'mask'>): number[] {
    const rounds: number[] = [];
    for (let i = 0; claim.mask >> BigInt(i) !== 0n; i++) {
        if (((claim.mask >> BigInt(i)) & 1n) === 1n) {
            rounds.push(Number(claim.firstRound) + i);
        }
    }
    return rounds;
}

/** Rounds of a RewardPaid message; null for any other. */
export function rewardRounds(message: Message): number[] | null {
    const slice = message.body.beginParse();
    if (slice.remainingBits < 192 || slice.loadUint(32) !== RewardDistribution.opcodes.RewardPaid) {
        return null;
    }
    slice.skip(64);
    return roundsOf({ firstRound: BigInt(slice.loadUint(32)), mask: slice.loadUintBig(64) });
}

export async function statementOf(sources: StatementSources): Promise<StatementRow[]> {
    const rows: StatementRow[] = [];
    const add = (
        tx: Transaction,
        kind: StatementKind,
        amount: bigint,
        counterparty: Address | null,
        note: string,
        more: Partial<Pick<StatementRow, 'round' | 'gross' | 'weight' | 'totalWeight'>> = {},
    ) =>
        rows.push({
            time: tx.now,
            round: null,
            kind,
            asset: 'TON',
            amount,
            gross: null,
            weight: null,
            totalWeight: null,
            txHash: tx.hash().toString('hex'),
            lt: tx.lt,
            counterparty: counterparty?.toString() ?? '',
            note,
            ...more,
        });
    for (const { tx, from, value } of sources.payouts) {
        add(tx, 'earned', 0n, from, 'Cocoon paid the vault', { gross: value });
    }
    for (const tx of sources.transactions) {
        const received = tx.inMessage;
        if (received?.info.type === 'internal') {
            const { src, value } = received.info;
            const rounds = rewardRounds(received);
            const operation = operationOf(received) ?? 'transfer';
            if (rounds !== null) {
                for (const round of rounds) {
                    const { amount, commission, score, totalScore } = await sources.earning(round);
                    add(tx, 'reward', amount, src, `round ${round}`, {
                        round,
                        gross: amount + commission,
                        weight: score,
                        totalWeight: totalScore,
                    });
                }
            } else if (operation === 'StakeReturned') {
                add(tx, 'unstake', value.coins, src, 'the stake, and what was left of the message');
            } else if (operation === 'OwnMoney') {
                add(tx, 'own', value.coins, src, 'own money by way of the vault');
            } else {
                add(tx, 'excess', value.coins, src, operation);
            }
        }
        for (const message of tx.outMessages.values()) {
            if (message.info.type !== 'internal') {
                continue;
            }
            const { dest, value } = message.info;
            const operation = operationOf(message) ?? 'transfer';
            let attached = value.coins;
            if (operation === 'Register') {
                const stake = message.body.beginParse().skip(96).loadCoins();
                add(tx, 'stake', -stake, dest, 'registration');
                attached -= stake;
            }
            add(tx, 'attached', -attached, dest, operation);
        }
        add(tx, 'fee', -feesOf(tx), null, 'network');
    }
    return rows.filter((row) => row.kind !== 'fee' || row.amount !== 0n).sort((a, b) => Number(a.lt - b.lt));
}
