/** What the scripts of staking share: master, prover and position they work on, amounts of the token, rules. */
import { Address, Cell, OpenedContract } from '@ton/core';

import * as masterBuild from '../../build/StakingMaster/StakingMaster_StakingMaster';
import * as stakingBuild from '../../build/ProverStaking/ProverStaking_ProverStaking';
import {
    ProverRewards,
    ProverStaking,
    STAKING_ERRORS,
    StakePosition,
    StakingErrorName,
    StakingExit,
    StakingMaster,
} from '../../wrappers/staking';
import { ShareMinter, ShareWallet } from '../../wrappers/token';
import { FlagSpec } from './args';
import { addMessages } from './decode';
import { addErrors, RefusedError, UsageError } from './errors';
import { familyManifest, ManifestContract } from './manifest';
import { Session, Step } from './session';

export { parseTokens, tokens } from './token';

addMessages(masterBuild, masterBuild.StakingMaster.opcodes);
addMessages(stakingBuild, stakingBuild.ProverStaking.opcodes);
// 256 to 299 belong to every family and are known
addErrors(new Map([...STAKING_ERRORS].filter(([code]) => code >= 1024)));

/** Flags of the scripts that speak to the master. */
export const MASTER_FLAGS: Record<string, FlagSpec> = {
    master: { value: 'address', about: 'the StakingMaster', env: 'STAKING_ADDRESS' },
    'staking-manifest': {
        value: 'file',
        about: 'manifest of the master (deployments/<network>/staking.json)',
        env: 'STAKING_MANIFEST',
    },
};

export type StakingManifest = {
    format: 1;
    network: string;
    createdAt: string;
    compiler: string;
    decimals: number;
    master: ManifestContract;
};

export const {
    file: stakingManifestFile,
    read: readStakingManifest,
    write: writeStakingManifest,
} = familyManifest<StakingManifest>('staking', (m) => [m.master]);

export type Master = OpenedContract<StakingMaster>;
export type Staking = OpenedContract<ProverStaking>;

async function deployed(session: Session, address: Address): Promise<Address> {
    if (!(await session.isDeployed(address))) {
        throw new UsageError(`There is no contract at ${session.show(address)} on ${session.network}`);
    }
    return address;
}

/** The master that --master, STAKING_ADDRESS or the manifest names. */
export async function openMaster(session: Session): Promise<Master> {
    const given = session.args.get('master');
    const file = stakingManifestFile(session);
    const manifest = given === undefined ? readStakingManifest(file) : undefined;
    if (given === undefined && manifest === undefined) {
        throw new UsageError(`Which master? Give --master or STAKING_ADDRESS; there is no manifest ${file}`);
    }
    const address =
        given === undefined ? Address.parse(manifest!.master.raw) : await session.toAddress(given, 'master');
    return session.open(StakingMaster.createFromAddress(await deployed(session, address)));
}

/** A prover's contracts, with the decimals of the staking token. */
export type Prover = {
    staking: Staking;
    info: Awaited<ReturnType<Staking['getProver']>>;
    master: Master;
    rewards: OpenedContract<ProverRewards>;
    decimals: number;
};

/** The prover whose ProverStaking is given as argument `prover`. */
export async function openProver(session: Session, name = 'prover'): Promise<Prover> {
    const address = await deployed(session, await session.address(name));
    const staking = session.open(ProverStaking.createFromAddress(address));
    const info = await staking.getProver();
    const { unit } = await staking.getParams();
    return {
        staking,
        info,
        master: session.open(StakingMaster.createFromAddress(info.master!)),
        rewards: session.open(ProverRewards.createFromAddress(info.rewards!)),
        decimals: String(unit).length - 1,
    };
}

/** The position of a staker at a prover, whether or not it is there already. */
export async function openPosition(
    session: Session,
    prover: Prover,
    staker: Address,
): Promise<OpenedContract<StakePosition>> {
    return session.open(StakePosition.createFromAddress(await prover.staking.getPositionAddress(staker)));
}

/** A transfer of staking tokens out of the own wallet. Refuses before anything is sent if there are not enough. */
export async function transferStep(
    session: Session,
    prover: Prover,
    what: Pick<Step, 'title' | 'done' | 'awaited'> & { amount: bigint; payload: Cell; forward: bigint },
): Promise<Step> {
    const minter = session.open(ShareMinter.createFromAddress(prover.info.minter!));
    const wallet = session.open(ShareWallet.createFromAddress(await minter.getWalletAddress(session.me)));
    const balance = (await session.isDeployed(wallet.address)) ? await wallet.getBalance() : 0n;
    if (balance < what.amount) {
        throw new RefusedError(`Your wallet of the staking token holds ${balance} units`);
    }
    return {
        title: what.title,
        to: wallet.address,
        toName: 'your wallet of the staking token',
        value: await wallet.getTransferCost({ forwardTonAmount: what.forward, forwardPayload: what.payload }),
        body: ShareWallet.transferBody({
            amount: what.amount,
            destination: prover.staking.address,
            response: session.me,
            forwardTonAmount: what.forward,
            forwardPayload: what.payload,
            queryId: session.queryId(),
        }),
        done: what.done,
        awaited: what.awaited,
    };
}

/** Refuses in the words of the contract's own error unless `condition` holds. Nothing was sent. */
export function requireStakingRule(condition: boolean, rule: StakingErrorName, why?: string): void {
    if (!condition) {
        const text = STAKING_ERRORS.get(StakingExit[rule])?.text ?? rule;
        throw new RefusedError(`${why === undefined ? '' : `${why} `}${text} (${rule})`);
    }
}
