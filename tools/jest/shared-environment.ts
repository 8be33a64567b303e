/**
 * Node environment in which all test files of a worker share what never changes: @ton/core, @ton/crypto, @ton/sandbox with its
 * emulator, fast-check. Jest loads every module anew for every test file, and code that has just been loaded runs slowly:
 * that was a quarter of the time of all tests. This file itself is loaded once for each worker.
 *
 * Test files get them from shared/*.cjs, through moduleNameMapper of jest.config.ts.
 */
import { types } from 'util';
import NodeEnvironment from 'jest-environment-node';

import * as executor from '../../tests/support/shared-executor';
import * as fastBoc from '../../tests/support/fast-boc';
import * as fastCore from '../../tests/support/fast-core';

/* eslint-disable @typescript-eslint/no-require-imports -- the packages as they are, for modules that require them */
const SHARED = {
    core: require('@ton/core') as object,
    crypto: require('@ton/crypto') as object,
    sandbox: require('@ton/sandbox') as object,
    'fast-check': require('fast-check') as object,
    'fast-boc': fastBoc,
    'fast-core': fastCore,
    'shared-executor': executor,
};
/* eslint-enable @typescript-eslint/no-require-imports */

type Realm = Record<'Error' | 'Map' | 'Promise', { prototype: object }>;

const KINDS: Record<keyof Realm, (value: unknown) => boolean> = {
    Error: types.isNativeError,
    Map: types.isMap,
    Promise: types.isPromise,
};

/**
 * Every test file has an Error, a Map and a Promise of its own. Those of the shared packages are errors, maps and promises to
 * it, too, and the other way round.
 */
function joinRealms(realm: Realm): void {
    for (const [name, isKind] of Object.entries(KINDS)) {
        const own = realm[name as keyof Realm];
        Object.defineProperty(own, Symbol.hasInstance, {
            configurable: true,
            value: function (this: unknown, value: unknown): boolean {
                return this === own ? isKind(value) : Function.prototype[Symbol.hasInstance].call(this, value);
            },
        });
    }
}

joinRealms(globalThis);

export default class SharedEnvironment extends NodeEnvironment {
    override async setup(): Promise<void> {
        await super.setup();
        Object.assign(this.global, { sharedModules: SHARED });
        joinRealms(this.global);
    }
}
