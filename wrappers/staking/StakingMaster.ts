import { Address, beginCell, Cell, contractAddress, Contract, ContractProvider, Sender } from '@ton/core';

import {
    StakingMaster as Built,
    storeAcceptOwner,
    storeAnnounceParams,
    storeAnnounceUpgrade,
    storeApplyParams,
    storeApplyRole,
    storeApplyUpgrade,
    storeCancelParams,
    storeCancelRole,
    storeCancelUpgrade,
    storeDrawInsurance,
    storeInitProver,
    storeMasterCodes,
    storeMasterDesk,
    storeMasterTokens,
    storeNominateOwner,
    storePause,
    storePushParams,
    storeReturnSurplus,
    storeSetActive,
    storeSetRole,
    storeSlash,
    storeStakingParams,
    storeTopUp,
    storeUnpause,
    storeVerdict,
    type MasterDesk,
} from '../../build/StakingMaster/StakingMaster_StakingMaster';
import { ProverStaking as BuiltStaking } from '../../build/ProverStaking/ProverStaking_ProverStaking';
import { ProverRewards as BuiltRewards } from '../../build/ProverRewards/ProverRewards_ProverRewards';
import { RewardPosition as BuiltRewardPosition } from '../../build/RewardPosition/RewardPosition_RewardPosition';
import { StakePosition as BuiltPosition } from '../../build/StakePosition/StakePosition_StakePosition';
import { owned } from '../common/administration';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialFields, initialState, PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';
import { accountOrNull, idOrZero } from './common';

/** Parameters of all provers. Amounts in the smallest unit of their token. */
export type StakingParameters = {
    /** Seconds, 7 to 30 days. */
    unstakeDelay: Integer;
    /** Ppm of the largest slash, 10,000 to 500,000. */
    maxSlash: Integer;
    /** Delegated shares per own share of the prover. */
    delegationCap: Integer;
    /** Least self-stake of any prover. */
    minSelfStake: bigint;
    minStake: bigint;
    minReward: bigint;
    /** Least deposit of an appeal. */
    minDeposit: bigint;
    treasury: Address;
    insurance: Address;
};

/** Defaults for a token of 9 decimals without what has no default. */
export const STAKING_DEFAULTS = {
    unstakeDelay: 7n * 86_400n,
    maxSlash: 500_000n,
    delegationCap: 16n,
    minSelfStake: 1_000n * 10n ** 9n,
    minStake: 10n ** 9n,
    minReward: 10n ** 9n,
    minDeposit: 10n ** 9n,
} as const;

export type StakingConfig = {
    owner: Address;
    slasher: Address | null;
    resolver: Address | null;
    guardian: Address | null;
    /** Minters of the staking token and of the reward token; they may be one. */
    stakingMinter: Address;
    rewardMinter: Address;
    params: Partial<StakingParameters> & { treasury: Address; insurance: Address };
    /** Decimals of the staking token: scale of the tiers. */
    decimals?: number;
    codes?: Partial<StakingCodes>;
};

export type StakingCodes = { staking: Cell; rewards: Cell; position: Cell; rewardPosition: Cell };

/** Roles by name, as SetRole takes them. */
export const STAKING_ROLES = { slasher: 1n, resolver: 2n, guardian: 3n } as const;
export type StakingRole = keyof typeof STAKING_ROLES;

let codes: Promise<StakingCodes> | undefined;

/** Codes of a prover's contracts as this build has them. */
export function stakingCodes(): Promise<StakingCodes> {
    codes ??= (async () => {
        // Only the code is taken: the data of none of them is made here.
        const code = async (built: Parameters<typeof initialState>[0], name: string, values: object) =>
            (await initialState(built, name, values as Record<string, unknown>)).code;
        const rest = beginCell().endCell().beginParse();
        return {
            staking: await code(BuiltStaking, 'ProverStaking', { rest }),
            rewards: await code(BuiltRewards, 'ProverRewards', { rest }).catch(() =>
                code(BuiltRewards, 'ProverRewards', {}),
            ),
            position: await code(BuiltPosition, 'StakePosition', {}),
            rewardPosition: await code(BuiltRewardPosition, 'RewardPosition', {}),
        };
    })();
    return codes;
}

