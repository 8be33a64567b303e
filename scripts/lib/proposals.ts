/** Templates of proposals: the action of a common purpose from a few flags, in place of a file. */
import { Address, Cell } from '@ton/core';

import { GovernanceAction, ProposalKind, Treasury } from '../../wrappers/governance';
import { PoolOperator } from '../../wrappers/pool';
import { PaymentSettlement, UsageRegistry } from '../../wrappers/settlement';
import { StakingMaster } from '../../wrappers/staking';
import { EmissionController, ShareMinter } from '../../wrappers/token';
import { FlagSpec } from './args';
import { RefusedError, UsageError } from './errors';
import { parseTon } from './format';
import { governanceAddress } from './governance';
import { Session } from './session';

export const TEMPLATES = ['upgrade', 'parameter', 'spend', 'emergency'] as const;
export type Template = (typeof TEMPLATES)[number];

const FAMILIES = ['pool', 'token', 'emission', 'staking', 'registry', 'settlement', 'treasury'] as const;
type Family = (typeof FAMILIES)[number];

export const TEMPLATE_FLAGS: Record<string, FlagSpec> = {
    family: { value: FAMILIES.join('|'), about: 'upgrade, emergency: which contract it is' },
    at: { value: 'address', about: 'upgrade, parameter, emergency: that contract (the Treasury of the manifest)' },
    'code-hash': { value: 'hex', about: 'upgrade: hash of the code that is announced' },
    model: { value: 'name', about: 'parameter: a model of the EmissionController' },
    rate: { value: 'number', about: 'parameter: its new rate' },
    treasury: { value: 'address', about: 'spend: the Treasury', env: 'TREASURY_ADDRESS' },
    to: { value: 'address', about: 'spend: who is paid' },
    amount: { value: 'amount', about: 'spend: TON' },
};

/** The type of proposal that a template is for. */
export const TEMPLATE_KIND: Record<Template, ProposalKind> = {
    upgrade: 'technical',
    parameter: 'economic',
    spend: 'treasury',
    emergency: 'emergency',
};

type Opened = { address: Address; getCost(body: Cell): Promise<bigint> };

function open(session: Session, family: Family, at: Address): Opened {
    switch (family) {
        case 'pool':
            return session.open(PoolOperator.createFromAddress(at));
        case 'token':
            return session.open(ShareMinter.createFromAddress(at));
        case 'emission':
            return session.open(EmissionController.createFromAddress(at));
        case 'staking':
            return session.open(StakingMaster.createFromAddress(at));
        case 'registry':
            return session.open(UsageRegistry.createFromAddress(at));
        case 'settlement':
            return session.open(PaymentSettlement.createFromAddress(at));
        case 'treasury':
            return session.open(Treasury.createFromAddress(at));
    }
}

function announcement(family: Family, codeHash: bigint): Cell {
    switch (family) {
        case 'pool':
            return PoolOperator.announceUpgradeBody({ target: 'operator', codeHash });
        case 'token':
            return ShareMinter.announceUpgradeBody({ codeHash });
        case 'emission':
            return EmissionController.announceUpgradeBody({ codeHash });
        case 'staking':
            return StakingMaster.announceUpgradeBody({ codeHash });
        case 'registry':
            return UsageRegistry.announceUpgradeBody({ codeHash });
        case 'settlement':
            return PaymentSettlement.announceUpgradeBody({ codeHash });
        case 'treasury':
            return Treasury.announceUpgradeBody({ codeHash });
    }
}

/** What stops a contract; not every one can be stopped. */
function stop(family: Family): Cell {
    switch (family) {
        case 'pool':
            return PoolOperator.pauseBody();
        case 'emission':
            return EmissionController.setBreakerBody({ stop: true });
        case 'staking':
            return StakingMaster.pauseBody();
        case 'registry':
            return UsageRegistry.setPauseBody({ stop: true });
        case 'settlement':
            return PaymentSettlement.setPauseBody({ stop: true });
        case 'treasury':
            return Treasury.freezeBody();
        case 'token':
            throw new UsageError('The token cannot be stopped');
    }
}

async function addressOf(session: Session, family: Family): Promise<Address> {
    return family === 'treasury' && session.args.get('at') === undefined
        ? governanceAddress(session, 'treasury')
        : session.address('at');
}

/** The action of a template. Values are twice today's cost, for prices may rise; what is left of them comes back. */
export async function templateAction(session: Session, template: Template): Promise<GovernanceAction> {
    const action = async (contract: Opened, body: Cell, cost?: bigint): Promise<GovernanceAction> => {
        if (!(await session.isDeployed(contract.address))) {
            throw new RefusedError(`There is no contract at ${session.show(contract.address)}`);
        }
        const twice = 2n * (cost ?? (await contract.getCost(body)));
        // The Timelock takes no action below 0.02 TON.
        return { destination: contract.address, value: twice > 50_000_000n ? twice : 50_000_000n, body };
    };
    switch (template) {
        case 'upgrade': {
            const family = await session.choice('family', FAMILIES);
            const hash = (await session.text('code-hash')).toLowerCase().replace(/^0x/, '');
            if (!/^[0-9a-f]{64}$/.test(hash)) {
                throw new UsageError(`code-hash "${hash}" is not a hash of 64 hexadecimal digits`);
            }
            const contract = open(session, family, await addressOf(session, family));
            return action(contract, announcement(family, BigInt(`0x${hash}`)));
        }
        case 'parameter': {
            const name = await session.text('model');
            const rate = await session.integer('rate', 1, 2 ** 32 - 1);
            const contract = open(session, 'emission', await session.address('at'));
            return action(contract, EmissionController.setModelRateBody({ name, rate }));
        }
        case 'spend': {
            const to = await session.address('to');
            const amount = parseTon(await session.text('amount'));
            const treasury = session.open(Treasury.createFromAddress(await governanceAddress(session, 'treasury')));
            const { free } = await treasury.getSolvency(0);
            if (amount > free) {
                throw new RefusedError(`The Treasury has ${free} nanoton free`);
            }
            const body = Treasury.ownerSpendBody({ asset: 0, amount, to });
            return action(treasury, body, await treasury.getSpendCost({}));
        }
        case 'emergency': {
            const family = await session.choice('family', FAMILIES);
            const body = stop(family);
            return action(open(session, family, await addressOf(session, family)), body);
        }
    }
}
