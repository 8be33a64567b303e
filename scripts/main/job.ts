/**
 * The life of a pool on an embedded chain. What happened is read from the chain (getters, events, messages that arrived);
 * what should have happened is computed from the input files with wrappers/pool/economics; both must agree to the nano.
 */
import { Address, beginCell, OpenedContract, storeStateInit, toNano, Transaction } from '@ton/core';

import { CocoonSystem } from '../../tests/support/cocoon';
import { CocoonOp } from '../../wrappers/cocoon';
import {
    batches,
    COMMISSION_MAX,
    dueEpochs,
    EXIT_DELAY,
    explain,
    fixRound,
    FixedRound,
    INCOME_DONATION,
    INCOME_REWARD,
    MetricsRow,
    ParticipantRegistry,
    ParticipantVault,
    payout,
    poolEvents,
    PoolOperator,
    RewardDistribution,
    scoreOf,
    bucketOf,
    totalsOf,
    unpackTotals,
    VAULT_ACTIVE,
    VAULT_LEFT,
} from '../../wrappers/pool';
import { percent, time } from '../lib/format';
import { Checks } from './checks';
import { Desk, JobError, operationOf } from './desk';
import { amount } from './figures';
import { EpochInput, JobInput, Member, MemberMetrics, MIDDLE, secondsBeforeExit } from './input';
import { ExitReport, JobReport, ParticipantReport, RaiseReport, RoundReport, RoundRow } from './result';
import { Earning, rewardRounds, statementOf } from './statement';

export type Log = (line: string) => void;

/** Wallets that are not participants, named so that no participant can have them. */
const OWNER = 'pool-owner';
const REPORTER = 'pool-reporter';
const GUARDIAN = 'pool-guardian';
const ARBITER = 'pool-arbiter';
const RECOVERY = 'pool-recovery';
const PAYOUT = 'pool-commission';
const KEEPER = 'pool-keeper';
const COCOON_OWNER = 'cocoon-owner';
const COCOON_NODE = 'cocoon-node';
const STAFF = [OWNER, REPORTER, GUARDIAN, ARBITER, RECOVERY, PAYOUT, KEEPER, COCOON_OWNER, COCOON_NODE];

const OPERATOR_STAKE = toNano('100');
const RAISE_BPS = 200;
/** Part of an epoch after which Cocoon pays: later than the close of the epoch before (report window: a quarter). */
const PAYDAY = 0.375;

type Vault = OpenedContract<ParticipantVault>;

/** What Cocoon paid a vault, as it arrived. */
type Payment = { tx: Transaction; from: Address; value: bigint };

export class MainJob {
    private readonly checks = new Checks();
    private readonly vaults = new Map<string, Vault>();
    private readonly tokens = new Map<string, bigint>();
    private readonly rounds: RoundReport[] = [];
    private readonly exits: ExitReport[] = [];
    /** Rounds as the model has them: figures, and the rows they come from. */
    private readonly models = new Map<number, { fixed: FixedRound; rows: Map<string, MetricsRow> }>();
    /** The model's reserve, and what it carries from rounds without scores. */
    private reserve = 0n;
    private carried = { rewards: 0n, donations: 0n };
    /** Transactions that previous rounds have looked at. */
    private seen = 0;

    private operator!: OpenedContract<PoolOperator>;
    private registry!: OpenedContract<ParticipantRegistry>;
    private distribution!: OpenedContract<RewardDistribution>;
    private cocoon!: CocoonSystem;
    private raise: RaiseReport | null = null;

    constructor(
        private readonly desk: Desk,
        private readonly input: JobInput,
        private readonly log: Log,
    ) {}

