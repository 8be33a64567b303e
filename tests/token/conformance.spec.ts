/**
 * TEP-74 and TEP-89, sentence by sentence: one case for everything that the documents say a wallet or a minter must (or
 * should) do, on tokens of 0, 9 and 18 decimals. Bodies are written by hand here, not by our wrappers: what another
 * program sends has to work.
 */
import { Address, beginCell, Builder, Cell, Slice, toNano, TupleReader } from '@ton/core';
import { SendMessageResult } from '@ton/sandbox';

import { TokenExit } from '../../wrappers/token';
import { underCoverage } from '../support/coverage';
import {
    EXCESSES,
    exitCode,
    expectRefused,
    JETTON_NOTIFICATION,
    outs,
    succeeded,
    txAt,
    txsAt,
} from '../support/pool/transactions';
import { TokenPerson, TokenUnit } from '../support/token/token-unit';

const TRANSFER = 0x0f8a7ea5;
const INTERNAL_TRANSFER = 0x178d4519;
const BURN = 0x595f07bc;
const BURN_NOTIFICATION = 0x7bdd97de;
const PROVIDE = 0x2c76b973;
const TAKE = 0xd1735400;

const QUERY = 0x1234567890abcdefn;

type Transfer = {
    to?: Address | null;
    amount: bigint;
    response?: Address | null;
    custom?: Cell | null;
    forward?: bigint;
    /** From the either bit on. */
    payload?: (b: Builder) => Builder;
};

const inlineNothing = (b: Builder) => b.storeBit(false);

