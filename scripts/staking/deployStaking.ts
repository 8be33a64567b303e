/** Deploys a StakingMaster: both tokens, the roles and the parameters, for all provers that anyone opens later. */
import type { NetworkProvider } from '@ton/blueprint';
import { Address } from '@ton/core';

import { version as compiler } from '@tact-lang/compiler/package.json';
import { StakingMaster } from '../../wrappers/staking';
import { ScriptSpec } from '../lib/args';
import { cellToText } from '../lib/manifest';
import { runScript, Session } from '../lib/session';
import { parseTokens, readStakingManifest, stakingManifestFile, tokens, writeStakingManifest } from '../lib/staking';
import { tokenDecimals } from '../lib/token';

/** Rent of the master for years, and its deployment. */
const DEPLOY_VALUE = 1_000_000_000n;

const SPEC: ScriptSpec = {
    name: 'deployStaking',
    about: 'Deploys the StakingMaster; run again, it says where it is.',
    flags: {
        token: { value: 'address', about: 'minter of the staking token' },
        reward: { value: 'address', about: 'minter of the reward token (the staking token)' },
        slasher: { value: 'address', about: 'who slashes' },
        resolver: { value: 'address', about: 'who decides appeals' },
        guardian: { value: 'address', about: 'who can pause entries for 72 h' },
        treasury: { value: 'address', about: 'where upheld slashes go' },
        insurance: { value: 'address', about: 'where the insurance funds are paid to' },
        decimals: { value: 'number', about: 'decimals of the staking token (as its metadata say)' },
        'min-self-stake': { value: 'tokens', about: 'least self-stake of a prover (1000)' },
        'min-stake': { value: 'tokens', about: 'least stake (1)' },
        cap: { value: 'number', about: 'delegations as a multiple of the self-stake, 1 to 65535 (16)' },
        days: { value: 'number', about: 'unstake delay in days, 7 to 30 (7)' },
        'staking-manifest': {
            value: 'file',
            about: 'manifest of the master (deployments/<network>/staking.json)',
            env: 'STAKING_MANIFEST',
        },
    },
};

async function main(session: Session): Promise<void> {
    const file = stakingManifestFile(session);
    const manifest = readStakingManifest(file);
    if (manifest !== undefined) {
        const address = Address.parse(manifest.master.raw);
        if (await session.isDeployed(address)) {
            session.say(`The master is at ${session.show(address)}.`);
            session.report({ master: address });
            return;
        }
    }
    const stakingMinter = await session.address('token');
    const rewardMinter = (await session.optionalAddress('reward')) ?? stakingMinter;
    const decimals = await tokenDecimals(session, stakingMinter);
    const amount = (name: string, otherwise: string) =>
        parseTokens(session.args.get(name) ?? otherwise, decimals, name);
    const unit = 10n ** BigInt(decimals);
    const params = {
        unstakeDelay: BigInt((await session.optionalInteger('days', 7, 30)) ?? 7) * 86_400n,
        maxSlash: 500_000n,
        delegationCap: BigInt((await session.optionalInteger('cap', 1, 65_535)) ?? 16),
        minSelfStake: amount('min-self-stake', '1000'),
        minStake: amount('min-stake', '1'),
        minReward: unit,
        minDeposit: unit,
        treasury: await session.address('treasury'),
        insurance: await session.address('insurance'),
    };
    const master = await StakingMaster.createFromConfig({
        owner: session.me,
        slasher: await session.address('slasher'),
        resolver: await session.address('resolver'),
        guardian: await session.address('guardian'),
        stakingMinter,
        rewardMinter,
        params,
        decimals,
    });
    session.say(
        `Least self-stake ${tokens(params.minSelfStake, decimals)}, delegations up to ${params.delegationCap} times it.`,
    );
    const { code, data } = master.init!;
    if (!session.dryRun) {
        writeStakingManifest(file, {
            format: 1,
            network: session.network,
            createdAt: new Date().toISOString(),
            compiler,
            decimals,
            master: {
                address: session.show(master.address),
                raw: master.address.toRawString(),
                codeHash: code.hash().toString('hex'),
                code: cellToText(code),
                data: cellToText(data),
            },
        });
    }
    await session.execute([
        {
            title: 'Deploy the StakingMaster',
            to: master.address,
            toName: 'StakingMaster',
            value: DEPLOY_VALUE,
            init: { code, data },
            body: StakingMaster.topUpBody(),
            done: () => session.isDeployed(master.address),
            awaited: 'the master is there',
        },
    ]);
    session.report({ master: master.address });
}

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    await runScript(SPEC, provider, args, main);
}
