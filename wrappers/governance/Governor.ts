import { Address, beginCell, Cell, Contract, contractAddress, ContractProvider, Dictionary, Sender } from '@ton/core';

import { Proposal as BuiltProposal } from '../../build/Proposal/Proposal_Proposal';
import { VoterAccount as BuiltVoter, storeVoterTerms } from '../../build/VoterAccount/VoterAccount_VoterAccount';
import {
    Governor as Built,
    loadGovernorSettings,
    storeAcceptGuardian,
    storeAskSupply,
    storeChangeRule,
    storeChangeSettings,
    storeGovernorLinks,
    storeGovernorSettings,
    storeStakingCodes,
    storeTopUp,
    storeVoterFamily,
} from '../../build/Governor/Governor_Governor';
import { costOf, Integer, opcodeOf, pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';
import { initialState, PoolInit } from '../common/initial';
import { accountIdOf } from '../pool/metrics';
import { accountOrNull } from '../staking/common';
import { stakingCodes } from '../staking/StakingMaster';
import { tokenCodes } from '../token/addresses';
import { GovernanceAction, packActions } from './actions';
import { Choice, commentBody, kindNumber, PROPOSAL_KINDS, ProposalKind, voteText } from './common';

export { MAX_OPEN_BALLOTS, MAX_RULES, RECENT_PROPOSALS, VOTER_LOCK_MAX } from '../../build/Governor/Governor_Governor';

const DAY = 86_400;

/** What the type of a proposal decides: seconds, and basis points. */
export type KindSettings = { delay: Integer; period: Integer; quorum: Integer; majority: Integer };

/** What proposals change about the Governor. */
export type Settings = {
    /** Tokens of a proposer, in the smallest unit. */
    threshold: bigint;
    /** Seconds between queue and execution at the Timelock. */
    timelockDelay: Integer;
} & Record<ProposalKind, KindSettings>;

/** Messages with opcode `op` to `destination` are allowed in proposals of that type. */
export type Rule = { destination: Address; op: number; kind: Exclude<ProposalKind, 'technical'> };

/** The published settings: delay 1 day, 7 days of voting, 10,000 tokens, quorum 4 %; emergency 1 day, 10 %. */
export function defaultSettings(decimals = 9): Settings {
    const kind = (majority: number): KindSettings => ({ delay: DAY, period: 7 * DAY, quorum: 400, majority });
    return {
        threshold: 10_000n * 10n ** BigInt(decimals),
        timelockDelay: 2 * DAY,
        technical: kind(6000),
        economic: kind(5500),
        treasury: kind(5000),
        emergency: { delay: 0, period: DAY, quorum: 1000, majority: 7500 },
    };
}

/** GovernorSettings as a cell. */
export function settingsCell(settings: Settings): Cell {
    const kind = (k: KindSettings) => ({
        $$type: 'KindTerms' as const,
        delay: BigInt(k.delay),
        period: BigInt(k.period),
        quorum: BigInt(k.quorum),
        majority: BigInt(k.majority),
    });
    return pack(
        storeGovernorSettings({
            $$type: 'GovernorSettings',
            threshold: settings.threshold,
            timelockDelay: BigInt(settings.timelockDelay),
            technical: kind(settings.technical),
            economic: kind(settings.economic),
            treasury: kind(settings.treasury),
            emergency: kind(settings.emergency),
        }),
    );
}

const ruleValue = {
    serialize: (kind: bigint, builder: ReturnType<typeof beginCell>) => void builder.storeUint(kind, 8),
    parse: (slice: { loadUintBig(bits: number): bigint }) => slice.loadUintBig(8),
};

function rulesCell(rules: readonly Rule[]): Cell | null {
    const all = Dictionary.empty(Dictionary.Keys.BigUint(288), ruleValue);
    for (const { destination, op, kind } of rules) {
        all.set((accountIdOf(destination) << 32n) | BigInt(op), kindNumber(kind));
    }
    return all.size === 0 ? null : beginCell().storeDictDirect(all).endCell();
}

/** Codes of the family's children. */
export async function governanceCodes(): Promise<{ proposal: Cell; voter: Cell }> {
    return {
        proposal: (await initialState(BuiltProposal, 'Proposal', {})).code,
        voter: (await initialState(BuiltVoter, 'VoterAccount', { rest: Cell.EMPTY.beginParse() })).code,
    };
}

const hashOf = (cell: Cell) => BigInt(`0x${cell.hash().toString('hex')}`);

export type GovernorConfig = {
    timelock: Address;
    /** Minter of the network token, and its decimals (9 by default). */
    minter: Address;
    decimals?: number;
    /** Code of the token's wallets; that of this build by default. */
    walletCode?: Cell;
    /** The StakingMaster whose stakes vote; its staking token must be the network token. */
    master: Address;
    settings?: Partial<Settings>;
    rules?: readonly Rule[];
};

/** What VoterAccounts are made with: codes and token. */
export async function voterTerms(config: Pick<GovernorConfig, 'minter' | 'walletCode'>): Promise<Cell> {
    const { proposal } = await governanceCodes();
    const walletCode = config.walletCode ?? (await tokenCodes()).walletCode;
    return pack(
        storeVoterTerms({
            $$type: 'VoterTerms',
            proposalHash: hashOf(proposal),
            proposalDepth: BigInt(proposal.depth()),
            minter: config.minter,
            walletHash: hashOf(walletCode),
            walletDepth: BigInt(walletCode.depth()),
        }),
    );
}

/** Makes proposals, knows the rules, and speaks for what succeeded. */
export class Governor implements Contract {
    static readonly opcodes = Built.opcodes;

    constructor(
        readonly address: Address,
        readonly init?: PoolInit,
    ) {}

    static createFromAddress(address: Address): Governor {
        return new Governor(address);
    }

    static async createFromConfig(config: GovernorConfig): Promise<Governor> {
        const codes = await governanceCodes();
        const staking = await stakingCodes();
        const terms = await voterTerms(config);
        const decimals = config.decimals ?? 9;
        const family = pack(
            storeVoterFamily({
                $$type: 'VoterFamily',
                voterHash: hashOf(codes.voter),
                voterDepth: BigInt(codes.voter.depth()),
                termsHash: hashOf(terms),
                termsDepth: BigInt(terms.depth()),
                positionHash: hashOf(staking.position),
                positionDepth: BigInt(staking.position.depth()),
                staking: pack(
                    storeStakingCodes({
                        $$type: 'StakingCodes',
                        master: accountIdOf(config.master),
                        stakingHash: hashOf(staking.staking),
                        stakingDepth: BigInt(staking.staking.depth()),
                        rewardsHash: hashOf(staking.rewards),
                        rewardsDepth: BigInt(staking.rewards.depth()),
                    }),
                ),
            }),
        );
        const rules = config.rules ?? [];
        const init = await initialState(Built, 'Governor', {
            nextId: 1n,
            ruleCount: BigInt(rules.length),
            rules: rulesCell(rules),
            rest: beginCell()
                .storeRef(
                    pack(
                        storeGovernorLinks({
                            $$type: 'GovernorLinks',
                            timelock: accountIdOf(config.timelock),
                            minter: accountIdOf(config.minter),
                            unit: 10n ** BigInt(decimals),
                            family,
                            proposalCode: codes.proposal,
                        }),
                    ),
                )
                .storeRef(settingsCell({ ...defaultSettings(decimals), ...config.settings }))
                .endCell()
                .beginParse(),
        });
        return new Governor(contractAddress(0, init), init);
    }

    // ---------------------------------------------------------------- bodies, for TonConnect and for tests

    /** Body of a vote by text comment, which any wallet can send. */
    static voteTextBody(args: { proposal: Integer; choice: Choice }): Cell {
        return commentBody(voteText(args.proposal, args.choice));
    }

    static askSupplyBody(args: Query & { proposal: Integer }): Cell {
        return pack(storeAskSupply({ $$type: 'AskSupply', queryId: queryIdOf(args), proposal: BigInt(args.proposal) }));
    }

    /** Body of an action: new settings. */
    static changeSettingsBody(args: Query & { settings: Settings }): Cell {
        return pack(
            storeChangeSettings({
                $$type: 'ChangeSettings',
                queryId: queryIdOf(args),
                settings: settingsCell(args.settings),
            }),
        );
    }

    /** Body of an action: a rule of the table; `kind` null takes it out. */
    static changeRuleBody(args: Query & { destination: Address; op: number; kind: ProposalKind | null }): Cell {
        return pack(
            storeChangeRule({
                $$type: 'ChangeRule',
                queryId: queryIdOf(args),
                destination: args.destination,
                op: BigInt(args.op),
                kind: args.kind === null ? 255n : kindNumber(args.kind),
            }),
        );
    }

    /** Body of an action: the Governor becomes guardian of a contract that nominated it. Its value: both contracts' costs. */
    static acceptGuardianBody(args: Query & { destination: Address }): Cell {
        return pack(
            storeAcceptGuardian({
                $$type: 'AcceptGuardian',
                queryId: queryIdOf(args),
                destination: args.destination,
            }),
        );
    }

    static topUpBody(args: Query = {}): Cell {
        return pack(storeTopUp({ $$type: 'TopUp', queryId: queryIdOf(args) }));
    }

    // ---------------------------------------------------------------- messages

    /** Deploys the Governor with TON for its rent. From anyone: everything is in its address. */
    async sendDeploy(provider: ContractProvider, via: Sender, args: { value: bigint }) {
        await provider.internal(via, { value: args.value, body: Governor.topUpBody() });
    }

    /**
     * Votes with the sender's VoterAccount by text. What the account refuses leaves its value there until the next unlock.
     * From a voter. Throws ERROR_NO_SUCH_PROPOSAL.
     */
    async sendVoteText(
        provider: ContractProvider,
        via: Sender,
        args: Pick<SendOptions, 'value'> & { proposal: Integer; choice: Choice },
    ) {
        await sendBody(provider, via, Governor.voteTextBody(args), args);
    }

    /** Asks the minter for the supply again. From anyone. */
    async sendAskSupply(provider: ContractProvider, via: Sender, args: SendOptions & { proposal: Integer }) {
        await sendBody(provider, via, Governor.askSupplyBody(args), args);
    }

    // ---------------------------------------------------------------- getters

    /** Addresses and counts. */
    async getGovernor(provider: ContractProvider) {
        const info = await Built.fromAddress(this.address).getGetGovernor(provider);
        return {
            timelock: accountOrNull(info.timelock)!,
            minter: accountOrNull(info.minter)!,
            master: accountOrNull(info.master)!,
            nextId: Number(info.nextId),
            ruleCount: Number(info.ruleCount),
            unit: info.unit,
        };
    }

    /** Settings in force. */
    async getSettings(provider: ContractProvider): Promise<Settings> {
        const cell = await Built.fromAddress(this.address).getGetSettings(provider);
        const s = loadGovernorSettings(cell.beginParse());
        const kind = ({ delay, period, quorum, majority }: KindSettings): KindSettings => ({
            delay: Number(delay),
            period: Number(period),
            quorum: Number(quorum),
            majority: Number(majority),
        });
        return {
            threshold: s.threshold,
            timelockDelay: Number(s.timelockDelay),
            technical: kind(s.technical),
            economic: kind(s.economic),
            treasury: kind(s.treasury),
            emergency: kind(s.emergency),
        };
    }

    /** Type of proposals that messages with `op` to `destination` are allowed in, beside technical ones; null: none. */
    async getRule(provider: ContractProvider, destination: Address, op: number): Promise<ProposalKind | null> {
        const kind = await Built.fromAddress(this.address).getGetRule(provider, destination, BigInt(op));
        return PROPOSAL_KINDS[Number(kind)] ?? null;
    }

    /** Address of proposal `id`, whether it exists or not. */
    async getProposalAddress(provider: ContractProvider, id: Integer): Promise<Address> {
        return Built.fromAddress(this.address).getGetProposalAddress(provider, BigInt(id));
    }

    /** Address of the VoterAccount of a voter, whether it exists or not. */
    async getVoterAddress(provider: ContractProvider, voter: Address): Promise<Address> {
        return Built.fromAddress(this.address).getGetVoterAddress(provider, voter);
    }

    /** Latest end of one of the last 64 proposals; 0 for others. */
    async getLatestEnd(provider: ContractProvider, id: Integer): Promise<number> {
        return Number(await Built.fromAddress(this.address).getGetLatestEnd(provider, BigInt(id)));
    }

    /** Nanoton to attach to a proposal with these actions. */
    async getProposeCost(provider: ContractProvider, actions: readonly GovernanceAction[]): Promise<bigint> {
        const size = sizeOf(actions);
        return Built.fromAddress(this.address).getGetProposeCost(
            provider,
            BigInt(actions.length),
            BigInt(size.cells),
            BigInt(size.bits),
        );
    }

    /**
     * Nanoton to attach for a message at the current prices; a text: a vote by text. AcceptGuardian: without what the contract
     * asks for that gives the role.
     */
    async getCost(provider: ContractProvider, op: Cell | number): Promise<bigint> {
        return costOf(provider, typeof op === 'number' ? op : (opcodeOf(op) ?? 0));
    }
}

/** Cells and bits of the bodies of actions, each body's equal cells once. */
export function sizeOf(actions: readonly GovernanceAction[]): { cells: number; bits: number } {
    let [cells, bits] = [0, 0];
    for (const { body } of actions) {
        const seen = new Set<string>();
        const walk = (cell: Cell): void => {
            const hash = cell.hash().toString('hex');
            if (seen.has(hash)) return;
            seen.add(hash);
            cells += 1;
            bits += cell.bits.length;
            cell.refs.forEach(walk);
        };
        walk(body);
    }
    return { cells, bits };
}

/** The list of actions as a cell. */
export const actionsCell = packActions;
