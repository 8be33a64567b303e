/** A participant's machines at Cocoon, through his vault (or the operator's own, through the operator contract). */
import type { NetworkProvider } from '@ton/blueprint';
import { Address, beginCell, Cell, storeStateInit } from '@ton/core';

import { CocoonProxyAccount, workerAddressFromChain, workerInit } from '../../wrappers/cocoon';
import { ParticipantVault, PoolOperator, WalletLetter } from '../../wrappers/pool';
import { ScriptSpec } from '../lib/args';
import { transactionsPage } from '../lib/chain';
import { RefusedError, requireRule } from '../lib/errors';
import { ton } from '../lib/format';
import { requireVault } from '../lib/participants';
import { Pool, runScript, Session, Step } from '../lib/session';
import { operatorStep, vaultStep } from '../lib/steps';

const SPEC: ScriptSpec = {
    name: 'cocoonWorker',
    about: 'Registers the worker at a proxy; empties, blocks or unblocks the node wallet; sweeps the vault.',
    positionals: { action: 'address, register, withdraw, block, unblock or sweep' },
    flags: {
        proxy: { value: 'address', about: 'Cocoon proxy (address, register)' },
        wallet: { value: 'address', about: "the node's wallet (withdraw, block, unblock)" },
        own: { about: "the operator's own machines: through the operator contract" },
        participant: { value: 'address', about: 'whose vault, for address and sweep (you)' },
    },
};

const ACTIONS = ['address', 'register', 'withdraw', 'block', 'unblock', 'sweep'] as const;
const LETTERS: Record<string, WalletLetter> = { withdraw: 'w', block: 'b', unblock: 'u' };

/** A message arrived when the latest transaction of its receiver is another one. */
async function arrival(session: Session, account: Address): Promise<() => Promise<boolean>> {
    const latest = async () => (await transactionsPage(session.provider, account, undefined, 1))[0]?.lt ?? 0n;
    const before = await latest();
    return async () => (await latest()) > before;
}

async function viaOwner(
    session: Session,
    pool: Pool,
    title: string,
    bodies: { vault: Cell; operator: Cell },
    receiver: Address,
): Promise<Step> {
    const done = await arrival(session, receiver);
    const awaited = 'the message arrives there';
    if (session.args.has('own')) {
        session.requireOwner(pool);
        return operatorStep(pool, { title, body: bodies.operator, done, awaited });
    }
    const participant = await requireVault(session, pool, session.me);
    return vaultStep(pool, participant, { title, body: bodies.vault, done, awaited });
}

async function register(session: Session, pool: Pool, owner: Address, only: 'address' | 'register'): Promise<void> {
    const proxy = await session.address('proxy');
    if (!(await session.isDeployed(proxy))) {
        throw new RefusedError(`There is no contract at ${session.show(proxy)}`);
    }
    const trusted = (await pool.operator.getProxyAddresses()).some((a) => a.equals(proxy));
    const worker = await workerAddressFromChain(session, proxy, owner);
    session.say(`Worker of ${session.show(owner)} at this proxy: ${session.show(worker)}`);
    if (!trusted) {
        session.say('The pool does not trust this proxy: its payouts would count as donations (manageProxies).');
    }
    session.report({ worker, owner, proxy, trusted });
    if (only === 'address') {
        return;
    }
    const deployed = await session.isDeployed(worker);
    let init: Cell | null = null;
    if (!deployed) {
        const identity = await session.open(new CocoonProxyAccount(proxy)).getIdentity();
        init = beginCell()
            .store(storeStateInit(workerInit(owner, identity)))
            .endCell();
    }
    const queryId = session.queryId();
    await session.execute([
        await viaOwner(
            session,
            pool,
            `Register the worker${deployed ? '' : ' (deploys it)'}; Cocoon returns what it does not use`,
            {
                vault: ParticipantVault.registerWorkerBody({ worker, init, queryId }),
                operator: PoolOperator.registerOwnWorkerBody({ worker, init, queryId }),
            },
            worker,
        ),
    ]);
    session.say('Sent. Cocoon never confirms a registration: that the worker accepted it is all there is to know.');
}

/** The owner that a node wallet was created with: seqno, subwallet, key, status, owner. */
async function walletOwner(session: Session, wallet: Address): Promise<Address> {
    const { state } = await session.provider.provider(wallet).getState();
    if (state.type !== 'active' || !state.data) {
        throw new RefusedError(`There is no contract at ${session.show(wallet)}`);
    }
    try {
        return Cell.fromBoc(state.data)[0]
            .beginParse()
            .skip(32 + 32 + 256 + 32)
            .loadAddress();
    } catch {
        throw new RefusedError(`${session.show(wallet)} is not a Cocoon node wallet`);
    }
}

async function walletCommand(session: Session, pool: Pool, owner: Address, action: string): Promise<void> {
    const wallet = await session.address('wallet');
    const holder = await walletOwner(session, wallet);
    if (!holder.equals(owner)) {
        throw new RefusedError(`The owner of this wallet is ${session.show(holder)}, not ${session.show(owner)}`);
    }
    const command = LETTERS[action];
    const queryId = session.queryId();
    const titles = {
        withdraw: `Take all of ${ton(await session.balance(wallet))} out of the node wallet`,
        block: "Block the node's key",
        unblock: "Unblock the node's key",
    };
    await session.execute([
        await viaOwner(
            session,
            pool,
            titles[action as keyof typeof titles],
            {
                vault: ParticipantVault.walletCommandBody({ wallet, command, queryId }),
                operator: PoolOperator.ownWalletCommandBody({ wallet, command, queryId }),
            },
            wallet,
        ),
    ]);
    session.report({ wallet, command });
}

async function sweep(session: Session, pool: Pool, who: Address): Promise<void> {
    const participant = await requireVault(session, pool, who);
    const vault = pool.vault(who);
    // the contract asks for a tenth of what it forwards at once
    const least = (await vault.getForwardThreshold()) / 10n;
    const body = ParticipantVault.sweepBody({ queryId: session.queryId() });
    const surplus = participant.vault.solvency + participant.vault.pending;
    requireRule(surplus >= least, 'ERROR_VALUE_TOO_LOW', `Only ${ton(surplus)} to sweep.`);
    await session.execute([
        await vaultStep(pool, participant, {
            title: `Sweep about ${ton(surplus)} of the vault to the pool (it counts as a donation)`,
            body,
            done: async () => {
                const { solvency, pending } = await vault.getVaultData();
                return solvency + pending < surplus;
            },
            awaited: 'the surplus is gone',
        }),
    ]);
    session.report({ swept: surplus });
}

async function main(session: Session): Promise<void> {
    const action = await session.choice('action', ACTIONS);
    const pool = await session.pool();
    const who = (await session.optionalAddress('participant')) ?? session.me;
    const owner = session.args.has('own') ? pool.address : pool.vaultAddress(who);
    const does = {
        address: () => register(session, pool, owner, 'address'),
        register: () => register(session, pool, owner, 'register'),
        withdraw: () => walletCommand(session, pool, owner, action),
        block: () => walletCommand(session, pool, owner, action),
        unblock: () => walletCommand(session, pool, owner, action),
        sweep: () => sweep(session, pool, who),
    };
    await does[action]();
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
