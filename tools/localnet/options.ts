/** Command line options that both doors share. */
import * as fs from 'node:fs';
import { Cell } from '@ton/core';
import { LocalnetError } from './errors';
import type { OpenOptions } from './engine';
import type { ConfigSource } from './sandbox';
import { WALLET_VERSIONS, WalletVersion } from './wallets';

export const DEFAULT_DIR = '.localnet';

export const CHAIN_OPTIONS = {
    config: { type: 'string' },
    now: { type: 'string' },
    'wallet-version': { type: 'string' },
} as const;

export const CHAIN_OPTIONS_HELP = `  --config <c>            slim (default), default, or a file with a config cell (BOC, binary or base64)
  --now <unix time>       create the chain with a clock that only moves by "advance" and 1 s per message
  --wallet-version <v>    version of new named wallets: v4r2 (default) or v5r1`;

function readConfig(value: string): ConfigSource {
    if (value === 'slim' || value === 'default') return value;
    let data: Buffer;
    try {
        data = fs.readFileSync(value);
    } catch {
        throw new LocalnetError(`--config: there is no file "${value}"`);
    }
    for (const bytes of [data, Buffer.from(data.toString('latin1').trim(), 'base64')]) {
        try {
            return Cell.fromBoc(bytes)[0];
        } catch {
            // the other notation, or the error below
        }
    }
    throw new LocalnetError(`--config: "${value}" is not a bag of cells`);
}

export function chainOptions(values: { config?: string; now?: string; 'wallet-version'?: string }): OpenOptions {
    const version = values['wallet-version'];
    if (version !== undefined && !WALLET_VERSIONS.includes(version as WalletVersion)) {
        throw new LocalnetError(`--wallet-version must be one of ${WALLET_VERSIONS.join(', ')}`);
    }
    if (values.now !== undefined && !/^\d{1,10}$/.test(values.now)) {
        throw new LocalnetError('--now must be a unix time');
    }
    return {
        config: values.config === undefined ? undefined : readConfig(values.config),
        now: values.now === undefined ? undefined : Number(values.now),
        walletVersion: version as WalletVersion | undefined,
    };
}

/** Mistakes are told in one line; anything unexpected keeps its stack. */
export function reportError(e: unknown): void {
    const isArgument = String((e as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS');
    console.error(e instanceof LocalnetError || isArgument ? `Error: ${(e as Error).message}` : e);
}
