import { Address, beginCell, Cell, contractAddress, Contract, ContractProvider, Dictionary, Sender } from '@ton/core';

import {
    EmissionController as Built,
    dictValueParserRecipient,
    type Recipient,
    storeAcceptRole,
    storeAnnounceUpgrade,
    storeApplyPayees,
    storeApplyUpgrade,
    storeCancelGrowth,
    storeCancelPayees,
    storeCancelRecipients,
    storeCancelUpgrade,
    storeEmissionCodes,
    storeEmissionDesk,
    storeEmissionPayees,
    storeEmit,
    storeFlush,
    storeNominateRole,
    storeRecordUsage,
    storeRevokeRole,
    storeScheduleBooks,
    storeSetBreaker,
    storeSetGrowth,
    storeSetModelRate,
    storeSetPayees,
    storeSetRecipients,
    storeTopUp,
    storeUpgradeSlot,
    storeUsageBooks,
    type EmissionDesk,
    type ScheduleBooks,
    type UsageBooks,
} from '../../build/EmissionController/EmissionController_EmissionController';
import { ProviderShare as BuiltShare } from '../../build/ProviderShare/ProviderShare_ProviderShare';
import { UsageGuard as BuiltGuard } from '../../build/UsageGuard/UsageGuard_UsageGuard';
import { withRoles } from '../common/administration';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialFields, initialState, PoolInit } from '../common/initial';
import { accountIdOf, addressOfAccount } from '../pool/metrics';
import { clampGrowth, YEAR_TABLE } from './emissionSchedule';
import { modelKey, Usage, usageChain } from './usageRecords';

export type {
    EmissionData,
    EmissionRoles,
    EpochInfo,
    RateInfo,
    UsageData,
    YearInfo,
} from '../../build/EmissionController/EmissionController_EmissionController';

/** Recipient of the scheduled emission; `bps` of all recipients sum to 10,000. */
export type EmissionRecipient = { address: Address; bps: Integer };

/** Roles by name. */
export const EMISSION_ROLES = { owner: 0n, rateKeeper: 1n, guardian: 2n, recorder: 3n } as const;
export type EmissionRole = keyof typeof EMISSION_ROLES;

/** Where a recorder stands: guards know him by slot and term. */
export type RecorderPlace = { slot: bigint; term: bigint; since: bigint };

/** An emission controller to be. Amounts in the token's smallest unit. */
export type EmissionConfig = {
    /** The jetton's minter. */
    minter: Address;
    owner: Address;
    rateKeeper: Address;
    guardian: Address;
    recorders?: readonly Address[];
    /** 1 to 8; the first one also gets what rounding leaves. */
    recipients: readonly EmissionRecipient[];
    /** Where usage minting pays its 10 % and its 5 %. */
    treasury: Address;
    liquidity: Address;
    /** Unix second at which epoch 0 and the first year begin. */
    start: Integer;
    /** Decimals of the token, 9 by default: scale of every default below. */
    decimals?: number;
    /** Amounts of the first ten years. */
    table?: readonly bigint[];
    /** Most the schedule can give in all: 350 million tokens. */
    cap?: bigint;
    /** Bps, 10,000 by default. */
    growth?: Integer;
    /** Most that usages mint in a year: 20 million tokens; and ever: 200 million. */
    yearlyBudget?: bigint;
    lifetimeCap?: bigint;
    /** Part of the yearly budget that 24 hours may mint, in bps: 200. */
    breakerBps?: Integer;
    /** What usage hashes name; the controller itself by default. */
    registry?: Address;
    /** Codes of the children; those of this build by default. */
    guardCode?: Cell;
    shareCode?: Cell;
};

/** Whole tokens, and bps, of a deployment that says nothing else. */
export const EMISSION_DEFAULTS = {
    decimals: 9,
    cap: 350_000_000n,
    growth: 10_000n,
    yearlyBudget: 20_000_000n,
    lifetimeCap: 200_000_000n,
    breakerBps: 200n,
} as const;

function recipientMap(recipients: readonly EmissionRecipient[]): Dictionary<number, Recipient> {
    const map = Dictionary.empty(Dictionary.Keys.Uint(8), dictValueParserRecipient());
    recipients.forEach(({ address, bps }, i) =>
        map.set(i, { $$type: 'Recipient', account: accountIdOf(address), bps: BigInt(bps) }),
    );
    return map;
}

