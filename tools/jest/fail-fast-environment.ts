/** Skips the rest of a test file after its first failure. Jest's `--bail` only stops between files. */
import type { Circus } from '@jest/types';

import SharedEnvironment from './shared-environment';

export default class FailFastEnvironment extends SharedEnvironment {
    private failed = false;

    // Called by jest-circus for every event of the run.
    handleTestEvent(event: Circus.Event): void {
        if (event.name === 'test_done' && event.test.errors.length > 0) this.failed = true;
        if (event.name === 'test_start' && this.failed) event.test.mode = 'skip';
    }
}
