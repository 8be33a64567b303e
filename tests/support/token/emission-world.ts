/** An emission controller with its children, a double of the jetton's minter, and people for every role. */
import { Address, Cell, Dictionary, toNano } from '@ton/core';
import { Blockchain, internal, SandboxContract, SendMessageResult } from '@ton/sandbox';

import {
    EmissionTestMinter,
    storeSetMode,
} from '../../../build/EmissionTestMinter/EmissionTestMinter_EmissionTestMinter';
import {
    EmissionConfig,
    EmissionController,
    ProviderShare,
    Usage,
    UsageGuard,
    usageRow,
} from '../../../wrappers/token';
import { Integer } from '../../../wrappers/pool';
import { checkpoint, createBlockchain, START_TIME } from '../chain';
import { underCoverage } from '../coverage';
import { bounceOf, cellOf, expectRefused, Out, Treasury } from '../pool/transactions';

export const EMISSION_PEOPLE = [
    'owner',
    'keeper',
    'guardian',
    'recorder',
    'second',
    'treasury',
    'liquidity',
    'rewards',
    'stakers',
    'alice',
    'bob',
    'carol',
    'dave',
    'stranger',
] as const;
export type EmissionPerson = (typeof EMISSION_PEOPLE)[number];

/** Smallest units of a token with 9 decimals. */
export const UNIT = 1_000_000_000n;
export const DAY = 86_400;
export const WEEK = 7 * DAY;
export const YEAR = 365 * DAY;

/** What the double of the minter does with a Mint. */
export const MINTER = { takes: 0n, refuses: 1n, walletRefuses: 2n } as const;

export type WorldOptions = Partial<Omit<EmissionConfig, 'minter'>> & { config?: Cell };

export class EmissionWorld {
    private readonly nonces = new Map<string, bigint>();

    private constructor(
        readonly blockchain: Blockchain,
        readonly people: Record<EmissionPerson, Treasury>,
        readonly controller: SandboxContract<EmissionController>,
        readonly minter: SandboxContract<EmissionTestMinter>,
    ) {}

    static async create(options: WorldOptions = {}): Promise<EmissionWorld> {
        const { config, ...given } = options;
        const blockchain = await createBlockchain({ config });
        const people = {} as Record<EmissionPerson, Treasury>;
        for (const name of EMISSION_PEOPLE) {
            people[name] = await blockchain.treasury(`emission ${name}`);
        }
        const double = await EmissionTestMinter.fromInit(people.stranger.address, 0n, 0n, emptyMinted());
        const minter = blockchain.openContract(double);
        const controller = await EmissionController.createFromConfig({
            minter: minter.address,
            owner: people.owner.address,
            rateKeeper: people.keeper.address,
            guardian: people.guardian.address,
            recorders: [people.recorder.address],
            recipients: [
                { address: people.rewards.address, bps: 7000 },
                { address: people.stakers.address, bps: 2000 },
                { address: people.treasury.address, bps: 1000 },
            ],
            treasury: people.treasury.address,
            liquidity: people.liquidity.address,
            start: START_TIME,
            ...given,
        });
        const opened = blockchain.openContract(controller);
        await opened.sendDeploy(people.owner.getSender(), toNano('100'));
        await people.owner.send({ to: minter.address, value: toNano('10'), init: double.init, bounce: false });
        const world = new EmissionWorld(blockchain, people, opened, minter);
        await world.minterMode('takes', 1n);
        return world;
    }

    get address(): Address {
        return this.controller.address;
    }

    of(name: EmissionPerson): Address {
        return this.people[name].address;
    }

    via(name: EmissionPerson) {
        return this.people[name].getSender();
    }

    // ------------------------------------------------------------------ time

    get now(): number {
        return this.blockchain.now!;
    }

    at(time: Integer): void {
        this.blockchain.now = Number(time);
    }

    advance(seconds: Integer): void {
        this.at(BigInt(this.now) + BigInt(seconds));
    }

    /** The first second at which an epoch is due. */
    endOf(epoch: number): number {
        return START_TIME + (epoch + 1) * WEEK;
    }

    checkpoint(): () => Promise<void> {
        const restore = checkpoint(this.blockchain);
        const kept = new Map(this.nonces);
        return async () => {
            this.nonces.clear();
            kept.forEach((nonce, key) => this.nonces.set(key, nonce));
            await restore();
        };
    }

