/**
 * Which tests reach a line of a contract: written by a coverage run (.cov/reach.json), read by the mutation run, which need not
 * ask a test that never executes the line it has changed.
 */
import * as fs from 'fs';
import * as path from 'path';
import { REPOSITORY_ROOT, sha256 } from '../tact/project';
import type { MarkerMap } from './instrument';
import type { SpecHits } from './report';

/** Spec file -> the tests that are meant, by full name; `undefined`: all of them. */
export type Selection = Map<string, string[] | undefined>;

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
     * Of all the tests of `specs` those that execute the statement around `line` themselves, and then the other tests of the
     * files whose set-up does. Everything, if that is not known of this source. A test that the coverage run skipped may execute any
     * line.
     */
    among(specs: Map<string, string[]>, file: string, line: number): { direct: Selection; afterwards: Selection } {
        const everything: Selection = new Map([...specs.keys()].map((spec) => [spec, undefined]));
        const known = this.contents.files[file];
        const starts = Object.keys(known?.reaching ?? {}).map(Number);
        const reaching = known?.reaching[Math.max(...starts.filter((n) => n <= line))] ?? {};
        if (known?.hash !== hashOf(file) || Object.keys(reaching).length === 0) {
            return { direct: everything, afterwards: new Map() };
        }
        const direct: Selection = new Map();
        const afterwards: Selection = new Map();
        for (const [spec, tests] of specs) {
            const ran = this.contents.tests[spec] ?? [];
            const places = reaching[spec] ?? [];
            const chosen = tests.filter((test) => !ran.includes(test) || places.includes(ran.indexOf(test)));
            if (chosen.length > 0) direct.set(spec, chosen);
            const others = tests.filter((test) => !chosen.includes(test));
            if (places.includes(HOOKS) && others.length > 0) afterwards.set(spec, others);
        }
        return { direct, afterwards };
    }
}
