/** What the scripts of the emission share: the controller they work on, its rules, amounts of the token. */
import { OpenedContract } from '@ton/core';

import { EMISSION_ERRORS, EmissionController, EmissionErrorName, EmissionExit } from '../../wrappers/token';
import * as built from '../../build/EmissionController/EmissionController_EmissionController';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, RefusedError, UsageError } from './errors';
import { Session, Step } from './session';

addMessages(built, built.EmissionController.opcodes);
// 256 to 299 belong to every family and are known
addErrors(new Map([...EMISSION_ERRORS].filter(([code]) => code >= 900)));

export const EMISSION_FLAGS: Record<string, FlagSpec> = {
    controller: { value: 'address', about: 'the emission controller', env: 'EMISSION_ADDRESS' },
    decimals: { value: 'number', about: 'decimals of the token (9)', env: 'TOKEN_DECIMALS' },
};

export type Emission = OpenedContract<EmissionController>;

/** The controller that --controller or EMISSION_ADDRESS names. */
export async function openEmission(session: Session): Promise<Emission> {
    const address = await session.address('controller');
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no contract at ${session.show(address)} on ${session.network}`);
    }
    session.report({ controller: address });
    return session.open(EmissionController.createFromAddress(address));
}

export async function decimalsOf(session: Session): Promise<number> {
    return (await session.optionalInteger('decimals', 0, 18)) ?? 9;
}

/** An amount in tokens, every digit of it. */
export function tokens(amount: bigint, decimals: number): string {
    if (decimals === 0) {
        return amount.toString();
    }
    const text = amount.toString().padStart(decimals + 1, '0');
    const fraction = text.slice(-decimals).replace(/0+$/, '');
    return text.slice(0, -decimals) + (fraction === '' ? '' : `.${fraction}`);
}

/** Smallest units of an amount in tokens. */
export function parseTokens(text: string, decimals: number, what = 'amount'): bigint {
    const match = /^(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text.trim());
    if (match === null || (match[2] ?? '').length > decimals) {
        throw new UsageError(`${what} "${text}" is not an amount with at most ${decimals} digits after the point`);
    }
    return BigInt(match[1]) * 10n ** BigInt(decimals) + BigInt((match[2] ?? '').padEnd(decimals, '0') || '0');
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
