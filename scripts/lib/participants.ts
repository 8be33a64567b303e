/** Who is in a pool: read from the registry's transactions, with a file that remembers how far they were read. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, Transaction } from '@ton/core';

import { ParticipantRegistry, poolEvents } from '../../wrappers/pool';
import { loadRegister } from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { exitCode, transactions } from './chain';
import { parseCsv, parseFleetCsv } from './csv';
import { opcode } from './decode';
import { messageOf, UsageError } from './errors';
import { writeWhole } from './manifest';
import { Pool, Session, VaultData } from './session';

export const VAULT_STATES = ['none', 'pending', 'active', 'exiting', 'left'] as const;

export function stateName(vault: { status: bigint }): string {
    return VAULT_STATES[Number(vault.status)] ?? `unknown (${vault.status})`;
}

type Remembered = { registry: string; lt: string; hash: string; participants: string[] };

/** Everybody a transaction of the registry names. */
function named(tx: Transaction): Address[] {
    const found: Address[] = poolEvents([tx], 'VaultChanged').map((event) => event.participant);
    const message = tx.inMessage;
    if (
        message?.info.type === 'internal' &&
        exitCode(tx) === 0 &&
        opcode(message.body) === ParticipantRegistry.opcodes.Register
    ) {
        loadRegister(message.body.beginParse()); // not a registration if it does not parse
        found.push(message.info.src);
    }
    return found;
}

function remembered(file: string, registry: Address): Remembered | undefined {
    try {
        const memory = JSON.parse(fs.readFileSync(file, 'utf8')) as Remembered;
        return memory.registry === registry.toRawString() ? memory : undefined;
    } catch {
        return undefined; // a cache: whatever is wrong with it, the chain has the truth
    }
}

/** Everybody who ever registered, in the order of registration. */
export async function listParticipants(session: Session, pool: Pool): Promise<Address[]> {
    const file = path.join(path.dirname(session.manifestFile), 'participants.json');
    const { address } = pool.registry;
    const memory = remembered(file, address);
    const known = (tx: Transaction) =>
        memory !== undefined && tx.lt.toString() === memory.lt && tx.hash().toString('hex') === memory.hash;
    const order: string[] = [];
    let newest: Transaction | undefined;
    let met = false;
    for await (const tx of transactions(session.provider, address, known)) {
        newest ??= tx;
        if (known(tx)) {
            met = true;
            break;
        }
        order.push(...named(tx).map((a) => a.toRawString()));
    }
    // a memory of another chain (a local one that was reset) is never met, and is forgotten
    const all = [...new Set([...(met && memory !== undefined ? memory.participants : []), ...order.reverse()])];
    if (newest !== undefined && !session.dryRun) {
        writeWhole(
            file,
            `${JSON.stringify({
                registry: address.toRawString(),
                lt: newest.lt.toString(),
                hash: newest.hash().toString('hex'),
                participants: all,
            } satisfies Remembered)}\n`,
        );
    }
    return all.map((raw) => Address.parseRaw(raw));
}

/** The participants a script works on: of --fleet or --participants (a csv with a column participant), else of the chain. */
export async function chosenParticipants(session: Session, pool: Pool): Promise<Address[]> {
    const fleet = session.args.get('fleet');
    const file = fleet ?? session.args.get('participants');
    if (file === undefined) {
        return listParticipants(session, pool);
    }
    const text = readText(file);
    const names =
        fleet !== undefined
            ? parseFleetCsv(text, file).map((row) => row.name)
            : parseCsv(text, ['participant'], file).map((row) => row.fields.participant);
    return Promise.all(names.map((name) => session.toAddress(name, 'participant')));
}

export function readText(file: string): string {
    try {
        return fs.readFileSync(file, 'utf8');
    } catch (e) {
        throw new UsageError(`${file} cannot be read: ${messageOf(e)}`);
    }
}

export type Participant = { address: Address; vaultAddress: Address; vault: VaultData };

/** Data of the vaults of these participants; those without a vault are left out. */
export async function readVaults(session: Session, pool: Pool, who: readonly Address[]): Promise<Participant[]> {
    const bar = session.progress('Reading vaults', who.length);
    const found: Participant[] = [];
    for (const address of who) {
        const vaultAddress = pool.vaultAddress(address);
        if (await session.isDeployed(vaultAddress)) {
            found.push({ address, vaultAddress, vault: await pool.vault(address).getVaultData() });
        }
        bar.step();
    }
    return found;
}

/** The vault of one participant; a clear refusal if there is none. */
export async function requireVault(session: Session, pool: Pool, participant: Address): Promise<Participant> {
    const [found] = await readVaults(session, pool, [participant]);
    if (found === undefined) {
        throw new UsageError(`${session.show(participant)} never registered at this pool`);
    }
    return found;
}
