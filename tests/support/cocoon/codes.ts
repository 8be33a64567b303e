import { Address, beginCell, Cell } from '@ton/core';

import { CocoonClient } from '../../../build/CocoonClient/CocoonClient_CocoonClient';
import { CocoonNodeWallet } from '../../../build/CocoonNodeWallet/CocoonNodeWallet_CocoonNodeWallet';
import { CocoonProxy } from '../../../build/CocoonProxy/CocoonProxy_CocoonProxy';
import { CocoonRoot } from '../../../build/CocoonRoot/CocoonRoot_CocoonRoot';
import { CocoonWorker } from '../../../build/CocoonWorker/CocoonWorker_CocoonWorker';

/** Code cells of the doubles. */
export type CocoonCodes = { root: Cell; proxy: Cell; worker: Cell; client: Cell; wallet: Cell };

/** The doubles' code cells. They do not depend on any data, so any state init will do to get at them. */
export async function cocoonCodes(): Promise<CocoonCodes> {
    const nobody = new Address(0, Buffer.alloc(32));
    const nothing = Cell.EMPTY;
    const root = await CocoonRoot.fromInit(nobody, 0n, nothing, nothing);
    const proxy = await CocoonProxy.fromInit(nobody, 0n, nobody, beginCell().asSlice());
    const worker = await CocoonWorker.fromInit(nobody, nobody, 0n, 0n, 0n, nothing);
    const client = await CocoonClient.fromInit(0n, 0n, 0n, 0n, 0n, 0n, nothing, nothing);
    const wallet = await CocoonNodeWallet.fromInit(0n, 0n, 0n, 0n, nobody);
    return {
        root: root.init!.code,
        proxy: proxy.init!.code,
        worker: worker.init!.code,
        client: client.init!.code,
        wallet: wallet.init!.code,
    };
}
