/** Which gas constant of contracts/settlement/channel-gas.tact covers what, and the most expensive path of each. */
import { toNano } from '@ton/core';
import type { SendMessageResult } from '@ton/sandbox';

import * as built from '../../../build/PaymentChannel/PaymentChannel_PaymentChannel';
import { gasOf, refuse, succeeded } from '../pool/transactions';
import { ChannelUnit, DAY, KEYS } from './channel-unit';

export const CHANNEL_CONSTANTS = [
    'GAS_CHANNEL_CLAIM',
    'GAS_CHANNEL_TRANSFER',
    'GAS_CHANNEL_DEPOSIT',
    'GAS_CHANNEL_CLOSE',
    'GAS_CHANNEL_CLOSE_JETTONS',
    'GAS_CHANNEL_SMALL',
    'GAS_CHANNEL_PROOF',
] as const;
export type ChannelConstant = (typeof CHANNEL_CONSTANTS)[number];

export const constantOf = (name: ChannelConstant): bigint => built[name];

/** The most that each constant has to cover, measured. `visit` sees every unit with the account at its largest. */
export async function measureChannel(
    visit?: (unit: ChannelUnit) => Promise<void>,
): Promise<Record<ChannelConstant, bigint>> {
    const most = {} as Record<ChannelConstant, bigint>;
    const T = toNano('1');
    for (const jetton of [false, true]) {
        const unit = await ChannelUnit.create({ jetton });
        const note = async (name: ChannelConstant, send: Promise<SendMessageResult>, index = 0) => {
            const tx = unit.txs(await send)[index];
            if (!succeeded(tx)) throw new Error(`${name}: refused`);
            if (gasOf(tx) > (most[name] ?? 0n)) most[name] = gasOf(tx);
        };
        const { channel } = unit;
        const [consumer, stranger] = [unit.via('consumer'), unit.via('stranger')];
        const key = KEYS.hot.publicKey;
        const hot = (amount: bigint) => unit.voucher(amount, { signer: KEYS.hot });
        const claim = jetton ? 'GAS_CHANNEL_TRANSFER' : 'GAS_CHANNEL_CLAIM';
        const close = jetton ? 'GAS_CHANNEL_CLOSE_JETTONS' : 'GAS_CHANNEL_CLOSE';

        await note('GAS_CHANNEL_DEPOSIT', unit.deposit(T, 'stranger'));
        await note('GAS_CHANNEL_SMALL', channel.sendSetHotKey(consumer, { key, value: T }));
        await note('GAS_CHANNEL_SMALL', channel.sendRevokeHotKey(consumer, { value: T }));
        // What a hot key signs takes two looks.
        for (const by of ['provider', 'stranger', 'consumer'] as const) {
            const { claimed } = await unit.data();
            await note(claim, unit.claim(hot(claimed + T), by));
        }
        if (jetton) {
            const own = unit.wallet(unit.address).address;
            // A payout that comes back; a proof on its way makes the next ones dearer.
            const undo = await refuse(unit.blockchain, own);
            await note('GAS_CHANNEL_DEPOSIT', unit.claim(10n * T), 1);
            await undo();
            await note(claim, channel.sendRelease(stranger, { to: 'provider', value: T }));
            const gone = await refuse(unit.blockchain, unit.wallet(unit.of('provider')).address);
            await unit.claim(20n * T);
            await gone();
            const proved = channel.sendSync(stranger, { amount: 10n * T, value: T });
            const [sent, home] = unit.txs(await proved);
            await note('GAS_CHANNEL_SMALL', Promise.resolve({ transactions: [sent] } as unknown as SendMessageResult));
            await note('GAS_CHANNEL_PROOF', Promise.resolve({ transactions: [home] } as unknown as SendMessageResult));
        }
        const restore = unit.checkpoint();
        for (const by of ['provider', 'stranger', 'consumer'] as const) {
            await note(close, unit.coopClose(50n * T, by));
            await restore();
        }
        await note(close, unit.providerClose(hot(50n * T)));
        if (jetton) {
            // Late arrivals: sent on, or due; and a proof.
            await note(claim, unit.transfer('stranger', T, 5n * T));
            await note('GAS_CHANNEL_DEPOSIT', unit.transfer('stranger', T, toNano('0.05')));
            await unit.transfer('stranger', T, 0n);
            unit.advance(3600);
            await note('GAS_CHANNEL_PROOF', channel.sendSync(stranger, { amount: T, value: T }), 1);
        }
        await restore();
        unit.at(unit.terms.expiresAt);
        await note('GAS_CHANNEL_SMALL', unit.startClose('stranger'));
        await note(claim, unit.claim(unit.voucher(60n * T), 'stranger'));
        unit.advance(DAY);
        await note(close, unit.finish('stranger'));
        await visit?.(unit);

        const fresh = await ChannelUnit.create({ jetton, deposit: 0n });
        const first = jetton
            ? fresh.channel.sendAskWallet(fresh.via('consumer'), { value: 2n * T })
            : fresh.deposit(100n * T);
        const [tx] = fresh.txs(await first);
        const name = jetton ? 'GAS_CHANNEL_SMALL' : 'GAS_CHANNEL_DEPOSIT';
        if (gasOf(tx) > most[name]) most[name] = gasOf(tx);
    }
    return most;
}
