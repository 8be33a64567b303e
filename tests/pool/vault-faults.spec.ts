/** Vaults inside a whole pool when something goes wrong: payouts out of turn, slashes, exits, upgrades, bounces. */
import { beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { GAS_VAULT_PAYOUT } from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { CocoonOp, payoutBody } from '../../wrappers/cocoon';
import {
    dueEpochs,
    EXIT_DELAY,
    INCOME_DONATION,
    INCOME_REWARD,
    INCOME_SLASH,
    MIN_PAYOUT_ROUNDS,
    ParticipantVault,
    poolEvents,
    PoolExit,
    poolCodes,
    POOL_UPGRADE_DELAY,
    SLASH_EXECUTE,
    SLASH_VETO,
    VAULT_ACTIVE,
    VAULT_EXITING,
    VAULT_LEFT,
} from '../../wrappers/pool';
import { CocoonNetwork } from '../support/cocoon';
import { underCoverage } from '../support/coverage';
import { messagesWith, PoolEnvironment } from '../support/pool/environment';
import {
    computeFee,
    exitCode,
    expectRefused,
    kept,
    outs,
    plain,
    REFUSAL,
    refuse,
    REFUSING_CODE,
    txAt,
    txsAt,
} from '../support/pool/units';

const DAY = 86_400;
const op = ParticipantVault.opcodes;
const STAKE = toNano('20');

describe('vaults of a pool', () => {
    let env: PoolEnvironment;
    let restore: () => Promise<void>;
    const { person, vault } = {
        person: (name: string) => env.person(name),
        vault: (name: string) => env.vault(name),
    };
    const via = async (name: string) => (await person(name)).getSender();

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: DAY });
        await env.register('alice', { stake: STAKE, recovery: 'alice cold' });
        await env.register('bob', { stake: STAKE });
        restore = env.checkpoint();
    });
    beforeEach(() => restore());
    afterEach(async () => {
        // Whatever happened: nobody's books are short.
        for (const [name, surplus] of Object.entries(await env.solvency(['alice', 'bob']))) {
            if (name !== 'registry') {
                expect([name, surplus < 0n]).toEqual([name, false]);
            }
        }
    });

    describe('payouts', () => {
        it('book a payout of a trusted proxy as a reward and of a stranger as a donation', async () => {
            for (const [from, kind] of [
                ['proxy', INCOME_REWARD],
                ['stranger', INCOME_DONATION],
            ] as const) {
                await restore();
                const result = await env.payVault('alice', toNano('2'), from);
                const [booked] = poolEvents(result.transactions, 'IncomeBooked');
                expect(booked.kind).toBe(kind);
                expect(booked.participant).toEqualAddress(await env.address('alice'));
                expect(booked.proxy).toEqualAddress(await env.address(from));
                const { rewards, donations } = await env.distributionData();
                expect([rewards, donations]).toEqual(
                    kind === INCOME_REWARD ? [booked.amount, 0n] : [0n, booked.amount],
                );
                expect(booked.amount).toBeGreaterThan(toNano('1.98'));
                expect((await env.vaultData('alice')).earned).toBe(toNano('2'));
            }
        });

        it('collect dust of a stranger until somebody sweeps it as a donation', async () => {
            const dust = toNano('0.06');
            const none = await env.payVault('alice', dust, 'stranger');
            expect(poolEvents(none.transactions)).toEqual([]);
            expect(await env.vaultData('alice')).toMatchObject({
                pending: dust - computeFee(GAS_VAULT_PAYOUT),
                earned: dust,
            });
            const alice = await vault('alice');
            const result = await alice.sendSweep(await via('keeper'));
            const [booked] = poolEvents(result.transactions, 'IncomeBooked');
            expect(booked).toMatchObject({ kind: INCOME_DONATION, proxy: null });
            expect((await env.distributionData()).donations).toBe(booked.amount);
            expect((await env.vaultData('alice')).pending).toBe(0n);
        });

        it('arrive at a vault that nobody has deployed, and go to the pool with the first sweep', async () => {
            const address = (await vault('carol')).address;
            const early = await (
                await person('proxy')
            ).send({ to: address, value: toNano('3'), body: payoutBody(1n), bounce: false });
            expect(early.transactions).toHaveTransaction({ to: address, success: false, aborted: true });
            expect((await env.blockchain.getContract(address)).balance).toBe(toNano('3'));
            await env.register('carol', { stake: STAKE });
            expect((await env.vaultData('carol')).solvency).toBeGreaterThan(toNano('3'));
            const result = await (await vault('carol')).sendSweep(await via('keeper'));
            const [booked] = poolEvents(result.transactions, 'IncomeBooked');
            expect(booked.kind).toBe(INCOME_DONATION);
            expect(booked.amount).toBeGreaterThan(toNano('2.95'));
            expect((await env.vaultData('carol')).stake).toBe(STAKE);
        });

        it('before the registration are the participant’s when his vault is deployed', async () => {
            const participant = await env.address('carol');
            const data = await env.registry.getVaultAddress(participant);
            const { vaultCode } = await poolCodes();
            const carol = ParticipantVault.createFromConfig({
                registry: env.registry.address,
                participant,
                vaultCode,
            });
            expect(carol.address).toEqualAddress(data);
            await (await person('stranger')).send({ to: data, value: toNano('0.1'), init: carol.init, bounce: false });
            const result = await env.payVault('carol', toNano('2'));
            expect(poolEvents(result.transactions)).toEqual([]);
            const [own] = messagesWith(result.transactions, op.OwnMoney);
            expect(own.to).toEqualAddress(participant);
            expect(own.value).toBeGreaterThan(toNano(underCoverage ? '1.9' : '1.99'));
            // A vault that somebody else deployed registers like any other.
            await env.register('carol', { stake: STAKE });
            expect(await env.vaultData('carol')).toMatchObject({ status: VAULT_ACTIVE, stake: STAKE, earned: 0n });
        });

        it('go on while the pool is paused', async () => {
            await env.operator.sendPause(env.roles.guardian.getSender());
            expect((await env.registryData()).pausedUntil).toBeGreaterThan(BigInt(env.now));
            const result = await env.payVault('alice', toNano('2'));
            expect(poolEvents(result.transactions, 'IncomeBooked')).toMatchObject([{ kind: INCOME_REWARD }]);
        });

        it('after an exit are the participant’s', async () => {
            await leave('alice');
            const result = await env.payVault('alice', toNano('2'));
            expect(poolEvents(result.transactions)).toEqual([]);
            const [own] = messagesWith(result.transactions, op.OwnMoney);
            expect(own.to).toEqualAddress(await env.address('alice'));
            expect(own.value).toBeGreaterThan(toNano('1.99'));
        });

        it.each(['operator', 'distribution'] as const)('wait when the %s refuses them', async (name) => {
            const back = await refuse(env.blockchain, env[name].address);
            const result = await env.payVault('alice', toNano('2'));
            expect(exitCode(txAt(result, env[name].address))).toBe(REFUSAL);
            await back();
            if (name === 'operator') {
                const { pending } = await env.vaultData('alice');
                expect(pending).toBeGreaterThan(toNano('1.98'));
                expect(pending).toBeLessThan(toNano('2'));
            } else {
                const { pendingRewards } = await env.pool();
                expect(pendingRewards).toBeGreaterThan(toNano('1.97'));
                await env.operator.sendSync(await via('keeper'));
            }
            await env.payVault('alice', toNano('1'));
            expect((await env.distributionData()).rewards).toBeGreaterThan(toNano('2.9'));
            expect((await env.vaultData('alice')).pending).toBe(0n);
        });
    });

    /** Out through the front door: request, 7 days, complete. */
    async function leave(name: string) {
        const target = await vault(name);
        await target.sendRequestExit(await via(name));
        env.advance(EXIT_DELAY);
        const result = await target.sendCompleteExit(await via('keeper'));
        expect((await env.vaultData(name)).status).toBe(VAULT_LEFT);
        return result;
    }

    describe('machines', () => {
        it('answer "w" with money that is the participant’s, not a command and not a reward', async () => {
            const net = await CocoonNetwork.create(env.blockchain);
            const alice = await vault('alice');
            const wallet = await net.wallet(alice.address, toNano('5'));
            const result = await alice.sendWalletCommand(await via('alice'), { wallet: wallet.address, command: 'w' });
            const [own] = messagesWith(result.transactions, op.OwnMoney);
            expect(own.to).toEqualAddress(await env.address('alice'));
            expect(own.value).toBeGreaterThan(toNano('5'));
            expect(poolEvents(result.transactions)).toEqual([]);
            expect(await env.vaultData('alice')).toMatchObject({ earned: 0n, pending: 0n, stake: STAKE });
            for (const tx of txsAt(result, alice.address)) {
                expect(exitCode(tx)).toBe(0);
            }
            for (const command of ['b', 'u'] as const) {
                const sent = await alice.sendWalletCommand(await via('alice'), { wallet: wallet.address, command });
                expect(exitCode(txAt(sent, wallet.address))).toBe(0);
            }
        });

        it('are registered by their participant, who gets the excesses', async () => {
            const net = await CocoonNetwork.create(env.blockchain);
            const alice = await vault('alice');
            const worker = await net.worker(alice.address);
            const result = await alice.sendRegisterWorker(await via('alice'), { worker: worker.address, queryId: 5 });
            expect(exitCode(txAt(result, worker.address))).toBe(0);
            const [request] = messagesWith(result.transactions, CocoonOp.ownerWorkerRegister);
            expect(request.to).toEqualAddress(worker.address);
            const [excess] = messagesWith(result.transactions, CocoonOp.excesses);
            expect(excess.to).toEqualAddress(await env.address('alice'));

            // The genuine network pays the vault, and the vault the pool.
            await env.operator.sendAddProxy(env.roles.owner.getSender(), { proxy: net.proxy });
            const paid = await net.pay(alice.address, toNano('19'));
            const [booked] = poolEvents(paid.transactions, 'IncomeBooked');
            expect(booked.kind).toBe(INCOME_REWARD);
            expect(booked.proxy).toEqualAddress(net.proxy);
            expect((await env.vaultData('alice')).earned).toBe(toNano('19'));
        });

        it('are deployed with their registration', async () => {
            const net = await CocoonNetwork.create(env.blockchain);
            const alice = await vault('alice');
            const init = net.system.workerInit(alice.address);
            const worker = net.system.worker(alice.address);
            const initCell = beginCell().storeUint(0b00110, 5).storeRef(init.code).storeRef(init.data).endCell();
            const result = await alice.sendRegisterWorker(await via('alice'), { worker, init: initCell });
            expect(exitCode(txAt(result, worker))).toBe(0);
            expect((await env.blockchain.getContract(worker)).accountState?.type).toBe('active');
        });

        it.each([
            ['excesses of Cocoon', CocoonOp.excesses, 77n],
            ['excesses of a jetton', op.Excesses, 78n],
            ['a text', 0, undefined],
        ])('pass %s on to the payout address', async (_, opcode, queryId) => {
            const body = beginCell()
                .storeUint(opcode, 32)
                .storeUint(queryId ?? 'x'.charCodeAt(0), queryId ? 64 : 8);
            const alice = await vault('alice');
            const before = plain(await env.vaultData('alice'));
            const message = { to: alice.address, value: toNano('3'), body: body.endCell() };
            const result = await (await person('stranger')).send(message);
            const [own] = messagesWith(result.transactions, op.OwnMoney);
            expect(own.to).toEqualAddress(await env.address('alice'));
            expect(own.body.beginParse().skip(32).loadUintBig(64)).toBe(queryId ?? 0n);
            expect(own.value).toBeGreaterThan(toNano('2.99'));
            expect(plain(await env.vaultData('alice'))).toEqual(before);
        });

        it.each([0, 8, 31, 32])('take a message of %i zero bits as a plain transfer', async (bits) => {
            const alice = await vault('alice');
            const { solvency } = await env.vaultData('alice');
            const body = beginCell().storeUint(0, bits).endCell();
            const result = await (await person('stranger')).send({ to: alice.address, value: toNano('3'), body });
            const tx = txAt(result, alice.address);
            expect(exitCode(tx)).toBe(0);
            expect(tx.outMessagesCount).toBe(0);
            expect((await env.vaultData('alice')).solvency).toBe(solvency + kept(tx));
        });
    });

    describe('slash', () => {
        const amount = toNano('10');

        it('is announced, waits 48 hours and goes into the reserve', async () => {
            const announced = await env.announceSlash('alice', toNano('50'), 9n);
            expect(poolEvents(announced.transactions, 'SlashEvent')).toMatchObject([
                { kind: 0n, amount, reasonHash: 9n },
            ]);
            const alice = await vault('alice');
            env.advance(SLASH_VETO);
            const result = await alice.sendExecuteSlash(await via('stranger'));
            expect(poolEvents(result.transactions, 'IncomeBooked')).toMatchObject([{ kind: INCOME_SLASH, amount }]);
            expect((await env.distributionData()).reserve).toBe(amount);
            expect((await env.vaultData('alice')).stake).toBe(STAKE - amount);
            expect(await env.registryData()).toMatchObject({ active: 2n, stakeTotal: 2n * STAKE - amount });
        });

        it('ends with the veto of the arbiter', async () => {
            await env.announceSlash('alice', amount);
            const vetoed = await env.vetoSlash('alice');
            expect(poolEvents(vetoed.transactions, 'SlashEvent')).toMatchObject([{ kind: 1n, amount }]);
            env.advance(SLASH_VETO);
            const alice = await vault('alice');
            await expectRefused(env.blockchain, alice.address, PoolExit.ERROR_SLASH_TIME, async () =>
                alice.sendExecuteSlash(await via('stranger')),
            );
            // And there is none again before the exit delay is over: the owner gets his money back.
            const again = await env.announceSlash('alice', amount);
            expect(exitCode(txAt(again, alice.address))).toBe(PoolExit.ERROR_NO_SLASH_NOW);
            expect(outs(txsAt(again, env.registry.address)[1])[0].to).toEqualAddress(env.roles.owner.address);
        });

        it('is void after 96 hours', async () => {
            await env.announceSlash('alice', amount);
            env.advance(SLASH_VETO + SLASH_EXECUTE);
            const alice = await vault('alice');
            await expectRefused(env.blockchain, alice.address, PoolExit.ERROR_SLASH_TIME, async () =>
                alice.sendExecuteSlash(await via('stranger')),
            );
            await alice.sendWithdrawStake(await via('alice'), { amount });
            expect((await env.vaultData('alice')).stake).toBe(STAKE - amount);
            expect((await env.registryData()).stakeTotal).toBe(2n * STAKE - amount);
        });

        it('comes back whole when the reserve refuses it', async () => {
            await env.announceSlash('alice', amount);
            env.advance(SLASH_VETO);
            const back = await refuse(env.blockchain, env.distribution.address);
            const alice = await vault('alice');
            const result = await alice.sendExecuteSlash(await via('stranger'));
            await back();
            // What comes back beyond the stake does not pay for the news of it: the vault owes it.
            expect(messagesWith(result.transactions, op.VaultUpdate)).toHaveLength(1);
            expect(await env.vaultData('alice')).toMatchObject({
                stake: STAKE,
                slashAmount: 0n,
                status: VAULT_ACTIVE,
                owed: true,
            });
            expect((await env.registryData()).stakeTotal).toBe(2n * STAKE - amount);
            await alice.sendResync(await via('stranger'));
            expect((await env.vaultData('alice')).owed).toBe(false);
            expect(await env.registryData()).toMatchObject({ stakeTotal: 2n * STAKE, active: 2n });
        });
    });

    describe('exit', () => {
        it('of somebody whose slash is open completes 48 hours after the delay at the latest', async () => {
            const alice = await vault('alice');
            await alice.sendRequestExit(await via('alice'));
            env.advance(EXIT_DELAY - 60n);
            await env.announceSlash('alice', STAKE);
            env.advance(60);
            await expectRefused(env.blockchain, alice.address, PoolExit.ERROR_STAKE_FROZEN, async () =>
                alice.sendCompleteExit(await via('keeper')),
            );
            env.advance(SLASH_VETO);
            const result = await alice.sendCompleteExit(await via('keeper'));
            const [back] = messagesWith(result.transactions, op.StakeReturned);
            expect(back.to).toEqualAddress(await env.address('alice'));
            expect(back.value).toBeGreaterThan(STAKE);
            expect(await env.registryData()).toMatchObject({ active: 1n, exiting: 0n, stakeTotal: STAKE });
            expect((await env.pool()).participants).toBe(1n);
        });

        it('before the delay is refused by the registry of a managed pool, and the value returns', async () => {
            const alice = await vault('alice');
            await alice.sendRequestExit(await via('alice'));
            env.advance(EXIT_DELAY - 1n);
            const result = await alice.sendCompleteExit(await via('alice'));
            expect(exitCode(txAt(result, env.registry.address))).toBe(PoolExit.ERROR_EXIT_DELAY);
            expect(messagesWith(result.transactions, op.OwnMoney)[0].to).toEqualAddress(await env.address('alice'));
            expect((await env.vaultData('alice')).status).toBe(VAULT_EXITING);
        });

        it('leaves rounds that are due claimable', async () => {
            await env.payVault('alice', toNano('100'));
            await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
            await leave('alice');
            expect(dueEpochs(await env.vaultData('alice'))).toEqual([0n]);
            const result = await env.poke('alice');
            const [paid] = messagesWith(result.transactions, op.RewardPaid);
            expect(paid.to).toEqualAddress(await env.address('alice'));
            const round = await env.round(0);
            expect(paid.value).toBe(round.allocated / 2n);
            expect(dueEpochs(await env.vaultData('alice'))).toEqual([]);
        });

        it('is followed by a new registration that keeps metrics and addresses and starts the rest anew', async () => {
            await env.payVault('alice', toNano('100'));
            await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
            await leave('alice');
            const before = (await env.vaultData('alice')).payout;
            await env.register('alice', { stake: toNano('11'), payout: 'alice cold' });
            const data = await env.vaultData('alice');
            expect(data).toMatchObject({
                status: VAULT_ACTIVE,
                stake: toNano('11'),
                activatedAt: BigInt(env.now),
                completedAt: 0n,
                exitAt: 0n,
                hasRecovery: true,
                earned: toNano('100'),
                due: 1n,
            });
            // Another payout address has its notice, as ever.
            expect(data.payout).toEqualAddress(before);
            expect(await env.registryData()).toMatchObject({
                active: 2n,
                exiting: 0n,
                stakeTotal: STAKE + toNano('11'),
            });
            const result = await env.poke('alice');
            expect(messagesWith(result.transactions, op.RewardPaid)[0].to).toEqualAddress(before);
        });
    });

    describe('minimum payout', () => {
        it('holds a claim back, and the bounce makes it due again', async () => {
            await env.payVault('bob', toNano('100'));
            const alice = await vault('alice');
            await alice.sendSetMinPayout(await via('alice'), { amount: toNano('60') });
            await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
            const refused = await env.poke('alice');
            expect(exitCode(txAt(refused, env.distribution.address))).toBe(PoolExit.ERROR_BELOW_MIN_PAYOUT);
            expect(dueEpochs(await env.vaultData('alice'))).toEqual([0n]);
            // The next entry tries again; the value that comes back is not hers.
            await env.payVault('bob', toNano('100'));
            await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
            const result = await env.poke('alice');
            const total = (await env.round(0)).allocated / 2n + (await env.round(1)).allocated / 2n;
            expect(messagesWith(result.transactions, op.RewardPaid).map((m) => m.value)).toEqual([total]);
        });

        it('changes at once, and so does what is paid', async () => {
            await env.payVault('bob', toNano('100'));
            const alice = await vault('alice');
            await alice.sendSetMinPayout(await via('alice'), { amount: toNano('60') });
            await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
            await env.poke('alice');
            await alice.sendSetMinPayout(await via('alice'), { amount: 0n });
            expect((await env.vaultData('alice')).minPayout).toBe(0n);
            const result = await env.poke('alice');
            expect(messagesWith(result.transactions, op.RewardPaid)).toHaveLength(1);
            expect(MIN_PAYOUT_ROUNDS).toBe(48n);
        });
    });

    it('gives added stake back while the pool is paused', async () => {
        await env.operator.sendPause(env.roles.guardian.getSender());
        const alice = await vault('alice');
        const result = await alice.sendAddStake(await via('alice'), { amount: toNano('5') });
        expect(exitCode(txAt(result, env.registry.address))).toBe(PoolExit.ERROR_PAUSED);
        const [back] = messagesWith(result.transactions, op.StakeReturned);
        expect(back.to).toEqualAddress(await env.address('alice'));
        expect(back.value).toBeGreaterThan(toNano('5'));
        expect(await env.vaultData('alice')).toMatchObject({ stake: STAKE });
        expect((await env.registryData()).stakeTotal).toBe(2n * STAKE);
    });

    it('adds stake that the registry lets in', async () => {
        const alice = await vault('alice');
        await alice.sendAddStake(await via('alice'), { amount: toNano('5') });
        expect((await env.vaultData('alice')).stake).toBe(STAKE + toNano('5'));
        expect((await env.registryData()).stakeTotal).toBe(2n * STAKE + toNano('5'));
    });

    it('moves to published code on the word of the participant, and not otherwise', async () => {
        const code = REFUSING_CODE;
        const codeHash = BigInt(`0x${code.hash().toString('hex')}`);
        const alice = await vault('alice');
        const ask = async (from: string, c: Cell) => alice.sendUpgradeVault(await via(from), { code: c });
        const refusedWith = async (error: number, c: Cell) => {
            const result = await ask('alice', c);
            expect(exitCode(txAt(result, env.registry.address))).toBe(error);
            expect(messagesWith(result.transactions, op.OwnMoney)[0].to).toEqualAddress(await env.address('alice'));
        };
        await refusedWith(PoolExit.ERROR_NOT_PUBLISHED, code);
        await env.operator.sendAnnounceUpgrade(env.roles.owner.getSender(), { target: 'vault', codeHash });
        await refusedWith(PoolExit.ERROR_TOO_EARLY, code);
        env.advance(POOL_UPGRADE_DELAY - 1n);
        await refusedWith(PoolExit.ERROR_TOO_EARLY, code);
        env.advance(1);
        await refusedWith(PoolExit.ERROR_NOT_PUBLISHED, Cell.EMPTY);
        await expectRefused(env.blockchain, alice.address, PoolExit.ERROR_NOT_PARTICIPANT, () => ask('owner', code));
        await ask('alice', code);
        const state = (await env.blockchain.getContract(alice.address)).accountState;
        expect(state?.type === 'active' && state.state.code?.hash().equals(code.hash())).toBe(true);
        // Bob's stays what it was: nobody asked for him.
        expect((await env.vaultData('bob')).status).toBe(VAULT_ACTIVE);
        await restore();
    });

    it('does not pay for a claim that did not come from the vault', async () => {
        await env.payVault('alice', toNano('100'));
        await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
        const bob = await env.vault('bob');
        const [claim] = messagesWith((await env.poke('alice')).transactions, op.Claim);
        expect(claim.body).toBeInstanceOf(Cell);
        await restore();
        await env.payVault('alice', toNano('100'));
        await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
        await expectRefused(env.blockchain, env.distribution.address, PoolExit.ERROR_NOT_VAULT, () =>
            env.impersonate(bob.address, env.distribution.address, toNano('1'), claim.body),
        );
    });
});
