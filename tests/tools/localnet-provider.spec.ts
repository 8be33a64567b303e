import '@ton/test-utils';
import * as fs from 'node:fs';
import * as path from 'node:path';
import {
    Address,
    beginCell,
    Cell,
    Contract,
    ContractProvider,
    Sender,
    SendMode,
    contractAddress,
    toNano,
} from '@ton/core';
import { mnemonicToPrivateKey, mnemonicValidate } from '@ton/crypto';
import { TonClient } from '@ton/ton';
import { wallets as blueprintWallets } from '@ton/blueprint/dist/network/send/wallets';
import { main } from '../../tools/localnet/cli';
import { LocalChain } from '../../tools/localnet/engine';
import { createLocalProvider } from '../../tools/localnet/provider';
import { findScript, findScripts } from '../../tools/localnet/scripts';
import { TerminalUI } from '../../tools/localnet/ui';
import { address, DAY, newFolder, openChain, removeFolders, START } from './localnet-support';

afterAll(removeFolders);

/** A contract without getters that accepts any internal message: `recv_internal` with an empty body. */
const INERT_CODE = beginCell().storeUint(0xff00, 16).storeUint(0x30, 8).endCell(); // SETCP0 DROP

class Inert implements Contract {
    readonly init = { code: INERT_CODE, data: Cell.EMPTY };
    readonly address = contractAddress(0, this.init);

    async sendDeploy(provider: ContractProvider, via: Sender, value: bigint) {
        await provider.internal(via, { value, body: 'deploy' });
    }

    async sendWithMode(provider: ContractProvider, via: Sender, sendMode: SendMode) {
        await provider.internal(via, { value: '0.1', sendMode });
    }
}

class WalletReader implements Contract {
    constructor(readonly address: Address) {}

    async getSeqno(provider: ContractProvider) {
        return (await provider.get('seqno', [])).stack.readNumber();
    }
}

describe('NetworkProvider in this process', () => {
    let chain: LocalChain;
    const lines: string[] = [];
    const ui = new TerminalUI({ interactive: false, write: (l) => lines.push(l) });

    beforeAll(async () => {
        chain = await openChain(newFolder());
    });
    afterAll(() => chain.close());

    it('deploys, waits, reads, as a script does', async () => {
        const provider = await createLocalProvider(chain, 'operator', { ui });
        expect(provider.network()).toBe('testnet');
        expect(provider.explorer()).toBe('tonscan');
        expect(provider.api()).toBeInstanceOf(TonClient);
        expect(provider.ui()).toBe(ui);
        await expect(provider.waitForLastTransaction()).rejects.toThrow('Nothing was sent');

        const inert = provider.open(new Inert());
        expect(await provider.isContractDeployed(inert.address)).toBe(false);
        await expect(provider.waitForDeploy(inert.address, 2, 1)).rejects.toThrow('not deployed');
        await inert.sendDeploy(provider.sender(), toNano('1'));
        await provider.waitForDeploy(inert.address);
        await provider.waitForLastTransaction();
        expect(lines.some((l) => l.includes(inert.address.toString({ testOnly: true })))).toBe(true);

        const state = await provider.getContractState(inert.address);
        expect(state.state.type).toBe('active');
        expect(state.balance).toBeGreaterThan(toNano('0.99'));
        // the second message goes without the init and changes the balance only
        await inert.sendDeploy(provider.sender(), toNano('1'));
        expect((await provider.getContractState(inert.address)).balance).toBeGreaterThan(toNano('1.98'));
        expect(await provider.open(new WalletReader(provider.sender().address!)).getSeqno()).toBe(2);

        const { last } = state;
        const txs = await provider.provider(inert.address).getTransactions(inert.address, last!.lt, last!.hash);
        expect(txs).toHaveLength(1);
        expect(txs[0].hash().equals(last!.hash)).toBe(true);
        expect(await provider.api().getTransactions(inert.address, { limit: 10 })).toHaveLength(2);
        expect((await provider.getConfig()).gasPrices.workchain.other.gasLimit).toBe(1_000_000n);
    });

    it('has the limits of the other door', async () => {
        const provider = await createLocalProvider(chain, 'operator', { ui });
        const inert = provider.open(new Inert());
        await expect(inert.sendWithMode(provider.sender(), SendMode.CARRY_ALL_REMAINING_BALANCE)).rejects.toThrow(
            'sendMode',
        );
        await expect(provider.open(new WalletReader(address(77))).getSeqno()).rejects.toThrow('exit_code: -13');
        await expect(provider.provider(inert.address).get('seqno', [{ type: 'null' }])).rejects.toThrow('null');
        await expect(provider.waitForDeploy(inert.address, 0)).rejects.toThrow('positive');
        await expect(provider.deploy(new Inert(), 1n)).rejects.toThrow('already deployed');
        const before = lines.length;
        await provider.sender().send({ to: inert.address, value: 1_000_000n, bounce: false });
        expect(lines.slice(before).join()).toContain('bounce');
    });

    it('deploys through the deprecated method too', async () => {
        const provider = await createLocalProvider(chain, 'alice', { ui });
        const init = { code: INERT_CODE, data: beginCell().storeUint(1, 8).endCell() };
        const contract = { address: contractAddress(0, init), init };
        await provider.deploy(contract, toNano('0.5'));
        expect(await provider.isContractDeployed(contract.address)).toBe(true);
        await expect(provider.deploy({ address: address(5) }, 1n)).rejects.toThrow('no init');
    });

    it('tells why a transfer failed', async () => {
        const poor = await chain.wallet('poor');
        await poor
            .sender()
            .send({ to: address(1), value: 0n, sendMode: SendMode.CARRY_ALL_REMAINING_BALANCE, bounce: false });
        expect((await chain.account(poor.address)).balance).toBe(0n);
        const provider = await createLocalProvider(chain, 'poor', { ui });
        await expect(provider.sender().send({ to: address(1), value: 1n })).rejects.toThrow('not accepted');
    });
});

