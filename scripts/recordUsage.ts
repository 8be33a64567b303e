/**
 * `recordUsage` by its plain name. Usages are recorded to be paid for (settlement/recordUsage, with --registry or
 * --settlement-manifest) or to mint (token/recordUsage).
 */
import type { NetworkProvider } from '@ton/blueprint';

import * as settlement from './settlement/recordUsage';
import * as token from './token/recordUsage';

export async function run(provider: NetworkProvider, args: string[]): Promise<void> {
    const names = (flag: string) => args.some((arg) => arg.replace(/^--/, '').split('=')[0] === flag);
    const paid =
        ['registry', 'settlement-manifest'].some(names) ||
        (!['controller', 'emission-manifest'].some(names) && (process.env.REGISTRY_ADDRESS ?? '') !== '');
    await (paid ? settlement : token).run(provider, args);
}
