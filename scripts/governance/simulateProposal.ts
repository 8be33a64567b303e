/** Executes what a proposal would send, on a copy of the touched accounts in a sandbox, and prints what changes. */
import { createHash } from 'node:crypto';
import type { NetworkProvider } from '@ton/blueprint';
import { Address, Cell } from '@ton/core';
import { Blockchain, BlockchainTransaction, createShardAccount, internal } from '@ton/sandbox';

import { GovernanceAction, Proposal } from '../../wrappers/governance';
import { LocalNetworkProvider } from '../../tools/localnet/provider';
import { ScriptSpec } from '../lib/args';
import { exitCode, retry } from '../lib/chain';
import { messageName } from '../lib/decode';
import { RefusedError } from '../lib/errors';
import { ton } from '../lib/format';
import { GOVERNANCE_FLAGS, openGovernor, readActions } from '../lib/governance';
import { runScript, Session } from '../lib/session';

const SPEC: ScriptSpec = {
    name: 'simulateProposal',
    about: 'Executes the actions from the Timelock (an emergency: from the Governor) on a copy of the chain. Sends nothing.',
    positionals: { proposal: 'number of a proposal, or JSON file of actions' },
    flags: { ...GOVERNANCE_FLAGS, emergency: { about: 'the file is of an emergency proposal' } },
};

type Copy = { balance: bigint; code: Cell | null; data: Cell | null };

async function copyOf(session: Session, address: Address): Promise<Copy> {
    const { balance, state } = await retry(() => session.provider.provider(address).getState());
    const cell = (boc: Buffer | null | undefined) => (boc ? Cell.fromBoc(boc)[0] : null);
    return state.type === 'active'
        ? { balance, code: cell(state.code), data: cell(state.data) }
        : { balance, code: null, data: null };
}

const hashOf = (cell: Cell | null) => cell?.hash().toString('hex') ?? 'none';

/** Runs all actions on the copies; accounts that are not copied are named in `missing`. */
async function attempt(
    session: Session,
    from: Address,
    actions: GovernanceAction[],
    copies: Map<string, Copy>,
    now: number,
) {
    const { provider } = session;
    const blockchain = await Blockchain.create(
        provider instanceof LocalNetworkProvider ? { config: provider.chain.config } : {},
    );
    blockchain.now = now;
    for (const [raw, { balance, code, data }] of copies) {
        if (code !== null && data !== null) {
            const address = Address.parse(raw);
            await blockchain.setShardAccount(address, createShardAccount({ address, code, data, balance }));
        }
    }
    const transactions: BlockchainTransaction[] = [];
    for (const { destination, value, body } of actions) {
        const message = internal({ from, to: destination, value, body, bounce: true });
        transactions.push(...(await blockchain.sendMessage(message)).transactions);
    }
    const touched = new Set(transactions.map((tx) => (tx.inMessage!.info.dest as Address).toRawString()));
    return { blockchain, transactions, missing: [...touched].filter((raw) => !copies.has(raw)) };
}

async function main(session: Session): Promise<void> {
    const desk = await openGovernor(session);
    const source = await session.text('proposal');
    let actions: GovernanceAction[];
    let emergency = session.args.has('emergency');
    if (/^\d{1,9}$/.test(source)) {
        if (Number(source) < 1 || Number(source) >= desk.info.nextId) {
            throw new RefusedError(`There is no proposal ${source}`);
        }
        const address = await desk.governor.getProposalAddress(Number(source));
        const proposal = session.open(Proposal.createFromAddress(address));
        actions = await proposal.getActions();
        emergency = (await proposal.getProposal()).kind === 'emergency';
    } else {
        actions = readActions(source);
    }
    const from = emergency ? desk.governor.address : desk.info.timelock;
    const now = await session.now(from);
    const copies = new Map<string, Copy>([[from.toRawString(), await copyOf(session, from)]]);
    for (const { destination } of actions) {
        copies.set(destination.toRawString(), await copyOf(session, destination));
    }
    // Again with the accounts that the messages reached, until none is missing.
    let run = await attempt(session, from, actions, copies, now);
    while (run.missing.length > 0) {
        for (const raw of run.missing) {
            copies.set(raw, await copyOf(session, Address.parse(raw)));
        }
        run = await attempt(session, from, actions, copies, now);
    }

    const trace = run.transactions.map((tx) => {
        const message = tx.inMessage!;
        const events = [...tx.outMessages.values()].filter((out) => out.info.type === 'external-out');
        return {
            to: (message.info.dest as Address).toRawString(),
            message: messageName(message.body),
            body: hashOf(message.body),
            exitCode: exitCode(tx),
            events: events.map((event) => ({ name: messageName(event.body), body: hashOf(event.body) })),
        };
    });
    for (const step of trace) {
        session.say(`${step.message} to ${session.show(Address.parse(step.to))}: exit code ${step.exitCode}`);
        step.events.forEach((event) => session.say(`   event ${event.name} ${event.body}`));
    }
    const changes = [];
    for (const [raw, before] of copies) {
        const address = Address.parse(raw);
        const contract = await run.blockchain.getContract(address);
        const state = contract.accountState;
        const active = state?.type === 'active' ? state.state : undefined;
        const change = {
            address,
            balance: contract.balance - (before.code === null ? 0n : before.balance),
            code: [hashOf(before.code), hashOf(active?.code ?? null)],
            data: [hashOf(before.data), hashOf(active?.data ?? null)],
        };
        const [codeChanged, dataChanged] = [change.code, change.data].map(([a, b]) => a !== b);
        if (change.balance !== 0n || codeChanged || dataChanged) {
            changes.push(change);
            session.say(
                `${session.show(address)}: balance ${change.balance < 0n ? '-' : '+'}${ton(change.balance < 0n ? -change.balance : change.balance)}`,
            );
            if (codeChanged) {
                session.say(`   code ${change.code.join(' -> ')}`);
            }
            if (dataChanged) {
                session.say(`   data ${change.data.join(' -> ')}`);
            }
        }
    }
    const traceHash = createHash('sha256').update(JSON.stringify(trace)).digest('hex');
    const failed = trace.filter((step) => step.exitCode !== 0).length;
    session.say(`${trace.length} transactions, ${failed} failed. Trace hash, for the description: ${traceHash}`);
    session.report({ from, trace, changes, failed, traceHash });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