    async run(): Promise<JobReport> {
        const { desk, input } = this;
        for (const name of [...STAFF, ...input.fleet.map((m) => m.name)]) {
            await desk.hire(name);
        }
        // One wallet's funds may not do for what Cocoon pays.
        const wages = input.fleet.reduce((sum, m) => m.cocoon.reduce((s, v) => s + v, sum), 0n);
        await desk.chain.faucet(desk.address(COCOON_OWNER), wages * 2n + toNano('1000'));
        const supply = await desk.supply();
        const balances = new Map<string, bigint>();
        for (const { name } of input.fleet) {
            balances.set(name, await desk.balance(desk.address(name)));
        }
        const firstLt = desk.chain.lt;

        await this.deployCocoon(wages * 2n + toNano('100'));
        await this.deployPool();
        await this.register();
        await this.joiningEpoch();
        for (const [i, epoch] of input.epochs.entries()) {
            await this.epoch(i + 1, epoch, (m) => m.cocoon[i], false);
        }
        await this.demonstrate();
        while (desk.nextAppointment !== undefined) {
            await desk.until(desk.nextAppointment);
        }
        await this.checkEnd();

        const participants: ParticipantReport[] = [];
        const payments = this.payments(0, desk.transactions.length);
        for (const { name } of input.fleet) {
            const payouts = payments.get(name) ?? [];
            participants.push(await this.statement(this.member(name), payouts, balances.get(name)!, firstLt));
        }
        const fees = [...desk.fees].map(([phase, sums]) => ({ phase, ...sums }));
        const feesTotal = fees.reduce((sum, f) => sum + f.fees, 0n);
        this.checks.equal('fees = what the chain has less than before', feesTotal, supply - (await desk.supply()));
        return {
            pool: {
                operator: this.operator.address.toString(),
                registry: this.registry.address.toString(),
                distribution: this.distribution.address.toString(),
            },
            epochSeconds: input.epochSeconds,
            rounds: this.rounds,
            raise: this.raise,
            exits: this.exits,
            participants,
            fees,
            feesTotal,
            checks: this.checks.count,
            differences: this.checks.differences,
        };
    }

    // ------------------------------------------------------------------ set-up

    private async deployCocoon(funds: bigint): Promise<void> {
        const { desk } = this;
        desk.phase = 'cocoon';
        const owner = desk.address(COCOON_OWNER);
        this.cocoon = await CocoonSystem.create({ rootOwner: owner, proxyOwner: owner });
        await desk.send(COCOON_OWNER, this.cocoon.deployRoot());
        await desk.send(COCOON_OWNER, this.cocoon.deployProxy(funds));
        this.progress(`Cocoon double: proxy ${this.cocoon.proxy.toString()} holds ${amount(funds)} TON`);
    }

    private async deployPool(): Promise<void> {
        const { desk, input } = this;
        desk.phase = 'deploy';
        this.operator = desk.open(
            await PoolOperator.createFromConfig({
                owner: desk.address(OWNER),
                reporter: desk.address(REPORTER),
                guardian: desk.address(GUARDIAN),
                arbiter: desk.address(ARBITER),
                recovery: desk.address(RECOVERY),
                payout: desk.address(PAYOUT),
                commissionBps: input.commissionBps,
                epochSeconds: input.epochSeconds,
                // By approval: everybody gets the GPU ceiling that the fleet file gives him.
                open: false,
            }),
        );
        await this.operator.sendDeployPool(desk.as(OWNER));
        const { registry, distribution } = await this.operator.getPoolData();
        this.registry = desk.open(ParticipantRegistry.createFromAddress(registry));
        this.distribution = desk.open(RewardDistribution.createFromAddress(distribution));
        await this.operator.sendTopUpStake(desk.as(OWNER), { amount: OPERATOR_STAKE });
        await this.operator.sendAddProxy(desk.as(OWNER), { proxy: this.cocoon.proxy });
        await this.operator.sendSetActive(desk.as(OWNER), { active: true });
        const pool = await this.operator.getPoolData();
        this.checks.yes('the pool is active', pool.active);
        this.checks.equal('stake of the operator', pool.stake, OPERATOR_STAKE);
        this.progress(`pool ${this.operator.address.toString()}: active, commission ${percent(input.commissionBps)}`);
    }

