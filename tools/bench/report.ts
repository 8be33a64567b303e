/** docs/gas.md: our figures, the limits we set ourselves, and what comparable contracts need. */
import type { GasRow } from './rows';

/** A figure of somebody else's contract. `operation` is the name of our operation it stands beside. */
export interface PeerFigure {
    family: string;
    operation: string;
    implementation: string;
    users: number;
    gas: number;
    note?: string;
}

export interface Target {
    family: string;
    operation: string;
    /** Most gas the operation may take, at any measured size unless `users` names one. */
    gas: number;
    users?: number;
    why: string;
}

/** A sentence below the tables of a family: what is measured in something else than gas. */
export interface Note {
    family: string;
    text: string;
}

export interface Peers {
    figures: PeerFigure[];
    targets: Target[];
    notes?: Note[];
}

export interface TargetResult extends Target {
    measured: number | undefined;
    state: 'ok' | 'over' | 'not measured';
}

export function checkTargets(rows: GasRow[], targets: Target[]): TargetResult[] {
    return targets.map((target) => {
        const gas = rows
            .filter((r) => r.family === target.family && r.operation === target.operation)
            .filter((r) => target.users === undefined || r.users === target.users)
            .map((r) => r.gas);
        const measured = gas.length > 0 ? Math.max(...gas) : undefined;
        const state = measured === undefined ? 'not measured' : measured <= target.gas ? 'ok' : 'over';
        return { ...target, measured, state };
    });
}

function number(n: number | undefined): string {
    return n === undefined ? '' : n.toLocaleString('en-US');
}

function ton(nanoton: string): string {
    const digits = nanoton.padStart(10, '0');
    return `${digits.slice(0, -9)}.${digits.slice(-9, -3)}`;
}

function markdownTable(header: string[], rows: string[][]): string {
    // Only the first column is text in our tables.
    const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
    return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function unique<T>(items: T[]): T[] {
    return [...new Set(items)];
}

function familySection(family: string, rows: GasRow[], peers: Peers): string {
    const own = rows.filter((r) => r.family === family);
    const sizes = unique(own.map((r) => r.users)).sort((a, b) => a - b);
    const operations = unique(own.map((r) => r.operation));
    const pivot = (cell: (row: GasRow) => string): string =>
        markdownTable(
            ['operation', ...sizes.map((n) => `${number(n)} users`)],
            operations.map((operation) => [
                operation,
                ...sizes.map((users) => {
                    const row = own.find((r) => r.operation === operation && r.users === users);
                    return row ? cell(row) : '';
                }),
            ]),
        );
    const parts = [`## ${family}`];
    if (own.length > 0) {
        parts.push(
            'Gas of the whole chain (transactions in brackets):',
            pivot((r) => `${number(r.gas)} (${r.hops})`),
        );
        parts.push(
            'Fees of the whole chain in TON, at the prices the sandbox ships:',
            pivot((r) => ton(r.fees)),
        );
    }
    const targets = checkTargets(rows, peers.targets).filter((t) => t.family === family);
    if (targets.length > 0) {
        parts.push('Limits we hold ourselves to, in gas:');
        parts.push(
            markdownTable(
                ['operation', 'users', 'limit', 'measured', '', 'why'],
                targets.map((t) => [
                    t.operation,
                    t.users === undefined ? 'any' : number(t.users),
                    number(t.gas),
                    number(t.measured),
                    t.state,
                    t.why,
                ]),
            ),
        );
    }
    const figures = peers.figures.filter((f) => f.family === family);
    if (figures.length > 0) {
        parts.push('Beside comparable contracts, in gas (ours at the largest size that is not above theirs):');
        parts.push(
            markdownTable(
                ['operation', 'users', 'theirs', 'ours', 'implementation'],
                figures.map((f) => [
                    f.operation,
                    number(f.users),
                    number(f.gas),
                    number(nearest(own, f)?.gas),
                    f.note ? `${f.implementation}: ${f.note}` : f.implementation,
                ]),
            ),
        );
    }
    parts.push(...(peers.notes ?? []).filter((note) => note.family === family).map((note) => note.text));
    return parts.join('\n\n');
}

/** The row of an operation at the largest size up to that of a peer. */
function nearest(rows: readonly GasRow[], peer: { operation: string; users: number }): GasRow | undefined {
    return rows
        .filter((r) => r.operation === peer.operation && r.users <= peer.users)
        .reduce<GasRow | undefined>((best, row) => (best && best.users >= row.users ? best : row), undefined);
}

export function markdownReport(rows: GasRow[], peers: Peers): string {
    const families = unique([
        ...rows.map((r) => r.family),
        ...peers.targets.map((t) => t.family),
        ...peers.figures.map((f) => f.family),
    ]).sort();
    return (
        [
            '# Gas and fees',
            'Written by `npm run bench`; `npm run bench -- --check` repeats the measurements for up to 100 users and ' +
                'fails if a figure differs from docs/gas.json. Gas is the sum over all transactions of the chain an ' +
                'operation sets off, plain wallets left out. Fees are the transaction fees plus the forward fees of ' +
                'the internal messages sent.',
            ...families.map((family) => familySection(family, rows, peers)),
        ].join('\n\n') + '\n'
    );
}
