/**
 * When is a compiled project up to date?
 *
 * Only if nothing it was made of has changed (compiler, options, every imported source) AND every file it produced is
 * still exactly what it produced. The second half matters as much as the first: `blueprint build` writes another
 * contract's code into `<Name>.compiled.json`, and a hand or a merge can touch a generated wrapper.
 */
import * as fs from 'fs';
import * as path from 'path';
import type { Project } from '@tact-lang/compiler';
import { COMPILER_VERSION } from './compile';
import { importClosure, sha256 } from './project';

/** Not `.json`: Blueprint's coverage reporter parses every `build/*.json` as an artifact. */
export const MANIFEST_FILE = path.join('build', '.manifest');

/** Raise when the build tool starts to write something else for the same input. */
const FORMAT = 1;

export interface ManifestEntry {
    inputs: string;
    /** Path of every output file, relative to the root -> hash of its content. */
    outputs: Record<string, string>;
}

export type Manifest = Record<string, ManifestEntry>;

export function readManifest(root: string): Manifest {
    const file = path.join(root, MANIFEST_FILE);
    try {
        return JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest;
    } catch {
        return {}; // absent or damaged: everything is built again
    }
}

export function writeManifest(root: string, manifest: Manifest): void {
    const file = path.join(root, MANIFEST_FILE);
    const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
    // Renaming is atomic: a build that is killed half-way leaves the old manifest, never half of one.
    fs.writeFileSync(`${file}.new`, JSON.stringify(sorted, null, 1));
    fs.renameSync(`${file}.new`, file);
}

export function artifactPath(name: string): string {
    return path.join('build', `${name}.compiled.json`);
}

export function hashInputs(root: string, project: Project): string {
    const sources = importClosure(root, project.path).map((file) => {
        const absolute = path.join(root, file);
        return [file, fs.existsSync(absolute) ? sha256(fs.readFileSync(absolute)) : 'missing'];
    });
    return sha256(JSON.stringify([FORMAT, COMPILER_VERSION, project, sources]));
}

export function hashOutputs(root: string, project: Project): Record<string, string> {
    const directory = path.join(root, project.output);
    const files = fs.existsSync(directory) ? fs.readdirSync(directory).map((f) => path.join(project.output, f)) : [];
    const artifact = artifactPath(project.name);
    if (fs.existsSync(path.join(root, artifact))) files.push(artifact);
    return Object.fromEntries(
        files
            .map((f) => path.normalize(f))
            .sort()
            .map((f) => [f, sha256(fs.readFileSync(path.join(root, f)))]),
    );
}

export function isFresh(root: string, project: Project, entry: ManifestEntry | undefined): boolean {
    return (
        entry !== undefined &&
        entry.inputs === hashInputs(root, project) &&
        JSON.stringify(entry.outputs) === JSON.stringify(hashOutputs(root, project))
    );
}
