import { Address, beginCell, Cell, external, internal, storeMessageRelaxed, toNano } from '@ton/core';
import { Blockchain, SandboxContract, TreasuryContract } from '@ton/sandbox';

import { CocoonNetwork, cocoonKeyPair, CocoonWalletHandle, signWalletExternal } from '../support/cocoon';
import { checkpoint, createBlockchain, START_TIME } from '../support/chain';
import { gasOf, stepsTo } from '../support/cocoon/steps';
import {
    CocoonOp,
    excessesBody,
    payoutBody,
    registerBody,
    WalletCommand,
    walletCommandBody,
    walletSendBody,
} from '../../wrappers/cocoon';

describe('Cocoon double: node wallet', () => {
    let blockchain: Blockchain;
    let restore: () => Promise<void>;
    let net: CocoonNetwork;
    let owner: SandboxContract<TreasuryContract>;
    let stranger: SandboxContract<TreasuryContract>;
    let wallet: CocoonWalletHandle;

    beforeAll(async () => {
        blockchain = await createBlockchain();
        net = await CocoonNetwork.create(blockchain);
        owner = await blockchain.treasury('owner');
        stranger = await blockchain.treasury('stranger');
        wallet = await net.wallet(owner.address, toNano('5'));
        restore = checkpoint(blockchain);
    });

    beforeEach(() => restore());

    const command = (letter: WalletCommand, from = owner) =>
        from.send({ to: wallet.address, value: toNano('0.05'), body: walletCommandBody(letter) });

    const transfer = (to: Address, value: bigint): Cell =>
        beginCell()
            .store(storeMessageRelaxed(internal({ to, value, bounce: false })))
            .endCell();

    /** A signed external message, with anything about it changed; resolves to what the wallet did. */
    async function node(
        change: Partial<Parameters<typeof signWalletExternal>[1]> = {},
        keys = wallet.keys,
    ): Promise<'accepted' | number> {
        const body = signWalletExternal(keys, {
            validUntil: START_TIME + 60,
            seqno: 0,
            messages: [{ mode: 1, message: transfer(stranger.address, toNano('1')) }],
            ...change,
        });
        try {
            await blockchain.sendMessage(external({ to: wallet.address, body }));
            return 'accepted';
        } catch (error) {
            return (error as { exitCode: number }).exitCode;
        }
    }

    describe('"w"', () => {
        it('sends all but 0.01 TON to the owner: bounceable, body "w"', async () => {
            const before = await net.balance(wallet.address);
            const result = await command('w');
            const [reply] = stepsTo(result, owner.address);
            expect(reply).toMatchObject({ op: CocoonOp.text, bounce: true, bounced: false });
            const reached = result.transactions.filter(
                (tx) => tx.address === BigInt('0x' + owner.address.hash.toString('hex')),
            );
            const message = reached[reached.length - 1].inMessage!;
            expect(message.body.equals(walletCommandBody('w'))).toBe(true);
            // Of balance and attached TON, all is there but the reserve, the forwarding fee and the gas (real: 4,400).
            const cost = before + toNano('0.05') - toNano('0.01') - reply.value;
            expect(cost).toBe(400_000n + gasOf(result, wallet.address) * 400n);
            expect(cost).toBeLessThan(toNano('0.0022') + toNano('0.001'));
            expect(await net.balance(wallet.address)).toBe(toNano('0.01'));
        });

        it('needs exactly one letter: "withdraw" is refused with 9', async () => {
            const body = beginCell().storeUint(0, 32).storeStringTail('withdraw').endCell();
            const result = await owner.send({ to: wallet.address, value: toNano('0.05'), body });
            expect(stepsTo(result, wallet.address)[0].exitCode).toBe(9);
        });
    });

    it('"b" locks the node key out, "u" lets it in again', async () => {
        await command('b');
        expect(await node()).toBe(1031);
        await command('u');
        expect(await node()).toBe('accepted');
    });

    it('only the owner commands: 1040; what he commands must be known: 1041', async () => {
        for (const letter of ['w', 'b', 'u'] as const) {
            expect(stepsTo(await command(letter, stranger), wallet.address)[0].exitCode).toBe(1040);
        }
        const unknown = [
            beginCell().storeUint(0, 32).storeStringTail('x').endCell(),
            registerBody({ sendExcessesTo: owner.address }),
        ];
        for (const body of unknown) {
            const result = await owner.send({ to: wallet.address, value: toNano('0.05'), body });
            expect(stepsTo(result, wallet.address)[0].exitCode).toBe(1041);
        }
    });

    it('sends any message for the owner, with any mode', async () => {
        const body = walletSendBody({ mode: 1, message: transfer(stranger.address, toNano('4')) });
        const refused = await stranger.send({ to: wallet.address, value: toNano('0.05'), body });
        expect(stepsTo(refused, wallet.address)[0].exitCode).toBe(1040);
        const result = await owner.send({ to: wallet.address, value: toNano('0.05'), body });
        expect(stepsTo(result, stranger.address)).toMatchObject([{ value: toNano('4') }]);
    });

    it('keeps excesses and payouts from anybody', async () => {
        for (const body of [excessesBody(1n), payoutBody(1n)]) {
            const result = await stranger.send({ to: wallet.address, value: toNano('0.3'), body });
            expect(stepsTo(result, wallet.address)[0]).toMatchObject({ exitCode: 0, aborted: false });
            expect(stepsTo(result, stranger.address)).toEqual([]);
        }
    });

    describe('external messages of the node', () => {
        it('send up to four messages and count', async () => {
            const message = { mode: 1, message: transfer(stranger.address, toNano('0.1')) };
            expect(await node({ messages: [message, message, message, message] })).toBe('accepted');
            expect(await node()).toBe(1032);
            expect(await node({ seqno: 1 })).toBe('accepted');
        });

        it('1030: expired', async () => {
            expect(await node({ validUntil: START_TIME })).toBe(1030);
            expect(await node({ validUntil: START_TIME + 1 })).toBe('accepted');
        });

        it('1032, 1033, 1034: number, subwallet, signature', async () => {
            expect(await node({ seqno: 1 })).toBe(1032);
            expect(await node({ subwallet: 1 })).toBe(1033);
            expect(await node({}, cocoonKeyPair('somebody'))).toBe(1034);
        });

        it('1035: below 2 TON the node key is powerless, and only "w" gets the money out', async () => {
            const poor = await net.wallet(owner.address, toNano('1.9'), 'poor node');
            const body = signWalletExternal(poor.keys, { validUntil: START_TIME + 60, seqno: 0, messages: [] });
            const send = blockchain.sendMessage(external({ to: poor.address, body }));
            await expect(send).rejects.toMatchObject({ exitCode: 1035 });
            const result = await owner.send({ to: poor.address, value: toNano('0.05'), body: walletCommandBody('w') });
            expect(stepsTo(result, owner.address)[0].value).toBeGreaterThan(toNano('1.93'));
        });

        it('checks in this order: expiry, block, number, subwallet, signature', async () => {
            const wrong = { subwallet: 1, seqno: 1 };
            const nobody = cocoonKeyPair('somebody');
            expect(await node({ subwallet: 1 }, nobody)).toBe(1033);
            expect(await node(wrong, nobody)).toBe(1032);
            await command('b');
            expect(await node(wrong, nobody)).toBe(1031);
            expect(await node({ ...wrong, validUntil: START_TIME }, nobody)).toBe(1030);
        });

        it('are known to no other contract', async () => {
            const worker = (await net.worker(owner.address)).address;
            const send = blockchain.sendMessage(external({ to: worker, body: Cell.EMPTY }));
            await expect(send).rejects.toMatchObject({ exitCode: 11 });
        });
    });

    it('has the get-methods of the real one', async () => {
        const provider = blockchain.provider(wallet.address);
        expect((await provider.get('seqno', [])).stack.readNumber()).toBe(0);
        const key = BigInt('0x' + wallet.keys.publicKey.toString('hex'));
        expect((await provider.get('get_public_key', [])).stack.readBigNumber()).toBe(key);
        expect((await provider.get('get_owner_address', [])).stack.readAddress().equals(owner.address)).toBe(true);
    });
});
