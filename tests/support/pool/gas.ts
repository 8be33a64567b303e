/**
 * Which gas constant of contracts/pool/gas.tact covers which handler, and a tour that drives every handler on a chain that
 * somebody pays for through its most expensive path.
 */
import { Address, beginCell, Cell, toNano, Transaction } from '@ton/core';

import * as vault from '../../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import * as operator from '../../../build/PoolOperator/PoolOperator_PoolOperator';
import {
    packEntry,
    ParticipantRegistry,
    ParticipantVault,
    PoolOperator,
    RewardDistribution,
} from '../../../wrappers/pool';
import { PoolEnvironment } from './environment';

/** One measured handler. `rows`: rows of a report, rounds of a claim, vaults of a poke. */
export type Measured = { contract: string; message: string; gas: bigint; rows: bigint };

/** Constant that must cover a handler. Handlers that share one are the "small" ones of a contract. */
export type Budget = { constant: string; base: bigint; row: bigint };

const fixed = (constant: string, base: bigint): Budget => ({ constant, base, row: 0n });

const BUDGETS: Record<string, Budget> = {
    'ParticipantVault CocoonPayout': fixed('GAS_VAULT_PAYOUT', vault.GAS_VAULT_PAYOUT),
    'ParticipantVault MetricsEntry': fixed('GAS_VAULT_METRICS', vault.GAS_VAULT_METRICS),
    'ParticipantVault Poke': fixed('GAS_VAULT_POKE', vault.GAS_VAULT_POKE),
    'ParticipantVault OpenVault': fixed('GAS_VAULT_OPEN', vault.GAS_VAULT_OPEN),
    'ParticipantVault *': fixed('GAS_VAULT_SMALL', vault.GAS_VAULT_SMALL),
    'ParticipantRegistry ReportMetrics': {
        constant: 'GAS_REGISTRY_REPORT_BASE + n * GAS_REGISTRY_REPORT_ROW',
        base: operator.GAS_REGISTRY_REPORT_BASE,
        row: operator.GAS_REGISTRY_REPORT_ROW,
    },
    'ParticipantRegistry CloseEpoch': fixed('GAS_REGISTRY_CLOSE', operator.GAS_REGISTRY_CLOSE),
    'ParticipantRegistry Register': fixed('GAS_REGISTRY_REGISTER', operator.GAS_REGISTRY_REGISTER),
    'ParticipantRegistry VaultUpdate': fixed('GAS_REGISTRY_UPDATE', operator.GAS_REGISTRY_UPDATE),
    'ParticipantRegistry SetUpRegistry': fixed('GAS_SETUP', operator.GAS_SETUP),
    'ParticipantRegistry RolesUpdate': fixed('GAS_SETUP', operator.GAS_SETUP),
    'ParticipantRegistry Seal': fixed('GAS_REGISTRY_MARK', operator.GAS_REGISTRY_MARK),
    'ParticipantRegistry VoidEpoch': fixed('GAS_REGISTRY_MARK', operator.GAS_REGISTRY_MARK),
    'ParticipantRegistry *': fixed('GAS_REGISTRY_RELAY', operator.GAS_REGISTRY_RELAY),
    'RewardDistribution Income': fixed('GAS_DISTRIBUTION_INCOME', operator.GAS_DISTRIBUTION_INCOME),
    'RewardDistribution Claim': {
        constant: 'GAS_DISTRIBUTION_CLAIM_BASE + n * GAS_DISTRIBUTION_CLAIM_ROUND',
        base: operator.GAS_DISTRIBUTION_CLAIM_BASE,
        row: operator.GAS_DISTRIBUTION_CLAIM_ROUND,
    },
    'RewardDistribution RoundTotals': fixed('GAS_DISTRIBUTION_ROUND', operator.GAS_DISTRIBUTION_ROUND),
    'RewardDistribution StartRound': fixed('GAS_DISTRIBUTION_START', operator.GAS_DISTRIBUTION_START),
    'RewardDistribution PokeMany': {
        constant: 'GAS_DISTRIBUTION_POKE_BASE + n * GAS_DISTRIBUTION_POKE_ROW',
        base: operator.GAS_DISTRIBUTION_POKE_BASE,
        row: operator.GAS_DISTRIBUTION_POKE_ROW,
    },
    'RewardDistribution SlashPaid': fixed('GAS_DISTRIBUTION_RESERVE', operator.GAS_DISTRIBUTION_RESERVE),
    'RewardDistribution FinePaid': fixed('GAS_DISTRIBUTION_RESERVE', operator.GAS_DISTRIBUTION_RESERVE),
    'RewardDistribution TopUpReserve': fixed('GAS_DISTRIBUTION_RESERVE', operator.GAS_DISTRIBUTION_RESERVE),
    'RewardDistribution SetUpDistribution': fixed('GAS_SETUP', operator.GAS_SETUP),
    'RewardDistribution *': fixed('GAS_DISTRIBUTION_SMALL', operator.GAS_DISTRIBUTION_SMALL),
    'PoolOperator VaultPayout': fixed('GAS_OPERATOR_PAYOUT', operator.GAS_OPERATOR_PAYOUT),
    'PoolOperator CocoonPayout': fixed('GAS_OPERATOR_PAYOUT', operator.GAS_OPERATOR_PAYOUT),
    'PoolOperator ParticipantsChanged': fixed('GAS_OPERATOR_COUNT', operator.GAS_OPERATOR_COUNT),
    'PoolOperator EpochMissed': fixed('GAS_OPERATOR_FINE', operator.GAS_OPERATOR_FINE),
    'PoolOperator DeployPool': fixed('GAS_OPERATOR_DEPLOY', operator.GAS_OPERATOR_DEPLOY),
    'PoolOperator *': fixed('GAS_OPERATOR_SMALL', operator.GAS_OPERATOR_SMALL),
};