describe('named wallets', () => {
    it('are the same on every chain and the same as blueprint derives from the words', async () => {
        const [one, two] = [await openChain(newFolder()), await openChain(newFolder(), { walletVersion: 'v5r1' })];
        const alice = await one.wallet('alice');
        expect(alice.version).toBe('v4r2');
        expect(await two.wallet('alice', 'v4r2').then((w) => w.address)).toEqualAddress(alice.address);
        const words = alice.mnemonic.split(' ');
        expect(await mnemonicValidate(words)).toBe(true);
        const { publicKey } = await mnemonicToPrivateKey(words);
        expect(blueprintWallets.v4r2.create({ workchain: 0, publicKey }).address).toEqualAddress(alice.address);

        const w5 = await two.wallet('bob');
        expect(w5.version).toBe('v5r1');
        const key = await mnemonicToPrivateKey(w5.mnemonic.split(' '));
        const same = blueprintWallets.v5r1.create({
            publicKey: key.publicKey,
            walletId: { networkGlobalId: -3, context: { workchain: 0, subwalletNumber: 0, walletVersion: 'v5r1' } },
        });
        expect(same.address).toEqualAddress(w5.address);
        await w5.sender().send({ to: alice.address, value: toNano('1') });
        expect(await w5.getSeqno()).toBe(1);
        expect(one.walletNames()).toEqual(['alice']);
        await expect(one.wallet('../x')).rejects.toThrow('not a wallet name');
        await one.close();
        await two.close();
    });

    it('are funded and deployed once', async () => {
        const dir = newFolder();
        for (let i = 0; i < 2; i++) {
            const chain = await openChain(dir);
            const [a, b] = await Promise.all([chain.wallet('carol'), chain.wallet('carol')]);
            expect(a).toBe(b);
            expect((await chain.account(a.address)).accountState?.type).toBe('active');
            expect(chain.counts().transactions).toBe(1);
            await chain.close();
        }
    });
});

