/**
 * True in `npm run coverage`, where every statement carries a marker that costs gas. Assertions of exact gas, and of
 * values at the very edge of a fee check, do not hold there: `(underCoverage ? it.skip : it)('costs ...', ...)`.
 */
export const underCoverage: boolean = process.env.TACT_COVERAGE === '1';
