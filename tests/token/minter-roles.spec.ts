/** Who may do what at the minter: genesis, minters, metadata, admin. Every refusal changes nothing. */
import { Address, Cell, toNano } from '@ton/core';

import { offchainMetadata, ShareMinter, TokenExit, tokenEvents, TokenErrorName } from '../../wrappers/token';
import { START_TIME } from '../support/chain';
import { expectRefused, outs, succeeded, txAt } from '../support/pool/transactions';
import { TokenPerson, TokenUnit } from '../support/token/token-unit';

const NOTICE = 48 * 3600;
const DUE = START_TIME + NOTICE;

/** Before (`open`) and after the genesis; in both `minter` may mint. */
let open: TokenUnit;
let closed: TokenUnit;
let restore: (() => Promise<void>)[];

beforeAll(async () => {
    open = await TokenUnit.create();
    closed = await TokenUnit.create({ closed: true });
    restore = [open.checkpoint(), closed.checkpoint()];
});
beforeEach(async () => {
    for (const back of restore) await back();
    open.blockchain.now = closed.blockchain.now = START_TIME;
});

const account = (byte: number) => new Address(0, Buffer.alloc(32, byte));

async function done(unit: TokenUnit, by: TokenPerson, body: Cell, value?: bigint) {
    const result = await unit.send(by, unit.minter.address, body, value);
    const tx = txAt(result, unit.minter.address);
    expect(succeeded(tx)).toBe(true);
    // What is left of the value goes back to whoever sent it.
    const [excess] = outs(tx).slice(-1);
    expect(excess.op).toBe(ShareMinter.opcodes.Excesses);
    expect(excess.to).toEqualAddress(unit.address(by));
    return result;
}

const refused = (unit: TokenUnit, by: TokenPerson, body: Cell, error: TokenErrorName) =>
    expectRefused(unit.blockchain, unit.minter.address, TokenExit[error], () =>
        unit.send(by, unit.minter.address, body),
    );

const codeHash = 12345n;
const content = offchainMetadata('https://example.org/new');

describe('what only the admin may send', () => {
    it.each<[string, Cell]>([
        ['Genesis', ShareMinter.genesisBody({ recipients: [] })],
        ['AddMinter', ShareMinter.addMinterBody({ minter: account(5) })],
        ['CancelMinter', ShareMinter.cancelMinterBody()],
        ['RemoveMinter', ShareMinter.removeMinterBody({ minter: account(5) })],
        ['ChangeMetadata', ShareMinter.changeMetadataBody({ content })],
        ['CancelMetadata', ShareMinter.cancelMetadataBody()],
        ['AnnounceUpgrade', ShareMinter.announceUpgradeBody({ codeHash })],
        ['CancelUpgrade', ShareMinter.cancelUpgradeBody()],
        ['ChangeAdmin', ShareMinter.changeAdminBody({ newAdmin: account(5) })],
        ['DropAdmin', ShareMinter.dropAdminBody()],
    ])('%s', async (_, body) => {
        for (const unit of [open, closed]) {
            for (const by of ['stranger', 'minter'] as const) await refused(unit, by, body, 'ERROR_NOT_ADMIN');
        }
    });

    it('is nobody once the administration was dropped', async () => {
        await done(closed, 'admin', ShareMinter.dropAdminBody());
        await refused(closed, 'admin', ShareMinter.addMinterBody({ minter: account(5) }), 'ERROR_NOT_ADMIN');
        await refused(closed, 'stranger', ShareMinter.dropAdminBody(), 'ERROR_NOT_ADMIN');
    });
});

