/**
 * The Timelock as owner of every contract of this project that has one: nominated by the old owner, accepted by an operation,
 * then a call that only the owner may make, by an operation; the old owner may not any more. ParticipantRegistry and
 * RewardDistribution obey their PoolOperator alone.
 */
import { Address, Cell } from '@ton/core';
import { Blockchain, SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import { Treasury } from '../../wrappers/governance/execution';
import { PoolExit, PoolOperator } from '../../wrappers/pool';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { PaymentSettlement, SettlementExit, UsageRegistry } from '../../wrappers/settlement';
import { StakingExit, StakingMaster } from '../../wrappers/staking';
import { EmissionController, EmissionExit, ShareMinter, TokenExit } from '../../wrappers/token';
import { exitCode, txAt } from '../support/pool/transactions';
import { PoolEnvironment } from '../support/pool/environment';
import { SettlementWorld } from '../support/settlement/world';
import { World as StakingWorld } from '../support/staking/world';
import { EmissionWorld } from '../support/token/emission-world';
import { Steward } from '../support/governance/steward';
import { TreasuryWorld } from '../support/governance/treasury-world';

const HASH = 0x1234n;

type Case = {
    blockchain: Blockchain;
    contract: Address;
    nominate: (to: Address) => Promise<unknown>;
    accept: Cell;
    owner: () => Promise<bigint>;
    /** An owner-only call, and the proof that it worked. */
    act: Cell;
    acted: () => Promise<unknown>;
    /** The same by the old owner. */
    byOld: () => Promise<SendMessageResult>;
    refusal: number;
};

const cases: Record<string, () => Promise<Case>> = {
    PoolOperator: async () => {
        const env = await PoolEnvironment.create();
        const { operator, roles } = env;
        const act = PoolOperator.announceUpgradeBody({ target: 'operator', codeHash: HASH });
        return {
            blockchain: env.blockchain,
            contract: operator.address,
            nominate: (owner) => operator.sendNominateOwner(roles.owner.getSender(), { owner }),
            accept: PoolOperator.acceptOwnershipBody(),
            owner: async () => accountIdOf((await operator.getPoolData()).owner),
            act,
            acted: async () => (await operator.getUpgrade()).codeHash === HASH,
            byOld: () => roles.owner.send({ to: operator.address, value: 10n ** 9n, body: act }),
            refusal: PoolExit.ERROR_NOT_OWNER,
        };
    },
    ShareMinter: async () => {
        const { blockchain, people, stakingToken: minter } = await StakingWorld.create();
        const act = ShareMinter.announceUpgradeBody({ codeHash: HASH });
        return {
            blockchain,
            contract: minter.address,
            nominate: (newAdmin) => minter.sendChangeAdmin(people.owner.getSender(), { newAdmin }),
            accept: ShareMinter.claimAdminBody(),
            owner: async () => accountIdOf((await minter.getJettonData()).adminAddress!),
            act,
            acted: async () => (await minter.getMinterData()).codeHash === HASH,
            byOld: () => people.owner.send({ to: minter.address, value: 10n ** 9n, body: act }),
            refusal: TokenExit.ERROR_NOT_ADMIN,
        };
    },
    EmissionController: async () => {
        const { blockchain, people, controller } = await EmissionWorld.create();
        const act = EmissionController.announceUpgradeBody({ codeHash: HASH });
        return {
            blockchain,
            contract: controller.address,
            nominate: (holder) => controller.sendNominateRole(people.owner.getSender(), { role: 'owner', holder }),
            accept: EmissionController.acceptRoleBody({ role: 'owner' }),
            owner: async () => (await controller.getRoles()).owner,
            act,
            acted: async () => (await controller.getUpgrade()).codeHash === HASH,
            byOld: () => people.owner.send({ to: controller.address, value: 10n ** 9n, body: act }),
            refusal: EmissionExit.ERROR_NOT_OWNER,
        };
    },
    StakingMaster: async () => {
        const { blockchain, people, master } = await StakingWorld.create();
        const act = StakingMaster.announceUpgradeBody({ codeHash: HASH });
        return {
            blockchain,
            contract: master.address,
            nominate: (owner) => master.sendNominateOwner(people.owner.getSender(), { owner }),
            accept: StakingMaster.acceptOwnerBody(),
            owner: async () => accountIdOf((await master.getMaster()).owner!),
            act,
            acted: async () => (await master.getMaster()).codeHash === HASH,
            byOld: () => people.owner.send({ to: master.address, value: 10n ** 9n, body: act }),
            refusal: StakingExit.ERROR_NOT_OWNER,
        };
    },
    UsageRegistry: async () => {
        const { blockchain, people, registry } = await SettlementWorld.create();
        const act = UsageRegistry.announceUpgradeBody({ codeHash: HASH });
        return {
            blockchain,
            contract: registry.address,
            nominate: (holder) => registry.sendNominateRole(people.owner.getSender(), { role: 'owner', holder }),
            accept: UsageRegistry.acceptRoleBody({ role: 'owner' }),
            owner: async () => (await registry.getRegistryData()).owner,
            act,
            acted: async () => (await registry.getUpgrade()).codeHash === HASH,
            byOld: () => people.owner.send({ to: registry.address, value: 10n ** 9n, body: act }),
            refusal: SettlementExit.ERROR_NOT_OWNER,
        };
    },
    PaymentSettlement: async () => {
        const { blockchain, people, settlement } = await SettlementWorld.create();
        const act = PaymentSettlement.announceUpgradeBody({ codeHash: HASH });
        return {
            blockchain,
            contract: settlement.address,
            nominate: (holder) => settlement.sendNominateRole(people.owner.getSender(), { role: 'owner', holder }),
            accept: PaymentSettlement.acceptRoleBody({ role: 'owner' }),
            owner: async () => (await settlement.getRoles()).owner,
            act,
            acted: async () => (await settlement.getUpgrade()).codeHash === HASH,
            byOld: () => people.owner.send({ to: settlement.address, value: 10n ** 9n, body: act }),
            refusal: SettlementExit.ERROR_NOT_OWNER,
        };
    },
    Treasury: async () => {
        const { blockchain, people, treasury } = await TreasuryWorld.create();
        const act = Treasury.announceUpgradeBody({ codeHash: HASH });
        return {
            blockchain,
            contract: treasury.address,
            nominate: (owner) => treasury.sendNominateOwner(people.owner.getSender(), { owner }),
            accept: Treasury.acceptOwnerBody(),
            owner: async () => (await treasury.getTreasury()).owner,
            act,
            acted: async () => (await treasury.getTreasury()).codeHash === HASH,
            byOld: () => people.owner.send({ to: treasury.address, value: 10n ** 9n, body: act }),
            refusal: 256,
        };
    },
};

describe('the Timelock owns', () => {
    it.each(Object.keys(cases))('%s', async (name) => {
        const c = await cases[name]();
        const steward = await Steward.create(c.blockchain);
        await c.nominate(steward.address);
        const accepted = await steward.carryOut(steward.action(c.contract, c.accept));
        expect(accepted.bounced).toBe(0n);
        expect(await c.owner()).toBe(accountIdOf(steward.address));

        expect(exitCode(txAt(await c.byOld(), c.contract))).toBe(c.refusal);
        expect(await c.acted()).toBe(false);
        const done = await steward.carryOut(steward.action(c.contract, c.act));
        expect(done.bounced).toBe(0n);
        expect(await c.acted()).toBe(true);
        // What the call did not use came back, and the Timelock took it.
        for (const tx of done.result.transactions) expect([undefined, 0]).toContain(exitCode(tx));
    });

    it('nothing that was not offered to it: the acceptance bounces, its value waits for a retry', async () => {
        const c = await cases.Treasury();
        const steward = await Steward.create(c.blockchain);
        const refused = await steward.carryOut(steward.action(c.contract, c.accept));
        expect(refused.bounced).toBe(1n);
        await c.nominate(steward.address);
        await refused.operation.sendRetry(steward.proposer.getSender());
        expect((await refused.operation.getOperation()).bounced).toBe(0n);
        expect(await c.owner()).toBe(accountIdOf(steward.address));
    });
});