    // ------------------------------------------------------------------ messages

    /** queryId 1 also makes the controller the one whose mints the double takes. */
    async minterMode(mode: keyof typeof MINTER, queryId = 2n): Promise<void> {
        await this.sendAs(
            this.address,
            cellOf(storeSetMode({ $$type: 'SetMode', queryId, mode: MINTER[mode] })),
            toNano('0.1'),
            this.minter.address,
        );
    }

    /** A message that only a contract can send. */
    async sendAs(from: Address, body: Cell, value = toNano('1'), to = this.address): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(internal({ from, to, value, body, bounce: true }));
    }

    async send(from: EmissionPerson, body: Cell, value = toNano('1'), to = this.address): Promise<SendMessageResult> {
        return this.people[from].send({ to, value, body, bounce: true });
    }

    async bounce(out: Out, value?: bigint): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(bounceOf(out, value));
    }

    /** The controller refuses, changes nothing and sends the value back. */
    async refused(code: number, from: EmissionPerson, body: Cell, value?: bigint): Promise<SendMessageResult> {
        return expectRefused(this.blockchain, this.address, code, () => this.send(from, body, value));
    }

    // ------------------------------------------------------------------ usages

    /** The next nonce of a recorder and a consumer. */
    nextNonce(recorder: EmissionPerson, consumer: Address): bigint {
        const key = `${recorder} ${consumer.toRawString()}`;
        const nonce = (this.nonces.get(key) ?? 0n) + 1n;
        this.nonces.set(key, nonce);
        return nonce;
    }

    usage(given: Partial<Usage> = {}, recorder: EmissionPerson = 'recorder'): Usage {
        const consumer = given.consumer ?? this.of('alice');
        return {
            consumer,
            provider: this.of('bob'),
            model: 'model',
            promptTokens: 4000,
            completionTokens: 6000,
            amount: 77n,
            time: this.now,
            nonce: given.nonce ?? this.nextNonce(recorder, consumer),
            ...given,
        };
    }

    async record(
        usages: readonly Usage[],
        options: { as?: EmissionPerson; value?: bigint; queryId?: bigint } = {},
    ): Promise<SendMessageResult> {
        const { as = 'recorder', ...rest } = options;
        return this.controller.sendRecordUsage(this.via(as), { usages, ...rest });
    }

    async rate(name: string, rate: Integer): Promise<SendMessageResult> {
        return this.controller.sendSetModelRate(this.via('keeper'), { name, rate });
    }

    async emit(value?: bigint): Promise<SendMessageResult> {
        return this.controller.sendEmit(this.via('stranger'), { value });
    }

    async flush(to?: Address): Promise<SendMessageResult> {
        return this.controller.sendFlush(this.via('stranger'), { to });
    }

    async claim(provider: Address): Promise<SendMessageResult> {
        // the markers of a coverage run cost gas that the constants do not know
        const value = underCoverage ? toNano('1') : undefined;
        return (await this.share(provider)).sendClaimShare(this.via('stranger'), { value });
    }

    // ------------------------------------------------------------------ children and books

    async guard(consumer: Address): Promise<SandboxContract<UsageGuard>> {
        return this.blockchain.openContract(await UsageGuard.createFromConfig({ controller: this.address, consumer }));
    }

    async share(provider: Address): Promise<SandboxContract<ProviderShare>> {
        return this.blockchain.openContract(
            await ProviderShare.createFromConfig({ controller: this.address, provider }),
        );
    }

    /** Due of a provider; 0 while he has no share. */
    async due(provider: Address): Promise<bigint> {
        const share = await this.share(provider);
        const { accountState } = await this.blockchain.getContract(share.address);
        return accountState?.type === 'active' ? (await share.getShareData()).due : 0n;
    }

    async minted(to: Address): Promise<bigint> {
        return this.minter.getMintedTo(to);
    }

    row(given: Partial<Usage> = {}): Cell {
        return usageRow(this.usage(given));
    }
}

function emptyMinted() {
    return Dictionary.empty(Dictionary.Keys.Address(), Dictionary.Values.BigVarUint(4));
}
