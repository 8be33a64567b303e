export * from './common';
export * from './errors';
export * from './events';
export * from './StakingMaster';
export * from './ProverStaking';
export * from './StakePosition';
export * from './ProverRewards';
export * from './RewardPosition';
