/** Two flows at once, in every order in which the chain may deliver their messages, beside the model of the pool. */
import { beginCell, Cell, toNano } from '@ton/core';

import {
    ParticipantRegistry as Registry,
    ParticipantVault as Vault,
    PoolOperator as Operator,
    EXIT_DELAY,
    MISSED_LIMIT,
} from '../../wrappers/pool';
import { CocoonOp } from '../../wrappers/cocoon';
import { underCoverage } from '../support/coverage';
import { Driver } from '../support/pool/model/driver';
import { inEveryOrder } from '../support/pool/model/orders';
import { Send, Simulation } from '../support/pool/model/simulation';
import { parse, raw } from '../support/pool/model/types';
import { PoolEnvironment, Role } from '../support/pool/environment';
import { Random } from '../support/random';

const WEEK = 604_800;
/** More than any step costs; what is not used comes back. */
const PLENTY = toNano('1');
const payout = beginCell().storeUint(CocoonOp.payout, 32).storeUint(0, 64).endCell();

let env: PoolEnvironment;
let sim: Simulation;
let driver: Driver;
let ann: string;
let start: () => Promise<void>;

/** From a role, or from Ann. */
function from(who: Role | 'ann'): string {
    return who === 'ann' ? ann : raw(env.roles[who].address);
}

const message = (who: Role | 'ann', to: string, body: Cell, value = PLENTY): Send => ({
    from: from(who),
    to,
    value,
    body,
    bounce: true,
});
const toVault = (who: Role | 'ann', body: Cell, value?: bigint) => message(who, sim.vaultOf(ann), body, value);
const toRegistry = (who: Role | 'ann', body: Cell, value?: bigint) =>
    message(who, raw(env.registry.address), body, value);
const toOperator = (who: Role | 'ann', body: Cell, value?: bigint) =>
    message(who, raw(env.operator.address), body, value);

/** One after the other, as they come. */
async function play(...sends: Send[]): Promise<void> {
    for (const send of sends) {
        sim.send(send);
        while (sim.flights.length > 0) {
            await sim.deliver(0);
        }
    }
}

const vault = () => sim.vault(ann)!.s;
const stake = toNano('20');
const register = () => toRegistry('ann', Registry.registerBody({ stake }), stake + PLENTY);
const participant = () => parse(ann);

async function metrics(gpu = 10) {
    return [await env.row({ who: 'ann', gpu })];
}

/** To the first second at which the open epoch can be closed, and closes it. */
async function closeEpoch(): Promise<void> {
    env.advanceTo(Math.max(env.now, sim.registry.dueAt));
    await play(toRegistry('keeper', Registry.closeEpochBody()));
}

beforeAll(async () => {
    env = await PoolEnvironment.create({ epochSeconds: WEEK });
    sim = await Simulation.create(env, ['ann']);
    ann = raw(await env.address('ann'));
    driver = new Driver(sim, new Random(1), { next: () => ({ label: 'nothing', sends: [] }) });
    start = sim.checkpoint();
});

beforeEach(() => start());

