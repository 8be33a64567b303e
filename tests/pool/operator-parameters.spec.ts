/** PoolOperator: parameters it passes on, trusted proxies, the pause. */
import { Address, Cell } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_DISTRIBUTION_SMALL,
    GAS_REGISTRY_RELAY,
    loadCommissionChange,
    loadConfigChange,
    loadPayoutAddressChange,
} from '../../build/PoolOperator/PoolOperator_PoolOperator';
import {
    accountIdOf,
    COMMISSION_MAX,
    COMMISSION_MIN,
    EVENT_PAUSED,
    EVENT_PROXY_ADDED,
    EVENT_PROXY_REMOVED,
    MAX_PROXIES,
    PAUSE_COOLDOWN,
    PAUSE_SECONDS,
    PoolExit,
    PoolOperator,
} from '../../wrappers/pool';
import { PoolEnvironment } from '../support/pool/environment';
import { operatorEvents, OperatorUnit, vaultPayoutBody } from '../support/pool/operator-unit';
import { header, plain } from '../support/pool/plain';
import { computeFee, outCount, outs, smallForward } from '../support/pool/units';

const op = PoolOperator.opcodes;

let unit: OperatorUnit;
let restore: () => Promise<void>;

beforeAll(async () => {
    unit = await OperatorUnit.create();
    restore = unit.checkpoint();
});
beforeEach(() => restore());

/** The message to a child that an operation of the owner sends, beside the rest of its value. */
async function relayed(body: Cell, child: 'registry' | 'distribution') {
    const tx = await unit.finished('owner', body);
    expect(outCount(tx)).toBe(2);
    const [out] = outs(tx);
    const gas = child === 'registry' ? GAS_REGISTRY_RELAY : GAS_DISTRIBUTION_SMALL;
    expect(header(out)).toMatchObject({
        to: unit.addressOf(child).toString(),
        value: computeFee(gas) + smallForward(),
        bounce: true,
        init: false,
    });
    return out;
}

describe('commission', () => {
    const set = (bps: bigint) => PoolOperator.setCommissionBody({ bps, queryId: 41 });

    it.each([COMMISSION_MIN, COMMISSION_MAX])('of %s goes to the distribution', async (bps) => {
        const out = await relayed(set(bps), 'distribution');
        expect(out.op).toBe(op.CommissionChange);
        expect(plain(loadCommissionChange(out.body.beginParse()))).toEqual({ queryId: 41n, kind: 0n, bps });
    });

    it.each([0n, COMMISSION_MIN - 1n, COMMISSION_MAX + 1n, 65_535n])('of %s is refused', async (bps) => {
        await unit.refused(PoolExit.ERROR_COMMISSION_BOUNDS, 'owner', set(bps));
    });

    it('a raise is taken back, even while paused; a change is refused then', async () => {
        await unit.pause();
        await unit.refused(PoolExit.ERROR_PAUSED, 'owner', set(600n));
        const out = await relayed(PoolOperator.cancelCommissionBody({ queryId: 42 }), 'distribution');
        expect(out.op).toBe(op.CommissionChange);
        expect(plain(loadCommissionChange(out.body.beginParse()))).toEqual({ queryId: 42n, kind: 1n, bps: 0n });
    });

    it('the payout address goes along, even while paused', async () => {
        await unit.pause();
        const payout = unit.addressOf('stranger');
        const out = await relayed(PoolOperator.setPayoutAddressBody({ payout, queryId: 43 }), 'distribution');
        expect(out.op).toBe(op.PayoutAddressChange);
        expect(plain(loadPayoutAddressChange(out.body.beginParse()))).toEqual(plain({ queryId: 43n, payout }));
    });
});

describe('parameters of the registry', () => {
    it.each([
        ['epoch length', PoolOperator.announceEpochLengthBody({ seconds: 86_401, queryId: 44 }), 0n, 86_401n],
        ['minEarned', PoolOperator.announceMinEarnedBody({ amount: 123_456_789n, queryId: 44 }), 1n, 123_456_789n],
        ['open admission', PoolOperator.setAdmissionBody({ open: true, gpuCeiling: 5, queryId: 44 }), 2n, 11n],
        ['closed admission', PoolOperator.setAdmissionBody({ open: false, gpuCeiling: 5, queryId: 44 }), 2n, 10n],
    ] as const)('%s is passed on, but not while paused', async (_, body, kind, value) => {
        const out = await relayed(body, 'registry');
        expect(out.op).toBe(op.ConfigChange);
        expect(plain(loadConfigChange(out.body.beginParse()))).toEqual({ queryId: 44n, kind, value });
        await unit.pause();
        await unit.refused(PoolExit.ERROR_PAUSED, 'owner', body);
    });

    it('arrive in a real registry', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        const owner = env.roles.owner.getSender();
        await env.operator.sendAnnounceEpochLength(owner, { seconds: 172_800 });
        await env.operator.sendAnnounceMinEarned(owner, { amount: 5n });
        await env.operator.sendSetAdmission(owner, { open: false, gpuCeiling: 77 });
        expect(await env.registryData()).toMatchObject({
            nextSeconds: 172_800n,
            nextMinEarned: 5n,
            open: false,
            openCeiling: 77n,
        });
    });
});

