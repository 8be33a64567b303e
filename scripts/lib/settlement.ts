/** What the scripts of the settlement share: which registry and settlement, accounts, amounts, the one way to send. */
import { Address, OpenedContract } from '@ton/core';

import * as builtAccount from '../../build/SettlementAccount/SettlementAccount_SettlementAccount';
import * as builtSettlement from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import * as builtRegistry from '../../build/UsageRegistry/UsageRegistry_UsageRegistry';
import {
    PaymentSettlement,
    SETTLEMENT_ERRORS,
    SettlementAccount,
    SettlementErrorName,
    SettlementExit,
    UsageLedger,
    UsageRegistry,
} from '../../wrappers/settlement';
import { addressOfAccount } from '../../wrappers/pool';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, RefusedError, UsageError } from './errors';
import { Session, Step } from './session';

addMessages(builtRegistry, builtRegistry.UsageRegistry.opcodes);
addMessages(builtSettlement, builtSettlement.PaymentSettlement.opcodes);
addMessages(builtAccount, builtAccount.SettlementAccount.opcodes);
// 256 to 299 belong to every family and are known
addErrors(new Map([...SETTLEMENT_ERRORS].filter(([code]) => code >= 1280)));

/** Flags of every script of the settlement. */
export const SETTLEMENT_FLAGS: Record<string, FlagSpec> = {
    settlement: { value: 'address', about: 'the payment settlement', env: 'SETTLEMENT_ADDRESS' },
    decimals: { value: 'number', about: 'decimals of the asset (9)', env: 'SETTLEMENT_DECIMALS' },
};

export const REGISTRY_FLAGS: Record<string, FlagSpec> = {
    registry: { value: 'address', about: 'the usage registry', env: 'REGISTRY_ADDRESS' },
    decimals: { value: 'number', about: 'decimals of the asset (9)', env: 'SETTLEMENT_DECIMALS' },
};

export type Settlement = OpenedContract<PaymentSettlement>;
export type Account = OpenedContract<SettlementAccount>;

async function contractAt(session: Session, flag: string, variable: string): Promise<Address> {
    const given = session.args.get(flag);
    if (given === undefined) {
        throw new UsageError(`Which ${flag}? Give --${flag} or ${variable}`);
    }
    const address = await session.toAddress(given, flag);
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no contract at ${session.show(address)} on ${session.network}`);
    }
    session.report({ [flag]: address });
    return address;
}

/** The settlement that --settlement or SETTLEMENT_ADDRESS names. */
export async function openSettlement(session: Session): Promise<Settlement> {
    return session.open(
        PaymentSettlement.createFromAddress(await contractAt(session, 'settlement', 'SETTLEMENT_ADDRESS')),
    );
}

/** The registry that --registry or REGISTRY_ADDRESS names. */
export async function openRegistry(session: Session): Promise<OpenedContract<UsageRegistry>> {
    return session.open(UsageRegistry.createFromAddress(await contractAt(session, 'registry', 'REGISTRY_ADDRESS')));
}

/** The registry that a settlement settles. */
export async function registryOf(session: Session, settlement: Settlement): Promise<OpenedContract<UsageRegistry>> {
    const { registry } = await settlement.getTerms();
    return session.open(UsageRegistry.createFromAddress(addressOfAccount(registry)));
}

/** The account of a user; undefined while there is none. */
export async function accountOf(session: Session, settlement: Settlement, user: Address): Promise<Account | undefined> {
    const address = await settlement.getAccountAddress(user);
    return (await session.isDeployed(address)) ? session.open(SettlementAccount.createFromAddress(address)) : undefined;
}

/** The same; throws if there is none. */
export async function requireAccount(session: Session, settlement: Settlement, user: Address): Promise<Account> {
    const account = await accountOf(session, settlement, user);
    if (account === undefined) {
        throw new RefusedError(`${session.show(user)} has no account at this settlement.`);
    }
    return account;
}

/** The ledger of a consumer; undefined while there is none. */
export async function ledgerOf(
    session: Session,
    registry: OpenedContract<UsageRegistry>,
    consumer: Address,
): Promise<OpenedContract<UsageLedger> | undefined> {
    const address = await registry.getLedgerAddress(consumer);
    return (await session.isDeployed(address)) ? session.open(UsageLedger.createFromAddress(address)) : undefined;
}

export async function assetDecimals(session: Session): Promise<number> {
    return (await session.optionalInteger('decimals', 0, 18)) ?? 9;
}

/** Refuses in the words of the contract's own error unless `condition` holds. Nothing was sent. */
export function requireSettlementRule(condition: boolean, rule: SettlementErrorName, why?: string): void {
    if (!condition) {
        const text = SETTLEMENT_ERRORS.get(SettlementExit[rule])?.text ?? rule;
        throw new RefusedError(`${why === undefined ? '' : `${why} `}${text} (${rule})`);
    }
}

type What = Pick<Step, 'title' | 'body' | 'done' | 'awaited' | 'tolerant'> & { n?: number | bigint; moved?: bigint };

/** A message to the settlement at the cost that it names itself, with the amount that it moves. */
export async function settlementStep(settlement: Settlement, { n, moved = 0n, ...what }: What): Promise<Step> {
    const value = (await settlement.getCost(what.body, n)) + moved;
    return { ...what, moved, to: settlement.address, toName: 'PaymentSettlement', value };
}

/** A message to an account at the cost that it names itself. */
export async function accountStep(account: Account, { n, ...what }: What): Promise<Step> {
    const value = await account.getCost(what.body, n);
    return { ...what, to: account.address, toName: 'SettlementAccount', value };
}