describe('minting', () => {
    it('is for minters: not for the admin, not for the receiver', async () => {
        for (const by of ['admin', 'alice', 'stranger'] as const) {
            await refused(
                open,
                by,
                ShareMinter.mintBody({ receiver: open.address('alice'), amount: 1n }),
                'ERROR_NOT_MINTER',
            );
        }
        await open.mint('alice', 1n);
        expect(await open.balance('alice')).toBe(1n);
    });

    it('works for every one of eight minters', async () => {
        const names = ['admin', 'minter', 'second', 'alice', 'bob', 'carol', 'dave', 'stranger'] as const;
        const unit = await TokenUnit.create({ minters: names });
        for (const by of names) await unit.mint('alice', 1n, { by });
        expect(await unit.balance('alice')).toBe(8n);
        for (const name of names) expect(await unit.minter.getIsMinter(unit.address(name))).toBe(true);
        expect(await unit.minter.getIsMinter(account(1))).toBe(false);
    });

    it('is not for an account with the same id in another workchain', async () => {
        const twin = new Address(-1, open.address('minter').hash);
        const body = ShareMinter.mintBody({ receiver: open.address('alice'), amount: 1n });
        await expectRefused(open.blockchain, open.minter.address, TokenExit.ERROR_NOT_MINTER, () =>
            open.blockchain.sendMessage({
                info: {
                    type: 'internal',
                    ihrDisabled: true,
                    bounce: true,
                    bounced: false,
                    src: twin,
                    dest: open.minter.address,
                    value: { coins: toNano('1') },
                    ihrFee: 0n,
                    forwardFee: 0n,
                    createdAt: 0,
                    createdLt: 0n,
                },
                body,
            }),
        );
    });

    it('names the minter, the token or nobody as sender; anybody else is refused', async () => {
        const [me, alice] = [open.address('minter'), open.address('alice')];
        for (const from of [me, open.minter.address, null]) {
            expect(succeeded(open.tx(await open.mint('alice', 1n, { from }), 'alice'))).toBe(true);
        }
        for (const from of [alice, open.address('admin')]) {
            await refused(
                open,
                'minter',
                ShareMinter.mintBody({ receiver: alice, amount: 1n, from }),
                'ERROR_MINT_MESSAGE',
            );
        }
    });
});

describe('genesis', () => {
    const list = (unit: TokenUnit): [Address, bigint][] => [
        [unit.address('alice'), unit.tokens(200_000_000)],
        [unit.address('bob'), unit.tokens(250_000_000)],
    ];

    it('mints the list, ends the set-up and the admin’s own minter role', async () => {
        const unit = await TokenUnit.create({ minters: ['admin', 'minter'] });
        const cost = await unit.minter.getCost(ShareMinter.opcodes.Genesis, 2);
        const result = await done(unit, 'admin', ShareMinter.genesisBody({ recipients: list(unit) }), cost);
        expect(await unit.balance('alice')).toBe(unit.tokens(200_000_000));
        expect(await unit.balance('bob')).toBe(unit.tokens(250_000_000));
        await unit.expectBalanced();
        const data = await unit.minter.getMinterData();
        expect([data.open, data.firstMinter, data.minters.size]).toEqual([false, null, 1]);
        await expectRefused(unit.blockchain, unit.minter.address, TokenExit.ERROR_NOT_MINTER, () =>
            unit.mint('alice', 1n, { by: 'admin', value: toNano('1') }),
        );
        await unit.mint('alice', 1n);
        expect(tokenEvents(result.transactions)).toMatchObject([
            { event: 'MinterEvent', kind: 0n },
            { event: 'GenesisEvent', recipients: 2n, amount: unit.tokens(450_000_000) },
        ]);
    });

    it('ends the admin’s role when he is not the first minter, too', async () => {
        const unit = await TokenUnit.create({ minters: ['minter', 'admin'] });
        await done(unit, 'admin', ShareMinter.genesisBody({ recipients: [] }));
        expect(await unit.minter.getIsMinter(unit.address('admin'))).toBe(false);
        expect(await unit.minter.getIsMinter(unit.address('minter'))).toBe(true);
    });

    it('happens once', async () => {
        await refused(closed, 'admin', ShareMinter.genesisBody({ recipients: [] }), 'ERROR_GENESIS_OVER');
    });

    it('leaves the rent of new wallets with them', async () => {
        await done(open, 'admin', ShareMinter.genesisBody({ recipients: list(open) }), toNano('3'));
        for (const who of ['alice', 'bob'] as const) {
            const { balance } = await open.blockchain.getContract(open.wallet(who).address);
            expect(balance).toBeGreaterThan(toNano('0.03'));
        }
    });
});

