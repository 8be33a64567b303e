import { Address, Builder, Cell, ContractProvider, Sender } from '@ton/core';

import { pack, Query, queryIdOf, sendBody, SendOptions } from './messages';

// Messages that administer a contract. Every contract has its own operation codes for them, so the serialisers that Tact
// generated for it are parameters.

/** Serialiser of a message as Tact generates it. */
type Store<M> = (message: M) => (builder: Builder) => void;

export type UpgradeStores = {
    announce: Store<{ $$type: 'AnnounceUpgrade'; queryId: bigint; codeHash: bigint }>;
    cancel: Store<{ $$type: 'CancelUpgrade'; queryId: bigint }>;
    apply: Store<{ $$type: 'ApplyUpgrade'; queryId: bigint; code: Cell }>;
};

export type OwnerStores = {
    nominate: Store<{ $$type: 'NominateOwner'; queryId: bigint; owner: Address | null }>;
    accept: Store<{ $$type: 'AcceptOwner'; queryId: bigint }>;
};

export type RoleStores = {
    nominate: Store<{ $$type: 'NominateRole'; queryId: bigint; role: bigint; holder: Address | null }>;
    accept: Store<{ $$type: 'AcceptRole'; queryId: bigint; role: bigint }>;
    revoke: Store<{ $$type: 'RevokeRole'; queryId: bigint; role: bigint; holder: Address }>;
};

/** Delayed upgrade. */
export function upgradable(stores: UpgradeStores) {
    return class Upgradable {
        static announceUpgradeBody(args: Query & { codeHash: bigint }): Cell {
            return pack(
                stores.announce({ $$type: 'AnnounceUpgrade', queryId: queryIdOf(args), codeHash: args.codeHash }),
            );
        }

        static cancelUpgradeBody(args: Query = {}): Cell {
            return pack(stores.cancel({ $$type: 'CancelUpgrade', queryId: queryIdOf(args) }));
        }

        static applyUpgradeBody(args: Query & { code: Cell }): Cell {
            return pack(stores.apply({ $$type: 'ApplyUpgrade', queryId: queryIdOf(args), code: args.code }));
        }

        /**
         * Announces code by its hash; from when on it can be applied is in the contract's `get_upgrade`. From the owner (the
         * admin of ShareMinter). Throws ERROR_NOT_OWNER (ERROR_NOT_ADMIN), ERROR_CHANGE_PENDING, ERROR_BAD_PARAMETER.
         */
        async sendAnnounceUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { codeHash: bigint }) {
            await sendBody(provider, via, Upgradable.announceUpgradeBody(args), args);
        }

        /**
         * Takes announced code back. From the owner (the admin of ShareMinter). Throws ERROR_NOT_OWNER (ERROR_NOT_ADMIN),
         * ERROR_NO_CHANGE.
         */
        async sendCancelUpgrade(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
            await sendBody(provider, via, Upgradable.cancelUpgradeBody(args), args);
        }

        /**
         * Installs announced code, whose hash is checked. From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY,
         * ERROR_WRONG_CODE.
         */
        async sendApplyUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { code: Cell }) {
            await sendBody(provider, via, Upgradable.applyUpgradeBody(args), args);
        }
    };
}

/** Ownership in two steps, and a delayed upgrade. */
export function owned(stores: { owner: OwnerStores; upgrade: UpgradeStores }) {
    return class Owned extends upgradable(stores.upgrade) {
        /** null takes a nomination back. */
        static nominateOwnerBody(args: Query & { owner: Address | null }): Cell {
            return pack(
                stores.owner.nominate({ $$type: 'NominateOwner', queryId: queryIdOf(args), owner: args.owner }),
            );
        }

        static acceptOwnerBody(args: Query = {}): Cell {
            return pack(stores.owner.accept({ $$type: 'AcceptOwner', queryId: queryIdOf(args) }));
        }

        /** Nominates an owner; null takes it back. From the owner. Throws ERROR_NOT_OWNER, ERROR_BAD_ADDRESS. */
        async sendNominateOwner(
            provider: ContractProvider,
            via: Sender,
            args: SendOptions & { owner: Address | null },
        ) {
            await sendBody(provider, via, Owned.nominateOwnerBody(args), args);
        }

        /** From the nominee. Throws ERROR_NOT_PENDING_OWNER; StakingMaster also ERROR_ROLES_NOT_APART. */
        async sendAcceptOwner(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
            await sendBody(provider, via, Owned.acceptOwnerBody(args), args);
        }
    };
}

/** Roles in two steps, by name (`roles`), and a delayed upgrade. */
export function withRoles<Role extends string>(
    roles: Readonly<Record<Role, bigint>>,
    stores: { role: RoleStores; upgrade: UpgradeStores },
) {
    return class WithRoles extends upgradable(stores.upgrade) {
        /** null takes a nomination back. */
        static nominateRoleBody(args: Query & { role: Role; holder: Address | null }): Cell {
            return pack(
                stores.role.nominate({
                    $$type: 'NominateRole',
                    queryId: queryIdOf(args),
                    role: roles[args.role],
                    holder: args.holder,
                }),
            );
        }

        static acceptRoleBody(args: Query & { role: Role }): Cell {
            return pack(stores.role.accept({ $$type: 'AcceptRole', queryId: queryIdOf(args), role: roles[args.role] }));
        }

        static revokeRoleBody(args: Query & { role: Exclude<Role, 'owner'>; holder: Address }): Cell {
            return pack(
                stores.role.revoke({
                    $$type: 'RevokeRole',
                    queryId: queryIdOf(args),
                    role: roles[args.role],
                    holder: args.holder,
                }),
            );
        }

        /** From the owner; null takes a nomination back. Throws ERROR_NOT_OWNER, ERROR_BAD_PARAMETER, ERROR_BAD_ADDRESS. */
        async sendNominateRole(
            provider: ContractProvider,
            via: Sender,
            args: SendOptions & { role: Role; holder: Address | null },
        ) {
            await sendBody(provider, via, WithRoles.nominateRoleBody(args), args);
        }

        /** From the nominee. Throws ERROR_NO_NOMINEE; for a list that is full or has him, the error of that list. */
        async sendAcceptRole(provider: ContractProvider, via: Sender, args: SendOptions & { role: Role }) {
            await sendBody(provider, via, WithRoles.acceptRoleBody(args), args);
        }

        /** At once. From the owner. Throws ERROR_NOT_OWNER, ERROR_BAD_PARAMETER; for a list without him, the error of that list. */
        async sendRevokeRole(
            provider: ContractProvider,
            via: Sender,
            args: SendOptions & { role: Exclude<Role, 'owner'>; holder: Address },
        ) {
            await sendBody(provider, via, WithRoles.revokeRoleBody(args), args);
        }
    };
}