/** Handlers whose gas nobody computes: upgrades carry code of any size, and their senders see what they attach. */
const UNBUDGETED = new Set(['ApplyUpgrade', 'UpgradeVault', 'AskVaultCode', 'VaultCode']);

export function budgetOf(m: Measured): Budget {
    return BUDGETS[`${m.contract} ${m.message}`] ?? BUDGETS[`${m.contract} *`];
}

const OPCODES: Record<string, Record<string, number>> = {
    PoolOperator: PoolOperator.opcodes,
    ParticipantRegistry: ParticipantRegistry.opcodes,
    ParticipantVault: ParticipantVault.opcodes,
    RewardDistribution: RewardDistribution.opcodes,
};

/** Rows of a message whose gas depends on them. */
function rowsOf(message: string, body: Cell): bigint {
    const s = body.beginParse().skip(32 + 64);
    if (message === 'ReportMetrics') return BigInt(s.skip(32).loadUint(8));
    if (message === 'PokeMany') return BigInt(s.skip(32).loadUint(8));
    if (message === 'Claim') return BigInt(s.skip(32).loadUintBig(64).toString(2).length);
    return 0n;
}

/** Gas of every successful transaction on a contract of the pool, by contract and message. */
export async function measurePool(env: PoolEnvironment, transactions: Transaction[]): Promise<Measured[]> {
    const names = new Map([
        [env.operator.address.hash.toString('hex'), 'PoolOperator'],
        [env.registry.address.hash.toString('hex'), 'ParticipantRegistry'],
        [env.distribution.address.hash.toString('hex'), 'RewardDistribution'],
    ]);
    const found: Measured[] = [];
    for (const tx of transactions) {
        const account = tx.address.toString(16).padStart(64, '0');
        const { inMessage: message, description } = tx;
        if (description.type !== 'generic' || description.computePhase.type !== 'vm') continue;
        if (!description.computePhase.success || message?.info.type !== 'internal' || message.info.bounced) continue;
        if (message.body.bits.length < 32) continue;
        const opcode = message.body.beginParse().preloadUint(32);
        const contract = names.get(account) ?? 'ParticipantVault';
        const name = Object.entries(OPCODES[contract]).find(([, code]) => code === opcode)?.[0];
        const sentByWallet = !name || UNBUDGETED.has(name);
        if (sentByWallet) continue;
        if (contract === 'ParticipantVault' && !(await isVault(env, account))) continue;
        found.push({
            contract,
            message: name,
            gas: description.computePhase.gasUsed,
            rows: rowsOf(name, message.body),
        });
    }
    return found;
}

