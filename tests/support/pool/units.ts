/**
 * One contract of the pool alone, with wallets in the place of its neighbours: a message in, and what comes out of it
 * to the nano. Whole chains of messages are tested with ./environment.
 */
export * from './fees';
export * from './registry-unit';
export * from './transactions';
export * from './vault-unit';
