/**
 * Contracts as a later version of this repository might have them: every source is changed (a getter more), children's
 * too, and all of them are compiled anew. An upgraded parent that derived its children's addresses from their source, and
 * not from the code in its storage, would lose all of them.
 *
 * Compiling takes half a minute, so the codes are kept in temp/ under the hash of the sources.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Cell } from '@ton/core';

import { compileProject } from '../../tools/tact/compile';
import { listFiles, REPOSITORY_ROOT, sha256 } from '../../tools/tact/project';
import { underCoverage } from './coverage';

/** Name and source file (without its ending) of each contract. */
type Contracts = Readonly<Record<string, readonly [name: string, base: string]>>;

/** Number that the getter of the next version returns. */
export const GENERATION = 2n;
const GETTER = `    get fun get_generation(): Int {\n        return ${GENERATION};\n    }\n\n`;

/**
 * In a coverage run the sources with markers: a new parent that reckons with the gas of code without them would send its old
 * children too little. The file of the markers is in contracts/ itself.
 */
const SOURCES =
    underCoverage && process.env.TACT_BUILD_DIR
        ? path.dirname(path.resolve(process.env.TACT_BUILD_DIR))
        : REPOSITORY_ROOT;

const DIRECTORY = path.join(REPOSITORY_ROOT, 'temp', 'next-version');

function changed(source: string, file: string): string {
    // The first getter with its comment; every contract has several.
    const found = /^(?: {4}\/\/\/.*\n)* {4}get fun /m.exec(source);
    if (found === null) {
        throw new Error(`${file} has no getter to put another one before`);
    }
    return source.slice(0, found.index) + GETTER + source.slice(found.index);
}

/** Codes of the next version of the contracts of a family. */
export async function nextVersion<C extends Contracts>(
    family: 'pool' | 'token' | 'staking' | 'settlement',
    contracts: C,
): Promise<Record<keyof C, Cell>> {
    // Staking and settlement import messages and layouts of the token.
    const folders = ['contracts', 'common', family, ...(family === 'pool' ? [] : ['token'])];
    const sources = listFiles(SOURCES, 'contracts', '.tact').filter((file) =>
        folders.includes(path.basename(path.dirname(file))),
    );
    const texts = sources.map((file) => [file, fs.readFileSync(path.join(SOURCES, file), 'utf8')] as const);
    const key = sha256(JSON.stringify([texts, GETTER])).slice(0, 16);
    const kept = path.join(DIRECTORY, `${family}-${key}`);
    const boc = (root: string, name: string) => path.join(root, `${name}.boc`);
    if (!fs.existsSync(kept)) {
        // Made aside and moved into place: two test runs at once do not see each other's half.
        const work = `${kept}.${process.pid}`;
        for (const [file, text] of texts) {
            const target = path.join(work, file);
            fs.mkdirSync(path.dirname(target), { recursive: true });
            const own = Object.values(contracts).some(([, base]) => file.endsWith(`/${base}.tact`));
            fs.writeFileSync(target, own ? changed(text, file) : text);
        }
        for (const [name, base] of Object.values(contracts)) {
            const output = `./build/${name}`;
            await compileProject(work, {
                name,
                path: `./contracts/${family}/${base}.tact`,
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
    const codes = Object.entries(contracts).map(([role, [name]]) => [
        role,
        Cell.fromBoc(fs.readFileSync(boc(kept, name)))[0],
    ]);
    return Object.fromEntries(codes) as Record<keyof C, Cell>;
}
