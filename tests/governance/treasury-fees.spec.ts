/**
 * What get_cost says is enough for the whole chain, one nanoton less is refused, and the treasury pays no fees of its own, at
 * five sets of prices; no gas constant is below the dearest path, none more than a tenth above.
 */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import * as built from '../../build/Treasury/Treasury_Treasury';
import { Treasury, TreasuryExit } from '../../wrappers/governance/execution';
import { underCoverage } from '../support/coverage';
import { exitCode, expectRefused, kept, outs, succeeded, txAt, txsAt } from '../support/pool/transactions';
import { priceScenarios } from '../support/prices';
import { treasuryTour } from '../support/governance/treasury-gas';
import { DAY, TreasuryPerson, TreasuryWorld } from '../support/governance/treasury-world';

const gasTest = underCoverage ? it.skip : it;

describe.each(Object.entries(priceScenarios()))('Treasury at %s', (_name, config) => {
    let world: TreasuryWorld;
    let restore: () => Promise<void>;
    let nonce = 0n;

    beforeAll(async () => {
        world = await TreasuryWorld.create({ config });
        const value = toNano('50');
        const owner = world.sender('owner');
        const grantee = world.address('grantee');
        const start = world.now;
        for (const asset of [0, 1]) {
            const amount = toNano('50');
            await world.treasury.sendCreateStream(owner, { asset, amount, grantee, start, end: start + DAY, value });
        }
        await world.treasury.sendCreateMilestones(owner, { asset: 1, grantee, amounts: [1, 2], value });
        for (const [signer, category] of [
            ['signer1', 0],
            ['signer3', 1],
        ] as const) {
            const request = { category, amount: toNano('1'), to: world.address('payee'), value };
            await world.treasury.sendRequestSpend(world.sender(signer), request);
        }
        nonce = (await world.treasury.getRequest(await world.signer('signer1')))!.nonce;
        await world.treasury.sendNominateOwner(owner, { owner: world.address('payee'), value });
        await world.treasury.sendAddJetton(owner, { asset: 5, minter: world.address('stranger'), value });
        world.advance(DAY);
        restore = world.checkpoint();
    });
    beforeEach(() => restore());

    const body = beginCell().storeUint(7, 32).storeUint(0, 64).storeRef(Cell.EMPTY).endCell();
    /** Who, body, TON that leaves. */
    type Row = [TreasuryPerson, () => Cell | Promise<Cell>, bigint];
    const rows: Record<string, Row> = {
        'ClaimGrant of TON': ['stranger', () => Treasury.claimGrantBody({ grant: 0 }), toNano('50')],
        'ClaimGrant of jettons': ['stranger', () => Treasury.claimGrantBody({ grant: 1 }), 0n],
        'ApproveSpend of TON': [
            'signer2',
            async () => Treasury.approveSpendBody({ index: await world.signer('signer1'), nonce }),
            toNano('1'),
        ],
        'ApproveSpend of jettons': [
            'signer2',
            async () => Treasury.approveSpendBody({ index: await world.signer('signer3'), nonce: nonce + 1n }),
            0n,
        ],
        'OwnerSpend of TON': [
            'owner',
            () => Treasury.ownerSpendBody({ asset: 0, amount: 9, to: world.address('payee') }),
            9n,
        ],
        'OwnerSpend of jettons': [
            'owner',
            () => Treasury.ownerSpendBody({ asset: 1, amount: 9, to: world.address('payee') }),
            0n,
        ],
        Sync: ['stranger', () => Treasury.syncBody({ asset: 1, extra: 0 }), 0n],
        CreateStream: [
            'owner',
            () => Treasury.createStreamBody({ asset: 1, amount: 9, grantee: world.address('payee'), start: 1, end: 2 }),
            0n,
        ],
        CreateMilestones: [
            'owner',
            () => Treasury.createMilestonesBody({ asset: 1, grantee: world.address('payee'), amounts: [1, 1] }),
            0n,
        ],
        ReleaseMilestone: ['owner', () => Treasury.releaseMilestoneBody({ grant: 2, index: 1 }), 0n],
        CancelGrant: ['owner', () => Treasury.cancelGrantBody({ grant: 1 }), 0n],
        RequestSpend: [
            'signer2',
            () => Treasury.requestSpendBody({ category: 0, amount: 1, to: world.address('payee') }),
            0n,
        ],
        SetBudget: ['owner', () => Treasury.setBudgetBody({ category: 3, asset: 0, limit: 1, period: DAY }), 0n],
        SetSigners: [
            'owner',
            () =>
                Treasury.setSignersBody({
                    signers: [world.address('payee'), world.address('grantee')],
                    threshold: 2,
                }),
            0n,
        ],
        AddJetton: ['owner', () => Treasury.addJettonBody({ asset: 2, minter: world.address('payee') }), 0n],
        Discover: ['stranger', () => Treasury.discoverBody({ asset: 5 }), 0n],
        Freeze: ['guardian', () => Treasury.freezeBody(), 0n],
        Unfreeze: ['owner', () => Treasury.unfreezeBody(), 0n],
        SetFreezer: ['owner', () => Treasury.setFreezerBody({ guardian: null }), 0n],
        NominateOwner: ['owner', () => Treasury.nominateOwnerBody({ owner: null }), 0n],
        AcceptOwner: ['payee', () => Treasury.acceptOwnerBody(), 0n],
        AnnounceUpgrade: ['owner', () => Treasury.announceUpgradeBody({ codeHash: 7n }), 0n],
    };

    it.each(Object.keys(rows))('%s: its cost is enough, one nanoton less is not', async (name) => {
        const [by, make, leaves] = rows[name];
        const message = await make();
        const to = world.treasury.address;
        const cost = await world.treasury.getCost(message);
        const send = (value: bigint) => world.people[by].send({ to, value, body: message, bounce: true });
        if (!underCoverage) {
            await expectRefused(world.blockchain, to, TreasuryExit.ERROR_VALUE_TOO_LOW, () => send(cost - 1n));
        }
        const result = await send(underCoverage ? cost + toNano('1') : cost);
        const [first, ...later] = txsAt(result, to);
        expect(succeeded(first)).toBe(true);
        if (!underCoverage) expect(kept(first) + leaves).toBeGreaterThanOrEqual(0n);
        for (const tx of later) expect(succeeded(tx)).toBe(true);
        if (/jettons|Sync/.test(name)) {
            const wallets = result.transactions.filter((tx) => outs(tx).some((o) => o.op === 0x178d4519));
            expect(wallets).toHaveLength(1);
            expect(result.transactions.every((tx) => exitCode(tx) === undefined || exitCode(tx) === 0)).toBe(true);
        }
    });

    it('OwnerSpend with a body and forwarded TON: getSpendCost is enough', async () => {
        for (const asset of [0, 1]) {
            const args = { asset, amount: 5n, to: world.address('payee'), forward: toNano('0.3'), body };
            const result = await world.treasury.sendOwnerSpend(world.sender('owner'), args);
            expect(succeeded(txAt(result, world.treasury.address))).toBe(true);
        }
        const bare = await world.treasury.getCost(
            Treasury.ownerSpendBody({ asset: 0, amount: 1, to: world.address('payee') }),
        );
        const result = await world.treasury.sendOwnerSpend(world.sender('owner'), {
            asset: 0,
            amount: 1n,
            to: world.address('payee'),
            body,
            value: bare,
        });
        if (!underCoverage) {
            expect(exitCode(txAt(result, world.treasury.address))).toBe(TreasuryExit.ERROR_VALUE_TOO_LOW);
        }
    });
});

