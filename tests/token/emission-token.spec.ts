/** The emission with the real jetton: supply, wallets, caps, refused mints and wallets, and what to attach. */
import { Address, toNano } from '@ton/core';
import { Blockchain, SandboxContract } from '@ton/sandbox';
import '@ton/test-utils';

import {
    budgetOf,
    EmissionConfig,
    EmissionController,
    offchainMetadata,
    ProviderShare,
    ShareMinter,
    ShareWallet,
    tokenCodes,
    Usage,
    YEAR_TABLE,
} from '../../wrappers/token';
import { checkpoint, createBlockchain, START_TIME } from '../support/chain';
import { underCoverage } from '../support/coverage';
import { kept, refuse, succeeded, Treasury, txsAt } from '../support/pool/transactions';
import { priceScenarios } from '../support/prices';
import { UNIT, WEEK } from '../support/token/emission-world';

const TABLE = YEAR_TABLE.map((amount) => amount * UNIT);
const NAMES = ['owner', 'recorder', 'rewards', 'stakers', 'treasury', 'liquidity', 'alice', 'bob', 'anyone'] as const;
type Name = (typeof NAMES)[number];

class Token {
    people!: Record<Name, Treasury>;
    blockchain!: Blockchain;
    minter!: SandboxContract<ShareMinter>;
    controller!: SandboxContract<EmissionController>;

    static async create(
        options: Partial<EmissionConfig> & { cap?: bigint; config?: Parameters<typeof createBlockchain>[0] } = {},
    ) {
        const token = new Token();
        const { config, ...given } = options;
        token.blockchain = await createBlockchain(config);
        token.people = {} as Record<Name, Treasury>;
        for (const name of NAMES) token.people[name] = await token.blockchain.treasury(`token ${name}`);
        const of = (name: Name) => token.people[name].address;
        token.minter = token.blockchain.openContract(
            await ShareMinter.createFromConfig({
                admin: of('owner'),
                content: offchainMetadata('https://example.org/share.json'),
                minters: [of('owner')],
            }),
        );
        await token.minter.sendDeploy(token.via('owner'), { value: toNano('5') });
        token.controller = token.blockchain.openContract(
            await EmissionController.createFromConfig({
                minter: token.minter.address,
                owner: of('owner'),
                rateKeeper: of('owner'),
                guardian: of('owner'),
                recorders: [of('recorder')],
                recipients: [
                    { address: of('rewards'), bps: 6000 },
                    { address: of('stakers'), bps: 4000 },
                ],
                treasury: of('treasury'),
                liquidity: of('liquidity'),
                start: START_TIME,
                ...given,
            }),
        );
        await token.controller.sendDeploy(token.via('owner'), toNano('20'));
        await token.controller.sendSetModelRate(token.via('owner'), { name: 'model', rate: 1_000_000n });
        return token;
    }

    via(name: Name) {
        return this.people[name].getSender();
    }

    of(name: Name): Address {
        return this.people[name].address;
    }

    async wallet(owner: Address): Promise<SandboxContract<ShareWallet>> {
        const { walletCode } = await tokenCodes();
        return this.blockchain.openContract(
            ShareWallet.createFromConfig({ minter: this.minter.address, owner, walletCode }),
        );
    }

    async balance(name: Name): Promise<bigint> {
        return (await this.wallet(this.of(name))).getBalance();
    }

    /** Everything all wallets hold. */
    async held(): Promise<bigint> {
        let sum = 0n;
        for (const name of NAMES) sum += await this.balance(name);
        return sum;
    }

    usage(nonce: bigint): Usage {
        return {
            consumer: this.of('alice'),
            provider: this.of('bob'),
            model: 'model',
            promptTokens: 4000,
            completionTokens: 6000,
            amount: 5n,
            time: this.blockchain.now!,
            nonce,
        };
    }

    async share(): Promise<SandboxContract<ProviderShare>> {
        return this.blockchain.openContract(
            await ProviderShare.createFromConfig({ controller: this.controller.address, provider: this.of('bob') }),
        );
    }
}