    private async register(): Promise<void> {
        const { desk, input } = this;
        desk.phase = 'registrations';
        let stakes = 0n;
        for (const member of input.fleet) {
            const participant = desk.address(member.name);
            await this.registry.sendRegister(desk.as(member.name), { stake: member.stake });
            await this.registry.sendApprove(desk.as(OWNER), { participant, gpuCeiling: member.gpuScore });
            const vault = desk.open(
                ParticipantVault.createFromAddress(await this.registry.getVaultAddress(participant)),
            );
            this.vaults.set(member.name, vault);
            // His machines name the vault as their owner; one worker contract stands for all of them at a proxy.
            await vault.sendRegisterWorker(desk.as(member.name), {
                worker: this.cocoon.worker(vault.address),
                init: beginCell()
                    .store(storeStateInit(this.cocoon.workerInit(vault.address)))
                    .endCell(),
            });
            const data = await vault.getVaultData();
            this.checks.equal(`status of ${member.name}`, data.status, VAULT_ACTIVE);
            this.checks.equal(`stake of ${member.name}`, data.stake, member.stake);
            this.checks.equal(`GPU ceiling of ${member.name}`, data.gpuCeiling, member.gpuScore);
            stakes += member.stake;
        }
        const { active, stakeTotal } = await this.registry.getRegistryData();
        this.checks.equal('active vaults', active, input.fleet.length);
        this.checks.equal('stakes', stakeTotal, stakes);
        this.progress(`${active} participants registered, stakes ${amount(stakeTotal)} TON`);
    }

    /**
     * Epoch 0 is the one in which everybody joins: nobody could have run for all of it. It is reported with zero
     * seconds (an unreported one would cost the operator a fine), pays nothing and carries everything.
     */
    private async joiningEpoch(): Promise<void> {
        const rows = this.input.fleet
            .filter((m) => m.behaviour !== 'silent')
            .map((m) => ({ name: m.name, seconds: 0, gpu: m.gpuScore, uptimeBps: 0, outages: 0 }));
        const { epoch } = await this.registry.getEpochData();
        this.checks.equal('first epoch', epoch, 0);
        await this.reportAndClose(0, rows);
        const { known } = await this.distribution.getRound(0);
        this.checks.yes('the round of the joining epoch pays nothing', !known);
        this.seen = this.desk.transactions.length;
        this.progress('epoch 0: everybody has joined; reported with zero seconds, no round');
    }

    // ------------------------------------------------------------------ an epoch

    private async epoch(
        round: number,
        epoch: EpochInput,
        wage: (m: Member) => bigint,
        demonstration: boolean,
    ): Promise<void> {
        const { desk, input } = this;
        const start = Number(await this.registry.getEpochStart(round));
        await desk.until(start + Math.floor(input.epochSeconds * PAYDAY));
        await this.payVaults(round, wage);
        await desk.until(start + Math.floor(input.epochSeconds * MIDDLE));
        if (round === 1) {
            await this.announceRaise();
            await this.requestExits();
        }
        const close = await this.reportAndClose(round, epoch.rows);
        await this.claims(round);
        await this.report(round, epoch.file, demonstration, start, close);
    }

    private async payVaults(round: number, wage: (m: Member) => bigint): Promise<void> {
        const { desk } = this;
        desk.phase = 'payouts';
        let paid = 0n;
        let count = 0;
        for (const member of this.input.fleet) {
            const value = wage(member);
            if (value === 0n) {
                continue;
            }
            const vault = this.vault(member.name);
            const before = await vault.getVaultData();
            const from = desk.transactions.length;
            const tokens = (this.tokens.get(member.name) ?? 0n) + this.cocoon.tokensFor(value);
            this.tokens.set(member.name, tokens);
            await desk.send(
                COCOON_NODE,
                this.cocoon.payout({ owner: vault.address, tokens, sendExcessesTo: desk.address(COCOON_NODE) }),
            );
            const arrived = (this.payments(from, desk.transactions.length).get(member.name) ?? []).map((p) => p.value);
            this.checks.equal(
                `epoch ${round}: Cocoon's payout to ${member.name}`,
                arrived.reduce((sum, v) => sum + v, 0n),
                value,
            );
            // What comes after he has left is his own: the vault passes it on and does not count it.
            if (before.status !== VAULT_LEFT) {
                const { earned } = await vault.getVaultData();
                this.checks.equal(
                    `epoch ${round}: what the vault of ${member.name} counts`,
                    earned - before.earned,
                    value,
                );
            }
            paid += value;
            count += 1;
        }
        const { rewards } = await this.distribution.getDistributionData();
        this.progress(
            `epoch ${round}: Cocoon paid ${amount(paid)} TON to ${count} vaults; rewards in the pool ${amount(rewards)}`,
        );
    }

