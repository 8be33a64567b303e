/**
 * What to attach: `get_cost` is the least that does everything the message asks for, one nanoton less is refused before
 * anything changes; no step lets the channel pay out of its rent or out of the deposit. At the prices of 2025, of 2026, and
 * with gas, forwarding and storage made dearer. The gas constants behind it cover the most expensive path, and not more than
 * a tenth beyond.
 */
import { Cell, toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import { CHANNEL_BITS, CHANNEL_CELLS, CHANNEL_MARGIN } from '../../build/PaymentChannel/PaymentChannel_PaymentChannel';
import { ChannelExit, PaymentChannel } from '../../wrappers/settlement/channel';
import { underCoverage } from '../support/coverage';
import { exitCode, kept, outs, refuse, setBalance, succeeded } from '../support/pool/transactions';
import { priceScenarios } from '../support/prices';
import { CHANNEL_CONSTANTS, ChannelConstant, constantOf, measureChannel } from '../support/settlement/channel-gas';
import { ChannelPerson, ChannelUnit, DAY, KEYS } from '../support/settlement/channel-unit';

jest.setTimeout(240_000);
// Markers of a coverage run cost gas: at the very edge nothing holds there.
const edge = underCoverage ? describe.skip : describe;
const TON = toNano('1');
/** Enough for a new wallet even at storage x10. */
const TRANSFER = toNano('0.5');

type Entry = {
    name: string;
    from: ChannelPerson;
    body: (unit: ChannelUnit) => Cell;
    /** What is sent beside the fees. */
    moved?: bigint;
    before?: (unit: ChannelUnit) => Promise<unknown>;
    only?: 'ton' | 'jetton';
    /** The least is less than the getter says: fewer transfers. */
    transfers?: bigint;
};

const C = PaymentChannel;
const coop = (amount: bigint) => (u: ChannelUnit) => C.coopCloseBody(u.coopArgs(u.agreement(amount)));

const ENTRIES: Entry[] = [
    { name: 'claim by the provider', from: 'provider', body: (u) => C.claimBody({ voucher: u.voucher(5n * TON) }) },
    { name: 'claim by somebody', from: 'stranger', body: (u) => C.claimBody({ voucher: u.voucher(5n * TON) }) },
    {
        name: 'claim of a hot key',
        from: 'stranger',
        before: (u) => u.channel.sendSetHotKey(u.via('consumer'), { key: KEYS.hot.publicKey, value: TON }),
        body: (u) => C.claimBody({ voucher: u.voucher(5n * TON, { signer: KEYS.hot }) }),
    },
    {
        name: 'deposit',
        from: 'stranger',
        moved: 7n * TON,
        only: 'ton',
        body: () => C.depositBody({ amount: 7n * TON }),
    },
    { name: 'close by both', from: 'provider', body: coop(5n * TON) },
    { name: 'close by both, sent by the consumer', from: 'consumer', body: coop(5n * TON) },
    { name: 'close by both, sent by somebody', from: 'stranger', body: coop(5n * TON) },
    { name: 'close by both with nothing for the provider', from: 'stranger', body: coop(TON), transfers: 1n },
    { name: 'close by both with nothing for the consumer', from: 'stranger', body: coop(100n * TON), transfers: 1n },
    {
        name: 'close by the provider',
        from: 'provider',
        body: (u) => C.providerCloseBody({ voucher: u.voucher(5n * TON) }),
    },
    { name: 'start of the window', from: 'consumer', body: () => C.startCloseBody() },
    {
        name: 'finish',
        from: 'stranger',
        before: async (u) => {
            await u.startClose();
            u.advance(DAY);
        },
        body: () => C.finishBody(),
        transfers: 1n,
    },
    { name: 'hot key', from: 'consumer', body: () => C.setHotKeyBody({ key: KEYS.hot.publicKey }) },
    {
        name: 'revocation',
        from: 'consumer',
        before: (u) => u.channel.sendSetHotKey(u.via('consumer'), { key: KEYS.hot.publicKey, value: TON }),
        body: () => C.revokeHotKeyBody(),
    },
    {
        name: 'release',
        from: 'stranger',
        only: 'jetton',
        before: async (u) => {
            const undo = await refuse(u.blockchain, u.wallet(u.address).address);
            await u.claim(5n * TON);
            await undo();
        },
        body: () => C.releaseBody({ to: 'provider' }),
    },
    { name: 'balance proof', from: 'stranger', only: 'jetton', body: () => C.syncBody({ amount: 1n }) },
];

/** A year's rent at the prices of the unit's chain: what `get_solvency` leaves out. */
async function yearOf(unit: ChannelUnit): Promise<bigint> {
    const { state, deposit, claimed, jetton } = await unit.data();
    const owed = state === 'closed' || jetton ? 0n : deposit - claimed;
    return (await unit.balance()) - owed - (await unit.channel.getSolvency());
}

/** An ordinary run takes a third of the messages at other prices than those of 2025. */
const some = (name: string, index: number) => name === 'prices of 2025' || process.env.LONG === '1' || index % 3 === 0;

edge.each(Object.entries(priceScenarios()))('at %s', (scenario, config) => {
    describe.each(['ton', 'jetton'] as const)('in %s', (kind) => {
        let unit: ChannelUnit;
        let restore: () => Promise<void>;
        beforeAll(async () => {
            unit = await ChannelUnit.create({ config, jetton: kind === 'jetton', transferValue: TRANSFER });
            await unit.claim(TON);
            restore = unit.checkpoint();
        });

        it.each(ENTRIES.filter(({ only }, i) => (only === undefined || only === kind) && some(scenario, i)))(
            '$name',
            async (entry) => {
                await restore();
                await entry.before?.(unit);
                const ready = unit.checkpoint();
                const body = entry.body(unit);
                const slack = entry.name === 'deposit' ? (await yearOf(unit)) / CHANNEL_MARGIN : 0n;
                const unused = slack + (kind === 'jetton' && entry.transfers !== undefined ? TRANSFER : 0n);
                const cost = (await unit.channel.getCost(body)) + (entry.moved ?? 0n) - unused;
                const data = await unit.data();
                await unit.refused(ChannelExit.ERROR_VALUE_TOO_LOW, () => unit.send(entry.from, body, cost - 1n));
                await ready();
                const before = await unit.balance();
                const result: SendMessageResult = await unit.send(entry.from, body, cost);
                const [tx] = unit.txs(result);
                expect(succeeded(tx)).toBe(true);
                // All that left the channel is what it owed: nothing of the rent.
                const after = await unit.data();
                const owed = (d: typeof data) => (kind === 'ton' && d.state !== 'closed' ? d.deposit - d.claimed : 0n);
                const own =
                    tx.description.type === 'generic' ? (tx.description.storagePhase?.storageFeesCollected ?? 0n) : 0n;
                expect(kept(tx)).toBe(owed(after) - owed(data));
                expect((await unit.balance()) - owed(after)).toBeGreaterThanOrEqual(before - own - owed(data));
                // Every transfer arrives with what the terms give it.
                if (kind === 'jetton') {
                    for (const out of outs(tx).filter((o) => o.op === C.opcodes.JettonTransfer)) {
                        expect(out.value).toBeGreaterThanOrEqual(TRANSFER);
                    }
                    expect(result.transactions.every((t) => entry.name === 'balance proof' || succeeded(t))).toBe(true);
                }
            },
        );

        it('the first message pays five years of rent', async () => {
            const fresh = await ChannelUnit.create({ config, jetton: kind === 'jetton', deposit: 0n });
            const { init } = await PaymentChannel.createFromTerms(fresh.terms);
            const body = kind === 'ton' ? C.depositBody({ amount: TON }) : C.askWalletBody();
            // There is nobody to ask yet: what it would say after a message that brings nothing but gas.
            await fresh.people.stranger.send({ to: fresh.address, value: toNano('0.05'), init, bounce: false });
            const ready = fresh.checkpoint();
            const slack = (await yearOf(fresh)) / CHANNEL_MARGIN;
            const cost = (await fresh.channel.getCost(body)) + (kind === 'ton' ? TON : 0n) - slack;
            await fresh.refused(ChannelExit.ERROR_VALUE_TOO_LOW, () => fresh.send('stranger', body, cost - 1n));
            await ready();
            await fresh.send('stranger', body, cost);
            expect(succeeded(fresh.tx(await fresh.startClose()))).toBe(true);
            const owed = (await fresh.data()).deposit;
            const used = (await fresh.blockchain.getContract(fresh.address)).account.account!.storageStats.used;
            expect(used.cells).toBeLessThanOrEqual(CHANNEL_CELLS);
            fresh.advance(4 * 365 * DAY);
            const { state } = await fresh.data();
            expect(state).toBe('closing');
            await fresh.channel.sendTopUp(fresh.via('stranger'), { value: toNano('0.02') });
            expect((await fresh.balance()) - owed).toBeGreaterThan(0n);
        });
    });
});

it('a transfer with too little TON comes back and is sent again with more', async () => {
    const unit = await ChannelUnit.create({ jetton: true, transferValue: toNano('0.001') });
    await unit.coopClose(5n * TON);
    const { jetton } = await unit.data();
    expect([jetton!.dueProvider, jetton!.dueConsumer]).toEqual([5n * TON, 95n * TON]);
    for (const to of ['provider', 'consumer'] as const) {
        await unit.channel.sendRelease(unit.via('stranger'), { to, value: toNano('0.5') });
    }
    expect([await unit.jettons('provider'), await unit.jettons('channel')]).toEqual([5n * TON, 0n]);
});

edge('what the getter says', () => {
    it.each([0, 3600, 29 * DAY])('is enough %i seconds later', async (later) => {
        const unit = await ChannelUnit.create();
        const body = PaymentChannel.depositBody({ amount: TON });
        const cost = (await unit.channel.getCost(body)) + TON;
        unit.advance(later);
        expect(succeeded(unit.tx(await unit.send('stranger', body, cost)))).toBe(true);
    });
});

edge('what rent has eaten', () => {
    it('of a deposit is replaced by whoever moves it next', async () => {
        for (const by of ['provider', 'stranger'] as const) {
            for (const close of [false, true]) {
                const unit = await ChannelUnit.create();
                await setBalance(unit.blockchain, unit.address, 99n * TON);
                expect(await unit.channel.getSolvency()).toBeLessThan(0n);
                const body = close
                    ? C.coopCloseBody(unit.coopArgs(unit.agreement(5n * TON)))
                    : C.claimBody({ voucher: unit.voucher(5n * TON) });
                const cost = (await unit.channel.getCost(body)) - (await yearOf(unit)) / CHANNEL_MARGIN;
                expect(cost).toBeGreaterThan(TON);
                await unit.refused(ChannelExit.ERROR_VALUE_TOO_LOW, () => unit.send(by, body, cost - 1n));
                const tx = unit.tx(await unit.send(by, body, cost));
                expect(succeeded(tx)).toBe(true);
                expect(await unit.balance()).toBe(close ? 0n : 95n * TON);
                const paid = outs(tx).find((o) => o.to.equals(unit.of('provider')))!;
                expect(paid.value).toBeGreaterThanOrEqual(5n * TON);
            }
        }
    });

    it('is refilled by deposits, to five years', async () => {
        const unit = await ChannelUnit.create();
        const full = await unit.balance();
        await setBalance(unit.blockchain, unit.address, 100n * TON);
        const result = await unit.channel.sendDeposit(unit.via('stranger'), { amount: TON });
        expect(succeeded(unit.tx(result))).toBe(true);
        expect(await unit.balance()).toBe(full + TON);
    });

    it('is refilled by what arrives after the close, a year at least', async () => {
        const unit = await ChannelUnit.create();
        await unit.coopClose(0n);
        await setBalance(unit.blockchain, unit.address, 0n);
        const tx = unit.tx(await unit.send('stranger', Cell.EMPTY, TON));
        expect(outs(tx)[0].to).toEqualAddress(unit.of('consumer'));
        expect(await unit.channel.getSolvency()).toBe(0n);
        // Less than that stays.
        await setBalance(unit.blockchain, unit.address, 0n);
        const small = unit.tx(await unit.send('stranger', Cell.EMPTY, toNano('0.02')));
        expect([exitCode(small), outs(small).length]).toEqual([0, 0]);
    });
});

(underCoverage ? it.skip : it)('DEPLOY_VALUE is enough at the prices of 2025', async () => {
    for (const jetton of [false, true]) {
        const unit = await ChannelUnit.create({ jetton, deposit: 0n });
        const result = jetton
            ? await unit.channel.sendAskWallet(unit.via('consumer'))
            : await unit.channel.sendDeposit(unit.via('consumer'), { amount: TON });
        expect(succeeded(unit.tx(result))).toBe(true);
        expect(await unit.channel.getSolvency()).toBeGreaterThan(0n);
    }
});

it.each([false, true])('the getter knows the cost of everything (jetton: %s)', async (jetton) => {
    const { channel } = await ChannelUnit.create({ jetton });
    const op = PaymentChannel.opcodes;
    const free: number[] = [op.TopUp, op.Excesses, op.TakeWalletAddress];
    for (const code of free) expect(await channel.getCost(code)).toBe(0n);
    expect(await channel.getCost(Cell.EMPTY)).toBe(0n);
    expect(await channel.getNotifyCost()).toBeGreaterThan(0n);
    const costs = new Map<string, bigint>();
    for (const [name, code] of Object.entries(op)) {
        if (name.startsWith('Channel') && (code & 0xffff) <= op.ChannelSync % 0x10000)
            costs.set(name, await channel.getCost(code));
    }
    expect(costs.size).toBe(11);
    for (const [name, cost] of costs)
        expect([name, cost > toNano('0.003'), cost < toNano('1.5')]).toEqual([name, true, true]);
    for (const name of ['ChannelCoopClose', 'ChannelProviderClose', 'ChannelFinish']) {
        expect(costs.get(name)).toBe(costs.get('ChannelCoopClose'));
        expect(costs.get(name)! > costs.get('ChannelClaim')!).toBe(true);
    }
    expect(costs.get('ChannelClaim')).toBe(costs.get('ChannelRelease'));
    for (const name of ['ChannelSetHotKey', 'ChannelRevokeHotKey']) {
        expect(costs.get(name)).toBe(costs.get('ChannelStartClose'));
    }
});

edge('gas constants', () => {
    let most: Record<ChannelConstant, bigint>;
    const sizes: { cells: bigint; bits: bigint }[] = [];
    beforeAll(async () => {
        most = await measureChannel(async (unit) => {
            const { account } = await unit.blockchain.getContract(unit.address);
            sizes.push(account.account!.storageStats.used);
        });
    });

    it.each(CHANNEL_CONSTANTS)('%s covers what was measured and at most a tenth more', (name) => {
        const constant = constantOf(name);
        expect(constant).toBeGreaterThanOrEqual(most[name]);
        expect(constant * 10n).toBeLessThanOrEqual(most[name] * 11n);
    });

    it('the account is not larger than rent is computed from', () => {
        expect(sizes).toHaveLength(2);
        for (const { cells, bits } of sizes) {
            expect([cells <= CHANNEL_CELLS, bits <= CHANNEL_BITS]).toEqual([true, true]);
            expect([cells * 10n > CHANNEL_CELLS * 9n, bits * 10n > CHANNEL_BITS * 9n]).toEqual([true, true]);
        }
    });
});
