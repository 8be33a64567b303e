export * from './actions';
export * from './Timelock';
export * from './TimelockOperation';
export * from './timelockErrors';
export * from './timelockEvents';
