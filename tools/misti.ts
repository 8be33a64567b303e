/**
 * Static analysis of the contracts with Misti: `npm run misti`. Fails on findings of medium or higher severity.
 *
 * Each contract of tact.config.json under contracts/ is analysed on its own, because Misti knows only the unit it is
 * given. A finding that is right for the place is suppressed there: `// @misti:suppress ArgCopyMutation`.
 */
import { spawn } from 'child_process';
import * as fs from 'fs';
import * as path from 'path';
import { importClosure, loadProjects, REPOSITORY_ROOT } from './tact/project';

const DISABLED_DETECTORS = [
    // Does not end within minutes on a contract that builds messages in a loop, and counts what a loop might store as if
    // every branch of it ran. The compiler and the tests see cells that overflow.
    'CellBounds',
    // Wants every file to import again what its imports bring along.
    'TransitiveImport',
];

const TIME_LIMIT_MS = 120_000;
const PARALLEL = 2;

interface Finding {
    detectorId: string;
    description: string;
    location: { file: string; line: number; column: number; code: string };
    suppressed: boolean;
    severity: number;
}

interface Unit {
    name: string;
    path: string;
    closure: string[];
    findings: Finding[];
}

async function analyse(unit: Unit): Promise<void> {
    const output = path.join('temp', 'misti', unit.name);
    fs.rmSync(path.join(REPOSITORY_ROOT, output), { recursive: true, force: true });
    const args = ['--min-severity', 'medium', '--no-souffle', '--no-colors', '--output-format', 'json'];
    const child = spawn(
        process.execPath,
        [
            path.join('node_modules', '.bin', 'misti'),
            unit.path,
            ...args,
            ...['--output-path', output],
            ...['--disabled-detectors', DISABLED_DETECTORS.join(',')],
        ],
        { cwd: REPOSITORY_ROOT, timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let printed = '';
    child.stdout.on('data', (data: Buffer) => (printed += data.toString()));
    child.stderr.on('data', (data: Buffer) => (printed += data.toString()));
    const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code, signal }));
    });
    if (signal) throw new Error(`misti: no result for ${unit.name} within ${TIME_LIMIT_MS / 1000} s`);
    // 0: nothing found, 1: findings; an execution error also ends with 1, but without a file.
    const file = path.join(REPOSITORY_ROOT, output, 'warnings.json');
    if ((code !== 0 && !fs.existsSync(file)) || printed.includes('Misti execution failed')) {
        throw new Error(`misti: ${unit.name} could not be analysed\n${printed.slice(0, 2000)}`);
    }
    if (!fs.existsSync(file)) return;
    unit.findings = (JSON.parse(fs.readFileSync(file, 'utf8')) as { warnings: Finding[] }).warnings.filter(
        (f) => !f.suppressed,
    );
}

function relative(finding: Finding): string {
    return path.relative(REPOSITORY_ROOT, finding.location.file);
}

function key(finding: Finding): string {
    return [finding.detectorId, relative(finding), finding.location.line, finding.description].join('\n');
}

/** One list over all units, without constants of shared files that merely another contract uses. */
function merge(units: Unit[]): Finding[] {
    const merged = new Map<string, Finding>();
    for (const finding of units.flatMap((u) => u.findings)) {
        const concerned = units.filter((u) => u.closure.includes(relative(finding)));
        const unusedConstant = /^Constant .* is never used$/.test(finding.description);
        const everywhere = concerned.every((u) => u.findings.some((f) => key(f) === key(finding)));
        if (!unusedConstant || everywhere) merged.set(key(finding), finding);
    }
    return [...merged.values()];
}

async function main(): Promise<void> {
    const units = loadProjects(REPOSITORY_ROOT)
        .map((p): Unit => {
            const closure = importClosure(REPOSITORY_ROOT, p.path);
            return { name: p.name, path: path.normalize(p.path), closure, findings: [] };
        })
        .filter((unit) => unit.path.startsWith('contracts/'));
    if (units.length === 0) throw new Error('tact.config.json lists no contract under contracts/');
    const queue = [...units];
    const work = async (): Promise<void> => {
        for (let unit = queue.shift(); unit; unit = queue.shift()) await analyse(unit);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));

    const findings = merge(units);
    for (const finding of findings) {
        const { line, column, code } = finding.location;
        console.log(`${finding.detectorId}: ${finding.description}\n${relative(finding)}:${line}:${column}\n${code}`);
    }
    console.log(`misti: ${units.length} contracts, ${findings.length} findings of medium or higher severity`);
    if (findings.length > 0) process.exit(1);
}

main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
});
