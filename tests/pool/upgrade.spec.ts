/** Upgrades of the pool's contracts: notice, wait, apply - and what lives on when every parent has new code. */
import { Address, beginCell, Cell, toNano } from '@ton/core';
import '@ton/test-utils';

import { storeAnnounceUpgrade, storeCancelUpgrade } from '../../build/PoolOperator/PoolOperator_PoolOperator';
import {
    ParticipantVault,
    POOL_UPGRADE_DELAY,
    poolCodes,
    PoolCodes,
    PoolExit,
    poolEvents,
    PoolOperator,
    UpgradeTarget,
    vaultAddress,
} from '../../wrappers/pool';
import { messagesWith, PoolEnvironment } from '../support/pool/environment';
import { GENERATION, nextVersion } from '../support/next-version';
import { expectExcesses } from '../support/pool/operator-unit';
import { plain } from '../support/pool/plain';
import { cellOf, exitCode, kept, outCount, outs, stateHash, succeeded, txAt } from '../support/pool/units';

const op = PoolOperator.opcodes;
const hashOf = (code: Cell) => BigInt(`0x${code.hash().toString('hex')}`);
const NONE = { version: 0n, codeHash: 0n, readyAt: 0n, gap: null };

/** What is compiled anew. */
const CONTRACTS = {
    operator: ['PoolOperator', 'pool-operator'],
    registry: ['ParticipantRegistry', 'participant-registry'],
    distribution: ['RewardDistribution', 'reward-distribution'],
    vault: ['ParticipantVault', 'participant-vault'],
} as const;

let env: PoolEnvironment;
let next: Record<keyof typeof CONTRACTS, Cell>;
let codes: PoolCodes;
let restore: () => Promise<void>;

beforeAll(async () => {
    next = await nextVersion('pool', CONTRACTS);
    codes = await poolCodes();
    env = await PoolEnvironment.create({ epochSeconds: 86_400 });
    await env.register('alice', { stake: toNano('20') });
    await env.register('bob', { stake: toNano('30') });
    restore = env.checkpoint();
}, 300_000);
beforeEach(() => restore());

type Parent = Exclude<UpgradeTarget, 'vault'>;
const contractOf = (target: Parent) => env[target];
const addressOf = (target: UpgradeTarget): Address => (target === 'vault' ? env.registry : contractOf(target)).address;

async function slotOf(target: UpgradeTarget) {
    const slot =
        target === 'operator'
            ? await env.operator.getUpgrade()
            : target === 'distribution'
              ? await env.distribution.getUpgrade()
              : await env.registry.getUpgrade(target === 'vault');
    return plain(slot);
}

const owner = () => env.roles.owner.getSender();
const announce = (target: UpgradeTarget, code: Cell) =>
    env.operator.sendAnnounceUpgrade(owner(), { target, codeHash: hashOf(code), queryId: 7 });
const cancel = (target: UpgradeTarget) => env.operator.sendCancelUpgrade(owner(), { target });

/** The code that an account runs. */
async function codeAt(address: Address): Promise<bigint> {
    const { accountState } = await env.blockchain.getContract(address);
    return accountState?.type === 'active' ? hashOf(accountState.state.code!) : 0n;
}

async function generation(address: Address): Promise<bigint> {
    return (await env.blockchain.runGetMethod(address, 'get_generation')).stackReader.readBigNumber();
}

