/**
 * CSV as the scripts read and write it: a header line, commas, double quotes where a field needs them, `#` comments and
 * empty lines skipped. A file is read as a whole: every mistake of every line is collected before anything is refused,
 * so that one run shows everything there is to correct.
 */
import { Address } from '@ton/core';

import { BPS, MAX_GPU, MetricsRow } from '../../wrappers/pool';

/** A mistake in a file; the first line of a file is line 1. */
export type CsvProblem = { line: number; message: string };

/** Everything that is wrong with a file. */
export class CsvError extends Error {
    constructor(
        readonly problems: readonly CsvProblem[],
        file = 'csv',
    ) {
        const shown = problems.slice(0, 20).map((p) => `${file}:${p.line}: ${p.message}`);
        if (problems.length > shown.length) {
            shown.push(`... and ${problems.length - shown.length} more`);
        }
        super(shown.join('\n'));
        this.name = 'CsvError';
    }
}

/** One line of a file by the names of the header. */
export type CsvRecord = { line: number; fields: Record<string, string> };

type Cells = { line: number; cells: string[] };

function split(text: string, file: string): Cells[] {
    const rows: Cells[] = [];
    const source = text.replace(/^\uFEFF/, '');
    let line = 1;
    let row: Cells = { line, cells: [] };
    let field = '';
    let quotedField = false;
    let inQuotes = false;
    const endField = () => {
        row.cells.push(quotedField ? field : field.trim());
        field = '';
        quotedField = false;
    };
    const endRow = () => {
        endField();
        const empty = row.cells.length === 1 && row.cells[0] === '';
        if (!empty && !row.cells[0].startsWith('#')) {
            rows.push(row);
        }
    };
    for (let i = 0; i < source.length; i++) {
        const c = source[i];
        if (inQuotes) {
            if (c === '"' && source[i + 1] === '"') {
                field += '"';
                i++;
            } else if (c === '"') {
                inQuotes = false;
            } else {
                field += c;
                if (c === '\n') {
                    line++;
                }
            }
        } else if (c === '"' && field.trim() === '') {
            field = '';
            inQuotes = true;
            quotedField = true;
        } else if (c === ',') {
            endField();
        } else if (c === '\n') {
            endRow();
            line++;
            row = { line, cells: [] };
        } else if (c !== '\r') {
            field += c;
        }
    }
    if (inQuotes) {
        throw new CsvError([{ line: row.line, message: 'a quoted field is not closed' }], file);
    }
    endRow();
    return rows;
}

/** Records of a file whose header must have `required`; other columns are kept. Throws CsvError. */
export function parseCsv(text: string, required: readonly string[], file = 'csv'): CsvRecord[] {
    const [header, ...body] = split(text, file);
    if (header === undefined) {
        throw new CsvError([{ line: 1, message: `the file is empty; the header is ${required.join(',')}` }], file);
    }
    const names = header.cells.map((name) => name.toLowerCase());
    const problems: CsvProblem[] = [];
    const missing = required.filter((name) => !names.includes(name));
    if (missing.length > 0) {
        problems.push({ line: header.line, message: `column ${missing.join(', ')} is missing in the header` });
    }
    const twice = names.filter((name, i) => names.indexOf(name) !== i);
    if (twice.length > 0) {
        problems.push({ line: header.line, message: `column ${twice.join(', ')} is in the header twice` });
    }
    if (problems.length > 0) {
        throw new CsvError(problems, file);
    }
    const records: CsvRecord[] = [];
    for (const { line, cells } of body) {
        if (cells.length !== names.length) {
            problems.push({ line, message: `${cells.length} fields where the header has ${names.length}` });
            continue;
        }
        records.push({ line, fields: Object.fromEntries(names.map((name, i) => [name, cells[i]])) });
    }
    if (problems.length > 0) {
        throw new CsvError(problems, file);
    }
    return records;
}

/** Turns a name into an address; undefined for a name it does not know. */
export type ResolveName = (name: string) => Address | undefined | Promise<Address | undefined>;

/** A row of metrics and where it stands. */
export type MetricsCsvRow = MetricsRow & {
    line: number;
    /** As written: a name, or an address. */
    label: string;
};

export const METRICS_COLUMNS = ['participant', 'seconds', 'gpu', 'uptime_bps', 'outages'] as const;

export type MetricsCsvOptions = {
    /** Length of the epoch: no row may have more seconds. */
    epochSeconds?: number | bigint;
    /** Name of the file in messages. */
    file?: string;
};

/** An address as people write it, or undefined. */
export function tryAddress(text: string): Address | undefined {
    try {
        return Address.parse(text);
    } catch {
        return undefined;
    }
}

