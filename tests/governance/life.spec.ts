/**
 * The whole life of each type of proposal against real contracts of the other families: a technical one upgrades PoolOperator,
 * an economic one changes the rate of a model, a treasury one spends and grants, an emergency one freezes and pauses.
 */
import { Address, toNano } from '@ton/core';
import { SandboxContract } from '@ton/sandbox';
import '@ton/test-utils';

import { GovernanceAction, ProposalKind, Timelock, Treasury, treasuryEvents } from '../../wrappers/governance';
import { PoolOperator } from '../../wrappers/pool';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { StakingMaster } from '../../wrappers/staking';
import { EmissionController } from '../../wrappers/token';
import { createBlockchain } from '../support/chain';
import { DAY, GovernanceWorld } from '../support/governance/world';
import { PoolEnvironment } from '../support/pool/environment';
import { exitCode, txAt } from '../support/pool/transactions';

describe('the life of a proposal among real contracts', () => {
    let world: GovernanceWorld;
    let restore: () => Promise<void>;
    let treasury: SandboxContract<Treasury>;
    let controller: SandboxContract<EmissionController>;
    let pool: PoolEnvironment;
    const MODEL = 'claude-3-opus';

    beforeAll(async () => {
        // Addresses that the Governor's table needs follow from the deployer alone.
        const probe = await createBlockchain();
        const deployer = (await probe.treasury('staking owner')).address;
        const master = (await GovernanceWorld.create()).staking.master.address;
        const timelock = (await Timelock.createFromConfig({ deployer, salt: 7 })).address;
        const own = await Treasury.createFromConfig({ owner: timelock });
        const emission = await EmissionController.createFromConfig({
            minter: deployer,
            owner: timelock,
            rateKeeper: timelock,
            guardian: deployer,
            recorders: [],
            recipients: [{ address: deployer, bps: 10_000 }],
            treasury: own.address,
            liquidity: deployer,
            start: probe.now!,
        });
        const rule = (destination: Address, op: number, kind: Exclude<ProposalKind, 'technical'>) => ({
            destination,
            op,
            kind,
        });
        world = await GovernanceWorld.create({
            governor: {
                rules: [
                    rule(emission.address, EmissionController.opcodes.SetModelRate, 'economic'),
                    rule(own.address, Treasury.opcodes.OwnerSpend, 'treasury'),
                    rule(own.address, Treasury.opcodes.CreateStream, 'treasury'),
                    rule(own.address, Treasury.opcodes.Freeze, 'emergency'),
                    rule(master, StakingMaster.opcodes.Pause, 'emergency'),
                ],
            },
        });
        treasury = world.blockchain.openContract(own);
        controller = world.blockchain.openContract(emission);
        const owner = world.sender('owner');
        await treasury.sendDeploy(owner, { value: toNano('1000') });
        await controller.sendDeploy(owner, toNano('100'));
        pool = await PoolEnvironment.create({ blockchain: world.blockchain });
        await pool.operator.sendNominateOwner(pool.roles.owner.getSender(), { owner: world.timelock.address });
        await world.lock('alice', world.unit(20_000));
        await world.lock('bob', world.unit(5_000_000));
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const action = (destination: Address, body: GovernanceAction['body'], value = toNano('1')): GovernanceAction => ({
        destination,
        value,
        body,
    });

    /** From the proposal to the end of the execution. */
    async function live(kind: ProposalKind, actions: GovernanceAction[]) {
        const { id, proposal } = await world.propose('alice', kind, actions);
        if (kind !== 'emergency') await world.toStart(proposal);
        await world.vote('bob', id, 'for');
        await world.toEnd(proposal);
        const result =
            kind === 'emergency'
                ? await proposal.sendExecute(world.sender('stranger'))
                : await world.carryOut(proposal);
        expect((await proposal.getProposal()).state).toBe('executed');
        return result;
    }

    it('technical: takes PoolOperator over and upgrades it', async () => {
        const { operator } = pool;
        const { accountState } = await world.blockchain.getContract(operator.address);
        const code = accountState?.type === 'active' ? accountState.state.code! : undefined;
        const next = code!;
        const codeHash = BigInt(`0x${next.hash().toString('hex')}`);
        const result = await live('technical', [
            action(operator.address, PoolOperator.acceptOwnershipBody()),
            action(operator.address, PoolOperator.announceUpgradeBody({ target: 'operator', codeHash })),
        ]);
        expect(world.failures(result)).toEqual([]);
        expect(accountIdOf((await operator.getPoolData()).owner)).toBe(accountIdOf(world.timelock.address));
        const { readyAt, codeHash: announced } = await operator.getUpgrade();
        expect(announced).toBe(codeHash);
        world.at(Number(readyAt));
        const applied = await operator.sendApplyUpgrade(world.sender('stranger'), { code: next });
        expect(exitCode(txAt(applied, operator.address))).toBe(0);
        expect((await operator.getUpgrade()).codeHash).toBe(0n);
    });

    it('economic: changes the rate of a model', async () => {
        const set = (rate: number) => [
            action(controller.address, EmissionController.setModelRateBody({ name: MODEL, rate })),
        ];
        expect(world.failures(await live('economic', set(1000)))).toEqual([]);
        expect((await controller.getRate(MODEL)).rate).toBe(1000n);
        world.advance(10 * DAY);
        // A step that the controller refuses comes back; its value waits in the operation for a retry.
        const refused = await live('economic', set(1201));
        expect(world.failures(refused)).not.toEqual([]);
        expect((await controller.getRate(MODEL)).rate).toBe(1000n);
    });

    it('treasury: spends, and opens a grant that anybody claims for its grantee', async () => {
        const start = world.now;
        const result = await live('treasury', [
            action(
                treasury.address,
                Treasury.ownerSpendBody({ asset: 0, amount: toNano('100'), to: world.address('carol') }),
            ),
            action(
                treasury.address,
                Treasury.createStreamBody({
                    asset: 0,
                    amount: toNano('50'),
                    grantee: world.address('dave'),
                    start,
                    end: start + 100 * DAY,
                }),
            ),
        ]);
        expect(world.failures(result)).toEqual([]);
        expect(treasuryEvents(result.transactions, 'TreasurySpentEvent')).toMatchObject([{ amount: toNano('100') }]);
        const claim = await treasury.sendClaimGrant(world.sender('stranger'), { grant: 0 });
        const [paid] = treasuryEvents(claim.transactions, 'TreasurySpentEvent');
        expect(paid.amount).toBe((toNano('50') * BigInt(world.now - start)) / BigInt(100 * DAY));
        expect(paid.to).toBe(accountIdOf(world.address('dave')));
    });

    it('emergency: freezes the treasury and pauses staking within a day, and can do nothing else', async () => {
        const { master } = world.staking;
        await live('technical', [
            action(treasury.address, Treasury.setFreezerBody({ guardian: world.governor.address })),
        ]);
        await master.sendSetRole(world.sender('owner'), { role: 'guardian', holder: world.governor.address });
        world.advance(10 * DAY);
        await master.sendApplyRole(world.sender('owner'));
        const began = world.now;
        const result = await live('emergency', [
            action(treasury.address, Treasury.freezeBody()),
            action(master.address, StakingMaster.pauseBody()),
        ]);
        expect(world.failures(result)).toEqual([]);
        expect(world.now - began).toBe(DAY);
        expect((await treasury.getTreasury()).frozenUntil).toBe(BigInt(world.now + 7 * DAY));
        expect((await master.getMaster()).pausedUntil).toBe(BigInt(world.now + 3 * DAY));
        const spend = Treasury.ownerSpendBody({ asset: 0, amount: 1, to: world.address('alice') });
        await expect(world.propose('alice', 'emergency', [action(treasury.address, spend)])).rejects.toThrow();
    });

    it('a type that is too weak for its action is refused', async () => {
        const rate = action(controller.address, EmissionController.setModelRateBody({ name: MODEL, rate: 1 }));
        const spend = action(
            treasury.address,
            Treasury.ownerSpendBody({ asset: 0, amount: 1, to: world.address('alice') }),
        );
        await expect(world.propose('alice', 'treasury', [rate])).rejects.toThrow();
        await expect(world.propose('alice', 'economic', [spend])).rejects.toThrow();
    });
});