describe.each<UpgradeTarget>(['operator', 'registry', 'distribution', 'vault'])('new code for the %s', (target) => {
    it('is announced for 9 days later: one slot, and an event', async () => {
        expect(await slotOf(target)).toEqual(NONE);
        const result = await announce(target, next[target]);
        const readyAt = BigInt(env.now) + POOL_UPGRADE_DELAY;
        expect(await slotOf(target)).toEqual({ version: 0n, codeHash: hashOf(next[target]), readyAt, gap: null });
        const [event] = poolEvents(result.transactions, 'UpgradeEvent');
        expect(event).toMatchObject({ codeHash: hashOf(next[target]), at: readyAt, version: 0n });
        expect(event.emitter).toEqualAddress(addressOf(target));
        // Nothing else has changed.
        for (const other of (['operator', 'registry', 'distribution', 'vault'] as const).filter((t) => t !== target)) {
            expect(await slotOf(other)).toEqual(NONE);
        }
        expect(await codeAt(addressOf(target))).toBe(
            hashOf(
                target === 'operator'
                    ? env.operator.init!.code
                    : codes[`${target === 'vault' ? 'registry' : target}Code`],
            ),
        );

        env.advance(5);
        const second = await announce(target, Cell.EMPTY);
        expect(second.transactions).toHaveTransaction({
            on: addressOf(target),
            exitCode: PoolExit.ERROR_CHANGE_PENDING,
        });
        expect(await slotOf(target)).toMatchObject({ codeHash: hashOf(next[target]), readyAt });
        env.advance(POOL_UPGRADE_DELAY);
        expect((await announce(target, Cell.EMPTY)).transactions).toHaveTransaction({
            on: addressOf(target),
            exitCode: PoolExit.ERROR_CHANGE_PENDING,
        });
    });

    it('is taken back, at any time, and then the slot is free', async () => {
        const nothing = await cancel(target);
        expect(nothing.transactions).toHaveTransaction({ on: addressOf(target), exitCode: PoolExit.ERROR_NO_CHANGE });
        await announce(target, next[target]);
        env.advance(POOL_UPGRADE_DELAY + 1n);
        const result = await cancel(target);
        expect(poolEvents(result.transactions, 'UpgradeEvent')).toMatchObject([{ codeHash: 0n, at: 0n, version: 0n }]);
        expect(await slotOf(target)).toEqual(NONE);
        const again = await cancel(target);
        expect(again.transactions).toHaveTransaction({ on: addressOf(target), exitCode: PoolExit.ERROR_NO_CHANGE });
        await announce(target, next.vault);
        expect(await slotOf(target)).toMatchObject({
            codeHash: hashOf(next.vault),
            readyAt: BigInt(env.now) + POOL_UPGRADE_DELAY,
        });
    });

    it('is not announced while paused, but taken back', async () => {
        await announce(target, next[target]);
        await env.operator.sendPause(env.roles.guardian.getSender());
        await cancel(target);
        expect(await slotOf(target)).toEqual(NONE);
        const refused = await announce(target, next[target]);
        expect(refused.transactions).toHaveTransaction({
            on: env.operator.address,
            exitCode: PoolExit.ERROR_PAUSED,
        });
        expect(await slotOf(target)).toEqual(NONE);
    });
});

describe('a notice that makes no sense', () => {
    const send = (body: Cell) => env.impersonate(env.roles.owner.address, env.operator.address, toNano('1'), body);
    const code = async (body: Cell) => exitCode(txAt(await send(body), env.operator.address));

    it.each([4n, 255n])('for target %s is refused', async (target) => {
        const notice = cellOf(storeAnnounceUpgrade({ $$type: 'AnnounceUpgrade', queryId: 0n, target, codeHash: 1n }));
        const back = cellOf(storeCancelUpgrade({ $$type: 'CancelUpgrade', queryId: 0n, target }));
        expect(await code(notice)).toBe(PoolExit.ERROR_BAD_PARAMETER);
        expect(await code(back)).toBe(PoolExit.ERROR_BAD_PARAMETER);
    });

    it.each([0n, 1n, 2n, 3n])('of no code for target %s is refused', async (target) => {
        const notice = cellOf(storeAnnounceUpgrade({ $$type: 'AnnounceUpgrade', queryId: 0n, target, codeHash: 0n }));
        expect(await code(notice)).toBe(PoolExit.ERROR_BAD_PARAMETER);
    });
});

describe.each<Parent>(['operator', 'registry', 'distribution'])('the %s', (target) => {
    const apply = async (code: Cell, from = 'stranger') => {
        const body = PoolOperator.applyUpgradeBody({ code, queryId: 9 });
        const who = await env.address(from);
        return txAt(await env.impersonate(who, addressOf(target), toNano('1'), body), addressOf(target));
    };
    const refused = async (code: Cell, exit: number) => {
        const before = await stateHash(env.blockchain, addressOf(target));
        expect(exitCode(await apply(code))).toBe(exit);
        expect(exitCode(await apply(code, 'owner'))).toBe(exit);
        expect(await stateHash(env.blockchain, addressOf(target))).toBe(before);
    };

    it('takes announced code after 9 days, to the second, from anyone, even while paused', async () => {
        await refused(next[target], PoolExit.ERROR_NO_CHANGE);
        await announce(target, next[target]);
        env.advance(POOL_UPGRADE_DELAY - 1n);
        await refused(next[target], PoolExit.ERROR_TOO_EARLY);
        env.advance(1);
        await refused(next.vault, PoolExit.ERROR_WRONG_CODE);
        await refused(Cell.EMPTY, PoolExit.ERROR_WRONG_CODE);
        await env.operator.sendPause(env.roles.guardian.getSender());
        const tx = await apply(next[target]);
        expect(succeeded(tx)).toBe(true);
        expect(outCount(tx)).toBe(2);
        expectExcesses(
            outs(tx)[0],
            env.roles.stranger.address,
            PoolOperator.applyUpgradeBody({ code: next[target], queryId: 9 }),
        );
        expect(kept(tx)).toBe(0n);
        expect(poolEvents([tx], 'UpgradeEvent')).toMatchObject([
            { codeHash: hashOf(next[target]), at: 0n, version: 1n },
        ]);
        expect(await codeAt(addressOf(target))).toBe(hashOf(next[target]));
        expect(await generation(addressOf(target))).toBe(GENERATION);
        expect(await slotOf(target)).toEqual({ ...NONE, version: 1n });
        const { version } =
            target === 'operator'
                ? await env.pool()
                : target === 'registry'
                  ? await env.registryData()
                  : await env.distributionData();
        expect(version).toBe(1n);
        await refused(next[target], PoolExit.ERROR_NO_CHANGE);
    });

    it('keeps everything it knows, and can be upgraded again', async () => {
        await env.payVault('alice', toNano('5'));
        await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
        const look = async () => {
            const all = {
                pool: await env.pool(),
                registry: await env.registryData(),
                epoch: { ...(await env.epoch()), due: false },
                distribution: await env.distributionData(),
                round: await env.round(0),
                schedule: await env.distribution.getSchedule(),
                roles: await env.registry.getRoles(),
            };
            for (const part of [all.pool, all.registry, all.distribution]) {
                Object.assign(part, { solvency: 0n, version: 0n });
            }
            return plain(all);
        };
        const before = await look();
        await announce(target, next[target]);
        env.advance(POOL_UPGRADE_DELAY);
        await apply(next[target]);
        expect(await look()).toEqual(before);
        const first = target === 'operator' ? env.operator.init!.code : codes[`${target}Code`];
        await announce(target, first);
        env.advance(POOL_UPGRADE_DELAY);
        await apply(first);
        expect(await slotOf(target)).toEqual({ ...NONE, version: 2n });
        expect(await look()).toEqual(before);
    });
});

