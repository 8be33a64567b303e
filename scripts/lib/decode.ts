/** Messages of the pool in words: what a person reads before he signs. */
import { Address, Cell, Dictionary, Slice } from '@ton/core';
import type { DictionaryKeyTypes } from '@ton/core';

import * as registry from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import * as vault from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import * as operator from '../../build/PoolOperator/PoolOperator_PoolOperator';
import * as distribution from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';

export type DecodedMessage = { name: string; fields: Record<string, unknown> };

type Load = (slice: Slice) => Record<string, unknown>;

const LOADERS = new Map<number, { name: string; load: Load }>();

/** Makes the messages of a generated module known. Scripts of other families add theirs. */
export function addMessages(module: object, opcodes: Readonly<Record<string, number>>): void {
    for (const [name, opcode] of Object.entries(opcodes)) {
        const load = (module as Record<string, unknown>)[`load${name}`];
        if (typeof load === 'function') {
            LOADERS.set(opcode, { name, load: load as Load });
        }
    }
}

addMessages(operator, operator.PoolOperator.opcodes);
addMessages(registry, registry.ParticipantRegistry.opcodes);
addMessages(vault, vault.ParticipantVault.opcodes);
addMessages(distribution, distribution.RewardDistribution.opcodes);

/** Operation code of a body, 0 for a text or an empty body. */
export function opcode(body: Cell): number {
    const slice = body.beginParse();
    return slice.remainingBits >= 32 ? slice.preloadUint(32) : 0;
}

/** Name and fields of a message of the pool; undefined for any other. */
export function decodeMessage(body: Cell): DecodedMessage | undefined {
    const loader = LOADERS.get(opcode(body));
    if (loader === undefined) {
        return undefined;
    }
    try {
        const { $$type: _type, ...fields } = loader.load(body.beginParse());
        return { name: loader.name, fields };
    } catch {
        return undefined; // an opcode of ours on something else
    }
}

/** Name of a message, or its operation code. */
export function messageName(body: Cell): string {
    return decodeMessage(body)?.name ?? `0x${opcode(body).toString(16).padStart(8, '0')}`;
}

/** Fields as text, one a line. Cells are shown by their hash: that is what can be compared with another screen. */
export function fieldLines(fields: object, show: (address: Address) => string): string[] {
    const text = (value: unknown): string => {
        if (value instanceof Cell) return `cell ${value.hash().toString('hex')}`;
        if (value instanceof Slice) return text(value.asCell());
        if (Address.isAddress(value)) return show(value);
        if (value instanceof Dictionary) {
            const entries = [...(value as Dictionary<DictionaryKeyTypes, unknown>)];
            return inBraces(entries.map(([key, entry]) => `${text(key)}: ${text(entry)}`));
        }
        if (typeof value === 'object' && value !== null) return inBraces(fieldLines(value, show));
        return value === null ? 'none' : `${value as bigint | boolean | string}`;
    };
    return Object.entries(fields)
        .filter(([name]) => name !== 'queryId' && name !== '$$type')
        .map(([name, value]) => `${name}: ${text(value)}`);
}

const inBraces = (parts: string[]): string => `{ ${parts.join(', ')} }`;
