/** The file that says what was deployed, so that other scripts and other people find it and can rebuild its address. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address, Cell } from '@ton/core';

import { messageOf, UsageError } from './errors';
import type { Session } from './session';

export type ManifestContract = {
    address: string;
    raw: string;
    codeHash: string;
    /** StateInit parts as base64 BOC: with them anyone recomputes the address. */
    code: string;
    data: string;
};

export type Manifest = {
    format: 1;
    network: string;
    /** False until every step of the deployment is done. */
    complete: boolean;
    createdAt: string;
    /** Contracts' version counters, and what built them. */
    versions: { compiler: string; operator: number; registry: number; distribution: number };
    operator: ManifestContract;
    registry: ManifestContract;
    distribution: ManifestContract;
    vault: { codeHash: string; code: string };
    parameters: {
        owner: string;
        reporter: string;
        guardian: string;
        arbiter: string;
        recovery: string;
        payout: string;
        commissionBps: number;
        epochSeconds: number;
        minStake: string;
        minEarned: string;
        open: boolean;
        openCeiling: number;
        stake: string;
        proxies: string[];
    };
};

export const cellToText = (cell: Cell) => cell.toBoc().toString('base64');
export const cellFromText = (text: string) => Cell.fromBase64(text);

/** A file appears whole or not at all. */
export function writeWhole(file: string, text: string): void {
    fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    fs.writeFileSync(temporary, text);
    fs.renameSync(temporary, file);
}

function writeJson(file: string, value: object): void {
    writeWhole(file, `${JSON.stringify(value, null, 4)}\n`);
}

export function writeManifest(file: string, manifest: Manifest): void {
    writeJson(file, manifest);
}

/** The manifest, or undefined if there is none. Throws UsageError for a damaged one: guessing would cost a second pool. */
export function readManifest(file: string): Manifest | undefined {
    if (!fs.existsSync(file)) {
        return undefined;
    }
    let manifest: Manifest;
    try {
        manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest;
        Address.parse(manifest.operator.raw);
    } catch (e) {
        throw new UsageError(`${file} is not a readable manifest: ${messageOf(e)}`);
    }
    if (manifest.format !== 1) {
        throw new UsageError(`${file} has format ${String(manifest.format)}; these scripts know format 1`);
    }
    return manifest;
}

/** The manifest of another family than the pool. `contracts`: those in it whose addresses must be readable. */
export function familyManifest<M extends { format: 1 }>(
    family: string,
    contracts: (manifest: M) => readonly ManifestContract[],
) {
    return {
        /** Path: by the flag or its environment variable, or where deploying writes it. */
        file: (session: Session): string =>
            session.args.get(`${family}-manifest`) ??
            path.join(process.env.POOL_DEPLOYMENTS ?? 'deployments', session.network, `${family}.json`),

        write: (file: string, manifest: M): void => writeJson(file, manifest),

        /** The manifest, or undefined if there is none. Throws UsageError for a damaged one. */
        read: (file: string): M | undefined => {
            if (!fs.existsSync(file)) {
                return undefined;
            }
            try {
                const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as M;
                for (const { raw } of contracts(manifest)) {
                    Address.parse(raw);
                }
                if (manifest.format !== 1) {
                    throw new Error(`format ${String(manifest.format)}; these scripts know format 1`);
                }
                return manifest;
            } catch (e) {
                throw new UsageError(`${file} is not a readable manifest: ${messageOf(e)}`);
            }
        },
    };
}