describe('minters', () => {
    const add = (minter: Address) => ShareMinter.addMinterBody({ minter, queryId: 9n });

    it('are added at once before the genesis', async () => {
        const result = await done(open, 'admin', add(open.address('second')));
        expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MinterEvent', kind: 1n, at: 0n }]);
        await open.mint('alice', 1n, { by: 'second' });
        expect(await open.balance('alice')).toBe(1n);
    });

    it('wait 48 h after it', async () => {
        const result = await done(closed, 'admin', add(closed.address('second')));
        expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MinterEvent', kind: 2n, at: BigInt(DUE) }]);
        const data = await closed.minter.getMinterData();
        expect(data.nextMinter).toEqualAddress(closed.address('second'));
        expect(data.nextMinterAt).toBe(BigInt(DUE));
        expect(await closed.minter.getIsMinter(closed.address('second'))).toBe(false);

        closed.blockchain.now = DUE - 1;
        await refused(closed, 'stranger', ShareMinter.applyMinterBody(), 'ERROR_TOO_EARLY');
        closed.blockchain.now = DUE;
        const applied = await done(closed, 'stranger', ShareMinter.applyMinterBody());
        expect(tokenEvents(applied.transactions)).toMatchObject([{ event: 'MinterEvent', kind: 1n, at: 0n }]);
        expect(await closed.minter.getIsMinter(closed.address('second'))).toBe(true);
        await refused(closed, 'stranger', ShareMinter.applyMinterBody(), 'ERROR_NO_CHANGE');
    });

    it('are announced one at a time and can be taken back', async () => {
        await refused(closed, 'admin', ShareMinter.cancelMinterBody(), 'ERROR_NO_CHANGE');
        await done(closed, 'admin', add(closed.address('second')));
        await refused(closed, 'admin', add(closed.address('dave')), 'ERROR_CHANGE_PENDING');
        const result = await done(closed, 'admin', ShareMinter.cancelMinterBody());
        expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MinterEvent', kind: 3n, at: 0n }]);
        closed.blockchain.now = DUE;
        await refused(closed, 'stranger', ShareMinter.applyMinterBody(), 'ERROR_NO_CHANGE');
        await done(closed, 'admin', add(closed.address('dave')));
    });

    it('end at once', async () => {
        for (const unit of [open, closed]) {
            const body = ShareMinter.removeMinterBody({ minter: unit.address('minter') });
            const result = await done(unit, 'admin', body);
            expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MinterEvent', kind: 0n, at: 0n }]);
            await refused(
                unit,
                'minter',
                ShareMinter.mintBody({ receiver: unit.address('alice'), amount: 1n }),
                'ERROR_NOT_MINTER',
            );
            await refused(unit, 'admin', body, 'ERROR_MINTER_LIST');
        }
    });

    it('end when they are not the first, too; a free first place is taken again', async () => {
        await done(open, 'admin', add(open.address('second')));
        await done(open, 'admin', ShareMinter.removeMinterBody({ minter: open.address('second') }));
        expect(await open.minter.getIsMinter(open.address('second'))).toBe(false);
        await done(open, 'admin', ShareMinter.removeMinterBody({ minter: open.address('minter') }));
        expect((await open.minter.getMinterData()).firstMinter).toBeNull();
        await done(open, 'admin', add(open.address('dave')));
        expect((await open.minter.getMinterData()).firstMinter).toEqualAddress(open.address('dave'));
        await open.mint('alice', 1n, { by: 'dave' });
    });

    it('are never listed twice, not even by the same first 16 bits', async () => {
        const twin = Buffer.from(open.address('minter').hash);
        twin[31] ^= 1;
        const own = Buffer.from(open.minter.address.hash);
        own[31] ^= 1;
        for (const minter of [open.address('minter'), new Address(0, twin), new Address(0, own)]) {
            await refused(open, 'admin', add(minter), 'ERROR_MINTER_LIST');
        }
        await done(open, 'admin', add(account(5)));
        const other = Buffer.alloc(32, 5);
        other[2] = 6;
        await refused(open, 'admin', add(new Address(0, other)), 'ERROR_MINTER_LIST');
        other[1] = 6;
        await done(open, 'admin', add(new Address(0, other)));
    });

    it('are not announced twice either', async () => {
        await refused(closed, 'admin', add(closed.address('minter')), 'ERROR_MINTER_LIST');
        const own = Buffer.from(closed.minter.address.hash);
        own[31] ^= 1;
        await refused(closed, 'admin', add(new Address(0, own)), 'ERROR_MINTER_LIST');
    });

    it('must be in the basechain', async () => {
        for (const unit of [open, closed]) {
            await refused(unit, 'admin', add(new Address(-1, Buffer.alloc(32, 5))), 'ERROR_BAD_ADDRESS');
        }
    });

    it('are eight at most, when announced and when applied', async () => {
        for (let i = 1; i <= 7; i++) await done(open, 'admin', add(account(i)));
        await refused(open, 'admin', add(account(8)), 'ERROR_TOO_MANY_MINTERS');
        await done(open, 'admin', ShareMinter.removeMinterBody({ minter: account(7) }));
        await done(open, 'admin', ShareMinter.genesisBody({ recipients: [] }));
        await done(open, 'admin', add(account(9)));
        open.blockchain.now = DUE;
        await done(open, 'stranger', ShareMinter.applyMinterBody());
        await refused(open, 'admin', add(account(10)), 'ERROR_TOO_MANY_MINTERS');
        // The place of the first one counts.
        await done(open, 'admin', ShareMinter.removeMinterBody({ minter: open.address('minter') }));
        await done(open, 'admin', add(account(10)));
        open.blockchain.now = DUE + NOTICE;
        await done(open, 'stranger', ShareMinter.applyMinterBody());
        expect((await open.minter.getMinterData()).firstMinter).toEqualAddress(account(10));
    });
});