describe('trusted proxies', () => {
    const account = (i: number) => new Address(0, Buffer.alloc(32, i));
    const add = (proxy: Address) => PoolOperator.addProxyBody({ proxy, queryId: 45 });
    const remove = (proxy: Address) => PoolOperator.removeProxyBody({ proxy, queryId: 46 });

    it('are a list that the getter shows', async () => {
        const tx = await unit.finished('owner', add(account(9)));
        expect(outCount(tx)).toBe(2);
        expect(operatorEvents(tx)).toEqual([{ kind: EVENT_PROXY_ADDED, who: account(9).toString(), value: 2n }]);
        const ids = [accountIdOf(unit.addressOf('proxy')), accountIdOf(account(9))].sort();
        expect((await unit.operator.getProxies()).keys().sort()).toEqual(ids);
        expect((await unit.operator.getProxies()).values()).toEqual([true, true]);
        expect((await unit.operator.getProxyAddresses()).map(String).sort()).toEqual(
            [unit.addressOf('proxy'), account(9)].map(String).sort(),
        );
        const removed = await unit.finished('owner', remove(unit.addressOf('proxy')));
        expect(operatorEvents(removed)).toEqual([
            { kind: EVENT_PROXY_REMOVED, who: unit.addressOf('proxy').toString(), value: 1n },
        ]);
        expect((await unit.operator.getProxies()).keys()).toEqual([accountIdOf(account(9))]);
    });

    it('are in it once, and only accounts of the basechain', async () => {
        await unit.refused(PoolExit.ERROR_PROXY_LIST, 'owner', add(unit.addressOf('proxy')));
        await unit.refused(PoolExit.ERROR_PROXY_LIST, 'owner', remove(account(9)));
        await unit.refused(PoolExit.ERROR_BAD_ADDRESS, 'owner', add(new Address(-1, Buffer.alloc(32, 9))));
        await unit.refused(PoolExit.ERROR_BAD_ADDRESS, 'owner', add(account(0)));
        // The same number in another workchain is not the one in the list.
        const twin = new Address(-1, unit.addressOf('proxy').hash);
        await unit.refused(PoolExit.ERROR_PROXY_LIST, 'owner', remove(twin));
    });

    it('do not change while paused', async () => {
        await unit.pause();
        await unit.refused(PoolExit.ERROR_PAUSED, 'owner', add(account(9)));
        await unit.refused(PoolExit.ERROR_PAUSED, 'owner', remove(unit.addressOf('proxy')));
    });

    it('are 64 at most; one that leaves makes room, and payouts still find their way', async () => {
        for (let i = 1; i < Number(MAX_PROXIES); i++) {
            await unit.finished('owner', add(account(i)));
        }
        expect((await unit.operator.getProxies()).size).toBe(Number(MAX_PROXIES));
        await unit.refused(PoolExit.ERROR_TOO_MANY_PROXIES, 'owner', add(account(100)));
        const alice = unit.addressOf('alice');
        for (const proxy of [account(1), account(63), unit.addressOf('proxy')]) {
            const tx = await unit.done(unit.vaultOf(alice), vaultPayoutBody(alice, proxy));
            expect(outs(tx)[0].body.beginParse().skip(96).loadBit()).toBe(true);
        }
        await unit.finished('owner', remove(account(7)));
        const tx = await unit.finished('owner', add(account(100)));
        expect(operatorEvents(tx)).toEqual([
            { kind: EVENT_PROXY_ADDED, who: account(100).toString(), value: MAX_PROXIES },
        ]);
        await unit.refused(PoolExit.ERROR_TOO_MANY_PROXIES, 'owner', add(account(7)));
    });
});

