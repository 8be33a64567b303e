export * from './addresses';
export * from './messages';
export * from './params';
