/** PoolOperator and vaults as owners of Cocoon workers and node wallets, against the double of Cocoon. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { storeOwnWalletCommand } from '../../build/PoolOperator/PoolOperator_PoolOperator';
import { CocoonOp, registerBody, walletCommandBody } from '../../wrappers/cocoon';
import { PoolExit, PoolOperator } from '../../wrappers/pool';
import { CocoonNetwork, stepsTo } from '../support/cocoon';
import { messagesWith, PoolEnvironment } from '../support/pool/environment';
import { OperatorUnit } from '../support/pool/operator-unit';
import { header } from '../support/pool/plain';
import { afterFees, cellOf, kept, outCount, outs } from '../support/pool/units';

const op = PoolOperator.opcodes;
const account = (byte: number) => new Address(0, Buffer.alloc(32, byte));
/** How a worker tells the proxy that its owner vouches for it: with one nanoton, as in the real network. */
const NOTICE = { op: CocoonOp.workerRequest, value: 1n };

describe('what the operator contract sends', () => {
    let unit: OperatorUnit;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        unit = await OperatorUnit.create();
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    it('a registration, with all of the value and its rest for the owner', async () => {
        const body = PoolOperator.registerOwnWorkerBody({ worker: account(1), queryId: 51 });
        const tx = await unit.done('owner', body, toNano('0.7'));
        expect(outCount(tx)).toBe(1);
        const [out] = outs(tx);
        expect(header(out)).toEqual({
            to: account(1).toString(),
            value: afterFees(tx, toNano('0.7')),
            bounce: true,
            op: CocoonOp.ownerWorkerRegister,
            init: false,
        });
        expect(out.body).toEqualCell(registerBody({ queryId: 51n, sendExcessesTo: unit.addressOf('owner') }));
        expect(kept(tx)).toBe(0n);
    });

    it('a registration that deploys the worker', async () => {
        const code = beginCell().storeUint(0x00, 8).endCell();
        const init = beginCell().storeUint(0b00110, 5).storeRef(code).storeRef(Cell.EMPTY).endCell();
        const worker = new Address(0, init.hash());
        const body = PoolOperator.registerOwnWorkerBody({ worker, init, queryId: 52 });
        const tx = await unit.done('owner', body, toNano('0.7'));
        const [out] = outs(tx);
        expect(header(out)).toMatchObject({ to: worker.toString(), value: afterFees(tx, toNano('0.7')), init: true });
        expect(out.body).toEqualCell(registerBody({ queryId: 52n, sendExcessesTo: unit.addressOf('owner') }));
        expect((await unit.blockchain.getContract(worker)).accountState?.type).toBe('active');
    });

    it.each(['w', 'b', 'u'] as const)('the text %s to a node wallet', async (command) => {
        const body = PoolOperator.ownWalletCommandBody({ wallet: account(2), command });
        const tx = await unit.done('owner', body, toNano('0.6'));
        expect(outCount(tx)).toBe(1);
        const [out] = outs(tx);
        expect(header(out)).toEqual({
            to: account(2).toString(),
            value: afterFees(tx, toNano('0.6')),
            bounce: true,
            op: CocoonOp.text,
            init: false,
        });
        expect(out.body).toEqualCell(walletCommandBody(command));
        expect(kept(tx)).toBe(0n);
    });

    it.each([0n, 0x61n, 0x63n, 0x74n, 0x76n, 0x78n, 0x57n, 0xffn])('but no other text: %s', async (command) => {
        const body = cellOf(
            storeOwnWalletCommand({ $$type: 'OwnWalletCommand', queryId: 0n, wallet: account(2), command }),
        );
        await unit.refused(PoolExit.ERROR_COMMAND, 'owner', body);
    });

    it('an envelope, bit by bit', async () => {
        const envelope = beginCell().storeUint(0xa040ad28, 32).storeRef(Cell.EMPTY).storeUint(5, 7).endCell();
        const tx = await unit.done('owner', PoolOperator.forwardEnvelopeBody({ worker: account(3), envelope }));
        expect(outCount(tx)).toBe(1);
        const [out] = outs(tx);
        expect(out.to).toEqualAddress(account(3));
        expect(out.bounce).toBe(true);
        expect(out.value).toBe(afterFees(tx, toNano('1')));
        expect(out.body).toEqualCell(envelope);
        expect(kept(tx)).toBe(0n);
    });

    it('all of that while paused and inactive', async () => {
        await unit.pause();
        await unit.finished('owner', PoolOperator.setActiveBody({ active: false }));
        await unit.done('owner', PoolOperator.registerOwnWorkerBody({ worker: account(1) }));
        await unit.done('owner', PoolOperator.ownWalletCommandBody({ wallet: account(2), command: 'w' }));
        const envelope = beginCell().storeUint(CocoonOp.workerLastPayout, 32).endCell();
        await unit.done('owner', PoolOperator.forwardEnvelopeBody({ worker: account(3), envelope }));
    });

    it.each([...Object.values(CocoonOp), op.RolesUpdate, op.AskIdle, op.PayoutAddressChange])(
        'no envelope but a signed payout: %i',
        async (code) => {
            const envelope = beginCell().storeUint(code, 32).storeUint(0, 64).endCell();
            const body = PoolOperator.forwardEnvelopeBody({ worker: account(3), envelope });
            if (code === CocoonOp.workerPayout || code === CocoonOp.workerLastPayout) {
                await unit.done('owner', body);
            } else {
                await unit.refused(PoolExit.ERROR_COMMAND, 'owner', body);
            }
        },
    );
});

