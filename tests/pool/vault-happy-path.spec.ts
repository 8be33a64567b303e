/** A participant's vault, alone: from the registration to the exit, as it is meant to go. */
import { beginCell, toNano } from '@ton/core';
import '@ton/test-utils';

import {
    GAS_VAULT_OPEN,
    GAS_VAULT_PAYOUT,
    MASK_64,
    storeActivate,
    storeRejected,
    VAULT_BITS,
    VAULT_CELLS,
} from '../../build/ParticipantVault/ParticipantVault_ParticipantVault';
import { CocoonOp } from '../../wrappers/cocoon';
import { ParticipantVault, VAULT_ACTIVE, VAULT_PENDING } from '../../wrappers/pool';
import { cellOf, computeFee, kept, outs, rentOf, succeeded, txAt, VaultUnit } from '../support/pool/units';

const op = ParticipantVault.opcodes;
void [MASK_64, GAS_VAULT_OPEN, GAS_VAULT_PAYOUT, VAULT_CELLS, VAULT_BITS, storeActivate, storeRejected, VAULT_PENDING, beginCell, CocoonOp, cellOf, computeFee, kept, rentOf];

describe('a vault alone', () => {
    let unit: VaultUnit;
    let restore: () => Promise<void>;
    beforeAll(async () => {
        unit = await VaultUnit.open();
        restore = unit.checkpoint();
    });
    beforeEach(() => restore());

    it('opens', async () => {
        const d = await unit.data();
        console.log(d, await unit.balance());
        expect(d.status).toBe(VAULT_ACTIVE);
        const r = await unit.entry();
        const tx = txAt(r, unit.address);
        expect(succeeded(tx)).toBe(true);
        console.log(outs(tx), kept(tx), await unit.data());
        const p = await unit.send('stranger', beginCell().storeUint(CocoonOp.payout, 32).storeUint(1, 64).endCell(), toNano('1'));
        console.log(outs(txAt(p, unit.address)), kept(txAt(p, unit.address)), op.VaultPayout, rentOf(VAULT_CELLS, VAULT_BITS, 31536000n), computeFee(100000n));
    });
});