    private async announceRaise(): Promise<void> {
        const { desk } = this;
        const fromBps = Number((await this.distribution.getDistributionData()).commissionBps);
        const toBps = Math.min(Number(COMMISSION_MAX), fromBps + RAISE_BPS);
        if (toBps === fromBps) {
            this.progress(`the commission is at its limit of ${percent(fromBps)}: no raise to announce`);
            return;
        }
        desk.phase = 'announcements';
        const from = desk.transactions.length;
        await this.operator.sendSetCommission(desk.as(OWNER), { bps: toBps });
        const [event] = poolEvents(desk.transactions.slice(from), 'CommissionScheduled');
        const { pendingBps, pendingAt } = await this.distribution.getSchedule();
        this.checks.equal('the raise that is announced', pendingBps, toBps);
        this.checks.equal('when the raise applies, by event and by getter', event?.at ?? 0n, pendingAt);
        const firstEpoch = Number(await this.registry.getFirstEpoch(pendingAt));
        const firstEpochStart = Number(await this.registry.getEpochStart(firstEpoch));
        this.checks.equal('notice of the raise', pendingAt - BigInt(event?.now ?? 0), EXIT_DELAY);
        this.checks.yes('the first epoch of the raise begins when it applies', firstEpochStart >= pendingAt);
        this.checks.yes(
            'the epoch before that began earlier',
            (await this.registry.getEpochStart(firstEpoch - 1)) < pendingAt,
        );
        this.raise = {
            fromBps,
            toBps,
            announcedAt: event?.now ?? 0,
            appliesAt: Number(pendingAt),
            firstEpoch,
            firstEpochStart,
        };
        this.progress(
            `commission ${percent(fromBps)} -> ${percent(toBps)} announced ${time(this.raise.announcedAt)}, ` +
                `from ${time(pendingAt)}; first round at the new rate: ${firstEpoch}`,
        );
    }

    private async requestExits(): Promise<void> {
        const { desk } = this;
        for (const { name, stake } of this.input.fleet.filter((m) => m.behaviour === 'leaves')) {
            desk.phase = 'exits';
            const vault = this.vault(name);
            const requestedAt = desk.now;
            await vault.sendRequestExit(desk.as(name));
            const { exitAt } = await vault.getVaultData();
            this.progress(`${name} asks to leave; his exit completes ${time(exitAt)}`);
            desk.at(Number(exitAt), async () => {
                desk.phase = 'exits';
                const from = desk.transactions.length;
                await vault.sendCompleteExit(desk.as(name));
                const data = await vault.getVaultData();
                this.checks.equal(`${name} has left`, data.status, VAULT_LEFT);
                const returned = this.arrivals(from)
                    .filter((a) => a.to.equals(desk.address(name)) && a.operation === 'StakeReturned')
                    .reduce((sum, a) => sum + a.value, 0n);
                this.checks.yes(`${name} has his stake back`, returned >= stake);
                const completedAt = Number(data.completedAt);
                this.exits.push({ name, requestedAt, completedAt, stake, returned, paidAfterwards: [] });
                this.progress(`${name} has left at ${time(completedAt)}: ${amount(returned)} TON came back`);
            });
        }
    }

