export * from './codes';
export * from './network';
export * from './steps';
export * from './system';
