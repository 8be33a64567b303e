import { Address, beginCell, Cell, contractAddress } from '@ton/core';

import { VAULT_ZERO_BITS } from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { ParticipantRegistry } from '../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import { ParticipantVault } from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { RewardDistribution } from '../../build/RewardDistribution/RewardDistribution_RewardDistribution';
import { initialState, NO_ADDRESS, PoolInit } from '../common/initial';

export { NO_ADDRESS, type PoolInit } from '../common/initial';

/** Code of the contracts that the operator contract deploys. */
export type PoolCodes = { registryCode: Cell; distributionCode: Cell; vaultCode: Cell };

/** StateInit of the registry of an operator contract; with the code of this build unless another is given. */
export async function registryInit(operator: Address, code?: Cell): Promise<PoolInit> {
    const init = await initialState(ParticipantRegistry, 'ParticipantRegistry', { operator });
    return { code: code ?? init.code, data: init.data };
}

/** StateInit of the distribution of an operator contract. */
export async function distributionInit(operator: Address, code?: Cell): Promise<PoolInit> {
    const init = await initialState(RewardDistribution, 'RewardDistribution', { operator });
    return { code: code ?? init.code, data: init.data };
}

let codes: Promise<PoolCodes> | undefined;

/** Codes of this build. Taking them out of their hexadecimal form is slow, so it happens once. */
export function poolCodes(): Promise<PoolCodes> {
    codes ??= Promise.all([
        registryInit(NO_ADDRESS),
        distributionInit(NO_ADDRESS),
        initialState(ParticipantVault, 'ParticipantVault', {}),
    ]).then(([registry, distribution, vault]) => ({
        registryCode: registry.code,
        distributionCode: distribution.code,
        vaultCode: vault.code,
    }));
    return codes;
}

/** Initial data of a vault: the two addresses, zeros in every other field. */
export function vaultData(registry: Address, participant: Address): Cell {
    return beginCell()
        .storeAddress(registry)
        .storeAddress(participant)
        .storeBits(
            beginCell()
                .storeUint(0, 256)
                .storeUint(0, Number(VAULT_ZERO_BITS) - 256)
                .endCell().bits,
        )
        .endCell();
}

/** StateInit of the vault of a participant. `vaultCode` is the one that the pool was deployed with. */
export function vaultInit(registry: Address, participant: Address, vaultCode: Cell): PoolInit {
    return { code: vaultCode, data: vaultData(registry, participant) };
}

/** Address of the vault of a participant: what he sets as `owner_address` on his machines. */
export function vaultAddress(registry: Address, participant: Address, vaultCode: Cell): Address {
    return contractAddress(0, vaultInit(registry, participant, vaultCode));
}

export async function registryAddress(operator: Address, code?: Cell): Promise<Address> {
    return contractAddress(0, await registryInit(operator, code));
}

export async function distributionAddress(operator: Address, code?: Cell): Promise<Address> {
    return contractAddress(0, await distributionInit(operator, code));
}
