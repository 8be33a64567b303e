/**
 * Writes docs/schema.tlb: every message, event and stored structure of the contracts, with the doc comments of the Tact
 * sources. `npm run schema` writes, `npm run schema -- --check` fails if the file is not what the contracts imply.
 * tests/pool/schema.spec.ts parses real messages, events and storages by this file.
 */
import * as fs from 'fs';
import * as path from 'path';

import { buildAll } from '../build';
import { declaration, Layout, layoutsOf } from './layout';

const root = path.resolve(__dirname, '../..');
const TARGET = path.join(root, 'docs/schema.tlb');

type Family = {
    name: string;
    folder: string;
    contracts: string[];
    /** Files with the messages. */
    messages: string[];
};

/** Families in the order of the document. */
export const FAMILIES: Family[] = [
    {
        name: 'pool',
        folder: 'contracts/pool',
        contracts: ['PoolOperator', 'ParticipantRegistry', 'ParticipantVault', 'RewardDistribution'],
        messages: ['messages.tact'],
    },
    {
        name: 'token',
        folder: 'contracts/token',
        contracts: ['ShareMinter', 'ShareWallet', 'EmissionController', 'UsageGuard', 'ProviderShare'],
        messages: ['messages.tact', 'emission-messages.tact'],
    },
    {
        name: 'staking',
        folder: 'contracts/staking',
        contracts: ['StakingMaster', 'ProverStaking', 'StakePosition', 'ProverRewards', 'RewardPosition'],
        messages: ['messages.tact'],
    },
    {
        name: 'channel',
        folder: 'contracts/settlement',
        contracts: ['PaymentChannel'],
        messages: ['channel-messages.tact'],
    },
    {
        name: 'settlement',
        folder: 'contracts/settlement',
        contracts: ['UsageRegistry', 'UsageLedger', 'PaymentSettlement', 'SettlementAccount'],
        messages: ['messages.tact'],
    },
    {
        name: 'governance',
        folder: 'contracts/governance',
        contracts: ['Governor', 'Proposal', 'VoterAccount'],
        messages: ['messages.tact'],
    },
    {
        name: 'timelock',
        folder: 'contracts/governance',
        contracts: ['Timelock', 'TimelockOperation'],
        messages: ['timelock-messages.tact'],
    },
    {
        name: 'treasury',
        folder: 'contracts/governance',
        contracts: ['Treasury'],
        messages: ['treasury-messages.tact'],
    },
];

/** Doc comment of every message, struct and contract in the Tact sources, by name. */
function comments(folders: string[]): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const folder of folders)
        for (const file of fs.readdirSync(path.join(root, folder)).filter((f) => f.endsWith('.tact'))) {
            let doc: string[] = [];
            for (const line of fs.readFileSync(path.join(root, folder, file), 'utf8').split('\n')) {
                const comment = line.match(/^\/\/\/ ?(.*)$/);
                const name = line.match(/^(?:message\(0x[0-9a-f]+\)|struct|contract) (\w+)/);
                if (comment) doc.push(comment[1]);
                else {
                    if (name) found.set(name[1], doc);
                    doc = [];
                }
            }
        }
    return found;
}

/** The sections of messages.tact ("PoolOperator IN", "events" ...) with the names in them, in order. */
function sections(file: string, first?: string): { title: string; names: string[] }[] {
    const list: { title: string; names: string[] }[] = first ? [{ title: first, names: [] }] : [];
    for (const line of fs.readFileSync(path.join(root, file), 'utf8').split('\n')) {
        const title = line.match(/^\/\/ -{10,} (.*)$/);
        const name = line.match(/^message\(0x[0-9a-f]+\) (\w+)/);
        if (title) list.push({ title: title[1], names: [] });
        else if (name && list.length > 0) list[list.length - 1].names.push(name[1]);
    }
    return list;
}

/** The whole document. */
export function schema(): string {
    const out: string[] = [fs.readFileSync(path.join(__dirname, 'head.tlb'), 'utf8').trimEnd()];
    // What several families share (contracts/common) is written once, where it is met first.
    const written = new Set<string>();
    // TEP-74 and TEP-89: families declare what they use of them; the document has each message once.
    const opcodes = new Set<number>();
    const common = comments(['contracts/common']);
    for (const family of FAMILIES) {
        const layouts = new Map<string, Layout>();
        for (const contract of family.contracts) {
            const file = path.join(root, 'build', contract, `${contract}_${contract}.ts`);
            for (const layout of layoutsOf(fs.readFileSync(file, 'utf8'))) layouts.set(layout.name, layout);
        }
        const docs = comments(['contracts/common', family.folder]);
        const write = (name: string) => {
            if (common.has(name)) {
                if (written.has(name)) return;
                written.add(name);
            }
            const layout = layouts.get(name);
            if (layout?.opcode != null) {
                if (opcodes.has(layout.opcode)) return;
                opcodes.add(layout.opcode);
            }
            if (!layout) throw new Error(`no layout for ${name}: rebuild, or teach tools/schema/layout.ts its types`);
            out.push('', ...(docs.get(name) ?? []).map((line) => `// ${line}`.trimEnd()), declaration(layout));
        };
        for (const section of [
            ...sections('contracts/common/tep.tact', 'TEP messages'),
            ...family.messages.flatMap((file) => sections(`${family.folder}/${file}`)),
        ]) {
            if (section.names.every((name) => written.has(name))) continue;
            out.push('', '', `// ---- ${family.name}: ${section.title}`);
            section.names.forEach(write);
        }
        out.push('', '', `// ---- ${family.name}: storage`);
        // What only getters return is not on the wire; its doc comment starts with the getter's name.
        [...docs.keys()]
            .filter((name) => layouts.get(name)?.opcode === null && !docs.get(name)?.[0]?.startsWith('get_'))
            .forEach(write);
        // Layouts that the contracts write by hand.
        const raw = path.join(__dirname, `${family.name}-raw.tlb`);
        if (fs.existsSync(raw)) out.push('', fs.readFileSync(raw, 'utf8').trimEnd());
    }
    return out.join('\n') + '\n';
}

async function main() {
    await buildAll({ root });
    const text = schema();
    if (!process.argv.includes('--check')) {
        fs.writeFileSync(TARGET, text);
        console.log(`wrote ${path.relative(root, TARGET)}`);
    } else if (!fs.existsSync(TARGET) || fs.readFileSync(TARGET, 'utf8') !== text) {
        throw new Error('docs/schema.tlb is not what the contracts imply: run npm run schema');
    } else console.log('docs/schema.tlb is up to date');
}

if (require.main === module)
    main().catch((e: Error) => {
        console.error(e.message);
        process.exit(1);
    });
