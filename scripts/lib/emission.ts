/** What the scripts of the emission share: the controller they work on, its rules, amounts of the token. */
import { Address, OpenedContract } from '@ton/core';

import {
    DEFAULT_DECIMALS,
    EMISSION_ERRORS,
    EmissionController,
    EmissionErrorName,
    EmissionExit,
} from '../../wrappers/token';
import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, RefusedError, UsageError } from './errors';
import { familyManifest, ManifestContract } from './manifest';
import { Session, Step } from './session';

export { parseTokens, tokens } from './token';

addMessages(built, built.EmissionController.opcodes);
// 256 to 299 belong to every family and are known
addErrors(new Map([...EMISSION_ERRORS].filter(([code]) => code >= 900)));

/** Flags of every script of the emission. */
export const EMISSION_FLAGS: Record<string, FlagSpec> = {
    controller: { value: 'address', about: 'the emission controller', env: 'EMISSION_ADDRESS' },
    'emission-manifest': {
        value: 'file',
        about: 'manifest of the controller (deployments/<network>/emission.json)',
        env: 'EMISSION_MANIFEST',
    },
    decimals: { value: 'number', about: 'decimals of the token (those of the manifest, or 9)', env: 'TOKEN_DECIMALS' },
};

export type EmissionManifest = {
    format: 1;
    network: string;
    createdAt: string;
    compiler: string;
    token: string;
    decimals: number;
    controller: ManifestContract;
};

export const {
    file: emissionManifestFile,
    read: readEmissionManifest,
    write: writeEmissionManifest,
} = familyManifest<EmissionManifest>('emission', (m) => [m.controller]);

export type Emission = OpenedContract<EmissionController>;

/** The controller that --controller, EMISSION_ADDRESS or the manifest names. */
export async function openEmission(session: Session): Promise<Emission> {
    const given = session.args.get('controller');
    const file = emissionManifestFile(session);
    const manifest = given === undefined ? readEmissionManifest(file) : undefined;
    if (given === undefined && manifest === undefined) {
        throw new UsageError(`Which controller? Give --controller or EMISSION_ADDRESS; there is no manifest ${file}`);
    }
    const address =
        given === undefined ? Address.parse(manifest!.controller.raw) : await session.toAddress(given, 'controller');
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no contract at ${session.show(address)} on ${session.network}`);
    }
    session.report({ controller: address });
    return session.open(EmissionController.createFromAddress(address));
}

export async function decimalsOf(session: Session): Promise<number> {
    const given = await session.optionalInteger('decimals', 0, 18);
    const manifest =
        session.args.get('controller') === undefined ? readEmissionManifest(emissionManifestFile(session)) : undefined;
    return given ?? manifest?.decimals ?? DEFAULT_DECIMALS;
}

/** Refuses in the words of the contract's own error unless `condition` holds. Nothing was sent. */
export function requireEmissionRule(condition: boolean, rule: EmissionErrorName, why?: string): void {
    if (!condition) {
        const text = EMISSION_ERRORS.get(EmissionExit[rule])?.text ?? rule;
        throw new RefusedError(`${why === undefined ? '' : `${why} `}${text} (${rule})`);
    }
}

type What = Pick<Step, 'title' | 'body' | 'done' | 'awaited' | 'tolerant'> & { n?: number };

/** A message to the controller at the cost that it names itself. */
export async function emissionStep(controller: Emission, { n, ...what }: What): Promise<Step> {
    const value = await controller.getCost(what.body, n);
    return { ...what, to: controller.address, toName: 'EmissionController', value };
}
