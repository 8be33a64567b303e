/**
 * Arguments of the scripts: `--name value`, `--name=value` or `name=value`, and positional ones. Blueprint refuses flags
 * that it does not know unless they come after `--`; the form without dashes works everywhere.
 */
import { UsageError } from './errors';

export type FlagSpec = {
    /** What the value is, for help and for the prompt; a switch has none. */
    value?: string;
    about: string;
    /** Environment variable that stands in for the flag. */
    env?: string;
};

export type ScriptSpec = {
    name: string;
    about: string;
    /** Names of the positional arguments, in order; every one of them may be given as `--name`, too. */
    positionals?: Record<string, string>;
    flags?: Record<string, FlagSpec>;
};

export const COMMON_FLAGS: Record<string, FlagSpec> = {
    pool: { value: 'address', about: 'the pool (its operator contract)', env: 'POOL_ADDRESS' },
    manifest: { value: 'file', about: 'manifest of the pool (deployments/<network>/pool.json)', env: 'POOL_MANIFEST' },
    json: { about: 'the last line of the output is the result as JSON' },
    'dry-run': { about: 'everything but sending' },
    yes: { about: 'send without asking' },
    wait: { value: 'seconds', about: 'how long to wait for a result (120)', env: 'POOL_WAIT' },
    help: { about: 'this text' },
};

/** Parsed arguments. */
export class Args {
    constructor(
        private readonly spec: ScriptSpec,
        private readonly values: ReadonlyMap<string, string>,
        private readonly switches: ReadonlySet<string>,
    ) {}

    /** A switch. */
    has(name: string): boolean {
        return this.switches.has(name);
    }

    /** The value of a flag or a positional argument, or of its environment variable. */
    get(name: string): string | undefined {
        const given = this.values.get(name);
        if (given !== undefined) {
            return given;
        }
        const env = { ...COMMON_FLAGS, ...this.spec.flags }[name]?.env;
        const value = env === undefined ? undefined : process.env[env];
        return value === '' ? undefined : value;
    }
}

export function helpText(spec: ScriptSpec): string {
    const positionals = Object.entries(spec.positionals ?? {});
    const rows = [
        ...positionals.map(([name, about]) => [`<${name}>`, about]),
        ...Object.entries({ ...spec.flags, ...COMMON_FLAGS }).map(([name, flag]) => [
            `--${name}${flag.value === undefined ? '' : ` <${flag.value}>`}`,
            `${flag.about}${flag.env === undefined ? '' : ` [env ${flag.env}]`}`,
        ]),
    ];
    const width = Math.max(...rows.map(([left]) => left.length));
    return [
        `${spec.name} ${positionals.map(([name]) => `<${name}>`).join(' ')}`.trim(),
        spec.about,
        '',
        ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    ].join('\n');
}

/** Throws UsageError for what the script does not know: a misspelt flag must not be ignored. */
export function parseArgs(spec: ScriptSpec, argv: readonly string[]): Args {
    const flags: Record<string, FlagSpec> = { ...COMMON_FLAGS, ...spec.flags };
    const order = Object.keys(spec.positionals ?? {});
    const values = new Map<string, string>();
    const switches = new Set<string>();
    const free: string[] = [];
    const set = (name: string, value: string) => {
        if (values.has(name)) {
            throw new UsageError(`${name} is given twice`);
        }
        values.set(name, value);
    };
    for (let i = 0; i < argv.length; i++) {
        const arg = argv[i];
        const dashed = /^--([a-z][a-z0-9-]*)(?:=([\s\S]*))?$/.exec(arg);
        const plain = /^([a-z][a-z0-9-]*)=([\s\S]*)$/.exec(arg);
        const match = dashed ?? (plain !== null && (plain[1] in flags || order.includes(plain[1])) ? plain : null);
        if (match === null) {
            if (arg.startsWith('-') && arg !== '-') {
                throw new UsageError(`${spec.name} has no option "${arg}"; --help lists them`);
            }
            free.push(arg);
            continue;
        }
        const [, name, inline] = match;
        if (!(name in flags) && !order.includes(name)) {
            throw new UsageError(`${spec.name} has no option "--${name}"; --help lists them`);
        }
        if (flags[name] !== undefined && flags[name].value === undefined) {
            if (inline !== undefined && !['true', 'false', '1', '0', ''].includes(inline)) {
                throw new UsageError(`--${name} takes no value`);
            }
            if (inline !== 'false' && inline !== '0') {
                switches.add(name);
            }
            continue;
        }
        const value = inline ?? argv[++i];
        if (value === undefined || (inline === undefined && value.startsWith('--'))) {
            throw new UsageError(`--${name} needs a value: ${flags[name]?.value ?? spec.positionals?.[name] ?? ''}`);
        }
        set(name, value);
    }
    const open = order.filter((name) => !values.has(name));
    if (free.length > open.length) {
        throw new UsageError(`${spec.name} does not know what to do with "${free[open.length]}"; --help says how`);
    }
    free.forEach((value, i) => set(open[i], value));
    return new Args(spec, values, switches);
}