describe('metadata', () => {
    const change = ShareMinter.changeMetadataBody({ content });

    it('changes at once before the genesis', async () => {
        const result = await done(open, 'admin', change);
        expect((await open.minter.getJettonData()).content).toEqualCell(content);
        const hash = BigInt(`0x${content.hash().toString('hex')}`);
        expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MetadataEvent', hash, at: 0n }]);
    });

    it('waits 48 h after it', async () => {
        const old = (await closed.minter.getJettonData()).content;
        await done(closed, 'admin', change);
        await refused(closed, 'admin', change, 'ERROR_CHANGE_PENDING');
        const data = await closed.minter.getMinterData();
        expect([data.nextContentAt, data.nextContent!.hash()]).toEqual([BigInt(DUE), content.hash()]);
        expect((await closed.minter.getJettonData()).content).toEqualCell(old);
        closed.blockchain.now = DUE - 1;
        await refused(closed, 'stranger', ShareMinter.applyMetadataBody(), 'ERROR_TOO_EARLY');
        closed.blockchain.now = DUE;
        const result = await done(closed, 'stranger', ShareMinter.applyMetadataBody());
        expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MetadataEvent', at: 0n }]);
        expect((await closed.minter.getJettonData()).content).toEqualCell(content);
        await refused(closed, 'stranger', ShareMinter.applyMetadataBody(), 'ERROR_NO_CHANGE');
        expect((await closed.minter.getMinterData()).nextContent).toBeNull();
    });

    it('can be taken back', async () => {
        await refused(closed, 'admin', ShareMinter.cancelMetadataBody(), 'ERROR_NO_CHANGE');
        await done(closed, 'admin', change);
        const result = await done(closed, 'admin', ShareMinter.cancelMetadataBody());
        expect(tokenEvents(result.transactions)).toMatchObject([{ event: 'MetadataEvent', hash: 0n, at: 0n }]);
        closed.blockchain.now = DUE;
        await refused(closed, 'stranger', ShareMinter.applyMetadataBody(), 'ERROR_NO_CHANGE');
    });
});

