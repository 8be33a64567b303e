import { execFileSync } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';

import { compileProject } from '../../tools/tact/compile';
import { findProject, REPOSITORY_ROOT } from '../../tools/tact/project';
import { createFixture, LIMITS } from './fixture';
import type { Fixture } from './fixture';

/** The compiler as it comes, in a process of its own: tools/tact/faster.ts changes the one of this process. */
const ALONE = `
const { build, Logger } = require('@tact-lang/compiler');
const { createNodeFileSystem } = require('@tact-lang/compiler/dist/vfs/createNodeFileSystem');
const [root, config] = process.argv.slice(1);
build({ config: JSON.parse(config), project: createNodeFileSystem(root, false), stdlib: '@stdlib', logger: new Logger(0) })
    .then(({ ok }) => process.exit(ok ? 0 : 1));
`;

describe('the compiler, made faster', () => {
    let fixture: Fixture;

    beforeAll(() => {
        fixture = createFixture();
    });
    afterAll(() => fixture.remove());

    const code = (name: string): string =>
        fs.readFileSync(path.join(fixture.root, 'build', name, `${name}_${name}.code.boc`), 'hex');
    const ours = async (name: string): Promise<string> => {
        await compileProject(fixture.root, findProject(fixture.root, name));
        return code(name);
    };
    const alone = (name: string): string => {
        const config = JSON.stringify(findProject(fixture.root, name));
        execFileSync(process.execPath, ['-e', ALONE, fixture.root, config], { cwd: REPOSITORY_ROOT });
        return code(name);
    };

    it('makes the same code', async () => {
        const theirs = alone('Parent');
        expect(await ours('Parent')).toBe(theirs);
        // From what it has kept of the first time.
        expect(await ours('Parent')).toBe(theirs);
    });

    it('sees what has changed in a file, and that it is as before', async () => {
        const before = await ours('Child');
        fixture.write('contracts/limits.tact', LIMITS.replace('= 10', '= 11'));
        const changed = await ours('Child');
        expect(changed).not.toBe(before);
        expect(changed).toBe(alone('Child'));
        fixture.write('contracts/limits.tact', LIMITS);
        expect(await ours('Child')).toBe(before);
    });

    it('says where an expression cannot be computed', async () => {
        fixture.write('contracts/limits.tact', LIMITS.replace('= 10', '= 10 / 0'));
        await expect(ours('Child')).rejects.toThrow(/limits\.tact:1:\d+: .*\n.*10 \/ 0/s);
        fixture.write('contracts/limits.tact', LIMITS);
    });
});
