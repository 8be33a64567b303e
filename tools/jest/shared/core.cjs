module.exports = globalThis.sharedModules['core'];
