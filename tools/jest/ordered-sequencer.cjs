/**
 * Runs the spec files in the order of the environment variable SPEC_ORDER (a JSON list of absolute paths) instead of
 * Jest's longest-first: a mutation run wants the cheap ones to find the fault. CommonJS because Jest does not transform
 * its sequencer.
 */
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class OrderedSequencer extends Sequencer {
    sort(tests) {
        const order = JSON.parse(process.env.SPEC_ORDER ?? '[]');
        return [...tests].sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
    }
};
