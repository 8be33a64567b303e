/** Every published vector that the port must reproduce, run on the contracts. */
import published from './vectors/staking-vectors.json';
import { ERRORS, Vector, VectorRun } from '../support/staking/vectors';

const vectors = published.vectors as unknown as Vector[];

/** Rows that show a defect of the original; PORT-01 to PORT-05 stand in for them. */
const DEFECT = /BUG|HAZARD|DO-NOT-PORT/;

/**
 * Expectations that the port changes, with the reason. Everything else is equal, to the last unit.
 *
 * steps: index -> fields of that step; final: fields of the final state by path.
 */
type Change = { why: string; steps?: Record<number, Record<string, unknown>>; final?: Record<string, string> };
const CHANGES: Record<string, Change> = {};

const sequences = vectors.filter(
    ({ id, target, title }) =>
        /^V1-/.test(id) && /^v1@(70b13e7|5840f75|legacy)$/.test(target) && !DEFECT.test(title),
);

describe('published vectors', () => {
    it.each(sequences.map((vector) => [vector.id, vector.title, vector] as const))('%s %s', async (id, _title, v) => {
        const change = CHANGES[id] ?? { why: '' };
        const run = await VectorRun.create(v);
        const differences: unknown[] = [];
        for (const [i, step] of v.steps.entries()) {
            const expected = { ...v.expectedSteps[i], ...change.steps?.[i] } as Record<string, unknown>;
            const outcome = await run.step(step);
            const { ok, error, ...fields } = expected;
            const seen: Record<string, unknown> = { ok: outcome.ok };
            const wanted: Record<string, unknown> = { ok };
            if (!ok && !outcome.ok) {
                wanted.error = ERRORS[String(error)] ?? error;
                seen.error = outcome.error;
            }
            for (const [key, value] of Object.entries(fields)) {
                wanted[key] = String(value);
                seen[key] = outcome.values[key];
            }
            if (JSON.stringify(wanted) !== JSON.stringify(seen)) differences.push({ i, step, wanted, seen });
        }
        expect(differences).toEqual([]);
    });
});