function recipientList(map: Dictionary<number, Recipient>): { address: Address; bps: bigint }[] {
    return map
        .keys()
        .sort((a, b) => a - b)
        .map((key) => ({ address: addressOfAccount(map.get(key)!.account), bps: map.get(key)!.bps }));
}

/** The name of a model as SetModelRate takes it. */
export function modelName(name: string): Cell {
    modelKey(name);
    return beginCell().storeBuffer(Buffer.from(name, 'utf8')).endCell();
}

/** Initial data of a controller, from its configuration. */
async function emissionInit(config: EmissionConfig): Promise<PoolInit> {
    const unit = 10n ** BigInt(config.decimals ?? EMISSION_DEFAULTS.decimals);
    const start = BigInt(config.start);
    const table = config.table ?? YEAR_TABLE.map((amount) => amount * unit);
    if (table.length !== YEAR_TABLE.length) {
        throw new Error('the table of the schedule has ten years');
    }
    const shares = config.recipients.reduce((sum, { bps }) => sum + BigInt(bps), 0n);
    if (shares !== 10_000n || config.recipients.length > 8) {
        throw new Error('one to eight recipients share 10,000 bps');
    }
    const growth = BigInt(config.growth ?? EMISSION_DEFAULTS.growth);
    if (growth !== clampGrowth(growth)) {
        throw new Error('the growth factor is 5,000 to 20,000 bps');
    }
    const recorders = config.recorders ?? [];
    if (recorders.length > 16 || new Set(recorders.map(String)).size !== recorders.length) {
        throw new Error('at most 16 recorders, each once');
    }
    const schedule = pack(
        storeScheduleBooks(
            initialFields(Built, 'ScheduleBooks', {
                start,
                cap: config.cap ?? EMISSION_DEFAULTS.cap * unit,
                growth,
                table: table.reduce((b, amount) => b.storeUint(amount, 96), beginCell()).endCell(),
                recipients: recipientMap(config.recipients),
                nextRecipients: recipientMap([]),
            }) as ScheduleBooks,
        ),
    );
    const recorderMap = Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.BigUint(72));
    recorders.forEach((address, i) =>
        recorderMap.set(accountIdOf(address), (BigInt(i) << 64n) | (BigInt(i + 1) << 32n) | start),
    );
    const usage = pack(
        storeUsageBooks(
            initialFields(Built, 'UsageBooks', {
                start,
                yearlyBudget: config.yearlyBudget ?? EMISSION_DEFAULTS.yearlyBudget * unit,
                lifetimeCap: config.lifetimeCap ?? EMISSION_DEFAULTS.lifetimeCap * unit,
                breakerBps: BigInt(config.breakerBps ?? EMISSION_DEFAULTS.breakerBps),
                rates: Dictionary.empty(Dictionary.Keys.BigUint(256), Dictionary.Values.BigUint(128)),
                recorders: recorderMap,
                window: Dictionary.empty(Dictionary.Keys.Uint(8), Dictionary.Values.BigUint(96)),
            }) as UsageBooks,
        ),
    );
    const codes = await emissionCodes();
    const desk = pack(
        storeEmissionDesk(
            initialFields(Built, 'EmissionDesk', {
                owner: accountIdOf(config.owner),
                rateKeeper: accountIdOf(config.rateKeeper),
                guardian: accountIdOf(config.guardian),
                slots: (1n << BigInt(recorders.length)) - 1n,
                terms: BigInt(recorders.length),
                nominees: Dictionary.empty(Dictionary.Keys.Uint(8), Dictionary.Values.BigUint(256)),
                payees: pack(
                    storeEmissionPayees({
                        $$type: 'EmissionPayees',
                        treasury: accountIdOf(config.treasury),
                        liquidity: accountIdOf(config.liquidity),
                        readyAt: 0n,
                        next: null,
                    }),
                ),
                codes: pack(
                    storeEmissionCodes({
                        $$type: 'EmissionCodes',
                        registry: config.registry === undefined ? 0n : accountIdOf(config.registry),
                        guard: config.guardCode ?? codes.guardCode,
                        share: config.shareCode ?? codes.shareCode,
                    }),
                ),
                upgrade: pack(
                    storeUpgradeSlot({ $$type: 'UpgradeSlot', version: 0n, codeHash: 0n, readyAt: 0n, gap: null }),
                ),
            }) as EmissionDesk,
        ),
    );
    return initialState(Built, 'EmissionController', { minter: config.minter, usage, schedule, desk });
}

