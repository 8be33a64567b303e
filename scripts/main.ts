/**
 * The main job: `npm start [-- options]`. A whole pool on a fresh embedded chain, every figure checked to the nano; see
 * docs/main-job.md and `npm start -- --help`.
 */
import * as path from 'node:path';

import { buildAll } from '../tools/build';
import { LocalChain } from '../tools/localnet/engine';
import { HELP, InputError, parseOptions } from './main/options';

/** The clock of the chain starts here and moves with the messages: the same input gives the same transactions. */
const START = 1_800_000_000;

type Output = { out: (text: string) => void; err: (text: string) => void };

/** Runs the main job and returns the exit code: 0 all checks passed, 1 failed, 2 bad input. */
export async function main(args: string[], output: Output): Promise<number> {
    try {
        const options = parseOptions(args);
        if (options === null) {
            output.out(HELP);
            return 0;
        }
        const progress = options.json ? () => undefined : output.out;
        const { built } = await buildAll({ log: progress });
        progress(built.length > 0 ? `contracts built: ${built.join(', ')}` : 'contracts are up to date');

        // Only now: these modules load the contracts from build/, which a clean clone does not have before.
        const { readInput } = await import('./main/input');
        const input = await readInput(options);
        const { Desk } = await import('./main/desk');
        const { MainJob } = await import('./main/job');
        const { renderReport, summaryJson, writeFiles } = await import('./main/report');

        const chain = await LocalChain.temporary({ now: START });
        try {
            const report = await new MainJob(new Desk(chain), input, progress).run();
            writeFiles(report, options.out);
            output.out(options.json ? summaryJson(report).trimEnd() : renderReport(report));
            progress(`statements and tables are in ${path.relative(process.cwd(), path.resolve(options.out)) || '.'}`);
            return report.differences.length === 0 ? 0 : 1;
        } finally {
            await chain.close();
        }
    } catch (e) {
        output.err(e instanceof Error ? e.message : String(e));
        return e instanceof InputError ? 2 : 1;
    }
}

if (require.main === module) {
    main(process.argv.slice(2), { out: console.log, err: console.error }).then(
        (code) => {
            process.exitCode = code;
        },
        (e: unknown) => {
            console.error(e);
            process.exitCode = 1;
        },
    );
}