(underCoverage ? describe.skip : describe)('in every order', () => {
    it('stake is added before a pause or comes back after it', async () => {
        await play(register());
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toVault('ann', Vault.addStakeBody({ amount: toNano('5') }), toNano('6')),
                toOperator('guardian', Operator.pauseBody()),
            ],
            () => `stake ${vault().stake}`,
        );
        expect([...ended.keys()].sort()).toEqual([`stake ${toNano('20')}`, `stake ${toNano('25')}`]);
    });

    it('stake that is added meets an exit: it counts or comes back', async () => {
        await play(register(), toVault('ann', Vault.requestExitBody()), toVault('ann', Vault.cancelExitBody()));
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toVault('ann', Vault.addStakeBody({ amount: toNano('5') }), toNano('6')),
                toVault('ann', Vault.requestExitBody()),
            ],
            () => `${vault().status} ${vault().stake} in all ${sim.registry.s.stakeTotal}`,
        );
        expect([...ended.keys()]).toEqual([`exiting ${toNano('25')} in all ${toNano('25')}`]);
    });

    it('an exit completes before a slash is announced, or waits for it', async () => {
        await play(register(), toVault('ann', Vault.requestExitBody()));
        env.advance(EXIT_DELAY);
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toVault('keeper', Vault.completeExitBody()),
                toRegistry(
                    'owner',
                    Registry.announceSlashBody({ participant: participant(), amount: toNano('4'), reasonHash: 1n }),
                ),
            ],
            () => `${vault().status} ${vault().stake} slash ${vault().account!.slashAmount}`,
        );
        expect([...ended.keys()].sort()).toEqual([`exiting ${stake} slash ${toNano('4')}`, 'left 0 slash 0']);
    });

    it('a slash is executed or the exit is faster, and the registry counts the stake once', async () => {
        await play(
            register(),
            toRegistry(
                'owner',
                Registry.announceSlashBody({ participant: participant(), amount: toNano('4'), reasonHash: 1n }),
            ),
            toVault('ann', Vault.requestExitBody()),
        );
        const { slashedAt } = vault().account!;
        env.advanceTo(slashedAt + 2 * 86_400);
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toVault('keeper', Vault.executeSlashBody()),
                toVault('keeper', Vault.executeSlashBody()),
                toVault('keeper', Vault.completeExitBody()),
            ],
            () => `${vault().status} in all ${sim.registry.s.stakeTotal} reserve ${sim.distribution.s.reserve}`,
        );
        expect([...ended.keys()]).toEqual([`exiting in all ${toNano('16')} reserve ${toNano('4')}`]);
    });

    it('an early exit of an unmanaged pool meets a slash', async () => {
        await play(register());
        for (let i = 0n; i < MISSED_LIMIT; i++) {
            await closeEpoch();
        }
        expect(sim.registry.s.unmanaged).toBe(true);
        await play(toVault('ann', Vault.requestExitBody()));
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toVault('ann', Vault.completeExitBody()),
                toRegistry(
                    'owner',
                    Registry.announceSlashBody({ participant: participant(), amount: toNano('4'), reasonHash: 1n }),
                ),
            ],
            () => `${vault().status} slash ${vault().account!.slashAmount} active ${sim.registry.s.active}`,
        );
        expect([...ended.keys()].sort()).toEqual([`exiting slash ${toNano('4')} active 1`, 'left slash 0 active 0']);
    });

    it('an approval meets a withdrawal of the registration', async () => {
        const admission = Operator.setAdmissionBody({ open: false, gpuCeiling: 1 });
        await play(toOperator('owner', admission), register());
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toRegistry('owner', Registry.approveBody({ participant: participant(), gpuCeiling: 5 })),
                toVault('ann', Vault.cancelRegistrationBody()),
            ],
            () => `${vault().status} active ${sim.registry.s.active} pending ${sim.registry.s.pending}`,
        );
        expect([...ended.keys()].sort()).toEqual(['active active 1 pending 0', 'left active 0 pending 0']);
    });

    it.each([
        ['the owner', 'owner', Operator.withdrawOperatorStakeBody({ amount: toNano('60') }), toNano('40')],
        ['anybody, in an emergency,', 'keeper', Operator.emergencyWithdrawBody(), 0n],
    ] as const)('%s withdraws the stake or the pool becomes active, never both', async (_, who, body, left) => {
        await play(toOperator('owner', Operator.setActiveBody({ active: false })));
        await closeEpoch();
        const ended = await inEveryOrder(
            sim,
            driver,
            [toOperator(who, body), toOperator('owner', Operator.setActiveBody({ active: true }))],
            () => `active ${sim.operator.s.active} stake ${sim.operator.s.stake}`,
        );
        const both = [`active false stake ${left}`, `active true stake ${toNano('100')}`];
        expect([...ended.keys()].sort()).toEqual(both);
    });

    it('two withdrawals at once take no more than there is', async () => {
        await play(toOperator('owner', Operator.setActiveBody({ active: false })));
        await closeEpoch();
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toOperator('owner', Operator.withdrawOperatorStakeBody({ amount: toNano('60') })),
                toOperator('keeper', Operator.emergencyWithdrawBody()),
            ],
            () => `stake ${sim.operator.s.stake}`,
        );
        expect([...ended.keys()].sort()).toEqual(['stake 0', `stake ${toNano('40')}`]);
    });

    it('a claim meets the close of its round: it is paid or stays due', async () => {
        await play(register(), message('proxy', raw(env.operator.address), payout, toNano('7')));
        env.advanceTo(sim.registry.end);
        await play(toRegistry('reporter', Registry.reportMetricsBody({ epoch: 0, rows: await metrics() })));
        env.advanceTo(sim.registry.dueAt);
        const ended = await inEveryOrder(
            sim,
            driver,
            [toVault('keeper', Vault.pokeBody()), toRegistry('keeper', Registry.closeEpochBody())],
            () => `due ${vault().due.join()} unpaid ${sim.distribution.s.unpaid > 0n}`,
        );
        expect([...ended.keys()].sort()).toEqual(['due  unpaid false', 'due 0 unpaid true']);
    });

    it('a report meets a claim that bounces: no round is lost or paid twice', async () => {
        await play(register(), message('proxy', raw(env.operator.address), payout, toNano('7')));
        env.advanceTo(sim.registry.end);
        await play(toRegistry('reporter', Registry.reportMetricsBody({ epoch: 0, rows: await metrics() })));
        env.advanceTo(sim.registry.end + WEEK);
        const report = Registry.reportMetricsBody({ epoch: 1, rows: await metrics() });
        const ended = await inEveryOrder(
            sim,
            driver,
            [toVault('keeper', Vault.pokeBody()), toRegistry('reporter', report)],
            () => `due ${vault().due.join()} unpaid ${sim.distribution.s.unpaid > 0n}`,
        );
        // Round 0 is paid by the poke or by the report, or it is due beside epoch 1.
        expect([...ended.keys()].sort()).toEqual(['due 0,1 unpaid true', 'due 1 unpaid false']);
    });

    it('a void meets a refused entry: the totals of the second attempt are its own', async () => {
        await play(register());
        env.advanceTo(sim.registry.end);
        const refused = [await env.row({ who: 'stranger', gpu: 3 })];
        await play(toRegistry('reporter', Registry.reportMetricsBody({ epoch: 0, rows: await metrics() })));
        const ended = await inEveryOrder(
            sim,
            driver,
            [
                toRegistry('reporter', Registry.reportMetricsBody({ epoch: 0, rows: refused })),
                toRegistry('arbiter', Registry.voidEpochBody({ epoch: 0 })),
            ],
            () => {
                const { attempt, accepted, totals } = sim.registry.s.epoch;
                return `attempt ${attempt} accepted ${accepted} total ${totals.join()}`;
            },
        );
        expect([...ended.keys()]).toEqual(['attempt true accepted 0 total 0,0,0,0,0,0']);
    });

    it('two registrations of one person: the second is refused and the money comes back', async () => {
        const ended = await inEveryOrder(
            sim,
            driver,
            [register(), register()],
            () => `${vault().status} ${vault().stake} active ${sim.registry.s.active} ${sim.registry.s.stakeTotal}`,
        );
        expect([...ended.keys()]).toEqual([`active ${stake} active 1 ${stake}`]);
    });
});
