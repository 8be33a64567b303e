/**
 * Jest's globalSetup: the tests never run against an old build.
 *
 * A coverage or mutation run has prepared its own build directory (TACT_BUILD_DIR) and is left alone.
 * TACT_ONLY=NameA,NameB restricts the build, for working on one contract while another one does not compile.
 */
import { buildAll } from '../build';

export default async function buildBeforeTests(): Promise<void> {
    if (process.env.TACT_BUILD_DIR) return;
    await buildAll({ only: process.env.TACT_ONLY?.split(',') });
}