describe('the emission of the real token', () => {
    let token: Token;
    let restore: () => Promise<void>;

    beforeAll(async () => {
        token = await Token.create();
        await token.minter.sendAddMinter(token.via('owner'), { minter: token.controller.address });
        await token.minter.sendGenesis(token.via('owner'), { recipients: [[token.of('owner'), 450_000_000n * UNIT]] });
        restore = checkpoint(token.blockchain);
    });
    beforeEach(() => restore());

    const supply = async () => (await token.minter.getJettonData()).totalSupply;

    it('raises the supply by exactly what the books say, and wallets hold it', async () => {
        const { controller, blockchain } = token;
        blockchain.now = START_TIME + 3 * WEEK;
        for (let i = 0; i < 3; i++) await controller.sendEmit(token.via('anyone'), {});
        await controller.sendRecordUsage(token.via('recorder'), { usages: [1n, 2n, 3n].map((n) => token.usage(n)) });
        const before = await supply();
        expect(before).toBe(450_000_000n * UNIT + budgetOf(TABLE, 0n, 3n, 10_000n));
        await (await token.share()).sendClaimShare(token.via('anyone'), { value: toNano('1') });
        await controller.sendFlush(token.via('anyone'), {});
        expect(await supply()).toBe(before + 30_000_000n);
        expect(await token.balance('bob')).toBe(25_500_000n);
        expect(await token.balance('treasury')).toBe(3_000_000n);
        expect(await token.balance('liquidity')).toBe(1_500_000n);
        expect(await token.held()).toBe(await supply());
        const { allocated } = await controller.getEmissionData();
        expect((await token.balance('rewards')) + (await token.balance('stakers'))).toBe(allocated);
    });

    it('mints what was refused when the minter role is back', async () => {
        const { controller, minter, blockchain } = token;
        await minter.sendRemoveMinter(token.via('owner'), { minter: controller.address });
        blockchain.now = START_TIME + WEEK;
        await controller.sendEmit(token.via('anyone'), {});
        const start = await supply();
        const { allocated, owedAccounts } = await controller.getEmissionData();
        expect(owedAccounts).toBe(2n);
        await minter.sendAddMinter(token.via('owner'), { minter: controller.address });
        blockchain.now += 48 * 3600;
        await minter.sendApplyMinter(token.via('anyone'), {});
        for (const who of ['rewards', 'stakers'] as const)
            await controller.sendFlush(token.via('anyone'), { to: token.of(who) });
        expect((await supply()) - start).toBe(allocated);
        expect(await token.balance('rewards')).toBe((allocated * 6n + 9n) / 10n);
        expect((await controller.getEmissionData()).owedAccounts).toBe(0n);
    });

    it('owes what a wallet could not take, and supply stays right', async () => {
        const { controller, blockchain } = token;
        blockchain.now = START_TIME + WEEK;
        const start = await supply();
        const wallet = await token.wallet(token.of('rewards'));
        const mend = await refuse(blockchain, wallet.address);
        await controller.sendEmit(token.via('anyone'), {});
        await mend();
        const { allocated } = await controller.getEmissionData();
        const owed = await controller.getOwedTo(token.of('rewards'));
        expect(owed).toBe(allocated - (allocated * 4n) / 10n);
        expect((await supply()) - start).toBe(allocated - owed);
        await controller.sendFlush(token.via('anyone'), { to: token.of('rewards') });
        expect(await token.balance('rewards')).toBe(owed);
        expect(await token.held()).toBe(await supply());
    });

    it('has room under the cap of the token for all three sources', async () => {
        // 450 million at the genesis, 350 by the schedule, 200 by usages: a billion.
        const { cap } = await token.controller.getEmissionData();
        const { lifetimeCap } = await token.controller.getUsageData();
        expect(450_000_000n * UNIT + cap + lifetimeCap).toBe(1_000_000_000n * UNIT);
    });

    it('deployer’s role is over after the genesis', async () => {
        expect(await token.minter.getIsMinter(token.of('owner'))).toBe(false);
        expect(await token.minter.getIsMinter(token.controller.address)).toBe(true);
    });
});

(underCoverage ? describe.skip : describe).each(Object.entries(priceScenarios()))(
    'what the emission attaches, at the %s',
    (_name, config) => {
        it('is enough for minter and new wallets', async () => {
            const token = await Token.create({ config: { config } });
            const { controller, blockchain } = token;
            await token.minter.sendAddMinter(token.via('owner'), { minter: controller.address });
            await controller.sendRecordUsage(token.via('recorder'), { usages: [token.usage(1n)] });
            blockchain.now = START_TIME + WEEK;
            const share = await token.share();
            const chains = [
                await controller.sendEmit(token.via('anyone'), {}),
                await share.sendClaimShare(token.via('anyone'), {}),
                await controller.sendFlush(token.via('anyone'), {}),
            ];
            for (const { transactions } of chains) {
                for (const tx of transactions) expect(succeeded(tx)).toBe(true);
                // rent of the first week aside, the minter pays nothing either
                for (const tx of txsAt({ transactions }, token.minter.address))
                    expect(kept(tx)).toBeGreaterThanOrEqual(0n);
            }
            expect(await token.balance('bob')).toBe(8_500_000n);
            expect((await controller.getEmissionData()).owedAccounts).toBe(0n);
            expect(await token.held()).toBe((await token.minter.getJettonData()).totalSupply);
        });

        it('is enough to tell the controller when a wallet refuses, and to mint again', async () => {
            const token = await Token.create({ config: { config } });
            const { controller, blockchain } = token;
            await token.minter.sendAddMinter(token.via('owner'), { minter: controller.address });
            blockchain.now = START_TIME + WEEK;
            const mends: (() => Promise<void>)[] = [];
            for (const who of ['rewards', 'stakers'] as const)
                mends.push(await refuse(blockchain, (await token.wallet(token.of(who))).address));
            const { transactions } = await controller.sendEmit(token.via('anyone'), {});
            for (const mend of mends) await mend();
            const reports = txsAt({ transactions }, controller.address).slice(1);
            expect(reports).toHaveLength(2);
            for (const tx of reports) {
                expect(succeeded(tx)).toBe(true);
                expect(kept(tx)).toBeGreaterThanOrEqual(0n);
            }
            expect((await controller.getEmissionData()).owedAccounts).toBe(2n);
            expect((await token.minter.getJettonData()).totalSupply).toBe(0n);
            for (const who of ['rewards', 'stakers'] as const)
                await controller.sendFlush(token.via('anyone'), { to: token.of(who) });
            const { allocated } = await controller.getEmissionData();
            expect((await token.minter.getJettonData()).totalSupply).toBe(allocated);
        });

        it('is enough when the minter refuses', async () => {
            const token = await Token.create({ config: { config } });
            const { controller, blockchain } = token;
            blockchain.now = START_TIME + WEEK;
            const { transactions } = await controller.sendEmit(token.via('anyone'), {});
            for (const tx of txsAt({ transactions }, controller.address)) {
                expect(succeeded(tx)).toBe(true);
                expect(kept(tx)).toBeGreaterThanOrEqual(0n);
            }
            expect((await controller.getEmissionData()).owedAccounts).toBe(2n);
        });
    },
);