describe('TerminalUI', () => {
    it('turns a question nobody can answer into an error that names it', async () => {
        const ui = new TerminalUI({ interactive: false, write: () => undefined });
        for (const ask of [() => ui.input('Amount?'), () => ui.prompt('Amount?'), () => ui.inputAddress('Amount?')]) {
            await expect(ask()).rejects.toThrow(/"Amount\?.*argument/);
        }
        await expect(ui.choose('Which?', [1, 2], String)).rejects.toThrow('Which?');
        expect(await ui.inputAddress('Where?', address(1))).toEqualAddress(address(1));
    });

    it('asks again until the answer makes sense', async () => {
        const answers = ['maybe', 'Y', 'nowhere', address(2).toString(), '', '9', '2', 'n'];
        const out: string[] = [];
        const ui = new TerminalUI({ interactive: true, write: (l) => out.push(l), ask: async () => answers.shift()! });
        expect(await ui.prompt('Sure?')).toBe(true);
        expect(await ui.inputAddress('Where?')).toEqualAddress(address(2));
        expect(await ui.inputAddress('Where?', address(3))).toEqualAddress(address(3));
        expect(await ui.choose('Which?', ['a', 'b'], (x) => x)).toBe('b');
        expect(await ui.prompt('Sure?')).toBe(false);
        await expect(ui.choose('Which?', [], String)).rejects.toThrow('nothing to choose');
        ui.setActionPrompt('Waiting... [Attempt 1/20]');
        ui.setActionPrompt('Waiting... [Attempt 2/20]');
        ui.clearActionPrompt();
        expect(out).toEqual(['nowhere is not a valid address', 'Waiting...']);
    });
});

describe('npm run local', () => {
    const cwd = process.cwd();
    let project: string;
    let out: string[];
    const local = async (...args: string[]) => {
        out = [];
        const log = jest.spyOn(console, 'log').mockImplementation((...a: unknown[]) => void out.push(a.join(' ')));
        const write = jest.spyOn(process.stdout, 'write').mockImplementation((s) => (out.push(String(s)), true));
        try {
            await main(args);
        } finally {
            log.mockRestore();
            write.mockRestore();
        }
        return out.join('\n');
    };

    beforeAll(() => {
        project = newFolder();
        fs.mkdirSync(path.join(project, 'scripts/deep/er'), { recursive: true });
        const script = (body: string) => `exports.run = async (provider, args) => { ${body} };\n`;
        fs.writeFileSync(
            path.join(project, 'scripts/deep/er/payOut.ts'),
            script(`await provider.sender().send({ to: (await provider.chain.wallet(args[0])).address, value: BigInt(args[1]) });
                console.log('args', JSON.stringify(args), process.env.LOCALNET_SPEC);`),
        );
        fs.writeFileSync(path.join(project, 'scripts/clock.ts'), script(`console.log('script clock', args.length);`));
        fs.writeFileSync(path.join(project, 'scripts/fails.ts'), script(`throw new Error('from the script');`));
        fs.writeFileSync(path.join(project, 'scripts/empty.ts'), 'exports.nothing = 1;\n');
        fs.writeFileSync(path.join(project, '.env'), 'LOCALNET_SPEC=loaded\n');
        process.chdir(project);
    });
    afterAll(() => process.chdir(cwd));

    it('finds scripts in nested folders by blueprint names', () => {
        expect(findScripts('scripts').map((s) => s.name)).toEqual(['clock', 'deep/er/payOut', 'empty', 'fails']);
        expect(findScript('scripts', 'DEEP/er/payout').name).toBe('deep/er/payOut');
        expect(() => findScript('scripts', 'payOut')).toThrow(/no script "payOut".*deep\/er\/payOut/);
        expect(findScripts('nowhere')).toEqual([]);
    });

    it('runs scripts and chores on one chain', async () => {
        expect(await local('--now', String(START), 'status')).toContain('Accounts      1');
        expect(await local('deep/er/payout', 'alice', '5000000')).toContain('args ["alice","5000000"] loaded');
        expect(await local('run', 'clock', '--wallet', 'alice')).toContain('script clock 0');
        expect(await local('wallets')).toMatch(/operator.*v4r2.*TON\nalice +v4r2 +0Q\S+ +100000.00/s);
        expect((await local('wallets', 'bob', '--mnemonics')).split('\n')[1].trim().split(' ')).toHaveLength(24);
        expect(await local('faucet', 'bob', '2.5')).toMatch(/has 100002\.49\d+ TON/);
        expect(await local('faucet', address(1).toString(), '1')).toMatch(/has (1|0\.99\d+) TON/);
        expect(await local('list')).toContain('deep/er/payOut');
        const before = Number(/Chain time (\d+)/.exec(await local('clock'))![1]);
        const after = Number(/Chain time (\d+)/.exec(await local('clock', 'advance', '7d'))![1]);
        expect(after - before).toBe(7 * DAY);
        expect(await local('run', 'clock', '--advance', '1d')).toContain('script clock');
        expect(await local('clock')).toContain(`Chain time ${after + DAY} `);
        expect(await local('--help')).toContain('Usage');
        expect(await local('reset')).toContain('gone');
        expect(fs.existsSync('.localnet')).toBe(false);
    });

    it('fails with a reason and leaves the chain usable', async () => {
        await expect(local('nope')).rejects.toThrow('no script "nope"');
        expect(fs.existsSync('.localnet')).toBe(false);
        await expect(local('fails')).rejects.toThrow('from the script');
        await expect(local('empty')).rejects.toThrow('does not export');
        await expect(local('run')).rejects.toThrow('Usage');
        await expect(local('clock', 'back', '1d')).rejects.toThrow('Usage');
        await expect(local('clock', 'advance', 'soon')).rejects.toThrow('not a duration');
        await expect(local('faucet', 'bob')).rejects.toThrow('Usage');
        await expect(local('faucet', 'bob', 'much')).rejects.toThrow('not an amount');
        await expect(local('status', '--wallet-version', 'v9')).rejects.toThrow('v4r2, v5r1');
        await expect(local('status', '--now', 'x')).rejects.toThrow('unix time');
        await expect(local('status', '--config', 'none.boc')).rejects.toThrow('no file');
        await expect(local('status', '--config', '.env')).rejects.toThrow('not a bag of cells');
        await expect(local('status', '--frob')).rejects.toThrow('frob');
        expect(await local('status')).toContain('Blocks');
        const chain = await openChain('.localnet', { now: undefined });
        await expect(local('status')).rejects.toThrow(/in use by process/);
        await chain.close();
    });
});
