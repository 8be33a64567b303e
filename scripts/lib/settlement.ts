/** What the scripts of the settlement share: which registry and settlement, accounts, amounts, the one way to send. */
import { Address, OpenedContract } from '@ton/core';

import * as builtAccount from '../../build/SettlementAccount/SettlementAccount_SettlementAccount';
import * as builtSettlement from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import * as builtRegistry from '../../build/UsageRegistry/UsageRegistry_UsageRegistry';
import {
    PaymentSettlement,
    recordHash,
    SETTLEMENT_ERRORS,
    SettlementAccount,
    SettlementErrorName,
    SettlementExit,
    UsageLedger,
    UsageRegistry,
} from '../../wrappers/settlement';
import { MAIN_NETWORK, TEST_NETWORK } from '../../wrappers/settlement/channel';
import { addressOfAccount } from '../../wrappers/pool';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, RefusedError, UsageError } from './errors';
import { familyManifest, ManifestContract } from './manifest';
import { Session, Step } from './session';

addMessages(builtRegistry, builtRegistry.UsageRegistry.opcodes);
addMessages(builtSettlement, builtSettlement.PaymentSettlement.opcodes);
addMessages(builtAccount, builtAccount.SettlementAccount.opcodes);
// 256 to 299 belong to every family and are known
addErrors(new Map([...SETTLEMENT_ERRORS].filter(([code]) => code >= 1280)));

const MANIFEST_FLAG: FlagSpec = {
    value: 'file',
    about: 'manifest of registry and settlement (deployments/<network>/settlement.json)',
    env: 'SETTLEMENT_MANIFEST',
};
const DECIMALS_FLAG: FlagSpec = {
    value: 'number',
    about: 'decimals of the asset (those of the manifest, or 9)',
    env: 'SETTLEMENT_DECIMALS',
};

/** Flags of every script of the settlement. */
export const SETTLEMENT_FLAGS: Record<string, FlagSpec> = {
    settlement: { value: 'address', about: 'the payment settlement', env: 'SETTLEMENT_ADDRESS' },
    'settlement-manifest': MANIFEST_FLAG,
    decimals: DECIMALS_FLAG,
};

export const REGISTRY_FLAGS: Record<string, FlagSpec> = {
    registry: { value: 'address', about: 'the usage registry', env: 'REGISTRY_ADDRESS' },
    'settlement-manifest': MANIFEST_FLAG,
    decimals: DECIMALS_FLAG,
};

export type SettlementManifest = {
    format: 1;
    network: string;
    createdAt: string;
    compiler: string;
    decimals: number;
    registry: ManifestContract;
    settlement: ManifestContract;
};

export const {
    file: settlementManifestFile,
    read: readSettlementManifest,
    write: writeSettlementManifest,
} = familyManifest<SettlementManifest>('settlement', (m) => [m.registry, m.settlement]);

export type Settlement = OpenedContract<PaymentSettlement>;
export type Account = OpenedContract<SettlementAccount>;
export type Registry = OpenedContract<UsageRegistry>;

async function contractAt(session: Session, flag: 'registry' | 'settlement', variable: string): Promise<Address> {
    const given = session.args.get(flag);
    const file = settlementManifestFile(session);
    const manifest = given === undefined ? readSettlementManifest(file) : undefined;
    if (given === undefined && manifest === undefined) {
        throw new UsageError(`Which ${flag}? Give --${flag} or ${variable}; there is no manifest ${file}`);
    }
    const address = given === undefined ? Address.parse(manifest![flag].raw) : await session.toAddress(given, flag);
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no contract at ${session.show(address)} on ${session.network}`);
    }
    session.report({ [flag]: address });
    return address;
}

/** The settlement that --settlement, SETTLEMENT_ADDRESS or the manifest names. */
export async function openSettlement(session: Session): Promise<Settlement> {
    return session.open(
        PaymentSettlement.createFromAddress(await contractAt(session, 'settlement', 'SETTLEMENT_ADDRESS')),
    );
}

/** The registry that --registry, REGISTRY_ADDRESS or the manifest names. */
export async function openRegistry(session: Session): Promise<Registry> {
    return session.open(UsageRegistry.createFromAddress(await contractAt(session, 'registry', 'REGISTRY_ADDRESS')));
}

/** The network that a registry itself thinks it is on: its hash of a record says so. */
export async function networkIdOf(registry: Registry): Promise<number> {
    const parties = { consumer: registry.address, provider: registry.address };
    const usage = { ...parties, model: 1n, promptTokens: 1, completionTokens: 0, amount: 0, time: 0, nonce: 1 };
    const hash = await registry.getRecordHash({ usage });
    const id = [MAIN_NETWORK, TEST_NETWORK].find(
        (network) => recordHash({ usage }, registry.address, network) === hash,
    );
    if (id === undefined) {
        throw new UsageError('This is neither the main nor the test network');
    }
    return id;
}

/** The registry that a settlement settles. */
export async function registryOf(session: Session, settlement: Settlement): Promise<Registry> {
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
    registry: Registry,
    consumer: Address,
): Promise<OpenedContract<UsageLedger> | undefined> {
    const address = await registry.getLedgerAddress(consumer);
    return (await session.isDeployed(address)) ? session.open(UsageLedger.createFromAddress(address)) : undefined;
}

export async function assetDecimals(session: Session): Promise<number> {
    const given = await session.optionalInteger('decimals', 0, 18);
    return given ?? readSettlementManifest(settlementManifestFile(session))?.decimals ?? 9;
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
