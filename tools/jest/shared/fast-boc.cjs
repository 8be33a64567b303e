module.exports = globalThis.sharedModules['fast-boc'];
