/**
 * The minter as a later version of this repository might have it: its source has a getter more, and so has the wallet's,
 * beside which it is compiled. A minter that derived wallets from their source, and not from the code in its storage, would
 * lose all of them. Compiling takes some seconds, so the code is kept in temp/ under the hash of the sources.
 */
import * as fs from 'fs';
import * as path from 'path';
import { Cell } from '@ton/core';

import { compileProject } from '../../../tools/tact/compile';
import { listFiles, REPOSITORY_ROOT, sha256 } from '../../../tools/tact/project';

/** Number that the getter of the next version returns. */
export const GENERATION = 2n;
const GETTER = `    get fun get_generation(): Int {\n        return ${GENERATION};\n    }\n\n`;
const CHANGED = ['share-minter.tact', 'share-wallet.tact'];

/** Code of the next minter. */
export async function nextMinterCode(): Promise<Cell> {
    const sources = ['contracts/common', 'contracts/token'].flatMap((dir) => listFiles(REPOSITORY_ROOT, dir, '.tact'));
    const texts = sources.map((file) => [file, fs.readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8')] as const);
    const key = sha256(JSON.stringify([texts, GETTER])).slice(0, 16);
    const kept = path.join(REPOSITORY_ROOT, 'temp', 'next-minter', `${key}.boc`);
    if (!fs.existsSync(kept)) {
        const work = path.join(REPOSITORY_ROOT, 'temp', 'next-minter', `${key}.${process.pid}`);
        for (const [file, text] of texts) {
            const target = path.join(work, file);
            fs.mkdirSync(path.dirname(target), { recursive: true });
            const own = CHANGED.some((name) => file.endsWith(name));
            fs.writeFileSync(target, own ? text.replace(/^ {4}get fun /m, `${GETTER}    get fun `) : text);
        }
        const output = './build/ShareMinter';
        await compileProject(work, {
            name: 'ShareMinter',
            path: './contracts/token/share-minter.tact',
            output,
            mode: 'full',
            options: {},
        });
        // Moved into place: two test runs at once do not see each other's half.
        fs.renameSync(path.join(work, output, 'ShareMinter_ShareMinter.code.boc'), kept);
        fs.rmSync(work, { recursive: true });
    }
    return Cell.fromBoc(fs.readFileSync(kept))[0];
}