describe('the pause', () => {
    const pause = PoolOperator.pauseBody({ queryId: 47 });
    const unpause = PoolOperator.unpauseBody({ queryId: 48 });

    it('lasts 72 h, and the registry hears of it', async () => {
        const tx = await unit.finished('guardian', pause);
        const until = unit.now + PAUSE_SECONDS;
        expect(await unit.data()).toMatchObject({ pausedUntil: until, pauseAllowedAt: until + PAUSE_COOLDOWN });
        expect(operatorEvents(tx)).toEqual([
            { kind: EVENT_PAUSED, who: unit.addressOf('guardian').toString(), value: until },
        ]);
        expect(outCount(tx)).toBe(3);
        expect(OperatorUnit.rolesOf(outs(tx)[0])).toMatchObject({ queryId: 47n, version: 2n, pausedUntil: until });
        const body = PoolOperator.setCommissionBody({ bps: 600 });
        unit.at(until - 1n);
        await unit.refused(PoolExit.ERROR_PAUSED, 'owner', body);
        unit.at(until);
        await unit.finished('owner', body);
    });

    it('comes again only 72 h after its end, to the second', async () => {
        await unit.finished('guardian', pause);
        const { pausedUntil, pauseAllowedAt } = await unit.data();
        for (const at of [unit.now, pausedUntil - 1n, pausedUntil, pauseAllowedAt - 1n]) {
            unit.at(at);
            await unit.refused(PoolExit.ERROR_PAUSE_COOLDOWN, 'guardian', pause);
        }
        unit.at(pauseAllowedAt);
        await unit.finished('guardian', pause);
        expect((await unit.data()).pausedUntil).toBe(unit.now + PAUSE_SECONDS);
    });

    it('is lifted by the owner; the cool-down still counts from its regular end', async () => {
        await unit.finished('guardian', pause);
        const { pausedUntil, pauseAllowedAt } = await unit.data();
        unit.at(pausedUntil - 1n);
        const tx = await unit.finished('owner', unpause);
        expect(operatorEvents(tx)).toEqual([
            { kind: EVENT_PAUSED, who: unit.addressOf('owner').toString(), value: unit.now },
        ]);
        expect(OperatorUnit.rolesOf(outs(tx)[0])).toMatchObject({
            queryId: 48n,
            version: 3n,
            pausedUntil: unit.now,
        });
        expect(await unit.data()).toMatchObject({ pausedUntil: unit.now, pauseAllowedAt });
        await unit.finished('owner', PoolOperator.setCommissionBody({ bps: 600 }));
        await unit.refused(PoolExit.ERROR_PAUSE_COOLDOWN, 'guardian', pause);
        unit.at(pauseAllowedAt - 1n);
        await unit.refused(PoolExit.ERROR_PAUSE_COOLDOWN, 'guardian', pause);
        unit.at(pauseAllowedAt);
        await unit.finished('guardian', pause);
    });

    it('that does not run cannot be lifted', async () => {
        await unit.refused(PoolExit.ERROR_NOT_PAUSED, 'owner', unpause);
        await unit.finished('guardian', pause);
        const { pausedUntil } = await unit.data();
        unit.at(pausedUntil);
        await unit.refused(PoolExit.ERROR_NOT_PAUSED, 'owner', unpause);
    });

    it('stops entries of a real pool and nothing else: reports, rounds, claims and exits go on', async () => {
        const env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        await env.register('alice');
        await env.payVault('alice', 10_000_000_000n);
        await env.endEpoch();
        await env.operator.sendPause(env.roles.guardian.getSender());
        const refused = await env.register('bob');
        expect(refused.transactions).toHaveTransaction({
            on: env.registry.address,
            exitCode: PoolExit.ERROR_PAUSED,
        });
        await env.report(0, [{ who: 'alice' }]);
        await env.seal(0);
        await env.untilDue();
        await env.startRound({ value: 1_000_000_000n });
        const { unpaid } = await env.distributionData();
        expect(unpaid).toBeGreaterThan(8_000_000_000n);
        await env.poke('alice');
        expect(await env.distributionData()).toMatchObject({ unpaid: 0n, paidTotal: unpaid });
        const vault = await env.vault('alice');
        const alice = (await env.person('alice')).getSender();
        await vault.sendRequestExit(alice);
        env.advance(604_800);
        await vault.sendCompleteExit(alice);
        expect(await vault.getVaultData()).toMatchObject({ stake: 0n });
        expect((await env.registryData()).active).toBe(0n);
    });
});
