/**
 * Which spec files reach a line of a contract: written by a coverage run (.cov/reach.json), read by the mutation run, which
 * need not ask a spec that never executes the line it has changed.
 */
import * as fs from 'fs';
import * as path from 'path';
import { REPOSITORY_ROOT, sha256 } from '../tact/project';
import type { MarkerMap } from './instrument';
import type { SpecHits } from './report';

interface Lines {
    /** The source these lines are of. */
    hash: string;
    /** First line of a statement -> the spec files that execute it. */
    specs: Record<string, string[]>;
}

const FILE = path.join(REPOSITORY_ROOT, '.cov', 'reach.json');

const hashOf = (file: string): string => sha256(fs.readFileSync(path.join(REPOSITORY_ROOT, file)));

export class Reach {
    /** The specs of the coverage run: each executes something somewhere. */
    private readonly included: Set<string>;

    private constructor(private readonly files: Record<string, Lines>) {
        this.included = new Set(Object.values(files).flatMap(({ specs }) => Object.values(specs).flat()));
    }

    static from(markers: MarkerMap, hits: SpecHits[]): Reach {
        const files: Record<string, Lines> = {};
        for (const [id, { file, line, kind }] of Object.entries(markers)) {
            if (kind === 'else') continue;
            const { specs } = (files[file] ??= { hash: hashOf(file), specs: {} });
            const reaching = hits.filter((spec) => (spec.hits[id] ?? 0) > 0).map(({ spec }) => spec);
            specs[line] = [...new Set([...(specs[line] ?? []), ...reaching])].sort();
        }
        return new Reach(files);
    }

    /** What the last coverage run saw; nothing if there was none. */
    static read(): Reach {
        if (!fs.existsSync(FILE)) return new Reach({});
        return new Reach(JSON.parse(fs.readFileSync(FILE, 'utf8')) as Record<string, Lines>);
    }

    write(): void {
        fs.writeFileSync(FILE, JSON.stringify(this.files));
    }

    /**
     * Those of `specs` that execute the statement around `line`; all of them if that is not known of this source. A spec
     * that the coverage run did not include may execute any line.
     */
    among(specs: string[], file: string, line: number): string[] {
        const known = this.files[file];
        if (known === undefined || known.hash !== hashOf(file)) return specs;
        const starts = Object.keys(known.specs).map(Number);
        const start = Math.max(...starts.filter((n) => n <= line));
        const reaching = specs.filter((spec) => !this.included.has(spec) || known.specs[start]?.includes(spec));
        return reaching.length > 0 ? reaching : specs;
    }
}