/** StakingParams as a cell. `version`, `unit` and `sameToken` are the master's: announced ones are ignored. */
export function paramsCell(
    params: StakingParameters,
    fixed: { version?: Integer; decimals?: number; sameToken?: boolean } = {},
): Cell {
    return pack(
        storeStakingParams({
            $$type: 'StakingParams',
            version: BigInt(fixed.version ?? 0),
            unstakeDelay: BigInt(params.unstakeDelay),
            maxSlash: BigInt(params.maxSlash),
            delegationCap: BigInt(params.delegationCap),
            minSelfStake: params.minSelfStake,
            minStake: params.minStake,
            minReward: params.minReward,
            minDeposit: params.minDeposit,
            unit: 10n ** BigInt(fixed.decimals ?? 9),
            sameToken: fixed.sameToken ?? false,
            treasury: accountIdOf(params.treasury),
            insurance: accountIdOf(params.insurance),
        }),
    );
}

/** Opens provers, holds parameters and roles, passes slashes and verdicts on. Holds no tokens. */
export class StakingMaster
    extends owned({
        owner: { nominate: storeNominateOwner, accept: storeAcceptOwner },
        upgrade: { announce: storeAnnounceUpgrade, cancel: storeCancelUpgrade, apply: storeApplyUpgrade },
    })
    implements Contract
{
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {
        super();
    }

    static createFromAddress(address: Address): StakingMaster {
        return new StakingMaster(address);
    }

    /** A master to be deployed. Its address commits to everything in the configuration. */
    static async createFromConfig(config: StakingConfig): Promise<StakingMaster> {
        const children = { ...(await stakingCodes()), ...config.codes };
        const params = { ...STAKING_DEFAULTS, ...config.params };
        const desk = pack(
            storeMasterDesk(
                initialFields(Built, 'MasterDesk', {
                    owner: accountIdOf(config.owner),
                    resolver: idOrZero(config.resolver),
                    guardian: idOrZero(config.guardian),
                    tokens: pack(
                        storeMasterTokens({
                            $$type: 'MasterTokens',
                            stakingMinter: accountIdOf(config.stakingMinter),
                            rewardMinter: accountIdOf(config.rewardMinter),
                        }),
                    ),
                    codes: pack(storeMasterCodes({ $$type: 'MasterCodes', ...children })),
                    upgrade: { $$type: 'UpgradeSlot', version: 0n, codeHash: 0n, readyAt: 0n, gap: null },
                }) as MasterDesk,
            ),
        );
        const init = await initialState(Built, 'StakingMaster', {
            slasher: idOrZero(config.slasher),
            version: 1n,
            params: paramsCell(params, {
                version: 1,
                decimals: config.decimals,
                sameToken: config.stakingMinter.equals(config.rewardMinter),
            }),
            desk,
        });
        return new StakingMaster(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    static initProverBody(args: Query & { minSelfStake: bigint; commission: Integer; salt?: Integer }): Cell {
        return pack(
            storeInitProver({
                $$type: 'InitProver',
                queryId: queryIdOf(args),
                salt: BigInt(args.salt ?? 0),
                minSelfStake: args.minSelfStake,
                commission: BigInt(args.commission),
            }),
        );
    }

    static slashBody(args: Query & { staking: Address; ppm: Integer; reason?: bigint }): Cell {
        return pack(
            storeSlash({
                $$type: 'Slash',
                queryId: queryIdOf(args),
                staking: args.staking,
                ppm: BigInt(args.ppm),
                reason: args.reason ?? 0n,
            }),
        );
    }

    static verdictBody(args: Query & { staking: Address; seq: Integer; overturn: boolean }): Cell {
        return pack(
            storeVerdict({
                $$type: 'Verdict',
                queryId: queryIdOf(args),
                staking: args.staking,
                seq: BigInt(args.seq),
                overturn: args.overturn,
            }),
        );
    }

    static setActiveBody(args: Query & { staking: Address; active: boolean }): Cell {
        return pack(
            storeSetActive({
                $$type: 'SetActive',
                queryId: queryIdOf(args),
                staking: args.staking,
                active: args.active,
            }),
        );
    }

    static announceParamsBody(args: Query & { params: StakingParameters }): Cell {
        return pack(
            storeAnnounceParams({
                $$type: 'AnnounceParams',
                queryId: queryIdOf(args),
                params: paramsCell(args.params),
            }),
        );
    }

    static cancelParamsBody(args: Query = {}): Cell {
        return pack(storeCancelParams({ $$type: 'CancelParams', queryId: queryIdOf(args) }));
    }

    static applyParamsBody(args: Query = {}): Cell {
        return pack(storeApplyParams({ $$type: 'ApplyParams', queryId: queryIdOf(args) }));
    }

    static pushParamsBody(args: Query & { staking: Address; rewards?: Address | null }): Cell {
        return pack(
            storePushParams({
                $$type: 'PushParams',
                queryId: queryIdOf(args),
                staking: args.staking,
                rewards: args.rewards ?? null,
            }),
        );
    }

    static pauseBody(args: Query = {}): Cell {
        return pack(storePause({ $$type: 'Pause', queryId: queryIdOf(args) }));
    }

    static unpauseBody(args: Query = {}): Cell {
        return pack(storeUnpause({ $$type: 'Unpause', queryId: queryIdOf(args) }));
    }

    static setRoleBody(args: Query & { role: StakingRole; holder: Address | null }): Cell {
        return pack(
            storeSetRole({
                $$type: 'SetRole',
                queryId: queryIdOf(args),
                role: STAKING_ROLES[args.role],
                holder: args.holder,
            }),
        );
    }

    static applyRoleBody(args: Query = {}): Cell {
        return pack(storeApplyRole({ $$type: 'ApplyRole', queryId: queryIdOf(args) }));
    }

    static cancelRoleBody(args: Query = {}): Cell {
        return pack(storeCancelRole({ $$type: 'CancelRole', queryId: queryIdOf(args) }));
    }

    static drawInsuranceBody(args: Query & { staking: Address; amount: bigint }): Cell {
        return pack(
            storeDrawInsurance({
                $$type: 'DrawInsurance',
                queryId: queryIdOf(args),
                staking: args.staking,
                amount: args.amount,
            }),
        );
    }

    static returnSurplusBody(args: Query & { holder: Address; payee: Address; amount: bigint }): Cell {
        return pack(
            storeReturnSurplus({
                $$type: 'ReturnSurplus',
                queryId: queryIdOf(args),
                holder: args.holder,
                payee: args.payee,
                amount: args.amount,
            }),
        );
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** Deploys the master with TON for its rent. */
    async sendDeploy(provider: ContractProvider, via: Sender, args: { value: bigint }) {
        await provider.internal(via, { value: args.value, body: StakingMaster.topUpBody() });
    }

    /**
     * Deploys ProverStaking and ProverRewards of the sender. From anyone. Throws ERROR_PAUSED, ERROR_COMMISSION,
     * ERROR_GLOBAL_MIN, ERROR_BAD_ADDRESS.
     */
    async sendInitProver(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { minSelfStake: bigint; commission: Integer; salt?: Integer },
    ) {
        await sendBody(provider, via, StakingMaster.initProverBody(args), args);
    }

    /**
     * From the slasher. Throws ERROR_NOT_ROLE, ERROR_PAUSED; at ProverStaking ERROR_SLASH_BOUNDS, ERROR_SCALE_TOO_LOW.
     */
    async sendSlash(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { staking: Address; ppm: Integer; reason?: bigint },
    ) {
        await sendBody(provider, via, StakingMaster.slashBody(args), args);
    }

    /** From the resolver. Throws ERROR_NOT_ROLE; at ProverStaking ERROR_NO_APPEAL. */
    async sendVerdict(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { staking: Address; seq: Integer; overturn: boolean },
    ) {
        await sendBody(provider, via, StakingMaster.verdictBody(args), args);
    }

    /** From the owner. Throws ERROR_NOT_OWNER; at ProverStaking ERROR_PROVER_STATE and what a service needs. */
    async sendSetActive(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { staking: Address; active: boolean },
    ) {
        await sendBody(provider, via, StakingMaster.setActiveBody(args), args);
    }

    /** Applies after the current unstake delay. From the owner. Throws ERROR_BAD_PARAMETER, ERROR_CHANGE_PENDING. */
    async sendAnnounceParams(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { params: StakingParameters },
    ) {
        await sendBody(provider, via, StakingMaster.announceParamsBody(args), args);
    }

    /** From the owner. Throws ERROR_NO_CHANGE. */
    async sendCancelParams(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakingMaster.cancelParamsBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY. */
    async sendApplyParams(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakingMaster.applyParamsBody(args), args);
    }

    /** Brings parameters and pause to a prover's contracts. From anyone. */
    async sendPushParams(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { staking: Address; rewards?: Address | null },
    ) {
        await sendBody(provider, via, StakingMaster.pushParamsBody(args), args);
    }

    /** 72 hours. From the guardian. Throws ERROR_NOT_ROLE, ERROR_PAUSE_COOLDOWN. */
    async sendPause(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakingMaster.pauseBody(args), args);
    }

    /** From the guardian or the owner. Throws ERROR_NOT_ROLE, ERROR_NOT_PAUSED. */
    async sendUnpause(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakingMaster.unpauseBody(args), args);
    }

    /** Applies after 48 h; null at once. From the owner. Throws ERROR_NOT_OWNER, ERROR_CHANGE_PENDING. */
    async sendSetRole(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { role: StakingRole; holder: Address | null },
    ) {
        await sendBody(provider, via, StakingMaster.setRoleBody(args), args);
    }

    /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_ROLES_NOT_APART. */
    async sendApplyRole(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakingMaster.applyRoleBody(args), args);
    }

    /** From the owner. Throws ERROR_NO_CHANGE. */
    async sendCancelRole(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
        await sendBody(provider, via, StakingMaster.cancelRoleBody(args), args);
    }

    /** Pays from a prover's insurance fund to the insurance address. From the owner. */
    async sendDrawInsurance(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { staking: Address; amount: bigint },
    ) {
        await sendBody(provider, via, StakingMaster.drawInsuranceBody(args), args);
    }

    /** Announces a return of proven surplus, 48 h ahead. From the owner. */
    async sendReturnSurplus(
        provider: ContractProvider,
        via: Sender,
        args: SendOptions & { holder: Address; payee: Address; amount: bigint },
    ) {
        await sendBody(provider, via, StakingMaster.returnSurplusBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Roles and everything announced. */
    async getMaster(provider: ContractProvider) {
        const info = await Built.fromAddress(this.address).getGetMaster(provider);
        return {
            ...info,
            owner: accountOrNull(info.owner),
            nextOwner: accountOrNull(info.nextOwner),
            slasher: accountOrNull(info.slasher),
            resolver: accountOrNull(info.resolver),
            guardian: accountOrNull(info.guardian),
            roleHolder: accountOrNull(info.roleHolder),
            stakingMinter: accountOrNull(info.stakingMinter),
            rewardMinter: accountOrNull(info.rewardMinter),
        };
    }

    /** Parameters in force. */
    async getParams(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetParams(provider);
    }

    /** Announced parameters or null. */
    async getNextParams(provider: ContractProvider) {
        return Built.fromAddress(this.address).getGetNextParams(provider);
    }

    /** Addresses of a prover's two contracts. */
    async getProverAddresses(
        provider: ContractProvider,
        prover: Address,
        salt: Integer = 0,
    ): Promise<{ staking: Address; rewards: Address }> {
        const { staking, rewards } = await Built.fromAddress(this.address).getGetProverAddresses(
            provider,
            prover,
            BigInt(salt),
        );
        return { staking, rewards };
    }

    /** Nanoton to attach for a message at the current prices. */
    async getCost(provider: ContractProvider, op: Cell | number): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0));
    }
}
