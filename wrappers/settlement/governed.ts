import { Cell, ContractProvider, Sender } from '@ton/core';

import {
    storeAcceptRole,
    storeAnnounceUpgrade,
    storeApplyUpgrade,
    storeCancelUpgrade,
    storeNominateRole,
    storeRevokeRole,
    storeSetPause,
} from '../../build/PaymentSettlement/PaymentSettlement_PaymentSettlement';
import { withRoles } from '../common/administration';
import { pack, Query, queryIdOf, sendBody, SendOptions } from '../common/messages';

/** Pause, roles and upgrade, which registry and settlement share (contracts/settlement/messages.tact). `roles`: by name. */
export function governed<Role extends string>(roles: Readonly<Record<Role, bigint>>) {
    const stores = {
        role: { nominate: storeNominateRole, accept: storeAcceptRole, revoke: storeRevokeRole },
        upgrade: { announce: storeAnnounceUpgrade, cancel: storeCancelUpgrade, apply: storeApplyUpgrade },
    };
    return class Governed extends withRoles(roles, stores) {
        static setPauseBody(args: Query & { stop: boolean }): Cell {
            return pack(storeSetPause({ $$type: 'SetPause', queryId: queryIdOf(args), stop: args.stop }));
        }

        /** Stops entries for 72 h (guardian), or lifts the pause (guardian, owner). Throws ERROR_NOT_ROLE, ERROR_PAUSE_COOLDOWN, ERROR_NOT_PAUSED. */
        async sendSetPause(provider: ContractProvider, via: Sender, args: SendOptions & { stop: boolean }) {
            await sendBody(provider, via, Governed.setPauseBody(args), args);
        }
    };
}
