module.exports = globalThis.sharedModules['fast-core'];
