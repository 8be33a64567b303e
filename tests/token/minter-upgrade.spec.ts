/** The delayed upgrade of the minter: notice, wait, apply - and wallets that live on. */
import { Cell, toNano } from '@ton/core';

import { ShareMinter, TokenErrorName, tokenCodes, TokenExit, tokenEvents } from '../../wrappers/token';
import { START_TIME } from '../support/chain';
import { expectRefused, plain, succeeded } from '../support/pool/transactions';
import { GENERATION, nextMinterCode } from '../support/token/next-minter';
import { TokenPerson, TokenUnit } from '../support/token/token-unit';

jest.setTimeout(120_000);

const DUE = START_TIME + 48 * 3600;
const hashOf = (code: Cell) => BigInt(`0x${code.hash().toString('hex')}`);

let unit: TokenUnit;
let next: Cell;
let restore: () => Promise<void>;

beforeAll(async () => {
    next = await nextMinterCode();
    unit = await TokenUnit.create({ minters: ['minter', 'second'] });
    await unit.mint('alice', unit.tokens(100));
    await unit.transfer('alice', 'bob', unit.tokens(40));
    restore = unit.checkpoint();
});
beforeEach(async () => {
    await restore();
    unit.blockchain.now = START_TIME;
});

const done = async (by: TokenPerson, body: Cell) => {
    const result = await unit.send(by, unit.minter.address, body);
    expect(succeeded(unit.tx(result, 'mint'))).toBe(true);
    return result;
};
const refused = (by: TokenPerson, body: Cell, error: TokenErrorName) =>
    expectRefused(unit.blockchain, unit.minter.address, TokenExit[error], () =>
        unit.send(by, unit.minter.address, body),
    );
const announce = () => ShareMinter.announceUpgradeBody({ codeHash: hashOf(next) });
const apply = (code = next) => ShareMinter.applyUpgradeBody({ code });

it('waits 48 h even before the genesis, then anyone installs what was announced', async () => {
    await refused('stranger', apply(), 'ERROR_NO_CHANGE');
    const announced = await done('admin', announce());
    expect(tokenEvents(announced.transactions)).toMatchObject([
        { event: 'TokenUpgradeEvent', codeHash: hashOf(next), at: BigInt(DUE), version: 0n },
    ]);
    expect(await unit.minter.getMinterData()).toMatchObject({
        codeHash: hashOf(next),
        codeReadyAt: BigInt(DUE),
        version: 0n,
    });
    unit.blockchain.now = DUE - 1;
    await refused('stranger', apply(), 'ERROR_TOO_EARLY');
    unit.blockchain.now = DUE;
    await refused('stranger', apply((await tokenCodes()).minterCode), 'ERROR_WRONG_CODE');
    const applied = await done('stranger', apply());
    expect(tokenEvents(applied.transactions)).toMatchObject([
        { event: 'TokenUpgradeEvent', codeHash: hashOf(next), at: 0n, version: 1n },
    ]);
    const { accountState } = await unit.blockchain.getContract(unit.minter.address);
    if (accountState?.type !== 'active') throw new Error('the minter is gone');
    expect(accountState.state.code!).toEqualCell(next);
    await refused('stranger', apply(), 'ERROR_NO_CHANGE');
});

it('is announced one at a time and can be taken back', async () => {
    await refused('admin', ShareMinter.cancelUpgradeBody(), 'ERROR_NO_CHANGE');
    await refused('admin', ShareMinter.announceUpgradeBody({ codeHash: 0n }), 'ERROR_BAD_PARAMETER');
    await done('admin', announce());
    await refused('admin', ShareMinter.announceUpgradeBody({ codeHash: 1n }), 'ERROR_CHANGE_PENDING');
    const result = await done('admin', ShareMinter.cancelUpgradeBody());
    expect(tokenEvents(result.transactions)).toMatchObject([
        { event: 'TokenUpgradeEvent', codeHash: hashOf(next), at: 0n, version: 0n },
    ]);
    unit.blockchain.now = DUE;
    await refused('stranger', apply(), 'ERROR_NO_CHANGE');
});

it('keeps every book, every role and every wallet', async () => {
    const keep = async () => {
        const { minters, ...data } = await unit.minter.getMinterData();
        return { ...plain(data, ['codeHash', 'codeReadyAt', 'version']), minters: minters.keys().map(String) };
    };
    const before = await keep();
    const jetton = await unit.minter.getJettonData();
    await done('admin', announce());
    unit.blockchain.now = DUE;
    await done('stranger', apply());

    const { stackReader } = await unit.blockchain.runGetMethod(unit.minter.address, 'get_generation');
    expect(stackReader.readBigNumber()).toBe(GENERATION);
    expect(await keep()).toEqual(before);
    const after = await unit.minter.getJettonData();
    expect(after.walletCode).toEqualCell(jetton.walletCode);
    expect(after.content).toEqualCell(jetton.content);

    // Old wallets pay, burn and receive as before; new ones have the old code.
    const value = toNano('2');
    await unit.transfer('alice', 'bob', unit.tokens(10), { value });
    await unit.burn('bob', unit.tokens(50), { value });
    await unit.mint('alice', unit.tokens(1), { by: 'second', value });
    await unit.mint('carol', unit.tokens(2), { value });
    for (const [who, tokens] of [
        ['alice', 51],
        ['bob', 0],
        ['carol', 2],
    ] as const) {
        expect(await unit.balance(who)).toBe(unit.tokens(tokens));
        expect(await unit.minter.getWalletAddress(unit.address(who))).toEqualAddress(unit.wallet(who).address);
    }
    await unit.expectBalanced();

    // And it can be upgraded again.
    const { minterCode } = await tokenCodes();
    await done('admin', ShareMinter.announceUpgradeBody({ codeHash: hashOf(minterCode) }));
    unit.blockchain.now = DUE + 48 * 3600;
    await done('stranger', apply(minterCode));
    expect((await unit.minter.getMinterData()).version).toBe(2n);

    // The count of upgrades outlives the admin.
    await done('admin', ShareMinter.genesisBody({ recipients: [] }));
    await done('admin', ShareMinter.dropAdminBody());
    expect((await unit.minter.getMinterData()).version).toBe(2n);
});
