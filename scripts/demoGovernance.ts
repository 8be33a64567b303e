/**
 * `npm run demo:governance`: two proposals from the lock of the tokens to the execution, on the embedded chain with its clock
 * moved forward: the rate of a model at EmissionController, and a grant of the Treasury that anybody claims for its grantee.
 * Needs no network and no key.
 */
import { Address, Cell, Contract, fromNano, OpenedContract, Sender, toNano } from '@ton/core';

import { LocalChain } from '../tools/localnet/engine';
import { createLocalProvider, LocalNetworkProvider } from '../tools/localnet/provider';
import { TerminalUI } from '../tools/localnet/ui';
import { buildAll } from '../tools/build';
import {
    GovernanceAction,
    Governor,
    GovernorConfig,
    operationId,
    packActions,
    Proposal,
    ProposalKind,
    Timelock,
    TimelockOperation,
    timelockOperationCode,
    Treasury,
    VoterAccount,
    voterTerms,
} from '../wrappers/governance';
import { accountIdOf } from '../wrappers/pool/metrics';
import { StakingMaster } from '../wrappers/staking';
import { EmissionController, onchainMetadata, ShareMinter, ShareWallet, tokenCodes } from '../wrappers/token';

const DAY = 86_400;
const START = 1_800_000_000;
const UNIT = 10n ** 9n;
const MODEL = 'claude-3-opus';
const PEOPLE = ['deployer', 'guardian', 'alice', 'bob', 'grantee', 'anyone'] as const;
type Person = (typeof PEOPLE)[number];

/** What the demo ends with, for its test. */
export type GovernanceDemo = { rate: bigint; claimed: bigint; reserved: bigint };

