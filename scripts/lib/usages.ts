/** Usages in a file, for those who record them with the emission or with a registry. */
import { Address } from '@ton/core';

import { modelKey, Usage } from '../../wrappers/token';
import { CsvError, CsvProblem, parseCsv } from './csv';
import { UsageError } from './errors';
import { parseTime } from './format';
import { readText } from './participants';
import { Session } from './session';

export const USAGE_COLUMNS = [
    'consumer',
    'provider',
    'model',
    'prompt_tokens',
    'completion_tokens',
    'amount',
    'time',
    'nonce',
];

/** A usage and where it stands in the file. */
export type UsageRow = Usage & { model: string; line: number };

/** Rows of the file. Every mistake of every line at once. */
export async function readUsages(session: Session, file: string, amountBits = 120n): Promise<UsageRow[]> {
    const problems: CsvProblem[] = [];
    const rows: UsageRow[] = [];
    // Files have many lines of few parties.
    const seen = new Map<string, Address>();
    const records = parseCsv(readText(file), USAGE_COLUMNS, file);
    for (const { line, fields } of records) {
        const before = problems.length;
        const problem = (message: string) => problems.push({ line, message });
        const address = async (column: string): Promise<Address | undefined> => {
            const before = seen.get(fields[column]);
            if (before !== undefined) {
                return before;
            }
            try {
                const found = await session.toAddress(fields[column], column);
                if (found.workChain === 0) {
                    seen.set(fields[column], found);
                    return found;
                }
                problem(`${column} ${fields[column]} is not in the basechain`);
            } catch (e) {
                problem(e instanceof Error ? e.message : String(e));
            }
            return undefined;
        };
        const integer = (column: string, low: bigint, high: bigint): bigint => {
            const text = fields[column];
            const value = /^\d{1,40}$/.test(text) ? BigInt(text) : -1n;
            if (value < low || value > high) {
                problem(`${column} "${text}" is not a whole number from ${low} to ${high}`);
            }
            return value;
        };
        const consumer = await address('consumer');
        const provider = await address('provider');
        try {
            modelKey(fields.model);
        } catch (e) {
            problem(e instanceof Error ? e.message : String(e));
        }
        let at = 0;
        try {
            at = parseTime(fields.time, 'time');
        } catch (e) {
            problem(e instanceof Error ? e.message : String(e));
        }
        const row = {
            model: fields.model,
            promptTokens: integer('prompt_tokens', 0n, 0xffffffffn),
            completionTokens: integer('completion_tokens', 0n, 0xffffffffn),
            amount: integer('amount', 0n, (1n << amountBits) - 1n),
            time: at,
            nonce: integer('nonce', 1n, (1n << 64n) - 1n),
            line,
        };
        if (problems.length === before && consumer !== undefined && provider !== undefined) {
            rows.push({ ...row, consumer, provider });
        }
    }
    if (problems.length > 0) {
        throw new UsageError(
            `Nothing was sent. ${problems.length} problem(s):\n${new CsvError(problems, file).message}`,
        );
    }
    return rows;
}
