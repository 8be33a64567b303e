/**
 * Skips the rest of a test file after its first failure, and the tests that the list in the file TEST_SELECTION does not name:
 * spec file -> full names; a file that is not in it is run whole.
 */
import * as fs from 'fs';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import type { Circus } from '@jest/types';

import { run } from './fail-fast';
import SharedEnvironment from './shared-environment';

export default class FailFastEnvironment extends SharedEnvironment {
    private readonly selected: Set<string> | undefined;

    constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
        super(config, context);
        const file = process.env.TEST_SELECTION;
        if (!file) return;
        const selection = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, string[]>;
        if (context.testPath in selection) this.selected = new Set(selection[context.testPath]);
    }

    // Called by jest-circus for every event of the run.
    handleTestEvent(event: Circus.Event, state: Circus.State): void {
        if (event.name === 'run_start') this.select(state.rootDescribeBlock, []);
        if (event.name === 'test_done' && event.test.errors.length > 0) run.failed = true;
        if (event.name === 'test_start' && run.failed) event.test.mode = 'skip';
    }

    /** Hooks of a block without a test to run are not run either. */
    private select(block: Circus.DescribeBlock, above: string[]): void {
        if (this.selected === undefined) return;
        for (const child of block.children) {
            const names = [...above, child.name];
            if (child.type === 'describeBlock') this.select(child, names);
            else if (!this.selected.has(names.join(' '))) child.mode = 'skip';
        }
    }
}