async function isVault(env: PoolEnvironment, account: string): Promise<boolean> {
    const { accountState } = await env.blockchain.getContract(Address.parseRaw(`0:${account}`));
    if (accountState?.type !== 'active' || !accountState.state.data) return false;
    const s = accountState.state.data.beginParse();
    return s.remainingBits >= 267 && s.loadAddress().equals(env.registry.address);
}

/** Drives the pool through everything. `watch` gets the transactions of every step. */
export async function gasTour(
    watch: (env: PoolEnvironment, transactions: Transaction[]) => Promise<void>,
): Promise<void> {
    const env = await PoolEnvironment.create({ epochSeconds: 86400, until: 'created' });
    const owner = env.roles.owner.getSender();
    const see = async (result: Promise<{ transactions: Transaction[] }>) => watch(env, (await result).transactions);
    const uri = beginCell().storeBuffer(Buffer.from('https://example.org/participant')).endCell();

    // Deployment and everything the owner can send.
    const deployment = await env.deploy();
    await watch(env, deployment.transactions);
    await see(env.topUpStake(toNano('200')));
    for (let i = 0; i < 64; i++)
        await see(
            env.operator.sendAddProxy(owner, {
                proxy: i === 0 ? env.roles.proxy.address : (await env.person(`proxy ${i}`)).address,
            }),
        );
    await see(env.operator.sendSetActive(owner, { active: true }));
    await see(env.operator.sendSetCommission(owner, { bps: 1200n }));
    await see(env.operator.sendCancelCommission(owner, {}));
    for (let i = 0; i < 16; i++) await see(env.operator.sendSetCommission(owner, { bps: 999n - BigInt(i) }));
    await see(env.operator.sendSetPayoutAddress(owner, { payout: env.roles.payout.address }));
    await see(env.operator.sendAnnounceMinEarned(owner, { amount: 1n }));
    await see(env.operator.sendAnnounceMinEarned(owner, { amount: 0n }));
    await see(env.operator.sendSetAdmission(owner, { open: false, gpuCeiling: 1000 }));
    await see(
        env.register('pending', { recovery: 'rescuer', payout: 'bank', metaUri: uri, metaHash: 7n, minPayout: 1n }),
    );
    await see(env.approve('pending', 2000));
    await see(env.register('refused'));
    await see(env.reject('refused'));
    await see(env.register('withdrawn'));
    const withdrawn = await env.vault('withdrawn');
    await see(withdrawn.sendCancelRegistration((await env.person('withdrawn')).getSender(), {}));
    await see(env.operator.sendSetAdmission(owner, { open: true, gpuCeiling: 1_000_000 }));
    await see(env.operator.sendSetRole(owner, { role: 'reporter', holder: env.roles.reporter.address }));
    await see(
        env.operator.sendSetRole(owner, { role: 'arbiter', holder: (await env.person('second arbiter')).address }),
    );
    await see(env.operator.sendCancelRole(owner, { role: 'arbiter' }));
    await see(env.operator.sendSetRole(owner, { role: 'recovery', holder: env.roles.recovery.address }));
    await see(env.operator.sendNominateOwner(owner, { owner: env.roles.owner.address }));
    await see(env.operator.sendAcceptOwnership(owner, {}));
    await see(env.operator.sendSyncRoles(env.roles.keeper.getSender(), {}));
    for (const target of ['operator', 'registry', 'distribution', 'vault'] as const) {
        await see(env.operator.sendAnnounceUpgrade(owner, { target, codeHash: 1n }));
        await see(env.operator.sendCancelUpgrade(owner, { target }));
    }
    await see(env.operator.sendPause(env.roles.guardian.getSender(), {}));
    await see(env.operator.sendUnpause(owner, {}));

    // Members, and what each can send to his vault.
    for (const name of ['alice', 'bob', 'carol'])
        await see(env.register(name, { payout: 'bank', metaUri: uri, minPayout: 1n }));
    const alice = await env.vault('alice');
    const a = (await env.person('alice')).getSender();
    await see(alice.sendAddStake(a, { amount: toNano('5') }));
    await see(alice.sendWithdrawStake(a, { amount: toNano('1') }));
    await see(alice.sendSetPayout(a, { payout: a.address }));
    await see(alice.sendSetRecovery(a, { recovery: a.address }));
    await see(alice.sendSetMetadata(a, { metaHash: 1n, metaUri: uri }));
    await see(alice.sendRequestExit(a, {}));
    await see(alice.sendCancelExit(a, {}));
    await see(env.announceSlash('bob', toNano('1')));
    await see(env.vetoSlash('bob'));
    await see(env.registry.sendSetGpuCeiling(owner, { participant: a.address, gpuCeiling: 500_000 }));
    await see(env.announceSlash('carol', toNano('5')));
    env.advance(operator.SLASH_VETO);
    await see((await env.vault('carol')).sendExecuteSlash(env.roles.keeper.getSender(), {}));
    await see(env.distribution.sendTopUpReserve(env.roles.keeper.getSender(), { amount: toNano('3') }));

    // Twelve epochs of payouts, reports and rounds over two blocks; claims of one, two and ten rounds.
    const all = ['alice', 'bob', 'carol', 'pending'];
    await alice.sendSetMinPayout(a, { amount: toNano('1000000') });
    // The slash's notice took two epochs: close them as missed, which also fines.
    for (let i = 0; i < 12; i++) {
        const { epoch, end } = await env.epoch();
        if (env.now < Number(end)) env.advanceTo(end);
        await see(env.payVault('alice', toNano('19')));
        await see(env.payVault('bob', 50_000_000n));
        await see(env.payOperator(toNano('7')));
        await see(env.payVault('carol', toNano('2'), 'stranger'));
        const late = env.now >= Number((await env.epoch()).reportUntil);
        if (!late) {
            const seconds = i === 0 ? 1 : 80_000;
            await see(
                env.report(
                    epoch,
                    all.map((who, k) => ({
                        who,
                        seconds: k === 3 ? 0 : seconds,
                        gpu: 1000,
                        uptimeBps: 9900 - 900 * k,
                        outages: k === 2 ? 9 : 0,
                    })),
                ),
            );
            await see(env.seal(epoch));
            if (i === 8) {
                await see(env.voidEpoch(epoch));
                await see(
                    env.report(
                        epoch,
                        all.map((who) => ({ who, seconds: 80_000, gpu: 1000 })),
                    ),
                );
                await see(env.seal(epoch));
            }
        }
        await env.untilDue();
        await see(i % 2 === 0 ? env.closeEpoch() : env.startRound());
        await see(env.poke('bob', { upTo: epoch }));
    }
    await alice.sendSetMinPayout(a, { amount: 0n });
    // One round of an older block alone, then ten over the border of blocks.
    await see(env.poke('alice', { upTo: (await alice.getVaultData()).firstEpoch }));
    await see(env.poke('alice'));
    const { epoch } = await env.epoch();
    await env.endEpoch();
    await env.report(
        epoch,
        all.map((who) => ({ who, seconds: 80_000, gpu: 1000 })),
    );
    await env.seal(epoch);
    await env.untilDue();
    await env.closeEpoch();
    await see(env.pokeMany(['alice', 'bob', 'carol']));
    await env.roles.keeper.send({ to: env.distribution.address, value: toNano('5'), bounce: false });
    await see(env.distribution.sendSync(env.roles.keeper.getSender(), {}));
    await env.roles.keeper.send({ to: env.operator.address, value: toNano('5'), bounce: false });
    await see(env.operator.sendSync(env.roles.keeper.getSender(), {}));

    // Missed epochs, an unmanaged pool, exits, and the operator's way out.
    for (let i = 0; i < 3; i++) {
        await env.endEpoch();
        await env.untilDue();
        await see(env.closeEpoch());
    }
    await see(env.registry.sendAppointReporter(env.roles.arbiter.getSender(), { reporter: env.roles.keeper.address }));
    await see(alice.sendRequestExit(a, {}));
    await see(alice.sendCompleteExit(a, {}));
    // With so much that the vault returns a part of it.
    await see(env.register('alice', { stake: toNano('12'), value: toNano('20') }));
    await see(env.operator.sendSetActive(owner, { active: false }));
    for (let i = 0; i < 8; i++) {
        await env.endEpoch();
        await env.untilDue();
        await see(env.closeEpoch());
    }
    await see(alice.sendApplyAddressChange(env.roles.keeper.getSender(), {}));
    await see(env.operator.sendApplyRole(env.roles.keeper.getSender(), { role: 'recovery' }));
    await see(env.operator.sendWithdrawOperatorStake(owner, { amount: toNano('1') }));
    await see(env.operator.sendEmergencyWithdraw(env.roles.keeper.getSender(), {}));

    // Eighty more rounds, sent in the registry's name: the ring of blocks turns, and unpaid blocks expire. Bob is reported
    // for each, so that the metrics that travel with his claims are as many as can be.
    const { nextRound } = await env.distribution.getDistributionData();
    const bob = await env.vault('bob');
    const entry = async (epoch: bigint, minEarned: bigint, gpu: bigint, value: bigint) => {
        const body = beginCell()
            .store(
                vault.storeMetricsEntry({
                    $$type: 'MetricsEntry',
                    queryId: 0n,
                    epoch,
                    entry: packEntry({ attempt: false, bucket: 0n, score: 1n }),
                    seconds: 1n,
                    gpu,
                    epochEnd: BigInt(env.now),
                    epochSeconds: 86_400n,
                    responseTo: env.roles.reporter.address,
                    minEarned,
                }),
            )
            .endCell();
        await see(env.impersonate(env.registry.address, bob.address, value, body));
    };
    const least = await env.registry.getReportMinimum(1);
    // The dearest round of all: a block expires, a raise becomes the rate, and all sixteen changes are younger than the epoch.
    const dearest = ((nextRound + 72n + 7n) / 8n) * 8n;
    for (let i = 0n; i < 80n; i++) {
        await env.payOperator(toNano('7'));
        await entry(nextRound + i, 0n, 1n, least);
        if (nextRound + i === dearest) {
            await env.operator.sendSetCommission(owner, { bps: 1500n });
            for (let cut = 1n; cut <= 16n; cut++) {
                await env.operator.sendSetCommission(owner, { bps: 900n - cut });
            }
            env.advance(8n * 86_400n);
        }
        const totals = (5n << 160n) | (3n << 80n) | 7n;
        const body = beginCell()
            .store(
                operator.storeRoundTotals({
                    $$type: 'RoundTotals',
                    queryId: 0n,
                    epoch: nextRound + i,
                    attempt: false,
                    free: false,
                    epochStart: nextRound + i === dearest ? 1n : BigInt(env.now),
                    totals,
                    totalsFrequent: totals,
                    responseTo: env.roles.keeper.address,
                }),
            )
            .endCell();
        await see(env.impersonate(env.registry.address, env.distribution.address, toNano('1'), body));
    }

    // Two rounds on both sides of a border of blocks, in both halves of the ring.
    const border = ((nextRound + 49n) / 32n) * 32n;
    await see(env.poke('bob', { upTo: border - 2n, value: toNano('3') }));
    await see(env.poke('bob', { upTo: border }));

    // The dearest entry of metrics: a block of metrics after the other with a full history, a minimum to earn, a GPU score
    // that only the announced ceiling allows; with and without a claim.
    for (const gpuCeiling of [10, 100]) {
        await env.registry.sendSetGpuCeiling(owner, { participant: await env.address('bob'), gpuCeiling });
    }
    env.advance(operator.EXIT_DELAY);
    for (let block = 100n; block < 111n; block++) {
        await env.payVault('bob', toNano('1'));
        await entry(block * 8n, 1n, 50n, block === 110n ? toNano('1') : toNano('0.03'));
    }
}
