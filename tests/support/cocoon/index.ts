export * from './codes';
export * from './network';
export * from './system';
