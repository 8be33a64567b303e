export * from './actions';
export * from './Timelock';
export * from './TimelockOperation';
export * from './timelockErrors';
export * from './timelockEvents';
export * from './Treasury';
export * from './treasuryErrors';
export * from './treasuryEvents';