/** Looks like an address rather than like a name: a typo in one must not be taken for a name. */
function resemblesAddress(text: string): boolean {
    return /^(-?\d+:[0-9a-fA-F]+|[A-Za-z0-9_+/=-]{40,})$/.test(text);
}

/**
 * Rows of a metrics file: `participant,seconds,gpu,uptime_bps,outages`. `participant` is an address, or with
 * `resolveName` (the local chain only) a name. All problems at once as CsvError.
 */
export async function parseMetricsCsv(
    text: string,
    resolveName?: ResolveName,
    options: MetricsCsvOptions = {},
): Promise<MetricsCsvRow[]> {
    const file = options.file ?? 'csv';
    const problems: CsvProblem[] = [];
    const rows: MetricsCsvRow[] = [];
    const seen = new Map<string, number>();
    for (const { line, fields } of parseCsv(text, METRICS_COLUMNS, file)) {
        const before = problems.length;
        const label = fields.participant;
        let participant = tryAddress(label);
        if (participant === undefined && resolveName !== undefined && label !== '' && !resemblesAddress(label)) {
            participant = await resolveName(label);
        }
        if (label === '') {
            problems.push({ line, message: 'participant is empty' });
        } else if (participant === undefined) {
            const what = resolveName === undefined ? 'an address' : 'an address or a known name';
            problems.push({ line, message: `participant "${label}" is not ${what}` });
        } else if (participant.workChain !== 0) {
            problems.push({ line, message: `participant ${label} is not in the basechain` });
        } else {
            const first = seen.get(participant.toRawString());
            if (first !== undefined) {
                problems.push({ line, message: `participant ${label} is in line ${first} already` });
            }
            seen.set(participant.toRawString(), first ?? line);
        }
        const integer = (column: string, low: bigint, high: bigint | undefined): number => {
            const value = fields[column];
            if (!/^\d{1,15}$/.test(value)) {
                problems.push({ line, message: `${column} "${value}" is not a whole number` });
                return 0;
            }
            if (BigInt(value) < low || (high !== undefined && BigInt(value) > high)) {
                problems.push({ line, message: `${column} ${value} is not between ${low} and ${high ?? 'any'}` });
            }
            return Number(value);
        };
        const seconds = integer('seconds', 0n, BigInt(options.epochSeconds ?? 0xffffffffn));
        const gpu = integer('gpu', 1n, MAX_GPU);
        const uptimeBps = integer('uptime_bps', 0n, BPS);
        const outages = integer('outages', 0n, 0xffffn);
        if (problems.length === before && participant !== undefined) {
            rows.push({ participant, seconds, gpu, uptimeBps, outages, line, label });
        }
    }
    if (problems.length > 0) {
        throw new CsvError(problems, file);
    }
    return rows;
}

export const FLEET_COLUMNS = ['name', 'stake_ton', 'gpus', 'gpu_score'] as const;

/** One participant of a fleet file; other columns are in `fields`. */
export type FleetRow = {
    line: number;
    /** A wallet name of the local chain, or an address. */
    name: string;
    /** TON, as written. */
    stakeTon: string;
    gpus: number;
    gpuScore: number;
    fields: Record<string, string>;
};

/** Rows of a fleet file: `name,stake_ton,gpus,gpu_score` and whatever else it has. All problems at once. */
export function parseFleetCsv(text: string, file = 'csv'): FleetRow[] {
    const problems: CsvProblem[] = [];
    const seen = new Map<string, number>();
    const rows = parseCsv(text, FLEET_COLUMNS, file).map(({ line, fields }): FleetRow => {
        const whole = (column: string): number => {
            if (!/^\d{1,9}$/.test(fields[column])) {
                problems.push({ line, message: `${column} "${fields[column]}" is not a whole number` });
            }
            return Number(fields[column]);
        };
        if (fields.name === '') {
            problems.push({ line, message: 'name is empty' });
        } else if (seen.has(fields.name)) {
            problems.push({ line, message: `${fields.name} is in line ${seen.get(fields.name)} already` });
        }
        seen.set(fields.name, line);
        if (!/^\d+(\.\d{1,9})?$/.test(fields.stake_ton)) {
            problems.push({ line, message: `stake_ton "${fields.stake_ton}" is not an amount of TON` });
        }
        return {
            line,
            name: fields.name,
            stakeTon: fields.stake_ton,
            gpus: whole('gpus'),
            gpuScore: whole('gpu_score'),
            fields,
        };
    });
    if (problems.length > 0) {
        throw new CsvError(problems, file);
    }
    return rows;
}

/** One line of CSV, quoted where needed. */
export function csvLine(values: readonly (string | number | bigint)[]): string {
    return values
        .map((value) => {
            const text = String(value);
            return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
        })
        .join(',');
}
