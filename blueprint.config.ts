import type { Config } from '@ton/blueprint';

// TON_ENDPOINT names a toncenter v2 compatible API, for example the local network of this repository; without it
// Blueprint asks for the network. Blueprint swallows errors of this file: keep it free of anything that can fail.
const endpoint = process.env.TON_ENDPOINT;

export const config: Config = {
    ...(endpoint ? { network: { endpoint, version: 'v2', type: 'testnet' } } : {}),
    requestTimeout: 20_000,
};
