/** A vault alone, with wallets in the place of its neighbours. */
import { Address, beginCell, Builder, Cell, toNano } from '@ton/core';
import { Blockchain, SandboxContract, SendMessageResult } from '@ton/sandbox';

import {
    GAS_VAULT_METRICS,
    MetricsEntry,
    OpenVault,
    storeMetricsEntry,
    storeOpenVault,
} from '../../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { EntryFields, Integer, packEntry, ParticipantVault, poolCodes } from '../../../wrappers/pool';
import { createBlockchain } from '../chain';
import { ContractUnit, treasuries } from './contract-unit';
import { computeFee } from './fees';
import { bounceOf, cellOf, Out, Treasury } from './transactions';

const VAULT_PEOPLE = [
    'registry',
    'operator',
    'distribution',
    'participant',
    'payout',
    'recovery',
    'reporter',
    'keeper',
    'stranger',
] as const;
export type VaultPerson = (typeof VAULT_PEOPLE)[number];

export type OpenOptions = Partial<Omit<OpenVault, '$$type' | 'wishes' | 'operator' | 'distribution'>> & {
    value?: bigint;
    payout?: Address | null;
    recovery?: Address | null;
    minPayout?: bigint;
    metaHash?: bigint;
    metaUri?: Cell | null;
};

export type EntryOptions = Partial<Omit<MetricsEntry, '$$type' | 'entry'> & EntryFields> & {
    value?: bigint;
};

const maybeAddress = (address: Address | null | undefined) => (builder: Builder) => builder.storeAddress(address);

export class VaultUnit extends ContractUnit<VaultPerson> {
    /** Length of an epoch in `entry`; epoch n ends at `start + (n + 1) * epochSeconds`. */
    readonly epochSeconds = 86_400n;

    private constructor(
        blockchain: Blockchain,
        readonly people: Record<VaultPerson, Treasury>,
        readonly vault: SandboxContract<ParticipantVault>,
        readonly start: bigint,
    ) {
        super(blockchain);
    }

    /** A vault that somebody has deployed and nobody has registered. */
    static async create(): Promise<VaultUnit> {
        const blockchain = await createBlockchain();
        const people = await treasuries(blockchain, VAULT_PEOPLE, 'vault unit');
        const { vaultCode } = await poolCodes();
        const vault = ParticipantVault.createFromConfig({
            registry: people.registry.address,
            participant: people.participant.address,
            vaultCode,
        });
        await people.stranger.send({ to: vault.address, value: toNano('0.01'), init: vault.init, bounce: false });
        return new VaultUnit(blockchain, people, blockchain.openContract(vault), BigInt(blockchain.now!));
    }

    /** The same with a registered participant, active unless told otherwise. */
    static async open(options: OpenOptions = {}): Promise<VaultUnit> {
        const unit = await VaultUnit.create();
        await unit.open(options);
        return unit;
    }

    get address(): Address {
        return this.vault.address;
    }

    addressOf(name: VaultPerson): Address {
        return this.people[name].address;
    }

    async send(from: VaultPerson, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.people[from].send({ to: this.address, value, body, bounce: true });
    }

    async bounce(out: Out, value?: bigint): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(bounceOf(out, value));
    }

    openBody(options: OpenOptions = {}): Cell {
        const { payout, recovery, minPayout, metaHash, metaUri, value: _, ...rest } = options;
        return cellOf(
            storeOpenVault({
                $$type: 'OpenVault',
                queryId: 7n,
                stake: toNano('20'),
                minStake: toNano('10'),
                active: true,
                gpuCeiling: 5000n,
                at: this.now,
                ...rest,
                operator: this.addressOf('operator'),
                distribution: this.addressOf('distribution'),
                wishes: beginCell()
                    .store(maybeAddress(payout))
                    .store(maybeAddress(recovery))
                    .storeCoins(minPayout ?? 0n)
                    .storeUint(metaHash ?? 0n, 256)
                    .storeMaybeRef(metaUri)
                    .endCell(),
            }),
        );
    }

    async open(options: OpenOptions = {}): Promise<SendMessageResult> {
        return this.send(
            'registry',
            this.openBody(options),
            options.value ?? (options.stake ?? toNano('20')) + toNano('2'),
        );
    }

    entryBody(options: EntryOptions = {}): Cell {
        const { value: _, attempt, bucket, score, ...rest } = options;
        const epoch = options.epoch ?? 0n;
        const epochSeconds = options.epochSeconds ?? this.epochSeconds;
        return cellOf(
            storeMetricsEntry({
                $$type: 'MetricsEntry',
                queryId: 9n,
                epoch,
                entry: packEntry({ attempt: attempt ?? false, bucket: bucket ?? 0n, score: score ?? 1000n + epoch }),
                seconds: 100n,
                gpu: 5000n,
                epochEnd: this.start + (epoch + 1n) * epochSeconds,
                epochSeconds,
                responseTo: this.addressOf('reporter'),
                minEarned: 0n,
                ...rest,
            }),
        );
    }

    /** One epoch's metrics from the registry. Without a value: enough for the entry, not for a claim. */
    async entry(options: EntryOptions = {}): Promise<SendMessageResult> {
        return this.send('registry', this.entryBody(options), options.value ?? computeFee(2n * GAS_VAULT_METRICS));
    }

    async data() {
        return this.vault.getVaultData();
    }

    async epoch(epoch: Integer) {
        return this.vault.getEpoch(epoch);
    }
}