    private async reportAndClose(epoch: number, metrics: MemberMetrics[]) {
        const { desk } = this;
        await desk.until((await this.registry.getEpochData()).end);
        desk.phase = 'reports';
        const rows: MetricsRow[] = metrics.map(({ name, ...row }) => ({ ...row, participant: desk.address(name) }));
        const from = desk.transactions.length;
        for (const batch of batches(rows)) {
            await this.registry.sendReportMetrics(desk.as(REPORTER), { epoch, rows: batch });
        }
        const open = await this.registry.getEpochData();
        this.checks.equal(`epoch ${epoch}: rows accepted`, open.accepted, rows.length);
        this.checks.equal(
            `epoch ${epoch}: rows refused`,
            poolEvents(desk.transactions.slice(from), 'MetricsRefused').length,
            0,
        );
        // Only when nobody is missing: otherwise the report window has to run out. Who left during the epoch has worked
        // in it, and has to be reported like everybody who is still there.
        const missing: string[] = [];
        for (const [name, vault] of this.vaults) {
            const { status, completedAt } = await vault.getVaultData();
            const there = status !== VAULT_LEFT || completedAt >= open.start;
            if (there && !metrics.some((row) => row.name === name)) {
                missing.push(name);
            }
        }
        const sealed = missing.length === 0;
        if (sealed) {
            await this.registry.sendSeal(desk.as(REPORTER), { epoch });
        }
        const { dueAt } = await this.registry.getEpochData();
        await desk.until(dueAt);

        desk.phase = 'close';
        const before = await this.distribution.getDistributionData();
        const mark = desk.transactions.length;
        await this.distribution.sendStartRound(desk.as(KEEPER));
        const after = await this.distribution.getDistributionData();
        const [closed] = poolEvents(desk.transactions.slice(mark), 'EpochClosed');
        const [fixed] = poolEvents(desk.transactions.slice(mark), 'RoundFixed');
        if (closed === undefined || fixed === undefined) {
            throw new JobError(`epoch ${epoch} did not close`);
        }
        this.checks.equal(`epoch ${epoch}: round that was fixed`, fixed.round, epoch);
        this.checks.yes(`epoch ${epoch}: counts as reported`, closed.reported);
        const expected = totalsOf(rows, this.input.epochSeconds);
        unpackTotals(closed.totals, closed.totalsFrequent).forEach((total, bucket) =>
            this.checks.equal(`epoch ${epoch}: total score of bucket ${bucket}`, total, expected[bucket]),
        );
        return { rows, missing, sealed, before, after, closed, fixed, end: Number(open.end), mark };
    }

    /** Everybody is paid by one message of the keeper; those who leave claim themselves. */
    private async claims(round: number): Promise<void> {
        const { desk } = this;
        desk.phase = 'claims';
        const due: Address[] = [];
        const alone: string[] = [];
        for (const { name, behaviour } of this.input.fleet) {
            if (!dueEpochs(await this.vault(name).getVaultData()).includes(BigInt(round))) {
                continue;
            }
            if (behaviour === 'leaves') {
                alone.push(name);
            } else {
                due.push(desk.address(name));
            }
        }
        for (const participants of batches(due)) {
            await this.distribution.sendPokeMany(desk.as(KEEPER), { participants });
        }
        for (const name of alone) {
            await this.vault(name).sendPoke(desk.as(name));
            this.exits.find((e) => e.name === name)?.paidAfterwards.push(round);
        }
        const { unpaid } = await this.distribution.getRound(round);
        this.progress(
            `round ${round}: ${due.length} paid by the keeper, ${alone.length} claimed alone; ${unpaid} nano left`,
        );
    }

    /** A last round at the new rate, if the raise would otherwise bite where nobody sees it. */
    private async demonstrate(): Promise<void> {
        const { epochs, epochSeconds } = this.input;
        const round = epochs.length + 1;
        if (this.raise?.firstEpoch !== round) {
            return;
        }
        const last = epochs[epochs.length - 1];
        const rows = last.rows
            .map((row) => {
                const leaves = this.member(row.name).behaviour === 'leaves';
                const limit = leaves ? secondsBeforeExit(round, epochSeconds) : epochSeconds;
                return { ...row, seconds: Math.min(row.seconds, limit), gone: limit === 0 };
            })
            .filter((row) => !row.gone)
            .map(({ gone: _, ...row }) => row);
        const gone = (m: Member) => m.behaviour === 'leaves' && secondsBeforeExit(round, epochSeconds) === 0;
        await this.epoch(round, { file: last.file, rows }, (m) => (gone(m) ? 0n : m.cocoon[epochs.length - 1]), true);
    }

    // ------------------------------------------------------------------ figures

