/** A Timelock on the chain of another family, that takes contracts over and acts as their owner. */
import { Address, Cell, toNano } from '@ton/core';
import { Blockchain, SandboxContract } from '@ton/sandbox';

import {
    GovernanceAction,
    operationId,
    packActions,
    Timelock,
    TimelockOperation,
    timelockOperationCode,
} from '../../../wrappers/governance/execution';
import { advance } from '../chain';
import { Treasury } from '../pool/transactions';
import { DAY, MIN_DELAY } from './timelock-world';

export class Steward {
    private salt = 0n;

    private constructor(
        readonly blockchain: Blockchain,
        readonly proposer: Treasury,
        readonly timelock: SandboxContract<Timelock>,
        private readonly code: Cell,
    ) {}

    static async create(blockchain: Blockchain): Promise<Steward> {
        const proposer = await blockchain.treasury('steward proposer');
        const code = await timelockOperationCode();
        const config = { deployer: proposer.address };
        const timelock = blockchain.openContract(await Timelock.createFromConfig(config));
        await timelock.sendSetup(proposer.getSender(), {
            minDelay: MIN_DELAY,
            proposer: proposer.address,
            guardian: proposer.address,
            guardianUntil: blockchain.now! + 365 * DAY,
            code,
            value: toNano('20'),
        });
        return new Steward(blockchain, proposer, timelock, code);
    }

    get address(): Address {
        return this.timelock.address;
    }

    action(destination: Address, body: Cell, value = toNano('1')): GovernanceAction {
        return { destination, value, body };
    }

    /** Announces, waits two days, executes; the result of the execution. */
    async carryOut(...actions: GovernanceAction[]) {
        const list = packActions(actions);
        const salt = ++this.salt;
        await this.timelock.sendSchedule(this.proposer.getSender(), {
            delay: MIN_DELAY,
            actions: list,
            salt,
            responseTo: this.proposer.address,
        });
        advance(this.blockchain, MIN_DELAY);
        const id = operationId({ actions: list, salt, proposer: this.proposer.address });
        const operation = this.blockchain.openContract(
            TimelockOperation.createFromConfig({ timelock: this.address, id, code: this.code }),
        );
        const result = await operation.sendExecute(this.proposer.getSender());
        return { operation, result, bounced: (await operation.getOperation()).bounced };
    }
}
