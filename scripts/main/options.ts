import * as path from 'node:path';
import { parseArgs } from 'node:util';

/** What was given is wrong, and nothing has been sent: exit code 2. */
export class InputError extends Error {}

export type MainOptions = {
    fleet: string;
    /** One file an epoch, in order. */
    metrics: string[];
    commissionBps: number;
    out: string;
    json: boolean;
    epochDays: number;
};

const EXAMPLES = path.join(__dirname, '..', 'examples');

export const HELP = `Usage: npm start -- [options]

Runs a whole pool on a fresh embedded chain: builds the contracts, deploys a pool, registers a fleet, lets the double of
Cocoon pay the vaults, reports metrics, fixes and pays one round an epoch, raises the commission with notice, and checks
every figure to the nano against an independent computation. Nothing leaves this machine.

Options:
  --fleet <file>        name,stake_ton,gpus,gpu_score,behaviour,cocoon_ton_epoch_1,...  (default: the example)
  --metrics <file>      participant,seconds,gpu,uptime_bps,outages; once for each epoch (default: two examples)
  --commission <5..15>  per cent, up to two decimals (default: 10)
  --epoch-days <1..28>  length of an epoch (default: 7)
  --out <folder>        where tables and statements go (default: out)
  --json                print the summary as JSON and nothing else
  --help

Exit codes: 0 every check passed, 1 a check or a transaction failed, 2 bad input (nothing was sent).
The files are described in docs/main-job.md.`;

function commissionOf(text: string): number {
    const bps = /^\d{1,2}(\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : NaN;
    if (!(bps >= 500 && bps <= 1500)) {
        throw new InputError(`--commission ${text}: between 5 and 15 per cent, with two decimals at most`);
    }
    return bps;
}

function daysOf(text: string): number {
    const days = /^\d{1,2}$/.test(text) ? Number(text) : NaN;
    if (!(days >= 1 && days <= 28)) {
        throw new InputError(`--epoch-days ${text}: a whole number from 1 to 28`);
    }
    return days;
}

/** Options of the command line; null when help was asked for. */
export function parseOptions(args: string[]): MainOptions | null {
    let values;
    try {
        ({ values } = parseArgs({
            args,
            strict: true,
            allowPositionals: false,
            options: {
                fleet: { type: 'string' },
                metrics: { type: 'string', multiple: true },
                commission: { type: 'string', default: '10' },
                out: { type: 'string', default: 'out' },
                json: { type: 'boolean', default: false },
                'epoch-days': { type: 'string', default: '7' },
                help: { type: 'boolean', default: false },
            },
        }));
    } catch (e) {
        throw new InputError(`${(e as Error).message}\n\n${HELP}`);
    }
    if (values.help) {
        return null;
    }
    return {
        fleet: values.fleet ?? path.join(EXAMPLES, 'fleet.csv'),
        metrics: values.metrics ?? [1, 2].map((epoch) => path.join(EXAMPLES, `metrics-epoch-${epoch}.csv`)),
        commissionBps: commissionOf(values.commission),
        out: values.out,
        json: values.json,
        epochDays: daysOf(values['epoch-days']),
    };
}
