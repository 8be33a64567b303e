/** The instrumented copy of the project, in `.cov`: same layout as the repository, so the build tool just builds it. */
import * as fs from 'fs';
import * as path from 'path';
import { CONFIG_FILE, importClosure, listFiles, loadProjects } from '../tact/project';
import { instrument, MARKER_SOURCE } from './instrument';
import type { MarkerMap } from './instrument';

/** Only what is under this directory is measured; contracts that serve as test doubles are not. */
const MEASURED_DIRECTORY = 'contracts';
const MARKER_FILE = path.join(MEASURED_DIRECTORY, '__cov.tact');

export interface Workspace {
    markers: MarkerMap;
    ignored: number;
}

/** How much more gas and code than without markers the contracts reckon with. */
const ROOM = 2;

/**
 * Contracts know what their gas costs and how large they are, and refuse or send on what is needed to the nanoton. With markers
 * they need more: the constants of gas, and of cells and bits where there are both for one thing, grow with them. Where a
 * size is per level of the code (`_LEVELS`), the contract multiplies it by the depth it finds, which has grown already.
 */
export function withRoom(code: string): string {
    const having = (suffix: string): Set<string> =>
        new Set(
            Array.from(code.matchAll(new RegExp(`^const (\\w+)_${suffix}: Int = \\d+;`, 'gm')), ([, name]) => name),
        );
    const cells = having('CELLS');
    const levels = having('LEVELS');
    return code.replace(
        /^(const (GAS_\w+|((?!MAX_)\w+)_(?:CELLS|BITS)): Int = )(\d+);/gm,
        (all, head: string, _, name?: string, value?: string) =>
            name === undefined || (cells.has(name) && !levels.has(name)) ? `${head}${Number(value) * ROOM};` : all,
    );
}

export function prepareWorkspace(root: string, workspace: string): Workspace {
    const result: Workspace = { markers: {}, ignored: 0 };
    const imported = loadProjects(root).flatMap((project) => importClosure(root, project.path));
    // Sources that no project imports are measured too: they are code nobody runs, and should show as such.
    const measured = listFiles(root, MEASURED_DIRECTORY, '.tact');
    const files = [...new Set([...imported, ...measured])].sort();

    const wanted = new Map<string, string>([
        [CONFIG_FILE, fs.readFileSync(path.join(root, CONFIG_FILE), 'utf8')],
        [MARKER_FILE, MARKER_SOURCE],
    ]);
    for (const file of files) {
        if (!fs.existsSync(path.join(root, file))) continue; // the compiler will report the import
        const code = fs.readFileSync(path.join(root, file), 'utf8');
        const index = measured.indexOf(file);
        if (index < 0) {
            wanted.set(file, code);
            continue;
        }
        try {
            const { code: instrumented, markers, ignored } = instrument(code, file, MARKER_FILE, index);
            wanted.set(file, withRoom(instrumented));
            Object.assign(result.markers, markers);
            result.ignored += ignored;
        } catch {
            wanted.set(file, code); // does not parse: the compiler's message is better than ours
        }
    }

    for (const stale of listFiles(workspace, '.', '.tact')) {
        if (!wanted.has(stale)) fs.rmSync(path.join(workspace, stale));
    }
    for (const [file, content] of wanted) {
        fs.mkdirSync(path.dirname(path.join(workspace, file)), { recursive: true });
        fs.writeFileSync(path.join(workspace, file), content);
    }
    return result;
}
