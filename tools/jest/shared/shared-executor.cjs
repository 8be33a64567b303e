module.exports = globalThis.sharedModules['shared-executor'];