    private async report(
        round: number,
        source: string,
        demonstration: boolean,
        epochStart: number,
        close: Awaited<ReturnType<MainJob['reportAndClose']>>,
    ): Promise<void> {
        const { checks, desk, input } = this;
        const { before, fixed, rows: metrics } = close;
        const what = (name: string) => `round ${round}: ${name}`;

        // The model: from the files, the events of what came in, and the model's own last round.
        const income = poolEvents(desk.transactions.slice(this.seen, close.mark), 'IncomeBooked');
        const sumOf = (kind: bigint) => income.filter((e) => e.kind === kind).reduce((sum, e) => sum + e.amount, 0n);
        const rewards = this.carried.rewards + sumOf(INCOME_REWARD);
        const donations = this.carried.donations + sumOf(INCOME_DONATION);
        const toReserve = income
            .filter((e) => e.kind !== INCOME_REWARD && e.kind !== INCOME_DONATION)
            .reduce((sum, e) => sum + e.amount, 0n);
        const raised = this.raise !== null && round >= this.raise.firstEpoch;
        const model = fixRound({
            rewards,
            donations,
            reserve: this.reserve + toReserve,
            commissionBps: raised ? this.raise!.toBps : input.commissionBps,
            totals: totalsOf(metrics, input.epochSeconds),
        });
        const onChain = await this.distribution.getRound(round);
        checks.equal(what('rewards before'), before.rewards, rewards);
        checks.equal(what('donations before'), before.donations, donations);
        checks.equal(what('reserve before'), before.reserve, this.reserve + toReserve);
        checks.equal(what('rewards in the round'), fixed.rewards, rewards - model.carriedRewards);
        checks.equal(what('donations in the round'), fixed.donations, donations - model.carriedDonations);
        checks.equal(what('pot'), fixed.pot, model.pot);
        checks.equal(what('commission rate'), fixed.commissionBps, model.commissionBps);
        checks.equal(what('commission'), fixed.commission, model.commission);
        checks.equal(what('factor'), fixed.factor, model.factor);
        checks.equal(what('allocated'), fixed.allocated, model.allocated);
        checks.equal(what('reserve after'), fixed.reserve, model.reserve);
        checks.equal(what('reserve after, by getter'), close.after.reserve, model.reserve);
        checks.equal(what('allocated, by getter'), onChain.allocated, model.allocated);
        checks.equal(what('total score'), onChain.total, model.total);
        // Conservation, from chain figures alone.
        checks.equal(
            what('R + D + V = commission + allocated + reserve after'),
            before.rewards + before.donations + before.reserve,
            fixed.commission + fixed.allocated + fixed.reserve + model.carriedRewards + model.carriedDonations,
        );
        const commissionPaid = this.arrivals(close.mark)
            .filter((a) => a.operation === 'CommissionPaid' && a.to.equals(desk.address(PAYOUT)))
            .reduce((sum, a) => sum + a.value, 0n);
        checks.equal(what("commission in the operator's wallet"), commissionPaid, model.commission);
        this.reserve = model.reserve;
        this.carried = { rewards: model.carriedRewards, donations: model.carriedDonations };
        this.models.set(round, {
            fixed: model,
            rows: new Map(metrics.map((row) => [row.participant.toString(), row])),
        });

        const rows: RoundRow[] = [];
        const payments = this.payments(this.seen, close.mark);
        for (const member of input.fleet) {
            const participant = desk.address(member.name);
            const metric = metrics.find((row) => row.participant.equals(participant));
            rows.push({
                name: member.name,
                behaviour: member.behaviour,
                earned: (payments.get(member.name) ?? []).reduce((sum, p) => sum + p.value, 0n),
                booked: income
                    .filter((e) => e.kind === INCOME_REWARD && e.participant?.equals(participant))
                    .reduce((sum, e) => sum + e.amount, 0n),
                reported: metric !== undefined,
                ...(await this.share(round, member.name, metric, close.mark)),
            });
        }
        this.seen = close.mark;

        const sum = (key: keyof RoundReport['sums']) => rows.reduce((total, row) => total + row[key], 0n);
        const sums: RoundReport['sums'] = {
            earned: sum('earned'),
            booked: sum('booked'),
            score: sum('score'),
            base: sum('base'),
            bonus: sum('bonus'),
            penalty: sum('penalty'),
            commission: sum('commission'),
            paid: sum('paid'),
        };
        const data = await this.distribution.getDistributionData();
        const unpaid = (await this.distribution.getRound(round)).unpaid;
        checks.equal(what('rewards = what the vaults forwarded'), sumOf(INCOME_REWARD), sums.booked);
        checks.equal(what('sum of the scores'), sums.score, onChain.total);
        checks.equal(what('allocated = paid + left over'), onChain.allocated, sums.paid + unpaid);
        const paidTotal = this.rounds.reduce((total, r) => total + r.sums.paid, sums.paid);
        checks.equal(what('paid in all rounds'), data.paidTotal, paidTotal);
        checks.equal(
            what('what the distribution owes'),
            data.unpaid,
            this.rounds.reduce((total, r) => total + r.unpaid, unpaid),
        );
        const solvency = {
            operator: await this.operator.getSolvency(),
            registry: await this.registry.getSolvency(),
            distribution: data.solvency,
            lowestVault: await this.lowestVault(what('')),
        };
        for (const [name, amount] of Object.entries(solvency)) {
            checks.notNegative(what(`solvency of ${name}`), amount);
        }
        this.rounds.push({
            round,
            source,
            demonstration,
            epochStart,
            epochEnd: close.end,
            fixedAt: fixed.now,
            accepted: Number(close.closed.accepted),
            activeAtEnd: Number(close.closed.active),
            sealed: close.sealed,
            missing: close.missing,
            commissionBps: Number(fixed.commissionBps),
            factor: fixed.factor,
            totalScore: onChain.total,
            rows,
            sums,
            before: { rewards: before.rewards, donations: before.donations, reserve: before.reserve },
            pot: fixed.pot,
            commission: fixed.commission,
            allocated: fixed.allocated,
            reserveAfter: fixed.reserve,
            unpaid,
            paidTotal: data.paidTotal,
            solvency,
        });
    }