let codes: Promise<{ guardCode: Cell; shareCode: Cell }> | undefined;

/** Codes of the children as this build has them. */
export function emissionCodes(): Promise<{ guardCode: Cell; shareCode: Cell }> {
    codes ??= Promise.all([
        initialState(BuiltGuard, 'UsageGuard', {}),
        initialState(BuiltShare, 'ProviderShare', {}),
    ]).then(([guard, share]) => ({ guardCode: guard.code, shareCode: share.code }));
    return codes;
}

/**
 * The one minter of the network token: the yearly schedule in epochs of 7 days, and what recorded usages mint. Every
 * message pays `get_cost`; what is left of the value comes back.
 */
export class EmissionController
    extends withRoles(EMISSION_ROLES, {
        role: { nominate: storeNominateRole, accept: storeAcceptRole, revoke: storeRevokeRole },
        upgrade: { announce: storeAnnounceUpgrade, cancel: storeCancelUpgrade, apply: storeApplyUpgrade },
    })
    implements Contract
{
    /** Operation codes by the names of their messages, from the compiler. */
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {
        super();
    }

    static createFromAddress(address: Address): EmissionController {
        return new EmissionController(address);
    }

    /**
     * A controller to be deployed with `sendDeploy`. Its address commits to everything in the configuration; the minter's
     * admin then gives it the minter role.
     */
    static async createFromConfig(config: EmissionConfig): Promise<EmissionController> {
        const init = await emissionInit(config);
        return new EmissionController(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    /** 1 to 50 usages. */
    static recordUsageBody(args: Query & { usages: readonly Usage[] }): Cell {
        return pack(
            storeRecordUsage({
                $$type: 'RecordUsage',
                queryId: queryIdOf(args),
                count: BigInt(args.usages.length),
                rows: usageChain(args.usages),
            }),
        );
    }

    static emitBody(args: Query = {}): Cell {
        return pack(storeEmit({ $$type: 'Emit', queryId: queryIdOf(args) }));
    }

    /** Without `to`: treasury and liquidity. */
    static flushBody(args: Query & { to?: Address | null } = {}): Cell {
        return pack(storeFlush({ $$type: 'Flush', queryId: queryIdOf(args), to: args.to ?? null }));
    }

    static setModelRateBody(args: Query & { name: string; rate: Integer }): Cell {
        return pack(
            storeSetModelRate({
                $$type: 'SetModelRate',
                queryId: queryIdOf(args),
                rate: BigInt(args.rate),
                name: modelName(args.name),
            }),
        );
    }

    static setGrowthBody(args: Query & { bps: Integer }): Cell {
        return pack(storeSetGrowth({ $$type: 'SetGrowth', queryId: queryIdOf(args), bps: BigInt(args.bps) }));
    }

    static cancelGrowthBody(args: Query = {}): Cell {
        return pack(storeCancelGrowth({ $$type: 'CancelGrowth', queryId: queryIdOf(args) }));
    }

    static setRecipientsBody(args: Query & { recipients: readonly EmissionRecipient[] }): Cell {
        return pack(
            storeSetRecipients({
                $$type: 'SetRecipients',
                queryId: queryIdOf(args),
                recipients: recipientMap(args.recipients),
            }),
        );
    }

    static cancelRecipientsBody(args: Query = {}): Cell {
        return pack(storeCancelRecipients({ $$type: 'CancelRecipients', queryId: queryIdOf(args) }));
    }

    static setPayeesBody(args: Query & { treasury: Address; liquidity: Address }): Cell {
        return pack(
            storeSetPayees({
                $$type: 'SetPayees',
                queryId: queryIdOf(args),
                treasury: args.treasury,
                liquidity: args.liquidity,
            }),
        );
    }

    static applyPayeesBody(args: Query = {}): Cell {
        return pack(storeApplyPayees({ $$type: 'ApplyPayees', queryId: queryIdOf(args) }));
    }

    static cancelPayeesBody(args: Query = {}): Cell {
        return pack(storeCancelPayees({ $$type: 'CancelPayees', queryId: queryIdOf(args) }));
    }

    static setBreakerBody(args: Query & { stop: boolean }): Cell {
        return pack(storeSetBreaker({ $$type: 'SetBreaker', queryId: queryIdOf(args), stop: args.stop }));
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** Deploys with `value` nanoton for the rent (get_rent at full size, five years; less can be topped up later). */
    async sendDeploy(provider: ContractProvider, via: Sender, value: bigint) {
        await provider.internal(via, { value, body: EmissionController.topUpBody() });
    }

    /**
     * Up to 50 usages in one message; results are UsageBatch and UsageChecked events. From a recorder. Throws
     * ERROR_NOT_ROLE, ERROR_USAGE_STOPPED, ERROR_USAGE_BATCH, ERROR_MINTS_FULL, ERROR_VALUE_TOO_LOW.
     */
    async sendRecordUsage(provider: ContractProvider, via: Sender, args: SendOptions & { usages: readonly Usage[] }) {
        await sendBody(provider, via, EmissionController.recordUsageBody(args), args, { n: args.usages.length });
    }

    /**
     * Mints the oldest epoch that is due. From anyone. Throws ERROR_EPOCH_NOT_DUE, ERROR_SCHEDULE_SPENT,
     * ERROR_MINTS_FULL, ERROR_VALUE_TOO_LOW.
     */
    async sendEmit(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, EmissionController.emitBody(args), args);
    }

    /**
     * Mints what treasury and liquidity have accrued, or what came back from `to`. From anyone. Throws
     * ERROR_NOTHING_TO_MINT, ERROR_MINTS_FULL, ERROR_VALUE_TOO_LOW.
     */
    async sendFlush(provider: ContractProvider, via: Sender, args: SendOptions & { to?: Address | null } = {}) {
        await sendBody(provider, via, EmissionController.flushBody(args), args);
    }

    /**
     * Rate of a model: smallest units for 1,000 tokens. From the rate keeper. Throws ERROR_NOT_ROLE, ERROR_RATE_STEP,
     * ERROR_RATE_TOO_SOON, ERROR_TOO_MANY_MODELS, ERROR_MODEL_NAME.
     */
    async sendSetModelRate(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { name: string; rate: Integer },
    ) {
        await sendBody(provider, via, EmissionController.setModelRateBody(args), args);
    }

    /** Growth in bps, clamped to 5,000..20,000. From the rate keeper. Throws ERROR_NOT_ROLE, ERROR_CHANGE_PENDING. */
    async sendSetGrowth(provider: ContractProvider, via: Sender, args: SendOptions & { bps: Integer }) {
        await sendBody(provider, via, EmissionController.setGrowthBody(args), args);
    }

    /** From the rate keeper or the owner. Throws ERROR_NOT_ROLE, ERROR_NO_CHANGE, ERROR_CHANGE_APPLIES. */
    async sendCancelGrowth(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, EmissionController.cancelGrowthBody(args), args);
    }

    /** From the owner. Throws ERROR_NOT_OWNER, ERROR_RECIPIENTS, ERROR_CHANGE_PENDING. */
    async sendSetRecipients(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { recipients: readonly EmissionRecipient[] },
    ) {
        await sendBody(provider, via, EmissionController.setRecipientsBody(args), args);
    }

    /** From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_CHANGE, ERROR_CHANGE_APPLIES. */
    async sendCancelRecipients(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, EmissionController.cancelRecipientsBody(args), args);
    }

    /** From the owner; applies after 7 days. Throws ERROR_NOT_OWNER, ERROR_BAD_ADDRESS, ERROR_CHANGE_PENDING. */
    async sendSetPayees(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { treasury: Address; liquidity: Address },
    ) {
        await sendBody(provider, via, EmissionController.setPayeesBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY. */
    async sendApplyPayees(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, EmissionController.applyPayeesBody(args), args);
    }

    /** From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_CHANGE. */
    async sendCancelPayees(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, EmissionController.cancelPayeesBody(args), args);
    }

    /** Stops usage minting or resumes it. From the guardian. Throws ERROR_NOT_ROLE. */
    async sendSetBreaker(provider: ContractProvider, via: Sender, args: SendOptions & { stop: boolean }) {
        await sendBody(provider, via, EmissionController.setBreakerBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Schedule: allocated, forfeited, remaining; next epoch; announced changes. Amounts in the smallest unit. */
    async getEmissionData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetEmissionData(provider);
    }

    /** Usage minting: budgets, breaker, what treasury and liquidity have accrued; accounts as ids, 0 = none. */
    async getUsageData(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetUsageData(provider);
    }

    /** One epoch. status 0 not begun, 1 running, 2 due, 3 emitted, 4 forfeited. */
    async getEpoch(provider: ContractProvider, epoch: Integer) {
        return Built.fromAddress(this.address).getGetEpoch(provider, BigInt(epoch));
    }

    /** One year of the schedule, 0 = the first; at a growth of 1 and without the cap. */
    async getYear(provider: ContractProvider, year: Integer) {
        return Built.fromAddress(this.address).getGetYear(provider, BigInt(year));
    }

    /** Amounts of the first 20 years at a growth of 1, without the cap. */
    async getSchedule(provider: ContractProvider): Promise<bigint[]> {
        const years = await Built.fromAddress(this.address).getGetSchedule(provider);
        return Array.from({ length: years.size }, (_, i) => years.get(i)!);
    }

    /** Who gets an epoch, in order. */
    async getRecipients(provider: ContractProvider) {
        return recipientList(await Built.fromAddress(this.address).getGetRecipients(provider));
    }

    /** Announced recipients; none: empty. */
    async getNextRecipients(provider: ContractProvider) {
        return recipientList(await Built.fromAddress(this.address).getGetNextRecipients(provider));
    }

    /** Rate of a model, its bounds and when it may change; all zero for an unknown model. */
    async getRate(provider: ContractProvider, model: string | bigint) {
        return Built.fromAddress(this.address).getGetRate(provider, modelKey(model));
    }

    /** All rates by model key. */
    async getRates(provider: ContractProvider): Promise<Map<bigint, { rate: bigint; since: bigint }>> {
        const rates = await Built.fromAddress(this.address).getGetRates(provider);
        return new Map(
            rates.keys().map((key) => {
                const packed = rates.get(key)!;
                return [key, { rate: packed >> 32n, since: packed & 0xffffffffn }];
            }),
        );
    }

    /** What `tokens` of a model mint now, before the split. */
    async getUsageAmount(provider: ContractProvider, model: string | bigint, tokens: Integer): Promise<bigint> {
        return Built.fromAddress(this.address).getGetUsageAmount(provider, modelKey(model), BigInt(tokens));
    }

    /** Holders and nominees as account ids, 0 = nobody. */
    async getRoles(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetRoles(provider);
    }

    /** Recorders with their places. */
    async getRecorders(provider: ContractProvider): Promise<(RecorderPlace & { address: Address })[]> {
        const recorders = await Built.fromAddress(this.address).getGetRecorders(provider);
        return recorders.keys().map((account) => {
            const packed = recorders.get(account)!;
            return {
                address: addressOfAccount(account),
                slot: packed >> 64n,
                term: (packed >> 32n) & 0xffffffffn,
                since: packed & 0xffffffffn,
            };
        });
    }

    /** What came back and waits for a flush, by account (a ProviderShare for a credit that it refused). */
    async getOwed(provider: ContractProvider): Promise<Map<bigint, bigint>> {
        const owed = await Built.fromAddress(this.address).getGetOwed(provider);
        return new Map(owed.keys().map((account) => [account, owed.get(account)!]));
    }

    /** What a flush of `to` would mint. */
    async getOwedTo(provider: ContractProvider, to: Address): Promise<bigint> {
        return Built.fromAddress(this.address).getGetOwedTo(provider, to);
    }

    async getGuardAddress(provider: ContractProvider, consumer: Address): Promise<Address> {
        return Built.fromAddress(this.address).getGetGuardAddress(provider, consumer);
    }

    async getShareAddress(provider: ContractProvider, owner: Address): Promise<Address> {
        return Built.fromAddress(this.address).getGetShareAddress(provider, owner);
    }

    /** Announced code; codeHash 0 = none. */
    async getUpgrade(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetUpgrade(provider);
    }

    /** Nanoton for five years of rent at full size. */
    async getRent(provider: ContractProvider): Promise<bigint> {
        return Built.fromAddress(this.address).getGetRent(provider);
    }

    /** Nanoton to attach for a message at the current prices; `n`: usages of a RecordUsage. */
    async getCost(provider: ContractProvider, op: Cell | number, n: Integer = 0): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0), n);
    }
}
