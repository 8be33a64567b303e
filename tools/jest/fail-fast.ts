/** Whether a test of the present run has failed: the rest of it need not run. One process runs one run at a time. */
export const run = { failed: false };