    /** A participant's part of a round: from his vault, from get_explain, and from what arrived in his wallet. */
    private async share(round: number, name: string, metric: MetricsRow | undefined, from: number) {
        const { checks } = this;
        const what = (part: string) => `round ${round}: ${part} of ${name}`;
        const { fixed } = this.models.get(round)!;
        const entry = await this.vault(name).getEpoch(round);
        checks.yes(what('entry'), entry.present === (metric !== undefined));
        const paid = this.rewards(name, from)
            .filter((reward) => reward.rounds.includes(round))
            .reduce((sum, reward) => sum + reward.value, 0n);
        if (metric === undefined) {
            checks.equal(what('payment'), paid, 0n);
            return { score: 0n, bucket: null, base: 0n, bonus: 0n, penalty: 0n, commission: 0n, paid };
        }
        const score = scoreOf(metric);
        const bucket = bucketOf(metric, this.input.epochSeconds);
        checks.equal(what('score'), entry.score, score);
        checks.equal(what('bucket'), entry.bucket, bucket);
        const expected = explain(score, bucket, fixed);
        const part = await this.distribution.getExplain(round, entry.score, entry.bucket);
        checks.equal(what('base'), part.base, expected.base);
        checks.equal(what('bonus'), part.bonus, expected.bonus);
        checks.equal(what('penalty'), part.penalty, expected.penalty);
        checks.equal(what('commission'), part.commission, expected.commission);
        checks.equal(what('amount'), part.amount, payout(score, bucket, fixed));
        checks.equal(what('payment'), paid, payout(score, bucket, fixed));
        return {
            score: entry.score,
            bucket: Number(entry.bucket),
            base: part.base,
            bonus: part.bonus,
            penalty: part.penalty,
            commission: part.commission,
            paid,
        };
    }

    private async lowestVault(what: string): Promise<bigint> {
        let lowest: bigint | undefined;
        for (const [name, vault] of this.vaults) {
            const solvency = await vault.getSolvency();
            this.checks.notNegative(`${what}solvency of the vault of ${name}`, solvency);
            lowest = lowest === undefined || solvency < lowest ? solvency : lowest;
        }
        return lowest ?? 0n;
    }