describe('new code for vaults', () => {
    const upgrade = async (who: string, code: Cell, vaultOf = who, value: bigint | undefined = toNano('1')) =>
        (await env.vault(vaultOf)).sendUpgradeVault((await env.person(who)).getSender(), { code, value });

    it('costs what get_cost says: the code travels to the registry and back', async () => {
        await announce('vault', next.vault);
        env.advance(POOL_UPGRADE_DELAY);
        const vault = await env.vault('alice');
        const cost = await vault.getCost(op.UpgradeVault);
        const short = await upgrade('alice', next.vault, 'alice', cost - 1n);
        expect(short.transactions).toHaveTransaction({ on: vault.address, exitCode: PoolExit.ERROR_VALUE_TOO_LOW });
        await upgrade('alice', next.vault, 'alice', cost);
        expect(await codeAt(vault.address)).toBe(hashOf(next.vault));
    });

    it('is taken by a participant for his own vault alone, after 9 days', async () => {
        const alice = (await env.vault('alice')).address;
        const bob = (await env.vault('bob')).address;
        const at = (exit: number, on = env.registry.address) => ({ on, exitCode: exit });
        expect((await upgrade('alice', next.vault)).transactions).toHaveTransaction(at(PoolExit.ERROR_NOT_PUBLISHED));
        await announce('vault', next.vault);
        env.advance(POOL_UPGRADE_DELAY - 1n);
        expect((await upgrade('alice', next.vault)).transactions).toHaveTransaction(at(PoolExit.ERROR_TOO_EARLY));
        env.advance(1);
        expect((await upgrade('alice', next.registry)).transactions).toHaveTransaction(
            at(PoolExit.ERROR_NOT_PUBLISHED),
        );
        for (const who of ['bob', 'owner', 'stranger']) {
            expect((await upgrade(who, next.vault, 'alice')).transactions).toHaveTransaction(
                at(PoolExit.ERROR_NOT_PARTICIPANT, alice),
            );
        }
        expect(await codeAt(alice)).toBe(hashOf(codes.vaultCode));
        const before = plain({ ...(await env.vaultData('alice')), solvency: 0n });
        await upgrade('alice', next.vault);
        expect(await generation(alice)).toBe(GENERATION);
        expect(plain({ ...(await env.vaultData('alice')), solvency: 0n })).toEqual(before);
        expect(await codeAt(bob)).toBe(hashOf(codes.vaultCode));
        // The publication stays for the others.
        await upgrade('bob', next.vault);
        expect(await generation(bob)).toBe(GENERATION);
    });
});

