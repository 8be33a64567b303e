export * from './errors';
export * from './events';
export * from './PaymentSettlement';
export * from './records';
export * from './SettlementAccount';
export * from './terms';
export * from './UsageLedger';
export * from './UsageRegistry';