    private async checkEnd(): Promise<void> {
        const { checks, desk } = this;
        const data = await this.distribution.getDistributionData();
        const received = this.input.fleet.reduce(
            (sum, { name }) => this.rewards(name, 0).reduce((s, reward) => s + reward.value, sum),
            0n,
        );
        checks.equal('paidTotal = what arrived in the wallets', data.paidTotal, received);
        const claims = poolEvents(desk.transactions, 'ClaimPaid').reduce((sum, e) => sum + e.amount, 0n);
        checks.equal('paidTotal = events of claims', data.paidTotal, claims);
        checks.notNegative('solvency of operator at the end', await this.operator.getSolvency());
        checks.notNegative('solvency of registry at the end', await this.registry.getSolvency());
        checks.notNegative('solvency of distribution at the end', data.solvency);
        await this.lowestVault('at the end: ');
        const leaving = this.input.fleet.filter((m) => m.behaviour === 'leaves').length;
        checks.equal('exits completed', this.exits.length, leaving);
        checks.equal(
            'vaults active at the end',
            (await this.registry.getRegistryData()).active,
            this.vaults.size - leaving,
        );
    }

    private async statement(
        member: Member,
        payouts: Payment[],
        balanceBefore: bigint,
        firstLt: bigint,
    ): Promise<ParticipantReport> {
        const { desk } = this;
        const { name } = member;
        const wallet = desk.address(name);
        const vault = this.vault(name);
        const data = await vault.getVaultData();
        const transactions = desk.chain
            .transactions(wallet, Number.MAX_SAFE_INTEGER)
            .filter((tx) => tx.lt > firstLt)
            .reverse();
        const statement = await statementOf({
            wallet,
            transactions,
            payouts,
            earning: async (round): Promise<Earning> => {
                const { score, bucket } = await vault.getEpoch(round);
                const { amount, commission } = await this.distribution.getExplain(round, score, bucket);
                return { amount, commission, score, totalScore: (await this.distribution.getRound(round)).total };
            },
        });
        const balanceAfter = await desk.balance(wallet);
        this.checks.equal(
            `statement of ${name} = change of his balance`,
            balanceAfter - balanceBefore,
            statement.reduce((sum, row) => sum + row.amount, 0n),
        );
        const paid = this.rewards(name, 0).reduce((sum, reward) => sum + reward.value, 0n);
        return {
            name,
            behaviour: member.behaviour,
            wallet: wallet.toString(),
            vault: vault.address.toString(),
            status: Number(data.status),
            earned: data.earned,
            paid,
            balanceBefore,
            balanceAfter,
            statement,
        };
    }

    // ------------------------------------------------------------------ reading transactions

    /** Internal messages that were received, from a position in the record on. */
    private arrivals(from: number, to = this.desk.transactions.length) {
        const found: { tx: Transaction; from: Address; to: Address; value: bigint; operation: string | undefined }[] =
            [];
        for (const tx of this.desk.transactions.slice(from, to)) {
            const message = tx.inMessage;
            if (message?.info.type === 'internal') {
                const { src, dest, value } = message.info;
                found.push({ tx, from: src, to: dest, value: value.coins, operation: operationOf(message) });
            }
        }
        return found;
    }

    /** Rewards that arrived in somebody's wallet. */
    private rewards(name: string, from: number): { rounds: number[]; value: bigint }[] {
        const wallet = this.desk.address(name);
        return this.arrivals(from)
            .filter(
                (a) => a.operation === 'RewardPaid' && a.to.equals(wallet) && a.from.equals(this.distribution.address),
            )
            .map((a) => ({ rounds: rewardRounds(a.tx.inMessage!) ?? [], value: a.value }));
    }

    /** What Cocoon's proxy paid to the vaults. */
    private payments(from: number, to: number): Map<string, Payment[]> {
        const owners = new Map([...this.vaults].map(([name, vault]) => [vault.address.toString(), name]));
        const found = new Map<string, Payment[]>();
        for (const { tx, from: src, to: dest, value } of this.arrivals(from, to)) {
            const name = owners.get(dest.toString());
            const body = tx.inMessage!.body.beginParse();
            if (
                name !== undefined &&
                src.equals(this.cocoon.proxy) &&
                body.remainingBits >= 32 &&
                body.preloadUint(32) === CocoonOp.payout
            ) {
                found.set(name, [...(found.get(name) ?? []), { tx, from: src, value }]);
            }
        }
        return found;
    }

    // ------------------------------------------------------------------

    private vault(name: string): Vault {
        return this.vaults.get(name)!;
    }

    private member(name: string): Member {
        return this.input.fleet.find((m) => m.name === name)!;
    }

    private progress(line: string): void {
        this.log(`${time(this.desk.now)}  ${line}`);
    }
}