describe('a pool whose every parent has new code, compiled with changed children', () => {
    /** The addresses of vaults rest on this number of zero bits for ever: another one would lose all of them. */
    it('derives vaults from the code in its storage and from data that never change', async () => {
        const participant = await env.address('alice');
        const data = beginCell()
            .storeAddress(env.registry.address)
            .storeAddress(participant)
            .storeUint(0, 256)
            .storeUint(0, 125);
        const init = beginCell().storeUint(0b00110, 5).storeRef(codes.vaultCode).storeRef(data.endCell()).endCell();
        const pinned = new Address(0, init.hash());
        for (const parent of [env.operator, env.registry, env.distribution]) {
            expect(await parent.getVaultAddress(participant)).toEqualAddress(pinned);
        }
    });

    it('carries no code of its children, so nothing can be derived from it', () => {
        const cells = (cell: Cell, found = new Set<string>()): Set<string> => {
            const hash = cell.hash().toString('hex');
            if (!found.has(hash)) {
                found.add(hash);
                cell.refs.forEach((ref) => cells(ref, found));
            }
            return found;
        };
        const names = ['operator', 'registry', 'distribution', 'vault'] as const;
        for (const parent of names) {
            const inside = cells(next[parent]);
            for (const child of names.filter((name) => name !== parent)) {
                expect(inside.has(next[child].hash().toString('hex'))).toBe(false);
            }
        }
    });

    it('still pays, reports, lets in and lets out, with old vaults and with a moved one', async () => {
        await env.payVault('alice', toNano('20'));
        await env.runEpoch([{ who: 'alice' }, { who: 'bob' }]);
        const addresses = { alice: (await env.vault('alice')).address, bob: (await env.vault('bob')).address };
        for (const target of ['operator', 'registry', 'distribution', 'vault'] as const) {
            await announce(target, next[target]);
        }
        env.advance(POOL_UPGRADE_DELAY);
        for (const target of ['operator', 'registry', 'distribution'] as const) {
            await contractOf(target).sendApplyUpgrade(env.roles.stranger.getSender(), { code: next[target] });
            expect(await generation(addressOf(target))).toBe(GENERATION);
        }
        await (
            await env.vault('bob')
        ).sendUpgradeVault((await env.person('bob')).getSender(), { code: next.vault, value: toNano('1') });
        expect(await codeAt(addresses.alice)).toBe(hashOf(codes.vaultCode));
        expect(await codeAt(addresses.bob)).toBe(hashOf(next.vault));

        // Everybody is where he was, for every parent.
        for (const who of ['alice', 'bob'] as const) {
            const participant = await env.address(who);
            const derived = vaultAddress(env.registry.address, participant, codes.vaultCode);
            expect(derived).toEqualAddress(addresses[who]);
            for (const parent of [env.operator, env.registry, env.distribution]) {
                expect(await parent.getVaultAddress(participant)).toEqualAddress(derived);
            }
        }

        // Rounds from before are paid.
        const rewards = async (who: string) =>
            messagesWith((await env.poke(who)).transactions, op.RewardPaid).reduce((sum, m) => sum + m.value, 0n);
        const { unpaid } = await env.distributionData();
        expect((await rewards('alice')) + (await rewards('bob'))).toBeGreaterThanOrEqual(unpaid - 1n);

        // Payouts of both are rewards, in their names.
        for (const who of ['alice', 'bob'] as const) {
            const { transactions } = await env.payVault(who, toNano('5'));
            const [booked] = poolEvents(transactions, 'IncomeBooked');
            expect(booked.kind).toBe(0n);
            expect(booked.participant).toEqualAddress(await env.address(who));
        }

        // Somebody new gets a vault of the pinned code.
        await env.register('carol');
        const carol = await env.vault('carol');
        expect(await codeAt(carol.address)).toBe(hashOf(codes.vaultCode));
        expect(carol.address).toEqualAddress(
            vaultAddress(env.registry.address, await env.address('carol'), codes.vaultCode),
        );
        expect((await env.registryData()).active).toBe(3n);

        // Epochs go on: the missed ones are closed, and the open one is reported, fixed and claimed by all.
        while ((await env.epoch()).due) {
            await env.closeEpoch();
        }
        const { epoch } = await env.epoch();
        await env.endEpoch();
        await env.report(epoch, [{ who: 'alice' }, { who: 'bob' }]);
        await env.untilDue();
        await env.startRound();
        expect((await env.round(epoch)).known).toBe(true);
        expect(await rewards('alice')).toBeGreaterThan(0n);
        expect(await rewards('bob')).toBeGreaterThan(0n);
        expect((await env.distributionData()).unpaid).toBeLessThan(2n);

        // And out: the stakes come back in full.
        for (const [who, stake] of [
            ['alice', toNano('20')],
            ['bob', toNano('30')],
        ] as const) {
            const sender = (await env.person(who)).getSender();
            const vault = env.blockchain.openContract(ParticipantVault.createFromAddress(addresses[who]));
            await vault.sendRequestExit(sender);
            env.advance(604_800);
            const [back] = messagesWith((await vault.sendCompleteExit(sender)).transactions, op.StakeReturned);
            expect(back.value).toBeGreaterThanOrEqual(stake);
            expect((await vault.getVaultData()).stake).toBe(0n);
        }
        expect((await env.registryData()).active).toBe(1n);
    });
});