export async function demoGovernance(say: (line: string) => void): Promise<GovernanceDemo> {
    const chain = await LocalChain.temporary({ now: START });
    try {
        const ui = new TerminalUI({ interactive: false, write: () => undefined });
        const providers = {} as Record<Person, LocalNetworkProvider>;
        for (const name of PEOPLE) {
            await chain.wallet(name);
            providers[name] = await createLocalProvider(chain, name, { ui });
        }
        const via = (who: Person): Sender => providers[who].sender();
        const of = (who: Person): Address => via(who).address!;
        const open = <T extends Contract>(contract: T): OpenedContract<T> => chain.open(contract);
        let now = START;
        const until = async (second: number) => {
            if (second > now) await chain.advance(second - now);
            now = Math.max(now, second);
        };

        say('The token, its stakes, the Timelock, the Treasury, the EmissionController and the Governor');
        const { walletCode } = await tokenCodes();
        const deployer = via('deployer');
        const content = onchainMetadata({ name: 'Share', symbol: 'SHARE', decimals: '9' });
        const minters = [of('deployer')];
        const token = open(
            await ShareMinter.createFromConfig({ admin: of('deployer'), content, decimals: 9, minters, walletCode }),
        );
        await token.sendDeploy(deployer, { value: toNano('10') });
        const mint = (receiver: Address, amount: bigint) =>
            token.sendMint(deployer, { receiver, amount, value: toNano('1') });
        await mint(of('alice'), 20_000n * UNIT);
        await mint(of('bob'), 500_000n * UNIT);
        const params = { treasury: of('deployer'), insurance: of('deployer') };
        const master = open(
            await StakingMaster.createFromConfig({
                owner: of('deployer'),
                slasher: null,
                resolver: null,
                guardian: of('guardian'),
                stakingMinter: token.address,
                rewardMinter: token.address,
                params,
                decimals: 9,
            }),
        );
        await master.sendDeploy(deployer, { value: toNano('5') });
        const timelock = open(await Timelock.createFromConfig({ deployer: of('deployer') }));
        // The Timelock owns both from their first second.
        const treasury = open(await Treasury.createFromConfig({ owner: timelock.address }));
        await treasury.sendDeploy(deployer, { value: toNano('500') });
        const controller = open(
            await EmissionController.createFromConfig({
                minter: token.address,
                owner: timelock.address,
                rateKeeper: timelock.address,
                guardian: of('guardian'),
                recorders: [],
                recipients: [{ address: treasury.address, bps: 10_000 }],
                treasury: treasury.address,
                liquidity: of('deployer'),
                start: START,
            }),
        );
        await controller.sendDeploy(deployer, toNano('50'));
        const config: GovernorConfig = {
            timelock: timelock.address,
            minter: token.address,
            master: master.address,
            decimals: 9,
            rules: [
                { destination: controller.address, op: EmissionController.opcodes.SetModelRate, kind: 'economic' },
                { destination: treasury.address, op: Treasury.opcodes.CreateStream, kind: 'treasury' },
            ],
        };
        const governor = open(await Governor.createFromConfig(config));
        await governor.sendDeploy(deployer, { value: toNano('20') });
        const code = await timelockOperationCode();
        await timelock.sendSetup(deployer, {
            minDelay: 2 * DAY,
            proposer: governor.address,
            guardian: of('guardian'),
            guardianUntil: START + 365 * DAY,
            code,
            value: toNano('20'),
        });

        const terms = await voterTerms(config);
        const account = async (who: Person) =>
            open(await VoterAccount.createFromConfig({ governor: governor.address, voter: of(who), terms }));
        for (const [who, amount] of [
            ['alice', 20_000n * UNIT],
            ['bob', 500_000n * UNIT],
        ] as const) {
            const voter = await account(who);
            await voter.sendDeploy(via(who), { value: toNano('0.5') });
            const wallet = open(ShareWallet.createFromConfig({ minter: token.address, owner: of(who), walletCode }));
            await wallet.sendTransfer(via(who), {
                amount,
                destination: voter.address,
                response: of(who),
                forwardTonAmount: await voter.getLockForward(),
            });
            say(`${who} locks ${amount / UNIT} SHARE`);
        }

        /** A proposal from its first to its last message. */
        const live = async (kind: ProposalKind, what: string, actions: GovernanceAction[]) => {
            const { nextId: id } = await governor.getGovernor();
            say(`\nProposal ${id} (${kind}): ${what}`);
            await (
                await account('alice')
            ).sendPropose(via('alice'), {
                kind,
                actions,
                description: 1n,
                uri: 'tonstorage://demo',
                value: await governor.getProposeCost(actions),
            });
            const proposal = open(Proposal.createFromAddress(await governor.getProposalAddress(id)));
            const state = async () => {
                const info = await proposal.getProposal();
                say(`  day ${((now - START) / DAY).toFixed(1)}: ${info.state}`);
                return info;
            };
            const { start, end } = await state();
            await until(start);
            const lockUntil = await governor.getLatestEnd(id);
            for (const who of ['alice', 'bob'] as const) {
                await (await account(who)).sendVote(via(who), { proposal: id, choice: 'for', lockUntil });
            }
            const voted = await state();
            say(`  for ${voted.votesFor / UNIT}, quorum ${voted.needed / UNIT} of ${voted.supply / UNIT} SHARE`);
            await until(end);
            await state();
            await proposal.sendQueue(via('anyone'));
            const { readyAt } = await state();
            await until(readyAt);
            const list: Cell = packActions(actions);
            const key = { actions: list, salt: accountIdOf(proposal.address), proposer: governor.address };
            const operation = open(
                TimelockOperation.createFromConfig({ timelock: timelock.address, id: operationId(key), code }),
            );
            await operation.sendExecute(via('anyone'));
            const { state: last } = await state();
            if (last !== 'executed') throw new Error(`the proposal is ${last}`);
            await until((await proposal.getProposal()).latestEnd);
        };

        await live('economic', `1,000 units for 1,000 tokens of ${MODEL}`, [
            {
                destination: controller.address,
                value: toNano('0.5'),
                body: EmissionController.setModelRateBody({ name: MODEL, rate: 1000 }),
            },
        ]);
        const { rate } = await controller.getRate(MODEL);
        say(`  the rate of ${MODEL} is ${rate}`);

        const amount = toNano('100');
        const begin = now + 20 * DAY;
        await live('treasury', '100 TON for the grantee, over 100 days', [
            {
                destination: treasury.address,
                value: toNano('0.5'),
                body: Treasury.createStreamBody({
                    asset: 0,
                    amount,
                    grantee: of('grantee'),
                    start: begin,
                    end: begin + 100 * DAY,
                }),
            },
        ]);
        await until(begin + 25 * DAY);
        await treasury.sendClaimGrant(via('anyone'), { grant: 0 });
        const grant = (await treasury.getGrant(0))!;
        const { reserved } = await treasury.getSolvency();
        say(
            `  after 25 days anyone claims for the grantee: ${fromNano(grant.claimed)} TON; ${fromNano(reserved)} reserved`,
        );
        return { rate, claimed: grant.claimed, reserved };
    } finally {
        await chain.close();
    }
}

async function main(): Promise<void> {
    await buildAll();
    const end = await demoGovernance(console.log);
    if (end.rate !== 1000n) throw new Error(`the rate is ${end.rate}, not 1000`);
    if (end.claimed + end.reserved !== toNano('100') || end.claimed < toNano('25')) {
        throw new Error(`claimed ${end.claimed} and reserved ${end.reserved} are not the grant`);
    }
    console.log('\nEverything is where it should be.');
}

if (require.main === module) {
    main().catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
    });
}
