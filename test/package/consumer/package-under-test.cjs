const { exports: map } = require('ringlatch/package.json');

// Every subpath by the name under which it is imported.
exports.subpaths = Object.keys(map)
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => `ringlatch${subpath.slice(1)}`);

// node:sqlite stands from Node 22.13 on without a flag; before that the story is told on the memory store.
exports.openDatabase = function openDatabase() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 13)) return undefined;
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  return new DatabaseSync(':memory:');
};
