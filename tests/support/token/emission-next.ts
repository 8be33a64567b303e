/**
 * The emission contracts as a later version of this repository might have them: a getter more in each, compiled anew. An
 * upgraded controller that derived its children's addresses from their source, and not from the codes in its storage,
 * would lose all of them. Compiling takes a while, so the codes are kept in temp/ under the hash of the sources.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Cell } from '@ton/core';

import { compileProject } from '../../../tools/tact/compile';
import { listFiles, REPOSITORY_ROOT, sha256 } from '../../../tools/tact/project';

const CONTRACTS = {
    controller: ['EmissionController', 'emission-controller'],
    guard: ['UsageGuard', 'usage-guard'],
    share: ['ProviderShare', 'usage-share'],
} as const;

export type NextEmission = Record<keyof typeof CONTRACTS, Cell>;

/** Number that the getter of the next version returns. */
export const NEXT_GENERATION = 2n;
const GETTER = `    get fun get_generation(): Int {\n        return ${NEXT_GENERATION};\n    }\n\n`;

function changed(source: string, file: string): string {
    const found = /^(?: {4}\/\/\/.*\n)* {4}get fun /m.exec(source);
    if (found === null) {
        throw new Error(`${file} has no getter to put another one before`);
    }
    return source.slice(0, found.index) + GETTER + source.slice(found.index);
}

export async function nextEmission(): Promise<NextEmission> {
    const files = listFiles(REPOSITORY_ROOT, 'contracts', '.tact').filter((f) => /contracts\/(common|token)\//.test(f));
    const texts = files.map((file) => [file, fs.readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8')] as const);
    const kept = path.join(
        REPOSITORY_ROOT,
        'temp',
        `next-emission-${sha256(JSON.stringify([texts, GETTER])).slice(0, 16)}`,
    );
    const boc = (root: string, name: string) => path.join(root, `${name}.boc`);
    if (!fs.existsSync(kept)) {
        // Made aside and moved into place: two test runs at once do not see each other's half.
        const work = `${kept}.${process.pid}`;
        for (const [file, text] of texts) {
            const target = path.join(work, file);
            fs.mkdirSync(path.dirname(target), { recursive: true });
            const own = Object.values(CONTRACTS).some(([, base]) => file.endsWith(`/${base}.tact`));
            fs.writeFileSync(target, own ? changed(text, file) : text);
        }
        for (const [name, base] of Object.values(CONTRACTS)) {
            const output = `./build/${name}`;
            await compileProject(work, {
                name,
                path: `./contracts/token/${base}.tact`,
                output,
                mode: 'full',
                options: {},
            });
            fs.copyFileSync(path.join(work, output, `${name}_${name}.code.boc`), boc(work, name));
        }
        try {
            fs.renameSync(work, kept);
        } catch (error) {
            if (!fs.existsSync(kept)) throw error;
            fs.rmSync(work, { recursive: true });
        }
    }
    const codes = Object.entries(CONTRACTS).map(([key, [name]]) => [
        key,
        Cell.fromBoc(fs.readFileSync(boc(kept, name)))[0],
    ]);
    return Object.fromEntries(codes) as NextEmission;
}
