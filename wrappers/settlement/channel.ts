export * from './channelClient';
export * from './channelErrors';
export * from './channelEvents';
export * from './channelKeys';
export * from './channelVoucher';
export * from './merkle';
export * from './PaymentChannel';
export * from './usageReceipt';
