export * from './common';
export * from './errors';
export * from './events';
export * from './execution';
export * from './Governor';
export * from './Proposal';
export * from './VoterAccount';
