module.exports = globalThis.sharedModules['crypto'];