describe('Treasury: gas', () => {
    gasTest(
        'every constant covers the dearest path and is at most a tenth above it',
        async () => {
            const gas = await treasuryTour();
            const covers = (constant: bigint, ops: string[]) => {
                const most = ops.map((op) => gas.get(op) ?? 0n).reduce((a, b) => (a > b ? a : b));
                expect(constant).toBeGreaterThanOrEqual(most);
                // The books are full in a long run only.
                expect(constant * 10n).toBeLessThanOrEqual(most * (process.env.LONG === '1' ? 11n : 12n));
            };
            covers(built.GAS_TREASURY_CLAIM, ['ClaimGrant', 'OwnerSpend', 'Sync']);
            covers(built.GAS_TREASURY_APPROVE, ['ApproveSpend']);
            covers(built.GAS_TREASURY_SIGNERS, ['SetSigners']);
            covers(built.GAS_TREASURY_NOTICE, ['JettonNotification']);
            const classes = [
                'ClaimGrant',
                'OwnerSpend',
                'Sync',
                'ApproveSpend',
                'SetSigners',
                'JettonNotification',
                'bounced',
            ];
            covers(
                built.GAS_TREASURY_SMALL,
                [...gas.keys()].filter((op) => !classes.includes(op)),
            );
        },
        200_000,
    );
});
