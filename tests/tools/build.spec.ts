import { buildAll } from '../../tools/build';
import type { BuildOptions, BuildResult } from '../../tools/build';
import { CHILD, createFixture, LIMITS, PARENT } from './fixture';
import type { Fixture } from './fixture';

describe('build tool', () => {
    let fixture: Fixture;
    let original: BuildResult;

    const build = (options: BuildOptions = {}): Promise<BuildResult> =>
        buildAll({ root: fixture.root, log: () => undefined, ...options });

    const withOption = '"options":{"optimizations":{"alwaysSaveContractData":true}}';
    const artifactHash = (name: string): string =>
        (JSON.parse(fixture.read(`build/${name}.compiled.json`)) as { hash: string }).hash;

    beforeAll(async () => {
        fixture = createFixture();
        original = await build();
        fixture.save();
    });

    afterAll(() => fixture.remove());

    // Copying the first build back costs nothing; building again after every test would double the time.
    afterEach(() => fixture.restore());

    it('builds every project once and then finds nothing to do', async () => {
        expect(original.built).toEqual(['Parent', 'Child']);
        expect((await build()).built).toEqual([]);
        expect((await build({ check: true })).built).toEqual([]);
    });

    it('writes the code of the contract itself into compiled.json, not that of a dependency', () => {
        expect(artifactHash('Parent')).toBe(original.codes.Parent);
        expect(artifactHash('Child')).toBe(original.codes.Child);
        expect(original.codes.Parent).not.toBe(original.codes.Child);
    });

    it('names contracts and messages for the gas report', () => {
        const database = JSON.parse(fixture.read('contract.abi.json')) as Record<string, unknown>;
        expect(database[`0x${original.codes.Child}`]).toBe('Child');
        expect(database.Child).toMatchObject({ types: expect.arrayContaining([{ name: 'Increase', header: 0x1001 }]) });
    });

    it('rebuilds exactly the projects that import a touched source', async () => {
        fixture.write('contracts/parent.tact', PARENT.replace('owner: Address', 'holder: Address'));
        expect((await build()).built).toEqual(['Parent']);

        fixture.write('contracts/limits.tact', LIMITS.replace('= 10', '= 11'));
        await expect(build({ check: true })).rejects.toThrow(/Parent is not up to date\n.*Child is not up to date/);
        const changed = await build();
        expect(changed.built).toEqual(['Parent', 'Child']);
        expect(changed.codes.Child).not.toBe(original.codes.Child);
    });

    it('rebuilds when an option changes', async () => {
        const config = fixture.read('tact.config.json');
        fixture.write('tact.config.json', config.replaceAll('"options":{}', withOption));
        expect((await build()).built).toEqual(['Parent', 'Child']);
    });

    it.each([
        ['changed', (): void => fixture.write('build/Parent/Parent_Parent.ts', '// edited by hand')],
        ['added', (): void => fixture.write('build/Parent/Parent_Old.ts', '// of a contract that is gone')],
    ])('rebuilds when an output file was %s', async (_, tamper) => {
        const wrapper = fixture.read('build/Parent/Parent_Parent.ts');
        tamper();
        await expect(build({ check: true })).rejects.toThrow('Parent is not up to date');
        expect((await build()).built).toEqual(['Parent']);
        expect(fixture.read('build/Parent/Parent_Parent.ts')).toBe(wrapper);
        expect(fixture.exists('build/Parent/Parent_Old.ts')).toBe(false);
    });

    it("repairs compiled.json after Blueprint has put a dependency's code there", async () => {
        fixture.write('build/Parent.compiled.json', fixture.read('build/Child.compiled.json'));
        await expect(build({ check: true })).rejects.toThrow('Parent is not up to date');
        expect((await build()).built).toEqual(['Parent']);
        expect(artifactHash('Parent')).toBe(original.codes.Parent);
    });

    it('rebuilds everything when forced or when the manifest is damaged', async () => {
        expect((await build({ force: true, only: ['Child'] })).built).toEqual(['Child']);
        fixture.write('build/.manifest', '{"Parent":');
        expect((await build()).built).toEqual(['Parent', 'Child']);
    });

    it("reports Tact's message with the place, builds the other projects and stays out of date", async () => {
        fixture.write('contracts/parent.tact', PARENT.replace('msg.toCell()', 'msg.toCel()'));
        fixture.write('contracts/child.tact', `${CHILD}\n`);
        const failure = build();
        await expect(failure).rejects.toThrow('Tact: Parent does not compile');
        await expect(failure).rejects.toThrow(/parent\.tact:11:\d+/);
        await expect(failure).rejects.toThrow('toCel');
        await expect(build({ check: true })).rejects.toThrow(/^build --check failed:\n {2}Parent is not up to date$/);
    });

    it('shows the place of a constant that is none', async () => {
        fixture.write('contracts/limits.tact', LIMITS.replace('= 10', '= now()'));
        await expect(build()).rejects.toThrow(
            /contracts[/]limits[.]tact:1:30: Cannot evaluate expression to a constant[^]*= now[(][)];[^]*\^~/,
        );
    });

    it('reports a missing import and a project without its contract', async () => {
        fixture.write('contracts/child.tact', CHILD.replace('./limits', './limit'));
        await expect(build({ only: ['Child'] })).rejects.toThrow(/Tact: Child does not compile[\s\S]*limit/);
        fixture.write('contracts/child.tact', CHILD.replace('contract Child', 'contract Infant'));
        await expect(build({ only: ['Child'] })).rejects.toThrow('has no contract named Child');
    });

    it('leaves the other projects alone with only', async () => {
        fixture.write('contracts/parent.tact', 'this is not Tact');
        fixture.write('contracts/child.tact', CHILD.replace('701', '703'));
        const wrapper = fixture.read('build/Parent/Parent_Parent.ts');
        expect((await build({ only: ['Child'] })).built).toEqual(['Child']);
        expect(fixture.read('build/Parent/Parent_Parent.ts')).toBe(wrapper);
        await expect(build({ only: ['Chidl'] })).rejects.toThrow('no project named Chidl');
    });

    it('refuses one contract name with two codes', async () => {
        // Tact compiles the Child of Parent's unit with Parent's options.
        const config = fixture.read('tact.config.json');
        fixture.write('tact.config.json', config.replace('"options":{}', '"options":{"ipfsAbiGetter":true}'));
        await expect(build()).rejects.toThrow('contract Child has different code in the projects Parent and Child');
        fixture.write('tact.config.json', config);
        fixture.write('contracts/parent.tact', `${CHILD.replace('701', '704')}${PARENT.replace(/^import.*$/m, '')}`);
        await expect(build()).rejects.toThrow('contract Child has different code in the projects Parent and Child');
    });

    it('removes the outputs of a project that is no longer listed', async () => {
        fixture.writeConfig('Parent');
        await expect(build({ check: true })).rejects.toThrow('build/Child is left over');
        await build();
        expect(fixture.exists('build/Child')).toBe(false);
        expect(fixture.exists('build/Child.compiled.json')).toBe(false);
        expect(fixture.exists('build/Parent/Parent_Child.ts')).toBe(true);
    });

    it('compiles many projects in several processes, with the same results', async () => {
        const names = ['One', 'Two', 'Three', 'Four'];
        for (const name of names) {
            const source = CHILD.replace('contract Child', `contract ${name}`);
            fixture.write(`contracts/${name.toLowerCase()}.tact`, name === 'Three' ? `${source} }` : source);
        }
        fixture.writeConfig('Parent', 'Child', ...names);
        const failure = build();
        await expect(failure).rejects.toThrow(/^Tact: Three does not compile[\s\S]*three\.tact:\d+:\d+/);
        fixture.write('contracts/three.tact', CHILD.replace('contract Child', 'contract Three'));
        const { built, codes } = await build();
        expect(built).toEqual(['Three']); // the others were built beside it
        expect(codes).toMatchObject({ Parent: original.codes.Parent, Child: original.codes.Child });
        // Apart from the name they are the same contract.
        expect(names.map((name) => codes[name])).toEqual(names.map(() => codes.Child));
    });

    it('lets two builds run at the same time', async () => {
        fixture.write('contracts/child.tact', CHILD.replace('701', '705'));
        const results = await Promise.all([build(), build()]);
        expect(results.flatMap((r) => r.built).sort()).toEqual(['Child', 'Parent']);
        expect(results[0].codes).toEqual(results[1].codes);
    });
});
