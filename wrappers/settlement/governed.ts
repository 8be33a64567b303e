import { Address, Cell, ContractProvider, Sender } from '@ton/core';

import {
    storeAcceptRole,
    storeAnnounceUpgrade,
    storeApplyUpgrade,
    storeCancelUpgrade,
    storeNominateRole,
    storeRevokeRole,
    storeSetPause,
} from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';

/** Pause, roles and upgrade, which registry and settlement share (contracts/settlement/messages.tact). `roles`: by name. */
export function governed<Role extends string>(roles: Readonly<Record<Role, bigint>>) {
    return class Governed {
        static setPauseBody(args: Query & { stop: boolean }): Cell {
            return pack(storeSetPause({ $$type: 'SetPause', queryId: queryIdOf(args), stop: args.stop }));
        }

        static nominateRoleBody(args: Query & { role: Role; holder: Address | null }): Cell {
            return pack(
                storeNominateRole({
                    $$type: 'NominateRole',
                    queryId: queryIdOf(args),
                    role: roles[args.role],
                    holder: args.holder,
                }),
            );
        }

        static acceptRoleBody(args: Query & { role: Role }): Cell {
            return pack(storeAcceptRole({ $$type: 'AcceptRole', queryId: queryIdOf(args), role: roles[args.role] }));
        }

        static revokeRoleBody(args: Query & { role: Exclude<Role, 'owner'>; holder: Address }): Cell {
            return pack(
                storeRevokeRole({
                    $$type: 'RevokeRole',
                    queryId: queryIdOf(args),
                    role: roles[args.role],
                    holder: args.holder,
                }),
            );
        }

        static announceUpgradeBody(args: Query & { codeHash: bigint }): Cell {
            return pack(
                storeAnnounceUpgrade({ $$type: 'AnnounceUpgrade', queryId: queryIdOf(args), codeHash: args.codeHash }),
            );
        }

        static cancelUpgradeBody(args: Query = {}): Cell {
            return pack(storeCancelUpgrade({ $$type: 'CancelUpgrade', queryId: queryIdOf(args) }));
        }

        static applyUpgradeBody(args: Query & { code: Cell }): Cell {
            return pack(storeApplyUpgrade({ $$type: 'ApplyUpgrade', queryId: queryIdOf(args), code: args.code }));
        }

        /** Stops entries for 72 h (guardian), or lifts the pause (guardian, owner). Throws ERROR_NOT_ROLE, ERROR_PAUSE_COOLDOWN, ERROR_NOT_PAUSED. */
        async sendSetPause(provider: ContractProvider, via: Sender, args: SendOptions & { stop: boolean }) {
            await sendBody(provider, via, Governed.setPauseBody(args), args);
        }

        /** From the owner; null takes a nomination back. Throws ERROR_NOT_OWNER, ERROR_BAD_PARAMETER, ERROR_BAD_ADDRESS. */
        async sendNominateRole(
            provider: ContractProvider,
            via: Sender,
            args: SendOptions & { role: Role; holder: Address | null },
        ) {
            await sendBody(provider, via, Governed.nominateRoleBody(args), args);
        }

        /** From the nominee. Throws ERROR_NO_NOMINEE, ERROR_RECORDERS_FULL, ERROR_RECORDER_KNOWN. */
        async sendAcceptRole(provider: ContractProvider, via: Sender, args: SendOptions & { role: Role }) {
            await sendBody(provider, via, Governed.acceptRoleBody(args), args);
        }

        /** At once. From the owner. Throws ERROR_NOT_OWNER, ERROR_BAD_PARAMETER, ERROR_RECORDER_KNOWN. */
        async sendRevokeRole(
            provider: ContractProvider,
            via: Sender,
            args: SendOptions & { role: Exclude<Role, 'owner'>; holder: Address },
        ) {
            await sendBody(provider, via, Governed.revokeRoleBody(args), args);
        }

        /** Applies 12 days later. From the owner. Throws ERROR_NOT_OWNER, ERROR_CHANGE_PENDING, ERROR_BAD_PARAMETER. */
        async sendAnnounceUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { codeHash: bigint }) {
            await sendBody(provider, via, Governed.announceUpgradeBody(args), args);
        }

        /** From the owner. Throws ERROR_NOT_OWNER, ERROR_NO_CHANGE. */
        async sendCancelUpgrade(provider: ContractProvider, via: Sender, args: SendOptions = {}) {
            await sendBody(provider, via, Governed.cancelUpgradeBody(args), args);
        }

        /** From anyone. Throws ERROR_NO_CHANGE, ERROR_TOO_EARLY, ERROR_WRONG_CODE. */
        async sendApplyUpgrade(provider: ContractProvider, via: Sender, args: SendOptions & { code: Cell }) {
            await sendBody(provider, via, Governed.applyUpgradeBody(args), args);
        }
    };
}