describe.each([0, 9, 18])('a jetton of %i decimals', (decimals) => {
    let unit: TokenUnit;
    let restore: () => Promise<void>;
    let all: bigint;

    beforeAll(async () => {
        unit = await TokenUnit.create({ decimals });
        all = unit.tokens(1_000_000) + 7n;
        await unit.mint('alice', all);
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    const transferBody = (t: Transfer): Cell =>
        beginCell()
            .storeUint(TRANSFER, 32)
            .storeUint(QUERY, 64)
            .storeCoins(t.amount)
            .storeAddress(t.to === undefined ? unit.address('bob') : t.to)
            .storeAddress(t.response === undefined ? unit.address('carol') : t.response)
            .storeMaybeRef(t.custom ?? null)
            .storeCoins(t.forward ?? 0n)
            .store((b) => {
                (t.payload ?? inlineNothing)(b);
            })
            .endCell();
    const burnBody = (amount: bigint, response: Address | null = unit.address('carol')): Cell =>
        beginCell()
            .storeUint(BURN, 32)
            .storeUint(QUERY, 64)
            .storeCoins(amount)
            .storeAddress(response)
            .storeBit(false)
            .endCell();
    const walletOf = (who: TokenPerson) => unit.wallet(who).address;
    const send = (body: Cell, options: { by?: TokenPerson; value?: bigint; wallet?: TokenPerson } = {}) =>
        unit.send(options.by ?? 'alice', walletOf(options.wallet ?? 'alice'), body, options.value ?? toNano('1'));
    const get = async (address: Address, name: string, args: Cell[] = []): Promise<TupleReader> =>
        (
            await unit.blockchain.runGetMethod(
                address,
                name,
                args.map((cell) => ({ type: 'slice', cell })),
            )
        ).stackReader;
    /** Messages with this opcode, from the bodies that really travelled. */
    const messages = (result: SendMessageResult, op: number) =>
        result.transactions.flatMap((tx) => outs(tx)).filter((out) => out.op === op);
    const bodyOf = (cell: Cell): Slice => cell.beginParse().skip(32);

    // ------------------------------------------------------------ TEP-74: transfer

    it('transfer: the sender must be the owner', async () => {
        await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_NOT_WALLET_OWNER, () =>
            send(transferBody({ amount: 1n }), { by: 'bob' }),
        );
        expect(await unit.balance('alice')).toBe(all);
    });

    it('transfer: there must be enough jettons: all of them go, one more does not', async () => {
        await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_BALANCE, () =>
            send(transferBody({ amount: all + 1n })),
        );
        const result = await send(transferBody({ amount: all }));
        expect(succeeded(txAt(result, walletOf('bob')))).toBe(true);
        expect([await unit.balance('alice'), await unit.balance('bob')]).toEqual([0n, all]);
    });

    it('transfer: must be rejected if there is not enough TON to process it, deploy and send the forward amount', async () => {
        const forward = toNano('0.3');
        const cost = await unit.minter.getCost(TRANSFER);
        await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_VALUE_TOO_LOW, () =>
            send(transferBody({ amount: 1n, forward }), { value: forward + toNano('0.01') }),
        );
        const result = await send(transferBody({ amount: 1n, forward }), { value: forward + cost });
        expect(messages(result, JETTON_NOTIFICATION)[0].value).toBe(forward);
    });

    it("transfer: decreases the sender's balance and increases the receiver's by the amount", async () => {
        await send(transferBody({ amount: 5n }));
        expect([await unit.balance('alice'), await unit.balance('bob')]).toEqual([all - 5n, 5n]);
        await send(transferBody({ amount: 6n }));
        expect([await unit.balance('alice'), await unit.balance('bob')]).toEqual([all - 11n, 11n]);
        await unit.expectBalanced();
    });

    it('transfer: sends internal_transfer with query id, amount, sender, response, forward amount and payload', async () => {
        const payload = beginCell().storeUint(77, 20).endCell();
        const result = await send(
            transferBody({ amount: 5n, forward: 3n, payload: (b) => b.storeBit(true).storeRef(payload) }),
        );
        const [message] = messages(result, INTERNAL_TRANSFER);
        expect(message.to).toEqualAddress(walletOf('bob'));
        const s = bodyOf(message.body);
        expect([s.loadUintBig(64), s.loadCoins()]).toEqual([QUERY, 5n]);
        expect(s.loadAddress()).toEqualAddress(unit.address('alice'));
        expect(s.loadAddress()).toEqualAddress(unit.address('carol'));
        expect([s.loadCoins(), s.loadBit()]).toEqual([3n, true]);
        expect(s.loadRef()).toEqualCell(payload);
        s.endParse();
    });

    it('transfer: the wallet of the new owner is deployed on the way if there is none', async () => {
        const result = await send(transferBody({ amount: 5n }));
        expect(result.transactions).toHaveTransaction({ from: walletOf('alice'), to: walletOf('bob'), deploy: true });
        const data = await get(walletOf('bob'), 'get_wallet_data');
        expect(data.readBigNumber()).toBe(5n);
    });

    it('transfer: a destination that is no basechain address must be refused', async () => {
        for (const to of [null, new Address(-1, Buffer.alloc(32, 7))]) {
            await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_BAD_ADDRESS, () =>
                send(transferBody({ amount: 1n, to })),
            );
        }
    });

    it('transfer: a custom payload is accepted and does not reach the receiver', async () => {
        const custom = beginCell().storeUint(1, 8).endCell();
        const result = await send(transferBody({ amount: 1n, custom, forward: 1n }));
        const s = bodyOf(messages(result, JETTON_NOTIFICATION)[0].body);
        s.loadUintBig(64);
        s.loadCoins();
        s.loadAddress();
        expect([s.loadBit(), s.remainingBits, s.remainingRefs]).toEqual([false, 0, 0]);
    });

    it('transfer: forward_payload must be there and must be what its first bit says', async () => {
        const bad: [(b: Builder) => Builder, number][] = [
            [(b) => b, 9],
            [(b) => b.storeBit(true), TokenExit.ERROR_BAD_PAYLOAD],
            [(b) => b.storeBit(true).storeBit(true).storeRef(Cell.EMPTY), TokenExit.ERROR_BAD_PAYLOAD],
        ];
        for (const [payload, code] of bad) {
            await expectRefused(unit.blockchain, walletOf('alice'), code, () =>
                send(transferBody({ amount: 1n, forward: 1n, payload })),
            );
        }
    });

    // ------------------------------------------------------------ TEP-74: notification

    it.each([
        ['nothing', inlineNothing],
        ['a short slice', (b: Builder) => b.storeBit(false).storeUint(0xabcdef, 24)],
        ['a slice with a reference', (b: Builder) => b.storeBit(false).storeUint(5, 7).storeRef(Cell.EMPTY)],
        ['a long slice', (b: Builder) => b.storeBit(false).storeUint(1n, 250)],
        ['a cell', (b: Builder) => b.storeBit(true).storeRef(beginCell().storeUint(1, 1).endCell())],
    ])('notification: sent with the forward amount and the payload if that is %s', async (_, payload) => {
        const result = await send(transferBody({ amount: 5n, forward: 12_345n, payload }));
        const [message, ...others] = messages(result, JETTON_NOTIFICATION);
        expect(others).toHaveLength(0);
        expect([message.value, message.bounce]).toEqual([12_345n, false]);
        expect(message.to).toEqualAddress(unit.address('bob'));
        const s = bodyOf(message.body);
        expect([s.loadUintBig(64), s.loadCoins()]).toEqual([QUERY, 5n]);
        expect(s.loadAddress()).toEqualAddress(unit.address('alice'));
        expect(s.asCell()).toEqualCell(payload(beginCell()).endCell());
    });

    it('notification: the largest payload that a transfer can carry arrives', async () => {
        // Without a response address there is room for 600 bits and four references.
        const payload = (b: Builder) =>
            b
                .storeBit(false)
                .storeUint((1n << 250n) - 1n, 250)
                .storeUint(5n, 240)
                .storeRef(beginCell().storeUint(1, 1).endCell())
                .storeRef(beginCell().storeUint(2, 2).endCell())
                .storeRef(beginCell().storeUint(3, 3).endCell())
                .storeRef(beginCell().storeUint(4, 4).endCell());
        const result = await send(transferBody({ amount: 5n, response: null, forward: 1n, payload }));
        const s = bodyOf(messages(result, JETTON_NOTIFICATION)[0].body);
        s.loadUintBig(64);
        s.loadCoins();
        s.loadAddress();
        expect(s.asCell()).toEqualCell(payload(beginCell()).endCell());
    });

    it('notification: must not be sent if the forward amount is zero', async () => {
        const result = await send(transferBody({ amount: 5n, forward: 0n }));
        expect(messages(result, JETTON_NOTIFICATION)).toHaveLength(0);
        expect(await unit.balance('bob')).toBe(5n);
    });

    // ------------------------------------------------------------ TEP-74: excesses

    it('excesses: what is left goes to the response address with the query id', async () => {
        await send(transferBody({ amount: 1n }));
        const result = await send(transferBody({ amount: 5n }));
        const [message, ...others] = messages(result, EXCESSES);
        expect(others).toHaveLength(0);
        expect(message.from).toEqualAddress(walletOf('bob'));
        expect(message.to).toEqualAddress(unit.address('carol'));
        expect([message.queryId, message.bounce]).toEqual([QUERY, false]);
        expect(message.body.bits.length).toBe(96);
        if (!underCoverage) expect(message.value).toBeGreaterThan(toNano('0.98'));
    });

    it('excesses: must not be sent to addr_none', async () => {
        const result = await send(transferBody({ amount: 5n, response: null, forward: 1n }));
        expect(messages(result, EXCESSES)).toHaveLength(0);
        expect(succeeded(txAt(result, walletOf('bob')))).toBe(true);
    });

    // ------------------------------------------------------------ TEP-74: internal_transfer

    const internalBody = (amount: bigint, from: Address | null): Cell =>
        beginCell()
            .storeUint(INTERNAL_TRANSFER, 32)
            .storeUint(QUERY, 64)
            .storeCoins(amount)
            .storeAddress(from)
            .storeAddress(null)
            .storeCoins(0)
            .storeBit(false)
            .endCell();

    it('internal_transfer: must be refused unless it is from the minter or the wallet of `from`', async () => {
        for (const from of [unit.address('alice'), unit.address('bob'), unit.minter.address]) {
            for (const by of ['bob', 'alice', 'minter', 'admin'] as const) {
                await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_NOT_WALLET, () =>
                    send(internalBody(1n, from), { by }),
                );
            }
        }
        // Nobody has no wallet: there is nothing to take a hash of.
        await expectRefused(unit.blockchain, walletOf('alice'), 9, () => send(internalBody(1n, null), { by: 'bob' }));
    });

    it('internal_transfer: a wallet of another jetton is no wallet', async () => {
        const other = await TokenUnit.create({ decimals: 3 });
        const foreign = other.wallet('bob').address;
        await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_NOT_WALLET, () =>
            unit.blockchain.sendMessage(forged(foreign, walletOf('alice'), internalBody(1n, unit.address('bob')))),
        );
    });

    // ------------------------------------------------------------ TEP-74: burn

    it('burn: the sender must be the owner', async () => {
        await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_NOT_WALLET_OWNER, () =>
            send(burnBody(1n), { by: 'bob' }),
        );
    });

    it('burn: there must be enough jettons', async () => {
        await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_BALANCE, () =>
            send(burnBody(all + 1n)),
        );
        await send(burnBody(all));
        expect(await unit.balance('alice')).toBe(0n);
    });

    it('burn: must be refused if there is not enough TON', async () => {
        await expectRefused(unit.blockchain, walletOf('alice'), TokenExit.ERROR_VALUE_TOO_LOW, () =>
            send(burnBody(1n), { value: toNano('0.004') }),
        );
    });

    it('burn: decreases balance and supply and tells the minter query id, amount, owner and response', async () => {
        const result = await send(burnBody(5n));
        const s = bodyOf(messages(result, BURN_NOTIFICATION)[0].body);
        expect([s.loadUintBig(64), s.loadCoins()]).toEqual([QUERY, 5n]);
        expect(s.loadAddress()).toEqualAddress(unit.address('alice'));
        expect(s.loadAddress()).toEqualAddress(unit.address('carol'));
        s.endParse();
        const [excess] = messages(result, EXCESSES);
        expect(excess.from).toEqualAddress(unit.minter.address);
        expect(excess.to).toEqualAddress(unit.address('carol'));
        expect(excess.queryId).toBe(QUERY);
        expect((await unit.minter.getJettonData()).totalSupply).toBe(all - 5n);
        await unit.expectBalanced();
    });

    it('burn: no excesses to addr_none', async () => {
        const result = await send(burnBody(5n, null));
        expect(messages(result, EXCESSES)).toHaveLength(0);
        expect((await unit.minter.getJettonData()).totalSupply).toBe(all - 5n);
    });

    it('burn_notification: must be refused unless it is from the wallet of the owner it names', async () => {
        const body = beginCell()
            .storeUint(BURN_NOTIFICATION, 32)
            .storeUint(QUERY, 64)
            .storeCoins(1)
            .storeAddress(unit.address('alice'))
            .storeAddress(null)
            .endCell();
        for (const by of ['alice', 'admin', 'minter'] as const) {
            await expectRefused(unit.blockchain, unit.minter.address, TokenExit.ERROR_NOT_WALLET, () =>
                unit.send(by, unit.minter.address, body),
            );
        }
        await unit.transfer('alice', 'bob', 1n);
        await expectRefused(unit.blockchain, unit.minter.address, TokenExit.ERROR_NOT_WALLET, () =>
            unit.blockchain.sendMessage(forged(walletOf('bob'), unit.minter.address, body)),
        );
    });

    // ------------------------------------------------------------ TEP-74: get-methods

    it('get_wallet_data: balance, owner, jetton, wallet code', async () => {
        const data = await get(walletOf('alice'), 'get_wallet_data');
        expect(data.remaining).toBe(4);
        expect(data.readBigNumber()).toBe(all);
        expect(data.readAddress()).toEqualAddress(unit.address('alice'));
        expect(data.readAddress()).toEqualAddress(unit.minter.address);
        expect(data.readCell()).toEqualCell(unit.walletCode);
    });

    it('get_jetton_data: supply, mintable, admin, content, wallet code', async () => {
        const data = await get(unit.minter.address, 'get_jetton_data');
        expect(data.remaining).toBe(5);
        expect([data.readBigNumber(), data.readNumber()]).toEqual([all, -1]);
        expect(data.readAddress()).toEqualAddress(unit.address('admin'));
        expect(data.readCell().beginParse().loadUint(8)).toBe(0);
        expect(data.readCell()).toEqualCell(unit.walletCode);
    });

    it('get_wallet_address: the address where the wallet really is', async () => {
        const stack = await get(unit.minter.address, 'get_wallet_address', [
            beginCell().storeAddress(unit.address('alice')).endCell(),
        ]);
        expect(stack.readAddress()).toEqualAddress(walletOf('alice'));
    });

    // ------------------------------------------------------------ TEP-89

    const provideBody = (owner: Address | null, include: boolean): Cell =>
        beginCell().storeUint(PROVIDE, 32).storeUint(QUERY, 64).storeAddress(owner).storeBit(include).endCell();

    it.each([true, false])('provide_wallet_address: answered to the sender, owner included: %s', async (include) => {
        const result = await unit.send('bob', unit.minter.address, provideBody(unit.address('alice'), include));
        const [message] = messages(result, TAKE);
        expect(message.to).toEqualAddress(unit.address('bob'));
        const s = bodyOf(message.body);
        expect(s.loadUintBig(64)).toBe(QUERY);
        expect(s.loadAddress()).toEqualAddress(walletOf('alice'));
        expect(s.loadBit()).toBe(include);
        if (include) {
            expect(s.loadRef()).toEqualCell(beginCell().storeAddress(unit.address('alice')).endCell());
        }
        s.endParse();
        if (!underCoverage) expect(message.value).toBeGreaterThan(toNano('0.99'));
    });

    it.each([null, new Address(-1, Buffer.alloc(32, 3))])(
        'provide_wallet_address: addr_none if there can be no wallet (%s)',
        async (owner) => {
            const result = await unit.send('bob', unit.minter.address, provideBody(owner, true));
            const s = bodyOf(messages(result, TAKE)[0].body);
            expect(s.loadUintBig(64)).toBe(QUERY);
            expect(s.loadMaybeAddress()).toBeNull();
            expect(s.loadBit()).toBe(true);
            expect(s.loadRef()).toEqualCell(beginCell().storeAddress(owner).endCell());
            s.endParse();
        },
    );

    it('provide_wallet_address: must throw if the value does not cover the answer', async () => {
        const result = await unit.send(
            'bob',
            unit.minter.address,
            provideBody(unit.address('alice'), true),
            toNano('0.0023'),
        );
        expect(exitCode(txsAt(result, unit.minter.address)[0])).toBe(TokenExit.ERROR_VALUE_TOO_LOW);
    });
});

/** A message in the name of a contract. */
function forged(from: Address, to: Address, body: Cell) {
    return {
        info: {
            type: 'internal' as const,
            ihrDisabled: true,
            bounce: true,
            bounced: false,
            src: from,
            dest: to,
            value: { coins: toNano('1') },
            ihrFee: 0n,
            forwardFee: 0n,
            createdAt: 0,
            createdLt: 0n,
        },
        body,
    };
}