describe('admin', () => {
    const nominate = (newAdmin: Address | null) => ShareMinter.changeAdminBody({ newAdmin });

    it('changes in two steps', async () => {
        const result = await done(open, 'admin', nominate(open.address('dave')));
        expect(await open.minter.getNextAdmin()).toEqualAddress(open.address('dave'));
        expect((await open.minter.getJettonData()).adminAddress).toEqualAddress(open.address('admin'));
        const [event] = tokenEvents(result.transactions, 'AdminEvent');
        expect(event.nextAdmin).toEqualAddress(open.address('dave'));
        await refused(open, 'stranger', ShareMinter.claimAdminBody(), 'ERROR_NOT_NEXT_ADMIN');
        await refused(open, 'admin', ShareMinter.claimAdminBody(), 'ERROR_NOT_NEXT_ADMIN');
        await done(open, 'dave', ShareMinter.claimAdminBody());
        expect((await open.minter.getJettonData()).adminAddress).toEqualAddress(open.address('dave'));
        expect(await open.minter.getNextAdmin()).toBeNull();
        await refused(open, 'admin', nominate(null), 'ERROR_NOT_ADMIN');
    });

    it('takes a nomination back, replaces it, and refuses addresses that cannot claim', async () => {
        await refused(open, 'dave', ShareMinter.claimAdminBody(), 'ERROR_NOT_NEXT_ADMIN');
        await done(open, 'admin', nominate(open.address('dave')));
        await done(open, 'admin', nominate(open.address('carol')));
        await refused(open, 'dave', ShareMinter.claimAdminBody(), 'ERROR_NOT_NEXT_ADMIN');
        await done(open, 'admin', nominate(null));
        await refused(open, 'carol', ShareMinter.claimAdminBody(), 'ERROR_NOT_NEXT_ADMIN');
        await refused(open, 'admin', nominate(new Address(-1, Buffer.alloc(32, 1))), 'ERROR_BAD_ADDRESS');
    });

    it.each([
        ['first', ['admin', 'minter'] as const],
        ['another', ['minter', 'admin'] as const],
        ['no', ['minter'] as const],
    ])('can be dropped before the genesis: that ends the set-up and his role as %s minter', async (_, minters) => {
        const unit = await TokenUnit.create({ minters });
        const result = await done(unit, 'admin', ShareMinter.dropAdminBody());
        expect((await unit.minter.getMinterData()).open).toBe(false);
        expect(await unit.minter.getIsMinter(unit.address('admin'))).toBe(false);
        expect(await unit.minter.getIsMinter(unit.address('minter'))).toBe(true);
        expect(tokenEvents(result.transactions, 'MinterEvent')).toHaveLength(minters.length - 1);
        await refused(unit, 'admin', ShareMinter.genesisBody({ recipients: [] }), 'ERROR_NOT_ADMIN');
    });

    it('can be dropped after the genesis; everything announced is gone, minters go on', async () => {
        await done(closed, 'admin', ShareMinter.addMinterBody({ minter: account(5) }));
        await done(closed, 'admin', ShareMinter.changeMetadataBody({ content }));
        await done(closed, 'admin', ShareMinter.announceUpgradeBody({ codeHash }));
        await done(closed, 'admin', nominate(closed.address('dave')));
        await done(closed, 'admin', ShareMinter.dropAdminBody());
        closed.blockchain.now = DUE;
        await refused(closed, 'dave', ShareMinter.claimAdminBody(), 'ERROR_NOT_NEXT_ADMIN');
        await refused(closed, 'dave', ShareMinter.applyMinterBody(), 'ERROR_NO_CHANGE');
        await refused(closed, 'dave', ShareMinter.applyMetadataBody(), 'ERROR_NO_CHANGE');
        await refused(closed, 'dave', ShareMinter.applyUpgradeBody({ code: Cell.EMPTY }), 'ERROR_NO_CHANGE');
        expect(await closed.minter.getJettonData()).toMatchObject({ adminAddress: null, mintable: true });
        await closed.mint('alice', 1n);
    });

    it('says that a minter who is not the first can still mint', async () => {
        const unit = await TokenUnit.create({ minters: ['minter', 'second'], closed: true });
        await done(unit, 'admin', ShareMinter.removeMinterBody({ minter: unit.address('minter') }));
        await done(unit, 'admin', ShareMinter.dropAdminBody());
        expect((await unit.minter.getJettonData()).mintable).toBe(true);
        await unit.mint('alice', 1n, { by: 'second' });
        expect(await unit.balance('alice')).toBe(1n);
    });

    it('says that nothing can be minted any more without admin and minters', async () => {
        await done(closed, 'admin', ShareMinter.removeMinterBody({ minter: closed.address('minter') }));
        expect((await closed.minter.getJettonData()).mintable).toBe(true);
        await done(closed, 'admin', ShareMinter.dropAdminBody());
        expect((await closed.minter.getJettonData()).mintable).toBe(false);
    });
});
