/**
 * What the project file (`tact.config.json`) says, and which sources a compilation unit is made of.
 *
 * Every function takes the root directory as a parameter: the coverage and the mutation run build copies of the sources
 * in other directories, and the tests of the build tool build a fixture in a temporary one.
 */
import { createHash } from 'crypto';
import * as fs from 'fs';
import * as path from 'path';
import type { Project } from '@tact-lang/compiler';

export const CONFIG_FILE = 'tact.config.json';

/** The directory of the repository, whatever the current directory is. */
export const REPOSITORY_ROOT = path.resolve(__dirname, '..', '..');

export function sha256(data: string | Uint8Array): string {
    return createHash('sha256').update(data).digest('hex');
}

export function loadProjects(root: string): Project[] {
    const file = path.join(root, CONFIG_FILE);
    if (!fs.existsSync(file)) throw new Error(`${CONFIG_FILE} not found in ${path.relative('.', root) || '.'}`);
    const projects = (JSON.parse(fs.readFileSync(file, 'utf8')) as { projects: Project[] }).projects;
    const seen = new Set<string>();
    for (const project of projects) {
        if (seen.has(project.name)) throw new Error(`${CONFIG_FILE}: two projects are named ${project.name}`);
        seen.add(project.name);
        // The wrappers import ../build/<Name>/<Name>_<Name>; any other output would leave them with whatever was there.
        if (path.normalize(project.output) !== path.join('build', project.name)) {
            throw new Error(`${CONFIG_FILE}: the output of ${project.name} must be ./build/${project.name}`);
        }
    }
    return projects;
}

export function findProject(root: string, name: string): Project {
    const project = loadProjects(root).find((p) => p.name === name);
    if (!project) throw new Error(`${CONFIG_FILE} has no project named ${name}`);
    return project;
}

/** Paths (relative to the root, sorted) of a source file and of everything it imports, the standard library excepted. */
export function importClosure(root: string, file: string): string[] {
    const found = new Set<string>();
    const visit = (relative: string): void => {
        if (found.has(relative)) return;
        found.add(relative);
        const absolute = path.join(root, relative);
        // A missing file stays in the closure: the compiler reports it with the place of the import.
        if (!fs.existsSync(absolute) || !relative.endsWith('.tact')) return;
        const source = fs.readFileSync(absolute, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
        for (const [, target] of source.matchAll(/^\s*import\s+"([^"]+)"\s*;/gm)) {
            if (target.startsWith('@stdlib/')) continue;
            const withExtension = /\.(tact|fc|func)$/.test(target) ? target : `${target}.tact`;
            visit(path.join(path.dirname(relative), withExtension));
        }
    };
    visit(path.normalize(file));
    return [...found].sort();
}

/** All files with the extension under a directory, as paths relative to the root, sorted. */
export function listFiles(root: string, directory: string, extension: string): string[] {
    const absolute = path.join(root, directory);
    if (!fs.existsSync(absolute)) return [];
    return fs
        .readdirSync(absolute, { withFileTypes: true })
        .flatMap((entry) => {
            const relative = path.join(directory, entry.name);
            if (entry.isDirectory()) return listFiles(root, relative, extension);
            return entry.name.endsWith(extension) ? [relative] : [];
        })
        .sort();
}
