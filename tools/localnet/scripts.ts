/** Finds and runs Blueprint scripts by the names that `blueprint run` accepts. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { NetworkProvider } from '@ton/blueprint';
import { LocalnetError } from './errors';

export type Script = { name: string; file: string };

type ScriptModule = { run?: (provider: NetworkProvider, args: string[]) => Promise<void> };

/** All .ts files below the folder, named by their path without the extension, sorted. */
export function findScripts(dir: string): Script[] {
    if (!fs.existsSync(dir)) return [];
    return (fs.readdirSync(dir, { recursive: true }) as string[])
        .filter((name) => name.endsWith('.ts') && fs.statSync(path.join(dir, name)).isFile())
        .map((name) => ({ name: name.slice(0, -'.ts'.length), file: path.join(dir, name) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names are compared without regard to case, as blueprint does. */
export function findScript(dir: string, name: string): Script {
    const scripts = findScripts(dir);
    const found = scripts.find((s) => s.name.toLowerCase() === name.toLowerCase());
    if (found) return found;
    const list = scripts.map((s) => s.name).join(', ') || 'none';
    throw new LocalnetError(`There is no script "${name}". Scripts: ${list}`);
}

export async function runScript(script: Script, provider: NetworkProvider, args: string[]): Promise<void> {
    const module = (await import(path.resolve(script.file))) as ScriptModule;
    if (typeof module.run !== 'function') throw new LocalnetError(`${script.name} does not export a function "run"`);
    await module.run(provider, args);
}
