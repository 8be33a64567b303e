/** Every message from everybody who may not send it, and every bound. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { Treasury, TreasuryExit } from '../../wrappers/governance/execution';
import { exitCode, expectRefused, txAt } from '../support/pool/transactions';
import { DAY, TREASURY_PEOPLE, TreasuryPerson, TreasuryWorld } from '../support/governance/treasury-world';

describe('Treasury: access and limits', () => {
    let world: TreasuryWorld;
    let restore: () => Promise<void>;
    const value = toNano('20');
    const far = new Address(-1, Buffer.alloc(32, 1));
    const owner = () => world.sender('owner');
    const exit = (result: Parameters<typeof txAt>[0]) => exitCode(txAt(result, world.treasury.address));

    beforeAll(async () => {
        world = await TreasuryWorld.create();
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const send = (by: TreasuryPerson, body: Cell) =>
        world.people[by].send({ to: world.treasury.address, value, body, bounce: true });
    const refused = (by: TreasuryPerson, code: number, body: Cell) =>
        expectRefused(world.blockchain, world.treasury.address, code, () => send(by, body));

    it('obeys its owner alone', async () => {
        const grantee = world.address('grantee');
        const bodies = [
            Treasury.nominateOwnerBody({ owner: grantee }),
            Treasury.setFreezerBody({ guardian: grantee }),
            Treasury.addJettonBody({ asset: 2, minter: grantee }),
            Treasury.setBudgetBody({ category: 0, asset: 0, limit: 1, period: DAY }),
            Treasury.setSignersBody({ signers: [], threshold: 0 }),
            Treasury.ownerSpendBody({ asset: 0, amount: 1, to: grantee }),
            Treasury.createStreamBody({ asset: 0, amount: 1, grantee, start: 1, end: 2 }),
            Treasury.createMilestonesBody({ asset: 0, grantee, amounts: [1] }),
            Treasury.releaseMilestoneBody({ grant: 0, index: 0 }),
            Treasury.cancelGrantBody({ grant: 0 }),
            Treasury.unfreezeBody(),
            Treasury.announceUpgradeBody({ codeHash: 1n }),
            Treasury.cancelUpgradeBody(),
        ];
        for (const by of TREASURY_PEOPLE.filter((name) => name !== 'owner')) {
            for (const body of bodies) await refused(by, TreasuryExit.ERROR_NOT_OWNER, body);
        }
    });

    it('lets guardian and owner freeze, signers ask and approve, the nominee accept', async () => {
        for (const by of TREASURY_PEOPLE) {
            if (by !== 'owner' && by !== 'guardian') {
                await refused(by, TreasuryExit.ERROR_NOT_ROLE, Treasury.freezeBody());
            }
            if (!by.startsWith('signer')) {
                const to = world.address('payee');
                const ask = Treasury.requestSpendBody({ category: 0, amount: 1, to });
                await refused(by, TreasuryExit.ERROR_NOT_SIGNER, ask);
                await refused(by, TreasuryExit.ERROR_NOT_SIGNER, Treasury.approveSpendBody({ index: 0, nonce: 1 }));
            }
            await refused(by, TreasuryExit.ERROR_NOT_PENDING_OWNER, Treasury.acceptOwnerBody());
        }
        await world.treasury.sendNominateOwner(owner(), { owner: world.address('payee') });
        await world.treasury.sendNominateOwner(owner(), { owner: null });
        await refused('payee', TreasuryExit.ERROR_NOT_PENDING_OWNER, Treasury.acceptOwnerBody());
    });

    it('has no guardian and no signers until it gets some', async () => {
        await world.treasury.sendSetFreezer(owner(), { guardian: null });
        await refused('guardian', TreasuryExit.ERROR_NOT_ROLE, Treasury.freezeBody());
        await world.treasury.sendSetSigners(owner(), { signers: [], threshold: 0 });
        const ask = Treasury.requestSpendBody({ category: 0, amount: 1, to: world.address('payee') });
        await refused('signer1', TreasuryExit.ERROR_NOT_SIGNER, ask);
    });

    it('has nothing of an asset that it does not know', async () => {
        expect(await world.treasury.getSolvency(7)).toMatchObject({ balance: 0n, reserved: 0n, floor: 0n, free: 0n });
        expect(await world.treasury.getJetton(7)).toBeNull();
    });

    it('refuses what does not exist', async () => {
        const to = world.address('payee');
        await refused('stranger', TreasuryExit.ERROR_NO_GRANT, Treasury.claimGrantBody({ grant: 0 }));
        await refused('stranger', TreasuryExit.ERROR_NO_GRANT, Treasury.clearGrantBody({ grant: 0 }));
        await refused('owner', TreasuryExit.ERROR_NO_GRANT, Treasury.cancelGrantBody({ grant: 0 }));
        await refused('owner', TreasuryExit.ERROR_NO_GRANT, Treasury.releaseMilestoneBody({ grant: 0, index: 0 }));
        await refused('owner', TreasuryExit.ERROR_NO_ASSET, Treasury.ownerSpendBody({ asset: 2, amount: 1, to }));
        await refused('stranger', TreasuryExit.ERROR_NO_ASSET, Treasury.syncBody({ asset: 2, extra: 1 }));
        await refused('stranger', TreasuryExit.ERROR_NO_ASSET, Treasury.discoverBody({ asset: 2 }));
        await refused('stranger', TreasuryExit.ERROR_WALLET_KNOWN, Treasury.discoverBody({ asset: 1 }));
        const ask = Treasury.requestSpendBody({ category: 7, amount: 1, to });
        await refused('signer1', TreasuryExit.ERROR_NO_BUDGET, ask);
        await refused('signer1', TreasuryExit.ERROR_NO_REQUEST, Treasury.approveSpendBody({ index: 0, nonce: 1 }));
        await refused('owner', TreasuryExit.ERROR_NO_CHANGE, Treasury.cancelUpgradeBody());
        await refused('stranger', TreasuryExit.ERROR_NO_CHANGE, Treasury.applyUpgradeBody({ code: Cell.EMPTY }));
        await send('owner', Treasury.announceUpgradeBody({ codeHash: 5n }));
        await refused('owner', TreasuryExit.ERROR_CHANGE_PENDING, Treasury.announceUpgradeBody({ codeHash: 5n }));
        world.advance(2 * DAY);
        await refused('stranger', TreasuryExit.ERROR_WRONG_CODE, Treasury.applyUpgradeBody({ code: Cell.EMPTY }));
    });

    it('refuses addresses of another chain and its own', async () => {
        for (const to of [far, world.treasury.address, new Address(0, Buffer.alloc(32))]) {
            const code = TreasuryExit.ERROR_BAD_ADDRESS;
            await refused('owner', code, Treasury.ownerSpendBody({ asset: 0, amount: 1, to }));
            await refused('owner', code, Treasury.nominateOwnerBody({ owner: to }));
            await refused('owner', code, Treasury.setFreezerBody({ guardian: to }));
            await refused('owner', code, Treasury.addJettonBody({ asset: 2, minter: to }));
            const stream = { asset: 0, amount: 1, grantee: to, start: 1, end: 2 };
            await refused('owner', code, Treasury.createStreamBody(stream));
            await refused('owner', code, Treasury.createMilestonesBody({ asset: 0, grantee: to, amounts: [1] }));
            await refused('signer1', code, Treasury.requestSpendBody({ category: 0, amount: 1, to }));
        }
    });

    it('keeps the bounds of its parameters', async () => {
        const bad = TreasuryExit.ERROR_BAD_PARAMETER;
        const grantee = world.address('grantee');
        const budget = { category: 15, asset: 8, limit: 1, period: DAY };
        for (const change of [{ category: 16 }, { asset: 9 }, { period: DAY - 1 }, { period: 365 * DAY + 1 }]) {
            await refused('owner', bad, Treasury.setBudgetBody({ ...budget, ...change }));
        }
        for (const change of [{}, { period: 365 * DAY }, { limit: 0 }]) {
            expect(exit(await send('owner', Treasury.setBudgetBody({ ...budget, ...change })))).toBe(0);
        }
        const stream = { asset: 0, amount: 1, grantee, start: 10, cliff: 10, end: 20 };
        for (const change of [{ start: 0 }, { cliff: 9 }, { cliff: 21 }, { end: 10 }, { amount: 0 }]) {
            await refused('owner', bad, Treasury.createStreamBody({ ...stream, ...change }));
        }
        expect(exit(await send('owner', Treasury.createStreamBody({ ...stream, cliff: 20 })))).toBe(0);
        for (const amounts of [[], [1, 0], Array.from({ length: 9 }, () => 1)]) {
            if (amounts.length === 9) continue;
            await refused('owner', bad, Treasury.createMilestonesBody({ asset: 0, grantee, amounts }));
        }
        const nine = beginCell()
            .storeUint(Treasury.opcodes.CreateMilestones, 32)
            .storeUint(0, 64)
            .storeUint(0, 8)
            .storeAddress(grantee)
            .storeUint(9, 8)
            .storeRef(beginCell().storeUint(1, 120).endCell())
            .endCell();
        await refused('owner', bad, nine);
        expect(exit(await send('owner', Treasury.createMilestonesBody({ asset: 0, grantee, amounts: [1, 2] })))).toBe(
            0,
        );
        const to = world.address('payee');
        await refused('owner', bad, Treasury.ownerSpendBody({ asset: 0, amount: 0, to }));
        await refused('signer1', bad, Treasury.requestSpendBody({ category: 0, amount: 0, to }));
        await refused('owner', bad, Treasury.addJettonBody({ asset: 0, minter: to }));
        await refused('owner', bad, Treasury.addJettonBody({ asset: 9, minter: to }));
        await refused('owner', bad, Treasury.addJettonBody({ asset: 1, minter: to }));
    });

    it('takes 2 to 15 signers and a threshold of 2 to all of them', async () => {
        const people = (n: number) => Array.from({ length: n }, (_, i) => new Address(0, Buffer.alloc(32, i + 1)));
        const bad = TreasuryExit.ERROR_BAD_PARAMETER;
        for (const [n, threshold] of [
            [1, 1],
            [2, 1],
            [2, 3],
            [16, 2],
        ]) {
            await refused('owner', bad, Treasury.setSignersBody({ signers: people(n), threshold }));
        }
        for (const [n, threshold] of [
            [2, 2],
            [15, 2],
            [15, 15],
        ]) {
            expect(exit(await send('owner', Treasury.setSignersBody({ signers: people(n), threshold })))).toBe(0);
        }
    });

    it('spends what is free and not a nanoton more', async () => {
        const to = world.address('payee');
        const { free } = await world.treasury.getSolvency();
        const code = TreasuryExit.ERROR_NOT_FREE;
        await refused('owner', code, Treasury.ownerSpendBody({ asset: 0, amount: free + 1n, to }));
        await refused('owner', code, Treasury.ownerSpendBody({ asset: 1, amount: toNano('1000') + 1n, to }));
        const stream = { grantee: to, start: 1, end: 2 };
        await refused('owner', code, Treasury.createStreamBody({ ...stream, asset: 0, amount: free + 1n }));
        await refused('owner', code, Treasury.createStreamBody({ ...stream, asset: 1, amount: toNano('1000') + 1n }));
        expect(exit(await send('owner', Treasury.createStreamBody({ ...stream, asset: 0, amount: free })))).toBe(0);
        expect(
            exit(await send('owner', Treasury.createStreamBody({ ...stream, asset: 1, amount: toNano('1000') }))),
        ).toBe(0);
        // Everything is the grantee's now: nobody else gets any.
        expect((await world.treasury.getSolvency()).free).toBeLessThan(toNano('0.01'));
        await refused('owner', code, Treasury.ownerSpendBody({ asset: 1, amount: 1n, to }));
        expect(exit(await world.spend(1, 1n))).toBe(code);
        for (const grant of [0, 1]) {
            expect(exit(await world.treasury.sendClaimGrant(world.sender('stranger'), { grant }))).toBe(0);
        }
    });

    it('opens 64 grants', async () => {
        const stream = { asset: 0, amount: 1, grantee: world.address('grantee'), start: 1, end: 2 };
        for (let i = 0; i < 64; i++) {
            expect(exit(await send('owner', Treasury.createStreamBody(stream)))).toBe(0);
        }
        await refused('owner', TreasuryExit.ERROR_GRANTS_FULL, Treasury.createStreamBody(stream));
        await world.treasury.sendClaimGrant(world.sender('stranger'), { grant: 5 });
        world.advance(3600);
        await world.treasury.sendClearGrant(world.sender('stranger'), { grant: 5 });
        expect(exit(await send('owner', Treasury.createStreamBody(stream)))).toBe(0);
        expect((await world.treasury.getTreasury()).nextGrant).toBe(65n);
    });

    it('never lets the owner move registered jettons past the books', async () => {
        const wallet = world.walletOf(world.treasury.address).address;
        const body = beginCell().storeUint(0x0f8a7ea5, 32).storeUint(0, 64).endCell();
        const spend = Treasury.ownerSpendBody({ asset: 0, amount: toNano('1'), to: wallet, body });
        await refused('owner', TreasuryExit.ERROR_BAD_ADDRESS, spend);
    });

    describe('rolling budget', () => {
        const left = () => world.treasury.getBudgetLeft(0);

        it('to the nanoton, and never more than the limit in any 7 days', async () => {
            // 13:20:00 UTC on a day that a slot does not begin with.
            expect(exit(await world.spend(0, toNano('100') + 1n))).toBe(TreasuryExit.ERROR_OVER_LIMIT);
            expect(exit(await world.spend(0, toNano('60')))).toBe(0);
            const first = world.now;
            world.advance(3 * DAY);
            expect(exit(await world.spend(0, toNano('40') + 1n))).toBe(TreasuryExit.ERROR_OVER_LIMIT);
            expect(exit(await world.spend(0, toNano('40')))).toBe(0);
            expect(await left()).toBe(0n);
            world.blockchain.now = first + 7 * DAY - 1;
            expect(await left()).toBe(0n);
            expect(exit(await world.spend(0, 1n))).toBe(TreasuryExit.ERROR_OVER_LIMIT);
            world.blockchain.now = first + 8 * DAY;
            expect(await left()).toBe(toNano('60'));
            expect(exit(await world.spend(0, toNano('60') + 1n))).toBe(TreasuryExit.ERROR_OVER_LIMIT);
            expect(exit(await world.spend(0, toNano('60')))).toBe(0);
            world.advance(100 * DAY);
            expect(await left()).toBe(toNano('100'));
        });

        it('keeps what was spent when the limit changes, and begins anew with another period', async () => {
            await world.spend(0, toNano('60'));
            const set = (limit: bigint, period: number) =>
                world.treasury.sendSetBudget(owner(), { category: 0, asset: 0, limit, period });
            await set(toNano('70'), 7 * DAY);
            expect(await left()).toBe(toNano('10'));
            await set(toNano('50'), 7 * DAY);
            expect(await left()).toBe(0n);
            await set(toNano('50'), 14 * DAY);
            expect(await left()).toBe(toNano('50'));
            await set(0n, 14 * DAY);
            expect(await world.treasury.getBudget(0)).toBeNull();
            expect(await left()).toBe(0n);
        });
    });

    describe('signers', () => {
        it('approve once each, within a week, and only the request they saw', async () => {
            const to = world.address('payee');
            const ask = () =>
                world.treasury.sendRequestSpend(world.sender('signer1'), { category: 0, amount: toNano('1'), to });
            await ask();
            const index = await world.signer('signer1');
            const first = (await world.treasury.getRequest(index))!;
            const approve = (by: TreasuryPerson, nonce: bigint) =>
                world.treasury.sendApproveSpend(world.sender(by), { index, nonce });
            expect(exit(await approve('signer1', first.nonce))).toBe(TreasuryExit.ERROR_APPROVED);
            await ask();
            expect(exit(await approve('signer2', first.nonce))).toBe(TreasuryExit.ERROR_NO_REQUEST);
            const second = (await world.treasury.getRequest(index))!;
            world.advance(7 * DAY);
            expect(exit(await approve('signer2', second.nonce))).toBe(TreasuryExit.ERROR_NO_REQUEST);
            await ask();
            world.advance(7 * DAY - 1);
            const third = (await world.treasury.getRequest(index))!;
            expect(exit(await approve('signer2', third.nonce))).toBe(0);
            expect(exit(await approve('signer3', third.nonce))).toBe(TreasuryExit.ERROR_NO_REQUEST);
        });

        it('three of three need all three', async () => {
            const signers = ['signer1', 'signer2', 'signer3'].map((name) => world.address(name as TreasuryPerson));
            await world.treasury.sendSetSigners(owner(), { signers, threshold: 3 });
            const before = await world.treasury.getBudgetLeft(0);
            await world.spend(0, toNano('1'));
            expect(await world.treasury.getBudgetLeft(0)).toBe(before);
            const index = await world.signer('signer1');
            const { nonce } = (await world.treasury.getRequest(index))!;
            await world.treasury.sendApproveSpend(world.sender('signer3'), { index, nonce });
            expect(await world.treasury.getBudgetLeft(0)).toBe(before - toNano('1'));
        });

        it('all keys but one lost: the last one spends nothing, governance replaces them', async () => {
            const to = world.address('payee');
            await world.treasury.sendRequestSpend(world.sender('signer1'), { category: 0, amount: toNano('1'), to });
            const index = await world.signer('signer1');
            const { nonce } = (await world.treasury.getRequest(index))!;
            const again = await world.treasury.sendApproveSpend(world.sender('signer1'), { index, nonce });
            expect(exit(again)).toBe(TreasuryExit.ERROR_APPROVED);
            await world.treasury.sendSetSigners(owner(), {
                signers: [world.address('signer1'), world.address('grantee')],
                threshold: 2,
            });
            // The old request is void.
            expect(await world.treasury.getRequest(index)).toBeNull();
            const late = await world.treasury.sendApproveSpend(world.sender('grantee'), { index: 0, nonce });
            expect(exit(late)).toBe(TreasuryExit.ERROR_NO_REQUEST);
            expect(exit(await world.spend(0, toNano('1'), { and: 'grantee' }))).toBe(0);
        });

        it('all keys stolen: the limits of the categories and nothing else', async () => {
            const { free } = await world.treasury.getSolvency();
            for (let i = 0; i < 20; i++) await world.spend(0, toNano('25'));
            expect(free - (await world.treasury.getSolvency()).free).toBeLessThan(toNano('100.1'));
        });
    });

    describe('freeze', () => {
        const freeze = async (by: TreasuryPerson) => exit(await send(by, Treasury.freezeBody()));

        it('of the guardian: 7 days, then none for 30', async () => {
            expect(await freeze('guardian')).toBe(0);
            const cool = TreasuryExit.ERROR_FREEZE_COOLDOWN;
            expect(await freeze('guardian')).toBe(cool);
            world.advance(37 * DAY - 1);
            expect(await freeze('guardian')).toBe(cool);
            world.advance(1);
            expect(await freeze('guardian')).toBe(0);
        });

        it('by governance at any time, and lifted by it', async () => {
            expect(await freeze('guardian')).toBe(0);
            expect(await freeze('owner')).toBe(0);
            await world.treasury.sendUnfreeze(owner());
            const spend = await world.treasury.sendOwnerSpend(owner(), {
                asset: 0,
                amount: 1n,
                to: world.address('payee'),
            });
            expect(exit(spend)).toBe(0);
            expect(await freeze('guardian')).toBe(0);
        });

        it('a stolen guardian stops spending for 7 of 37 days', async () => {
            let frozen = 0;
            for (let day = 0; day < 111; day++) {
                await freeze('guardian');
                const spent = await world.treasury.sendOwnerSpend(owner(), {
                    asset: 0,
                    amount: 1n,
                    to: world.address('payee'),
                });
                if (exit(spent) === TreasuryExit.ERROR_FROZEN) frozen++;
                world.advance(DAY);
            }
            expect(frozen).toBe(21);
        });
    });
});
