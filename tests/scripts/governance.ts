/** What the specs of the scripts share about governance: contracts by their manifests, files of actions, proposals. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Address } from '@ton/core';

import * as executeProposal from '../../scripts/governance/executeProposal';
import * as queueProposal from '../../scripts/governance/queueProposal';
import * as vote from '../../scripts/governance/vote';
import * as deployStaking from '../../scripts/staking/deployStaking';
import * as deployToken from '../../scripts/token/deployToken';
import { Governor, GovernanceAction, Proposal, Treasury } from '../../wrappers/governance';
import { World } from './support';

/** Entries of a manifest of the local chain. */
export function manifestOf(world: World, name: string): Record<string, { raw: string }> {
    const file = path.join(world.dir, 'deployments', 'local', `${name}.json`);
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, { raw: string }>;
}

export const addressIn = (world: World, manifest: string, name: string): Address =>
    Address.parse(manifestOf(world, manifest)[name].raw);

/** A token that alice, bob and carol have, and a master whose stakes vote; addresses as flags take them. */
export async function tokenAndStaking(world: World): Promise<{ token: string; master: string }> {
    const roles = ['slasher', 'resolver', 'guardian', 'treasury', 'insurance'];
    await world.names('admin', ...roles, 'alice', 'bob', 'carol');
    const list = 'owner,amount\nalice,20000\nbob,500000\ncarol,480000\n';
    const named = ['--name', 'Share', '--symbol', 'SHARE', '--minter', 'guardian'];
    await world.ok('admin', deployToken, [...named, '--genesis', world.file('g.csv', list)]);
    const token = addressIn(world, 'token', 'minter').toRawString();
    const staking = ['--token', token, ...roles.flatMap((role) => [`--${role}`, role])];
    return { token, master: String((await world.ok('admin', deployStaking, staking)).master) };
}

export class GovernanceDesk {
    constructor(private readonly world: World) {}

    at(name: 'governor' | 'timelock' | 'treasury'): Address {
        return addressIn(this.world, 'governance', name);
    }

    governor() {
        return this.world.chain.open(Governor.createFromAddress(this.at('governor')));
    }

    treasury() {
        return this.world.chain.open(Treasury.createFromAddress(this.at('treasury')));
    }

    async proposal(id: number) {
        const address = await this.governor().getProposalAddress(id);
        return this.world.chain.open(Proposal.createFromAddress(address)).getProposal();
    }

    /** A file of actions as `propose` takes it. */
    actionsFile(name: string, ...actions: readonly GovernanceAction[]): string {
        const rows = actions.map(({ destination, value, body }) => ({
            destination: destination.toRawString(),
            value: String(value),
            body: body.toBoc().toString('base64'),
        }));
        return this.world.file(name, JSON.stringify(rows));
    }

    /** Proposals made at the same time: alice and bob vote for all of them, to the end of the last. */
    async pass(...ids: number[]): Promise<void> {
        const last = await this.proposal(ids.at(-1)!);
        await this.world.advanceTo(last.start);
        for (const id of ids) for (const who of ['alice', 'bob']) await this.world.ok(who, vote, [String(id), 'for']);
        await this.world.advanceTo(last.end);
    }

    /** Votes for them, queues those that are no emergency, and executes them. */
    async carryOut(by: string, ...ids: number[]): Promise<void> {
        await this.pass(...ids);
        for (const id of ids) {
            if ((await this.proposal(id)).kind !== 'emergency') await this.world.ok(by, queueProposal, [String(id)]);
        }
        await this.world.advanceTo((await this.proposal(ids.at(-1)!)).readyAt);
        for (const id of ids) {
            expect((await this.world.ok(by, executeProposal, [String(id)])).state).toBe('executed');
        }
    }
}
