/** A registry alone, with wallets in the place of its neighbours; vaults are real. */
import { Address, Cell, toNano } from '@ton/core';
import { Blockchain, internal, SandboxContract, SendMessageResult } from '@ton/sandbox';

import {
    loadRegistryConfig,
    RegistryConfig,
    storeRegistryConfig,
    storeRolesUpdate,
    storeRoleSet,
    storeSetUpRegistry,
} from '../../../build/ParticipantRegistry/ParticipantRegistry_ParticipantRegistry';
import {
    Integer,
    MetricsRow,
    ParticipantRegistry,
    ParticipantVault,
    poolCodes,
    registryConfigCell,
    RegistryParams,
} from '../../../wrappers/pool';
import { createBlockchain } from '../chain';
import { ContractUnit, treasuries } from './contract-unit';
import { bounceOf, cellOf, Out, Treasury } from './transactions';

const REGISTRY_PEOPLE = [
    'operator',
    'distribution',
    'owner',
    'reporter',
    'arbiter',
    'keeper',
    'alice',
    'bob',
    'stranger',
] as const;
export type RegistryPerson = (typeof REGISTRY_PEOPLE)[number];

export type RolesOptions = {
    version?: bigint;
    active?: boolean;
    stakeOk?: boolean;
    pausedUntil?: bigint;
    owner?: Address;
    reporter?: Address;
    arbiter?: Address;
};

export class RegistryUnit extends ContractUnit<RegistryPerson> {
    private version = 0n;

    private constructor(
        blockchain: Blockchain,
        readonly people: Record<RegistryPerson, Treasury>,
        readonly registry: SandboxContract<ParticipantRegistry>,
        readonly vaultCode: Cell,
    ) {
        super(blockchain);
    }

    /** A registry that its operator has deployed and not linked yet. */
    static async create(): Promise<RegistryUnit> {
        const blockchain = await createBlockchain();
        const people = await treasuries(blockchain, REGISTRY_PEOPLE, 'registry unit');
        const { vaultCode } = await poolCodes();
        const registry = await ParticipantRegistry.createFromConfig({ operator: people.operator.address });
        await people.operator.send({ to: registry.address, value: toNano('2'), init: registry.init, bounce: false });
        return new RegistryUnit(blockchain, people, blockchain.openContract(registry), vaultCode);
    }

    /** A linked registry of an active pool. */
    static async open(params: RegistryParams = {}): Promise<RegistryUnit> {
        const unit = await RegistryUnit.create();
        await unit.setUp({ epochSeconds: 86_400, openCeiling: 5000, ...params });
        await unit.roles();
        return unit;
    }

    get address(): Address {
        return this.registry.address;
    }

    addressOf(name: RegistryPerson): Address {
        return this.people[name].address;
    }

    override checkpoint(): () => Promise<void> {
        const restore = super.checkpoint();
        const { version } = this;
        return async () => {
            this.version = version;
            await restore();
        };
    }

    async send(from: RegistryPerson, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.people[from].send({ to: this.address, value, body, bounce: true });
    }

    /** A message that only a contract can send. */
    async sendAs(from: Address, body: Cell, value = toNano('1')): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(internal({ from, to: this.address, value, body, bounce: true }));
    }

    async bounce(out: Out, value?: bigint): Promise<SendMessageResult> {
        return this.blockchain.sendMessage(bounceOf(out, value));
    }

    setUpBody(config: Cell): Cell {
        return cellOf(
            storeSetUpRegistry({
                $$type: 'SetUpRegistry',
                queryId: 3n,
                distribution: this.addressOf('distribution'),
                vaultCode: this.vaultCode,
                config,
            }),
        );
    }

    async setUp(params: RegistryParams = {}): Promise<SendMessageResult> {
        return this.send('operator', this.setUpBody(registryConfigCell(params)));
    }

    rolesBody(options: RolesOptions = {}): Cell {
        const { version = ++this.version, active = true, stakeOk = false, pausedUntil = 0n } = options;
        return cellOf(
            storeRolesUpdate({
                $$type: 'RolesUpdate',
                queryId: 4n,
                version,
                active,
                stakeOk,
                pausedUntil,
                roles: cellOf(
                    storeRoleSet({
                        $$type: 'RoleSet',
                        owner: options.owner ?? this.addressOf('owner'),
                        reporter: options.reporter ?? this.addressOf('reporter'),
                        arbiter: options.arbiter ?? this.addressOf('arbiter'),
                    }),
                ),
            }),
        );
    }

    /** RolesUpdate of the next version; the usual roles of an active pool unless told otherwise. */
    async roles(options: RolesOptions = {}): Promise<SendMessageResult> {
        return this.send('operator', this.rolesBody(options));
    }

    async vaultOf(who: Address): Promise<SandboxContract<ParticipantVault>> {
        const address = await this.registry.getVaultAddress(who);
        return this.blockchain.openContract(ParticipantVault.createFromAddress(address));
    }

    async register(who: 'alice' | 'bob', stake = toNano('10')): Promise<SendMessageResult> {
        return this.registry.sendRegister(this.people[who].getSender(), { stake, queryId: 5 });
    }

    async report(
        epoch: Integer,
        rows: readonly (Partial<MetricsRow> & { participant: Address })[],
        options: { from?: RegistryPerson; value?: bigint; queryId?: bigint } = {},
    ): Promise<SendMessageResult> {
        const { from = 'reporter', ...rest } = options;
        const full = rows.map((row) => ({ seconds: 100, gpu: 50, uptimeBps: 10_000, outages: 0, ...row }));
        return this.registry.sendReportMetrics(this.people[from].getSender(), { ...rest, epoch, rows: full });
    }

    async data() {
        return this.registry.getRegistryData();
    }

    async epoch() {
        return this.registry.getEpochData();
    }
}

/** A registry configuration, field by field. */
export function configWith(changes: Partial<Omit<RegistryConfig, '$$type'>>): Cell {
    return cellOf(storeRegistryConfig({ ...loadRegistryConfig(registryConfigCell().beginParse()), ...changes }));
}
