/**
 * Gas of minter and wallets, at wallets that exist already, as nearly all are. One size: nothing here depends on the number
 * of holders.
 *
 *   transfer-notify  transfer with notification and excesses
 *   transfer         transfer with excesses only
 *   burn             burn and its notification to the minter
 *   mint             mint with notification and excesses, by the first minter
 *   discovery        TEP-89, with the owner's address
 *   ...-library      the same with the wallet code as a library cell
 */
import { toNano } from '@ton/core';

import { measure, walletPredicate } from '../../tools/bench/measure';
import type { Recorder } from '../../tools/bench/rows';
import { TOKEN_PEOPLE, TokenUnit } from '../support/token/token-unit';

async function tour(record: Recorder, suffix: string, library: boolean): Promise<void> {
    const unit = await TokenUnit.create({ library, closed: true });
    record.watch(unit.blockchain);
    const isWallet = walletPredicate(...TOKEN_PEOPLE.map((name) => unit.people[name]));
    const add = async (operation: string, result: Parameters<typeof measure>[1]) =>
        record('token', operation + suffix, 1, await measure(unit.blockchain, result, isWallet));
    // Enough for any of them; what is left comes back. Notifications carry what a person's wallet can run on.
    const value = toNano('0.2');
    const notify = { value, forwardTonAmount: toNano('0.01') };
    const amount = unit.tokens(1000);
    for (const who of ['alice', 'bob'] as const) await unit.mint(who, amount * 10n, { response: unit.address(who) });

    await add('transfer-notify', await unit.transfer('alice', 'bob', amount, notify));
    await add('transfer', await unit.transfer('alice', 'bob', amount, { value }));
    await add('burn', await unit.burn('alice', amount, { value }));
    const mint = { ...notify, from: unit.address('minter'), response: unit.address('minter') };
    await add('mint', await unit.mint('alice', amount, mint));
    await add(
        'discovery',
        await unit.minter.sendProvideWalletAddress(unit.sender('bob'), {
            owner: unit.address('alice'),
            includeAddress: true,
            value,
        }),
    );
}

export async function run(record: Recorder): Promise<void> {
    await tour(record, '', false);
    await tour(record, '-library', true);
}
