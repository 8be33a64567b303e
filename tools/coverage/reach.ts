/**
 * Which tests reach a line of a contract: written by a coverage run (.cov/reach.json), read by the mutation run, which need not
 * ask a test that never executes the line it has changed.
 */
import * as fs from 'fs';
import * as path from 'path';
import { REPOSITORY_ROOT, sha256 } from '../tact/project';
import type { MarkerMap } from './instrument';
import type { SpecHits } from './report';

/** Spec file -> tests in it, by full name. */
export type Selection = ReadonlyMap<string, readonly string[]>;

/** All tests, by how sure they are to execute a line: themselves, in the set-up of their file, not as far as is known. */
export interface Reaching {
    direct: Selection;
    afterwards: Selection;
    rest: Selection;
}

interface Lines {
    /** The source these lines are of. */
    hash: string;
    /** First line of a statement -> spec file -> the tests that execute it, as places in its list; HOOKS is in it if the set-up does. */
    reaching: Record<string, Record<string, number[]>>;
}

interface Contents {
    /** Spec file -> the tests that ran. */
    tests: Record<string, string[]>;
    files: Record<string, Lines>;
}

const HOOKS = -1;
const FILE = path.join(REPOSITORY_ROOT, '.cov', 'reach.json');

const hashOf = (file: string): string => sha256(fs.readFileSync(path.join(REPOSITORY_ROOT, file)));

export class Reach {
    private constructor(private readonly contents: Contents) {}

    static from(markers: MarkerMap, specs: SpecHits[]): Reach {
        const tests = Object.fromEntries(specs.map((spec) => [spec.spec, Object.keys(spec.tests)]));
        const files: Record<string, Lines> = {};
        for (const [id, { file, line, kind }] of Object.entries(markers)) {
            if (kind === 'else') continue;
            const { reaching } = (files[file] ??= { hash: hashOf(file), reaching: {} });
            const bySpec = (reaching[line] ??= {});
            for (const spec of specs) {
                const found = Object.values(spec.tests).flatMap((hits, place) => (hits[id] ? [place] : []));
                if (spec.hooks[id]) found.push(HOOKS);
                if (found.length > 0) bySpec[spec.spec] = [...new Set([...(bySpec[spec.spec] ?? []), ...found])];
            }
        }
        return new Reach({ tests, files });
    }

    /** What the last coverage run saw; nothing if there was none. */
    static read(): Reach {
        if (!fs.existsSync(FILE)) return new Reach({ tests: {}, files: {} });
        return new Reach(JSON.parse(fs.readFileSync(FILE, 'utf8')) as Contents);
    }

    write(): void {
        fs.writeFileSync(FILE, JSON.stringify(this.contents));
    }

    /**
     * The tests of `all` that execute the statement that begins on `line` themselves, the others of the files whose set-up
     * does, and the rest. Everything is direct if that is not known of this source or of a line, and so is a test that the
     * coverage run skipped.
     */
    among(all: Selection, file: string, line: number): Reaching {
        const known = this.contents.files[file];
        const reaching = known?.reaching[line] ?? {};
        if (known?.hash !== hashOf(file) || Object.keys(reaching).length === 0) {
            return { direct: all, afterwards: new Map(), rest: new Map() };
        }
        const part = (): Map<string, string[]> => new Map();
        const parts = { direct: part(), afterwards: part(), rest: part() };
        for (const [spec, tests] of all) {
            const ran = this.contents.tests[spec] ?? [];
            const places = reaching[spec] ?? [];
            const otherwise = places.includes(HOOKS) ? 'afterwards' : 'rest';
            for (const test of tests) {
                const place = ran.indexOf(test);
                const chosen = parts[place < 0 || places.includes(place) ? 'direct' : otherwise];
                chosen.set(spec, [...(chosen.get(spec) ?? []), test]);
            }
        }
        return parts;
    }
}
