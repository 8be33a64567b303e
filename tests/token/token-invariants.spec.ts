/**
 * Random operations against an independent model: after every step the supply is the sum of the wallets, is minted less
 * burned, and every balance is the model's. Hops fail in the middle (receivers that refuse, too little TON, forged and
 * repeated messages), whole batches of chains are in flight at once, and no nanoSHARE appears or disappears. Nor does a
 * nanoton: no contract ever pays out of its rent.
 */
import { Address, beginCell, Cell, Message, toNano } from '@ton/core';
import { internal, SendMessageResult } from '@ton/sandbox';

import { ForwardPayload, ShareMinter, ShareWallet } from '../../wrappers/token';
import { kept, plain, refuse, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { underCoverage } from '../support/coverage';
import { Random, runs, seeded } from '../support/random';
import { TokenModel } from '../support/token/model';
import { LONG_PAYLOAD } from '../support/token/gas';
import { TOKEN_PEOPLE, TokenPerson, TokenUnit } from '../support/token/token-unit';

jest.setTimeout(600_000);

const HOLDERS: TokenPerson[] = ['alice', 'bob', 'carol', 'dave'];
const MINTERS: TokenPerson[] = ['minter', 'second'];
const PAYLOADS: ForwardPayload[] = [null, LONG_PAYLOAD, Cell.EMPTY];

async function expectModel(unit: TokenUnit, model: TokenModel): Promise<void> {
    await unit.expectBalanced();
    for (const who of TOKEN_PEOPLE) expect([who, await unit.balance(who)]).toEqual([who, model.balance(who)]);
    const { minted, burned } = await unit.minter.getSupply();
    expect({ minted, burned }).toEqual({ minted: model.minted, burned: model.burned });
}

/** No transaction of a contract of ours spent more than its message brought. */
function expectNobodyPays(unit: TokenUnit, result: SendMessageResult): void {
    if (underCoverage) return;
    const ours = [unit.minter.address, ...TOKEN_PEOPLE.map((who) => unit.wallet(who).address)];
    for (const tx of ours.flatMap((address) => txsAt(result, address))) {
        if (succeeded(tx)) expect(kept(tx)).toBeGreaterThanOrEqual(0n);
    }
}

/** An amount from nothing to more than there is, small ones and edges more often. */
function amountOf(random: Random, most: bigint): bigint {
    return random.pick([
        () => random.bigint(0n, most),
        () => random.bigint(0n, most / 1000n + 1n),
        () => most,
        () => most + 1n,
        () => 0n,
    ])();
}

describe.each([0, 9, 18])('%i decimals', (decimals) => {
    it('keeps the books of the model through random operations and failing hops', () =>
        seeded(`token operations ${decimals}`, async (random) => {
            const unit = await TokenUnit.create({ decimals, minters: MINTERS });
            const model = new TokenModel(unit.tokens(1_000_000_000), MINTERS);
            for (let i = 0; i < runs(700); i++) {
                const [from, to] = [random.pick(HOLDERS), random.pick(HOLDERS)];
                // A receiver that refuses everything for the length of one chain.
                const refuses = random.bool(0.25);
                const options = {
                    value: toNano(random.bool(0.1) ? '0.02' : '0.3'),
                    forwardTonAmount: random.pick([0n, 1n, toNano('0.02')]),
                    forwardPayload: random.pick(PAYLOADS),
                    response: random.pick([null, unit.address('carol')]),
                };
                let result: SendMessageResult;
                let accepted: boolean;
                let first: Address;
                const undo: (() => Promise<void>)[] = [];
                switch (random.pick(['mint', 'transfer', 'transfer', 'burn'] as const)) {
                    case 'mint': {
                        const by = random.pick([...MINTERS, 'stranger'] as TokenPerson[]);
                        const amount = amountOf(random, (model.cap - model.minted) / BigInt(random.int(1, 50)));
                        if (refuses) undo.push(await refuse(unit.blockchain, unit.wallet(to).address));
                        result = await unit.mint(to, amount, { ...options, by, from: unit.address(by) });
                        first = unit.minter.address;
                        // Refused for its value, or for what the model knows.
                        accepted = succeeded(txAt(result, first));
                        const known = accepted || options.value > toNano('0.1');
                        if (known) expect(model.mint(by, to, amount, !refuses)).toBe(accepted);
                        break;
                    }
                    case 'transfer': {
                        if (from === to && refuses) continue;
                        if (model.balance(from) === 0n) continue;
                        const amount = amountOf(random, model.balance(from));
                        if (refuses) undo.push(await refuse(unit.blockchain, unit.wallet(to).address));
                        result = await unit.transfer(from, to, amount, options);
                        first = unit.wallet(from).address;
                        accepted = succeeded(txsAt(result, first)[0]);
                        const known = accepted || options.value > toNano('0.1');
                        if (known) expect(model.transfer(from, to, amount, !refuses)).toBe(accepted);
                        break;
                    }
                    case 'burn': {
                        if (model.balance(from) === 0n) continue;
                        const amount = amountOf(random, model.balance(from));
                        if (refuses) undo.push(await refuse(unit.blockchain, unit.minter.address));
                        result = await unit.burn(from, amount, { value: options.value, response: options.response });
                        first = unit.wallet(from).address;
                        accepted = succeeded(txsAt(result, first)[0]);
                        expect(model.burn(from, amount, !refuses)).toBe(accepted);
                        break;
                    }
                }
                if (!refuses) expectNobodyPays(unit, result);
                for (const back of undo) await back();
                await expectModel(unit, model);
            }
        }));
});

describe('messages in any order', () => {
    /** Jettons that are on the way: taken from one account and not yet given to another. */
    function inFlight(pending: readonly Message[]): bigint {
        let sum = 0n;
        for (const { info, body } of pending) {
            const s = body.beginParse();
            if (info.type !== 'internal' || s.remainingBits < 32) continue;
            if (info.bounced) s.skip(32);
            const op = s.loadUint(32);
            if (op !== ShareWallet.opcodes.JettonInternalTransfer && op !== ShareMinter.opcodes.JettonBurnNotification)
                continue;
            s.skip(64);
            sum += s.loadCoins();
        }
        return sum;
    }

    it.each([0, 9, 18])('wallets and what is on the way are the supply after every message (%i decimals)', (decimals) =>
        seeded(`token interleaving ${decimals}`, async (random) => {
            const unit = await TokenUnit.create({ decimals, minters: MINTERS });
            const { minter } = unit;
            for (const who of HOLDERS) await unit.mint(who, unit.tokens(1_000_000));
            const pending: Message[] = [];
            const message = (by: TokenPerson, to: Address, body: Cell): void => {
                const bounce = true;
                pending.push(internal({ from: unit.address(by), to, value: toNano('0.3'), bounce, body }));
            };
            const start = (): void => {
                const [from, to] = [random.pick(HOLDERS), random.pick(HOLDERS)];
                const amount = random.bigint(0n, unit.tokens(300_000));
                const forwardTonAmount = random.pick([0n, 1n]);
                switch (random.pick(['mint', 'transfer', 'transfer', 'burn'] as const)) {
                    case 'mint': {
                        const by = random.pick(MINTERS);
                        const args = { receiver: unit.address(to), amount, from: unit.address(by), forwardTonAmount };
                        message(by, minter.address, ShareMinter.mintBody(args));
                        break;
                    }
                    case 'transfer': {
                        const args = { destination: unit.address(to), amount, forwardTonAmount };
                        message(from, unit.wallet(from).address, ShareWallet.transferBody(args));
                        break;
                    }
                    case 'burn':
                        message(from, unit.wallet(from).address, ShareWallet.burnBody({ amount }));
                        break;
                }
            };
            const expectNothingLost = async (): Promise<void> => {
                let sum = inFlight(pending);
                for (const who of HOLDERS) sum += await unit.balance(who);
                const { minted, burned, supply } = await minter.getSupply();
                expect([sum, supply]).toEqual([minted - burned, minted - burned]);
            };
            const people = new Set(TOKEN_PEOPLE.map((who) => unit.address(who).toString()));
            let failed = 0;
            for (let i = 0; i < runs(3000) || pending.length > 0; i++) {
                if (i < runs(3000) && (pending.length === 0 || random.bool(0.3))) start();
                const [next] = pending.splice(random.int(0, pending.length - 1), 1);
                if (next.info.type !== 'internal' || people.has(next.info.dest.toString())) continue;
                const { dest } = next.info;
                // Now and then a hop fails; the way back does not: nobody could help that.
                const fails = !next.info.bounced && random.bool(0.15);
                const undo = fails ? await refuse(unit.blockchain, dest) : undefined;
                const tx = await (await unit.blockchain.getContract(dest)).receiveMessage(next);
                await undo?.();
                if (!succeeded(tx)) failed++;
                pending.push(...[...tx.outMessages.values()].filter((out) => out.info.type === 'internal'));
                await expectNothingLost();
            }
            expect(failed).toBeGreaterThan(10);
            await unit.expectBalanced();
        }),
    );
});

describe('what nobody may send', () => {
    it('random bodies change nothing', () =>
        seeded('token garbage', async (random) => {
            const unit = await TokenUnit.create();
            await unit.mint('alice', unit.tokens(5));
            const before = await unit.minter.getMinterData();
            const opcodes = [...new Set(Object.values(ShareMinter.opcodes))];
            for (let i = 0; i < runs(600); i++) {
                const body = beginCell();
                if (random.bool(0.9)) body.storeUint(random.pick(opcodes), 32);
                const bits = random.int(0, 600);
                for (let at = 0; at < bits; at += 30) body.storeUint(random.int(0, 2 ** 30 - 1), 30);
                if (random.bool(0.3)) body.storeRef(Cell.EMPTY);
                const to = random.pick([unit.minter.address, unit.wallet('alice').address]);
                await unit.send('stranger', to, body.endCell(), toNano('0.5'));
            }
            expect(await unit.balance('alice')).toBe(unit.tokens(5));
            const { $$type: _a, minters: _b, ...books } = before;
            const { $$type: _c, minters: _d, ...after } = await unit.minter.getMinterData();
            expect(plain(after)).toEqual(plain(books));
            await unit.expectBalanced();
        }));
});
