/**
 * Random operations of the Timelock beside a model that knows nothing of the code: scheduled, executed, bounced, retried,
 * cancelled, expired, in any order and at the boundaries of time. After every step: books equal to the model's, each action
 * delivered once, and every nanoton of the whole chain accounted for.
 */
import { Address, Cell, toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';
import '@ton/test-utils';

import * as built from '../../build/TimelockOperation/TimelockOperation_TimelockOperation';
import { GovernanceAction, sizeOf, Timelock, TimelockExit, TimelockOperation } from '../../wrappers/governance';
import { accountIdOf } from '../../wrappers/pool/metrics';
import { underCoverage } from '../support/coverage';
import { editTimelock } from '../support/governance/timelock-state';
import {
    DAY,
    GRACE,
    HOUR,
    MIN_DELAY,
    plainBody,
    TIMELOCK_PEOPLE,
    TimelockPerson,
    TimelockWorld,
} from '../support/governance/timelock-world';
import { computeFee, forwardFee } from '../support/pool/fees';
import { exitCode, install, kept, REFUSING_CODE, succeeded, txsAt } from '../support/pool/transactions';
import { Random, runs, seeded } from '../support/random';

const OP = 0x12345678;
const ACCEPTS = Cell.EMPTY;
const RING = 128;

type Op = {
    id: bigint;
    salt: bigint;
    serial: number;
    actions: GovernanceAction[];
    predecessor: bigint;
    guardianProof: boolean;
    by: TimelockPerson;
    // books
    state: 'waiting' | 'sent' | 'cancelled' | 'stopped';
    number: number;
    readyAt: number;
    sentAt: number;
    bounced: number;
    kept: bigint;
    payer: bigint;
    free: boolean;
};

/** The phase that follows from books and time. */
function phaseOf(op: Op, now: number): string {
    switch (op.state) {
        case 'waiting':
            return now >= op.readyAt + GRACE ? 'expired' : now >= op.readyAt ? 'ready' : 'waiting';
        case 'sent':
            return op.bounced !== 0 ? 'bounced' : now >= op.sentAt + HOUR ? 'done' : 'sent';
        default:
            return op.state;
    }
}

/** runFees of contracts/governance/timelock-gas.tact. */
function runFees(op: Op, gas: bigint): bigint {
    const { cells, bits } = sizeOf(op.actions);
    const n = BigInt(op.actions.length);
    const links = built.ACTION_BITS * n;
    return (
        computeFee(gas + built.GAS_TIMELOCK_RUN + n * built.GAS_TIMELOCK_ACTION + built.GAS_NOTICE) +
        forwardFee(BigInt(cells) + n + 1n, BigInt(bits) + links + 1023n) +
        forwardFee(BigInt(cells), BigInt(bits)) +
        (n - 1n) * forwardFee(0n, 0n) +
        3n * forwardFee(0n, 1023n)
    );
}
const small = () => computeFee(built.GAS_OPERATION_SMALL);
const valuesOf = (op: Op, mask: number) =>
    op.actions.reduce((sum, { value }, i) => sum + ((mask >> i) & 1 ? value : 0n), 0n);

class Simulation {
    readonly ops: Op[] = [];
    readonly targets = Array.from({ length: 4 }, (_, i) => Address.parseRaw(`0:${`5${i}`.repeat(32)}`));
    private readonly refusing = new Set<string>();
    private readonly ring = new Map<number, { number: number; at: number }>();
    /** By query id, which names the run of an operation and the action. */
    private readonly delivered = new Set<bigint>();
    /** How often each thing happened: a run that never bounces shows nothing. */
    readonly seen: Record<string, number> = {};
    private number = 0;
    private serial = 0;
    private guardianUntil: number;

    constructor(
        readonly world: TimelockWorld,
        readonly random: Random,
    ) {
        this.guardianUntil = world.now + 365 * DAY;
    }

    private count(name: string): void {
        this.seen[name] = (this.seen[name] ?? 0) + 1;
    }

    async setUp(): Promise<void> {
        for (const target of this.targets) {
            await install(this.world.blockchain, target, ACCEPTS, Cell.EMPTY, toNano('1'));
        }
    }

    /** Some targets refuse from now on. */
    private async shuffleTargets(): Promise<void> {
        for (const target of this.targets) {
            const refuses = this.random.bool(0.3);
            if (refuses === this.refusing.has(target.toRawString())) continue;
            const code = refuses ? REFUSING_CODE : ACCEPTS;
            await install(this.world.blockchain, target, code, Cell.EMPTY, await this.world.balanceOf(target));
            if (refuses) this.refusing.add(target.toRawString());
            else this.refusing.delete(target.toRawString());
        }
    }

    // ------------------------------------------------------------------ the whole chain

    private async total(): Promise<bigint> {
        const { world } = this;
        const all = [
            ...TIMELOCK_PEOPLE.map((name) => world.address(name)),
            world.timelock.address,
            ...this.targets,
            ...new Set(this.ops.map(({ id }) => id)),
        ];
        let sum = 0n;
        for (const each of all) {
            const address = typeof each === 'bigint' ? world.operation(each).address : each;
            sum += await world.balanceOf(address);
        }
        return sum;
    }

    /** What validators took: fees of transactions, and what is left of the forward fee of each message between them. */
    private static fees({ transactions }: SendMessageResult): bigint {
        return transactions.reduce((sum, tx) => {
            const forwards = [...tx.outMessages.values()].map(({ info }) =>
                info.type === 'internal' ? info.forwardFee : 0n,
            );
            return sum + tx.totalFees.coins + forwards.reduce((a, b) => a + b, 0n);
        }, 0n);
    }

    /** Sends, and checks that nothing is lost and each expected action arrived, once. */
    private async act(op: Op, arrives: number, send: () => Promise<SendMessageResult>): Promise<SendMessageResult> {
        const { world } = this;
        const before = await this.total();
        const old = op.kept;
        const result = await send();
        expect(await this.total()).toBe(before - Simulation.fees(result));
        // Who delivered what.
        const came = this.targets
            .flatMap((target) => txsAt(result, target))
            .filter((tx) => succeeded(tx))
            .map((tx) => tx.inMessage!.body.beginParse())
            .map((body) => [body.loadUint(32), body.loadUintBig(64), body.loadUint(32)] as const);
        expect(came.every(([code]) => code === OP)).toBe(true);
        const keys = came.map(([, , key]) => key).sort((a, b) => a - b);
        const wanted = op.actions
            .map((_, i) => i)
            .filter((i) => (arrives >> i) & 1 && !op.guardianProof)
            .map((i) => op.serial * 16 + i);
        expect(keys).toEqual(wanted);
        for (const [, queryId, key] of came) {
            expect(queryId).toBe((BigInt(op.number) << 8n) | BigInt(key % 16));
            expect(this.delivered.has(queryId)).toBe(false);
            this.delivered.add(queryId);
        }
        // The Timelock spends at most the report of a failure, the operation nothing but what it kept.
        if (!underCoverage) {
            for (const tx of txsAt(result, world.timelock.address)) {
                expect(kept(tx)).toBeGreaterThanOrEqual(tx.inMessage!.info.type === 'internal' ? -toNano('0.01') : 0n);
            }
        }
        this.after = { result, old };
        return result;
    }
    private after?: { result: SendMessageResult; old: bigint };

    /** Call when the model is up to date: the operation has at least what it says it keeps. */
    private ownBooks(op: Op): void {
        const { result, old } = this.after!;
        if (underCoverage) return;
        const gained = txsAt(result, this.world.operation(op.id).address).reduce((sum, tx) => sum + kept(tx), 0n);
        expect(gained).toBeGreaterThanOrEqual(op.kept - old);
    }

    async check(op: Op): Promise<void> {
        const info = await this.world.operation(op.id).getOperation();
        expect({
            phase: info.phaseName,
            number: Number(info.number),
            readyAt: Number(info.readyAt),
            sentAt: Number(info.sentAt),
            bounced: Number(info.bounced),
            kept: info.kept,
            payer: info.payer,
            free: info.free,
            proposer: info.proposer,
            total: info.total,
            guardianProof: info.guardianProof,
            predecessor: info.predecessor,
        }).toEqual({
            phase: phaseOf(op, this.world.now),
            number: op.number,
            readyAt: op.readyAt,
            sentAt: op.sentAt,
            bounced: op.bounced,
            kept: op.kept,
            payer: op.payer,
            free: op.free,
            proposer: accountIdOf(this.world.address(op.by)),
            total: valuesOf(op, 0xffff),
            guardianProof: op.guardianProof,
            predecessor: op.predecessor,
        });
    }

    // ------------------------------------------------------------------ steps

    async schedule(): Promise<void> {
        const { world, random } = this;
        const again = this.ops.length > 0 && random.bool(0.5) ? random.pick(this.ops) : undefined;
        // The same by another proposer is another operation.
        const by: TimelockPerson = random.pick(['proposer', 'other']);
        const delay = MIN_DELAY + random.int(0, 2 * DAY);
        const serial = again?.serial ?? ++this.serial;
        const guardianProof = again?.guardianProof ?? random.bool(0.1);
        const guardian = {
            destination: world.timelock.address,
            value: toNano('0.1'),
            body: Timelock.setGuardianBody({ guardian: world.address('guardian'), expiresAt: world.now + 300 * DAY }),
        };
        const actions =
            again?.actions ??
            (guardianProof
                ? [guardian]
                : Array.from({ length: random.int(1, 5) }, (_, i) => ({
                      destination: random.pick(this.targets),
                      value: random.bigint(toNano('0.02'), toNano('2')),
                      body: plainBody(OP, serial * 16 + i),
                  })));
        const predecessor =
            again?.predecessor ?? (this.ops.length > 0 && random.bool(0.25) ? random.pick(this.ops).id : 0n);
        const before = await this.total();
        const made = await world.schedule(actions, { by, delay, predecessor, salt: again?.salt });
        expect(made.result.transactions.map(exitCode).filter((code) => code !== 0 && code !== undefined)).toEqual([]);
        const number = this.number++;
        const known = this.ops.find(({ id }) => id === made.id);
        const next: Op = {
            id: made.id,
            salt: made.salt,
            serial: known?.serial ?? serial,
            actions,
            predecessor,
            guardianProof,
            by,
            state: 'waiting',
            number,
            readyAt: world.now + delay,
            sentAt: 0,
            bounced: 0,
            kept: 0n,
            payer: 0n,
            free: predecessor === 0n,
        };
        if (known === undefined) {
            this.ops.push(next);
            this.count('scheduled');
        } else if (['cancelled', 'expired'].includes(phaseOf(known, world.now))) {
            Object.assign(known, next);
            this.count('scheduled again');
        } else {
            this.count('known');
        }
        expect(await this.total()).toBe(before - Simulation.fees(made.result));
        await this.check(known ?? next);
    }

    /** The actions in `mask` go out: what comes back is kept. `used` of what was kept pays. */
    private async run(op: Op, mask: number, used: bigint, send: () => Promise<SendMessageResult>): Promise<void> {
        const { world } = this;
        const slot = op.number % RING;
        const held = this.ring.get(slot);
        const refused = held !== undefined && held.number !== op.number && world.now < held.at + HOUR;
        let back = 0;
        op.actions.forEach(({ destination }, i) => {
            if ((mask >> i) & 1 && this.refusing.has(destination.toRawString())) back |= 1 << i;
        });
        const result = await this.act(op, refused ? 0 : mask & ~back, send);
        op.kept -= used;
        const mine = world.operation(op.id).address;
        const valueOf = (code: number) =>
            txsAt(result, mine)
                .filter((tx) => tx.inMessage!.body.beginParse().preloadUint(32) === code)
                .map((tx) => (tx.inMessage!.info.type === 'internal' ? tx.inMessage!.info.value.coins : 0n));
        if (refused) {
            this.count('slot taken');
            const [value] = valueOf(TimelockOperation.opcodes.RunRefused);
            if (used === 0n && mask === (1 << op.actions.length) - 1) {
                op.state = 'waiting';
            } else {
                op.bounced |= mask;
                const left = value - small();
                op.kept += left < 0n ? 0n : left < used ? left : used;
            }
        } else {
            this.ring.set(slot, { number: op.number, at: world.now });
            op.bounced = back;
            const reports = valueOf(TimelockOperation.opcodes.ActionBounced);
            const fee = small() + 2n * forwardFee(0n, 1023n);
            for (const value of reports) op.kept += value > fee ? value - fee : 0n;
            expect(reports).toHaveLength([...back.toString(2)].filter((bit) => bit === '1').length);
            if (back !== 0) this.count('bounced');
            if (op.guardianProof) {
                const expiresAt = op.actions[0].body
                    .beginParse()
                    .skip(32 + 64 + 267)
                    .loadUint(32);
                this.guardianUntil = expiresAt;
            }
        }
        this.ownBooks(op);
    }

    async execute(): Promise<void> {
        const { world, random } = this;
        const ready = this.ops.filter((each) => phaseOf(each, world.now) === 'ready');
        const op = random.pick(ready.length > 0 && random.bool(0.7) ? ready : this.ops);
        const by: TimelockPerson = random.pick(['alice', 'stranger', 'other']);
        const cost = valuesOf(op, 0xffff) + runFees(op, built.GAS_OPERATION_EXECUTE);
        const value = cost + random.pick([-1n, 0n, 0n, 1n, toNano('1')]);
        const code =
            op.state !== 'waiting'
                ? TimelockExit.ERROR_OPERATION_STATE
                : world.now < op.readyAt
                  ? TimelockExit.ERROR_TOO_EARLY
                  : world.now >= op.readyAt + GRACE
                    ? TimelockExit.ERROR_GRACE_OVER
                    : !op.free
                      ? TimelockExit.ERROR_PREDECESSOR
                      : value < cost
                        ? TimelockExit.ERROR_VALUE_TOO_LOW
                        : 0;
        expect(await world.operation(op.id).getCost(TimelockOperation.executeBody())).toBe(cost);
        const send = () => world.execute(op.id, { by, value });
        if (code !== 0) return this.refused(op, code, send);
        this.count('executed');
        op.state = 'sent';
        op.sentAt = world.now;
        op.payer = accountIdOf(world.address(by));
        await this.run(op, (1 << op.actions.length) - 1, 0n, send);
        await this.check(op);
    }

    private async refused(op: Op, code: number, send: () => Promise<SendMessageResult>): Promise<void> {
        const result = await this.act(op, 0, send);
        const [tx] = txsAt(result, this.world.operation(op.id).address);
        expect(exitCode(tx)).toBe(code);
        this.ownBooks(op);
        await this.check(op);
    }

    async retry(): Promise<void> {
        const { world, random } = this;
        const bounced = this.ops.filter((each) => each.bounced !== 0);
        const op = bounced.length > 0 && random.bool(0.8) ? random.pick(bounced) : random.pick(this.ops);
        const by: TimelockPerson = random.pick(['alice', 'stranger', 'other']);
        const mask = op.bounced;
        const need = valuesOf(op, mask) + runFees(op, built.GAS_OPERATION_RETRY);
        const used = op.kept < need ? op.kept : need;
        const value = random.pick([need - used, need - used, need - used - 1n, need, need + toNano('1')]);
        const attached = value < toNano('0.05') ? toNano('0.05') : value;
        const code =
            op.state !== 'sent'
                ? TimelockExit.ERROR_OPERATION_STATE
                : mask === 0
                  ? TimelockExit.ERROR_NOTHING_KEPT
                  : world.now >= op.readyAt + GRACE
                    ? TimelockExit.ERROR_GRACE_OVER
                    : attached + used < need
                      ? TimelockExit.ERROR_VALUE_TOO_LOW
                      : 0;
        const send = () => world.operation(op.id).sendRetry(world.sender(by), { value: attached, queryId: 77 });
        if (code !== 0) return this.refused(op, code, send);
        this.count('retried');
        op.bounced = 0;
        op.sentAt = world.now;
        if (need > 2n * used) op.payer = accountIdOf(world.address(by));
        await this.run(op, mask, used, send);
        await this.check(op);
    }

    async cancel(): Promise<void> {
        const { world, random } = this;
        const op = random.pick(this.ops);
        const by: TimelockPerson = random.pick(['proposer', 'other', 'guardian', 'stranger']);
        const asGuardian = by === 'guardian' && world.now < this.guardianUntil;
        const allowed = asGuardian || by === 'proposer' || by === 'other';
        const result = await this.act(op, 0, () =>
            world.timelock.sendCancel(world.sender(by), { id: op.id, value: toNano('0.5') }),
        );
        const [tx] = txsAt(result, world.timelock.address);
        expect(exitCode(tx)).toBe(allowed ? 0 : TimelockExit.ERROR_NOT_ROLE);
        if (allowed && (by === op.by || (asGuardian && !op.guardianProof))) {
            if (op.state === 'waiting') {
                op.state = 'cancelled';
                this.count('cancelled');
            } else if (op.state === 'sent' && op.bounced !== 0) {
                op.state = 'stopped';
                this.count('stopped');
            }
        }
        this.ownBooks(op);
        await this.check(op);
    }

    async notify(): Promise<void> {
        const { world, random } = this;
        const named = (op: Op) => this.ops.find(({ id }) => id === op.predecessor);
        const waiting = this.ops.filter(({ free }) => !free);
        const due = waiting.filter((op) => phaseOf(named(op)!, world.now) === 'done');
        const next = random.pick(
            [due, waiting, this.ops].find((list) => list.length > 0 && random.bool(0.8)) ?? this.ops,
        );
        const first = named(next);
        const op = first !== undefined && random.bool(0.9) ? first : random.pick(this.ops);
        const code =
            op.state !== 'sent' || op.bounced !== 0
                ? TimelockExit.ERROR_OPERATION_STATE
                : world.now < op.sentAt + HOUR
                  ? TimelockExit.ERROR_TOO_EARLY
                  : 0;
        const send = () =>
            world
                .operation(op.id)
                .sendNotifySuccessor(world.sender('stranger'), { successor: next.id, value: toNano('0.5') });
        if (code !== 0) return this.refused(op, code, send);
        await this.act(op, 0, send);
        if (next.predecessor === op.id) {
            if (!next.free) this.count('freed');
            next.free = true;
        }
        await this.check(op);
        await this.check(next);
    }

    async release(): Promise<void> {
        const { world, random } = this;
        const keeping = this.ops.filter((each) => each.kept > 0n);
        const op = keeping.length > 0 && random.bool(0.9) ? random.pick(keeping) : random.pick(this.ops);
        const code =
            op.kept === 0n
                ? TimelockExit.ERROR_NOTHING_KEPT
                : op.state !== 'stopped' && world.now < op.readyAt + GRACE
                  ? TimelockExit.ERROR_TOO_EARLY
                  : 0;
        const send = () => world.operation(op.id).sendReleaseKept(world.sender('stranger'), { value: toNano('0.5') });
        if (code !== 0) return this.refused(op, code, send);
        this.count('released');
        const result = await this.act(op, 0, send);
        const payer = TIMELOCK_PEOPLE.map((name) => world.address(name)).find((a) => accountIdOf(a) === op.payer)!;
        const [paid] = txsAt(result, payer).filter((tx) => tx.inMessage!.info.type === 'internal');
        const { info } = paid.inMessage!;
        expect(info.type === 'internal' && info.value.coins >= op.kept).toBe(true);
        op.kept = 0n;
        await this.check(op);
    }

    /** On by some hours, or to a second at which something begins or ends. */
    async pass(): Promise<void> {
        const { world, random } = this;
        const op = random.pick(this.ops);
        const edges = [op.readyAt, op.readyAt - 1, op.readyAt + GRACE, op.readyAt + GRACE - 1, op.sentAt + HOUR];
        const later = edges.filter((edge) => edge > world.now && edge < world.now + 20 * DAY);
        const edge = later.length > 0 && random.bool(0.7) ? random.pick(later) : world.now + random.int(1, 12 * HOUR);
        world.advance(edge - world.now);
        await this.check(op);
    }

    /** Numbers go on a round of the ring ahead, so that later operations meet the slots of earlier ones. */
    async jump(): Promise<void> {
        const step = RING - this.random.int(0, 6);
        this.number += step;
        await editTimelock(this.world, ({ number }) => ({ number: number + BigInt(step) }));
    }

    async step(): Promise<void> {
        await this.shuffleTargets();
        if (this.ops.length < 3) return this.schedule();
        const random = this.random.next();
        if (random < 0.13) await this.schedule();
        else if (random < 0.38) await this.execute();
        else if (random < 0.5) await this.retry();
        else if (random < 0.58) await this.cancel();
        else if (random < 0.66) await this.notify();
        else if (random < 0.73) await this.release();
        else if (random < 0.75) await this.jump();
        else await this.pass();
    }
}

describe('Timelock: random operations', () => {
    it('books as the model, each action once, not a nanoton lost', async () => {
        const world = await TimelockWorld.create();
        await seeded('timelock books', async (random) => {
            const simulation = new Simulation(world, random);
            await simulation.setUp();
            const steps = runs(2_000);
            for (let i = 0; i < steps; i++) {
                await simulation.step();
                await simulation.check(random.pick(simulation.ops));
            }
            for (const op of simulation.ops) await simulation.check(op);
            // What the run was for did happen; a short one of another seed may miss some of it.
            const names = [
                'bounced',
                'retried',
                'released',
                'stopped',
                'cancelled',
                'scheduled again',
                'known',
                'freed',
            ];
            for (const name of ['executed', ...(process.env.LONG === '1' ? names : [])]) {
                expect([name, (simulation.seen[name] ?? 0) > 0]).toEqual([name, true]);
            }
        });
    }, 600_000);
});