describe('with Cocoon', () => {
    let env: PoolEnvironment;
    let net: CocoonNetwork;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        env = await PoolEnvironment.create({ epochSeconds: 86_400 });
        net = await CocoonNetwork.create(env.blockchain);
        await env.operator.sendAddProxy(env.roles.owner.getSender(), { proxy: net.proxy });
        await env.register('alice');
        restore = env.checkpoint();
    });
    beforeEach(() => restore());

    it('the operator registers a worker of his own, and the rest of the value is his, not a reward', async () => {
        const owner = env.operator.address;
        const { address: worker } = await net.worker(owner);
        const result = await env.operator.sendRegisterOwnWorker(env.roles.owner.getSender(), { worker });
        const [registration] = stepsTo(result, worker);
        expect(registration).toMatchObject({ op: CocoonOp.ownerWorkerRegister, exitCode: 0 });
        expect(stepsTo(result, net.proxy)).toMatchObject([NOTICE]);
        // Cocoon pays the excesses to the owner himself.
        expect(stepsTo(result, env.roles.owner.address).at(-1)).toMatchObject({ op: CocoonOp.excesses });
        expect(await env.distributionData()).toMatchObject({ rewards: 0n, donations: 0n });
        expect(await env.pool()).toMatchObject({ pendingRewards: 0n, pendingDonations: 0n });
    });

    it('deploys that worker with the registration', async () => {
        const owner = env.operator.address;
        const worker = net.system.worker(owner);
        const { code, data } = net.system.workerInit(owner);
        const init = beginCell().storeUint(0b00110, 5).storeRef(code).storeRef(data).endCell();
        const result = await env.operator.sendRegisterOwnWorker(env.roles.owner.getSender(), { worker, init });
        expect(stepsTo(result, worker)).toMatchObject([{ exitCode: 0, aborted: false }]);
        expect(stepsTo(result, net.proxy)).toMatchObject([NOTICE]);
        expect((await net.workerInfo(worker)).owner).toEqualAddress(owner);
    });

    it('what his worker earns is a reward of the pool', async () => {
        const before = (await env.distributionData()).rewards;
        const result = await net.pay(env.operator.address, toNano('19'));
        const [income] = messagesWith(result.transactions, op.Income);
        expect(income.body.beginParse().skip(96).loadBit()).toBe(true);
        expect((await env.distributionData()).rewards).toBeGreaterThan(before + toNano('18.9'));
    });

    it('he submits a signed payout himself, and what is left of the value goes where the envelope says', async () => {
        const owner = env.operator.address;
        const { address: worker } = await net.worker(owner);
        const payout = net.system.payout({
            owner,
            tokens: net.system.tokensFor(toNano('4')),
            sendExcessesTo: env.roles.owner.address,
        });
        const result = await env.operator.sendForwardEnvelope(env.roles.owner.getSender(), {
            worker,
            envelope: payout.body!,
        });
        expect(stepsTo(result, owner).filter((step) => step.op === CocoonOp.payout)).toMatchObject([
            { value: toNano('4') },
        ]);
        expect(stepsTo(result, env.roles.owner.address).at(-1)).toMatchObject({ op: CocoonOp.excesses });
        expect((await env.distributionData()).rewards).toBeGreaterThan(toNano('3.9'));
        expect((await net.workerInfo(worker)).tokens).toBe(net.system.tokensFor(toNano('4')));
    });

    it('excesses sent to the operator contract are the owner’s, never a reward', async () => {
        const result = await net.pay(env.operator.address, toNano('19'), { sendExcessesTo: env.operator.address });
        const [mine] = messagesWith(result.transactions, op.OwnMoney);
        expect(mine.to).toEqualAddress(env.roles.owner.address);
        expect(mine.value).toBeGreaterThan(0n);
        expect((await env.distributionData()).rewards).toBeLessThan(toNano('19'));
    });

    it('the wallet of his node gives him its balance on "w"', async () => {
        const { address: wallet } = await net.wallet(env.operator.address, toNano('5'));
        const result = await env.operator.sendOwnWalletCommand(env.roles.owner.getSender(), { wallet, command: 'w' });
        const [mine] = messagesWith(result.transactions, op.OwnMoney);
        expect(mine.to).toEqualAddress(env.roles.owner.address);
        expect(mine.value).toBeGreaterThan(toNano('4.9'));
        expect(await env.distributionData()).toMatchObject({ rewards: 0n, donations: 0n });
        expect(await env.pool()).toMatchObject({ pendingRewards: 0n, pendingDonations: 0n, stake: toNano('100') });
    });

    it('a participant registers his worker, and its pay arrives as his reward', async () => {
        const vault = await env.vault('alice');
        const { address: worker } = await net.worker(vault.address);
        const alice = await env.person('alice');
        const registered = await vault.sendRegisterWorker(alice.getSender(), { worker });
        expect(stepsTo(registered, worker)).toMatchObject([{ op: CocoonOp.ownerWorkerRegister, exitCode: 0 }]);
        expect(stepsTo(registered, net.proxy)).toMatchObject([NOTICE]);
        const result = await net.pay(vault.address, toNano('19'));
        const [income] = messagesWith(result.transactions, op.Income);
        const body = income.body.beginParse().skip(96);
        expect(body.loadBit()).toBe(true);
        expect(body.loadAddress()).toEqualAddress(alice.address);
        expect(body.loadAddress()).toEqualAddress(net.proxy);
        expect((await env.distributionData()).rewards).toBeGreaterThan(toNano('18.9'));
    });

    it('pay from a proxy that is not listed is a donation', async () => {
        const other = await CocoonNetwork.create(env.blockchain, { root: net.root, seed: 'another proxy' });
        const vault = await env.vault('alice');
        await other.pay(vault.address, toNano('19'));
        const data = await env.distributionData();
        expect(data.rewards).toBe(0n);
        expect(data.donations).toBeGreaterThan(toNano('18.9'));
    });
});
